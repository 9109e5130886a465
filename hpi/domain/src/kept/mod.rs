//! What the domain itself keeps of a resource: the part of it that no controller has.

mod annunciator;
mod call;
mod control;
mod inventory;
mod sensor;

pub use annunciator::{ANNOUNCEMENTS_MAX, Annunciator, AnnunciatorCall};
pub use call::{InstrumentCall, SensorCall};
pub use control::{ControlLimit, KeptControl};
pub use sensor::{KeptSensor, SensorInput, SensorSettings};

use crate::dimi::Dimi;
use crate::watchdog::WatchdogTimer;
use crate::{EventLog, Resource, Told};
use alloc::collections::BTreeMap;
use hpi_model::{Capabilities, HpiError};
use serde::{Deserialize, Serialize};

/// The state of instruments that are the domain's own, with the rest of the state on the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Whether the resource has power, where it can be switched and has no controller.
    pub power_on: bool,
    /// Its watchdog timers, by number.
    pub watchdogs: BTreeMap<u32, WatchdogTimer>,
    /// Its annunciators, by `SaHpiAnnunciatorNumT`; each has an RDR.
    pub annunciators: BTreeMap<u32, Annunciator>,
    /// Its controls, by `SaHpiCtrlNumT`; each has an RDR.
    pub controls: BTreeMap<u32, KeptControl>,
    /// Its sensors, by `SaHpiSensorNumT`; each has an RDR.
    pub sensors: BTreeMap<u32, KeptSensor>,
    /// Its own event log.
    pub log: Option<EventLog>,
    /// Its diagnostics initiators, by number.
    pub dimis: BTreeMap<u32, Dimi>,
}

impl Kept {
    /// The same resource was discovered again: instruments of its controller come and go, those
    /// that stay go on.
    pub(crate) fn renew(&mut self, found: Self) {
        self.dimis = found
            .dimis
            .into_iter()
            .map(|(num, new)| (num, self.dimis.remove(&num).unwrap_or(new)))
            .collect();
    }
}

impl Resource {
    /// `saHpiResourcePowerStateSet` of a resource without a controller.
    pub(crate) fn set_kept_power(&mut self, on: bool) -> Result<Told, HpiError> {
        if !self.rpt.capabilities.has(Capabilities::POWER) {
            return Err(HpiError::Capability);
        }
        self.kept.power_on = on;
        Ok(Told::Done)
    }
}

//! What the domain itself keeps of a resource: the part of it that no controller has.

mod annunciator;
mod call;
mod control;
mod inventory;
mod sensor;
mod switch;

pub use annunciator::{ANNOUNCEMENTS_MAX, Annunciator, AnnunciatorCall};
pub(crate) use call::enable_change;
pub use call::{InstrumentCall, SensorCall};
pub use control::{ControlLimit, KeptControl};
pub use sensor::{KeptSensor, SensorInput, SensorSettings};
pub use switch::KeptLoad;
pub(crate) use switch::Parameters;

use crate::EventLog;
use crate::dimi::Dimi;
use crate::fumi::Fumi;
use crate::watchdog::WatchdogTimer;
use alloc::collections::BTreeMap;
use machine::Time;
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
    /// Whether its reset is asserted, where it can be reset and has no controller.
    pub reset_asserted: bool,
    /// Whether its hot swap indicator is on, where it has one and no controller.
    pub indicator_on: bool,
    /// What it loads, where that can be chosen and it has no controller.
    pub load: Option<KeptLoad>,
    /// The power cycle that is under way, where it has a controller.
    pub(crate) cycle: Cycle,
    /// What users saved.
    pub(crate) saved: Option<Parameters>,
    /// What it came up with.
    pub(crate) factory: Parameters,
    /// Its firmware upgrade management instruments, by number.
    pub fumis: BTreeMap<u32, Fumi>,
}

impl Kept {
    /// The same resource was discovered again: instruments of its controller come and go, those
    /// that stay go on.
    pub(crate) fn renew(&mut self, found: Self) {
        let mut fumis = found.fumis;
        for (num, new) in &mut fumis {
            if let Some(mut known) = self.fumis.remove(num) {
                known.renew(new.clone());
                *new = known;
            }
        }
        self.fumis = fumis;
        self.dimis = found
            .dimis
            .into_iter()
            .map(|(num, new)| (num, self.dimis.remove(&num).unwrap_or(new)))
            .collect();
    }
}

/// A power cycle on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Cycle {
    /// There is none.
    #[default]
    None,
    /// The power goes off.
    GoesOff,
    /// The power is off until then.
    Off(Time),
}

impl Cycle {
    pub(crate) fn due(self) -> Option<Time> {
        match self {
            Self::None | Self::GoesOff => None,
            Self::Off(until) => Some(until),
        }
    }
}

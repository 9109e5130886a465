//! Resource data records.

use crate::instrument::{AnnunciatorRec, ControlRec, DimiRec, FumiRec, InventoryRec, WatchdogRec};
use crate::numbered::numbered;
use crate::{EntityPath, SensorRec, TextBuffer};
use serde::{Deserialize, Serialize};

numbered! {
    /// `SaHpiRdrTypeT`.
    RdrType {
        NoRecord = 0 "NO_RECORD",
        Control = 1 "CTRL_RDR",
        Sensor = 2 "SENSOR_RDR",
        Inventory = 3 "INVENTORY_RDR",
        Watchdog = 4 "WATCHDOG_RDR",
        Annunciator = 5 "ANNUNCIATOR_RDR",
        Dimi = 6 "DIMI_RDR",
        Fumi = 7 "FUMI_RDR",
    }
}

/// `SaHpiRdrTypeUnionT`: the instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Instrument {
    /// A control.
    Control(ControlRec),
    /// A sensor.
    Sensor(SensorRec),
    /// Inventory data.
    Inventory(InventoryRec),
    /// A watchdog.
    Watchdog(WatchdogRec),
    /// An annunciator.
    Annunciator(AnnunciatorRec),
    /// A diagnostics initiator.
    Dimi(DimiRec),
    /// A firmware upgrade instrument.
    Fumi(FumiRec),
}

impl Instrument {
    /// Which type of record it has.
    pub fn kind(&self) -> RdrType {
        match self {
            Self::Control(_) => RdrType::Control,
            Self::Sensor(_) => RdrType::Sensor,
            Self::Inventory(_) => RdrType::Inventory,
            Self::Watchdog(_) => RdrType::Watchdog,
            Self::Annunciator(_) => RdrType::Annunciator,
            Self::Dimi(_) => RdrType::Dimi,
            Self::Fumi(_) => RdrType::Fumi,
        }
    }

    /// Its number among the instruments of its type.
    pub fn num(&self) -> u32 {
        match self {
            Self::Control(rec) => rec.num,
            Self::Sensor(rec) => rec.num,
            Self::Inventory(rec) => rec.idr,
            Self::Watchdog(rec) => rec.num,
            Self::Annunciator(rec) => rec.num,
            Self::Dimi(rec) => rec.num,
            Self::Fumi(rec) => rec.num,
        }
    }
}

/// `SaHpiRdrT`. The record id is its position among the resource's records, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rdr {
    /// The entity that the instrument belongs to.
    pub entity: EntityPath,
    /// That entity is replaceable; meaningful only where it is not the resource's own entity.
    pub is_fru: bool,
    /// The instrument.
    pub instrument: Instrument,
    /// `IdString`: its name for people.
    pub id: TextBuffer,
}

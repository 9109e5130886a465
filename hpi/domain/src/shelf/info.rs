//! A sensor of the shelf that says whether its information is valid: whether it could be read, and
//! has records of PICMG.
//!
//! Source: SAIM-HPI-B.03.02-xTCA, `SaHpiXtca.h`, instruments of the shelf.

use super::{record, sensor};
use crate::mapping::{SHELF_FRU_ID, SHELF_MANAGER_ADDRESS};
use crate::{Domain, KeptSensor, Out, SHELF_RESOURCE, SensorInput, SensorSettings};
use hpi_model::{EntityPath, EventCategory, EventState, Rdr, SensorType, Thresholds};

/// `XTCAHPI_SENSOR_NUM_FRU_INFO_VALID`. Source: `SaHpiXtca.h`.
pub(crate) const FRU_INFO_VALID: u32 = 0x1000;

/// `SAHPI_ES_STATE_DEASSERTED`: it is not valid; `SAHPI_ES_STATE_ASSERTED`: it is.
const DEASSERTED: EventState = EventState(1);
/// See [`DEASSERTED`].
const ASSERTED: EventState = EventState(2);
const BOTH: EventState = EventState(DEASSERTED.0 | ASSERTED.0);

impl Domain {
    /// Whether the shelf's information is valid: the state of the sensor; `None` while nobody is
    /// known who has it.
    pub(super) fn shelf_info(&self) -> Option<EventState> {
        let manager = self.controllers.get(&SHELF_MANAGER_ADDRESS)?;
        let mut frus = manager.frus.iter();
        frus.find(|fru| fru.fru_id == SHELF_FRU_ID)?;
        let is_valid = !self.shelf_records().is_empty();
        Some(if is_valid { ASSERTED } else { DEASSERTED })
    }

    /// The sensor follows, and tells what is new.
    pub(super) fn sense_shelf_info(&mut self, states: EventState, out: &mut Out<'_>) {
        let shelf = self.resources.get_mut(&SHELF_RESOURCE);
        let sensor = shelf.and_then(|shelf| shelf.kept.sensors.get_mut(&FRU_INFO_VALID));
        if let Some(sensor) = sensor {
            sensor.input = SensorInput::Known(states);
            self.sensed(SHELF_RESOURCE, out);
        }
    }
}

/// Choice: of a type and with states for which the header has no word; users hear of each change,
/// and cannot have it otherwise.
pub(super) fn rdr(shelf: &EntityPath) -> Rdr {
    let states = (EventCategory::State, BOTH);
    let rec = sensor(FRU_INFO_VALID, SensorType::ConfigData, states);
    record(shelf.clone(), rec, "Shelf information")
}

pub(super) fn kept(states: EventState) -> KeptSensor {
    KeptSensor {
        input: SensorInput::Known(states),
        settings: SensorSettings {
            enabled: true,
            events_enabled: true,
            assert_mask: BOTH,
            deassert_mask: BOTH,
            thresholds: Thresholds::default(),
        },
        states,
    }
}

//! A sensor of the shelf that says whether a fan is at fault.

use super::{record, sensor};
use crate::resource::sensor_rec;
use crate::{Domain, Resource};
use hpi_model::{EntityPath, EventCategory, EventState, Rdr, SensorRec, SensorType};

/// `SaHpiSensorNumT` of the shelf's cooling fault. Choice: the mapping of ATCA has no number for
/// it; this is far from those that it has.
pub const COOLING_FAULT: u32 = 0x1b00;

impl Domain {
    /// What has fans whose speed is known.
    pub fn cooling(&self) -> impl Iterator<Item = &Resource> {
        self.resources().filter(|resource| has_fan(resource))
    }
}

/// Choice: of what has a controller; that of the fixture blows no air through the shelf.
fn has_fan(resource: &Resource) -> bool {
    let mut sensors = resource.rdrs.iter().filter_map(sensor_rec);
    let is_fan =
        |rec: &SensorRec| (rec.kind, rec.category) == (SensorType::Fan, EventCategory::Threshold);
    resource.fru.is_some() && sensors.any(is_fan)
}

/// Choice: asserted while a fan is beyond a major or critical threshold, as the status of the
/// chassis has it. Nothing is told of it: the fan's own sensor sends the events.
pub(super) fn rdr(shelf: &EntityPath) -> Rdr {
    let states = (EventCategory::State, EventState(0b11));
    let rec = sensor(COOLING_FAULT, SensorType::CoolingDevice, states);
    record(shelf.clone(), rec, "Cooling fault")
}

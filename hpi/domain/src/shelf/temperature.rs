//! A sensor of the shelf that sums up all temperatures in it.
//!
//! Source: SAI-HPI-B.03.02, aggregate status; of type, category and states the header says nothing.

use super::{record, sensor};
use crate::resource::sensor_rec;
use crate::sensor_event::severity;
use crate::{Domain, Resource};
use hpi_model::{EntityPath, EventCategory, EventState, Rdr, SensorType, Severity};

/// `SAHPI_DEFAGSENS_TEMP`.
pub const TEMPERATURE: u32 = 0x0102;

/// `SAHPI_ES_OK`.
const OK: EventState = EventState(0x01);
/// `SAHPI_ES_MINOR_FROM_OK`.
const MINOR: EventState = EventState(0x02);
/// `SAHPI_ES_MAJOR_FROM_LESS`.
const MAJOR: EventState = EventState(0x04);
/// `SAHPI_ES_CRITICAL_FROM_LESS`.
const CRITICAL: EventState = EventState(0x08);

impl Domain {
    /// How bad the worst temperature is, as `SaHpiEventStateT` of its category; `None` where no
    /// temperature is known.
    ///
    /// Choice: of what has a controller, with what it said last where that is lost.
    pub fn temperature(&self) -> Option<EventState> {
        let resources = self.resources.values().filter(|it| it.fru.is_some());
        let worst = resources.flat_map(temperatures).max_by_key(|it| it.0)?;
        Some(worst)
    }
}

/// Of each temperature of a resource, how bad it is.
fn temperatures(resource: &Resource) -> impl Iterator<Item = EventState> {
    let recs = resource.rdrs.iter().filter_map(sensor_rec);
    let recs = recs.filter(|rec| (rec.kind, rec.category) == (SensorType::Temperature, THRESHOLD));
    recs.filter_map(|rec| {
        let asserted = resource.sensors.get(&rec.num)?.asserted;
        let bits = (0..6).map(|bit| EventState(1 << bit));
        let crossed = bits.filter(|bit| asserted.has(*bit));
        let states = crossed.map(|bit| state(severity(THRESHOLD, bit)));
        Some(states.max_by_key(|it| it.0).unwrap_or(OK))
    })
}

const THRESHOLD: EventCategory = EventCategory::Threshold;

fn state(severity: Severity) -> EventState {
    match severity {
        Severity::Critical => CRITICAL,
        Severity::Major => MAJOR,
        Severity::Minor => MINOR,
        Severity::Informational | Severity::Ok | Severity::Debug | Severity::All => OK,
    }
}

/// Choice: it tells how things are, not what they were before: of each severity there is one state.
/// Nothing is told of it: the temperature's own sensor sends the events. It is always there.
pub(crate) fn rdr(shelf: &EntityPath) -> Rdr {
    let all = EventState(OK.0 | MINOR.0 | MAJOR.0 | CRITICAL.0);
    let states = (EventCategory::Severity, all);
    let rec = sensor(TEMPERATURE, SensorType::Temperature, states);
    record(shelf.clone(), rec, "Temperature")
}

//! What HPI's users set, and what must be there later.

use appliance::Appliance;
use hpi_domain::{
    InstrumentCall, InventoryCall, ResourceCall, SHELF_RESOURCE, SensorCall, UserCall,
};
use hpi_model::instrument::{ControlMode, ControlState};
use hpi_model::{FieldType, Reading, ResourceId, TextBuffer};

/// Places that are set, each by one user.
pub(crate) const COUNT: usize = 5;

/// A control of the fixture: an analog one, which a sensor reads.
const CONTROL: u32 = 13;
/// A sensor of the fixture, whose thresholds can be set.
const SENSOR: u32 = 1;
/// An area of the fixture's inventory, and a field there.
const AREA: u32 = 2;
/// Millionths of one.
const ONE: i64 = 1_000_000;

/// One place: what was acknowledged last, and what else may be there.
#[derive(Default)]
pub(crate) struct Place {
    /// The value, and the entry from which on it is there.
    acknowledged: Option<(u32, u64)>,
    /// Nobody knows yet, or will ever know, whether it was set to these.
    unsure: Vec<u32>,
}

impl Place {
    /// It shall be set.
    pub(crate) fn wants(&mut self, value: u32) {
        self.unsure.push(value);
    }

    /// It was not set, and will not be.
    pub(crate) fn refused(&mut self, value: u32) {
        self.unsure.retain(|it| *it != value);
    }

    /// It was set.
    pub(crate) fn has(&mut self, value: u32, index: u64) {
        self.refused(value);
        self.acknowledged = Some((value, index));
    }

    /// Whether the state after an entry has what it must have.
    fn is_kept(&self, (appliance, index): (&Appliance, u64), place: usize) -> bool {
        let Some((value, from)) = self.acknowledged else {
            return true;
        };
        let mut may_be = self.unsure.iter().chain([&value]);
        index < from || may_be.any(|value| holds(appliance, place, *value))
    }
}

/// The place that does not have what was acknowledged.
pub(crate) fn lost(places: &[Place], appliance: &Appliance) -> Option<usize> {
    let index = appliance.at().index;
    let mut numbered = places.iter().enumerate();
    let lost = numbered.find(|(place, it)| !it.is_kept((appliance, index), *place));
    lost.map(|(place, _)| place)
}

/// The call that sets a place; `None` while it is not there.
pub(crate) fn setting(appliance: &Appliance, place: usize, value: u32) -> Option<UserCall> {
    let text = TextBuffer::english(&value.to_string());
    let fixture = || fixture(appliance);
    Some(match place {
        0 => UserCall::DomainTagSet(text),
        1 => {
            let state = ControlState::Analog(millivolts(value));
            let call = InstrumentCall::ControlSet(CONTROL, ControlMode::Manual, Some(state));
            UserCall::Instrument(fixture()?, call)
        }
        2 => {
            let mut thresholds = [const { None }; 8];
            thresholds[3] = Some(Reading::Int64(degrees(value)));
            let call = SensorCall::ThresholdsSet(Box::new(thresholds));
            UserCall::Instrument(fixture()?, InstrumentCall::Sensor(SENSOR, call))
        }
        3 => {
            let (area, kind) = (AREA, FieldType::PartNumber);
            let id = field(appliance)?.0;
            let value = text;
            let call = InventoryCall::FieldSet {
                area,
                id,
                kind,
                value,
            };
            UserCall::Resource(fixture()?, ResourceCall::Inventory(call))
        }
        _ => UserCall::Resource(SHELF_RESOURCE, ResourceCall::TagSet(text)),
    })
}

/// Whether a place is set to a value.
fn holds(appliance: &Appliance, place: usize, value: u32) -> bool {
    let text = TextBuffer::english(&value.to_string());
    let resource = |id| appliance.hpi.resource(id);
    let fixture = fixture(appliance).and_then(resource);
    match place {
        0 => *appliance.hpi.tag() == text,
        1 => {
            let found = fixture.and_then(|it| it.kept_control(CONTROL).ok());
            let state = found.and_then(|(rec, kept)| kept.state(rec, 0).ok());
            state == Some(ControlState::Analog(millivolts(value)))
        }
        2 => {
            let found = fixture.and_then(|it| it.kept_sensor(SENSOR).ok());
            let limit = found.and_then(|(_, kept)| kept.settings.thresholds.up_minor_micro);
            limit == Some(degrees(value) * ONE)
        }
        3 => field(appliance).is_some_and(|(_, found)| *found == text),
        _ => resource(SHELF_RESOURCE).is_some_and(|it| it.rpt.tag == text),
    }
}

fn millivolts(value: u32) -> i32 {
    i32::try_from(value % 16_000).unwrap_or(0)
}

fn degrees(value: u32) -> i64 {
    i64::from(value % 60)
}

/// The resource of the fixture that has instruments.
fn fixture(appliance: &Appliance) -> Option<ResourceId> {
    let mut resources = appliance.hpi.resources();
    let found = resources.find(|it| it.kept.sensors.contains_key(&SENSOR) && it.fru.is_none());
    found.map(|it| it.rpt.resource)
}

fn field(appliance: &Appliance) -> Option<(u32, &TextBuffer)> {
    let found = appliance.hpi.resource(fixture(appliance)?)?;
    let area = found.inventory.areas.iter().find(|it| it.id == AREA)?;
    let mut fields = area.fields.iter();
    let found = fields.find(|it| it.kind == FieldType::PartNumber)?;
    Some((found.id, &found.value))
}

//! View of the domain alarm table.

use appliance::Appliance;
use hpi_domain::Resource;
use hpi_model::{Alarm, Condition, ConditionType, EventCategory, ResourceId, SensorRec};
use ipmi::names;
use web_api::{AlarmKind, AlarmView, AlarmsView, Severity};

/// IPMI's event type of sensors whose states are their type's own.
const SENSOR_SPECIFIC: u32 = 0x6f;

pub(crate) fn alarms(appliance: &Appliance) -> AlarmsView {
    let table = appliance.hpi.alarms();
    let alarms = table.entries().iter();
    AlarmsView {
        alarms: alarms.map(|alarm| view(appliance, alarm)).collect(),
        overflow: table.overflowed(),
    }
}

fn view(appliance: &Appliance, alarm: &Alarm) -> AlarmView {
    let condition = &alarm.condition;
    let is_sensor = condition.kind == ConditionType::Sensor;
    let resource = Some(condition.resource).filter(|id| *id != ResourceId::UNSPECIFIED);
    let found = resource.and_then(|id| appliance.hpi.resource(id));
    let state = found.filter(|_| is_sensor);
    AlarmView {
        id: alarm.id,
        time_us: u64::try_from(alarm.time_ns / 1_000).unwrap_or(0),
        severity: severity(alarm.severity),
        acknowledged: alarm.acknowledged,
        kind: match condition.kind {
            ConditionType::Sensor => AlarmKind::Sensor,
            ConditionType::Resource => AlarmKind::Resource,
            ConditionType::Oem => AlarmKind::Oem,
            ConditionType::User => AlarmKind::User,
        },
        entity_path: condition.entity.to_string(),
        resource: resource.map(|id| id.0),
        sensor: is_sensor.then_some(condition.sensor),
        state: state.map_or_else(String::new, |resource| state_word(resource, condition)),
        name: String::from_utf8_lossy(&condition.name).into_owned(),
        text: condition.data.to_text(),
    }
}

fn severity(severity: hpi_model::Severity) -> Severity {
    use hpi_model::Severity as S;
    match severity {
        S::Critical => Severity::Critical,
        S::Major => Severity::Major,
        S::Minor => Severity::Minor,
        S::Informational | S::Debug | S::All => Severity::Informational,
        S::Ok => Severity::Ok,
    }
}

/// In the words of IPMI, as sensors are shown.
fn state_word(resource: &Resource, condition: &Condition) -> String {
    let mut records = resource.sensor_records();
    let record = records.find(|(_, rec)| rec.num == condition.sensor);
    let bit = u8::try_from(condition.state.0.trailing_zeros()).unwrap_or(u8::MAX);
    let word = record.and_then(|(_, rec)| word(rec, bit));
    word.map_or_else(|| format!("state {bit}"), String::from)
}

fn word(rec: &SensorRec, bit: u8) -> Option<&'static str> {
    if rec.category == EventCategory::Threshold {
        return Some(names::threshold(bit));
    }
    // IPMI's event types have the same numbers but for this one.
    let event_type = match rec.category == EventCategory::SensorSpecific {
        true => SENSOR_SPECIFIC,
        false => rec.category.number(),
    };
    let byte = |number: u32| u8::try_from(number).ok();
    names::event(byte(rec.kind.number())?, byte(event_type)?, bit)
}

//! Alarms, announcements and their conditions: the model's in the structures of `SaHpi.h`, and
//! back.

use super::{check, wire};
use hpi_domain::Which;
use hpi_model as model;
use hpi_model::{ConditionType, EventState, HpiError, ResourceId, Severity};
use openhpi_wire::types::{Alarm, Announcement, Condition, Name};

/// `SAHPI_FIRST_ENTRY`, which is also `SAHPI_ENTRY_UNSPECIFIED`.
const FIRST: u32 = 0;
/// `SAHPI_LAST_ENTRY`.
const LAST: u32 = u32::MAX;

pub(super) fn alarm(alarm: &model::Alarm) -> Alarm {
    Alarm {
        id: alarm.id,
        timestamp: alarm.time_ns,
        severity: alarm.severity.number(),
        acknowledged: alarm.acknowledged,
        condition: condition(&alarm.condition),
    }
}

pub(super) fn announcement(announcement: &model::Announcement) -> Announcement {
    Announcement {
        entry: announcement.id,
        timestamp: announcement.time_ns,
        added_by_user: announcement.by_user,
        severity: announcement.severity.number(),
        acknowledged: announcement.acknowledged,
        condition: condition(&announcement.condition),
    }
}

fn condition(condition: &model::Condition) -> Condition {
    Condition {
        kind: condition.kind.number(),
        entity: wire::path(&condition.entity),
        domain: condition.domain,
        resource: condition.resource.0,
        sensor: condition.sensor,
        event_state: condition.state.0,
        name: Name(condition.name.clone()),
        manufacturer: condition.manufacturer,
        data: wire::text(&condition.data),
    }
}

/// A condition that a user adds: its type and its text must be legal, everything else is taken as
/// it comes.
///
/// Source: SAI-HPI-B.03.02, `saHpiAlarmAdd`, `saHpiAnnunciatorAdd`.
pub(super) fn read(condition: &Condition) -> Result<model::Condition, HpiError> {
    let kind = ConditionType::from_number(condition.kind).ok_or(HpiError::InvalidParams)?;
    let data = check::text(&condition.data)?;
    Ok(model::Condition {
        kind,
        entity: wire::model_path(&condition.entity),
        domain: condition.domain,
        resource: ResourceId(condition.resource),
        sensor: condition.sensor,
        state: EventState(condition.event_state),
        name: condition.name.0.clone(),
        manufacturer: condition.manufacturer,
        data,
    })
}

/// After which entry a walk goes on: its id and its time.
pub(super) fn after(id: u32, time_ns: i64) -> Option<(u32, i64)> {
    (id != FIRST).then_some((id, time_ns))
}

/// The id of one entry.
pub(super) fn one(id: u32) -> Result<u32, HpiError> {
    let is_one = ![FIRST, LAST].contains(&id);
    is_one.then_some(id).ok_or(HpiError::InvalidParams)
}

/// One entry, or all of a severity where none is named.
pub(super) fn which(id: u32, severity: u32) -> Result<Which, HpiError> {
    match id {
        FIRST => any_severity(severity).map(Which::All),
        id => Ok(Which::One(id)),
    }
}

/// A severity to search for, `SAHPI_ALL_SEVERITIES` included.
pub(super) fn any_severity(number: u32) -> Result<Severity, HpiError> {
    Severity::from_number(number).ok_or(HpiError::InvalidParams)
}

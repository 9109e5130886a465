//! The domain alarm table: what is wrong now.
//!
//! Alarms of sensors and resources come with their condition and go with it, seen by somebody or
//! not; a condition that comes again is a new alarm. Alarms of users stay until users delete them.
//! Source: SAI-HPI-B.03.02, `SaHpiAlarmT`, `SaHpiSensorEnableChangeEventT`, `saHpiAlarm…`.

use crate::entries::{Entries, Which, is_of};
use crate::sensor_event::severity;
use crate::{Domain, Out, Resource, Told, time_ns};
use alloc::boxed::Box;
use alloc::vec::Vec;
use hpi_model::{Alarm, Condition, ConditionType, EventState, HpiError, ResourceId, Severity};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most alarms of sensors and resources. Those beyond are left out (`DatOverflow`), and take their
/// place once there is one.
pub const ALARMS_MAX: usize = 1_024;

/// Most alarms of users (`DatUserAlarmLimit`).
pub const USER_ALARMS_MAX: usize = 128;

/// A call that changes the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlarmCall {
    /// `saHpiAlarmAcknowledge`.
    Acknowledge(Which),
    /// `saHpiAlarmAdd`.
    Add {
        /// How bad: critical, major or minor.
        severity: Severity,
        /// Whether somebody has seen it already.
        acknowledged: bool,
        /// Why it is there, of type `USER`.
        condition: Box<Condition>,
    },
    /// `saHpiAlarmDelete`.
    Delete(Which),
}

/// The domain alarm table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmTable {
    entries: Entries<Alarm>,
    /// Most alarms of all kinds.
    pub(crate) size: u32,
    /// Most alarms of users.
    pub(crate) user_size: u32,
    overflowed: bool,
    update_count: u32,
    updated: Time,
    /// `update_count` when annunciators last followed.
    followed: u32,
}

impl Default for AlarmTable {
    fn default() -> Self {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            entries: Entries::default(),
            size: count(ALARMS_MAX + USER_ALARMS_MAX),
            user_size: count(USER_ALARMS_MAX),
            overflowed: false,
            update_count: 0,
            updated: Time::default(),
            followed: 0,
        }
    }
}

impl AlarmTable {
    /// The alarms, in the order in which they were added.
    pub fn entries(&self) -> &Entries<Alarm> {
        &self.entries
    }

    /// How many there are of a severity; [`Severity::All`] for all of them.
    pub fn count(&self, severity: Severity) -> usize {
        let of_it = |alarm: &&Alarm| is_of(severity, alarm.severity);
        self.entries.iter().filter(of_it).count()
    }

    /// `DatUpdateCount`: changes of the table so far.
    pub fn update_count(&self) -> u32 {
        self.update_count
    }

    /// `DatUpdateTimestamp`: when it last changed.
    pub fn updated(&self) -> Time {
        self.updated
    }

    /// `DatOverflow`: there are conditions that should be alarms, and have no place.
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Whether it has changed since this was asked last.
    pub(crate) fn is_news(&mut self) -> bool {
        core::mem::replace(&mut self.followed, self.update_count) != self.update_count
    }

    fn changed(&mut self, at: Time) {
        self.update_count = self.update_count.wrapping_add(1);
        self.updated = at;
    }

    fn call(&mut self, call: &AlarmCall, at: Time) -> Result<Told, HpiError> {
        match call {
            AlarmCall::Acknowledge(which) => {
                if self.entries.acknowledge(*which)? {
                    self.changed(at);
                }
                Ok(Told::Done)
            }
            AlarmCall::Add {
                severity,
                acknowledged,
                condition,
            } => {
                if !self.has_place_for_users() {
                    return Err(HpiError::OutOfSpace);
                }
                let id = self.add((*severity, condition.as_ref().clone()), *acknowledged, at)?;
                Ok(Told::Added {
                    id,
                    time_ns: time_ns(at),
                })
            }
            AlarmCall::Delete(which) => self.delete(*which, at),
        }
    }

    fn delete(&mut self, which: Which, at: Time) -> Result<Told, HpiError> {
        let is_it = |alarm: &Alarm| match which {
            Which::One(id) => alarm.id == id,
            Which::All(severity) => is_of(severity, alarm.severity) && is_users(alarm),
        };
        if let Which::One(id) = which {
            let alarm = self.entries.get(id).ok_or(HpiError::NotPresent)?;
            if !is_users(alarm) {
                return Err(HpiError::ReadOnly);
            }
        }
        if self.entries.retain(|alarm| !is_it(alarm)) {
            self.changed(at);
        }
        Ok(Told::Done)
    }

    /// Whether another alarm of a sensor or a resource may come.
    fn has_place(&self) -> bool {
        let others = self.entries.iter().filter(|alarm| !is_users(alarm));
        others.count() < ALARMS_MAX && is_below(self.entries.len(), self.size)
    }

    /// Whether another alarm of a user may come.
    fn has_place_for_users(&self) -> bool {
        let users = self.entries.iter().filter(|alarm| is_users(alarm));
        is_below(users.count(), self.user_size) && is_below(self.entries.len(), self.size)
    }

    fn add(
        &mut self,
        (severity, condition): (Severity, Condition),
        acknowledged: bool,
        at: Time,
    ) -> Result<u32, HpiError> {
        let added = self.entries.add(|id| Alarm {
            id,
            time_ns: time_ns(at),
            severity,
            acknowledged,
            condition,
        });
        let id = added.ok_or(HpiError::OutOfSpace)?.id;
        self.changed(at);
        Ok(id)
    }

    /// Makes the alarms of a resource those that it has a reason for.
    fn settle(&mut self, resource: ResourceId, reasons: Vec<(Severity, Condition)>, at: Time) {
        let is_old = |alarm: &Alarm| {
            alarm.condition.resource == resource
                && !is_users(alarm)
                && !reasons.iter().any(|reason| is_for(alarm, reason))
        };
        if self.entries.retain(|alarm| !is_old(alarm)) {
            self.changed(at);
        }
        for reason in reasons {
            if self.entries.iter().any(|alarm| is_for(alarm, &reason)) {
                continue;
            }
            if !self.has_place() || self.add(reason, false, at).is_err() {
                self.overflowed = true;
                return;
            }
        }
    }
}

fn is_below(count: usize, limit: u32) -> bool {
    u32::try_from(count).is_ok_and(|count| count < limit)
}

fn is_users(alarm: &Alarm) -> bool {
    alarm.condition.kind == ConditionType::User
}

/// Whether an alarm stands for this. What became worse or better meanwhile is another alarm.
fn is_for(alarm: &Alarm, (severity, condition): &(Severity, Condition)) -> bool {
    let known = &alarm.condition;
    alarm.severity == *severity
        && known.kind == condition.kind
        && known.resource == condition.resource
        && known.sensor == condition.sensor
        && known.state == condition.state
}

/// Whether something of this severity is an alarm.
pub(crate) fn is_alarming(severity: Severity) -> bool {
    matches!(
        severity,
        Severity::Critical | Severity::Major | Severity::Minor
    )
}

impl Domain {
    /// The domain alarm table.
    pub fn alarms(&self) -> &AlarmTable {
        &self.alarms
    }

    pub(crate) fn alarm_call(&mut self, call: &AlarmCall, out: &Out<'_>) -> Result<Told, HpiError> {
        self.alarms.call(call, out.at.time)
    }

    /// Something was said of these resources: their alarms may have come or gone.
    ///
    /// Where alarms have been left out, one that went may have made place for any other.
    pub(crate) fn settle_alarms(&mut self, of: &[ResourceId], at: Time) {
        for id in of {
            self.settle(*id, at);
        }
        if self.alarms.overflowed && (!of.is_empty() || self.alarms.has_place()) {
            self.alarms.overflowed = false;
            for id in self.resources.keys().copied().collect::<Vec<_>>() {
                self.settle(id, at);
            }
        }
    }

    fn settle(&mut self, id: ResourceId, at: Time) {
        let reasons = self.resources.get(&id).map(reasons);
        self.alarms.settle(id, reasons.unwrap_or_default(), at);
    }
}

/// Why a resource has alarms: it is lost, or states of its sensors are alarming.
fn reasons(resource: &Resource) -> Vec<(Severity, Condition)> {
    let rpt = &resource.rpt;
    let condition = |kind, sensor, state| Condition {
        kind,
        entity: rpt.entity.clone(),
        domain: Condition::THIS_DOMAIN,
        resource: rpt.resource,
        sensor,
        state,
        name: Vec::new(),
        manufacturer: 0,
        data: rpt.tag.clone(),
    };
    let mut reasons = Vec::new();
    if rpt.failed && is_alarming(rpt.severity) {
        let lost = condition(ConditionType::Resource, 0, EventState::default());
        reasons.push((rpt.severity, lost));
    }
    for (rdr, rec) in resource.sensor_records() {
        let states = resource.alarming(rec);
        for state in (0..16).map(|bit| EventState(1 << bit)) {
            let severity = severity(rec.category, state);
            if states.has(state) && is_alarming(severity) {
                let found = Condition {
                    entity: rdr.entity.clone(),
                    data: rdr.id.clone(),
                    ..condition(ConditionType::Sensor, rec.num, state)
                };
                reasons.push((severity, found));
            }
        }
    }
    reasons
}

//! The domain alarm table.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, check, condition};
use hpi_domain::{AlarmCall, Told, UserCall};
use hpi_model::{ConditionType, HpiError, Severity};
use openhpi_wire::function::*;
use openhpi_wire::types::Alarm;

answers! {
    AlarmGetNext(it, call) => it.say(call, {
        let after = condition::after(call.alarm.id, call.alarm.timestamp);
        let entries = it.view.appliance.hpi.alarms().entries();
        condition::any_severity(call.severity)
            .and_then(|severity| entries.next(after, severity, call.unacknowledged))
            .map(condition::alarm)
    });
    AlarmGet(it, call) => it.say(call, condition::one(call.alarm).and_then(|id| {
        let alarm = it.view.appliance.hpi.alarms().entries().get(id);
        alarm.map(condition::alarm).ok_or(HpiError::NotPresent)
    }));
    AlarmAcknowledge(it, call) => it.log(call, {
        let which = condition::which(call.alarm, call.severity);
        which.map(|which| UserCall::Alarm(AlarmCall::Acknowledge(which)))
    });
    AlarmAdd(it, call) => match added(&call.alarm) {
        Ok(user) => {
            let alarm = call.alarm.clone();
            it.log_then::<Self>(UserCall::Alarm(user), move |told| with_id(alarm, &told))
        }
        Err(why) => it.say(call, Err(why)),
    };
    AlarmDelete(it, call) => it.log(call, {
        let which = condition::which(call.alarm, call.severity);
        which.map(|which| UserCall::Alarm(AlarmCall::Delete(which)))
    });
}

/// Source: SAI-HPI-B.03.02, `saHpiAlarmAdd`, return values.
fn added(alarm: &Alarm) -> Result<AlarmCall, HpiError> {
    let severity = check::severity(alarm.severity)?;
    let condition = condition::read(&alarm.condition)?;
    let is_alarm = matches!(
        severity,
        Severity::Critical | Severity::Major | Severity::Minor
    );
    if !is_alarm || condition.kind != ConditionType::User {
        return Err(HpiError::InvalidParams);
    }
    Ok(AlarmCall::Add {
        severity,
        acknowledged: alarm.acknowledged,
        condition: condition.into(),
    })
}

fn with_id(alarm: Alarm, told: &Told) -> Alarm {
    match *told {
        Told::Added { id, time_ns } => Alarm {
            id,
            timestamp: time_ns,
            ..alarm
        },
        Told::Done | Told::Later | Told::Entry(_) => alarm,
    }
}

//! The event log, and events.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, check, log};
use hpi_domain::{EventLog, LogCall, UserCall};
use hpi_model::{HpiError, ResourceId, Severity, TextBuffer};
use openhpi_wire::function::*;
use openhpi_wire::types::{Event, EventData};

/// `SAHPI_TIMEOUT_BLOCK`.
const BLOCK: i64 = -1;

answers! {
    EventLogInfoGet(it, call) => it.say(call, {
        log::of(it.view, call.resource).map(|log| log::info(it.view, log))
    });
    EventLogCapabilitiesGet(it, call) => it.say(call, {
        log::of(it.view, call.resource).map(|_| log::CAPABILITIES)
    });
    EventLogEntryGet(it, call) => it.say(call, {
        log::of(it.view, call.resource).and_then(|log| log::entry(it.view, log, call.entry))
    });
    EventLogEntryAdd(it, call) => it.log_log((call, call.resource), {
        user_event(&call.event).map(|(severity, text)| LogCall::EntryAdd(severity, text))
    });
    EventLogClear(it, call) => it.log_log((call, call.resource), Ok(LogCall::Clear));
    EventLogTimeGet(it, call) => it.say(call, {
        log::of(it.view, call.resource).map(|log| log.clock(it.view.now))
    });
    EventLogTimeSet(it, call) => it.log_log((call, call.resource), {
        log::time(call.time).map(LogCall::TimeSet)
    });
    EventLogStateGet(it, call) => it.say(call, {
        log::of(it.view, call.resource).map(EventLog::is_enabled)
    });
    EventLogStateSet(it, call) => {
        it.log_log((call, call.resource), Ok(LogCall::StateSet(call.enabled)))
    };
    EventLogOverflowReset(it, call) => {
        it.log_log((call, call.resource), Ok(LogCall::OverflowReset))
    };
    Subscribe(it, call) => it.log(call, Ok(UserCall::Subscribe));
    Unsubscribe(it, call) => it.log(call, Ok(UserCall::Unsubscribe));
    EventGet(it, call) => match (call.timeout, u64::try_from(call.timeout)) {
        _ if !it.view.appliance.hpi.sessions().is_subscribed(it.session) => {
            it.say(call, Err(HpiError::InvalidRequest))
        }
        (BLOCK, _) => Outcome::Event(it.session, None),
        (_, Ok(timeout)) => Outcome::Event(it.session, Some(timeout)),
        (_, Err(_)) => it.say(call, Err(HpiError::InvalidParams)),
    };
    EventAdd(it, call) => it.log(call, {
        user_event(&call.event).map(|(severity, text)| UserCall::EventAdd(severity, text))
    });
}

/// What users may add: an event of type `USER`, of the domain.
fn user_event(event: &Event) -> Result<(Severity, TextBuffer), HpiError> {
    let severity = check::severity(event.severity)?;
    if let EventData::User(data) = &event.data
        && event.source == ResourceId::UNSPECIFIED.0
    {
        return Ok((severity, check::text(data)?));
    }
    Err(HpiError::InvalidParams)
}

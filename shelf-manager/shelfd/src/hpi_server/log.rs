//! Event logs, of the domain and of resources.

use super::resource::able;
use super::{View, wire};
use hpi_domain::{EventLog, OverflowAction};
use hpi_model::{Capabilities, HpiError, ResourceId};
use openhpi_wire::function::LoggedEvent;
use openhpi_wire::types::{EventLogEntry, EventLogInfo, RptEntry};

/// `SAHPI_OLDEST_ENTRY`.
const OLDEST: u32 = 0;
/// `SAHPI_NEWEST_ENTRY`.
const NEWEST: u32 = u32::MAX;
/// `SAHPI_NO_MORE_ENTRIES`.
const NO_MORE: u32 = 0xffff_fffe;
/// `SaHpiEventLogOverflowActionT`.
const DROP: u32 = 0;
/// See [`DROP`].
const OVERWRITE: u32 = 1;
/// `SAHPI_EVTLOG_CAPABILITY_…`: entries can be added, the log be cleared, its time and its state be
/// set, and its overflow be forgotten.
pub(super) const CAPABILITIES: u32 = 0x01 | 0x02 | 0x04 | 0x08 | 0x10;
/// Longest text of a user event, in bytes.
const USER_EVENT_MAX: u32 = 255;
/// `SAHPI_TIME_UNSPECIFIED`.
const TIME_UNSPECIFIED: i64 = i64::MIN;

/// The log of a resource, or that of the domain.
pub(super) fn of(view: View<'_>, resource: u32) -> Result<&EventLog, HpiError> {
    if resource == ResourceId::UNSPECIFIED.0 {
        return Ok(view.appliance.hpi.event_log());
    }
    let resource = able(view, resource, Capabilities::EVENT_LOG)?;
    resource.kept.log.as_ref().ok_or(HpiError::Capability)
}

pub(super) fn info(view: View<'_>, log: &EventLog) -> EventLogInfo {
    EventLogInfo {
        entries: log.len(),
        size: log.size(),
        user_event_max_size: USER_EVENT_MAX,
        update_timestamp: log.updated_ns(),
        current_time: log.clock(view.now),
        enabled: log.is_enabled(),
        overflow_flag: log.overflowed(),
        overflow_resetable: true,
        overflow_action: match log.overflow_action() {
            OverflowAction::Drop => DROP,
            OverflowAction::Overwrite => OVERWRITE,
        },
    }
}

/// A time that the clock of a log can be set to.
///
/// Choice: times before the epoch cannot, as clocks then count from it.
pub(super) fn time(time_ns: i64) -> Result<i64, HpiError> {
    match time_ns {
        TIME_UNSPECIFIED => Err(HpiError::InvalidParams),
        0.. => Ok(time_ns),
        _ => Err(HpiError::InvalidData),
    }
}

pub(super) fn entry(view: View<'_>, log: &EventLog, asked: u32) -> Result<LoggedEvent, HpiError> {
    let found = match asked {
        OLDEST => log.entries().next(),
        NEWEST => log.entries().next_back(),
        NO_MORE => return Err(HpiError::InvalidParams),
        id => log.entry(id),
    };
    let found = found.ok_or(HpiError::NotPresent)?;
    let (previous, next) = log.neighbours(found.id);
    let event = &found.event;
    let resource = view.appliance.hpi.resource(event.source);
    Ok(LoggedEvent {
        previous: previous.unwrap_or(NO_MORE),
        next: next.unwrap_or(NO_MORE),
        entry: EventLogEntry {
            entry: found.id,
            timestamp: found.time_ns,
            event: wire::event(event),
        },
        rdr: wire::rdr_of(view, event),
        resource: resource.map_or_else(wire::no_resource, |it| wire::rpt_entry(&it.rpt)),
    })
}

/// The resource that an event came from, as it was then.
pub(super) fn source(resource: Option<&hpi_model::RptEntry>) -> RptEntry {
    resource.map_or_else(wire::no_resource, wire::rpt_entry)
}

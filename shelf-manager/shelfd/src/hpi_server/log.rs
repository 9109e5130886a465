//! The domain event log. Resources have no log of their own.

use super::resource::{find, time};
use super::{View, wire};
use hpi_domain::EVENT_LOG_MAX;
use hpi_model::{Capabilities, HpiError, ResourceId};
use openhpi_wire::function::LoggedEvent;
use openhpi_wire::types::{EventLogEntry, EventLogInfo, RptEntry};

/// `SAHPI_OLDEST_ENTRY`.
const OLDEST: u32 = 0;
/// `SAHPI_NEWEST_ENTRY`.
const NEWEST: u32 = u32::MAX;
/// `SAHPI_NO_MORE_ENTRIES`.
const NO_MORE: u32 = 0xffff_fffe;
/// `SAHPI_EL_OVERFLOW_OVERWRITE`.
const OVERWRITE: u32 = 1;
/// `SAHPI_EVTLOG_CAPABILITY_…`: entries can be added, the log be cleared, its state be set and its
/// overflow be forgotten; its time is that of the host, which cannot be set.
pub(super) const CAPABILITIES: u32 = 0x01 | 0x02 | 0x08 | 0x10;
/// Longest text of a user event, in bytes.
const USER_EVENT_MAX: u32 = 255;

/// Whether the log is that of the domain; otherwise what the resource's log is answered with.
pub(super) fn of_domain(view: View<'_>, resource: u32) -> Result<(), HpiError> {
    if resource == ResourceId::UNSPECIFIED.0 {
        return Ok(());
    }
    let capabilities = find(view, resource)?.rpt.capabilities;
    Err(match capabilities.has(Capabilities::EVENT_LOG) {
        true => HpiError::InvalidCmd,
        false => HpiError::Capability,
    })
}

pub(super) fn info(view: View<'_>) -> EventLogInfo {
    let log = view.appliance.hpi.event_log();
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    EventLogInfo {
        entries: count(log.entries().count()),
        size: count(EVENT_LOG_MAX),
        user_event_max_size: USER_EVENT_MAX,
        update_timestamp: time(log.updated()),
        current_time: time(view.now),
        enabled: log.is_enabled(),
        overflow_flag: log.overflowed(),
        overflow_resetable: true,
        overflow_action: OVERWRITE,
    }
}

pub(super) fn entry(view: View<'_>, asked: u32) -> Result<LoggedEvent, HpiError> {
    let log = view.appliance.hpi.event_log();
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

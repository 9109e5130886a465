//! Events that a user lets happen: `oHpiInjectEvent`.
//!
//! OpenHPI hands such an event to the plugin of the handler that is named. Of its rules those hold
//! that it drops events by, but the caller is told; and what an event is about must be there, so
//! that its record and its resource can be shown with it.
//!
//! Source: openhpi 3.8.0, `openhpid/ohpi.c`, `openhpid/event.c`.

use super::{View, check, openhpi};
use hpi_model::diagnostics::TestRunStatus;
use hpi_model::firmware::UpgradeStatus;
use hpi_model::{
    Capabilities, DomainEvent, Event, EventCategory, EventKind, EventState, HotSwapCause,
    HotSwapState, HpiError, RdrType, ResourceEvent, ResourceId, SensorEnableChange, SensorEvent,
    SensorType, SoftwareEvent, WATCHDOG_TIMER_INTERRUPT, WatchdogAction, WatchdogPretimer,
    WatchdogUse,
};
use openhpi_wire::types::{self, EventData, Rdr, RptEntry};

/// `SAHPI_TIME_UNSPECIFIED`.
const TIME_UNSPECIFIED: i64 = i64::MIN;
/// A run whose progress is not known. Source: `SaHpiDimiTestPercentCompletedT`.
const PERCENT_UNKNOWN: u32 = 0xff;
/// Hot swap states, by their numbers.
const HOT_SWAP_STATES: [HotSwapState; 5] = [
    HotSwapState::Inactive,
    HotSwapState::InsertionPending,
    HotSwapState::Active,
    HotSwapState::ExtractionPending,
    HotSwapState::NotPresent,
];

/// The event that is to happen, or why it cannot.
///
/// `resource` and `rdr` are what the caller believes to be its source and its instrument; without
/// capabilities and without a type they say nothing.
pub(super) fn event(
    view: View<'_>,
    handler: u32,
    (event, resource, rdr): (&types::Event, &RptEntry, &Rdr),
) -> Result<Event, HpiError> {
    match openhpi::handler(handler) {
        Ok(_) => {}
        Err(_) if handler == 0 => return Err(HpiError::InvalidParams),
        Err(_) => return Err(HpiError::InvalidCmd),
    }
    let source = ResourceId(event.source);
    if resource.capabilities != 0 && resource.resource != source.0 {
        return Err(HpiError::InvalidParams);
    }
    let event = Event {
        source,
        time_ns: match event.timestamp {
            TIME_UNSPECIFIED => super::resource::time(view.now),
            time => time,
        },
        severity: check::severity(event.severity)?,
        kind: kind(&event.data)?,
    };
    has_source(view, &event)?;
    if let Some(named) = rdr_named(rdr) {
        has(view, source, named)?;
    }
    Ok(event)
}

/// Whether there is what the event is about.
fn has_source(view: View<'_>, event: &Event) -> Result<(), HpiError> {
    let of = |kind, num| has(view, event.source, (kind, num));
    match &event.kind {
        EventKind::Sensor(sensor) => of(RdrType::Sensor, sensor.num),
        EventKind::SensorEnableChange(change) => of(RdrType::Sensor, change.num),
        EventKind::Watchdog { num, .. } => of(RdrType::Watchdog, *num),
        EventKind::Dimi { num, .. } | EventKind::DimiUpdate(num) => of(RdrType::Dimi, *num),
        EventKind::Fumi { num, .. } => of(RdrType::Fumi, *num),
        EventKind::Resource(kind) => {
            let capabilities = super::resource::find(view, event.source.0)?
                .rpt
                .capabilities;
            // FRUs are told of by hot swap.
            let is_fru = capabilities.has(Capabilities::FRU);
            let is_told = !(is_fru && *kind == ResourceEvent::Added);
            is_told.then_some(()).ok_or(HpiError::InvalidParams)
        }
        EventKind::HotSwap { .. } => {
            super::resource::able(view, event.source.0, Capabilities::FRU).map(drop)
        }
        EventKind::Domain(..)
        | EventKind::Software { .. }
        | EventKind::Oem { .. }
        | EventKind::User(_)
            if event.source == ResourceId::UNSPECIFIED =>
        {
            Ok(())
        }
        EventKind::Domain(..)
        | EventKind::Software { .. }
        | EventKind::Oem { .. }
        | EventKind::User(_) => super::resource::find(view, event.source.0).map(drop),
    }
}

fn has(view: View<'_>, resource: ResourceId, (kind, num): (RdrType, u32)) -> Result<(), HpiError> {
    let found = super::resource::find(view, resource.0)?;
    let rdr = found.rdr_of(kind, num);
    rdr.map(drop).ok_or(HpiError::NotPresent)
}

/// Type and number of the instrument of a record.
fn rdr_named(rdr: &Rdr) -> Option<(RdrType, u32)> {
    use types::RdrTypeUnion as U;
    match &rdr.instrument {
        U::NoRecord(_) => None,
        U::Ctrl(rec) => Some((RdrType::Control, rec.num)),
        U::Sensor(rec) => Some((RdrType::Sensor, rec.num)),
        U::Inventory(rec) => Some((RdrType::Inventory, rec.idr)),
        U::Watchdog(rec) => Some((RdrType::Watchdog, rec.num)),
        U::Annunciator(rec) => Some((RdrType::Annunciator, rec.num)),
        U::Dimi(rec) => Some((RdrType::Dimi, rec.num)),
        U::Fumi(rec) => Some((RdrType::Fumi, rec.num)),
    }
}

/// A value that there is.
fn legal<T>(found: Option<T>) -> Result<T, HpiError> {
    found.ok_or(HpiError::InvalidParams)
}

fn kind(data: &EventData) -> Result<EventKind, HpiError> {
    Ok(match data {
        EventData::Resource(kind) => EventKind::Resource(legal(ResourceEvent::from_number(*kind))?),
        EventData::Domain(event) => {
            EventKind::Domain(legal(DomainEvent::from_number(event.kind))?, event.domain)
        }
        EventData::Sensor(event) => EventKind::Sensor(sensor(event)?),
        EventData::SensorEnableChange(event) => EventKind::SensorEnableChange(enables(event)?),
        EventData::HotSwap(event) => EventKind::HotSwap {
            state: hot_swap_state(event.state)?,
            previous: hot_swap_state(event.previous)?,
            cause: legal(HotSwapCause::from_number(event.cause))?,
        },
        EventData::Watchdog(event) => watchdog(event)?,
        EventData::HpiSw(event) => EventKind::Software {
            manufacturer: event.manufacturer,
            kind: legal(SoftwareEvent::from_number(event.kind))?,
            text: check::text(&event.data)?,
        },
        EventData::Oem(event) => EventKind::Oem {
            manufacturer: event.manufacturer,
            text: check::text(&event.data)?,
        },
        EventData::User(text) => EventKind::User(check::text(text)?),
        EventData::Dimi(event) => EventKind::Dimi {
            num: event.num,
            test: event.test,
            status: legal(TestRunStatus::from_number(event.run_status))?.number(),
            percent: percent(event.percent_completed)?,
        },
        EventData::DimiUpdate(num) => EventKind::DimiUpdate(*num),
        EventData::Fumi(event) => EventKind::Fumi {
            num: event.num,
            bank: event.bank,
            status: legal(UpgradeStatus::from_number(event.status))?.number(),
        },
    })
}

fn hot_swap_state(number: u32) -> Result<HotSwapState, HpiError> {
    let mut states = HOT_SWAP_STATES.into_iter();
    legal(states.find(|state| *state as u32 == number))
}

fn percent(asked: u32) -> Result<u8, HpiError> {
    let known = asked <= 100 || asked == PERCENT_UNKNOWN;
    legal(u8::try_from(asked).ok().filter(|_| known))
}

fn sensor(event: &types::SensorEvent) -> Result<SensorEvent, HpiError> {
    use super::wire::optional;
    let has = |flag: u8| event.optional_data_present & flag != 0;
    let reading = |flag, of| match has(flag) {
        true => check::reading(of),
        false => Ok(None),
    };
    let state = EventState(event.state);
    Ok(SensorEvent {
        num: event.num,
        kind: legal(SensorType::from_number(event.kind))?,
        category: legal(EventCategory::from_number(event.category.into()))?,
        assertion: event.assertion,
        // One event tells of one state.
        state: legal((state.0.count_ones() == 1).then_some(state))?,
        trigger_reading: reading(optional::TRIGGER_READING, &event.trigger_reading)?,
        trigger_threshold: reading(optional::TRIGGER_THRESHOLD, &event.trigger_threshold)?,
        previous: has(optional::PREVIOUS_STATE).then_some(EventState(event.previous_state)),
        current: has(optional::CURRENT_STATE).then_some(EventState(event.current_state)),
        oem: has(optional::OEM).then_some(event.oem),
        sensor_specific: has(optional::SENSOR_SPECIFIC).then_some(event.sensor_specific),
    })
}

fn enables(event: &types::SensorEnableChangeEvent) -> Result<SensorEnableChange, HpiError> {
    let has_current = event.optional_data_present & super::wire::optional::CURRENT_STATE != 0;
    Ok(SensorEnableChange {
        num: event.num,
        kind: legal(SensorType::from_number(event.kind))?,
        category: legal(EventCategory::from_number(event.category.into()))?,
        sensor_enable: event.sensor_enable,
        event_enable: event.event_enable,
        assert_mask: EventState(event.assert_mask),
        deassert_mask: EventState(event.deassert_mask),
        current: has_current.then_some(EventState(event.current_state)),
    })
}

fn watchdog(event: &types::WatchdogEvent) -> Result<EventKind, HpiError> {
    let action = match event.action {
        WATCHDOG_TIMER_INTERRUPT => WATCHDOG_TIMER_INTERRUPT,
        number => legal(WatchdogAction::from_number(number))?.number(),
    };
    Ok(EventKind::Watchdog {
        num: event.num,
        action,
        pretimer: legal(WatchdogPretimer::from_number(event.pre_timer_action))?.number(),
        timer_use: legal(WatchdogUse::from_number(event.timer_use))?.number(),
    })
}

#[cfg(test)]
mod tests;

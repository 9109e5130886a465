//! A sensor's event in HPI's words.
//!
//! Source: IPMI v2.0 §29.7 (event data), Table 42-2 (threshold events).

use crate::records;
use crate::resource::Sensor;
use hpi_model::{EventCategory, EventState, Reading, SensorEvent, SensorRec, Severity};
use ipmi::sel::Event;

/// Takes an event of a sensor; `None` when it is not of the sensor's category, or tells nothing
/// new: the same event may come twice, pushed and from the SEL.
pub(crate) fn take(
    sensor: &mut Sensor,
    rec: &SensorRec,
    from: &Event,
) -> Option<(Severity, SensorEvent)> {
    if EventCategory::from_ipmi(from.event_type) != rec.category {
        return None;
    }
    let (state, assertion) = if rec.category == EventCategory::Threshold {
        threshold(from.offset(), from.assertion)?
    } else {
        (EventState(1 << from.offset()), from.assertion)
    };
    let previous = sensor.asserted;
    let current = after(rec.category, previous, state, assertion);
    if current == previous && rec.category == EventCategory::Threshold {
        return None;
    }
    sensor.asserted = current;
    let value = |raw| records::reading_micro(&sensor.record, raw).map(Reading::Micro);
    let event = SensorEvent {
        num: rec.num,
        kind: rec.kind,
        category: rec.category,
        assertion,
        state,
        trigger_reading: from.trigger_reading().and_then(value),
        trigger_threshold: from.trigger_threshold().and_then(value),
        previous: Some(previous),
        current: Some(current),
        oem: None,
        sensor_specific: sensor_specific(from),
    };
    Some((severity(rec.category, state), event))
}

/// State and assertion of a threshold event. Even offsets go low, odd ones high, two for each
/// threshold: leaving the bad side of a threshold is reported as its deassertion.
fn threshold(offset: u8, asserted: bool) -> Option<(EventState, bool)> {
    let level = offset / 2;
    let upper = level >= 3;
    let going_high = offset % 2 == 1;
    (level < 6).then(|| (EventState(1 << level), asserted == (upper == going_high)))
}

/// States after an event.
///
/// Beyond a threshold all milder thresholds of that side are crossed too; in categories whose
/// states exclude each other the new one replaces the others. Source: SAI-HPI-B.03.02, event
/// states.
fn after(
    category: EventCategory,
    was: EventState,
    state: EventState,
    assertion: bool,
) -> EventState {
    if category == EventCategory::Threshold {
        let side = if state.0 >= EventState::UPPER_MINOR.0 {
            0x38
        } else {
            0x07
        };
        let milder = side & (state.0 | (state.0 - 1));
        let graver = side & !(state.0 - 1);
        return EventState(if assertion {
            was.0 | milder
        } else {
            was.0 & !graver
        });
    }
    match assertion {
        true if category.is_exclusive() => state,
        true => EventState(was.0 | state.0),
        false => EventState(was.0 & !state.0),
    }
}

/// Choice: the second and third data byte, low byte first, where the event says that they are
/// sensor specific.
///
/// Source: IPMI v2.0 Table 29-6: 11b in bits 7–6 and 5–4 of the first data byte.
fn sensor_specific(from: &Event) -> Option<u32> {
    let [kinds, second, third] = from.data;
    let has_second = kinds >> 6 == 3;
    let has_third = kinds >> 4 & 3 == 3;
    let byte = |there: bool, byte: u8| if there { u32::from(byte) } else { 0xff };
    (has_second || has_third).then(|| byte(has_second, second) | byte(has_third, third) << 8)
}

/// How bad a state is, and its end with it.
///
/// Choice: thresholds and states of severity say it themselves; what fails soon, lags behind or
/// works with less than it should is minor, lost redundancy major; anything else is informational.
pub(crate) fn severity(category: EventCategory, state: EventState) -> Severity {
    match (category, state.0) {
        (EventCategory::Threshold, 0x04 | 0x20) => Severity::Critical,
        (EventCategory::Threshold, 0x02 | 0x10) => Severity::Major,
        (EventCategory::Threshold, _) => Severity::Minor,
        (EventCategory::Severity, 0x08 | 0x40) => Severity::Critical,
        (EventCategory::Severity, 0x04 | 0x20) => Severity::Major,
        (EventCategory::Severity, 0x02 | 0x10) => Severity::Minor,
        (EventCategory::Severity, 0x01) => Severity::Ok,
        (
            EventCategory::PredictiveFailure | EventCategory::Limit | EventCategory::Performance,
            0x02,
        ) => Severity::Minor,
        // Degraded, and the error of an installation.
        (EventCategory::Availability, 0x40 | 0x100) => Severity::Minor,
        // Lost with and without enough that is left, and never there without enough.
        (EventCategory::Redundancy, 0x02 | 0x08 | 0x20) => Severity::Major,
        (EventCategory::Redundancy, 0x04 | 0x10 | 0x40 | 0x80) => Severity::Minor,
        (
            EventCategory::Unspecified
            | EventCategory::Usage
            | EventCategory::State
            | EventCategory::PredictiveFailure
            | EventCategory::Limit
            | EventCategory::Performance
            | EventCategory::Severity
            | EventCategory::Presence
            | EventCategory::Enable
            | EventCategory::Availability
            | EventCategory::Redundancy
            | EventCategory::SensorSpecific
            | EventCategory::Generic,
            _,
        ) => Severity::Informational,
    }
}

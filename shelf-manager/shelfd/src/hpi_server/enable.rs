//! Which sensors work, and which of their events are sent.

use super::sensor::{Found, of};
use super::{Outcome, Step, View, hardware_error, reply};
use hpi_model::{EventCategory, EventControl, HpiError};
use ipmi::command::Command;
use ipmi::command::sensor::{GetSensorEventEnable, SensorEventEnable, SetSensorEventEnable};
use ipmi::message::CompletionCode;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{EventMasks, Function, SensorEventMasksSet};

/// Get and Set Sensor Event Enable: event messages, and scanning. Source: IPMI v2.0 §35.10.
const EVENTS: u8 = 0x80;
/// See [`EVENTS`].
const SCANNING: u8 = 0x40;
/// Set Sensor Event Enable: enable, or disable, the selected events.
const ENABLE_SELECTED: u8 = 0x10;
/// See [`ENABLE_SELECTED`].
const DISABLE_SELECTED: u8 = 0x20;
/// `SAHPI_SENS_ADD_EVENTS_TO_MASKS`, `SAHPI_SENS_REMOVE_EVENTS_FROM_MASKS`.
const ADD: u32 = 0;
/// See [`ADD`].
const REMOVE: u32 = 1;
/// All states that the sensor has.
const ALL_STATES: u16 = 0xffff;

/// What the hardware says is enabled.
#[derive(Clone, Copy)]
pub(super) struct Enabled {
    /// Whether the sensor works.
    pub(super) sensor: bool,
    /// Whether it sends events.
    pub(super) events: bool,
    /// Which ones.
    pub(super) masks: (u16, u16),
}

/// Asks, and replies with a part of the answer.
pub(super) fn get<F: Function>(
    view: View<'_>,
    order: ByteOrder,
    sensor: (u32, u32),
    part: impl FnOnce(Enabled) -> F::Reply + Send + 'static,
) -> Outcome {
    let found = match of(view, sensor) {
        Ok(found) => found,
        Err(why) => return Outcome::Reply(reply::<F>(order, &Err(why))),
    };
    let (category, supported) = (found.rec.category, found.rec.events.0);
    let number = found.number();
    Outcome::Ask(
        found.target(),
        found.request(&GetSensorEventEnable { number }),
        Box::new(move |response| {
            let read = GetSensorEventEnable::read_response(&response);
            let result = read.map_err(|_| hardware_error(&response));
            let enabled = result.map(|read| Enabled {
                sensor: read.flags & SCANNING != 0,
                events: read.flags & EVENTS != 0,
                masks: masks(category, supported, &read),
            });
            Step::Reply(reply::<F>(order, &enabled.map(part)))
        }),
    )
}

/// Switches the sensor or its events on or off; what is not given stays.
pub(super) fn set<F: Function<Reply = ()>>(
    view: View<'_>,
    order: ByteOrder,
    (sensor, scanning, events): ((u32, u32), Option<bool>, Option<bool>),
) -> Outcome {
    let refuse = |why| Outcome::Reply(reply::<F>(order, &Err(why)));
    let found = match of(view, sensor) {
        Ok(found) => found,
        Err(why) => return refuse(why),
    };
    let is_read_only = scanning.is_some() && !found.rec.enable_control
        || events.is_some() && found.rec.event_control == EventControl::ReadOnly;
    if is_read_only {
        return refuse(HpiError::ReadOnly);
    }
    let (target, number, lun) = (found.target(), found.number(), found.sensor.address.lun);
    let then = move |response| {
        let Ok(read) = GetSensorEventEnable::read_response(&response) else {
            return Step::Reply(reply::<F>(order, &Err(hardware_error(&response))));
        };
        let bit = |wanted: Option<bool>, bit: u8| match wanted {
            Some(true) => bit,
            Some(false) => 0,
            None => read.flags & bit,
        };
        let set = SetSensorEventEnable {
            number,
            flags: bit(scanning, SCANNING) | bit(events, EVENTS),
            assertion: None,
            deassertion: None,
        };
        Step::Ask(
            target,
            set.request_on(lun),
            Box::new(move |response| Step::Reply(reply::<F>(order, &done(&response)))),
        )
    };
    let request = found.request(&GetSensorEventEnable { number });
    Outcome::Ask(target, request, Box::new(then))
}

fn done(response: &ipmi::message::Response) -> Result<(), HpiError> {
    match response.code {
        CompletionCode::OK => Ok(()),
        _ => Err(hardware_error(response)),
    }
}

/// Adds states to the masks, or takes them out.
pub(super) fn set_masks(view: View<'_>, order: ByteOrder, asked: &SensorEventMasksSet) -> Outcome {
    let refuse = |why| Outcome::Reply(reply::<SensorEventMasksSet>(order, &Err(why)));
    let selected = of(view, (asked.resource, asked.sensor))
        .and_then(|found| Ok((select(&found, asked)?, found)));
    let ((flags, assertion, deassertion), found) = match selected {
        Ok(selected) => selected,
        Err(why) => return refuse(why),
    };
    let number = found.number();
    let (target, lun) = (found.target(), found.sensor.address.lun);
    let then = move |response| {
        let Ok(read) = GetSensorEventEnable::read_response(&response) else {
            let why = hardware_error(&response);
            return Step::Reply(reply::<SensorEventMasksSet>(order, &Err(why)));
        };
        let set = SetSensorEventEnable {
            number,
            flags: read.flags & (SCANNING | EVENTS) | flags,
            assertion: Some(assertion),
            deassertion: Some(deassertion),
        };
        Step::Ask(
            target,
            set.request_on(lun),
            Box::new(move |response| {
                Step::Reply(reply::<SensorEventMasksSet>(order, &done(&response)))
            }),
        )
    };
    let request = found.request(&GetSensorEventEnable { number });
    Outcome::Ask(target, request, Box::new(then))
}

/// Source: SAI-HPI-B.03.02, `saHpiSensorEventMasksSet`, return values.
fn select(found: &Found<'_>, asked: &SensorEventMasksSet) -> Result<(u8, u16, u16), HpiError> {
    let flags = match asked.action {
        ADD => ENABLE_SELECTED,
        REMOVE => DISABLE_SELECTED,
        _ => return Err(HpiError::InvalidParams),
    };
    if found.rec.event_control != EventControl::PerEvent {
        return Err(HpiError::ReadOnly);
    }
    let supported = found.rec.events.0;
    let states = |mask: u16| match mask {
        ALL_STATES => Ok(supported),
        mask if asked.action == ADD && mask & !supported != 0 => Err(HpiError::InvalidData),
        mask => Ok(mask & supported),
    };
    let category = found.rec.category;
    let assertion = to_events(category, states(asked.assert_mask)?);
    let deassertion = to_events(category, states(asked.deassert_mask)?);
    Ok((flags, assertion, deassertion))
}

/// The states whose events are enabled.
fn masks(category: EventCategory, supported: u16, read: &SensorEventEnable) -> (u16, u16) {
    let states = |events: Option<u16>| {
        let events = events.unwrap_or(0);
        let is_on = |bit: u16| events & to_events(category, bit) != 0;
        let bits = (0..15).map(|at| 1 << at).filter(|bit| supported & bit != 0);
        bits.filter(|bit| is_on(*bit)).sum()
    };
    (states(read.assertion), states(read.deassertion))
}

/// IPMI's event bits of states: a threshold has one for going low and one for going high, of which
/// the assertion of a lower threshold and of an upper one are the first and the second.
///
/// Source: IPMI v2.0 §35.10.
fn to_events(category: EventCategory, states: u16) -> u16 {
    if category != EventCategory::Threshold {
        return states;
    }
    let bits = (0..6).filter(|at| states & 1 << at != 0);
    bits.map(|at| 1 << if at < 3 { 2 * at } else { 2 * at + 1 })
        .sum()
}

/// Both masks.
pub(super) fn both(enabled: Enabled) -> EventMasks {
    let (assert_mask, deassert_mask) = enabled.masks;
    EventMasks {
        assert_mask,
        deassert_mask,
    }
}

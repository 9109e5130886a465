//! Which sensors work, and which of their events are sent.
//!
//! The hardware has it. What it says after a change, and what it says unlike it said before, goes
//! to the log, so that subscribers are told and alarms are those of what is told.

use super::sensor::{Found, of, states};
use super::{Outcome, Payload, Step, Then, View, hardware_error, reply};
use hpi_domain::{EnablesFound, SensorEnables, SessionId, UserCall};
use hpi_model::{Capabilities, EventCategory, EventControl, EventState, HpiError, ResourceId};
use ipmi::command::Command;
use ipmi::command::sensor::{
    GetSensorEventEnable, GetSensorReading, SensorEventEnable, SetSensorEventEnable,
};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
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

/// Who asks for what of a sensor.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) view: View<'a>,
    pub(super) order: ByteOrder,
    pub(super) session: SessionId,
    /// Resource and number.
    pub(super) sensor: (u32, u32),
}

/// A sensor on its way through the hardware.
#[derive(Clone, Copy)]
struct Way {
    session: SessionId,
    resource: ResourceId,
    num: u32,
    target: Target,
    /// Number and logical unit there.
    number: u8,
    lun: u8,
    category: EventCategory,
    supported: u16,
    /// What is known of it.
    known: Option<SensorEnables>,
}

impl Way {
    fn of<'a>(asking: &Asking<'a>) -> Result<(Found<'a>, Self), HpiError> {
        let (_, num) = asking.sensor;
        let found = of(asking.view, asking.sensor)?;
        let way = Self {
            session: asking.session,
            resource: found.resource.rpt.resource,
            num,
            target: found.target(),
            number: found.number(),
            lun: found.sensor.address.lun,
            category: found.rec.category,
            supported: found.rec.events.0,
            known: found.resource.sensor_enables(num),
        };
        Ok((found, way))
    }

    /// What the hardware has to be asked, and how that goes on.
    fn look(
        self,
        refuse: impl FnOnce(HpiError) -> Payload + Send + 'static,
        then: impl FnOnce(SensorEventEnable, SensorEnables) -> Step + Send + 'static,
    ) -> (Target, Request, Then) {
        let number = self.number;
        let request = GetSensorEventEnable { number }.request_on(self.lun);
        let then = move |response| match GetSensorEventEnable::read_response(&response) {
            Ok(read) => then(read.clone(), self.enables(&read)),
            Err(_) => Step::Reply(refuse(hardware_error(&response))),
        };
        (self.target, request, Box::new(then))
    }

    fn enables(&self, read: &SensorEventEnable) -> SensorEnables {
        let (assert_mask, deassert_mask) = masks(self.category, self.supported, read);
        SensorEnables {
            enabled: read.flags & SCANNING != 0,
            events_enabled: read.flags & EVENTS != 0,
            assert_mask: EventState(assert_mask),
            deassert_mask: EventState(deassert_mask),
        }
    }

    /// Replies, once the log has what it did not know.
    ///
    /// Choice: what tells more states than before is asked which states it has, as it may have
    /// entered and left them silently.
    fn settle(self, (was, now): (SensorEnables, SensorEnables), payload: Payload) -> Step {
        let before = self.known.unwrap_or(was);
        let is_usual = now.told().0 == self.supported;
        if before == now && (self.known.is_some() || is_usual) {
            return Step::Reply(payload);
        }
        let log = move |states: Option<EventState>| {
            let found = EnablesFound { was, now, states };
            let user = UserCall::SensorEnables(self.resource, self.num, found);
            Step::Log(self.session, user, Box::new(move |_| payload))
        };
        if before.told().has(now.told()) {
            return log(None);
        }
        let (number, category) = (self.number, self.category);
        let request = GetSensorReading { number }.request_on(self.lun);
        let then = move |response| {
            let read = GetSensorReading::read_response(&response).ok();
            let read = read.filter(|reading| reading.available());
            log(read.map(|reading| EventState(states(category, &reading))))
        };
        Step::Ask(self.target, request, Box::new(then))
    }
}

/// Asks, and replies with a part of the answer.
pub(super) fn get<F: Function>(
    asking: &Asking<'_>,
    part: impl FnOnce(SensorEnables) -> F::Reply + Send + 'static,
) -> Outcome {
    let order = asking.order;
    let refuse = move |why| reply::<F>(order, &Err(why));
    let way = match Way::of(asking) {
        Ok((_, way)) => way,
        Err(why) => return Outcome::Reply(refuse(why)),
    };
    let (target, request, then) = way.look(refuse, move |_, now| {
        way.settle((now, now), reply::<F>(order, &Ok(part(now))))
    });
    Outcome::Ask(target, request, then)
}

/// What is to be set.
#[derive(Clone, Copy)]
struct Wanted {
    scanning: Option<bool>,
    events: Option<bool>,
    /// Whether events are enabled or disabled, and which: of assertions, and of deassertions.
    masks: Option<(u8, u16, u16)>,
}

impl Wanted {
    /// What is not to be set stays.
    fn command(self, number: u8, read: &SensorEventEnable) -> SetSensorEventEnable {
        let bit = |wanted: Option<bool>, bit: u8| match wanted {
            Some(true) => bit,
            Some(false) => 0,
            None => read.flags & bit,
        };
        let flags = bit(self.scanning, SCANNING) | bit(self.events, EVENTS);
        let select = self.masks.map_or(0, |(select, ..)| select);
        SetSensorEventEnable {
            number,
            flags: flags | select,
            assertion: self.masks.map(|(_, assertion, _)| assertion),
            deassertion: self.masks.map(|(.., deassertion)| deassertion),
        }
    }
}

/// Switches the sensor or its events on or off; what is not given stays.
pub(super) fn set<F: Function<Reply = ()>>(
    asking: &Asking<'_>,
    (scanning, events): (Option<bool>, Option<bool>),
) -> Outcome {
    change::<F>(asking, |found| {
        let is_read_only = scanning.is_some() && !found.rec.enable_control
            || events.is_some() && found.rec.event_control == EventControl::ReadOnly;
        let masks = None;
        let wanted = Wanted {
            scanning,
            events,
            masks,
        };
        if is_read_only {
            Err(HpiError::ReadOnly)
        } else {
            Ok(wanted)
        }
    })
}

/// Adds states to the masks, or takes them out.
pub(super) fn set_masks(asking: &Asking<'_>, asked: &SensorEventMasksSet) -> Outcome {
    change::<SensorEventMasksSet>(asking, |found| {
        Ok(Wanted {
            scanning: None,
            events: None,
            masks: Some(select(found, asked)?),
        })
    })
}

/// Asks what is enabled, changes it, and asks again what came of it.
fn change<F: Function<Reply = ()>>(
    asking: &Asking<'_>,
    wanted: impl FnOnce(&Found<'_>) -> Result<Wanted, HpiError>,
) -> Outcome {
    let order = asking.order;
    let refuse = move |why| reply::<F>(order, &Err(why));
    let found = Way::of(asking).and_then(|(found, way)| Ok((wanted(&found)?, way)));
    let (wanted, way) = match found {
        Ok(found) => found,
        Err(why) => return Outcome::Reply(refuse(why)),
    };
    let (target, request, then) = way.look(refuse, move |read, was| {
        let command = wanted.command(way.number, &read);
        let done = move |response: Response| {
            if response.code != CompletionCode::OK {
                return Step::Reply(refuse(hardware_error(&response)));
            }
            let done = reply::<F>(order, &Ok(()));
            let (target, request, then) =
                way.look(refuse, move |_, now| way.settle((was, now), done));
            Step::Ask(target, request, then)
        };
        Step::Ask(way.target, command.request_on(way.lun), Box::new(done))
    });
    Outcome::Ask(target, request, then)
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
    // Source: the same, on resources where assertion and deassertion go together.
    let capabilities = found.resource.rpt.capabilities;
    let deassert_mask = match capabilities.has(Capabilities::EVT_DEASSERTS) {
        true => asked.assert_mask,
        false => asked.deassert_mask,
    };
    let assertion = to_events(category, states(asked.assert_mask)?);
    let deassertion = to_events(category, states(deassert_mask)?);
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
pub(super) fn both(enabled: SensorEnables) -> EventMasks {
    EventMasks {
        assert_mask: enabled.assert_mask.0,
        deassert_mask: enabled.deassert_mask.0,
    }
}

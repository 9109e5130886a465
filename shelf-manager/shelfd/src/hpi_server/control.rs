//! Controls: the LEDs of a FRU, asked of and set at its controller. Others are in [`atca`].
//!
//! The state is six bytes: off time and on time in 10 ms, colour under override, colour under local
//! control, lamp test, lamp test time in 100 ms.
//! Source: SAIM-HPI-B.03.02-xTCA, LED control.

use super::atca::{self, Found};
use super::resource::find;
use super::{Outcome, Step, View, hardware_error, reply};
use hpi_domain::PICMG;
use hpi_domain::{Resource, control_num};
use hpi_model::instrument::ControlRec;
use hpi_model::{Capabilities, HpiError, Instrument, RdrType};
use ipmi::command::Command;
use ipmi::command::picmg::{FruLedState, GetFruLedState, LedShows, SetFruLedState};
use ipmi::message::CompletionCode;
use ipmi::port::Target;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{ControlGet, ControlSet, HotSwapIndicatorStateGet, ModeAndState};
use openhpi_wire::types::{Body, CtrlState, CtrlStateOem};

/// `SAHPI_CTRL_MODE_AUTO`.
pub(super) const AUTO: u32 = 0;
/// `SAHPI_CTRL_MODE_MANUAL`.
pub(super) const MANUAL: u32 = 1;
/// Who has 20h.
const SHELF_MANAGER: u8 = 0x20;
/// LED id of the hot swap indicator.
const BLUE: u8 = 0;
/// Longest times that a blinking LED has. Source: PICMG 3.0 R3.0, Set FRU LED State.
const TIME_MAX: u8 = 0xfa;
/// Functions of Set FRU LED State.
const OFF: u8 = 0x00;
/// See [`OFF`].
const LAMP_TEST: u8 = 0xfb;
/// See [`OFF`].
const LOCAL_CONTROL: u8 = 0xfc;
/// See [`OFF`].
const ON: u8 = 0xff;
/// Longest lamp test, in 100 ms.
const LAMP_TEST_MAX: u8 = 127;
/// Colours: 1–6, keep, default.
const COLOURS: [u8; 8] = [1, 2, 3, 4, 5, 6, 0x0e, 0x0f];

/// Where a LED is.
#[derive(Clone, Copy)]
struct Led {
    target: Target,
    fru_id: u8,
    led_id: u8,
}

fn of(view: View<'_>, (resource, num): (u32, u32)) -> Result<Found<'_>, HpiError> {
    let resource = find(view, resource)?;
    let rec = record(resource, num)?;
    let fru = resource.fru.ok_or(HpiError::NotPresent)?;
    Ok(Found { resource, rec, fru })
}

/// The LED that a control is; `None` when it is another control.
fn led(found: Found<'_>) -> Option<Led> {
    let is_led = found.rec.num <= control_num::LED_LAST;
    let led_id = u8::try_from(found.rec.num).ok().filter(|_| is_led)?;
    Some(Led {
        target: target(found.fru.address),
        fru_id: found.fru.fru_id,
        led_id,
    })
}

/// Whom to ask about a FRU of this controller.
pub(super) fn target(address: u8) -> Target {
    match address {
        SHELF_MANAGER => Target::ShelfManager,
        address => Target::Ipmb(address),
    }
}

/// `saHpiHotSwapIndicatorStateGet`: whether the blue LED is lit.
pub(super) fn indicator(
    view: View<'_>,
    order: ByteOrder,
    asked: &HotSwapIndicatorStateGet,
) -> Outcome {
    let say = |result| Outcome::Reply(reply::<HotSwapIndicatorStateGet>(order, &result));
    let found = match find(view, asked.resource) {
        Ok(found) if found.has_indicator() => found,
        Ok(_) => return say(Err(HpiError::Capability)),
        Err(why) => return say(Err(why)),
    };
    let Some(fru) = found.fru else {
        return say(Ok(u32::from(found.kept.indicator_on)));
    };
    let (fru_id, led_id) = (fru.fru_id, BLUE);
    Outcome::Ask(
        target(fru.address),
        GetFruLedState { fru_id, led_id }.request(),
        Box::new(move |response| {
            let read = GetFruLedState::read_response(&response);
            let read = read.map_err(|_| hardware_error(&response));
            let lit = read.map(|led| u32::from(led.shows() == LedShows::On));
            Step::Reply(reply::<HotSwapIndicatorStateGet>(order, &lit))
        }),
    )
}

/// `SaHpiCtrlTypeT`.
pub(super) fn kind(view: View<'_>, (resource, num): (u32, u32)) -> Result<u32, HpiError> {
    Ok(record(find(view, resource)?, num)?.kind.number())
}

/// The record of a control.
fn record(resource: &Resource, num: u32) -> Result<&ControlRec, HpiError> {
    if !resource.rpt.capabilities.has(Capabilities::CONTROL) {
        return Err(HpiError::Capability);
    }
    match resource
        .rdr_of(RdrType::Control, num)
        .map(|rdr| &rdr.instrument)
    {
        Some(Instrument::Control(rec)) => Ok(rec),
        _ => Err(HpiError::NotPresent),
    }
}

pub(super) fn get(view: View<'_>, order: ByteOrder, control: (u32, u32)) -> Outcome {
    let found = match of(view, control) {
        Ok(found) => found,
        Err(why) => return Outcome::Reply(reply::<ControlGet>(order, &Err(why))),
    };
    let Some(led) = led(found) else {
        return atca::get(found, order);
    };
    let Led {
        target,
        fru_id,
        led_id,
    } = led;
    let request = GetFruLedState { fru_id, led_id }.request();
    Outcome::Ask(
        target,
        request,
        Box::new(move |response| {
            let read = GetFruLedState::read_response(&response);
            let read = read.map_err(|_| hardware_error(&response));
            Step::Reply(reply::<ControlGet>(order, &read.map(|read| state(&read))))
        }),
    )
}

/// Source: PICMG 3.0 R3.0, Get FRU LED State.
fn state(led: &FruLedState) -> ModeAndState {
    let is_override = led.states & 0b010 != 0;
    let is_lamp_test = led.states & 0b100 != 0;
    let (function, on_time) = match (led.override_function, led.override_on_time) {
        (Some(function), Some(on_time)) if is_override => (function, on_time),
        (_, _) => (led.local_function, led.local_on_time),
    };
    let (off, on) = match function {
        OFF => (0, 0),
        ON => (0, ON),
        off => (off, on_time),
    };
    let body = vec![
        off,
        on,
        led.override_color.unwrap_or(led.local_color),
        led.local_color,
        u8::from(is_lamp_test),
        led.lamp_test_time.unwrap_or(0),
    ];
    ModeAndState {
        mode: if is_override || is_lamp_test {
            MANUAL
        } else {
            AUTO
        },
        state: CtrlState::Oem(CtrlStateOem {
            manufacturer: PICMG,
            body: Body(body),
        }),
    }
}

pub(super) fn set(view: View<'_>, order: ByteOrder, asked: &ControlSet) -> Outcome {
    let found = match of(view, (asked.resource, asked.control)) {
        Ok(found) => found,
        Err(why) => return Outcome::Reply(reply::<ControlSet>(order, &Err(why))),
    };
    let Some(led) = led(found) else {
        return atca::set(found, order, asked);
    };
    let target = led.target;
    let command = match command(found.rec, led, asked.mode, &asked.state) {
        Ok(command) => command,
        Err(why) => return Outcome::Reply(reply::<ControlSet>(order, &Err(why))),
    };
    Outcome::Ask(
        target,
        command.request(),
        Box::new(move |response| {
            let result = match response.code {
                CompletionCode::OK => Ok(()),
                _ => Err(hardware_error(&response)),
            };
            Step::Reply(reply::<ControlSet>(order, &result))
        }),
    )
}

/// Source: SAI-HPI-B.03.02, `saHpiControlSet`, return values; SAIM-HPI-B.03.02-xTCA, LED control.
fn command(
    rec: &ControlRec,
    led: Led,
    mode: u32,
    state: &CtrlState,
) -> Result<SetFruLedState, HpiError> {
    let Led { fru_id, led_id, .. } = led;
    let set = |function, on_time, color| SetFruLedState {
        fru_id,
        led_id,
        function,
        on_time,
        color,
    };
    if ![AUTO, MANUAL].contains(&mode) {
        return Err(HpiError::InvalidParams);
    }
    if rec.mode_read_only && mode != rec.default_mode.number() {
        return Err(HpiError::ReadOnly);
    }
    if mode == AUTO {
        return Ok(set(LOCAL_CONTROL, 0, 0x0f));
    }
    // Source: SAI-HPI-B.03.02, `saHpiControlSet`, remarks: the manufacturer is not looked at.
    let CtrlState::Oem(CtrlStateOem { body, .. }) = state else {
        return Err(HpiError::InvalidData);
    };
    let [off, on, colour, _, lamp_test, lamp_test_time] = body.0[..] else {
        return Err(HpiError::InvalidData);
    };
    if lamp_test != 0 {
        let is_legal = lamp_test_time <= LAMP_TEST_MAX;
        let test = is_legal.then(|| set(LAMP_TEST, lamp_test_time, colour));
        return test.ok_or(HpiError::InvalidParams);
    }
    if !COLOURS.contains(&colour) {
        return Err(HpiError::InvalidParams);
    }
    match (off, on) {
        (0, 0) => Ok(set(OFF, 0, colour)),
        (0, ON) => Ok(set(ON, 0, colour)),
        (1..=TIME_MAX, 1..=TIME_MAX) => Ok(set(off, on, colour)),
        _ => Err(HpiError::InvalidParams),
    }
}

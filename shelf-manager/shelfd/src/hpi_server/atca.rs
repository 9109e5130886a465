//! Controls of a FRU that are no LEDs: fan speed, FRU control, power level, the buses of IPMB-0.
//! Each is asked of, and set at, its controller.
//!
//! Source: SAIM-HPI-B.03.02-xTCA for their numbers; PICMG 3.0 R3.0 for what they do.

mod bus;

use super::control::{AUTO, MANUAL, target};
use super::{Outcome, Step, hardware_error, reply};
use bus::Bus;
use hpi_domain::{FruAddress, Resource, control_num};
use hpi_model::HpiError;
use hpi_model::instrument::{ControlRec, ControlType};
use ipmi::command::Command;
use ipmi::command::app::ColdReset;
use ipmi::command::picmg::{
    FAN_EMERGENCY_STOP, FAN_LOCAL_CONTROL, FanLevel, FruControl, GetFanLevel, GetPowerLevel,
    SetFanLevel, SetPowerLevel, control, power_kind,
};
use ipmi::message::{CompletionCode, Request, Response};
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{ControlGet, ControlSet, ModeAndState};
use openhpi_wire::types::CtrlState;

/// `SAHPI_STATE_OFF` and the others.
const OFF: u32 = 0;
/// See [`OFF`].
const ON: u32 = 1;
/// See [`OFF`].
const PULSE_OFF: u32 = 2;
/// See [`OFF`].
const PULSE_ON: u32 = 3;
/// Bits of Get Power Level that are the level.
const LEVEL: u8 = 0x1f;
/// A control, found.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) resource: &'a Resource,
    pub(super) rec: &'a ControlRec,
    pub(super) fru: FruAddress,
}

pub(super) fn get(found: Found<'_>, order: ByteOrder) -> Outcome {
    let refuse = |why| Outcome::Reply(reply::<ControlGet>(order, &Err(why)));
    if found.rec.write_only {
        return refuse(HpiError::InvalidCmd);
    }
    let fru_id = found.fru.fru_id;
    match found.rec.num {
        control_num::FAN_SPEED => {
            let limits = limits(found.rec);
            ask(
                found,
                order,
                GetFanLevel { fru_id }.request(),
                move |response| {
                    Some(fan_state(
                        &GetFanLevel::read_response(response).ok()?,
                        limits,
                    ))
                },
            )
        }
        control_num::DESIRED_POWER => {
            let kind = power_kind::STEADY;
            ask(
                found,
                order,
                GetPowerLevel { fru_id, kind }.request(),
                |response| {
                    let level = GetPowerLevel::read_response(response).ok()?;
                    let level = u32::from(level.properties & LEVEL);
                    Some(manual(CtrlState::Discrete(level)))
                },
            )
        }
        num => match Bus::of(found, num) {
            Some(bus) => ask(found, order, bus.question(), move |response| {
                let state = if bus.is_on(response)? { ON } else { OFF };
                Some(manual(CtrlState::Digital(state)))
            }),
            None => refuse(HpiError::NotPresent),
        },
    }
}

/// Asks the controller, and replies with what `read` makes of the answer.
fn ask(
    found: Found<'_>,
    order: ByteOrder,
    request: Request,
    read: impl FnOnce(&Response) -> Option<ModeAndState> + Send + 'static,
) -> Outcome {
    let then = move |response: Response| {
        let state = read(&response).ok_or_else(|| hardware_error(&response));
        Step::Reply(reply::<ControlGet>(order, &state))
    };
    Outcome::Ask(target(found.fru.address), request, Box::new(then))
}

fn manual(state: CtrlState) -> ModeAndState {
    ModeAndState {
        mode: MANUAL,
        state,
    }
}

fn limits(rec: &ControlRec) -> (i32, i32) {
    match &rec.kind {
        ControlType::Analog { min, max, .. } => (*min, *max),
        ControlType::Digital(_)
        | ControlType::Discrete(_)
        | ControlType::Stream(_)
        | ControlType::Text { .. }
        | ControlType::Oem { .. } => (0, i32::MAX),
    }
}

/// Choice: fans that are stopped for an emergency are at the lowest level that the control has, as
/// a state must be within its limits.
fn fan_state(fan: &FanLevel, (min, max): (i32, i32)) -> ModeAndState {
    let is_auto = fan.override_level == FAN_LOCAL_CONTROL;
    let level = match fan.override_level {
        FAN_LOCAL_CONTROL => fan.local_level.map_or(min, i32::from),
        FAN_EMERGENCY_STOP => min,
        level => i32::from(level),
    };
    ModeAndState {
        mode: if is_auto { AUTO } else { MANUAL },
        state: CtrlState::Analog(level.clamp(min, max)),
    }
}

pub(super) fn set(found: Found<'_>, order: ByteOrder, asked: &ControlSet) -> Outcome {
    let refuse = |why| Outcome::Reply(reply::<ControlSet>(order, &Err(why)));
    if let Err(why) = mode(found.rec, asked.mode) {
        return refuse(why);
    }
    if let Some(bus) = Bus::of(found, found.rec.num) {
        return bus.set(order, &asked.state);
    }
    let request = match request(found, asked.mode, &asked.state) {
        Ok(request) => request,
        Err(why) => return refuse(why),
    };
    let then = move |response: Response| {
        let result = match response.code {
            CompletionCode::OK => Ok(()),
            _ => Err(hardware_error(&response)),
        };
        Step::Reply(reply::<ControlSet>(order, &result))
    };
    Outcome::Ask(target(found.fru.address), request, Box::new(then))
}

/// Whether a control takes a mode.
fn mode(rec: &ControlRec, mode: u32) -> Result<(), HpiError> {
    if ![AUTO, MANUAL].contains(&mode) {
        return Err(HpiError::InvalidParams);
    }
    match rec.mode_read_only && mode != rec.default_mode.number() {
        true => Err(HpiError::ReadOnly),
        false => Ok(()),
    }
}

/// Source: SAI-HPI-B.03.02, `saHpiControlSet`, return values.
fn request(found: Found<'_>, mode: u32, state: &CtrlState) -> Result<Request, HpiError> {
    let Found { rec, fru, .. } = found;
    let fru_id = fru.fru_id;
    if rec.num == control_num::FAN_SPEED {
        return Ok(fan_order(rec, fru_id, (mode, state))?.request());
    }
    match (rec.num, state) {
        (control_num::FRU_CONTROL, CtrlState::Discrete(option)) => {
            let option = number(*option, control::QUIESCE)?;
            Ok(FruControl { fru_id, option }.request())
        }
        (control_num::DESIRED_POWER, CtrlState::Discrete(level)) => {
            let (level, copy) = (number(*level, POWER_LEVEL_MAX)?, 0);
            let order = SetPowerLevel {
                fru_id,
                level,
                copy,
            };
            Ok(order.request())
        }
        (control_num::IPMC_RESET, CtrlState::Digital(state)) => match *state {
            PULSE_ON => Ok(ColdReset {}.request()),
            PULSE_OFF => Err(HpiError::InvalidRequest),
            OFF | ON => Err(HpiError::UnsupportedParams),
            _ => Err(HpiError::InvalidParams),
        },
        _ => Err(HpiError::InvalidData),
    }
}

/// Highest level of power. Source: PICMG 3.0 R3.0, Set Power Level.
const POWER_LEVEL_MAX: u8 = 20;

/// A number that a discrete control takes.
fn number(number: u32, most: u8) -> Result<u8, HpiError> {
    let number = u8::try_from(number).ok().filter(|number| *number <= most);
    number.ok_or(HpiError::UnsupportedParams)
}

/// Choice: a level that somebody sets holds alone, without the tray's own control, where it has
/// one; older trays know of no more than the level.
fn fan_order(
    rec: &ControlRec,
    fru_id: u8,
    (mode, state): (u32, &CtrlState),
) -> Result<SetFanLevel, HpiError> {
    let has_own = !rec.mode_read_only;
    let order = |level, local: u8| SetFanLevel {
        fru_id,
        level,
        local_enable: has_own.then_some(local),
    };
    if mode == AUTO {
        return Ok(order(FAN_LOCAL_CONTROL, 1));
    }
    let CtrlState::Analog(level) = state else {
        return Err(HpiError::InvalidData);
    };
    let (min, max) = limits(rec);
    let level = u8::try_from(*level).ok();
    let level = level.filter(|level| (min..=max).contains(&i32::from(*level)));
    Ok(order(level.ok_or(HpiError::InvalidData)?, 0))
}

#[cfg(test)]
mod tests;

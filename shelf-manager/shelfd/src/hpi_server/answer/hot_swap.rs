//! Hot swap, power, reset.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, Step, Then, control, hardware_error, reply, resource};
use hpi_domain::{PolicyTimeout, ResourceCall, SwitchCall, UserCall};
use hpi_model::{Capabilities, HpiError, PowerState, ResetAction};
use ipmi::command::Command;
use ipmi::command::picmg::{FruControl, GetFruControlCapabilities, GetPowerLevel};
use ipmi::message::CompletionCode;
use openhpi_wire::function::*;

/// `SAHPI_HS_ACTION_INSERTION`, and the other one.
const INSERTION: u32 = 0;
/// See [`INSERTION`].
const EXTRACTION: u32 = 1;
/// Off, of indicators and power.
const OFF: u32 = 0;
/// On, of indicators and power.
const ON: u32 = 1;
/// Get Power Level: level in steady state. Source: PICMG 3.0 R3.0.
const STEADY: u8 = 0;
/// Bits of the level.
const LEVEL: u8 = 0x1f;
/// FRU Control: warm reset, and graceful reboot; the capabilities have a bit for each, of the same
/// number. Source: PICMG 3.0 R3.0, FRU Control.
const WARM_RESET: u8 = 1;
/// See [`WARM_RESET`].
const GRACEFUL_REBOOT: u8 = 2;

answers! {
    HotSwapPolicyCancel(it, call) => {
        it.log_resource((call, call.resource), Ok(ResourceCall::PolicyCancel))
    };
    ResourceActiveSet(it, call) => {
        it.log_switch((call, call.resource), Ok(SwitchCall::ActiveSet))
    };
    ResourceInactiveSet(it, call) => {
        it.log_switch((call, call.resource), Ok(SwitchCall::InactiveSet))
    };
    AutoInsertTimeoutGet(it, call) => {
        it.say(call, Ok(it.view.appliance.hpi.auto_insert_timeout().ns()))
    };
    AutoInsertTimeoutSet(it, call) => {
        it.log(call, timeout(call.timeout).map(UserCall::AutoInsertTimeoutSet))
    };
    AutoExtractTimeoutGet(it, call) => it.say(call, {
        it.managed(call.resource).map(|found| found.auto_extract_timeout().ns())
    });
    AutoExtractTimeoutSet(it, call) => it.log_resource((call, call.resource), {
        timeout(call.timeout).map(ResourceCall::AutoExtractTimeoutSet)
    });
    HotSwapStateGet(it, call) => it.say(call, resource::hot_swap_state(it.view, call.resource));
    HotSwapActionRequest(it, call) => it.log_switch((call, call.resource), match call.action {
        INSERTION | EXTRACTION => Ok(SwitchCall::ActionRequest(call.action == INSERTION)),
        _ => Err(HpiError::InvalidParams),
    });
    HotSwapIndicatorStateGet(it, call) => control::indicator(it.view, it.order, call);
    HotSwapIndicatorStateSet(it, call) => it.log_switch((call, call.resource), match call.state {
        OFF | ON => Ok(SwitchCall::IndicatorStateSet(call.state == ON)),
        _ => Err(HpiError::InvalidParams),
    });
    ResourceResetStateGet(it, call) => it.say(call, it.resource(call.resource).and_then(|found| {
        let can = found.rpt.capabilities.has(Capabilities::RESET);
        let state = if found.kept.reset_asserted {
            ResetAction::Assert
        } else {
            ResetAction::Deassert
        };
        can.then_some(state.number()).ok_or(HpiError::Capability)
    }));
    ResourceResetStateSet(it, call) => match ResetAction::from_number(call.action) {
        Some(ResetAction::Warm) => warm_reset(it, call),
        action => it.log_switch((call, call.resource), {
            action.map(SwitchCall::ResetStateSet).ok_or(HpiError::InvalidParams)
        }),
    };
    ResourcePowerStateGet(it, call) => power_state(it, call);
    ResourcePowerStateSet(it, call) => it.log_switch((call, call.resource), {
        let state = PowerState::from_number(call.state);
        state.map(SwitchCall::PowerStateSet).ok_or(HpiError::InvalidParams)
    });
}

fn timeout(ns: i64) -> Result<PolicyTimeout, HpiError> {
    PolicyTimeout::from_ns(ns).ok_or(HpiError::InvalidParams)
}

/// A warm reset is asked of the controller, where it says that it can do so; or else a graceful
/// reboot.
///
/// Choice: both restart the payload without switching it off, which is what a warm reset is.
fn warm_reset(it: &Asked<'_>, call: &ResourceResetStateSet) -> Outcome {
    let found = match it.resource(call.resource) {
        Ok(found) if found.rpt.capabilities.has(Capabilities::RESET) => found,
        Ok(_) => return it.say(call, Err(HpiError::Capability)),
        Err(why) => return it.say(call, Err(why)),
    };
    let Some(fru) = found.fru else {
        let action = SwitchCall::ResetStateSet(ResetAction::Warm);
        return it.log_switch((call, call.resource), Ok(action));
    };
    let (order, target, fru_id) = (it.order, control::target(fru.address), fru.fru_id);
    let done = move |result: Result<(), HpiError>| -> Step {
        Step::Reply(reply::<ResourceResetStateSet>(order, &result))
    };
    let then: Then = Box::new(move |response| {
        let Ok(can) = GetFruControlCapabilities::read_response(&response) else {
            return done(Err(hardware_error(&response)));
        };
        let mut options = [WARM_RESET, GRACEFUL_REBOOT].into_iter();
        let Some(option) = options.find(|option| can.options & 1 << option != 0) else {
            return done(Err(HpiError::InvalidCmd));
        };
        let finish: Then = Box::new(move |response| {
            done(match response.code {
                CompletionCode::OK => Ok(()),
                _ => Err(hardware_error(&response)),
            })
        });
        Step::Ask(target, FruControl { fru_id, option }.request(), finish)
    });
    let request = GetFruControlCapabilities { fru_id }.request();
    Outcome::Ask(target, request, then)
}

/// Power is on where the level is not 0.
fn power_state(it: &Asked<'_>, call: &ResourcePowerStateGet) -> Outcome {
    let found = match it.resource(call.resource) {
        Ok(found) if found.rpt.capabilities.has(Capabilities::POWER) => found,
        Ok(_) => return it.say(call, Err(HpiError::Capability)),
        Err(why) => return it.say(call, Err(why)),
    };
    let Some(fru) = found.fru else {
        let state = if found.kept.power_on { ON } else { OFF };
        let answers = !found.rpt.failed;
        return it.say(call, answers.then_some(state).ok_or(HpiError::NoResponse));
    };
    let order = it.order;
    let (fru_id, kind) = (fru.fru_id, STEADY);
    Outcome::Ask(
        control::target(fru.address),
        GetPowerLevel { fru_id, kind }.request(),
        Box::new(move |response| {
            let level = GetPowerLevel::read_response(&response);
            let result = level.map_err(|_| hardware_error(&response));
            let state = result.map(|level| match level.properties & LEVEL {
                0 => OFF,
                _ => ON,
            });
            Step::Reply(reply::<ResourcePowerStateGet>(order, &state))
        }),
    )
}

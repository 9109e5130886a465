//! Hot swap, power, reset.

use super::{Answered, Asked};
use crate::hpi_server::{Outcome, Step, control, hardware_error, reply, resource};
use hpi_domain::ResourceCall;
use hpi_model::{Capabilities, HpiError};
use ipmi::command::Command;
use ipmi::command::picmg::GetPowerLevel;
use openhpi_wire::function::*;

/// `SAHPI_TIMEOUT_BLOCK`.
const BLOCK: i64 = -1;
/// `SAHPI_HS_ACTION_INSERTION`, and the other one.
const INSERTION: u32 = 0;
/// See [`INSERTION`].
const EXTRACTION: u32 = 1;
/// Off, of indicators and power.
const OFF: u32 = 0;
/// On, of indicators and power.
const ON: u32 = 1;
/// `SAHPI_POWER_CYCLE`.
const POWER_CYCLE: u32 = 2;
/// `SAHPI_COLD_RESET`.
const COLD_RESET: u32 = 0;
/// `SAHPI_WARM_RESET`.
const WARM_RESET: u32 = 1;
/// `SAHPI_RESET_ASSERT`.
const RESET_ASSERT: u32 = 2;
/// `SAHPI_RESET_DEASSERT`: resets are never held.
const RESET_DEASSERT: u32 = 3;
/// Get Power Level: level in steady state. Source: PICMG 3.0 R3.0.
const STEADY: u8 = 0;
/// Bits of the level.
const LEVEL: u8 = 0x1f;

answers! {
    HotSwapPolicyCancel(it, call) => it.say(call, Err(
        it.managed(call.resource).err().unwrap_or(HpiError::InvalidRequest)
    ));
    ResourceActiveSet(it, call) => {
        it.log_resource((call, call.resource), Ok(ResourceCall::ActiveSet))
    };
    ResourceInactiveSet(it, call) => {
        it.log_resource((call, call.resource), Ok(ResourceCall::InactiveSet))
    };
    // Who inserts a FRU is decided by the shelf's own policy, at once.
    AutoInsertTimeoutGet(it, call) => it.say(call, Ok(0));
    AutoInsertTimeoutSet(it, call) => it.say(call, Err(no_timeout(call.timeout)));
    AutoExtractTimeoutGet(it, call) => it.say(call, it.managed(call.resource).map(|_| 0));
    AutoExtractTimeoutSet(it, call) => it.say(call, Err(
        it.managed(call.resource).err().unwrap_or(no_timeout(call.timeout))
    ));
    HotSwapStateGet(it, call) => it.say(call, resource::hot_swap_state(it.view, call.resource));
    HotSwapActionRequest(it, call) => it.log_resource((call, call.resource), match call.action {
        INSERTION | EXTRACTION => Ok(ResourceCall::ActionRequest(call.action == INSERTION)),
        _ => Err(HpiError::InvalidParams),
    });
    HotSwapIndicatorStateGet(it, call) => control::indicator(it.view, it.order, call);
    HotSwapIndicatorStateSet(it, call) => it.log_resource((call, call.resource), match call.state {
        OFF | ON => Ok(ResourceCall::IndicatorStateSet(call.state == ON)),
        _ => Err(HpiError::InvalidParams),
    });
    ResourceResetStateGet(it, call) => it.say(call, it.resource(call.resource).and_then(|found| {
        let can = found.rpt.capabilities.has(Capabilities::RESET);
        can.then_some(RESET_DEASSERT).ok_or(HpiError::Capability)
    }));
    ResourceResetStateSet(it, call) => match call.action {
        COLD_RESET => it.log_resource((call, call.resource), Ok(ResourceCall::Reset)),
        RESET_DEASSERT => it.say(call, {
            resource::able(it.view, call.resource, Capabilities::RESET).map(drop)
        }),
        WARM_RESET | RESET_ASSERT => it.say(call, {
            resource::able(it.view, call.resource, Capabilities::RESET)
                .and(Err(HpiError::InvalidCmd))
        }),
        _ => it.say(call, Err(HpiError::InvalidParams)),
    };
    ResourcePowerStateGet(it, call) => power_state(it, call);
    ResourcePowerStateSet(it, call) => it.log_resource((call, call.resource), match call.state {
        OFF | ON => Ok(ResourceCall::PowerStateSet(call.state == ON)),
        POWER_CYCLE => Ok(ResourceCall::Reset),
        _ => Err(HpiError::InvalidParams),
    });
}

/// Why a timeout of a hot swap policy is not set: each is read-only, if it is one at all.
fn no_timeout(timeout: i64) -> HpiError {
    match timeout {
        BLOCK.. => HpiError::ReadOnly,
        _ => HpiError::InvalidParams,
    }
}

/// Power is on where the level is not 0.
fn power_state(it: &Asked<'_>, call: &ResourcePowerStateGet) -> Outcome {
    let found = match it.resource(call.resource) {
        Ok(found) if found.rpt.capabilities.has(Capabilities::POWER) => found,
        Ok(_) => return it.say(call, Err(HpiError::Capability)),
        Err(why) => return it.say(call, Err(why)),
    };
    let Some(fru) = found.fru else {
        return it.say(call, Ok(if found.kept.power_on { ON } else { OFF }));
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

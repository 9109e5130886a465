//! Chassis commands. Source: IPMI v2.0 §28.

use super::{Outcome, SHELF_MANAGER, SUB_FUNCTION_DISABLED, View, refuse, sensor, with};
use ipmi::command::chassis::{
    BootFlags, BootOption, ChassisCapabilities, ChassisControl, ChassisIdentify, ChassisStatus,
    GetChassisCapabilities, GetChassisStatus, GetPohCounter, GetSystemBootOptions,
    GetSystemRestartCause, PohCounter, PowerRestorePolicySupport, SetPowerRestorePolicy,
    SetSystemBootOptions, SystemBootOptions, SystemRestartCause,
};
use ipmi::command::picmg::SetFruLedState;
use ipmi::command::{Command, Empty, parameter_code};
use ipmi::message::{CompletionCode, Request};
use std::time::Duration;

/// System power is on. Source: IPMI v2.0 §28.2.
const POWER_ON: u8 = 1 << 0;
/// The power restore policy is unknown. Source: IPMI v2.0 §28.2.
const RESTORE_POLICY_UNKNOWN: u8 = 0b11 << 5;
/// Cooling or fan fault. Source: IPMI v2.0 §28.2.
const COOLING_FAULT: u8 = 1 << 3;
/// Sensor type: fan. Source: IPMI v2.0 Table 42-3.
const FAN: u8 = 0x04;
/// Threshold comparison: beyond a critical or non-recoverable threshold. Source: IPMI v2.0 §35.14.
const BEYOND_CRITICAL: u8 = 0b11_0110;
/// Hot swap states with payload power. Source: PICMG 3.0 R3.0, FRU states.
pub(super) const POWERED: std::ops::RangeInclusive<u8> = 3..=6;
/// Highest chassis control. Source: IPMI v2.0 §28.3.
const CONTROL_MAX: u8 = 5;

/// Answers; `None` when there is no such command here.
pub(super) fn answer(view: View<'_>, request: &Request) -> Option<Outcome> {
    Some(match request.command {
        GetChassisCapabilities::COMMAND => {
            with(request, |GetChassisCapabilities {}| Ok(capabilities()))
        }
        GetChassisStatus::COMMAND => with(request, |GetChassisStatus {}| Ok(status(view))),
        ChassisControl::COMMAND => with(request, |ChassisControl { control }| {
            Err(control_code(control))
        }),
        ChassisIdentify::COMMAND => identify(request),
        SetPowerRestorePolicy::COMMAND => with(request, |SetPowerRestorePolicy { policy }| {
            restore_policy(policy)
        }),
        GetSystemRestartCause::COMMAND => with(request, |GetSystemRestartCause {}| {
            let (cause, channel) = (CAUSE_UNKNOWN, 0);
            Ok(SystemRestartCause { cause, channel })
        }),
        GetPohCounter::COMMAND => with(request, |GetPohCounter {}| Ok(power_on_hours(view))),
        GetSystemBootOptions::COMMAND => with(request, |asked| boot_options(&asked)),
        SetSystemBootOptions::COMMAND => with(request, |asked: SetSystemBootOptions| {
            let known = boot_parameter(asked.parameter);
            Err(known.map_or(parameter_code::NOT_SUPPORTED, |_| parameter_code::READ_ONLY))
        }),
        _ => return None,
    })
}

/// Why the system was started last: not known, as it is a shelf. Source: IPMI v2.0 §28.11.
const CAUSE_UNKNOWN: u8 = 0;
/// Version of the boot options. Source: IPMI v2.0 §28.13.
const BOOT_OPTIONS_VERSION: u8 = 0x01;
/// No change: only which policies there are is asked. Source: IPMI v2.0 §28.8.
const NO_CHANGE: u8 = 3;
/// How long the chassis identifies itself when nothing is said. Source: IPMI v2.0 §28.5.
const IDENTIFY_DEFAULT_S: u8 = 15;
/// Longest lamp test, in 100 ms. Source: PICMG 3.0 R3.0, Set FRU LED State.
const LAMP_TEST_MAX: u8 = 127;
/// All LEDs of a FRU, for a lamp test. Source: PICMG 3.0 R3.0, Set FRU LED State.
const ALL_LEDS: u8 = 0xff;
/// Functions of a LED. Source: PICMG 3.0 R3.0, Set FRU LED State.
const LAMP_TEST: u8 = 0xfb;
/// See [`LAMP_TEST`].
const LOCAL_CONTROL: u8 = 0xfc;
/// The colour does not change. Source: PICMG 3.0 R3.0, Set FRU LED State.
const SAME_COLOR: u8 = 0x0e;

/// Choice: a shelf has no lamp to identify itself with; its hardware at 20h tests its own, which is
/// seen from the front. That lasts for 12.7 s at most, also where more, or for ever, is wanted.
fn identify(request: &Request) -> Outcome {
    let asked = match super::read::<ChassisIdentify>(request) {
        Ok(asked) => asked,
        Err(code) => return refuse(request, code),
    };
    let is_forced = asked.force.is_some_and(|force| force & 1 == 1);
    let wanted_s = match asked.interval_s {
        _ if is_forced => u8::MAX,
        interval => interval.unwrap_or(IDENTIFY_DEFAULT_S),
    };
    let (function, on_time) = match wanted_s {
        0 => (LOCAL_CONTROL, 0),
        wanted_s => (LAMP_TEST, wanted_s.saturating_mul(10).min(LAMP_TEST_MAX)),
    };
    let order = SetFruLedState {
        fru_id: 0,
        led_id: ALL_LEDS,
        function,
        on_time,
        color: SAME_COLOR,
    };
    let response = ChassisIdentify::respond(&Empty {});
    Outcome::Instead(order.request(), response)
}

/// Choice: the shelf counts from when its log began, and goes on while the shelf manager is away,
/// as its power does not depend on that. Each count is an hour.
fn power_on_hours(view: View<'_>) -> PohCounter {
    const MINUTES_PER_COUNT: u8 = 60;
    let began = view.appliance.began();
    let on = began.map_or(Duration::ZERO, |began| view.now.since(began));
    let count = on.as_secs() / (60 * u64::from(MINUTES_PER_COUNT));
    PohCounter {
        minutes_per_count: MINUTES_PER_COUNT,
        count: u32::try_from(count).unwrap_or(u32::MAX),
    }
}

/// Choice: blades keep their boot options themselves; the shelf has none that would override them.
fn boot_options(asked: &GetSystemBootOptions) -> Result<SystemBootOptions, CompletionCode> {
    let selector = asked.parameter & 0x7f;
    let parameter = boot_parameter(selector).ok_or(parameter_code::NOT_SUPPORTED)?;
    Ok(SystemBootOptions {
        version: BOOT_OPTIONS_VERSION,
        parameter: selector,
        data: parameter.data(),
    })
}

/// Source: IPMI v2.0 Table 28-14.
fn boot_parameter(selector: u8) -> Option<BootOption> {
    match selector & 0x7f {
        0 => Some(BootOption::SetInProgress(0)),
        5 => Some(BootOption::Flags(BootFlags {
            validity: 0,
            device: 0,
            firmware: 0,
            mux: 0,
            instance: 0,
        })),
        _ => None,
    }
}

/// Choice: each FRU has an activation policy of its own; the shelf as a whole has none.
fn restore_policy(policy: u8) -> Result<PowerRestorePolicySupport, CompletionCode> {
    match policy & 0x07 {
        NO_CHANGE => Ok(PowerRestorePolicySupport { policies: 0 }),
        0..NO_CHANGE => Err(SUB_FUNCTION_DISABLED),
        _ => Err(CompletionCode::INVALID_FIELD),
    }
}

fn capabilities() -> ChassisCapabilities {
    ChassisCapabilities {
        flags: 0,
        fru_info_address: SHELF_MANAGER,
        sdr_address: SHELF_MANAGER,
        sel_address: SHELF_MANAGER,
        system_management_address: SHELF_MANAGER,
        bridge_address: None,
    }
}

/// Choice: the chassis is on while any FRU has payload power.
fn status(view: View<'_>) -> ChassisStatus {
    let frus = view.appliance.shelf.controllers();
    let mut frus = frus.flat_map(|(_, entry)| entry.frus.values());
    let is_on = frus.any(|fru| fru.state.is_some_and(|state| POWERED.contains(&state)));
    ChassisStatus {
        power_state: RESTORE_POLICY_UNKNOWN | if is_on { POWER_ON } else { 0 },
        last_event: 0,
        misc: if has_fan_fault(view) {
            COOLING_FAULT
        } else {
            0
        },
        front_panel: None,
    }
}

fn has_fan_fault(view: View<'_>) -> bool {
    let controllers = view.appliance.shelf.controllers();
    let mut fans = controllers.flat_map(|(_, entry)| {
        let sensors = sensor::of_controller(&entry.description);
        sensors.filter(|common| common.sensor_type == FAN && common.is_threshold())
    });
    fans.any(|fan| {
        let reading = view.readings.of((fan.owner, fan.address()));
        let reading = reading.filter(|reading| reading.available());
        reading
            .and_then(|reading| reading.states)
            .is_some_and(|states| states & BEYOND_CRITICAL != 0)
    })
}

/// Choice: one command does not switch a whole shelf off; each FRU is (de)activated by itself.
fn control_code(control: u8) -> CompletionCode {
    if control > CONTROL_MAX {
        CompletionCode::INVALID_FIELD
    } else {
        SUB_FUNCTION_DISABLED
    }
}

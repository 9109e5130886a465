//! Chassis commands. Source: IPMI v2.0 §28.

use super::{Outcome, SHELF_MANAGER, SUB_FUNCTION_DISABLED, View, sensor, with};
use ipmi::command::Command;
use ipmi::command::chassis::{
    ChassisCapabilities, ChassisControl, ChassisStatus, GetChassisCapabilities, GetChassisStatus,
};
use ipmi::message::{CompletionCode, Request};

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
const POWERED: std::ops::RangeInclusive<u8> = 3..=6;
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
        _ => return None,
    })
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

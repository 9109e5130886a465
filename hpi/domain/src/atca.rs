//! Controls that ATCA gives a FRU: LEDs, fan speed, FRU control, power, the two buses of IPMB-0.
//!
//! Source: SAIM-HPI-B.03.02-xTCA, `SaHpiXtca.h`, for their numbers; PICMG 3.0 R3.0 for what they
//! do. Of types the header says nothing: those that are not LEDs are as each function says.

use crate::PICMG;
use crate::abilities::add_rdr;
use crate::{FruAddress, Resource, SHELF_MANAGER, Sensor};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use hpi_model::Instrument;
use hpi_model::instrument::{ControlMode, ControlOutput, ControlRec, ControlType, DigitalState};
use ipmi::command::picmg::{FanSpeedProperties, LedColorCapabilities};
use ipmi::description::FruAbilities;
use ipmi::ipmb_state::SENSOR_TYPE_IPMB;
use ipmi::sdr::{RecordBody, decode};

/// Numbers of controls. Source: `SaHpiXtca.h`.
pub mod control_num {
    /// The last LED; they are numbered as in PICMG 3.0.
    pub const LED_LAST: u32 = 0xfe;
    /// `XTCAHPI_CTRL_NUM_DESIRED_PWR`.
    pub const DESIRED_POWER: u32 = 0x1030;
    /// `XTCAHPI_CTRL_NUM_IPMB_A_STATE`.
    pub const IPMB_A_STATE: u32 = 0x1101;
    /// `XTCAHPI_CTRL_NUM_IPMB_B_STATE`.
    pub const IPMB_B_STATE: u32 = 0x1102;
    /// `XTCAHPI_CTRL_NUM_FRU_CONTROL`.
    pub const FRU_CONTROL: u32 = 0x1200;
    /// `XTCAHPI_CTRL_NUM_FRU_IPMC_RESET`.
    pub const IPMC_RESET: u32 = 0x1201;
    /// `XTCAHPI_CTRL_NUM_FAN_SPEED`.
    pub const FAN_SPEED: u32 = 0x1400;
}

/// Marks a control as an ATCA LED (`RdrOem`). Source: SAIM-HPI-B.01.01-ATCA.
const LED_OEM: u32 = 0x0200_315a;

/// Local control is supported. Source: PICMG 3.0 R3.0, Get Fan Speed Properties.
const FAN_LOCAL_CONTROL: u8 = 0x80;

/// What is known of a FRU's controls.
pub(crate) struct Controls<'a> {
    pub(crate) fru: FruAddress,
    /// Bits 0–3: blue LED, LED 1–3.
    pub(crate) leds: u8,
    pub(crate) is_picmg: bool,
    pub(crate) abilities: &'a FruAbilities,
}

/// Gives the resource of a FRU its controls.
pub(crate) fn add(resource: &mut Resource, controls: &Controls<'_>) {
    let mut add = |rec: ControlRec, name: &str| {
        add_rdr(resource, Instrument::Control(rec), name);
    };
    let known = &controls.abilities.leds;
    for led in (0..4).filter(|bit| controls.leds & 1 << bit != 0) {
        add(led_control(led, known.get(&led)), &led_name(led));
    }
    for (led, colors) in known.range(4..) {
        add(led_control(*led, Some(colors)), &led_name(*led));
    }
    if let Some(fan) = &controls.abilities.fan {
        add(fan_speed(fan), "Fan speed");
    }
    if controls.abilities.control.is_some() {
        add(fru_control(), "FRU control");
    }
    if !controls.is_picmg {
        return;
    }
    let is_controller = controls.fru.fru_id == 0 && controls.fru.address != SHELF_MANAGER;
    if is_controller {
        add(ipmc_reset(), "IPMC reset");
    }
    if let Some(level) = controls.abilities.power_level {
        let rec = desired_power(level);
        add_rdr(resource, Instrument::Control(rec), "Power level");
    }
    if is_controller && resource.ipmb_sensor().is_some() {
        let buses = [
            (control_num::IPMB_A_STATE, "IPMB A"),
            (control_num::IPMB_B_STATE, "IPMB B"),
        ];
        for (num, name) in buses {
            add_rdr(resource, Instrument::Control(ipmb_state(num)), name);
        }
    }
}

impl Resource {
    /// The physical IPMB-0 sensor of its controller. Source: PICMG 3.0 R3.0, sensor type F1h.
    pub fn ipmb_sensor(&self) -> Option<&Sensor> {
        let is_ipmb = |sensor: &&Sensor| match decode(&sensor.record).map(|record| record.body) {
            Ok(RecordBody::Full(full)) => full.common.sensor_type == SENSOR_TYPE_IPMB,
            Ok(RecordBody::Compact(compact)) => compact.common.sensor_type == SENSOR_TYPE_IPMB,
            Ok(
                RecordBody::EventOnly(_)
                | RecordBody::FruLocator(_)
                | RecordBody::McLocator(_)
                | RecordBody::Other { .. },
            )
            | Err(_) => false,
        };
        self.sensors.values().find(is_ipmb)
    }
}

/// A control whose mode is manual and stays so.
fn manual(num: u32, output: ControlOutput, kind: ControlType) -> ControlRec {
    ControlRec {
        num,
        output,
        kind,
        default_mode: ControlMode::Manual,
        mode_read_only: true,
        write_only: false,
        oem: 0,
    }
}

/// The level of a fan tray, in its own steps. Automatic is the tray's own control, where it has
/// one: the shelf manager leaves the fans to it.
fn fan_speed(fan: &FanSpeedProperties) -> ControlRec {
    let has_own = fan.properties & FAN_LOCAL_CONTROL != 0;
    let kind = ControlType::Analog {
        min: i32::from(fan.level_min),
        max: i32::from(fan.level_max),
        default: i32::from(fan.level_normal),
    };
    ControlRec {
        default_mode: if has_own {
            ControlMode::Auto
        } else {
            ControlMode::Manual
        },
        mode_read_only: !has_own,
        ..manual(control_num::FAN_SPEED, ControlOutput::FanSpeed, kind)
    }
}

/// Choice: a number as FRU Control has it: 0 cold reset, 1 warm reset, 2 graceful reboot, 3
/// diagnostic interrupt, 4 quiesce. There is no state to read.
fn fru_control() -> ControlRec {
    let kind = ControlType::Discrete(0);
    ControlRec {
        write_only: true,
        ..manual(control_num::FRU_CONTROL, ControlOutput::Generic, kind)
    }
}

/// Choice: a pulse resets the controller, not its payload, as Cold Reset of IPMI does. There is no
/// state to read.
fn ipmc_reset() -> ControlRec {
    let kind = ControlType::Digital(DigitalState::Off);
    ControlRec {
        write_only: true,
        ..manual(control_num::IPMC_RESET, ControlOutput::Reset, kind)
    }
}

/// Choice: a number as Set Power Level has it: 0 off, 1–20 a level of the FRU's own; by default the
/// one that it wants.
fn desired_power(level: u8) -> ControlRec {
    let kind = ControlType::Discrete(u32::from(level));
    manual(control_num::DESIRED_POWER, ControlOutput::PowerState, kind)
}

/// Choice: on leaves the bus to the controller, off keeps the controller off it.
fn ipmb_state(num: u32) -> ControlRec {
    let kind = ControlType::Digital(DigitalState::On);
    manual(num, ControlOutput::Generic, kind)
}

/// An ATCA LED.
///
/// Choice: only the blue LED is under local control at first, as others show what their board means
/// by them. A controller that does not tell colours has those of the standard.
///
/// Source: SAIM-HPI-B.03.02-xTCA, LED control: colour codes 1 blue, 2 red, 3 green, 4 amber.
fn led_control(led: u8, colors: Option<&LedColorCapabilities>) -> ControlRec {
    let (mask, code) = match led {
        0 => (0x02, 1),
        1 => (0x04, 2),
        2 => (0x08, 3),
        _ => (0x10, 4),
    };
    let (mask, local, over) = colors.map_or((mask, code, code), |colors| {
        let [local, over] = [colors.default_local, colors.default_override];
        (colors.colors & 0x7e, local & 0x0f, over & 0x0f)
    });
    let mut config = [0; 10];
    config[..3].copy_from_slice(&[mask, local, over]);
    ControlRec {
        num: u32::from(led),
        output: ControlOutput::Led,
        kind: ControlType::Oem {
            manufacturer: PICMG,
            config,
            default: vec![0, 0, over, local, 0, 0],
        },
        default_mode: if led == 0 {
            ControlMode::Auto
        } else {
            ControlMode::Manual
        },
        mode_read_only: false,
        write_only: false,
        oem: LED_OEM,
    }
}

fn led_name(led: u8) -> String {
    match led {
        0 => "Blue LED".into(),
        led => format!("LED {led}"),
    }
}

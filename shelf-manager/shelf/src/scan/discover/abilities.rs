//! What a controller can do besides, as it answers when it is asked.

use super::{Answer, answer};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::app::GetSelfTestResults;
use ipmi::command::hpm::{GetComponentProperties, GetTargetUpgradeCapabilities};
use ipmi::command::picmg::{
    GetFanSpeedProperties, GetFruControlCapabilities, GetLedColorCapabilities, GetPowerLevel,
    power_kind,
};
use ipmi::command::watchdog::GetWatchdogTimer;
use ipmi::description::{Abilities, UpgradeTarget};
use ipmi::message::Request;

/// Get Self Test Results: the controller has no self test. Source: IPMI v2.0 §20.4.
const NO_SELF_TEST: u8 = 0x56;

/// A question whose answer may be that there is no such thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::scan) enum Probe {
    /// Get Watchdog Timer.
    Watchdog,
    /// Get Self Test Results.
    SelfTest,
    /// Get Target Upgrade Capabilities.
    Upgrade,
    /// Get Component Properties: component, and selector.
    Component(u8, u8),
    /// Get Fan Speed Properties of a FRU.
    Fan(u8),
    /// Get Power Level of a FRU: the level that it wants in steady state.
    PowerLevel(u8),
    /// FRU Control Capabilities of a FRU.
    Control(u8),
    /// Get LED Color Capabilities: FRU, and LED.
    LedColors(u8, u8),
}

/// Site type of fan trays. Source: PICMG 3.0 R3.0, Get Address Info.
const SITE_FAN_TRAY: u8 = 4;
/// Site types of FRUs whose payload has power levels: front boards, AMCs, rear transition modules.
/// Source: PICMG 3.0 R3.0, Get Address Info.
const PAYLOAD_SITES: [u8; 3] = [0, 7, 9];
/// Bits of Get Power Level that are the level.
const POWER_LEVEL: u8 = 0x1f;
/// Id of the first application LED. Source: PICMG 3.0 R3.0, Get FRU LED Properties.
const FIRST_APPLICATION_LED: u8 = 4;
/// Most application LEDs that are asked for. Choice: as many as a board has room to show; there may
/// be 251.
pub(super) const APPLICATION_LEDS_MAX: u8 = 16;

/// What can be asked of a FRU with this site and these LEDs. Choice: only fan trays have fans that
/// a shelf manager sets.
pub(super) fn of_fru(fru_id: u8, fru: &super::Draft) -> Vec<Probe> {
    let mut probes = Vec::new();
    if fru.site.is_some_and(|site| site.kind == SITE_FAN_TRAY) {
        probes.push(Probe::Fan(fru_id));
    }
    if fru.hot_swap_sensor.is_some() {
        probes.push(Probe::Control(fru_id));
        if fru
            .site
            .is_some_and(|site| PAYLOAD_SITES.contains(&site.kind))
        {
            probes.push(Probe::PowerLevel(fru_id));
        }
    }
    let general = (0..FIRST_APPLICATION_LED).filter(|led| fru.leds & 1 << led != 0);
    let application = (FIRST_APPLICATION_LED..).take(usize::from(fru.application_leds));
    let leds = general.chain(application);
    probes.extend(leds.map(|led| Probe::LedColors(fru_id, led)));
    probes
}

/// What can be asked now. Choice: what needs PICMG's commands is asked only of who has these.
pub(super) fn probes(known: &Abilities, is_picmg: bool) -> Vec<Probe> {
    let mut probes = Vec::from([Probe::Watchdog, Probe::SelfTest]);
    if is_picmg {
        probes.push(Probe::Upgrade);
    }
    let questions = known.upgrade.iter().flat_map(UpgradeTarget::questions);
    probes.extend(questions.map(|asked| Probe::Component(asked.component, asked.selector)));
    probes
}

pub(super) fn request(probe: Probe) -> Request {
    match probe {
        Probe::Watchdog => GetWatchdogTimer {}.request(),
        Probe::SelfTest => GetSelfTestResults {}.request(),
        Probe::Upgrade => GetTargetUpgradeCapabilities {}.request(),
        Probe::Component(component, selector) => {
            let asked = GetComponentProperties {
                component,
                selector,
            };
            asked.request()
        }
        Probe::Fan(fru_id) => GetFanSpeedProperties { fru_id }.request(),
        Probe::PowerLevel(fru_id) => {
            let kind = power_kind::DESIRED_STEADY;
            GetPowerLevel { fru_id, kind }.request()
        }
        Probe::Control(fru_id) => GetFruControlCapabilities { fru_id }.request(),
        Probe::LedColors(fru_id, led_id) => GetLedColorCapabilities { fru_id, led_id }.request(),
    }
}

pub(super) fn take(known: &mut Abilities, probe: Probe, result: &Answer) {
    match probe {
        Probe::Watchdog => known.watchdog = answer::<GetWatchdogTimer>(result).is_ok(),
        Probe::SelfTest => {
            let results = answer::<GetSelfTestResults>(result).ok();
            known.self_test = results.is_some_and(|results| results.result != NO_SELF_TEST);
        }
        Probe::Upgrade => {
            let capabilities = answer::<GetTargetUpgradeCapabilities>(result).ok();
            known.upgrade = capabilities.map(UpgradeTarget::new);
        }
        Probe::Component(component, selector) => {
            let asked = GetComponentProperties {
                component,
                selector,
            };
            let properties = answer::<GetComponentProperties>(result).ok();
            if let Some((target, properties)) = known.upgrade.as_mut().zip(properties) {
                target.learn(&asked, &properties.data);
            }
        }
        Probe::Fan(fru_id) => {
            if let Ok(fan) = answer::<GetFanSpeedProperties>(result) {
                known.frus.entry(fru_id).or_default().fan = Some(fan);
            }
        }
        Probe::PowerLevel(fru_id) => {
            let level = answer::<GetPowerLevel>(result).ok();
            let level = level.map(|level| level.properties & POWER_LEVEL);
            if let Some(level) = level.filter(|level| *level > 0) {
                known.frus.entry(fru_id).or_default().power_level = Some(level);
            }
        }
        Probe::Control(fru_id) => {
            if let Ok(control) = answer::<GetFruControlCapabilities>(result) {
                known.frus.entry(fru_id).or_default().control = Some(control.options);
            }
        }
        Probe::LedColors(fru_id, led_id) => {
            if let Ok(colors) = answer::<GetLedColorCapabilities>(result) {
                let fru = known.frus.entry(fru_id).or_default();
                fru.leds.insert(led_id, colors);
            }
        }
    }
}

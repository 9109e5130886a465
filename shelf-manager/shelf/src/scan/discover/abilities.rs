//! What a controller can do besides, as it answers when it is asked.

use super::{Answer, answer};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::app::GetSelfTestResults;
use ipmi::command::hpm::{GetComponentProperties, GetTargetUpgradeCapabilities};
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
    }
}

//! Answers to application requests: what the controller is, and how it is.
//!
//! Source: IPMI v2.0 §20, §22.

use crate::answer::reply;
use crate::fru::OWN;
use crate::hpm::{SELF_TEST_PASSED, Target};
use crate::{Effect, Ipmc};
use alloc::vec::Vec;
use ipmi::command::app::{
    AcpiPowerState, BmcGlobalEnables, ClearMessageFlags, ColdReset, DeviceId, GetAcpiPowerState,
    GetBmcGlobalEnables, GetDeviceGuid, GetDeviceId, GetMessageFlags, GetSelfTestResults, Guid,
    MessageFlags, SelfTestResults, SetAcpiPowerState, SetBmcGlobalEnables, WarmReset, acpi, flags,
};
use ipmi::command::watchdog::{GetWatchdogTimer, ResetWatchdogTimer, SetWatchdogTimer};
use ipmi::command::{Command, Empty};
use ipmi::message::{CompletionCode, Request, Response};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Set ACPI Power State: the state in the other bits is to be set.
const SET: u8 = 0x80;
const STATE: u8 = 0x7f;
/// Device power state D0. Source: IPMI v2.0 §20.6.
const D0: u8 = 0x00;
/// Device power state D3.
const D3: u8 = 0x03;

/// ACPI power states, as they were told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Acpi {
    /// State of the payload; `None` when nobody told since it has, or has not, power.
    system: Option<u8>,
    /// State of the controller; `None` when nobody told.
    device: Option<u8>,
}

impl Ipmc {
    pub(crate) fn app(
        &mut self,
        now: Time,
        request: &Request,
        effects: &mut Vec<Effect>,
    ) -> Response {
        match request.command {
            GetDeviceId::COMMAND => reply::<GetDeviceId>(request, |_| Ok(self.device_id())),
            ColdReset::COMMAND => reply::<ColdReset>(request, |_| {
                self.restart(now, true, effects);
                Ok(Empty {})
            }),
            WarmReset::COMMAND => reply::<WarmReset>(request, |_| {
                self.restart(now, false, effects);
                Ok(Empty {})
            }),
            GetSelfTestResults::COMMAND => {
                reply::<GetSelfTestResults>(request, |_| Ok(self.self_test()))
            }
            SetAcpiPowerState::COMMAND => reply(request, |order| self.set_acpi(&order)),
            GetAcpiPowerState::COMMAND => {
                reply::<GetAcpiPowerState>(request, |_| Ok(self.acpi_state()))
            }
            GetDeviceGuid::COMMAND => reply::<GetDeviceGuid>(request, |_| {
                let guid = self.config.guid.ok_or(CompletionCode::INVALID_COMMAND)?;
                Ok(Guid { guid })
            }),
            ResetWatchdogTimer::COMMAND | SetWatchdogTimer::COMMAND | GetWatchdogTimer::COMMAND => {
                self.watchdog_timer(now, request)
            }
            _ => self.messaging(request),
        }
    }

    /// Choice: besides the shelf manager a controller with a watchdog timer has message flags, for
    /// the timer's interrupt.
    fn messaging(&mut self, request: &Request) -> Response {
        let is_manager = self.config.shelf_manager.is_some();
        let has_flags = is_manager || self.watchdog.is_some();
        match request.command {
            SetBmcGlobalEnables::COMMAND if is_manager => {
                reply::<SetBmcGlobalEnables>(request, |order| {
                    self.global_enables = order.enables;
                    Ok(Empty {})
                })
            }
            GetBmcGlobalEnables::COMMAND if is_manager => {
                let enables = self.global_enables;
                reply::<GetBmcGlobalEnables>(request, |_| Ok(BmcGlobalEnables { enables }))
            }
            GetMessageFlags::COMMAND if has_flags => reply::<GetMessageFlags>(request, |_| {
                let is_flagged = self.watchdog.as_ref().is_some_and(|found| found.is_flagged);
                let flags = if is_flagged {
                    flags::WATCHDOG_PRE_TIMEOUT
                } else {
                    0
                };
                Ok(MessageFlags { flags })
            }),
            ClearMessageFlags::COMMAND if has_flags => {
                reply::<ClearMessageFlags>(request, |order| {
                    if let Some(watchdog) = &mut self.watchdog {
                        watchdog.is_flagged &= order.flags & flags::WATCHDOG_PRE_TIMEOUT == 0;
                    }
                    Ok(Empty {})
                })
            }
            _ => Response::from(CompletionCode::INVALID_COMMAND),
        }
    }

    /// Choice: the bit that says "update in progress" stays clear during an upgrade, as the
    /// controller goes on to do all that it does.
    fn device_id(&self) -> DeviceId {
        let version = self.firmware.as_ref().and_then(Target::version);
        let Some(version) = version else {
            return self.config.device.clone();
        };
        DeviceId {
            firmware_major: version.major & 0x7f,
            firmware_minor: version.minor,
            auxiliary: Some(version.auxiliary),
            ..self.config.device.clone()
        }
    }

    fn self_test(&self) -> SelfTestResults {
        let passed = SelfTestResults {
            result: SELF_TEST_PASSED,
            detail: 0,
        };
        self.firmware.as_ref().map_or(passed, Target::self_test)
    }

    fn set_acpi(&mut self, order: &SetAcpiPowerState) -> Result<Empty, CompletionCode> {
        let system = told(order.system, is_system_state)?;
        let device = told(order.device, is_device_state)?;
        self.acpi.system = system.or(self.acpi.system);
        self.acpi.device = device.or(self.acpi.device);
        Ok(Empty {})
    }

    /// Choice: what nobody told follows from payload power.
    fn acpi_state(&self) -> AcpiPowerState {
        let system = match self.payload_on(OWN) {
            true => acpi::S0_G0,
            false => acpi::S5_G2,
        };
        AcpiPowerState {
            system: self.acpi.system.unwrap_or(system),
            device: self.acpi.device.unwrap_or(D0),
        }
    }

    /// Payload power of FRU 0 went on or off: what was told of it before holds no more.
    pub(crate) fn forget_system_state(&mut self) {
        self.acpi.system = None;
    }
}

/// The state that an order sets; `None` when it sets none.
fn told(byte: u8, exists: impl Fn(u8) -> bool) -> Result<Option<u8>, CompletionCode> {
    let state = byte & STATE;
    match byte & SET {
        0 => Ok(None),
        _ if state == acpi::NO_CHANGE => Ok(None),
        _ if exists(state) => Ok(Some(state)),
        _ => Err(CompletionCode::INVALID_FIELD),
    }
}

/// S0 to S5, soft off states, sleeping, mechanical off, legacy on and off, unknown.
/// Source: IPMI v2.0 §20.6.
fn is_system_state(state: u8) -> bool {
    matches!(state, acpi::S0_G0..=0x0b | 0x20 | 0x21 | acpi::UNKNOWN)
}

/// D0 to D3, unknown. Source: IPMI v2.0 §20.6.
fn is_device_state(state: u8) -> bool {
    matches!(state, D0..=D3 | acpi::UNKNOWN)
}

#[cfg(test)]
mod tests;

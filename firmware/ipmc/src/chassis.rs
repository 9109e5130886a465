//! Answers to chassis requests, which only the shelf manager takes.
//!
//! Source: IPMI v2.0 §28.

use crate::answer::reply;
use crate::{Ipmc, SHELF_MANAGER};
use ipmi::command::Command;
use ipmi::command::chassis::{
    ChassisCapabilities, ChassisControl, ChassisStatus, GetChassisCapabilities, GetChassisStatus,
    GetSystemRestartCause, SystemRestartCause,
};
use ipmi::message::{CompletionCode, Request, Response};

/// Power is on; the restore policy is not known.
const POWER_ON: u8 = 0b0110_0001;
/// Highest chassis control.
const CONTROL_MAX: u8 = 5;
/// Command sub-function disabled or unavailable. Source: IPMI v2.0 Table 5-2.
const SUB_FUNCTION_DISABLED: CompletionCode = CompletionCode(0xd6);

impl Ipmc {
    pub(crate) fn chassis(&self, request: &Request) -> Response {
        if self.config.shelf_manager.is_none() {
            return Response::from(CompletionCode::INVALID_COMMAND);
        }
        match request.command {
            GetChassisCapabilities::COMMAND => reply::<GetChassisCapabilities>(request, |_| {
                Ok(ChassisCapabilities {
                    flags: 0,
                    fru_info_address: SHELF_MANAGER,
                    sdr_address: SHELF_MANAGER,
                    sel_address: SHELF_MANAGER,
                    system_management_address: SHELF_MANAGER,
                    bridge_address: None,
                })
            }),
            // Choice: the shelf is on as long as its manager answers.
            GetChassisStatus::COMMAND => reply::<GetChassisStatus>(request, |_| {
                Ok(ChassisStatus {
                    power_state: POWER_ON,
                    last_event: 0,
                    misc: 0,
                    front_panel: None,
                })
            }),
            // Choice: no command switches a whole shelf; each FRU is (de)activated by itself.
            ChassisControl::COMMAND => reply::<ChassisControl>(request, |order| {
                Err(match order.control {
                    0..=CONTROL_MAX => SUB_FUNCTION_DISABLED,
                    _ => CompletionCode::INVALID_FIELD,
                })
            }),
            GetSystemRestartCause::COMMAND => reply::<GetSystemRestartCause>(request, |_| {
                let (cause, channel) = (0, 0);
                Ok(SystemRestartCause { cause, channel })
            }),
            _ => Response::from(CompletionCode::INVALID_COMMAND),
        }
    }
}

#[cfg(test)]
mod tests;

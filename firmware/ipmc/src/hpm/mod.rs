//! Firmware upgrade: what HPM.1 calls the target.
//!
//! Each component has three flash banks: the active firmware, the backup that a rollback brings
//! back, and what was uploaded and waits for its activation. What happens to the flash memory
//! leaves as a [`FlashOrder`]; a shell carries it out before the next input, and tells
//! [`crate::Input::FirmwareFailed`] when it could not.
//!
//! Choice: an upgrade is one requester's while blocks are coming in, so that two agents never mix
//! their images; anybody may abort it, in case that requester died.
//!
//! Choice: a command that comes while another one of long duration is in progress is answered with
//! node busy, upon which upgrade agents wait and try again.
//!
//! Source: PICMG HPM.1 R1.0 §3.

mod activation;
mod config;
mod upload;

pub use config::{ComponentConfig, FirmwareConfig, upgrade_image};
pub use upload::BLOCK_LEN_MAX;

use crate::answer::reply;
use crate::firmware::Firmware;
use activation::{Booting, Rollback};
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::Command;
use ipmi::command::app::{DeviceId, SelfTestResults};
use ipmi::command::hpm::{
    AbortFirmwareUpgrade, ActivateFirmware, COMPONENTS_FAILED, ComponentProperties,
    FinishFirmwareUpload, FirmwareVersion, GetComponentProperties, GetTargetUpgradeCapabilities,
    GetUpgradeStatus, InitiateManualRollback, InitiateUpgradeAction, QueryRollbackStatus,
    QuerySelfTestResults, TargetUpgradeCapabilities, UpgradeSelfTestResults, UpgradeStatus,
    UploadFirmwareBlock, capabilities, code, properties, selector,
};
use ipmi::command::{Body, Empty};
use ipmi::message::{CompletionCode, Request, Response};
use machine::Time;
use serde::{Deserialize, Serialize};
use upload::{Job, Upload};

/// Most components of one controller. Source: PICMG HPM.1 R1.0 §3.1.
pub const COMPONENTS_MAX: usize = 8;

/// Version of HPM.1.
const HPM_VERSION: u8 = 0;
/// Self test: no error. Source: IPMI v2.0 §20.4.
pub(crate) const SELF_TEST_PASSED: u8 = 0x55;
/// Self test: corrupted data or inaccessible devices.
const SELF_TEST_CORRUPTED: u8 = 0x57;
/// Which one: the operational firmware.
const OPERATIONAL_FIRMWARE: u8 = 1 << 0;
/// Unit of the times in Get Target Upgrade Capabilities.
const TIMEOUT_UNIT: Duration = Duration::from_secs(5);

/// What must be done to the flash memory, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlashOrder {
    /// Erase the bank for uploads.
    Erase {
        /// Component, 0–7.
        component: u8,
    },
    /// Write to the bank for uploads; it was erased before.
    Write {
        /// Component, 0–7.
        component: u8,
        /// Where, bytes from the start of the bank; behind what was written before.
        offset: u32,
        /// What.
        data: Vec<u8>,
    },
    /// Copy the active bank to the backup.
    Backup {
        /// Component, 0–7.
        component: u8,
    },
    /// Let the bank for uploads be the active one at the next start, and the active one the backup.
    Activate {
        /// Components, one bit each.
        components: u8,
    },
    /// Let the backup be the active bank at the next start, and the active one the backup.
    Rollback {
        /// Components, one bit each.
        components: u8,
    },
}

/// One component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Component {
    config: ComponentConfig,
    active: Firmware,
    backup: Option<Firmware>,
    deferred: Option<Firmware>,
    /// Whether the bank for uploads is erased.
    is_blank: bool,
}

/// What takes its time. At most one thing does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Work {
    /// The flash memory works.
    Flash { done_at: Time, job: Job },
    /// The controller restarts with other firmware.
    Boot(Booting),
    /// The new firmware tests itself.
    SelfTest { done_at: Time, booting: Booting },
}

/// The target of upgrades.
///
/// Invariant: there is no upload while the controller restarts or tests itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    config: FirmwareConfig,
    /// How long a restart takes.
    restart_time: Duration,
    /// Manufacturer and product, which new firmware must be for.
    device: DeviceId,
    components: Vec<Component>,
    upload: Option<Upload>,
    work: Option<Work>,
    /// When the work began.
    work_since: Time,
    /// The last command of long duration, and its completion code.
    status: (u8, CompletionCode),
    /// Components that failed the last self test.
    failed: u8,
    /// Components of which the shell says that their flash memory or firmware does not work.
    broken: u8,
    rollback: Rollback,
}

impl Target {
    /// Components beyond [`COMPONENTS_MAX`] are left out.
    pub(crate) fn new(config: &FirmwareConfig, device: &DeviceId, restart_time: Duration) -> Self {
        let components = config.components.iter().take(COMPONENTS_MAX);
        let components = components.map(|component| Component {
            config: component.clone(),
            active: component.installed.clone(),
            backup: None,
            deferred: None,
            is_blank: false,
        });
        Self {
            config: config.clone(),
            restart_time,
            device: device.clone(),
            components: components.collect(),
            upload: None,
            work: None,
            work_since: Time(0),
            status: (0, CompletionCode::OK),
            failed: 0,
            broken: 0,
            rollback: Rollback::None,
        }
    }

    /// Version that Get Device ID tells.
    pub(crate) fn version(&self) -> Option<&FirmwareVersion> {
        let component = self.component(self.config.application)?;
        Some(&component.active.version)
    }

    /// What Get Self Test Results tells about the firmware.
    pub(crate) fn self_test(&self) -> SelfTestResults {
        let is_whole = (0..).zip(&self.components);
        let is_whole = is_whole.fold(true, |whole, (id, found)| {
            whole && self.fits(id, &found.active)
        });
        let (result, detail) = match is_whole {
            true => (SELF_TEST_PASSED, 0),
            false => (SELF_TEST_CORRUPTED, OPERATIONAL_FIRMWARE),
        };
        SelfTestResults { result, detail }
    }

    /// When something is done.
    pub(crate) fn deadline(&self) -> Option<Time> {
        match &self.work {
            Some(Work::Flash { done_at, .. } | Work::SelfTest { done_at, .. }) => Some(*done_at),
            Some(Work::Boot(_)) | None => None,
        }
    }

    /// Time went by.
    pub(crate) fn tick(&mut self, now: Time, orders: &mut Vec<FlashOrder>) {
        if self.deadline().is_none_or(|at| at > now) {
            return;
        }
        match self.work.take() {
            Some(Work::Flash { job, .. }) => self.done(job),
            Some(Work::SelfTest { booting, .. }) => self.tested(now, &booting, orders),
            Some(Work::Boot(_)) | None => (),
        }
    }

    /// Answers one of HPM.1's requests; `None` when it is none.
    pub(crate) fn answer(
        &mut self,
        now: Time,
        (from, request): (u8, &Request),
        orders: &mut Vec<FlashOrder>,
    ) -> Option<Response> {
        Some(match request.command {
            GetTargetUpgradeCapabilities::COMMAND => {
                reply::<GetTargetUpgradeCapabilities>(request, |_| Ok(self.capabilities()))
            }
            GetComponentProperties::COMMAND => reply(request, |asked| self.properties(&asked)),
            AbortFirmwareUpgrade::COMMAND => reply::<AbortFirmwareUpgrade>(request, |_| {
                self.abort(orders)?;
                Ok(Empty {})
            }),
            InitiateUpgradeAction::COMMAND => {
                reply(request, |order| self.initiate(now, (from, &order), orders))
            }
            UploadFirmwareBlock::COMMAND => {
                reply(request, |block| self.block((from, &block), orders))
            }
            FinishFirmwareUpload::COMMAND => {
                reply(request, |order| self.finish(now, (from, &order)))
            }
            GetUpgradeStatus::COMMAND => {
                reply::<GetUpgradeStatus>(request, |_| Ok(self.upgrade_status(now)))
            }
            ActivateFirmware::COMMAND => reply(request, |order| self.activate(now, &order, orders)),
            QuerySelfTestResults::COMMAND => {
                reply::<QuerySelfTestResults>(request, |_| self.self_test_results())
            }
            QueryRollbackStatus::COMMAND => self.rollback_status(now, request),
            InitiateManualRollback::COMMAND => {
                reply::<InitiateManualRollback>(request, |_| self.roll_back(now, orders))
            }
            _ => return None,
        })
    }

    fn capabilities(&self) -> TargetUpgradeCapabilities {
        let mut flags = capabilities::SELF_TEST | capabilities::DEFERRED_ACTIVATION;
        if self.components.iter().any(|found| found.config.has_backup) {
            flags |= capabilities::AUTOMATIC_ROLLBACK | capabilities::MANUAL_ROLLBACK;
        }
        if matches!(self.rollback, Rollback::Overridden(_)) {
            flags |= capabilities::ROLLBACK_OVERRIDDEN;
        }
        if matches!(self.work, Some(Work::Boot(_) | Work::SelfTest { .. })) {
            flags |= capabilities::UNDESIRABLE;
        }
        TargetUpgradeCapabilities {
            version: HPM_VERSION,
            flags,
            upgrade_timeout: timeout(self.config.flash_time),
            self_test_timeout: timeout(self.config.self_test_time),
            rollback_timeout: timeout(self.restart_time),
            inaccessibility_timeout: timeout(self.restart_time),
            components: self.mask(|_| true),
        }
    }

    fn properties(
        &self,
        asked: &GetComponentProperties,
    ) -> Result<ComponentProperties, CompletionCode> {
        let component = self.component(asked.component);
        let component = component.ok_or(code::NO_SUCH_COMPONENT)?;
        let has_backup = component.config.has_backup;
        let data = match asked.selector {
            selector::GENERAL => {
                let backup = if has_backup {
                    properties::BACKUP_AUTOMATIC
                } else {
                    0
                };
                let always = properties::PREPARATION
                    | properties::COMPARISON
                    | properties::DEFERRED_ACTIVATION;
                Vec::from([backup | always])
            }
            selector::CURRENT_VERSION => version(Some(&component.active)),
            selector::DESCRIPTION => component.config.description(),
            selector::ROLLBACK_VERSION if has_backup => version(component.backup.as_ref()),
            selector::DEFERRED_VERSION => version(component.deferred.as_ref()),
            _ => return Err(code::NO_SUCH_PROPERTY),
        };
        Ok(ComponentProperties { data })
    }

    fn upgrade_status(&self, now: Time) -> UpgradeStatus {
        let (command, code) = self.status;
        let percent = match code {
            code::IN_PROGRESS => Some(self.percent(now)),
            _ => None,
        };
        UpgradeStatus {
            command,
            code: code.0,
            percent,
        }
    }

    fn self_test_results(&self) -> Result<UpgradeSelfTestResults, CompletionCode> {
        match (&self.work, self.failed) {
            (Some(Work::SelfTest { .. }), _) => Err(code::IN_PROGRESS),
            (_, 0) => Ok(UpgradeSelfTestResults {
                result: SELF_TEST_PASSED,
                detail: 0,
            }),
            (_, failed) => Ok(UpgradeSelfTestResults {
                result: COMPONENTS_FAILED,
                detail: failed,
            }),
        }
    }

    fn component(&self, id: u8) -> Option<&Component> {
        self.components.get(usize::from(id))
    }

    /// The components that `is` one of them, one bit each.
    fn mask(&self, is: impl Fn(&Component) -> bool) -> u8 {
        let components = (0u8..).zip(&self.components);
        let components = components.filter(|(_, component)| is(component));
        components.fold(0, |mask, (id, _)| mask | 1 << id)
    }

    /// How much of the work is done.
    fn percent(&self, now: Time) -> u8 {
        let done_at = match &self.work {
            Some(Work::Flash { done_at, .. } | Work::SelfTest { done_at, .. }) => *done_at,
            Some(Work::Boot(_)) => self.work_since.after(self.restart_time),
            None => return 100,
        };
        let whole = done_at.since(self.work_since).as_nanos().max(1);
        let done = now.since(self.work_since).as_nanos().min(whole);
        (done * 100 / whole) as u8
    }

    /// Whether firmware is for this component of this device.
    fn fits(&self, id: u8, firmware: &Firmware) -> bool {
        let product = (firmware.manufacturer, firmware.product);
        firmware.component == id && product == (self.device.manufacturer, self.device.product)
    }
}

/// A time in units of 5 s; never 0, which would leave it to the other end.
fn timeout(time: Duration) -> u8 {
    let units = time.as_nanos().div_ceil(TIMEOUT_UNIT.as_nanos());
    u8::try_from(units).unwrap_or(u8::MAX).max(1)
}

fn version(firmware: Option<&Firmware>) -> Vec<u8> {
    let mut out = Vec::new();
    let version = firmware.map_or(&FirmwareVersion::NONE, |firmware| &firmware.version);
    version.write(&mut out);
    out
}

#[cfg(test)]
mod tests;

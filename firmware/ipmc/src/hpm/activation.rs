//! Activation, self test and rollback.
//!
//! New firmware starts with the controller, which is silent meanwhile. Then it tests itself; when
//! that fails, the backup is brought back with a second restart, unless the activation forbade it.
//!
//! Source: PICMG HPM.1 R1.0 §3.4–§3.5.

use super::{FlashOrder, Target, Work};
use alloc::vec::Vec;
use ipmi::command::hpm::{
    ActivateFirmware, InitiateManualRollback, QueryRollbackStatus, RollbackStatus, code,
};
use ipmi::command::{Body, Command, Empty};
use ipmi::message::{CompletionCode, Request, Response};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Why the controller restarts with other firmware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Booting {
    /// New firmware of these components was activated.
    Activated {
        components: u8,
        /// Whether it stays even when its self test fails.
        rollback_override: bool,
    },
    /// Old firmware of these components comes back.
    RolledBack {
        components: u8,
        /// Components that would have had to, but have no backup.
        without: u8,
    },
}

/// The last rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Rollback {
    /// There was none since the last activation.
    None,
    /// These components are coming back.
    InProgress,
    /// These components came back.
    Done(u8),
    /// These components could not come back.
    Failed(u8),
    /// These components would have come back, but the activation forbade it.
    Overridden(u8),
}

impl Target {
    pub(super) fn activate(
        &mut self,
        now: Time,
        order: &ActivateFirmware,
        orders: &mut Vec<FlashOrder>,
    ) -> Result<Empty, CompletionCode> {
        self.idle()?;
        let rollback_override = match order.rollback_override {
            None | Some(0) => false,
            Some(1) => true,
            Some(_) => return Err(CompletionCode::INVALID_FIELD),
        };
        let components = self.mask(|found| found.deferred.is_some());
        if components == 0 || self.upload.is_some() {
            return Err(CompletionCode::NOT_IN_STATE);
        }
        for found in self.chosen(components) {
            if let Some(deferred) = found.deferred.take() {
                let before = core::mem::replace(&mut found.active, deferred);
                found.backup = found.config.has_backup.then_some(before);
                found.is_blank = false;
            }
        }
        self.rollback = Rollback::None;
        self.failed = 0;
        self.broken &= !components;
        orders.push(FlashOrder::Activate { components });
        let booting = Booting::Activated {
            components,
            rollback_override,
        };
        self.status = (ActivateFirmware::COMMAND, code::IN_PROGRESS);
        self.boot(now, booting);
        Err(code::IN_PROGRESS)
    }

    /// Choice: all components that have a backup are rolled back, as they came together.
    pub(super) fn roll_back(
        &mut self,
        now: Time,
        orders: &mut Vec<FlashOrder>,
    ) -> Result<Empty, CompletionCode> {
        self.idle()?;
        let components = self.mask(|found| found.backup.is_some());
        if components == 0 || self.upload.is_some() {
            return Err(CompletionCode::NOT_IN_STATE);
        }
        self.status = (InitiateManualRollback::COMMAND, code::IN_PROGRESS);
        self.swap_banks(now, (components, 0), orders);
        self.failed = 0;
        Err(code::IN_PROGRESS)
    }

    /// Brings the backups back; the firmware that ran until now is the backup then.
    ///
    /// Choice: not when it failed its self test, as nobody shall go back to that.
    fn swap_banks(
        &mut self,
        now: Time,
        (components, without): (u8, u8),
        orders: &mut Vec<FlashOrder>,
    ) {
        let failed = self.failed;
        for found in self.chosen(components) {
            if let Some(backup) = found.backup.take() {
                found.backup = Some(core::mem::replace(&mut found.active, backup));
            }
        }
        self.chosen(components & failed)
            .for_each(|found| found.backup = None);
        self.rollback = Rollback::InProgress;
        orders.push(FlashOrder::Rollback { components });
        let booting = Booting::RolledBack {
            components,
            without,
        };
        self.boot(now, booting);
    }

    fn boot(&mut self, now: Time, booting: Booting) {
        self.work_since = now;
        self.work = Some(Work::Boot(booting));
    }

    /// The controller started again, with other firmware or with the same.
    pub(crate) fn restarted(&mut self, now: Time, orders: &mut Vec<FlashOrder>) {
        self.upload = None;
        match self.work.take() {
            Some(Work::Boot(booting @ Booting::Activated { .. })) => {
                self.status.1 = CompletionCode::OK;
                self.start_self_test(now, booting, orders);
            }
            Some(Work::Boot(Booting::RolledBack {
                components,
                without,
            })) => {
                self.status.1 = CompletionCode::OK;
                self.rollback = match without {
                    0 => Rollback::Done(components),
                    without => Rollback::Failed(without),
                };
            }
            // A test that was interrupted begins again.
            Some(Work::SelfTest { booting, .. }) => self.start_self_test(now, booting, orders),
            // What the flash memory was doing nobody finished.
            Some(Work::Flash { .. }) => self.status.1 = CompletionCode::UNSPECIFIED,
            None => (),
        }
    }

    /// Management power went. Firmware that was to start does so when it comes back.
    pub(crate) fn unpowered(&mut self) {
        self.upload = None;
        self.work = match self.work.take() {
            Some(Work::Boot(booting) | Work::SelfTest { booting, .. }) => {
                if matches!(booting, Booting::Activated { .. }) {
                    self.status.1 = code::IN_PROGRESS;
                }
                Some(Work::Boot(booting))
            }
            Some(Work::Flash { .. }) => {
                self.status.1 = CompletionCode::UNSPECIFIED;
                None
            }
            None => None,
        };
    }

    /// Management power came.
    pub(crate) fn powered(&mut self, now: Time, orders: &mut Vec<FlashOrder>) {
        if matches!(self.work, Some(Work::Boot(_))) {
            self.restarted(now, orders);
        }
    }

    fn start_self_test(&mut self, now: Time, booting: Booting, orders: &mut Vec<FlashOrder>) {
        self.work_since = now;
        if self.config.self_test_time.is_zero() {
            self.tested(now, &booting, orders);
        } else {
            let done_at = now.after(self.config.self_test_time);
            self.work = Some(Work::SelfTest { done_at, booting });
        }
    }

    /// The self test is over: firmware that is not for this device, or does not work, has failed.
    pub(super) fn tested(&mut self, now: Time, booting: &Booting, orders: &mut Vec<FlashOrder>) {
        let Booting::Activated {
            components,
            rollback_override,
        } = *booting
        else {
            return;
        };
        let unfit = (0u8..).zip(&self.components);
        let unfit = unfit.filter(|(id, found)| !self.fits(*id, &found.active));
        let unfit = unfit.fold(0, |mask, (id, _)| mask | 1 << id);
        self.failed = components & (unfit | self.broken);
        if self.failed == 0 {
            return;
        }
        let with_backup = components & self.mask(|found| found.backup.is_some());
        let without = self.failed & !with_backup;
        if rollback_override {
            self.rollback = Rollback::Overridden(components);
        } else if with_backup == 0 {
            self.rollback = Rollback::Failed(without);
        } else {
            self.swap_banks(now, (with_backup, without), orders);
        }
    }

    /// The shell says that flash memory or firmware of a component does not work.
    pub(crate) fn fail(&mut self, component: u8) {
        if usize::from(component) < self.components.len() {
            self.broken |= 1 << component;
        }
    }

    /// The answer to Query Rollback Status; it names components even when it refuses.
    pub(super) fn rollback_status(&self, now: Time, request: &Request) -> Response {
        if let Err(code) = QueryRollbackStatus::read_request(request) {
            return QueryRollbackStatus::refuse(code);
        }
        let (code, components, percent) = match self.rollback {
            Rollback::None => (CompletionCode::OK, 0, None),
            Rollback::InProgress => (code::IN_PROGRESS, 0, Some(self.percent(now))),
            Rollback::Done(components) => (CompletionCode::OK, components, None),
            Rollback::Failed(components) => (code::ROLLBACK_FAILED, components, None),
            Rollback::Overridden(components) => (code::ROLLBACK_OVERRIDDEN, components, None),
        };
        let mut response = QueryRollbackStatus::refuse(code);
        let status = RollbackStatus {
            components,
            percent,
        };
        status.write(&mut response.data);
        response
    }
}

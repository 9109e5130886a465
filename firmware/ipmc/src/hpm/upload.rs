//! Backup, preparation and upload: what comes before an activation.
//!
//! Source: PICMG HPM.1 R1.0 §3.3.

use super::{Component, FlashOrder, Target, Work};
use crate::firmware::{Firmware, Receiver, crc_of};
use alloc::vec::Vec;
use ipmi::command::hpm::{
    FinishFirmwareUpload, FirmwareBlockUploaded, InitiateUpgradeAction, UploadFirmwareBlock,
    action, code,
};
use ipmi::command::{Command, Empty};
use ipmi::message::CompletionCode;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most bytes of one block: what an IPMB message of 32 bytes has room for behind its framing (7),
/// the group id and the block's number. Upgrade agents shrink their blocks until they are accepted.
pub const BLOCK_LEN_MAX: usize = 32 - 7 - 2;

/// Blocks that are coming in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Upload {
    /// Who uploads.
    owner: u8,
    component: u8,
    /// Whether it shall only be compared with what runs.
    compares: bool,
    pub(super) receiver: Receiver,
    next: u8,
    /// Checksum of the last block; `None` before the first one.
    last: Option<u32>,
}

/// What the flash memory was doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Job {
    /// Copying the active banks of these components.
    Backup { components: u8 },
    /// Erasing the upload banks of these components.
    Erase { components: u8 },
    /// Verifying what was uploaded.
    Verify {
        component: u8,
        /// `None` when it is no firmware.
        found: Option<Firmware>,
    },
}

impl Job {
    fn components(&self) -> u8 {
        match self {
            Self::Backup { components } | Self::Erase { components } => *components,
            Self::Verify { component, .. } => 1 << component,
        }
    }
}

impl Target {
    pub(super) fn initiate(
        &mut self,
        now: Time,
        (from, order): (u8, &InitiateUpgradeAction),
        orders: &mut Vec<FlashOrder>,
    ) -> Result<Empty, CompletionCode> {
        self.idle()?;
        self.check_owner(from)?;
        let components = order.components;
        let (allowed, count_max) = match order.action {
            action::BACKUP => (self.mask(|found| found.config.has_backup), 8),
            action::PREPARE => (self.mask(|_| true), 8),
            action::UPLOAD | action::COMPARE => (self.mask(|_| true), 1),
            _ => return Err(CompletionCode::INVALID_FIELD),
        };
        if components == 0 || components & !allowed != 0 || components.count_ones() > count_max {
            return Err(code::INVALID_COMPONENT);
        }
        // What the same agent had begun before, it does not finish any more.
        self.upload = None;
        match order.action {
            action::BACKUP => {
                each(components, |component| {
                    orders.push(FlashOrder::Backup { component })
                });
                self.start_flash(now, Job::Backup { components })
            }
            action::PREPARE => self.erase(now, components, orders),
            action::UPLOAD => {
                let done = self.erase(now, components, orders);
                self.begin(from, components, false);
                done
            }
            _ => {
                self.begin(from, components, true);
                self.status = (InitiateUpgradeAction::COMMAND, CompletionCode::OK);
                Ok(Empty {})
            }
        }
    }

    fn begin(&mut self, owner: u8, components: u8, compares: bool) {
        self.upload = Some(Upload {
            owner,
            component: components.trailing_zeros() as u8,
            compares,
            receiver: Receiver::new(),
            next: 0,
            last: None,
        });
    }

    /// Erases the upload banks that are not blank yet.
    fn erase(
        &mut self,
        now: Time,
        components: u8,
        orders: &mut Vec<FlashOrder>,
    ) -> Result<Empty, CompletionCode> {
        let components = components & self.mask(|found| !found.is_blank);
        each(components, |component| {
            orders.push(FlashOrder::Erase { component })
        });
        for found in self.chosen(components) {
            found.deferred = None;
        }
        if components == 0 {
            self.status = (InitiateUpgradeAction::COMMAND, CompletionCode::OK);
            return Ok(Empty {});
        }
        self.start_flash(now, Job::Erase { components })
    }

    /// Choice: the last block may be repeated, and is not written again, as an answer may get lost
    /// on its way. Any other number out of turn is a block that never came.
    pub(super) fn block(
        &mut self,
        (from, block): (u8, &UploadFirmwareBlock),
        orders: &mut Vec<FlashOrder>,
    ) -> Result<FirmwareBlockUploaded, CompletionCode> {
        self.idle()?;
        self.check_owner(from)?;
        let broken = self.broken;
        let upload = self.upload.as_mut().ok_or(CompletionCode::NOT_IN_STATE)?;
        if block.data.is_empty() {
            return Err(CompletionCode::LENGTH_INVALID);
        }
        if block.data.len() > BLOCK_LEN_MAX {
            return Err(CompletionCode::LENGTH_LIMIT);
        }
        let accepted = FirmwareBlockUploaded {
            section_offset: None,
            section_length: None,
        };
        let checksum = Some(crc_of(&block.data));
        if block.number == upload.next.wrapping_sub(1) && upload.last == checksum {
            return Ok(accepted);
        }
        if block.number != upload.next {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let component = upload.component;
        if broken >> component & 1 == 1 {
            return Err(CompletionCode::UNSPECIFIED);
        }
        let offset = upload.receiver.received();
        if !upload.receiver.take(&block.data) {
            return Err(CompletionCode::OUT_OF_SPACE);
        }
        upload.next = upload.next.wrapping_add(1);
        upload.last = checksum;
        if !upload.compares {
            let data = block.data.clone();
            orders.push(FlashOrder::Write {
                component,
                offset,
                data,
            });
            for found in self.chosen(1 << component) {
                found.is_blank = false;
            }
        }
        Ok(accepted)
    }

    pub(super) fn finish(
        &mut self,
        now: Time,
        (from, order): (u8, &FinishFirmwareUpload),
    ) -> Result<Empty, CompletionCode> {
        self.idle()?;
        self.check_owner(from)?;
        let upload = self.upload.as_ref().ok_or(CompletionCode::NOT_IN_STATE)?;
        if upload.component != order.component {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let (component, compares) = (upload.component, upload.compares);
        let is_whole = upload.receiver.received() == order.length;
        let found = upload.receiver.finish().ok();
        self.upload = None;
        if !is_whole {
            self.status = (FinishFirmwareUpload::COMMAND, code::LENGTH_MISMATCH);
            return Err(code::LENGTH_MISMATCH);
        }
        if compares {
            let result = self.compared(component, found);
            self.status = (FinishFirmwareUpload::COMMAND, result);
            return match result {
                CompletionCode::OK => Ok(Empty {}),
                refused => Err(refused),
            };
        }
        self.start_flash(now, Job::Verify { component, found })
    }

    fn compared(&self, component: u8, found: Option<Firmware>) -> CompletionCode {
        let active = self.component(component).map(|found| &found.active);
        match found {
            None => code::CHECKSUM,
            found if found.as_ref() == active => CompletionCode::OK,
            _ => code::DIFFERS,
        }
    }

    /// Choice: what was uploaded before and was not activated yet is dropped too; a new upgrade
    /// begins from nothing.
    pub(super) fn abort(&mut self, orders: &mut Vec<FlashOrder>) -> Result<(), CompletionCode> {
        if self.work.is_some() {
            return Err(code::CANNOT_ABORT);
        }
        self.upload = None;
        let components = self.mask(|found| found.deferred.is_some());
        each(components, |component| {
            orders.push(FlashOrder::Erase { component })
        });
        for found in self.chosen(components) {
            found.deferred = None;
            found.is_blank = true;
        }
        Ok(())
    }

    /// The flash memory begins; what it takes no time for is done already.
    fn start_flash(&mut self, now: Time, job: Job) -> Result<Empty, CompletionCode> {
        let command = match job {
            Job::Backup { .. } | Job::Erase { .. } => InitiateUpgradeAction::COMMAND,
            Job::Verify { .. } => FinishFirmwareUpload::COMMAND,
        };
        self.status = (command, code::IN_PROGRESS);
        self.work_since = now;
        if !matches!(job, Job::Verify { .. }) {
            // A new attempt, whatever was wrong before.
            self.broken &= !job.components();
        }
        if self.config.flash_time.is_zero() {
            self.done(job);
        } else {
            let done_at = now.after(self.config.flash_time);
            self.work = Some(Work::Flash { done_at, job });
        }
        match self.status.1 {
            CompletionCode::OK => Ok(Empty {}),
            refused => Err(refused),
        }
    }

    /// The flash memory is ready.
    pub(super) fn done(&mut self, job: Job) {
        let is_broken = self.broken & job.components() != 0;
        self.status.1 = match job {
            _ if is_broken => {
                self.upload = None;
                CompletionCode::UNSPECIFIED
            }
            Job::Backup { components } => {
                for found in self.chosen(components) {
                    found.backup = Some(found.active.clone());
                }
                CompletionCode::OK
            }
            Job::Erase { components } => {
                for found in self.chosen(components) {
                    found.is_blank = true;
                }
                CompletionCode::OK
            }
            Job::Verify { found: None, .. } => code::CHECKSUM,
            Job::Verify { component, found } => {
                for chosen in self.chosen(1 << component) {
                    chosen.deferred.clone_from(&found);
                }
                CompletionCode::OK
            }
        };
    }

    /// Whether nothing takes its time now.
    pub(super) fn idle(&self) -> Result<(), CompletionCode> {
        let is_idle = self.work.is_none();
        is_idle.then_some(()).ok_or(CompletionCode::NODE_BUSY)
    }

    fn check_owner(&self, from: u8) -> Result<(), CompletionCode> {
        match &self.upload {
            Some(upload) if upload.owner != from => Err(CompletionCode::NOT_IN_STATE),
            _ => Ok(()),
        }
    }

    pub(super) fn chosen(&mut self, components: u8) -> impl Iterator<Item = &mut Component> {
        let all = self.components.iter_mut().enumerate();
        let chosen = all.filter(move |(id, _)| components >> id & 1 == 1);
        chosen.map(|(_, component)| component)
    }
}

/// Calls `with` for each component of a mask.
fn each(components: u8, with: impl FnMut(u8)) {
    (0..8).filter(|id| components >> id & 1 == 1).for_each(with);
}

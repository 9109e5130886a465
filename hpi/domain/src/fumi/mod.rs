//! Firmware upgrade management instruments.
//!
//! What an operation does to the firmware is either the domain's own affair, on the log's clock, or
//! a job at the controller, which is a target of HPM.1. Sources are read by jobs in any case.
//!
//! Choice: one operation at a time for each bank; another one is refused as busy.
//!
//! Source: SAI-HPI-B.03.02, `saHpiFumiSpecInfoGet` to `saHpiFumiCleanup`.

mod call;
mod job;
mod operation;
mod outcome;
mod target;

pub use call::FumiCall;
pub use job::{FirmwareJob, FirmwareOutcome, FirmwareResult, version};

use crate::job::Told as Events;
use crate::{JobId, JobOf};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use hpi_model::firmware::{
    BankState, FirmwareInstance, SourceStatus, UpgradeImpact, UpgradeStatus, fumi_capability,
};
use hpi_model::{EventKind, HpiError, ResourceId, Severity, TextBuffer};
use machine::Time;
use operation::Doing;
use serde::{Deserialize, Serialize};

/// The logical bank.
pub const LOGICAL: u8 = 0;

/// A firmware upgrade management instrument.
///
/// Invariant: `banks` has [`LOGICAL`], and each explicit bank has its place in `order`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fumi {
    /// Capabilities, see [`fumi_capability`].
    pub capabilities: u32,
    /// Revision of HPM.1 that its target follows; `None` where it has no target.
    pub hpm: Option<u8>,
    /// What an upgrade does to the service of the resource.
    pub impact: UpgradeImpact,
    /// `saHpiFumiAutoRollbackDisableGet`.
    pub auto_rollback_disabled: bool,
    /// What runs, or would run.
    pub main: Option<FirmwareInstance>,
    /// What waits for its activation.
    pub pending: Option<FirmwareInstance>,
    /// What can be brought back.
    pub rollback: Option<FirmwareInstance>,
    /// How many instances the logical bank can keep.
    pub places: u8,
    backing: Backing,
    banks: BTreeMap<u8, Bank>,
    /// Explicit banks in the order in which they are started.
    order: Vec<u8>,
}

/// Who does what is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Backing {
    /// The domain.
    Own,
    /// The controller at this address.
    Target(u8),
}

/// A bank, logical or explicit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bank {
    /// Where its next firmware comes from.
    pub source: Option<Source>,
    /// Of the last operation.
    pub status: UpgradeStatus,
    /// How much fits, in KiB; 0 where that is not known.
    pub size_kib: u32,
    /// Of an explicit bank.
    pub state: BankState,
    /// Of an explicit bank: what is in it.
    pub firmware: Option<FirmwareInstance>,
    doing: Option<Doing>,
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where it is.
    pub uri: TextBuffer,
    /// Whether it is good.
    pub status: SourceStatus,
    /// What it holds, once it was read.
    pub firmware: Option<FirmwareInstance>,
}

impl Fumi {
    fn new(backing: Backing, size_kib: u32) -> Self {
        Self {
            capabilities: 0,
            hpm: None,
            impact: UpgradeImpact::Nondegrading,
            auto_rollback_disabled: false,
            main: None,
            pending: None,
            rollback: None,
            places: 1,
            backing,
            banks: [(LOGICAL, Bank::new(size_kib))].into(),
            order: Vec::new(),
        }
    }

    /// Whether it has a capability; if not, why a function of it is refused.
    pub fn can(&self, capability: u32) -> Result<(), HpiError> {
        let can = self.capabilities & capability != 0;
        can.then_some(()).ok_or(HpiError::Capability)
    }

    /// A bank.
    pub fn bank(&self, number: u8) -> Result<&Bank, HpiError> {
        self.banks.get(&number).ok_or(HpiError::NotPresent)
    }

    /// How many explicit banks there are.
    pub fn explicit_banks(&self) -> u8 {
        u8::try_from(self.order.len()).unwrap_or(u8::MAX)
    }

    /// A bank's place in the boot order, from 1; 1 for the only one, 0 for the logical bank beside
    /// explicit ones.
    pub fn position(&self, number: u8) -> u32 {
        let at = self.order.iter().position(|bank| *bank == number);
        match at.and_then(|at| u32::try_from(at + 1).ok()) {
            Some(position) => position,
            None => u32::from(self.order.is_empty()),
        }
    }

    /// What is in a bank: what runs, for the logical one.
    pub fn firmware(&self, number: u8) -> Result<Option<&FirmwareInstance>, HpiError> {
        let bank = self.bank(number)?;
        Ok(match number {
            LOGICAL => self.main.as_ref(),
            _ => bank.firmware.as_ref(),
        })
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        self.banks.values().filter_map(Bank::deadline).min()
    }

    fn bank_mut(&mut self, number: u8) -> Result<&mut Bank, HpiError> {
        self.banks.get_mut(&number).ok_or(HpiError::NotPresent)
    }

    fn rolls_back_alone(&self) -> bool {
        self.can(fumi_capability::AUTO_ROLLBACK).is_ok() && !self.auto_rollback_disabled
    }
}

impl Bank {
    fn new(size_kib: u32) -> Self {
        Self {
            source: None,
            status: UpgradeStatus::NotStarted,
            size_kib,
            state: BankState::Valid,
            firmware: None,
            doing: None,
        }
    }

    /// Its source, if that is good enough to be installed.
    fn valid_source(&self) -> Result<&Source, HpiError> {
        let source = self.source.as_ref().filter(|source| {
            matches!(
                source.status,
                SourceStatus::Valid | SourceStatus::ValidityUnknown
            )
        });
        source.ok_or(HpiError::InvalidRequest)
    }

    fn fits(&self, firmware: &FirmwareInstance) -> bool {
        self.size_kib == 0 || firmware.len <= u64::from(self.size_kib) * 1024
    }
}

/// Of which instrument something is told, when, and what.
struct Teller<'a> {
    resource: ResourceId,
    num: u32,
    now: Time,
    /// Index of the log entry.
    index: u64,
    told: &'a mut Events,
    /// Jobs that begin, and those that end.
    jobs: &'a mut Vec<(JobId, Option<FirmwareJob>)>,
    /// Answers to calls that had to wait.
    answers: &'a mut Vec<(u64, Result<(), HpiError>)>,
}

impl Teller<'_> {
    /// Choice: what failed is a major matter.
    fn tell(&mut self, number: u8, bank: &mut Bank, status: UpgradeStatus) {
        use UpgradeStatus as S;
        let severity = match status {
            S::SourceValidationFailed
            | S::InstallFailedRollbackNeeded
            | S::InstallFailedRollbackInitiated
            | S::InstallFailedRollbackNotPossible
            | S::RollbackFailed
            | S::BackupFailed
            | S::BankCopyFailed
            | S::TargetVerifyFailed
            | S::ActivateFailedRollbackNeeded
            | S::ActivateFailedRollbackInitiated
            | S::ActivateFailedRollbackNotPossible => Severity::Major,
            S::NotStarted
            | S::SourceValidationInitiated
            | S::SourceValidationDone
            | S::SourceValidationCancelled
            | S::InstallInitiated
            | S::InstallDone
            | S::InstallCancelled
            | S::RollbackInitiated
            | S::RollbackDone
            | S::RollbackCancelled
            | S::BackupInitiated
            | S::BackupDone
            | S::BackupCancelled
            | S::BankCopyInitiated
            | S::BankCopyDone
            | S::BankCopyCancelled
            | S::TargetVerifyInitiated
            | S::TargetVerifyDone
            | S::TargetVerifyCancelled
            | S::ActivateInitiated
            | S::ActivateDone
            | S::ActivateCancelled => Severity::Informational,
        };
        bank.status = status;
        let (num, status) = (self.num, status.number());
        self.told.push((
            severity,
            EventKind::Fumi {
                num,
                bank: number,
                status,
            },
        ));
    }

    fn job(&self, bank: u8, serial: u64) -> JobId {
        JobId {
            resource: self.resource,
            of: JobOf::Bank {
                num: self.num,
                bank,
            },
            serial,
        }
    }
}

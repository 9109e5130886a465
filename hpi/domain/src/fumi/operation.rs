//! Operations that take their time: how they begin, end, fail and are cancelled.

use super::{Backing, Bank, FirmwareJob, Fumi, LOGICAL, Teller};
use core::time::Duration;
use hpi_model::HpiError;
use hpi_model::firmware::{BankState, SourceStatus, UpgradeStatus};
use machine::Time;
use serde::{Deserialize, Serialize};

/// How long the domain's own operations take.
const OWN_TIME: Duration = Duration::from_millis(500);

/// An operation that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Doing {
    pub(super) what: Operation,
    pub(super) until: Until,
    /// The call that waits for its end.
    pub(super) waiting: Option<u64>,
}

/// What ends an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Until {
    /// Time.
    At(Time),
    /// A job of this serial number.
    Job(u64),
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Operation {
    Validate,
    Install,
    Backup,
    /// To this bank.
    Copy(u8),
    /// What was installed.
    Verify,
    /// What runs.
    VerifyMain,
    Activate,
    Rollback,
}

impl Operation {
    pub(super) fn initiated(self) -> UpgradeStatus {
        match self {
            Self::Validate => UpgradeStatus::SourceValidationInitiated,
            Self::Install => UpgradeStatus::InstallInitiated,
            Self::Backup => UpgradeStatus::BackupInitiated,
            Self::Copy(_) => UpgradeStatus::BankCopyInitiated,
            Self::Verify | Self::VerifyMain => UpgradeStatus::TargetVerifyInitiated,
            Self::Activate => UpgradeStatus::ActivateInitiated,
            Self::Rollback => UpgradeStatus::RollbackInitiated,
        }
    }

    pub(super) fn done(self) -> UpgradeStatus {
        match self {
            Self::Validate => UpgradeStatus::SourceValidationDone,
            Self::Install => UpgradeStatus::InstallDone,
            Self::Backup => UpgradeStatus::BackupDone,
            Self::Copy(_) => UpgradeStatus::BankCopyDone,
            Self::Verify | Self::VerifyMain => UpgradeStatus::TargetVerifyDone,
            Self::Activate => UpgradeStatus::ActivateDone,
            Self::Rollback => UpgradeStatus::RollbackDone,
        }
    }

    fn cancelled(self) -> UpgradeStatus {
        match self {
            Self::Validate => UpgradeStatus::SourceValidationCancelled,
            Self::Install => UpgradeStatus::InstallCancelled,
            Self::Backup => UpgradeStatus::BackupCancelled,
            Self::Copy(_) => UpgradeStatus::BankCopyCancelled,
            Self::Verify | Self::VerifyMain => UpgradeStatus::TargetVerifyCancelled,
            Self::Activate => UpgradeStatus::ActivateCancelled,
            Self::Rollback => UpgradeStatus::RollbackCancelled,
        }
    }

    /// Choice: an installation that fails leaves what runs as it is, so there is nothing to go
    /// back from.
    pub(super) fn failed(self, has_rollback: bool) -> UpgradeStatus {
        match self {
            Self::Validate => UpgradeStatus::SourceValidationFailed,
            Self::Install => UpgradeStatus::InstallFailedRollbackNotPossible,
            Self::Backup => UpgradeStatus::BackupFailed,
            Self::Copy(_) => UpgradeStatus::BankCopyFailed,
            Self::Verify | Self::VerifyMain => UpgradeStatus::TargetVerifyFailed,
            Self::Activate if has_rollback => UpgradeStatus::ActivateFailedRollbackNeeded,
            Self::Activate => UpgradeStatus::ActivateFailedRollbackNotPossible,
            Self::Rollback => UpgradeStatus::RollbackFailed,
        }
    }
}

impl Bank {
    pub(super) fn deadline(&self) -> Option<Time> {
        match self.doing.as_ref()?.until {
            Until::At(at) => Some(at),
            Until::Job(_) => None,
        }
    }

    pub(super) fn is_idle(&self) -> Result<(), HpiError> {
        let is_idle = self.doing.is_none() && self.state != BankState::UpgradeInProgress;
        is_idle.then_some(()).ok_or(HpiError::Busy)
    }
}

impl Fumi {
    /// Begins an operation; `waiting` is the call that is answered at its end.
    pub(super) fn begin(
        &mut self,
        (number, what): (u8, Operation),
        waiting: Option<u64>,
        teller: &mut Teller<'_>,
    ) -> Result<(), HpiError> {
        self.bank(number)?.is_idle()?;
        if let Operation::Copy(to) = what {
            self.bank(to)?.is_idle()?;
        }
        let job = self.job(number, what);
        let bank = self.bank_mut(number)?;
        let until = match job {
            Some(_) => Until::Job(teller.index),
            None => Until::At(teller.now.after(OWN_TIME)),
        };
        bank.doing = Some(Doing {
            what,
            until,
            waiting,
        });
        if what == Operation::Validate
            && let Some(source) = &mut bank.source
        {
            source.status = SourceStatus::ValidationInitiated;
        }
        teller.tell(number, bank, what.initiated());
        if let Some(job) = job {
            let id = teller.job(number, teller.index);
            teller.jobs.push((id, Some(job)));
        }
        match what {
            Operation::Install => self.mark(number, BankState::UpgradeInProgress),
            Operation::Copy(to) => self.mark(to, BankState::UpgradeInProgress),
            Operation::Validate
            | Operation::Backup
            | Operation::Verify
            | Operation::VerifyMain
            | Operation::Activate
            | Operation::Rollback => {}
        }
        Ok(())
    }

    /// Sets the state of an explicit bank; the logical one has none.
    pub(super) fn mark(&mut self, number: u8, state: BankState) {
        if let Some(bank) = self.banks.get_mut(&number).filter(|_| number != LOGICAL) {
            bank.state = state;
        }
    }

    /// The job that does it; `None` where it is the domain's own affair.
    fn job(&self, number: u8, what: Operation) -> Option<FirmwareJob> {
        let source = self.banks.get(&number)?.source.as_ref();
        let uri = source.map(|source| source.uri.clone());
        let firmware = source.and_then(|source| source.firmware.as_ref());
        let digest = firmware.and_then(|firmware| firmware.digest);
        let target = match self.backing {
            Backing::Own if what == Operation::Validate => {
                let target = None;
                return Some(FirmwareJob::Validate { target, uri: uri? });
            }
            Backing::Own => return None,
            Backing::Target(target) => target,
        };
        Some(match what {
            Operation::Validate => FirmwareJob::Validate {
                target: Some(target),
                uri: uri?,
            },
            Operation::Install => FirmwareJob::Install {
                target,
                uri: uri?,
                digest,
            },
            Operation::VerifyMain => FirmwareJob::Compare {
                target,
                uri: uri?,
                digest,
            },
            Operation::Backup => FirmwareJob::Backup { target },
            Operation::Activate => FirmwareJob::Activate {
                target,
                keeps: !self.rolls_back_alone(),
            },
            Operation::Rollback => FirmwareJob::Rollback { target },
            // No target has explicit banks, or verifies what only waits.
            Operation::Copy(_) | Operation::Verify => return None,
        })
    }

    /// Ends the operation of a bank as cancelled, if there is one.
    pub(super) fn cancel(&mut self, number: u8, teller: &mut Teller<'_>) -> Result<(), HpiError> {
        let bank = self.bank_mut(number)?;
        let doing = bank.doing.take().ok_or(HpiError::InvalidRequest)?;
        if let Until::Job(serial) = doing.until {
            let id = teller.job(number, serial);
            teller.jobs.push((id, None));
        }
        match doing.what {
            Operation::Validate => {
                if let Some(source) = &mut bank.source {
                    source.status = SourceStatus::ValidationNotStarted;
                }
            }
            Operation::Install => {
                bank.firmware = None;
                self.mark(number, BankState::Corrupted);
            }
            Operation::Copy(to) => {
                self.bank_mut(to)?.firmware = None;
                self.mark(to, BankState::Corrupted);
            }
            Operation::Backup
            | Operation::Verify
            | Operation::VerifyMain
            | Operation::Activate
            | Operation::Rollback => {}
        }
        if let Some(tag) = doing.waiting {
            teller.answers.push((tag, Err(HpiError::Error)));
        }
        let bank = self.bank_mut(number)?;
        teller.tell(number, bank, doing.what.cancelled());
        Ok(())
    }
}

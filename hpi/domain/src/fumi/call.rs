//! What users order of firmware upgrade management instruments.

use super::operation::Operation;
use super::{FirmwareResult, Fumi, LOGICAL, Source, Teller};
use crate::job::Told as Events;
use crate::{Effect, Job, JobId, Out, Resource, Told};
use alloc::vec::Vec;
use hpi_model::firmware::{BankState, SourceStatus, UpgradeStatus, fumi_capability};
use hpi_model::{Capabilities, HpiError, TextBuffer};
use machine::Time;
use serde::{Deserialize, Serialize};

/// A call that changes a firmware upgrade management instrument. Numbers are those of banks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FumiCall {
    /// `saHpiFumiSourceSet`: a URI that is properly formed.
    SourceSet(u8, TextBuffer),
    /// `saHpiFumiSourceInfoValidateStart`.
    SourceInfoValidateStart(u8),
    /// `saHpiFumiBackupStart`.
    BackupStart,
    /// `saHpiFumiBankBootOrderSet`: which bank, to which position.
    BankBootOrderSet(u8, u32),
    /// `saHpiFumiBankCopyStart`: from which bank, to which one.
    BankCopyStart(u8, u8),
    /// `saHpiFumiInstallStart`.
    InstallStart(u8),
    /// `saHpiFumiTargetVerifyStart`.
    TargetVerifyStart(u8),
    /// `saHpiFumiTargetVerifyMainStart`.
    TargetVerifyMainStart,
    /// `saHpiFumiUpgradeCancel`.
    UpgradeCancel(u8),
    /// `saHpiFumiAutoRollbackDisableSet`.
    AutoRollbackDisableSet(bool),
    /// `saHpiFumiRollbackStart`.
    RollbackStart,
    /// `saHpiFumiActivate`.
    Activate,
    /// `saHpiFumiActivateStart`: the logical bank, or the explicit ones.
    ActivateStart(bool),
    /// `saHpiFumiCleanup`.
    Cleanup(u8),
}

impl Resource {
    /// Carries out what a user orders of a firmware upgrade management instrument.
    pub(crate) fn fumi_call(
        &mut self,
        (num, call): (u32, &FumiCall),
        out: &mut Out<'_>,
        told: &mut Events,
    ) -> Result<Told, HpiError> {
        if !self.rpt.capabilities.has(Capabilities::FUMI) {
            return Err(HpiError::Capability);
        }
        if !self.kept.fumis.contains_key(&num) {
            return Err(HpiError::NotPresent);
        }
        let tag = out.tag;
        let mut result = Err(HpiError::NotPresent);
        self.with_fumis(out, told, |found, fumi, teller| {
            if found == num {
                result = fumi.call(call, tag, teller);
            }
        });
        result
    }

    /// Ends the operations whose time has come.
    pub(crate) fn upgrades_end(&mut self, out: &mut Out<'_>, told: &mut Events) {
        self.with_fumis(out, told, |_, fumi, teller| fumi.end_due(teller));
    }

    /// Nobody works on the jobs any more.
    pub(crate) fn upgrades_lost(&mut self, out: &mut Out<'_>, told: &mut Events) {
        self.with_fumis(out, told, |_, fumi, teller| fumi.lose_jobs(teller));
    }

    /// What came of a job.
    pub(crate) fn upgrade_done(
        &mut self,
        ((num, bank), serial): ((u32, u8), u64),
        result: &FirmwareResult,
        (out, told): (&mut Out<'_>, &mut Events),
    ) {
        self.with_fumis(out, told, |found, fumi, teller| {
            if found == num {
                fumi.job_ended((bank, serial), result, teller);
            }
        });
    }

    /// Lets something be done with each, and hands on what it causes.
    fn with_fumis(
        &mut self,
        out: &mut Out<'_>,
        told: &mut Events,
        mut does: impl FnMut(u32, &mut Fumi, &mut Teller<'_>),
    ) {
        let (mut jobs, mut answers) = (Vec::new(), Vec::new());
        for (num, fumi) in &mut self.kept.fumis {
            let mut teller = Teller {
                resource: self.rpt.resource,
                num: *num,
                now: out.at.time,
                index: out.at.index,
                told,
                jobs: &mut jobs,
                answers: &mut answers,
            };
            does(*num, fumi, &mut teller);
        }
        let effect = |(id, job): (JobId, Option<_>)| match job {
            Some(job) => Effect::Job(id, Job::Firmware(job)),
            None => Effect::JobCancelled(id),
        };
        out.effects.extend(jobs.into_iter().map(effect));
        let answer = |(tag, result): (u64, Result<(), HpiError>)| Effect::Answer {
            tag,
            result: result.map(|()| Told::Done),
        };
        out.late.extend(answers.into_iter().map(answer));
    }

    pub(crate) fn upgrades_due(&self) -> Option<Time> {
        self.kept.fumis.values().filter_map(Fumi::deadline).min()
    }
}

impl Fumi {
    fn call(
        &mut self,
        call: &FumiCall,
        tag: u64,
        teller: &mut Teller<'_>,
    ) -> Result<Told, HpiError> {
        use fumi_capability as can;
        match call {
            FumiCall::SourceSet(bank, uri) => self.set_source(*bank, uri)?,
            FumiCall::SourceInfoValidateStart(bank) => {
                let has_source = self.bank(*bank)?.source.is_some();
                has_source.then_some(()).ok_or(HpiError::InvalidRequest)?;
                self.begin((*bank, Operation::Validate), None, teller)?;
            }
            FumiCall::BackupStart => {
                self.can(can::BACKUP)?;
                self.begin((LOGICAL, Operation::Backup), None, teller)?;
            }
            FumiCall::BankBootOrderSet(bank, position) => self.reorder(*bank, *position)?,
            FumiCall::BankCopyStart(from, to) => self.start_copy((*from, *to), teller)?,
            FumiCall::InstallStart(bank) => {
                self.bank(*bank)?.valid_source()?;
                self.writable(*bank)?;
                self.begin((*bank, Operation::Install), None, teller)?;
            }
            FumiCall::TargetVerifyStart(bank) => {
                self.can(can::TARGET_VERIFY)?;
                self.bank(*bank)?.valid_source()?;
                if *bank == LOGICAL && self.pending.is_none() {
                    return Err(HpiError::InvalidRequest);
                }
                self.begin((*bank, Operation::Verify), None, teller)?;
            }
            FumiCall::TargetVerifyMainStart => {
                self.can(can::TARGET_VERIFY_MAIN)?;
                self.bank(LOGICAL)?.valid_source()?;
                self.main.as_ref().ok_or(HpiError::InvalidRequest)?;
                self.begin((LOGICAL, Operation::VerifyMain), None, teller)?;
            }
            FumiCall::UpgradeCancel(bank) => self.cancel(*bank, teller)?,
            FumiCall::AutoRollbackDisableSet(disable) => {
                self.can(can::AUTO_ROLLBACK)?;
                self.can(can::AUTO_ROLLBACK_CAN_BE_DISABLED)?;
                self.auto_rollback_disabled = *disable;
            }
            FumiCall::RollbackStart => {
                self.can(can::ROLLBACK)?;
                self.rollback.as_ref().ok_or(HpiError::InvalidRequest)?;
                self.begin((LOGICAL, Operation::Rollback), None, teller)?;
            }
            FumiCall::Activate => return self.activate_and_wait(tag, teller),
            FumiCall::ActivateStart(logical) => self.start_activation(*logical, teller)?,
            FumiCall::Cleanup(bank) => {
                self.bank(*bank)?;
                // Nothing may be under way.
                let _ = self.cancel(*bank, teller);
                let bank = self.bank_mut(*bank)?;
                bank.source = None;
                bank.status = UpgradeStatus::NotStarted;
            }
        }
        Ok(Told::Done)
    }

    fn set_source(&mut self, bank: u8, uri: &TextBuffer) -> Result<(), HpiError> {
        let bank = self.bank_mut(bank)?;
        bank.is_idle()?;
        bank.source = Some(Source {
            uri: uri.clone(),
            status: SourceStatus::ValidationNotStarted,
            firmware: None,
        });
        Ok(())
    }

    /// Choice: the explicit bank that runs is not written to.
    fn writable(&self, bank: u8) -> Result<(), HpiError> {
        let runs = bank != LOGICAL && self.bank(bank)?.state == BankState::Active;
        (!runs).then_some(()).ok_or(HpiError::Busy)
    }

    fn is_explicit(&self, bank: u8) -> bool {
        self.order.contains(&bank)
    }

    fn reorder(&mut self, bank: u8, position: u32) -> Result<(), HpiError> {
        self.can(fumi_capability::BANK_REORDER)?;
        let before = self.order.iter().position(|other| *other == bank);
        let before = before.ok_or(HpiError::NotPresent)?;
        let to = usize::try_from(position)
            .ok()
            .and_then(|it| it.checked_sub(1));
        let to = to.filter(|to| *to < self.order.len());
        let to = to.ok_or(HpiError::InvalidData)?;
        let bank = self.order.remove(before);
        self.order.insert(to, bank);
        Ok(())
    }

    fn start_copy(
        &mut self,
        (from, to): (u8, u8),
        teller: &mut Teller<'_>,
    ) -> Result<(), HpiError> {
        self.can(fumi_capability::BANK_COPY)?;
        if !self.is_explicit(from) || !self.is_explicit(to) {
            return Err(HpiError::InvalidData);
        }
        if from == to {
            return Err(HpiError::InvalidRequest);
        }
        self.writable(to)?;
        self.begin((from, Operation::Copy(to)), None, teller)
    }

    /// The bank that an activation is about.
    fn to_activate(&self, logical: bool) -> Result<u8, HpiError> {
        if logical {
            let is_there = self.pending.is_some() || self.main.is_some();
            return is_there.then_some(LOGICAL).ok_or(HpiError::InvalidRequest);
        }
        let is_valid = |bank: &&u8| {
            let bank = self.banks.get(bank);
            bank.is_some_and(|bank| {
                matches!(bank.state, BankState::Valid | BankState::Active)
                    && bank.firmware.is_some()
            })
        };
        let first = self.order.iter().find(is_valid);
        first.copied().ok_or(HpiError::InvalidRequest)
    }

    /// Whether what is to be activated runs already.
    fn runs(&self, bank: u8) -> bool {
        match bank {
            LOGICAL => self.pending.is_none(),
            _ => self
                .bank(bank)
                .is_ok_and(|bank| bank.state == BankState::Active),
        }
    }

    /// Choice: what runs already is reported as activated at once, so that nobody waits for ever.
    fn start_activation(&mut self, logical: bool, teller: &mut Teller<'_>) -> Result<(), HpiError> {
        let number = self.to_activate(logical)?;
        let runs = self.runs(number);
        let bank = self.bank_mut(number)?;
        bank.is_idle()?;
        if !runs {
            return self.begin((number, Operation::Activate), None, teller);
        }
        teller.tell(number, bank, Operation::Activate.initiated());
        teller.tell(number, bank, Operation::Activate.done());
        Ok(())
    }

    /// The call is answered once the firmware runs. One that comes again while its activation is
    /// under way waits in the place of the first.
    fn activate_and_wait(&mut self, tag: u64, teller: &mut Teller<'_>) -> Result<Told, HpiError> {
        let number = self.to_activate(self.order.is_empty())?;
        let runs = self.runs(number);
        let bank = self.bank_mut(number)?;
        match &mut bank.doing {
            Some(doing) if doing.what == Operation::Activate => {
                let before = doing.waiting.replace(tag);
                let busy = before.map(|before| (before, Err(HpiError::Busy)));
                teller.answers.extend(busy);
                return Ok(Told::Later);
            }
            Some(_) => return Err(HpiError::Busy),
            None if runs => return Ok(Told::Done),
            None => {}
        }
        self.begin((number, Operation::Activate), Some(tag), teller)?;
        Ok(Told::Later)
    }
}

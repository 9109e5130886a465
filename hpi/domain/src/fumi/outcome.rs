//! What comes of operations.

use super::operation::{Doing, Operation, Until};
use super::{Backing, FirmwareOutcome, FirmwareResult, Fumi, LOGICAL, Teller};
use alloc::vec::Vec;
use hpi_model::HpiError;
use hpi_model::firmware::{
    BankState, FirmwareInstance, SourceStatus, UpgradeStatus, fumi_capability,
};

/// The component without which the domain's own firmware does not start.
///
/// Choice: so that an activation can fail, and what comes then be tried.
const NEEDED: u32 = 1;

impl Fumi {
    /// Ends what is the domain's own and due.
    pub(super) fn end_due(&mut self, teller: &mut Teller<'_>) {
        let is_due = |doing: &Doing| matches!(doing.until, Until::At(at) if at <= teller.now);
        let banks = self.banks.iter();
        let due = banks.filter(|(_, bank)| bank.doing.as_ref().is_some_and(is_due));
        let due: Vec<u8> = due.map(|(number, _)| *number).collect();
        for number in due {
            let Some(doing) = self.take(number) else {
                continue;
            };
            let is_done = self.carry_out(number, doing.what);
            self.ended((number, &doing), is_done, teller);
        }
    }

    fn take(&mut self, number: u8) -> Option<Doing> {
        self.banks.get_mut(&number)?.doing.take()
    }

    /// A job came to its end. Whatever became of it, the target is known anew.
    pub(super) fn job_ended(
        &mut self,
        (number, serial): (u8, u64),
        result: &FirmwareResult,
        teller: &mut Teller<'_>,
    ) {
        let bank = self.banks.get_mut(&number);
        let doing = bank.and_then(|bank| {
            let waits = |doing: &mut Doing| doing.until == Until::Job(serial);
            bank.doing.take_if(waits)
        });
        if let Some(target) = &result.target {
            self.learn(target);
        }
        let Some(doing) = doing else {
            return;
        };
        match &result.outcome {
            FirmwareOutcome::Source(status, firmware) => {
                self.validated((number, &doing), (*status, firmware.clone()), teller);
            }
            FirmwareOutcome::Done => self.ended((number, &doing), true, teller),
            FirmwareOutcome::Failed => self.ended((number, &doing), false, teller),
            FirmwareOutcome::WentBack(is_back) => {
                self.went_back((number, &doing), *is_back, teller);
            }
        }
    }

    /// Choice: validation is done only when the source is good; why it is not, its status says.
    fn validated(
        &mut self,
        (number, doing): (u8, &Doing),
        (status, firmware): (SourceStatus, Option<FirmwareInstance>),
        teller: &mut Teller<'_>,
    ) {
        let Some(bank) = self.banks.get_mut(&number) else {
            return;
        };
        if let Some(source) = &mut bank.source {
            source.status = status;
            source.firmware = firmware;
        }
        let is_done = status == SourceStatus::Valid && doing.what == Operation::Validate;
        let status = match is_done {
            true => doing.what.done(),
            false => doing.what.failed(false),
        };
        teller.tell(number, bank, status);
    }

    /// An operation is done, or failed.
    fn ended(&mut self, (number, doing): (u8, &Doing), is_done: bool, teller: &mut Teller<'_>) {
        if let Some(tag) = doing.waiting {
            let result = is_done.then_some(()).ok_or(HpiError::Error);
            teller.answers.push((tag, result));
        }
        let has_rollback = self.rollback.is_some() && number == LOGICAL;
        let is_own = self.backing == Backing::Own;
        let goes_back = doing.what == Operation::Activate
            && !is_done
            && has_rollback
            && is_own
            && self.rolls_back_alone();
        let status = match is_done {
            true => doing.what.done(),
            false if goes_back => UpgradeStatus::ActivateFailedRollbackInitiated,
            false => doing.what.failed(has_rollback),
        };
        if let Some(bank) = self.banks.get_mut(&number) {
            teller.tell(number, bank, status);
        }
        if goes_back {
            // The bank is idle, as its operation has just ended.
            let _ = self.begin((number, Operation::Rollback), None, teller);
        }
    }

    /// A controller went back by itself, within the same job.
    fn went_back(&mut self, (number, doing): (u8, &Doing), is_back: bool, teller: &mut Teller<'_>) {
        if let Some(tag) = doing.waiting {
            teller.answers.push((tag, Err(HpiError::Error)));
        }
        let Some(bank) = self.banks.get_mut(&number) else {
            return;
        };
        let end = match is_back {
            true => UpgradeStatus::RollbackDone,
            false => UpgradeStatus::RollbackFailed,
        };
        let statuses = [
            UpgradeStatus::ActivateFailedRollbackInitiated,
            UpgradeStatus::RollbackInitiated,
            end,
        ];
        for status in statuses {
            teller.tell(number, bank, status);
        }
    }

    /// Nobody works on the jobs any more, and nobody waits for answers.
    pub(super) fn lose_jobs(&mut self, teller: &mut Teller<'_>) {
        let numbers: Vec<u8> = self.banks.keys().copied().collect();
        for number in numbers {
            let Some(bank) = self.banks.get_mut(&number) else {
                continue;
            };
            if let Some(doing) = &mut bank.doing {
                doing.waiting = None;
            }
            let is_job = |doing: &Doing| matches!(doing.until, Until::Job(_));
            let Some(doing) = bank.doing.take_if(|doing| is_job(doing)) else {
                continue;
            };
            if doing.what == Operation::Validate {
                let status = SourceStatus::ValidationFail;
                self.validated((number, &doing), (status, None), teller);
            } else {
                self.spoil(number, doing.what);
                self.ended((number, &doing), false, teller);
            }
        }
    }

    /// What an operation leaves that did not come to its end.
    fn spoil(&mut self, number: u8, what: Operation) {
        match what {
            Operation::Install => self.mark(number, BankState::Corrupted),
            Operation::Copy(to) => self.mark(to, BankState::Corrupted),
            Operation::Validate
            | Operation::Backup
            | Operation::Verify
            | Operation::VerifyMain
            | Operation::Activate
            | Operation::Rollback => {}
        }
    }

    /// Does what is the domain's own affair; whether it succeeds.
    fn carry_out(&mut self, number: u8, what: Operation) -> bool {
        match what {
            Operation::Validate => false,
            Operation::Install => self.install(number),
            Operation::Backup => {
                self.rollback.clone_from(&self.main);
                self.main.is_some()
            }
            Operation::Copy(to) => self.copy(number, to),
            Operation::Verify => {
                let found = match number {
                    LOGICAL => self.pending.as_ref(),
                    _ => self
                        .banks
                        .get(&number)
                        .and_then(|bank| bank.firmware.as_ref()),
                };
                self.matches_source(number, found)
            }
            Operation::VerifyMain => self.matches_source(number, self.main.as_ref()),
            Operation::Activate if number == LOGICAL => self.activate(),
            Operation::Activate => self.activate_bank(number),
            Operation::Rollback => self.roll_back(),
        }
    }

    fn matches_source(&self, number: u8, found: Option<&FirmwareInstance>) -> bool {
        let source = self
            .banks
            .get(&number)
            .and_then(|bank| bank.source.as_ref());
        let wanted = source.and_then(|source| source.firmware.as_ref());
        let digest = |firmware: Option<&FirmwareInstance>| firmware.and_then(|it| it.digest);
        digest(found).is_some() && digest(found) == digest(wanted)
    }

    fn install(&mut self, number: u8) -> bool {
        let Some(bank) = self.banks.get_mut(&number) else {
            return false;
        };
        let source = bank.source.as_ref().and_then(|it| it.firmware.clone());
        let firmware = source.filter(|firmware| bank.fits(firmware));
        let is_done = firmware.is_some();
        if number == LOGICAL {
            self.pending = firmware;
        } else {
            bank.firmware = firmware;
            bank.state = match is_done {
                true => BankState::Valid,
                false => BankState::Corrupted,
            };
        }
        is_done
    }

    fn copy(&mut self, from: u8, to: u8) -> bool {
        let source = self.banks.get(&from);
        let source = source.filter(|bank| bank.state != BankState::Corrupted);
        let firmware = source.and_then(|bank| bank.firmware.clone());
        let Some(bank) = self.banks.get_mut(&to) else {
            return false;
        };
        let is_done = firmware.is_some();
        bank.firmware = firmware;
        bank.state = match is_done {
            true => BankState::Valid,
            false => BankState::Corrupted,
        };
        is_done
    }

    /// What runs is kept to go back to, unless that would override a backup that a user made.
    fn activate(&mut self) -> bool {
        let Some(pending) = self.pending.take() else {
            return self.main.is_some();
        };
        let before = self.main.take();
        let has_backups = self.can(fumi_capability::BACKUP).is_ok();
        if before.is_some() && !(has_backups && self.rollback.is_some()) {
            self.rollback = before;
        }
        let starts = starts(&pending);
        self.main = starts.then_some(pending);
        starts
    }

    fn activate_bank(&mut self, number: u8) -> bool {
        let firmware = self
            .banks
            .get(&number)
            .and_then(|bank| bank.firmware.clone());
        let starts = firmware.as_ref().is_some_and(starts);
        if !starts {
            self.mark(number, BankState::Corrupted);
            return false;
        }
        for bank in self.banks.values_mut() {
            if bank.state == BankState::Active {
                bank.state = BankState::Valid;
            }
        }
        self.mark(number, BankState::Active);
        self.main = firmware;
        true
    }

    /// What ran before can be gone back to in turn.
    fn roll_back(&mut self) -> bool {
        let Some(rollback) = self.rollback.take() else {
            return false;
        };
        self.rollback = self.main.replace(rollback);
        true
    }
}

fn starts(firmware: &FirmwareInstance) -> bool {
    let mut components = firmware.components.iter();
    components.any(|(number, _)| *number == NEEDED)
}

//! The log: what goes into it, and what comes out of it.

use crate::config::Role;
use crate::core::Core;
use crate::events::Telling;
use appliance::{Clocks, Command, Do, Tag};
use engine::{Engine, SubmitError};
use group::{Event, Standing};
use journal::NOBODY;
use machine::log::StorageError;
use machine::{Pos, Time};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use web_api::{Outcome, RefusalCode, Severity};

/// Exit code of a daemon that is to be started anew at once. Source: `sysexits.h`, EX_TEMPFAIL.
pub(crate) const EXIT_REBUILD: i32 = 75;

/// Entries between two snapshots.
const SNAPSHOT_ENTRIES: u64 = 2_000;

impl Core {
    /// Proposes a log entry.
    pub(crate) fn submit(&mut self, command: &Command) {
        if let Err(why) = self.try_submit(command) {
            tracing::error!(?why, "an entry was lost: the log does not take it");
        }
    }

    /// Proposes a log entry for an operator, who is told when the log does not take it.
    pub(crate) fn submit_for(&mut self, tag: Tag, command: &Command) {
        if let Err(why) = self.try_submit(command)
            && let Some(outcome) = self.waiting.remove(&tag)
        {
            let text = format!("the log does not take it: {why:?}; nothing was changed");
            let _ = outcome.send(Outcome::refused(RefusalCode::TryAgain, text));
        }
    }

    /// Proposes a log entry; `Err` when the log does not take it.
    pub(crate) fn try_submit(&mut self, command: &Command) -> Result<(), SubmitError> {
        match self.engine.submit(command.encode()) {
            Err(SubmitError::Busy) => {
                // Order what waits, then there is room, unless the log cannot go on.
                self.settle();
                self.engine.submit(command.encode())
            }
            taken => taken,
        }
    }

    /// Orders what was proposed and carries out what comes of it, until nothing is left.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut events = Vec::new();
            let polled = self.engine.poll(self.clock.now(), &mut events);
            let is_idle = events.is_empty();
            if !is_idle {
                self.log_events(events);
            }
            match polled {
                Ok(()) => self.resumed(),
                Err(why) => return self.stall(why),
            }
            if is_idle || self.unfit.is_some() {
                return;
            }
        }
    }

    fn log_events(&mut self, events: Vec<Event>) {
        for event in events {
            let mut todo = Vec::new();
            self.take(event, &mut todo);
            for it in todo {
                self.carry_out(it);
            }
        }
        self.tell_if_cut_short(self.member.appliance().at());
        // Only now is it known which nodes are to run. What runs on others was left by a daemon
        // that was killed.
        if self.tenure.role == Role::Cmm && self.member.owns() && !self.tenure.has_swept {
            self.tenure.has_swept = true;
            self.agents.sweep();
        }
        self.ticker.entered(&self.member, self.clocks());
        self.publisher.touch();
        let kept = match self.member.is_outdated() {
            true => self.begin_anew(),
            false if self.last() >= self.snapshot_at + SNAPSHOT_ENTRIES => self.snapshot(),
            false => Ok(()),
        };
        if let Err(why) = kept {
            self.stall(why);
        }
    }

    /// What time it is.
    pub(crate) fn clocks(&self) -> Clocks {
        clocks(self.engine.as_ref(), self.clock.now())
    }

    /// Lets the replica take an event. A defect that an entry brings out must not do so for ever:
    /// it is written down which one it was before this process ends, and with it the half-made
    /// state.
    fn take(&mut self, event: Event, todo: &mut Vec<Do>) {
        let applying = self.member.would_apply(&event);
        let member = &mut self.member;
        // A replica that a defect has left half-made is not used any more.
        let taken = catch_unwind(AssertUnwindSafe(|| member.take(event, todo)));
        match taken {
            Ok(()) => {}
            Err(defect) => {
                if let Some(index) = applying {
                    let noted = self.engine.note_crash(index);
                    tracing::error!(index, ?noted, "a defect: this entry ended the process");
                }
                resume_unwind(defect)
            }
        }
    }

    fn carry_out(&mut self, it: Do) {
        match it {
            Do::Carry(pos, effect) => self.perform(pos, effect),
            Do::Answer(answer) => self.answered(answer),
            Do::Submit(command) => self.submit(&command),
            Do::Supply { epoch, state } => self.engine.supply(epoch, state),
            Do::Decline { epoch } => self.engine.decline(epoch),
            Do::Own(owns) => self.own(owns),
            Do::Stand(standing) => self.stand(&standing),
            Do::Forget => self.forget(),
            Do::Rebuild => {
                // Whatever this process made of the entry, it begins anew without it.
                tracing::error!("an entry that was applied here is quarantined: starting anew");
                std::process::exit(EXIT_REBUILD);
            }
            Do::Unfit(why) => self.unfit = Some(why),
            Do::Unreadable(index) => {
                tracing::error!(index, "an entry cannot be read: it is passed over");
            }
            Do::Disconnected(why) => {
                self.let_line_go();
                let telling = Telling::info("shelfd", "ring", why).severe(Severity::Critical);
                self.tell(self.clock.now(), telling);
            }
        }
    }

    /// Index of the last entry.
    pub(crate) fn last(&self) -> u64 {
        self.engine.ledger().position().index
    }

    /// The state is another one: what was asked of this member may have been done, or not.
    fn forget(&mut self) {
        self.snapshot_at = self.last();
        self.agents.audit();
        self.hpi_forget();
        for (_, outcome) in std::mem::take(&mut self.waiting) {
            let text = "this CMM fell behind: whether it was done is not known here";
            let _ = outcome.send(Outcome::refused(RefusalCode::Timeout, text));
        }
    }

    fn stand(&mut self, standing: &Standing) {
        let (severity, text) = match standing {
            Standing::Primary { .. } | Standing::CatchingUp { .. }
                if self.member.spoilt().is_some() =>
            {
                let text = "an entry that all skip is in the state here: waiting for that of \
                            another CMM";
                (Severity::Major, text.into())
            }
            Standing::Primary { epoch } => (Severity::Ok, format!("primary, epoch {epoch}")),
            Standing::CatchingUp { epoch } => {
                (Severity::Minor, format!("catching up with epoch {epoch}"))
            }
            Standing::Superseded => (
                Severity::Critical,
                "another process of this node is in the group: this one takes no part".into(),
            ),
            Standing::Forming => (Severity::Minor, "the view is forming".into()),
            Standing::NotQuorate => (
                Severity::Major,
                "without quorum: nothing is ordered until others are heard, or the line is held"
                    .into(),
            ),
            Standing::Awaits(missing) if missing.contains(&NOBODY) => {
                let text = "a damaged journal was set aside, and no log that is here is known to \
                            have what was in it; if that is lost, on the CMM with the best log: \
                            shelfctl cluster force";
                (Severity::Critical, text.into())
            }
            Standing::Awaits(missing) => {
                let missing: Vec<String> = missing.iter().map(|it| it.0.to_string()).collect();
                let text = format!(
                    "waiting for node {}, which may have a newer log; if it never comes back: \
                     shelfctl cluster force",
                    missing.join(", ")
                );
                (Severity::Major, text)
            }
        };
        let telling = Telling::info("shelfd", "view", text).severe(severity);
        self.tell(self.clock.now(), telling);
        if *standing == Standing::Superseded {
            tracing::error!("another process of this node took this one's place: ending");
            std::process::exit(1);
        }
        if matches!(standing, Standing::Primary { .. }) {
            self.tenure.told_line = None;
            self.introduce();
        }
    }

    /// A machine went round in circles: the entry was left unfinished on every replica alike.
    fn tell_if_cut_short(&mut self, at: Pos) {
        if self.member.appliance().cut_short() > self.cut_short {
            self.cut_short = self.member.appliance().cut_short();
            let text = "the entry caused too many hand-overs and was cut short: a defect";
            let object = format!("log entry {}", at.index);
            let telling = Telling::info("shelfd", object, text).severe(Severity::Critical);
            self.tell(at.time, telling);
        }
    }

    pub(crate) fn snapshot(&mut self) -> Result<(), StorageError> {
        self.snapshot_at = self.last();
        match self.member.snapshot() {
            Some(state) => self.engine.snapshot(&state),
            None => Ok(()),
        }
    }

    /// Everybody begins from the state as it is now, this CMM at its next start.
    fn begin_anew(&mut self) -> Result<(), StorageError> {
        if let Some(state) = self.member.snapshot() {
            self.engine.begin_from(&state)?;
            self.snapshot_at = self.last();
            self.member.renewed();
        }
        Ok(())
    }

    /// The journal cannot be written. Nothing is acknowledged that cannot be kept.
    fn stall(&mut self, why: StorageError) {
        if self.stalled.is_none() {
            let text = format!("the journal cannot be written: {why:?}; nothing new is accepted");
            tracing::error!("{text}");
            let telling = Telling::info("shelfd", "journal", text).severe(Severity::Critical);
            self.tell(self.clock.now(), telling);
        }
        self.stalled = Some(why);
    }

    fn resumed(&mut self) {
        if self.stalled.take().is_some() {
            let telling = Telling::info("shelfd", "journal", "the journal can be written again");
            self.tell(self.clock.now(), telling.severe(Severity::Ok));
        }
    }
}

/// What time it is when it is `own` for this member.
pub(crate) fn clocks(engine: &dyn Engine, own: Time) -> Clocks {
    Clocks {
        own,
        log: engine.time(own),
        last: engine.ledger().time(),
    }
}

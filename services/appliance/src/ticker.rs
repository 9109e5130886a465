//! When a member proposes that time has passed.
//!
//! Machines wait for times of the log, so what is due is due by the log's time, whatever a member's
//! own clock says. One member proposes the tick ([`Redundancy::turn`] says which); the others step
//! in, one after the other, when it stays silent. Nothing of this is in the log: a tick too many
//! changes nothing, but costs an entry.
//!
//! [`Redundancy::turn`]: redundancy::Redundancy::turn

use crate::Member;
use core::time::Duration;
use group::LULL_MAX;
use machine::Time;

/// How long each of those that propose ticks may be silent before the next one does.
///
/// Choice: some hundred times as long as an entry takes on a ring that goes round, and short beside
/// what machines wait for.
pub const STEP_IN: Duration = Duration::from_secs(1);

/// What time it is for a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// By its own clock.
    pub own: Time,
    /// By the log: what an entry would be stamped with.
    pub log: Time,
    /// Of the last entry.
    pub last: Time,
}

/// When a member proposes ticks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ticker {
    wanted: Option<Wanted>,
    /// When it proposed one last, by its own clock, while that has brought nothing.
    proposed: Option<Time>,
}

/// The time of the next tick.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    /// By the log.
    due: Time,
    /// By this member's own clock.
    by: Time,
}

impl Ticker {
    /// Entries were applied.
    pub fn entered(&mut self, member: &Member, clocks: Clocks) {
        self.waits_for(member.deadline(), clocks);
    }

    fn waits_for(&mut self, deadline: Option<Time>, clocks: Clocks) {
        let Some(deadline) = deadline else {
            *self = Self::default();
            return;
        };
        // The log's time goes no further than that without an entry.
        let due = deadline.min(clocks.last.after(LULL_MAX));
        let is_known = |it: &Wanted| it.due == due && it.by <= clocks.own;
        if due <= clocks.log && self.wanted.as_ref().is_some_and(is_known) {
            return; // Other entries do not make up for a tick that does not come.
        }
        let by = clocks.own.after(due.since(clocks.log));
        self.wanted = Some(Wanted { due, by });
        self.proposed = None;
    }

    /// When it is this member's turn to propose a tick, by its own clock; `None` while nobody waits
    /// for time, or that is others' business.
    pub fn deadline(&self, member: &Member) -> Option<Time> {
        self.due(member.turn())
    }

    fn due(&self, turn: Option<u32>) -> Option<Time> {
        let turn = STEP_IN.checked_mul(turn?)?;
        let by = self.wanted.as_ref()?.by.after(turn);
        let again = self.proposed.map(|at| at.after(STEP_IN));
        again.into_iter().chain([by]).max()
    }

    /// Whether this member proposes a tick now.
    pub fn proposes(&mut self, member: &Member, own: Time) -> bool {
        let is_due = self.deadline(member).is_some_and(|by| by <= own);
        if is_due {
            self.proposed = Some(own);
        }
        is_due
    }
}

#[cfg(test)]
mod tests;

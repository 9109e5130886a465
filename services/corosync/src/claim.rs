//! Whether a ring that is quorate by the arbitration line was so from the start.
//!
//! After a cut both sides form rings, not at the same moment, and the line may move in between:
//! then each finds itself quorate when its ring begins. The group takes a member that comes
//! straight from a primary view through rings that were quorate from the start for the only one who
//! can say so. That is true if it holds the line for longer than the two moments can be apart:
//!
//! - A ring without one of its nodes forms no sooner than Totem's *consensus* time-out after that
//!   node was heard of last. Who has held the line for that long when its ring forms had it before
//!   the other side could have formed one.
//! - A daemon that was stopped in between forms its ring later than that, and does not know it. So
//!   a ring is not trusted that forms after Corosync has not answered for as long.
//!
//! What is not trusted is told as not quorate first: then the group waits for the other side.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// After so many consensus time-outs a ring that a stop of the daemon has broken is broken.
const STALL_CONSENSUS: u32 = 5;

/// What is known of rings that lack somebody with a vote.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// All nodes with a vote.
    voters: BTreeSet<u32>,
    consensus: Duration,
    /// When Corosync was last known to be there.
    heard: Instant,
    /// When it was there again after it had not been for too long.
    stalled: Option<Instant>,
    /// The ring of the last verdict.
    judged: Option<(u32, u64)>,
}

impl Claim {
    pub(crate) fn new(voters: BTreeSet<u32>, consensus: Duration, now: Instant) -> Self {
        Self {
            voters,
            consensus,
            heard: now,
            stalled: None,
            judged: None,
        }
    }

    /// Corosync has said something.
    pub(crate) fn heard(&mut self, now: Instant) {
        if now.duration_since(self.heard) >= self.consensus {
            self.stalled = Some(now);
        }
        self.heard = now;
    }

    /// When Corosync was last known to be there.
    pub(crate) fn last_heard(&self) -> Instant {
        self.heard
    }

    /// Whether a verdict that a ring of `nodes` is quorate can be told as it is: this node holds
    /// the line since `held`. A verdict on a ring that has one already is about the votes of now.
    pub(crate) fn holds(
        &mut self,
        (ring, nodes): ((u32, u64), &[u32]),
        held: Option<Instant>,
        now: Instant,
    ) -> bool {
        let is_first = self.judged.replace(ring) != Some(ring);
        let is_whole = self.voters.iter().all(|voter| nodes.contains(voter));
        if is_whole {
            // All that have a vote have just formed it.
            self.stalled = None;
        }
        let recently = self.consensus * STALL_CONSENSUS;
        let stalls = |at: Instant| now.duration_since(at) < recently;
        let has_line = |since: Instant| now.duration_since(since) >= self.consensus;
        let is_trusted = held.is_some_and(has_line) && !self.stalled.is_some_and(stalls);
        !is_first || is_whole || is_trusted
    }
}

#[cfg(test)]
mod tests;

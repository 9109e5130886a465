//! Which entries all members skip.
//!
//! A member that has stopped before an entry, as it crashed it too often, asks that nobody has it.
//! Whoever has applied it already must get rid of what it did: by a snapshot from before it, or by
//! the state of one that never applied it. So the one that asked must not need that itself, or
//! nobody would be left to take it from. It would, if it had been given another state since it
//! asked, or if somebody else's request had been granted meanwhile, for an entry that is in its own
//! snapshot. A request therefore names what it knew of: it is void after the next view and after
//! the next one that is granted, and is then made again, if its reason is still there.
//!
//! Invariant: of those that ever were granted a request, the last one has the state that the log
//! makes without all entries that are skipped.

use crate::Command;
use alloc::collections::BTreeSet;
use group::Content;
use machine::NodeId;
use serde::{Deserialize, Serialize};

/// What decides which requests are granted. It follows from the log alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quarantine {
    /// The CMMs that had all of the log when the present view began.
    holders: BTreeSet<NodeId>,
    /// The last entry that began a view, or from which another one is skipped.
    since: u64,
}

impl Quarantine {
    /// The log has one more entry; which one is skipped from here on, if that is what it says.
    ///
    /// Choice: only a CMM that had all of the log when the view began is granted anything. It alone
    /// cannot have been given another state within this view.
    pub(crate) fn follow(&mut self, index: u64, content: &Content) -> Option<u64> {
        match content {
            Content::Primary { holders, .. } => {
                self.holders.clone_from(holders);
                self.since = index;
                None
            }
            Content::Command { from, command, .. } => {
                let (skipped, since) = Command::quarantines(command)?;
                let is_known = since == self.since && self.holders.contains(from);
                let is_granted = is_known && skipped < index;
                is_granted.then(|| {
                    self.since = index;
                    skipped
                })
            }
        }
    }

    /// What a request has to name now; `None` when this member would be granted none.
    pub(crate) fn asks(&self, me: NodeId) -> Option<u64> {
        self.holders.contains(&me).then_some(self.since)
    }
}

#[cfg(test)]
mod tests;

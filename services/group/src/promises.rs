//! How far the log is stable, and how far it is durable.

use crate::NodeId;
use alloc::collections::{BTreeMap, BTreeSet};

/// What a holder has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Has {
    received: u64,
    synced: u64,
}

/// What holders have, and what follows from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Promises {
    holders: BTreeMap<NodeId, Has>,
    stable: u64,
    durable: u64,
}

impl Promises {
    /// A view begins with the entry at `begin`; what is before it, all holders have.
    pub(crate) fn restart(&mut self, holders: &BTreeSet<NodeId>, begin: u64) {
        let has = Has {
            received: begin.saturating_sub(1),
            synced: 0,
        };
        self.holders = holders.iter().map(|node| (*node, has)).collect();
    }

    /// This member begins anew with another log, of which nothing was promised here.
    pub(crate) fn forget(&mut self) {
        (self.stable, self.durable) = (0, 0);
    }

    /// A holder has more.
    pub(crate) fn has(&mut self, node: NodeId, (received, synced): (u64, u64)) {
        if let Some(has) = self.holders.get_mut(&node) {
            has.received = has.received.max(received);
            has.synced = has.synced.max(synced);
        }
    }

    /// How far the log is stable now, if that is further than before.
    pub(crate) fn newly_stable(&mut self) -> Option<u64> {
        let least = self.holders.values().map(|has| has.received).min()?;
        (least > self.stable).then(|| {
            self.stable = least;
            least
        })
    }

    /// The same for durable.
    pub(crate) fn newly_durable(&mut self) -> Option<u64> {
        let least = self.holders.values().map(|has| has.synced).min()?;
        (least > self.durable).then(|| {
            self.durable = least;
            least
        })
    }
}

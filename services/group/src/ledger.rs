//! Where a log stands: enough to go on with it, and to compare it with another one.

use crate::content::About;
use crate::{Content, NODES_MAX, NodeId};
use alloc::collections::{BTreeMap, BTreeSet};
use machine::log::Entry;
use machine::{Pos, Time};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A hash over an entry and all before it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Hash(pub [u8; 32]);

/// Where a log ends. Two logs that end at the same position are the same log.
///
/// Its order is how new a log is: the epoch first, so that what a view without a right to go on
/// wrote is older than what was written by one with that right, however much it is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Position {
    /// Of the last primary view that is in it.
    pub epoch: u64,
    /// Of the last entry; 0 before the first.
    pub index: u64,
    /// Of the last entry.
    pub hash: Hash,
}

/// Where a log stands.
///
/// It follows from the entries alone, so it is kept with each snapshot of the state, and need not
/// be kept anywhere else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    position: Position,
    time: Time,
    holders: BTreeSet<NodeId>,
    seen: BTreeMap<NodeId, u64>,
}

impl Ledger {
    /// Where it ends.
    pub fn position(&self) -> Position {
        self.position
    }

    /// When the last entry was ordered.
    pub fn time(&self) -> Time {
        self.time
    }

    /// Who has all of it, as of the last entry.
    pub fn holders(&self) -> &BTreeSet<NodeId> {
        &self.holders
    }

    /// The number of the last command of a node that is in it; 0 before the first.
    pub fn seen(&self, node: NodeId) -> u64 {
        self.seen.get(&node).copied().unwrap_or(0)
    }

    /// Whether a command comes next among those of its node.
    pub fn awaits(&self, from: NodeId, number: u64) -> bool {
        let is_known = self.seen.contains_key(&from) || self.seen.len() < NODES_MAX;
        is_known && number == self.seen(from) + 1
    }

    /// The entry that comes next, with this content.
    pub fn entry(&self, content: &Content, time: Time) -> Entry {
        Entry {
            pos: Pos {
                index: self.position.index + 1,
                time: time.max(self.time),
            },
            command: content.encode(),
        }
    }

    /// What the log hashes to with this entry as the next one.
    pub fn hash_with(&self, entry: &Entry) -> Hash {
        chained(&self.position.hash, entry)
    }

    /// The log has one more entry.
    ///
    /// Total: an entry that no group wrote counts as a command that nobody waits for.
    pub fn follow(&mut self, entry: &Entry) {
        let hash = self.hash_with(entry);
        self.follow_hashed(entry, hash);
    }

    /// The log has one more entry, and hashes to this with it.
    pub fn follow_hashed(&mut self, entry: &Entry, hash: Hash) {
        self.position.index = entry.pos.index;
        self.position.hash = hash;
        self.time = entry.pos.time;
        match About::of(entry) {
            Some(About::Command { from, number, .. }) => {
                self.seen.insert(from, number);
            }
            Some(About::Primary { epoch, holders, .. }) => {
                self.position.epoch = epoch;
                self.holders = holders;
            }
            None => {}
        }
    }
}

pub(crate) fn chained(before: &Hash, entry: &Entry) -> Hash {
    let hash = Sha256::new()
        .chain_update(before.0)
        .chain_update(entry.pos.index.to_le_bytes())
        .chain_update(entry.pos.time.0.to_le_bytes())
        .chain_update(&entry.command)
        .finalize();
    Hash(hash.into())
}

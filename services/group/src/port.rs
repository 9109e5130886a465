//! What a member needs around it: a disk, and a way to the others. Shells implement these.

use crate::{Hash, Ledger, Member, NodeId, Promise, RingId};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use machine::log::{Entry, StorageError};

/// Where a member that keeps the log keeps it.
///
/// What a call leaves there survives the death of the process once the call has returned, and the
/// loss of power once a sync that began after it is over. On `Err` nothing was changed.
pub trait Disk {
    /// Keeps entries behind those that are there, all or none.
    fn append(&mut self, batch: &[Entry]) -> Result<(), StorageError>;

    /// Keeps this state in place of the whole log: the log stands at `ledger` in it.
    fn install(&mut self, ledger: &Ledger, state: &[u8]) -> Result<(), StorageError>;

    /// Keeps this promise in place of the one before.
    fn promise(&mut self, promise: &Promise) -> Result<(), StorageError>;

    /// Keeps the state at the last entry, and may forget entries that it makes needless.
    fn snapshot(&mut self, ledger: &Ledger, state: &[u8]) -> Result<(), StorageError>;

    /// Entries from an index on, at most `count`, oldest first, each with the log's hash at it.
    /// There are none behind the newest snapshot that were forgotten.
    fn read(&self, from: u64, count: u32) -> Result<Vec<(Entry, Hash)>, StorageError>;

    /// The index of the oldest entry that can be read; `None` when none can.
    fn first(&self) -> Result<Option<u64>, StorageError>;

    /// Writes down, so that it survives this process, that it ends because of an entry; how often
    /// that happened by now.
    fn note_crash(&mut self, index: u64) -> Result<u32, StorageError>;

    /// Begins to make all that was kept so far survive the loss of power. Not while one is under
    /// way.
    fn start_sync(&mut self);

    /// What came of the sync that is under way, once it is over.
    fn sync_done(&mut self) -> Option<Result<(), StorageError>>;
}

/// The group communication system, as one member sees it.
pub trait Transport {
    /// Sends a message to all members, itself among them. On `Err` it was not sent: again after
    /// something was [told](Self::told), or a moment later.
    fn multicast(&mut self, bytes: &[u8]) -> Result<(), TryAgain>;

    /// What it has to say next.
    fn told(&mut self) -> Option<Told>;

    /// Leaves the group and joins it again.
    fn rejoin(&mut self);

    /// Leaves the group; [`Self::rejoin`] brings it back.
    fn leave(&mut self);
}

/// The group communication system cannot take a message now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TryAgain;

/// What the group communication system has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The membership changed, in order with the messages.
    Config {
        /// The ring in which it is so now.
        ring: RingId,
        /// Who is in the group.
        members: BTreeSet<Member>,
        /// All nodes of the ring, whether somebody of the group runs there or not.
        nodes: BTreeSet<NodeId>,
    },
    /// Whether a ring is quorate. May come before or after the change that it belongs to, and again
    /// for the same ring when votes change.
    ///
    /// Of two rings that broke apart, one at most may be quorate in its first verdict, however late
    /// that comes.
    Quorum {
        /// The ring.
        ring: RingId,
        /// Whether it is.
        quorate: bool,
    },
    /// A message, in the order that all members see.
    Delivered {
        /// Who sent it.
        from: Member,
        /// The message.
        bytes: Vec<u8>,
    },
    /// There is no group communication system any more, and why; it is tried again.
    Disconnected(String),
}

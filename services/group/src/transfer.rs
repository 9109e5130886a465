//! A snapshot on its way to those who must catch up, from both ends.

use crate::{Hash, Ledger, MESSAGE_BYTES_MAX, Member, Message};
use alloc::vec::Vec;
use sha2::{Digest, Sha256};

/// Largest snapshot, in bytes.
pub(crate) const SNAPSHOT_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Most bytes that are ordered while a snapshot is on its way.
pub(crate) const HELD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most messages on their way at once, so that commands find their place between them.
const ON_THEIR_WAY_MAX: usize = 4;

fn digest(state: &[u8]) -> Hash {
    Hash(Sha256::digest(state).into())
}

/// A snapshot that this member gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    epoch: u64,
    ledger: Option<Ledger>,
    state: Vec<u8>,
    sent: usize,
    on_their_way: usize,
}

impl Outgoing {
    /// `ledger` is where the log stood when `state` was taken.
    pub(crate) fn new(epoch: u64, ledger: Ledger, state: Vec<u8>) -> Self {
        Self {
            epoch,
            ledger: Some(ledger),
            state,
            sent: 0,
            on_their_way: 0,
        }
    }

    /// The next message, unless enough are on their way.
    pub(crate) fn next(&mut self) -> Option<Message> {
        if self.on_their_way >= ON_THEIR_WAY_MAX {
            return None;
        }
        let epoch = self.epoch;
        let message = match self.ledger.take() {
            Some(ledger) => Message::Snapshot {
                epoch,
                ledger,
                bytes: u64::try_from(self.state.len()).unwrap_or(u64::MAX),
                digest: digest(&self.state),
            },
            None => {
                let rest = self.state.get(self.sent..).unwrap_or_default();
                if rest.is_empty() {
                    return None;
                }
                let bytes = rest.get(..MESSAGE_BYTES_MAX).unwrap_or(rest).to_vec();
                self.sent += bytes.len();
                Message::SnapshotPart { epoch, bytes }
            }
        };
        self.on_their_way += 1;
        Some(message)
    }

    /// A message came back.
    pub(crate) fn came_back(&mut self) {
        self.on_their_way = self.on_their_way.saturating_sub(1);
    }
}

/// What a member that catches up has so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Incoming {
    start: Option<Start>,
    state: Vec<u8>,
    held: Vec<(Member, Message)>,
    held_bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Start {
    ledger: Ledger,
    bytes: u64,
    digest: Hash,
}

/// What a message of a transfer came to.
#[derive(Debug)]
pub(crate) enum Progress {
    /// More must come.
    Going,
    /// It is complete.
    Complete(Ledger, Vec<u8>),
    /// It is damaged, or too large.
    Broken,
}

impl Incoming {
    pub(crate) fn begins(&mut self, ledger: &Ledger, bytes: u64, digest: Hash) -> Progress {
        if bytes > SNAPSHOT_BYTES_MAX {
            return Progress::Broken;
        }
        let ledger = ledger.clone();
        self.start = Some(Start {
            ledger,
            bytes,
            digest,
        });
        self.state.clear();
        self.progress()
    }

    pub(crate) fn goes_on(&mut self, bytes: &[u8]) -> Progress {
        self.state.extend_from_slice(bytes);
        self.progress()
    }

    fn progress(&mut self) -> Progress {
        let Some(start) = &self.start else {
            return Progress::Broken;
        };
        let so_far = u64::try_from(self.state.len()).unwrap_or(u64::MAX);
        if so_far < start.bytes {
            return Progress::Going;
        }
        if so_far > start.bytes || digest(&self.state) != start.digest {
            return Progress::Broken;
        }
        Progress::Complete(start.ledger.clone(), core::mem::take(&mut self.state))
    }

    /// Holds a message back until the snapshot is there; whether there was room.
    pub(crate) fn hold(&mut self, from: Member, message: Message, bytes: usize) -> bool {
        self.held_bytes = self.held_bytes.saturating_add(bytes);
        if self.held_bytes > HELD_BYTES_MAX {
            return false;
        }
        self.held.push((from, message));
        true
    }

    pub(crate) fn into_held(self) -> Vec<(Member, Message)> {
        self.held
    }
}

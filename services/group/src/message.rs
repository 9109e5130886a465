//! What members say to each other.

use crate::{Hash, Ledger, Member, Position, State, Want};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Version of the messages: a member does not understand another one.
const VERSION: u8 = 2;

/// What members say to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Where the sender stands.
    State(State),
    /// The sender will have no part in a view of an earlier epoch, nor in another of this one.
    Promise {
        /// The epoch that the view decided.
        epoch: u64,
    },
    /// Commands to be ordered.
    Commands {
        /// When they were sent, by the log's time.
        time: Time,
        /// Number of the first one; the others follow it.
        first: u64,
        /// The commands.
        #[serde(with = "crate::bytes::many")]
        commands: Vec<Vec<u8>>,
    },
    /// A part of a command that is too large for one message; the last part orders it.
    Part {
        /// As in [`Message::Commands`].
        time: Time,
        /// Number of the command.
        number: u64,
        /// Whether it begins with this part.
        is_first: bool,
        /// Whether it ends with this part.
        is_last: bool,
        /// The bytes.
        #[serde(with = "crate::bytes")]
        bytes: Vec<u8>,
    },
    /// The sender has entries of this epoch up to here.
    Ack {
        /// Epoch of the view.
        epoch: u64,
        /// In hand.
        received: u64,
        /// On disk.
        synced: u64,
    },
    /// The sender is behind.
    Want(Want),
    /// A snapshot begins, or goes on.
    Snapshot {
        /// For whom.
        to: BTreeSet<Member>,
        /// Where the log stands in it.
        ledger: Ledger,
        /// Bytes of it.
        bytes: u64,
        /// Which one it is: a hash over where it comes from.
        id: Hash,
    },
    /// Bytes of the snapshot.
    SnapshotPart {
        /// Of which one.
        id: Hash,
        /// Bytes before these.
        offset: u64,
        /// Hash over these.
        hash: Hash,
        /// The bytes.
        #[serde(with = "crate::bytes")]
        bytes: Vec<u8>,
    },
    /// Entries of the log, or a part of them.
    Entries {
        /// Index of the first one.
        first: u64,
        /// The log's hash after the last one.
        hash: Hash,
        /// Bytes before these.
        offset: u64,
        /// Bytes of all.
        total: u64,
        /// The bytes.
        #[serde(with = "crate::bytes")]
        bytes: Vec<u8>,
    },
    /// Those who are behind were given everything.
    End {
        /// Epoch of the view.
        epoch: u64,
        /// Who.
        to: BTreeSet<Member>,
        /// Where the log of the sender ended.
        position: Position,
        /// How many messages of the view there had been then.
        count: u64,
    },
    /// The sender has caught up.
    CaughtUp {
        /// Epoch of the view.
        epoch: u64,
    },
}

impl Message {
    /// As it is sent.
    pub fn encode(&self) -> Vec<u8> {
        let start = [VERSION].to_vec();
        // Postcard refuses only what has no length in advance; nothing here is such a thing.
        postcard::to_extend(self, start).unwrap_or_default()
    }

    /// Reads a message; `None` when it is not one, or of another version.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&VERSION, bytes) = bytes.split_first()? else {
            return None;
        };
        let (message, rest) = postcard::take_from_bytes(bytes).ok()?;
        rest.is_empty().then_some(message)
    }
}

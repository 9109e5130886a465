//! What an entry of the log holds.

use crate::NodeId;
use crate::bytes::Bytes;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use machine::log::Entry;
use serde::{Deserialize, Serialize};

/// What an entry of the log holds: a command of the machines, or something about the log itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// A command for the machines.
    Command {
        /// Who wants it.
        from: NodeId,
        /// Which one of its commands it is, from 1.
        number: u64,
        /// The command.
        #[serde(with = "crate::bytes")]
        command: Vec<u8>,
    },
    /// A view became primary.
    Primary {
        /// Grows with each primary view.
        epoch: u64,
        /// Who keeps the log from here on, and has all before it.
        holders: BTreeSet<NodeId>,
        /// Who else is in the view, or will be when it has caught up.
        others: BTreeSet<NodeId>,
        /// All nodes of the ring, whether a member of the group runs there or not.
        nodes: BTreeSet<NodeId>,
    },
}

impl Content {
    /// As an entry has it.
    pub fn encode(&self) -> Vec<u8> {
        // Postcard refuses only what has no length in advance; nothing here is such a thing.
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// Reads an entry; `None` when it was not written by a group.
    pub fn of(entry: &Entry) -> Option<Self> {
        let (content, rest) = postcard::take_from_bytes(&entry.command).ok()?;
        rest.is_empty().then_some(content)
    }
}

/// The same, read without its command: that may be large.
#[derive(Debug, Deserialize)]
pub(crate) enum About<'a> {
    Command {
        from: NodeId,
        number: u64,
        #[serde(borrow, rename = "command")]
        _command: Bytes<'a>,
    },
    Primary {
        epoch: u64,
        holders: BTreeSet<NodeId>,
        #[serde(rename = "others")]
        _others: BTreeSet<NodeId>,
        #[serde(rename = "nodes")]
        _nodes: BTreeSet<NodeId>,
    },
}

impl<'a> About<'a> {
    pub(crate) fn of(entry: &'a Entry) -> Option<Self> {
        let (about, rest) = postcard::take_from_bytes(&entry.command).ok()?;
        rest.is_empty().then_some(about)
    }
}

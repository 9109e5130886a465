//! How the members of a process group keep one log.
//!
//! A group communication system below (Corosync's CPG, or a simulated one) delivers messages to all
//! members of a ring in the same order, and tells changes of the membership in that order too. It
//! promises no more: who sits on the wrong side of a cut may be given messages that nobody else
//! sees, and it knows nothing of disks. [`Group`] makes a replicated log of that: one history, of
//! which no acknowledged entry is ever lost, however rings break and merge.
//!
//! # The rules
//!
//! - Each change of the membership starts a *view*. Its members tell each other where their logs
//!   end ([`State`]); when the last of them has spoken, everybody knows the same and decides the
//!   same ([`decide`]): whether the view is *primary*, where its log goes on, who must catch up.
//! - Before a primary view begins, each member that keeps a log [promises](Promise) its *epoch*, on
//!   disk, with the names of its *holders*: those that keep the log and have all of it. Then the
//!   log gets an entry that says the same.
//! - A view becomes primary only if it is quorate and nobody outside can have gone on with the log:
//!   either all holders of the newest log, and of all views that somebody here promised after it,
//!   are in the view; or one holder comes to it straight from being primary, through rings that
//!   were quorate from the start, which nobody else can say of himself at the same time.
//! - An entry is *stable* when each holder has it, *durable* when each has it on disk. Only then
//!   may it have effects, or be promised to be kept.
//! - Whoever is behind is given the entries that it misses; whoever is far behind, or has entries
//!   that the view does not have, a snapshot and the entries since. Commands are ordered meanwhile. A
//!   member that keeps a log is a holder from the next view on, which begins as soon as it has
//!   caught up.
//! - Commands of a node are numbered, and the log takes each number once. Of two processes of one
//!   node, the one that started last has a part in the view; the other one must go.
//!
//! What is promised, and when it may be broken: a stable entry is lost only if each holder lost its
//! power before it was durable; a durable one never. The tests of `engine::sim` break whatever can
//! break, and check that.
//!
//! Nothing here has a socket, a disk or a clock: [`Input`]s come from them, [`Effect`]s go to them.
#![no_std]

extern crate alloc;

mod bytes;
mod content;
mod decide;
mod event;
mod group;
mod ledger;
mod message;
mod outbox;
mod parts;
mod port;
mod promises;
mod transfer;
mod view;

pub use content::Content;
pub use decide::{Agreed, Decision, Promise, State, decide};
pub use event::Event;
pub use group::{Effect, Group, Input, Options, Standing};
pub use ledger::{Hash, Ledger, Position};
pub use machine::NodeId;
pub use message::Message;
pub use outbox::{OUTBOX_BYTES_MAX, OUTBOX_MAX, SubmitError};
pub use port::{Disk, Told, Transport, TryAgain};
pub use transfer::Want;

use serde::{Deserialize, Serialize};

/// Most nodes of a group. Choice: a rack of shelves; one shelf has 2 and up to 16 blades.
pub const NODES_MAX: usize = 512;

/// Largest command, in bytes.
pub const COMMAND_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Largest message that is handed to the group communication system, in bytes.
///
/// Choice: well below Corosync's largest atomic message, 1,047,552 bytes, so that others get
/// their turn between the pieces of something large.
pub const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// A member of the group: a process, which has another incarnation each time it starts.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Member {
    /// Where it runs.
    pub node: NodeId,
    /// Its process id, or whatever else tells a process from the one before.
    pub incarnation: u32,
}

/// A ring: who can hear each other, as the system below found it. Each change has a new one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct RingId {
    /// The node that represents it.
    pub node: NodeId,
    /// Grows with each ring.
    pub number: u64,
}

/// What a member is to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Keeps it on disk: a CMM.
    Holder,
    /// Follows it, and asks for it again after each start: a blade.
    Follower,
}

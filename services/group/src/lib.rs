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
//!   that the view does not have, a snapshot and the entries since. Commands are ordered meanwhile.
//!   A member that keeps a log is a holder from the next view on, which begins as soon as it has
//!   caught up.
//! - A member whose log is right and whose state is not says so, and is given the state of one that
//!   has as much of the log. Until there is such a one, its log counts as any, and nobody is given
//!   its state.
//! - Commands of a node are numbered, and the log takes each number once. Of two processes of one
//!   node, the one that started last has a part in the view; the other one must go.
//!
//! What is promised, and when it may be broken: a stable entry is lost only if each holder lost its
//! power before it was durable; a durable one never. The tests of `engine::sim` break whatever can
//! break, and check that.
//!
//! # What the system below must promise
//!
//! - Messages and changes of the membership have one order, the same for all who stay together, and
//!   those of one member keep theirs. A member that leaves is heard no more after it has left, even
//!   if the next process of its node has the same number.
//! - Of two rings that broke apart, one at most is told to be quorate in its *first* verdict. If
//!   the arbitration line moves while rings are cut, the side that gets it must have had a verdict
//!   without it before; otherwise both would come straight from being primary. Nothing that members
//!   say can make up for that, as they do not hear each other.
//! - A process that hangs holds up everybody, as a view waits until all members have spoken:
//!   whoever runs members must end what hangs.
//!
//! # What may be thought to go wrong
//!
//! - *A promise of a view that never began is taken for one of the next view*: no epoch is given
//!   twice, as members say which one was the last that they were to promise.
//! - *A message of an earlier view arrives in a later one*, as rings send again what had no place
//!   in the order: a state names its view and round, what is about a view its epoch; commands have
//!   numbers, entries and snapshots hashes.
//! - *A member restarts its numbers while commands of the same numbers are on their way*: those of
//!   one member keep their order, so what is old is refused before what is new arrives.
//! - *A disk is new, or comes from a backup*: a new one does not count as one that has seen the log
//!   ([`Decision::Awaits`] names its node although it is here). An older copy of the right disk
//!   cannot be told from the right one: whoever plays back a backup must empty it.
//! - *A holder never comes back*: while one that was primary goes on, nothing waits for it. After a
//!   cold start the others wait until an operator [forces](Input::Force) them.
//! - *A verdict arrives after the ring that it is about has gone*: it counts for whoever claims to
//!   come straight from being primary, and lets a view that waits decide again.
//! - *A member speaks another version*, during an upgrade or by mistake: the view does without it.
//!   It has no view without the others either, as it never was in one with them.
//! - *A disk fails, and what it did not keep was promised already*: it was promised by the others,
//!   who have it; a group of one has nothing promised that is not on its disk. The member leaves
//!   before it says anything of it, and what it took itself is ordered again.
//! - *Two processes of one node number its commands*: the one that started last has a part in the
//!   view, the other one is [superseded](Standing::Superseded) for good, and what it had not
//!   brought into the log is lost with it as if it had died. Holders lock their journal as well.
//! - *Somebody catches up for ever*: entries come from the giver's disk and are not held back;
//!   while somebody is behind, all others have fewer commands on their way.
//! - *A clock is wrong*: the earliest clock of the members counts, and no entry is later than the
//!   one before by more than a minute within a view.
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
pub use group::{Effect, Group, Input, LULL_MAX, Options, Standing};
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

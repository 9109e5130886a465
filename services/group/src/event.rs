//! What a member's engine tells it.

use crate::Standing;
use alloc::string::String;
use alloc::vec::Vec;
use machine::Pos;
use machine::log::Entry;

/// What an engine tells its member: entries and what follows from them in the same order on every
/// member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The log has one more entry, which is kept; [`crate::Content`] says what is in it.
    Entry(Entry),
    /// This member was behind: the state is this one now, after the entry at this position.
    Install(Pos, Vec<u8>),
    /// All entries up to this index are stable.
    Stable(u64),
    /// All entries up to this index are durable.
    Durable(u64),
    /// What this member is to its view now.
    Standing(Standing),
    /// Others want the state as it is after the entries so far.
    Supply {
        /// Of the view that wants it.
        epoch: u64,
    },
    /// There is no group communication system any more, and why. It is tried again.
    Disconnected(String),
}

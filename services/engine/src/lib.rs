//! Who orders the log.
//!
//! An [`Engine`] takes commands from its member and gives every member the same commands in the
//! same order, with two promises about each: *stable* (a failure of one log-holding CMM cannot lose
//! it) and *durable* (the loss of power cannot). Effects wait for stable, replies that promise
//! persistence for durable.

mod local;
mod loopback;
mod no_disk;
pub mod replica;
pub mod sim;

pub use local::Local;
pub use loopback::Loopback;
pub use no_disk::NoDisk;

use machine::Time;
use machine::log::{Entry, StorageError};

/// Most commands that wait to be ordered; more are refused with [`SubmitError::Busy`].
pub const QUEUE_MAX: usize = 4_096;

/// Most commands ordered at once.
pub const BATCH_MAX: usize = 256;

/// Largest command, in bytes.
pub const COMMAND_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Why a command was not taken. It will not appear in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitError {
    /// [`QUEUE_MAX`] commands wait already: try again when some were ordered.
    Busy,
    /// Larger than [`COMMAND_BYTES_MAX`].
    TooBig,
}

/// What an engine tells its member, in this order on every member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The next command of the log.
    Command(Entry),
    /// All entries up to this index are stable.
    Stable(u64),
    /// All entries up to this index are durable.
    Durable(u64),
}

/// Orders the commands of one member among those of all.
pub trait Engine {
    /// Takes a command to be ordered behind those taken before it.
    fn submit(&mut self, command: Vec<u8>) -> Result<(), SubmitError>;

    /// Orders what waits and pushes what the member must know, oldest first.
    ///
    /// On `Err` nothing was ordered and the commands still wait.
    fn poll(&mut self, now: Time, events: &mut Vec<Event>) -> Result<(), StorageError>;

    /// The journal has synced everything up to `index`.
    fn synced(&mut self, index: u64);
}

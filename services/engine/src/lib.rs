//! Who orders the log.
//!
//! An [`Engine`] takes commands from its member and gives every member the same commands in the
//! same order, with two promises about each: *stable* (a failure of one log-holding CMM cannot lose
//! it) and *durable* (the loss of power cannot). Effects wait for stable, replies that promise
//! persistence for durable.
//!
//! There is one engine, [`Replica`]: the group's machine between a disk and a group communication
//! system. What differs is these two: a CMM alone has a [`Loopback`], a shelf has Corosync's ring,
//! and tests have a [simulated](sim) one; a blade has [`NoDisk`].

mod loopback;
mod no_disk;
mod replica;
pub mod sim;

pub use loopback::Loopback;
pub use no_disk::NoDisk;
pub use replica::{Engine, Replica, SubmitError};

/// Most commands that wait to be ordered; more are refused with [`SubmitError::Busy`].
pub const QUEUE_MAX: usize = 4_096;

/// Most commands ordered at once.
pub const BATCH_MAX: usize = 256;

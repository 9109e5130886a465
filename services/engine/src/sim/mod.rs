//! A group communication system and disks that can be made to fail at any point, for tests.
//!
//! Nothing here goes on by itself: whoever owns a [`Net`] and its [`SimDisk`]s says when a message
//! gets its place in the order, when it is delivered, when a sync ends. So one seed gives one run,
//! with the same [`crate::replica::Replica`] as real members run.

mod disk;
mod net;

pub use disk::{Recovered, SimDisk, Trouble};
pub use net::{Net, SimPort, Waiting};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whoever panicked with the lock is a test that has failed already.
fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

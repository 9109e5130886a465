//! What a machine is: a deterministic state machine that turns one log entry into effects.
//!
//! Every cluster-wide decision of OpenShelf is made by a [`Machine`]. Machines have no clock,
//! socket, file, thread, randomness, float or hash map, so every replica that applies the same log
//! holds the same state.
#![no_std]

extern crate alloc;

pub mod log;

use alloc::vec::Vec;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// A point in time: nanoseconds since the Unix epoch, as `SaTimeT` counts them.
///
/// Times enter machines only as the stamp of a log entry ([`Pos::time`]).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Time(pub u64);

impl Time {
    /// This time plus `after`; stays at the last representable time instead of wrapping.
    #[must_use]
    pub fn after(self, after: Duration) -> Self {
        let nanos = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }

    /// How long ago `earlier` was; zero when it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Where an entry stands in the log, and when it was ordered.
///
/// Invariant: `index` grows by one for each entry; `time` never goes back.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Pos {
    /// Index of the entry; the first one is 1.
    pub index: u64,
    /// When the entry was ordered.
    pub time: Time,
}

/// A node, as the group communication system numbers it: where a member of the group runs.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct NodeId(pub u32);

/// A deterministic state machine over the log.
pub trait Machine {
    /// Something that happened, in log order.
    type Input;
    /// Something that must be done because of it.
    type Effect;

    /// Applies one input and pushes its effects, in the order in which they must be done.
    ///
    /// Total: bad input changes nothing and is answered by an effect, it never panics.
    fn apply(&mut self, at: Pos, input: &Self::Input, effects: &mut Vec<Self::Effect>);

    /// The earliest time at which this machine wants a tick; `None` while it waits for no timer.
    fn deadline(&self) -> Option<Time>;
}

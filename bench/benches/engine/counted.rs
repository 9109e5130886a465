//! What a member says to the others, counted.

use crate::now;
use group::{Told, Transport, TryAgain};
use std::cell::Cell;
use std::rc::Rc;

/// What was handed to the group communication system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
}

impl Sent {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            messages: self.messages + other.messages,
            bytes: self.bytes + other.bytes,
        }
    }

    pub(crate) fn minus(self, before: Self) -> Self {
        Self {
            messages: self.messages - before.messages,
            bytes: self.bytes - before.bytes,
        }
    }
}

/// A way to the others that counts.
pub(crate) struct Counted<T> {
    way: T,
    pub(crate) sent: Rc<Cell<Sent>>,
    /// How many members each change of the membership left, and when it was told.
    pub(crate) changes: Vec<(usize, u64)>,
}

impl<T> Counted<T> {
    pub(crate) fn new(way: T) -> Self {
        Self {
            way,
            sent: Rc::default(),
            changes: Vec::new(),
        }
    }
}

impl<T: Transport> Transport for Counted<T> {
    fn multicast(&mut self, bytes: &[u8]) -> Result<(), TryAgain> {
        self.way.multicast(bytes)?;
        let this = Sent {
            messages: 1,
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        };
        self.sent.set(self.sent.get().plus(this));
        Ok(())
    }

    fn told(&mut self) -> Option<Told> {
        let told = self.way.told()?;
        if let Told::Config { members, .. } = &told {
            self.changes.push((members.len(), now()));
        }
        Some(told)
    }

    fn rejoin(&mut self) {
        self.way.rejoin();
    }

    fn leave(&mut self) {
        self.way.leave();
    }
}

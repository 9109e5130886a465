//! Commands that came in parts.

use crate::{COMMAND_BYTES_MAX, Member, NODES_MAX};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// Commands of which parts have come: at most one of each member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts(BTreeMap<Member, Vec<u8>>);

/// Where a part belongs in its command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) is_first: bool,
    pub(crate) is_last: bool,
}

impl Parts {
    /// Takes a part; the whole command with its last one. What does not fit together is dropped:
    /// its sender sends it again from the start when a new view begins.
    pub(crate) fn take(&mut self, from: Member, place: Place, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut command = match (place.is_first, self.0.remove(&from)) {
            (true, _) => Vec::new(),
            (false, Some(so_far)) => so_far,
            (false, None) => return None,
        };
        if command.len() + bytes.len() > COMMAND_BYTES_MAX || self.0.len() >= NODES_MAX {
            return None;
        }
        command.extend_from_slice(bytes);
        if place.is_last {
            return Some(command);
        }
        self.0.insert(from, command);
        None
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

//! This member's own commands, until they are stable.

use crate::{COMMAND_BYTES_MAX, MESSAGE_BYTES_MAX, Message};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use machine::Time;

/// Most commands that wait.
pub const OUTBOX_MAX: usize = 4_096;

/// Most bytes of commands that wait.
pub const OUTBOX_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most messages on their way at once: while they are, commands gather for the next one.
pub(crate) const ON_THEIR_WAY_MAX: usize = 4;

/// What a command costs in a message beside its own bytes, at most.
const OVERHEAD: usize = 8;

/// Why a command was not taken. It will not appear in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitError {
    /// [`OUTBOX_MAX`] commands or [`OUTBOX_BYTES_MAX`] bytes wait: try again when some are stable.
    Busy,
    /// Larger than [`COMMAND_BYTES_MAX`].
    TooBig,
}

/// This member's own commands.
///
/// They stay until they are stable: an entry that this member alone has seen is lost with the view
/// in which it was ordered, and its command is then sent again.
///
/// Invariant: `first` is the number of the first command in `commands`, the others follow it; those
/// before `sent` were sent in the present view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outbox {
    commands: VecDeque<Vec<u8>>,
    bytes: usize,
    /// `None` until the log has been seen once.
    first: Option<u64>,
    sent: usize,
    /// Bytes of the command at `sent` that were sent, where it is too large for one message.
    part: usize,
    on_their_way: usize,
    /// Numbers of commands that are in the log, and the indexes of their entries.
    ordered: VecDeque<(u64, u64)>,
}

impl Outbox {
    pub(crate) fn check(&self, bytes: usize) -> Result<(), SubmitError> {
        if bytes > COMMAND_BYTES_MAX {
            return Err(SubmitError::TooBig);
        }
        let is_full = self.commands.len() >= OUTBOX_MAX || self.bytes + bytes > OUTBOX_BYTES_MAX;
        if is_full {
            Err(SubmitError::Busy)
        } else {
            Ok(())
        }
    }

    pub(crate) fn take(&mut self, command: Vec<u8>) {
        if self.check(command.len()).is_ok() {
            self.bytes += command.len();
            self.commands.push_back(command);
        }
    }

    /// A command that was stable is not in the log after all. Unless it is here still, it comes
    /// before all that are.
    pub(crate) fn put_back(&mut self, number: u64, command: Vec<u8>) {
        if self.first.is_some_and(|first| first == number + 1) {
            self.first = Some(number);
            self.bytes += command.len();
            self.commands.push_front(command);
        }
    }

    /// A view became primary whose log has the commands of this node up to `seen`: the others are
    /// to be sent, again if need be.
    pub(crate) fn restart(&mut self, seen: u64) {
        if let Some(first) = self.first {
            self.drop_to(first, seen);
        }
        self.first = Some(seen + 1);
        self.ordered.clear();
        (self.sent, self.part, self.on_their_way) = (0, 0, 0);
    }

    fn drop_to(&mut self, first: u64, last: u64) {
        let count = usize::try_from((last + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        for command in self.commands.drain(..count.min(self.commands.len())) {
            self.bytes -= command.len();
            self.sent = self.sent.saturating_sub(1);
        }
    }

    /// The next message, unless enough are on their way.
    pub(crate) fn next(&mut self, time: Time, enough: usize) -> Option<Message> {
        if self.on_their_way >= enough {
            return None;
        }
        let first = self.first? + u64::try_from(self.sent).ok()?;
        let large = self.commands.get(self.sent)?;
        let message = if large.len() + OVERHEAD > MESSAGE_BYTES_MAX {
            let rest = large.get(self.part..).unwrap_or_default();
            let bytes = rest.get(..MESSAGE_BYTES_MAX).unwrap_or(rest).to_vec();
            let (is_first, is_last) = (self.part == 0, bytes.len() == rest.len());
            if is_last {
                (self.sent, self.part) = (self.sent + 1, 0);
            } else {
                self.part += bytes.len();
            }
            Message::Part {
                time,
                number: first,
                is_first,
                is_last,
                bytes,
            }
        } else {
            let commands = self.batch();
            self.sent += commands.len();
            Message::Commands {
                time,
                first,
                commands,
            }
        };
        self.on_their_way += 1;
        Some(message)
    }

    /// As many commands as one message takes.
    fn batch(&self) -> Vec<Vec<u8>> {
        let mut room = MESSAGE_BYTES_MAX;
        let waiting = self.commands.iter().skip(self.sent);
        let fitting = waiting.take_while(|command| {
            let bytes = command.len() + OVERHEAD;
            let fits = bytes <= room;
            room = room.saturating_sub(bytes);
            fits
        });
        fitting.cloned().collect()
    }

    /// A message came back.
    pub(crate) fn came_back(&mut self) {
        self.on_their_way = self.on_their_way.saturating_sub(1);
    }

    /// A command is in the log, at an index.
    pub(crate) fn ordered(&mut self, number: u64, index: u64) {
        self.ordered.push_back((number, index));
    }

    /// All entries up to an index are stable.
    pub(crate) fn stable(&mut self, index: u64) {
        while let Some(&(number, at)) = self.ordered.front()
            && at <= index
        {
            self.ordered.pop_front();
            if let Some(first) = self.first {
                self.drop_to(first, number);
                self.first = Some(first.max(number + 1));
            }
        }
    }
}

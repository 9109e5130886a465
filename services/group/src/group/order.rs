//! What is delivered in a view, and becomes the log.

use super::{Effect, Group, Out, Standing};
use crate::parts::Place;
use crate::{Content, Member, Message, NodeId, Role};
use alloc::vec::Vec;
use machine::Time;

impl Group {
    pub(super) fn append(&mut self, content: &Content, time: Time, out: &mut Out<'_>) {
        let entry = self.ledger.entry(content, time);
        self.ledger.follow(&entry);
        self.heard = out.now;
        out.push(Effect::Append(entry));
    }

    pub(super) fn command(
        &mut self,
        from: NodeId,
        (number, command): (u64, Vec<u8>),
        out: (&mut Out<'_>, Time),
    ) {
        if !self.ledger.awaits(from, number) {
            return;
        }
        let (out, time) = out;
        let content = Content::Command {
            from,
            number,
            command,
        };
        self.append(&content, time, out);
        if from == self.node() {
            self.outbox.ordered(number, self.ledger.position().index);
        }
    }

    pub(super) fn delivered(&mut self, from: Member, bytes: &[u8], out: &mut Out<'_>) {
        // Nobody but this program's own members can be in the group: whatever cannot be read is of
        // another version, which is not let into the view in the first place.
        let Some(message) = Message::decode(bytes) else {
            return;
        };
        if let Message::State(state) = message {
            return self.spoke(from, state, out);
        }
        if let Message::Promise { epoch } = message {
            self.others_promise(from, epoch, out);
        } else if let Message::CaughtUp { epoch } = message {
            self.caught_up(from, epoch, out);
        } else if let Standing::CatchingUp { epoch } = self.phase {
            self.catch_up(epoch, (from, message, bytes.len()), out);
        } else if let Standing::Primary { epoch } = self.phase {
            self.ordered(epoch, (from, message), out);
        }
    }

    /// A message in a primary view, of which this member has the log.
    pub(super) fn ordered(
        &mut self,
        epoch: u64,
        (from, message): (Member, Message),
        out: &mut Out<'_>,
    ) {
        let is_own = from == self.options.member;
        match message {
            Message::Commands {
                time,
                first,
                commands,
            } => {
                if is_own {
                    self.outbox.came_back();
                }
                for (number, command) in (first..).zip(commands) {
                    self.command(from.node, (number, command), (out, time));
                }
            }
            Message::Part {
                time,
                number,
                is_first,
                is_last,
                bytes,
            } => {
                if is_own {
                    self.outbox.came_back();
                }
                let place = Place { is_first, is_last };
                if let Some(command) = self.parts.take(from, place, &bytes) {
                    self.command(from.node, (number, command), (out, time));
                }
            }
            Message::Ack {
                epoch: of,
                received,
                synced,
            } if of == epoch => self.promises.has(from.node, received, synced),
            Message::Snapshot { epoch: of, .. } | Message::SnapshotPart { epoch: of, .. }
                if of == epoch && is_own =>
            {
                if let Some(outgoing) = &mut self.outgoing {
                    outgoing.came_back();
                }
            }
            Message::State(_)
            | Message::Promise { .. }
            | Message::Ack { .. }
            | Message::CaughtUp { .. }
            | Message::Snapshot { .. }
            | Message::SnapshotPart { .. } => {}
        }
    }

    /// A member that keeps a log has all of it now: a view that counts on it begins.
    pub(super) fn caught_up(&mut self, from: Member, of: u64, out: &mut Out<'_>) {
        let is_now = match self.phase {
            Standing::Primary { epoch } | Standing::CatchingUp { epoch } => epoch == of,
            Standing::Forming | Standing::NotQuorate | Standing::Awaits(_) => false,
        };
        if is_now && self.view.role_of(from) == Some(Role::Holder) {
            self.new_round(out);
        }
    }
}

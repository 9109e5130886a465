//! What is delivered in a view, and becomes the log.

use super::{Effect, Group, Out, Standing};
use crate::parts::Place;
use crate::transfer::Held;
use crate::{Content, Hash, Member, Message, Role};
use alloc::vec::Vec;
use machine::Time;
use machine::log::Entry;

impl Group {
    pub(super) fn append(&mut self, content: &Content, time: Time, out: &mut Out<'_>) {
        let entry = self.ledger.entry(content, time);
        let hash = self.ledger.hash_with(&entry);
        self.follow((entry, hash), out);
    }

    pub(super) fn follow(&mut self, (entry, hash): (Entry, Hash), out: &mut Out<'_>) {
        self.ledger.follow_hashed(&entry, hash);
        self.heard = out.now;
        out.push(Effect::Append(entry, hash));
    }

    /// Commands have their place in the order.
    pub(super) fn commands(&mut self, ordered: Held, out: &mut Out<'_>) {
        match self.phase {
            Standing::Primary { .. } => {}
            Standing::CatchingUp { .. } => return self.incoming.hold(ordered),
            Standing::Forming
            | Standing::NotQuorate
            | Standing::Awaits(_)
            | Standing::Superseded => return,
        }
        let from = ordered.from.node;
        self.giving.shares();
        for (number, command) in (ordered.first..).zip(ordered.commands) {
            if !self.ledger.awaits(from, number) {
                continue;
            }
            let content = Content::Command {
                from,
                number,
                command,
            };
            self.append(&content, ordered.time, out);
            if from == self.node() {
                self.outbox.ordered(number, self.ledger.position().index);
            }
        }
    }

    pub(super) fn delivered(&mut self, from: Member, bytes: &[u8], out: &mut Out<'_>) {
        self.count += 1;
        // Nobody but this program's own members can be in the group: what cannot be read is of
        // another version.
        let Some(message) = Message::decode(bytes) else {
            return self.strange(from, out);
        };
        let is_state = matches!(message, Message::State(_));
        if !is_state && self.superseded.contains(&from) {
            return;
        }
        match message {
            Message::State(state) => self.spoke(from, state, out),
            Message::Promise { epoch } => self.others_promise(from, epoch, out),
            Message::CaughtUp { epoch } => self.caught_up(from, epoch, out),
            Message::Commands {
                time,
                first,
                commands,
            } => {
                self.came_back(from);
                self.commands(self.held(from, time, (first, commands)), out);
            }
            Message::Part {
                time,
                number,
                is_first,
                is_last,
                bytes,
            } => {
                self.came_back(from);
                let place = Place { is_first, is_last };
                let has_begun = self.epoch().is_some();
                let whole = has_begun.then(|| self.parts.take(from, place, &bytes));
                if let Some(command) = whole.flatten() {
                    let commands = [command].into();
                    self.commands(self.held(from, time, (number, commands)), out);
                }
            }
            Message::Ack {
                epoch,
                received,
                synced,
            } => {
                if self.epoch() == Some(epoch) {
                    self.promises.has(from.node, (received, synced));
                }
            }
            Message::Want(want) => self.wanted(from, &want),
            Message::End {
                epoch,
                to,
                position,
                count,
            } => {
                if from == self.options.member {
                    self.giving.came_back();
                }
                self.given_all((epoch, &to), (position, count), out);
            }
            Message::Snapshot { .. } | Message::SnapshotPart { .. } | Message::Entries { .. } => {
                self.given(from, message, out);
            }
        }
    }

    fn held(&self, from: Member, time: Time, commands: (u64, Vec<Vec<u8>>)) -> Held {
        Held {
            count: self.count,
            from,
            time,
            first: commands.0,
            commands: commands.1,
        }
    }

    fn came_back(&mut self, from: Member) {
        if from == self.options.member {
            self.outbox.came_back();
        }
    }

    /// Of the view, once it has begun.
    fn epoch(&self) -> Option<u64> {
        match self.phase {
            Standing::Primary { epoch } | Standing::CatchingUp { epoch } => Some(epoch),
            Standing::Forming
            | Standing::NotQuorate
            | Standing::Awaits(_)
            | Standing::Superseded => None,
        }
    }

    /// A member has all of the log now. If it keeps it, a view that counts on it begins.
    pub(super) fn caught_up(&mut self, from: Member, of: u64, out: &mut Out<'_>) {
        if self.epoch() != Some(of) {
            return;
        }
        self.giving.caught_up(from);
        if self.view.role_of(from) == Some(Role::Holder) {
            self.new_round(out);
        }
    }
}

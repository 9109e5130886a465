//! Catching up with a view that has begun.

use super::{Effect, Group, Out, Standing};
use crate::decide::Agreed;
use crate::transfer::{Held, Here, Incoming, Progress, Step, Want};
use crate::{Ledger, Member, Message, Position};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

impl Group {
    /// The view began, and this member is behind.
    pub(super) fn fall_behind(&mut self, agreed: &Agreed, out: &mut Out<'_>) {
        let epoch = agreed.epoch;
        self.phase = Standing::CatchingUp { epoch };
        self.promises
            .restart(&agreed.holders, agreed.from.index + 1);
        let in_sync = agreed.in_sync.iter().copied();
        let givers: Vec<Member> = in_sync
            .filter(|it| agreed.holders.contains(&it.node))
            .collect();
        let begun = agreed.from.index + 1;
        self.incoming.begin(&givers, (self.count, begun));
        self.want(epoch, out);
    }

    fn want(&mut self, epoch: u64, out: &mut Out<'_>) {
        // Entries do not help whose state is wrong.
        let position = match self.renounces {
            true => Position::default(),
            false => self.ledger.position(),
        };
        let want = self.incoming.want(epoch, position);
        out.say(&Message::Want(want));
    }

    /// Somebody is behind.
    pub(super) fn wanted(&mut self, from: Member, want: &Want) {
        let epoch = want.epoch;
        if want.from == self.options.member && self.phase == (Standing::Primary { epoch }) {
            let here = Here {
                epoch,
                ledger: &self.ledger,
                count: self.count,
            };
            self.giving.want(from, want, &here);
        }
    }

    /// Gives what can be given now.
    pub(super) fn give(&mut self, epoch: u64, out: &mut Out<'_>) {
        let here = Here {
            epoch,
            ledger: &self.ledger,
            count: self.count,
        };
        while let Some(step) = self.giving.next(&here) {
            match step {
                Step::Say(message) => out.say(&message),
                Step::Read(from) => out.push(Effect::Read { from }),
                Step::Supply => out.push(Effect::Supply { epoch }),
            }
        }
    }

    /// Something that somebody gives. Parts of a snapshot are kept between views as well, while it
    /// is not known whether they will be of use in the next one.
    pub(super) fn given(&mut self, from: Member, message: Message, out: &mut Out<'_>) {
        if from == self.options.member {
            return self.giving.came_back();
        }
        if self.is_primary() {
            return;
        }
        let is_catching_up = matches!(self.phase, Standing::CatchingUp { .. });
        let progress = match message {
            Message::SnapshotPart {
                id,
                offset,
                hash,
                bytes,
            } => {
                self.incoming.part(id, offset, (&bytes, hash));
                self.incoming.progress()
            }
            _ if !is_catching_up => Progress::Going,
            Message::Entries { .. } if self.renounces => Progress::Going,
            Message::Snapshot {
                to,
                ledger,
                bytes,
                id,
            } if to.contains(&self.options.member) => {
                self.incoming.snapshot(from, &ledger, (bytes, id));
                self.incoming.progress()
            }
            Message::Entries {
                first,
                hash,
                offset,
                total,
                bytes,
            } => {
                let end = self.ledger.position();
                let (which, place) = ((first, hash), (offset, total));
                self.incoming.entries(end, which, (place, &bytes))
            }
            Message::State(_)
            | Message::Promise { .. }
            | Message::Commands { .. }
            | Message::Part { .. }
            | Message::Ack { .. }
            | Message::Want(_)
            | Message::Snapshot { .. }
            | Message::End { .. }
            | Message::CaughtUp { .. } => Progress::Going,
        };
        match progress {
            Progress::Going => {}
            Progress::Snapshot(ledger, state) => self.install(ledger, state, out),
            Progress::Entries(entries) => {
                for entry in entries {
                    self.follow(entry, out);
                }
            }
        }
    }

    fn install(&mut self, ledger: Ledger, state: Vec<u8>, out: &mut Out<'_>) {
        self.ledger = ledger.clone();
        self.renounces = false;
        self.heard = out.now;
        (self.begun, self.synced) = (ledger.position().index, 0);
        self.promises.forget();
        self.giving.forget();
        out.push(Effect::Install { ledger, state });
    }

    /// Everything was given that there was when the giver had seen `count` messages.
    pub(super) fn given_all(
        &mut self,
        (of, to): (u64, &BTreeSet<Member>),
        (position, count): (Position, u64),
        out: &mut Out<'_>,
    ) {
        if self.phase != (Standing::CatchingUp { epoch: of }) {
            return;
        }
        let is_complete = position == self.ledger.position() && !self.renounces;
        match is_complete.then(|| self.incoming.since(count)).flatten() {
            Some(held) => self.come_in_step(of, held, out),
            None if to.contains(&self.options.member) => self.want(of, out),
            None => {}
        }
    }

    fn come_in_step(&mut self, epoch: u64, held: Vec<Held>, out: &mut Out<'_>) {
        self.begun = self.incoming.begun();
        self.incoming = Incoming::default();
        self.acked = None;
        self.outbox.restart(self.ledger.seen(self.node()));
        self.phase = Standing::Primary { epoch };
        out.say(&Message::CaughtUp { epoch });
        for held in held {
            self.commands(held, out);
        }
    }
}

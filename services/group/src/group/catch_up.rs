//! Catching up with a view that has begun.

use super::{Effect, Group, Out, Standing};
use crate::transfer::{Incoming, Progress};
use crate::{Ledger, Member, Message, Role};
use alloc::vec::Vec;

impl Group {
    pub(super) fn catch_up(
        &mut self,
        epoch: u64,
        (from, message, bytes): (Member, Message, usize),
        out: &mut Out<'_>,
    ) {
        let Some(incoming) = &mut self.incoming else {
            return;
        };
        let progress = match &message {
            Message::Snapshot {
                epoch: of,
                ledger,
                bytes,
                digest,
            } if *of == epoch => incoming.begins(ledger, *bytes, *digest),
            Message::SnapshotPart { epoch: of, bytes } if *of == epoch => incoming.goes_on(bytes),
            Message::Snapshot { .. } | Message::SnapshotPart { .. } => Progress::Going,
            Message::State(_)
            | Message::Promise { .. }
            | Message::Commands { .. }
            | Message::Part { .. }
            | Message::Ack { .. }
            | Message::CaughtUp { .. } => match incoming.hold(from, message, bytes) {
                true => Progress::Going,
                false => Progress::Broken,
            },
        };
        match progress {
            Progress::Going => {}
            Progress::Broken => {
                self.incoming = None;
                out.push(Effect::Rejoin);
            }
            Progress::Complete(ledger, state) => self.install(epoch, (ledger, state), out),
        }
    }

    pub(super) fn install(
        &mut self,
        epoch: u64,
        (ledger, state): (Ledger, Vec<u8>),
        out: &mut Out<'_>,
    ) {
        let held = self.incoming.take().map(Incoming::into_held);
        let index = ledger.position().index;
        self.ledger = ledger.clone();
        self.heard = out.now;
        (self.begun, self.synced) = (index, 0);
        self.acked = None;
        self.promises.forget();
        self.promises.restart(ledger.holders(), index);
        self.outbox.restart(ledger.seen(self.node()));
        out.push(Effect::Install { ledger, state });
        self.phase = Standing::Primary { epoch };
        if self.options.role == Role::Holder {
            out.say(&Message::CaughtUp { epoch });
        }
        for (from, message) in held.unwrap_or_default() {
            self.ordered(epoch, (from, message), out);
        }
    }
}

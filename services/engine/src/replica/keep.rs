//! What a replica does with its disk, and when that does not keep the log.

use super::{Batch, Event, Kept, READS_MAX, Replica};
use group::{Disk, Hash, Input, Ledger, MESSAGE_BYTES_MAX, Transport};
use machine::log::{Entry, StorageError};
use machine::{Pos, Time};
use std::time::Duration;

/// How long a member stays in its view after it came back until its disk counts as well.
const STEADY: Duration = Duration::from_secs(60);

/// Between these is the time for which a member stays out whose disk fails again and again. Each
/// time that it comes back costs the others two views.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(30)];

/// The disk does not keep the log.
#[derive(Debug)]
pub(super) struct Out {
    why: StorageError,
    since: Time,
    pause: Duration,
}

impl<D: Disk, T: Transport> Replica<D, T> {
    /// As many entries as go into one message, about, and one at least. What cannot be read is as
    /// good as forgotten.
    pub(super) fn read_some(&self, from: u64) -> Vec<(Entry, Hash)> {
        let (mut some, mut bytes, mut count) = (Vec::new(), 0, 4);
        while bytes < MESSAGE_BYTES_MAX && count <= READS_MAX {
            let last = some
                .last()
                .map(|(entry, _): &(Entry, Hash)| entry.pos.index);
            let next = last.map_or(from, |last| last + 1);
            let more = self.disk.read(next, count).unwrap_or_default();
            if more
                .first()
                .is_none_or(|(entry, _)| entry.pos.index != next)
            {
                break;
            }
            bytes += more.iter().map(|it| it.0.command.len()).sum::<usize>();
            some.extend(more);
            count *= 4;
        }
        some
    }

    pub(super) fn keep(
        &mut self,
        batch: &mut Batch,
        events: &mut Vec<Event>,
    ) -> Result<(), StorageError> {
        if !batch.entries.is_empty() {
            self.disk.append(&batch.entries)?;
        }
        for (entry, hash) in batch.entries.drain(..).zip(batch.hashes.drain(..)) {
            self.ledger.follow_hashed(&entry, hash);
        }
        events.append(&mut batch.told);
        Ok(())
    }

    /// The log is another one: a sync that began before does not speak for it.
    pub(super) fn installed(&mut self, ledger: Ledger, state: Vec<u8>) -> Event {
        let pos = Pos {
            index: ledger.position().index,
            time: ledger.time(),
        };
        self.ledger = ledger;
        self.renounces = false;
        self.synced.index = 0;
        if let Some(syncing) = &mut self.syncing {
            syncing.index = 0;
        }
        Event::Install(pos, state)
    }

    /// One sync covers all that was kept during the one before.
    pub(super) fn sync(&mut self) {
        let kept = Kept {
            index: self.ledger.position().index,
            promised: self.promised.epoch,
        };
        if self.syncing.is_none() && (kept != self.synced || self.is_doubtful) {
            self.disk.start_sync();
            self.syncing = Some(kept);
        }
    }

    pub(super) fn syncs_end(&mut self) -> Result<(), StorageError> {
        let Some(done) = self.disk.sync_done() else {
            return Ok(());
        };
        let Some(kept) = self.syncing.take() else {
            return Ok(());
        };
        self.is_doubtful = done.is_err();
        done?;
        if kept.promised != self.synced.promised {
            self.inputs.push(Input::Promised(kept.promised));
        }
        if kept.index != self.synced.index {
            self.inputs.push(Input::Synced(kept.index));
        }
        self.synced = kept;
        Ok(())
    }

    /// The disk does not keep the log: others go on without this member, rather than that it
    /// acknowledges what it cannot keep.
    pub(super) fn step_out(
        &mut self,
        (now, why): (Time, &StorageError),
        lost: &[Entry],
        events: &mut Vec<Event>,
    ) {
        self.transport.leave();
        while self.transport.told().is_some() {}
        self.unsent.clear();
        self.inputs
            .retain(|input| matches!(input, Input::Submit(_)));
        let stand = (self.ledger.clone(), self.promised.clone());
        self.group.restart(stand, self.synced.index, lost);
        if self.renounces {
            // What the group took in place of it is not kept.
            self.group.renounce();
        }
        let again = self.back.filter(|(back, _)| now.since(*back) < STEADY);
        let pause = again.map_or(Duration::ZERO, |(_, pause)| {
            (pause * 2).clamp(PAUSES[0], PAUSES[1])
        });
        self.out = Some(Out {
            why: why.clone(),
            since: now,
            pause,
        });
        events.push(Event::Standing(self.group.standing().clone()));
    }

    /// Joins the group again once the disk keeps something.
    pub(super) fn come_back(&mut self, now: Time) -> Result<(), StorageError> {
        let Some(out) = &self.out else {
            return Ok(());
        };
        let (why, pause) = (out.why.clone(), out.pause);
        // A clock that was set back must not prolong it.
        let is_over = now < out.since || now.since(out.since) >= pause;
        self.syncs_end()?;
        if self.is_doubtful {
            self.sync();
        }
        if self.is_doubtful || !is_over {
            return Err(why);
        }
        self.disk.promise(&self.promised)?;
        self.out = None;
        self.back = Some((now, pause));
        self.transport.rejoin();
        Ok(())
    }
}

//! A member of a group, with its disk and its way to the others.

use crate::{BATCH_MAX, QUEUE_MAX};
use group::{
    COMMAND_BYTES_MAX, Disk, Effect, Event, Group, Hash, Input, Ledger, Member, NodeId,
    OUTBOX_BYTES_MAX, Options, Promise, Standing, Transport,
};
use machine::log::{Entry, StorageError};
use machine::{Machine, Pos, Time};
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

/// Most that the group communication system has said and that is taken in at once.
const TOLD_MAX: usize = 256;

/// Most entries that are read for others at once; the first time, few are, as they may be large.
const READS_MAX: u32 = 1_024;

/// Most snapshots in a row that are put off.
const PUT_OFF_MAX: u32 = 8;

/// Why a command was not taken. It will not appear in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitError {
    /// [`QUEUE_MAX`] commands wait already, or [`OUTBOX_BYTES_MAX`] bytes: try again when some were
    /// ordered.
    Busy,
    /// Larger than [`COMMAND_BYTES_MAX`].
    TooBig,
}

/// Orders the commands of one member among those of all.
pub trait Engine {
    /// Takes a command to be ordered behind those taken before it.
    fn submit(&mut self, command: Vec<u8>) -> Result<(), SubmitError>;

    /// Does what can be done without waiting, and pushes what the member must know, oldest first.
    /// Nothing was left to do when nothing was pushed.
    ///
    /// On `Err` the disk does not keep the log. The member has left its view; the next call tries
    /// to come back. Commands that wait are not lost.
    fn poll(&mut self, now: Time, events: &mut Vec<Event>) -> Result<(), StorageError>;

    /// The state that [`Event::Supply`] asked for, encoded.
    fn supply(&mut self, epoch: u64, state: Vec<u8>);

    /// That state is not known any more: it is asked for again, as it is then.
    fn decline(&mut self, epoch: u64);

    /// The state after the last entry, to begin with at the next start. It may be put off to the
    /// next time, while others are given entries that it makes needless.
    fn snapshot(&mut self, state: &[u8]) -> Result<(), StorageError>;

    /// The state after the last entry, from which everybody shall begin who does not have it: the
    /// entries that led to it are kept no more, neither for the next start nor for others, who are
    /// given the state instead.
    fn begin_from(&mut self, state: &[u8]) -> Result<(), StorageError>;

    /// An operator says that no other log is newer than this one, whatever is missing.
    fn force(&mut self);

    /// The node that this member runs on.
    fn node(&self) -> NodeId;

    /// Where the log stands.
    fn ledger(&self) -> &Ledger;

    /// The log's time when it is `now` for this member: what an entry would be stamped with.
    fn time(&self, now: Time) -> Time;

    /// What this member is to its view.
    fn standing(&self) -> &Standing;

    /// Who is in the group.
    fn members(&self) -> &BTreeSet<Member>;

    /// Entries from an index on, at most `count`, each with the log's hash at it.
    fn read(&self, from: u64, count: u32) -> Result<Vec<(Entry, Hash)>, StorageError>;

    /// The index of the oldest entry that can be read; `None` when none can.
    fn first(&self) -> Result<Option<u64>, StorageError>;

    /// Writes down that this process ends because of an entry; how often that happened by now.
    fn note_crash(&mut self, index: u64) -> Result<u32, StorageError>;
}

/// What the disk has that no sync speaks for yet, or that one under way speaks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Kept {
    /// The last entry.
    index: u64,
    /// Epoch of the last promise.
    promised: u64,
}

/// Entries to be kept, and what is told once they are.
#[derive(Debug, Default)]
struct Batch {
    entries: Vec<Entry>,
    /// What the log hashes to with each of them.
    hashes: Vec<Hash>,
    told: Vec<Event>,
}

/// The engine of a member: the group's machine between a disk and a group communication system.
///
/// It has no thread and no clock; who owns it calls [`Engine::poll`] when one of the two has news.
pub struct Replica<D, T> {
    node: NodeId,
    group: Group,
    disk: D,
    transport: T,
    waiting: VecDeque<Vec<u8>>,
    waiting_bytes: usize,
    unsent: VecDeque<Vec<u8>>,
    inputs: Vec<Input>,
    /// Where the log stands on the disk, and what was promised there last.
    ledger: Ledger,
    promised: Promise,
    /// What the last sync spoke for.
    synced: Kept,
    syncing: Option<Kept>,
    /// The last sync failed: nobody knows what is on the disk before another one succeeds.
    is_doubtful: bool,
    /// The disk does not keep the log: the group was left.
    out: Option<Out>,
    /// When it came back last, and how long it stayed out before.
    back: Option<(Time, Duration)>,
    /// How many snapshots in a row were put off.
    put_off: u32,
    /// Another process of this node has its part in the group.
    is_superseded: bool,
    /// The state that is kept here is wrong, until another's is kept in its place.
    renounces: bool,
}

impl<D: Disk, T: Transport> Replica<D, T> {
    /// A member whose log stands at `ledger` on `disk`, and what it promised there last.
    pub fn new(
        options: Options,
        (disk, ledger, promised): (D, Ledger, Promise),
        transport: T,
    ) -> Self {
        let node = options.member.node;
        let synced = Kept {
            index: ledger.position().index,
            promised: promised.epoch,
        };
        Self {
            node,
            group: Group::new(options, ledger.clone(), promised.clone()),
            disk,
            transport,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            unsent: VecDeque::new(),
            inputs: Vec::new(),
            ledger,
            promised,
            synced,
            syncing: None,
            is_doubtful: false,
            out: None,
            back: None,
            put_off: 0,
            is_superseded: false,
            renounces: false,
        }
    }

    /// What this member makes of its log is wrong: it takes the state of another one as soon as
    /// there is one; see [`Group::renounce`]. To be said before it is polled.
    pub fn renounce(&mut self) {
        self.renounces = true;
        self.group.renounce();
    }

    /// The disk.
    pub fn disk(&self) -> &D {
        &self.disk
    }

    /// The group communication system.
    pub fn transport(&mut self) -> &mut T {
        &mut self.transport
    }

    /// One round: takes in what is there, and carries out what comes of it; whether there was
    /// anything.
    fn round(
        &mut self,
        now: Time,
        (batch, events): (&mut Batch, &mut Vec<Event>),
    ) -> Result<bool, StorageError> {
        self.syncs_end()?;
        self.take_waiting();
        self.send();
        for _ in 0..TOLD_MAX {
            let Some(told) = self.transport.told() else {
                break;
            };
            if let group::Told::Disconnected(why) = &told {
                self.unsent.clear();
                events.push(Event::Disconnected(why.clone()));
            }
            self.inputs.push(Input::Told(told));
        }
        let at = Pos {
            index: 0,
            time: now,
        };
        let inputs = std::mem::take(&mut self.inputs);
        let mut effects = Vec::new();
        let is_sent = self.unsent.is_empty();
        for input in inputs.iter().chain([&Input::Flush { is_sent }]) {
            self.group.apply(at, input, &mut effects);
        }
        self.carry_out(effects, (batch, events))?;
        self.send();
        self.sync();
        Ok(!inputs.is_empty())
    }

    /// Hands over commands as long as the group takes them.
    fn take_waiting(&mut self) {
        let mut room = BATCH_MAX;
        while room > 0
            && let Some(command) = self.waiting.front()
            && self.group.check(command.len()).is_ok()
        {
            room -= 1;
            let command = self.waiting.pop_front().unwrap_or_default();
            self.waiting_bytes -= command.len();
            self.inputs.push(Input::Submit(command));
        }
    }

    /// What was appended is kept as one batch before anybody is told of it.
    fn carry_out(
        &mut self,
        effects: Vec<Effect>,
        (batch, events): (&mut Batch, &mut Vec<Event>),
    ) -> Result<(), StorageError> {
        let mut said = Vec::new();
        let mut effects = effects.into_iter();
        while let Some(effect) = effects.next() {
            if let Err(why) = self.carry_out_one(effect, (batch, events), &mut said) {
                // What comes behind is lost with it.
                batch
                    .entries
                    .extend(effects.filter_map(|effect| match effect {
                        Effect::Append(entry, _) => Some(entry),
                        Effect::Multicast(_)
                        | Effect::Install { .. }
                        | Effect::Promise(_)
                        | Effect::Stable(_)
                        | Effect::Durable(_)
                        | Effect::Standing(_)
                        | Effect::Supply { .. }
                        | Effect::Read { .. } => None,
                    }));
                return Err(why);
            }
        }
        self.keep(batch, events)?;
        self.unsent.extend(said);
        Ok(())
    }

    fn carry_out_one(
        &mut self,
        effect: Effect,
        (batch, events): (&mut Batch, &mut Vec<Event>),
        said: &mut Vec<Vec<u8>>,
    ) -> Result<(), StorageError> {
        match effect {
            Effect::Append(entry, hash) => {
                batch.told.push(Event::Entry(entry.clone()));
                batch.entries.push(entry);
                batch.hashes.push(hash);
            }
            Effect::Install { ledger, state } => {
                self.keep(batch, events)?;
                self.disk.install(&ledger, &state)?;
                events.push(self.installed(ledger, state));
            }
            Effect::Promise(promise) => {
                self.disk.promise(&promise)?;
                self.promised = promise;
            }
            Effect::Multicast(bytes) => said.push(bytes),
            Effect::Stable(index) => batch.told.push(Event::Stable(index)),
            Effect::Durable(index) => batch.told.push(Event::Durable(index)),
            Effect::Standing(standing) => {
                if standing == Standing::Superseded {
                    self.transport.leave();
                    self.is_superseded = true;
                }
                batch.told.push(Event::Standing(standing));
            }
            Effect::Supply { epoch } => batch.told.push(Event::Supply { epoch }),
            Effect::Read { from } => {
                self.keep(batch, events)?;
                let entries = self.read_some(from);
                self.inputs.push(Input::Read { from, entries });
            }
        }
        Ok(())
    }

    fn send(&mut self) {
        while let Some(message) = self.unsent.front() {
            if self.transport.multicast(message).is_err() {
                return;
            }
            self.unsent.pop_front();
        }
    }
}

impl<D: Disk, T: Transport> Engine for Replica<D, T> {
    fn submit(&mut self, command: Vec<u8>) -> Result<(), SubmitError> {
        if command.len() > COMMAND_BYTES_MAX {
            return Err(SubmitError::TooBig);
        }
        let bytes = self.waiting_bytes + command.len();
        if self.waiting.len() >= QUEUE_MAX || bytes > OUTBOX_BYTES_MAX {
            return Err(SubmitError::Busy);
        }
        self.waiting_bytes = bytes;
        self.waiting.push_back(command);
        Ok(())
    }

    fn poll(&mut self, now: Time, events: &mut Vec<Event>) -> Result<(), StorageError> {
        if self.is_superseded {
            return Ok(());
        }
        self.come_back(now)?;
        let full = events.len() + BATCH_MAX;
        while events.len() < full {
            let mut batch = Batch::default();
            match self.round(now, (&mut batch, events)) {
                Ok(true) => {}
                Ok(false) => break,
                Err(why) => {
                    self.step_out((now, &why), &batch.entries, events);
                    return Err(why);
                }
            }
        }
        Ok(())
    }

    fn supply(&mut self, epoch: u64, state: Vec<u8>) {
        self.inputs.push(Input::Supplied { epoch, state });
    }

    fn decline(&mut self, epoch: u64) {
        self.inputs.push(Input::Declined { epoch });
    }

    fn snapshot(&mut self, state: &[u8]) -> Result<(), StorageError> {
        if self.group.is_giving() && self.put_off < PUT_OFF_MAX {
            self.put_off += 1;
            return Ok(());
        }
        self.put_off = 0;
        self.disk.snapshot(&self.ledger, state)
    }

    fn begin_from(&mut self, state: &[u8]) -> Result<(), StorageError> {
        self.disk.install(&self.ledger, state)
    }

    fn force(&mut self) {
        self.inputs.push(Input::Force);
    }

    fn node(&self) -> NodeId {
        self.node
    }

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn time(&self, now: Time) -> Time {
        self.group.time(now)
    }

    fn standing(&self) -> &Standing {
        self.group.standing()
    }

    fn members(&self) -> &BTreeSet<Member> {
        self.group.members()
    }

    fn read(&self, from: u64, count: u32) -> Result<Vec<(Entry, Hash)>, StorageError> {
        self.disk.read(from, count)
    }

    fn first(&self) -> Result<Option<u64>, StorageError> {
        self.disk.first()
    }

    fn note_crash(&mut self, index: u64) -> Result<u32, StorageError> {
        self.disk.note_crash(index)
    }
}

impl<D, T> fmt::Debug for Replica<D, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replica")
            .field("node", &self.node)
            .field("standing", self.group.standing())
            .field("position", &self.ledger.position())
            .finish_non_exhaustive()
    }
}

mod keep;

use keep::Out;

#[cfg(test)]
mod tests;

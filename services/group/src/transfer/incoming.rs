//! What a member that is behind has so far.

use super::{HELD_BYTES_MAX, SNAPSHOT_BYTES_MAX, Want, decoded, digest};
use crate::ledger::chained;
use crate::{COMMAND_BYTES_MAX, Hash, Ledger, MESSAGE_BYTES_MAX, Member, Position};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use machine::Time;
use machine::log::Entry;

/// Most bytes of entries that are sent as one piece: a single large one, and what belongs to it.
const BATCH_BYTES_MAX: usize = COMMAND_BYTES_MAX + MESSAGE_BYTES_MAX;

/// Commands of a member that are ordered, and wait until this member is in step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Which message of the view ordered them.
    pub(crate) count: u64,
    pub(crate) from: Member,
    pub(crate) time: Time,
    pub(crate) first: u64,
    pub(crate) commands: Vec<Vec<u8>>,
}

/// A snapshot that has come in part.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Partial {
    from: Member,
    ledger: Ledger,
    bytes: u64,
    id: Hash,
    state: Vec<u8>,
    /// The giver said in this view that its log goes on from there.
    is_current: bool,
}

/// What a message of a transfer came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More must come.
    Going,
    /// A snapshot is complete.
    Snapshot(Ledger, Vec<u8>),
    /// These come next.
    Entries(Vec<(Entry, Hash)>),
}

/// What a member that is behind has so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Incoming {
    /// Outlives the view.
    partial: Option<Partial>,
    from: Member,
    follows: bool,
    /// Where the log ended when it asked last.
    wanted: Option<Position>,
    /// Entries that come in pieces: the index of the first, and what is there.
    batch: Option<(u64, Vec<u8>)>,
    held: VecDeque<Held>,
    held_bytes: usize,
    /// Index of the entry that began the view.
    begun: u64,
    /// Nothing that is needed is held of this message of the view, and of those before.
    since: u64,
}

impl Incoming {
    /// A view begins with this member behind, after so many messages, with this entry. `givers`
    /// have the log, in order: whoever gave a part of a snapshot before goes on, if it can.
    pub(crate) fn begin(&mut self, givers: &[Member], (count, begun): (u64, u64)) {
        let giver = |partial: &Partial| givers.contains(&partial.from);
        self.partial.take_if(|partial| !giver(partial));
        let first = givers.first().copied().unwrap_or_default();
        self.from = self.partial.as_ref().map_or(first, |it| it.from);
        self.stop();
        self.wanted = None;
        (self.since, self.begun) = (count, begun);
    }

    /// Index of the entry that began the view.
    pub(crate) fn begun(&self) -> u64 {
        self.begun
    }

    /// The view is over.
    pub(crate) fn stop(&mut self) {
        if let Some(partial) = &mut self.partial {
            partial.is_current = false;
        }
        self.batch = None;
        self.held.clear();
        self.held_bytes = 0;
    }

    /// What to ask for. `position` is where the log ends. If what came last time did not help, only
    /// a snapshot does.
    pub(crate) fn want(&mut self, epoch: u64, position: Position) -> Want {
        let is_no_help = self.wanted.replace(position) == Some(position);
        let position = if is_no_help {
            Position::default()
        } else {
            position
        };
        let partial = self.partial.as_ref();
        Want {
            epoch,
            from: self.from,
            position,
            snapshot: partial.map(|it| (it.id, it.state.len() as u64)),
            follows: self.follows,
        }
    }

    pub(crate) fn snapshot(&mut self, from: Member, ledger: &Ledger, (bytes, id): (u64, Hash)) {
        let known = self.partial.take_if(|it| it.id == id);
        let known = known.filter(|it| (it.from, &it.ledger) == (from, ledger));
        let state = known.map(|it| it.state).unwrap_or_default();
        self.partial = (bytes <= SNAPSHOT_BYTES_MAX).then(|| Partial {
            from,
            ledger: ledger.clone(),
            bytes,
            id,
            state,
            is_current: true,
        });
    }

    /// The next bytes of a snapshot; those that are there already are skipped, and those that are
    /// damaged: they are asked for again.
    pub(crate) fn part(&mut self, of: Hash, offset: u64, (bytes, hash): (&[u8], Hash)) {
        let Some(partial) = self.partial.as_mut().filter(|it| it.id == of) else {
            return;
        };
        if digest(bytes) != hash {
            return;
        }
        let so_far = partial.state.len() as u64;
        let known = so_far.checked_sub(offset).map(usize::try_from);
        let Some(news) = known
            .and_then(Result::ok)
            .and_then(|known| bytes.get(known..))
        else {
            return;
        };
        if so_far + news.len() as u64 <= partial.bytes {
            partial.state.extend_from_slice(news);
        }
    }

    /// Whether the snapshot is complete, and the giver stands by it.
    pub(crate) fn progress(&mut self) -> Progress {
        let is_complete = |it: &mut Partial| it.is_current && it.state.len() as u64 >= it.bytes;
        let Some(partial) = self.partial.take_if(is_complete) else {
            return Progress::Going;
        };
        self.follows = true;
        Progress::Snapshot(partial.ledger, partial.state)
    }

    /// Entries, or a part of them, for a log that ends at `position`.
    pub(crate) fn entries(
        &mut self,
        position: Position,
        (first, hash): (u64, Hash),
        ((offset, total), bytes): ((u64, u64), &[u8]),
    ) -> Progress {
        let is_other = self.partial.as_ref().is_some_and(|it| it.is_current);
        if is_other || first > position.index + 1 {
            return Progress::Going;
        }
        let so_far = match (offset, self.batch.take()) {
            (0, _) => Vec::new(),
            (_, Some((of, so_far))) if of == first && so_far.len() as u64 == offset => so_far,
            _ => return Progress::Going,
        };
        if so_far.len() + bytes.len() > BATCH_BYTES_MAX {
            return Progress::Going;
        }
        let mut so_far = so_far;
        so_far.extend_from_slice(bytes);
        if (so_far.len() as u64) < total {
            self.batch = Some((first, so_far));
            return Progress::Going;
        }
        let mut entries = decoded(first, &so_far).unwrap_or_default();
        entries.retain(|entry| entry.pos.index > position.index);
        let mut last = position.hash;
        let hashed = entries.into_iter().map(|entry| {
            last = chained(&last, &entry);
            (entry, last)
        });
        let entries: Vec<(Entry, Hash)> = hashed.collect();
        // What does not fit is meant for somebody else, whose log is another one.
        if entries.is_empty() || last != hash {
            return Progress::Going;
        }
        self.partial = None;
        Progress::Entries(entries)
    }

    /// Holds commands back; the oldest give way when there is no room, and are asked for again.
    pub(crate) fn hold(&mut self, held: Held) {
        self.held_bytes += held.bytes();
        self.held.push_back(held);
        while self.held_bytes > HELD_BYTES_MAX
            && let Some(oldest) = self.held.pop_front()
        {
            self.held_bytes -= oldest.bytes();
            self.since = oldest.count;
        }
    }

    /// What was ordered since so many messages of the view; `None` when not all of it is here.
    pub(crate) fn since(&mut self, count: u64) -> Option<Vec<Held>> {
        if self.since > count {
            return None;
        }
        let held = core::mem::take(&mut self.held);
        Some(held.into_iter().filter(|it| it.count > count).collect())
    }
}

impl Held {
    fn bytes(&self) -> usize {
        self.commands
            .iter()
            .map(|it| it.len() + size_of::<Vec<u8>>())
            .sum()
    }
}

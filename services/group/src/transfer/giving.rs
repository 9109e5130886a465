//! What this member gives to those who are behind.

use super::{ENTRIES_MAX, Want, digest, encoded, id};
use crate::{Hash, Ledger, MESSAGE_BYTES_MAX, Member, Message};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use machine::log::Entry;

/// Most messages on their way at once.
const ON_THEIR_WAY_MAX: usize = 4;

/// The same while commands are ordered: each waits behind what is on its way before it.
const ON_THEIR_WAY_SHARED: usize = 2;

/// Most bytes of a piece while commands are ordered.
///
/// Choice: two of these are 2 ms of a ring that carries 50 MB/s, and still most of what it carries.
const SHARED_BYTES_MAX: usize = 64 * 1024;

/// Pieces after a command until the whole ring is taken again.
const SHARED_PIECES: u8 = 32;

/// What an entry costs in a message beside its command, at most.
const OVERHEAD: usize = 24;

/// What somebody needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// It is not known yet whether this log goes on from where its log ends.
    Place { index: u64, hash: Hash },
    /// Entries from this index on.
    Entries { next: u64 },
    /// The snapshot from this byte on, and whether it was told of it.
    Snapshot { offset: usize, is_told: bool },
}

const ALL_OF_SNAPSHOT: Need = Need::Snapshot {
    offset: 0,
    is_told: false,
};

/// A snapshot, and where the log stood when it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Snapshot {
    ledger: Ledger,
    state: Vec<u8>,
    id: Hash,
}

/// Entries that are being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Batch {
    first: u64,
    last: u64,
    hash: Hash,
    bytes: Vec<u8>,
    sent: usize,
}

/// What the disk was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Place(Member, Need),
    Entries(u64),
}

/// What is to be done next for those who are behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Say(Message),
    /// Entries from this index on are wanted from the disk.
    Read(u64),
    /// The state is wanted as it is now.
    Supply,
}

/// Where this member stands.
pub(crate) struct Here<'a> {
    pub(crate) epoch: u64,
    pub(crate) ledger: &'a Ledger,
    /// How many messages of the view it has seen.
    pub(crate) count: u64,
}

/// What this member gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Giving {
    /// Members of the view that are not in step yet, whoever gives them what they miss.
    behind: BTreeSet<Member>,
    needs: BTreeMap<Member, Need>,
    /// Outlives the view, as long as somebody is behind.
    snapshot: Option<Snapshot>,
    /// The epoch of the view that wanted the state, and where the log stood.
    supplying: Option<(u64, Ledger)>,
    reading: Option<Reading>,
    batch: Option<Batch>,
    on_their_way: usize,
    /// Pieces that are to come back before the whole ring is taken: a command was ordered.
    shared: u8,
}

impl Giving {
    /// A view begins.
    pub(crate) fn begin(&mut self, behind: BTreeSet<Member>) {
        self.stop();
        self.behind = behind;
        self.tidy();
    }

    /// The view is over: who is behind asks again in the next one.
    pub(crate) fn stop(&mut self) {
        self.needs.clear();
        (self.reading, self.batch) = (None, None);
        (self.on_their_way, self.shared) = (0, 0);
    }

    /// The log is another one now.
    pub(crate) fn forget(&mut self) {
        self.stop();
        (self.snapshot, self.supplying) = (None, None);
    }

    /// Whether some member of the view is not in step yet.
    pub(crate) fn is_somebody_behind(&self) -> bool {
        !self.behind.is_empty()
    }

    /// Whether this member has something to give.
    pub(crate) fn is_giving(&self) -> bool {
        !self.needs.is_empty()
    }

    pub(crate) fn caught_up(&mut self, member: Member) {
        self.behind.remove(&member);
        self.needs.remove(&member);
        self.tidy();
    }

    fn tidy(&mut self) {
        if self.behind.is_empty() {
            (self.snapshot, self.supplying) = (None, None);
        }
    }

    /// Somebody wants what is behind its log.
    pub(crate) fn want(&mut self, member: Member, want: &Want, here: &Here<'_>) {
        let known = self.snapshot.as_ref().map(|it| (it.id, it.state.len()));
        let had = want.snapshot.and_then(|(of, bytes)| {
            let bytes = usize::try_from(bytes).ok()?;
            known
                .is_some_and(|it| it.0 == of && bytes <= it.1)
                .then_some(bytes)
        });
        let (at, end) = (want.position, here.ledger.position());
        let missing = end.index.checked_sub(at.index);
        let need = match (had, missing) {
            (Some(offset), _) => Need::Snapshot {
                offset,
                is_told: false,
            },
            _ if at == end => Need::Entries { next: at.index + 1 },
            // Choice: whoever has nothing is given the state rather than all that led to it.
            (None, Some(missing)) if at.index > 0 && (missing <= ENTRIES_MAX || want.follows) => {
                Need::Place {
                    index: at.index,
                    hash: at.hash,
                }
            }
            (None, _) => ALL_OF_SNAPSHOT,
        };
        self.needs.insert(member, need);
    }

    /// The state that was asked for.
    pub(crate) fn supplied(&mut self, epoch: u64, state: &[u8]) {
        if let Some((_, ledger)) = self.supplying.take_if(|(of, _)| *of == epoch) {
            self.snapshot = Some(Snapshot {
                id: id(epoch, ledger.position()),
                ledger,
                state: state.to_vec(),
            });
        }
    }

    /// The state that was asked for will not come: it is asked for again.
    pub(crate) fn declined(&mut self, epoch: u64) {
        self.supplying.take_if(|(of, _)| *of == epoch);
    }

    /// What the disk has from an index on.
    pub(crate) fn read(&mut self, from: u64, entries: &[(Entry, Hash)]) {
        let found = entries.first().filter(|(entry, _)| entry.pos.index == from);
        match self.reading.take() {
            Some(Reading::Place(member, place @ Need::Place { index, hash })) if index == from => {
                if self.needs.get(&member) != Some(&place) {
                    return;
                }
                let goes_on = found.is_some_and(|(_, at)| *at == hash);
                if !goes_on {
                    self.needs.insert(member, ALL_OF_SNAPSHOT);
                    return;
                }
                let next = index + 1;
                self.needs.insert(member, Need::Entries { next });
                if self.batch.is_none() {
                    self.batch = Batch::of(next, entries.get(1..).unwrap_or_default());
                }
            }
            Some(Reading::Entries(next)) if next == from => match found {
                Some(_) => self.batch = Batch::of(next, entries),
                None => self.cannot_give(next),
            },
            other => self.reading = other,
        }
    }

    /// Entries from here on are not on disk any more.
    fn cannot_give(&mut self, next: u64) {
        let is_old = |it: &mut Snapshot| it.ledger.position().index < next;
        let is_useless = self.snapshot.take_if(is_old).is_some();
        for need in self.needs.values_mut() {
            let is_lost = match need {
                Need::Entries { next: of } => *of == next,
                Need::Snapshot { .. } => is_useless,
                Need::Place { .. } => false,
            };
            if is_lost {
                *need = ALL_OF_SNAPSHOT;
            }
        }
    }

    /// A message came back.
    pub(crate) fn came_back(&mut self) {
        self.on_their_way = self.on_their_way.saturating_sub(1);
        self.shared = self.shared.saturating_sub(1);
    }

    /// Commands were ordered: they shall find their place between what is given.
    pub(crate) fn shares(&mut self) {
        self.shared = SHARED_PIECES;
    }

    /// Most messages on their way, and most bytes of a piece.
    fn pace(&self) -> (usize, usize) {
        match self.shared > 0 {
            true => (ON_THEIR_WAY_SHARED, SHARED_BYTES_MAX),
            false => (ON_THEIR_WAY_MAX, MESSAGE_BYTES_MAX),
        }
    }

    /// What is to be done next, until there is nothing more.
    pub(crate) fn next(&mut self, here: &Here<'_>) -> Option<Step> {
        let step = self.find_place().or_else(|| {
            let has_room = self.on_their_way < self.pace().0;
            has_room.then(|| self.give(here)).flatten()
        })?;
        if matches!(step, Step::Say(_)) {
            self.on_their_way += 1;
        }
        Some(step)
    }

    fn find_place(&mut self) -> Option<Step> {
        if self.reading.is_some() {
            return None;
        }
        let places = self.needs.iter().filter_map(|(member, need)| match need {
            Need::Place { index, .. } => Some((*member, *need, *index)),
            Need::Entries { .. } | Need::Snapshot { .. } => None,
        });
        let (member, need, index) = { places }.next()?;
        self.reading = Some(Reading::Place(member, need));
        Some(Step::Read(index))
    }

    fn give(&mut self, here: &Here<'_>) -> Option<Step> {
        if let Some(message) = self.next_of_batch() {
            return Some(Step::Say(message));
        }
        // Entries first: who needs no more than these is soon in step.
        if let Some(next) = self.least_entry() {
            if next > here.ledger.position().index {
                return Some(Step::Say(self.end(here)));
            }
            if self.reading.is_none() {
                self.reading = Some(Reading::Entries(next));
                return Some(Step::Read(next));
            }
        }
        self.give_snapshot(here)
    }

    fn least_entry(&self) -> Option<u64> {
        let needs = self.needs.values();
        needs.filter_map(|need| need.entry()).min()
    }

    /// The next part of the entries under way; who waits for them then needs what is behind them.
    fn next_of_batch(&mut self) -> Option<Message> {
        let (_, most) = self.pace();
        let batch = self.batch.as_mut()?;
        let offset = batch.sent;
        let bytes = piece(&batch.bytes, offset, most);
        batch.sent += bytes.len();
        let message = Message::Entries {
            first: batch.first,
            hash: batch.hash,
            offset: offset as u64,
            total: batch.bytes.len() as u64,
            bytes,
        };
        if batch.sent == batch.bytes.len() {
            let (first, last) = (batch.first, batch.last);
            self.batch = None;
            for need in self.needs.values_mut() {
                if need
                    .entry()
                    .is_some_and(|next| (first..=last).contains(&next))
                {
                    *need = Need::Entries { next: last + 1 };
                }
            }
        }
        Some(message)
    }

    /// There is nothing more: whoever waits for more has all.
    fn end(&mut self, here: &Here<'_>) -> Message {
        let position = here.ledger.position();
        let has_more = |need: &Need| need.entry().is_none_or(|next| next <= position.index);
        let waiting = self.needs.iter().filter(|(_, need)| !has_more(need));
        let to = waiting.map(|(member, _)| *member).collect();
        self.needs.retain(|_, need| has_more(need));
        Message::End {
            epoch: here.epoch,
            to,
            position,
            count: here.count,
        }
    }

    fn give_snapshot(&mut self, here: &Here<'_>) -> Option<Step> {
        let needs = || {
            self.needs
                .iter()
                .filter_map(|(it, need)| Some((*it, need.part()?)))
        };
        let (least, _) = needs().map(|(_, part)| part).min()?;
        let Some(snapshot) = &self.snapshot else {
            let is_needed = self.supplying.is_none();
            return is_needed.then(|| {
                self.supplying = Some((here.epoch, here.ledger.clone()));
                Step::Supply
            });
        };
        let untold = needs().filter(|(_, (_, is_told))| !is_told);
        let to: BTreeSet<Member> = untold.map(|(member, _)| member).collect();
        if !to.is_empty() {
            for need in self.needs.values_mut() {
                if let Need::Snapshot { is_told, .. } = need {
                    *is_told = true;
                }
            }
            return Some(Step::Say(snapshot.head(to)));
        }
        let bytes = piece(&snapshot.state, least, self.pace().1);
        let (next, all) = (least + bytes.len(), snapshot.state.len());
        let behind = snapshot.ledger.position().index + 1;
        let message = Message::SnapshotPart {
            id: snapshot.id,
            offset: least as u64,
            hash: digest(&bytes),
            bytes,
        };
        for need in self.needs.values_mut() {
            if need.part().is_some_and(|(offset, _)| offset == least) {
                *need = match next == all {
                    true => Need::Entries { next: behind },
                    false => Need::Snapshot {
                        offset: next,
                        is_told: true,
                    },
                };
            }
        }
        if next == least {
            return self.give(here);
        }
        Some(Step::Say(message))
    }
}

impl Need {
    fn entry(&self) -> Option<u64> {
        match self {
            Self::Entries { next } => Some(*next),
            Self::Place { .. } | Self::Snapshot { .. } => None,
        }
    }

    fn part(&self) -> Option<(usize, bool)> {
        match self {
            Self::Snapshot { offset, is_told } => Some((*offset, *is_told)),
            Self::Place { .. } | Self::Entries { .. } => None,
        }
    }
}

impl Snapshot {
    fn head(&self, to: BTreeSet<Member>) -> Message {
        Message::Snapshot {
            to,
            ledger: self.ledger.clone(),
            bytes: self.state.len() as u64,
            id: self.id,
        }
    }
}

/// What is at an offset, up to so many bytes.
fn piece(of: &[u8], offset: usize, most: usize) -> Vec<u8> {
    let rest = of.get(offset..).unwrap_or_default();
    rest.get(..most).unwrap_or(rest).to_vec()
}

impl Batch {
    /// As many of these as go into one message, at least the first.
    fn of(first: u64, entries: &[(Entry, Hash)]) -> Option<Self> {
        let mut room = MESSAGE_BYTES_MAX;
        let fitting = (first..).zip(entries).take_while(|(index, (entry, _))| {
            let bytes = entry.command.len() + OVERHEAD;
            let fits = entry.pos.index == *index && (bytes <= room || *index == first);
            room = room.saturating_sub(bytes);
            fits
        });
        let fitting: Vec<_> = fitting.map(|(_, it)| it).collect();
        let (last, hash) = fitting
            .last()
            .map(|(entry, hash)| (entry.pos.index, *hash))?;
        let entries = fitting.into_iter().map(|(entry, _)| entry.clone());
        Some(Self {
            first,
            last,
            hash,
            bytes: encoded(entries.collect()),
            sent: 0,
        })
    }
}

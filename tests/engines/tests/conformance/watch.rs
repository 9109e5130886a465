//! Who looks on from outside: what was seen once must be so for all, and from then on.

use crate::state::State;
use group::Hash;
use machine::log::Entry;
use std::collections::BTreeMap;

/// An entry that somebody has seen.
struct Known {
    /// What the log hashed to before it.
    before: Hash,
    entry: Entry,
    /// The state after it.
    digest: u64,
}

/// What is promised about an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Promised {
    Stable,
    Durable,
}

/// What was seen so far.
#[derive(Default)]
pub(crate) struct Watch {
    /// By what the log hashes to with it.
    history: BTreeMap<Hash, Known>,
    /// The entries that began them.
    epochs: BTreeMap<u64, Hash>,
    /// What was promised, by its place.
    promised: BTreeMap<(Promised, u64), Hash>,
}

impl Watch {
    /// An epoch begins with the entry that the log hashes to this with.
    pub(crate) fn view(&mut self, epoch: u64, hash: Hash) {
        let first = *self.epochs.entry(epoch).or_insert(hash);
        assert!(first == hash, "epoch {epoch} began twice");
    }

    /// A member's log has one more entry: what it hashed to before and with it, and what state that
    /// makes.
    pub(crate) fn entry(&mut self, (before, hash): (Hash, Hash), entry: &Entry, digest: u64) {
        let known = self.history.entry(hash).or_insert_with(|| Known {
            before,
            entry: entry.clone(),
            digest,
        });
        assert_eq!(known.before, before);
        assert!(known.entry == *entry, "one hash, and two entries");
        assert_eq!(known.digest, digest, "one log, and two states");
    }

    /// A member's log was replaced by this state, where it hashes to this.
    pub(crate) fn state(&self, hash: Hash, state: &State) {
        let known = self.history.get(&hash).expect("somebody was there");
        assert_eq!(known.digest, state.digest, "one log, and two states");
    }

    /// Something is promised about the entry at this place.
    pub(crate) fn promised(&mut self, what: Promised, index: u64, hash: Hash) {
        let earlier = *self.promised.entry((what, index)).or_insert(hash);
        assert!(earlier == hash, "{what:?} was another entry {index} before");
    }

    /// The power failed everywhere: what was stable only may be lost.
    pub(crate) fn power_failed(&mut self) {
        self.promised
            .retain(|(what, _), _| *what == Promised::Durable);
    }

    /// All entries of the log that hashes to this in the end, oldest first; among them must be all
    /// that anybody was promised.
    pub(crate) fn log(&self, last: Hash) -> Vec<&Entry> {
        let (mut entries, mut at) = (Vec::new(), last);
        let mut promised = self.promised.iter();
        while let Some(known) = self.history.get(&at) {
            entries.push(&known.entry);
            at = known.before;
        }
        assert_eq!(at, Hash::default(), "the log has no beginning");
        entries.reverse();
        let place = |index: u64| usize::try_from(index - 1).expect("it is short");
        let is_kept = |((_, index), hash): (&(Promised, u64), &Hash)| {
            let entry = entries.get(place(*index));
            entry.is_some_and(|entry| self.history.get(hash).is_some_and(|it| it.entry == **entry))
        };
        assert!(promised.all(is_kept), "what was promised is lost");
        entries
    }
}

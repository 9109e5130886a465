//! Requests under way, by the sequence numbers in which their answers are told apart.

use crate::Timing;
use crate::queued::Patience;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use machine::Time;
use serde::{Deserialize, Serialize};

/// What is under way.
///
/// Invariant: far fewer requests than there are sequence numbers, which their owner sees to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnderWay<A> {
    requests: BTreeMap<u8, One<A>>,
    /// Sequence number that is tried first for the next one.
    next: u8,
    /// The highest one, all bits of it set.
    sequence_max: u8,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct One<A> {
    pub(crate) asked: A,
    patience: Patience,
    pub(crate) first_sent: Time,
}

/// What becomes of a request that was not answered in time.
pub(crate) enum Late<A> {
    /// It is sent once more.
    Again(A),
    /// That was often enough.
    GivenUp(One<A>),
}

impl<A: Clone> UnderWay<A> {
    /// Nothing is, and nothing was.
    pub(crate) fn new(sequence_max: u8) -> Self {
        Self {
            requests: BTreeMap::new(),
            next: 0,
            sequence_max,
        }
    }

    /// Whatever is under way is forgotten; numbers go on, as answers may still come.
    pub(crate) fn forget(&mut self) {
        self.requests.clear();
    }

    /// A sequence number that nothing has which is under way.
    pub(crate) fn free_sequence(&self) -> u8 {
        let mut sequence = self.next;
        while self.requests.contains_key(&sequence) {
            sequence = self.after(sequence);
        }
        sequence
    }

    /// A request is sent first.
    pub(crate) fn begin(&mut self, sequence: u8, asked: A, (now, timing): (Time, Timing)) {
        self.next = self.after(sequence);
        let one = One {
            asked,
            patience: Patience::new(now, timing),
            first_sent: now,
        };
        self.requests.insert(sequence, one);
    }

    fn after(&self, sequence: u8) -> u8 {
        sequence.wrapping_add(1) & self.sequence_max
    }

    pub(crate) fn get(&self, sequence: u8) -> Option<&A> {
        self.requests.get(&sequence).map(|one| &one.asked)
    }

    /// An answer has come, and nothing more is waited for.
    pub(crate) fn end(&mut self, sequence: u8) -> Option<A> {
        self.requests.remove(&sequence).map(|one| one.asked)
    }

    pub(crate) fn asked(&self) -> impl Iterator<Item = &A> {
        self.requests.values().map(|one| &one.asked)
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        let until = self.requests.values().map(|one| one.patience.until);
        until.min()
    }

    /// What was not answered in time, in the order of the numbers. `repeats` says of what more than
    /// one attempt is made.
    pub(crate) fn late(
        &mut self,
        (now, timing): (Time, Timing),
        repeats: impl Fn(&A) -> bool,
    ) -> Vec<(u8, Late<A>)> {
        let over = self.requests.iter();
        let over = over.filter(|(_, one)| one.patience.is_over(now));
        let over: Vec<u8> = over.map(|(sequence, _)| *sequence).collect();
        let late = over.into_iter().filter_map(|sequence| {
            let one = self.requests.get_mut(&sequence)?;
            if repeats(&one.asked) && one.patience.again(now, timing) {
                return Some((sequence, Late::Again(one.asked.clone())));
            }
            let one = self.requests.remove(&sequence)?;
            Some((sequence, Late::GivenUp(one)))
        });
        late.collect()
    }
}

#[cfg(test)]
mod tests;

//! Calls that wait for what comes of their log entries.

use crate::hpi_server::Finish;
use crate::hpi_server::repeats::Reply;
use appliance::Tag;
use appliance::hpi::Promise;
use hpi_domain::Told;
use hpi_model::HpiError;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::failed;
use std::collections::{BTreeMap, VecDeque};

/// Most calls that wait for the log.
const LOGGED_MAX: usize = 1_024;

/// A call that waits for the log.
pub(crate) struct Logged {
    pub(in crate::hpi_server) order: ByteOrder,
    pub(in crate::hpi_server) finish: Finish,
    pub(in crate::hpi_server) reply: Reply,
}

impl std::fmt::Debug for Logged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Logged").field(&self.order).finish()
    }
}

impl Logged {
    pub(super) fn refuse(self, why: HpiError) {
        self.reply.send(failed(self.order, why.code()));
    }

    fn answer(self, result: Result<Told, HpiError>) {
        match result {
            Ok(told) => self.reply.send((self.finish)(told)),
            Err(why) => self.refuse(why),
        }
    }
}

/// Calls that wait, and answers that do.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    calls: BTreeMap<Tag, (Promise, Logged)>,
    /// What came of entries that are not durable yet, by their index.
    answers: VecDeque<(u64, Tag, Result<Told, HpiError>)>,
}

impl Waiting {
    pub(super) fn is_full(&self) -> bool {
        self.calls.len() >= LOGGED_MAX
    }

    /// A call waits for the entry with this tag.
    pub(super) fn insert(&mut self, tag: Tag, call: (Promise, Logged)) {
        self.calls.insert(tag, call);
    }

    /// It does so no more.
    pub(super) fn remove(&mut self, tag: Tag) -> Option<Logged> {
        self.calls.remove(&tag).map(|(_, logged)| logged)
    }

    /// What came of an entry that is stable.
    pub(super) fn came_of(&mut self, index: u64, tag: Tag, result: Result<Told, HpiError>) {
        match self.calls.get(&tag) {
            Some((Promise::Stable, _)) => self.answer(tag, result),
            Some((Promise::Durable, _)) => self.answers.push_back((index, tag, result)),
            None => {}
        }
    }

    /// Answers those whose entries are durable.
    pub(super) fn release(&mut self, durable: u64) {
        while let Some((index, _, _)) = self.answers.front()
            && *index <= durable
            && let Some((_, tag, result)) = self.answers.pop_front()
        {
            self.answer(tag, result);
        }
    }

    fn answer(&mut self, tag: Tag, result: Result<Told, HpiError>) {
        if let Some(logged) = self.remove(tag) {
            logged.answer(result);
        }
    }
}

#[cfg(test)]
mod tests;

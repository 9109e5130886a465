//! The engine of a single member: one process, one journal.

use crate::{BATCH_MAX, COMMAND_BYTES_MAX, Engine, Event, QUEUE_MAX, SubmitError};
use machine::log::{Entry, Storage, StorageError};
use machine::{Pos, Time};
use std::collections::VecDeque;

/// Orders the commands of its only member as they come.
///
/// An entry is stable once the journal has taken it: with one log-holding CMM in the view, that
/// CMM's process dying is the failure that it must survive.
#[derive(Debug)]
pub struct Local<S> {
    storage: S,
    last: Pos,
    waiting: VecDeque<Vec<u8>>,
    synced: u64,
    durable: u64,
}

impl<S: Storage> Local<S> {
    /// An engine that goes on behind `last`, the last entry in `storage`.
    pub fn new(storage: S, last: Pos) -> Self {
        Self {
            storage,
            last,
            waiting: VecDeque::new(),
            synced: last.index,
            durable: last.index,
        }
    }

    /// The journal, for snapshots.
    pub fn storage(&mut self) -> &mut S {
        &mut self.storage
    }

    /// The journal, for inspection.
    pub fn kept(&self) -> &S {
        &self.storage
    }

    /// Position of the last entry.
    pub fn last(&self) -> Pos {
        self.last
    }

    fn batch(&self, now: Time) -> Vec<Entry> {
        let time = now.max(self.last.time);
        let commands = self.waiting.iter().take(BATCH_MAX);
        let indexes = self.last.index + 1..;
        indexes
            .zip(commands)
            .map(|(index, command)| Entry {
                pos: Pos { index, time },
                command: command.clone(),
            })
            .collect()
    }
}

impl<S: Storage> Engine for Local<S> {
    fn submit(&mut self, command: Vec<u8>) -> Result<(), SubmitError> {
        if command.len() > COMMAND_BYTES_MAX {
            return Err(SubmitError::TooBig);
        }
        if self.waiting.len() >= QUEUE_MAX {
            return Err(SubmitError::Busy);
        }
        self.waiting.push_back(command);
        Ok(())
    }

    fn poll(&mut self, now: Time, events: &mut Vec<Event>) -> Result<(), StorageError> {
        let batch = self.batch(now);
        if let Some(last) = batch.last().map(|entry| entry.pos) {
            self.storage.append(&batch)?;
            self.waiting.drain(..batch.len());
            self.last = last;
            events.extend(batch.into_iter().map(Event::Command));
            events.push(Event::Stable(last.index));
        }
        if self.synced > self.durable {
            self.durable = self.synced;
            events.push(Event::Durable(self.durable));
        }
        Ok(())
    }

    fn synced(&mut self, index: u64) {
        self.synced = self.synced.max(index.min(self.last.index));
    }
}

#[cfg(test)]
mod tests;

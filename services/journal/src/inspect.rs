//! A look into a journal, also while somebody writes it.

use crate::recover;
use crate::{Hash, JournalError, Recovered, Snapshot, schema, store};
use group::Promise;
use machine::log::Entry;
use rusqlite::Connection;
use std::path::Path;

/// Opens the journal at `path` to look at it: nothing is changed, whoever has it open is not
/// disturbed, and the state in it may be of any version.
pub fn inspect(path: &Path) -> Result<Inspection, JournalError> {
    let (database, age) = schema::look(path)?;
    Ok(Inspection {
        database,
        generation: age.generation,
    })
}

/// A journal that is looked at. Each call sees it as it is then.
#[derive(Debug)]
pub struct Inspection {
    database: Connection,
    /// How many journals were damaged before this one and set aside.
    pub generation: u32,
}

impl Inspection {
    /// Everything that a member goes on from, checked as when it starts.
    pub fn recovered(&self) -> Result<Recovered, JournalError> {
        recover::read(&self.database, self.generation)
    }

    /// The newest snapshot; `None` before the first.
    pub fn snapshot(&self) -> Result<Option<Snapshot>, JournalError> {
        recover::snapshot(&self.database)
    }

    /// What was promised last.
    pub fn promise(&self) -> Result<Promise, JournalError> {
        recover::promise(&self.database)
    }

    /// Entries from `from` on, at most `count`, oldest first, each with its hash in the chain as
    /// it is stored.
    pub fn read(&self, from: u64, count: u32) -> Result<Vec<(Entry, Hash)>, JournalError> {
        Ok(store::entries(&self.database, from, count)?)
    }

    /// The index of the oldest entry that is kept; `None` when none is.
    pub fn first(&self) -> Result<Option<u64>, JournalError> {
        Ok(store::first(&self.database)?)
    }

    /// Entries that crashed whoever applied them, and how often each.
    pub fn crashes(&self) -> Result<Vec<(u64, u32)>, JournalError> {
        Ok(store::crashes(&self.database)?)
    }
}

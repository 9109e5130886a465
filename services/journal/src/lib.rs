//! The disk of one CMM: the log, its snapshots and what was promised, in one SQLite file.
//!
//! Entries are chained by hash, as [`group::Ledger`] does it, so that a damaged or foreign entry is
//! found and named. Whatever is kept at once is one transaction. When a call returns, what it kept
//! survives the death of the process; a sync, which runs on a thread of its own, makes it survive
//! the loss of power.

mod error;
mod recover;
mod schema;
mod store;
mod sync;

pub use error::JournalError;
pub use group::Hash;
pub use recover::{Recovered, Snapshot};
pub use sync::Wake;

use group::{Disk, Ledger, Promise};
use machine::log::{Entry, Storage, StorageError};
use rusqlite::{Connection, TransactionBehavior};
use schema::Lock;
use std::path::{Path, PathBuf};
use store::{number, storage_error};
use sync::{Job, Syncing};

/// Version of the file's layout that this code writes, and the only one that it reads.
pub const FORMAT: u32 = 2;

/// Entries that stay behind a snapshot, for inspection.
pub const ENTRIES_KEPT_MIN: u64 = 1_000;

/// Bytes after which what is in the write-ahead log is moved into the main file.
///
/// Choice: as often as SQLite does by itself, but on the sync thread, as it waits for the disk.
const CHECKPOINT_BYTES: u64 = 4 * 1024 * 1024;

/// The files of the journal at `path`, whether they are there or not.
pub fn files(path: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-lock"].map(|suffix| schema::beside(path, suffix))
}

/// An open journal. No other process can open the same file meanwhile, but for inspection.
///
/// Invariant: entries are contiguous; each hash covers its entry and the hash before it.
#[derive(Debug)]
pub struct Journal {
    // In this order they end: the thread, then the database, then the right to it.
    syncing: Syncing,
    connection: Connection,
    /// Where the log stands.
    ledger: Ledger,
    /// Bytes kept since the write-ahead log was last moved into the main file, about.
    unmoved: u64,
    _lock: Lock,
}

impl Journal {
    /// Opens the journal at `path`, makes it when it is not there, reads what it holds, and syncs
    /// that.
    ///
    /// `machine_version` is the version of the state that the caller can read: a journal whose
    /// commands or snapshots have another one is refused and left as it is. `wake` is called, on
    /// another thread, whenever a sync is over.
    pub fn open(
        path: &Path,
        machine_version: u32,
        wake: Wake,
    ) -> Result<(Self, Recovered), JournalError> {
        let lock = Lock::take(path)?;
        let connection = schema::open(path, machine_version)?;
        let recovered = recover::read(&connection)?;
        let syncing = Syncing::start(path, wake)?;
        let journal = Self {
            syncing,
            connection,
            ledger: recovered.ledger.clone(),
            unmoved: 0,
            _lock: lock,
        };
        Ok((journal, recovered))
    }

    /// Where the log stands.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Keeps something, all of it or nothing. `bytes`: how large it is, about.
    fn keep(
        &mut self,
        bytes: usize,
        what: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), StorageError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior);
        let kept = transaction.and_then(|transaction| {
            what(&transaction)?;
            transaction.commit()
        });
        kept.map_err(|why| storage_error(&why))?;
        self.unmoved += u64::try_from(bytes).unwrap_or(u64::MAX);
        Ok(())
    }
}

impl Disk for Journal {
    fn append(&mut self, batch: &[Entry]) -> Result<(), StorageError> {
        let mut ledger = self.ledger.clone();
        let mut hashes = Vec::with_capacity(batch.len());
        for entry in batch {
            let last = ledger.position().index;
            if entry.pos.index != last + 1 {
                let text = format!("entry {} does not follow {last}", entry.pos.index);
                return Err(StorageError::Failed(text));
            }
            ledger.follow(entry);
            hashes.push(ledger.position().hash);
        }
        let bytes = batch.iter().map(|entry| entry.command.len()).sum();
        self.keep(bytes, |database| {
            store::append(database, batch.iter().zip(&hashes))
        })?;
        self.ledger = ledger;
        Ok(())
    }

    fn install(&mut self, ledger: &Ledger, state: &[u8]) -> Result<(), StorageError> {
        let row = store::snapshot_row(ledger)?;
        self.keep(state.len(), |database| {
            database.execute("DELETE FROM entry", [])?;
            database.execute("DELETE FROM snapshot", [])?;
            store::put_snapshot(database, &row, state)
        })?;
        self.ledger = ledger.clone();
        Ok(())
    }

    fn promise(&mut self, promise: &Promise) -> Result<(), StorageError> {
        let promise = store::encode(promise)?;
        self.keep(promise.len(), |database| {
            store::put_promise(database, &promise)
        })
    }

    fn snapshot(&mut self, ledger: &Ledger, state: &[u8]) -> Result<(), StorageError> {
        if *ledger != self.ledger {
            let (of, last) = (ledger.position().index, self.ledger.position().index);
            let text = format!("a state at {of} is not one at the last entry, {last}");
            return Err(StorageError::Failed(text));
        }
        let row = store::snapshot_row(ledger)?;
        let index = ledger.position().index;
        self.keep(state.len(), |database| {
            store::put_snapshot(database, &row, state)?;
            database.execute("DELETE FROM snapshot WHERE idx < ?1", [number(index)])?;
            let first_kept = number(index.saturating_sub(ENTRIES_KEPT_MIN));
            database.execute("DELETE FROM entry WHERE idx < ?1", [first_kept])?;
            Ok(())
        })
    }

    /// Entries behind the newest snapshot are there as far as they are kept; see
    /// [`ENTRIES_KEPT_MIN`].
    fn read(&self, from: u64, count: u32) -> Result<Vec<(Entry, Hash)>, StorageError> {
        store::entries(&self.connection, from, count).map_err(|why| storage_error(&why))
    }

    fn first(&self) -> Result<Option<u64>, StorageError> {
        store::first(&self.connection).map_err(|why| storage_error(&why))
    }

    fn start_sync(&mut self) {
        let moves = self.unmoved >= CHECKPOINT_BYTES;
        if self.syncing.start_one(Job { moves }) && moves {
            self.unmoved = 0;
        }
    }

    fn sync_done(&mut self) -> Option<Result<(), StorageError>> {
        self.syncing.done()
    }
}

impl Storage for Journal {
    fn append(&mut self, batch: &[Entry]) -> Result<(), StorageError> {
        Disk::append(self, batch)
    }
}

#[cfg(test)]
mod tests;

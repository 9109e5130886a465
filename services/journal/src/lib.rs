//! The disk of one CMM: the log, its snapshots and what was promised, in one SQLite file.
//!
//! Entries are chained by hash, as [`group::Ledger`] does it, so that a damaged or foreign entry is
//! found and named. Whatever is kept at once is one transaction. When a call returns, what it kept
//! survives the death of the process; a sync, which runs on a thread of its own, makes it survive
//! the loss of power. A small file beside the journal, the mark, says what did: without it, damage
//! of the end would pass for something that was never synced.

mod aside;
mod error;
mod inspect;
mod mark;
mod recover;
mod schema;
mod store;
mod sync;
mod wal;

pub use aside::{ASIDE_MAX, NOBODY};
pub use error::JournalError;
pub use group::Hash;
pub use inspect::{Inspection, inspect};
pub use recover::{Recovered, Snapshot};
pub use sync::Wake;

use group::{Disk, Ledger, NodeId, Promise};
use machine::log::{Entry, StorageError};
use mark::Mark;
use rusqlite::{Connection, TransactionBehavior};
use schema::{Age, Lock};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{number, storage_error};
use sync::{Files, SyncData, SyncJob, Syncing};

/// Version of the file's layout that this code writes, and the only one that it reads.
pub const FORMAT: u32 = 3;

/// Entries that stay behind a snapshot, for inspection.
pub const ENTRIES_KEPT_MIN: u64 = 1_000;

/// Entries of which crashes are remembered.
pub const CRASHES_MAX: u32 = 64;

/// Bytes after which what is in the write-ahead log is moved into the main file.
///
/// Choice: as often as SQLite does by itself, but on the sync thread, as it waits for the disk.
const CHECKPOINT_BYTES: u64 = 4 * 1024 * 1024;

/// The files of the journal at `path`, whether they are there or not.
pub fn files(path: &Path) -> [PathBuf; 5] {
    ["", "-wal", "-shm", "-mark", "-lock"].map(|suffix| schema::beside(path, suffix))
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
    promise: Promise,
    age: Age,
    /// A sync failed, and none has succeeded since.
    is_doubtful: bool,
    /// Bytes kept since the write-ahead log was last moved into the main file, about.
    unmoved: u64,
    checkpoint_bytes: u64,
    _lock: Lock,
}

/// What tests have otherwise.
struct Tuning {
    sync: SyncData,
    checkpoint_bytes: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            sync: Arc::new(File::sync_data),
            checkpoint_bytes: CHECKPOINT_BYTES,
        }
    }
}

impl Journal {
    /// Opens the journal at `path`, makes it when it is not there, reads what it holds, and syncs
    /// that.
    ///
    /// `wake` is called, on another thread, whenever a sync is over.
    ///
    /// Choice: whether the caller can go on with what is in it is not asked here. States say
    /// themselves by which version of the rules they are encoded, entries by which one they count;
    /// so another program than the one that wrote it is refused where it really cannot go on, and
    /// nowhere else.
    pub fn open(path: &Path, wake: Wake) -> Result<(Self, Recovered), JournalError> {
        Self::open_with(path, wake, Tuning::default())
    }

    fn open_with(
        path: &Path,
        wake: Wake,
        tuning: Tuning,
    ) -> Result<(Self, Recovered), JournalError> {
        let lock = Lock::take(path)?;
        let mark = mark::read(path);
        if schema::is_missing(path) {
            check_mark(mark.as_ref(), Age::default(), &Recovered::default())?;
        }
        let (connection, age) = schema::open(path)?;
        let recovered = recover::read(&connection, age.generation)?;
        check_mark(mark.as_ref(), age, &recovered)?;
        let unreadable = |why: String| JournalError::Unreadable {
            path: path.to_owned(),
            why,
        };
        let mut files =
            Files::open(path, tuning.sync).map_err(|why| unreadable(why.to_string()))?;
        // Whoever had it open before may have ended because a sync failed.
        let job = SyncJob {
            heals: true,
            mark: Mark::new(age, &recovered.ledger, &recovered.promise),
            moves: false,
        };
        let synced = files.sync(&job);
        synced.map_err(|why| unreadable(format!("cannot be synced: {why:?}")))?;
        let journal = Self {
            syncing: Syncing::start(files, wake)?,
            connection,
            ledger: recovered.ledger.clone(),
            promise: recovered.promise.clone(),
            age,
            is_doubtful: false,
            unmoved: 0,
            checkpoint_bytes: tuning.checkpoint_bytes,
            _lock: lock,
        };
        Ok((journal, recovered))
    }

    /// Moves a damaged journal aside and puts an empty one of `node` in its place, with which the
    /// group does not go on before it has found what was lost here, or before an operator has said
    /// that it is lost; see [`Recovered::required`]. Where the damaged one lies now, if anything
    /// was left of it.
    ///
    /// Choice: up to [`ASIDE_MAX`] of them are called like the journal, with `.damaged-` and a
    /// number, and are never removed.
    pub fn set_aside(path: &Path, node: NodeId) -> Result<PathBuf, JournalError> {
        aside::set_aside(path, node)
    }

    /// Where the log stands.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// An entry crashed the process that was applying it: how often it has done so by now.
    ///
    /// Choice: only the last [`CRASHES_MAX`] entries are remembered.
    pub fn note_crash(&mut self, index: u64) -> Result<u32, StorageError> {
        let mut count = 0;
        self.keep(0, |database| {
            count = store::note_crash(database, index, CRASHES_MAX)?;
            Ok(())
        })?;
        Ok(count)
    }

    /// Entries that crashed whoever applied them, and how often each.
    pub fn crashes(&self) -> Result<Vec<(u64, u32)>, StorageError> {
        store::crashes(&self.connection).map_err(|why| storage_error(&why))
    }

    /// Forgets all crashes: what caused them is mended.
    pub fn forget_crashes(&mut self) -> Result<(), StorageError> {
        self.keep(0, |database| {
            database.execute("DELETE FROM crash", []).map(|_| ())
        })
    }

    /// Keeps something, all of it or nothing. `bytes`: how large it is, about.
    fn keep(
        &mut self,
        bytes: usize,
        what: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), StorageError> {
        if self.is_doubtful {
            let text = "the last sync failed: nothing more is kept until one succeeds";
            return Err(StorageError::Failed(text.into()));
        }
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior);
        let kept = transaction.and_then(|transaction| {
            what(&transaction)?;
            transaction.commit()
        });
        if let Err(why) = kept.map_err(|why| storage_error(&why)) {
            if why == StorageError::Full {
                // What is moved leaves room in the write-ahead log.
                self.syncing.make_room();
            }
            return Err(why);
        }
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
            // They are about other entries.
            database.execute("DELETE FROM crash", [])?;
            database.execute("UPDATE meta SET installs = installs + 1", [])?;
            store::put_snapshot(database, &row, state)
        })?;
        self.age.installs += 1;
        self.ledger = ledger.clone();
        Ok(())
    }

    fn promise(&mut self, promise: &Promise) -> Result<(), StorageError> {
        let row = store::encode(promise)?;
        self.keep(row.len(), |database| store::put_promise(database, &row))?;
        self.promise = promise.clone();
        Ok(())
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
    /// [`ENTRIES_KEPT_MIN`]. `Err` when one of them is not what was written.
    fn read(&self, from: u64, count: u32) -> Result<Vec<(Entry, Hash)>, StorageError> {
        // With the one before, which the first one follows.
        let before = from.saturating_sub(1);
        let read = store::entries(&self.connection, before, count.saturating_add(1));
        let mut read = read.map_err(|why| storage_error(&why))?;
        let extra = read
            .iter()
            .take_while(|(it, _)| it.pos.index < from)
            .count();
        read.truncate(extra.saturating_add(usize::try_from(count).unwrap_or(usize::MAX)));
        recover::check_chain(&read).map_err(|why| StorageError::Failed(why.to_string()))?;
        read.drain(..extra);
        Ok(read)
    }

    fn first(&self) -> Result<Option<u64>, StorageError> {
        store::first(&self.connection).map_err(|why| storage_error(&why))
    }

    fn note_crash(&mut self, index: u64) -> Result<u32, StorageError> {
        Self::note_crash(self, index)
    }

    fn start_sync(&mut self) {
        let job = SyncJob {
            heals: self.is_doubtful,
            mark: Mark::new(self.age, &self.ledger, &self.promise),
            moves: self.unmoved >= self.checkpoint_bytes && !self.is_doubtful,
        };
        let moves = job.moves;
        if self.syncing.start_one(job) && moves {
            self.unmoved = 0;
        }
    }

    /// Choice: after a failed sync nothing is kept any more until one succeeds, and that one writes
    /// once more all that may not be on disk. When it is not there any more, each sync fails: the
    /// journal must be opened anew, and then holds what the disk holds.
    fn sync_done(&mut self) -> Option<Result<(), StorageError>> {
        let result = self.syncing.done()?;
        self.is_doubtful = result.is_err();
        // Pages that may not be in the write-ahead log must not get into the main file.
        let is_told = schema::tidies_up(&self.connection, !self.is_doubtful);
        Some(result.and(is_told.map_err(|why| storage_error(&why))))
    }
}

/// Whether a journal holds all that was on disk, as far as its mark tells.
fn check_mark(mark: Option<&Mark>, age: Age, recovered: &Recovered) -> Result<(), JournalError> {
    let (ledger, promise) = (&recovered.ledger, &recovered.promise);
    match mark.filter(|mark| mark.is_ahead_of(age, ledger, promise)) {
        Some(mark) => Err(JournalError::Shortened {
            last: ledger.position().index,
            synced: mark.position.index,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;

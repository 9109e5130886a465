//! The journal of one CMM: the log and its snapshots in one SQLite file.
//!
//! Entries are chained by hash, so that a damaged or foreign entry is found and named. A batch is
//! one transaction. [`Journal::append`] leaves the batch in the operating system's hands (it
//! survives the death of the process); [`Syncer::sync`] makes it survive the loss of power, and
//! runs beside the appending thread.

mod error;
mod schema;

pub use error::JournalError;

use machine::log::{Entry, Storage, StorageError};
use machine::{Pos, Time};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Version of the file's layout that this code writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// Entries that stay behind a snapshot, for inspection.
pub const ENTRIES_KEPT_MIN: u64 = 1_000;

/// SHA-256 over an entry and all before it.
pub type Hash = [u8; 32];

/// The state at one position, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last entry whose effect is in the state.
    pub pos: Pos,
    /// The state; the journal does not look inside.
    pub state: Vec<u8>,
}

/// What a journal held when it was opened: replay `entries` on top of `snapshot`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// The newest snapshot; `None` before the first.
    pub snapshot: Option<Snapshot>,
    /// The entries after it, in order.
    pub entries: Vec<Entry>,
}

impl Recovered {
    /// The position of the last entry; the default position when the journal is new.
    pub fn last(&self) -> Pos {
        let at_snapshot = self.snapshot.as_ref().map(|snapshot| snapshot.pos);
        let at_entry = self.entries.last().map(|entry| entry.pos);
        at_entry.or(at_snapshot).unwrap_or_default()
    }
}

/// An open journal. No other process can open the same file meanwhile.
///
/// Invariant: entries are contiguous; each hash covers its entry and the hash before it.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    path: PathBuf,
    last: Pos,
    hash: Hash,
}

impl Journal {
    /// Opens the journal at `path`, makes it when it is not there, and reads what it holds.
    ///
    /// `machine_version` is the version of the state that the caller can read: a journal whose
    /// commands or snapshots have another one is refused and left as it is.
    pub fn open(path: &Path, machine_version: u32) -> Result<(Self, Recovered), JournalError> {
        let connection = schema::open(path, machine_version)?;
        let snapshot = newest_snapshot(&connection)?;
        let (start, mut hash) = snapshot
            .as_ref()
            .map_or((Pos::default(), [0; 32]), |(s, hash)| (s.pos, *hash));
        let entries = entries_after(&connection, start, &mut hash)?;
        let recovered = Recovered {
            snapshot: snapshot.map(|(snapshot, _)| snapshot),
            entries,
        };
        let last = recovered.last();
        let journal = Self {
            connection,
            path: path.to_owned(),
            last,
            hash,
        };
        Ok((journal, recovered))
    }

    /// Keeps the state at the last entry and forgets the entries that it makes needless.
    pub fn snapshot(&mut self, state: &[u8]) -> Result<(), StorageError> {
        let transaction = self.connection.transaction().map_err(storage_error)?;
        transaction
            .execute(
                "INSERT OR REPLACE INTO snapshot (idx, time, hash, state, digest)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    number(self.last.index),
                    number(self.last.time.0),
                    self.hash,
                    state,
                    digest(state)
                ],
            )
            .map_err(storage_error)?;
        transaction
            .execute(
                "DELETE FROM snapshot WHERE idx < ?1",
                [number(self.last.index)],
            )
            .map_err(storage_error)?;
        let first_kept = self.last.index.saturating_sub(ENTRIES_KEPT_MIN);
        transaction
            .execute("DELETE FROM entry WHERE idx < ?1", [number(first_kept)])
            .map_err(storage_error)?;
        transaction.commit().map_err(storage_error)
    }

    /// Entries from `from` on, at most `count`, oldest first, each with its hash in the chain.
    ///
    /// Entries behind the newest snapshot are there as far as they are kept; see
    /// [`ENTRIES_KEPT_MIN`].
    pub fn read(&self, from: u64, count: u32) -> Result<Vec<(Entry, Hash)>, JournalError> {
        let mut query = self.connection.prepare_cached(
            "SELECT idx, time, command, hash FROM entry WHERE idx >= ?1 ORDER BY idx LIMIT ?2",
        )?;
        let rows = query.query_map(params![number(from), count], |row| {
            let pos = position(row.get(0)?, row.get(1)?);
            let command = row.get(2)?;
            Ok((Entry { pos, command }, row.get(3)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The index of the oldest entry that is kept; `None` when none is.
    pub fn first(&self) -> Result<Option<u64>, JournalError> {
        let first: Option<i64> =
            self.connection
                .query_row("SELECT min(idx) FROM entry", [], |row| row.get(0))?;
        Ok(first.map(|index| position(index, 0).index))
    }

    /// What makes appended entries survive the loss of power, to be run on another thread.
    pub fn syncer(&self) -> Result<Syncer, JournalError> {
        Syncer::open(&self.path)
    }
}

impl Storage for Journal {
    fn append(&mut self, batch: &[Entry]) -> Result<(), StorageError> {
        let mut hash = self.hash;
        let transaction = self.connection.transaction().map_err(storage_error)?;
        {
            let mut insert = transaction
                .prepare_cached(
                    "INSERT INTO entry (idx, time, command, hash) VALUES (?1, ?2, ?3, ?4)",
                )
                .map_err(storage_error)?;
            for entry in batch {
                hash = chained(&hash, entry);
                let (index, time) = (number(entry.pos.index), number(entry.pos.time.0));
                insert
                    .execute(params![index, time, entry.command, hash])
                    .map_err(storage_error)?;
            }
        }
        transaction.commit().map_err(storage_error)?;
        self.hash = hash;
        self.last = batch.last().map_or(self.last, |entry| entry.pos);
        Ok(())
    }
}

/// Makes what was appended before each call survive the loss of power.
#[derive(Debug)]
pub struct Syncer {
    write_ahead_log: File,
}

impl Syncer {
    fn open(path: &Path) -> Result<Self, JournalError> {
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let write_ahead_log = File::open(&wal).map_err(|why| JournalError::Unreadable {
            path: PathBuf::from(wal),
            why: why.to_string(),
        })?;
        Ok(Self { write_ahead_log })
    }

    /// Returns when everything appended before the call is on the disk.
    ///
    /// SQLite itself syncs the write-ahead log whenever it moves pages into the main file.
    pub fn sync(&self) -> Result<(), StorageError> {
        self.write_ahead_log
            .sync_data()
            .map_err(|why| StorageError::Failed(why.to_string()))
    }
}

fn newest_snapshot(connection: &Connection) -> Result<Option<(Snapshot, Hash)>, JournalError> {
    let newest = connection
        .query_row(
            "SELECT idx, time, hash, state, digest FROM snapshot ORDER BY idx DESC LIMIT 1",
            [],
            |row| {
                let pos = position(row.get(0)?, row.get(1)?);
                let state = row.get(3)?;
                let digest: Hash = row.get(4)?;
                Ok((Snapshot { pos, state }, row.get(2)?, digest))
            },
        )
        .optional()?;
    match newest {
        Some((snapshot, _, stored)) if digest(&snapshot.state) != stored => {
            let index = snapshot.pos.index;
            Err(JournalError::CorruptSnapshot { index })
        }
        Some((snapshot, hash, _)) => Ok(Some((snapshot, hash))),
        None => Ok(None),
    }
}

fn digest(state: &[u8]) -> Hash {
    Sha256::digest(state).into()
}

/// Reads the entries behind `start` and checks the chain; `hash` moves from the start's hash on.
fn entries_after(
    connection: &Connection,
    start: Pos,
    hash: &mut Hash,
) -> Result<Vec<Entry>, JournalError> {
    let mut query = connection
        .prepare("SELECT idx, time, command, hash FROM entry WHERE idx > ?1 ORDER BY idx")?;
    let mut rows = query.query([number(start.index)])?;
    let mut entries = Vec::new();
    let mut before = start;
    while let Some(row) = rows.next()? {
        let pos = position(row.get(0)?, row.get(1)?);
        let entry = Entry {
            pos,
            command: row.get(2)?,
        };
        let stored: Hash = row.get(3)?;
        *hash = chained(hash, &entry);
        if pos.index != before.index + 1 || stored != *hash {
            return Err(JournalError::Corrupt { index: pos.index });
        }
        before = pos;
        entries.push(entry);
    }
    Ok(entries)
}

fn chained(before: &Hash, entry: &Entry) -> Hash {
    Sha256::new()
        .chain_update(before)
        .chain_update(entry.pos.index.to_le_bytes())
        .chain_update(entry.pos.time.0.to_le_bytes())
        .chain_update(&entry.command)
        .finalize()
        .into()
}

/// SQLite has signed numbers only; indexes and times stay far below 2^63.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn position(index: i64, time: i64) -> Pos {
    Pos {
        index: u64::try_from(index).unwrap_or(0),
        time: Time(u64::try_from(time).unwrap_or(0)),
    }
}

fn storage_error(why: rusqlite::Error) -> StorageError {
    match why.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => StorageError::Full,
        Some(_) | None => StorageError::Failed(why.to_string()),
    }
}

#[cfg(test)]
mod tests;

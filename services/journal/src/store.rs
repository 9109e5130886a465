//! What is written into the tables, and read from them.

use crate::Hash;
use group::Ledger;
use machine::log::{Entry, StorageError};
use machine::{Pos, Time};
use rusqlite::{Connection, ErrorCode, Row, params};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A ledger as a snapshot is kept with it.
pub(crate) struct SnapshotRow {
    index: i64,
    ledger: Vec<u8>,
}

pub(crate) fn snapshot_row(ledger: &Ledger) -> Result<SnapshotRow, StorageError> {
    Ok(SnapshotRow {
        index: number(ledger.position().index),
        ledger: encode(ledger)?,
    })
}

pub(crate) fn encode(value: &impl Serialize) -> Result<Vec<u8>, StorageError> {
    postcard::to_allocvec(value).map_err(|why| StorageError::Failed(why.to_string()))
}

pub(crate) fn append<'a>(
    database: &Connection,
    entries: impl Iterator<Item = (&'a Entry, &'a Hash)>,
) -> rusqlite::Result<()> {
    let mut insert = database
        .prepare_cached("INSERT INTO entry (idx, time, command, hash) VALUES (?1, ?2, ?3, ?4)")?;
    for (entry, hash) in entries {
        let (index, time) = (number(entry.pos.index), number(entry.pos.time.0));
        insert.execute(params![index, time, entry.command, hash.0])?;
    }
    Ok(())
}

pub(crate) fn put_snapshot(
    database: &Connection,
    row: &SnapshotRow,
    state: &[u8],
) -> rusqlite::Result<()> {
    let digest = digest(&[&row.ledger, state]);
    database.execute(
        "INSERT OR REPLACE INTO snapshot (idx, ledger, state, digest) VALUES (?1, ?2, ?3, ?4)",
        params![row.index, row.ledger, state, digest],
    )?;
    Ok(())
}

pub(crate) fn put_promise(database: &Connection, promise: &[u8]) -> rusqlite::Result<()> {
    database.execute(
        "INSERT OR REPLACE INTO promise (one, promise, digest) VALUES (1, ?1, ?2)",
        params![promise, digest(&[promise])],
    )?;
    Ok(())
}

/// One more crash of an entry; how many there are.
pub(crate) fn note_crash(database: &Connection, index: u64, most: u32) -> rusqlite::Result<u32> {
    let count = database.query_row(
        "INSERT INTO crash (idx, count) VALUES (?1, 1)
         ON CONFLICT (idx) DO UPDATE SET count = count + 1 RETURNING count",
        [number(index)],
        |row| row.get(0),
    )?;
    database.execute(
        "DELETE FROM crash
         WHERE idx NOT IN (SELECT idx FROM crash ORDER BY idx DESC LIMIT ?1)",
        [most],
    )?;
    Ok(count)
}

/// Entries that crashed, and how often.
pub(crate) fn crashes(database: &Connection) -> rusqlite::Result<Vec<(u64, u32)>> {
    let mut query = database.prepare_cached("SELECT idx, count FROM crash ORDER BY idx")?;
    let rows = query.query_map([], |row| Ok((position(row.get(0)?, 0).index, row.get(1)?)))?;
    rows.collect()
}

/// Entries from `from` on, at most `count`, each with its hash as it is stored.
pub(crate) fn entries(
    database: &Connection,
    from: u64,
    count: u32,
) -> rusqlite::Result<Vec<(Entry, Hash)>> {
    let mut query = database.prepare_cached(
        "SELECT idx, time, command, hash FROM entry WHERE idx >= ?1 ORDER BY idx LIMIT ?2",
    )?;
    let rows = query.query_map(params![number(from), count], entry_of)?;
    rows.collect()
}

/// Index of the oldest entry.
pub(crate) fn first(database: &Connection) -> rusqlite::Result<Option<u64>> {
    let first: Option<i64> =
        database.query_row("SELECT min(idx) FROM entry", [], |row| row.get(0))?;
    Ok(first.map(|index| position(index, 0).index))
}

/// An entry and its hash from a row of `idx, time, command, hash`.
pub(crate) fn entry_of(row: &Row<'_>) -> rusqlite::Result<(Entry, Hash)> {
    let pos = position(row.get(0)?, row.get(1)?);
    let command = row.get(2)?;
    Ok((Entry { pos, command }, Hash(row.get(3)?)))
}

/// Hash over parts, and over where each ends.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        let bytes = u64::try_from(part.len()).unwrap_or(u64::MAX);
        hash.update(bytes.to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// SQLite has signed numbers only; indexes and times stay far below 2^63.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn position(index: i64, time: i64) -> Pos {
    Pos {
        index: u64::try_from(index).unwrap_or(0),
        time: Time(u64::try_from(time).unwrap_or(0)),
    }
}

pub(crate) fn storage_error(why: &rusqlite::Error) -> StorageError {
    match why.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StorageError::Full,
        Some(_) | None => StorageError::Failed(why.to_string()),
    }
}

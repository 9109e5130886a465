//! What a journal holds when it is opened, and whether it is what was written.

use crate::aside::{NOBODY, empty_ledger};
use crate::store::{digest, entry_of, number};
use crate::{Hash, JournalError};
use group::{Ledger, NodeId, Promise};
use machine::Pos;
use machine::log::Entry;
use rusqlite::{Connection, ErrorCode, OptionalExtension};
use std::collections::BTreeSet;

/// The state at one position, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Where the log stands in it.
    pub ledger: Ledger,
    /// The state; the journal does not look inside.
    pub state: Vec<u8>,
}

/// What a journal held when it was opened: replay `entries` on top of `snapshot`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Where the log stands: after `snapshot` and `entries`.
    pub ledger: Ledger,
    /// What was promised last.
    pub promise: Promise,
    /// The newest snapshot; `None` before the first.
    pub snapshot: Option<Snapshot>,
    /// The entries after it, in order.
    pub entries: Vec<Entry>,
    /// How many journals were damaged before this one and set aside.
    pub generation: u32,
}

impl Recovered {
    /// Who must be there when the log begins, of whom `configured` are configured.
    ///
    /// [`NOBODY`] is among them when a log was lost here: unless it is found elsewhere, an operator
    /// must say that a new one may begin.
    pub fn required(&self, mut configured: BTreeSet<NodeId>) -> BTreeSet<NodeId> {
        if self.generation > 0 {
            configured.insert(NOBODY);
        }
        configured
    }

    /// The position of the last entry; the default position when the journal is new.
    pub fn last(&self) -> Pos {
        Pos {
            index: self.ledger.position().index,
            time: self.ledger.time(),
        }
    }
}

pub(crate) fn read(database: &Connection, generation: u32) -> Result<Recovered, JournalError> {
    let promise = promise(database)?;
    let snapshot = snapshot(database)?;
    let mut ledger = match &snapshot {
        Some(snapshot) => snapshot.ledger.clone(),
        None => empty_ledger(generation),
    };
    let entries = entries(database, &mut ledger)?;
    Ok(Recovered {
        ledger,
        promise,
        snapshot,
        entries,
        generation,
    })
}

pub(crate) fn promise(database: &Connection) -> Result<Promise, JournalError> {
    let kept = database
        .query_row("SELECT promise, digest FROM promise", [], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, [u8; 32]>(1)?))
        })
        .optional();
    let Some((promise, stored)) = kept.map_err(|why| bad(&why, JournalError::CorruptPromise))?
    else {
        return Ok(Promise::default());
    };
    if digest(&[&promise]) != stored {
        return Err(JournalError::CorruptPromise);
    }
    postcard::from_bytes(&promise).map_err(|_| JournalError::CorruptPromise)
}

pub(crate) fn snapshot(database: &Connection) -> Result<Option<Snapshot>, JournalError> {
    let newest = database
        .query_row("SELECT max(idx) FROM snapshot", [], |row| row.get(0))
        .map_err(|why| bad(&why, JournalError::CorruptSnapshot { index: 0 }))?;
    let Some(newest): Option<i64> = newest else {
        return Ok(None);
    };
    let index = u64::try_from(newest).unwrap_or(0);
    let corrupt = || JournalError::CorruptSnapshot { index };
    let row = database.query_row(
        "SELECT ledger, state, digest FROM snapshot WHERE idx = ?1",
        [newest],
        |row| {
            let (ledger, state) = (row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?);
            Ok((ledger, state, row.get::<_, [u8; 32]>(2)?))
        },
    );
    let (ledger, state, stored) = row.map_err(|why| bad(&why, corrupt()))?;
    if digest(&[&ledger, &state]) != stored {
        return Err(corrupt());
    }
    let ledger: Ledger = postcard::from_bytes(&ledger).map_err(|_| corrupt())?;
    if ledger.position().index != index {
        return Err(corrupt());
    }
    Ok(Some(Snapshot { ledger, state }))
}

/// Reads the entries behind where `ledger` stands and checks the chain; `ledger` follows them.
fn entries(database: &Connection, ledger: &mut Ledger) -> Result<Vec<Entry>, JournalError> {
    let start = ledger.position().index;
    let damaged = |why: rusqlite::Error| bad(&why, JournalError::Corrupt { index: start + 1 });
    let mut query = database
        .prepare("SELECT idx, time, command, hash FROM entry WHERE idx > ?1 ORDER BY idx")
        .map_err(damaged)?;
    let mut rows = query.query([number(start)]).map_err(damaged)?;
    let mut entries = Vec::new();
    loop {
        let index = ledger.position().index + 1;
        let corrupt = || JournalError::Corrupt { index };
        let row = match rows.next() {
            Ok(row) => row,
            Err(why) => return Err(bad(&why, corrupt())),
        };
        let Some(row) = row else {
            return Ok(entries);
        };
        let (entry, stored): (Entry, Hash) = entry_of(row).map_err(|why| bad(&why, corrupt()))?;
        ledger.follow(&entry);
        if entry.pos.index != index || ledger.position().hash != stored {
            return Err(corrupt());
        }
        entries.push(entry);
    }
}

/// Whether these entries follow each other.
pub(crate) fn check_chain(entries: &[(Entry, Hash)]) -> Result<(), JournalError> {
    let mut ledger = Ledger::default();
    for (number, (entry, hash)) in entries.iter().enumerate() {
        let index = ledger.position().index + 1;
        let follows = entry.pos.index == index && ledger.hash_with(entry) == *hash;
        // What the first one follows is not known.
        if !follows && number > 0 {
            return Err(JournalError::Corrupt { index });
        }
        ledger.follow_hashed(entry, *hash);
    }
    Ok(())
}

/// What an error says of the place where it was met: `corrupt`, unless it is something else than
/// damage.
fn bad(why: &rusqlite::Error, corrupt: JournalError) -> JournalError {
    let is_damage = match why.sqlite_error_code() {
        // A sector that cannot be read is as good as a changed one.
        Some(code) => matches!(
            code,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::SystemIoFailure
        ),
        // A column holds something else than what is written there.
        None => true,
    };
    if is_damage {
        corrupt
    } else {
        JournalError::Database(why.to_string())
    }
}

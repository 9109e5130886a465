//! The file's layout, and the checks before it is touched.

use crate::{FORMAT, JournalError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `user_version` holds the layout's version, `application_id` says that it is ours.
const APPLICATION_ID: u32 = 0x4f53_4c46; // "OSLF"

/// How large the write-ahead log stays when it starts again at its beginning.
const WAL_BYTES_KEPT: &str = "8388608";

/// How long to wait for a process that is just about to let go of the file.
const LOCK_WAIT: Duration = Duration::from_millis(500);

/// How long the writer waits for the sync thread.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(10);

/// How long the sync thread waits for readers, while the writer waits for it.
pub(crate) const READERS_WAIT: Duration = Duration::from_millis(200);

/// How long to wait before a lock is tried again.
const LOCK_RETRY: Duration = Duration::from_millis(20);

const TABLES: &str = "
    CREATE TABLE meta (
        generation INTEGER NOT NULL, installs INTEGER NOT NULL
    );
    CREATE TABLE entry (
        idx INTEGER PRIMARY KEY, time INTEGER NOT NULL, command BLOB NOT NULL, hash BLOB NOT NULL
    );
    CREATE TABLE snapshot (
        idx INTEGER PRIMARY KEY, ledger BLOB NOT NULL, state BLOB NOT NULL, digest BLOB NOT NULL
    );
    CREATE TABLE promise (
        one INTEGER PRIMARY KEY CHECK (one = 1), promise BLOB NOT NULL, digest BLOB NOT NULL
    );
    CREATE TABLE crash (idx INTEGER PRIMARY KEY, count INTEGER NOT NULL);
";

/// The right to write to a journal: one process has it at a time.
///
/// Choice: a lock on a file of its own, not SQLite's exclusive mode: then the sync thread can work
/// beside the writer, and others can read.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    pub(crate) fn take(path: &Path) -> Result<Self, JournalError> {
        let unreadable = |why: io::Error| JournalError::Unreadable {
            path: path.to_owned(),
            why: why.to_string(),
        };
        let options = File::options().create(true).append(true).to_owned();
        let file = options.open(beside(path, "-lock")).map_err(unreadable)?;
        let mut waited = Duration::ZERO;
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(Errno::WOULDBLOCK) if waited >= LOCK_WAIT => {
                    return Err(JournalError::InUse(path.to_owned()));
                }
                Err(Errno::WOULDBLOCK) => {
                    std::thread::sleep(LOCK_RETRY);
                    waited += LOCK_RETRY;
                }
                Err(why) => return Err(unreadable(why.into())),
            }
        }
    }
}

/// A file that belongs to the one at `path`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether there is no journal, or nothing in it.
pub(crate) fn is_missing(path: &Path) -> bool {
    std::fs::metadata(path).map_or(true, |file| file.len() == 0)
}

/// SQLite's write-ahead log.
pub(crate) fn wal_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// The folder of `path`: synced, it makes the names of files survive the loss of power.
pub(crate) fn folder_of(path: &Path) -> io::Result<File> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))
}

/// How a file is opened that is there already.
pub(crate) fn existing() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// The database, and which one it is.
pub(crate) fn open(path: &Path) -> Result<(Connection, Age), JournalError> {
    let named = |why: rusqlite::Error| named(path, &why);
    let flags = existing() | OpenFlags::SQLITE_OPEN_CREATE;
    let database = Connection::open_with_flags(path, flags).map_err(named)?;
    database.busy_timeout(BUSY_WAIT).map_err(named)?;
    // A file that is refused is closed again, and must not be tidied up by that.
    tidies_up(&database, false).map_err(named)?;
    let written = check_layout(&database, path)?;
    let pragma = |name, value| database.pragma_update(None, name, value).map_err(named);
    pragma("journal_mode", "WAL")?;
    pragma("synchronous", "NORMAL")?;
    // The sync thread does that.
    pragma("wal_autocheckpoint", "0")?;
    // What a large state took is given back.
    pragma("journal_size_limit", WAL_BYTES_KEPT)?;
    if written.is_none() {
        create(&database).map_err(named)?;
    }
    tidies_up(&database, true).map_err(named)?;
    Ok((database, written.unwrap_or_default()))
}

/// Whether everything is moved into the main file when the database is closed.
pub(crate) fn tidies_up(database: &Connection, does: bool) -> rusqlite::Result<()> {
    let leaves_alone = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    database.set_db_config(leaves_alone, !does).map(|_| ())
}

/// Opens a journal that is there, to look at it.
pub(crate) fn look(path: &Path) -> Result<(Connection, Age), JournalError> {
    let named = |why: rusqlite::Error| named(path, &why);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags).map_err(named)?;
    database.busy_timeout(BUSY_WAIT).map_err(named)?;
    let written = check_layout(&database, path)?;
    let age = written.ok_or_else(|| JournalError::Unreadable {
        path: path.to_owned(),
        why: "an empty file".into(),
    })?;
    Ok((database, age))
}

/// Which of the logs a journal holds that were in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Age {
    /// How many journals were damaged before it and set aside.
    pub(crate) generation: u32,
    /// How often a state of the partner took the place of the whole log.
    pub(crate) installs: u32,
}

fn create(database: &Connection) -> rusqlite::Result<()> {
    database.execute_batch(&format!(
        "BEGIN IMMEDIATE;
         {TABLES}
         INSERT INTO meta VALUES (0, 0);
         PRAGMA user_version = {FORMAT};
         PRAGMA application_id = {APPLICATION_ID};
         COMMIT;"
    ))
}

/// Which one it is; `None` when there is nothing yet. Reads only: a file that is refused stays byte
/// for byte what it was.
fn check_layout(database: &Connection, path: &Path) -> Result<Option<Age>, JournalError> {
    let named = |why: rusqlite::Error| named(path, &why);
    let pragma = |name| database.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let format = pragma("user_version").map_err(named)?;
    if format == 0 {
        return is_empty(database, path).map(|()| None);
    }
    if pragma("application_id").map_err(named)? != APPLICATION_ID {
        return Err(JournalError::Unreadable {
            path: path.to_owned(),
            why: "a database of another program".into(),
        });
    }
    check_format(format)?;
    let query = "SELECT generation, installs FROM meta";
    let age = database.query_row(query, [], |row| {
        let (generation, installs) = (row.get(0)?, row.get(1)?);
        Ok(Age {
            generation,
            installs,
        })
    });
    age.map(Some).map_err(named)
}

fn is_empty(database: &Connection, path: &Path) -> Result<(), JournalError> {
    let tables: u32 = database
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|why| named(path, &why))?;
    if tables == 0 {
        return Ok(());
    }
    Err(JournalError::Unreadable {
        path: path.to_owned(),
        why: "a database of another program".into(),
    })
}

/// Choice: an older journal is refused, too, until something converts it: read as what it is not,
/// it would be damaged at best.
fn check_format(found: u32) -> Result<(), JournalError> {
    match found.cmp(&FORMAT) {
        Ordering::Less => Err(JournalError::Older { found }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(JournalError::Newer { found }),
    }
}

fn named(path: &Path, why: &rusqlite::Error) -> JournalError {
    match why.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            JournalError::InUse(path.to_owned())
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => JournalError::Malformed {
            path: path.to_owned(),
            why: why.to_string(),
        },
        Some(_) | None => JournalError::Unreadable {
            path: path.to_owned(),
            why: why.to_string(),
        },
    }
}

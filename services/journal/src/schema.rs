//! The file's layout, and the checks before it is touched.

use crate::{FORMAT, JournalError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::cmp::Ordering;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `user_version` holds the layout's version, `application_id` says that it is ours.
const APPLICATION_ID: u32 = 0x4f53_4c46; // "OSLF"

/// How long to wait for a process that is just about to let go of the file.
const LOCK_WAIT: Duration = Duration::from_millis(500);

/// How long the writer and the sync thread wait for each other.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(10);

/// How long to wait before a lock is tried again.
const LOCK_RETRY: Duration = Duration::from_millis(20);

const TABLES: &str = "
    CREATE TABLE meta (machine_version INTEGER NOT NULL);
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

/// SQLite's write-ahead log.
pub(crate) fn wal_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// Makes the names of files in the folder of `path` survive the loss of power.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// How a file is opened that is there already.
pub(crate) fn existing() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

pub(crate) fn open(path: &Path, machine_version: u32) -> Result<Connection, JournalError> {
    let named = |why: rusqlite::Error| named(path, &why);
    let flags = existing() | OpenFlags::SQLITE_OPEN_CREATE;
    let database = Connection::open_with_flags(path, flags).map_err(named)?;
    database.busy_timeout(BUSY_WAIT).map_err(named)?;
    // A file that is refused is closed again, and must not be tidied up by that.
    let untouched = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    database.set_db_config(untouched, true).map_err(named)?;
    let is_new = check_versions(&database, path, machine_version)?;
    let pragma = |name, value| database.pragma_update(None, name, value).map_err(named);
    pragma("journal_mode", "WAL")?;
    pragma("synchronous", "NORMAL")?;
    // The sync thread does that.
    pragma("wal_autocheckpoint", "0")?;
    if is_new {
        create(&database, machine_version).map_err(named)?;
    }
    database.set_db_config(untouched, false).map_err(named)?;
    Ok(database)
}

fn create(database: &Connection, machine_version: u32) -> rusqlite::Result<()> {
    database.execute_batch(&format!(
        "BEGIN IMMEDIATE;
         {TABLES}
         INSERT INTO meta VALUES ({machine_version});
         PRAGMA user_version = {FORMAT};
         PRAGMA application_id = {APPLICATION_ID};
         COMMIT;"
    ))
}

/// Whether there is nothing yet. Reads only: a file that is refused stays byte for byte what it
/// was.
fn check_versions(
    database: &Connection,
    path: &Path,
    machine_version: u32,
) -> Result<bool, JournalError> {
    let named = |why: rusqlite::Error| named(path, &why);
    let pragma = |name| database.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let format = pragma("user_version").map_err(named)?;
    if format == 0 {
        return is_empty(database, path);
    }
    if pragma("application_id").map_err(named)? != APPLICATION_ID {
        return Err(JournalError::Unreadable {
            path: path.to_owned(),
            why: "a database of another program".into(),
        });
    }
    same("layout", format, FORMAT)?;
    let written: u32 = database
        .query_row("SELECT machine_version FROM meta", [], |row| row.get(0))
        .map_err(named)?;
    same("state", written, machine_version)?;
    Ok(false)
}

fn is_empty(database: &Connection, path: &Path) -> Result<bool, JournalError> {
    let tables: u32 = database
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|why| named(path, &why))?;
    if tables == 0 {
        return Ok(true);
    }
    Err(JournalError::Unreadable {
        path: path.to_owned(),
        why: "a database of another program".into(),
    })
}

/// Choice: an older journal is refused, too, until something converts it: read as what it is not,
/// it would be damaged at best.
fn same(what: &'static str, found: u32, known: u32) -> Result<(), JournalError> {
    match found.cmp(&known) {
        Ordering::Less => Err(JournalError::Older { what, found, known }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(JournalError::Newer { what, found, known }),
    }
}

fn named(path: &Path, why: &rusqlite::Error) -> JournalError {
    match why.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            JournalError::InUse(path.to_owned())
        }
        Some(_) | None => JournalError::Unreadable {
            path: path.to_owned(),
            why: why.to_string(),
        },
    }
}

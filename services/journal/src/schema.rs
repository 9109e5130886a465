//! The file's layout, and the checks before it is touched.

use crate::{FORMAT, JournalError};
use rusqlite::{Connection, ErrorCode};
use std::cmp::Ordering;
use std::path::Path;
use std::time::Duration;

/// `user_version` holds the layout's version, `application_id` says that it is ours.
const APPLICATION_ID: u32 = 0x4f53_4c46; // "OSLF"

/// How long to wait for a process that is just about to let go of the file.
const LOCK_WAIT: Duration = Duration::from_millis(500);

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS meta (machine_version INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS entry (
        idx INTEGER PRIMARY KEY, time INTEGER NOT NULL, command BLOB NOT NULL, hash BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS snapshot (
        idx INTEGER PRIMARY KEY, time INTEGER NOT NULL, hash BLOB NOT NULL, state BLOB NOT NULL,
        digest BLOB NOT NULL
    );
";

pub(crate) fn open(path: &Path, machine_version: u32) -> Result<Connection, JournalError> {
    let named = |why: rusqlite::Error| named(path, &why);
    let connection = Connection::open(path).map_err(named)?;
    connection.busy_timeout(LOCK_WAIT).map_err(named)?;
    connection
        .pragma_update(None, "locking_mode", "EXCLUSIVE")
        .map_err(named)?;
    check_versions(&connection, path, machine_version)?;
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(named)?;
    connection
        .pragma_update(None, "synchronous", "NORMAL")
        .map_err(named)?;
    connection.execute_batch(TABLES).map_err(named)?;
    connection
        .pragma_update(None, "user_version", FORMAT)
        .map_err(named)?;
    connection
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(named)?;
    connection
        .execute_batch(&format!(
            "DELETE FROM meta; INSERT INTO meta VALUES ({machine_version});"
        ))
        .map_err(named)?;
    Ok(connection)
}

/// Reads only: a file that is refused stays byte for byte what it was.
fn check_versions(
    connection: &Connection,
    path: &Path,
    machine_version: u32,
) -> Result<(), JournalError> {
    let named = |why: rusqlite::Error| named(path, &why);
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let format = pragma("user_version").map_err(named)?;
    if format == 0 {
        return is_empty(connection, path);
    }
    if pragma("application_id").map_err(named)? != APPLICATION_ID {
        return Err(JournalError::Unreadable {
            path: path.to_owned(),
            why: "a database of another program".into(),
        });
    }
    same("layout", format, FORMAT)?;
    let written: u32 = connection
        .query_row("SELECT machine_version FROM meta", [], |row| row.get(0))
        .map_err(named)?;
    same("state", written, machine_version)
}

fn is_empty(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    let tables: u32 = connection
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

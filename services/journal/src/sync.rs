//! The thread that makes what was kept survive the loss of power, one sync at a time.

use crate::JournalError;
use crate::schema::{self, wal_of};
use machine::log::StorageError;
use rusqlite::Connection;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// Frames in the write-ahead log beyond which the writer is made to wait until the rest has been
/// moved: only when all of it has been does it start again at its beginning, so under a load that
/// never pauses it would grow for ever.
const FRAMES_MAX: i64 = 2_048;

/// Called on another thread whenever a sync is over.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What the thread is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    /// After the sync, what is in the write-ahead log is moved into the main file.
    pub(crate) moves: bool,
}

/// The thread, as the journal sees it. It ends when this is dropped.
pub(crate) struct Syncing {
    jobs: Option<Sender<Job>>,
    results: Receiver<Result<(), StorageError>>,
    is_under_way: bool,
    thread: Option<JoinHandle<()>>,
}

impl Syncing {
    /// Syncs what is there, and starts the thread.
    pub(crate) fn start(path: &Path, wake: Wake) -> Result<Self, JournalError> {
        let unreadable = |path: PathBuf, why: std::io::Error| JournalError::Unreadable {
            path,
            why: why.to_string(),
        };
        let log = File::open(wal_of(path)).map_err(|why| unreadable(wal_of(path), why))?;
        log.sync_data()
            .map_err(|why| unreadable(wal_of(path), why))?;
        // The names of the files are kept in the folder.
        schema::sync_folder(path).map_err(|why| unreadable(path.to_owned(), why))?;
        let (jobs, inbox) = channel::<Job>();
        let (outbox, results) = channel();
        let path = path.to_owned();
        let thread = std::thread::Builder::new().name("journal".into());
        let thread = thread.spawn(move || {
            while let Ok(job) = inbox.recv() {
                let failed = |why: std::io::Error| StorageError::Failed(why.to_string());
                if outbox.send(log.sync_data().map_err(failed)).is_err() {
                    return;
                }
                wake();
                if job.moves {
                    // What cannot be moved now stays where it is, and is moved later.
                    let _ = move_into_main_file(&path);
                }
            }
        });
        let thread = thread.map_err(|why| JournalError::Thread(why.to_string()))?;
        Ok(Self {
            jobs: Some(jobs),
            results,
            is_under_way: false,
            thread: Some(thread),
        })
    }

    /// Begins a sync, unless one is under way; whether it did.
    pub(crate) fn start_one(&mut self, job: Job) -> bool {
        if self.is_under_way {
            return false;
        }
        // Without a thread the result says so.
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(job));
        self.is_under_way = true;
        true
    }

    /// What came of it, once it is over.
    pub(crate) fn done(&mut self) -> Option<Result<(), StorageError>> {
        use std::sync::mpsc::TryRecvError;
        if !self.is_under_way {
            return None;
        }
        let result = match self.results.try_recv() {
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => {
                Err(StorageError::Failed("the sync thread has ended".into()))
            }
            Ok(result) => result,
        };
        self.is_under_way = false;
        Some(result)
    }
}

impl Drop for Syncing {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to say any more.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Syncing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Syncing")
            .field("is_under_way", &self.is_under_way)
            .finish_non_exhaustive()
    }
}

/// Moves what is in the write-ahead log into the main file, beside the writer, and syncs both.
fn move_into_main_file(path: &Path) -> rusqlite::Result<()> {
    let database = Connection::open_with_flags(path, schema::existing())?;
    database.busy_timeout(schema::BUSY_WAIT)?;
    if checkpoint(&database, "PASSIVE")? > FRAMES_MAX {
        checkpoint(&database, "RESTART")?;
    }
    Ok(())
}

/// Frames in the write-ahead log.
fn checkpoint(database: &Connection, mode: &str) -> rusqlite::Result<i64> {
    database.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        row.get(1)
    })
}

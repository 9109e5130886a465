//! The thread that makes what was kept survive the loss of power, one sync at a time.

use crate::mark::{Mark, MarkFile};
use crate::schema::{self, wal_of};
use crate::store::storage_error;
use crate::{JournalError, wal};
use machine::log::StorageError;
use rusqlite::Connection;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::{fmt, io};

/// Frames in the write-ahead log beyond which the writer is made to wait until the rest has been
/// moved: only when all of it has been does it start again at its beginning, so under a load that
/// never pauses it would grow for ever.
const FRAMES_MAX: i64 = 2_048;

/// Called on another thread whenever a sync is over.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// How a file is synced; tests have their own.
pub(crate) type SyncData = Arc<dyn Fn(&File) -> io::Result<()> + Send + Sync>;

/// What the thread is to do.
enum Job {
    Sync(SyncJob),
    /// Without a sync, moves what is in the write-ahead log into the main file.
    Move,
}

/// A sync.
#[derive(Clone, Debug)]
pub(crate) struct SyncJob {
    /// A sync failed before: everything is written once more first.
    pub(crate) heals: bool,
    /// What is on disk after it.
    pub(crate) mark: Mark,
    /// After the sync, what is in the write-ahead log is moved into the main file.
    pub(crate) moves: bool,
}

/// What is synced.
pub(crate) struct Files {
    path: PathBuf,
    log: File,
    mark: MarkFile,
    sync: SyncData,
}

impl Files {
    /// Of the journal at `path`, which is open.
    pub(crate) fn open(path: &Path, sync: SyncData) -> io::Result<Self> {
        let log = File::options().read(true).write(true).open(wal_of(path))?;
        let mark = MarkFile::open(path, Arc::clone(&sync))?;
        // The names of files are kept in their folder.
        sync(&schema::folder_of(path)?)?;
        let path = path.to_owned();
        Ok(Self {
            path,
            log,
            mark,
            sync,
        })
    }

    /// Makes all that was kept survive the loss of power.
    pub(crate) fn sync(&mut self, job: &SyncJob) -> Result<(), StorageError> {
        if job.heals {
            let frames = look(&self.path).map_err(|why| storage_error(&why))?;
            wal::write_again(&self.log, frames).map_err(failed)?;
        }
        (self.sync)(&self.log).map_err(failed)?;
        self.mark.put(&job.mark).map_err(failed)
    }
}

fn failed(why: io::Error) -> StorageError {
    if why.kind() == io::ErrorKind::StorageFull {
        return StorageError::Full;
    }
    StorageError::Failed(why.to_string())
}

/// The thread, as the journal sees it. It ends when this is dropped.
pub(crate) struct Syncing {
    jobs: Option<Sender<Job>>,
    results: Receiver<Result<(), StorageError>>,
    is_under_way: bool,
    is_making_room: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Syncing {
    pub(crate) fn start(mut files: Files, wake: Wake) -> Result<Self, JournalError> {
        let (jobs, inbox) = channel::<Job>();
        let (outbox, results) = channel();
        let is_making_room = Arc::new(AtomicBool::new(false));
        let has_made_room = Arc::clone(&is_making_room);
        let thread = std::thread::Builder::new().name("journal".into());
        let thread = thread.spawn(move || {
            // What may not be in the write-ahead log must not get into the main file.
            let mut is_sound = true;
            while let Ok(job) = inbox.recv() {
                let moves = match job {
                    Job::Move => {
                        has_made_room.store(false, Ordering::Relaxed);
                        true
                    }
                    Job::Sync(sync) => {
                        let result = files.sync(&sync);
                        is_sound = result.is_ok();
                        if outbox.send(result).is_err() {
                            return;
                        }
                        wake();
                        sync.moves
                    }
                };
                if moves && is_sound {
                    // What cannot be moved now stays where it is, and is moved later.
                    let _ = move_into_main_file(&files.path);
                }
            }
        });
        let thread = thread.map_err(|why| JournalError::Thread(why.to_string()))?;
        Ok(Self {
            jobs: Some(jobs),
            results,
            is_under_way: false,
            is_making_room,
            thread: Some(thread),
        })
    }

    /// Begins a sync, unless one is under way; whether it did.
    pub(crate) fn start_one(&mut self, sync: SyncJob) -> bool {
        if self.is_under_way {
            return false;
        }
        self.give(Job::Sync(sync));
        self.is_under_way = true;
        true
    }

    /// The disk is full: moves what can be moved, so that its place can be used again.
    pub(crate) fn make_room(&self) {
        if !self.is_making_room.swap(true, Ordering::Relaxed) {
            self.give(Job::Move);
        }
    }

    fn give(&self, job: Job) {
        // Without a thread the result of the next sync says so.
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(job));
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
    database.busy_timeout(schema::READERS_WAIT)?;
    if checkpoint(&database, "PASSIVE")? > FRAMES_MAX {
        checkpoint(&database, "RESTART")?;
    }
    Ok(())
}

/// Frames in the write-ahead log.
fn look(path: &Path) -> rusqlite::Result<u64> {
    let database = Connection::open_with_flags(path, schema::existing())?;
    database.busy_timeout(schema::BUSY_WAIT)?;
    checkpoint(&database, "NOOP").map(|frames| u64::try_from(frames).unwrap_or(0))
}

/// Frames in the write-ahead log.
fn checkpoint(database: &Connection, mode: &str) -> rusqlite::Result<i64> {
    database.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        row.get(1)
    })
}

//! Makes log entries durable beside the core, one sync at a time.

use journal::Syncer;
use machine::log::StorageError;
use std::sync::mpsc as blocking;
use tokio::sync::mpsc;

/// The thread that syncs the journal.
pub(crate) struct Sync {
    requests: blocking::Sender<u64>,
    /// Everything up to this index is on disk, or why it is not.
    pub(crate) done: mpsc::Receiver<Result<u64, StorageError>>,
    under_way: bool,
    is_failing: bool,
    requested: u64,
}

impl Sync {
    /// Starts the thread; it ends when this is dropped.
    pub(crate) fn start(syncer: Syncer, last: u64) -> Self {
        let (requests, inbox) = blocking::channel::<u64>();
        let (outbox, done) = mpsc::channel(1);
        std::thread::spawn(move || {
            while let Ok(index) = inbox.recv() {
                let result = syncer.sync().map(|()| index);
                if outbox.blocking_send(result).is_err() {
                    return;
                }
            }
        });
        Self {
            requests,
            done,
            under_way: false,
            is_failing: false,
            requested: last,
        }
    }

    /// Entries up to `index` were appended. One sync covers all that came during the one before.
    pub(crate) fn request(&mut self, index: u64) {
        if index > self.requested && !self.under_way {
            self.under_way = self.requests.send(index).is_ok();
            self.requested = index;
        }
    }

    /// A sync has ended; entries were appended meanwhile up to `last`.
    pub(crate) fn finished(&mut self, last: u64) {
        self.under_way = false;
        self.is_failing = false;
        self.request(last);
    }

    /// A sync has failed: until one succeeds, nothing is known to be on disk.
    pub(crate) fn failed(&mut self) {
        self.under_way = false;
        self.is_failing = true;
    }

    /// Whether the last sync failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.is_failing
    }

    /// Tries again what failed, everything up to `last`.
    pub(crate) fn retry(&mut self, last: u64) {
        if self.is_failing && !self.under_way {
            self.under_way = self.requests.send(last).is_ok();
            self.requested = last;
        }
    }
}

//! When the journal is synced: one sync at a time, each for all that came during the one before.

use group::Disk;
use journal::{Journal, Wake};
use std::sync::Arc;
use tokio::sync::Notify;

/// What is known of syncs.
pub(crate) struct Sync {
    /// Notified when a sync is over.
    pub(crate) over: Arc<Notify>,
    /// The last entry that the sync under way covers.
    under_way: Option<u64>,
    is_failing: bool,
    requested: u64,
}

impl Sync {
    /// `last`: the last entry that is on disk.
    pub(crate) fn new(over: Arc<Notify>, last: u64) -> Self {
        Self {
            over,
            under_way: None,
            is_failing: false,
            requested: last,
        }
    }

    /// What the journal calls when a sync is over, and who is notified by it.
    pub(crate) fn wake() -> (Wake, Arc<Notify>) {
        let over = Arc::new(Notify::new());
        let told = Arc::clone(&over);
        (Arc::new(move || told.notify_one()), over)
    }

    /// Entries up to `last` were appended. One sync covers all that came during the one before.
    pub(crate) fn request(&mut self, journal: &mut Journal, last: u64) {
        if last > self.requested && self.under_way.is_none() {
            self.start(journal, last);
        }
    }

    fn start(&mut self, journal: &mut Journal, last: u64) {
        journal.start_sync();
        self.under_way = Some(last);
        self.requested = last;
    }

    /// A sync has ended; the last entry that it covers.
    pub(crate) fn finished(&mut self) -> Option<u64> {
        self.is_failing = false;
        self.under_way.take()
    }

    /// A sync has failed: until one succeeds, nothing is known to be on disk.
    pub(crate) fn failed(&mut self) {
        self.under_way = None;
        self.is_failing = true;
    }

    /// Whether the last sync failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.is_failing
    }

    /// Tries again what failed, everything up to `last`.
    pub(crate) fn retry(&mut self, journal: &mut Journal, last: u64) {
        if self.is_failing && self.under_way.is_none() {
            self.start(journal, last);
        }
    }
}

//! What stands between a replica and its disk, and its way to the others: takes notes of what was
//! kept and synced, and holds things up.

use group::{Disk, Hash, Ledger, Promise, Told, Transport, TryAgain};
use machine::log::{Entry, StorageError};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// What is known of a disk, and how it is to behave. It outlives the process.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// The last entry that was kept.
    kept: u64,
    /// How far the sync that is under way speaks.
    syncing: Option<u64>,
    /// How far the last one spoke.
    pub(crate) synced: u64,
    /// Where logs stood that were installed, and not taken in yet.
    pub(crate) installed: VecDeque<Ledger>,
    /// Syncs do not begin, and those that have do not end.
    pub(crate) holds_syncs: bool,
    /// One is to begin.
    is_held: bool,
    /// Syncs fail.
    pub(crate) fails_syncs: bool,
}

impl Notes {
    /// A process opened the disk, with the log up to here on it: that is synced.
    pub(crate) fn open(&mut self, last: u64) {
        (self.kept, self.synced) = (last, last);
        (self.syncing, self.is_held) = (None, false);
        self.installed.clear();
    }
}

/// A disk, and the notes on it.
pub(crate) struct Noted {
    pub(crate) disk: Box<dyn Disk>,
    pub(crate) notes: Rc<RefCell<Notes>>,
}

impl Disk for Noted {
    fn append(&mut self, batch: &[Entry]) -> Result<(), StorageError> {
        self.disk.append(batch)?;
        if let Some(last) = batch.last() {
            self.notes.borrow_mut().kept = last.pos.index;
        }
        Ok(())
    }

    fn install(&mut self, ledger: &Ledger, state: &[u8]) -> Result<(), StorageError> {
        self.disk.install(ledger, state)?;
        let notes = &mut *self.notes.borrow_mut();
        notes.kept = ledger.position().index;
        notes.synced = 0;
        // What is under way was begun with another log.
        notes.syncing = notes.syncing.map(|_| 0);
        notes.installed.push_back(ledger.clone());
        Ok(())
    }

    fn promise(&mut self, promise: &Promise) -> Result<(), StorageError> {
        self.disk.promise(promise)
    }

    fn snapshot(&mut self, ledger: &Ledger, state: &[u8]) -> Result<(), StorageError> {
        self.disk.snapshot(ledger, state)
    }

    fn read(&self, from: u64, count: u32) -> Result<Vec<(Entry, Hash)>, StorageError> {
        self.disk.read(from, count)
    }

    fn first(&self) -> Result<Option<u64>, StorageError> {
        self.disk.first()
    }

    fn note_crash(&mut self, index: u64) -> Result<u32, StorageError> {
        self.disk.note_crash(index)
    }

    fn start_sync(&mut self) {
        let notes = &mut *self.notes.borrow_mut();
        notes.syncing = Some(notes.kept);
        notes.is_held = notes.holds_syncs;
        if !notes.is_held {
            self.disk.start_sync();
        }
    }

    fn sync_done(&mut self) -> Option<Result<(), StorageError>> {
        let notes = &mut *self.notes.borrow_mut();
        if notes.holds_syncs {
            return None;
        }
        if std::mem::take(&mut notes.is_held) {
            self.disk.start_sync();
        }
        let done = self.disk.sync_done()?;
        let covered = notes.syncing.take();
        if notes.fails_syncs {
            return Some(Err(StorageError::Failed("the disk does not sync".into())));
        }
        if done.is_ok() {
            notes.synced = covered.unwrap_or(notes.synced);
        }
        Some(done)
    }
}

/// A way to the others that can be deaf for a while: it hears verdicts on rings, which come by
/// another way, and all else later.
pub(crate) struct Port {
    way: Box<dyn Transport>,
    is_deaf: bool,
    unheard: VecDeque<Told>,
}

impl Port {
    pub(crate) fn new(way: Box<dyn Transport>) -> Self {
        Self {
            way,
            is_deaf: false,
            unheard: VecDeque::new(),
        }
    }

    pub(crate) fn be_deaf(&mut self, is_deaf: bool) {
        self.is_deaf = is_deaf;
    }
}

impl Transport for Port {
    fn multicast(&mut self, bytes: &[u8]) -> Result<(), TryAgain> {
        self.way.multicast(bytes)
    }

    fn told(&mut self) -> Option<Told> {
        if !self.is_deaf {
            return self.unheard.pop_front().or_else(|| self.way.told());
        }
        loop {
            let told = self.way.told()?;
            if matches!(told, Told::Quorum { .. }) {
                return Some(told);
            }
            self.unheard.push_back(told);
        }
    }

    fn rejoin(&mut self) {
        self.unheard.clear();
        self.way.rejoin();
    }

    fn leave(&mut self) {
        self.unheard.clear();
        self.way.leave();
    }
}

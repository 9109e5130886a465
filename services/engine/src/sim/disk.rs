//! A disk that forgets what was not synced when the power goes.

use super::locked;
use group::{Disk, Hash, Ledger, Promise};
use machine::log::{Entry, StorageError};
use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::sync::{Arc, Mutex};

/// Entries before the newest snapshot that can still be read.
const KEPT: usize = 64;

/// The disk of a simulated member. Clones are the same disk: it outlives the process.
#[derive(Clone, Debug, Default)]
pub struct SimDisk(Arc<Mutex<Platter>>);

/// What a member finds on its disk when it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Where the log stood when `state` was taken.
    pub base: Ledger,
    /// The newest snapshot; empty before the first.
    pub state: Vec<u8>,
    /// What the log got since.
    pub entries: Vec<Entry>,
    /// Where it stands now.
    pub ledger: Ledger,
    /// What was promised last.
    pub promised: Promise,
}

/// What is wrong with a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    #[default]
    None,
    /// It is full: nothing more can be written.
    Full,
    /// What is written cannot be synced.
    NoSync,
}

#[derive(Clone, Debug, Default)]
struct Log {
    base: Ledger,
    state: Vec<u8>,
    /// All that can be read, each with the log's hash at it.
    entries: VecDeque<(Entry, Hash)>,
    ledger: Ledger,
}

/// What the loss of power brings back.
#[derive(Clone, Debug)]
enum Undo {
    /// So many entries were not there.
    Appended(usize),
    /// The log was this one.
    Replaced(Box<Log>),
    /// The newest snapshot was this one, and so many entries more could be read.
    Snapshot(Ledger, Vec<u8>, Vec<(Entry, Hash)>),
    /// This was promised.
    Promised(Promise),
}

#[derive(Debug, Default)]
struct Platter {
    log: Log,
    promised: Promise,
    /// How often entries ended the process.
    crashes: BTreeMap<u64, u32>,
    /// Writes that the loss of power may undo, oldest first.
    unsynced: VecDeque<Undo>,
    /// How many of those the sync that is under way covers.
    syncing: Option<usize>,
    /// A sync ended so.
    done: Option<Result<(), StorageError>>,
    trouble: Trouble,
}

impl SimDisk {
    /// What a process that starts finds. A sync that was under way is over for nobody, and what is
    /// found is synced before it is believed.
    pub fn recover(&self) -> Recovered {
        let platter = &mut *locked(&self.0);
        platter.unsynced.clear();
        (platter.syncing, platter.done) = (None, None);
        let log = &platter.log;
        let base = log.base.position().index;
        let since = log.entries.iter().map(|(entry, _)| entry);
        Recovered {
            base: log.base.clone(),
            state: log.state.clone(),
            entries: since
                .filter(|entry| entry.pos.index > base)
                .cloned()
                .collect(),
            ledger: log.ledger.clone(),
            promised: platter.promised.clone(),
        }
    }

    /// The power goes. Writes that no sync covers are undone from the last one back; `random(n)`,
    /// below `n`, says how many of `n - 1`.
    pub fn lose_power(&self, random: &mut dyn FnMut(usize) -> usize) {
        let platter = &mut *locked(&self.0);
        for _ in 0..random(platter.unsynced.len() + 1) {
            if let Some(undo) = platter.unsynced.pop_back() {
                platter.undo(undo);
            }
        }
        platter.unsynced.clear();
        (platter.syncing, platter.done) = (None, None);
    }

    /// What is there cannot be read any more, and is set aside.
    pub fn set_aside(&self) {
        let platter = &mut *locked(&self.0);
        *platter = Platter {
            trouble: platter.trouble,
            ..Platter::default()
        };
    }

    /// Something is wrong with it from now on, or is not any more.
    pub fn suffer(&self, trouble: Trouble) {
        locked(&self.0).trouble = trouble;
    }

    /// What is wrong with it.
    pub fn trouble(&self) -> Trouble {
        locked(&self.0).trouble
    }

    /// The sync that is under way ends; whether there was one.
    pub fn finish_sync(&self) -> bool {
        let platter = &mut *locked(&self.0);
        let Some(covered) = platter.syncing.take() else {
            return false;
        };
        platter.done = Some(match platter.trouble {
            Trouble::NoSync => Err(StorageError::Failed("the disk does not sync".into())),
            Trouble::None | Trouble::Full => {
                platter.unsynced.drain(..covered);
                Ok(())
            }
        });
        true
    }

    /// The disk says that the sync that is under way is over, and has not done it.
    pub fn forget_sync(&self) {
        let platter = &mut *locked(&self.0);
        if platter.syncing.take().is_some() {
            platter.done = Some(Ok(()));
        }
    }

    /// Whether a sync is under way.
    pub fn is_syncing(&self) -> bool {
        locked(&self.0).syncing.is_some()
    }

    /// Entries that ended the process that applied them, and how often each.
    pub fn crashes(&self) -> Vec<(u64, u32)> {
        let crashes = &locked(&self.0).crashes;
        crashes
            .iter()
            .map(|(index, count)| (*index, *count))
            .collect()
    }

    /// Where the log stands there.
    pub fn ledger(&self) -> Ledger {
        locked(&self.0).log.ledger.clone()
    }

    /// Where the log stood at the newest snapshot.
    pub fn base(&self) -> Ledger {
        locked(&self.0).log.base.clone()
    }

    /// What the log hashes to at an entry; `None` when it is not there, or cannot be read any more.
    pub fn hash_at(&self, index: u64) -> Option<Hash> {
        locked(&self.0).log.hash_at(index)
    }
}

impl Log {
    fn first(&self) -> Option<u64> {
        self.entries.front().map(|(entry, _)| entry.pos.index)
    }

    fn hash_at(&self, index: u64) -> Option<Hash> {
        let base = self.base.position();
        if base.index == index && index > 0 {
            return Some(base.hash);
        }
        let at = usize::try_from(index.checked_sub(self.first()?)?).ok()?;
        self.entries.get(at).map(|(_, hash)| *hash)
    }

    /// Where it stands follows from the entries.
    fn follow(&mut self) {
        self.ledger = self.base.clone();
        let base = self.base.position().index;
        for (entry, _) in &self.entries {
            if entry.pos.index > base {
                self.ledger.follow(entry);
            }
        }
    }
}

impl Platter {
    fn has_room(&self) -> Result<(), StorageError> {
        match self.trouble {
            Trouble::Full => Err(StorageError::Full),
            Trouble::None | Trouble::NoSync => Ok(()),
        }
    }

    fn undo(&mut self, undo: Undo) {
        let log = &mut self.log;
        match undo {
            Undo::Appended(count) => {
                let left = log.entries.len().saturating_sub(count);
                log.entries.truncate(left);
                log.follow();
            }
            Undo::Replaced(before) => *log = *before,
            Undo::Snapshot(base, state, entries) => {
                (log.base, log.state) = (base, state);
                for entry in entries.into_iter().rev() {
                    log.entries.push_front(entry);
                }
            }
            Undo::Promised(promise) => self.promised = promise,
        }
    }
}

impl Disk for SimDisk {
    fn append(&mut self, batch: &[Entry]) -> Result<(), StorageError> {
        let platter = &mut *locked(&self.0);
        platter.has_room()?;
        platter.unsynced.push_back(Undo::Appended(batch.len()));
        let log = &mut platter.log;
        for entry in batch {
            assert_eq!(entry.pos.index, log.ledger.position().index + 1);
            log.ledger.follow(entry);
            let hash = log.ledger.position().hash;
            log.entries.push_back((entry.clone(), hash));
        }
        Ok(())
    }

    fn install(&mut self, ledger: &Ledger, state: &[u8]) -> Result<(), StorageError> {
        let platter = &mut *locked(&self.0);
        platter.has_room()?;
        let log = Log {
            base: ledger.clone(),
            state: state.to_vec(),
            entries: VecDeque::new(),
            ledger: ledger.clone(),
        };
        let before = Box::new(mem::replace(&mut platter.log, log));
        // They are about other entries.
        platter.crashes.clear();
        platter.unsynced.push_back(Undo::Replaced(before));
        Ok(())
    }

    fn promise(&mut self, promise: &Promise) -> Result<(), StorageError> {
        let platter = &mut *locked(&self.0);
        platter.has_room()?;
        let before = mem::replace(&mut platter.promised, promise.clone());
        platter.unsynced.push_back(Undo::Promised(before));
        Ok(())
    }

    fn snapshot(&mut self, ledger: &Ledger, state: &[u8]) -> Result<(), StorageError> {
        let platter = &mut *locked(&self.0);
        platter.has_room()?;
        let log = &mut platter.log;
        assert_eq!(ledger.position(), log.ledger.position());
        let needless = log.entries.len().saturating_sub(KEPT);
        let forgotten = log.entries.drain(..needless).collect();
        let base = mem::replace(&mut log.base, ledger.clone());
        let state = mem::replace(&mut log.state, state.to_vec());
        let undo = Undo::Snapshot(base, state, forgotten);
        platter.unsynced.push_back(undo);
        Ok(())
    }

    fn read(&self, from: u64, count: u32) -> Result<Vec<(Entry, Hash)>, StorageError> {
        let platter = &*locked(&self.0);
        let entries = platter.log.entries.iter();
        let wanted = entries.filter(|(entry, _)| entry.pos.index >= from);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(wanted.take(count).cloned().collect())
    }

    fn first(&self) -> Result<Option<u64>, StorageError> {
        Ok(locked(&self.0).log.first())
    }

    fn note_crash(&mut self, index: u64) -> Result<u32, StorageError> {
        let platter = &mut *locked(&self.0);
        platter.has_room()?;
        let count = platter.crashes.entry(index).or_default();
        *count += 1;
        Ok(*count)
    }

    fn start_sync(&mut self) {
        let platter = &mut *locked(&self.0);
        assert!(platter.syncing.is_none(), "two syncs at once");
        platter.syncing = Some(platter.unsynced.len());
    }

    fn sync_done(&mut self) -> Option<Result<(), StorageError>> {
        locked(&self.0).done.take()
    }
}

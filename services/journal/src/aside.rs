//! What becomes of a journal that is damaged.
//!
//! It is never shortened to what can still be read: entries that this member said were on its disk
//! would be missing, and with them the proof that others must be asked. It is moved aside, and an
//! empty one takes its place, with a promise that makes the group ask for what is missing:
//!
//! - When the mark says who else had the log on disk, those must be there before the log goes on.
//! - When nobody else had it, or that is not known, only a log of a later epoch, or one that never
//!   stopped being primary, may go on; otherwise an operator must say that there is none.
//! - An empty log does not begin without an operator's word, as long as one was lost.

use crate::mark::{self, Mark};
use crate::schema::{self, Lock, beside, wal_of};
use crate::{JournalError, store};
use group::{Ledger, NodeId, Promise};
use machine::Pos;
use machine::log::Entry;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A node that never comes: whoever waits for it waits for an operator.
///
/// Choice: 0, which Corosync gives to no node.
pub const NOBODY: NodeId = NodeId(0);

/// Journals that may lie aside. Choice: more would only fill the disk.
pub const ASIDE_MAX: u32 = 100;

/// Epochs that a group certainly does not begin between two damaged journals.
///
/// Choice: where it is not known what was promised, the epoch promised is this much later with
/// each journal that was set aside, so that no log of the past can be as new.
const EPOCHS_APART: u64 = 1 << 40;

/// Where the log of a journal stands that took the place of a damaged one, before anything is kept
/// in it: it is empty, but newer than one that was never used.
pub(crate) fn empty_ledger(generation: u32) -> Ledger {
    let mut ledger = Ledger::default();
    if generation > 0 {
        ledger.follow(&Entry {
            pos: Pos::default(),
            command: b"in place of a damaged journal".to_vec(),
        });
    }
    ledger
}

/// Moves the journal at `path` aside and puts an empty one of `node` in its place.
pub(crate) fn set_aside(path: &Path, node: NodeId) -> Result<PathBuf, JournalError> {
    let _lock = Lock::take(path)?;
    let failed = |why: io::Error| JournalError::Unreadable {
        path: path.to_owned(),
        why: why.to_string(),
    };
    let mark = mark::read(path);
    let (number, aside) = free_name(path)?;
    let new = Replacement {
        generation: mark.as_ref().map_or(number, |mark| mark.age.generation + 1),
        promise: heir(mark.as_ref(), number, node),
    };
    let in_the_making = beside(path, "-new");
    new.make(&in_the_making)?;
    exchange(path, &aside, &in_the_making).map_err(failed)?;
    Ok(aside)
}

/// Whatever is done of it when the power goes: the mark says that something is missing, until the
/// new main file is there; and no write-ahead log is left that belongs to another one.
fn exchange(path: &Path, aside: &Path, new: &Path) -> io::Result<()> {
    let folder = schema::folder_of(path)?;
    gone(&beside(path, "-shm"))?;
    moved(&wal_of(path), &wal_of(aside))?;
    folder.sync_all()?;
    moved(path, aside)?;
    folder.sync_all()?;
    moved(new, path)?;
    folder.sync_all()
}

/// What the journal of `node` promises that takes the place of one with this mark.
fn heir(mark: Option<&Mark>, number: u32, node: NodeId) -> Promise {
    let Some(mark) = mark else {
        return Promise {
            epoch: u64::from(number) * EPOCHS_APART,
            holders: [NOBODY].into(),
        };
    };
    let epoch = mark.promise.epoch;
    let mut others = mark.holders.clone();
    others.remove(&node);
    // Holders of an earlier view need not have what came after it.
    if mark.position.epoch < epoch || others.is_empty() {
        return Promise {
            epoch: epoch + 1,
            holders: [NOBODY].into(),
        };
    }
    let holders = others;
    Promise { epoch, holders }
}

/// The empty journal that takes the place of a damaged one.
struct Replacement {
    generation: u32,
    promise: Promise,
}

impl Replacement {
    fn make(&self, path: &Path) -> Result<(), JournalError> {
        let failed = |why: String| JournalError::Unreadable {
            path: path.to_owned(),
            why,
        };
        for left_over in [path.to_owned(), wal_of(path), beside(path, "-shm")] {
            gone(&left_over).map_err(|why| failed(why.to_string()))?;
        }
        let (database, _) = schema::open(path)?;
        let promise = store::encode(&self.promise).map_err(|why| failed(format!("{why:?}")))?;
        store::put_promise(&database, &promise)?;
        database.execute("UPDATE meta SET generation = ?1", [self.generation])?;
        // Whoever closes a database last moves everything into the main file, and syncs that.
        database.close().map_err(|(_, why)| why.into())
    }
}

/// The first name under which nothing lies aside, and its number.
fn free_name(path: &Path) -> Result<(u32, PathBuf), JournalError> {
    let names = (1..=ASIDE_MAX).map(|number| (number, beside(path, &format!(".damaged-{number}"))));
    let is_free = |name: &Path| !name.exists() && !wal_of(name).exists();
    let mut free = names.filter(|(_, name)| is_free(name));
    free.next().ok_or_else(|| JournalError::Unreadable {
        path: path.to_owned(),
        why: format!("{ASIDE_MAX} damaged journals lie aside: move some of them away"),
    })
}

fn moved(from: &Path, to: &Path) -> io::Result<()> {
    unless_missing(fs::rename(from, to))
}

fn gone(path: &Path) -> io::Result<()> {
    unless_missing(fs::remove_file(path))
}

fn unless_missing(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|why| match why.kind() == ErrorKind::NotFound {
        true => Ok(()),
        false => Err(why),
    })
}

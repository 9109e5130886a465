//! How far the journal is known to be on disk, kept beside it.
//!
//! Of a damaged write-ahead log SQLite uses what lies before the damage, and says nothing: for all
//! it knows, the rest was never synced. The mark says what was, and tells the two apart. And when
//! the journal cannot be read at all, the mark still has what was promised.
//!
//! It has two places that are written in turn, so that the loss of power spoils one at most.

use crate::schema::{Age, beside};
use crate::store::digest;
use crate::sync::SyncData;
use group::{Ledger, NodeId, Position, Promise};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes of a place: room for the names of all nodes, twice.
const PLACE_BYTES: u64 = 16 * 1024;
const DIGEST_BYTES: usize = 32;

/// What is on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Of the journal.
    pub(crate) age: Age,
    /// Where the log stood.
    pub(crate) position: Position,
    /// Who had all of it.
    pub(crate) holders: BTreeSet<NodeId>,
    /// What was promised last.
    pub(crate) promise: Promise,
}

impl Mark {
    pub(crate) fn new(age: Age, ledger: &Ledger, promise: &Promise) -> Self {
        Self {
            age,
            position: ledger.position(),
            holders: ledger.holders().clone(),
            promise: promise.clone(),
        }
    }

    /// Whether a journal has less than was on disk once.
    pub(crate) fn is_ahead_of(&self, age: Age, ledger: &Ledger, promise: &Promise) -> bool {
        if self.age.generation < age.generation {
            // It is of the one that was set aside.
            return false;
        }
        let is_longer = self.position.index > ledger.position().index;
        self.age > age || (self.age == age && is_longer) || self.promise.epoch > promise.epoch
    }
}

/// The file.
pub(crate) struct MarkFile {
    file: File,
    serial: u64,
    /// The promise that is in it, and on disk.
    promise: Option<Promise>,
    sync: SyncData,
}

pub(crate) fn path_of(journal: &Path) -> PathBuf {
    beside(journal, "-mark")
}

/// What the file beside a journal says; `None` when there is none, or nothing that can be read.
pub(crate) fn read(journal: &Path) -> Option<Mark> {
    let file = File::open(path_of(journal)).ok()?;
    newest(&file).map(|(_, mark)| mark)
}

impl MarkFile {
    /// Opens the file beside a journal, or makes it.
    pub(crate) fn open(journal: &Path, sync: SyncData) -> io::Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path_of(journal))?;
        if file.metadata()?.len() < 2 * PLACE_BYTES {
            // A mark must find its place even when the disk is full.
            file.write_all_at(&vec![0; usize::try_from(2 * PLACE_BYTES).unwrap_or(0)], 0)?;
            sync(&file)?;
        }
        let serial = newest(&file).map_or(0, |(serial, _)| serial);
        let promise = None;
        Ok(Self {
            file,
            serial,
            promise,
            sync,
        })
    }

    /// Writes a mark. It waits for the disk only when there is a new promise: that one must be
    /// known even if the journal is not, and there is one with each view only.
    pub(crate) fn put(&mut self, mark: &Mark) -> io::Result<()> {
        let serial = self.serial + 1;
        let mark_bytes = postcard::to_allocvec(&(serial, mark)).map_err(io::Error::other)?;
        let length = u32::try_from(mark_bytes.len()).map_err(io::Error::other)?;
        let parts = [
            &length.to_le_bytes()[..],
            &digest(&[&mark_bytes]),
            &mark_bytes,
        ];
        let place = parts.concat();
        if u64::try_from(place.len()).map_err(io::Error::other)? > PLACE_BYTES {
            return Err(io::Error::other("more nodes than a mark has room for"));
        }
        self.file.write_all_at(&place, (serial % 2) * PLACE_BYTES)?;
        self.serial = serial;
        if self.promise.as_ref() != Some(&mark.promise) {
            (self.sync)(&self.file)?;
            self.promise = Some(mark.promise.clone());
        }
        Ok(())
    }
}

fn newest(file: &File) -> Option<(u64, Mark)> {
    let places = [0, PLACE_BYTES].map(|at| in_place(file, at));
    places
        .into_iter()
        .flatten()
        .max_by_key(|(serial, _)| *serial)
}

fn in_place(file: &File, at: u64) -> Option<(u64, Mark)> {
    let mut place = vec![0; usize::try_from(PLACE_BYTES).ok()?];
    file.read_exact_at(&mut place, at).ok()?;
    let (length, rest) = place.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (stored, rest) = rest.split_at_checked(DIGEST_BYTES)?;
    let bytes = rest.get(..length)?;
    if digest(&[bytes]) != stored {
        return None;
    }
    postcard::from_bytes(bytes).ok()
}

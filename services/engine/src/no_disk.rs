//! The disk of a member that follows the log and keeps nothing of it.

use group::{Disk, Hash, Ledger, Promise};
use machine::log::{Entry, StorageError};

/// Keeps nothing: a blade asks for the log again after each start.
#[derive(Debug, Default)]
pub struct NoDisk {
    is_syncing: bool,
}

impl Disk for NoDisk {
    fn append(&mut self, _: &[Entry]) -> Result<(), StorageError> {
        Ok(())
    }

    fn install(&mut self, _: &Ledger, _: &[u8]) -> Result<(), StorageError> {
        Ok(())
    }

    fn promise(&mut self, _: &Promise) -> Result<(), StorageError> {
        Ok(())
    }

    fn snapshot(&mut self, _: &Ledger, _: &[u8]) -> Result<(), StorageError> {
        Ok(())
    }

    fn read(&self, _: u64, _: u32) -> Result<Vec<(Entry, Hash)>, StorageError> {
        Ok(Vec::new())
    }

    fn first(&self) -> Result<Option<u64>, StorageError> {
        Ok(None)
    }

    fn note_crash(&mut self, _: u64) -> Result<u32, StorageError> {
        Ok(0)
    }

    fn start_sync(&mut self) {
        self.is_syncing = true;
    }

    fn sync_done(&mut self) -> Option<Result<(), StorageError>> {
        std::mem::take(&mut self.is_syncing).then_some(Ok(()))
    }
}

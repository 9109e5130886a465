//! What a log entry is, and why it could not be kept: the words that engines and journals share.

use crate::Pos;
use alloc::string::String;
use alloc::vec::Vec;

/// One ordered entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands in the log.
    pub pos: Pos,
    /// The command, encoded; the log does not look inside.
    pub command: Vec<u8>,
}

/// Why the log could not be kept. Nothing of the batch was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageError {
    /// No space is left where the journal lies.
    Full,
    /// Anything else that the disk or the database said.
    Failed(String),
}

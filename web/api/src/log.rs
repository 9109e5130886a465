//! The log: the entries from which every state follows.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Most entries in one [`LogView`].
pub const LOG_ENTRIES_MAX: u32 = 1_000;

/// Longest text of an entry, in characters; the rest is cut off.
pub const LOG_TEXT_MAX: usize = 2_000;

/// A part of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogView {
    /// Index of the oldest entry that is kept; `None` before the first. Older ones are in the
    /// snapshot only.
    pub first: Option<u64>,
    /// Index of the last entry.
    pub last: u64,
    /// Up to here it survives the loss of power.
    pub durable: u64,
    /// The entries that were asked for, oldest first.
    pub entries: Vec<LogEntryView>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntryView {
    /// Its index; the first one is 1.
    pub index: u64,
    /// When it was ordered, in microseconds since the Unix epoch.
    pub time_us: u64,
    /// SHA-256 over it and all before it, in hexadecimal: two logs that have the same one are the
    /// same up to here.
    pub hash: String,
    /// What kind of command it is.
    pub kind: String,
    /// Bytes of the command, as it is kept.
    pub bytes: u64,
    /// All that is in it, as the program shows it to its developers: not for programs.
    pub text: String,
}

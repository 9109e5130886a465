//! Why a journal cannot be used.

use std::fmt;
use std::path::PathBuf;

/// Why a journal cannot be opened. The file is left as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalError {
    /// Another process has it open.
    InUse(PathBuf),
    /// A newer OpenShelf wrote it.
    Newer {
        /// What is newer: the file's layout, or the state in it.
        what: &'static str,
        /// The version found.
        found: u32,
        /// The newest version that this program reads.
        known: u32,
    },
    /// An older OpenShelf wrote it, and nothing converts it.
    Older {
        /// What is older: the file's layout, or the state in it.
        what: &'static str,
        /// The version found.
        found: u32,
        /// The only version that this program reads.
        known: u32,
    },
    /// The entry at this index is not what was written.
    Corrupt {
        /// Index of the first bad entry.
        index: u64,
    },
    /// The snapshot at this index is not what was written.
    CorruptSnapshot {
        /// Index of the last entry in it.
        index: u64,
    },
    /// What was promised last is not what was written.
    CorruptPromise,
    /// The file is not a journal, or cannot be read or made.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Anything else that the database said.
    Database(String),
    /// The thread for syncs cannot be started.
    Thread(String),
}

impl From<rusqlite::Error> for JournalError {
    fn from(why: rusqlite::Error) -> Self {
        Self::Database(why.to_string())
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(path) => write!(
                f,
                "journal {}: another process has it open; stop that one, or use another --run-dir",
                path.display()
            ),
            Self::Newer { what, found, known } => write!(
                f,
                "the journal's {what} has version {found}, this program reads up to {known}: \
                 start the newer program that wrote it, or move the journal away"
            ),
            Self::Older { what, found, known } => write!(
                f,
                "the journal's {what} has version {found}, this program reads version {known}: \
                 start the older program that wrote it, or move the journal away and let the model \
                 be loaded anew"
            ),
            Self::Corrupt { index } => write!(
                f,
                "journal entry {index} is not what was written: \
                 restore the file from the other CMM or from a backup, or move it away"
            ),
            Self::CorruptSnapshot { index } => write!(
                f,
                "the journal's snapshot at entry {index} is not what was written: \
                 restore the file from the other CMM or from a backup, or move it away"
            ),
            Self::CorruptPromise => write!(
                f,
                "what the journal promised last is not what was written: \
                 restore the file from the other CMM or from a backup, or move it away"
            ),
            Self::Unreadable { path, why } => write!(f, "journal {}: {why}", path.display()),
            Self::Database(why) => write!(f, "journal: {why}"),
            Self::Thread(why) => write!(f, "journal: no thread for syncs: {why}"),
        }
    }
}

impl std::error::Error for JournalError {}

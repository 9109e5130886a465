//! Why a journal cannot be used.

use crate::FORMAT;
use std::fmt;
use std::path::PathBuf;

/// Why a journal cannot be opened. The file is left as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalError {
    /// Another process has it open.
    InUse(PathBuf),
    /// A newer OpenShelf wrote it: its layout has a version above [`FORMAT`].
    Newer {
        /// The version found.
        found: u32,
    },
    /// An older OpenShelf wrote it, and nothing converts it: its layout has a version below
    /// [`FORMAT`].
    Older {
        /// The version found.
        found: u32,
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
    /// It holds less than was on disk once: its end was damaged, or an old copy took its place.
    Shortened {
        /// Index of the last entry.
        last: u64,
        /// Index of the last entry that was on disk once.
        synced: u64,
    },
    /// The file is damaged so much that it is no database any more, or it never was one.
    Malformed {
        /// The file.
        path: PathBuf,
        /// What the database said.
        why: String,
    },
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

/// What to do about damage.
const DAMAGED: &str = "set it aside with `shelfd journal set-aside`, or let the daemon do so \
                       ([cluster] damaged_journal), then what was lost comes from the other CMM";

impl JournalError {
    /// Whether what was kept is damaged, so that only [`Journal::set_aside`] helps.
    ///
    /// [`Journal::set_aside`]: crate::Journal::set_aside
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Corrupt { .. }
            | Self::CorruptSnapshot { .. }
            | Self::CorruptPromise
            | Self::Shortened { .. }
            | Self::Malformed { .. } => true,
            Self::InUse(_)
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::Unreadable { .. }
            | Self::Database(_)
            | Self::Thread(_) => false,
        }
    }
}

impl JournalError {
    /// Whether another version of this program wrote it, so that no other start of this one helps.
    pub fn is_foreign(&self) -> bool {
        matches!(self, Self::Newer { .. } | Self::Older { .. })
    }

    /// What is wrong, in words; where it is damage, without what to do about it.
    pub fn what(&self) -> String {
        match self {
            Self::Corrupt { index } => format!("journal entry {index} is not what was written"),
            Self::CorruptSnapshot { index } => {
                format!("the journal's snapshot at entry {index} is not what was written")
            }
            Self::CorruptPromise => "what the journal promised last is not what was written".into(),
            Self::Shortened { last, synced } => format!(
                "the journal ends at entry {last}, but was on disk up to entry {synced} and all \
                 that was promised then: its end is damaged, or it is an old copy"
            ),
            Self::Malformed { path, why } => format!("journal {}: {why}", path.display()),
            Self::InUse(_)
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::Unreadable { .. }
            | Self::Database(_)
            | Self::Thread(_) => self.to_string(),
        }
    }
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
            Self::Newer { found } => write!(
                f,
                "the journal's layout has version {found}, this program reads version {FORMAT}: \
                 start the newer program that wrote it, or move the journal away"
            ),
            Self::Older { found } => write!(
                f,
                "the journal's layout has version {found}, this program reads version {FORMAT}: \
                 start the older program that wrote it, or move the journal away and let the model \
                 be loaded anew"
            ),
            Self::Corrupt { .. }
            | Self::CorruptSnapshot { .. }
            | Self::CorruptPromise
            | Self::Shortened { .. }
            | Self::Malformed { .. } => write!(f, "{}: {DAMAGED}", self.what()),
            Self::Unreadable { path, why } => write!(f, "journal {}: {why}", path.display()),
            Self::Database(why) => write!(f, "journal: {why}"),
            Self::Thread(why) => write!(f, "journal: no thread for syncs: {why}"),
        }
    }
}

impl std::error::Error for JournalError {}

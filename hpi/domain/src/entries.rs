//! Tables whose entries have an id, a time, a severity and an acknowledgement: alarms and
//! announcements.

use alloc::collections::BTreeMap;
use hpi_model::{Alarm, Announcement, HpiError, Severity};
use serde::{Deserialize, Serialize};

/// The largest id; the next number is `SAHPI_LAST_ENTRY`.
const ID_MAX: u32 = 0xffff_fffe;

/// An entry of such a table.
pub trait Entry {
    /// Its id.
    fn id(&self) -> u32;
    /// When it was added, in nanoseconds since the Unix epoch.
    fn time_ns(&self) -> i64;
    /// How bad.
    fn severity(&self) -> Severity;
    /// Whether somebody has seen it.
    fn acknowledged(&mut self) -> &mut bool;
    /// The same, to read.
    fn is_acknowledged(&self) -> bool;
}

macro_rules! entry {
    ($($name:ident)*) => { $(
        impl Entry for $name {
            fn id(&self) -> u32 {
                self.id
            }
            fn time_ns(&self) -> i64 {
                self.time_ns
            }
            fn severity(&self) -> Severity {
                self.severity
            }
            fn acknowledged(&mut self) -> &mut bool {
                &mut self.acknowledged
            }
            fn is_acknowledged(&self) -> bool {
                self.acknowledged
            }
        }
    )* };
}

entry!(Alarm Announcement);

/// Which entries a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// The one with this id.
    One(u32),
    /// All of this severity; [`Severity::All`] for all there are.
    All(Severity),
}

/// Entries in the order in which they were added.
///
/// Choice: no id is given twice. A table that has given four thousand million of them takes no
/// more, so that the order of ids is always the order in which entries were added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entries<T> {
    by_id: BTreeMap<u32, T>,
    last: u32,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self {
            by_id: BTreeMap::new(),
            last: 0,
        }
    }
}

impl<T: Entry> Entries<T> {
    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.by_id.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The one with this id.
    pub fn get(&self, id: u32) -> Option<&T> {
        self.by_id.get(&id)
    }

    /// The first one of a severity ([`Severity::All`] for any) that was added after another one,
    /// or at all; `unseen` ones only, or any.
    ///
    /// `after` has the id and the time of the other one, which may be gone.
    /// Source: SAI-HPI-B.03.02, `saHpiAlarmGetNext`, `saHpiAnnunciatorGetNext`.
    pub fn next(
        &self,
        after: Option<(u32, i64)>,
        severity: Severity,
        unseen: bool,
    ) -> Result<&T, HpiError> {
        let from = match after {
            None => 0,
            Some((id, time_ns)) => {
                let known = self.by_id.get(&id);
                if known.is_some_and(|known| known.time_ns() != time_ns) {
                    return Err(HpiError::InvalidData);
                }
                id.checked_add(1).ok_or(HpiError::NotPresent)?
            }
        };
        let mut later = self.by_id.range(from..).map(|(_, entry)| entry);
        let found = later.find(|entry| {
            is_of(severity, entry.severity()) && !(unseen && entry.is_acknowledged())
        });
        found.ok_or(HpiError::NotPresent)
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<T> {
        self.by_id.remove(&id)
    }

    /// `None` when no id is left.
    pub(crate) fn add(&mut self, make: impl FnOnce(u32) -> T) -> Option<&T> {
        if self.last >= ID_MAX {
            return None;
        }
        self.last += 1;
        Some(self.by_id.entry(self.last).or_insert(make(self.last)))
    }

    /// Whether any is gone.
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) -> bool {
        let before = self.by_id.len();
        self.by_id.retain(|_, entry| keep(entry));
        self.by_id.len() != before
    }

    /// Whether that changed anything. Source: SAI-HPI-B.03.02, `saHpiAlarmAcknowledge`,
    /// `saHpiAnnunciatorAcknowledge`.
    pub(crate) fn acknowledge(&mut self, which: Which) -> Result<bool, HpiError> {
        let mut changed = false;
        match which {
            Which::One(id) => {
                let entry = self.by_id.get_mut(&id).ok_or(HpiError::NotPresent)?;
                changed = !core::mem::replace(entry.acknowledged(), true);
            }
            Which::All(severity) => {
                let entries = self.by_id.values_mut();
                for entry in entries.filter(|entry| is_of(severity, entry.severity())) {
                    changed |= !core::mem::replace(entry.acknowledged(), true);
                }
            }
        }
        Ok(changed)
    }
}

/// Whether a severity is one that was asked for.
pub(crate) fn is_of(asked: Severity, severity: Severity) -> bool {
    asked == Severity::All || asked == severity
}

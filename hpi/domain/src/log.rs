//! The domain event log.

use alloc::collections::VecDeque;
use hpi_model::{Event, EventLogEntry};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most entries of the domain event log. When it is full the oldest entry makes room
/// (`SAHPI_EL_OVERFLOW_OVERWRITE`).
pub const EVENT_LOG_MAX: usize = 2_048;

/// The domain event log, oldest entry first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLog {
    entries: VecDeque<EventLogEntry>,
    next_id: u32,
    overflowed: bool,
    updated: Time,
}

impl EventLog {
    pub(crate) fn add(&mut self, event: Event) {
        if self.entries.len() >= EVENT_LOG_MAX {
            self.entries.pop_front();
            self.overflowed = true;
        }
        // 0 and the two largest numbers have a meaning of their own in `saHpiEventLogEntryGet`.
        self.next_id = if self.next_id >= 0xffff_fffd {
            1
        } else {
            self.next_id + 1
        };
        let time_ns = event.time_ns;
        self.updated = Time(u64::try_from(time_ns).unwrap_or_default());
        self.entries.push_back(EventLogEntry {
            id: self.next_id,
            time_ns,
            event,
        });
    }

    pub(crate) fn clear(&mut self, at: Time) {
        self.entries.clear();
        self.overflowed = false;
        self.updated = at;
    }

    /// Oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &EventLogEntry> {
        self.entries.iter()
    }

    /// The entry with this id.
    pub fn entry(&self, id: u32) -> Option<&EventLogEntry> {
        self.entries.iter().find(|e| e.id == id)
    }

    /// `OverflowFlag`: entries were overwritten since the log was last cleared.
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// When an entry was last added, or the log cleared.
    pub fn updated(&self) -> Time {
        self.updated
    }
}

//! The domain event log.

use alloc::collections::VecDeque;
use hpi_model::{Event, EventLogEntry};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most entries of the domain event log. When it is full the oldest entry makes room
/// (`SAHPI_EL_OVERFLOW_OVERWRITE`).
pub const EVENT_LOG_MAX: usize = 2_048;

/// The domain event log, oldest entry first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLog {
    entries: VecDeque<EventLogEntry>,
    next_id: u32,
    overflowed: bool,
    updated: Time,
    is_enabled: bool,
}

impl Default for EventLog {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            next_id: 0,
            overflowed: false,
            updated: Time::default(),
            is_enabled: true,
        }
    }
}

impl EventLog {
    /// An event happened: it is logged, unless the log is disabled.
    pub(crate) fn note(&mut self, event: Event) {
        if self.is_enabled {
            self.add(event);
        }
    }

    pub(crate) fn enable(&mut self, enabled: bool) {
        self.is_enabled = enabled;
    }

    pub(crate) fn reset_overflow(&mut self) {
        self.overflowed = false;
    }

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

    /// The entries before and after the one with this id.
    pub fn neighbours(&self, id: u32) -> (Option<u32>, Option<u32>) {
        let at = self.entries.iter().position(|entry| entry.id == id);
        let entry = |at: Option<usize>| Some(self.entries.get(at?)?.id);
        (
            entry(at.and_then(|at| at.checked_sub(1))),
            entry(at.map(|at| at + 1)),
        )
    }

    /// `OverflowFlag`: entries were overwritten since the log was last cleared.
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Whether events are logged.
    pub fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// When an entry was last added, or the log cleared.
    pub fn updated(&self) -> Time {
        self.updated
    }
}

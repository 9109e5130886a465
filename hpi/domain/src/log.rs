//! Event logs: that of the domain, and those of resources that have one.

use alloc::collections::VecDeque;
use hpi_model::{Event, EventLogEntry, HpiError};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most entries of the domain event log. When it is full the oldest entry makes room
/// (`SAHPI_EL_OVERFLOW_OVERWRITE`).
pub const EVENT_LOG_MAX: u32 = 2_048;

/// What happens when an event log is full. Source: `SaHpiEventLogOverflowActionT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OverflowAction {
    /// `SAHPI_EL_OVERFLOW_DROP`: new entries are lost.
    Drop,
    /// `SAHPI_EL_OVERFLOW_OVERWRITE`: the oldest entry is.
    Overwrite,
}

/// An event log, oldest entry first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLog {
    entries: VecDeque<EventLogEntry>,
    size: u32,
    overflow: OverflowAction,
    next_id: u32,
    overflowed: bool,
    /// By its own clock.
    updated_ns: i64,
    is_enabled: bool,
    /// How far its clock is ahead of that of the host.
    ahead_ns: i64,
}

impl Default for EventLog {
    fn default() -> Self {
        Self::new(EVENT_LOG_MAX, OverflowAction::Overwrite)
    }
}

impl EventLog {
    /// An empty log that is enabled and has the time of the host.
    pub(crate) fn new(size: u32, overflow: OverflowAction) -> Self {
        Self {
            entries: VecDeque::new(),
            size,
            overflow,
            next_id: 0,
            overflowed: false,
            updated_ns: 0,
            is_enabled: true,
            ahead_ns: 0,
        }
    }

    /// An event happened: it is logged, unless the log is disabled.
    pub(crate) fn note(&mut self, event: Event, at: Time) {
        if self.is_enabled {
            // Whoever reads the log is told by its overflow flag what it does not have.
            self.add(event, at).unwrap_or_default();
        }
    }

    pub(crate) fn enable(&mut self, enabled: bool) {
        self.is_enabled = enabled;
    }

    /// How many entries it may hold from now on. Entries that have no place go, the oldest first.
    pub(crate) fn set_size(&mut self, size: u32) {
        self.size = size;
        while self.len() > size {
            self.entries.pop_front();
            self.overflowed = true;
        }
    }

    pub(crate) fn reset_overflow(&mut self) {
        self.overflowed = false;
    }

    /// Sets the clock. Entries that are there keep their time.
    pub(crate) fn set_time(&mut self, time_ns: i64, at: Time) {
        self.ahead_ns = time_ns.saturating_sub(crate::time_ns(at));
    }

    pub(crate) fn add(&mut self, event: Event, at: Time) -> Result<(), HpiError> {
        if self.len() >= self.size {
            self.overflowed = true;
            if self.overflow == OverflowAction::Drop {
                return Err(HpiError::OutOfSpace);
            }
            self.entries.pop_front();
        }
        // 0 and the two largest numbers have a meaning of their own in `saHpiEventLogEntryGet`.
        self.next_id = if self.next_id >= 0xffff_fffd {
            1
        } else {
            self.next_id + 1
        };
        let time_ns = self.clock(at);
        self.updated_ns = time_ns;
        self.entries.push_back(EventLogEntry {
            id: self.next_id,
            time_ns,
            event,
        });
        Ok(())
    }

    pub(crate) fn clear(&mut self, at: Time) {
        self.entries.clear();
        self.overflowed = false;
        self.updated_ns = self.clock(at);
    }

    /// What its clock shows: `SaHpiTimeT`.
    pub fn clock(&self, now: Time) -> i64 {
        crate::time_ns(now).saturating_add(self.ahead_ns)
    }

    /// Most entries that it holds.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Entries that it holds.
    pub fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What happens when it is full.
    pub fn overflow_action(&self) -> OverflowAction {
        self.overflow
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

    /// When an entry was last added, or the log cleared, by its own clock: `SaHpiTimeT`.
    pub fn updated_ns(&self) -> i64 {
        self.updated_ns
    }
}

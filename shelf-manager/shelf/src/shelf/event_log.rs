//! The events that arrived, bounded.

use crate::EventSource;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use ipmi::sel::Record;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most events that are kept; the oldest go first.
pub const EVENTS_MAX: usize = 4096;

/// An event with when it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedEvent {
    /// When it was observed; for events from before, when they were found.
    pub arrived: Time,
    /// The record.
    pub record: Record,
    /// Where it came from.
    pub source: EventSource,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EventLog {
    events: VecDeque<LoggedEvent>,
    /// How many left the log at its front, so that each event keeps its number.
    dropped: u64,
    /// When all were cleared last.
    cleared: Option<Time>,
    /// The backlog that is coming in had an event already that is known here.
    follows_known: bool,
}

impl EventLog {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &LoggedEvent> {
        self.events.iter()
    }

    /// Adds an event, and returns its number.
    pub(super) fn push(&mut self, event: LoggedEvent) -> u64 {
        if self.events.len() == EVENTS_MAX {
            self.events.pop_front();
            self.dropped += 1;
        }
        let place = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        self.events.push_back(event);
        self.dropped.saturating_add(place)
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn cleared(&self) -> Option<Time> {
        self.cleared
    }

    /// Forgets all events.
    ///
    /// Choice: the log of whoever is at the other end of the port stays; when the port comes up
    /// again, what that log still holds comes back from it.
    pub(super) fn clear(&mut self, now: Time) {
        let count = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        self.dropped = self.dropped.saturating_add(count);
        self.events.clear();
        self.cleared = Some(now);
    }

    /// Another scanner begins to read the SEL from its start.
    pub(super) fn begin_backlog(&mut self) {
        self.follows_known = false;
    }

    /// Adds those that did not arrive before.
    ///
    /// Returns those of them that came after an event that is known, with their numbers: they
    /// happened while nobody looked, and are news. The others are older than all we know.
    pub(super) fn push_backlog(
        &mut self,
        now: Time,
        records: &[Record],
    ) -> Vec<(u64, LoggedEvent)> {
        let mut news = Vec::new();
        for record in records {
            if self.events.iter().any(|event| is_same(event, record)) {
                self.follows_known = true;
                continue;
            }
            let event = LoggedEvent {
                arrived: now,
                record: *record,
                source: EventSource::Sel,
            };
            let number = self.push(event.clone());
            if self.follows_known {
                news.push((number, event));
            }
        }
        news
    }
}

/// A pushed event does not have the time that the SEL gave it.
fn is_same(event: &LoggedEvent, record: &Record) -> bool {
    use ipmi::sel::RecordBody::Event;
    let is_pushed = event.source == EventSource::Pushed;
    event.record == *record
        || match (event.record.body, record.body) {
            (Event { event: a, .. }, Event { event: b, .. }) => {
                is_pushed && event.record.id == record.id && a == b
            }
            _ => false,
        }
}

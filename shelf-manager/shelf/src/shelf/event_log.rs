//! The events that arrived, bounded.

use crate::EventSource;
use alloc::collections::VecDeque;
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
pub(super) struct EventLog(VecDeque<LoggedEvent>);

impl EventLog {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &LoggedEvent> {
        self.0.iter()
    }

    pub(super) fn push(&mut self, event: LoggedEvent) {
        if self.0.len() == EVENTS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(event);
    }

    /// Adds those that did not arrive before.
    pub(super) fn push_backlog(&mut self, now: Time, records: &[Record]) {
        for record in records {
            if !self.0.iter().any(|event| is_same(event, record)) {
                let source = EventSource::Sel;
                self.push(LoggedEvent {
                    arrived: now,
                    record: *record,
                    source,
                });
            }
        }
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

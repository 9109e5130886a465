//! The events that arrived, bounded.

use crate::EventSource;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use ipmi::sel::Record;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most events that are kept; the oldest go first.
pub const EVENTS_MAX: usize = 4096;

/// Record ids go round: 1–FFFEh. Source: IPMI v2.0 §31.5, as 0000h and FFFFh mean first and last.
const IDS: u64 = 0xfffe;

/// Id that a record of the event log has, by its number.
#[must_use]
pub fn record_id(number: u64) -> u16 {
    u16::try_from(number % IDS + 1).expect("a remainder is smaller than its divisor")
}

/// An event with when it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedEvent {
    /// How many events came before it, ever. It stays, whatever goes or comes.
    pub number: u64,
    /// When it was observed; for events from before, when they were found.
    pub arrived: Time,
    /// The record.
    pub record: Record,
    /// Where it came from.
    pub source: EventSource,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EventLog {
    /// By number, which rises; numbers of deleted events are left out.
    ///
    /// Invariant: no two have the same record id.
    events: VecDeque<LoggedEvent>,
    /// Number of the next event.
    next: u64,
    /// When one was deleted or all were cleared last.
    erased: Option<Time>,
    /// Events that were deleted or cleared, the latest ones: the log of whoever is at the other end
    /// of the port may still hold them. At most [`EVENTS_MAX`].
    forgotten: VecDeque<LoggedEvent>,
    /// The backlog that is coming in had an event already that is known here.
    follows_known: bool,
}

impl EventLog {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &LoggedEvent> {
        self.events.iter()
    }

    /// Adds an event, and returns it with its number.
    pub(super) fn push(
        &mut self,
        arrived: Time,
        record: Record,
        source: EventSource,
    ) -> LoggedEvent {
        let number = self.next;
        self.next += 1;
        let is_old = |oldest: &LoggedEvent| oldest.number + IDS <= number;
        if self.events.len() == EVENTS_MAX || self.events.front().is_some_and(is_old) {
            self.events.pop_front();
        }
        let event = LoggedEvent {
            number,
            arrived,
            record,
            source,
        };
        self.events.push_back(event.clone());
        event
    }

    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn erased(&self) -> Option<Time> {
        self.erased
    }

    /// Forgets all events.
    ///
    /// Choice: the log of whoever is at the other end of the port stays, as between our last look
    /// and its erasure it may get events that nobody would ever see. What it still holds of those
    /// that were forgotten here does not come back from it.
    pub(super) fn clear(&mut self, now: Time) {
        self.erased = Some(now);
        for event in core::mem::take(&mut self.events) {
            self.forget(event);
        }
    }

    /// Forgets one event, if it is there.
    pub(super) fn delete(&mut self, now: Time, number: u64) {
        let place = self.events.iter().position(|event| event.number == number);
        if let Some(event) = place.and_then(|place| self.events.remove(place)) {
            self.erased = Some(now);
            self.forget(event);
        }
    }

    fn forget(&mut self, event: LoggedEvent) {
        if self.forgotten.len() == EVENTS_MAX {
            self.forgotten.pop_front();
        }
        self.forgotten.push_back(event);
    }

    /// Another scanner begins to read the SEL from its start.
    pub(super) fn begin_backlog(&mut self) {
        self.follows_known = false;
    }

    /// Adds those that did not arrive before.
    ///
    /// Returns those of them that came after an event that is known: they happened while nobody
    /// looked, and are news. The others are older than all we know.
    pub(super) fn push_backlog(&mut self, now: Time, records: &[Record]) -> Vec<LoggedEvent> {
        let mut news = Vec::new();
        for record in records {
            let mut known = self.events.iter().chain(&self.forgotten);
            if known.any(|event| is_same(event, record)) {
                self.follows_known = true;
                continue;
            }
            let event = self.push(now, *record, EventSource::Sel);
            if self.follows_known {
                news.push(event);
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

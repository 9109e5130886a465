//! Telling apart the two copies of one event: pushed, and read from the SEL.

use crate::EventSource;
use alloc::collections::VecDeque;
use core::time::Duration;
use ipmi::sel::Event;
use machine::Time;

/// Most events that wait for their copy.
const SEEN_MAX: usize = 256;

/// How far apart the two copies of one event may come.
const WINDOW: Duration = Duration::from_secs(10);

/// Events whose copy from the other source may still come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen(VecDeque<(Time, EventSource, Event)>);

impl Seen {
    /// Whether this is the copy of an event that came from the other source; if not, its copy is
    /// awaited.
    ///
    /// Each event cancels one copy only: the same event twice from both sources counts as two.
    pub(super) fn is_copy(&mut self, now: Time, source: EventSource, event: Event) -> bool {
        self.0.retain(|(at, ..)| now.since(*at) <= WINDOW);
        let copy = self
            .0
            .iter()
            .position(|(_, other, same)| *other != source && *same == event);
        if let Some(index) = copy {
            self.0.remove(index);
            return true;
        }
        if self.0.len() == SEEN_MAX {
            self.0.pop_front();
        }
        self.0.push_back((now, source, event));
        false
    }
}

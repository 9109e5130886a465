//! Sessions of HPI's users, and the events that wait for them.
//!
//! Source: SAI-HPI-B.03.02, `saHpiSessionOpen`, `saHpiSubscribe`, `saHpiEventGet`.

use crate::done::{DoneCall, DoneCalls};
use alloc::collections::{BTreeMap, VecDeque};
use core::time::Duration;
use hpi_model::{Event, HpiError, RptEntry};
use serde::{Deserialize, Serialize};

/// Most sessions at once.
pub const SESSIONS_MAX: usize = 1_024;

/// Most events that wait for subscribers. Whoever is further behind loses the oldest ones, and is
/// told so.
///
/// Choice: one queue for all sessions, with a place in it for each, so that a thousand of them cost
/// no more than one.
pub const EVENTS_WAITING_MAX: usize = 1_024;

/// `SaHpiSessionIdT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(pub u32);

/// One session. Each has the only domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    /// Number of the event that it gets next; `None` while it is not subscribed.
    next: Option<u64>,
    /// What it had done last.
    done: DoneCalls,
}

/// An event that waits for subscribers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingEvent {
    /// Its number: each event has one more than the event before.
    pub number: u64,
    /// The event.
    pub event: Event,
    /// Its source, as it was then; `None` where the domain itself is the source.
    pub resource: Option<RptEntry>,
}

/// All sessions.
///
/// Invariant: `waiting` is empty while nobody is subscribed; its numbers have no gap, and end
/// before `next`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    open: BTreeMap<SessionId, Session>,
    waiting: VecDeque<WaitingEvent>,
    next: u64,
    /// Most events that wait.
    limit: u32,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            open: BTreeMap::new(),
            waiting: VecDeque::new(),
            next: 0,
            limit: u32::try_from(EVENTS_WAITING_MAX).unwrap_or(u32::MAX),
        }
    }
}

impl Sessions {
    /// Whether a session is open.
    pub fn is_open(&self, session: SessionId) -> bool {
        self.open.contains_key(&session)
    }

    /// All sessions that are open.
    pub fn open(&self) -> impl Iterator<Item = SessionId> {
        self.open.keys().copied()
    }

    /// Whether a session is subscribed.
    pub fn is_subscribed(&self, session: SessionId) -> bool {
        let found = self.open.get(&session);
        found.is_some_and(|session| session.next.is_some())
    }

    /// What a session gets next, but not before `from`, and whether it lost events before that one;
    /// `None` when nothing waits for it.
    pub fn next_event(&self, session: SessionId, from: u64) -> Option<(&WaitingEvent, bool)> {
        let next = self.open.get(&session)?.next?.max(from);
        let oldest = self.waiting.front()?.number;
        let event = self.event(next.max(oldest))?;
        Some((event, next < oldest))
    }

    /// The event with this number, if it still waits for somebody or was taken a short while ago.
    pub fn event(&self, number: u64) -> Option<&WaitingEvent> {
        let oldest = self.waiting.front()?.number;
        let at = usize::try_from(number.checked_sub(oldest)?).ok()?;
        self.waiting.get(at)
    }

    /// The last calls of all sessions, in case that they are repeated.
    pub fn done(&self) -> impl Iterator<Item = (SessionId, &DoneCall)> {
        self.open
            .iter()
            .flat_map(|(session, found)| found.done.of(*session))
    }

    /// Keeps what came of a call; a session that it ended keeps nothing.
    pub(crate) fn keep(&mut self, session: SessionId, done: DoneCall) {
        if let Some(session) = self.open.get_mut(&session) {
            session.done.keep(done);
        }
    }

    /// So much of the log's time may not have passed at all: calls are as old as before.
    ///
    /// Choice: better is a call known for too long than carried out twice. A log in which nothing
    /// happens falls behind the clocks, and whoever takes over begins by catching up with them.
    pub(crate) fn skip(&mut self, time: Duration) {
        for session in self.open.values_mut() {
            session.done.skip(time);
        }
    }

    pub(crate) fn start(&mut self, session: SessionId) -> Result<(), HpiError> {
        if self.is_open(session) {
            return Err(HpiError::Duplicate);
        }
        if self.open.len() >= SESSIONS_MAX {
            return Err(HpiError::OutOfSpace);
        }
        self.open.insert(session, Session::default());
        Ok(())
    }

    pub(crate) fn end(&mut self, session: SessionId) {
        self.open.remove(&session);
        self.forget();
    }

    pub(crate) fn subscribe(&mut self, session: SessionId) -> Result<(), HpiError> {
        let next = self.next;
        let session = self.of(session)?;
        if session.next.is_some() {
            return Err(HpiError::Duplicate);
        }
        session.next = Some(next);
        Ok(())
    }

    /// Events that wait for the session are lost to it.
    pub(crate) fn unsubscribe(&mut self, session: SessionId) -> Result<(), HpiError> {
        let session = self.of(session)?;
        if session.next.take().is_none() {
            return Err(HpiError::InvalidRequest);
        }
        self.forget();
        Ok(())
    }

    /// A session got the event with this number, and all before it.
    pub(crate) fn took(&mut self, session: SessionId, number: u64) -> Result<(), HpiError> {
        let end = self.next;
        let session = self.of(session)?;
        let next = session.next.as_mut().ok_or(HpiError::InvalidRequest)?;
        *next = number.saturating_add(1).clamp(*next, end);
        Ok(())
    }

    pub(crate) fn add(&mut self, event: Event, resource: Option<RptEntry>) {
        let number = self.next;
        self.next += 1;
        if !self.open.values().any(|session| session.next.is_some()) {
            return;
        }
        self.waiting.push_back(WaitingEvent {
            number,
            event,
            resource,
        });
        self.shorten();
    }

    /// Most events that wait.
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    /// How many events may wait from now on, one at least; the oldest ones are lost.
    pub(crate) fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
        self.shorten();
    }

    fn shorten(&mut self) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let beyond = self.waiting.len().saturating_sub(limit);
        self.waiting.drain(..beyond);
    }

    fn of(&mut self, session: SessionId) -> Result<&mut Session, HpiError> {
        self.open.get_mut(&session).ok_or(HpiError::InvalidSession)
    }

    fn forget(&mut self) {
        if !self.open.values().any(|session| session.next.is_some()) {
            self.waiting.clear();
        }
    }
}

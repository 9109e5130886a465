//! Who uses which session, and which event each was given last.

use super::Connection;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;
use hpi_domain::{SessionId, Sessions, UserCall, WaitingEvent};
use hpi_model::HpiError;
use machine::Time;

/// How long a session lives on that no connection uses.
///
/// Choice: a client notices that its connection broke, as after a fail-over, only when it calls
/// again; one that asks every few minutes shall find its session.
pub const GRACE: Duration = Duration::from_secs(15 * 60);
/// Most calls that wait for an event.
const WAITING_MAX: usize = 4_096;
/// Most events of a session that are given again because their reply may be lost.
const LOST_MAX: usize = 16;

/// What is known of connections, and of the sessions that they use.
///
/// `R` is where a reply goes.
#[derive(Debug)]
pub struct Users<R> {
    connections: BTreeMap<Connection, Known>,
    /// It serves the shelf's sessions: only then it knows who uses them.
    serves: bool,
    /// Since when no connection uses a session.
    idle: BTreeMap<SessionId, Time>,
    waiting: Vec<Waiting<R>>,
    /// The event that each session was given last.
    given: BTreeMap<SessionId, u64>,
    /// Events that were given on a connection that ended right after.
    lost: BTreeMap<SessionId, VecDeque<u64>>,
    /// The log entry up to which waiting calls have been looked at, unless something else changed.
    looked_at: Option<u64>,
    /// When somebody's wait ends, or a session that nobody uses; as of the last look.
    deadline: Option<Time>,
}

/// What a connection did last.
#[derive(Debug, Default)]
struct Known {
    session: Option<SessionId>,
    /// The event that it was given, unless it has called since.
    given: Option<u64>,
}

/// `saHpiEventGet` that waits.
#[derive(Debug)]
pub struct Waiting<R> {
    /// On which connection it came.
    pub connection: Connection,
    /// Whose events it waits for.
    pub session: SessionId,
    /// How long; `None` without an end.
    pub until: Option<Time>,
    /// Where the reply goes.
    pub reply: R,
}

/// What comes of a call that waited.
#[derive(Debug)]
pub struct Served<'a, R> {
    /// Whose call it was.
    pub session: SessionId,
    /// Where the reply goes.
    pub reply: R,
    /// The event, and whether the session lost events before it.
    pub result: Result<(&'a WaitingEvent, bool), HpiError>,
}

impl<R> Users<R> {
    /// `sessions` are those that were open before this program started.
    pub fn new(sessions: &Sessions, now: Time) -> Self {
        Self {
            connections: BTreeMap::new(),
            serves: false,
            idle: sessions.open().map(|session| (session, now)).collect(),
            waiting: Vec::new(),
            given: BTreeMap::new(),
            lost: BTreeMap::new(),
            looked_at: None,
            deadline: None,
        }
    }

    /// Whether a connection has not called before.
    pub fn is_new(&self, connection: Connection) -> bool {
        !self.connections.contains_key(&connection)
    }

    /// A connection is used for a session. The event that has arrived, as it calls again, and whose
    /// that is: the log shall know that it was taken.
    ///
    /// Choice: not when it is given. Whoever takes over then gives an event again that has arrived
    /// shortly before, and never leaves out one whose reply was lost with this member.
    #[must_use]
    pub fn used(
        &mut self,
        connection: Connection,
        session: Option<SessionId>,
    ) -> Option<(SessionId, u64)> {
        let known = self.connections.entry(connection).or_default();
        let arrived = known.session.zip(known.given.take());
        if let Some(session) = session {
            known.session = Some(session);
            self.idle.remove(&session);
        }
        arrived
    }

    /// A connection ended: what it was given last may not have arrived, and what it waits for is
    /// given to whoever calls next.
    pub fn closed(&mut self, connection: Connection, now: Time) {
        self.waiting.retain(|call| call.connection != connection);
        let Some(Known { session, given }) = self.connections.remove(&connection) else {
            return;
        };
        let Some(session) = session else {
            return;
        };
        if let Some(given) = given {
            let lost = self.lost.entry(session).or_default();
            if lost.len() < LOST_MAX {
                lost.push_back(given);
            }
        }
        let mut others = self.connections.values();
        if !others.any(|other| other.session == Some(session)) {
            self.idle.insert(session, now);
        }
        self.looked_at = None;
    }

    /// A call ends a session, or its subscription.
    pub fn ends(&mut self, session: SessionId, call: &UserCall) {
        if matches!(call, UserCall::SessionClose | UserCall::Unsubscribe) {
            self.given.remove(&session);
            self.lost.remove(&session);
        }
        if *call == UserCall::SessionClose {
            self.idle.remove(&session);
        }
    }

    /// A call waits for an event.
    pub fn wait(&mut self, call: Waiting<R>) {
        self.waiting.push(call);
        self.looked_at = None;
    }

    /// When somebody's wait ends, or a session that nobody uses.
    pub fn deadline(&self) -> Option<Time> {
        self.deadline
    }

    /// Whether calls that wait may go on: only a log entry, time, or a client changes that. `index`
    /// is that of the last entry.
    pub fn is_stirred(&self, index: u64, now: Time) -> bool {
        self.looked_at != Some(index) || self.deadline.is_some_and(|by| by <= now)
    }

    /// All that can be done after this entry has been done.
    pub fn looked(&mut self, index: u64) {
        let waits = self.waiting.iter().filter_map(|waiting| waiting.until);
        let idle = self.idle.values().map(|since| since.after(GRACE));
        let idle = idle.filter(|_| self.serves);
        self.deadline = waits.chain(idle).min();
        self.looked_at = Some(index);
    }

    /// Gives waiting calls their events, or tells them that their time is up.
    pub fn serve<'a>(&mut self, sessions: &'a Sessions, now: Time) -> Vec<Served<'a, R>> {
        let mut served = Vec::new();
        for call in core::mem::take(&mut self.waiting) {
            match self.progress(sessions, &call, now) {
                Some(result) => served.push(Served {
                    session: call.session,
                    reply: call.reply,
                    result,
                }),
                None => self.waiting.push(call),
            }
        }
        served
    }

    /// What comes of a call that waits for an event; `None` while it must go on waiting.
    fn progress<'a>(
        &mut self,
        sessions: &'a Sessions,
        call: &Waiting<R>,
        now: Time,
    ) -> Option<Result<(&'a WaitingEvent, bool), HpiError>> {
        let session = call.session;
        if !sessions.is_open(session) {
            return Some(Err(HpiError::InvalidSession));
        }
        if !sessions.is_subscribed(session) {
            return Some(Err(HpiError::InvalidRequest));
        }
        // Who does not serve the session does not know what it was given last.
        let next = match self.serves {
            true => self.next_event(sessions, session),
            false => None,
        };
        if let Some((waiting, overflowed)) = next {
            self.given.insert(session, waiting.number);
            if let Some(known) = self.connections.get_mut(&call.connection) {
                known.given = Some(waiting.number);
            }
            return Some(Ok((waiting, overflowed)));
        }
        let is_over = call.until.is_some_and(|until| until <= now);
        (is_over || self.waiting.len() >= WAITING_MAX).then_some(Err(HpiError::Timeout))
    }

    /// The next event of a session: one whose reply was lost, or the one after the last.
    fn next_event<'a>(
        &mut self,
        sessions: &'a Sessions,
        session: SessionId,
    ) -> Option<(&'a WaitingEvent, bool)> {
        let lost = self.lost.get_mut(&session).and_then(VecDeque::pop_front);
        if let Some(again) = lost.and_then(|number| sessions.event(number)) {
            return Some((again, false));
        }
        let from = self.given.get(&session).map_or(0, |given| given + 1);
        sessions.next_event(session, from)
    }

    /// Sessions that nobody has used for [`GRACE`], where that is known.
    pub fn lapsed(&self, now: Time) -> Vec<SessionId> {
        let lapsed = self
            .idle
            .iter()
            .filter(|(_, since)| self.serves && since.after(GRACE) <= now);
        lapsed.map(|(session, _)| *session).collect()
    }

    /// The session that was not used for the longest time.
    pub fn idlest(&self) -> Option<SessionId> {
        let idlest = self.idle.iter().min_by_key(|(_, since)| **since);
        idlest.map(|(session, _)| *session)
    }

    /// From now on this member serves the shelf's sessions; another one may have done so until now.
    pub fn take_over(&mut self, sessions: &Sessions, now: Time) {
        self.serves = true;
        let used = self.connections.values().filter_map(|it| it.session);
        let used: BTreeSet<SessionId> = used.collect();
        let idle = sessions.open().filter(|session| !used.contains(session));
        self.idle = idle.map(|session| (session, now)).collect();
    }

    /// From now on another member serves them. Calls that wait for events here would take them from
    /// clients that call there: they are given back, to end with their connections.
    pub fn leave(&mut self) -> Vec<Waiting<R>> {
        self.serves = false;
        // What was given is in the log, or is given again by whoever serves the session now.
        self.given.clear();
        self.lost.clear();
        for connection in self.connections.values_mut() {
            connection.given = None;
        }
        self.looked_at = None;
        core::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests;

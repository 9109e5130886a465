//! Calls on their way: those that wait for the log, for the hardware, or for an event.

mod logged;
mod tenure;

pub(super) use logged::Logged;

use super::answer::answer;
use super::hardware::{Again, Later};
use super::jobs::{self, Jobs};
use super::repeats::{Coming, Repeats, Reply, Taken};
use super::rewrite::Edits;
use super::{Outcome, Payload, View, log, reply, wire};
use crate::core::Core;
use appliance::{Command, Tag};
use hpi_domain::{Mark, SESSIONS_MAX, SessionId, Sessions, Told, UserCall, WaitingEvent};
use hpi_model::HpiError;
use hpi_server::{ConnectionId, HangUp, Message, Question};
use logged::{Promise, Waiting};
use machine::Time;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{Call, EventGet, QueuedEvent, failed};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::sync::mpsc;

/// Most calls that wait for an event.
const GETTING_MAX: usize = 4_096;
/// Most calls that the core has to go on with at a time.
const LATER_MAX: usize = 256;
/// How long a session lives on that no connection uses.
///
/// Choice: a client notices that its connection broke, as after a fail-over, only when it calls
/// again; one that asks every few minutes shall find its session.
const GRACE: Duration = Duration::from_secs(15 * 60);
/// Most things that are done in one turn. Choice: so few that nobody else waits for long.
const TURN_MAX: usize = 32;
/// Most events of a session that are given again because their reply may be lost.
const LOST_MAX: usize = 16;
/// `SAHPI_EVT_QUEUE_OVERFLOW`.
const OVERFLOW: u32 = 1;
/// How often a random id may be taken already.
const FRESH_TRIES: usize = 8;
/// The id of no session. Nobody asks for the id of a session that is not opened.
pub(super) const NO_SESSION: SessionId = SessionId(0);
/// Tags of entries whose answer nobody waits for.
const NOBODY: Tag = 0;

/// Calls on their way, and what is known of connections.
#[derive(Debug)]
pub(crate) struct Desk {
    /// `None` when nobody listens.
    messages: Option<mpsc::Receiver<Message>>,
    hang_up: Option<HangUp>,
    pub(super) jobs: Jobs,
    pub(super) later: (mpsc::Sender<Later>, mpsc::Receiver<Later>),
    edits: Edits,
    logged: Waiting,
    getting: Vec<Getting>,
    connections: BTreeMap<ConnectionId, Connection>,
    /// Since when no connection uses a session.
    idle: BTreeMap<SessionId, Time>,
    /// The event that each session was given last.
    given: BTreeMap<SessionId, u64>,
    /// Events that were given on a connection that ended right after.
    lost: BTreeMap<SessionId, VecDeque<u64>>,
    repeats: Repeats,
    /// The log entry up to which waiting calls have been looked at, unless something else changed.
    looked_at: Option<u64>,
    /// When somebody's wait ends, or a session that nobody uses; as of the last look.
    deadline: Option<Time>,
}

/// What a connection did last.
#[derive(Debug, Default)]
struct Connection {
    session: Option<SessionId>,
    /// The event that it was given, unless it has called since.
    given: Option<u64>,
}

#[derive(Debug)]
struct Getting {
    connection: ConnectionId,
    session: SessionId,
    order: ByteOrder,
    until: Option<Time>,
    reply: Reply,
}

/// Something for the core to do.
pub(crate) enum Turn {
    /// A client did something.
    Client(Message),
    /// Somebody who does a job wants something.
    Job(jobs::Turn),
    /// The hardware said something that the call goes on with.
    Later(Later),
}

impl Desk {
    /// `sessions` are those that were open before this program started.
    pub(crate) fn new(
        clients: Option<(mpsc::Receiver<Message>, HangUp)>,
        sessions: &Sessions,
        now: Time,
    ) -> Self {
        let (messages, hang_up) = clients.unzip();
        Self {
            messages,
            hang_up,
            jobs: Jobs::new(),
            later: mpsc::channel(LATER_MAX),
            edits: Edits::default(),
            logged: Waiting::default(),
            getting: Vec::new(),
            connections: BTreeMap::new(),
            idle: sessions.open().map(|session| (session, now)).collect(),
            given: BTreeMap::new(),
            lost: BTreeMap::new(),
            repeats: Repeats::new(sessions.done(), now),
            looked_at: None,
            deadline: None,
        }
    }

    /// The next thing to do; never, where nobody listens.
    pub(crate) async fn next(&mut self) -> Turn {
        let Some(messages) = &mut self.messages else {
            return std::future::pending().await;
        };
        tokio::select! {
            Some(message) = messages.recv() => Turn::Client(message),
            turn = self.jobs.next() => Turn::Job(turn),
            Some(later) = self.later.1.recv() => Turn::Later(later),
            else => std::future::pending().await,
        }
    }

    /// What another client did, if one did something already.
    fn ready(&mut self) -> Option<Turn> {
        let message = self.messages.as_mut()?.try_recv().ok();
        message.map(Turn::Client)
    }

    /// What came of an entry that [`Core::hpi_log`] proposed.
    pub(crate) fn came_of(&mut self, index: u64, tag: Tag, result: Result<Told, HpiError>) {
        self.logged.came_of(index, tag, result);
    }

    /// Answers those whose entries are durable.
    pub(crate) fn release(&mut self, durable: u64) {
        self.logged.release(durable);
    }

    /// When somebody's wait ends, or a session that nobody uses.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.deadline
    }

    /// Whether calls that wait may go on: only a log entry, time, or a client changes that.
    fn is_stirred(&self, index: u64, now: Time) -> bool {
        self.looked_at != Some(index) || self.deadline.is_some_and(|by| by <= now)
    }

    fn looked(&mut self, index: u64) {
        let waits = self.getting.iter().filter_map(|getting| getting.until);
        let idle = self.idle.values().map(|since| since.after(GRACE));
        self.deadline = waits.chain(idle).min();
        self.looked_at = Some(index);
    }

    /// A connection is used for a session.
    fn used(&mut self, connection: ConnectionId, session: Option<SessionId>) {
        let known = self.connections.entry(connection).or_default();
        // To call again is to have got the answer before.
        known.given = None;
        if session.is_some() {
            known.session = session;
        }
        if let Some(session) = session {
            self.idle.remove(&session);
        }
    }

    /// A connection ended: what it was given last may not have arrived.
    fn closed(&mut self, connection: ConnectionId, now: Time) {
        self.repeats.closed(connection, now);
        let Some(Connection { session, given }) = self.connections.remove(&connection) else {
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

    fn forget(&mut self, session: SessionId) {
        self.idle.remove(&session);
        self.given.remove(&session);
        self.lost.remove(&session);
    }
}

impl Core {
    /// Does what clients want, and what more they want by then: what has to be looked at after each
    /// turn is looked at once for all of them.
    pub(crate) fn hpi_turns(&mut self, first: Turn) {
        self.hpi_turn(first);
        for _ in 1..TURN_MAX {
            let Some(turn) = self.hpi.ready() else {
                return;
            };
            self.hpi_turn(turn);
        }
    }

    fn hpi_turn(&mut self, turn: Turn) {
        match turn {
            Turn::Client(Message::Asked(question)) => self.hpi_ask(question),
            Turn::Client(Message::Closed(connection)) => {
                self.hpi.closed(connection, self.clock.now());
            }
            Turn::Job(turn) => self.hpi_job(turn),
            Turn::Later(Later::Ask(again)) => self.hpi_hardware(again),
            Turn::Later(Later::Log(call, logged)) => self.hpi_log(call, None, logged),
        }
    }

    pub(super) fn hpi_view(&self) -> View<'_> {
        // IPMI begins with the least significant byte, HPI with the most significant one.
        let mut guid = self.guid;
        guid.reverse();
        View {
            appliance: self.member.appliance(),
            readings: &self.readings,
            now: self.clock.now(),
            guid,
            edits: &self.hpi.edits,
        }
    }

    fn hpi_ask(&mut self, question: Question) {
        let Question {
            connection,
            order,
            function,
            payload,
            call,
            reply,
        } = question;
        let session = call.session().map(SessionId);
        let coming = Coming {
            connection,
            is_first: !self.hpi.connections.contains_key(&connection),
            session,
            order,
            function,
            payload: &payload,
        };
        let taken = self.hpi.repeats.take(&coming, reply, self.clock.now());
        self.hpi.used(connection, session);
        match taken {
            Taken::New(reply, mark) => self.hpi_answer((connection, order), &call, (reply, mark)),
            Taken::Known(result, reply) => {
                self.hpi_recall((order, function), &call, (result, reply))
            }
            Taken::Answered => {}
        }
    }

    /// Answers a call, or begins with what it takes.
    fn hpi_answer(
        &mut self,
        (connection, order): (ConnectionId, ByteOrder),
        call: &Call,
        (reply, mark): (Reply, Option<Mark>),
    ) {
        let fresh = match call.session() {
            Some(_) => Some(NO_SESSION),
            None => self.fresh_session(),
        };
        let Some(fresh) = fresh else {
            return reply.send(failed(order, HpiError::InternalError.code()));
        };
        match answer(self.hpi_view(), order, call, fresh) {
            Outcome::Reply(payload) => reply.send(payload),
            Outcome::Ask(target, request, then) => {
                self.hpi_hardware(Again::first((target, request), then, (order, reply)));
            }
            Outcome::AskBoth(target, requests, then) => {
                self.hpi_hardware(Again::first_both((target, requests), then, (order, reply)));
            }
            Outcome::Log(session, user, finish) => {
                if user == UserCall::SessionOpen {
                    self.make_room();
                    self.hpi.used(connection, Some(session));
                }
                let logged = Logged {
                    order,
                    finish,
                    reply,
                };
                self.hpi_log((session, user), mark, logged);
            }
            Outcome::Event(session, timeout) => {
                let until =
                    timeout.map(|nanos| self.clock.now().after(Duration::from_nanos(nanos)));
                let getting = Getting {
                    connection,
                    session,
                    order,
                    until,
                    reply,
                };
                self.hpi.getting.push(getting);
                self.hpi.looked_at = None;
            }
        }
    }

    fn hpi_log(
        &mut self,
        (session, call): (SessionId, UserCall),
        mark: Option<Mark>,
        logged: Logged,
    ) {
        if self.stalled.is_some() || self.hpi.logged.is_full() {
            return logged.refuse(HpiError::Busy);
        }
        if call == UserCall::SessionClose {
            self.hpi.forget(session);
        }
        let promise = Promise::of(&call);
        let call = match mark {
            Some(mark) => UserCall::Repeatable(mark, Box::new(call)),
            None => call,
        };
        self.tag_last += 1;
        let tag = self.tag_last;
        self.hpi.logged.insert(tag, (promise, logged));
        let taken = self.try_submit(&Command::Hpi { tag, session, call });
        if taken.is_err()
            && let Some(logged) = self.hpi.logged.remove(tag)
        {
            logged.refuse(HpiError::Busy);
        }
    }

    /// Gives waiting calls their events, or tells them that their time is up.
    pub(crate) fn serve_hpi(&mut self) {
        self.hpi.release(self.member.durable());
        let (index, now) = (self.member.appliance().at().index, self.clock.now());
        if !self.hpi.is_stirred(index, now) {
            return;
        }
        for getting in std::mem::take(&mut self.hpi.getting) {
            match self.progress(&getting, now) {
                Some(payload) => getting.reply.send(payload),
                None if getting.reply.is_closed() => {}
                None => self.hpi.getting.push(getting),
            }
        }
        // Only who serves the shelf knows who uses a session.
        let owns = self.member.owns();
        let lapsed = |since: &Time| owns && since.after(GRACE) <= now;
        let idle = self.hpi.idle.iter().filter(|(_, since)| lapsed(since));
        for session in idle.map(|(session, _)| *session).collect::<Vec<_>>() {
            self.end_session(session);
        }
        self.hpi.looked(index);
    }

    /// The reply to a call that waits for an event; `None` while it must go on waiting.
    fn progress(&mut self, getting: &Getting, now: Time) -> Option<Payload> {
        let Getting {
            connection,
            session,
            order,
            until,
            ..
        } = *getting;
        let refuse = |why: HpiError| Some(failed(order, why.code()));
        let sessions = self.member.appliance().hpi.sessions();
        if !sessions.is_open(session) {
            return refuse(HpiError::InvalidSession);
        }
        if !sessions.is_subscribed(session) {
            return refuse(HpiError::InvalidRequest);
        }
        if let Some((number, payload)) = self.next_event(session, order) {
            self.hpi.given.insert(session, number);
            if let Some(connection) = self.hpi.connections.get_mut(&connection) {
                connection.given = Some(number);
            }
            let (tag, call) = (NOBODY, UserCall::EventTaken(number));
            self.submit(&Command::Hpi { tag, session, call });
            return Some(payload);
        }
        if until.is_some_and(|until| until <= now) || self.hpi.getting.len() >= GETTING_MAX {
            return refuse(HpiError::Timeout);
        }
        None
    }

    /// The next event of a session: one whose reply was lost, or the one after the last.
    fn next_event(&mut self, session: SessionId, order: ByteOrder) -> Option<(u64, Payload)> {
        let sessions = self.member.appliance().hpi.sessions();
        let lost = self
            .hpi
            .lost
            .get_mut(&session)
            .and_then(VecDeque::pop_front);
        let again = lost.and_then(|number| sessions.event(number));
        let from = self.hpi.given.get(&session).map_or(0, |given| given + 1);
        let (waiting, overflowed) = match again {
            Some(waiting) => (waiting, false),
            None => sessions.next_event(session, from)?,
        };
        let queued = self.queued(waiting, overflowed);
        Some((waiting.number, reply::<EventGet>(order, &Ok(queued))))
    }

    fn queued(&self, waiting: &WaitingEvent, overflowed: bool) -> QueuedEvent {
        QueuedEvent {
            event: wire::event(&waiting.event),
            rdr: wire::rdr_of(self.hpi_view(), &waiting.event),
            resource: log::source(waiting.resource.as_ref()),
            queue_status: if overflowed { OVERFLOW } else { 0 },
        }
    }

    fn end_session(&mut self, session: SessionId) {
        self.hpi.forget(session);
        let (tag, call) = (NOBODY, UserCall::SessionClose);
        self.submit(&Command::Hpi { tag, session, call });
    }

    /// Ends the session that was not used for the longest time, if there is no place for another.
    fn make_room(&mut self) {
        let open = self.member.appliance().hpi.sessions().open().count();
        let idlest = self.hpi.idle.iter().min_by_key(|(_, since)| **since);
        if let Some(session) = idlest.map(|(session, _)| *session)
            && open >= SESSIONS_MAX
        {
            self.end_session(session);
        }
    }

    /// An id that nobody has and nobody can guess; `None` without randomness.
    fn fresh_session(&self) -> Option<SessionId> {
        for _ in 0..FRESH_TRIES {
            let mut bytes = [0; 4];
            getrandom::fill(&mut bytes).ok()?;
            let session = SessionId(u32::from_le_bytes(bytes));
            if session.0 != 0 && !self.member.appliance().hpi.sessions().is_open(session) {
                return Some(session);
            }
        }
        None
    }
}

//! Calls on their way: those that wait for the log, for the hardware, or for an event.

mod logged;
mod tenure;

pub(super) use logged::Logged;

use super::answer::answer;
use super::hardware::{Again, Later};
use super::jobs::{self, Jobs};
use super::repeats::{Coming, Repeats, Reply, Taken};
use super::rewrite::Edits;
use super::{Outcome, View, log, wire};
use crate::core::Core;
use appliance::hpi::{self, Promise, Users};
use appliance::{Clocks, Command, Tag};
use hpi_domain::{Mark, SESSIONS_MAX, SessionId, Sessions, Told, UserCall, WaitingEvent};
use hpi_model::HpiError;
use hpi_server::{ConnectionId, HangUp, Message, Question};
use logged::Waiting;
use machine::Time;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{Call, EventGet, QueuedEvent, failed};
use std::time::Duration;
use tokio::sync::mpsc;

/// Most calls that the core has to go on with at a time.
const LATER_MAX: usize = 256;
/// Most things that are done in one turn. Choice: so few that nobody else waits for long.
const TURN_MAX: usize = 32;
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
    users: Users<Getting>,
    repeats: Repeats,
}

/// Where the event goes that a call waits for.
#[derive(Debug)]
struct Getting {
    order: ByteOrder,
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
        clocks: Clocks,
    ) -> Self {
        let (messages, hang_up) = clients.unzip();
        Self {
            messages,
            hang_up,
            jobs: Jobs::new(),
            later: mpsc::channel(LATER_MAX),
            edits: Edits::default(),
            logged: Waiting::default(),
            users: Users::new(sessions, clocks.own),
            repeats: Repeats::new(sessions.done(), clocks),
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
        self.users.deadline()
    }

    /// A connection ended: what it was told last may not have arrived.
    fn closed(&mut self, connection: ConnectionId, now: Time) {
        self.repeats.closed(connection, now);
        self.users.closed(connection.0, now);
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
            is_first: self.hpi.users.is_new(connection.0),
            session,
            order,
            function,
            payload: &payload,
        };
        let taken = self.hpi.repeats.take(&coming, reply, self.clock.now());
        self.hpi_used(connection, session);
        match taken {
            Taken::New(reply, mark) => self.hpi_answer((connection, order), &call, (reply, mark)),
            Taken::Known(result, reply) => {
                self.hpi_recall((order, function), &call, (result, reply))
            }
            Taken::Answered => {}
        }
    }

    /// A connection is used for a session, and so has got the event that it was given.
    fn hpi_used(&mut self, connection: ConnectionId, session: Option<SessionId>) {
        if let Some((session, number)) = self.hpi.users.used(connection.0, session) {
            let (tag, call) = (NOBODY, UserCall::EventTaken(number));
            self.submit(&Command::Hpi { tag, session, call });
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
                    self.hpi_used(connection, Some(session));
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
                self.hpi.users.wait(hpi::Waiting {
                    connection: connection.0,
                    session,
                    until,
                    reply: Getting { order, reply },
                });
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
        self.hpi.users.ends(session, &call);
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
        if !self.hpi.users.is_stirred(index, now) {
            return;
        }
        let sessions = self.member.appliance().hpi.sessions();
        for served in self.hpi.users.serve(sessions, now) {
            let Getting { order, reply } = served.reply;
            reply.send(match served.result {
                Ok((waiting, overflowed)) => {
                    let queued = self.queued(waiting, overflowed);
                    super::reply::<EventGet>(order, &Ok(queued))
                }
                Err(why) => failed(order, why.code()),
            });
        }
        for session in self.hpi.users.lapsed(now) {
            self.end_session(session);
        }
        self.hpi.users.looked(index);
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
        let (tag, call) = (NOBODY, UserCall::SessionClose);
        self.hpi.users.ends(session, &call);
        self.submit(&Command::Hpi { tag, session, call });
    }

    /// Ends the session that was not used for the longest time, if there is no place for another.
    fn make_room(&mut self) {
        let open = self.member.appliance().hpi.sessions().open().count();
        if let Some(session) = self.hpi.users.idlest()
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

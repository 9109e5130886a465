//! What a CMM does for HPI's users: the shell's part of it, without sockets.
//!
//! What becomes of connections, events and repeated calls is decided by [`appliance::hpi`], as on a
//! real CMM.

use crate::agenda::Happening;
use crate::connection::Link;
use crate::member::clocks;
use crate::world::{Planted, World};
use appliance::hpi::{Coming, Connection, Promise, Repeats, Served, Taken, Users, Waiting};
use appliance::{Clocks, Command, Tag, tag};
use group::Hash;
use hpi_domain::{Mark, SESSIONS_MAX, SessionId, Sessions, Told, UserCall};
use hpi_model::HpiError;
use machine::{NodeId, Time};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

/// Most connections that wait for what comes of one call.
const WAITING_MAX: usize = 4;

/// Tags of entries whose answer nobody waits for.
const NOBODY: Tag = 0;

/// The calls of HPI's users that a CMM has.
pub(crate) struct Desk {
    users: Users<Caller>,
    repeats: Repeats<Kept>,
    logged: BTreeMap<Tag, Logged>,
    /// What came of entries that are not durable yet, by their index.
    answers: VecDeque<(u64, Tag, Result<Told, HpiError>)>,
    /// Connections that there are.
    pub(crate) open: BTreeSet<Connection>,
    /// The connection that was named last.
    pub(crate) named: Connection,
    /// The address at which clients find the shelf is here.
    pub(crate) has_address: bool,
}

/// To whom a reply goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct To {
    pub(crate) user: usize,
    pub(crate) link: Link,
    /// Which of its calls it is.
    pub(crate) number: u64,
}

/// A call on its way.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) to: To,
    pub(crate) session: Option<SessionId>,
    /// What is the same when it is repeated.
    pub(crate) digest: [u8; 16],
    pub(crate) asks: Asking,
}

/// What is called.
#[derive(Clone, Debug)]
pub(crate) enum Asking {
    /// `saHpiSessionOpen`.
    Open,
    /// `saHpiEventGet`, and how long it waits.
    Get(Duration),
    /// Something that the log must hold.
    Change(UserCall),
}

/// What a client is told.
pub(crate) type Reply = Result<Good, HpiError>;

/// What it is told when it is not refused.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Good {
    Opened(SessionId, Option<Hash>),
    /// It is in all states after this entry.
    Done(u64, Option<Hash>),
    Event {
        number: u64,
        overflowed: bool,
    },
}

/// What came of a call that may be repeated.
enum Came {
    /// Nothing yet: these wait for it.
    Nothing(Vec<To>),
    /// This was replied.
    Replied(Reply),
    /// The log has it.
    Logged(Result<Told, HpiError>),
}

type Kept = Rc<RefCell<Came>>;

/// Who waits for a reply.
struct Caller {
    to: To,
    kept: Option<Kept>,
}

struct Logged {
    caller: Caller,
    /// The session that it opens.
    opens: Option<SessionId>,
    promise: Promise,
}

impl Desk {
    pub(crate) fn new(member: &appliance::Member, clocks: Clocks) -> Self {
        let sessions = member.appliance().hpi.sessions();
        Self {
            users: Users::new(sessions, clocks.own),
            repeats: Repeats::new(sessions.done(), clocks, logged),
            logged: BTreeMap::new(),
            answers: VecDeque::new(),
            open: BTreeSet::new(),
            named: 0,
            has_address: false,
        }
    }

    /// When somebody's wait ends, or a session that nobody uses.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.users.deadline()
    }

    /// The state is another one: what was asked before may have been done, or not.
    pub(crate) fn forget(&mut self, sessions: &Sessions, clocks: Clocks) {
        self.answers.clear();
        self.logged.clear();
        self.repeats = Repeats::new(sessions.done(), clocks, logged);
    }

    /// A connection ended.
    pub(crate) fn close(&mut self, connection: Connection, now: Time) {
        if self.open.remove(&connection) {
            self.repeats.closed(connection, now);
            self.users.closed(connection, now);
        }
    }
}

fn logged(done: &hpi_domain::DoneCall) -> Kept {
    Rc::new(RefCell::new(Came::Logged(done.result.clone())))
}

impl World {
    /// A CMM has the address of the shelf, and serves its sessions.
    pub(crate) fn serve_all(&mut self, id: NodeId) {
        let clock = self.clock(id);
        let planted = self.planted;
        let Some(running) = self.running(id) else {
            return;
        };
        let clocks = clocks(&running.engine, clock);
        let sessions = running.member.appliance().hpi.sessions();
        let desk = &mut running.desk;
        desk.has_address = true;
        desk.users.take_over(sessions, clock);
        let is_pending = |kept: &Kept| matches!(*kept.borrow(), Came::Nothing(_));
        desk.repeats
            .take_over(sessions.done(), clocks, (logged, is_pending));
        let all: Vec<SessionId> = sessions.open().collect();
        self.address = Some(id);
        if planted == Some(Planted::LostSessions) {
            all.into_iter().for_each(|it| self.end_session(id, it));
        }
    }

    /// It has it no more: clients that are here are hung up on.
    pub(crate) fn serve_nobody(&mut self, id: NodeId) {
        let incarnation = self.nodes[&id].incarnation;
        let Some(running) = self.running(id).filter(|it| it.desk.has_address) else {
            return;
        };
        running.desk.has_address = false;
        // Their calls end with their connections.
        drop(running.desk.users.leave());
        let delay = self.dice.millis(1, 100);
        self.after(delay, Happening::HangUp(id, incarnation));
    }

    pub(crate) fn hang_up(&mut self, id: NodeId, incarnation: u32) {
        let clock = self.clock(id);
        if self.nodes[&id].incarnation != incarnation {
            return;
        }
        let Some(running) = self.running(id) else {
            return;
        };
        for connection in running.desk.open.clone() {
            running.desk.close(connection, clock);
        }
        self.poll(id);
    }

    // Calls.

    /// A call reaches the daemon at the other end of its connection.
    pub(crate) fn called(&mut self, question: Question) {
        let Question {
            to, session, asks, ..
        } = &question;
        let (id, connection) = (to.link.cmm, to.link.connection);
        if !self.is_linked(to.link) {
            return;
        }
        let clock = self.clock(id);
        let planted = self.planted;
        self.trace(id, || format!("is asked {question:?}"));
        let Some(running) = self.running(id) else {
            return;
        };
        let desk = &mut running.desk;
        let is_first = desk.users.is_new(connection) && planted != Some(Planted::Repeated);
        let taken = match (session, asks) {
            (Some(session), Asking::Change(_)) => {
                let coming = Coming {
                    connection,
                    is_first,
                    session: *session,
                    digest: question.digest,
                };
                let fresh = Rc::new(RefCell::new(Came::Nothing(Vec::new())));
                match desk.repeats.take(&coming, Rc::clone(&fresh), clock) {
                    Taken::New(mark) => Ok((Some(fresh), Some(mark))),
                    Taken::Again(kept) => Err(kept),
                }
            }
            (_, Asking::Open | Asking::Get(_) | Asking::Change(_)) => {
                desk.repeats.called(connection);
                Ok((None, None))
            }
        };
        let arrived = desk.users.used(connection, *session);
        if let Some((session, number)) = arrived {
            let is_too_far = planted == Some(Planted::SkippedEvents);
            let number = number + u64::from(is_too_far);
            let (tag, call) = (NOBODY, UserCall::EventTaken(number));
            self.submit(id, &Command::Hpi { tag, session, call });
        }
        match taken {
            Ok((kept, mark)) => self.answer(question, kept, mark),
            Err(kept) => self.again(*to, &kept),
        }
        self.poll(id);
    }

    /// A call that is repeated is answered, or waits until the first one is.
    fn again(&mut self, to: To, kept: &Kept) {
        let (index, hash) = self.last(to.link.cmm);
        let mut came = kept.borrow_mut();
        let reply = match &mut *came {
            Came::Nothing(waiting) if waiting.len() >= WAITING_MAX => return,
            Came::Nothing(waiting) => return waiting.push(to),
            Came::Replied(reply) => *reply,
            Came::Logged(result) => result.clone().map(|_| Good::Done(index, hash)),
        };
        *came = Came::Replied(reply);
        self.send_reply(to, reply);
    }

    fn answer(&mut self, question: Question, kept: Option<Kept>, mark: Option<Mark>) {
        let Question {
            to, session, asks, ..
        } = question;
        let id = to.link.cmm;
        let caller = Caller { to, kept };
        let clock = self.clock(id);
        let fresh = SessionId(u32::try_from(1 + self.dice.below(1 << 31)).unwrap_or(1));
        let Some(running) = self.running(id) else {
            return;
        };
        let sessions = running.member.appliance().hpi.sessions();
        let is_open = session.is_none_or(|it| sessions.is_open(it));
        let is_subscribed = session.is_some_and(|it| sessions.is_subscribed(it));
        match (session, asks) {
            _ if !is_open => self.reply(&caller, Err(HpiError::InvalidSession)),
            (Some(session), Asking::Get(patience)) if is_subscribed => {
                running.desk.users.wait(Waiting {
                    connection: to.link.connection,
                    session,
                    until: Some(clock.after(patience)),
                    reply: caller,
                });
            }
            (_, Asking::Get(_)) => self.reply(&caller, Err(HpiError::InvalidRequest)),
            (Some(session), Asking::Change(call)) => {
                let logged = Logged {
                    caller,
                    opens: None,
                    promise: Promise::of(&call),
                };
                let call = match mark {
                    Some(mark) => UserCall::Repeatable(mark, Box::new(call)),
                    None => call,
                };
                self.log(session, call, logged);
            }
            (_, Asking::Open | Asking::Change(_)) => {
                self.make_room(id);
                if let Some(running) = self.running(id) {
                    // It has called before, and so was given nothing since.
                    let _ = running.desk.users.used(to.link.connection, Some(fresh));
                }
                let call = UserCall::SessionOpen;
                let logged = Logged {
                    caller,
                    opens: Some(fresh),
                    promise: Promise::of(&call),
                };
                self.log(fresh, call, logged);
            }
        }
    }

    fn log(&mut self, session: SessionId, call: UserCall, logged: Logged) {
        let id = logged.caller.to.link.cmm;
        self.tag_last += 1;
        let tag = tag(id, self.tag_last);
        let Some(running) = self.running(id) else {
            return;
        };
        if running.stalled.is_some() {
            return self.reply(&logged.caller, Err(HpiError::Busy));
        }
        if let UserCall::Repeatable(_, call) = &call {
            running.desk.users.ends(session, call);
        }
        running.desk.logged.insert(tag, logged);
        if self.planted == Some(Planted::Unlogged) && self.dice.once_in(50) {
            let (index, _) = self.last(id);
            return self.came_of(id, (index, tag), Ok(Told::Done));
        }
        self.submit(id, &Command::Hpi { tag, session, call });
    }

    /// Ends the session that was not used for the longest time, if there is no place for another.
    fn make_room(&mut self, id: NodeId) {
        let Some(running) = self.running(id) else {
            return;
        };
        let open = running.member.appliance().hpi.sessions().open().count();
        if open >= SESSIONS_MAX
            && let Some(session) = running.desk.users.idlest()
        {
            self.end_session(id, session);
        }
    }

    fn end_session(&mut self, id: NodeId, session: SessionId) {
        let (tag, call) = (NOBODY, UserCall::SessionClose);
        if let Some(running) = self.running(id) {
            running.desk.users.ends(session, &call);
        }
        self.submit(id, &Command::Hpi { tag, session, call });
    }

    // Replies.

    /// What came of an entry that is stable.
    pub(crate) fn came_of(
        &mut self,
        id: NodeId,
        (index, tag): (u64, Tag),
        result: Result<Told, HpiError>,
    ) {
        let Some(running) = self.running(id) else {
            return;
        };
        match running.desk.logged.get(&tag).map(|logged| logged.promise) {
            Some(Promise::Durable) => running.desk.answers.push_back((index, tag, result)),
            Some(Promise::Stable) => {
                running.tags.remove(&tag);
                self.check_carried(id, index);
                self.conclude(id, (index, tag), result);
            }
            None => {}
        }
    }

    fn conclude(&mut self, id: NodeId, (index, tag): (u64, Tag), result: Result<Told, HpiError>) {
        let Some(running) = self.running(id) else {
            return;
        };
        let hash = running.chain.get(&index).copied();
        if let Some(Logged { caller, opens, .. }) = running.desk.logged.remove(&tag) {
            let good = match opens {
                Some(session) => Good::Opened(session, hash),
                None => Good::Done(index, hash),
            };
            self.reply(&caller, result.map(|_| good));
        }
    }

    /// Replies to those whose entries are durable, and to those for whom there are events.
    pub(crate) fn serve_hpi(&mut self, id: NodeId) {
        let clock = self.clock(id);
        while let Some((index, tag, result)) = self.durable_answer(id) {
            let running = self.running(id);
            let is_awaited = running.is_some_and(|it| it.desk.logged.contains_key(&tag));
            if is_awaited && self.planted != Some(Planted::Unlogged) {
                self.check_acknowledged(id, tag);
            }
            self.conclude(id, (index, tag), result);
        }
        let Some(running) = self.running(id) else {
            return;
        };
        let index = running.member.appliance().at().index;
        if !running.desk.users.is_stirred(index, clock) {
            return;
        }
        let sessions = running.member.appliance().hpi.sessions();
        let served = running.desk.users.serve(sessions, clock);
        let told = |it: Served<'_, Caller>| {
            let event = it.result.map(|(event, overflowed)| Good::Event {
                number: event.number,
                overflowed,
            });
            (it.reply, event)
        };
        let served: Vec<_> = served.into_iter().map(told).collect();
        for (caller, reply) in served {
            self.reply(&caller, reply);
        }
        self.end_lapsed(id);
        if let Some(running) = self.running(id) {
            running.desk.users.looked(index);
        }
    }

    fn end_lapsed(&mut self, id: NodeId) {
        let clock = self.clock(id);
        let Some(running) = self.running(id) else {
            return;
        };
        for session in running.desk.users.lapsed(clock) {
            self.end_session(id, session);
        }
    }

    fn durable_answer(&mut self, id: NodeId) -> Option<(u64, Tag, Result<Told, HpiError>)> {
        let running = self.running(id)?;
        let durable = running.member.durable();
        let first = running.desk.answers.front()?;
        (first.0 <= durable)
            .then(|| running.desk.answers.pop_front())
            .flatten()
    }

    fn reply(&mut self, caller: &Caller, reply: Reply) {
        if let Some(kept) = &caller.kept
            && let Came::Nothing(waiting) =
                std::mem::replace(&mut *kept.borrow_mut(), Came::Replied(reply))
        {
            waiting
                .into_iter()
                .for_each(|to| self.send_reply(to, reply));
        }
        self.send_reply(caller.to, reply);
    }

    fn send_reply(&mut self, to: To, reply: Reply) {
        if self.is_linked(to.link) {
            let delay = self.dice.micros(50, 1_500);
            self.after(delay, Happening::Replied(to, reply));
        }
    }

    /// The last entry that a CMM has applied.
    fn last(&mut self, id: NodeId) -> (u64, Option<Hash>) {
        let Some(running) = self.running(id) else {
            return (0, None);
        };
        let index = running.member.appliance().at().index;
        (index, running.chain.get(&index).copied())
    }
}

//! The server's end of LAN sessions: RMCP+ as operators' tools speak it.
//!
//! Answers what is about sessions and channels itself; everything else becomes a question to
//! whoever owns the shelf manager, with the privilege level at which it is asked.
//!
//! Source: IPMI v2.0 §6.12, §13, §22.

mod acknowledge;
pub(crate) mod bridge;
pub(crate) mod commands;
mod config;
mod old;
pub(crate) mod opening;
mod payloads;
pub(crate) mod privilege;
mod session;
mod sol;
mod statistics;
mod users;

use crate::crypto::Entropy;
use crate::lan::commands::CLOSE_SESSION;
use crate::packet::{self, Packet, payload};
use crate::queued::SHELF_MANAGER;
use crate::{Counters, count};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use commands::{ACTIVATE_PAYLOAD, DEACTIVATE_PAYLOAD, Reply};
pub use config::{Config, ConfigError, User};
use ipmi::ipmb::{decode_request, encode_response};
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::port::Target;
use machine::{Machine, Pos, Time};
use opening::Openings;
use privilege::required;
use serde::{Deserialize, Serialize};
use session::Session;
use statistics::Statistics;

/// Most sessions at once, whatever the configuration says.
pub const SESSIONS_MAX: usize = 64;
/// Most questions of one session that wait for their answer; more are answered with "node busy".
pub const QUESTIONS_MAX: usize = 32;

/// The shell's name for the address that a datagram came from.
///
/// Invariant: datagrams from one address have one name, and those from others have others, as long
/// as a session of that address is open or being opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Peer(pub u64);

/// One question, answered once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket(pub u64);

/// What happened to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A whole datagram came.
    Received {
        /// From whom.
        peer: Peer,
        /// The datagram.
        bytes: Vec<u8>,
    },
    /// The answer to a question.
    ///
    /// For a question to a controller on IPMB-0, the completion codes 83h (nobody acknowledged),
    /// C3h (no answer in time) and D3h (no way there), all without data, say that the request was
    /// not delivered.
    Answer {
        /// Which question.
        ticket: Ticket,
        /// What to answer.
        response: Response,
    },
    /// Secret random bytes, from which all identifiers, nonces and initialization vectors are
    /// derived. Until the first ones come, nobody is answered.
    Seed([u8; 32]),
    /// Time went by.
    Tick,
}

/// What must be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this datagram.
    Send {
        /// To whom: who sent the datagram of this input, or has a session.
        peer: Peer,
        /// The datagram.
        bytes: Vec<u8>,
    },
    /// Answer this.
    Ask {
        /// Comes back with the answer.
        ticket: Ticket,
        /// Whom the request is for.
        target: Target,
        /// Privilege level at which it is asked: 1 callback, 2 user, 3 operator, 4 administrator.
        /// The standard's table has been applied already.
        privilege: u8,
        /// The request.
        request: Request,
    },
    /// Somebody opened a session.
    Opened {
        /// Who.
        peer: Peer,
        /// Under which user name.
        user: String,
    },
    /// A session ended.
    Closed {
        /// Whose.
        peer: Peer,
    },
}

/// The server's end of all LAN sessions.
///
/// Invariant: at most `config.sessions_max` sessions; session ids are unique among those that are
/// open and being opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    config: Config,
    /// `None` until there is randomness.
    entropy: Option<Entropy>,
    openings: Openings,
    sessions: BTreeMap<u32, Session>,
    /// Consoles of blades, by instance.
    consoles: BTreeMap<u8, sol::Console>,
    tickets_given: u64,
    /// The acknowledge from outside of a session that is under way.
    acknowledge: Option<Ticket>,
    counters: Counters,
    statistics: Statistics,
}

/// What is needed for one datagram.
struct Turn<'a> {
    now: Time,
    peer: Peer,
    effects: &'a mut Vec<Effect>,
}

impl Turn<'_> {
    fn send(&mut self, bytes: Vec<u8>) {
        let peer = self.peer;
        self.effects.push(Effect::Send { peer, bytes });
    }
}

impl Server {
    /// A server without sessions.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            openings: Openings::new(&config),
            config,
            entropy: None,
            sessions: BTreeMap::new(),
            consoles: BTreeMap::new(),
            tickets_given: 0,
            acknowledge: None,
            counters: Counters::default(),
            statistics: Statistics::default(),
        })
    }

    /// What was dropped so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many sessions are open.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    fn receive(&mut self, turn: &mut Turn<'_>, datagram: &[u8]) {
        if self.entropy.is_none() {
            return;
        }
        if let Some(pong) = packet::pong(datagram) {
            return turn.send(pong);
        }
        match packet::decode(datagram) {
            Some(Packet::V15 {
                session: 0,
                code: None,
                message,
                ..
            }) => {
                if let Some(answer) = self.outside(turn, message) {
                    turn.send(packet::encode_v15(0, 0, None, &answer));
                }
            }
            Some(Packet::Plain { kind, payload }) => self.plain_payload(turn, kind, payload),
            Some(Packet::Sealed { session, .. }) => self.in_session(turn, session, datagram),
            Some(Packet::V15 {
                session,
                sequence,
                code: Some(code),
                message,
            }) if self.config.allow_ipmi_1_5 && !self.sessions.contains_key(&session) => {
                let activated = self.activate(turn, (session, sequence), (code, message));
                if activated.is_none() {
                    count(&mut self.counters.unmatched);
                }
            }
            Some(Packet::V15 { session, .. }) => self.in_session(turn, session, datagram),
            None => count(&mut self.counters.malformed),
        }
    }

    /// Something in RMCP+ format outside of a session.
    fn plain_payload(&mut self, turn: &mut Turn<'_>, kind: u8, payload: &[u8]) {
        let (kind, answer) = match kind {
            payload::MESSAGE => (payload::MESSAGE, self.outside(turn, payload)),
            payload::OPEN_SESSION_REQUEST => {
                let answer = self.open_session(turn, payload);
                (payload::OPEN_SESSION_RESPONSE, answer)
            }
            payload::RAKP_1 => {
                let answer = self.openings.rakp_1(turn.step(&self.config), payload);
                (payload::RAKP_2, answer)
            }
            payload::RAKP_3 => (payload::RAKP_4, self.rakp_3(turn, payload)),
            _ => (kind, None),
        };
        match answer {
            Some(answer) => turn.send(packet::encode_plain(kind, &answer)),
            None => count(&mut self.counters.unmatched),
        }
    }

    /// A message from somebody without a session.
    fn outside(&mut self, turn: &mut Turn<'_>, message: &[u8]) -> Option<Vec<u8>> {
        let Ok((route, request)) = decode_request(message) else {
            count(&mut self.counters.malformed);
            return None;
        };
        let reply = commands::outside(&self.config, &request);
        let reply = reply.or_else(|| self.session_challenge(turn, &request));
        let reply = reply.or_else(|| self.acknowledged(&request, turn.effects))?;
        Some(encode_response(route, &request, &reply.into()))
    }

    /// A packet of a session.
    ///
    /// Choice: a session belongs to the address that opened it.
    fn in_session(&mut self, turn: &mut Turn<'_>, id: u32, datagram: &[u8]) {
        let session = self.sessions.get_mut(&id);
        let Some(session) = session.filter(|session| session.peer == turn.peer) else {
            return count(&mut self.counters.unmatched);
        };
        let user = self.config.users.get(session.user);
        let password = user.map_or(&[][..], |user| &user.password.0);
        let kinds = (&[payload::MESSAGE, payload::SOL][..], &mut self.counters);
        let Some((kind, message)) = session.channel.open_payload(password, datagram, kinds) else {
            return;
        };
        session.heard = turn.now;
        session.last_words = None;
        if kind == payload::SOL {
            return self.sol_received(turn, id, &message);
        }
        let (route, request) = match decode_request(&message) {
            Ok((route, request)) if route.responder == SHELF_MANAGER => (route, request),
            Ok(_) | Err(_) => return count(&mut self.counters.malformed),
        };
        let mut ends = None;
        if let Some(reply) = self.reply(turn, id, (&message, &request), &mut ends) {
            let answer = encode_response(route, &request, &reply.into());
            self.send(id, &answer, turn.effects);
        }
        if let Some(id) = ends {
            self.close(id, turn.effects);
        }
    }

    /// What to answer at once; `None` when the answer comes later. `ends` is the session that the
    /// request ends.
    fn reply(
        &mut self,
        turn: &mut Turn<'_>,
        id: u32,
        (message, request): (&[u8], &Request),
        ends: &mut Option<u32>,
    ) -> Option<Reply> {
        let session = self.sessions.get(&id)?;
        if required(request) > session.privilege {
            return Some(Err(CompletionCode::INSUFFICIENT_PRIVILEGE));
        }
        if request.net_fn == NetFn::APP && request.command == CLOSE_SESSION {
            let closed = self.closed_by(id, &request.data);
            *ends = closed.ok();
            return Some(closed.map(|_| Vec::new()));
        }
        if let Some(reply) = commands::outside(&self.config, request) {
            return Some(reply);
        }
        if request.net_fn == NetFn::APP && request.command == ACTIVATE_PAYLOAD {
            return self.activate_payload((id, message), request, turn.effects);
        }
        if request.net_fn == NetFn::APP && request.command == DEACTIVATE_PAYLOAD {
            return Some(self.deactivate_payload(id, request, turn.effects));
        }
        if let Some(reply) = self.inside(id, request) {
            return Some(reply);
        }
        self.ask(turn, id, (message, request))
    }

    /// Asks whoever knows; the reply is why not.
    fn ask(
        &mut self,
        turn: &mut Turn<'_>,
        id: u32,
        (message, request): (&[u8], &Request),
    ) -> Option<Reply> {
        let session = self.sessions.get_mut(&id)?;
        if session.questions.values().any(|asked| asked == message) {
            // Asked once more by somebody impatient: the answer is on its way.
            return None;
        }
        if session.questions.len() >= QUESTIONS_MAX {
            return Some(Err(CompletionCode::NODE_BUSY));
        }
        let privilege = session.privilege;
        let (target, request) = match bridge::handed_on(request, privilege) {
            Ok(aimed) => aimed,
            Err(code) => return Some(Err(code)),
        };
        let ticket = next_ticket(&mut self.tickets_given);
        session.questions.insert(ticket, message.to_vec());
        turn.effects.push(Effect::Ask {
            ticket,
            target,
            privilege,
            request,
        });
        None
    }

    fn answer(&mut self, ticket: Ticket, response: &Response, effects: &mut Vec<Effect>) {
        let mut sessions = self.sessions.iter_mut();
        let asked = sessions.find_map(|(id, session)| {
            let message = session.questions.remove(&ticket)?;
            Some((*id, session.response_len_max(), message))
        });
        // Who closed the session does not wait any more.
        let Some((id, len_max, message)) = asked else {
            return;
        };
        let too_long = Response::from(CompletionCode::CANNOT_RETURN);
        let response = match response.data.len() <= len_max {
            true => response,
            false => &too_long,
        };
        for answer in bridge::answers_of(&message, response) {
            self.send(id, &answer, effects);
        }
    }

    fn send(&mut self, id: u32, message: &[u8], effects: &mut Vec<Effect>) {
        self.send_payload((id, payload::MESSAGE), message, effects);
    }

    fn send_payload(&mut self, (id, kind): (u32, u8), payload: &[u8], effects: &mut Vec<Effect>) {
        if let Some(session) = self.sessions.get_mut(&id) {
            let user = self.config.users.get(session.user);
            let password = user.map_or(&[][..], |user| &user.password.0);
            let bytes = session.channel.seal_payload(password, kind, payload);
            let peer = session.peer;
            effects.push(Effect::Send { peer, bytes });
        }
    }

    fn close(&mut self, id: u32, effects: &mut Vec<Effect>) {
        self.consoles.retain(|_, console| console.session != id);
        if let Some(session) = self.sessions.remove(&id) {
            effects.push(Effect::Closed { peer: session.peer });
        }
    }

    fn tick(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.openings.expire(now);
        let timeout = self.config.idle_timeout;
        let silent = |session: &Session| session.heard.after(timeout) <= now;
        let sessions = self.sessions.iter();
        let silent: Vec<u32> = sessions
            .filter(|(_, one)| silent(one))
            .map(|(id, _)| *id)
            .collect();
        for id in silent {
            self.close(id, effects);
        }
        self.move_consoles(now, effects);
    }

    fn next_ticket(&mut self) -> Ticket {
        next_ticket(&mut self.tickets_given)
    }
}

fn next_ticket(given: &mut u64) -> Ticket {
    *given = given.wrapping_add(1);
    Ticket(*given)
}

impl Machine for Server {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        let now = at.time;
        let before = effects.len();
        match input {
            Input::Received { peer, bytes } => {
                self.statistics.received(bytes);
                let peer = *peer;
                self.receive(&mut Turn { now, peer, effects }, bytes);
            }
            Input::Answer { ticket, response } => {
                let is_told = self.acknowledge_answered(*ticket);
                if !is_told && !self.console_answered((now, *ticket), response, effects) {
                    self.answer(*ticket, response, effects);
                }
            }
            Input::Seed(seed) => self.entropy = Some(Entropy::new(*seed)),
            Input::Tick => self.tick(now, effects),
        }
        let new = effects.iter().skip(before);
        let sent = new.filter(|effect| matches!(effect, Effect::Send { .. }));
        self.statistics.sent(sent.count());
    }

    fn deadline(&self) -> Option<Time> {
        let heard = self.sessions.values().map(|session| session.heard).min();
        let silent = heard.map(|heard| heard.after(self.config.idle_timeout));
        let consoles = self.consoles.values().filter_map(sol::Console::deadline);
        let opening = self.openings.deadline().into_iter();
        silent.into_iter().chain(opening).chain(consoles).min()
    }
}

#[cfg(test)]
mod tests;

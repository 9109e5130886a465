//! The management controller's end of a serial line.
//!
//! Answers what is about the session and the line itself; everything else becomes a question to
//! whoever owns the shelf manager, with the privilege level at which it is asked, as in LAN
//! sessions ([`crate::server`]).
//!
//! Source: IPMI v2.0 §14.4, §14.7, §22.

mod commands;
mod config;
mod login;
mod text;

use super::Mode;
use super::line::{self, Heard, Line, READY};
use super::terminal::Settings;
use super::{basic, terminal};
use crate::crypto::Entropy;
use crate::queued::SHELF_MANAGER;
pub use crate::server::Ticket;
use crate::server::bridge;
use crate::server::opening::Guard;
use crate::server::privilege::required;
use crate::{Counters, count};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use commands::{Reply, SEND_MESSAGE_UNTRACKED};
pub use config::{Access, Config};
use core::time::Duration;
use ipmi::command::Command;
use ipmi::command::app::SendMessage;
use ipmi::ipmb::{decode_request, encode_response};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use login::{Challenge, Session};
use machine::{Machine, Pos, Time};
use serde::{Deserialize, Serialize};
use text::Wording;

/// Most questions that wait for their answer; more are answered with "node busy".
pub const QUESTIONS_MAX: usize = 8;
/// Most messages in the receive message queue; one more, and the oldest is lost.
pub const QUEUE_MAX: usize = 16;

/// Pause between two frames of our own in Basic Mode. Choice: ipmitool does not look at a frame
/// that it read together with the one before until more bytes come.
const PAUSE: Duration = Duration::from_millis(25);

/// Most data bytes of a response in Basic Mode: a message of 40 bytes. Source: IPMI v2.0 §14.4.
const RESPONSE_LEN_MAX_BASIC: usize = 32;
/// The same in Terminal Mode, whose messages have neither addresses nor checksums.
const RESPONSE_LEN_MAX_TERMINAL: usize = 36;

/// What happened to the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Bytes came: any piece of the stream.
    Received(Vec<u8>),
    /// The answer to a question, as [`crate::server::Input::Answer`] says.
    Answer {
        /// Which question.
        ticket: Ticket,
        /// What to answer.
        response: Response,
    },
    /// Secret random bytes, from which session ids and challenges are derived. Until the first
    /// ones come, nobody is answered.
    Seed([u8; 32]),
    /// Time went by.
    Tick,
    /// Nobody is at the other end any more: the session ends.
    HungUp,
}

/// What must be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send these bytes.
    Send(Vec<u8>),
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
        /// Under which user name.
        user: String,
    },
    /// The session ended.
    Closed,
}

/// The management controller's end of one serial line.
///
/// Invariant: at most one session, [`QUESTIONS_MAX`] questions and late answers together, and
/// [`QUEUE_MAX`] queued messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    config: Config,
    /// Terminal mode configuration in force.
    settings: Settings,
    line: Line,
    /// `None` until there is randomness.
    entropy: Option<Entropy>,
    challenge: Option<Challenge>,
    /// Slows down whoever tries passwords. Choice: one for the line, as one console is at it.
    guard: Guard,
    session: Option<Session>,
    questions: BTreeMap<Ticket, Question>,
    tickets_given: u64,
    /// Receive message queue: answers to what was sent without tracking.
    queue: VecDeque<Vec<u8>>,
    /// Frames that wait for the pause behind another, and when each goes out.
    later: VecDeque<(Time, Vec<u8>)>,
    counters: Counters,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Question {
    /// The IPMB frame that asked; empty when it was asked in words.
    frame: Vec<u8>,
    /// How to answer in words.
    wording: Option<Wording>,
}

/// What is needed for one input.
struct Turn<'a> {
    now: Time,
    /// What goes to the console.
    out: Vec<u8>,
    effects: &'a mut Vec<Effect>,
}

impl Server {
    /// A line without a session.
    pub fn new(config: Config) -> Result<Self, crate::server::ConfigError> {
        config.check()?;
        Ok(Self {
            settings: config.terminal,
            line: Line::managed(config.mode, config.terminal),
            entropy: None,
            challenge: None,
            guard: Guard::default(),
            session: Session::without_login(&config),
            questions: BTreeMap::new(),
            tickets_given: 0,
            queue: VecDeque::new(),
            later: VecDeque::new(),
            counters: Counters::default(),
            config,
        })
    }

    /// What was dropped so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether somebody may ask.
    #[must_use]
    pub fn has_session(&self) -> bool {
        self.session.is_some()
    }

    fn receive(&mut self, turn: &mut Turn<'_>, bytes: &[u8]) {
        if self.entropy.is_none() {
            return;
        }
        for byte in bytes {
            let Some(heard) = self.line.take(*byte, &mut turn.out) else {
                continue;
            };
            match heard {
                Heard::Message(message) => {
                    self.ready(turn);
                    self.heard(turn, &message);
                }
                Heard::Text(line) => {
                    self.ready(turn);
                    self.text(turn, &line);
                }
                Heard::Ready => (),
                Heard::Switched => self.say(turn, "TMODE OK"),
                Heard::TooLong => {
                    count(&mut self.counters.malformed);
                    self.say_error(turn, CompletionCode::LENGTH_LIMIT);
                }
                Heard::Garbage => count(&mut self.counters.malformed),
            }
        }
    }

    /// Says that the next message may come, where that is wanted.
    fn ready(&self, turn: &mut Turn<'_>) {
        match self.config.mode {
            Mode::Basic if self.config.handshake => turn.out.push(basic::HANDSHAKE),
            Mode::Terminal if self.settings.handshakes() => self.say(turn, READY),
            Mode::Basic | Mode::Terminal => (),
        }
    }

    fn heard(&mut self, turn: &mut Turn<'_>, message: &[u8]) {
        let frame = match self.config.mode {
            Mode::Basic => Some(message.to_vec()),
            Mode::Terminal => line::request_frame(message),
        };
        let Some((frame, Ok((route, request)))) = frame.map(|frame| {
            let read = decode_request(&frame);
            (frame, read)
        }) else {
            return self.unreadable(turn);
        };
        if route.responder != SHELF_MANAGER {
            return self.unreadable(turn);
        }
        if let Some(reply) = self.reply(turn, &frame, &request) {
            let answer = encode_response(route, &request, &reply.into());
            self.write(turn, &answer);
        }
    }

    /// Choice: a broken line is answered, as a person may have typed it; a broken frame is not.
    fn unreadable(&mut self, turn: &mut Turn<'_>) {
        count(&mut self.counters.malformed);
        if self.config.mode == Mode::Terminal {
            self.say_error(turn, CompletionCode::INVALID_FIELD);
        }
    }

    /// What to answer at once; `None` when the answer comes later.
    fn reply(&mut self, turn: &mut Turn<'_>, frame: &[u8], request: &Request) -> Option<Reply> {
        if let Some(reply) = self.outside(turn, (frame, request)) {
            return Some(reply);
        }
        let Some(session) = &mut self.session else {
            // Choice: said, so that a tool without a session does not wait in vain.
            return Some(Err(CompletionCode::INSUFFICIENT_PRIVILEGE));
        };
        session.heard = turn.now;
        let privilege = session.privilege;
        if required(request) > privilege {
            return Some(Err(CompletionCode::INSUFFICIENT_PRIVILEGE));
        }
        if let Some(reply) = self.inside(turn, request) {
            return Some(reply);
        }
        let (target, aimed) = match bridge::aimed(request, privilege) {
            Ok(aimed) => aimed,
            Err(code) => return Some(Err(code)),
        };
        let question = Question {
            frame: frame.to_vec(),
            wording: None,
        };
        self.ask(turn, (target, aimed), question).err().map(Err)
    }

    /// Asks whoever knows. A message that is open already is not asked again; words are, as people
    /// who repeat them mean it.
    fn ask(
        &mut self,
        turn: &mut Turn<'_>,
        (target, request): (Target, Request),
        question: Question,
    ) -> Result<(), CompletionCode> {
        let is_message = question.wording.is_none();
        if is_message && self.questions.values().any(|asked| *asked == question) {
            return Ok(());
        }
        if self.questions.len() + self.later.len() >= QUESTIONS_MAX {
            return Err(CompletionCode::NODE_BUSY);
        }
        let privilege = self.session.as_ref().map_or(0, |one| one.privilege);
        self.tickets_given = self.tickets_given.wrapping_add(1);
        let ticket = Ticket(self.tickets_given);
        self.questions.insert(ticket, question);
        turn.effects.push(Effect::Ask {
            ticket,
            target,
            privilege,
            request,
        });
        Ok(())
    }

    fn answer(&mut self, turn: &mut Turn<'_>, ticket: Ticket, found: &Response) {
        // Who closed the session does not wait any more.
        let Some(question) = self.questions.remove(&ticket) else {
            return;
        };
        if let Some(wording) = question.wording {
            return self.answer_in_words(turn, wording, found);
        }
        let too_long = Response::from(CompletionCode::CANNOT_RETURN);
        let found = match found.data.len() <= self.response_len_max() {
            true => found,
            false => &too_long,
        };
        let mut answers = bridge::answers(&question.frame, found).into_iter();
        if let Some(first) = answers.next() {
            self.write(turn, &first);
        }
        for answer in answers {
            match self.config.mode {
                _ if is_untracked(&question.frame) => self.enqueue(&answer),
                Mode::Terminal => self.write(turn, &answer),
                Mode::Basic => self.later.push_back((turn.now.after(PAUSE), answer)),
            }
        }
    }

    /// Keeps a message for Get Message, without the address of its receiver.
    fn enqueue(&mut self, answer: &[u8]) {
        if self.queue.len() >= QUEUE_MAX {
            self.queue.pop_front();
        }
        let message = answer.split_first().map(|(_, message)| message.to_vec());
        self.queue.extend(message);
    }

    fn response_len_max(&self) -> usize {
        match self.config.mode {
            Mode::Basic => RESPONSE_LEN_MAX_BASIC,
            Mode::Terminal => RESPONSE_LEN_MAX_TERMINAL,
        }
    }

    /// Writes one IPMB frame.
    fn write(&self, turn: &mut Turn<'_>, frame: &[u8]) {
        match self.config.mode {
            Mode::Basic => turn.out.extend(basic::frame(frame)),
            Mode::Terminal => {
                let bytes = line::answer_bytes(frame).unwrap_or_default();
                turn.out.extend(terminal::line(&bytes));
                turn.out.extend_from_slice(self.settings.newline());
            }
        }
    }

    fn close(&mut self, turn: &mut Turn<'_>) {
        let open = Session::without_login(&self.config);
        if core::mem::replace(&mut self.session, open).is_some_and(|one| one.user.is_some()) {
            turn.effects.push(Effect::Closed);
        }
        self.questions.clear();
        self.queue.clear();
        self.later.clear();
    }

    fn tick(&mut self, turn: &mut Turn<'_>) {
        while self.later.front().is_some_and(|(at, _)| *at <= turn.now) {
            if let Some((_, frame)) = self.later.pop_front() {
                self.write(turn, &frame);
            }
        }
        if self.silent_at().is_some_and(|at| at <= turn.now) {
            self.close(turn);
        }
    }

    /// When the session ends unless something comes.
    fn silent_at(&self) -> Option<Time> {
        let session = self.session.as_ref().filter(|one| one.user.is_some())?;
        Some(session.heard.after(self.config.idle_timeout))
    }
}

/// Whether a frame is a Send Message whose answer goes to the receive message queue.
fn is_untracked(frame: &[u8]) -> bool {
    let Ok((_, request)) = decode_request(frame) else {
        return false;
    };
    let channel = request.data.first().copied().unwrap_or_default();
    SendMessage::is(&request) && channel >> 6 == SEND_MESSAGE_UNTRACKED
}

impl Machine for Server {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        let mut turn = Turn {
            now: at.time,
            out: Vec::new(),
            effects,
        };
        match input {
            Input::Received(bytes) => self.receive(&mut turn, bytes),
            Input::Answer { ticket, response } => self.answer(&mut turn, *ticket, response),
            Input::Seed(seed) => self.entropy = Some(Entropy::new(*seed)),
            Input::Tick => self.tick(&mut turn),
            Input::HungUp => {
                self.close(&mut turn);
                self.line = Line::managed(self.config.mode, self.settings);
            }
        }
        if !turn.out.is_empty() {
            let Turn { out, effects, .. } = turn;
            effects.push(Effect::Send(out));
        }
    }

    fn deadline(&self) -> Option<Time> {
        let later = self.later.front().map(|(at, _)| *at);
        self.silent_at().into_iter().chain(later).min()
    }
}

#[cfg(test)]
mod tests;

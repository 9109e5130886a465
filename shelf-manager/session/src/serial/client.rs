//! The console's end of a serial line.
//!
//! Opens by logging in where the line asks for that, else by a first request that is answered. What
//! is for another controller on IPMB-0 travels inside Send Message.
//!
//! Source: IPMI v2.0 §14.4, §14.7, §22.15–§22.19.

mod bridging;
mod config;
mod login;

use super::Mode;
use super::line::{self, Heard, Line};
use crate::lan::ConfigError;
use crate::lan::commands::message;
use crate::queued::{Asked, Patience, enqueue};
use crate::under_way::{Late, UnderWay};
use crate::vm::bridge::Bridge;
use crate::{Counters, Effect, Input, WAITING_MAX, count};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bridging::Verdict;
pub use config::{Bridging, Config, Login};
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::ipmb::{SEQUENCE_MAX, decode_response};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError, Target};
use machine::{Machine, Pos, Time};
use serde::{Deserialize, Serialize};

/// Most requests of others that wait for their response on the line. Choice: few, as the line is
/// slow; and only one where the other end does not say that it is ready for more.
pub const IN_FLIGHT_MAX: usize = 8;

/// The console's end of one serial line.
///
/// Invariant: at most [`IN_FLIGHT_MAX`] orders are under way, [`WAITING_MAX`] wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serial {
    config: Config,
    phase: Phase,
    line: Line,
    under_way: UnderWay<Sent>,
    waiting: VecDeque<Asked>,
    /// Requests for other controllers, with [`Bridging::Queued`].
    bridge: Bridge,
    /// Session id; `None` in Terminal Mode, and without login.
    session: Option<u32>,
    /// Whether the other end has room for one more message, as far as it said.
    clear: bool,
    heard: Time,
    spoke: Time,
    counters: Counters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Closed,
    /// The password was sent in words: there is no sequence number.
    Words(Patience),
    Opening,
    Open,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    purpose: Purpose,
    request: Request,
}

/// Why something was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Purpose {
    Order(Asked),
    /// Is anybody there?
    Hello,
    Challenge,
    Activate,
    SetPrivilege,
    KeepAlive,
    SendMessage,
    GetMessage,
    ClearQueue,
}

impl Purpose {
    fn order(&self) -> Option<&Asked> {
        match self {
            Self::Order(asked) => Some(asked),
            Self::Hello
            | Self::Challenge
            | Self::Activate
            | Self::SetPrivilege
            | Self::KeepAlive
            | Self::SendMessage
            | Self::GetMessage
            | Self::ClearQueue => None,
        }
    }

    /// The bridge has a patience of its own, and repeats both together.
    fn is_bridging(&self) -> bool {
        matches!(self, Self::SendMessage | Self::GetMessage)
    }
}

impl Serial {
    /// A session that is closed.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        if let Some(login) = &config.login {
            login.check(config.mode)?;
        }
        if config.timing.attempts == 0 {
            return Err(ConfigError::NoAttempts);
        }
        Ok(Self::closed(config))
    }

    fn closed(config: Config) -> Self {
        Self {
            phase: Phase::Closed,
            line: Line::console(config.mode),
            under_way: UnderWay::new(SEQUENCE_MAX),
            waiting: VecDeque::new(),
            bridge: Bridge::default(),
            session: None,
            clear: true,
            heard: Time::default(),
            spoke: Time::default(),
            counters: Counters::default(),
            config,
        }
    }

    /// What was dropped so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether requests may flow.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether one more order finds a place to wait.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.waiting.len() < WAITING_MAX && self.bridge.has_room()
    }

    fn start(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.forget(effects);
        self.phase = Phase::Opening;
        self.heard = now;
        self.log_in(now, effects);
    }

    fn order(&mut self, now: Time, order: &PortOrder, effects: &mut Vec<Effect>) {
        let asked = Asked::from(order);
        if self.phase != Phase::Open {
            let event = asked.answered(Err(RequestError::PortDown));
            effects.push(Effect::Event(event));
            return;
        }
        let refusal = match (self.config.bridging, asked.target) {
            (Bridging::Queued, Target::Ipmb(_)) => self.bridge.enqueue(asked),
            _ => enqueue(&mut self.waiting, asked),
        };
        effects.extend(refusal.map(Effect::Event));
        self.send_waiting(now, effects);
    }

    /// Sends what waits, while the line takes it.
    fn send_waiting(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.phase != Phase::Open {
            return;
        }
        let orders = self.under_way.asked();
        let orders = orders.filter_map(|one| one.purpose.order()).count();
        if self.clear
            && orders < IN_FLIGHT_MAX
            && let Some(asked) = self.waiting.pop_front()
        {
            let sequence = self.under_way.free_sequence();
            let request = bridging::wire(&asked, sequence);
            self.ask(now, (Purpose::Order(asked), sequence), request, effects);
        }
        if self.clear
            && let Some(request) = self.bridge.next(now, self.config.timing)
        {
            self.ask_next(now, Purpose::SendMessage, request, effects);
        }
    }

    fn ask_next(
        &mut self,
        now: Time,
        purpose: Purpose,
        request: Request,
        effects: &mut Vec<Effect>,
    ) {
        let sequence = self.under_way.free_sequence();
        self.ask(now, (purpose, sequence), request, effects);
    }

    fn ask(
        &mut self,
        now: Time,
        (purpose, sequence): (Purpose, u8),
        request: Request,
        effects: &mut Vec<Effect>,
    ) {
        self.send(now, sequence, &request, effects);
        let sent = Sent { purpose, request };
        let patience = (now, self.config.timing);
        self.under_way.begin(sequence, sent, patience);
    }

    fn send(&mut self, now: Time, sequence: u8, request: &Request, effects: &mut Vec<Effect>) {
        let frame = message(sequence, request);
        let bytes = match self.config.mode {
            Mode::Basic => super::basic::frame(&frame),
            Mode::Terminal => words(&super::terminal::line(&line::request_bytes(&frame))),
        };
        effects.push(Effect::Send(bytes));
        self.clear = false;
        self.spoke = now;
    }

    fn receive(&mut self, now: Time, bytes: &[u8], effects: &mut Vec<Effect>) {
        // The console echoes nothing.
        let mut echo = Vec::new();
        for byte in bytes {
            // A message before may have ended the session.
            if self.phase == Phase::Closed {
                return;
            }
            match self.line.take(*byte, &mut echo) {
                None => (),
                Some(Heard::Message(message)) => self.message(now, &message, effects),
                Some(Heard::Text(text)) => self.text(now, &text, effects),
                Some(Heard::Ready) => self.clear = true,
                Some(Heard::Switched) => (),
                Some(Heard::TooLong | Heard::Garbage) => count(&mut self.counters.malformed),
            }
            self.send_waiting(now, effects);
        }
    }

    fn message(&mut self, now: Time, bytes: &[u8], effects: &mut Vec<Effect>) {
        let answer = match self.config.mode {
            Mode::Basic => decode_response(bytes).ok(),
            Mode::Terminal => line::read_answer(bytes),
        };
        let Some(answer) = answer else {
            // In Terminal Mode also the echo of what was sent.
            count(&mut self.counters.malformed);
            return;
        };
        self.heard = now;
        let sequence = answer.route.sequence;
        let verdict = match self.under_way.get(sequence) {
            Some(one) => bridging::verdict(self.config.mode, one, answer),
            None => Verdict::NotOurs,
        };
        match verdict {
            Verdict::NotOurs => count(&mut self.counters.unmatched),
            Verdict::Wait => self.clear = true,
            Verdict::Done(result) => {
                self.clear = true;
                if let Some(one) = self.under_way.end(sequence) {
                    self.answered(now, one.purpose, result, effects);
                }
            }
        }
    }

    fn answered(
        &mut self,
        now: Time,
        purpose: Purpose,
        result: Result<Response, RequestError>,
        effects: &mut Vec<Effect>,
    ) {
        if let Purpose::Order(asked) = purpose {
            effects.push(Effect::Event(asked.answered(result)));
            return;
        }
        // Only an order can fail before it is answered.
        let Ok(response) = result else {
            return;
        };
        match purpose {
            Purpose::Order(_) | Purpose::ClearQueue => (),
            Purpose::Hello => match response.code {
                // Anybody with a session may ask that: here one must log in first.
                CompletionCode::INSUFFICIENT_PRIVILEGE => {
                    self.fail(DownReason::Unauthenticated, effects);
                }
                _ => self.open(effects),
            },
            Purpose::Challenge => self.challenged(now, &response, effects),
            Purpose::Activate => self.activated(now, &response, effects),
            Purpose::SetPrivilege => self.privileged(&response, effects),
            Purpose::KeepAlive => {
                if response.code == CompletionCode::INSUFFICIENT_PRIVILEGE {
                    self.fail(DownReason::Closed, effects);
                }
            }
            Purpose::SendMessage => {
                effects.extend(self.bridge.sent(now, response).map(Effect::Event));
                self.look(now, effects);
            }
            Purpose::GetMessage => self.got_message(now, response, effects),
        }
    }

    fn open(&mut self, effects: &mut Vec<Effect>) {
        self.phase = Phase::Open;
        effects.push(Effect::Event(PortEvent::Up));
    }

    fn tick(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.phase == Phase::Closed {
            return;
        }
        let mut silent = self.words_late(now, effects);
        let repeats = |one: &Sent| !one.purpose.is_bridging();
        for (sequence, late) in self.under_way.late((now, self.config.timing), repeats) {
            silent |= self.late(now, (sequence, late), effects);
        }
        if let Some(request) = self.bridge.again(now, self.config.timing) {
            count(&mut self.counters.resent);
            self.ask_next(now, Purpose::SendMessage, request, effects);
        }
        if let Some((event, first_sent)) = self.bridge.give_up(now) {
            silent |= self.heard <= first_sent;
            effects.push(Effect::Event(event));
        }
        if silent {
            let why = match self.phase {
                Phase::Words(_) | Phase::Opening => "no answer to the first message",
                Phase::Open | Phase::Closed => "no answer any more",
            };
            self.fail(DownReason::Unreachable(why.into()), effects);
            return;
        }
        self.look(now, effects);
        if self.phase == Phase::Open && self.spoke.after(self.config.keep_alive) <= now {
            self.ask_next(now, Purpose::KeepAlive, GetDeviceId {}.request(), effects);
        }
        self.send_waiting(now, effects);
    }

    /// Asks once more, or gives up; whether that ends the session, as nothing at all came since it
    /// was asked.
    fn late(
        &mut self,
        now: Time,
        (sequence, late): (u8, Late<Sent>),
        effects: &mut Vec<Effect>,
    ) -> bool {
        let one = match late {
            Late::Again(sent) => {
                count(&mut self.counters.resent);
                self.send(now, sequence, &sent.request, effects);
                return false;
            }
            Late::GivenUp(one) => one,
        };
        // Whatever the other end was doing is lost or long done.
        self.clear = true;
        let is_stuck = self.phase == Phase::Opening || self.heard <= one.first_sent;
        let silent = !one.asked.purpose.is_bridging() && is_stuck;
        if let Purpose::Order(asked) = one.asked.purpose {
            let event = asked.answered(Err(RequestError::Timeout));
            effects.push(Effect::Event(event));
        }
        silent
    }

    fn fail(&mut self, reason: DownReason, effects: &mut Vec<Effect>) {
        self.forget(effects);
        effects.push(Effect::Event(PortEvent::Down(reason)));
    }

    /// Closes without a word to the other end; what was asked is answered.
    fn forget(&mut self, effects: &mut Vec<Effect>) {
        let orders = self.under_way.asked();
        let orders = orders.filter_map(|one| one.purpose.order());
        for asked in orders.chain(&self.waiting).chain(self.bridge.asked()) {
            let event = asked.answered(Err(RequestError::PortDown));
            effects.push(Effect::Event(event));
        }
        self.under_way.forget();
        *self = Self {
            counters: self.counters,
            under_way: self.under_way.clone(),
            ..Self::closed(self.config.clone())
        };
    }
}

/// A line of text, as each management controller takes it: with CR.
fn words(line: &[u8]) -> Vec<u8> {
    [line, b"\r"].concat()
}

impl Machine for Serial {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Start { .. } => self.start(at.time, effects),
            Input::Received(bytes) => self.receive(at.time, bytes, effects),
            Input::Order(order) => self.order(at.time, order, effects),
            Input::Tick => self.tick(at.time, effects),
            Input::Lost(why) => {
                if self.phase != Phase::Closed {
                    self.fail(DownReason::Unreachable(why.clone()), effects);
                }
            }
            Input::Stop => {
                effects.extend(self.last_word().map(Effect::Send));
                self.forget(effects);
            }
        }
    }

    fn deadline(&self) -> Option<Time> {
        if self.phase == Phase::Closed {
            return None;
        }
        let patience = self.under_way.deadline().into_iter();
        let words = match self.phase {
            Phase::Words(patience) => Some(patience.until),
            Phase::Closed | Phase::Opening | Phase::Open => None,
        };
        let keep_alive = self.spoke.after(self.config.keep_alive);
        patience
            .chain(words)
            .chain(self.bridge.deadline())
            .chain([keep_alive])
            .min()
    }
}

#[cfg(test)]
mod tests;

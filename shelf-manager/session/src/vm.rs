//! A system interface over the VM codec: requests, bridging by Send Message and Get Message, pushed
//! events.
//!
//! Opens by setting the global enables; then each attention is followed by Get Message Flags, and
//! the event message buffer is read until it is empty.
//!
//! Source: IPMI v2.0 §22 (message flags, Get Message, Send Message, event message buffer).

pub(crate) mod bridge;
pub mod frame;

use crate::queued::{Asked, enqueue};
use crate::under_way::{Late, UnderWay};
use crate::{Counters, Effect, Input, Timing, WAITING_MAX, count};
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use bridge::Bridge;
use core::time::Duration;
use frame::{Deframer, Frame, line};
use ipmi::command::Command;
use ipmi::command::app::{
    ClearMessageFlags, GetBmcGlobalEnables, GetMessage, GetMessageFlags, ReadEventMessageBuffer,
    SetBmcGlobalEnables, enables, flags,
};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError, Target};
use machine::{Machine, Pos, Time};
use serde::{Deserialize, Serialize};

/// Most requests of others on the wire at once. Choice: OpenIPMI answers any number, but a system
/// interface is no network.
pub const DIRECT_MAX: usize = 8;

/// What the port wants of the message system. Source: IPMI v2.0 §22.1.
const ENABLES: u8 = enables::RECEIVE_QUEUE_INTERRUPT
    | enables::EVENT_BUFFER_INTERRUPT
    | enables::EVENT_BUFFER
    | enables::SYSTEM_EVENT_LOG;

/// Patience of a VM codec session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Patience for each request.
    pub timing: Timing,
    /// How often to look for the answer of another controller when no attention says that it is
    /// there.
    pub poll: Duration,
    /// After how long a silent line is tried with Get Message Flags.
    pub keep_alive: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            timing: Timing::default(),
            poll: Duration::from_millis(20),
            keep_alive: Duration::from_secs(20),
        }
    }
}

/// The host's end of one system interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vm {
    config: Config,
    phase: Phase,
    line: Deframer,
    under_way: UnderWay<Sent>,
    waiting: VecDeque<Asked>,
    bridge: Bridge,
    /// Whether the other end's attention line is up.
    attention: bool,
    /// Whether it went up since the flags were asked for last.
    news: bool,
    heard: Time,
    spoke: Time,
    counters: Counters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Closed,
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
    GetEnables,
    SetEnables,
    Flags,
    Event,
    SendMessage,
    GetMessage,
    ClearQueue,
}

impl Purpose {
    /// The bridge has a patience of its own, and repeats both together.
    fn is_bridging(&self) -> bool {
        matches!(self, Self::SendMessage | Self::GetMessage)
    }
}

impl Vm {
    /// A session that is closed.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            phase: Phase::Closed,
            line: Deframer::default(),
            under_way: UnderWay::new(u8::MAX),
            waiting: VecDeque::new(),
            bridge: Bridge::default(),
            attention: false,
            news: false,
            heard: Time::default(),
            spoke: Time::default(),
            counters: Counters::default(),
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
        let hello = [line::VERSION, line::VERSION_1];
        effects.push(Effect::Send(frame::command(&hello)));
        let able = [line::CAPABILITIES, line::CAN_INTERRUPT_AND_ATTENTION];
        effects.push(Effect::Send(frame::command(&able)));
        let request = GetBmcGlobalEnables {}.request();
        self.ask(now, Purpose::GetEnables, request, effects);
    }

    fn order(&mut self, now: Time, order: &PortOrder, effects: &mut Vec<Effect>) {
        let asked = Asked::from(order);
        if self.phase != Phase::Open {
            let event = asked.answered(Err(RequestError::PortDown));
            effects.push(Effect::Event(event));
            return;
        }
        let refusal = match asked.target {
            Target::ShelfManager => enqueue(&mut self.waiting, asked),
            Target::Ipmb(_) => self.bridge.enqueue(asked),
        };
        effects.extend(refusal.map(Effect::Event));
        self.send_waiting(now, effects);
    }

    /// Sends what waits and has a place on the wire now.
    fn send_waiting(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let orders = self.under_way.asked();
        let orders = orders.filter(|one| matches!(one.purpose, Purpose::Order(_)));
        let free = DIRECT_MAX.saturating_sub(orders.count());
        for _ in 0..free {
            let Some(asked) = self.waiting.pop_front() else {
                break;
            };
            let request = asked.request.clone();
            self.ask(now, Purpose::Order(asked), request, effects);
        }
        if let Some(request) = self.bridge.next(now, self.config.timing) {
            self.ask(now, Purpose::SendMessage, request, effects);
        }
        if self.news && !self.is_asking(&[Purpose::Flags, Purpose::Event]) {
            self.news = false;
            let request = GetMessageFlags {}.request();
            self.ask(now, Purpose::Flags, request, effects);
        }
    }

    fn ask(&mut self, now: Time, purpose: Purpose, request: Request, effects: &mut Vec<Effect>) {
        let sequence = self.under_way.free_sequence();
        effects.push(Effect::Send(frame::request(sequence, &request)));
        self.spoke = now;
        let sent = Sent { purpose, request };
        let patience = (now, self.config.timing);
        self.under_way.begin(sequence, sent, patience);
    }

    fn is_asking(&self, purposes: &[Purpose]) -> bool {
        let mut asked = self.under_way.asked();
        asked.any(|one| purposes.contains(&one.purpose))
    }

    fn receive(&mut self, now: Time, bytes: &[u8], effects: &mut Vec<Effect>) {
        for byte in bytes {
            // A frame before may have ended the session.
            if self.phase == Phase::Closed {
                return;
            }
            match self.line.take(*byte) {
                None => (),
                Some(Frame::TooLong) => count(&mut self.counters.malformed),
                Some(Frame::Command(command)) => self.line_command(&command),
                Some(Frame::Message(message)) => self.message(now, &message, effects),
            }
        }
        if self.phase == Phase::Open {
            self.send_waiting(now, effects);
        }
    }

    fn line_command(&mut self, command: &[u8]) {
        match command {
            [line::NO_ATTENTION] => self.attention = false,
            [line::ATTENTION | line::ATTENTION_INTERRUPT] => {
                self.attention = true;
                self.news = true;
            }
            // The others want the host to switch itself off, or say how to interrupt it.
            _ => (),
        }
    }

    fn message(&mut self, now: Time, message: &[u8], effects: &mut Vec<Effect>) {
        let Some(answer) = frame::read_response(message) else {
            count(&mut self.counters.malformed);
            return;
        };
        self.heard = now;
        let sent = self.under_way.get(answer.sequence);
        let answers = sent.is_some_and(|one| {
            one.request.net_fn == answer.net_fn && one.request.command == answer.command
        });
        if !answers {
            return count(&mut self.counters.unmatched);
        }
        if let Some(one) = self.under_way.end(answer.sequence) {
            self.answered(now, one.purpose, answer.response, effects);
        }
    }

    fn answered(
        &mut self,
        now: Time,
        purpose: Purpose,
        response: Response,
        effects: &mut Vec<Effect>,
    ) {
        match purpose {
            Purpose::Order(asked) => effects.push(Effect::Event(asked.answered(Ok(response)))),
            Purpose::GetEnables => {
                // Who does not say what is enabled is told what we want alone.
                let found = GetBmcGlobalEnables::read_response(&response);
                let enables = found.map_or(0, |found| found.enables) | ENABLES;
                let request = SetBmcGlobalEnables { enables }.request();
                self.ask(now, Purpose::SetEnables, request, effects);
            }
            Purpose::SetEnables => {
                // Without them nothing is pushed, but requests work.
                self.phase = Phase::Open;
                self.news = true;
                effects.push(Effect::Event(PortEvent::Up));
            }
            Purpose::Flags => self.flagged(now, &response, effects),
            Purpose::Event => {
                if let Ok(event) = ReadEventMessageBuffer::read_response(&response) {
                    effects.push(Effect::Event(PortEvent::Event(event.record)));
                    self.read_event(now, effects);
                }
            }
            Purpose::SendMessage => {
                effects.extend(self.bridge.sent(now, response).map(Effect::Event));
                self.look(now, effects);
            }
            Purpose::GetMessage => {
                // One message more may be there when the line is still up.
                self.news |= self.attention && response.code == CompletionCode::OK;
                let outcome = self.bridge.got(now, self.config.poll, response);
                if outcome.stuck {
                    let flags = flags::RECEIVE_MESSAGE;
                    let request = ClearMessageFlags { flags }.request();
                    self.ask(now, Purpose::ClearQueue, request, effects);
                }
                if outcome.unmatched {
                    count(&mut self.counters.unmatched);
                }
                effects.extend(outcome.event.map(Effect::Event));
            }
            Purpose::ClearQueue => (),
        }
    }

    fn flagged(&mut self, now: Time, response: &Response, effects: &mut Vec<Effect>) {
        let Ok(found) = GetMessageFlags::read_response(response) else {
            return;
        };
        if found.flags & flags::EVENT_BUFFER_FULL != 0 {
            self.read_event(now, effects);
        }
        if found.flags & flags::RECEIVE_MESSAGE != 0 {
            self.get_message(now, effects);
        }
    }

    fn read_event(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let request = ReadEventMessageBuffer {}.request();
        self.ask(now, Purpose::Event, request, effects);
    }

    fn get_message(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if !self.is_asking(&[Purpose::GetMessage]) {
            self.ask(now, Purpose::GetMessage, GetMessage {}.request(), effects);
        }
    }

    fn look(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.bridge.take_look(now) {
            self.get_message(now, effects);
        }
    }

    fn tick(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.phase == Phase::Closed {
            return;
        }
        let mut silent = false;
        let repeats = |one: &Sent| !one.purpose.is_bridging();
        for (sequence, late) in self.under_way.late((now, self.config.timing), repeats) {
            silent |= self.late(now, (sequence, late), effects);
        }
        if let Some(request) = self.bridge.again(now, self.config.timing) {
            count(&mut self.counters.resent);
            self.ask(now, Purpose::SendMessage, request, effects);
        }
        if let Some((event, first_sent)) = self.bridge.give_up(now) {
            silent |= self.heard <= first_sent;
            effects.push(Effect::Event(event));
        }
        if silent {
            let why = match self.phase {
                Phase::Opening => "no answer to the first request",
                Phase::Open | Phase::Closed => "no answer any more",
            };
            self.fail(DownReason::Unreachable(String::from(why)), effects);
            return;
        }
        self.look(now, effects);
        self.news |= self.phase == Phase::Open && self.spoke.after(self.config.keep_alive) <= now;
        if self.phase == Phase::Open {
            self.send_waiting(now, effects);
        }
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
                effects.push(Effect::Send(frame::request(sequence, &sent.request)));
                self.spoke = now;
                return false;
            }
            Late::GivenUp(one) => one,
        };
        // Nothing else is under way while the session opens: nobody would ask again.
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

    /// Closes; what was asked is answered.
    fn forget(&mut self, effects: &mut Vec<Effect>) {
        let orders = self.under_way.asked().filter_map(|one| match &one.purpose {
            Purpose::Order(asked) => Some(asked),
            Purpose::GetEnables
            | Purpose::SetEnables
            | Purpose::Flags
            | Purpose::Event
            | Purpose::SendMessage
            | Purpose::GetMessage
            | Purpose::ClearQueue => None,
        });
        for asked in orders.chain(&self.waiting).chain(self.bridge.asked()) {
            let event = asked.answered(Err(RequestError::PortDown));
            effects.push(Effect::Event(event));
        }
        self.under_way.forget();
        *self = Self {
            counters: self.counters,
            under_way: self.under_way.clone(),
            ..Self::new(self.config)
        };
    }
}

impl Machine for Vm {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Start { .. } => self.start(at.time, effects),
            Input::Received(bytes) => self.receive(at.time, bytes, effects),
            Input::Order(order) => self.order(at.time, order, effects),
            Input::Tick => self.tick(at.time, effects),
            Input::Lost(why) => match self.phase {
                Phase::Closed => (),
                Phase::Opening => self.fail(DownReason::Unreachable(why.clone()), effects),
                Phase::Open => self.fail(DownReason::Closed, effects),
            },
            Input::Stop => self.forget(effects),
        }
    }

    fn deadline(&self) -> Option<Time> {
        if self.phase == Phase::Closed {
            return None;
        }
        let patience = self.under_way.deadline().into_iter();
        let keep_alive = self.spoke.after(self.config.keep_alive);
        patience
            .chain(self.bridge.deadline())
            .chain([keep_alive])
            .min()
    }
}

#[cfg(test)]
mod tests;

//! One controller's place on IPMB-0: requester and responder on the two buses A and B.
//!
//! Requests to others become frames with sequence numbers, are repeated, and go by the other bus
//! when one does not carry them. Requests of others are acknowledged once however often they come:
//! events are handed up, everything else is a [`Effect::Question`] to whoever plays the controller
//! at our address. A bus that fails is left alone, tried now and then, and taken back.
//!
//! Source: IPMB v1.0; PICMG 3.0 R3.0, IPMB-0 and its physical sensor.
//! Invariant: each order is answered exactly once, while at most
//! [`ipmi::port::IN_FLIGHT_MAX`] are under way.

mod health;
mod line;
mod requester;
mod responder;

pub use health::{Fault, Health, LineHealth};

use crate::{Counters, Timing, WAITING_MAX};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::message::{Request, Response};
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError};
use line::{Lines, State};
use machine::{Machine, Pos, Time};
use requester::Requester;
use responder::Responder;
use serde::{Deserialize, Serialize};

/// Longest message that is taken from a bus, bytes: what Linux's slave driver hands over at most.
///
/// Choice: longer than IPMB allows, as controllers of the field do exceed it; what we send does
/// not.
pub const RECEIVED_LEN_MAX: usize = 128;

/// How long a sequence number stands for one request. Source: IPMB v1.0 Table 4-1.
pub const SEQUENCE_EXPIRATION: Duration = Duration::from_secs(5);

/// One of the two buses of IPMB-0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Bus {
    /// IPMB-A.
    A,
    /// IPMB-B.
    B,
}

impl Bus {
    /// Both, A first.
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Who we are, and how patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Our address, 8 bits; 20h for the active shelf manager.
    pub address: u8,
    /// Patience for each answer; an attempt is one frame on one bus.
    pub timing: Timing,
    /// How long a responder that did not acknowledge its address on either bus is left alone.
    pub retry_pause: Duration,
    /// How long one frame may take to get onto a bus before the bus counts as failed.
    pub write_timeout: Duration,
    /// How often a failed bus is tried.
    pub test_interval: Duration,
}

impl Config {
    /// The usual patience at this address.
    ///
    /// A response begins within 250 ms of its request. Choice: four attempts, two by each bus, as
    /// shelf managers of the field repeat three times.
    #[must_use]
    pub fn new(address: u8) -> Self {
        Self {
            address,
            timing: Timing {
                timeout: Duration::from_millis(250),
                attempts: 4,
            },
            retry_pause: Duration::from_millis(20),
            write_timeout: Duration::from_secs(3),
            test_interval: Duration::from_secs(1),
        }
    }
}

/// Why a frame did not get onto a bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WriteError {
    /// Nobody acknowledged the address, or a byte behind it.
    Nak,
    /// Another master went on instead.
    ArbitrationLost,
    /// The bus itself does not work.
    Bus(Fault),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A bus can be used.
    Opened(Bus),
    /// A bus cannot be used any more, and why, until it is opened again.
    Lost {
        /// Which one.
        bus: Bus,
        /// Why.
        why: String,
    },
    /// Set IPMB State: keep off a bus whether it works or not, or use it while it does.
    Isolate {
        /// Which one.
        bus: Bus,
        /// Whether to keep off.
        isolated: bool,
    },
    /// Another master wrote these bytes to our address, which is the first of them.
    Received {
        /// By which bus.
        bus: Bus,
        /// One whole frame.
        frame: Vec<u8>,
    },
    /// What came of the last [`Effect::Write`] on this bus.
    Sent {
        /// Which one.
        bus: Bus,
        /// Whether all bytes were acknowledged.
        result: Result<(), WriteError>,
    },
    /// Somebody asks something; [`ipmi::port::Target::ShelfManager`] is the controller at our own
    /// address.
    Order(PortOrder),
    /// The answer to a question.
    Answer {
        /// Its number.
        id: u64,
        /// The answer.
        response: Response,
    },
    /// Time went by.
    Tick,
    /// Nobody needs the port any more.
    Stop,
}

/// What must be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write this frame as a master; its first byte is the address. One [`Input::Sent`] follows,
    /// and no other write on this bus comes before.
    Write {
        /// By which bus.
        bus: Bus,
        /// One whole frame.
        frame: Vec<u8>,
    },
    /// The controller at our address is asked; one [`Input::Answer`] is expected.
    Question {
        /// Its number.
        id: u64,
        /// Address of who asks, 8 bits; our own when it is whoever uses the port.
        from: u8,
        /// The request.
        request: Request,
    },
    /// A bus failed, or works again.
    Health(Health),
    /// Tell whoever uses the port.
    Event(PortEvent),
}

/// A controller on IPMB-0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ipmb {
    config: Config,
    lines: Lines,
    requester: Requester,
    responder: Responder,
    /// Whether the port was said to be up.
    is_up: bool,
    counters: Counters,
}

impl Ipmb {
    /// A controller whose buses are not open yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            lines: Lines::default(),
            requester: Requester::default(),
            responder: Responder::default(),
            is_up: false,
            counters: Counters::default(),
        }
    }

    /// What was dropped so far; wrong checksums are in `bad_integrity`.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// State of both buses.
    #[must_use]
    pub fn health(&self) -> Health {
        let [a, b] = Bus::BOTH.map(|bus| self.lines.of(bus).health());
        Health { a, b }
    }

    /// How many requests are on their way to others.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.requester.in_flight()
    }

    /// Whether one more order finds a place to wait.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.requester.waiting() < WAITING_MAX && self.responder.has_room()
    }

    fn opened(&mut self, now: Time, bus: Bus, effects: &mut Vec<Effect>) {
        let before = self.health();
        let line = self.lines.of_mut(bus);
        // The outcome of what is being written will not be reported any more.
        let jobs = line.close(String::new());
        line.state = State::Working;
        line.proved();
        jobs.into_iter().for_each(|job| line.push(job));
        self.follow(now, before, effects);
    }

    fn lost(&mut self, now: Time, bus: Bus, why: &str, effects: &mut Vec<Effect>) {
        let before = self.health();
        let line = self.lines.of_mut(bus);
        let jobs = line.close(String::from(why));
        self.move_away(bus, jobs);
        if !self.is_up {
            let reason = DownReason::Unreachable(self.why_down());
            effects.push(Effect::Event(PortEvent::Down(reason)));
        }
        self.follow(now, before, effects);
    }

    fn isolate(&mut self, now: Time, bus: Bus, isolated: bool, effects: &mut Vec<Effect>) {
        let before = self.health();
        let line = self.lines.of_mut(bus);
        line.is_isolated = isolated;
        if isolated {
            let jobs = line.take_jobs();
            self.move_away(bus, jobs);
        }
        self.follow(now, before, effects);
    }

    /// Says what changed since `before`, and whether the port is up.
    fn follow(&mut self, now: Time, before: Health, effects: &mut Vec<Effect>) {
        let is_up = Bus::BOTH.iter().any(|bus| self.lines.of(*bus).is_usable());
        if is_up && !self.is_up {
            self.is_up = true;
            effects.push(Effect::Event(PortEvent::Up));
        }
        let health = self.health();
        if health != before {
            effects.push(Effect::Health(health));
        }
        if self.is_up && !is_up {
            self.forget(effects);
            let reason = DownReason::Unreachable(self.why_down());
            effects.push(Effect::Event(PortEvent::Down(reason)));
        }
        self.pump(now, effects);
    }

    fn why_down(&self) -> String {
        let [a, b] = Bus::BOTH.map(|bus| match &self.lines.of(bus).state {
            _ if self.lines.of(bus).is_isolated => String::from("isolated by order"),
            State::Closed(None) => String::from("not there"),
            State::Closed(Some(why)) => why.clone(),
            State::Working => String::from("works"),
            State::Failed { fault, .. } => format!("{fault}"),
        });
        format!("IPMB-A: {a}; IPMB-B: {b}")
    }

    /// Answers all orders: the port is down.
    fn forget(&mut self, effects: &mut Vec<Effect>) {
        self.is_up = false;
        let orders = self.requester.forget();
        for asked in orders.into_iter().chain(self.responder.forget()) {
            let event = asked.answered(Err(RequestError::PortDown));
            effects.push(Effect::Event(event));
        }
    }

    fn tick(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let before = self.health();
        self.watch_writes(now);
        self.start_tests(now);
        self.requester_tick(now, effects);
        self.responder_tick(now, effects);
        self.follow(now, before, effects);
    }
}

impl Machine for Ipmb {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        let now = at.time;
        match input {
            Input::Opened(bus) => self.opened(now, *bus, effects),
            Input::Lost { bus, why } => self.lost(now, *bus, why, effects),
            Input::Isolate { bus, isolated } => self.isolate(now, *bus, *isolated, effects),
            Input::Received { bus, frame } => self.received(now, *bus, frame, effects),
            Input::Sent { bus, result } => self.sent(now, *bus, *result, effects),
            Input::Order(order) => self.order(now, order, effects),
            Input::Answer { id, response } => self.answered(now, *id, response, effects),
            Input::Tick => self.tick(now, effects),
            Input::Stop => self.forget(effects),
        }
    }

    fn deadline(&self) -> Option<Time> {
        let lines = Bus::BOTH
            .into_iter()
            .filter_map(|bus| self.lines.of(bus).deadline());
        lines
            .chain(self.requester.deadline())
            .chain(self.responder.deadline())
            .min()
    }
}

#[cfg(test)]
mod tests;

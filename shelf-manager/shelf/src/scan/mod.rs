//! The scanner: finds controllers through one port, watches them, collects their events, carries
//! out orders.
//!
//! Not on the log: it runs where the port is, and keeps nothing over a restart. The times in its
//! positions are all it knows of the log.

mod bus;
mod check;
mod discover;
mod events;
mod judge;
mod orders;
mod seen;
mod sel_log;

#[cfg(test)]
pub(crate) mod tests;

use crate::{FruAddress, Observation, Order, OrderError};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use bus::{Bus, Failure, SHELF_MANAGER, Timer, Urgency, answer, to};
use check::Watch;
use core::time::Duration;
use discover::Question;
use events::Held;
use ipmi::command::app::{BmcGlobalEnables, GetBmcGlobalEnables, SetBmcGlobalEnables, enables};
use ipmi::command::sensor::SensorReading;
use ipmi::command::storage::{GetSelTime, SetSelTime};
use ipmi::description::SensorAddress;
use ipmi::message::Response;
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError};
use ipmi::sel;
use judge::Judged;
use machine::{Machine, Pos, Time};
use seen::Seen;
use sel_log::{SelLog, SelStep};

/// Most addresses that are watched.
pub const WATCHES_MAX: usize = 128;

/// How often things are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The port hands up pushed events; the scanner turns them on at the other end.
    pub pushes_events: bool,
    /// Set the time of the shelf manager's SEL when it has none.
    pub sets_sel_time: bool,
    /// Addresses to look at when the shelf has no address table.
    pub addresses: Vec<u8>,
    /// How often an empty address is looked at.
    pub probe_interval: Duration,
    /// How often a controller that is there is looked at.
    pub check_interval: Duration,
    /// How soon it is looked at again when it did not answer.
    pub miss_delay: Duration,
    /// How often in a row it may fail to answer; then it is lost.
    pub misses_max: u8,
    /// How often the SEL is looked at.
    pub sel_interval: Duration,
    /// How often each sensor is read.
    pub reading_interval: Duration,
    /// How long a polled hot swap state must differ from what the events said before it is
    /// believed.
    pub settle_delay: Duration,
}

impl Default for Config {
    /// Choice: the intervals; addresses of two shelf management controllers and sixteen boards.
    fn default() -> Self {
        Self {
            pushes_events: false,
            sets_sel_time: true,
            addresses: [0x10, 0x12]
                .into_iter()
                .chain((0x82..=0xa0).step_by(2))
                .collect(),
            probe_interval: Duration::from_secs(2),
            check_interval: Duration::from_secs(1),
            miss_delay: Duration::from_millis(100),
            misses_max: 2,
            sel_interval: Duration::from_millis(500),
            reading_interval: Duration::from_secs(2),
            settle_delay: Duration::from_millis(1200),
        }
    }
}

/// What the scanner is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The port has something to tell.
    Port(PortEvent),
    /// The shelf wants something done.
    Order(Order),
    /// Time passed.
    Tick,
}

/// What the scanner wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send a request.
    Port(PortOrder),
    /// Put this on the log.
    Observe(Observation),
    /// A sensor was read; for the cache of the active CMM, not for the log.
    Reading {
        /// Address of the sensor's owner.
        address: u8,
        /// The sensor.
        sensor: SensorAddress,
        /// The reading; `None` when the controller gives none.
        reading: Option<SensorReading>,
    },
}

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Purpose {
    Enables,
    SelTime,
    /// The answer changes nothing.
    Nothing,
    Probe(u8),
    Check(u8),
    Discover(u8, Question),
    Reading(u8, SensorAddress),
    /// A hot swap sensor, to judge the event that is held for this address.
    HotSwap(u8),
    BlueLed(FruAddress),
    Sel(SelStep),
    Order(u64),
    /// The hot swap sensor of the FRU of an order.
    Judge(u64),
    /// What level to set for an order to switch power on.
    DesiredLevel(u64, FruAddress),
}

/// An answer, from the port.
type Answer = Result<Response, RequestError>;

/// The scanner of one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanner {
    config: Config,
    is_up: bool,
    now: Time,
    bus: Bus,
    watches: BTreeMap<u8, Watch>,
    /// Events that wait, by the address of their generator.
    held: BTreeMap<u8, VecDeque<Held>>,
    /// Orders that wait until the state of their FRU is known.
    judged: BTreeMap<u64, Judged>,
    seen: Seen,
    sel_log: SelLog,
}

impl Scanner {
    /// A scanner whose port is not up yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            is_up: false,
            now: Time::default(),
            bus: Bus::default(),
            watches: BTreeMap::new(),
            held: BTreeMap::new(),
            judged: BTreeMap::new(),
            seen: Seen::default(),
            sel_log: SelLog::default(),
        }
    }

    /// Addresses with a controller that was discovered and answers.
    pub fn present(&self) -> impl Iterator<Item = u8> {
        self.watches
            .iter()
            .filter(|(_, watch)| watch.is_present())
            .map(|(address, _)| *address)
    }

    fn port_event(&mut self, event: &PortEvent, effects: &mut Vec<Effect>) {
        match event {
            PortEvent::Up => self.port_up(effects),
            PortEvent::Down(reason) => self.port_down(reason, effects),
            PortEvent::Answer { token, result } => {
                let Some(asked) = self.bus.answered(*token) else {
                    return;
                };
                if *result == Err(RequestError::PortDown) {
                    return;
                }
                if let Err(Failure::Refused(code)) = bus::data(result)
                    && self.bus.retry_if_busy(self.now, &asked, code)
                {
                    return;
                }
                self.answered(asked.purpose, result, effects);
            }
            PortEvent::Event(bytes) => {
                self.pushed(sel::Record::decode(bytes), effects);
            }
        }
    }

    fn port_up(&mut self, effects: &mut Vec<Effect>) {
        self.bus.clear();
        self.is_up = true;
        self.held.clear();
        self.judged.clear();
        self.sel_log.resume();
        effects.push(Effect::Observe(Observation::PortUp));
        // What was there before may be gone: every address that was ever watched is looked at.
        for watch in self.watches.values_mut() {
            *watch = Watch::default();
        }
        if self.config.pushes_events {
            let request = to(SHELF_MANAGER, &GetBmcGlobalEnables {});
            self.bus.ask(Purpose::Enables, Urgency::Now, request);
        }
        self.watch(SHELF_MANAGER);
        if self.config.sets_sel_time {
            self.bus.ask(
                Purpose::SelTime,
                Urgency::Now,
                to(SHELF_MANAGER, &GetSelTime {}),
            );
        }
        self.poll_sel();
        let addresses: Vec<u8> = self.watches.keys().copied().collect();
        addresses.into_iter().for_each(|address| self.look(address));
    }

    fn port_down(&mut self, reason: &DownReason, effects: &mut Vec<Effect>) {
        self.is_up = false;
        for order in self.orders_under_way() {
            let result = Err(OrderError::PortDown);
            effects.push(Effect::Observe(Observation::OrderDone { order, result }));
        }
        self.bus.clear();
        self.judged.clear();
        let reason = down_text(reason);
        effects.push(Effect::Observe(Observation::PortDown { reason }));
    }

    fn answered(&mut self, purpose: Purpose, result: &Answer, effects: &mut Vec<Effect>) {
        match purpose {
            Purpose::Nothing => {}
            Purpose::Enables => self.enable_events(result),
            Purpose::SelTime => self.set_sel_time(result),
            Purpose::Probe(address) => self.probed(address, result, effects),
            Purpose::Check(address) => self.checked(address, result, effects),
            Purpose::Discover(address, question) => {
                self.discovered(address, question, result, effects);
            }
            Purpose::Reading(address, sensor) => self.read((address, sensor), result, effects),
            Purpose::HotSwap(address) => self.confirmed(address, result, effects),
            Purpose::BlueLed(fru) => self.led_read(fru, result, effects),
            Purpose::Sel(step) => self.sel_answered(step, result, effects),
            Purpose::Order(order) => self.order_done(order, result, effects),
            Purpose::Judge(order) => self.judged(order, result, effects),
            Purpose::DesiredLevel(order, fru) => self.power_on(order, fru, result, effects),
        }
    }

    fn enable_events(&mut self, result: &Answer) {
        if let Ok(BmcGlobalEnables { enables }) = answer::<GetBmcGlobalEnables>(result) {
            let wanted =
                enables::EVENT_BUFFER | enables::EVENT_BUFFER_INTERRUPT | enables::SYSTEM_EVENT_LOG;
            let request = to(
                SHELF_MANAGER,
                &SetBmcGlobalEnables {
                    enables: enables | wanted,
                },
            );
            self.bus.ask(Purpose::Nothing, Urgency::Now, request);
        }
    }

    /// Times below 20000000h count from the start of the device. Source: IPMI v2.0 §37.1.
    fn set_sel_time(&mut self, result: &Answer) {
        let seconds = u32::try_from(self.now.0 / 1_000_000_000).unwrap_or(u32::MAX);
        if answer::<GetSelTime>(result).is_ok_and(|time| time.seconds < 0x2000_0000) {
            let request = to(SHELF_MANAGER, &SetSelTime { seconds });
            self.bus.ask(Purpose::Nothing, Urgency::Now, request);
        }
    }

    fn tick(&mut self, effects: &mut Vec<Effect>) {
        for timer in self.bus.due(self.now) {
            match timer {
                Timer::Check(address) => self.look(address),
                Timer::Reading(address, sensor) => self.ask_reading(address, sensor),
                Timer::Sel => self.poll_sel(),
                Timer::Retry(id) => self.bus.retry(id),
                Timer::Judge(id) => self.judge_again(id, effects),
            }
        }
    }
}

impl Machine for Scanner {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        self.now = at.time;
        match input {
            Input::Port(event) => self.port_event(event, effects),
            Input::Order(order) => self.order(order, effects),
            Input::Tick => {}
        }
        if self.is_up {
            self.tick(effects);
            while let Some(order) = self.bus.next_order() {
                effects.push(Effect::Port(order));
            }
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.bus.deadline()
    }
}

fn down_text(reason: &DownReason) -> String {
    match reason {
        DownReason::Unreachable(what) => format!("nothing answers: {what}"),
        DownReason::Unauthenticated => String::from("user name unknown or password wrong"),
        DownReason::CipherRefused => String::from("no cipher suite in common"),
        DownReason::Closed => String::from("the session was closed"),
        DownReason::Protocol(what) => format!("protocol error: {what}"),
    }
}

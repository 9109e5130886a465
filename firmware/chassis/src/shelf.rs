//! The shelf without I/O: controllers, the bus between them, power, warmth.

use crate::bus::{Bus, BusCounters, Client};
use crate::fault::{Fault, Injector, IpmbBus, bus_of};
use crate::meter::{INLET_CELSIUS, Meter};
use crate::operator::{Operator, OperatorError};
use crate::parts::{self, Part};
use crate::payload::{Happening, Payload};
use crate::power::Supply;
use crate::road::tell;
use crate::thermal::{Climate, Load};
use crate::{Config, blade_address};
use ipmc::{Ipmc, SHELF_MANAGER};
use ipmi::command::Command;
use ipmi::command::sensor::PlatformEvent;
use ipmi::message::Request;
use ipmi::port::{PortEvent, PortOrder, RequestError, Target};
use machine::{Machine, Pos, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What happens to the shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A request, as a port gets it.
    Order(PortOrder),
    /// Somebody does something to the hardware; the first effect says whether it could be done.
    Operator(Operator),
    /// Time went by.
    Tick,
}

/// What the shelf does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// What a port has to tell.
    Event(PortEvent),
    /// Whether the hardware let itself be handled.
    Handled(Result<(), OperatorError>),
    /// Payload power of the blade in a slot went on, or off, or away.
    Payload {
        /// Slot, from 1.
        slot: u8,
        /// Whether it is on now.
        on: bool,
    },
}

/// A whole shelf.
///
/// Invariant: a part that sits in the shelf is in `controllers` while it has management power, in
/// `dark` while it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chassis {
    pub(crate) config: Config,
    /// All that can be in the shelf, by address.
    pub(crate) parts: BTreeMap<u8, Part>,
    /// What the sensors of each part measure, and what they showed last.
    pub(crate) meters: BTreeMap<u8, Vec<(u8, Meter)>>,
    pub(crate) shown: BTreeMap<(u8, u8), u8>,
    pub(crate) controllers: BTreeMap<u8, Ipmc>,
    pub(crate) dark: BTreeMap<u8, Ipmc>,
    /// How many parts each place has seen, for their serial numbers.
    pub(crate) serials: BTreeMap<u8, u16>,
    /// Sensors that measure what somebody said.
    pub(crate) pinned: BTreeSet<(u8, u8)>,
    pub(crate) supply: Supply,
    pub(crate) climate: Climate,
    pub(crate) load: Load,
    /// When temperatures move next; `None` while all are where they stay.
    pub(crate) warmth_at: Option<Time>,
    pub(crate) injector: Injector,
    /// What runs on the blades, by address.
    pub(crate) payloads: BTreeMap<u8, Payload>,
    /// By slot.
    pub(crate) boots: BTreeMap<u8, u64>,
    pub(crate) bus: Bus,
    /// What dead controllers did not notice yet.
    pub(crate) missed: BTreeMap<u8, VecDeque<ipmc::Input>>,
    /// Which buses a controller was told to fail, and from which it keeps off.
    pub(crate) failing: BTreeSet<(u8, IpmbBus)>,
    pub(crate) off_bus: BTreeSet<(u8, IpmbBus)>,
    /// Who drives the arbitration line, by address; `None` while nobody can.
    pub(crate) owner: Option<u8>,
    /// What the shelf manager was told last: owner and backup, whose records.
    pub(crate) managers_told: Option<(u8, u8)>,
    pub(crate) collected: BTreeSet<u8>,
    is_started: bool,
}

/// What is to be done next within one input.
#[derive(Debug)]
pub(crate) enum Work {
    /// A controller notices something.
    Notice(u8, ipmc::Input),
    /// A controller gets a request; the answer goes back on the bus.
    Request {
        flight: u64,
        to: u8,
        input: ipmc::Input,
    },
    /// The shelf manager's own controller is asked through the port.
    Own(u64, ipmc::Input),
    /// A controller sends a message; perhaps it wants to know the answer.
    Send(u8, u8, Request, Client),
}

impl Chassis {
    /// A shelf before its first input; slots that it does not have stay empty.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let parts = parts::all(&config).into_iter();
        let parts: BTreeMap<u8, Part> = parts.map(|part| (part.address(), part)).collect();
        let is_there =
            |part: &&Part| !part.is_blade() || config.populated.contains(&part.site.number);
        let controllers = parts.values().filter(is_there).map(|part| {
            let is_active = !(part.is_blade() && config.is_cold);
            let controller = parts::controller(&config, part, (1, is_active));
            (part.address(), Ipmc::new(controller))
        });
        let manager = Ipmc::new(parts::shelf_manager(&config));
        let controllers = controllers.chain([(SHELF_MANAGER, manager)]).collect();
        let meters = parts.values();
        let meters = meters.map(|part| (part.address(), parts::meters(&config, part)));
        let cmms = parts.values().filter(|part| part.is_cmm());
        Self {
            meters: meters.collect(),
            shown: BTreeMap::new(),
            controllers,
            dark: BTreeMap::new(),
            serials: parts.keys().map(|address| (*address, 1)).collect(),
            pinned: BTreeSet::new(),
            supply: Supply::new(crate::config::POWER_MODULES),
            climate: Climate::new(INLET_CELSIUS),
            load: Load::default(),
            warmth_at: None,
            injector: Injector::new(config.seed),
            payloads: BTreeMap::new(),
            boots: BTreeMap::new(),
            bus: Bus::default(),
            missed: BTreeMap::new(),
            failing: BTreeSet::new(),
            off_bus: BTreeSet::new(),
            owner: cmms.map(Part::address).min(),
            managers_told: None,
            collected: BTreeSet::new(),
            is_started: false,
            parts,
            config,
        }
    }

    /// Slots with payload power.
    #[must_use]
    pub fn powered_slots(&self) -> BTreeSet<u8> {
        let slots = self.config.slots().filter(|slot| {
            let blade = self.controllers.get(&blade_address(*slot));
            blade.is_some_and(Ipmc::has_payload_power)
        });
        slots.collect()
    }

    /// The controller at an address; `None` when nobody is there, or it has no power.
    #[must_use]
    pub fn controller(&self, address: u8) -> Option<&Ipmc> {
        let is_manager_away = address == SHELF_MANAGER && self.owner.is_none();
        self.controllers.get(&address).filter(|_| !is_manager_away)
    }

    /// Number of the shelf management controller that drives the arbitration line; `None` while
    /// none can.
    #[must_use]
    pub fn active_cmm(&self) -> Option<u8> {
        let owner = self.parts.get(&self.owner?)?;
        Some(owner.site.number)
    }

    /// What happened on the bus since the start.
    #[must_use]
    pub fn bus_counters(&self) -> BusCounters {
        self.bus.counters
    }

    /// The faults that there are, in the order in which they came.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.injector.faults().collect()
    }

    fn order(&mut self, at: Pos, order: &PortOrder, effects: &mut Vec<Effect>) {
        let address = match order.target {
            Target::ShelfManager => SHELF_MANAGER,
            Target::Ipmb(address) => address,
        };
        let refuse = |error| {
            let token = order.token;
            let result = Err(error);
            Effect::Event(PortEvent::Answer { token, result })
        };
        if self.owner.is_none() {
            effects.push(refuse(RequestError::PortDown));
            return;
        }
        let (from, request) = (SHELF_MANAGER, order.request.clone());
        let mut works = VecDeque::new();
        if address != SHELF_MANAGER {
            self.send(
                at.time,
                (from, address),
                (request, Client::Port(order.token)),
                (&mut works, effects),
            );
        } else if self.injector.is_dead(SHELF_MANAGER) {
            effects.push(refuse(RequestError::Timeout));
        } else {
            let input = ipmc::Input::Request { from, request };
            works.push_back(Work::Own(order.token, input));
        }
        self.work(at, works, effects);
    }

    /// Does what is to be done, and all that follows from it.
    pub(crate) fn work(&mut self, at: Pos, mut works: VecDeque<Work>, effects: &mut Vec<Effect>) {
        while let Some(work) = works.pop_front() {
            let (address, input, asker) = match work {
                Work::Notice(address, input) => {
                    if self.injector.is_dead(address) {
                        self.miss(address, input);
                        continue;
                    }
                    (address, input, Asker::Nobody)
                }
                Work::Request { flight, to, input } => (to, input, Asker::Flight(flight)),
                Work::Own(token, input) => (SHELF_MANAGER, input, Asker::Port(token)),
                Work::Send(from, to, request, client) => {
                    self.send(
                        at.time,
                        (from, to),
                        (request, client),
                        (&mut works, effects),
                    );
                    continue;
                }
            };
            let Some(controller) = self.controllers.get_mut(&address) else {
                continue;
            };
            let mut done = Vec::new();
            controller.apply(at, &input, &mut done);
            let is_answered = matches!(done.first(), Some(ipmc::Effect::Response(_)));
            if let (Asker::Port(token), false) = (asker, is_answered) {
                // It restarts. On the bus the next attempt is on its way already.
                let result = Err(RequestError::Timeout);
                effects.push(Effect::Event(PortEvent::Answer { token, result }));
            }
            for effect in done {
                self.perform(at.time, (address, asker), effect, (&mut works, effects));
            }
        }
    }

    fn perform(
        &mut self,
        now: Time,
        (address, asker): (u8, Asker),
        effect: ipmc::Effect,
        (works, effects): (&mut VecDeque<Work>, &mut Vec<Effect>),
    ) {
        match effect {
            ipmc::Effect::Response(response) => match asker {
                Asker::Nobody => (),
                Asker::Port(token) => {
                    let result = Ok(response);
                    effects.push(Effect::Event(PortEvent::Answer { token, result }));
                }
                Asker::Flight(flight) => {
                    let news =
                        self.on_bus(now, |bus, around| bus.answered(around, flight, response));
                    tell(news, works, effects);
                }
            },
            ipmc::Effect::Event { receiver, event } => {
                let request = PlatformEvent::from(&event).request();
                // The shelf manager does not write to itself.
                works.push_back(if receiver == address {
                    let from = address;
                    Work::Notice(receiver, ipmc::Input::Request { from, request })
                } else {
                    Work::Send(address, receiver, request, Client::Nobody)
                });
            }
            ipmc::Effect::Logged(record) => {
                effects.push(Effect::Event(PortEvent::Event(record)));
            }
            ipmc::Effect::PayloadPower(on) => {
                if let Some(slot) = self.slot_of(address) {
                    effects.push(Effect::Payload { slot, on });
                }
                works.extend(self.payload(address, Happening::Power(on)));
            }
            ipmc::Effect::PayloadControl(option) => {
                works.extend(self.payload(address, Happening::Control(option)));
            }
            ipmc::Effect::ConsoleInput {
                is_break, bytes, ..
            } => {
                works.extend(self.payload(address, Happening::Typed(is_break, bytes)));
            }
            ipmc::Effect::Request { to, request } => {
                works.push_back(Work::Send(
                    address,
                    to,
                    request,
                    Client::Controller(address),
                ));
            }
            ipmc::Effect::Hardware(ipmc::Hardware::Ipmb { bus, connected }) => {
                let link = (address, bus_of(bus));
                match connected {
                    true => self.off_bus.remove(&link),
                    false => self.off_bus.insert(link),
                };
            }
            // Fans follow the level that holds; what is around the payload on the board is not
            // simulated; flash memory never fails, and a restart is nothing but silence.
            ipmc::Effect::FanLevel(_)
            | ipmc::Effect::Hardware(_)
            | ipmc::Effect::Flash(_)
            | ipmc::Effect::Restart => (),
        }
    }

    pub(crate) fn slot_of(&self, address: u8) -> Option<u8> {
        let part = self.parts.get(&address)?;
        part.is_blade().then_some(part.site.number)
    }

    fn tick(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        let mut works = VecDeque::new();
        self.injector.expire(at.time);
        let missed = std::mem::take(&mut self.missed);
        for (address, inputs) in missed {
            if self.injector.is_dead(address) {
                self.missed.insert(address, inputs);
            } else {
                works.extend(inputs.into_iter().map(|input| Work::Notice(address, input)));
            }
        }
        let news = self.on_bus(at.time, Bus::tick);
        tell(news, &mut works, effects);
        works.extend(self.storm(at.time));
        let due = self.controllers.iter();
        let due = due.filter(|(_, found)| found.deadline().is_some_and(|when| when <= at.time));
        works.extend(due.map(|(address, _)| Work::Notice(*address, ipmc::Input::Tick)));
        self.work(at, works, effects);
        if self.warmth_at.is_some_and(|when| when <= at.time) {
            self.warmth_at = None;
            let present = present(&self.parts, &self.controllers);
            self.climate.step(present, &self.load);
            self.measure(at, effects);
        }
    }

    /// At the first input: management power comes.
    fn start(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        if !std::mem::replace(&mut self.is_started, true) {
            let addresses = self.controllers.keys().copied();
            let works = addresses.map(|address| Work::Notice(address, ipmc::Input::Powered));
            self.work(at, works.collect(), effects);
            let booted: Vec<Work> = self
                .powered_slots()
                .into_iter()
                .filter_map(|slot| self.payload(blade_address(slot), Happening::Power(true)))
                .collect();
            self.work(at, booted.into(), effects);
            self.load = self.current_load();
            let present = present(&self.parts, &self.controllers);
            self.climate.settle(present, &self.load);
            self.measure(at, effects);
        }
    }

    /// Takes a controller away from the bus.
    pub(crate) fn remove(&mut self, address: u8, effects: &mut Vec<Effect>) -> Option<Ipmc> {
        let gone = self.controllers.remove(&address)?;
        self.forget_readings(address);
        self.failing.retain(|(of, _)| *of != address);
        self.off_bus.retain(|(of, _)| *of != address);
        self.payloads.remove(&address);
        if let Some(slot) = self.slot_of(address).filter(|_| gone.has_payload_power()) {
            effects.push(Effect::Payload { slot, on: false });
        }
        Some(gone)
    }
}

/// Who waits for the answer to an input.
#[derive(Clone, Copy, Debug)]
enum Asker {
    Nobody,
    Port(u64),
    Flight(u64),
}

impl Machine for Chassis {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        self.start(at, effects);
        match input {
            Input::Order(order) => self.order(at, order, effects),
            Input::Operator(operator) => {
                let mut later = Vec::new();
                let done = self.operate(at, *operator, &mut later);
                effects.push(Effect::Handled(done));
                effects.append(&mut later);
            }
            Input::Tick => self.tick(at, effects),
        }
        self.follow(at, effects);
    }

    fn deadline(&self) -> Option<Time> {
        let living = self.controllers.iter();
        let living = living.filter(|(address, _)| !self.injector.is_dead(**address));
        let controllers = living.filter_map(|(_, controller)| controller.deadline());
        let own = [
            self.warmth_at,
            self.bus.deadline(),
            self.injector.deadline(),
        ];
        controllers.chain(own.into_iter().flatten()).min()
    }
}

pub(crate) fn present_parts<'a>(
    parts: &'a BTreeMap<u8, Part>,
    controllers: &'a BTreeMap<u8, Ipmc>,
) -> impl Iterator<Item = (u8, &'a Part)> {
    let found = parts.iter().map(|(address, part)| (*address, part));
    found.filter(|(address, _)| controllers.contains_key(address))
}

/// The parts that have power.
pub(crate) fn present<'a>(
    parts: &'a BTreeMap<u8, Part>,
    controllers: &'a BTreeMap<u8, Ipmc>,
) -> impl Iterator<Item = &'a Part> {
    present_parts(parts, controllers).map(|(_, part)| part)
}

#[cfg(test)]
mod tests;

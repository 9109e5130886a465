//! The shelf without I/O: controllers, the bus between them, and a little warmth.

use crate::parts::{self, CPU_TEMP, FAN, FAN_RAW_NORMAL, FANS, Part};
use crate::{Config, SLOTS, blade_address};
use ipmc::{Ipmc, SHELF_MANAGER};
use ipmi::command::Command;
use ipmi::command::sensor::PlatformEvent;
use ipmi::message::Response;
use ipmi::port::{PortEvent, PortOrder, RequestError, Target};
use ipmi::sel::Event;
use machine::{Machine, Pos, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// How often temperatures move.
const WARMTH_INTERVAL: Duration = Duration::from_secs(1);
/// Raw reading of a CPU that was off: °C.
const CPU_COLD: u8 = 30;

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

/// What somebody does to the hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Opens the ejector handle of the blade in this slot.
    OpenHandle(u8),
    /// Closes it.
    CloseHandle(u8),
    /// Pulls the blade out, whatever it does: its controller is silent from now on.
    Pull(u8),
    /// Puts a new blade in, with its handle closed.
    Insert(u8),
    /// Makes a sensor measure this from now on.
    SetSensor {
        /// IPMB-0 address of its controller.
        address: u8,
        /// Sensor number.
        number: u8,
        /// Raw reading.
        raw: u8,
    },
}

/// Why something cannot be done to the hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorError {
    /// The shelf has no such slot.
    NoSuchSlot,
    /// No blade is in the slot.
    Empty,
    /// A blade is in the slot.
    Occupied,
    /// No such sensor.
    NoSuchSensor,
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
        /// Slot, 1–14.
        slot: u8,
        /// Whether it is on now.
        on: bool,
    },
}

/// A whole shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chassis {
    config: Config,
    controllers: BTreeMap<u8, Ipmc>,
    /// How many blades each slot has seen, for their serial numbers.
    inserted: BTreeMap<u8, u16>,
    /// Sensors that measure what somebody said.
    pinned: BTreeSet<(u8, u8)>,
    fan_levels: BTreeMap<u8, u8>,
    /// When temperatures move next; `None` while all are where they stay.
    warmth_at: Option<Time>,
    is_started: bool,
}

impl Chassis {
    /// A shelf before its first input; slots that it does not have stay empty.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let is_there =
            |part: &Part| !part.is_blade() || config.populated.contains(&part.site.number);
        let parts = parts::all().into_iter().filter(is_there);
        let controllers = parts.map(|part| {
            let controller = parts::controller(&config, &part, 1);
            (part.address(), Ipmc::new(controller))
        });
        let manager = Ipmc::new(parts::shelf_manager());
        Self {
            controllers: controllers.chain([(SHELF_MANAGER, manager)]).collect(),
            inserted: (1..=SLOTS).map(|slot| (slot, 1)).collect(),
            pinned: BTreeSet::new(),
            fan_levels: BTreeMap::new(),
            warmth_at: None,
            is_started: false,
            config,
        }
    }

    /// Slots with payload power.
    #[must_use]
    pub fn powered_slots(&self) -> BTreeSet<u8> {
        let slots = (1..=SLOTS).filter(|slot| {
            let blade = self.controllers.get(&blade_address(*slot));
            blade.is_some_and(Ipmc::has_payload_power)
        });
        slots.collect()
    }

    /// The controller at an address; `None` when nobody is there.
    #[must_use]
    pub fn controller(&self, address: u8) -> Option<&Ipmc> {
        self.controllers.get(&address)
    }

    fn order(&mut self, at: Pos, order: &PortOrder, effects: &mut Vec<Effect>) {
        let address = match order.target {
            Target::ShelfManager => SHELF_MANAGER,
            Target::Ipmb(address) => address,
        };
        if !self.controllers.contains_key(&address) {
            let result = Err(RequestError::NoSuchController);
            let token = order.token;
            effects.push(Effect::Event(PortEvent::Answer { token, result }));
            return;
        }
        let request = order.request.clone();
        let from = SHELF_MANAGER;
        let input = ipmc::Input::Request { from, request };
        self.deliver(at, (address, input), Some(order.token), effects);
    }

    /// Delivers one input, and all messages that follow from it.
    fn deliver(
        &mut self,
        at: Pos,
        first: (u8, ipmc::Input),
        mut token: Option<u64>,
        effects: &mut Vec<Effect>,
    ) {
        let mut waiting = VecDeque::from([first]);
        while let Some((address, input)) = waiting.pop_front() {
            let Some(controller) = self.controllers.get_mut(&address) else {
                continue;
            };
            let mut done = Vec::new();
            controller.apply(at, &input, &mut done);
            for effect in done {
                match effect {
                    ipmc::Effect::Response(response) => {
                        effects.extend(token.take().map(|token| answer(token, response)));
                    }
                    ipmc::Effect::Event { receiver, event } => {
                        waiting.push_back((receiver, event_request(event)));
                    }
                    ipmc::Effect::Logged(record) => {
                        effects.push(Effect::Event(PortEvent::Event(record)));
                    }
                    ipmc::Effect::PayloadPower(on) => {
                        waiting.extend(self.payload_switched(at.time, (address, on), effects));
                    }
                    ipmc::Effect::FanLevel(level) => {
                        waiting.extend(self.fans_turned(at.time, address, level));
                    }
                    // The payload is not simulated.
                    ipmc::Effect::PayloadControl(_) => (),
                }
            }
        }
    }

    fn payload_switched(
        &mut self,
        now: Time,
        (address, on): (u8, bool),
        effects: &mut Vec<Effect>,
    ) -> Option<(u8, ipmc::Input)> {
        let slot = slot_of(address)?;
        effects.push(Effect::Payload { slot, on });
        if !on || self.pinned.contains(&(address, CPU_TEMP)) {
            return None;
        }
        self.warmth_at = Some(now.after(WARMTH_INTERVAL));
        let (number, raw) = (CPU_TEMP, CPU_COLD);
        Some((address, ipmc::Input::SensorChanged { number, raw }))
    }

    fn fans_turned(&mut self, now: Time, address: u8, level: u8) -> Vec<(u8, ipmc::Input)> {
        self.fan_levels.insert(address, level);
        self.warmth_at = Some(now.after(WARMTH_INTERVAL));
        let raw = u16::from(FAN_RAW_NORMAL) * u16::from(level) / u16::from(FAN.level_normal);
        let raw = u8::try_from(raw).unwrap_or(u8::MAX);
        let free = (1..=FANS).filter(|number| !self.pinned.contains(&(address, *number)));
        let inputs = free.map(|number| {
            let input = ipmc::Input::SensorChanged { number, raw };
            (address, input)
        });
        inputs.collect()
    }

    fn operate(
        &mut self,
        at: Pos,
        operator: Operator,
        effects: &mut Vec<Effect>,
    ) -> Result<(), OperatorError> {
        match operator {
            Operator::OpenHandle(slot) => {
                let address = self.occupied(slot)?;
                self.deliver(at, (address, ipmc::Input::HandleOpened), None, effects);
            }
            Operator::CloseHandle(slot) => {
                let address = self.occupied(slot)?;
                self.deliver(at, (address, ipmc::Input::HandleClosed), None, effects);
            }
            Operator::Pull(slot) => {
                let address = self.occupied(slot)?;
                let pulled = self.controllers.remove(&address);
                self.pinned.retain(|(pinned, _)| *pinned != address);
                if pulled.is_some_and(|blade| blade.has_payload_power()) {
                    effects.push(Effect::Payload { slot, on: false });
                }
            }
            Operator::Insert(slot) => {
                let address = slot_address(slot)?;
                if self.controllers.contains_key(&address) {
                    return Err(OperatorError::Occupied);
                }
                let serial = self.inserted.entry(slot).or_default();
                *serial = serial.saturating_add(1);
                let blade = parts::inserted(&self.config, slot, *serial);
                self.controllers.insert(address, Ipmc::new(blade));
                self.deliver(at, (address, ipmc::Input::Powered), None, effects);
            }
            Operator::SetSensor {
                address,
                number,
                raw,
            } => {
                let controller = self.controllers.get(&address);
                let controller = controller.ok_or(OperatorError::NoSuchSensor)?;
                let mut sensors = controller.config().sensors.iter();
                if !sensors.any(|sensor| sensor.number == number) {
                    return Err(OperatorError::NoSuchSensor);
                }
                self.pinned.insert((address, number));
                let input = ipmc::Input::SensorChanged { number, raw };
                self.deliver(at, (address, input), None, effects);
            }
        }
        Ok(())
    }

    fn occupied(&self, slot: u8) -> Result<u8, OperatorError> {
        let address = slot_address(slot)?;
        let is_there = self.controllers.contains_key(&address);
        is_there.then_some(address).ok_or(OperatorError::Empty)
    }

    fn tick(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        let due = self.controllers.iter();
        let due = due.filter(|(_, found)| found.deadline().is_some_and(|when| when <= at.time));
        let due: Vec<u8> = due.map(|(address, _)| *address).collect();
        for address in due {
            self.deliver(at, (address, ipmc::Input::Tick), None, effects);
        }
        if self.warmth_at.is_some_and(|when| when <= at.time) {
            self.warm(at, effects);
        }
    }

    /// Moves each CPU temperature one step to where fans and load want it.
    fn warm(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        let level = self.fan_levels.values().copied().min();
        let level = level.unwrap_or(FAN.level_normal);
        self.warmth_at = None;
        for slot in self.powered_slots() {
            let address = blade_address(slot);
            let blade = self.controllers.get(&address);
            let Some(raw) = blade.and_then(|blade| blade.raw_reading(CPU_TEMP)) else {
                continue;
            };
            // Each level below the normal one costs 3 °C.
            let target = (44 + slot + 3 * FAN.level_normal).saturating_sub(3 * level);
            let next = match raw.cmp(&target) {
                std::cmp::Ordering::Less => raw + 1,
                std::cmp::Ordering::Equal => continue,
                std::cmp::Ordering::Greater => raw - 1,
            };
            if !self.pinned.contains(&(address, CPU_TEMP)) {
                self.warmth_at = Some(at.time.after(WARMTH_INTERVAL));
                let (number, raw) = (CPU_TEMP, next);
                let input = ipmc::Input::SensorChanged { number, raw };
                self.deliver(at, (address, input), None, effects);
            }
        }
    }

    /// At the first input: management power comes.
    fn start(&mut self, at: Pos, effects: &mut Vec<Effect>) {
        if !std::mem::replace(&mut self.is_started, true) {
            let addresses: Vec<u8> = self.controllers.keys().copied().collect();
            for address in addresses {
                self.deliver(at, (address, ipmc::Input::Powered), None, effects);
            }
        }
    }
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
    }

    fn deadline(&self) -> Option<Time> {
        let controllers = self.controllers.values().filter_map(Ipmc::deadline);
        controllers.chain(self.warmth_at).min()
    }
}

fn slot_address(slot: u8) -> Result<u8, OperatorError> {
    let exists = (1..=SLOTS).contains(&slot);
    exists
        .then(|| blade_address(slot))
        .ok_or(OperatorError::NoSuchSlot)
}

fn slot_of(address: u8) -> Option<u8> {
    (1..=SLOTS).find(|slot| blade_address(*slot) == address)
}

fn answer(token: u64, response: Response) -> Effect {
    let result = Ok(response);
    Effect::Event(PortEvent::Answer { token, result })
}

/// The event message of a controller, as it crosses the bus.
fn event_request(event: Event) -> ipmc::Input {
    let [data1, data2, data3] = event.data;
    let direction = if event.assertion { 0x00 } else { 0x80 };
    let message = PlatformEvent {
        revision: event.revision,
        sensor_type: event.sensor_type,
        number: event.number,
        direction_type: direction | event.event_type,
        data1,
        data2: Some(data2),
        data3: Some(data3),
    };
    ipmc::Input::Request {
        from: event.generator,
        request: message.request(),
    }
}

#[cfg(test)]
mod tests;

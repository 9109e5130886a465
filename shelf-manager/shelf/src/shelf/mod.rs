//! The shelf as every CMM knows it: controllers, hot swap states, events, orders that are not done.
//!
//! Source: PICMG 3.0 R3.0, FRU hot swap and shelf manager duties.
//! Invariant: a FRU that was in M2–M6 when its controller fell silent is in M7 until it answers or
//! is gone.

mod duties;
mod event_log;
mod watchdog;

#[cfg(test)]
mod tests;

pub use event_log::{EVENTS_MAX, LoggedEvent, record_id};
pub use watchdog::{Watchdog, WatchdogInput};

use crate::{Action, FruAddress, HotSwapChange, Observation, Order, OrderError, OrderResult};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use duties::COMMUNICATION_LOST;
use event_log::EventLog;
use ipmi::command::picmg::LedShows;
use ipmi::description::Controller;
use ipmi::sel::Event;
use machine::{Machine, Pos, Time};
use serde::{Deserialize, Serialize};

/// Most controllers: every address of IPMB-0. Source: IPMB v1.0, slave addresses.
pub const CONTROLLERS_MAX: usize = 128;

/// Most orders that are not done.
pub const ORDERS_MAX: usize = 256;

/// What the shelf does on its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Activates FRUs in M2 whose activation descriptor says so. Off: whoever manages the resource
    /// does.
    pub activates: bool,
    /// Permits every deactivation that a FRU in M5 asks for. Off: whoever manages the resource
    /// does.
    pub deactivates: bool,
    /// How long a FRU may be in M7 before it counts as extracted; `None` is forever.
    pub lost_timeout: Option<Duration>,
}

/// What the shelf is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// The scanner observed something.
    Observed(Observation),
    /// Somebody wants something done.
    Act {
        /// Comes back in [`Effect::Done`].
        tag: u64,
        /// What.
        action: Action,
    },
    /// The scanner is a new one (after a restart, or a change of the active CMM): tell it what it
    /// must know.
    Audit,
    /// Time passed.
    Tick,
    /// Somebody cleared the system event log.
    ClearEvents,
    /// Somebody deleted one event of the system event log.
    DeleteEvent {
        /// Its number; without such an event nothing happens.
        number: u64,
    },
    /// Somebody sets or resets the watchdog timer.
    Watchdog(WatchdogInput),
    /// The inventory of a FRU was changed at its controller.
    InventoryWritten {
        /// Which FRU.
        fru: FruAddress,
        /// The bytes that are there now.
        bytes: Vec<u8>,
    },
}

/// What the shelf wants done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// For the scanner.
    Order(Order),
    /// An event went into the log, for whoever filters events. Events from before, which the
    /// backlog brings, are only those that happened while nobody looked.
    Logged(LoggedEvent),
    /// For the HPI domain.
    Up(Notice),
    /// For whoever asked for an action.
    Done {
        /// Its tag.
        tag: u64,
        /// What came of it.
        result: OrderResult,
    },
}

/// What the HPI domain is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// A controller is there, or its description changed.
    ControllerAdded(Controller),
    /// A controller is gone.
    ControllerRemoved {
        /// Its IPMB-0 address.
        address: u8,
    },
    /// A controller does not answer any more.
    ControllerFailed {
        /// Its IPMB-0 address.
        address: u8,
    },
    /// A controller answers again.
    ControllerRestored {
        /// Its IPMB-0 address.
        address: u8,
    },
    /// The hot swap state of a FRU changed.
    HotSwap(HotSwapChange),
    /// A sensor that is no hot swap sensor sent an event.
    SensorEvent {
        /// Address of the controller.
        address: u8,
        /// The event.
        event: Event,
    },
    /// A LED shows something else.
    Led {
        /// Which FRU.
        fru: FruAddress,
        /// LED id; 0 is the blue LED.
        led_id: u8,
        /// What it shows.
        shows: LedShows,
    },
    /// The way to the shelf is open.
    PortUp,
    /// The way to the shelf is closed.
    PortDown {
        /// Why, for people.
        reason: String,
    },
}

/// One controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControllerEntry {
    /// As discovered last; the hot swap states in it are those of the discovery.
    pub description: Controller,
    /// Since when it does not answer; `None` while it does.
    pub silent_since: Option<Time>,
    /// Its FRUs.
    pub frus: BTreeMap<u8, FruEntry>,
}

/// One FRU.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FruEntry {
    /// Hot swap state 0–7; `None` when it has none.
    pub state: Option<u8>,
    /// State before that.
    pub previous: Option<u8>,
    /// Cause of the last change. Source: PICMG 3.0 R3.0, FRU hot swap event message.
    pub cause: u8,
    /// What the blue LED shows; `None` when it has none, or nobody looked yet.
    pub blue_led: Option<LedShows>,
}

/// An order that is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    /// Of whoever asked for it; `None` when the shelf itself did.
    tag: Option<u64>,
    action: Action,
    /// The hot swap state of the FRU when it was given.
    in_state: Option<u8>,
}

impl Pending {
    fn order(&self, id: u64) -> Order {
        Order {
            id,
            action: self.action.clone(),
            in_state: self.in_state,
        }
    }
}

/// The state of the shelf.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    config: Config,
    is_port_up: bool,
    controllers: BTreeMap<u8, ControllerEntry>,
    orders: BTreeMap<u64, Pending>,
    next_order: u64,
    events: EventLog,
    watchdog: Watchdog,
}

impl Shelf {
    /// A shelf of which nothing is known yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            ..Self::default()
        }
    }

    /// All controllers, by their addresses.
    pub fn controllers(&self) -> impl Iterator<Item = (u8, &ControllerEntry)> {
        self.controllers
            .iter()
            .map(|(address, controller)| (*address, controller))
    }

    /// One controller.
    #[must_use]
    pub fn controller(&self, address: u8) -> Option<&ControllerEntry> {
        self.controllers.get(&address)
    }

    /// One FRU.
    #[must_use]
    pub fn fru(&self, fru: FruAddress) -> Option<&FruEntry> {
        self.controllers.get(&fru.address)?.frus.get(&fru.fru_id)
    }

    /// The events that arrived, oldest first; at most [`EVENTS_MAX`].
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &LoggedEvent> {
        self.events.iter()
    }

    /// The number that the next event will get.
    #[must_use]
    pub fn events_next(&self) -> u64 {
        self.events.next()
    }

    /// When an event was deleted or all were cleared last; `None`: never.
    #[must_use]
    pub fn events_erased(&self) -> Option<Time> {
        self.events.erased()
    }

    /// The watchdog timer.
    #[must_use]
    pub fn watchdog(&self) -> &Watchdog {
        &self.watchdog
    }

    /// Whether the way to the shelf is open.
    #[must_use]
    pub fn is_port_up(&self) -> bool {
        self.is_port_up
    }

    /// How many orders are not done.
    #[must_use]
    pub fn orders_pending(&self) -> usize {
        self.orders.len()
    }

    fn observed(&mut self, now: Time, observation: &Observation, effects: &mut Vec<Effect>) {
        match observation {
            Observation::PortUp => {
                self.is_port_up = true;
                self.events.begin_backlog();
                effects.push(Effect::Up(Notice::PortUp));
                self.audit(effects);
            }
            Observation::PortDown { reason } => {
                self.is_port_up = false;
                effects.push(Effect::Up(Notice::PortDown {
                    reason: reason.clone(),
                }));
            }
            Observation::ControllerFound(found) => self.found(found, effects),
            Observation::ControllerLost { address, cause } => {
                self.lost(now, *address, *cause, effects);
            }
            Observation::Event {
                record,
                source,
                change,
            } => {
                let event = self.events.push(now, *record, *source);
                effects.push(Effect::Logged(event));
                self.event(record, *change, effects);
            }
            Observation::Backlog(records) => {
                for event in self.events.push_backlog(now, records) {
                    let record = event.record;
                    effects.push(Effect::Logged(event));
                    self.event(&record, None, effects);
                }
            }
            Observation::HotSwap(change) => self.hot_swap(*change, effects),
            Observation::Led { fru, led_id, shows } => self.led(*fru, *led_id, *shows, effects),
            Observation::OrderDone { order, result } => self.order_done(*order, result, effects),
        }
    }

    /// Everything in it is repeatable: the scanner may know it already.
    fn audit(&mut self, effects: &mut Vec<Effect>) {
        let addresses: Vec<u8> = self.controllers.keys().copied().collect();
        for address in addresses {
            let id = self.order_id();
            effects.push(Effect::Order(Order::new(id, Action::Watch(address))));
        }
        self.finish_moved(effects);
        let is_repeatable = |pending: &Pending| pending.action.is_repeatable();
        for (id, pending) in self
            .orders
            .iter()
            .filter(|(_, pending)| is_repeatable(pending))
        {
            effects.push(Effect::Order(pending.order(*id)));
        }
        let lost: Vec<u64> = self
            .orders
            .iter()
            .filter(|(_, pending)| !is_repeatable(pending))
            .map(|(id, _)| *id)
            .collect();
        for id in lost {
            self.finish(id, Err(OrderError::PortDown), effects);
        }
    }

    /// Orders that their FRU did not wait for: who was to carry them out may have done so, or may
    /// not, before it was gone.
    fn finish_moved(&mut self, effects: &mut Vec<Effect>) {
        let moved: Vec<_> = self
            .orders
            .iter()
            .filter_map(|(id, pending)| {
                let before = pending.in_state?;
                let now = self.state(pending.action.moves()?)?;
                let is_done = pending.action.led(before, now);
                let result = if is_done {
                    Ok(Vec::new())
                } else {
                    Err(OrderError::Moved)
                };
                (now != before).then_some((*id, result))
            })
            .collect();
        for (id, result) in moved {
            self.finish(id, result, effects);
        }
    }

    /// The hot swap state of a FRU; `None` when it has none, or nobody knows it now.
    fn state(&self, fru: FruAddress) -> Option<u8> {
        let known = self.fru(fru)?.state;
        known.filter(|state| *state != COMMUNICATION_LOST)
    }

    fn act(&mut self, tag: Option<u64>, action: &Action, effects: &mut Vec<Effect>) {
        let in_state = action.moves().and_then(|fru| self.state(fru));
        if in_state.is_some() && self.repeat(tag, action, in_state, effects) {
            return;
        }
        let refusal = if self.orders.len() >= ORDERS_MAX {
            Some(OrderError::TooMany)
        } else if !self.is_port_up && !action.is_repeatable() {
            Some(OrderError::PortDown)
        } else {
            None
        };
        if let (Some(error), Some(tag)) = (refusal, tag) {
            effects.push(Effect::Done {
                tag,
                result: Err(error),
            });
        }
        if refusal.is_some() {
            return;
        }
        let id = self.order_id();
        let pending = Pending {
            tag,
            action: action.clone(),
            in_state,
        };
        // While the port is down it waits: the audit when the port is back sends it.
        if self.is_port_up {
            effects.push(Effect::Order(pending.order(id)));
        }
        self.orders.insert(id, pending);
    }

    /// What was ordered already, as an audit does, is the same order as long as its FRU is as it
    /// was. Once that has moved, the old order is forgotten: nobody can tell the two apart.
    fn repeat(
        &mut self,
        tag: Option<u64>,
        action: &Action,
        in_state: Option<u8>,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let mut orders = self.orders.iter();
        let same = orders.find(|(_, it)| it.tag == tag && it.action == *action);
        let Some((id, pending)) = same else {
            return false;
        };
        let (id, is_same) = (*id, pending.in_state == in_state);
        if !is_same {
            self.orders.remove(&id);
        } else if self.is_port_up {
            effects.push(Effect::Order(pending.order(id)));
        }
        is_same
    }

    fn order_done(&mut self, id: u64, result: &OrderResult, effects: &mut Vec<Effect>) {
        let Some(pending) = self.orders.get(&id) else {
            return;
        };
        let is_repeated = *result == Err(OrderError::PortDown) && pending.action.is_repeatable();
        if !is_repeated {
            self.finish(id, result.clone(), effects);
        }
    }

    fn finish(&mut self, id: u64, result: OrderResult, effects: &mut Vec<Effect>) {
        if let Some(tag) = self.orders.remove(&id).and_then(|pending| pending.tag) {
            effects.push(Effect::Done { tag, result });
        }
    }

    fn order_id(&mut self) -> u64 {
        self.next_order += 1;
        self.next_order
    }
}

impl Machine for Shelf {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        if let Some(event) = self.watchdog.expire(at.time) {
            self.observed(at.time, &watchdog::observation(event), effects);
        }
        match input {
            Input::Observed(observation) => self.observed(at.time, observation, effects),
            Input::Act { tag, action } => self.act(Some(*tag), action, effects),
            Input::Audit => self.audit(effects),
            Input::ClearEvents => self.events.clear(at.time),
            Input::DeleteEvent { number } => self.events.delete(at.time, *number),
            Input::Watchdog(input) => self.watchdog.take(at.time, input),
            Input::InventoryWritten { fru, bytes } => self.inventory_written(*fru, bytes),
            Input::Tick => {}
        }
        self.give_up(at.time, effects);
    }

    fn deadline(&self) -> Option<Time> {
        let silent = self
            .controllers
            .values()
            .filter_map(|entry| entry.silent_since);
        let timeout = self.config.lost_timeout;
        let lost = timeout.and_then(|timeout| Some(silent.min()?.after(timeout)));
        lost.into_iter().chain(self.watchdog.deadline()).min()
    }
}

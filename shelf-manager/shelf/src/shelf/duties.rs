//! What the shelf manager does when controllers come, go and change.
//!
//! Source: PICMG 3.0 R3.0, FRU state transitions and shelf manager actions.

use super::{CONTROLLERS_MAX, ControllerEntry, Effect, FruEntry, Notice, Shelf};
use crate::{Action, FruAddress, HotSwapChange, LossCause};
use alloc::vec::Vec;
use ipmi::command::picmg::LedShows;
use ipmi::description::Controller;
use ipmi::sel::{Record, RecordBody, SENSOR_TYPE_HOT_SWAP};
use machine::Time;

/// Hot swap states. Source: PICMG 3.0 R3.0, FRU states.
const NOT_INSTALLED: u8 = 0;
const INACTIVE: u8 = 1;
const ACTIVATION_REQUEST: u8 = 2;
const DEACTIVATION_REQUEST: u8 = 5;
const DEACTIVATION_IN_PROGRESS: u8 = 6;
pub(super) const COMMUNICATION_LOST: u8 = 7;

/// Causes of state changes. Source: PICMG 3.0 R3.0, FRU hot swap event message.
const NORMAL: u8 = 0x0;
const COMMUNICATION: u8 = 0x4;
const SURPRISE_EXTRACTION: u8 = 0x6;
const SUPPLIED_INFORMATION: u8 = 0x7;
const UNKNOWN: u8 = 0xf;

/// Address and FRU id of the shelf FRU. Source: PICMG 3.0 R3.0, shelf FRU information.
const SHELF_FRU: FruAddress = FruAddress {
    address: 0x20,
    fru_id: 254,
};

impl Shelf {
    pub(super) fn found(&mut self, found: &Controller, effects: &mut Vec<Effect>) {
        let address = found.address;
        let known = self
            .controllers
            .get(&address)
            .map(|entry| &entry.description);
        // Another board in the same slot: the old one was extracted while nobody looked.
        if known.is_some_and(|known| is_other_hardware(known, found)) {
            self.remove(address, SURPRISE_EXTRACTION, effects);
        }
        if self.controllers.contains_key(&address) {
            self.found_again(found, effects);
        } else if self.controllers.len() < CONTROLLERS_MAX {
            let fru = |state| FruEntry {
                state,
                ..FruEntry::default()
            };
            let frus = found.frus.iter().map(|f| (f.fru_id, fru(f.hot_swap_state)));
            let frus = frus.collect();
            let entry = ControllerEntry {
                description: found.clone(),
                silent_since: None,
                frus,
            };
            self.controllers.insert(address, entry);
            effects.push(Effect::Up(Notice::ControllerAdded(found.clone())));
        }
        // The shelf's activation record decides about every FRU that waits.
        let is_shelf = address == SHELF_FRU.address;
        let waiting = self
            .controllers
            .iter()
            .filter(|(other, _)| is_shelf || **other == address);
        let waiting = waiting.flat_map(|(address, entry)| {
            let address = *address;
            entry.frus.keys().map(move |fru_id| FruAddress {
                address,
                fru_id: *fru_id,
            })
        });
        for fru in waiting.collect::<Vec<_>>() {
            self.react(fru, effects);
        }
    }

    /// Tells only what is different from what is known.
    fn found_again(&mut self, found: &Controller, effects: &mut Vec<Effect>) {
        let address = found.address;
        let Some(entry) = self.controllers.get_mut(&address) else {
            return;
        };
        if entry.silent_since.take().is_some() {
            effects.push(Effect::Up(Notice::ControllerRestored { address }));
        }
        if without_states(&entry.description) != without_states(found) {
            entry
                .frus
                .retain(|fru_id, _| found.frus.iter().any(|fru| fru.fru_id == *fru_id));
            effects.push(Effect::Up(Notice::ControllerAdded(found.clone())));
        }
        entry.description = found.clone();
        for fru in &found.frus {
            let known = entry.frus.entry(fru.fru_id).or_default();
            let (Some(current), previous) = (fru.hot_swap_state, known.state) else {
                continue;
            };
            let is_back = previous == Some(COMMUNICATION_LOST);
            let cause = if is_back { COMMUNICATION } else { UNKNOWN };
            if previous != Some(current) {
                let fru = FruAddress {
                    address,
                    fru_id: fru.fru_id,
                };
                let previous = previous.unwrap_or(NOT_INSTALLED);
                let change = HotSwapChange {
                    fru,
                    previous,
                    current,
                    cause,
                };
                take(known, change);
                effects.push(Effect::Up(Notice::HotSwap(change)));
            }
        }
    }

    /// The board stays the same board: when it is discovered again, its new inventory is known.
    pub(super) fn inventory_written(&mut self, fru: FruAddress, bytes: &[u8]) {
        let controller = self.controllers.get_mut(&fru.address);
        let mut frus = controller
            .into_iter()
            .flat_map(|it| &mut it.description.frus);
        if let Some(known) = frus.find(|known| known.fru_id == fru.fru_id) {
            known.inventory = bytes.to_vec();
        }
    }

    pub(super) fn lost(
        &mut self,
        now: Time,
        address: u8,
        cause: LossCause,
        effects: &mut Vec<Effect>,
    ) {
        let Some(entry) = self.controllers.get_mut(&address) else {
            return;
        };
        let states = || entry.frus.values().filter_map(|fru| fru.state);
        let was_active = states().any(|state| state > INACTIVE) || states().count() == 0;
        if cause == LossCause::NotAcknowledged || !was_active {
            self.remove(address, SURPRISE_EXTRACTION, effects);
            return;
        }
        if entry.silent_since.is_some() {
            return;
        }
        entry.silent_since = Some(now);
        for (fru_id, fru) in &mut entry.frus {
            let powered = ACTIVATION_REQUEST..=DEACTIVATION_IN_PROGRESS;
            let Some(previous) = fru.state.filter(|state| powered.contains(state)) else {
                continue;
            };
            let (current, cause) = (COMMUNICATION_LOST, COMMUNICATION);
            let fru_address = FruAddress {
                address,
                fru_id: *fru_id,
            };
            let change = HotSwapChange {
                fru: fru_address,
                previous,
                current,
                cause,
            };
            take(fru, change);
            effects.push(Effect::Up(Notice::HotSwap(change)));
        }
        effects.push(Effect::Up(Notice::ControllerFailed { address }));
    }

    /// FRUs that were inactive are extracted in order, the others by `cause`.
    fn remove(&mut self, address: u8, cause: u8, effects: &mut Vec<Effect>) {
        let Some(entry) = self.controllers.remove(&address) else {
            return;
        };
        for (fru_id, fru) in entry.frus {
            let Some(previous) = fru.state.filter(|state| *state != NOT_INSTALLED) else {
                continue;
            };
            let cause = if previous == INACTIVE { NORMAL } else { cause };
            let fru = FruAddress { address, fru_id };
            let change = HotSwapChange {
                fru,
                previous,
                current: NOT_INSTALLED,
                cause,
            };
            effects.push(Effect::Up(Notice::HotSwap(change)));
        }
        effects.push(Effect::Up(Notice::ControllerRemoved { address }));
    }

    /// Controllers that were silent for too long count as extracted.
    pub(super) fn give_up(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Some(timeout) = self.config.lost_timeout else {
            return;
        };
        let is_over = |entry: &ControllerEntry| {
            entry
                .silent_since
                .is_some_and(|since| since.after(timeout) <= now)
        };
        let over = self.controllers.iter().filter(|(_, entry)| is_over(entry));
        let over: Vec<u8> = over.map(|(address, _)| *address).collect();
        for address in over {
            self.remove(address, SUPPLIED_INFORMATION, effects);
        }
    }

    pub(super) fn event(
        &mut self,
        record: &Record,
        change: Option<HotSwapChange>,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(change) = change {
            self.hot_swap(change, effects);
        }
        if let RecordBody::Event { event, .. } = record.body
            && event.sensor_type != SENSOR_TYPE_HOT_SWAP
        {
            let address = event.generator;
            effects.push(Effect::Up(Notice::SensorEvent { address, event }));
        }
    }

    pub(super) fn hot_swap(&mut self, change: HotSwapChange, effects: &mut Vec<Effect>) {
        let Some(entry) = self.controllers.get_mut(&change.fru.address) else {
            return;
        };
        let Some(fru) = entry.frus.get_mut(&change.fru.fru_id) else {
            return;
        };
        if fru.state == Some(change.current) || change.current > COMMUNICATION_LOST {
            return;
        }
        let change = HotSwapChange {
            previous: fru.state.unwrap_or(change.previous),
            ..change
        };
        take(fru, change);
        effects.push(Effect::Up(Notice::HotSwap(change)));
        self.react(change.fru, effects);
    }

    pub(super) fn led(
        &mut self,
        fru: FruAddress,
        led_id: u8,
        shows: LedShows,
        effects: &mut Vec<Effect>,
    ) {
        let entry = self.controllers.get_mut(&fru.address);
        if let Some(known) = entry.and_then(|entry| entry.frus.get_mut(&fru.fru_id)) {
            if led_id == 0 && known.blue_led.replace(shows) == Some(shows) {
                return;
            }
            effects.push(Effect::Up(Notice::Led { fru, led_id, shows }));
        }
    }

    /// Answers a FRU's request where nobody else does.
    fn react(&mut self, fru: FruAddress, effects: &mut Vec<Effect>) {
        let state = self.fru(fru).and_then(|known| known.state);
        let action = match state {
            Some(ACTIVATION_REQUEST) if self.config.activates && self.is_permitted(fru) => {
                Action::Activate(fru)
            }
            Some(DEACTIVATION_REQUEST) if self.config.deactivates => Action::Deactivate(fru),
            Some(_) | None => return,
        };
        let mut orders = self.orders.values();
        if !orders.any(|it| it.action == action && it.in_state == state) {
            self.act(None, &action, effects);
        }
    }

    /// Whether the shelf's activation record lets the shelf manager activate this FRU.
    fn is_permitted(&self, fru: FruAddress) -> bool {
        let Some(entry) = self.controllers.get(&SHELF_FRU.address) else {
            return false;
        };
        let shelf = entry
            .description
            .frus
            .iter()
            .find(|f| f.fru_id == SHELF_FRU.fru_id);
        let says = |inventory: &Vec<u8>| {
            ipmi::fru::picmg::shelf_manager_activates(inventory, fru.address, fru.fru_id)
        };
        shelf.and_then(|shelf| says(&shelf.inventory)) == Some(true)
    }
}

fn take(fru: &mut FruEntry, change: HotSwapChange) {
    fru.state = Some(change.current);
    fru.previous = Some(change.previous);
    fru.cause = change.cause;
}

/// Whether another board is there than before.
///
/// Choice: firmware may be upgraded while the payload runs, so only device id, manufacturer and
/// product tell boards apart; and an inventory that could be read in part only, or not at all, says
/// nothing against the one that is known.
/// Source: IPMI v2.0 §20.1, Get Device ID.
fn is_other_hardware(known: &Controller, found: &Controller) -> bool {
    let device = |controller: &Controller| {
        let (id, product) = (
            controller.device_id.first(),
            controller.device_id.get(6..11),
        );
        (id.copied(), product.map(<[u8]>::to_vec))
    };
    let inventory = |controller: &Controller| {
        let own = controller.frus.iter().find(|fru| fru.fru_id == 0);
        own.map_or(Vec::new(), |fru| fru.inventory.clone())
    };
    let (before, now) = (inventory(known), inventory(found));
    let agrees = before.starts_with(&now) || now.starts_with(&before);
    device(known) != device(found) || !agrees
}

fn without_states(controller: &Controller) -> Controller {
    let mut controller = controller.clone();
    controller
        .frus
        .iter_mut()
        .for_each(|fru| fru.hot_swap_state = None);
    controller
}

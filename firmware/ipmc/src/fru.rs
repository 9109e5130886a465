//! The FRUs of a controller: its own, 0, and the modules behind it. Each has its hot swap states,
//! payload power, power level and LEDs.
//!
//! Source: PICMG 3.0 R3.0, managed FRUs.
//! Invariant: a module has payload power only while FRU 0 has.

use crate::config::{Config, FruConfig, HotSwapConfig};
use crate::hot_swap::{self, Cause, HotSwap, HotSwapState, NoEdge};
use crate::led::{self, Leds};
use crate::power::Power;
use crate::{Effect, HOT_SWAP_SENSOR, Hardware, Ipmc, bused};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::sel::{self, Event, HotSwapEvent};
use machine::Time;
use serde::{Deserialize, Serialize};

/// The controller's own FRU.
pub(crate) const OWN: u8 = 0;

/// One FRU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fru {
    /// `None` when it cannot be swapped.
    pub(crate) hot_swap: Option<HotSwap>,
    /// Number of its hot swap sensor.
    pub(crate) sensor: u8,
    /// The change of state that was told last: from, to, why.
    told: (HotSwapState, HotSwapState, Cause),
    timing: Option<HotSwapConfig>,
    pub(crate) payload: Payload,
    /// `None` when it has no power levels.
    pub(crate) power: Option<Power>,
    pub(crate) leds: Leds,
}

/// Payload power of one FRU.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payload {
    pub(crate) on: bool,
    /// Whether it was asked for and still waits for a power level.
    waits: bool,
    /// When it is up, or down, as was ordered last.
    done_at: Option<Time>,
    /// When it draws no more than its steady power; `None` once it does.
    steady_at: Option<Time>,
}

/// All FRUs of a configuration. FRU 0 is there even where it has no inventory.
pub(crate) fn all(config: &Config) -> BTreeMap<u8, Fru> {
    let own = config.hot_swap.as_ref();
    let own_is_active = own.is_none_or(|found| found.is_active);
    let modules = config.frus.iter().filter(|fru| fru.fru_id != OWN);
    let modules = modules.map(|fru| (fru.fru_id, Fru::module(fru, own_is_active)));
    let own = (OWN, Fru::own(config, own_is_active));
    [own].into_iter().chain(modules).collect()
}

impl Fru {
    fn own(config: &Config, is_active: bool) -> Self {
        let own = config.frus.iter().find(|fru| fru.fru_id == OWN);
        let leds = own.map_or(&[][..], |fru| &fru.leds);
        let timing = config.hot_swap.clone();
        let power = config.power.as_ref();
        Self {
            hot_swap: timing.as_ref().map(hot_swap),
            sensor: HOT_SWAP_SENSOR,
            told: told_at_start(timing.as_ref()),
            payload: Payload::new(is_active),
            power: power.map(|power| Power::new(power, is_active)),
            leds: match leds {
                [] => Leds::new(&led::of_a_board()),
                leds => Leds::new(leds),
            },
            timing,
        }
        .showing()
    }

    /// A module that cannot be swapped is a part of the board, and has power when that has.
    fn module(config: &FruConfig, carrier_is_active: bool) -> Self {
        let found = config.hot_swap.as_ref();
        let timing = found.map(|found| HotSwapConfig {
            is_active: found.swap.is_active && found.is_present && carrier_is_active,
            ..found.swap.clone()
        });
        let is_active = timing
            .as_ref()
            .map_or(carrier_is_active, |found| found.is_active);
        let power = config.power.as_ref();
        Self {
            hot_swap: timing.as_ref().map(|timing| HotSwap {
                held: !carrier_is_active,
                ..hot_swap(timing)
            }),
            sensor: found.map_or(0, |found| found.sensor),
            told: told_at_start(timing.as_ref()),
            payload: Payload::new(is_active),
            power: power.map(|power| Power::new(power, is_active)),
            leds: match (&config.leds[..], &timing) {
                ([], Some(_)) => Leds::new(&led::of_a_module()),
                (leds, _) => Leds::new(leds),
            },
            timing,
        }
        .showing()
    }

    /// With LEDs that show the state that it starts in.
    fn showing(mut self) -> Self {
        let state = self.hot_swap.map(|hot_swap| hot_swap.state);
        self.leds.follow(state.unwrap_or(HotSwapState::Active));
        self
    }

    /// Whether it is plugged in. What cannot be swapped always is.
    pub(crate) fn is_present(&self) -> bool {
        let state = self.hot_swap.map(|hot_swap| hot_swap.state);
        state != Some(HotSwapState::NotInstalled)
    }

    /// Whether it may have payload power, and links: in M3, M4 and M5.
    pub(crate) fn is_up(&self) -> bool {
        use HotSwapState as M;
        self.hot_swap.is_none_or(|hot_swap| {
            matches!(
                hot_swap.state,
                M::ActivationInProgress | M::Active | M::DeactivationRequest
            )
        })
    }

    /// What its payload draws now, W.
    pub(crate) fn draw_w(&self) -> u16 {
        let power = self.power.as_ref().filter(|_| self.payload.on);
        power.map_or(0, |power| power.draw_w(self.payload.steady_at.is_some()))
    }

    /// The next time that it waits for.
    pub(crate) fn deadline(&self) -> Option<Time> {
        let payload = [self.payload.done_at, self.payload.steady_at];
        payload
            .into_iter()
            .flatten()
            .chain(self.leds.deadline())
            .min()
    }

    /// Management power is gone; the activation policy stays.
    fn lose_power(&mut self) {
        if let Some(hot_swap) = &mut self.hot_swap {
            hot_swap.lose_power();
            self.leds.follow(hot_swap.state);
        }
        if let Some(power) = self.power.as_mut().filter(|_| self.hot_swap.is_some()) {
            power.level = 0;
        }
        self.payload = Payload::new(self.hot_swap.is_none());
        self.leds.forget();
    }
}

impl Payload {
    fn new(on: bool) -> Self {
        Self {
            on,
            ..Self::default()
        }
    }
}

fn hot_swap(config: &HotSwapConfig) -> HotSwap {
    match config.is_active {
        true => HotSwap::active(),
        false => HotSwap::new(!config.handle_closed),
    }
}

/// A FRU that starts in a state did not come from another one.
fn told_at_start(config: Option<&HotSwapConfig>) -> (HotSwapState, HotSwapState, Cause) {
    let state = config.map_or(HotSwapState::Active, |config| hot_swap(config).state);
    (state, state, Cause::Normal)
}

impl Ipmc {
    /// Whether payload power of a FRU is on; not, when there is no such FRU.
    pub(crate) fn payload_on(&self, fru_id: u8) -> bool {
        self.frus.get(&fru_id).is_some_and(|fru| fru.payload.on)
    }

    /// FRU device ids of the modules that can be swapped.
    fn modules(&self) -> Vec<u8> {
        let modules = self.frus.iter().filter(|(id, _)| **id != OWN);
        let modules = modules.filter(|(_, fru)| fru.hot_swap.is_some());
        modules.map(|(id, _)| *id).collect()
    }

    /// Management power came: to FRU 0 first, as it carries the others.
    pub(crate) fn power_up(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let input = hot_swap::Input::ManagementPower;
        // Power that is there already changes nothing.
        let _ = self.swap(now, OWN, input, effects);
        for fru in self.config.frus.clone() {
            if fru.hot_swap.is_some_and(|found| found.is_present) {
                let _ = self.swap(now, fru.fru_id, input, effects);
            }
        }
    }

    /// Management power went: nobody can be told, and nothing is driven any more.
    pub(crate) fn power_down(&mut self) {
        for fru in self.frus.values_mut() {
            fru.lose_power();
        }
        for module in self.modules() {
            self.set_held(module, true);
        }
        self.keys.clear(&mut Vec::new());
        self.resources = bused::Resources::default();
    }

    fn set_held(&mut self, fru_id: u8, held: bool) {
        let fru = self.frus.get_mut(&fru_id);
        if let Some(hot_swap) = fru.and_then(|fru| fru.hot_swap.as_mut()) {
            hot_swap.held = held;
        }
    }

    /// A module was plugged in, or pulled out.
    pub(crate) fn module_moved(
        &mut self,
        now: Time,
        (fru_id, inserted): (u8, Option<bool>),
        effects: &mut Vec<Effect>,
    ) {
        if fru_id == OWN || !self.has_management_power() {
            return;
        }
        let input = match inserted {
            None => hot_swap::Input::Extracted,
            Some(handle_closed) => {
                let handle = match handle_closed {
                    true => hot_swap::Input::HandleClosed,
                    false => hot_swap::Input::HandleOpened,
                };
                // Of a module that is there already, the handle moves.
                let _ = self.swap(now, fru_id, handle, effects);
                hot_swap::Input::ManagementPower
            }
        };
        let _ = self.swap(now, fru_id, input, effects);
    }

    fn has_management_power(&self) -> bool {
        self.frus.get(&OWN).is_some_and(Fru::is_present)
    }

    /// Lets the hot swap machine of a FRU take one step; the error is that there is no such edge.
    pub(crate) fn swap(
        &mut self,
        now: Time,
        fru_id: u8,
        input: hot_swap::Input,
        effects: &mut Vec<Effect>,
    ) -> Result<(), NoEdge> {
        let fru = self.frus.get_mut(&fru_id);
        let Some(hot_swap) = fru.and_then(|fru| fru.hot_swap.as_mut()) else {
            return Ok(());
        };
        let mut orders = Vec::new();
        hot_swap.apply(input, &mut orders)?;
        for order in orders {
            match order {
                hot_swap::Effect::SendEvent {
                    previous,
                    current,
                    cause,
                } => self.tell_state(fru_id, (previous, current, cause), effects),
                hot_swap::Effect::SetPayload(true) => {
                    self.set_waits(fru_id, true);
                    self.start_payload(now, fru_id, effects);
                }
                hot_swap::Effect::SetPayload(false) => self.stop_payload(now, fru_id, effects),
            }
        }
        Ok(())
    }

    fn tell_modules(&mut self, now: Time, input: hot_swap::Input, effects: &mut Vec<Effect>) {
        for module in self.modules() {
            // What its carrier does is an edge in each state.
            let _ = self.swap(now, module, input, effects);
        }
    }

    fn tell_state(
        &mut self,
        fru_id: u8,
        change: (HotSwapState, HotSwapState, Cause),
        effects: &mut Vec<Effect>,
    ) {
        let Some(fru) = self.frus.get_mut(&fru_id) else {
            return;
        };
        fru.leds.follow(change.1);
        fru.told = change;
        if let Some(event) = self.hot_swap_event(fru_id) {
            self.send_event(event, effects);
        }
    }

    /// The event of a FRU's last change of state; `None` when it cannot be swapped.
    pub(crate) fn hot_swap_event(&self, fru_id: u8) -> Option<Event> {
        let fru = self
            .frus
            .get(&fru_id)
            .filter(|fru| fru.hot_swap.is_some())?;
        let (previous, current, cause) = fru.told;
        let data = HotSwapEvent {
            current: current as u8,
            previous: Some(previous as u8),
            cause: Some(cause as u8),
            fru_id: Some(fru_id),
        };
        Some(Event {
            generator: self.config.address,
            generator_lun: 0,
            revision: 0x04,
            sensor_type: sel::SENSOR_TYPE_HOT_SWAP,
            number: fru.sensor,
            assertion: true,
            event_type: sel::EVENT_TYPE_SENSOR_SPECIFIC,
            data: data.data(),
        })
    }

    fn set_waits(&mut self, fru_id: u8, waits: bool) {
        if let Some(fru) = self.frus.get_mut(&fru_id) {
            fru.payload.waits = waits;
        }
    }

    /// Switches payload power on, once it is wanted and allowed.
    pub(crate) fn start_payload(&mut self, now: Time, fru_id: u8, effects: &mut Vec<Effect>) {
        let Some(fru) = self.frus.get_mut(&fru_id) else {
            return;
        };
        let Some(timing) = &fru.timing else {
            return;
        };
        let is_off = fru.power.as_ref().is_none_or(|power| power.level == 0);
        if !fru.payload.waits || timing.waits_for_power_level && is_off {
            return;
        }
        let mut early = Duration::ZERO;
        if let Some(power) = &mut fru.power {
            if is_off {
                power.level = power.start_level();
            }
            early = power.early_time();
        }
        fru.payload = Payload {
            on: fru.payload.on,
            waits: false,
            done_at: Some(now.after(timing.payload_up)),
            steady_at: (early > Duration::ZERO).then(|| now.after(early)),
        };
        effects.push(payload_power(fru_id, true));
        self.set_payload(now, (fru_id, true), effects);
    }

    fn stop_payload(&mut self, now: Time, fru_id: u8, effects: &mut Vec<Effect>) {
        if fru_id == OWN {
            self.tell_modules(now, hot_swap::Input::CarrierDown, effects);
            // In M6 the board stops its own links; nobody else does.
            self.keys.clear(effects);
            self.resources.clear(effects);
        }
        let Some(fru) = self.frus.get_mut(&fru_id) else {
            return;
        };
        let down = fru.timing.as_ref();
        let down = down.map_or(Duration::ZERO, |timing| timing.payload_down);
        fru.payload = Payload {
            on: fru.payload.on,
            waits: false,
            done_at: Some(now.after(down)),
            steady_at: None,
        };
        if let Some(power) = &mut fru.power {
            power.level = 0;
        }
        effects.push(payload_power(fru_id, false));
        self.set_payload(now, (fru_id, false), effects);
    }

    /// Payload power off by its level: the hot swap state stays, and the next level brings it back.
    pub(crate) fn cut_payload(&mut self, now: Time, fru_id: u8, effects: &mut Vec<Effect>) {
        if fru_id == OWN && self.payload_on(OWN) {
            self.tell_modules(now, hot_swap::Input::CarrierDown, effects);
        }
        let Some(fru) = self.frus.get_mut(&fru_id) else {
            return;
        };
        if fru.hot_swap.is_some() && fru.payload.on {
            fru.payload = Payload {
                on: true,
                waits: true,
                ..Payload::default()
            };
            effects.push(payload_power(fru_id, false));
            self.set_payload(now, (fru_id, false), effects);
        }
    }

    /// Sensors of the payload measure only while it has power.
    fn set_payload(&mut self, now: Time, (fru_id, on): (u8, bool), effects: &mut Vec<Effect>) {
        if !on {
            self.payload_stopped(now, fru_id);
        }
        if fru_id == OWN {
            self.forget_system_state();
        }
        if let Some(fru) = self.frus.get_mut(&fru_id) {
            fru.payload.on = on;
        }
        let sensors = self.sensors.iter();
        let sensors = sensors.filter(|(_, sensor)| sensor.fru_id == fru_id);
        let numbers: Vec<u8> = sensors.map(|(number, _)| *number).collect();
        for number in numbers {
            self.measure(number, effects);
        }
    }

    /// Payload power that is due to be up or down, and LEDs whose test is over.
    pub(crate) fn tick_frus(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let ids: Vec<u8> = self.frus.keys().copied().collect();
        for fru_id in ids {
            let Some(fru) = self.frus.get_mut(&fru_id) else {
                continue;
            };
            fru.leds.tick(now);
            fru.payload.steady_at = fru.payload.steady_at.filter(|at| now < *at);
            if fru.payload.done_at.is_some_and(|at| at <= now) {
                fru.payload.done_at = None;
                let on = fru.payload.on;
                self.payload_done(now, (fru_id, on), effects);
            }
        }
    }

    fn payload_done(&mut self, now: Time, (fru_id, on): (u8, bool), effects: &mut Vec<Effect>) {
        let done = match on {
            true => hot_swap::Input::PayloadUp,
            false => hot_swap::Input::PayloadDown,
        };
        // A state that was left meanwhile waits for neither.
        let _ = self.swap(now, fru_id, done, effects);
        if on && fru_id == OWN {
            self.tell_modules(now, hot_swap::Input::CarrierUp, effects);
        }
    }

    /// Tells the hardware which LEDs show something else now.
    pub(crate) fn tell_leds(&mut self, effects: &mut Vec<Effect>) {
        for (fru_id, fru) in &mut self.frus {
            let changed = fru.leds.untold(fru.payload.on);
            effects.extend(changed.into_iter().map(|(led_id, shown)| {
                Effect::Hardware(Hardware::Led {
                    fru_id: *fru_id,
                    led_id,
                    shown,
                })
            }));
        }
    }
}

fn payload_power(fru_id: u8, on: bool) -> Effect {
    match fru_id {
        OWN => Effect::PayloadPower(on),
        _ => Effect::Hardware(Hardware::ModulePower { fru_id, on }),
    }
}

//! Presence: which controllers are there, and whether they still answer.

use super::bus::{Failure, SHELF_MANAGER, Timer, Urgency, answer, presence, target, to};
use super::discover::Discovery;
use super::{Answer, Effect, Purpose, Scanner, WATCHES_MAX};
use crate::{FruAddress, HotSwapChange, LossCause, Observation};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::command::picmg::{GetFruLedState, LedShows};
use ipmi::command::sensor::{GetSensorReading, SensorReading};
use ipmi::description::SensorAddress;

/// Cause of a hot swap state change that nobody explained. Source: PICMG 3.0 R3.0, hot swap event.
pub(super) const CAUSE_UNKNOWN: u8 = 0x0f;

/// What is known about one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Watch {
    pub(super) state: WatchState,
    /// How often in a row there was no answer.
    misses: u8,
    /// The loss that was observed already.
    lost: Option<LossCause>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum WatchState {
    /// Nobody was found there.
    #[default]
    Absent,
    /// Somebody answers and is being asked.
    Discovering(Box<Discovery>),
    /// Discovered.
    Present(Box<Present>),
}

/// A controller that was discovered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Present {
    /// Hot swap sensors and their FRUs.
    pub(super) hot_swap: Vec<(SensorAddress, u8)>,
    /// Hot swap state of each FRU that has one, as last observed.
    pub(super) states: BTreeMap<u8, u8>,
    /// A polled state that differs, waiting to be believed.
    pub(super) suspect: Option<(u8, u8)>,
    /// What the blue LEDs show, as last observed.
    pub(super) blue_leds: BTreeMap<u8, Option<LedShows>>,
    /// Blue LEDs to look at as soon as all events of the state change are there.
    pub(super) leds_due: BTreeSet<u8>,
    /// Blue LEDs to look at once more: they follow a state change with some delay.
    leds_again: BTreeSet<u8>,
    /// Which hot swap sensor the next check reads.
    turn: usize,
}

impl Watch {
    pub(super) fn is_present(&self) -> bool {
        self.present().is_some()
    }

    pub(super) fn present(&self) -> Option<&Present> {
        match &self.state {
            WatchState::Present(present) => Some(present),
            WatchState::Absent | WatchState::Discovering(_) => None,
        }
    }

    pub(super) fn present_mut(&mut self) -> Option<&mut Present> {
        match &mut self.state {
            WatchState::Present(present) => Some(present),
            WatchState::Absent | WatchState::Discovering(_) => None,
        }
    }
}

impl Present {
    /// One whose hot swap sensors, states and blue LEDs discovery found.
    pub(super) fn new(
        hot_swap: Vec<(SensorAddress, u8)>,
        states: BTreeMap<u8, u8>,
        blue_leds: BTreeMap<u8, Option<LedShows>>,
    ) -> Self {
        Self {
            hot_swap,
            states,
            blue_leds,
            ..Self::default()
        }
    }

    fn next_sensor(&mut self) -> Option<SensorAddress> {
        let (sensor, _) = self.hot_swap.get(self.turn % self.hot_swap.len().max(1))?;
        Some(*sensor)
    }

    pub(super) fn fru_of(&self, sensor: SensorAddress) -> Option<u8> {
        self.hot_swap
            .iter()
            .find(|(other, _)| *other == sensor)
            .map(|(_, fru_id)| *fru_id)
    }
}

/// The hot swap state that a sensor shows; `None` when it shows none, or several.
pub(super) fn shown_state(reading: &SensorReading) -> Option<u8> {
    let states = reading.state_bits() & 0xff;
    let is_one = reading.available() && states.count_ones() == 1;
    is_one.then(|| u8::try_from(states.trailing_zeros()).unwrap_or(0))
}

impl Scanner {
    /// Looks at this address from now on; `false` when there are too many.
    pub(super) fn watch(&mut self, address: u8) -> bool {
        let fits = self.watches.len() < WATCHES_MAX || self.watches.contains_key(&address);
        if fits && !self.watches.contains_key(&address) {
            self.watches.insert(address, Watch::default());
            self.look(address);
        }
        fits
    }

    /// Looks at an address now, unless that is under way.
    pub(super) fn look(&mut self, address: u8) {
        let Some(watch) = self.watches.get_mut(&address) else {
            return;
        };
        self.bus.cancel(|timer| *timer == Timer::Check(address));
        let (purpose, request) = match &mut watch.state {
            WatchState::Discovering(_) => return,
            WatchState::Absent => (Purpose::Probe(address), GetDeviceId {}.request()),
            WatchState::Present(present) => {
                let request = present.next_sensor().map_or_else(
                    || GetDeviceId {}.request(),
                    |sensor| {
                        GetSensorReading {
                            number: sensor.number,
                        }
                        .request_on(sensor.lun)
                    },
                );
                (Purpose::Check(address), request)
            }
        };
        if self.is_up && !self.bus.is_asked(&purpose) {
            self.bus
                .ask(purpose, Urgency::Now, (target(address), request));
            let present = self.watches.get_mut(&address).and_then(Watch::present_mut);
            let again = present.map(|present| core::mem::take(&mut present.leds_again));
            for fru_id in again.unwrap_or_default() {
                self.ask_led(FruAddress { address, fru_id });
            }
        }
    }

    pub(super) fn probed(&mut self, address: u8, result: &Answer, effects: &mut Vec<Effect>) {
        let interval = self.config.probe_interval;
        let Some(watch) = self.watches.get_mut(&address) else {
            return;
        };
        match presence(result) {
            Ok(response) => {
                watch.misses = 0;
                watch.lost = None;
                self.discover(address, response.data.clone());
                return;
            }
            Err(failure) => {
                // Who was silent and is off the bus now was taken out meanwhile: that is news.
                let is_news = |cause: &LossCause| match watch.lost {
                    None => true,
                    Some(known) => known == LossCause::Silent && *cause != known,
                };
                if let Some(cause) = loss(failure).filter(is_news) {
                    watch.lost = Some(cause);
                    let lost = Observation::ControllerLost { address, cause };
                    effects.push(Effect::Observe(lost));
                }
                self.judge_none(address, result, effects);
            }
        }
        self.bus
            .set(self.now.after(interval), Timer::Check(address));
        self.release(address, effects);
    }

    pub(super) fn checked(&mut self, address: u8, result: &Answer, effects: &mut Vec<Effect>) {
        let mut delay = self.config.check_interval;
        let Some(watch) = self.watches.get_mut(&address) else {
            return;
        };
        match presence(result) {
            Ok(_) | Err(Failure::Refused(_) | Failure::Malformed) => {
                watch.misses = 0;
                if self.compare(address, result, effects) {
                    delay = self.config.settle_delay;
                    self.poll_sel();
                }
            }
            Err(failure @ (Failure::Absent | Failure::Silent)) => {
                watch.misses = watch.misses.saturating_add(1);
                if watch.misses >= self.config.misses_max
                    && let Some(cause) = loss(failure)
                {
                    self.lost(address, cause, effects);
                    self.judge_none(address, result, effects);
                    return;
                }
                delay = self.config.miss_delay;
            }
        }
        self.bus.set(self.now.after(delay), Timer::Check(address));
    }

    /// Compares a polled hot swap state with what the events said; `true` when it must be looked at
    /// again.
    fn compare(&mut self, address: u8, result: &Answer, effects: &mut Vec<Effect>) -> bool {
        let is_held = self.held.contains_key(&address);
        let watch = self.watches.get_mut(&address);
        let Some(present) = watch.and_then(Watch::present_mut) else {
            return false;
        };
        let Some(sensor) = present.next_sensor() else {
            return false;
        };
        present.turn = present.turn.wrapping_add(1);
        let shown = answer::<GetSensorReading>(result)
            .ok()
            .as_ref()
            .and_then(shown_state);
        let (Some(fru_id), Some(current)) = (present.fru_of(sensor), shown) else {
            return false;
        };
        let known = present.states.get(&fru_id).copied();
        if known == Some(current) || is_held {
            present.suspect = None;
            return false;
        }
        // The same sensor is read again, so that two readings in a row decide.
        present.turn = present.turn.wrapping_sub(1);
        if present.suspect != Some((fru_id, current)) {
            present.suspect = Some((fru_id, current));
            return true;
        }
        present.suspect = None;
        let fru = FruAddress { address, fru_id };
        let previous = known.unwrap_or(current);
        let change = HotSwapChange {
            fru,
            previous,
            current,
            cause: CAUSE_UNKNOWN,
        };
        self.changed(change);
        effects.push(Effect::Observe(Observation::HotSwap(change)));
        false
    }

    /// Somebody who was there did not answer something: look sooner than planned.
    pub(super) fn suspect(&mut self, address: u8, failure: Failure) {
        let is_present = self.watches.get(&address).is_some_and(Watch::is_present);
        if is_present && loss(failure).is_some() {
            self.look(address);
        }
    }

    fn lost(&mut self, address: u8, cause: LossCause, effects: &mut Vec<Effect>) {
        self.forget(address);
        if let Some(watch) = self.watches.get_mut(&address) {
            *watch = Watch {
                lost: Some(cause),
                ..Watch::default()
            };
        }
        effects.push(Effect::Observe(Observation::ControllerLost {
            address,
            cause,
        }));
        self.bus.set(
            self.now.after(self.config.probe_interval),
            Timer::Check(address),
        );
        self.release(address, effects);
    }

    /// Drops what was asked of a controller, except orders: those who gave them want to know.
    pub(super) fn forget(&mut self, address: u8) {
        self.bus.forget(|purpose| match purpose {
            Purpose::Probe(other)
            | Purpose::Check(other)
            | Purpose::Discover(other, _)
            | Purpose::Reading(other, _)
            | Purpose::HotSwap(other) => *other == address,
            Purpose::BlueLed(fru) => fru.address == address,
            Purpose::Enables
            | Purpose::SelTime
            | Purpose::Nothing
            | Purpose::Sel(_)
            | Purpose::Order(_)
            | Purpose::Judge(_)
            | Purpose::DesiredLevel(..) => false,
        });
        self.bus.cancel(|timer| match timer {
            Timer::Check(other) | Timer::Reading(other, _) => *other == address,
            Timer::Sel | Timer::Retry(_) | Timer::Judge(_) => false,
        });
    }

    pub(super) fn ask_reading(&mut self, address: u8, sensor: SensorAddress) {
        let request = GetSensorReading {
            number: sensor.number,
        }
        .request_on(sensor.lun);
        let purpose = Purpose::Reading(address, sensor);
        self.bus
            .ask(purpose, Urgency::Later, (target(address), request));
    }

    pub(super) fn read(
        &mut self,
        (address, sensor): (u8, SensorAddress),
        result: &Answer,
        effects: &mut Vec<Effect>,
    ) {
        let reading = answer::<GetSensorReading>(result);
        if let Err(failure) = reading {
            self.suspect(address, failure);
        }
        let reading = reading.ok();
        effects.push(Effect::Reading {
            address,
            sensor,
            reading,
        });
        let next = self.now.after(self.config.reading_interval);
        self.bus.set(next, Timer::Reading(address, sensor));
    }

    pub(super) fn ask_led(&mut self, fru: FruAddress) {
        let request = to(
            fru.address,
            &GetFruLedState {
                fru_id: fru.fru_id,
                led_id: 0,
            },
        );
        self.bus.ask(Purpose::BlueLed(fru), Urgency::Now, request);
    }

    /// Looks at LEDs whose FRU changed its state, once no event is on its way any more: the LED
    /// that belongs to the last state must not be seen before that state.
    pub(super) fn look_at_leds(&mut self, address: u8) {
        if self.held.contains_key(&address) || self.sel_log.is_reading() {
            return;
        }
        let present = self.watches.get_mut(&address).and_then(Watch::present_mut);
        let Some(present) = present else { return };
        let due = core::mem::take(&mut present.leds_due);
        present.leds_again.extend(&due);
        for fru_id in due {
            self.ask_led(FruAddress { address, fru_id });
        }
    }

    pub(super) fn led_read(&mut self, fru: FruAddress, result: &Answer, effects: &mut Vec<Effect>) {
        let Ok(state) = answer::<GetFruLedState>(result) else {
            return;
        };
        let shows = state.shows();
        let present = self
            .watches
            .get_mut(&fru.address)
            .and_then(Watch::present_mut);
        let Some(shown) = present.and_then(|present| present.blue_leds.get_mut(&fru.fru_id)) else {
            return;
        };
        if shown.replace(shows) != Some(shows) {
            effects.push(Effect::Observe(Observation::Led {
                fru,
                led_id: 0,
                shows,
            }));
        }
    }
}

/// Whether a failure means that nobody is there.
fn loss(failure: Failure) -> Option<LossCause> {
    match failure {
        Failure::Absent => Some(LossCause::NotAcknowledged),
        Failure::Silent => Some(LossCause::Silent),
        Failure::Refused(_) | Failure::Malformed => None,
    }
}

/// The shelf manager's own FRU with the address table. Source: PICMG 3.0 R3.0, shelf FRU
/// information.
pub(super) const SHELF_FRU: FruAddress = FruAddress {
    address: SHELF_MANAGER,
    fru_id: 254,
};

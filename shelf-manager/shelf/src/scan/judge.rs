//! Orders that were given for a hot swap state: carried out only while the FRU is in it.
//!
//! Set FRU Activation means something else in each state, and an order can be old when it comes:
//! the log stood still meanwhile, or somebody else had the hardware and carried it out. So the
//! sensor of the FRU is read first. Whoever gave an order for another state is told that the FRU
//! has moved, and not before that state itself is observed: then there is something to decide anew.
//!
//! Source: PICMG 3.0 R3.0, FRU state transitions.

use super::bus::{Failure, Timer, Urgency, answer, presence, target};
use super::check::{CAUSE_UNKNOWN, WatchState, shown_state};
use super::orders::{done, order_result};
use super::{Answer, Effect, Purpose, Scanner};
use crate::{FruAddress, HotSwapChange, Observation, Order, OrderError};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::sensor::GetSensorReading;
use ipmi::description::SensorAddress;

/// An order that waits until the state of its FRU is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    order: Order,
    fru: FruAddress,
    /// The state for which it was given.
    in_state: u8,
    /// What the sensor showed the last time, where nothing else told of it.
    differs: Option<u8>,
}

/// What is known of the FRU of an order.
enum Known {
    /// Its controller is not discovered yet.
    Nothing,
    /// It was observed in another state.
    Moved,
    /// The sensor tells.
    Sensor(SensorAddress),
    /// Nothing tells.
    Unreadable,
}

impl Scanner {
    /// Carries an order out if its FRU is as it was when that was decided.
    pub(super) fn judge_order(
        &mut self,
        order: &Order,
        (fru, in_state): (FruAddress, u8),
        effects: &mut Vec<Effect>,
    ) {
        if !self.watch(fru.address) {
            done(order.id, Err(OrderError::TooMany), effects);
            return;
        }
        let judged = Judged {
            order: order.clone(),
            fru,
            in_state,
            differs: None,
        };
        self.decide(judged, effects);
    }

    fn decide(&mut self, judged: Judged, effects: &mut Vec<Effect>) {
        let (id, address) = (judged.order.id, judged.fru.address);
        match self.known(&judged) {
            Known::Nothing => {
                self.judged.insert(id, judged);
                self.look(address);
            }
            Known::Moved => done(id, Err(OrderError::Moved), effects),
            Known::Unreadable => {
                self.carry_out(&judged.order);
            }
            Known::Sensor(sensor) => {
                self.judged.insert(id, judged);
                let request = GetSensorReading {
                    number: sensor.number,
                }
                .request_on(sensor.lun);
                let request = (target(address), request);
                self.bus.ask(Purpose::Judge(id), Urgency::Now, request);
            }
        }
    }

    fn known(&self, judged: &Judged) -> Known {
        let watch = self.watches.get(&judged.fru.address);
        let present = match watch.map(|watch| &watch.state) {
            Some(WatchState::Present(present)) => present,
            Some(WatchState::Absent | WatchState::Discovering(_)) | None => return Known::Nothing,
        };
        let fru_id = judged.fru.fru_id;
        let observed = present.states.get(&fru_id);
        if observed.is_some_and(|state| *state != judged.in_state) {
            return Known::Moved;
        }
        let mut sensors = present.hot_swap.iter();
        let sensor = sensors.find(|(_, other)| *other == fru_id);
        sensor.map_or(Known::Unreadable, |(sensor, _)| Known::Sensor(*sensor))
    }

    /// The sensor was read for an order.
    pub(super) fn judged(&mut self, id: u64, result: &Answer, effects: &mut Vec<Effect>) {
        let Some(judged) = self.judged.remove(&id) else {
            return;
        };
        if let Err(failure @ (Failure::Absent | Failure::Silent)) = presence(result) {
            self.order_done(id, result, effects);
            self.suspect(judged.fru.address, failure);
            return;
        }
        let Known::Sensor(_) = self.known(&judged) else {
            self.decide(judged, effects);
            return;
        };
        let reading = answer::<GetSensorReading>(result);
        match reading.ok().as_ref().and_then(shown_state) {
            Some(shown) if shown != judged.in_state => self.differs(judged, shown, effects),
            Some(_) | None => {
                self.carry_out(&judged.order);
            }
        }
    }

    /// The sensor shows a state that nothing told of yet. Its event is awaited; without one, two
    /// readings decide, as they do when nothing is ordered.
    fn differs(&mut self, judged: Judged, shown: u8, effects: &mut Vec<Effect>) {
        let (id, fru) = (judged.order.id, judged.fru);
        if judged.differs == Some(shown) && !self.held.contains_key(&fru.address) {
            let change = HotSwapChange {
                fru,
                previous: judged.in_state,
                current: shown,
                cause: CAUSE_UNKNOWN,
            };
            self.changed(change);
            effects.push(Effect::Observe(Observation::HotSwap(change)));
            done(id, Err(OrderError::Moved), effects);
            return;
        }
        let differs = Some(shown);
        self.judged.insert(id, Judged { differs, ..judged });
        let again = self.now.after(self.config.settle_delay);
        self.bus.set(again, Timer::Judge(id));
        self.poll_sel();
    }

    /// It is time to look again.
    pub(super) fn judge_again(&mut self, id: u64, effects: &mut Vec<Effect>) {
        if let Some(judged) = self.judged.remove(&id) {
            self.decide(judged, effects);
        }
    }

    /// A controller was discovered: what waits for it can be judged.
    pub(super) fn judge_all(&mut self, address: u8, effects: &mut Vec<Effect>) {
        for id in self.judged_of(address) {
            if !self.bus.is_asked(&Purpose::Judge(id)) {
                self.bus.cancel(|timer| *timer == Timer::Judge(id));
                self.judge_again(id, effects);
            }
        }
    }

    /// Nobody is there who could carry out what waits.
    pub(super) fn judge_none(&mut self, address: u8, result: &Answer, effects: &mut Vec<Effect>) {
        for id in self.judged_of(address) {
            self.bus.cancel(|timer| *timer == Timer::Judge(id));
            self.judged.remove(&id);
            done(id, order_result(result), effects);
        }
    }

    fn judged_of(&self, address: u8) -> Vec<u64> {
        let all = self.judged.iter();
        let its = all.filter(|(_, judged)| judged.fru.address == address);
        its.map(|(id, _)| *id).collect()
    }
}

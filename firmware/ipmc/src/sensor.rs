//! Sensors: comparing with thresholds, hysteresis, events.
//!
//! Source: IPMI v2.0 §29 (event messages), §35 (sensor commands).

use crate::config::{Reading, SensorConfig};
use alloc::vec::Vec;
use ipmi::command::sensor as command;
use ipmi::message::CompletionCode;
use ipmi::sel::{EVENT_TYPE_THRESHOLD, Event};
use serde::{Deserialize, Serialize};

const EVENTS_ON: u8 = 0x80;
const SCANNING_ON: u8 = 0x40;
const UNAVAILABLE: u8 = 0x20;
/// Event data 1: trigger reading in data 2, threshold in data 3. Source: IPMI v2.0 Table 29-6.
const READING_AND_THRESHOLD: u8 = 0x50;
/// Sensor type: temperature. Source: IPMI v2.0 Table 42-3.
const TEMPERATURE: u8 = 0x01;
/// Re-arm Sensor Events: only those that are selected. Source: IPMI v2.0 §35.12.
const SELECTED: u8 = 0x80;
/// Thresholds 0–2 are lower ones, 3–5 upper ones.
const FIRST_UPPER: usize = 3;

/// One sensor with its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sensor {
    number: u8,
    sensor_type: u8,
    of_payload: bool,
    /// FRU device id of what it watches.
    pub(crate) fru_id: u8,
    /// Reading; for discrete sensors the states.
    pub(crate) raw: u16,
    kind: Kind,
    flags: u8,
    manual_rearm: bool,
    /// Events that there are.
    supported: u16,
    /// Events that may be sent.
    assertion_mask: u16,
    deassertion_mask: u16,
    /// Events that happened, assertions and deassertions: until the opposite happens or, with
    /// re-arming by hand, until they are re-armed.
    happened: (u16, u16),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Threshold {
        thresholds: [Option<u8>; 6],
        /// Up, down.
        hysteresis: (u8, u8),
        /// Which thresholds are crossed: bits 0–5.
        crossed: u8,
    },
    Discrete {
        event_type: u8,
        states: u16,
        /// States that were told last.
        told: u16,
    },
}

impl Sensor {
    pub(crate) fn new(config: &SensorConfig) -> Self {
        let mask = event_mask(&config.reading);
        let raw = u16::from(config.raw);
        let kind = match &config.reading {
            Reading::Threshold(threshold) => Kind::Threshold {
                thresholds: threshold.thresholds,
                hysteresis: (threshold.hysteresis, threshold.hysteresis),
                crossed: 0,
            },
            Reading::Discrete { event_type, states } => Kind::Discrete {
                event_type: *event_type,
                states: *states,
                told: raw & states,
            },
        };
        let happened = match &kind {
            Kind::Threshold { .. } => 0,
            Kind::Discrete { told, .. } => *told,
        };
        Self {
            number: config.number,
            sensor_type: config.sensor_type,
            of_payload: config.of_payload,
            fru_id: config.fru_id,
            raw,
            kind,
            flags: EVENTS_ON | SCANNING_ON,
            manual_rearm: config.manual_rearm,
            supported: mask,
            assertion_mask: mask,
            deassertion_mask: mask,
            happened: (happened, 0),
        }
    }

    pub(crate) fn is_available(&self, payload_on: bool) -> bool {
        self.flags & SCANNING_ON != 0 && (payload_on || !self.of_payload)
    }

    /// Whether it is a temperature above one of its upper thresholds.
    pub(crate) fn is_too_hot(&self) -> bool {
        match self.kind {
            Kind::Threshold { crossed, .. } => {
                self.sensor_type == TEMPERATURE && crossed >> FIRST_UPPER != 0
            }
            Kind::Discrete { .. } => false,
        }
    }

    /// Looks at the reading, and pushes the events that follow.
    pub(crate) fn measure(&mut self, is_measuring: bool, generator: u8, events: &mut Vec<Event>) {
        if !is_measuring {
            // What is not measured is not crossed; nobody is told, as nothing was measured.
            match &mut self.kind {
                Kind::Threshold { crossed, .. } => *crossed = 0,
                Kind::Discrete { told, .. } => *told = 0,
            }
            if !self.manual_rearm {
                self.happened = (0, 0);
            }
            return;
        }
        let sensor = (generator, self.sensor_type, self.number);
        for (offset, assertion, event_type, data) in self.changes() {
            if self.happens(offset, assertion) {
                events.push(event(sensor, assertion, event_type, data));
            }
        }
    }

    /// An event that tells what happened, and not what is: the offset is in the low bits of its
    /// first data byte. `None` when it shall not be sent.
    pub(crate) fn momentary(&mut self, generator: u8, data: [u8; 3]) -> Option<Event> {
        let Kind::Discrete { event_type, .. } = self.kind else {
            return None;
        };
        let sensor = (generator, self.sensor_type, self.number);
        let is_sent = self.happens(data[0] & 0x0f, true);
        is_sent.then(|| event(sensor, true, event_type, data))
    }

    /// Notes an event; whether it is sent.
    fn happens(&mut self, offset: u8, assertion: bool) -> bool {
        let bit = 1 << offset;
        let (mask, now, opposite) = match assertion {
            true => (
                self.assertion_mask,
                &mut self.happened.0,
                &mut self.happened.1,
            ),
            false => (
                self.deassertion_mask,
                &mut self.happened.1,
                &mut self.happened.0,
            ),
        };
        let is_armed = !self.manual_rearm || *now & bit == 0;
        *now |= bit;
        if !self.manual_rearm {
            *opposite &= !bit;
        }
        is_armed && self.flags & EVENTS_ON != 0 && mask & bit != 0
    }

    /// Takes the reading over; each change with offset, direction, type and event data.
    fn changes(&mut self) -> Vec<(u8, bool, u8, [u8; 3])> {
        let states_now = self.raw;
        let raw = u8::try_from(self.raw).unwrap_or(u8::MAX);
        let mut changes = Vec::new();
        match &mut self.kind {
            Kind::Threshold {
                thresholds,
                hysteresis,
                crossed,
            } => {
                for (index, threshold) in thresholds.iter().enumerate() {
                    let Some(threshold) = *threshold else {
                        continue;
                    };
                    let was = *crossed >> index & 1 == 1;
                    let is = is_crossed(index, raw, (threshold, *hysteresis), was);
                    if was != is {
                        *crossed ^= 1 << index;
                        let offset = event_offset(index);
                        let data = [READING_AND_THRESHOLD | offset, raw, threshold];
                        changes.push((offset, is, EVENT_TYPE_THRESHOLD, data));
                    }
                }
                // What got better is told before what got worse, the gravest end first.
                changes.sort_by_key(|(offset, is, ..)| (*is, if *is { *offset } else { !*offset }));
            }
            Kind::Discrete {
                event_type,
                states,
                told,
            } => {
                let now = states_now & *states;
                let changed = core::mem::replace(told, now) ^ now;
                for offset in 0..15u8 {
                    if changed >> offset & 1 == 1 {
                        let is = now >> offset & 1 == 1;
                        changes.push((offset, is, *event_type, [offset, 0xff, 0xff]));
                    }
                }
            }
        }
        changes
    }

    pub(crate) fn reading(&self, is_measuring: bool) -> command::SensorReading {
        let states = match &self.kind {
            Kind::Threshold { crossed, .. } => u16::from(*crossed) | 0xc0,
            Kind::Discrete { told, .. } => *told,
        };
        let [low, high] = states.to_le_bytes();
        let is_discrete = matches!(self.kind, Kind::Discrete { .. });
        command::SensorReading {
            raw: match is_discrete {
                true => 0,
                false => u8::try_from(self.raw).unwrap_or(u8::MAX),
            },
            flags: self.flags | if is_measuring { 0 } else { UNAVAILABLE },
            states: Some(low),
            states_high: is_discrete.then_some(high | 0x80),
        }
    }

    pub(crate) fn thresholds(&self) -> Result<command::SensorThresholds, CompletionCode> {
        let Kind::Threshold { thresholds, .. } = &self.kind else {
            return Err(CompletionCode::ILLEGAL);
        };
        Ok(command::SensorThresholds {
            mask: readable(thresholds),
            thresholds: thresholds.map(|threshold| threshold.unwrap_or(0)),
        })
    }

    pub(crate) fn set_thresholds(
        &mut self,
        order: &command::SetSensorThresholds,
    ) -> Result<(), CompletionCode> {
        let Kind::Threshold { thresholds, .. } = &mut self.kind else {
            return Err(CompletionCode::ILLEGAL);
        };
        if order.mask & !readable(thresholds) != 0 {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let changes = thresholds.iter_mut().zip(order.thresholds);
        for (index, (threshold, new)) in changes.enumerate() {
            if order.mask >> index & 1 == 1 {
                *threshold = Some(new);
            }
        }
        Ok(())
    }

    pub(crate) fn hysteresis(&self) -> Result<command::SensorHysteresis, CompletionCode> {
        match self.kind {
            Kind::Threshold {
                hysteresis: (positive, negative),
                ..
            } => Ok(command::SensorHysteresis { positive, negative }),
            Kind::Discrete { .. } => Err(CompletionCode::ILLEGAL),
        }
    }

    pub(crate) fn set_hysteresis(
        &mut self,
        order: &command::SetSensorHysteresis,
    ) -> Result<(), CompletionCode> {
        match &mut self.kind {
            Kind::Threshold { hysteresis, .. } => {
                *hysteresis = (order.positive, order.negative);
                Ok(())
            }
            Kind::Discrete { .. } => Err(CompletionCode::ILLEGAL),
        }
    }

    pub(crate) fn event_enable(&self) -> command::SensorEventEnable {
        command::SensorEventEnable {
            flags: self.flags,
            assertion: Some(self.assertion_mask),
            deassertion: Some(self.deassertion_mask),
        }
    }

    pub(crate) fn set_event_enable(
        &mut self,
        order: &command::SetSensorEventEnable,
    ) -> Result<(), CompletionCode> {
        // What the sensor does not support cannot be enabled.
        let assertion = order.assertion.unwrap_or(0) & self.supported;
        let deassertion = order.deassertion.unwrap_or(0) & self.supported;
        match order.flags >> 4 & 3 {
            0 => (),
            1 => {
                self.assertion_mask |= assertion;
                self.deassertion_mask |= deassertion;
            }
            2 => {
                self.assertion_mask &= !assertion;
                self.deassertion_mask &= !deassertion;
            }
            _ => return Err(CompletionCode::INVALID_FIELD),
        }
        self.flags = order.flags & (EVENTS_ON | SCANNING_ON);
        Ok(())
    }

    /// Events that happened.
    pub(crate) fn event_status(&self, is_measuring: bool) -> command::SensorEventStatus {
        let (assertion, deassertion) = self.happened;
        command::SensorEventStatus {
            flags: self.reading(is_measuring).flags,
            assertion: Some(assertion),
            deassertion: Some(deassertion),
        }
    }

    /// Forgets what was told, so that what holds is told again: all events, or those selected.
    pub(crate) fn rearm(&mut self, order: &command::RearmSensorEvents) {
        let is_selective = order.flags & SELECTED != 0;
        let selected = |events: Option<u16>| match is_selective {
            true => events.unwrap_or(0),
            false => u16::MAX,
        };
        let assertion = selected(order.assertion);
        self.happened.0 &= !assertion;
        self.happened.1 &= !selected(order.deassertion);
        match &mut self.kind {
            Kind::Threshold { crossed, .. } => {
                for index in 0..6 {
                    let is_meant = assertion >> event_offset(index) & 1 == 1;
                    *crossed &= !(u8::from(is_meant) << index);
                }
            }
            Kind::Discrete { told, .. } => *told &= !assertion,
        }
    }
}

/// Events that a sensor can send: thresholds in the direction that makes them worse, or states.
pub(crate) fn event_mask(reading: &Reading) -> u16 {
    match reading {
        Reading::Threshold(threshold) => {
            let present = threshold.thresholds.iter().enumerate();
            let present = present.filter(|(_, threshold)| threshold.is_some());
            present.fold(0, |mask, (index, _)| mask | 1 << event_offset(index))
        }
        Reading::Discrete { states, .. } => *states,
    }
}

/// Which thresholds there are: bits 0–5.
pub(crate) fn readable(thresholds: &[Option<u8>; 6]) -> u8 {
    let present = thresholds.iter().enumerate();
    let present = present.filter(|(_, threshold)| threshold.is_some());
    present.fold(0, |mask, (index, _)| mask | 1 << index)
}

/// Offset of the event "going low" of a lower, "going high" of an upper threshold.
/// Source: IPMI v2.0 Table 42-2.
fn event_offset(index: usize) -> u8 {
    let upper = u8::from(index >= FIRST_UPPER);
    index as u8 * 2 + upper
}

/// Whether a threshold is crossed: it is reached at once, and left only beyond the hysteresis.
fn is_crossed(index: usize, raw: u8, (threshold, hysteresis): (u8, (u8, u8)), was: bool) -> bool {
    let (positive, negative) = hysteresis;
    if index >= FIRST_UPPER {
        let left = threshold.saturating_sub(if was { positive } else { 0 });
        raw >= left
    } else {
        let left = threshold.saturating_add(if was { negative } else { 0 });
        raw <= left
    }
}

fn event(
    (generator, sensor_type, number): (u8, u8, u8),
    assertion: bool,
    event_type: u8,
    data: [u8; 3],
) -> Event {
    Event {
        generator,
        generator_lun: 0,
        revision: 0x04,
        sensor_type,
        number,
        assertion,
        event_type,
        data,
    }
}

#[cfg(test)]
mod tests;

//! The IPM controller of a blade, fan tray, power module or shelf manager: what answers on IPMB-0.
//!
//! A [`Ipmc`] answers requests, sends events, follows its handle through the hot swap states, and
//! says when payload power goes on and off. Sensors, inventories and records are its configuration.
//!
//! Source: IPMI v2.0; PICMG 3.0 R3.0.
#![no_std]

extern crate alloc;

mod answer;
mod config;
pub mod hot_swap;
mod interface;
mod led;
mod picmg;
mod records;
mod sel_device;
mod sensor;

pub use config::{
    Config, FanConfig, FruConfig, HotSwapConfig, LedConfig, ModuleSite, ModuleSwap, PowerConfig,
    Reading, SensorConfig, ShelfManagerConfig, Threshold,
};
pub use interface::{Effect, Input};
pub use records::COLLECTED_MAX;
pub use sel_device::RECORDS_MAX;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use hot_swap::{HotSwap, HotSwapState};
use ipmi::sel::{self, Event, HotSwapEvent};
use led::Led;
use machine::{Machine, Pos, Time};
use records::Records;
use sel_device::SelDevice;
use sensor::Sensor;
use serde::{Deserialize, Serialize};

/// Number of the hot swap sensor of FRU 0, on logical unit 0.
pub const HOT_SWAP_SENSOR: u8 = 0;

/// Address of the shelf manager, who receives events unless told otherwise.
pub const SHELF_MANAGER: u8 = 0x20;

/// Event receiver that stands for none. Source: IPMI v2.0 §29.1.
const NO_RECEIVER: u8 = 0xff;

/// One controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ipmc {
    config: Config,
    hot_swap: Option<HotSwap>,
    /// When payload power is up, or down, as was ordered last.
    payload_done_at: Option<Time>,
    /// Whether payload power was asked for and still waits for a power level.
    payload_waits: bool,
    payload_on: bool,
    sensors: BTreeMap<u8, Sensor>,
    leds: Vec<Led>,
    records: Records,
    inventories: BTreeMap<u8, Vec<u8>>,
    event_receiver: u8,
    event_receiver_lun: u8,
    power_level: u8,
    fan_override: u8,
    log: Option<SelDevice>,
    global_enables: u8,
}

impl Ipmc {
    /// A controller without management power; where the configuration says that it was active
    /// before, it is.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let sensors = config.sensors.iter();
        let sensors = sensors.map(|sensor| (sensor.number, Sensor::new(sensor)));
        let frus = config.frus.iter();
        let was_active = config.hot_swap.as_ref().is_none_or(|found| found.is_active);
        let hot_swap = config.hot_swap.as_ref().map(|found| match found.is_active {
            true => HotSwap::active(),
            false => HotSwap::new(!found.handle_closed),
        });
        let normal_level = config.power.as_ref().map_or(0, |power| power.desired_level);
        Self {
            hot_swap,
            payload_done_at: None,
            payload_waits: false,
            payload_on: was_active,
            sensors: sensors.collect(),
            leds: led::all(),
            records: Records::new(&config),
            inventories: frus
                .map(|fru| (fru.fru_id, fru.inventory.clone()))
                .collect(),
            event_receiver: SHELF_MANAGER,
            event_receiver_lun: 0,
            power_level: if was_active { normal_level } else { 0 },
            fan_override: config.fan.as_ref().map_or(0, |fan| fan.level_normal),
            log: config.shelf_manager.as_ref().map(|_| SelDevice::default()),
            global_enables: 0,
            config,
        }
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Hot swap state of FRU 0; `None` when it cannot be swapped.
    #[must_use]
    pub fn hot_swap_state(&self) -> Option<HotSwapState> {
        self.hot_swap.as_ref().map(|hot_swap| hot_swap.state)
    }

    /// Whether payload power is on.
    #[must_use]
    pub fn has_payload_power(&self) -> bool {
        self.payload_on
    }

    /// Raw reading of a sensor; `None` when there is none, or it measures nothing now.
    #[must_use]
    pub fn raw_reading(&self, number: u8) -> Option<u8> {
        let sensor = self.sensors.get(&number)?;
        sensor.is_available(self.payload_on).then_some(sensor.raw)
    }

    /// Its records, encoded: device SDRs, or the main repository at the shelf manager.
    #[must_use]
    pub fn records(&self) -> &[Vec<u8>] {
        self.records.all()
    }

    /// What its payload draws at its power level, W; 0 without payload power.
    #[must_use]
    pub fn payload_draw_w(&self) -> u16 {
        let power = self.config.power.as_ref().filter(|_| self.payload_on);
        let index = usize::from(self.power_level).checked_sub(1);
        let draw = power
            .zip(index)
            .and_then(|(power, at)| power.draws_w.get(at));
        draw.map_or(0, |draw| u16::from(*draw))
    }

    /// Fan level that holds: the override, or the normal one under local control.
    #[must_use]
    pub fn fan_level(&self) -> Option<u8> {
        let fan = self.config.fan.as_ref()?;
        Some(match self.fan_override {
            ipmi::command::picmg::FAN_LOCAL_CONTROL => fan.level_normal,
            level => level,
        })
    }

    /// Lets the hot swap machine take one step; the error is that there is no such edge.
    fn swap(
        &mut self,
        now: Time,
        input: hot_swap::Input,
        effects: &mut Vec<Effect>,
    ) -> Result<(), hot_swap::NoEdge> {
        let Some(hot_swap) = &mut self.hot_swap else {
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
                } => {
                    led::follow(&mut self.leds, current);
                    self.send_hot_swap_event(previous, current, cause, effects);
                }
                hot_swap::Effect::SetPayload(true) => {
                    self.payload_waits = true;
                    self.start_payload(now, effects);
                }
                hot_swap::Effect::SetPayload(false) => self.stop_payload(now, effects),
            }
        }
        Ok(())
    }

    fn send_hot_swap_event(
        &self,
        previous: HotSwapState,
        current: HotSwapState,
        cause: hot_swap::Cause,
        effects: &mut Vec<Effect>,
    ) {
        let data = HotSwapEvent {
            current: current as u8,
            previous: Some(previous as u8),
            cause: Some(cause as u8),
            fru_id: Some(0),
        };
        self.send_event(
            Event {
                generator: self.config.address,
                generator_lun: 0,
                revision: 0x04,
                sensor_type: sel::SENSOR_TYPE_HOT_SWAP,
                number: HOT_SWAP_SENSOR,
                assertion: true,
                event_type: sel::EVENT_TYPE_SENSOR_SPECIFIC,
                data: data.data(),
            },
            effects,
        );
    }

    fn send_event(&self, event: Event, effects: &mut Vec<Effect>) {
        if self.event_receiver != NO_RECEIVER {
            let receiver = self.event_receiver;
            effects.push(Effect::Event { receiver, event });
        }
    }

    /// Switches payload power on, once it is wanted and allowed.
    fn start_payload(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Some(found) = &self.config.hot_swap else {
            return;
        };
        if !self.payload_waits || found.waits_for_power_level && self.power_level == 0 {
            return;
        }
        self.payload_waits = false;
        if self.power_level == 0 {
            let power = self.config.power.as_ref();
            self.power_level = power.map_or(0, |power| power.desired_level);
        }
        self.payload_done_at = Some(now.after(found.payload_up));
        effects.push(Effect::PayloadPower(true));
        self.set_payload(true, effects);
    }

    fn stop_payload(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let down = self.config.hot_swap.as_ref();
        let down = down.map_or(core::time::Duration::ZERO, |found| found.payload_down);
        self.payload_waits = false;
        self.power_level = 0;
        self.payload_done_at = Some(now.after(down));
        effects.push(Effect::PayloadPower(false));
        self.set_payload(false, effects);
    }

    /// Payload power off by its level: the hot swap state stays, and the next level brings it back.
    pub(crate) fn cut_payload(&mut self, effects: &mut Vec<Effect>) {
        if self.hot_swap.is_some() && self.payload_on {
            self.payload_waits = true;
            self.payload_done_at = None;
            effects.push(Effect::PayloadPower(false));
            self.set_payload(false, effects);
        }
    }

    /// Sensors of the payload measure only while it has power.
    fn set_payload(&mut self, on: bool, effects: &mut Vec<Effect>) {
        self.payload_on = on;
        let numbers: Vec<u8> = self.sensors.keys().copied().collect();
        for number in numbers {
            self.measure(number, effects);
        }
    }

    /// Compares a sensor's reading with its thresholds and sends what follows.
    fn measure(&mut self, number: u8, effects: &mut Vec<Effect>) {
        let Some(sensor) = self.sensors.get_mut(&number) else {
            return;
        };
        let mut events = Vec::new();
        sensor.measure(self.payload_on, self.config.address, &mut events);
        for event in events {
            self.send_event(event, effects);
        }
    }

    fn tick(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.payload_done_at.is_some_and(|at| at <= now) {
            self.payload_done_at = None;
            let done = match self.payload_on {
                true => hot_swap::Input::PayloadUp,
                false => hot_swap::Input::PayloadDown,
            };
            // A state that was left meanwhile waits for neither.
            let _ = self.swap(now, done, effects);
        }
    }
}

impl Machine for Ipmc {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        let now = at.time;
        let edge = match input {
            Input::Powered => Some(hot_swap::Input::ManagementPower),
            Input::HandleOpened => Some(hot_swap::Input::HandleOpened),
            Input::HandleClosed => Some(hot_swap::Input::HandleClosed),
            Input::Request { from, request } => {
                let mut later = Vec::new();
                let response = self.answer(now, (*from, request), &mut later);
                effects.push(Effect::Response(response));
                effects.append(&mut later);
                None
            }
            Input::SensorChanged { number, raw } => {
                if let Some(sensor) = self.sensors.get_mut(number) {
                    sensor.raw = *raw;
                    self.measure(*number, effects);
                }
                None
            }
            Input::ShelfManagersChanged { active, backup } => {
                if let Some(shelf) = &mut self.config.shelf_manager {
                    shelf.controllers = [*active, *backup];
                }
                None
            }
            Input::RecordsCollected(records) => {
                if self.config.shelf_manager.is_some() {
                    self.records.collect(now, records);
                }
                None
            }
            Input::Tick => {
                self.tick(now, effects);
                None
            }
        };
        if let Some(edge) = edge {
            // Power that is there already, and handles that do not move, change nothing.
            let _ = self.swap(now, edge, effects);
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.payload_done_at
    }
}

#[cfg(test)]
mod tests;

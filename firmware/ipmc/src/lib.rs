//! The IPM controller of a blade, fan tray, power module or shelf manager: what answers on IPMB-0.
//!
//! A [`Ipmc`] answers requests, sends events, follows its handle through the hot swap states, and
//! says when payload power goes on and off. Sensors, inventories and records are its configuration.
//!
//! Source: IPMI v2.0; PICMG 3.0 R3.0.
#![no_std]

extern crate alloc;

mod answer;
mod app;
mod bused;
mod buses;
mod chassis;
mod config;
mod console;
mod ekey;
mod fan;
pub mod firmware;
mod fru;
pub mod hot_swap;
pub mod hpm;
mod interface;
mod inventory;
mod led;
mod own_sensors;
mod picmg;
mod power;
mod rearm;
mod records;
mod restart;
mod sel_device;
mod sensor;
mod watchdog;

pub use config::{
    Config, FanConfig, FruConfig, HotSwapConfig, LedConfig, ModuleSite, ModuleSwap, PowerConfig,
    Reading, SensorConfig, ShelfManagerConfig, Threshold, WatchdogConfig,
};
pub use console::CONSOLE_LEN;
pub use ekey::CLOCKS_MAX;
pub use interface::{Bus, Effect, Hardware, Input, Shown};
pub use inventory::LOCK_TIME;
pub use records::COLLECTED_MAX;
pub use restart::MISSED_MAX;
pub use sel_device::RECORDS_MAX;
pub use watchdog::watchdog_sensor;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bused::Resources;
use buses::Buses;
use console::Console;
use ekey::Keys;
use fan::Fan;
use fru::{Fru, OWN};
use hot_swap::HotSwapState;
use inventory::Inventories;
use ipmi::command::Command;
use ipmi::command::picmg::RenegotiatePower;
use ipmi::sel::Event;
use machine::{Machine, Pos, Time};
use records::Records;
use sel_device::SelDevice;
use sensor::Sensor;
use serde::{Deserialize, Serialize};
use watchdog::Watchdog;

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
    frus: BTreeMap<u8, Fru>,
    sensors: BTreeMap<u8, Sensor>,
    records: Records,
    inventories: Inventories,
    event_receiver: u8,
    event_receiver_lun: u8,
    fan: Option<Fan>,
    buses: Buses,
    keys: Keys,
    resources: Resources,
    log: Option<SelDevice>,
    global_enables: u8,
    acpi: app::Acpi,
    watchdog: Option<Watchdog>,
    consoles: BTreeMap<u8, Console>,
    firmware: Option<hpm::Target>,
    /// `None` while it answers.
    restarting: Option<restart::Restart>,
}

impl Ipmc {
    /// A controller without management power; where the configuration says that it was active
    /// before, it is.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let sensors = config.sensors.iter();
        let sensors = sensors.map(|sensor| (sensor.number, Sensor::new(sensor)));
        let fan = config.fan.as_ref();
        Self {
            frus: fru::all(&config),
            sensors: sensors.collect(),
            records: Records::new(&config),
            inventories: Inventories::new(&config.frus),
            event_receiver: SHELF_MANAGER,
            event_receiver_lun: 0,
            fan: fan.map(|fan| Fan::new(fan, config.fan_silence_max)),
            buses: Buses::default(),
            keys: Keys::default(),
            resources: Resources::default(),
            log: config.shelf_manager.as_ref().map(|_| SelDevice::default()),
            global_enables: 0,
            acpi: app::Acpi::default(),
            watchdog: config.watchdog.as_ref().map(Watchdog::new),
            consoles: console::all(&config),
            firmware: config
                .firmware
                .as_ref()
                .map(|firmware| hpm::Target::new(firmware, &config.device, config.restart_time)),
            restarting: None,
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
        self.fru_state(OWN)
    }

    /// Hot swap state of a FRU; `None` when there is no such FRU, or it cannot be swapped.
    #[must_use]
    pub fn fru_state(&self, fru_id: u8) -> Option<HotSwapState> {
        Some(self.frus.get(&fru_id)?.hot_swap.as_ref()?.state)
    }

    /// Whether payload power of FRU 0 is on.
    #[must_use]
    pub fn has_payload_power(&self) -> bool {
        self.payload_on(OWN)
    }

    /// Raw reading of a sensor; `None` when there is none, or it measures nothing now.
    #[must_use]
    pub fn raw_reading(&self, number: u8) -> Option<u8> {
        let sensor = self.sensors.get(&number)?;
        // Only discrete sensors have more states than a byte.
        self.is_measuring(sensor)
            .then(|| sensor.raw.to_le_bytes()[0])
    }

    /// Whether it is connected to IPMB-A, and to IPMB-B.
    #[must_use]
    pub fn buses(&self) -> [bool; 2] {
        self.buses.connected()
    }

    /// Present power level of a FRU; 0 is off. `None` when it has no power levels.
    #[must_use]
    pub fn power_level(&self, fru_id: u8) -> Option<u8> {
        Some(self.frus.get(&fru_id)?.power.as_ref()?.level)
    }

    /// Its records, encoded: device SDRs, or the main repository at the shelf manager.
    #[must_use]
    pub fn records(&self) -> &[Vec<u8>] {
        self.records.all()
    }

    /// What the payloads of all its FRUs draw now, W; 0 without payload power.
    #[must_use]
    pub fn payload_draw_w(&self) -> u16 {
        let draws = self.frus.values().map(Fru::draw_w);
        draws.fold(0, u16::saturating_add)
    }

    /// Fan level that holds; 0 is off. `None` when it is no fan tray.
    #[must_use]
    pub fn fan_level(&self) -> Option<u8> {
        self.fan.as_ref().map(Fan::level)
    }

    fn send_event(&self, event: Event, effects: &mut Vec<Effect>) {
        if self.event_receiver != NO_RECEIVER {
            let receiver = self.event_receiver;
            effects.push(Effect::Event { receiver, event });
        }
    }

    /// Whether a sensor measures: it is scanned, and what it needs is there.
    fn is_measuring(&self, sensor: &Sensor) -> bool {
        let fru = self.frus.get(&sensor.fru_id);
        let is_present = fru.is_none_or(Fru::is_present) || sensor.fru_id == OWN;
        is_present && sensor.is_available(self.payload_on(sensor.fru_id))
    }

    /// Compares a sensor's reading with its thresholds and sends what follows; fans feel the heat.
    fn measure(&mut self, number: u8, effects: &mut Vec<Effect>) {
        let Some(sensor) = self.sensors.get(&number) else {
            return;
        };
        let is_measuring = self.is_measuring(sensor);
        let mut events = Vec::new();
        if let Some(sensor) = self.sensors.get_mut(&number) {
            sensor.measure(is_measuring, self.config.address, &mut events);
        }
        for event in events {
            self.send_event(event, effects);
        }
        let is_hot = self.sensors.values().any(Sensor::is_too_hot);
        if let Some(fan) = &mut self.fan {
            fan.felt(is_hot);
        }
    }

    fn sensor_changed(&mut self, (number, raw): (u8, u16), effects: &mut Vec<Effect>) {
        if let Some(sensor) = self.sensors.get_mut(&number) {
            sensor.raw = raw;
            self.measure(number, effects);
        }
    }

    /// The payload wants another level: the shelf manager shall look at the budget again.
    fn power_wanted(&mut self, (fru_id, level): (u8, u8), effects: &mut Vec<Effect>) {
        let fru = self.frus.get_mut(&fru_id);
        let power = fru.and_then(|fru| fru.power.as_mut());
        if power.is_some_and(|power| power.want(level)) {
            let fru_id = Some(fru_id);
            effects.push(Effect::Request {
                to: SHELF_MANAGER,
                request: RenegotiatePower { fru_id }.request(),
            });
        }
    }

    /// Management power went.
    fn unpowered(&mut self) {
        self.power_down();
        self.buses = Buses::default();
        let fan = self.config.fan.as_ref();
        self.fan = fan.map(|fan| Fan::new(fan, self.config.fan_silence_max));
        if let Some(target) = &mut self.firmware {
            target.unpowered();
        }
        // Nothing comes back by itself.
        self.watchdog = self.config.watchdog.as_ref().map(Watchdog::new);
        self.acpi = app::Acpi::default();
        self.forget_consoles();
        self.set_defaults();
    }

    fn request(
        &mut self,
        now: Time,
        (from, request): (u8, &ipmi::message::Request),
        effects: &mut Vec<Effect>,
    ) {
        if let Some(fan) = self.fan.as_mut().filter(|_| from == SHELF_MANAGER) {
            fan.heard(now);
        }
        let mut later = Vec::new();
        let response = self.answer(now, (from, request), &mut later);
        effects.push(Effect::Response(response));
        effects.append(&mut later);
    }

    fn tick(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.tick_frus(now, effects);
        if let Some(fan) = &mut self.fan {
            fan.tick(now);
        }
        self.tick_watchdog(now, effects);
        self.tick_firmware(now, effects);
    }

    /// A move of hands, or of power. What is so already changes nothing.
    fn moved(&mut self, now: Time, input: &Input, effects: &mut Vec<Effect>) {
        let handle = |is_open| match is_open {
            true => hot_swap::Input::HandleOpened,
            false => hot_swap::Input::HandleClosed,
        };
        match input {
            Input::Powered => {
                self.power_up(now, effects);
                self.firmware_powered(now, effects);
            }
            Input::Unpowered => self.unpowered(),
            Input::HandleOpened => {
                let _ = self.swap(now, OWN, handle(true), effects);
            }
            Input::HandleClosed => {
                let _ = self.swap(now, OWN, handle(false), effects);
            }
            Input::ModuleInserted {
                fru_id,
                handle_closed,
            } => self.module_moved(now, (*fru_id, Some(*handle_closed)), effects),
            Input::ModuleExtracted { fru_id } => self.module_moved(now, (*fru_id, None), effects),
            Input::ModuleHandle { fru_id, is_open } => {
                let _ = self.swap(now, *fru_id, handle(*is_open), effects);
            }
            Input::Request { .. }
            | Input::SensorChanged { .. }
            | Input::StatesChanged { .. }
            | Input::BusChanged { .. }
            | Input::PowerWanted { .. }
            | Input::ResourceWanted(_)
            | Input::ResourceDone(_)
            | Input::Answered { .. }
            | Input::ShelfManagersChanged { .. }
            | Input::RecordsCollected(_)
            | Input::ConsoleOutput { .. }
            | Input::FirmwareFailed { .. }
            | Input::Tick => (),
        }
    }

    /// What a controller that does not restart makes of an input.
    fn react(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        let now = at.time;
        match input {
            Input::Powered
            | Input::Unpowered
            | Input::HandleOpened
            | Input::HandleClosed
            | Input::ModuleInserted { .. }
            | Input::ModuleExtracted { .. }
            | Input::ModuleHandle { .. } => self.moved(now, input, effects),
            Input::Request { from, request } => self.request(now, (*from, request), effects),
            Input::SensorChanged { number, raw } => {
                self.sensor_changed((*number, u16::from(*raw)), effects);
            }
            Input::StatesChanged { number, states } => {
                self.sensor_changed((*number, *states), effects);
            }
            Input::BusChanged { bus, status } => {
                let before = self.buses.clone();
                self.buses.driver(*bus, *status, effects);
                self.tell_buses(&before, effects);
            }
            Input::PowerWanted { fru_id, level } => self.power_wanted((*fru_id, *level), effects),
            Input::ResourceWanted(resource) => {
                if self.frus.get(&OWN).is_some_and(Fru::is_up) {
                    self.resources.want(*resource, effects);
                }
            }
            Input::ResourceDone(resource) => self.resources.done(*resource, effects),
            Input::Answered { request, response } => {
                self.resources.answered(request, response.as_ref(), effects);
            }
            Input::ShelfManagersChanged { active, backup } => {
                if let Some(shelf) = &mut self.config.shelf_manager {
                    shelf.controllers = [*active, *backup];
                }
            }
            Input::RecordsCollected(records) => {
                if self.config.shelf_manager.is_some() {
                    self.records.collect(now, records);
                }
            }
            Input::ConsoleOutput { fru_id, bytes } => {
                if let Some(console) = self.consoles.get_mut(fru_id) {
                    console.says(bytes);
                }
            }
            Input::FirmwareFailed { component } => self.firmware_failed(*component),
            Input::Tick => self.tick(now, effects),
        }
    }
}

impl Machine for Ipmc {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        match self.restarting {
            Some(_) => self.react_silently(at, input, effects),
            None => self.react(at, input, effects),
        }
        let fan_level = self.fan.as_mut().and_then(Fan::untold);
        effects.extend(fan_level.map(Effect::FanLevel));
        self.tell_leds(effects);
    }

    fn deadline(&self) -> Option<Time> {
        if let Some(restart) = &self.restarting {
            return Some(restart.back_at);
        }
        let frus = self.frus.values().filter_map(Fru::deadline);
        let fan = self.fan.as_ref().and_then(Fan::deadline);
        let firmware = self.firmware.as_ref().and_then(hpm::Target::deadline);
        let watchdog = self.watchdog.as_ref().and_then(Watchdog::deadline);
        frus.chain(fan).chain(firmware).chain(watchdog).min()
    }
}

#[cfg(test)]
mod tests;

//! What a controller is like.

use crate::hpm::FirmwareConfig;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::app::{DeviceId, support};
use ipmi::description::Site;
use ipmi::fru::picmg::MANUFACTURER;
use ipmi::sdr::{Entity, Factors};
use serde::{Deserialize, Serialize};

/// One controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// IPMB-0 address, 8 bits.
    pub address: u8,
    /// Where it sits.
    pub site: Site,
    /// Answer to Get Device ID.
    pub device: DeviceId,
    /// What it is.
    pub entity: Entity,
    /// Its name in locator records.
    pub name: String,
    /// Its sensors beside the hot swap sensor; numbers from 1, on logical unit 0.
    pub sensors: Vec<SensorConfig>,
    /// Its FRUs; 0 is its own.
    pub frus: Vec<FruConfig>,
    /// How it is swapped; `None` when it cannot be.
    pub hot_swap: Option<HotSwapConfig>,
    /// What power it draws; `None` when it has no power levels.
    pub power: Option<PowerConfig>,
    /// Its fans; `None` without.
    pub fan: Option<FanConfig>,
    /// For how long a fan tray bears the silence of the shelf manager before it turns its fans at
    /// the highest level; `None`: for ever.
    pub fan_silence_max: Option<Duration>,
    /// Number of the physical IPMB-0 sensor; `None` without one.
    pub ipmb_sensor: Option<u8>,
    /// How many slots it spans, from 1; 0 counts as 1.
    pub slots: u8,
    /// In which of them the controller sits; 0 is the leftmost.
    pub slot_location: u8,
    /// How long it answers nobody when it restarts.
    pub restart_time: Duration,
    /// Its GUID, least significant byte first; `None` when it has none.
    pub guid: Option<[u8; 16]>,
    /// The watchdog timer of its payload; `None` without.
    pub watchdog: Option<WatchdogConfig>,
    /// Firmware that can be upgraded; `None` without.
    pub firmware: Option<FirmwareConfig>,
    /// Present at the shelf manager only.
    pub shelf_manager: Option<ShelfManagerConfig>,
    /// Most bytes of records and inventories in one response. What fits into an IPMB frame is 22.
    pub read_len_max: u8,
}

/// One FRU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FruConfig {
    /// FRU device id.
    pub fru_id: u8,
    /// What it is.
    pub entity: Entity,
    /// Its name in locator records.
    pub name: String,
    /// Raw inventory.
    pub inventory: Vec<u8>,
    /// Bytes at the start of the inventory that nobody may write.
    pub protected_len: u16,
    /// How long the inventory is busy after it was written.
    pub write_time: Duration,
    /// Options of FRU Control beside cold reset, as FRU Control Capabilities has them: bit 3
    /// diagnostic interrupt, 2 graceful reboot, 1 warm reset.
    pub control_options: u8,
    /// Its LEDs. Without any, FRU 0 has the blue one, a red LED 1 and a green LED 2; a module that
    /// can be swapped has the blue one.
    pub leds: Vec<LedConfig>,
    /// Where a module behind the controller sits; `None` for FRU 0, and where it has no site.
    pub site: Option<ModuleSite>,
    /// How a module behind the controller is swapped; FRU 0 has [`Config::hot_swap`].
    pub hot_swap: Option<ModuleSwap>,
    /// Whether its payload has a console that the controller passes on.
    pub has_console: bool,
    /// What power a module behind the controller draws; FRU 0 has [`Config::power`].
    pub power: Option<PowerConfig>,
}

/// Where a module sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleSite {
    /// Site number, from 1.
    pub number: u8,
    /// Site type: 07h `AdvancedMC` module, 09h rear transition module.
    pub kind: u8,
}

/// How a module behind the controller is swapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleSwap {
    /// Number of its hot swap sensor.
    pub sensor: u8,
    /// Whether it is plugged in when management power comes.
    pub is_present: bool,
    /// How it is swapped once it is there.
    pub swap: HotSwapConfig,
}

/// One LED.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedConfig {
    /// LED id: 0 blue LED, 1–3 LEDs 1–3, from 4 on those of the application; they have no gaps.
    pub id: u8,
    /// Colours that it can show, as Get LED Color Capabilities has them: bit 1 blue, 2 red, 3
    /// green, 4 amber, 5 orange, 6 white.
    pub colors: u8,
    /// Default colour under local control; 0 when it has no local control state.
    pub local_color: u8,
    /// Default colour under override.
    pub override_color: u8,
    /// Whether it is dark without payload power.
    pub of_payload: bool,
}

/// The watchdog timer of the payload of FRU 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchdogConfig {
    /// Number of the sensor that tells what it did, one of [`Config::sensors`]; see
    /// [`crate::watchdog_sensor`].
    pub sensor: u8,
    /// How long payload power is off in a power cycle.
    pub off_time: Duration,
}

/// How a FRU is swapped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotSwapConfig {
    /// How long payload power takes to come up.
    pub payload_up: Duration,
    /// How long payload power takes to go down.
    pub payload_down: Duration,
    /// Whether payload power waits for Set Power Level; otherwise it comes with the activation.
    pub waits_for_power_level: bool,
    /// Whether it worked already before: it starts in M4.
    pub is_active: bool,
    /// Whether the handle is closed when management power comes.
    pub handle_closed: bool,
}

/// What power a FRU draws.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerConfig {
    /// Draw of each level from level 1 on, W; rises, at most 20.
    pub draws_w: Vec<u8>,
    /// The level that it desires, from 1.
    pub desired_level: u8,
    /// Draw of each level while it starts; empty when it draws no more than later.
    pub early_draws_w: Vec<u8>,
    /// How long it draws that, 0.1 s.
    pub early_time: u8,
    /// What to multiply all draws with, 0.1 W: 10 makes them W.
    pub multiplier: u8,
    /// Whether its service goes on while the level changes.
    pub is_dynamic: bool,
}

/// Fans of a fan tray.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanConfig {
    /// Lowest level.
    pub level_min: u8,
    /// Highest level.
    pub level_max: u8,
    /// Level of normal operation.
    pub level_normal: u8,
}

/// What the shelf manager knows beside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShelfManagerConfig {
    /// Shelf address, at most 20 characters.
    pub shelf_address: String,
    /// All sites of the shelf.
    pub sites: Vec<Site>,
    /// IPMB-0 addresses of the active and the backup shelf management controller.
    pub controllers: [u8; 2],
}

/// One sensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorConfig {
    /// Sensor number, from 1.
    pub number: u8,
    /// Sensor type.
    pub sensor_type: u8,
    /// What it watches.
    pub entity: Entity,
    /// Its name.
    pub name: String,
    /// Raw reading at the start; for discrete sensors the states 0–7.
    pub raw: u8,
    /// Whether it measures only while payload power of its FRU is on.
    pub of_payload: bool,
    /// FRU device id of what it watches.
    pub fru_id: u8,
    /// Whether events stay until they are re-armed by command, instead of re-arming themselves.
    pub manual_rearm: bool,
    /// What its readings are.
    pub reading: Reading,
}

/// What readings are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reading {
    /// Analog, unsigned, with thresholds.
    Threshold(Threshold),
    /// Discrete states.
    Discrete {
        /// Event/reading type.
        event_type: u8,
        /// States that it can have.
        states: u16,
    },
}

/// An analog sensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// Base unit code.
    pub unit: u8,
    /// Conversion factors.
    pub factors: Factors,
    /// Raw thresholds: lower non-critical, critical, non-recoverable, then upper.
    pub thresholds: [Option<u8>; 6],
    /// Hysteresis up and down, raw counts.
    pub hysteresis: u8,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: 0,
            site: Site {
                hardware_address: 0,
                number: 1,
                kind: 0,
            },
            device: DeviceId {
                device_id: 0,
                revision: 0x81,
                firmware_major: 1,
                firmware_minor: 0,
                ipmi_version: 0x02,
                support: support::SENSOR | support::FRU_INVENTORY | support::EVENT_GENERATOR,
                manufacturer: MANUFACTURER,
                product: 0,
                auxiliary: None,
            },
            entity: Entity::default(),
            name: String::new(),
            sensors: Vec::new(),
            frus: Vec::new(),
            hot_swap: None,
            power: None,
            fan: None,
            fan_silence_max: None,
            ipmb_sensor: None,
            slots: 1,
            slot_location: 0,
            restart_time: Duration::ZERO,
            guid: None,
            watchdog: None,
            firmware: None,
            shelf_manager: None,
            read_len_max: 22,
        }
    }
}

impl Default for FruConfig {
    fn default() -> Self {
        Self {
            fru_id: 0,
            entity: Entity::default(),
            name: String::new(),
            inventory: Vec::new(),
            protected_len: 0,
            write_time: Duration::ZERO,
            // Warm reset and graceful reboot.
            control_options: 0b0110,
            leds: Vec::new(),
            site: None,
            hot_swap: None,
            has_console: false,
            power: None,
        }
    }
}

impl Default for PowerConfig {
    fn default() -> Self {
        Self {
            draws_w: Vec::new(),
            desired_level: 1,
            early_draws_w: Vec::new(),
            early_time: 0,
            multiplier: 10,
            is_dynamic: false,
        }
    }
}

impl Default for SensorConfig {
    fn default() -> Self {
        Self {
            number: 1,
            sensor_type: 0,
            entity: Entity::default(),
            name: String::new(),
            raw: 0,
            of_payload: false,
            fru_id: 0,
            manual_rearm: false,
            reading: Reading::Discrete {
                event_type: 0x6f,
                states: 0,
            },
        }
    }
}

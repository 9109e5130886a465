//! What a controller is like.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::app::DeviceId;
use ipmi::description::Site;
use ipmi::sdr::{Entity, Factors};
use serde::{Deserialize, Serialize};

/// Fan level that stands for local control. Source: PICMG 3.0 R3.0, Set Fan Level.
pub(crate) const LOCAL_CONTROL: u8 = 0xff;

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
    /// Whether it measures only while payload power is on.
    pub of_payload: bool,
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

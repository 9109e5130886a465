//! What discovery finds out about one controller: the hand-over from the shelf manager to the HPI
//! domain.
//!
//! Records stay as the raw bytes that the controller gave; `sdr` and `fru` decode them.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One IPM controller as found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Controller {
    /// IPMB-0 address, 8 bits; 20h for the shelf manager itself.
    pub address: u8,
    /// Response data of Get Device ID, completion code removed.
    pub device_id: Vec<u8>,
    /// Whether it answers PICMG commands, and the highest FRU id it has.
    pub picmg: Option<PicmgProperties>,
    /// Its sensor and locator records (device SDRs; for 20h the main repository).
    pub sdrs: Vec<Vec<u8>>,
    /// Its FRUs; the controller itself is FRU 0.
    pub frus: Vec<Fru>,
}

/// A FRU on IPMB-0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FruAddress {
    /// IPMB-0 address of its controller, 8 bits.
    pub address: u8,
    /// FRU device id; 0 is the controller itself.
    pub fru_id: u8,
}

/// From Get PICMG Properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PicmgProperties {
    /// Extension version: major in the low nibble, minor in the high one.
    pub version: u8,
    /// Highest FRU device id.
    pub fru_id_max: u8,
}

/// One FRU of a controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fru {
    /// FRU device id.
    pub fru_id: u8,
    /// From Get Address Info; `None` where the controller does not know.
    pub site: Option<Site>,
    /// Raw inventory bytes; empty when there are none.
    pub inventory: Vec<u8>,
    /// Its hot swap sensor (type F0h); `None` when it has none.
    pub hot_swap_sensor: Option<SensorAddress>,
    /// Hot swap state M0–M7 at discovery; `None` without a hot swap sensor.
    pub hot_swap_state: Option<u8>,
    /// LEDs from Get FRU LED Properties: bits 0–3 are the blue LED and LEDs 1–3.
    pub leds: u8,
}

/// Where a FRU sits. Source: PICMG 3.0 R3.0, Get Address Info.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Hardware address, 7 bits.
    pub hardware_address: u8,
    /// Site number, from 1.
    pub number: u8,
    /// Site type: 00h board, 01h power entry, 03h shelf manager, 04h fan tray, 0Bh power module…
    pub kind: u8,
}

/// A sensor within a controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SensorAddress {
    /// Logical unit, 0–3.
    pub lun: u8,
    /// Sensor number.
    pub number: u8,
}

//! What discovery finds out about one controller: the hand-over from the shelf manager to the HPI
//! domain.
//!
//! Records stay as the raw bytes that the controller gave; `sdr` and `fru` decode them.

use crate::command::Body;
use crate::command::hpm::{
    FirmwareVersion, GetComponentProperties, TargetUpgradeCapabilities, selector,
};
use crate::command::picmg::{FanSpeedProperties, LedColorCapabilities};
use crate::wire::Reader;
use alloc::collections::BTreeMap;
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
    /// What it can do besides.
    pub abilities: Abilities,
}

/// What not each controller can do, as it answered when it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abilities {
    /// It has a watchdog timer: it answers Get Watchdog Timer.
    pub watchdog: bool,
    /// It tests itself: it answers Get Self Test Results, and not that it has no such function.
    pub self_test: bool,
    /// Its firmware can be upgraded.
    pub upgrade: Option<UpgradeTarget>,
    /// What its FRUs can do, by FRU device id; those that can nothing of it are left out.
    pub frus: BTreeMap<u8, FruAbilities>,
}

/// What not each FRU can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FruAbilities {
    /// Get Fan Speed Properties, of a fan tray.
    pub fan: Option<FanSpeedProperties>,
    /// The level of its power that it wants, 1–20; from Get Power Level, of FRUs with payload.
    pub power_level: Option<u8>,
    /// FRU Control Capabilities: the options besides cold reset.
    pub control: Option<u8>,
    /// Get LED Color Capabilities, by LED id; application LEDs begin at 4.
    pub leds: BTreeMap<u8, LedColorCapabilities>,
}

/// A target of upgrades by HPM.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradeTarget {
    /// Get Target Upgrade Capabilities.
    pub capabilities: TargetUpgradeCapabilities,
    /// Its components, in the order of their numbers.
    pub components: Vec<UpgradeComponent>,
}

/// A component of a target, from Get Component Properties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradeComponent {
    /// Its number, 0–7.
    pub number: u8,
    /// General properties, see [`crate::command::hpm::properties`].
    pub properties: u8,
    /// Description, without the zeros behind it.
    pub description: Vec<u8>,
    /// Version that runs; `None` where there is no firmware.
    pub current: Option<FirmwareVersion>,
    /// Version that a rollback brings back.
    pub rollback: Option<FirmwareVersion>,
    /// Version that waits for its activation.
    pub deferred: Option<FirmwareVersion>,
}

impl UpgradeTarget {
    /// A target of whose components nothing is known but that they are there.
    pub fn new(capabilities: TargetUpgradeCapabilities) -> Self {
        let mask = capabilities.components;
        let numbers = (0..8).filter(|number| mask >> number & 1 == 1);
        let components = numbers.map(|number| UpgradeComponent {
            number,
            properties: 0,
            description: Vec::new(),
            current: None,
            rollback: None,
            deferred: None,
        });
        Self {
            components: components.collect(),
            capabilities,
        }
    }

    /// What there is to ask of its components.
    pub fn questions(&self) -> impl Iterator<Item = GetComponentProperties> {
        let selectors = selector::GENERAL..=selector::DEFERRED_VERSION;
        let components = self.components.iter().map(|found| found.number);
        components.flat_map(move |component| {
            let of = move |selector| GetComponentProperties {
                component,
                selector,
            };
            selectors.clone().map(of)
        })
    }

    /// Takes an answer in.
    pub fn learn(&mut self, asked: &GetComponentProperties, data: &[u8]) {
        let mut components = self.components.iter_mut();
        let Some(found) = components.find(|found| found.number == asked.component) else {
            return;
        };
        let version = || {
            let version = FirmwareVersion::read(&mut Reader::new(data)).ok();
            version.filter(|version| *version != FirmwareVersion::NONE)
        };
        match asked.selector {
            selector::GENERAL => found.properties = data.first().copied().unwrap_or(0),
            selector::CURRENT_VERSION => found.current = version(),
            selector::DESCRIPTION => {
                let text = data.split(|byte| *byte == 0).next();
                found.description = text.unwrap_or_default().to_vec();
            }
            selector::ROLLBACK_VERSION => found.rollback = version(),
            selector::DEFERRED_VERSION => found.deferred = version(),
            _ => {}
        }
    }
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

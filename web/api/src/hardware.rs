//! Views of the hardware: slots, controllers, inventory, sensors, event log.

use crate::{Quantity, Severity};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The faceplate of the shelf.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShelfView {
    /// Name of the shelf: its shelf address, or what the configuration calls it.
    pub name: String,
    /// Each site of the shelf that is known, empty ones too, by site and slot.
    pub slots: Vec<SlotView>,
}

/// What kind of place a FRU sits in. Source: PICMG 3.0 R3.0, Get Address Info, site types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Site {
    /// 00h.
    Board,
    /// 01h.
    PowerEntry,
    /// 02h.
    ShelfFruInformation,
    /// 03h.
    ShelfManager,
    /// 04h.
    FanTray,
    /// 05h.
    FilterTray,
    /// 06h.
    AlarmPanel,
    /// 07h.
    AdvancedMc,
    /// 08h.
    Pmc,
    /// 09h.
    RearTransitionModule,
    /// 0Ah.
    CarrierHub,
    /// 0Bh.
    PowerModule,
    /// Any other number.
    Other,
}

impl Site {
    /// The kind with this site type number.
    pub fn from_number(number: u8) -> Self {
        match number {
            0x00 => Self::Board,
            0x01 => Self::PowerEntry,
            0x02 => Self::ShelfFruInformation,
            0x03 => Self::ShelfManager,
            0x04 => Self::FanTray,
            0x05 => Self::FilterTray,
            0x06 => Self::AlarmPanel,
            0x07 => Self::AdvancedMc,
            0x08 => Self::Pmc,
            0x09 => Self::RearTransitionModule,
            0x0A => Self::CarrierHub,
            0x0B => Self::PowerModule,
            _ => Self::Other,
        }
    }

    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::PowerEntry => "power-entry",
            Self::ShelfFruInformation => "shelf-fru-information",
            Self::ShelfManager => "shelf-manager",
            Self::FanTray => "fan-tray",
            Self::FilterTray => "filter-tray",
            Self::AlarmPanel => "alarm-panel",
            Self::AdvancedMc => "advanced-mc",
            Self::Pmc => "pmc",
            Self::RearTransitionModule => "rear-transition-module",
            Self::CarrierHub => "carrier-hub",
            Self::PowerModule => "power-module",
            Self::Other => "other",
        }
    }
}

/// What the blue LED shows. Source: PICMG 3.0 R3.0 §3.2.5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlueLed {
    /// In use; also where there is no FRU.
    #[default]
    Off,
    /// May be extracted.
    On,
    /// About to be deactivated: 100 ms on, 900 ms off.
    ShortBlink,
    /// Waits for activation: 900 ms on, 100 ms off.
    LongBlink,
}

impl BlueLed {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::ShortBlink => "short-blink",
            Self::LongBlink => "long-blink",
        }
    }
}

/// Position of the handle switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handle {
    /// Nobody says.
    #[default]
    Unknown,
    /// Open.
    Open,
    /// Closed.
    Closed,
}

impl Handle {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// One place of the faceplate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotView {
    /// What kind of place.
    pub site: Site,
    /// Site number, from 1: for boards the physical slot.
    pub slot: u8,
    /// IPMB-0 address of the controller, 8 bits.
    pub address: u8,
    /// FRU device id.
    pub fru: u8,
    /// Whether a FRU is there.
    pub present: bool,
    /// Product name from the inventory; empty when unknown.
    pub name: String,
    /// Hot swap state `M0`–`M7`; empty for a FRU without.
    pub state: String,
    /// The blue LED.
    pub blue_led: BlueLed,
    /// The handle switch.
    pub handle: Handle,
    /// DN of the AMF node that runs there; `None` when none does.
    pub node: Option<String>,
}

/// One IPM controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardView {
    /// What kind of place FRU 0 sits in.
    pub site: Site,
    /// Site number, from 1.
    pub slot: u8,
    /// IPMB-0 address, 8 bits.
    pub address: u8,
    /// Device id string, or product name.
    pub name: String,
    /// HPI entity path, root first; empty when unknown.
    pub entity_path: String,
    /// Firmware revision, such as `1.05`.
    pub firmware: String,
    /// IANA enterprise number of the manufacturer.
    pub manufacturer_id: u32,
    /// Product id.
    pub product_id: u16,
    /// PICMG extension version, such as `2.3`; empty when it has none.
    pub picmg: String,
    /// Highest FRU device id.
    pub fru_id_max: u8,
    /// Hot swap state `M0`–`M7` of FRU 0; empty when it has none.
    pub state: String,
    /// State before; empty when not known.
    pub previous_state: String,
    /// Cause of the last change, in words; empty when not known.
    pub cause: String,
    /// The blue LED of FRU 0.
    pub blue_led: BlueLed,
    /// How many sensors it has.
    pub sensors: u32,
}

/// Inventory of one FRU. Source: IPMI Platform Management FRU Information Storage Definition v1.0
/// R1.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FruView {
    /// IPMB-0 address of its controller, 8 bits.
    pub address: u8,
    /// FRU device id.
    pub fru: u8,
    /// Name: the locator record's, or the product's.
    pub name: String,
    /// Hot swap state `M0`–`M7`; empty when it has none.
    pub state: String,
    /// Size of the inventory in bytes; 0 when it has none.
    pub size_bytes: u32,
    /// Its areas, in the order of the common header.
    pub areas: Vec<FruAreaView>,
    /// Its multirecords.
    pub multirecords: Vec<MultirecordView>,
}

/// Whether an area can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AreaStatus {
    /// Its checksum is right.
    #[serde(rename = "ok")]
    Ok,
    /// Its checksum is wrong; the fields are shown as they are.
    #[serde(rename = "bad checksum")]
    BadChecksum,
    /// It ends before its last field.
    #[serde(rename = "truncated")]
    Truncated,
}

impl AreaStatus {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::BadChecksum => "bad checksum",
            Self::Truncated => "truncated",
        }
    }
}

/// One area of an inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FruAreaView {
    /// `header`, `internal`, `chassis`, `board` or `product`.
    pub area: String,
    /// Whether it can be trusted.
    pub status: AreaStatus,
    /// Its fields, in their order.
    pub fields: Vec<FieldView>,
}

/// A name with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldView {
    /// The standard's name, such as `serial number`.
    pub name: String,
    /// As text; binary fields in hexadecimal.
    pub value: String,
}

/// One multirecord of an inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultirecordView {
    /// Record type id.
    pub kind: u8,
    /// PICMG record id; `None` when it is not PICMG's.
    pub picmg: Option<u8>,
    /// Its name, such as `Address Table`.
    pub name: String,
    /// Whether it can be trusted.
    pub status: AreaStatus,
    /// What it says, as far as it is understood.
    pub fields: Vec<FieldView>,
}

/// How a sensor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SensorStatus {
    /// No reading.
    #[default]
    Unavailable,
    /// Within its thresholds, or a discrete sensor without a fault state.
    Ok,
    /// Beyond a non-critical threshold.
    Minor,
    /// Beyond a critical threshold.
    Major,
    /// Beyond a non-recoverable threshold.
    Critical,
}

impl SensorStatus {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Ok => "ok",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

/// One sensor. Identified by `address`, `lun` and `number`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorView {
    /// IPMB-0 address of its controller, 8 bits.
    pub address: u8,
    /// Logical unit, 0–3.
    pub lun: u8,
    /// Sensor number.
    pub number: u8,
    /// Id string of its record.
    pub name: String,
    /// Sensor type in words, such as `temperature`.
    pub kind: String,
    /// Unit, such as `°C`, `V`, `RPM`; empty for discrete sensors.
    pub unit: String,
    /// The reading; `None` for discrete sensors and where there is none.
    pub value: Option<Quantity>,
    /// The raw reading; `None` where there is none.
    pub raw: Option<u8>,
    /// Asserted states, in words.
    pub states: Vec<String>,
    /// The thresholds that it has.
    pub thresholds: ThresholdsView,
    /// How it is.
    pub status: SensorStatus,
}

/// Thresholds of a sensor; `None` where it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdsView {
    /// Lower non-recoverable.
    pub lower_non_recoverable: Option<Quantity>,
    /// Lower critical.
    pub lower_critical: Option<Quantity>,
    /// Lower non-critical.
    pub lower_non_critical: Option<Quantity>,
    /// Upper non-critical.
    pub upper_non_critical: Option<Quantity>,
    /// Upper critical.
    pub upper_critical: Option<Quantity>,
    /// Upper non-recoverable.
    pub upper_non_recoverable: Option<Quantity>,
}

/// The system event log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelView {
    /// Its entries, oldest first.
    pub entries: Vec<SelEntryView>,
    /// How many entries are kept in all.
    pub total: u32,
    /// Whether entries were lost because it was full.
    pub overflow: bool,
}

/// One entry of the system event log. Source: IPMI v2.0 §32.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelEntryView {
    /// Record id.
    pub record_id: u16,
    /// When, in seconds since the Unix epoch; `None` before the clock was set.
    pub time_s: Option<u32>,
    /// IPMB-0 address of the generator, 8 bits.
    pub address: u8,
    /// Logical unit, 0–3.
    pub lun: u8,
    /// Sensor number.
    pub number: u8,
    /// Name of the sensor; empty when unknown.
    pub sensor: String,
    /// How bad it is.
    pub severity: Severity,
    /// For people, one line.
    pub text: String,
    /// The 16 bytes of the record in hexadecimal.
    pub raw: String,
}

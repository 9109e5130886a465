//! Bodies of the three sensor records. Source: IPMI v2.0 §43.1–§43.3.

use super::{AnalogFormat, Entity, Factors, read_id_string};
use crate::description::SensorAddress;
use crate::text::{SDR_TEXT_LEN_MAX, Text};
use crate::wire::{Reader, Truncated};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What full and compact sensor records begin with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorCommon {
    /// Slave address of the owner, 8 bits; bit 0 set: a software id.
    pub owner: u8,
    /// Bits 7–4: channel; bits 1–0: logical unit.
    pub owner_lun: u8,
    /// Sensor number.
    pub number: u8,
    /// What it watches.
    pub entity: Entity,
    /// Initialization: bit 7 settable, 6 scanning, 5 events, 4 thresholds, 3 hysteresis, 2 type, 1
    /// events on, 0 scanning on.
    pub initialization: u8,
    /// Capabilities: bit 7 ignore with the entity, 6 auto re-arm, 5–4 hysteresis, 3–2 thresholds,
    /// 1–0 event control.
    pub capabilities: u8,
    /// Sensor type.
    pub sensor_type: u8,
    /// Event/reading type: 01h threshold, 6Fh sensor specific.
    pub event_type: u8,
    /// Assertion event mask, or lower threshold reading mask.
    pub assertion_mask: u16,
    /// Deassertion event mask, or upper threshold reading mask.
    pub deassertion_mask: u16,
    /// Discrete reading mask, or readable (low byte) and settable (high byte) thresholds.
    pub reading_mask: u16,
    /// Units 1–3.
    pub units: [u8; 3],
}

impl SensorCommon {
    /// Its address within the owner.
    #[must_use]
    pub fn address(&self) -> SensorAddress {
        SensorAddress {
            lun: self.owner_lun & 3,
            number: self.number,
        }
    }

    /// Whether events and states are about thresholds.
    #[must_use]
    pub fn is_threshold(&self) -> bool {
        self.event_type == 0x01
    }

    /// Thresholds that can be read: bits 0–5 lower non-critical, critical, non-recoverable, then
    /// upper.
    #[must_use]
    pub fn readable_thresholds(&self) -> u8 {
        if self.is_threshold() {
            self.reading_mask.to_le_bytes()[0] & 0x3f
        } else {
            0
        }
    }

    /// Thresholds that can be set, in the same order.
    #[must_use]
    pub fn settable_thresholds(&self) -> u8 {
        if self.is_threshold() {
            self.reading_mask.to_le_bytes()[1] & 0x3f
        } else {
            0
        }
    }

    /// Assertion events that it can send: state bits, or for thresholds two bits (going low, going
    /// high) for each.
    #[must_use]
    pub fn assertion_events(&self) -> u16 {
        self.assertion_mask & if self.is_threshold() { 0x0fff } else { 0x7fff }
    }

    /// Deassertion events that it can send.
    #[must_use]
    pub fn deassertion_events(&self) -> u16 {
        self.deassertion_mask & if self.is_threshold() { 0x0fff } else { 0x7fff }
    }

    /// How raw readings are signed; `None` when it gives none.
    #[must_use]
    pub fn analog_format(&self) -> Option<AnalogFormat> {
        match self.units[0] >> 6 {
            0 => Some(AnalogFormat::Unsigned),
            1 => Some(AnalogFormat::OnesComplement),
            2 => Some(AnalogFormat::TwosComplement),
            _ => None,
        }
    }

    /// What its readings count.
    #[must_use]
    pub fn units(&self) -> Units {
        let [flags, base, modifier] = self.units;
        Units {
            percentage: flags & 1 == 1,
            base,
            modifier: match flags >> 1 & 3 {
                1 => Some((UnitModifier::Divide, modifier)),
                2 => Some((UnitModifier::Multiply, modifier)),
                _ => None,
            },
            rate: RateUnit::from_code(flags >> 3 & 7),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            owner: reader.u8("sensor owner id")?,
            owner_lun: reader.u8("sensor owner LUN")?,
            number: reader.u8("sensor number")?,
            entity: Entity::read(reader)?,
            initialization: reader.u8("sensor initialization")?,
            capabilities: reader.u8("sensor capabilities")?,
            sensor_type: reader.u8("sensor type")?,
            event_type: reader.u8("event/reading type")?,
            assertion_mask: reader.u16("assertion event mask")?,
            deassertion_mask: reader.u16("deassertion event mask")?,
            reading_mask: reader.u16("discrete reading mask")?,
            units: reader.array("sensor units")?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.owner, self.owner_lun, self.number]);
        out.extend_from_slice(&[self.entity.id, self.entity.instance]);
        out.extend_from_slice(&[self.initialization, self.capabilities]);
        out.extend_from_slice(&[self.sensor_type, self.event_type]);
        for mask in [
            self.assertion_mask,
            self.deassertion_mask,
            self.reading_mask,
        ] {
            out.extend_from_slice(&mask.to_le_bytes());
        }
        out.extend_from_slice(&self.units);
    }
}

/// What readings count. Source: IPMI v2.0 §43.17.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Units {
    /// Readings are percentages.
    pub percentage: bool,
    /// Base unit code, see [`crate::names::unit`].
    pub base: u8,
    /// How a second unit modifies the base unit, and its code.
    pub modifier: Option<(UnitModifier, u8)>,
    /// Per what time.
    pub rate: Option<RateUnit>,
}

/// How a modifier unit goes with the base unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnitModifier {
    /// Base unit / modifier unit.
    Divide,
    /// Base unit × modifier unit.
    Multiply,
}

/// Per what time readings count. Source: IPMI v2.0 Table 43-1, sensor units 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RateUnit {
    /// Per µs.
    Microsecond,
    /// Per ms.
    Millisecond,
    /// Per s.
    Second,
    /// Per minute.
    Minute,
    /// Per hour.
    Hour,
    /// Per day.
    Day,
}

impl RateUnit {
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Microsecond),
            2 => Some(Self::Millisecond),
            3 => Some(Self::Second),
            4 => Some(Self::Minute),
            5 => Some(Self::Hour),
            6 => Some(Self::Day),
            _ => None,
        }
    }
}

/// Body of a full sensor record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullSensor {
    /// What compact sensors have as well.
    pub common: SensorCommon,
    /// Linearization; 0 linear, 70h–7Fh non-linear.
    pub linearization: u8,
    /// Conversion factors.
    pub factors: Factors,
    /// Which of the next three are given: bit 0 nominal, 1 normal maximum, 2 normal minimum.
    pub analog_flags: u8,
    /// Nominal reading, raw.
    pub nominal: u8,
    /// Normal maximum, raw.
    pub normal_max: u8,
    /// Normal minimum, raw.
    pub normal_min: u8,
    /// Highest reading that it can give, raw.
    pub sensor_max: u8,
    /// Lowest reading that it can give, raw.
    pub sensor_min: u8,
    /// Initial thresholds, raw: lower non-critical, critical, non-recoverable, then upper.
    pub thresholds: [u8; 6],
    /// Positive-going hysteresis, raw counts.
    pub hysteresis_positive: u8,
    /// Negative-going hysteresis, raw counts.
    pub hysteresis_negative: u8,
    /// Reserved, 0.
    pub reserved: [u8; 2],
    /// OEM.
    pub oem: u8,
    /// Its name.
    pub id_string: Text,
}

impl FullSensor {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            common: SensorCommon::read(reader)?,
            linearization: reader.u8("linearization")?,
            factors: Factors::from_bytes(reader.array("conversion factors")?),
            analog_flags: reader.u8("analog characteristic flags")?,
            nominal: reader.u8("nominal reading")?,
            normal_max: reader.u8("normal maximum")?,
            normal_min: reader.u8("normal minimum")?,
            sensor_max: reader.u8("sensor maximum")?,
            sensor_min: reader.u8("sensor minimum")?,
            thresholds: reversed(reader.array("thresholds")?),
            hysteresis_positive: reader.u8("positive-going hysteresis")?,
            hysteresis_negative: reader.u8("negative-going hysteresis")?,
            reserved: reader.array("reserved")?,
            oem: reader.u8("OEM")?,
            id_string: read_id_string(reader)?,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        self.common.write(out);
        out.push(self.linearization);
        out.extend_from_slice(&self.factors.to_bytes());
        out.extend_from_slice(&[
            self.analog_flags,
            self.nominal,
            self.normal_max,
            self.normal_min,
        ]);
        out.extend_from_slice(&[self.sensor_max, self.sensor_min]);
        out.extend_from_slice(&reversed(self.thresholds));
        out.extend_from_slice(&[self.hysteresis_positive, self.hysteresis_negative]);
        out.extend_from_slice(&self.reserved);
        out.push(self.oem);
        self.id_string.write(out, SDR_TEXT_LEN_MAX);
    }
}

/// The record has the thresholds from upper non-recoverable down, the commands from lower
/// non-critical up.
fn reversed(mut thresholds: [u8; 6]) -> [u8; 6] {
    thresholds.reverse();
    thresholds
}

/// Body of a compact sensor record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompactSensor {
    /// What full sensors have as well.
    pub common: SensorCommon,
    /// Bits 7–6: direction; 5–4: id string modifier (0 numeric, 1 alphabetic); 3–0: share count.
    pub sharing: u8,
    /// Bit 7: the entity instance counts up too; bits 6–0: modifier offset.
    pub sharing_offset: u8,
    /// Positive-going hysteresis, raw counts.
    pub hysteresis_positive: u8,
    /// Negative-going hysteresis, raw counts.
    pub hysteresis_negative: u8,
    /// Reserved, 0.
    pub reserved: [u8; 3],
    /// OEM.
    pub oem: u8,
    /// Its name; a modifier is appended when the record is shared.
    pub id_string: Text,
}

impl CompactSensor {
    /// One record for each sensor that this one stands for.
    #[must_use]
    pub fn shared(&self) -> Vec<Self> {
        let count = (self.sharing & 0x0f).max(1);
        (0..count).map(|index| self.sharer(index, count)).collect()
    }

    fn sharer(&self, index: u8, count: u8) -> Self {
        let mut sensor = self.clone();
        sensor.sharing = self.sharing & !0x0f | 1;
        sensor.common.number = self.common.number.wrapping_add(index);
        if self.sharing_offset & 0x80 != 0 {
            let instance = self.common.entity.instance;
            sensor.common.entity.instance = instance & 0x80 | instance.wrapping_add(index) & 0x7f;
        }
        if count > 1 {
            let offset = (self.sharing_offset & 0x7f).saturating_add(index);
            sensor.id_string = Text::latin1(&self.shared_name(offset));
        }
        sensor
    }

    fn shared_name(&self, offset: u8) -> String {
        let mut name = self.id_string.text();
        if self.sharing >> 4 & 3 == 1 {
            if offset >= 26 {
                name.push(char::from(b'A' + (offset / 26 - 1) % 26));
            }
            name.push(char::from(b'A' + offset % 26));
        } else {
            name.push_str(&offset.to_string());
        }
        name
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            common: SensorCommon::read(reader)?,
            sharing: reader.u8("record sharing")?,
            sharing_offset: reader.u8("record sharing offset")?,
            hysteresis_positive: reader.u8("positive-going hysteresis")?,
            hysteresis_negative: reader.u8("negative-going hysteresis")?,
            reserved: reader.array("reserved")?,
            oem: reader.u8("OEM")?,
            id_string: read_id_string(reader)?,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        self.common.write(out);
        out.extend_from_slice(&[self.sharing, self.sharing_offset]);
        out.extend_from_slice(&[self.hysteresis_positive, self.hysteresis_negative]);
        out.extend_from_slice(&self.reserved);
        out.push(self.oem);
        self.id_string.write(out, SDR_TEXT_LEN_MAX);
    }
}

/// Body of an event-only record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventOnlySensor {
    /// Slave address of the owner, 8 bits; bit 0 set: a software id.
    pub owner: u8,
    /// Bits 7–4: channel; bits 1–0: logical unit.
    pub owner_lun: u8,
    /// Sensor number.
    pub number: u8,
    /// What it watches.
    pub entity: Entity,
    /// Sensor type.
    pub sensor_type: u8,
    /// Event/reading type.
    pub event_type: u8,
    /// As in [`CompactSensor`].
    pub sharing: u8,
    /// As in [`CompactSensor`].
    pub sharing_offset: u8,
    /// Reserved, 0.
    pub reserved: u8,
    /// OEM.
    pub oem: u8,
    /// Its name.
    pub id_string: Text,
}

impl EventOnlySensor {
    /// Its address within the owner.
    #[must_use]
    pub fn address(&self) -> SensorAddress {
        SensorAddress {
            lun: self.owner_lun & 3,
            number: self.number,
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            owner: reader.u8("sensor owner id")?,
            owner_lun: reader.u8("sensor owner LUN")?,
            number: reader.u8("sensor number")?,
            entity: Entity::read(reader)?,
            sensor_type: reader.u8("sensor type")?,
            event_type: reader.u8("event/reading type")?,
            sharing: reader.u8("record sharing")?,
            sharing_offset: reader.u8("record sharing offset")?,
            reserved: reader.u8("reserved")?,
            oem: reader.u8("OEM")?,
            id_string: read_id_string(reader)?,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.owner, self.owner_lun, self.number]);
        out.extend_from_slice(&[self.entity.id, self.entity.instance]);
        out.extend_from_slice(&[self.sensor_type, self.event_type]);
        out.extend_from_slice(&[self.sharing, self.sharing_offset, self.reserved, self.oem]);
        self.id_string.write(out, SDR_TEXT_LEN_MAX);
    }
}

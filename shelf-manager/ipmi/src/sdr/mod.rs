//! Sensor data records: what sensors, FRUs and controllers there are.
//!
//! Source: IPMI v2.0 §43.

pub mod other;
mod reading;
mod sensor;

#[cfg(test)]
mod tests;

pub use reading::{AnalogFormat, ConversionError, Converter, Factors};
pub use sensor::{
    CompactSensor, EventOnlySensor, FullSensor, RateUnit, SensorCommon, UnitModifier, Units,
};

use crate::text::{SDR_TEXT_LEN_MAX, Text};
use crate::wire::{Reader, Truncated};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Bytes of the header before the body.
pub const HEADER_LEN: usize = 5;

/// Most bytes of a record: header and a body whose length is one byte.
pub const RECORD_LEN_MAX: usize = HEADER_LEN + 255;

/// Version of the records: 1.5, which IPMI v2.0 keeps. Source: IPMI v2.0 Table 43-1.
pub const VERSION: u8 = 0x51;

/// Record type: full sensor. Source: IPMI v2.0 Table 43-1.
pub const TYPE_FULL: u8 = 0x01;
/// Record type: compact sensor.
pub const TYPE_COMPACT: u8 = 0x02;
/// Record type: event-only.
pub const TYPE_EVENT_ONLY: u8 = 0x03;
/// Record type: FRU device locator.
pub const TYPE_FRU_LOCATOR: u8 = 0x11;
/// Record type: management controller device locator.
pub const TYPE_MC_LOCATOR: u8 = 0x12;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Record id, the repository's own.
    pub id: u16,
    /// SDR version, 51h.
    pub version: u8,
    /// What it describes.
    pub body: RecordBody,
}

/// What a record describes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordBody {
    /// Type 01h: a sensor with analog readings or thresholds.
    Full(FullSensor),
    /// Type 02h: a sensor without; one record may stand for several sensors.
    Compact(CompactSensor),
    /// Type 03h: a sensor that only sends events.
    EventOnly(EventOnlySensor),
    /// Type 11h: a FRU inventory device.
    FruLocator(FruLocator),
    /// Type 12h: a management controller.
    McLocator(McLocator),
    /// Any other type; see [`other::OtherRecord`].
    Other {
        /// Record type.
        kind: u8,
        /// The bytes behind the header.
        bytes: Vec<u8>,
    },
}

/// What physical or logical thing something belongs to. Source: IPMI v2.0 §43.14.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Entity {
    /// Entity id.
    pub id: u8,
    /// Bit 7: a logical container; bits 6–0: instance, 60h–7Fh relative to the device.
    pub instance: u8,
}

/// Body of a FRU device locator record. Source: IPMI v2.0 §43.8.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FruLocator {
    /// Address of the controller that gives access, 8 bits.
    pub access_address: u8,
    /// FRU device id of a logical device, else its slave address.
    pub fru_id: u8,
    /// Bit 7: a logical device; bits 4–3: logical unit; bits 2–0: private bus.
    pub access: u8,
    /// Bits 7–4: channel.
    pub channel: u8,
    /// Reserved, 0.
    pub reserved: u8,
    /// Device type; 10h is a logical FRU device.
    pub device_type: u8,
    /// Device type modifier.
    pub modifier: u8,
    /// What the FRU is.
    pub entity: Entity,
    /// OEM.
    pub oem: u8,
    /// Its name.
    pub id_string: Text,
}

impl FruLocator {
    /// Whether `fru_id` is a FRU device id of the controller.
    #[must_use]
    pub fn is_logical(&self) -> bool {
        self.access & 0x80 != 0
    }
}

/// Body of a management controller device locator record. Source: IPMI v2.0 §43.9.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct McLocator {
    /// Slave address, 8 bits.
    pub address: u8,
    /// Bits 3–0: channel.
    pub channel: u8,
    /// Power state notification and global initialization.
    pub initialization: u8,
    /// Device capabilities, the bits of [`crate::command::app::support`].
    pub capabilities: u8,
    /// Reserved, 0.
    pub reserved: [u8; 3],
    /// What the controller is.
    pub entity: Entity,
    /// OEM.
    pub oem: u8,
    /// Its name.
    pub id_string: Text,
}

/// Reads one record; bytes behind the length that its header gives are ignored.
pub fn decode(record: &[u8]) -> Result<Record, Truncated> {
    let mut header = Reader::new(record);
    let id = header.u16("record id")?;
    let version = header.u8("SDR version")?;
    let kind = header.u8("record type")?;
    let length = usize::from(header.u8("record length")?);
    let bytes = header.rest();
    let mut body = Reader::new(bytes.get(..length).unwrap_or(bytes));
    let body = match kind {
        TYPE_FULL => RecordBody::Full(FullSensor::read(&mut body)?),
        TYPE_COMPACT => RecordBody::Compact(CompactSensor::read(&mut body)?),
        TYPE_EVENT_ONLY => RecordBody::EventOnly(EventOnlySensor::read(&mut body)?),
        TYPE_FRU_LOCATOR => RecordBody::FruLocator(FruLocator::read(&mut body)?),
        TYPE_MC_LOCATOR => RecordBody::McLocator(McLocator::read(&mut body)?),
        kind => RecordBody::Other {
            kind,
            bytes: body.take(length, "record body")?.to_vec(),
        },
    };
    Ok(Record { id, version, body })
}

/// Writes one record, with the length in its header.
#[must_use]
pub fn encode(record: &Record) -> Vec<u8> {
    let mut body = Vec::new();
    let kind = match &record.body {
        RecordBody::Full(sensor) => {
            sensor.write(&mut body);
            TYPE_FULL
        }
        RecordBody::Compact(sensor) => {
            sensor.write(&mut body);
            TYPE_COMPACT
        }
        RecordBody::EventOnly(sensor) => {
            sensor.write(&mut body);
            TYPE_EVENT_ONLY
        }
        RecordBody::FruLocator(locator) => {
            locator.write(&mut body);
            TYPE_FRU_LOCATOR
        }
        RecordBody::McLocator(locator) => {
            locator.write(&mut body);
            TYPE_MC_LOCATOR
        }
        RecordBody::Other { kind, bytes } => {
            body.extend_from_slice(bytes.get(..255).unwrap_or(bytes));
            *kind
        }
    };
    let [id_low, id_high] = record.id.to_le_bytes();
    let length = u8::try_from(body.len()).unwrap_or(u8::MAX);
    let mut out = alloc::vec![id_low, id_high, record.version, kind, length];
    out.append(&mut body);
    out
}

impl Entity {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            id: reader.u8("entity id")?,
            instance: reader.u8("entity instance")?,
        })
    }
}

impl FruLocator {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            access_address: reader.u8("device access address")?,
            fru_id: reader.u8("FRU device id")?,
            access: reader.u8("access LUN and bus")?,
            channel: reader.u8("channel")?,
            reserved: reader.u8("reserved")?,
            device_type: reader.u8("device type")?,
            modifier: reader.u8("device type modifier")?,
            entity: Entity::read(reader)?,
            oem: reader.u8("OEM")?,
            id_string: read_id_string(reader)?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.access_address, self.fru_id, self.access, self.channel]);
        out.extend_from_slice(&[self.reserved, self.device_type, self.modifier]);
        out.extend_from_slice(&[self.entity.id, self.entity.instance, self.oem]);
        self.id_string.write(out, SDR_TEXT_LEN_MAX);
    }
}

impl McLocator {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            address: reader.u8("device slave address")?,
            channel: reader.u8("channel")?,
            initialization: reader.u8("global initialization")?,
            capabilities: reader.u8("device capabilities")?,
            reserved: reader.array("reserved")?,
            entity: Entity::read(reader)?,
            oem: reader.u8("OEM")?,
            id_string: read_id_string(reader)?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.address, self.channel]);
        out.extend_from_slice(&[self.initialization, self.capabilities]);
        out.extend_from_slice(&self.reserved);
        out.extend_from_slice(&[self.entity.id, self.entity.instance, self.oem]);
        self.id_string.write(out, SDR_TEXT_LEN_MAX);
    }
}

fn read_id_string(reader: &mut Reader<'_>) -> Result<Text, Truncated> {
    Text::read(reader, 0x1f, "id string")
}

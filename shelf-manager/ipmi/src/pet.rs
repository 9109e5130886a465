//! The Platform Event Trap: an SNMPv1 trap that tells of one event.
//!
//! Source: IPMI Platform Event Trap Format Specification v1.0. Its numbers are most significant
//! byte first, other than those of IPMI messages.

use crate::sel::Event;
use crate::wire::{Reader, Truncated};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// Enterprise of the trap. Source: PET v1.0, trap PDU.
pub const ENTERPRISE: [u32; 9] = [1, 3, 6, 1, 4, 1, 3183, 1, 1];

/// Name of the one variable. Source: PET v1.0, variable bindings.
pub const VARIABLE: [u32; 10] = [1, 3, 6, 1, 4, 1, 3183, 1, 1, 1];

/// 1998-01-01 in seconds since 1970: where local timestamps begin. Source: PET v1.0.
pub const EPOCH: u32 = 883_612_800;

/// Bytes in front of the OEM custom fields. Source: PET v1.0.
pub const FIXED_LEN: usize = 46;

/// Most bytes of the OEM custom fields, their end included. Source: PET v1.0.
pub const OEM_LEN_MAX: usize = 64;

/// Most bytes of a text in the OEM custom fields.
pub const TEXT_LEN_MAX: usize = OEM_LEN_MAX - 2;

/// Trap source and event source: IPMI. Source: PET v1.0, source types.
pub const SOURCE_IPMI: u8 = 0x20;

/// Unspecified: sensor device, sensor number, language. Source: PET v1.0.
pub const UNSPECIFIED: u8 = 0xff;

/// End of the OEM custom fields. Source: PET v1.0.
const OEM_END: u8 = 0xc1;

/// Type of an 8-bit text, above its length. Source: PET v1.0, as the type/length byte of FRU
/// information.
const OEM_TEXT: u8 = 0xc0;

/// UTC offset that is not specified. Source: PET v1.0.
const OFFSET_UNSPECIFIED: u16 = 0xffff;

/// Offset of an event that is not specified. Source: PET v1.0, specific trap.
const EVENT_OFFSET_UNSPECIFIED: u8 = 0x0f;

/// What happened: the specific trap number. Source: PET v1.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecificTrap {
    /// Sensor type; 0 is unspecified.
    pub sensor_type: u8,
    /// Event/reading type; 0 is unspecified.
    pub event_type: u8,
    /// Whether the condition began; `false`: it ended.
    pub assertion: bool,
    /// Offset, 0–15; 15 is unspecified.
    pub offset: u8,
}

/// The variable bindings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pet {
    /// What happened.
    pub trap: SpecificTrap,
    /// GUID of the system, most significant byte first; zeros are unspecified.
    pub guid: [u8; 16],
    /// Sequence number, also called cookie: the same one in each repetition; 0 is unspecified.
    pub sequence: u16,
    /// Local timestamp: seconds since 1998-01-01; 0 is unspecified.
    pub local_time: u32,
    /// Minutes between UTC and local time; `None` is unspecified.
    pub utc_offset_min: Option<i16>,
    /// Trap source type.
    pub trap_source: u8,
    /// Event source type.
    pub event_source: u8,
    /// Event severity; see [`crate::command::pef::severity`].
    pub severity: u8,
    /// Sensor device: who has the sensor, see [`sensor_device`]; FFh is unspecified.
    pub sensor_device: u8,
    /// Sensor number; FFh is unspecified.
    pub number: u8,
    /// Entity id; 0 is unspecified.
    pub entity: u8,
    /// Entity instance; 0 is unspecified.
    pub entity_instance: u8,
    /// Event data; 1–3 come from the event, the others are 0.
    pub data: [u8; 8],
    /// Language code; FFh is unspecified.
    pub language: u8,
    /// Manufacturer of the system, an IANA enterprise number.
    pub manufacturer: u32,
    /// System id: the manufacturer's product id.
    pub system: u16,
    /// OEM custom fields, without their end; at most [`OEM_LEN_MAX`] − 1 bytes are sent.
    pub oem: Vec<u8>,
}

/// The sensor device of a generator, whose byte is that of an event.
///
/// Bit 7: a software id; bits 6–0: slave address, 7 bits, or software id. Choice: specification and
/// field leave open which 8 bits are meant; FreeIPMI reads these, and finds the sensors of every
/// controller by them.
#[must_use]
pub const fn sensor_device(generator: u8) -> u8 {
    generator.rotate_right(1)
}

impl SpecificTrap {
    /// Of an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self {
            sensor_type: event.sensor_type,
            event_type: event.event_type & 0x7f,
            assertion: event.assertion,
            offset: event.offset(),
        }
    }

    /// Of no event.
    #[must_use]
    pub const fn unspecified() -> Self {
        Self {
            sensor_type: 0,
            event_type: 0,
            assertion: true,
            offset: EVENT_OFFSET_UNSPECIFIED,
        }
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u32 {
        let direction = if self.assertion { 0x00 } else { 0x80 };
        let offset = direction | self.offset & 0x0f;
        u32::from_be_bytes([0, self.sensor_type, self.event_type, offset])
    }

    /// Reads the number.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        let [_, sensor_type, event_type, offset] = number.to_be_bytes();
        Self {
            sensor_type,
            event_type,
            assertion: offset & 0x80 == 0,
            offset: offset & 0x0f,
        }
    }
}

impl Pet {
    /// Reads a specific trap number and the octets of the variable.
    pub fn decode(specific: u32, octets: &[u8]) -> Result<Self, Truncated> {
        let mut reader = Reader::new(octets);
        let mut pet = Self {
            trap: SpecificTrap::from_number(specific),
            guid: reader.array("GUID")?,
            sequence: reader.array("sequence number").map(u16::from_be_bytes)?,
            local_time: reader.array("local timestamp").map(u32::from_be_bytes)?,
            utc_offset_min: offset(reader.array("UTC offset").map(u16::from_be_bytes)?),
            trap_source: reader.u8("trap source type")?,
            event_source: reader.u8("event source type")?,
            severity: reader.u8("event severity")?,
            sensor_device: reader.u8("sensor device")?,
            number: reader.u8("sensor number")?,
            entity: reader.u8("entity")?,
            entity_instance: reader.u8("entity instance")?,
            data: reader.array("event data")?,
            language: reader.u8("language code")?,
            manufacturer: reader.array("manufacturer id").map(u32::from_be_bytes)?,
            system: reader.array("system id").map(u16::from_be_bytes)?,
            oem: Vec::new(),
        };
        let oem = reader.rest();
        if oem.is_empty() {
            let field = "OEM custom fields";
            return Err(Truncated { field });
        }
        pet.oem = oem.strip_suffix(&[OEM_END]).unwrap_or(oem).to_vec();
        Ok(pet)
    }

    /// The octets of the variable.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FIXED_LEN + self.oem.len() + 1);
        out.extend_from_slice(&self.guid);
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.local_time.to_be_bytes());
        let offset = self.utc_offset_min.map(i16::to_be_bytes);
        out.extend_from_slice(&offset.unwrap_or(OFFSET_UNSPECIFIED.to_be_bytes()));
        out.extend_from_slice(&[self.trap_source, self.event_source, self.severity]);
        out.extend_from_slice(&[self.sensor_device, self.number]);
        out.extend_from_slice(&[self.entity, self.entity_instance]);
        out.extend_from_slice(&self.data);
        out.push(self.language);
        out.extend_from_slice(&self.manufacturer.to_be_bytes());
        out.extend_from_slice(&self.system.to_be_bytes());
        out.extend(self.oem.iter().take(OEM_LEN_MAX - 1));
        out.push(OEM_END);
        out
    }

    /// OEM custom fields that are one text; what is behind [`TEXT_LEN_MAX`] is cut off.
    ///
    /// Choice: texts of one byte get a blank behind them, as their type/length byte would be the
    /// end of the fields.
    #[must_use]
    pub fn oem_text(text: &[u8]) -> Vec<u8> {
        let mut text = text.get(..TEXT_LEN_MAX).unwrap_or(text).to_vec();
        if text.is_empty() {
            return text;
        }
        if text.len() == 1 {
            text.push(b' ');
        }
        let len = u8::try_from(text.len()).expect("TEXT_LEN_MAX is below 64");
        text.insert(0, OEM_TEXT | len);
        text
    }
}

/// Choice: FFFFh, which could be −1 minute, is unspecified; no place on earth has that time.
fn offset(minutes: u16) -> Option<i16> {
    (minutes != OFFSET_UNSPECIFIED).then(|| i16::from_be_bytes(minutes.to_be_bytes()))
}

//! The records that are neither sensors nor locators of FRUs and controllers.
//!
//! Choice: they are read from [`RecordBody::Other`] on demand, so that a repository can keep and
//! pass on a record that it need not understand, damaged ones as well.

use super::{Entity, Record, RecordBody, read_id_string};
use crate::command::{Body, bodies};
use crate::text::{SDR_TEXT_LEN_MAX, Text};
use crate::wire::{Field, Reader, Truncated, U24};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Record type: entity association. Source: IPMI v2.0 §43.4.
pub const TYPE_ENTITY_ASSOCIATION: u8 = 0x08;
/// Record type: device-relative entity association. Source: IPMI v2.0 §43.5.
pub const TYPE_DEVICE_ENTITY_ASSOCIATION: u8 = 0x09;
/// Record type: generic device locator. Source: IPMI v2.0 §43.7.
pub const TYPE_GENERIC_LOCATOR: u8 = 0x10;
/// Record type: management controller confirmation. Source: IPMI v2.0 §43.10.
pub const TYPE_MC_CONFIRMATION: u8 = 0x13;
/// Record type: BMC message channel info. Source: IPMI v2.0 §43.11.
pub const TYPE_CHANNEL_INFO: u8 = 0x14;
/// Record type: OEM. Source: IPMI v2.0 §43.12.
pub const TYPE_OEM: u8 = 0xc0;

/// In the flags of an association: the contained entities are two ranges, first and last each.
pub const CONTAINS_RANGES: u8 = 1 << 7;
/// In the flags of an association: more records go on with the same container.
pub const LINKED: u8 = 1 << 6;
/// In the flags of an association: the container's presence sensor can always be read.
pub const PRESENCE_ALWAYS_ACCESSIBLE: u8 = 1 << 5;

bodies! {
    /// Body of an entity association record. Source: IPMI v2.0 §43.4.
    EntityAssociation {
        /// What contains the others.
        container: Entity,
        /// [`CONTAINS_RANGES`], [`LINKED`], [`PRESENCE_ALWAYS_ACCESSIBLE`].
        flags: u8,
        /// What it contains: four entities, or the ends of two ranges; id 0 is none.
        contained: [Entity; 4],
    }

    /// An entity whose instance is relative to a controller.
    DeviceEntity {
        /// Slave address of the controller, 8 bits; 0 when the instance is not relative.
        address: u8,
        /// Bits 7–4: channel of the controller.
        channel: u8,
        /// The entity.
        entity: Entity,
    }

    /// Body of a device-relative entity association record. Source: IPMI v2.0 §43.5.
    DeviceEntityAssociation {
        /// What contains the others.
        container: Entity,
        /// Slave address of the container's controller, 8 bits; 0 when it is not relative.
        container_address: u8,
        /// Bits 7–4: channel of the container's controller.
        container_channel: u8,
        /// [`CONTAINS_RANGES`], [`LINKED`], [`PRESENCE_ALWAYS_ACCESSIBLE`].
        flags: u8,
        /// What it contains: four entities, or the ends of two ranges; id 0 is none.
        contained: [DeviceEntity; 4],
        /// Reserved, 0.
        reserved: [u8; 6],
    }

    /// Body of a management controller confirmation record. Source: IPMI v2.0 §43.10.
    McConfirmation {
        /// Slave address, 8 bits.
        address: u8,
        /// Device id.
        device_id: u8,
        /// Bits 7–4: channel; 3–0: device revision.
        channel_revision: u8,
        /// Bits 6–0: major firmware revision.
        firmware_major: u8,
        /// Minor firmware revision, BCD.
        firmware_minor: u8,
        /// IPMI version: major in the low nibble, minor in the high one.
        ipmi_version: u8,
        /// Manufacturer, an IANA enterprise number.
        manufacturer: U24,
        /// Product id, the manufacturer's own.
        product: u16,
        /// Device GUID.
        guid: [u8; 16],
    }

    /// Body of a BMC message channel info record. Source: IPMI v2.0 §43.11.
    ChannelInfo {
        /// Channels 0–7, each: bit 7 can send; 6–4 logical unit that receives; 3–0 protocol.
        channels: [u8; 8],
        /// Interrupt for messages: 00h–0Fh IRQ, 10h–13h PCI A–D, 14h SMI, 60h assigned, FFh none.
        messaging_interrupt: u8,
        /// Interrupt for the event message buffer, as before.
        event_buffer_interrupt: u8,
        /// Reserved, 0.
        reserved: u8,
    }

    /// Body of an OEM record. Source: IPMI v2.0 §43.12.
    Oem {
        /// Who defined it, an IANA enterprise number.
        manufacturer: U24,
        /// Its data, at most 59 bytes as the standard has it.
        data: Vec<u8>,
    }
}

/// Body of a generic device locator record. Source: IPMI v2.0 §43.7.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenericLocator {
    /// Address of the controller that gives access, 8 bits; 0 when it is right on the bus.
    pub access_address: u8,
    /// Bits 7–1: slave address of the device; 0: bit 3 of the channel.
    pub device_address: u8,
    /// Bits 7–5: bits 2–0 of the channel; 4–3: logical unit for Master Write-Read; 2–0: private
    /// bus.
    pub access: u8,
    /// Bits 2–0: addresses that the device takes, less one.
    pub address_span: u8,
    /// Reserved, 0.
    pub reserved: u8,
    /// Device type.
    pub device_type: u8,
    /// Device type modifier.
    pub modifier: u8,
    /// What the device belongs to.
    pub entity: Entity,
    /// OEM.
    pub oem: u8,
    /// Its name.
    pub id_string: Text,
}

/// What such a record says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OtherRecord {
    /// Type 08h: what contains what.
    EntityAssociation(EntityAssociation),
    /// Type 09h: the same, relative to controllers.
    DeviceEntityAssociation(DeviceEntityAssociation),
    /// Type 10h: a device that is not intelligent.
    GenericLocator(GenericLocator),
    /// Type 13h: which controller was found where.
    McConfirmation(McConfirmation),
    /// Type 14h: the channels of the BMC.
    ChannelInfo(ChannelInfo),
    /// Type C0h: the manufacturer's own.
    Oem(Oem),
}

impl OtherRecord {
    /// Reads the bytes behind the header of a record of type `kind`; `None` when the standard
    /// defines no such type, or [`RecordBody`] has one of its own for it.
    pub fn decode(kind: u8, bytes: &[u8]) -> Result<Option<Self>, Truncated> {
        let mut reader = Reader::new(bytes);
        let body = match kind {
            TYPE_ENTITY_ASSOCIATION => Self::EntityAssociation(Body::read(&mut reader)?),
            TYPE_DEVICE_ENTITY_ASSOCIATION => {
                Self::DeviceEntityAssociation(Body::read(&mut reader)?)
            }
            TYPE_GENERIC_LOCATOR => Self::GenericLocator(GenericLocator::read(&mut reader)?),
            TYPE_MC_CONFIRMATION => Self::McConfirmation(Body::read(&mut reader)?),
            TYPE_CHANNEL_INFO => Self::ChannelInfo(Body::read(&mut reader)?),
            TYPE_OEM => Self::Oem(Body::read(&mut reader)?),
            _ => return Ok(None),
        };
        Ok(Some(body))
    }

    /// The record with this id.
    #[must_use]
    pub fn record(&self, id: u16) -> Record {
        let mut bytes = Vec::new();
        let kind = match self {
            Self::EntityAssociation(body) => written(TYPE_ENTITY_ASSOCIATION, body, &mut bytes),
            Self::DeviceEntityAssociation(body) => {
                written(TYPE_DEVICE_ENTITY_ASSOCIATION, body, &mut bytes)
            }
            Self::GenericLocator(locator) => {
                locator.write(&mut bytes);
                TYPE_GENERIC_LOCATOR
            }
            Self::McConfirmation(body) => written(TYPE_MC_CONFIRMATION, body, &mut bytes),
            Self::ChannelInfo(body) => written(TYPE_CHANNEL_INFO, body, &mut bytes),
            Self::Oem(body) => written(TYPE_OEM, body, &mut bytes),
        };
        Record {
            id,
            version: super::VERSION,
            body: RecordBody::Other { kind, bytes },
        }
    }
}

fn written(kind: u8, body: &impl Body, out: &mut Vec<u8>) -> u8 {
    body.write(out);
    kind
}

impl EntityAssociation {
    /// Whether the container contains `entity`.
    #[must_use]
    pub fn contains(&self, entity: Entity) -> bool {
        let entities = self.contained;
        if self.flags & CONTAINS_RANGES == 0 {
            return entity.id != 0 && entities.contains(&entity);
        }
        let [first, last, other_first, other_last] = entities;
        [(first, last), (other_first, other_last)]
            .iter()
            .any(|(first, last)| {
                first.id != 0
                    && first.id == entity.id
                    && last.id == entity.id
                    && (first.instance..=last.instance).contains(&entity.instance)
            })
    }
}

impl GenericLocator {
    /// The channel, 0–15.
    #[must_use]
    pub fn channel(&self) -> u8 {
        (self.device_address & 1) << 3 | self.access >> 5
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            access_address: reader.u8("device access address")?,
            device_address: reader.u8("device slave address")?,
            access: reader.u8("access LUN and bus")?,
            address_span: reader.u8("address span")?,
            reserved: reader.u8("reserved")?,
            device_type: reader.u8("device type")?,
            modifier: reader.u8("device type modifier")?,
            entity: Entity::read(reader)?,
            oem: reader.u8("OEM")?,
            id_string: read_id_string(reader)?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.access_address, self.device_address, self.access]);
        out.extend_from_slice(&[self.address_span, self.reserved]);
        out.extend_from_slice(&[self.device_type, self.modifier]);
        out.extend_from_slice(&[self.entity.id, self.entity.instance, self.oem]);
        self.id_string.write(out, SDR_TEXT_LEN_MAX);
    }
}

impl Field for Entity {
    fn read(reader: &mut Reader<'_>, _field: &'static str) -> Result<Self, Truncated> {
        Self::read(reader)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.id, self.instance]);
    }
}

impl Field for [Entity; 4] {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        read_four(reader, field)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|entity| Field::write(entity, out));
    }
}

impl Field for [DeviceEntity; 4] {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Truncated> {
        read_four(reader, field)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|entity| Field::write(entity, out));
    }
}

fn read_four<T: Field>(reader: &mut Reader<'_>, field: &'static str) -> Result<[T; 4], Truncated> {
    Ok([
        T::read(reader, field)?,
        T::read(reader, field)?,
        T::read(reader, field)?,
        T::read(reader, field)?,
    ])
}

//! Firmware images of HPM.1: what a file holds, and in which order an upgrade agent acts on it.
//!
//! A file is a header, action records, and the MD5 digest of both. [`decode`] believes nothing
//! before the digest and each checksum are right.
//!
//! Source: PICMG HPM.1 R1.0 §4.

use crate::command::Body;
use crate::command::hpm::FirmwareVersion;
use crate::wire::{Reader, Truncated, U24, checksum};
use alloc::vec::Vec;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

/// Most action records of one image.
pub const ACTIONS_MAX: usize = 64;

/// Most bytes of one image.
pub const IMAGE_LEN_MAX: usize = 64 << 20;

/// Most bytes of a description.
pub const DESCRIPTION_LEN: usize = 21;

/// What each image begins with.
pub const SIGNATURE: [u8; 8] = *b"PICMGFWU";

const FORMAT: u8 = 0;
const DIGEST_LEN: usize = 16;
/// The header up to the OEM data.
const HEADER_LEN: usize = 34;
/// An action record up to its checksum.
const RECORD_LEN: usize = 3;
/// What an upload record has between its checksum and the firmware.
const UPLOAD_LEN: usize = FirmwareVersion::LEN + DESCRIPTION_LEN + 4;

/// A firmware image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// What it is for.
    pub header: Header,
    /// What to do, in this order.
    pub actions: Vec<Action>,
}

/// Header of an image. Times are in units of 5 s.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Device id of the controllers that it is for.
    pub device_id: u8,
    /// Manufacturer of the controllers that it is for.
    pub manufacturer: U24,
    /// Product id of the controllers that it is for.
    pub product: u16,
    /// When it was built, seconds since 1970.
    pub time: u32,
    /// What the new firmware can; for people, as tools disagree about the order of its bits.
    pub capabilities: u8,
    /// Components that it has firmware for, one bit each.
    pub components: u8,
    /// How long the self test may take.
    pub self_test_timeout: u8,
    /// How long a rollback may take.
    pub rollback_timeout: u8,
    /// How long the controller may be silent.
    pub inaccessibility_timeout: u8,
    /// Earliest firmware that can be upgraded with it: major, minor in BCD.
    pub earliest: [u8; 2],
    /// Version of the whole.
    pub version: FirmwareVersion,
    /// The manufacturer's own data, at most 65535 bytes.
    pub oem: Vec<u8>,
}

/// One action record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Keep a backup of these components.
    Backup {
        /// Components, one bit each.
        components: u8,
    },
    /// Prepare these components.
    Prepare {
        /// Components, one bit each.
        components: u8,
    },
    /// Upload the firmware of one component.
    Upload(Upload),
}

/// Firmware of one component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The component, as a mask of one bit.
    pub components: u8,
    /// Version of the firmware.
    pub version: FirmwareVersion,
    /// What it is, in ASCII; the rest is zeros.
    pub description: [u8; DESCRIPTION_LEN],
    /// The firmware.
    pub data: Vec<u8>,
}

/// Why bytes are no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageError {
    /// They end too early.
    Truncated,
    /// There are more than [`IMAGE_LEN_MAX`].
    TooLong,
    /// The digest at their end is not theirs.
    Digest,
    /// They do not begin with [`SIGNATURE`].
    Signature,
    /// Another format of the header.
    Format(u8),
    /// The header does not sum to zero.
    HeaderChecksum,
    /// This action record does not sum to zero.
    RecordChecksum {
        /// Which one, from 0.
        index: usize,
    },
    /// An action that the standard does not define.
    UnknownAction(u8),
    /// An upload that is not for exactly one component.
    NotOneComponent(u8),
    /// There are more than [`ACTIONS_MAX`] action records.
    TooManyActions,
}

impl From<Truncated> for ImageError {
    fn from(_: Truncated) -> Self {
        Self::Truncated
    }
}

/// Types of action records. Source: PICMG HPM.1 R1.0 Table 4-2.
mod record {
    pub(super) const BACKUP: u8 = 0;
    pub(super) const PREPARE: u8 = 1;
    pub(super) const UPLOAD: u8 = 2;
}

/// Reads an image.
pub fn decode(bytes: &[u8]) -> Result<Image, ImageError> {
    if bytes.len() > IMAGE_LEN_MAX {
        return Err(ImageError::TooLong);
    }
    let split = bytes.split_last_chunk::<DIGEST_LEN>();
    let (body, digest) = split.ok_or(ImageError::Truncated)?;
    if Md5::digest(body)[..] != digest[..] {
        return Err(ImageError::Digest);
    }
    let mut reader = Reader::new(body);
    let header = read_header(&mut reader)?;
    let mut actions = Vec::new();
    while !reader.is_empty() {
        if actions.len() == ACTIONS_MAX {
            return Err(ImageError::TooManyActions);
        }
        actions.push(read_action(&mut reader, actions.len())?);
    }
    Ok(Image { header, actions })
}

fn read_header(reader: &mut Reader<'_>) -> Result<Header, ImageError> {
    let whole = reader.rest();
    if reader.array("signature")? != SIGNATURE {
        return Err(ImageError::Signature);
    }
    let format = reader.u8("format")?;
    if format != FORMAT {
        return Err(ImageError::Format(format));
    }
    let mut header = Header {
        device_id: reader.u8("device_id")?,
        manufacturer: U24(reader.array("manufacturer")?),
        product: reader.u16("product")?,
        time: reader.u32("time")?,
        capabilities: reader.u8("capabilities")?,
        components: reader.u8("components")?,
        self_test_timeout: reader.u8("self_test_timeout")?,
        rollback_timeout: reader.u8("rollback_timeout")?,
        inaccessibility_timeout: reader.u8("inaccessibility_timeout")?,
        earliest: reader.array("earliest")?,
        version: FirmwareVersion::read(reader)?,
        oem: Vec::new(),
    };
    let len = usize::from(reader.u16("oem")?);
    header.oem = reader.take(len, "oem")?.to_vec();
    reader.u8("checksum")?;
    let summed = whole.get(..HEADER_LEN + len + 1);
    match summed.map(checksum) {
        Some(0) => Ok(header),
        _ => Err(ImageError::HeaderChecksum),
    }
}

fn read_action(reader: &mut Reader<'_>, index: usize) -> Result<Action, ImageError> {
    let whole = reader.rest();
    let [kind, components, _] = reader.array("record")?;
    // The standard can be read in two ways: the checksum of an upload is over its first three
    // bytes, or over all that stands before the firmware. Both are in the field.
    let is_zero = |len| whole.get(..len).is_some_and(|bytes| checksum(bytes) == 0);
    let is_upload = kind == record::UPLOAD;
    if !(is_zero(RECORD_LEN) || is_upload && is_zero(RECORD_LEN + UPLOAD_LEN)) {
        return Err(ImageError::RecordChecksum { index });
    }
    match kind {
        record::BACKUP => Ok(Action::Backup { components }),
        record::PREPARE => Ok(Action::Prepare { components }),
        record::UPLOAD => read_upload(reader, components).map(Action::Upload),
        other => Err(ImageError::UnknownAction(other)),
    }
}

fn read_upload(reader: &mut Reader<'_>, components: u8) -> Result<Upload, ImageError> {
    if components.count_ones() != 1 {
        return Err(ImageError::NotOneComponent(components));
    }
    let version = FirmwareVersion::read(reader)?;
    let description = reader.array("description")?;
    let len = reader.u32("length")?;
    let len = usize::try_from(len).map_err(|_| ImageError::Truncated)?;
    let data = reader.take(len, "data")?.to_vec();
    Ok(Upload {
        components,
        version,
        description,
        data,
    })
}

/// Writes an image. OEM data behind the 65535th byte, and firmware behind what a length of 32 bits
/// can say, is left out.
#[must_use]
pub fn encode(image: &Image) -> Vec<u8> {
    let mut out = Vec::new();
    write_header(&image.header, &mut out);
    for action in &image.actions {
        match action {
            Action::Backup { components } => write_record(record::BACKUP, *components, &mut out),
            Action::Prepare { components } => write_record(record::PREPARE, *components, &mut out),
            Action::Upload(upload) => {
                write_record(record::UPLOAD, upload.components, &mut out);
                upload.version.write(&mut out);
                out.extend_from_slice(&upload.description);
                let len = u32::try_from(upload.data.len()).unwrap_or(u32::MAX);
                out.extend_from_slice(&len.to_le_bytes());
                out.extend(upload.data.iter().take(len as usize));
            }
        }
    }
    let digest = Md5::digest(&out);
    out.extend_from_slice(&digest);
    out
}

fn write_header(header: &Header, out: &mut Vec<u8>) {
    out.extend_from_slice(&SIGNATURE);
    out.extend_from_slice(&[FORMAT, header.device_id]);
    out.extend_from_slice(&header.manufacturer.0);
    out.extend_from_slice(&header.product.to_le_bytes());
    out.extend_from_slice(&header.time.to_le_bytes());
    out.extend_from_slice(&[
        header.capabilities,
        header.components,
        header.self_test_timeout,
        header.rollback_timeout,
        header.inaccessibility_timeout,
    ]);
    out.extend_from_slice(&header.earliest);
    header.version.write(out);
    let len = u16::try_from(header.oem.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend(header.oem.iter().take(usize::from(len)));
    out.push(checksum(out));
}

/// Choice: the checksum is over the first three bytes, which is what each reader tries first.
fn write_record(kind: u8, components: u8, out: &mut Vec<u8>) {
    let sum = checksum(&[kind, components]);
    out.extend_from_slice(&[kind, components, sum]);
}

#[cfg(test)]
mod tests;

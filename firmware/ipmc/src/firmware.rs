//! Firmware of one component, as it is uploaded: a header of ours, and the program behind it.
//!
//! HPM.1 leaves to the controller what the bytes of an upload mean.
//!
//! Choice: the header says for which component of which product the program is, how long it is, and
//! its CRC-32. A controller so knows a damaged upload when it is finished, and firmware for another
//! board when that tests itself; and it needs no memory for the program to find out.

use alloc::vec::Vec;
use ipmi::command::Body;
use ipmi::command::hpm::FirmwareVersion;
use ipmi::wire::{Reader, U24};
use serde::{Deserialize, Serialize};

/// Most bytes of one component's firmware, header included: the size of a flash bank.
pub const FIRMWARE_LEN_MAX: u32 = 1 << 20;

/// Length of the header, in front of the program.
pub const HEADER_LEN: usize = 25;

const MAGIC: [u8; 4] = *b"OSFW";
const FORMAT: u8 = 1;
/// The header up to its checksum, which covers this much and the program.
const COVERED_LEN: usize = HEADER_LEN - 4;

/// What a controller knows about the firmware in one flash bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firmware {
    /// Component that it is for, 0–7.
    pub component: u8,
    /// Manufacturer of the product that it is for, as in Get Device ID.
    pub manufacturer: U24,
    /// Product that it is for, as in Get Device ID.
    pub product: u16,
    /// Its version.
    pub version: FirmwareVersion,
    /// Length of the program, bytes.
    pub length: u32,
    /// CRC-32 (IEEE 802.3) of the header up to here and the program.
    pub checksum: u32,
}

impl Firmware {
    /// Describes `program`, of which at most [`FIRMWARE_LEN_MAX`] less the header counts; its
    /// length and checksum are filled in.
    #[must_use]
    pub fn of(
        component: u8,
        (manufacturer, product): (U24, u16),
        version: FirmwareVersion,
        program: &[u8],
    ) -> Self {
        let mut firmware = Self {
            component,
            manufacturer,
            product,
            version,
            length: program.len().min(PROGRAM_LEN_MAX) as u32,
            checksum: 0,
        };
        let crc = program.iter().take(PROGRAM_LEN_MAX);
        let crc = crc.fold(crc_of(&firmware.covered()), |crc, byte| step(crc, *byte));
        firmware.checksum = !crc;
        firmware
    }

    /// The bytes to upload: the header, then `program`, which must be the one that it was made of.
    #[must_use]
    pub fn with(&self, program: &[u8]) -> Vec<u8> {
        let mut out = self.covered();
        out.extend_from_slice(&self.checksum.to_le_bytes());
        out.extend(program.iter().take(PROGRAM_LEN_MAX));
        out
    }

    /// What the checksum covers of the header.
    fn covered(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&[FORMAT, self.component]);
        out.extend_from_slice(&self.manufacturer.0);
        out.extend_from_slice(&self.product.to_le_bytes());
        self.version.write(&mut out);
        out.extend_from_slice(&self.length.to_le_bytes());
        out
    }
}

const PROGRAM_LEN_MAX: usize = FIRMWARE_LEN_MAX as usize - HEADER_LEN;

/// Why uploaded bytes are no firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoFirmware {
    /// They are shorter than a header.
    TooShort,
    /// They do not begin like firmware.
    Magic,
    /// They are of another format.
    Format(u8),
    /// The program is longer or shorter than the header says.
    Length,
    /// The checksum is another.
    Checksum,
}

/// Bytes that are coming in.
///
/// Invariant: at most [`FIRMWARE_LEN_MAX`] bytes were taken; no more than the header is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receiver {
    header: Vec<u8>,
    received: u32,
    crc: u32,
}

impl Receiver {
    pub(crate) fn new() -> Self {
        Self {
            header: Vec::new(),
            received: 0,
            crc: CRC_START,
        }
    }

    /// How many bytes were taken.
    pub(crate) fn received(&self) -> u32 {
        self.received
    }

    /// Takes the next bytes; `false` when they do not fit the bank, and nothing was taken.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> bool {
        let len = u32::try_from(bytes.len()).ok();
        let received = len.and_then(|len| self.received.checked_add(len));
        let Some(received) = received.filter(|received| *received <= FIRMWARE_LEN_MAX) else {
            return false;
        };
        self.received = received;
        for byte in bytes {
            let is_covered = match self.header.len() {
                0..COVERED_LEN => true,
                COVERED_LEN..HEADER_LEN => false,
                _ => {
                    self.crc = step(self.crc, *byte);
                    continue;
                }
            };
            self.header.push(*byte);
            if is_covered {
                self.crc = step(self.crc, *byte);
            }
        }
        true
    }

    /// What was received, once all was.
    pub(crate) fn finish(&self) -> Result<Firmware, NoFirmware> {
        let mut reader = Reader::new(&self.header);
        let firmware = read(&mut reader)?;
        let whole = u64::from(firmware.length) + HEADER_LEN as u64;
        if whole != u64::from(self.received) {
            return Err(NoFirmware::Length);
        }
        if firmware.checksum != !self.crc {
            return Err(NoFirmware::Checksum);
        }
        Ok(firmware)
    }
}

fn read(reader: &mut Reader<'_>) -> Result<Firmware, NoFirmware> {
    let short = |_| NoFirmware::TooShort;
    if reader.array("magic").map_err(short)? != MAGIC {
        return Err(NoFirmware::Magic);
    }
    let format = reader.u8("format").map_err(short)?;
    if format != FORMAT {
        return Err(NoFirmware::Format(format));
    }
    Ok(Firmware {
        component: reader.u8("component").map_err(short)?,
        manufacturer: U24(reader.array("manufacturer").map_err(short)?),
        product: reader.u16("product").map_err(short)?,
        version: FirmwareVersion::read(reader).map_err(short)?,
        length: reader.u32("length").map_err(short)?,
        checksum: reader.u32("checksum").map_err(short)?,
    })
}

const CRC_START: u32 = !0;
/// The polynomial of IEEE 802.3, reflected.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// CRC-32 of `bytes` before its last complement. Its sibling [`step`] adds a byte.
pub(crate) fn crc_of(bytes: &[u8]) -> u32 {
    bytes.iter().fold(CRC_START, |crc, byte| step(crc, *byte))
}

fn step(crc: u32, byte: u8) -> u32 {
    (0..8).fold(crc ^ u32::from(byte), |crc, _| match crc & 1 {
        0 => crc >> 1,
        _ => crc >> 1 ^ POLYNOMIAL,
    })
}

#[cfg(test)]
mod tests;

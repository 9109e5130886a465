//! Chassis, board and product info areas.
//!
//! Source: Platform Management FRU Information Storage Definition v1.0 §10–§12.

use super::{Area, FORMAT_VERSION, Integrity, UNIT};
use crate::text::{END_OF_FIELDS, FRU_TEXT_LEN_MAX, Text};
use crate::wire::{Reader, Truncated, checksum};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Language code: English. Source: FRU Information Storage Definition v1.0 §15.
pub const LANGUAGE_ENGLISH: u8 = 25;

/// Seconds since 1970 at 1996-01-01 00:00 UTC, from which manufacturing dates count.
const MANUFACTURING_EPOCH: u64 = 820_454_400;

/// Chassis info area.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chassis {
    /// Chassis type, as in SMBIOS; 17h is a rack mount chassis.
    pub kind: u8,
    /// Part number.
    pub part_number: Text,
    /// Serial number.
    pub serial_number: Text,
    /// Further fields.
    pub custom: Vec<Text>,
}

/// Board info area.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// Language code; 0 and 25 are English.
    pub language: u8,
    /// When it was made: minutes since 1996-01-01 00:00 UTC, 24 bits; 0 is unspecified.
    pub manufactured_minutes: u32,
    /// Manufacturer.
    pub manufacturer: Text,
    /// Product name.
    pub product_name: Text,
    /// Serial number.
    pub serial_number: Text,
    /// Part number.
    pub part_number: Text,
    /// FRU file id.
    pub file_id: Text,
    /// Further fields.
    pub custom: Vec<Text>,
}

impl Board {
    /// When it was made, in seconds since 1970; `None` when unspecified.
    #[must_use]
    pub fn manufactured_unix(&self) -> Option<u64> {
        let minutes = u64::from(self.manufactured_minutes);
        (minutes != 0).then_some(MANUFACTURING_EPOCH + minutes * 60)
    }
}

/// Product info area.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Language code; 0 and 25 are English.
    pub language: u8,
    /// Manufacturer.
    pub manufacturer: Text,
    /// Product name.
    pub name: Text,
    /// Part or model number.
    pub part_number: Text,
    /// Version.
    pub version: Text,
    /// Serial number.
    pub serial_number: Text,
    /// Asset tag.
    pub asset_tag: Text,
    /// FRU file id.
    pub file_id: Text,
    /// Further fields.
    pub custom: Vec<Text>,
}

/// What stands between the length byte and the checksum of an area.
pub(super) trait AreaContent: Default {
    /// Fills in the fields as far as the bytes go.
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), Truncated>;
    /// Appends the fields, without the mark that ends them.
    fn write(&self, out: &mut Vec<u8>);
    /// Its text fields, in order.
    fn fields(&self) -> Vec<&Text>;
}

/// Reads the area at the front of `bytes`.
pub(super) fn decode<T: AreaContent>(bytes: &[u8]) -> Area<T> {
    let mut content = T::default();
    let length = bytes.get(1).map_or(0, |units| usize::from(*units) * UNIT);
    let area = bytes.get(..length).filter(|area| !area.is_empty());
    let known = area.unwrap_or(bytes);
    // The checksum is not a field; a truncated area does not have it yet.
    let fields = if area.is_some() {
        known.split_last().map(|(_, fields)| fields)
    } else {
        None
    };
    let fields = fields.unwrap_or(known).get(2..).unwrap_or_default();
    let whole = content.read(&mut Reader::new(fields)).is_ok();
    let integrity = match area {
        Some(area) if checksum(area) != 0 => Integrity::BadChecksum,
        Some(_) if whole => Integrity::Ok,
        Some(_) | None => Integrity::Truncated,
    };
    Area { integrity, content }
}

/// How long the area is, before it is cut to what its length can say.
pub(super) fn content_len<T: AreaContent>(content: &T) -> usize {
    (unfinished(content).len() + 1).next_multiple_of(UNIT)
}

fn unfinished<T: AreaContent>(content: &T) -> Vec<u8> {
    let mut out = alloc::vec![FORMAT_VERSION, 0];
    content.write(&mut out);
    out.push(END_OF_FIELDS);
    out
}

/// Writes an area with its length and checksum.
pub(super) fn encode<T: AreaContent>(content: &T) -> Vec<u8> {
    let mut out = unfinished(content);
    let length = (out.len() + 1)
        .next_multiple_of(UNIT)
        .min(usize::from(u8::MAX) * UNIT);
    out.resize(length - 1, 0);
    out[1] = u8::try_from(length / UNIT).unwrap_or(u8::MAX);
    out.push(checksum(&out));
    out
}

impl AreaContent for Chassis {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), Truncated> {
        self.kind = reader.u8("chassis type")?;
        let fields = [&mut self.part_number, &mut self.serial_number];
        read_fields(reader, fields, &mut self.custom)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.kind);
        write_fields(out, &self.fields());
    }

    fn fields(&self) -> Vec<&Text> {
        all_fields([&self.part_number, &self.serial_number], &self.custom)
    }
}

impl AreaContent for Board {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), Truncated> {
        self.language = reader.u8("language")?;
        let [a, b, c] = reader.array("manufacturing date")?;
        self.manufactured_minutes = u32::from_le_bytes([a, b, c, 0]);
        let fields = [
            &mut self.manufacturer,
            &mut self.product_name,
            &mut self.serial_number,
            &mut self.part_number,
            &mut self.file_id,
        ];
        read_fields(reader, fields, &mut self.custom)
    }

    fn write(&self, out: &mut Vec<u8>) {
        let [a, b, c, _] = self.manufactured_minutes.to_le_bytes();
        out.extend_from_slice(&[self.language, a, b, c]);
        write_fields(out, &self.fields());
    }

    fn fields(&self) -> Vec<&Text> {
        let known = [
            &self.manufacturer,
            &self.product_name,
            &self.serial_number,
            &self.part_number,
            &self.file_id,
        ];
        all_fields(known, &self.custom)
    }
}

impl AreaContent for Product {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), Truncated> {
        self.language = reader.u8("language")?;
        let fields = [
            &mut self.manufacturer,
            &mut self.name,
            &mut self.part_number,
            &mut self.version,
            &mut self.serial_number,
            &mut self.asset_tag,
            &mut self.file_id,
        ];
        read_fields(reader, fields, &mut self.custom)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.language);
        write_fields(out, &self.fields());
    }

    fn fields(&self) -> Vec<&Text> {
        let known = [
            &self.manufacturer,
            &self.name,
            &self.part_number,
            &self.version,
            &self.serial_number,
            &self.asset_tag,
            &self.file_id,
        ];
        all_fields(known, &self.custom)
    }
}

/// Fills the known fields, then the custom ones, up to the mark that ends them.
fn read_fields<const N: usize>(
    reader: &mut Reader<'_>,
    known: [&mut Text; N],
    custom: &mut Vec<Text>,
) -> Result<(), Truncated> {
    for field in known {
        if reader.rest().first() == Some(&END_OF_FIELDS) {
            return Ok(());
        }
        *field = read_field(reader)?;
    }
    while reader.rest().first() != Some(&END_OF_FIELDS) {
        custom.push(read_field(reader)?);
    }
    Ok(())
}

fn read_field(reader: &mut Reader<'_>) -> Result<Text, Truncated> {
    let len_max = u8::try_from(FRU_TEXT_LEN_MAX).unwrap_or(u8::MAX);
    Text::read(reader, len_max, "field")
}

fn all_fields<'a, const N: usize>(known: [&'a Text; N], custom: &'a [Text]) -> Vec<&'a Text> {
    known.into_iter().chain(custom).collect()
}

fn write_fields(out: &mut Vec<u8>, fields: &[&Text]) {
    fields.iter().for_each(|field| write_field(field, out));
}

/// One byte of 8-bit text would read as the mark that ends the fields, so it gets a blank behind
/// it.
fn write_field(field: &Text, out: &mut Vec<u8>) {
    let start = out.len();
    field.write(out, FRU_TEXT_LEN_MAX);
    if out.get(start) == Some(&END_OF_FIELDS) {
        out[start] += 1;
        out.push(b' ');
    }
}

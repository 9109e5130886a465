//! Strings behind a type/length byte, as SDRs and FRU inventories hold them.
//!
//! Source: IPMI v2.0 §43.15 (SDR), Platform Management FRU Information Storage Definition v1.0 §13.

use crate::wire::{Reader, Truncated};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;
use serde::{Deserialize, Serialize};

/// How the bytes of a string stand for characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Coding {
    /// Binary in FRU inventories, Unicode in SDRs.
    Binary,
    /// BCD plus: digits, space, dash, period.
    BcdPlus,
    /// Six bits for each character, packed.
    SixBit,
    /// 8-bit ASCII and Latin 1.
    #[default]
    Latin1,
}

/// A string as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// How to read the bytes.
    pub coding: Coding,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Longest string in a FRU inventory, bytes: the length is six bits wide.
pub const FRU_TEXT_LEN_MAX: usize = 0x3f;

/// Longest id string of an SDR, bytes: the length is five bits wide.
///
/// Choice: the standard allows 16; longer ones are kept, as some controllers have them.
/// Source: IPMI v2.0 Table 43-1.
pub const SDR_TEXT_LEN_MAX: usize = 0x1f;

/// Ends the fields of a FRU area. Source: FRU Information Storage Definition v1.0 §13.
pub(crate) const END_OF_FIELDS: u8 = 0xc1;

impl Text {
    /// A string of 8-bit characters; others become `?`.
    #[must_use]
    pub fn latin1(text: &str) -> Self {
        let bytes = text
            .chars()
            .map(|c| u8::try_from(c).unwrap_or(b'?'))
            .collect();
        Self {
            coding: Coding::Latin1,
            bytes,
        }
    }

    /// A string of digits, blanks, dashes, periods, colons, commas and underscores, two in a byte;
    /// `None` when there is any other character. An odd one out gets a blank behind it.
    #[must_use]
    pub fn bcd_plus(text: &str) -> Option<Self> {
        let digits: Option<Vec<u8>> = text.bytes().map(bcd_plus_digit).collect();
        let bytes = digits?
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(BCD_PLUS_BLANK))
            .collect();
        Some(Self {
            coding: Coding::BcdPlus,
            bytes,
        })
    }

    /// A string of capitals, digits and punctuation (20h–5Fh), four in three bytes; `None` when
    /// there is any other character.
    #[must_use]
    pub fn six_bit(text: &str) -> Option<Self> {
        let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0u32);
        for byte in text.bytes() {
            let code = byte.checked_sub(0x20).filter(|code| *code < 0x40)?;
            bits |= u32::from(code) << count;
            count += 6;
            if count >= 8 {
                bytes.push(low_byte(bits));
                bits >>= 8;
                count -= 8;
            }
        }
        if count > 0 {
            bytes.push(low_byte(bits));
        }
        Some(Self {
            coding: Coding::SixBit,
            bytes,
        })
    }

    /// The string for people, without the blanks and zeros that pad it at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let text = match self.coding {
            Coding::Binary => binary(&self.bytes),
            Coding::BcdPlus => bcd_plus(&self.bytes),
            Coding::SixBit => six_bit(&self.bytes),
            Coding::Latin1 => self.bytes.iter().map(|byte| char::from(*byte)).collect(),
        };
        text.trim_end_matches([' ', '\0']).to_string()
    }

    /// Reads a type/length byte, whose length is `len_mask` wide, and the string behind it.
    pub(crate) fn read(
        reader: &mut Reader<'_>,
        len_mask: u8,
        field: &'static str,
    ) -> Result<Self, Truncated> {
        let type_length = reader.u8(field)?;
        let bytes = reader
            .take(usize::from(type_length & len_mask), field)?
            .to_vec();
        let coding = match type_length >> 6 {
            0 => Coding::Binary,
            1 => Coding::BcdPlus,
            2 => Coding::SixBit,
            _ => Coding::Latin1,
        };
        Ok(Self { coding, bytes })
    }

    /// Writes the type/length byte and the string, cut at `len_max` bytes.
    pub(crate) fn write(&self, out: &mut Vec<u8>, len_max: usize) {
        let code = match self.coding {
            Coding::Binary => 0x00,
            Coding::BcdPlus => 0x40,
            Coding::SixBit => 0x80,
            Coding::Latin1 => 0xc0,
        };
        let bytes = self.bytes.get(..len_max).unwrap_or(&self.bytes);
        let length = u8::try_from(bytes.len()).unwrap_or(0);
        out.push(code | length);
        out.extend_from_slice(bytes);
    }
}

/// Choice: Unicode that is valid UTF-8 without control characters reads as such, all else as
/// hexadecimal digits.
fn binary(bytes: &[u8]) -> String {
    match core::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_string(),
        Ok(_) | Err(_) => bytes.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }),
    }
}

const BCD_PLUS: &[u8; 16] = b"0123456789 -.:,_";

/// Where the blank is in [`BCD_PLUS`].
const BCD_PLUS_BLANK: u8 = 0x0a;

fn bcd_plus_digit(byte: u8) -> Option<u8> {
    let position = BCD_PLUS.iter().position(|digit| *digit == byte);
    position.and_then(|digit| u8::try_from(digit).ok())
}

fn low_byte(bits: u32) -> u8 {
    bits.to_le_bytes()[0]
}

fn bcd_plus(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    digits
        .filter_map(|digit| BCD_PLUS.get(usize::from(digit)))
        .map(|c| char::from(*c))
        .collect()
}

/// Characters 20h–5Fh, four in three bytes, the first in the low bits.
fn six_bit(bytes: &[u8]) -> String {
    let (mut text, mut bits, mut count) = (String::new(), 0u32, 0u32);
    for byte in bytes {
        bits |= u32::from(*byte) << count;
        count += 8;
        while count >= 6 {
            text.push(char::from(u8::try_from(bits & 0x3f).unwrap_or(0) + 0x20));
            bits >>= 6;
            count -= 6;
        }
    }
    text
}

//! `SaHpiTextBufferT`.

use crate::numbered::numbered;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

numbered! {
    /// `SaHpiTextTypeT`.
    TextType {
        Unicode = 0 "UNICODE",
        BcdPlus = 1 "BCDPLUS",
        Ascii6 = 2 "ASCII6",
        Text = 3 "TEXT",
        Binary = 4 "BINARY",
    }
}

/// `SAHPI_LANG_UNDEF`.
pub const LANGUAGE_UNDEFINED: u32 = 0;
/// `SAHPI_LANG_ENGLISH`.
pub const LANGUAGE_ENGLISH: u32 = 25;

/// A text of at most [`TextBuffer::LENGTH_MAX`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextBuffer {
    /// How the bytes are to be read.
    pub data_type: TextType,
    /// `SaHpiLanguageT`.
    pub language: u32,
    /// The bytes.
    pub data: Vec<u8>,
}

impl TextBuffer {
    /// `SAHPI_MAX_TEXT_BUFFER_LENGTH`.
    pub const LENGTH_MAX: usize = 255;

    /// An English text; what does not fit is cut off, characters outside Latin-1 become `?`.
    pub fn english(text: &str) -> Self {
        let latin1 = |c: char| u8::try_from(u32::from(c)).unwrap_or(b'?');
        Self {
            data_type: TextType::Text,
            language: LANGUAGE_ENGLISH,
            data: text.chars().map(latin1).take(Self::LENGTH_MAX).collect(),
        }
    }

    /// The text for people; binary data as hexadecimal digits.
    pub fn to_text(&self) -> String {
        match self.data_type {
            TextType::Text | TextType::BcdPlus | TextType::Ascii6 => {
                self.data.iter().map(|&b| char::from(b)).collect()
            }
            TextType::Unicode => {
                let pairs = self
                    .data
                    .chunks_exact(2)
                    .map(|p| u16::from_le_bytes([p[0], p[1]]));
                char::decode_utf16(pairs)
                    .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            }
            TextType::Binary => self
                .data
                .iter()
                .map(|b| alloc::format!("{b:02x}"))
                .collect(),
        }
    }
}

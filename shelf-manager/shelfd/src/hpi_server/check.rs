//! What callers send in the model's words, or refused.

use hpi_model::{HpiError, RdrType, Severity, TextBuffer, TextType};
use openhpi_wire::types::Text;

/// `SAHPI_LANG_ZULU`, the last language.
const LANGUAGE_MAX: u32 = 136;

/// A severity that something can have: not `SAHPI_ALL_SEVERITIES`.
pub(super) fn severity(number: u32) -> Result<Severity, HpiError> {
    let severity = Severity::from_number(number);
    let real = severity.filter(|severity| *severity != Severity::All);
    real.ok_or(HpiError::InvalidParams)
}

pub(super) fn rdr_type(number: u32) -> Result<RdrType, HpiError> {
    RdrType::from_number(number).ok_or(HpiError::InvalidParams)
}

/// A text whose type, language and characters go together.
///
/// Source: SAI-HPI-B.03.02, `SaHpiTextBufferT`; each function that takes one names these three
/// conditions.
pub(super) fn text(text: &Text) -> Result<TextBuffer, HpiError> {
    let data_type = TextType::from_number(text.data_type).ok_or(HpiError::InvalidParams)?;
    let data = &text.data;
    let has_language = matches!(data_type, TextType::Unicode | TextType::Text);
    let is_language = !has_language || text.language <= LANGUAGE_MAX;
    let is_legal = match data_type {
        TextType::Unicode => is_utf_16(data),
        TextType::BcdPlus => data
            .iter()
            .all(|byte| byte.is_ascii_digit() || b" -.:,_".contains(byte)),
        TextType::Ascii6 => data.iter().all(|byte| (0x20..=0x5f).contains(byte)),
        TextType::Text | TextType::Binary => true,
    };
    if !is_language || !is_legal {
        return Err(HpiError::InvalidParams);
    }
    Ok(TextBuffer {
        data_type,
        language: text.language,
        data: data.clone(),
    })
}

fn is_utf_16(data: &[u8]) -> bool {
    let pairs = data.chunks_exact(2);
    let is_even = pairs.remainder().is_empty();
    let units = pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    is_even && char::decode_utf16(units).all(|unit| unit.is_ok())
}

//! What callers send in the model's words, or refused.

use hpi_model::instrument::{ControlState, DigitalState, Stream};
use hpi_model::{HpiError, RdrType, Reading, Severity, TextBuffer, TextType};
use openhpi_wire::types::{CtrlState, SensorReading, SensorThresholds, SensorValue, Text};

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

/// A state whose values its type has.
///
/// Source: SAI-HPI-B.03.02, `saHpiControlSet`, return values.
pub(super) fn control_state(state: &CtrlState) -> Result<ControlState, HpiError> {
    Ok(match state {
        CtrlState::Digital(state) => {
            let state = DigitalState::from_number(*state);
            ControlState::Digital(state.ok_or(HpiError::InvalidParams)?)
        }
        CtrlState::Discrete(state) => ControlState::Discrete(*state),
        CtrlState::Analog(state) => ControlState::Analog(*state),
        CtrlState::Stream(state) => {
            let length = usize::try_from(state.stream_length).unwrap_or(usize::MAX);
            let data = state.stream.get(..length).ok_or(HpiError::InvalidParams)?;
            ControlState::Stream(Stream {
                repeat: state.repeat,
                data: data.to_vec(),
            })
        }
        CtrlState::Text(state) => ControlState::Text {
            line: state.line,
            text: text(&state.text)?,
        },
        CtrlState::Oem(state) => ControlState::Oem {
            manufacturer: state.manufacturer,
            body: state.body.0.clone(),
        },
    })
}

/// New thresholds in the order of [`hpi_domain::ThresholdChange`]; `None` stays.
pub(super) fn thresholds(new: &SensorThresholds) -> Result<[Option<Reading>; 8], HpiError> {
    let all = [
        &new.low_minor,
        &new.low_major,
        &new.low_critical,
        &new.up_minor,
        &new.up_major,
        &new.up_critical,
        &new.pos_thd_hysteresis,
        &new.neg_thd_hysteresis,
    ];
    let mut read = [None; 8];
    for (slot, value) in read.iter_mut().zip(all) {
        *slot = reading(value)?;
    }
    Ok(read)
}

/// A reading; `None` where there is none.
pub(super) fn reading(from: &SensorReading) -> Result<Option<Reading>, HpiError> {
    if !from.is_supported {
        return Ok(None);
    }
    Ok(Some(match from.value {
        SensorValue::Int64(value) => Reading::Int64(value),
        SensorValue::Uint64(value) => Reading::Uint64(value),
        SensorValue::Float64(bits) => Reading::Micro(bits.to_micro().ok_or(HpiError::InvalidData)?),
        SensorValue::Buffer(value) => Reading::Buffer(value),
    }))
}

fn is_utf_16(data: &[u8]) -> bool {
    let pairs = data.chunks_exact(2);
    let is_even = pairs.remainder().is_empty();
    let units = pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    is_even && char::decode_utf16(units).all(|unit| unit.is_ok())
}

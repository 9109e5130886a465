//! Attribute values as text, as the schema writes them.
//!
//! Source: SAI-AIS-IMM-XSD-A.02.13.

use ais::imm::{Value, ValueType};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::float;

/// The schema's word for a type, such as `SA_UINT32_T`.
pub fn type_word(value_type: ValueType) -> &'static str {
    match value_type {
        ValueType::Int32 => "SA_INT32_T",
        ValueType::Uint32 => "SA_UINT32_T",
        ValueType::Int64 => "SA_INT64_T",
        ValueType::Uint64 => "SA_UINT64_T",
        ValueType::Time => "SA_TIME_T",
        ValueType::Name => "SA_NAME_T",
        ValueType::Float => "SA_FLOAT_T",
        ValueType::Double => "SA_DOUBLE_T",
        ValueType::String => "SA_STRING_T",
        ValueType::Any => "SA_ANY_T",
    }
}

/// The type of the schema's word.
pub fn type_by_word(word: &str) -> Option<ValueType> {
    let types = [
        ValueType::Int32,
        ValueType::Uint32,
        ValueType::Int64,
        ValueType::Uint64,
        ValueType::Time,
        ValueType::Name,
        ValueType::Float,
        ValueType::Double,
        ValueType::String,
        ValueType::Any,
    ];
    types.into_iter().find(|t| type_word(*t) == word)
}

/// Reads a value; `None` when the text is no value of the type, or does not fit.
///
/// Numbers are decimal or hexadecimal (`0x…`), white space around numbers and names is ignored.
/// Choice: a decimal number with a leading zero is refused, as C programs read it as octal.
pub fn parse(value_type: ValueType, text: &str) -> Option<Value> {
    match value_type {
        ValueType::Int32 => Some(Value::Int32(i32::try_from(integer(text)?).ok()?)),
        ValueType::Uint32 => Some(Value::Uint32(u32::try_from(integer(text)?).ok()?)),
        ValueType::Int64 => Some(Value::Int64(i64::try_from(integer(text)?).ok()?)),
        ValueType::Uint64 => Some(Value::Uint64(u64::try_from(integer(text)?).ok()?)),
        ValueType::Time => Some(Value::Time(i64::try_from(integer(text)?).ok()?)),
        ValueType::Name => {
            let name = text.trim();
            (!name.contains(char::is_control)).then(|| Value::Name(name.to_string()))
        }
        ValueType::Float => Some(Value::Float(float::single(text.trim())?)),
        ValueType::Double => Some(Value::Double(float::double(text.trim())?)),
        ValueType::String => Some(Value::String(text.to_string())),
        ValueType::Any => Some(Value::Any(text.as_bytes().to_vec())),
    }
}

/// Reads a value that is written as base64 of its text (of its bytes for `SaAnyT`).
pub fn parse_base64(value_type: ValueType, text: &str) -> Option<Value> {
    let bytes = from_base64(text)?;
    match value_type {
        ValueType::Any => Some(Value::Any(bytes)),
        ValueType::Int32
        | ValueType::Uint32
        | ValueType::Int64
        | ValueType::Uint64
        | ValueType::Time
        | ValueType::Name
        | ValueType::Float
        | ValueType::Double
        | ValueType::String => parse(value_type, core::str::from_utf8(&bytes).ok()?),
    }
}

/// A value as [`parse`] reads it; `None` for `SaAnyT`, which has no text.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::Int32(number) => Some(number.to_string()),
        Value::Uint32(number) => Some(number.to_string()),
        Value::Int64(number) | Value::Time(number) => Some(number.to_string()),
        Value::Uint64(number) => Some(number.to_string()),
        Value::Name(text) | Value::String(text) => Some(text.clone()),
        Value::Float(bits) => Some(float::single_text(*bits)),
        Value::Double(bits) => Some(float::double_text(*bits)),
        Value::Any(_) => None,
    }
}

fn integer(text: &str) -> Option<i128> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let hexadecimal = digits.strip_prefix("0x").or(digits.strip_prefix("0X"));
    let (radix, digits) = match hexadecimal {
        Some(digits) => (16, digits),
        None => (10, digits),
    };
    let is_octal = radix == 10 && digits.len() > 1 && digits.starts_with('0');
    if is_octal || digits.starts_with(['+', '-']) {
        return None;
    }
    i128::from_str_radix(digits, radix).ok().map(|n| sign * n)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding. Source: RFC 4648 §4.
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) & 0x3f;
            let is_padding = digit > chunk.len();
            text.push(match ALPHABET.get(index as usize) {
                Some(letter) if !is_padding => char::from(*letter),
                Some(_) | None => '=',
            });
        }
    }
    text
}

/// The bytes of a base64 text; white space in it is ignored, padding may be left out.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let padding = letters.iter().rev().take_while(|b| **b == b'=').count();
    let letters = letters.get(..letters.len() - padding)?;
    if padding > 2 || letters.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in letters {
        let index = ALPHABET.iter().position(|l| l == letter)?;
        bits = (bits << 6 | u32::try_from(index).ok()?) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

//! Strings of FRU inventories as text buffers, and back.
//!
//! Choice: a string keeps its coding, so that what a client reads it can write back. Language codes
//! of FRU inventories are numbered as HPI's languages.
//!
//! Source: FRU Information Storage Definition v1.0 §13, §15; SAI-HPI-B.03.02, `SaHpiTextBufferT`.

use alloc::format;
use alloc::string::String;
use hpi_model::{HpiError, LANGUAGE_ENGLISH, LANGUAGE_UNDEFINED, TextBuffer, TextType};
use ipmi::text::{Coding, FRU_TEXT_LEN_MAX, Text};

/// The language of an area, by its language code: 0 is English, too.
pub(super) fn language(code: u8) -> u32 {
    match u32::from(code) {
        0 => LANGUAGE_ENGLISH,
        code => code,
    }
}

/// A string of an area in this language. Strings of 8-bit characters are Unicode where the language
/// is not English.
pub(super) fn buffer(text: &Text, language: u32) -> TextBuffer {
    let is_english = language == LANGUAGE_ENGLISH;
    let characters = |data_type, language| TextBuffer {
        data_type,
        language,
        data: latin1(&text.text()),
    };
    let raw = |data_type, language| TextBuffer {
        data_type,
        language,
        data: text.bytes.clone(),
    };
    match text.coding {
        Coding::BcdPlus => characters(TextType::BcdPlus, LANGUAGE_UNDEFINED),
        Coding::SixBit => characters(TextType::Ascii6, LANGUAGE_UNDEFINED),
        Coding::Latin1 if is_english => characters(TextType::Text, language),
        Coding::Latin1 if text.bytes.len().is_multiple_of(2) => raw(TextType::Unicode, language),
        Coding::Latin1 | Coding::Binary => raw(TextType::Binary, LANGUAGE_UNDEFINED),
    }
}

/// A text as a string of an area in this language.
///
/// `Err` where the area has no such strings, or none of this length: 1–63 bytes.
pub(super) fn string(buffer: &TextBuffer, language: u32) -> Result<Text, HpiError> {
    let is_english = language == LANGUAGE_ENGLISH;
    let of_area = [language, LANGUAGE_UNDEFINED].contains(&buffer.language);
    let raw = |coding| Text {
        coding,
        bytes: buffer.data.clone(),
    };
    let text = match buffer.data_type {
        TextType::Binary => Some(raw(Coding::Binary)),
        TextType::BcdPlus => Text::bcd_plus(&buffer.to_text()),
        TextType::Ascii6 => Text::six_bit(&buffer.to_text()),
        TextType::Text => (is_english && of_area).then(|| raw(Coding::Latin1)),
        TextType::Unicode => (!is_english && of_area).then(|| raw(Coding::Latin1)),
    };
    let fits = |text: &Text| (1..=FRU_TEXT_LEN_MAX).contains(&text.bytes.len());
    text.filter(fits).ok_or(HpiError::InvalidData)
}

fn latin1(text: &str) -> alloc::vec::Vec<u8> {
    TextBuffer::english(text).data
}

/// Seconds since 1970 as `2024-02-29 23:59`.
pub(super) fn date(seconds: u64) -> String {
    let minutes = seconds / 60;
    let (days, minute_of_day) = (minutes / 1_440, minutes % 1_440);
    // Days since 0000-03-01, so that the leap day is a year's last; 400 years have 146,097 days.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = year + era * 400 + carry;
    let (hour, minute) = (minute_of_day / 60, minute_of_day % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
}

/// Seconds since 1970 at a date as [`date`] writes it; `None` when it is none, or before 1970.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let (day, time) = text.split_once(' ')?;
    let mut day = day.splitn(3, '-').map(str::parse::<u64>);
    let (year, month, day) = (day.next()?.ok()?, day.next()?.ok()?, day.next()?.ok()?);
    let (hour, minute) = time.split_once(':')?;
    let (hour, minute) = (hour.parse::<u64>().ok()?, minute.parse::<u64>().ok()?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || day > 31 {
        return None;
    }
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let (era, year) = (year / 400, year % 400);
    let day = (153 * month + 2) / 5 + day.checked_sub(1)?;
    let days = era * 146_097 + year * 365 + year / 4 - year / 100 + day;
    let minutes = days.checked_sub(719_468)? * 1_440 + hour * 60 + minute;
    let seconds = minutes * 60;
    // Days that no month has, and times that no day has, come back as others.
    (date(seconds) == text).then_some(seconds)
}

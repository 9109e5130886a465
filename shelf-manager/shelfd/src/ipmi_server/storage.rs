//! Storage commands: which of the three devices they are for. Source: IPMI v2.0 §31, §33, §34.

use super::{Memory, Outcome, View, fru, sdr, sel};
use ipmi::message::Request;

/// Answers; `None` when there is no such command here.
pub(super) fn answer(view: View<'_>, memory: &mut Memory, request: &Request) -> Option<Outcome> {
    match request.command {
        0x10..=0x1f => fru::answer(view, memory, request),
        0x20..=0x3f => sdr::answer(view, &mut memory.sdr, request),
        _ => sel::answer(view, &mut memory.sel, request),
    }
}

/// Reads part of a record: `count` bytes, FFh for all, from `offset`.
///
/// `None` when `offset` lies behind the record.
pub(super) fn part(record: &[u8], offset: u8, count: u8) -> Option<Vec<u8>> {
    let rest = record.get(usize::from(offset)..)?;
    let count = if count == WHOLE {
        rest.len()
    } else {
        usize::from(count)
    };
    Some(rest.get(..count).unwrap_or(rest).to_vec())
}

/// The whole record. Source: IPMI v2.0 §31.5, §33.12.
const WHOLE: u8 = 0xff;

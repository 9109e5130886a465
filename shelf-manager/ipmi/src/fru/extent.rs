//! How far an inventory goes, told from its first bytes: a reader need not fetch the unused rest of
//! the device.

use super::{HEADER_LEN, UNIT};
use crate::fru::multirecord::{END_OF_LIST, HEADER_LEN as RECORD_HEADER_LEN};

/// How many bytes the inventory has, as far as `bytes` tell; more than there are means: read on,
/// then ask again.
///
/// `None`: it goes up to the end of the device, or what is there is no inventory.
#[must_use]
pub fn extent(bytes: &[u8]) -> Option<usize> {
    let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
        return Some(HEADER_LEN);
    };
    let [version, internal, chassis, board, product, records, ..] = *header;
    let last = [chassis, board, product, records]
        .into_iter()
        .max()
        .unwrap_or(0);
    // The internal use area says nowhere how long it is.
    if version & 0x0f != super::FORMAT_VERSION || internal > last || header == &[0; HEADER_LEN] {
        return None;
    }
    let areas = [chassis, board, product]
        .into_iter()
        .filter(|offset| *offset != 0);
    let areas = areas
        .map(|offset| area_end(bytes, offset))
        .max()
        .unwrap_or(HEADER_LEN);
    let records = if records == 0 {
        0
    } else {
        records_end(bytes, usize::from(records) * UNIT)
    };
    Some(areas.max(records))
}

pub(super) fn area_end(bytes: &[u8], offset: u8) -> usize {
    let start = usize::from(offset) * UNIT;
    bytes
        .get(start + 1)
        .map_or(start + UNIT, |length| start + usize::from(*length) * UNIT)
}

pub(super) fn records_end(bytes: &[u8], mut start: usize) -> usize {
    loop {
        let behind = bytes.get(start..).unwrap_or_default();
        let Some(header) = behind.first_chunk::<RECORD_HEADER_LEN>() else {
            return start + RECORD_HEADER_LEN;
        };
        let [_, flags, length, ..] = *header;
        start += RECORD_HEADER_LEN + usize::from(length);
        if flags & END_OF_LIST != 0 || crate::wire::checksum(header) != 0 {
            return start;
        }
    }
}

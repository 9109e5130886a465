//! The multirecord area: typed records, each with two checksums.
//!
//! Source: Platform Management FRU Information Storage Definition v1.0 §16.

use super::Integrity;
use super::picmg::{self, PicmgRecord};
use crate::wire::checksum;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Record type: OEM; PICMG's records are of this one. Source: PICMG 3.0 R3.0, FRU information.
pub(super) const TYPE_PICMG: u8 = 0xc0;

/// Most records that are read. Choice: the area of the longest inventory cannot hold more that are
/// not empty.
pub(super) const RECORDS_MAX: usize = 1024;

pub(super) const HEADER_LEN: usize = 5;
pub(super) const END_OF_LIST: u8 = 0x80;
const FORMAT_VERSION: u8 = 0x02;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultiRecord {
    /// Record type.
    pub kind: u8,
    /// Of header and data.
    pub integrity: Integrity,
    /// The data behind the header.
    pub data: Vec<u8>,
}

impl MultiRecord {
    /// A record of PICMG.
    #[must_use]
    pub fn picmg(record: &PicmgRecord) -> Self {
        Self {
            kind: TYPE_PICMG,
            integrity: Integrity::Ok,
            data: picmg::encode(record),
        }
    }

    /// The record as one of PICMG; `None` when it is another's.
    #[must_use]
    pub fn as_picmg(&self) -> Option<PicmgRecord> {
        (self.kind == TYPE_PICMG)
            .then(|| picmg::decode(&self.data))
            .flatten()
    }
}

/// Reads records up to the last one, or up to one whose header is damaged: its length leads
/// nowhere.
pub(super) fn decode(mut bytes: &[u8]) -> Vec<MultiRecord> {
    let mut records = Vec::new();
    while records.len() < RECORDS_MAX {
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            records.push(truncated(bytes.first().copied().unwrap_or(0), &[]));
            break;
        };
        let [kind, flags, length, sum, _] = *header;
        let Some((data, behind)) = rest.split_at_checked(usize::from(length)) else {
            records.push(truncated(kind, rest));
            break;
        };
        let header_holds = checksum(header) == 0;
        let holds = header_holds && checksum(data) == sum;
        let integrity = if holds {
            Integrity::Ok
        } else {
            Integrity::BadChecksum
        };
        records.push(MultiRecord {
            kind,
            integrity,
            data: data.to_vec(),
        });
        if flags & END_OF_LIST != 0 || !header_holds {
            break;
        }
        bytes = behind;
    }
    records
}

fn truncated(kind: u8, data: &[u8]) -> MultiRecord {
    MultiRecord {
        kind,
        integrity: Integrity::Truncated,
        data: data.to_vec(),
    }
}

/// Writes the records, the last one marked as such.
pub(super) fn encode(records: &[MultiRecord]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let data = record
            .data
            .get(..usize::from(u8::MAX))
            .unwrap_or(&record.data);
        let end = if index + 1 == records.len() {
            END_OF_LIST
        } else {
            0
        };
        let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
        let header = [record.kind, end | FORMAT_VERSION, length, checksum(data)];
        out.extend_from_slice(&header);
        out.push(checksum(&header));
        out.extend_from_slice(data);
    }
    out
}

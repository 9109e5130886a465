//! The multirecord area: typed records, each with two checksums.
//!
//! Source: Platform Management FRU Information Storage Definition v1.0 §16.

use super::Integrity;
use super::picmg::{self, PicmgRecord};
use super::standard::StandardRecord;
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

/// Declares what records of one kind can say: id, name and body.
macro_rules! records {
    ($(#[$meta:meta])* $name:ident { $($id:literal $variant:ident($body:ty),)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(
                #[doc = concat!("Record ", stringify!($id), ".")]
                $variant($body),
            )*
            /// Any other record, and one of the above that ends too early.
            Other {
                /// Record id.
                id: u8,
                /// Its bytes.
                bytes: alloc::vec::Vec<u8>,
            },
        }

        impl $name {
            /// Reads the body of the record `id`.
            #[must_use]
            pub fn decode(id: u8, bytes: &[u8]) -> Self {
                let mut reader = $crate::wire::Reader::new(bytes);
                let body = match id {
                    $($id => $crate::command::Body::read(&mut reader).map(Self::$variant).ok(),)*
                    _ => None,
                };
                body.unwrap_or_else(|| Self::Other { id, bytes: bytes.to_vec() })
            }

            /// The id and the bytes of the body.
            #[must_use]
            pub fn encode(&self) -> (u8, alloc::vec::Vec<u8>) {
                let mut out = alloc::vec::Vec::new();
                let id = match self {
                    $(Self::$variant(body) => {
                        $crate::command::Body::write(body, &mut out);
                        $id
                    })*
                    Self::Other { id, bytes } => {
                        out.extend_from_slice(bytes);
                        *id
                    }
                };
                (id, out)
            }

            /// Every id that has a type of its own.
            #[cfg(test)]
            pub(crate) const IDS: &'static [u8] = &[$($id),*];
        }
    };
}

pub(super) use records;

impl MultiRecord {
    /// A record of the standard.
    #[must_use]
    pub fn standard(record: &StandardRecord) -> Self {
        let (kind, data) = record.encode();
        Self {
            kind,
            integrity: Integrity::Ok,
            data,
        }
    }

    /// The record as one of the standard; [`StandardRecord::Other`] when it is another's.
    #[must_use]
    pub fn as_standard(&self) -> StandardRecord {
        StandardRecord::decode(self.kind, &self.data)
    }

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

//! Reading the inventory of one FRU, part after part.

use super::super::Answer;
use super::super::bus::{Failure, answer};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::storage::{FruData, GetFruAreaInfo, ReadFruData};
use ipmi::fru;
use ipmi::message::{CompletionCode, Request};

/// Bytes that the first read asks for.
pub(super) const CHUNK_MAX: u8 = 128;

/// How many bytes to ask for after a read that was too long. Choice: 24 is what fits an IPMB
/// message.
fn shorter(chunk: u8) -> Option<u8> {
    [64, 32, 24, 16, 8]
        .into_iter()
        .find(|shorter| *shorter < chunk)
}

/// The walk: the size, then the bytes up to the end of what is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InventoryWalk {
    size: Option<u16>,
    in_words: bool,
    bytes: Vec<u8>,
}

impl InventoryWalk {
    /// The bytes so far.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes that the inventory uses.
    pub(super) fn used(&self) -> &[u8] {
        let extent = fru::extent(&self.bytes).unwrap_or(self.bytes.len());
        self.bytes.get(..extent).unwrap_or(&self.bytes)
    }

    /// The next request, for at most `chunk` bytes.
    pub(super) fn request(&self, fru_id: u8, chunk: u8) -> Request {
        if self.size.is_none() {
            return GetFruAreaInfo { fru_id }.request();
        }
        let left = self.end().saturating_sub(self.bytes.len());
        let count = u8::try_from(left).unwrap_or(u8::MAX).min(chunk);
        let offset = u16::try_from(self.bytes.len()).unwrap_or(u16::MAX);
        if self.in_words {
            let count = count.div_ceil(2);
            return ReadFruData {
                fru_id,
                offset: offset / 2,
                count,
            }
            .request();
        }
        ReadFruData {
            fru_id,
            offset,
            count,
        }
        .request()
    }

    /// Takes an answer; `true` when there is another request.
    pub(super) fn take(&mut self, chunk: &mut u8, result: &Answer) -> bool {
        if self.size.is_none() {
            let Ok(info) = answer::<GetFruAreaInfo>(result) else {
                return false;
            };
            self.size = Some(info.size);
            self.in_words = info.access & 1 != 0;
            return self.end() > 0;
        }
        match answer::<ReadFruData>(result) {
            Ok(FruData { data, .. }) => {
                self.bytes.extend_from_slice(&data);
                !data.is_empty() && self.bytes.len() < self.end()
            }
            Err(Failure::Refused(
                CompletionCode::CANNOT_RETURN
                | CompletionCode::LENGTH_LIMIT
                | CompletionCode::LENGTH_INVALID
                | CompletionCode::OUT_OF_RANGE
                | CompletionCode::UNSPECIFIED,
            ))
            | Err(Failure::Silent) => {
                let Some(shorter) = shorter(*chunk) else {
                    return false;
                };
                *chunk = shorter;
                true
            }
            Err(_) => false,
        }
    }

    /// Where to stop, as far as it is known; what the device has at most.
    fn end(&self) -> usize {
        let device = usize::from(self.size.unwrap_or(0));
        let device = if self.in_words { device & !1 } else { device };
        // The header and some more at once, as nearly every inventory has areas behind it.
        let used = match fru::extent(&self.bytes) {
            Some(_) if self.bytes.is_empty() => usize::from(CHUNK_MAX),
            Some(extent) => extent,
            None => device,
        };
        used.min(device)
    }
}

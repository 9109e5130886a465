//! Reading all records of a repository, one after the other.

use super::super::Answer;
use super::super::bus::{Failure, answer};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::sensor::{GetDeviceSdr, RecordData, ReserveDeviceSdr};
use ipmi::command::storage::{GetSdr, ReserveSdrRepository};
use ipmi::message::{CompletionCode, Request};
use ipmi::sdr::{self, RecordBody};

/// Most records that are kept of one controller.
const RECORDS_MAX: usize = 1024;

/// Id behind the last record. Source: IPMI v2.0 §33.12.
const RECORD_END: u16 = 0xffff;

/// Bytes of a partial read: they fit an IPMB message with its 32 bytes.
const PART: u8 = 16;

/// How often a reservation may be lost before the walk ends with what it has.
const RESERVATIONS_MAX: u8 = 10;

/// The walk; whole records are tried first, then parts with a reservation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RecordWalk {
    is_main: bool,
    reservation: u16,
    reservations: u8,
    /// The next request reserves.
    reserves: bool,
    in_parts: bool,
    id: u16,
    next: u16,
    part: Vec<u8>,
    records: Vec<Vec<u8>>,
}

impl RecordWalk {
    /// Over the main repository, or over the device's own records.
    pub(super) fn new(is_main: bool) -> Self {
        Self {
            is_main,
            ..Self::default()
        }
    }

    /// The records so far.
    pub(super) fn raw(&self) -> &[Vec<u8>] {
        &self.records
    }

    /// Those of them that can be read.
    pub(super) fn decoded(&self) -> Vec<RecordBody> {
        let records = self
            .records
            .iter()
            .filter_map(|record| sdr::decode(record).ok());
        records.map(|record| record.body).collect()
    }

    /// The next request.
    pub(super) fn request(&self) -> Request {
        let reservation = self.reservation;
        let record = self.id;
        let offset = u8::try_from(self.part.len()).unwrap_or(u8::MAX);
        let count = if self.in_parts {
            self.part_count()
        } else {
            0xff
        };
        match (self.reserves, self.is_main) {
            (true, true) => ReserveSdrRepository {}.request(),
            (true, false) => ReserveDeviceSdr {}.request(),
            (false, true) => GetSdr {
                reservation,
                record,
                offset,
                count,
            }
            .request(),
            (false, false) => GetDeviceSdr {
                reservation,
                record,
                offset,
                count,
            }
            .request(),
        }
    }

    /// First the header, then no more than the record has.
    fn part_count(&self) -> u8 {
        let length = record_length(&self.part).unwrap_or(sdr::HEADER_LEN);
        let left = length.saturating_sub(self.part.len());
        u8::try_from(left).unwrap_or(u8::MAX).min(PART)
    }

    /// Takes an answer; `true` when there is another request.
    pub(super) fn take(&mut self, result: &Answer) -> bool {
        if self.reserves {
            return self.reserved(result);
        }
        match answer::<GetSdr>(result) {
            Ok(data) => self.taken(data),
            Err(Failure::Refused(CompletionCode::RESERVATION_CANCELLED)) => self.reserve(),
            Err(Failure::Refused(
                CompletionCode::CANNOT_RETURN
                | CompletionCode::LENGTH_LIMIT
                | CompletionCode::LENGTH_INVALID
                | CompletionCode::UNSPECIFIED,
            ))
            | Err(Failure::Silent)
                if !self.in_parts =>
            {
                self.in_parts = true;
                self.reserve()
            }
            Err(_) => false,
        }
    }

    /// A lost reservation spoils the parts of a record, not the records that are whole.
    fn reserve(&mut self) -> bool {
        self.part.clear();
        self.reserves = true;
        self.reservations += 1;
        self.reservations <= RESERVATIONS_MAX
    }

    fn reserved(&mut self, result: &Answer) -> bool {
        self.reserves = false;
        let reservation = answer::<ReserveDeviceSdr>(result);
        self.reservation = reservation.as_ref().map_or(0, |answer| answer.reservation);
        reservation.is_ok()
    }

    fn taken(&mut self, data: RecordData) -> bool {
        if data.data.is_empty() {
            return false;
        }
        self.next = data.next;
        self.part.extend_from_slice(&data.data);
        let length = record_length(&self.part);
        if self.in_parts && length.is_none_or(|length| self.part.len() < length) {
            return self.part.len() <= sdr::RECORD_LEN_MAX;
        }
        let mut record = core::mem::take(&mut self.part);
        record.truncate(length.unwrap_or(record.len()));
        self.records.push(record);
        let goes_on = self.next != RECORD_END && self.next != self.id;
        self.id = self.next;
        goes_on && self.records.len() < RECORDS_MAX
    }
}

/// Bytes of the record that begins so; `None` while the header is not whole.
fn record_length(record: &[u8]) -> Option<usize> {
    record
        .get(sdr::HEADER_LEN - 1)
        .map(|length| sdr::HEADER_LEN + usize::from(*length))
}

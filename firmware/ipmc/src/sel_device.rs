//! The system event log of the shelf manager.
//!
//! Source: IPMI v2.0 §31, §32.

use crate::records::{Read, part};
use alloc::collections::VecDeque;
use ipmi::command::sensor::RecordData;
use ipmi::command::storage::{ClearSel, ErasureStatus, RepositoryInfo};
use ipmi::message::CompletionCode;
use ipmi::sel::RECORD_LEN;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most records; later ones are lost until the log is cleared, though events are still told.
pub const RECORDS_MAX: usize = 512;

const VERSION: u8 = 0x51;
/// Reserve SEL is supported.
const RESERVE: u8 = 0x02;
const OVERFLOW: u8 = 0x80;
/// Record types from here on have no time. Source: IPMI v2.0 §32.3.
const FIRST_WITHOUT_TIME: u8 = 0xe0;
const FIRST: u16 = 0x0000;
const LAST: u16 = 0xffff;
const ERASE: u8 = 0xaa;
const GET_STATUS: u8 = 0x00;
const ERASED: u8 = 0x01;

/// The log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SelDevice {
    records: VecDeque<[u8; RECORD_LEN]>,
    last_id: u16,
    reservation: u16,
    overflow: bool,
    last_addition: u32,
    last_erase: u32,
    /// What the clock of the log is ahead of the controller's, seconds.
    ahead: i64,
}

impl SelDevice {
    pub(crate) fn seconds(&self, now: Time) -> u32 {
        let seconds = i64::try_from(now.0 / 1_000_000_000).unwrap_or(i64::MAX);
        u32::try_from(seconds.saturating_add(self.ahead)).unwrap_or(u32::MAX)
    }

    pub(crate) fn set_seconds(&mut self, now: Time, seconds: u32) {
        let own = i64::try_from(now.0 / 1_000_000_000).unwrap_or(i64::MAX);
        self.ahead = i64::from(seconds) - own;
    }

    /// Adds a record; id and time are filled in. `None` when the log is full.
    pub(crate) fn add(&mut self, now: Time, record: [u8; RECORD_LEN]) -> Option<[u8; RECORD_LEN]> {
        if self.records.len() >= RECORDS_MAX {
            self.overflow = true;
            return None;
        }
        self.last_id = match self.last_id {
            // FFFFh means the last one.
            0xfffe => 1,
            id => id + 1,
        };
        let record = self.stamped(now, self.last_id, record);
        self.last_addition = self.seconds(now);
        self.records.push_back(record);
        Some(record)
    }

    /// A record that found the log full, for the event message buffer.
    ///
    /// Choice: its id is FFFFh, which no record of a log has, as in OpenIPMI's emulator.
    pub(crate) fn unlogged(&self, now: Time, record: [u8; RECORD_LEN]) -> [u8; RECORD_LEN] {
        self.stamped(now, LAST, record)
    }

    /// A record with id and, where its type has one, time.
    fn stamped(&self, now: Time, id: u16, mut record: [u8; RECORD_LEN]) -> [u8; RECORD_LEN] {
        let seconds = self.seconds(now);
        let [id_low, id_high, kind, time @ ..] = &mut record;
        [*id_low, *id_high] = id.to_le_bytes();
        if *kind < FIRST_WITHOUT_TIME {
            time[..4].copy_from_slice(&seconds.to_le_bytes());
        }
        record
    }

    /// Id of the newest record.
    pub(crate) fn last_id(&self) -> u16 {
        self.last_id
    }

    pub(crate) fn info(&self) -> RepositoryInfo {
        let free = (RECORDS_MAX - self.records.len()) * RECORD_LEN;
        RepositoryInfo {
            version: VERSION,
            entries: self.records.len() as u16,
            free: u16::try_from(free).unwrap_or(u16::MAX),
            last_addition: self.last_addition,
            last_erase: self.last_erase,
            operations: RESERVE | if self.overflow { OVERFLOW } else { 0 },
        }
    }

    pub(crate) fn reserve(&mut self) -> u16 {
        self.reservation = self.reservation.checked_add(1).unwrap_or(1);
        self.reservation
    }

    pub(crate) fn read(&self, read: Read) -> Result<RecordData, CompletionCode> {
        let index = match read.record {
            FIRST => Some(0),
            LAST => self.records.len().checked_sub(1),
            id => self.records.iter().position(|record| id_of(record) == id),
        };
        let found = index.and_then(|index| Some((index, self.records.get(index)?)));
        let (index, record) = found.ok_or(CompletionCode::NOT_PRESENT)?;
        let next = self.records.get(index + 1).map_or(LAST, id_of);
        let whole = RECORD_LEN as u8;
        let data = part(record, read, self.reservation, whole)?;
        Ok(RecordData { next, data })
    }

    pub(crate) fn clear(
        &mut self,
        now: Time,
        order: &ClearSel,
    ) -> Result<ErasureStatus, CompletionCode> {
        if order.reservation != self.reservation || self.reservation == 0 {
            return Err(CompletionCode::RESERVATION_CANCELLED);
        }
        if order.mark != *b"CLR" {
            return Err(CompletionCode::INVALID_FIELD);
        }
        match order.action {
            GET_STATUS => (),
            ERASE => {
                self.records.clear();
                self.overflow = false;
                self.last_erase = self.seconds(now);
                // Whoever reads in parts must notice.
                self.reservation = 0;
            }
            _ => return Err(CompletionCode::INVALID_FIELD),
        }
        Ok(ErasureStatus { progress: ERASED })
    }
}

fn id_of(record: &[u8; RECORD_LEN]) -> u16 {
    u16::from_le_bytes([record[0], record[1]])
}

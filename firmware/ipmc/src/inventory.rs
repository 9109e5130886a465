//! FRU inventories, and the lock that guards the shelf FRU information.
//!
//! Source: IPMI v2.0 §34; PICMG 3.0 R3.0, FRU Inventory Device Lock Control.

use crate::config::FruConfig;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::picmg::{
    FruInventoryLock, FruInventoryLocked, FruInventoryWrite, FruInventoryWritten, lock,
};
use ipmi::command::storage::{FruAreaInfo, FruData, FruWritten, ReadFruData, WriteFruData};
use ipmi::fru::{self, Integrity};
use ipmi::message::CompletionCode;
use machine::Time;
use serde::{Deserialize, Serialize};

/// FRU device id of the shelf FRU information. Source: PICMG 3.0 R3.0, FRU device ids.
pub(crate) const SHELF_FRU: u8 = 254;

/// A write went to bytes that are protected. Source: IPMI v2.0 §34.3.
const WRITE_PROTECTED: CompletionCode = CompletionCode(0x80);
/// The FRU device is busy. Source: IPMI v2.0 §34.2, §34.3.
const BUSY: CompletionCode = CompletionCode(0x81);

/// How long a lock holds after it was used last.
///
/// Choice: 20 s, as the standard's editors that we know need a few seconds.
pub const LOCK_TIME: Duration = Duration::from_secs(20);

/// All inventories of a controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inventories {
    inventories: BTreeMap<u8, Inventory>,
    lock: Option<Lock>,
    last_lock_id: u16,
    committed_s: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Inventory {
    bytes: Vec<u8>,
    protected_len: u16,
    write_time: Duration,
    busy_until: Time,
}

/// Somebody edits a copy of the shelf FRU information.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lock {
    id: u16,
    copy: Vec<u8>,
    until: Time,
}

impl Inventories {
    pub(crate) fn new(frus: &[FruConfig]) -> Self {
        let inventories = frus.iter().map(|fru| {
            let inventory = Inventory {
                bytes: fru.inventory.clone(),
                protected_len: fru.protected_len,
                write_time: fru.write_time,
                busy_until: Time(0),
            };
            (fru.fru_id, inventory)
        });
        Self {
            inventories: inventories.collect(),
            lock: None,
            last_lock_id: 0,
            committed_s: 0,
        }
    }

    /// The FRU device ids, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u8> + '_ {
        self.inventories.keys().copied()
    }

    /// The bytes of an inventory; none when there is no such FRU.
    pub(crate) fn bytes(&self, fru_id: u8) -> &[u8] {
        let inventory = self.inventories.get(&fru_id);
        inventory.map_or(&[], |inventory| &inventory.bytes)
    }

    pub(crate) fn area_info(&self, fru_id: u8) -> Result<FruAreaInfo, CompletionCode> {
        let inventory = self.inventories.get(&fru_id);
        let len = inventory.ok_or(CompletionCode::NOT_PRESENT)?.bytes.len();
        Ok(FruAreaInfo {
            size: u16::try_from(len).unwrap_or(u16::MAX),
            access: 0,
        })
    }

    pub(crate) fn read(
        &self,
        now: Time,
        asked: &ReadFruData,
        len_max: u8,
    ) -> Result<FruData, CompletionCode> {
        let inventory = self.inventories.get(&asked.fru_id);
        let inventory = inventory.ok_or(CompletionCode::NOT_PRESENT)?;
        inventory.check_idle(now)?;
        let rest = inventory.bytes.get(usize::from(asked.offset)..);
        let rest = rest.ok_or(CompletionCode::OUT_OF_RANGE)?;
        let len = rest.len().min(usize::from(asked.count));
        if len > usize::from(len_max) {
            return Err(CompletionCode::CANNOT_RETURN);
        }
        let data = rest.get(..len).unwrap_or(rest).to_vec();
        Ok(FruData {
            // Not more than were asked for.
            count: data.len() as u8,
            data,
        })
    }

    /// Choice: while somebody edits the shelf FRU information under a lock, others find it busy.
    /// The count is of the bytes that were written, as the standard has it; openMMC gives one more.
    pub(crate) fn write(
        &mut self,
        now: Time,
        order: &WriteFruData,
    ) -> Result<FruWritten, CompletionCode> {
        if order.fru_id == SHELF_FRU && self.held(now).is_some() {
            return Err(BUSY);
        }
        let inventory = self.inventories.get_mut(&order.fru_id);
        let inventory = inventory.ok_or(CompletionCode::NOT_PRESENT)?;
        inventory.check_idle(now)?;
        let place = place(&mut inventory.bytes, order.offset, &order.data)?;
        if order.offset < inventory.protected_len && !order.data.is_empty() {
            return Err(WRITE_PROTECTED);
        }
        place.copy_from_slice(&order.data);
        inventory.busy_until = now.after(inventory.write_time);
        Ok(FruWritten {
            count: u8::try_from(order.data.len()).unwrap_or(u8::MAX),
        })
    }

    /// FRU Inventory Device Lock Control; `seconds` is the time of day.
    pub(crate) fn control(
        &mut self,
        (now, seconds): (Time, u32),
        order: &FruInventoryLock,
    ) -> Result<FruInventoryLocked, CompletionCode> {
        if order.fru_id != SHELF_FRU || !self.inventories.contains_key(&SHELF_FRU) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let held = self.held(now).map(|lock| lock.id);
        let is_holder = held == Some(order.lock_id);
        let mut lock_id = 0;
        match order.operation {
            lock::GET_TIMESTAMP => (),
            lock::LOCK if held.is_none() => lock_id = self.lock(now),
            lock::DISCARD if is_holder => self.lock = None,
            lock::COMMIT if is_holder => self.commit(seconds)?,
            lock::LOCK | lock::DISCARD | lock::COMMIT => {
                return Err(FruInventoryLock::LOCK_FAILED);
            }
            _ => return Err(CompletionCode::INVALID_FIELD),
        }
        Ok(FruInventoryLocked {
            lock_id,
            committed: self.committed_s,
        })
    }

    /// FRU Inventory Device Write: into the copy.
    pub(crate) fn edit(
        &mut self,
        now: Time,
        order: &FruInventoryWrite,
    ) -> Result<FruInventoryWritten, CompletionCode> {
        let is_holder = self
            .held(now)
            .is_some_and(|lock| lock.id == order.lock_id && order.fru_id == SHELF_FRU);
        let lock = self.lock.as_mut().filter(|_| is_holder);
        let lock = lock.ok_or(FruInventoryWrite::INVALID_LOCK)?;
        place(&mut lock.copy, order.offset, &order.data)?.copy_from_slice(&order.data);
        lock.until = now.after(LOCK_TIME);
        Ok(FruInventoryWritten {
            count: u8::try_from(order.data.len()).unwrap_or(u8::MAX),
        })
    }

    /// The lock, unless its time is over.
    fn held(&self, now: Time) -> Option<&Lock> {
        self.lock.as_ref().filter(|lock| now < lock.until)
    }

    fn lock(&mut self, now: Time) -> u16 {
        let id = self.last_lock_id.checked_add(1).unwrap_or(1);
        self.last_lock_id = id;
        self.lock = Some(Lock {
            id,
            copy: self.bytes(SHELF_FRU).to_vec(),
            until: now.after(LOCK_TIME),
        });
        id
    }

    /// Choice: who commits what is no inventory keeps the lock, so that it can be put right.
    fn commit(&mut self, seconds: u32) -> Result<(), CompletionCode> {
        let Some(lock) = &self.lock else {
            return Err(FruInventoryLock::LOCK_FAILED);
        };
        if !is_inventory(&lock.copy) {
            return Err(FruInventoryLock::INVALID_INFORMATION);
        }
        let copy = lock.copy.clone();
        self.lock = None;
        if let Some(inventory) = self.inventories.get_mut(&SHELF_FRU) {
            inventory.bytes = copy;
        }
        self.committed_s = seconds;
        Ok(())
    }
}

impl Inventory {
    fn check_idle(&self, now: Time) -> Result<(), CompletionCode> {
        if now < self.busy_until {
            Err(BUSY)
        } else {
            Ok(())
        }
    }
}

/// The bytes that a write goes to.
fn place<'a>(
    bytes: &'a mut [u8],
    offset: u16,
    data: &[u8],
) -> Result<&'a mut [u8], CompletionCode> {
    let start = usize::from(offset);
    let place = bytes.get_mut(start..start.saturating_add(data.len()));
    place.ok_or(CompletionCode::OUT_OF_RANGE)
}

/// Whether bytes are an inventory whose checksums hold.
fn is_inventory(bytes: &[u8]) -> bool {
    let Ok(found) = fru::decode(bytes) else {
        return false;
    };
    let areas = [
        found.chassis.map(|area| area.integrity),
        found.board.map(|area| area.integrity),
        found.product.map(|area| area.integrity),
    ];
    let records = found.records.iter().map(|record| record.integrity);
    let mut parts = areas.into_iter().flatten().chain(records);
    found.header == Integrity::Ok && parts.all(|integrity| integrity == Integrity::Ok)
}

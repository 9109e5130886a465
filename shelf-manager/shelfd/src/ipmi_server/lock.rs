//! The shelf's inventory, changed under a lock: on a copy, which replaces the inventory at once.
//!
//! Source: PICMG 3.0 R3.0, FRU Inventory Device Lock Control, FRU Inventory Device Write, Set Shelf
//! Address Info.

use super::{Memory, Outcome, SHELF_FRU, View, fru, hardware_writes, refuse, seconds, with};
use ipmi::command::Command;
use ipmi::command::picmg::{
    FruInventoryLock, FruInventoryLocked, FruInventoryWrite, FruInventoryWritten,
    SetShelfAddressInfo, lock,
};
use ipmi::message::{CompletionCode, Request};
use ipmi::wire::checksum;
use machine::Time;
use std::time::Duration;

/// How long a lock holds after it was given, or after the last write. Choice: long enough for a
/// tool over a slow network.
const HOLDS: Duration = Duration::from_secs(20);
/// Largest inventory that a copy may grow to.
const SIZE_MAX: usize = 4096;
/// Multirecord of a manufacturer. Source: Platform Management FRU v1.0, Table 16-2.
const OEM_RECORD: u8 = 0xc0;
/// PICMG's enterprise number, then the record id of the shelf's address table.
/// Source: PICMG 3.0 R3.0, address table.
const ADDRESS_TABLE: [u8; 4] = [0x5a, 0x31, 0x00, 0x10];
/// Most bytes of a shelf address. Source: PICMG 3.0 R3.0, Set Shelf Address Info.
const ADDRESS_MAX: usize = 20;

/// Who changes the shelf's inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lock {
    held: Option<Held>,
    ids_given: u16,
    committed_seconds: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    id: u16,
    until: Time,
    copy: Vec<u8>,
}

/// Answers; `None` when there is no such command here.
pub(super) fn answer(view: View<'_>, memory: &mut Memory, request: &Request) -> Option<Outcome> {
    memory.lock.expire(view.now);
    let lock = &mut memory.lock;
    Some(match request.command {
        FruInventoryLock::COMMAND => match super::read::<FruInventoryLock>(request) {
            Ok(asked) => control(view, lock, &asked),
            Err(code) => refuse(request, code),
        },
        FruInventoryWrite::COMMAND => with(request, |asked| lock.write(view.now, asked)),
        SetShelfAddressInfo::COMMAND => set_address(view, lock, request),
        _ => return None,
    })
}

fn control(view: View<'_>, lock: &mut Lock, asked: &FruInventoryLock) -> Outcome {
    let done = match (asked.fru_id, asked.operation) {
        (SHELF_FRU, lock::GET_TIMESTAMP) => Ok(0),
        (SHELF_FRU, lock::LOCK) => lock.take(view),
        (SHELF_FRU, lock::DISCARD) => lock.give_back(asked.lock_id).map(|_| 0),
        (SHELF_FRU, lock::COMMIT) => {
            return match lock.commit(view, asked.lock_id) {
                Ok(requests) => {
                    let response = FruInventoryLock::respond(&lock.locked(0));
                    hardware_writes(requests, response)
                }
                Err(code) => Outcome::Answer(FruInventoryLock::refuse(code)),
            };
        }
        (SHELF_FRU, _) => Err(CompletionCode::INVALID_FIELD),
        (_, _) => Err(CompletionCode::NOT_PRESENT),
    };
    Outcome::Answer(match done {
        Ok(id) => FruInventoryLock::respond(&lock.locked(id)),
        Err(code) => FruInventoryLock::refuse(code),
    })
}

impl Lock {
    pub(super) fn expire(&mut self, now: Time) {
        self.held.take_if(|held| held.until <= now);
    }

    /// Whether somebody changes the inventory.
    pub(super) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    fn locked(&self, lock_id: u16) -> FruInventoryLocked {
        let committed = self.committed_seconds;
        FruInventoryLocked { lock_id, committed }
    }

    fn take(&mut self, view: View<'_>) -> Result<u16, CompletionCode> {
        if self.is_held() {
            return Err(FruInventoryLock::LOCK_FAILED);
        }
        let copy = fru::inventory(view, SHELF_FRU)?.to_vec();
        self.ids_given = self.ids_given.wrapping_add(1).max(1);
        let (id, until) = (self.ids_given, view.now.after(HOLDS));
        self.held = Some(Held { id, until, copy });
        Ok(id)
    }

    fn give_back(&mut self, id: u16) -> Result<Vec<u8>, CompletionCode> {
        let held = self.held.take_if(|held| held.id == id);
        held.map(|held| held.copy)
            .ok_or(FruInventoryLock::LOCK_FAILED)
    }

    fn write(
        &mut self,
        now: Time,
        asked: FruInventoryWrite,
    ) -> Result<FruInventoryWritten, CompletionCode> {
        if asked.fru_id != SHELF_FRU {
            return Err(CompletionCode::NOT_PRESENT);
        }
        let held = self.held.as_mut().filter(|held| held.id == asked.lock_id);
        let held = held.ok_or(FruInventoryWrite::INVALID_LOCK)?;
        let start = usize::from(asked.offset);
        let end = start + asked.data.len();
        if end > SIZE_MAX {
            return Err(CompletionCode::OUT_OF_RANGE);
        }
        if end > held.copy.len() {
            held.copy.resize(end, 0);
        }
        if let Some(place) = held.copy.get_mut(start..end) {
            place.copy_from_slice(&asked.data);
        }
        held.until = now.after(HOLDS);
        let count = u8::try_from(asked.data.len()).unwrap_or(u8::MAX);
        Ok(FruInventoryWritten { count })
    }

    /// What must be written for the copy to become the inventory.
    fn commit(&mut self, view: View<'_>, id: u16) -> Result<Vec<Request>, CompletionCode> {
        let held = self.held.as_ref().filter(|held| held.id == id);
        let held = held.ok_or(FruInventoryLock::LOCK_FAILED)?;
        if ipmi::fru::decode(&held.copy).is_err() {
            return Err(FruInventoryLock::INVALID_INFORMATION);
        }
        let copy = self.give_back(id)?;
        self.committed_seconds = seconds(view.now);
        Ok(fru::differences(fru::inventory(view, SHELF_FRU)?, &copy))
    }
}

fn set_address(view: View<'_>, lock: &Lock, request: &Request) -> Outcome {
    let changed = super::read::<SetShelfAddressInfo>(request).and_then(|asked| {
        let (kind, text) = asked
            .address
            .split_first()
            .ok_or(CompletionCode::LENGTH_INVALID)?;
        if text.len() > ADDRESS_MAX {
            return Err(CompletionCode::LENGTH_LIMIT);
        }
        if usize::from(kind & 0x3f) != text.len() {
            return Err(CompletionCode::LENGTH_INVALID);
        }
        if lock.is_held() {
            return Err(CompletionCode::NODE_BUSY);
        }
        let inventory = fru::inventory(view, SHELF_FRU)?;
        let changed = with_address(inventory, *kind, text).ok_or(CompletionCode::NOT_PRESENT)?;
        Ok(fru::differences(inventory, &changed))
    });
    match changed {
        Ok(requests) => {
            let response = SetShelfAddressInfo::respond(&ipmi::command::Empty {});
            hardware_writes(requests, response)
        }
        Err(code) => refuse(request, code),
    }
}

/// The inventory with another address in its address table; `None` when it has no such table.
fn with_address(inventory: &[u8], kind: u8, text: &[u8]) -> Option<Vec<u8>> {
    const HEADER: usize = 5;
    const END: u8 = 0x80;
    let mut at = usize::from(*inventory.get(5)?) * 8;
    if at == 0 {
        return None;
    }
    loop {
        let [record_kind, format, length, ..] = *inventory.get(at..at + HEADER)? else {
            return None;
        };
        let body = at + HEADER..at + HEADER + usize::from(length);
        let data = inventory.get(body.clone())?;
        // Behind enterprise, id and version: type/length byte and address.
        if record_kind == OEM_RECORD && data.starts_with(&ADDRESS_TABLE) {
            let mut changed = inventory.to_vec();
            let place = changed.get_mut(body.clone())?.get_mut(5..6 + ADDRESS_MAX)?;
            let (first, rest) = place.split_first_mut()?;
            *first = kind;
            rest.fill(0);
            rest.get_mut(..text.len())?.copy_from_slice(text);
            let sum = checksum(changed.get(body)?);
            *changed.get_mut(at + 3)? = sum;
            let sum = checksum(changed.get(at..at + 4)?);
            *changed.get_mut(at + 4)? = sum;
            return Some(changed);
        }
        if format & END != 0 {
            return None;
        }
        at += HEADER + usize::from(length);
    }
}

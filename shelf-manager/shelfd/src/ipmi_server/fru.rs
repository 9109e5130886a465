//! FRU inventories of 20h: its own, 0, and the shelf's, 254. Source: IPMI v2.0 §34.

use super::{Memory, Outcome, SHELF_FRU, View, refuse, storage, with};
use ipmi::command::Command;
use ipmi::command::storage::{FruAreaInfo, FruData, GetFruAreaInfo, ReadFruData, WriteFruData};
use ipmi::message::{CompletionCode, Request};
use ipmi::port::Target;

/// The device is busy: somebody holds its lock. Source: IPMI v2.0 §34.3.
const DEVICE_BUSY: CompletionCode = CompletionCode(0x81);
/// Most bytes in an answer. Choice: they fit into the smallest message that a tool may be bound to.
const READ_MAX: u8 = 200;
/// Most bytes that are written at once. Choice: they fit into a message of IPMB.
const WRITE_MAX: usize = 16;

/// Answers; `None` when there is no such command here.
///
/// What is written goes to the hardware at 20h; what it holds then is read anew, for all who show
/// it.
pub(super) fn answer(view: View<'_>, memory: &mut Memory, request: &Request) -> Option<Outcome> {
    Some(match request.command {
        GetFruAreaInfo::COMMAND => with(request, |GetFruAreaInfo { fru_id }| {
            let size = inventory(view, fru_id)?.len();
            let (size, access) = (u16::try_from(size).unwrap_or(u16::MAX), 0);
            Ok(FruAreaInfo { size, access })
        }),
        ReadFruData::COMMAND => with(request, |asked| read(view, &asked)),
        WriteFruData::COMMAND => write(view, memory, request),
        _ => return None,
    })
}

fn read(view: View<'_>, asked: &ReadFruData) -> Result<FruData, CompletionCode> {
    let rest = inventory(view, asked.fru_id)?.get(usize::from(asked.offset)..);
    let rest = rest.filter(|rest| !rest.is_empty());
    let rest = rest.ok_or(CompletionCode::OUT_OF_RANGE)?;
    let data = storage::part(rest, 0, asked.count.min(READ_MAX)).unwrap_or_default();
    let count = u8::try_from(data.len()).unwrap_or(READ_MAX);
    Ok(FruData { count, data })
}

fn write(view: View<'_>, memory: &mut Memory, request: &Request) -> Outcome {
    memory.lock.expire(view.now);
    let is_locked = |fru_id| fru_id == SHELF_FRU && memory.lock.is_held();
    let checked = super::read::<WriteFruData>(request).and_then(|asked| {
        inventory(view, asked.fru_id)?;
        if is_locked(asked.fru_id) {
            return Err(DEVICE_BUSY);
        }
        Ok(())
    });
    match checked {
        Ok(()) => Outcome::Change(Target::ShelfManager, request.clone()),
        Err(code) => refuse(request, code),
    }
}

pub(super) fn inventory(view: View<'_>, fru_id: u8) -> Result<&[u8], CompletionCode> {
    let frus = view
        .manager()
        .map(|entry| entry.description.frus.as_slice());
    let mut frus = frus.unwrap_or_default().iter();
    let fru = frus.find(|fru| fru.fru_id == fru_id && !fru.inventory.is_empty());
    fru.map(|fru| fru.inventory.as_slice())
        .ok_or(CompletionCode::NOT_PRESENT)
}

/// What must be written to the shelf's inventory so that it becomes another one.
pub(super) fn differences(before: &[u8], after: &[u8]) -> Vec<Request> {
    let mut requests = Vec::new();
    for (index, data) in after.chunks(WRITE_MAX).enumerate() {
        let start = index * WRITE_MAX;
        if before.get(start..start + data.len()) == Some(data) {
            continue;
        }
        let write = WriteFruData {
            fru_id: SHELF_FRU,
            offset: u16::try_from(start).unwrap_or(u16::MAX),
            data: data.to_vec(),
        };
        requests.push(write.request());
    }
    requests
}

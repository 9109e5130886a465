//! FRU inventories of 20h: its own, 0, and the shelf's, 254. Source: IPMI v2.0 §34.

use super::{Outcome, View, storage, with};
use ipmi::command::Command;
use ipmi::command::storage::{FruAreaInfo, FruData, GetFruAreaInfo, ReadFruData, WriteFruData};
use ipmi::message::{CompletionCode, Request};

/// Write FRU Data: write protected. Source: IPMI v2.0 §34.3.
const WRITE_PROTECTED: CompletionCode = CompletionCode(0x80);
/// Most bytes in an answer. Choice: they fit into the smallest message that a tool may be bound to.
const READ_MAX: u8 = 200;

/// Answers; `None` when there is no such command here.
///
/// Choice: inventories are read only; the locked write of PICMG is the way to change the shelf's.
pub(super) fn answer(view: View<'_>, request: &Request) -> Option<Outcome> {
    Some(match request.command {
        GetFruAreaInfo::COMMAND => with(request, |GetFruAreaInfo { fru_id }| {
            let size = inventory(view, fru_id)?.len();
            let (size, access) = (u16::try_from(size).unwrap_or(u16::MAX), 0);
            Ok(FruAreaInfo { size, access })
        }),
        ReadFruData::COMMAND => with(request, |asked| read(view, &asked)),
        WriteFruData::COMMAND => with(request, |WriteFruData { fru_id, .. }| {
            inventory(view, fru_id)?;
            Err(WRITE_PROTECTED)
        }),
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

pub(super) fn inventory(view: View<'_>, fru_id: u8) -> Result<&[u8], CompletionCode> {
    let frus = view
        .manager()
        .map(|entry| entry.description.frus.as_slice());
    let mut frus = frus.unwrap_or_default().iter();
    let fru = frus.find(|fru| fru.fru_id == fru_id && !fru.inventory.is_empty());
    fru.map(|fru| fru.inventory.as_slice())
        .ok_or(CompletionCode::NOT_PRESENT)
}

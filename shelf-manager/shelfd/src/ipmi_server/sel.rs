//! The system event log: the events that the shelf keeps. Source: IPMI v2.0 §31.

use super::{Outcome, SUB_FUNCTION_DISABLED, View, refuse, sdr, seconds, storage, with};
use ipmi::command::Command;
use ipmi::command::sensor::{RecordData, Reservation as Reserved};
use ipmi::command::storage::{
    AddSelEntry, AllocationInfo, ClearSel, ErasureStatus, GetSelAllocationInfo, GetSelEntry,
    GetSelInfo, GetSelTime, GetSelTimeUtcOffset, RepositoryInfo, ReserveSel, SelEntryAdded,
    SelTime, SelTimeUtcOffset, SetSelTime, SetSelTimeUtcOffset,
};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::sel::{RECORD_LEN, Record, RecordBody};
use shelf::{EVENTS_MAX, LoggedEvent};

/// Reservations and allocation info; no record is deleted by itself. Source: IPMI v2.0 §31.2.
const OPERATIONS: u8 = 1 << 1 | 1 << 0;
/// Size of a record, in the type of the answers that have it.
const UNIT: u16 = 16;
/// Record ids go round: 1–FFFEh. Source: IPMI v2.0 §31.5, as 0000h and FFFFh mean first and last.
const IDS: u64 = 0xfffe;
/// Clear SEL: start the erasure, or ask how far it is. Source: IPMI v2.0 §31.9.
const START: u8 = 0xaa;
/// See [`START`].
const HOW_FAR: u8 = 0x00;
/// Erasure completed. Source: IPMI v2.0 §31.9.
const DONE: u8 = 0x01;
/// Times below count from the start of a device. Source: IPMI v2.0 §37.1.
const TIME_MIN: u32 = 0x2000_0000;

/// Who reads or clears the log. An event that arrives does not cancel it, as no record changes its
/// id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reservation {
    id: u16,
    is_valid: bool,
}

/// Answers; `None` when there is no such command here.
pub(super) fn answer(
    view: View<'_>,
    reservation: &mut Reservation,
    request: &Request,
) -> Option<Outcome> {
    Some(match request.command {
        GetSelInfo::COMMAND => with(request, |GetSelInfo {}| Ok(info(view))),
        ReserveSel::COMMAND => with(request, |ReserveSel {}| Ok(reservation.take())),
        GetSelEntry::COMMAND => with(request, |asked| read(view, reservation, &asked)),
        ClearSel::COMMAND => clear(reservation, request),
        GetSelTime::COMMAND => with(request, |GetSelTime {}| {
            let seconds = seconds(view.now);
            Ok(SelTime { seconds })
        }),
        // Choice: the log has the time of its host, which keeps it by its own means.
        SetSelTime::COMMAND => with(request, |SetSelTime { .. }| Err(SUB_FUNCTION_DISABLED)),
        GetSelTimeUtcOffset::COMMAND => with(request, |GetSelTimeUtcOffset {}| {
            // Not specified: the log counts in UTC. Source: IPMI v2.0 §31.12.
            Ok(SelTimeUtcOffset { offset_min: 0x07ff })
        }),
        SetSelTimeUtcOffset::COMMAND => with(request, |SetSelTimeUtcOffset { .. }| {
            Err(SUB_FUNCTION_DISABLED)
        }),
        GetSelAllocationInfo::COMMAND => {
            with(request, |GetSelAllocationInfo {}| Ok(allocation(view)))
        }
        AddSelEntry::COMMAND => add(view, request),
        _ => return None,
    })
}

impl Reservation {
    fn take(&mut self) -> Reserved {
        self.id = self.id.wrapping_add(1).max(1);
        self.is_valid = true;
        let reservation = self.id;
        Reserved { reservation }
    }

    fn holds(&self, id: u16) -> bool {
        self.is_valid && self.id == id
    }
}

fn info(view: View<'_>) -> RepositoryInfo {
    let shelf = &view.appliance.shelf;
    let entries = shelf.events().count();
    let free = EVENTS_MAX.saturating_sub(entries) * RECORD_LEN;
    let latest = shelf.events().next_back();
    RepositoryInfo {
        version: sdr::VERSION,
        entries: u16::try_from(entries).unwrap_or(u16::MAX),
        free: u16::try_from(free).unwrap_or(u16::MAX),
        last_addition: latest.map_or(u32::MAX, |event| seconds(event.arrived)),
        last_erase: shelf.events_cleared().map_or(u32::MAX, seconds),
        operations: OPERATIONS,
    }
}

fn read(
    view: View<'_>,
    reservation: &Reservation,
    asked: &GetSelEntry,
) -> Result<RecordData, CompletionCode> {
    let is_needed = asked.offset != 0 || asked.reservation != 0;
    if is_needed && !reservation.holds(asked.reservation) {
        return Err(CompletionCode::RESERVATION_CANCELLED);
    }
    let shelf = &view.appliance.shelf;
    let entries = shelf.events().count();
    let number = |id: u16| (u64::from(id) + IDS - id_first(view)) % IDS;
    let at = match asked.record {
        sdr::FIRST => 0,
        sdr::LAST => entries.saturating_sub(1),
        id => usize::try_from(number(id)).unwrap_or(usize::MAX),
    };
    let event = shelf.events().nth(at).ok_or(CompletionCode::NOT_PRESENT)?;
    let data = storage::part(&record(event, id_at(view, at)), asked.offset, asked.count);
    Ok(RecordData {
        next: if at + 1 == entries {
            sdr::LAST
        } else {
            id_at(view, at + 1)
        },
        data: data.ok_or(CompletionCode::OUT_OF_RANGE)?,
    })
}

fn allocation(view: View<'_>) -> AllocationInfo {
    let entries = view.appliance.shelf.events().count();
    let units = u16::try_from(EVENTS_MAX).unwrap_or(u16::MAX);
    let free = u16::try_from(EVENTS_MAX.saturating_sub(entries)).unwrap_or(u16::MAX);
    AllocationInfo {
        units,
        unit_size: UNIT,
        free_units: free,
        largest_free: free,
        record_max: 1,
    }
}

/// Choice: the record becomes an event of the shelf, as if its generator had sent it, with the time
/// of its arrival.
fn add(view: View<'_>, request: &Request) -> Outcome {
    match super::read::<AddSelEntry>(request) {
        Ok(AddSelEntry { record }) => {
            let at = view.appliance.shelf.events().count();
            let id = id_at(view, at);
            let mut record = Record::decode(&record);
            record.id = id;
            if let RecordBody::Event { timestamp, .. }
            | RecordBody::OemTimestamped { timestamp, .. } = &mut record.body
            {
                *timestamp = seconds(view.now);
            }
            let response = AddSelEntry::respond(&SelEntryAdded { record: id });
            Outcome::AddEvent(record, response)
        }
        Err(code) => refuse(request, code),
    }
}

/// The record at that place of the log.
pub(super) fn record_at(view: View<'_>, at: usize) -> Option<[u8; RECORD_LEN]> {
    let event = view.appliance.shelf.events().nth(at)?;
    Some(record(event, id_at(view, at)))
}

/// Id of the oldest record.
fn id_first(view: View<'_>) -> u64 {
    view.appliance.shelf.events_dropped() % IDS + 1
}

fn id_at(view: View<'_>, at: usize) -> u16 {
    let at = u64::try_from(at).unwrap_or(0);
    let id = (id_first(view) - 1 + at) % IDS + 1;
    u16::try_from(id).unwrap_or(sdr::LAST)
}

/// An event without a time of its own has the time at which it arrived.
fn record(event: &LoggedEvent, id: u16) -> [u8; RECORD_LEN] {
    let mut body = event.record.body;
    if let RecordBody::Event { timestamp, .. } | RecordBody::OemTimestamped { timestamp, .. } =
        &mut body
        && !(TIME_MIN..u32::MAX).contains(timestamp)
    {
        *timestamp = seconds(event.arrived);
    }
    Record { id, body }.encode()
}

fn clear(reservation: &mut Reservation, request: &Request) -> Outcome {
    let checked = super::read::<ClearSel>(request).and_then(|asked| {
        let is_sound = asked.mark == *b"CLR" && [START, HOW_FAR].contains(&asked.action);
        match is_sound {
            false => Err(CompletionCode::INVALID_FIELD),
            true if !reservation.holds(asked.reservation) => {
                Err(CompletionCode::RESERVATION_CANCELLED)
            }
            true => Ok(asked.action == START),
        }
    });
    let done: Response = ClearSel::respond(&ErasureStatus { progress: DONE });
    match checked {
        Ok(true) => Outcome::ClearEvents(done),
        Ok(false) => Outcome::Answer(done),
        Err(code) => Outcome::Answer(ClearSel::refuse(code)),
    }
}

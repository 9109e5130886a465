//! The system event log: the events that the shelf keeps. Source: IPMI v2.0 §31.

use super::{Outcome, SUB_FUNCTION_DISABLED, View, refuse, sdr, seconds, storage, with};
use appliance::Command as Log;
use ipmi::command::Command;
use ipmi::command::sensor::{RecordData, Reservation as Reserved};
use ipmi::command::storage::{
    AddSelEntry, AllocationInfo, ClearSel, DeleteSelEntry, ErasureStatus, GetSelAllocationInfo,
    GetSelEntry, GetSelInfo, GetSelTime, GetSelTimeUtcOffset, RecordId, RepositoryInfo, ReserveSel,
    SelEntryAdded, SelTime, SelTimeUtcOffset, SetSelTime, SetSelTimeUtcOffset,
};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::sel::{RECORD_LEN, Record, RecordBody};
use shelf::{EVENTS_MAX, LoggedEvent, record_id};

/// Deletion, reservations and allocation info. Source: IPMI v2.0 §31.2.
const OPERATIONS: u8 = 1 << 3 | 1 << 1 | 1 << 0;
/// Size of a record, in the type of the answers that have it.
const UNIT: u16 = 16;
/// Clear SEL: start the erasure, or ask how far it is. Source: IPMI v2.0 §31.9.
const START: u8 = 0xaa;
/// See [`START`].
const HOW_FAR: u8 = 0x00;
/// Erasure completed. Source: IPMI v2.0 §31.9.
const DONE: u8 = 0x01;
/// Times below count from the start of a device. Source: IPMI v2.0 §37.1.
const TIME_MIN: u32 = 0x2000_0000;

/// Who reads or clears the log. Choice: neither an event that arrives nor one that is deleted
/// cancels it, as no record changes its id; tools delete several under one reservation.
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
        DeleteSelEntry::COMMAND => delete(view, reservation, request),
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
        last_erase: shelf.events_erased().map_or(u32::MAX, seconds),
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
    let (event, next) = find(view, asked.record).ok_or(CompletionCode::NOT_PRESENT)?;
    let data = storage::part(&record(event), asked.offset, asked.count);
    Ok(RecordData {
        next: next.map_or(sdr::LAST, |next| record_id(next.number)),
        data: data.ok_or(CompletionCode::OUT_OF_RANGE)?,
    })
}

/// The event that has this record id, and the one behind it.
fn find(view: View<'_>, id: u16) -> Option<(&LoggedEvent, Option<&LoggedEvent>)> {
    let mut events = view.appliance.shelf.events();
    match id {
        sdr::FIRST => Some((events.next()?, events.next())),
        sdr::LAST => Some((events.next_back()?, None)),
        id => {
            let event = events.find(|event| record_id(event.number) == id)?;
            Some((event, events.next()))
        }
    }
}

/// Choice: it is deleted here only, as all are cleared here only; the log of the hardware stays.
fn delete(view: View<'_>, reservation: &Reservation, request: &Request) -> Outcome {
    let found = super::read::<DeleteSelEntry>(request).and_then(|asked| {
        if !reservation.holds(asked.reservation) {
            return Err(CompletionCode::RESERVATION_CANCELLED);
        }
        let (event, _) = find(view, asked.record).ok_or(CompletionCode::NOT_PRESENT)?;
        Ok(event.number)
    });
    match found {
        Ok(number) => {
            let record = record_id(number);
            let response = DeleteSelEntry::respond(&RecordId { record });
            Outcome::Log(Box::new(Log::DeleteEvent { number }), response)
        }
        Err(code) => Outcome::Answer(DeleteSelEntry::refuse(code)),
    }
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
            let id = record_id(view.appliance.shelf.events_next());
            let mut record = Record::decode(&record);
            record.id = id;
            if let RecordBody::Event { timestamp, .. }
            | RecordBody::OemTimestamped { timestamp, .. } = &mut record.body
            {
                *timestamp = seconds(view.now);
            }
            let response = AddSelEntry::respond(&SelEntryAdded { record: id });
            Outcome::Log(Box::new(Log::AddEvent(record)), response)
        }
        Err(code) => refuse(request, code),
    }
}

/// The record of an event. Without a time of its own it has the time at which it arrived.
pub(super) fn record(event: &LoggedEvent) -> [u8; RECORD_LEN] {
    let id = record_id(event.number);
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
        Ok(true) => Outcome::Log(Box::new(Log::ClearEvents), done),
        Ok(false) => Outcome::Answer(done),
        Err(code) => Outcome::Answer(ClearSel::refuse(code)),
    }
}

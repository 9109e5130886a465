//! The main SDR repository: the records of all controllers. Source: IPMI v2.0 §33.

use super::{Outcome, SHELF_MANAGER, SUB_FUNCTION_DISABLED, View, seconds, storage, with};
use appliance::Appliance;
use ipmi::command::Command;
use ipmi::command::sensor::{RecordData, Reservation};
use ipmi::command::storage::{
    AddSdr, AllocationInfo, ClearSdrRepository, DeleteSdr, EnterSdrRepositoryUpdateMode, GetSdr,
    GetSdrRepositoryAllocationInfo, GetSdrRepositoryInfo, GetSdrRepositoryTime,
    InitializationAgentStatus, PartialAddSdr, RepositoryInfo, ReserveSdrRepository,
    RunInitializationAgent, SelTime, SetSdrRepositoryTime,
};
use ipmi::description::Controller;
use ipmi::message::{CompletionCode, Request};
use ipmi::sdr::HEADER_LEN;
use std::collections::BTreeSet;

/// Version of the repository's commands. Source: IPMI v2.0 §33.9.
pub(super) const VERSION: u8 = 0x51;
/// Non-modal update, reservations, allocation info. Source: IPMI v2.0 §33.9.
const OPERATIONS: u8 = 0b01 << 5 | 1 << 1 | 1 << 0;
/// Size of the units in which room is counted: the largest record. Source: IPMI v2.0 §33.10.
const UNIT: u16 = 64;
/// Id of the first record, and of what is behind the last one. Source: IPMI v2.0 §33.12.
pub(super) const FIRST: u16 = 0x0000;
/// See [`FIRST`].
pub(super) const LAST: u16 = 0xffff;
/// Most records: ids 1–FFFEh.
const RECORDS_MAX: usize = 0xfffe;

/// The repository as tools saw it last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Repository {
    /// Index of the log entry that was followed last; `None` before the first look.
    seen: Option<u64>,
    records: Vec<Vec<u8>>,
    changed_seconds: u32,
    reservation: u16,
    is_reserved: bool,
}

/// Answers; `None` when there is no such command here.
pub(super) fn answer(
    view: View<'_>,
    repository: &mut Repository,
    request: &Request,
) -> Option<Outcome> {
    repository.follow(view);
    Some(match request.command {
        GetSdrRepositoryInfo::COMMAND => {
            with(request, |GetSdrRepositoryInfo {}| Ok(repository.info()))
        }
        ReserveSdrRepository::COMMAND => {
            with(request, |ReserveSdrRepository {}| Ok(repository.reserve()))
        }
        GetSdr::COMMAND => with(request, |asked| repository.read(&asked)),
        GetSdrRepositoryTime::COMMAND => with(request, |GetSdrRepositoryTime {}| {
            let seconds = seconds(view.now);
            Ok(SelTime { seconds })
        }),
        GetSdrRepositoryAllocationInfo::COMMAND => {
            with(request, |GetSdrRepositoryAllocationInfo {}| {
                Ok(repository.allocation())
            })
        }
        RunInitializationAgent::COMMAND => with(request, |asked| run_agent(&asked)),
        _ => return read_only(request),
    })
}

/// Choice: the repository is what the controllers say, and the time is the host's; neither is
/// changed here.
fn read_only(request: &Request) -> Option<Outcome> {
    Some(match request.command {
        AddSdr::COMMAND => with(request, |AddSdr { .. }| Err(SUB_FUNCTION_DISABLED)),
        PartialAddSdr::COMMAND => with(request, |PartialAddSdr { .. }| Err(SUB_FUNCTION_DISABLED)),
        DeleteSdr::COMMAND => with(request, |DeleteSdr { .. }| Err(SUB_FUNCTION_DISABLED)),
        ClearSdrRepository::COMMAND => with(request, |ClearSdrRepository { .. }| {
            Err(SUB_FUNCTION_DISABLED)
        }),
        SetSdrRepositoryTime::COMMAND => with(request, |SetSdrRepositoryTime { .. }| {
            Err(SUB_FUNCTION_DISABLED)
        }),
        EnterSdrRepositoryUpdateMode::COMMAND => with(request, |EnterSdrRepositoryUpdateMode {}| {
            Err(SUB_FUNCTION_DISABLED)
        }),
        _ => return None,
    })
}

/// The controllers initialize their sensors themselves, so the agent has always run.
fn run_agent(asked: &RunInitializationAgent) -> Result<InitializationAgentStatus, CompletionCode> {
    const RUN: u8 = 1;
    const DONE: u8 = 1;
    if asked.action & RUN != 0 {
        return Err(SUB_FUNCTION_DISABLED);
    }
    Ok(InitializationAgentStatus { done: DONE })
}

impl Repository {
    /// Takes in what changed in the shelf; whoever reads in parts must begin again.
    ///
    /// What the shelf is follows from the log alone, so nothing is looked at twice.
    fn follow(&mut self, view: View<'_>) {
        let index = view.appliance.at().index;
        if self.seen == Some(index) {
            return;
        }
        self.seen = Some(index);
        let records = gather(view.appliance);
        if records != self.records {
            self.records = records;
            self.changed_seconds = seconds(view.now);
            self.is_reserved = false;
        }
    }

    fn info(&self) -> RepositoryInfo {
        RepositoryInfo {
            version: VERSION,
            entries: u16::try_from(self.records.len()).unwrap_or(LAST),
            free: 0,
            // Tools keep their copy while both times stay as they are.
            last_addition: self.changed_seconds,
            last_erase: self.changed_seconds,
            operations: OPERATIONS,
        }
    }

    fn allocation(&self) -> AllocationInfo {
        AllocationInfo {
            units: u16::try_from(self.records.len()).unwrap_or(LAST),
            unit_size: UNIT,
            free_units: 0,
            largest_free: 0,
            record_max: 1,
        }
    }

    fn reserve(&mut self) -> Reservation {
        self.reservation = self.reservation.wrapping_add(1).max(1);
        self.is_reserved = true;
        let reservation = self.reservation;
        Reservation { reservation }
    }

    fn read(&self, asked: &GetSdr) -> Result<RecordData, CompletionCode> {
        let is_current = self.is_reserved && asked.reservation == self.reservation;
        let is_needed = asked.offset != 0 || asked.reservation != 0;
        if is_needed && !is_current {
            return Err(CompletionCode::RESERVATION_CANCELLED);
        }
        let id = if asked.record == LAST {
            u16::try_from(self.records.len()).unwrap_or(LAST)
        } else {
            asked.record.max(FIRST + 1)
        };
        let record = usize::from(id)
            .checked_sub(1)
            .and_then(|at| self.records.get(at));
        let record = record.ok_or(CompletionCode::NOT_PRESENT)?;
        let data = storage::part(record, asked.offset, asked.count);
        let is_last = usize::from(id) == self.records.len();
        Ok(RecordData {
            next: if is_last { LAST } else { id + 1 },
            data: data.ok_or(CompletionCode::OUT_OF_RANGE)?,
        })
    }

    /// Id of the first record that `is_meant`.
    pub(super) fn find(&mut self, view: View<'_>, is_meant: impl Fn(&[u8]) -> bool) -> Option<u16> {
        self.follow(view);
        let at = self.records.iter().position(|record| is_meant(record))?;
        u16::try_from(at + 1).ok()
    }
}

/// The records of 20h, then those of the others by address; ids follow the order.
///
/// The hardware at 20h may hold records of the others already: each record is there once.
fn gather(appliance: &Appliance) -> Vec<Vec<u8>> {
    let shelf = &appliance.shelf;
    let own = shelf.controller(SHELF_MANAGER).into_iter();
    let others = shelf
        .controllers()
        .filter(|(address, _)| *address != SHELF_MANAGER);
    let all = own.chain(others.map(|(_, entry)| entry));
    let mut seen = BTreeSet::new();
    let records = all.flat_map(|entry| records(&entry.description));
    let mut once: Vec<_> = records
        .filter(|record| seen.insert(record.get(2..).unwrap_or_default().to_vec()))
        .take(RECORDS_MAX)
        .collect();
    for (id, record) in (FIRST + 1..).zip(&mut once) {
        record[..2].copy_from_slice(&id.to_le_bytes());
    }
    once
}

/// Whole records, without what may lie behind them.
fn records(controller: &Controller) -> impl Iterator<Item = Vec<u8>> {
    controller.sdrs.iter().filter_map(|raw| {
        let length = usize::from(*raw.get(HEADER_LEN - 1)?);
        raw.get(..HEADER_LEN + length).map(<[u8]>::to_vec)
    })
}

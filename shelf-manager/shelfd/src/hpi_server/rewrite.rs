//! Changes of inventories, carried out at the controller: the device is read, what must change is
//! written, the device is read again, and what is there then is logged.
//!
//! Choice: a change is made from what the device holds at that moment, not from what was discovered
//! once. One user at a time changes an inventory; others are told that it is busy.
//!
//! Source: IPMI v2.0 §34; SAI-HPI-B.03.02, `saHpiIdrAreaAdd` and the functions after it.

use super::{Finish, Outcome, Payload, Step, hardware_error};
use hpi_domain::{Edited, FruAddress, InventoryCall, ResourceCall, SessionId, UserCall, edit};
use hpi_model::{HpiError, ResourceId};
use ipmi::command::Command;
use ipmi::command::storage::{GetFruAreaInfo, ReadFruData, WriteFruData};
use ipmi::fru::{self, Write};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::failed;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Bytes in one read or write. Choice: what fits an IPMB message, and is whole words.
const CHUNK: usize = 16;
/// Write FRU Data: the bytes are protected. Source: IPMI v2.0 §34.3.
const WRITE_PROTECTED: CompletionCode = CompletionCode(0x80);
/// Read FRU Data, Write FRU Data: the device is busy. Source: IPMI v2.0 §34.2, §34.3.
const DEVICE_BUSY: CompletionCode = CompletionCode(0x81);
/// How long to leave a busy device alone.
const BUSY_WAIT: Duration = Duration::from_millis(10);
/// How often a device may be busy at one place. Choice: for two seconds; to write a page of the
/// memories that boards have takes five milliseconds.
const BUSY_MAX: u8 = 200;

/// The inventories that somebody changes at the moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edits(Arc<Mutex<BTreeSet<FruAddress>>>);

/// Nobody else changes the inventory while this is there.
struct Held(Edits, FruAddress);

impl Edits {
    fn hold(&self, fru: FruAddress) -> Option<Held> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(fru).then(|| Held(self.clone(), fru))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(&self.1);
    }
}

/// Makes the reply out of the id of what was changed.
pub(super) type Told = Box<dyn FnOnce(u32) -> Payload + Send>;

/// What is to be done.
pub(super) struct Change {
    pub(super) session: SessionId,
    pub(super) order: ByteOrder,
    pub(super) resource: ResourceId,
    pub(super) fru: FruAddress,
    pub(super) call: InventoryCall,
    pub(super) told: Told,
}

/// Carries out a change.
pub(super) fn start(edits: &Edits, target: Target, change: Change) -> Outcome {
    let Some(held) = edits.hold(change.fru) else {
        return Outcome::Reply(failed(change.order, HpiError::Busy.code()));
    };
    let fru_id = change.fru.fru_id;
    let then = move |response: Response| match GetFruAreaInfo::read_response(&response) {
        Ok(info) => Job {
            change,
            target,
            size: usize::from(info.size),
            in_words: info.access & 1 != 0,
            bytes: Vec::new(),
            busy: 0,
            aim: Aim::Edit,
            _held: held,
        }
        .read(),
        Err(_) => Step::Reply(failed(change.order, hardware_error(&response).code())),
    };
    Outcome::Ask(target, GetFruAreaInfo { fru_id }.request(), Box::new(then))
}

/// A change on its way.
struct Job {
    change: Change,
    target: Target,
    /// Bytes of the device.
    size: usize,
    /// Offsets and counts are words.
    in_words: bool,
    /// What was read so far.
    bytes: Vec<u8>,
    /// How often the device was busy since it did something.
    busy: u8,
    aim: Aim,
    _held: Held,
}

/// Goes on with an answer.
type Take = Box<dyn FnOnce(Job, Response) -> Step + Send>;

/// What to do with the bytes that are read.
enum Aim {
    /// Find out what to write.
    Edit,
    /// Compare them with what was written, if it was; then log them.
    Adopt(Vec<Write>, Result<u32, HpiError>),
}

impl Job {
    fn fail(self, why: HpiError) -> Step {
        Step::Reply(failed(self.change.order, why.code()))
    }

    /// In the unit of the device.
    fn units(&self, bytes: usize) -> usize {
        if self.in_words { bytes / 2 } else { bytes }
    }

    fn ask(mut self, after: Duration, request: Request, take: Take) -> Step {
        self.busy = if after.is_zero() { 0 } else { self.busy + 1 };
        let target = self.target;
        Step::GoOn(
            after,
            (target, request),
            Box::new(move |response| take(self, response)),
        )
    }

    /// Reads on, up to the end of what is used.
    fn read(self) -> Step {
        self.read_after(Duration::ZERO)
    }

    fn read_after(self, after: Duration) -> Step {
        let end = fru::extent(&self.bytes).unwrap_or(self.size).min(self.size);
        let Some(left) = end.checked_sub(self.bytes.len()).filter(|left| *left > 0) else {
            return self.all_read();
        };
        let count = self.units(left.next_multiple_of(2).min(CHUNK)).max(1);
        let request = ReadFruData {
            fru_id: self.change.fru.fru_id,
            offset: u16::try_from(self.units(self.bytes.len())).unwrap_or(u16::MAX),
            count: u8::try_from(count).unwrap_or(u8::MAX),
        };
        let take: Take =
            Box::new(
                |mut job, response| match ReadFruData::read_response(&response) {
                    Ok(read) if !read.data.is_empty() => {
                        job.bytes.extend_from_slice(&read.data);
                        job.read()
                    }
                    Ok(_) => job.fail(HpiError::InternalError),
                    Err(_) if response.code == DEVICE_BUSY && job.busy < BUSY_MAX => {
                        job.read_after(BUSY_WAIT)
                    }
                    Err(_) => job.fail(refusal(&response)),
                },
            );
        self.ask(after, request.request(), take)
    }

    fn all_read(mut self) -> Step {
        match std::mem::replace(&mut self.aim, Aim::Edit) {
            Aim::Edit => match edit(&self.bytes, self.size, &self.change.call) {
                Ok(Edited { writes, id }) => {
                    self.aim = Aim::Adopt(writes.clone(), Ok(id));
                    self.write(pieces(&writes))
                }
                Err(why) => self.fail(why),
            },
            Aim::Adopt(writes, result) => self.adopt(&writes, result),
        }
    }

    /// Writes what is left, then reads again.
    fn write(self, left: VecDeque<Write>) -> Step {
        self.write_after(Duration::ZERO, left)
    }

    fn write_after(mut self, after: Duration, mut left: VecDeque<Write>) -> Step {
        let Some(next) = left.pop_front() else {
            self.bytes.clear();
            return self.read();
        };
        let request = WriteFruData {
            fru_id: self.change.fru.fru_id,
            offset: u16::try_from(self.units(next.offset)).unwrap_or(u16::MAX),
            data: next.bytes.clone(),
        };
        let take: Take = Box::new(move |job, response| {
            let written = WriteFruData::read_response(&response);
            match written.map(|it| usize::from(it.count)) {
                Ok(count) if count == job.units(next.bytes.len()) => job.write(left),
                Err(_) if response.code == DEVICE_BUSY && job.busy < BUSY_MAX => {
                    left.push_front(next);
                    job.write_after(BUSY_WAIT, left)
                }
                Ok(_) => job.torn(HpiError::InternalError),
                Err(_) => job.torn(refusal(&response)),
            }
        });
        self.ask(after, request.request(), take)
    }

    /// A write failed: what is there now is read and told to all, and the failure to whoever asked.
    fn torn(mut self, why: HpiError) -> Step {
        if let Aim::Adopt(writes, result) = &mut self.aim {
            writes.clear();
            *result = Err(why);
        }
        self.write(VecDeque::new())
    }

    fn adopt(self, writes: &[Write], result: Result<u32, HpiError>) -> Step {
        let holds = |write: &Write| {
            let there = self.bytes.get(write.offset..).unwrap_or_default();
            there.starts_with(&write.bytes)
        };
        // What the last write took out of use is not read again.
        let is_read = |write: &&Write| write.offset + write.bytes.len() <= self.bytes.len();
        let is_there = writes.iter().filter(is_read).all(holds);
        let result = result.and_then(|id| is_there.then_some(id).ok_or(HpiError::InternalError));
        let Change {
            session,
            order,
            resource,
            told,
            ..
        } = self.change;
        let mut bytes = self.bytes;
        bytes.truncate(fru::extent(&bytes).unwrap_or(bytes.len()));
        let call = ResourceCall::InventoryWritten(bytes);
        let finish: Finish = Box::new(move |_| match result {
            Ok(id) => told(id),
            Err(why) => failed(order, why.code()),
        });
        Step::Log(session, UserCall::Resource(resource, call), finish)
    }
}

/// What a refused read or write means.
fn refusal(response: &Response) -> HpiError {
    match response.code {
        WRITE_PROTECTED => HpiError::ReadOnly,
        DEVICE_BUSY => HpiError::Busy,
        _ => hardware_error(response),
    }
}

/// The writes, in pieces that the device takes. The common header is one of them: it is written at
/// once.
fn pieces(writes: &[Write]) -> VecDeque<Write> {
    let pieces = writes.iter().flat_map(|write| {
        let offsets = (write.offset..).step_by(CHUNK);
        offsets
            .zip(write.bytes.chunks(CHUNK))
            .map(|(offset, bytes)| Write {
                offset,
                bytes: bytes.to_vec(),
            })
    });
    pieces.collect()
}

#[cfg(test)]
mod tests;

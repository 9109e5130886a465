//! The console of a payload, behind its controller on IPMB-0: read by asking again and again.
//!
//! Source: [`ipmi::command::oem`].

use super::super::Ticket;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::Command;
use ipmi::command::oem::{
    CONSOLE_READ_MAX, CONSOLE_WRITE_MAX, ConsoleCapabilities, ConsoleRead, ConsoleWrite, chunk,
    next_sequence, write,
};
use ipmi::message::{Request, Response};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most characters that were typed and not delivered yet.
const TYPED_MAX: usize = 1024;
/// Pause between two questions while the payload is talking. Choice: with it a console takes less
/// than a tenth of a bus of 100 kHz, and an echo comes as fast as people type.
pub(crate) const POLL_MIN: Duration = Duration::from_millis(50);
/// The longest pause, after the payload was silent for a while: doubles from [`POLL_MIN`].
const POLL_MAX: Duration = Duration::from_millis(200);
/// How many questions in a row may fail. Choice: more than one, as the bus may be busy for a
/// moment.
const FAILURES_MAX: u8 = 5;
/// The FRU whose payload it is: the blade itself.
pub(super) const FRU: u8 = 0;

/// Invariant: at most one read and one write are under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Blade {
    read_max: u8,
    write_max: u8,
    /// Sequence of the last chunk, 0 before the first.
    acknowledged: u8,
    reading: Option<Ticket>,
    poll_at: Time,
    pause: Duration,
    /// The operator wants nothing read for now.
    pub(crate) is_paused: bool,
    typed: VecDeque<u8>,
    /// A break goes in front of what was typed.
    is_break_due: bool,
    /// Sequence of the write that is under way, or of the next one.
    sequence: u8,
    write: Option<Write>,
    failures: u8,
}

/// A write that is not answered well yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Write {
    /// `None` while it waits to be sent again.
    ticket: Option<Ticket>,
    flags: u8,
    data: Vec<u8>,
    again_at: Time,
}

/// What an answer of the controller was good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// The payload said this; whether something in front of it was lost.
    Said(Vec<u8>, bool),
    /// Nothing new.
    Nothing,
    /// The console is not there any more.
    Gone,
}

impl Blade {
    pub(crate) fn new(now: Time, offered: &ConsoleCapabilities) -> Self {
        Self {
            read_max: offered.read_max.clamp(1, CONSOLE_READ_MAX),
            write_max: offered.write_max.clamp(1, CONSOLE_WRITE_MAX),
            acknowledged: 0,
            reading: None,
            poll_at: now,
            pause: POLL_MIN,
            is_paused: false,
            typed: VecDeque::new(),
            is_break_due: false,
            sequence: 0,
            // The empty write that begins, so that ours are not taken for those of others before.
            write: Some(Write {
                ticket: None,
                flags: 0,
                data: Vec::new(),
                again_at: now,
            }),
            failures: 0,
        }
    }

    pub(crate) fn waits_for(&self, ticket: Ticket) -> bool {
        self.reading == Some(ticket) || self.writing() == Some(ticket)
    }

    fn writing(&self) -> Option<Ticket> {
        self.write.as_ref()?.ticket
    }

    /// Takes what is typed; how many characters of it, and whether that is all.
    pub(crate) fn type_in(&mut self, data: &[u8], has_break: bool) -> (usize, bool) {
        if has_break && self.typed.is_empty() {
            self.is_break_due = true;
        } else if has_break {
            // It would overtake the characters that wait.
            return (0, false);
        }
        let fits = TYPED_MAX.saturating_sub(self.typed.len()).min(data.len());
        self.typed.extend(data.iter().take(fits));
        (fits, fits == data.len())
    }

    /// Forgets what was typed and not sent yet.
    pub(crate) fn flush(&mut self) {
        self.typed.clear();
        self.is_break_due = false;
    }

    /// The question that reads, when it is time; `ticket` will come with its answer.
    pub(crate) fn read(&mut self, now: Time, room: usize, ticket: Ticket) -> Option<Request> {
        let is_due = self.poll_at <= now && !self.is_paused;
        if !is_due || self.reading.is_some() || room < usize::from(self.read_max) {
            return None;
        }
        self.reading = Some(ticket);
        let question = ConsoleRead {
            fru_id: FRU,
            acknowledged: self.acknowledged,
            count_max: self.read_max,
        };
        Some(question.request())
    }

    /// The write that is due; `ticket` will come with its answer.
    pub(crate) fn write(&mut self, now: Time, ticket: Ticket) -> Option<Request> {
        if self.write.is_none() && (self.is_break_due || !self.typed.is_empty()) {
            let count = self.typed.len().min(usize::from(self.write_max));
            self.write = Some(Write {
                ticket: None,
                flags: match core::mem::take(&mut self.is_break_due) {
                    true => write::BREAK,
                    false => 0,
                },
                data: self.typed.drain(..count).collect(),
                again_at: now,
            });
        }
        let due = |write: &&mut Write| write.ticket.is_none() && write.again_at <= now;
        let write = self.write.as_mut().filter(due)?;
        write.ticket = Some(ticket);
        let question = ConsoleWrite {
            fru_id: FRU,
            sequence: self.sequence,
            flags: write.flags,
            data: write.data.clone(),
        };
        Some(question.request())
    }

    pub(crate) fn answered(&mut self, now: Time, ticket: Ticket, response: &Response) -> Answered {
        let is_read = self.reading == Some(ticket);
        let done = match is_read {
            true => self.was_read(now, response),
            false => self.was_written(now, response),
        };
        match done {
            Some(answered) => {
                self.failures = 0;
                answered
            }
            None => {
                self.failures += 1;
                match self.failures > FAILURES_MAX {
                    true => Answered::Gone,
                    false => Answered::Nothing,
                }
            }
        }
    }

    fn was_read(&mut self, now: Time, response: &Response) -> Option<Answered> {
        self.reading = None;
        let chunk = ConsoleRead::read_response(response).ok();
        let is_new = |sequence| sequence != self.acknowledged;
        let Some(chunk) = chunk else {
            self.rest(now);
            return None;
        };
        if !is_new(chunk.sequence) {
            self.rest(now);
            return Some(Answered::Nothing);
        }
        self.acknowledged = chunk.sequence;
        self.pause = POLL_MIN;
        // There may be more: the bus is asked again at once only while chunks are full.
        let is_full = chunk.data.len() >= usize::from(self.read_max);
        self.poll_at = match is_full {
            true => now,
            false => now.after(POLL_MIN),
        };
        Some(Answered::Said(chunk.data, chunk.flags & chunk::LOST != 0))
    }

    fn rest(&mut self, now: Time) {
        self.poll_at = now.after(self.pause);
        self.pause = (self.pause * 2).min(POLL_MAX);
    }

    fn was_written(&mut self, now: Time, response: &Response) -> Option<Answered> {
        let write = self.write.as_mut()?;
        write.ticket = None;
        write.again_at = now.after(POLL_MIN);
        let written = ConsoleWrite::read_response(response).ok()?;
        self.sequence = next_sequence(self.sequence);
        let accepted = usize::from(written.accepted).min(write.data.len());
        write.data.drain(..accepted);
        write.flags = 0;
        if write.data.is_empty() {
            self.write = None;
            // What was typed is echoed soon.
            self.pause = POLL_MIN;
            self.poll_at = self.poll_at.min(now.after(POLL_MIN));
        }
        Some(Answered::Nothing)
    }

    /// When something is due, with so much room for what is read.
    pub(crate) fn deadline(&self, room: usize) -> Option<Time> {
        let reads = self.reading.is_none() && !self.is_paused && room >= usize::from(self.read_max);
        let writes = self.write.as_ref().filter(|write| write.ticket.is_none());
        let writes = writes.map(|write| write.again_at);
        reads
            .then_some(self.poll_at)
            .into_iter()
            .chain(writes)
            .min()
    }
}

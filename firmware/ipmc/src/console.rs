//! The console of a payload: what it says is kept until somebody reads it, and what somebody types
//! goes to it.
//!
//! A shell that has a payload hands all that it says to [`crate::Input::ConsoleOutput`], whenever
//! and in whatever portions it likes, and types what [`crate::Effect::ConsoleInput`] says at it.
//! That is all; FRUs with a console are marked by [`crate::FruConfig::has_console`].
//!
//! Source: our own commands, [`ipmi::command::oem`].

use crate::answer::reply;
use crate::interface::Effect;
use crate::{Ipmc, fru::Fru};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::oem::{
    CONSOLE_READ_MAX, CONSOLE_VERSION, CONSOLE_WRITE_MAX, ConsoleCapabilities, ConsoleChunk,
    ConsoleRead, ConsoleWrite, ConsoleWritten, GetConsoleCapabilities, OEM_GROUP, capabilities,
    chunk, next_sequence, write,
};
use ipmi::message::{CompletionCode, Request, Response};
use serde::{Deserialize, Serialize};

/// Most bytes of output that wait for a reader, per console; of more than that the oldest are lost.
pub const CONSOLE_LEN: usize = 8192;

/// One console.
///
/// Invariant: at most [`CONSOLE_LEN`] bytes and one chunk are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Console {
    waiting: VecDeque<u8>,
    /// Whether something was lost in front of what waits.
    is_lost: bool,
    /// The chunk that is not acknowledged yet.
    given: Option<ConsoleChunk>,
    /// The last write: its sequence, and how many bytes were accepted.
    written: Option<(u8, u8)>,
}

/// The consoles of a configuration.
pub(crate) fn all(config: &crate::Config) -> BTreeMap<u8, Console> {
    let frus = config.frus.iter().filter(|fru| fru.has_console);
    frus.map(|fru| (fru.fru_id, Console::default())).collect()
}

impl Console {
    /// The payload said something.
    pub(crate) fn says(&mut self, bytes: &[u8]) {
        // Of very much only the end can be kept.
        let kept = bytes.len().saturating_sub(CONSOLE_LEN);
        let kept = bytes.get(kept..).unwrap_or(bytes);
        let room = CONSOLE_LEN - kept.len();
        let too_many = self.waiting.len().saturating_sub(room);
        self.is_lost |= too_many > 0 || kept.len() < bytes.len();
        self.waiting.drain(..too_many);
        self.waiting.extend(kept);
    }

    /// The controller restarts: what waits is forgotten, and who reads will be told.
    pub(crate) fn forget(&mut self) {
        let was_empty = self.waiting.is_empty() && self.given.is_none();
        *self = Self {
            is_lost: self.is_lost || !was_empty,
            ..Self::default()
        };
    }

    /// The payload said something, and nobody listened.
    pub(crate) fn misses(&mut self) {
        self.is_lost = true;
    }

    /// Choice: a chunk counts on from what its reader acknowledged. A reader that comes anew so
    /// gets what another one did not acknowledge, under a number that follows its own.
    fn read(&mut self, asked: &ConsoleRead) -> ConsoleChunk {
        let given = self.given.take();
        let given = given.filter(|given| given.sequence != asked.acknowledged);
        let count_max = usize::from(asked.count_max.min(CONSOLE_READ_MAX));
        if count_max == 0 {
            self.given = given;
            return nothing(asked.acknowledged);
        }
        let mut chunk = given.unwrap_or_else(|| self.next(count_max));
        // Only a reader that wants less than the last one did gets less of the same chunk.
        if let Some(rest) = chunk.data.get(count_max..) {
            rest.iter()
                .rev()
                .for_each(|byte| self.waiting.push_front(*byte));
            chunk.data.truncate(count_max);
        }
        if chunk.data.is_empty() {
            return nothing(asked.acknowledged);
        }
        chunk.sequence = next_sequence(asked.acknowledged);
        self.given.insert(chunk).clone()
    }

    /// Takes the next chunk out of what waits.
    fn next(&mut self, count_max: usize) -> ConsoleChunk {
        let count = self.waiting.len().min(count_max);
        let data: Vec<u8> = self.waiting.drain(..count).collect();
        let is_lost = !data.is_empty() && core::mem::take(&mut self.is_lost);
        ConsoleChunk {
            sequence: 0,
            flags: if is_lost { chunk::LOST } else { 0 },
            data,
        }
    }

    /// How many bytes are accepted, and whether they are new.
    fn write(&mut self, order: &ConsoleWrite) -> (u8, bool) {
        match self.written {
            Some((sequence, accepted)) if sequence == order.sequence && sequence != 0 => {
                (accepted, false)
            }
            _ => {
                // There are no more than a message holds.
                let accepted = order.data.len() as u8;
                self.written = Some((order.sequence, accepted));
                (accepted, true)
            }
        }
    }
}

fn nothing(sequence: u8) -> ConsoleChunk {
    ConsoleChunk {
        sequence,
        flags: 0,
        data: Vec::new(),
    }
}

impl Ipmc {
    /// Answers an OEM request. Choice: a controller without any console knows none of them.
    pub(crate) fn oem(&mut self, request: &Request, effects: &mut Vec<Effect>) -> Response {
        if !request.data.starts_with(&OEM_GROUP) || self.consoles.is_empty() {
            let group = request.data.iter().take(OEM_GROUP.len());
            return Response {
                data: group.copied().collect(),
                ..Response::from(CompletionCode::INVALID_COMMAND)
            };
        }
        match request.command {
            GetConsoleCapabilities::COMMAND => {
                reply(request, |asked| self.console_capabilities(&asked))
            }
            ConsoleRead::COMMAND => reply::<ConsoleRead>(request, |asked| {
                Ok(self.console(asked.fru_id)?.read(&asked))
            }),
            ConsoleWrite::COMMAND => reply(request, |order| self.console_write(&order, effects)),
            _ => GetConsoleCapabilities::refuse(CompletionCode::INVALID_COMMAND),
        }
    }

    fn console_capabilities(
        &self,
        asked: &GetConsoleCapabilities,
    ) -> Result<ConsoleCapabilities, CompletionCode> {
        let fru = self.frus.get(&asked.fru_id).filter(|fru| fru.is_present());
        let fru = fru.ok_or(CompletionCode::INVALID_FIELD)?;
        let mut flags = 0;
        if self.consoles.contains_key(&asked.fru_id) {
            flags |= capabilities::PRESENT;
        }
        if fru.payload.on {
            flags |= capabilities::POWERED;
        }
        Ok(ConsoleCapabilities {
            version: CONSOLE_VERSION,
            read_max: CONSOLE_READ_MAX,
            write_max: CONSOLE_WRITE_MAX,
            flags,
        })
    }

    fn console_write(
        &mut self,
        order: &ConsoleWrite,
        effects: &mut Vec<Effect>,
    ) -> Result<ConsoleWritten, CompletionCode> {
        let fru_id = order.fru_id;
        let is_on = self.payload_on(fru_id);
        let console = self.console(fru_id)?;
        if order.data.len() > usize::from(CONSOLE_WRITE_MAX) {
            return Err(CompletionCode::LENGTH_LIMIT);
        }
        if order.flags & !write::BREAK != 0 {
            return Err(CompletionCode::INVALID_FIELD);
        }
        if !is_on {
            return Err(CompletionCode::NOT_IN_STATE);
        }
        let (accepted, is_new) = console.write(order);
        let is_break = order.flags & write::BREAK != 0;
        if is_new && (is_break || accepted > 0) {
            let bytes = order.data.clone();
            effects.push(Effect::ConsoleInput {
                fru_id,
                is_break,
                bytes,
            });
        }
        Ok(ConsoleWritten { accepted })
    }

    fn console(&mut self, fru_id: u8) -> Result<&mut Console, CompletionCode> {
        if !self.frus.get(&fru_id).is_some_and(Fru::is_present) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let console = self.consoles.get_mut(&fru_id);
        console.ok_or(CompletionCode::NOT_PRESENT)
    }
}

#[cfg(test)]
mod tests;

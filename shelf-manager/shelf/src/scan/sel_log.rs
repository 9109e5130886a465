//! Following the SEL: each new record once, whatever is cleared or overwritten meanwhile.

use super::bus::{Failure, SHELF_MANAGER, Timer, Urgency, answer, to};
use super::{Answer, Effect, Purpose, Scanner};
use crate::observation::BACKLOG_RECORDS_MAX;
use crate::{EventSource, Observation};
use alloc::vec::Vec;
use ipmi::command::storage::GetSelEntry;
use ipmi::message::CompletionCode;
use ipmi::sel::{RECORD_LEN, Record};

/// Id of the first record. Source: IPMI v2.0 §31.5.
const FIRST: u16 = 0x0000;
/// Id of the last record, and of what is behind it. Source: IPMI v2.0 §31.5.
const LAST: u16 = 0xffff;

/// Most records that one pass reads, as a log that names its records in a circle never ends.
const PASS_MAX: u32 = 65_536;

/// What a read of the SEL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SelStep {
    /// The last record: is it another one than before?
    Last,
    /// The record that was the last one: which is next?
    Anchor,
    /// New records.
    Walk(u16),
    /// Records from before the port came up.
    Backlog(u16),
}

/// Where the SEL was read up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SelLog {
    /// The first look was taken.
    is_primed: bool,
    /// The shelf manager has no SEL.
    is_missing: bool,
    last: Option<[u8; RECORD_LEN]>,
    /// Records left in this pass.
    pass: u32,
    backlog: Vec<Record>,
    /// Where to go on with the backlog; `None` when there is none, or it was read.
    backlog_next: Option<u16>,
    backlog_last: u16,
    /// Records of the backlog that may still be read.
    backlog_left: u32,
    /// Look again as soon as this pass ends.
    again: bool,
}

impl SelLog {
    /// The port is back: what came into the SEL meanwhile is as new as it would have been. A
    /// backlog that was not read to its end goes on.
    pub(super) fn resume(&mut self) {
        self.is_missing = false;
        self.pass = 0;
        self.again = false;
    }

    /// Whether new records are being read.
    pub(super) fn is_reading(&self) -> bool {
        self.pass > 0
    }
}

/// What an answer from the SEL says.
enum Entry {
    Record([u8; RECORD_LEN], u16),
    /// No such record: the log was cleared, or is empty.
    Gone,
    /// Nothing to be learned now.
    Nothing,
}

impl Scanner {
    /// Looks for new records now, or as soon as the present pass ends.
    pub(super) fn poll_sel(&mut self) {
        let is_busy = [SelStep::Last, SelStep::Anchor].map(Purpose::Sel);
        if self.sel_log.is_missing || !self.is_up {
            return;
        }
        if self.sel_log.pass > 0 || is_busy.iter().any(|purpose| self.bus.is_asked(purpose)) {
            self.sel_log.again = true;
            return;
        }
        self.ask_sel(SelStep::Last);
    }

    fn ask_sel(&mut self, step: SelStep) {
        let record = match step {
            SelStep::Last => LAST,
            SelStep::Anchor => self
                .sel_log
                .last
                .map_or(FIRST, |last| Record::decode(&last).id),
            SelStep::Walk(id) | SelStep::Backlog(id) => id,
        };
        let urgency = match step {
            SelStep::Backlog(_) => Urgency::Soon,
            SelStep::Last | SelStep::Anchor | SelStep::Walk(_) => Urgency::Now,
        };
        let request = GetSelEntry {
            reservation: 0,
            record,
            offset: 0,
            count: 0xff,
        };
        self.bus
            .ask(Purpose::Sel(step), urgency, to(SHELF_MANAGER, &request));
    }

    pub(super) fn sel_answered(
        &mut self,
        step: SelStep,
        result: &Answer,
        effects: &mut Vec<Effect>,
    ) {
        let entry = match answer::<GetSelEntry>(result) {
            Ok(data) => data
                .data
                .first_chunk()
                .map_or(Entry::Nothing, |record| Entry::Record(*record, data.next)),
            Err(Failure::Refused(CompletionCode::NOT_PRESENT)) => Entry::Gone,
            Err(Failure::Refused(CompletionCode::INVALID_COMMAND)) => {
                self.sel_log.is_missing = true;
                return;
            }
            Err(_) => Entry::Nothing,
        };
        match step {
            SelStep::Last => self.last_read(entry),
            SelStep::Anchor => self.anchor_read(entry),
            SelStep::Walk(_) => self.walked(entry, effects),
            SelStep::Backlog(id) => self.backlog_read(id, entry, effects),
        }
    }

    fn last_read(&mut self, entry: Entry) {
        let log = &mut self.sel_log;
        match entry {
            Entry::Record(record, _) if !log.is_primed => {
                log.is_primed = true;
                log.last = Some(record);
                log.backlog_next = Some(FIRST);
                log.backlog_last = Record::decode(&record).id;
                log.backlog_left = PASS_MAX;
                self.rest();
            }
            Entry::Record(record, _) if log.last == Some(record) => self.rest(),
            Entry::Record(..) => {
                log.pass = PASS_MAX;
                let step = if log.last.is_some() {
                    SelStep::Anchor
                } else {
                    SelStep::Walk(FIRST)
                };
                self.ask_sel(step);
            }
            Entry::Gone => {
                log.is_primed = true;
                log.last = None;
                self.rest();
            }
            Entry::Nothing => self.rest(),
        }
    }

    /// When the old last record is gone or another one, the log was cleared or has overwritten it:
    /// what is in it now is all new.
    fn anchor_read(&mut self, entry: Entry) {
        match entry {
            Entry::Record(record, next) if self.sel_log.last == Some(record) => {
                if next == LAST {
                    self.rest();
                } else {
                    self.ask_sel(SelStep::Walk(next));
                }
            }
            Entry::Record(..) | Entry::Gone => self.ask_sel(SelStep::Walk(FIRST)),
            Entry::Nothing => self.rest(),
        }
    }

    fn walked(&mut self, entry: Entry, effects: &mut Vec<Effect>) {
        let Entry::Record(record, next) = entry else {
            self.rest();
            return;
        };
        self.sel_log.last = Some(record);
        self.sel_log.pass = self.sel_log.pass.saturating_sub(1);
        self.arrived(Record::decode(&record), EventSource::Sel, effects);
        if next == LAST || self.sel_log.pass == 0 {
            self.rest();
        } else {
            self.ask_sel(SelStep::Walk(next));
        }
    }

    /// This pass is over.
    fn rest(&mut self) {
        self.sel_log.pass = 0;
        self.bus
            .set(self.now.after(self.config.sel_interval), Timer::Sel);
        if core::mem::take(&mut self.sel_log.again) {
            self.poll_sel();
        }
        if let Some(id) = self.sel_log.backlog_next
            && !self.bus.is_asked(&Purpose::Sel(SelStep::Backlog(id)))
        {
            self.ask_sel(SelStep::Backlog(id));
        }
        let addresses: Vec<u8> = self.watches.keys().copied().collect();
        addresses
            .into_iter()
            .for_each(|address| self.look_at_leds(address));
    }

    /// Where there is no answer, this record is asked for again after the next look at the SEL.
    fn backlog_read(&mut self, id: u16, entry: Entry, effects: &mut Vec<Effect>) {
        let log = &mut self.sel_log;
        match entry {
            Entry::Record(record, next) => {
                let record = Record::decode(&record);
                log.backlog.push(record);
                log.backlog_left = log.backlog_left.saturating_sub(1);
                let is_end = record.id == log.backlog_last || next == LAST || next == id;
                log.backlog_next = (!is_end && log.backlog_left > 0).then_some(next);
            }
            Entry::Gone => log.backlog_next = None,
            Entry::Nothing => return,
        }
        let is_full = log.backlog.len() >= BACKLOG_RECORDS_MAX;
        if (is_full || log.backlog_next.is_none()) && !log.backlog.is_empty() {
            let records = core::mem::take(&mut log.backlog);
            effects.push(Effect::Observe(Observation::Backlog(records)));
        }
        if let Some(next) = self.sel_log.backlog_next {
            self.ask_sel(SelStep::Backlog(next));
        }
    }
}

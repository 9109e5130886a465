//! What comes of an input.

use crate::Effect;
use alloc::vec::Vec;
use hpi_model::handover::Notice;
use hpi_model::{Event, EventKind, ResourceId, Severity};
use machine::{Pos, Time};

/// Where effects go, with the time that their events bear.
pub(crate) struct Out<'a> {
    pub(crate) at: Pos,
    pub(crate) effects: &'a mut Vec<Effect>,
    /// Of the call that is carried out; 0 where none is.
    pub(crate) tag: u64,
    /// What comes behind everything else: answers to calls that had to wait.
    pub(crate) late: Vec<Effect>,
    /// Resources of which something was said.
    pub(crate) touched: Vec<ResourceId>,
}

impl<'a> Out<'a> {
    pub(crate) fn new(at: Pos, effects: &'a mut Vec<Effect>) -> Self {
        Self {
            at,
            effects,
            tag: 0,
            late: Vec::new(),
            touched: Vec::new(),
        }
    }
}

impl Out<'_> {
    pub(crate) fn event(&self, source: ResourceId, severity: Severity, kind: EventKind) -> Event {
        Event {
            source,
            time_ns: time_ns(self.at.time),
            severity,
            kind,
        }
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.effects.push(Effect::Notice(notice));
    }
}

/// `SaHpiTimeT`.
pub(crate) fn time_ns(time: Time) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

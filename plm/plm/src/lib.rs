//! Platform management: hardware elements, the execution environments on them, and their readiness.
//!
//! Notices of the HPI domain and comings and goings of agents come up; readiness changes go up to
//! CLM in steps (validate, start, completed); actions go down to HPI and to the agents.
//!
//! Source: SAI-AIS-PLM-A.01.02.
#![no_std]

extern crate alloc;

mod admin;
mod ee;
mod he;
mod io;
mod isolation;
mod matching;
mod model;
mod operation;
mod readiness;
mod retry;
mod runtime;
mod state;
mod validate;

pub use io::{EeOrder, Effect, Input};
pub use isolation::ISOLATION_TIME;
pub use model::{DeactivationPolicy, ENTITIES_MAX, Ee, Entity, He, Kind, Mapping};
pub use retry::{RETRY_FIRST, RETRY_MAX};
pub use state::{AdminState, EePresence, HePresence, OperationalState, ReadinessFlags};

use admin::Restart;
use ais::Dn;
use ais::imm::{AdminResult, Change};
use ais::plm::TrackCause;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use he::Known;
use hpi_model::EntityPath;
use isolation::Isolation;
use machine::{Machine, Pos, Time};
use model::Model;
use operation::Operation;
use serde::{Deserialize, Serialize};

/// Most resources that PLM remembers, mapped or not.
pub const RESOURCES_MAX: usize = 4_096;

/// What the administrator of the whole system may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How long trackers may take to answer a step; silence then counts as OK.
    pub track_timeout: Duration,
}

impl Default for Settings {
    /// Choice: 60 s.
    fn default() -> Self {
        Self {
            track_timeout: Duration::from_secs(60),
        }
    }
}

/// Platform management of one cluster.
///
/// Invariant: a hardware element with a mapping has its resource in `resources`, mapped to it; an
/// entity is in at most one operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plm {
    settings: Settings,
    model: Model,
    resources: BTreeMap<EntityPath, Known>,
    /// By the entity that is locked, shut down or extracted.
    operations: BTreeMap<Dn, Operation>,
    /// By the entity that is restarted or reset.
    restarts: BTreeMap<Dn, Restart>,
    last_invocation: u64,
}

impl Plm {
    /// Nothing configured, nothing present.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// One hardware element or execution environment.
    pub fn entity(&self, dn: &Dn) -> Option<&Entity> {
        self.model.entities.get(dn)
    }

    /// All hardware elements and execution environments, in the order of their names.
    pub fn entities(&self) -> impl Iterator<Item = (&Dn, &Entity)> {
        self.model.entities.iter()
    }

    /// The hardware element that is mapped to a resource.
    pub fn mapped_to(&self, path: &EntityPath) -> Option<&Dn> {
        self.resources.get(path)?.mapped.as_ref()
    }

    fn config(&mut self, changes: &[Change], out: &mut Out<'_>) {
        for change in changes {
            if let Change::Delete { dn, class: _ } = change {
                self.forget(dn, out);
            }
            self.model.apply(change);
        }
        self.map_resources(out);
        if let Some(root) = changes.first().map(|change| change.dn().clone()) {
            self.settle(TrackCause::StatusInfo, &root, out);
        }
    }

    /// An entity's object is gone, and with it all that was under way for it: who waits for that
    /// learns so.
    fn forget(&mut self, dn: &Dn, out: &mut Out<'_>) {
        let operation = self.operations.get(dn).and_then(|o| o.purpose.admin());
        self.call_off(dn, out);
        let restart = self.restarts.remove(dn).map(|restart| restart.invocation);
        for invocation in operation.into_iter().chain(restart) {
            let text = String::from("it was deleted meanwhile");
            out.answer(invocation, Err((ais::AisError::FailedOperation, text)));
        }
        self.clear_alarm(dn, "is deleted", out);
        for known in self.resources.values_mut() {
            known.mapped.take_if(|mapped| mapped == dn);
        }
    }

    fn next_invocation(&mut self) -> u64 {
        self.last_invocation = self.last_invocation.wrapping_add(1).max(1);
        self.last_invocation
    }

    /// Everything that the outside still has to do, ordered again. Trackers live in the same log
    /// and have forgotten nothing.
    fn audit(&mut self, out: &mut Out<'_>) {
        self.restart_ee_times(out.at.time);
        self.repeat_hpi_orders(out);
        self.repeat_ee_orders(out);
    }

    fn tick(&mut self, out: &mut Out<'_>) {
        self.steps_timed_out(out);
        self.ees_timed_out(out);
        self.isolations_due(out);
        self.retries_due(out);
    }
}

/// Where effects go, with the log entry that causes them.
struct Out<'a> {
    at: Pos,
    effects: &'a mut Vec<Effect>,
}

impl Out<'_> {
    fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn answer(&mut self, invocation: u64, result: Result<(), (ais::AisError, String)>) {
        self.push(Effect::AdminResult(AdminResult { invocation, result }));
    }
}

impl Machine for Plm {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        let out = &mut Out { at, effects };
        match input {
            Input::Config(changes) => self.config(changes, out),
            Input::Hpi(notice) => self.notice(notice, out),
            Input::HpiFailed(action, why) => self.hpi_failed(action, *why, out),
            Input::HpiDone(action) => self.hpi_done(action, out),
            Input::EeUp { ee } => self.ee_up(ee, out),
            Input::EeDown { ee } => self.ee_ended(ee, state::EeEvent::Down, out),
            Input::EesLost { ees, in_reach } => self.ees_lost(ees, *in_reach, out),
            Input::EeTerminated { ee } => self.ee_ended(ee, state::EeEvent::Terminated, out),
            Input::Admin(operation) => self.admin(operation, out),
            Input::TrackResponse {
                invocation,
                response,
            } => {
                self.answered(*invocation, *response, out);
            }
            Input::Tick => self.tick(out),
            Input::Audit => self.audit(out),
        }
        self.answer_restarts(out);
        self.publish(out);
    }

    fn deadline(&self) -> Option<Time> {
        let steps = self.operations.values().filter_map(|o| o.deadline);
        let ees = self.model.entities.values().filter_map(model::Entity::ee);
        let ees = ees.flat_map(|ee| [ee.deadline, ee.isolating.as_ref().map(Isolation::due)]);
        let hes = self.model.entities.values().filter_map(model::Entity::he);
        let retries = hes.filter_map(|he| he.retry.and_then(|retry| retry.due()));
        steps.chain(ees.flatten()).chain(retries).min()
    }
}

#[cfg(test)]
mod tests;

//! Readiness changes in steps: trackers are asked (validate), told to get ready (start), and told
//! that it happened (completed), or that it will not (aborted).
//!
//! Source: SAI-AIS-PLM-A.01.02 §3.3, `saPlmReadinessTrack`.

use crate::state::{AdminState, EePresence};
use crate::{Effect, Out, Plm};
use ais::plm::{ChangeStep, ReadinessState, Track, TrackCause, TrackResponse, TrackedEntity};
use ais::{AisError, Dn};
use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::vec::Vec;
use hpi_model::handover::Action;
use machine::Time;
use serde::{Deserialize, Serialize};

/// What a readiness change in steps is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// A hardware element is being taken out.
    Extraction,
    /// An administrative lock, answered with this invocation.
    Lock(u64),
    /// An administrative shutdown, answered with this invocation.
    Shutdown(u64),
}

impl Purpose {
    fn cause(self) -> TrackCause {
        match self {
            Self::Extraction => TrackCause::HeDeactivation,
            Self::Lock(_) => TrackCause::Lock,
            Self::Shutdown(_) => TrackCause::Shutdown,
        }
    }

    pub(crate) fn admin(self) -> Option<u64> {
        match self {
            Self::Extraction => None,
            Self::Lock(invocation) | Self::Shutdown(invocation) => Some(invocation),
        }
    }
}

/// How far a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// Trackers were asked.
    Validate,
    /// Trackers get ready.
    Start,
    /// Extraction only: the execution environments end.
    Terminate,
    /// Extraction only: the resource becomes inactive.
    Deactivate,
}

/// A readiness change that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Operation {
    pub(crate) purpose: Purpose,
    step: Step,
    /// Everything that will be out of service.
    pub(crate) affected: BTreeSet<Dn>,
    /// The execution environments that trackers were told of.
    announced: BTreeSet<Dn>,
    /// The answer that is awaited.
    invocation: Option<u64>,
    /// When that answer counts as given.
    pub(crate) deadline: Option<Time>,
}

#[cfg(test)]
impl Operation {
    pub(crate) fn invocation_waits(&self) -> bool {
        self.invocation.is_some() && self.deadline.is_some()
    }
}

impl Plm {
    /// Begins a change with the question to the trackers (`validate`), or with the announcement.
    pub(crate) fn begin(&mut self, root: &Dn, purpose: Purpose, validate: bool, out: &mut Out<'_>) {
        let step = if validate {
            Step::Validate
        } else {
            Step::Start
        };
        self.open(root, purpose, step);
        self.ask(root, out);
    }

    /// Begins an extraction of what is out of service: nobody has to be asked.
    pub(crate) fn begin_at_end(&mut self, root: &Dn, out: &mut Out<'_>) {
        self.open(root, Purpose::Extraction, Step::Start);
        self.advance(root, out);
    }

    fn open(&mut self, root: &Dn, purpose: Purpose, step: Step) {
        let affected = self.affected(root);
        let operation = Operation {
            purpose,
            step,
            announced: self.serving(&affected),
            affected,
            invocation: None,
            deadline: None,
        };
        self.operations.insert(root.clone(), operation);
    }

    fn serving(&self, of: &BTreeSet<Dn>) -> BTreeSet<Dn> {
        let serves = |dn: &&Dn| {
            let entity = self.model.entities.get(*dn);
            entity.is_some_and(|e| e.ee().is_some() && e.readiness != ReadinessState::OutOfService)
        };
        of.iter().filter(serves).cloned().collect()
    }

    /// Tells the trackers of the present step, and waits; where there is nothing to tell, goes on.
    fn ask(&mut self, root: &Dn, out: &mut Out<'_>) {
        let invocation = self.next_invocation();
        let deadline = out.at.time.after(self.settings.track_timeout);
        let Some(operation) = self.operations.get_mut(root) else {
            return;
        };
        if operation.announced.is_empty() {
            self.advance(root, out);
            return;
        }
        operation.invocation = Some(invocation);
        operation.deadline = Some(deadline);
        self.tell(root, out);
    }

    /// The present step as the trackers see it.
    fn tell(&self, root: &Dn, out: &mut Out<'_>) {
        let Some(operation) = self.operations.get(root) else {
            return;
        };
        let step = match operation.step {
            Step::Validate => ChangeStep::Validate,
            Step::Start => ChangeStep::Start,
            Step::Terminate | Step::Deactivate => return,
        };
        let entities = operation.announced.iter().filter_map(|dn| {
            let current = self.model.entities.get(dn)?.readiness;
            let expected = ReadinessState::OutOfService;
            Some(TrackedEntity {
                ee: dn.clone(),
                current,
                expected,
            })
        });
        out.push(Effect::Track(Track {
            invocation: operation.invocation,
            step,
            cause: operation.purpose.cause(),
            root: root.clone(),
            entities: entities.collect(),
        }));
    }

    pub(crate) fn answered(&mut self, invocation: u64, response: TrackResponse, out: &mut Out<'_>) {
        let mut waiting = self.operations.iter();
        let asked = waiting.find(|(_, o)| o.invocation == Some(invocation));
        let Some((root, operation)) = asked else {
            return;
        };
        let root = root.clone();
        // An error counts as OK, except where a tracker was asked whether it agrees.
        match (operation.step, response) {
            (Step::Validate, TrackResponse::Rejected | TrackResponse::Error) => {
                self.rejected(&root, out);
            }
            (_, _) => self.advance(&root, out),
        }
    }

    fn rejected(&mut self, root: &Dn, out: &mut Out<'_>) {
        let Some(operation) = self.operations.get(root) else {
            return;
        };
        let purpose = operation.purpose;
        self.call_off(root, out);
        match purpose.admin() {
            Some(invocation) => {
                let text = "a tracker rejected the change".to_string();
                out.answer(invocation, Err((AisError::FailedOperation, text)));
            }
            None => self.order(root, Action::SetActive, out),
        }
    }

    /// The change will not happen: the trackers are told. The caller answers who asked for it.
    pub(crate) fn call_off(&mut self, root: &Dn, out: &mut Out<'_>) {
        let Some(operation) = self.operations.remove(root) else {
            return;
        };
        if operation.announced.is_empty() {
            return;
        }
        let entities = operation.announced.iter().filter_map(|dn| {
            let current = self.model.entities.get(dn)?.readiness;
            Some(TrackedEntity {
                ee: dn.clone(),
                current,
                expected: current,
            })
        });
        out.push(Effect::Track(Track {
            invocation: None,
            step: ChangeStep::Aborted,
            cause: operation.purpose.cause(),
            root: root.clone(),
            entities: entities.collect(),
        }));
    }

    /// The present step is done.
    fn advance(&mut self, root: &Dn, out: &mut Out<'_>) {
        let Some(operation) = self.operations.get_mut(root) else {
            return;
        };
        operation.invocation = None;
        operation.deadline = None;
        match (operation.purpose, operation.step) {
            (_, Step::Validate) => {
                operation.step = Step::Start;
                self.ask(root, out);
            }
            (Purpose::Extraction, Step::Start) => {
                operation.step = Step::Terminate;
                let affected: Vec<Dn> = operation.affected.iter().cloned().collect();
                for dn in affected {
                    self.terminate_ee(&dn, out);
                }
                self.ees_ended(out);
            }
            (Purpose::Extraction, Step::Terminate) => {
                operation.step = Step::Deactivate;
                self.order(root, Action::SetInactive, out);
            }
            (Purpose::Extraction, Step::Deactivate) => {}
            (Purpose::Lock(_) | Purpose::Shutdown(_), _) => self.locked(root, out),
        }
    }

    /// A forced lock does not ask anybody.
    pub(crate) fn lock_at_once(&mut self, root: &Dn, purpose: Purpose, out: &mut Out<'_>) {
        self.open(root, purpose, Step::Start);
        self.locked(root, out);
    }

    /// An execution environment ended: extractions that waited only for it go on.
    pub(crate) fn ees_ended(&mut self, out: &mut Out<'_>) {
        let ready: Vec<Dn> = self
            .operations
            .iter()
            .filter(|(_, o)| o.step == Step::Terminate && !o.affected.iter().any(|d| self.ends(d)))
            .map(|(root, _)| root.clone())
            .collect();
        for root in ready {
            self.advance(&root, out);
        }
    }

    fn ends(&self, dn: &Dn) -> bool {
        let ee = self.model.entities.get(dn).and_then(|e| e.ee());
        ee.is_some_and(|ee| ee.presence == EePresence::Terminating)
    }

    /// A lock or shutdown is carried out: the entity is locked, what depended on it is stopped.
    fn locked(&mut self, root: &Dn, out: &mut Out<'_>) {
        let Some(operation) = self.operations.remove(root) else {
            return;
        };
        if let Some(entity) = self.model.entities.get_mut(root) {
            entity.admin = AdminState::Locked;
        }
        self.settle_announced(TrackCause::Lock, root, &operation.announced, out);
        for dn in operation.affected.iter().filter(|dn| *dn != root) {
            self.terminate_ee(dn, out);
        }
        if let Some(invocation) = operation.purpose.admin() {
            out.answer(invocation, Ok(()));
        }
    }

    /// The hardware element left: its extraction is complete, and whatever was under way below it
    /// is over. Whether it was an extraction that the trackers had got ready for.
    pub(crate) fn finish_below(&mut self, dn: &Dn, out: &mut Out<'_>) -> bool {
        let here = |root: &Dn| root == dn || root.is_below(dn);
        let roots: Vec<Dn> = self
            .operations
            .keys()
            .filter(|r| here(r))
            .cloned()
            .collect();
        let mut planned = false;
        for root in roots {
            let Some(operation) = self.operations.get(&root) else {
                continue;
            };
            let ready = matches!(operation.step, Step::Terminate | Step::Deactivate);
            if ready {
                planned |= root == *dn;
                self.operations.remove(&root);
                continue;
            }
            let purpose = operation.purpose;
            self.operations.remove(&root);
            match purpose {
                Purpose::Extraction => {}
                Purpose::Lock(invocation) => {
                    let text = "the hardware went meanwhile".to_string();
                    out.answer(invocation, Err((AisError::FailedOperation, text)));
                }
                // It is out of service, which is all that a shutdown waits for.
                Purpose::Shutdown(invocation) => {
                    if let Some(entity) = self.model.entities.get_mut(&root) {
                        entity.admin = AdminState::Locked;
                    }
                    out.answer(invocation, Ok(()));
                }
            }
        }
        planned
    }

    /// Whether an entity, or what would be affected with it, is in an operation already.
    pub(crate) fn is_busy(&self, dn: &Dn) -> bool {
        let affected = self.affected(dn);
        let mut operations = self.operations.values();
        operations.any(|o| !o.affected.is_disjoint(&affected))
    }

    /// Whether readiness is held: the trackers got ready, and will be told when all is done.
    pub(crate) fn is_frozen(&self, dn: &Dn) -> bool {
        let mut operations = self.operations.values();
        operations.any(|o| {
            matches!(o.step, Step::Terminate | Step::Deactivate) && o.affected.contains(dn)
        })
    }

    pub(crate) fn is_deactivating(&self, dn: &Dn) -> bool {
        self.operations
            .get(dn)
            .is_some_and(|o| o.step == Step::Deactivate)
    }

    /// An execution environment failed while trackers were getting ready for its orderly end: they
    /// were told, and it is no longer part of the change.
    pub(crate) fn no_longer_announced(&mut self, gone: &[Dn], out: &mut Out<'_>) {
        let roots: Vec<Dn> = self.operations.keys().cloned().collect();
        for root in roots {
            let Some(operation) = self.operations.get_mut(&root) else {
                continue;
            };
            let before = operation.announced.len();
            operation.announced.retain(|dn| !gone.contains(dn));
            let waits = operation.invocation.is_some();
            if waits && before > 0 && operation.announced.is_empty() {
                self.advance(&root, out);
            }
        }
    }

    /// Silence counts as OK, with a warning. Choice: the standard sets no limit.
    pub(crate) fn steps_timed_out(&mut self, out: &mut Out<'_>) {
        let now = out.at.time;
        let operations = self.operations.iter();
        let late = operations.filter(|(_, o)| o.deadline.is_some_and(|d| d <= now));
        let late: Vec<Dn> = late.map(|(root, _)| root.clone()).collect();
        for root in late {
            let text = "CLM did not answer a readiness change in time: taken as OK";
            out.push(Effect::Notify(crate::runtime::warning(root.clone(), text)));
            self.advance(&root, out);
        }
    }
}

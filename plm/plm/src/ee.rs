//! Execution environments: starting, stopping, and what their agents report.
//!
//! Source: SAI-AIS-PLM-A.01.02 §3.1.2.

use crate::state::{
    AdminState, EeEvent, EePresence, HePresence, OperationalState, ReadinessFlags, ee_presence,
};
use crate::{EeOrder, Effect, Out, Plm};
use ais::Dn;
use ais::plm::{ReadinessState, TrackCause};
use alloc::vec::Vec;

impl Plm {
    pub(crate) fn ee_up(&mut self, dn: &Dn, out: &mut Out<'_>) {
        if self.must_not_run(dn) {
            self.step_ee(dn, EeEvent::Up, out);
            self.terminate_ee(dn, out);
            self.settle(TrackCause::StatusInfo, dn, out);
            return;
        }
        let from = self
            .model
            .entities
            .get(dn)
            .and_then(|e| Some(e.ee()?.presence));
        if !self.step_ee(dn, EeEvent::Up, out) {
            // Told again after a restart: it is reachable.
            self.clear_management_lost(dn);
            if from == Some(EePresence::Terminating) {
                out.push(Effect::Ee(EeOrder::Terminate { ee: dn.clone() }));
            }
            return;
        }
        if let Some(entity) = self.model.entities.get_mut(dn) {
            if from == Some(EePresence::InstantiationFailed) {
                entity.operational = OperationalState::Enabled;
            }
            // It is under control again: what runs there is told by its agent.
            entity.flags.set(ReadinessFlags::ISOLATE_PENDING, false);
        }
        self.clear_management_lost(dn);
        self.settle(TrackCause::EeInstantiated, dn, out);
    }

    /// The agent went, as ordered or not.
    pub(crate) fn ee_gone(&mut self, dn: &Dn, event: EeEvent, out: &mut Out<'_>) {
        if !self.step_ee(dn, event, out) {
            return;
        }
        self.clear_management_lost(dn);
        self.settle(TrackCause::EeUninstantiated, dn, out);
        self.ees_ended(out);
    }

    fn clear_management_lost(&mut self, dn: &Dn) {
        if let Some(entity) = self.model.entities.get_mut(dn) {
            entity.flags.set(ReadinessFlags::MANAGEMENT_LOST, false);
        }
    }

    /// Whether an agent that appears now has to go again.
    fn must_not_run(&self, dn: &Dn) -> bool {
        let Some(entity) = self.model.entities.get(dn) else {
            return false;
        };
        let locked = |up: Dn| {
            let admin = self.model.entities.get(&up).map(|e| e.admin);
            matches!(admin, Some(AdminState::Locked | AdminState::LockedInactive))
        };
        entity.admin == AdminState::LockedInactive
            || dn.ancestors().skip(1).any(locked)
            || self.is_frozen(dn)
    }

    /// Takes one edge; whether there was one.
    pub(crate) fn step_ee(&mut self, dn: &Dn, event: EeEvent, out: &mut Out<'_>) -> bool {
        let Some(ee) = self.model.entities.get(dn).and_then(|e| e.ee()) else {
            return false;
        };
        let Some(to) = ee_presence(ee.presence, event) else {
            return false;
        };
        let deadline = match to {
            EePresence::Instantiating => Some(self.model.instantiate_timeout(ee)),
            EePresence::Terminating => Some(self.model.terminate_timeout(ee)),
            EePresence::Uninstantiated
            | EePresence::Instantiated
            | EePresence::InstantiationFailed
            | EePresence::TerminationFailed => None,
        };
        if let Some(ee) = self.model.entities.get_mut(dn).and_then(|e| e.ee_mut()) {
            ee.presence = to;
            ee.isolating = None;
            ee.deadline = deadline.map(|after| out.at.time.after(after));
        }
        true
    }

    /// Orders the end of an execution environment, where there is anything to end.
    pub(crate) fn terminate_ee(&mut self, dn: &Dn, out: &mut Out<'_>) {
        if self.step_ee(dn, EeEvent::Terminate, out) {
            out.push(Effect::Ee(EeOrder::Terminate { ee: dn.clone() }));
        }
    }

    /// Starts every execution environment that should run and does not.
    ///
    /// Choice: hardware that has just become active boots its execution environment by itself, so
    /// the order is for those that need a hand; both get the same time.
    pub(crate) fn instantiate_ees(&mut self, out: &mut Out<'_>) {
        let all = self.model.entities.keys();
        let due: Vec<Dn> = all.filter(|dn| self.should_start(dn)).cloned().collect();
        for dn in due {
            if self.step_ee(&dn, EeEvent::Instantiate, out) {
                out.push(Effect::Ee(EeOrder::Instantiate { ee: dn }));
            }
        }
    }

    fn should_start(&self, dn: &Dn) -> bool {
        let Some(entity) = self.model.entities.get(dn) else {
            return false;
        };
        let down = entity
            .ee()
            .is_some_and(|ee| ee.presence == EePresence::Uninstantiated);
        let Some((_, parent)) = self.model.parent(dn) else {
            return false;
        };
        let active = parent
            .he()
            .is_none_or(|he| he.presence == HePresence::Active);
        down && active
            && parent.readiness == ReadinessState::InService
            && entity.admin != AdminState::LockedInactive
            && entity.operational == OperationalState::Enabled
            && self.dependencies_met(dn)
            && !self.is_frozen(dn)
    }

    /// The hardware below them is off: nothing runs there any more.
    pub(crate) fn isolate_ees(&mut self, he: &Dn, out: &mut Out<'_>) {
        for (dn, entity) in self
            .model
            .entities
            .iter_mut()
            .filter(|(dn, _)| dn.is_below(he))
        {
            let Some(ee) = entity.ee_mut() else { continue };
            if let Some(to) = ee_presence(ee.presence, EeEvent::Isolated) {
                ee.presence = to;
                ee.isolating = None;
                ee.deadline = None;
                out.push(Effect::Ee(EeOrder::PowerLost { ee: dn.clone() }));
            }
            entity.flags.set(ReadinessFlags::ISOLATE_PENDING, false);
        }
    }

    /// What was ordered and took too long has failed.
    ///
    /// Choice: an execution environment whose hardware is being deactivated is not disabled when it
    /// does not end in time, for the deactivation isolates it. One that fails otherwise is isolated
    /// by nobody but its repair.
    pub(crate) fn ees_timed_out(&mut self, out: &mut Out<'_>) {
        let now = out.at.time;
        let due = |e: &crate::Entity| e.ee().and_then(|ee| ee.deadline).is_some_and(|d| d <= now);
        let late: Vec<Dn> = self
            .model
            .entities
            .iter()
            .filter(|(_, entity)| due(entity))
            .map(|(dn, _)| dn.clone())
            .collect();
        for dn in late {
            if !self.step_ee(&dn, EeEvent::TimedOut, out) {
                continue;
            }
            if !self.is_frozen(&dn) {
                self.disable_ee(&dn, out);
            }
            self.ees_ended(out);
        }
    }

    fn disable_ee(&mut self, dn: &Dn, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get_mut(dn) else {
            return;
        };
        entity.operational = OperationalState::Disabled;
        let failed = entity.ee().map(|ee| ee.presence);
        let still_runs = failed == Some(EePresence::TerminationFailed);
        entity
            .flags
            .set(ReadinessFlags::ISOLATE_PENDING, still_runs);
        let text = if still_runs {
            "did not end in time"
        } else {
            "did not start in time"
        };
        self.raise(dn, text, out);
        self.settle(TrackCause::Failure, dn, out);
    }

    pub(crate) fn repeat_ee_orders(&self, out: &mut Out<'_>) {
        let orders = self.ee_orders().into_iter();
        orders.for_each(|order| out.push(Effect::Ee(order)));
    }

    /// What execution environments are to do that is not over yet.
    pub fn ee_orders(&self) -> Vec<EeOrder> {
        let ees = self.model.entities.iter();
        ees.filter_map(|(dn, entity)| {
            let ee = dn.clone();
            match entity.ee()?.presence {
                EePresence::Instantiated if entity.ee()?.isolating.is_some() => None,
                // One that runs is asked to start, too: whoever runs it then finds what survived.
                EePresence::Instantiating | EePresence::Instantiated => {
                    Some(EeOrder::Instantiate { ee })
                }
                EePresence::Terminating => Some(EeOrder::Terminate { ee }),
                EePresence::Uninstantiated
                | EePresence::InstantiationFailed
                | EePresence::TerminationFailed => None,
            }
        })
        .collect()
    }
}

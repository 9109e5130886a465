//! Execution environments: starting, stopping, and what their agents report.
//!
//! Source: SAI-AIS-PLM-A.01.02 §3.1.2.

use crate::state::{
    AdminState, EeEvent, EePresence, HePresence, OperationalState, ReadinessFlags, ee_presence,
};
use crate::{Ee, EeOrder, Effect, Out, Plm};
use ais::Dn;
use ais::plm::{ReadinessState, TrackCause};
use alloc::vec::Vec;
use core::time::Duration;
use machine::Time;

impl Plm {
    pub(crate) fn ee_up(&mut self, dn: &Dn, out: &mut Out<'_>) {
        if self.is_to_end(dn) {
            // It did not hear so, or did not do it: contact is the chance to isolate it.
            self.clear_management_lost(dn);
            out.push(Effect::Ee(EeOrder::Terminate { ee: dn.clone() }));
            return;
        }
        if self.must_not_run(dn) {
            if self.step_ee(dn, EeEvent::Up, out) {
                self.has_not_failed(dn);
            }
            self.terminate_ee(dn, out);
            self.settle(TrackCause::StatusInfo, dn, out);
            return;
        }
        if !self.step_ee(dn, EeEvent::Up, out) {
            // Told again after a restart: it is reachable.
            self.clear_management_lost(dn);
            return;
        }
        // It is under control again: what runs there is told by its agent.
        self.has_not_failed(dn);
        self.clear_management_lost(dn);
        self.settle(TrackCause::EeInstantiated, dn, out);
    }

    fn is_to_end(&self, dn: &Dn) -> bool {
        let ee = self.model.entities.get(dn).and_then(|e| e.ee());
        ee.is_some_and(|ee| {
            matches!(
                ee.presence,
                EePresence::Terminating | EePresence::TerminationFailed
            )
        })
    }

    /// What it was disabled for did come about, only late.
    ///
    /// Choice: an execution environment is disabled for nothing but a start or an end that takes
    /// too long, so that nobody has to say that it is repaired.
    fn has_not_failed(&mut self, dn: &Dn) {
        if let Some(entity) = self.model.entities.get_mut(dn) {
            entity.operational = OperationalState::Enabled;
            entity.flags.set(ReadinessFlags::ISOLATE_PENDING, false);
        }
    }

    /// Whoever runs it says that it ended, as ordered or not.
    pub(crate) fn ee_ended(&mut self, dn: &Dn, event: EeEvent, out: &mut Out<'_>) {
        self.ends_late(dn, out);
        self.ee_gone(dn, event, out);
    }

    /// It has ended: where that took too long, it is over now.
    fn ends_late(&mut self, dn: &Dn, out: &mut Out<'_>) {
        let ee = self.model.entities.get(dn).and_then(|e| e.ee());
        if ee.is_some_and(|ee| ee.presence == EePresence::TerminationFailed) {
            self.has_not_failed(dn);
            self.clear_alarm(dn, "ended after all", out);
        }
    }

    /// It ended, or counts as ended.
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
        let deadline = self.time_for(ee, to);
        if let Some(ee) = self.model.entities.get_mut(dn).and_then(|e| e.ee_mut()) {
            ee.presence = to;
            ee.isolating = None;
            ee.deadline = deadline.map(|after| out.at.time.after(after));
        }
        true
    }

    /// How long an execution environment may be in a presence state.
    fn time_for(&self, ee: &Ee, presence: EePresence) -> Option<Duration> {
        match presence {
            EePresence::Instantiating => Some(self.model.instantiate_timeout(ee)),
            EePresence::Terminating => Some(self.model.terminate_timeout(ee)),
            EePresence::Uninstantiated
            | EePresence::Instantiated
            | EePresence::InstantiationFailed
            | EePresence::TerminationFailed => None,
        }
    }

    /// Orders that ran out of time while the log stood still are given their time anew: until now
    /// nobody could be told, or answer.
    pub(crate) fn restart_ee_times(&mut self, now: Time) {
        let entities = self.model.entities.iter();
        let over = entities.filter_map(|(dn, entity)| {
            let ee = entity.ee()?;
            ee.deadline.filter(|by| *by <= now)?;
            Some((dn.clone(), self.time_for(ee, ee.presence)?))
        });
        for (dn, time) in over.collect::<Vec<_>>() {
            if let Some(ee) = self.model.entities.get_mut(&dn).and_then(|e| e.ee_mut()) {
                ee.deadline = Some(now.after(time));
            }
        }
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
        let entities = self.model.entities.keys();
        let below: Vec<Dn> = entities.filter(|dn| dn.is_below(he)).cloned().collect();
        for dn in below {
            self.ends_late(&dn, out);
            if self.step_ee(&dn, EeEvent::Isolated, out) {
                out.push(Effect::Ee(EeOrder::PowerLost { ee: dn.clone() }));
            }
            let entity = self.model.entities.get_mut(&dn);
            if let Some(entity) = entity.filter(|entity| entity.ee().is_some()) {
                entity.flags.set(ReadinessFlags::ISOLATE_PENDING, false);
            }
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

//! Carries out the target of each assignment: which CSI goes to which component, and which order is
//! due now.
//!
//! Source: SAI-AIS-AMF-B.04.01 §3.1.5, §3.2.2.4, §3.8.1.3.

use crate::Amf;
use crate::redundancy;
use crate::state::{Assignment, CsiAssignment};
use ais::Dn;
use ais::amf::{CsiTransition, HaState, PresenceState};
use ais::node::Order;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// One change that is due.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) si: Dn,
    pub(crate) csi: Dn,
    pub(crate) component: Dn,
    /// `None`: the CSI is to be removed.
    pub(crate) to: Option<HaState>,
}

impl Amf {
    /// Sets what a SU shall be for an SI. An SI that the SU cannot take as a whole is not assigned
    /// to it.
    pub(crate) fn set_target(&mut self, su: &Dn, si: &Dn, target: Option<HaState>) -> bool {
        let Some(state) = self.sus.get(su) else {
            return false;
        };
        let current = state.assignments.get(si);
        if current.is_none() && target.is_none() {
            return false;
        }
        let added = match target {
            Some(ha) => match self.map_csis(su, si, ha) {
                Some(added) => added,
                None if current.is_none() => return false,
                None => Vec::new(),
            },
            None => Vec::new(),
        };
        let changed = !added.is_empty() || current.is_none_or(|a| a.target != target);
        if let Some(state) = self.sus.get_mut(su) {
            let assignment = state.assignments.entry(si.clone());
            let assignment = assignment.or_insert_with(|| Assignment::new(target));
            assignment.target = target;
            for (csi, component) in added {
                assignment.csis.insert(csi, CsiAssignment::new(component));
            }
        }
        changed
    }

    /// Whether a SU can take an SI as a whole, or has it already.
    pub(crate) fn can_take(&self, su: &Dn, si: &Dn) -> bool {
        let has = self
            .sus
            .get(su)
            .is_some_and(|s| s.assignments.contains_key(si));
        has || self.map_csis(su, si, HaState::Active).is_some()
    }

    /// Chooses a component for each CSI of the SI that has none yet; `None` when there is none for
    /// one of them.
    ///
    /// Choice: the component with the fewest CSIs of that type, by name among equals
    /// (AMF-3.1.5-07).
    fn map_csis(&self, su: &Dn, si: &Dn, ha: HaState) -> Option<Vec<(Dn, Dn)>> {
        let state = self.sus.get(su)?;
        let components = &self.model().sus.get(su)?.components;
        let mapped = state.assignments.get(si);
        let mut added: Vec<(Dn, Dn)> = Vec::new();
        let csis = &self.model().sis.get(si)?.csis;
        if csis.is_empty() {
            // Choice: an SI without CSIs is no workload, and stays unassigned.
            return None;
        }
        for csi in csis {
            if mapped.is_some_and(|a| a.csis.contains_key(csi)) {
                continue;
            }
            let cs_type = &self.model().csis.get(csi)?.cs_type;
            let load = |component: &Dn| {
                // A component may be active for some CSIs and standby for others.
                let same = |a: &&Assignment| {
                    (a.target == Some(HaState::Standby)) == (ha == HaState::Standby)
                };
                let held = state.assignments.values().filter(same);
                let held = held
                    .flat_map(|a| &a.csis)
                    .map(|(csi, rec)| (csi, &rec.component));
                let new = added.iter().map(|(csi, component)| (csi, component));
                held.chain(new)
                    .filter(|(csi, at)| {
                        let of = self.model().csis.get(*csi);
                        *at == component && of.is_some_and(|c| c.cs_type == *cs_type)
                    })
                    .count()
            };
            let able = components.iter().filter(|component| {
                let config = self.model().components.get(*component);
                let capability = config.and_then(|c| c.capabilities.get(cs_type));
                capability.is_some_and(|c| {
                    let max = match ha {
                        HaState::Standby if c.standby_max > 0 => c.standby_max,
                        HaState::Active
                        | HaState::Standby
                        | HaState::Quiesced
                        | HaState::Quiescing => c.active_max,
                    };
                    u64::try_from(load(component)).is_ok_and(|n| n < u64::from(max))
                })
            });
            let component = able.min_by_key(|component| load(component))?.clone();
            added.push((csi.clone(), component));
        }
        Some(added)
    }

    /// Issues all orders of a SU that are due, and drops assignments that are gone; says whether
    /// anything happened.
    pub(crate) fn drive_su(&mut self, su: &Dn) -> bool {
        let dropped = self.drop_finished(su);
        let mut groups: BTreeMap<(Dn, Option<HaState>), Vec<Step>> = BTreeMap::new();
        for step in self.due_steps(su) {
            let key = (step.component.clone(), step.to);
            groups.entry(key).or_default().push(step);
        }
        let progress = dropped || !groups.is_empty();
        for ((component, to), steps) in groups {
            self.issue(su, &component, to, steps);
        }
        progress
    }

    /// Drops CSIs that are removed, and assignments without any.
    fn drop_finished(&mut self, su: &Dn) -> bool {
        let Some(state) = self.sus.get_mut(su) else {
            return false;
        };
        let components = &self.components;
        let model = &self.config.model;
        let runs =
            |rec: &CsiAssignment| components.get(&rec.component).is_some_and(|c| !c.is_down());
        // What a component holds that could not be stopped is not gone (AMF-4.8-06).
        let stuck = |rec: &CsiAssignment| {
            let failed = PresenceState::TerminationFailed;
            components
                .get(&rec.component)
                .is_some_and(|c| c.presence == failed)
        };
        // A component that is started by being assigned holds its CSI as long as it runs.
        let starts = |rec: &CsiAssignment| {
            let config = model.components.get(&rec.component);
            config.is_some_and(|c| !c.pre_instantiable)
        };
        let mut dropped = false;
        for assignment in state
            .assignments
            .values_mut()
            .filter(|a| a.target.is_none())
        {
            let before = assignment.csis.len();
            assignment.csis.retain(|_, rec| {
                rec.pending.is_some()
                    || (rec.told.is_some() && (runs(rec) || stuck(rec)))
                    || (starts(rec) && runs(rec))
            });
            dropped |= assignment.csis.len() != before;
        }
        let before = state.assignments.len();
        state
            .assignments
            .retain(|_, a| a.target.is_some() || !a.csis.is_empty());
        dropped || state.assignments.len() != before
    }

    fn due_steps(&self, su: &Dn) -> Vec<Step> {
        let Some(state) = self.sus.get(su) else {
            return Vec::new();
        };
        if !self.reachable(su) {
            return Vec::new();
        }
        let mut steps = Vec::new();
        for (si, assignment) in &state.assignments {
            for (csi, rec) in &assignment.csis {
                let rank = redundancy::standby_rank(self, su, si);
                let ranked_anew = rec.told == Some(HaState::Standby)
                    && assignment.target == rec.told
                    && rec.rank != rank
                    && self.active_component(si, csi).is_some();
                let next = match ranked_anew {
                    true => Some(rec.told),
                    false => self.next_state(csi, rec, assignment.target),
                };
                let Some(to) = next else {
                    continue;
                };
                if rec.pending.is_none()
                    && self.takes_orders(&rec.component, to)
                    && self.in_turn(assignment, csi, rec, to)
                {
                    steps.push(Step {
                        si: si.clone(),
                        csi: csi.clone(),
                        component: rec.component.clone(),
                        to,
                    });
                }
            }
        }
        steps
    }

    /// The state that a CSI must be brought to next; `None` when it is where its assignment wants
    /// it.
    ///
    /// Source: HA state machine, figure 3 (AMF-3.2.2.4-16): active never becomes standby directly.
    fn next_state(
        &self,
        csi: &Dn,
        rec: &CsiAssignment,
        target: Option<HaState>,
    ) -> Option<Option<HaState>> {
        use HaState as H;
        match (rec.told, target) {
            (None, None) => None,
            (Some(_), None) => Some(None),
            (told, Some(target)) if told == Some(target) => None,
            (Some(H::Active), Some(H::Quiescing)) => Some(Some(H::Quiescing)),
            (Some(H::Active | H::Quiescing), Some(H::Quiesced | H::Standby)) => {
                Some(Some(H::Quiesced))
            }
            (_, Some(H::Quiesced | H::Quiescing)) => None,
            (None, Some(H::Standby)) => {
                let cs_type = self.model().csis.get(csi).map(|c| &c.cs_type)?;
                let component = self.model().components.get(&rec.component)?;
                component
                    .can_be_standby(cs_type)
                    .then_some(Some(H::Standby))
            }
            (_, Some(target)) => Some(Some(target)),
        }
    }

    /// Whether all components of a SU are being stopped, so that none is bothered with CSIs before
    /// its turn.
    fn goes_down(&self, su: &Dn) -> bool {
        use PresenceState as P;
        let (Some(config), Some(state)) = (self.model().sus.get(su), self.sus.get(su)) else {
            return true;
        };
        let down = matches!(
            state.presence,
            P::Terminating | P::InstantiationFailed | P::TerminationFailed
        );
        state.restart.is_some() || (down && config.pre_instantiable)
    }

    /// Whether a component can be given an order for a CSI now.
    fn takes_orders(&self, component: &Dn, to: Option<HaState>) -> bool {
        let config = self.model().components.get(component);
        let state = self.components.get(component);
        let (Some(config), Some(state)) = (config, state) else {
            return false;
        };
        if state.order.is_some() || self.goes_down(&config.su) {
            return false;
        }
        let starts = !config.pre_instantiable && to == Some(HaState::Active);
        match state.presence {
            PresenceState::Instantiated => !starts,
            PresenceState::Uninstantiated => starts,
            PresenceState::Restarting => starts && state.stopped,
            PresenceState::Instantiating
            | PresenceState::Terminating
            | PresenceState::InstantiationFailed
            | PresenceState::TerminationFailed => false,
        }
    }

    /// Whether the dependencies between the CSIs of the SI allow this step now.
    ///
    /// Source: §3.8.1.3: sponsors become active first; dependents leave the active state first.
    fn in_turn(
        &self,
        assignment: &Assignment,
        csi: &Dn,
        rec: &CsiAssignment,
        to: Option<HaState>,
    ) -> bool {
        let other = |csi: &Dn| assignment.csis.get(csi);
        if to == Some(HaState::Active) {
            let sponsors = self.model().csis.get(csi).map(|c| &c.sponsors);
            let mut sponsors = sponsors.into_iter().flatten();
            return sponsors.all(|s| other(s).is_none_or(|rec| self.is_active(rec)));
        }
        if !matches!(
            rec.told,
            Some(HaState::Active | HaState::Quiescing | HaState::Quiesced)
        ) {
            return true;
        }
        self.model().dependents(csi).all(|dependent| {
            other(dependent).is_none_or(|rec| {
                rec.pending.is_none() && !rec.serves() && (to.is_some() || rec.told.is_none())
            })
        })
    }

    /// Whether a component is being started that serves by running.
    pub(crate) fn starts_serving(&self, component: &Dn) -> bool {
        let config = self.model().components.get(component);
        config.is_some_and(|c| !c.pre_instantiable)
            && self
                .components
                .get(component)
                .is_some_and(|c| c.starts_by_order())
    }

    /// Whether a component has acknowledged that it is active for a CSI, and nothing has happened
    /// to it since.
    pub(crate) fn is_active(&self, rec: &CsiAssignment) -> bool {
        let active = Some(HaState::Active);
        let component = self.components.get(&rec.component);
        rec.told == active
            && rec.ha == active
            && rec.pending.is_none()
            && component.is_some_and(|c| c.order.is_none())
    }

    /// Notes what became of the previous holder of a CSI, for the transition that the next active
    /// one is told.
    pub(crate) fn note_previous(
        &mut self,
        si: &Dn,
        csi: &Dn,
        previous: Option<(Dn, CsiTransition)>,
    ) {
        if let Some(state) = self.sis.get_mut(si) {
            match previous {
                Some(previous) => {
                    state.previous.insert(csi.clone(), previous);
                }
                None => {
                    state.previous.remove(csi);
                }
            }
        }
    }

    /// Nothing of a component runs: no process holds any of its CSIs.
    pub(crate) fn forget_told(&mut self, component: &Dn) {
        let config = self.model().components.get(component);
        let Some((su, aware)) = config.map(|c| (c.su.clone(), c.pre_instantiable)) else {
            return;
        };
        let restarts = self
            .components
            .get(component)
            .is_some_and(|c| c.presence == PresenceState::Restarting);
        let Some(state) = self.sus.get_mut(&su) else {
            return;
        };
        let mut served = Vec::new();
        for (si, assignment) in &mut state.assignments {
            let orderly = !aware && assignment.target != Some(HaState::Active);
            for (csi, rec) in &mut assignment.csis {
                if rec.component != *component {
                    continue;
                }
                if rec.serves() {
                    served.push((si.clone(), csi.clone(), orderly));
                }
                rec.told = None;
                rec.pending = None;
                rec.quiescing = None;
                if !restarts {
                    rec.ha = None;
                }
            }
        }
        for (si, csi, orderly) in served {
            let transition = match orderly {
                true => CsiTransition::Quiesced,
                false => CsiTransition::NotQuiesced,
            };
            self.note_previous(&si, &csi, Some((component.clone(), transition)));
        }
    }

    /// A component that is assigned by being started has started.
    pub(crate) fn assigned_by_start(&mut self, component: &Dn) {
        let config = self.model().components.get(component);
        let Some(su) = config.filter(|c| !c.pre_instantiable).map(|c| c.su.clone()) else {
            return;
        };
        let Some(state) = self.sus.get_mut(&su) else {
            return;
        };
        let mut started = Vec::new();
        for (si, assignment) in &mut state.assignments {
            for (csi, rec) in &mut assignment.csis {
                if rec.component == *component {
                    rec.told = Some(HaState::Active);
                    rec.ha = rec.told;
                    started.push((si.clone(), csi.clone()));
                }
            }
        }
        for (si, csi) in started {
            self.note_previous(&si, &csi, None);
        }
    }

    /// Assigns a component that knows no HA states: active is starting it, everything else stopping
    /// it.
    pub(crate) fn issue_by_start(&mut self, component: &Dn, to: Option<HaState>) {
        let presence = match self.components.get(component).map(|c| c.presence) {
            Some(PresenceState::Restarting) => PresenceState::Restarting,
            Some(_) | None => PresenceState::Instantiating,
        };
        match to {
            Some(HaState::Active) => self.instantiate(component, presence),
            Some(HaState::Standby | HaState::Quiesced | HaState::Quiescing) | None => {
                let order = Order::Terminate(component.clone());
                self.stop(component, order, PresenceState::Terminating);
            }
        }
    }
}

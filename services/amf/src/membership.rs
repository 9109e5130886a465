//! Nodes that come and go, and their agents.
//!
//! Source: SAI-AIS-AMF-B.04.01 appendix D, §7.2.1, §3.2.6.2.

use crate::state::{NodeRepair, NodeState, Startup};
use crate::{Amf, Effect};
use ais::Dn;
use ais::amf::{AdminState, HaState, OperationalState, PresenceState, RecommendedRecovery};
use ais::clm::{ChangeStep, ClusterChange, LeaveCause, Track, TrackResponse};
use ais::node::{Order, Report, Survivor};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// Most membership steps that are prepared for at the same time; further ones are agreed to at
/// once.
const DEPARTURES_MAX: usize = 1000;

impl Amf {
    /// A step of a membership change.
    pub(crate) fn membership(&mut self, track: &Track) {
        // Nodes whose departure was called off do not change any more.
        let aborted = track.step == ChangeStep::Aborted;
        let leaving = track
            .nodes
            .iter()
            .filter(|n| n.change == ClusterChange::Left || aborted);
        let leaving = leaving.filter_map(|n| self.model().node_on(&n.node).cloned());
        let leaving: BTreeSet<Dn> = leaving.collect();
        match track.step {
            ChangeStep::Validate => {
                let response = match self.can_do_without(&leaving) {
                    true => TrackResponse::Ok,
                    false => TrackResponse::Rejected,
                };
                self.respond(track.invocation, response);
            }
            ChangeStep::Start => self.depart(track.invocation, leaving),
            ChangeStep::Aborted => self.called_off(&leaving),
            ChangeStep::Completed => self.completed(track),
        }
    }

    fn respond(&mut self, invocation: Option<u64>, response: TrackResponse) {
        if let Some(invocation) = invocation {
            let response = Effect::ClmResponse {
                invocation,
                response,
            };
            self.outbox.push(response);
        }
    }

    /// Whether every SI that is assigned would stay so without these nodes (AMF-D-02).
    fn can_do_without(&self, nodes: &BTreeSet<Dn>) -> bool {
        let leaves = |su: &Dn| self.node_of(su).is_some_and(|node| nodes.contains(node));
        let serves = |su: &Dn, si: &Dn| {
            let assignment = self.sus.get(su).and_then(|s| s.assignments.get(si));
            let ha = assignment.and_then(|a| a.ha());
            matches!(ha, Some(HaState::Active | HaState::Quiescing))
        };
        self.model().sis.keys().all(|si| {
            let sus = self.protectors(si);
            let mut serving = sus.iter().filter(|su| serves(su, si)).peekable();
            let lost = serving.peek().is_some() && serving.all(&leaves);
            !lost || sus.iter().any(|su| !leaves(su) && self.assignable(su))
        })
    }

    /// Nodes will leave: they are emptied, and the step is answered when they are (AMF-D-04, -05).
    fn depart(&mut self, invocation: Option<u64>, leaving: BTreeSet<Dn>) {
        for node in &leaving {
            if let Some(state) = self.nodes.get_mut(node).filter(|n| n.member) {
                state.departing = true;
            }
            for su in self.on_node(node) {
                self.touch_su(&su);
            }
        }
        match invocation {
            Some(invocation) if self.departures.len() < DEPARTURES_MAX => {
                self.departures.insert(invocation, leaving);
            }
            invocation => self.respond(invocation, TrackResponse::Ok),
        }
    }

    fn called_off(&mut self, leaving: &BTreeSet<Dn>) {
        for node in leaving {
            if let Some(state) = self.nodes.get_mut(node) {
                state.departing = false;
            }
            for su in self.on_node(node) {
                self.touch_su(&su);
            }
        }
        self.departures
            .retain(|_, nodes| nodes.is_disjoint(leaving));
    }

    fn completed(&mut self, track: &Track) {
        let mut failed = BTreeSet::new();
        for change in &track.nodes {
            match change.change {
                ClusterChange::Joined => {
                    self.members.insert(change.node.clone());
                }
                ClusterChange::Left => {
                    self.members.remove(&change.node);
                    if change.cause == Some(LeaveCause::Failure) {
                        failed.extend(self.model().node_on(&change.node).cloned());
                    }
                }
                ClusterChange::NoChange | ClusterChange::Reconfigured => {}
            }
        }
        for node in &failed {
            if let Some(state) = self.nodes.get_mut(node) {
                state.failed = true;
            }
        }
        self.follow_members(true);
    }

    /// Makes the membership of AMF nodes what the CLM nodes that they are mapped on say.
    pub(crate) fn follow_members(&mut self, by_clm: bool) {
        let nodes = self.model().nodes.iter();
        let nodes: Vec<(Dn, bool)> = nodes
            .map(|(dn, config)| {
                let clm_node = config.clm_node.as_ref();
                (
                    dn.clone(),
                    clm_node.is_some_and(|n| self.members.contains(n)),
                )
            })
            .collect();
        for (node, member) in &nodes {
            let was = self.nodes.get(node).is_some_and(|n| n.member);
            match (was, *member) {
                (true, false) => self.node_left(node, by_clm),
                (false, true) => self.node_joined(node),
                (true, true) | (false, false) => {}
            }
        }
    }

    /// Whatever ran on the node is gone; nothing is ordered from it any more.
    fn node_left(&mut self, node: &Dn, by_clm: bool) {
        let Some(state) = self.nodes.get_mut(node) else {
            return;
        };
        state.member = false;
        state.departing = false;
        let enabled = state.oper == OperationalState::Enabled;
        if enabled {
            state.enabled_on_join = true;
            if state.admin != AdminState::LockedInstantiation {
                state.oper = OperationalState::Disabled;
            }
        } else {
            state.enabled_on_join = false;
            // A node that fails while it waits for its reboot comes back rebooted.
            if state.repair == NodeRepair::Due && state.failed && by_clm {
                state.repair = NodeRepair::Rebooting;
            }
        }
        for su in self.on_node(node) {
            self.su_gone(&su);
        }
    }

    fn su_gone(&mut self, su: &Dn) {
        use PresenceState as P;
        let failed = |p: P| matches!(p, P::InstantiationFailed | P::TerminationFailed);
        let components = self.model().sus.get(su).map(|c| c.components.clone());
        for component in components.unwrap_or_default() {
            self.void_csi_orders(&component);
            if let Some(state) = self.components.get_mut(&component) {
                state.order = None;
                state.stopped = false;
                if !failed(state.presence) {
                    state.presence = P::Uninstantiated;
                }
                if core::mem::take(&mut state.repair) {
                    state.oper = OperationalState::Enabled;
                }
            }
            self.forget_told(&component);
        }
        if let Some(state) = self.sus.get_mut(su) {
            state.restart = None;
            state.recycle = None;
            if !failed(state.presence) {
                state.presence = P::Uninstantiated;
            }
            for assignment in state.assignments.values_mut() {
                assignment.target = None;
            }
        }
        self.touch_su(su);
    }

    fn node_joined(&mut self, node: &Dn) {
        if self.cluster.startup == Startup::NotBegun {
            let timeout = self.model().cluster.as_ref().map(|c| c.startup_timeout);
            self.cluster.startup = match timeout {
                Some(timeout) if !timeout.is_zero() => Startup::Until(self.now.after(timeout)),
                Some(_) | None => Startup::Over,
            };
        }
        let Some(state) = self.nodes.get_mut(node) else {
            return;
        };
        state.member = true;
        let rebooted = state.repair == NodeRepair::Rebooting;
        if rebooted {
            state.repair = NodeRepair::None;
        }
        if state.enabled_on_join || rebooted {
            state.oper = OperationalState::Enabled;
        }
        let failed = core::mem::take(&mut state.failed);
        let survivors = core::mem::take(&mut state.survivors);
        for su in self.on_node(node) {
            let repair = self
                .sus
                .get_mut(&su)
                .is_some_and(|s| core::mem::take(&mut s.repair));
            if rebooted || repair {
                self.enable_su(&su);
            }
            if rebooted || repair || failed {
                self.begin_adjust_probation(&su);
            }
            self.allow_adjustment(&su);
        }
        if !survivors.is_empty() {
            self.audit(node, &survivors);
        }
    }

    /// An agent reports. Reports of nodes that are not there, and of components elsewhere, say
    /// nothing; but what runs on a node is looked at when it joins.
    pub(crate) fn report(&mut self, node: &Dn, report: &Report) {
        let Some(state) = self.nodes.get_mut(node) else {
            return;
        };
        if !state.member {
            if let Report::Audit(survivors) = report {
                state.survivors.clone_from(survivors);
            }
            return;
        }
        if let Some(component) = concerned(report) {
            let su = self.model().components.get(component).map(|c| &c.su);
            if su.and_then(|su| self.node_of(su)) != Some(node) {
                return;
            }
            self.touch_component(component);
        }
        match report {
            Report::Instantiated(dn) => self.instantiated(dn),
            Report::InstantiationFailed(dn) => self.instantiation_reported_failed(dn),
            Report::Terminated(dn) => self.terminated(dn),
            Report::TerminationFailed(dn) => self.termination_failed(dn),
            Report::Failed {
                component,
                recovery,
                ..
            } => self.component_failed(component, *recovery),
            Report::ErrorCleared(dn) => self.error_cleared(dn),
            Report::CsiDone {
                invocation,
                outcome,
            } => self.csi_done(*invocation, *outcome),
            Report::QuiescingComplete {
                invocation,
                outcome,
            } => self.quiescing_complete(*invocation, *outcome),
            Report::Audit(survivors) => self.audit(node, survivors),
        }
    }

    fn instantiation_reported_failed(&mut self, component: &Dn) {
        let ordered = self
            .components
            .get(component)
            .is_some_and(|c| c.starts_by_order());
        if ordered {
            self.instantiation_failed(component);
        }
    }

    /// Somebody repaired the component (§7.12.2): it, and its SU when nothing else of it is
    /// disabled, is enabled.
    fn error_cleared(&mut self, component: &Dn) {
        let down = |c: &crate::state::CompState| {
            c.is_down() && c.order.is_none() && c.oper == OperationalState::Disabled
        };
        let Some(state) = self.components.get_mut(component).filter(|c| down(c)) else {
            return;
        };
        state.presence = PresenceState::Uninstantiated;
        state.oper = OperationalState::Enabled;
        self.forget_told(component);
        let Some(config) = self.model().components.get(component) else {
            return;
        };
        let su = config.su.clone();
        let siblings = self.model().sus.get(&su).map(|c| c.components.clone());
        let whole = siblings.unwrap_or_default().iter().all(|dn| {
            let state = self.components.get(dn);
            state.is_some_and(|c| c.oper == OperationalState::Enabled && c.is_down())
        });
        if let Some(state) = self.sus.get_mut(&su).filter(|_| whole) {
            state.presence = PresenceState::Uninstantiated;
            state.oper = OperationalState::Enabled;
        }
    }

    /// Orders again everything that the node still owes an answer for. One that is to be rebooted
    /// and has not left has not been rebooted either.
    pub(crate) fn repeat_orders(&mut self, node: &Dn) {
        if self.is_rebooting(node) {
            return self.send(node, Order::Reboot);
        }
        let on_node = |component: &Dn| {
            let su = self.model().components.get(component).map(|c| &c.su);
            su.and_then(|su| self.node_of(su)) == Some(node)
        };
        let components = self.components.iter().filter(|(dn, _)| on_node(dn));
        let orders = components.filter_map(|(_, c)| c.order.clone());
        let csis = self.pending.values().filter(|p| on_node(&p.component));
        let orders: Vec<Order> = orders.chain(csis.map(|p| p.order.clone())).collect();
        for order in orders {
            self.send(node, order);
        }
    }

    fn is_rebooting(&self, node: &Dn) -> bool {
        let rebooting = |state: &NodeState| state.member && state.repair == NodeRepair::Rebooting;
        self.nodes.get(node).is_some_and(rebooting)
    }

    /// What really runs on a node is compared with what should (DESIGN: adopt, clean up, treat as
    /// failed).
    fn audit(&mut self, node: &Dn, survivors: &[Survivor]) {
        self.repeat_orders(node);
        if self.is_rebooting(node) {
            return; // Nothing of it survives.
        }
        for su in self.on_node(node) {
            self.touch_su(&su);
            let components = self.model().sus.get(&su).map(|c| c.components.clone());
            for component in components.unwrap_or_default() {
                let found = survivors.iter().find(|s| s.component == component);
                self.audit_component(&component, found);
            }
        }
        for survivor in survivors {
            let su = self
                .model()
                .components
                .get(&survivor.component)
                .map(|c| &c.su);
            if su.and_then(|su| self.node_of(su)) != Some(node) {
                self.send(node, Order::Cleanup(survivor.component.clone()));
            }
        }
    }

    fn audit_component(&mut self, component: &Dn, found: Option<&Survivor>) {
        let Some(state) = self.components.get(component) else {
            return;
        };
        let runs = state.presence == PresenceState::Instantiated;
        match (found, runs) {
            (Some(survivor), true) => self.adopt(component, survivor),
            (Some(_), false) if state.is_down() && state.order.is_none() => {
                // It should not run; it counts as running until it is gone.
                let failed = state.presence != PresenceState::Uninstantiated;
                let presence = match failed {
                    true => state.presence,
                    false => PresenceState::Terminating,
                };
                self.stop(component, Order::Cleanup(component.clone()), presence);
            }
            // It comes from before its node left and joined again; nobody knows what it does.
            (Some(survivor), false) if state.starts_by_order() && !survivor.csis.is_empty() => {
                let cleanup = Order::Cleanup(component.clone());
                self.stop(component, cleanup, PresenceState::Restarting);
            }
            (None, true) => {
                self.component_failed(component, RecommendedRecovery::NoRecommendation);
            }
            (Some(_) | None, false) => {}
        }
    }

    /// Takes over what a component that runs as expected really holds. What it should not hold is
    /// removed.
    fn adopt(&mut self, component: &Dn, survivor: &Survivor) {
        let config = self.model().components.get(component);
        // A component that knows no HA states is what it was started for.
        let Some(su) = config.filter(|c| c.pre_instantiable).map(|c| c.su.clone()) else {
            return;
        };
        let Some(state) = self.sus.get_mut(&su) else {
            return;
        };
        for assignment in state.assignments.values_mut() {
            for (csi, rec) in &mut assignment.csis {
                if rec.component == *component && rec.pending.is_none() {
                    let held = survivor.csis.iter().find(|(held, _)| held == csi);
                    rec.told = held.map(|(_, ha)| *ha);
                }
            }
        }
        for (csi, ha) in &survivor.csis {
            self.adopt_stray(&su, component, csi, *ha);
        }
    }

    /// A CSI that the component holds but was not given: recorded, so that it is taken away in
    /// order.
    fn adopt_stray(&mut self, su: &Dn, component: &Dn, csi: &Dn, ha: HaState) {
        let Some(si) = self.model().csis.get(csi).map(|c| c.si.clone()) else {
            return;
        };
        let Some(state) = self.sus.get_mut(su) else {
            return;
        };
        let assignment = state.assignments.entry(si);
        let assignment = assignment.or_insert_with(|| crate::state::Assignment::new(None));
        let rec = assignment.csis.entry(csi.clone());
        rec.or_insert_with(|| crate::state::CsiAssignment {
            ha: Some(ha),
            told: Some(ha),
            ..crate::state::CsiAssignment::new(component.clone())
        });
    }
}

/// The component that a report names.
fn concerned(report: &Report) -> Option<&Dn> {
    match report {
        Report::Instantiated(dn)
        | Report::InstantiationFailed(dn)
        | Report::Terminated(dn)
        | Report::TerminationFailed(dn)
        | Report::ErrorCleared(dn)
        | Report::Failed { component: dn, .. } => Some(dn),
        Report::CsiDone { .. } | Report::QuiescingComplete { .. } | Report::Audit(_) => None,
    }
}

//! What is done about a failed component: recommended recoveries, their escalation, and repair.
//!
//! Source: SAI-AIS-AMF-B.04.01 §3.11.

use crate::Amf;
use crate::state::{NodeRepair, Window};
use ais::Dn;
use ais::amf::{OperationalState, PresenceState, RecommendedRecovery};
use ais::node::Order;
use alloc::vec::Vec;

impl Amf {
    /// An error was detected on a component that runs.
    pub(crate) fn component_failed(&mut self, component: &Dn, recommended: RecommendedRecovery) {
        use RecommendedRecovery as R;
        let config = self.model().components.get(component);
        let Some((su, default)) = config.map(|c| (c.su.clone(), c.recovery)) else {
            return;
        };
        // An error while the component is stopped or restarted anyway is absorbed (decision on
        // §3.11.2, item 5).
        let runs = self
            .components
            .get(component)
            .is_some_and(|c| c.presence == PresenceState::Instantiated);
        if !runs {
            return;
        }
        if self
            .model()
            .sus
            .get(&su)
            .is_some_and(|c| c.campaign.is_some())
        {
            // A campaign suppresses every repair; the SU is only taken out of service
            // (§3.11.1.4.2).
            self.disable_component(component);
            self.fail_over_su(&su, false);
            return;
        }
        let effective = match (recommended, default) {
            (R::NoRecommendation, R::NoRecommendation) => R::ComponentFailover,
            (R::NoRecommendation, default) => default,
            (recommended, _) => recommended,
        };
        match effective {
            R::ComponentRestart | R::ContainerRestart => self.escalate_restart(component, &su),
            R::NoRecommendation | R::ComponentFailover => self.escalate_failover(component, &su),
            R::NodeSwitchover => self.node_switchover(component, &su),
            R::NodeFailover => self.node_failover(component, &su),
            R::NodeFailfast => self.node_failfast(component, &su),
            R::ApplicationRestart => self.application_restart(component, &su),
            R::ClusterReset => self.cluster_reset(component),
        }
    }

    /// Restarts the component, its SU (level 1), or fails the SU over (level 2).
    ///
    /// Source: §3.11.2.2. Choice: the error that makes the count reach its maximum is the one that
    /// is escalated.
    fn escalate_restart(&mut self, component: &Dn, su: &Dn) {
        let model = self.model();
        let restartable = |dn: &Dn| {
            let config = model.components.get(dn);
            config.is_some_and(|c| !c.restart_disabled)
        };
        let Some(sg) = model.sus.get(su).and_then(|c| model.sgs.get(&c.sg)) else {
            return;
        };
        if !restartable(component) {
            self.escalate_failover(component, su);
            return;
        }
        let all_restartable = model
            .sus
            .get(su)
            .is_some_and(|c| c.components.iter().all(restartable));
        let (component_probation, components_max) =
            (sg.component_restart_probation, sg.component_restarts_max);
        let (su_probation, sus_max) = (sg.su_restart_probation, sg.su_restarts_max);
        let now = self.now;
        let Some(state) = self.sus.get_mut(su) else {
            return;
        };
        let level_1 = state.su_restarts.filter(|w| w.runs(now, su_probation));
        if level_1.is_none() {
            let window = Window::count(state.component_restarts, now, component_probation);
            state.component_restarts = Some(window);
            if window.count < components_max {
                self.restart_component(component, true);
                return;
            }
            state.component_restarts = None;
        }
        let window = Window::count(level_1, now, su_probation);
        state.su_restarts = Some(window);
        if window.count >= sus_max {
            state.su_restarts = None;
            self.count_su_failover(component, su, true);
        } else if all_restartable {
            self.restart_su(su, true);
        } else {
            // Choice: where a component of the SU may not be restarted, its SIs move first, which
            // is a fail-over.
            self.count_su_failover(component, su, true);
        }
    }

    fn escalate_failover(&mut self, component: &Dn, su: &Dn) {
        let whole = self.model().sus.get(su).is_some_and(|c| c.failover);
        self.count_su_failover(component, su, whole);
    }

    /// Fails the component or its SU over, or the whole node (level 3).
    ///
    /// Source: §3.11.2.3. Choice: the fail-over of a single component counts too.
    fn count_su_failover(&mut self, component: &Dn, su: &Dn, whole: bool) {
        let node = self.node_of(su).cloned();
        let config = node.as_ref().and_then(|node| self.model().nodes.get(node));
        let Some((probation, max)) = config.map(|c| (c.su_failover_probation, c.su_failovers_max))
        else {
            return;
        };
        let now = self.now;
        let state = node.as_ref().and_then(|node| self.nodes.get_mut(node));
        if let Some(state) = state {
            let window = Window::count(state.su_failovers, now, probation);
            state.su_failovers = Some(window);
            if window.count >= max {
                state.su_failovers = None;
                self.node_failover(component, su);
                return;
            }
        }
        self.disable_component(component);
        match whole {
            true => {
                let repair = self.auto_repair(su);
                self.fail_over_su(su, repair);
            }
            false => self.fail_over_component(component),
        }
    }

    /// `saAmfSGAutoRepair`, unless a maintenance campaign runs.
    fn auto_repair(&self, su: &Dn) -> bool {
        let config = self.model().sus.get(su);
        let sg = config.and_then(|c| self.model().sgs.get(&c.sg));
        sg.is_some_and(|sg| sg.auto_repair) && config.is_some_and(|c| c.campaign.is_none())
    }

    fn disable_component(&mut self, component: &Dn) {
        if let Some(state) = self.components.get_mut(component) {
            state.oper = OperationalState::Disabled;
        }
    }

    /// Cleans one component up and starts it again, while everything assigned to its SU moves away.
    fn fail_over_component(&mut self, component: &Dn) {
        if let Some(state) = self.components.get_mut(component) {
            state.repair = true;
        }
        let cleanup = Order::Cleanup(component.clone());
        self.stop(component, cleanup, PresenceState::Terminating);
    }

    /// Disables a SU and cleans up all its components at once; `repair`: it is enabled again
    /// afterwards.
    pub(crate) fn fail_over_su(&mut self, su: &Dn, repair: bool) {
        let components = self.model().sus.get(su).map(|c| c.components.clone());
        for component in components.unwrap_or_default() {
            self.disable_component(&component);
        }
        if let Some(state) = self.sus.get_mut(su) {
            state.oper = OperationalState::Disabled;
            state.repair = repair;
        }
        self.clean_up_su(su);
    }

    /// Cleans up all components of a SU that run, all at the same time.
    pub(crate) fn clean_up_su(&mut self, su: &Dn) {
        let components = self.model().sus.get(su).map(|c| c.components.clone());
        let mut runs = false;
        for component in components.unwrap_or_default() {
            let Some(state) = self.components.get_mut(&component) else {
                continue;
            };
            state.repair = false;
            let stopped = state.presence == PresenceState::Restarting && state.stopped;
            if stopped && state.order.is_none() {
                state.presence = PresenceState::Uninstantiated;
                self.forget_told(&component);
            } else if matches!(state.order, Some(Order::Cleanup(_))) {
                state.presence = PresenceState::Terminating;
                runs = true;
            } else if !state.is_down() {
                let cleanup = Order::Cleanup(component.clone());
                self.stop(&component, cleanup, PresenceState::Terminating);
                runs = true;
            }
        }
        if let Some(state) = self.sus.get_mut(su) {
            state.restart = None;
            state.component_restarts = None;
            state.su_restarts = None;
            let failed = matches!(
                state.presence,
                PresenceState::InstantiationFailed | PresenceState::TerminationFailed
            );
            if !failed && (runs || state.presence != PresenceState::Uninstantiated) {
                state.presence = PresenceState::Terminating;
            }
        }
        self.touch_su(su);
    }

    /// The failed component (or its SU) fails over, the rest of the node is switched over.
    fn node_switchover(&mut self, component: &Dn, su: &Dn) {
        self.disable_component(component);
        match self.model().sus.get(su).is_some_and(|c| c.failover) {
            true => self.fail_over_su(su, false),
            false => {
                let cleanup = Order::Cleanup(component.clone());
                self.stop(component, cleanup, PresenceState::Terminating);
            }
        }
        self.disable_node(su);
    }

    /// Everything on the node is cleaned up and fails over.
    pub(crate) fn node_failover(&mut self, component: &Dn, su: &Dn) {
        self.disable_component(component);
        if let Some(state) = self.sus.get_mut(su) {
            state.oper = OperationalState::Disabled;
        }
        self.disable_node(su);
        for su in self.on_node_of(su) {
            self.clean_up_su(&su);
        }
    }

    /// The node is rebooted at once. What ran on it fails over as soon as it has left the cluster.
    ///
    /// Choice: a suppressed failfast becomes a node fail-over (DESIGN §11). Until the node has
    /// left, a component on it may still be active, so nothing else becomes active before.
    fn node_failfast(&mut self, component: &Dn, su: &Dn) {
        if !self.auto_repair(su) {
            self.node_failover(component, su);
            return;
        }
        self.disable_component(component);
        self.disable_node(su);
        if let Some(node) = self.node_of(su).cloned() {
            self.reboot(&node);
        }
    }

    fn disable_node(&mut self, su: &Dn) {
        let Some(node) = self.node_of(su).cloned() else {
            return;
        };
        let repair = self.model().nodes.get(&node).is_some_and(|c| c.auto_repair);
        if let Some(state) = self.nodes.get_mut(&node) {
            state.oper = OperationalState::Disabled;
            if repair && state.repair == NodeRepair::None {
                state.repair = NodeRepair::Due;
            }
        }
        for su in self.on_node_of(su) {
            self.touch_su(&su);
        }
    }

    /// All SUs on the node of this one.
    fn on_node_of(&self, su: &Dn) -> Vec<Dn> {
        self.node_of(su)
            .map(|node| self.on_node(node))
            .unwrap_or_default()
    }

    /// All SUs on a node.
    pub(crate) fn on_node(&self, node: &Dn) -> Vec<Dn> {
        let on = self
            .sus
            .iter()
            .filter(|(_, su)| su.node.as_ref() == Some(node));
        on.map(|(dn, _)| dn.clone()).collect()
    }

    /// Orders the reboot of a node; whatever it still owes an answer for is void.
    pub(crate) fn reboot(&mut self, node: &Dn) {
        for su in self.on_node(node) {
            let components = self.model().sus.get(&su).map(|c| c.components.clone());
            for component in components.unwrap_or_default() {
                self.void_csi_orders(&component);
                if let Some(state) = self.components.get_mut(&component) {
                    state.order = None;
                }
            }
        }
        if let Some(state) = self.nodes.get_mut(node) {
            state.repair = NodeRepair::Rebooting;
        }
        self.send(node, Order::Reboot);
    }

    /// Reboots nodes that wait for it and have nothing assigned and nothing under way any more.
    pub(crate) fn reboot_due(&mut self) -> bool {
        let due = self.nodes.iter().filter(|(dn, state)| {
            state.member
                && state.repair == NodeRepair::Due
                && self.on_node(dn).iter().all(|su| self.quiet(su))
        });
        let due: Vec<Dn> = due.map(|(dn, _)| dn.clone()).collect();
        for node in &due {
            self.reboot(node);
        }
        !due.is_empty()
    }

    /// Whether a SU has no assignment and none of its components an order.
    fn quiet(&self, su: &Dn) -> bool {
        let config = self.model().sus.get(su);
        let components = config.map_or(&[][..], |c| c.components.as_slice());
        let idle = |dn: &Dn| self.components.get(dn).is_none_or(|c| c.order.is_none());
        let kept = |a: &crate::state::Assignment| a.target.is_none() && self.stuck(a);
        let state = self.sus.get(su);
        state.is_none_or(|s| s.assignments.values().all(kept)) && components.iter().all(idle)
    }

    /// Whether an assignment only remains because a component could not be stopped.
    pub(crate) fn stuck(&self, assignment: &crate::state::Assignment) -> bool {
        let failed = |dn: &Dn| {
            let state = self.components.get(dn);
            state.is_some_and(|c| c.presence == PresenceState::TerminationFailed)
        };
        assignment.csis.values().all(|rec| failed(&rec.component))
    }

    /// All SUs of the application go down, then start afresh (§3.11.1.3.3).
    fn application_restart(&mut self, component: &Dn, su: &Dn) {
        let config = self.model().sus.get(su).map(|c| c.sg.clone());
        let sg = config.and_then(|sg| self.model().sgs.get(&sg));
        let Some(application) = sg.map(|sg| sg.application.clone()) else {
            return;
        };
        let sus = self.scope(&application);
        let cleanup = Order::Cleanup(component.clone());
        self.stop(component, cleanup, PresenceState::Terminating);
        self.restart_scope(&application, sus, false);
    }

    /// All nodes are rebooted (§3.11.1.3.4).
    fn cluster_reset(&mut self, component: &Dn) {
        self.alarm_cluster_reset(component);
        let nodes: Vec<Dn> = self.nodes.keys().cloned().collect();
        for node in nodes {
            if self.nodes.get(&node).is_some_and(|n| n.member) {
                self.reboot(&node);
            }
        }
        self.touch_all();
    }

    /// All attempts to start a component failed (AMF-4.6-09 to 4.6-12).
    pub(crate) fn instantiation_failed(&mut self, component: &Dn) {
        let config = self.model().components.get(component);
        let Some(su) = config.map(|c| c.su.clone()) else {
            return;
        };
        let node = self
            .node_of(&su)
            .and_then(|node| self.model().nodes.get(node));
        let failfast = node.is_some_and(|n| n.failfast_on_instantiation_failure && n.auto_repair)
            && self.auto_repair(&su);
        let Some(state) = self.components.get_mut(component) else {
            return;
        };
        state.order = None;
        if failfast && !core::mem::replace(&mut state.node_rebooted, true) {
            self.node_failfast(component, &su);
            return;
        }
        state.presence = PresenceState::InstantiationFailed;
        state.repair = false;
        state.stopped = false;
        state.oper = OperationalState::Disabled;
        self.forget_told(component);
        self.fail_su(&su, PresenceState::InstantiationFailed);
    }

    /// A component could not be cleaned up (AMF-4.8-04, 4.8-05).
    pub(crate) fn termination_failed(&mut self, component: &Dn) {
        let config = self.model().components.get(component);
        let Some(su) = config.map(|c| c.su.clone()) else {
            return;
        };
        let node = self
            .node_of(&su)
            .and_then(|node| self.model().nodes.get(node));
        let failfast = node.is_some_and(|n| n.failfast_on_termination_failure && n.auto_repair)
            && self.auto_repair(&su);
        let Some(state) = self.components.get_mut(component) else {
            return;
        };
        if !matches!(state.order, Some(Order::Terminate(_) | Order::Cleanup(_))) {
            return;
        }
        state.order = None;
        state.repair = false;
        state.stopped = false;
        state.oper = OperationalState::Disabled;
        if failfast {
            self.node_failfast(component, &su);
            return;
        }
        state.presence = PresenceState::TerminationFailed;
        self.fail_su(&su, PresenceState::TerminationFailed);
    }

    /// A component failed for good: its SU is taken down, and stays so until somebody repairs it.
    fn fail_su(&mut self, su: &Dn, presence: PresenceState) {
        self.note_unrepaired(su);
        if let Some(state) = self.sus.get_mut(su) {
            let worse = state.presence == PresenceState::TerminationFailed;
            state.presence = match worse {
                true => PresenceState::TerminationFailed,
                false => presence,
            };
            state.oper = OperationalState::Disabled;
            state.repair = false;
            state.recycle = None;
            state.restart = None;
        }
        self.clean_up_su(su);
    }

    /// Starts the time during which a repaired SU is not used for auto-adjustment (AMF-3.6.1.2-04).
    pub(crate) fn begin_adjust_probation(&mut self, su: &Dn) {
        let sg = self
            .model()
            .sus
            .get(su)
            .and_then(|c| self.model().sgs.get(&c.sg));
        let Some(probation) = sg.map(|sg| sg.auto_adjust_probation) else {
            return;
        };
        let until = self.now.after(probation);
        if let Some(state) = self.sus.get_mut(su).filter(|_| !probation.is_zero()) {
            state.adjust_after = Some(until);
        }
    }
}

//! States that follow from others: combined administrative state, readiness, SI assignment state.

use crate::Amf;
use crate::redundancy;
use crate::state::{NodeRepair, NodeState};
use ais::Dn;
use ais::amf::{
    AdminState, AssignmentState, HaState, OperationalState, PresenceState, ReadinessState,
};

impl Amf {
    /// The node that hosts a SU.
    pub(crate) fn node_of(&self, su: &Dn) -> Option<&Dn> {
        self.sus.get(su)?.node.as_ref()
    }

    /// The state of the node that hosts a SU.
    pub(crate) fn host(&self, su: &Dn) -> Option<&NodeState> {
        self.nodes.get(self.node_of(su)?)
    }

    /// The administrative states that a SU is subject to: its own, SG, application, node, cluster.
    fn admin_states(&self, su: &Dn) -> impl Iterator<Item = AdminState> {
        let config = self.model().sus.get(su);
        let sg = config.map(|c| &c.sg);
        let application = sg
            .and_then(|sg| self.model().sgs.get(sg))
            .map(|sg| &sg.application);
        [
            self.sus.get(su).map(|su| su.admin),
            sg.and_then(|sg| self.sgs.get(sg)).map(|sg| sg.admin),
            application.and_then(|a| self.applications.get(a)).copied(),
            self.host(su).map(|node| node.admin),
            Some(self.cluster.admin),
        ]
        .into_iter()
        .flatten()
    }

    /// The administrative state of a SU and all that encloses it, combined.
    ///
    /// Source: Table 13. Choice: locked-instantiation beside shutting-down counts as
    /// locked-instantiation.
    pub(crate) fn combined_admin(&self, su: &Dn) -> AdminState {
        let any = |state| self.admin_states(su).any(|s| s == state);
        [
            AdminState::LockedInstantiation,
            AdminState::Locked,
            AdminState::ShuttingDown,
        ]
        .into_iter()
        .find(|state| any(*state))
        .unwrap_or(AdminState::Unlocked)
    }

    /// The readiness state of a SU.
    ///
    /// Source: Table 4 and, for non-pre-instantiable SUs, the same without the presence state.
    /// Choice: a node that has announced its departure is treated as locked (AMF-D-05).
    pub(crate) fn su_readiness(&self, su: &Dn) -> ReadinessState {
        use PresenceState as P;
        use ReadinessState as R;
        let (Some(config), Some(state)) = (self.model().sus.get(su), self.sus.get(su)) else {
            return R::OutOfService;
        };
        let host = self
            .host(su)
            .filter(|n| n.member && !n.departing && n.oper == OperationalState::Enabled);
        if host.is_none() || state.oper != OperationalState::Enabled || config.components.is_empty()
        {
            return R::OutOfService;
        }
        let presence = state.presence;
        match (self.combined_admin(su), config.pre_instantiable) {
            (AdminState::Unlocked, false) => R::InService,
            (AdminState::Unlocked, true) => match presence {
                P::Instantiated | P::Restarting => R::InService,
                P::Uninstantiated
                | P::Instantiating
                | P::Terminating
                | P::InstantiationFailed
                | P::TerminationFailed => R::OutOfService,
            },
            (AdminState::ShuttingDown, false) => R::Stopping,
            (AdminState::ShuttingDown, true) => match presence {
                P::Instantiated | P::Restarting | P::Instantiating | P::Terminating => R::Stopping,
                P::Uninstantiated | P::InstantiationFailed | P::TerminationFailed => {
                    R::OutOfService
                }
            },
            (AdminState::Locked | AdminState::LockedInstantiation, _) => R::OutOfService,
        }
    }

    /// The readiness state of a component. Source: Table 6.
    pub(crate) fn component_readiness(&self, component: &Dn) -> ReadinessState {
        let enabled = self
            .components
            .get(component)
            .is_some_and(|c| c.oper == OperationalState::Enabled);
        match self.model().components.get(component) {
            Some(config) if enabled => self.su_readiness(&config.su),
            Some(_) | None => ReadinessState::OutOfService,
        }
    }

    /// Whether a SU may be given assignments now.
    pub(crate) fn assignable(&self, su: &Dn) -> bool {
        let (Some(config), Some(state)) = (self.model().sus.get(su), self.sus.get(su)) else {
            return false;
        };
        let enabled = |component| {
            let state = self.components.get(component);
            state.is_some_and(|c| c.oper == OperationalState::Enabled)
        };
        self.su_readiness(su) == ReadinessState::InService
            && state.recycle.is_none()
            && !self.in_scope_restart(su)
            && config.components.iter().all(enabled)
    }

    /// Whether a SU could be instantiated, whatever is locked. Source: §3.6.1.1.
    pub(crate) fn instantiable(&self, su: &Dn) -> bool {
        let (Some(config), Some(state)) = (self.model().sus.get(su), self.sus.get(su)) else {
            return false;
        };
        let host = self.host(su).is_some_and(|n| {
            n.member
                && !n.departing
                && n.oper == OperationalState::Enabled
                && n.repair == NodeRepair::None
        });
        host && config.pre_instantiable
            && state.presence == PresenceState::Uninstantiated
            && state.oper == OperationalState::Enabled
            && self.combined_admin(su) != AdminState::LockedInstantiation
            && !self.in_scope_restart(su)
    }

    /// The SUs of the SG that protects an SI.
    pub(crate) fn protectors(&self, si: &Dn) -> &[Dn] {
        let sg = self
            .model()
            .sis
            .get(si)
            .and_then(|config| config.sg.as_ref());
        let sg = sg.and_then(|sg| self.model().sgs.get(sg));
        sg.map_or(&[], |sg| sg.sus.as_slice())
    }

    /// How many SUs have an SI in one of `states`.
    pub(crate) fn assigned(&self, si: &Dn, states: &[HaState]) -> usize {
        let has = |su: &&Dn| {
            let assignment = self.sus.get(*su).and_then(|su| su.assignments.get(si));
            let ha = assignment.and_then(|a| a.ha());
            ha.is_some_and(|ha| states.contains(&ha))
        };
        self.protectors(si).iter().filter(has).count()
    }

    /// The assignment state of an SI; `None` while a reassignment is under way, when it stays what
    /// it was.
    ///
    /// Source: Table 11. Choice: an SI whose reassignment is in progress is not unassigned.
    pub(crate) fn assignment_state(&self, si: &Dn) -> Option<AssignmentState> {
        let active = self.assigned(si, &[HaState::Active, HaState::Quiescing]);
        let standby = self.assigned(si, &[HaState::Standby]);
        let quiesced = self.assigned(si, &[HaState::Quiesced]);
        if active == 0 && redundancy::reassigning(self, si) {
            return None;
        }
        let preferred = redundancy::preferred(self, si);
        Some(match active {
            0 => AssignmentState::Unassigned,
            // A quiesced SU counts as standby while another one is active (AMF-3.6-03).
            _ if (active, (standby + quiesced).min(preferred.1)) == preferred => {
                AssignmentState::FullyAssigned
            }
            _ => AssignmentState::PartiallyAssigned,
        })
    }

    /// Whether an SI is fully or partially assigned, as last published.
    pub(crate) fn is_assigned(&self, si: &Dn) -> bool {
        self.assigned(si, &[HaState::Active, HaState::Quiescing]) > 0
            || redundancy::reassigning(self, si)
    }
}

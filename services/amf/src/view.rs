//! What people see: entities with their states, as plain values.

use crate::Amf;
use ais::Dn;
use ais::amf::{
    AdminState, AssignmentState, HaState, OperationalState, PresenceState, ReadinessState,
    RedundancyModel,
};
use alloc::vec::Vec;

/// The AMF cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterView {
    /// `SaAmfCluster`.
    pub dn: Dn,
    /// Its administrative state.
    pub admin: AdminState,
}

/// An AMF node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeView {
    /// `SaAmfNode`.
    pub dn: Dn,
    /// The CLM node that it is mapped on.
    pub clm_node: Option<Dn>,
    /// Its administrative state.
    pub admin: AdminState,
    /// Its operational state.
    pub oper: OperationalState,
    /// Whether its CLM node is a member of the cluster.
    pub member: bool,
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationView {
    /// `SaAmfApplication`.
    pub dn: Dn,
    /// Its administrative state.
    pub admin: AdminState,
    /// Its service groups.
    pub sgs: Vec<SgView>,
}

/// A service group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SgView {
    /// `SaAmfSG`.
    pub dn: Dn,
    /// Its redundancy model.
    pub redundancy: RedundancyModel,
    /// Its administrative state.
    pub admin: AdminState,
    /// Its service units, by rank.
    pub sus: Vec<SuView>,
    /// The service instances that it protects, by rank.
    pub sis: Vec<SiView>,
}

/// A service unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuView {
    /// `SaAmfSU`.
    pub dn: Dn,
    /// The node that hosts it.
    pub node: Option<Dn>,
    /// Its administrative state.
    pub admin: AdminState,
    /// Its operational state.
    pub oper: OperationalState,
    /// Its presence state.
    pub presence: PresenceState,
    /// Its readiness state.
    pub readiness: ReadinessState,
    /// How often it was restarted as a whole.
    pub restart_count: u32,
    /// Its components.
    pub components: Vec<ComponentView>,
}

/// A component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentView {
    /// `SaAmfComp`.
    pub dn: Dn,
    /// Its operational state.
    pub oper: OperationalState,
    /// Its presence state.
    pub presence: PresenceState,
    /// Its readiness state.
    pub readiness: ReadinessState,
    /// How often it was restarted alone.
    pub restart_count: u32,
    /// The CSIs that it has, with its HA state for each.
    pub csis: Vec<CsiView>,
}

/// One CSI on one component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsiView {
    /// `SaAmfCSI`.
    pub dn: Dn,
    /// The HA state of the component.
    pub ha: HaState,
}

/// A service instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiView {
    /// `SaAmfSI`.
    pub dn: Dn,
    /// Its administrative state.
    pub admin: AdminState,
    /// Its assignment state, as last published.
    pub assignment: AssignmentState,
    /// The SUs that have it, by rank of the SU.
    pub assignments: Vec<AssignmentView>,
}

/// One SI on one SU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignmentView {
    /// `SaAmfSU`.
    pub su: Dn,
    /// The HA state of the SU for the SI.
    pub ha: HaState,
    /// Whether a component of the SU has not answered an order for the SI yet.
    pub pending: bool,
}

impl Amf {
    /// The cluster; `None` while none is configured.
    pub fn cluster(&self) -> Option<ClusterView> {
        let config = self.model().cluster.as_ref()?;
        Some(ClusterView {
            dn: config.dn.clone(),
            admin: self.cluster.admin,
        })
    }

    /// All AMF nodes by name.
    pub fn nodes(&self) -> Vec<NodeView> {
        let nodes = self.nodes.iter().map(|(dn, state)| NodeView {
            dn: dn.clone(),
            clm_node: self.model().nodes.get(dn).and_then(|c| c.clm_node.clone()),
            admin: state.admin,
            oper: state.oper,
            member: state.member,
        });
        nodes.collect()
    }

    /// All applications by name, with everything in them.
    pub fn applications(&self) -> Vec<ApplicationView> {
        let applications = self.applications.iter().map(|(dn, admin)| {
            let sgs = self.model().sgs.iter();
            let sgs = sgs.filter(|(_, config)| config.application == *dn);
            ApplicationView {
                dn: dn.clone(),
                admin: *admin,
                sgs: sgs.filter_map(|(sg, _)| self.sg(sg)).collect(),
            }
        });
        applications.collect()
    }

    /// One service group with everything in it.
    pub fn sg(&self, dn: &Dn) -> Option<SgView> {
        let config = self.model().sgs.get(dn)?;
        Some(SgView {
            dn: dn.clone(),
            redundancy: config.redundancy,
            admin: self.sgs.get(dn)?.admin,
            sus: config.sus.iter().filter_map(|su| self.su(su)).collect(),
            sis: config.sis.iter().filter_map(|si| self.si(si)).collect(),
        })
    }

    /// One service unit with its components.
    pub fn su(&self, dn: &Dn) -> Option<SuView> {
        let config = self.model().sus.get(dn)?;
        let state = self.sus.get(dn)?;
        let components = config.components.iter().filter_map(|c| self.component(c));
        Some(SuView {
            dn: dn.clone(),
            node: state.node.clone(),
            admin: state.admin,
            oper: state.oper,
            presence: state.presence,
            readiness: self.su_readiness(dn),
            restart_count: state.restart_count,
            components: components.collect(),
        })
    }

    /// One component with its CSIs.
    pub fn component(&self, dn: &Dn) -> Option<ComponentView> {
        let state = self.components.get(dn)?;
        let su = self.sus.get(&self.model().components.get(dn)?.su)?;
        let csis = su.csis().filter(|(_, _, rec)| rec.component == *dn);
        let csis = csis.filter_map(|(_, csi, rec)| {
            Some(CsiView {
                dn: csi.clone(),
                ha: rec.ha?,
            })
        });
        Some(ComponentView {
            dn: dn.clone(),
            oper: state.oper,
            presence: state.presence,
            readiness: self.component_readiness(dn),
            restart_count: state.restart_count,
            csis: csis.collect(),
        })
    }

    /// One service instance with its assignments.
    pub fn si(&self, dn: &Dn) -> Option<SiView> {
        let state = self.sis.get(dn)?;
        let published = self
            .published
            .get(dn)
            .and_then(|p| p.get("saAmfSIAssignmentState"));
        let number = published.and_then(|values| values.first()?.as_u64());
        let number = number.and_then(|n| u32::try_from(n).ok());
        let assignments = self.protectors(dn).iter().filter_map(|su| {
            let assignment = self.sus.get(su)?.assignments.get(dn)?;
            Some(AssignmentView {
                su: su.clone(),
                ha: assignment.ha()?,
                pending: self.is_pending(su, dn),
            })
        });
        Some(SiView {
            dn: dn.clone(),
            admin: state.admin,
            assignment: number
                .and_then(AssignmentState::from_number)
                .unwrap_or(AssignmentState::Unassigned),
            assignments: assignments.collect(),
        })
    }

    /// Whether a component of the SU has not answered an order for the SI yet.
    fn is_pending(&self, su: &Dn, si: &Dn) -> bool {
        self.pending.values().any(|order| {
            let component = self.model().components.get(&order.component);
            let is_of_su = component.is_some_and(|component| component.su == *su);
            is_of_su && order.items.iter().any(|(of, _)| of == si)
        })
    }

    /// Whether any order to an agent is not answered yet.
    pub fn is_waiting(&self) -> bool {
        !self.pending.is_empty() || self.components.values().any(|c| c.order.is_some())
    }
}

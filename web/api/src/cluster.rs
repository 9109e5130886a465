//! Views of what runs on the hardware: platform, membership, applications, information model.
//!
//! States are the words of the `ais` crate: `UNLOCKED`, `ENABLED`, `INSTANTIATED`, `IN-SERVICE`,
//! `ACTIVE`, …

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Applications and the nodes that they run on. Source: SAI-AIS-AMF-B.04.01 §3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmfView {
    /// By DN.
    pub applications: Vec<ApplicationView>,
    /// By DN.
    pub nodes: Vec<AmfNodeView>,
}

/// One application (`SaAmfApplication`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationView {
    /// Its DN.
    pub dn: String,
    /// Value of its RDN.
    pub name: String,
    /// Administrative state.
    pub admin_state: String,
    /// By DN.
    pub service_groups: Vec<ServiceGroupView>,
}

/// One service group (`SaAmfSG`) with the service instances that it protects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceGroupView {
    /// Its DN.
    pub dn: String,
    /// Value of its RDN.
    pub name: String,
    /// Redundancy model: `2N`, `N+M`, …
    pub redundancy_model: String,
    /// Administrative state.
    pub admin_state: String,
    /// By rank.
    pub service_units: Vec<ServiceUnitView>,
    /// By rank.
    pub service_instances: Vec<ServiceInstanceView>,
    /// Which service unit has which HA state for which service instance (`SaAmfSIAssignment`).
    pub assignments: Vec<AssignmentView>,
}

/// One service unit (`SaAmfSU`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceUnitView {
    /// Its DN.
    pub dn: String,
    /// Value of its RDN.
    pub name: String,
    /// Rank; 0 is the last.
    pub rank: u32,
    /// DN of the node that hosts it; `None` when no node does.
    pub node: Option<String>,
    /// Administrative state.
    pub admin_state: String,
    /// Operational state.
    pub operational_state: String,
    /// Presence state.
    pub presence_state: String,
    /// Readiness state.
    pub readiness_state: String,
    /// By instantiation level and DN.
    pub components: Vec<AmfComponentView>,
}

/// One component (`SaAmfComp`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmfComponentView {
    /// Its DN.
    pub dn: String,
    /// Value of its RDN.
    pub name: String,
    /// Operational state.
    pub operational_state: String,
    /// Presence state.
    pub presence_state: String,
    /// Readiness state.
    pub readiness_state: String,
    /// How often it was restarted.
    pub restart_count: u32,
    /// Its component service instances (`SaAmfCSIAssignment`).
    pub assignments: Vec<CsiAssignmentView>,
}

/// HA state of a component for a component service instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsiAssignmentView {
    /// DN of the CSI.
    pub csi: String,
    /// HA state.
    pub ha_state: String,
}

/// One service instance (`SaAmfSI`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceInstanceView {
    /// Its DN.
    pub dn: String,
    /// Value of its RDN.
    pub name: String,
    /// Rank; 0 is the last.
    pub rank: u32,
    /// Administrative state.
    pub admin_state: String,
    /// Assignment state.
    pub assignment_state: String,
}

/// HA state of a service unit for a service instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentView {
    /// DN of the service unit.
    pub su: String,
    /// DN of the service instance.
    pub si: String,
    /// HA state: `ACTIVE`, `STANDBY`, `QUIESCED` or `QUIESCING`.
    pub ha_state: String,
    /// Whether the change to this state is still under way.
    #[serde(default)]
    pub pending: bool,
}

/// One node (`SaAmfNode`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmfNodeView {
    /// Its DN.
    pub dn: String,
    /// Value of its RDN.
    pub name: String,
    /// DN of the CLM node that it maps to; `None` when it maps to none.
    pub clm_node: Option<String>,
    /// Administrative state.
    pub admin_state: String,
    /// Operational state.
    pub operational_state: String,
}

/// Cluster membership. Source: SAI-AIS-CLM-B.04.01 §3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClmView {
    /// DN of the cluster.
    pub cluster: String,
    /// View number; grows with each change of membership.
    pub view: u64,
    /// Configured nodes, by DN.
    pub nodes: Vec<ClmNodeView>,
}

/// One node of the cluster (`SaClmNode`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClmNodeView {
    /// Its DN.
    pub dn: String,
    /// Value of its RDN.
    pub name: String,
    /// `SaClmNodeIdT`; 0 when it never was a member.
    pub node_id: u32,
    /// Whether it is a member.
    pub member: bool,
    /// Administrative state.
    pub admin_state: String,
    /// View number at which it joined; 0 when it is not a member.
    pub initial_view: u64,
    /// DN of the execution environment that it runs in; `None` when none is configured.
    pub ee: Option<String>,
}

/// Hardware elements and execution environments, parents before children.
/// Source: SAI-AIS-PLM-A.01.02 §3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlmView {
    /// The tree in pre-order.
    pub elements: Vec<PlmElementView>,
}

/// What kind of element it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PlmKind {
    /// Hardware element.
    #[serde(rename = "HE")]
    Hardware,
    /// Execution environment.
    #[serde(rename = "EE")]
    Execution,
}

impl PlmKind {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hardware => "HE",
            Self::Execution => "EE",
        }
    }
}

/// One element of the platform (`SaPlmHE` or `SaPlmEE`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlmElementView {
    /// Its DN.
    pub dn: String,
    /// Value of its RDN.
    pub name: String,
    /// DN of its parent; `None` directly below the domain.
    pub parent: Option<String>,
    /// Hardware or execution.
    pub kind: PlmKind,
    /// Administrative state.
    pub admin_state: String,
    /// Operational state.
    pub operational_state: String,
    /// Presence state.
    pub presence_state: String,
    /// Readiness state.
    pub readiness_state: String,
    /// Readiness flags that are set, in words.
    pub readiness_flags: Vec<String>,
    /// HPI entity path, root first, of a hardware element; `None` when it maps to none.
    pub entity_path: Option<String>,
}

/// Objects of the information model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImmView {
    /// By DN.
    pub objects: Vec<ImmObjectView>,
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImmObjectView {
    /// Its DN.
    pub dn: String,
    /// Its class.
    pub class: String,
    /// Its attributes, in the order of the class.
    pub attributes: Vec<AttributeView>,
}

/// One attribute of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeView {
    /// Its name.
    pub name: String,
    /// Its type, such as `SA_UINT32_T`.
    pub kind: String,
    /// Its values, as text; none when it has none.
    pub values: Vec<String>,
}

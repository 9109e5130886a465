//! The configuration of AMF, typed: defaults and overrides resolved, references followed, order
//! fixed.
//!
//! The raw objects stay beside it in [`Configuration`]: a change is applied to them, and the typed
//! model is built anew.
//! Source: SAI-AIS-AMF-B.04.01 chapter 8.

mod check;
mod component;
mod parse;

pub(crate) use component::{CommandKind, CompConfig};

use ais::amf::RedundancyModel;
use ais::imm::{Change, Object, Refusal};
use ais::{AisError, Dn};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Rank of an entity whose rank is unset or 0: after all others.
///
/// Choice: DESIGN decision 28; ties are broken by name.
pub(crate) const RANK_LAST: u32 = u32::MAX;

/// Most objects that AMF takes. Choice: ten times what a full 16-slot shelf of small components
/// needs.
pub const OBJECTS_MAX: usize = 100_000;

/// The configuration objects that concern AMF, and the typed model built of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Configuration {
    objects: BTreeMap<Dn, Object>,
    pub(crate) model: Model,
}

impl Configuration {
    /// The configuration after `changes`; what cannot be understood is refused.
    pub(crate) fn with(&self, changes: &[Change]) -> Result<Self, Refusal> {
        let mut next = self.clone();
        next.change_objects(changes);
        if next.objects.len() > OBJECTS_MAX {
            let (dn, _) = next.objects.pop_first().expect("more than none");
            return Err(Refusal::new(
                &dn,
                AisError::NoResources,
                "too many AMF objects",
            ));
        }
        next.model = parse::model(&next.objects)?;
        check::model(&next.model)?;
        Ok(next)
    }

    fn change_objects(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Create(object) if concerns_amf(&object.class) => {
                    self.objects.insert(object.dn.clone(), object.clone());
                }
                Change::Create(_) => {}
                Change::Modify { dn, attributes, .. } => {
                    if let Some(object) = self.objects.get_mut(dn) {
                        let changed = attributes.iter().map(|(k, v)| (k.clone(), v.clone()));
                        object.attributes.extend(changed);
                    }
                }
                Change::Delete { dn, .. } => {
                    self.objects.remove(dn);
                }
            }
        }
    }

    /// The object of this name.
    pub(crate) fn object(&self, dn: &Dn) -> Option<&Object> {
        self.objects.get(dn)
    }
}

/// Whether objects of this class are AMF's to read.
fn concerns_amf(class: &str) -> bool {
    class.starts_with("SaAmf")
}

/// The whole typed model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Model {
    pub(crate) cluster: Option<ClusterConfig>,
    pub(crate) nodes: BTreeMap<Dn, NodeConfig>,
    pub(crate) applications: BTreeSet<Dn>,
    pub(crate) sgs: BTreeMap<Dn, SgConfig>,
    pub(crate) sus: BTreeMap<Dn, SuConfig>,
    pub(crate) components: BTreeMap<Dn, CompConfig>,
    pub(crate) sis: BTreeMap<Dn, SiConfig>,
    pub(crate) csis: BTreeMap<Dn, CsiConfig>,
}

/// `SaAmfCluster`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClusterConfig {
    pub(crate) dn: Dn,
    /// `saAmfClusterStartupTimeout`; zero means that nothing is waited for.
    pub(crate) startup_timeout: Duration,
}

/// `SaAmfNode` with its `SaAmfNodeSwBundle`s.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeConfig {
    pub(crate) clm_node: Option<Dn>,
    pub(crate) su_failover_probation: Duration,
    pub(crate) su_failovers_max: u32,
    pub(crate) auto_repair: bool,
    pub(crate) failfast_on_termination_failure: bool,
    pub(crate) failfast_on_instantiation_failure: bool,
    /// Where each software bundle is installed.
    pub(crate) bundles: BTreeMap<Dn, String>,
}

/// `SaAmfSG` over its `SaAmfSGType`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SgConfig {
    pub(crate) application: Dn,
    pub(crate) redundancy: RedundancyModel,
    pub(crate) node_group: Option<Vec<Dn>>,
    pub(crate) auto_repair: bool,
    pub(crate) auto_adjust: bool,
    pub(crate) auto_adjust_probation: Duration,
    /// `saAmfSGNumPrefInserviceSUs`, or the default of the redundancy model.
    pub(crate) in_service_preferred: u32,
    /// `saAmfSGNumPrefAssignedSUs`, by default the preferred number in service.
    pub(crate) assigned_preferred: u32,
    /// `saAmfSGNumPrefActiveSUs`, for N+M; 0 when unset.
    pub(crate) active_sus_preferred: u32,
    /// `saAmfSGNumPrefStandbySUs`, for N+M; 0 when unset.
    pub(crate) standby_sus_preferred: u32,
    /// `saAmfSGMaxActiveSIsperSU`; unset means no limit.
    pub(crate) active_sis_max: u32,
    /// `saAmfSGMaxStandbySIsperSU`; unset means no limit.
    pub(crate) standby_sis_max: u32,
    pub(crate) component_restart_probation: Duration,
    pub(crate) component_restarts_max: u32,
    pub(crate) su_restart_probation: Duration,
    pub(crate) su_restarts_max: u32,
    /// By rank, then by name.
    pub(crate) sus: Vec<Dn>,
    /// By rank, then by name.
    pub(crate) sis: Vec<Dn>,
}

/// `SaAmfSU` over its `SaAmfSUType`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SuConfig {
    pub(crate) sg: Dn,
    pub(crate) rank: u32,
    /// Nodes that may host it, in the order of the configuration (§3.1.9).
    pub(crate) hosts: Vec<Dn>,
    /// `saAmfSUFailover`.
    pub(crate) failover: bool,
    /// `saAmfSUMaintenanceCampaign`: while set, nothing is repaired.
    pub(crate) campaign: Option<String>,
    /// Whether at least one component is pre-instantiable.
    pub(crate) pre_instantiable: bool,
    pub(crate) components: Vec<Dn>,
}

/// `SaAmfSI`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SiConfig {
    pub(crate) sg: Option<Dn>,
    pub(crate) rank: u32,
    /// SIs that this one depends on, with how long it survives without them.
    pub(crate) sponsors: BTreeMap<Dn, Duration>,
    /// `saAmfSIPrefActiveAssignments`, by default the preferred number of assigned SUs.
    pub(crate) active_preferred: Option<u32>,
    /// `saAmfSIPrefStandbyAssignments`, by default 1.
    pub(crate) standby_preferred: u32,
    /// `SaAmfSIRankedSU`: ranks of SUs for this SI.
    pub(crate) ranked_sus: BTreeMap<Dn, u32>,
    pub(crate) csis: Vec<Dn>,
}

/// `SaAmfCSI` with its attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CsiConfig {
    pub(crate) si: Dn,
    pub(crate) cs_type: Dn,
    /// CSIs of the same SI that this one depends on.
    pub(crate) sponsors: BTreeSet<Dn>,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Model {
    /// The AMF node on this CLM node.
    pub(crate) fn node_on(&self, clm_node: &Dn) -> Option<&Dn> {
        let on = |(_, config): &(&Dn, &NodeConfig)| config.clm_node.as_ref() == Some(clm_node);
        self.nodes.iter().find(on).map(|(dn, _)| dn)
    }

    /// The CSIs that depend on `csi`.
    pub(crate) fn dependents<'a>(&'a self, csi: &'a Dn) -> impl Iterator<Item = &'a Dn> {
        let siblings = self.csis.get(csi).and_then(|c| self.sis.get(&c.si));
        let siblings = siblings.map_or(&[][..], |si| si.csis.as_slice());
        siblings.iter().filter(move |other| {
            self.csis
                .get(*other)
                .is_some_and(|c| c.sponsors.contains(csi))
        })
    }

    /// Names of the SGs with SUs or SIs, all of them.
    pub(crate) fn sg_names(&self) -> Vec<Dn> {
        self.sgs.keys().cloned().collect()
    }
}

//! Builds the typed model of the raw objects.

use super::component::component;
use super::{ClusterConfig, CsiConfig, Model, NodeConfig, RANK_LAST, SgConfig, SiConfig, SuConfig};
use ais::amf::RedundancyModel;
use ais::imm::{Object, Refusal, Value};
use ais::{AisError, Dn};
use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// All raw objects by name, and which stand directly below which.
pub(super) struct Objects<'a> {
    all: &'a BTreeMap<Dn, Object>,
    children: BTreeMap<Dn, Vec<&'a Object>>,
}

impl<'a> Objects<'a> {
    fn new(all: &'a BTreeMap<Dn, Object>) -> Self {
        let mut children: BTreeMap<Dn, Vec<&Object>> = BTreeMap::new();
        for object in all.values() {
            if let Some(parent) = object.dn.parent() {
                children.entry(parent).or_default().push(object);
            }
        }
        Self { all, children }
    }

    pub(super) fn get(&self, dn: &Dn) -> Option<&'a Object> {
        self.all.get(dn)
    }
}

/// Builds the model, or says which object cannot be understood.
pub(super) fn model(objects: &BTreeMap<Dn, Object>) -> Result<Model, Refusal> {
    let objects = &Objects::new(objects);
    let mut model = Model::default();
    for (dn, object) in objects.all {
        match object.class.as_str() {
            "SaAmfCluster" => model.cluster = Some(cluster(object)),
            "SaAmfNode" => {
                model.nodes.insert(dn.clone(), node(object, objects));
            }
            "SaAmfApplication" => {
                model.applications.insert(dn.clone());
            }
            "SaAmfSG" => {
                model.sgs.insert(dn.clone(), sg(object, objects)?);
            }
            "SaAmfSI" => {
                model.sis.insert(dn.clone(), si(object, objects)?);
            }
            "SaAmfCSI" => {
                model.csis.insert(dn.clone(), csi(object, objects)?);
            }
            "SaAmfComp" => {
                model
                    .components
                    .insert(dn.clone(), component(object, objects)?);
            }
            _ => {}
        }
    }
    let sus = objects.all.values().filter(|o| o.class == "SaAmfSU");
    for object in sus {
        let su = su(object, objects, &model)?;
        model.sus.insert(object.dn.clone(), su);
    }
    link(&mut model)?;
    Ok(model)
}

/// Fills in who belongs to whom, ordered by rank and name.
fn link(model: &mut Model) -> Result<(), Refusal> {
    let mut sus: Vec<_> = model
        .sus
        .iter()
        .map(|(dn, su)| (su.rank, dn.clone(), su.sg.clone()))
        .collect();
    sus.sort();
    for (_, dn, sg) in sus {
        let sg = model.sgs.get_mut(&sg);
        let sg =
            sg.ok_or_else(|| Refusal::new(&dn, AisError::InvalidParam, "no service group above"))?;
        sg.sus.push(dn);
    }
    let mut sis: Vec<_> = model
        .sis
        .iter()
        .filter_map(|(dn, si)| Some((si.rank, dn.clone(), si.sg.clone()?)))
        .collect();
    sis.sort();
    for (_, dn, sg) in sis {
        let sg = model.sgs.get_mut(&sg);
        let sg = sg.ok_or_else(|| missing(&dn, "saAmfSIProtectedbySG"))?;
        sg.sis.push(dn);
    }
    for (dn, csi) in &model.csis {
        let si = model.sis.get_mut(&csi.si);
        let si = si
            .ok_or_else(|| Refusal::new(dn, AisError::InvalidParam, "no service instance above"))?;
        si.csis.push(dn.clone());
    }
    for (dn, component) in &model.components {
        let su = model.sus.get_mut(&component.su);
        let su =
            su.ok_or_else(|| Refusal::new(dn, AisError::InvalidParam, "no service unit above"))?;
        su.pre_instantiable |= component.pre_instantiable;
        su.components.push(dn.clone());
    }
    for sg in model.sgs.values_mut() {
        // The default of the models other than 2N is the number of SUs (§3.6.3.3, 3.6.4.3, 3.6.5.3,
        // 3.6.6.3).
        if sg.in_service_preferred == 0 {
            sg.in_service_preferred = match sg.redundancy {
                RedundancyModel::TwoN => 2,
                RedundancyModel::NplusM
                | RedundancyModel::Nway
                | RedundancyModel::NwayActive
                | RedundancyModel::NoRedundancy => u32::try_from(sg.sus.len()).unwrap_or(u32::MAX),
            };
        }
        if sg.assigned_preferred == 0 {
            sg.assigned_preferred = sg.in_service_preferred;
        }
    }
    Ok(())
}

fn cluster(object: &Object) -> ClusterConfig {
    ClusterConfig {
        dn: object.dn.clone(),
        startup_timeout: duration(object, "saAmfClusterStartupTimeout").unwrap_or_default(),
    }
}

fn node(object: &Object, objects: &Objects) -> NodeConfig {
    let bundles = below(objects, &object.dn, "SaAmfNodeSwBundle").filter_map(|bundle| {
        let prefix = bundle.text("saAmfNodeSwBundlePathPrefix")?;
        Some((unescaped(&bundle.dn)?, prefix.to_owned()))
    });
    NodeConfig {
        clm_node: object.name("saAmfNodeClmNode"),
        su_failover_probation: duration(object, "saAmfNodeSuFailOverProb").unwrap_or_default(),
        su_failovers_max: count(object, "saAmfNodeSuFailoverMax").unwrap_or(u32::MAX),
        auto_repair: flag(object, "saAmfNodeAutoRepair").unwrap_or(true),
        failfast_on_termination_failure: flag(object, "saAmfNodeFailfastOnTerminationFailure")
            .unwrap_or(false),
        failfast_on_instantiation_failure: flag(object, "saAmfNodeFailfastOnInstantiationFailure")
            .unwrap_or(false),
        bundles: bundles.collect(),
    }
}

fn sg(object: &Object, objects: &Objects) -> Result<SgConfig, Refusal> {
    let kind = reference(object, "saAmfSGType", objects)?;
    let redundancy = count(kind, "saAmfSgtRedundancyModel")
        .and_then(RedundancyModel::from_number)
        .ok_or_else(|| missing(&kind.dn, "saAmfSgtRedundancyModel"))?;
    let application = object.dn.parent();
    let either = |own: &str, default: &str| {
        let own = object.number(own);
        own.or_else(|| kind.number(default))
    };
    let time = |own, default| either(own, default).map(Duration::from_nanos);
    let number = |own, default| either(own, default).map(clamp);
    Ok(SgConfig {
        application: application.ok_or_else(|| {
            Refusal::new(&object.dn, AisError::InvalidParam, "no application above")
        })?,
        redundancy,
        node_group: node_group(object, "saAmfSGSuHostNodeGroup", objects)?,
        auto_repair: either("saAmfSGAutoRepair", "saAmfSgtDefAutoRepair") != Some(0),
        auto_adjust: either("saAmfSGAutoAdjust", "saAmfSgtDefAutoAdjust").unwrap_or(0) != 0,
        auto_adjust_probation: time("saAmfSGAutoAdjustProb", "saAmfSgtDefAutoAdjustProb")
            .unwrap_or_default(),
        in_service_preferred: count(object, "saAmfSGNumPrefInserviceSUs").unwrap_or(0),
        assigned_preferred: positive(object, "saAmfSGNumPrefAssignedSUs").unwrap_or(0),
        active_sus_preferred: count(object, "saAmfSGNumPrefActiveSUs").unwrap_or(0),
        standby_sus_preferred: count(object, "saAmfSGNumPrefStandbySUs").unwrap_or(0),
        active_sis_max: positive(object, "saAmfSGMaxActiveSIsperSU").unwrap_or(u32::MAX),
        standby_sis_max: positive(object, "saAmfSGMaxStandbySIsperSU").unwrap_or(u32::MAX),
        component_restart_probation: time("saAmfSGCompRestartProb", "saAmfSgtDefCompRestartProb")
            .unwrap_or_default(),
        component_restarts_max: number("saAmfSGCompRestartMax", "saAmfSgtDefCompRestartMax")
            .unwrap_or(u32::MAX),
        su_restart_probation: time("saAmfSGSuRestartProb", "saAmfSgtDefSuRestartProb")
            .unwrap_or_default(),
        su_restarts_max: number("saAmfSGSuRestartMax", "saAmfSgtDefSuRestartMax")
            .unwrap_or(u32::MAX),
        sus: Vec::new(),
        sis: Vec::new(),
    })
}

fn su(object: &Object, objects: &Objects, model: &Model) -> Result<SuConfig, Refusal> {
    let kind = reference(object, "saAmfSUType", objects)?;
    if flag(kind, "saAmfSutIsExternal") == Some(true) {
        let text = "external service units are not supported yet";
        return Err(Refusal::new(&object.dn, AisError::NotSupported, text));
    }
    let sg = object.dn.parent().filter(|sg| model.sgs.contains_key(sg));
    let sg = sg.ok_or_else(|| {
        Refusal::new(
            &object.dn,
            AisError::InvalidParam,
            "no service group above it",
        )
    })?;
    let failover = flag(object, "saAmfSUFailover");
    Ok(SuConfig {
        rank: rank(object, "saAmfSURank"),
        hosts: hosts(object, objects, &sg, model)?,
        failover: failover
            .or_else(|| flag(kind, "saAmfSutDefSUFailover"))
            .unwrap_or(true),
        campaign: object
            .text("saAmfSUMaintenanceCampaign")
            .filter(|text| !text.is_empty())
            .map(ToOwned::to_owned),
        pre_instantiable: false,
        components: Vec::new(),
        sg,
    })
}

/// Where a SU may be placed. Source: §3.1.9, selection order 1 to 5.
fn hosts(object: &Object, objects: &Objects, sg: &Dn, model: &Model) -> Result<Vec<Dn>, Refusal> {
    const HOST: &str = "saAmfSUHostNodeOrNodeGroup";
    let group = model.sgs.get(sg).and_then(|sg| sg.node_group.as_ref());
    let own = match object.name(HOST) {
        Some(node) if model.nodes.contains_key(&node) => Some(Vec::from([node])),
        Some(_) => node_group(object, HOST, objects)?,
        None => None,
    };
    match (own, group) {
        (Some(own), Some(group)) if !own.iter().all(|node| group.contains(node)) => {
            let text =
                "saAmfSUHostNodeOrNodeGroup lies outside the node group of the service group";
            Err(Refusal::new(&object.dn, AisError::InvalidParam, text))
        }
        (Some(own), _) => Ok(own),
        (None, Some(group)) => Ok(group.clone()),
        (None, None) => Ok(model.nodes.keys().cloned().collect()),
    }
}

fn node_group(
    object: &Object,
    attribute: &str,
    objects: &Objects,
) -> Result<Option<Vec<Dn>>, Refusal> {
    let Some(name) = object.name(attribute) else {
        return Ok(None);
    };
    let group = objects
        .get(&name)
        .filter(|group| group.class == "SaAmfNodeGroup")
        .ok_or_else(|| missing(&object.dn, attribute))?;
    Ok(Some(names(group.all("saAmfNGNodeList")).collect()))
}

fn si(object: &Object, objects: &Objects) -> Result<SiConfig, Refusal> {
    reference(object, "saAmfSvcType", objects)?;
    let sponsors = below(objects, &object.dn, "SaAmfSIDependency").filter_map(|dependency| {
        let tolerance = duration(dependency, "saAmfToleranceTime").unwrap_or_default();
        Some((unescaped(&dependency.dn)?, tolerance))
    });
    let ranked = below(objects, &object.dn, "SaAmfSIRankedSU")
        .filter_map(|ranked| Some((unescaped(&ranked.dn)?, rank(ranked, "saAmfRank"))));
    Ok(SiConfig {
        sg: object.name("saAmfSIProtectedbySG"),
        rank: rank(object, "saAmfSIRank"),
        sponsors: sponsors.collect(),
        active_preferred: positive(object, "saAmfSIPrefActiveAssignments"),
        standby_preferred: count(object, "saAmfSIPrefStandbyAssignments").unwrap_or(1),
        ranked_sus: ranked.collect(),
        csis: Vec::new(),
    })
}

fn csi(object: &Object, objects: &Objects) -> Result<CsiConfig, Refusal> {
    let kind = reference(object, "saAmfCSType", objects)?;
    let si = object.dn.parent();
    let mut attributes = Vec::new();
    for attribute in below(objects, &object.dn, "SaAmfCSIAttribute") {
        let name = attribute.dn.value();
        let values = attribute.all("saAmfCSIAttriValue");
        let texts = values.iter().filter_map(Value::as_str);
        attributes.extend(texts.map(|value| (name.to_owned(), value.to_owned())));
    }
    Ok(CsiConfig {
        si: si.ok_or_else(|| Refusal::new(&object.dn, AisError::InvalidParam, "no SI above"))?,
        cs_type: kind.dn.clone(),
        sponsors: names(object.all("saAmfCSIDependencies")).collect::<BTreeSet<_>>(),
        attributes,
    })
}

/// The objects of `class` directly below `parent`, in the order of their names.
pub(super) fn below<'a>(
    objects: &Objects<'a>,
    parent: &Dn,
    class: &'static str,
) -> impl Iterator<Item = &'a Object> + use<'a> {
    let children = objects.children.get(parent).cloned().unwrap_or_default();
    children.into_iter().filter(move |o| o.class == class)
}

/// The name that the relative name of an association object carries.
pub(super) fn unescaped(dn: &Dn) -> Option<Dn> {
    Dn::parse(&dn.value().replace("\\,", ",")).ok()
}

/// The object that `attribute` of `object` names.
pub(super) fn reference<'a>(
    object: &Object,
    attribute: &str,
    objects: &Objects<'a>,
) -> Result<&'a Object, Refusal> {
    let name = object.name(attribute);
    name.and_then(|name| objects.get(&name))
        .ok_or_else(|| missing(&object.dn, attribute))
}

/// A refusal because `attribute` is unset or names nothing that exists.
pub(super) fn missing(dn: &Dn, attribute: &str) -> Refusal {
    let text: String = format!("{attribute} is unset or names an object that does not exist");
    Refusal::new(dn, AisError::InvalidParam, &text)
}

pub(super) fn names(values: &[Value]) -> impl Iterator<Item = Dn> {
    let texts = values.iter().filter_map(Value::as_str);
    texts.filter_map(|text| Dn::parse(text).ok())
}

pub(super) fn duration(object: &Object, attribute: &str) -> Option<Duration> {
    object.number(attribute).map(Duration::from_nanos)
}

pub(super) fn count(object: &Object, attribute: &str) -> Option<u32> {
    object.number(attribute).map(clamp)
}

fn flag(object: &Object, attribute: &str) -> Option<bool> {
    object.number(attribute).map(|number| number != 0)
}

/// A number for which 0 means unset.
fn positive(object: &Object, attribute: &str) -> Option<u32> {
    count(object, attribute).filter(|number| *number != 0)
}

fn rank(object: &Object, attribute: &str) -> u32 {
    positive(object, attribute).unwrap_or(RANK_LAST)
}

fn clamp(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

//! What a model must fulfil beyond being readable.

use super::{CommandKind, CompConfig, Model};
use ais::amf::{CapabilityModel, RedundancyModel};
use ais::imm::Refusal;
use ais::{AisError, Dn};
use alloc::collections::BTreeSet;
use alloc::format;

/// Checks the whole model; the first fault found is refused.
pub(super) fn model(model: &Model) -> Result<(), Refusal> {
    nodes(model)?;
    for (dn, sg) in &model.sgs {
        if !model.applications.contains(&sg.application) {
            return Err(wrong(dn, "its application does not exist"));
        }
        let numbers = sg.active_sus_preferred > 0 && sg.standby_sus_preferred > 0;
        if sg.redundancy == RedundancyModel::NplusM && !numbers {
            let text = "N+M needs saAmfSGNumPrefActiveSUs and saAmfSGNumPrefStandbySUs";
            return Err(wrong(dn, text));
        }
    }
    for (dn, component) in &model.components {
        commands(dn, component)?;
    }
    n_way_capabilities(model)?;
    for (dn, su) in &model.sus {
        if !su.components.is_empty() && !su.pre_instantiable && !su.failover {
            return Err(wrong(
                dn,
                "saAmfSUFailover must be true for a non-pre-instantiable SU",
            ));
        }
    }
    service_instances(model)
}

/// N-way takes only components that can be active and standby at the same time. Source: Table 16.
fn n_way_capabilities(model: &Model) -> Result<(), Refusal> {
    for (dn, component) in &model.components {
        let su = model.sus.get(&component.su);
        let sg = su.and_then(|su| model.sgs.get(&su.sg));
        let n_way = sg.is_some_and(|sg| sg.redundancy == RedundancyModel::Nway);
        let mut capabilities = component.capabilities.values();
        if n_way && capabilities.any(|c| c.model != CapabilityModel::XActiveAndYStandby) {
            return Err(wrong(dn, "N-way needs capability x_active_and_y_standby"));
        }
    }
    Ok(())
}

fn wrong(dn: &Dn, text: &str) -> Refusal {
    Refusal::new(dn, AisError::InvalidParam, text)
}

/// At most one AMF node for each CLM node. Source: AMF-3.1.1.1-02.
fn nodes(model: &Model) -> Result<(), Refusal> {
    let mut taken = BTreeSet::new();
    for (dn, node) in &model.nodes {
        if let Some(clm_node) = &node.clm_node
            && !taken.insert(clm_node)
        {
            return Err(wrong(dn, "its CLM node already hosts another AMF node"));
        }
    }
    Ok(())
}

/// Which CLC-CLI commands a component must and must not have. Source: Table 19.
fn commands(dn: &Dn, component: &CompConfig) -> Result<(), Refusal> {
    let has = |kind| component.commands.contains_key(&kind);
    let aware = component.category.is_sa_aware();
    let must = |kind: CommandKind| {
        let text = format!("its type has no saAmfCtRelPath{}Cmd", kind.word());
        if has(kind) {
            Ok(())
        } else {
            Err(wrong(dn, &text))
        }
    };
    must(CommandKind::Instantiate)?;
    must(CommandKind::Cleanup)?;
    if !aware {
        must(CommandKind::Terminate)?;
    }
    if has(CommandKind::AmStart) != has(CommandKind::AmStop) {
        return Err(wrong(dn, "AmStart and AmStop commands go together"));
    }
    let relative = |path: &str| !path.starts_with('/');
    if component.bundle.is_none() && component.commands.values().any(|c| relative(&c.path)) {
        return Err(wrong(
            dn,
            "without saAmfCtSwBundle all command paths must be absolute",
        ));
    }
    Ok(())
}

fn service_instances(model: &Model) -> Result<(), Refusal> {
    for (dn, csi) in &model.csis {
        for sponsor in &csi.sponsors {
            if model.csis.get(sponsor).is_none_or(|s| s.si != csi.si) {
                return Err(wrong(dn, "saAmfCSIDependencies names a CSI of another SI"));
            }
        }
        if reaches(dn, &|at| {
            let sponsors = model
                .csis
                .get(at)
                .map(|c| c.sponsors.iter().cloned().collect());
            sponsors.unwrap_or_default()
        }) {
            return Err(wrong(dn, "CSI dependencies form a cycle"));
        }
    }
    for (dn, si) in &model.sis {
        for sponsor in si.sponsors.keys() {
            let Some(above) = model.sis.get(sponsor) else {
                return Err(wrong(dn, "it depends on an SI that does not exist"));
            };
            if si.rank < above.rank {
                return Err(wrong(
                    dn,
                    "an SI must not rank higher than one that it depends on",
                ));
            }
        }
        if reaches(dn, &|at| {
            let sponsors = model
                .sis
                .get(at)
                .map(|s| s.sponsors.keys().cloned().collect());
            sponsors.unwrap_or_default()
        }) {
            return Err(wrong(dn, "SI dependencies form a cycle"));
        }
    }
    Ok(())
}

/// Whether following `next` from `start` leads back to it.
fn reaches(start: &Dn, next: &dyn Fn(&Dn) -> BTreeSet<Dn>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = next(start);
    while let Some(at) = open.pop_first() {
        if at == *start {
            return true;
        }
        if seen.insert(at.clone()) {
            open.extend(next(&at));
        }
    }
    false
}

//! Views of the platform, the membership, the applications and the information model.

use ::imm::value;
use ais::Dn;
use ais::imm::Object;
use appliance::Appliance;
use web_api as api;

pub(crate) fn amf(appliance: &Appliance) -> api::AmfView {
    let applications = appliance.amf.applications();
    let nodes = appliance.amf.nodes();
    api::AmfView {
        applications: applications
            .iter()
            .map(|app| application(appliance, app))
            .collect(),
        nodes: nodes
            .iter()
            .map(|node| api::AmfNodeView {
                dn: node.dn.to_string(),
                name: node.dn.value().into(),
                clm_node: node.clm_node.as_ref().map(Dn::to_string),
                admin_state: node.admin.word().into(),
                operational_state: node.oper.word().into(),
            })
            .collect(),
    }
}

fn application(appliance: &Appliance, app: &::amf::ApplicationView) -> api::ApplicationView {
    api::ApplicationView {
        dn: app.dn.to_string(),
        name: app.dn.value().into(),
        admin_state: app.admin.word().into(),
        service_groups: app
            .sgs
            .iter()
            .map(|sg| service_group(appliance, sg))
            .collect(),
    }
}

fn service_group(appliance: &Appliance, sg: &::amf::SgView) -> api::ServiceGroupView {
    let assignments = sg.sis.iter().flat_map(|si| {
        si.assignments.iter().map(|assignment| api::AssignmentView {
            su: assignment.su.to_string(),
            si: si.dn.to_string(),
            ha_state: assignment.ha.word().into(),
            pending: assignment.pending,
        })
    });
    api::ServiceGroupView {
        dn: sg.dn.to_string(),
        name: sg.dn.value().into(),
        redundancy_model: sg.redundancy.word().into(),
        admin_state: sg.admin.word().into(),
        service_units: sg
            .sus
            .iter()
            .map(|su| service_unit(appliance, su))
            .collect(),
        service_instances: sg
            .sis
            .iter()
            .map(|si| service_instance(appliance, si))
            .collect(),
        assignments: assignments.collect(),
    }
}

fn service_unit(appliance: &Appliance, su: &::amf::SuView) -> api::ServiceUnitView {
    api::ServiceUnitView {
        dn: su.dn.to_string(),
        name: su.dn.value().into(),
        rank: rank(appliance, &su.dn, "saAmfSURank"),
        node: su.node.as_ref().map(Dn::to_string),
        admin_state: su.admin.word().into(),
        operational_state: su.oper.word().into(),
        presence_state: su.presence.word().into(),
        readiness_state: su.readiness.word().into(),
        components: su.components.iter().map(component).collect(),
    }
}

fn component(component: &::amf::ComponentView) -> api::AmfComponentView {
    api::AmfComponentView {
        dn: component.dn.to_string(),
        name: component.dn.value().into(),
        operational_state: component.oper.word().into(),
        presence_state: component.presence.word().into(),
        readiness_state: component.readiness.word().into(),
        restart_count: component.restart_count,
        assignments: component
            .csis
            .iter()
            .map(|csi| api::CsiAssignmentView {
                csi: csi.dn.to_string(),
                ha_state: csi.ha.word().into(),
            })
            .collect(),
    }
}

fn service_instance(appliance: &Appliance, si: &::amf::SiView) -> api::ServiceInstanceView {
    api::ServiceInstanceView {
        dn: si.dn.to_string(),
        name: si.dn.value().into(),
        rank: rank(appliance, &si.dn, "saAmfSIRank"),
        admin_state: si.admin.word().into(),
        assignment_state: si.assignment.word().into(),
    }
}

fn rank(appliance: &Appliance, dn: &Dn, attribute: &str) -> u32 {
    let object = appliance.imm.object(dn);
    let rank = object.and_then(|object| object.number(attribute));
    rank.and_then(|rank| u32::try_from(rank).ok()).unwrap_or(0)
}

pub(crate) fn clm(appliance: &Appliance) -> api::ClmView {
    let clm = &appliance.clm;
    let nodes = clm.nodes().iter().map(|(dn, node)| api::ClmNodeView {
        dn: dn.to_string(),
        name: dn.value().into(),
        node_id: node.id,
        member: node.member.is_some(),
        admin_state: node.admin.word().into(),
        initial_view: node.member.map_or(0, |member| member.view),
        ee: node.ee.as_ref().map(Dn::to_string),
    });
    api::ClmView {
        cluster: clm.cluster().map(Dn::to_string).unwrap_or_default(),
        view: clm.view(),
        nodes: nodes.collect(),
    }
}

pub(crate) fn plm(appliance: &Appliance) -> api::PlmView {
    let mut elements: Vec<_> = appliance.plm.entities().collect();
    // Pre-order: an element right before what stands below it.
    elements.sort_by_key(|(dn, _)| {
        let mut path: Vec<String> = dn.ancestors().map(|up| up.rdn().into()).collect();
        path.reverse();
        path
    });
    let elements = elements.into_iter().map(|(dn, entity)| {
        let is_entity = |up: &Dn| appliance.plm.entity(up).is_some();
        api::PlmElementView {
            dn: dn.to_string(),
            name: dn.value().into(),
            parent: dn
                .parent()
                .filter(is_entity)
                .map(|parent| parent.to_string()),
            kind: match &entity.kind {
                ::plm::Kind::He(_) => api::PlmKind::Hardware,
                ::plm::Kind::Ee(_) => api::PlmKind::Execution,
            },
            admin_state: entity.admin_word().into(),
            operational_state: entity.operational_word().into(),
            presence_state: entity.presence_word().into(),
            readiness_state: entity.readiness_word().into(),
            readiness_flags: entity.flags.words().map(String::from).collect(),
            entity_path: entity
                .he()
                .and_then(|he| he.mapping.as_ref())
                .map(|mapping| mapping.path.to_string()),
        }
    });
    api::PlmView {
        elements: elements.collect(),
    }
}

pub(crate) fn imm(
    appliance: &Appliance,
    dn: Option<&str>,
    class: Option<&str>,
) -> Result<api::ImmView, api::Refusal> {
    let refused = |text: String| api::Refusal::new(api::RefusalCode::NotFound, text);
    let root = match dn {
        None => None,
        Some(text) => {
            let dn = Dn::parse(text).map_err(|why| refused(format!("\"{text}\": {why}")))?;
            if appliance.imm.object(&dn).is_none() {
                return Err(refused(format!("the model has no object {dn}")));
            }
            Some(dn)
        }
    };
    if let Some(name) = class
        && appliance.imm.class(name).is_none()
    {
        return Err(refused(format!("the model has no class {name}")));
    }
    let of_class = |object: &&Object| class.is_none_or(|class| object.class == class);
    let objects: Vec<&Object> = match &root {
        Some(root) => appliance.imm.subtree(root).filter(of_class).collect(),
        None => appliance.imm.tree().filter(of_class).collect(),
    };
    Ok(api::ImmView {
        objects: objects.into_iter().map(object).collect(),
    })
}

fn object(object: &Object) -> api::ImmObjectView {
    let attributes = object
        .attributes
        .iter()
        .map(|(name, values)| api::AttributeView {
            name: name.clone(),
            kind: values
                .first()
                .map_or("", |value| value::type_word(value.value_type()))
                .into(),
            values: values.iter().map(shown).collect(),
        });
    api::ImmObjectView {
        dn: object.dn.to_string(),
        class: object.class.clone(),
        attributes: attributes.collect(),
    }
}

/// The value as files have it; what no file can have, as programmers do.
fn shown(value: &ais::imm::Value) -> String {
    value::text(value).unwrap_or_else(|| format!("{value:?}"))
}

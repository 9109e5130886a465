//! Tables of what runs on the hardware.

use crate::table::Table;
use web_api::{
    AmfNodeView, AmfView, ClmView, ImmView, PlmElementView, PlmView, ServiceGroupView,
    ServiceUnitView,
};

pub(crate) fn amf(view: &AmfView) -> String {
    let mut text = nodes(&view.nodes);
    for application in &view.applications {
        text.push_str(&format!(
            "\n{}  {}\n",
            application.dn, application.admin_state
        ));
        for group in &application.service_groups {
            let ServiceGroupView {
                name,
                redundancy_model,
                admin_state,
                ..
            } = group;
            text.push_str(&format!("  SG {name}  {redundancy_model}  {admin_state}\n"));
            text.push_str(&instances(group));
            text.push_str(&matrix(group));
            text.push_str(&components(group));
        }
    }
    text
}

fn nodes(nodes: &[AmfNodeView]) -> String {
    let mut table = Table::headed(["NODE", "ADMIN", "OPER", "CLM NODE"]);
    for node in nodes {
        let clm = node.clm_node.as_deref().unwrap_or_default();
        table.row([
            node.dn.as_str(),
            &node.admin_state,
            &node.operational_state,
            clm,
        ]);
    }
    table.text()
}

fn instances(group: &ServiceGroupView) -> String {
    let mut table = Table::headed(["SI", "RANK", "ADMIN", "ASSIGNMENT"]).indented(4);
    for si in &group.service_instances {
        table.row([
            &si.name,
            &si.rank.to_string(),
            &si.admin_state,
            &si.assignment_state,
        ]);
    }
    table.text()
}

/// Service units in rows, one column for each service instance.
fn matrix(group: &ServiceGroupView) -> String {
    let states = [
        "SU",
        "RANK",
        "NODE",
        "ADMIN",
        "OPER",
        "PRESENCE",
        "READINESS",
    ];
    let instances = group.service_instances.iter().map(|si| si.name.as_str());
    let mut table = Table::plain().indented(4);
    table.row(states.into_iter().chain(instances));
    for su in &group.service_units {
        let cells = group
            .service_instances
            .iter()
            .map(|si| ha_state(group, su, &si.dn));
        let mut row = vec![
            su.name.clone(),
            su.rank.to_string(),
            su.node.as_deref().map(rdn_value).unwrap_or_default(),
            su.admin_state.clone(),
            su.operational_state.clone(),
            su.presence_state.clone(),
            su.readiness_state.clone(),
        ];
        row.extend(cells);
        table.row(row);
    }
    table.text()
}

fn ha_state(group: &ServiceGroupView, su: &ServiceUnitView, si: &str) -> String {
    let found = group
        .assignments
        .iter()
        .find(|entry| entry.su == su.dn && entry.si == si);
    found.map_or_else(String::new, |entry| {
        let pending = if entry.pending { "…" } else { "" };
        format!("{}{pending}", entry.ha_state)
    })
}

fn components(group: &ServiceGroupView) -> String {
    let heading = [
        "COMPONENT",
        "OPER",
        "PRESENCE",
        "READINESS",
        "RESTARTS",
        "CSIS",
    ];
    let mut table = Table::headed(heading).indented(4);
    for component in group.service_units.iter().flat_map(|su| &su.components) {
        let csis = component.assignments.iter();
        let csis = csis.map(|csi| format!("{} {}", rdn_value(&csi.csi), csi.ha_state));
        table.row([
            component.dn.as_str(),
            &component.operational_state,
            &component.presence_state,
            &component.readiness_state,
            &component.restart_count.to_string(),
            &csis.collect::<Vec<_>>().join(", "),
        ]);
    }
    table.text()
}

pub(crate) fn clm(view: &ClmView) -> String {
    let mut table = Table::headed(["NODE", "ID", "MEMBER", "ADMIN", "SINCE VIEW", "EE"]);
    for node in &view.nodes {
        table.row([
            node.dn.as_str(),
            &node.node_id.to_string(),
            if node.member { "yes" } else { "no" },
            &node.admin_state,
            &node.initial_view.to_string(),
            node.ee.as_deref().unwrap_or_default(),
        ]);
    }
    format!("{}  view {}\n{}", view.cluster, view.view, table.text())
}

pub(crate) fn plm(view: &PlmView) -> String {
    let heading = [
        "ELEMENT",
        "KIND",
        "ADMIN",
        "OPER",
        "PRESENCE",
        "READINESS",
        "FLAGS",
        "PATH",
    ];
    let mut table = Table::headed(heading);
    for element in &view.elements {
        let indent = "  ".repeat(depth(view, element));
        table.row([
            format!("{indent}{}", element.name).as_str(),
            element.kind.word(),
            &element.admin_state,
            &element.operational_state,
            &element.presence_state,
            &element.readiness_state,
            &element.readiness_flags.join(", "),
            element.entity_path.as_deref().unwrap_or_default(),
        ]);
    }
    table.text()
}

/// How many ancestors an element has; bounded by the number of elements, whatever the daemon says.
fn depth(view: &PlmView, element: &PlmElementView) -> usize {
    let parent_of = |dn: &str| {
        let found = view.elements.iter().find(|other| other.dn == dn)?;
        found.parent.as_deref()
    };
    let ancestors = std::iter::successors(element.parent.as_deref(), |dn| parent_of(dn));
    ancestors.take(view.elements.len()).count()
}

pub(crate) fn imm(view: &ImmView) -> String {
    let mut text = String::new();
    for object in &view.objects {
        text.push_str(&format!("{}  {}\n", object.dn, object.class));
        let mut table = Table::plain().indented(2);
        for attribute in &object.attributes {
            let values = attribute.values.join(", ");
            table.row([&attribute.name, &attribute.kind, &values]);
        }
        text.push_str(&table.text());
    }
    text
}

/// The value of the first RDN of a DN, which ends at the first comma that is not escaped.
fn rdn_value(dn: &str) -> String {
    let mut end = dn.len();
    let mut is_escaped = false;
    for (index, character) in dn.char_indices() {
        if character == ',' && !is_escaped {
            end = index;
            break;
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    let rdn = &dn[..end];
    rdn.split_once('=')
        .map_or(rdn, |(_, value)| value)
        .to_owned()
}

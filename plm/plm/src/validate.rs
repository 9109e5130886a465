//! Which changes of the configuration PLM accepts.
//!
//! Source: SAI-AIS-PLM-A.01.02, information model; refusals are `BAD_OPERATION`, as in the field.

use crate::matching::Expression;
use crate::model::{DeactivationPolicy, ENTITIES_MAX};
use crate::state::{EePresence, HePresence};
use crate::{Kind, Plm};
use ais::imm::{Attributes, Change, Object, Refusal, Value};
use ais::{AisError, Dn};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use hpi_model::EntityPath;

/// Parent of types and base types of all kinds.
const SERVICE: &str = "safApp=safPlmService";

/// PLM's objects with their classes, as they are after the changes looked at so far.
type Objects = BTreeMap<Dn, String>;

impl Plm {
    /// Whether the changes of one CCB may be applied. Nothing changes.
    pub fn validate(&self, changes: &[Change]) -> Result<(), Refusal> {
        let mut objects = self.objects();
        for change in changes {
            match change {
                Change::Create(object) => {
                    objects.insert(object.dn.clone(), object.class.clone());
                }
                Change::Delete { dn, class: _ } => {
                    objects.remove(dn);
                }
                Change::Modify { .. } => {}
            }
        }
        for change in changes {
            match change {
                Change::Create(object) => may_create(object, &objects)?,
                Change::Modify {
                    dn,
                    class,
                    attributes,
                } => {
                    self.may_modify(dn, class, attributes, &objects)?;
                }
                Change::Delete { dn, class: _ } => self.may_delete(dn, &objects)?,
            }
        }
        within_limits(&objects)?;
        self.no_cycles(changes, &objects)
    }

    fn objects(&self) -> Objects {
        let model = &self.model;
        let class = |kind: &Kind| match kind {
            Kind::He(_) => "SaPlmHE",
            Kind::Ee(_) => "SaPlmEE",
        };
        let entities = model.entities.iter().map(|(dn, e)| (dn, class(&e.kind)));
        let named = |class: &'static str| move |dn| (dn, class);
        entities
            .chain(model.domains.keys().map(named("SaPlmDomain")))
            .chain(model.he_base_types.keys().map(named("SaPlmHEBaseType")))
            .chain(model.he_types.keys().map(named("SaPlmHEType")))
            .chain(model.ee_base_types.keys().map(named("SaPlmEEBaseType")))
            .chain(model.ee_types.keys().map(named("SaPlmEEType")))
            .chain(model.dependencies.keys().map(named("SaPlmDependency")))
            .map(|(dn, class)| (dn.clone(), class.to_string()))
            .collect()
    }

    fn may_modify(
        &self,
        dn: &Dn,
        class: &str,
        attributes: &Attributes,
        objects: &Objects,
    ) -> Result<(), Refusal> {
        if class == "SaPlmHEBaseType" || class == "SaPlmEEBaseType" {
            return refuse(dn, "a base type cannot be modified");
        }
        match self.model.entities.get(dn).map(|e| &e.kind) {
            Some(Kind::He(he)) if he.presence != HePresence::NotPresent => {
                return refuse(
                    dn,
                    "a hardware element can be modified only while not present",
                );
            }
            Some(Kind::Ee(ee)) if ee.presence != EePresence::Uninstantiated => {
                let text = "an execution environment can be modified only while uninstantiated";
                return refuse(dn, text);
            }
            Some(Kind::He(_) | Kind::Ee(_)) | None => {}
        }
        check_values(dn, class, attributes, objects)
    }

    fn may_delete(&self, dn: &Dn, objects: &Objects) -> Result<(), Refusal> {
        if let Some(child) = objects.keys().find(|other| other.is_below(dn)) {
            return refuse(dn, &format!("{child} is below it"));
        }
        let mut dependencies = self.model.dependencies.iter();
        let depends = |name: &Dn, names: &[Dn]| objects.contains_key(name) && names.contains(dn);
        if let Some((name, _)) = dependencies.find(|(name, d)| depends(name, &d.names)) {
            return refuse(dn, &format!("{name} names it"));
        }
        if self.is_busy(dn) || self.restarts.contains_key(dn) {
            return refuse(dn, "an operation is under way");
        }
        Ok(())
    }

    /// Choice: nothing may depend on itself, through whatever chain, for it could never be in
    /// service.
    fn no_cycles(&self, changes: &[Change], objects: &Objects) -> Result<(), Refusal> {
        let mut edges: BTreeMap<Dn, BTreeSet<Dn>> = BTreeMap::new();
        let mut add = |dependency: &Dn, names: &[Dn]| {
            if let Some(of) = dependency.parent() {
                edges.entry(of).or_default().extend(names.iter().cloned());
            }
        };
        for (dn, dependency) in &self.model.dependencies {
            add(dn, &dependency.names);
        }
        for change in changes {
            if let Change::Create(object) = change {
                add(&object.dn, &names(object.all("saPlmDepNames")));
            }
            if let Change::Modify {
                dn,
                class: _,
                attributes,
            } = change
            {
                add(
                    dn,
                    &names(attributes.get("saPlmDepNames").map_or(&[], Vec::as_slice)),
                );
            }
        }
        match edges
            .keys()
            .find(|from| reaches(from, from, &edges, objects))
        {
            Some(dn) => refuse(dn, "it would depend on itself"),
            None => Ok(()),
        }
    }
}

/// Whether `to` is needed for `from`: through dependencies and through containment.
fn reaches(from: &Dn, to: &Dn, edges: &BTreeMap<Dn, BTreeSet<Dn>>, objects: &Objects) -> bool {
    let mut seen = BTreeSet::new();
    let mut next: Vec<Dn> = edges.get(from).into_iter().flatten().cloned().collect();
    while let Some(dn) = next.pop() {
        if dn == *to {
            return true;
        }
        if seen.insert(dn.clone()) {
            next.extend(edges.get(&dn).into_iter().flatten().cloned());
            next.extend(dn.parent().filter(|parent| objects.contains_key(parent)));
        }
    }
    false
}

fn may_create(object: &Object, objects: &Objects) -> Result<(), Refusal> {
    let dn = &object.dn;
    let class = object.class.as_str();
    let parent = dn.parent();
    let above = parent
        .as_ref()
        .and_then(|p| objects.get(p))
        .map(String::as_str);
    let placed = match class {
        "SaPlmDomain" => parent.is_none(),
        "SaPlmHEBaseType" | "SaPlmEEBaseType" => parent.is_some_and(|p| p.as_str() == SERVICE),
        "SaPlmHEType" => above == Some("SaPlmHEBaseType"),
        "SaPlmEEType" => above == Some("SaPlmEEBaseType"),
        "SaPlmHE" => matches!(above, Some("SaPlmDomain" | "SaPlmHE")),
        "SaPlmEE" => matches!(above, Some("SaPlmDomain" | "SaPlmHE" | "SaPlmEE")),
        "SaPlmDependency" => matches!(above, Some("SaPlmHE" | "SaPlmEE")),
        _ => return Ok(()),
    };
    let placed = placed || is_rootless_type(dn, class);
    if !placed {
        return refuse(dn, "an object of this class cannot stand there");
    }
    let domains = objects
        .values()
        .filter(|class| *class == "SaPlmDomain")
        .count();
    if class == "SaPlmDomain" && domains > 1 {
        return refuse(dn, "there is a domain already");
    }
    check_values(dn, class, &object.attributes, objects)
}

/// Choice: base types at the top, as models in the field have them.
fn is_rootless_type(dn: &Dn, class: &str) -> bool {
    matches!(class, "SaPlmHEBaseType" | "SaPlmEEBaseType") && dn.parent().is_none()
}

fn check_values(
    dn: &Dn,
    class: &str,
    attributes: &Attributes,
    objects: &Objects,
) -> Result<(), Refusal> {
    for (attribute, values) in attributes {
        match attribute.as_str() {
            "saPlmHEDeactivationPolicy" => {
                let bad = |v: &Value| {
                    v.as_u64()
                        .and_then(DeactivationPolicy::from_number)
                        .is_none()
                };
                if values.iter().any(bad) {
                    return refuse(dn, "saPlmHEDeactivationPolicy is 1, 2 or 3");
                }
            }
            "saPlmHetIdr" => {
                let mut texts = values.iter().filter_map(Value::as_str);
                if let Some(text) = texts.find(|text| Expression::parse(text).is_none()) {
                    return refuse(dn, &format!("no AREA/FIELD=value list: {text}"));
                }
            }
            "saPlmHEEntityPaths" => check_paths(dn, values)?,
            "saPlmHEBaseHEType" => check_reference(dn, values, "SaPlmHEBaseType", objects)?,
            "saPlmEEType" => check_reference(dn, values, "SaPlmEEType", objects)?,
            _ => {}
        }
    }
    if class == "SaPlmDependency" {
        check_dependency(dn, attributes, objects)
    } else {
        Ok(())
    }
}

fn check_paths(dn: &Dn, values: &[Value]) -> Result<(), Refusal> {
    if values.len() > EntityPath::LENGTH_MAX {
        return refuse(dn, "at most 16 entity paths");
    }
    for text in values.iter().filter_map(Value::as_str) {
        if let Err(why) = EntityPath::parse(text) {
            return refuse(dn, &format!("saPlmHEEntityPaths: {why}"));
        }
    }
    Ok(())
}

fn check_reference(
    dn: &Dn,
    values: &[Value],
    class: &str,
    objects: &Objects,
) -> Result<(), Refusal> {
    match names(values).as_slice() {
        [name] if objects.get(name).is_some_and(|c| c == class) => Ok(()),
        _ => refuse(dn, &format!("does not name one {class}")),
    }
}

fn check_dependency(dn: &Dn, attributes: &Attributes, objects: &Objects) -> Result<(), Refusal> {
    let Some(values) = attributes.get("saPlmDepNames") else {
        return Ok(());
    };
    let depends_on = names(values);
    let is_entity = |name: &Dn| {
        let class = objects.get(name).map(String::as_str);
        matches!(class, Some("SaPlmHE" | "SaPlmEE"))
    };
    if depends_on.len() != values.len() || !depends_on.iter().all(is_entity) {
        return refuse(
            dn,
            "saPlmDepNames names what is neither SaPlmHE nor SaPlmEE",
        );
    }
    if depends_on.iter().collect::<BTreeSet<_>>().len() != depends_on.len() {
        return refuse(dn, "saPlmDepNames has a name twice");
    }
    if dn.parent().is_some_and(|of| depends_on.contains(&of)) {
        return refuse(dn, "it would depend on itself");
    }
    let min = attributes
        .get("saPlmDepMinNumber")
        .and_then(|v| v.first()?.as_u64());
    if min.is_some_and(|min| min > depends_on.len() as u64) {
        return refuse(dn, "saPlmDepMinNumber is larger than the number of names");
    }
    Ok(())
}

fn within_limits(objects: &Objects) -> Result<(), Refusal> {
    let entities = objects
        .iter()
        .filter(|(_, c)| matches!(c.as_str(), "SaPlmHE" | "SaPlmEE"));
    match entities.map(|(dn, _)| dn).nth(ENTITIES_MAX) {
        Some(dn) => refuse(
            dn,
            &format!("at most {ENTITIES_MAX} hardware elements and EEs"),
        ),
        None => Ok(()),
    }
}

fn names(values: &[Value]) -> Vec<Dn> {
    values
        .iter()
        .filter_map(|v| Dn::parse(v.as_str()?).ok())
        .collect()
}

fn refuse<T>(dn: &Dn, text: &str) -> Result<T, Refusal> {
    Err(Refusal::new(dn, AisError::BadOperation, text))
}

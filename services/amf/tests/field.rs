//! What a site has today: a model file of the field, loaded unchanged beside our nodes.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "what a test does not look at needs no arm"
)]

#[allow(dead_code, reason = "the other test files use other parts of the bed")]
mod bed;

use ais::Dn;
use ais::imm::{Change, Object, Value};
use ais::node::Order;
use amf::{Effect, Input};
use bed::Bed;
use std::collections::BTreeMap;
use std::path::Path;

/// Lies outside of the repository; without it these tests prove nothing, and say so.
const FOLDER: &str = "../../../shared/peers/models/amf";

fn read(file: &str) -> Option<Vec<Object>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(FOLDER)
        .join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("NOT TESTED: {} is absent", path.display());
        return None;
    };
    let document = roxmltree::Document::parse(&text).unwrap();
    let objects = document.descendants().filter(|n| n.has_tag_name("object"));
    Some(objects.map(|node| object(&node)).collect())
}

fn object(node: &roxmltree::Node) -> Object {
    let text = |parent: &roxmltree::Node, tag: &str| {
        let child = parent.children().find(|n| n.has_tag_name(tag));
        child.and_then(|n| n.text()).unwrap_or("").trim().to_owned()
    };
    let mut attributes = BTreeMap::new();
    for attribute in node.children().filter(|n| n.has_tag_name("attr")) {
        let values = attribute.children().filter(|n| n.has_tag_name("value"));
        let values = values.map(|n| value(n.text().unwrap_or("").trim()));
        attributes.insert(text(&attribute, "name"), values.collect());
    }
    Object {
        dn: Dn::parse(&text(node, "dn")).unwrap(),
        class: node.attribute("class").unwrap().into(),
        attributes,
    }
}

fn value(text: &str) -> Value {
    match text.parse() {
        Ok(number) => Value::Int64(number),
        Err(_) => Value::String(text.into()),
    }
}

fn nodes(names: &[&str]) -> Vec<Object> {
    let mut objects = vec![plain("safAmfCluster=myAmfCluster", "SaAmfCluster", &[])];
    for name in names {
        let clm = Value::Name(format!("safNode={name},safCluster=clm"));
        let dn = format!("safAmfNode={name},safAmfCluster=myAmfCluster");
        objects.push(plain(&dn, "SaAmfNode", &[("saAmfNodeClmNode", clm)]));
    }
    let list: Vec<_> = names
        .iter()
        .map(|name| {
            let dn = format!("safAmfNode={name},safAmfCluster=myAmfCluster");
            ("saAmfNGNodeList", Value::Name(dn))
        })
        .collect();
    for group in ["SCs", "AllNodes"] {
        let dn = format!("safAmfNodeGroup={group},safAmfCluster=myAmfCluster");
        objects.push(plain(&dn, "SaAmfNodeGroup", &list));
    }
    objects
}

fn plain(dn: &str, class: &str, attributes: &[(&str, Value)]) -> Object {
    let mut object = Object {
        dn: Dn::parse(dn).unwrap(),
        class: class.into(),
        attributes: BTreeMap::new(),
    };
    for (name, value) in attributes {
        let values = object.attributes.entry((*name).into()).or_default();
        values.push(value.clone());
    }
    object
}

// covers: AMF-4.2-01 AMF-4.2-02 AMF-4.2-03 AMF-4.3-04 AMF-4.4-01 AMF-4.4-02 AMF-3.1.9-04
/// Loaded, opened and unlocked as its own comment says, the field's 2N example serves on two nodes.
#[test]
fn the_2n_example_of_the_field_runs() {
    let Some(mut objects) = read("AppConfig-2N.xml") else {
        return;
    };
    objects.extend(nodes(&["SC-1", "SC-2"]));
    let mut bed = Bed::new(objects);
    let create: Vec<_> = bed.objects.iter().cloned().map(Change::Create).collect();
    bed.amf.validate(&create).unwrap();
    bed.apply(Input::Config(create));
    bed.step("join SC-1 SC-2");
    let effects = bed.step("unlock-instantiation SU1");
    let spec = effects.iter().find_map(|effect| match effect {
        Effect::Node {
            order: Order::Instantiate(spec),
            ..
        } => Some(spec),
        _ => None,
    });
    let spec = spec.unwrap();
    let instantiate = spec.instantiate.as_ref().unwrap();
    assert_eq!(instantiate.path, "/opt/amf_demo/amf_demo_script");
    assert_eq!(instantiate.arguments, ["instantiate"]);
    assert_eq!(instantiate.timeout_ms, 10_000);
    assert_eq!(spec.healthchecks[0].key, b"AmfDemo");
    assert_eq!(spec.healthchecks[0].duration_ms_max, 6_000);
    let overloaded = ("AMF_DEMO_VAR2".into(), "COMP1_OVERLOAD_VALUE2".into());
    assert!(spec.environment.contains(&overloaded));
    bed.step("settle");
    for step in ["unlock-instantiation SU2", "unlock SU1", "unlock SU2"] {
        bed.step(step);
        bed.step("settle");
    }
    let sg = bed.amf.applications().remove(0).sgs.remove(0);
    let held: Vec<_> = sg.sis[0].assignments.iter().map(|a| a.ha.word()).collect();
    assert_eq!(held, ["ACTIVE", "STANDBY"]);
    bed.check_replay();
}

/// Every other model file of the field is either taken, or refused with a text that says why.
#[test]
fn other_examples_of_the_field_are_taken_or_refused() {
    let taken = ["AppConfig-nwayactive.xml", "AppConfig-2N-longDN.xml"];
    let refused = ["proxied.xml"];
    for file in taken.iter().chain(&refused) {
        let Some(mut objects) = read(file) else {
            return;
        };
        objects.extend(nodes(&["SC-1", "SC-2", "PL-3", "PL-4", "PL-5"]));
        let bed = Bed::new(objects);
        let create: Vec<_> = bed.objects.iter().cloned().map(Change::Create).collect();
        let result = bed.amf.validate(&create);
        match taken.contains(file) {
            true => assert_eq!(result, Ok(()), "{file}"),
            false => assert!(!result.unwrap_err().text.is_empty(), "{file}"),
        }
    }
}

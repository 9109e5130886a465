//! Model files: our own, and where they are present those that sites have today.
#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use ais::Dn;
use imm::{Effect, Imm, Input, xml};
use machine::{Machine, Pos};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn ours(names: &[&str]) -> Vec<PathBuf> {
    let folder = root().join("examples/models");
    names.iter().map(|name| folder.join(name)).collect()
}

const CLASSES: [&str; 4] = [
    "classes/amf.xml",
    "classes/clm.xml",
    "classes/plm.xml",
    "classes/smf.xml",
];

/// The folder of models of the field; `None`, said aloud, where there is none.
fn peers() -> Option<PathBuf> {
    let folder = std::env::var_os("OPENSHELF_PEER_MODELS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| root().join("../shared/peers/models"));
    let is_there = folder.join("site/imm.xml").is_file();
    if !is_there {
        println!("peer models not present: did not run");
    }
    is_there.then_some(folder)
}

/// Loads the files as one set on top of the model.
fn load(model: &mut Imm, files: &[PathBuf]) -> Result<(), String> {
    let mut batch = imm::Batch::default();
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let name = file.file_name().unwrap().to_string_lossy();
        batch.append(xml::read(&name, &text).map_err(|e| e.to_string())?);
    }
    load_batch(model, batch)
}

fn load_batch(model: &mut Imm, batch: imm::Batch) -> Result<(), String> {
    let mut effects = Vec::new();
    model.apply(Pos::default(), &Input::Load { tag: 1, batch }, &mut effects);
    match effects.pop() {
        Some(Effect::Reply { result, .. }) => result.map_err(|(_, text)| text),
        other => panic!("{other:?}"),
    }
}

fn loaded(files: &[PathBuf]) -> Imm {
    let mut model = Imm::default();
    load(&mut model, files).unwrap();
    model
}

/// The persistent part of the model comes back from its dump.
fn check_round_trip(model: &Imm) {
    let batch = xml::read("dump.xml", &xml::write(model)).unwrap();
    let mut again = Imm::default();
    load_batch(&mut again, batch).unwrap();
    assert!(again.classes().eq(model.classes()));
    assert!(again.persistent_objects().eq(model.persistent_objects()));
}

// The shelf of the demonstration with the sample application.
#[test]
fn our_demo_loads() {
    let files = [&CLASSES[..], &["demo.xml", "counter.xml"]].concat();
    let model = loaded(&ours(&files));
    assert_eq!(model.objects_of("SaPlmEE").count(), 14);
    assert_eq!(model.objects_of("SaAmfNode").count(), 14);
    assert_eq!(model.objects_of("SaAmfSU").count(), 2);
    check_round_trip(&model);
}

// The shelf of ipmi_sim with the sample application.
#[test]
fn our_ipmi_sim_loads() {
    let files = [&CLASSES[..], &["ipmi_sim.xml", "counter.xml"]].concat();
    let model = loaded(&ours(&files));
    assert_eq!(model.objects_of("SaPlmEE").count(), 4);
    check_round_trip(&model);
}

// From each AMF node down to an execution environment on a hardware element with an entity path.
#[test]
fn each_node_stands_on_hardware() {
    let files = [&CLASSES[..], &["demo.xml"]].concat();
    let model = loaded(&ours(&files));
    for node in model.objects_of("SaAmfNode") {
        let step = |dn: Dn| model.object(&dn).unwrap();
        let clm_node = step(node.name("saAmfNodeClmNode").unwrap());
        let ee = step(clm_node.name("saClmNodeEE").unwrap());
        let he = step(ee.dn.parent().unwrap());
        assert_eq!(he.class, "SaPlmHE");
        let slot = node.dn.value().strip_prefix("blade").unwrap();
        let path =
            format!("{{ADVANCEDTCA_CHASSIS,1}}{{PHYSICAL_SLOT,{slot}}}{{PICMG_FRONT_BLADE,0}}");
        assert_eq!(he.text("saPlmHEEntityPaths"), Some(path.as_str()));
    }
}

// All classes of B.04.01 with all their attributes. Source: reference counts of SAI-AIS-AMF-B.04.01
// chapter 8.
#[test]
fn our_amf_classes_are_complete() {
    let model = loaded(&ours(&CLASSES[..1]));
    assert_eq!(model.classes().count(), 34);
    assert_eq!(
        model
            .classes()
            .map(|class| class.attributes.len())
            .sum::<usize>(),
        191
    );
}

// Without the shelf, the application's node group is missing.
#[test]
fn our_application_needs_a_shelf() {
    let files = [&CLASSES[..], &["counter.xml"]].concat();
    let refusal = load(&mut Imm::default(), &ours(&files)).unwrap_err();
    assert!(refusal.starts_with("counter.xml:"), "{refusal}");
    assert!(refusal.ends_with("does not exist"), "{refusal}");
}

// A site of today, complete, unchanged.
#[test]
fn a_site_loads() {
    let Some(peers) = peers() else { return };
    let model = loaded(&[peers.join("site/imm.xml")]);
    assert_eq!(model.objects().count(), 296);
    assert_eq!(model.classes().count(), 66);
    check_round_trip(&model);
}

/// Payload nodes that the site lacks and the field's sample applications name.
fn payload_nodes() -> imm::Batch {
    let node = |n| {
        format!(
            "<object class=\"SaAmfNode\"><dn>safAmfNode=PL-{n},safAmfCluster=myAmfCluster</dn>
             <attr><name>saAmfNodeSuFailOverProb</name><value>1200000000000</value></attr>
             <attr><name>saAmfNodeSuFailoverMax</name><value>2</value></attr></object>"
        )
    };
    let nodes: String = [3, 4, 5].map(node).concat();
    let text = format!("<IMM-contents>{nodes}</IMM-contents>");
    xml::read("nodes.xml", &text).unwrap()
}

// The sample applications of the field on top of that site.
#[test]
fn applications_load_on_a_site() {
    let Some(peers) = peers() else { return };
    let mut site = loaded(&[peers.join("site/imm.xml")]);
    load_batch(&mut site, payload_nodes()).unwrap();
    for name in [
        "AppConfig-2N",
        "AppConfig-2N-longDN",
        "AppConfig-nwayactive",
        "net-snmp",
        "wrapper-net-snmp",
        "proxy",
        "proxied",
    ] {
        let mut model = site.clone();
        let file = peers.join(format!("amf/{name}.xml"));
        load(&mut model, &[file]).unwrap();
        check_round_trip(&model);
    }
}

/// The nodes that the field's sample applications name, as objects of ours.
const NODES: &str = r#"<imm:IMM-contents xmlns:imm="http://www.saforum.org/IMMSchema">
<object class="SaAmfCluster"><dn>safAmfCluster=myAmfCluster</dn>
 <attr><name>saAmfClusterStartupTimeout</name><value>10000000000</value></attr></object>
<object class="SaAmfNode"><dn>safAmfNode=SC-1,safAmfCluster=myAmfCluster</dn>
 <attr><name>saAmfNodeSuFailOverProb</name><value>1200000000000</value></attr>
 <attr><name>saAmfNodeSuFailoverMax</name><value>2</value></attr></object>
<object class="SaAmfNode"><dn>safAmfNode=SC-2,safAmfCluster=myAmfCluster</dn>
 <attr><name>saAmfNodeSuFailOverProb</name><value>1200000000000</value></attr>
 <attr><name>saAmfNodeSuFailoverMax</name><value>2</value></attr></object>
<object class="SaAmfNodeGroup"><dn>safAmfNodeGroup=SCs,safAmfCluster=myAmfCluster</dn>
 <attr><name>saAmfNGNodeList</name>
  <value>safAmfNode=SC-1,safAmfCluster=myAmfCluster</value>
  <value>safAmfNode=SC-2,safAmfCluster=myAmfCluster</value></attr></object>
</imm:IMM-contents>"#;

// The field's 2N sample with the field's AMF classes, and with ours, beside our node objects.
#[test]
fn the_2n_sample_loads_beside_our_nodes() {
    let Some(peers) = peers() else { return };
    let theirs = ["amf_classes.xml", "smfsv_classes.xml"].map(|n| peers.join("classes").join(n));
    let sample = peers.join("amf/AppConfig-2N.xml");
    for classes in [theirs.to_vec(), ours(&CLASSES)] {
        let mut model = loaded(&classes);
        load_batch(&mut model, xml::read("nodes.xml", NODES).unwrap()).unwrap();
        load(&mut model, std::slice::from_ref(&sample)).unwrap();
        assert_eq!(model.objects_of("SaAmfSU").count(), 2);
        let mut admin_states = model
            .objects_of("SaAmfSU")
            .map(|su| su.number("saAmfSUAdminState"));
        assert!(admin_states.all(|state| state == Some(3)));
    }
}

// Each class file of the field; ours differ from the standards' classes in nothing but what OpenSAF
// added.
#[test]
fn class_files_load() {
    let Some(peers) = peers() else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(peers.join("classes")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "xml") {
            loaded(&[file]);
            count += 1;
        }
    }
    assert!(count >= 10, "{count}");
}

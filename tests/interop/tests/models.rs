//! Models that a site has today load unchanged.

use interop::{Chassis, Place, Shelfd, repository};
use serde_json::json;
use std::path::PathBuf;

/// Where models of others lie: `OPENSHELF_PEER_MODELS`, or beside the repository. They are not part
/// of it.
fn peer_models() -> Option<PathBuf> {
    let beside = repository().join("../shared/peers/models");
    let folder = std::env::var_os("OPENSHELF_PEER_MODELS").map_or(beside, PathBuf::from);
    let is_there = folder.is_dir();
    if !is_there {
        println!(
            "NOT TESTED: {} is absent; set OPENSHELF_PEER_MODELS",
            folder.display()
        );
    }
    is_there.then_some(folder)
}

/// Our node objects, in the names that the model refers to.
const NODES: &str = r#"<?xml version="1.0"?>
<imm:IMM-contents xmlns:imm="http://www.saforum.org/IMMSchema">
  <object class="SaAmfCluster">
    <dn>safAmfCluster=myAmfCluster</dn>
    <attr><name>saAmfClusterStartupTimeout</name><value>10000000000</value></attr>
  </object>
  <object class="SaAmfNode">
    <dn>safAmfNode=SC-1,safAmfCluster=myAmfCluster</dn>
    <attr><name>saAmfNodeSuFailOverProb</name><value>1200000000000</value></attr>
    <attr><name>saAmfNodeSuFailoverMax</name><value>2</value></attr>
  </object>
  <object class="SaAmfNode">
    <dn>safAmfNode=SC-2,safAmfCluster=myAmfCluster</dn>
    <attr><name>saAmfNodeSuFailOverProb</name><value>1200000000000</value></attr>
    <attr><name>saAmfNodeSuFailoverMax</name><value>2</value></attr>
  </object>
  <object class="SaAmfNodeGroup">
    <dn>safAmfNodeGroup=SCs,safAmfCluster=myAmfCluster</dn>
    <attr><name>saAmfNGNodeList</name>
      <value>safAmfNode=SC-1,safAmfCluster=myAmfCluster</value>
      <value>safAmfNode=SC-2,safAmfCluster=myAmfCluster</value>
    </attr>
  </object>
</imm:IMM-contents>
"#;

/// Replaces the list of model files.
fn with_files(config: &str, files: &[PathBuf]) -> String {
    let (head, rest) = config.split_once("files = [").expect("a list of files");
    let (_, tail) = rest.split_once(']').expect("an end of the list");
    // The nodes of the example are not in this model, so no agent may wait for them.
    let tail = tail.split("[[node]]").next().unwrap_or_default();
    let list: Vec<String> = files
        .iter()
        .map(|file| format!("    \"{}\"", file.display()))
        .collect();
    format!("{head}files = [\n{}\n]{tail}", list.join(",\n"))
}

// A site does not rewrite its model to try another implementation.
#[test]
fn a_2n_application_of_the_field_loads_unchanged() {
    let Some(models) = peer_models() else { return };
    let chassis = Chassis::start();
    let place = Place::new("models");
    let files = [
        models.join("classes/amf_classes.xml"),
        models.join("classes/smfsv_classes.xml"),
        place.write("nodes.xml", NODES),
        models.join("amf/AppConfig-2N.xml"),
    ];
    let shelfd = Shelfd::start_with(chassis.lan(), |config| with_files(&config, &files));
    let units = shelfd.query(&json!({"imm": {"class": "SaAmfSU"}}));
    assert_eq!(
        units["objects"].as_array().map(Vec::len),
        Some(2),
        "{units:#}"
    );
    // Its service units are locked for instantiation, so they are known and nothing of them runs.
    let amf = shelfd.ctl(&["amf"]);
    let group = &amf["applications"][0]["service_groups"][0];
    assert_eq!(group["redundancy_model"], "2N", "{amf:#}");
    let units = group["service_units"].as_array().expect("a list");
    assert_eq!(units.len(), 2);
    for unit in units {
        assert_eq!(unit["admin_state"], "LOCKED-INSTANTIATION", "{unit:#}");
        assert_eq!(unit["presence_state"], "UNINSTANTIATED", "{unit:#}");
    }
    assert!(shelfd.components().is_empty());
}

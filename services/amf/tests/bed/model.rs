//! Reads the compact model text of scenarios and makes the objects of the information model of it.
//!
//! Each line: a kind, a short name, then `key=value` words. `node N1`, `sg SG1 pref=3`, `su SU1
//! on=N1 rank=1`, `comp C1 in=SU1 level=1`, `si SI1 rank=1`, `csi CSI1 in=SI1 type=T1 needs=CSI2`.
//! Keys that start with `saAmf` are attributes of the object itself. Unless said otherwise, CSIs of
//! type `Tx` go to components with `type=Tx`.

use ais::Dn;
use ais::imm::{Object, Value};
use std::collections::BTreeMap;

/// One line of the text.
struct Line<'a> {
    kind: &'a str,
    name: &'a str,
    words: BTreeMap<&'a str, &'a str>,
}

/// All objects that a model text stands for.
pub(crate) fn objects(text: &str) -> Vec<Object> {
    let lines: Vec<Line> = text.lines().filter_map(parse).collect();
    let mut objects = types(&lines);
    let mut sg_of = BTreeMap::new();
    for line in &lines {
        let last_sg = |sg_of: &BTreeMap<&str, String>| sg_of.get("last").cloned();
        match line.kind {
            "sg" => {
                let name = format!("safSg={},safApp=App", line.name);
                sg_of.insert("last", name.clone());
                objects.push(sg(line, &name));
                objects.push(object(
                    &sg_type(line.name),
                    "SaAmfSGType",
                    &sg_type_attributes(line),
                ));
            }
            "su" => {
                let sg = last_sg(&sg_of).expect("a sg line before");
                let dn = format!("safSu={},{sg}", line.name);
                sg_of.insert(line.name, dn.clone());
                objects.push(su(line, &dn));
            }
            "comp" => objects.extend(comp(line, &sg_of[line.words["in"]])),
            "si" => {
                let sg = last_sg(&sg_of).expect("a sg line before");
                objects.extend(si(line, &sg));
            }
            "csi" => objects.extend(csi(line)),
            _ => {}
        }
    }
    objects
}

fn parse(line: &str) -> Option<Line<'_>> {
    let mut words = line.split_whitespace();
    let kind = words.next()?;
    let name = words.next().unwrap_or("");
    let words = words.filter_map(|word| word.split_once('=')).collect();
    Some(Line { kind, name, words })
}

fn object(dn: &str, class: &str, attributes: &[(&str, Value)]) -> Object {
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

/// A number, or a time such as `5s`, or a name.
fn value(text: &str) -> Value {
    if let Some(seconds) = text.strip_suffix('s').and_then(|s| s.parse::<i64>().ok()) {
        return Value::Time(seconds * 1_000_000_000);
    }
    match text.parse() {
        Ok(number) => Value::Uint32(number),
        Err(_) => Value::String(text.into()),
    }
}

/// Attributes given literally, and those that a short key stands for.
fn attributes<'a>(line: &Line<'a>, short: &[(&str, &'static str)]) -> Vec<(&'a str, Value)> {
    let words = line.words.iter();
    let named = words.filter_map(|(key, text)| {
        let literal = key.starts_with("saAmf").then_some(*key);
        let name = short.iter().find(|(s, _)| s == key).map(|(_, name)| *name);
        Some((literal.or(name)?, value(text)))
    });
    named.collect()
}

fn types(lines: &[Line]) -> Vec<Object> {
    let mut objects = vec![
        object("safApp=App", "SaAmfApplication", &[]),
        object("safVersion=1,safSvcType=V", "SaAmfSvcType", &[]),
        object(
            "safVersion=1,safSuType=U",
            "SaAmfSUType",
            &[("saAmfSutDefSUFailover", Value::Uint32(1))],
        ),
    ];
    let mut cs_types: Vec<&str> = Vec::new();
    for line in lines {
        match line.kind {
            "cluster" => {
                let short = [("startup", "saAmfClusterStartupTimeout")];
                let name = "safAmfCluster=cluster";
                objects.push(object(name, "SaAmfCluster", &attributes(line, &short)));
            }
            "node" => objects.push(node(line)),
            "csi" => cs_types.push(line.words.get("type").unwrap_or(&"T")),
            _ => {}
        }
    }
    cs_types.sort_unstable();
    cs_types.dedup();
    for cs_type in cs_types {
        objects.push(object(
            &format!("safVersion=1,safCSType={cs_type}"),
            "SaAmfCSType",
            &[],
        ));
    }
    objects
}

fn node(line: &Line) -> Object {
    let short = [
        ("max", "saAmfNodeSuFailoverMax"),
        ("prob", "saAmfNodeSuFailOverProb"),
        ("repair", "saAmfNodeAutoRepair"),
        ("admin", "saAmfNodeAdminState"),
    ];
    let mut attributes = attributes(line, &short);
    let clm = format!("safNode={},safCluster=clm", line.name);
    attributes.push(("saAmfNodeClmNode", Value::Name(clm)));
    let dn = format!("safAmfNode={},safAmfCluster=cluster", line.name);
    object(&dn, "SaAmfNode", &attributes)
}

fn sg_type(name: &str) -> String {
    format!("safVersion=1,safSgType={name}")
}

fn sg_type_attributes(line: &Line) -> Vec<(&'static str, Value)> {
    let model = line.words.get("model").map_or(1, |n| n.parse().unwrap());
    vec![("saAmfSgtRedundancyModel", Value::Uint32(model))]
}

fn sg(line: &Line, dn: &str) -> Object {
    let short = [
        ("pref", "saAmfSGNumPrefInserviceSUs"),
        ("adjust", "saAmfSGAutoAdjust"),
        ("adjustprob", "saAmfSGAutoAdjustProb"),
        ("repair", "saAmfSGAutoRepair"),
        ("cm", "saAmfSGCompRestartMax"),
        ("cp", "saAmfSGCompRestartProb"),
        ("sm", "saAmfSGSuRestartMax"),
        ("sp", "saAmfSGSuRestartProb"),
        ("assigned", "saAmfSGNumPrefAssignedSUs"),
        ("max", "saAmfSGMaxActiveSIsperSU"),
        ("maxstandby", "saAmfSGMaxStandbySIsperSU"),
        ("actives", "saAmfSGNumPrefActiveSUs"),
        ("standbys", "saAmfSGNumPrefStandbySUs"),
        ("admin", "saAmfSGAdminState"),
    ];
    let mut attributes = attributes(line, &short);
    attributes.push(("saAmfSGType", Value::Name(sg_type(line.name))));
    object(dn, "SaAmfSG", &attributes)
}

fn su(line: &Line, dn: &str) -> Object {
    let short = [
        ("rank", "saAmfSURank"),
        ("failover", "saAmfSUFailover"),
        ("campaign", "saAmfSUMaintenanceCampaign"),
        ("admin", "saAmfSUAdminState"),
    ];
    let mut attributes = attributes(line, &short);
    attributes.push((
        "saAmfSUType",
        Value::Name("safVersion=1,safSuType=U".into()),
    ));
    if let Some(on) = line.words.get("on") {
        let node = format!("safAmfNode={on},safAmfCluster=cluster");
        attributes.push(("saAmfSUHostNodeOrNodeGroup", Value::Name(node)));
    }
    object(dn, "SaAmfSU", &attributes)
}

fn comp(line: &Line, su: &str) -> Vec<Object> {
    let short = [
        ("level", "saAmfCompInstantiationLevel"),
        ("norestart", "saAmfCompDisableRestart"),
        ("recovery", "saAmfCompRecoveryOnError"),
    ];
    let mut own = attributes(line, &short);
    let aware = !line.words.contains_key("npi");
    let kind = format!("safVersion=1,safCompType={}", line.name);
    own.push(("saAmfCompType", Value::Name(kind.clone())));
    let capability = match (line.words.get("capability"), aware) {
        (Some(number), _) => number.parse().unwrap(),
        (None, true) => 1,
        (None, false) => 7,
    };
    let command = |word: &str| Value::String(format!("/bin/{word}"));
    let mut of_type = vec![
        (
            "saAmfCtCompCategory",
            Value::Uint32(if aware { 1 } else { 8 }),
        ),
        ("saAmfCtDefRecoveryOnError", Value::Uint32(2)),
        ("saAmfCtRelPathInstantiateCmd", command("start")),
        ("saAmfCtRelPathCleanupCmd", command("cleanup")),
    ];
    if !aware {
        of_type.push(("saAmfCtRelPathTerminateCmd", command("stop")));
    }
    let cs_type = line.words.get("type").unwrap_or(&"T");
    let supports = format!("safSupportedCsType=safVersion=1\\,safCSType={cs_type},{kind}");
    vec![
        object(&kind, "SaAmfCompType", &of_type),
        object(
            &supports,
            "SaAmfCtCsType",
            &[("saAmfCtCompCapability", Value::Uint32(capability))],
        ),
        object(&format!("safComp={},{su}", line.name), "SaAmfComp", &own),
    ]
}

fn si(line: &Line, sg: &str) -> Vec<Object> {
    let short = [
        ("rank", "saAmfSIRank"),
        ("active", "saAmfSIPrefActiveAssignments"),
        ("standby", "saAmfSIPrefStandbyAssignments"),
        ("admin", "saAmfSIAdminState"),
    ];
    let mut attributes = attributes(line, &short);
    attributes.push(("saAmfSIProtectedbySG", Value::Name(sg.into())));
    attributes.push((
        "saAmfSvcType",
        Value::Name("safVersion=1,safSvcType=V".into()),
    ));
    let dn = format!("safSi={},safApp=App", line.name);
    let mut objects = vec![object(&dn, "SaAmfSI", &attributes)];
    let ranked = line.words.get("ranked").map(|list| list.split(','));
    for (at, su) in ranked.into_iter().flatten().enumerate() {
        let name = format!("safRankedSu=safSu={su}\\,{},{dn}", sg.replace(',', "\\,"));
        let rank = Value::Uint32(at as u32 + 1);
        objects.push(object(&name, "SaAmfSIRankedSU", &[("saAmfRank", rank)]));
    }
    if let Some(needs) = line.words.get("needs") {
        let (sponsor, tolerance) = needs.split_once(':').unwrap_or((needs, "0s"));
        let name = format!("safDepend=safSi={sponsor}\\,safApp=App,{dn}");
        objects.push(object(
            &name,
            "SaAmfSIDependency",
            &[("saAmfToleranceTime", value(tolerance))],
        ));
    }
    objects
}

fn csi(line: &Line) -> Vec<Object> {
    let si = format!("safSi={},safApp=App", line.words["in"]);
    let dn = format!("safCsi={},{si}", line.name);
    let cs_type = line.words.get("type").unwrap_or(&"T");
    let mut attributes = vec![(
        "saAmfCSType",
        Value::Name(format!("safVersion=1,safCSType={cs_type}")),
    )];
    if let Some(needs) = line.words.get("needs") {
        attributes.push((
            "saAmfCSIDependencies",
            Value::Name(format!("safCsi={needs},{si}")),
        ));
    }
    let mut objects = vec![object(&dn, "SaAmfCSI", &attributes)];
    if let Some(port) = line.words.get("port") {
        let value = ("saAmfCSIAttriValue", Value::String((*port).into()));
        objects.push(object(
            &format!("safCsiAttr=port,{dn}"),
            "SaAmfCSIAttribute",
            &[value],
        ));
    }
    objects
}

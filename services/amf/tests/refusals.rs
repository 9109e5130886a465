//! What cannot be configured is refused before it is logged, and says what is wrong.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[allow(dead_code, reason = "the other test files use other parts of the bed")]
mod bed;

use ais::imm::{Change, Object, Refusal, Value};
use ais::{AisError, Dn};
use amf::{Amf, Input};
use bed::Bed;
use machine::{Machine, Pos};

const GOOD: &str = "\
cluster cluster
node N1
node N2
sg SG
su SU1 on=N1 rank=1
su SU2 on=N2 rank=2
comp C1 in=SU1
comp C2 in=SU2
si SI1 rank=1
si SI2 rank=2
csi CSI1 in=SI1
csi CSI2 in=SI2
";

/// The refusal of a model with one thing changed.
fn refusal(change: impl Fn(&mut Vec<Object>)) -> Refusal {
    let mut objects = bed::model::objects(GOOD);
    change(&mut objects);
    let changes: Vec<_> = objects.into_iter().map(Change::Create).collect();
    let mut amf = Amf::new();
    let refusal = amf.validate(&changes).unwrap_err();
    let mut effects = Vec::new();
    amf.apply(Pos::default(), &Input::Config(changes), &mut effects);
    assert_eq!(amf.nodes(), [], "what is refused changes nothing");
    assert_eq!(effects, [], "what is refused has no effect");
    refusal
}

fn set<'a>(objects: &'a mut [Object], name: &str, attribute: &str, value: Value) -> &'a mut Object {
    let object = objects
        .iter_mut()
        .find(|o| o.dn.as_str().starts_with(name))
        .unwrap();
    object.attributes.insert(attribute.into(), vec![value]);
    object
}

#[test]
fn the_good_model_is_good() {
    let objects = bed::model::objects(GOOD);
    let changes: Vec<_> = objects.into_iter().map(Change::Create).collect();
    assert_eq!(Amf::new().validate(&changes), Ok(()));
}

/// One line for each fault: object, attribute, value, code, a word of the text.
const FAULTS: &str = "
safSg=SG saAmfSGType safVersion=9,safSgType=X INVALID_PARAM saAmfSGType
safVersion=1,safSgType=SG saAmfSgtRedundancyModel 2 INVALID_PARAM saAmfSGNumPrefActiveSUs
safVersion=1,safSgType=SG saAmfSgtRedundancyModel 9 INVALID_PARAM RedundancyModel
safSu=SU1 saAmfSUType x=y INVALID_PARAM saAmfSUType
safSu=SU1 saAmfSUHostNodeOrNodeGroup safAmfNode=N9,safAmfCluster=cluster INVALID_PARAM saAmfSUHostNode
safVersion=1,safSuType=U saAmfSutIsExternal 1 NOT_SUPPORTED external
safComp=C1 saAmfCompType x=y INVALID_PARAM saAmfCompType
safVersion=1,safCompType=C1 saAmfCtCompCategory 4 NOT_SUPPORTED proxied
safVersion=1,safCompType=C1 saAmfCtRelPathAmStartCmd /x INVALID_PARAM AmStop
safVersion=1,safCompType=C1 saAmfCtRelPathCleanupCmd relative INVALID_PARAM absolute
safSi=SI1 saAmfSIProtectedbySG safSg=X,safApp=App INVALID_PARAM saAmfSIProtectedbySG
safCsi=CSI1 saAmfCSIDependencies safCsi=CSI2,safSi=SI2,safApp=App INVALID_PARAM another
safCsi=CSI1 saAmfCSIDependencies safCsi=CSI1,safSi=SI1,safApp=App INVALID_PARAM cycle
";

// covers: AMF-3.8.1-02 AMF-3.8.1.3-05 AMF-4.8-02 AMF-4.10-02
#[test]
fn each_fault_is_refused() {
    for line in FAULTS.lines().filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [object, attribute, value, code, word] = words[..] else {
            panic!("five words: {line}");
        };
        let value = match value.parse() {
            Ok(number) => Value::Uint32(number),
            Err(_) => Value::Name(value.into()),
        };
        let refusal = refusal(|objects| {
            set(objects, object, attribute, value.clone());
        });
        assert!(
            refusal.code.name().ends_with(code),
            "{line}: {}",
            refusal.text
        );
        assert!(refusal.text.contains(word), "{line}: {}", refusal.text);
    }
}

// covers: AMF-3.1.1.1-02 AMF-3.1.1.1-03
#[test]
fn a_clm_node_hosts_one_amf_node() {
    let refusal = refusal(|objects| {
        let clm = Value::Name("safNode=N1,safCluster=clm".into());
        set(objects, "safAmfNode=N2", "saAmfNodeClmNode", clm);
    });
    assert_eq!(refusal.dn.value(), "N2");
}

// covers: AMF-3.8.1.1-05 AMF-3.8.1.1-06
#[test]
fn si_dependencies_follow_the_ranks() {
    let depends = |on: &str, of: &str| {
        let dn = format!("safDepend=safSi={on}\\,safApp=App,safSi={of},safApp=App");
        Object {
            dn: Dn::parse(&dn).unwrap(),
            class: "SaAmfSIDependency".into(),
            attributes: bed::Attributes::new(),
        }
    };
    let upside_down = refusal(|objects| objects.push(depends("SI2", "SI1")));
    assert!(upside_down.text.contains("rank"), "{}", upside_down.text);
    let cycle = refusal(|objects| {
        set(objects, "safSi=SI2", "saAmfSIRank", Value::Uint32(1));
        objects.push(depends("SI2", "SI1"));
        objects.push(depends("SI1", "SI2"));
    });
    assert!(cycle.text.contains("cycle"), "{}", cycle.text);
}

/// Who runs or serves cannot be deleted.
#[test]
fn what_is_in_use_stays() {
    let mut bed = Bed::new(bed::model::objects(GOOD));
    let create: Vec<_> = bed.objects.iter().cloned().map(Change::Create).collect();
    bed.apply(Input::Config(create));
    bed.step("join N1 N2");
    bed.step("settle");
    for name in ["SU1", "C1", "SI1", "CSI1"] {
        let delete = Change::Delete {
            dn: bed.dn(name),
            class: String::new(),
        };
        let refusal = bed.amf.validate(&[delete]).unwrap_err();
        assert_eq!(refusal.code, AisError::BadOperation, "{name}");
    }
}

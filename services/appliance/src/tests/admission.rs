//! What is refused before it is logged, and what the log holds.

use super::bed::{Bed, model};
use crate::{Answer, Appliance, Command, Effect};
use ais::imm::Value;
use ais::{AisError, Dn};
use alloc::string::ToString;
use alloc::vec::Vec;
use alloc::{format, vec};
use imm::{Modification, ModificationType, Operation};

const COUNTER: &str = include_str!("../../../../examples/models/counter.xml");

/// The model, with one line of the application changed.
#[track_caller]
fn changed(from: &str, to: &str) -> Command {
    assert!(COUNTER.contains(from));
    let mut batch = imm::Batch::default();
    for (name, text) in super::bed::MODEL {
        let text = match name {
            "counter.xml" => text.replacen(from, to, 1),
            _ => text.to_string(),
        };
        batch.append(imm::xml::read(name, &text).unwrap());
    }
    Command::Load { tag: 3, batch }
}

/// The refusal begins with the file and the line where the object begins, whoever refuses; nothing
/// has changed.
#[test]
fn a_refused_model_names_file_and_line() {
    // By IMM: an attribute that the class does not have; a value of another type; a name of nobody.
    model_refused(
        "<name>saAmfSURank</name>",
        "<name>saAmfSUColour</name>",
        "saAmfSUColour",
    );
    model_refused("<value>2000000000</value>", "<value>soon</value>", "soon");
    model_refused(
        "<value>safSg=Counter,safApp=Counter</value>",
        "<value>safSg=No</value>",
        "safSg=No",
    );
    // By AMF: a redundancy model without its numbers; a type without its command.
    let two_n = "<name>saAmfSgtRedundancyModel</name>\n      <value>1</value>";
    let n_plus_m = "<name>saAmfSgtRedundancyModel</name>\n      <value>2</value>";
    model_refused(two_n, n_plus_m, "saAmfSGNumPrefActiveSUs");
    let instantiate = "saAmfCtRelPathInstantiateCmd";
    model_refused(instantiate, "saAmfCtRelPathAmStartCmd", instantiate);
}

#[track_caller]
fn model_refused(from: &str, to: &str, names: &str) {
    let appliance = Appliance::new();
    let refused = appliance.admit(&changed(from, to)).unwrap_err();
    let text = refused.text;
    let line = text
        .strip_prefix("counter.xml:")
        .and_then(|rest| rest.split(':').next());
    let line: usize = line.and_then(|line| line.parse().ok()).expect(&text);
    assert!(text.contains(names), "{text}");
    let before: Vec<&str> = COUNTER.lines().take(line).collect();
    assert!(before.len() == line && line > 10, "{text}");
    assert!(appliance == Appliance::new());
}

/// What IMM cannot take is answered, and changes nothing but the place in the log.
#[test]
fn a_model_that_is_logged_and_wrong_changes_nothing() {
    let mut bed = Bed::running();
    let before = bed.appliance.clone();
    let wrong = changed("<name>saAmfSURank</name>", "<name>saAmfSUColour</name>");
    let effects = bed.apply(&wrong);
    let answers = effects.iter().filter(|e| {
        matches!(
            e,
            Effect::Answer(Answer {
                tag: 3,
                result: Err(_)
            })
        )
    });
    assert_eq!((answers.count(), effects.len()), (1, 1));
    assert!(bed.appliance.imm == before.imm && bed.appliance.amf == before.amf);
}

#[track_caller]
fn refused(bed: &Bed, operation: Operation, code: AisError, words: &str) {
    let before = bed.appliance.clone();
    let ccb = Command::Ccb {
        tag: 4,
        operations: vec![operation],
    };
    let refused = bed.appliance.admit(&ccb).unwrap_err();
    assert_eq!(refused.code, code, "{}", refused.text);
    assert!(refused.text.contains(words), "{}", refused.text);
    assert!(bed.appliance == before);
}

/// Each service is asked about its own objects.
#[test]
fn a_ccb_is_refused_by_the_service_that_it_concerns() {
    let bed = Bed::running();
    let modify = |dn: &str, attribute: &str, values: &[&str]| Operation::Modify {
        dn: Dn::parse(dn).unwrap(),
        modifications: vec![Modification {
            kind: ModificationType::Replace,
            attribute: attribute.into(),
            values: values.iter().map(|v| Value::Name((*v).into())).collect(),
        }],
    };
    let elsewhere = "safEE=linux,safHE=slot4,safDomain=shelf";
    let node = modify(
        "safNode=blade1,safCluster=shelf",
        "saClmNodeEE",
        &[elsewhere],
    );
    refused(&bed, node, AisError::BadOperation, "cannot be changed");
    let slot = "safHE=slot1,safDomain=shelf";
    let hardware = modify(slot, "saPlmHEEntityPaths", &[]);
    refused(
        &bed,
        hardware,
        AisError::BadOperation,
        "only while not present",
    );
    let clm_node = Value::Name("safNode=blade1,safCluster=shelf".into());
    let second = Operation::Create {
        class: "SaAmfNode".into(),
        dn: Dn::parse("safAmfNode=second,safAmfCluster=shelf").unwrap(),
        attributes: [
            ("saAmfNodeClmNode".into(), vec![clm_node]),
            ("saAmfNodeSuFailOverProb".into(), vec![Value::Time(1)]),
            ("saAmfNodeSuFailoverMax".into(), vec![Value::Uint32(1)]),
        ]
        .into(),
    };
    refused(
        &bed,
        second,
        AisError::InvalidParam,
        "already hosts another AMF node",
    );
    let nobody = "safSu=SU9,safSg=Counter,safApp=Counter";
    let dn = Dn::parse(nobody).unwrap();
    refused(&bed, Operation::Delete { dn }, AisError::NotExist, nobody);
}

/// A CCB that is accepted is answered, and its service knows of it.
#[test]
fn a_ccb_reaches_its_service() {
    let mut bed = Bed::running();
    let ccb = Command::Ccb {
        tag: 4,
        operations: vec![Operation::Modify {
            dn: Dn::parse("safSg=Counter,safApp=Counter").unwrap(),
            modifications: vec![Modification {
                kind: ModificationType::Replace,
                attribute: "saAmfSGAutoRepair".into(),
                values: vec![Value::Uint32(0)],
            }],
        }],
    };
    bed.appliance.admit(&ccb).unwrap();
    let before = bed.appliance.amf.clone();
    let effects = bed.apply(&ccb);
    let answer = Effect::Answer(Answer {
        tag: 4,
        result: Ok(()),
    });
    assert!(effects.contains(&answer), "{effects:?}");
    assert!(bed.appliance.amf != before);
}

/// What the log brings back is the command; what was cut off anywhere is none.
#[test]
fn commands_survive_the_log() {
    let load = Command::Load {
        tag: 1,
        batch: model(),
    };
    assert_eq!(Command::decode(&load.encode()), Ok(load));
    let ee = Dn::parse("safEE=linux").unwrap();
    let down = Command::EeDown { ee, ordered: true };
    let bytes = down.encode();
    assert_eq!(Command::decode(&bytes), Ok(down));
    let cut: Vec<usize> = (0..bytes.len()).collect();
    for end in cut {
        assert!(
            Command::decode(&bytes[..end]).is_err(),
            "{}",
            format!("{end} bytes")
        );
    }
}

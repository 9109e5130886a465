//! Which configurations are refused, and that PLM itself survives them.

use super::{Player, Row, SHELF, create, dn, show};
use crate::{Input, Plm, Settings};
use ais::imm::Change;
use ais::{AisError, Dn};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use machine::{Machine, Pos};

fn configured() -> Plm {
    let mut player = Player::new();
    player.say("config");
    player.plm
}

#[track_caller]
fn refused(row: Row) -> String {
    let change = create(&row);
    let refusal = configured()
        .validate(core::slice::from_ref(&change))
        .unwrap_err();
    assert_eq!(refusal.code, AisError::BadOperation);
    assert_eq!(refusal.dn.as_str(), row.0);
    // What should never have come through must not bring the machine down.
    let mut plm = configured();
    plm.apply(
        Pos::default(),
        &Input::Config([change].to_vec()),
        &mut Vec::new(),
    );
    refusal.text
}

fn deletion(name: &str) -> Change {
    let (dn, class) = (dn(name), "SaPlmEE".to_string());
    Change::Delete { dn, class }
}

/// Nothing is deleted in the midst of a restart; should it be, the administrator is answered.
#[test]
fn a_deletion_answers_who_waits() {
    let mut player = Player::new();
    for line in ["config", "added b1 active", "ee-up e1", "restart e1"] {
        player.say(line);
    }
    let changes = [deletion("e1")].to_vec();
    let refusal = player.plm.validate(&changes).unwrap_err();
    assert_eq!(refusal.text, "an operation is under way");
    let mut effects = Vec::new();
    player
        .plm
        .apply(player.at, &Input::Config(changes), &mut effects);
    let answers: Vec<String> = effects.iter().filter_map(show).collect();
    assert!(answers.contains(&"answer SA_AIS_ERR_FAILED_OPERATION".to_string()));
    assert!(player.plm.restarts.is_empty());
}

/// What is deleted leaves no alarm behind that nobody could clear.
#[test]
fn a_deletion_clears_the_alarm() {
    let mut player = Player::new();
    for line in ["config", "added b1 active", "after 100"] {
        player.say(line);
    }
    let mut effects = Vec::new();
    let input = Input::Config([deletion("e1")].to_vec());
    player.plm.apply(player.at, &input, &mut effects);
    let said: Vec<String> = effects.iter().filter_map(show).collect();
    let name = dn("e1");
    assert_eq!(
        said[0],
        alloc::format!("EE alarm Cleared: {name} is deleted")
    );
}

/// Objects stand where the class says.
#[test]
fn parents_are_checked() {
    let text = "an object of this class cannot stand there";
    assert_eq!(refused(("safHE=x", "SaPlmHE", &[])), text);
    assert_eq!(
        refused(("safVersion=1,safHEType=none", "SaPlmHEType", &[])),
        text
    );
    assert_eq!(
        refused(("safDependency=1,safDomain=d", "SaPlmDependency", &[])),
        text
    );
    assert_eq!(
        refused(("safDomain=e", "SaPlmDomain", &[])),
        "there is a domain already"
    );
}

/// References name what is there, and of the right class.
#[test]
fn references_are_checked() {
    let type_of_he = ("saPlmHEBaseHEType", "nsafEEType=os");
    let attributes: &'static [_] = [type_of_he].leak_in_test();
    assert_eq!(
        refused(("safHE=x,safDomain=d", "SaPlmHE", attributes)),
        "does not name one SaPlmHEBaseType"
    );
}

trait LeakInTest {
    fn leak_in_test(self) -> &'static [(&'static str, &'static str)];
}

impl<const N: usize> LeakInTest for [(&'static str, &'static str); N] {
    fn leak_in_test(self) -> &'static [(&'static str, &'static str)] {
        self.to_vec().leak()
    }
}

/// Values that PLM has to read can be read.
#[test]
fn values_are_checked() {
    let he = |paths: &'static str| {
        let attributes = [
            ("saPlmHEBaseHEType", "nsafHEType=blade"),
            ("saPlmHEEntityPaths", paths),
        ];
        refused(("safHE=x,safDomain=d", "SaPlmHE", attributes.leak_in_test()))
    };
    assert!(he("sTOASTER.1").contains("TOASTER"));
    assert!(he("sSWITCH").contains("neither"));
    let idr = [("saPlmHetIdr", "sBOARD/COLOUR=red")].leak_in_test();
    assert!(refused(("safVersion=3,safHEType=blade", "SaPlmHEType", idr)).contains("COLOUR"));
}

/// A dependency that could never be met is refused.
#[test]
fn dependencies_are_checked() {
    let dependency = |names: &'static str, min: &'static str| {
        let attributes = [("saPlmDepNames", names), ("saPlmDepMinNumber", min)].leak_in_test();
        refused((
            "safDependency=1,safEE=e2,safHE=b2,safDomain=d",
            "SaPlmDependency",
            attributes,
        ))
    };
    assert!(dependency("nsafEE=e9,safHE=b2,safDomain=d", "u1").contains("neither"));
    assert!(dependency("nsafEE=e1,safHE=b1,safDomain=d", "u2").contains("larger"));
    assert_eq!(
        dependency("nsafEE=e2,safHE=b2,safDomain=d", "u1"),
        "it would depend on itself"
    );
    // Through others: b1 needs e2, e2 needs e1, and e1 is below b1.
    let mut player = Player::new();
    player.say("config");
    player.say("dependency");
    let names = [
        ("saPlmDepNames", "nsafEE=e2,safHE=b2,safDomain=d"),
        ("saPlmDepMinNumber", "u1"),
    ];
    let round = create(&(
        "safDependency=1,safHE=b1,safDomain=d",
        "SaPlmDependency",
        names.leak_in_test(),
    ));
    assert_eq!(
        player.plm.validate(&[round]).unwrap_err().text,
        "it would depend on itself"
    );
}

/// What is there cannot be modified or deleted under way.
#[test]
fn what_is_in_use_stays() {
    let mut player = Player::new();
    player.say("config");
    let delete = |text: &str| {
        let dn = Dn::parse(text).unwrap();
        [Change::Delete {
            dn,
            class: String::new(),
        }]
    };
    assert!(
        player
            .plm
            .validate(&delete("safHE=b1,safDomain=d"))
            .is_err(),
        "e1 is below it"
    );
    assert!(
        player
            .plm
            .validate(&delete("safEE=e1,safHE=b1,safDomain=d"))
            .is_ok()
    );
    player.say("added b1 active");
    let modify = Change::Modify {
        dn: dn("b1"),
        class: "SaPlmHE".to_string(),
        attributes: [("saPlmHEEntityPaths".to_string(), Vec::new())].into(),
    };
    assert!(player.plm.validate(&[modify]).is_err());
    player.say("dependency");
    assert!(
        player
            .plm
            .validate(&delete("safEE=e1,safHE=b1,safDomain=d"))
            .is_err(),
        "e2 needs it"
    );
}

/// A blade that is there before anything is configured is mapped when it is.
#[test]
fn configuration_comes_after_the_hardware() {
    let mut player = Player::new();
    assert_eq!(player.say("added b1 active").len(), 0);
    player.say("config");
    assert_eq!(player.plm.mapped_to(&super::path("b1")), Some(&dn("b1")));
    assert_eq!(player.plm.entities().count(), 4);
}

/// The locked state of before a restart of everything is in the objects.
#[test]
fn admin_states_persist() {
    let mut plm = Plm::new(Settings::default());
    let mut changes: Vec<Change> = SHELF.iter().map(create).collect();
    for change in &mut changes {
        if let Change::Create(object) = change
            && object.class == "SaPlmHE"
        {
            let locked = [ais::imm::Value::Uint32(3)].to_vec();
            object
                .attributes
                .insert("saPlmHEAdminState".to_string(), locked);
        }
    }
    plm.apply(Pos::default(), &Input::Config(changes), &mut Vec::new());
    assert_eq!(
        plm.entity(&dn("b1")).unwrap().admin,
        crate::AdminState::LockedInactive
    );
}

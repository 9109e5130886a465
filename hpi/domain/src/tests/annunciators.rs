//! Annunciators: that of the shelf, which announces alarms, and those of the fixture.

use super::{Player, alarms, show};
use crate::{ANNOUNCEMENTS_MAX, AnnunciatorCall, SHELF_RESOURCE};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use hpi_model::{AnnunciatorMode, Capabilities, RdrType, ResourceId, Severity};

/// Resource and number of the shelf's own.
const TELCO: (u32, u32) = (SHELF_RESOURCE.0, 0x1000);
/// The fixture's that has place for four.
const FEW: (u32, u32) = (4352, 0);
/// The fixture's that is the users' own.
const USERS: (u32, u32) = (4352, 1);

/// A lost blade.
const LOST: &[&str] = &["added 82 M4", "failed 82"];

/// `ID SEVERITY TYPE` of each announcement, `user` where a user added it, `seen` where it is
/// acknowledged.
fn shown(player: &Player, (resource, num): (u32, u32)) -> Vec<String> {
    let resource = player.domain.resource(ResourceId(resource)).unwrap();
    let (_, annunciator) = resource.annunciator(num).unwrap();
    let entries = annunciator.entries().iter();
    let line = |entry: &hpi_model::Announcement| {
        let (severity, kind) = (entry.severity.word(), entry.condition.kind.word());
        let by = if entry.by_user { " user" } else { "" };
        let seen = if entry.acknowledged { " seen" } else { "" };
        format!("{} {severity} {kind}{by}{seen}", entry.id)
    };
    entries.map(line).collect()
}

/// What the last of these lines is answered.
fn told(player: &mut Player, script: &[&str]) -> String {
    let lines = script.iter().flat_map(|line| player.play(line));
    lines.last().map(|effect| show(&effect)).unwrap()
}

/// A call of a user about an annunciator.
fn call(player: &mut Player, (resource, num): (u32, u32), what: &str) -> String {
    told(
        player,
        &[&format!("user 7 annunciator {resource} {num} {what}")],
    )
}

#[track_caller]
fn mode(player: &Player, (resource, num): (u32, u32)) -> AnnunciatorMode {
    let resource = player.domain.resource(ResourceId(resource)).unwrap();
    resource.annunciator(num).unwrap().1.mode
}

// Source: SAIM-HPI-B.03.02-xTCA, instruments of the shelf.
#[test]
fn the_shelf_announces_the_alarms_of_the_domain() {
    let mut player = Player::new();
    let shelf = player.domain.resource(SHELF_RESOURCE).unwrap();
    assert!(shelf.rpt.capabilities.has(Capabilities::ANNUNCIATOR));
    assert!(shelf.rdr_of(RdrType::Annunciator, TELCO.1).is_some());
    told(&mut player, LOST);
    told(&mut player, &["user 7 open", "user 7 alarm minor"]);
    assert_eq!(shown(&player, TELCO), ["1 MAJOR RESOURCE", "2 MINOR USER"]);
    player.play("user 7 ack 1");
    let seen = ["1 MAJOR RESOURCE seen", "2 MINOR USER"];
    assert_eq!(shown(&player, TELCO), seen, "who saw the alarm saw this");
    player.play("restored 82");
    assert_eq!(shown(&player, TELCO), ["2 MINOR USER"]);
    player.play("failed 82");
    player.play("user 7 unalarm all");
    assert_eq!(shown(&player, TELCO), ["3 MAJOR RESOURCE"]);
}

#[test]
fn in_automatic_mode_users_only_acknowledge() {
    let mut player = Player::new();
    told(&mut player, LOST);
    player.play("user 7 open");
    assert_eq!(call(&mut player, TELCO, "add minor"), "READ_ONLY");
    assert_eq!(call(&mut player, TELCO, "delete 1"), "READ_ONLY");
    assert_eq!(call(&mut player, TELCO, "delete all"), "READ_ONLY");
    assert_eq!(call(&mut player, TELCO, "ack 2"), "NOT_PRESENT");
    assert_eq!(
        call(&mut player, TELCO, "ack minor"),
        "OK",
        "it may match none"
    );
    assert_eq!(call(&mut player, TELCO, "ack major"), "OK");
    assert_eq!(shown(&player, TELCO), ["1 MAJOR RESOURCE seen"]);
    let alarm = player.domain.alarms().entries().get(1).unwrap();
    assert!(!alarm.acknowledged, "the alarm is another matter");
}

// What a user deletes stays away while its alarm lasts, and its alarm's return is announced.
#[test]
fn in_shared_mode_both_add_and_delete() {
    let mut player = Player::new();
    told(&mut player, LOST);
    player.play("user 7 open");
    assert_eq!(call(&mut player, TELCO, "mode shared"), "OK");
    assert_eq!(call(&mut player, TELCO, "add informational"), "added 2");
    let both = ["1 MAJOR RESOURCE", "2 INFORMATIONAL USER user"];
    assert_eq!(shown(&player, TELCO), both);
    assert_eq!(call(&mut player, TELCO, "delete 9"), "NOT_PRESENT");
    assert_eq!(call(&mut player, TELCO, "delete major"), "OK");
    player.play("user 7 alarm minor");
    let later = ["2 INFORMATIONAL USER user", "3 MINOR USER"];
    assert_eq!(shown(&player, TELCO), later);
    player.play("restored 82");
    player.play("failed 82");
    let again = [later[0], later[1], "4 MAJOR RESOURCE"];
    assert_eq!(shown(&player, TELCO), again);
    call(&mut player, TELCO, "delete 4");
    assert_eq!(call(&mut player, TELCO, "mode auto"), "OK");
    assert_eq!(
        shown(&player, TELCO),
        ["3 MINOR USER", "5 MAJOR RESOURCE"],
        "all alarms, and no more"
    );
}

#[test]
fn in_user_mode_nothing_changes_by_itself() {
    let mut player = Player::new();
    told(&mut player, LOST);
    player.play("user 7 open");
    assert_eq!(call(&mut player, TELCO, "mode user"), "OK");
    player.play("restored 82");
    player.play("user 7 alarm minor");
    assert_eq!(shown(&player, TELCO), ["1 MAJOR RESOURCE"], "as it was");
    assert_eq!(call(&mut player, TELCO, "add critical"), "added 2");
    assert_eq!(call(&mut player, TELCO, "mode shared"), "OK");
    assert_eq!(
        shown(&player, TELCO),
        ["2 CRITICAL USER user", "3 MINOR USER"]
    );
}

#[test]
fn an_annunciator_takes_no_more_than_its_record_says() {
    let mut player = Player::new();
    told(&mut player, &["fixture full", "user 7 open"]);
    for _ in 0..5 {
        player.play("user 7 alarm minor");
    }
    assert_eq!(shown(&player, FEW).len(), 4);
    player.play("user 7 unalarm 2");
    let places = [
        "1 MINOR USER",
        "3 MINOR USER",
        "4 MINOR USER",
        "5 MINOR USER",
    ];
    assert_eq!(shown(&player, FEW), places, "the fifth alarm got its place");
    assert_eq!(call(&mut player, FEW, "mode shared"), "OK");
    assert_eq!(call(&mut player, FEW, "add minor"), "OUT_OF_SPACE");
    for _ in 0..ANNOUNCEMENTS_MAX {
        assert!(call(&mut player, USERS, "add minor").starts_with("added"));
    }
    assert_eq!(call(&mut player, USERS, "add minor"), "OUT_OF_SPACE");
}

#[test]
fn a_fixed_mode_and_missing_annunciators_are_refused() {
    let mut player = Player::new();
    told(&mut player, &["fixture full", "user 7 open", "added 82 M4"]);
    assert_eq!(mode(&player, USERS), AnnunciatorMode::User);
    assert_eq!(call(&mut player, USERS, "mode user"), "READ_ONLY");
    assert_eq!(mode(&player, FEW), AnnunciatorMode::Auto);
    let cases = [
        ((4352, 2), "NOT_PRESENT", "no such annunciator"),
        ((1, 0), "CAPABILITY", "a blade has none"),
        ((99, 0), "INVALID_RESOURCE", "no such resource"),
    ];
    for (of, code, why) in cases {
        for what in ["add minor", "delete all", "ack all", "mode auto"] {
            assert_eq!(call(&mut player, of, what), code, "{what}: {why}");
        }
    }
    assert_eq!(player.domain.alarms().count(Severity::All), 0);
}

/// A call of a user, for [`super::users::call`].
pub(super) fn of_user(what: &str, word: &str) -> AnnunciatorCall {
    match what {
        "add" => AnnunciatorCall::Add {
            severity: alarms::severity(word).unwrap(),
            acknowledged: false,
            condition: alarms::of_user().into(),
        },
        "delete" => AnnunciatorCall::Delete(alarms::which(word)),
        "ack" => AnnunciatorCall::Acknowledge(alarms::which(word)),
        "mode" => {
            let mut modes = AnnunciatorMode::ALL.iter().copied();
            let mode = modes.find(|mode| mode.word().eq_ignore_ascii_case(word));
            AnnunciatorCall::ModeSet(mode.unwrap())
        }
        other => panic!("no call {other} of an annunciator"),
    }
}

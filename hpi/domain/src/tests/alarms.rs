//! The domain alarm table: what comes and goes with its condition, and what users add.

use super::{Player, show};
use crate::{ALARMS_MAX, Input, USER_ALARMS_MAX, Which};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use hpi_model::{Alarm, Condition, ConditionType, EventState, HpiError, ResourceId, Severity};
use ipmi::description::SensorAddress;
use machine::Machine;

/// `ID SEVERITY TYPE RESOURCE/SENSOR:STATE`, and `seen` where it is acknowledged.
fn line(alarm: &Alarm) -> String {
    let Condition {
        kind,
        resource,
        sensor,
        state,
        ..
    } = &alarm.condition;
    let of = match kind {
        ConditionType::Sensor => format!(" {}/{sensor}:{:02x}", resource.0, state.0),
        ConditionType::Resource => format!(" {}", resource.0),
        ConditionType::Oem | ConditionType::User => String::new(),
    };
    let (severity, kind) = (alarm.severity.word(), kind.word());
    let seen = if alarm.acknowledged { " seen" } else { "" };
    format!("{} {severity} {kind}{of}{seen}", alarm.id)
}

/// What the table shows after these lines.
#[track_caller]
fn after(player: &mut Player, script: &[&str], expected: &[&str]) {
    for line in script {
        player.play(line);
    }
    let table = player.domain.alarms();
    let shown: Vec<String> = table.entries().iter().map(line).collect();
    assert_eq!(shown, expected, "after {script:?}");
    let counted = [Severity::Critical, Severity::Major, Severity::Minor].map(|it| table.count(it));
    assert_eq!(counted.iter().sum::<usize>(), table.count(Severity::All));
}

/// What a call is answered.
fn told(player: &mut Player, line: &str) -> String {
    player.play(line).last().map(show).unwrap()
}

// Beyond a threshold each milder one is crossed too, and each of them is an alarm.
#[test]
fn a_sensor_s_alarms_go_with_its_states_and_come_again_as_others() {
    let mut player = Player::new();
    let high = "sensor 20 01 01 asserted 59 5a 55";
    let alarms = ["1 MINOR SENSOR 1/1:08", "2 MAJOR SENSOR 1/1:10"];
    after(&mut player, &["added 20 same", high], &alarms);
    let alarm = player.domain.alarms().entries().get(1).unwrap();
    let (time_ns, count) = (alarm.time_ns, player.domain.alarms().update_count());
    assert_eq!(time_ns, 2_000_000_000, "when the event came");
    assert_eq!(alarm.condition.data.to_text(), "Inlet Temp");
    after(&mut player, &[high], &alarms);
    assert_eq!(player.domain.alarms().update_count(), count, "nothing new");
    let seen = ["1 MINOR SENSOR 1/1:08 seen", "2 MAJOR SENSOR 1/1:10"];
    after(&mut player, &["user 7 open", "user 7 ack 1"], &seen);
    after(&mut player, &["sensor 20 01 01 deasserted 57 45 46"], &[]);
    let again = ["3 MINOR SENSOR 1/1:08", "4 MAJOR SENSOR 1/1:10"];
    after(&mut player, &[high], &again);
    after(&mut player, &["removed 20"], &[]);
}

// Events are lost, or were sent before anybody listened; what the sensor reads is so.
#[test]
fn states_that_no_event_told_of_are_alarms_too() {
    let mut player = Player::new();
    let sensor = (0x20, SensorAddress { lun: 0, number: 1 });
    let hot = EventState(0x18);
    assert!(!player.domain.mistakes_states(sensor, hot), "there is none");
    player.play("added 20 same");
    assert!(player.domain.mistakes_states(sensor, hot));
    assert_eq!(player.play("states 20 01 18"), [], "nobody saw an event");
    let alarms = ["1 MINOR SENSOR 1/1:08", "2 MAJOR SENSOR 1/1:10"];
    after(&mut player, &[], &alarms);
    assert!(!player.domain.mistakes_states(sensor, hot), "it is known");
    after(&mut player, &["sensor 20 01 01 asserted 59 5a 55"], &alarms);
    after(&mut player, &["states 20 01 08"], &alarms[..1]);
    after(
        &mut player,
        &["states 20 77 08", "states 82 01 08"],
        &alarms[..1],
    );
    // Of a sensor whose states are of no severity.
    let other = (0x20, SensorAddress { lun: 0, number: 2 });
    assert!(!player.domain.mistakes_states(other, EventState(2)));
}

// A state that is of no severity is no alarm.
#[test]
fn informational_states_are_no_alarms() {
    let mut player = Player::new();
    let script = ["added 20 same", "sensor 20 02 6f asserted 01 ff ff"];
    after(&mut player, &script, &[]);
}

// The alarm is as severe as the resource, also when a user says how severe that is.
#[test]
fn a_lost_resource_is_an_alarm_until_it_is_back_or_gone() {
    let mut player = Player::new();
    let lost = ["added 82 M4", "failed 82"];
    after(&mut player, &lost, &["1 MAJOR RESOURCE 1"]);
    let worse = ["user 7 open", "user 7 severity 1"];
    after(&mut player, &worse, &["2 CRITICAL RESOURCE 1"]);
    after(&mut player, &["restored 82"], &[]);
    after(&mut player, &["failed 82"], &["3 CRITICAL RESOURCE 1"]);
    after(&mut player, &["removed 82"], &[]);
    after(&mut player, &["added 82 M7"], &["4 MAJOR RESOURCE 1"]);
}

// A sensor that is disabled, or whose state nobody is told of, has no alarms.
#[test]
fn alarms_of_a_sensor_are_those_that_it_may_tell() {
    let mut player = Player::new();
    let hot = [
        "fixture full",
        "user 7 open",
        "user 7 control 4352 6 manual analog 75",
    ];
    let both = ["1 MINOR SENSOR 4352/1:08", "2 MAJOR SENSOR 4352/1:10"];
    after(&mut player, &hot, &both);
    after(&mut player, &["user 7 sensor 4352 1 enable off"], &[]);
    let again = ["3 MINOR SENSOR 4352/1:08", "4 MAJOR SENSOR 4352/1:10"];
    after(&mut player, &["user 7 sensor 4352 1 enable on"], &again);
    after(
        &mut player,
        &["user 7 sensor 4352 1 remove 8 0"],
        &again[1..],
    );
    after(&mut player, &["user 7 sensor 4352 1 events off"], &[]);
    let back = [
        "user 7 sensor 4352 1 events on",
        "user 7 sensor 4352 1 remove 0 10",
    ];
    after(&mut player, &back, &["5 MAJOR SENSOR 4352/1:10"]);
    // It ends, though nobody is told so.
    after(
        &mut player,
        &["user 7 control 4352 6 manual analog 20"],
        &[],
    );
}

// Only users' alarms are deleted, one by one or by their severity; that of a resource stays.
#[test]
fn users_add_see_and_delete_alarms() {
    let mut player = Player::new();
    let script = [
        "user 7 open",
        "added 82 M4",
        "failed 82",
        "user 7 alarm minor",
        "user 7 alarm major",
    ];
    let alarms = ["1 MAJOR RESOURCE 1", "2 MINOR USER", "3 MAJOR USER"];
    after(&mut player, &script, &alarms);
    assert_eq!(told(&mut player, "user 7 ack 4"), "NOT_PRESENT");
    assert_eq!(
        told(&mut player, "user 7 ack critical"),
        "OK",
        "it may match none"
    );
    let count = player.domain.alarms().update_count();
    let seen = [
        "1 MAJOR RESOURCE 1 seen",
        "2 MINOR USER",
        "3 MAJOR USER seen",
    ];
    after(&mut player, &["user 7 ack major", "user 7 ack 3"], &seen);
    assert_eq!(
        player.domain.alarms().update_count(),
        count + 1,
        "one change"
    );
    assert_eq!(told(&mut player, "user 7 unalarm 1"), "READ_ONLY");
    assert_eq!(told(&mut player, "user 7 unalarm 9"), "NOT_PRESENT");
    let left = ["1 MAJOR RESOURCE 1 seen", "2 MINOR USER"];
    after(&mut player, &["user 7 unalarm major"], &left);
    assert_eq!(
        told(&mut player, "user 7 unalarm major"),
        "OK",
        "it may match none"
    );
    after(
        &mut player,
        &["user 7 unalarm all"],
        &["1 MAJOR RESOURCE 1 seen"],
    );
    assert_eq!(told(&mut player, "user 8 alarm minor"), "INVALID_SESSION");
}

#[test]
fn there_are_no_more_alarms_of_users_than_places() {
    let mut player = Player::new();
    player.play("user 7 open");
    for _ in 0..USER_ALARMS_MAX {
        assert!(told(&mut player, "user 7 alarm minor").starts_with("added"));
    }
    assert_eq!(told(&mut player, "user 7 alarm minor"), "OUT_OF_SPACE");
    after_lost(&mut player, "added 82 M4");
    player.play("user 7 unalarm 1");
    assert!(told(&mut player, "user 7 alarm minor").starts_with("added"));
}

/// Alarms of users leave those of resources their places.
fn after_lost(player: &mut Player, added: &str) {
    player.play(added);
    player.play("failed 82");
    assert_eq!(player.domain.alarms().count(Severity::Major), 1);
    assert!(!player.domain.alarms().overflowed());
}

// Source: `saHpiAlarmGetNext`: the walk goes on behind an alarm that is gone meanwhile.
#[test]
fn the_table_is_walked_in_the_order_of_addition() {
    let mut player = Player::new();
    player.play("user 7 open");
    for severity in ["minor", "major", "minor", "major"] {
        player.play(&format!("user 7 alarm {severity}"));
    }
    player.play("user 7 ack 1");
    let entries = player.domain.alarms().entries().clone();
    let next = |after: Option<(u32, i64)>, severity, unseen| {
        let entries = player.domain.alarms().entries();
        entries.next(after, severity, unseen).map(|alarm| alarm.id)
    };
    let time = |id: u32| (id, entries.get(id).unwrap().time_ns);
    assert_eq!(next(None, Severity::All, false), Ok(1));
    assert_eq!(next(None, Severity::All, true), Ok(2), "the first is seen");
    assert_eq!(next(Some(time(1)), Severity::Minor, false), Ok(3));
    assert_eq!(
        next(Some(time(3)), Severity::Minor, false),
        Err(HpiError::NotPresent)
    );
    assert_eq!(
        next(None, Severity::Critical, false),
        Err(HpiError::NotPresent)
    );
    assert_eq!(
        next(Some((2, 5)), Severity::All, false),
        Err(HpiError::InvalidData)
    );
    assert_eq!(
        next(Some((u32::MAX, 0)), Severity::All, false),
        Err(HpiError::NotPresent)
    );
    let gone = time(2);
    player.play("user 7 unalarm 2");
    let entries = player.domain.alarms().entries();
    let next = entries.next(Some(gone), Severity::All, false);
    assert_eq!(
        next.map(|alarm| alarm.id),
        Ok(3),
        "behind the one that is gone"
    );
}

/// Five controllers of 250 FRUs each: more than there are places.
#[test]
fn alarms_without_a_place_get_it_when_others_go() {
    let mut player = Player::new();
    let apply = |player: &mut Player, input: Input| {
        player.at.index += 1;
        player.domain.apply(player.at, &input, &mut Vec::new());
    };
    for address in [0x90, 0x92, 0x94, 0x96, 0x98] {
        let mut controller = player.controller(0x82, &[]);
        controller.address = address;
        controller.sdrs.clear();
        let fru = controller.frus[0].clone();
        controller.frus = (0..250).map(|_| fru.clone()).collect();
        for (fru_id, fru) in (0..).zip(&mut controller.frus) {
            (fru.fru_id, fru.site) = (fru_id, None);
        }
        apply(&mut player, Input::ControllerAdded(controller));
    }
    let at = |address| Input::ControllerFailed { address };
    for address in [0x90, 0x92, 0x94, 0x96] {
        apply(&mut player, at(address));
    }
    assert!(!player.domain.alarms().overflowed());
    assert_eq!(player.domain.alarms().count(Severity::All), 1_000);
    apply(&mut player, at(0x98));
    assert!(player.domain.alarms().overflowed());
    assert_eq!(player.domain.alarms().count(Severity::All), ALARMS_MAX);
    apply(&mut player, Input::ControllerRestored { address: 0x90 });
    assert!(!player.domain.alarms().overflowed());
    assert_eq!(player.domain.alarms().count(Severity::All), 1_000);
    let last = player.domain.alarms().entries().iter().next_back().unwrap();
    let resource = player.domain.resource(last.condition.resource).unwrap();
    assert!(resource.rpt.failed && resource.rpt.resource > ResourceId(1_000));
}

/// An alarm of a user, for [`super::users::call`].
pub(super) fn of_user() -> Condition {
    Condition {
        kind: ConditionType::User,
        entity: "{ADVANCEDTCA_CHASSIS,1}".to_string().parse().unwrap(),
        domain: Condition::THIS_DOMAIN,
        resource: ResourceId::UNSPECIFIED,
        sensor: 0,
        state: hpi_model::EventState::default(),
        name: b"safApp=mine".to_vec(),
        manufacturer: 0,
        data: hpi_model::TextBuffer::english("mine"),
    }
}

pub(super) fn severity(word: &str) -> Option<Severity> {
    let mut all = Severity::ALL.iter().copied();
    all.find(|severity| severity.word().eq_ignore_ascii_case(word))
}

/// A severity, or the id of one entry.
pub(super) fn which(word: &str) -> Which {
    severity(word).map_or_else(|| Which::One(word.parse().unwrap()), Which::All)
}

//! Resources without hardware.

use super::{Player, check, show};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use hpi_model::instrument::{ControlState, DigitalState};
use hpi_model::{HpiError, Reading, ResourceId};

/// The resource with the instruments.
const FIXTURE: ResourceId = ResourceId(4352);

/// They come once, are kept without PLM's knowledge, and leave when they are not wanted any more.
#[test]
fn a_fixture_comes_and_goes() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
fixture full
fixture none
  event 4352 MINOR: RESOURCE_REMOVED
",
    );
}

/// Power and reset work without a controller.
#[test]
fn a_fixture_is_switched() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 power 4352 off
  event 4352 INFORMATIONAL: DimiUpdate(0)
  OK
user 7 reset 4352
  OK
user 7 active 4352
  CAPABILITY
",
    );
}

/// The state of a control: of which line, where it has several.
fn shown(player: &Player, num: u32, line: u8) -> Result<ControlState, HpiError> {
    let resource = player.domain.resource(FIXTURE).unwrap();
    let (rec, kept) = resource.kept_control(num)?;
    kept.state(rec, line)
}

/// A session and the fixture.
fn player() -> Player {
    let mut player = Player::new();
    player.play("fixture full");
    player.play("user 7 open");
    player
}

/// What comes of a call, its events with it.
#[track_caller]
fn told(player: &mut Player, line: &str, expected: &[&str]) {
    let effects = player.play(&format!("user 7 {line}"));
    let told: Vec<String> = effects.iter().map(show).collect();
    assert_eq!(told, expected, "{line}");
}

#[test]
fn each_control_takes_what_its_type_has() {
    let mut player = player();
    let cases = [
        ("1 manual on", "OK", "a switch"),
        ("1 manual pulse-on", "INVALID_REQUEST", "it is on"),
        ("1 manual pulse-off", "OK", "it goes on again"),
        ("1 manual pulse-on", "INVALID_REQUEST", "it still is on"),
        ("1 auto", "OK", "its default is off"),
        ("1 manual pulse-off", "INVALID_REQUEST", "it is off"),
        ("1 manual analog 1", "INVALID_DATA", "not its type"),
        ("2 auto", "OK", "it has this mode"),
        ("2 manual on", "READ_ONLY", "its mode stays"),
        ("3 auto", "READ_ONLY", "its mode stays"),
        ("3 manual on", "UNSUPPORTED_PARAMS", "only pulses"),
        ("3 manual pulse-on", "OK", "a pulse"),
        ("7 manual stream abcd", "OK", "as much as there can be"),
        ("7 manual stream abcde", "INVALID_PARAMS", "too long"),
        ("10 manual oem bytes", "OK", "bytes"),
        ("10 manual oem ", "INVALID_DATA", "no bytes"),
        ("11 manual discrete 70000", "OK", "any number"),
        ("99 auto", "NOT_PRESENT", "no such control"),
    ];
    for (call, expected, why) in cases {
        let effects = player.play(&format!("user 7 control 4352 {call}"));
        assert_eq!(show(effects.first().unwrap()), expected, "{call}: {why}");
    }
    assert_eq!(
        shown(&player, 1, 0),
        Ok(ControlState::Digital(DigitalState::Off))
    );
}

#[test]
fn limits_of_numbers_are_kept() {
    let mut player = player();
    told(
        &mut player,
        "control 4352 6 manual analog 201",
        &["INVALID_DATA"],
    );
    told(
        &mut player,
        "control 4352 6 manual analog -101",
        &["INVALID_DATA"],
    );
    told(
        &mut player,
        "control 4352 4 manual discrete 16",
        &["UNSUPPORTED_PARAMS"],
    );
    told(&mut player, "control 4352 5 manual analog 51", &["OK"]);
    assert_eq!(shown(&player, 5, 0), Ok(ControlState::Analog(51)));
    told(&mut player, "control 4352 5 auto", &["OK"]);
    assert_eq!(shown(&player, 5, 0), Ok(ControlState::Analog(50)));
}

/// Source: SAI-HPI-B.03.02, `saHpiControlSet`, remarks on text controls.
#[test]
fn text_is_wrapped_and_only_written_lines_change() {
    let mut player = player();
    let line = |player: &Player, line: u8| {
        let Ok(ControlState::Text { text, .. }) = shown(player, 8, line) else {
            panic!("there is no line {line}");
        };
        text.to_text()
    };
    told(&mut player, "control 4352 8 manual text 2 second", &["OK"]);
    assert_eq!(line(&player, 1), "OpenShelf");
    assert_eq!(line(&player, 2), "second");
    told(
        &mut player,
        "control 4352 8 manual text 2 twenty-five characters is",
        &["OK"],
    );
    assert_eq!(line(&player, 2), "twenty-five characte");
    assert_eq!(line(&player, 3), "rs is");
    told(&mut player, "control 4352 8 manual text 3 ", &["OK"]);
    assert_eq!(line(&player, 3), "", "a text of nothing clears its line");
    let all = line(&player, 0);
    assert_eq!(all.len(), 80, "each line is as long as it can be");
    assert!(all.starts_with("OpenShelf           twenty-five"), "{all}");
    assert_eq!(shown(&player, 8, 5), Err(HpiError::InvalidData));
    for too_far in [
        "5 x",
        "4 one more than twenty is",
        "3 more than two lines have, which are forty",
    ] {
        let call = format!("control 4352 8 manual text {too_far}");
        told(&mut player, &call, &["INVALID_DATA"]);
    }
    told(&mut player, "control 4352 8 manual text 0 only", &["OK"]);
    assert_eq!(
        (line(&player, 1), line(&player, 2)),
        ("only".into(), String::new())
    );
    // The other text control has two bytes for each character.
    told(
        &mut player,
        "control 4352 9 manual text 1 x",
        &["INVALID_DATA"],
    );
    assert!(matches!(
        shown(&player, 9, 0),
        Ok(ControlState::Text { text, .. }) if text.data.len() == 40
    ));
}

/// Each threshold that is crossed is told, the gravest last; with a hysteresis they are left later.
#[test]
fn a_control_makes_its_sensor_cross_thresholds() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 control 4352 6 manual analog 75
  event 4352 MINOR: sensor 1 entered 08, states 00 -> 18, read Some(Int64(75))
  event 4352 MAJOR: sensor 1 entered 10, states 00 -> 18, read Some(Int64(75))
  OK
user 7 control 4352 6 manual analog 68
  OK
user 7 control 4352 6 manual analog 67
  event 4352 MAJOR: sensor 1 left 10, states 18 -> 08, read Some(Int64(67))
  OK
user 7 control 4352 6 manual analog -20
  event 4352 MINOR: sensor 1 left 08, states 08 -> 07, read Some(Int64(-20))
  event 4352 MINOR: sensor 1 entered 01, states 08 -> 07, read Some(Int64(-20))
  event 4352 MAJOR: sensor 1 entered 02, states 08 -> 07, read Some(Int64(-20))
  event 4352 CRITICAL: sensor 1 entered 04, states 08 -> 07, read Some(Int64(-20))
  OK
user 7 control 4352 12 manual off
  event 4352 INFORMATIONAL: sensor 4 left 02, states 02 -> 01, read None
  event 4352 INFORMATIONAL: sensor 4 entered 01, states 02 -> 01, read None
  OK
user 7 control 4352 4 manual discrete 6
  event 4352 INFORMATIONAL: sensor 5 left 01, states 01 -> 06, read None
  event 4352 INFORMATIONAL: sensor 5 entered 02, states 01 -> 06, read None
  event 4352 INFORMATIONAL: sensor 5 entered 04, states 01 -> 06, read None
  OK
",
    );
}

/// Thresholds are refused as a whole; those that are moved across the reading make events.
#[test]
fn thresholds_are_checked_and_work_at_once() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 sensor 4352 1 thresholds 3=20i
  event 4352 MINOR: sensor 1 entered 08, states 00 -> 08, read Some(Int64(25))
  OK
# Out of order with those that stay, and in order with those that come along.
user 7 sensor 4352 1 thresholds 3=71i
  INVALID_DATA
user 7 sensor 4352 1 thresholds 3=71i 4=72i
  event 4352 MINOR: sensor 1 left 08, states 08 -> 00, read Some(Int64(25))
  OK
user 7 sensor 4352 1 thresholds 3=60000000f
  INVALID_DATA
user 7 sensor 4352 1 thresholds 5=201i
  INVALID_CMD
user 7 sensor 4352 1 thresholds 5=9223372036854775807i
  INVALID_CMD
user 7 sensor 4352 1 thresholds 6=-1i
  INVALID_DATA
user 7 sensor 4352 1 thresholds 6=301i
  INVALID_CMD
user 7 sensor 4352 2 thresholds 3=1u
  INVALID_CMD
user 7 sensor 4352 3 thresholds 0=11000000f
  INVALID_CMD
user 7 sensor 4352 4 thresholds 0=1i
  INVALID_CMD
user 7 sensor 4352 9 thresholds
  NOT_PRESENT
",
    );
}

/// What is not enabled, or masked, is not told; what changes of that is.
#[test]
fn users_choose_what_they_are_told() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 sensor 4352 4 remove 1 ffff
  event 4352 INFORMATIONAL: sensor 4 works, events on, told 02 00, states 02
  OK
user 7 sensor 4352 4 remove 1 8000
  OK
user 7 control 4352 12 manual off
  OK
user 7 sensor 4352 4 add 4 0
  INVALID_DATA
user 7 sensor 4352 4 add 1 1
  event 4352 INFORMATIONAL: sensor 4 works, events on, told 03 01, states 01
  OK
user 7 control 4352 12 manual on
  event 4352 INFORMATIONAL: sensor 4 left 01, states 01 -> 02, read None
  event 4352 INFORMATIONAL: sensor 4 entered 02, states 01 -> 02, read None
  OK
user 7 sensor 4352 4 events off
  event 4352 INFORMATIONAL: sensor 4 works, events off, told 03 01, states 02
  OK
user 7 control 4352 12 manual off
  OK
user 7 sensor 4352 4 events on
  event 4352 INFORMATIONAL: sensor 4 works, events on, told 03 01, states 01
  OK
user 7 sensor 4352 4 enable off
  event 4352 INFORMATIONAL: sensor 4 is off, events on, told 03 01, states 01
  OK
user 7 control 4352 12 manual on
  OK
user 7 sensor 4352 2 add 1 1
  READ_ONLY
user 7 sensor 4352 2 events off
  event 4352 INFORMATIONAL: sensor 2 works, events off, told 07 07, states 00
  OK
user 7 sensor 4352 3 events off
  READ_ONLY
user 7 sensor 4352 3 enable off
  READ_ONLY
",
    );
}

#[test]
fn readings_have_the_type_of_their_sensor() {
    let mut player = player();
    player.play("user 7 control 4352 10 manual oem abc");
    let read = |player: &Player, num| {
        let resource = player.domain.resource(FIXTURE).unwrap();
        resource.kept_reading(num).map(|(reading, _)| reading)
    };
    assert_eq!(read(&player, 1), Ok(Some(Reading::Int64(25))));
    assert_eq!(read(&player, 2), Ok(Some(Reading::Uint64(5_000))));
    assert_eq!(read(&player, 3), Ok(Some(Reading::Micro(12_000_000))));
    assert_eq!(read(&player, 4), Ok(None));
    let mut bytes = [0; 32];
    bytes[..3].copy_from_slice(b"abc");
    assert_eq!(read(&player, 6), Ok(Some(Reading::Buffer(bytes))));
    player.play("user 7 sensor 4352 1 enable off");
    assert_eq!(read(&player, 1), Err(HpiError::InvalidRequest));
    assert_eq!(read(&player, 8), Err(HpiError::NotPresent));
}

/// Areas and fields of a fixture, by id; what is read-only stays as it is.
#[test]
fn a_fixture_s_inventory_is_written() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 idr 4352 add-area -
  event 4352 INFORMATIONAL: RESOURCE_UPDATED
  OK 6
# Id 0 is an id here, and then the first one.
user 7 idr 4352 add-area 0
  event 4352 INFORMATIONAL: RESOURCE_UPDATED
  OK 0
user 7 idr 4352 add-area 6
  DUPLICATE
user 7 idr 4352 add 6 - hello
  event 4352 INFORMATIONAL: RESOURCE_UPDATED
  OK 1
user 7 idr 4352 add 6 9 nine
  event 4352 INFORMATIONAL: RESOURCE_UPDATED
  OK 9
user 7 idr 4352 add 6 9 nine
  DUPLICATE
user 7 idr 4352 set 6 9 neuf
  event 4352 INFORMATIONAL: RESOURCE_UPDATED
  OK
user 7 idr 4352 set 6 8 eight
  NOT_PRESENT
user 7 idr 4352 delete 6 9
  event 4352 INFORMATIONAL: RESOURCE_UPDATED
  OK
user 7 idr 4352 delete-area 6
  event 4352 INFORMATIONAL: RESOURCE_UPDATED
  OK
user 7 idr 4352 delete-area 6
  NOT_PRESENT
# Area 5 is read-only, and so is a field of area 2.
user 7 idr 4352 add 5 - more
  READ_ONLY
user 7 idr 4352 set 2 3 other
  READ_ONLY
user 7 idr 4352 delete-area 2
  READ_ONLY
# The shelf has no inventory.
user 7 idr 4097 add-area -
  CAPABILITY
user 7 idr 1 add-area -
  INVALID_RESOURCE
",
    );
}

/// There is room for so many areas, and for so many bytes.
#[test]
fn a_fixture_s_inventory_is_bounded() {
    let mut player = super::Player::new();
    player.play("fixture full");
    player.play("user 7 open");
    let answers = |player: &mut super::Player, line: &str| -> alloc::vec::Vec<_> {
        let told = |_| player.play(line).last().map(super::show).unwrap();
        (0..60).map(told).collect()
    };
    let areas = answers(&mut player, "user 7 idr 4352 add-area -");
    assert_eq!(areas[27], "OK 33");
    assert_eq!(areas[28], "OUT_OF_SPACE");
    let long = alloc::format!("user 7 idr 4352 add 9 - {}", "x".repeat(255));
    let fields = answers(&mut player, &long);
    assert_eq!(fields.iter().filter(|it| *it != "OUT_OF_SPACE").count(), 31);
}

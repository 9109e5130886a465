//! Diagnostics initiators.

use super::{Player, check};
use crate::{DimiCall, Input, JobId, JobOf, JobResult, ResourceCall};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use hpi_model::diagnostics::{TestRunStatus, TestValue};
use hpi_model::{HpiError, ResourceId, TextBuffer};
use ipmi::command::app::SelfTestResults;
use machine::Machine;

/// The fixture.
const FIXTURE: ResourceId = ResourceId(4352);

/// `NUMBER start TEST [NAME=VALUE]…` or `NUMBER cancel TEST`; names have `_` for spaces, values
/// begin with their type: `b`, `i`, `m`, `t`.
pub(super) fn call(words: &[&str]) -> ResourceCall {
    let number = |at: usize| words[at].parse::<u32>().unwrap();
    let call = match words[1] {
        "cancel" => DimiCall::TestCancel(number(2)),
        _ => DimiCall::TestStart(number(2), words[3..].iter().map(value).collect()),
    };
    ResourceCall::Dimi(number(0), call)
}

fn value(word: &&str) -> (String, TestValue) {
    let (name, value) = word.split_once('=').unwrap();
    let (kind, value) = value.split_at(1);
    let value = match kind {
        "b" => TestValue::Boolean(value == "yes"),
        "i" => TestValue::Int32(value.parse().unwrap()),
        "m" => TestValue::Micro(value.parse().unwrap()),
        _ => TestValue::Text(TextBuffer::english(value)),
    };
    (name.replace('_', " "), value)
}

/// `RESOURCE SERIAL RESULT DETAIL`, in hexadecimal digits, or `RESOURCE SERIAL silent`.
pub(super) fn tested(words: &[&str]) -> Input {
    let hex = |at: usize| u8::from_str_radix(words[at], 16).unwrap();
    let id = JobId {
        resource: ResourceId(words[0].parse().unwrap()),
        of: JobOf::Test { num: 0, test: 0 },
        serial: words[1].parse().unwrap(),
    };
    let results = (words[2] != "silent").then(|| SelfTestResults {
        result: hex(2),
        detail: hex(3),
    });
    Input::JobDone(id, JobResult::SelfTest(results))
}

/// A test runs as long as its parameters say, and ends as they say; one runs at a time.
#[test]
fn a_test_runs_and_ends() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 dimi 4352 0 start 0
  event 4352 INFORMATIONAL: Dimi { num: 0, test: 0, status: 4, percent: 0 }
  OK
user 7 dimi 4352 0 start 1
  INVALID_STATE
user 7 dimi 4352 0 start 0
  INVALID_STATE
wait 1
  event 4352 INFORMATIONAL: Dimi { num: 0, test: 0, status: 1, percent: 100 }
user 7 dimi 4352 0 start 0 Loop_Count=i3 Pace=m1500000 Pass=bno Remark=tbroken
  event 4352 INFORMATIONAL: Dimi { num: 0, test: 0, status: 4, percent: 0 }
  OK
wait 4
wait 1
  event 4352 MAJOR: Dimi { num: 0, test: 0, status: 2, percent: 100 }
",
    );
}

#[test]
fn parameters_are_those_that_the_test_has() {
    let mut player = Player::new();
    player.play("fixture full");
    player.play("user 7 open");
    for (parameter, why) in [
        ("Speed=i1", "it has no such parameter"),
        ("loop_count=i1", "names are case sensitive"),
        ("Loop_Count=m1", "it is a whole number"),
        ("Loop_Count=i0", "it is too small"),
        ("Loop_Count=i1001", "it is too large"),
        ("Pace=m60000001", "it is too large"),
        ("Pass=tyes", "it is no text"),
    ] {
        let line = alloc::format!("user 7 dimi 4352 0 start 0 {parameter}");
        let told = player.play(&line);
        let told: Vec<String> = told.iter().map(super::show).collect();
        assert_eq!(told, [HpiError::InvalidData.word()], "{parameter}: {why}");
    }
}

#[test]
fn a_test_is_cancelled_unless_it_has_no_exit() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 dimi 4352 0 cancel 0
  INVALID_STATE
user 7 dimi 4352 0 start 0 Loop_Count=i60
  event 4352 INFORMATIONAL: Dimi { num: 0, test: 0, status: 4, percent: 0 }
  OK
wait 9
user 7 dimi 4352 0 cancel 0
  event 4352 INFORMATIONAL: Dimi { num: 0, test: 0, status: 3, percent: 255 }
  OK
wait 60
user 7 dimi 4352 0 start 1
  event 4352 INFORMATIONAL: Dimi { num: 0, test: 1, status: 4, percent: 0 }
  OK
user 7 dimi 4352 0 cancel 1
  INVALID_REQUEST
wait 1
  event 4352 INFORMATIONAL: Dimi { num: 0, test: 1, status: 1, percent: 100 }
user 7 dimi 4352 0 start 2
  INVALID_STATE
user 7 dimi 4352 0 start 4
  NOT_PRESENT
user 7 dimi 4352 1 start 0
  NOT_PRESENT
",
    );
}

/// What needs power is there while there is power, and ends badly when that goes.
#[test]
fn tests_come_and_go_with_the_power() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 dimi 4352 0 start 3
  event 4352 INFORMATIONAL: Dimi { num: 0, test: 3, status: 4, percent: 0 }
  OK
user 7 power 4352 off
  event 4352 MAJOR: Dimi { num: 0, test: 3, status: 2, percent: 100 }
  event 4352 INFORMATIONAL: DimiUpdate(0)
  OK
user 7 dimi 4352 0 start 3
  NOT_PRESENT
user 7 power 4352 off
  OK
user 7 power 4352 on
  event 4352 INFORMATIONAL: DimiUpdate(0)
  OK
",
    );
}

#[test]
fn a_test_shows_how_far_it_is_and_what_came_of_it() {
    let mut player = Player::new();
    for line in ["fixture full", "user 7 open"] {
        player.play(line);
    }
    let status = |player: &Player| {
        let fixture = player.domain.resource(FIXTURE).unwrap();
        let test = fixture.kept.dimis[&0].test(0).unwrap();
        (test.status(player.at.time), test.results().cloned())
    };
    assert_eq!(status(&player), ((TestRunStatus::NotRun, 0), None));
    player.play("user 7 dimi 4352 0 start 0 Loop_Count=i10 Remark=twell");
    player.play("wait 3");
    assert_eq!(status(&player).0, (TestRunStatus::Running, 30));
    player.play("wait 7");
    let (shown, results) = status(&player);
    assert_eq!(shown, (TestRunStatus::FinishedNoErrors, 100));
    let results = results.unwrap();
    assert_eq!(results.duration_ns, 10_000_000_000);
    assert_eq!(results.text.to_text(), "well");
    player.play("user 7 dimi 4352 0 start 0 Loop_Count=i10");
    assert_eq!(status(&player).1, Some(results), "the last run that ended");
    player.play("user 7 dimi 4352 0 cancel 0");
    let results = status(&player).1.unwrap();
    assert_eq!(results.status, TestRunStatus::Canceled);
}

/// A controller is asked off the log; what comes too late, or from before a restart, is no answer.
#[test]
fn a_controller_says_what_came_of_its_self_test() {
    let mut player = Player::new();
    let mut blade = player.shelf[1].clone();
    blade.abilities.self_test = true;
    let added = Input::ControllerAdded(blade.clone());
    player.domain.apply(player.at, &added, &mut Vec::new());
    player.play("user 7 open");
    let id = player.domain.resources().next().unwrap().rpt.resource.0;
    let mut play = |line: &str| {
        let told = player.play(&line.replace('@', &id.to_string()));
        told.iter().map(super::show).collect::<Vec<_>>().join("; ")
    };
    let started = play("user 7 dimi @ 0 start 0");
    assert!(
        started.contains("job 2: SelfTest { address: 16 }"),
        "{started}"
    );
    assert_eq!(play("tested @ 1 55 00"), "", "that is another job");
    assert!(play("tested @ 2 55 00").contains("status: 1, percent: 100"));
    assert_eq!(play("tested @ 2 57 01"), "", "it is over");
    play("user 7 dimi @ 0 start 0");
    assert!(play("tested @ 6 57 81").contains("MAJOR: Dimi { num: 0, test: 0, status: 2"));
    play("user 7 dimi @ 0 start 0");
    assert!(
        play("restarted").contains("status: 2"),
        "nobody asks any more"
    );
    play("user 7 dimi @ 0 start 0");
    assert!(play("tested @ 10 silent").contains("status: 2"));
    // Found again, it still knows.
    player.domain.apply(player.at, &added, &mut Vec::new());
    let found = player.domain.resource(ResourceId(id)).unwrap();
    assert!(found.kept.dimis[&0].test(0).unwrap().results().is_some());
    blade.abilities.self_test = false;
    let added = Input::ControllerAdded(blade);
    player.domain.apply(player.at, &added, &mut Vec::new());
    let found = player.domain.resource(ResourceId(id)).unwrap();
    assert!(found.kept.dimis.is_empty());
}

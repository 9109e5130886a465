//! OpenHPI's global parameters, and events that users inject.

use super::{Player, show};
use crate::{
    ALARMS_MAX, EVENT_LOG_MAX, EVENTS_WAITING_MAX, Parameter, SessionId, USER_ALARMS_MAX, UserCall,
};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use hpi_model::{Event, EventKind, ResourceEvent, ResourceId, Severity};

/// `NAME VALUE`.
pub(super) fn set(words: &[&str]) -> UserCall {
    let count = || words[1].parse().unwrap();
    UserCall::ParameterSet(match words[0] {
        "log-on" => Parameter::LogOnSeverity(match words[1] {
            "minor" => Severity::Minor,
            _ => Severity::Debug,
        }),
        "waiting" => Parameter::EventQueueLimit(count()),
        "log" => Parameter::EventLogSizeLimit(count()),
        "alarms" => Parameter::AlarmSizeLimit(count()),
        "user-alarms" => Parameter::AlarmUserLimit(count()),
        other => panic!("no parameter {other}"),
    })
}

/// `RESOURCE`: that it failed, though it did not.
pub(super) fn inject(words: &[&str]) -> UserCall {
    UserCall::Inject(Box::new(Event {
        source: ResourceId(words[0].parse().unwrap()),
        time_ns: 5,
        severity: Severity::Critical,
        kind: EventKind::Resource(ResourceEvent::Failure),
    }))
}

fn player() -> Player {
    let mut player = Player::new();
    player.play("user 7 open");
    player
}

fn plays(player: &mut Player, lines: &[&str]) {
    for line in lines {
        player.play(line);
    }
}

/// What a call is answered.
fn told(player: &mut Player, line: &str) -> String {
    player.play(line).last().map(show).unwrap()
}

fn logged(player: &Player) -> usize {
    player.domain.event_log().entries().count()
}

fn alarms(player: &Player) -> (usize, bool) {
    let table = player.domain.alarms();
    (table.count(Severity::All), table.overflowed())
}

// More than there is place for is refused; nothing is as much as there may be.
#[test]
fn limits_have_a_maximum() {
    let mut player = player();
    let most = |count: usize| u32::try_from(count).unwrap();
    let limits = [
        ("waiting", most(EVENTS_WAITING_MAX)),
        ("log", EVENT_LOG_MAX),
        ("alarms", most(ALARMS_MAX + USER_ALARMS_MAX)),
        ("user-alarms", most(USER_ALARMS_MAX)),
    ];
    let fresh = player.domain.parameters();
    for (name, most) in limits {
        let set = |count: u32| alloc::format!("user 7 set {name} {count}");
        assert_eq!(told(&mut player, &set(most + 1)), "UNSUPPORTED_PARAMS");
        assert_eq!(player.domain.parameters(), fresh, "nothing changed");
        assert_eq!(told(&mut player, &set(3)), "OK");
        assert_ne!(player.domain.parameters(), fresh);
        assert_eq!(told(&mut player, &set(0)), "OK");
        assert_eq!(player.domain.parameters(), fresh);
    }
    assert_eq!(told(&mut player, "user 8 set log 3"), "INVALID_SESSION");
}

// What is milder than asked is told, and not logged; what users add always is.
#[test]
fn the_domain_event_log_takes_what_is_severe_enough() {
    let mut player = player();
    plays(
        &mut player,
        &["user 7 subscribe", "user 7 set log-on minor", "added 82 M4"],
    );
    assert_eq!(logged(&player), 0, "an insertion is informational");
    assert!(
        player
            .domain
            .sessions()
            .next_event(SessionId(7), 0)
            .is_some()
    );
    player.play("failed 82");
    assert_eq!(logged(&player), 1, "a resource that is lost is major");
    player.play("user 7 add-event hello");
    assert_eq!(logged(&player), 2);
    plays(
        &mut player,
        &["user 7 set log-on all", "restored 82", "m-state 82 4 5 2"],
    );
    assert!(logged(&player) >= 4);
}

// A log that becomes smaller keeps what is newest, and says that it lost something.
#[test]
fn a_log_is_cut_to_its_size() {
    let mut player = player();
    for _ in 0..5 {
        player.play("user 7 log-event again");
    }
    player.play("user 7 set log 5");
    assert!(!player.domain.event_log().overflowed());
    player.play("user 7 set log 2");
    let log = player.domain.event_log();
    let ids: Vec<u32> = log.entries().map(|entry| entry.id).collect();
    assert_eq!(
        (ids.as_slice(), log.overflowed()),
        ([4, 5].as_slice(), true)
    );
    player.play("user 7 log-event again");
    let log = player.domain.event_log();
    assert_eq!((log.len(), log.size()), (2, 2));
}

// Whoever is behind by more than may wait has lost something, and is told.
#[test]
fn fewer_events_wait_where_fewer_may() {
    let mut player = player();
    player.play("user 7 subscribe");
    for _ in 0..5 {
        player.play("user 7 add-event again");
    }
    let next = |player: &Player| {
        let next = player.domain.sessions().next_event(SessionId(7), 0);
        next.map(|(waiting, lost)| (waiting.number, lost))
    };
    assert_eq!(next(&player), Some((0, false)));
    player.play("user 7 set waiting 2");
    assert_eq!(next(&player), Some((3, true)));
    player.play("user 7 add-event again");
    assert_eq!(next(&player), Some((4, true)));
    player.play("user 7 took 5");
    assert_eq!(next(&player), None);
}

// Alarms that are there stay; what had no place takes it once there is one.
#[test]
fn a_table_of_alarms_takes_as_many_as_it_may() {
    let mut player = player();
    plays(&mut player, &["user 7 alarm minor", "user 7 alarm major"]);
    plays(
        &mut player,
        &["user 7 set alarms 2", "user 7 set user-alarms 1"],
    );
    assert_eq!(alarms(&player), (2, false), "they were there before");
    plays(&mut player, &["added 82 M4", "failed 82"]);
    assert_eq!(alarms(&player), (2, true), "no place for the board's");
    assert_eq!(told(&mut player, "user 7 alarm minor"), "OUT_OF_SPACE");
    player.play("user 7 unalarm 1");
    assert_eq!(alarms(&player), (2, false), "the board's has it");
    plays(&mut player, &["added 84 M4", "failed 84"]);
    assert_eq!(alarms(&player), (2, true));
    player.play("user 7 set alarms 4");
    assert_eq!(alarms(&player), (3, false));
    assert_eq!(
        told(&mut player, "user 7 alarm minor"),
        "OUT_OF_SPACE",
        "one of users"
    );
    player.play("user 7 set user-alarms 2");
    assert!(told(&mut player, "user 7 alarm minor").starts_with("added"));
    assert_eq!(
        told(&mut player, "user 7 alarm minor"),
        "OUT_OF_SPACE",
        "four in all"
    );
}

// Subscribers hear it; nobody else believes it.
#[test]
fn an_injected_event_is_told_and_believed_by_nobody() {
    super::check(
        "
user 7 inject 1
  INVALID_SESSION
user 7 open
  OK
user 7 inject 1
  INVALID_RESOURCE
added 82 M4
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
user 7 inject 1
  event 1 CRITICAL: RESOURCE_FAILURE
  OK
failed 82
  event 1 MAJOR: RESOURCE_FAILURE
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: failed
",
    );
    let mut player = player();
    plays(
        &mut player,
        &["added 82 M4", "user 7 subscribe", "user 7 inject 1"],
    );
    assert_eq!(alarms(&player), (0, false));
    let (waiting, _) = player
        .domain
        .sessions()
        .next_event(SessionId(7), 0)
        .unwrap();
    assert_eq!(waiting.event.time_ns, 5, "its own time");
    assert_eq!(waiting.resource.as_ref().unwrap().resource, ResourceId(1));
}

//! What HPI's users change: sessions, subscriptions, tags, the event log, hot swap.

use super::{Player, alarms, annunciators, check, enables, shelf, show_event};
use crate::{
    AlarmCall, DONE_MAX, EVENTS_WAITING_MAX, Input, InstrumentCall, InventoryCall, LogCall, Mark,
    PolicyTimeout, ResourceCall, SESSIONS_MAX, SensorCall, SessionId, SwitchCall, UserCall,
};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use hpi_model::instrument::{ControlMode, ControlState, DigitalState, Stream};
use hpi_model::{
    AreaType, EventState, FieldType, HpiError, LoadId, ParmAction, PowerState, Reading,
    ResetAction, ResourceId, Severity, TextBuffer,
};
use machine::Machine;

/// Whose event log is meant.
const DOMAIN: ResourceId = ResourceId::UNSPECIFIED;

/// `SESSION CALL RESOURCE…`.
pub(super) fn call(words: &[&str]) -> Input {
    let number = |at: usize| words[at].parse::<u32>().unwrap();
    let resource = || ResourceId(number(2));
    let text = |at: usize| TextBuffer::english(words[at]);
    let of = |call| UserCall::Resource(resource(), call);
    let timeout = |word: &str| PolicyTimeout::from_ns(word.parse().unwrap()).unwrap();
    let call = match words[1] {
        "open" => UserCall::SessionOpen,
        "close" => UserCall::SessionClose,
        "subscribe" => UserCall::Subscribe,
        "unsubscribe" => UserCall::Unsubscribe,
        "took" => UserCall::EventTaken(number(2).into()),
        "add-event" => UserCall::EventAdd(Severity::Major, text(2)),
        "log-event" => UserCall::EventLog(DOMAIN, LogCall::EntryAdd(Severity::Minor, text(2))),
        "log" => UserCall::EventLog(DOMAIN, LogCall::StateSet(words[2] == "on")),
        "clear-log" => UserCall::EventLog(DOMAIN, LogCall::Clear),
        "tag-domain" => UserCall::DomainTagSet(text(2)),
        "alarm" => UserCall::Alarm(AlarmCall::Add {
            severity: alarms::severity(words[2]).unwrap(),
            acknowledged: false,
            condition: alarms::of_user().into(),
        }),
        "unalarm" => UserCall::Alarm(AlarmCall::Delete(alarms::which(words[2]))),
        "ack" => UserCall::Alarm(AlarmCall::Acknowledge(alarms::which(words[2]))),
        "enables" => UserCall::SensorEnables(resource(), number(3), enables::of_user(&words[4..])),
        "annunciator" => UserCall::Annunciator(
            resource(),
            number(3),
            annunciators::of_user(words[4], words[5]),
        ),
        "tag" => of(ResourceCall::TagSet(text(3))),
        "severity" => of(ResourceCall::SeveritySet(Severity::Critical)),
        "fumi" => of(super::firmware::call(&words[3..])),
        "dimi" => of(super::dimi::call(&words[3..])),
        "policy-cancel" => of(ResourceCall::PolicyCancel),
        "auto-extract" => of(ResourceCall::AutoExtractTimeoutSet(timeout(words[3]))),
        "auto-insert" => UserCall::AutoInsertTimeoutSet(timeout(words[2])),
        "failed-remove" => of(ResourceCall::FailedRemove),
        "watchdog" => of(super::watchdog::call(&words[3..])),
        "control" => UserCall::Instrument(ResourceId(number(2)), control(&words[3..])),
        "sensor" => UserCall::Instrument(ResourceId(number(2)), sensor(&words[3..])),
        // `SESSION repeatable CONNECTION.DIGEST CALL…`
        "repeatable" => {
            let (connection, digest) = words[2].split_once('.').unwrap();
            let mark = Mark {
                connection: connection.parse().unwrap(),
                digest: [digest.parse().unwrap(); 16],
            };
            let inner = [&words[..1], &words[3..]].concat();
            let Input::User { call, .. } = self::call(&inner) else {
                panic!("a call");
            };
            UserCall::Repeatable(mark, Box::new(call))
        }
        "set" => super::parameters::set(&words[2..]),
        "inject" => super::parameters::inject(&words[2..]),
        "idr" => of(ResourceCall::Inventory(inventory_call(&words[3..]))),
        "idr-written" => of(ResourceCall::InventoryWritten(shelf::inventory_of(0x84))),
        _ => UserCall::Switch(resource(), switch(&words[1..])),
    };
    let (tag, session) = (9, SessionId(number(0)));
    Input::User { tag, session, call }
}

/// `CALL RESOURCE…`: what is done with the resource.
fn switch(words: &[&str]) -> SwitchCall {
    match words[0] {
        "active" => SwitchCall::ActiveSet,
        "inactive" => SwitchCall::InactiveSet,
        "insertion" => SwitchCall::ActionRequest(true),
        "extraction" => SwitchCall::ActionRequest(false),
        "indicator" => SwitchCall::IndicatorStateSet(words[2] == "on"),
        "power" => SwitchCall::PowerStateSet(match words[2] {
            "cycle" => PowerState::Cycle,
            "on" => PowerState::On,
            _ => PowerState::Off,
        }),
        "reset" => SwitchCall::ResetStateSet(match words.get(2) {
            Some(&"warm") => ResetAction::Warm,
            Some(&"assert") => ResetAction::Assert,
            Some(&"deassert") => ResetAction::Deassert,
            _ => ResetAction::Cold,
        }),
        "parameters" => SwitchCall::ParmControl(match words[2] {
            "save" => ParmAction::Save,
            "restore" => ParmAction::Restore,
            _ => ParmAction::Default,
        }),
        "load" => SwitchCall::LoadIdSet(LoadId {
            number: words[2].parse().unwrap(),
            name: TextBuffer::english(words[3]),
        }),
        other => panic!("no call {other}"),
    }
}

/// `NUMBER auto`, or `NUMBER manual TYPE STATE…`.
fn control(words: &[&str]) -> InstrumentCall {
    let num = words[0].parse().unwrap();
    if words[1] == "auto" {
        return InstrumentCall::ControlSet(num, ControlMode::Auto, None);
    }
    let state = match words[2] {
        "off" => ControlState::Digital(DigitalState::Off),
        "on" => ControlState::Digital(DigitalState::On),
        "pulse-off" => ControlState::Digital(DigitalState::PulseOff),
        "pulse-on" => ControlState::Digital(DigitalState::PulseOn),
        "discrete" => ControlState::Discrete(words[3].parse().unwrap()),
        "analog" => ControlState::Analog(words[3].parse().unwrap()),
        "stream" => ControlState::Stream(Stream {
            repeat: true,
            data: words[3].into(),
        }),
        "text" => ControlState::Text {
            line: words[3].parse().unwrap(),
            text: TextBuffer::english(&words[4..].join(" ")),
        },
        "oem" => ControlState::Oem {
            manufacturer: 0,
            body: words[3..].join(" ").into(),
        },
        other => panic!("no state {other}"),
    };
    InstrumentCall::ControlSet(num, ControlMode::Manual, Some(state))
}

/// `NUMBER enable|events on|off`, `NUMBER add|remove ASSERT DEASSERT`, or
/// `NUMBER thresholds PLACE=VALUE…`, a value ending in its type: `i`, `u` or `f` (millionths).
fn sensor(words: &[&str]) -> InstrumentCall {
    let mask = |at: usize| EventState(u16::from_str_radix(words[at], 16).unwrap());
    let call = match words[1] {
        "enable" => SensorCall::EnableSet(words[2] == "on"),
        "events" => SensorCall::EventEnableSet(words[2] == "on"),
        "add" | "remove" => SensorCall::EventMasksSet {
            add: words[1] == "add",
            assert: mask(2),
            deassert: mask(3),
        },
        "thresholds" => {
            let mut thresholds = [None; 8];
            for word in &words[2..] {
                let (place, value) = word.split_once('=').unwrap();
                let (number, kind) = value.split_at(value.len() - 1);
                thresholds[place.parse::<usize>().unwrap()] = Some(match kind {
                    "i" => Reading::Int64(number.parse().unwrap()),
                    "u" => Reading::Uint64(number.parse().unwrap()),
                    _ => Reading::Micro(number.parse().unwrap()),
                });
            }
            SensorCall::ThresholdsSet(thresholds.into())
        }
        other => panic!("no call {other}"),
    };
    InstrumentCall::Sensor(words[0].parse().unwrap(), call)
}

/// A call that changes an inventory; `-` is no id.
fn inventory_call(words: &[&str]) -> InventoryCall {
    let number = |at: usize| words[at].parse::<u32>().unwrap();
    let id = |at: usize| words[at].parse::<u32>().ok();
    let kind = FieldType::Custom;
    let value = |at: usize| TextBuffer::english(words[at]);
    match words[0] {
        "add-area" => InventoryCall::AreaAdd(AreaType::Oem, id(1)),
        "delete-area" => InventoryCall::AreaDelete(number(1)),
        "add" => InventoryCall::FieldAdd {
            area: number(1),
            id: id(2),
            kind,
            value: value(3),
        },
        "set" => InventoryCall::FieldSet {
            area: number(1),
            id: number(2),
            kind,
            value: value(3),
        },
        "delete" => InventoryCall::FieldDelete {
            area: number(1),
            id: number(2),
        },
        other => panic!("no call {other}"),
    }
}

/// A call without the checks of [`Player::play`], for those that come a thousand times.
fn apply(player: &mut Player, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    let (at, input) = (player.at, call(&words));
    player.domain.apply(at, &input, &mut Vec::new());
}

/// What waits for a session next: its number, `lost` where others were lost, and the event.
fn next(player: &Player, session: u32) -> Option<String> {
    let (waiting, lost) = player.domain.sessions().next_event(SessionId(session), 0)?;
    let lost = if lost { " lost" } else { "" };
    let number = waiting.number;
    Some(alloc::format!(
        "{number}{lost} {}",
        show_event(&waiting.event)
    ))
}

#[test]
fn only_an_open_session_can_call() {
    check(
        "
user 7 subscribe
  INVALID_SESSION
user 7 open
  OK
user 7 open
  DUPLICATE
user 7 close
  OK
user 7 close
  INVALID_SESSION
",
    );
}

#[test]
fn a_session_is_subscribed_once() {
    check(
        "
user 7 open
  OK
user 7 unsubscribe
  INVALID_REQUEST
user 7 took 0
  INVALID_REQUEST
user 7 subscribe
  OK
user 7 subscribe
  DUPLICATE
user 7 unsubscribe
  OK
",
    );
}

#[test]
fn each_subscriber_gets_each_event_since_it_subscribed() {
    let mut player = Player::new();
    for line in [
        "user 1 open",
        "user 2 open",
        "user 3 open",
        "user 1 add-event before",
        "user 1 subscribe",
        "user 1 add-event first",
        "user 2 subscribe",
        "user 1 add-event second",
    ] {
        player.play(line);
    }
    let text = |number: u64| {
        let event = player.domain.sessions().event(number);
        event.map(|waiting| show_event(&waiting.event))
    };
    assert!(text(1).unwrap().contains("MAJOR"));
    assert!(next(&player, 1).unwrap().starts_with("1 event"));
    assert!(next(&player, 2).unwrap().starts_with("2 event"));
    assert_eq!(next(&player, 3), None, "it is not subscribed");
    player.play("user 1 took 1");
    assert!(next(&player, 1).unwrap().starts_with("2 event"));
    player.play("user 1 took 1");
    assert!(
        next(&player, 1).unwrap().starts_with("2 event"),
        "what was taken does not come again"
    );
    player.play("user 1 took 99");
    assert_eq!(next(&player, 1), None, "what has not happened is not taken");
    player.play("user 1 add-event third");
    assert!(next(&player, 1).unwrap().starts_with("3 event"));
    player.play("user 1 unsubscribe");
    player.play("user 2 close");
    assert_eq!(
        player.domain.sessions().event(3),
        None,
        "nobody waits, and so nothing is kept"
    );
}

#[test]
fn who_is_too_slow_loses_the_oldest_events_and_is_told() {
    let mut player = Player::new();
    player.play("user 1 open");
    player.play("user 1 subscribe");
    for _ in 0..EVENTS_WAITING_MAX + 3 {
        apply(&mut player, "1 add-event again");
    }
    assert!(next(&player, 1).unwrap().starts_with("3 lost"));
    player.play("user 1 took 3");
    assert!(next(&player, 1).unwrap().starts_with("4 event"));
}

#[test]
fn an_event_bears_its_source_as_it_was() {
    let mut player = Player::new();
    player.play("user 1 open");
    player.play("user 1 subscribe");
    player.play("added 82 M4");
    player.play("removed 82");
    let sessions = player.domain.sessions();
    for number in [0, 1] {
        let resource = sessions.event(number).unwrap().resource.as_ref();
        assert_eq!(resource.unwrap().resource, ResourceId(1), "event {number}");
    }
}

#[test]
fn there_are_no_more_sessions_than_places() {
    let mut player = Player::new();
    for session in 0..SESSIONS_MAX {
        apply(&mut player, &alloc::format!("{session} open"));
    }
    let effects = player.play(&alloc::format!("user {SESSIONS_MAX} open"));
    assert_eq!(super::show(&effects[0]), HpiError::OutOfSpace.word());
}

#[test]
fn users_move_a_blade_as_plm_does() {
    check(
        "
user 1 open
  OK
added 82 M1
  event 1 INFORMATIONAL: NOT_PRESENT -> INACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 INACTIVE
user 1 active 1
  INVALID_REQUEST
user 1 active 2
  INVALID_RESOURCE
user 1 insertion 1
  order: Unlock(FruAddress { address: 130, fru_id: 0 })
  OK
m-state 82 1 2 1
  event 1 INFORMATIONAL: INACTIVE -> INSERTION_PENDING (AUTO_POLICY)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: INACTIVE -> INSERTION_PENDING
user 1 active 1
  order: Activate(FruAddress { address: 130, fru_id: 0 })
  OK
user 1 power 1 off
  order: Power { fru: FruAddress { address: 130, fru_id: 0 }, on: false }
  OK
user 1 reset 1
  order: Reset(FruAddress { address: 130, fru_id: 0 })
  OK
user 1 indicator 1 on
  order: Indicator { fru: FruAddress { address: 130, fru_id: 0 }, on: true }
  OK
",
    );
}

#[test]
fn tags_and_severities_are_kept_and_counted_as_changes() {
    let mut player = Player::new();
    player.play("user 1 open");
    player.play("added 82 M4");
    let before = player.domain.info().rpt_update_count;
    let records = |player: &Player| {
        let resource = player.domain.resource(ResourceId(1)).unwrap();
        resource.rdr_update_count
    };
    let recorded = records(&player);
    player.play("user 1 tag 1 mine");
    player.play("user 1 severity 1");
    player.play("user 1 tag-domain ours");
    let resource = player.domain.resource(ResourceId(1)).unwrap();
    assert_eq!(resource.rpt.tag.to_text(), "mine");
    assert_eq!(resource.rpt.severity, Severity::Critical);
    assert_eq!(player.domain.tag().to_text(), "ours".to_string());
    assert_eq!(player.domain.info().rpt_update_count, before + 2);
    player.play("added 82 M4");
    assert_eq!(records(&player), recorded, "its records are the same");
    let resource = player.domain.resource(ResourceId(1)).unwrap();
    assert_eq!(
        resource.rpt.tag.to_text(),
        "mine",
        "to be discovered again is no removal"
    );
    assert_eq!(resource.rpt.severity, Severity::Critical);
    player.play("removed 82");
    player.play("added 82 M4");
    assert_ne!(
        records(&player),
        recorded,
        "nobody saw what it was meanwhile"
    );
}

#[test]
fn a_disabled_log_takes_only_what_users_add() {
    let mut player = Player::new();
    player.play("user 1 open");
    player.play("user 1 log off");
    player.play("added 82 M4");
    assert_eq!(player.domain.event_log().entries().count(), 0);
    player.play("user 1 log-event noted");
    assert_eq!(player.domain.event_log().entries().count(), 1);
    player.play("user 1 log on");
    player.play("removed 82");
    assert_eq!(player.domain.event_log().entries().count(), 2);
    player.play("user 1 clear-log");
    assert_eq!(player.domain.event_log().entries().count(), 0);
}

/// What is kept of all sessions: `SESSION: CONNECTION.DIGEST RESULT`.
fn done(player: &Player) -> Vec<String> {
    let done = player.domain.sessions().done();
    done.map(|(session, done)| {
        let Mark { connection, digest } = done.mark;
        let result = match &done.result {
            Ok(_) => "ok".to_string(),
            Err(why) => alloc::format!("{why:?}"),
        };
        alloc::format!("{}: {connection}.{} {result}", session.0, digest[0])
    })
    .collect()
}

// Whoever takes over must know what came of a call: what is kept is what each connection had last.
#[test]
fn what_came_of_the_last_calls_is_kept_one_for_each_connection() {
    let mut player = Player::new();
    for line in [
        "user 7 open",
        "user 7 repeatable 1.10 tag-domain a",
        "user 7 repeatable 2.20 unsubscribe",
        "user 7 repeatable 1.11 add-event b",
        "user 8 repeatable 3.30 tag-domain c",
        "user 7 repeatable 4.40 repeatable 4.41 tag-domain d",
    ] {
        apply(&mut player, line.strip_prefix("user ").unwrap());
    }
    let kept = [
        "7: 2.20 InvalidRequest",
        "7: 1.11 ok",
        "7: 4.40 InvalidRequest",
    ];
    assert_eq!(
        done(&player),
        kept,
        "no session 8, and nothing within another"
    );
    assert_eq!(player.domain.tag(), &TextBuffer::english("a"));
    for connection in 10..20 {
        let line = alloc::format!("7 repeatable {connection}.1 tag-domain e");
        apply(&mut player, &line);
    }
    assert_eq!(done(&player).len(), DONE_MAX, "the oldest are given up");
    assert_eq!(done(&player)[0], "7: 16.1 ok");
    apply(&mut player, "7 repeatable 30.1 close");
    assert_eq!(done(&player), Vec::<String>::new());
}

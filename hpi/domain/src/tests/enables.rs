//! What is enabled of sensors of controllers, as the hardware says.

use super::{Player, show};
use crate::{EnablesFound, SensorEnables};
use alloc::string::String;
use alloc::vec::Vec;
use hpi_model::{EventKind, EventState, ResourceId, SensorEnableChange};
use machine::Machine;

/// A blade's first sensor is at 75 degrees.
const HOT: [&str; 3] = [
    "user 7 open",
    "added 20 same",
    "sensor 20 01 01 asserted 59 5a 55",
];

/// `WAS NOW [STATES]`; what is enabled is `SENSOR,EVENTS,ASSERT,DEASSERT`, such as `on,off,3f,3f`.
pub(super) fn of_user(words: &[&str]) -> EnablesFound {
    let hex = |word: &str| EventState(u16::from_str_radix(word, 16).unwrap());
    let enables = |word: &str| {
        let parts: Vec<&str> = word.split(',').collect();
        SensorEnables {
            enabled: parts[0] == "on",
            events_enabled: parts[1] == "on",
            assert_mask: hex(parts[2]),
            deassert_mask: hex(parts[3]),
        }
    };
    EnablesFound {
        was: enables(words[0]),
        now: enables(words[1]),
        states: words.get(2).map(|word| hex(word)),
    }
}

/// What comes of a change: the event, and the answer.
fn changed(player: &mut Player, line: &str) -> (Option<SensorEnableChange>, String) {
    let effects = player.play(line);
    let change = effects.iter().find_map(|effect| {
        let crate::Effect::Event(event) = effect else {
            return None;
        };
        let EventKind::SensorEnableChange(change) = &event.kind else {
            return None;
        };
        Some(change.clone())
    });
    (change, show(effects.last().unwrap()))
}

fn alarms(player: &Player) -> Vec<u16> {
    let alarms = player.domain.alarms().entries().iter();
    alarms.map(|alarm| alarm.condition.state.0).collect()
}

fn hot() -> Player {
    let mut player = Player::new();
    for line in HOT {
        player.play(line);
    }
    assert_eq!(alarms(&player), [0x08, 0x10]);
    player
}

// Source: `saHpiSensorEnableSet`: an event where the status changes, and only there.
#[test]
fn a_change_is_told_once_and_logged() {
    let mut player = hot();
    let all = "on,on,3f,3f";
    let line = alloc::format!("user 7 enables 1 1 {all} {all}");
    assert_eq!(changed(&mut player, &line), (None, "OK".into()));
    let off = alloc::format!("user 7 enables 1 1 {all} off,on,3f,3f");
    let (change, answer) = changed(&mut player, &off);
    let change = change.expect("it is told");
    assert_eq!(answer, "OK");
    assert_eq!(
        (change.num, change.sensor_enable, change.event_enable),
        (1, false, true)
    );
    assert_eq!((change.assert_mask.0, change.deassert_mask.0), (0x3f, 0x3f));
    assert_eq!(change.current, Some(EventState(0x18)));
    let last = player.domain.event_log().entries().next_back().unwrap();
    assert_eq!(last.event.kind, EventKind::SensorEnableChange(change));
    let (again, _) = changed(&mut player, "user 7 enables 1 1 off,on,3f,3f off,on,3f,3f");
    assert_eq!(again, None, "it is no change");
    let (other, _) = changed(&mut player, &line);
    assert!(other.is_some(), "somebody else has switched it on again");
}

#[test]
fn alarms_are_of_states_that_are_told() {
    let mut player = hot();
    let all = "on,on,3f,3f";
    let play = |player: &mut Player, now: &str, states: &str| {
        let line = alloc::format!("user 7 enables 1 1 {all} {now}{states}");
        assert_eq!(changed(player, &line).1, "OK");
        alarms(player)
    };
    assert_eq!(
        play(&mut player, "on,on,37,3f", ""),
        [0x10],
        "minor is masked"
    );
    assert_eq!(
        play(&mut player, "on,on,3f,00", ""),
        [0x10, 0x08],
        "it counts again"
    );
    assert_eq!(play(&mut player, "on,off,3f,3f", ""), [], "no events");
    assert_eq!(play(&mut player, "off,on,3f,3f", ""), [], "no sensor");
    let states = " 38";
    assert_eq!(
        play(&mut player, all, states),
        [0x08, 0x10, 0x20],
        "as the hardware has them now"
    );
}

#[test]
fn what_is_known_outlives_a_discovery_and_not_a_removal() {
    let mut player = hot();
    changed(&mut player, "user 7 enables 1 1 on,on,3f,3f off,on,3f,3f");
    player.play("added 20 same");
    let known = |player: &Player| player.domain.resource(ResourceId(1))?.sensor_enables(1);
    assert!(!known(&player).expect("it is the same sensor").enabled);
    assert_eq!(alarms(&player), []);
    player.play("removed 20");
    player.play("added 20 same");
    assert_eq!(known(&player), None);
}

#[test]
fn sensors_that_are_not_there_are_refused() {
    let mut player = hot();
    let before = player.domain.clone();
    for (line, why) in [
        (
            "user 7 enables 1 99 on,on,3f,3f off,on,3f,3f",
            "NOT_PRESENT",
        ),
        (
            "user 7 enables 99 1 on,on,3f,3f off,on,3f,3f",
            "INVALID_RESOURCE",
        ),
        (
            "user 8 enables 1 1 on,on,3f,3f off,on,3f,3f",
            "INVALID_SESSION",
        ),
    ] {
        assert_eq!(changed(&mut player, line), (None, why.into()), "{line}");
    }
    assert_eq!(player.domain, before);
    assert_eq!(player.domain.deadline(), None);
}

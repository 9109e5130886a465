//! Watchdog timers.

use super::{Player, check};
use crate::{Input, ResourceCall, WatchdogCall};
use alloc::vec::Vec;
use hpi_model::{ResourceId, Watchdog, WatchdogAction, WatchdogPretimer, WatchdogUse};
use machine::Machine;

/// The fixture.
const FIXTURE: u32 = 4352;

/// `NUMBER reset` or `NUMBER set USE ACTION PRETIMER PRE-TIMEOUT INITIAL [running] [quiet]
/// [clear]`, times in milliseconds.
pub(super) fn call(words: &[&str]) -> ResourceCall {
    let num = words[0].parse().unwrap();
    let has = |word: &str| words.contains(&word);
    let call = match words[1] {
        "reset" => WatchdogCall::Reset,
        _ => WatchdogCall::Set(Watchdog {
            log: !has("quiet"),
            running: has("running"),
            timer_use: find(WatchdogUse::ALL, WatchdogUse::word, words[2]),
            action: find(WatchdogAction::ALL, WatchdogAction::word, words[3]),
            pretimer: find(WatchdogPretimer::ALL, WatchdogPretimer::word, words[4]),
            pre_timeout_ms: words[5].parse().unwrap(),
            expired: if has("clear") { 0xff } else { 0 },
            initial_ms: words[6].parse().unwrap(),
            present_ms: 99,
        }),
    };
    ResourceCall::Watchdog(num, call)
}

fn find<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str, wanted: &str) -> T {
    let found = all.iter().copied().find(|one| word(*one) == wanted);
    found.unwrap_or_else(|| panic!("no {wanted}"))
}

/// After these lines, what the timer of the fixture shows.
fn shown(player: &mut Player, lines: &[&str]) -> Watchdog {
    for line in lines {
        player.play(line);
    }
    let fixture = player.domain.resource(ResourceId(FIXTURE)).unwrap();
    fixture.kept.watchdogs[&0].shown(player.at.time)
}

/// The interrupt comes before the end, and then only setting the timer saves from it.
#[test]
fn a_timer_interrupts_and_ends() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 watchdog 4352 0 reset
  INVALID_REQUEST
user 7 watchdog 4352 0 set SMS_OS POWER_DOWN NMI 4000 9000
  OK
wait 60
user 7 watchdog 4352 0 reset
  OK
wait 3
user 7 watchdog 4352 0 reset
  OK
wait 4
wait 1
  event 4352 MINOR: Watchdog { num: 0, action: 8, pretimer: 2, timer_use: 4 }
user 7 watchdog 4352 0 reset
  INVALID_REQUEST
wait 3
  event 4352 MAJOR: Watchdog { num: 0, action: 2, pretimer: 2, timer_use: 4 }
  event 4352 INFORMATIONAL: DimiUpdate(0)
wait 60
user 7 watchdog 4352 0 reset
  OK
",
    );
}

/// Both timers of a resource run on their own, and what is too late comes at once, in its order.
#[test]
fn timers_do_not_disturb_each_other() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 watchdog 4352 1 set OEM NO_ACTION SMI 0 1000
  OK
user 7 watchdog 4352 0 set BIOS_POST RESET NONE 0 0
  OK
user 7 watchdog 4352 1 reset
  OK
user 7 watchdog 4352 0 reset
  OK
wait 9
  event 4352 MAJOR: Watchdog { num: 0, action: 1, pretimer: 0, timer_use: 2 }
  event 4352 MINOR: Watchdog { num: 1, action: 8, pretimer: 1, timer_use: 5 }
  event 4352 MAJOR: Watchdog { num: 1, action: 0, pretimer: 1, timer_use: 5 }
user 7 watchdog 4352 2 reset
  NOT_PRESENT
user 7 watchdog 4352 0 set BIOS_POST RESET NMI 2 1
  INVALID_DATA
",
    );
}

#[test]
fn a_timer_shows_how_it_is_set_and_what_is_left() {
    let mut player = Player::new();
    let set = "user 7 watchdog 4352 0 set OS_LOAD RESET MESSAGE_INTERRUPT 1000 9000";
    let timer = shown(&mut player, &["fixture full", "user 7 open", set]);
    assert!(!timer.running, "setting starts nothing");
    assert_eq!((timer.initial_ms, timer.present_ms), (9000, 9000));
    let timer = shown(&mut player, &["user 7 watchdog 4352 0 reset", "wait 2"]);
    assert!(timer.running);
    assert_eq!((timer.initial_ms, timer.present_ms), (9000, 7000));
    let goes_on = "user 7 watchdog 4352 0 set OS_LOAD RESET NONE 0 5000 running";
    let timer = shown(&mut player, &[goes_on]);
    assert!(timer.running && timer.present_ms == 5000);
    let timer = shown(&mut player, &["wait 5"]);
    assert!(!timer.running);
    assert_eq!((timer.present_ms, timer.expired), (0, 1 << 3));
    let timer = shown(&mut player, &[goes_on]);
    assert!(!timer.running, "what is stopped stays so");
    assert_eq!(timer.expired, 1 << 3, "flags stay until they are cleared");
    let clears = "user 7 watchdog 4352 0 set OS_LOAD RESET NONE 0 5000 clear";
    assert_eq!(shown(&mut player, &[clears]).expired, 0);
}

#[test]
fn a_quiet_timer_ends_without_a_word() {
    check(
        "
fixture full
  event 4352 INFORMATIONAL: RESOURCE_ADDED
user 7 open
  OK
user 7 watchdog 4352 0 set SMS_OS POWER_CYCLE NMI 500 1000 quiet
  OK
user 7 watchdog 4352 0 reset
  OK
wait 60
",
    );
}

#[test]
fn the_domain_waits_for_what_comes_first() {
    let mut player = Player::new();
    assert_eq!(player.domain.deadline(), None);
    for line in [
        "fixture full",
        "user 7 open",
        "user 7 watchdog 4352 0 set SMS_OS RESET NMI 4000 9000",
        "user 7 watchdog 4352 0 reset",
    ] {
        player.play(line);
    }
    let interrupt = player.at.time.0 + 5_000_000_000;
    assert_eq!(player.domain.deadline().map(|by| by.0), Some(interrupt));
}

/// A controller's watchdog tells by its sensor what it does; the shelf manager's is ordered by the
/// domain.
#[test]
fn controllers_have_watchdogs_too() {
    let mut player = Player::new();
    let mut blade = player.shelf[1].clone();
    let address = blade.address;
    let event = |data| ipmi::sel::Event {
        generator: address,
        generator_lun: 0,
        revision: 4,
        sensor_type: 0x23,
        number: 0x55,
        assertion: true,
        event_type: 0x6f,
        data,
    };
    let told = |player: &mut Player, controller, data| {
        let mut effects = Vec::new();
        let added = Input::ControllerAdded(controller);
        player.domain.apply(player.at, &added, &mut effects);
        effects.clear();
        let event = event(data);
        let input = Input::SensorEvent { address, event };
        player.domain.apply(player.at, &input, &mut effects);
        effects.iter().map(super::show).collect::<Vec<_>>()
    };
    let nothing = told(&mut player, blade.clone(), [0xc1, 0x24, 0xff]);
    assert!(nothing.is_empty(), "it is not known to have one");
    blade.abilities.watchdog = true;
    let reset = told(&mut player, blade.clone(), [0xc1, 0x24, 0xff]);
    assert_eq!(
        reset,
        ["event 1 MAJOR: Watchdog { num: 0, action: 1, pretimer: 2, timer_use: 4 }"]
    );
    let interrupt = told(&mut player, blade.clone(), [0xc8, 0x31, 0xff]);
    assert_eq!(
        interrupt,
        ["event 1 MINOR: Watchdog { num: 0, action: 8, pretimer: 3, timer_use: 1 }"]
    );
    let unspecific = told(&mut player, blade.clone(), [0x00, 0xff, 0xff]);
    assert_eq!(
        unspecific,
        ["event 1 MAJOR: Watchdog { num: 0, action: 0, pretimer: 0, timer_use: 15 }"]
    );
    assert!(told(&mut player, blade, [0x05, 0xff, 0xff]).is_empty());
}

/// The state that IPMI's tools see is ordered, not kept twice.
#[test]
fn the_shelf_managers_watchdog_is_ordered() {
    let mut player = Player::new();
    player.play("user 7 open");
    let added = player.play("added 20 same");
    assert!(!added.is_empty(), "the reference shelf has a shelf manager");
    let manager = player.domain.of_fru(crate::FruAddress {
        address: 0x20,
        fru_id: 0,
    });
    let id = manager.unwrap().rpt.resource.0;
    let mut play = |words: &str| {
        let effects = player.play(&alloc::format!("user 7 watchdog {id} 0 {words}"));
        effects.iter().map(super::show).collect::<Vec<_>>()
    };
    let set = play("set SMS_OS NO_ACTION NONE 0 1050");
    assert_eq!(
        set,
        [
            "shelf's watchdog: Set(SetWatchdogTimer { timer_use: 4, actions: 0, \
             pre_timeout_s: 0, expired: 0, initial: 11 })",
            "OK"
        ]
    );
    assert_eq!(play("reset"), ["shelf's watchdog: Reset", "OK"]);
    for refused in [
        "set NONE NO_ACTION NONE 0 1000",
        "set SMS_OS NO_ACTION OEM 0 1000",
        "set SMS_OS NO_ACTION NMI 256000 300000",
        "set SMS_OS NO_ACTION NONE 0 6553600",
    ] {
        assert_eq!(play(refused), ["INVALID_DATA"], "{refused}");
    }
}

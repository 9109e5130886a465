//! Blades: handles, power, what they measure, what runs on them.

use super::*;
use ipmi::command::app::GetDeviceGuid;
use ipmi::command::oem::{ConsoleRead, ConsoleWrite};
use ipmi::command::picmg::{FruControl, SetPowerLevel};
use ipmi::command::watchdog::{
    GetWatchdogTimer, ResetWatchdogTimer, SetWatchdogTimer, timeout_action, timer_use,
};

#[test]
fn a_handle_moves_a_blade_down_and_up() {
    check(
        "\
# M4 to M5: nothing goes down before the shelf manager agrees.
open 3
  Event f0 86 +[a5, 24, 00]
# Blinks 100 ms on, 900 ms off.
led 86
  Answer 00 [00, 01, 5a, 0a, 01]
deactivate 86
  Answer 00 [00]
  Payload 3 false
  Event f0 86 +[a6, 15, 00]
wait
  Event f0 86 +[a1, 06, 00]
led 86
  Answer 00 [00, 01, ff, 00, 01]
close 3
  Event f0 86 +[a2, 21, 00]
activate 86
  Answer 00 [00]
  Payload 3 true
  Event f0 86 +[a3, 12, 00]
wait
  Event f0 86 +[a4, 03, 00]
",
    );
}

#[test]
fn a_blade_is_pulled_and_another_one_comes() {
    check(
        "\
# Without a word: the controller is gone, and so is the power.
pull 2
  Payload 2 false
read 84 0
  NoSuchController
pull 2
  Empty
open 2
  Empty
insert 2
  Event f0 84 +[a1, 00, 00]
  Event f0 84 +[a2, 21, 00]
insert 2
  Occupied
activate 84
  Answer 00 [00]
  Payload 2 true
  Event f0 84 +[a3, 12, 00]
# Pulled while its power comes up.
pull 2
  Payload 2 false
wait
insert 15
  NoSuchSlot
insert 0
  NoSuchSlot
",
    );
}

#[test]
fn sensors_measure_what_somebody_says() {
    check(
        "\
sensor 82 1 90
  Event 01 82 +[57, 5a, 46]
  Event 01 82 +[59, 5a, 55]
read 82 1
  Answer 00 [5a, c0, d8]
sensor 82 1 45
  Event 01 82 -[59, 2d, 55]
  Event 01 82 -[57, 2d, 46]
# The shelf manager has sensors as well; absent ones cannot be set.
sensor 20 1 71
  Event 01 20 +[57, 47, 46]
sensor 82 9 1
  NoSuchSensor
sensor 9a 1 1
  NoSuchSensor
",
    );
}

#[test]
fn refused_orders() {
    check(
        "\
# Works already; nothing to deactivate in an empty slot; the shelf manager is no FRU with a handle.
activate 82
  Answer d5 [00]
deactivate 90
  NoSuchController
activate 20
  Answer cc [00]
",
    );
}

#[test]
fn cold_blades_ask_to_be_activated() {
    let play = Play::new(Config {
        populated: vec![1, 14],
        is_cold: true,
        ..Config::default()
    });
    let expected = "  \
  Event f0 82 +[a1, 00, 00]
  Event f0 82 +[a2, 21, 00]
  Event f0 9c +[a1, 00, 00]
  Event f0 9c +[a2, 21, 00]
";
    assert_eq!(play.out, expected);
    assert_eq!(play.chassis.powered_slots(), BTreeSet::new());
}

#[test]
fn what_runs_on_a_blade_has_a_console() {
    let mut play = Play::new(Config::default());
    // The first chunk that nobody has read yet, as text.
    let read = |play: &mut Play, acknowledged| {
        let asked = ConsoleRead {
            fru_id: 0,
            acknowledged,
            count_max: 200,
        };
        let effects = play.ask(0x82, asked.request());
        let Some(Effect::Event(PortEvent::Answer { result, .. })) = effects.first() else {
            panic!("an answer, not {effects:?}");
        };
        let said = ConsoleRead::read_response(result.as_ref().unwrap()).unwrap();
        (said.sequence, String::from_utf8(said.data).unwrap())
    };
    let all = |play: &mut Play, mut sequence: u8| {
        let mut text = String::new();
        loop {
            let (next, piece) = read(play, sequence);
            if piece.is_empty() {
                return (sequence, text);
            }
            sequence = next;
            text.push_str(&piece);
        }
    };
    let (sequence, booted) = all(&mut play, 0);
    assert!(
        booted.contains("slot 1") && booted.ends_with("# "),
        "{booted}"
    );
    let (fru_id, flags, data) = (0, 0, b"hi\r".to_vec());
    let typed = ConsoleWrite {
        fru_id,
        sequence: 1,
        flags,
        data,
    };
    play.ask(0x82, typed.request());
    let (sequence, said) = all(&mut play, sequence);
    assert_eq!(said, "hi\r\nhi\r\n# ");
    // A reset boots it again.
    let (fru_id, option) = (0, 0);
    play.ask(0x82, FruControl { fru_id, option }.request());
    assert_eq!(all(&mut play, sequence).1, booted);
}

#[test]
fn a_watchdog_timer_cycles_the_power_of_a_blade() {
    let set = SetWatchdogTimer {
        timer_use: timer_use::SMS_OS,
        actions: timeout_action::POWER_CYCLE,
        pre_timeout_s: 0,
        expired: 0,
        initial: 20,
    };
    let mut play = Play::new(Config::default());
    play.settle();
    play.out.clear();
    play.ask(0x82, set.request());
    play.ask(0x82, ResetWatchdogTimer {}.request());
    play.settle();
    play.ask(0x82, GetWatchdogTimer {}.request());
    // Expired, power cycle, SMS/OS; it stands, and says for whom it did.
    let expected = "  Answer 00 []\n  Answer 00 []\n  \
                    Payload 1 false\n  Event 23 82 +[c3, 04, ff]\n  Payload 1 true\n  \
                    Answer 00 [04, 03, 00, 10, 14, 00, 00, 00]\n";
    assert_eq!(play.out, expected);
    // A fan tray has no payload to watch.
    play.out.clear();
    play.ask(0x5a, set.request());
    assert_eq!(play.out, "  Answer c1 []\n");
}

#[test]
fn a_blade_shows_its_power_level_and_its_guid() {
    let mut play = Play::new(Config::default());
    let mut power = |level| {
        let (fru_id, copy) = (0, 1);
        let order = SetPowerLevel {
            fru_id,
            level,
            copy,
        };
        play.ask(0x82, order.request());
        play.chassis.controller(0x82).unwrap().raw_reading(4)
    };
    let watts = [2, 0, 1, 3].map(&mut power);
    assert_eq!(watts, [120, 0, 60, 200].map(Some));
    let guid = |play: &mut Play| match play.ask(0x82, GetDeviceGuid {}.request()).first() {
        Some(Effect::Event(PortEvent::Answer { result, .. })) => {
            GetDeviceGuid::read_response(result.as_ref().unwrap()).unwrap()
        }
        effect => panic!("an answer, not {effect:?}"),
    };
    let first = guid(&mut play);
    play.line("pull 1");
    play.line("insert 1");
    assert_ne!(guid(&mut play), first, "it is another blade");
}

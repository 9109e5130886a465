//! Scenarios: each line at the margin happens, each indented line is what the shelf did because of
//! it. Events are told as sensor type, generator and event data.

use super::*;
use crate::fault::{FaultKind, IpmbBus, Scope};
use crate::operator::{Feed, Place};
use crate::{SLOTS, SLOTS_MAX};
use ipmi::command::Command;
use ipmi::command::app::GetDeviceGuid;
use ipmi::command::oem::{ConsoleRead, ConsoleWrite};
use ipmi::command::picmg::{
    FruControl, GetFruLedState, GetShelfManagerIpmbAddresses, SetFanLevel, SetFruActivation,
    SetPowerLevel,
};
use ipmi::command::sensor::GetSensorReading;
use ipmi::command::watchdog::{
    GetWatchdogTimer, ResetWatchdogTimer, SetWatchdogTimer, timeout_action, timer_use,
};
use ipmi::sel::{Record, RecordBody};
use std::time::Duration;

struct Play {
    chassis: Chassis,
    now: Time,
    out: String,
}

impl Play {
    fn new(config: Config) -> Self {
        let mut play = Self {
            chassis: Chassis::new(config),
            now: Time(1_000_000_000),
            out: String::new(),
        };
        play.apply(&Input::Tick);
        play
    }

    fn apply(&mut self, input: &Input) -> Vec<Effect> {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        let mut effects = vec![];
        self.chassis.apply(at, input, &mut effects);
        for effect in &effects {
            self.tell(effect);
        }
        effects
    }

    fn tell(&mut self, effect: &Effect) {
        let line = match effect {
            Effect::Payload { slot, on } => format!("Payload {slot} {on}"),
            Effect::Handled(Ok(())) => return,
            Effect::Handled(Err(error)) => format!("{error:?}"),
            Effect::Event(PortEvent::Answer { result, .. }) => match result {
                Ok(response) => format!("Answer {:02x} {:02x?}", response.code.0, response.data),
                Err(error) => format!("{error:?}"),
            },
            Effect::Event(PortEvent::Event(record)) => match Record::decode(record).body {
                RecordBody::Event { event, .. } => {
                    let sign = if event.assertion { '+' } else { '-' };
                    let (kind, from) = (event.sensor_type, event.generator);
                    format!("Event {kind:02x} {from:02x} {sign}{:02x?}", event.data)
                }
                RecordBody::OemTimestamped { .. } | RecordBody::Other { .. } => {
                    format!("Record {record:02x?}")
                }
            },
            Effect::Event(other) => format!("{other:?}"),
        };
        self.out.push_str(&format!("  {line}\n"));
    }

    fn ask(&mut self, address: u8, request: Request) -> Vec<Effect> {
        let target = Target::Ipmb(address);
        self.apply(&Input::Order(PortOrder {
            token: 7,
            target,
            request,
        }))
    }

    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |index: usize| words[index].parse::<u8>().unwrap();
        let hex = |index: usize| u8::from_str_radix(words[index], 16).unwrap();
        let place = |index: usize| match words[index].split_at(1) {
            ("t", number) => Place::FanTray(number.parse().unwrap()),
            ("p", number) => Place::PowerModule(number.parse().unwrap()),
            ("c", number) => Place::Cmm(number.parse().unwrap()),
            _ => Place::Slot(number(index)),
        };
        let operator = match words[0] {
            "open" => Operator::OpenHandle(place(1)),
            "close" => Operator::CloseHandle(place(1)),
            "pull" => Operator::Pull(place(1)),
            "insert" => Operator::Insert(place(1)),
            "sensor" => Operator::SetSensor {
                address: hex(1),
                number: number(2),
                raw: number(3),
            },
            "release" => Operator::ReleaseSensor {
                address: hex(1),
                number: number(2),
            },
            "feed" => Operator::SetFeed {
                module: number(1),
                feed: if words[2] == "a" { Feed::A } else { Feed::B },
                volts: number(3),
            },
            "inlet" => Operator::SetInlet { celsius: number(1) },
            "line" => Operator::Arbitrate(number(1)),
            "repair" => Operator::Repair(Scope::All),
            "fault" => Operator::Inject(Fault {
                kind: kind(&words[2..]),
                scope: match words[1] {
                    "all" => Scope::All,
                    _ => Scope::Controller(hex(1)),
                },
                lasts: None,
            }),
            other => return self.other(other, &words),
        };
        self.apply(&Input::Operator(operator));
    }

    fn other(&mut self, verb: &str, words: &[&str]) {
        let number = |index: usize| words[index].parse::<u8>().unwrap();
        let hex = |index: usize| u8::from_str_radix(words[index], 16).unwrap();
        match verb {
            "wait" => {
                self.now = self.now.after(Duration::from_millis(100));
                self.apply(&Input::Tick);
            }
            "settle" => self.settle(),
            "activate" | "deactivate" => {
                let order = SetFruActivation {
                    fru_id: 0,
                    activate: u8::from(verb == "activate"),
                };
                self.ask(hex(1), order.request());
            }
            "level" => {
                let order = SetFanLevel {
                    fru_id: 0,
                    level: number(2),
                    local_enable: None,
                };
                self.ask(hex(1), order.request());
            }
            "managers" => {
                self.ask(SHELF_MANAGER, GetShelfManagerIpmbAddresses {}.request());
            }
            "read" => {
                let number = number(2);
                self.ask(hex(1), GetSensorReading { number }.request());
            }
            "led" => {
                let (fru_id, led_id) = (0, 0);
                self.ask(hex(1), GetFruLedState { fru_id, led_id }.request());
            }
            other => panic!("{other}"),
        }
    }

    /// Lets time pass until nobody waits for it.
    fn settle(&mut self) {
        for _ in 0..1000 {
            let Some(next) = self.chassis.deadline() else {
                return;
            };
            self.now = self.now.max(next);
            self.apply(&Input::Tick);
        }
        panic!("the shelf does not settle");
    }
}

fn kind(words: &[&str]) -> FaultKind {
    let number = |index: usize| words[index].parse::<u16>().unwrap();
    let percent = || number(1) as u8;
    match words[0] {
        "stuck" => FaultKind::Stuck(if words[1] == "a" {
            IpmbBus::A
        } else {
            IpmbBus::B
        }),
        "nak" => FaultKind::Nak(percent()),
        "lose" => FaultKind::LostRequest(percent()),
        "mute" => FaultKind::LostResponse(percent()),
        "repeat" => FaultKind::Repeated(percent()),
        "corrupt" => FaultKind::BadChecksum(percent()),
        "slow" => FaultKind::Slow(Duration::from_millis(u64::from(number(1)))),
        "dead" => FaultKind::Dead,
        "storm" => FaultKind::EventStorm(number(1)),
        other => panic!("{other}"),
    }
}

/// Plays a scenario on the usual shelf; the text must come out as it went in.
fn check(scenario: &str) {
    let mut play = Play::new(Config::default());
    for line in scenario.lines().filter(|line| !line.starts_with(' ')) {
        play.out.push_str(line);
        play.out.push('\n');
        if !line.starts_with('#') && !line.is_empty() {
            play.line(line);
        }
    }
    assert_eq!(play.out, scenario);
}

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
fn every_part_answers_and_is_in_the_address_table() {
    let play = Play::new(Config {
        populated: (1..=SLOTS).collect(),
        ..Config::default()
    });
    let parts = parts::all(&play.chassis.config);
    assert_eq!(parts.len(), 2 + 14 + 3 + 2);
    for part in &parts {
        let controller = play.chassis.controller(part.address()).unwrap();
        let inventory = ipmi::fru::decode(&controller.config().frus[0].inventory).unwrap();
        assert!(inventory.board.is_some());
    }
    let manager = play.chassis.controller(SHELF_MANAGER).unwrap();
    let shelf = ipmi::fru::decode(&manager.config().frus[1].inventory).unwrap();
    let records: Vec<_> = shelf.records.iter().filter_map(|r| r.as_picmg()).collect();
    assert_eq!(records.len(), 4);
    let ipmi::fru::picmg::PicmgBody::AddressTable(table) = &records[0].body else {
        panic!("the address table comes first");
    };
    assert_eq!(table.sites.0.len(), parts.len());
    let frus = play.chassis.powered_slots();
    assert_eq!(frus, (1..=SLOTS).collect());
}

#[test]
fn blades_follow_fans_and_inlet() {
    check(
        "\
# 210 W at normal fans are 20 °C above the inlet; slower fans cost six degrees more.
read 82 1
  Answer 00 [2d, c0, c0]
level 5a 4
  Answer 00 [00]
level 5c 4
  Answer 00 [00]
level 5e 4
  Answer 00 [00]
settle
read 82 1
  Answer 00 [33, c0, c0]
# The fans of the tray, and the air behind the blades.
read 5a 1
  Answer 00 [42, c0, c0]
read 5a 5
  Answer 00 [2a, c0, c0]
# Full fans.
level 5a 15
  Answer 00 [00]
level 5c 15
  Answer 00 [00]
level 5e 15
  Answer 00 [00]
settle
read 82 1
  Answer 00 [23, c0, c0]
# Hot air from outside crosses the first threshold of the blades.
inlet 60
settle
  Event 01 60 +[57, 46, 46]
  Event 01 62 +[57, 46, 46]
  Event 01 88 +[57, 46, 46]
  Event 01 86 +[57, 46, 46]
  Event 01 84 +[57, 46, 46]
  Event 01 10 +[57, 46, 46]
  Event 01 12 +[57, 46, 46]
  Event 01 82 +[57, 46, 46]
read 82 1
  Answer 00 [46, c0, c8]
",
    );
}

#[test]
fn a_missing_fan_tray_warms_its_zone() {
    check(
        "\
# A tray that is missing warms its own zone most: slot 1 hangs on tray 1.
pull t1
settle
read 82 1
  Answer 00 [38, c0, c0]
read 5a 1
  NoSuchController
insert t1
  Event f0 5a +[a1, 00, 00]
  Event f0 5a +[a2, 21, 00]
activate 5a
  Answer 00 [00]
  Event f0 5a +[a3, 12, 00]
settle
  Event f0 5a +[a4, 03, 00]
read 82 1
  Answer 00 [2d, c0, c0]
# Without any fans it gets hot.
pull t1
pull t2
pull t3
settle
  Event 01 86 +[57, 46, 46]
  Event 01 88 +[57, 48, 46]
  Event 01 84 +[57, 48, 46]
  Event 01 82 +[57, 49, 46]
  Event 01 88 +[59, 56, 55]
  Event 01 86 +[59, 55, 55]
  Event 01 84 +[59, 55, 55]
  Event 01 82 +[59, 55, 55]
  Event 01 88 +[5b, 5f, 5f]
  Event 01 86 +[5b, 5f, 5f]
  Event 01 84 +[5b, 5f, 5f]
  Event 01 82 +[5b, 5f, 5f]
read 82 1
  Answer 00 [5f, c0, f8]
",
    );
}

#[test]
fn a_blade_without_payload_gets_cold() {
    check(
        "\
# What draws nothing gets cold.
open 1
  Event f0 82 +[a5, 24, 00]
deactivate 82
  Answer 00 [00]
  Payload 1 false
  Event f0 82 +[a6, 15, 00]
wait
  Event f0 82 +[a1, 06, 00]
settle
read 82 1
  Answer 00 [1a, e0, c0]
read 82 4
  Answer 00 [00, c0, c0]
close 1
  Event f0 82 +[a2, 21, 00]
activate 82
  Answer 00 [00]
  Payload 1 true
  Event f0 82 +[a3, 12, 00]
wait
  Event f0 82 +[a4, 03, 00]
read 82 1
  Answer 00 [1a, c0, c0]
read 82 4
  Answer 00 [c8, c0, c0]
settle
read 82 1
  Answer 00 [2d, c0, c0]
",
    );
}

#[test]
fn hands_outlast_the_model() {
    check(
        "\
# Hands outlast the model, until they let go.
sensor 82 1 50
inlet 40
settle
read 82 1
  Answer 00 [32, c0, c0]
release 82 1
read 82 1
  Answer 00 [3c, c0, c0]
release 82 9
  NoSuchSensor
inlet 81
  OutOfRange
",
    );
}

#[test]
fn feeds_and_what_hangs_on_them() {
    check(
        "\
# One feed less: the other module carries on.
feed 1 a 0
  Event 02 60 +[50, 00, b4]
  Event 02 60 +[52, 00, aa]
read 60 1
  Answer 00 [00, c0, c3]
read 82 1
  Answer 00 [2d, c0, c0]
# Both feeds of the lower slots lost: what hangs on them is dark, the rest is not.
feed 2 a 30
  Event 02 62 +[50, 78, b4]
  Event 02 62 +[52, 78, aa]
  Payload 1 false
  Payload 2 false
  Payload 3 false
  Payload 4 false
read 82 1
  NoSuchController
read 5a 1
  Answer 00 [64, c0, c0]
# Handles move in the dark, too.
open 3
# Power comes back: the blades start from the beginning, and where the handle is open they stay.
feed 2 a 48
  Event 02 62 -[52, c0, aa]
  Event 02 62 -[50, c0, b4]
  Event f0 82 +[a1, 00, 00]
  Event f0 82 +[a2, 21, 00]
  Event f0 84 +[a1, 00, 00]
  Event f0 84 +[a2, 21, 00]
  Event f0 86 +[a1, 00, 00]
  Event f0 88 +[a1, 00, 00]
  Event f0 88 +[a2, 21, 00]
wait
activate 82
  Answer 00 [00]
  Payload 1 true
  Event f0 82 +[a3, 12, 00]
wait
  Event f0 82 +[a4, 03, 00]
read 82 1
  Answer 00 [2d, c0, c0]
feed 3 a 48
  NoSuchSlot
feed 1 a 64
  OutOfRange
",
    );
}

#[test]
fn handles_stay_where_they_are_without_power() {
    check(
        "\
# A handle that was open before power was lost is open when it comes back.
open 1
  Event f0 82 +[a5, 24, 00]
feed 1 a 0
  Event 02 60 +[50, 00, b4]
  Event 02 60 +[52, 00, aa]
feed 2 a 0
  Event 02 62 +[50, 00, b4]
  Event 02 62 +[52, 00, aa]
  Payload 1 false
  Payload 2 false
  Payload 3 false
  Payload 4 false
feed 2 a 48
  Event 02 62 -[52, c0, aa]
  Event 02 62 -[50, c0, b4]
  Event f0 82 +[a1, 00, 00]
  Event f0 84 +[a1, 00, 00]
  Event f0 84 +[a2, 21, 00]
  Event f0 86 +[a1, 00, 00]
  Event f0 86 +[a2, 21, 00]
  Event f0 88 +[a1, 00, 00]
  Event f0 88 +[a2, 21, 00]
",
    );
}

#[test]
fn either_power_module_carries_the_shelf() {
    check(
        "\
# Either module carries the shelf.
pull p1
read 60 1
  NoSuchController
read 82 1
  Answer 00 [2d, c0, c0]
# Both gone: nobody is left to be asked.
pull p2
  Payload 1 false
  Payload 2 false
  Payload 3 false
  Payload 4 false
  Down(Unreachable(\"no shelf manager has power\"))
read 82 1
  PortDown
managers
  PortDown
insert p1
  Up
  Event f0 10 +[a1, 00, 00]
  Event f0 10 +[a2, 21, 00]
  Event f0 12 +[a1, 00, 00]
  Event f0 12 +[a2, 21, 00]
  Event f0 5a +[a1, 00, 00]
  Event f0 5a +[a2, 21, 00]
  Event f0 5c +[a1, 00, 00]
  Event f0 5c +[a2, 21, 00]
  Event f0 5e +[a1, 00, 00]
  Event f0 5e +[a2, 21, 00]
  Event f0 60 +[a1, 00, 00]
  Event f0 60 +[a2, 21, 00]
  Event f0 82 +[a1, 00, 00]
  Event f0 82 +[a2, 21, 00]
  Event f0 84 +[a1, 00, 00]
  Event f0 84 +[a2, 21, 00]
  Event f0 86 +[a1, 00, 00]
  Event f0 86 +[a2, 21, 00]
  Event f0 88 +[a1, 00, 00]
  Event f0 88 +[a2, 21, 00]
read 82 0
  Answer 00 [00, c0, 04, 80]
pull p2
  Empty
",
    );
}

#[test]
fn the_arbitration_line_moves() {
    check(
        "\
# Who drives the line owns 20h.
managers
  Answer 00 [00, 10, 12]
line 2
managers
  Answer 00 [00, 12, 10]
# The backup leaves, then the owner.
pull c1
managers
  Answer 00 [00, 12, ff]
line 1
  Empty
insert c1
  Event f0 10 +[a1, 00, 00]
  Event f0 10 +[a2, 21, 00]
managers
  Answer 00 [00, 12, 10]
pull c2
managers
  Answer 00 [00, 10, ff]
pull c1
  Down(Unreachable(\"no shelf manager has power\"))
managers
  PortDown
insert c2
  Up
  Event f0 12 +[a1, 00, 00]
  Event f0 12 +[a2, 21, 00]
managers
  Answer 00 [00, 12, ff]
line 3
  NoSuchSlot
",
    );
}

#[test]
fn faults_of_the_bus() {
    check(
        "\
# One bus stuck costs nothing; with both stuck nothing comes through.
fault all stuck a
  Event f1 10 +[a2, 00, 8a]
  Event f1 12 +[a2, 00, 8a]
  Event f1 5a +[a2, 00, 8a]
  Event f1 5c +[a2, 00, 8a]
  Event f1 5e +[a2, 00, 8a]
  Event f1 60 +[a2, 00, 8a]
  Event f1 62 +[a2, 00, 8a]
  Event f1 82 +[a2, 00, 8a]
  Event f1 84 +[a2, 00, 8a]
  Event f1 86 +[a2, 00, 8a]
  Event f1 88 +[a2, 00, 8a]
read 82 1
  Answer 00 [2d, c0, c0]
read 82 1
  Answer 00 [2d, c0, c0]
fault 84 stuck b
read 84 1
settle
  Timeout
read 82 1
  Answer 00 [2d, c0, c0]
repair
  Event f1 10 +[a3, 00, 88]
  Event f1 12 +[a3, 00, 88]
  Event f1 5a +[a3, 00, 88]
  Event f1 5c +[a3, 00, 88]
  Event f1 5e +[a3, 00, 88]
  Event f1 60 +[a3, 00, 88]
  Event f1 62 +[a3, 00, 88]
  Event f1 82 +[a3, 00, 88]
  Event f1 84 +[a1, 00, a8]
  Event f1 84 +[a3, 00, 88]
  Event f1 86 +[a3, 00, 88]
  Event f1 88 +[a3, 00, 88]
read 84 1
  Answer 00 [2e, c0, c0]
# Nobody acknowledges: as if nobody were there.
fault 82 nak 100
read 82 1
  NoSuchController
repair
# Lost on the way there, or back; broken on the way.
fault 82 lose 100
read 82 1
settle
  Timeout
repair
fault 82 mute 100
read 82 1
settle
  Timeout
repair
fault 82 corrupt 100
read 82 1
settle
  Timeout
repair
",
    );
}

#[test]
fn slow_controllers_and_faults_that_there_are_not() {
    check(
        "\
# Late, but in time; later than anybody waits.
fault 82 slow 400
read 82 1
settle
  Answer 00 [2d, c0, c0]
repair
fault 82 slow 900
read 82 1
settle
  Timeout
repair
fault 90 dead
  NoSuchController
fault 82 nak 0
  OutOfRange
fault 82 slow 60001
  OutOfRange
fault 82 storm 1001
  OutOfRange
",
    );
}

#[test]
fn a_dead_controller_notices_later() {
    check(
        "\
# What happens to a dead controller, it notices afterwards.
fault 82 dead
open 1
read 82 1
  NoSuchController
settle
repair
wait
  Event f0 82 +[a5, 24, 00]
# The shelf manager is a controller, too.
fault 20 dead
managers
  Timeout
repair
managers
  Answer 00 [00, 10, 12]
",
    );
}

#[test]
fn events_cross_the_bus() {
    check(
        "\
# Events cross the bus as well: lost with both buses, and not with one.
fault all stuck a
  Event f1 10 +[a2, 00, 8a]
  Event f1 12 +[a2, 00, 8a]
  Event f1 5a +[a2, 00, 8a]
  Event f1 5c +[a2, 00, 8a]
  Event f1 5e +[a2, 00, 8a]
  Event f1 60 +[a2, 00, 8a]
  Event f1 62 +[a2, 00, 8a]
  Event f1 82 +[a2, 00, 8a]
  Event f1 84 +[a2, 00, 8a]
  Event f1 86 +[a2, 00, 8a]
  Event f1 88 +[a2, 00, 8a]
open 1
  Event f0 82 +[a5, 24, 00]
fault all stuck b
open 2
settle
repair
  Event f1 10 +[a1, 00, a8]
  Event f1 10 +[a3, 00, 88]
  Event f1 12 +[a1, 00, a8]
  Event f1 12 +[a3, 00, 88]
  Event f1 5a +[a1, 00, a8]
  Event f1 5a +[a3, 00, 88]
  Event f1 5c +[a1, 00, a8]
  Event f1 5c +[a3, 00, 88]
  Event f1 5e +[a1, 00, a8]
  Event f1 5e +[a3, 00, 88]
  Event f1 60 +[a1, 00, a8]
  Event f1 60 +[a3, 00, 88]
  Event f1 62 +[a1, 00, a8]
  Event f1 62 +[a3, 00, 88]
  Event f1 82 +[a1, 00, a8]
  Event f1 82 +[a3, 00, 88]
  Event f1 84 +[a1, 00, a8]
  Event f1 84 +[a3, 00, 88]
  Event f1 86 +[a1, 00, a8]
  Event f1 86 +[a3, 00, 88]
  Event f1 88 +[a1, 00, a8]
  Event f1 88 +[a3, 00, 88]
# The handle that was opened meanwhile is there, only nobody heard of it.
read 84 0
  Answer 00 [00, c0, 20, 80]
# An event that arrives twice is logged once.
fault 86 repeat 100
open 3
  Event f0 86 +[a5, 24, 00]
repair
",
    );
}

#[test]
fn a_storm_of_events() {
    check(
        "\
# Ten events a second: asserted and not in turn, until somebody ends it.
fault 82 storm 10
wait
  Event 01 82 +[57, 2d, 2d]
  Event 01 82 -[57, 2d, 2d]
wait
  Event 01 82 +[57, 2d, 2d]
repair
wait
",
    );
}

/// Reads the first temperature of a blade so often; how each attempt went.
fn readings(seed: u64, count: usize) -> (Vec<Effect>, BusCounters) {
    let mut play = Play::new(Config {
        seed,
        ..Config::default()
    });
    for kind in [
        FaultKind::LostRequest(20),
        FaultKind::BadChecksum(20),
        FaultKind::Nak(20),
    ] {
        play.apply(&Input::Operator(Operator::Inject(Fault {
            kind,
            scope: Scope::All,
            lasts: Some(Duration::from_secs(3600)),
        })));
    }
    let mut effects = vec![];
    for _ in 0..count {
        effects.extend(play.ask(0x82, GetSensorReading { number: 1 }.request()));
        for _ in 0..3 {
            play.now = play.now.after(Duration::from_millis(250));
            effects.extend(play.apply(&Input::Tick));
        }
    }
    (effects, play.chassis.bus_counters())
}

#[test]
fn one_seed_gives_one_run() {
    let (first, counters) = readings(1, 100);
    assert_eq!(first, readings(1, 100).0);
    assert_ne!(first, readings(2, 100).0);
    // Each request was answered once, for good or ill, and most of them in spite of the faults.
    assert_eq!(first.len(), 100);
    let good = first.iter().filter(|effect| match effect {
        Effect::Event(PortEvent::Answer { result, .. }) => result.is_ok(),
        Effect::Event(_) | Effect::Handled(_) | Effect::Payload { .. } => false,
    });
    let good = good.count() as u64;
    assert!((60..100).contains(&good), "{good}");
    assert_eq!(counters.failed, 100 - good);
    assert!(counters.retries > 0 && counters.lost > 0 && counters.bad_checksums > 0);
    assert!(counters.not_acknowledged > 0);
}

#[test]
fn a_stuck_bus_loses_nothing() {
    let mut play = Play::new(Config::default());
    play.line("fault all stuck a");
    let before = play.chassis.bus_counters();
    for _ in 0..10 {
        play.line("read 82 1");
    }
    let after = play.chassis.bus_counters();
    assert_eq!((after.requests - before.requests, after.retries), (10, 0));
    // Every other request, and its answer.
    assert_eq!(after.failed_over - before.failed_over, 10);
    assert_eq!((after.blocked, after.failed), (0, 0));
}

#[test]
fn a_repeated_request_is_carried_out_once() {
    let mut play = Play::new(Config::default());
    // The answers get lost, so the request is sent three times.
    play.line("open 1");
    play.line("fault 82 mute 100");
    play.line("deactivate 82");
    play.line("settle");
    let gone = play.out.matches("Payload 1 false").count();
    assert_eq!(gone, 1, "{}", play.out);
    let counters = play.chassis.bus_counters();
    assert_eq!((counters.retries > 0, counters.repeats > 0), (true, true));
}

#[test]
fn faults_end_by_themselves() {
    let mut play = Play::new(Config::default());
    let fault = Fault {
        kind: FaultKind::Dead,
        scope: Scope::Controller(0x82),
        lasts: Some(Duration::from_secs(2)),
    };
    play.apply(&Input::Operator(Operator::Inject(fault)));
    assert_eq!(play.chassis.faults(), [fault]);
    assert_eq!(
        play.chassis.deadline(),
        Some(play.now.after(Duration::from_secs(2)))
    );
    play.settle();
    assert_eq!(play.chassis.faults(), []);
    for _ in 0..crate::FAULTS_MAX {
        play.apply(&Input::Operator(Operator::Inject(fault)));
    }
    let before = play.out.len();
    play.apply(&Input::Operator(Operator::Inject(fault)));
    assert_eq!(play.out.get(before..), Some("  TooManyFaults\n"));
}

#[test]
fn a_shelf_of_any_size() {
    let sensors = |config: &Config| {
        let play = Play::new(config.clone());
        let parts = play.chassis.controllers.iter();
        parts
            .map(|(_, part)| part.config().sensors.len())
            .sum::<usize>()
    };
    let config = Config {
        slots: SLOTS_MAX,
        populated: (1..=SLOTS_MAX).collect(),
        sensors_per_blade: 30,
        ..Config::default()
    };
    // Blades with their watchdogs, CMMs, fan trays, power modules, shelf manager.
    assert_eq!(sensors(&config), 16 * (30 + 1) + 2 + 3 * 5 + 2 * 3 + 1);
    let most = Config {
        sensors_per_blade: u8::MAX,
        slots: u8::MAX,
        ..config.clone()
    };
    assert_eq!(sensors(&most), 16 * (200 + 1) + 24);
    // As many as were asked for, with the hot swap and IPMB-0 sensors of all 23 parts.
    let asked = config.clone().with_sensors(500).unwrap();
    assert_eq!(sensors(&asked) + 2 * 23, 502);
    assert_eq!(config.clone().with_sensors(9999), None);
    // Each sensor has a name of its own on its controller, and a record that can be read.
    let play = Play::new(config);
    for controller in play.chassis.controllers.values() {
        let sensors = controller.config().sensors.iter();
        let names: BTreeSet<&str> = sensors.map(|sensor| sensor.name.as_str()).collect();
        assert_eq!(names.len(), controller.config().sensors.len());
        assert!(names.iter().all(|name| name.len() <= 16));
        for record in controller.records() {
            assert!(ipmi::sdr::decode(record).is_ok());
        }
    }
    // The last slot is there, and nothing behind it.
    let mut play = play;
    play.line("open 16");
    play.line("open 17");
    assert!(
        play.out.ends_with("+[a5, 24, 00]\n  NoSuchSlot\n"),
        "{}",
        play.out
    );
}

#[test]
fn the_shelf_manager_knows_the_records_of_all() {
    let mut play = Play::new(Config {
        collects_records: true,
        ..Config::default()
    });
    let count = |play: &Play| {
        let records = |found: &Ipmc| found.records().len();
        let manager = records(play.chassis.controller(SHELF_MANAGER).unwrap());
        let others = play.chassis.controllers.values();
        (manager, others.map(records).sum::<usize>())
    };
    let (known, all) = count(&play);
    assert_eq!(known, all - known + 3, "its own records are three");
    play.line("pull 1");
    let (after, all) = count(&play);
    assert_eq!(after, all - after + 3);
    assert!(after < known);
}

#[test]
fn controllers_say_which_bus_fails() {
    check(
        "\
# Who is cut off from one bus says so over the other; the shelf manager reads it.
fault 82 stuck a
  Event f1 82 +[a2, 00, 8a]
read 82 241
  Answer 00 [8a, c0, 04, 80]
read 84 241
  Answer 00 [88, c0, 08, 80]
# Cut off from both, it cannot say so.
fault 82 stuck b
settle
repair
  Event f1 82 +[a1, 00, a8]
  Event f1 82 +[a3, 00, 88]
wait
read 82 241
  Answer 00 [88, c0, 08, 80]
",
    );
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

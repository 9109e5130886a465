//! Scenarios: each line at the margin happens, each indented line is what the shelf did because of
//! it. Events are told as sensor type, generator and event data.

use super::*;
use ipmi::command::picmg::{GetFruLedState, SetFanLevel, SetFruActivation};
use ipmi::command::sensor::GetSensorReading;
use ipmi::message::Request;
use ipmi::sel::{Record, RecordBody};

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
        let operator = match words[0] {
            "open" => Operator::OpenHandle(number(1)),
            "close" => Operator::CloseHandle(number(1)),
            "pull" => Operator::Pull(number(1)),
            "insert" => Operator::Insert(number(1)),
            "sensor" => Operator::SetSensor {
                address: hex(1),
                number: number(2),
                raw: number(3),
            },
            "wait" => {
                self.now = self.now.after(Duration::from_millis(100));
                self.apply(&Input::Tick);
                return;
            }
            "activate" | "deactivate" => {
                let order = SetFruActivation {
                    fru_id: 0,
                    activate: u8::from(words[0] == "activate"),
                };
                self.ask(hex(1), order.request());
                return;
            }
            "read" => {
                let number = number(2);
                self.ask(hex(1), GetSensorReading { number }.request());
                return;
            }
            "led" => {
                let (fru_id, led_id) = (0, 0);
                self.ask(hex(1), GetFruLedState { fru_id, led_id }.request());
                return;
            }
            other => panic!("{other}"),
        };
        self.apply(&Input::Operator(operator));
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
fn slower_fans_warm_the_blades() {
    let mut play = Play::new(Config {
        populated: vec![1],
        ..Config::default()
    });
    assert_eq!(play.chassis.deadline(), None);
    for tray in [0x5a, 0x5c, 0x5e] {
        let order = SetFanLevel {
            fru_id: 0,
            level: 4,
            local_enable: None,
        };
        play.ask(tray, order.request());
        let fan = play.chassis.controller(tray).unwrap().raw_reading(1);
        assert_eq!(fan, Some(66));
    }
    // One degree each second, up to the new temperature, and then no tick is wanted any more.
    let start = play.now;
    while let Some(next) = play.chassis.deadline() {
        play.now = next;
        play.apply(&Input::Tick);
    }
    assert_eq!(play.now, start.after(Duration::from_secs(7)));
    let blade = play.chassis.controller(0x82).unwrap();
    assert_eq!(blade.raw_reading(1), Some(51));
}

#[test]
fn every_part_answers_and_is_in_the_address_table() {
    let play = Play::new(Config {
        populated: (1..=SLOTS).collect(),
        ..Config::default()
    });
    let parts = parts::all();
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

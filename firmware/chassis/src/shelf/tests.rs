//! Scenarios: each line at the margin happens, each indented line is what the shelf did because of
//! it. Events are told as sensor type, generator and event data.

mod blades;
mod bus;
mod climate;
mod power;
mod whole;

use super::*;
use crate::fault::{FaultKind, IpmbBus, Scope};
use crate::operator::{Feed, Place};
use ipmi::command::Command;
use ipmi::command::picmg::{
    GetFruLedState, GetShelfManagerIpmbAddresses, SetFanLevel, SetFruActivation,
};
use ipmi::command::sensor::GetSensorReading;
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

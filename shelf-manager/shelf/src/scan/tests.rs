//! Scenarios: what happens to the simulated shelf, and what the scanner observes.

pub(crate) mod chassis;

use super::{Config, Effect, Input, Scanner};
use crate::{Action, FruAddress, LossCause, Observation, Order};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use chassis::{Bus, Chassis, product_name};
use ipmi::port::{DownReason, IN_FLIGHT_MAX, PortEvent, PortOrder};
use ipmi::sel::{Event, HotSwapEvent, Record, RecordBody};
use machine::{Machine, Pos, Time};

const MILLISECOND: u64 = 1_000_000;

struct Run {
    scanner: Scanner,
    chassis: Chassis,
    now: u64,
    /// Requests on the wire.
    orders: Vec<PortOrder>,
    said: Vec<String>,
    found: BTreeMap<u8, ipmi::description::Controller>,
    readings: BTreeMap<(u8, u8), Option<u8>>,
    reads: usize,
    rounds: usize,
}

impl Run {
    fn new(pushes_events: bool) -> Self {
        let config = Config {
            pushes_events,
            ..Config::default()
        };
        Self {
            scanner: Scanner::new(config),
            chassis: Chassis::load(),
            now: 0,
            orders: Vec::new(),
            said: Vec::new(),
            found: BTreeMap::new(),
            readings: BTreeMap::new(),
            reads: 0,
            rounds: 0,
        }
    }

    fn apply(&mut self, input: &Input) {
        let at = Pos {
            index: 0,
            time: Time(self.now * MILLISECOND),
        };
        let mut effects = Vec::new();
        self.scanner.apply(at, input, &mut effects);
        for effect in effects {
            match effect {
                Effect::Port(order) => self.orders.push(order),
                Effect::Observe(observation) => {
                    self.said.push(describe(&observation));
                    if let Observation::ControllerFound(found) = observation {
                        self.found.insert(found.address, found);
                    }
                }
                Effect::Reading {
                    address,
                    sensor,
                    reading,
                } => {
                    let raw = reading.map(|reading| reading.raw);
                    self.readings.insert((address, sensor.number), raw);
                    self.reads += 1;
                }
            }
        }
        assert!(
            self.orders.len() <= IN_FLIGHT_MAX,
            "too many requests on the wire"
        );
    }

    /// Answers what is asked until nothing is; each round is one round trip on the wire.
    fn settle(&mut self) {
        while !self.orders.is_empty() {
            self.rounds += 1;
            for order in core::mem::take(&mut self.orders) {
                if let Some(result) = self.chassis.answer(&order) {
                    let answer = PortEvent::Answer {
                        token: order.token,
                        result,
                    };
                    self.apply(&Input::Port(answer));
                }
            }
        }
    }

    fn wait(&mut self, milliseconds: u64) {
        let end = self.now + milliseconds;
        while self.now < end {
            self.now = (self.now + 10).min(end);
            self.apply(&Input::Tick);
            self.settle();
        }
    }

    /// One line of a scenario.
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |index: usize| words[index].parse::<u64>().unwrap();
        let hex = |index: usize| u8::from_str_radix(words[index], 16).unwrap();
        match words[0] {
            "up" => self.apply(&Input::Port(PortEvent::Up)),
            "down" => self.apply(&Input::Port(PortEvent::Down(DownReason::Closed))),
            "wait" => self.wait(number(1)),
            "insert" => self.chassis.mc(hex(1)).bus = Bus::On,
            "pull" => self.chassis.mc(hex(1)).bus = Bus::Off,
            "silence" => self.chassis.mc(hex(1)).bus = Bus::Silent,
            "miss" => self.chassis.mc(hex(1)).misses = u32::try_from(number(2)).unwrap(),
            "busy" => self.chassis.mc(hex(1)).busy = u32::try_from(number(2)).unwrap(),
            "state" => self.chassis.set_state(hex(1), hex(2)),
            "swap" => {
                self.swap((hex(1), hex(2), hex(3), hex(4)));
            }
            "push-swap" => {
                let record = self.swap((hex(1), hex(2), hex(3), hex(4)));
                self.push(record);
            }
            "vague-swap" => {
                let (address, current) = (hex(1), hex(2));
                self.chassis.log(hot_swap(address, [current, 0xff, 0xff]));
            }
            "hot" => {
                self.chassis.log(too_hot(hex(1)));
            }
            "push-hot" => {
                let record = self.chassis.log(too_hot(hex(1)));
                self.push(record);
            }
            "clear-sel" => self.chassis.clear_sel(),
            "overwrite-sel" => self.chassis.sel.clear(),
            "up-and" => {
                self.apply(&Input::Port(PortEvent::Up));
                self.set_activation(&words[1..]);
            }
            "activate" | "deactivate" => self.set_activation(&words),
            "watch" => self.order(Order::new(1, Action::Watch(hex(1)))),
            "rescan" => self.order(Order::new(1, Action::Rescan(hex(1)))),
            other => panic!("{other}"),
        }
        self.settle();
    }

    /// The hot swap sensor changes, and its event, with everything specified, gets into the SEL.
    fn swap(&mut self, (address, previous, current, cause): (u8, u8, u8, u8)) -> Record {
        let swap = HotSwapEvent {
            current,
            previous: Some(previous),
            cause: Some(cause),
            fru_id: Some(0),
        };
        self.chassis.log(hot_swap(address, swap.data()))
    }

    /// The event message buffer does not have the time of the SEL.
    fn push(&mut self, record: Record) {
        let RecordBody::Event { event, .. } = record.body else {
            panic!()
        };
        let record = Record {
            body: RecordBody::Event {
                timestamp: 0,
                event,
            },
            ..record
        };
        self.apply(&Input::Port(PortEvent::Event(record.encode())));
    }

    /// `activate ADDRESS [STATE]`: the state is the one for which it was decided.
    fn set_activation(&mut self, words: &[&str]) {
        let fru = FruAddress {
            address: u8::from_str_radix(words[1], 16).unwrap(),
            fru_id: 0,
        };
        let action = match words[0] {
            "activate" => Action::Activate(fru),
            _ => Action::Deactivate(fru),
        };
        let in_state = words.get(2).map(|word| word[1..].parse().unwrap());
        self.order(Order {
            in_state,
            ..Order::new(1, action)
        });
    }

    fn order(&mut self, order: Order) {
        self.apply(&Input::Order(order));
    }
}

fn hot_swap(address: u8, data: [u8; 3]) -> Event {
    let swap = HotSwapEvent {
        current: 0,
        previous: None,
        cause: None,
        fru_id: None,
    };
    Event {
        data,
        ..Chassis::hot_swap(address, swap)
    }
}

fn too_hot(address: u8) -> Event {
    Event {
        sensor_type: 1,
        number: 1,
        event_type: 1,
        ..hot_swap(address, [0x57, 90, 70])
    }
}

fn describe(observation: &Observation) -> String {
    match observation {
        Observation::ControllerFound(found) => {
            let frus = found.frus.iter().map(|fru| {
                let (name, length) = (product_name(&fru.inventory), fru.inventory.len());
                let state = fru
                    .hot_swap_state
                    .map_or("-".to_string(), |state| format!("M{state}"));
                let site = fru.site.map_or("-".to_string(), |site| {
                    format!(
                        "{:02x} type {} number {}",
                        site.hardware_address, site.kind, site.number
                    )
                });
                format!(
                    ", fru {} {name} {length} bytes {state} site {site}",
                    fru.fru_id
                )
            });
            let frus: String = frus.collect();
            format!(
                "found {:02x}: {} records{frus}",
                found.address,
                found.sdrs.len()
            )
        }
        Observation::ControllerLost { address, cause } => {
            let cause = if *cause == LossCause::Silent {
                "silent"
            } else {
                "not acknowledged"
            };
            format!("lost {address:02x}: {cause}")
        }
        Observation::Event {
            record,
            source,
            change,
        } => {
            let change = change.map_or(String::new(), |c| {
                format!(
                    ", {:02x} M{} → M{} cause {}",
                    c.fru.address, c.previous, c.current, c.cause
                )
            });
            format!("event {} {source:?}{change}", record.id)
        }
        Observation::HotSwap(c) => {
            format!(
                "polled {:02x} M{} → M{} cause {}",
                c.fru.address, c.previous, c.current, c.cause
            )
        }
        Observation::Backlog(records) => format!("backlog of {}", records.len()),
        Observation::Led { fru, shows, .. } => format!("blue led {:02x} {shows:?}", fru.address),
        Observation::OrderDone { order, result } => format!("order {order} {result:?}"),
        Observation::PortUp => "port up".to_string(),
        Observation::PortDown { reason } => format!("port down: {reason}"),
    }
}

/// Runs the scenarios of a file: lines without indentation happen, indented ones are observed.
///
/// `UPDATE_GOLDEN=1` writes down what is observed instead of comparing.
fn check(name: &str, scenarios: &str) {
    extern crate std;
    let mut out = String::new();
    let mut run = Run::new(false);
    for line in scenarios.lines() {
        if line.starts_with("  ") {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        match line {
            "" => {}
            "the shelf" | "the shelf, pushed" => {
                run = Run::new(line.ends_with("pushed"));
                run.line("up");
                run.line("wait 200");
                run.said.clear();
            }
            "new" => run = Run::new(false),
            line if line.starts_with('#') => {}
            line => run.line(line),
        }
        for said in run.said.drain(..) {
            out.push_str(&format!("  {said}\n"));
        }
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = format!("{}/src/scan/tests/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, out).unwrap();
    } else {
        assert_eq!(out, scenarios, "{name}: see UPDATE_GOLDEN");
    }
}

#[test]
fn discovery() {
    check("discovery", include_str!("tests/discovery.txt"));
}

#[test]
fn events() {
    check("events", include_str!("tests/events.txt"));
}

#[test]
fn presence() {
    check("presence", include_str!("tests/presence.txt"));
}

#[test]
fn orders() {
    check("orders", include_str!("tests/orders.txt"));
}

/// Nine controllers and 28 sensors with the values that the chassis gives, in a few dozen round
/// trips.
#[test]
fn the_whole_shelf() {
    let mut run = Run::new(false);
    run.line("up");
    run.wait(100);
    let present: Vec<u8> = run.scanner.present().collect();
    assert_eq!(present, [0x10, 0x12, 0x20, 0x5a, 0x60, 0x82, 0x84, 0x86]);
    assert_eq!(run.readings.len(), 28);
    assert!(run.readings.values().all(Option::is_some));
    assert_eq!(run.readings[&(0x82, 1)], Some(45));
    assert_eq!(run.readings[&(0x60, 2)], Some(193));
    assert!(run.rounds <= 32, "{} round trips", run.rounds);
}

/// Each sensor is read again after two seconds, and the new value is handed up.
#[test]
fn readings_repeat() {
    let mut run = Run::new(false);
    run.line("up");
    run.wait(1000);
    run.readings.clear();
    run.wait(2000);
    assert_eq!(run.readings.len(), 28);
    run.line("pull 82");
    run.wait(1500);
    run.readings.clear();
    run.wait(3000);
    assert_eq!(
        run.readings.len(),
        24,
        "nobody reads the sensors of an empty slot"
    );
}

/// Where the repository of the shelf manager has the records of all, sensors are read where they
/// are: once each, and not where nobody is.
#[test]
fn a_repository_of_the_whole_shelf() {
    let mut run = Run::new(false);
    let others = run.chassis.mcs.iter().filter(|(at, _)| **at != 0x20);
    let others: Vec<Vec<u8>> = others.flat_map(|(_, mc)| mc.sdrs.clone()).collect();
    run.chassis.mc(0x20).sdrs.extend(others);
    for _ in 0..3 {
        run.line("pull 20");
        run.wait(3000);
        run.line("insert 20");
        run.line("up");
        run.wait(3000);
    }
    run.reads = 0;
    run.readings.clear();
    run.wait(2000);
    assert_eq!((run.readings.len(), run.reads), (28, 28));
}

/// A controller that sends records in parts only, and loses its reservation on the way, gives the
/// same records.
#[test]
fn records_in_parts() {
    let mut run = Run::new(false);
    for address in [0x20, 0x82] {
        run.chassis.mc(address).in_parts = true;
        run.chassis.mc(address).loses_reservation_after = Some(7);
    }
    run.line("up");
    let found = run.said.iter().filter(|said| said.starts_with("found"));
    assert_eq!(found.count(), 8);
    assert!(
        run.said
            .iter()
            .any(|said| said.starts_with("found 82: 5 records"))
    );
    assert!(
        run.said
            .iter()
            .any(|said| said.starts_with("found 20: 4 records"))
    );
}

/// A backlog that the port interrupts is read on where it stopped.
#[test]
fn an_interrupted_backlog() {
    let mut run = Run::new(false);
    for _ in 0..40 {
        run.line("hot 82");
    }
    run.apply(&Input::Port(PortEvent::Up));
    run.said.clear();
    while !run.said.iter().any(|said| said.starts_with("backlog")) {
        let order = run.orders.remove(0);
        let result = run.chassis.answer(&order).unwrap();
        let token = order.token;
        run.apply(&Input::Port(PortEvent::Answer { token, result }));
    }
    run.orders.clear();
    run.line("down");
    run.line("up");
    run.wait(2000);
    let backlogs = run.said.iter().filter(|said| said.starts_with("backlog"));
    let backlogs: Vec<&String> = backlogs.collect();
    assert_eq!(backlogs, ["backlog of 32", "backlog of 8"]);
}

/// A SEL that names its records in a circle does not flood the log for ever.
#[test]
fn a_backlog_without_an_end() {
    use ipmi::command::Command;
    use ipmi::command::sensor::RecordData;
    use ipmi::command::storage::GetSelEntry;
    let mut run = Run::new(false);
    let mut run_out = 0;
    run.line("hot 82");
    let record = run.chassis.sel[0];
    run.apply(&Input::Port(PortEvent::Up));
    for _ in 0..70_000 {
        let Some(at) = run.orders.iter().position(|o| o.request.command == 0x43) else {
            run_out += 1;
            break;
        };
        let order = run.orders.remove(at);
        let mut data = record;
        let is_last = order.request.data[2..4] == [0xff, 0xff];
        data[0] = if is_last {
            9
        } else {
            1 + (order.request.data[2] & 1)
        };
        let next = u16::from(data[0]);
        let entry = RecordData {
            next,
            data: data.to_vec(),
        };
        let token = order.token;
        let result = Ok(GetSelEntry::respond(&entry));
        run.apply(&Input::Port(PortEvent::Answer { token, result }));
    }
    assert_eq!(run_out, 1);
}

/// Answers that come after the port was down belong to nobody.
#[test]
fn late_answers() {
    let mut run = Run::new(false);
    run.apply(&Input::Port(PortEvent::Up));
    let late = core::mem::take(&mut run.orders);
    run.line("down");
    run.line("up");
    let before = run.said.len();
    for order in late {
        let result = run.chassis.answer(&order).unwrap();
        run.apply(&Input::Port(PortEvent::Answer {
            token: order.token,
            result,
        }));
    }
    assert_eq!(run.said.len(), before);
}

/// Whatever a broken peer answers, the scanner goes on.
#[test]
fn garbage() {
    use ipmi::message::{CompletionCode, Response};
    let mut run = Run::new(true);
    run.apply(&Input::Port(PortEvent::Up));
    let mut seed = 12345u32;
    let mut random = move || {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12345);
        u8::try_from(seed >> 24).unwrap()
    };
    for _ in 0..20_000 {
        run.now += 7;
        run.apply(&Input::Tick);
        let Some(order) = run.orders.pop() else {
            continue;
        };
        let length = usize::from(random() % 40);
        let data = (0..length).map(|_| random()).collect();
        let code = if random() < 200 {
            CompletionCode::OK
        } else {
            CompletionCode(random())
        };
        let answer = PortEvent::Answer {
            token: order.token,
            result: Ok(Response { code, data }),
        };
        run.apply(&Input::Port(answer));
    }
    assert!(run.scanner.deadline().is_some() || !run.orders.is_empty());
}

// What not each controller can do is known of those that say so; who is silent about it cannot.
#[test]
fn abilities_are_asked_for() {
    let mut run = Run::new(false);
    let version = |major: u8| Some(Vec::from([0, major, 0x17, 0, 0, 0, 1]));
    let besides = [
        (&[0x25][..], Some(Vec::from([0x04, 0, 0, 0, 0, 0, 0, 0]))),
        (&[0x04], Some(Vec::from([0x55, 0]))),
        (&[0x2e, 0], Some(Vec::from([0, 0, 0x17, 1, 1, 1, 1, 0b10]))),
        (&[0x2f, 0, 1, 0], Some(Vec::from([0, 0x12]))),
        (&[0x2f, 0, 1, 1], version(2)),
        (&[0x2f, 0, 1, 2], Some(b"\0Main\0\0\0\0".to_vec())),
        (&[0x2f, 0, 1, 3], None),
        (&[0x2f, 0, 1, 4], version(3)),
    ];
    let besides = besides.map(|(asked, answer)| (asked.to_vec(), answer));
    run.chassis.mc(0x82).besides = besides.into();
    let silent = [(Vec::from([0x25]), None)];
    run.chassis.mc(0x84).besides = silent.into();
    let no_self_test = [(Vec::from([0x04]), Some(Vec::from([0x56, 0])))];
    run.chassis.mc(0x86).besides = no_self_test.into();
    run.line("up");
    run.settle();
    run.wait(20_000);
    let abilities = |address: u8| {
        let found = run.found.get(&address);
        found.map(|controller| controller.abilities.clone())
    };
    let all = abilities(0x82).unwrap();
    assert!(all.watchdog && all.self_test);
    let target = all.upgrade.unwrap();
    assert_eq!(target.capabilities.flags, 0x17);
    let [component] = &target.components[..] else {
        panic!("there is one component");
    };
    assert_eq!((component.number, component.properties), (1, 0x12));
    assert_eq!(component.description, b"Main");
    let majors = [&component.current, &component.rollback, &component.deferred];
    let majors = majors.map(|version| version.as_ref().map(|version| version.major));
    assert_eq!(majors, [Some(2), None, Some(3)]);
    assert_eq!(abilities(0x84), Some(Default::default()));
    assert_eq!(abilities(0x86), Some(Default::default()));
}

// Colours of LEDs are asked for where there are LEDs, fans of fan trays only.
#[test]
fn abilities_of_frus_are_asked_for() {
    let mut run = Run::new(false);
    let besides = [
        (&[0x05, 0, 0][..], Some(Vec::from([0, 0b0101, 1]))),
        (&[0x06, 0, 0, 0], Some(Vec::from([0, 0x02, 1, 1]))),
        (&[0x06, 0, 0, 2], None),
        (&[0x06, 0, 0, 4], Some(Vec::from([0, 0x0c, 3, 2, 1]))),
        (&[0x14, 0, 0], Some(Vec::from([0, 1, 15, 6, 0x80]))),
        (&[0x1e, 0, 0], Some(Vec::from([0, 0b0110]))),
        (&[0x12, 0, 0, 1], Some(Vec::from([0, 2, 0, 10, 5, 9]))),
    ];
    let besides = besides.map(|(asked, answer)| (asked.to_vec(), answer));
    run.chassis.mc(0x82).besides = besides.clone().into();
    run.chassis.mc(0x5a).besides = besides.into();
    run.line("up");
    run.settle();
    run.wait(20_000);
    let of = |address: u8| run.found[&address].abilities.frus[&0].clone();
    let (blade, tray) = (of(0x82), of(0x5a));
    assert_eq!(blade.fan, None);
    assert_eq!(tray.fan.unwrap().level_max, 15);
    assert_eq!(blade.control, Some(0b0110));
    assert_eq!((blade.power_level, tray.power_level), (Some(2), None));
    let colors = |led: u8| blade.leds[&led].colors;
    assert_eq!((colors(0), colors(4)), (0x02, 0x0c));
    assert_eq!(blade.leds.len(), 2);
    assert!(run.found[&0x84].abilities.frus.is_empty());
}

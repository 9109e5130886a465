//! Scenarios: what the shelf is told, and what it says in reply.

use super::{Config, Effect, Input, Notice, Shelf};
use crate::scan::tests::chassis::{DATA, bytes};
use crate::{
    Action, EVENTS_MAX, EventSource, FruAddress, HotSwapChange, LossCause, ORDERS_MAX, Observation,
    OrderError, Watchdog, WatchdogInput, record_id,
};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::picmg::LedShows;
use ipmi::command::watchdog::{DONT_LOG, RUNNING, SetWatchdogTimer, timer_use};
use ipmi::description::{Controller, Fru};
use ipmi::message::{CompletionCode, NetFn, Request};
use ipmi::port::Target;
use ipmi::sel::{Event, Record, RecordBody};
use machine::{Machine, Pos, Time};

struct Run {
    shelf: Shelf,
    now: u64,
    effects: Vec<Effect>,
}

fn fru(address: u8) -> FruAddress {
    FruAddress { address, fru_id: 0 }
}

/// A controller whose inventory is `serial`; state 8 is none.
fn controller(address: u8, state: u8, serial: u8) -> Controller {
    let own = Fru {
        fru_id: 0,
        site: None,
        inventory: vec![serial],
        hot_swap_sensor: None,
        hot_swap_state: Some(state).filter(|state| *state < 8),
        leds: 1,
    };
    let mut frus = vec![own.clone()];
    if address == 0x20 {
        let shelf = DATA
            .lines()
            .find_map(|line| line.strip_prefix("fru 20 254 1024 "))
            .unwrap();
        frus.push(Fru {
            fru_id: 254,
            inventory: bytes(shelf),
            hot_swap_state: None,
            ..own
        });
    }
    Controller {
        address,
        device_id: vec![0; 11],
        picmg: None,
        sdrs: vec![],
        frus,
        abilities: Default::default(),
    }
}

fn record(id: u16, address: u8, sensor_type: u8) -> Record {
    let event = Event {
        generator: address,
        generator_lun: 0,
        revision: 4,
        sensor_type,
        number: 1,
        assertion: true,
        event_type: 1,
        data: [0x57, 90, 70],
    };
    Record {
        id,
        body: RecordBody::Event {
            timestamp: u32::from(id),
            event,
        },
    }
}

impl Run {
    fn new(config: Config) -> Self {
        Self {
            shelf: Shelf::new(config),
            now: 1000,
            effects: vec![],
        }
    }

    fn apply(&mut self, input: &Input) {
        let at = Pos {
            index: 0,
            time: Time(self.now * 1_000_000),
        };
        self.shelf.apply(at, input, &mut self.effects);
        // A snapshot at any point holds all there is.
        let snapshot = postcard::to_allocvec(&self.shelf).unwrap();
        assert_eq!(
            postcard::from_bytes::<Shelf>(&snapshot).unwrap(),
            self.shelf
        );
    }

    fn observe(&mut self, observation: Observation) {
        self.apply(&Input::Observed(observation));
    }

    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |index: usize| words[index].parse::<u8>().unwrap();
        let hex = |index: usize| u8::from_str_radix(words[index], 16).unwrap();
        match words[0] {
            "port-up" => self.observe(Observation::PortUp),
            "port-down" => self.observe(Observation::PortDown {
                reason: "closed".to_string(),
            }),
            "activate" => self.act(Action::Activate(fru(hex(1)))),
            "deactivate" => self.act(Action::Deactivate(fru(hex(1)))),
            "reset" => self.act(Action::FruControl {
                fru: fru(hex(1)),
                option: 0,
            }),
            "done" => self.done(number(1), Ok(vec![])),
            "refused" => {
                let code = CompletionCode::NOT_IN_STATE;
                self.done(number(1), Err(OrderError::Refused(code)));
            }
            "undone" => self.done(number(1), Err(OrderError::PortDown)),
            "audit" => self.apply(&Input::Audit),
            "wait" => {
                self.now += words[1].parse::<u64>().unwrap();
                self.apply(&Input::Tick);
            }
            _ => self.controller_line(&words),
        }
    }

    /// A line about what the scanner observed of a controller.
    fn controller_line(&mut self, words: &[&str]) {
        let number = |index: usize| words[index].parse::<u8>().unwrap();
        let hex = |index: usize| u8::from_str_radix(words[index], 16).unwrap();
        let state = |index: usize| words[index].trim_start_matches('M').parse().unwrap_or(8);
        match words[0] {
            "found" => {
                let found = controller(hex(1), state(2), number(3));
                self.observe(Observation::ControllerFound(found));
            }
            "lost" => {
                let is_silent = words[2] == "silent";
                let cause = if is_silent {
                    LossCause::Silent
                } else {
                    LossCause::NotAcknowledged
                };
                self.observe(Observation::ControllerLost {
                    address: hex(1),
                    cause,
                });
            }
            "swap" | "polled" => {
                let (previous, current, cause) = (state(2), state(3), number(4));
                let change = HotSwapChange {
                    fru: fru(hex(1)),
                    previous,
                    current,
                    cause,
                };
                if words[0] == "polled" {
                    self.observe(Observation::HotSwap(change));
                } else {
                    let record = record(1, hex(1), 0xf0);
                    let (source, change) = (EventSource::Sel, Some(change));
                    self.observe(Observation::Event {
                        record,
                        source,
                        change,
                    });
                }
            }
            "hot" => {
                let (record, source) = (record(1, hex(1), 0x01), EventSource::Sel);
                self.observe(Observation::Event {
                    record,
                    source,
                    change: None,
                });
            }
            "led" => {
                let shows = if words[2] == "on" {
                    LedShows::On
                } else {
                    LedShows::Off
                };
                self.observe(Observation::Led {
                    fru: fru(hex(1)),
                    led_id: 0,
                    shows,
                });
            }
            other => panic!("{other}"),
        }
    }

    fn act(&mut self, action: Action) {
        self.apply(&Input::Act { tag: 7, action });
    }

    fn done(&mut self, order: u8, result: crate::OrderResult) {
        self.observe(Observation::OrderDone {
            order: order.into(),
            result,
        });
    }
}

fn describe(effect: &Effect) -> String {
    match effect {
        Effect::Order(order) => {
            let state = order.in_state;
            let state = state.map_or(String::new(), |state| format!(" in M{state}"));
            format!("order {} {:?}{state}", order.id, order.action)
        }
        Effect::Done { tag, result } => format!("done {tag} {result:?}"),
        Effect::Logged(event) => format!("event {}", event.number),
        Effect::Up(Notice::ControllerAdded(added)) => format!("added {:02x}", added.address),
        Effect::Up(Notice::ControllerRemoved { address }) => format!("removed {address:02x}"),
        Effect::Up(Notice::ControllerFailed { address }) => format!("failed {address:02x}"),
        Effect::Up(Notice::ControllerRestored { address }) => format!("restored {address:02x}"),
        Effect::Up(Notice::HotSwap(c)) => {
            format!(
                "{:02x} M{} → M{} cause {}",
                c.fru.address, c.previous, c.current, c.cause
            )
        }
        Effect::Up(Notice::SensorEvent { address, .. }) => format!("sensor event {address:02x}"),
        Effect::Up(Notice::Led { fru, shows, .. }) => format!("led {:02x} {shows:?}", fru.address),
        Effect::Up(Notice::PortUp) => "port up".to_string(),
        Effect::Up(Notice::PortDown { reason }) => format!("port down: {reason}"),
    }
}

/// Runs the scenarios of a file: lines without indentation are told, indented ones are the reply.
///
/// `UPDATE_GOLDEN=1` writes down the replies instead of comparing.
#[test]
fn scenarios() {
    extern crate std;
    let scenarios = include_str!("tests/scenarios.txt");
    let mut out = String::new();
    let mut run = Run::new(Config::default());
    for line in scenarios.lines().filter(|line| !line.starts_with("  ")) {
        out.push_str(line);
        out.push('\n');
        match line {
            "" => {}
            "new" => run = Run::new(Config::default()),
            "alone" => {
                let config = Config {
                    activates: true,
                    deactivates: true,
                    lost_timeout: None,
                };
                run = Run::new(config);
            }
            "impatient" => {
                let lost_timeout = Some(Duration::from_secs(30));
                run = Run::new(Config {
                    lost_timeout,
                    ..Config::default()
                });
            }
            line if line.starts_with('#') => {}
            line => run.line(line),
        }
        for effect in run.effects.drain(..) {
            out.push_str(&format!("  {}\n", describe(&effect)));
        }
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/shelf/tests/scenarios.txt");
        std::fs::write(path, out).unwrap();
    } else {
        assert_eq!(out, scenarios, "see UPDATE_GOLDEN");
    }
}

/// Events are kept up to a maximum; what is known already is not kept twice.
#[test]
fn event_log() {
    let mut shelf = Shelf::new(Config::default());
    let mut effects = vec![];
    let mut observe = |shelf: &mut Shelf, observation| {
        shelf.apply(Pos::default(), &Input::Observed(observation), &mut effects);
    };
    let event = |record, source| Observation::Event {
        record,
        source,
        change: None,
    };
    observe(&mut shelf, event(record(1, 0x82, 1), EventSource::Sel));
    let mut pushed = record(2, 0x84, 1);
    if let RecordBody::Event { timestamp, .. } = &mut pushed.body {
        *timestamp = 0;
    }
    observe(&mut shelf, event(pushed, EventSource::Pushed));
    let backlog = vec![record(1, 0x82, 1), record(2, 0x84, 1), record(3, 0x86, 1)];
    observe(&mut shelf, Observation::Backlog(backlog));
    let ids: Vec<u16> = shelf.events().map(|event| event.record.id).collect();
    assert_eq!(ids, [1, 2, 3]);
    for id in 0..5000 {
        observe(&mut shelf, event(record(id, 0x82, 1), EventSource::Sel));
    }
    assert_eq!(shelf.events().count(), EVENTS_MAX);
    assert_eq!(
        shelf.events().next_back().map(|event| event.record.id),
        Some(4999)
    );
}

/// What came into the SEL between two scanners is told; what is older than all we know is not.
#[test]
fn news_in_the_backlog() {
    let mut run = Run::new(Config::default());
    run.observe(Observation::PortUp);
    run.observe(Observation::Backlog(vec![record(1, 0x82, 1)]));
    let (record_2, source) = (record(2, 0x84, 1), EventSource::Sel);
    run.observe(Observation::Event {
        record: record_2,
        source,
        change: None,
    });
    run.effects.clear();
    run.observe(Observation::PortUp);
    let backlog = vec![record(9, 0x90, 1), record(2, 0x84, 1)];
    run.observe(Observation::Backlog(backlog));
    run.observe(Observation::Backlog(vec![
        record(3, 0x86, 1),
        record(4, 0x86, 0xf0),
    ]));
    let said: Vec<String> = run.effects.iter().map(describe).collect();
    assert_eq!(said, ["port up", "event 3", "sensor event 86", "event 4"]);
    assert_eq!(run.shelf.events().count(), 5);
}

/// Events that were cleared or deleted do not come back out of the log of the hardware, whose later
/// ones are news as ever.
#[test]
fn forgotten_events_stay_away() {
    let mut run = Run::new(Config::default());
    run.observe(Observation::PortUp);
    run.observe(Observation::Backlog(
        (1..=3).map(|id| record(id, 0x82, 1)).collect(),
    ));
    run.apply(&Input::DeleteEvent { number: 1 });
    run.apply(&Input::DeleteEvent { number: 1 });
    let numbers = |run: &Run| {
        run.shelf
            .events()
            .map(|event| event.number)
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&run), [0, 2]);
    assert_eq!(run.shelf.events_next(), 3);
    run.apply(&Input::ClearEvents);
    run.effects.clear();
    run.observe(Observation::PortUp);
    run.observe(Observation::Backlog(
        (1..=4).map(|id| record(id, 0x82, 1)).collect(),
    ));
    let said: Vec<String> = run.effects.iter().map(describe).collect();
    assert_eq!(said, ["port up", "event 3", "sensor event 82"]);
    assert_eq!(numbers(&run), [3]);
}

/// Record ids go round without 0000h and FFFFh.
#[test]
fn record_ids() {
    for (number, id) in [(0, 1), (0xfffd, 0xfffe), (0xfffe, 1), (0x1_fffc, 1)] {
        assert_eq!(record_id(number), id, "{number:x}");
    }
}

/// An event that is as old as there are record ids gives its id to the newest one.
#[test]
fn record_ids_are_given_once() {
    let mut shelf = Shelf::new(Config::default());
    let event = |shelf: &mut Shelf| {
        let observed = Input::Observed(Observation::Event {
            record: record(1, 0x82, 1),
            source: EventSource::Sel,
            change: None,
        });
        shelf.apply(Pos::default(), &observed, &mut vec![]);
    };
    let ids = |shelf: &Shelf| {
        let events = shelf.events();
        events
            .map(|event| record_id(event.number))
            .collect::<Vec<_>>()
    };
    event(&mut shelf);
    for number in 1..0xfffe {
        event(&mut shelf);
        shelf.apply(Pos::default(), &Input::DeleteEvent { number }, &mut vec![]);
    }
    assert_eq!(ids(&shelf), [1]);
    event(&mut shelf);
    assert_eq!(ids(&shelf), [1]);
    event(&mut shelf);
    assert_eq!(ids(&shelf), [1, 2]);
}

/// Firmware that was upgraded, and an inventory that could not be read this time, make no other
/// board: the one that is there goes on. Another product in its slot does.
#[test]
fn the_same_board() {
    let found = |device_id: Vec<u8>, inventory: Vec<u8>| {
        let mut found = controller(0x82, 4, 0);
        found.device_id = device_id;
        found.frus[0].inventory = inventory;
        Observation::ControllerFound(found)
    };
    let device = vec![0x11, 1, 2, 3, 2, 0x29, 0x0a, 0x40, 0, 0x88, 0x99];
    let upgraded = vec![0x11, 1, 0x83, 0, 2, 0x2d, 0x0a, 0x40, 0, 0x88, 0x99];
    let other = vec![0x11, 1, 2, 3, 2, 0x29, 0x0a, 0x40, 0, 0x89, 0x99];
    let mut run = Run::new(Config::default());
    run.observe(found(device, vec![1, 2, 3, 4]));
    run.observe(found(upgraded.clone(), vec![1, 2, 3, 4]));
    run.observe(found(upgraded.clone(), vec![]));
    run.observe(found(upgraded.clone(), vec![1, 2]));
    let said: Vec<String> = run.effects.drain(..).map(|e| describe(&e)).collect();
    assert_eq!(said, ["added 82", "added 82", "added 82", "added 82"]);
    for (device_id, inventory) in [(upgraded, vec![1, 3]), (other, vec![1, 3])] {
        run.observe(found(device_id, inventory));
        let said: Vec<String> = run.effects.drain(..).map(|e| describe(&e)).collect();
        assert_eq!(said, ["82 M4 → M0 cause 6", "removed 82", "added 82"]);
    }
}

/// Too many orders are refused; a raw one waits for no port.
#[test]
fn order_limits() {
    let mut run = Run::new(Config::default());
    let request = Request {
        net_fn: NetFn::APP,
        lun: 0,
        command: 1,
        data: vec![],
    };
    run.act(Action::Raw {
        target: Target::ShelfManager,
        request,
    });
    let refused = |error| Effect::Done {
        tag: 7,
        result: Err(error),
    };
    assert_eq!(run.effects.pop(), Some(refused(OrderError::PortDown)));
    run.observe(Observation::PortUp);
    for _ in 0..ORDERS_MAX {
        run.act(Action::Activate(fru(0x82)));
    }
    assert_eq!(run.shelf.orders_pending(), ORDERS_MAX);
    run.act(Action::Activate(fru(0x82)));
    assert_eq!(run.effects.pop(), Some(refused(OrderError::TooMany)));
}

/// A timer of use SMS/OS that counts 30 s down.
fn timer() -> SetWatchdogTimer {
    SetWatchdogTimer {
        timer_use: timer_use::SMS_OS,
        actions: 0,
        pre_timeout_s: 0,
        expired: 0,
        initial: 300,
    }
}

/// Who promised to come again and does not becomes an event, once; who comes in time does not.
#[test]
fn a_watchdog_tells_of_who_does_not_come() {
    let mut run = Run::new(Config::default());
    let set = Input::Watchdog(WatchdogInput::Set(timer()));
    let reset = Input::Watchdog(WatchdogInput::Reset);
    run.apply(&reset);
    assert_eq!(run.shelf.deadline(), None);
    run.apply(&set);
    assert_eq!(run.shelf.deadline(), None);
    run.apply(&reset);
    run.now = 20_000;
    run.apply(&reset);
    assert_eq!(run.shelf.deadline(), Some(Time(50_000_000_000)));
    run.now = 49_950;
    run.apply(&Input::Tick);
    let watchdog = |run: &Run| run.shelf.watchdog().timer(Time(run.now * 1_000_000));
    let (left, running) = (watchdog(&run).present, watchdog(&run).timer_use);
    assert_eq!((left, running), (1, RUNNING | timer_use::SMS_OS));
    assert_eq!(run.shelf.events().count(), 0);
    run.now = 50_000;
    run.apply(&Input::Tick);
    run.apply(&Input::Tick);
    let said: Vec<String> = run.effects.iter().map(describe).collect();
    assert_eq!(said, ["event 0", "sensor event 20"]);
    let RecordBody::Event { event, .. } = run.shelf.events().next().unwrap().record.body else {
        panic!("it is an event");
    };
    assert_eq!((event.sensor_type, event.data), (0x23, [0xc0, 4, 0xff]));
    let (expired, present) = (watchdog(&run).expired, watchdog(&run).present);
    assert_eq!((expired, present), (1 << timer_use::SMS_OS, 0));
    assert_eq!(run.shelf.deadline(), None);
    let cleared = SetWatchdogTimer {
        expired: 1 << timer_use::SMS_OS,
        ..timer()
    };
    run.apply(&Input::Watchdog(WatchdogInput::Set(cleared)));
    assert_eq!((watchdog(&run).expired, watchdog(&run).present), (0, 300));
}

/// A timer that is set stops, unless it is told to go on; one that shall not be logged is not.
#[test]
fn a_watchdog_that_is_set_anew() {
    let mut run = Run::new(Config::default());
    let set = |run: &mut Run, flags: u8| {
        let timer_use = timer_use::OEM | flags;
        let order = SetWatchdogTimer {
            timer_use,
            ..timer()
        };
        run.apply(&Input::Watchdog(WatchdogInput::Set(order)));
        run.shelf.deadline()
    };
    assert_eq!(set(&mut run, RUNNING), None);
    run.apply(&Input::Watchdog(WatchdogInput::Reset));
    run.now = 10_000;
    assert_eq!(set(&mut run, RUNNING), Some(Time(40_000_000_000)));
    assert_eq!(set(&mut run, 0), None);
    run.apply(&Input::Watchdog(WatchdogInput::Reset));
    assert!(set(&mut run, DONT_LOG | RUNNING).is_some());
    run.now = 60_000;
    // Whoever comes too late finds it expired, and starts it anew.
    run.apply(&Input::Watchdog(WatchdogInput::Reset));
    assert_eq!(run.shelf.events().count(), 0);
    assert_eq!(
        run.shelf.watchdog().timer(Time(0)).expired,
        1 << timer_use::OEM
    );
    assert_eq!(run.shelf.deadline(), Some(Time(90_000_000_000)));
}

/// Nobody loses power by a timer of the shelf manager, and nobody is interrupted.
#[test]
fn a_watchdog_takes_no_action() {
    let watchdog = Watchdog::default();
    let admitted = |order| watchdog.admit(&WatchdogInput::Set(order));
    assert_eq!(admitted(timer()), Ok(()));
    for actions in [1, 2, 3, 4, 0x10, 0x30] {
        let order = SetWatchdogTimer { actions, ..timer() };
        assert_eq!(admitted(order), Err(CompletionCode::INVALID_FIELD));
    }
    for timer_use in [0, 6, 7] {
        let order = SetWatchdogTimer {
            timer_use,
            ..timer()
        };
        assert_eq!(admitted(order), Err(CompletionCode::INVALID_FIELD));
    }
    let reset = watchdog.admit(&WatchdogInput::Reset);
    assert_eq!(reset, Err(Watchdog::NEVER_SET));
}

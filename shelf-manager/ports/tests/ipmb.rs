//! A port on two simulated I²C buses, with controllers of blades on them.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[path = "shelf/blade.rs"]
mod blade;
#[path = "shelf/bus.rs"]
mod bus;

use blade::Hand;
use bus::{At, Bus};
use ipmc::Input;
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::command::picmg::SetIpmbState;
use ipmi::command::sensor::{GetDeviceSdr, GetSensorReading, ReserveDeviceSdr};
use ipmi::command::storage::{GetSdrRepositoryInfo, GetSelInfo};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError, Target};
use ipmi::sel;
use machine::{Machine, Pos, Time};
use ports::ipmb::{Config, Device, Fault, Place, shelf_manager, spawn};
use ports::{Port, PortConfig, open};
use shelf::Observation;
use shelf::scan::{self, Scanner};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::{Instant, timeout};

const OWN: u8 = 0x20;
/// Longest wait for anything; the clock is simulated.
const LONG: Duration = Duration::from_secs(60);

struct Shelf {
    port: Port,
    buses: [Bus; 2],
    hands: BTreeMap<u8, Hand>,
    next_token: u64,
    /// Events that came while something else was waited for.
    events: Vec<sel::Event>,
}

fn own() -> ipmc::Config {
    shelf_manager(OWN, [0x10, 0x12], None)
}

fn addresses() -> Vec<u8> {
    (0x82..=0x90).step_by(2).collect()
}

impl Shelf {
    async fn start() -> Self {
        let mut shelf = Self::with(spawn, [Bus::default(), Bus::default()]);
        assert_eq!(shelf.next().await, PortEvent::Up);
        while shelf.next_health().await != [0xa3, 0, 0x88] {}
        shelf
    }

    fn with(spawn: fn(Config, (At, Option<At>), ipmc::Config) -> Port, buses: [Bus; 2]) -> Self {
        let plug = |address| (address, blade::plug(address, buses.clone()));
        let hands = addresses().into_iter().map(plug).collect();
        let [a, b] = buses.clone().map(|bus| At(bus, OWN));
        let port = spawn(Config::new(OWN), (a, Some(b)), own());
        Self {
            port,
            buses,
            hands,
            next_token: 0,
            events: Vec::new(),
        }
    }

    async fn next(&mut self) -> PortEvent {
        let event = timeout(LONG, self.port.events.recv()).await;
        event.expect("the port has nothing to say").unwrap()
    }

    async fn order(&mut self, address: u8, request: Request) -> u64 {
        self.next_token += 1;
        let order = PortOrder {
            token: self.next_token,
            target: Target::Ipmb(address),
            request,
        };
        self.port.orders.send(order).await.unwrap();
        self.next_token
    }

    /// The answers to these tokens; events that come are kept.
    async fn answers(&mut self, tokens: &[u64]) -> Vec<Result<Response, RequestError>> {
        let mut found = BTreeMap::new();
        while found.len() < tokens.len() {
            match self.next().await {
                PortEvent::Answer { token, result } => {
                    assert!(tokens.contains(&token), "{token}");
                    assert!(found.insert(token, result).is_none(), "answered twice");
                }
                PortEvent::Event(record) => self.keep(record),
                PortEvent::Up => (),
                PortEvent::Down(_) => (),
            }
        }
        found.into_values().collect()
    }

    fn keep(&mut self, record: [u8; 16]) {
        match sel::Record::decode(&record).body {
            sel::RecordBody::Event { event, .. } => self.events.push(event),
            body @ (sel::RecordBody::OemTimestamped { .. } | sel::RecordBody::Other { .. }) => {
                panic!("{body:?}")
            }
        }
    }

    async fn ask<C: Command>(&mut self, address: u8, command: &C) -> C::Response {
        let token = self.order(address, command.request()).await;
        let answer = self.answers(&[token]).await.remove(0).unwrap();
        C::read_response(&answer).unwrap()
    }

    /// Waits for an event and takes it.
    async fn next_event(&mut self) -> sel::Event {
        while self.events.is_empty() {
            match self.next().await {
                PortEvent::Event(record) => self.keep(record),
                event @ (PortEvent::Up | PortEvent::Down(_) | PortEvent::Answer { .. }) => {
                    panic!("{event:?}")
                }
            }
        }
        self.events.remove(0)
    }

    /// The event data of our own sensor's next event.
    async fn next_health(&mut self) -> [u8; 3] {
        loop {
            let event = self.next_event().await;
            if event.sensor_type == 0xf1 {
                assert_eq!(event.generator, OWN);
                return event.data;
            }
        }
    }

    /// All device records of a controller, read in pieces that fit a frame.
    async fn records(&mut self, address: u8) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        let mut record = 0;
        while record != 0xffff {
            let reservation = self.ask(address, &ReserveDeviceSdr {}).await.reservation;
            let mut bytes: Vec<u8> = Vec::new();
            let next = loop {
                let read = GetDeviceSdr {
                    reservation,
                    record,
                    offset: u8::try_from(bytes.len()).unwrap(),
                    count: match bytes.get(4) {
                        None => 5,
                        Some(len) => (len + 5 - bytes.len() as u8).min(20),
                    },
                };
                let part = self.ask(address, &read).await;
                bytes.extend(part.data);
                if bytes.len() == usize::from(bytes[4]) + 5 {
                    break part.next;
                }
            };
            records.push(bytes);
            record = next;
        }
        records
    }

    /// Each blade gets hot; how many events that makes.
    async fn heat(&mut self) -> usize {
        for raw in [75, 40, 85, 40] {
            for hand in self.hands.values() {
                hand.send(Input::SensorChanged { number: 1, raw })
                    .await
                    .unwrap();
            }
        }
        // One and its end, two and their ends.
        6 * self.hands.len()
    }

    /// Asks each blade this often at once; all must answer.
    async fn ask_all(&mut self, times: u8) {
        let mut tokens = Vec::new();
        for _ in 0..times {
            for address in addresses() {
                tokens.push(self.order(address, GetDeviceId {}.request()).await);
            }
        }
        for answer in self.answers(&tokens).await {
            assert_eq!(answer.unwrap().code, CompletionCode::OK);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn requests_reach_blades() {
    let mut shelf = Shelf::start().await;
    for address in addresses() {
        let id = shelf.ask(address, &GetDeviceId {}).await;
        assert_eq!(id.ipmi_version, 0x02);
        let records = shelf.records(address).await;
        assert!(
            is_named(&records, &format!("Blade {address:02X}")),
            "{records:?}"
        );
        assert!(is_named(&records, "CPU"), "{records:?}");
        let reading = shelf.ask(address, &GetSensorReading { number: 1 }).await;
        assert_eq!(reading.raw, 40);
    }
    let token = shelf.order(0x9c, GetDeviceId {}.request()).await;
    let nobody = Err(RequestError::NoSuchController);
    assert_eq!(shelf.answers(&[token]).await, [nobody]);
}

/// Whether one of the records has this name at its end.
fn is_named(records: &[Vec<u8>], name: &str) -> bool {
    records
        .iter()
        .any(|record| record.ends_with(name.as_bytes()))
}

// The scanner finds every blade, and us at 20h with nothing but this process behind it.
#[tokio::test(start_paused = true)]
async fn scanner_discovers_the_shelf() {
    let mut shelf = Shelf::with(spawn, [Bus::default(), Bus::default()]);
    let mut scanner = Scanner::new(scan::Config {
        pushes_events: true,
        ..scan::Config::default()
    });
    let epoch = Instant::now();
    let mut found = BTreeMap::new();
    let wanted = addresses().len() + 1;
    let mut index = 0;
    while found.len() < wanted {
        assert!(epoch.elapsed() < LONG, "found {:02X?}", found.keys());
        let input = match timeout(Duration::from_millis(20), shelf.port.events.recv()).await {
            Ok(event) => scan::Input::Port(event.unwrap()),
            Err(_) => scan::Input::Tick,
        };
        index += 1;
        let nanos = u64::try_from(epoch.elapsed().as_nanos()).unwrap();
        let at = Pos {
            index,
            time: Time(1_700_000_000_000_000_000 + nanos),
        };
        let mut effects = Vec::new();
        scanner.apply(at, &input, &mut effects);
        for effect in effects {
            match effect {
                scan::Effect::Port(order) => shelf.port.orders.send(order).await.unwrap(),
                scan::Effect::Observe(Observation::ControllerFound(controller)) => {
                    found.insert(controller.address, controller);
                }
                scan::Effect::Observe(_) | scan::Effect::Reading { .. } => (),
            }
        }
    }
    let expected: BTreeSet<u8> = addresses().into_iter().chain([OWN]).collect();
    assert_eq!(found.keys().copied().collect::<BTreeSet<_>>(), expected);
    assert_eq!(found[&0x82].frus[0].hot_swap_state, Some(4));
    assert!(found[&OWN].sdrs.len() >= 2, "{:?}", found[&OWN].sdrs);
}

#[tokio::test(start_paused = true)]
async fn events_arrive() {
    let mut shelf = Shelf::start().await;
    shelf.hands[&0x84].send(Input::HandleOpened).await.unwrap();
    let event = shelf.next_event().await;
    let swap = event.hot_swap().unwrap();
    assert_eq!(
        (event.generator, swap.previous, swap.current),
        (0x84, Some(4), 5)
    );
    // It is in our own log too, as is what the buses did at the start.
    let info = shelf.ask(OWN, &GetSelInfo {}).await;
    assert!(info.entries >= 2, "{info:?}");
}

// We are the shelf manager: what is asked of 20h is answered without a frame on any bus.
#[tokio::test(start_paused = true)]
async fn own_controller() {
    let mut shelf = Shelf::start().await;
    let info = shelf.ask(OWN, &GetSdrRepositoryInfo {}).await;
    assert!(info.entries >= 2, "{info:?}");
    let reading = shelf.ask(OWN, &GetSensorReading { number: 1 }).await;
    assert_eq!(reading.states, Some(0b1000), "both buses are on");
    let carried = shelf.buses.iter().map(|bus| bus.counts().carried);
    assert_eq!(carried.sum::<u64>(), 0);
}

// A stuck bus loses neither requests nor events, and is told of; so is its return.
#[tokio::test(start_paused = true)]
async fn one_bus_is_stuck() {
    for (index, fault, failed) in [
        (0, Fault::DataNotHigh, [0xa2, 0, 0x8a]),
        (1, Fault::ClockNotHigh, [0xa1, 0, 0x98]),
    ] {
        let mut shelf = Shelf::start().await;
        shelf.buses[index].stick(Some(fault));
        shelf.ask_all(10).await;
        assert_eq!(shelf.next_health().await, failed);
        let events = shelf.heat().await;
        let mut generators = BTreeMap::new();
        for _ in 0..events {
            *generators
                .entry(shelf.next_event().await.generator)
                .or_insert(0) += 1;
        }
        assert!(
            generators.values().all(|count| *count == 6),
            "{generators:?}"
        );
        shelf.buses[index].stick(None);
        assert_eq!(shelf.next_health().await, [0xa3, 0, 0x88]);
        shelf.ask_all(2).await;
        let quiet = timeout(Duration::from_secs(5), shelf.port.events.recv()).await;
        assert!(quiet.is_err(), "{quiet:?}");
    }
}

// Who orders us to keep off a bus is obeyed by the port, not only by the sensor.
#[tokio::test(start_paused = true)]
async fn isolation() {
    let mut shelf = Shelf::start().await;
    shelf.ask(OWN, &SetIpmbState { a: 0x00, b: 0xff }).await;
    assert_eq!(shelf.next_health().await, [0xa2, 0, 0x80]);
    let before = shelf.buses[0].counts().carried;
    shelf.ask_all(5).await;
    // The blades answer by the bus that they were asked by.
    assert_eq!(shelf.buses[0].counts().carried, before);
    shelf.ask(OWN, &SetIpmbState { a: 0x01, b: 0xff }).await;
    assert_eq!(shelf.next_health().await, [0xa3, 0, 0x88]);
    shelf.ask_all(5).await;
    assert!(shelf.buses[0].counts().carried > before);
}

// Nine masters at once: arbitrations are lost, messages are not, and none comes twice.
#[tokio::test(start_paused = true)]
async fn arbitration() {
    let mut shelf = Shelf::start().await;
    let events = shelf.heat().await;
    shelf.ask_all(20).await;
    let mut seen = Vec::new();
    for _ in 0..events {
        seen.push(shelf.next_event().await);
    }
    for address in addresses() {
        let offsets = seen.iter().filter(|event| event.generator == address);
        let offsets: Vec<_> = offsets
            .map(|event| (event.offset(), event.assertion))
            .collect();
        let expected = [
            (7, true),
            (7, false),
            (7, true),
            (9, true),
            (9, false),
            (7, false),
        ];
        assert_eq!(offsets, expected, "{address:02X}");
    }
    let lost: u64 = shelf.buses.iter().map(|bus| bus.counts().lost).sum();
    assert!(lost > 0, "nobody lost: the test shows nothing");
    let quiet = timeout(Duration::from_secs(5), shelf.port.events.recv()).await;
    assert!(quiet.is_err(), "{quiet:?}");
}

// Each seventh frame is disturbed, requests, responses and events alike.
#[tokio::test(start_paused = true)]
async fn noise() {
    let mut shelf = Shelf::start().await;
    for bus in &shelf.buses {
        bus.disturb_each(7);
    }
    let events = shelf.heat().await;
    shelf.ask_all(10).await;
    for _ in 0..events {
        shelf.next_event().await;
    }
    let disturbed: u64 = shelf.buses.iter().map(|bus| bus.counts().disturbed).sum();
    assert!(disturbed > 20, "{disturbed}");
    let quiet = timeout(Duration::from_secs(5), shelf.port.events.recv()).await;
    assert!(quiet.is_err(), "an event came twice: {quiet:?}");
}

// A blade that is off one bus is reached by the other; the bus does not count as failed.
#[tokio::test(start_paused = true)]
async fn one_blade_is_off_one_bus() {
    let mut shelf = Shelf::start().await;
    shelf.buses[0].isolate(0x86);
    for _ in 0..20 {
        shelf.ask(0x86, &GetDeviceId {}).await;
    }
    assert_eq!(shelf.events, []);
}

#[tokio::test(start_paused = true)]
async fn both_buses_are_stuck() {
    let mut shelf = Shelf::start().await;
    for bus in &shelf.buses {
        bus.stick(Some(Fault::ClockNotHigh));
    }
    let mut tokens = Vec::new();
    for address in addresses() {
        tokens.push(shelf.order(address, GetDeviceId {}.request()).await);
    }
    for answer in shelf.answers(&tokens).await {
        assert_eq!(answer, Err(RequestError::PortDown));
    }
    let mut down = shelf.next().await;
    while let PortEvent::Event(_) = down {
        down = shelf.next().await;
    }
    assert!(
        matches!(down, PortEvent::Down(DownReason::Unreachable(_))),
        "{down:?}"
    );
    shelf.buses[1].stick(None);
    let mut up = shelf.next().await;
    while let PortEvent::Event(_) = up {
        up = shelf.next().await;
    }
    assert_eq!(up, PortEvent::Up);
    shelf.ask_all(1).await;
}

// Dropping the orders ends the port; nothing is left that holds the buses.
#[tokio::test(start_paused = true)]
async fn the_end() {
    let shelf = Shelf::start().await;
    let Port { orders, mut events } = shelf.port;
    drop(orders);
    let end = timeout(LONG, async { while events.recv().await.is_some() {} }).await;
    assert!(end.is_ok());
}

// Devices that are not there are named, once.
#[tokio::test]
async fn missing_devices() {
    let [a, b] = ["/nowhere/a", "/nowhere/b"].map(|folder| Device {
        slave: format!("{folder}/ipmb-1").into(),
        master: format!("{folder}/i2c-1").into(),
    });
    let place = Place {
        session: Config::new(OWN),
        buses: (a, Some(b)),
        own: own(),
    };
    let mut port = open(PortConfig::Ipmb(Box::new(place))).unwrap();
    let mut told = BTreeSet::new();
    for _ in 0..2 {
        let event = timeout(LONG, port.events.recv()).await.unwrap().unwrap();
        let PortEvent::Down(DownReason::Unreachable(why)) = event else {
            panic!("{event:?}");
        };
        told.insert(why);
    }
    let last = told
        .iter()
        .find(|why| why.contains("/nowhere/a") && why.contains("/nowhere/b"));
    assert!(
        last.is_some_and(|why| why.contains("No such file")),
        "{told:?}"
    );
    let again = timeout(Duration::from_millis(1500), port.events.recv()).await;
    assert!(again.is_err(), "{again:?}");
    let order = PortOrder {
        token: 1,
        target: Target::ShelfManager,
        request: GetDeviceId {}.request(),
    };
    port.orders.send(order).await.unwrap();
    let answer = PortEvent::Answer {
        token: 1,
        result: Err(RequestError::PortDown),
    };
    assert_eq!(port.events.recv().await, Some(answer));
}

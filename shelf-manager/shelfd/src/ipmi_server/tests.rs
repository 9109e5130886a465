//! The shelf of the `ipmi_sim` chassis, asked byte by byte.

mod duties;
mod pef;
mod power;

use super::{Memory, Network, Outcome, View, answer};
use crate::readings::Readings;
use appliance::{Appliance, Command};
use ipmi::command::sensor::SensorReading;
use ipmi::description::{Controller, Fru, PicmgProperties, SensorAddress, Site};
use ipmi::message::{NetFn, Request};
use ipmi::port::Target;
use ipmi::sel::{Event, Record, RecordBody};
use machine::{Machine, Pos, Time};
use shelf::{EventSource, Observation};

const DATA: &str = include_str!("../../../ipmi/tests/data/chassis.txt");
/// Seconds since 1970.
const NOW: u32 = 0x6600_0000;

fn hex(text: &str) -> Vec<u8> {
    let digits = (0..text.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn byte(text: &str) -> u8 {
    u8::from_str_radix(text, 16).unwrap()
}

fn words(kind: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = DATA.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    lines
        .filter(move |words| words[0] == kind)
        .map(|words| words[1..].to_vec())
}

/// What discovery tells of one address.
fn controller(address: u8, device_id: &str) -> Controller {
    let of = |words: &Vec<&str>| byte(words[0]) == address;
    let site = words("site").find(|words| byte(words[0]) << 1 == address);
    let site = site.map(|words| Site {
        hardware_address: byte(words[0]),
        kind: words[1].parse().unwrap(),
        number: words[2].parse().unwrap(),
    });
    let frus = words("fru").filter(of).map(|words| Fru {
        fru_id: words[1].parse().unwrap(),
        site,
        inventory: words.get(3).map_or(Vec::new(), |bytes| hex(bytes)),
        hot_swap_sensor: None,
        hot_swap_state: (address != 0x20).then_some(4),
        leds: 1,
    });
    Controller {
        address,
        device_id: hex(device_id),
        picmg: Some(PicmgProperties {
            version: 0x22,
            fru_id_max: 0,
        }),
        sdrs: words("sdr").filter(of).map(|words| hex(words[1])).collect(),
        frus: frus.collect(),
        abilities: Default::default(),
    }
}

const NETWORK: Network = Network {
    address: [192, 168, 1, 7],
    mask: [255, 255, 255, 0],
    gateway: [192, 168, 1, 1],
    mac: [2, 0, 0, 0, 0, 7],
    port: 623,
};

/// A shelf and what tools rely on.
struct Shelf {
    appliance: Appliance,
    readings: Readings,
    memory: Memory,
}

impl Shelf {
    fn empty() -> Self {
        Self {
            appliance: Appliance::new(),
            readings: Readings::default(),
            memory: Memory::default(),
        }
    }

    fn discovered() -> Self {
        let mut shelf = Self::empty();
        shelf.log(Command::Observed(Observation::PortUp));
        for words in words("controller") {
            let found = controller(byte(words[0]), words[1]);
            shelf.log(Command::Observed(Observation::ControllerFound(found)));
        }
        shelf
    }

    fn log(&mut self, command: Command) {
        let (index, time) = (self.appliance.at().index + 1, now());
        self.appliance
            .apply(Pos { index, time }, &command, &mut Vec::new());
    }

    fn event(&mut self, number: u8) {
        let event = Event {
            generator: 0x82,
            generator_lun: 0,
            revision: 4,
            sensor_type: 1,
            number,
            assertion: true,
            event_type: 1,
            data: [0x57, 0x50, 0x41],
        };
        self.log(Command::Observed(Observation::Event {
            record: Record {
                id: 7,
                body: RecordBody::Event {
                    timestamp: 3,
                    event,
                },
            },
            source: EventSource::Sel,
            change: None,
        }));
    }

    fn outcome(&mut self, target: Target, (net_fn, command, data): (NetFn, u8, &[u8])) -> Outcome {
        let view = View {
            appliance: &self.appliance,
            readings: &self.readings,
            now: now(),
            guid: [0xab; 16],
            started: Time(5_000_000_000),
            network: NETWORK,
        };
        let request = Request {
            net_fn,
            lun: 0,
            command,
            data: data.to_vec(),
        };
        answer(view, &mut self.memory, (target, &request))
    }

    /// Completion code and data of an answer that is known at once.
    fn ask(&mut self, net_fn: NetFn, command: u8, data: &[u8]) -> (u8, Vec<u8>) {
        match self.outcome(Target::ShelfManager, (net_fn, command, data)) {
            Outcome::Answer(response) => (response.code.0, response.data),
            Outcome::Log(command, response) => {
                self.log(*command);
                (response.code.0, response.data)
            }
            handed_on @ (Outcome::Ask(..)
            | Outcome::Gather(..)
            | Outcome::Change(..)
            | Outcome::Instead(..)
            | Outcome::Order(..)
            | Outcome::Send(..)) => panic!("{handed_on:?}"),
        }
    }

    fn ok(&mut self, net_fn: NetFn, command: u8, data: &[u8]) -> Vec<u8> {
        let (code, data) = self.ask(net_fn, command, data);
        assert_eq!(code, 0, "{command:02x}h: {code:02x}h");
        data
    }

    /// All records of the repository, as a tool walks them.
    fn records(&mut self) -> Vec<Vec<u8>> {
        let (mut records, mut id) = (Vec::new(), 0);
        while id != 0xffff {
            let [low, high] = u16::to_le_bytes(id);
            let data = self.ok(NetFn::STORAGE, 0x23, &[0, 0, low, high, 0, 0xff]);
            id = u16::from_le_bytes([data[0], data[1]]);
            records.push(data[2..].to_vec());
        }
        records
    }
}

fn now() -> Time {
    Time(u64::from(NOW) * 1_000_000_000)
}

// A tool that comes before discovery is over is told so, and finds an empty repository.
#[test]
fn before_discovery_the_device_says_that_it_initializes() {
    let mut shelf = Shelf::empty();
    let id = shelf.ok(NetFn::APP, 0x01, &[]);
    assert_eq!((id[2] & 0x80, id[4], id[5]), (0x80, 0x02, 0xdf));
    assert_eq!(
        shelf.ask(NetFn::STORAGE, 0x23, &[0, 0, 0, 0, 0, 0xff]).0,
        0xcb
    );
    assert_eq!(
        shelf.ask(NetFn::STORAGE, 0x43, &[0, 0, 0, 0, 0, 0xff]).0,
        0xcb
    );
    assert_eq!(shelf.ask(NetFn::STORAGE, 0x10, &[0]).0, 0xcb);
}

// The manufacturer is the hardware's.
#[test]
fn the_device_id_is_that_of_the_hardware_once_it_is_known() {
    let id = Shelf::discovered().ok(NetFn::APP, 0x01, &[]);
    assert_eq!((id[2] & 0x80, &id[6..9]), (0, &[0x5a, 0x31, 0x00][..]));
}

// Ids are renumbered, as each controller counts its own; nothing is lost or doubled.
#[test]
fn the_repository_has_each_record_of_each_controller_once() {
    let mut shelf = Shelf::discovered();
    let records = shelf.records();
    let found = words("controller")
        .map(|words| byte(words[0]))
        .collect::<Vec<_>>();
    let sdrs = words("sdr").filter(|words| found.contains(&byte(words[0])));
    let mut sdrs: Vec<_> = sdrs.map(|words| words[1][4..].to_owned()).collect();
    sdrs.sort();
    sdrs.dedup();
    assert_eq!(records.len(), sdrs.len());
    let info = shelf.ok(NetFn::STORAGE, 0x20, &[]);
    assert_eq!(
        usize::from(u16::from_le_bytes([info[1], info[2]])),
        records.len()
    );
    for (id, record) in (1u16..).zip(&records) {
        assert_eq!(record[..2], id.to_le_bytes());
        assert_eq!(record.len(), 5 + usize::from(record[4]));
    }
}

// What the hardware at 20h repeats of others is there once.
#[test]
fn records_that_20h_holds_of_others_are_not_doubled() {
    let mut shelf = Shelf::discovered();
    let before = shelf.records().len();
    let mut own = shelf
        .appliance
        .shelf
        .controller(0x20)
        .unwrap()
        .description
        .clone();
    own.sdrs
        .extend(words("sdr").filter(|it| it[0] == "82").map(|it| hex(it[1])));
    shelf.log(Command::Observed(Observation::ControllerFound(own)));
    assert_eq!(shelf.records().len(), before);
}

// Reads in parts need a reservation, and a changed repository cancels it.
#[test]
fn a_reservation_ends_when_the_repository_changes() {
    let mut shelf = Shelf::discovered();
    assert_eq!(shelf.ask(NetFn::STORAGE, 0x23, &[0, 0, 1, 0, 5, 4]).0, 0xc5);
    let id = shelf.ok(NetFn::STORAGE, 0x22, &[]);
    let read = [id[0], id[1], 1, 0, 5, 4];
    let whole = shelf.records().remove(0);
    assert_eq!(shelf.ok(NetFn::STORAGE, 0x23, &read)[2..], whole[5..9]);
    let mut own = shelf
        .appliance
        .shelf
        .controller(0x20)
        .unwrap()
        .description
        .clone();
    own.sdrs.pop();
    shelf.log(Command::Observed(Observation::ControllerFound(own)));
    assert_eq!(shelf.ask(NetFn::STORAGE, 0x23, &read).0, 0xc5);
}

// A reading is what the scanner read last; before that it is unavailable, not zero.
#[test]
fn readings_of_own_sensors_come_from_the_cache() {
    let mut shelf = Shelf::discovered();
    assert_eq!(shelf.ok(NetFn::SENSOR_EVENT, 0x2d, &[1]), [0, 0x20]);
    let sensor = SensorAddress { lun: 0, number: 1 };
    let reading = SensorReading {
        raw: 0x19,
        flags: 0xc0,
        states: Some(0xc0),
        states_high: None,
    };
    let now = machine::Time(1);
    shelf.readings.take((0x20, sensor), Some(reading), now);
    assert_eq!(
        shelf.ok(NetFn::SENSOR_EVENT, 0x2d, &[1]),
        [0x19, 0xc0, 0xc0]
    );
    assert_eq!(shelf.ask(NetFn::SENSOR_EVENT, 0x2d, &[0x77]).0, 0xcb);
    assert_eq!(shelf.ask(NetFn::SENSOR_EVENT, 0x2d, &[]).0, 0xc7);
}

// A threshold that was set must be the threshold that is read: only the hardware knows it.
#[test]
fn what_only_the_hardware_keeps_is_asked_of_it() {
    let mut shelf = Shelf::discovered();
    let asked: [(NetFn, u8, &[u8]); 3] = [
        (NetFn::SENSOR_EVENT, 0x27, &[1]),
        (NetFn::GROUP, 0x08, &[0, 0, 0]),
        (NetFn::GROUP, 0x12, &[0, 0, 0]),
    ];
    for request in asked {
        let outcome = shelf.outcome(Target::ShelfManager, request);
        assert!(
            matches!(outcome, Outcome::Ask(Target::ShelfManager, _)),
            "{outcome:?}"
        );
    }
    assert_eq!(shelf.ask(NetFn::SENSOR_EVENT, 0x27, &[0x77]).0, 0xcb);
}

// A bridged request goes to its controller; to 20h it is for us.
#[test]
fn bridged_requests_go_to_their_controller() {
    let mut shelf = Shelf::discovered();
    let device_id: (NetFn, u8, &[u8]) = (NetFn::APP, 0x01, &[]);
    let outcome = shelf.outcome(Target::Ipmb(0x82), device_id);
    assert!(matches!(outcome, Outcome::Ask(Target::Ipmb(0x82), _)));
    let outcome = shelf.outcome(Target::Ipmb(0x20), device_id);
    assert!(matches!(outcome, Outcome::Answer(_)));
}

// Inventories are read in pieces, up to their end.
#[test]
fn both_inventories_of_20h_are_read_whole() {
    let mut shelf = Shelf::discovered();
    for words in words("fru").filter(|words| words[0] == "20") {
        let (fru_id, bytes) = (words[1].parse().unwrap(), hex(words[3]));
        let info = shelf.ok(NetFn::STORAGE, 0x10, &[fru_id]);
        assert_eq!(
            usize::from(u16::from_le_bytes([info[0], info[1]])),
            bytes.len()
        );
        let mut read = Vec::new();
        while read.len() < bytes.len() {
            let [low, high] = u16::try_from(read.len()).unwrap().to_le_bytes();
            let data = shelf.ok(NetFn::STORAGE, 0x11, &[fru_id, low, high, 32]);
            assert_eq!(usize::from(data[0]), data.len() - 1);
            read.extend_from_slice(&data[1..]);
        }
        assert_eq!(read, bytes);
        let [low, high] = u16::try_from(bytes.len()).unwrap().to_le_bytes();
        assert_eq!(
            shelf.ask(NetFn::STORAGE, 0x11, &[fru_id, low, high, 1]).0,
            0xc9
        );
    }
    assert_eq!(shelf.ask(NetFn::STORAGE, 0x10, &[9]).0, 0xcb);
}

// Each event keeps its id while others come, and an event without a time has that of its arrival.
#[test]
fn the_event_log_is_walked_by_ids_that_do_not_change() {
    let mut shelf = Shelf::discovered();
    (1..=3).for_each(|number| shelf.event(number));
    let info = shelf.ok(NetFn::STORAGE, 0x40, &[]);
    assert_eq!((info[0], &info[1..3]), (0x51, &[3, 0][..]));
    assert_eq!(info[5..9], NOW.to_le_bytes());
    let first = shelf.ok(NetFn::STORAGE, 0x43, &[0, 0, 0, 0, 0, 0xff]);
    assert_eq!(
        first[..9],
        [&[2, 0, 1, 0, 2][..], &NOW.to_le_bytes()].concat()
    );
    let last = shelf.ok(NetFn::STORAGE, 0x43, &[0, 0, 0xff, 0xff, 0, 0xff]);
    assert_eq!(last[..4], [0xff, 0xff, 3, 0]);
    shelf.event(4);
    let third = shelf.ok(NetFn::STORAGE, 0x43, &[0, 0, 3, 0, 0, 0xff]);
    assert_eq!((&third[..4], third[13]), (&[4, 0, 3, 0][..], 3));
    assert_eq!(
        shelf.ask(NetFn::STORAGE, 0x43, &[0, 0, 9, 0, 0, 0xff]).0,
        0xcb
    );
}

// Only who has reserved the log clears it, and ids go on behind.
#[test]
fn a_cleared_event_log_is_empty_and_counts_on() {
    let mut shelf = Shelf::discovered();
    shelf.event(1);
    let clear = |id: &[u8], action| [id, b"CLR", &[action]].concat();
    assert_eq!(
        shelf.ask(NetFn::STORAGE, 0x47, &clear(&[0, 0], 0xaa)).0,
        0xc5
    );
    let id = shelf.ok(NetFn::STORAGE, 0x42, &[]);
    assert_eq!(shelf.ask(NetFn::STORAGE, 0x47, &clear(&id, 0x55)).0, 0xcc);
    assert_eq!(shelf.ok(NetFn::STORAGE, 0x47, &clear(&id, 0xaa)), [1]);
    let info = shelf.ok(NetFn::STORAGE, 0x40, &[]);
    assert_eq!(
        (&info[1..3], &info[9..13]),
        (&[0, 0][..], &NOW.to_le_bytes()[..])
    );
    shelf.event(2);
    let first = shelf.ok(NetFn::STORAGE, 0x43, &[0, 0, 0, 0, 0, 0xff]);
    assert_eq!(first[..4], [0xff, 0xff, 2, 0]);
}

// One event goes, by its id or as the first or last one; the others keep theirs, and the log says
// when that was.
#[test]
fn a_deleted_event_leaves_the_others_as_they_are() {
    let mut shelf = Shelf::discovered();
    (1..=4).for_each(|number| shelf.event(number));
    let delete = |shelf: &mut Shelf, reservation: &[u8], id: [u8; 2]| {
        let asked = [reservation, &id].concat();
        shelf.ask(NetFn::STORAGE, 0x46, &asked)
    };
    assert_eq!(delete(&mut shelf, &[0, 0], [2, 0]).0, 0xc5);
    let held = shelf.ok(NetFn::STORAGE, 0x42, &[]);
    assert_eq!(delete(&mut shelf, &held, [2, 0]), (0, vec![2, 0]));
    assert_eq!(delete(&mut shelf, &held, [2, 0]).0, 0xcb);
    assert_eq!(delete(&mut shelf, &held, [0xff, 0xff]), (0, vec![4, 0]));
    let info = shelf.ok(NetFn::STORAGE, 0x40, &[]);
    assert_eq!((&info[1..3], info[13] & 8), (&[2, 0][..], 8));
    assert_eq!(info[9..13], NOW.to_le_bytes());
    let first = shelf.ok(NetFn::STORAGE, 0x43, &[0, 0, 0, 0, 0, 0xff]);
    assert_eq!(first[..4], [3, 0, 1, 0]);
    let last = shelf.ok(NetFn::STORAGE, 0x43, &[0, 0, 3, 0, 0, 0xff]);
    assert_eq!(last[..4], [0xff, 0xff, 3, 0]);
    assert_eq!(delete(&mut shelf, &held, [0, 0]), (0, vec![1, 0]));
    shelf.event(5);
    let last = shelf.ok(NetFn::STORAGE, 0x43, &[0, 0, 0xff, 0xff, 0, 0xff]);
    assert_eq!(last[..4], [0xff, 0xff, 5, 0]);
}

// The shelf is on while something in it is.
#[test]
fn the_chassis_is_on_while_a_fru_has_payload_power() {
    assert_eq!(Shelf::empty().ok(NetFn::CHASSIS, 0x01, &[])[0] & 1, 0);
    assert_eq!(Shelf::discovered().ok(NetFn::CHASSIS, 0x01, &[])[0] & 1, 1);
    assert_eq!(Shelf::discovered().ask(NetFn::CHASSIS, 0x02, &[0]).0, 0xd6);
}

// The shelf's address table says what sits where, also where nobody answers.
#[test]
fn addresses_are_found_by_each_kind_of_key() {
    let mut shelf = Shelf::discovered();
    let own = [0, 0x10, 0x20, 0xff, 0, 1, 3];
    assert_eq!(shelf.ok(NetFn::GROUP, 0x01, &[0]), own);
    let board = [0, 0x42, 0x84, 0xff, 0, 2, 0];
    assert_eq!(shelf.ok(NetFn::GROUP, 0x01, &[0, 0, 0, 0x42]), board);
    assert_eq!(shelf.ok(NetFn::GROUP, 0x01, &[0, 0, 1, 0x84]), board);
    assert_eq!(shelf.ok(NetFn::GROUP, 0x01, &[0, 0, 3, 2, 0]), board);
    assert_eq!(
        shelf.ask(NetFn::GROUP, 0x01, &[0, 0, 3, 99, 0]),
        (0xcb, vec![0])
    );
    let address = shelf.ok(NetFn::GROUP, 0x02, &[0]);
    assert_eq!(address, [&[0, 0xc7][..], b"Shelf-1"].concat());
    assert_eq!(shelf.ok(NetFn::GROUP, 0x0d, &[0, 254]), [0, 2, 0]);
}

// Nothing is answered by chance.
#[test]
fn what_is_no_command_here_is_refused() {
    let mut shelf = Shelf::discovered();
    let refused: [(NetFn, u8, &[u8], u8); 6] = [
        (NetFn::APP, 0x23, &[], 0xc1),
        (NetFn::APP, 0x01, &[1], 0xc7),
        (NetFn::STORAGE, 0x23, &[0, 0, 0], 0xc7),
        (NetFn::TRANSPORT, 0x10, &[1, 3, 0, 0], 0xc1),
        (NetFn::GROUP, 0x00, &[3], 0xc1),
        (NetFn::GROUP, 0x00, &[], 0xc7),
    ];
    for (net_fn, command, data, code) in refused {
        assert_eq!(
            shelf.ask(net_fn, command, data).0,
            code,
            "{net_fn:?} {command:02x}h"
        );
    }
}

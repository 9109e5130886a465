//! What 20h keeps for tools and does for them, beyond showing the shelf.

use super::*;
use ipmi::ipmb::{Route, encode_request};
use ipmi::message::{CompletionCode, Response};

const EMPTY: u8 = 0x80;

impl Shelf {
    fn view(&self) -> View<'_> {
        View {
            appliance: &self.appliance,
            readings: &self.readings,
            now: now(),
            guid: [0xab; 16],
            started: Time(5_000_000_000),
            network: NETWORK,
        }
    }

    fn own(&mut self, asked: (NetFn, u8, &[u8])) -> Outcome {
        self.outcome(Target::ShelfManager, asked)
    }

    /// What the hardware is ordered, and what is answered then.
    fn ordered(&mut self, asked: (NetFn, u8, &[u8])) -> (Vec<Request>, Response) {
        let outcome = self.own(asked);
        let Outcome::Order(requests, response) = outcome else {
            panic!("{outcome:?}");
        };
        (requests, response)
    }
}

fn shelf_inventory() -> Vec<u8> {
    let mut inventories = words("fru").filter(|words| (words[0], words[1]) == ("20", "254"));
    hex(inventories.next().unwrap()[3])
}

// Each parameter that tools print is there, and none can be changed from outside.
#[test]
fn the_lan_is_told_and_not_changed() {
    let mut shelf = Shelf::discovered();
    let values: [(u8, &[u8]); 13] = [
        (0, &[0]),
        (1, &[0]),
        (3, &[192, 168, 1, 7]),
        (4, &[1]),
        (5, &[2, 0, 0, 0, 0, 7]),
        (6, &[255, 255, 255, 0]),
        (8, &[0x6f, 0x02]),
        (12, &[192, 168, 1, 1]),
        (20, &[0, 0]),
        (22, &[2]),
        (23, &[0, 3, 17]),
        (55, &[0, 0, 0]),
        (24, &[0, 0x44, 0, 0, 0, 0, 0, 0, 0]),
    ];
    for (parameter, value) in values {
        let read = shelf.ok(NetFn::TRANSPORT, 0x02, &[1, parameter, 0, 0]);
        assert_eq!(read, [&[0x11], value].concat(), "{parameter}");
        let written = shelf.ask(NetFn::TRANSPORT, 0x01, &[1, parameter, 0]);
        assert_eq!(written, (0x82, vec![]), "{parameter}");
    }
    assert_eq!(shelf.ok(NetFn::TRANSPORT, 0x02, &[0x8e, 3, 0, 0]), [0x11]);
    let refused: [(u8, &[u8], u8); 6] = [
        (0x02, &[1, 0x60, 0, 0], 0x80),
        (0x01, &[1, 0x60, 0], 0x80),
        (0x02, &[7, 3, 0, 0], 0xcc),
        (0x01, &[7, 3, 0], 0xcc),
        (0x02, &[1, 3, 0], 0xc7),
        (0x01, &[1, 3], 0xc7),
    ];
    for (command, data, code) in refused {
        assert_eq!(shelf.ask(NetFn::TRANSPORT, command, data).0, code);
    }
}

// The shelf's address is the system's name, in pieces of 16 bytes.
#[test]
fn the_system_says_its_name() {
    let mut shelf = Shelf::discovered();
    let name = shelf.ok(NetFn::APP, 0x59, &[0, 2, 0, 0]);
    let text = [&[0x11, 0, 1, 7][..], b"Shelf-1", &[0; 7]].concat();
    assert_eq!(name, text);
    let version = shelf.ok(NetFn::APP, 0x59, &[0, 1, 0, 0]);
    assert_eq!(version[4..14], *b"OpenShelf ");
    assert_eq!(shelf.ask(NetFn::APP, 0x59, &[0, 2, 4, 0]).0, 0xcc);
    assert_eq!(shelf.ask(NetFn::APP, 0x59, &[0, 3, 0, 0]).0, 0x80);
    assert_eq!(shelf.ask(NetFn::APP, 0x58, &[2, 0, 1, 1, 65]).0, 0x82);
    assert_eq!(
        Shelf::empty().ok(NetFn::APP, 0x59, &[0, 2, 0, 0])[4..13],
        *b"OpenShelf"
    );
}

// With the buffer on, each event of the log comes once, in order; before that none does.
#[test]
fn events_come_through_the_buffer_once() {
    let mut shelf = Shelf::discovered();
    shelf.event(1);
    assert_eq!(shelf.ask(NetFn::APP, 0x35, &[]).0, EMPTY);
    assert_eq!(shelf.ok(NetFn::APP, 0x2f, &[]), [0x08]);
    assert_eq!(shelf.ask(NetFn::APP, 0x2e, &[0x0c]).0, 0);
    assert_eq!(shelf.ok(NetFn::APP, 0x31, &[]), [0]);
    shelf.event(2);
    shelf.event(3);
    assert_eq!(shelf.ok(NetFn::APP, 0x31, &[]), [2]);
    let first = shelf.ok(NetFn::APP, 0x35, &[]);
    assert_eq!((first[0], first[11], first.len()), (2, 2, 16));
    assert_eq!(shelf.ok(NetFn::APP, 0x35, &[])[11], 3);
    assert_eq!(shelf.ask(NetFn::APP, 0x35, &[]).0, EMPTY);
    shelf.event(4);
    assert_eq!(shelf.ask(NetFn::APP, 0x30, &[2]).0, 0);
    assert_eq!(shelf.ok(NetFn::APP, 0x31, &[]), [0]);
    // A log that is cleared takes its events along.
    shelf.event(5);
    shelf.log(Command::ClearEvents);
    assert_eq!(shelf.ask(NetFn::APP, 0x35, &[]).0, EMPTY);
    shelf.event(6);
    assert_eq!(shelf.ok(NetFn::APP, 0x35, &[])[11], 6);
    assert_eq!(shelf.ask(NetFn::APP, 0x2e, &[0x04]).0, 0xd6);
    assert_eq!(shelf.ask(NetFn::APP, 0x2e, &[0x88]).0, 0xcc);
}

fn get_device_id() -> (Route, Request) {
    let route = Route {
        responder: 0x82,
        requester: 0x20,
        requester_lun: 2,
        sequence: 9,
    };
    let request = Request {
        net_fn: NetFn::APP,
        lun: 0,
        command: 0x01,
        data: vec![],
    };
    (route, request)
}

// The answer to a message that nobody tracks waits, without the receiver's address, until somebody
// takes it.
#[test]
fn untracked_answers_wait_in_the_queue() {
    let mut shelf = Shelf::discovered();
    let (route, request) = get_device_id();
    let message = [&[0x00][..], &encode_request(route, &request)].concat();
    let outcome = shelf.own((NetFn::APP, 0x34, &message));
    assert_eq!(outcome, Outcome::Send(route, request.clone()));
    assert_eq!(shelf.ask(NetFn::APP, 0x33, &[]).0, EMPTY);
    let (code, data) = (CompletionCode::OK, vec![0x11]);
    let answer = Response { code, data };
    shelf.memory.messages.keep((route, &request), &answer);
    assert_eq!(shelf.ok(NetFn::APP, 0x31, &[]), [1]);
    let kept = shelf.ok(NetFn::APP, 0x33, &[]);
    // Channel; network function and unit of the requester, checksum; responder and the rest.
    assert_eq!(kept, [0x00, 0x1e, 0xc2, 0x82, 0x24, 0x01, 0x00, 0x11, 0x48]);
    assert_eq!(shelf.ask(NetFn::APP, 0x33, &[]).0, EMPTY);
    // Nobody takes them for long: the queue has its end, and can be emptied or shut.
    for _ in 0..100 {
        shelf.memory.messages.keep((route, &request), &answer);
    }
    let taken = (0..100).filter(|_| shelf.ask(NetFn::APP, 0x33, &[]).0 == 0);
    assert_eq!(taken.count(), 32);
    shelf.memory.messages.keep((route, &request), &answer);
    assert_eq!(shelf.ask(NetFn::APP, 0x30, &[1]).0, 0);
    assert_eq!(shelf.ask(NetFn::APP, 0x33, &[]).0, EMPTY);
    assert_eq!(shelf.ok(NetFn::APP, 0x32, &[0, 0]), [0, 0]);
    shelf.memory.messages.keep((route, &request), &answer);
    assert_eq!(shelf.ask(NetFn::APP, 0x33, &[]).0, EMPTY);
    assert_eq!(shelf.ok(NetFn::APP, 0x32, &[0, 2]), [0, 0]);
    assert_eq!(shelf.ok(NetFn::APP, 0x32, &[0, 1]), [0, 1]);
    assert_eq!(shelf.ask(NetFn::APP, 0x32, &[1, 1]).0, 0xcc);
    assert_eq!(shelf.ask(NetFn::APP, 0x32, &[0, 3]).0, 0xcc);
    assert_eq!(shelf.ask(NetFn::APP, 0x34, &[0x07, 1, 2]).0, 0xcc);
}

// A record that a tool adds is an event like any other, with the next id and the time of the log.
#[test]
fn added_records_become_events() {
    let mut shelf = Shelf::discovered();
    shelf.event(1);
    let record = [0, 0, 2, 1, 2, 3, 4, 0x82, 0, 4, 1, 0x42, 1, 0x57, 0, 0];
    assert_eq!(shelf.ok(NetFn::STORAGE, 0x44, &record), [2, 0]);
    let read = shelf.ok(NetFn::STORAGE, 0x43, &[0, 0, 2, 0, 0, 0xff]);
    assert_eq!(read[2..9], [&[2, 0, 2][..], &NOW.to_le_bytes()].concat());
    assert_eq!(read[9..], record[7..]);
    assert_eq!(shelf.ask(NetFn::STORAGE, 0x44, &record[..15]).0, 0xc7);
    let room = shelf.ok(NetFn::STORAGE, 0x41, &[]);
    assert_eq!(room, [0, 0x10, 16, 0, 0xfe, 0x0f, 0xfe, 0x0f, 1]);
}

// What follows from the hardware, or from the host, is not changed here.
#[test]
fn repository_and_clock_are_read_only() {
    let mut shelf = Shelf::discovered();
    let refused: [(u8, &[u8]); 8] = [
        (0x24, &[1, 2, 3]),
        (0x26, &[0, 0, 1, 0]),
        (0x27, b"\0\0CLR\xaa"),
        (0x29, &[0; 4]),
        (0x2a, &[]),
        (0x2c, &[1]),
        (0x49, &[0; 4]),
        (0x5d, &[0, 0]),
    ];
    for (command, data) in refused {
        assert_eq!(
            shelf.ask(NetFn::STORAGE, command, data).0,
            0xd6,
            "{command:02x}"
        );
    }
    assert_eq!(shelf.ok(NetFn::STORAGE, 0x2c, &[0]), [1]);
    assert_eq!(shelf.ok(NetFn::STORAGE, 0x5c, &[]), [0xff, 0x07]);
    let records = u16::try_from(shelf.records().len()).unwrap().to_le_bytes();
    let room = shelf.ok(NetFn::STORAGE, 0x21, &[]);
    assert_eq!(room, [&records[..], &[64, 0, 0, 0, 0, 0, 1]].concat());
}

// An inventory is written through, wherever it is, and read anew then.
#[test]
fn inventories_are_written_through() {
    let mut shelf = Shelf::discovered();
    let write: (NetFn, u8, &[u8]) = (NetFn::STORAGE, 0x12, &[254, 8, 0, 1, 2]);
    for target in [Target::ShelfManager, Target::Ipmb(0x82)] {
        let outcome = shelf.outcome(target, write);
        let Outcome::Change(to, request) = &outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((*to, &request.data[..]), (target, write.2));
    }
    assert_eq!(shelf.ask(NetFn::STORAGE, 0x12, &[9, 0, 0, 1]).0, 0xcb);
    assert_eq!(shelf.ask(NetFn::STORAGE, 0x12, &[0, 0]).0, 0xc7);
}

// Whoever holds the lock edits a copy; the inventory changes at the commit, and only where it must.
#[test]
fn the_shelfs_inventory_is_changed_under_a_lock() {
    let mut shelf = Shelf::discovered();
    let locked = shelf.ok(NetFn::GROUP, 0x1f, &[0, 254, 1, 0, 0]);
    assert_eq!(locked, [0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(
        shelf.ask(NetFn::GROUP, 0x1f, &[0, 254, 1, 0, 0]),
        (0x81, vec![0])
    );
    assert_eq!(shelf.ask(NetFn::STORAGE, 0x12, &[254, 0, 0, 1]).0, 0x81);
    assert_eq!(
        shelf.ask(NetFn::GROUP, 0x20, &[0, 254, 2, 0, 8, 0, 1]).0,
        0x80
    );
    let before = shelf_inventory();
    let byte = before[20] ^ 0xff;
    let written = shelf.ok(NetFn::GROUP, 0x20, &[0, 254, 1, 0, 20, 0, byte]);
    assert_eq!(written, [0, 1]);
    assert_eq!(
        shelf.ok(NetFn::STORAGE, 0x11, &[254, 20, 0, 1]),
        [1, before[20]]
    );
    let (requests, response) = shelf.ordered((NetFn::GROUP, 0x1f, &[0, 254, 3, 1, 0]));
    let mut piece = before[16..32].to_vec();
    piece[4] = byte;
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].data, [&[254, 16, 0], &piece[..]].concat());
    let committed = [&[0, 0, 0][..], &NOW.to_le_bytes()].concat();
    assert_eq!((response.code.0, response.data), (0, committed.clone()));
    // The lock is free again, and the time of the change is known.
    assert_eq!(shelf.ok(NetFn::GROUP, 0x1f, &[0, 254, 0, 0, 0]), committed);
    assert_eq!(shelf.ok(NetFn::GROUP, 0x1f, &[0, 254, 1, 0, 0])[1], 2);
    assert_eq!(shelf.ask(NetFn::GROUP, 0x1f, &[0, 254, 2, 9, 0]).0, 0x81);
    assert_eq!(shelf.ask(NetFn::GROUP, 0x1f, &[0, 254, 2, 2, 0]).0, 0);
}

// What is no inventory does not become one; other FRUs have no lock.
#[test]
fn nonsense_is_not_committed() {
    let mut shelf = Shelf::discovered();
    let id = shelf.ok(NetFn::GROUP, 0x1f, &[0, 254, 1, 0, 0])[1];
    shelf.ok(NetFn::GROUP, 0x20, &[0, 254, id, 0, 0, 0, 0x77]);
    assert_eq!(shelf.ask(NetFn::GROUP, 0x1f, &[0, 254, 3, id, 0]).0, 0x80);
    assert_eq!(
        shelf
            .ask(NetFn::GROUP, 0x20, &[0, 254, id, 0, 0xff, 0xff, 1])
            .0,
        0xc9
    );
    assert_eq!(shelf.ask(NetFn::GROUP, 0x1f, &[0, 0, 1, 0, 0]).0, 0xcb);
    assert_eq!(shelf.ask(NetFn::GROUP, 0x1f, &[0, 254, 4, 0, 0]).0, 0xcc);
    assert_eq!(shelf.ask(NetFn::GROUP, 0x1f, &[0, 254]).0, 0xc7);
}

// A forgotten lock ends by itself; each write keeps it for longer.
#[test]
fn a_lock_that_is_not_used_ends() {
    let mut shelf = Shelf::discovered();
    let lock = &mut shelf.memory.lock;
    lock.expire(now());
    shelf.ok(NetFn::GROUP, 0x1f, &[0, 254, 1, 0, 0]);
    let seconds = |seconds| now().after(std::time::Duration::from_secs(seconds));
    shelf.memory.lock.expire(seconds(19));
    assert!(shelf.memory.lock.is_held());
    shelf.memory.lock.expire(seconds(20));
    assert!(!shelf.memory.lock.is_held());
}

// A new address goes into its record, with both checksums right.
#[test]
fn the_shelf_gets_another_address() {
    let mut shelf = Shelf::discovered();
    let set = [&[0, 0xc4][..], b"Lab7"].concat();
    let (requests, response) = shelf.ordered((NetFn::GROUP, 0x03, &set));
    assert_eq!((response.code.0, response.data), (0, vec![0]));
    let mut inventory = shelf_inventory();
    for request in &requests {
        let offset = usize::from(u16::from_le_bytes([request.data[1], request.data[2]]));
        let piece = &request.data[3..];
        inventory[offset..offset + piece.len()].copy_from_slice(piece);
    }
    let mut own = shelf.view().manager().unwrap().description.clone();
    let fru = own.frus.iter_mut().find(|fru| fru.fru_id == 254).unwrap();
    fru.inventory = inventory;
    let sound = ipmi::fru::decode(&fru.inventory).unwrap();
    assert!(
        sound
            .records
            .iter()
            .any(|record| record.as_picmg().is_some())
    );
    shelf.log(Command::Observed(Observation::ControllerFound(own)));
    let address = shelf.ok(NetFn::GROUP, 0x02, &[0]);
    assert_eq!(address, [&[0, 0xc4][..], b"Lab7"].concat());
    // Its other half, the table of sites, is as before.
    let board = [0, 0x42, 0x84, 0xff, 0, 2, 0];
    assert_eq!(shelf.ok(NetFn::GROUP, 0x01, &[0, 0, 3, 2, 0]), board);
    assert_eq!(shelf.ask(NetFn::GROUP, 0x03, &[0, 0xc5, b'L']).0, 0xc7);
    let long = [&[0, 0xd5][..], &[b'x'; 21]].concat();
    assert_eq!(shelf.ask(NetFn::GROUP, 0x03, &long).0, 0xc8);
    assert_eq!(Shelf::empty().ask(NetFn::GROUP, 0x03, &set).0, 0xcb);
}

// The shelf identifies itself with the lamps that it has, for as long as lamps can.
#[test]
fn identification_is_a_lamp_test() {
    let mut shelf = Shelf::discovered();
    let cases: [(&[u8], u8, u8); 5] = [
        (&[], 0xfb, 127),
        (&[5], 0xfb, 50),
        (&[200], 0xfb, 127),
        (&[0], 0xfc, 0),
        (&[0, 1], 0xfb, 127),
    ];
    for (data, function, time) in cases {
        let outcome = shelf.own((NetFn::CHASSIS, 0x04, data));
        let Outcome::Instead(request, response) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((request.net_fn, request.command), (NetFn::GROUP, 0x07));
        assert_eq!(request.data, [0, 0, 0xff, function, time, 0x0e]);
        assert_eq!((response.code.0, response.data), (0, vec![]));
    }
    assert_eq!(shelf.ask(NetFn::CHASSIS, 0x04, &[1, 2, 3]).0, 0xc7);
}

#[test]
fn the_chassis_says_what_it_does_not_do() {
    let mut shelf = Shelf::discovered();
    assert_eq!(shelf.ok(NetFn::CHASSIS, 0x06, &[3]), [0]);
    assert_eq!(shelf.ask(NetFn::CHASSIS, 0x06, &[1]).0, 0xd6);
    assert_eq!(shelf.ask(NetFn::CHASSIS, 0x06, &[5]).0, 0xcc);
    assert_eq!(shelf.ok(NetFn::CHASSIS, 0x07, &[]), [0, 0]);
    let flags = shelf.ok(NetFn::CHASSIS, 0x09, &[5, 0, 0]);
    assert_eq!(flags, [1, 5, 0, 0, 0, 0, 0]);
    assert_eq!(shelf.ask(NetFn::CHASSIS, 0x09, &[7, 0, 0]).0, 0x80);
    assert_eq!(shelf.ask(NetFn::CHASSIS, 0x08, &[5, 0]).0, 0x82);
    assert_eq!(shelf.ask(NetFn::CHASSIS, 0x08, &[7, 0]).0, 0x80);
}

// The shelf manager's address on the network, as PICMG tells it.
#[test]
fn the_shelf_managers_ip_address_is_told() {
    let mut shelf = Shelf::discovered();
    let told = shelf.ok(NetFn::GROUP, 0x21, &[0, 0]);
    let address = [0x81, 192, 168, 1, 7, 0x02, 0x6f];
    assert_eq!(told, [&[0, 5, 0, 0, 0, 1, 3, 1, 0][..], &address].concat());
    assert_eq!(shelf.ask(NetFn::GROUP, 0x21, &[0, 1]).0, 0xc9);
}

// Nobody minds the fans here, and that is what is said.
#[test]
fn fan_trays_mind_themselves() {
    let mut shelf = Shelf::discovered();
    assert_eq!(shelf.ok(NetFn::GROUP, 0x1d, &[0, 0xff]), [0, 0]);
    assert_eq!(shelf.ok(NetFn::GROUP, 0x1d, &[0, 0xff, 1, 0]), [0, 0, 0]);
    assert_eq!(shelf.ask(NetFn::GROUP, 0x1d, &[0, 99]).0, 0xcb);
    assert_eq!(shelf.ask(NetFn::GROUP, 0x1c, &[0, 0xff, 0, 0]).0, 0);
    assert_eq!(shelf.ask(NetFn::GROUP, 0x1c, &[0, 0xff, 1, 0]).0, 0xd6);
    assert_eq!(shelf.ask(NetFn::GROUP, 0x1c, &[0, 0xff, 2, 0]).0, 0xcc);
}

// An upgrade of 20h is one of its hardware.
#[test]
fn upgrades_are_the_hardwares() {
    let mut shelf = Shelf::discovered();
    for command in 0x2e..=0x38 {
        let outcome = shelf.own((NetFn::GROUP, command, &[0]));
        let is_handed_on = matches!(outcome, Outcome::Ask(Target::ShelfManager, _));
        assert!(is_handed_on, "{command:02x}: {outcome:?}");
    }
}

/// Commands, and the lengths of their data.
const LENGTHS: [(NetFn, u8, &[usize]); 46] = [
    (NetFn::CHASSIS, 0x00, &[0]),
    (NetFn::CHASSIS, 0x01, &[0]),
    (NetFn::CHASSIS, 0x02, &[1]),
    (NetFn::CHASSIS, 0x04, &[0, 1, 2]),
    (NetFn::CHASSIS, 0x06, &[1]),
    (NetFn::CHASSIS, 0x07, &[0]),
    (NetFn::CHASSIS, 0x09, &[3]),
    (NetFn::SENSOR_EVENT, 0x2d, &[1]),
    (NetFn::APP, 0x01, &[0]),
    (NetFn::APP, 0x02, &[0]),
    (NetFn::APP, 0x03, &[0]),
    (NetFn::APP, 0x04, &[0]),
    (NetFn::APP, 0x06, &[2]),
    (NetFn::APP, 0x07, &[0]),
    (NetFn::APP, 0x08, &[0]),
    (NetFn::APP, 0x2e, &[1]),
    (NetFn::APP, 0x2f, &[0]),
    (NetFn::APP, 0x30, &[1]),
    (NetFn::APP, 0x31, &[0]),
    (NetFn::APP, 0x32, &[2]),
    (NetFn::APP, 0x33, &[0]),
    (NetFn::APP, 0x35, &[0]),
    (NetFn::APP, 0x37, &[0]),
    (NetFn::APP, 0x59, &[4]),
    (NetFn::APP, 0x22, &[0]),
    (NetFn::APP, 0x24, &[6]),
    (NetFn::APP, 0x25, &[0]),
    (NetFn::CHASSIS, 0x0f, &[0]),
    (NetFn::STORAGE, 0x10, &[1]),
    (NetFn::STORAGE, 0x11, &[4]),
    (NetFn::STORAGE, 0x20, &[0]),
    (NetFn::STORAGE, 0x21, &[0]),
    (NetFn::STORAGE, 0x22, &[0]),
    (NetFn::STORAGE, 0x23, &[6]),
    (NetFn::STORAGE, 0x26, &[4]),
    (NetFn::STORAGE, 0x27, &[6]),
    (NetFn::STORAGE, 0x28, &[0]),
    (NetFn::STORAGE, 0x29, &[4]),
    (NetFn::STORAGE, 0x40, &[0]),
    (NetFn::STORAGE, 0x42, &[0]),
    (NetFn::STORAGE, 0x43, &[6]),
    (NetFn::STORAGE, 0x44, &[16]),
    (NetFn::STORAGE, 0x46, &[4]),
    (NetFn::STORAGE, 0x47, &[6]),
    (NetFn::STORAGE, 0x48, &[0]),
    (NetFn::TRANSPORT, 0x02, &[4]),
];

// Each command of the standard's that 20h answers by itself, and how long its request is.
#[test]
fn wrong_lengths_are_refused() {
    let mut shelf = Shelf::discovered();
    for (net_fn, command, right) in LENGTHS {
        for len in (0..18).filter(|len| !right.contains(len)) {
            let answer = shelf.ask(net_fn, command, &[0; 18][..len]);
            assert_eq!(
                answer,
                (0xc7, vec![]),
                "{net_fn:?} {command:02x}h, {len} bytes"
            );
        }
    }
    let commands: [(u8, &[usize]); 9] = [
        (0x00, &[1]),
        (0x01, &[1, 2, 3, 4, 5]),
        (0x02, &[1]),
        (0x0d, &[2, 4]),
        (0x13, &[1, 2]),
        (0x17, &[3]),
        (0x1c, &[4, 6]),
        (0x1d, &[2, 4]),
        (0x1f, &[5]),
    ];
    for (command, right) in commands {
        for len in (1..18).filter(|len| !right.contains(len)) {
            let answer = shelf.ask(NetFn::GROUP, command, &[0; 18][..len]);
            assert_eq!(answer, (0xc7, vec![0]), "{command:02x}h, {len} bytes");
        }
    }
}

// The timer is kept by the log: what is set is what is told, and it takes no action.
#[test]
fn the_watchdog_is_set_and_told() {
    let mut shelf = Shelf::discovered();
    assert_eq!(shelf.ok(NetFn::APP, 0x25, &[]), [0; 8]);
    assert_eq!(shelf.ask(NetFn::APP, 0x22, &[]).0, 0x80);
    let set = [4, 0, 0, 0x10, 0x2c, 1];
    assert_eq!(shelf.ask(NetFn::APP, 0x24, &set), (0, vec![]));
    assert_eq!(
        shelf.ok(NetFn::APP, 0x25, &[]),
        [4, 0, 0, 0, 0x2c, 1, 0x2c, 1]
    );
    assert_eq!(shelf.ask(NetFn::APP, 0x22, &[]), (0, vec![]));
    assert_eq!(shelf.ok(NetFn::APP, 0x25, &[])[0], 0x44);
    let resets = [4, 1, 0, 0x10, 0x2c, 1];
    assert_eq!(shelf.ask(NetFn::APP, 0x24, &resets).0, 0xcc);
    assert_eq!(shelf.ok(NetFn::APP, 0x25, &[])[0], 0x44);
}

// Hours are counted from the first entry of the log.
#[test]
fn the_shelf_counts_its_hours() {
    assert_eq!(
        Shelf::empty().ok(NetFn::CHASSIS, 0x0f, &[]),
        [60, 0, 0, 0, 0]
    );
    let mut shelf = Shelf::empty();
    let time = Time(now().0 - 3 * 3_600_000_000_000 - 1);
    let at = Pos { index: 1, time };
    shelf.appliance.apply(at, &Command::Tick, &mut Vec::new());
    shelf.event(1);
    assert_eq!(shelf.ok(NetFn::CHASSIS, 0x0f, &[]), [60, 3, 0, 0, 0]);
}

// No board gets a bused resource or other power from a shelf manager that manages neither.
#[test]
fn what_is_not_managed_is_not_given() {
    let mut shelf = Shelf::discovered();
    assert_eq!(shelf.ok(NetFn::GROUP, 0x17, &[0, 0, 4]), [0, 3]);
    assert_eq!(shelf.ok(NetFn::GROUP, 0x17, &[0, 1, 0]), [0, 1]);
    assert_eq!(shelf.ok(NetFn::GROUP, 0x17, &[0, 2, 0]), [0, 1]);
    for asked in [[0, 3, 0], [0, 0, 5]] {
        assert_eq!(shelf.ask(NetFn::GROUP, 0x17, &asked), (0xcc, vec![0]));
    }
    assert_eq!(shelf.ask(NetFn::GROUP, 0x13, &[0]), (0xd6, vec![0]));
    assert_eq!(shelf.ask(NetFn::GROUP, 0x13, &[0, 0]), (0xd6, vec![0]));
}

// What is no command here is said to be none, in each network function and unit.
#[test]
fn unknown_commands_are_refused() {
    let mut shelf = Shelf::discovered();
    let unknown = [
        (NetFn::CHASSIS, 0x0b),
        (NetFn::BRIDGE, 0x00),
        (NetFn::SENSOR_EVENT, 0x20),
        (NetFn::APP, 0x23),
        (NetFn::APP, 0x7f),
        (NetFn::FIRMWARE, 0x01),
        (NetFn::STORAGE, 0x13),
        (NetFn::STORAGE, 0x5a),
        (NetFn::TRANSPORT, 0x10),
        (NetFn(0x2e), 0x01),
        (NetFn(0x30), 0x01),
    ];
    for (net_fn, command) in unknown {
        assert_eq!(
            shelf.ask(net_fn, command, &[0]).0,
            0xc1,
            "{net_fn:?} {command:02x}h"
        );
    }
}

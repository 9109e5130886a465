//! Platform event filtering, asked and configured byte by byte.

use super::Shelf;
use ipmi::message::NetFn;

const SENSOR: NetFn = NetFn::SENSOR_EVENT;
const TRANSPORT: NetFn = NetFn::TRANSPORT;

/// Get, without block.
fn get(shelf: &mut Shelf, selector: u8, set: u8) -> Vec<u8> {
    shelf.ok(SENSOR, 0x13, &[selector, set, 0])
}

fn set(shelf: &mut Shelf, data: &[u8]) -> u8 {
    shelf.ask(SENSOR, 0x12, data).0
}

/// A filter that lets everything through to policy 1.
const FILTER: [u8; 22] = [
    0x06, 0x02, 0x80, 0x01, 0x01, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0,
    0, 0, 0,
];

// Alerts are the only action; a tool that asks first offers no other.
#[test]
fn capabilities() {
    let mut shelf = Shelf::empty();
    assert_eq!(shelf.ok(SENSOR, 0x10, &[]), [0x51, 0x01, 16]);
    assert_eq!(shelf.ask(SENSOR, 0x10, &[0]).0, 0xc7);
}

// What is written through the log is what is read; the revision comes first.
#[test]
fn parameters_go_through_the_log() {
    let mut shelf = Shelf::empty();
    assert_eq!(set(&mut shelf, &FILTER), 0);
    assert_eq!(get(&mut shelf, 6, 2)[1..], FILTER[1..]);
    assert_eq!(get(&mut shelf, 6, 2)[0], 0x11);
    assert_eq!(set(&mut shelf, &[7, 2, 0x00]), 0);
    assert_eq!(get(&mut shelf, 7, 2), [0x11, 2, 0x00]);
    assert_eq!(get(&mut shelf, 0x86, 0), [0x11], "the revision only");
    let string = [13, 3, 2, b'h', b'o', b't', 0];
    assert_eq!(set(&mut shelf, &string), 0);
    let read = shelf.ok(SENSOR, 0x13, &[13, 3, 2]);
    assert_eq!(read[..7], [0x11, 3, 2, b'h', b'o', b't', 0]);
}

/// What is sent, and the completion code.
const REFUSED: &[(&[u8], u8)] = &[
    (&[14, 0], 0x80),
    (&[5, 3], 0x82),
    (&[6, 1, 2, 3], 0xc7),
    (&[1, 0, 0], 0xc7),
    (&[1], 0xc7),
    (&[7, 17, 0x80], 0xc9),
    (&[0, 2], 0xcc),
    (&[], 0xc7),
];

// Each refusal has the code that the standard gives it, and changes nothing.
#[test]
fn refused_parameters() {
    let mut shelf = Shelf::empty();
    let before = shelf.appliance.clone();
    for (data, code) in REFUSED {
        assert_eq!(set(&mut shelf, data), *code, "{data:02x?}");
    }
    assert!(shelf.appliance == before);
    assert_eq!(set(&mut shelf, &[0, 1]), 0);
    assert_eq!(set(&mut shelf, &[0, 1]), 0x81, "somebody else is at it");
    for (data, code) in [([14, 0, 0], 0x80), ([0x8e, 0, 0], 0x80), ([6, 0, 0], 0xc9)] {
        assert_eq!(shelf.ask(SENSOR, 0x13, &data).0, code, "{data:02x?}");
    }
}

// The answer is the countdown that was set; FFh only asks.
#[test]
fn the_postpone_timer() {
    let mut shelf = Shelf::empty();
    assert_eq!(shelf.ok(SENSOR, 0x11, &[0xff]), [0]);
    assert_eq!(shelf.ok(SENSOR, 0x11, &[0xfe]), [0xfe]);
    assert_eq!(shelf.ok(SENSOR, 0x11, &[0xff]), [0xfe]);
    assert_eq!(shelf.ok(SENSOR, 0x11, &[0]), [0]);
    assert_eq!(shelf.ask(SENSOR, 0x11, &[]).0, 0xc7);
}

// Record ids are those of the event log.
#[test]
fn last_processed_events() {
    let mut shelf = Shelf::discovered();
    let unprocessed = shelf.ok(SENSOR, 0x15, &[]);
    assert_eq!(
        unprocessed,
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]
    );
    assert_eq!(set(&mut shelf, &FILTER), 0);
    shelf.event(1);
    shelf.event(2);
    let record = shelf.ok(NetFn::STORAGE, 0x43, &[0, 0, 0xff, 0xff, 0, 0xff]);
    let answer = shelf.ok(SENSOR, 0x15, &[]);
    assert_eq!(answer[4..6], record[2..4]);
    assert_eq!(answer[8..10], record[2..4]);
    assert_eq!(shelf.ask(SENSOR, 0x14, &[0, 0x34, 0x12]).0, 0);
    assert_eq!(shelf.ok(SENSOR, 0x15, &[])[6..8], [0x34, 0x12]);
}

// Where alerts go is LAN configuration; other parameters are not ours to answer here.
#[test]
fn destinations() {
    let mut shelf = Shelf::empty();
    assert_eq!(shelf.ok(TRANSPORT, 0x02, &[1, 17, 0, 0]), [0x11, 15]);
    let community = shelf.ok(TRANSPORT, 0x02, &[1, 16, 0, 0]);
    assert_eq!(community[1..8], *b"public\0");
    let kind = [1, 18, 3, 0x80, 4, 2];
    let address = [1, 19, 3, 0, 0, 192, 0, 2, 9, 0, 0, 0, 0, 0, 0];
    for data in [kind.as_slice(), address.as_slice()] {
        assert_eq!(shelf.ask(TRANSPORT, 0x01, data).0, 0);
        let read = shelf.ok(TRANSPORT, 0x02, &[0x0e, data[1], 3, 0]);
        assert_eq!(read[1..], data[2..]);
    }
    for (data, code) in [
        ([1, 17, 3].as_slice(), 0x82),
        ([1, 18, 3, 6, 0, 0].as_slice(), 0xcc),
        ([1, 19, 3, 0].as_slice(), 0xc7),
    ] {
        assert_eq!(shelf.ask(TRANSPORT, 0x01, data).0, code, "{data:02x?}");
    }
}

// An alert to nowhere fails; one that nobody acknowledges is under way until it does.
#[test]
fn immediate_alerts() {
    let mut shelf = Shelf::discovered();
    let status = |shelf: &mut Shelf| shelf.ok(SENSOR, 0x16, &[1, 0x43, 0])[0];
    assert_eq!(status(&mut shelf), 0x00);
    assert_eq!(shelf.ask(SENSOR, 0x16, &[1, 0x03, 0]), (0, vec![]));
    assert_eq!(status(&mut shelf), 0x03);
    assert_eq!(shelf.ask(SENSOR, 0x16, &[1, 0x83, 0]), (0, vec![]));
    assert_eq!(status(&mut shelf), 0x00);
    let address = [1, 19, 3, 0, 0, 192, 0, 2, 9, 0, 0, 0, 0, 0, 0];
    shelf.ok(TRANSPORT, 0x01, &[1, 18, 3, 0x80, 9, 0]);
    shelf.ok(TRANSPORT, 0x01, &address);
    let event = [1, 0x03, 0, 0x20, 4, 1, 0x30, 0x01, 0x59, 0xff, 0xff];
    assert_eq!(shelf.ask(SENSOR, 0x16, &event).0, 0);
    assert_eq!(status(&mut shelf), 0xff);
    assert_eq!(shelf.ask(SENSOR, 0x16, &event).0, 0x81);
    let acknowledge = [9, 9, 0, 0, 0, 0, 0x20, 0x20, 0x30, 0x59, 0xff, 0xff];
    assert_eq!(
        shelf.ask(SENSOR, 0x17, &acknowledge).0,
        0xcb,
        "another trap"
    );
    for (data, code) in [
        ([7, 0x03, 0].as_slice(), 0xcc),
        ([1, 0xc3, 0].as_slice(), 0xcc),
        ([1, 0x03].as_slice(), 0xc7),
        ([1, 0x04, 0x89].as_slice(), 0xc9),
    ] {
        assert_eq!(shelf.ask(SENSOR, 0x16, data).0, code, "{data:02x?}");
    }
}

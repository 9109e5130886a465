//! The controller beside the port.

use super::*;
use crate::ipmb::{Fault, LineHealth};
use ipmi::command::Empty;
use ipmi::command::app::{ColdReset, GetDeviceId};
use ipmi::command::picmg::{GetAddressInfo, GetShelfAddressInfo, SetIpmbState};
use ipmi::command::storage::{GetSelEntry, GetSelInfo, ReadFruData};
use ipmi::sel::{Event, Record, RecordBody};
use std::time::Duration;

/// A shelf FRU with an address table only: three sites, checksums computed apart from this code.
const IMAGE: &[u8] = &[
    0x01, 0, 0, 0, 0, 0x01, 0, 0xfe, // common header: records at 8
    0xc0, 0x02, 0x24, 0x1f, 0xfb, 0x5a, 0x31, 0x00, 0x10, 0x00, 0xc6, b'S', b'h', b'e', b'l', b'f',
    b'1', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0x08, 1, 2, 0x09, 2, 2, 0x41, 1, 0,
];

fn at(seconds: u64) -> Pos {
    Pos {
        index: 1,
        time: Time(seconds * 1_000_000_000),
    }
}

fn own(image: Option<&[u8]>) -> Own {
    let image = image.map(<[u8]>::to_vec);
    Own::new(shelf_manager(0x20, [0x10, 0x12], image), Time(0))
}

fn ask<C: Command>(own: &mut Own, command: &C) -> C::Response {
    let (response, _) = own.ask(at(1), 0x20, command.request());
    C::read_response(&response).unwrap()
}

// What the address table of the image says is also told by commands.
#[test]
fn shelf_from_the_image() {
    let mut own = own(Some(IMAGE));
    let address = ask(&mut own, &GetShelfAddressInfo {}).address;
    assert_eq!(address, b"\xc6Shelf1");
    let asked = GetAddressInfo::of_fru(0);
    assert_eq!(ask(&mut own, &asked).hardware_address, 0x10);
    let read = ReadFruData {
        fru_id: SHELF_FRU,
        offset: 0,
        count: 8,
    };
    assert_eq!(ask(&mut own, &read).data, IMAGE[..8]);
}

// Without an image, or with one that is damaged, there is a manager all the same.
#[test]
fn no_image() {
    for image in [None, Some(&IMAGE[..20]), Some(&[][..])] {
        let mut own = own(image);
        assert_eq!(ask(&mut own, &GetShelfAddressInfo {}).address, [0xc0]);
        let id = ask(&mut own, &GetDeviceId {});
        assert_ne!(id.support & support::SEL, 0);
    }
}

// Events of others are kept with the time of their arrival; nobody is told of them again.
#[test]
fn log() {
    let mut own = own(None);
    let record = [
        0, 0, 2, 0, 0, 0, 0, 0x82, 0, 4, 0xf0, 1, 0x6f, 0xa2, 0x21, 0,
    ];
    own.log(at(0x0102_0304), record);
    assert_eq!(ask(&mut own, &GetSelInfo {}).entries, 1);
    let entry = GetSelEntry {
        reservation: 0,
        record: 0,
        offset: 0,
        count: 0xff,
    };
    let kept = ask(&mut own, &entry).data;
    assert_eq!(kept[3..], [&[4, 3, 2, 1], &record[7..]].concat());
}

// A bus that fails changes the sensor and makes one event.
#[test]
fn buses() {
    let mut own = own(None);
    let health = Health {
        a: LineHealth::Failed(Fault::DataNotHigh),
        b: LineHealth::Working,
    };
    let [record] = own.buses_changed(at(5), health)[..] else {
        panic!("one event");
    };
    let event = [5, 0, 0, 0, 0x20, 0, 4, 0xf1, 1, 0x6f, 0xa2, 0x00, 0x8a];
    assert_eq!(record[3..], event);
    let number = IPMB_SENSOR;
    let reading = ask(&mut own, &GetSensorReading { number });
    assert_eq!(reading.states, Some(0b100));
    assert_eq!(ask(&mut own, &GetSelInfo {}).entries, 1);
}

// Who orders us to keep off a bus is obeyed, also while it fails.
#[test]
fn isolation() {
    let mut own = own(None);
    assert_eq!(own.isolated(at(1)), [false, false]);
    let health = Health {
        a: LineHealth::Working,
        b: LineHealth::Failed(Fault::Undiagnosed),
    };
    own.buses_changed(at(1), health);
    ask(&mut own, &SetIpmbState { a: 0xff, b: 0x00 });
    assert_eq!(own.isolated(at(1)), [false, true]);
    ask(&mut own, &SetIpmbState { a: 0x00, b: 0x01 });
    assert_eq!(own.isolated(at(1)), [true, false]);
}

// An event message to ourselves is logged, and the record is told once.
#[test]
fn own_events() {
    let mut own = own(None);
    let event = Event {
        generator: 0x20,
        generator_lun: 0,
        revision: 4,
        sensor_type: 1,
        number: 9,
        assertion: false,
        event_type: 1,
        data: [0x57, 70, 75],
    };
    let (response, records) = own.ask(at(1), 0x20, PlatformEvent::from(&event).request());
    assert_eq!(PlatformEvent::read_response(&response), Ok(Empty {}));
    let [record] = records[..] else {
        panic!("{records:?}");
    };
    let body = Record::decode(&record).body;
    assert_eq!(
        body,
        RecordBody::Event {
            timestamp: 1,
            event
        }
    );
}

// A controller that takes its time to restart is busy meanwhile, and back by itself.
#[test]
fn restart() {
    let config = ipmc::Config {
        restart_time: Duration::from_secs(2),
        ..shelf_manager(0x20, [0x10, 0x12], None)
    };
    let mut own = Own::new(config, Time(0));
    ask(&mut own, &ColdReset {});
    let (response, _) = own.ask(at(1), 0x20, GetDeviceId {}.request());
    assert_eq!(response.code, CompletionCode::NODE_BUSY);
    assert_eq!(own.deadline(), Some(at(3).time));
    own.tick(at(3));
    ask(&mut own, &GetDeviceId {});
}

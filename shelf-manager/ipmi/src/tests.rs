use crate::command::app::{GetDeviceId, SendMessage};
use crate::command::picmg::{GetPowerLevel, SetFruActivation, SetPortState, SetPowerLevel};
use crate::command::sensor::{GetSensorReading, PlatformEvent, SensorReading};
use crate::command::{Command, ResponseError};
use crate::ipmb::{self, FrameError, Route};
use crate::ipmb_state::{BusState, IpmbState, bus_status};
use crate::message::{CompletionCode, NetFn, Request, Response};
use crate::names;
use crate::sel::{self, Event, HotSwapEvent, Record, RecordBody};
use crate::text::{Coding, Text};
use crate::wire::{Reader, U24, checksum};
use alloc::string::String;
use alloc::vec::Vec;
use proptest::prelude::*;

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The lines of the chassis data that begin with `word`, each as its further words.
pub(crate) fn chassis(word: &str) -> Vec<Vec<String>> {
    include_str!("../tests/data/chassis.txt")
        .lines()
        .filter(|line| line.split(' ').next() == Some(word))
        .map(|line| line.split(' ').skip(1).map(String::from).collect())
        .collect()
}

fn route(responder: u8, requester: u8, sequence: u8) -> Route {
    Route {
        responder,
        requester,
        requester_lun: 0,
        sequence,
    }
}

/// Frames from PICMG 3.0 exchanges and from the RMCP+ example; they must come out byte for byte.
#[test]
fn frozen_requests() {
    let cases: [(&str, Route, Request); 5] = [
        (
            "20 18 c8 81 04 01 7a",
            route(0x20, 0x81, 1),
            GetDeviceId {}.request(),
        ),
        (
            "82 b0 ce 20 18 0c 00 00 01 bb",
            route(0x82, 0x20, 6),
            SetFruActivation {
                fru_id: 0,
                activate: 1,
            }
            .request(),
        ),
        (
            "82 b0 ce 20 1c 12 00 00 01 b1",
            route(0x82, 0x20, 7),
            GetPowerLevel { fru_id: 0, kind: 1 }.request(),
        ),
        (
            "82 b0 ce 20 20 11 00 00 02 01 ac",
            route(0x82, 0x20, 8),
            SetPowerLevel {
                fru_id: 0,
                level: 2,
                copy: 1,
            }
            .request(),
        ),
        (
            "82 b0 ce 20 24 0e 00 41 2f 10 00 01 2d",
            route(0x82, 0x20, 9),
            SetPortState {
                link: 0x0010_2f41,
                state: 1,
            }
            .request(),
        ),
    ];
    for (hex, route, request) in cases {
        assert_eq!(ipmb::encode_request(route, &request), bytes(hex), "{hex}");
        assert_eq!(
            ipmb::decode_request(&bytes(hex)),
            Ok((route, request)),
            "{hex}"
        );
    }
}

/// A frame that lost bytes, or had one changed, is never taken for another one.
#[test]
fn damaged_frames() {
    let frame = bytes("82 b0 ce 20 18 0c 00 00 01 bb");
    for length in 0..frame.len() {
        assert!(ipmb::decode_request(&frame[..length]).is_err(), "{length}");
        let mut changed = frame.clone();
        changed[length] ^= 0x40;
        let expected = if length < 3 {
            FrameError::HeaderChecksum
        } else {
            FrameError::BodyChecksum
        };
        assert_eq!(ipmb::decode_request(&changed), Err(expected), "{length}");
    }
    assert_eq!(
        ipmb::decode_response(&frame),
        Err(FrameError::WrongDirection)
    );
}

/// What the responder frames, the requester reads.
#[test]
fn response_round_trip() {
    let request = GetSensorReading { number: 3 }.request_on(2);
    let body = SensorReading {
        raw: 45,
        flags: 0xc0,
        states: Some(0x08),
        states_high: None,
    };
    let response = GetSensorReading::respond(&body);
    let route = Route {
        responder: 0x82,
        requester: 0x20,
        requester_lun: 1,
        sequence: 63,
    };
    let frame = ipmb::encode_response(route, &request, &response);
    let answer = ipmb::decode_response(&frame).unwrap();
    assert_eq!(answer.route, route);
    assert_eq!(
        (answer.net_fn, answer.lun, answer.command),
        (NetFn::SENSOR_EVENT, 2, 0x2d)
    );
    assert_eq!(GetSensorReading::read_response(&answer.response), Ok(body));
    assert_eq!(
        ipmb::decode_request(&frame),
        Err(FrameError::WrongDirection)
    );
}

/// A refusal, a short answer and another group's answer are three different things.
#[test]
fn responses_that_answer_nothing() {
    let read = |code: u8, data: &[u8]| {
        let response = Response {
            code: CompletionCode(code),
            data: data.to_vec(),
        };
        SetFruActivation::read_response(&response).err()
    };
    assert_eq!(
        read(0xd5, &[0]),
        Some(ResponseError::Refused(CompletionCode::NOT_IN_STATE))
    );
    assert_eq!(read(0, &[]), Some(ResponseError::Truncated));
    assert_eq!(read(0, &[3]), Some(ResponseError::OtherGroup));
    assert_eq!(read(0, &[0]), None);
    let short = Response {
        code: CompletionCode::OK,
        data: alloc::vec![1, 2, 3],
    };
    assert_eq!(
        GetDeviceId::read_response(&short),
        Err(ResponseError::Truncated)
    );
}

/// A responder refuses a short request with the code for it, and sees what is not for it.
#[test]
fn requests_as_the_responder_sees_them() {
    let mut request = SetFruActivation {
        fru_id: 1,
        activate: 0,
    }
    .request();
    assert!(SetFruActivation::is(&request) && !GetDeviceId::is(&request));
    assert!(SetFruActivation::read_request(&request).is_ok());
    request.data.pop();
    assert_eq!(
        SetFruActivation::read_request(&request),
        Err(CompletionCode::LENGTH_INVALID)
    );
    request.data[0] = 0x03;
    assert!(!SetFruActivation::is(&request));
    let empty = SendMessage::read_request(&Request {
        data: Vec::new(),
        ..request
    });
    assert_eq!(empty, Err(CompletionCode::LENGTH_INVALID));
}

/// The example of PICMG 3.0: board 82h asks for activation because its handle was closed.
#[test]
fn hot_swap_event() {
    let event = Event {
        generator: 0x82,
        generator_lun: 0,
        revision: 4,
        sensor_type: 0xf0,
        number: 1,
        assertion: true,
        event_type: 0x6f,
        data: [0xa2, 0x21, 0x00],
    };
    let swap = HotSwapEvent {
        current: 2,
        previous: Some(1),
        cause: Some(2),
        fru_id: Some(0),
    };
    assert_eq!(event.hot_swap(), Some(swap));
    assert_eq!(swap.data(), event.data);
    // The simulator leaves data bytes 2 and 3 unspecified, with and without saying so.
    for data in [[0xa5, 0xff, 0xff], [0x05, 0xff, 0xff], [0x05, 0x00, 0x00]] {
        let swap = HotSwapEvent {
            current: 5,
            previous: None,
            cause: None,
            fru_id: None,
        };
        assert_eq!(Event { data, ..event }.hot_swap(), Some(swap));
    }
    assert_eq!(
        Event {
            assertion: false,
            ..event
        }
        .hot_swap(),
        None
    );
    assert_eq!(
        Event {
            sensor_type: 0x2c,
            ..event
        }
        .hot_swap(),
        None
    );
    assert_eq!(
        Event {
            data: [0xa9, 0, 0],
            ..event
        }
        .hot_swap(),
        None
    );
}

/// The physical IPMB-0 sensor in both forms: what the buses are like, status byte, offset.
#[test]
fn ipmb_states() {
    let bus = |has_local_control, status| BusState {
        has_local_control,
        status,
    };
    let works = BusState::default();
    let stuck = bus(true, bus_status::DATA_NOT_HIGH);
    let isolated = bus(false, bus_status::WORKS);
    let both_wrong = bus(false, bus_status::UNDIAGNOSED);
    let cases = [
        (works, works, 0x88, 3),
        (stuck, works, 0x8a, 2),
        (works, isolated, 0x08, 1),
        (isolated, stuck, 0xa0, 0),
        (both_wrong, works, 0x87, 2),
    ];
    for (a, b, byte, offset) in cases {
        let state = IpmbState { a, b };
        assert_eq!((state.byte(), state.offset()), (byte, offset), "{state:?}");
        assert_eq!(IpmbState::from_byte(byte), state);
        assert_eq!(state.event_data(0x0f), [0xa0 | offset, 0xf0, byte]);
    }
    assert_eq!(IpmbState::default().byte(), 0x88);
}

/// An event message is the event without its generator; what it leaves out is unspecified.
#[test]
fn event_messages() {
    let event = Event {
        generator: 0x82,
        generator_lun: 1,
        revision: 4,
        sensor_type: 1,
        number: 9,
        assertion: false,
        event_type: 1,
        data: [0x57, 0x46, 0x45],
    };
    let message = PlatformEvent::from(&event);
    assert_eq!(message.request().data, bytes("04 01 09 81 57 46 45"));
    assert_eq!(message.event(0x82, 1), event);
    let short = Request {
        data: bytes("04 01 09 01 57"),
        ..message.request()
    };
    let short = PlatformEvent::read_request(&short).unwrap();
    let expected = Event {
        assertion: true,
        data: [0x57, 0xff, 0xff],
        ..event
    };
    assert_eq!(short.event(0x82, 1), expected);
}

/// Blade 1's CPU gets too hot: reading and threshold are in the event.
#[test]
fn threshold_event() {
    let record = bytes("01 00 02 15 00 00 00 82 00 04 01 01 01 57 5a 46");
    let record = Record::decode(record.as_slice().try_into().unwrap());
    let RecordBody::Event { timestamp, event } = record.body else {
        panic!("{record:?}")
    };
    assert_eq!((record.id, timestamp), (1, 0x15));
    assert_eq!(
        (event.trigger_reading(), event.trigger_threshold()),
        (Some(90), Some(70))
    );
    assert_eq!(
        names::event(event.sensor_type, event.event_type, event.offset()),
        Some("upper non-critical going high")
    );
}

/// Each kind of record in the bytes that FreeIPMI's tables of the records give.
#[test]
fn kinds_of_log_records() {
    let read = |hex: &str| {
        let record = Record::decode(bytes(hex).as_slice().try_into().unwrap());
        assert_eq!(record.encode().as_slice(), bytes(hex), "{hex}");
        record
    };
    let timestamped = read("0200 c5 78563412 5a3100 010203040506");
    let expected = RecordBody::OemTimestamped {
        kind: 0xc5,
        timestamp: 0x1234_5678,
        manufacturer: U24::new(0x315a),
        data: [1, 2, 3, 4, 5, 6],
    };
    assert_eq!((timestamped.id, timestamped.body), (2, expected));
    assert_eq!(expected.timestamp(), Some(0x1234_5678));
    let without = read("0300 e0 0102030405060708090a0b0c0d").body;
    assert_eq!((without.kind(), without.timestamp()), (0xe0, None));
    let event = read("0400 02 ffffffff 8200 04 f0 01 6f a22100").body;
    assert_eq!((event.kind(), event.timestamp()), (2, Some(u32::MAX)));
}

/// The names that the tables end with: a slip in the middle would shift them.
#[test]
fn table_ends() {
    assert_eq!(
        (names::unit(0x12), names::unit(0x5c), names::unit(0x5d)),
        ("rpm", "g", "")
    );
    assert_eq!((names::unit(4), names::unit(66)), ("V", "bit"));
    assert_eq!(names::event(0xf0, 0x6f, 7), Some("communication lost"));
    assert_eq!(names::event(0x01, 0x01, 12), None);
}

/// All four ways to code a string.
#[test]
fn texts() {
    let read = |hex: &str| Text::read(&mut Reader::new(&bytes(hex)), 0x3f, "text");
    assert_eq!(read("c4 41 43 4d 45").unwrap().text(), "ACME");
    assert_eq!(read("43 12 3b 4c").unwrap().text(), "123-4.");
    // `IPMI` in six bits, the example of the standard.
    assert_eq!(read("83 29 dc a6").unwrap().text(), "IPMI");
    assert_eq!(read("02 00 ff").unwrap().text(), "00ff");
    assert_eq!(read("c4 41 43 4d").unwrap_err().field, "text");
    assert_eq!(Text::latin1("ä€").bytes, [0xe4, b'?']);
    assert_eq!(Text::default().coding, Coding::Latin1);
}

/// The packed codings, in the bytes of [`texts`]; characters they lack are refused.
#[test]
fn packed_texts() {
    let written = |text: Option<Text>| {
        let mut out = Vec::new();
        text.unwrap().write(&mut out, 0x3f);
        out
    };
    assert_eq!(written(Text::bcd_plus("123-4.")), bytes("43 12 3b 4c"));
    assert_eq!(written(Text::six_bit("IPMI")), bytes("83 29 dc a6"));
    for text in ["", "1", "12", "123", "1234", "12345"] {
        assert_eq!(Text::bcd_plus(text).unwrap().text(), text);
        assert_eq!(Text::six_bit(text).unwrap().text(), text);
    }
    assert_eq!((Text::bcd_plus("12A"), Text::six_bit("ipmi")), (None, None));
}

proptest! {
    /// No record is changed by reading and writing it.
    #[test]
    fn sel_records_round_trip(bytes: [u8; sel::RECORD_LEN]) {
        prop_assert_eq!(Record::decode(&bytes).encode(), bytes);
    }

    /// No frame is changed by reading and writing it.
    #[test]
    fn frames_round_trip(
        addresses: (u8, u8), sequence in 0u8..64, lun in 0u8..4,
        data in proptest::collection::vec(any::<u8>(), 0..25),
    ) {
        let (responder, requester) = addresses;
        let route = Route { responder, requester, requester_lun: lun, sequence };
        let request = Request { net_fn: NetFn::APP, lun: 3, command: 0x34, data };
        let frame = ipmb::encode_request(route, &request);
        prop_assert_eq!(checksum(&frame), checksum(&[]));
        prop_assert_eq!(ipmb::decode_request(&frame), Ok((route, request)));
    }
}

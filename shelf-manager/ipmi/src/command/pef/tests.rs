//! Parameters: byte for byte, there and back, cut off anywhere, and too long.

use super::*;
use crate::command::Command;
use crate::message::Request;
use crate::tests::bytes;
use alloc::vec;
use alloc::vec::Vec;

/// Selector, data, and what it means; layouts by hand after the tables of the standard.
fn parameters() -> Vec<(u8, &'static str, Parameter)> {
    let byte = |mask, compare1, compare2| EventDataMatch {
        mask,
        compare1,
        compare2,
    };
    let filter = EventFilter {
        configuration: 0xc0,
        action: action::ALERT,
        policy: 0x01,
        severity: severity::CRITICAL,
        generator: 0xff,
        generator_lun: 0xff,
        sensor_type: 0x01,
        number: 0xff,
        trigger: 0x01,
        offsets: 0x0a95,
        data: EventDataMatches {
            data1: byte(1, 2, 3),
            data2: byte(4, 5, 6),
            data3: byte(7, 8, 9),
        },
    };
    let policy = AlertPolicy {
        number: 0x18,
        destination: 0x12,
        string: 0x83,
    };
    let keys = AlertStringKeys { filter: 3, set: 4 };
    let guid = core::array::from_fn(|index| u8::try_from(index).unwrap());
    vec![
        (0, "01", Parameter::SetInProgress(1)),
        (1, "0f", Parameter::Control(15)),
        (2, "01", Parameter::ActionGlobalControl(action::ALERT)),
        (3, "3c", Parameter::StartupDelay(60)),
        (4, "3d", Parameter::AlertStartupDelay(61)),
        (5, "20", Parameter::FilterCount(32)),
        (
            6,
            "05 c0 01 01 10 ff ff 01 ff 01 95 0a 01 02 03 04 05 06 07 08 09",
            Parameter::Filter { number: 5, filter },
        ),
        (
            7,
            "05 80",
            Parameter::FilterData1 {
                number: 5,
                configuration: filter::ENABLED,
            },
        ),
        (8, "10", Parameter::PolicyCount(16)),
        (9, "02 18 12 83", Parameter::Policy { entry: 2, policy }),
        (
            10,
            "01 000102030405060708090a0b0c0d0e0f",
            Parameter::SystemGuid { flags: 1, guid },
        ),
        (11, "08", Parameter::StringCount(8)),
        (12, "01 03 04", Parameter::StringKeys { string: 1, keys }),
        (
            13,
            "01 02 686f7400",
            Parameter::String {
                string: 1,
                block: 2,
                bytes: b"hot\0".to_vec(),
            },
        ),
    ]
}

#[test]
fn frozen_parameters() {
    for (selector, hex, parameter) in parameters() {
        let data = bytes(hex);
        assert_eq!(Parameter::decode(selector, &data), Ok(parameter.clone()));
        assert_eq!(parameter.encode(), data);
        assert_eq!(parameter.selector(), selector);
    }
}

/// A parameter that is cut off or has bytes too many is refused, never filled up.
#[test]
fn wrong_lengths() {
    for (selector, hex, _) in parameters() {
        let mut data = bytes(hex);
        let whole = if selector == selector::STRING {
            3
        } else {
            data.len()
        };
        for length in 0..whole {
            let cut = Parameter::decode(selector, &data[..length]);
            assert_eq!(cut, Err(ParameterError::Truncated), "{selector}: {length}");
        }
        data.resize(
            if selector == selector::STRING {
                19
            } else {
                whole + 1
            },
            0,
        );
        let long = Parameter::decode(selector, &data);
        assert_eq!(long, Err(ParameterError::TooLong), "{selector}");
    }
    for selector in 14..128 {
        let unknown = Parameter::decode(selector, &[0; 22]);
        assert_eq!(unknown, Err(ParameterError::NotSupported));
    }
}

/// Selector, data, and what it means.
fn lan_parameters() -> Vec<(u8, &'static str, LanAlertParameter)> {
    let mut community = [0; 18];
    community[..6].copy_from_slice(b"public");
    let v4 = DestinationAddress::V4 {
        gateway: 1,
        ip: [192, 0, 2, 1],
        mac: [2, 0, 0, 0, 0, 9],
    };
    let v6 = DestinationAddress::V6 {
        ip: "2001:db8::1"
            .parse::<core::net::Ipv6Addr>()
            .unwrap()
            .octets(),
    };
    vec![
        (
            16,
            "7075626c6963 000000000000000000000000",
            LanAlertParameter::Community(community),
        ),
        (17, "0f", LanAlertParameter::Count(15)),
        (
            18,
            "02 80 02 03",
            LanAlertParameter::Type {
                destination: 2,
                kind: 0x80,
                timeout: 2,
                retries: 3,
            },
        ),
        (
            19,
            "02 00 01 c0000201 020000000009",
            LanAlertParameter::Address {
                destination: 2,
                address: v4,
            },
        ),
        (
            19,
            "02 10 20010db8 00000000 00000000 00000001",
            LanAlertParameter::Address {
                destination: 2,
                address: v6,
            },
        ),
    ]
}

#[test]
fn destinations() {
    for (selector, hex, parameter) in lan_parameters() {
        let mut data = bytes(hex);
        assert!(LanAlertParameter::is(selector));
        assert_eq!(parameter.selector(), selector);
        assert_eq!(parameter.encode(), data);
        assert_eq!(LanAlertParameter::decode(selector, &data), Ok(parameter));
        for length in 0..data.len() {
            let cut = LanAlertParameter::decode(selector, &data[..length]);
            assert_eq!(cut, Err(ParameterError::Truncated), "{selector}: {length}");
        }
        data.push(0);
        let long = LanAlertParameter::decode(selector, &data);
        assert_eq!(long, Err(ParameterError::TooLong), "{selector}");
    }
    let other = LanAlertParameter::decode(19, &bytes("02 20 00 00000000 000000000000"));
    assert_eq!(other, Err(ParameterError::NotSupported));
    assert!(
        [0, 15, 20]
            .into_iter()
            .all(|selector| !LanAlertParameter::is(selector))
    );
}

/// Requests laid out by hand after the tables of the standard.
#[test]
fn frozen_requests() {
    let acknowledge = PetAcknowledge {
        sequence: 0x0102,
        local_time: 0x0304_0506,
        event_source: 0x20,
        sensor_device: 0x82,
        number: 9,
        data: [1, 2, 3],
    };
    let alert = AlertImmediate {
        channel: 1,
        destination: 0x02,
        string: 0,
        event: None,
    };
    let event = AlertEvent {
        generator: 0x41,
        revision: 4,
        sensor_type: 1,
        number: 0x30,
        direction_type: 0x81,
        data: [0x59, 0, 0],
    };
    let of_event = AlertImmediate {
        event: Some(event),
        ..alert.clone()
    };
    let requests: [(u8, &str, Request); 7] = [
        (0x10, "", GetPefCapabilities {}.request()),
        (0x11, "3c", ArmPefPostponeTimer { countdown: 60 }.request()),
        (
            0x13,
            "06 02 00",
            GetPefConfiguration {
                selector: 6,
                set: 2,
                block: 0,
            }
            .request(),
        ),
        (
            0x14,
            "01 34 12",
            SetLastProcessedEvent {
                which: 1,
                record: 0x1234,
            }
            .request(),
        ),
        (0x16, "01 02 00", alert.request()),
        (0x16, "01 02 00 41 04 01 30 81 59 00 00", of_event.request()),
        (
            0x17,
            "02 01 06 05 04 03 20 82 09 01 02 03",
            acknowledge.request(),
        ),
    ];
    for (command, hex, request) in requests {
        assert_eq!((request.command, &request.data), (command, &bytes(hex)));
    }
    let cut = Request {
        data: bytes("01 02 00 41 04"),
        ..alert.request()
    };
    assert!(AlertImmediate::read_request(&cut).is_err());
}

//! The trap's octets: byte for byte, there and back, and cut off anywhere.

use super::{FIXED_LEN, OEM_LEN_MAX, Pet, SpecificTrap, TEXT_LEN_MAX, sensor_device};
use crate::tests::bytes;
use alloc::vec;
use proptest::prelude::*;

/// A trap of a temperature above its upper critical threshold, laid out by hand after the table of
/// the specification.
const OCTETS: &str = "00112233 4455 6677 8899aabbccddeeff 0007 0f0e0d0c 003c 20 20 10 10 30 07 01 \
                      59 5a 46 00 00 00 00 00 19 0000315a 0102 c1";

fn temperature() -> Pet {
    Pet {
        trap: SpecificTrap {
            sensor_type: 1,
            event_type: 1,
            assertion: true,
            offset: 9,
        },
        guid: bytes("00112233445566778899aabbccddeeff")
            .try_into()
            .unwrap(),
        sequence: 7,
        local_time: 0x0f0e_0d0c,
        utc_offset_min: Some(60),
        trap_source: 0x20,
        event_source: 0x20,
        severity: 0x10,
        sensor_device: 0x10,
        number: 0x30,
        entity: 7,
        entity_instance: 1,
        data: [0x59, 0x5a, 0x46, 0, 0, 0, 0, 0],
        language: 0x19,
        manufacturer: 0x315a,
        system: 0x0102,
        oem: vec![],
    }
}

/// Specific traps as the MIBs of vendors list them: a fan's lower critical threshold, a chassis
/// intrusion, a power supply's failure that ended.
#[test]
fn frozen() {
    assert_eq!(temperature().encode(), bytes(OCTETS));
    assert_eq!(temperature().trap.number(), 0x0001_0109);
    assert_eq!(Pet::decode(0x0001_0109, &bytes(OCTETS)), Ok(temperature()));
    for (number, sensor_type, event_type, assertion, offset) in [
        (262_402, 4, 1, true, 2),
        (356_096, 5, 0x6f, true, 0),
        (552_833, 8, 0x6f, false, 1),
    ] {
        let trap = SpecificTrap {
            sensor_type,
            event_type,
            assertion,
            offset,
        };
        assert_eq!(trap.number(), number);
        assert_eq!(SpecificTrap::from_number(number), trap);
    }
}

/// Without an end of its OEM fields a trap was cut off.
#[test]
fn truncated() {
    let octets = bytes(OCTETS);
    for length in 0..octets.len() {
        assert!(Pet::decode(0, &octets[..length]).is_err(), "{length}");
    }
}

/// A blade's 7-bit address, the shelf manager's, and software id 20h.
#[test]
fn sensor_devices() {
    for (generator, device) in [(0x84, 0x42), (0x20, 0x10), (0x41, 0xa0)] {
        assert_eq!(sensor_device(generator), device);
    }
}

/// FFFFh minutes are none at all.
#[test]
fn no_offset() {
    let pet = Pet {
        utc_offset_min: None,
        ..temperature()
    };
    let octets = pet.encode();
    assert_eq!(&octets[22..24], [0xff, 0xff]);
    assert_eq!(Pet::decode(pet.trap.number(), &octets), Ok(pet));
}

/// No text makes a trap longer than it may be, or ends it before its end.
#[test]
fn texts() {
    assert_eq!(Pet::oem_text(b""), b"");
    assert_eq!(Pet::oem_text(b"x"), b"\xc2x ");
    assert_eq!(Pet::oem_text(b"too hot"), b"\xc7too hot");
    let long = Pet::oem_text(&[b'a'; 200]);
    assert_eq!(long.len(), TEXT_LEN_MAX + 1);
    let pet = Pet {
        oem: long,
        ..temperature()
    };
    assert_eq!(pet.encode().len(), FIXED_LEN + OEM_LEN_MAX);
}

proptest! {
    #[test]
    fn round_trip(octets in proptest::collection::vec(any::<u8>(), 47..110), number: u32) {
        let mut octets = octets;
        *octets.last_mut().unwrap() = 0xc1;
        let number = number & 0x00ff_7f8f;
        let pet = Pet::decode(number, &octets).unwrap();
        prop_assert_eq!(pet.trap.number(), number);
        prop_assert_eq!(pet.encode(), octets);
    }
}

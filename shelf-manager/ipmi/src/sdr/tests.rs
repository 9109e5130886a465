use super::other::{
    CONTAINS_RANGES, ChannelInfo, DeviceEntity, DeviceEntityAssociation, EntityAssociation,
    GenericLocator, McConfirmation, Oem, OtherRecord,
};
use super::*;
use crate::names;
use crate::tests::{bytes, chassis};
use crate::wire::U24;
use alloc::string::String;
use proptest::prelude::*;

fn full(hex: &str) -> FullSensor {
    let RecordBody::Full(sensor) = decode(&bytes(hex)).unwrap().body else {
        panic!("{hex}")
    };
    sensor
}

/// The inlet temperature sensor of the simulated shelf manager.
const INLET: &str = "000051013520000 1f0017f680101850a850a3b3b00010000010000000000\
    07192d05ff005f554600020502020000 00ca496e6c65742054656d70";

/// Every record of the simulated shelf comes back as it was, with the right name and value.
#[test]
fn records_of_the_chassis() {
    let records = chassis("sdr");
    assert_eq!(records.len(), 42);
    for record in records {
        let raw = bytes(&record[1]);
        assert_eq!(encode(&decode(&raw).unwrap()), raw, "{record:?}");
    }
    let inlet = full(INLET);
    assert_eq!(inlet.id_string.text(), "Inlet Temp");
    assert_eq!(inlet.common.readable_thresholds(), 0b11_1011);
    assert_eq!(inlet.thresholds, [5, 2, 0, 70, 85, 95]);
    assert_eq!(names::unit(inlet.common.units().base), "°C");
    assert_eq!(Converter::of(&inlet).unwrap().micro(25), Ok(25_000_000));
}

/// A blade's +12 V: six hundredths of a volt for each count.
#[test]
fn volts_of_the_chassis() {
    let found = chassis("sdr")
        .into_iter()
        .find_map(|record| match decode(&bytes(&record[1])) {
            Ok(Record {
                body: RecordBody::Full(sensor),
                ..
            }) => (sensor.id_string.text() == "B1 +12V").then_some(sensor),
            _ => None,
        });
    let converter = Converter::of(&found.unwrap()).unwrap();
    assert_eq!(converter.micro(200), Ok(12_000_000));
    assert_eq!(converter.raw(11_990_000), Ok(200));
    assert_eq!(converter.raw(15_300_000), Ok(255));
    assert_eq!(converter.raw(15_300_001), Err(ConversionError::OutOfRange));
    assert_eq!(converter.difference_micro(2), Ok(120_000));
}

/// A record cut anywhere says which field is missing.
#[test]
fn truncated_records() {
    let raw = bytes(INLET);
    let missing = |length: usize| decode(&raw[..length]).unwrap_err().field;
    assert_eq!(missing(0), "record id");
    assert_eq!(missing(4), "record length");
    assert_eq!(missing(5), "sensor owner id");
    assert_eq!(missing(26), "conversion factors");
    assert_eq!(missing(47), "id string");
    assert_eq!(missing(raw.len() - 1), "id string");
    for record in chassis("sdr") {
        let raw = bytes(&record[1]);
        assert!(
            (0..raw.len()).all(|length| decode(&raw[..length]).is_err()),
            "{record:?}"
        );
    }
}

/// One record for four fans: numbers, instances and names count up.
#[test]
fn shared_compact_record() {
    let compact = CompactSensor {
        common: SensorCommon {
            number: 10,
            entity: Entity {
                id: 0x1d,
                instance: 1,
            },
            ..SensorCommon::default()
        },
        sharing: 0x13,
        sharing_offset: 0x80 | 25,
        id_string: Text::latin1("Fan "),
        ..CompactSensor::default()
    };
    let shared: Vec<_> = compact
        .shared()
        .into_iter()
        .map(|s| {
            (
                s.common.number,
                s.common.entity.instance,
                s.id_string.text(),
            )
        })
        .collect();
    let expected = [(10, 1, "FanZ"), (11, 2, "FanAA"), (12, 3, "FanAB")]
        .map(|(n, i, s)| (n, i, String::from(s)));
    assert_eq!(shared, expected);
}

/// Records of real controllers (tests/test_sdr.py of kontron/python-ipmi) come back as they were.
#[test]
fn records_of_real_controllers() {
    let compact = "d300510228 8200d3 c164 0340 216f 0000 0000 0300 c00000 0100 0000 000000 00 \
        cd41343a50726573205346502d31";
    let RecordBody::Compact(sensor) = decode(&bytes(compact)).unwrap().body else {
        panic!("{compact}")
    };
    assert_eq!(sensor.id_string.text(), "A4:Pres SFP-1");
    assert_eq!(
        (sensor.common.number, sensor.common.reading_mask),
        (0xd3, 3)
    );
    let fru = "0200511117 82 03 80 00 00 10 02 c261 00 cc4b6f6e74726f6e204d434d43";
    let RecordBody::FruLocator(locator) = decode(&bytes(fru)).unwrap().body else {
        panic!("{fru}")
    };
    assert!(locator.is_logical());
    assert_eq!((locator.fru_id, locator.entity.id), (3, 0xc2));
    let confirmation = "450051131b 20 00 01 02 01 51 4ac162 0680 00000000000000000000000000000000";
    for hex in [compact, fru, confirmation] {
        assert_eq!(encode(&decode(&bytes(hex)).unwrap()), bytes(hex), "{hex}");
    }
    let RecordBody::Other { kind, bytes } = decode(&bytes(confirmation)).unwrap().body else {
        panic!("{confirmation}")
    };
    let expected = McConfirmation {
        address: 0x20,
        device_id: 0,
        channel_revision: 1,
        firmware_major: 2,
        firmware_minor: 1,
        ipmi_version: 0x51,
        manufacturer: U24::new(0x0062_c14a),
        product: 0x8006,
        guid: [0; 16],
    };
    let read = OtherRecord::decode(kind, &bytes);
    assert_eq!(read, Ok(Some(OtherRecord::McConfirmation(expected))));
}

fn entity(id: u8, instance: u8) -> Entity {
    Entity { id, instance }
}

/// One of each, in the bytes that FreeIPMI's and OpenIPMI's tables of the records give.
fn others() -> Vec<(OtherRecord, &'static str)> {
    let near = |instance| DeviceEntity {
        address: 0x82,
        channel: 0x00,
        entity: entity(0xc1, instance),
    };
    let association = EntityAssociation {
        container: entity(0xf0, 0x60),
        flags: CONTAINS_RANGES,
        contained: [
            entity(0x1e, 0x60),
            entity(0x1e, 0x62),
            entity(0, 0),
            entity(0, 0),
        ],
    };
    let relative = DeviceEntityAssociation {
        container: entity(0xa0, 0x60),
        container_address: 0x82,
        container_channel: 0,
        flags: 0x20,
        contained: [near(0x61), near(0x62), near(0x63), near(0x64)],
        reserved: [0; 6],
    };
    let locator = GenericLocator {
        access_address: 0x20,
        device_address: 0x91,
        access: 0x2b,
        device_type: 0x09,
        entity: entity(7, 1),
        id_string: Text::latin1("LM75"),
        ..GenericLocator::default()
    };
    let channels = ChannelInfo {
        channels: [0x81, 0x84, 0, 0, 0, 0, 0, 0x85],
        messaging_interrupt: 0xff,
        event_buffer_interrupt: 0xff,
        reserved: 0,
    };
    let oem = Oem {
        manufacturer: U24::new(0x315a),
        data: alloc::vec![1, 2, 3],
    };
    alloc::vec![
        (
            OtherRecord::EntityAssociation(association),
            "0700 51 08 0b f060 80 1e60 1e62 0000 0000",
        ),
        (
            OtherRecord::DeviceEntityAssociation(relative),
            "0700 51 09 1b a060 82 00 20 8200c161 8200c162 8200c163 8200c164 000000000000",
        ),
        (
            OtherRecord::GenericLocator(locator),
            "0700 51 10 0f 20 91 2b 00 00 09 00 0701 00 c44c4d3735",
        ),
        (
            OtherRecord::ChannelInfo(channels),
            "0700 51 14 0b 81 84 00 00 00 00 00 85 ff ff 00",
        ),
        (OtherRecord::Oem(oem), "0700 51 c0 06 5a3100 010203"),
    ]
}

/// They are written and read as the tables say; one that is cut keeps its bytes, and says what is
/// missing only to who wants to understand it.
#[test]
fn other_records() {
    for (record, hex) in others() {
        let raw = bytes(hex);
        assert_eq!(encode(&record.record(7)), raw, "{hex}");
        let RecordBody::Other { kind, bytes } = decode(&raw).unwrap().body else {
            panic!("{hex}")
        };
        assert_eq!(OtherRecord::decode(kind, &bytes), Ok(Some(record)));
        assert!(
            (0..raw.len()).all(|length| decode(&raw[..length]).is_err()),
            "{hex}"
        );
        let least = if kind == other::TYPE_OEM {
            3
        } else {
            bytes.len()
        };
        for length in 0..bytes.len() {
            let cut = OtherRecord::decode(kind, &bytes[..length]);
            assert_eq!(cut.is_err(), length < least, "{hex} {length}");
        }
    }
    assert_eq!(OtherRecord::decode(TYPE_FULL, &[]), Ok(None));
    assert_eq!(OtherRecord::decode(0x0a, &[]), Ok(None));
}

/// Lists name each entity, ranges the first and the last one.
#[test]
fn what_a_container_contains() {
    let ranges = EntityAssociation {
        container: entity(0xf0, 0x60),
        flags: CONTAINS_RANGES,
        contained: [
            entity(0x1e, 1),
            entity(0x1e, 3),
            entity(0x0a, 2),
            entity(0x0a, 2),
        ],
    };
    let list = EntityAssociation {
        flags: 0,
        ..ranges.clone()
    };
    let within = |association: &EntityAssociation| {
        let all = [(0x1e, 1), (0x1e, 2), (0x1e, 4), (0x0a, 2), (0, 0)];
        all.map(|(id, instance)| association.contains(entity(id, instance)))
    };
    assert_eq!(within(&ranges), [true, true, false, true, false]);
    assert_eq!(within(&list), [true, false, false, true, false]);
}

fn converter(format: AnalogFormat, linearization: u8, factors: Factors) -> Converter {
    Converter {
        format,
        linearization,
        factors,
    }
}

/// Each signed format, exponent and exact linearization; the inexact ones say so.
#[test]
fn conversions() {
    use AnalogFormat::{OnesComplement, TwosComplement, Unsigned};
    let factors = |m, b, b_exponent, result_exponent| Factors {
        m,
        b,
        b_exponent,
        result_exponent,
        ..Factors::default()
    };
    let one = factors(1, 0, 0, 0);
    let cases = [
        (Unsigned, 0, factors(2, 5, 1, -1), 10, Ok(7_000_000)),
        (Unsigned, 0, factors(-3, 0, 0, 0), 7, Ok(-21_000_000)),
        (TwosComplement, 0, one, 0xff, Ok(-1_000_000)),
        (TwosComplement, 0, one, 0x80, Ok(-128_000_000)),
        (OnesComplement, 0, one, 0xfe, Ok(-1_000_000)),
        (OnesComplement, 0, one, 0x80, Ok(-127_000_000)),
        (Unsigned, 0, factors(1, 0, 0, -8), 250, Ok(2)),
        (
            Unsigned,
            0,
            factors(511, 511, 7, 7),
            255,
            Err(ConversionError::OutOfRange),
        ),
        (Unsigned, 7, one, 4, Ok(250_000)),
        (Unsigned, 7, one, 0, Err(ConversionError::OutOfRange)),
        (Unsigned, 8, factors(1, 0, 0, -1), 15, Ok(2_250_000)),
        (TwosComplement, 9, one, 0xfe, Ok(-8_000_000)),
        (Unsigned, 0x0a, one, 2, Ok(1_414_213)),
        (
            TwosComplement,
            0x0a,
            one,
            0xff,
            Err(ConversionError::OutOfRange),
        ),
        (TwosComplement, 0x0b, one, 0xe5, Ok(-3_000_000)),
        (
            Unsigned,
            2,
            one,
            10,
            Err(ConversionError::Transcendental(2)),
        ),
        (
            Unsigned,
            0x70,
            one,
            10,
            Err(ConversionError::NeedsReadingFactors),
        ),
        (
            Unsigned,
            0x0c,
            one,
            10,
            Err(ConversionError::UnknownLinearization(0x0c)),
        ),
    ];
    for (format, linearization, factors, raw, expected) in cases {
        let converter = converter(format, linearization, factors);
        assert_eq!(converter.micro(raw), expected, "{converter:?} {raw}");
    }
    let mut discrete = full(INLET);
    discrete.common.units[0] = 0xc0;
    assert_eq!(Converter::of(&discrete), Err(ConversionError::NotAnalog));
}

proptest! {
    /// Whatever a record says, it is written as it was read, and nothing panics on the way.
    #[test]
    fn any_record(
        kind in prop::sample::select(&[1u8, 2, 3, 0x11, 0x12, 8, 9, 0x10, 0x13, 0x14, 0xc0]),
        body in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut raw = alloc::vec![0x34, 0x12, 0x51, kind, u8::try_from(body.len()).unwrap()];
        raw.extend_from_slice(&body);
        if let Ok(record) = decode(&raw) {
            if let RecordBody::Other { kind, bytes } = &record.body
                && let Ok(Some(other)) = OtherRecord::decode(*kind, bytes)
            {
                let RecordBody::Other { bytes, .. } = other.record(1).body else {
                    panic!("{other:?}")
                };
                prop_assert_eq!(OtherRecord::decode(*kind, &bytes), Ok(Some(other)));
            }
            let again = encode(&record);
            prop_assert_eq!(decode(&again), Ok(record));
        }
    }

    /// Six bytes of factors are the same after a round trip.
    #[test]
    fn any_factors(raw: [u8; 6]) {
        prop_assert_eq!(Factors::from_bytes(raw).to_bytes(), raw);
    }

    /// A value leads back to a reading with the same value, for every sensor that has one.
    #[test]
    fn any_reading(raw: u8, format in 0u8..3, linearization in 0u8..13, factors: [u8; 6]) {
        let format = [
            AnalogFormat::Unsigned, AnalogFormat::OnesComplement, AnalogFormat::TwosComplement,
        ][usize::from(format)];
        let converter = converter(format, linearization, Factors::from_bytes(factors));
        if let (Ok(value), Ok(_)) = (converter.micro(raw), converter.micro(1)) {
            let back = converter.raw(value).unwrap();
            prop_assert_eq!(converter.micro(back), Ok(value));
        }
    }
}

use super::*;
use crate::names;
use crate::tests::{bytes, chassis};
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
        kind in prop::sample::select(&[1u8, 2, 3, 0x11, 0x12, 0x08, 0xc0]),
        body in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut raw = alloc::vec![0x34, 0x12, 0x51, kind, u8::try_from(body.len()).unwrap()];
        raw.extend_from_slice(&body);
        if let Ok(record) = decode(&raw) {
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

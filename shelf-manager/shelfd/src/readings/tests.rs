//! When a reading that was taken before is still believed.

use super::Readings;
use ipmi::command::Command;
use ipmi::command::sensor::{GetSensorReading, SensorReading, SetSensorEventEnable};
use ipmi::description::SensorAddress;
use ipmi::sel::{Event, Record, RecordBody};
use machine::Time;

const SENSOR: (u8, SensorAddress) = (0x82, SensorAddress { lun: 0, number: 3 });
const SECOND: u64 = 1_000_000_000;

fn at(second: u64) -> Time {
    Time(second * SECOND)
}

fn reading(raw: u8) -> SensorReading {
    SensorReading {
        raw,
        flags: 0xc0,
        states: Some(0xc0),
        states_high: None,
    }
}

fn readings() -> Readings {
    let mut readings = Readings::default();
    readings.take(SENSOR, Some(reading(1)), at(10));
    readings
}

fn raw(readings: &Readings) -> (Option<u8>, Option<u8>) {
    let raw = |reading: Option<&SensorReading>| reading.map(|reading| reading.raw);
    (raw(readings.of(SENSOR)), raw(readings.sure(SENSOR)))
}

/// What shows the latest reading goes on to show it; what must be right asks the sensor.
#[test]
fn a_sensor_that_told_of_a_change_is_read_again() {
    let mut readings = readings();
    assert_eq!(raw(&readings), (Some(1), Some(1)));
    let event = Event {
        generator: 0x82,
        generator_lun: 0,
        revision: 4,
        sensor_type: 1,
        number: 3,
        assertion: true,
        event_type: 1,
        data: [7, 0xff, 0xff],
    };
    let timestamp = 0;
    let body = RecordBody::Event { timestamp, event };
    readings.told(&Record { id: 1, body }, at(11));
    assert_eq!(raw(&readings), (Some(1), None));
    readings.take(SENSOR, Some(reading(2)), at(12));
    assert_eq!(raw(&readings), (Some(2), Some(2)));
}

/// A reading that was taken while the change was on its way may be from before it.
#[test]
fn a_sensor_that_is_changed_is_asked_until_it_was_read_afterwards() {
    let mut readings = readings();
    let number = 3;
    readings.asked(0x82, &GetSensorReading { number }.request(), at(11));
    assert_eq!(raw(&readings), (Some(1), Some(1)), "asking changes nothing");
    let disable = SetSensorEventEnable {
        number,
        flags: 0,
        assertion: None,
        deassertion: None,
    };
    readings.asked(0x84, &disable.request(), at(11));
    readings.asked(0x82, &disable.request_on(1), at(11));
    assert_eq!(raw(&readings), (Some(1), Some(1)), "others are others");
    readings.asked(0x82, &disable.request(), at(11));
    assert_eq!(raw(&readings), (Some(1), None));
    readings.take(SENSOR, Some(reading(2)), at(12));
    assert_eq!(raw(&readings), (Some(2), None), "it may be from before");
    readings.take(SENSOR, Some(reading(3)), at(17));
    assert_eq!(raw(&readings), (Some(3), Some(3)));
}

/// Whoever asks for sensors that are not there makes nobody remember them.
#[test]
fn what_was_never_read_is_not_remembered() {
    let mut readings = readings();
    let number = 9;
    let disable = SetSensorEventEnable {
        number,
        flags: 0,
        assertion: None,
        deassertion: None,
    };
    readings.asked(0x82, &disable.request(), at(11));
    assert!(readings.changed.is_empty());
    readings.take(SENSOR, None, at(12));
    assert_eq!(raw(&readings), (None, None));
}

/// States that are read twice, with nothing heard of the sensor in between, are its states.
#[test]
fn states_last_that_are_read_twice() {
    let mut readings = readings();
    let hot = SensorReading {
        states: Some(0xc8),
        ..reading(2)
    };
    assert!(readings.is_lasting(SENSOR, &reading(2)), "another value");
    assert!(!readings.is_lasting(SENSOR, &hot), "for the first time");
    readings.take(SENSOR, Some(hot.clone()), at(12));
    assert!(readings.is_lasting(SENSOR, &hot));
    readings.doubt(SENSOR, at(13));
    assert!(!readings.is_lasting(SENSOR, &hot), "it has told something");
    readings.take(SENSOR, None, at(14));
    assert!(!readings.is_lasting(SENSOR, &hot), "it is not read");
}

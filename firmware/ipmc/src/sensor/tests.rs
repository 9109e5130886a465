//! Readings that come, and the events that each of them brings.

use super::*;
use crate::config::Threshold;
use alloc::format;
use alloc::string::String;
use ipmi::sdr::{Entity, Factors};

fn temperature() -> Sensor {
    Sensor::new(&SensorConfig {
        number: 1,
        sensor_type: 0x01,
        entity: Entity::default(),
        name: "CPU".into(),
        raw: 45,
        of_payload: true,
        reading: Reading::Threshold(Threshold {
            unit: 1,
            factors: Factors::default(),
            thresholds: [Some(5), Some(2), None, Some(70), Some(85), Some(95)],
            hysteresis: 2,
        }),
        ..SensorConfig::default()
    })
}

/// The events of each reading, with what is crossed after it.
fn play(sensor: &mut Sensor, readings: &[u8]) -> String {
    let mut out = String::new();
    for raw in readings {
        sensor.raw = u16::from(*raw);
        let mut events = Vec::new();
        let on = sensor.is_available(true);
        sensor.measure(on, 0x82, &mut events);
        let crossed = sensor.reading(on).states.unwrap() & 0x3f;
        out.push_str(&format!("{raw}: {crossed:06b}"));
        for event in events {
            let sign = if event.assertion { '+' } else { '-' };
            let [kind, reading, threshold] = event.data;
            assert_eq!((kind & 0xf0, reading), (0x50, *raw));
            out.push_str(&format!(" {sign}{:x}h({threshold})", kind & 0x0f));
        }
        out.push('\n');
    }
    out
}

#[test]
fn thresholds_and_hysteresis() {
    let readings = [69, 70, 69, 68, 67, 96, 84, 82, 50, 1, 4, 5, 7, 8];
    let expected = "\
69: 000000
70: 001000 +7h(70)
69: 001000
68: 001000
67: 000000 -7h(70)
96: 111000 +7h(70) +9h(85) +bh(95)
84: 011000 -bh(95)
82: 001000 -9h(85)
50: 000000 -7h(70)
1: 000011 +0h(5) +2h(2)
4: 000011
5: 000001 -2h(2)
7: 000001
8: 000000 -0h(5)
";
    assert_eq!(play(&mut temperature(), &readings), expected);
}

#[test]
fn the_gravest_end_is_told_first() {
    let expected = "\
96: 111000 +7h(70) +9h(85) +bh(95)
50: 000000 -bh(95) -9h(85) -7h(70)
";
    assert_eq!(play(&mut temperature(), &[96, 50]), expected);
}

#[test]
fn events_can_be_turned_off() {
    let mut sensor = temperature();
    let number = 1;
    let order = |flags, assertion, deassertion| command::SetSensorEventEnable {
        number,
        flags,
        assertion: Some(assertion),
        deassertion: Some(deassertion),
    };
    // One of them, its end, all of them, scanning as well.
    sensor.set_event_enable(&order(0xe0, 1 << 9, 0)).unwrap();
    let expected = "96: 111000 +7h(70) +bh(95)\n";
    assert_eq!(play(&mut sensor, &[96]), expected);
    sensor.set_event_enable(&order(0xe0, 0, 1 << 7)).unwrap();
    assert_eq!(play(&mut sensor, &[50]), "50: 000000 -bh(95) -9h(85)\n");
    sensor.set_event_enable(&order(0x40, 0, 0)).unwrap();
    assert_eq!(play(&mut sensor, &[96]), "96: 111000\n");
    sensor.set_event_enable(&order(0x80, 0, 0)).unwrap();
    assert_eq!(play(&mut sensor, &[96]), "96: 000000\n");
    let on = sensor.is_available(true);
    assert_eq!(sensor.reading(on).flags, 0xa0);
    assert_eq!(
        sensor.set_event_enable(&order(0xf0, 0, 0)),
        Err(CompletionCode::INVALID_FIELD)
    );
}

#[test]
fn without_payload_power_nothing_is_measured() {
    let mut sensor = temperature();
    assert_eq!(play(&mut sensor, &[75]), "75: 001000 +7h(70)\n");
    let mut events = Vec::new();
    sensor.measure(false, 0x82, &mut events);
    assert_eq!(events, []);
    assert!(!sensor.reading(false).available());
    // With power again it is told again.
    assert_eq!(play(&mut sensor, &[75]), "75: 001000 +7h(70)\n");
}

#[test]
fn a_new_threshold_counts_at_once_and_an_absent_one_cannot_be_set() {
    let mut sensor = temperature();
    let mut order = command::SetSensorThresholds {
        number: 1,
        mask: 0b001000,
        thresholds: [0, 0, 0, 40, 0, 0],
    };
    sensor.set_thresholds(&order).unwrap();
    assert_eq!(play(&mut sensor, &[45]), "45: 001000 +7h(40)\n");
    order.mask = 0b000100;
    let refused = Err(CompletionCode::INVALID_FIELD);
    assert_eq!(sensor.set_thresholds(&order), refused);
    assert_eq!(sensor.thresholds().unwrap().mask, 0b111011);
}

#[test]
fn discrete_states() {
    let mut sensor = Sensor::new(&SensorConfig {
        number: 2,
        sensor_type: 0x08,
        entity: Entity::default(),
        name: "Feed".into(),
        raw: 0b01,
        of_payload: false,
        reading: Reading::Discrete {
            event_type: 0x6f,
            states: 0b11,
        },
        ..SensorConfig::default()
    });
    let mut events = Vec::new();
    sensor.raw = 0b110;
    sensor.measure(true, 0x60, &mut events);
    let told: Vec<_> = events.iter().map(|e| (e.data[0], e.assertion)).collect();
    assert_eq!(told, [(0, false), (1, true)]);
    assert_eq!(sensor.reading(true).state_bits(), 0b10);
    assert_eq!(sensor.thresholds(), Err(CompletionCode::ILLEGAL));
    assert_eq!(sensor.hysteresis(), Err(CompletionCode::ILLEGAL));
}

/// Each direction has its own hysteresis: downwards from an upper threshold, upwards from a lower.
#[test]
fn hysteresis_of_each_direction() {
    let mut sensor = temperature();
    let order = command::SetSensorHysteresis {
        number: 1,
        mask: 0xff,
        positive: 5,
        negative: 0,
    };
    sensor.set_hysteresis(&order).unwrap();
    let expected = "\
70: 001000 +7h(70)
65: 001000
64: 000000 -7h(70)
5: 000001 +0h(5)
6: 000000 -0h(5)
";
    assert_eq!(play(&mut sensor, &[70, 65, 64, 5, 6]), expected);
}

fn rearm(flags: u8, assertion: u16) -> command::RearmSensorEvents {
    command::RearmSensorEvents {
        number: 1,
        flags,
        assertion: Some(assertion),
        deassertion: Some(0),
    }
}

fn status(sensor: &Sensor) -> (u16, u16) {
    let found = sensor.event_status(true);
    (found.assertion.unwrap(), found.deassertion.unwrap())
}

#[test]
fn events_are_remembered_until_the_opposite_happens() {
    let mut sensor = temperature();
    play(&mut sensor, &[90]);
    assert_eq!(status(&sensor), (1 << 7 | 1 << 9, 0));
    play(&mut sensor, &[75]);
    assert_eq!(status(&sensor), (1 << 7, 1 << 9));
}

#[test]
fn what_holds_is_told_again_after_rearming() {
    let mut sensor = temperature();
    play(&mut sensor, &[90]);
    // Only the one that is selected; then all of them.
    sensor.rearm(&rearm(0x80, 1 << 9));
    assert_eq!(play(&mut sensor, &[90]), "90: 011000 +9h(85)\n");
    sensor.rearm(&rearm(0x00, 0));
    assert_eq!(play(&mut sensor, &[90]), "90: 011000 +7h(70) +9h(85)\n");
}

#[test]
fn with_rearming_by_hand_an_event_is_told_once() {
    let mut sensor = temperature();
    sensor.manual_rearm = true;
    let expected = "\
75: 001000 +7h(70)
50: 000000 -7h(70)
75: 001000
50: 000000
";
    assert_eq!(play(&mut sensor, &[75, 50, 75, 50]), expected);
    assert_eq!(status(&sensor), (1 << 7, 1 << 7));
    sensor.rearm(&rearm(0x00, 0));
    assert_eq!(status(&sensor), (0, 0));
    assert_eq!(play(&mut sensor, &[75]), "75: 001000 +7h(70)\n");
}

#[test]
fn events_that_do_not_exist_cannot_be_enabled() {
    let mut sensor = temperature();
    let before = sensor.event_enable();
    let order = command::SetSensorEventEnable {
        number: 1,
        flags: 0xd0,
        assertion: Some(0xffff),
        deassertion: Some(0xffff),
    };
    sensor.set_event_enable(&order).unwrap();
    assert_eq!(sensor.event_enable(), before);
}

/// States above 7 fit as well; those that the sensor does not have are not seen.
#[test]
fn all_states_of_a_discrete_sensor() {
    let mut sensor = Sensor::new(&SensorConfig {
        reading: Reading::Discrete {
            event_type: 0x6f,
            states: 1 << 14 | 1 << 3,
        },
        ..SensorConfig::default()
    });
    let mut events = Vec::new();
    sensor.raw = 0x7fff;
    sensor.measure(true, 0x60, &mut events);
    let told: Vec<_> = events.iter().map(|e| (e.data[0], e.assertion)).collect();
    assert_eq!(told, [(3, true), (14, true)]);
    assert_eq!(sensor.reading(true).state_bits(), 1 << 14 | 1 << 3);
}

//! Records and readings of `ipmi_sim`'s shelf, as operators see them.

use super::of_controller;
use crate::readings::Readings;
use ipmi::command::sensor::SensorReading;
use ipmi::description::{Controller, SensorAddress};
use web_api::{Quantity, SensorStatus, SensorView};

/// Source: device SDRs of the blade at 82h in `ipmi_sim`'s ATCA shelf: locator, hot swap (2),
/// CPU temperature (1), +12 V (3); the last one is cut off.
const RECORDS: [&str; 5] = [
    "000051121182000029000000a06000c6426c61646531",
    "0000510224820000a0607f40f06fff00ff00ff00c000000100000000000000c9485320426c61646531",
    "0000510136820001a0607f680101850a850a3b3b00010000010000000000072d4119ff005f5546000205020200\
     0000cb4231204350552054656d70",
    "0000510132820003a0607f680201850285021b1b000400000600000000e007c8dcb4ff0000e6dc00aab4020200\
     0000c74231202b313256",
    "0000510132820003a060",
];

fn views(readings: &[(u8, SensorReading)]) -> Vec<SensorView> {
    views_at(0x82, readings)
}

/// At the controller at `address`, whose repository has the same records.
fn views_at(address: u8, readings: &[(u8, SensorReading)]) -> Vec<SensorView> {
    let mut cache = Readings::default();
    for (number, reading) in readings {
        let sensor = SensorAddress {
            lun: 0,
            number: *number,
        };
        cache.take((address, sensor), Some(reading.clone()), machine::Time(1));
    }
    let controller = Controller {
        address,
        device_id: Vec::new(),
        picmg: None,
        sdrs: RECORDS.map(crate::views::bytes).to_vec(),
        frus: Vec::new(),
        abilities: Default::default(),
    };
    of_controller(&controller, &cache)
}

fn reading(raw: u8, states: u8) -> SensorReading {
    SensorReading {
        raw,
        flags: 0xc0,
        states: Some(states),
        states_high: None,
    }
}

fn value(quantity: Option<&Quantity>) -> &str {
    quantity.map_or("-", |quantity| quantity.value.as_str())
}

// A damaged record costs its own sensor only; locators are no sensors.
#[test]
fn which_sensors() {
    let views = views(&[]);
    let names: Vec<&str> = views.iter().map(|view| view.name.as_str()).collect();
    assert_eq!(names, ["HS Blade1", "B1 CPU Temp", "B1 +12V"]);
    assert!(
        views
            .iter()
            .all(|view| view.status == SensorStatus::Unavailable)
    );
    assert!(
        views
            .iter()
            .all(|view| view.value.is_none() && view.raw.is_none())
    );
}

// A shelf manager that has the records of its blades has none of their sensors: each is shown once.
#[test]
fn sensors_of_others() {
    assert_eq!(views_at(0x20, &[(1, reading(0x2d, 0))]), []);
}

// Values and thresholds are exact decimals.
#[test]
fn values() {
    let views = views(&[(1, reading(0x2d, 0)), (3, reading(0xc8, 0))]);
    let (cpu, volts) = (&views[1], &views[2]);
    assert_eq!((value(cpu.value.as_ref()), cpu.raw), ("45", Some(45)));
    assert_eq!(cpu.status, SensorStatus::Ok);
    assert_eq!(value(cpu.thresholds.upper_non_critical.as_ref()), "70");
    assert_eq!(value(cpu.thresholds.upper_critical.as_ref()), "85");
    assert_eq!(value(cpu.thresholds.upper_non_recoverable.as_ref()), "95");
    assert_eq!(value(volts.value.as_ref()), "12");
    assert_eq!(volts.unit, ipmi::names::unit(4));
}

// The worst threshold that is crossed counts.
#[test]
fn crossed_thresholds() {
    let status = |states| views(&[(1, reading(90, states))])[1].status;
    assert_eq!(status(0b00_1000), SensorStatus::Minor);
    assert_eq!(status(0b01_1000), SensorStatus::Major);
    assert_eq!(status(0b11_1000), SensorStatus::Critical);
    assert_eq!(status(0b00_0001), SensorStatus::Minor);
    // Reserved bits say nothing.
    assert_eq!(status(0b1100_0000), SensorStatus::Ok);
}

// A discrete sensor has states, no value.
#[test]
fn discrete() {
    let views = views(&[(0, reading(0, 0b1_0000))]);
    let hot_swap = &views[0];
    assert_eq!(
        (value(hot_swap.value.as_ref()), hot_swap.raw),
        ("-", Some(0))
    );
    assert_eq!(
        (hot_swap.status, hot_swap.states.len()),
        (SensorStatus::Ok, 1)
    );
    assert_eq!(hot_swap.unit, "");
}

// Scanning may be off: a reading that says so is none.
#[test]
fn unavailable() {
    let mut off = reading(0x2d, 0);
    off.flags |= 0x20;
    let view = &views(&[(1, off)])[1];
    assert_eq!((view.status, view.raw), (SensorStatus::Unavailable, None));
    assert_eq!(value(view.thresholds.upper_critical.as_ref()), "85");
}

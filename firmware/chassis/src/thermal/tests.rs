//! Numbers that the model promises.

use super::*;
use crate::{Config, parts};

fn shelf(fans_rpm: u16, blade_w: u16) -> (Vec<Part>, Load) {
    let parts = parts::all(&Config::default());
    let blades = parts.iter().filter(|part| part.is_blade());
    let load = Load {
        draws_w: blades.map(|part| (part.address(), blade_w)).collect(),
        fans_rpm: [Some(fans_rpm); 3],
        ..Load::default()
    };
    (parts, load)
}

#[test]
fn steady_temperatures() {
    // Fans, draw, °C above the inlet in slot 1; each further slot is warmer.
    for (rpm, watts, above) in [
        (6000, 210, 20),
        (15_000, 210, 9),
        (0, 210, 70),
        (6000, 0, 0),
    ] {
        let (parts, load) = shelf(rpm, watts);
        let mut climate = Climate::new(25);
        climate.settle(parts.iter(), &load);
        assert_eq!((climate.of(0x82) - 25_000) / 1000, above);
        assert!(watts == 0 || climate.of(0x84) > climate.of(0x82));
        assert!(climate.is_settled(parts.iter(), &load));
    }
}

#[test]
fn steps_lead_there_and_end() {
    let (parts, load) = shelf(1000, 210);
    let mut climate = Climate::new(25);
    let mut steps = 0;
    let mut before = climate.of(0x82);
    while climate.step(parts.iter(), &load) {
        assert!(climate.of(0x82) >= before);
        before = climate.of(0x82);
        steps += 1;
    }
    assert!((20..60).contains(&steps), "{steps}");
    assert!(climate.is_settled(parts.iter(), &load));
}

#[test]
fn the_hottest_shelf_overflows_nothing() {
    let (parts, mut load) = shelf(0, u16::MAX);
    load.zones_w = [u16::MAX; 3];
    let mut climate = Climate::new(u8::MAX);
    climate.settle(parts.iter(), &load);
    assert!(climate.of(0x9c) > climate.of(0x82));
}

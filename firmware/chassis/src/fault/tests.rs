//! Storms and chances.

use super::*;

fn fault(kind: FaultKind) -> Fault {
    Fault {
        kind,
        scope: Scope::Controller(0x82),
        lasts: None,
    }
}

#[test]
fn a_storm_that_nobody_looked_at_is_not_made_up_for() {
    let mut injector = Injector::new(1);
    let storm = fault(FaultKind::EventStorm(STORM_MAX));
    assert_eq!(injector.inject(Time(0), storm), Ok(()));
    // A whole hour later: a burst, and then each millisecond one.
    let later = Time(3_600_000_000_000);
    assert_eq!(injector.storm(later).len(), BURST_MAX);
    assert_eq!(injector.storm(later).len(), 0);
    let next = later.after(Duration::from_millis(1));
    assert_eq!(injector.deadline(), Some(next));
    assert_eq!(injector.storm(next).len(), 1);
}

#[test]
fn chances_are_what_they_say() {
    let mut injector = Injector::new(7);
    assert_eq!(injector.inject(Time(0), fault(FaultKind::Nak(25))), Ok(()));
    let hits = (0..10_000).filter(|_| injector.naks(0x82)).count();
    assert!((2300..2700).contains(&hits), "{hits}");
    // Nobody else is hit, and no number is drawn for them.
    let before = injector.clone();
    assert!(!injector.naks(0x84));
    assert!(!injector.loses_request(0x82));
    assert_eq!(injector, before);
}

#[test]
fn a_repair_ends_what_it_names() {
    let mut injector = Injector::new(1);
    let all = Fault {
        scope: Scope::All,
        ..fault(FaultKind::Dead)
    };
    for fault in [fault(FaultKind::Dead), all] {
        assert_eq!(injector.inject(Time(0), fault), Ok(()));
    }
    injector.repair(Scope::Controller(0x82));
    assert_eq!(injector.faults().collect::<Vec<_>>(), [all]);
    assert!(injector.is_dead(0x82) && injector.is_dead(0x90));
    injector.repair(Scope::All);
    assert!(!injector.is_dead(0x82));
}

#[test]
fn every_inverted_bit_breaks_a_checksum() {
    let mut injector = Injector::new(1);
    let noise = fault(FaultKind::BadChecksum(100));
    assert_eq!(injector.inject(Time(0), noise), Ok(()));
    let good = [0x82, 0x18, 0x66, 0x20, 0x04, 0x01, 0xdb];
    assert!(ipmi::ipmb::decode_request(&good).is_ok());
    for _ in 0..200 {
        let mut frame = good;
        injector.corrupt(0x82, &mut frame);
        assert!(ipmi::ipmb::decode_request(&frame).is_err(), "{frame:02x?}");
    }
}

//! The ring of events, and events in words.

use super::{EVENTS_MAX, Events, Telling, telling};
use appliance::{Appliance, Said};
use ipmi::command::picmg::LedShows;
use machine::Time;
use web_api::Severity;

fn filled(count: usize) -> Events {
    let mut events = Events::default();
    for number in 1..=count {
        events.push(Time(5_000), Telling::info("test", "object", number));
    }
    events
}

// The oldest make room; numbers go on, so that whoever asks "since" sees that it missed some.
#[test]
fn the_ring_is_bounded() {
    let events = filled(EVENTS_MAX + 3);
    let all = events.since(0);
    assert_eq!(all.len(), EVENTS_MAX);
    assert_eq!((all[0].sequence, all[0].text.as_str()), (4, "4"));
    assert_eq!(events.last(), u64::try_from(EVENTS_MAX + 3).unwrap());
    assert_eq!(all.last().unwrap().sequence, events.last());
}

#[test]
fn later_and_latest() {
    let events = filled(10);
    let numbers = |events: Vec<web_api::EventView>| -> Vec<u64> {
        events.iter().map(|event| event.sequence).collect()
    };
    assert_eq!(numbers(events.since(8)), [9, 10]);
    assert!(events.since(10).is_empty());
    assert!(events.since(u64::MAX).is_empty());
    assert_eq!(numbers(events.latest(3)), [8, 9, 10]);
    assert_eq!(events.latest(usize::MAX).len(), 10);
}

// Log time is in nanoseconds, operators' time in microseconds.
#[test]
fn time_and_severity() {
    let said = Telling::info("ipmi", "0x82", "hot").severe(Severity::Major);
    let event = Events::default().push(Time(5_999), said);
    assert_eq!((event.time_us, event.severity), (5, Severity::Major));
    assert_eq!(
        (event.source.as_str(), event.object.as_str()),
        ("ipmi", "0x82")
    );
}

// A blade has more LEDs than the blue one.
#[test]
fn leds() {
    let fru = shelf::FruAddress {
        address: 0x82,
        fru_id: 0,
    };
    let told = |led_id, shows| {
        let told = telling(&Appliance::new(), &Said::Led { fru, led_id, shows });
        format!("{}: {}", told.object, told.text)
    };
    let long = LedShows::Blinking { off: 10, on: 90 };
    let short = LedShows::Blinking { off: 90, on: 10 };
    assert_eq!(told(0, LedShows::On), "0x82/0: blue LED on");
    assert_eq!(told(0, long), "0x82/0: blue LED long blink");
    assert_eq!(told(0, short), "0x82/0: blue LED short blink");
    assert_eq!(told(1, LedShows::Off), "0x82/0: LED 1 off");
}

// A fault of the way to the shelf is more than information.
#[test]
fn port() {
    let appliance = Appliance::new();
    let open = telling(&appliance, &Said::Port(Ok(())));
    assert_eq!(open.severity, Severity::Informational);
    let closed = telling(&appliance, &Said::Port(Err("timeout".into())));
    assert_eq!(closed.severity, Severity::Major);
    assert!(closed.text.ends_with(": timeout"), "{}", closed.text);
}

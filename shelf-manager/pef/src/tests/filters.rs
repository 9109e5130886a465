//! Which event matches which filter, and what several of them make of it.

use super::{Run, everything, filter, hot, policy};
use crate::{Effect, matches};
use alloc::vec;
use ipmi::command::pef::{EventDataMatch, EventFilter, Parameter, action, control};
use ipmi::sel::Event;

/// Sets one field of a filter.
type Setter = fn(&mut EventFilter, u8);

/// Each field alone keeps an event out; FFh lets any in.
#[test]
fn fields() {
    let event = hot();
    let cases: [(&str, Setter, u8, u8); 5] = [
        ("generator", |f, v| f.generator = v, 0x86, 0x88),
        ("channel and unit", |f, v| f.generator_lun = v, 0x00, 0x01),
        ("sensor type", |f, v| f.sensor_type = v, 0x01, 0x02),
        ("sensor number", |f, v| f.number = v, 5, 6),
        ("trigger", |f, v| f.trigger = v, 0x01, 0x6f),
    ];
    for (name, set, good, bad) in cases {
        for (value, expected) in [(good, true), (bad, false), (0xff, true)] {
            let mut filter = everything();
            set(&mut filter, value);
            assert_eq!(matches(&filter, &event), expected, "{name} {value:02x}h");
        }
    }
    let off = EventFilter {
        configuration: 0x00,
        ..everything()
    };
    assert!(!matches(&off, &event), "a filter that is turned off");
}

/// An event/reading type has no direction, unless the trigger has the bit of one.
#[test]
fn directions() {
    let began = hot();
    let ended = Event {
        assertion: false,
        ..began
    };
    for (trigger, of_began, of_ended) in [(0x01, true, true), (0x81, false, true)] {
        let filter = EventFilter {
            trigger,
            ..everything()
        };
        assert_eq!(matches(&filter, &began), of_began, "{trigger:02x}h");
        assert_eq!(matches(&filter, &ended), of_ended, "{trigger:02x}h");
    }
}

/// Bit n of the mask is offset n, and nothing else of event data 1.
#[test]
fn offsets() {
    for offset in 0..16 {
        let filter = EventFilter {
            offsets: 1 << offset,
            ..everything()
        };
        for other in 0..16u8 {
            let event = Event {
                data: [0xf0 | other, 0, 0],
                ..hot()
            };
            assert_eq!(matches(&filter, &event), other == offset);
        }
    }
}

/// Mask, compare 1, compare 2, event data, and whether they match.
const DATA: &[(u8, u8, u8, u8, bool)] = &[
    // Nothing is looked at.
    (0x00, 0x00, 0x00, 0x5a, true),
    (0x00, 0xff, 0x00, 0x5a, true),
    // All bits exactly.
    (0xff, 0xff, 0x5a, 0x5a, true),
    (0xff, 0xff, 0x5a, 0x5b, false),
    // Only the low nibble, exactly.
    (0x0f, 0xff, 0x0a, 0x5a, true),
    (0x0f, 0xff, 0x0a, 0xfa, true),
    (0x0f, 0xff, 0x0a, 0x5b, false),
    // One of the two low bits at least.
    (0xff, 0x00, 0x03, 0x01, true),
    (0xff, 0x00, 0x03, 0x82, true),
    (0xff, 0x00, 0x03, 0xfc, false),
    // The bit that is wanted is masked away.
    (0xfe, 0x00, 0x01, 0x01, false),
    // The high nibble exactly, and one of the two low bits.
    (0xff, 0xf0, 0x53, 0x52, true),
    (0xff, 0xf0, 0x53, 0x5c, false),
    (0xff, 0xf0, 0x53, 0x42, false),
];

#[test]
fn event_data() {
    for (mask, compare1, compare2, data, expected) in DATA {
        let wanted = EventDataMatch {
            mask: *mask,
            compare1: *compare1,
            compare2: *compare2,
        };
        for place in 0..3 {
            let mut filter = everything();
            let all = &mut filter.data;
            *[&mut all.data1, &mut all.data2, &mut all.data3][place] = wanted.clone();
            let mut event = hot();
            event.data[place] = *data;
            let found = matches(&filter, &event);
            assert_eq!(found, *expected, "{wanted:02x?} {data:02x} {place}");
        }
    }
}

/// Filters that name one policy are one alert, of the worst severity.
#[test]
fn worst_severity() {
    let mut run = Run::with_one();
    for (number, severity) in [(1, 0x08), (2, 0x20), (3, 0x10)] {
        let one = EventFilter {
            severity,
            ..everything()
        };
        run.set(filter(number, one));
    }
    run.event(hot());
    let pets = run.pets();
    assert_eq!(pets.len(), 1);
    assert_eq!(pets[0].1.severity, 0x20);
}

/// Policies are worked off by their numbers, whatever the places of their filters.
#[test]
fn order_of_policies() {
    let mut run = Run::with_policies(&[(0x38, 0x13), (0x28, 0x12), (0x18, 0x11)]);
    for (number, wanted) in [(1, 3), (2, 1), (3, 2)] {
        let one = EventFilter {
            policy: wanted,
            ..everything()
        };
        run.set(filter(number, one));
        run.destination(number, 0, 0);
    }
    run.event(hot());
    assert_eq!(run.sent(), [1, 2, 3]);
}

/// Nothing is sent unless the filter wants it, the global control allows it, and PEF is on.
#[test]
fn switches() {
    let mut run = Run::with_one();
    let power = EventFilter {
        action: action::POWER_DOWN | action::RESET | action::POWER_CYCLE,
        ..everything()
    };
    run.set(filter(1, power));
    run.event(hot());
    run.set(filter(1, everything()));
    run.set(Parameter::ActionGlobalControl(0x3e));
    run.event(hot());
    run.set(Parameter::ActionGlobalControl(0x3f));
    run.set(Parameter::Control(0));
    run.event(hot());
    run.set(Parameter::Control(control::ENABLED));
    let no_policy = EventFilter {
        policy: 0,
        ..everything()
    };
    run.set(filter(1, no_policy));
    run.event(hot());
    assert_eq!(run.take(), vec![]);
    run.set(filter(1, everything()));
    run.event(hot());
    assert_eq!(run.sent(), [1]);
}

/// What PEF does becomes an event where that is wanted, and this event sets nothing off.
#[test]
fn event_of_the_action() {
    let mut run = Run::with_one();
    run.set(Parameter::Control(
        control::ENABLED | control::EVENT_MESSAGES,
    ));
    run.event(hot());
    let effects = run.take();
    let [Effect::Acted(event), Effect::Send(_)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(
        (event.sensor_type, event.offset(), event.data[1]),
        (0x12, 4, 1)
    );
    run.event(*event);
    assert_eq!(run.take(), vec![]);
    let mut unheard = everything();
    unheard.sensor_type = 0x02;
    run.set(filter(1, unheard));
    run.event(hot());
    assert_eq!(run.take(), vec![], "no action, no event");
}

/// A policy that is off, and one of another set, send nothing.
#[test]
fn policies_of_others() {
    let mut run = Run::with_policies(&[(0x10, 0x11), (0x28, 0x12)]);
    run.destination(1, 0, 0);
    run.destination(2, 0, 0);
    run.event(hot());
    assert_eq!(run.sent(), []);
    run.set(policy(1, 0x18, 0x11));
    run.event(hot());
    assert_eq!(run.sent(), [1]);
}

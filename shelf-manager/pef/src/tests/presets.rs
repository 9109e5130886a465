//! What the configuration file wants.

use super::{Run, everything, filter, hot};
use crate::{
    Effect, FILTERS, FILTERS_MAX, Input, PRESETS_MAX, Preset, PresetSeverity, Refusal, matches,
};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use ipmi::command::pef::{EventFilter, LanAlertParameter, Parameter, selector};
use ipmi::sel::Event;

fn preset(n: u8, severity: PresetSeverity) -> Preset {
    Preset {
        address: [192, 0, 2, n].into(),
        port: 1162,
        community: String::from("shelf"),
        severity,
        acknowledge: false,
        timeout_s: 3,
        retries: 0,
    }
}

fn presets(presets: Vec<Preset>) -> Input {
    let guid = [1; 16];
    Input::Preset { guid, presets }
}

fn threshold(offset: u8) -> Event {
    Event {
        data: [0x50 | offset, 0, 0],
        ..hot()
    }
}

fn state(sensor_type: u8, offset: u8) -> Event {
    Event {
        sensor_type,
        event_type: 0x6f,
        data: [offset, 0, 0],
        ..hot()
    }
}

/// An event, whose destinations hear of it (1 all, 2 non-critical, 3 critical, 4 non-recoverable),
/// and with which severity.
fn severities() -> Vec<(&'static str, Event, usize, u8)> {
    let generic = |event_type, offset| Event {
        event_type,
        ..state(0x0a, offset)
    };
    vec![
        ("upper non-critical going high", threshold(7), 2, 0x08),
        ("lower non-critical going low", threshold(0), 2, 0x08),
        ("upper critical going high", threshold(9), 3, 0x10),
        ("lower critical going low", threshold(2), 3, 0x10),
        ("upper non-recoverable going high", threshold(11), 4, 0x20),
        ("lower non-recoverable going low", threshold(4), 4, 0x20),
        ("lower critical going high again", threshold(3), 1, 0x02),
        ("severity: non-critical", generic(7, 1), 2, 0x08),
        ("severity: critical", generic(7, 2), 3, 0x10),
        ("severity: non-recoverable", generic(7, 3), 4, 0x20),
        ("severity: OK", generic(7, 0), 1, 0x02),
        ("predictive failure", generic(4, 1), 2, 0x08),
        ("redundancy lost", generic(0x0b, 1), 3, 0x10),
        ("redundancy degraded", generic(0x0b, 2), 2, 0x08),
        ("blade activated, M4", state(0xf0, 4), 1, 0x02),
        ("blade silent, M7", state(0xf0, 7), 3, 0x10),
        ("power supply failed", state(0x08, 1), 3, 0x10),
        ("both IPMB-0 buses off", state(0xf1, 0), 3, 0x10),
        ("one IPMB-0 bus off", state(0xf1, 2), 2, 0x08),
        ("both IPMB-0 buses on", state(0xf1, 3), 1, 0x02),
    ]
}

#[test]
fn each_severity_has_its_listeners() {
    use PresetSeverity::{Critical, Information, NonCritical, NonRecoverable};
    let all = [Information, NonCritical, Critical, NonRecoverable];
    let mut run = Run::new();
    let wanted = (1..).zip(all).map(|(n, severity)| preset(n, severity));
    run.tell(presets(wanted.collect()));
    for (what, event, listeners, severity) in severities() {
        run.event(event);
        let pets = run.pets();
        assert_eq!(pets.len(), listeners, "{what}");
        let same = pets.iter().all(|(_, pet)| pet.severity == severity);
        assert!(same, "{what}: {pets:?}");
    }
    let count = run.pef.filter_count();
    assert!(usize::from(count) <= FILTERS_MAX);
    let last = run.pef.parameter(selector::FILTER, count, 0);
    let Ok(Parameter::Filter { filter, .. }) = last else {
        panic!("{last:?}");
    };
    assert!(
        matches(&filter, &state(0xf0, 4)),
        "no filter was cut off: {filter:?}"
    );
}

/// Address, port and community are the file's.
#[test]
fn where_it_goes() {
    let mut run = Run::new();
    run.tell(presets(vec![preset(9, PresetSeverity::Information)]));
    run.event(hot());
    let effects = run.take();
    let [Effect::Send(trap)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(trap.address, core::net::IpAddr::from([192, 0, 2, 9]));
    assert_eq!(
        (trap.port, trap.community.as_slice()),
        (1162, b"shelf".as_slice())
    );
    assert_eq!((trap.destination, trap.pet.guid), (8, [1; 16]));
}

/// The same address written again keeps its port; another one does not inherit the community.
#[test]
fn written_by_a_tool() {
    let mut run = Run::new();
    run.tell(presets(vec![preset(9, PresetSeverity::Information)]));
    let same = run.pef.lan_parameter(19, 8).unwrap();
    run.tell(Input::SetLan(same));
    run.event(hot());
    let effects = run.take();
    assert!(
        matches!(effects.as_slice(), [Effect::Send(trap)] if trap.port == 1162),
        "{effects:?}"
    );
    run.destination(8, 0, 0);
    run.event(hot());
    let effects = run.take();
    let [Effect::Send(trap)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(
        (trap.port, trap.community.as_slice()),
        (162, b"public".as_slice())
    );
}

/// The same file again leaves alone what tools changed; another file begins anew, and a file
/// without alerts leaves none of them.
#[test]
fn another_file() {
    let mut run = Run::new();
    let file = || presets(vec![preset(9, PresetSeverity::Information)]);
    run.tell(file());
    let count = run.pef.filter_count();
    let off = |number| Parameter::FilterData1 {
        number,
        configuration: 0x40,
    };
    for number in FILTERS + 1..=usize::from(count) {
        run.set(off(u8::try_from(number).unwrap()));
    }
    run.tell(file());
    run.event(hot());
    assert_eq!(run.sent(), [], "they stay off");
    run.tell(presets(vec![preset(8, PresetSeverity::Critical)]));
    assert!(run.pef.filter_count() < count);
    run.event(hot());
    assert_eq!(run.sent(), [8]);
    run.tell(presets(vec![]));
    assert_eq!(usize::from(run.pef.filter_count()), FILTERS);
    run.event(hot());
    assert_eq!(run.sent(), []);
    let unset = LanAlertParameter::Address {
        destination: 8,
        address: crate::destination::Destination::unused().address,
    };
    assert_eq!(run.pef.lan_parameter(19, 8), Ok(unset));
}

/// A pre-configured filter may be turned on and off, and nothing else.
#[test]
fn preconfigured_filters() {
    let mut run = Run::new();
    run.tell(presets(vec![preset(9, PresetSeverity::Information)]));
    let number = u8::try_from(FILTERS + 1).unwrap();
    let Ok(Parameter::Filter { filter: own, .. }) = run.pef.parameter(6, number, 0) else {
        panic!("there is no filter {number}");
    };
    let off = EventFilter {
        configuration: 0x40,
        ..own.clone()
    };
    run.set(filter(number, off.clone()));
    run.set(filter(number, own.clone()));
    let why = run.refused(filter(number, everything()));
    assert_eq!(why, Some(Refusal::ReadOnly));
    for (configuration, expected) in [(0x00, off), (0x80, own)] {
        run.set(Parameter::FilterData1 {
            number,
            configuration,
        });
        let read = run.pef.parameter(6, number, 0);
        assert_eq!(read, Ok(filter(number, expected)));
    }
}

#[test]
fn too_many() {
    let run = Run::new();
    let many = vec![preset(1, PresetSeverity::Critical); PRESETS_MAX + 1];
    assert_eq!(run.pef.admit(&presets(many)), Err(Refusal::OutOfRange));
}

/// A tool's own filter keeps working beside those of the file.
#[test]
fn beside_a_filter_of_software() {
    let mut run = Run::with_one();
    run.tell(presets(vec![preset(9, PresetSeverity::Critical)]));
    run.event(hot());
    assert_eq!(run.sent(), [1, 8]);
}

//! Policy sets, traps, repetitions and acknowledges.

use super::{Run, TIME_S, acknowledge, everything, filter, hot};
use crate::{Effect, FLIGHTS_MAX, Immediate, Input, Refusal, System};
use alloc::vec;
use core::net::{IpAddr, Ipv6Addr};
use ipmi::command::pef::{
    AlertPolicy, AlertStringKeys, DestinationAddress, LanAlertParameter, Parameter, PetAcknowledge,
    alert_status,
};
use ipmi::pet::{EPOCH, Pet};

/// Alerts are acknowledged.
const ACKNOWLEDGED: u8 = 0x80;

/// What a trap says is what the event said, and who is told where.
#[test]
fn the_trap() {
    let mut run = Run::with_one();
    let guid = core::array::from_fn(|index| u8::try_from(index).unwrap());
    let presets = vec![];
    run.tell(Input::Preset { guid, presets });
    run.event(hot());
    let effects = run.take();
    let [Effect::Send(trap)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(trap.address, IpAddr::from([192, 0, 2, 1]));
    assert_eq!(
        (trap.port, trap.community.as_slice()),
        (162, b"public".as_slice())
    );
    let pet = &trap.pet;
    assert_eq!(pet.trap.number(), 0x0001_0109);
    assert_eq!(
        pet.guid,
        [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    );
    assert_eq!(pet.local_time, TIME_S - EPOCH);
    assert_eq!(
        (pet.severity, pet.sensor_device, pet.number),
        (0x10, 0x43, 5)
    );
    assert_eq!((pet.entity, pet.entity_instance), (0xa0, 0x60));
    assert_eq!(pet.data, [0x59, 90, 80, 0, 0, 0, 0, 0]);
    assert_eq!((pet.manufacturer, pet.system), (12_634, 0x0102));
    let own = [7; 16];
    let flags = 1;
    run.set(Parameter::SystemGuid { flags, guid: own });
    run.event(hot());
    assert_eq!(run.pets()[0].1.guid, own);
}

/// Policy of the second and third entry, whether the first destination acknowledges, and who is
/// tried in the end. Destinations 1–3 are on the LAN channel.
const SETS: &[(u8, u8, bool, &[u8])] = &[
    // Always.
    (0, 0, true, &[1, 2, 3]),
    (0, 0, false, &[1, 2, 3]),
    // Next: a success keeps each of them out.
    (1, 1, true, &[1]),
    (1, 0, true, &[1, 3]),
    (1, 1, false, &[1, 2]),
    // Stop: a success ends the set, also for an entry that always sends.
    (2, 0, true, &[1]),
    (2, 0, false, &[1, 2, 3]),
    // Other channel: there is none here.
    (3, 0, true, &[1]),
    (3, 0, false, &[1, 2, 3]),
    // Other destination type: there is none here.
    (4, 0, true, &[1]),
    (4, 0, false, &[1, 2, 3]),
    // Reserved: passed over.
    (5, 0, true, &[1, 3]),
    (7, 0, false, &[1, 3]),
];

#[test]
fn policies() {
    for (second, third, is_acknowledged, expected) in SETS {
        let entries = [(0x18, 0x11), (0x18 | second, 0x12), (0x18 | third, 0x13)];
        let mut run = Run::with_policies(&entries);
        run.destination(1, ACKNOWLEDGED, 0);
        run.destination(2, 0, 0);
        run.destination(3, 0, 0);
        run.event(hot());
        let first = run.pets();
        if *is_acknowledged {
            run.tell(Input::Acknowledged(acknowledge(&first[0].1)));
        } else {
            run.tick();
        }
        let mut sent = vec![1];
        sent.extend(run.sent());
        assert_eq!(&sent, expected, "{second} {third} {is_acknowledged}");
        assert_eq!((first.len(), first[0].0), (1, 1));
    }
}

/// Nobody is at another channel or without an address: the next one is tried.
#[test]
fn unreachable() {
    let mut run = Run::with_policies(&[(0x18, 0x71), (0x19, 0x12), (0x19, 0x13)]);
    run.destination(1, 0, 0);
    run.destination(3, 0, 0);
    run.event(hot());
    assert_eq!(run.sent(), [3]);
}

/// An entry to another channel is reached past those to the same one.
#[test]
fn other_channel() {
    let entries = [
        (0x18, 0x11),
        (0x1b, 0x12),
        (0x18, 0x13),
        (0x18, 0x71),
        (0x1a, 0x14),
    ];
    let mut run = Run::with_policies(&entries);
    for n in 1..=4 {
        run.destination(n, 0, 0);
    }
    run.event(hot());
    // The one at channel 7 fails, so the last entry, "stop after a success", sends.
    assert_eq!(run.sent(), [1, 4]);
}

/// Unacknowledged: repeated as it is, until its destination gives up.
#[test]
fn acknowledge_does_not_come() {
    let mut run = Run::with_one();
    run.destination(1, ACKNOWLEDGED, 2);
    run.event(hot());
    let first = run.pets();
    for _ in 0..2 {
        assert_eq!(run.tick(), 1);
        assert_eq!(run.pets(), first);
    }
    assert_eq!(run.tick(), 1);
    let effects = run.take();
    assert!(
        matches!(effects.as_slice(), [Effect::Unacknowledged(_)]),
        "{effects:?}"
    );
    assert_eq!(run.pef.flights(), 0);
}

/// Nobody acknowledges where no acknowledge is wanted: all repetitions are sent, and no word is
/// lost about it.
#[test]
fn repetitions() {
    let mut run = Run::with_one();
    run.destination(1, 0, 2);
    run.event(hot());
    run.tick();
    run.tick();
    let pets = run.pets();
    assert_eq!(pets.len(), 3);
    assert!(pets.iter().all(|pet| *pet == pets[0]));
    assert_eq!(run.pef.flights(), 0);
}

/// Only the very trap is acknowledged, and once.
#[test]
fn wrong_acknowledges() {
    let mut run = Run::with_one();
    run.destination(1, ACKNOWLEDGED, 0);
    run.event(hot());
    let right = acknowledge(&run.pets()[0].1);
    let wrong: [fn(&mut PetAcknowledge); 6] = [
        |a| a.sequence += 1,
        |a| a.local_time += 1,
        |a| a.event_source += 1,
        |a| a.sensor_device += 1,
        |a| a.number += 1,
        |a| a.data[2] += 1,
    ];
    for change in wrong {
        let mut other = right.clone();
        change(&mut other);
        let input = Input::Acknowledged(other);
        assert_eq!(run.pef.admit(&input), Err(Refusal::NotPresent));
        run.tell(input);
    }
    assert_eq!(run.pef.flights(), 1);
    let input = Input::Acknowledged(right);
    run.tell(input.clone());
    assert_eq!(run.pef.flights(), 0);
    assert_eq!(run.pef.admit(&input), Err(Refusal::NotPresent));
}

/// Sequence numbers go round, pass over 0 and those that are under way.
#[test]
fn sequence_numbers() {
    let mut run = Run::with_policies(&[(0x18, 0x11), (0x18, 0x12)]);
    run.destination(1, 0, 0);
    run.destination(2, ACKNOWLEDGED, 7);
    run.event(hot());
    let under_way = run.pets()[1].1.sequence;
    run.destination(2, 0, 0);
    let mut last = under_way;
    for _ in 0..40_000 {
        run.event(hot());
        for (_, Pet { sequence, .. }) in run.pets() {
            assert!(sequence != 0 && sequence != under_way && sequence != last);
            last = sequence;
        }
    }
}

/// A receiver that is down costs a bounded amount of memory; its alerts fail, and others go on.
#[test]
fn storm() {
    let mut run = Run::with_policies(&[(0x18, 0x11), (0x19, 0x12)]);
    run.destination(1, ACKNOWLEDGED, 7);
    run.destination(2, 0, 0);
    for _ in 0..FLIGHTS_MAX {
        run.event(hot());
    }
    assert_eq!(run.sent(), vec![1; FLIGHTS_MAX]);
    run.event(hot());
    assert_eq!(run.sent(), [2]);
    assert_eq!((run.pef.flights(), run.pef.lost()), (FLIGHTS_MAX, 1));
}

/// String 2 belongs to set 3 for filter 1; a policy may name either.
#[test]
fn alert_strings() {
    let mut run = Run::with_one();
    let (string, bytes) = (2, b"CPU is too hot\0x".to_vec());
    let keys = AlertStringKeys { filter: 1, set: 3 };
    run.set(Parameter::String {
        string,
        block: 1,
        bytes,
    });
    run.set(Parameter::StringKeys { string, keys });
    for (string, text) in [
        (2, b"\xceCPU is too hot".as_slice()),
        (0x83, b"\xceCPU is too hot".as_slice()),
        (0x84, b"".as_slice()),
        (0, b"".as_slice()),
    ] {
        let policy = AlertPolicy {
            number: 0x18,
            destination: 0x11,
            string,
        };
        run.set(Parameter::Policy { entry: 1, policy });
        run.event(hot());
        assert_eq!(run.pets()[0].1.oem, text, "{string:02x}h");
    }
    run.set(filter(
        1,
        super::EventFilter {
            configuration: 0,
            ..everything()
        },
    ));
    run.set(filter(4, everything()));
    let by_set = AlertPolicy {
        number: 0x18,
        destination: 0x11,
        string: 0x83,
    };
    run.set(Parameter::Policy {
        entry: 1,
        policy: by_set,
    });
    run.event(hot());
    assert_eq!(
        run.pets()[0].1.oem,
        b"",
        "filter 4 has no string in this set"
    );
}

fn immediate() -> Immediate {
    Immediate {
        destination: 1,
        string: 0,
        event: Some(hot()),
        time_s: TIME_S,
        system: System::default(),
    }
}

/// An immediate alert needs no filter, and its status says how far it is.
#[test]
fn immediate_alerts() {
    let mut run = Run::new();
    let input = Input::AlertImmediate(immediate());
    run.tell(input.clone());
    assert_eq!(
        run.pef.alert_status(1),
        alert_status::NO_ACKNOWLEDGE,
        "no address yet"
    );
    run.destination(1, ACKNOWLEDGED, 0);
    run.tell(input.clone());
    assert_eq!(run.pef.alert_status(1), alert_status::IN_PROGRESS);
    assert_eq!(run.pef.admit(&input), Err(Refusal::AlertInProgress));
    run.tell(Input::ClearAlertStatus { destination: 1 });
    assert_eq!(
        run.pef.alert_status(1),
        alert_status::IN_PROGRESS,
        "it still is"
    );
    let pet = run.pets().remove(0).1;
    run.tell(Input::Acknowledged(acknowledge(&pet)));
    assert_eq!(run.pef.alert_status(1), alert_status::NORMAL_END);
    run.tell(input.clone());
    run.tick();
    assert_eq!(run.pef.alert_status(1), alert_status::NO_ACKNOWLEDGE);
    run.tell(Input::ClearAlertStatus { destination: 1 });
    assert_eq!(run.pef.alert_status(1), alert_status::NONE);
    let test = Immediate {
        event: None,
        ..immediate()
    };
    run.take();
    run.tell(Input::AlertImmediate(test));
    let pet = run.pets().remove(0).1;
    assert_eq!((pet.trap.number(), pet.number), (0x0000_000f, 0xff));
    for (destination, string) in [(16, 0), (1, 0x89)] {
        let wrong = Immediate {
            destination,
            string,
            ..immediate()
        };
        let refusal = run.pef.admit(&Input::AlertImmediate(wrong));
        assert_eq!(refusal, Err(Refusal::OutOfRange));
    }
}

/// IPv6 receivers are told as well; a community of the channel is its text, without the zeros.
#[test]
fn ipv6() {
    let mut run = Run::with_one();
    let ip = "2001:db8::9".parse::<Ipv6Addr>().unwrap();
    let address = DestinationAddress::V6 { ip: ip.octets() };
    let mut community = [0; 18];
    community[..2].copy_from_slice(b"cm");
    run.tell(Input::SetLan(LanAlertParameter::Community(community)));
    run.tell(Input::SetLan(LanAlertParameter::Address {
        destination: 1,
        address,
    }));
    run.event(hot());
    let effects = run.take();
    let [Effect::Send(trap)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(
        (trap.address, trap.community.as_slice()),
        (ip.into(), b"cm".as_slice())
    );
}

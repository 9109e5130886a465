//! The domain alarm table, as users call it.

use super::{ORDER, SESSION, appliance, done, text};
use appliance::Appliance;
use hpi_domain::USER_ALARMS_MAX;
use hpi_model::HpiError;
use openhpi_wire::function::{
    AlarmAcknowledge, AlarmAdd, AlarmDelete, AlarmGet, AlarmGetNext, Call, DomainInfoGet, Function,
};
use openhpi_wire::types::{Alarm, Condition, Entity, EntityPath, Name};

const CRITICAL: u32 = 0;
const MAJOR: u32 = 1;
const INFORMATIONAL: u32 = 3;
const ALL: u32 = 0xff;
/// Of a user.
const USER: u32 = 3;

/// A condition with every field set.
pub(super) fn condition(kind: u32) -> Condition {
    let (location, entity) = (3, 0x1_0003);
    Condition {
        kind,
        entity: EntityPath(vec![Entity {
            kind: entity,
            location,
        }]),
        domain: 5,
        resource: 6,
        sensor: 7,
        event_state: 8,
        name: Name(b"safApp=mine".to_vec()),
        manufacturer: 9,
        data: text(3, 25, b"too hot"),
    }
}

fn alarm(severity: u32, kind: u32) -> Alarm {
    Alarm {
        id: 77,
        timestamp: 88,
        severity,
        acknowledged: false,
        condition: condition(kind),
    }
}

fn add(appliance: &mut Appliance, alarm: Alarm) -> Result<Alarm, i32> {
    let session = SESSION;
    done::<AlarmAdd>(appliance, &Call::AlarmAdd(AlarmAdd { session, alarm }))
}

fn next(appliance: &mut Appliance, severity: u32, alarm: Alarm) -> Result<Alarm, i32> {
    let call = AlarmGetNext {
        session: SESSION,
        severity,
        unacknowledged: false,
        alarm,
    };
    done::<AlarmGetNext>(appliance, &Call::AlarmGetNext(call))
}

// What is added is the same alarm, with an id and a time of its own, whatever they were before.
#[test]
fn an_alarm_is_added_found_counted_and_deleted() {
    let appliance = &mut appliance();
    let added = add(appliance, alarm(MAJOR, USER)).unwrap();
    assert_eq!((added.id, added.timestamp), (1, 2));
    assert_eq!(added.condition, condition(USER));
    let call = AlarmGet {
        session: SESSION,
        alarm: 1,
    };
    let got = done::<AlarmGet>(appliance, &Call::AlarmGet(call));
    assert_eq!(got.as_ref(), Ok(&added));
    let first = Alarm {
        id: 0,
        ..added.clone()
    };
    assert_eq!(next(appliance, ALL, first.clone()).as_ref(), Ok(&added));
    assert_eq!(
        next(appliance, CRITICAL, first.clone()),
        Err(HpiError::NotPresent.code())
    );
    assert_eq!(
        next(appliance, 9, first),
        Err(HpiError::InvalidParams.code())
    );
    assert_eq!(
        next(appliance, ALL, added.clone()),
        Err(HpiError::NotPresent.code())
    );
    let earlier = Alarm {
        timestamp: 1,
        ..added
    };
    assert_eq!(
        next(appliance, ALL, earlier),
        Err(HpiError::InvalidData.code())
    );
    let session = SESSION;
    let info = Call::DomainInfoGet(DomainInfoGet { session });
    let told = done::<DomainInfoGet>(appliance, &info).unwrap();
    let counts = (
        told.active_alarms,
        told.critical_alarms,
        told.major_alarms,
        told.minor_alarms,
    );
    assert_eq!(counts, (1, 0, 1, 0));
    assert_eq!((told.dat_update_count, told.dat_update_timestamp), (1, 2));
    assert_eq!(
        usize::try_from(told.dat_user_alarm_limit),
        Ok(USER_ALARMS_MAX)
    );
    assert!(!told.dat_overflow);
    let delete = Call::AlarmDelete(AlarmDelete {
        session,
        alarm: 0,
        severity: ALL,
    });
    assert_eq!(done::<AlarmDelete>(appliance, &delete), Ok(()));
    let told = done::<DomainInfoGet>(appliance, &info).unwrap();
    assert_eq!((told.active_alarms, told.dat_update_count), (0, 2));
}

#[test]
fn users_add_alarms_of_their_own_only() {
    let bad = [
        (alarm(INFORMATIONAL, USER), "it is not severe enough"),
        (alarm(ALL, USER), "nothing is of all severities"),
        (alarm(6, USER), "there is no such severity"),
        (alarm(MAJOR, 0), "it is a sensor's"),
        (alarm(MAJOR, 4), "there is no such type"),
    ];
    for (alarm, why) in bad {
        let refused = add(&mut appliance(), alarm).map(drop);
        assert_eq!(refused, Err(HpiError::InvalidParams.code()), "{why}");
    }
    let mut alarm = alarm(MAJOR, USER);
    alarm.condition.data = text(1, 0, b"letters");
    let refused = add(&mut appliance(), alarm).map(drop);
    assert_eq!(refused, Err(HpiError::InvalidParams.code()), "its text");
}

#[test]
fn alarms_that_are_not_there_are_told_from_ids_that_cannot_be() {
    let session = SESSION;
    let appliance = &mut appliance();
    let (no, bad) = (HpiError::NotPresent.code(), HpiError::InvalidParams.code());
    for (alarm, code) in [(0, bad), (1, no), (u32::MAX, bad)] {
        let call = Call::AlarmGet(AlarmGet { session, alarm });
        assert_eq!(
            done::<AlarmGet>(appliance, &call).map(drop),
            Err(code),
            "{alarm}"
        );
    }
    // Without an id the severity counts; with one it does not.
    let cases = [
        (0, ALL, Ok(())),
        (0, 9, Err(bad)),
        (5, 9, Err(no)),
        (u32::MAX, 0, Err(no)),
    ];
    for (alarm, severity, expected) in cases {
        let call = AlarmAcknowledge {
            session,
            alarm,
            severity,
        };
        let told = done::<AlarmAcknowledge>(appliance, &Call::AlarmAcknowledge(call));
        assert_eq!(told, expected, "acknowledge {alarm} {severity}");
        let call = AlarmDelete {
            session,
            alarm,
            severity,
        };
        let told = done::<AlarmDelete>(appliance, &Call::AlarmDelete(call));
        assert_eq!(told, expected, "delete {alarm} {severity}");
    }
}

// A name that says that it is longer than its place never gets as far as an answer.
#[test]
fn a_name_longer_than_its_place_is_malformed() {
    let (session, alarm) = (SESSION, alarm(MAJOR, USER));
    let mut payload = AlarmAdd { session, alarm }.call(ORDER);
    let name = payload
        .windows(6)
        .position(|bytes| bytes == b"safApp")
        .unwrap();
    payload[name - 2..name].copy_from_slice(&257_u16.to_be_bytes());
    assert!(Call::read(ORDER, AlarmAdd::NUMBER, &payload).is_err());
}

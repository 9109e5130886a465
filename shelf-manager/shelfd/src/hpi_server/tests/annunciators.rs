//! Annunciators, as users call them.

use super::alarms::condition;
use super::{SESSION, appliance, done, text};
use appliance::{Appliance, Command};
use hpi_domain::{Fixture, SHELF_RESOURCE};
use hpi_model::HpiError;
use machine::{Machine, Pos, Time};
use openhpi_wire::function::{
    AnnunciatorAcknowledge, AnnunciatorAdd, AnnunciatorDelete, AnnunciatorGet, AnnunciatorGetNext,
    AnnunciatorModeGet, AnnunciatorModeSet, Call,
};
use openhpi_wire::types::Announcement;

const ALL: u32 = 0xff;
/// A mode.
const SHARED: u32 = 2;
/// The fixture, with its annunciators.
const FIXTURE: u32 = 4352;
/// The one that is the users' own.
const USERS: u32 = 1;

fn with_fixture() -> Appliance {
    let mut appliance = appliance();
    let at = Pos {
        index: 2,
        time: Time(2),
    };
    let fixture = Command::HpiFixture(Fixture::HpiFull);
    appliance.apply(at, &fixture, &mut Vec::new());
    appliance
}

/// What each function says of an annunciator, called with what is legal otherwise.
fn each(appliance: &mut Appliance, resource: u32, annunciator: u32) -> [Result<(), i32>; 7] {
    let session = SESSION;
    let (entry, severity, unacknowledged) = (0, ALL, false);
    let announcement = announcement(1, 3);
    let first = Announcement {
        entry,
        ..announcement.clone()
    };
    macro_rules! told {
        ($name:ident { $($field:ident: $value:expr),* }) => {
            done::<$name>(appliance, &Call::$name($name {
                session,
                resource,
                annunciator,
                $($field: $value,)*
            }))
        };
    }
    [
        told!(AnnunciatorAdd {
            announcement: announcement
        })
        .map(drop),
        told!(AnnunciatorGetNext {
            severity: severity,
            unacknowledged: unacknowledged,
            announcement: first
        })
        .map(drop),
        told!(AnnunciatorGet { entry: 1 }).map(drop),
        told!(AnnunciatorAcknowledge {
            entry: entry,
            severity: severity
        }),
        told!(AnnunciatorDelete {
            entry: entry,
            severity: severity
        }),
        told!(AnnunciatorModeGet {}).map(drop),
        told!(AnnunciatorModeSet { mode: SHARED }),
    ]
}

fn announcement(severity: u32, kind: u32) -> Announcement {
    Announcement {
        entry: 77,
        timestamp: 88,
        added_by_user: false,
        severity,
        acknowledged: true,
        condition: condition(kind),
    }
}

fn add(appliance: &mut Appliance, announcement: Announcement) -> Result<Announcement, i32> {
    let call = AnnunciatorAdd {
        session: SESSION,
        resource: FIXTURE,
        annunciator: USERS,
        announcement,
    };
    done::<AnnunciatorAdd>(appliance, &Call::AnnunciatorAdd(call))
}

#[test]
fn each_function_says_what_is_missing() {
    let code = |why: HpiError| Err(why.code());
    let appliance = &mut with_fixture();
    let refused = [
        (99, USERS, HpiError::InvalidResource),
        (FIXTURE, 9, HpiError::NotPresent),
        (SHELF_RESOURCE.0, 0, HpiError::NotPresent),
    ];
    for (resource, annunciator, why) in refused {
        let told = each(appliance, resource, annunciator);
        assert_eq!(told, [code(why); 7], "{resource} {annunciator}");
    }
    let (auto, fixed, empty) = (
        code(HpiError::ReadOnly),
        code(HpiError::ReadOnly),
        code(HpiError::NotPresent),
    );
    let told = each(appliance, FIXTURE, 0);
    assert_eq!(told, [auto, empty, empty, Ok(()), auto, Ok(()), Ok(())]);
    let told = each(appliance, FIXTURE, USERS);
    let ok = Ok(());
    assert_eq!(told, [ok, ok, ok, ok, ok, ok, fixed]);
}

// What is added is the same announcement, a user's, with an id and a time of its own.
#[test]
fn an_announcement_is_added_and_found() {
    let appliance = &mut with_fixture();
    let added = add(appliance, announcement(4, 0)).unwrap();
    let expected = Announcement {
        entry: 1,
        timestamp: 3,
        added_by_user: true,
        ..announcement(4, 0)
    };
    assert_eq!(added, expected);
    let get = |entry| {
        Call::AnnunciatorGet(AnnunciatorGet {
            session: SESSION,
            resource: FIXTURE,
            annunciator: USERS,
            entry,
        })
    };
    assert_eq!(done::<AnnunciatorGet>(appliance, &get(1)), Ok(added));
    for (entry, why) in [
        (0, HpiError::InvalidParams),
        (2, HpiError::NotPresent),
        (u32::MAX, HpiError::InvalidParams),
    ] {
        let told = done::<AnnunciatorGet>(appliance, &get(entry)).map(drop);
        assert_eq!(told, Err(why.code()), "{entry}");
    }
}

// Source: `saHpiAnnunciatorAdd`: any severity and type, but no unknown ones, and a legal text.
#[test]
fn announcements_that_nobody_could_read_are_refused() {
    let bad = [
        (announcement(ALL, 3), "nothing is of all severities"),
        (announcement(6, 3), "there is no such severity"),
        (announcement(1, 4), "there is no such type"),
    ];
    for (announcement, why) in bad {
        let refused = add(&mut with_fixture(), announcement).map(drop);
        assert_eq!(refused, Err(HpiError::InvalidParams.code()), "{why}");
    }
    let mut announcement = announcement(1, 3);
    announcement.condition.data = text(9, 0, b"");
    let refused = add(&mut with_fixture(), announcement).map(drop);
    assert_eq!(refused, Err(HpiError::InvalidParams.code()), "its text");
    let call = AnnunciatorModeSet {
        session: SESSION,
        resource: FIXTURE,
        annunciator: 0,
        mode: SHARED + 1,
    };
    let call = Call::AnnunciatorModeSet(call);
    let refused = done::<AnnunciatorModeSet>(&mut with_fixture(), &call);
    assert_eq!(refused, Err(HpiError::InvalidParams.code()), "no such mode");
}

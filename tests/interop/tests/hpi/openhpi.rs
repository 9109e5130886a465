//! What OpenHPI adds to the standard: handlers, parameters, events that users inject.

use crate::clients::{Events, client, run_at};
use crate::discovered;
use crate::raw::Raw;
use interop::{Shelfd, demo};
use openhpi_wire::function::*;
use openhpi_wire::types::{EntityPath, Event, EventData, Rdr, Text};
use std::process::Output;

/// `ADVANCEDTCA_CHASSIS`.
const CHASSIS: u32 = 0x1_0003;
/// `SAHPI_NO_MORE_ENTRIES`.
const NO_MORE: u32 = 0xffff_fffe;

/// What a client says that fails.
#[track_caller]
fn fails(shelfd: &Shelfd, line: &str, word: &str) {
    let output = client(shelfd.hpi(), line).output();
    let Output {
        status,
        stdout,
        stderr,
    } = output.expect("it is installed");
    let said = [stdout, stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(!status.success(), "{line}: {said}");
    assert!(said.contains(word), "{line}: no {word}: {said}");
}

// Limits that were set are those of the daemon that comes after.
#[test]
fn ohparam_sets_what_means_something_here() {
    let mut shelfd = demo();
    discovered(&shelfd);
    let run = |shelfd: &Shelfd, line: &str| run_at(shelfd.hpi(), line);
    assert!(run(&shelfd, "ohparam get").contains("OPENHPI_DEL_SIZE_LIMIT = 2048"));
    let set = [
        ("OPENHPI_LOG_ON_SEV", "MAJOR"),
        ("OPENHPI_EVT_QUEUE_LIMIT", "100"),
        ("OPENHPI_DEL_SIZE_LIMIT", "50"),
        ("OPENHPI_DAT_SIZE_LIMIT", "40"),
        ("OPENHPI_DAT_USER_LIMIT", "30"),
    ];
    for (name, value) in set {
        let shown = run(&shelfd, &format!("ohparam set {name} {value}"));
        assert!(shown.contains(&format!("{name} = {value}")), "{shown}");
    }
    let domain = run(&shelfd, "hpidomain");
    assert!(domain.contains("Limit: 30"), "{domain}");
    let too_many = "ohparam set OPENHPI_DEL_SIZE_LIMIT 10000";
    fails(&shelfd, too_many, "returned UNSUPPORTED_PARAMS");
    for line in [
        "ohparam set OPENHPI_DEL_SAVE FALSE",
        "ohparam set OPENHPI_CONF /tmp/openhpi.conf",
        "ohparam set OPENHPI_PATH /tmp",
    ] {
        fails(&shelfd, line, "returned READ_ONLY");
    }
    shelfd.kill9();
    shelfd.restart();
    let shown = run(&shelfd, "ohparam get");
    for (name, value) in set {
        assert!(shown.contains(&format!("{name} = {value}")), "{shown}");
    }
    let (mut raw, session) = Raw::open(shelfd.hpi());
    let resource = u32::MAX;
    let info = raw.call(&EventLogInfoGet { session, resource });
    assert_eq!(info.expect("it is open").size, 50);
}

// There is one handler, and there will be no other.
#[test]
fn ohhandler_creates_no_second_shelf() {
    let shelfd = demo();
    let create = |plugin: &str| {
        format!("ohhandler create plugin {plugin} entity_root {{ADVANCEDTCA_CHASSIS,2}}")
    };
    fails(&shelfd, &create("openshelf"), "returned DUPLICATE");
    fails(&shelfd, &create("libsimulator"), "returned ERROR");
    let list = run_at(shelfd.hpi(), "ohhandler list");
    assert!(list.contains("Handler 1: openshelf"), "{list}");
    assert!(!list.contains("Handler 2"), "{list}");
}

/// How often the domain event log has this event.
fn logged(raw: &mut Raw, session: u32, event: &Event) -> usize {
    let (mut entry, mut found, resource) = (0, 0, u32::MAX);
    while entry != NO_MORE {
        let call = EventLogEntryGet {
            session,
            resource,
            entry,
        };
        let logged = raw.call(&call).expect("the log has entries");
        found += usize::from(logged.entry.event == *event);
        entry = logged.next;
    }
    found
}

// Whoever listens hears it, though nothing has happened.
#[test]
fn hpievents_hears_what_is_injected() {
    let shelfd = demo();
    discovered(&shelfd);
    let events = Events::start(&shelfd);
    events.expect(&["rptentry[1]"]);
    let (mut raw, session) = Raw::open(shelfd.hpi());
    let resources = raw.resources(session);
    let is_shelf = |path: &EntityPath| path.0.first().is_some_and(|it| it.kind == CHASSIS);
    let shelf = resources.into_iter().find(|it| is_shelf(&it.entity));
    let shelf = shelf.expect("the shelf is a resource");
    let event = Event {
        source: shelf.resource,
        timestamp: 1_700_000_000_000_000_000,
        severity: 1,
        // RESOURCE_FAILURE.
        data: EventData::Resource(0),
    };
    let mut inject = InjectEvent {
        session,
        handler: 1,
        event: event.clone(),
        resource: shelf.clone(),
        rdr: Rdr::none(),
    };
    assert_eq!(raw.call(&inject), Ok(()));
    events.expect(&["ResourceEventType: FAILURE"]);
    assert_eq!(logged(&mut raw, session, &event), 1);
    let resource = shelf.resource;
    let entry = raw.call(&RptEntryGetByResourceId { session, resource });
    assert!(!entry.expect("it is there").failed, "it did not fail");
    inject.event.data = EventData::User(Text {
        data_type: 3,
        language: 25,
        data: b"a drill".to_vec(),
    });
    assert_eq!(raw.call(&inject), Ok(()));
    events.expect(&["a drill"]);
}

//! A call whose connection breaks before the reply comes, and that is repeated as the library does:
//! the same bytes, in the same session, on a new connection.

use crate::PATIENCE;
use crate::raw::{Heard, Raw, frame};
use interop::{Chassis, Shelfd, wait_until};
use openhpi_wire::ByteOrder;
use openhpi_wire::function::*;
use openhpi_wire::types::{Event, EventData, Text};
use std::time::Duration;

/// `SAHPI_NO_MORE_ENTRIES`.
const NO_MORE: u32 = 0xffff_fffe;
/// Less than the two seconds that the library waits.
const AWHILE: Duration = Duration::from_millis(500);

fn event(words: &str) -> Event {
    Event {
        source: u32::MAX,
        timestamp: 0,
        severity: 2,
        data: EventData::User(Text {
            data_type: 3,
            language: 25,
            data: words.into(),
        }),
    }
}

/// A call that adds an event with these words, as it travels.
fn adds(kind: &str, session: u32, words: &str) -> Vec<u8> {
    let (order, event, resource) = (ByteOrder::Little, event(words), u32::MAX);
    match kind {
        "EventAdd" => frame(order, &EventAdd { session, event }),
        _ => frame(
            order,
            &EventLogEntryAdd {
                session,
                resource,
                event,
            },
        ),
    }
}

/// How many events of the domain's log have these words.
fn count(shelfd: &Shelfd, words: &str) -> usize {
    let (mut raw, session) = Raw::open(shelfd.hpi());
    let (mut entry, mut found, resource) = (0, 0, u32::MAX);
    while entry != NO_MORE {
        let call = EventLogEntryGet {
            session,
            resource,
            entry,
        };
        let Ok(logged) = raw.call(&call) else { break };
        found += usize::from(logged.entry.event.data == event(words).data);
        entry = logged.next;
    }
    raw.call(&SessionClose { session }).expect("it is open");
    found
}

fn connect(shelfd: &Shelfd) -> Raw {
    Raw::connect(shelfd.hpi(), ByteOrder::Little)
}

/// Sends a call and gets OK.
#[track_caller]
fn is_done(raw: &mut Raw, bytes: &[u8]) {
    raw.send(bytes).expect("it is open");
    let Heard::Frame(reply) = raw.hear() else {
        panic!("closed instead of answered");
    };
    assert_eq!(reply.payload, [0; 4], "SA_OK");
}

/// Sends a call, and does not wait longer than until it is carried out.
fn leave(shelfd: &Shelfd, (raw, bytes): (&mut Raw, &[u8]), words: &str) {
    raw.send(bytes).expect("it is open");
    wait_until(PATIENCE, "the event is logged", || {
        let found = count(shelfd, words);
        (found == 1).then_some(()).ok_or(found.to_string())
    });
}

// The log has it, and the client does not know: openhpid would not even know the session.
#[test]
fn a_call_that_is_repeated_to_the_next_daemon_is_carried_out_once() {
    let chassis = Chassis::start();
    let mut shelfd = Shelfd::start_with_hpi(&chassis);
    for kind in ["EventAdd", "EventLogEntryAdd"] {
        let (mut raw, session) = Raw::open(shelfd.hpi());
        let words = format!("before {kind}");
        let bytes = adds(kind, session, &words);
        leave(&shelfd, (&mut raw, &bytes), &words);
        shelfd.kill9();
        shelfd.restart();
        let mut again = connect(&shelfd);
        is_done(&mut again, &bytes);
        assert_eq!(count(&shelfd, &words), 1, "{kind}");
        // On the same connection it is another one.
        is_done(&mut again, &bytes);
        assert_eq!(count(&shelfd, &words), 2, "{kind}");
    }
}

#[test]
fn a_call_that_is_repeated_on_a_new_connection_is_carried_out_once() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start_with_hpi(&chassis);
    let (mut raw, session) = Raw::open(shelfd.hpi());
    let bytes = adds("EventAdd", session, "once");
    leave(&shelfd, (&mut raw, &bytes), "once");
    drop(raw);
    std::thread::sleep(AWHILE);
    let mut again = connect(&shelfd);
    is_done(&mut again, &bytes);
    assert_eq!(count(&shelfd, "once"), 1);
    // Nobody's connection broke since: another thread of the client means it.
    let mut other = connect(&shelfd);
    is_done(&mut other, &bytes);
    assert_eq!(count(&shelfd, "once"), 2);
    // And another call is another call, whatever broke.
    drop(other);
    std::thread::sleep(AWHILE);
    is_done(&mut connect(&shelfd), &adds("EventAdd", session, "other"));
    assert_eq!(count(&shelfd, "other"), 1);
}

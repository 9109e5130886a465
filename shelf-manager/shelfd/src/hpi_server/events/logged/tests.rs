//! Who is answered when.

use super::{Logged, Promise, Waiting};
use crate::hpi_server::Payload;
use crate::hpi_server::repeats::Reply;
use hpi_domain::{Mark, Told, UserCall};
use hpi_model::TextBuffer;
use openhpi_wire::ByteOrder;
use tokio::sync::oneshot;

/// The index of the entry that each call waits for.
const ENTRY: u64 = 7;

/// What a call is answered once its entry is stable, and once it is durable.
fn answered(call: &UserCall) -> [Option<Payload>; 2] {
    let (client, mut reply) = oneshot::channel();
    let logged = Logged {
        order: ByteOrder::Little,
        finish: Box::new(|_| vec![1]),
        reply: Reply::once(client),
    };
    let mut waiting = Waiting::default();
    waiting.insert(3, (Promise::of(call), logged));
    waiting.came_of(ENTRY, 3, Ok(Told::Done));
    waiting.release(ENTRY - 1);
    let stable = reply.try_recv().ok();
    waiting.release(ENTRY);
    assert!(waiting.remove(3).is_none(), "it waits no more");
    [stable, reply.try_recv().ok()]
}

#[test]
fn a_session_waits_for_no_disk() {
    for call in [
        UserCall::SessionOpen,
        UserCall::SessionClose,
        UserCall::Subscribe,
        UserCall::Unsubscribe,
    ] {
        assert_eq!(answered(&call), [Some(vec![1]), None], "{call:?}");
    }
}

#[test]
fn what_is_set_is_on_the_disk_before_it_is_said_to_be() {
    let tag = UserCall::DomainTagSet(TextBuffer::english("shelf"));
    assert_eq!(answered(&tag), [None, Some(vec![1])]);
    let mark = Mark {
        connection: 1,
        digest: [0; 16],
    };
    let repeatable = UserCall::Repeatable(mark, Box::new(tag));
    assert_eq!(answered(&repeatable), [None, Some(vec![1])]);
}

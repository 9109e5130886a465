//! Connections that break at each moment.

use super::{Coming, Repeats, Reply, Taken};
use crate::hpi_server::Payload;
use appliance::Clocks;
use appliance::hpi::WITHIN;
use hpi_domain::{DoneCall, Mark, SessionId, Told};
use hpi_model::HpiError;
use hpi_server::ConnectionId;
use machine::Time;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{DomainInfoGet, DomainTagSet, Function, SensorReadingGet};
use std::time::Duration;
use tokio::sync::oneshot;

const SESSION: SessionId = SessionId(7);

/// Connections, and what they call.
#[derive(Default)]
struct Scene {
    repeats: Repeats,
    known: std::collections::BTreeSet<u64>,
    now: Time,
}

impl Scene {
    fn asks(
        &mut self,
        (connection, function): (u64, u32),
        payload: &[u8],
    ) -> (Taken, oneshot::Receiver<Payload>) {
        let (client, reply) = oneshot::channel();
        let coming = Coming {
            connection: ConnectionId(connection),
            is_first: self.known.insert(connection),
            session: Some(SESSION),
            order: ByteOrder::Little,
            function,
            payload,
        };
        (self.repeats.take(&coming, client, self.now), reply)
    }

    /// A connection changes something; `None` where it is answered with what is known.
    fn sets(
        &mut self,
        connection: u64,
        payload: &[u8],
    ) -> (Option<Reply>, oneshot::Receiver<Payload>) {
        let (taken, reply) = self.asks((connection, DomainTagSet::NUMBER), payload);
        match taken {
            Taken::New(to, mark) => {
                assert_eq!(mark.map(|mark| mark.connection), Some(connection));
                (Some(to), reply)
            }
            Taken::Answered => (None, reply),
            Taken::Known(..) => panic!("nothing was logged before"),
        }
    }

    fn ends(&mut self, connection: u64) {
        self.repeats.closed(ConnectionId(connection), self.now);
    }

    fn passes(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }
}

fn replied(reply: &mut oneshot::Receiver<Payload>) -> Option<Payload> {
    reply.try_recv().ok()
}

// The reply was on its way when the connection broke.
#[test]
fn a_call_that_was_answered_is_answered_again_and_not_carried_out() {
    let mut scene = Scene::default();
    let (first, _) = scene.sets(1, b"tag");
    first.expect("it is new").send(vec![1]);
    scene.ends(1);
    scene.passes(Duration::from_secs(2));
    let (again, mut reply) = scene.sets(2, b"tag");
    assert!(again.is_none());
    assert_eq!(replied(&mut reply), Some(vec![1]));
    // That connection breaks as well.
    scene.ends(2);
    let (again, mut reply) = scene.sets(3, b"tag");
    assert!(again.is_none());
    assert_eq!(replied(&mut reply), Some(vec![1]));
}

// The hardware is slower than the client comes back.
#[test]
fn a_call_that_is_not_answered_yet_is_waited_for() {
    let mut scene = Scene::default();
    let (first, _) = scene.sets(1, b"tag");
    scene.ends(1);
    let (again, mut reply) = scene.sets(2, b"tag");
    assert!(again.is_none());
    assert_eq!(replied(&mut reply), None);
    first.expect("it is new").send(vec![2]);
    assert_eq!(replied(&mut reply), Some(vec![2]));
}

#[test]
fn who_calls_again_on_the_same_connection_means_it() {
    let mut scene = Scene::default();
    for payload in [[1], [2]] {
        let (new, mut reply) = scene.sets(1, b"tag");
        new.expect("it is new").send(payload.to_vec());
        assert_eq!(replied(&mut reply), Some(payload.to_vec()));
    }
    // What was asked in between shows that the reply had arrived.
    scene.asks((1, DomainInfoGet::NUMBER), b"");
    scene.ends(1);
    assert!(scene.sets(2, b"tag").0.is_some());
}

#[test]
fn other_calls_and_other_connections_are_new() {
    let mut scene = Scene::default();
    scene.sets(1, b"tag").0.expect("it is new").send(vec![1]);
    assert!(scene.sets(2, b"tag").0.is_some(), "the first one lives");
    scene.ends(1);
    assert!(scene.sets(3, b"other").0.is_some());
    assert!(scene.sets(3, b"tag").0.is_some(), "not its first call");
    let (taken, _) = scene.asks((4, SensorReadingGet::NUMBER), b"tag");
    assert!(matches!(taken, Taken::New(_, None)), "it changes nothing");
    // Of all these the one that broke is still known.
    assert!(scene.sets(5, b"tag").0.is_none());
}

#[test]
fn after_ten_seconds_a_call_is_meant() {
    for (before, after) in [(WITHIN, Duration::ZERO), (Duration::ZERO, WITHIN)] {
        let mut scene = Scene::default();
        scene.sets(1, b"tag").0.expect("it is new").send(vec![1]);
        scene.passes(before);
        scene.ends(1);
        scene.passes(after);
        assert!(scene.sets(2, b"tag").0.is_some());
    }
}

// The program died between the log and the reply.
#[test]
fn what_the_log_held_at_the_start_is_known() {
    let mut scene = Scene::default();
    let coming = Coming {
        connection: ConnectionId(1),
        is_first: true,
        session: Some(SESSION),
        order: ByteOrder::Little,
        function: DomainTagSet::NUMBER,
        payload: b"tag",
    };
    let mark = |payload| Mark {
        connection: 9,
        digest: Coming { payload, ..coming }.digest(),
    };
    let done = |payload, at, result| DoneCall {
        mark: mark(payload),
        at,
        result,
    };
    scene.passes(Duration::from_secs(100));
    let (now, old) = (scene.now, Time::default());
    let held = [
        done(b"done", now, Ok(Told::Done)),
        done(b"refused", now, Err(HpiError::InvalidRequest)),
        done(b"old", old, Ok(Told::Done)),
    ];
    let clocks = Clocks {
        own: now,
        log: now,
        last: now,
    };
    scene.repeats = Repeats::new(held.iter().map(|done| (SESSION, done)), clocks);
    let (taken, _) = scene.asks((1, DomainTagSet::NUMBER), b"done");
    let Taken::Known(Ok(Told::Done), reply) = taken else {
        panic!("{taken:?}");
    };
    reply.send(vec![3]);
    scene.ends(1);
    let (again, mut reply) = scene.sets(2, b"done");
    assert!(again.is_none(), "that reply may be lost as well");
    assert_eq!(replied(&mut reply), Some(vec![3]));
    let (taken, _) = scene.asks((3, DomainTagSet::NUMBER), b"refused");
    assert!(matches!(
        taken,
        Taken::Known(Err(HpiError::InvalidRequest), _)
    ));
    assert!(scene.sets(4, b"old").0.is_some());
    assert!(scene.sets(5, b"refused").0.is_some(), "once is enough");
}

//! What the log held when a member began to serve the shelf. Connections that break at each moment
//! are tested where replies are sent.

use super::{Coming, Repeats, Taken};
use crate::Clocks;
use core::time::Duration;
use hpi_domain::{DoneCall, Mark, SessionId, Told};
use machine::Time;

const SESSION: SessionId = SessionId(7);
const DIGEST: [u8; 16] = [3; 16];

fn done(at: Time) -> DoneCall {
    let (connection, digest) = (9, DIGEST);
    DoneCall {
        mark: Mark { connection, digest },
        at,
        result: Ok(Told::Done),
    }
}

fn again(connection: u64) -> Coming {
    Coming {
        connection,
        is_first: true,
        session: SESSION,
        digest: DIGEST,
    }
}

// A program that takes over knows what the one before it did, for as long as it may be repeated.
#[test]
fn what_the_log_held_is_known() {
    let log = Time(0).after(Duration::from_secs(1_000));
    let clocks = Clocks {
        own: log,
        log,
        last: log,
    };
    let held = [done(Time(log.0 - 8_000_000_000))];
    let new = || Repeats::new(held.iter().map(|it| (SESSION, it)), clocks, |_| "done");
    let take = |mut repeats: Repeats<_>, after| {
        repeats.take(&again(1), "fresh", log.after(Duration::from_secs(after)))
    };
    assert_eq!(take(new(), 1), Taken::Again("done"));
    assert!(matches!(take(new(), 10), Taken::New(_)));
}

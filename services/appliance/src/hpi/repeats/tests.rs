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

fn at(seconds: u64) -> Time {
    Time(0).after(Duration::from_secs(seconds))
}

/// A member whose own clock is so many seconds ahead of the log's.
fn clocks(ahead: u64) -> Clocks {
    Clocks {
        own: at(1_000 + ahead),
        log: at(1_000),
        last: at(1_000),
    }
}

fn new(done: &DoneCall, clocks: Clocks) -> Repeats<&'static str> {
    Repeats::new([(SESSION, done)].into_iter(), clocks, |_| "done")
}

// A program that takes over knows what the one before it did, for as long as it may be repeated.
#[test]
fn what_the_log_held_is_known() {
    let take =
        |after: u64| new(&done(at(992)), clocks(0)).take(&again(1), "fresh", at(1_000 + after));
    assert_eq!(take(1), Taken::Again("done"));
    assert!(matches!(take(10), Taken::New(_)));
    let mut old = new(&done(at(990)), clocks(0));
    assert!(matches!(
        old.take(&again(1), "fresh", at(1_000)),
        Taken::New(_)
    ));
}

// On a shelf where little happens, and where clocks differ, the log's time is not that of a clock.
#[test]
fn how_old_a_call_is_the_logs_time_says() {
    let clocks = clocks(300);
    let mut repeats = new(&done(at(998)), clocks);
    let taken = repeats.take(&again(1), "fresh", clocks.own);
    assert_eq!(taken, Taken::Again("done"));
}

// It serves once more before what was called here got into the log.
#[test]
fn what_is_pending_here_is_waited_for() {
    let (own, mut repeats) = (at(1_000), Repeats::default());
    assert!(matches!(
        repeats.take(&again(1), "pending", own),
        Taken::New(_)
    ));
    repeats.closed(1, own);
    let pending = |it: &&str| *it == "pending";
    repeats.take_over([].into_iter(), clocks(0), (|_: &_| "done", pending));
    assert_eq!(
        repeats.take(&again(2), "fresh", own),
        Taken::Again("pending")
    );
}

// Another member served meanwhile, and connections from before are still here.
#[test]
fn what_was_done_elsewhere_meanwhile_is_known() {
    let (own, mut repeats) = (at(1_000), Repeats::default());
    let other = Coming {
        digest: [4; 16],
        ..again(1)
    };
    assert!(matches!(repeats.take(&other, "other", own), Taken::New(_)));
    let held = done(at(999));
    let held = [(SESSION, &held)].into_iter();
    repeats.take_over(held, clocks(0), (|_: &_| "done", |_: &&str| false));
    assert_eq!(repeats.take(&again(2), "fresh", own), Taken::Again("done"));
}

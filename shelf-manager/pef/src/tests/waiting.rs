//! Events that wait: the postpone timer, the startup delay, and what software has processed.

use super::{Run, hot, seen};
use crate::{HELD_MAX, Input, Refusal};
use ipmi::command::pef::{Parameter, control};
use machine::Machine;

fn arm(countdown: u8) -> Input {
    Input::Arm { countdown }
}

/// While it is postponed events wait; what software has not processed meanwhile is filtered then.
#[test]
fn postponed() {
    let mut run = Run::with_one();
    run.tell(arm(10));
    assert_eq!(run.pef.countdown(run.now()), 10);
    for record in 1..=3 {
        run.tell(Input::Event(seen(hot(), record)));
    }
    run.wait(4);
    assert_eq!((run.pef.countdown(run.now()), run.sent()), (6, [].into()));
    run.tell(Input::SetLastProcessed {
        by_bmc: false,
        record: 2,
    });
    assert_eq!(run.tick(), 6);
    assert_eq!(run.sent(), [1]);
    assert_eq!(run.pef.countdown(run.now()), 0);
    assert_eq!((run.pef.last_by_software(), run.pef.last_by_bmc()), (2, 3));
    assert_eq!(run.pef.deadline(), None);
}

/// Turned off it does not count, and turning it on again lets go what waits.
#[test]
fn disabled() {
    let mut run = Run::with_one();
    run.tell(arm(0xfe));
    run.event(hot());
    run.wait(100_000);
    assert_eq!(
        (run.pef.countdown(run.now()), run.sent()),
        (0xfe, [].into())
    );
    run.tell(arm(0));
    assert_eq!(run.sent(), [1]);
    assert_eq!(run.pef.admit(&arm(0xff)), Err(Refusal::InvalidField));
}

/// The longest countdown ends as well.
#[test]
fn longest() {
    let mut run = Run::new();
    run.tell(arm(0xfd));
    assert_eq!(run.pef.countdown(run.now()), 0xfd);
    assert_eq!(run.tick(), 0xfd);
    assert_eq!(run.pef.countdown(run.now()), 0);
}

/// More events than may wait: the oldest go.
#[test]
fn too_many() {
    let mut run = Run::with_one();
    run.tell(arm(10));
    for record in 0..=u16::try_from(HELD_MAX).unwrap() {
        run.tell(Input::Event(seen(hot(), record)));
    }
    assert_eq!(run.pef.lost(), 1);
    run.tell(arm(0));
    assert_eq!(run.sent().len(), HELD_MAX);
}

/// PEF that is turned off forgets what waits.
#[test]
fn turned_off() {
    let mut run = Run::with_one();
    run.tell(arm(10));
    run.event(hot());
    run.set(Parameter::Control(0));
    run.set(Parameter::Control(control::ENABLED));
    run.tell(arm(0));
    assert_eq!(run.sent(), []);
}

/// Control, what the two delays are, and how long filtering waits after a restart.
const DELAYS: &[(u8, u8, u8, u64)] = &[
    (control::STARTUP_DELAY, 5, 9, 5),
    (control::ALERT_STARTUP_DELAY, 5, 9, 9),
    (
        control::STARTUP_DELAY | control::ALERT_STARTUP_DELAY,
        9,
        5,
        9,
    ),
];

#[test]
fn startup_delays() {
    for (bits, delay, alert_delay, expected) in DELAYS {
        let mut run = Run::with_one();
        run.set(Parameter::StartupDelay(*delay));
        run.set(Parameter::AlertStartupDelay(*alert_delay));
        run.tell(Input::Restarted);
        run.event(hot());
        assert_eq!(run.sent(), [1], "no delay is enabled");
        run.set(Parameter::Control(control::ENABLED | bits));
        run.tell(Input::Restarted);
        run.event(hot());
        assert_eq!(run.sent(), []);
        assert_eq!(run.tick(), *expected);
        assert_eq!(run.sent(), [1]);
    }
}

/// A cleared log has no last record.
#[test]
fn cleared() {
    let mut run = Run::with_one();
    run.tell(Input::Event(seen(hot(), 7)));
    run.tell(Input::SetLastProcessed {
        by_bmc: false,
        record: 6,
    });
    assert_eq!((run.pef.last_by_software(), run.pef.last_by_bmc()), (6, 7));
    run.tell(Input::Cleared);
    assert_eq!((run.pef.last_by_software(), run.pef.last_by_bmc()), (0, 0));
    run.tell(Input::SetLastProcessed {
        by_bmc: true,
        record: 9,
    });
    assert_eq!(run.pef.last_by_bmc(), 9);
}

//! Faults of IPMB-0, and who notices.

use super::*;

#[test]
fn faults_of_the_bus() {
    check(
        "\
# One bus stuck costs nothing; with both stuck nothing comes through.
fault all stuck a
  Event f1 10 +[a2, 00, 8a]
  Event f1 12 +[a2, 00, 8a]
  Event f1 5a +[a2, 00, 8a]
  Event f1 5c +[a2, 00, 8a]
  Event f1 5e +[a2, 00, 8a]
  Event f1 60 +[a2, 00, 8a]
  Event f1 62 +[a2, 00, 8a]
  Event f1 82 +[a2, 00, 8a]
  Event f1 84 +[a2, 00, 8a]
  Event f1 86 +[a2, 00, 8a]
  Event f1 88 +[a2, 00, 8a]
read 82 1
  Answer 00 [2d, c0, c0]
read 82 1
  Answer 00 [2d, c0, c0]
fault 84 stuck b
read 84 1
settle
  Timeout
read 82 1
  Answer 00 [2d, c0, c0]
repair
  Event f1 10 +[a3, 00, 88]
  Event f1 12 +[a3, 00, 88]
  Event f1 5a +[a3, 00, 88]
  Event f1 5c +[a3, 00, 88]
  Event f1 5e +[a3, 00, 88]
  Event f1 60 +[a3, 00, 88]
  Event f1 62 +[a3, 00, 88]
  Event f1 82 +[a3, 00, 88]
  Event f1 84 +[a1, 00, a8]
  Event f1 84 +[a3, 00, 88]
  Event f1 86 +[a3, 00, 88]
  Event f1 88 +[a3, 00, 88]
read 84 1
  Answer 00 [2e, c0, c0]
# Nobody acknowledges: as if nobody were there.
fault 82 nak 100
read 82 1
  NoSuchController
repair
# Lost on the way there, or back; broken on the way.
fault 82 lose 100
read 82 1
settle
  Timeout
repair
fault 82 mute 100
read 82 1
settle
  Timeout
repair
fault 82 corrupt 100
read 82 1
settle
  Timeout
repair
",
    );
}

#[test]
fn slow_controllers_and_faults_that_there_are_not() {
    check(
        "\
# Late, but in time; later than anybody waits.
fault 82 slow 400
read 82 1
settle
  Answer 00 [2d, c0, c0]
repair
fault 82 slow 900
read 82 1
settle
  Timeout
repair
fault 90 dead
  NoSuchController
fault 82 nak 0
  OutOfRange
fault 82 slow 60001
  OutOfRange
fault 82 storm 1001
  OutOfRange
",
    );
}

#[test]
fn a_dead_controller_notices_later() {
    check(
        "\
# What happens to a dead controller, it notices afterwards.
fault 82 dead
open 1
read 82 1
  NoSuchController
settle
repair
wait
  Event f0 82 +[a5, 24, 00]
# The shelf manager is a controller, too.
fault 20 dead
managers
  Timeout
repair
managers
  Answer 00 [00, 10, 12]
",
    );
}

#[test]
fn events_cross_the_bus() {
    check(
        "\
# Events cross the bus as well: lost with both buses, and not with one.
fault all stuck a
  Event f1 10 +[a2, 00, 8a]
  Event f1 12 +[a2, 00, 8a]
  Event f1 5a +[a2, 00, 8a]
  Event f1 5c +[a2, 00, 8a]
  Event f1 5e +[a2, 00, 8a]
  Event f1 60 +[a2, 00, 8a]
  Event f1 62 +[a2, 00, 8a]
  Event f1 82 +[a2, 00, 8a]
  Event f1 84 +[a2, 00, 8a]
  Event f1 86 +[a2, 00, 8a]
  Event f1 88 +[a2, 00, 8a]
open 1
  Event f0 82 +[a5, 24, 00]
fault all stuck b
open 2
settle
repair
  Event f1 10 +[a1, 00, a8]
  Event f1 10 +[a3, 00, 88]
  Event f1 12 +[a1, 00, a8]
  Event f1 12 +[a3, 00, 88]
  Event f1 5a +[a1, 00, a8]
  Event f1 5a +[a3, 00, 88]
  Event f1 5c +[a1, 00, a8]
  Event f1 5c +[a3, 00, 88]
  Event f1 5e +[a1, 00, a8]
  Event f1 5e +[a3, 00, 88]
  Event f1 60 +[a1, 00, a8]
  Event f1 60 +[a3, 00, 88]
  Event f1 62 +[a1, 00, a8]
  Event f1 62 +[a3, 00, 88]
  Event f1 82 +[a1, 00, a8]
  Event f1 82 +[a3, 00, 88]
  Event f1 84 +[a1, 00, a8]
  Event f1 84 +[a3, 00, 88]
  Event f1 86 +[a1, 00, a8]
  Event f1 86 +[a3, 00, 88]
  Event f1 88 +[a1, 00, a8]
  Event f1 88 +[a3, 00, 88]
# The handle that was opened meanwhile is there, only nobody heard of it.
read 84 0
  Answer 00 [00, c0, 20, 80]
# An event that arrives twice is logged once.
fault 86 repeat 100
open 3
  Event f0 86 +[a5, 24, 00]
repair
",
    );
}

#[test]
fn a_storm_of_events() {
    check(
        "\
# Ten events a second: asserted and not in turn, until somebody ends it.
fault 82 storm 10
wait
  Event 01 82 +[57, 2d, 2d]
  Event 01 82 -[57, 2d, 2d]
wait
  Event 01 82 +[57, 2d, 2d]
repair
wait
",
    );
}

/// Reads the first temperature of a blade so often; how each attempt went.
fn readings(seed: u64, count: usize) -> (Vec<Effect>, BusCounters) {
    let mut play = Play::new(Config {
        seed,
        ..Config::default()
    });
    for kind in [
        FaultKind::LostRequest(20),
        FaultKind::BadChecksum(20),
        FaultKind::Nak(20),
    ] {
        play.apply(&Input::Operator(Operator::Inject(Fault {
            kind,
            scope: Scope::All,
            lasts: Some(Duration::from_secs(3600)),
        })));
    }
    let mut effects = vec![];
    for _ in 0..count {
        effects.extend(play.ask(0x82, GetSensorReading { number: 1 }.request()));
        for _ in 0..3 {
            play.now = play.now.after(Duration::from_millis(250));
            effects.extend(play.apply(&Input::Tick));
        }
    }
    (effects, play.chassis.bus_counters())
}

#[test]
fn one_seed_gives_one_run() {
    let (first, counters) = readings(1, 100);
    assert_eq!(first, readings(1, 100).0);
    assert_ne!(first, readings(2, 100).0);
    // Each request was answered once, for good or ill, and most of them in spite of the faults.
    assert_eq!(first.len(), 100);
    let good = first.iter().filter(|effect| match effect {
        Effect::Event(PortEvent::Answer { result, .. }) => result.is_ok(),
        Effect::Event(_) | Effect::Handled(_) | Effect::Payload { .. } => false,
    });
    let good = good.count() as u64;
    assert!((60..100).contains(&good), "{good}");
    assert_eq!(counters.failed, 100 - good);
    assert!(counters.retries > 0 && counters.lost > 0 && counters.bad_checksums > 0);
    assert!(counters.not_acknowledged > 0);
}

#[test]
fn a_stuck_bus_loses_nothing() {
    let mut play = Play::new(Config::default());
    play.line("fault all stuck a");
    let before = play.chassis.bus_counters();
    for _ in 0..10 {
        play.line("read 82 1");
    }
    let after = play.chassis.bus_counters();
    assert_eq!((after.requests - before.requests, after.retries), (10, 0));
    // Every other request, and its answer.
    assert_eq!(after.failed_over - before.failed_over, 10);
    assert_eq!((after.blocked, after.failed), (0, 0));
}

#[test]
fn a_repeated_request_is_carried_out_once() {
    let mut play = Play::new(Config::default());
    // The answers get lost, so the request is sent three times.
    play.line("open 1");
    play.line("fault 82 mute 100");
    play.line("deactivate 82");
    play.line("settle");
    let gone = play.out.matches("Payload 1 false").count();
    assert_eq!(gone, 1, "{}", play.out);
    let counters = play.chassis.bus_counters();
    // Two more of the order, and of both events that it leads to.
    assert_eq!((counters.retries, counters.repeats), (6, 2));
}

#[test]
fn faults_end_by_themselves() {
    let mut play = Play::new(Config::default());
    let fault = Fault {
        kind: FaultKind::Dead,
        scope: Scope::Controller(0x82),
        lasts: Some(Duration::from_secs(2)),
    };
    play.apply(&Input::Operator(Operator::Inject(fault)));
    assert_eq!(play.chassis.faults(), [fault]);
    assert_eq!(
        play.chassis.deadline(),
        Some(play.now.after(Duration::from_secs(2)))
    );
    play.settle();
    assert_eq!(play.chassis.faults(), []);
    for _ in 0..crate::FAULTS_MAX {
        play.apply(&Input::Operator(Operator::Inject(fault)));
    }
    let before = play.out.len();
    play.apply(&Input::Operator(Operator::Inject(fault)));
    assert_eq!(play.out.get(before..), Some("  TooManyFaults\n"));
}

#[test]
fn controllers_say_which_bus_fails() {
    check(
        "\
# Who is cut off from one bus says so over the other; the shelf manager reads it.
fault 82 stuck a
  Event f1 82 +[a2, 00, 8a]
read 82 241
  Answer 00 [8a, c0, 04, 80]
read 84 241
  Answer 00 [88, c0, 08, 80]
# Cut off from both, it cannot say so.
fault 82 stuck b
settle
repair
  Event f1 82 +[a1, 00, a8]
  Event f1 82 +[a3, 00, 88]
wait
read 82 241
  Answer 00 [88, c0, 08, 80]
",
    );
}

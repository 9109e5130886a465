//! The agent restarts, its components do not.

use super::*;

/// A component that comes back is a survivor, with the states that it says it has.
#[test]
fn a_survivor_comes_back() {
    let spec = sa_aware();
    let mut play = Play::new(spec);
    for line in [
        "instantiate",
        "exit 1 0",
        "1 register",
        "set 70 active c=1",
        "1 respond 1 ok",
    ] {
        play.line(line);
    }
    assert_eq!(play.line("restart-agent"), ["watch 11", "waits 3000"]);
    assert!(play.machine.is_adopting());
    assert_eq!(play.line("2 reconnect c=1"), ["answer 2 Err(BadOperation)"]);
    assert_eq!(play.line("1 reconnect c=1"), ["answer 1 Ok(Done)", "waits"]);
    assert!(!play.machine.is_adopting());
    let csis = vec![(dn("c=1"), HaState::Active)];
    assert_eq!(
        play.machine.survivor(),
        Some(Survivor {
            component: dn("a=1"),
            csis
        })
    );
    let done = "CsiDone { invocation: Invocation(70), outcome: Ok }";
    assert_eq!(play.line("set 70 active c=1"), [done]);
}

/// Nothing is left that did not come back, was dead, or had failed.
#[test]
fn what_does_not_come_back_is_cleaned_up() {
    check(
        &sa_aware(),
        "\
(registered)
restart-agent
  watch 11
  waits 3000
at 3000
  run 1 Cleanup /clean X
  waits 4000
exit 1 0
  run 2 kill-all
  waits 5000
exit 2 0
  waits
instantiate
  run 3 Instantiate /inst X
  waits 4000
exit 3 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
restart-agent dead
  run 1 Cleanup /clean X
  waits 4000
exit 1 0
  run 2 kill-all
  waits 5000
exit 2 0
  waits
instantiate
  run 3 Instantiate /inst X
  waits 4000
exit 3 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
ended 11
  Failed { component: a=1, cause: ProcessEnded, recovery: ComponentRestart }
restart-agent
  run 1 Cleanup /clean X
  waits 4000
",
    );
}

/// Dead in the very moment in which it should come back.
#[test]
fn a_survivor_dies_too_early() {
    check(
        &sa_aware(),
        "\
(registered)
restart-agent
  watch 11
  waits 3000
ended 11
  run 1 Cleanup /clean X
  waits 1000
exit 1 0
  run 2 kill-all
  waits 2000
exit 2 1
  TerminationFailed(a=1)
  waits
",
    );
}

/// What was half started is cleaned up.
#[test]
fn half_started() {
    check(
        &sa_aware(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
restart-agent
  run 1 Cleanup /clean X
",
    );
}

/// A component without a registered process is believed, with its monitor.
#[test]
fn a_plain_component_survives() {
    check(
        &monitored(plain()),
        "\
(monitored)
exit 2 0
  waits
restart-agent
instantiate
  Instantiated(a=1)
terminate
  run 1 AmStop /amstop X
  waits 1000
",
    );
}

/// A snapshot is the machine.
#[test]
fn snapshots_come_back() {
    let mut play = Play::new(sa_aware());
    for line in [
        "instantiate",
        "1 healthcheck amf",
        "1 register foreground",
        "set 70 active c=1",
    ] {
        play.line(line);
    }
    let bytes = postcard::to_allocvec(&play.machine).unwrap();
    assert_eq!(
        postcard::from_bytes::<Lifecycle>(&bytes).unwrap(),
        play.machine
    );
    let record = play.machine.record().unwrap();
    let bytes = postcard::to_allocvec(&record).unwrap();
    assert_eq!(postcard::from_bytes::<Record>(&bytes).unwrap(), record);
}

//! External monitoring: AM_START and AM_STOP.

use super::*;

/// AM_START follows the start, AM_STOP comes before the end.
#[test]
fn an_external_monitor() {
    check(
        &monitored(plain()),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
  Instantiated(a=1)
  run 2 AmStart /amstart X
exit 2 0
  waits
terminate
  run 3 AmStop /amstop X
  waits 1000
exit 3 0
  run 4 Terminate /term X
exit 4 0
  run 5 kill-all
  waits 2000
exit 5 0
  Terminated(a=1)
  waits
",
    );
}

/// A plain error of AM_START is simply tried again; after the last attempt the component has
/// failed.
#[test]
fn the_monitor_does_not_start() {
    check(
        &monitored(plain()),
        "\
(monitored)
exit 2 1
  run 3 AmStart /amstart X
exit 3 1
  Failed { component: a=1, cause: MonitoringFailed, recovery: ComponentRestart }
  waits
cleanup
  run 4 Cleanup /clean X
  waits 1000
",
    );
}

/// An AM_START that hangs is followed by AM_STOP before the next attempt.
#[test]
fn the_monitor_hangs_at_its_start() {
    check(
        &monitored(plain()),
        "\
(monitored)
at 1000
  kill 2
  run 3 AmStop /amstop X
  waits 2000
exit 3 0
  run 4 AmStart /amstart X
exit 4 0
  waits
",
    );
}

/// AM_STOP that never works: the component is terminated and cleaned up too.
#[test]
fn the_monitor_does_not_stop() {
    check(
        &monitored(plain()),
        "\
(monitored)
exit 2 0
  waits
terminate
  run 3 AmStop /amstop X
  waits 1000
exit 3 1
  run 4 AmStop /amstop X
at 1000
  kill 4
  run 5 Terminate /term X
  waits 2000
exit 5 0
  run 6 Cleanup /clean X
exit 6 0
  run 7 kill-all
  waits 3000
exit 7 0
  Terminated(a=1)
  waits
",
    );
}

/// A recovery does not insist on AM_STOP.
#[test]
fn the_monitor_does_not_hold_up_a_cleanup() {
    check(
        &monitored(plain()),
        "\
(monitored)
exit 2 0
  waits
cleanup
  run 3 AmStop /amstop X
  waits 1000
exit 3 1
  run 4 Cleanup /clean X
exit 4 0
  run 5 kill-all
  waits 2000
exit 5 0
  Terminated(a=1)
  waits
",
    );
}

/// Stopped while AM_START still runs.
#[test]
fn terminated_while_the_monitor_starts() {
    check(
        &monitored(plain()),
        "\
(monitored)
terminate
  kill 2
  run 3 AmStop /amstop X
exit 3 0
  run 4 Terminate /term X
exit 4 0
  run 5 kill-all
  waits 2000
exit 5 0
  Terminated(a=1)
  waits
",
    );
}

//! Terminated and cleaned up, and what stands in the way.

use super::*;

/// Refused to terminate: cleaned up.
#[test]
fn termination_refused() {
    check(
        &sa_aware(),
        "\
(registered)
terminate
  call back 1 #1 Terminate
  waits 500
1 respond 1 failed
  answer 1 Ok(Done)
  run 2 Cleanup /clean X
  waits 1000
exit 2 0
  run 3 kill-all
  waits 2000
exit 3 0
  Terminated(a=1)
  waits
",
    );
}

/// Does not answer: cleaned up.
#[test]
fn termination_unanswered() {
    check(
        &sa_aware(),
        "\
(registered)
terminate
  call back 1 #1 Terminate
  waits 500
at 500
  run 2 Cleanup /clean X
  waits 1500
exit 2 0
  run 3 kill-all
  waits 2500
exit 3 0
  Terminated(a=1)
  waits
",
    );
}

/// Ended without an answer: nobody knows what it left behind.
#[test]
fn ended_without_answer() {
    check(
        &sa_aware(),
        "\
(registered)
terminate
  call back 1 #1 Terminate
  waits 500
ended 11
  run 2 Cleanup /clean X
  waits 1000
exit 2 0
  run 3 kill-all
  waits 2000
exit 3 0
  Terminated(a=1)
  waits
",
    );
}

/// It agreed to terminate, and its process stays: that is not terminated.
#[test]
fn a_component_that_lingers_is_cleaned_up() {
    check(
        &sa_aware(),
        "\
(registered)
terminate
  call back 1 #1 Terminate
  waits 500
1 respond 1 ok
  answer 1 Ok(Done)
at 500
  run 2 Cleanup /clean X
  waits 1500
ended 11
exit 2 0
  run 3 kill-all
  waits 2500
exit 3 0
  Terminated(a=1)
  waits
",
    );
}

/// CLEANUP that fails is a termination that failed.
#[test]
fn cleanup_fails() {
    check(
        &sa_aware(),
        "\
(registered)
cleanup
  run 2 Cleanup /clean X
  waits 1000
exit 2 1
  TerminationFailed(a=1)
  waits
",
    );
}

/// So is one that takes too long.
#[test]
fn cleanup_takes_too_long() {
    check(
        &sa_aware(),
        "\
(registered)
cleanup
  run 2 Cleanup /clean X
  waits 1000
at 1000
  kill 2
  TerminationFailed(a=1)
  waits
",
    );
}

/// So is one that leaves something alive; another order tries again.
#[test]
fn something_stays_alive() {
    check(
        &sa_aware(),
        "\
(registered)
cleanup
  run 2 Cleanup /clean X
  waits 1000
exit 2 0
  run 3 kill-all
  waits 2000
cannot-run 3
  TerminationFailed(a=1)
  waits
cleanup
  run 4 Cleanup /clean X
  waits 1000
exit 4 0
  run 5 kill-all
  waits 2000
exit 5 0
  Terminated(a=1)
  waits
",
    );
}

/// Started again after a repair: the cleanup comes first.
#[test]
fn instantiated_after_a_failed_termination() {
    check(
        &sa_aware(),
        "\
(registered)
cleanup
  run 2 Cleanup /clean X
  waits 1000
exit 2 1
  TerminationFailed(a=1)
  waits
instantiate
  run 3 Cleanup /clean X
  waits 1000
exit 3 0
  run 4 kill-all
  waits 2000
exit 4 0
  run 5 Instantiate /inst X
  waits 1000
exit 5 0
2 register
  answer 2 Ok(Done)
  watch 12
  Instantiated(a=1)
  waits
",
    );
}

/// Cleanup overtakes a termination that is under way.
#[test]
fn cleanup_overtakes_termination() {
    check(
        &sa_aware(),
        "\
(registered)
terminate
  call back 1 #1 Terminate
  waits 500
cleanup
  run 2 Cleanup /clean X
  waits 1000
cleanup
exit 2 0
  run 3 kill-all
  waits 2000
exit 3 0
  Terminated(a=1)
  waits
",
    );
}

/// An order to start that comes while the component stops is carried out afterwards.
#[test]
fn started_again_after_stopping() {
    check(
        &sa_aware(),
        "\
(registered)
cleanup
  run 2 Cleanup /clean X
  waits 1000
instantiate
exit 2 0
  run 3 kill-all
  waits 2000
exit 3 0
  Terminated(a=1)
  run 4 Instantiate /inst X
  waits 1000
",
    );
}

/// Of an order to start and an order to stop that come while the component stops, the last counts.
#[test]
fn not_started_again_after_a_later_stop() {
    for last in ["terminate", "cleanup"] {
        let scenario = "\
(registered)
cleanup
  run 2 Cleanup /clean X
  waits 1000
instantiate
LAST
exit 2 0
  run 3 kill-all
  waits 2000
exit 3 0
  Terminated(a=1)
  waits
";
        check(&sa_aware(), &scenario.replace("LAST", last));
    }
}

/// TERMINATE that fails or hangs leads to CLEANUP.
#[test]
fn a_plain_component_that_does_not_terminate() {
    check(
        &plain(),
        "\
(started)
terminate
  run 2 Terminate /term X
  waits 1000
exit 2 1
  run 3 Cleanup /clean X
exit 3 0
  run 4 kill-all
  waits 2000
exit 4 0
  Terminated(a=1)
  waits
",
    );
    check(
        &plain(),
        "\
(started)
terminate
  run 2 Terminate /term X
  waits 1000
at 1000
  kill 2
  run 3 Cleanup /clean X
  waits 2000
exit 3 0
  run 4 kill-all
  waits 3000
exit 4 0
  Terminated(a=1)
  waits
",
    );
}

/// Where no CLEANUP is configured, killing stands for it.
#[test]
fn killing_stands_for_cleanup() {
    check(
        &ComponentSpec {
            cleanup: None,
            ..sa_aware()
        },
        "\
(registered)
cleanup
  run 2 kill-all
  waits 2000
exit 2 0
  Terminated(a=1)
  waits
",
    );
}

/// Nothing is there to be stopped.
#[test]
fn stopping_what_does_not_run() {
    check(
        &sa_aware(),
        "\
terminate
  Terminated(a=1)
cleanup
  Terminated(a=1)
",
    );
}

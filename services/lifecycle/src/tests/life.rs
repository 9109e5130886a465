//! From uninstantiated to instantiated and back.

use super::*;

/// The ordinary life of an SA-aware component: registered, asked to terminate, gone.
#[test]
fn an_sa_aware_component_starts_and_ends() {
    check(
        &sa_aware(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
instantiate
  Instantiated(a=1)
terminate
  call back 1 #1 Terminate
  waits 500
terminate
1 respond 1 ok
  answer 1 Ok(Done)
ended 11
  run 2 kill-all
  waits 2000
exit 2 0
  Terminated(a=1)
  waits
terminate
  Terminated(a=1)
",
    );
}

/// Registered before the command has ended: both are needed, in any order.
#[test]
fn registering_first_waits_for_the_command() {
    check(
        &sa_aware(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
1 register
  answer 1 Ok(Done)
  watch 11
2 register
  answer 2 Err(Exist)
exit 1 0
  Instantiated(a=1)
  waits
",
    );
}

/// A command that stays as the component need not end; when it does, the component has failed.
#[test]
fn a_command_in_the_foreground_is_the_component() {
    check(
        &sa_aware(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
1 register foreground
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
killed 1
  Failed { component: a=1, cause: ProcessEnded, recovery: ComponentRestart }
ended 11
",
    );
}

/// A command that put the component into the background within its own process group ends well.
#[test]
fn a_command_that_leaves_the_foreground_later() {
    check(
        &sa_aware(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
1 register foreground
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
exit 1 0
",
    );
}

/// An attempt at once, one after the delay, a cleanup after each; then it has failed.
#[test]
fn attempts_are_counted() {
    check(
        &sa_aware(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 1
  kill 1
  run 2 Cleanup /clean X
exit 2 0
  run 3 kill-all
  waits 2000
exit 3 0
  run 4 Instantiate /inst X
  waits 1000
killed 4
  kill 4
  run 5 Cleanup /clean X
exit 5 0
  run 6 kill-all
  waits 2000
exit 6 0
  waits 3000
instantiate
at 2999
at 3000
  run 7 Instantiate /inst X
  waits 4000
cannot-run 7
  kill 7
  run 8 Cleanup /clean X
exit 8 0
  run 9 kill-all
  waits 5000
exit 9 0
  InstantiationFailed(a=1)
  waits
instantiate
  run 10 Instantiate /inst X
  waits 4000
",
    );
}

/// The command succeeded, but the component never registered: the time limit covers both.
#[test]
fn not_registered_in_time() {
    check(
        &sa_aware(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
at 999
at 1000
  run 2 Cleanup /clean X
  waits 2000
exit 2 0
  run 3 kill-all
  waits 3000
exit 3 0
  run 4 Instantiate /inst X
  waits 2000
1 register
  answer 1 Ok(Done)
  watch 11
exit 4 0
  Instantiated(a=1)
  waits
",
    );
}

/// A command that hangs is killed before it is cleaned up.
#[test]
fn a_hanging_command() {
    check(
        &sa_aware(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
at 1000
  kill 1
  run 2 Cleanup /clean X
  waits 2000
exit 1 0
",
    );
}

/// Status 200 says that no attempt can help.
#[test]
fn no_retry() {
    check(
        &sa_aware(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 200
  kill 1
  run 2 Cleanup /clean X
exit 2 0
  run 3 kill-all
  waits 2000
exit 3 0
  InstantiationFailed(a=1)
  waits
",
    );
}

/// A component that ends after it registered, its command still at work, has not been started.
#[test]
fn the_process_ends_while_being_started() {
    check(
        &sa_aware(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
1 register
  answer 1 Ok(Done)
  watch 11
ended 11
  kill 1
  run 2 Cleanup /clean X
",
    );
}

/// An order to stop takes the place of one to start.
#[test]
fn terminated_while_being_started() {
    check(
        &sa_aware(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
terminate
  kill 1
  run 2 Cleanup /clean X
exit 2 0
  run 3 kill-all
  waits 2000
exit 3 0
  Terminated(a=1)
  waits
instantiate
  run 4 Instantiate /inst X
  waits 1000
exit 4 1
  kill 4
  run 5 Cleanup /clean X
cleanup
exit 5 0
  run 6 kill-all
  waits 2000
exit 6 0
  Terminated(a=1)
  waits
",
    );
}

/// Terminated during the delay between attempts.
#[test]
fn terminated_while_pausing() {
    check(
        &ComponentSpec {
            instantiate_attempts_max: 0,
            ..sa_aware()
        },
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 1
  kill 1
  run 2 Cleanup /clean X
exit 2 0
  run 3 kill-all
  waits 2000
exit 3 0
  waits 3000
terminate
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

/// A component without commands of its own cannot be started.
#[test]
fn no_command_no_start() {
    check(
        &ComponentSpec {
            instantiate: None,
            ..sa_aware()
        },
        "\
instantiate
  InstantiationFailed(a=1)
",
    );
}

/// Refused to terminate: cleaned up.
#[test]
fn termination_refused() {
    check(
        &sa_aware(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
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

/// What runs as a plain process is instantiated at exit 0, and terminated by its command.
#[test]
fn a_plain_component() {
    check(
        &plain(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
  Instantiated(a=1)
  waits
terminate
  run 2 Terminate /term X
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

/// TERMINATE that fails or hangs leads to CLEANUP.
#[test]
fn a_plain_component_that_does_not_terminate() {
    check(
        &plain(),
        "\
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
  Instantiated(a=1)
  waits
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
  Instantiated(a=1)
  waits
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
cleanup
  run 2 kill-all
  waits 2000
exit 2 0
  Terminated(a=1)
  waits
",
    );
}

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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
  Instantiated(a=1)
  run 2 AmStart /amstart X
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
  Instantiated(a=1)
  run 2 AmStart /amstart X
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
  Instantiated(a=1)
  run 2 AmStart /amstart X
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
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
  Instantiated(a=1)
  run 2 AmStart /amstart X
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

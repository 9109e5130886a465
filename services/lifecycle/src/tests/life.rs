//! From uninstantiated to instantiated and back, and what stands in the way of a start.

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

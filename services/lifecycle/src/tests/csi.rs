//! CSI orders.

use super::*;

/// Assigned, changed, removed; the agent's view follows the responses.
#[test]
fn set_and_remove() {
    check(
        &sa_aware(),
        "\
(registered)
set 70 active c=1
  call back 1 #1 CsiSet ACTIVE Some(c=1)
  waits 500
1 state c=1
  answer 1 Err(NotExist)
1 respond 1 ok
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(70), outcome: Ok }
  waits
1 state c=1
  answer 1 Ok(HaState(Active))
set 70 active c=1
  CsiDone { invocation: Invocation(70), outcome: Ok }
set 71 quiesced all
  call back 1 #2 CsiSet QUIESCED None
  waits 500
1 respond 2 ok
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(71), outcome: Ok }
  waits
1 state c=1
  answer 1 Ok(HaState(Quiesced))
remove 72 all
  call back 1 #3 CsiRemove None
  waits 500
1 respond 3 ok
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(72), outcome: Ok }
  waits
1 state c=1
  answer 1 Err(NotExist)
remove 72 all
  CsiDone { invocation: Invocation(72), outcome: Ok }
",
    );
}

/// An order that is repeated before its response is not made twice.
#[test]
fn a_repeated_order_goes_on() {
    check(
        &sa_aware(),
        "\
(registered)
set 70 active c=1
  call back 1 #1 CsiSet ACTIVE Some(c=1)
  waits 500
set 70 active c=1
remove 71 c=1
  call back 1 #2 CsiRemove Some(c=1)
remove 71 c=1
",
    );
}

/// Errors and silence end an order; a late response finds nothing.
#[test]
fn orders_fail() {
    check(
        &sa_aware(),
        "\
(registered)
set 70 active c=1
  call back 1 #1 CsiSet ACTIVE Some(c=1)
  waits 500
1 respond 1 failed
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(70), outcome: Failed }
  waits
set 71 active c=1
  call back 1 #2 CsiSet ACTIVE Some(c=1)
  waits 500
at 500
  CsiDone { invocation: Invocation(71), outcome: TimedOut }
  waits
1 respond 2 ok
  answer 1 Err(NotExist)
remove 72 c=1
  call back 1 #3 CsiRemove Some(c=1)
  waits 1000
1 respond 3 failed
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(72), outcome: Failed }
  waits
remove 73 c=1
  call back 1 #4 CsiRemove Some(c=1)
  waits 1000
at 1000
  CsiDone { invocation: Invocation(73), outcome: TimedOut }
  waits
",
    );
}

/// Quiescing has two answers with two time limits.
#[test]
fn quiescing_completes() {
    check(
        &sa_aware(),
        "\
(registered)
set 70 quiescing c=1
  call back 1 #1 CsiSet QUIESCING Some(c=1)
  waits 500
1 complete 1 ok
  answer 1 Err(NotExist)
1 respond 1 ok
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(70), outcome: Ok }
  waits 2000
1 respond 1 ok
  answer 1 Err(NotExist)
2 complete 1 ok
  answer 2 Err(NotExist)
1 complete 1 ok
  answer 1 Ok(Done)
  QuiescingComplete { invocation: Invocation(70), outcome: Ok }
  waits
1 complete 1 ok
  answer 1 Err(NotExist)
set 70 quiescing c=1
  CsiDone { invocation: Invocation(70), outcome: Ok }
  QuiescingComplete { invocation: Invocation(70), outcome: Ok }
set 71 quiescing c=1
  call back 1 #2 CsiSet QUIESCING Some(c=1)
  waits 500
1 respond 2 ok
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(71), outcome: Ok }
  waits 2000
1 complete 2 failed
  answer 1 Ok(Done)
  QuiescingComplete { invocation: Invocation(71), outcome: Failed }
  waits
set 72 quiescing c=1
  call back 1 #3 CsiSet QUIESCING Some(c=1)
  waits 500
1 respond 3 ok
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(72), outcome: Ok }
  waits 2000
at 2000
  QuiescingComplete { invocation: Invocation(72), outcome: TimedOut }
  waits
",
    );
}

/// A new state for all CSIs that are being quiesced makes the completion pointless; for some it
/// does not.
#[test]
fn quiescing_is_superseded() {
    check(
        &sa_aware(),
        "\
(registered)
set 70 quiescing c=1
  call back 1 #1 CsiSet QUIESCING Some(c=1)
  waits 500
1 respond 1 ok
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(70), outcome: Ok }
  waits 2000
set 71 quiesced c=1
  call back 1 #2 CsiSet QUIESCED Some(c=1)
  waits 500
1 complete 1 ok
  answer 1 Err(NotExist)
1 respond 2 ok
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(71), outcome: Ok }
  waits
set 72 active c=2
  call back 1 #3 CsiSet ACTIVE Some(c=2)
  waits 500
1 respond 3 ok
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(72), outcome: Ok }
  waits
set 73 quiescing all
  call back 1 #4 CsiSet QUIESCING None
  waits 500
1 respond 4 ok
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(73), outcome: Ok }
  waits 2000
remove 74 c=1
  call back 1 #5 CsiRemove Some(c=1)
  waits 500
1 respond 5 ok
  answer 1 Ok(Done)
  CsiDone { invocation: Invocation(74), outcome: Ok }
  waits 2000
1 complete 4 ok
  answer 1 Ok(Done)
  QuiescingComplete { invocation: Invocation(73), outcome: Ok }
  waits
",
    );
}

/// Who is not the registered process answers for nothing.
#[test]
fn only_the_registered_process_responds() {
    check(
        &sa_aware(),
        "\
(registered)
set 70 active c=1
  call back 1 #1 CsiSet ACTIVE Some(c=1)
  waits 500
2 respond 1 ok
  answer 2 Err(NotExist)
",
    );
}

/// What does not run cannot be assigned, and holds nothing.
#[test]
fn orders_for_what_does_not_run() {
    check(
        &sa_aware(),
        "\
set 70 active c=1
  CsiDone { invocation: Invocation(70), outcome: Failed }
remove 71 c=1
  CsiDone { invocation: Invocation(71), outcome: Ok }
instantiate
  run 1 Instantiate /inst X
  waits 1000
set 72 active c=1
  CsiDone { invocation: Invocation(72), outcome: Failed }
remove 73 c=1
  CsiDone { invocation: Invocation(73), outcome: Failed }
",
    );
}

/// A failure ends the orders that are under way.
#[test]
fn orders_end_with_the_component() {
    check(
        &sa_aware(),
        "\
(registered)
set 70 active c=1
  call back 1 #1 CsiSet ACTIVE Some(c=1)
  waits 500
ended 11
  Failed { component: a=1, cause: ProcessEnded, recovery: ComponentRestart }
  CsiDone { invocation: Invocation(70), outcome: Failed }
  waits
set 71 active c=1
  CsiDone { invocation: Invocation(71), outcome: Failed }
",
    );
}

/// A component that is not SA-aware is started by being assigned active, with the attributes in its
/// environment, and stopped by losing it.
#[test]
fn assigning_starts_a_plain_component() {
    check(
        &plain(),
        "\
configure
set 70 active c=1
  run 1 Instantiate /inst X port
  waits 1000
set 70 active c=1
exit 1 0
  Instantiated(a=1)
  CsiDone { invocation: Invocation(70), outcome: Ok }
  waits
1 state c=1
  answer 1 Ok(HaState(Active))
set 71 standby c=1
  CsiDone { invocation: Invocation(71), outcome: Failed }
set 72 active c=2
  CsiDone { invocation: Invocation(72), outcome: Ok }
remove 73 c=1
  run 2 Terminate /term X port
  waits 1000
exit 2 0
  run 3 kill-all
  waits 2000
exit 3 0
  Terminated(a=1)
  CsiDone { invocation: Invocation(73), outcome: Ok }
  waits
remove 74 c=1
  CsiDone { invocation: Invocation(74), outcome: Ok }
",
    );
}

/// Quiescing and quiescing's end are one thing for such a component.
#[test]
fn quiescing_stops_a_plain_component() {
    check(
        &plain(),
        "\
configure
set 70 active c=1
  run 1 Instantiate /inst X port
  waits 1000
exit 1 0
  Instantiated(a=1)
  CsiDone { invocation: Invocation(70), outcome: Ok }
  waits
set 71 quiescing c=1
  run 2 Terminate /term X port
  waits 1000
exit 2 0
  run 3 kill-all
  waits 2000
exit 3 0
  Terminated(a=1)
  CsiDone { invocation: Invocation(71), outcome: Ok }
  QuiescingComplete { invocation: Invocation(71), outcome: Ok }
  waits
set 72 quiesced c=1
  Terminated(a=1)
  CsiDone { invocation: Invocation(72), outcome: Ok }
",
    );
}

/// All attempts failed: so did the assignment.
#[test]
fn a_plain_component_that_cannot_be_started() {
    check(
        &plain(),
        "\
configure
set 70 active c=1
  run 1 Instantiate /inst X port
  waits 1000
exit 1 200
  kill 1
  run 2 Cleanup /clean X port
exit 2 0
  run 3 kill-all
  waits 2000
exit 3 0
  InstantiationFailed(a=1)
  CsiDone { invocation: Invocation(70), outcome: Failed }
  waits
",
    );
}

/// An agent that was not told how to start it cannot.
#[test]
fn a_plain_component_that_is_not_known() {
    check(
        &plain(),
        "\
set 70 active c=1
  CsiDone { invocation: Invocation(70), outcome: Failed }
",
    );
}

/// Removed while it is being started, and not cleaned up well.
#[test]
fn a_plain_component_that_is_removed_at_once() {
    check(
        &plain(),
        "\
configure
set 70 active c=1
  run 1 Instantiate /inst X port
  waits 1000
remove 71 c=1
  CsiDone { invocation: Invocation(70), outcome: Failed }
  kill 1
  run 2 Cleanup /clean X port
exit 2 1
  TerminationFailed(a=1)
  CsiDone { invocation: Invocation(71), outcome: Failed }
  waits
",
    );
}

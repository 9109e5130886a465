//! Watching: processes, connections, healthchecks, error reports.

use super::*;

/// A process that ends is one failure, whatever else is noticed of it.
#[test]
fn the_process_ends() {
    check(
        &sa_aware(),
        "\
(registered)
lost 1
  waits 200
ended 11
  Failed { component: a=1, cause: ProcessEnded, recovery: ComponentRestart }
  waits
at 200
instantiate
  Failed { component: a=1, cause: ProcessEnded, recovery: ComponentRestart }
terminate
  run 2 Cleanup /clean X
  waits 1200
",
    );
}

/// Nothing new is watched of a component that has failed: nobody would end its time limits.
#[test]
fn a_failed_component_is_not_watched() {
    check(
        &sa_aware(),
        "\
(registered)
1 report
  answer 1 Ok(Done)
  Failed { component: a=1, cause: Reported, recovery: ComponentRestart }
1 healthcheck amf
  answer 1 Err(TryAgain)
1 healthcheck own
  answer 1 Err(TryAgain)
pm-start 70 7
  answer 1 Err(TryAgain)
",
    );
}

/// A connection that breaks, and no process that ends.
#[test]
fn the_connection_breaks() {
    check(
        &sa_aware(),
        "\
(registered)
lost 1
  waits 200
at 199
at 200
  Failed { component: a=1, cause: ConnectionLost, recovery: ComponentRestart }
  waits
",
    );
}

/// A component that connects again in time has not failed; what it may have missed is asked again.
#[test]
fn the_connection_comes_back() {
    check(
        &sa_aware(),
        "\
(registered)
set 70 active c=1
  call back 1 #1 CsiSet ACTIVE Some(c=1)
  waits 500
lost 1
  waits 200
set 71 active c=2
2 reconnect
  answer 2 Err(BadOperation)
11 reconnect
  answer 11 Ok(Done)
  call back 11 #1 CsiSet ACTIVE Some(c=1)
  call back 11 #2 CsiSet ACTIVE Some(c=2)
  waits 500
11 respond 1 ok
  answer 11 Ok(Done)
  CsiDone { invocation: Invocation(70), outcome: Ok }
11 state c=1
  answer 11 Ok(HaState(Active))
at 200
",
    );
}

/// A handle that is finalized while the component is registered on it.
#[test]
fn finalizing_is_an_error() {
    check(
        &sa_aware(),
        "\
(registered)
2 finalize
  answer 2 Err(NotExist)
1 finalize
  answer 1 Ok(Done)
  Failed { component: a=1, cause: ConnectionLost, recovery: ComponentRestart }
ended 11
",
    );
}

/// AMF asks once a period, and waits for a slow answer as long as it may take.
#[test]
fn amf_invoked() {
    check(
        &sa_aware(),
        "\
(registered)
1 healthcheck amf
  answer 1 Ok(Done)
  call back 1 #1 Healthcheck
  waits 300
1 healthcheck amf
  answer 1 Err(Exist)
1 healthcheck own
  answer 1 Err(Exist)
1 healthcheck unknown
  answer 1 Err(NotExist)
1 respond 1 ok
  answer 1 Ok(Done)
  waits 100
at 100
  call back 1 #2 Healthcheck
  waits 400
at 200
at 350
1 respond 2 ok
  answer 1 Ok(Done)
  call back 1 #3 Healthcheck
  waits 650
at 649
at 650
  Failed { component: a=1, cause: HealthcheckTimedOut, recovery: NodeFailover }
  waits
1 respond 3 ok
  answer 1 Err(NotExist)
",
    );
}

/// A failed healthcheck comes with the recovery that was given when it was started.
#[test]
fn answered_with_an_error() {
    check(
        &sa_aware(),
        "\
(registered)
1 healthcheck amf
  answer 1 Ok(Done)
  call back 1 #1 Healthcheck
  waits 300
2 respond 1 ok
  answer 2 Err(NotExist)
1 respond 1 failed
  answer 1 Ok(Done)
  Failed { component: a=1, cause: HealthcheckFailed, recovery: NodeFailover }
  waits
",
    );
}

/// The component confirms once a period.
#[test]
fn component_invoked() {
    check(
        &sa_aware(),
        "\
(registered)
1 healthcheck own
  answer 1 Ok(Done)
  waits 100
at 90
1 healthcheck confirm ok
  answer 1 Ok(Done)
  waits 190
2 healthcheck confirm ok
  answer 2 Err(InvalidParam)
11 healthcheck confirm ok
  answer 11 Err(NotExist)
at 189
at 190
  Failed { component: a=1, cause: HealthcheckTimedOut, recovery: NodeFailover }
  waits
",
    );
}

/// A confirmation of failure.
#[test]
fn component_invoked_and_failed() {
    check(
        &sa_aware(),
        "\
(registered)
1 healthcheck own
  answer 1 Ok(Done)
  waits 100
1 healthcheck confirm failed
  answer 1 Ok(Done)
  Failed { component: a=1, cause: HealthcheckFailed, recovery: NodeFailover }
  waits
",
    );
}

/// What AMF invokes is not confirmed.
#[test]
fn the_other_style_is_not_confirmed() {
    check(
        &sa_aware(),
        "\
(registered)
1 healthcheck amf
  answer 1 Ok(Done)
  call back 1 #1 Healthcheck
  waits 300
1 healthcheck confirm ok
  answer 1 Err(NotExist)
",
    );
}

/// A stopped healthcheck cannot fail; a connection that closes stops its own.
#[test]
fn stopped() {
    check(
        &sa_aware(),
        "\
(registered)
1 healthcheck amf
  answer 1 Ok(Done)
  call back 1 #1 Healthcheck
  waits 300
2 healthcheck stop
  answer 2 Err(InvalidParam)
1 healthcheck stop
  answer 1 Ok(Done)
  waits
1 healthcheck stop
  answer 1 Err(NotExist)
1 respond 1 ok
  answer 1 Err(NotExist)
2 healthcheck own
  answer 2 Ok(Done)
  waits 100
lost 2
  waits
at 1000
",
    );
}

/// Healthchecks may start before the component registers, and then fail its start.
#[test]
fn healthchecks_before_registration() {
    check(
        &sa_aware(),
        "\
1 healthcheck amf
  answer 1 Err(NotExist)
instantiate
  run 1 Instantiate /inst X
  waits 1000
1 healthcheck amf
  answer 1 Ok(Done)
  call back 1 #1 Healthcheck
  waits 300
at 300
  kill 1
  run 2 Cleanup /clean X
  waits 1300
",
    );
}

/// Anybody's error report is passed on, with the configured recovery if it recommends none.
#[test]
fn error_reports() {
    check(
        &sa_aware(),
        "\
(registered)
2 report
  answer 2 Ok(Done)
  Failed { component: a=1, cause: Reported, recovery: ComponentRestart }
2 report
  answer 2 Ok(Done)
  Failed { component: a=1, cause: Reported, recovery: ComponentRestart }
2 clear
  answer 2 Ok(Done)
  ErrorCleared(a=1)
",
    );
}

/// Processes are watched for the kinds of ends that were asked for.
#[test]
fn passive_monitoring() {
    check(
        &sa_aware(),
        "\
pm-start 50 7
  answer 1 Err(TryAgain)
instantiate
  run 1 Instantiate /inst X
  waits 1000
exit 1 0
1 register
  answer 1 Ok(Done)
  watch 11
  Instantiated(a=1)
  waits
pm-start none 7
  answer 1 Err(NotExist)
pm-start 50 8
  answer 1 Err(InvalidParam)
pm-start 50 2
  watch 50
  answer 1 Ok(Done)
pm-start 50 1
  answer 1 Ok(Done)
pm-stop 51 7
  answer 1 Err(NotExist)
pm-stop 50 1
  answer 1 Ok(Done)
ended 50 0
pm-start 51 2
  watch 51
  answer 1 Ok(Done)
ended 51 3
  Failed { component: a=1, cause: ProcessEnded, recovery: NodeFailover }
",
    );
}

/// The end of a process that nobody could wait for counts.
#[test]
fn passive_monitoring_of_a_stranger() {
    check(
        &plain(),
        "\
(started)
pm-start 50 2
  watch 50
  answer 1 Ok(Done)
pm-stop 50 2
  answer 1 Ok(Done)
pm-start 50 2
  watch 50
  answer 1 Ok(Done)
ended 50
  Failed { component: a=1, cause: ProcessEnded, recovery: NodeFailover }
",
    );
}

/// A component that is not SA-aware does not register.
#[test]
fn a_plain_component_does_not_register() {
    check(
        &plain(),
        "\
1 register
  answer 1 Err(BadOperation)
instantiate
  run 1 Instantiate /inst X
  waits 1000
1 register
  answer 1 Err(BadOperation)
",
    );
}

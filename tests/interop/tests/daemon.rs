//! A daemon that dies comes back with the same state, and its components never noticed.

use interop::{Chassis, ComponentProcess, Shelfd, kill9, settled, wait_until};
use serde_json::Value;
use std::time::Duration;

const START: Duration = Duration::from_secs(30);

/// What must survive: all that the log decided.
fn state(shelfd: &Shelfd) -> Vec<Value> {
    ["amf", "clm", "plm"]
        .iter()
        .map(|view| shelfd.ctl(&[*view]))
        .collect()
}

/// Waits until everything is again as it was.
fn expect_state(shelfd: &Shelfd, before: &[Value]) {
    wait_until(START, "the same state as before", || {
        let after = state(shelfd);
        (after == before)
            .then_some(())
            .ok_or_else(|| format!("{after:#?}\nbefore {before:#?}"))
    });
}

/// Processes of components must be named once each.
fn assert_none_twice(processes: &[ComponentProcess]) {
    let mut names: Vec<_> = processes.iter().map(|process| &process.component).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "a component runs twice: {processes:#?}");
}

// Neither the service nor the operator may notice more than a pause of the view.
#[test]
fn a_killed_daemon_returns_with_the_same_state_and_adopts_its_components() {
    let chassis = Chassis::start();
    let mut shelfd = Shelfd::start(&chassis);
    settled(&shelfd, START);
    let (before, processes) = (state(&shelfd), shelfd.components());
    assert!(!processes.is_empty());
    shelfd.kill9();
    assert_eq!(
        shelfd.components(),
        processes,
        "components outlive their daemon"
    );
    shelfd.restart();
    expect_state(&shelfd, &before);
    assert_eq!(
        shelfd.components(),
        processes,
        "survivors are adopted, not replaced"
    );
}

// What died while nobody watched is found dead, recovered by rule, and runs once.
#[test]
fn a_component_that_died_meanwhile_is_recovered_and_runs_once() {
    let chassis = Chassis::start();
    let mut shelfd = Shelfd::start(&chassis);
    let (active, _) = settled(&shelfd, START);
    let processes = shelfd.components();
    let victim = processes
        .iter()
        .find(|it| active.components.contains(&it.component));
    let victim = victim.expect("the active component runs").clone();
    shelfd.kill9();
    kill9(victim.pid);
    shelfd.restart();
    // The journal says that all is well; the audit finds that it is not.
    let after = wait_until(START, "a new process of the dead component", || {
        let after = shelfd.components();
        let is_whole = after.len() == processes.len() && !after.contains(&victim);
        is_whole
            .then_some(after)
            .ok_or_else(|| "it is not there".into())
    });
    settled(&shelfd, START);
    assert_none_twice(&after);
    let survivor = processes.iter().find(|it| it.component != victim.component);
    assert!(
        after.contains(survivor.expect("the standby component runs")),
        "{after:#?}"
    );
}

/// Index and hash of an entry of the log.
fn logged(shelfd: &Shelfd, index: &Value) -> Value {
    let from = index.to_string();
    let log = shelfd.ctl(&["log", "--from", &from, "--last", "1"]);
    assert_eq!(log["entries"][0]["index"], *index, "{log:#}");
    log["entries"][0]["hash"].clone()
}

// An orderly stop keeps a snapshot; what it leaves running goes on all the same. The log can be
// looked at before and after, and is the same one.
#[test]
fn a_stopped_daemon_goes_on_from_its_snapshot() {
    let chassis = Chassis::start();
    let mut shelfd = Shelfd::start(&chassis);
    settled(&shelfd, START);
    let (before, processes) = (state(&shelfd), shelfd.components());
    let last = shelfd.ctl(&["log"])["last"].clone();
    let hash = logged(&shelfd, &last);
    shelfd.terminate();
    assert_eq!(
        shelfd.components(),
        processes,
        "components outlive their daemon"
    );
    shelfd.restart();
    expect_state(&shelfd, &before);
    assert_eq!(shelfd.components(), processes, "survivors are adopted");
    assert_eq!(logged(&shelfd, &last), hash, "the log was rewritten");
}

// A daemon that is killed between "the blade has no power" and the end of its processes must not
// leave them to whoever comes next.
#[test]
fn what_runs_on_a_blade_without_power_is_ended_at_the_start() {
    let chassis = Chassis::start();
    let mut shelfd = Shelfd::start(&chassis);
    settled(&shelfd, START);
    shelfd.kill9();
    // Slot 4 is empty, and so its node is off.
    let folder = shelfd.place().file("run/nodes/blade4");
    std::fs::create_dir_all(&folder).expect("a folder of ours");
    let mut left = std::process::Command::new("sleep")
        .arg("600")
        .env("SA_AMF_COMPONENT_NAME", "safComp=Left")
        .env("OPENSHELF_AMF_SOCKET", folder.join("amf.sock"))
        .spawn()
        .expect("sleep is everywhere");
    shelfd.restart();
    wait_until(START, "the end of what was left", || {
        let ended = left.try_wait().expect("our own child");
        ended.map(drop).ok_or_else(|| "it still runs".into())
    });
    settled(&shelfd, START);
}

// A kill at any moment of a start must not lead to two processes of one component.
#[test]
fn a_daemon_killed_while_it_starts_leaves_nothing_twice() {
    let chassis = Chassis::start();
    let mut shelfd = Shelfd::start(&chassis);
    for pause_ms in [0, 200, 600, 1200] {
        std::thread::sleep(Duration::from_millis(pause_ms));
        shelfd.kill9();
        shelfd.restart();
    }
    settled(&shelfd, START);
    assert_none_twice(&shelfd.components());
}

// What moved while nobody watched is seen afterwards: the audit finds the blade gone.
#[test]
fn a_blade_that_vanished_meanwhile_is_missed_at_the_restart() {
    let chassis = Chassis::start();
    let mut shelfd = Shelfd::start(&chassis);
    let (active, standby) = settled(&shelfd, START);
    shelfd.kill9();
    chassis.blade("surprise", active.address);
    shelfd.restart();
    wait_until(START, "the standby is active", || {
        let units = interop::units(&shelfd);
        let successor = units.iter().find(|unit| unit.dn == standby.dn);
        let is_active = successor.is_some_and(|unit| unit.ha_state == "ACTIVE");
        is_active.then_some(()).ok_or_else(|| format!("{units:#?}"))
    });
}

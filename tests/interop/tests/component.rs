//! A component that dies is recovered as its configuration says.

use interop::{Chassis, ComponentProcess, Shelfd, Unit, kill9, settled, units, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

const START: Duration = Duration::from_secs(30);
const RECOVERY: Duration = Duration::from_secs(10);

/// `SA_AMF_COMPONENT_RESTART`. Source: SAI-AIS-AMF-B.04.01 §7.4.7.
const COMPONENT_RESTART: &str = "2";
/// `SA_AMF_COMPONENT_FAILOVER`.
const COMPONENT_FAILOVER: &str = "3";

/// Values of an attribute of one object.
fn values(shelfd: &Shelfd, dn: &str, attribute: &str) -> Vec<String> {
    let objects = shelfd.query(&json!({"imm": {"dn": dn}}))["objects"].clone();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let object = list(&objects).into_iter().find(|object| object["dn"] == dn);
    let attributes = object
        .map(|object| list(&object["attributes"]))
        .unwrap_or_default();
    let found = attributes.iter().find(|it| it["name"] == attribute);
    let values = found.map(|it| list(&it["values"])).unwrap_or_default();
    values
        .iter()
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect()
}

/// The configured recovery: the component's own, or that of its type.
fn recovery(shelfd: &Shelfd, component: &str) -> String {
    let own = values(shelfd, component, "saAmfCompRecoveryOnError");
    let kind = values(shelfd, component, "saAmfCompType");
    let of_type = kind
        .iter()
        .flat_map(|kind| values(shelfd, kind, "saAmfCtDefRecoveryOnError"));
    own.into_iter()
        .chain(of_type)
        .next()
        .expect("a component has a recovery")
}

fn process(shelfd: &Shelfd, unit: &Unit) -> ComponentProcess {
    let processes = shelfd.components();
    let ours: Vec<_> = processes
        .iter()
        .filter(|it| unit.components.contains(&it.component))
        .collect();
    assert_eq!(
        ours.len(),
        1,
        "one process for one component: {processes:#?}"
    );
    ours[0].clone()
}

fn unit(shelfd: &Shelfd, dn: &str) -> Unit {
    units(shelfd)
        .into_iter()
        .find(|unit| unit.dn == dn)
        .expect("a configured unit")
}

// Nobody tells us of a killed process but the kernel; the model says what then.
#[test]
fn a_killed_active_component_is_recovered_by_its_configured_policy() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start(&chassis);
    let (active, standby) = settled(&shelfd, START);
    let victim = process(&shelfd, &active);
    let policy = recovery(&shelfd, &victim.component);
    let expected = match policy.as_str() {
        COMPONENT_RESTART => &active.dn,
        COMPONENT_FAILOVER => &standby.dn,
        other => panic!("the sample application has recovery {other}"),
    };
    kill9(victim.pid);
    wait_until(
        RECOVERY,
        "the unit that the policy says is active, by another process",
        || {
            let successor = unit(&shelfd, expected);
            let processes = shelfd.components();
            let is_gone = processes.iter().all(|it| it.pid != victim.pid);
            let is_done = is_gone && successor.ha_state == "ACTIVE";
            is_done
                .then_some(())
                .ok_or_else(|| format!("{successor:#?} {processes:#?}"))
        },
    );
    // The failed one is repaired, and protects the service again.
    let (now_active, now_standby) = settled(&shelfd, RECOVERY);
    assert_eq!(now_active.dn, *expected);
    assert_ne!(process(&shelfd, &now_standby), victim);
}

// A standby that dies must not disturb the active one.
#[test]
fn a_killed_standby_component_comes_back_and_the_active_one_stays() {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start(&chassis);
    let (active, standby) = settled(&shelfd, START);
    let (keeper, victim) = (process(&shelfd, &active), process(&shelfd, &standby));
    kill9(victim.pid);
    wait_until(RECOVERY, "another process is standby", || {
        let processes = shelfd.components();
        let is_new =
            |it: &&ComponentProcess| it.component == victim.component && it.pid != victim.pid;
        let unit = unit(&shelfd, &standby.dn);
        let is_done = processes.iter().any(|it| is_new(&it)) && unit.ha_state == "STANDBY";
        is_done
            .then_some(())
            .ok_or_else(|| format!("{unit:#?} {processes:#?}"))
    });
    assert_eq!(process(&shelfd, &active), keeper);
    assert_eq!(unit(&shelfd, &active.dn).ha_state, "ACTIVE");
}

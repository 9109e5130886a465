//! Where the sample application runs.

use crate::{Shelfd, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

/// A service unit, with the blade that it runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its DN.
    pub dn: String,
    /// `ACTIVE`, `STANDBY`, …; empty without an assignment, or while it changes.
    pub ha_state: String,
    /// DN of its node.
    pub node: String,
    /// Physical slot of the blade that the node runs on; 0 when it is on none.
    pub slot: u64,
    /// IPMB address of that blade; 0 when it is on none.
    pub address: u8,
    /// DNs of its components.
    pub components: Vec<String>,
}

impl Unit {
    /// The blade's FRU, as events name it.
    pub fn fru(&self) -> String {
        format!("{:#04x}/0", self.address)
    }
}

/// The service units of the first service group.
///
/// # Panics
/// When the daemon does not answer.
pub fn units(shelfd: &Shelfd) -> Vec<Unit> {
    let snapshot = shelfd.query(&json!("snapshot"));
    let group = &snapshot["amf"]["applications"][0]["service_groups"][0];
    let empty = Vec::new();
    let units = group["service_units"].as_array().unwrap_or(&empty);
    units
        .iter()
        .map(|unit| unit_of(unit, group, &snapshot["shelf"]))
        .collect()
}

/// Waits until one unit is active and another standby, and returns both in this order.
///
/// # Panics
/// When that does not happen within `limit`.
#[track_caller]
pub fn settled(shelfd: &Shelfd, limit: Duration) -> (Unit, Unit) {
    wait_until(limit, "one service unit is active, another standby", || {
        let units = units(shelfd);
        let with = |state: &str| units.iter().find(|unit| unit.ha_state == state).cloned();
        with("ACTIVE")
            .zip(with("STANDBY"))
            .ok_or_else(|| format!("{units:#?}\n{}", shelfd.log()))
    })
}

fn unit_of(unit: &Value, group: &Value, shelf: &Value) -> Unit {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (dn, node) = (text(&unit["dn"]), text(&unit["node"]));
    let assigned = |it: &&Value| it["su"] == *dn && it["pending"] != true;
    let assignments = list(&group["assignments"]);
    let slots = list(&shelf["slots"]);
    let slot = slots.iter().find(|slot| slot["node"] == *node);
    let number = |key: &str| slot.and_then(|slot| slot[key].as_u64()).unwrap_or(0);
    Unit {
        ha_state: assignments
            .iter()
            .find(assigned)
            .map(|it| text(&it["ha_state"]))
            .unwrap_or_default(),
        slot: number("slot"),
        address: u8::try_from(number("address")).unwrap_or(0),
        components: list(&unit["components"])
            .iter()
            .map(|it| text(&it["dn"]))
            .collect(),
        dn,
        node,
    }
}

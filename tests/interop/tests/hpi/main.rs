//! HPI over OpenHPI's protocol: Debian's clients, unmodified, and clients that no library would be.
//!
//! The table of all that the clients show is in `tests/interop/README.md`.

mod alarms;
mod clients;
mod conformance;
mod firmware;
mod frames;
mod frozen;
mod hot_swap;
mod instruments;
mod openhpi;
mod raw;
mod repeats;
mod tls;

use interop::{Shelfd, wait_until};
use serde_json::Value;
use std::time::Duration;

/// From the first request to a shelf that was discovered, and for each of its movements.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the shelf is discovered, and counts its sensors.
fn discovered(shelfd: &Shelfd) -> usize {
    wait_until(PATIENCE, "each sensor has a state", || {
        let list = shelfd.ctl(&["sensor"]);
        let sensors = list.as_array().cloned().unwrap_or_default();
        let is_read = |sensor: &Value| sensor["status"] != "unavailable";
        let read = sensors.iter().filter(|sensor| is_read(sensor)).count();
        match sensors.len() {
            0 => Err("no sensors".into()),
            all if read == 0 => Err(format!("none of {all} is read")),
            all => Ok(all),
        }
    })
}

/// A line of `/proc/PID/status`, its number.
fn status_of(shelfd: &Shelfd, key: &str) -> u64 {
    let file = format!("/proc/{}/status", shelfd.pid());
    let text = std::fs::read_to_string(file).expect("it runs");
    let line = text.lines().find(|line| line.starts_with(key));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    let number = number.and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("no {key} in {text}"))
}

/// Resident memory, in KiB.
fn resident(shelfd: &Shelfd) -> u64 {
    status_of(shelfd, "VmRSS:")
}

//! The records and readings of a large shelf: ours, and operators' tools.

use crate::client::LIMIT;
use bench::{load, median, milliseconds, ratio};
use interop::{Operator, Place, Shelfd, Simulator, wait_until};
use std::time::{Duration, Instant};

const RUNS: usize = 5;
/// The shelf, with the user that `examples/ipmi_sim.toml` names.
const SHELF: [&str; 6] = ["--slots", "16", "--sensors", "500", "--user", "admin:admin"];
const SENSORS_MIN: usize = 500;

/// All in turns, so that a slow moment of the machine meets them all. Each from nothing.
pub(crate) fn measure() -> String {
    let [mut ours, mut freeipmi, mut ipmitool] = [const { Vec::new() }; 3];
    let mut count = 0;
    for _ in 0..RUNS {
        let simulator = Simulator::start(&SHELF);
        let listed = timed(&mut ipmitool, || with_ipmitool(&simulator));
        assert!(listed >= SENSORS_MIN, "{listed} sensors");
        let found = timed(&mut freeipmi, || with_freeipmi(&simulator));
        assert_eq!(found, listed, "ipmi-sensors, and ipmitool");
        timed(&mut ours, || with_shelfd(&simulator, listed));
        count = listed;
    }
    let (ours, freeipmi, ipmitool) = (median(&ours), median(&freeipmi), median(&ipmitool));
    format!(
        "| | `shelfd` | `ipmi-sensors` | ratio | `ipmitool sdr list` | ratio |\n|---|---|---|---|---|---|\n\
         | {count} sensors, median of {RUNS} | {} | {} | {} | {} | {} |\n\n{}.\n",
        milliseconds(ours),
        milliseconds(freeipmi),
        ratio(ours, freeipmi),
        milliseconds(ipmitool),
        ratio(ours, ipmitool),
        load()
    )
}

fn timed<T>(times: &mut Vec<Duration>, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    times.push(start.elapsed());
    done
}

/// From the start of the program to a value or state of each sensor.
fn with_shelfd(simulator: &Simulator, count: usize) {
    let shelfd = Shelfd::start_with(simulator.rmcp(), |config| config);
    wait_until(LIMIT, "all sensors with a reading", || {
        let sensors = shelfd.ctl(&["sensor"]);
        let list = sensors.as_array().map(Vec::as_slice).unwrap_or_default();
        let readable = list
            .iter()
            .filter(|sensor| sensor["status"] != "unavailable")
            .count();
        (readable == count)
            .then_some(())
            .ok_or_else(|| format!("{readable} of {count} sensors, {} listed", list.len()))
    });
}

/// How many sensors it lists. Its cache of records is a new one.
fn with_freeipmi(simulator: &Simulator) -> usize {
    let place = Place::new("sensors");
    let arguments = ["--no-header-output", "--bridge-sensors"];
    let list = operator(simulator).freeipmi(&place, "ipmi-sensors", &arguments);
    list.lines().count()
}

/// How many sensors it lists.
fn with_ipmitool(simulator: &Simulator) -> usize {
    let list = operator(simulator).ipmitool(&["sdr", "list"]);
    list.lines().count()
}

fn operator(simulator: &Simulator) -> Operator<'static> {
    Operator {
        at: simulator.rmcp(),
        user: "admin",
        password: "admin",
        suite: "3",
    }
}

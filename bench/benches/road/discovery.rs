//! Discovery of the simulated chassis: ours, and openhpid's.

use crate::openhpid::Openhpid;
use bench::{median, milliseconds, ratio};
use interop::{Chassis, Shelfd, Site, program, wait_until};
use std::process::Command;
use std::time::{Duration, Instant};

const RUNS: usize = 5;
const LIMIT: Duration = Duration::from_secs(60);

/// Both in turns, so that a slow moment of the machine meets both.
pub(crate) fn measure() -> String {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(shelfd());
        theirs.push(openhpid());
    }
    let (ours, theirs) = (median(&ours), median(&theirs));
    format!(
        "| | `shelfd` | `openhpid` | ratio |\n|---|---|---|---|\n\
         | 28 sensors, median of {RUNS} | {} | {} | {} |\n",
        milliseconds(ours),
        milliseconds(theirs),
        ratio(ours, theirs)
    )
}

/// Only the peer.
pub(crate) fn peer_only() -> String {
    let times: Vec<_> = (0..RUNS).map(|_| openhpid()).collect();
    format!(
        "openhpid, 28 sensors, median of {RUNS}: {}",
        milliseconds(median(&times))
    )
}

fn shelfd() -> Duration {
    let chassis = Chassis::start();
    let start = Instant::now();
    let shelfd = Shelfd::start(&chassis);
    wait_until(LIMIT, "28 sensors with a reading", || {
        let sensors = shelfd.ctl(&["sensor"]);
        let list = sensors.as_array().map(Vec::as_slice).unwrap_or_default();
        let readable = list
            .iter()
            .filter(|sensor| sensor["status"] != "unavailable")
            .count();
        (readable == Site::SENSORS)
            .then_some(())
            .ok_or_else(|| format!("{readable} sensors"))
    });
    start.elapsed()
}

fn openhpid() -> Duration {
    let chassis = Chassis::start();
    let client = program("hpisensor", "openhpi-clients");
    let start = Instant::now();
    let daemon = Openhpid::start(&chassis);
    wait_until(LIMIT, "28 sensors at openhpid", || {
        let host = daemon.at().to_string();
        let output = Command::new(&client).args(["-N", &host]).output();
        let text = output.map_err(|why| why.to_string())?.stdout;
        let text = String::from_utf8_lossy(&text).into_owned();
        let listed = text.lines().filter(|line| line.contains("Sensor[")).count();
        (listed == Site::SENSORS).then_some(()).ok_or(text)
    });
    start.elapsed()
}

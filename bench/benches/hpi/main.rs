//! HPI over OpenHPI's protocol, measured beside openhpid, with the same clients.
//!
//! Each daemon has a chassis of its own, of the same kind, over LAN, and both run at the same
//! time: they are asked in turns.
//!
//! `cargo bench -p bench --bench hpi -- [programs] [calls] [events] [idle]`; without a name, all.

mod calls;
mod client;
mod events;
mod idle;
mod openhpid;
#[path = "../ipmi/process.rs"]
#[expect(dead_code, reason = "no daemon is bound to a processor here")]
mod process;
mod programs;

use interop::{Chassis, Shelfd, Site, wait_until};
use openhpid::Openhpid;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

/// Until a chassis is discovered.
const LIMIT: Duration = Duration::from_secs(60);

/// A daemon, and its chassis.
pub(crate) struct Served {
    pub(crate) name: &'static str,
    pub(crate) pid: u32,
    pub(crate) at: SocketAddr,
    pub(crate) chassis: Chassis,
    _daemon: Daemon,
}

/// What ends with the measurement.
#[expect(dead_code, reason = "they are held, not asked")]
enum Daemon {
    Ours(Box<Shelfd>),
    Theirs(Openhpid),
}

/// Ours, and theirs, each with all sensors found.
pub(crate) fn both() -> [Served; 2] {
    let chassis = Chassis::start();
    let shelfd = Shelfd::start_with_hpi(&chassis);
    let ours = Served {
        name: "`shelfd`",
        pid: shelfd.pid(),
        at: shelfd.hpi(),
        chassis,
        _daemon: Daemon::Ours(Box::new(shelfd)),
    };
    let chassis = Chassis::start();
    let openhpid = Openhpid::start(&chassis);
    let theirs = Served {
        name: "`openhpid`",
        pid: openhpid.pid(),
        at: openhpid.at(),
        chassis,
        _daemon: Daemon::Theirs(openhpid),
    };
    for served in [&ours, &theirs] {
        wait_until(LIMIT, "all sensors", || served.has_all());
    }
    [ours, theirs]
}

impl Served {
    /// A client of openhpi-clients, aimed at it.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(interop::program(name, "openhpi-clients"));
        command.args(["-N", &self.at.to_string()]);
        command
    }

    fn has_all(&self) -> Result<(), String> {
        let output = self.program("hpisensor").output();
        let text = output.map_err(|why| why.to_string())?.stdout;
        let text = String::from_utf8_lossy(&text).into_owned();
        let listed = text.lines().filter(|line| line.contains("Sensor[")).count();
        (listed >= Site::SENSORS).then_some(()).ok_or(text)
    }
}

const ALL: [bench::Measurement; 4] = [
    ("programs", programs::measure),
    ("calls", calls::measure),
    ("events", events::measure),
    ("idle", idle::measure),
];

fn main() {
    bench::measure("hpi ", &ALL);
}

//! Discovery of the simulated chassis: ours, and openhpid's.

use bench::{median, milliseconds, ratio};
use interop::{Chassis, Place, Shelfd, Site, free_port, program, wait_until};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
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
    let place = Place::new("openhpid");
    let port = free_port();
    let config = config(&place, chassis.lan().port());
    let start = Instant::now();
    let mut daemon = spawn(&place, &config, port);
    wait_until(LIMIT, "28 sensors at openhpid", || {
        let host = format!("127.0.0.1:{port}");
        let output = Command::new(&client).args(["-N", &host]).output();
        let text = output.map_err(|why| why.to_string())?.stdout;
        let text = String::from_utf8_lossy(&text).into_owned();
        let listed = text.lines().filter(|line| line.contains("Sensor[")).count();
        (listed == Site::SENSORS).then_some(()).ok_or(text)
    });
    let time = start.elapsed();
    daemon.kill().expect("our own process");
    daemon.wait().expect("our own process");
    time
}

fn config(place: &Place, lan: u16) -> std::path::PathBuf {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/openhpid.conf");
    let text = std::fs::read_to_string(template).expect("part of the repository");
    let file = place.write("openhpid.conf", &text.replace("@PORT@", &lan.to_string()));
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&file, mode).expect("a file of ours");
    file
}

fn spawn(place: &Place, config: &Path, port: u16) -> Child {
    program(
        "/usr/lib/openhpi/libipmidirect.so",
        "openhpi-plugin-ipmidirect",
    );
    Command::new(program("openhpid", "openhpid"))
        .arg("-n")
        .arg("-c")
        .arg(config)
        .args(["-p", &port.to_string(), "-f"])
        .arg(place.file("pid"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("openhpid is installed")
}

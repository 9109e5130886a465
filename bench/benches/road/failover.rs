//! Fail-over: from the event's first byte on the wire to the standby that knows that it is active.

use crate::proxy::Proxy;
use bench::{median, milliseconds};
use interop::{Chassis, Shelfd, Unit, settled, wait_until};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const RUNS: usize = 50;
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn measure() -> String {
    let chassis = Chassis::start();
    let proxy = Proxy::start(chassis.system());
    let address = proxy.address;
    let shelfd = Shelfd::start_with(chassis.lan(), |config| {
        let lines = format!("port = \"vm\"\naddress = \"{address}\"");
        with_table(&config, "[chassis]", &lines)
    });
    let runs: Vec<Run> = (0..RUNS).map(|_| one(&chassis, &proxy, &shelfd)).collect();
    let line = |what: &str, time: fn(&Run) -> Duration| {
        let times: Vec<_> = runs.iter().map(time).collect();
        let worst = times.iter().max().copied().unwrap_or_default();
        format!(
            "| {what} | {} | {} |\n",
            milliseconds(median(&times)),
            milliseconds(worst)
        )
    };
    format!("| | median of {RUNS} | worst |\n|---|---|---|\n")
        + &line("event message passes → standby is active", |run| {
            run.from_event
        })
        + &line("handle moves → standby is active", |run| run.from_hand)
}

/// How long the standby took to become active.
struct Run {
    /// Since the event message passed the proxy.
    from_event: Duration,
    /// Since the chassis was told to open the handle.
    from_hand: Duration,
}

/// One fail-over, and the way back: the blade that went dark is inserted again and becomes the
/// standby.
fn one(chassis: &Chassis, proxy: &Proxy, shelfd: &Shelfd) -> Run {
    let (active, standby) = settled(shelfd, LIMIT);
    let mut state = StatePort::open(shelfd, &standby);
    let address = format!("{:#04x}", active.address);
    let mut console = chassis.open_console().expect("a running chassis");
    proxy.forget();
    // The hot swap sensor goes to M5, with the event that goes with it.
    let line = format!("sensor_set_bit_clr_rest {address} 0 0 5 1\n");
    let moved = Instant::now();
    console.write_all(line.as_bytes()).expect("an open console");
    let is_active = state.wait_for_active();
    let passed = proxy.first().expect("the event was pushed");
    wait_until(LIMIT, "the blade is dark", || {
        let boards = shelfd.ctl(&["board"]);
        let boards = boards.as_array().map(Vec::as_slice).unwrap_or_default();
        let board = boards
            .iter()
            .find(|board| board["address"] == active.address);
        let state = board
            .map(|board| board["state"].to_string())
            .unwrap_or_default();
        (state == "\"M1\"").then_some(()).ok_or(state)
    });
    // The handle is closed again: M2, with its event, which only the chassis itself pushes.
    chassis.console(&[&format!("sensor_set_bit_clr_rest {address} 0 0 2 1")]);
    Run {
        from_event: is_active.saturating_duration_since(passed),
        from_hand: is_active.saturating_duration_since(moved),
    }
}

/// The port on which a component of the sample application always tells its state.
struct StatePort {
    stream: BufReader<TcpStream>,
}

impl StatePort {
    fn open(shelfd: &Shelfd, unit: &Unit) -> Self {
        let components = shelfd.components();
        let process = components
            .iter()
            .find(|it| unit.components.contains(&it.component));
        let process = process.expect("the standby component runs");
        let port = process
            .environment("COUNTER_STATE_PORT")
            .expect("the model gives it a port");
        let port: u16 = port.parse().expect("the model gives it a port");
        let stream =
            TcpStream::connect(("127.0.0.1", port)).expect("the component shows its state");
        stream.set_nodelay(true).expect("an open socket");
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// Asks without a pause until the component says that it is active; when that was.
    fn wait_for_active(&mut self) -> Instant {
        let start = Instant::now();
        let mut line = String::new();
        while !line.starts_with("ACTIVE") {
            assert!(start.elapsed() < LIMIT, "the standby is still {line}");
            line.clear();
            self.stream
                .get_mut()
                .write_all(b"STATE\n")
                .expect("an open socket");
            self.stream.read_line(&mut line).expect("an open socket");
        }
        Instant::now()
    }
}

/// Replaces the lines of a table of a TOML file.
fn with_table(config: &str, table: &str, lines: &str) -> String {
    let (head, rest) = config.split_once(table).expect("the table is there");
    let next = rest.find("\n[").unwrap_or(rest.len());
    format!("{head}{table}\n{lines}\n{}", &rest[next..])
}

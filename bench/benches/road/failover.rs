//! Fail-over: from the event message on the wire, or the killed process, to the standby that knows
//! that it is active.

use crate::load::{CLIENTS, Load};
use crate::proxy::Proxy;
use bench::{load, median, milliseconds};
use interop::{Chassis, Shelfd, Unit, settled, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const RUNS: usize = 50;
/// How many with busy clients, whom everybody else waits for as well.
const BUSY_RUNS: usize = 20;
const LIMIT: Duration = Duration::from_secs(60);

/// What a hand does to the active blade, as the states of its hot swap sensor.
struct Movement {
    /// The state whose event moves the application.
    begins: u8,
    /// The state that the blade rests in afterwards.
    ends: u8,
    /// The states through which it comes back; we activate it then.
    back: &'static [u8],
}

/// Graceful: M4 → M5, and we take the blade to M1.
const HANDLE_OPENED: Movement = Movement {
    begins: 5,
    ends: 1,
    back: &[2],
};

/// By surprise: M4 → M0, with an event.
const PULLED: Movement = Movement {
    begins: 0,
    ends: 0,
    back: &[1, 2],
};

pub(crate) fn measure() -> String {
    let chassis = Chassis::start();
    let proxy = Proxy::start(chassis.system());
    let address = proxy.address;
    let shelfd = Shelfd::start_with_hpi_and(chassis.lan(), |config| {
        let lines = format!("port = \"vm\"\naddress = \"{address}\"");
        with_table(&config, "[chassis]", &lines)
    });
    let idle = all(&chassis, &proxy, &shelfd, RUNS);
    let clients = Load::start(shelfd.hpi());
    let busy = all(&chassis, &proxy, &shelfd, BUSY_RUNS);
    let calls = clients.end();
    let mut table = format!(
        "| | median of {RUNS} | worst | with {CLIENTS} busy clients: median of {BUSY_RUNS} | worst |\n\
         |---|---|---|---|---|\n"
    );
    for ((what, idle), (_, busy)) in idle.into_iter().zip(busy) {
        table += &format!("| {what} |");
        for times in [idle, busy] {
            let worst = times.iter().max().copied().unwrap_or_default();
            let (median, worst) = (milliseconds(median(&times)), milliseconds(worst));
            table += &format!(" {median} | {worst} |");
        }
        table += "\n";
    }
    table
        + &format!(
            "\nThe clients were given {calls} answers meanwhile; {}.\n",
            load()
        )
}

/// Each kind of fail-over, and how long each run of it took.
fn all(
    chassis: &Chassis,
    proxy: &Proxy,
    shelfd: &Shelfd,
    count: usize,
) -> [(&'static str, Vec<Duration>); 4] {
    let moved = |movement: &Movement| -> Vec<Run> {
        let one = |_| one(chassis, proxy, shelfd, movement);
        (0..count).map(one).collect()
    };
    let (opened, pulled) = (moved(&HANDLE_OPENED), moved(&PULLED));
    let killed: Vec<_> = (0..count).map(|_| kill(shelfd)).collect();
    let of = |runs: &[Run], time: fn(&Run) -> Duration| runs.iter().map(time).collect::<Vec<_>>();
    [
        (
            "handle opened (M5): event passes → standby is active",
            of(&opened, |run| run.from_event),
        ),
        (
            "handle opened (M5): handle moves → standby is active",
            of(&opened, |run| run.from_hand),
        ),
        (
            "blade gone (M0): event passes → standby is active",
            of(&pulled, |run| run.from_event),
        ),
        ("component killed → standby is active", killed),
    ]
}

/// How long the standby took to become active.
struct Run {
    /// Since the event message passed the proxy.
    from_event: Duration,
    /// Since the chassis was told to move the handle.
    from_hand: Duration,
}

/// One fail-over, and the way back: the blade that went is inserted again and becomes the standby.
fn one(chassis: &Chassis, proxy: &Proxy, shelfd: &Shelfd, movement: &Movement) -> Run {
    let (active, standby) = settled(shelfd, LIMIT);
    let mut state = StatePort::open(shelfd, &standby);
    let mut console = chassis.open_console().expect("a running chassis");
    proxy.forget();
    let line = sensor_goes_to(active.address, movement.begins) + "\n";
    let moved = Instant::now();
    console.write_all(line.as_bytes()).expect("an open console");
    let is_active = state.wait_for_active();
    let passed = proxy.first(movement.begins).expect("the event was pushed");
    wait_for_state(shelfd, active.address, movement.ends);
    for state in movement.back {
        chassis.console(&[&sensor_goes_to(active.address, *state)]);
    }
    Run {
        from_event: is_active.saturating_duration_since(passed),
        from_hand: is_active.saturating_duration_since(moved),
    }
}

/// A line of the chassis' console: the hot swap sensor goes to a state, with the event that goes
/// with it, which only the chassis itself pushes.
fn sensor_goes_to(address: u8, state: u8) -> String {
    format!("sensor_set_bit_clr_rest {address:#04x} 0 0 {state} 1")
}

fn wait_for_state(shelfd: &Shelfd, address: u8, state: u8) {
    let wanted = format!("M{state}");
    wait_until(LIMIT, "the blade is out of use", || {
        let boards = shelfd.ctl(&["board"]);
        let boards = boards.as_array().map(Vec::as_slice).unwrap_or_default();
        let board = boards.iter().find(|board| board["address"] == address);
        let shown = board.and_then(|board| board["state"].as_str());
        // A blade that is not there is not listed, or is in M0.
        let is_there = shown.unwrap_or("M0") == wanted;
        is_there
            .then_some(())
            .ok_or_else(|| format!("{shown:?}\n{}", shelfd.log()))
    });
}

/// Kills the active component, whose recovery is component fail-over; it is repaired and becomes
/// the standby.
fn kill(shelfd: &Shelfd) -> Duration {
    let (active, standby) = settled(shelfd, LIMIT);
    let mut state = StatePort::open(shelfd, &standby);
    let components = shelfd.components();
    let victim = components
        .iter()
        .find(|it| active.components.contains(&it.component));
    let victim = victim.expect("the active component runs").pid;
    let victim = i32::try_from(victim).ok().and_then(Pid::from_raw);
    let victim = victim.expect("a process id");
    let start = Instant::now();
    kill_process(victim, Signal::KILL).expect("a process of ours");
    state.wait_for_active().saturating_duration_since(start)
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

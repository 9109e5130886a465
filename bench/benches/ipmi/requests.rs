//! Requests per second and how long each takes: our two servers, and OpenIPMI's `ipmi_sim`.

use crate::client::{Client, LIMIT, Server, runtime};
use crate::console::Console;
use crate::process::{processor_time, settle};
use bench::{load, median, microseconds, permille, ratio};
use interop::{Chassis, PASSWORD, Simulator, USER, demo, wait_until};
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::command::sensor::GetSensorReading;
use ipmi::command::storage::GetSdr;
use ipmi::message::Request;
use ipmi::sdr::{TYPE_COMPACT, TYPE_FULL};
use std::time::{Duration, Instant};

/// How often each server is measured with each command and load.
const ROUNDS: usize = 15;
/// How long one of these takes at most: a slow moment of the machine shall cost no more.
const SPELL: Duration = Duration::from_millis(100);
/// Processors of the client, and of each server.
const CLIENT: usize = 0;
/// See [`CLIENT`].
const SERVER: usize = 1;
/// As many bytes of a record as tools ask for at once.
const RECORD_BYTES: u8 = 16;
/// Id of what is behind the last record. Source: IPMI v2.0 §33.12.
const RECORD_LAST: u16 = 0xffff;
/// Address of the shelf manager. Source: PICMG 3.0 R3.0, IPMB-0 addresses.
const SHELF_MANAGER: u8 = 0x20;

/// So many sessions, with so many requests under way in each, until there were so many requests.
#[derive(Clone, Copy)]
struct Load {
    sessions: usize,
    in_flight: usize,
    requests: usize,
}

impl Load {
    const fn new(sessions: usize, in_flight: usize, requests: usize) -> Self {
        Self {
            sessions,
            in_flight,
            requests,
        }
    }
}

const LOADS: [Load; 4] = [
    Load::new(1, 1, 2_000),
    Load::new(1, 8, 8_000),
    Load::new(16, 1, 8_000),
    Load::new(16, 4, 8_000),
];

const COMMANDS: [&str; 3] = ["Get Device ID", "Get Sensor Reading", "Get SDR"];

/// A server, its sessions, and what it is asked: [`COMMANDS`], in this order.
struct Measured {
    server: Server,
    consoles: Vec<Console>,
    requests: [Request; COMMANDS.len()],
}

/// What was seen of one server with one command and one load.
#[derive(Clone, Default)]
struct Seen {
    /// Time for each request, on average; one for each round.
    spacings: Vec<Duration>,
    /// Processor time of the server for each request, on average; one for each round.
    processors: Vec<Duration>,
    /// How long each request took.
    times: Vec<Duration>,
}

impl Seen {
    fn spacing(&self) -> Duration {
        median(&self.spacings)
    }

    fn processor(&self) -> Duration {
        median(&self.processors)
    }
}

pub(crate) fn measure() -> String {
    let chassis = Chassis::start();
    let simulator = Simulator::start(&[]);
    let shelfd = demo();
    let servers = [
        Server {
            name: "`shelfd demo`",
            pid: shelfd.pid(),
            at: shelfd.rmcp(),
            user: "admin",
            password: "openshelf",
        },
        Server {
            name: "`chassis-sim`",
            pid: simulator.pid(),
            at: simulator.rmcp(),
            user: "admin",
            password: "openshelf",
        },
        Server {
            name: "`ipmi_sim`",
            pid: chassis.pid(),
            at: chassis.lan(),
            user: USER,
            password: PASSWORD,
        },
    ];
    all(servers)
}

/// The servers in turns, so that a slow moment of the machine meets them all.
fn all(servers: [Server; 3]) -> String {
    settle(std::process::id(), CLIENT);
    for server in servers {
        settle(server.pid, SERVER);
    }
    let mut measured: Vec<Measured> = servers.into_iter().map(Measured::open).collect();
    let mut seen = vec![Seen::default(); COMMANDS.len() * LOADS.len() * servers.len()];
    for _ in 0..ROUNDS {
        let mut cells = seen.iter_mut();
        for command in 0..COMMANDS.len() {
            for load in LOADS {
                for (measured, seen) in measured.iter_mut().zip(&mut cells) {
                    measured.spell(command, load, seen);
                }
            }
        }
    }
    table(servers, &seen)
}

impl Measured {
    fn open(server: Server) -> Self {
        let runtime = runtime();
        let mut client = runtime.block_on(Client::open(&server));
        let number = wait_until(LIMIT, "20h has a sensor", || {
            runtime.block_on(own_sensor(&mut client))
        });
        let most = LOADS.iter().map(|load| load.sessions).max();
        let ids = (1..).take(most.unwrap_or_default());
        let requests = [
            GetDeviceId {}.request(),
            GetSensorReading { number }.request(),
            part_of_record(0).request(),
        ];
        Self {
            server,
            consoles: ids.map(|id| Console::open(&server, id)).collect(),
            requests,
        }
    }

    /// One command under one load.
    fn spell(&mut self, command: usize, load: Load, seen: &mut Seen) {
        let consoles = &mut self.consoles[..load.sessions];
        for console in &mut *consoles {
            // Some are served more often than others.
            let count = load.requests.min(3 * load.requests / load.sessions);
            console.prepare(&self.requests[command], count);
        }
        let processor = processor_time(self.server.pid);
        let took = exchange(consoles, load);
        let spent = processor_time(self.server.pid).saturating_sub(processor);
        let before = seen.times.len();
        for console in consoles {
            console.finish(&mut seen.times);
        }
        let count = u32::try_from(seen.times.len() - before).expect("few enough");
        seen.spacings.push(took / count);
        seen.processors.push(spent / count);
    }
}

/// Asks as soon as there is an answer, and never sleeps; how long it took.
fn exchange(consoles: &mut [Console], load: Load) -> Duration {
    let start = Instant::now();
    let mut asked = 0;
    for _ in 0..load.in_flight {
        for console in &mut *consoles {
            asked += usize::from(console.send());
        }
    }
    let mut answered = 0;
    while answered < asked {
        for console in &mut *consoles {
            while console.receive() {
                answered += 1;
                let goes_on = asked < load.requests && start.elapsed() < SPELL;
                asked += usize::from(goes_on && console.send());
            }
        }
        assert!(start.elapsed() < LIMIT, "an answer is missing");
    }
    start.elapsed()
}

fn part_of_record(record: u16) -> GetSdr {
    GetSdr {
        reservation: 0,
        record,
        offset: 0,
        count: RECORD_BYTES,
    }
}

/// The number of a sensor that 20h itself has; `Err` when it was not discovered yet.
async fn own_sensor(client: &mut Client) -> Result<u8, String> {
    let mut record = 0;
    while record != RECORD_LAST {
        let answer = client.try_ask(part_of_record(record)).await;
        let answer = answer.map_err(|why| format!("record {record}: {why:?}"))?;
        // Full and compact sensor records begin alike. Source: IPMI v2.0 §43.1, §43.2.
        if let [_, _, _, kind, _, SHELF_MANAGER, 0, number, ..] = *answer.data
            && [TYPE_FULL, TYPE_COMPACT].contains(&kind)
        {
            return Ok(number);
        }
        record = answer.next;
    }
    Err("20h has no sensor of its own".into())
}

fn table(servers: [Server; 3], seen: &[Seen]) -> String {
    let mut text = String::from("| command | sessions × under way |");
    for server in servers {
        text += &format!(" {}: requests/s | p50, p99 | processor |", server.name);
    }
    text += " requests/s, ratio | processor, ratio |\n|---|---|";
    text += &"---|".repeat(servers.len() * 3 + 2);
    let rows = COMMANDS
        .iter()
        .flat_map(|command| LOADS.map(|load| (command, load)));
    for ((command, load), seen) in rows.zip(seen.chunks(servers.len())) {
        text += &format!("\n| {command} | {} × {} |", load.sessions, load.in_flight);
        for one in seen {
            text += &format!(
                " {} | {}, {} | {} |",
                1_000_000_000 / one.spacing().as_nanos().max(1),
                microseconds(permille(&one.times, 500)),
                microseconds(permille(&one.times, 990)),
                microseconds(one.processor()),
            );
        }
        if let [shelfd, simulator, peer] = seen {
            for time in [Seen::spacing, Seen::processor] {
                let of = |ours: &Seen| ratio(time(ours), time(peer));
                text += &format!(" {}, {} |", of(shelfd), of(simulator));
            }
        }
    }
    text + &format!("\n\nMedians of {ROUNDS}; {}.\n", load())
}

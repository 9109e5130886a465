//! Requests per second and how long each takes: our two servers, and OpenIPMI's `ipmi_sim`.

use crate::client::{Client, Server, runtime};
use crate::process::processor_time;
use bench::{load, median, microseconds, permille, ratio};
use interop::{Chassis, PASSWORD, Simulator, USER, demo};
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::command::sensor::GetSensorReading;
use ipmi::command::storage::GetSdr;
use ipmi::message::Request;
use ipmi::sdr::{TYPE_COMPACT, TYPE_FULL};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How often each server is measured with each command and load.
const ROUNDS: usize = 15;
/// How long one of these takes.
const SPELL: Duration = Duration::from_millis(100);
/// As many bytes of a record as tools ask for at once.
const RECORD_BYTES: u8 = 16;
/// Id of what is behind the last record. Source: IPMI v2.0 §33.12.
const RECORD_LAST: u16 = 0xffff;
/// Address of the shelf manager. Source: PICMG 3.0 R3.0, IPMB-0 addresses.
const SHELF_MANAGER: u8 = 0x20;

/// So many sessions, with so many requests under way in each.
#[derive(Clone, Copy)]
struct Load {
    sessions: usize,
    in_flight: usize,
}

const LOADS: [Load; 3] = [
    Load {
        sessions: 1,
        in_flight: 1,
    },
    Load {
        sessions: 1,
        in_flight: 8,
    },
    Load {
        sessions: 16,
        in_flight: 1,
    },
];

const COMMANDS: [&str; 3] = ["Get Device ID", "Get Sensor Reading", "Get SDR"];

/// A server, its sessions, and what it is asked: [`COMMANDS`], in this order.
struct Measured {
    server: Server,
    clients: Vec<Client>,
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
    runtime().block_on(all(servers))
}

/// The servers in turns, so that a slow moment of the machine meets them all.
async fn all(servers: [Server; 3]) -> String {
    let mut measured = Vec::new();
    for server in servers {
        measured.push(Measured::open(server).await);
    }
    let mut seen = vec![Seen::default(); COMMANDS.len() * LOADS.len() * servers.len()];
    for _ in 0..ROUNDS {
        let mut cells = seen.iter_mut();
        for command in 0..COMMANDS.len() {
            for load in LOADS {
                for (measured, seen) in measured.iter_mut().zip(&mut cells) {
                    measured.spell(command, load, seen).await;
                }
            }
        }
    }
    table(servers, &seen)
}

impl Measured {
    async fn open(server: Server) -> Self {
        let mut clients = Vec::new();
        let most = LOADS.iter().map(|load| load.sessions).max();
        for _ in 0..most.unwrap_or_default() {
            clients.push(Client::open(&server).await);
        }
        let first = clients.first_mut().expect("a load has sessions");
        let number = own_sensor(first).await;
        let requests = [
            GetDeviceId {}.request(),
            GetSensorReading { number }.request(),
            part_of_record(0).request(),
        ];
        Self {
            server,
            clients,
            requests,
        }
    }

    /// One command under one load, for a while.
    async fn spell(&mut self, command: usize, load: Load, seen: &mut Seen) {
        let processor = processor_time(self.server.pid);
        let start = Instant::now();
        let mut running = JoinSet::new();
        for mut client in self.clients.drain(..load.sessions) {
            let request = self.requests[command].clone();
            running.spawn(async move {
                let until = start + SPELL;
                let times = client.drive(&request, load.in_flight, until).await;
                (client, times)
            });
        }
        let mut count = 0;
        while let Some(done) = running.join_next().await {
            let (client, times) = done.expect("a client that does not panic");
            self.clients.push(client);
            count += u32::try_from(times.len()).expect("few enough");
            seen.times.extend(times);
        }
        seen.spacings.push(start.elapsed() / count);
        let spent = processor_time(self.server.pid).saturating_sub(processor);
        seen.processors.push(spent / count);
    }
}

fn part_of_record(record: u16) -> GetSdr {
    GetSdr {
        reservation: 0,
        record,
        offset: 0,
        count: RECORD_BYTES,
    }
}

/// The number of a sensor that 20h itself has.
async fn own_sensor(client: &mut Client) -> u8 {
    let mut record = 0;
    while record != RECORD_LAST {
        let answer = client.ask(part_of_record(record)).await;
        // Full and compact sensor records begin alike. Source: IPMI v2.0 §43.1, §43.2.
        if let [_, _, _, kind, _, SHELF_MANAGER, 0, number, ..] = *answer.data
            && [TYPE_FULL, TYPE_COMPACT].contains(&kind)
        {
            return number;
        }
        record = answer.next;
    }
    panic!("20h has no sensor of its own");
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

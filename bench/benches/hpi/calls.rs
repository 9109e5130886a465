//! Calls per second, and how long each takes.

use crate::client::{Client, frame, runtime};
use crate::process::processor_time;
use crate::{Served, both};
use bench::{load, median, microseconds, permille, ratio};
use openhpi_wire::function::{RptEntryGetByResourceId, SensorReadingGet};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How often each daemon is measured with each call and each number of clients.
const ROUNDS: usize = 11;
/// How long one of these takes.
const SPELL: Duration = Duration::from_millis(200);
/// Clients at the same time.
const CLIENTS: [usize; 3] = [1, 16, 256];
const CALLS: [&str; 2] = ["RptEntryGet", "SensorReadingGet"];
/// A sensor of the first blade.
const SENSOR: &str = "B1 CPU Temp";

/// A daemon, its clients, and what each of them asks: [`CALLS`], in this order.
struct Measured {
    pid: u32,
    clients: Vec<(Client, [Vec<u8>; CALLS.len()])>,
}

/// What was seen of one daemon with one call and one number of clients.
#[derive(Clone, Default)]
struct Seen {
    /// Time for each call, on average; one for each round.
    spacings: Vec<Duration>,
    /// Processor time of the daemon for each call, on average; one for each round.
    processors: Vec<Duration>,
    /// How long each call took.
    times: Vec<Duration>,
}

pub(crate) fn measure() -> String {
    let served = both();
    runtime().block_on(all(&served))
}

async fn all(served: &[Served; 2]) -> String {
    let mut table = format!(
        "| call | clients | {0}: calls/s | p50, p99 | processor | {1}: calls/s | p50, p99 | \
         processor | calls/s, ratio | processor, ratio |\n|---|---|---|---|---|---|---|---|---|---|\n",
        served[0].name, served[1].name
    );
    let mut measured = Vec::new();
    for served in served {
        measured.push(Measured::open(served).await);
    }
    for (call, name) in CALLS.iter().enumerate() {
        for clients in CLIENTS {
            let mut seen = [Seen::default(), Seen::default()];
            for _ in 0..ROUNDS {
                for (measured, seen) in measured.iter_mut().zip(&mut seen) {
                    measured.spell(call, clients, seen).await;
                }
            }
            table += &line(name, clients, &seen);
        }
    }
    table + &format!("\nMedians of {ROUNDS}; {}.\n", load())
}

fn line(call: &str, clients: usize, seen: &[Seen; 2]) -> String {
    let spacings = seen.each_ref().map(|seen| median(&seen.spacings));
    let processors = seen.each_ref().map(|seen| median(&seen.processors));
    let mut line = format!("| {call} | {clients} |");
    for (index, seen) in seen.iter().enumerate() {
        let per_second = 1_000_000_000 / spacings[index].as_nanos().max(1);
        line += &format!(
            " {per_second} | {}, {} | {} |",
            microseconds(permille(&seen.times, 500)),
            microseconds(permille(&seen.times, 990)),
            microseconds(processors[index])
        );
    }
    line + &format!(
        " {} | {} |\n",
        ratio(spacings[0], spacings[1]),
        ratio(processors[0], processors[1])
    )
}

impl Measured {
    async fn open(served: &Served) -> Self {
        let mut clients = Vec::new();
        let (resource, sensor) = Client::open(served.at).await.sensor(SENSOR).await;
        for _ in 0..CLIENTS.into_iter().max().unwrap_or_default() {
            let mut client = Client::open(served.at).await;
            let session = client.session;
            let read = SensorReadingGet {
                session,
                resource,
                sensor,
            };
            let entry = RptEntryGetByResourceId { session, resource };
            let (entry_is, reading) = (client.call(&entry).await, client.call(&read).await);
            assert!(entry_is.is_ok() && reading.is_ok(), "{}", served.name);
            clients.push((client, [frame(&entry), frame(&read)]));
        }
        Self {
            pid: served.pid,
            clients,
        }
    }

    /// All of so many clients ask again as soon as they are answered.
    async fn spell(&mut self, call: usize, clients: usize, seen: &mut Seen) {
        let before = processor_time(self.pid);
        let (start, mut tasks) = (Instant::now(), JoinSet::new());
        for (mut client, calls) in self.clients.drain(..clients) {
            tasks.spawn(async move {
                let mut times = Vec::new();
                while start.elapsed() < SPELL {
                    let asked = Instant::now();
                    let answer = client.ask(&calls[call]).await;
                    assert_eq!(answer[..4], [0; 4], "SA_OK");
                    times.push(asked.elapsed());
                }
                (client, calls, times)
            });
        }
        let mut count = 0_u32;
        while let Some(ended) = tasks.join_next().await {
            let (client, calls, times) = ended.expect("it asks and waits");
            count += u32::try_from(times.len()).expect("a spell is short");
            seen.times.extend(times);
            self.clients.push((client, calls));
        }
        seen.spacings.push(start.elapsed() / count.max(1));
        let processor = processor_time(self.pid).saturating_sub(before);
        seen.processors.push(processor / count.max(1));
    }
}

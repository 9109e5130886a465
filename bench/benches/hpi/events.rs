//! From the chassis' event to the client that waits for it.

use crate::client::{Client, runtime};
use crate::{Served, both};
use bench::{load, median, milliseconds, ratio};
use openhpi_wire::function::{EventGet, Subscribe};
use openhpi_wire::types::EventData;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

/// How many events.
const RUNS: usize = 40;
/// For one event.
const LIMIT: Duration = Duration::from_secs(30);
/// A temperature of the first blade: raw readings that pass a threshold, and come back.
const SENSOR: &str = "B1 CPU Temp";
const RAW: [u8; 2] = [95, 45];
/// `SAHPI_TIMEOUT_BLOCK`.
const BLOCK: i64 = -1;
/// `SAHPI_TIMEOUT_IMMEDIATE`.
const IMMEDIATE: i64 = 0;
/// Pauses between two events: no multiple of anybody's interval.
const PAUSES_MS: [u64; 5] = [310, 470, 590, 730, 890];

pub(crate) fn measure() -> String {
    let served = both();
    let mut times = [Vec::new(), Vec::new()];
    runtime().block_on(async {
        let mut clients = Vec::new();
        for served in &served {
            clients.push(Watching::open(served).await);
        }
        for run in 0..RUNS {
            for (client, times) in clients.iter_mut().zip(&mut times) {
                times.push(client.event(RAW[run % 2]).await);
                let pause = PAUSES_MS[run % PAUSES_MS.len()];
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
        }
    });
    let worst = |times: &[Duration]| times.iter().max().copied().unwrap_or_default();
    let [ours, theirs] = times;
    let mut table = format!(
        "| {RUNS} events | {} | {} | ratio |\n|---|---|---|---|\n",
        served[0].name, served[1].name
    );
    for (what, ours, theirs) in [
        ("median", median(&ours), median(&theirs)),
        ("worst", worst(&ours), worst(&theirs)),
    ] {
        table += &format!(
            "| {what} | {} | {} | {} |\n",
            milliseconds(ours),
            milliseconds(theirs),
            ratio(ours, theirs)
        );
    }
    table + &format!("\n{}.\n", load())
}

/// A client that waits for events of one sensor.
struct Watching<'a> {
    served: &'a Served,
    client: Client,
    resource: u32,
    sensor: u32,
}

impl<'a> Watching<'a> {
    async fn open(served: &'a Served) -> Self {
        let mut client = Client::open(served.at).await;
        let (resource, sensor) = client.sensor(SENSOR).await;
        let session = client.session;
        let subscribed = client.call(&Subscribe { session }).await;
        subscribed.expect("it is subscribed once");
        Self {
            served,
            client,
            resource,
            sensor,
        }
    }

    /// Sets the reading; how long it takes until the client has the event. A reading that passes
    /// several thresholds has several events, which come together: the first one counts.
    async fn event(&mut self, raw: u8) -> Duration {
        self.drain().await;
        let mut console = self.served.chassis.open_console().expect("it runs");
        // Its first words, so that it listens.
        let greeted = console.read(&mut [0; 256]).expect("it runs");
        assert!(greeted > 0, "it runs");
        let line = format!("sensor_set_value 0x82 0 {} {raw} 1\n", self.sensor);
        let start = Instant::now();
        console.write_all(line.as_bytes()).expect("an open console");
        let got = tokio::time::timeout(LIMIT, self.next(raw == RAW[0])).await;
        got.unwrap_or_else(|_| panic!("{} tells of no event", self.served.name));
        start.elapsed()
    }

    /// Takes what waits already.
    async fn drain(&mut self) {
        let (session, timeout) = (self.client.session, IMMEDIATE);
        while let Ok(_event) = self.client.call(&EventGet { session, timeout }).await {}
    }

    /// Waits for the next event of the sensor: a state that begins, or one that ends.
    async fn next(&mut self, begins: bool) {
        let (session, timeout) = (self.client.session, BLOCK);
        loop {
            let got = self.client.call(&EventGet { session, timeout }).await;
            let event = got.expect("it is subscribed").event;
            if let EventData::Sensor(of) = event.data
                && (event.source, of.num) == (self.resource, self.sensor)
                && of.assertion == begins
            {
                return;
            }
        }
    }
}

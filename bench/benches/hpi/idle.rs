//! What connections cost that nobody uses.

use crate::both;
use crate::client::{Client, runtime};
use crate::process::memory_kib;
use bench::load;
use openhpi_wire::function::DomainInfoGet;

/// How many connections, each with a session.
const CONNECTIONS: usize = 1_000;

pub(crate) fn measure() -> String {
    let served = both();
    let mut rows = Vec::new();
    for served in &served {
        let before = (memory_kib(served.pid), threads(served.pid));
        let after = runtime().block_on(async {
            let mut clients = Vec::new();
            for _ in 0..CONNECTIONS {
                clients.push(Client::open(served.at).await);
            }
            let session = clients[0].session;
            let answer = clients[0].call(&DomainInfoGet { session }).await;
            assert!(answer.is_ok(), "{}", served.name);
            (memory_kib(served.pid), threads(served.pid))
        });
        rows.push([before.0, after.0, before.1, after.1]);
    }
    let mut table = format!(
        "| | {} | {} |\n|---|---|---|\n",
        served[0].name, served[1].name
    );
    let lines = [
        "resident memory, KiB".to_owned(),
        format!("resident memory with {CONNECTIONS} idle connections, KiB"),
        "threads".to_owned(),
        format!("threads with {CONNECTIONS} idle connections"),
    ];
    for (line, what) in lines.iter().enumerate() {
        table += &format!("| {what} | {} | {} |\n", rows[0][line], rows[1][line]);
    }
    table + &format!("\n{}.\n", load())
}

fn threads(pid: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task"));
    let count = tasks.map_or(0, Iterator::count);
    u64::try_from(count).expect("it fits")
}

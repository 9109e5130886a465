//! More clients than sessions: who is served, who is refused, and what it costs.

use crate::client::{Client, LIMIT, Server, runtime};
use crate::process::memory_kib;
use bench::{load, microseconds, milliseconds, permille};
use interop::demo;
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::port::{DownReason, PortEvent};
use ports::Port;
use ports::server::SESSIONS_MAX;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::timeout;

const CLIENTS: usize = 1000;
/// How long those with a session ask.
const SPELL: Duration = Duration::from_secs(2);
/// What a port says whose server has no session left. Source: IPMI v2.0 Table 13-15.
const NO_RESOURCES: &str = "with status 01h";

/// How opening a session ended.
enum End {
    Open(Port),
    Refused,
}

pub(crate) fn measure() -> String {
    let shelfd = demo();
    let server = Server {
        name: "`shelfd demo`",
        pid: shelfd.pid(),
        at: shelfd.rmcp(),
        user: "admin",
        password: "openshelf",
    };
    runtime().block_on(rush(server))
}

async fn rush(server: Server) -> String {
    let before = memory_kib(server.pid);
    let start = Instant::now();
    let mut opening = JoinSet::new();
    for _ in 0..CLIENTS {
        opening.spawn(open(server, start));
    }
    let (mut ports, mut opened, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(end) = opening.join_next().await {
        match end.expect("each client has an answer in time") {
            (End::Open(port), time) => {
                ports.push(port);
                opened.push(time);
            }
            (End::Refused, time) => refused.push(time),
        }
    }
    assert_eq!(ports.len(), SESSIONS_MAX, "as many as there are sessions");
    let with_sessions = memory_kib(server.pid);
    let times = serve(ports).await;
    let after = memory_kib(server.pid);
    let worst = |times: &[Duration]| milliseconds(permille(times, 1000));
    let lines = [
        (
            "clients that ask for a session at once",
            CLIENTS.to_string(),
        ),
        ("sessions opened", opened.len().to_string()),
        (
            "refused with status 01h, insufficient resources",
            refused.len().to_string(),
        ),
        ("until the last session is open", worst(&opened)),
        ("until the last client is refused", worst(&refused)),
        (
            "requests of the open sessions, all answered",
            times.len().to_string(),
        ),
        (
            "half of these take at most",
            microseconds(permille(&times, 500)),
        ),
        (
            "all but one in a hundred take at most",
            microseconds(permille(&times, 990)),
        ),
        ("resident memory before", format!("{before} KiB")),
        (
            "resident memory with all sessions open",
            format!("{with_sessions} KiB"),
        ),
        ("resident memory after all requests", format!("{after} KiB")),
    ];
    let lines = lines.map(|(what, figure)| format!("| {what} | {figure} |\n"));
    format!(
        "| `shelfd demo` | |\n|---|---|\n{}\nOne run; {}.\n",
        lines.concat(),
        load()
    )
}

/// Tries until there is a session, or until the server says that there is none left.
///
/// Other reasons to be down are none: a datagram that got lost in the rush, or an exchange that
/// others pushed out, is tried again.
async fn open(server: Server, start: Instant) -> (End, Duration) {
    let mut port = server.port();
    let end = timeout(LIMIT, async {
        loop {
            match port.events.recv().await {
                Some(PortEvent::Up) => return End::Open(port),
                Some(PortEvent::Down(DownReason::Protocol(why))) if why.ends_with(NO_RESOURCES) => {
                    return End::Refused;
                }
                Some(PortEvent::Down(_)) => (),
                other => panic!("{other:?}"),
            }
        }
    });
    let end = end.await.expect("an answer in time");
    (end, start.elapsed())
}

/// All at once, one request after the other in each session.
async fn serve(ports: Vec<Port>) -> Vec<Duration> {
    let until = Instant::now() + SPELL;
    let mut asking = JoinSet::new();
    for port in ports {
        let request = GetDeviceId {}.request();
        asking.spawn(async move { Client::over(port).drive(&request, 1, until).await });
    }
    let mut times = Vec::new();
    while let Some(done) = asking.join_next().await {
        times.extend(done.expect("each session is served"));
    }
    times
}

//! A core that answers without a shelf, and an HTTP client that hides nothing.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the rest is answered alike on purpose"
)]

use console::{Backend, Credential, Desk, HttpOptions, serve_http};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, mpsc};
use web_api::{
    Change, EventView, EventsView, Notice, Order, Outcome, Query, Refusal, RefusalCode, Reply,
    Severity, SnapshotView,
};

/// Longest wait for anything in these tests.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A core whose answers are fixed; the orders that it got come out of the receiver.
pub fn core() -> (
    Backend,
    broadcast::Sender<Notice>,
    mpsc::UnboundedReceiver<Order>,
) {
    let (backend, desk) = Backend::new();
    let notices = desk.notices.clone();
    let (ordered, orders) = mpsc::unbounded_channel();
    tokio::spawn(run(desk, ordered));
    (backend, notices, orders)
}

async fn run(mut desk: Desk, ordered: mpsc::UnboundedSender<Order>) {
    loop {
        tokio::select! {
            Some((query, to)) = desk.queries.recv() => drop(to.send(reply(query))),
            Some((order, to)) = desk.orders.recv() => {
                let outcome = match order {
                    Order::OpenHandle { slot: 9 } => {
                        Outcome::refused(RefusalCode::InvalidState, "slot 9 is empty")
                    }
                    _ => Outcome::done("ordered"),
                };
                ordered.send(order).ok();
                to.send(outcome).ok();
            }
            else => return,
        }
    }
}

fn reply(query: Query) -> Reply {
    match query {
        Query::Snapshot => {
            let snapshot = SnapshotView {
                sequence: 10,
                ..SnapshotView::default()
            };
            Reply::Snapshot(Box::new(snapshot))
        }
        Query::Boards => Reply::Boards(Vec::new()),
        Query::Events { since } => {
            let events = (since.unwrap_or(0) + 1..=3).map(event).collect();
            Reply::Events(EventsView { events, last: 3 })
        }
        Query::Status => Reply::Status(Box::default()),
        Query::Sensors { address } => Reply::Refused(Refusal::new(
            RefusalCode::NotFound,
            format!("no {address:?}"),
        )),
        other => Reply::Refused(Refusal::new(
            RefusalCode::NotSupported,
            format!("{other:?}"),
        )),
    }
}

pub fn event(sequence: u64) -> EventView {
    EventView {
        sequence,
        time_us: sequence,
        source: "ipmi".into(),
        severity: Severity::Informational,
        object: "0x82/0".into(),
        text: format!("event {sequence}"),
    }
}

pub fn notice(sequence: u64) -> Notice {
    Notice {
        sequence,
        time_us: 0,
        change: Change::Event(Box::new(event(sequence))),
    }
}

pub fn options() -> HttpOptions {
    let admin = Credential {
        name: "admin".into(),
        password: "openshelf".into(),
    };
    HttpOptions {
        users: vec![admin],
        ..HttpOptions::default()
    }
}

/// Starts a console; returns where.
pub async fn console(backend: Backend, options: HttpOptions) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve_http(listener, backend, options));
    address
}

/// Sends bytes, returns all that comes back until the server closes.
pub async fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut response))
        .await
        .unwrap()
        .ok();
    String::from_utf8_lossy(&response).into_owned()
}

/// A GET with more header lines, each ending in CR LF.
pub async fn get(address: SocketAddr, path: &str, headers: &str) -> String {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    raw(address, &format!("{head}{headers}\r\n")).await
}

/// A POST of JSON with more header lines, each ending in CR LF.
pub async fn post(address: SocketAddr, path: &str, (headers, body): (&str, &str)) -> String {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n"
    );
    raw(address, &format!("{head}{headers}\r\n{body}")).await
}

pub fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or(response)
}

pub fn body(response: &str) -> &str {
    response.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

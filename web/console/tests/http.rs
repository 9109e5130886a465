//! The console over a real socket, byte for byte.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{PATIENCE, body, console, core, get, notice, options, post, raw, status};
use console::HttpOptions;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use web_api::Order;

const LOGIN: &str = r#"{"name":"admin","password":"openshelf"}"#;
const OPEN: &str = r#"{"open-handle":{"slot":3}}"#;
const BASIC: &str = "Authorization: Basic YWRtaW46b3BlbnNoZWxm\r\n";

/// The page is there, may load nothing from elsewhere, and is not sent twice.
#[tokio::test]
async fn page() {
    let (backend, _, _) = core();
    let address = console(backend, options()).await;
    let response = get(address, "/", "").await;
    assert_eq!(status(&response), "200");
    assert!(response.contains("content-type: text/html"));
    assert!(response.contains("content-security-policy: default-src 'none'; script-src 'self'"));
    assert!(response.contains("x-content-type-options: nosniff"));
    let tag = response
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .unwrap();
    let again = get(address, "/", &format!("If-None-Match: {tag}\r\n")).await;
    assert_eq!(status(&again), "304");
    assert_eq!(body(&again), "");
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/nothing.js",
        "/x",
        "/api/v1/nothing",
    ] {
        assert_eq!(status(&get(address, path, "").await), "404", "{path}");
    }
}

/// Views come as the core gives them; its refusals come with a fitting status.
#[tokio::test]
async fn views() {
    let (backend, _, _) = core();
    let address = console(backend, options()).await;
    let cases = [
        ("/api/v1/boards", "200", r#"{"boards":[]}"#),
        (
            "/api/v1/boards?x=1",
            "400",
            r#"{"refused":{"code":"bad-request","text":"boards knows no parameter \"x\""}}"#,
        ),
        (
            "/api/v1/sensors?address=0x82",
            "404",
            r#"{"refused":{"code":"not-found","text":"no Some(130)"}}"#,
        ),
        (
            "/api/v1/sensors?address=300",
            "400",
            r#"{"refused":{"code":"bad-request","text":"address: \"300\" is not a byte"}}"#,
        ),
        (
            "/api/v1/imm?class=SaAmfSU",
            "501",
            r#"{"refused":{"code":"not-supported","text":"Imm { dn: None, class: Some(\"SaAmfSU\") }"}}"#,
        ),
        (
            "/api/v1/events?since=3",
            "200",
            r#"{"events":{"events":[],"last":3}}"#,
        ),
    ];
    for (path, code, json) in cases {
        let response = get(address, path, "").await;
        assert_eq!((status(&response), body(&response)), (code, json), "{path}");
        assert!(response.contains("cache-control: no-store"));
    }
}

/// An order needs a login; a session or a password in the request both do.
#[tokio::test]
async fn orders_need_a_login() {
    let (backend, _, mut orders) = core();
    let address = console(backend, options()).await;
    assert_eq!(
        status(&post(address, "/api/v1/orders", ("", OPEN)).await),
        "401"
    );
    assert!(orders.try_recv().is_err());
    let wrong = r#"{"name":"admin","password":"x"}"#;
    assert_eq!(
        status(&post(address, "/api/v1/session", ("", wrong)).await),
        "401"
    );

    let response = post(address, "/api/v1/session", ("", LOGIN)).await;
    assert_eq!(status(&response), "200");
    let cookie = response
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .unwrap();
    assert!(
        cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    let cookie = format!("Cookie: a=b; {}\r\n", cookie.split(';').next().unwrap());
    let response = post(address, "/api/v1/orders", (&cookie, OPEN)).await;
    assert_eq!(
        (status(&response), body(&response)),
        ("200", r#"{"done":{"text":"ordered"}}"#)
    );
    assert_eq!(orders.recv().await, Some(Order::OpenHandle { slot: 3 }));
    let response = get(address, "/api/v1/session", &cookie).await;
    assert_eq!(
        body(&response),
        r#"{"user":"admin","hint":null,"login_to_read":false}"#
    );

    let head =
        format!("DELETE /api/v1/session HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    assert_eq!(
        status(&raw(address, &format!("{head}{cookie}\r\n")).await),
        "204"
    );
    assert_eq!(
        status(&post(address, "/api/v1/orders", (&cookie, OPEN)).await),
        "401"
    );

    let refused = r#"{"open-handle":{"slot":9}}"#;
    let response = post(address, "/api/v1/orders", (BASIC, refused)).await;
    let text = r#"{"refused":{"code":"invalid-state","text":"slot 9 is empty"}}"#;
    assert_eq!((status(&response), body(&response)), ("409", text));
}

/// Guessing passwords is stopped.
#[tokio::test]
async fn guessing() {
    let (backend, _, _) = core();
    let address = console(backend, options()).await;
    let wrong = r#"{"name":"admin","password":"x"}"#;
    for _ in 0..8 {
        assert_eq!(
            status(&post(address, "/api/v1/session", ("", wrong)).await),
            "401"
        );
    }
    assert_eq!(
        status(&post(address, "/api/v1/session", ("", LOGIN)).await),
        "429"
    );
}

/// Without users there is nobody who could order; where reading needs a login, nothing is shown
/// without.
#[tokio::test]
async fn strict_options() {
    let (backend, _, _) = core();
    let address = console(backend.clone(), HttpOptions::default()).await;
    assert_eq!(
        status(&post(address, "/api/v1/orders", (BASIC, OPEN)).await),
        "403"
    );
    let address = console(
        backend,
        HttpOptions {
            login_to_read: true,
            ..options()
        },
    )
    .await;
    assert_eq!(status(&get(address, "/api/v1/boards", "").await), "401");
    assert_eq!(status(&get(address, "/api/v1/stream", "").await), "401");
    assert_eq!(status(&get(address, "/api/v1/boards", BASIC).await), "200");
    assert_eq!(status(&get(address, "/", "").await), "200");
}

/// Beyond this host nothing is shown without a login, whatever the options say.
#[tokio::test]
async fn beyond_this_host() {
    let (backend, _, _) = core();
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().unwrap().port()));
    tokio::spawn(console::serve_http(listener, backend, options()));
    assert_eq!(status(&get(address, "/api/v1/boards", "").await), "401");
    assert_eq!(status(&get(address, "/api/v1/boards", BASIC).await), "200");
    assert!(
        get(address, "/api/v1/session", "")
            .await
            .contains(r#""login_to_read":true"#)
    );
}

/// Foreign pages can neither order nor read.
#[tokio::test]
async fn foreign_pages() {
    let (backend, _, mut orders) = core();
    let address = console(backend, options()).await;
    let foreign = format!("{BASIC}Origin: http://evil.example\r\n");
    assert_eq!(
        status(&post(address, "/api/v1/orders", (&foreign, OPEN)).await),
        "403"
    );
    let own = format!("{BASIC}Origin: http://{address}\r\n");
    assert_eq!(
        status(&post(address, "/api/v1/orders", (&own, OPEN)).await),
        "200"
    );
    orders.recv().await.unwrap();
    let length = OPEN.len();
    let form = format!(
        "POST /api/v1/orders HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{BASIC}\
         Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{OPEN}"
    );
    assert_eq!(status(&raw(address, &form).await), "400");
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "",
        "10.0.0.1:8080",
        "@@",
    ] {
        let rebound =
            format!("GET /api/v1/boards HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&raw(address, &rebound).await), "403", "{host}");
    }
    for host in ["localhost:1", "[::1]:8080", "127.0.0.1"] {
        let ours =
            format!("GET /api/v1/boards HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&raw(address, &ours).await), "200", "{host}");
    }
    assert!(orders.try_recv().is_err());
}

/// Garbage is refused and the console goes on.
#[tokio::test]
async fn garbage() {
    let (backend, _, _) = core();
    let address = console(backend, options()).await;
    let orders = "/api/v1/orders";
    for json in [
        "",
        "{",
        "[]",
        "7",
        r#"{"open-handle":{"slot":300}}"#,
        r#"{"x":{}}"#,
        "\u{0}",
    ] {
        assert_eq!(
            status(&post(address, orders, (BASIC, json)).await),
            "400",
            "{json}"
        );
    }
    let host = format!("Host: {address}\r\nConnection: close\r\n");
    let long = format!("POST {orders} HTTP/1.1\r\n{host}Content-Length: 1048577\r\n\r\n");
    assert_eq!(status(&raw(address, &long).await), "413");
    let chunked =
        format!("POST {orders} HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    assert_eq!(status(&raw(address, &chunked).await), "400");
    assert_eq!(
        status(&raw(address, &format!("PUT {orders} HTTP/1.1\r\n{host}\r\n")).await),
        "405"
    );
    assert_eq!(status(&get(address, orders, "").await), "405");
    assert_eq!(
        status(&raw(address, "\u{16}\u{3}\u{1} not HTTP at all\r\n\r\n").await),
        "400"
    );
    let header = format!("X: {}\r\n", "x".repeat(128 * 1024));
    assert_eq!(status(&get(address, "/", &header).await), "431");
    assert_eq!(status(&get(address, "/api/v1/boards", "").await), "200");
}

/// A stream begins with a snapshot, leaves out what that contains, and goes on with what comes.
#[tokio::test]
async fn stream() {
    let (backend, notices, _) = core();
    let address = console(backend, options()).await;
    let mut stream = open_stream(address).await;
    let head = read_until(&mut stream, "id:10\n").await;
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    assert!(head.contains("event:snapshot\n"), "{head}");
    for sequence in 9..=12 {
        notices.send(notice(sequence)).unwrap();
    }
    let text = read_until(&mut stream, "id:12\n").await;
    assert!(
        !text.contains("event 9") && !text.contains("event 10"),
        "{text}"
    );
    assert!(text.contains("event:notice\n"), "{text}");
    assert!(
        text.contains("event 11") && text.contains("event 12"),
        "{text}"
    );
}

/// A browser that cannot keep up is told so and gets a new picture.
#[tokio::test]
async fn slow_stream() {
    let (backend, notices, _) = core();
    let address = console(backend, options()).await;
    let mut stream = open_stream(address).await;
    read_until(&mut stream, "event:snapshot").await;
    // No await in between, so that the server's task cannot keep up on this single-threaded
    // runtime.
    for sequence in 11..=3000 {
        notices.send(notice(sequence)).unwrap();
    }
    let text = read_until(&mut stream, "id:3000\n").await;
    let lagged = text.find("event:lagged").unwrap();
    let snapshot = text.find("event:snapshot").unwrap();
    let next = text.find("event:notice").unwrap();
    assert!(lagged < snapshot && snapshot < next, "{text}");
}

/// One stream too many is refused, and a closed one makes place.
#[tokio::test]
async fn stream_limit() {
    let (backend, notices, _) = core();
    let address = console(
        backend,
        HttpOptions {
            streams_max: 1,
            ..options()
        },
    )
    .await;
    let mut first = open_stream(address).await;
    read_until(&mut first, "event:snapshot").await;
    assert_eq!(status(&get(address, "/api/v1/stream", "").await), "429");
    drop(first);
    // The server notices the closed connection when the kernel tells it; each notice gives it a
    // reason to look.
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        notices.send(notice(11)).ok();
        let mut again = open_stream(address).await;
        let mut start = [0; 12];
        again.read_exact(&mut start).await.unwrap();
        if &start == b"HTTP/1.1 200" {
            return;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "the place is never given back"
        );
        tokio::task::yield_now().await;
    }
}

/// When all places are taken the next connection waits, and gets its turn.
#[tokio::test]
async fn connection_limit() {
    let (backend, _, _) = core();
    let address = console(
        backend,
        HttpOptions {
            connections_max: 1,
            ..options()
        },
    )
    .await;
    let mut first = open_stream(address).await;
    read_until(&mut first, "event:snapshot").await;
    let second = tokio::spawn(async move { get(address, "/api/v1/boards", "").await });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!second.is_finished());
    drop(first);
    assert_eq!(status(&second.await.unwrap()), "200");
}

async fn open_stream(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /api/v1/stream HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    while !text.contains(end) {
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut bytes)).await;
        let count = read
            .unwrap_or_else(|_| panic!("no \"{end}\" in {text}"))
            .unwrap();
        assert!(count > 0, "closed before \"{end}\": {text}");
        text.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    text
}

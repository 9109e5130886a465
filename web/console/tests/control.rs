//! The control socket over a real socket.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{PATIENCE, core, notice};
use console::{Backend, bind_control, serve_control};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

/// A folder of this test's own, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("console-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        Self(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("shelfd.sock")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

struct Client(BufReader<UnixStream>);

impl Client {
    async fn connect(path: &Path) -> Self {
        Self(BufReader::new(UnixStream::connect(path).await.unwrap()))
    }

    async fn send(&mut self, line: &str) {
        self.0.get_mut().write_all(line.as_bytes()).await.unwrap();
    }

    /// The next line; empty at the end.
    async fn line(&mut self) -> String {
        let mut line = String::new();
        tokio::time::timeout(PATIENCE, self.0.read_line(&mut line))
            .await
            .unwrap()
            .unwrap();
        line.trim_end().to_owned()
    }

    async fn ask(&mut self, line: &str) -> String {
        self.send(&format!("{line}\n")).await;
        self.line().await
    }
}

fn serve(folder: &Folder, backend: Backend) -> PathBuf {
    let path = folder.socket();
    let listener = bind_control(&path).unwrap();
    tokio::spawn(serve_control(listener, backend));
    path
}

/// Questions and orders are answered line by line, in their order, on one connection.
#[tokio::test]
async fn questions_and_orders() {
    let folder = Folder::new("lines");
    let path = serve(&folder, core().0);
    let mut client = Client::connect(&path).await;
    assert_eq!(
        client.ask(r#"{"query":"boards"}"#).await,
        r#"{"reply":{"boards":[]}}"#
    );
    assert_eq!(
        client.ask(r#"{"order":{"pull-blade":{"slot":2}}}"#).await,
        r#"{"outcome":{"done":{"text":"ordered"}}}"#
    );
    assert_eq!(
        client.ask(r#"{"order":{"open-handle":{"slot":9}}}"#).await,
        r#"{"outcome":{"refused":{"code":"invalid-state","text":"slot 9 is empty"}}}"#
    );
    client
        .send("{\"query\":\"boards\"}\n{\"query\":{\"events\":{\"since\":3}}}\n")
        .await;
    assert_eq!(client.line().await, r#"{"reply":{"boards":[]}}"#);
    assert_eq!(
        client.line().await,
        r#"{"reply":{"events":{"events":[],"last":3}}}"#
    );
}

/// A bad line costs its sender an error, not the connection.
#[tokio::test]
async fn garbage() {
    let folder = Folder::new("garbage");
    let path = serve(&folder, core().0);
    let mut client = Client::connect(&path).await;
    for line in ["", "x", "{}", r#"{"query":"x"}"#, "[[[[[[", "\u{0}"] {
        let answer = client.ask(line).await;
        assert!(
            answer.starts_with(r#"{"error":{"code":"bad-request""#),
            "{line}: {answer}"
        );
    }
    assert_eq!(
        client.ask(r#"{"query":"boards"}"#).await,
        r#"{"reply":{"boards":[]}}"#
    );
}

/// A line without end is cut off before it fills the memory.
#[tokio::test]
async fn endless_line() {
    let folder = Folder::new("endless");
    let path = serve(&folder, core().0);
    let mut client = Client::connect(&path).await;
    let answer = tokio::join!(client_line(&path), client.send("x")).0;
    assert!(
        answer.starts_with(r#"{"error":{"code":"too-large""#),
        "{answer}"
    );
}

async fn client_line(path: &Path) -> String {
    let mut client = Client::connect(path).await;
    client.send(&"x".repeat((1 << 20) + 1)).await;
    client.line().await
}

/// A follower gets the past that it asks for once, then what comes.
#[tokio::test]
async fn follow() {
    let folder = Folder::new("follow");
    let (backend, notices, _) = core();
    let path = serve(&folder, backend);
    let mut client = Client::connect(&path).await;
    client.send("{\"follow\":{\"events_since\":1}}\n").await;
    for number in 2..=3 {
        let line = client.line().await;
        assert!(line.starts_with(r#"{"notice":{"sequence":0"#), "{line}");
        assert!(line.contains(&format!("event {number}")), "{line}");
    }
    for sequence in 3..=4 {
        notices.send(notice(sequence)).unwrap();
    }
    assert!(client.line().await.contains("event 4"));
}

/// A follower that cannot keep up learns how much it missed.
#[tokio::test]
async fn slow_follower() {
    let folder = Folder::new("slow");
    let (backend, notices, _) = core();
    let path = serve(&folder, backend);
    let mut client = Client::connect(&path).await;
    client.send("{\"follow\":{\"events_since\":2}}\n").await;
    assert!(client.line().await.contains("event 3"));
    for sequence in 4..=3000 {
        notices.send(notice(sequence)).unwrap();
    }
    let line = client.line().await;
    assert!(line.contains(r#""change":{"lagged":{"missed":"#), "{line}");
    assert!(client.line().await.contains(r#"{"notice":{"sequence":"#));
}

/// Only the owner may order; a dead daemon's socket is replaced, a living one's is not; nor is a
/// file of another kind.
#[tokio::test]
async fn binding() {
    let folder = Folder::new("binding");
    let path = folder.socket();
    drop(bind_control(&path).unwrap());
    assert!(path.exists());
    let listener = bind_control(&path).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        std::fs::metadata(&folder.0).unwrap().permissions().mode() & 0o777,
        0o700
    );
    let error = bind_control(&path).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    drop(listener);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "precious").unwrap();
    assert!(bind_control(&path).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
}

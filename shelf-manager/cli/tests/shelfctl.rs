//! The program itself against a daemon that only knows these answers.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread::{JoinHandle, spawn};

/// A folder with a control socket that answers one connection, line by line.
struct Daemon {
    folder: PathBuf,
    thread: Option<JoinHandle<Vec<String>>>,
}

impl Daemon {
    /// Answers with these lines, one for each request; a request with more lines to come gets the
    /// rest at once.
    fn new(name: &str, answers: &'static [&'static str]) -> Self {
        let folder = std::env::temp_dir().join(format!("shelfctl-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&folder).ok();
        std::fs::create_dir_all(&folder).unwrap();
        let listener = UnixListener::bind(folder.join("shelfd.sock")).unwrap();
        let thread = spawn(move || answer(&listener.accept().unwrap().0, answers));
        Self {
            folder,
            thread: Some(thread),
        }
    }

    fn run(&self, words: &[&str]) -> Output {
        shelfctl(words)
            .arg("--run-dir")
            .arg(&self.folder)
            .output()
            .unwrap()
    }

    /// The requests that came.
    fn requests(mut self) -> Vec<String> {
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn answer(stream: &UnixStream, answers: &[&str]) -> Vec<String> {
    let mut requests = Vec::new();
    let mut lines = BufReader::new(stream).lines();
    requests.push(lines.next().unwrap().unwrap());
    for line in answers {
        let mut writer = stream;
        writeln!(writer, "{line}").unwrap();
    }
    requests
}

fn shelfctl(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shelfctl"));
    command.args(words).env_remove("OPENSHELF_RUN");
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const BOARDS: &str = r#"{"reply":{"boards":[{"site":"board","slot":1,"address":130,"name":"Blade","entity_path":"","firmware":"1.05","manufacturer_id":16394,"product_id":1,"picmg":"2.3","fru_id_max":0,"state":"M4","previous_state":"M3","cause":"","blue_led":"off","sensors":4}]}}"#;

/// A listing, for people.
#[test]
fn table() {
    let daemon = Daemon::new("table", &[BOARDS]);
    let output = daemon.run(&["board"]);
    assert_eq!(
        text(&output.stdout),
        "SITE   SLOT  IPMB  STATE  WAS  BLUE LED  SENSORS  FIRMWARE  PICMG  NAME\n\
         board  1     0x82  M4     M3   off       4        1.05      2.3    Blade\n"
    );
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(daemon.requests(), [r#"{"query":"boards"}"#]);
}

const ALARMS: &str = r#"{"reply":{"alarms":{"alarms":[{"id":7,"time_us":1000000,"severity":"major","acknowledged":true,"kind":"sensor","entity_path":"{RACK,1}","resource":3,"sensor":1,"state":"upper critical","name":"","text":"Inlet Temp"}],"overflow":true}}}"#;

/// Alarms, those that somebody has seen too.
#[test]
fn alarms() {
    let daemon = Daemon::new("alarms", &[ALARMS]);
    let output = daemon.run(&["alarm"]);
    assert_eq!(
        text(&output.stdout),
        "ID  TIME                 SEVERITY  SEEN  KIND    STATE           TEXT        ENTITY\n\
         7   1970-01-01 00:00:01  major     yes   sensor  upper critical  Inlet Temp  {RACK,1}\n\
         There are more than the table can hold.\n"
    );
}

/// The same for programs, with the daemon's own keys.
#[test]
fn json() {
    let daemon = Daemon::new("json", &[BOARDS]);
    let output = daemon.run(&["--json", "board"]);
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let answer: serde_json::Value = serde_json::from_str(BOARDS).unwrap();
    assert_eq!(printed, answer["reply"]);
}

/// Each command sends what it says.
#[test]
fn requests() {
    let refused = &[r#"{"error":{"code":"try-again","text":"later"}}"#];
    let cases: [(&[&str], &str); 15] = [
        (&["shelf"], r#"{"query":"shelf"}"#),
        (&["fru", "82"], r#"{"query":{"fru":{"address":130}}}"#),
        (
            &["fru", "0x20", "254"],
            r#"{"query":{"fru":{"address":32,"fru":254}}}"#,
        ),
        (
            &["sensor", "0x82"],
            r#"{"query":{"sensors":{"address":130}}}"#,
        ),
        (&["alarm"], r#"{"query":"alarms"}"#),
        (&["sel", "--last", "5"], r#"{"query":{"sel":{"last":5}}}"#),
        (
            &["events", "--since", "9"],
            r#"{"query":{"events":{"since":9}}}"#,
        ),
        (&["events", "--follow"], r#"{"follow":{"events_since":0}}"#),
        (
            &["imm", "--class", "SaAmfSU"],
            r#"{"query":{"imm":{"class":"SaAmfSU"}}}"#,
        ),
        (
            &["blade", "open", "3"],
            r#"{"order":{"open-handle":{"slot":3}}}"#,
        ),
        (
            &["blade", "insert", "3"],
            r#"{"order":{"insert-blade":{"slot":3}}}"#,
        ),
        (
            &["amf", "kill", "safComp=a"],
            r#"{"order":{"kill-component":{"component":"safComp=a"}}}"#,
        ),
        (
            &["activate", "82"],
            r#"{"order":{"activate-fru":{"address":130,"fru":0}}}"#,
        ),
        (
            &["deactivate", "82", "1"],
            r#"{"order":{"deactivate-fru":{"address":130,"fru":1}}}"#,
        ),
        (
            &["admin", "lock", "safSu=a"],
            r#"{"order":{"admin-operation":{"dn":"safSu=a","operation":"lock"}}}"#,
        ),
    ];
    for (index, (words, request)) in cases.into_iter().enumerate() {
        let daemon = Daemon::new(&format!("requests{index}"), refused);
        let output = daemon.run(words);
        assert_eq!(text(&output.stderr), "shelfctl: later (try-again)\n");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(daemon.requests(), [request]);
    }
}

/// An order that was carried out says so; one that was refused says why and fails.
#[test]
fn orders() {
    let daemon = Daemon::new("done", &[r#"{"outcome":{"done":{"text":"handle open"}}}"#]);
    let output = daemon.run(&["blade", "open", "1"]);
    assert_eq!(
        (text(&output.stdout), output.status.code()),
        ("handle open\n", Some(0))
    );
    let refused = &[r#"{"outcome":{"refused":{"code":"invalid-state","text":"slot 1 is empty"}}}"#];
    let daemon = Daemon::new("refused", refused);
    let output = daemon.run(&["blade", "open", "1"]);
    assert_eq!(
        text(&output.stderr),
        "shelfctl: slot 1 is empty (invalid-state)\n"
    );
    assert_eq!((text(&output.stdout), output.status.code()), ("", Some(1)));
}

const EVENT: &str = r#"{"notice":{"sequence":0,"time_us":1000001,"change":{"event":{"sequence":7,"time_us":1000001,"source":"hpi","severity":"major","object":"0x82/0","text":"M4 to M5"}}}}"#;

/// Events come as they happen, what else changes is left out, and the end of the daemon is an
/// error.
#[test]
fn follow() {
    let lagged = r#"{"notice":{"sequence":0,"time_us":0,"change":{"lagged":{"missed":3}}}}"#;
    let gone = r#"{"notice":{"sequence":2,"time_us":0,"change":{"sensors-gone":{"address":130}}}}"#;
    let answers = Box::leak(Box::new([EVENT, lagged, gone, EVENT]));
    let daemon = Daemon::new("follow", answers);
    let output = daemon.run(&["events", "-f"]);
    let line = "     7  1970-01-01 00:00:01.000001  major          hpi       0x82/0  M4 to M5\n";
    assert_eq!(text(&output.stdout), line.repeat(2));
    let errors = text(&output.stderr);
    assert!(
        errors.starts_with("shelfctl: too slow, 3 notices lost\n"),
        "{errors}"
    );
    assert!(
        errors.contains("the connection to shelfd broke"),
        "{errors}"
    );
    assert_eq!(output.status.code(), Some(1));
    let daemon = Daemon::new("follow-json", &[EVENT]);
    let printed: serde_json::Value =
        serde_json::from_slice(&daemon.run(&["events", "-f", "--json"]).stdout).unwrap();
    assert_eq!(printed["sequence"], 7);
}

/// Without a daemon the message says where it looked and what to do.
#[test]
fn nobody_there() {
    let output = shelfctl(&["status", "--run-dir", "/nonexistent/run"])
        .output()
        .unwrap();
    let errors = text(&output.stderr);
    assert!(
        errors.contains("no shelfd answers on /nonexistent/run/shelfd.sock"),
        "{errors}"
    );
    assert!(
        errors.contains("shelfd demo") && errors.contains("OPENSHELF_RUN"),
        "{errors}"
    );
    assert_eq!(output.status.code(), Some(1));
    let output = shelfctl(&["status"])
        .env("OPENSHELF_RUN", "/elsewhere")
        .output()
        .unwrap();
    assert!(text(&output.stderr).contains("/elsewhere/shelfd.sock"));
    assert_eq!(
        shelfctl(&["nonsense"]).output().unwrap().status.code(),
        Some(2)
    );
}

/// A daemon that talks nonsense is reported, not believed.
#[test]
fn nonsense() {
    for (index, line) in ["", "x", "{}", r#"{"outcome":{"done":{"text":""}}}"#]
        .iter()
        .enumerate()
    {
        let answers = Box::leak(Box::new([*line]));
        let daemon = Daemon::new(&format!("nonsense{index}"), answers);
        let output = daemon.run(&["board"]);
        assert!(
            text(&output.stderr).contains("did not answer as expected"),
            "{line}"
        );
        assert_eq!(output.status.code(), Some(1));
    }
}

/// A reader that has seen enough is no error.
#[test]
fn closed_pipe() {
    let daemon = Daemon::new("pipe", &[BOARDS]);
    let mut child = shelfctl(&["board", "--run-dir"])
        .arg(&daemon.folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));
}

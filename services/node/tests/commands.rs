//! The agent with components that are shell scripts.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use ais::amf::{CompCategory, RecommendedRecovery};
use ais::node::{Command, ComponentSpec, Order, Report};
use ais::{AisError, Dn};
use ais_wire::{Decoder, Request, ToAgent, ToComponent};
use node::{Agent, AgentConfig, AgentHandle, End, StartError};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::time::timeout;

fn dn(text: &str) -> Dn {
    Dn::parse(text).unwrap()
}

/// A directory that goes away with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("node-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn start(&self) -> Result<AgentHandle, StartError> {
        Agent::start(AgentConfig::new(dn("safAmfNode=1"), self.0.join("agent")))
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap_or_default()
    }

    /// A component that is not SA-aware, made of shell scripts that run in this directory.
    fn component(&self, instantiate: &str) -> Box<ComponentSpec> {
        let script = |script: &str| {
            let script = format!("cd {}; {script}", self.0.display());
            let arguments = vec!["-c".into(), script];
            Some(Command {
                path: "/bin/sh".into(),
                arguments,
                timeout_ms: 1000,
            })
        };
        Box::new(ComponentSpec {
            component: dn("safComp=a,safSu=1"),
            category: CompCategory(CompCategory::LOCAL),
            pre_instantiable: false,
            environment: vec![("WORD".into(), "from the model".into())],
            instantiate: script(instantiate),
            terminate: script("echo terminate >> log"),
            cleanup: script("echo cleanup >> log"),
            am_start: None,
            am_stop: None,
            instantiate_attempts_max: 1,
            delayed_instantiate_attempts_max: 0,
            instantiate_delay_ms: 0,
            am_start_attempts_max: 1,
            am_stop_attempts_max: 1,
            csi_set_timeout_ms: 1000,
            csi_remove_timeout_ms: 1000,
            quiescing_timeout_ms: 1000,
            terminate_callback_timeout_ms: 1000,
            healthchecks: Vec::new(),
            recovery: RecommendedRecovery::ComponentRestart,
        })
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn report(agent: &mut AgentHandle) -> Report {
    timeout(Duration::from_secs(5), agent.reports.recv())
        .await
        .expect("in time")
        .expect("alive")
}

async fn order(agent: &AgentHandle, order: Order) {
    agent.orders.send(order).await.unwrap();
}

fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "))
}

/// Whom a script has killed takes a moment to end.
fn ended(pid: &str) -> bool {
    (0..100).any(|_| {
        let ended = !runs(pid);
        if !ended {
            std::thread::sleep(Duration::from_millis(10));
        }
        ended
    })
}

const COMPONENT: &str = "safComp=a,safSu=1";

/// Started with its environment, terminated, its output kept; nothing is left running.
#[tokio::test]
async fn a_script_starts_and_ends() {
    let directory = Directory::new("script");
    let mut agent = directory.start().unwrap();
    assert_eq!(report(&mut agent).await, Report::Audit(Vec::new()));
    let spec = directory.component(
        "echo \"$SA_AMF_COMPONENT_NAME $WORD\" > environment; env | cut -d= -f1 > names; \
         echo to the log; sleep 60 & echo $! > pid",
    );
    order(&agent, Order::Instantiate(spec)).await;
    assert_eq!(
        report(&mut agent).await,
        Report::Instantiated(dn(COMPONENT))
    );
    assert_eq!(
        directory.read("environment"),
        format!("{COMPONENT} from the model\n")
    );
    assert!(directory.read("names").contains("OPENSHELF_AMF_SOCKET"));
    assert!(
        !directory.read("names").contains("CARGO"),
        "the agent's own environment stays its own"
    );
    let pid = directory.read("pid");
    assert!(runs(&pid));
    order(&agent, Order::Terminate(dn(COMPONENT))).await;
    assert_eq!(report(&mut agent).await, Report::Terminated(dn(COMPONENT)));
    assert_eq!(directory.read("log"), "terminate\n");
    assert!(ended(&pid));
    let logs = fs::read_dir(directory.0.join("agent/log")).unwrap();
    let log = fs::read_to_string(logs.last().unwrap().unwrap().path()).unwrap();
    assert_eq!(log, "to the log\n");
}

/// A status that is not 0 is tried again, with a cleanup in between.
#[tokio::test]
async fn a_failing_script_is_tried_again() {
    let directory = Directory::new("retry");
    let mut agent = directory.start().unwrap();
    report(&mut agent).await;
    let script = "echo start >> log; test $(grep -c start log) -eq 2";
    order(&agent, Order::Instantiate(directory.component(script))).await;
    assert_eq!(
        report(&mut agent).await,
        Report::Instantiated(dn(COMPONENT))
    );
    assert_eq!(directory.read("log"), "start\ncleanup\nstart\n");
}

/// A program that is not there is an attempt that failed.
#[tokio::test]
async fn a_missing_program() {
    let directory = Directory::new("missing");
    let mut agent = directory.start().unwrap();
    report(&mut agent).await;
    let mut spec = directory.component("");
    spec.instantiate = Some(Command {
        path: "/nonexistent".into(),
        arguments: Vec::new(),
        timeout_ms: 1000,
    });
    order(&agent, Order::Instantiate(spec)).await;
    assert_eq!(
        report(&mut agent).await,
        Report::InstantiationFailed(dn(COMPONENT))
    );
    assert_eq!(directory.read("log"), "cleanup\ncleanup\n");
}

/// A command that hangs is killed with all that it started.
#[tokio::test]
async fn a_hanging_script_is_killed() {
    let directory = Directory::new("hang");
    let mut agent = directory.start().unwrap();
    report(&mut agent).await;
    let mut spec = directory.component("sleep 60 & echo $! > pid; wait");
    spec.instantiate.as_mut().unwrap().timeout_ms = 100;
    spec.instantiate_attempts_max = 0;
    order(&agent, Order::Instantiate(spec)).await;
    assert_eq!(
        report(&mut agent).await,
        Report::InstantiationFailed(dn(COMPONENT))
    );
    assert!(!runs(&directory.read("pid")));
}

/// A cleanup that takes too long is a termination that failed.
#[tokio::test]
async fn a_hanging_cleanup() {
    let directory = Directory::new("cleanup");
    let mut agent = directory.start().unwrap();
    report(&mut agent).await;
    let mut spec = directory.component("true");
    let cleanup = spec.cleanup.as_mut().unwrap();
    cleanup.arguments = vec!["-c".into(), "sleep 60".into()];
    cleanup.timeout_ms = 100;
    order(&agent, Order::Instantiate(spec)).await;
    report(&mut agent).await;
    let began = Instant::now();
    order(&agent, Order::Cleanup(dn(COMPONENT))).await;
    assert_eq!(
        report(&mut agent).await,
        Report::TerminationFailed(dn(COMPONENT))
    );
    assert!(began.elapsed() >= Duration::from_millis(100));
}

/// Nothing survives the loss of power, not even what left its process group and session.
#[tokio::test]
async fn power_off_kills_everything() {
    let directory = Directory::new("power");
    let mut agent = directory.start().unwrap();
    report(&mut agent).await;
    let spec = directory.component("setsid sleep 60 & echo $! > pid");
    order(&agent, Order::Instantiate(spec)).await;
    report(&mut agent).await;
    let pid = directory.read("pid");
    assert!(runs(&pid));
    agent.control.power_off().await;
    assert!(!runs(&pid));
    assert_eq!(agent.control.ended().await, Some(End::PowerOff));
    drop(agent);
    let mut agent = directory.start().unwrap();
    assert!(agent.is_new);
    assert_eq!(report(&mut agent).await, Report::Audit(Vec::new()));
}

/// A reboot is for whoever started the agent; until then nothing runs.
#[tokio::test]
async fn reboot_ends_the_agent() {
    let directory = Directory::new("reboot");
    let mut agent = directory.start().unwrap();
    report(&mut agent).await;
    order(
        &agent,
        Order::Instantiate(directory.component("sleep 60 & echo $! > pid")),
    )
    .await;
    report(&mut agent).await;
    order(&agent, Order::Reboot).await;
    assert_eq!(agent.control.ended().await, Some(End::Reboot));
    assert!(!runs(&directory.read("pid")));
}

/// What an agent leaves behind is found by the next one, and by one only.
#[tokio::test]
async fn a_new_agent_finds_what_runs() {
    let directory = Directory::new("adopt");
    let mut agent = directory.start().unwrap();
    assert!(agent.is_new);
    assert!(matches!(
        directory.start(),
        Err(StartError::AlreadyRunning(_))
    ));
    report(&mut agent).await;
    order(
        &agent,
        Order::Instantiate(directory.component("sleep 60 & echo $! > pid")),
    )
    .await;
    report(&mut agent).await;
    agent.control.shutdown().await;
    assert_eq!(agent.control.ended().await, Some(End::Shutdown));
    let mut agent = directory.start().unwrap();
    assert!(!agent.is_new);
    let Report::Audit(survivors) = report(&mut agent).await else {
        panic!("no audit");
    };
    assert_eq!(survivors.len(), 1);
    assert!(runs(&directory.read("pid")));
    order(&agent, Order::Terminate(dn(COMPONENT))).await;
    assert_eq!(report(&mut agent).await, Report::Terminated(dn(COMPONENT)));
    assert!(ended(&directory.read("pid")));
}

/// Without the table nobody knows what runs: it is killed rather than run twice.
#[tokio::test]
async fn a_lost_table() {
    let directory = Directory::new("lost");
    let mut agent = directory.start().unwrap();
    report(&mut agent).await;
    order(
        &agent,
        Order::Instantiate(directory.component("sleep 60 & echo $! > pid")),
    )
    .await;
    report(&mut agent).await;
    agent.control.shutdown().await;
    for file in ["agent/running.0", "agent/running.1"] {
        // The table is in one of them at least.
        let _ = fs::remove_file(directory.0.join(file));
    }
    let mut agent = directory.start().unwrap();
    assert!(agent.is_new);
    assert_eq!(report(&mut agent).await, Report::Audit(Vec::new()));
    assert!(!runs(&directory.read("pid")));
}

/// A table that cannot be read, or is of a version to come, is as good as none.
#[tokio::test]
async fn a_bad_table_is_none() {
    let directory = Directory::new("table");
    fs::create_dir(directory.0.join("agent")).unwrap();
    for text in [
        "",
        "{",
        "9 1\n{\n9\n",
        "9 23\n{\"version\":2,\"other\":1}\n9\n",
    ] {
        fs::write(directory.0.join("agent/running.1"), text).unwrap();
        let mut agent = directory.start().unwrap();
        assert_eq!(report(&mut agent).await, Report::Audit(Vec::new()));
        agent.control.shutdown().await;
    }
}

/// Garbage closes the connection that it came on, and is counted; the socket is for the own user.
#[tokio::test]
async fn garbage_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new("garbage");
    let mut agent = directory.start().unwrap();
    report(&mut agent).await;
    let socket = directory.0.join("agent/amf.sock");
    assert_eq!(
        fs::metadata(&socket).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let attack = tokio::task::spawn_blocking(move || {
        for garbage in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            &[0xFF; 64],
            &[0, 0, 0, 0],
            &[3, 0, 0, 0, 9, 9, 9],
        ] {
            let mut stream = UnixStream::connect(&socket).unwrap();
            let _ = stream.write_all(garbage);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            assert_eq!(answer, [0; 0]);
        }
    });
    attack.await.unwrap();
    assert_eq!(agent.control.refused(), 4);
    order(&agent, Order::Terminate(dn(COMPONENT))).await;
    assert_eq!(report(&mut agent).await, Report::Terminated(dn(COMPONENT)));
}

/// Error reports come from components; while nobody takes them, they do not pile up without end.
#[tokio::test]
async fn error_reports_are_bounded() {
    let directory = Directory::new("flood");
    let mut agent = directory.start().unwrap();
    assert_eq!(report(&mut agent).await, Report::Audit(Vec::new()));
    order(
        &agent,
        Order::Instantiate(directory.component("sleep 60 &")),
    )
    .await;
    assert_eq!(
        report(&mut agent).await,
        Report::Instantiated(dn(COMPONENT))
    );
    let socket = directory.0.join("agent/amf.sock");
    let flood = tokio::task::spawn_blocking(move || {
        let mut stream = UnixStream::connect(&socket).unwrap();
        say(&mut stream, &ToAgent::Hello { version: 1, pid: 1 });
        let request = Request::ErrorReport {
            component: dn(COMPONENT),
            detected_ns: 0,
            recovery: RecommendedRecovery::NoRecommendation,
        };
        let mut decoder = Decoder::default();
        (1..5000).find(|&call| {
            let request = request.clone();
            say(&mut stream, &ToAgent::Call { call, request });
            loop {
                if let ToComponent::Answer { result, .. } = hear(&mut stream, &mut decoder) {
                    return result == Err(AisError::TryAgain);
                }
            }
        })
    });
    assert!(flood.await.unwrap().is_some());
    order(&agent, Order::Terminate(dn(COMPONENT))).await;
    while report(&mut agent).await != Report::Terminated(dn(COMPONENT)) {}
}

fn say(stream: &mut UnixStream, message: &ToAgent) {
    let frame = ais_wire::encode(message).unwrap();
    stream.write_all(&frame).unwrap();
}

fn hear(stream: &mut UnixStream, decoder: &mut Decoder) -> ToComponent {
    loop {
        if let Some(message) = decoder.message().unwrap() {
            return message;
        }
        let mut bytes = [0; 256];
        let length = stream.read(&mut bytes).unwrap();
        assert!(length > 0, "the agent closed the connection");
        decoder.feed(&bytes[..length]);
    }
}

/// Only so many may connect.
#[tokio::test]
async fn connections_are_bounded() {
    let directory = Directory::new("many");
    let mut agent = directory.start().unwrap();
    report(&mut agent).await;
    let socket = directory.0.join("agent/amf.sock");
    let mut streams = Vec::new();
    for _ in 0..260 {
        streams.push(tokio::net::UnixStream::connect(&socket).await.unwrap());
    }
    let began = Instant::now();
    while agent.control.refused() < 4 && began.elapsed() < Duration::from_secs(2) {
        tokio::task::yield_now().await;
    }
    assert_eq!(agent.control.refused(), 4);
}

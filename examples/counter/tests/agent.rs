//! The counter under a node's agent: an SA-aware component as a real process.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use ais::Dn;
use ais::amf::{
    CompCategory, CsiDescriptor, CsiFlags, CsiTransition, HaState, RecommendedRecovery,
};
use ais::node::{
    Command, ComponentSpec, CsiOutcome, FailureCause, HealthcheckSpec, Invocation, Order, Report,
    Survivor,
};
use node::{Agent, AgentConfig, AgentHandle};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::time::timeout;

fn dn(text: &str) -> Dn {
    Dn::parse(text).unwrap()
}

fn csi() -> Dn {
    dn("safCsi=c,safSi=s")
}

/// One node with its directory and ports.
struct Node {
    directory: PathBuf,
    port: u16,
    state_port: u16,
    agent: AgentHandle,
    orders: u64,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn start(directory: &Path) -> AgentHandle {
    let config = AgentConfig::new(dn("safAmfNode=1"), directory.into());
    // Long enough for a counter, short enough for a test that waits for one that does not come.
    Agent::start_within(config, 800).unwrap()
}

fn command(arguments: &[&str]) -> Option<Command> {
    let path = env!("CARGO_BIN_EXE_counter").into();
    let arguments = arguments
        .iter()
        .map(|argument| (*argument).into())
        .collect();
    Some(Command {
        path,
        arguments,
        timeout_ms: 1500,
    })
}

fn component() -> Dn {
    dn("safComp=counter,safSu=1")
}

fn spec(state_port: u16) -> Box<ComponentSpec> {
    Box::new(ComponentSpec {
        component: component(),
        category: CompCategory(CompCategory::SA_AWARE | CompCategory::LOCAL),
        pre_instantiable: true,
        environment: vec![
            ("COUNTER_STATE_PORT".into(), state_port.to_string()),
            ("COUNTER_HEALTHCHECK".into(), "h".into()),
        ],
        instantiate: command(&["run"]),
        terminate: None,
        cleanup: command(&["cleanup"]),
        am_start: None,
        am_stop: None,
        instantiate_attempts_max: 0,
        delayed_instantiate_attempts_max: 0,
        instantiate_delay_ms: 0,
        am_start_attempts_max: 1,
        am_stop_attempts_max: 1,
        csi_set_timeout_ms: 1000,
        csi_remove_timeout_ms: 1000,
        quiescing_timeout_ms: 1000,
        terminate_callback_timeout_ms: 1000,
        healthchecks: vec![HealthcheckSpec {
            key: b"h".to_vec(),
            period_ms: 50,
            duration_ms_max: 300,
        }],
        recovery: RecommendedRecovery::ComponentRestart,
    })
}

fn set(number: u64, ha_state: HaState, port: u16) -> Order {
    let csi = CsiDescriptor {
        flags: CsiFlags::AddOne,
        csi: Some(csi()),
        transition: CsiTransition::NewAssign,
        active_component: None,
        standby_rank: 0,
        attributes: vec![("port".into(), port.to_string())],
    };
    Order::SetCsi {
        invocation: Invocation(number),
        component: component(),
        ha_state,
        csi,
    }
}

fn done(number: u64) -> Report {
    Report::CsiDone {
        invocation: Invocation(number),
        outcome: CsiOutcome::Ok,
    }
}

async fn next(agent: &mut AgentHandle) -> Report {
    timeout(Duration::from_secs(5), agent.reports.recv())
        .await
        .expect("in time")
        .expect("alive")
}

impl Node {
    /// A node whose counter runs.
    async fn running(name: &str) -> Self {
        let mut node = Self::new(name).await;
        node.instantiated(spec(node.state_port)).await;
        node
    }

    async fn new(name: &str) -> Self {
        let directory = directory(name);
        let (port, state_port) = (free_port(), free_port());
        let mut agent = start(&directory);
        assert_eq!(next(&mut agent).await, Report::Audit(Vec::new()));
        Self {
            directory,
            port,
            state_port,
            agent,
            orders: 0,
        }
    }

    async fn order(&self, order: Order) {
        self.agent.orders.send(order).await.unwrap();
    }

    async fn report(&mut self) -> Report {
        next(&mut self.agent).await
    }

    async fn instantiated(&mut self, spec: Box<ComponentSpec>) {
        self.order(Order::Instantiate(spec)).await;
        assert_eq!(self.report().await, Report::Instantiated(component()));
    }

    async fn active(&mut self) {
        self.orders += 1;
        let number = 100 + self.orders;
        self.order(set(number, HaState::Active, self.port)).await;
        assert_eq!(self.report().await, done(number));
    }

    /// The counter's process, as it says itself.
    fn pid(&self) -> u32 {
        ask(self.state_port, "STATE")
            .unwrap()
            .rsplit_once(' ')
            .unwrap()
            .1
            .parse()
            .unwrap()
    }

    fn failed(cause: FailureCause) -> Report {
        let recovery = RecommendedRecovery::ComponentRestart;
        Report::Failed {
            component: component(),
            cause,
            recovery,
        }
    }

    async fn power_off(self) {
        self.agent.control.power_off().await;
    }
}

/// A test that fails leaves no counter behind.
impl Drop for Node {
    fn drop(&mut self) {
        let _ = std::process::Command::new(env!("CARGO_BIN_EXE_counter"))
            .arg("cleanup")
            .env("SA_AMF_COMPONENT_NAME", component().as_str())
            .env("OPENSHELF_AMF_SOCKET", self.directory.join("amf.sock"))
            .status();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("counter-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    directory
}

/// One line to a counter and back; `None` when nobody answers.
fn ask(port: u16, line: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(format!("{line}\n").as_bytes()).ok()?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).ok()?;
    (!answer.is_empty()).then(|| answer.trim_end().into())
}

fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "))
}

fn kill(pid: u32) {
    let status = std::process::Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status();
    assert!(status.unwrap().success());
}

/// Active it counts, quiesced it lets go of its port, asked to terminate it ends.
#[tokio::test]
async fn a_counter_lives() {
    let mut node = Node::running("lives").await;
    let pid = node.pid();
    let shown = |state| Some(format!("{state} safComp=counter,safSu=1 {pid}"));
    assert_eq!(ask(node.state_port, "STATE"), shown("UNASSIGNED"));
    node.active().await;
    assert_eq!(ask(node.port, "INCR").as_deref(), Some("1"));
    assert_eq!(ask(node.port, "INCR").as_deref(), Some("2"));
    assert_eq!(ask(node.port, "STATE"), shown("ACTIVE"));
    node.order(set(2, HaState::Quiescing, node.port)).await;
    assert_eq!(node.report().await, done(2));
    let quiesced = Report::QuiescingComplete {
        invocation: Invocation(2),
        outcome: CsiOutcome::Ok,
    };
    assert_eq!(node.report().await, quiesced);
    assert_eq!(ask(node.port, "INCR"), None);
    assert_eq!(
        ask(node.state_port, "INCR").as_deref(),
        Some("ERR QUIESCING")
    );
    let (invocation, component) = (Invocation(3), component());
    node.order(Order::RemoveCsi {
        invocation,
        component: component.clone(),
        csi: None,
    })
    .await;
    assert_eq!(node.report().await, done(3));
    node.order(Order::Terminate(component.clone())).await;
    assert_eq!(node.report().await, Report::Terminated(component));
    assert!(!runs(pid));
    node.power_off().await;
}

/// The death of the process is known at once, and what is left is cleaned up.
#[tokio::test]
async fn a_counter_dies() {
    let mut node = Node::running("dies").await;
    let mut best = Duration::MAX;
    // A busy host may take its time once, but not always.
    for _ in 0..3 {
        node.active().await;
        let pid = node.pid();
        let began = Instant::now();
        kill(pid);
        assert_eq!(
            node.report().await,
            Node::failed(FailureCause::ProcessEnded)
        );
        best = best.min(began.elapsed());
        node.order(Order::Cleanup(component())).await;
        assert_eq!(node.report().await, Report::Terminated(component()));
        let spec = spec(node.state_port);
        node.instantiated(spec).await;
        assert_ne!(node.pid(), pid);
    }
    assert!(best < Duration::from_millis(50), "{best:?}");
    node.power_off().await;
}

/// A command that puts the component into the background, in a session of its own, is no child of
/// the agent.
#[tokio::test]
async fn a_counter_in_the_background() {
    let mut node = Node::new("background").await;
    let mut spec = spec(node.state_port);
    let script = format!("setsid {} run & exit 0", env!("CARGO_BIN_EXE_counter"));
    let arguments = vec!["-c".into(), script];
    spec.instantiate = Some(Command {
        path: "/bin/sh".into(),
        arguments,
        timeout_ms: 1500,
    });
    node.instantiated(spec).await;
    node.active().await;
    kill(node.pid());
    assert_eq!(
        node.report().await,
        Node::failed(FailureCause::ProcessEnded)
    );
    node.power_off().await;
}

/// Healthchecks that are answered with an error, or not at all.
#[tokio::test]
async fn an_unhealthy_counter() {
    let mut node = Node::running("unhealthy").await;
    ask(node.state_port, "FAIL healthcheck").unwrap();
    assert_eq!(
        node.report().await,
        Node::failed(FailureCause::HealthcheckFailed)
    );
    node.order(Order::Cleanup(component())).await;
    assert_eq!(node.report().await, Report::Terminated(component()));
    let spec = spec(node.state_port);
    node.instantiated(spec).await;
    let pid = node.pid();
    ask(node.state_port, "HANG").unwrap();
    assert_eq!(
        node.report().await,
        Node::failed(FailureCause::HealthcheckTimedOut)
    );
    // It does not answer the terminate callback either, but it is erroneous, and so is not asked.
    node.order(Order::Terminate(component())).await;
    assert_eq!(node.report().await, Report::Terminated(component()));
    assert!(!runs(pid));
    node.power_off().await;
}

/// Errors in answer to CSI and terminate callbacks.
#[tokio::test]
async fn a_disobedient_counter() {
    let mut node = Node::running("disobedient").await;
    let pid = node.pid();
    ask(node.state_port, "FAIL csi").unwrap();
    node.order(set(1, HaState::Active, node.port)).await;
    let (invocation, outcome) = (Invocation(1), CsiOutcome::Failed);
    assert_eq!(
        node.report().await,
        Report::CsiDone {
            invocation,
            outcome
        }
    );
    ask(node.state_port, "FAIL terminate").unwrap();
    node.order(Order::Terminate(component())).await;
    assert_eq!(node.report().await, Report::Terminated(component()));
    assert!(!runs(pid));
    node.power_off().await;
}

/// A component that runs, but never registers, has not been started.
#[tokio::test]
async fn a_counter_that_does_not_register() {
    let mut node = Node::new("silent").await;
    let mut spec = spec(node.state_port);
    spec.environment
        .push(("COUNTER_FAULT".into(), "register".into()));
    spec.instantiate.as_mut().unwrap().timeout_ms = 100;
    node.order(Order::Instantiate(spec)).await;
    assert_eq!(
        node.report().await,
        Report::InstantiationFailed(component())
    );
    node.power_off().await;
}

/// A standby goes on counting where the active one was.
#[tokio::test]
async fn a_standby_takes_over() {
    let mut active = Node::running("active").await;
    let mut standby = Node::running("standby").await;
    active.active().await;
    standby.order(set(1, HaState::Standby, active.port)).await;
    assert_eq!(standby.report().await, done(1));
    for _ in 0..3 {
        ask(active.port, "INCR").unwrap();
    }
    let began = Instant::now();
    while ask(standby.state_port, "VALUE").as_deref() != Some("3") {
        assert!(began.elapsed() < Duration::from_secs(2));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let port = active.port;
    active.power_off().await;
    standby.order(set(2, HaState::Active, port)).await;
    assert_eq!(standby.report().await, done(2));
    assert_eq!(ask(port, "INCR").as_deref(), Some("4"));
    standby.power_off().await;
}

/// The agent is killed with -9. Its counter counts on, and comes back to the next agent; it is not
/// started twice.
#[tokio::test]
async fn the_agent_is_killed() {
    let directory = directory("killed");
    let (port, state_port) = (free_port(), free_port());
    let mut child = in_a_process(&directory, (port, state_port));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().ends_with("active")));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(ask(port, "INCR").as_deref(), Some("1"));

    let began = Instant::now();
    let mut agent = start(&directory);
    let survivor = Survivor {
        component: component(),
        csis: vec![(csi(), HaState::Active)],
    };
    assert_eq!(next(&mut agent).await, Report::Audit(vec![survivor]));
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
    let mut node = Node {
        directory,
        port,
        state_port,
        agent,
        orders: 0,
    };
    node.order(Order::Instantiate(spec(state_port))).await;
    assert_eq!(node.report().await, Report::Instantiated(component()));
    assert_eq!(ask(port, "INCR").as_deref(), Some("2"));
    let pid = node.pid();
    ask(state_port, "EXIT");
    assert_eq!(
        node.report().await,
        Node::failed(FailureCause::ProcessEnded)
    );
    assert!(!runs(pid));
    node.power_off().await;
}

/// Killed at any moment of a start: the next agent finds all or nothing, and one counter runs in
/// the end.
#[tokio::test]
async fn the_agent_is_killed_at_any_time() {
    let directory = directory("any-time");
    let (port, state_port) = (free_port(), free_port());
    for delay_ms in [3, 6, 9, 12, 16, 20, 25, 35, 50, 80] {
        let mut child = in_a_process(&directory, (port, state_port));
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let mut agent = start(&directory);
        let Report::Audit(survivors) = next(&mut agent).await else {
            panic!("no audit");
        };
        assert!(survivors.len() <= 1);
        assert_eq!(running(&directory), survivors.len(), "after {delay_ms} ms");
        let order = Order::Instantiate(spec(state_port));
        agent.orders.send(order).await.unwrap();
        assert_eq!(next(&mut agent).await, Report::Instantiated(component()));
        assert_eq!(running(&directory), 1, "after {delay_ms} ms");
        agent.control.shutdown().await;
    }
    let agent = start(&directory);
    Node {
        directory,
        port,
        state_port,
        agent,
        orders: 0,
    }
    .power_off()
    .await;
}

/// How many processes run with the environment of this directory's agent.
fn running(directory: &Path) -> usize {
    let mark = format!(
        "OPENSHELF_AMF_SOCKET={}",
        directory.join("amf.sock").display()
    );
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let environments = entries.filter_map(|entry| fs::read(entry.path().join("environ")).ok());
    let marked = |variables: &Vec<u8>| variables.split(|b| *b == 0).any(|v| v == mark.as_bytes());
    environments.filter(marked).count()
}

/// An agent in a process of its own, which starts a counter and makes it active.
fn in_a_process(directory: &Path, (port, state_port): (u16, u16)) -> std::process::Child {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "an_agent_in_a_process_of_its_own", "--nocapture"])
        .env(
            "AGENT",
            format!("{} {port} {state_port}", directory.display()),
        )
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap()
}

/// Not a test by itself: the process that the test above kills.
#[tokio::test]
async fn an_agent_in_a_process_of_its_own() {
    let Ok(words) = std::env::var("AGENT") else {
        return;
    };
    let words: Vec<_> = words.split(' ').collect();
    let mut agent = start(Path::new(words[0]));
    next(&mut agent).await;
    agent
        .orders
        .send(Order::Instantiate(spec(words[2].parse().unwrap())))
        .await
        .unwrap();
    next(&mut agent).await;
    let order = set(1, HaState::Active, words[1].parse().unwrap());
    agent.orders.send(order).await.unwrap();
    next(&mut agent).await;
    println!("active");
    std::future::pending::<()>().await;
}

/// A counter that died, and one that stopped answering, while there was no agent: neither is a
/// survivor.
#[tokio::test]
async fn the_dead_are_no_survivors() {
    for dead in [true, false] {
        let mut node = Node::running("dead").await;
        let pid = node.pid();
        node.agent.control.shutdown().await;
        if dead {
            kill(pid);
        } else {
            let stop = std::process::Command::new("kill")
                .args(["-STOP", &pid.to_string()])
                .status();
            assert!(stop.unwrap().success());
        }
        let mut agent = start(&node.directory);
        assert_eq!(next(&mut agent).await, Report::Audit(Vec::new()));
        assert!(!runs(pid));
        node.agent = agent;
        node.power_off().await;
    }
}

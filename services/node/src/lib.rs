//! The agent of one node: runs its components, watches them, and lets them speak to AMF.
//!
//! A dull shell around one [`lifecycle::Lifecycle`] for each component: it runs commands, watches
//! processes through pidfds, serves the components' socket, keeps the time, and writes down what
//! runs, so that an agent that was killed finds its components again. Orders come in on one
//! channel, reports leave on another.
//!
//! What runs is found in three ways, so that nothing stays behind unseen: by the process group of a
//! command that still runs, by the registered process, and by the component's name and the agent's
//! socket in a process's environment.
//!
//! Source: SAI-AIS-AMF-B.04.01 chapter 4.
//! Invariant: the death of the agent ends no component; a new agent audits what it finds before it
//! takes orders.

mod actor;
mod command;
mod connection;
mod kept;
mod log;
mod process;
mod table;

use ais::Dn;
use ais::node::{Order, Report};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot, watch};

/// Where an agent works.
#[derive(Clone, Debug)]
pub struct AgentConfig {
    /// The AMF node that it serves; for logs.
    pub node: Dn,
    /// A directory of its own, made if it is missing: the table of what runs, and the components'
    /// output.
    pub directory: PathBuf,
    /// Where the components' socket is made. Components are recognized by it, so it stays the same.
    pub socket: PathBuf,
}

impl AgentConfig {
    /// An agent that works in `directory` and has its socket there.
    pub fn new(node: Dn, directory: PathBuf) -> Self {
        let socket = directory.join("amf.sock");
        Self {
            node,
            directory,
            socket,
        }
    }
}

/// Why an agent cannot start.
#[derive(Debug)]
pub enum StartError {
    /// Another agent works in the same directory.
    AlreadyRunning(PathBuf),
    /// A file or the socket cannot be made.
    Io(PathBuf, io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyRunning(path) => {
                write!(f, "another agent works in {}", path.display())
            }
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for StartError {}

/// Why an agent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// [`Control::shutdown`], or nobody is left to give orders. Components run on.
    Shutdown,
    /// [`Control::power_off`]. Nothing runs.
    PowerOff,
    /// [`Order::Reboot`]. Nothing runs; the node is to be rebooted by whoever started the agent.
    Reboot,
}

/// The agent of one node.
#[derive(Debug)]
pub struct Agent;

/// A running agent.
#[derive(Debug)]
pub struct AgentHandle {
    /// Orders to it. Dropping all senders shuts it down.
    pub orders: mpsc::Sender<Order>,
    /// Its reports. The first one is always [`Report::Audit`].
    pub reports: mpsc::Receiver<Report>,
    /// Everything else.
    pub control: Control,
    /// Whether it is the first agent since the node has booted, or the first that knows anything of
    /// it: what ran on the node before has ended.
    pub is_new: bool,
}

/// Ends an agent, and tells how it is.
#[derive(Clone, Debug)]
pub struct Control {
    calls: mpsc::Sender<(End, oneshot::Sender<()>)>,
    ended: watch::Receiver<Option<End>>,
    refused: Arc<AtomicU64>,
}

/// Orders and reports that wait in each direction before the sender has to.
const CHANNEL_LENGTH: usize = 1024;

impl Agent {
    /// How long components that survived an earlier agent may take to come back.
    pub const RECONNECT_MS_MAX: u32 = 3000;

    /// Starts an agent, which begins by looking for what an earlier one left running. Needs a tokio
    /// runtime.
    pub fn start(config: AgentConfig) -> Result<AgentHandle, StartError> {
        Self::start_within(config, Self::RECONNECT_MS_MAX)
    }

    /// The same with another time for components that survived an earlier agent to come back.
    pub fn start_within(
        config: AgentConfig,
        reconnect_ms_max: u32,
    ) -> Result<AgentHandle, StartError> {
        let (orders, order_receiver) = mpsc::channel(CHANNEL_LENGTH);
        let (report_sender, reports) = mpsc::channel(CHANNEL_LENGTH);
        let (calls, call_receiver) = mpsc::channel(1);
        let (ended_sender, ended) = watch::channel(None);
        let refused = Arc::new(AtomicU64::new(0));
        let ports = actor::Ports {
            orders: order_receiver,
            reports: report_sender,
            calls: call_receiver,
            refused: refused.clone(),
            reconnect_ms_max,
        };
        let actor = actor::Actor::new(config, ports)?;
        let is_new = actor.is_new();
        tokio::spawn(async move {
            let end = actor.run().await;
            let _ = ended_sender.send(Some(end));
        });
        let control = Control {
            calls,
            ended,
            refused,
        };
        Ok(AgentHandle {
            orders,
            reports,
            control,
            is_new,
        })
    }
}

impl Control {
    /// Ends the agent and leaves the components to the next one.
    pub async fn shutdown(&self) {
        self.call(End::Shutdown).await;
    }

    /// The blade lost its power: kills all that runs on the node at once, forgets it, and ends the
    /// agent.
    pub async fn power_off(&self) {
        self.call(End::PowerOff).await;
    }

    async fn call(&self, end: End) {
        let (done, is_done) = oneshot::channel();
        if self.calls.send((end, done)).await.is_ok() {
            let _ = is_done.await;
        }
    }

    /// Waits for the end of the agent. `None` when it was torn down with its runtime.
    pub async fn ended(&self) -> Option<End> {
        let mut ended = self.ended.clone();
        let end = ended.wait_for(Option::is_some).await.ok()?;
        *end
    }

    /// How many connections were closed because of what they sent, or because there were too many.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

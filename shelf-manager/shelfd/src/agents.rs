//! The agents of the nodes that live in this process.
//!
//! Each stands for a blade's operating system: it boots when its execution environment is to be
//! started, and everything on it dies when the blade loses its power.

use crate::config;
use ais::Dn;
use ais::node::{Order, Report};
use node::{Agent, AgentConfig, AgentHandle, Control, End};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What comes back from the agents.
#[derive(Debug)]
pub(crate) enum AgentEvent {
    /// An agent runs; its first report follows.
    Started {
        /// Its node.
        node: Dn,
        /// Which start it was.
        boot: u64,
        /// Where its orders go.
        orders: mpsc::Sender<Order>,
        /// How it is ended.
        control: Control,
        /// It is the first since its node has booted.
        is_new: bool,
    },
    /// An agent could not be started.
    Failed {
        /// Its node.
        node: Dn,
        /// Why, for people.
        why: String,
    },
    /// An agent reports.
    Report {
        /// Its node.
        node: Dn,
        /// Which start the agent belongs to.
        boot: u64,
        /// The report.
        report: Report,
    },
    /// An agent ended.
    Ended {
        /// Its node.
        node: Dn,
        /// Which start it belonged to.
        boot: u64,
        /// Why.
        end: End,
    },
}

#[derive(Debug)]
enum Phase {
    Off,
    Booting(JoinHandle<()>),
    On {
        orders: mpsc::Sender<Order>,
        control: Control,
    },
    /// Losing its power; `again` when it is to boot as soon as nothing of it runs any more.
    Ending {
        again: bool,
    },
}

#[derive(Debug)]
struct Hosted {
    boot_time: Duration,
    /// Counts the starts, so that what a dead agent left in a channel is told from its successor's.
    boot: u64,
    phase: Phase,
}

/// All agents of this process.
#[derive(Debug)]
pub(crate) struct Agents {
    directory: PathBuf,
    hosted: BTreeMap<Dn, Hosted>,
    events: mpsc::Sender<AgentEvent>,
}

/// Events that wait before agents have to.
const EVENTS_MAX: usize = 1_024;

impl Agents {
    pub(crate) fn new(
        directory: &Path,
        nodes: &[config::Node],
    ) -> (Self, mpsc::Receiver<AgentEvent>) {
        let (events, receiver) = mpsc::channel(EVENTS_MAX);
        let hosted = nodes.iter().map(|node| {
            let hosted = Hosted {
                boot_time: node.boot(),
                boot: 0,
                phase: Phase::Off,
            };
            (node.name.0.clone(), hosted)
        });
        let agents = Self {
            directory: directory.to_owned(),
            hosted: hosted.collect(),
            events,
        };
        (agents, receiver)
    }

    /// The folder below which the agents work.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether the agent of a node takes orders.
    pub(crate) fn is_on(&self, node: &Dn) -> bool {
        let hosted = self.hosted.get(node);
        hosted.is_some_and(|hosted| matches!(hosted.phase, Phase::On { .. }))
    }

    /// Boots a node; nothing happens when it boots or runs already.
    pub(crate) fn start(&mut self, node: &Dn) {
        let config = self.config(node);
        let Some(hosted) = self.hosted.get_mut(node) else {
            return;
        };
        match &mut hosted.phase {
            Phase::Off => {}
            Phase::Booting(_) | Phase::On { .. } => return,
            Phase::Ending { again } => {
                *again = true;
                return;
            }
        }
        hosted.boot += 1;
        let boot = (hosted.boot, hosted.boot_time);
        hosted.phase = Phase::Booting(tokio::spawn(run(config, boot, self.events.clone())));
    }

    /// Boots all nodes.
    pub(crate) fn start_all(&mut self) {
        let nodes: Vec<Dn> = self.hosted.keys().cloned().collect();
        for node in nodes {
            self.start(&node);
        }
    }

    /// Lets the agents that run begin anew, with an audit: orders to them may have been missed.
    pub(crate) fn audit(&mut self) {
        for hosted in self.hosted.values_mut() {
            if let Phase::On { orders, control } = &hosted.phase {
                let (orders, control) = (orders.clone(), control.clone());
                tokio::spawn(async move {
                    control.shutdown().await;
                    drop(orders); // Without anybody to order it, it would end before it is told to.
                });
                hosted.phase = Phase::Ending { again: true };
            }
        }
    }

    /// Clears nodes that are off and yet have a folder: a daemon that was killed may have left
    /// something running there, although the log says that the blade has no power.
    pub(crate) fn sweep(&mut self) {
        let nodes: Vec<Dn> = self.hosted.keys().cloned().collect();
        for node in nodes {
            self.clear(&node);
        }
    }

    /// Ends what an earlier agent left running on a node that is off.
    fn clear(&mut self, node: &Dn) {
        let config = self.config(node);
        let Some(hosted) = self.hosted.get_mut(node) else {
            return;
        };
        if matches!(hosted.phase, Phase::Off) && config.directory.exists() {
            hosted.boot += 1;
            hosted.phase = Phase::Ending { again: false };
            tokio::spawn(clear(config, hosted.boot, self.events.clone()));
        }
    }

    /// The agent has started: takes its channels over. One that was powered off meanwhile is ended.
    pub(crate) fn started(
        &mut self,
        (node, boot): (&Dn, u64),
        orders: mpsc::Sender<Order>,
        control: Control,
    ) {
        let Some(hosted) = self.hosted.get_mut(node) else {
            return;
        };
        if hosted.boot == boot && matches!(hosted.phase, Phase::Booting(_)) {
            hosted.phase = Phase::On { orders, control };
        } else {
            tokio::spawn(async move { control.power_off().await });
        }
    }

    /// Whether an event of this start still counts.
    pub(crate) fn is_current(&self, node: &Dn, boot: u64) -> bool {
        let hosted = self.hosted.get(node);
        hosted.is_some_and(|hosted| hosted.boot == boot && matches!(hosted.phase, Phase::On { .. }))
    }

    /// The agent is gone, or never came.
    pub(crate) fn ended(&mut self, node: &Dn) {
        let Some(hosted) = self.hosted.get_mut(node) else {
            return;
        };
        let ended = core::mem::replace(&mut hosted.phase, Phase::Off);
        if matches!(ended, Phase::Ending { again: true }) {
            self.start(node);
        }
    }

    /// Hands an order over. An agent that is not there loses it; AMF repeats it when one appears.
    pub(crate) fn order(&self, node: &Dn, order: Order) {
        let Some(Hosted {
            phase: Phase::On { orders, .. },
            ..
        }) = self.hosted.get(node)
        else {
            return tracing::warn!(%node, ?order, "no agent to take the order");
        };
        if let Err(why) = orders.try_send(order) {
            tracing::error!(%node, %why, "the agent does not take orders");
        }
    }

    /// The blade has no power any more: nothing that runs on it may go on.
    pub(crate) fn power_off(&mut self, node: &Dn) {
        let Some(hosted) = self.hosted.get_mut(node) else {
            return;
        };
        match &mut hosted.phase {
            // What an earlier daemon left running there may still be waiting for its agent.
            Phase::Off => self.clear(node),
            Phase::Booting(task) => {
                task.abort();
                hosted.phase = Phase::Off;
                self.clear(node);
            }
            Phase::On { orders, control } => {
                let (orders, control) = (orders.clone(), control.clone());
                tokio::spawn(async move {
                    control.power_off().await;
                    drop(orders); // An agent without anybody to order it would just shut down.
                });
                hosted.phase = Phase::Ending { again: false };
            }
            Phase::Ending { again } => *again = false,
        }
    }

    /// The daemon goes: components run on.
    pub(crate) async fn shutdown(&mut self) {
        for hosted in self.hosted.values_mut() {
            match core::mem::replace(&mut hosted.phase, Phase::Off) {
                Phase::Off | Phase::Ending { .. } => {}
                Phase::Booting(task) => task.abort(),
                Phase::On { control, .. } => control.shutdown().await,
            }
        }
    }

    fn config(&self, node: &Dn) -> AgentConfig {
        AgentConfig {
            node: node.clone(),
            directory: self.folder(node),
            socket: self.folder(node).join("amf.sock"),
        }
    }

    /// All blades lose their power, and nothing of them runs any more when this returns.
    pub(crate) async fn power_off_all(&mut self) {
        for hosted in self.hosted.values_mut() {
            match core::mem::replace(&mut hosted.phase, Phase::Off) {
                Phase::Off | Phase::Ending { .. } => {}
                Phase::Booting(task) => task.abort(),
                Phase::On { orders, control } => {
                    control.power_off().await;
                    drop(orders); // See `power_off`.
                }
            }
        }
    }

    /// A node's folder, named by the node's own relative name.
    fn folder(&self, node: &Dn) -> PathBuf {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let name: String = node.value().chars().map(plain).collect();
        self.directory.join(name)
    }
}

/// Boots, starts the agent, and carries its reports until it ends.
async fn run(
    config: AgentConfig,
    (boot, boot_time): (u64, Duration),
    events: mpsc::Sender<AgentEvent>,
) {
    tokio::time::sleep(boot_time).await;
    let node = config.node.clone();
    let handle = match Agent::start(config) {
        Ok(handle) => handle,
        Err(why) => {
            let why = why.to_string();
            let _ = events.send(AgentEvent::Failed { node, why }).await;
            return;
        }
    };
    let AgentHandle {
        orders,
        mut reports,
        control,
        is_new,
    } = handle;
    let started = AgentEvent::Started {
        node: node.clone(),
        boot,
        orders,
        control: control.clone(),
        is_new,
    };
    let _ = events.send(started).await;
    while let Some(report) = reports.recv().await {
        let node = node.clone();
        let _ = events.send(AgentEvent::Report { node, boot, report }).await;
    }
    let end = control.ended().await.unwrap_or(End::Shutdown);
    let _ = events.send(AgentEvent::Ended { node, boot, end }).await;
}

/// Starts an agent only to end all that an earlier one left running.
async fn clear(config: AgentConfig, boot: u64, events: mpsc::Sender<AgentEvent>) {
    let node = config.node.clone();
    let event = match Agent::start(config) {
        Ok(AgentHandle {
            control, orders, ..
        }) => {
            control.power_off().await;
            drop(orders);
            let end = End::PowerOff;
            AgentEvent::Ended { node, boot, end }
        }
        Err(why) => AgentEvent::Failed {
            node,
            why: why.to_string(),
        },
    };
    let _ = events.send(event).await;
}

//! The one task that owns all components of the node.

mod calls;
mod effects;

use crate::connection::{self, ClientEvent};
use crate::process::{self, Of, Victims};
use crate::table::Table;
use crate::{AgentConfig, End, StartError, log};
use ais::Dn;
use ais::node::{Order, Report};
use ais_wire::environment;
use lifecycle::{Client, CommandEnd, Input, Lifecycle, Process, ProcessEnd, Run};
use machine::{Machine, Time};
use rustix::fs::{FlockOperation, flock};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// The outside of the agent.
pub(crate) struct Ports {
    pub(crate) orders: mpsc::Receiver<Order>,
    pub(crate) reports: mpsc::Sender<Report>,
    pub(crate) calls: mpsc::Receiver<(End, oneshot::Sender<()>)>,
    pub(crate) refused: Arc<AtomicU64>,
    /// How long survivors may take to come back.
    pub(crate) reconnect_ms_max: u32,
}

/// What tasks of the agent tell it.
#[derive(Debug)]
enum Event {
    /// A command ended.
    CommandEnded {
        component: Dn,
        run: Run,
        end: CommandEnd,
    },
    /// A process that a component's machine wants to be watched ended.
    ProcessEnded {
        component: Dn,
        pid: u32,
        end: Option<ProcessEnd>,
    },
    /// A connection does not take its messages.
    CutOff(Client),
}

/// One component.
struct Hosted {
    lifecycle: Lifecycle,
    /// Commands that run, by their process groups.
    groups: BTreeMap<Run, u32>,
    /// Processes that are watched.
    watched: BTreeSet<u32>,
}

/// One connection.
struct Connected {
    process: Process,
    messages: mpsc::Sender<Vec<u8>>,
}

/// The agent.
pub(crate) struct Actor {
    config: AgentConfig,
    ports: Ports,
    /// Held as long as the agent runs.
    _lock: Lock,
    table: Table,
    began: Instant,
    hosted: BTreeMap<Dn, Hosted>,
    /// Which component makes the callbacks of which invocations.
    slots: BTreeMap<u16, Dn>,
    clients: BTreeMap<Client, Connected>,
    /// Tasks, and what they tell.
    tasks: JoinSet<()>,
    events: mpsc::Sender<Event>,
    event_receiver: mpsc::Receiver<Event>,
    client_events: mpsc::Receiver<(Client, ClientEvent)>,
    /// Events that the agent tells itself.
    own_events: VecDeque<Event>,
    /// Reports that wait to be taken.
    outbox: VecDeque<Report>,
    audited: bool,
}

/// Reports that may wait before no more orders, and no more error reports, are taken.
const OUTBOX_MAX: usize = 1024;

/// How long the lock is waited for.
const LOCK_TIME: Duration = Duration::from_millis(300);

/// Most components of a node.
const COMPONENTS_MAX: usize = 4096;

/// How often the components' output is looked after.
const LOG_PERIOD: Duration = Duration::from_secs(5);

fn at(path: &std::path::Path) -> impl FnOnce(io::Error) -> StartError {
    move |error| StartError::Io(path.into(), error)
}

impl Actor {
    pub(crate) fn new(mut config: AgentConfig, ports: Ports) -> Result<Self, StartError> {
        // Components do not share the agent's working directory.
        config.socket = std::path::absolute(&config.socket).map_err(at(&config.socket))?;
        let directory = &config.directory;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(at(directory))?;
        let lock = lock(&config)?;
        let mut table = Table::read(&directory.join("running"));
        table.write().map_err(at(directory))?;
        let listener = connection::listen(&config.socket).map_err(at(&config.socket))?;
        let (events, event_receiver) = mpsc::channel(crate::CHANNEL_LENGTH);
        let mut actor = Self {
            ports,
            _lock: lock,
            table,
            began: Instant::now(),
            hosted: BTreeMap::new(),
            slots: BTreeMap::new(),
            clients: BTreeMap::new(),
            tasks: JoinSet::new(),
            events,
            event_receiver,
            client_events: mpsc::channel(1).1,
            own_events: VecDeque::new(),
            outbox: VecDeque::new(),
            audited: false,
            config,
        };
        actor.listen(listener);
        Ok(actor)
    }

    /// Whether it is the first agent since the node has booted.
    pub(crate) fn is_new(&self) -> bool {
        self.table.is_new()
    }

    fn listen(&mut self, listener: UnixListener) {
        let (events, receiver) = mpsc::channel(crate::CHANNEL_LENGTH);
        self.client_events = receiver;
        self.tasks.spawn(connection::accept(
            listener,
            events,
            self.ports.refused.clone(),
        ));
    }

    /// Serves until it is ended.
    pub(crate) async fn run(mut self) -> End {
        self.kill_unknown().await;
        self.adopt();
        let reports = self.ports.reports.clone();
        let mut logs = tokio::time::interval(LOG_PERIOD);
        let (end, done) = loop {
            self.settle();
            let deadline = self.deadline();
            let wakes = deadline.unwrap_or_else(|| self.began + Duration::from_secs(1 << 30));
            let takes_orders = self.audited && self.outbox.len() < OUTBOX_MAX;
            tokio::select! {
                Some(event) = self.event_receiver.recv() => self.event(event),
                Some((client, event)) = self.client_events.recv() => {
                    self.client_event(client, event);
                }
                permit = reports.reserve(), if !self.outbox.is_empty() => {
                    match (permit, self.outbox.pop_front()) {
                        (Ok(permit), Some(report)) => permit.send(report),
                        // Nobody listens any more.
                        (Ok(_), None) | (Err(_), _) => self.outbox.clear(),
                    }
                }
                order = self.ports.orders.recv(), if takes_orders => match order {
                    Some(Order::Reboot) => break (End::Reboot, None),
                    Some(order) => self.order(order),
                    None => break (End::Shutdown, None),
                },
                Some((end, done)) = self.ports.calls.recv() => break (end, Some(done)),
                () = sleep_until(wakes), if deadline.is_some() => self.tick(),
                _ = logs.tick() => self.bound_logs(),
                Some(_) = self.tasks.join_next() => {}
            }
        };
        self.end(end).await;
        if let Some(done) = done {
            let _ = done.send(());
        }
        end
    }

    async fn end(mut self, end: End) {
        tracing::info!(node = %self.config.node, ?end, "the agent ends");
        if end == End::Shutdown {
            return;
        }
        let victims = Victims {
            socket: self.socket(),
            of: Of::All,
            registered: self
                .hosted
                .values()
                .filter_map(|h| h.lifecycle.process())
                .collect(),
            groups: self
                .hosted
                .values()
                .flat_map(|h| h.groups.values().copied())
                .collect(),
        };
        let killed = tokio::task::spawn_blocking(move || victims.kill());
        if !killed.await.unwrap_or(false) {
            tracing::error!(node = %self.config.node, "something could not be killed");
        }
        self.table.clear();
        let _ = std::fs::remove_file(&self.config.socket);
    }

    fn socket(&self) -> String {
        self.config.socket.to_string_lossy().into_owned()
    }

    fn now(&self) -> Time {
        Time::default().after(self.began.elapsed())
    }

    fn deadline(&self) -> Option<Instant> {
        let due = self
            .hosted
            .values()
            .filter_map(|hosted| hosted.lifecycle.deadline())
            .min()?;
        Some(self.began + due.since(Time::default()))
    }

    fn tick(&mut self) {
        let now = self.now();
        let is_due = |hosted: &Hosted| hosted.lifecycle.deadline().is_some_and(|due| due <= now);
        let due: Vec<_> = self
            .hosted
            .iter()
            .filter(|(_, hosted)| is_due(hosted))
            .collect();
        let due: Vec<_> = due
            .into_iter()
            .map(|(component, _)| component.clone())
            .collect();
        for component in due {
            self.apply(&component, &Input::Tick);
        }
    }

    fn bound_logs(&self) {
        let directory = self.logs();
        tokio::task::spawn_blocking(move || log::bound(&directory));
    }

    fn logs(&self) -> PathBuf {
        self.config.directory.join("log")
    }

    /// Kills what has this agent's mark but is not written down: the table was lost.
    async fn kill_unknown(&self) {
        let known = self.table.records();
        let known = known.map(|(component, _)| environment::encoded(component.as_str()));
        let victims = Victims {
            socket: self.socket(),
            of: Of::AllBut(known.collect()),
            registered: Vec::new(),
            groups: Vec::new(),
        };
        let killed = tokio::task::spawn_blocking(move || victims.kill()).await;
        if !killed.unwrap_or(false) {
            tracing::error!(node = %self.config.node, "something unknown could not be killed");
        }
    }

    /// Takes over what an earlier agent left running.
    fn adopt(&mut self) {
        let records: Vec<_> = self.table.records().collect();
        for (component, record) in records {
            let alive = match record.process {
                Some(process) => process::process(process.pid) == Some(process),
                // The table is of this boot, and nothing else tells.
                None => true,
            };
            self.host(&component);
            self.apply(
                &component,
                &Input::Adopt {
                    record: Box::new(record),
                    alive,
                    reconnect_ms_max: self.ports.reconnect_ms_max,
                },
            );
        }
    }

    /// Handles what the agent tells itself, and audits as soon as it is known what survived.
    fn settle(&mut self) {
        while let Some(event) = self.own_events.pop_front() {
            self.event(event);
        }
        let open = self
            .hosted
            .values()
            .any(|hosted| hosted.lifecycle.is_adopting());
        if !self.audited && !open {
            self.audited = true;
            let survivors = self
                .hosted
                .values()
                .filter_map(|hosted| hosted.lifecycle.survivor());
            // What was found out meanwhile makes sense after the audit only.
            self.outbox.push_front(Report::Audit(survivors.collect()));
        }
    }

    /// Makes room for a component. `false` when there are too many.
    fn host(&mut self, component: &Dn) -> bool {
        if self.hosted.contains_key(component) {
            return true;
        }
        if self.hosted.len() >= COMPONENTS_MAX {
            self.hosted.retain(|_, hosted| !hosted.lifecycle.is_idle());
            self.slots
                .retain(|_, component| self.hosted.contains_key(component));
        }
        let slot = (0..=u16::MAX).find(|slot| !self.slots.contains_key(slot));
        let Some(slot) = slot.filter(|_| self.hosted.len() < COMPONENTS_MAX) else {
            return false;
        };
        self.slots.insert(slot, component.clone());
        let base = u64::from(self.table.agents()) << 48 | u64::from(slot) << 32;
        let hosted = Hosted {
            lifecycle: Lifecycle::new(component.clone(), base),
            groups: BTreeMap::new(),
            watched: BTreeSet::new(),
        };
        self.hosted.insert(component.clone(), hosted);
        true
    }
}

/// Keeps a second agent out.
struct Lock(File);

impl Drop for Lock {
    /// Closing the file would not do: a process that is just being started shares it for a moment.
    fn drop(&mut self) {
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

/// Takes the lock.
///
/// A command that an agent was just starting when it was killed holds the lock until it really
/// runs. Waiting for that also means that the new agent finds it.
fn lock(config: &AgentConfig) -> Result<Lock, StartError> {
    let path = config.directory.join("lock");
    let mut options = OpenOptions::new();
    let options = options.create(true).write(true).truncate(false).mode(0o600);
    let file = options.open(&path).map_err(at(&path))?;
    let began = Instant::now();
    while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        if began.elapsed() > LOCK_TIME {
            return Err(StartError::AlreadyRunning(config.directory.clone()));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(Lock(file))
}

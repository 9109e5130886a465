//! Starts the daemon: everything that can be refused is refused before anything is changed.

use crate::agents::Agents;
use crate::alerts::Alerts;
use crate::chassis::Link;
use crate::clock::Clock;
use crate::config::{self, Config, Model, User};
use crate::core::Core;
use crate::events::{Events, Telling};
use crate::failure::Failure;
use crate::hpi_server;
use crate::ipmi_server::{self, Bridge, Network};
use crate::linger::Linger;
use crate::log;
use crate::notify::Notifier;
use crate::own::{self, Tenure};
use crate::publish::Publisher;
use crate::readings::Readings;
use crate::replica::{self, Opened};
use crate::vitals::Vitals;
use ::hpi_server::Door;
use appliance::{Appliance, Command, Ticker};
use console::{Backend, Credential, HttpOptions};
use corosync::Look;
use ports::address::Keeper;
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::{TcpListener, UdpSocket, UnixListener};
use tokio::sync::Notify;
use web_api::Severity;

/// Literal in model files that [`Model::bin`] takes the place of.
const BIN_LITERAL: &str = "/opt/openshelf/bin";

/// What is started.
pub(crate) struct Plan {
    pub(crate) config: Config,
    /// Model files: their names for messages, and their texts.
    pub(crate) files: Vec<(String, String)>,
    pub(crate) run_dir: PathBuf,
    /// HPI resources without hardware; for the demo only.
    pub(crate) fixture: hpi_domain::Fixture,
    /// Shown in the login form; for the demo only.
    pub(crate) login_hint: Option<String>,
}

/// Reads the files of a configuration.
pub(crate) fn read_files(model: &Model) -> Result<Vec<(String, String)>, String> {
    let read = |path: &PathBuf| {
        let name = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Ok((name, text)),
            Err(why) => Err(format!("{name}: {why}")),
        }
    };
    model.files.iter().map(read).collect()
}

/// Starts the daemon and runs it until it is told to stop.
pub(crate) async fn run(mut plan: Plan, stop: impl Future<Output = ()>) -> Result<(), Failure> {
    plan.config.check()?;
    let shared = plan.config.cluster.shared_address()?;
    let address = shared.clone().map(ports::address::keep);
    let load = check_model(&plan.config.model, std::mem::take(&mut plan.files))?.encode();
    let Listeners { http, rmcp, hpi } = Listeners::open(&plan.config).await?;
    let (link, handles) = Link::open(&plan.config.chassis)?;
    let control = control_socket(&plan.run_dir)?;
    let guid = ipmi_server::guid(&plan.run_dir)?;
    let network = rmcp.as_ref().and_then(|socket| socket.local_addr().ok());
    let network = network.map(Network::of).unwrap_or_default();
    let kg = plan.config.listen.kg.as_deref();
    let tools = rmcp.map(|socket| ipmi_server::serve(socket, &plan.config.users, guid, kg));
    let tools = tools.transpose()?;
    let clock = Clock::start();
    let news = Arc::new(Notify::new());
    let Opened {
        member,
        engine,
        line,
        aside,
    } = replica::open(&plan, &news)?;
    let hpi = hpi_server::serve(hpi);
    let sessions = member.appliance().hpi.sessions();
    let hpi = hpi_server::Desk::new(hpi, sessions, log::clocks(engine.as_ref(), clock.now()));
    let (backend, desk) = Backend::new();
    serve(&plan, backend, http, control);
    let last = engine.ledger().position().index;
    let agents_dir = plan.run_dir.join("nodes");
    let (agents, agent_events) = Agents::new(&agents_dir, &plan.config.nodes);
    let closed = link.closed();
    let core = Core {
        scanner: own::scanner(&closed),
        news,
        snapshot_at: last,
        desk,
        tools,
        bridge: Bridge::new(guid, network, clock.now()),
        hpi,
        guid,
        link: closed,
        handles,
        vitals: Vitals::new(&plan.config, shared, &plan.run_dir),
        tenure: tenure(&plan, (load, link), (address, line)),
        agents,
        alerts: Alerts::start(),
        agent_events,
        clock,
        linger: Linger::here(),
        notifier: Notifier::from_environment(),
        events: events(aside, clock),
        readings: Readings::default(),
        publisher: Publisher::default(),
        waiting: BTreeMap::new(),
        // Each tag comes with an entry, so none from before the restart is greater.
        tag_last: appliance::tag(member.me(), last),
        cut_short: member.appliance().cut_short(),
        stalled: None,
        unfit: None,
        ticker: Ticker::default(),
        member,
        engine,
    };
    let is_simulated = core.handles.is_some();
    core.run(stop).await?;
    if is_simulated {
        forget_journal(&plan.run_dir);
    }
    Ok(())
}

/// What there is to tell already.
fn events(aside: Option<String>, clock: Clock) -> Events {
    let mut events = Events::default();
    if let Some(text) = aside {
        let telling = Telling::info("shelfd", "journal", text).severe(Severity::Critical);
        events.push(clock.now(), telling);
    }
    events
}

fn tenure(
    plan: &Plan,
    (load, link): (Vec<u8>, Link),
    (address, line): (Option<Keeper>, Option<Look>),
) -> Tenure {
    let config = &plan.config;
    let nodes = config.nodes.iter().map(|node| node.name.0.clone());
    Tenure {
        role: config.cluster.role,
        engine: config.cluster.engine,
        chassis: config.chassis.clone(),
        // With others, only the one who owns the hardware goes there.
        opened: (config.cluster.engine == config::Engine::Local).then_some(link),
        has_swept: false,
        nodes: nodes.collect(),
        cmms: config.cluster.cmms(),
        other_cmm: config.cluster.other_cmm(),
        wired: config.cluster.line.clone(),
        line,
        told_line: None,
        address,
        is_paused: false,
        held: Vec::new(),
        load,
        fixture: plan.fixture,
        alerts: config.alerts.0.clone(),
    }
}

/// Ports that are taken; `None` where nobody is to come.
struct Listeners {
    http: Option<TcpListener>,
    rmcp: Option<UdpSocket>,
    hpi: Vec<Door>,
}

impl Listeners {
    async fn open(config: &Config) -> Result<Self, String> {
        let (listen, users) = (&config.listen, &config.users);
        Ok(Self {
            http: match listen.http {
                Some(address) => Some(bind(address, users).await?),
                None => None,
            },
            rmcp: match listen.rmcp {
                Some(address) => Some(ipmi_server::bind(address, users).await?),
                None => None,
            },
            hpi: hpi_server::open(listen).await?,
        })
    }
}

/// The next simulated shelf is a new one: it does not go on where this one ended.
fn forget_journal(run_dir: &Path) {
    for file in journal::files(&run_dir.join("journal.db")) {
        // What is not there is forgotten already.
        let _ = fs::remove_file(file);
    }
}

/// Reads the texts of the model's files, and tries them on an appliance of which nothing is known
/// yet.
fn check_model(model: &Model, files: Vec<(String, String)>) -> Result<Command, String> {
    let bin = model.bin.as_ref().map(|bin| bin.display().to_string());
    let mut batch = imm::Batch::default();
    for (name, text) in files {
        let text = match &bin {
            Some(bin) => text.replace(BIN_LITERAL, bin),
            None => text,
        };
        batch.append(imm::xml::read(&name, &text).map_err(|why| why.to_string())?);
    }
    let load = Command::Load { tag: 0, batch };
    let checked = Appliance::new().admit(&load);
    checked.map_err(|refused| refused.text)?;
    Ok(load)
}

async fn bind(address: SocketAddr, users: &[User]) -> Result<TcpListener, String> {
    if !address.ip().is_loopback() && users.is_empty() {
        return Err(format!(
            "http = \"{address}\" is reached from other hosts, but no [[user]] with a password is \
             configured: add one, or listen on 127.0.0.1"
        ));
    }
    let listener = TcpListener::bind(address).await;
    listener.map_err(|why| {
        if why.kind() == std::io::ErrorKind::AddrInUse {
            return format!(
                "http: {address} is in use by another program: stop it, \
                 or choose another port with --http"
            );
        }
        format!("http: {address}: {why}")
    })
}

fn control_socket(run_dir: &Path) -> Result<UnixListener, String> {
    let path = run_dir.join("shelfd.sock");
    console::bind_control(&path).map_err(|why| format!("{}: {why}", path.display()))
}

fn serve(plan: &Plan, backend: Backend, http: Option<TcpListener>, control: UnixListener) {
    let options = HttpOptions {
        users: credentials(&plan.config.users),
        login_hint: plan.login_hint.clone(),
        ..HttpOptions::default()
    };
    if let Some(listener) = http {
        let backend: Backend = backend.clone();
        tokio::spawn(async move {
            if let Err(why) = console::serve_http(listener, backend, options).await {
                tracing::error!(%why, "the console has ended");
            }
        });
    }
    tokio::spawn(async move {
        if let Err(why) = console::serve_control(control, backend).await {
            tracing::error!(%why, "the control socket has ended");
        }
    });
}

/// Who may log in at the console.
fn credentials(users: &[User]) -> Vec<Credential> {
    let users = users.iter().filter(|user| user.may_use_console());
    let users = users.map(|user| Credential {
        name: user.name.clone(),
        password: user.password.clone(),
    });
    users.collect()
}

#[cfg(test)]
mod tests;

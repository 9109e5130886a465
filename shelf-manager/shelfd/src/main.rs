//! `shelfd`: the shelf manager's daemon.
//!
//! `shelfd demo` runs a simulated shelf with a sample application, `shelfd run --config FILE`
//! drives a real one. Called as `counter`, it is the sample application's component: the demo needs
//! no other program.

mod agents;
mod alerts;
mod chassis;
mod clock;
mod config;
mod core;
mod demo;
mod events;
mod failure;
#[cfg(test)]
mod folder;
mod hpi_server;
mod inspection;
mod ipmi_server;
mod linger;
mod log;
mod notify;
mod orders;
mod own;
mod perform;
mod publish;
mod readings;
mod replica;
mod start;
mod supervise;
mod victims;
mod views;
mod vitals;

use clap::{Args, Parser, Subcommand};
use config::{Config, HpiTls, Listen};
use failure::Failure;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The shelf manager's daemon.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: CommandLine,
}

#[derive(Subcommand)]
enum CommandLine {
    /// Runs a whole simulated shelf and a sample 2N application in this process.
    Demo {
        /// Where the web console listens.
        #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
        http: SocketAddr,
        /// Where IPMI tools reach the shelf manager.
        #[arg(long, default_value = "127.0.0.1:6623", value_name = "ADDRESS:PORT")]
        rmcp: SocketAddr,
        /// Where HPI clients of OpenHPI find the shelf.
        #[arg(long, default_value = "127.0.0.1:4743", value_name = "ADDRESS:PORT")]
        hpi: SocketAddr,
        #[command(flatten)]
        tls: HpiTls,
        /// HPI resources without hardware: `hpi-full` has each kind of instrument with each of its
        /// features, for those who write or test HPI clients.
        #[arg(long, value_name = "NAME")]
        fixture: Option<Fixture>,
        #[command(flatten)]
        place: Place,
    },
    /// Drives the shelf that a configuration file names.
    Run {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Where the web console listens, whatever the file says.
        #[arg(long, value_name = "ADDRESS:PORT")]
        http: Option<SocketAddr>,
        /// Where IPMI tools reach the shelf manager, whatever the file says.
        #[arg(long, value_name = "ADDRESS:PORT")]
        rmcp: Option<SocketAddr>,
        /// Where HPI clients of OpenHPI find the shelf, whatever the file says.
        #[arg(long, value_name = "ADDRESS:PORT")]
        hpi: Option<SocketAddr>,
        #[command(flatten)]
        tls: HpiTls,
        #[command(flatten)]
        place: Place,
    },
    /// Starts a daemon, ends it when it hangs, and starts it again: where no service manager does.
    Supervise(supervise::Supervision),
    /// Looks into a journal, or sets a damaged one aside.
    #[command(subcommand)]
    Journal(inspection::Task),
}

/// Named as on the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Fixture {
    /// Each kind of instrument of HPI.
    HpiFull,
}

#[derive(Args)]
struct Place {
    /// Folder of the journal, the control socket and the nodes; made when it is missing.
    #[arg(
        long,
        env = "OPENSHELF_RUN",
        default_value = "run",
        value_name = "FOLDER"
    )]
    run_dir: PathBuf,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let called = arguments.next().unwrap_or_default();
    if Path::new(&called)
        .file_name()
        .is_some_and(|name| name == "counter")
    {
        return counter::run(arguments);
    }
    let cli = Cli::parse();
    let wanted = std::env::var("OPENSHELF_LOG").ok();
    let filter: Option<Targets> = wanted.and_then(|wanted| wanted.parse().ok());
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .init();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("shelfd: {}", failure.text);
            failure.code()
        }
    }
}

fn run(command: CommandLine) -> Result<(), Failure> {
    let plan = match command {
        CommandLine::Demo {
            http,
            rmcp,
            hpi,
            tls,
            fixture,
            place,
        } => {
            println!(
                "OpenShelf demo: http://{http}, IPMI on udp {rmcp}, HPI on tcp {hpi} (login admin / openshelf); Ctrl-C ends it"
            );
            let mut plan = demo::plan((http, rmcp, hpi), fixture, &place.run_dir)?;
            plan.config.listen.tls = tls;
            plan
        }
        CommandLine::Run {
            config,
            http,
            rmcp,
            hpi,
            tls,
            place,
        } => {
            let listen = Listen {
                http,
                rmcp,
                hpi,
                tls,
                ..Listen::default()
            };
            plan(&config, listen, place.run_dir)?
        }
        CommandLine::Supervise(supervision) => return supervise::run(&supervision),
        CommandLine::Journal(task) => return Ok(inspection::run(&task)?),
    };
    // Choice: one thread. What is asked of this daemon is answered by the core, one question after
    // the other; to wake another thread with a question, or with an answer, takes longer than to
    // answer it. What blocks has threads of its own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| why.to_string())?;
    // As a task like all others, so that a defect in it ends the daemon in order.
    let daemon = runtime.spawn(start::run(plan, stopped()));
    let ended = runtime.block_on(daemon);
    ended.unwrap_or_else(|why| Err(format!("the daemon: {why}").into()))
}

fn plan(file: &Path, listen: Listen, run_dir: PathBuf) -> Result<start::Plan, String> {
    let text = std::fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))?;
    let mut config: Config =
        toml::from_str(&text).map_err(|why| format!("{}: {why}", file.display()))?;
    config.listen.http = listen.http.or(config.listen.http);
    config.listen.rmcp = listen.rmcp.or(config.listen.rmcp);
    config.listen.hpi = listen.hpi.or(config.listen.hpi);
    let folder = file.parent().unwrap_or(Path::new("."));
    config.listen.tls = listen.tls.or(config.listen.tls, folder);
    if let config::Chassis::Ipmb(ipmb) = &mut config.chassis {
        ipmb.shelf_fru = ipmb.shelf_fru.take().map(|path| folder.join(path));
    }
    let model = &mut config.model;
    model
        .files
        .iter_mut()
        .for_each(|path| *path = folder.join(&*path));
    model.bin = model.bin.take().map(|path| absolute(&folder.join(path)));
    Ok(start::Plan {
        fixture: hpi_domain::Fixture::None,
        files: start::read_files(&config.model)?,
        config,
        run_dir: absolute(&run_dir),
        login_hint: None,
    })
}

/// CLC-CLI commands need absolute paths, whatever the working folder is.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Resolves when this process is told to stop.
pub(crate) async fn stopped() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

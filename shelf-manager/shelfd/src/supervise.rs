//! `shelfd supervise`: starts a daemon, ends it when it hangs, and starts it again, on machines
//! where no service manager does so.
//!
//! It speaks to the daemon as systemd does ([`crate::notify`]), so the daemon knows no difference.

use crate::failure::{EXIT_UNFIT, Failure};
use crate::log::EXIT_REBUILD;
use crate::notify::{LIMIT_US, PID, READY, SOCKET, STOPPING, WORKS};
use crate::stopped;
use clap::Args;
use std::ffi::OsString;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::net::UnixDatagram;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, sleep_until};

/// Pause before a daemon is started again that has failed. Choice: one that cannot start says why
/// once a second, and a fail-over is over by then anyway.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a daemon may take to end, once it is told to.
const END_MAX: Duration = Duration::from_secs(30);

/// A daemon and how it is looked after.
#[derive(Args)]
pub(crate) struct Supervision {
    /// Seconds for which it may be silent, once it has started.
    #[arg(long, value_name = "SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
    /// What it is started with, as `run --config FILE`.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    daemon: Vec<OsString>,
}

/// How a daemon ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// By itself.
    Exited(ExitStatus),
    /// It hung, and was killed.
    Hung,
    /// This process was told to end, and with it the daemon.
    Told,
}

/// Looks after a daemon until it ends as it should, or this process is told to end.
pub(crate) fn run(supervision: &Supervision) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| why.to_string())?;
    runtime.block_on(supervise(supervision))
}

async fn supervise(supervision: &Supervision) -> Result<(), Failure> {
    let program = std::env::current_exe().map_err(|why| why.to_string())?;
    let folder = Folder::make().map_err(|why| format!("a folder for a socket: {why}"))?;
    let socket = folder.0.join("notify");
    let heard = UnixDatagram::bind(&socket).map_err(|why| why.to_string())?;
    let limit = Duration::from_secs(supervision.limit.into());
    // Once for all daemons: it may come between two of them.
    let told = stopped();
    tokio::pin!(told);
    loop {
        let mut daemon = Command::new(&program);
        daemon
            .args(&supervision.daemon)
            .env(SOCKET, &socket)
            .env(LIMIT_US, limit.as_micros().to_string())
            .env_remove(PID);
        let child = daemon.spawn();
        let child = child.map_err(|why| format!("{}: {why}", program.display()))?;
        match watch(child, (&heard, limit), told.as_mut()).await? {
            End::Told => return Ok(()),
            End::Exited(status) if status.success() => return Ok(()),
            End::Exited(status) if status.code() == Some(EXIT_REBUILD) => {}
            End::Exited(status) if status.code() == Some(EXIT_UNFIT.into()) => {
                let text = "the daemon cannot go on with the shelf's log: it is not started again";
                return Err(Failure::for_good(text.into()));
            }
            End::Exited(status) => {
                eprintln!("shelfd: the daemon has ended ({status}): it is started again");
                tokio::select! {
                    () = told.as_mut() => return Ok(()),
                    () = sleep(PAUSE) => {}
                }
            }
            End::Hung => {
                let seconds = limit.as_secs();
                eprintln!(
                    "shelfd: the daemon was silent for {seconds} s and was killed: it is started \
                     again"
                );
            }
        }
    }
}

/// Hears a daemon until it ends.
async fn watch(
    mut child: Child,
    (heard, limit): (&UnixDatagram, Duration),
    mut told: Pin<&mut impl Future<Output = ()>>,
) -> Result<End, String> {
    let mut piece = [0; 256];
    // It takes what it takes to start, and to end.
    let mut until = None;
    loop {
        tokio::select! {
            // What was heard counts before the time that has passed: this process may have been
            // stopped as well.
            biased;
            len = heard.recv(&mut piece) => {
                let len = len.map_err(|why| why.to_string())?;
                until = after(&piece[..len], until, limit);
            }
            status = child.wait() => return Ok(End::Exited(status.map_err(|why| why.to_string())?)),
            () = told.as_mut() => {
                end(&mut child).await;
                return Ok(End::Told);
            }
            () = silence(until) => {
                // Also one that is stopped is ended by this.
                child.kill().await.map_err(|why| why.to_string())?;
                return Ok(End::Hung);
            }
        }
    }
}

/// Until when something must be heard again, after this was.
fn after(heard: &[u8], until: Option<Instant>, limit: Duration) -> Option<Instant> {
    let says = |word: &str| {
        heard
            .split(|byte| *byte == b'\n')
            .any(|it| it == word.as_bytes())
    };
    if says(STOPPING) {
        None
    } else if says(READY) || (says(WORKS) && until.is_some()) {
        Some(Instant::now() + limit)
    } else {
        until
    }
}

async fn silence(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// Tells a daemon to end, and sees that it does.
async fn end(child: &mut Child) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
        // One that has just ended need not be told.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(END_MAX, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}

/// A folder that is only ours: whoever can write to the socket can keep a daemon alive.
struct Folder(PathBuf);

impl Folder {
    fn make() -> std::io::Result<Self> {
        let name = format!("shelfd-supervise-{}", std::process::id());
        let folder: &Path = &std::env::temp_dir().join(name);
        DirBuilder::new().mode(0o700).create(folder)?;
        Ok(Self(folder.to_owned()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is empty but for a socket that nobody reads.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests;

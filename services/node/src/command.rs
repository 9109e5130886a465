//! Runs CLC-CLI commands.
//!
//! Source: SAI-AIS-AMF-B.04.01 §4.2–§4.5.

use ais::node::Command;
use lifecycle::CommandEnd;
use std::fs::File;
use std::io;
use std::process::{ExitStatus, Stdio};
use tokio::process::Child;

/// What commands get of the agent's own environment.
///
/// Choice: no more than finds programs, languages and files: the agent's may hold secrets.
const INHERITED: [&str; 5] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];

/// Starts a command in a process group of its own, its output going to `log`.
pub(crate) fn start(
    command: &Command,
    environment: &[(String, String)],
    log: File,
) -> io::Result<Child> {
    let errors = log.try_clone()?;
    let inherited = INHERITED
        .iter()
        .filter_map(|name| Some((*name, std::env::var_os(name)?)));
    tokio::process::Command::new(&command.path)
        .args(&command.arguments)
        .env_clear()
        .envs(inherited)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
}

/// How a command ended.
pub(crate) fn end(status: io::Result<ExitStatus>) -> CommandEnd {
    match status.map(|status| status.code()) {
        Ok(Some(code)) => CommandEnd::Exited(code),
        Ok(None) => CommandEnd::Killed,
        Err(_) => CommandEnd::Failed,
    }
}

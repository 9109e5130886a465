//! Processes of components, found by their environment: whoever started them, and whether or not he
//! lives.

use std::path::Path;
use std::process::Command;

/// A process that belongs to a component of one run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComponentProcess {
    /// `SA_AMF_COMPONENT_NAME`.
    pub component: String,
    /// Its process id.
    pub pid: u32,
}

impl ComponentProcess {
    /// A variable of its environment; `None` when it has none, or is gone.
    pub fn environment(&self, key: &str) -> Option<String> {
        let environment = std::fs::read(format!("/proc/{}/environ", self.pid)).ok()?;
        let environment = String::from_utf8_lossy(&environment).into_owned();
        let value = |entry: &str| {
            entry
                .strip_prefix(key)?
                .strip_prefix('=')
                .map(str::to_owned)
        };
        environment.split('\0').find_map(value)
    }
}

/// Processes that have `SA_AMF_COMPONENT_NAME` in their environment and name a file below
/// `run_folder` there (the socket of their node's agent), by component.
///
/// The CLC-CLI commands themselves have the same environment while they run, so a component counts
/// once it has settled.
pub fn component_processes(run_folder: &Path) -> Vec<ComponentProcess> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut found: Vec<_> = pids
        .filter_map(|pid| component_of(pid, run_folder))
        .collect();
    found.sort();
    found
}

/// Sends SIGKILL, and nothing before it.
///
/// # Panics
/// When there is no such process of ours.
#[track_caller]
pub fn kill9(pid: u32) {
    let status = Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill -9 {pid}");
}

fn component_of(pid: u32, run_folder: &Path) -> Option<ComponentProcess> {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let environment = String::from_utf8_lossy(&environment).into_owned();
    let folder = run_folder.to_string_lossy();
    let is_ours = environment
        .split('\0')
        .any(|entry| entry.contains(folder.as_ref()));
    let name = |entry: &str| {
        entry
            .strip_prefix("SA_AMF_COMPONENT_NAME=")
            .map(str::to_owned)
    };
    let component = environment.split('\0').find_map(name).filter(|_| is_ours)?;
    Some(ComponentProcess { component, pid })
}

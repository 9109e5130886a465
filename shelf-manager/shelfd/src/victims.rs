//! Kills the processes of a component, to see it recover.

use ais_wire::environment;
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;

/// Kills all processes whose environment names the component and an agent below `agents`; how many.
pub(crate) fn kill(component: &str, agents: &Path) -> usize {
    let name = format!(
        "{}={}",
        environment::COMPONENT_NAME,
        environment::encoded(component)
    );
    let socket = format!("{}={}", environment::SOCKET, agents.display());
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| is_of(*pid, &name, &socket))
        .filter_map(Pid::from_raw)
        .filter(|pid| kill_process(*pid, Signal::KILL).is_ok())
        .count()
}

/// Source: proc(5), `/proc/pid/environ`.
fn is_of(pid: i32, name: &str, socket: &str) -> bool {
    let Ok(environment) = std::fs::read(format!("/proc/{pid}/environ")) else {
        return false;
    };
    let mut variables = environment.split(|byte| *byte == 0);
    let named = variables
        .clone()
        .any(|variable| variable == name.as_bytes());
    named && variables.any(|variable| variable.starts_with(socket.as_bytes()))
}

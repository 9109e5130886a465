//! CLEANUP: ends the component without its help.
//!
//! Its processes are those whose environment names this component and this agent's socket, as the
//! environment of this command does.

use ais_wire::environment;
use rustix::process::{Pid, Signal, getppid, kill_process};
use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

/// How long killed processes may take to be gone.
const TIME_MAX: Duration = Duration::from_secs(2);

pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let own = [environment::COMPONENT_NAME, environment::SOCKET]
        .map(|name| std::env::var(name).map(|value| format!("{name}={value}").into_bytes()));
    let [name, socket] = own;
    let (name, socket) = (name?, socket?);
    // A script that runs this command has the same environment.
    let spared = [Some(std::process::id()), getppid().and_then(number)];
    let mut killed = Vec::new();
    let began = Instant::now();
    loop {
        let marked = pids()
            .filter(|pid| !spared.contains(&Some(*pid)))
            .filter(|pid| is_marked(*pid, [&name, &socket]));
        for pid in marked {
            if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
                // A process that is gone meanwhile is what is wanted.
                let _ = kill_process(pid, Signal::KILL);
            }
            killed.push(pid);
        }
        // A killed process loses its environment first, and its ports some time later.
        killed.retain(|pid| is_alive(*pid));
        if killed.is_empty() {
            return Ok(());
        }
        if began.elapsed() > TIME_MAX {
            return Err(format!("still alive: {killed:?}").into());
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Source: proc(5), `/proc/pid/stat`.
fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, state)| !state.starts_with(['Z', 'X', 'x']))
}

fn number(pid: Pid) -> Option<u32> {
    u32::try_from(pid.as_raw_nonzero().get()).ok()
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn is_marked(pid: u32, marks: [&[u8]; 2]) -> bool {
    let variables = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    marks.iter().all(|mark| {
        variables
            .split(|byte| *byte == 0)
            .any(|variable| variable == *mark)
    })
}

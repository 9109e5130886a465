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
    let began = Instant::now();
    loop {
        let alive: Vec<_> = pids()
            .filter(|pid| !spared.contains(&Some(*pid)))
            .filter(|pid| is_marked(*pid, [&name, &socket]))
            .collect();
        if alive.is_empty() {
            return Ok(());
        }
        if began.elapsed() > TIME_MAX {
            return Err(format!("still alive: {alive:?}").into());
        }
        for pid in alive
            .into_iter()
            .filter_map(|pid| Pid::from_raw(i32::try_from(pid).ok()?))
        {
            // A process that is gone meanwhile is what is wanted.
            let _ = kill_process(pid, Signal::KILL);
        }
        thread::sleep(Duration::from_millis(2));
    }
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

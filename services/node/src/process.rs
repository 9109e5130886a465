//! What /proc and pidfds tell of processes.

use ais_wire::environment;
use lifecycle::Process;
use rustix::process::{
    Pid, PidfdFlags, Signal, getpgid, kill_process_group, pidfd_open, pidfd_send_signal,
};
use std::collections::BTreeMap;
use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The process with this number, unless it has ended. Source: proc(5), `/proc/pid/stat`.
pub(crate) fn process(pid: u32) -> Option<Process> {
    let stat = stat(pid)?;
    (!stat.ended).then_some(Process {
        pid,
        started: stat.started,
    })
}

struct Stat {
    ended: bool,
    parent: u32,
    started: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name, in parentheses, may itself hold spaces and parentheses.
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<_> = fields.split_ascii_whitespace().collect();
    Some(Stat {
        ended: matches!(*fields.first()?, "Z" | "X" | "x"),
        parent: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

/// Identifies this boot of the host: what was written down before it runs no more.
pub(crate) fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .unwrap_or_default()
        .trim()
        .into()
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// `pid` and its descendants down to `depth` levels, all of them if negative; empty if it does not
/// run.
pub(crate) fn tree(pid: u32, depth: i32) -> Vec<u32> {
    if process(pid).is_none() {
        return Vec::new();
    }
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for child in if depth == 0 {
        Vec::new()
    } else {
        pids().collect()
    } {
        if let Some(stat) = stat(child) {
            children.entry(stat.parent).or_default().push(child);
        }
    }
    let mut tree = vec![pid];
    let mut level = vec![pid];
    let mut left = depth;
    while left != 0 && !level.is_empty() {
        level = level
            .iter()
            .filter_map(|pid| children.get(pid))
            .flatten()
            .copied()
            .collect();
        // A parent cannot descend from its child, unless numbers were used again while reading.
        level.retain(|pid| !tree.contains(pid));
        tree.extend(&level);
        left -= 1;
    }
    tree
}

fn pid(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).ok()?)
}

fn pidfd(number: u32) -> Option<OwnedFd> {
    pidfd_open(pid(number)?, PidfdFlags::NONBLOCK).ok()
}

/// Waits for the end of a process that need not be a child. Returns at once if it has ended.
pub(crate) async fn ended(pid: u32) {
    let Some(fd) = pidfd(pid) else {
        return;
    };
    #[allow(
        deprecated,
        reason = "the unsafe replacement asks its caller to promise what an OwnedFd guarantees"
    )]
    let fd = AsyncFd::with_interest(fd, Interest::READABLE);
    if let Ok(fd) = fd {
        let _ = fd.readable().await;
    }
}

/// The process group of a process.
pub(crate) fn group(number: u32) -> Option<u32> {
    let group = getpgid(pid(number)).ok()?;
    u32::try_from(group.as_raw_nonzero().get()).ok()
}

/// Kills a process group. The caller knows that its leader has not been waited for.
pub(crate) fn kill_group(leader: u32) {
    if let Some(leader) = pid(leader) {
        let _ = kill_process_group(leader, Signal::KILL);
    }
}

/// Which processes are to be killed.
#[derive(Clone, Debug)]
pub(crate) struct Victims {
    /// Those with the environment of this agent's components…
    pub(crate) socket: String,
    /// …of one of them only.
    pub(crate) component: Option<String>,
    /// These too.
    pub(crate) registered: Vec<Process>,
    /// And these groups, whose leaders have not been waited for.
    pub(crate) groups: Vec<u32>,
}

/// How long killing is tried.
const KILL_TIME: Duration = Duration::from_millis(1500);

impl Victims {
    /// Kills them, and those that they start meanwhile. `false` when something stays alive.
    pub(crate) fn kill(&self) -> bool {
        for &leader in &self.groups {
            kill_group(leader);
        }
        let began = Instant::now();
        let mut pause = Duration::from_micros(200);
        loop {
            let alive = self.round();
            if !alive || began.elapsed() > KILL_TIME {
                return !alive;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Kills all that is found; whether anything was.
    fn round(&self) -> bool {
        let mut found = false;
        for registered in &self.registered {
            found |= kill_if(registered.pid, || {
                process(registered.pid) == Some(*registered)
            });
        }
        let own = std::process::id();
        for pid in pids().filter(|pid| *pid != own) {
            if self.environment_matches(pid) {
                found |= kill_if(pid, || self.environment_matches(pid));
            }
        }
        found
    }

    /// A process that has ended has no environment any more.
    fn environment_matches(&self, pid: u32) -> bool {
        let Ok(variables) = fs::read(Path::new("/proc").join(pid.to_string()).join("environ"))
        else {
            return false;
        };
        let has = |name: &str, value: &str| {
            variables.split(|byte| *byte == 0).any(|variable| {
                variable
                    .strip_prefix(name.as_bytes())
                    .and_then(|rest| rest.strip_prefix(b"="))
                    == Some(value.as_bytes())
            })
        };
        let component = self.component.as_deref();
        has(environment::SOCKET, &self.socket)
            && component.is_none_or(|name| has(environment::COMPONENT_NAME, name))
    }
}

/// Kills a process if it still is the right one once it is held by a pidfd, and so cannot be
/// mistaken.
fn kill_if(pid: u32, is_right: impl Fn() -> bool) -> bool {
    let Some(fd) = pidfd(pid) else {
        return false;
    };
    let right = is_right();
    if right {
        let _ = pidfd_send_signal(fd, Signal::KILL);
    }
    right
}

#[cfg(test)]
mod tests;

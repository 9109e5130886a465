//! What /proc and pidfds tell of processes.

use ais_wire::environment;
use lifecycle::Process;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
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
    /// Part of the kernel.
    kernel: bool,
    started: u64,
}

/// Source: Linux `include/linux/sched.h`, `PF_KTHREAD`.
const KERNEL_THREAD: u64 = 0x0020_0000;

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name, in parentheses, may itself hold spaces and parentheses.
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<_> = fields.split_ascii_whitespace().collect();
    Some(Stat {
        ended: matches!(*fields.first()?, "Z" | "X" | "x"),
        parent: fields.get(1)?.parse().ok()?,
        kernel: fields.get(6)?.parse::<u64>().ok()? & KERNEL_THREAD != 0,
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

/// Between two looks at a process that cannot be waited for.
const LOOK_PERIOD: Duration = Duration::from_millis(500);

/// Waits for the end of a process that need not be a child. Returns at once if it has ended.
///
/// An agent that has no file descriptor left looks now and then: it must not take that for the end
/// of a component.
pub(crate) async fn ended(pid: u32) {
    let watched = process(pid);
    while watched.is_some() && process(pid) == watched {
        if let Some(fd) = watchable(pid) {
            let _ = fd.readable().await;
            return;
        }
        tokio::time::sleep(LOOK_PERIOD).await;
    }
}

fn watchable(pid: u32) -> Option<AsyncFd<OwnedFd>> {
    let fd = pidfd(pid)?;
    #[expect(
        deprecated,
        reason = "the unsafe replacement asks its caller to promise what an OwnedFd guarantees"
    )]
    let fd = AsyncFd::with_interest(fd, Interest::READABLE);
    fd.ok()
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

/// Names of components, as the environment has them.
#[derive(Clone, Debug)]
pub(crate) enum Of {
    /// All components.
    All,
    /// One component.
    One(String),
    /// All but these.
    AllBut(Vec<String>),
}

/// Which processes are to be killed.
#[derive(Clone, Debug)]
pub(crate) struct Victims {
    /// Those with the environment of this agent's components…
    pub(crate) socket: String,
    /// …of these of them.
    pub(crate) of: Of,
    /// These too.
    pub(crate) registered: Vec<Process>,
    /// And these groups, whose leaders have not been waited for.
    pub(crate) groups: Vec<u32>,
}

/// How long killing is tried.
const KILL_TIME: Duration = Duration::from_millis(1500);

impl Victims {
    /// Kills them, and those that they start meanwhile, and waits until they have ended: only then
    /// are their ports and locks free. `false` when something stays alive.
    pub(crate) fn kill(&self) -> bool {
        let leaders: Vec<_> = self
            .groups
            .iter()
            .filter_map(|leader| pidfd(*leader))
            .collect();
        for &leader in &self.groups {
            kill_group(leader);
        }
        let until = Instant::now() + KILL_TIME;
        let mut killed = leaders;
        let mut looks = 0;
        while all_ended(&killed, until) && Instant::now() < until {
            let unknown;
            (killed, unknown) = self.round();
            if !killed.is_empty() {
                looks = 0;
            } else if unknown && looks < LOOKS_MAX {
                looks += 1;
                thread::sleep(Duration::from_micros(500));
            } else {
                return true;
            }
        }
        false
    }

    /// Kills all that is found. Whether something may yet turn out to be one of them comes with it.
    fn round(&self) -> (Vec<OwnedFd>, bool) {
        let mut killed = Vec::new();
        for registered in &self.registered {
            let held = pidfd(registered.pid);
            let held = held.filter(|_| process(registered.pid) == Some(*registered));
            killed.extend(held.and_then(kill));
        }
        let own = std::process::id();
        let mut unknown = false;
        for pid in pids().filter(|pid| *pid != own) {
            let mark = match self.mark(pid) {
                // Once it is held by a pidfd it cannot be mistaken.
                Mark::Yes => pidfd(pid).map_or(Mark::No, |fd| {
                    let mark = self.mark(pid);
                    killed.extend((mark == Mark::Yes).then_some(fd).and_then(kill));
                    mark
                }),
                mark @ (Mark::No | Mark::Unknown) => mark,
            };
            unknown |= mark == Mark::Unknown;
        }
        (killed, unknown)
    }

    /// A process that has ended has no environment any more, one that is just being started has
    /// none yet.
    fn mark(&self, pid: u32) -> Mark {
        let Ok(variables) = fs::read(Path::new("/proc").join(pid.to_string()).join("environ"))
        else {
            return Mark::No;
        };
        if variables.is_empty() {
            return if is_new(pid) { Mark::Unknown } else { Mark::No };
        }
        let has = |name: &str, value: &str| {
            variables.split(|byte| *byte == 0).any(|variable| {
                let rest = variable.strip_prefix(name.as_bytes());
                rest.and_then(|rest| rest.strip_prefix(b"=")) == Some(value.as_bytes())
            })
        };
        let is = |component: &String| has(environment::COMPONENT_NAME, component);
        let marked = has(environment::SOCKET, &self.socket)
            && match &self.of {
                Of::All => true,
                Of::One(component) => is(component),
                Of::AllBut(spared) => !spared.iter().any(is),
            };
        if marked { Mark::Yes } else { Mark::No }
    }
}

/// Whether the environment of a process marks it as one of those that are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Yes,
    No,
    /// It has no environment at this moment.
    Unknown,
}

/// How often something that may be about to run is looked at again.
const LOOKS_MAX: u32 = 20;

/// Clock ticks in which a process counts as new: two seconds.
/// Source: proc(5); Linux counts 100 of them a second towards its users.
const NEW_TICKS: u64 = 200;

/// Whether a process was started so lately that it may still be on its way to its program.
fn is_new(pid: u32) -> bool {
    let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
    let seconds = uptime
        .split('.')
        .next()
        .and_then(|seconds| seconds.parse::<u64>().ok());
    let now = seconds.unwrap_or_default() * 100;
    stat(pid).is_some_and(|stat| {
        !stat.ended && !stat.kernel && stat.started.saturating_add(NEW_TICKS) > now
    })
}

fn kill(process: OwnedFd) -> Option<OwnedFd> {
    pidfd_send_signal(&process, Signal::KILL).ok()?;
    Some(process)
}

/// Waits for the end of processes.
fn all_ended(processes: &[OwnedFd], until: Instant) -> bool {
    processes.iter().all(|process| {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(left) = Timespec::try_from(left) else {
                return false;
            };
            match poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&left)) {
                Ok(ended) => return ended > 0,
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    })
}

#[cfg(test)]
mod tests;

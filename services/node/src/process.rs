//! What /proc and pidfds tell of processes.

use ais_wire::environment;
use lifecycle::Process;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, getpgid, kill_process_group, pidfd_open, pidfd_send_signal,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::fd::OwnedFd;
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
    group: u32,
    /// Part of the kernel.
    kernel: bool,
    started: u64,
    /// Its program is set up, environment and all, and its memory not yet given back.
    loaded: bool,
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
        group: fields.get(2)?.parse().ok()?,
        kernel: fields.get(6)?.parse::<u64>().ok()? & KERNEL_THREAD != 0,
        started: fields.get(19)?.parse().ok()?,
        // Where its code begins: the kernel sets that last, `fs/binfmt_elf.c`.
        loaded: *fields.get(23)? != "0",
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

/// Source: Linux `kernel/kthread.c`, `kthreadd`, where this process sees the kernel's.
const KERNEL: u32 = 2;

/// The parts of the kernel, as far as it tells with one look; they are most of a small host's
/// processes. Source: proc(5), `/proc/pid/task/tid/children`.
fn kernel_threads() -> BTreeSet<u32> {
    if !stat(KERNEL).is_some_and(|stat| stat.kernel) {
        return BTreeSet::new();
    }
    let all = fs::read_to_string(format!("/proc/{KERNEL}/task/{KERNEL}/children"));
    let all = all.unwrap_or_default();
    let all = all.split_ascii_whitespace().map(str::parse);
    all.flatten().chain([KERNEL]).collect()
}

/// As much as the environment of most processes has.
const VARIABLES_USUAL: usize = 32 * 1024;
/// More than any can have. Source: Linux `fs/exec.c`, three quarters of `_STK_LIM`.
const VARIABLES_MAX: usize = 6 * 1024 * 1024;

/// The environment of a process, read at once: the rest of it is gone if the process turns to
/// another program between two reads.
fn variables(pid: u32) -> io::Result<Vec<u8>> {
    let path = format!("/proc/{pid}/environ");
    let mut variables = vec![0; VARIABLES_USUAL];
    let mut len = File::open(&path)?.read(&mut variables)?;
    if len == variables.len() {
        variables.resize(VARIABLES_MAX, 0);
        len = File::open(&path)?.read(&mut variables)?;
    }
    variables.truncate(len);
    Ok(variables)
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
/// How long a stranger holds it up that turns out neither to be one of them nor not.
const STRANGER_TIME: Duration = Duration::from_millis(10);

impl Victims {
    /// Kills them, and those that they start meanwhile, and waits until they have ended: only then
    /// are their ports and locks free. `false` when something stays alive.
    pub(crate) fn kill(&self) -> bool {
        let leaders = self.groups.iter().filter_map(|leader| pidfd(*leader));
        let mut killed: Vec<_> = leaders.collect();
        for &leader in &self.groups {
            kill_group(leader);
        }
        let mut since = Instant::now();
        let until = since + KILL_TIME;
        while all_ended(&killed, until) {
            let others;
            (killed, others) = self.round();
            let patience = match others {
                // What was found may have started more, or was not to be got hold of.
                _ if !killed.is_empty() || others == Mark::Yes => {
                    since = Instant::now();
                    if since > until {
                        return false;
                    }
                    continue;
                }
                Mark::Relative => KILL_TIME,
                Mark::Stranger => STRANGER_TIME,
                Mark::Yes | Mark::No => return true,
            };
            if since.elapsed() > patience {
                return true;
            }
            thread::sleep(Duration::from_micros(500));
        }
        false
    }

    /// Kills all that is found. What the others may yet turn out to be comes with it.
    fn round(&self) -> (Vec<OwnedFd>, Mark) {
        let mut killed = Vec::new();
        for registered in &self.registered {
            let held = pidfd(registered.pid);
            let held = held.filter(|_| process(registered.pid) == Some(*registered));
            killed.extend(held.and_then(kill));
        }
        let mut spared = kernel_threads();
        spared.insert(std::process::id());
        let mut others = Mark::No;
        for pid in pids().filter(|pid| !spared.contains(pid)) {
            let mark = match self.mark(pid) {
                // Once it is held by a pidfd it cannot be mistaken.
                Mark::Yes => {
                    let held = pidfd(pid);
                    let mark = self.mark(pid);
                    killed.extend(held.filter(|_| mark == Mark::Yes).and_then(kill));
                    mark
                }
                mark @ (Mark::No | Mark::Stranger | Mark::Relative) => mark,
            };
            others = others.max(mark);
        }
        (killed, others)
    }

    fn mark(&self, pid: u32) -> Mark {
        match variables(pid) {
            Ok(variables) if !variables.is_empty() => self.mark_by(&variables),
            // Somebody else's.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Mark::No,
            // Kernels differ in how they say that it has none.
            Ok(_) | Err(_) => self.mark_without_environment(pid),
        }
    }

    fn mark_by(&self, variables: &[u8]) -> Mark {
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

    /// A process that is between two programs has no environment yet, and one that is on its way to
    /// its end none any more: its memory goes first, then its files, ports and locks.
    fn mark_without_environment(&self, pid: u32) -> Mark {
        let Some(stat) = stat(pid).filter(|stat| !stat.ended && !stat.kernel) else {
            return Mark::No;
        };
        if self.groups.contains(&stat.group) {
            Mark::Yes
        } else if stat.loaded {
            // It has got its environment meanwhile, or was started without one.
            variables(pid).map_or(Mark::Relative, |variables| self.mark_by(&variables))
        } else if cgroup(&pid.to_string()) == cgroup("self") {
            Mark::Relative
        } else {
            Mark::Stranger
        }
    }
}

/// Whether the environment of a process marks it as one of those that are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    No,
    /// It cannot be told at this moment.
    Stranger,
    /// The same, of a process in the control group of this agent, which is that of its components.
    Relative,
    Yes,
}

/// The control groups of a process.
fn cgroup(process: &str) -> Option<String> {
    fs::read_to_string(format!("/proc/{process}/cgroup")).ok()
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

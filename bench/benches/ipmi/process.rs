//! What the kernel knows about a process.

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_setaffinity};
use std::path::PathBuf;
use std::time::Duration;

/// Processor time of all threads of a process so far, those that ended excepted.
///
/// Unlike elapsed time it does not grow because others are busy.
pub(crate) fn processor_time(pid: u32) -> Duration {
    let times = threads(pid).filter_map(|thread| {
        // Threads come and go.
        let text = std::fs::read_to_string(thread.join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    });
    times.map(Duration::from_nanos).sum()
}

/// Has all threads of a process run on one processor only.
pub(crate) fn settle(pid: u32, processor: usize) {
    let mut processors = CpuSet::new();
    processors.set(processor);
    for thread in threads(pid) {
        let name = thread.file_name().and_then(|name| name.to_str());
        let id = name
            .and_then(|name| name.parse().ok())
            .and_then(Pid::from_raw);
        sched_setaffinity(id, &processors).expect("a processor of this machine");
    }
}

fn threads(pid: u32) -> impl Iterator<Item = PathBuf> {
    let folder = format!("/proc/{pid}/task");
    let tasks = std::fs::read_dir(folder).expect("a running process");
    tasks.flatten().map(|task| task.path())
}

/// Resident memory of a process, KiB.
pub(crate) fn memory_kib(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a running process");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    let number = number.and_then(|number| number.parse().ok());
    number.expect("the kernel counts its pages")
}

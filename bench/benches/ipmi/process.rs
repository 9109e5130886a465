//! What the kernel knows about a process.

use std::time::Duration;

/// Processor time of all threads of a process so far, those that ended excepted.
///
/// Unlike elapsed time it does not grow because others are busy.
pub(crate) fn processor_time(pid: u32) -> Duration {
    let folder = format!("/proc/{pid}/task");
    let tasks = std::fs::read_dir(folder).expect("a running process");
    let times = tasks.flatten().filter_map(|task| {
        // Threads come and go.
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    });
    times.map(Duration::from_nanos).sum()
}

/// Resident memory of a process, KiB.
pub(crate) fn memory_kib(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a running process");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    let number = number.and_then(|number| number.parse().ok());
    number.expect("the kernel counts its pages")
}

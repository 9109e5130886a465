//! Tells whoever started this daemon that it works: systemd, or `shelfd supervise`.
//!
//! The core itself tells, at each turn that comes long enough after the last one. One that hangs
//! falls silent, and is ended: the others of its group wait for it as long as it is in the group.
//!
//! Source: sd_notify(3), sd_watchdog_enabled(3) of systemd.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

/// Where it is told.
pub(crate) const SOCKET: &str = "NOTIFY_SOCKET";
/// Longest silence, in microseconds.
pub(crate) const LIMIT_US: &str = "WATCHDOG_USEC";
/// Of whom it is expected; of anybody, where it is not set.
pub(crate) const PID: &str = "WATCHDOG_PID";

/// It has started.
pub(crate) const READY: &str = "READY=1";
/// It works.
pub(crate) const WORKS: &str = "WATCHDOG=1";
/// It has begun to end.
pub(crate) const STOPPING: &str = "STOPPING=1";

/// Tells it; does nothing where nobody wants to know.
#[derive(Debug, Default)]
pub(crate) struct Notifier {
    to: Option<(UnixDatagram, SocketAddr)>,
    /// How often it is told that the daemon works.
    interval: Option<Duration>,
    told: Option<Instant>,
}

impl Notifier {
    /// As this process's environment says.
    pub(crate) fn from_environment() -> Self {
        let read = |name: &str| std::env::var(name).ok();
        Self::new(&read, std::process::id())
    }

    fn new(read: &dyn Fn(&str) -> Option<String>, me: u32) -> Self {
        let number = |name: &str| read(name)?.parse::<u64>().ok();
        let is_meant = number(PID).is_none_or(|pid| pid == u64::from(me));
        let limit = number(LIMIT_US).filter(|limit| is_meant && *limit > 0);
        Self {
            to: read(SOCKET).and_then(|name| connect(&name)),
            // As sd_watchdog_enabled(3) advises.
            interval: limit.map(|limit| Duration::from_micros(limit) / 2),
            told: None,
        }
    }

    /// Tells something. Whoever does not listen any more has ended, or is about to.
    pub(crate) fn tell(&mut self, what: &str) {
        if let Some((socket, to)) = &self.to {
            let _ = socket.send_to_addr(what.as_bytes(), to);
        }
    }

    /// Tells that the daemon works, when it is time.
    pub(crate) fn works(&mut self) {
        if self.due().is_some_and(|due| due.is_zero()) {
            self.tell(WORKS);
            self.told = Some(Instant::now());
        }
    }

    /// How long until it has to be told again; `None` where nobody wants to know.
    pub(crate) fn due(&self) -> Option<Duration> {
        let interval = self.interval.filter(|_| self.to.is_some())?;
        let passed = self.told.map_or(interval, |told| told.elapsed());
        Some(interval.saturating_sub(passed))
    }
}

/// A name that begins with `@` is no file.
fn connect(name: &str) -> Option<(UnixDatagram, SocketAddr)> {
    let to = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(name),
    };
    let socket = UnixDatagram::unbound().ok()?;
    // Nobody waits for one who does not read.
    socket.set_nonblocking(true).ok()?;
    Some((socket, to.ok()?))
}

#[cfg(test)]
mod tests;

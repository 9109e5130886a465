//! The time that stamps log entries.

use machine::Time;
use std::time::{Duration, Instant, SystemTime};

/// Wall-clock time that does not jump while the daemon runs.
///
/// Choice: the wall clock is read once. An administrator who sets it then moves no timer; the log
/// follows at the next start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    wall: Duration,
    begun: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            wall: wall.unwrap_or_default(),
            begun: Instant::now(),
        }
    }

    pub(crate) fn now(self) -> Time {
        Time::default().after(self.wall + self.begun.elapsed())
    }

    pub(crate) fn uptime(self) -> Duration {
        self.begun.elapsed()
    }

    /// How long to sleep until `time`.
    pub(crate) fn until(self, time: Time) -> Duration {
        time.since(self.now())
    }
}

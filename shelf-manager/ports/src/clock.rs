//! The time and place of inputs, as machines without a log get them.

use machine::{Pos, Time};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// What a deadline that never comes is waited for.
const LONG: Duration = Duration::from_secs(3600);

/// Counts inputs, and nanoseconds that never go back.
pub(crate) struct Clock {
    /// The same moment on the runtime's clock and on ours.
    started: (Instant, Duration),
    index: u64,
}

impl Clock {
    /// Begins at 0 now.
    pub(crate) fn start() -> Self {
        Self::start_at(Duration::ZERO)
    }

    /// Counts from 1970, as event logs do.
    pub(crate) fn unix() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH);
        Self::start_at(unix.unwrap_or_default())
    }

    fn start_at(time: Duration) -> Self {
        Self {
            started: (Instant::now(), time),
            index: 0,
        }
    }

    /// How long it has been since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.0.elapsed()
    }

    pub(crate) fn now(&self) -> Time {
        let (instant, time) = self.started;
        let nanos = (time + instant.elapsed()).as_nanos();
        Time(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Time and place of the next input.
    pub(crate) fn next(&mut self) -> Pos {
        self.index += 1;
        Pos {
            index: self.index,
            time: self.now(),
        }
    }

    /// When the deadline is on the runtime's clock; far away without one.
    pub(crate) fn until(&self, deadline: Option<Time>) -> Instant {
        let (instant, time) = self.started;
        match deadline {
            Some(Time(nanos)) => instant + Duration::from_nanos(nanos).saturating_sub(time),
            None => Instant::now() + LONG,
        }
    }
}

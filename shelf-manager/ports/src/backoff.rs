//! How long to wait before the next attempt to open a session.

use std::time::Duration;

const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// Choice: a shelf manager may lock a user out after some wrong passwords; two attempts a minute
/// are few.
const PAUSE_UNAUTHENTICATED: Duration = Duration::from_secs(30);
/// How long the port must have been up before it may come back at once. Choice: as long as a
/// managed system keeps a session that nobody closed, so that a way that breaks again and again
/// does not use up all of them.
const STEADY: Duration = Duration::from_secs(60);

/// Growing pauses; times count from whenever the port began.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    /// Since when the port is up; `None` while it is down.
    up_since: Option<Duration>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            next: PAUSE_MIN,
            up_since: None,
        }
    }
}

impl Backoff {
    /// The port is up.
    pub(crate) fn up(&mut self, now: Duration) {
        self.next = self.next.min(PAUSE_MAX);
        self.up_since = Some(now);
    }

    /// User name or password is wrong.
    pub(crate) fn unauthenticated(&mut self) {
        self.next = PAUSE_UNAUTHENTICATED;
    }

    /// The port is down: how long to wait now.
    pub(crate) fn pause(&mut self, now: Duration) -> Duration {
        let was_up = self.up_since.take();
        if was_up.is_some_and(|since| now.saturating_sub(since) >= STEADY) {
            self.next = PAUSE_MIN;
        }
        let pause = self.next;
        self.next = (pause * 2).min(PAUSE_MAX.max(pause));
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, Duration};

    fn pauses(backoff: &mut Backoff, now: u64, count: usize) -> Vec<u128> {
        let mut pause = || backoff.pause(Duration::from_secs(now)).as_millis();
        (0..count).map(|_| pause()).collect()
    }

    /// Pauses grow up to a limit, and a wrong password waits longer than that limit.
    #[test]
    fn failures() {
        let mut backoff = Backoff::default();
        let growing = [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000];
        assert_eq!(pauses(&mut backoff, 0, 8), growing);
        backoff.unauthenticated();
        assert_eq!(pauses(&mut backoff, 0, 2), [30_000, 30_000]);
    }

    /// Only a port that was up for long comes back at once.
    #[test]
    fn a_way_that_breaks_again_and_again() {
        let mut backoff = Backoff::default();
        for (up, down, pause) in [(0, 59, 250), (60, 61, 500), (62, 63, 1000), (70, 130, 250)] {
            backoff.up(Duration::from_secs(up));
            assert_eq!(pauses(&mut backoff, down, 1), [pause]);
        }
        backoff.unauthenticated();
        backoff.up(Duration::from_secs(200));
        assert_eq!(pauses(&mut backoff, 201, 1), [10_000]);
    }
}

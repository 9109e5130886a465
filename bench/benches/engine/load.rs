//! Commands under way, and how long they took.

use crate::now;
use bench::permille;
use std::collections::VecDeque;
use std::time::Duration;

/// When a member's own commands were submitted, stable and durable.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// Not in the log yet: when they were submitted, in the order of the log.
    submitted: VecDeque<u64>,
    /// In the log: at which index, and when they were submitted.
    unstable: VecDeque<(u64, u64)>,
    undurable: VecDeque<(u64, u64)>,
    until_stable: Vec<Duration>,
    until_durable: Vec<Duration>,
    last: u64,
}

impl Times {
    pub(crate) fn submitted(&mut self, when: u64) {
        self.submitted.push_back(when);
    }

    pub(crate) fn ordered(&mut self, index: u64) {
        let Some(when) = self.submitted.pop_front() else {
            return;
        };
        self.unstable.push_back((index, when));
        self.undurable.push_back((index, when));
    }

    pub(crate) fn stable(&mut self, index: u64, now: u64) {
        drain(&mut self.unstable, index, (now, &mut self.until_stable));
    }

    pub(crate) fn durable(&mut self, index: u64, now: u64) {
        drain(&mut self.undurable, index, (now, &mut self.until_durable));
        self.last = now;
    }

    /// Commands that are not durable yet.
    pub(crate) fn under_way(&self) -> usize {
        self.submitted.len() + self.undurable.len()
    }
}

fn drain(queue: &mut VecDeque<(u64, u64)>, index: u64, (now, times): (u64, &mut Vec<Duration>)) {
    while let Some((at, since)) = queue.front().copied()
        && at <= index
    {
        queue.pop_front();
        times.push(Duration::from_nanos(now.saturating_sub(since)));
    }
}

/// A closed loop: so many commands are under way until it is over.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) bytes: usize,
    window: usize,
    start: u64,
    end: u64,
}

impl Load {
    /// For `ms` milliseconds, or until it is stopped when that is zero.
    pub(crate) fn new((bytes, window): (usize, usize), ms: usize) -> Self {
        let start = now();
        let nanos = u64::try_from(ms)
            .unwrap_or(u64::MAX)
            .saturating_mul(1_000_000);
        let end = if nanos == 0 { u64::MAX } else { start + nanos };
        Self {
            bytes,
            window,
            start,
            end,
        }
    }

    pub(crate) fn stop(&mut self) {
        self.end = 0;
    }

    pub(crate) fn wants_more(&self, under_way: usize) -> bool {
        under_way < self.window && now() < self.end
    }

    pub(crate) fn is_over(&mut self, under_way: usize) -> bool {
        under_way == 0 && now() >= self.end
    }

    /// `ran COMMANDS NANOS` and the quantiles, in nanoseconds.
    pub(crate) fn result(&self, times: &Times) -> String {
        let nanos = times.last.saturating_sub(self.start);
        let quantiles = [&times.until_stable, &times.until_durable]
            .into_iter()
            .flat_map(|all| [500, 990].map(|thousandths| permille(all, thousandths)));
        let quantiles: Vec<String> = quantiles.map(|it| it.as_nanos().to_string()).collect();
        let count = times.until_durable.len();
        format!("ran {count} {nanos} {}", quantiles.join(" "))
    }
}

//! Whether a shelf manager's LAN interface answers, for a CMM that does not own the hardware and so
//! has no session there.

use crate::link::{Link, PIECE_MAX, Route};
use session::lan::{answers_probe, probe};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

/// How often it is asked.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many questions in a row may be without an answer. Choice: one datagram may be lost.
const UNANSWERED_MAX: u8 = 1;

/// What is found of the interface. Dropping it ends the questions.
#[derive(Debug)]
pub struct Presence {
    asks: watch::Sender<bool>,
    answers: watch::Receiver<Option<bool>>,
}

impl Presence {
    /// Whether to ask, from now on. May be said again and again.
    pub fn ask(&self, whether: bool) {
        self.asks
            .send_if_modified(|asks| std::mem::replace(asks, whether) != whether);
    }

    /// Whether it answers; `None` while it is not asked, or was just begun to be.
    #[must_use]
    pub fn answers(&self) -> Option<bool> {
        *self.answers.borrow()
    }
}

/// Asks at `host:port` once a second, while that is wanted: in a task of its own on the current
/// tokio runtime.
#[must_use]
pub fn presence(address: String) -> Presence {
    let (asks, wanted) = watch::channel(false);
    let (found, answers) = watch::channel(None);
    let route = Route::Udp(address);
    let task = Task {
        route,
        wanted,
        found,
        number: 0,
    };
    tokio::spawn(task.run());
    Presence { asks, answers }
}

struct Task {
    route: Route,
    wanted: watch::Receiver<bool>,
    found: watch::Sender<Option<bool>>,
    number: u8,
}

impl Task {
    /// Works until nobody wants to know any more.
    async fn run(mut self) {
        loop {
            self.found.send_replace(None);
            if self.wanted.wait_for(|wanted| *wanted).await.is_err() {
                return;
            }
            let mut unanswered = 0;
            while *self.wanted.borrow() {
                let next = Instant::now() + INTERVAL;
                unanswered = match self.is_answered(next).await {
                    true => 0,
                    false => unanswered.min(UNANSWERED_MAX) + 1,
                };
                let is_there = unanswered == 0;
                if is_there || unanswered > UNANSWERED_MAX {
                    self.found.send_replace(Some(is_there));
                }
                let pause = sleep_until(next);
                tokio::select! {
                    () = pause => {}
                    changed = self.wanted.changed() => if changed.is_err() {
                        return;
                    },
                }
            }
        }
    }

    /// Asks once, from a socket of its own: what was wrong with the last one is over.
    async fn is_answered(&mut self, until: Instant) -> bool {
        self.number = self.number.wrapping_add(1);
        let number = self.number;
        let answered = async {
            let mut link: Link = self.route.connect().await.ok()?;
            link.send(&probe(number)).await.ok()?;
            let mut piece = [0; PIECE_MAX];
            loop {
                let len = link.receive(&mut piece).await.ok()?;
                if answers_probe(&piece[..len], number) {
                    return Some(());
                }
            }
        };
        matches!(timeout_at(until, answered).await, Ok(Some(())))
    }
}

#[cfg(test)]
mod tests;

//! The task that keeps the address with the active CMM, and away from the others.

use super::{AddressError, SharedAddress};
use std::time::Duration;
use tokio::sync::watch::{self, error::RecvError};
use tokio::time::{Instant, timeout_at};

/// Pauses between the first announcements: three within the first second, as any may get lost.
///
/// Choice: not RFC 5227's two seconds nor RFC 4861's one; clients wait.
const REPEATED_AFTER: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(600)];

/// Pause between two announcements later, each of which begins a lease.
///
/// Choice: of three in a lease two may fail. And where another CMM's kernel answered a new client,
/// as its lease has not ended yet, that client goes wrong no longer than this.
const REFRESHED_AFTER: Duration = Duration::from_secs(3);

/// Pause after what failed.
const RETRIED_AFTER: Duration = Duration::from_secs(1);

/// How late a daemon may be that was only busy.
///
/// Choice: shorter than any failover takes. One that is later was stopped, and the other CMM may
/// have taken the address meanwhile. It does not take it back before it had time to learn that.
const LATE_MAX: Duration = Duration::from_secs(2);

/// What has become of the address on this CMM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has said yet whether it belongs here. What a former daemon left is as it was, and
    /// ends with its lease.
    Undecided,
    /// It is not here, as it should be.
    Released,
    /// It is here, and neighbours have been told.
    Held,
    /// It should be here: it is not, or neighbours could not be told. Tried again each second.
    NotTaken(AddressError),
    /// It should not be here, but may be. Tried again each second.
    NotReleased(AddressError),
}

/// Says where the address belongs. Dropping it releases the address, unless nobody ever decided.
#[derive(Debug)]
pub struct Keeper {
    wanted: watch::Sender<Option<bool>>,
    standing: watch::Receiver<Standing>,
}

impl Keeper {
    /// Whether it belongs here, as this CMM is the active one. May be said again and again.
    pub fn own(&self, is_active: bool) {
        self.wanted
            .send_if_modified(|wanted| wanted.replace(is_active) != Some(is_active));
    }

    /// What has become of it, now and at each change.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }
}

/// Keeps an address: in a task of its own on the current tokio runtime.
///
/// The address is also released when the runtime ends.
#[must_use]
pub fn keep(address: SharedAddress) -> Keeper {
    spawn(address)
}

/// A place that can have the address.
trait Place: Send + 'static {
    /// Has it, for a lease from now on, and announces it.
    fn take(&self) -> Result<(), AddressError>;
    /// Has it no more.
    fn release(&self) -> Result<(), AddressError>;
}

impl Place for SharedAddress {
    fn take(&self) -> Result<(), AddressError> {
        self.take()
    }

    fn release(&self) -> Result<(), AddressError> {
        self.release()
    }
}

fn spawn(place: impl Place) -> Keeper {
    let (wanted, orders) = watch::channel(None);
    let (reports, standing) = watch::channel(Standing::Undecided);
    let task = Task {
        place,
        orders,
        reports,
        taken: 0,
        is_decided: false,
    };
    tokio::spawn(task.run());
    Keeper { wanted, standing }
}

struct Task<P: Place> {
    place: P,
    orders: watch::Receiver<Option<bool>>,
    reports: watch::Sender<Standing>,
    /// How often it was taken since the last order or error.
    taken: usize,
    is_decided: bool,
}

impl<P: Place> Task<P> {
    /// Works until the keeper is dropped.
    async fn run(mut self) {
        loop {
            let wanted = *self.orders.borrow_and_update();
            let pause = match wanted {
                None => None,
                Some(true) => Some(self.take()),
                Some(false) => self.release(),
            };
            if self.wait(pause).await.is_err() {
                return;
            }
        }
    }

    /// Waits for an order, at most for a pause.
    async fn wait(&mut self, pause: Option<Duration>) -> Result<(), RecvError> {
        let mut pause = pause;
        while let Some(limit) = pause {
            let due = Instant::now() + limit;
            match timeout_at(due, self.orders.changed()).await {
                Ok(ordered) => {
                    self.taken = 0;
                    return ordered;
                }
                Err(_) if due.elapsed() <= LATE_MAX => return Ok(()),
                Err(_) => pause = Some(REFRESHED_AFTER),
            }
        }
        self.taken = 0;
        self.orders.changed().await
    }

    /// Takes it, and says when to do so again.
    fn take(&mut self) -> Duration {
        self.is_decided = true;
        if let Err(why) = self.place.take() {
            self.taken = 0;
            self.report(Standing::NotTaken(why));
            return RETRIED_AFTER;
        }
        self.report(Standing::Held);
        let pause = REPEATED_AFTER.get(self.taken).copied();
        self.taken = self.taken.saturating_add(1);
        pause.unwrap_or(REFRESHED_AFTER)
    }

    /// Releases it, and says when to try again if it must be.
    fn release(&mut self) -> Option<Duration> {
        self.is_decided = true;
        let Err(why) = self.place.release() else {
            self.report(Standing::Released);
            return None;
        };
        self.report(Standing::NotReleased(why));
        Some(RETRIED_AFTER)
    }

    fn report(&self, standing: Standing) {
        self.reports.send_if_modified(|last| {
            let is_new = *last != standing;
            *last = standing;
            is_new
        });
    }
}

/// At its end, and when the runtime ends in the middle of it.
impl<P: Place> Drop for Task<P> {
    fn drop(&mut self) {
        if self.is_decided {
            // Where this fails, the lease ends it.
            drop(self.place.release());
        }
    }
}

#[cfg(test)]
mod tests;

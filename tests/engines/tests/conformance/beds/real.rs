//! What real engines have in common: the clock, and being woken.

use machine::Time;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, SystemTime};

/// How long members sleep if nobody wakes them.
const NAP: Duration = Duration::from_millis(2);

/// Rung by threads that have news for a member.
pub(crate) struct Bell {
    news: Sender<()>,
    heard: Receiver<()>,
}

impl Bell {
    pub(crate) fn new() -> Self {
        let (news, heard) = channel();
        Self { news, heard }
    }

    /// What rings it.
    pub(crate) fn wake(&self) -> Arc<dyn Fn() + Send + Sync> {
        let news = self.news.clone();
        // When nobody listens any more, there is nobody to wake.
        Arc::new(move || news.send(()).unwrap_or_default())
    }

    /// Sleeps until it is rung, but not for long.
    pub(crate) fn sleep(&self) {
        self.heard.recv_timeout(NAP).unwrap_or_default();
        while self.heard.try_recv().is_ok() {}
    }
}

/// The clock of this machine.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let nanos = since.unwrap_or_default().as_nanos();
    Time(u64::try_from(nanos).unwrap_or(u64::MAX))
}

//! Sessions that another CMM served.

use super::Desk;
use crate::hpi_server::repeats::Repeats;
use hpi_domain::{SessionId, Sessions};
use machine::Time;
use std::collections::BTreeSet;

impl Desk {
    /// From now on this CMM serves the shelf's sessions; another one may have done so until now.
    pub(crate) fn take_over(&mut self, sessions: &Sessions, now: Time) {
        let used: BTreeSet<SessionId> = self
            .connections
            .values()
            .filter_map(|it| it.session)
            .collect();
        let idle = sessions.open().filter(|session| !used.contains(session));
        self.idle = idle.map(|session| (session, now)).collect();
        if self.connections.is_empty() {
            self.repeats = Repeats::new(sessions.done(), now);
        }
    }
}

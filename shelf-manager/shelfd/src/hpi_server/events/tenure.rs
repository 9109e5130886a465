//! Sessions go from one CMM to another.
//!
//! A client of OpenHPI whose connection breaks calls once more, on a new connection, two seconds
//! later; nobody may refuse it then, and there is no third time unless an answer came between. So a
//! CMM that serves the shelf no more hangs up only after the address is not its own: nothing of it
//! reaches the client, which learns that its connection is gone when the other CMM has the address
//! and answers its keep-alive probe. What the takeover says of itself answers the call that comes
//! next, should the shelf change hands again before anything else happens.
//!
//! Source: openhpi 3.8.0, `baselib/session.cpp` (two attempts, two seconds),
//! `transport/strmsock.cpp` (probes each second).

use super::Desk;
use crate::hpi_server::repeats::Repeats;
use appliance::Clocks;
use hpi_domain::Sessions;

impl Desk {
    /// From now on this CMM serves the shelf's sessions; another one may have done so until now.
    pub(crate) fn take_over(&mut self, sessions: &Sessions, clocks: Clocks) {
        self.users.take_over(sessions, clocks.own);
        self.repeats.take_over(sessions.done(), clocks);
    }

    /// The state is another one: what was asked before may have been done, or not. Another CMM
    /// serves the shelf, and its clients learn there which it is.
    pub(crate) fn forget(
        &mut self,
        (sessions, clocks): (&Sessions, Clocks),
        is_gone: impl Future<Output = ()> + Send + 'static,
    ) {
        self.repeats = Repeats::new(sessions.done(), clocks);
        let logged = std::mem::take(&mut self.logged);
        self.hang_up_after(is_gone, logged);
    }

    /// From now on another CMM serves them. Calls that wait for events here end with their
    /// connections, once `is_gone` resolves: the address at which clients come is not here any
    /// more.
    pub(crate) fn leave(&mut self, is_gone: impl Future<Output = ()> + Send + 'static) {
        let waiting = self.users.leave();
        self.hang_up_after(is_gone, waiting);
    }

    /// Ends all connections, and then calls that nobody answers.
    fn hang_up_after<T: Send + 'static>(
        &self,
        is_gone: impl Future<Output = ()> + Send + 'static,
        unanswered: T,
    ) {
        let Some(hang_up) = self.hang_up.clone() else {
            return;
        };
        tokio::spawn(async move {
            is_gone.await;
            hang_up.all();
            // Not before: they would be answered that something went wrong.
            drop(unanswered);
        });
    }
}

#[cfg(test)]
mod tests;

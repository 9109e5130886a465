//! Calls that were carried out, as long as their users may not know it.
//!
//! OpenHPI's library repeats a call, byte for byte, on a new connection when the old one broke
//! before the reply came. What came of the call is kept on the log, so that it is answered and not
//! carried out again, also by a program that took over from another one.

use crate::{SessionId, Told};
use alloc::vec::Vec;
use core::time::Duration;
use hpi_model::HpiError;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most calls of one session that are kept.
///
/// Choice: each thread of a client has a connection of its own and waits for each reply, so these
/// are four threads that change something at the same time.
pub const DONE_MAX: usize = 4;

/// By what a call is known when it comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// On which connection it came. The next call there says that the reply has arrived.
    pub connection: u64,
    /// Digest of the function and of its parameters, as they came.
    pub digest: [u8; 16],
}

/// A call that was carried out, or refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoneCall {
    /// By what it is known.
    pub mark: Mark,
    /// When, by the log's time, less what was skipped since.
    pub at: Time,
    /// What came of it.
    pub result: Result<Told, HpiError>,
}

/// The last calls of one session, the newest last.
///
/// Invariant: at most [`DONE_MAX`], and one for each connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DoneCalls(Vec<DoneCall>);

impl DoneCalls {
    pub(crate) fn keep(&mut self, done: DoneCall) {
        self.0
            .retain(|other| other.mark.connection != done.mark.connection);
        if self.0.len() >= DONE_MAX {
            self.0.remove(0);
        }
        self.0.push(done);
    }

    pub(crate) fn skip(&mut self, time: Duration) {
        for done in &mut self.0 {
            done.at = done.at.after(time);
        }
    }

    pub(crate) fn of(&self, session: SessionId) -> impl Iterator<Item = (SessionId, &DoneCall)> {
        self.0.iter().map(move |done| (session, done))
    }
}

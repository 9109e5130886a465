//! Calls that a client repeats because its connection broke before the reply came.
//!
//! OpenHPI's library sends the very same bytes once more, on a new connection of the same session.
//! Whoever changes something so changes it once: the first call of a connection that equals the
//! last one of a connection that ended is answered with what came of that one. What the log held
//! when this program started may be repeated as well.
//!
//! Choice: for ten seconds. The library waits two before it connects anew, and tries that once; a
//! call that comes much later is meant.
//!
//! Source: openhpi 3.8.0, `baselib/session.cpp`.

use super::Connection;
use crate::Clocks;
use alloc::collections::{BTreeMap, VecDeque};
use core::time::Duration;
use hpi_domain::{DoneCall, Mark, SessionId};
use machine::Time;

/// How long after it a call counts as repeated.
pub const WITHIN: Duration = Duration::from_secs(10);
/// Most calls whose reply may not have arrived.
const UNSURE_MAX: usize = 4_096;

/// A call that changes something, as it comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coming {
    /// On which connection.
    pub connection: Connection,
    /// Whether its connection is new.
    pub is_first: bool,
    /// In which session.
    pub session: SessionId,
    /// What is the same when the call is repeated, and only then.
    pub digest: [u8; 16],
}

/// What is to be done about a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken<K> {
    /// It is new; the log is to know it by the mark.
    New(Mark),
    /// It is repeated: this was kept of it.
    Again(K),
}

/// A call that changes something. `K` is what is kept of it.
#[derive(Clone, Debug)]
struct Asked<K> {
    session: SessionId,
    digest: [u8; 16],
    /// When it came, by this member's own clock.
    at: Time,
    kept: K,
}

/// Calls that may be repeated.
#[derive(Debug)]
pub struct Repeats<K> {
    /// The last call of each connection, where it changes something.
    last: BTreeMap<Connection, Asked<K>>,
    /// Calls whose reply may not have arrived, and since when, the oldest first.
    unsure: VecDeque<(Time, Asked<K>)>,
}

impl<K> Default for Repeats<K> {
    fn default() -> Self {
        Self {
            last: BTreeMap::new(),
            unsure: VecDeque::new(),
        }
    }
}

impl<K: Clone> Repeats<K> {
    /// `done` is what the log held when this program started; `kept` is kept of it.
    pub fn new<'a>(
        done: impl Iterator<Item = (SessionId, &'a DoneCall)>,
        clocks: Clocks,
        kept: impl Fn(&DoneCall) -> K,
    ) -> Self {
        let mut repeats = Self::default();
        repeats.take_over(done, clocks, (kept, |_| false));
        repeats
    }

    /// From now on this member serves the shelf; another one may have done so until now. `done` is
    /// what the log holds. What was called here before and did not get there yet, as `is_pending`
    /// says, still may.
    ///
    /// How old a call is, the log's time says: members' clocks may be apart, and the log's own time
    /// goes on slower than theirs where nothing happens.
    pub fn take_over<'a>(
        &mut self,
        done: impl Iterator<Item = (SessionId, &'a DoneCall)>,
        clocks: Clocks,
        (kept, is_pending): (impl Fn(&DoneCall) -> K, impl Fn(&K) -> bool),
    ) {
        self.unsure.retain(|(_, asked)| is_pending(&asked.kept));
        for (session, done) in done {
            let digest = done.mark.digest;
            let age = clocks.log.since(done.at);
            let is_it = |asked: &Asked<K>| (asked.session, asked.digest) == (session, digest);
            let is_last = self.last.get(&done.mark.connection).is_some_and(is_it);
            if age >= WITHIN || is_last || self.unsure.iter().any(|(_, it)| is_it(it)) {
                continue;
            }
            let nanos = u64::try_from(age.as_nanos()).unwrap_or(u64::MAX);
            let asked = Asked {
                session,
                digest,
                at: Time(clocks.own.0.saturating_sub(nanos)),
                kept: kept(done),
            };
            self.unsure.push_back((clocks.own, asked));
        }
    }

    /// A connection is used again: it got the answer to what it called before.
    pub fn called(&mut self, connection: Connection) {
        self.last.remove(&connection);
    }

    /// Takes a call in; `fresh` is kept of it, if it is new.
    pub fn take(&mut self, coming: &Coming, fresh: K, now: Time) -> Taken<K> {
        let Coming {
            connection,
            is_first,
            session,
            digest,
        } = *coming;
        self.called(connection);
        let known = is_first.then(|| self.find((session, digest), now));
        if let Some(asked) = known.flatten() {
            let kept = asked.kept.clone();
            self.last.insert(connection, asked);
            return Taken::Again(kept);
        }
        let asked = Asked {
            session,
            digest,
            at: now,
            kept: fresh,
        };
        self.last.insert(connection, asked);
        Taken::New(Mark { connection, digest })
    }

    /// A connection ended: the reply to its last call may not have arrived.
    pub fn closed(&mut self, connection: Connection, now: Time) {
        self.expire(now);
        let last = self.last.remove(&connection);
        let Some(asked) = last.filter(|asked| now.since(asked.at) < WITHIN) else {
            return;
        };
        if self.unsure.len() >= UNSURE_MAX {
            self.unsure.pop_front();
        }
        self.unsure.push_back((now, asked));
    }

    fn find(&mut self, call: (SessionId, [u8; 16]), now: Time) -> Option<Asked<K>> {
        self.expire(now);
        let is_it = |(_, asked): &(Time, Asked<K>)| (asked.session, asked.digest) == call;
        let at = self.unsure.iter().rposition(is_it)?;
        self.unsure.remove(at).map(|(_, asked)| asked)
    }

    fn expire(&mut self, now: Time) {
        let is_old = |(since, _): &(Time, Asked<K>)| now.since(*since) >= WITHIN;
        while self.unsure.front().is_some_and(is_old) {
            self.unsure.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;

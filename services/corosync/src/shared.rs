//! What a ring's owner and its threads have in common.

use crate::line::{Holder, Wake, Watch, timespec};
use crate::ring::Facts;
use group::Told;
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Largest message, in bytes: what Corosync takes in one piece, less the frame's own byte.
/// Source: measured on Corosync 3.1.7; `IPC_REQUEST_SIZE` less 1024.
pub const MESSAGE_BYTES_MAX: usize = 1_047_552 - 1;

/// Most messages that wait to be handed to Corosync. Choice: few, so that what is urgent does not
/// wait long behind them.
const OUT_MAX: usize = 64;
/// Most bytes of them, but for the last.
const OUT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most that waits to be told; Corosync keeps what comes after it.
const TOLD_MAX: usize = 16_384;
/// Most bytes of it, but for the last.
const TOLD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What the owner wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// To be in the group.
    Member,
    /// Not to be.
    Absent,
    /// The end of the threads.
    End,
}

/// What both sides have in common.
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Rung when the owner wants something else.
    changed: Condvar,
    /// The same for who waits for file descriptors.
    bell: OwnedFd,
    wake: Wake,
    watch: Option<Watch>,
}

struct State {
    wanted: Wanted,
    /// Which stay in the group is the present one. What an older one says is not heard.
    stay: u64,
    /// Corosync takes messages in this stay.
    is_open: bool,
    /// The owner was refused, and is woken when there is room.
    is_starved: bool,
    out: VecDeque<Vec<u8>>,
    out_bytes: usize,
    told: VecDeque<Told>,
    told_bytes: usize,
    /// Why there was no connection when that was told last.
    down: Option<String>,
    /// Since when the thread is in calls of Corosync's libraries.
    working_since: Option<Instant>,
    facts: Option<Facts>,
}

impl State {
    /// Begins another stay: nothing of the last one is left.
    fn begin(&mut self) {
        self.stay += 1;
        self.is_open = false;
        self.facts = None;
        self.out.clear();
        self.out_bytes = 0;
    }

    fn push(&mut self, told: Told) {
        self.told_bytes += bytes(&told);
        self.told.push_back(told);
    }

    fn has_room(&self) -> bool {
        self.told.len() < TOLD_MAX && self.told_bytes < TOLD_BYTES_MAX
    }
}

/// What the thread has to do in a stay.
pub(crate) struct Turn {
    /// More may be told.
    pub(crate) has_room: bool,
    /// Messages to be sent.
    pub(crate) out: VecDeque<Vec<u8>>,
}

impl Shared {
    pub(crate) fn new(wake: Wake, watch: Option<Watch>) -> io::Result<Self> {
        let state = State {
            wanted: Wanted::Member,
            stay: 0,
            is_open: false,
            is_starved: false,
            out: VecDeque::new(),
            out_bytes: 0,
            told: VecDeque::new(),
            told_bytes: 0,
            down: None,
            working_since: None,
            facts: None,
        };
        Ok(Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            bell: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            wake,
            watch,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // All changes are complete before anything that can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread.
    pub(crate) fn ring_bell(&self) {
        self.changed.notify_all();
        // It is full when it was rung more often than anybody can count.
        rustix::io::write(&self.bell, &1_u64.to_ne_bytes()).unwrap_or_default();
    }

    /// The line, if there is one.
    pub(crate) fn watch(&self) -> Option<&Watch> {
        self.watch.as_ref()
    }

    /// Who holds the line; `None` when there is none.
    pub(crate) fn holder(&self) -> Option<Holder> {
        self.watch.as_ref().map(Watch::holder)
    }

    // The owner's side.

    pub(crate) fn multicast(&self, bytes: &[u8]) -> Result<(), group::TryAgain> {
        let mut state = self.state();
        let has_room = state.out.len() < OUT_MAX && state.out_bytes < OUT_BYTES_MAX;
        if !state.is_open || !has_room {
            state.is_starved = true;
            return Err(group::TryAgain);
        }
        state.out_bytes += bytes.len();
        state.out.push_back(bytes.to_vec());
        let is_first = state.out.len() == 1;
        drop(state);
        if is_first {
            self.ring_bell();
        }
        Ok(())
    }

    pub(crate) fn told(&self) -> Option<Told> {
        let mut state = self.state();
        let had_room = state.has_room();
        let told = state.told.pop_front()?;
        state.told_bytes -= bytes(&told);
        let is_room = !had_room && state.has_room();
        drop(state);
        if is_room {
            self.ring_bell();
        }
        Some(told)
    }

    /// Leaves the group; and joins it again, if so wanted.
    pub(crate) fn leave(&self, joins_again: bool) {
        let mut state = self.state();
        if state.wanted != Wanted::End {
            state.wanted = match joins_again {
                true => Wanted::Member,
                false => Wanted::Absent,
            };
        }
        state.begin();
        state.told.clear();
        state.told_bytes = 0;
        state.down = None;
        drop(state);
        self.ring_bell();
    }

    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.wanted = Wanted::End;
        state.begin();
        drop(state);
        self.ring_bell();
    }

    pub(crate) fn facts(&self) -> Option<Facts> {
        self.state().facts.clone()
    }

    // The threads' side.

    /// Waits until the owner wants to be in the group; which stay that is. `None` at the end.
    pub(crate) fn wait_for_stay(&self) -> Option<u64> {
        let mut state = self.state();
        loop {
            match state.wanted {
                Wanted::Member => return Some(state.stay),
                Wanted::End => return None,
                Wanted::Absent => {
                    let waited = self.changed.wait(state);
                    state = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Waits until the owner wants something else than this stay, but not longer than `limit`.
    pub(crate) fn pause(&self, stay: u64, limit: Duration) {
        let is_same = |state: &mut State| state.stay == stay;
        let state = self.state();
        let waited = self.changed.wait_timeout_while(state, limit, is_same);
        drop(waited);
    }

    /// What is to be done in a stay; `None` when it is over.
    pub(crate) fn turn(&self, stay: u64, takes_more: bool) -> Option<Turn> {
        let mut state = self.state();
        if state.stay != stay {
            return None;
        }
        let mut out = VecDeque::new();
        if takes_more {
            std::mem::swap(&mut out, &mut state.out);
            state.out_bytes = 0;
        }
        let is_fed = takes_more && state.is_open && std::mem::take(&mut state.is_starved);
        let has_room = state.has_room();
        drop(state);
        if is_fed {
            (self.wake)();
        }
        Some(Turn { has_room, out })
    }

    /// Tells the owner; `false` when the stay is over.
    pub(crate) fn tell(&self, stay: u64, told: &mut Vec<Told>) -> bool {
        let mut state = self.state();
        if state.stay != stay {
            told.clear();
            return false;
        }
        if told.is_empty() {
            return true;
        }
        for told in told.drain(..) {
            if matches!(told, Told::Config { .. }) {
                state.is_open = true;
                state.down = None;
            }
            state.push(told);
        }
        drop(state);
        (self.wake)();
        true
    }

    /// What Corosync says of itself in this stay.
    pub(crate) fn set_facts(&self, stay: u64, facts: Facts) {
        let mut state = self.state();
        if state.stay == stay {
            state.facts = Some(facts);
        }
    }

    /// A stay is over, and why. That is told, unless it was told as the last thing.
    pub(crate) fn disconnected(&self, stay: u64, why: String) {
        let mut state = self.state();
        if state.stay != stay {
            return;
        }
        state.begin();
        if state.wanted != Wanted::Member || state.down.as_ref() == Some(&why) {
            return;
        }
        tracing::warn!("no ring: {why}");
        state.down = Some(why.clone());
        state.push(Told::Disconnected(why));
        drop(state);
        (self.wake)();
    }

    /// The thread waits, or goes to work.
    pub(crate) fn works(&self, is_working: bool) {
        self.state().working_since = is_working.then(Instant::now);
    }

    /// Looks after the thread until the end.
    pub(crate) fn supervise(&self, limit: Duration) {
        while self.check_on(limit) {
            drop(self.changed.wait_timeout(self.state(), limit / 4));
        }
    }

    /// Ends the stay if the thread has been in Corosync's hands for so long; `false` at the end.
    fn check_on(&self, limit: Duration) -> bool {
        let state = self.state();
        let (wanted, stay) = (state.wanted, state.stay);
        let hangs = |since: Instant| since.elapsed() >= limit;
        let is_hanging = state.working_since.is_some_and(hangs);
        drop(state);
        if is_hanging {
            let ms = limit.as_millis();
            self.disconnected(stay, format!("Corosync has not answered for {ms} ms"));
        }
        wanted != Wanted::End
    }

    /// Waits until there is something on one of these, or the bell is rung; whether one of them
    /// has lost its other end.
    pub(crate) fn wait(&self, fds: &[BorrowedFd<'_>], limit: Duration) -> bool {
        let mut fds: Vec<PollFd<'_>> = fds
            .iter()
            .map(|fd| PollFd::new(fd, PollFlags::IN))
            .collect();
        let bell = self.bell.as_fd();
        fds.push(PollFd::new(&bell, PollFlags::IN));
        let limit = timespec(limit);
        // An interrupted wait is one that is over.
        poll(&mut fds, Some(&limit)).unwrap_or_default();
        let mut count = [0; 8];
        rustix::io::read(&self.bell, &mut count).unwrap_or_default();
        fds.pop();
        let is_gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        fds.iter().any(|fd| fd.revents().intersects(is_gone))
    }
}

fn bytes(told: &Told) -> usize {
    match told {
        Told::Delivered { bytes, .. } => bytes.len(),
        Told::Config { .. } | Told::Quorum { .. } | Told::Disconnected(_) => 0,
    }
}

#[cfg(test)]
mod tests;

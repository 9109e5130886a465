//! One bus: what waits to be written, what is being written, and whether it works.
//!
//! Choice: a bus has failed after [`ERRORS_MAX`] writes in a row that it did not carry. A frame
//! that nobody acknowledged counts only when the other bus then carried the same one, and not twice
//! in a row for the same responder.

use super::{Bus, Effect, Fault, Ipmb, LineHealth, WriteError};
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::ipmb::{Route, encode_request};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Writes in a row that failed before the bus counts as failed.
pub(super) const ERRORS_MAX: u8 = 3;

/// Most responses that wait for one bus; the oldest is dropped, as its requester asks again.
pub(super) const RESPONSES_MAX: usize = 64;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// The request under way to this responder, with this sequence number.
    Request { responder: u8, sequence: u8 },
    /// A response; how often it may still be written.
    Response { attempts_left: u8 },
    /// A request that only shows whether the bus works.
    Test,
}

/// A frame to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) kind: Kind,
    pub(super) frame: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Writing {
    pub(super) job: Job,
    /// When it takes too long.
    until: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    /// There is no device; why, if there was one.
    Closed(Option<String>),
    Working,
    Failed {
        fault: Fault,
        /// Whether the lines moved, but nobody acknowledged what the other bus carried.
        is_deaf: bool,
        test_at: Time,
    },
}

/// One bus.
///
/// Invariant: whenever a request is added, `requests` has at most
/// [`ipmi::port::IN_FLIGHT_MAX`] others and one test; `responses` has at most [`RESPONSES_MAX`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) state: State,
    /// Whether we are ordered to keep off.
    pub(super) is_isolated: bool,
    errors: u8,
    /// Who did not acknowledge here what the other bus then carried.
    missed: Option<u8>,
    responses: VecDeque<Job>,
    requests: VecDeque<Job>,
    pub(super) writing: Option<Writing>,
}

impl Line {
    fn closed() -> Self {
        Self {
            state: State::Closed(None),
            is_isolated: false,
            errors: 0,
            missed: None,
            responses: VecDeque::new(),
            requests: VecDeque::new(),
            writing: None,
        }
    }

    /// The device is gone; what was to be written.
    pub(super) fn close(&mut self, why: String) -> Vec<Job> {
        let mut jobs = self.take_jobs();
        jobs.extend(self.writing.take().map(|writing| writing.job));
        self.state = State::Closed(Some(why));
        jobs
    }

    pub(super) fn take_jobs(&mut self) -> Vec<Job> {
        let responses = self.responses.drain(..);
        responses.chain(self.requests.drain(..)).collect()
    }

    pub(super) fn is_usable(&self) -> bool {
        self.state == State::Working && !self.is_isolated
    }

    pub(super) fn health(&self) -> LineHealth {
        match self.state {
            State::Closed(_) => LineHealth::Absent,
            State::Working => LineHealth::Working,
            State::Failed { fault, .. } => LineHealth::Failed(fault),
        }
    }

    pub(super) fn proved(&mut self) {
        self.errors = 0;
        self.missed = None;
    }

    pub(super) fn push(&mut self, job: Job) {
        match job.kind {
            Kind::Response { .. } => {
                if self.responses.len() >= RESPONSES_MAX {
                    self.responses.pop_front();
                }
                self.responses.push_back(job);
            }
            Kind::Request { .. } | Kind::Test => self.requests.push_back(job),
        }
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        let test = match (&self.state, &self.writing) {
            (State::Failed { test_at, .. }, None) if !self.is_isolated => Some(*test_at),
            (State::Failed { .. } | State::Working | State::Closed(_), _) => None,
        };
        self.late_at().into_iter().chain(test).min()
    }

    /// When the write under way has taken too long; `None` when it is given up already, and only
    /// its outcome counts, as a test.
    fn late_at(&self) -> Option<Time> {
        let writing = self.writing.as_ref()?;
        let is_given_up = writing.job.kind == Kind::Test && !self.is_usable();
        (!is_given_up).then_some(writing.until)
    }

    /// Keeps those requests that still have a purpose.
    pub(super) fn keep_requests(&mut self, has_purpose: impl Fn(&Job) -> bool) {
        self.requests.retain(has_purpose);
    }
}

/// Both buses, and whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lines {
    a: Line,
    b: Line,
    turn: Bus,
    /// Who was written to last: whoever a failed bus is tried with.
    last_responder: u8,
    test_sequence: u8,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            a: Line::closed(),
            b: Line::closed(),
            turn: Bus::A,
            last_responder: 0,
            test_sequence: 0,
        }
    }
}

impl Lines {
    pub(super) fn of(&self, bus: Bus) -> &Line {
        match bus {
            Bus::A => &self.a,
            Bus::B => &self.b,
        }
    }

    pub(super) fn of_mut(&mut self, bus: Bus) -> &mut Line {
        match bus {
            Bus::A => &mut self.a,
            Bus::B => &mut self.b,
        }
    }

    /// The bus for a first attempt. Choice: they take turns, so that both are known to work.
    pub(super) fn in_turn(&mut self) -> Bus {
        let bus = self.turn;
        self.turn = bus.other();
        self.instead(bus)
    }

    /// This bus, unless only the other one works.
    pub(super) fn instead(&self, bus: Bus) -> Bus {
        let use_other = !self.of(bus).is_usable() && self.of(bus.other()).is_usable();
        if use_other { bus.other() } else { bus }
    }

    pub(super) fn remember(&mut self, responder: u8) {
        self.last_responder = responder;
    }
}

impl Ipmb {
    /// Lets each free bus write the next frame that still has a purpose.
    pub(super) fn pump(&mut self, now: Time, effects: &mut Vec<Effect>) {
        for bus in Bus::BOTH {
            let until = now.after(self.config.write_timeout);
            let line = self.lines.of_mut(bus);
            while line.writing.is_none() {
                let job = line.responses.pop_front();
                let Some(job) = job.or_else(|| line.requests.pop_front()) else {
                    break;
                };
                if !self.requester.wants(&job) {
                    continue;
                }
                let frame = job.frame.clone();
                effects.push(Effect::Write { bus, frame });
                line.writing = Some(Writing { job, until });
            }
        }
    }

    pub(super) fn sent(
        &mut self,
        now: Time,
        bus: Bus,
        result: Result<(), WriteError>,
        effects: &mut Vec<Effect>,
    ) {
        let before = self.health();
        // A device that is gone may report late.
        let Some(Writing { job, .. }) = self.lines.of_mut(bus).writing.take() else {
            return;
        };
        match job.kind {
            Kind::Test => self.tested(now, bus, result),
            Kind::Request { .. } | Kind::Response { .. } => {
                self.judge(now, bus, result);
                match job.kind {
                    Kind::Request {
                        responder,
                        sequence,
                    } => self.request_sent(now, (responder, sequence, bus), result, effects),
                    Kind::Response { attempts_left } => {
                        self.response_sent(bus, (job.frame, attempts_left), result);
                    }
                    Kind::Test => (),
                }
            }
        }
        self.follow(now, before, effects);
    }

    /// What a write says about its bus.
    fn judge(&mut self, now: Time, bus: Bus, result: Result<(), WriteError>) {
        match result {
            Ok(()) => self.lines.of_mut(bus).proved(),
            Err(WriteError::Nak | WriteError::ArbitrationLost) => (),
            Err(WriteError::Bus(fault)) => self.suspect(now, bus, (fault, false)),
        }
    }

    /// A request that nobody acknowledged here was carried by the other bus. One controller alone
    /// may be off this bus by itself, so the next one to count is another's.
    pub(super) fn deaf(&mut self, now: Time, bus: Bus, responder: u8) {
        let line = self.lines.of_mut(bus);
        if line.missed.replace(responder) != Some(responder) {
            self.suspect(now, bus, (Fault::Undiagnosed, true));
        }
    }

    /// One more write that the bus did not carry.
    fn suspect(&mut self, now: Time, bus: Bus, (fault, is_deaf): (Fault, bool)) {
        let line = self.lines.of_mut(bus);
        line.errors = line.errors.saturating_add(1);
        if line.errors >= ERRORS_MAX && line.is_usable() {
            self.fail(now, bus, (fault, is_deaf));
        }
    }

    fn fail(&mut self, now: Time, bus: Bus, (fault, is_deaf): (Fault, bool)) {
        let test_at = now.after(self.config.test_interval);
        let line = self.lines.of_mut(bus);
        line.state = State::Failed {
            fault,
            is_deaf,
            test_at,
        };
        let jobs = line.take_jobs();
        self.move_away(bus, jobs);
    }

    /// Gives frames to the other bus; with none left, their orders fail with the port.
    pub(super) fn move_away(&mut self, bus: Bus, jobs: Vec<Job>) {
        let other = self.lines.of_mut(bus.other());
        if other.is_usable() {
            jobs.into_iter().for_each(|job| other.push(job));
        }
    }

    /// Gives up what has been written for too long: the adapter hangs.
    pub(super) fn watch_writes(&mut self, now: Time) {
        for bus in Bus::BOTH {
            let line = self.lines.of_mut(bus);
            let is_late = line.late_at().is_some_and(|late| late <= now);
            let Some(writing) = line.writing.as_mut().filter(|_| is_late) else {
                continue;
            };
            // Its outcome, if it ever comes, says whether the bus works again.
            let kind = core::mem::replace(&mut writing.job.kind, Kind::Test);
            let frame = writing.job.frame.clone();
            self.fail(now, bus, (Fault::Undiagnosed, false));
            self.move_away(bus, alloc::vec![Job { kind, frame }]);
        }
    }

    /// Tries failed buses with a request that does no harm.
    pub(super) fn start_tests(&mut self, now: Time) {
        for bus in Bus::BOTH {
            let State::Failed { test_at, .. } = &self.lines.of(bus).state else {
                continue;
            };
            let line = self.lines.of(bus);
            if *test_at > now || line.is_isolated || line.writing.is_some() {
                continue;
            }
            self.lines.test_sequence = self.lines.test_sequence.wrapping_add(1);
            let route = Route {
                responder: self.lines.last_responder,
                requester: self.config.address,
                requester_lun: TEST_LUN,
                sequence: self.lines.test_sequence & ipmi::ipmb::SEQUENCE_MAX,
            };
            let job = Job {
                kind: Kind::Test,
                frame: encode_request(route, &GetDeviceId {}.request()),
            };
            let line = self.lines.of_mut(bus);
            if line.requests.is_empty() {
                line.push(job);
            }
        }
    }

    /// Takes a bus back when it carried a test, or leaves it alone for a while.
    fn tested(&mut self, now: Time, bus: Bus, result: Result<(), WriteError>) {
        let next = now.after(self.config.test_interval);
        let line = self.lines.of_mut(bus);
        let State::Failed {
            fault,
            is_deaf,
            test_at,
        } = &mut line.state
        else {
            return;
        };
        *test_at = next;
        let works = match result {
            Ok(()) => true,
            // The lines move again, whoever may be there.
            Err(WriteError::Nak | WriteError::ArbitrationLost) => !*is_deaf,
            Err(WriteError::Bus(found)) => {
                *fault = found;
                *is_deaf = false;
                false
            }
        };
        if works {
            line.state = State::Working;
            line.proved();
        }
    }
}

/// Logical unit of the requester in tests: their answers are no answers to orders, which use 0.
pub(super) const TEST_LUN: u8 = 1;

//! Requests to others: sequence numbers, repetition, and which answer belongs to which.
//!
//! Choice: one request to each responder at a time, in the order of asking. Controllers of the
//! field have room for one or two messages, and drop what comes beyond without a word.

use super::line::{Job, Kind, TEST_LUN};
use super::{Bus, Effect, Ipmb, SEQUENCE_EXPIRATION, WriteError};
use crate::queued::{Asked, enqueue};
use crate::{Counters, count};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::ipmb::{Answer, FRAME_LEN_MAX, Route, SEQUENCE_MAX, encode_request};
use ipmi::message::CompletionCode;
use ipmi::port::{IN_FLIGHT_MAX, PortOrder, RequestError, Target};
use machine::Time;
use serde::{Deserialize, Serialize};

/// How often in a row a frame may lose the arbitration before that counts as an attempt.
const ARBITRATIONS_MAX: u8 = 8;

/// How much longer each loser waits. Choice: about the length of one frame at 100 kHz.
const ARBITRATION_PAUSE: Duration = Duration::from_millis(3);

/// Bytes of a request's frame beside its data: addresses, checksums, sequence, command.
const OVERHEAD: usize = 7;

/// What a request under way waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    /// A bus is to write it.
    Writing,
    /// It is written again at this time.
    Paused(Time, Bus),
    /// It was written by this bus, and the answer comes up to this time.
    Waiting(Time, Bus),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    asked: Asked,
    sequence: u8,
    step: Step,
    attempts_left: u8,
    arbitrations: u8,
    /// How often all its bytes were acknowledged.
    carried: u8,
    /// On which buses, A and B, nobody acknowledged it since it was carried or paused.
    naks: [bool; 2],
    /// Whether a bus failed with it.
    met_fault: bool,
}

/// Sequence numbers to one responder.
///
/// Choice: a number whose request was carried once and answered is free at once, but 63 others come
/// before its turn. Any other one is reserved, as an answer to it may still come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sequences {
    next: u8,
    reserved: BTreeMap<u8, Time>,
}

impl Sequences {
    fn take(&mut self, now: Time) -> u8 {
        self.reserved.retain(|_, until| *until > now);
        let mut numbers = (0..=SEQUENCE_MAX).map(|ahead| self.next.wrapping_add(ahead));
        let free = numbers.find(|number| !self.reserved.contains_key(&(number & SEQUENCE_MAX)));
        // With all of them reserved, the one in turn has been for longest.
        let sequence = free.unwrap_or(self.next) & SEQUENCE_MAX;
        self.next = sequence.wrapping_add(1) & SEQUENCE_MAX;
        sequence
    }
}

/// Requests to others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Requester {
    /// By responder.
    pending: BTreeMap<u8, Pending>,
    waiting: VecDeque<Asked>,
    sequences: BTreeMap<u8, Sequences>,
}

impl Requester {
    pub(super) fn in_flight(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        let times = self.pending.values().filter_map(|one| match one.step {
            Step::Writing => None,
            Step::Paused(until, _) | Step::Waiting(until, _) => Some(until),
        });
        times.min()
    }

    /// Whether it still makes sense to write this.
    pub(super) fn wants(&self, job: &Job) -> bool {
        match job.kind {
            Kind::Request {
                responder,
                sequence,
            } => self
                .pending
                .get(&responder)
                .is_some_and(|one| one.sequence == sequence && one.step == Step::Writing),
            Kind::Response { .. } | Kind::Test => true,
        }
    }

    /// Takes everything out.
    pub(super) fn forget(&mut self) -> Vec<Asked> {
        let pending = core::mem::take(&mut self.pending).into_values();
        let pending = pending.map(|one| one.asked);
        pending.chain(self.waiting.drain(..)).collect()
    }

    /// The next order whose responder is free.
    fn next(&mut self) -> Option<(u8, Asked)> {
        if self.pending.len() >= IN_FLIGHT_MAX {
            return None;
        }
        let mut waiting = self.waiting.iter().enumerate();
        let (index, responder) = waiting.find_map(|(index, asked)| match asked.target {
            Target::Ipmb(responder) => {
                let is_free = !self.pending.contains_key(&responder);
                is_free.then_some((index, responder))
            }
            Target::ShelfManager => None,
        })?;
        Some((responder, self.waiting.remove(index)?))
    }

    /// Ends a request; its number stays reserved where an answer may still come.
    fn finish(&mut self, now: Time, responder: u8, is_answered: bool) -> Option<Asked> {
        let one = self.pending.remove(&responder)?;
        let is_settled = one.carried == 0 || is_answered && one.carried == 1;
        if !is_settled {
            let sequences = self.sequences.entry(responder).or_default();
            let until = now.after(SEQUENCE_EXPIRATION);
            sequences.reserved.insert(one.sequence, until);
        }
        Some(one.asked)
    }
}

impl Ipmb {
    pub(super) fn order(&mut self, now: Time, order: &PortOrder, effects: &mut Vec<Effect>) {
        let is_self = order.target == Target::Ipmb(self.config.address);
        let asked = Asked {
            token: order.token,
            target: if is_self {
                Target::ShelfManager
            } else {
                order.target
            },
            request: order.request.clone(),
        };
        let too_long = asked.request.data.len() + OVERHEAD > FRAME_LEN_MAX;
        let answer = match asked.target {
            _ if !self.is_up => asked.answered(Err(RequestError::PortDown)),
            Target::ShelfManager => return self.ask_self(now, asked, effects),
            // Nobody can have such an address; 00h would call everybody.
            Target::Ipmb(address) if address & 1 == 1 || address == 0 => {
                asked.answered(Err(RequestError::NoSuchController))
            }
            Target::Ipmb(_) if too_long => asked.answered(Ok(CompletionCode::LENGTH_LIMIT.into())),
            Target::Ipmb(_) => match enqueue(&mut self.requester.waiting, asked) {
                Some(busy) => busy,
                None => {
                    self.take_up(now);
                    return self.pump(now, effects);
                }
            },
        };
        effects.push(Effect::Event(answer));
    }

    /// Starts what waits and may be under way now.
    fn take_up(&mut self, now: Time) {
        while let Some((responder, asked)) = self.requester.next() {
            let sequences = self.requester.sequences.entry(responder).or_default();
            let one = Pending {
                asked,
                sequence: sequences.take(now),
                step: Step::Writing,
                attempts_left: self.config.timing.attempts.max(1),
                arbitrations: 0,
                carried: 0,
                naks: [false; 2],
                met_fault: false,
            };
            self.requester.pending.insert(responder, one);
            self.lines.remember(responder);
            let bus = self.lines.in_turn();
            self.write(responder, bus);
        }
    }

    /// Puts a request under way behind what a bus has to write.
    fn write(&mut self, responder: u8, bus: Bus) {
        let Some(one) = self.requester.pending.get_mut(&responder) else {
            return;
        };
        one.step = Step::Writing;
        let route = Route {
            responder,
            requester: self.config.address,
            requester_lun: 0,
            sequence: one.sequence,
        };
        let job = Job {
            kind: Kind::Request {
                responder,
                sequence: one.sequence,
            },
            frame: encode_request(route, &one.asked.request),
        };
        let bus = self.lines.instead(bus);
        let line = self.lines.of_mut(bus);
        // An answer may come before its request is repeated: the repetitions must not pile up.
        line.keep_requests(|job| self.requester.wants(job));
        line.push(job);
    }

    /// What came of writing the request with this sequence number.
    pub(super) fn request_sent(
        &mut self,
        now: Time,
        (responder, sequence, bus): (u8, u8, Bus),
        result: Result<(), WriteError>,
        effects: &mut Vec<Effect>,
    ) {
        let timeout = self.config.timing.timeout;
        let pending = self.requester.pending.get_mut(&responder);
        // The answer may have been faster than the news that it was asked.
        let Some(one) = pending.filter(|one| one.sequence == sequence) else {
            return;
        };
        match result {
            Ok(()) => {
                one.step = Step::Waiting(now.after(timeout), bus);
                one.carried = one.carried.saturating_add(1);
                one.arbitrations = 0;
                let other = bus.other();
                if core::mem::take(&mut one.naks)[other as usize] {
                    self.deaf(now, other, responder);
                }
            }
            Err(WriteError::ArbitrationLost) if one.arbitrations < ARBITRATIONS_MAX => {
                one.arbitrations += 1;
                let pause = ARBITRATION_PAUSE * u32::from(one.arbitrations);
                one.step = Step::Paused(now.after(pause), bus);
                count(&mut self.counters.resent);
            }
            Err(WriteError::ArbitrationLost) => {
                one.arbitrations = 0;
                one.met_fault = true;
                self.once_more(now, responder, bus.other(), effects);
            }
            Err(WriteError::Nak) => {
                one.naks[bus as usize] = true;
                self.once_more(now, responder, bus.other(), effects);
            }
            Err(WriteError::Bus(_)) => {
                one.met_fault = true;
                self.once_more(now, responder, bus.other(), effects);
            }
        }
    }

    /// Another attempt by this bus, or the end.
    fn once_more(&mut self, now: Time, responder: u8, bus: Bus, effects: &mut Vec<Effect>) {
        let bus = self.lines.instead(bus);
        let Some(one) = self.requester.pending.get_mut(&responder) else {
            return;
        };
        one.attempts_left = one.attempts_left.saturating_sub(1);
        if one.attempts_left == 0 {
            let is_silent = one.carried > 0 || one.met_fault;
            let error = match is_silent {
                true => RequestError::Timeout,
                false => RequestError::NoSuchController,
            };
            if let Some(asked) = self.requester.finish(now, responder, false) {
                effects.push(Effect::Event(asked.answered(Err(error))));
            }
            self.take_up(now);
            return;
        }
        count(&mut self.counters.resent);
        if one.naks[bus as usize] {
            // It was asked there already: it may be busy, or starting.
            one.naks = [false; 2];
            one.step = Step::Paused(now.after(self.config.retry_pause), bus);
        } else {
            self.write(responder, bus);
        }
    }

    pub(super) fn requester_tick(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let due = self.requester.pending.iter();
        let due = due.filter_map(|(responder, one)| match one.step {
            Step::Paused(until, bus) if until <= now => Some((*responder, bus, false)),
            Step::Waiting(until, bus) if until <= now => Some((*responder, bus, true)),
            Step::Writing | Step::Paused(..) | Step::Waiting(..) => None,
        });
        let due: Vec<_> = due.collect();
        for (responder, bus, is_late) in due {
            match is_late {
                true => self.once_more(now, responder, bus.other(), effects),
                false => self.write(responder, bus),
            }
        }
    }

    /// A response came.
    pub(super) fn response(&mut self, now: Time, answer: Answer, effects: &mut Vec<Effect>) {
        let Answer {
            route,
            net_fn,
            lun,
            command,
            response,
        } = answer;
        let is_ours = route.requester == self.config.address;
        if is_ours && route.requester_lun == TEST_LUN {
            return;
        }
        let pending = self.requester.pending.get(&route.responder);
        let matches = pending.is_some_and(|one| {
            let request = &one.asked.request;
            is_ours
                && one.sequence == route.sequence
                && (request.net_fn, request.command) == (net_fn, command)
                && request.lun & 3 == lun
        });
        if !matches {
            self.requester.count_stray(now, &route, &mut self.counters);
            return;
        }
        if let Some(asked) = self.requester.finish(now, route.responder, true) {
            effects.push(Effect::Event(asked.answered(Ok(response))));
        }
        self.take_up(now);
        self.pump(now, effects);
    }
}

impl Requester {
    /// Counts a response that nobody waits for.
    fn count_stray(&self, now: Time, route: &Route, counters: &mut Counters) {
        let sequences = self.sequences.get(&route.responder);
        let reserved = sequences.and_then(|found| found.reserved.get(&route.sequence));
        if reserved.is_some_and(|until| *until > now) {
            count(&mut counters.replayed);
        } else {
            count(&mut counters.unmatched);
        }
    }
}

//! Requests of others: each acted on once, answered as often as it comes.
//!
//! Choice: a request is a repetition when all its bytes are those of one that came within the
//! sequence number's expiration time, by whichever bus.

use super::line::{Job, Kind};
use super::{Bus, Effect, Ipmb, RECEIVED_LEN_MAX, SEQUENCE_EXPIRATION, WriteError};
use crate::count;
use crate::queued::Asked;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::sensor::PlatformEvent;
use ipmi::ipmb::{
    FRAME_LEN_MAX, FrameError, Route, decode_request, decode_response, encode_response,
};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{PortEvent, RequestError};
use ipmi::sel::{RECORD_LEN, Record, RecordBody};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most requests of others that are remembered; with more, the oldest is forgotten.
pub(super) const SERVED_MAX: usize = 128;

/// Most questions that wait for an answer; who asks more is told that we are busy.
pub(super) const QUESTIONS_MAX: usize = 64;

/// How often a response is written at most; its requester asks again anyway.
const RESPONSE_ATTEMPTS: u8 = 8;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Asker {
    /// Whoever uses the port.
    Order(Asked),
    /// Another controller, by this bus.
    Controller { frame: Vec<u8>, bus: Bus },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Question {
    asker: Asker,
    until: Time,
}

/// A request of another controller that came lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Served {
    frame: Vec<u8>,
    /// `None` while it is not answered.
    response: Option<Vec<u8>>,
    until: Time,
}

/// Requests of others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Responder {
    questions: BTreeMap<u64, Question>,
    last_id: u64,
    /// In the order of arrival.
    served: VecDeque<Served>,
}

impl Responder {
    pub(super) fn has_room(&self) -> bool {
        self.questions.len() < QUESTIONS_MAX
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        let times = self.questions.values().map(|question| question.until);
        times.min()
    }

    /// Takes out what users of the port asked.
    pub(super) fn forget(&mut self) -> Vec<Asked> {
        let mut orders = Vec::new();
        self.questions.retain(|_, question| match &question.asker {
            Asker::Order(asked) => {
                orders.push(asked.clone());
                false
            }
            Asker::Controller { .. } => true,
        });
        orders
    }

    fn ask(&mut self, now: Time, asker: Asker) -> Option<u64> {
        if !self.has_room() {
            return None;
        }
        self.last_id = self.last_id.wrapping_add(1);
        let until = now.after(SEQUENCE_EXPIRATION);
        self.questions
            .insert(self.last_id, Question { asker, until });
        Some(self.last_id)
    }

    /// The memory of this request, if it came lately.
    fn served(&mut self, now: Time, frame: &[u8]) -> Option<&mut Served> {
        while self.served.front().is_some_and(|one| one.until <= now) {
            self.served.pop_front();
        }
        self.served.iter_mut().find(|one| one.frame == frame)
    }

    fn remember(&mut self, now: Time, frame: &[u8]) {
        if self.served.len() >= SERVED_MAX {
            self.served.pop_front();
        }
        self.served.push_back(Served {
            frame: frame.to_vec(),
            response: None,
            until: now.after(SEQUENCE_EXPIRATION),
        });
    }
}

impl Ipmb {
    /// An order for the controller at our own address.
    pub(super) fn ask_self(&mut self, now: Time, asked: Asked, effects: &mut Vec<Effect>) {
        let request = asked.request.clone();
        let from = self.config.address;
        match self.responder.ask(now, Asker::Order(asked.clone())) {
            Some(id) => effects.push(Effect::Question { id, from, request }),
            None => {
                let busy = Response::from(CompletionCode::NODE_BUSY);
                effects.push(Effect::Event(asked.answered(Ok(busy))));
            }
        }
    }

    /// Another master wrote to our address.
    pub(super) fn received(
        &mut self,
        now: Time,
        bus: Bus,
        frame: &[u8],
        effects: &mut Vec<Effect>,
    ) {
        if frame.len() > RECEIVED_LEN_MAX || frame.first() != Some(&self.config.address) {
            count(&mut self.counters.malformed);
            return;
        }
        let error = match decode_request(frame) {
            Ok((route, request)) => {
                self.request(now, (bus, frame), (route, request), effects);
                return self.pump(now, effects);
            }
            Err(FrameError::WrongDirection) => match decode_response(frame) {
                Ok(answer) => return self.response(now, answer, effects),
                Err(error) => error,
            },
            Err(error) => error,
        };
        count(match error {
            FrameError::HeaderChecksum | FrameError::BodyChecksum => {
                &mut self.counters.bad_integrity
            }
            FrameError::Truncated | FrameError::WrongDirection => &mut self.counters.malformed,
        });
    }

    fn request(
        &mut self,
        now: Time,
        (bus, frame): (Bus, &[u8]),
        (route, request): (Route, Request),
        effects: &mut Vec<Effect>,
    ) {
        let from = route.requester;
        if from & 1 == 1 || from == 0 || from == self.config.address {
            // Nobody has such an address, or somebody pretends to have ours.
            return count(&mut self.counters.malformed);
        }
        self.lines.remember(from);
        if let Some(served) = self.responder.served(now, frame) {
            let response = served.response.clone();
            count(&mut self.counters.replayed);
            if let Some(response) = response {
                self.respond(bus, response);
            }
            return;
        }
        if PlatformEvent::is(&request) {
            self.responder.remember(now, frame);
            let response = event(now, route, &request, effects);
            return self.reply((bus, frame), &response);
        }
        let asker = Asker::Controller {
            frame: frame.to_vec(),
            bus,
        };
        match self.responder.ask(now, asker) {
            Some(id) => {
                self.responder.remember(now, frame);
                effects.push(Effect::Question { id, from, request });
            }
            // Not remembered: the next time there may be room.
            None => self.reply((bus, frame), &Response::from(CompletionCode::NODE_BUSY)),
        }
    }

    pub(super) fn answered(
        &mut self,
        now: Time,
        id: u64,
        response: &Response,
        effects: &mut Vec<Effect>,
    ) {
        let Some(Question { asker, .. }) = self.responder.questions.remove(&id) else {
            count(&mut self.counters.unmatched);
            return;
        };
        match asker {
            Asker::Order(asked) => {
                effects.push(Effect::Event(asked.answered(Ok(response.clone()))));
            }
            Asker::Controller { frame, bus } => {
                self.reply((bus, &frame), response);
                self.pump(now, effects);
            }
        }
    }

    /// Answers a request, and every repetition of it that is remembered.
    fn reply(&mut self, (bus, frame): (Bus, &[u8]), response: &Response) {
        let Ok((route, request)) = decode_request(frame) else {
            return;
        };
        let mut framed = encode_response(route, &request, response);
        if framed.len() > FRAME_LEN_MAX {
            let too_long = Response::from(CompletionCode::CANNOT_RETURN);
            framed = encode_response(route, &request, &too_long);
        }
        let mut served = self.responder.served.iter_mut();
        if let Some(served) = served.find(|one| one.frame == frame) {
            served.response = Some(framed.clone());
        }
        self.respond(bus, framed);
    }

    /// Sends a response by the bus that its request came by, while that works.
    fn respond(&mut self, bus: Bus, frame: Vec<u8>) {
        let bus = self.lines.instead(bus);
        let kind = Kind::Response {
            attempts_left: RESPONSE_ATTEMPTS,
        };
        let line = self.lines.of_mut(bus);
        if line.is_usable() {
            line.push(Job { kind, frame });
        }
    }

    /// What came of writing a response.
    pub(super) fn response_sent(
        &mut self,
        bus: Bus,
        (frame, attempts_left): (Vec<u8>, u8),
        result: Result<(), WriteError>,
    ) {
        let attempts_left = attempts_left.saturating_sub(1);
        let next = match result {
            Ok(()) => return,
            Err(WriteError::ArbitrationLost) => bus,
            Err(WriteError::Nak | WriteError::Bus(_)) => bus.other(),
        };
        let next = self.lines.instead(next);
        let line = self.lines.of_mut(next);
        if attempts_left > 0 && line.is_usable() {
            count(&mut self.counters.resent);
            let kind = Kind::Response { attempts_left };
            line.push(Job { kind, frame });
        }
    }

    /// Gives up questions that nobody answered.
    pub(super) fn responder_tick(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let questions = core::mem::take(&mut self.responder.questions);
        let (late, kept): (BTreeMap<_, _>, _) = questions
            .into_iter()
            .partition(|(_, question)| question.until <= now);
        self.responder.questions = kept;
        for question in late.into_values() {
            match question.asker {
                Asker::Order(asked) => {
                    let event = asked.answered(Err(RequestError::Timeout));
                    effects.push(Effect::Event(event));
                }
                // Who still wants to know asks again, and is heard as if for the first time.
                Asker::Controller { frame, .. } => {
                    self.responder.served.retain(|one| one.frame != frame);
                }
            }
        }
    }
}

/// Takes an event message; it is handed up as the record that a log would hold.
fn event(now: Time, route: Route, request: &Request, effects: &mut Vec<Effect>) -> Response {
    match PlatformEvent::read_request(request) {
        Ok(event) if request.lun == 0 => {
            let record = record(now, route, &event);
            effects.push(Effect::Event(PortEvent::Event(record)));
            PlatformEvent::respond(&ipmi::command::Empty {})
        }
        Ok(_) => Response::from(CompletionCode::INVALID_FOR_LUN),
        Err(code) => Response::from(code),
    }
}

fn record(now: Time, route: Route, event: &PlatformEvent) -> [u8; RECORD_LEN] {
    let timestamp = u32::try_from(now.0 / 1_000_000_000).unwrap_or(u32::MAX);
    let body = RecordBody::Event {
        timestamp,
        event: event.event(route.requester, route.requester_lun),
    };
    Record { id: 0, body }.encode()
}

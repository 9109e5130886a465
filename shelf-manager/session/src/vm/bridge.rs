//! One request to another controller at a time: Send Message, then Get Message until its answer
//! comes.
//!
//! Choice: one at a time, as the receive message queue of a system interface may hold one message
//! only, and loses a second one without a word (OpenIPMI's does).
//!
//! Source: IPMI v2.0 §22.6, §22.7.

use crate::queued::{Asked, Patience, SHELF_MANAGER, Undelivered, enqueue, undelivered};
use crate::{Timing, WAITING_MAX};
use alloc::collections::VecDeque;
use core::time::Duration;
use ipmi::command::app::{GetMessage, SendMessage};
use ipmi::command::{Command, ResponseError};
use ipmi::ipmb::{Route, SEQUENCE_MAX, encode_request};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{PortEvent, RequestError, Target};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Channel 0 (IPMB-0), not tracked: the answer goes to the receive message queue, not to a session.
/// OpenIPMI's simulator crashes when a system interface asks for tracking.
const UNTRACKED_IPMB: u8 = 0x00;
/// The logical unit that names the receive message queue. Source: IPMI v2.0 Table 6-1.
const MESSAGE_QUEUE_LUN: u8 = 2;
/// Get Message: nothing is in the queue. Source: IPMI v2.0 Table 22-7.
const QUEUE_EMPTY: CompletionCode = CompletionCode(0x80);

/// Requests to other controllers: one under way, the others waiting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bridge {
    current: Option<Current>,
    waiting: VecDeque<Asked>,
    next_sequence: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Current {
    asked: Asked,
    address: u8,
    /// Sequence number on IPMB.
    sequence: u8,
    patience: Patience,
    first_sent: Time,
    /// When to look into the queue; `None` before Send Message was answered.
    look_at: Option<Time>,
}

/// What came of one Get Message.
#[derive(Debug, Default)]
pub(crate) struct Got {
    /// The answer to what is under way.
    pub(crate) event: Option<PortEvent>,
    /// The message answers nothing that is under way.
    pub(crate) unmatched: bool,
    /// The message cannot be taken out of the queue, only cleared.
    pub(crate) stuck: bool,
}

impl Bridge {
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.len() < WAITING_MAX
    }

    pub(crate) fn enqueue(&mut self, asked: Asked) -> Option<PortEvent> {
        enqueue(&mut self.waiting, asked)
    }

    pub(crate) fn asked(&self) -> impl Iterator<Item = &Asked> {
        let current = self.current.iter().map(|current| &current.asked);
        current.chain(&self.waiting)
    }

    /// Takes the next order up when none is under way.
    pub(crate) fn next(&mut self, now: Time, timing: Timing) -> Option<Request> {
        if self.current.is_some() {
            return None;
        }
        let asked = self.waiting.pop_front()?;
        let Target::Ipmb(address) = asked.target else {
            return None;
        };
        let current = Current {
            asked,
            address,
            sequence: self.next_sequence,
            patience: Patience::new(now, timing),
            first_sent: now,
            look_at: None,
        };
        self.next_sequence = self.next_sequence.wrapping_add(1) & SEQUENCE_MAX;
        let request = current.send_message();
        self.current = Some(current);
        Some(request)
    }

    /// Takes the response to Send Message.
    pub(crate) fn sent(&mut self, now: Time, response: Response) -> Option<PortEvent> {
        let current = self.current.as_mut()?;
        if response.code == CompletionCode::OK {
            current.look_at = Some(now);
            return None;
        }
        let result = match undelivered(response.code) {
            Undelivered::Disturbed => return None,
            Undelivered::Nobody => Err(RequestError::NoSuchController),
            Undelivered::Refused => Ok(response),
        };
        self.done(result)
    }

    /// Takes the response to Get Message.
    pub(crate) fn got(&mut self, now: Time, poll: Duration, response: Response) -> Got {
        let mut got = Got::default();
        match GetMessage::read_response(&response) {
            Ok(message) => match self.read(&message.message) {
                Some(response) => got.event = self.done(Ok(response)),
                None => got.unmatched = true,
            },
            Err(ResponseError::Refused(QUEUE_EMPTY)) => (),
            Err(ResponseError::Refused(code)) => {
                // Too long for this interface: who asked learns that, and asks for less.
                let data = alloc::vec::Vec::new();
                got.event = self.done(Ok(Response { code, data }));
                got.stuck = true;
            }
            Err(ResponseError::Truncated | ResponseError::OtherGroup) => got.unmatched = true,
        }
        if let Some(current) = &mut self.current {
            current.look_at = current.look_at.map(|_| now.after(poll));
        }
        got
    }

    /// The response in a queued message, when it answers what is under way.
    ///
    /// Choice: the checksums are made anew, not checked. Whoever queued the message has checked
    /// them, and OpenIPMI's simulator queues them wrong.
    fn read(&self, message: &[u8]) -> Option<Response> {
        let current = self.current.as_ref()?;
        let [net_fn, _, responder, sequence, command, code, data @ .., _] = message else {
            return None;
        };
        let request = &current.asked.request;
        let matches = net_fn >> 2 == request.net_fn.0 | 1
            && *responder == current.address
            && sequence >> 2 == current.sequence
            && *command == request.command;
        matches.then(|| Response {
            code: CompletionCode(*code),
            data: data.to_vec(),
        })
    }

    /// Whether it is time to look into the queue; the next time is not before that look gave
    /// nothing.
    pub(crate) fn take_look(&mut self, now: Time) -> bool {
        let Some(current) = &mut self.current else {
            return false;
        };
        let due = current.look_at.is_some_and(|at| at <= now);
        if due {
            current.look_at = Some(current.patience.until);
        }
        due
    }

    /// Send Message once more, when its answer is late.
    pub(crate) fn again(&mut self, now: Time, timing: Timing) -> Option<Request> {
        let current = self.current.as_mut()?;
        if !(current.patience.is_over(now) && current.patience.again(now, timing)) {
            return None;
        }
        current.look_at = None;
        Some(current.send_message())
    }

    /// Gives up what is late; with the time at which it was asked first.
    pub(crate) fn give_up(&mut self, now: Time) -> Option<(PortEvent, Time)> {
        let current = self.current.as_ref()?;
        if !current.patience.is_over(now) {
            return None;
        }
        let first_sent = current.first_sent;
        let event = self.done(Err(RequestError::Timeout))?;
        Some((event, first_sent))
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        let current = self.current.as_ref()?;
        let until = current.patience.until;
        Some(current.look_at.map_or(until, |at| at.min(until)))
    }

    fn done(&mut self, result: Result<Response, RequestError>) -> Option<PortEvent> {
        let current = self.current.take()?;
        Some(current.asked.answered(result))
    }
}

impl Current {
    fn send_message(&self) -> Request {
        let route = Route {
            responder: self.address,
            requester: SHELF_MANAGER,
            requester_lun: MESSAGE_QUEUE_LUN,
            sequence: self.sequence,
        };
        SendMessage {
            channel: UNTRACKED_IPMB,
            message: encode_request(route, &self.asked.request),
        }
        .request()
    }
}

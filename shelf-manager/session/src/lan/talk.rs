//! Requests and responses of an open session.

use super::commands::message;
use super::{Config, Turn};
use crate::channel::{Channel, Protection};
use crate::queued::{Asked, SHELF_MANAGER, Undelivered, enqueue, undelivered};
use crate::under_way::{Late, UnderWay};
use crate::{CipherSuite, Effect, WAITING_MAX, count};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::app::{GetDeviceId, SendMessage};
use ipmi::ipmb::{Answer, Route, SEQUENCE_MAX, decode_response, encode_request};
use ipmi::message::{CompletionCode, NetFn, Response};
use ipmi::port::{DownReason, IN_FLIGHT_MAX, PortOrder, RequestError, Target};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Channel 0 (IPMB-0), request tracked: the answer comes back to this session. Source: IPMI v2.0
/// Table 22-8.
const TRACKED_IPMB: u8 = 0x40;

/// An open session with what was asked.
///
/// Invariant: `under_way` has at most [`IN_FLIGHT_MAX`] orders, `waiting` at most [`WAITING_MAX`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Talk {
    channel: Channel,
    /// `None` is a sign of life that nobody asked for.
    under_way: UnderWay<Option<Asked>>,
    waiting: VecDeque<Asked>,
    /// When something genuine came in last.
    heard: Time,
    /// When something went out last.
    spoke: Time,
}

impl Talk {
    pub(crate) fn new(now: Time, channel: Channel) -> Self {
        Self {
            channel,
            under_way: UnderWay::new(SEQUENCE_MAX),
            waiting: VecDeque::new(),
            heard: now,
            spoke: now,
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.waiting.len() < WAITING_MAX
    }

    pub(crate) fn suite(&self) -> Option<CipherSuite> {
        match &self.channel.protection {
            Protection::Suite { suite, .. } => Some(*suite),
            Protection::Md5 => None,
        }
    }

    pub(crate) fn deadline(&self, config: &Config) -> Time {
        let patience = self.under_way.deadline();
        let sign_of_life = self.spoke.after(config.keep_alive);
        patience.map_or(sign_of_life, |until| until.min(sign_of_life))
    }

    pub(crate) fn order(&mut self, turn: &mut Turn<'_>, order: &PortOrder) {
        if let Some(event) = enqueue(&mut self.waiting, Asked::from(order)) {
            turn.effects.push(Effect::Event(event));
        }
        self.send_waiting(turn);
    }

    fn send_waiting(&mut self, turn: &mut Turn<'_>) {
        while self.under_way.asked().count() < IN_FLIGHT_MAX {
            let Some(asked) = self.waiting.pop_front() else {
                return;
            };
            self.send_new(turn, Some(asked));
        }
    }

    fn send_new(&mut self, turn: &mut Turn<'_>, asked: Option<Asked>) {
        // At most half of the numbers are in use.
        let sequence = self.under_way.free_sequence();
        self.send(turn, sequence, asked.as_ref());
        let patience = (turn.now, turn.config.timing);
        self.under_way.begin(sequence, asked, patience);
    }

    fn send(&mut self, turn: &mut Turn<'_>, sequence: u8, asked: Option<&Asked>) {
        let bytes = match asked {
            Some(asked) => asked_message(sequence, asked),
            None => message(sequence, &GetDeviceId {}.request()),
        };
        self.spoke = turn.now;
        let datagram = self.channel.seal(&turn.config.password.0, &bytes);
        turn.effects.push(Effect::Send(datagram));
    }

    /// Sends again what was not answered; the reason when the other end is silent altogether.
    pub(crate) fn tick(&mut self, turn: &mut Turn<'_>) -> Option<DownReason> {
        let mut silent = false;
        let patience = (turn.now, turn.config.timing);
        for (sequence, late) in self.under_way.late(patience, |_| true) {
            match late {
                Late::Again(asked) => {
                    count(&mut turn.counters.resent);
                    self.send(turn, sequence, asked.as_ref());
                }
                Late::GivenUp(one) => {
                    silent |= self.heard <= one.first_sent;
                    let timeout = |asked: Asked| asked.answered(Err(RequestError::Timeout));
                    let event = one.asked.map(timeout);
                    turn.effects.extend(event.map(Effect::Event));
                }
            }
        }
        if silent {
            // Perhaps only the answers are lost: the session should not outlive us.
            let last_word = self.close(turn.config);
            turn.effects.push(Effect::Send(last_word));
            let why = "no answer in the open session";
            return Some(DownReason::Unreachable(why.into()));
        }
        if self.spoke.after(turn.config.keep_alive) <= turn.now {
            self.send_new(turn, None);
        }
        self.send_waiting(turn);
        None
    }

    pub(crate) fn receive(&mut self, turn: &mut Turn<'_>, datagram: &[u8]) {
        let opened = self
            .channel
            .open(&turn.config.password.0, datagram, turn.counters);
        let Some(bytes) = opened else {
            return;
        };
        self.heard = turn.now;
        let Ok(answer) = decode_response(&bytes) else {
            count(&mut turn.counters.malformed);
            return;
        };
        let sequence = answer.route.sequence;
        let verdict = match self.under_way.get(sequence) {
            Some(asked) => verdict(asked.as_ref(), sequence, answer),
            None => Verdict::NotOurs,
        };
        match verdict {
            Verdict::NotOurs => count(&mut turn.counters.unmatched),
            Verdict::Wait => (),
            Verdict::Done(result) => {
                let asked = self.under_way.end(sequence).flatten();
                turn.effects
                    .extend(asked.map(|asked| Effect::Event(asked.answered(result))));
                self.send_waiting(turn);
            }
        }
    }

    /// The packet that closes the session.
    pub(crate) fn close(&mut self, config: &Config) -> Vec<u8> {
        let sequence = self.under_way.free_sequence();
        self.channel.close(&config.password.0, sequence)
    }

    pub(crate) fn answer_all(&self, error: &RequestError, effects: &mut Vec<Effect>) {
        let under_way = self.under_way.asked().flatten();
        for asked in under_way.chain(&self.waiting) {
            effects.push(Effect::Event(asked.answered(Err(error.clone()))));
        }
    }
}

/// The message that asks the shelf manager, or asks it to ask another controller.
fn asked_message(sequence: u8, asked: &Asked) -> Vec<u8> {
    let Target::Ipmb(address) = asked.target else {
        return message(sequence, &asked.request);
    };
    let route = Route {
        responder: address,
        requester: SHELF_MANAGER,
        requester_lun: 0,
        sequence,
    };
    let send_message = SendMessage {
        channel: TRACKED_IPMB,
        message: encode_request(route, &asked.request),
    };
    message(sequence, &send_message.request())
}

enum Verdict {
    NotOurs,
    Wait,
    Done(Result<Response, RequestError>),
}

/// What a message with the sequence number of what was asked means for it.
///
/// Choice: the answer of another controller may come as a message of its own, as from OpenIPMI, or
/// inside the response to Send Message, as from some shelf managers; outer and inner frame have the
/// same sequence number, so that either is found.
fn verdict(asked: Option<&Asked>, sequence: u8, answer: Answer) -> Verdict {
    let Some(asked) = asked else {
        return Verdict::Done(Ok(answer.response));
    };
    let from = answer.route.responder;
    let ours = answer.net_fn == asked.request.net_fn && answer.command == asked.request.command;
    match asked.target {
        Target::ShelfManager if from == SHELF_MANAGER && ours => Verdict::Done(Ok(answer.response)),
        Target::Ipmb(address) if from == address && ours => Verdict::Done(Ok(answer.response)),
        Target::Ipmb(_) if from == SHELF_MANAGER && is_send_message(&answer) => {
            sent(asked, sequence, answer.response)
        }
        Target::ShelfManager | Target::Ipmb(_) => Verdict::NotOurs,
    }
}

fn is_send_message(answer: &Answer) -> bool {
    answer.net_fn == NetFn::APP && answer.command == SendMessage::COMMAND
}

/// The shelf manager's response to Send Message.
fn sent(asked: &Asked, sequence: u8, response: Response) -> Verdict {
    if response.code == CompletionCode::OK {
        return match decode_response(&response.data) {
            Ok(inner) if inner.route.sequence == sequence && !is_send_message(&inner) => {
                verdict(Some(asked), sequence, inner)
            }
            Ok(_) | Err(_) => Verdict::Wait,
        };
    }
    match undelivered(response.code) {
        Undelivered::Nobody => Verdict::Done(Err(RequestError::NoSuchController)),
        Undelivered::Disturbed => Verdict::Wait,
        Undelivered::Refused => Verdict::Done(Ok(response)),
    }
}

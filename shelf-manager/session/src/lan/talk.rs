//! Requests and responses of an open session.

use super::commands::message;
use super::{Config, Turn};
use crate::channel::{Channel, Protection};
use crate::queued::{Asked, Patience, SHELF_MANAGER, Undelivered, enqueue, undelivered};
use crate::{CipherSuite, Effect, WAITING_MAX, count};
use alloc::collections::{BTreeMap, VecDeque};
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
    under_way: BTreeMap<u8, UnderWay>,
    waiting: VecDeque<Asked>,
    /// Sequence number that is tried first for the next request.
    next_sequence: u8,
    /// When something genuine came in last.
    heard: Time,
    /// When something went out last.
    spoke: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct UnderWay {
    /// `None` for a sign of life that nobody asked for.
    asked: Option<Asked>,
    patience: Patience,
    first_sent: Time,
}

impl Talk {
    pub(crate) fn new(now: Time, channel: Channel) -> Self {
        Self {
            channel,
            under_way: BTreeMap::new(),
            waiting: VecDeque::new(),
            next_sequence: 0,
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
        let patience = self.under_way.values().map(|one| one.patience.until).min();
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
        while self.under_way.len() < IN_FLIGHT_MAX {
            let Some(asked) = self.waiting.pop_front() else {
                return;
            };
            self.send_new(turn, Some(asked));
        }
    }

    fn send_new(&mut self, turn: &mut Turn<'_>, asked: Option<Asked>) {
        let mut sequence = self.next_sequence;
        // At most half of the numbers are in use.
        while self.under_way.contains_key(&sequence) {
            sequence = sequence.wrapping_add(1) & SEQUENCE_MAX;
        }
        self.next_sequence = sequence.wrapping_add(1) & SEQUENCE_MAX;
        let one = UnderWay {
            asked,
            patience: Patience::new(turn.now, turn.config.timing),
            first_sent: turn.now,
        };
        self.under_way.insert(sequence, one);
        self.send(turn, sequence);
    }

    fn send(&mut self, turn: &mut Turn<'_>, sequence: u8) {
        let Some(one) = self.under_way.get(&sequence) else {
            return;
        };
        let bytes = match &one.asked {
            Some(asked) => asked_message(sequence, asked),
            None => message(sequence, &GetDeviceId {}.request()),
        };
        self.spoke = turn.now;
        let datagram = self.channel.seal(&turn.config.password.0, &bytes);
        turn.effects.push(Effect::Send(datagram));
    }

    /// Sends again what was not answered; the reason when the other end is silent altogether.
    pub(crate) fn tick(&mut self, turn: &mut Turn<'_>) -> Option<DownReason> {
        let over = self.under_way.iter();
        let over = over.filter(|(_, one)| one.patience.is_over(turn.now));
        let over: Vec<u8> = over.map(|(sequence, _)| *sequence).collect();
        let mut silent = false;
        for sequence in over {
            let one = self.under_way.get_mut(&sequence);
            if one.is_some_and(|one| one.patience.again(turn.now, turn.config.timing)) {
                count(&mut turn.counters.resent);
                self.send(turn, sequence);
            } else if let Some(one) = self.under_way.remove(&sequence) {
                silent |= self.heard <= one.first_sent;
                let asked = one
                    .asked
                    .map(|asked| asked.answered(Err(RequestError::Timeout)));
                turn.effects.extend(asked.map(Effect::Event));
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
        let verdict = match self.under_way.get(&sequence) {
            Some(one) => verdict(one, sequence, answer),
            None => Verdict::NotOurs,
        };
        match verdict {
            Verdict::NotOurs => count(&mut turn.counters.unmatched),
            Verdict::Wait => (),
            Verdict::Done(result) => {
                let one = self.under_way.remove(&sequence);
                let asked = one.and_then(|one| one.asked);
                turn.effects
                    .extend(asked.map(|asked| Effect::Event(asked.answered(result))));
                self.send_waiting(turn);
            }
        }
    }

    /// The packet that closes the session.
    pub(crate) fn close(&mut self, config: &Config) -> Vec<u8> {
        self.channel.close(&config.password.0, self.next_sequence)
    }

    pub(crate) fn answer_all(&self, error: &RequestError, effects: &mut Vec<Effect>) {
        let under_way = self.under_way.values();
        let under_way = under_way.filter_map(|one| one.asked.as_ref());
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

/// What a message with the sequence number of `one` means for it.
///
/// Choice: the answer of another controller may come as a message of its own, as from OpenIPMI, or
/// inside the response to Send Message, as from some shelf managers; outer and inner frame have the
/// same sequence number, so that either is found.
fn verdict(one: &UnderWay, sequence: u8, answer: Answer) -> Verdict {
    let Some(asked) = &one.asked else {
        return Verdict::Done(Ok(answer.response));
    };
    let from = answer.route.responder;
    let ours = answer.net_fn == asked.request.net_fn && answer.command == asked.request.command;
    match asked.target {
        Target::ShelfManager if from == SHELF_MANAGER && ours => Verdict::Done(Ok(answer.response)),
        Target::Ipmb(address) if from == address && ours => Verdict::Done(Ok(answer.response)),
        Target::Ipmb(_) if from == SHELF_MANAGER && is_send_message(&answer) => {
            sent(one, sequence, answer.response)
        }
        Target::ShelfManager | Target::Ipmb(_) => Verdict::NotOurs,
    }
}

fn is_send_message(answer: &Answer) -> bool {
    answer.net_fn == NetFn::APP && answer.command == SendMessage::COMMAND
}

/// The shelf manager's response to Send Message.
fn sent(one: &UnderWay, sequence: u8, response: Response) -> Verdict {
    if response.code == CompletionCode::OK {
        return match decode_response(&response.data) {
            Ok(inner) if inner.route.sequence == sequence && !is_send_message(&inner) => {
                verdict(one, sequence, inner)
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

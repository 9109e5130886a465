//! Requests for other controllers: what goes over the line, and what the answers mean.
//!
//! Source: IPMI v2.0 §6.13, §14.4.4, §14.7.7, §22.6, §22.7.

use super::{Purpose, Sent, Serial, count};
use crate::Effect;
use crate::queued::{Asked, SHELF_MANAGER, Undelivered, undelivered};
use crate::serial::Mode;
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::app::{ClearMessageFlags, GetMessage, SendMessage, flags};
use ipmi::ipmb::{Answer, Route, decode_response, encode_request};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{RequestError, Target};
use machine::Time;

/// Channel 0 (IPMB-0), request tracked: the answer comes back on this line. Source: IPMI v2.0
/// Table 22-8.
const TRACKED_IPMB: u8 = 0x40;

/// What a message means for what is under way.
pub(super) enum Verdict {
    NotOurs,
    Wait,
    Done(Result<Response, RequestError>),
}

/// The request that goes over the line: for the shelf manager itself, or for it to pass on.
pub(super) fn wire(asked: &Asked, sequence: u8) -> Request {
    let Target::Ipmb(address) = asked.target else {
        return asked.request.clone();
    };
    let route = Route {
        responder: address,
        requester: SHELF_MANAGER,
        requester_lun: 0,
        sequence,
    };
    SendMessage {
        channel: TRACKED_IPMB,
        message: encode_request(route, &asked.request),
    }
    .request()
}

/// What an answer with the sequence number of `one` means for it.
///
/// Choice: the answer of another controller may come as a message of its own or inside the
/// response to Send Message, as in a LAN session. Terminal Mode does not say who answers: there
/// the command decides.
pub(super) fn verdict(mode: Mode, one: &Sent, answer: Answer) -> Verdict {
    let is =
        |request: &Request| answer.net_fn == request.net_fn && answer.command == request.command;
    let from = answer.route.responder;
    let is_from = |address| mode == Mode::Terminal || from == address;
    let is_reply = is(&one.request) && is_from(SHELF_MANAGER);
    let asked = one.purpose.order().map(|asked| (asked, asked.target));
    match asked {
        Some((asked, Target::Ipmb(address))) if is(&asked.request) && is_from(address) => {
            Verdict::Done(Ok(answer.response))
        }
        Some((asked, Target::Ipmb(_))) if is_reply => sent(asked, answer),
        Some((_, Target::ShelfManager)) | None if is_reply => Verdict::Done(Ok(answer.response)),
        Some(_) | None => Verdict::NotOurs,
    }
}

/// What the response to Send Message means.
fn sent(asked: &Asked, answer: Answer) -> Verdict {
    let sequence = answer.route.sequence;
    let response = answer.response;
    if response.code == CompletionCode::OK {
        return match decode_response(&response.data) {
            Ok(inner)
                if inner.route.sequence == sequence
                    && inner.net_fn == asked.request.net_fn
                    && inner.command == asked.request.command =>
            {
                Verdict::Done(Ok(inner.response))
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

impl Serial {
    /// The response to Get Message.
    pub(super) fn got_message(&mut self, now: Time, response: Response, effects: &mut Vec<Effect>) {
        let got = self.bridge.got(now, self.config.poll, response);
        if got.stuck {
            let flags = flags::RECEIVE_MESSAGE;
            let request = ClearMessageFlags { flags }.request();
            self.ask_next(now, Purpose::ClearQueue, request, effects);
        }
        if got.unmatched {
            count(&mut self.counters.unmatched);
        }
        effects.extend(got.event.map(Effect::Event));
    }

    /// Looks into the receive message queue when it is time to.
    pub(super) fn look(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let is_look = |one: &Sent| one.purpose == Purpose::GetMessage;
        let is_looking = self.under_way.asked().any(is_look);
        if self.bridge.take_look(now) && !is_looking {
            self.ask_next(now, Purpose::GetMessage, GetMessage {}.request(), effects);
        }
    }
}

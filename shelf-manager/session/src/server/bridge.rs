//! Send Message: requests for other controllers, inside requests for us.
//!
//! Source: IPMI v2.0 §6.13, §22.7.

use super::privilege::required;
use crate::queued::SHELF_MANAGER;
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::app::SendMessage;
use ipmi::ipmb::{FRAME_LEN_MAX, FrameError, Route, decode_request, encode_response};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;

/// Channel number of IPMB-0. Source: IPMI v2.0 Table 6-1.
pub(crate) const IPMB_0: u8 = 0x00;

/// What a Send Message carries, for somebody with that privilege level.
///
/// Choice: a request inside needs the privilege level that it needs outside; a Send Message inside
/// is an unknown command, as we bridge once only.
pub(crate) fn inner(request: &Request, privilege: u8) -> Result<(Route, Request), CompletionCode> {
    let sent = SendMessage::read_request(request)?;
    // Bits 7–6: without tracking, tracked; raw and reserved are refused.
    if sent.channel & 0x8f != IPMB_0 {
        return Err(CompletionCode::INVALID_FIELD);
    }
    if sent.message.len() > FRAME_LEN_MAX {
        return Err(CompletionCode::LENGTH_LIMIT);
    }
    let (route, inner) = decode_request(&sent.message).map_err(|error| match error {
        FrameError::Truncated => CompletionCode::LENGTH_INVALID,
        FrameError::HeaderChecksum | FrameError::BodyChecksum | FrameError::WrongDirection => {
            CompletionCode::INVALID_FIELD
        }
    })?;
    if SendMessage::is(&inner) {
        return Err(CompletionCode::INVALID_COMMAND);
    }
    if required(&inner) > privilege {
        return Err(CompletionCode::INSUFFICIENT_PRIVILEGE);
    }
    Ok((route, inner))
}

/// Whom a request really is for, and which it is.
pub(crate) fn aimed(request: &Request, privilege: u8) -> Result<(Target, Request), CompletionCode> {
    if !SendMessage::is(request) {
        return Ok((Target::ShelfManager, request.clone()));
    }
    let (route, inner) = inner(request, privilege)?;
    let target = match route.responder {
        SHELF_MANAGER => Target::ShelfManager,
        address => Target::Ipmb(address),
    };
    Ok((target, inner))
}

/// Whether this is a message whose answer does not come back to who sent it.
///
/// Source: IPMI v2.0 Table 22-8, bits 7–6.
fn is_untracked(request: &Request) -> bool {
    let channel = request.data.first();
    SendMessage::is(request) && channel.is_some_and(|channel| channel & 0xc0 == 0)
}

/// As [`aimed`]; but a message that is not tracked is for whoever owns the shelf manager, to send
/// it and to keep its answer.
pub(super) fn handed_on(
    request: &Request,
    privilege: u8,
) -> Result<(Target, Request), CompletionCode> {
    if !is_untracked(request) {
        return aimed(request, privilege);
    }
    inner(request, privilege)?;
    Ok((Target::ShelfManager, request.clone()))
}

/// As [`answers`]; but a message that is not tracked is answered alone.
pub(super) fn answers_of(message: &[u8], response: &Response) -> Vec<Vec<u8>> {
    match decode_request(message) {
        Ok((route, request)) if is_untracked(&request) => {
            Vec::from([encode_response(route, &request, response)])
        }
        Ok(_) | Err(_) => answers(message, response),
    }
}

/// The messages that answer `message`, in the order in which they are sent.
///
/// Choice: the answer of another controller is a message of its own behind the response to Send
/// Message, as the standard has it; the field's tools look for it there first.
pub(crate) fn answers(message: &[u8], response: &Response) -> Vec<Vec<u8>> {
    let Ok((route, request)) = decode_request(message) else {
        return Vec::new();
    };
    let plainly = |response| encode_response(route, &request, response);
    if !SendMessage::is(&request) || is_undelivered(response) {
        return Vec::from([plainly(response)]);
    }
    match inner(&request, u8::MAX) {
        Ok((inner_route, inner)) => {
            let sent = CompletionCode::OK.into();
            let answer = encode_response(inner_route, &inner, response);
            Vec::from([plainly(&sent), answer])
        }
        Err(code) => Vec::from([plainly(&code.into())]),
    }
}

fn is_undelivered(response: &Response) -> bool {
    let codes = [
        CompletionCode::NAK_ON_WRITE,
        CompletionCode::TIMEOUT,
        CompletionCode::DESTINATION_UNAVAILABLE,
    ];
    response.data.is_empty() && codes.contains(&response.code)
}

//! IPMB frames: what Send Message carries, and what Get Message returns.
//!
//! Source: IPMI v2.0 §24 and the IPMB v1.0 protocol, message formats.

use crate::message::{CompletionCode, NetFn, Request, Response};
use crate::wire::checksum;
use alloc::vec::Vec;

/// Longest IPMB message, bytes. Source: IPMB v1.0, message length.
pub const FRAME_LEN_MAX: usize = 32;

/// Sequence numbers are six bits wide.
pub const SEQUENCE_MAX: u8 = 0x3f;

/// Where a frame goes and comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Slave address of the responder, 8 bits.
    pub responder: u8,
    /// Slave address of the requester, 8 bits.
    pub requester: u8,
    /// Logical unit of the requester, 0–3.
    pub requester_lun: u8,
    /// Sequence number, 0–63.
    pub sequence: u8,
}

/// Why bytes are no IPMB frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// Shorter than the shortest frame.
    Truncated,
    /// The first checksum, over the addressed part, is wrong.
    HeaderChecksum,
    /// The second checksum, over the rest, is wrong.
    BodyChecksum,
    /// A response where a request was expected, or the other way round.
    WrongDirection,
}

/// Frames a request.
#[must_use]
pub fn encode_request(route: Route, request: &Request) -> Vec<u8> {
    let head = [route.responder, request.net_fn.0 << 2 | request.lun & 3];
    let tail = [
        route.requester,
        route.sequence << 2 | route.requester_lun & 3,
        request.command,
    ];
    frame(head, &[&tail, &request.data])
}

/// Frames the response to a request that came by `route`.
#[must_use]
pub fn encode_response(route: Route, request: &Request, response: &Response) -> Vec<u8> {
    let head = [
        route.requester,
        (request.net_fn.0 | 1) << 2 | route.requester_lun & 3,
    ];
    let tail = [
        route.responder,
        route.sequence << 2 | request.lun & 3,
        request.command,
        response.code.0,
    ];
    frame(head, &[&tail, &response.data])
}

/// Takes a framed request apart.
pub fn decode_request(frame: &[u8]) -> Result<(Route, Request), FrameError> {
    let [
        responder,
        net_fn,
        _,
        requester,
        sequence,
        command,
        data @ ..,
    ] = checked(frame)?
    else {
        return Err(FrameError::Truncated);
    };
    if net_fn >> 2 & 1 == 1 {
        return Err(FrameError::WrongDirection);
    }
    let route = Route {
        responder: *responder,
        requester: *requester,
        requester_lun: sequence & 3,
        sequence: sequence >> 2,
    };
    let request = Request {
        net_fn: NetFn(net_fn >> 2),
        lun: net_fn & 3,
        command: *command,
        data: data.to_vec(),
    };
    Ok((route, request))
}

/// A response with what it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The route of the request that it answers.
    pub route: Route,
    /// Network function of the request, even.
    pub net_fn: NetFn,
    /// Logical unit of the responder.
    pub lun: u8,
    /// Command.
    pub command: u8,
    /// The response.
    pub response: Response,
}

/// Takes a framed response apart.
pub fn decode_response(frame: &[u8]) -> Result<Answer, FrameError> {
    let [
        requester,
        net_fn,
        _,
        responder,
        sequence,
        command,
        code,
        data @ ..,
    ] = checked(frame)?
    else {
        return Err(FrameError::Truncated);
    };
    if net_fn >> 2 & 1 == 0 {
        return Err(FrameError::WrongDirection);
    }
    Ok(Answer {
        route: Route {
            responder: *responder,
            requester: *requester,
            requester_lun: net_fn & 3,
            sequence: sequence >> 2,
        },
        net_fn: NetFn(net_fn >> 2 & !1),
        lun: sequence & 3,
        command: *command,
        response: Response {
            code: CompletionCode(*code),
            data: data.to_vec(),
        },
    })
}

fn frame(head: [u8; 2], parts: &[&[u8]]) -> Vec<u8> {
    /// Two checksums, beside the parts.
    const CHECKSUMS: usize = 2;
    let parts_len: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(head.len() + parts_len + CHECKSUMS);
    out.extend_from_slice(&head);
    out.push(checksum(&head));
    for part in parts {
        out.extend_from_slice(part);
    }
    let body = checksum(out.get(3..).unwrap_or_default());
    out.push(body);
    out
}

/// The frame without its last byte, when both checksums hold.
fn checked(frame: &[u8]) -> Result<&[u8], FrameError> {
    let (head, body) = frame.split_at_checked(3).ok_or(FrameError::Truncated)?;
    let (_, inner) = frame.split_last().ok_or(FrameError::Truncated)?;
    if body.len() < 4 {
        return Err(FrameError::Truncated);
    }
    if checksum(head) != 0 {
        return Err(FrameError::HeaderChecksum);
    }
    if checksum(body) != 0 {
        return Err(FrameError::BodyChecksum);
    }
    Ok(inner)
}

//! Both modes as one: IPMB frames in and out, whatever they look like on the line.

use super::Mode;
use super::basic::{self, Deframer};
use super::terminal::{self, Editor, End, Settings};
use crate::lan::commands::message;
use crate::queued::SHELF_MANAGER;
use alloc::string::String;
use alloc::vec::Vec;
use ipmi::ipmb::{Answer, Route, decode_request, decode_response};
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use serde::{Deserialize, Serialize};

/// Bits 1–0 of the sequence number in Terminal Mode: the response of another controller to a
/// bridged request. Source: IPMI v2.0 Table 14-8.
const BRIDGED: u8 = 0x01;
/// What a management controller sends when it is ready for the next message.
pub(super) const READY: &str = "SYS";

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// One message: at the managed end an IPMB frame, at the console as the mode has it.
    Message(Vec<u8>),
    /// Words in brackets.
    Text(String),
    /// The other end has room for the next message.
    Ready,
    /// Somebody made sure whom the line leads to.
    Switched,
    /// A line that is longer than allowed.
    TooLong,
    /// No message.
    Garbage,
}

/// One end of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Line {
    Basic(Deframer),
    Terminal(Editor),
}

impl Line {
    pub(super) fn console(mode: Mode) -> Self {
        Self::new(mode, End::Console)
    }

    pub(super) fn managed(mode: Mode, settings: Settings) -> Self {
        Self::new(mode, End::Managed(settings))
    }

    fn new(mode: Mode, end: End) -> Self {
        match mode {
            Mode::Basic => Self::Basic(Deframer::default()),
            Mode::Terminal => Self::Terminal(Editor::new(end)),
        }
    }

    /// Takes one byte; appends what is echoed.
    pub(super) fn take(&mut self, byte: u8, echo: &mut Vec<u8>) -> Option<Heard> {
        match self {
            Self::Basic(deframer) => Some(match deframer.take(byte)? {
                basic::Piece::Message(message) => Heard::Message(message),
                basic::Piece::Handshake => Heard::Ready,
                basic::Piece::Garbage => Heard::Garbage,
            }),
            Self::Terminal(editor) => Some(match editor.take(byte, echo)? {
                terminal::Piece::Message(message) => Heard::Message(message),
                terminal::Piece::Text(text) if text == READY => Heard::Ready,
                terminal::Piece::Text(text) => Heard::Text(text),
                terminal::Piece::TooLong => Heard::TooLong,
                terminal::Piece::Illegal => Heard::Garbage,
                terminal::Piece::Switched => Heard::Switched,
            }),
        }
    }
}

/// A request in Terminal Mode as the IPMB frame that it would be in Basic Mode.
pub(super) fn request_frame(bytes: &[u8]) -> Option<Vec<u8>> {
    let [net_fn, sequence, command, data @ ..] = bytes else {
        return None;
    };
    let request = Request {
        net_fn: NetFn(net_fn >> 2),
        lun: net_fn & 3,
        command: *command,
        data: data.to_vec(),
    };
    let is_request = request.net_fn.0 & 1 == 0 && sequence & 3 == 0;
    is_request.then(|| message(sequence >> 2, &request))
}

/// An IPMB frame with a response, in Terminal Mode.
pub(super) fn answer_bytes(frame: &[u8]) -> Option<Vec<u8>> {
    let answer = decode_response(frame).ok()?;
    let bridge = match answer.route.responder {
        SHELF_MANAGER => 0,
        _ => BRIDGED,
    };
    let mut bytes = Vec::from([
        (answer.net_fn.0 | 1) << 2 | answer.lun,
        answer.route.sequence << 2 | bridge,
        answer.command,
        answer.response.code.0,
    ]);
    bytes.extend_from_slice(&answer.response.data);
    Some(bytes)
}

/// An IPMB frame with a request, in Terminal Mode.
pub(super) fn request_bytes(frame: &[u8]) -> Vec<u8> {
    let Ok((route, request)) = decode_request(frame) else {
        return Vec::new();
    };
    let head = [
        request.net_fn.0 << 2 | request.lun & 3,
        route.sequence << 2,
        request.command,
    ];
    [&head[..], &request.data].concat()
}

/// A response in Terminal Mode, and from whom; `None` when it does not say.
///
/// Choice: who sent a response without the bridge mark is not known, as not each management
/// controller sets it.
pub(super) fn read_answer(bytes: &[u8]) -> Option<Answer> {
    let [net_fn, sequence, command, code, data @ ..] = bytes else {
        return None;
    };
    let answer = Answer {
        route: Route {
            responder: SHELF_MANAGER,
            requester: SHELF_MANAGER,
            requester_lun: 0,
            sequence: sequence >> 2,
        },
        net_fn: NetFn(net_fn >> 2 & !1),
        lun: net_fn & 3,
        command: *command,
        response: Response {
            code: CompletionCode(*code),
            data: data.to_vec(),
        },
    };
    (net_fn >> 2 & 1 == 1).then_some(answer)
}

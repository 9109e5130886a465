//! Frames of the VM codec: IPMI messages and line commands in one byte stream.
//!
//! A frame ends with a mark that says what it was; marks inside are escaped. Source: OpenIPMI 2.0,
//! `lanserv`, and QEMU, `ipmi-bmc-extern`: the field's only two implementations.

use alloc::vec::Vec;
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::wire::checksum;
use serde::{Deserialize, Serialize};

const END_OF_MESSAGE: u8 = 0xa0;
const END_OF_COMMAND: u8 = 0xa1;
const ESCAPE: u8 = 0xaa;
/// Set in an escaped byte, so that it is no mark.
const ESCAPED: u8 = 0x10;

/// Longest frame without its mark. Choice: more than twice of what OpenIPMI sends.
pub const FRAME_LEN_MAX: usize = 1024;

/// Line commands.
pub mod line {
    /// Nothing waits for the host.
    pub const NO_ATTENTION: u8 = 0x00;
    /// A message flag is set.
    pub const ATTENTION: u8 = 0x01;
    /// A message flag is set, and the host asked for an interrupt.
    pub const ATTENTION_INTERRUPT: u8 = 0x02;
    /// What the host can do, a mask behind it.
    pub const CAPABILITIES: u8 = 0x08;
    /// Version of this codec, the number behind it.
    pub const VERSION: u8 = 0xff;
    /// The only version there is.
    pub const VERSION_1: u8 = 1;
    /// Capabilities: the host knows interrupts and attention.
    pub const CAN_INTERRUPT_AND_ATTENTION: u8 = 0x14;
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// An IPMI message, with its checksum.
    Message(Vec<u8>),
    /// A line command.
    Command(Vec<u8>),
    /// More bytes than a frame has; they are gone.
    TooLong,
}

/// Cuts a byte stream into frames.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deframer {
    frame: Vec<u8>,
    escaping: bool,
    too_long: bool,
}

impl Deframer {
    /// Takes the next byte; gives the frame that it ends.
    pub fn take(&mut self, byte: u8) -> Option<Frame> {
        match byte {
            END_OF_MESSAGE | END_OF_COMMAND => {
                let ended = core::mem::take(self);
                Some(match byte {
                    _ if ended.too_long => Frame::TooLong,
                    END_OF_MESSAGE => Frame::Message(ended.frame),
                    _ => Frame::Command(ended.frame),
                })
            }
            ESCAPE => {
                self.escaping = true;
                None
            }
            _ => {
                let escaping = core::mem::take(&mut self.escaping);
                if self.frame.len() < FRAME_LEN_MAX {
                    self.frame
                        .push(if escaping { byte & !ESCAPED } else { byte });
                } else {
                    self.too_long = true;
                }
                None
            }
        }
    }
}

/// The bytes of a line command.
#[must_use]
pub fn command(bytes: &[u8]) -> Vec<u8> {
    framed(bytes, END_OF_COMMAND)
}

/// The bytes of a request.
#[must_use]
pub fn request(sequence: u8, request: &Request) -> Vec<u8> {
    let head = [
        sequence,
        request.net_fn.0 << 2 | request.lun & 3,
        request.command,
    ];
    message(&head, &request.data)
}

/// The bytes of the response to a request.
#[must_use]
pub fn response(sequence: u8, request: &Request, response: &Response) -> Vec<u8> {
    let head = [
        sequence,
        (request.net_fn.0 | 1) << 2 | request.lun & 3,
        request.command,
        response.code.0,
    ];
    message(&head, &response.data)
}

/// Reads a request; `None` when it is none, or its checksum is wrong.
#[must_use]
pub fn read_request(frame: &[u8]) -> Option<(u8, Request)> {
    let [sequence, net_fn, command, data @ .., _] = checked(frame)? else {
        return None;
    };
    let request = Request {
        net_fn: NetFn(net_fn >> 2),
        lun: net_fn & 3,
        command: *command,
        data: data.to_vec(),
    };
    (request.net_fn.0 & 1 == 0).then_some((*sequence, request))
}

/// A response with what it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Sequence number of the request.
    pub sequence: u8,
    /// Network function of the request.
    pub net_fn: NetFn,
    /// Command of the request.
    pub command: u8,
    /// The response.
    pub response: Response,
}

/// Reads a response; `None` when it is none, or its checksum is wrong.
#[must_use]
pub fn read_response(frame: &[u8]) -> Option<Answer> {
    let [sequence, net_fn, command, code, data @ .., _] = checked(frame)? else {
        return None;
    };
    let answer = Answer {
        sequence: *sequence,
        net_fn: NetFn(net_fn >> 2 & !1),
        command: *command,
        response: Response {
            code: CompletionCode(*code),
            data: data.to_vec(),
        },
    };
    (net_fn >> 2 & 1 == 1).then_some(answer)
}

fn checked(frame: &[u8]) -> Option<&[u8]> {
    (checksum(frame) == 0).then_some(frame)
}

fn message(head: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = head.to_vec();
    bytes.extend_from_slice(data);
    bytes.push(checksum(&bytes));
    framed(&bytes, END_OF_MESSAGE)
}

fn framed(bytes: &[u8], mark: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    for &byte in bytes {
        if matches!(byte, END_OF_MESSAGE | END_OF_COMMAND | ESCAPE) {
            out.extend_from_slice(&[ESCAPE, byte | ESCAPED]);
        } else {
            out.push(byte);
        }
    }
    out.push(mark);
    out
}

#[cfg(test)]
mod tests;

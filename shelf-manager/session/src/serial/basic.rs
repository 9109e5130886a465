//! Frames of Basic Mode: IPMI messages between a start and a stop character.
//!
//! Source: IPMI v2.0 §14.4.1, §14.4.2 (special characters and data byte encoding).

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

const START: u8 = 0xa0;
const STOP: u8 = 0xa5;
/// Says that the receiver's buffer is free again.
pub const HANDSHAKE: u8 = 0xa6;
const DATA_ESCAPE: u8 = 0xaa;
/// ASCII escape: would switch a shared line to Terminal Mode.
const ASCII_ESCAPE: u8 = 0x1b;

/// Longest message in a frame, bytes. Choice: more than six times the 40 bytes that each
/// implementation must take.
pub const MESSAGE_LEN_MAX: usize = 256;

/// Characters that have a meaning of their own, and the second byte of their escape sequence.
const ESCAPES: [(u8, u8); 5] = [
    (START, 0xb0),
    (STOP, 0xb5),
    (HANDSHAKE, 0xb6),
    (DATA_ESCAPE, 0xba),
    (ASCII_ESCAPE, 0x3b),
];

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The message of one frame.
    Message(Vec<u8>),
    /// The other end has room for the next frame.
    Handshake,
    /// A frame that was cut short, too long, or wrongly escaped; it is gone.
    Garbage,
}

/// Cuts a byte stream into frames. What is between them is noise.
///
/// Invariant: keeps at most [`MESSAGE_LEN_MAX`] bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deframer {
    /// The frame that has begun; `None` between frames.
    frame: Option<Vec<u8>>,
    escaping: bool,
}

impl Deframer {
    /// Takes the next byte; gives what it ends.
    pub fn take(&mut self, byte: u8) -> Option<Piece> {
        if byte == HANDSHAKE {
            return Some(Piece::Handshake);
        }
        let escaping = core::mem::take(&mut self.escaping);
        match (byte, &mut self.frame) {
            (START, frame) => {
                // A frame that was cut off does not take the next one with it.
                let cut = frame.replace(Vec::new());
                cut.filter(|cut| !cut.is_empty()).map(|_| Piece::Garbage)
            }
            (_, None) => None,
            (STOP, frame) => {
                let message = frame.take()?;
                Some(match escaping {
                    true => Piece::Garbage,
                    false => Piece::Message(message),
                })
            }
            (DATA_ESCAPE, Some(_)) if !escaping => {
                self.escaping = true;
                None
            }
            (byte, Some(frame)) => {
                let byte = match escaping {
                    true => unescaped(byte),
                    false => Some(byte),
                };
                match byte.filter(|_| frame.len() < MESSAGE_LEN_MAX) {
                    Some(byte) => {
                        frame.push(byte);
                        None
                    }
                    None => {
                        self.frame = None;
                        Some(Piece::Garbage)
                    }
                }
            }
        }
    }
}

fn unescaped(byte: u8) -> Option<u8> {
    let mut escapes = ESCAPES.iter();
    let found = escapes.find(|(_, second)| *second == byte);
    found.map(|(character, _)| *character)
}

/// The frame with that message.
#[must_use]
pub fn frame(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 2);
    out.push(START);
    for &byte in message {
        let mut escapes = ESCAPES.iter();
        match escapes.find(|(character, _)| *character == byte) {
            Some((_, second)) => out.extend_from_slice(&[DATA_ESCAPE, *second]),
            None => out.push(byte),
        }
    }
    out.push(STOP);
    out
}

#[cfg(test)]
mod tests;

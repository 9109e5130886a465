//! Frames: the length of the message as a little-endian `u32`, then the message in postcard.

use alloc::vec::Vec;
use core::fmt;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest message, in bytes.
pub const FRAME_MAX: usize = 64 * 1024;

const HEAD: usize = 4;

/// Why bytes are not a frame, or a message does not fit into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The message is longer than [`FRAME_MAX`].
    TooLong,
    /// The message is none that this version knows, or bytes follow it.
    Garbled,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "a message is longer than {FRAME_MAX} bytes"),
            Self::Garbled => f.write_str("a message cannot be understood"),
        }
    }
}

impl core::error::Error for FrameError {}

/// The frame of a message. `Err` is always [`FrameError::TooLong`].
pub fn encode<M: Serialize>(message: &M) -> Result<Vec<u8>, FrameError> {
    let mut frame = postcard::to_extend(message, Vec::from([0; HEAD])).expect(
        "memory is the only limit of a Vec, and these messages have serializers that cannot fail",
    );
    let length = frame.len() - HEAD;
    if length > FRAME_MAX {
        return Err(FrameError::TooLong);
    }
    let head = u32::try_from(length).map_err(|_| FrameError::TooLong)?;
    frame[..HEAD].copy_from_slice(&head.to_le_bytes());
    Ok(frame)
}

/// Takes the bytes of a connection as they come and gives out whole messages.
///
/// Invariant: holds at most one frame and the bytes of one [`Decoder::feed`]; after an error the
/// connection is useless and must be closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// How many bytes of `buffer` have been given out.
    used: usize,
}

impl Decoder {
    /// Takes bytes. Call [`Decoder::message`] until it has no more before feeding again.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.used);
        self.used = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message; `Ok(None)` when more bytes are needed.
    pub fn message<M: DeserializeOwned>(&mut self) -> Result<Option<M>, FrameError> {
        let rest = &self.buffer[self.used..];
        let Some((head, body)) = rest.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*head);
        let length = usize::try_from(length).map_err(|_| FrameError::TooLong)?;
        if length > FRAME_MAX {
            return Err(FrameError::TooLong);
        }
        let Some(body) = body.get(..length) else {
            return Ok(None);
        };
        match postcard::take_from_bytes(body) {
            Ok((message, [])) => {
                self.used += HEAD + length;
                Ok(Some(message))
            }
            Ok(_) | Err(_) => Err(FrameError::Garbled),
        }
    }
}

//! Frames: twelve bytes of header, and a payload.
//!
//! Source: openhpi 3.8.0, `transport/strmsock.cpp`.

use crate::ByteOrder;
use alloc::vec::Vec;

/// Length of the header.
pub const HEADER_LEN: usize = 12;
/// Longest payload, in bytes.
pub const PAYLOAD_MAX: usize = 65_523;

/// Protocol version, in the high nibble of the flags.
const VERSION: u8 = 1;
/// Flag: whoever sends has the least significant byte first.
const LITTLE: u8 = 1;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A call, or its reply.
    Message,
    /// The other end could not read what it was sent.
    Error,
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it carries.
    pub kind: Kind,
    /// Byte order of whoever sent it; a reply has that of its call.
    pub order: ByteOrder,
    /// Function, see [`crate::function`].
    pub function: u32,
    /// Parameters, or results.
    pub payload: Vec<u8>,
}

/// Why a byte stream cannot be read on: it says nothing about where the next frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The type is neither message nor error.
    Kind(u8),
    /// Another version of the protocol.
    Version(u8),
    /// The payload is longer than [`PAYLOAD_MAX`].
    TooLong(u32),
}

/// A header.
struct Header {
    kind: Kind,
    order: ByteOrder,
    function: u32,
    len: usize,
}

impl Header {
    fn read(bytes: [u8; HEADER_LEN]) -> Result<Self, FrameError> {
        let [kind, flags, _, _, f0, f1, f2, f3, l0, l1, l2, l3] = bytes;
        let kind = match kind {
            1 => Kind::Message,
            2 => Kind::Error,
            other => return Err(FrameError::Kind(other)),
        };
        if flags >> 4 != VERSION {
            return Err(FrameError::Version(flags >> 4));
        }
        let order = match flags & LITTLE {
            0 => ByteOrder::Big,
            _ => ByteOrder::Little,
        };
        let number = |bytes| match order {
            ByteOrder::Little => u32::from_le_bytes(bytes),
            ByteOrder::Big => u32::from_be_bytes(bytes),
        };
        let len = number([l0, l1, l2, l3]);
        let fits = usize::try_from(len).ok().filter(|len| *len <= PAYLOAD_MAX);
        Ok(Self {
            kind,
            order,
            function: number([f0, f1, f2, f3]),
            len: fits.ok_or(FrameError::TooLong(len))?,
        })
    }
}

impl Frame {
    /// Its bytes. A payload beyond [`PAYLOAD_MAX`] is cut there; no function has one.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let payload = self.payload.get(..PAYLOAD_MAX).unwrap_or(&self.payload);
        let kind = match self.kind {
            Kind::Message => 1,
            Kind::Error => 2,
        };
        let order = match self.order {
            ByteOrder::Little => LITTLE,
            ByteOrder::Big => 0,
        };
        let len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let number = |number: u32| match self.order {
            ByteOrder::Little => number.to_le_bytes(),
            ByteOrder::Big => number.to_be_bytes(),
        };
        let mut bytes = Vec::with_capacity(HEADER_LEN + payload.len());
        bytes.extend_from_slice(&[kind, VERSION << 4 | order, 0, 0]);
        bytes.extend_from_slice(&number(self.function));
        bytes.extend_from_slice(&number(len));
        bytes.extend_from_slice(payload);
        bytes
    }
}

/// Cuts a byte stream into frames.
///
/// Invariant: keeps at most one frame, and the piece that was pushed last; nothing, while the next
/// byte would begin a frame.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    taken: usize,
}

impl Decoder {
    /// Bytes came. Choice: whoever pushes takes out all frames before it pushes again, so that what
    /// is kept stays small.
    pub fn push(&mut self, piece: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(piece);
    }

    /// How many bytes wait that belong to no frame that was taken out.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.bytes.len().saturating_sub(self.taken)
    }

    /// Whether the next byte begins a frame.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting() == 0
    }

    /// The next whole frame; `None` until more bytes come. After an error the stream is of no use.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let rest = self.bytes.get(self.taken..).unwrap_or_default();
        let Some((header, behind)) = rest.split_first_chunk() else {
            return Ok(None);
        };
        let header = Header::read(*header)?;
        let Some(payload) = behind.get(..header.len) else {
            return Ok(None);
        };
        let frame = Frame {
            kind: header.kind,
            order: header.order,
            function: header.function,
            payload: payload.to_vec(),
        };
        self.taken += HEADER_LEN + header.len;
        if self.is_empty() {
            // Thousands of connections wait for their next call: none keeps room for it.
            (self.bytes, self.taken) = (Vec::new(), 0);
        }
        Ok(Some(frame))
    }
}

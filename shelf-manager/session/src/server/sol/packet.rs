//! The SOL packet: characters, and what is said about those that came.
//!
//! Source: IPMI v2.0 §15.9, Table 15-2.

use alloc::vec::Vec;
use ipmi::wire::Reader;
use serde::{Deserialize, Serialize};

/// Bytes in front of the characters.
pub(crate) const HEADER_LEN: usize = 4;

/// Most characters of a packet: their count is acknowledged in one byte.
const CHARACTERS_MAX: usize = 0xff;

/// One SOL packet, in either direction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SolPacket {
    /// 1–15; 0 of a packet that only acknowledges.
    pub(crate) sequence: u8,
    /// Sequence number of the packet that is acknowledged or not; 0 for none.
    pub(crate) acknowledged: u8,
    /// How many characters of that packet were taken.
    pub(crate) accepted: u8,
    /// What else is to be done, or is the case: see [`operation`] and [`status`].
    pub(crate) bits: u8,
    /// The characters.
    pub(crate) data: Vec<u8>,
}

/// Not acknowledged; in both directions.
pub(crate) const NACK: u8 = 1 << 6;

/// What a console asks for beside its characters.
///
/// Bits 5 and 2 drive the ring indicator and the data carrier of a serial line, which a console
/// behind IPMB does not have.
pub(crate) mod operation {
    /// Generate a break, in front of the characters.
    pub(crate) const BREAK: u8 = 1 << 4;
    /// Do not take characters from the payload for now.
    pub(crate) const PAUSE: u8 = 1 << 3;
    /// Forget what was typed and not delivered yet.
    pub(crate) const FLUSH_INBOUND: u8 = 1 << 1;
    /// Forget what the payload said and was not sent yet.
    pub(crate) const FLUSH_OUTBOUND: u8 = 1 << 0;
}

/// What a console is told beside the characters.
pub(crate) mod status {
    /// Character transfer is unavailable: the payload takes none for now.
    pub(crate) const UNAVAILABLE: u8 = 1 << 5;
    /// SOL is deactivated, or about to be.
    pub(crate) const DEACTIVATED: u8 = 1 << 4;
    /// Characters of the payload were lost in front of these.
    pub(crate) const OVERRUN: u8 = 1 << 3;
}

impl SolPacket {
    /// `None` when the header is not whole, or there are more characters than can be acknowledged.
    pub(crate) fn decode(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let [sequence, acknowledged, accepted, bits] = reader.array("header").ok()?;
        let data = reader.rest();
        (data.len() <= CHARACTERS_MAX).then(|| Self {
            sequence: sequence & 0x0f,
            acknowledged: acknowledged & 0x0f,
            accepted,
            bits,
            data: data.to_vec(),
        })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let head = [self.sequence, self.acknowledged, self.accepted, self.bits];
        [&head[..], &self.data].concat()
    }
}

//! A session that is open: sealing what goes out, checking what comes in.

use crate::crypto::{CipherSuite, Entropy, Keys, decrypt, encrypt, md5_code, same};
use crate::lan::commands::{self, message};
use crate::packet::{self, Packet, payload};
use crate::{Counters, count};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How a session protects its packets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Protection {
    /// RMCP+.
    Suite {
        suite: CipherSuite,
        keys: Keys,
        entropy: Entropy,
    },
    /// IPMI 1.5; the password is in the configuration.
    Md5,
}

/// An open session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Channel {
    pub(crate) protection: Protection,
    /// Session id in packets to the other end.
    pub(crate) theirs: u32,
    /// Session id in packets to us. IPMI 1.5 has but one id for both.
    pub(crate) ours: u32,
    /// Sequence number of the next packet out; never 0.
    pub(crate) sequence: u32,
    pub(crate) inbound: Inbound,
}

impl Channel {
    /// The packet that carries `message`.
    pub(crate) fn seal(&mut self, password: &[u8], message: &[u8]) -> Vec<u8> {
        self.seal_payload(password, payload::MESSAGE, message)
    }

    /// The packet that carries a payload of that type; IPMI 1.5 has messages only.
    pub(crate) fn seal_payload(&mut self, password: &[u8], kind: u8, message: &[u8]) -> Vec<u8> {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1).max(1);
        match &mut self.protection {
            Protection::Suite { keys, entropy, .. } => {
                let payload = encrypt(&keys.encryption, entropy.draw(), message);
                let head = (kind, self.theirs, sequence);
                packet::encode_sealed(&keys.integrity, head, &payload)
            }
            Protection::Md5 => {
                let code = md5_code(password, self.theirs, sequence, message);
                packet::encode_v15(self.theirs, sequence, Some(code), message)
            }
        }
    }

    /// The packet that closes the session.
    pub(crate) fn close(&mut self, password: &[u8], sequence: u8) -> Vec<u8> {
        let request = commands::close_session(self.theirs);
        self.seal(password, &message(sequence, &request))
    }

    /// The message in a packet of this session that was not seen before; counts why not.
    pub(crate) fn open(
        &mut self,
        password: &[u8],
        datagram: &[u8],
        counters: &mut Counters,
    ) -> Option<Vec<u8>> {
        let opened = self.open_payload(password, datagram, (&[payload::MESSAGE], counters));
        opened.map(|(_, message)| message)
    }

    /// The payload in a packet of this session that was not seen before, and its type, which must
    /// be one of `kinds`; counts why not.
    pub(crate) fn open_payload(
        &mut self,
        password: &[u8],
        datagram: &[u8],
        (kinds, counters): (&[u8], &mut Counters),
    ) -> Option<(u8, Vec<u8>)> {
        let Some(found) = packet::decode(datagram) else {
            count(&mut counters.malformed);
            return None;
        };
        match (&self.protection, found) {
            (
                Protection::Suite { keys, .. },
                Packet::Sealed {
                    kind,
                    session,
                    sequence,
                    payload,
                    trailer,
                },
            ) if session == self.ours && kinds.contains(&kind) => {
                if !packet::is_genuine(&keys.integrity, datagram, trailer) {
                    count(&mut counters.bad_integrity);
                    return None;
                }
                let message = decrypt(&keys.encryption, payload);
                Some((kind, self.fresh(sequence, message, counters)?))
            }
            (
                Protection::Md5,
                Packet::V15 {
                    sequence,
                    session,
                    code: Some(code),
                    message,
                },
            ) if session == self.ours => {
                if !same(&md5_code(password, session, sequence, message), &code) {
                    count(&mut counters.bad_integrity);
                    return None;
                }
                let message = self.fresh(sequence, Some(message.to_vec()), counters)?;
                Some((payload::MESSAGE, message))
            }
            _ => {
                count(&mut counters.unmatched);
                None
            }
        }
    }

    fn fresh(
        &mut self,
        sequence: u32,
        message: Option<Vec<u8>>,
        counters: &mut Counters,
    ) -> Option<Vec<u8>> {
        if message.is_none() {
            count(&mut counters.bad_integrity);
        } else if !self.inbound.accept(sequence) {
            count(&mut counters.replayed);
            return None;
        }
        message
    }
}

/// Sequence numbers that came in: the highest one, and which of the 64 up to it.
///
/// Choice: any number ahead is taken, as its packet has proved to come from the other end and
/// datagrams do get lost; 64 wide, as 32 bridged requests have two answers each.
/// Invariant: `seen` has bit n set when `highest - n` was accepted.
/// Source: IPMI v2.0 §6.12.13 (sliding window).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inbound {
    highest: u32,
    seen: u64,
}

impl Inbound {
    /// Whether this number is new. 0 is none of a session's.
    pub(crate) fn accept(&mut self, sequence: u32) -> bool {
        if sequence == 0 {
            return false;
        }
        let ahead = sequence.wrapping_sub(self.highest);
        if self.seen == 0 || (1..=u32::MAX / 2).contains(&ahead) {
            let shifted = self.seen.checked_shl(ahead).unwrap_or(0);
            self.seen = shifted | 1;
            self.highest = sequence;
            return true;
        }
        let bit = 1u64
            .checked_shl(self.highest.wrapping_sub(sequence))
            .unwrap_or(0);
        let new = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        new
    }
}

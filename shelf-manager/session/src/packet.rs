//! RMCP packets: headers of IPMI 1.5 and of RMCP+.
//!
//! Source: IPMI v2.0 §13.1 and Table 13-8.

use crate::crypto::MacKey;
use alloc::vec::Vec;
use ipmi::wire::Reader;

/// Version 1.0, no acknowledgement wanted, class IPMI. Source: IPMI v2.0 Table 13-1.
const RMCP: [u8; 4] = [0x06, 0x00, 0xff, 0x07];
/// Session format RMCP+, where IPMI 1.5 has its authentication type.
const FORMAT_PLUS: u8 = 0x06;
const NEXT_HEADER: u8 = 0x07;
const AUTHENTICATED: u8 = 0x40;
const ENCRYPTED: u8 = 0x80;

/// Authentication types of IPMI 1.5. Source: IPMI v2.0 Table 13-8.
pub(crate) const AUTH_NONE: u8 = 0x00;
pub(crate) const AUTH_MD5: u8 = 0x02;

/// Payload types. Source: IPMI v2.0 Table 13-16.
pub(crate) mod payload {
    pub(crate) const MESSAGE: u8 = 0x00;
    pub(crate) const SOL: u8 = 0x01;
    pub(crate) const OPEN_SESSION_REQUEST: u8 = 0x10;
    pub(crate) const OPEN_SESSION_RESPONSE: u8 = 0x11;
    pub(crate) const RAKP_1: u8 = 0x12;
    pub(crate) const RAKP_2: u8 = 0x13;
    pub(crate) const RAKP_3: u8 = 0x14;
    pub(crate) const RAKP_4: u8 = 0x15;
}

/// One packet, taken apart but not believed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    /// IPMI 1.5 format.
    V15 {
        sequence: u32,
        session: u32,
        /// With authentication type MD5; `None` with none.
        code: Option<[u8; 16]>,
        message: &'a [u8],
    },
    /// RMCP+ format, outside of a session.
    Plain { kind: u8, payload: &'a [u8] },
    /// RMCP+ format, authenticated and encrypted.
    Sealed {
        kind: u8,
        session: u32,
        sequence: u32,
        payload: &'a [u8],
        /// Behind the payload: pad, pad length, next header, code.
        trailer: &'a [u8],
    },
}

/// Takes a datagram apart; `None` when it is no IPMI packet.
pub(crate) fn decode(datagram: &[u8]) -> Option<Packet<'_>> {
    let mut reader = Reader::new(datagram);
    // The RMCP sequence number means nothing without acknowledgements.
    let [version, _, _, class] = reader.array("rmcp").ok()?;
    if version != RMCP[0] || class != RMCP[3] {
        return None;
    }
    match reader.u8("authentication type").ok()? {
        FORMAT_PLUS => decode_plus(reader),
        AUTH_NONE => decode_v15(reader, false),
        AUTH_MD5 => decode_v15(reader, true),
        _ => None,
    }
}

/// Whether a datagram begins as RMCP packets do that are for anybody.
///
/// Source: IPMI v2.0 §13.1.3: version, reserved, sequence number, class ASF or IPMI.
pub(crate) fn is_rmcp(datagram: &[u8]) -> bool {
    matches!(*datagram, [0x06, 0, _, 0x06 | 0x07, ..])
}

/// The answer to a Presence Ping; `None` when `datagram` is none.
///
/// Source: IPMI v2.0 §13.2.3, §13.2.4 (class ASF, numbers with the most significant byte first).
pub(crate) fn pong(datagram: &[u8]) -> Option<Vec<u8>> {
    const CLASS_ASF: u8 = 0x06;
    const ASF: [u8; 4] = [0x00, 0x00, 0x11, 0xbe];
    const PING: u8 = 0x80;
    const PONG: u8 = 0x40;
    /// IPMI is there, ASF version 1.0.
    const ENTITIES: u8 = 0x81;
    let mut reader = Reader::new(datagram);
    let [version, _, _, class] = reader.array("rmcp").ok()?;
    let enterprise: [u8; 4] = reader.array("enterprise").ok()?;
    let [kind, tag, _, len] = reader.array("message").ok()?;
    if (version, class, enterprise, kind, len) != (RMCP[0], CLASS_ASF, ASF, PING, 0) {
        return None;
    }
    let mut out = Vec::from([RMCP[0], 0, 0xff, CLASS_ASF]);
    out.extend_from_slice(&ASF);
    out.extend_from_slice(&[PONG, tag, 0, 16]);
    out.extend_from_slice(&ASF);
    out.extend_from_slice(&[0, 0, 0, 0, ENTITIES, 0, 0, 0, 0, 0, 0, 0]);
    Some(out)
}

fn decode_v15(mut reader: Reader<'_>, authenticated: bool) -> Option<Packet<'_>> {
    let sequence = reader.u32("sequence").ok()?;
    let session = reader.u32("session").ok()?;
    let code = match authenticated {
        true => Some(reader.array("code").ok()?),
        false => None,
    };
    let len = reader.u8("length").ok()?;
    // A byte may follow: the pad that some network controllers need. Source: IPMI v2.0 Table 13-8.
    let message = reader.take(usize::from(len), "message").ok()?;
    Some(Packet::V15 {
        sequence,
        session,
        code,
        message,
    })
}

fn decode_plus(mut reader: Reader<'_>) -> Option<Packet<'_>> {
    let kind = reader.u8("payload type").ok()?;
    let session = reader.u32("session").ok()?;
    let sequence = reader.u32("sequence").ok()?;
    let len = reader.array("length").map(u16::from_le_bytes).ok()?;
    let payload = reader.take(usize::from(len), "payload").ok()?;
    let protection = kind & (AUTHENTICATED | ENCRYPTED);
    let kind = kind & !(AUTHENTICATED | ENCRYPTED);
    if protection == AUTHENTICATED | ENCRYPTED && session != 0 {
        return Some(Packet::Sealed {
            kind,
            session,
            sequence,
            payload,
            trailer: reader.rest(),
        });
    }
    // Half protected is not protected: a session of ours always has both.
    (protection == 0 && session == 0).then_some(Packet::Plain { kind, payload })
}

/// A packet in IPMI 1.5 format.
pub(crate) fn encode_v15(
    session: u32,
    sequence: u32,
    code: Option<[u8; 16]>,
    message: &[u8],
) -> Vec<u8> {
    let mut out = RMCP.to_vec();
    out.push(if code.is_some() { AUTH_MD5 } else { AUTH_NONE });
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&session.to_le_bytes());
    out.extend(code.into_iter().flatten());
    out.push(message.len() as u8);
    out.extend_from_slice(message);
    out
}

/// An RMCP+ packet outside of a session.
pub(crate) fn encode_plain(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = RMCP.to_vec();
    out.extend_from_slice(&[FORMAT_PLUS, kind, 0, 0, 0, 0, 0, 0, 0, 0]);
    out.extend_from_slice(&(payload.len() as u16).to_le_bytes());
    out.extend_from_slice(payload);
    out
}

/// An RMCP+ packet within a session, around a payload that is already encrypted.
pub(crate) fn encode_sealed(
    key: &MacKey,
    (kind, session, sequence): (u8, u32, u32),
    payload: &[u8],
) -> Vec<u8> {
    /// Before and behind the payload.
    const AROUND_MAX: usize = 16 + 5 + 16;
    let mut out = Vec::with_capacity(payload.len() + AROUND_MAX);
    out.extend_from_slice(&RMCP);
    out.extend_from_slice(&[FORMAT_PLUS, kind | AUTHENTICATED | ENCRYPTED]);
    out.extend_from_slice(&session.to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&(payload.len() as u16).to_le_bytes());
    out.extend_from_slice(payload);
    let pad_len = pad_len(out.len() - RMCP.len());
    out.resize(out.len() + pad_len, 0xff);
    out.extend_from_slice(&[pad_len as u8, NEXT_HEADER]);
    key.sign(&mut out, RMCP.len());
    out
}

/// Pad before the pad length, so that what the code covers is a multiple of four.
fn pad_len(covered_len: usize) -> usize {
    (4 - (covered_len + 2) % 4) % 4
}

/// Whether the code at the end of a sealed `datagram` is right.
pub(crate) fn is_genuine(key: &MacKey, datagram: &[u8], trailer: &[u8]) -> bool {
    let Some(signed_len) = datagram.len().checked_sub(key.code_len()) else {
        return false;
    };
    let (signed, code) = datagram.split_at(signed_len);
    let covered = signed.get(RMCP.len()..).unwrap_or_default();
    let Some(pad_and_marks) = trailer.len().checked_sub(key.code_len()) else {
        return false;
    };
    let ends_well =
        pad_and_marks >= 2 && covered.ends_with(&[(pad_and_marks - 2) as u8, NEXT_HEADER]);
    ends_well && key.is_right(covered, code)
}

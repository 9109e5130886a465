//! Whether there is somebody, without a session.
//!
//! Choice: Get Channel Authentication Capabilities instead of a Presence Ping: each session begins
//! with it, so whoever answers it not could not be talked to.
//!
//! Source: IPMI v2.0 §22.13, which is answered outside of sessions.

use super::commands::{AUTHENTICATION_CAPABILITIES, authentication_capabilities, message};
use crate::packet::{self, Packet};
use alloc::vec::Vec;
use ipmi::ipmb::{SEQUENCE_MAX, decode_response};

/// Any privilege level; the answer is not looked at.
const USER: u8 = 2;

/// A datagram that whoever is there answers. Only the lowest six bits of `number` count.
#[must_use]
pub fn probe(number: u8) -> Vec<u8> {
    let request = authentication_capabilities(USER);
    packet::encode_v15(0, 0, None, &message(number & SEQUENCE_MAX, &request))
}

/// Whether a datagram is the answer to the probe with this number.
#[must_use]
pub fn answers_probe(datagram: &[u8], number: u8) -> bool {
    let Some(Packet::V15 { message, .. }) = packet::decode(datagram) else {
        return false;
    };
    decode_response(message).is_ok_and(|answer| {
        let is_mine = answer.route.sequence == number & SEQUENCE_MAX;
        is_mine && answer.command == AUTHENTICATION_CAPABILITIES
    })
}

//! Commands about the session itself. Source: IPMI v2.0 §22.13–§22.19.

use crate::queued::SHELF_MANAGER;
use crate::rakp::USER_LEN_MAX;
use alloc::vec::Vec;
use ipmi::ipmb::{Route, encode_request};
use ipmi::message::{NetFn, Request};
use ipmi::wire::Reader;

/// Software id of a remote console, in the place of an IPMB address. Source: IPMI v2.0 Table 5-4.
pub(crate) const CONSOLE: u8 = 0x81;
/// Get Channel Authentication Capabilities.
pub(crate) const AUTHENTICATION_CAPABILITIES: u8 = 0x38;
/// Get Session Challenge.
pub(crate) const SESSION_CHALLENGE: u8 = 0x39;
/// Activate Session.
pub(crate) const ACTIVATE_SESSION: u8 = 0x3a;
/// Set Session Privilege Level.
pub(crate) const SET_PRIVILEGE: u8 = 0x3b;
/// Close Session.
pub(crate) const CLOSE_SESSION: u8 = 0x3c;

/// The channel on which the request itself arrives.
pub(crate) const THIS_CHANNEL: u8 = 0x0e;
/// Wants to know about RMCP+ too.
pub(crate) const EXTENDED: u8 = 0x80;

/// The message with a request for the shelf manager.
pub(crate) fn message(sequence: u8, request: &Request) -> Vec<u8> {
    let route = Route {
        responder: SHELF_MANAGER,
        requester: CONSOLE,
        requester_lun: 0,
        sequence,
    };
    encode_request(route, request)
}

pub(crate) fn app(command: u8, data: &[u8]) -> Request {
    Request {
        net_fn: NetFn::APP,
        lun: 0,
        command,
        data: data.to_vec(),
    }
}

pub(crate) fn authentication_capabilities(privilege: u8) -> Request {
    app(
        AUTHENTICATION_CAPABILITIES,
        &[EXTENDED | THIS_CHANNEL, privilege],
    )
}

/// What the other end offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) rmcp_plus: bool,
    pub(crate) md5: bool,
}

/// Reads the answer to Get Channel Authentication Capabilities.
pub(crate) fn offer(data: &[u8]) -> Option<Offer> {
    let mut reader = Reader::new(data);
    let [_channel, types, _status, versions] = reader.array("capabilities").ok()?;
    Some(Offer {
        rmcp_plus: types & 0x80 != 0 && versions & 0x02 != 0,
        md5: types & 0x04 != 0,
    })
}

pub(crate) fn session_challenge(user: &[u8]) -> Request {
    let mut data = Vec::from([crate::packet::AUTH_MD5]);
    data.extend_from_slice(user);
    data.resize(1 + USER_LEN_MAX, 0);
    app(SESSION_CHALLENGE, &data)
}

/// Reads the answer to Get Session Challenge: temporary session id, challenge.
pub(crate) fn challenge(data: &[u8]) -> Option<(u32, [u8; 16])> {
    let mut reader = Reader::new(data);
    Some((reader.u32("session").ok()?, reader.array("challenge").ok()?))
}

pub(crate) fn activate_session(privilege: u8, challenge: &[u8; 16], first: u32) -> Request {
    let mut data = Vec::from([crate::packet::AUTH_MD5, privilege]);
    data.extend_from_slice(challenge);
    data.extend_from_slice(&first.to_le_bytes());
    app(ACTIVATE_SESSION, &data)
}

/// Answer to Activate Session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Activated {
    pub(crate) authentication: u8,
    pub(crate) session: u32,
    /// Sequence number that the first packet to the managed system must have.
    pub(crate) sequence: u32,
}

pub(crate) fn activated(data: &[u8]) -> Option<Activated> {
    let mut reader = Reader::new(data);
    Some(Activated {
        authentication: reader.u8("authentication").ok()?,
        session: reader.u32("session").ok()?,
        sequence: reader.u32("sequence").ok()?,
    })
}

//! Commands about the session itself. Source: IPMI v2.0 §22.13–§22.19.

pub(crate) use ipmi::command::session::THIS_CHANNEL;

use crate::packet::AUTH_MD5;
use crate::queued::SHELF_MANAGER;
use crate::rakp::USER_LEN_MAX;
use alloc::vec::Vec;
use ipmi::command::session::{
    ActivateSession, ChannelAuthenticationCapabilities, CloseSession,
    GetChannelAuthenticationCapabilities, GetSessionChallenge, SessionActivated, SessionChallenge,
    SetSessionPrivilegeLevel,
};
use ipmi::command::{Body, Command};
use ipmi::ipmb::{Route, encode_request};
use ipmi::message::Request;
use ipmi::wire::Reader;

/// Software id of a remote console, in the place of an IPMB address. Source: IPMI v2.0 Table 5-4.
pub(crate) const CONSOLE: u8 = 0x81;
/// Get Channel Authentication Capabilities.
pub(crate) const AUTHENTICATION_CAPABILITIES: u8 = GetChannelAuthenticationCapabilities::COMMAND;
/// Get Session Challenge.
pub(crate) const SESSION_CHALLENGE: u8 = GetSessionChallenge::COMMAND;
/// Activate Session.
pub(crate) const ACTIVATE_SESSION: u8 = ActivateSession::COMMAND;
/// Set Session Privilege Level.
pub(crate) const SET_PRIVILEGE: u8 = SetSessionPrivilegeLevel::COMMAND;
/// Close Session.
pub(crate) const CLOSE_SESSION: u8 = CloseSession::COMMAND;

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

/// An application request, byte by byte.
#[cfg(test)]
pub(crate) fn app(command: u8, data: &[u8]) -> Request {
    Request {
        net_fn: ipmi::message::NetFn::APP,
        lun: 0,
        command,
        data: data.to_vec(),
    }
}

pub(crate) fn authentication_capabilities(privilege: u8) -> Request {
    let channel = EXTENDED | THIS_CHANNEL;
    GetChannelAuthenticationCapabilities { channel, privilege }.request()
}

/// What the other end offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) rmcp_plus: bool,
    pub(crate) md5: bool,
}

/// Reads the answer to Get Channel Authentication Capabilities.
pub(crate) fn offer(data: &[u8]) -> Option<Offer> {
    let read = ChannelAuthenticationCapabilities::read(&mut Reader::new(data)).ok()?;
    Some(Offer {
        rmcp_plus: read.types & EXTENDED != 0 && read.extended & 0x02 != 0,
        md5: read.types & 0x04 != 0,
    })
}

/// For a user whose name is not longer than it may be.
pub(crate) fn session_challenge(user: &[u8]) -> Request {
    let mut user_name = [0; USER_LEN_MAX];
    for (to, from) in user_name.iter_mut().zip(user) {
        *to = *from;
    }
    let authentication_type = AUTH_MD5;
    let challenge = GetSessionChallenge {
        authentication_type,
        user_name,
    };
    challenge.request()
}

/// Reads the answer to Get Session Challenge: temporary session id, challenge.
pub(crate) fn challenge(data: &[u8]) -> Option<(u32, [u8; 16])> {
    let read = SessionChallenge::read(&mut Reader::new(data)).ok()?;
    Some((read.session, read.challenge))
}

pub(crate) fn activate_session(privilege: u8, challenge: &[u8; 16], first: u32) -> Request {
    let activate = ActivateSession {
        authentication_type: AUTH_MD5,
        privilege,
        challenge: *challenge,
        outbound_sequence: first,
    };
    activate.request()
}

/// Reads the answer to Activate Session.
pub(crate) fn activated(data: &[u8]) -> Option<SessionActivated> {
    SessionActivated::read(&mut Reader::new(data)).ok()
}

pub(crate) fn set_privilege(level: u8) -> Request {
    SetSessionPrivilegeLevel { level }.request()
}

pub(crate) fn close_session(session: u32) -> Request {
    let handle = None;
    CloseSession { session, handle }.request()
}

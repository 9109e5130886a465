//! Commands about sessions, channels and users.
//!
//! Source: IPMI v2.0 §20.8, §22.13–§22.29, §24.8, §24.9.

use super::bridge::IPMB_0;
use super::privilege::{ADMINISTRATOR, CALLBACK, USER};
use super::{Config, Server, payloads};
use crate::channel::Protection;
use crate::lan::commands::{AUTHENTICATION_CAPABILITIES, EXTENDED, SET_PRIVILEGE, THIS_CHANNEL};
use crate::packet::payload;
use alloc::vec;
use alloc::vec::Vec;
use ipmi::message::{CompletionCode, NetFn, Request};

/// Number of the LAN channel. Choice: the first one that is free.
pub(crate) const LAN: u8 = 0x01;

const GET_SYSTEM_GUID: u8 = 0x37;
const GET_SESSION_INFO: u8 = 0x3d;
const GET_CHANNEL_ACCESS: u8 = 0x41;
const GET_CHANNEL_INFO: u8 = 0x42;
/// Activate Payload.
pub(super) const ACTIVATE_PAYLOAD: u8 = 0x48;
/// Deactivate Payload.
pub(super) const DEACTIVATE_PAYLOAD: u8 = 0x49;
const GET_CIPHER_SUITES: u8 = 0x54;

/// Command not supported for this channel. Source: IPMI v2.0 Table 22-29.
const NOT_FOR_CHANNEL: CompletionCode = CompletionCode(0x82);
/// The level exceeds the limit of channel or user. Source: IPMI v2.0 Table 22-23.
const ABOVE_LIMIT: CompletionCode = CompletionCode(0x81);
/// Invalid session id. Source: IPMI v2.0 Table 22-24.
const INVALID_SESSION: CompletionCode = CompletionCode(0x87);

/// User id 1 belongs to the anonymous user, whom we do not have: the configured users follow.
/// Source: IPMI v2.0 §6.9.1.
pub(crate) const USER_ID_FIRST: u8 = 2;
/// Largest user id. Source: IPMI v2.0 Table 22-33.
pub(crate) const USER_ID_MAX: u8 = 63;

/// Data of a response, or the completion code that refuses.
pub(crate) type Reply = Result<Vec<u8>, CompletionCode>;

pub(super) const WRONG_LENGTH: Reply = Err(CompletionCode::LENGTH_INVALID);
pub(super) const INVALID_FIELD: Reply = Err(CompletionCode::INVALID_FIELD);

/// What anybody may ask, with a session or without; `None` when this is something else.
pub(crate) fn outside(config: &Config, request: &Request) -> Option<Reply> {
    if request.net_fn != NetFn::APP {
        return None;
    }
    match request.command {
        GET_SYSTEM_GUID => Some(match request.data[..] {
            [] => Ok(config.guid.to_vec()),
            _ => WRONG_LENGTH,
        }),
        AUTHENTICATION_CAPABILITIES => Some(capabilities(config, &request.data)),
        GET_CIPHER_SUITES => Some(cipher_suites(config, &request.data)),
        _ => None,
    }
}

/// Source: IPMI v2.0 Table 22-15.
fn capabilities(config: &Config, data: &[u8]) -> Reply {
    let [channel, privilege] = *data else {
        return WRONG_LENGTH;
    };
    let is_known = matches!(channel & 0x0f, LAN | THIS_CHANNEL);
    if !is_known || !(CALLBACK..=ADMINISTRATOR).contains(&(privilege & 0x0f)) {
        return INVALID_FIELD;
    }
    // Without bit 7 only IPMI 1.5 is asked about.
    let extended = channel & EXTENDED;
    let md5 = u8::from(config.allow_ipmi_1_5) << 2;
    let has_null_user = config.users.iter().any(|user| user.name.is_empty());
    let has_others = config.users.iter().any(|user| !user.name.is_empty());
    let kg = u8::from(config.kg.is_some()) << 5;
    let users = kg | u8::from(has_others) << 2 | u8::from(has_null_user) << 1;
    let versions = match extended {
        0 => 0,
        _ => 1 << 1 | u8::from(config.allow_ipmi_1_5),
    };
    Ok(vec![LAN, extended | md5, users, versions, 0, 0, 0, 0])
}

/// Source: IPMI v2.0 Tables 22-17, 22-18.
fn cipher_suites(config: &Config, data: &[u8]) -> Reply {
    const BLOCK: usize = 16;
    let [channel, payload_type, index] = *data else {
        return WRONG_LENGTH;
    };
    let has_suites = matches!(payload_type, payload::MESSAGE | payload::SOL);
    if !matches!(channel, LAN | THIS_CHANNEL) || !has_suites {
        return INVALID_FIELD;
    }
    let mut records = Vec::new();
    for suite in &config.suites {
        let [authentication, integrity, confidentiality] = suite.algorithms();
        if index & 0x80 != 0 {
            records.extend([0xc0, suite.id()]);
        }
        records.extend([authentication, 0x40 | integrity, 0x80 | confidentiality]);
    }
    let from = usize::from(index & 0x3f) * BLOCK;
    let block = records.iter().skip(from).take(BLOCK);
    Ok([LAN].iter().chain(block).copied().collect())
}

impl Server {
    /// What only somebody with a session may ask; `None` when this is something else.
    pub(super) fn inside(&mut self, session: u32, request: &Request) -> Option<Reply> {
        if request.net_fn == NetFn::TRANSPORT {
            return payloads::sol_configuration(&self.config, request);
        }
        if request.net_fn != NetFn::APP {
            return None;
        }
        let data = request.data.as_slice();
        Some(match request.command {
            SET_PRIVILEGE => self.set_privilege(session, data),
            GET_SESSION_INFO => self.session_info(session, data),
            GET_CHANNEL_ACCESS => channel_access(data),
            GET_CHANNEL_INFO => self.channel_info(data),
            command => {
                let users = self.about_users(command, data);
                return users.or_else(|| self.about_payloads(command, data));
            }
        })
    }

    fn set_privilege(&mut self, session: u32, data: &[u8]) -> Reply {
        let [level] = *data else {
            return WRONG_LENGTH;
        };
        let session = self.sessions.get_mut(&session);
        let session = session.ok_or(CompletionCode::UNSPECIFIED)?;
        match level {
            0 => (),
            USER..=ADMINISTRATOR if level <= session.limit => session.privilege = level,
            USER..=ADMINISTRATOR => return Err(ABOVE_LIMIT),
            _ => return INVALID_FIELD,
        }
        Ok(vec![session.privilege])
    }

    /// The session that Close Session means, for somebody who has `session`.
    pub(super) fn closed_by(&self, session: u32, data: &[u8]) -> Result<u32, CompletionCode> {
        let (id, handle) = match *data {
            [a, b, c, d] => (u32::from_le_bytes([a, b, c, d]), None),
            [0, 0, 0, 0, handle] => (0, Some(handle)),
            _ => return Err(CompletionCode::LENGTH_INVALID),
        };
        let by_handle = |handle| self.sessions.iter().find(|(_, one)| one.handle == handle);
        let id = handle.and_then(by_handle).map_or(id, |(id, _)| *id);
        let (Some(own), Some(_)) = (self.sessions.get(&session), self.sessions.get(&id)) else {
            return Err(INVALID_SESSION);
        };
        if id != session && own.privilege < ADMINISTRATOR {
            return Err(CompletionCode::INSUFFICIENT_PRIVILEGE);
        }
        Ok(id)
    }

    /// Source: IPMI v2.0 Table 22-25. Choice: without the console's address, which only the shell
    /// knows.
    fn session_info(&self, session: u32, data: &[u8]) -> Reply {
        let found = match *data {
            [0x00] => self.sessions.get(&session),
            [0xfe, handle] => self.sessions.values().find(|one| one.handle == handle),
            [0xff, a, b, c, d] => self.sessions.get(&u32::from_le_bytes([a, b, c, d])),
            [index @ 0x01..=0xfd] => self.sessions.values().nth(usize::from(index) - 1),
            _ => return WRONG_LENGTH,
        };
        // The fields are six bits wide.
        let possible = self.config.sessions_max.min(0x3f);
        let active = self.sessions.len().min(0x3f) as u8;
        let Some(found) = found else {
            return Ok(vec![0, possible, active]);
        };
        const RMCP_PLUS: u8 = 0x10;
        let protocol = match found.channel.protection {
            Protection::Suite { .. } => RMCP_PLUS,
            Protection::Md5 => 0,
        };
        let (user, privilege) = (USER_ID_FIRST + found.user as u8, found.privilege);
        Ok(vec![
            found.handle,
            possible,
            active,
            user,
            privilege,
            protocol | LAN,
        ])
    }

    /// Source: IPMI v2.0 Table 22-30.
    fn channel_info(&self, data: &[u8]) -> Reply {
        const IPMB_PROTOCOL: u8 = 0x01;
        const MEDIUM_IPMB: u8 = 0x01;
        const MEDIUM_LAN: u8 = 0x04;
        const MULTI_SESSION: u8 = 0x80;
        let [channel] = *data else {
            return WRONG_LENGTH;
        };
        let (channel, medium, sessions) = match channel {
            IPMB_0 => (IPMB_0, MEDIUM_IPMB, 0),
            LAN | THIS_CHANNEL => {
                let active = self.sessions.len().min(0x3f) as u8;
                (LAN, MEDIUM_LAN, MULTI_SESSION | active)
            }
            _ => return INVALID_FIELD,
        };
        // The protocol's vendor is the IPMI forum, enterprise number 7154.
        let front = [channel, medium, IPMB_PROTOCOL, sessions];
        Ok([&front[..], &[0xf2, 0x1b, 0, 0, 0]].concat())
    }
}

/// Source: IPMI v2.0 Table 22-29.
fn channel_access(data: &[u8]) -> Reply {
    const ALERTS_OFF: u8 = 0x20;
    const ALWAYS_AVAILABLE: u8 = 0x02;
    let [channel, which] = *data else {
        return WRONG_LENGTH;
    };
    // The settings that survive a restart, and those now active, are the same.
    match (channel, which) {
        (LAN | THIS_CHANNEL, 0x40 | 0x80) => Ok(vec![ALERTS_OFF | ALWAYS_AVAILABLE, ADMINISTRATOR]),
        (IPMB_0, 0x40 | 0x80) => Err(NOT_FOR_CHANNEL),
        _ => INVALID_FIELD,
    }
}

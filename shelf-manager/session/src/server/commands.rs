//! Commands about sessions, channels and users.
//!
//! Source: IPMI v2.0 §20.8, §22.13–§22.29, §24.8, §24.9.

use super::bridge::IPMB_0;
use super::privilege::{ADMINISTRATOR, CALLBACK, USER};
use super::session::Session;
use super::{Config, Server, payloads};
use crate::channel::Protection;
use crate::lan::commands::{EXTENDED, THIS_CHANNEL};
use crate::packet::payload;
use alloc::vec::Vec;
use ipmi::command::app::{GetSystemGuid, Guid};
use ipmi::command::payload::{ActivatePayload, DeactivatePayload};
use ipmi::command::session::{
    ChannelAccess, ChannelAuthenticationCapabilities, ChannelCipherSuites, ChannelInfo,
    CloseSession, GetChannelAccess, GetChannelAuthenticationCapabilities, GetChannelCipherSuites,
    GetChannelInfo, GetSessionInfo, SessionInfo, SessionPrivilegeLevel, SetSessionPrivilegeLevel,
};
use ipmi::command::transport::GetIpStatistics;
use ipmi::command::{Body, Command};
use ipmi::message::{CompletionCode, NetFn, Request};
use ipmi::wire::{Reader, U24};

/// Number of the LAN channel. Choice: the first one that is free.
pub(crate) const LAN: u8 = 0x01;

/// Activate Payload.
pub(super) const ACTIVATE_PAYLOAD: u8 = ActivatePayload::COMMAND;
/// Deactivate Payload.
pub(super) const DEACTIVATE_PAYLOAD: u8 = DeactivatePayload::COMMAND;

/// Command not supported for this channel. Source: IPMI v2.0 Table 22-29.
const NOT_FOR_CHANNEL: CompletionCode = CompletionCode(0x82);
/// The level exceeds the limit of channel or user. Source: IPMI v2.0 Table 22-23.
pub(crate) const ABOVE_LIMIT: CompletionCode = CompletionCode(0x81);
/// Invalid session id. Source: IPMI v2.0 Table 22-24.
pub(crate) const INVALID_SESSION: CompletionCode = CompletionCode(0x87);

/// User id 1 belongs to the anonymous user, whom we do not have: the configured users follow.
/// Source: IPMI v2.0 §6.9.1.
pub(crate) const USER_ID_FIRST: u8 = 2;
/// Largest user id. Source: IPMI v2.0 Table 22-33.
pub(crate) const USER_ID_MAX: u8 = 63;

/// Data of a response, or the completion code that refuses.
pub(crate) type Reply = Result<Vec<u8>, CompletionCode>;

pub(super) const WRONG_LENGTH: Reply = Err(CompletionCode::LENGTH_INVALID);
pub(super) const INVALID_FIELD: Reply = Err(CompletionCode::INVALID_FIELD);

/// Answers one command.
pub(crate) fn with<C: Command>(
    request: &Request,
    answer: impl FnOnce(C) -> Result<C::Response, CompletionCode>,
) -> Reply {
    let body = C::read_request(request).and_then(answer)?;
    Ok(C::respond(&body).data)
}

/// Whether a channel number is that of the LAN. Only its low four bits are the number.
pub(super) fn is_lan(channel: u8) -> bool {
    matches!(channel & 0x0f, LAN | THIS_CHANNEL)
}

/// What anybody may ask, with a session or without; `None` when this is something else.
pub(crate) fn outside(config: &Config, request: &Request) -> Option<Reply> {
    if request.net_fn != NetFn::APP {
        return None;
    }
    match request.command {
        GetSystemGuid::COMMAND => Some(with(request, |GetSystemGuid {}| {
            let guid = config.guid;
            Ok(Guid { guid })
        })),
        GetChannelAuthenticationCapabilities::COMMAND => {
            Some(with(request, |asked| capabilities(config, &asked)))
        }
        GetChannelCipherSuites::COMMAND => {
            Some(with(request, |asked| cipher_suites(config, &asked)))
        }
        _ => None,
    }
}

fn capabilities(
    config: &Config,
    asked: &GetChannelAuthenticationCapabilities,
) -> Result<ChannelAuthenticationCapabilities, CompletionCode> {
    let is_known = is_lan(asked.channel);
    if !is_known || !(CALLBACK..=ADMINISTRATOR).contains(&(asked.privilege & 0x0f)) {
        return Err(CompletionCode::INVALID_FIELD);
    }
    // Without bit 7 only IPMI 1.5 is asked about.
    let extended = asked.channel & EXTENDED;
    let md5 = u8::from(config.allow_ipmi_1_5) << 2;
    let has_null_user = config.users.iter().any(|user| user.name.is_empty());
    let has_others = config.users.iter().any(|user| !user.name.is_empty());
    let kg = u8::from(config.kg.is_some()) << 5;
    Ok(ChannelAuthenticationCapabilities {
        channel: LAN,
        types: extended | md5,
        status: kg | u8::from(has_others) << 2 | u8::from(has_null_user) << 1,
        extended: match extended {
            0 => 0,
            _ => 1 << 1 | u8::from(config.allow_ipmi_1_5),
        },
        oem: U24::new(0),
        oem_auxiliary: 0,
    })
}

/// Source: IPMI v2.0 Tables 22-17, 22-18.
fn cipher_suites(
    config: &Config,
    asked: &GetChannelCipherSuites,
) -> Result<ChannelCipherSuites, CompletionCode> {
    const BLOCK: usize = 16;
    let has_suites = matches!(asked.payload_type, payload::MESSAGE | payload::SOL);
    if !matches!(asked.channel, LAN | THIS_CHANNEL) || !has_suites {
        return Err(CompletionCode::INVALID_FIELD);
    }
    let mut records = Vec::new();
    for suite in &config.suites {
        let [authentication, integrity, confidentiality] = suite.algorithms();
        if asked.list_index & 0x80 != 0 {
            records.extend([0xc0, suite.id()]);
        }
        records.extend([authentication, 0x40 | integrity, 0x80 | confidentiality]);
    }
    let from = usize::from(asked.list_index & 0x3f) * BLOCK;
    let block = records.into_iter().skip(from).take(BLOCK);
    let (channel, records) = (LAN, block.collect());
    Ok(ChannelCipherSuites { channel, records })
}

impl Server {
    /// What only somebody with a session may ask; `None` when this is something else.
    pub(super) fn inside(&mut self, session: u32, request: &Request) -> Option<Reply> {
        if GetIpStatistics::is(request) {
            return Some(with(request, |asked| self.statistics.told(&asked)));
        }
        if request.net_fn == NetFn::TRANSPORT {
            return payloads::sol_configuration(&self.config, request);
        }
        if request.net_fn != NetFn::APP {
            return None;
        }
        Some(match request.command {
            SetSessionPrivilegeLevel::COMMAND => {
                with(request, |asked| self.set_privilege(session, &asked))
            }
            GetSessionInfo::COMMAND => with(request, |asked| self.session_info(session, &asked)),
            GetChannelAccess::COMMAND => with(request, |asked| channel_access(&asked)),
            GetChannelInfo::COMMAND => with(request, |asked| self.channel_info(&asked)),
            _ => {
                let users = self.about_users(request);
                return users.or_else(|| self.about_payloads(session, request));
            }
        })
    }

    fn set_privilege(
        &mut self,
        session: u32,
        asked: &SetSessionPrivilegeLevel,
    ) -> Result<SessionPrivilegeLevel, CompletionCode> {
        let session = self.sessions.get_mut(&session);
        let session = session.ok_or(CompletionCode::UNSPECIFIED)?;
        match asked.level {
            0 => (),
            level @ USER..=ADMINISTRATOR if level <= session.limit => session.privilege = level,
            USER..=ADMINISTRATOR => return Err(ABOVE_LIMIT),
            _ => return Err(CompletionCode::INVALID_FIELD),
        }
        let level = session.privilege;
        Ok(SessionPrivilegeLevel { level })
    }

    /// The session that Close Session means, for somebody who has `session`.
    pub(super) fn closed_by(&self, session: u32, data: &[u8]) -> Result<u32, CompletionCode> {
        let mut reader = Reader::new(data);
        let asked = CloseSession::read(&mut reader);
        let asked = asked.ok().filter(|_| reader.is_empty());
        let id = match asked.ok_or(CompletionCode::LENGTH_INVALID)? {
            CloseSession {
                session: 0,
                handle: Some(handle),
            } => self.by_handle(handle).map_or(0, |(id, _)| id),
            CloseSession {
                handle: Some(_), ..
            } => return Err(CompletionCode::LENGTH_INVALID),
            CloseSession { session, .. } => session,
        };
        let (Some(own), Some(_)) = (self.sessions.get(&session), self.sessions.get(&id)) else {
            return Err(INVALID_SESSION);
        };
        if id != session && own.privilege < ADMINISTRATOR {
            return Err(CompletionCode::INSUFFICIENT_PRIVILEGE);
        }
        Ok(id)
    }

    fn by_handle(&self, handle: u8) -> Option<(u32, &Session)> {
        let mut sessions = self.sessions.iter();
        let found = sessions.find(|(_, one)| one.handle == handle);
        found.map(|(id, session)| (*id, session))
    }

    /// Choice: without the console's address, which only the shell knows.
    fn session_info(
        &self,
        session: u32,
        asked: &GetSessionInfo,
    ) -> Result<SessionInfo, CompletionCode> {
        let found = match (asked.index, asked.key.as_slice()) {
            (0x00, []) => self.sessions.get(&session),
            (0xfe, [handle]) => self.by_handle(*handle).map(|(_, session)| session),
            (0xff, [a, b, c, d]) => self.sessions.get(&u32::from_le_bytes([*a, *b, *c, *d])),
            (index @ 0x01..=0xfd, []) => self.sessions.values().nth(usize::from(index) - 1),
            _ => return Err(CompletionCode::LENGTH_INVALID),
        };
        const RMCP_PLUS: u8 = 0x10;
        let protocol = found.map(|found| match found.channel.protection {
            Protection::Suite { .. } => RMCP_PLUS,
            Protection::Md5 => 0,
        });
        Ok(SessionInfo {
            handle: found.map_or(0, |found| found.handle),
            // The fields are six bits wide.
            possible: self.config.sessions_max.min(0x3f),
            active: self.sessions.len().min(0x3f) as u8,
            user: found.map(|found| USER_ID_FIRST + found.user as u8),
            privilege: found.map(|found| found.privilege),
            channel: protocol.map(|protocol| protocol | LAN),
            medium: Vec::new(),
        })
    }

    fn channel_info(&self, asked: &GetChannelInfo) -> Result<ChannelInfo, CompletionCode> {
        const IPMB_PROTOCOL: u8 = 0x01;
        const MEDIUM_IPMB: u8 = 0x01;
        const MEDIUM_LAN: u8 = 0x04;
        const MULTI_SESSION: u8 = 0x80;
        /// Enterprise number of the IPMI forum.
        const IPMI_FORUM: u32 = 7154;
        let (channel, medium, sessions) = match asked.channel {
            IPMB_0 => (IPMB_0, MEDIUM_IPMB, 0),
            LAN | THIS_CHANNEL => {
                let active = self.sessions.len().min(0x3f) as u8;
                (LAN, MEDIUM_LAN, MULTI_SESSION | active)
            }
            _ => return Err(CompletionCode::INVALID_FIELD),
        };
        Ok(ChannelInfo {
            channel,
            medium,
            protocol: IPMB_PROTOCOL,
            sessions,
            vendor: U24::new(IPMI_FORUM),
            auxiliary: [0; 2],
        })
    }
}

/// Source: IPMI v2.0 Table 22-29.
fn channel_access(asked: &GetChannelAccess) -> Result<ChannelAccess, CompletionCode> {
    const ALERTS_OFF: u8 = 0x20;
    const ALWAYS_AVAILABLE: u8 = 0x02;
    // The settings that survive a restart, and those now active, are the same.
    match (asked.channel, asked.which) {
        (LAN | THIS_CHANNEL, 0x40 | 0x80) => Ok(ChannelAccess {
            access: ALERTS_OFF | ALWAYS_AVAILABLE,
            privilege: ADMINISTRATOR,
        }),
        (IPMB_0, 0x40 | 0x80) => Err(NOT_FOR_CHANNEL),
        _ => Err(CompletionCode::INVALID_FIELD),
    }
}

//! Commands about the session, the channel and the line.
//!
//! Source: IPMI v2.0 §20.8, §22.3–§22.6, §22.13–§22.29, §25.1, §25.2.

use super::{Access, Mode, Server, Session, Settings, Turn};
use crate::lan::commands::THIS_CHANNEL;
use crate::server::bridge::IPMB_0;
pub(super) use crate::server::commands::Reply;
use crate::server::commands::{ABOVE_LIMIT, INVALID_SESSION, USER_ID_FIRST, with};
use crate::server::privilege::{ADMINISTRATOR, CALLBACK, USER};
use alloc::vec::Vec;
use ipmi::command::app::{
    ClearMessageFlags, GetMessage, GetMessageFlags, GetSystemGuid, Guid, MessageFlags,
    QueuedMessage, flags,
};
use ipmi::command::session::{
    ActivateSession, ChannelAuthenticationCapabilities, ChannelInfo, CloseSession,
    GetChannelAuthenticationCapabilities, GetChannelInfo, GetSessionChallenge, GetSessionInfo,
    SessionInfo, SessionPrivilegeLevel, SetSessionPrivilegeLevel,
};
use ipmi::command::transport::{GetSerialConfiguration, SerialParameter, SetSerialConfiguration};
use ipmi::command::{Command, Empty, PARAMETER_REVISION, Parameters, parameter_code};
use ipmi::message::{CompletionCode, NetFn, Request};
use ipmi::wire::U24;

/// Number of the serial channel. Choice: the one behind the LAN channel.
pub(super) const SERIAL: u8 = 0x02;
/// Bits 7–6 of the channel of Send Message: no tracking. Source: IPMI v2.0 Table 22-8.
pub(super) const SEND_MESSAGE_UNTRACKED: u8 = 0;
/// Get Message: nothing is in the queue. Source: IPMI v2.0 Table 22-7.
const QUEUE_EMPTY: CompletionCode = CompletionCode(0x80);

/// Whether a channel number is that of the line. Only its low four bits are the number.
fn is_serial(channel: u8) -> bool {
    matches!(channel & 0x0f, SERIAL | THIS_CHANNEL)
}

impl Server {
    /// What anybody may ask, with a session or without; `None` when this is something else.
    pub(super) fn outside(
        &mut self,
        turn: &mut Turn<'_>,
        (frame, request): (&[u8], &Request),
    ) -> Option<Reply> {
        let is_app = request.net_fn == NetFn::APP;
        if ActivateSession::is(request) && self.asks_for_login() {
            return Some(self.activate(turn, (frame, request)));
        }
        self.activation_is_over();
        match request.command {
            _ if !is_app => None,
            GetSystemGuid::COMMAND => Some(with(request, |GetSystemGuid {}| {
                let guid = self.config.guid;
                Ok(Guid { guid })
            })),
            GetChannelAuthenticationCapabilities::COMMAND => {
                Some(with(request, |asked| self.capabilities(&asked)))
            }
            GetSessionChallenge::COMMAND if self.asks_for_login() => {
                Some(with(request, |asked| self.challenge(turn.now, &asked)))
            }
            GetSessionChallenge::COMMAND | ActivateSession::COMMAND => {
                Some(Err(CompletionCode::INVALID_COMMAND))
            }
            _ => None,
        }
    }

    fn asks_for_login(&self) -> bool {
        matches!(self.config.access, Access::Login(_))
    }

    fn capabilities(
        &self,
        asked: &GetChannelAuthenticationCapabilities,
    ) -> Result<ChannelAuthenticationCapabilities, CompletionCode> {
        const NONE: u8 = 1 << 0;
        const MD5: u8 = 1 << 2;
        /// Messages have no authentication code.
        const NOT_PER_MESSAGE: u8 = 1 << 4;
        let levels = CALLBACK..=ADMINISTRATOR;
        if !is_serial(asked.channel) || !levels.contains(&(asked.privilege & 0x0f)) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let users = self.config.users();
        let has_null_user = users.iter().any(|user| user.name.is_empty());
        let has_others = users.iter().any(|user| !user.name.is_empty());
        Ok(ChannelAuthenticationCapabilities {
            channel: SERIAL,
            types: match self.asks_for_login() {
                true => MD5,
                false => NONE,
            },
            status: NOT_PER_MESSAGE | u8::from(has_others) << 2 | u8::from(has_null_user) << 1,
            extended: 0,
            oem: U24::new(0),
            oem_auxiliary: 0,
        })
    }

    /// What only somebody with a session may ask; `None` when this is something else.
    pub(super) fn inside(&mut self, turn: &mut Turn<'_>, request: &Request) -> Option<Reply> {
        Some(match (request.net_fn, request.command) {
            (NetFn::APP, SetSessionPrivilegeLevel::COMMAND) => {
                with(request, |asked| self.set_privilege(&asked))
            }
            (NetFn::APP, CloseSession::COMMAND) => {
                with(request, |asked| self.close_session(turn, &asked))
            }
            (NetFn::APP, GetSessionInfo::COMMAND) => {
                with(request, |asked| self.session_info(&asked))
            }
            (NetFn::APP, GetChannelInfo::COMMAND) => {
                with(request, |asked| self.channel_info(&asked))
            }
            (NetFn::APP, GetMessageFlags::COMMAND) => with(request, |GetMessageFlags {}| {
                let flags = match self.queue.is_empty() {
                    true => 0,
                    false => flags::RECEIVE_MESSAGE,
                };
                Ok(MessageFlags { flags })
            }),
            (NetFn::APP, ClearMessageFlags::COMMAND) => {
                with(request, |asked| Ok(self.clear_flags(&asked)))
            }
            (NetFn::APP, GetMessage::COMMAND) => with(request, |GetMessage {}| self.get_message()),
            (NetFn::TRANSPORT, GetSerialConfiguration::COMMAND) => {
                with(request, |asked| self.configuration(&asked))
            }
            (NetFn::TRANSPORT, SetSerialConfiguration::COMMAND) => {
                with(request, |asked| self.configure(&asked))
            }
            _ => return None,
        })
    }

    fn set_privilege(
        &mut self,
        asked: &SetSessionPrivilegeLevel,
    ) -> Result<SessionPrivilegeLevel, CompletionCode> {
        let session = self.session.as_mut();
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

    fn close_session(
        &mut self,
        turn: &mut Turn<'_>,
        asked: &CloseSession,
    ) -> Result<Empty, CompletionCode> {
        if asked.handle.is_some() {
            return Err(CompletionCode::LENGTH_INVALID);
        }
        let is_own = |session: &Session| session.user.is_some() && session.id == asked.session;
        if !self.session.as_ref().is_some_and(is_own) {
            return Err(INVALID_SESSION);
        }
        self.close(turn);
        Ok(Empty {})
    }

    /// The only session has the handle 1.
    fn session_info(&self, asked: &GetSessionInfo) -> Result<SessionInfo, CompletionCode> {
        const HANDLE: u8 = 1;
        let session = self.session.as_ref();
        let session = session.and_then(|session| Some((session, session.user?)));
        let found = match (asked.index, asked.key.as_slice()) {
            (0x00 | 0x01, []) | (0xfe, [HANDLE]) => session,
            (0xff, [a, b, c, d]) => {
                let id = u32::from_le_bytes([*a, *b, *c, *d]);
                session.filter(|(session, _)| session.id == id)
            }
            (0x02..=0xfd, []) | (0xfe, [_]) => None,
            _ => return Err(CompletionCode::LENGTH_INVALID),
        };
        Ok(SessionInfo {
            handle: found.map_or(0, |_| HANDLE),
            possible: 1,
            active: u8::from(session.is_some()),
            user: found.map(|(_, user)| USER_ID_FIRST.saturating_add(user as u8)),
            privilege: found.map(|(session, _)| session.privilege),
            channel: found.map(|_| SERIAL),
            medium: Vec::new(),
        })
    }

    fn channel_info(&self, asked: &GetChannelInfo) -> Result<ChannelInfo, CompletionCode> {
        const IPMB_PROTOCOL: u8 = 0x01;
        const TERMINAL_PROTOCOL: u8 = 0x09;
        const MEDIUM_IPMB: u8 = 0x01;
        const MEDIUM_SERIAL: u8 = 0x05;
        const SINGLE_SESSION: u8 = 0x40;
        /// Enterprise number of the IPMI forum.
        const IPMI_FORUM: u32 = 7154;
        let (channel, medium, protocol, sessions) = match asked.channel {
            IPMB_0 => (IPMB_0, MEDIUM_IPMB, IPMB_PROTOCOL, 0),
            SERIAL | THIS_CHANNEL => {
                let protocol = match self.config.mode {
                    Mode::Basic => IPMB_PROTOCOL,
                    Mode::Terminal => TERMINAL_PROTOCOL,
                };
                let sessions = match self.asks_for_login() {
                    true => SINGLE_SESSION | u8::from(self.has_session()),
                    false => 0,
                };
                (SERIAL, MEDIUM_SERIAL, protocol, sessions)
            }
            _ => return Err(CompletionCode::INVALID_FIELD),
        };
        Ok(ChannelInfo {
            channel,
            medium,
            protocol,
            sessions,
            vendor: U24::new(IPMI_FORUM),
            auxiliary: [0; 2],
        })
    }

    fn clear_flags(&mut self, asked: &ClearMessageFlags) -> Empty {
        if asked.flags & flags::RECEIVE_MESSAGE != 0 {
            self.queue.clear();
        }
        Empty {}
    }

    fn get_message(&mut self) -> Result<QueuedMessage, CompletionCode> {
        Ok(QueuedMessage {
            channel: IPMB_0,
            message: self.queue.pop_front().ok_or(QUEUE_EMPTY)?,
        })
    }

    /// The terminal mode configuration, which alone can be changed.
    fn configuration(&self, asked: &GetSerialConfiguration) -> Result<Parameters, CompletionCode> {
        /// Only the revision is wanted.
        const REVISION_ONLY: u8 = 0x80;
        if !is_serial(asked.channel) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let parameter = SerialParameter::TerminalMode(self.settings.bytes());
        if asked.parameter != parameter.selector() {
            return Err(parameter_code::NOT_SUPPORTED);
        }
        Ok(Parameters {
            revision: PARAMETER_REVISION,
            data: match asked.channel & REVISION_ONLY {
                0 => parameter.data(),
                _ => Vec::new(),
            },
        })
    }

    fn configure(&mut self, asked: &SetSerialConfiguration) -> Result<Empty, CompletionCode> {
        if !is_serial(asked.channel) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let SerialParameter::TerminalMode(bytes) = asked.parameter else {
            return Err(parameter_code::NOT_SUPPORTED);
        };
        let settings = Settings::from_bytes(bytes).ok_or(CompletionCode::INVALID_FIELD)?;
        self.set(settings);
        Ok(Empty {})
    }

    /// Until the next start. Choice: what stays is in the configuration of whoever serves the line.
    pub(super) fn set(&mut self, settings: Settings) {
        self.settings = settings;
        if let super::Line::Terminal(editor) = &mut self.line {
            editor.set(settings);
        }
    }
}

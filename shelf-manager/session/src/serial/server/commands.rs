//! Commands about the session, the channel and the line.
//!
//! Source: IPMI v2.0 §20.8, §22.3–§22.6, §22.13–§22.29, §25.1, §25.2.

use super::{Access, Mode, Server, Session, Settings, Turn};
use crate::lan::commands::{
    ACTIVATE_SESSION, AUTHENTICATION_CAPABILITIES, CLOSE_SESSION, SESSION_CHALLENGE, SET_PRIVILEGE,
    THIS_CHANNEL,
};
use crate::server::bridge::IPMB_0;
use crate::server::privilege::{ADMINISTRATOR, CALLBACK, USER};
use alloc::vec;
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::app::{ClearMessageFlags, GetMessage, GetMessageFlags, GetSystemGuid, flags};
use ipmi::message::{CompletionCode, NetFn, Request};

/// Number of the serial channel. Choice: the one behind the LAN channel.
pub(super) const SERIAL: u8 = 0x02;
/// Bits 7–6 of the channel of Send Message: no tracking. Source: IPMI v2.0 Table 22-8.
pub(super) const SEND_MESSAGE_UNTRACKED: u8 = 0;

const GET_SESSION_INFO: u8 = 0x3d;
const GET_CHANNEL_INFO: u8 = 0x42;
const SET_SERIAL_CONFIGURATION: u8 = 0x10;
const GET_SERIAL_CONFIGURATION: u8 = 0x11;
/// Terminal mode configuration. Source: IPMI v2.0 Table 25-4.
const TERMINAL_MODE: u8 = 29;

/// Parameter not supported. Source: IPMI v2.0 Tables 25-2, 25-3.
const NO_SUCH_PARAMETER: CompletionCode = CompletionCode(0x80);
/// The level exceeds the limit of channel or user. Source: IPMI v2.0 Table 22-23.
const ABOVE_LIMIT: CompletionCode = CompletionCode(0x81);
/// Invalid session id. Source: IPMI v2.0 Table 22-24.
const INVALID_SESSION: CompletionCode = CompletionCode(0x87);
/// Get Message: nothing is in the queue. Source: IPMI v2.0 Table 22-7.
const QUEUE_EMPTY: CompletionCode = CompletionCode(0x80);
/// User id of the first configured user. Source: IPMI v2.0 §6.9.1.
const USER_ID_FIRST: u8 = 2;

/// Data of a response, or the completion code that refuses.
pub(super) type Reply = Result<Vec<u8>, CompletionCode>;

pub(super) const WRONG_LENGTH: Reply = Err(CompletionCode::LENGTH_INVALID);
pub(super) const INVALID_FIELD: Reply = Err(CompletionCode::INVALID_FIELD);

impl Server {
    /// What anybody may ask, with a session or without; `None` when this is something else.
    pub(super) fn outside(
        &mut self,
        turn: &mut Turn<'_>,
        (frame, request): (&[u8], &Request),
    ) -> Option<Reply> {
        let is_app = request.net_fn == NetFn::APP;
        if is_app && request.command == ACTIVATE_SESSION && self.asks_for_login() {
            return Some(self.activate(turn, frame, &request.data));
        }
        self.activation_is_over();
        let data = request.data.as_slice();
        match request.command {
            _ if !is_app => None,
            GetSystemGuid::COMMAND => Some(match data {
                [] => Ok(self.config.guid.to_vec()),
                _ => WRONG_LENGTH,
            }),
            AUTHENTICATION_CAPABILITIES => Some(self.capabilities(data)),
            SESSION_CHALLENGE if self.asks_for_login() => Some(self.challenge(turn.now, data)),
            SESSION_CHALLENGE | ACTIVATE_SESSION => Some(Err(CompletionCode::INVALID_COMMAND)),
            _ => None,
        }
    }

    fn asks_for_login(&self) -> bool {
        matches!(self.config.access, Access::Login(_))
    }

    /// Source: IPMI v2.0 Table 22-15.
    fn capabilities(&self, data: &[u8]) -> Reply {
        const NONE: u8 = 1 << 0;
        const MD5: u8 = 1 << 2;
        /// Messages have no authentication code.
        const NOT_PER_MESSAGE: u8 = 1 << 4;
        let [channel, privilege] = *data else {
            return WRONG_LENGTH;
        };
        let is_known = matches!(channel & 0x0f, SERIAL | THIS_CHANNEL);
        if !is_known || !(CALLBACK..=ADMINISTRATOR).contains(&(privilege & 0x0f)) {
            return INVALID_FIELD;
        }
        let types = match self.asks_for_login() {
            true => MD5,
            false => NONE,
        };
        let users = self.config.users();
        let has_null_user = users.iter().any(|user| user.name.is_empty());
        let has_others = users.iter().any(|user| !user.name.is_empty());
        let status = NOT_PER_MESSAGE | u8::from(has_others) << 2 | u8::from(has_null_user) << 1;
        Ok(vec![SERIAL, types, status, 0, 0, 0, 0, 0])
    }

    /// What only somebody with a session may ask; `None` when this is something else.
    pub(super) fn inside(&mut self, turn: &mut Turn<'_>, request: &Request) -> Option<Reply> {
        let data = request.data.as_slice();
        match (request.net_fn, request.command) {
            (NetFn::APP, SET_PRIVILEGE) => Some(self.set_privilege(data)),
            (NetFn::APP, CLOSE_SESSION) => Some(self.close_session(turn, data)),
            (NetFn::APP, GET_SESSION_INFO) => Some(self.session_info(data)),
            (NetFn::APP, GET_CHANNEL_INFO) => Some(self.channel_info(data)),
            (NetFn::APP, GetMessageFlags::COMMAND) => Some(Ok(vec![match self.queue.is_empty() {
                true => 0,
                false => flags::RECEIVE_MESSAGE,
            }])),
            (NetFn::APP, ClearMessageFlags::COMMAND) => Some(self.clear_flags(data)),
            (NetFn::APP, GetMessage::COMMAND) => Some(self.get_message()),
            (NetFn::TRANSPORT, GET_SERIAL_CONFIGURATION) => Some(self.configuration(data)),
            (NetFn::TRANSPORT, SET_SERIAL_CONFIGURATION) => Some(self.configure(data)),
            _ => None,
        }
    }

    fn set_privilege(&mut self, data: &[u8]) -> Reply {
        let [level] = *data else {
            return WRONG_LENGTH;
        };
        let session = self.session.as_mut();
        let session = session.ok_or(CompletionCode::UNSPECIFIED)?;
        match level {
            0 => (),
            USER..=ADMINISTRATOR if level <= session.limit => session.privilege = level,
            USER..=ADMINISTRATOR => return Err(ABOVE_LIMIT),
            _ => return INVALID_FIELD,
        }
        Ok(vec![session.privilege])
    }

    fn close_session(&mut self, turn: &mut Turn<'_>, data: &[u8]) -> Reply {
        let [a, b, c, d] = *data else {
            return WRONG_LENGTH;
        };
        let id = u32::from_le_bytes([a, b, c, d]);
        let is_own = |session: &Session| session.user.is_some() && session.id == id;
        if !self.session.as_ref().is_some_and(is_own) {
            return Err(INVALID_SESSION);
        }
        self.close(turn);
        Ok(Vec::new())
    }

    /// Source: IPMI v2.0 Table 22-25. The only session has the handle 1.
    fn session_info(&self, data: &[u8]) -> Reply {
        const HANDLE: u8 = 1;
        let session = self.session.as_ref();
        let session = session.and_then(|session| Some((session, session.user?)));
        let found = match *data {
            [0x00 | 0x01] | [0xfe, HANDLE] => session,
            [0xff, a, b, c, d] => {
                let id = u32::from_le_bytes([a, b, c, d]);
                session.filter(|(session, _)| session.id == id)
            }
            [0x02..=0xfd] | [0xfe, _] => None,
            _ => return WRONG_LENGTH,
        };
        let active = u8::from(session.is_some());
        Ok(match found {
            Some((session, user)) => {
                let user = USER_ID_FIRST.saturating_add(user as u8);
                vec![HANDLE, 1, active, user, session.privilege, SERIAL]
            }
            None => vec![0, 1, active],
        })
    }

    /// Source: IPMI v2.0 Table 22-30.
    fn channel_info(&self, data: &[u8]) -> Reply {
        const IPMB_PROTOCOL: u8 = 0x01;
        const TERMINAL_PROTOCOL: u8 = 0x09;
        const MEDIUM_IPMB: u8 = 0x01;
        const MEDIUM_SERIAL: u8 = 0x05;
        const SINGLE_SESSION: u8 = 0x40;
        let [channel] = *data else {
            return WRONG_LENGTH;
        };
        let front = match channel {
            IPMB_0 => [IPMB_0, MEDIUM_IPMB, IPMB_PROTOCOL, 0],
            SERIAL | THIS_CHANNEL => {
                let protocol = match self.config.mode {
                    Mode::Basic => IPMB_PROTOCOL,
                    Mode::Terminal => TERMINAL_PROTOCOL,
                };
                let sessions = match self.asks_for_login() {
                    true => SINGLE_SESSION | u8::from(self.has_session()),
                    false => 0,
                };
                [SERIAL, MEDIUM_SERIAL, protocol, sessions]
            }
            _ => return INVALID_FIELD,
        };
        // The protocol's vendor is the IPMI forum, enterprise number 7154.
        Ok([&front[..], &[0xf2, 0x1b, 0, 0, 0]].concat())
    }

    fn clear_flags(&mut self, data: &[u8]) -> Reply {
        let [cleared] = *data else {
            return WRONG_LENGTH;
        };
        if cleared & flags::RECEIVE_MESSAGE != 0 {
            self.queue.clear();
        }
        Ok(Vec::new())
    }

    fn get_message(&mut self) -> Reply {
        let message = self.queue.pop_front().ok_or(QUEUE_EMPTY)?;
        Ok([&[IPMB_0], &message[..]].concat())
    }

    /// Get Serial/Modem Configuration: the terminal mode configuration, which alone can be changed.
    fn configuration(&self, data: &[u8]) -> Reply {
        const REVISION: u8 = 0x11;
        let [channel, parameter, _set, _block] = *data else {
            return WRONG_LENGTH;
        };
        if !matches!(channel & 0x0f, SERIAL | THIS_CHANNEL) {
            return INVALID_FIELD;
        }
        if parameter != TERMINAL_MODE {
            return Err(NO_SUCH_PARAMETER);
        }
        let revision_only = channel & 0x80 != 0;
        let bytes = self.settings.bytes();
        let value = if revision_only { &[][..] } else { &bytes };
        Ok([&[REVISION], value].concat())
    }

    fn configure(&mut self, data: &[u8]) -> Reply {
        let [channel, parameter, value @ ..] = data else {
            return WRONG_LENGTH;
        };
        if !matches!(channel & 0x0f, SERIAL | THIS_CHANNEL) {
            return INVALID_FIELD;
        }
        if *parameter != TERMINAL_MODE {
            return Err(NO_SUCH_PARAMETER);
        }
        let Ok(bytes) = <[u8; 2]>::try_from(value) else {
            return WRONG_LENGTH;
        };
        let settings = Settings::from_bytes(bytes).ok_or(CompletionCode::INVALID_FIELD)?;
        self.set(settings);
        Ok(Vec::new())
    }

    /// Until the next start. Choice: what stays is in the configuration of whoever serves the line.
    pub(super) fn set(&mut self, settings: Settings) {
        self.settings = settings;
        if let super::Line::Terminal(editor) = &mut self.line {
            editor.set(settings);
        }
    }
}

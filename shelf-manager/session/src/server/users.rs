//! Commands about users, and about what channels let in.
//!
//! Choice: users, their passwords and the channel's keys come from the configuration, which an
//! operator of the host changes. What would change them over the network is refused as disabled;
//! asking is answered, and so is the test of a password.
//!
//! Source: IPMI v2.0 §22.22–§22.30, §24.6, §24.7.

use super::commands::{Reply, USER_ID_FIRST, is_lan, with};
use super::{Server, User};
use crate::crypto::same;
use crate::lan::PASSWORD_LEN_MAX;
use crate::rakp::USER_LEN_MAX;
use alloc::vec::Vec;
use ipmi::command::session::privilege::{CALLBACK, NO_ACCESS, OEM};
use ipmi::command::session::{ChannelSecurityKeys, SetChannelAccess, SetChannelSecurityKeys};
use ipmi::command::user::{
    GetUserAccess, GetUserName, GetUserPayloadAccess, SetUserAccess, SetUserName, SetUserPassword,
    SetUserPayloadAccess, UserAccess, UserName, UserPayloads, password,
};
use ipmi::command::{Command, Empty};
use ipmi::message::{CompletionCode, Request};

/// Disabled by the configuration. Source: IPMI v2.0 Table 5-2.
const DISABLED: CompletionCode = CompletionCode::SUB_FUNCTION_DISABLED;
/// The password is another one. Source: IPMI v2.0 Table 22-36.
const OTHER_PASSWORD: CompletionCode = CompletionCode(0x80);
/// The password was set with the other size. Source: IPMI v2.0 Table 22-36.
const OTHER_SIZE: CompletionCode = CompletionCode(0x81);

/// Completion codes of Set Channel Security Keys. Source: IPMI v2.0 Table 22-46.
mod key_code {
    use ipmi::message::CompletionCode;

    /// The key is locked.
    pub(super) const LOCKED: CompletionCode = CompletionCode(0x80);
    /// Too few bytes of the key.
    pub(super) const TOO_SHORT: CompletionCode = CompletionCode(0x81);
    /// Too many bytes of the key.
    pub(super) const TOO_LONG: CompletionCode = CompletionCode(0x82);
    /// The key K_R is not used.
    pub(super) const NOT_USED: CompletionCode = CompletionCode(0x84);
}

/// Bytes of the short form of a password. Source: IPMI v2.0 Table 22-36.
const SHORT_PASSWORD: usize = 16;
/// Bytes of a channel key. Source: IPMI v2.0 Table 22-46.
const KEY_LEN: usize = 20;
/// A user id, in a byte that also says something else.
const USER_ID: u8 = 0x3f;

impl Server {
    /// Answers; `None` when there is no such command here.
    pub(super) fn about_users(&self, request: &Request) -> Option<Reply> {
        Some(match request.command {
            SetChannelAccess::COMMAND => with(request, set_channel_access),
            SetUserAccess::COMMAND => with(request, |asked| self.set_user_access(&asked)),
            GetUserAccess::COMMAND => with(request, |asked| self.user_access(&asked)),
            SetUserName::COMMAND => with(request, |asked| self.set_user_name(&asked)),
            GetUserName::COMMAND => with(request, |asked| self.user_name(&asked)),
            SetUserPassword::COMMAND => with(request, |asked| self.password(&asked)),
            SetUserPayloadAccess::COMMAND => with(request, |asked| self.set_payload_access(&asked)),
            GetUserPayloadAccess::COMMAND => with(request, |asked| self.payload_access(&asked)),
            SetChannelSecurityKeys::COMMAND => with(request, |asked| self.channel_keys(&asked)),
            _ => return None,
        })
    }

    /// The user with that id: none where there is nobody behind an id that there is.
    fn user(&self, id: u8) -> Result<Option<&User>, CompletionCode> {
        let index = match id & USER_ID {
            0 => return Err(CompletionCode::INVALID_FIELD),
            id => id.checked_sub(USER_ID_FIRST).map(usize::from),
        };
        let Some(index) = index else {
            return Ok(None);
        };
        let user = self.config.users.get(index);
        user.map(Some).ok_or(CompletionCode::INVALID_FIELD)
    }

    fn set_user_access(&self, asked: &SetUserAccess) -> Result<Empty, CompletionCode> {
        let is_level = matches!(asked.privilege & 0x0f, CALLBACK..=OEM | NO_ACCESS);
        if !is_lan(asked.channel) || !is_level {
            return Err(CompletionCode::INVALID_FIELD);
        }
        self.user(asked.user)?;
        Err(DISABLED)
    }

    fn user_access(&self, asked: &GetUserAccess) -> Result<UserAccess, CompletionCode> {
        const ENABLED: u8 = 1 << 6;
        const NOT_ENABLED: u8 = 2 << 6;
        const MESSAGING: u8 = 1 << 4;
        if !is_lan(asked.channel) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        // There are fewer users than ids.
        let count = self.config.users.len() as u8;
        let (enabled, access) = match self.user(asked.user)? {
            Some(user) => (ENABLED, MESSAGING | user.privilege),
            None => (NOT_ENABLED, NO_ACCESS),
        };
        Ok(UserAccess {
            users_max: count + USER_ID_FIRST - 1,
            enabled: enabled | count,
            fixed_names: count,
            access,
        })
    }

    fn set_user_name(&self, asked: &SetUserName) -> Result<Empty, CompletionCode> {
        self.user(asked.user)?;
        Err(DISABLED)
    }

    fn user_name(&self, asked: &GetUserName) -> Result<UserName, CompletionCode> {
        let user = self.user(asked.user)?;
        let mut name = [0; USER_LEN_MAX];
        let known = user.map_or(&[][..], |user| user.name.as_bytes());
        name.iter_mut()
            .zip(known)
            .for_each(|(to, from)| *to = *from);
        Ok(UserName { name })
    }

    fn password(&self, asked: &SetUserPassword) -> Result<Empty, CompletionCode> {
        const LONG: u8 = 0x80;
        let operation = asked.operation & 0x03;
        let given = asked.password.as_slice();
        let len = match asked.user & LONG {
            0 => SHORT_PASSWORD,
            _ => PASSWORD_LEN_MAX,
        };
        let may_be_absent = operation < password::SET && given.is_empty();
        if given.len() != len && !may_be_absent {
            return Err(CompletionCode::LENGTH_INVALID);
        }
        let user = self.user(asked.user)?;
        if operation != password::TEST {
            return Err(DISABLED);
        }
        let mut known = user.map_or_else(Vec::new, |user| user.password.0.clone());
        if known.len() > len {
            return Err(OTHER_SIZE);
        }
        known.resize(len, 0);
        match user.is_some() && same(&known, given) {
            true => Ok(Empty {}),
            false => Err(OTHER_PASSWORD),
        }
    }

    fn set_payload_access(&self, asked: &SetUserPayloadAccess) -> Result<Empty, CompletionCode> {
        if !is_lan(asked.channel) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        self.user(asked.user)?;
        Err(DISABLED)
    }

    fn payload_access(&self, asked: &GetUserPayloadAccess) -> Result<UserPayloads, CompletionCode> {
        const SOL: u8 = 1 << 1;
        if !is_lan(asked.channel) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        Ok(UserPayloads {
            standard: self.user(asked.user)?.map_or(0, |_| SOL),
            reserved: 0,
            oem: 0,
            reserved_oem: 0,
        })
    }

    /// Choice: a K_G that there is, is locked: nobody reads it.
    fn channel_keys(
        &self,
        asked: &SetChannelSecurityKeys,
    ) -> Result<ChannelSecurityKeys, CompletionCode> {
        const READ: u8 = 0;
        const SET: u8 = 1;
        const LOCK: u8 = 2;
        const K_R: u8 = 0;
        const K_G: u8 = 1;
        const NOT_LOCKABLE: u8 = 0;
        const LOCKED: u8 = 1;
        if !is_lan(asked.channel) {
            return Err(CompletionCode::INVALID_FIELD);
        }
        let told = |lock, key| {
            let lock = Some(lock);
            Ok(ChannelSecurityKeys { lock, key })
        };
        let has_key = self.config.kg.is_some();
        match (asked.operation & 0x03, asked.key_id) {
            (READ, K_G) if has_key => told(LOCKED, Vec::new()),
            // A key that is not there is read as zeros.
            (READ, K_R | K_G) => told(NOT_LOCKABLE, Vec::from([0; KEY_LEN])),
            (SET | LOCK, K_R) => Err(key_code::NOT_USED),
            (SET | LOCK, K_G) if has_key => Err(key_code::LOCKED),
            (SET, K_G) if asked.key.len() < KEY_LEN => Err(key_code::TOO_SHORT),
            (SET, K_G) if asked.key.len() > KEY_LEN => Err(key_code::TOO_LONG),
            (SET | LOCK, K_G) => Err(DISABLED),
            _ => Err(CompletionCode::INVALID_FIELD),
        }
    }
}

fn set_channel_access(asked: SetChannelAccess) -> Result<Empty, CompletionCode> {
    match is_lan(asked.channel) {
        true => Err(DISABLED),
        false => Err(CompletionCode::INVALID_FIELD),
    }
}

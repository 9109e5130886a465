//! Commands about users, and about what channels let in.
//!
//! Choice: users, their passwords and the channel's keys come from the configuration, which an
//! operator of the host changes. What would change them over the network is refused as disabled;
//! asking is answered, and so is the test of a password.
//!
//! Source: IPMI v2.0 §22.22–§22.32.

use super::commands::{INVALID_FIELD, LAN, Reply, USER_ID_FIRST, WRONG_LENGTH};
use super::{Server, User};
use crate::crypto::same;
use crate::lan::PASSWORD_LEN_MAX;
use crate::lan::commands::THIS_CHANNEL;
use crate::rakp::USER_LEN_MAX;
use alloc::vec;
use alloc::vec::Vec;
use ipmi::message::CompletionCode;

const SET_CHANNEL_ACCESS: u8 = 0x40;
const SET_USER_ACCESS: u8 = 0x43;
const GET_USER_ACCESS: u8 = 0x44;
const SET_USER_NAME: u8 = 0x45;
const GET_USER_NAME: u8 = 0x46;
const SET_USER_PASSWORD: u8 = 0x47;
const SET_USER_PAYLOAD_ACCESS: u8 = 0x4c;
const GET_USER_PAYLOAD_ACCESS: u8 = 0x4d;
const SET_CHANNEL_SECURITY_KEYS: u8 = 0x56;

/// Disabled by the configuration. Source: IPMI v2.0 Table 5-2.
pub(super) const DISABLED: Reply = Err(CompletionCode(0xd6));
/// The password is another one. Source: IPMI v2.0 Table 22-36.
const OTHER_PASSWORD: CompletionCode = CompletionCode(0x80);
/// The password was set with the other size. Source: IPMI v2.0 Table 22-36.
const OTHER_SIZE: CompletionCode = CompletionCode(0x81);
/// The key K_R is not used. Source: IPMI v2.0 Table 22-46.
const NOT_USED: CompletionCode = CompletionCode(0x84);
/// Bytes of the short form of a password. Source: IPMI v2.0 Table 22-36.
const SHORT_PASSWORD: usize = 16;
/// Bytes of a channel key. Source: IPMI v2.0 Table 22-46.
const KEY_LEN: usize = 20;

impl Server {
    /// Answers; `None` when there is no such command here.
    pub(super) fn about_users(&self, command: u8, data: &[u8]) -> Option<Reply> {
        Some(match command {
            SET_CHANNEL_ACCESS => set_channel_access(data),
            SET_USER_ACCESS => self.set_user_access(data),
            GET_USER_ACCESS => self.user_access(data),
            SET_USER_NAME => self.set_user_name(data),
            GET_USER_NAME => self.user_name(data),
            SET_USER_PASSWORD => self.password(data),
            SET_USER_PAYLOAD_ACCESS => self.set_payload_access(data),
            GET_USER_PAYLOAD_ACCESS => self.payload_access(data),
            SET_CHANNEL_SECURITY_KEYS => self.channel_keys(data),
            _ => return None,
        })
    }

    /// The user with that id: none where there is nobody behind an id that there is.
    fn user(&self, id: u8) -> Result<Option<&User>, CompletionCode> {
        let index = match id & 0x3f {
            0 => return Err(CompletionCode::INVALID_FIELD),
            id => id.checked_sub(USER_ID_FIRST).map(usize::from),
        };
        let Some(index) = index else {
            return Ok(None);
        };
        let user = self.config.users.get(index);
        user.map(Some).ok_or(CompletionCode::INVALID_FIELD)
    }

    /// Source: IPMI v2.0 Table 22-33.
    fn user_access(&self, data: &[u8]) -> Reply {
        const ENABLED: u8 = 0x40;
        const MESSAGING: u8 = 0x10;
        const NO_ACCESS: u8 = 0x0f;
        let [channel, id] = *data else {
            return WRONG_LENGTH;
        };
        let count = self.config.users.len() as u8;
        let id = id & 0x3f;
        if !matches!(channel, LAN | THIS_CHANNEL) || id == 0 || id > count + 1 {
            return INVALID_FIELD;
        }
        let user = id.checked_sub(USER_ID_FIRST).map(usize::from);
        let user = user.and_then(|index| self.config.users.get(index));
        let (enabled, access) = match user {
            Some(user) => (ENABLED, MESSAGING | user.privilege),
            None => (2 * ENABLED, NO_ACCESS),
        };
        Ok(vec![count + 1, enabled | count, count, access])
    }

    /// Source: IPMI v2.0 Table 22-35.
    fn user_name(&self, data: &[u8]) -> Reply {
        let [id] = *data else {
            return WRONG_LENGTH;
        };
        let mut name = match id.checked_sub(USER_ID_FIRST) {
            None if id == 1 => Vec::new(),
            None => return INVALID_FIELD,
            Some(index) => match self.config.users.get(usize::from(index)) {
                Some(user) => user.name.as_bytes().to_vec(),
                None => return INVALID_FIELD,
            },
        };
        name.resize(USER_LEN_MAX, 0);
        Ok(name)
    }
    /// Source: IPMI v2.0 Table 22-32.
    fn set_user_access(&self, data: &[u8]) -> Reply {
        let ([front, user, level] | [front, user, level, _]) = *data else {
            return WRONG_LENGTH;
        };
        let is_known = matches!(front & 0x0f, LAN | THIS_CHANNEL);
        if !is_known || !matches!(level & 0x0f, 1..=5 | 0x0f) {
            return INVALID_FIELD;
        }
        self.user(user)?;
        DISABLED
    }

    /// Source: IPMI v2.0 Table 22-34.
    fn set_user_name(&self, data: &[u8]) -> Reply {
        let Some((id, name)) = data.split_first() else {
            return WRONG_LENGTH;
        };
        if name.len() != USER_LEN_MAX {
            return WRONG_LENGTH;
        }
        self.user(*id)?;
        DISABLED
    }

    /// Set User Password. Source: IPMI v2.0 Table 22-36.
    fn password(&self, data: &[u8]) -> Reply {
        const LONG: u8 = 0x80;
        const SET: u8 = 2;
        const TEST: u8 = 3;
        let Some(([front, operation], given)) = data.split_first_chunk::<2>() else {
            return WRONG_LENGTH;
        };
        let operation = operation & 0x03;
        let len = match front & LONG {
            0 => SHORT_PASSWORD,
            _ => PASSWORD_LEN_MAX,
        };
        let may_be_absent = operation < SET && given.is_empty();
        if given.len() != len && !may_be_absent {
            return WRONG_LENGTH;
        }
        let user = self.user(*front)?;
        if operation != TEST {
            return DISABLED;
        }
        let mut known = user.map_or_else(Vec::new, |user| user.password.0.clone());
        if known.len() > len {
            return Err(OTHER_SIZE);
        }
        known.resize(len, 0);
        match user.is_some() && same(&known, given) {
            true => Ok(Vec::new()),
            false => Err(OTHER_PASSWORD),
        }
    }

    /// Source: IPMI v2.0 Table 24-8.
    fn set_payload_access(&self, data: &[u8]) -> Reply {
        let [channel, user, _, _, _, _] = *data else {
            return WRONG_LENGTH;
        };
        if !matches!(channel & 0x0f, LAN | THIS_CHANNEL) {
            return INVALID_FIELD;
        }
        self.user(user)?;
        DISABLED
    }

    /// Source: IPMI v2.0 Table 24-9.
    fn payload_access(&self, data: &[u8]) -> Reply {
        const SOL: u8 = 1 << 1;
        let [channel, user] = *data else {
            return WRONG_LENGTH;
        };
        if !matches!(channel & 0x0f, LAN | THIS_CHANNEL) {
            return INVALID_FIELD;
        }
        let may = self.user(user)?.is_some();
        Ok(vec![if may { SOL } else { 0 }, 0, 0, 0])
    }

    /// Set Channel Security Keys. Choice: a K_G that there is, is locked: nobody reads it.
    ///
    /// Source: IPMI v2.0 Table 22-46.
    fn channel_keys(&self, data: &[u8]) -> Reply {
        const READ: u8 = 0;
        const SET: u8 = 1;
        const LOCK: u8 = 2;
        const K_R: u8 = 0;
        const K_G: u8 = 1;
        const NOT_LOCKABLE: u8 = 0;
        const LOCKED: u8 = 1;
        let Some(([channel, operation, key], value)) = data.split_first_chunk::<3>() else {
            return WRONG_LENGTH;
        };
        if !matches!(channel & 0x0f, LAN | THIS_CHANNEL) {
            return INVALID_FIELD;
        }
        match (*operation & 0x03, *key) {
            (SET, _) if value.len() != KEY_LEN => WRONG_LENGTH,
            (READ, K_G) if self.config.kg.is_some() => Ok(vec![LOCKED]),
            // A key that is not there is read as zeros.
            (READ, K_R | K_G) => Ok([&[NOT_LOCKABLE][..], &[0; KEY_LEN]].concat()),
            (SET | LOCK, K_R) => Err(NOT_USED),
            (SET | LOCK, K_G) => DISABLED,
            _ => INVALID_FIELD,
        }
    }
}

/// Source: IPMI v2.0 Table 22-28.
fn set_channel_access(data: &[u8]) -> Reply {
    match *data {
        [LAN | THIS_CHANNEL, _, _] => DISABLED,
        [_, _, _] => INVALID_FIELD,
        _ => WRONG_LENGTH,
    }
}

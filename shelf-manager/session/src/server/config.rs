//! Whom to serve, and how.

use super::SESSIONS_MAX;
use super::commands::{USER_ID_FIRST, USER_ID_MAX};
use super::privilege::{ADMINISTRATOR, USER};
use crate::CipherSuite;
use crate::lan::{PASSWORD_LEN_MAX, Secret};
use crate::rakp::USER_LEN_MAX;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// The registered port of RMCP. Source: IPMI v2.0 §13.1.2.
const RMCP_PORT: u16 = 623;

/// Somebody who may open sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// User name, at most 16 bytes.
    pub name: String,
    /// Password, 1 to 20 bytes.
    pub password: Secret,
    /// Highest privilege level: 2 user, 3 operator, 4 administrator.
    pub privilege: u8,
}

impl User {
    /// A user with that name, password and highest privilege level.
    #[must_use]
    pub fn new(name: &str, password: &str, privilege: u8) -> Self {
        Self {
            name: name.into(),
            password: Secret(password.as_bytes().to_vec()),
            privilege,
        }
    }
}

/// Whom to serve, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Who may open sessions.
    pub users: Vec<User>,
    /// Cipher suites that are offered; suite 0 cannot be. Where a console leaves the choice to us,
    /// it gets the first one that fits.
    pub suites: Vec<CipherSuite>,
    /// Whether IPMI 1.5 sessions with MD5 are served, too: everybody can read their messages. Only
    /// the first 16 bytes of a password count there.
    pub allow_ipmi_1_5: bool,
    /// GUID of the managed system, in the order of the wire. Source: IPMI v2.0 §20.8.
    pub guid: [u8; 16],
    /// K_G, the key of the channel, 1 to 20 bytes: who opens a session must know it beside the
    /// password of a user. `None` where passwords are enough. Source: IPMI v2.0 §13.31.
    pub kg: Option<Secret>,
    /// The UDP port that consoles reach us at, for the answer to Activate Payload.
    pub port: u16,
    /// Most sessions at once, 1 to [`SESSIONS_MAX`].
    pub sessions_max: u8,
    /// After which silence a session ends. Source: IPMI v2.0 §6.12.15: 60 s, give or take 3.
    pub idle_timeout: Duration,
}

impl Config {
    /// Serves these users, with the suites 3 and 17.
    ///
    /// Choice: in this order, as the consoles that do not choose are those that know 3 only.
    #[must_use]
    pub fn new(users: Vec<User>) -> Self {
        Self {
            users,
            suites: Vec::from([CipherSuite::Sha1, CipherSuite::Sha256]),
            allow_ipmi_1_5: false,
            guid: [0; 16],
            kg: None,
            port: RMCP_PORT,
            sessions_max: SESSIONS_MAX as u8,
            idle_timeout: Duration::from_secs(60),
        }
    }
}

/// Why a configuration cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// A user name has more than 16 bytes.
    UserTooLong,
    /// Two users have the same name.
    UserTwice,
    /// More users than user ids.
    TooManyUsers,
    /// A password is empty: anybody would have it.
    NoPassword,
    /// A password has more bytes than the protocol can compare.
    PasswordTooLong,
    /// A privilege level that no user can have.
    BadPrivilege,
    /// K_G is empty, or has more bytes than the protocol has for it.
    BadChannelKey,
    /// No cipher suite is offered.
    NothingOffered,
    /// The number of sessions is 0 or above [`SESSIONS_MAX`].
    BadSessionLimit,
}

impl Config {
    /// What the integrity key of a session of this user is made from.
    pub(super) fn session_secret<'a>(&'a self, user: &'a User) -> &'a [u8] {
        self.kg.as_ref().map_or(&user.password.0, |kg| &kg.0)
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let users_max = usize::from(USER_ID_MAX - USER_ID_FIRST) + 1;
        if self.users.len() > users_max {
            return Err(ConfigError::TooManyUsers);
        }
        for (index, user) in self.users.iter().enumerate() {
            user.check()?;
            let mut before = self.users.iter().take(index);
            if before.any(|other| other.name == user.name) {
                return Err(ConfigError::UserTwice);
            }
        }
        let kg_len = self.kg.as_ref().map(|kg| kg.0.len());
        if kg_len.is_some_and(|len| !(1..=PASSWORD_LEN_MAX).contains(&len)) {
            return Err(ConfigError::BadChannelKey);
        }
        if self.suites.is_empty() {
            return Err(ConfigError::NothingOffered);
        }
        if !(1..=SESSIONS_MAX).contains(&usize::from(self.sessions_max)) {
            return Err(ConfigError::BadSessionLimit);
        }
        Ok(())
    }
}

impl User {
    fn check(&self) -> Result<(), ConfigError> {
        if self.name.len() > USER_LEN_MAX {
            return Err(ConfigError::UserTooLong);
        }
        match self.password.0.len() {
            0 => return Err(ConfigError::NoPassword),
            1..=PASSWORD_LEN_MAX => (),
            _ => return Err(ConfigError::PasswordTooLong),
        }
        match self.privilege {
            USER..=ADMINISTRATOR => Ok(()),
            _ => Err(ConfigError::BadPrivilege),
        }
    }
}

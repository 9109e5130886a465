//! Whom to serve on the line, and how.

use crate::serial::Mode;
use crate::serial::terminal::Settings;
use crate::server::privilege::{ADMINISTRATOR, USER};
use crate::server::{self, ConfigError, User};
use alloc::vec::Vec;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Who may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// Whoever is at the line, without login: the line itself is kept safe.
    Open {
        /// Privilege level at which everything is asked: 2 user, 3 operator, 4 administrator.
        privilege: u8,
    },
    /// Users who log in. Only the first 16 bytes of a password count in Basic Mode.
    Login(Vec<User>),
}

/// Whom to serve, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// How messages look on the line.
    pub mode: Mode,
    /// Who may ask.
    pub access: Access,
    /// GUID of the managed system, in the order of the wire. Source: IPMI v2.0 §20.8.
    pub guid: [u8; 16],
    /// After which silence a session ends.
    pub idle_timeout: Duration,
    /// Whether the handshake character follows each frame, in Basic Mode.
    pub handshake: bool,
    /// Terminal mode configuration.
    pub terminal: Settings,
}

impl Config {
    /// A line in that mode for these people, with handshake in Basic Mode.
    #[must_use]
    pub fn new(mode: Mode, access: Access) -> Self {
        Self {
            mode,
            access,
            guid: [0; 16],
            idle_timeout: Duration::from_secs(60),
            handshake: true,
            terminal: Settings::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match &self.access {
            Access::Open { privilege } => match *privilege {
                USER..=ADMINISTRATOR => Ok(()),
                _ => Err(ConfigError::BadPrivilege),
            },
            // The same users as in LAN sessions, with the same limits.
            Access::Login(users) => {
                let lan = server::Config::new(users.clone());
                server::Server::new(lan).map(|_| ())
            }
        }
    }

    pub(super) fn users(&self) -> &[User] {
        match &self.access {
            Access::Open { .. } => &[],
            Access::Login(users) => users,
        }
    }
}

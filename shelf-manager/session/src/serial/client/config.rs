//! What the line is like, and whom to be on it.

use crate::Timing;
use crate::lan::{ConfigError, Secret};
use crate::rakp::USER_LEN_MAX;
use crate::serial::Mode;
use alloc::string::String;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Longest password of a channel without session headers. Source: IPMI v2.0 §22.17.
const PASSWORD_LEN_MAX: usize = 16;
/// How requests reach other controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bridging {
    /// Send Message with tracking: the answer comes back on this line.
    Tracked,
    /// Send Message without tracking, then Get Message until the answer is there: for lines that
    /// are a system interface.
    Queued,
}

/// Whom to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// User name, at most 16 bytes.
    pub user: String,
    /// Password, at most 16 bytes.
    pub password: Secret,
    /// Privilege level to ask for: 2 user, 3 operator, 4 administrator.
    pub privilege: u8,
}

/// What the line is like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// How messages look on the line.
    pub mode: Mode,
    /// How requests reach other controllers.
    pub bridging: Bridging,
    /// Whom to be; `None` where the line asks for no login.
    ///
    /// Basic Mode proves the password with MD5; Terminal Mode sends it as it is.
    pub login: Option<Login>,
    /// Patience for each request.
    pub timing: Timing,
    /// After how long a silent line is kept alive.
    pub keep_alive: Duration,
    /// How often to look for the answer of another controller, with [`Bridging::Queued`].
    pub poll: Duration,
}

impl Config {
    /// A line without login.
    ///
    /// Choice: twice the patience of a network, as 40 bytes need 0.2 s at 9600 baud in text.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            bridging: Bridging::Tracked,
            login: None,
            timing: Timing {
                timeout: Duration::from_secs(2),
                attempts: 3,
            },
            keep_alive: Duration::from_secs(20),
            poll: Duration::from_millis(50),
        }
    }
}

impl Login {
    pub(super) fn check(&self, mode: Mode) -> Result<(), ConfigError> {
        if self.user.len() > USER_LEN_MAX {
            return Err(ConfigError::UserTooLong);
        }
        if self.password.0.len() > PASSWORD_LEN_MAX {
            return Err(ConfigError::PasswordTooLong);
        }
        if !(1..=5).contains(&self.privilege) {
            return Err(ConfigError::BadPrivilege);
        }
        let is_word = |bytes: &[u8]| {
            let mut bytes = bytes.iter();
            bytes.all(|byte| byte.is_ascii_graphic() && !b"[]\\".contains(byte))
        };
        let are_words = is_word(self.user.as_bytes()) && is_word(&self.password.0);
        match mode {
            Mode::Terminal if !are_words => Err(ConfigError::NotPrintable),
            Mode::Terminal | Mode::Basic => Ok(()),
        }
    }
}

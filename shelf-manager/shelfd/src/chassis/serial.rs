//! The port of a serial line, as it is configured.

use crate::config::{Serial, SerialBridging, SerialMode};
use ports::lan::{ConfigError, Secret};
use ports::serial::{Bridging, Config, Line, Login, Mode};

/// Privilege level: administrator. Source: IPMI v2.0 §6.8.
const ADMINISTRATOR: u8 = 4;
/// Before the address of a terminal server.
const TCP: &str = "tcp:";

/// Where the line is, and how it is spoken on.
pub(super) fn line(serial: &Serial) -> Result<(Line, Config), String> {
    let mode = match serial.mode {
        SerialMode::Basic => Mode::Basic,
        SerialMode::Terminal => Mode::Terminal,
    };
    let bridging = match serial.bridging {
        SerialBridging::Tracked => Bridging::Tracked,
        SerialBridging::Queued => Bridging::Queued,
    };
    let session = Config {
        bridging,
        login: login(serial)?,
        ..Config::new(mode)
    };
    Ok((place(serial)?, session))
}

fn place(serial: &Serial) -> Result<Line, String> {
    let device = serial.device.as_str();
    if let Some(address) = device.strip_prefix(TCP) {
        return Ok(Line::Tcp(address.into()));
    }
    if !device.starts_with('/') {
        return Err(format!(
            "chassis: device = \"{device}\" is neither a path as /dev/ttyS0 nor tcp:HOST:PORT"
        ));
    }
    if serial.baud == 0 {
        return Err("chassis: baud = 0 is no speed of a serial line".into());
    }
    Ok(Line::Device {
        path: device.into(),
        baud: serial.baud,
    })
}

fn login(serial: &Serial) -> Result<Option<Login>, String> {
    match (&serial.user, &serial.password) {
        (None, None) => Ok(None),
        (Some(user), Some(password)) => Ok(Some(Login {
            user: user.clone(),
            password: Secret(password.as_bytes().to_vec()),
            privilege: ADMINISTRATOR,
        })),
        (Some(_), None) => Err("chassis: a serial line with a user needs its password".into()),
        (None, Some(_)) => Err("chassis: a serial line with a password needs its user".into()),
    }
}

/// Why a port cannot work, for people.
pub(super) fn text(why: ConfigError) -> &'static str {
    match why {
        ConfigError::UserTooLong => "the user name has more than 16 bytes",
        ConfigError::PasswordTooLong => {
            "the password has more bytes than can be compared: 20, with IPMI 1.5 and on serial \
             lines 16"
        }
        ConfigError::BadPrivilege => "the privilege level does not exist",
        ConfigError::NothingAccepted => "no cipher suite is accepted",
        ConfigError::NoAttempts => "not even one attempt is made",
        ConfigError::NotPrintable => {
            "in terminal mode, user name and password must be printable, without spaces, brackets \
             and backslashes"
        }
    }
}

#[cfg(test)]
mod tests;

//! What the command line says.

use chassis::{Config, SLOTS, SLOTS_MAX};
use clap::{Parser, ValueEnum};
use ports::serial::Mode;
use ports::server::User;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Privilege levels. Source: IPMI v2.0 §6.8.
const LEVELS: [(&str, u8); 3] = [("user", 2), ("operator", 3), ("administrator", 4)];
/// Who may come in from this host while no user is named.
const USER: &str = "admin";
const PASSWORD: &str = "openshelf";

/// Simulates an `AdvancedTCA` shelf: shelf manager, two CMMs, blades, fan trays, power modules.
///
/// What hands do to the hardware is read from the standard input; "help" lists it.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// Where the system interface (VM codec over TCP) listens.
    #[arg(long, visible_alias = "listen", default_value = "127.0.0.1:9643")]
    pub(crate) vm: String,
    /// Where RMCP+ is served, for instance 127.0.0.1:6230.
    #[arg(long)]
    pub(crate) rmcp: Option<SocketAddr>,
    /// Who may come in by RMCP+ and by the serial line: NAME:PASSWORD or NAME:PASSWORD:LEVEL, with
    /// the level user, operator or administrator. Without any, admin:openshelf may from this host,
    /// and whoever opens the serial line.
    #[arg(long)]
    user: Vec<String>,
    /// Opens a serial line, a pseudo-terminal, in this mode.
    #[arg(long, value_enum)]
    serial: Option<SerialMode>,
    /// Links the serial line from here; without --serial it is in terminal mode.
    #[arg(long)]
    pub(crate) pty: Option<PathBuf>,
    /// Blade slots.
    #[arg(long, default_value_t = SLOTS,
          value_parser = clap::value_parser!(u8).range(1..=i64::from(SLOTS_MAX)))]
    slots: u8,
    /// Slots with a blade in them. Without it, all if --slots is given, else 1 to 4.
    #[arg(long, value_delimiter = ',',
          value_parser = clap::value_parser!(u8).range(1..=i64::from(SLOTS_MAX)))]
    populated: Option<Vec<u8>>,
    /// The shelf has at least so many sensors.
    #[arg(long)]
    sensors: Option<u16>,
    /// The blades ask to be activated at the start.
    #[arg(long)]
    cold: bool,
    /// Says on the standard output whenever the payload of a blade gets power, is reset, or loses
    /// its power: "payload SLOT on", "reset" or "off".
    #[arg(long)]
    pub(crate) payload: bool,
    /// What decides which messages a fault hits: the same seed gives the same run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// How messages look on the serial line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SerialMode {
    /// Frames of bytes.
    Basic,
    /// Lines of text.
    Terminal,
}

impl Arguments {
    /// The mode of the serial line; `None` without one.
    pub(crate) fn line(&self) -> Option<Mode> {
        match self.serial {
            Some(SerialMode::Basic) => Some(Mode::Basic),
            Some(SerialMode::Terminal) => Some(Mode::Terminal),
            None => self.pty.as_ref().map(|_| Mode::Terminal),
        }
    }

    /// The shelf.
    pub(crate) fn config(&self) -> Result<Config, String> {
        let usual = match self.slots {
            SLOTS => Config::default().populated,
            slots => (1..=slots).collect(),
        };
        let populated = self.populated.clone().unwrap_or(usual);
        if let Some(slot) = populated.iter().find(|slot| **slot > self.slots) {
            return Err(format!(
                "--populated {slot}: the shelf has {} slots",
                self.slots
            ));
        }
        let config = Config {
            slots: self.slots,
            populated,
            is_cold: self.cold,
            collects_records: true,
            seed: self.seed,
            ..Config::default()
        };
        match self.sensors {
            None => Ok(config),
            Some(sensors) => config
                .with_sensors(sensors)
                .ok_or_else(|| format!("--sensors {sensors}: too many for these blades")),
        }
    }

    /// Who may come in by LAN.
    pub(crate) fn users(&self) -> Result<Vec<User>, String> {
        let is_local = self.rmcp.is_none_or(|at| at.ip().is_loopback());
        if self.user.is_empty() {
            return match is_local {
                true => Ok(vec![User::new(USER, PASSWORD, LEVELS[2].1)]),
                false => Err(
                    "--rmcp is reached from other hosts: say who may come in with --user".into(),
                ),
            };
        }
        self.named_users()
    }

    /// Who was named.
    pub(crate) fn named_users(&self) -> Result<Vec<User>, String> {
        self.user.iter().map(|text| user(text)).collect()
    }
}

fn user(text: &str) -> Result<User, String> {
    let mut parts = text.splitn(3, ':');
    let (Some(name), Some(password)) = (parts.next(), parts.next()) else {
        return Err(format!("--user {text}: NAME:PASSWORD is needed"));
    };
    let level = match parts.next() {
        None => Some(LEVELS[2].1),
        Some(level) => {
            let found = LEVELS.iter().find(|(name, _)| *name == level);
            found.map(|(_, level)| *level)
        }
    };
    let level = level.ok_or_else(|| {
        format!("--user {name}: the level is one of user, operator, administrator")
    })?;
    Ok(User::new(name, password, level))
}

#[cfg(test)]
mod tests;

//! Commands in words: `SYS TMODE` and its like.
//!
//! Source: IPMI v2.0 §14.7.8 (terminal mode text commands).

use super::{Question, Server, Settings, Turn};
use crate::serial::terminal::read_byte;
use crate::server::privilege::{ADMINISTRATOR, OPERATOR, required};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::port::Target;
use serde::{Deserialize, Serialize};

const GET_CHASSIS_STATUS: u8 = 0x01;
const CHASSIS_CONTROL: u8 = 0x02;
const CHASSIS_IDENTIFY: u8 = 0x04;
const SET_BOOT_OPTIONS: u8 = 0x08;
/// Boot options parameter: boot flags. Source: IPMI v2.0 Table 28-14.
const BOOT_FLAGS: u8 = 5;
/// Chassis Control. Source: IPMI v2.0 Table 28-4.
const POWER_DOWN: u8 = 0;
const POWER_UP: u8 = 1;
const HARD_RESET: u8 = 3;

/// How the answer to a question is told in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Wording {
    /// Whether it was done.
    Done,
    /// `SYS HEALTH QUERY`.
    Health {
        /// In several lines.
        verbose: bool,
    },
}

impl Server {
    /// One line in words.
    pub(super) fn text(&mut self, turn: &mut Turn<'_>, line: &str) {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        let result = match words[..] {
            ["SYS", "TMODE"] => return self.say(turn, "OK TMODE"),
            ["SYS", "PWD", "-X"] => {
                self.close(turn);
                Ok(())
            }
            ["SYS", "PWD", "-U", name] => self.log_in(turn, (name, "")),
            ["SYS", "PWD", "-U", name, password] => self.log_in(turn, (name, password)),
            ["SYS", "PWD", "-N"] => self.log_in(turn, ("", "")),
            ["SYS", "PWD", "-N", password] => self.log_in(turn, ("", password)),
            ["SYS", "SET", "TCFG", ref arguments @ ..] => {
                match self.configure_in_words(turn, arguments) {
                    Ok(()) => return self.say_settings(turn),
                    Err(code) => Err(code),
                }
            }
            ["SYS", ref command @ ..] => match self.command(turn, command) {
                Ok(()) => return,
                Err(code) => Err(code),
            },
            _ => Err(CompletionCode::INVALID_COMMAND),
        };
        match result {
            Ok(()) => self.say(turn, "OK"),
            Err(code) => self.say_error(turn, code),
        }
    }

    /// A command that somebody else carries out.
    fn command(&mut self, turn: &mut Turn<'_>, words: &[&str]) -> Result<(), CompletionCode> {
        let (command, data) = read(words)?;
        let request = Request {
            net_fn: NetFn::CHASSIS,
            lun: 0,
            command,
            data,
        };
        self.may(turn, required(&request))?;
        let wording = match command {
            GET_CHASSIS_STATUS => Wording::Health {
                verbose: words.last() == Some(&"-V"),
            },
            _ => Wording::Done,
        };
        let question = Question {
            frame: Vec::new(),
            wording: Some(wording),
        };
        self.ask(turn, (Target::ShelfManager, request), question)
    }

    /// Whether somebody with that privilege level is there.
    fn may(&mut self, turn: &Turn<'_>, privilege: u8) -> Result<(), CompletionCode> {
        let session = self.session.as_mut();
        let session = session.filter(|session| session.privilege >= privilege);
        let session = session.ok_or(CompletionCode::INSUFFICIENT_PRIVILEGE)?;
        session.heard = turn.now;
        Ok(())
    }

    fn configure_in_words(
        &mut self,
        turn: &Turn<'_>,
        words: &[&str],
    ) -> Result<(), CompletionCode> {
        let (first, second) = match *words {
            [] => return self.may(turn, OPERATOR),
            ["-V", first, second] => (first, second),
            // What stays is in the configuration of whoever serves the line.
            ["-N", _, _] => return Err(CompletionCode::NOT_IN_STATE),
            _ => return Err(CompletionCode::INVALID_FIELD),
        };
        self.may(turn, ADMINISTRATOR)?;
        let bytes = read_byte(first).zip(read_byte(second));
        let settings = bytes.and_then(|(first, second)| Settings::from_bytes([first, second]));
        self.set(settings.ok_or(CompletionCode::INVALID_FIELD)?);
        Ok(())
    }

    fn say_settings(&self, turn: &mut Turn<'_>) {
        for (name, settings) in [('V', self.settings), ('N', self.config.terminal)] {
            let [first, second] = settings.bytes();
            self.say_plainly(turn, &format!("{name}:{first:02X} {second:02X}"));
        }
    }

    /// Tells the answer to a question in words.
    pub(super) fn answer_in_words(
        &mut self,
        turn: &mut Turn<'_>,
        wording: Wording,
        found: &Response,
    ) {
        if found.code != CompletionCode::OK {
            return self.say_error(turn, found.code);
        }
        match wording {
            Wording::Done => self.say(turn, "OK"),
            Wording::Health { verbose } => match Health::read(&found.data) {
                None => self.say_error(turn, CompletionCode::UNSPECIFIED),
                Some(health) if verbose => {
                    for line in health.lines() {
                        self.say_plainly(turn, &line);
                    }
                }
                Some(health) => self.say_plainly(turn, &health.line()),
            },
        }
    }

    /// Words in brackets.
    pub(super) fn say(&self, turn: &mut Turn<'_>, words: &str) {
        self.say_plainly(turn, &format!("[{words}]"));
    }

    pub(super) fn say_error(&self, turn: &mut Turn<'_>, code: CompletionCode) {
        self.say(turn, &format!("ERR {:02X}", code.0));
    }

    fn say_plainly(&self, turn: &mut Turn<'_>, words: &str) {
        turn.out.extend_from_slice(words.as_bytes());
        turn.out.extend_from_slice(self.settings.newline());
    }
}

/// Command and data of a request about the chassis.
fn read(words: &[&str]) -> Result<(u8, Vec<u8>), CompletionCode> {
    match words {
        ["RESET"] => Ok((CHASSIS_CONTROL, Vec::from([HARD_RESET]))),
        ["POWER", "ON"] => Ok((CHASSIS_CONTROL, Vec::from([POWER_UP]))),
        ["POWER", "OFF"] => Ok((CHASSIS_CONTROL, Vec::from([POWER_DOWN]))),
        ["HEALTH", "QUERY"] | ["HEALTH", "QUERY", "-V"] => Ok((GET_CHASSIS_STATUS, Vec::new())),
        ["IDENTIFY"] | ["IDENTIFY", "-ON"] => Ok((CHASSIS_IDENTIFY, Vec::new())),
        ["IDENTIFY", "-OFF"] => Ok((CHASSIS_IDENTIFY, Vec::from([0]))),
        ["IDENTIFY", "-ON", seconds] => {
            let seconds = read_byte(seconds).ok_or(CompletionCode::INVALID_FIELD)?;
            Ok((CHASSIS_IDENTIFY, Vec::from([seconds])))
        }
        ["SET", "BOOT", flags @ ..] => {
            let bytes: Option<Vec<u8>> = flags.iter().map(|word| read_byte(word)).collect();
            let bytes = bytes.ok_or(CompletionCode::INVALID_FIELD)?;
            match bytes.len() {
                5 => Ok((SET_BOOT_OPTIONS, [&[BOOT_FLAGS], &bytes[..]].concat())),
                _ => Err(CompletionCode::LENGTH_INVALID),
            }
        }
        _ => Err(CompletionCode::INVALID_COMMAND),
    }
}

/// Health as Get Chassis Status tells it.
///
/// Choice: it knows faults, but neither their severity nor temperatures and voltages; what it does
/// not know is said to be unknown, and overall health is the worst of what is known.
/// Source: IPMI v2.0 Table 28-3.
struct Health {
    power: bool,
    power_fault: bool,
    drive_fault: bool,
    cooling_fault: bool,
    intrusion: bool,
}

impl Health {
    fn read(data: &[u8]) -> Option<Self> {
        let [power, _, other, ..] = *data else {
            return None;
        };
        Some(Self {
            power: power & 0x01 != 0,
            // Overload, power fault, power control fault.
            power_fault: power & 0x1a != 0,
            drive_fault: other & 0x04 != 0,
            cooling_fault: other & 0x08 != 0,
            intrusion: other & 0x01 != 0,
        })
    }

    fn any(&self) -> bool {
        self.power_fault || self.drive_fault || self.cooling_fault || self.intrusion
    }

    fn line(&self) -> String {
        let word = |fault| if fault { "uf" } else { "ok" };
        let power = if self.power { "ON" } else { "OFF" };
        format!(
            "PWR:{power} H:{} T:?? V:?? PS:{} C:{} D:{} S:{} O:??",
            word(self.any()),
            word(self.power_fault),
            word(self.cooling_fault),
            word(self.drive_fault),
            word(self.intrusion),
        )
    }

    fn lines(&self) -> [String; 9] {
        const UNKNOWN: &str = "Unknown";
        let word = |fault| if fault { "Unspecified fault" } else { "OK" };
        let power = if self.power { "ON" } else { "OFF" };
        [
            format!("SYS Health:{}", word(self.any())),
            format!("Power:{power}"),
            format!("Temperature:{UNKNOWN}"),
            format!("Voltage:{UNKNOWN}"),
            format!("PowerSystem:{}", word(self.power_fault)),
            format!("Cooling:{}", word(self.cooling_fault)),
            format!("Drives:{}", word(self.drive_fault)),
            format!("Security:{}", word(self.intrusion)),
            format!("Other:{UNKNOWN}"),
        ]
    }
}

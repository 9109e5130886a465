//! Logging in: by Get Session Challenge and Activate Session, or by `SYS PWD`.
//!
//! Source: IPMI v2.0 §14.7.8, §22.16–§22.19.

use super::{Mode, Phase, Purpose, Serial, count, words};
use crate::Effect;
use crate::crypto::md5_activation_code;
use crate::lan::commands;
use crate::queued::Patience;
use alloc::format;
use alloc::vec::Vec;
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::message::{CompletionCode, Response};
use ipmi::port::DownReason;
use machine::Time;

/// Get Session Challenge: no such user. Source: IPMI v2.0 Table 22-20.
const INVALID_USER: CompletionCode = CompletionCode(0x81);
/// Get Session Challenge: the null user name is not enabled.
const NULL_USER: CompletionCode = CompletionCode(0x82);
/// Sequence number of the first packet, which this line has no place for.
const FIRST: u32 = 1;

impl Serial {
    pub(super) fn log_in(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let challenge = match (&self.config.login, self.config.mode) {
            (None, _) => None,
            (Some(login), Mode::Basic) => Some(commands::session_challenge(login.user.as_bytes())),
            (Some(_), Mode::Terminal) => {
                self.phase = Phase::Words(Patience::new(now, self.config.timing));
                return self.say_password(now, effects);
            }
        };
        match challenge {
            Some(challenge) => self.ask_next(now, Purpose::Challenge, challenge, effects),
            None => self.ask_next(now, Purpose::Hello, GetDeviceId {}.request(), effects),
        }
    }

    fn say_password(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Some(login) = &self.config.login else {
            return;
        };
        let switches = match login.user.is_empty() {
            true => Vec::from(*b"-N "),
            false => format!("-U {} ", login.user).into_bytes(),
        };
        let line = [b"[SYS PWD ", &switches[..], &login.password.0, b"]"].concat();
        effects.push(Effect::Send(words(&line)));
        self.spoke = now;
    }

    /// Words of the other end: whether the password was right, or what a line says that it did not
    /// understand. All others are for people.
    pub(super) fn text(&mut self, now: Time, text: &str, effects: &mut Vec<Effect>) {
        let is_ok = text == "OK" || text.starts_with("OK ");
        let is_error = text.starts_with("ERR");
        if is_ok || is_error {
            self.heard = now;
            self.clear = true;
        }
        match self.phase {
            Phase::Words(_) if is_ok => {
                self.phase = Phase::Opening;
                self.ask_privilege(now, effects);
            }
            Phase::Words(_) if is_error => self.fail(DownReason::Unauthenticated, effects),
            Phase::Closed | Phase::Words(_) | Phase::Opening | Phase::Open => {
                if is_error {
                    // What was sent did not arrive whole; it is sent again in time.
                    count(&mut self.counters.malformed);
                }
            }
        }
    }

    /// Says the password once more when nobody answers; whether it was said often enough.
    pub(super) fn words_late(&mut self, now: Time, effects: &mut Vec<Effect>) -> bool {
        let Phase::Words(mut patience) = self.phase else {
            return false;
        };
        if !patience.is_over(now) {
            return false;
        }
        if !patience.again(now, self.config.timing) {
            return true;
        }
        count(&mut self.counters.resent);
        self.phase = Phase::Words(patience);
        self.say_password(now, effects);
        false
    }

    pub(super) fn challenged(&mut self, now: Time, response: &Response, effects: &mut Vec<Effect>) {
        let refused = matches!(response.code, INVALID_USER | NULL_USER);
        let challenge = match response.code {
            CompletionCode::OK => commands::challenge(&response.data),
            _ => None,
        };
        match (challenge, &self.config.login) {
            (Some((temporary, challenge)), Some(login)) => {
                let code = md5_activation_code(&login.password.0, temporary, &challenge);
                let request = commands::activate_session(login.privilege, &code, FIRST);
                self.ask_next(now, Purpose::Activate, request, effects);
            }
            _ if refused => self.fail(DownReason::Unauthenticated, effects),
            _ => self.refused("Get Session Challenge", response.code, effects),
        }
    }

    pub(super) fn activated(&mut self, now: Time, response: &Response, effects: &mut Vec<Effect>) {
        let activated = match response.code {
            CompletionCode::OK => commands::activated(&response.data),
            _ => None,
        };
        match activated {
            Some(activated) => {
                self.session = Some(activated.session);
                self.ask_privilege(now, effects);
            }
            // The standard has no code of its own for a wrong password.
            None if matches!(
                response.code,
                CompletionCode::INVALID_FIELD | CompletionCode::INSUFFICIENT_PRIVILEGE
            ) =>
            {
                self.fail(DownReason::Unauthenticated, effects);
            }
            None => self.refused("Activate Session", response.code, effects),
        }
    }

    fn ask_privilege(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let level = self.config.login.as_ref().map_or(0, |one| one.privilege);
        let request = commands::set_privilege(level);
        self.ask_next(now, Purpose::SetPrivilege, request, effects);
    }

    pub(super) fn privileged(&mut self, response: &Response, effects: &mut Vec<Effect>) {
        match response.code {
            CompletionCode::OK => self.open(effects),
            code => self.refused("Set Session Privilege Level", code, effects),
        }
    }

    fn refused(&mut self, command: &str, code: CompletionCode, effects: &mut Vec<Effect>) {
        let why = format!("{command} was answered with {:02X}h", code.0);
        self.fail(DownReason::Protocol(why), effects);
    }

    /// What closes the session at the other end.
    pub(super) fn last_word(&mut self) -> Option<Vec<u8>> {
        let is_in = matches!(self.phase, Phase::Opening | Phase::Open);
        self.config.login.as_ref().filter(|_| is_in)?;
        match (self.config.mode, self.session) {
            (Mode::Terminal, _) => Some(words(b"[SYS PWD -X]")),
            (Mode::Basic, Some(session)) => {
                let request = commands::close_session(session);
                let sequence = self.under_way.free_sequence();
                Some(super::super::basic::frame(&commands::message(
                    sequence, &request,
                )))
            }
            (Mode::Basic, None) => None,
        }
    }
}

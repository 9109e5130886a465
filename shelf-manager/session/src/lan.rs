//! A LAN session with a shelf manager: RMCP+, or IPMI 1.5 where that is allowed.
//!
//! Opens by Get Channel Authentication Capabilities, Open Session and RAKP 1–4; then carries
//! requests, each with its own sequence number and its own patience. What is for another controller
//! on IPMB-0 travels inside Send Message.
//!
//! Source: IPMI v2.0 §6.12, §13.

pub(crate) mod commands;
mod opening;
mod probe;
mod talk;

pub use probe::{answers_probe, probe};

use crate::{CipherSuite, Counters, Effect, Input, Timing, rakp};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError};
use machine::{Machine, Pos, Time};
use opening::{Opening, Outcome};
use serde::{Deserialize, Serialize};
use talk::Talk;

/// Longest password of RMCP+. Source: IPMI v2.0 §22.30.
pub(crate) const PASSWORD_LEN_MAX: usize = 20;
/// Longest password of IPMI 1.5.
const PASSWORD_1_5_LEN_MAX: usize = 16;

/// A password: shown nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub Vec<u8>);

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Whom to be, and what to accept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// User name, at most 16 bytes.
    pub user: String,
    /// Password, at most 20 bytes; 16 where IPMI 1.5 is allowed.
    pub password: Secret,
    /// Privilege level to ask for: 2 user, 3 operator, 4 administrator.
    pub privilege: u8,
    /// Cipher suites that are accepted, in the order in which they are tried.
    pub suites: Vec<CipherSuite>,
    /// Whether IPMI 1.5 with MD5 may be tried after all suites: its messages are readable by
    /// everybody.
    pub allow_ipmi_1_5: bool,
    /// Patience for each request.
    pub timing: Timing,
    /// After how long a silent session is kept alive. The other end closes it after about 60 s.
    pub keep_alive: Duration,
}

impl Config {
    /// An administrator's session with the suites 17 and 3, and without IPMI 1.5.
    #[must_use]
    pub fn new(user: &str, password: &str) -> Self {
        Self {
            user: user.into(),
            password: Secret(password.as_bytes().to_vec()),
            privilege: 4,
            suites: CipherSuite::PREFERRED.to_vec(),
            allow_ipmi_1_5: false,
            timing: Timing::default(),
            keep_alive: Duration::from_secs(20),
        }
    }

    fn who(&self) -> rakp::Who<'_> {
        rakp::Who {
            user: self.user.as_bytes(),
            password: &self.password.0,
            role: self.privilege | rakp::NAME_ONLY,
        }
    }
}

/// Why a configuration cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// The user name has more than 16 bytes.
    UserTooLong,
    /// The password has more bytes than the protocol can compare.
    PasswordTooLong,
    /// No privilege level, or one that no user can have.
    BadPrivilege,
    /// Neither a cipher suite nor IPMI 1.5 is accepted.
    NothingAccepted,
    /// Not even one attempt.
    NoAttempts,
    /// User name or password has characters that a line of text cannot carry.
    NotPrintable,
}

/// The client's end of one LAN session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lan {
    config: Config,
    phase: Phase,
    counters: Counters,
}

/// What the phases need for one input.
struct Turn<'a> {
    config: &'a Config,
    now: Time,
    counters: &'a mut Counters,
    effects: &'a mut Vec<Effect>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Closed,
    Opening(Box<Opening>),
    Open(Box<Talk>),
}

impl Lan {
    /// A session that is closed.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let password_len_max = match config.allow_ipmi_1_5 {
            true => PASSWORD_1_5_LEN_MAX,
            false => PASSWORD_LEN_MAX,
        };
        if config.user.len() > rakp::USER_LEN_MAX {
            return Err(ConfigError::UserTooLong);
        }
        if config.password.0.len() > password_len_max {
            return Err(ConfigError::PasswordTooLong);
        }
        if !(1..=5).contains(&config.privilege) {
            return Err(ConfigError::BadPrivilege);
        }
        if config.suites.is_empty() && !config.allow_ipmi_1_5 {
            return Err(ConfigError::NothingAccepted);
        }
        if config.timing.attempts == 0 {
            return Err(ConfigError::NoAttempts);
        }
        Ok(Self {
            config,
            phase: Phase::Closed,
            counters: Counters::default(),
        })
    }

    /// What was dropped so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether requests may flow.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open(_))
    }

    /// Whether one more order finds a place to wait.
    #[must_use]
    pub fn has_room(&self) -> bool {
        match &self.phase {
            Phase::Open(talk) => talk.has_room(),
            Phase::Closed | Phase::Opening(_) => true,
        }
    }

    /// The cipher suite in use; `None` while no session is open, and with IPMI 1.5.
    #[must_use]
    pub fn suite(&self) -> Option<CipherSuite> {
        match &self.phase {
            Phase::Open(talk) => talk.suite(),
            Phase::Closed | Phase::Opening(_) => None,
        }
    }

    fn start(&mut self, now: Time, seed: [u8; 32], effects: &mut Vec<Effect>) {
        self.forget(effects);
        let (mut turn, _) = self.turn(now, effects);
        let opening = Opening::new(&mut turn, seed);
        self.phase = Phase::Opening(Box::new(opening));
    }

    /// What one turn needs, and the phase that takes it.
    fn turn<'a>(
        &'a mut self,
        now: Time,
        effects: &'a mut Vec<Effect>,
    ) -> (Turn<'a>, &'a mut Phase) {
        let turn = Turn {
            config: &self.config,
            now,
            counters: &mut self.counters,
            effects,
        };
        (turn, &mut self.phase)
    }

    fn receive(&mut self, now: Time, datagram: &[u8], effects: &mut Vec<Effect>) {
        let (mut turn, phase) = self.turn(now, effects);
        let outcome = match phase {
            Phase::Closed => {
                crate::count(&mut turn.counters.unmatched);
                return;
            }
            Phase::Opening(opening) => opening.receive(&mut turn, datagram),
            Phase::Open(talk) => return talk.receive(&mut turn, datagram),
        };
        match outcome {
            Outcome::Wait => (),
            Outcome::Send(bytes) => effects.push(Effect::Send(bytes)),
            Outcome::Open(channel) => {
                self.phase = Phase::Open(Box::new(Talk::new(now, *channel)));
                effects.push(Effect::Event(PortEvent::Up));
            }
            Outcome::GiveUp(reason, last_word) => {
                effects.extend(last_word.map(Effect::Send));
                self.fail(reason, effects);
            }
        }
    }

    fn tick(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let (mut turn, phase) = self.turn(now, effects);
        let end = match phase {
            Phase::Closed => None,
            Phase::Opening(opening) => opening.tick(&mut turn),
            Phase::Open(talk) => talk.tick(&mut turn),
        };
        if let Some(reason) = end {
            self.fail(reason, effects);
        }
    }

    fn order(&mut self, now: Time, order: &PortOrder, effects: &mut Vec<Effect>) {
        let (mut turn, phase) = self.turn(now, effects);
        match phase {
            Phase::Open(talk) => talk.order(&mut turn, order),
            Phase::Closed | Phase::Opening(_) => {
                effects.push(Effect::Event(PortEvent::Answer {
                    token: order.token,
                    result: Err(RequestError::PortDown),
                }));
            }
        }
    }

    fn fail(&mut self, reason: DownReason, effects: &mut Vec<Effect>) {
        self.forget(effects);
        effects.push(Effect::Event(PortEvent::Down(reason)));
    }

    /// Closes without a word to the other end; what was asked is answered.
    fn forget(&mut self, effects: &mut Vec<Effect>) {
        if let Phase::Open(talk) = &self.phase {
            talk.answer_all(&RequestError::PortDown, effects);
        }
        self.phase = Phase::Closed;
    }
}

impl Machine for Lan {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Start { seed } => self.start(at.time, *seed, effects),
            Input::Received(datagram) => self.receive(at.time, datagram, effects),
            Input::Order(order) => self.order(at.time, order, effects),
            Input::Tick => self.tick(at.time, effects),
            Input::Lost(why) => {
                if self.phase != Phase::Closed {
                    self.fail(DownReason::Unreachable(why.clone()), effects);
                }
            }
            Input::Stop => {
                if let Phase::Open(talk) = &mut self.phase {
                    effects.push(Effect::Send(talk.close(&self.config)));
                }
                self.forget(effects);
            }
        }
    }

    fn deadline(&self) -> Option<Time> {
        match &self.phase {
            Phase::Closed => None,
            Phase::Opening(opening) => Some(opening.deadline()),
            Phase::Open(talk) => Some(talk.deadline(&self.config)),
        }
    }
}

#[cfg(test)]
mod tests;

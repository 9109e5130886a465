//! Opening a session, one step after the other.
//!
//! Source: IPMI v2.0 §13.14 (RMCP+), §6.12.7 (IPMI 1.5).

use super::commands::{self, message};
use super::{Config, Turn};
use crate::channel::{Channel, Inbound, Protection};
use crate::crypto::{CipherSuite, Entropy, Keys, md5_code, same};
use crate::packet::{self, AUTH_MD5, Packet, payload};
use crate::queued::Patience;
use crate::rakp::{self, Exchange, status};
use crate::{Effect, count};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use ipmi::ipmb::{Answer, SEQUENCE_MAX, decode_response};
use ipmi::message::CompletionCode;
use ipmi::port::DownReason;
use ipmi::wire::Reader;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Where opening stands: what was sent last, and what is known by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opening {
    step: Step,
    /// What was sent last; sent again when no answer comes.
    sent: Vec<u8>,
    patience: Patience,
    /// Message tag, or sequence number: a late answer to an earlier step does not have it.
    tag: u8,
    /// How many of the configured suites were tried.
    suites_tried: usize,
    /// Whether the other end offers IPMI 1.5 with MD5.
    md5_offered: bool,
    entropy: Entropy,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    Capabilities,
    OpenSession { suite: CipherSuite, console: u32 },
    Rakp1(Exchange),
    Rakp3(Agreed),
    Challenge,
    Activate { session: u32 },
    Privilege(Channel),
}

/// What both ends have agreed on, once each knows that the other knows the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Agreed {
    exchange: Exchange,
    /// What RAKP Message 4 must show.
    check_value: Vec<u8>,
    keys: Keys,
}

/// What an answer leads to.
pub(crate) enum Outcome {
    /// Nothing: not the answer that we wait for.
    Wait,
    /// The next step.
    Send(Vec<u8>),
    /// The session is open.
    Open(Box<Channel>),
    /// No session; perhaps with a last word to the other end.
    GiveUp(DownReason, Option<Vec<u8>>),
}

impl Opening {
    /// Asks for the capabilities.
    pub(crate) fn new(turn: &mut Turn<'_>, seed: [u8; 32]) -> Self {
        let request = commands::authentication_capabilities(turn.config.privilege);
        let sent = packet::encode_v15(0, 0, None, &message(0, &request));
        turn.effects.push(Effect::Send(sent.clone()));
        Self {
            step: Step::Capabilities,
            sent,
            patience: Patience::new(turn.now, turn.config.timing),
            tag: 0,
            suites_tried: 0,
            md5_offered: true,
            entropy: Entropy::new(seed),
        }
    }

    pub(crate) fn deadline(&self) -> Time {
        self.patience.until
    }

    /// Sends again, or says why it gives up.
    pub(crate) fn tick(&mut self, turn: &mut Turn<'_>) -> Option<DownReason> {
        if !self.patience.is_over(turn.now) {
            return None;
        }
        if !self.patience.again(turn.now, turn.config.timing) {
            turn.effects
                .extend(self.last_word(turn.config).map(Effect::Send));
            return Some(self.silence());
        }
        count(&mut turn.counters.resent);
        if let Step::Privilege(channel) = &mut self.step {
            // Its sequence number is used up.
            let request = commands::set_privilege(turn.config.privilege);
            self.sent = channel.seal(&turn.config.password.0, &message(self.tag, &request));
        }
        turn.effects.push(Effect::Send(self.sent.clone()));
        None
    }

    fn silence(&self) -> DownReason {
        let what = match &self.step {
            Step::Capabilities => "Get Channel Authentication Capabilities",
            Step::OpenSession { .. } => "Open Session Request",
            Step::Rakp1(_) => "RAKP Message 1",
            Step::Rakp3(_) => "RAKP Message 3",
            Step::Challenge => "Get Session Challenge",
            // Choice: who had a challenge for us and turn.now is silent found a wrong code, which
            // it must not answer.
            Step::Activate { .. } => return DownReason::Unauthenticated,
            Step::Privilege(_) => "Set Session Privilege Level",
        };
        DownReason::Unreachable(format!("no answer to {what}"))
    }

    /// Takes one datagram.
    pub(crate) fn receive(&mut self, turn: &mut Turn<'_>, datagram: &[u8]) -> Outcome {
        let outcome = if let Step::Privilege(channel) = &mut self.step {
            let password = &turn.config.password.0;
            let Some(found) = channel.open(password, datagram, turn.counters) else {
                return Outcome::Wait;
            };
            self.privilege_set(turn.config, &found)
        } else {
            match packet::decode(datagram) {
                Some(Packet::Plain { kind, payload }) => self.exchange(turn.config, kind, payload),
                Some(Packet::V15 { code, message, .. }) => {
                    self.command(turn.config, code.is_some(), message)
                }
                Some(Packet::Sealed { .. }) => None,
                None => {
                    count(&mut turn.counters.malformed);
                    return Outcome::Wait;
                }
            }
        };
        let Some(outcome) = outcome else {
            count(&mut turn.counters.unmatched);
            return Outcome::Wait;
        };
        if let Outcome::Send(bytes) = &outcome {
            self.patience = Patience::new(turn.now, turn.config.timing);
            self.sent.clone_from(bytes);
        }
        outcome
    }

    /// An answer of the key exchange; `None` when it answers nothing.
    fn exchange(&mut self, config: &Config, kind: u8, bytes: &[u8]) -> Option<Outcome> {
        let mut reader = Reader::new(bytes);
        let front = rakp::front(&mut reader).ok()?;
        if front.tag != self.tag {
            return None;
        }
        match (self.step.clone(), kind) {
            (Step::OpenSession { suite, console }, payload::OPEN_SESSION_RESPONSE) => {
                self.session_opened(config, (suite, console), front, &mut reader)
            }
            (Step::Rakp1(exchange), payload::RAKP_2) => {
                self.authenticated(config, exchange, front, &mut reader)
            }
            (Step::Rakp3(agreed), payload::RAKP_4) => {
                self.integrity_checked(config, agreed, front, &mut reader)
            }
            _ => None,
        }
    }

    fn session_opened(
        &mut self,
        config: &Config,
        (suite, console): (CipherSuite, u32),
        front: rakp::Front,
        reader: &mut Reader<'_>,
    ) -> Option<Outcome> {
        if rakp::refuses_algorithms(front.status) {
            return Some(self.next_suite(config));
        }
        if front.status != status::OK {
            return Some(refused("Open Session Response", front.status));
        }
        if front.console != Some(console) {
            return None;
        }
        let opened = rakp::opened(reader).ok()?;
        if opened.algorithms != suite.algorithms() {
            return Some(self.next_suite(config));
        }
        let exchange = Exchange {
            suite,
            console,
            managed: opened.managed,
            random: self.entropy.draw(),
        };
        let bytes = exchange.rakp_1(self.next_tag(), config.who());
        self.step = Step::Rakp1(exchange);
        Some(Outcome::Send(packet::encode_plain(payload::RAKP_1, &bytes)))
    }

    fn authenticated(
        &mut self,
        config: &Config,
        exchange: Exchange,
        front: rakp::Front,
        reader: &mut Reader<'_>,
    ) -> Option<Outcome> {
        match front.status {
            status::OK => (),
            status::UNAUTHORIZED_NAME | status::UNAUTHORIZED_ROLE => {
                return Some(Outcome::GiveUp(DownReason::Unauthenticated, None));
            }
            other => return Some(refused("RAKP Message 2", other)),
        }
        if front.console != Some(exchange.console) {
            return None;
        }
        let answer = rakp::rakp_2(reader, exchange.suite).ok()?;
        let tag = self.next_tag();
        if !exchange.knows_password(config.who(), &answer) {
            let bytes = exchange.rakp_3_front(tag, status::BAD_INTEGRITY_CHECK);
            let last_word = packet::encode_plain(payload::RAKP_3, &bytes);
            return Some(Outcome::GiveUp(
                DownReason::Unauthenticated,
                Some(last_word),
            ));
        }
        let session_key = exchange.session_key(config.who(), &answer.challenge);
        let bytes = exchange.rakp_3(tag, config.who(), &answer.challenge);
        self.step = Step::Rakp3(Agreed {
            check_value: exchange.check_value(&session_key, &answer.challenge),
            keys: exchange.keys(&session_key),
            exchange,
        });
        Some(Outcome::Send(packet::encode_plain(payload::RAKP_3, &bytes)))
    }

    fn integrity_checked(
        &mut self,
        config: &Config,
        agreed: Agreed,
        front: rakp::Front,
        reader: &mut Reader<'_>,
    ) -> Option<Outcome> {
        let exchange = agreed.exchange;
        if front.status != status::OK {
            return Some(refused("RAKP Message 4", front.status));
        }
        if front.console != Some(exchange.console) {
            return None;
        }
        let len = exchange.suite.code_len();
        let found = reader.take(len, "integrity check value").ok()?;
        if !same(found, &agreed.check_value) {
            return Some(broken("RAKP Message 4 has a wrong integrity check value"));
        }
        let channel = Channel {
            protection: Protection::Suite {
                suite: exchange.suite,
                keys: agreed.keys,
                entropy: self.entropy.clone(),
            },
            theirs: exchange.managed,
            ours: exchange.console,
            sequence: 1,
            inbound: Inbound::default(),
        };
        Some(self.set_privilege(config, channel))
    }

    fn set_privilege(&mut self, config: &Config, mut channel: Channel) -> Outcome {
        let request = commands::set_privilege(config.privilege);
        let tag = self.next_tag();
        let bytes = channel.seal(&config.password.0, &message(tag, &request));
        self.step = Step::Privilege(channel);
        Outcome::Send(bytes)
    }

    fn privilege_set(&mut self, config: &Config, found: &[u8]) -> Option<Outcome> {
        let answer = self.expected(commands::SET_PRIVILEGE, found)?;
        if answer.response.code != CompletionCode::OK {
            let level = config.privilege;
            let code = answer.response.code.0;
            let what = format!("privilege level {level} refused with completion code {code:02X}h");
            let reason = DownReason::Protocol(what);
            return Some(Outcome::GiveUp(reason, self.last_word(config)));
        }
        let Step::Privilege(channel) = &self.step else {
            return None;
        };
        Some(Outcome::Open(Box::new(channel.clone())))
    }

    /// Closes what is open already: the other end has few sessions, and keeps one that nobody
    /// closes for about a minute.
    fn last_word(&mut self, config: &Config) -> Option<Vec<u8>> {
        let tag = self.next_tag();
        let Step::Privilege(channel) = &mut self.step else {
            return None;
        };
        Some(channel.close(&config.password.0, tag))
    }

    /// The answer to `command` with our sequence number.
    fn expected(&self, command: u8, bytes: &[u8]) -> Option<Answer> {
        let answer = decode_response(bytes).ok()?;
        (answer.command == command && answer.route.sequence == self.tag).then_some(answer)
    }

    /// The answer to a command outside of a session, or to Activate Session.
    fn command(&mut self, config: &Config, has_code: bool, bytes: &[u8]) -> Option<Outcome> {
        match &self.step {
            Step::Capabilities => self.offered(config, bytes),
            Step::Challenge => self.challenged(config, bytes),
            Step::Activate { .. } => self.activated(config, has_code, bytes),
            Step::OpenSession { .. } | Step::Rakp1(_) | Step::Rakp3(_) | Step::Privilege(_) => None,
        }
    }

    fn offered(&mut self, config: &Config, bytes: &[u8]) -> Option<Outcome> {
        let answer = self.expected(commands::AUTHENTICATION_CAPABILITIES, bytes)?;
        // Who does not know the extended question may know RMCP+ nevertheless.
        let unknown = commands::Offer {
            rmcp_plus: true,
            md5: true,
        };
        let offer = match answer.response.code {
            CompletionCode::OK => commands::offer(&answer.response.data)?,
            _ => unknown,
        };
        self.md5_offered = offer.md5;
        if !offer.rmcp_plus {
            self.suites_tried = config.suites.len();
        }
        Some(self.next_suite(config))
    }

    fn challenged(&mut self, config: &Config, bytes: &[u8]) -> Option<Outcome> {
        let answer = self.expected(commands::SESSION_CHALLENGE, bytes)?;
        match answer.response.code {
            CompletionCode::OK => self.activate(config, &answer.response.data),
            // Invalid user name; null user name not enabled. Source: IPMI v2.0 Table 22-18.
            CompletionCode(0x81 | 0x82) => Some(Outcome::GiveUp(DownReason::Unauthenticated, None)),
            other => Some(refused("Get Session Challenge", other.0)),
        }
    }

    fn activated(&mut self, config: &Config, has_code: bool, bytes: &[u8]) -> Option<Outcome> {
        let answer = self.expected(commands::ACTIVATE_SESSION, bytes)?;
        if answer.response.code != CompletionCode::OK {
            return Some(refused("Activate Session", answer.response.code.0));
        }
        let activated = commands::activated(&answer.response.data)?;
        if activated.authentication_type != AUTH_MD5 || !has_code {
            return Some(broken("IPMI 1.5 session without MD5"));
        }
        let channel = Channel {
            protection: Protection::Md5,
            theirs: activated.session,
            ours: activated.session,
            sequence: activated.inbound_sequence.max(1),
            inbound: Inbound::default(),
        };
        Some(self.set_privilege(config, channel))
    }

    fn activate(&mut self, config: &Config, data: &[u8]) -> Option<Outcome> {
        let (session, challenge) = commands::challenge(data)?;
        let first = self.entropy.draw_id();
        let request = commands::activate_session(config.privilege, &challenge, first);
        let bytes = message(self.next_tag(), &request);
        let code = md5_code(&config.password.0, session, 0, &bytes);
        self.step = Step::Activate { session };
        Some(Outcome::Send(packet::encode_v15(
            session,
            0,
            Some(code),
            &bytes,
        )))
    }

    /// Tries the next configured suite, then IPMI 1.5 where that is allowed.
    fn next_suite(&mut self, config: &Config) -> Outcome {
        let tag = self.next_tag();
        if let Some(&suite) = config.suites.get(self.suites_tried) {
            self.suites_tried += 1;
            let console = self.entropy.draw_id();
            let bytes = rakp::open_session(tag, config.privilege, console, suite);
            self.step = Step::OpenSession { suite, console };
            return Outcome::Send(packet::encode_plain(payload::OPEN_SESSION_REQUEST, &bytes));
        }
        if !(config.allow_ipmi_1_5 && self.md5_offered) {
            return Outcome::GiveUp(DownReason::CipherRefused, None);
        }
        let request = commands::session_challenge(config.user.as_bytes());
        self.step = Step::Challenge;
        Outcome::Send(packet::encode_v15(0, 0, None, &message(tag, &request)))
    }

    fn next_tag(&mut self) -> u8 {
        self.tag = (self.tag + 1) & SEQUENCE_MAX;
        self.tag
    }
}

fn refused(what: &str, status: u8) -> Outcome {
    broken(&format!("{what} with status {status:02X}h"))
}

fn broken(what: &str) -> Outcome {
    Outcome::GiveUp(DownReason::Protocol(what.into()), None)
}

//! Sessions that are being opened: Open Session and RAKP 1–4, as the managed system sees them.
//!
//! Source: IPMI v2.0 §13.14–§13.24.

use super::privilege::ADMINISTRATOR;
use super::{Config, Peer, User};
use crate::crypto::{CipherSuite, Entropy, same};
use crate::rakp::{self, Challenge, Exchange, USER_LEN_MAX, Who, status};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::wire::Reader;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most sessions that are being opened at once. One more, and the oldest is forgotten: whoever
/// floods us with requests keeps others waiting, but not out.
pub(crate) const OPENING_MAX: usize = 256;
/// Choice: how long opening may take. Consoles try for less than that.
const OPENING_TIMEOUT: Duration = Duration::from_secs(20);

/// Wrong passwords in a row that cost no time. Choice: as many as people need.
const FAILURES_FREE: u8 = 3;
/// Pause after the next one; doubles with each further one, up to 16 times that.
const PAUSE: Duration = Duration::from_secs(1);
/// Highest power of two of [`PAUSE`].
const PAUSE_DOUBLINGS_MAX: u8 = 4;
/// After how long wrong passwords are forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(300);

/// One session that is being opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Opening {
    peer: Peer,
    suite: CipherSuite,
    console: u32,
    managed: u32,
    /// Our random number: the same for each RAKP Message 1, as datagrams may be repeated.
    random: [u8; 16],
    claim: Option<Claim>,
    until: Time,
}

/// Who somebody says to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    /// The console's random number.
    random: [u8; 16],
    role: u8,
    /// Which of the configured users.
    user: usize,
}

/// What an exchange led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) exchange: Exchange,
    pub(crate) session_key: Vec<u8>,
    pub(crate) challenge: Challenge,
    pub(crate) user: usize,
    /// Highest privilege level of the session.
    pub(crate) limit: u8,
}

/// How often somebody showed a wrong password for a user.
///
/// Choice: counted by user, as addresses can be had in any number; the pause falls on all who claim
/// to be that user, who get no answer meanwhile, and so try again by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guard {
    failures: u8,
    pub(crate) until: Time,
}

impl Guard {
    pub(crate) fn fail(&mut self, now: Time) {
        if now.since(self.until) > FORGET_AFTER {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        let doublings = self.failures.checked_sub(FAILURES_FREE + 1);
        let pause = doublings.map_or(Duration::ZERO, |doublings| {
            PAUSE * (1 << doublings.min(PAUSE_DOUBLINGS_MAX))
        });
        self.until = now.after(pause);
    }
}

/// All sessions that are being opened, the oldest first.
///
/// Invariant: at most [`OPENING_MAX`] of each kind; one guard for each configured user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Openings {
    queue: VecDeque<Opening>,
    /// Those of IPMI 1.5.
    challenged: VecDeque<Challenged>,
    guards: Vec<Guard>,
}

/// One IPMI 1.5 session that is being opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Challenged {
    peer: Peer,
    /// Temporary session id.
    pub(crate) temporary: u32,
    pub(crate) challenge: [u8; 16],
    /// Which of the configured users.
    pub(crate) user: usize,
    until: Time,
}

/// Who takes a step of an opening, and when.
///
/// Choice: an opening belongs to the address that began it, as its session will. For everybody else
/// it is not there: whoever passes on what another sent gains no session, and ends no exchange.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) config: &'a Config,
    pub(crate) now: Time,
    pub(crate) peer: Peer,
}

/// What a refusal says: the status, and the session id of the console where it is known.
type Refusal = (u8, u32);

impl Openings {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            queue: VecDeque::new(),
            challenged: VecDeque::new(),
            guards: config.users.iter().map(|_| Guard::default()).collect(),
        }
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        let oldest = self.queue.front().map(|oldest| oldest.until);
        let challenged = self.challenged.front().map(|oldest| oldest.until);
        oldest.into_iter().chain(challenged).min()
    }

    pub(crate) fn expire(&mut self, now: Time) {
        self.queue.retain(|opening| opening.until > now);
        self.challenged.retain(|challenged| challenged.until > now);
    }

    pub(crate) fn has(&self, managed: u32) -> bool {
        self.queue.iter().any(|opening| opening.managed == managed)
            || self.challenged.iter().any(|one| one.temporary == managed)
    }

    /// Remembers the challenge of somebody who wants an IPMI 1.5 session.
    pub(crate) fn challenge(
        &mut self,
        (now, peer): (Time, Peer),
        (temporary, user): (u32, usize),
        challenge: [u8; 16],
    ) {
        if self.challenged.len() >= OPENING_MAX {
            self.challenged.pop_front();
        }
        self.challenged.push_back(Challenged {
            peer,
            temporary,
            challenge,
            user,
            until: now.after(OPENING_TIMEOUT),
        });
    }

    /// Who was given this temporary session id, unless that user has to wait.
    pub(crate) fn challenged(
        &self,
        (now, peer): (Time, Peer),
        temporary: u32,
    ) -> Option<Challenged> {
        let mut challenged = self.challenged.iter();
        let found = challenged.find(|one| one.temporary == temporary && one.peer == peer)?;
        (self.guards.get(found.user)?.until <= now).then_some(*found)
    }

    /// Ends one that was challenged, as its first packet came: with the right code, or not.
    pub(crate) fn challenge_met(&mut self, now: Time, met: &Challenged, genuine: bool) {
        self.challenged.retain(|one| one.temporary != met.temporary);
        if let Some(guard) = self.guards.get_mut(met.user) {
            match genuine {
                true => *guard = Guard::default(),
                false => guard.fail(now),
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// The Open Session Response; `managed` is a session id that nobody else has.
    pub(crate) fn open(
        &mut self,
        step: Step<'_>,
        (entropy, managed): (&mut Entropy, u32),
        bytes: &[u8],
    ) -> Option<Vec<u8>> {
        let [tag, ..] = *bytes.first_chunk::<8>()?;
        match read_open(step.config, bytes) {
            Ok((suite, privilege, console)) => {
                if self.queue.len() >= OPENING_MAX {
                    self.queue.pop_front();
                }
                self.queue.push_back(Opening {
                    peer: step.peer,
                    suite,
                    console,
                    managed,
                    random: entropy.draw(),
                    claim: None,
                    until: step.now.after(OPENING_TIMEOUT),
                });
                let mut out = Vec::from([tag, status::OK, privilege, 0]);
                out.extend_from_slice(&console.to_le_bytes());
                out.extend_from_slice(&managed.to_le_bytes());
                rakp::algorithm_payloads(suite, &mut out);
                Some(out)
            }
            Err((status, console)) => Some(rakp::answer_front(tag, status, console)),
        }
    }

    /// RAKP Message 2, if there is anything to say.
    pub(crate) fn rakp_1(&mut self, step: Step<'_>, bytes: &[u8]) -> Option<Vec<u8>> {
        let Step { config, now, peer } = step;
        let [tag, _, _, _, managed @ ..] = *bytes.first_chunk::<8>()?;
        let managed = u32::from_le_bytes(managed);
        let mut queue = self.queue.iter_mut();
        let known = queue.find(|one| one.managed == managed && one.peer == peer);
        let Some(opening) = known else {
            return Some(rakp::answer_front(tag, status::INVALID_SESSION, 0));
        };
        let claim = match read_rakp_1(config, bytes) {
            Ok(claim) => claim,
            Err(status) => return Some(rakp::answer_front(tag, status, opening.console)),
        };
        if self.guards.get(claim.user)?.until > now {
            return None;
        }
        opening.claim = Some(claim);
        let who = who(config.users.get(claim.user)?, claim.role);
        let challenge = opening.challenge(config);
        Some(opening.exchange(&claim).rakp_2(tag, who, &challenge))
    }

    /// An opened session, or the RAKP Message 4 that refuses; `Err(None)` says nothing.
    pub(crate) fn rakp_3(
        &mut self,
        step: Step<'_>,
        bytes: &[u8],
    ) -> Result<Opened, Option<Vec<u8>>> {
        let Step { config, now, peer } = step;
        let [tag, reason, _, _, managed @ ..] = *bytes.first_chunk::<8>().ok_or(None)?;
        let managed = u32::from_le_bytes(managed);
        let mut queue = self.queue.iter();
        let known = queue.position(|one| one.managed == managed && one.peer == peer);
        let refusal = |(status, console): Refusal| Some(rakp::answer_front(tag, status, console));
        let Some((index, opening)) = known.and_then(|index| Some((index, self.queue.get(index)?)))
        else {
            return Err(refusal((status::INVALID_SESSION, 0)));
        };
        let console = opening.console;
        if reason != status::OK {
            // The console gives up and says why.
            self.queue.remove(index);
            return Err(None);
        }
        let Some(claim) = opening.claim else {
            return Err(refusal((status::INACTIVE_SESSION, console)));
        };
        let user = config.users.get(claim.user).ok_or(None)?;
        let guard = self.guards.get_mut(claim.user).ok_or(None)?;
        if guard.until > now {
            return Err(None);
        }
        let (_, code) = bytes.split_at(8);
        if code.len() != opening.suite.exchange_code_len() {
            return Err(refusal((status::ILLEGAL_PARAMETER, console)));
        }
        let (exchange, challenge) = (opening.exchange(&claim), opening.challenge(config));
        let who = who(user, claim.role);
        self.queue.remove(index);
        if !same(&exchange.console_code(who, &challenge), code) {
            guard.fail(now);
            return Err(refusal((status::BAD_INTEGRITY_CHECK, console)));
        }
        *guard = Guard::default();
        Ok(Opened {
            session_key: exchange.session_key_from(config.session_secret(user), who, &challenge),
            exchange,
            challenge,
            user: claim.user,
            limit: level(claim.role),
        })
    }
}

impl Opening {
    fn challenge(&self, config: &Config) -> Challenge {
        Challenge {
            random: self.random,
            guid: config.guid,
        }
    }

    fn exchange(&self, claim: &Claim) -> Exchange {
        Exchange {
            suite: self.suite,
            console: self.console,
            managed: self.managed,
            random: claim.random,
        }
    }
}

fn who(user: &User, role: u8) -> Who<'_> {
    Who {
        user: user.name.as_bytes(),
        password: &user.password.0,
        role,
    }
}

fn level(role: u8) -> u8 {
    role & 0x0f
}

/// Suite, highest privilege level and session id of the console.
fn read_open(config: &Config, bytes: &[u8]) -> Result<(CipherSuite, u8, u32), Refusal> {
    let mut reader = Reader::new(bytes);
    let illegal = (status::ILLEGAL_PARAMETER, 0);
    let [_, wanted, _, _] = reader.array("front").map_err(|_| illegal)?;
    let console = reader.u32("console session id").map_err(|_| illegal)?;
    let refusal = |status| (status, console);
    let mut algorithms = [None; 3];
    for (kind, algorithm) in (0..).zip(&mut algorithms) {
        let payload = reader.array::<8>("algorithm payload");
        let [found, _, _, len, number, ..] =
            payload.map_err(|_| refusal(status::ILLEGAL_PARAMETER))?;
        if found != kind {
            return Err(refusal(status::INVALID_PAYLOAD_TYPE));
        }
        *algorithm = match len {
            // The managed system is to choose. Source: IPMI v2.0 Table 13-9.
            0 => None,
            8 => Some(number & 0x3f),
            _ => return Err(refusal(status::ILLEGAL_PARAMETER)),
        };
    }
    if !reader.is_empty() {
        return Err(refusal(status::ILLEGAL_PARAMETER));
    }
    if console == 0 {
        return Err(refusal(status::INVALID_SESSION));
    }
    // 0 asks for the highest one that there is.
    let privilege = match level(wanted) {
        0 => ADMINISTRATOR,
        level @ 1..=ADMINISTRATOR => level,
        _ => return Err(refusal(status::INVALID_ROLE)),
    };
    let suite = suite(config, algorithms).map_err(refusal)?;
    Ok((suite, privilege, console))
}

/// The first suite that is offered and has the wanted algorithms; `None` wants any.
fn suite(config: &Config, wanted: [Option<u8>; 3]) -> Result<CipherSuite, u8> {
    let offered = config.suites.iter().copied();
    let fits = |suite: CipherSuite, index: usize| {
        let wanted = wanted.get(index).copied().flatten();
        wanted.is_none() || wanted.as_ref() == suite.algorithms().get(index)
    };
    if let Some(suite) = offered
        .clone()
        .find(|suite| (0..3).all(|index| fits(*suite, index)))
    {
        return Ok(suite);
    }
    let reasons = [
        status::INVALID_AUTHENTICATION,
        status::INVALID_INTEGRITY,
        status::INVALID_CONFIDENTIALITY,
    ];
    for (index, reason) in reasons.into_iter().enumerate() {
        if !offered.clone().any(|suite| fits(suite, index)) {
            return Err(reason);
        }
    }
    Err(status::NO_CIPHER_SUITE)
}

fn read_rakp_1(config: &Config, bytes: &[u8]) -> Result<Claim, u8> {
    let illegal = |_| status::ILLEGAL_PARAMETER;
    let mut reader = Reader::new(bytes);
    reader.take(8, "front").map_err(illegal)?;
    let random = reader.array("random number").map_err(illegal)?;
    let [role, _, _, name_len] = reader.array("role").map_err(illegal)?;
    let name_len = usize::from(name_len);
    if name_len > USER_LEN_MAX {
        return Err(status::INVALID_NAME_LENGTH);
    }
    if reader.rest().len() != name_len {
        return Err(status::ILLEGAL_PARAMETER);
    }
    if role & !(0x0f | rakp::NAME_ONLY) != 0 || !(1..=ADMINISTRATOR).contains(&level(role)) {
        return Err(status::INVALID_ROLE);
    }
    let mut users = config.users.iter();
    let user = users.position(|user| user.name.as_bytes() == reader.rest());
    let user = user.ok_or(status::UNAUTHORIZED_NAME)?;
    match config.users.get(user) {
        Some(known) if level(role) <= known.privilege => Ok(Claim { random, role, user }),
        _ => Err(status::UNAUTHORIZED_ROLE),
    }
}

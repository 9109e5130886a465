//! How sessions begin: Get Session Challenge and Activate Session, or `SYS PWD`.
//!
//! Source: IPMI v2.0 §14.7.8, §22.16, §22.17.

use super::commands::Reply;
use super::{Access, Config, Effect, Server, Turn};
use crate::crypto::{md5_activation_code, same};
use crate::packet::AUTH_MD5;
use crate::server::opening::Guard;
use crate::server::privilege::{ADMINISTRATOR, CALLBACK, USER};
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::Command;
use ipmi::command::session::{
    ActivateSession, GetSessionChallenge, SessionActivated, SessionChallenge,
};
use ipmi::message::{CompletionCode, Request};
use machine::Time;
use serde::{Deserialize, Serialize};

/// Choice: how long a challenge may be met.
const CHALLENGE_TIMEOUT: Duration = Duration::from_secs(20);
/// Invalid user name. Source: IPMI v2.0 Table 22-20.
const INVALID_USER: CompletionCode = CompletionCode(0x81);
/// The level exceeds the limit of user or channel. Source: IPMI v2.0 Table 22-21.
const ABOVE_LIMIT: CompletionCode = CompletionCode(0x86);

/// The only session of the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) id: u32,
    /// Which of the configured users; `None` where nobody logs in.
    pub(super) user: Option<usize>,
    /// Highest privilege level that may be set.
    pub(super) limit: u8,
    pub(super) privilege: u8,
    /// When the last message came.
    pub(super) heard: Time,
    /// The Activate Session that opened it, in case that its answer got lost; until another message
    /// comes.
    opened_by: Option<(Vec<u8>, Vec<u8>)>,
}

impl Session {
    /// What everybody has on a line without login.
    pub(super) fn without_login(config: &Config) -> Option<Self> {
        match config.access {
            Access::Open { privilege } => Some(Self {
                id: 0,
                user: None,
                limit: privilege,
                privilege,
                heard: Time::default(),
                opened_by: None,
            }),
            Access::Login(_) => None,
        }
    }
}

/// What somebody who wants a session must know the password for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Challenge {
    /// Temporary session id; also that of the session.
    id: u32,
    challenge: [u8; 16],
    user: usize,
    until: Time,
}

impl Server {
    /// Get Session Challenge. The one before is void.
    pub(super) fn challenge(
        &mut self,
        now: Time,
        asked: &GetSessionChallenge,
    ) -> Result<SessionChallenge, CompletionCode> {
        if asked.authentication_type != AUTH_MD5 {
            return Err(CompletionCode::INVALID_FIELD);
        }
        if self.guard.until > now {
            return Err(CompletionCode::NODE_BUSY);
        }
        let name = &asked.user_name;
        let last = name.iter().rposition(|byte| *byte != 0);
        let name = name.get(..last.map_or(0, |last| last + 1));
        let mut users = self.config.users().iter();
        let user = users.position(|user| Some(user.name.as_bytes()) == name);
        let user = user.ok_or(INVALID_USER)?;
        let entropy = self.entropy.as_mut().ok_or(CompletionCode::NODE_BUSY)?;
        let challenge = Challenge {
            id: entropy.draw_id(),
            challenge: entropy.draw(),
            user,
            until: now.after(CHALLENGE_TIMEOUT),
        };
        let answer = SessionChallenge {
            session: challenge.id,
            challenge: challenge.challenge,
        };
        self.challenge = Some(challenge);
        Ok(answer)
    }

    /// Activate Session.
    pub(super) fn activate(
        &mut self,
        turn: &mut Turn<'_>,
        (frame, request): (&[u8], &Request),
    ) -> Reply {
        let opened_by = self.session.as_ref();
        let opened_by = opened_by.and_then(|session| session.opened_by.as_ref());
        if let Some((_, answer)) = opened_by.filter(|(asked, _)| asked == frame) {
            return Ok(answer.clone());
        }
        let (limit, code) = read_activation(request)?;
        let challenge = self.challenge.take();
        let challenge = challenge.filter(|one| one.until > turn.now);
        let challenge = challenge.ok_or(CompletionCode::NOT_IN_STATE)?;
        let user = self.config.users().get(challenge.user);
        let user = user.ok_or(INVALID_USER)?;
        let expected = md5_activation_code(&user.password.0, challenge.id, &challenge.challenge);
        if !same(&expected, &code) {
            self.guard.fail(turn.now);
            // Choice: the standard has no code for a wrong password.
            return Err(CompletionCode::INVALID_FIELD);
        }
        self.guard = Guard::default();
        if limit > user.privilege {
            return Err(ABOVE_LIMIT);
        }
        let activated = SessionActivated {
            authentication_type: AUTH_MD5,
            session: challenge.id,
            inbound_sequence: 1,
            privilege: limit,
        };
        let answer = ActivateSession::respond(&activated).data;
        let opened_by = Some((frame.to_vec(), answer.clone()));
        self.begin(
            turn,
            Session {
                id: challenge.id,
                user: Some(challenge.user),
                limit,
                privilege: limit.min(USER),
                heard: turn.now,
                opened_by,
            },
        );
        Ok(answer)
    }

    /// `SYS PWD` with a user name and a password.
    ///
    /// Choice: the session has the user's highest privilege level at once, as words know no other
    /// way to it; on a line without login every password is right.
    pub(super) fn log_in(
        &mut self,
        turn: &mut Turn<'_>,
        (name, password): (&str, &str),
    ) -> Result<(), CompletionCode> {
        if matches!(self.config.access, Access::Open { .. }) {
            return Ok(());
        }
        if self.guard.until > turn.now {
            return Err(CompletionCode::NODE_BUSY);
        }
        let users = self.config.users();
        let found = users.iter().position(|user| user.name == name);
        let found = found.and_then(|index| Some((index, users.get(index)?)));
        let known = found.filter(|(_, user)| same(&user.password.0, password.as_bytes()));
        let Some((index, user)) = known else {
            self.guard.fail(turn.now);
            // Source: IPMI v2.0 §14.7.8: a wrong password also ends the session that is open.
            self.close(turn);
            return Err(CompletionCode::INSUFFICIENT_PRIVILEGE);
        };
        let privilege = user.privilege;
        self.guard = Guard::default();
        let id = self.entropy.as_mut().map_or(0, |entropy| entropy.draw_id());
        self.begin(
            turn,
            Session {
                id,
                user: Some(index),
                limit: privilege,
                privilege,
                heard: turn.now,
                opened_by: None,
            },
        );
        Ok(())
    }

    /// Choice: who logs in takes the place of who was in, as a line has one console.
    fn begin(&mut self, turn: &mut Turn<'_>, session: Session) {
        self.close(turn);
        let user = session.user.and_then(|user| self.config.users().get(user));
        let user = user.map(|user| user.name.clone()).unwrap_or_default();
        turn.effects.push(Effect::Opened { user });
        self.session = Some(session);
    }

    /// Any other message says that the answer to Activate Session came.
    pub(super) fn activation_is_over(&mut self) {
        if let Some(session) = &mut self.session {
            session.opened_by = None;
        }
    }
}

/// Highest privilege level of the session, and the authentication code. The sequence number has no
/// place on this line.
fn read_activation(request: &Request) -> Result<(u8, [u8; 16]), CompletionCode> {
    let asked = ActivateSession::read_request(request)?;
    let is_possible = (CALLBACK..=ADMINISTRATOR).contains(&asked.privilege);
    if asked.authentication_type != AUTH_MD5 || !is_possible {
        return Err(CompletionCode::INVALID_FIELD);
    }
    Ok((asked.privilege, asked.challenge))
}

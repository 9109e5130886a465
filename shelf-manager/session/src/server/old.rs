//! IPMI 1.5 sessions with MD5, where they are allowed.
//!
//! Source: IPMI v2.0 §6.12.7, §22.16, §22.17.

use super::commands::Reply;
use super::privilege::{ADMINISTRATOR, CALLBACK};
use super::{Server, Turn};
use crate::channel::{Channel, Inbound, Protection};
use crate::crypto::{md5_code, same};
use crate::packet::AUTH_MD5;
use crate::queued::SHELF_MANAGER;
use ipmi::command::Command;
use ipmi::command::session::{
    ActivateSession, GetSessionChallenge, SessionActivated, SessionChallenge,
};
use ipmi::ipmb::{decode_request, encode_response};
use ipmi::message::{CompletionCode, Request};

/// Invalid user name. Source: IPMI v2.0 Table 22-18.
const INVALID_USER: CompletionCode = CompletionCode(0x81);
/// No session slot available. Source: IPMI v2.0 Table 22-21.
const NO_SLOT: CompletionCode = CompletionCode(0x81);
/// The level exceeds the limit of user or channel. Source: IPMI v2.0 Table 22-21.
const ABOVE_LIMIT: CompletionCode = CompletionCode(0x86);

impl Server {
    /// Get Session Challenge; `None` when this is something else.
    pub(super) fn session_challenge(
        &mut self,
        turn: &Turn<'_>,
        request: &Request,
    ) -> Option<Reply> {
        let is_asked = GetSessionChallenge::is(request);
        if !is_asked || !self.config.allow_ipmi_1_5 {
            return None;
        }
        let asked = match GetSessionChallenge::read_request(request) {
            Ok(asked) => asked,
            Err(code) => return Some(Err(code)),
        };
        if asked.authentication_type != AUTH_MD5 {
            return Some(Err(CompletionCode::INVALID_FIELD));
        }
        let name = &asked.user_name;
        let last = name.iter().rposition(|byte| *byte != 0);
        let name = name.get(..last.map_or(0, |last| last + 1));
        let mut users = self.config.users.iter();
        let Some(user) = users.position(|user| Some(user.name.as_bytes()) == name) else {
            return Some(Err(INVALID_USER));
        };
        let session = self.new_id()?;
        let challenge = self.entropy.as_mut()?.draw();
        let from = (turn.now, turn.peer);
        self.openings.challenge(from, (session, user), challenge);
        let answer = SessionChallenge { session, challenge };
        Some(Ok(GetSessionChallenge::respond(&answer).data))
    }

    /// The first packet of a session: Activate Session. A wrong code is not answered.
    pub(super) fn activate(
        &mut self,
        turn: &mut Turn<'_>,
        (temporary, sequence): (u32, u32),
        (code, message): ([u8; 16], &[u8]),
    ) -> Option<()> {
        let challenged = self.openings.challenged((turn.now, turn.peer), temporary)?;
        let user = self.config.users.get(challenged.user)?;
        let (password, highest) = (user.password.0.clone(), user.privilege);
        let expected = md5_code(&password, temporary, sequence, message);
        let genuine = same(&expected, &code);
        self.openings.challenge_met(turn.now, &challenged, genuine);
        let (route, request) = decode_request(message).ok()?;
        let is_asked = ActivateSession::is(&request);
        if !genuine || !is_asked || route.responder != SHELF_MANAGER {
            return None;
        }
        // Choice: the temporary session id becomes that of the session.
        let mut channel = Channel {
            protection: Protection::Md5,
            theirs: temporary,
            ours: temporary,
            sequence: 1,
            inbound: Inbound::default(),
        };
        let read = read_activation(&request, &challenged.challenge, highest);
        let reply = read.and_then(|(limit, first)| {
            channel.sequence = first;
            let session = self.begin(turn, (challenged.user, limit), channel.clone());
            session.ok_or(NO_SLOT)?;
            let activated = SessionActivated {
                authentication_type: AUTH_MD5,
                session: temporary,
                // The console may begin with any number: with 1 as well as with another.
                inbound_sequence: 1,
                privilege: limit,
            };
            Ok(ActivateSession::respond(&activated).data)
        });
        let answer = encode_response(route, &request, &reply.into());
        match self.sessions.contains_key(&temporary) {
            true => self.send(temporary, &answer, turn.effects),
            false => turn.send(channel.seal(&password, &answer)),
        }
        Some(())
    }
}

/// Highest privilege level of the session, and the sequence number of our first packet.
fn read_activation(
    request: &Request,
    challenge: &[u8; 16],
    highest: u8,
) -> Result<(u8, u32), CompletionCode> {
    let asked = ActivateSession::read_request(request)?;
    let limit = asked.privilege;
    let is_possible = (CALLBACK..=ADMINISTRATOR).contains(&limit);
    if asked.authentication_type != AUTH_MD5 || asked.challenge != *challenge || !is_possible {
        return Err(CompletionCode::INVALID_FIELD);
    }
    if limit > highest {
        return Err(ABOVE_LIMIT);
    }
    Ok((limit, asked.outbound_sequence.max(1)))
}

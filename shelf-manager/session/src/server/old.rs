//! IPMI 1.5 sessions with MD5, where they are allowed.
//!
//! Source: IPMI v2.0 §6.12.7, §22.16, §22.17.

use super::commands::{INVALID_FIELD, Reply, WRONG_LENGTH};
use super::privilege::{ADMINISTRATOR, CALLBACK};
use super::{Server, Turn, response};
use crate::channel::{Channel, Inbound, Protection};
use crate::crypto::{md5_code, same};
use crate::lan::commands::{ACTIVATE_SESSION, SESSION_CHALLENGE};
use crate::packet::AUTH_MD5;
use crate::queued::SHELF_MANAGER;
use crate::rakp::USER_LEN_MAX;
use alloc::vec::Vec;
use ipmi::ipmb::{decode_request, encode_response};
use ipmi::message::{CompletionCode, NetFn, Request};
use ipmi::wire::Reader;
use machine::Time;

/// Invalid user name. Source: IPMI v2.0 Table 22-18.
const INVALID_USER: CompletionCode = CompletionCode(0x81);
/// No session slot available. Source: IPMI v2.0 Table 22-21.
const NO_SLOT: CompletionCode = CompletionCode(0x81);
/// The level exceeds the limit of user or channel. Source: IPMI v2.0 Table 22-21.
const ABOVE_LIMIT: CompletionCode = CompletionCode(0x86);

impl Server {
    /// Get Session Challenge; `None` when this is something else.
    pub(super) fn session_challenge(&mut self, now: Time, request: &Request) -> Option<Reply> {
        let is_asked = request.net_fn == NetFn::APP && request.command == SESSION_CHALLENGE;
        if !is_asked || !self.config.allow_ipmi_1_5 {
            return None;
        }
        let Some(([kind], name)) = request.data.split_first_chunk::<1>() else {
            return Some(WRONG_LENGTH);
        };
        if name.len() != USER_LEN_MAX {
            return Some(WRONG_LENGTH);
        }
        if *kind != AUTH_MD5 {
            return Some(INVALID_FIELD);
        }
        let len = name
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |last| last + 1);
        let name = name.get(..len);
        let mut users = self.config.users.iter();
        let Some(user) = users.position(|user| Some(user.name.as_bytes()) == name) else {
            return Some(Err(INVALID_USER));
        };
        let temporary = self.new_id()?;
        let challenge = self.entropy.as_mut()?.draw();
        self.openings.challenge(now, (temporary, user), challenge);
        let mut data = temporary.to_le_bytes().to_vec();
        data.extend_from_slice(&challenge);
        Some(Ok(data))
    }

    /// The first packet of a session: Activate Session. A wrong code is not answered.
    pub(super) fn activate(
        &mut self,
        turn: &mut Turn<'_>,
        (temporary, sequence): (u32, u32),
        (code, message): ([u8; 16], &[u8]),
    ) -> Option<()> {
        let challenged = self.openings.challenged(turn.now, temporary)?;
        let user = self.config.users.get(challenged.user)?;
        let (password, highest) = (user.password.0.clone(), user.privilege);
        let expected = md5_code(&password, temporary, sequence, message);
        let genuine = same(&expected, &code);
        self.openings.challenge_met(turn.now, &challenged, genuine);
        let (route, request) = decode_request(message).ok()?;
        let is_asked = request.net_fn == NetFn::APP && request.command == ACTIVATE_SESSION;
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
        let read = read_activation(&request.data, &challenged.challenge, highest);
        let reply = read.and_then(|(limit, first)| {
            channel.sequence = first;
            let session = self.begin(turn, (challenged.user, limit), channel.clone());
            session.ok_or(NO_SLOT)?;
            // The console may begin with any number: with 1 as well as with another.
            let mut data = Vec::from([AUTH_MD5]);
            data.extend_from_slice(&temporary.to_le_bytes());
            data.extend_from_slice(&1u32.to_le_bytes());
            data.push(limit);
            Ok(data)
        });
        let answer = encode_response(route, &request, &response(reply));
        match self.sessions.contains_key(&temporary) {
            true => self.send(temporary, &answer, turn.effects),
            false => turn.send(channel.seal(&password, &answer)),
        }
        Some(())
    }
}

/// Highest privilege level of the session, and the sequence number of our first packet.
fn read_activation(
    data: &[u8],
    challenge: &[u8; 16],
    highest: u8,
) -> Result<(u8, u32), CompletionCode> {
    let wrong_length = |_| CompletionCode::LENGTH_INVALID;
    let mut reader = Reader::new(data);
    let [kind, limit] = reader.array("front").map_err(wrong_length)?;
    let found: [u8; 16] = reader.array("challenge").map_err(wrong_length)?;
    let first = reader.u32("sequence").map_err(wrong_length)?;
    if !reader.is_empty() {
        return Err(CompletionCode::LENGTH_INVALID);
    }
    if kind != AUTH_MD5 || found != *challenge || !(CALLBACK..=ADMINISTRATOR).contains(&limit) {
        return Err(CompletionCode::INVALID_FIELD);
    }
    if limit > highest {
        return Err(ABOVE_LIMIT);
    }
    Ok((limit, first.max(1)))
}

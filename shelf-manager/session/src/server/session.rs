//! How sessions begin.

use super::opening::Opened;
use super::privilege::USER;
use super::{Effect, Peer, Server, Ticket, Turn};
use crate::channel::{Channel, Inbound, Protection};
use crate::rakp::{self, status};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use machine::Time;
use serde::{Deserialize, Serialize};

/// One open session.
///
/// Invariant: `questions` has at most [`super::QUESTIONS_MAX`] messages, each of them a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) peer: Peer,
    /// 1 to [`super::SESSIONS_MAX`], unique.
    pub(super) handle: u8,
    /// Which of the configured users.
    pub(super) user: usize,
    /// Highest privilege level that may be set.
    pub(super) limit: u8,
    pub(super) privilege: u8,
    pub(super) channel: Channel,
    /// When something genuine came in last.
    pub(super) heard: Time,
    /// RAKP Messages 3 and 4, in case that the latter got lost; until the first packet comes.
    pub(super) last_words: Option<(Vec<u8>, Vec<u8>)>,
    /// What waits for its answer.
    pub(super) questions: BTreeMap<Ticket, Vec<u8>>,
}

impl Server {
    pub(super) fn open_session(&mut self, now: Time, payload: &[u8]) -> Option<Vec<u8>> {
        if self.sessions.len() >= usize::from(self.config.sessions_max) {
            let [tag, _, _, _, console @ ..] = *payload.first_chunk::<8>()?;
            let console = u32::from_le_bytes(console);
            return Some(rakp::answer_front(tag, status::NO_RESOURCES, console));
        }
        let entropy = self.entropy.as_mut()?;
        let mut managed = entropy.draw_id();
        while self.sessions.contains_key(&managed) || self.openings.has(managed) {
            managed = entropy.draw_id();
        }
        let (config, openings) = (&self.config, &mut self.openings);
        openings.open((config, now), (entropy, managed), payload)
    }

    pub(super) fn rakp_3(&mut self, turn: &mut Turn<'_>, payload: &[u8]) -> Option<Vec<u8>> {
        let mut opened_before = self
            .sessions
            .values()
            .filter_map(|one| one.last_words.as_ref());
        if let Some((_, answer)) = opened_before.find(|(question, _)| question == payload) {
            return Some(answer.clone());
        }
        match self.openings.rakp_3(&self.config, turn.now, payload) {
            Ok(opened) => Some(self.opened(turn, &opened, payload)),
            Err(refusal) => refusal,
        }
    }

    /// Opens a session; the answer is RAKP Message 4.
    fn opened(&mut self, turn: &mut Turn<'_>, opened: &Opened, question: &[u8]) -> Vec<u8> {
        let exchange = opened.exchange;
        let tag = question.first().copied().unwrap_or_default();
        let mut handles = 1..=self.config.sessions_max;
        let is_free = |handle: &u8| self.sessions.values().all(|one| one.handle != *handle);
        let (Some(handle), Some(entropy)) = (handles.find(is_free), &mut self.entropy) else {
            return rakp::answer_front(tag, status::NO_RESOURCES, exchange.console);
        };
        let answer = exchange.rakp_4(tag, &opened.session_key, &opened.challenge);
        let channel = Channel {
            protection: Protection::Suite {
                suite: exchange.suite,
                keys: exchange.keys(&opened.session_key),
                entropy: entropy.fork(),
            },
            theirs: exchange.console,
            ours: exchange.managed,
            sequence: 1,
            inbound: Inbound::default(),
        };
        let session = Session {
            peer: turn.peer,
            handle,
            user: opened.user,
            limit: opened.limit,
            privilege: opened.limit.min(USER),
            channel,
            heard: turn.now,
            last_words: Some((question.to_vec(), answer.clone())),
            questions: BTreeMap::new(),
        };
        self.sessions.insert(exchange.managed, session);
        let user = self.config.users.get(opened.user);
        turn.effects.push(Effect::Opened {
            peer: turn.peer,
            user: user.map(|user| user.name.clone()).unwrap_or_default(),
        });
        answer
    }
}

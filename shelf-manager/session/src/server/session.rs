//! How sessions begin.

use super::opening::{Opened, Step};
use super::privilege::USER;
use super::{Config, Effect, Peer, Server, Ticket, Turn};
use crate::channel::{Channel, Inbound, Protection};
use crate::crypto::Entropy;
use crate::rakp::{self, status};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most data bytes of a response; well below what fits into a datagram.
const RESPONSE_LEN_MAX: usize = 1024;
/// The same in an IPMI 1.5 packet, whose length is one byte.
const RESPONSE_LEN_MAX_1_5: usize = 240;

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

impl Session {
    pub(super) fn response_len_max(&self) -> usize {
        match self.channel.protection {
            Protection::Suite { .. } => RESPONSE_LEN_MAX,
            Protection::Md5 => RESPONSE_LEN_MAX_1_5,
        }
    }
}

impl Turn<'_> {
    pub(super) fn step<'a>(&self, config: &'a Config) -> Step<'a> {
        Step {
            config,
            now: self.now,
            peer: self.peer,
        }
    }
}

impl Server {
    pub(super) fn open_session(&mut self, turn: &Turn<'_>, payload: &[u8]) -> Option<Vec<u8>> {
        if self.sessions.len() >= usize::from(self.config.sessions_max) {
            let [tag, _, _, _, console @ ..] = *payload.first_chunk::<8>()?;
            let console = u32::from_le_bytes(console);
            return Some(rakp::answer_front(tag, status::NO_RESOURCES, console));
        }
        let managed = self.new_id()?;
        let entropy = self.entropy.as_mut()?;
        let step = turn.step(&self.config);
        self.openings.open(step, (entropy, managed), payload)
    }

    pub(super) fn rakp_3(&mut self, turn: &mut Turn<'_>, payload: &[u8]) -> Option<Vec<u8>> {
        let sessions = self.sessions.values();
        let mut opened_before = sessions
            .filter(|session| session.peer == turn.peer)
            .filter_map(|session| session.last_words.as_ref());
        if let Some((_, answer)) = opened_before.find(|(question, _)| question == payload) {
            return Some(answer.clone());
        }
        match self.openings.rakp_3(turn.step(&self.config), payload) {
            Ok(opened) => Some(self.opened(turn, &opened, payload)),
            Err(refusal) => refusal,
        }
    }

    /// Opens a session; the answer is RAKP Message 4.
    fn opened(&mut self, turn: &mut Turn<'_>, opened: &Opened, question: &[u8]) -> Vec<u8> {
        let exchange = opened.exchange;
        let tag = question.first().copied().unwrap_or_default();
        let Some(entropy) = self.entropy.as_mut().map(Entropy::fork) else {
            return rakp::answer_front(tag, status::NO_RESOURCES, exchange.console);
        };
        let channel = Channel {
            protection: Protection::Suite {
                suite: exchange.suite,
                keys: exchange.keys(&opened.session_key),
                entropy,
            },
            theirs: exchange.console,
            ours: exchange.managed,
            sequence: 1,
            inbound: Inbound::default(),
        };
        let Some(session) = self.begin(turn, (opened.user, opened.limit), channel) else {
            return rakp::answer_front(tag, status::NO_RESOURCES, exchange.console);
        };
        let answer = exchange.rakp_4(tag, &opened.session_key, &opened.challenge);
        session.last_words = Some((question.to_vec(), answer.clone()));
        answer
    }

    /// A new session, unless there are too many.
    pub(super) fn begin(
        &mut self,
        turn: &mut Turn<'_>,
        (user, limit): (usize, u8),
        channel: Channel,
    ) -> Option<&mut Session> {
        let mut handles = 1..=self.config.sessions_max;
        let is_free = |handle: &u8| self.sessions.values().all(|one| one.handle != *handle);
        let handle = handles.find(is_free)?;
        turn.effects.push(Effect::Opened {
            peer: turn.peer,
            user: self.config.users.get(user)?.name.clone(),
        });
        let session = Session {
            peer: turn.peer,
            handle,
            user,
            limit,
            privilege: limit.min(USER),
            heard: turn.now,
            last_words: None,
            questions: BTreeMap::new(),
            channel,
        };
        Some(self.sessions.entry(session.channel.ours).or_insert(session))
    }

    /// A session id that nobody has.
    pub(super) fn new_id(&mut self) -> Option<u32> {
        let entropy = self.entropy.as_mut()?;
        let mut id = entropy.draw_id();
        while self.sessions.contains_key(&id) || self.openings.has(id) {
            id = entropy.draw_id();
        }
        Some(id)
    }
}

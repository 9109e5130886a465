//! A console that sends whatever a test wants, and the server with its clock.

use super::super::*;
use crate::CipherSuite;
use crate::channel::{Channel, Inbound, Protection};
use crate::rakp::{self, Challenge, Exchange, Who};
use alloc::vec;
use core::time::Duration;

pub(super) const PEER: Peer = Peer(7);
/// Somebody else.
pub(super) const OTHER: Peer = Peer(8);
pub(super) const ADMIN: Who<'static> = Who {
    user: b"admin",
    password: b"secret",
    role: 0x14,
};
pub(super) const READER: Who<'static> = Who {
    user: b"reader",
    password: b"look",
    role: 0x12,
};
const CONSOLE: u32 = 0xa0a2_a3a4;

pub(super) struct Bench {
    pub(super) server: Server,
    pub(super) now: Time,
}

pub(super) fn config() -> Config {
    Config {
        guid: [0x20; 16],
        ..Config::new(vec![
            User::new("admin", "secret", 4),
            User::new("reader", "look", 2),
        ])
    }
}

impl Bench {
    pub(super) fn new(config: Config) -> Self {
        let mut bench = Self {
            server: Server::new(config).unwrap(),
            now: Time(1),
        };
        assert_eq!(bench.apply(&Input::Seed([5; 32])), []);
        bench
    }

    pub(super) fn usual() -> Self {
        Self::new(config())
    }

    pub(super) fn apply(&mut self, input: &Input) -> Vec<Effect> {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        let mut effects = vec![];
        self.server.apply(at, input, &mut effects);
        effects
    }

    pub(super) fn receive(&mut self, peer: Peer, bytes: &[u8]) -> Vec<Effect> {
        let bytes = bytes.to_vec();
        self.apply(&Input::Received { peer, bytes })
    }

    pub(super) fn wait(&mut self, time: Duration) -> Vec<Effect> {
        self.now = self.now.after(time);
        self.apply(&Input::Tick)
    }

    /// What a payload outside of a session is answered with.
    pub(super) fn exchange(&mut self, kind: u8, payload: &[u8]) -> Option<Vec<u8>> {
        self.exchange_as(PEER, kind, payload)
    }

    /// The same, from any address.
    pub(super) fn exchange_as(&mut self, peer: Peer, kind: u8, payload: &[u8]) -> Option<Vec<u8>> {
        let effects = self.receive(peer, &packet::encode_plain(kind, payload));
        let sent = effects.last()?;
        let Effect::Send { peer: to, bytes } = sent else {
            panic!("{sent:?}");
        };
        assert_eq!(*to, peer);
        match packet::decode(bytes) {
            Some(Packet::Plain {
                kind: answered,
                payload,
            }) => {
                assert_eq!(answered, kind + u8::from(kind != payload::MESSAGE));
                Some(payload.to_vec())
            }
            other => panic!("{other:?}"),
        }
    }

    /// Asks for a session; the exchange as it stands, with its challenge.
    pub(super) fn begin(&mut self, suite: CipherSuite, who: Who<'_>) -> (Exchange, Challenge) {
        let request = rakp::open_session(1, 0, CONSOLE, suite);
        let answer = self.exchange(payload::OPEN_SESSION_REQUEST, &request);
        let answer = answer.unwrap();
        assert_eq!(answer[..4], [1, 0, 4, 0]);
        assert_eq!(answer[12..], request[8..]);
        let exchange = Exchange {
            suite,
            console: CONSOLE,
            managed: u32::from_le_bytes(answer[8..12].try_into().unwrap()),
            random: [9; 16],
        };
        let answer = self.exchange(payload::RAKP_1, &exchange.rakp_1(2, who));
        let answer = answer.unwrap();
        assert_eq!(answer[..2], [2, 0]);
        let challenge = Challenge {
            random: answer[8..24].try_into().unwrap(),
            guid: answer[24..40].try_into().unwrap(),
        };
        let expected = exchange.rakp_2(2, who, &challenge);
        assert_eq!(answer, expected, "the server knows the password");
        (exchange, challenge)
    }

    /// Status of RAKP Message 4, if there is one.
    pub(super) fn finish(
        &mut self,
        (exchange, challenge): (Exchange, Challenge),
        who: Who<'_>,
    ) -> Option<u8> {
        let question = exchange.rakp_3(3, who, &challenge);
        let answer = self.exchange(payload::RAKP_3, &question)?;
        Some(answer[1])
    }

    pub(super) fn open(&mut self, suite: CipherSuite, who: Who<'_>) -> Console {
        let (exchange, challenge) = self.begin(suite, who);
        let question = exchange.rakp_3(3, who, &challenge);
        let answer = self.exchange(payload::RAKP_3, &question).unwrap();
        let key = match &self.server.config.kg {
            Some(kg) => exchange.session_key_from(&kg.0, who, &challenge),
            None => exchange.session_key(who, &challenge),
        };
        assert_eq!(answer, exchange.rakp_4(3, &key, &challenge));
        Console {
            channel: Channel {
                protection: Protection::Suite {
                    suite,
                    keys: exchange.keys(&key),
                    entropy: Entropy::new([6; 32]),
                },
                theirs: exchange.managed,
                ours: CONSOLE,
                sequence: 1,
                inbound: Inbound::default(),
            },
        }
    }

    /// An administrator's session.
    pub(super) fn administrator(&mut self) -> Console {
        let mut console = self.open(CipherSuite::Sha256, ADMIN);
        let answer = console.ask(self, &request(0x3b, &[4]));
        assert_eq!(answer, Some((0, vec![4])));
        console
    }
}

pub(super) struct Console {
    pub(super) channel: Channel,
}

impl Console {
    pub(super) fn seal(&mut self, request: &Request) -> Vec<u8> {
        self.channel
            .seal(&[], &crate::lan::commands::message(9, request))
    }

    /// Completion code and data of the answer that comes at once, if any.
    pub(super) fn ask(&mut self, bench: &mut Bench, request: &Request) -> Option<(u8, Vec<u8>)> {
        let effects = bench.receive(PEER, &self.seal(request));
        self.heard(&effects).into_iter().next()
    }

    /// All answers among `effects`.
    pub(super) fn heard(&mut self, effects: &[Effect]) -> Vec<(u8, Vec<u8>)> {
        let mut answers = vec![];
        for effect in effects {
            if let Effect::Send { bytes, .. } = effect {
                let mut counters = Counters::default();
                let message = self.channel.open(&[], bytes, &mut counters).unwrap();
                let answer = ipmi::ipmb::decode_response(&message).unwrap();
                answers.push((answer.response.code.0, answer.response.data));
            }
        }
        answers
    }
}

/// A request of the application functions.
pub(super) fn request(command: u8, data: &[u8]) -> Request {
    crate::lan::commands::app(command, data)
}

/// The only question among `effects`.
pub(super) fn asked(effects: &[Effect]) -> (Ticket, Target, u8, Request) {
    match effects {
        [
            Effect::Ask {
                ticket,
                target,
                privilege,
                request,
            },
        ] => (*ticket, *target, *privilege, request.clone()),
        other => panic!("{other:?}"),
    }
}

pub(super) fn response(code: u8, data: &[u8]) -> Response {
    Response {
        code: CompletionCode(code),
        data: data.to_vec(),
    }
}

/// Data of the answer to a request outside of a session.
pub(super) fn outside(bench: &mut Bench, request: &Request) -> Vec<u8> {
    let message = crate::lan::commands::message(9, request);
    let answer = bench.exchange(payload::MESSAGE, &message).unwrap();
    ipmi::ipmb::decode_response(&answer).unwrap().response.data
}

//! Whole conversations.

use super::super::*;
use super::server::{Server, Traits, USUAL};
use crate::WAITING_MAX;
use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::vec;
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::port::{IN_FLIGHT_MAX, Target};

struct Play {
    lan: Lan,
    server: Server,
    now: Time,
    /// Datagrams to the client that were not delivered yet.
    to_client: VecDeque<Vec<u8>>,
    events: Vec<PortEvent>,
    sent: usize,
}

impl Play {
    fn new(traits: Traits, config: Config) -> Self {
        Self {
            lan: Lan::new(config).unwrap(),
            server: Server::new(traits),
            now: Time(1),
            to_client: VecDeque::new(),
            events: vec![],
            sent: 0,
        }
    }

    fn usual() -> Self {
        let mut play = Self::new(USUAL, Config::new("admin", "secret"));
        play.start();
        play.run();
        assert_eq!(play.news(), [PortEvent::Up]);
        play
    }

    fn start(&mut self) {
        self.apply(&Input::Start { seed: [3; 32] });
    }

    /// Applies one input; what the client sends reaches the server at once.
    fn apply(&mut self, input: &Input) {
        for sent in self.apply_lost(input) {
            self.to_client.extend(self.server.receive(&sent));
        }
    }

    /// Applies one input; what the client sends is lost, and returned.
    fn apply_lost(&mut self, input: &Input) -> Vec<Vec<u8>> {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        let mut effects = vec![];
        self.lan.apply(at, input, &mut effects);
        let kept = postcard::to_allocvec(&self.lan).unwrap();
        assert_eq!(self.lan, postcard::from_bytes(&kept).unwrap());
        let mut sent = vec![];
        for effect in effects {
            match effect {
                Effect::Send(bytes) => sent.push(bytes),
                Effect::Event(event) => self.events.push(event),
            }
        }
        self.sent += sent.len();
        sent
    }

    /// Delivers until nothing moves.
    fn run(&mut self) {
        while let Some(bytes) = self.to_client.pop_front() {
            self.apply(&Input::Received(bytes));
        }
    }

    fn order(&mut self, token: u64, target: Target) {
        self.apply(&order(token, target));
    }

    fn tick_lost(&mut self) -> Vec<Vec<u8>> {
        self.now = self.lan.deadline().unwrap();
        self.apply_lost(&Input::Tick)
    }

    fn news(&mut self) -> Vec<PortEvent> {
        core::mem::take(&mut self.events)
    }
}

fn request(token: u64) -> Request {
    Request {
        net_fn: NetFn::SENSOR_EVENT,
        lun: 0,
        command: 0x2d,
        data: vec![token as u8],
    }
}

fn order(token: u64, target: Target) -> Input {
    let request = request(token);
    Input::Order(PortOrder {
        token,
        target,
        request,
    })
}

fn response(code: u8, data: &[u8]) -> Response {
    Response {
        code: CompletionCode(code),
        data: data.to_vec(),
    }
}

fn echoed(token: u64) -> PortEvent {
    let result = Ok(response(0, &[token as u8]));
    PortEvent::Answer { token, result }
}

fn failed(token: u64, error: RequestError) -> PortEvent {
    let result = Err(error);
    PortEvent::Answer { token, result }
}

fn down(traits: Traits, config: Config) -> Vec<PortEvent> {
    let mut play = Play::new(traits, config);
    play.start();
    play.run();
    play.news()
}

fn usual() -> Config {
    Config::new("admin", "secret")
}

fn with_1_5() -> Config {
    Config {
        allow_ipmi_1_5: true,
        ..usual()
    }
}

#[test]
fn suites_are_tried_in_order() {
    let cases: [(&'static [u8], &[CipherSuite], _); 4] = [
        (&[3, 17], &CipherSuite::PREFERRED, CipherSuite::Sha256),
        (&[3], &CipherSuite::PREFERRED, CipherSuite::Sha1),
        (
            &[3, 17],
            &[CipherSuite::Sha1, CipherSuite::Sha256],
            CipherSuite::Sha1,
        ),
        (&[17], &[CipherSuite::Sha256], CipherSuite::Sha256),
    ];
    for (offered, accepted, expected) in cases {
        let traits = Traits {
            suites: offered,
            ..USUAL
        };
        let config = Config {
            suites: accepted.to_vec(),
            ..usual()
        };
        let mut play = Play::new(traits, config);
        play.start();
        play.run();
        assert_eq!(play.news(), [PortEvent::Up]);
        assert_eq!(play.lan.suite(), Some(expected));
    }
}

#[test]
fn each_refusal_has_its_reason() {
    let none = Traits {
        suites: &[],
        ..USUAL
    };
    let old = Traits {
        rmcp_plus: false,
        ..USUAL
    };
    let old_without_md5 = Traits { md5: false, ..old };
    let with_status = |kind, status| Traits {
        status: (kind, status),
        ..USUAL
    };
    let protocol = |text: &str| DownReason::Protocol(text.to_string());
    let wrong = Config::new("admin", "wrong");
    let nobody = Config::new("nobody", "secret");
    let nobody_1_5 = Config {
        allow_ipmi_1_5: true,
        ..nobody.clone()
    };
    let no_privilege = Traits {
        privilege_code: 0x81,
        ..USUAL
    };
    let cases = [
        (USUAL, wrong, DownReason::Unauthenticated),
        (USUAL, nobody, DownReason::Unauthenticated),
        (none, usual(), DownReason::CipherRefused),
        (old, usual(), DownReason::CipherRefused),
        (old_without_md5, with_1_5(), DownReason::CipherRefused),
        (old, nobody_1_5, DownReason::Unauthenticated),
        (
            with_status(0x13, 0x0a),
            usual(),
            DownReason::Unauthenticated,
        ),
        (
            with_status(0x11, 0x01),
            usual(),
            protocol("Open Session Response with status 01h"),
        ),
        (
            with_status(0x13, 0x02),
            usual(),
            protocol("RAKP Message 2 with status 02h"),
        ),
        (
            with_status(0x15, 0x0f),
            usual(),
            protocol("RAKP Message 4 with status 0Fh"),
        ),
        (
            no_privilege,
            usual(),
            protocol("privilege level 4 refused with completion code 81h"),
        ),
    ];
    for (traits, config, reason) in cases {
        assert_eq!(down(traits, config), [PortEvent::Down(reason)]);
    }
}

/// A managed system has few sessions: one that is of no use to us must not block an operator.
#[test]
fn no_session_is_left_open() {
    let mut refused = Play::new(
        Traits {
            privilege_code: 0x81,
            ..USUAL
        },
        usual(),
    );
    refused.start();
    refused.run();
    assert!(refused.server.closed, "after a refused privilege level");

    let mut play = Play::usual();
    play.apply_lost(&order(1, Target::ShelfManager));
    let last = (0..3).map(|_| play.tick_lost()).last().unwrap();
    for datagram in last {
        play.server.receive(&datagram);
    }
    assert!(play.server.closed, "after silence");
    assert!(!play.lan.is_open());
}

#[test]
fn ipmi_1_5_comes_last_and_only_when_allowed() {
    for traits in [
        Traits {
            rmcp_plus: false,
            ..USUAL
        },
        Traits {
            suites: &[],
            ..USUAL
        },
    ] {
        let mut play = Play::new(traits, with_1_5());
        play.start();
        play.run();
        play.order(1, Target::ShelfManager);
        play.order(2, Target::Ipmb(0x82));
        play.run();
        assert_eq!(play.news(), [PortEvent::Up, echoed(1), echoed(2)]);
        assert_eq!(play.lan.suite(), None);
    }
}

#[test]
fn wrong_password_of_ipmi_1_5_is_silence() {
    let old = Traits {
        rmcp_plus: false,
        ..USUAL
    };
    let config = Config {
        allow_ipmi_1_5: true,
        ..Config::new("admin", "wrong")
    };
    let mut play = Play::new(old, config);
    play.start();
    play.run();
    for _ in 0..3 {
        play.tick_lost();
    }
    let reason = DownReason::Unauthenticated;
    assert_eq!(play.news(), [PortEvent::Down(reason)]);
}

#[test]
fn configurations_that_cannot_work() {
    let cases = [
        (
            Config::new("a name of 17 byte", "x"),
            ConfigError::UserTooLong,
        ),
        (
            Config::new("a", "a password of 21 bytes"),
            ConfigError::PasswordTooLong,
        ),
        (
            Config {
                allow_ipmi_1_5: true,
                ..Config::new("a", "17 bytes are many")
            },
            ConfigError::PasswordTooLong,
        ),
        (
            Config {
                privilege: 0,
                ..usual()
            },
            ConfigError::BadPrivilege,
        ),
        (
            Config {
                suites: vec![],
                ..usual()
            },
            ConfigError::NothingAccepted,
        ),
        (
            Config {
                timing: Timing {
                    attempts: 0,
                    ..Timing::default()
                },
                ..usual()
            },
            ConfigError::NoAttempts,
        ),
    ];
    for (config, error) in cases {
        assert_eq!(Lan::new(config), Err(error));
    }
}

#[test]
fn answers_find_their_requests_in_any_order() {
    for embeds in [false, true] {
        let mut play = Play::new(Traits { embeds, ..USUAL }, usual());
        play.start();
        play.run();
        for token in 0..40 {
            let target = match token % 3 {
                0 => Target::ShelfManager,
                1 => Target::Ipmb(0x82),
                _ => Target::Ipmb(0x84),
            };
            play.order(token, target);
        }
        assert_eq!(play.server.asked.len(), IN_FLIGHT_MAX);
        play.to_client.make_contiguous().reverse();
        play.run();
        let mut expected: Vec<_> = (0..40).map(echoed).collect();
        expected.push(PortEvent::Up);
        let news = play.news();
        assert_eq!(news.len(), expected.len());
        assert!(expected.iter().all(|event| news.contains(event)));
        assert_eq!(play.server.asked.len(), 40);
    }
}

#[test]
fn what_the_bridge_says() {
    let mut play = Play::usual();
    // Nobody there; refused by the bridge; the shelf manager itself is not bridged to.
    play.order(1, Target::Ipmb(0x9a));
    play.order(2, Target::Ipmb(0x9e));
    play.order(3, Target::Ipmb(0x20));
    play.run();
    let refused = PortEvent::Answer {
        token: 2,
        result: Ok(response(0xd4, &[])),
    };
    let nobody = failed(1, RequestError::NoSuchController);
    assert_eq!(play.news(), [nobody, refused, echoed(3)]);
    assert_eq!(play.server.asked[2].0, 0x20);
}

#[test]
fn a_disturbed_bus_is_tried_again() {
    let mut play = Play::usual();
    play.order(1, Target::Ipmb(0x9c));
    for _ in 0..3 {
        play.run();
        play.now = play.lan.deadline().unwrap();
        play.apply(&Input::Tick);
    }
    // The shelf manager is alive: the session goes on.
    assert_eq!(play.news(), [failed(1, RequestError::Timeout)]);
    assert_eq!(play.server.asked.len(), 3);
    assert_eq!(play.lan.counters().resent, 2);
}

#[test]
fn lost_requests_are_sent_again_with_their_number() {
    let mut play = Play::usual();
    play.apply_lost(&order(1, Target::ShelfManager));
    play.now = play.lan.deadline().unwrap();
    play.apply(&Input::Tick);
    play.run();
    assert_eq!(play.news(), [echoed(1)]);
    // Its answer is lost: asked again with the same number, so that the other end can tell.
    play.order(2, Target::Ipmb(0x82));
    play.to_client.clear();
    play.now = play.lan.deadline().unwrap();
    play.apply(&Input::Tick);
    play.run();
    assert_eq!(play.news(), [echoed(2)]);
    let [_, first, second] = &play.server.asked[..] else {
        panic!("three requests");
    };
    assert_eq!(first, second);
}

#[test]
fn every_lost_datagram_of_opening_is_made_up_for() {
    for lost in 0..10 {
        let mut play = Play::new(USUAL, usual());
        play.start();
        let mut index = 0;
        while !play.lan.is_open() {
            let Some(bytes) = play.to_client.pop_front() else {
                play.now = play.lan.deadline().unwrap();
                play.apply(&Input::Tick);
                continue;
            };
            if index != lost {
                play.apply(&Input::Received(bytes));
            }
            index += 1;
        }
        assert_eq!(play.news(), [PortEvent::Up], "{lost}");
    }
}

#[test]
fn silence_ends_what_it_interrupts() {
    let mut play = Play::new(USUAL, usual());
    play.apply_lost(&Input::Start { seed: [3; 32] });
    for _ in 0..3 {
        play.tick_lost();
    }
    let text = "no answer to Get Channel Authentication Capabilities";
    let reason = DownReason::Unreachable(text.into());
    assert_eq!(play.news(), [PortEvent::Down(reason)]);
    assert_eq!((play.sent, play.lan.deadline()), (3, None));

    let mut play = Play::usual();
    play.apply_lost(&order(1, Target::ShelfManager));
    play.now = play.now.after(Duration::from_millis(10));
    play.apply_lost(&order(2, Target::Ipmb(0x82)));
    for _ in 0..5 {
        play.tick_lost();
    }
    let reason = DownReason::Unreachable("no answer in the open session".into());
    let expected = [
        failed(1, RequestError::Timeout),
        failed(2, RequestError::PortDown),
        PortEvent::Down(reason),
    ];
    assert_eq!(play.news(), expected);
    assert_eq!(play.lan.deadline(), None);
}

#[test]
fn replays_and_forgeries_are_dropped_and_counted() {
    let mut play = Play::usual();
    play.order(1, Target::ShelfManager);
    let bytes = play.to_client.pop_front().unwrap();
    for (index, bit) in [(4, 1), (12, 1), (20, 4), (40, 128)] {
        let mut forged = bytes.clone();
        forged[index] ^= bit;
        play.apply(&Input::Received(forged));
    }
    assert_eq!(play.news(), []);
    play.apply(&Input::Received(bytes.clone()));
    play.apply(&Input::Received(bytes));
    play.apply(&Input::Received(vec![0xff; 100]));
    assert_eq!(play.news(), [echoed(1)]);
    // A genuine message that answers nothing.
    let stray = play
        .server
        .seal(&[0x81, 0x1c, 0x63, 0x20, 0xfc, 0x01, 0x00, 0xe3]);
    play.apply(&Input::Received(stray));
    let garbage = play.server.seal(&[1, 2, 3]);
    play.apply(&Input::Received(garbage));
    let expected = Counters {
        malformed: 3,
        bad_integrity: 3,
        replayed: 1,
        unmatched: 1,
        resent: 0,
    };
    assert_eq!(*play.lan.counters(), expected);
}

#[test]
fn no_truncated_packet_is_taken_for_an_answer() {
    let mut play = Play::usual();
    let mut opening = Play::new(USUAL, usual());
    opening.start();
    play.order(1, Target::Ipmb(0x82));
    for mut play in [opening, play] {
        while let Some(bytes) = play.to_client.pop_front() {
            for len in 0..bytes.len() {
                let before = play.sent;
                play.apply(&Input::Received(bytes[..len].to_vec()));
                assert_eq!((play.sent, play.news()), (before, vec![]), "{len}");
            }
            play.apply(&Input::Received(bytes));
            play.events.clear();
        }
        assert!(play.lan.is_open());
    }
}

#[test]
fn a_quiet_session_is_kept_alive() {
    let mut play = Play::usual();
    for _ in 0..3 {
        play.now = play.lan.deadline().unwrap();
        play.apply(&Input::Tick);
        play.run();
    }
    assert_eq!(play.news(), []);
    assert_eq!(play.now, Time(1).after(Duration::from_secs(60)));
    let commands = play.server.asked.iter();
    let commands: Vec<_> = commands.map(|(_, _, request)| request.command).collect();
    assert_eq!(commands, [1, 1, 1]);
}

#[test]
fn too_many_orders_are_turned_away() {
    let mut play = Play::usual();
    let places = (IN_FLIGHT_MAX + WAITING_MAX) as u64;
    for token in 0..places {
        assert!(play.lan.has_room());
        play.apply_lost(&order(token, Target::ShelfManager));
    }
    assert!(!play.lan.has_room());
    play.apply_lost(&order(places, Target::ShelfManager));
    let busy = PortEvent::Answer {
        token: places,
        result: Ok(response(0xc0, &[])),
    };
    assert_eq!(play.news(), [busy]);
}

#[test]
fn orders_need_an_open_session() {
    let mut play = Play::new(USUAL, usual());
    play.order(1, Target::ShelfManager);
    play.start();
    play.order(2, Target::ShelfManager);
    let port_down = |token| failed(token, RequestError::PortDown);
    assert_eq!(play.news(), [port_down(1), port_down(2)]);
}

#[test]
fn stopping_closes_the_session() {
    let mut play = Play::usual();
    play.apply_lost(&order(1, Target::ShelfManager));
    play.apply(&Input::Stop);
    assert!(play.server.closed);
    assert_eq!(play.news(), [failed(1, RequestError::PortDown)]);
    assert_eq!(play.lan.deadline(), None);
    // A second session has other numbers, and works.
    play.server = Server::new(USUAL);
    play.to_client.clear();
    play.apply(&Input::Start { seed: [4; 32] });
    play.run();
    assert_eq!(play.news(), [PortEvent::Up]);
}

#[test]
fn a_lost_socket_ends_the_session() {
    let mut play = Play::usual();
    play.apply_lost(&order(1, Target::ShelfManager));
    play.apply(&Input::Lost("connection refused".into()));
    let reason = DownReason::Unreachable("connection refused".into());
    let expected = [failed(1, RequestError::PortDown), PortEvent::Down(reason)];
    assert_eq!(play.news(), expected);
    play.apply(&Input::Lost("once more".into()));
    assert_eq!(play.news(), []);
}

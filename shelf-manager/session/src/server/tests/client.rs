//! Our own client, over a wire that loses what a test wants.

use super::super::*;
use super::console::{Bench, OTHER, PEER, config, response};
use crate::CipherSuite;
use crate::lan::{self, Lan};
use alloc::vec;
use core::time::Duration;
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError};

const ABSENT: u8 = 0x94;

struct Wire {
    bench: Bench,
    lan: Lan,
    events: Vec<PortEvent>,
    /// Counts datagrams in both directions; the one with this number is lost.
    sent: usize,
    lost: Option<usize>,
    /// Whether somebody else sends all that the client sends, before it arrives.
    is_copied: bool,
    log: Vec<Effect>,
}

impl Wire {
    fn new(client: lan::Config) -> Self {
        Self {
            bench: Bench::new(config()),
            lan: Lan::new(client).unwrap(),
            events: vec![],
            sent: 0,
            lost: None,
            is_copied: false,
            log: vec![],
        }
    }

    fn start(&mut self) {
        self.client(&crate::Input::Start { seed: [3; 32] });
    }

    fn client(&mut self, input: &crate::Input) {
        let at = Pos {
            index: 1,
            time: self.bench.now,
        };
        let mut effects = vec![];
        self.lan.apply(at, input, &mut effects);
        for effect in effects {
            match effect {
                crate::Effect::Send(bytes) => self.deliver(&bytes),
                crate::Effect::Event(event) => self.events.push(event),
            }
        }
    }

    fn is_lost(&mut self) -> bool {
        self.sent += 1;
        self.lost == Some(self.sent)
    }

    fn deliver(&mut self, bytes: &[u8]) {
        if self.is_copied {
            let mut effects = self.bench.receive(OTHER, bytes);
            // What he is told does not reach the client.
            effects.retain(|effect| !matches!(effect, Effect::Send { peer: OTHER, .. }));
            self.follow(effects);
        }
        if !self.is_lost() {
            let effects = self.bench.receive(PEER, bytes);
            self.follow(effects);
        }
    }

    /// Questions are answered with their own data.
    fn follow(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send { bytes, .. } => {
                    if !self.is_lost() {
                        self.client(&crate::Input::Received(bytes));
                    }
                }
                Effect::Ask {
                    ticket,
                    target,
                    request,
                    ..
                } => {
                    let response = match target {
                        Target::Ipmb(ABSENT) => response(0x83, &[]),
                        Target::ShelfManager | Target::Ipmb(_) => response(0, &request.data),
                    };
                    let answer = Input::Answer { ticket, response };
                    let effects = self.bench.apply(&answer);
                    self.follow(effects);
                }
                Effect::Opened { .. } | Effect::Closed { .. } => self.log.push(effect),
            }
        }
    }

    fn order(&mut self, token: u64, target: Target) {
        let request = Request {
            net_fn: NetFn::SENSOR_EVENT,
            lun: 0,
            command: 0x2d,
            data: vec![token as u8],
        };
        self.client(&crate::Input::Order(PortOrder {
            token,
            target,
            request,
        }));
    }

    fn wait(&mut self, time: Duration) {
        let effects = self.bench.wait(time);
        self.follow(effects);
        self.client(&crate::Input::Tick);
    }

    fn news(&mut self) -> Vec<PortEvent> {
        core::mem::take(&mut self.events)
    }
}

fn client(user: &str, password: &str) -> lan::Config {
    lan::Config::new(user, password)
}

fn answer(token: u64, result: Result<Response, RequestError>) -> PortEvent {
    PortEvent::Answer { token, result }
}

#[test]
fn our_client_is_served_with_each_suite() {
    for suite in CipherSuite::PREFERRED {
        let mut wire = Wire::new(lan::Config {
            suites: vec![suite],
            ..client("admin", "secret")
        });
        wire.start();
        assert_eq!(wire.news(), [PortEvent::Up]);
        assert_eq!(wire.lan.suite(), Some(suite));
        wire.order(1, Target::ShelfManager);
        wire.order(2, Target::Ipmb(0x92));
        wire.order(3, Target::Ipmb(ABSENT));
        let expected = [
            answer(1, Ok(response(0, &[1]))),
            answer(2, Ok(response(0, &[2]))),
            answer(3, Err(RequestError::NoSuchController)),
        ];
        assert_eq!(wire.news(), expected);
        assert_eq!(wire.lan.counters(), &Counters::default());
        wire.client(&crate::Input::Stop);
        let opened = Effect::Opened {
            peer: PEER,
            user: "admin".into(),
        };
        assert_eq!(wire.log, [opened, Effect::Closed { peer: PEER }]);
        assert_eq!(wire.bench.server.counters(), &Counters::default());
    }
}

/// Whoever sends on what the client sends, sooner than the network does, has no session for it.
#[test]
fn copies_from_elsewhere_do_no_harm() {
    let suites = CipherSuite::PREFERRED.map(|suite| lan::Config {
        suites: vec![suite],
        ..client("admin", "secret")
    });
    for client in [&suites[..], &[old_client("admin", "secret")]].concat() {
        let mut wire = Wire::new(client);
        wire.bench = Bench::new(old_config());
        wire.is_copied = true;
        wire.start();
        assert_eq!(wire.news(), [PortEvent::Up]);
        wire.order(1, Target::ShelfManager);
        assert_eq!(wire.news(), [answer(1, Ok(response(0, &[1])))]);
        wire.client(&crate::Input::Stop);
        let opened = Effect::Opened {
            peer: PEER,
            user: "admin".into(),
        };
        assert_eq!(wire.log, [opened, Effect::Closed { peer: PEER }]);
    }
}

#[test]
fn our_client_is_told_why_it_is_refused() {
    let suites = |suites: &[CipherSuite]| lan::Config {
        suites: suites.to_vec(),
        ..client("admin", "secret")
    };
    let cases = [
        (client("admin", "wrong"), DownReason::Unauthenticated),
        (client("nobody", "secret"), DownReason::Unauthenticated),
        (client("reader", "look"), DownReason::Unauthenticated),
        (suites(&[CipherSuite::Sha1]), DownReason::CipherRefused),
    ];
    for (client, reason) in cases {
        let mut wire = Wire::new(client);
        wire.bench = Bench::new(Config {
            suites: vec![CipherSuite::Sha256],
            ..config()
        });
        wire.start();
        assert_eq!(wire.news(), [PortEvent::Down(reason)]);
        assert_eq!(wire.bench.server.sessions(), 0);
    }
}

/// Whichever datagram is lost, the client tries again and is served, by one session.
#[test]
fn one_lost_datagram_does_no_harm() {
    let mut wire = Wire::new(client("admin", "secret"));
    wire.start();
    wire.order(1, Target::Ipmb(0x92));
    let all = wire.sent;
    for lost in 1..=all {
        let mut wire = Wire::new(client("admin", "secret"));
        wire.lost = Some(lost);
        wire.start();
        wire.wait(Duration::from_secs(1));
        assert_eq!(wire.news(), [PortEvent::Up], "datagram {lost} of {all}");
        wire.order(1, Target::Ipmb(0x92));
        wire.wait(Duration::from_secs(1));
        let expected = [answer(1, Ok(response(0, &[1])))];
        assert_eq!(wire.news(), expected, "datagram {lost} of {all}");
        assert_eq!(wire.bench.server.sessions(), 1);
    }
}

fn old_client(user: &str, password: &str) -> lan::Config {
    lan::Config {
        suites: vec![],
        allow_ipmi_1_5: true,
        ..client(user, password)
    }
}

fn old_config() -> Config {
    Config {
        allow_ipmi_1_5: true,
        ..config()
    }
}

#[test]
fn ipmi_1_5_is_served_where_it_is_allowed() {
    let mut wire = Wire::new(old_client("admin", "secret"));
    wire.bench = Bench::new(old_config());
    wire.start();
    assert_eq!(wire.news(), [PortEvent::Up]);
    assert_eq!(wire.lan.suite(), None);
    wire.order(1, Target::ShelfManager);
    wire.order(2, Target::Ipmb(0x92));
    let expected = [
        answer(1, Ok(response(0, &[1]))),
        answer(2, Ok(response(0, &[2]))),
    ];
    assert_eq!(wire.news(), expected);
    wire.client(&crate::Input::Stop);
    assert_eq!(wire.bench.server.sessions(), 0);
    assert_eq!(wire.bench.server.counters(), &Counters::default());
}

/// Wrong passwords of IPMI 1.5 are not answered, and cost time as those of RMCP+ do.
#[test]
fn ipmi_1_5_is_refused_to_others() {
    let cases = [
        (
            old_config(),
            "nobody",
            "secret",
            DownReason::Unauthenticated,
        ),
        (config(), "admin", "secret", DownReason::CipherRefused),
    ];
    for (server, user, password, reason) in cases {
        let mut wire = Wire::new(old_client(user, password));
        wire.bench = Bench::new(server);
        wire.start();
        assert_eq!(wire.news(), [PortEvent::Down(reason)]);
    }
    let mut wire = Wire::new(old_client("admin", "wrong"));
    wire.bench = Bench::new(old_config());
    for _ in 0..4 {
        wire.start();
        assert_eq!(wire.news(), []);
    }
    let mut right = Wire::new(old_client("admin", "secret"));
    right.bench = wire.bench;
    right.start();
    assert_eq!(right.news(), []);
    assert_eq!(right.bench.server.sessions(), 0);
    right.wait(Duration::from_secs(1));
    assert_eq!(right.news(), [PortEvent::Up]);
}

#[test]
fn ipmi_1_5_keeps_to_the_limits() {
    let mut wire = Wire::new(old_client("reader", "look"));
    wire.bench = Bench::new(old_config());
    wire.start();
    // The reader is no administrator.
    let [PortEvent::Down(DownReason::Protocol(why))] = &wire.news()[..] else {
        panic!("refused");
    };
    assert!(why.contains("86h"), "{why}");
    let mut wire = Wire::new(old_client("admin", "secret"));
    wire.bench = Bench::new(Config {
        sessions_max: 1,
        ..old_config()
    });
    wire.bench.administrator();
    wire.start();
    let [PortEvent::Down(DownReason::Protocol(why))] = &wire.news()[..] else {
        panic!("refused");
    };
    assert!(why.contains("81h"), "{why}");
}

#[test]
fn signs_of_life_keep_a_session_open() {
    let mut wire = Wire::new(client("admin", "secret"));
    wire.start();
    for _ in 0..30 {
        wire.wait(Duration::from_secs(10));
    }
    wire.order(1, Target::ShelfManager);
    let expected = [PortEvent::Up, answer(1, Ok(response(0, &[1])))];
    assert_eq!(wire.news(), expected);
    assert_eq!(wire.bench.server.sessions(), 1);
}

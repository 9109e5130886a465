//! Both ends of one line, byte by byte.

use crate::lan::Secret;
use crate::serial::server::{self, Access};
use crate::serial::{Bridging, Config, Login, Mode, Serial};
use crate::server::User;
use crate::{Effect, Input};
use alloc::collections::VecDeque;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError, Target};
use machine::{Machine, Pos, Time};

/// A command that is answered with what it was asked.
pub(super) const ECHO: u8 = 0x70;
/// The only controller on IPMB-0.
pub(super) const BLADE: u8 = 0x9a;

/// A console and a management controller, with the shelf behind it.
pub(super) struct Play {
    pub(super) console: Serial,
    pub(super) managed: server::Server,
    /// What the shelf does not answer before it is told to.
    pub(super) slow: bool,
    questions: Vec<(server::Ticket, Target, Request)>,
    pub(super) to_managed: VecDeque<u8>,
    pub(super) to_console: VecDeque<u8>,
    /// Nothing arrives any more.
    pub(super) cut: bool,
    pub(super) events: Vec<PortEvent>,
    pub(super) closed: usize,
    pub(super) now: Time,
    index: u64,
}

pub(super) fn users() -> Access {
    Access::Login(vec![
        User::new("admin", "secret", 4),
        User::new("reader", "look", 2),
    ])
}

pub(super) fn login(mode: Mode, user: &str, password: &str) -> Config {
    Config {
        login: Some(Login {
            user: user.into(),
            password: Secret(password.as_bytes().to_vec()),
            privilege: 4,
        }),
        ..Config::new(mode)
    }
}

impl Play {
    pub(super) fn new(console: Config, managed: server::Config) -> Self {
        let mut play = Self {
            console: Serial::new(console).unwrap(),
            managed: server::Server::new(managed).unwrap(),
            slow: false,
            questions: vec![],
            to_managed: VecDeque::new(),
            to_console: VecDeque::new(),
            cut: false,
            events: vec![],
            closed: 0,
            now: Time(1),
            index: 0,
        };
        play.manage(&server::Input::Seed([7; 32]));
        play
    }

    pub(super) fn open(mode: Mode) -> Self {
        let access = Access::Open { privilege: 4 };
        let mut play = Self::new(Config::new(mode), server::Config::new(mode, access));
        play.start();
        assert_eq!(play.news(), [PortEvent::Up]);
        play
    }

    pub(super) fn start(&mut self) {
        self.console(&Input::Start { seed: [0; 32] });
        self.run();
    }

    fn at(&mut self) -> Pos {
        self.index += 1;
        Pos {
            index: self.index,
            time: self.now,
        }
    }

    pub(super) fn console(&mut self, input: &Input) {
        let (at, mut effects) = (self.at(), vec![]);
        self.console.apply(at, input, &mut effects);
        for effect in effects {
            match effect {
                Effect::Send(bytes) => self.to_managed.extend(bytes),
                Effect::Event(event) => self.events.push(event),
            }
        }
    }

    pub(super) fn manage(&mut self, input: &server::Input) {
        let (at, mut effects) = (self.at(), vec![]);
        self.managed.apply(at, input, &mut effects);
        for effect in effects {
            match effect {
                server::Effect::Send(bytes) => self.to_console.extend(bytes),
                server::Effect::Ask {
                    ticket,
                    target,
                    request,
                    ..
                } => self.questions.push((ticket, target, request)),
                server::Effect::Opened { .. } => (),
                server::Effect::Closed => self.closed += 1,
            }
        }
    }

    /// The management controller's pause between two frames.
    fn soon(&self) -> Time {
        self.now.after(Duration::from_millis(25))
    }

    /// Carries bytes, one at a time, until nobody says anything.
    pub(super) fn run(&mut self) {
        loop {
            if self.cut {
                self.to_managed.clear();
                self.to_console.clear();
            }
            if let Some(byte) = self.to_managed.pop_front() {
                self.manage(&server::Input::Received(vec![byte]));
            } else if let Some(byte) = self.to_console.pop_front() {
                self.console(&Input::Received(vec![byte]));
            } else if let Some(at) = self.managed.deadline().filter(|at| *at <= self.soon()) {
                self.now = at;
                self.manage(&server::Input::Tick);
            } else if self.slow || self.questions.is_empty() {
                return;
            } else {
                let (ticket, target, request) = self.questions.remove(0);
                let response = shelf(target, &request);
                self.manage(&server::Input::Answer { ticket, response });
            }
        }
    }

    /// Time goes by until somebody waits no longer.
    pub(super) fn tick(&mut self) {
        let deadlines = [self.console.deadline(), self.managed.deadline()];
        let next = deadlines.into_iter().flatten().min().unwrap();
        self.now = self.now.max(next);
        self.console(&Input::Tick);
        self.manage(&server::Input::Tick);
        self.run();
    }

    pub(super) fn order(&mut self, token: u64, target: Target, request: Request) {
        self.console(&Input::Order(PortOrder {
            token,
            target,
            request,
        }));
        self.run();
    }

    pub(super) fn news(&mut self) -> Vec<PortEvent> {
        core::mem::take(&mut self.events)
    }
}

impl Play {
    pub(super) fn managed_waits(&self) -> bool {
        self.managed.deadline().is_some()
    }
}

impl Serial {
    pub(super) fn deadline_is_set(&self) -> bool {
        self.deadline().is_some()
    }
}

fn shelf(target: Target, request: &Request) -> Response {
    let code = match (target, request.command) {
        (Target::Ipmb(BLADE) | Target::ShelfManager, ECHO) => CompletionCode::OK,
        (Target::Ipmb(BLADE) | Target::ShelfManager, _) => CompletionCode::INVALID_COMMAND,
        (Target::Ipmb(_), _) => CompletionCode::NAK_ON_WRITE,
    };
    let data = match code {
        CompletionCode::OK => request.data.clone(),
        _ => vec![],
    };
    Response { code, data }
}

pub(super) fn echo(data: &[u8]) -> Request {
    Request {
        net_fn: NetFn(0x30),
        lun: 0,
        command: ECHO,
        data: data.to_vec(),
    }
}

pub(super) fn echoed(token: u64, data: &[u8]) -> PortEvent {
    PortEvent::Answer {
        token,
        result: Ok(Response {
            code: CompletionCode::OK,
            data: data.to_vec(),
        }),
    }
}

pub(super) fn failed(token: u64, error: RequestError) -> PortEvent {
    PortEvent::Answer {
        token,
        result: Err(error),
    }
}

pub(super) const MODES: [Mode; 2] = [Mode::Basic, Mode::Terminal];
/// Each character that means something on one of the lines.
const AWKWARD: [u8; 12] = [
    0x00, 0x0d, 0x1b, 0x3b, 0x5b, 0x5d, 0xa0, 0xa5, 0xa6, 0xaa, 0xb0, 0xff,
];

// Whatever is in them, requests and responses arrive: here, on a blade, and nowhere.
#[test]
fn requests_and_responses() {
    for mode in MODES {
        let mut play = Play::open(mode);
        play.order(1, Target::ShelfManager, echo(&AWKWARD));
        play.order(2, Target::Ipmb(BLADE), echo(&AWKWARD));
        play.order(3, Target::Ipmb(0x82), echo(&AWKWARD));
        play.order(4, Target::Ipmb(0x20), echo(&[]));
        let expected = [
            echoed(1, &AWKWARD),
            echoed(2, &AWKWARD),
            failed(3, RequestError::NoSuchController),
            echoed(4, &[]),
        ];
        assert_eq!(play.news(), expected, "{mode:?}");
    }
}

// A line that is a system interface: answers wait in the receive message queue.
#[test]
fn queued_bridging() {
    for mode in MODES {
        let access = Access::Open { privilege: 4 };
        let console = Config {
            bridging: Bridging::Queued,
            ..Config::new(mode)
        };
        let mut play = Play::new(console, server::Config::new(mode, access));
        play.start();
        for token in 0..20 {
            let address = if token % 3 == 0 { 0x82 } else { BLADE };
            play.order(token, Target::Ipmb(address), echo(&[token as u8]));
        }
        let mut expected = vec![PortEvent::Up];
        expected.extend((0..20).map(|token| match token % 3 {
            0 => failed(token, RequestError::NoSuchController),
            _ => echoed(token, &[token as u8]),
        }));
        assert_eq!(play.news(), expected, "{mode:?}");
    }
}

// Who logs in may ask, and who stops is out at once.
#[test]
fn login_and_logout() {
    for mode in MODES {
        let managed = server::Config::new(mode, users());
        let mut play = Play::new(login(mode, "admin", "secret"), managed);
        play.start();
        play.order(1, Target::Ipmb(BLADE), echo(&[1, 2]));
        assert_eq!(play.news(), [PortEvent::Up, echoed(1, &[1, 2])], "{mode:?}");
        assert!(play.managed.has_session());
        play.console(&Input::Stop);
        play.run();
        assert!(!play.managed.has_session(), "{mode:?}");
        assert_eq!(play.closed, 1);
    }
}

// Wrong password, unknown user: both are told so.
#[test]
fn nobody_gets_in() {
    for mode in MODES {
        for (user, password) in [
            ("admin", "Secret"),
            ("nobody", "secret"),
            ("admin", "secre"),
        ] {
            let managed = server::Config::new(mode, users());
            let mut play = Play::new(login(mode, user, password), managed);
            play.start();
            let down = PortEvent::Down(DownReason::Unauthenticated);
            assert_eq!(play.news(), [down], "{mode:?} {user} {password}");
            assert!(!play.managed.has_session());
        }
    }
}

// A user is not given more than the user's limit, and that is no wrong password.
#[test]
fn privilege_above_the_limit() {
    for mode in MODES {
        let managed = server::Config::new(mode, users());
        let mut play = Play::new(login(mode, "reader", "look"), managed);
        play.start();
        let news = play.news();
        let is_protocol = matches!(news[..], [PortEvent::Down(DownReason::Protocol(_))]);
        assert!(is_protocol, "{mode:?}: {news:?}");
    }
}

// A line that asks for a login, and a console that has none: the console learns it at once, as
// "insufficient privilege" is the answer to everything.
#[test]
fn no_login_where_one_is_needed() {
    for mode in MODES {
        let mut play = Play::new(Config::new(mode), server::Config::new(mode, users()));
        play.start();
        let down = PortEvent::Down(DownReason::Unauthenticated);
        assert_eq!(play.news(), [down], "{mode:?}");
    }
}

// An answer that is lost is asked for again; the session survives the noise that ate it.
#[test]
fn noise() {
    for mode in MODES {
        let mut play = Play::open(mode);
        play.to_managed.extend(*b"\xff~[1\xa0\x00");
        play.cut = true;
        play.order(1, Target::ShelfManager, echo(&[5]));
        play.cut = false;
        play.to_console.extend(*b"[18 \xa0\x01\x02");
        play.run();
        assert_eq!(play.news(), []);
        play.tick();
        assert_eq!(play.news(), [echoed(1, &[5])], "{mode:?}");
        assert_eq!(play.console.counters().resent, 1);
        assert!(play.console.is_open());
    }
}

// Silence ends the session after each attempt, and says so once to each who waits.
#[test]
fn silence() {
    for mode in MODES {
        let mut play = Play::open(mode);
        play.cut = true;
        play.order(1, Target::ShelfManager, echo(&[]));
        play.order(2, Target::Ipmb(BLADE), echo(&[]));
        while play.console.is_open() {
            play.tick();
        }
        let reason = DownReason::Unreachable("no answer any more".to_string());
        let expected = [
            failed(1, RequestError::Timeout),
            failed(2, RequestError::PortDown),
            PortEvent::Down(reason),
        ];
        assert_eq!(play.news(), expected, "{mode:?}");
        assert_eq!(play.now, Time(1).after(Duration::from_secs(6)));
        assert_eq!(play.console.deadline(), None);
    }
}

// Nobody there: each way to begin gives up, and begins anew when told.
#[test]
fn nobody_there() {
    for mode in MODES {
        for config in [Config::new(mode), login(mode, "admin", "secret")] {
            let has_login = config.login.is_some();
            let access = match has_login {
                true => users(),
                false => Access::Open { privilege: 4 },
            };
            let mut play = Play::new(config, server::Config::new(mode, access));
            play.cut = true;
            play.start();
            for _ in 0..3 {
                play.tick();
            }
            let reason = DownReason::Unreachable("no answer to the first message".to_string());
            assert_eq!(
                play.news(),
                [PortEvent::Down(reason)],
                "{mode:?} {has_login}"
            );
            play.cut = false;
            play.start();
            assert_eq!(play.news(), [PortEvent::Up], "{mode:?} {has_login}");
        }
    }
}

// A management controller that restarted has no session: the keep-alive finds that out.
#[test]
fn session_lost() {
    for mode in MODES {
        let managed = server::Config::new(mode, users());
        let mut play = Play::new(login(mode, "admin", "secret"), managed);
        play.start();
        play.manage(&server::Input::HungUp);
        play.tick();
        let expected = [PortEvent::Up, PortEvent::Down(DownReason::Closed)];
        assert_eq!(play.news(), expected, "{mode:?}");
    }
}

// Only as much goes out as the other end said that it takes.
#[test]
fn handshake_paces_the_line() {
    for (handshake, sent) in [(true, super::super::IN_FLIGHT_MAX), (false, 1)] {
        let access = Access::Open { privilege: 4 };
        let managed = server::Config {
            handshake,
            ..server::Config::new(Mode::Basic, access)
        };
        let mut play = Play::new(Config::new(Mode::Basic), managed);
        play.start();
        play.slow = true;
        for token in 0..20 {
            play.order(token, Target::ShelfManager, echo(&[token as u8]));
        }
        assert_eq!(play.questions.len(), sent, "{handshake}");
        play.slow = false;
        play.run();
        assert_eq!(play.news().len(), 21);
    }
}

// Orders wait within limits; one more is answered "node busy".
#[test]
fn orders_wait_within_limits() {
    let mut play = Play::open(Mode::Basic);
    play.cut = true;
    let places = (1 + crate::WAITING_MAX) as u64;
    for token in 0..places {
        assert!(play.console.has_room());
        play.order(token, Target::ShelfManager, echo(&[]));
    }
    assert!(!play.console.has_room());
    play.order(places, Target::ShelfManager, echo(&[]));
    let busy = PortEvent::Answer {
        token: places,
        result: Ok(Response {
            code: CompletionCode::NODE_BUSY,
            data: vec![],
        }),
    };
    assert_eq!(play.news(), [busy]);
    play.console(&Input::Stop);
    assert_eq!(play.news().len() as u64, places);
}

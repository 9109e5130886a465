//! Frames of Basic Mode: sessions, repeated and broken requests.

use super::super::{Access, Config, Effect, Input, Server};
use crate::crypto::md5_activation_code;
use crate::lan::commands::{ACTIVATE_SESSION, CLOSE_SESSION, SET_PRIVILEGE, app, message};
use crate::lan::commands::{activate_session, session_challenge};
use crate::serial::{Mode, basic};
use crate::server::User;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::command::Command;
use ipmi::command::app::GetDeviceId;
use ipmi::ipmb::decode_response;
use ipmi::message::{Request, Response};
use machine::{Machine, Pos, Time};

struct Play {
    server: Server,
    now: Time,
    asked: usize,
    events: Vec<Effect>,
}

impl Play {
    fn new(access: Access) -> Self {
        let config = Config {
            handshake: false,
            ..Config::new(Mode::Basic, access)
        };
        let mut play = Self {
            server: Server::new(config).unwrap(),
            now: Time(1),
            asked: 0,
            events: vec![],
        };
        play.apply(&Input::Seed([3; 32]));
        play
    }

    fn with_login() -> Self {
        Self::new(Access::Login(vec![
            User::new("admin", "secret", 4),
            User::new("reader", "look", 2),
        ]))
    }

    fn apply(&mut self, input: &Input) -> Vec<u8> {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        let (mut effects, mut out) = (vec![], vec![]);
        self.server.apply(at, input, &mut effects);
        for effect in effects {
            match effect {
                Effect::Send(bytes) => out.extend(bytes),
                Effect::Ask { .. } => self.asked += 1,
                event @ (Effect::Opened { .. } | Effect::Closed) => self.events.push(event),
            }
        }
        out
    }

    fn bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.apply(&Input::Received(bytes.to_vec()))
    }

    /// The response to a request, when there is one at once.
    fn ask(&mut self, sequence: u8, request: &Request) -> Option<Response> {
        let sent = self.bytes(&basic::frame(&message(sequence, request)));
        response(&sent)
    }

    fn challenge(&mut self, user: &str) -> (u32, [u8; 16]) {
        let found = self.ask(1, &session_challenge(user.as_bytes())).unwrap();
        assert_eq!(found.code.0, 0);
        crate::lan::commands::challenge(&found.data).unwrap()
    }

    /// Code and data of the answer to Activate Session.
    fn activate(&mut self, user: &str, password: &str, level: u8) -> (u8, Vec<u8>) {
        let (id, challenge) = self.challenge(user);
        let code = md5_activation_code(password.as_bytes(), id, &challenge);
        let found = self.ask(2, &activate_session(level, &code, 1)).unwrap();
        (found.code.0, found.data)
    }
}

fn response(sent: &[u8]) -> Option<Response> {
    let mut deframer = basic::Deframer::default();
    let piece = sent.iter().find_map(|byte| deframer.take(*byte))?;
    let basic::Piece::Message(frame) = piece else {
        panic!("{piece:?}");
    };
    Some(decode_response(&frame).unwrap().response)
}

fn codes(play: &mut Play, requests: &[(u8, Request)]) -> Vec<Option<u8>> {
    let mut code = |(sequence, request): &(u8, Request)| Some(play.ask(*sequence, request)?.code.0);
    requests.iter().map(&mut code).collect()
}

// A session from its challenge to its end; before and after, only its commands are understood.
#[test]
fn session() {
    let mut play = Play::with_login();
    let device_id = GetDeviceId {}.request();
    assert_eq!(play.ask(9, &device_id).unwrap().code.0, 0xd4);
    let (code, data) = play.activate("admin", "secret", 4);
    assert_eq!((code, data.len(), data[0], data[9]), (0, 10, 0x02, 4));
    let user = "admin".into();
    assert_eq!(play.events, [Effect::Opened { user }]);
    let id: [u8; 4] = data[1..5].try_into().unwrap();
    // It begins as a user's; asking is allowed, changing is not.
    let control = Request {
        net_fn: ipmi::message::NetFn::CHASSIS,
        lun: 0,
        command: 2,
        data: vec![1],
    };
    let requests = [
        (3, control.clone()),
        (4, device_id.clone()),
        (5, app(SET_PRIVILEGE, &[4])),
        (6, control),
        (7, app(CLOSE_SESSION, &[9, 9, 9, 9])),
        (8, app(CLOSE_SESSION, &id)),
        (9, device_id),
    ];
    let expected = [
        Some(0xd4),
        None,
        Some(0),
        None,
        Some(0x87),
        Some(0),
        Some(0xd4),
    ];
    assert_eq!(codes(&mut play, &requests), expected);
    assert_eq!(play.asked, 2);
    assert_eq!(play.events.pop(), Some(Effect::Closed));
}

// What opens no session: each with its code.
#[test]
fn refusals() {
    let mut play = Play::with_login();
    let nobody = play.ask(1, &session_challenge(b"nobody")).unwrap();
    assert_eq!(nobody.code.0, 0x81);
    let mut plain = session_challenge(b"admin");
    plain.data[0] = 0x04;
    assert_eq!(play.ask(1, &plain).unwrap().code.0, 0xcc);
    plain.data.pop();
    assert_eq!(play.ask(1, &plain).unwrap().code.0, 0xc7);
    // No challenge, wrong password, a level above the user's, a level that does not exist.
    let early = activate_session(4, &[0; 16], 1);
    assert_eq!(play.ask(1, &early).unwrap().code.0, 0xd5);
    assert_eq!(play.activate("admin", "Secret", 4).0, 0xcc);
    assert_eq!(play.activate("reader", "look", 4).0, 0x86);
    assert_eq!(play.activate("admin", "secret", 7).0, 0xcc);
    let short = app(ACTIVATE_SESSION, &[2, 4]);
    assert_eq!(play.ask(1, &short).unwrap().code.0, 0xc7);
    // A challenge is for once, and for a while.
    let (id, challenge) = play.challenge("admin");
    let code = md5_activation_code(b"secret", id, &challenge);
    play.challenge("admin");
    assert_eq!(
        play.ask(2, &activate_session(4, &code, 1)).unwrap().code.0,
        0xcc
    );
    let (id, challenge) = play.challenge("admin");
    let code = md5_activation_code(b"secret", id, &challenge);
    play.now = play.now.after(Duration::from_secs(20));
    assert_eq!(
        play.ask(2, &activate_session(4, &code, 1)).unwrap().code.0,
        0xd5
    );
    assert!(!play.server.has_session());
    assert_eq!(play.events, []);
}

// The answer to Activate Session got lost: asked again, it is the same, and the session too.
#[test]
fn activation_repeated() {
    let mut play = Play::with_login();
    let (id, challenge) = play.challenge("admin");
    let code = md5_activation_code(b"secret", id, &challenge);
    let request = activate_session(4, &code, 1);
    let first = play.ask(2, &request).unwrap();
    assert_eq!(play.ask(2, &request), Some(first));
    assert_eq!(play.events.len(), 1);
    // Once the session was used, a replay is one.
    play.ask(3, &app(SET_PRIVILEGE, &[4]));
    assert_eq!(play.ask(2, &request).unwrap().code.0, 0xd5);
}

// Without login there are no sessions to open or close.
#[test]
fn open_access() {
    let mut play = Play::new(Access::Open { privilege: 2 });
    let requests = [
        (1, session_challenge(b"admin")),
        (2, activate_session(4, &[0; 16], 1)),
        (3, app(CLOSE_SESSION, &[0; 4])),
        (4, app(SET_PRIVILEGE, &[0])),
        (5, app(SET_PRIVILEGE, &[3])),
        (6, GetDeviceId {}.request()),
        (7, app(0x38, &[0x0e, 4])),
    ];
    let expected = [
        Some(0xc1),
        Some(0xc1),
        Some(0x87),
        Some(0),
        Some(0x81),
        None,
        Some(0),
    ];
    assert_eq!(codes(&mut play, &requests), expected);
}

// A frame with one wrong bit, one for somebody else, a response, one that is cut anywhere: nobody
// is asked and nothing is said. The next one is understood.
#[test]
fn broken_frames() {
    let good = message(1, &GetDeviceId {}.request());
    let mut frames: Vec<Vec<u8>> = (0..good.len() * 8)
        .map(|bit| {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            bad
        })
        .collect();
    frames.extend((0..good.len()).map(|len| good[..len].to_vec()));
    for frame in frames {
        let mut play = Play::new(Access::Open { privilege: 4 });
        assert_eq!(play.bytes(&basic::frame(&frame)), [], "{frame:02x?}");
        assert_eq!(play.asked, 0, "{frame:02x?}");
        assert_eq!(play.server.counters().malformed, 1, "{frame:02x?}");
        play.bytes(&basic::frame(&good));
        assert_eq!(play.asked, 1);
    }
}

// An impatient console asks again: it is asked once; after the answer, anew.
#[test]
fn repeated_request() {
    let mut play = Play::new(Access::Open { privilege: 4 });
    let request = GetDeviceId {}.request();
    for _ in 0..3 {
        assert_eq!(play.ask(1, &request), None);
    }
    assert_eq!(play.asked, 1);
    let answer = Input::Answer {
        ticket: super::super::Ticket(1),
        response: Response {
            code: ipmi::message::CompletionCode::OK,
            data: vec![0xa0; 32],
        },
    };
    assert_eq!(response(&play.apply(&answer)).unwrap().data, [0xa0; 32]);
    assert_eq!(play.apply(&answer), []);
    play.ask(1, &request);
    assert_eq!(play.asked, 2);
}

// Before there is randomness nobody is answered.
#[test]
fn no_randomness() {
    let config = Config::new(Mode::Basic, Access::Open { privilege: 4 });
    let mut play = Play::new(Access::Open { privilege: 4 });
    play.server = Server::new(config).unwrap();
    let frame = basic::frame(&message(1, &GetDeviceId {}.request()));
    assert_eq!(play.bytes(&frame), []);
    assert_eq!(play.asked, 0);
}

// Computed with Python's hashlib: password "secret", session 02000018h, challenge 10h–1Fh.
#[test]
fn activation_code() {
    let challenge = core::array::from_fn(|index| 0x10 + index as u8);
    let code = md5_activation_code(b"secret", 0x0200_0018, &challenge);
    assert_eq!(
        u128::from_be_bytes(code),
        0xb0e0_d853_516b_618e_4c0a_a68d_c295_8885
    );
}

//! Frames: IPMB, the VM codec, and serial lines.

use super::{Decoder, as_it_is};
use crate::{Feedback, magnitude};
use ipmi::ipmb::{self, Route};
use ipmi::message::{CompletionCode, NetFn, Request, Response};
use ipmi::wire::checksum;
use machine::{Machine, Pos, Time};
use session::serial::terminal::Settings;
use session::serial::{Mode, basic, server};
use session::vm::frame;

/// Most bytes of an answer to one byte of a line, on average: an echo, or an error in words.
const ANSWER_RATIO: usize = 64;

pub(super) fn all() -> Vec<Decoder> {
    let decoder = |name: &str, run: fn(&[u8], &mut Feedback), samples| Decoder {
        name: name.into(),
        run: Box::new(run),
        repair: as_it_is,
        samples,
    };
    vec![
        Decoder {
            repair: repair_ipmb,
            ..decoder("IPMB frame", run_ipmb, ipmb_samples())
        },
        Decoder {
            repair: repair_vm,
            ..decoder("VM stream", run_vm, vm_samples())
        },
        decoder(
            "basic stream",
            run_basic,
            ipmb_samples().iter().map(|one| basic::frame(one)).collect(),
        ),
        decoder(
            "basic line",
            |input, feedback| run_line(Mode::Basic, input, feedback),
            ipmb_samples().iter().map(|one| basic::frame(one)).collect(),
        ),
        decoder(
            "terminal line",
            |input, feedback| run_line(Mode::Terminal, input, feedback),
            {
                let lines: [&[u8]; 8] = [
                    b"[18 00 01]\r",
                    b"[SYS PWD -U admin secret]\r",
                    b"[SYS TMODE]\r",
                    b"[SYS HEALTH QUERY -V]\r",
                    b"[SYS RESET]\r[SYS ID?]\r",
                    b"\x1b([18 00\\\r01]\r",
                    b"[SYS SET BOOT 00 00 00 00 00]\r",
                    b"[SYS SET TCFG -V 00 11]\r",
                ];
                lines.map(<[u8]>::to_vec).to_vec()
            },
        ),
    ]
}

fn sample() -> (Route, Request, Response) {
    let route = Route {
        responder: 0x20,
        requester: 0x81,
        requester_lun: 0,
        sequence: 5,
    };
    let request = Request {
        net_fn: NetFn::APP,
        lun: 0,
        command: 1,
        data: vec![],
    };
    let response = Response {
        code: CompletionCode::OK,
        data: vec![0x10; 11],
    };
    (route, request, response)
}

fn run_ipmb(input: &[u8], feedback: &mut Feedback) {
    match ipmb::decode_request(input) {
        Ok((route, request)) => {
            feedback.note((
                "request",
                request.net_fn.0,
                request.lun,
                request.data.len().min(40),
            ));
            assert_eq!(ipmb::encode_request(route, &request), input);
        }
        Err(error) => feedback.note(("request", format!("{error:?}"))),
    }
    match ipmb::decode_response(input) {
        Ok(answer) => {
            feedback.note((
                "response",
                answer.net_fn.0,
                answer.response.data.len().min(40),
            ));
            let request = Request {
                net_fn: answer.net_fn,
                lun: answer.lun,
                command: answer.command,
                data: vec![],
            };
            let frame = ipmb::encode_response(answer.route, &request, &answer.response);
            assert_eq!(frame, input);
        }
        Err(error) => feedback.note(("response", format!("{error:?}"))),
    }
}

/// Both checksums.
fn repair_ipmb(input: &mut [u8]) {
    if let Some([a, b, sum]) = input.first_chunk_mut() {
        *sum = checksum(&[*a, *b]);
    }
    if let Some([_, _, _, body @ .., last]) = input.get_mut(..) {
        *last = checksum(body);
    }
}

fn ipmb_samples() -> Vec<Vec<u8>> {
    let (route, request, response) = sample();
    vec![
        ipmb::encode_request(route, &request),
        ipmb::encode_response(route, &request, &response),
    ]
}

fn run_vm(input: &[u8], feedback: &mut Feedback) {
    let mut line = frame::Deframer::default();
    let mut kept = 0;
    for byte in input {
        let (kind, bytes) = match line.take(*byte) {
            None => continue,
            Some(frame::Frame::TooLong) => (0, vec![]),
            Some(frame::Frame::Command(bytes)) => {
                let again = frame::command(&bytes);
                assert_eq!(deframed(&again), Some(frame::Frame::Command(bytes.clone())));
                (1, bytes)
            }
            Some(frame::Frame::Message(bytes)) => {
                vm_message(&bytes, feedback);
                (2, bytes)
            }
        };
        assert!(bytes.len() <= frame::FRAME_LEN_MAX);
        feedback.note(("VM frame", kind, magnitude(bytes.len())));
        kept += bytes.len();
    }
    assert!(kept <= input.len());
}

fn vm_message(bytes: &[u8], feedback: &mut Feedback) {
    if let Some((sequence, request)) = frame::read_request(bytes) {
        feedback.note(("VM request", request.net_fn.0, request.data.len().min(32)));
        let again = frame::request(sequence, &request);
        assert_eq!(
            deframed(&again),
            Some(frame::Frame::Message(bytes.to_vec()))
        );
    }
    if let Some(answer) = frame::read_response(bytes) {
        feedback.note((
            "VM response",
            answer.net_fn.0,
            answer.response.data.len().min(32),
        ));
        let request = Request {
            net_fn: answer.net_fn,
            lun: bytes[1] & 3,
            command: answer.command,
            data: vec![],
        };
        let again = frame::response(answer.sequence, &request, &answer.response);
        assert_eq!(
            deframed(&again),
            Some(frame::Frame::Message(bytes.to_vec()))
        );
    }
}

/// The one frame in `bytes`.
fn deframed(bytes: &[u8]) -> Option<frame::Frame> {
    let mut line = frame::Deframer::default();
    let mut frames = bytes.iter().filter_map(|byte| line.take(*byte));
    let first = frames.next();
    assert_eq!(frames.next(), None, "two frames");
    first
}

/// The checksum of the first message that is not escaped.
fn repair_vm(input: &mut [u8]) {
    let end = input.iter().position(|byte| *byte == 0xa0);
    if let Some([.., _]) = end.map(|end| &input[..end]) {
        let end = end.unwrap_or(0);
        input[end - 1] = checksum(&input[..end - 1]);
    }
}

fn vm_samples() -> Vec<Vec<u8>> {
    let (_, request, response) = sample();
    vec![
        frame::request(0xa0, &request),
        frame::response(3, &request, &response),
        frame::command(&[frame::line::VERSION, frame::line::VERSION_1]),
    ]
}

fn run_basic(input: &[u8], feedback: &mut Feedback) {
    let mut line = basic::Deframer::default();
    let mut kept = 0;
    for byte in input {
        match line.take(*byte) {
            None => (),
            Some(basic::Piece::Message(message)) => {
                feedback.note(("basic", magnitude(message.len())));
                assert!(message.len() <= basic::MESSAGE_LEN_MAX);
                kept += message.len();
                let mut other = basic::Deframer::default();
                let again = basic::frame(&message);
                let pieces: Vec<_> = again.iter().filter_map(|byte| other.take(*byte)).collect();
                assert_eq!(pieces, [basic::Piece::Message(message)]);
            }
            Some(basic::Piece::Handshake) => feedback.note("handshake"),
            Some(basic::Piece::Garbage) => feedback.note("garbage"),
        }
    }
    assert!(kept <= input.len());
}

/// A line whose users log in: nobody knows the password, so nobody may ask.
fn run_line(mode: Mode, input: &[u8], feedback: &mut Feedback) {
    let users = vec![session::server::User::new("admin", "sesame", 4)];
    let mut config = server::Config::new(mode, server::Access::Login(users));
    config.terminal = Settings::default();
    let mut line = server::Server::new(config).expect("a good configuration");
    let mut effects = Vec::new();
    let at = Pos {
        index: 1,
        time: Time(1),
    };
    line.apply(at, &server::Input::Seed([7; 32]), &mut effects);
    line.apply(at, &server::Input::Received(input.to_vec()), &mut effects);
    let mut sent = 0;
    for effect in &effects {
        match effect {
            server::Effect::Send(bytes) => {
                feedback.note(("said", bytes.first(), magnitude(bytes.len())));
                sent += bytes.len();
            }
            server::Effect::Ask { request, .. } => panic!("{request:?} without login"),
            server::Effect::Opened { .. } | server::Effect::Closed => feedback.note("session"),
        }
    }
    assert!(
        sent <= ANSWER_RATIO * (input.len() + 1),
        "{sent} bytes sent"
    );
    feedback.note(("malformed", magnitude(line.counters().malformed as usize)));
    assert!(!line.has_session());
}

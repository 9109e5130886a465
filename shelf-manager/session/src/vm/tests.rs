//! The host against a management controller with one-deep buffers, as OpenIPMI's.

use super::*;
use alloc::string::ToString;
use alloc::vec;
use ipmi::ipmb;
use ipmi::message::{CompletionCode, NetFn};

/// As much of a management controller as the tests need.
#[derive(Default)]
struct Controller {
    line: Deframer,
    enables: u8,
    queue: Option<Vec<u8>>,
    event: Option<[u8; 16]>,
    asked: Vec<Request>,
    /// The answers of other controllers wait here, where they are slow.
    slow: Option<Vec<u8>>,
    is_slow: bool,
    /// Completion code of the next Get Message, in place of the message.
    get_message_code: u8,
}

impl Controller {
    fn flags(&self) -> u8 {
        u8::from(self.queue.is_some()) | u8::from(self.event.is_some()) << 1
    }

    fn push(&mut self, record: [u8; 16]) -> Vec<u8> {
        let news = self.event.is_none();
        self.event.get_or_insert(record);
        match news {
            true => frame::command(&[line::ATTENTION_INTERRUPT]),
            false => vec![],
        }
    }

    fn receive(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![];
        for byte in bytes {
            let Some(Frame::Message(message)) = self.line.take(*byte) else {
                continue;
            };
            let (sequence, request) = frame::read_request(&message).unwrap();
            let before = self.flags();
            let response = self.answer(&request);
            self.asked.push(request.clone());
            match (before, self.flags()) {
                (0, 0) => (),
                (0, _) => out.extend(frame::command(&[line::ATTENTION])),
                (_, 0) => out.extend(frame::command(&[line::NO_ATTENTION])),
                (_, _) => (),
            }
            out.extend(frame::response(sequence, &request, &response));
        }
        out
    }

    fn answer(&mut self, request: &Request) -> Response {
        match (request.net_fn, request.command) {
            (NetFn::APP, 0x2e) => {
                self.enables = request.data[0];
                response(0, &[])
            }
            (NetFn::APP, 0x2f) => response(0, &[self.enables]),
            (NetFn::APP, 0x30) => {
                self.queue = None;
                response(0, &[])
            }
            (NetFn::APP, 0x31) => response(0, &[self.flags()]),
            (NetFn::APP, 0x33) if self.get_message_code != 0 => {
                response(core::mem::take(&mut self.get_message_code), &[])
            }
            (NetFn::APP, 0x33) => match self.queue.take() {
                Some(message) => response(0, &[&[0], &message[..]].concat()),
                None => response(0x80, &[]),
            },
            (NetFn::APP, 0x34) => self.send(&request.data),
            (NetFn::APP, 0x35) => match self.event.take() {
                Some(event) => response(0, &event),
                None => response(0x80, &[]),
            },
            _ => response(0, &request.data),
        }
    }

    fn send(&mut self, data: &[u8]) -> Response {
        assert_eq!(data[0], 0, "no tracking on a system interface");
        let (route, inner) = ipmb::decode_request(&data[1..]).unwrap();
        if route.responder == 0x9a {
            return response(0x83, &[]);
        }
        let answer = ipmb::encode_response(route, &inner, &response(0, &inner.data));
        // The receiver's own address is not in the queue; the checksum may be anything.
        let mut answer = answer[1..].to_vec();
        answer[1] = 0x55;
        if self.is_slow {
            self.slow = Some(answer);
        } else {
            self.queue.get_or_insert(answer);
        }
        response(0, &[])
    }
}

fn response(code: u8, data: &[u8]) -> Response {
    Response {
        code: CompletionCode(code),
        data: data.to_vec(),
    }
}

struct Play {
    vm: Vm,
    controller: Controller,
    now: Time,
    to_host: Vec<u8>,
    events: Vec<PortEvent>,
    /// What the host sends is lost.
    cut: bool,
}

impl Play {
    fn new() -> Self {
        Self {
            vm: Vm::new(Config::default()),
            controller: Controller::default(),
            now: Time(1),
            to_host: vec![],
            events: vec![],
            cut: false,
        }
    }

    fn open() -> Self {
        let mut play = Self::new();
        play.apply(&Input::Start { seed: [0; 32] });
        play.run();
        assert_eq!(play.news(), [PortEvent::Up]);
        play.controller.asked.clear();
        play
    }

    fn apply(&mut self, input: &Input) {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        let mut effects = vec![];
        self.vm.apply(at, input, &mut effects);
        let kept = postcard::to_allocvec(&self.vm).unwrap();
        assert_eq!(self.vm, postcard::from_bytes(&kept).unwrap());
        for effect in effects {
            match effect {
                Effect::Send(bytes) if !self.cut => {
                    let out = self.controller.receive(&bytes);
                    self.to_host.extend(out);
                }
                Effect::Send(_) => (),
                Effect::Event(event) => self.events.push(event),
            }
        }
    }

    /// Delivers byte by byte until nothing moves.
    fn run(&mut self) {
        while !self.to_host.is_empty() {
            let byte = self.to_host.remove(0);
            self.apply(&Input::Received(vec![byte]));
        }
    }

    fn order(&mut self, token: u64, target: Target) {
        let request = request(token);
        self.apply(&Input::Order(PortOrder {
            token,
            target,
            request,
        }));
    }

    fn tick(&mut self) {
        self.now = self.vm.deadline().unwrap();
        self.apply(&Input::Tick);
    }

    fn push(&mut self, number: u8) {
        let out = self.controller.push([number; 16]);
        self.to_host.extend(out);
    }

    fn news(&mut self) -> Vec<PortEvent> {
        core::mem::take(&mut self.events)
    }

    fn commands(&self) -> Vec<u8> {
        let asked = self.controller.asked.iter();
        asked.map(|request| request.command).collect()
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

fn echoed(token: u64) -> PortEvent {
    let result = Ok(response(0, &[token as u8]));
    PortEvent::Answer { token, result }
}

fn failed(token: u64, error: RequestError) -> PortEvent {
    let result = Err(error);
    PortEvent::Answer { token, result }
}

#[test]
fn what_was_enabled_stays_enabled() {
    let mut play = Play::new();
    play.controller.enables = 0x80;
    play.apply(&Input::Start { seed: [0; 32] });
    play.run();
    assert_eq!(play.controller.enables, 0x8f);
    // A new session enables again.
    play.controller = Controller::default();
    play.apply(&Input::Lost("reset".into()));
    play.apply(&Input::Start { seed: [0; 32] });
    play.run();
    assert_eq!(play.controller.enables, 0x0f);
    let down = PortEvent::Down(DownReason::Closed);
    assert_eq!(play.news(), [PortEvent::Up, down, PortEvent::Up]);
}

#[test]
fn each_pushed_event_comes_once() {
    let mut play = Play::open();
    play.push(1);
    play.run();
    assert_eq!(play.news(), [PortEvent::Event([1; 16])]);
    // Flags, the event, and one look whether another is there.
    assert_eq!(play.commands(), [0x31, 0x35, 0x35]);
    // A second one right behind the reading of the first.
    play.push(2);
    while play.controller.event.is_some() {
        let byte = play.to_host.remove(0);
        play.apply(&Input::Received(vec![byte]));
    }
    play.push(3);
    play.run();
    let expected = [PortEvent::Event([2; 16]), PortEvent::Event([3; 16])];
    assert_eq!(play.news(), expected);
}

#[test]
fn an_event_from_before_the_session_is_read() {
    let mut play = Play::new();
    play.controller.event = Some([7; 16]);
    play.apply(&Input::Start { seed: [0; 32] });
    play.run();
    assert_eq!(play.news(), [PortEvent::Up, PortEvent::Event([7; 16])]);
}

#[test]
fn bridged_requests_take_turns_and_direct_ones_pass_them() {
    let mut play = Play::open();
    for token in 0..5 {
        play.order(token, Target::Ipmb(0x82));
    }
    play.order(5, Target::ShelfManager);
    play.order(6, Target::Ipmb(0x9a));
    play.order(7, Target::Ipmb(0x84));
    play.run();
    let news = play.news();
    let nobody = failed(6, RequestError::NoSuchController);
    let bridged: Vec<_> = news.iter().filter(|event| **event != echoed(5)).collect();
    let expected = [0, 1, 2, 3, 4].map(echoed);
    assert_eq!(bridged[..5], expected.each_ref());
    assert_eq!(bridged[5..], [&nobody, &echoed(7)]);
    assert_eq!(news.len(), 8);
}

#[test]
fn a_slow_controller_is_polled() {
    let mut play = Play::open();
    play.controller.is_slow = true;
    play.order(1, Target::Ipmb(0x82));
    play.run();
    play.tick();
    play.run();
    assert_eq!(play.news(), []);
    assert_eq!(play.now, Time(1).after(Duration::from_millis(20)));
    play.controller.queue = play.controller.slow.take();
    play.tick();
    play.run();
    assert_eq!(play.news(), [echoed(1)]);
}

#[test]
fn attention_is_quicker_than_polling() {
    let mut play = Play::open();
    play.controller.is_slow = true;
    play.order(1, Target::Ipmb(0x82));
    play.run();
    play.controller.queue = play.controller.slow.take();
    play.to_host = frame::command(&[line::ATTENTION]);
    play.run();
    assert_eq!(play.news(), [echoed(1)]);
}

#[test]
fn a_controller_that_never_answers_costs_only_its_own_request() {
    let mut play = Play::open();
    play.controller.is_slow = true;
    play.order(1, Target::Ipmb(0x82));
    play.order(2, Target::Ipmb(0x9a));
    let start = play.now;
    for _ in 0..1000 {
        play.run();
        play.tick();
        if !play.events.is_empty() {
            break;
        }
    }
    play.run();
    assert_eq!(play.now, start.after(Duration::from_secs(3)));
    let expected = [
        failed(1, RequestError::Timeout),
        failed(2, RequestError::NoSuchController),
    ];
    assert_eq!(play.news(), expected);
    let sent = play.commands().iter().filter(|c| **c == 0x34).count();
    assert_eq!(sent, 4);
}

#[test]
fn a_late_answer_is_not_taken_for_the_next() {
    let mut play = Play::open();
    let stray = [0x1e, 0x55, 0x82, 0xfc, 0x2d, 0x00, 0x09, 0x00];
    play.controller.queue = Some(stray.to_vec());
    play.order(1, Target::Ipmb(0x82));
    // The queue holds the stray one only: the answer was lost in it, and is asked for again.
    for _ in 0..200 {
        play.run();
        if !play.events.is_empty() {
            break;
        }
        play.tick();
    }
    assert_eq!(play.news(), [echoed(1)]);
    assert_eq!(play.vm.counters().unmatched, 1);
    assert_eq!(play.vm.counters().resent, 1);
}

#[test]
fn a_message_that_is_too_long_is_cleared_and_said() {
    let mut play = Play::open();
    play.controller.get_message_code = 0xc8;
    play.order(1, Target::Ipmb(0x82));
    play.order(2, Target::Ipmb(0x82));
    play.run();
    let too_long = PortEvent::Answer {
        token: 1,
        result: Ok(response(0xc8, &[])),
    };
    // The clearing may take the second answer with it; then it is asked for again.
    for _ in 0..200 {
        if play.events.len() == 2 {
            break;
        }
        play.tick();
        play.run();
    }
    assert_eq!(play.news(), [too_long, echoed(2)]);
}

#[test]
fn silence_closes() {
    let mut play = Play::new();
    play.cut = true;
    play.apply(&Input::Start { seed: [0; 32] });
    for _ in 0..3 {
        play.tick();
    }
    let reason = DownReason::Unreachable("no answer to the first request".to_string());
    assert_eq!(play.news(), [PortEvent::Down(reason)]);
    assert_eq!(play.vm.deadline(), None);

    // Both are late at once; or the second still waits for its turn.
    for (target, second) in [
        (Target::ShelfManager, RequestError::Timeout),
        (Target::Ipmb(0x82), RequestError::PortDown),
    ] {
        let mut play = Play::open();
        play.cut = true;
        play.order(1, target);
        play.order(2, Target::Ipmb(0x84));
        while play.vm.is_open() {
            play.tick();
        }
        let reason = DownReason::Unreachable("no answer any more".to_string());
        let expected = [
            failed(1, RequestError::Timeout),
            failed(2, second),
            PortEvent::Down(reason),
        ];
        assert_eq!(play.news(), expected);
    }
}

/// A peer that talks, but never answers what opens the session, does not hold it open for ever.
#[test]
fn chatter_does_not_open_a_session() {
    let mut play = Play::new();
    play.cut = true;
    play.apply(&Input::Start { seed: [0; 32] });
    for _ in 0..3 {
        play.now = play.now.after(Duration::from_millis(1));
        let chatter = frame::response(0x77, &request(1), &response(0, &[]));
        play.apply(&Input::Received(chatter));
        play.tick();
    }
    let reason = DownReason::Unreachable("no answer to the first request".to_string());
    assert_eq!(play.news(), [PortEvent::Down(reason)]);
    assert_eq!(play.vm.deadline(), None);
}

#[test]
fn a_quiet_line_is_tried() {
    let mut play = Play::open();
    play.tick();
    play.run();
    assert_eq!(play.now, Time(1).after(Duration::from_secs(20)));
    assert_eq!(play.commands(), [0x31]);
    play.cut = true;
    while play.vm.is_open() {
        play.tick();
    }
    assert_eq!(play.now, Time(1).after(Duration::from_secs(43)));
}

#[test]
fn garbage_is_counted() {
    let mut play = Play::open();
    let stray = frame::response(99, &request(1), &response(0, &[]));
    let mut bad = stray.clone();
    bad[2] ^= 1;
    play.to_host = [&bad[..], &stray, &[0xa0], &[1; 3000], &[0xa1, 9, 9, 0xa1]].concat();
    play.run();
    assert_eq!(play.news(), []);
    let expected = Counters {
        malformed: 3,
        unmatched: 1,
        ..Counters::default()
    };
    assert_eq!(*play.vm.counters(), expected);
    play.order(1, Target::ShelfManager);
    play.run();
    assert_eq!(play.news(), [echoed(1)]);
}

#[test]
fn orders_wait_within_limits() {
    let mut play = Play::open();
    play.cut = true;
    let places = (DIRECT_MAX + WAITING_MAX) as u64;
    for token in 0..places {
        assert!(play.vm.has_room());
        play.order(token, Target::ShelfManager);
    }
    assert!(!play.vm.has_room());
    play.order(places, Target::ShelfManager);
    let busy = PortEvent::Answer {
        token: places,
        result: Ok(response(0xc0, &[])),
    };
    assert_eq!(play.news(), [busy]);
    play.apply(&Input::Stop);
    assert_eq!(play.news().len() as u64, places);
}

//! Requests to others.

use super::*;

// The frames of reference that other implementations make: activate FRU 0 of the board at 82h.
#[test]
fn frozen_frames() {
    let mut play = Play::open();
    let activate = Request {
        net_fn: NetFn::GROUP,
        lun: 0,
        command: 0x0c,
        data: vec![0, 0, 1],
    };
    // Its sequence number is the seventh.
    for token in 0..6 {
        play.apply(order(token, BLADE, request(1, &[])));
        let bus = play.writes[0].0;
        let frame = play.sent(bus, Ok(()));
        play.answer(bus, &frame, &ok(&[]));
    }
    play.apply(order(6, BLADE, activate));
    let expected = [0x82, 0xb0, 0xce, 0x20, 0x18, 0x0c, 0x00, 0x00, 0x01, 0xbb];
    assert_eq!(play.writes[0].1, expected);
    play.run();
    let response = [0x20, 0xb4, 0x2c, 0x82, 0x18, 0x0c, 0x00, 0x00, 0x5a];
    play.news();
    play.receive(Bus::A, &response);
    assert_eq!(play.news(), [answer(6, Ok(ok(&[0])))]);
}

// First attempts take turns, so that both buses are known to work.
#[test]
fn both_buses_are_used() {
    let mut play = Play::open();
    for token in 0..4 {
        play.apply(order(token, BLADE, request(1, &[])));
        let bus = play.writes[0].0;
        let frame = play.sent(bus, Ok(()));
        play.answer(bus.other(), &frame, &ok(&[]));
    }
    assert_eq!(play.buses(), [Bus::A, Bus::B, Bus::A, Bus::B]);
    assert_eq!(play.news().len(), 4);
}

// One at a time to each responder, in order; different responders at once.
#[test]
fn order_is_kept() {
    let mut play = Play::open();
    play.apply(order(1, BLADE, request(1, &[])));
    play.apply(order(2, BLADE, request(2, &[])));
    play.apply(order(3, OTHER_BLADE, request(3, &[])));
    play.run();
    let traffic = play.traffic();
    let commands: Vec<u8> = traffic.iter().map(|(_, frame)| frame[5]).collect();
    assert_eq!(commands, [1, 3]);
    assert_eq!(play.ipmb.in_flight(), 2);
    play.answer(Bus::A, &traffic[0].1, &ok(&[]));
    play.run();
    assert_eq!(play.traffic()[0].1[5], 2);
    assert_eq!(play.news(), [answer(1, Ok(ok(&[])))]);
}

// Many responders: no more than the window are under way, and all get their answer.
#[test]
fn the_window() {
    let mut play = Play::open();
    for token in 0..100 {
        let address = 2 + 2 * token as u8;
        if address != OWN {
            play.apply(order(token, address, request(1, &[])));
        }
    }
    assert_eq!(play.ipmb.in_flight(), ipmi::port::IN_FLIGHT_MAX);
    let mut answers = 0;
    while let Some((bus, _)) = play.writes.front().cloned() {
        let frame = play.sent(bus, Ok(()));
        play.answer(bus, &frame, &ok(&[]));
        answers += play.news().len();
    }
    assert_eq!(answers, 99);
    assert_eq!(play.ipmb.deadline(), None);
}

// A lost answer costs one repetition, by the other bus and with the same number.
#[test]
fn repetition() {
    let mut play = Play::open();
    play.apply(order(1, BLADE, request(1, &[])));
    play.pass(249);
    assert_eq!(play.buses(), [Bus::A]);
    play.pass(1);
    let traffic = play.traffic();
    assert_eq!(traffic[0].0, Bus::B);
    play.answer(Bus::B, &traffic[0].1, &ok(&[7]));
    assert_eq!(play.news(), [answer(1, Ok(ok(&[7])))]);
    assert_eq!(play.ipmb.counters().resent, 1);
    // The answer to the first one was only slow.
    play.answer(Bus::A, &traffic[0].1, &ok(&[7]));
    assert_eq!(play.news(), []);
    assert_eq!(play.ipmb.counters().replayed, 1);
}

// Nobody answers: four attempts, then the end, and the next one goes on.
#[test]
fn silence() {
    let mut play = Play::open();
    play.apply(order(1, BLADE, request(1, &[])));
    play.apply(order(2, BLADE, request(2, &[])));
    play.pass(999);
    assert_eq!(play.buses(), [Bus::A, Bus::B, Bus::A, Bus::B]);
    assert_eq!(play.news(), []);
    play.pass(1);
    assert_eq!(play.news(), [answer(1, Err(RequestError::Timeout))]);
    assert_eq!(play.traffic()[0].1[5], 2);
}

// An empty slot is told apart from a silent one, soon.
#[test]
fn nobody_there() {
    let mut play = Play::open();
    for bus in Bus::BOTH {
        play.faults.insert((bus, BLADE), WriteError::Nak);
    }
    for token in 0..9 {
        play.apply(order(token, BLADE, request(1, &[])));
        play.pass(25);
        let nobody = Err(RequestError::NoSuchController);
        assert_eq!(play.news(), [answer(token, nobody)]);
        assert_eq!(play.traffic().len(), 4);
    }
    assert_eq!(play.healths, [], "an empty slot says nothing about a bus");
}

// Addresses that nobody can have never reach a bus: 00h would call everybody.
#[test]
fn impossible_addresses() {
    let mut play = Play::open();
    for address in [0x00, 0x83] {
        play.apply(order(1, address, request(1, &[])));
        let nobody = Err(RequestError::NoSuchController);
        assert_eq!(play.news(), [answer(1, nobody)]);
    }
    assert_eq!(play.writes, []);
}

// What does not fit a frame is refused here, not cut.
#[test]
fn too_long() {
    let mut play = Play::open();
    play.apply(order(1, BLADE, request(1, &[0; 26])));
    let refused = Response {
        code: CompletionCode::LENGTH_LIMIT,
        data: vec![],
    };
    assert_eq!(play.news(), [answer(1, Ok(refused))]);
    play.apply(order(2, BLADE, request(1, &[0; 25])));
    assert_eq!(play.writes[0].1.len(), 32);
}

/// One line for each field that must match: its offset in the response, and another value.
const STRANGE: &[(usize, u8)] = &[
    (1, 0x14), // network function
    (3, 0x84), // responder
    (4, 0x08), // sequence
    (4, 0x01), // logical unit of the responder
    (5, 0x02), // command
];

// A response counts only when all fields match.
#[test]
fn strange_answers() {
    for (offset, value) in STRANGE {
        let mut play = Play::open();
        play.apply(order(1, BLADE, request(1, &[])));
        let frame = play.sent(Bus::A, Ok(()));
        let (route, asked) = decode_request(&frame).unwrap();
        let mut response = encode_response(route, &asked, &ok(&[]));
        response[*offset] = *value;
        response[2] = ipmi::wire::checksum(&response[..2]);
        let last = response.len() - 1;
        response[last] = ipmi::wire::checksum(&response[3..last]);
        play.receive(Bus::A, &response);
        assert_eq!(play.news(), [], "{offset}");
        let dropped = play.ipmb.counters();
        assert_eq!(dropped.unmatched + dropped.malformed, 1, "{offset}");
        play.answer(Bus::A, &frame, &ok(&[]));
        assert_eq!(play.news().len(), 1);
    }
}

// The answer may be faster than the news that the request was written.
#[test]
fn fast_answer() {
    let mut play = Play::open();
    play.apply(order(1, BLADE, request(1, &[])));
    let frame = play.writes[0].1.clone();
    play.answer(Bus::A, &frame, &ok(&[]));
    assert_eq!(play.news(), [answer(1, Ok(ok(&[])))]);
    play.run();
    play.pass(5000);
    assert_eq!(play.buses(), [Bus::A], "it is not asked again");
}

// The number of a request that got no answer is not used for another one while it lasts.
#[test]
fn reserved_numbers() {
    let mut play = Play::open();
    play.apply(order(0, BLADE, request(1, &[])));
    play.pass(1000);
    let unanswered = play.traffic()[0].1[4];
    let mut used = vec![];
    for token in 1..=64 {
        play.apply(order(token, BLADE, request(1, &[])));
        let bus = play.writes[0].0;
        let frame = play.sent(bus, Ok(()));
        used.push(frame[4]);
        play.answer(bus, &frame, &ok(&[]));
    }
    assert!(!used.contains(&unanswered));
    assert_eq!(used[0], used[63], "63 others are between");
    play.pass(5000);
    for token in 65..=128 {
        play.apply(order(token, BLADE, request(1, &[])));
        let bus = play.writes[0].0;
        let frame = play.sent(bus, Ok(()));
        used.push(frame[4]);
        play.answer(bus, &frame, &ok(&[]));
    }
    assert!(used.contains(&unanswered));
}

// More than fits the queue is busy; nothing is lost without a word.
#[test]
fn queue_limit() {
    let mut play = Play::open();
    let count = crate::WAITING_MAX as u64 + 2;
    for token in 0..count {
        play.apply(order(token, BLADE, request(1, &[])));
    }
    let busy = Response {
        code: CompletionCode::NODE_BUSY,
        data: vec![],
    };
    assert_eq!(play.news(), [answer(count - 1, Ok(busy))]);
    assert!(!play.ipmb.has_room());
    play.apply(Input::Stop);
    assert_eq!(play.news().len() as u64, count - 1);
}

// Our own address is no place on the bus: the controller there is asked directly.
#[test]
fn own_address() {
    let mut play = Play::open();
    play.apply(order(1, OWN, request(1, &[])));
    play.apply(Input::Order(PortOrder {
        token: 2,
        target: Target::ShelfManager,
        request: request(1, &[]),
    }));
    assert_eq!(play.writes, []);
    let questions = core::mem::take(&mut play.questions);
    assert_eq!(questions.len(), 2);
    for (id, from, asked) in questions {
        assert_eq!((from, asked), (OWN, request(1, &[])));
        let response = ok(&[9]);
        play.apply(Input::Answer { id, response });
    }
    let expected = [1, 2].map(|token| answer(token, Ok(ok(&[9]))));
    assert_eq!(play.news(), expected);
}

// A controller at our address that does not answer is a timeout, as any other.
#[test]
fn own_silence() {
    let mut play = Play::open();
    play.apply(order(1, OWN, request(1, &[])));
    play.pass(5000);
    assert_eq!(play.news(), [answer(1, Err(RequestError::Timeout))]);
    let (id, response) = (play.questions[0].0, ok(&[]));
    play.apply(Input::Answer { id, response });
    assert_eq!(play.news(), []);
}

//! Requests of others.

use super::*;

/// The board at 82h goes from M1 to M2, as its handle was closed.
const HOT_SWAP: [u8; 14] = [
    0x20, 0x10, 0xd0, 0x82, 0x14, 0x02, 0x04, 0xf0, 0x01, 0x6f, 0xa2, 0x21, 0x00, 0x41,
];

/// As a log would hold it, at second 1.
const RECORD: [u8; 16] = [
    0, 0, 2, 1, 0, 0, 0, 0x82, 0, 4, 0xf0, 0x01, 0x6f, 0xa2, 0x21, 0x00,
];

/// That it was taken.
const TAKEN: [u8; 8] = [0x82, 0x14, 0x6a, 0x20, 0x14, 0x02, 0x00, 0xca];

// An event is acknowledged by the bus that it came by, and handed up as a record.
#[test]
fn event() {
    let mut play = Play::open();
    play.receive(Bus::B, &HOT_SWAP);
    assert_eq!(play.news(), [PortEvent::Event(RECORD)]);
    play.run();
    assert_eq!(play.traffic(), [(Bus::B, TAKEN.to_vec())]);
}

// However often it comes, by whichever bus, it is one event; each copy is acknowledged.
#[test]
fn repeated_event() {
    let mut play = Play::open();
    for bus in [Bus::B, Bus::B, Bus::A] {
        play.receive(bus, &HOT_SWAP);
        play.run();
    }
    assert_eq!(play.news(), [PortEvent::Event(RECORD)]);
    assert_eq!(play.buses(), [Bus::B, Bus::B, Bus::A]);
    assert_eq!(play.ipmb.counters().replayed, 2);
    // After the time of its sequence number it is another one.
    play.pass(5000);
    play.receive(Bus::A, &HOT_SWAP);
    assert_eq!(play.news().len(), 1);
}

// Other sequence numbers make other events, even when all else is equal.
#[test]
fn equal_events() {
    let mut play = Play::open();
    let (_, event) = decode_request(&HOT_SWAP).unwrap();
    for sequence in 5..8 {
        play.receive(Bus::A, &asked(BLADE, sequence, &event));
    }
    assert_eq!(play.news().len(), 3);
}

// Events that are too short, or for a logical unit that takes none, are refused.
#[test]
fn wrong_events() {
    let (_, event) = decode_request(&HOT_SWAP).unwrap();
    let short = Request {
        data: event.data[..4].to_vec(),
        ..event.clone()
    };
    let other_unit = Request { lun: 1, ..event };
    for (wrong, code) in [(short, 0xc7), (other_unit, 0xc2)] {
        let mut play = Play::open();
        play.receive(Bus::A, &asked(BLADE, 1, &wrong));
        assert_eq!(play.news(), []);
        play.run();
        assert_eq!(play.traffic()[0].1[6], code);
    }
}

// Anything else is a question; repetitions wait for the same answer and get it again.
#[test]
fn question() {
    let mut play = Play::open();
    let frame = asked(BLADE, 3, &request(1, &[]));
    play.receive(Bus::A, &frame);
    play.receive(Bus::B, &frame);
    let [(id, from, found)] = &play.questions[..] else {
        panic!("{:?}", play.questions);
    };
    assert_eq!((*from, found), (BLADE, &request(1, &[])));
    let (id, response) = (*id, ok(&[1, 2]));
    play.apply(Input::Answer { id, response });
    play.receive(Bus::B, &frame);
    play.run();
    let traffic = play.traffic();
    let [(Bus::A, first), (Bus::B, second)] = &traffic[..] else {
        panic!("{traffic:?}");
    };
    assert_eq!(first, second);
    assert_eq!(play.questions.len(), 1);
    let answer = ipmi::ipmb::decode_response(first).unwrap();
    assert_eq!(
        (answer.route.responder, answer.response),
        (OWN, ok(&[1, 2]))
    );
}

// An answer that does not fit a frame becomes a refusal that does.
#[test]
fn long_answer() {
    for (len, code) in [(24, 0x00), (25, 0xca)] {
        let mut play = Play::open();
        play.receive(Bus::A, &asked(BLADE, 3, &request(1, &[])));
        let (id, response) = (play.questions[0].0, ok(&vec![0; len]));
        play.apply(Input::Answer { id, response });
        play.run();
        assert_eq!(play.traffic()[0].1[6], code, "{len}");
    }
}

// Unanswered questions are bounded, and forgotten: a later repetition is heard again.
#[test]
fn question_limit() {
    let mut play = Play::open();
    let max = responder::QUESTIONS_MAX;
    for number in 0..=max {
        let from = 0x40 + 2 * (number / 64) as u8;
        let frame = asked(from, (number % 64) as u8, &request(1, &[]));
        play.receive(Bus::A, &frame);
    }
    assert_eq!(play.questions.len(), max);
    play.run();
    assert_eq!(play.traffic()[0].1[6], CompletionCode::NODE_BUSY.0);
    play.pass(5000);
    play.receive(Bus::A, &asked(0x40, 0, &request(1, &[])));
    assert_eq!(play.questions.len(), max + 1);
}

// A storm of events does not grow the memory; each is still handed up.
#[test]
fn event_storm() {
    let mut play = Play::open();
    let (_, event) = decode_request(&HOT_SWAP).unwrap();
    for number in 0..1000_u32 {
        let from = 0x40 + 2 * (number / 64) as u8;
        play.receive(Bus::A, &asked(from, (number % 64) as u8, &event));
    }
    assert_eq!(play.news().len(), 1000);
    let bytes = postcard::to_allocvec(&play.ipmb).unwrap();
    assert!(bytes.len() < 8192, "{}", bytes.len());
    // The bus was not free meanwhile: only the latest are acknowledged at once.
    play.run();
    assert!(play.traffic().len() <= line::RESPONSES_MAX + 1);
}

// Each single bit that is wrong is found; nothing comes of such a frame.
#[test]
fn wrong_checksums() {
    let mut play = Play::open();
    for bit in 8..HOT_SWAP.len() * 8 {
        let mut frame = HOT_SWAP;
        frame[bit / 8] ^= 1 << (bit % 8);
        play.receive(Bus::A, &frame);
    }
    let bits = (HOT_SWAP.len() as u64 - 1) * 8;
    assert_eq!(play.ipmb.counters().bad_integrity, bits);
    assert_eq!(play.news(), []);
    assert_eq!(play.writes, []);
}

// Frames that end too early, are for others, or come from nobody.
#[test]
fn malformed() {
    let mut play = Play::open();
    for len in 0..HOT_SWAP.len() {
        play.receive(Bus::A, &HOT_SWAP[..len]);
    }
    let (route, event) = decode_request(&HOT_SWAP).unwrap();
    let foreign = Route {
        responder: 0x10,
        ..route
    };
    play.receive(Bus::A, &encode_request(foreign, &event));
    for from in [0x00, 0x83, OWN] {
        play.receive(Bus::A, &asked(from, 0, &event));
    }
    play.receive(Bus::A, &[OWN; RECEIVED_LEN_MAX + 1]);
    let dropped = play.ipmb.counters();
    let count = HOT_SWAP.len() as u64 + 5;
    assert_eq!(dropped.malformed + dropped.bad_integrity, count);
    assert_eq!(play.news(), []);
    assert_eq!(play.writes, []);
}

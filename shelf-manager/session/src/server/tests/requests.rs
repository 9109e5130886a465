//! Requests within a session: who may ask what, and who answers.

use super::super::*;
use super::console::{ADMIN, Bench, Console, PEER, READER, asked, request, response};
use crate::CipherSuite;
use alloc::vec;
use core::time::Duration;
use ipmi::ipmb::{Route, encode_request};

/// Get Device ID, which the server cannot answer.
fn device_id() -> Request {
    request(0x01, &[])
}

fn send_message(channel: u8, frame: &[u8]) -> Request {
    request(0x34, &[&[channel], frame].concat())
}

fn frame(responder: u8, request: &Request) -> Vec<u8> {
    let route = Route {
        responder,
        requester: 0x20,
        requester_lun: 0,
        sequence: 5,
    };
    encode_request(route, request)
}

#[test]
fn what_the_server_does_not_know_is_asked() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    let effects = bench.receive(PEER, &console.seal(&device_id()));
    let (ticket, target, privilege, request) = asked(&effects);
    assert_eq!((target, privilege), (Target::ShelfManager, 4));
    assert_eq!(request, device_id());
    let response = response(0, &[1, 2, 3]);
    let answer = Input::Answer { ticket, response };
    let effects = bench.apply(&answer);
    assert_eq!(console.heard(&effects), [(0, vec![1, 2, 3])]);
    assert_eq!(bench.apply(&answer), [], "a question is answered once");
}

#[test]
fn answers_that_are_too_long_are_refused() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    for (len, code) in [(1024, 0x00), (1025, 0xca), (70_000, 0xca)] {
        let effects = bench.receive(PEER, &console.seal(&device_id()));
        let (ticket, ..) = asked(&effects);
        let response = response(0, &vec![0; len]);
        let effects = bench.apply(&Input::Answer { ticket, response });
        assert_eq!(console.heard(&effects)[0].0, code, "{len} bytes");
    }
}

#[test]
fn nobody_waits_for_answers_after_the_end() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    let (ticket, ..) = asked(&bench.receive(PEER, &console.seal(&device_id())));
    let id = console.channel.theirs.to_le_bytes();
    let effects = bench.receive(PEER, &console.seal(&request(0x3c, &id)));
    assert_eq!(effects.last(), Some(&Effect::Closed { peer: PEER }));
    assert_eq!(console.heard(&effects), [(0, vec![])]);
    let response = response(0, &[]);
    assert_eq!(bench.apply(&Input::Answer { ticket, response }), []);
    assert_eq!(bench.receive(PEER, &console.seal(&device_id())), []);
}

#[test]
fn questions_are_limited_and_not_repeated() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    for number in 0..QUESTIONS_MAX as u8 {
        let question = request(0x01, &[number]);
        asked(&bench.receive(PEER, &console.seal(&question)));
        // The console is impatient and asks again.
        assert_eq!(bench.receive(PEER, &console.seal(&question)), []);
    }
    let busy = console.ask(&mut bench, &request(0x01, &[0xff]));
    assert_eq!(busy, Some((0xc0, vec![])));
}

#[test]
fn privilege_is_checked_for_each_command() {
    let mut bench = Bench::usual();
    let mut reader = bench.open(CipherSuite::Sha256, READER);
    let of = |net_fn, command, data: &[u8]| Request {
        net_fn: NetFn(net_fn),
        ..request(command, data)
    };
    // Net function, command, data, and who may.
    let cases: [(u8, u8, &[u8], u8); 15] = [
        (0x00, 0x01, &[], 2),
        (0x00, 0x02, &[1], 3),
        (0x04, 0x2d, &[1], 2),
        (0x04, 0x26, &[1], 3),
        (0x06, 0x01, &[], 2),
        (0x06, 0x02, &[], 4),
        (0x06, 0x35, &[], 4),
        (0x0a, 0x43, &[0, 0, 0, 0, 0, 0xff], 2),
        (0x0a, 0x47, &[], 3),
        (0x0c, 0x01, &[], 4),
        (0x2c, 0x00, &[0], 2),
        (0x2c, 0x0c, &[0, 0, 1], 3),
        (0x2c, 0x11, &[0, 0, 1, 0], 4),
        // ipmitool asks for HPM.2 first, whatever it is told to do.
        (0x2c, 0x3e, &[0, 2], 2),
        (0x30, 0x01, &[], 4),
    ];
    for (net_fn, command, data, needed) in cases {
        let asked_for = of(net_fn, command, data);
        let bridged = send_message(0x40, &frame(0x92, &asked_for));
        assert_eq!(required(&asked_for), needed, "{asked_for:?}");
        for request in [&asked_for, &bridged] {
            let answer = reader.ask(&mut bench, request);
            let refused = Some((0xd4, vec![]));
            assert_eq!(answer == refused, needed > 2, "{asked_for:?}: {answer:?}");
        }
    }
}

#[test]
fn a_privilege_level_is_set_within_limits() {
    let mut bench = Bench::usual();
    let mut console = bench.open(CipherSuite::Sha1, ADMIN);
    // A session begins with the level of users.
    let cold_reset = request(0x02, &[]);
    assert_eq!(console.ask(&mut bench, &cold_reset), Some((0xd4, vec![])));
    let mut reader = bench.open(CipherSuite::Sha1, READER);
    // Whether an administrator asks, the level, and the answer.
    let cases: [(bool, u8, u8, &[u8]); 9] = [
        (true, 0, 0, &[2]),
        (true, 4, 0, &[4]),
        (true, 0, 0, &[4]),
        (true, 1, 0xcc, &[]),
        (true, 5, 0xcc, &[]),
        (true, 0x14, 0xcc, &[]),
        (true, 3, 0, &[3]),
        (false, 3, 0x81, &[]),
        (false, 2, 0, &[2]),
    ];
    for (administrator, level, code, data) in cases {
        let who = match administrator {
            true => &mut console,
            false => &mut reader,
        };
        let answer = who.ask(&mut bench, &request(0x3b, &[level]));
        assert_eq!(answer, Some((code, data.to_vec())), "{level}");
    }
}

#[test]
fn requests_are_bridged() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    for address in [0x92, 0x20] {
        let message = send_message(0x40, &frame(address, &device_id()));
        let effects = bench.receive(PEER, &console.seal(&message));
        let (ticket, target, _, request) = asked(&effects);
        let expected = match address {
            0x20 => Target::ShelfManager,
            _ => Target::Ipmb(address),
        };
        assert_eq!((target, request), (expected, device_id()));
        let response = response(0xc9, &[7]);
        let effects = bench.apply(&Input::Answer { ticket, response });
        assert_eq!(console.heard(&effects), [(0, vec![]), (0xc9, vec![7])]);
    }
}

// What is not tracked is sent and kept by whoever owns the shelf manager; we only see who may.
#[test]
fn untracked_messages_are_handed_on_whole() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    let message = send_message(0x00, &frame(0x92, &device_id()));
    let effects = bench.receive(PEER, &console.seal(&message));
    let (ticket, target, _, request) = asked(&effects);
    assert_eq!((target, request), (Target::ShelfManager, message));
    let response = response(0, &[]);
    let effects = bench.apply(&Input::Answer { ticket, response });
    assert_eq!(console.heard(&effects), [(0, vec![])]);
    let mut reader = bench.open(CipherSuite::Sha256, READER);
    let reset = send_message(0x00, &frame(0x92, &super::console::request(0x02, &[])));
    let refused = Some((0xd4, vec![]));
    assert_eq!(reader.ask(&mut bench, &reset), refused);
}

#[test]
fn what_cannot_be_delivered_is_refused() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    for code in [0x83, 0xc3, 0xd3] {
        let message = send_message(0x40, &frame(0x94, &device_id()));
        let (ticket, ..) = asked(&bench.receive(PEER, &console.seal(&message)));
        let response = response(code, &[]);
        let effects = bench.apply(&Input::Answer { ticket, response });
        assert_eq!(console.heard(&effects), [(code, vec![])]);
    }
}

#[test]
fn what_cannot_be_bridged_is_refused() {
    let good = frame(0x92, &device_id());
    let mut bad_sum = good.clone();
    bad_sum[2] ^= 1;
    let long = frame(0x92, &request(0x01, &[0; 26]));
    let double = frame(0x92, &send_message(0x40, &good));
    let cases: [(u8, &[u8], u8); 9] = [
        // No such channel; raw; reserved.
        (0x47, &good, 0xcc),
        (0x80, &good, 0xcc),
        (0xc0, &good, 0xcc),
        (0x40, &bad_sum, 0xcc),
        (0x40, &good[..6], 0xc7),
        (0x40, &[], 0xc7),
        (0x40, &long, 0xc8),
        (0x40, &double, 0xc1),
        (0x40, &good[..good.len() - 1], 0xc7),
    ];
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    for (channel, frame, code) in cases {
        let answer = console.ask(&mut bench, &send_message(channel, frame));
        assert_eq!(answer, Some((code, vec![])), "{channel:02x} {frame:02x?}");
    }
    let answer = console.ask(&mut bench, &request(0x34, &[]));
    assert_eq!(answer, Some((0xc7, vec![])));
}

#[test]
fn sessions_channels_and_users_are_described() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    bench.open(CipherSuite::Sha1, READER);
    let id = console.channel.theirs.to_le_bytes();
    let by_id = [&[0xff], &id[..]].concat();
    let mut name = b"admin".to_vec();
    name.resize(16, 0);
    let first = vec![1, 63, 2, 2, 4, 0x11];
    let cases: [(u8, &[u8], Vec<u8>); 22] = [
        (0x37, &[], vec![0x20; 16]),
        (0x38, &[0x8e, 4], vec![1, 0x80, 4, 2, 0, 0, 0, 0]),
        (0x38, &[0x0e, 4], vec![1, 0, 4, 0, 0, 0, 0, 0]),
        (0x3d, &[0], first.clone()),
        (0x3d, &[0xfe, 1], first.clone()),
        (0x3d, &by_id, first),
        (0x3d, &[0xfe, 2], vec![2, 63, 2, 3, 2, 0x11]),
        (0x3d, &[3], vec![0, 63, 2]),
        (0x41, &[1, 0x40], vec![0x22, 4]),
        (0x41, &[0x0e, 0x80], vec![0x22, 4]),
        (0x42, &[0x0e], vec![1, 4, 1, 0x82, 0xf2, 0x1b, 0, 0, 0]),
        (0x42, &[0x00], vec![0, 1, 1, 0, 0xf2, 0x1b, 0, 0, 0]),
        (0x44, &[1, 1], vec![3, 0x82, 2, 0x0f]),
        (0x44, &[1, 2], vec![3, 0x42, 2, 0x14]),
        (0x44, &[1, 3], vec![3, 0x42, 2, 0x12]),
        (0x46, &[2], name),
        (0x4e, &[1], vec![3, 0, 0x3f, 0, 0, 0, 0, 0]),
        (0x4f, &[1, 0], vec![0x10]),
        (0x4f, &[1, 1], vec![0x10]),
        (
            0x54,
            &[0x0e, 0, 0x80],
            b"\x01\xc0\x03\x01\x41\x81\xc0\x11\x03\x44\x81".to_vec(),
        ),
        (0x54, &[0x0e, 0, 0x81], vec![1]),
        (
            0x54,
            &[0x0e, 0, 0x00],
            b"\x01\x01\x41\x81\x03\x44\x81".to_vec(),
        ),
    ];
    for (command, data, expected) in cases {
        let answer = console.ask(&mut bench, &request(command, data));
        assert_eq!(answer, Some((0, expected)), "{command:02x} {data:02x?}");
    }
    let refused: [(u8, &[u8], u8); 11] = [
        (0x38, &[0x82, 4], 0xcc),
        (0x38, &[0x8e, 0], 0xcc),
        (0x41, &[0, 0x40], 0x82),
        (0x41, &[1, 0], 0xcc),
        (0x42, &[7], 0xcc),
        (0x44, &[1, 4], 0xcc),
        (0x46, &[0], 0xcc),
        (0x46, &[4], 0xcc),
        (0x4e, &[0], 0xcc),
        (0x4f, &[1, 2], 0x80),
        (0x54, &[0x0e, 2, 0x80], 0xcc),
    ];
    for (command, data, code) in refused {
        let answer = console.ask(&mut bench, &request(command, data));
        assert_eq!(answer, Some((code, vec![])), "{command:02x} {data:02x?}");
    }
}

#[test]
fn wrong_lengths_are_refused() {
    let cases: [(u8, &[usize]); 12] = [
        (0x34, &[]),
        (0x37, &[0]),
        (0x38, &[2]),
        (0x3b, &[1]),
        (0x3c, &[4, 5]),
        (0x3d, &[1, 2, 5]),
        (0x41, &[2]),
        (0x42, &[1]),
        (0x44, &[2]),
        (0x46, &[1]),
        (0x4e, &[1]),
        (0x54, &[3]),
    ];
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    for (command, right) in cases {
        for len in (0..8).filter(|len| !right.contains(len)) {
            let answer = console.ask(&mut bench, &request(command, &[0; 8][..len]));
            assert_eq!(answer, Some((0xc7, vec![])), "{command:02x}, {len} bytes");
        }
    }
}

#[test]
fn only_administrators_close_the_sessions_of_others() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    let mut reader = bench.open(CipherSuite::Sha256, READER);
    let close = |other: &Console| request(0x3c, &other.channel.theirs.to_le_bytes());
    let answer = reader.ask(&mut bench, &close(&console));
    assert_eq!(answer, Some((0xd4, vec![])));
    let answer = console.ask(&mut bench, &request(0x3c, &[1, 2, 3, 4]));
    assert_eq!(answer, Some((0x87, vec![])));
    let answer = console.ask(&mut bench, &close(&reader));
    assert_eq!(answer, Some((0x00, vec![])));
    assert_eq!(reader.ask(&mut bench, &device_id()), None);
    // The last one by its handle.
    let answer = console.ask(&mut bench, &request(0x3c, &[0, 0, 0, 0, 1]));
    assert_eq!(answer, Some((0x00, vec![])));
    assert_eq!(bench.server.sessions(), 0);
}

#[test]
fn silence_ends_a_session() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    bench.wait(Duration::from_secs(59));
    assert!(console.ask(&mut bench, &request(0x37, &[])).is_some());
    assert_eq!(bench.wait(Duration::from_secs(59)), []);
    let left = bench.server.deadline().unwrap().since(bench.now);
    assert_eq!(left, Duration::from_secs(1));
    assert_eq!(bench.wait(left), [Effect::Closed { peer: PEER }]);
    assert_eq!(console.ask(&mut bench, &request(0x37, &[])), None);
}

// Each datagram counts, what is no RMCP not as that; whoever asks may clear the counts.
#[test]
fn datagrams_are_counted() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    let statistics = |data: &[u8]| Request {
        net_fn: NetFn::TRANSPORT,
        ..request(0x04, data)
    };
    let (code, opened) = console.ask(&mut bench, &statistics(&[1, 1])).unwrap();
    assert_eq!((code, opened.len()), (0, 18));
    assert!(opened[0] > 1 && opened[8] > 1, "{opened:?}");
    bench.receive(PEER, b"hello");
    let (code, told) = console.ask(&mut bench, &statistics(&[0x0e, 0])).unwrap();
    let counts = [2, 0, 0, 0, 1, 2, 1, 0, 0].map(u16::to_le_bytes);
    assert_eq!((code, told), (0, counts.concat()));
    for (data, code) in [(&[7, 0][..], 0xcc), (&[1], 0xc7)] {
        let refused = console.ask(&mut bench, &statistics(data));
        assert_eq!(refused, Some((code, vec![])));
    }
}

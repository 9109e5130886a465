//! PET Acknowledge outside of a session.

use super::super::*;
use super::console::{Bench, PEER, asked, request, response};
use alloc::vec;
use ipmi::ipmb::{Route, decode_response, encode_request};

const ROUTE: Route = Route {
    responder: 0x20,
    requester: 0x81,
    requester_lun: 0,
    sequence: 9,
};

/// The datagram of an acknowledge with these data bytes.
fn datagram(data: &[u8]) -> Vec<u8> {
    let acknowledge = Request {
        net_fn: NetFn::SENSOR_EVENT,
        ..request(0x17, data)
    };
    packet::encode_v15(0, 0, None, &encode_request(ROUTE, &acknowledge))
}

/// The completion code that was sent, if any.
fn code(effects: &[Effect]) -> Option<u8> {
    let Some(Effect::Send { peer: PEER, bytes }) = effects.last() else {
        return None;
    };
    let Some(Packet::V15 { message, .. }) = packet::decode(bytes) else {
        panic!("{bytes:02x?}");
    };
    Some(decode_response(message).unwrap().response.code.0)
}

// It is handed on, and its sender need not wait for what becomes of it.
#[test]
fn it_is_handed_on_and_answered_at_once() {
    let mut bench = Bench::usual();
    let effects = bench.receive(PEER, &datagram(&[7; 12]));
    let (_, target, privilege, request) = asked(&effects[..1]);
    assert_eq!((target, privilege), (Target::ShelfManager, 1));
    assert_eq!((request.command, request.data), (0x17, vec![7; 12]));
    assert_eq!(code(&effects), Some(0x00));
}

// Who floods the port takes one place among the questions, and gets no answers for it.
#[test]
fn one_at_a_time() {
    let mut bench = Bench::usual();
    let effects = bench.receive(PEER, &datagram(&[7; 12]));
    let (ticket, ..) = asked(&effects[..1]);
    for _ in 0..100 {
        assert_eq!(bench.receive(PEER, &datagram(&[8; 12])), []);
    }
    let response = response(0xcb, &[]);
    let answer = Input::Answer { ticket, response };
    assert_eq!(bench.apply(&answer), [], "it was answered already");
    let effects = bench.receive(PEER, &datagram(&[8; 12]));
    assert_eq!(code(&effects), Some(0x00));
}

// What is no acknowledge is not handed on, and changes nothing.
#[test]
fn wrong_lengths() {
    let mut bench = Bench::usual();
    let effects = bench.receive(PEER, &datagram(&[7; 11]));
    assert_eq!((effects.len(), code(&effects)), (1, Some(0xc7)));
    let effects = bench.receive(PEER, &datagram(&[7; 12]));
    assert_eq!(effects.len(), 2);
}

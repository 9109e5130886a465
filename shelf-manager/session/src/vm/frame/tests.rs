//! Bytes as OpenIPMI's ipmi_sim sends them; frozen.

use super::*;
use crate::crypto::tests::hex;
use alloc::vec;
use proptest::prelude::*;

fn cut(bytes: &[u8]) -> Vec<Frame> {
    let mut line = Deframer::default();
    bytes.iter().filter_map(|byte| line.take(*byte)).collect()
}

#[test]
fn ipmi_sim_says_hello_and_who_it_is() {
    let bytes = hex("ff01a1 00a1 001c0100000102 0502bf5a3100010000000000 8ea0");
    let [hello, quiet, Frame::Message(message)] = &cut(&bytes)[..] else {
        panic!("three frames");
    };
    assert_eq!(*hello, Frame::Command(vec![line::VERSION, line::VERSION_1]));
    assert_eq!(*quiet, Frame::Command(vec![line::NO_ATTENTION]));
    let answer = read_response(message).unwrap();
    assert_eq!((answer.sequence, answer.command), (0, 1));
    assert_eq!(answer.response.data, hex("0001020502bf5a3100010000000000"));
    for len in 0..message.len() {
        assert_eq!(read_response(&message[..len]), None, "{len}");
    }
}

#[test]
fn escaped_bytes() {
    // The checksum b1 ends a frame in which aa was escaped.
    let bytes = hex("301c3300001c6f8224010010810205 02295a31000001000000005faabab1a0");
    let [Frame::Message(message)] = &cut(&bytes)[..] else {
        panic!("one frame");
    };
    assert_eq!(message[message.len() - 2..], [0xaa, 0xb1]);
    assert_eq!(command(&[0xa0, 0xa1, 0xaa, 0xb0]), hex("aab0aab1aabab0a1"));
}

#[test]
fn endless_frames_are_cut_off() {
    let mut bytes = vec![1; 10 * FRAME_LEN_MAX];
    bytes.push(END_OF_MESSAGE);
    bytes.extend(command(&[0]));
    assert_eq!(cut(&bytes), [Frame::TooLong, Frame::Command(vec![0])]);
}

proptest! {
    #[test]
    fn round_trip(sequence: u8, net_fn in 0u8..32, lun in 0u8..4, command: u8, data: Vec<u8>) {
        prop_assume!(data.len() < FRAME_LEN_MAX - 8);
        let net_fn = NetFn(net_fn * 2);
        let asked = Request { net_fn, lun, command, data: data.clone() };
        let frames = cut(&request(sequence, &asked));
        let [Frame::Message(message)] = &frames[..] else {
            return Err(TestCaseError::fail("one frame"));
        };
        prop_assert_eq!(read_request(message), Some((sequence, asked.clone())));
        prop_assert_eq!(read_response(message), None);

        let answer = Response { code: CompletionCode(command), data };
        let frames = cut(&response(sequence, &asked, &answer));
        let [Frame::Message(message)] = &frames[..] else {
            return Err(TestCaseError::fail("one frame"));
        };
        let expected = Answer { sequence, net_fn, command, response: answer };
        prop_assert_eq!(read_response(message), Some(expected));
        prop_assert_eq!(read_request(message), None);
    }

    #[test]
    fn any_bytes_are_cut(bytes: Vec<u8>) {
        for frame in cut(&bytes) {
            if let Frame::Message(message) = frame {
                prop_assert!(read_request(&message).is_none() || read_response(&message).is_none());
            }
        }
    }
}

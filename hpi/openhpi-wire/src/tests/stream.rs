//! Streams, whole and broken.

use crate::ByteOrder;
use crate::frame::{Decoder, Frame, FrameError, HEADER_LEN, Kind, PAYLOAD_MAX};
use crate::function::Call;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

fn frame(order: ByteOrder, len: usize) -> Frame {
    Frame {
        kind: Kind::Message,
        order,
        function: 7,
        payload: vec![0x5a; len],
    }
}

#[test]
fn frames_come_out_whatever_the_pieces_are() {
    let sent = [
        frame(ByteOrder::Little, 8),
        frame(ByteOrder::Big, 0),
        frame(ByteOrder::Big, PAYLOAD_MAX),
    ];
    let bytes: Vec<u8> = sent.iter().flat_map(Frame::encode).collect();
    for len in [1, 5, HEADER_LEN, 1000, bytes.len()] {
        let mut decoder = Decoder::default();
        let mut received = Vec::new();
        for piece in bytes.chunks(len) {
            decoder.push(piece);
            while let Some(frame) = decoder.next_frame().unwrap() {
                received.push(frame);
            }
        }
        assert_eq!(received, sent, "in pieces of {len}");
    }
}

#[test]
fn a_length_beyond_the_limit_is_refused_before_anything_is_kept() {
    for len in [PAYLOAD_MAX as u32 + 1, 1 << 20, u32::MAX] {
        let mut decoder = Decoder::default();
        let header = [&[1, 0x11, 0, 0, 7, 0, 0, 0][..], &len.to_le_bytes()].concat();
        decoder.push(&header);
        assert_eq!(decoder.next_frame(), Err(FrameError::TooLong(len)));
    }
}

#[test]
fn other_types_and_versions_are_refused() {
    let refused = [
        ([0, 0x11], FrameError::Kind(0)),
        ([3, 0x11], FrameError::Kind(3)),
        ([1, 0x01], FrameError::Version(0)),
        ([1, 0x21], FrameError::Version(2)),
    ];
    for (start, why) in refused {
        let mut decoder = Decoder::default();
        decoder.push(&[&start[..], &[0; 10]].concat());
        assert_eq!(decoder.next_frame(), Err(why));
    }
}

proptest! {
    #[test]
    fn any_stream_ends_in_frames_or_an_error(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        let mut decoder = Decoder::default();
        decoder.push(&bytes);
        let mut frames = 0;
        while let Ok(Some(_)) = decoder.next_frame() {
            frames += 1;
        }
        prop_assert!(frames * HEADER_LEN <= bytes.len());
    }

    #[test]
    fn any_payload_is_a_call_or_an_error(
        function in 0_u32..140,
        is_big in any::<bool>(),
        payload in proptest::collection::vec(any::<u8>(), 0..1200),
    ) {
        let order = if is_big { ByteOrder::Big } else { ByteOrder::Little };
        let _ = Call::read(order, function, &payload);
    }
}

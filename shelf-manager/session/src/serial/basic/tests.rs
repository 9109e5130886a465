//! Frames as the standard has them, and whatever else may be on a line.

use super::{Deframer, MESSAGE_LEN_MAX, Piece, frame};
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

fn pieces(bytes: &[u8]) -> Vec<Piece> {
    let mut deframer = Deframer::default();
    let pieces = bytes.iter().filter_map(|byte| deframer.take(*byte));
    pieces.collect()
}

// Get Device ID from a console; each special character and its escape.
#[test]
fn frozen() {
    let get_device_id = [0x20, 0x18, 0xc8, 0x81, 0x04, 0x01, 0x7a];
    let framed = [0xa0, 0x20, 0x18, 0xc8, 0x81, 0x04, 0x01, 0x7a, 0xa5];
    assert_eq!(frame(&get_device_id), framed);
    assert_eq!(pieces(&framed), [Piece::Message(get_device_id.to_vec())]);
    let special = [0xa0, 0xa5, 0xa6, 0xaa, 0x1b];
    let framed = [
        0xa0, 0xaa, 0xb0, 0xaa, 0xb5, 0xaa, 0xb6, 0xaa, 0xba, 0xaa, 0x3b, 0xa5,
    ];
    assert_eq!(frame(&special), framed);
    assert_eq!(pieces(&framed), [Piece::Message(special.to_vec())]);
}

// What is wrong with a frame costs that frame only.
#[test]
fn broken() {
    use Piece::{Garbage, Handshake};
    let good = || Piece::Message(vec![1]);
    let cases: [(&[u8], &[Piece]); 9] = [
        (&[0xa0, 1], &[]),
        (&[1, 2, 0xa5, 0xaa, 0xb0], &[]),
        (&[0xa0, 1, 2, 3], &[Garbage]),
        (&[0xa0, 0xaa, 0xa5], &[Garbage]),
        (&[0xa0, 0xaa, 0x01, 0x02, 0xa5], &[Garbage]),
        (&[0xa0, 0xaa, 0xaa, 0xa5], &[Garbage]),
        (&[0xa0, 0xaa, 0xa0, 0xa5], &[Piece::Message(vec![])]),
        (&[0xa6], &[Handshake]),
        (
            &[0xa0, 9, 0xa6, 8, 0xa5],
            &[Handshake, Piece::Message(vec![9, 8])],
        ),
    ];
    for (bytes, expected) in cases {
        let then = pieces(&[bytes, &frame(&[1])].concat());
        let mut expected = expected.to_vec();
        if bytes == [0xa0, 1] {
            expected.push(Garbage);
        }
        expected.push(good());
        assert_eq!(then, expected, "{bytes:02x?}");
    }
}

// The longest message, and one byte more.
#[test]
fn length() {
    let longest = vec![0xa5; MESSAGE_LEN_MAX];
    assert_eq!(pieces(&frame(&longest)), [Piece::Message(longest.clone())]);
    let longer = [&longest[..], &[0]].concat();
    assert_eq!(pieces(&frame(&longer)), [Piece::Garbage]);
}

proptest! {
    // What is framed comes back, behind any noise that begins no frame, and with handshakes inside.
    #[test]
    fn round_trip(
        noise in prop::collection::vec(0u8..0xa0, 0..40),
        message in prop::collection::vec(any::<u8>(), 0..MESSAGE_LEN_MAX),
        at in any::<prop::sample::Index>(),
    ) {
        let mut bytes = [&noise[..], &frame(&message)].concat();
        bytes.insert(at.index(bytes.len() + 1), super::HANDSHAKE);
        let found: Vec<Piece> =
            pieces(&bytes).into_iter().filter(|piece| *piece != Piece::Handshake).collect();
        // A handshake between an escape and its second byte is no part of either.
        prop_assert_eq!(found, [Piece::Message(message)]);
    }

    // A frame that is cut off at any byte does not take the next one with it.
    #[test]
    fn truncation(
        message in prop::collection::vec(any::<u8>(), 0..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = frame(&message);
        bytes.truncate(cut.index(bytes.len()));
        bytes.extend(frame(&[7, 7]));
        prop_assert_eq!(pieces(&bytes).pop(), Some(Piece::Message(vec![7, 7])));
    }

    // Whatever comes, memory is bounded, and a frame behind it is understood.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let mut deframer = Deframer::default();
        for byte in bytes {
            if let Some(Piece::Message(message)) = deframer.take(byte) {
                prop_assert!(message.len() <= MESSAGE_LEN_MAX);
            }
            let kept = deframer.frame.as_ref().map_or(0, Vec::len);
            prop_assert!(kept <= MESSAGE_LEN_MAX);
        }
        let last = frame(&[1, 2]).into_iter().filter_map(|byte| deframer.take(byte)).last();
        prop_assert_eq!(last, Some(Piece::Message(vec![1, 2])));
    }
}

//! Lines of text, and whatever else may come.

use super::{ANSWER_LEN_MAX, Editor, End, LINE_LEN_MAX, Piece, Settings, line, read_byte};
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

const ENDS: [End; 2] = [End::Console, End::Managed(Settings::quiet())];

fn pieces(end: End, bytes: &[u8]) -> Vec<Piece> {
    let (mut editor, mut echo) = (Editor::new(end), vec![]);
    let pieces = bytes
        .iter()
        .filter_map(|byte| editor.take(*byte, &mut echo));
    pieces.collect()
}

// How OpenIPMI and ipmitool write, and the standard.
#[test]
fn answers_in_each_form() {
    for text in ["[1C0401 00]", "[1C 04 01 00]", "[1c040100]"] {
        for newline in ["\n", "\r\n", "\r", "\0", "\n\r", ""] {
            let bytes = [text.as_bytes(), newline.as_bytes()].concat();
            let expected = [Piece::Message(vec![0x1c, 4, 1, 0])];
            assert_eq!(pieces(End::Console, &bytes), expected, "{text}{newline:?}");
        }
    }
    assert_eq!(line(&[0x18, 0x00, 0x22]), b"[18 00 22]");
    let words = pieces(End::Console, b"[OK]\r\n[ERR C1]\r\nH:ok\r\n");
    let expected = ["OK", "ERR C1"].map(|text| Piece::Text(text.to_string()));
    assert_eq!(words, expected);
}

// One argument is one byte.
#[test]
fn arguments() {
    let cases = [
        ("1E", Some(0x1e)),
        ("ff", Some(0xff)),
        ("1", None),
        ("100", None),
        ("1122", None),
        ("GG", None),
        ("", None),
    ];
    for (word, value) in cases {
        assert_eq!(read_byte(word), value, "{word}");
    }
}

// A console takes longer lines than it may write, but not any.
#[test]
fn length() {
    for (end, most) in [(ENDS[0], ANSWER_LEN_MAX), (ENDS[1], LINE_LEN_MAX)] {
        let fits = [b"[", &vec![b'x'; most - 2][..], b"]\r"].concat();
        assert!(
            matches!(pieces(end, &fits)[..], [Piece::Text(_)]),
            "{end:?}"
        );
        let longer = [b"[", &vec![b'x'; most - 1][..], b"]\r"].concat();
        assert_eq!(pieces(end, &longer), [Piece::TooLong], "{end:?}");
    }
}

proptest! {
    // What is written is read, at either end.
    #[test]
    fn round_trip(message in prop::collection::vec(any::<u8>(), 1..40)) {
        let bytes = [&line(&message)[..], b"\r"].concat();
        for end in ENDS {
            prop_assert_eq!(pieces(end, &bytes), [Piece::Message(message.clone())]);
        }
    }

    // A line that is cut off at any character does not take the next one with it.
    #[test]
    fn truncation(
        message in prop::collection::vec(any::<u8>(), 1..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = line(&message);
        bytes.truncate(cut.index(bytes.len()));
        bytes.extend(b"[18 00 01]\r");
        for end in ENDS {
            prop_assert_eq!(pieces(end, &bytes), [Piece::Message(vec![0x18, 0, 1])]);
        }
    }

    // Whatever comes, memory is bounded, and a line behind it is understood.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..4000), settings in 0u8..0x40) {
        let managed = Settings::from_bytes([settings & 0x27, 0x11]).map(End::Managed);
        for end in managed.into_iter().chain(ENDS) {
            let (mut editor, mut echo) = (Editor::new(end), vec![]);
            for byte in &bytes {
                editor.take(*byte, &mut echo);
                prop_assert!(editor.line.len() <= editor.len_max());
            }
            // Each character is echoed by three at most.
            prop_assert!(echo.len() <= 3 * bytes.len());
            let found = b"[18 00 01]\r".iter().filter_map(|byte| editor.take(*byte, &mut echo));
            prop_assert_eq!(found.last(), Some(Piece::Message(vec![0x18, 0, 1])));
        }
    }
}

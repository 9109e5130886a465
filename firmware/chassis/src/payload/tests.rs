//! What is typed and what is said.

use super::*;

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn lines_come_back() {
    let mut payload = Payload::default();
    assert!(text(payload.boot(3)).ends_with("slot 3\r\nmemory ok\r\nboot done\r\n# "));
    let cases = [
        ("ls", "ls"),
        ("x\x7f\r\n", "x\x08 \x08\r\nls\r\n# "),
        // An empty line says nothing; there is nothing left to delete.
        ("\r\x08", "\r\n# "),
        ("\x01", "\x07"),
    ];
    for (typed, said) in cases {
        assert_eq!(text(payload.typed(false, typed.as_bytes())), said);
    }
    payload.typed(false, b"half a li");
    assert_eq!(text(payload.typed(true, b"a\r")), "^C\r\n# a\r\na\r\n# ");
}

#[test]
fn no_line_is_too_long() {
    let mut payload = Payload::default();
    let said = payload.typed(false, &[b'y'; LINE_MAX + 3]);
    assert!(said.ends_with(&[b'y', BELL, BELL, BELL]));
    assert_eq!(payload.line.len(), LINE_MAX);
}

#[test]
fn resets_boot_and_other_options_do_not() {
    let mut payload = Payload::default();
    for option in 0..=4 {
        assert_eq!(payload.control(1, option).is_some(), option <= 2);
    }
}

//! What the environment of a component's processes tells them.

use alloc::string::String;
use core::fmt::Write;

/// The name of the component. Source: SAI-AIS-AMF-B.04.01 §4.3.
pub const COMPONENT_NAME: &str = "SA_AMF_COMPONENT_NAME";

/// The path of the agent's socket. Choice: the standard leaves the way to AMF to the
/// implementation.
pub const SOCKET: &str = "OPENSHELF_AMF_SOCKET";

/// The value of [`COMPONENT_NAME`]: UTF-8, bytes that are not printable ASCII as `=XX`.
///
/// Choice: the `=` of a DN stays as it is, and lines are not folded.
/// Source: SAI-AIS-AMF-B.04.01 §4.3; RFC 2045 §6.7.
pub fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte == b' ' || byte.is_ascii_graphic() {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "={byte:02X}");
        }
    }
    text
}

/// The name that [`encoded`] turned into `text`.
///
/// Only `=XX` that stand for bytes that `encoded` would have replaced, and that make up UTF-8, are
/// decoded: the `=` of a DN is not an escape.
pub fn decoded(text: &str) -> String {
    let mut bytes = alloc::vec::Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        match escaped(rest) {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[3..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| String::from(text))
}

fn escaped(text: &[u8]) -> Option<u8> {
    let [b'=', high, low, ..] = text else {
        return None;
    };
    let byte = digit(*high)? << 4 | digit(*low)?;
    let printable = byte == b' ' || byte.is_ascii_graphic();
    (!printable).then_some(byte)
}

/// RFC 2045 has capital letters only, which keeps `safSu=ab` apart.
fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'A'..=b'F' => Some(letter - b'A' + 10),
        _ => None,
    }
}

//! Vectors calculated with Python's hmac and OpenSSL; frozen.

use super::*;
use alloc::vec;
use proptest::prelude::*;

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pairs = digits.chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn keys_of_both_suites() {
    let cases = [
        (
            CipherSuite::Sha1,
            "a39ae2b160a1e5efe017ffd6ec1a4ff8eeac6f54",
            "58dbc1afa00eb3f9487c9eaef0dc7892cc43e496",
            "8bd9b8ce0674b5d745ced91e728ac1a5",
        ),
        (
            CipherSuite::Sha256,
            "0c4b7464110cf18fd94ec46aa0242c66ab06157709c02ea7db1653aac04b1023",
            "b56faef1c37759ee6f92dccb3dfb8a7610c83e064883aa735d3e84c1cb0c5728",
            "45d88aac4a3d9b6ac2cdf022f1f31a5a",
        ),
    ];
    for (suite, session_key, integrity, encryption) in cases {
        let keys = Keys::derive(suite, &hex(session_key));
        assert_eq!(Vec::from(keys.integrity), hex(integrity), "{suite:?}");
        let found: [u8; BLOCK] = keys.encryption.into();
        assert_eq!(found.to_vec(), hex(encryption), "{suite:?}");
    }
}

#[test]
fn pad_is_checked() {
    let key = [7; 16].into();
    let good = encrypt(&key, [1; 16], b"12345");
    assert_eq!(decrypt(&key, &good).unwrap(), b"12345");
    // Bit flips in the vector flip the same bits of the plain text: message, pad and pad length.
    let flipped = |index: usize| {
        let mut bytes = good.clone();
        bytes[index] ^= 0x40;
        decrypt(&key, &bytes)
    };
    assert!(flipped(0).is_some());
    assert_eq!(flipped(5), None);
    assert_eq!(flipped(15), None);
    for len in 0..good.len() {
        assert_eq!(decrypt(&key, &good[..len]), None, "{len}");
    }
}

#[test]
fn suites_have_their_numbers() {
    for id in 0..=255 {
        let expected = matches!(id, 3 | 17).then_some(id);
        assert_eq!(CipherSuite::from_id(id).map(CipherSuite::id), expected);
    }
}

#[test]
fn nothing_is_drawn_twice() {
    let mut entropy = Entropy::new([9; 32]);
    let mut drawn = vec![];
    for _ in 0..100 {
        let next = entropy.draw();
        assert!(!drawn.contains(&next));
        drawn.push(next);
    }
}

#[test]
fn secrets_are_not_shown() {
    use alloc::format;
    assert_eq!(format!("{:?}", Entropy::new([1; 32])), "Entropy(..)");
    let keys = Keys::derive(CipherSuite::Sha1, b"key");
    assert_eq!(format!("{keys:?}"), "Keys(..)");
}

proptest! {
    #[test]
    fn round_trip(message: Vec<u8>, key: [u8; 16], vector: [u8; 16]) {
        let key = key.into();
        let sealed = encrypt(&key, vector, &message);
        prop_assert_eq!(sealed.len() % BLOCK, 0);
        prop_assert_eq!(decrypt(&key, &sealed), Some(message));
    }
}

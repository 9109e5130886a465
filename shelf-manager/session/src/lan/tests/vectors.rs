//! Frozen bytes, calculated with Python's hmac and OpenSSL.

use super::hex;
use crate::CipherSuite;
use crate::Counters;
use crate::channel::{Channel, Inbound, Protection};
use crate::crypto::{Entropy, Keys, encrypt, md5_code};
use crate::packet::{self, Packet};
use crate::rakp::{Challenge, Exchange, Rakp2, Who};

const WHO: Who<'static> = Who {
    user: b"admin",
    password: b"secret",
    role: 0x14,
};

const CHALLENGE: Challenge = Challenge {
    random: range(0x10),
    guid: range(0x20),
};

const fn range(from: u8) -> [u8; 16] {
    let mut out = [0; 16];
    let mut index = 0;
    while index < out.len() {
        out[index] = from + index as u8;
        index += 1;
    }
    out
}

fn exchange(suite: CipherSuite) -> Exchange {
    Exchange {
        suite,
        console: 0xa0a2_a3a4,
        managed: 0x0200_0018,
        random: range(0),
    }
}

#[test]
fn key_exchange() {
    let cases = [
        (
            CipherSuite::Sha1,
            "01080d8b7c86dd6df0788e55680680b931b03a8c",
            "f2b8ed7378ab0857e9301e06537ccf674459a8f2",
            "a39ae2b160a1e5efe017ffd6ec1a4ff8eeac6f54",
            "e3d04accdbb0533ab740ac47",
        ),
        (
            CipherSuite::Sha256,
            "fb30637ebc140837459e3560f0fd8b84a916d968f3c6a9673921ee1411201ada",
            "99d823aeca7b41dd4edc23e3c14dfece8b0932ea37602d5957b3ad6978c1c23d",
            "0c4b7464110cf18fd94ec46aa0242c66ab06157709c02ea7db1653aac04b1023",
            "7bb35f811fa0655ba28d591c934111bf",
        ),
    ];
    for (suite, rakp_2, rakp_3, session_key, check_value) in cases {
        let exchange = exchange(suite);
        let mut answer = Rakp2 {
            challenge: CHALLENGE,
            code: hex(rakp_2),
        };
        assert!(exchange.knows_password(WHO, &answer), "{suite:?}");
        let sent = exchange.rakp_3(5, WHO, &answer.challenge);
        assert_eq!(sent[..8], hex("0500000018000002"));
        assert_eq!(sent[8..], hex(rakp_3), "{suite:?}");
        let sent = exchange.rakp_2(6, WHO, &CHALLENGE);
        assert_eq!(sent[..8], hex("06000000a4a3a2a0"));
        assert_eq!(sent[8..40], [range(0x10), range(0x20)].concat());
        assert_eq!(sent[40..], answer.code, "{suite:?}");
        let key = exchange.session_key(WHO, &answer.challenge);
        assert_eq!(key, hex(session_key), "{suite:?}");
        assert_eq!(
            exchange.check_value(&key, &answer.challenge),
            hex(check_value)
        );
        let sent = exchange.rakp_4(7, &key, &CHALLENGE);
        assert_eq!(sent[..8], hex("07000000a4a3a2a0"));
        assert_eq!(sent[8..], hex(check_value), "{suite:?}");
        answer.code[0] ^= 1;
        assert!(!exchange.knows_password(WHO, &answer), "{suite:?}");
    }
}

/// Get Device ID with the sequence number 1 and the vector 30h–3Fh.
const SEALED: [(CipherSuite, &str); 2] = [
    (
        CipherSuite::Sha1,
        "0600ff0706c018000002010000002000303132333435363738393a3b3c3d3e3f54970f12fd150360f4590bb5fb5ac57cffff02079516d49d963090563675f083",
    ),
    (
        CipherSuite::Sha256,
        "0600ff0706c018000002010000002000303132333435363738393a3b3c3d3e3f5975028142ad8ebf77a31da8ecb77ebeffff0207b709baf628e123ae22f35f6d2926d170",
    ),
];

fn keys(suite: CipherSuite) -> Keys {
    let exchange = exchange(suite);
    exchange.keys(&exchange.session_key(WHO, &CHALLENGE))
}

#[test]
fn sealed_packets() {
    for (suite, bytes) in SEALED {
        let keys = keys(suite);
        let payload = encrypt(&keys.encryption, range(0x30), &hex("2018c88104017a"));
        let head = (0, 0x0200_0018, 1);
        let sealed = packet::encode_sealed(&keys.integrity, head, &payload);
        assert_eq!(sealed, hex(bytes), "{suite:?}");
    }
}

#[test]
fn sealed_packets_are_read_whole_and_once() {
    for (suite, bytes) in SEALED {
        // The packet goes to the managed system: its number stands where the console's would.
        let mut channel = Channel {
            protection: Protection::Suite {
                suite,
                keys: keys(suite),
                entropy: Entropy::new([0; 32]),
            },
            theirs: 1,
            ours: 0x0200_0018,
            sequence: 1,
            inbound: Inbound::default(),
        };
        let bytes = hex(bytes);
        let mut counters = Counters::default();
        for len in 0..bytes.len() {
            assert_eq!(channel.open(&[], &bytes[..len], &mut counters), None);
        }
        for index in 4..bytes.len() {
            for bit in 0..8 {
                let mut bytes = bytes.clone();
                bytes[index] ^= 1 << bit;
                assert_eq!(channel.open(&[], &bytes, &mut counters), None);
            }
        }
        let opened = channel.open(&[], &bytes, &mut counters);
        assert_eq!(opened, Some(hex("2018c88104017a")), "{suite:?}");
        assert_eq!(counters.replayed, 0);
        assert_eq!(channel.open(&[], &bytes, &mut counters), None);
        assert_eq!(counters.replayed, 1);
    }
}

/// The code is MD5 over password, session, message, sequence and password again.
#[test]
fn md5_packets() {
    let code = md5_code(b"admin", 0x0202, 0x36c6_bbd8, &hex("2018c88110 3b04 30"));
    let expected = hex("4bdb9e594c3e7f2e739ea6cb652adf0e");
    assert_eq!(code.to_vec(), expected);
    let bytes = packet::encode_v15(0x0202, 0x36c6_bbd8, Some(code), &[1, 2, 3]);
    let expected = Packet::V15 {
        sequence: 0x36c6_bbd8,
        session: 0x0202,
        code: Some(code),
        message: &[1, 2, 3],
    };
    assert_eq!(packet::decode(&bytes), Some(expected));
    for len in 0..bytes.len() {
        assert_eq!(packet::decode(&bytes[..len]), None, "{len}");
    }
}

#[test]
fn window() {
    let mut inbound = Inbound::default();
    // Number, and whether it is new: lost ones may come late, within 64, once; 0 never.
    let cases = [
        (0, false),
        (5, true),
        (5, false),
        (3, true),
        (3, false),
        (72, true),
        (9, true),
        (8, false),
        (10, true),
        (1000, true),
        (u32::MAX, false),
        (1_000_000_000, true),
        (3_000_000_000, true),
        (u32::MAX, true),
        (0, false),
        (2, true),
        (u32::MAX, false),
    ];
    for (number, new) in cases {
        assert_eq!(inbound.accept(number), new, "{number}");
    }
}

//! Users, channel keys and SOL parameters: what is told, and that nothing is changed.

use super::super::*;
use super::console::{ADMIN, Bench, config, request};
use crate::CipherSuite;
use crate::lan::Secret;
use crate::packet::payload;
use alloc::vec;

fn padded(password: &str, len: usize) -> Vec<u8> {
    let mut padded = password.as_bytes().to_vec();
    padded.resize(len, 0);
    padded
}

// A password can be tested, in both sizes, and each answer is the standard's.
#[test]
fn passwords_are_tested() {
    let mut bench = Bench::new(Config {
        users: vec![
            User::new("admin", "secret", 4),
            User::new("long", "more than 16 bytes!", 2),
        ],
        ..config()
    });
    let mut console = bench.administrator();
    let cases = [
        (2, "secret", 16, 0x00),
        (0x82, "secret", 20, 0x00),
        (2, "wrong", 16, 0x80),
        (0x82, "wrong", 20, 0x80),
        (3, "more than 16 bytes!", 16, 0x81),
        (0x83, "more than 16 bytes!", 20, 0x00),
        (1, "", 16, 0x80),
        (2, "secret", 20, 0xc7),
        (0x82, "secret", 16, 0xc7),
        (4, "secret", 16, 0xcc),
    ];
    for (user, password, len, code) in cases {
        let front = &password.as_bytes()[..password.len().min(len)];
        let mut given = front.to_vec();
        given.resize(len, 0);
        let data = [&[user, 3], &given[..]].concat();
        let answer = console.ask(&mut bench, &request(0x47, &data));
        assert_eq!(answer, Some((code, vec![])), "{user:02x} {password}");
    }
}

// The configuration is the only place where users are changed.
#[test]
fn nothing_about_users_is_changed_over_the_network() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    let name = [&[2][..], &padded("other", 16)].concat();
    let password = [&[2, 2][..], &padded("other", 16)].concat();
    let key = |len: usize| [&[1, 1, 1][..], &vec![7; len]].concat();
    let cases: [(u8, &[u8], u8); 16] = [
        (0x40, &[1, 0x42, 0x44], 0xd6),
        (0x40, &[0, 0x42, 0x44], 0xcc),
        (0x43, &[0x91, 2, 2], 0xd6),
        (0x43, &[0x91, 2, 2, 1], 0xd6),
        (0x43, &[0x91, 9, 2], 0xcc),
        (0x43, &[0x91, 2, 9], 0xcc),
        (0x45, &name, 0xd6),
        (0x47, &password, 0xd6),
        (0x47, &[2, 0], 0xd6),
        (0x4c, &[1, 2, 2, 0, 0, 0], 0xd6),
        (0x56, &key(20), 0xd6),
        (0x56, &key(19), 0x81),
        (0x56, &key(21), 0x82),
        (0x56, &[1, 2, 1], 0xd6),
        (0x56, &[1, 2, 0], 0x84),
        (0x56, &[1, 0, 2], 0xcc),
    ];
    let before = bench.server.config.clone();
    for (command, data, code) in cases {
        let answer = console.ask(&mut bench, &request(command, data));
        assert_eq!(answer, Some((code, vec![])), "{command:02x} {data:02x?}");
    }
    assert_eq!(bench.server.config, before);
}

#[test]
fn payload_access_and_keys_are_told() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    let mut no_key = vec![0];
    no_key.resize(21, 0);
    let cases: [(u8, &[u8], Vec<u8>); 5] = [
        (0x4d, &[1, 2], vec![2, 0, 0, 0]),
        (0x4d, &[1, 1], vec![0, 0, 0, 0]),
        (0x55, &[0, 0, 2], vec![]),
        (0x56, &[1, 0, 0], no_key.clone()),
        (0x56, &[1, 0, 1], no_key),
    ];
    for (command, data, expected) in cases {
        let answer = console.ask(&mut bench, &request(command, data));
        assert_eq!(answer, Some((0, expected)), "{command:02x}");
    }
    // Encryption: suspended; of what; of whose console; of a payload that has none.
    let refused: [(&[u8], u8); 4] = [
        (&[0, 0, 0], 0x81),
        (&[0, 0, 3], 0xcc),
        (&[1, 1, 1], 0x83),
        (&[2, 0, 1], 0x80),
    ];
    for (data, code) in refused {
        let answer = console.ask(&mut bench, &request(0x55, data));
        assert_eq!(answer, Some((code, vec![])), "{data:02x?}");
    }
}

// SOL says how it is, and is not to be changed.
#[test]
fn sol_parameters_are_read_only() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    let transport = |command, data: &[u8]| Request {
        net_fn: NetFn::TRANSPORT,
        ..request(command, data)
    };
    let values: [&[u8]; 9] = [
        &[0],
        &[1],
        &[0xc3],
        &[10, 19],
        &[7, 10],
        &[0],
        &[0],
        &[1],
        &[0x6f, 0x02],
    ];
    for (parameter, value) in (0..).zip(values) {
        let read = transport(0x22, &[0x0e, parameter, 0, 0]);
        let expected = [&[0x11], value].concat();
        assert_eq!(console.ask(&mut bench, &read), Some((0, expected)));
        let write = transport(0x21, &[0x01, parameter, 0]);
        assert_eq!(console.ask(&mut bench, &write), Some((0x82, vec![])));
    }
    let refused: [(u8, &[u8], u8); 6] = [
        (0x22, &[1, 9, 0, 0], 0x80),
        (0x21, &[1, 9, 0], 0x80),
        (0x22, &[7, 0, 0, 0], 0xcc),
        (0x21, &[7, 0, 0], 0xcc),
        (0x22, &[1, 0, 0], 0xc7),
        (0x21, &[1, 0], 0xc7),
    ];
    for (command, data, code) in refused {
        let answer = console.ask(&mut bench, &transport(command, data));
        assert_eq!(answer, Some((code, vec![])), "{command:02x} {data:02x?}");
    }
    let revision = console.ask(&mut bench, &transport(0x22, &[0x81, 0, 0, 0]));
    assert_eq!(revision, Some((0, vec![0x11])));
}

// With a channel key the password alone opens nothing, and the key is shown to nobody.
#[test]
fn a_channel_key_is_needed_where_there_is_one() {
    let mut bench = Bench::new(Config {
        kg: Some(Secret(b"channel key".to_vec())),
        ..config()
    });
    for suite in CipherSuite::PREFERRED {
        let (exchange, challenge) = bench.begin(suite, ADMIN);
        let question = exchange.rakp_3(3, ADMIN, &challenge);
        let answer = bench.exchange(payload::RAKP_3, &question).unwrap();
        let with_key = exchange.session_key_from(b"channel key", ADMIN, &challenge);
        let without = exchange.session_key(ADMIN, &challenge);
        assert_eq!(answer, exchange.rakp_4(3, &with_key, &challenge));
        assert_ne!(answer, exchange.rakp_4(3, &without, &challenge));
    }
    let capabilities = super::console::outside(&mut bench, &request(0x38, &[0x8e, 4]));
    assert_eq!(capabilities[2] & 0x20, 0x20);
    let wrong = [b"".to_vec(), vec![1; 21]];
    for kg in wrong {
        let config = Config {
            kg: Some(Secret(kg)),
            ..config()
        };
        assert_eq!(Server::new(config).err(), Some(ConfigError::BadChannelKey));
    }
}

// A channel key that there is, is locked: nobody reads or changes it.
#[test]
fn a_channel_key_is_locked() {
    let mut bench = Bench::new(Config {
        kg: Some(Secret(b"channel key".to_vec())),
        ..config()
    });
    let mut console = bench.administrator();
    let set = [&[1, 1, 1][..], &[7; 20]].concat();
    let cases: [(&[u8], u8, &[u8]); 3] = [
        (&[1, 0, 1], 0x00, &[1]),
        (&set, 0x80, &[]),
        (&[1, 2, 1], 0x80, &[]),
    ];
    for (data, code, expected) in cases {
        let answer = console.ask(&mut bench, &request(0x56, data));
        assert_eq!(answer, Some((code, expected.to_vec())), "{data:02x?}");
    }
}

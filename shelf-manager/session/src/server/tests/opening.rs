//! Opening a session: who is refused, and with which status.

use super::super::opening::OPENING_MAX;
use super::super::*;
use super::abuse::is_untouched;
use super::console::{ADMIN, Bench, OTHER, PEER, READER, config};
use crate::CipherSuite;
use crate::rakp::{self, Who, status};
use alloc::vec;
use core::time::Duration;

const SUITES: [CipherSuite; 2] = [CipherSuite::Sha1, CipherSuite::Sha256];

#[test]
fn sessions_open_with_both_suites() {
    for suite in SUITES {
        let mut bench = Bench::usual();
        bench.open(suite, ADMIN);
        assert_eq!(bench.server.sessions(), 1, "{suite:?}");
    }
}

#[test]
fn open_session_requests_are_refused_with_their_status() {
    let good = rakp::open_session(1, 4, 0xa0a2_a3a4, CipherSuite::Sha256);
    // Byte, what stands there, and the status.
    let cases: [(usize, u8, u8); 9] = [
        // Privilege level 5 belongs to nobody.
        (1, 5, 0x09),
        // Suite 0 has no authentication algorithm, HMAC-MD5 is not offered.
        (12, 0, 0x04),
        (12, 2, 0x04),
        (20, 0, 0x05),
        (28, 0, 0x10),
        // SHA1 to open, SHA256 afterwards: no suite.
        (12, 1, 0x11),
        // Another payload where the authentication algorithm belongs.
        (8, 1, 0x03),
        // Lengths that no algorithm payload has.
        (11, 7, 0x12),
        (27, 9, 0x12),
    ];
    for (index, byte, status) in cases {
        let mut bench = Bench::usual();
        let mut bad = good.clone();
        bad[index] = byte;
        let answer = bench.exchange(payload::OPEN_SESSION_REQUEST, &bad);
        let expected = vec![1, status, 0, 0, 0xa4, 0xa3, 0xa2, 0xa0];
        assert_eq!(answer, Some(expected), "byte {index} = {byte}");
        assert_eq!(bench.server.openings.len(), 0);
    }
    let null = rakp::open_session(1, 4, 0, CipherSuite::Sha256);
    let answer = Bench::usual().exchange(payload::OPEN_SESSION_REQUEST, &null);
    assert_eq!(answer, Some(vec![1, 0x02, 0, 0, 0, 0, 0, 0]));
}

#[test]
fn the_server_chooses_where_it_may() {
    // Which algorithms are left open, by the index of their length, and the suite.
    let cases: [(CipherSuite, &[usize], u8); 4] = [
        (CipherSuite::Sha256, &[11, 19, 27], 3),
        (CipherSuite::Sha1, &[19, 27], 3),
        (CipherSuite::Sha1, &[11], 3),
        (CipherSuite::Sha256, &[27], 17),
    ];
    for (suite, any, chosen) in cases {
        let mut request = rakp::open_session(1, 4, 0xa0a2_a3a4, suite);
        for index in any {
            request[*index] = 0;
        }
        let answer = Bench::usual().exchange(payload::OPEN_SESSION_REQUEST, &request);
        let chosen = CipherSuite::from_id(chosen).unwrap();
        let expected = rakp::open_session(0, 0, 0, chosen);
        assert_eq!(answer.unwrap()[12..], expected[8..]);
    }
}

#[test]
fn suite_0_is_refused_always() {
    let mut bad = rakp::open_session(1, 4, 0xa0a2_a3a4, CipherSuite::Sha1);
    for algorithm in [12, 20, 28] {
        bad[algorithm] = 0;
    }
    let answer = Bench::usual().exchange(payload::OPEN_SESSION_REQUEST, &bad);
    assert_eq!(answer.unwrap()[1], 0x04);
}

#[test]
fn a_suite_that_is_not_configured_is_refused() {
    let mut bench = Bench::new(Config {
        suites: vec![CipherSuite::Sha256],
        ..config()
    });
    let request = rakp::open_session(1, 4, 0xa0a2_a3a4, CipherSuite::Sha1);
    let answer = bench.exchange(payload::OPEN_SESSION_REQUEST, &request);
    assert_eq!(answer.unwrap()[1], 0x04);
}

#[test]
fn users_are_refused_with_their_status() {
    let nobody = Who {
        user: b"nobody",
        ..ADMIN
    };
    let prefix = Who {
        user: b"admi",
        ..ADMIN
    };
    let with_role = |role| Who { role, ..READER };
    let cases = [
        (nobody, 0x0d),
        (prefix, 0x0d),
        // The reader is no operator and no administrator, by name alone or by name and level.
        (with_role(0x13), 0x0a),
        (with_role(0x14), 0x0a),
        (with_role(0x04), 0x0a),
        // No level, a level that nobody can have, a reserved bit.
        (with_role(0x10), 0x09),
        (with_role(0x15), 0x09),
        (with_role(0x22), 0x09),
    ];
    for (who, status) in cases {
        for suite in SUITES {
            let mut bench = Bench::usual();
            let (exchange, _) = bench.begin(suite, ADMIN);
            let answer = bench.exchange(payload::RAKP_1, &exchange.rakp_1(8, who));
            let expected = vec![8, status, 0, 0, 0xa4, 0xa3, 0xa2, 0xa0];
            assert_eq!(answer, Some(expected), "{who:?}");
        }
    }
}

#[test]
fn a_user_name_has_16_bytes_at_most() {
    let mut bench = Bench::usual();
    let (exchange, _) = bench.begin(CipherSuite::Sha1, ADMIN);
    let long = Who {
        user: &[b'a'; 17],
        ..ADMIN
    };
    let answer = bench.exchange(payload::RAKP_1, &exchange.rakp_1(8, long));
    assert_eq!(answer.unwrap()[1], 0x0c);
}

#[test]
fn a_wrong_password_ends_the_exchange() {
    let wrong = Who {
        password: b"secreT",
        ..ADMIN
    };
    for suite in SUITES {
        let mut bench = Bench::usual();
        let begun = bench.begin(suite, ADMIN);
        assert_eq!(bench.finish(begun, wrong), Some(0x0f));
        // The right password comes too late for this exchange.
        assert_eq!(bench.finish(begun, ADMIN), Some(0x02));
        assert_eq!(bench.server.sessions(), 0);
    }
}

#[test]
fn steps_out_of_order_are_refused() {
    let mut bench = Bench::usual();
    let (mut exchange, challenge) = bench.begin(CipherSuite::Sha1, ADMIN);
    exchange.managed ^= 1;
    let answer = bench.exchange(payload::RAKP_1, &exchange.rakp_1(8, ADMIN));
    assert_eq!(answer, Some(vec![8, 0x02, 0, 0, 0, 0, 0, 0]));
    assert_eq!(bench.finish((exchange, challenge), ADMIN), Some(0x02));
    // RAKP Message 3 in place of RAKP Message 1.
    let request = rakp::open_session(1, 4, 0xa0a2_a3a4, CipherSuite::Sha1);
    let answer = bench
        .exchange(payload::OPEN_SESSION_REQUEST, &request)
        .unwrap();
    exchange.managed = u32::from_le_bytes(answer[8..12].try_into().unwrap());
    assert_eq!(bench.finish((exchange, challenge), ADMIN), Some(0x08));
}

#[test]
fn a_console_that_gives_up_is_forgotten() {
    let mut bench = Bench::usual();
    let (exchange, challenge) = bench.begin(CipherSuite::Sha1, ADMIN);
    let good_bye = exchange.rakp_3_front(3, status::BAD_INTEGRITY_CHECK);
    assert_eq!(bench.exchange(payload::RAKP_3, &good_bye), None);
    assert_eq!(bench.server.openings.len(), 0);
    assert_eq!(bench.finish((exchange, challenge), ADMIN), Some(0x02));
}

#[test]
fn repeated_messages_get_the_same_answer() {
    let mut bench = Bench::usual();
    let (exchange, challenge) = bench.begin(CipherSuite::Sha256, ADMIN);
    let again = bench.exchange(payload::RAKP_1, &exchange.rakp_1(2, ADMIN));
    assert_eq!(again, Some(exchange.rakp_2(2, ADMIN, &challenge)));
    let question = exchange.rakp_3(3, ADMIN, &challenge);
    let first = bench.exchange(payload::RAKP_3, &question);
    assert_eq!(first.as_ref().unwrap()[1], 0);
    assert_eq!(bench.exchange(payload::RAKP_3, &question), first);
    assert_eq!(bench.server.sessions(), 1);
}

/// Somebody on the way passes on what the opener sends before it arrives, or sends worse: to him
/// the exchange is none, and it goes on as if he were not there.
#[test]
fn an_opening_is_its_openers() {
    let wrong = Who {
        password: b"wrong",
        ..ADMIN
    };
    for suite in SUITES {
        let mut bench = Bench::usual();
        let (exchange, challenge) = bench.begin(suite, ADMIN);
        let last = exchange.rakp_3(3, ADMIN, &challenge);
        let messages = [
            (payload::RAKP_1, exchange.rakp_1(2, ADMIN)),
            (payload::RAKP_1, exchange.rakp_1(2, READER)),
            (
                payload::RAKP_3,
                exchange.rakp_3_front(3, status::BAD_INTEGRITY_CHECK),
            ),
            (payload::RAKP_3, exchange.rakp_3(3, wrong, &challenge)),
            (payload::RAKP_3, last.clone()),
        ];
        let before = bench.server.clone();
        for (kind, message) in messages {
            let refused = vec![message[0], 0x02, 0, 0, 0, 0, 0, 0];
            let answer = bench.exchange_as(OTHER, kind, &message);
            assert_eq!(answer, Some(refused), "{kind:02x}: {message:02x?}");
            assert!(is_untouched(&before, &bench.server), "{message:02x?}");
        }
        let first = bench.exchange(payload::RAKP_3, &last);
        assert_eq!(first.as_ref().unwrap()[1], 0);
        // What got lost is repeated to the opener only.
        let to_other = bench.exchange_as(OTHER, payload::RAKP_3, &last);
        assert_eq!(to_other.unwrap()[1], 0x02);
        assert_eq!(bench.exchange(payload::RAKP_3, &last), first);
        assert_eq!(bench.server.sessions(), 1);
    }
}

/// A message of each step, cut or lengthened: refused, and the right one still works.
#[test]
fn wrong_lengths_are_refused() {
    for suite in SUITES {
        let mut bench = Bench::usual();
        let begun = bench.begin(suite, ADMIN);
        let (exchange, challenge) = begun;
        let messages = [
            (
                payload::OPEN_SESSION_REQUEST,
                rakp::open_session(1, 4, 0xa0a2_a3a4, suite),
            ),
            (payload::RAKP_1, exchange.rakp_1(2, ADMIN)),
            (payload::RAKP_3, exchange.rakp_3(3, ADMIN, &challenge)),
        ];
        for (kind, message) in messages {
            for len in 0..message.len() {
                let answer = bench.exchange(kind, &message[..len]);
                let status = answer.map(|answer| answer[1]);
                let expected = (len >= 8).then_some(0x12);
                assert_eq!(status, expected, "{kind:02x}: {len} bytes");
            }
            let longer = [&message[..], &[0]].concat();
            let answer = bench.exchange(kind, &longer);
            assert_eq!(answer.unwrap()[1], 0x12, "{kind:02x}: one byte more");
        }
        assert_eq!(bench.server.openings.len(), 1);
        assert_eq!(bench.finish(begun, ADMIN), Some(0));
    }
}

#[test]
fn the_65th_session_is_refused() {
    let mut bench = Bench::usual();
    for _ in 0..64 {
        bench.open(CipherSuite::Sha1, ADMIN);
    }
    let request = rakp::open_session(1, 4, 0xa0a2_a3a4, CipherSuite::Sha1);
    let answer = bench.exchange(payload::OPEN_SESSION_REQUEST, &request);
    assert_eq!(answer, Some(vec![1, 0x01, 0, 0, 0xa4, 0xa3, 0xa2, 0xa0]));
    let closed = bench.wait(Duration::from_secs(60));
    assert_eq!(closed, vec![Effect::Closed { peer: PEER }; 64]);
    bench.open(CipherSuite::Sha1, ADMIN);
}

/// More exchanges begin than there is room for: the last one ends with status 01h.
#[test]
fn the_limit_holds_for_exchanges_under_way() {
    let mut bench = Bench::new(Config {
        sessions_max: 1,
        ..config()
    });
    let first = bench.begin(CipherSuite::Sha1, ADMIN);
    let second = bench.begin(CipherSuite::Sha1, ADMIN);
    assert_eq!(bench.finish(first, ADMIN), Some(0x00));
    assert_eq!(bench.finish(second, ADMIN), Some(0x01));
    assert_eq!(bench.server.sessions(), 1);
}

#[test]
fn exchanges_end_after_a_while() {
    let mut bench = Bench::usual();
    let begun = bench.begin(CipherSuite::Sha1, ADMIN);
    let deadline = bench.server.deadline().unwrap();
    assert_eq!(deadline.since(bench.now), Duration::from_secs(20));
    assert_eq!(bench.wait(Duration::from_secs(20)), []);
    assert_eq!(bench.finish(begun, ADMIN), Some(0x02));
    assert_eq!(bench.server.deadline(), None);
}

#[test]
fn a_flood_of_requests_pushes_out_the_oldest() {
    let mut bench = Bench::usual();
    let begun = bench.begin(CipherSuite::Sha1, ADMIN);
    for flood in 1..=OPENING_MAX {
        let request = rakp::open_session(1, 4, 0xa0a2_a3a4, CipherSuite::Sha1);
        bench.exchange(payload::OPEN_SESSION_REQUEST, &request);
        assert_eq!(bench.server.openings.len(), OPENING_MAX.min(flood + 1));
    }
    assert_eq!(bench.finish(begun, ADMIN), Some(0x02));
    bench.open(CipherSuite::Sha1, ADMIN);
}

/// Three wrong passwords are free, then each costs twice the time of the one before; meanwhile even
/// the right one gets no answer, so that guesses gain nothing. Other users do not wait.
#[test]
fn guessing_passwords_takes_time() {
    let wrong = Who {
        password: b"guess",
        ..ADMIN
    };
    let mut bench = Bench::usual();
    for _ in 0..3 {
        let begun = bench.begin(CipherSuite::Sha1, ADMIN);
        assert_eq!(bench.finish(begun, wrong), Some(0x0f));
    }
    for pause in [1, 2, 4, 8, 16, 16] {
        let begun = bench.begin(CipherSuite::Sha1, ADMIN);
        let in_store = bench.begin(CipherSuite::Sha1, ADMIN);
        assert_eq!(bench.finish(begun, wrong), Some(0x0f));
        assert_eq!(bench.finish(in_store, ADMIN), None);
        bench.open(CipherSuite::Sha1, READER);
        bench.wait(Duration::from_millis(pause * 1000 - 1));
        let request = in_store.0.rakp_1(2, ADMIN);
        assert_eq!(bench.exchange(payload::RAKP_1, &request), None);
        bench.wait(Duration::from_millis(1));
    }
    bench.open(CipherSuite::Sha1, ADMIN);
    // The right password makes up for the wrong ones.
    let begun = bench.begin(CipherSuite::Sha1, ADMIN);
    assert_eq!(bench.finish(begun, wrong), Some(0x0f));
    bench.open(CipherSuite::Sha1, ADMIN);
}

#[test]
fn without_randomness_nobody_is_answered() {
    let mut server = Server::new(config()).unwrap();
    let request = rakp::open_session(1, 4, 0xa0a2_a3a4, CipherSuite::Sha1);
    let bytes = packet::encode_plain(payload::OPEN_SESSION_REQUEST, &request);
    let mut effects = vec![];
    let input = Input::Received { peer: PEER, bytes };
    server.apply(Pos::default(), &input, &mut effects);
    assert_eq!(effects, []);
}

#[test]
fn configurations_that_cannot_work_are_refused() {
    let user = |name: &str, password: &str, privilege| Config {
        users: vec![User::new(name, password, privilege)],
        ..config()
    };
    let twice = [User::new("a", "x", 2), User::new("a", "y", 3)];
    let cases = [
        (user("seventeen letters", "x", 4), ConfigError::UserTooLong),
        (user("a", "", 4), ConfigError::NoPassword),
        (
            user("a", "one more than twenty!", 4),
            ConfigError::PasswordTooLong,
        ),
        (user("a", "x", 1), ConfigError::BadPrivilege),
        (user("a", "x", 5), ConfigError::BadPrivilege),
        (Config::new(twice.to_vec()), ConfigError::UserTwice),
        (
            Config::new(vec![User::new("a", "x", 2); 63]),
            ConfigError::TooManyUsers,
        ),
        (
            Config {
                suites: vec![],
                ..config()
            },
            ConfigError::NothingOffered,
        ),
        (
            Config {
                sessions_max: 0,
                ..config()
            },
            ConfigError::BadSessionLimit,
        ),
        (
            Config {
                sessions_max: 65,
                ..config()
            },
            ConfigError::BadSessionLimit,
        ),
    ];
    for (config, error) in cases {
        assert_eq!(Server::new(config), Err(error));
    }
}

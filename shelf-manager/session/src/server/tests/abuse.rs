//! Datagrams that nobody should send.

use super::super::opening::OPENING_MAX;
use super::super::*;
use super::console::{ADMIN, Bench, OTHER, PEER, request};
use crate::CipherSuite;
use crate::rakp;
use alloc::vec;

/// Whether nothing happened but counting.
pub(super) fn is_untouched(before: &Server, after: &Server) -> bool {
    let mut after = after.clone();
    after.counters = before.counters;
    after.statistics = before.statistics;
    after == *before
}

#[test]
fn sealed_packets_are_taken_whole_genuine_and_once() {
    for suite in [CipherSuite::Sha1, CipherSuite::Sha256] {
        let mut bench = Bench::usual();
        let mut console = bench.open(suite, ADMIN);
        let bytes = console.seal(&request(0x37, &[]));
        let before = bench.server.clone();
        for len in 0..bytes.len() {
            assert_eq!(bench.receive(PEER, &bytes[..len]), [], "{len} bytes");
        }
        for index in 4..bytes.len() {
            for bit in 0..8 {
                let mut bad = bytes.clone();
                bad[index] ^= 1 << bit;
                assert_eq!(bench.receive(PEER, &bad), [], "bit {bit} of {index}");
            }
        }
        assert!(bench.server.counters().bad_integrity > 100);
        assert!(is_untouched(&before, &bench.server));
        assert_eq!(bench.receive(PEER, &bytes).len(), 1);
        assert_eq!(bench.receive(PEER, &bytes), []);
        assert_eq!(bench.server.counters().replayed, 1);
    }
}

#[test]
fn a_session_is_its_openers() {
    let mut bench = Bench::usual();
    let mut console = bench.open(CipherSuite::Sha256, ADMIN);
    let bytes = console.seal(&request(0x37, &[]));
    assert_eq!(bench.receive(OTHER, &bytes), []);
    assert_eq!(bench.receive(PEER, &bytes).len(), 1);
}

#[test]
fn the_unprotected_get_nothing_from_a_session() {
    let mut bench = Bench::usual();
    let console = bench.open(CipherSuite::Sha256, ADMIN);
    let id = console.channel.theirs;
    let message = crate::lan::commands::message(1, &request(0x37, &[]));
    let before = bench.server.clone();
    let mut plain = packet::encode_plain(payload::MESSAGE, &message);
    plain[6..10].copy_from_slice(&id.to_le_bytes());
    plain[10] = 1;
    let old = packet::encode_v15(id, 1, None, &message);
    let md5 = packet::encode_v15(id, 1, Some([0; 16]), &message);
    for bytes in [plain, old, md5] {
        assert_eq!(bench.receive(PEER, &bytes), []);
    }
    assert!(is_untouched(&before, &bench.server));
}

/// Without a session: capabilities, cipher suites and the GUID, in either format; nothing else.
#[test]
fn outsiders_learn_how_to_open_a_session() {
    let mut bench = Bench::usual();
    let cases: [(u8, &[u8], bool); 5] = [
        (0x38, &[0x8e, 4], true),
        (0x54, &[0x0e, 0, 0x80], true),
        (0x37, &[], true),
        (0x01, &[], false),
        (0x3d, &[0], false),
    ];
    for (command, data, answered) in cases {
        let message = crate::lan::commands::message(1, &request(command, data));
        let plain = bench.exchange(payload::MESSAGE, &message);
        assert_eq!(plain.is_some(), answered, "{command:02x}");
        let old = packet::encode_v15(0, 0, None, &message);
        let effects = bench.receive(PEER, &old);
        assert_eq!(effects.len(), usize::from(answered), "{command:02x}");
    }
}

#[test]
fn pings_are_answered() {
    let ping = [6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x80, 0x2a, 0, 0];
    let pong = [
        6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x40, 0x2a, 0, 16, 0, 0, 0x11, 0xbe, 0, 0, 0, 0, 0x81, 0,
        0, 0, 0, 0, 0, 0,
    ];
    let mut bench = Bench::usual();
    let bytes = pong.to_vec();
    let answer = Effect::Send { peer: PEER, bytes };
    assert_eq!(bench.receive(PEER, &ping), [answer]);
    for len in 0..ping.len() {
        assert_eq!(bench.receive(PEER, &ping[..len]), []);
    }
    assert_eq!(bench.receive(PEER, &pong), []);
}

/// A standby asks whether the shelf manager is there, and takes nothing else for its answer.
#[test]
fn probes_are_answered() {
    use crate::lan::{answers_probe, probe};
    let mut bench = Bench::usual();
    for number in [0, 5, 63, 64, 255] {
        let effects = bench.receive(PEER, &probe(number));
        let [Effect::Send { bytes, .. }] = &effects[..] else {
            panic!("{effects:?}");
        };
        assert!(answers_probe(bytes, number));
        assert!(!answers_probe(bytes, number.wrapping_add(1)));
        assert!(!answers_probe(&probe(number), number));
        for len in 0..bytes.len() {
            assert!(!answers_probe(&bytes[..len], number), "{len} bytes");
        }
    }
}

/// Random bytes, half of them behind the headers of packets, some of them good requests for
/// sessions: nothing grows beyond its limit, and a session works on.
#[test]
fn ten_thousand_datagrams_leave_state_bounded() {
    let mut bench = Bench::usual();
    let mut console = bench.administrator();
    let mut random = Entropy::new([1; 32]);
    let kinds = [0x00, 0x10, 0x12, 0x14, 0xc0];
    for round in 0..10_000_u32 {
        let dice = random.draw();
        let mut bytes: Vec<u8> = (0..dice[0] % 6).flat_map(|_| random.draw()).collect();
        bytes.truncate(bytes.len().saturating_sub(usize::from(dice[1] % 16)));
        let kind = kinds[usize::from(dice[2]) % kinds.len()];
        let bytes = match dice[3] % 4 {
            0 => bytes,
            1 => packet::encode_plain(kind, &bytes),
            2 => {
                let suite = CipherSuite::PREFERRED[usize::from(dice[4] % 2)];
                let request = rakp::open_session(0, 4, round + 1, suite);
                packet::encode_plain(payload::OPEN_SESSION_REQUEST, &request)
            }
            _ => packet::encode_sealed(
                &vec![0; 32].into(),
                (kind, console.channel.theirs, round),
                &bytes,
            ),
        };
        let effects = bench.receive(Peer(u64::from(round)), &bytes);
        assert!(effects.len() <= 1);
    }
    assert_eq!(bench.server.openings.len(), OPENING_MAX);
    assert_eq!(bench.server.sessions(), 1);
    let kept = postcard::to_allocvec(&bench.server).unwrap();
    assert!(kept.len() < 64 * 1024, "{} bytes", kept.len());
    assert_eq!(bench.server, postcard::from_bytes(&kept).unwrap());
    let answer = console.ask(&mut bench, &request(0x37, &[]));
    assert_eq!(answer, Some((0, vec![0x20; 16])));
}

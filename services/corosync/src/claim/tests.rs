use super::*;

const CONSENSUS: Duration = Duration::from_millis(600);

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Nodes 1 and 2 have a vote; they had a ring together, and then the line decides.
fn two(start: Instant) -> Claim {
    let mut claim = Claim::new([1, 2].into(), CONSENSUS, start);
    assert!(claim.holds(((1, 4), &[1, 2, 3]), None, start));
    claim
}

/// A ring of all that have a vote needs no line.
#[test]
fn all_voters() {
    let start = Instant::now();
    let mut claim = two(start);
    assert!(claim.holds(((1, 8), &[1, 2]), None, start));
    let mut single = Claim::new([1].into(), CONSENSUS, start);
    assert!(single.holds(((1, 8), &[1, 3]), None, start));
}

/// Who got the line too late for this ring may have got it from somebody who went on.
#[test]
fn the_line_is_held_for_long_enough() {
    let start = Instant::now();
    for (held_ms, expected) in [(0, false), (599, false), (600, true), (5000, true)] {
        let now = start + ms(5000);
        let held = now.checked_sub(ms(held_ms));
        assert_eq!(two(start).holds(((1, 8), &[1, 3]), held, now), expected);
    }
    assert!(!two(start).holds(((1, 8), &[1, 3]), None, start + ms(5000)));
}

/// A later verdict on the same ring is one on votes, not on where the ring came from.
#[test]
fn later_verdicts() {
    let start = Instant::now();
    let mut claim = two(start);
    let ring = ((1, 8), &[1, 3][..]);
    assert!(!claim.holds(ring, None, start));
    assert!(claim.holds(ring, None, start));
}

/// A daemon that was stopped may have been given up by others that went on.
#[test]
fn a_daemon_that_was_stopped() {
    let start = Instant::now();
    let long_held = Some(start);
    let ring = ((1, 8), &[1, 3][..]);
    for (gap_ms, later_ms, expected) in [
        (599, 1, true),
        (600, 1, false),
        (600, 2999, false),
        (600, 3000, true),
    ] {
        let mut claim = two(start);
        claim.heard(start + ms(1000));
        let heard = start + ms(1000 + gap_ms);
        // The first second is such a gap itself.
        claim.stalled = None;
        claim.heard(heard);
        let now = heard + ms(later_ms);
        assert_eq!(
            claim.holds(ring, long_held, now),
            expected,
            "{gap_ms} {later_ms}"
        );
    }
    let mut claim = two(start);
    claim.heard(start + ms(1000));
    assert!(claim.holds(((1, 8), &[1, 2, 3]), None, start + ms(1001)));
    assert!(claim.holds(((1, 12), &[1, 3]), long_held, start + ms(1002)));
}

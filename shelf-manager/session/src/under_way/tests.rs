use super::*;
use core::time::Duration;

const TIMING: Timing = Timing {
    timeout: Duration::from_secs(1),
    attempts: 2,
};

fn at(seconds: u64) -> (Time, Timing) {
    (Time::default().after(Duration::from_secs(seconds)), TIMING)
}

/// What is late, as text: what is sent again with `+`, what is given up with `-`.
fn late(under_way: &mut UnderWay<&'static str>, seconds: u64) -> Vec<(u8, char, &'static str)> {
    let late = under_way.late(at(seconds), |asked| *asked != "once");
    let told = late.into_iter().map(|(sequence, late)| match late {
        Late::Again(asked) => (sequence, '+', asked),
        Late::GivenUp(one) => (sequence, '-', one.asked),
    });
    told.collect()
}

/// An answer to what was given up, or forgotten, must not be taken for that of another request.
#[test]
fn numbers_go_round_and_are_not_used_twice() {
    let mut under_way = UnderWay::new(3);
    for expected in [0, 1, 2, 3, 0] {
        let sequence = under_way.free_sequence();
        assert_eq!(sequence, expected);
        under_way.begin(sequence, "short", at(0));
        assert_eq!(under_way.end(sequence), Some("short"));
    }
    under_way.begin(1, "long", at(0));
    under_way.begin(2, "long", at(0));
    under_way.begin(0, "long", at(0));
    assert_eq!(under_way.free_sequence(), 3);
    under_way.forget();
    assert_eq!(under_way.asked().count(), 0);
    assert_eq!(under_way.free_sequence(), 1);
}

#[test]
fn each_has_its_own_patience() {
    let mut under_way = UnderWay::new(63);
    under_way.begin(5, "twice", at(0));
    under_way.begin(4, "once", at(0));
    under_way.begin(6, "later", at(1));
    assert_eq!(under_way.deadline(), Some(at(1).0));
    assert_eq!(late(&mut under_way, 0), []);
    let expected = [(4, '-', "once"), (5, '+', "twice")];
    assert_eq!(late(&mut under_way, 1), expected);
    assert_eq!((under_way.get(4), under_way.get(5)), (None, Some(&"twice")));
    let expected = [(5, '-', "twice"), (6, '+', "later")];
    assert_eq!(late(&mut under_way, 2), expected);
    assert_eq!(under_way.deadline(), Some(at(3).0));
    let given_up = under_way.late(at(3), |_| true);
    let [(6, Late::GivenUp(one))] = &given_up[..] else {
        panic!("it was sent often enough");
    };
    assert_eq!(one.first_sent, at(1).0);
    assert_eq!(under_way.deadline(), None);
}

//! A few seeds, so that the simulator itself is tested with everything else.

use crate::Arguments;
use crate::run::one;
use clap::Parser;

fn arguments() -> Arguments {
    Arguments::parse_from(["simulator", "--trouble", "4", "--minutes", "20"])
}

/// The same seed gives the same run.
#[test]
fn a_seed_is_a_run() {
    let (first, second) = (one(7, &arguments(), None), one(7, &arguments(), None));
    assert_eq!(first.violation, None);
    assert_eq!(first.entries, second.entries);
    assert_eq!(first.acknowledged, second.acknowledged);
    assert_eq!(first.requests, second.requests);
    assert!(first.acknowledged > 0);
}

/// Without a fault, all is well.
#[test]
fn a_shelf_without_faults_settles() {
    let outcome = one(1, &arguments(), Some(&[]));
    assert_eq!(outcome.violation, None);
    // One member ticks, when somebody waits for it; some wait longer than the log's time can go on
    // by itself.
    let [ticks, surplus] = outcome.ticks;
    assert!(ticks > 0);
    assert!(surplus * 20 < ticks, "{surplus} of {ticks} ticks");
}

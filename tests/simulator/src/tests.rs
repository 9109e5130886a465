//! A few seeds, so that the simulator itself is tested with everything else.

use crate::Arguments;
use crate::run::one;
use crate::world::{CMMS, World};
use clap::Parser;
use std::time::Duration;

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

/// A CMM that has lost its way to the chassis gives up, and does not take it back by itself.
#[test]
fn the_healthier_cmm_takes_over() {
    let mut world = World::new(3, Vec::new(), (false, None));
    let active = |world: &mut World, seconds| {
        world.run_to(Duration::from_secs(seconds));
        assert_eq!(world.check.violation, None);
        let running = world.nodes[&CMMS[0]].running.as_ref();
        running.and_then(|it| it.member.appliance().redundancy.active())
    };
    let first = active(&mut world, 120).expect("a shelf without faults has one");
    let other = CMMS.into_iter().find(|cmm| *cmm != first);
    world.cut_bus(first);
    assert_eq!(active(&mut world, 125), Some(first));
    // Six seconds, two looks, and the line.
    assert_eq!(active(&mut world, 132), other);
    world.mend_bus(first);
    assert_eq!(active(&mut world, 600), other);
    assert_eq!(world.check_settled(), Ok(()));
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

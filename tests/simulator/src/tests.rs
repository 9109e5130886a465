//! A few seeds, so that the simulator itself is tested with everything else.

use crate::Arguments;
use crate::program::NEWEST;
use crate::run::one;
use crate::world::{CMMS, Planted, World, blade_node};
use appliance::VERSION;
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
    assert_eq!(first.events, second.events);
    assert!(first.acknowledged > 0 && first.events > 0);
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

/// Nodes are upgraded one after the other, twice: the shelf goes over when the last one can. What
/// cannot run that any more ends, until it is given a program that can.
#[test]
fn a_rolling_upgrade_is_over_when_the_last_node_is_upgraded() {
    let mut world = World::new(5, Vec::new(), (false, None));
    // Nobody waits for a blade that a user has just switched off, so none is.
    world.is_calm = true;
    let version = |world: &World| {
        let running = world.nodes[&CMMS[0]].running.as_ref();
        running.and_then(|it| it.member.appliance().redundancy.version())
    };
    world.run_to(Duration::from_secs(120));
    assert_eq!(version(&world), Some(VERSION));
    let last = blade_node(3);
    for number in 1..=NEWEST {
        let before = version(&world);
        for id in world.nodes.keys().copied().collect::<Vec<_>>() {
            assert_eq!(version(&world), before, "before {id:?} is upgraded");
            world.install(id, number);
            world.rest(Duration::from_secs(30));
        }
        assert!(
            version(&world) > before,
            "{before:?} after program {number}"
        );
    }
    assert_eq!(world.check.unfit, 0);
    for id in [CMMS[1], last] {
        world.install(id, 0);
        world.rest(Duration::from_secs(120));
    }
    assert!(world.check.unfit >= 2);
    assert_eq!(world.check.violation, None);
    assert_eq!(world.check_settled(), Ok(()));
    assert_eq!(world.check_upgraded(), Ok(()));
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

/// Who looks on finds what would break a promise to HPI's users, or between two services.
#[test]
fn mistakes_are_found() {
    let mistakes = [
        Planted::LostSessions,
        Planted::Unlogged,
        Planted::SkippedEvents,
        Planted::Disagreement,
    ];
    for mistake in mistakes {
        let arguments = Arguments {
            plant: Some(mistake),
            ..arguments()
        };
        let mut seeds = 1..=3;
        let is_found = seeds.any(|seed| one(seed, &arguments, None).violation.is_some());
        assert!(is_found, "{mistake:?}");
    }
}

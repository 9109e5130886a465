//! Replicas on a simulated group communication system, with disks that lose what was not synced.

mod disk;
mod world;

use world::{Fault, World};

fn run(seed: u64) {
    let mut world = World::new(seed);
    world.trouble(1_500);
    world.settle();
}

/// Whatever breaks: no promise is broken, and once all is well again, the log goes on.
///
/// `GROUP_SEEDS` runs that many seeds, from `GROUP_FROM` on; `GROUP_TRACE` tells what happens.
#[test]
fn no_promise_is_broken_and_the_log_goes_on() {
    let number = |name| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let from = number("GROUP_FROM").unwrap_or(0);
    for seed in from..from + number("GROUP_SEEDS").unwrap_or(60) {
        let result = std::panic::catch_unwind(|| run(seed));
        assert!(result.is_ok(), "seed {seed}");
    }
}

/// The other CMM goes on when one dies, and when one is cut off the one with the line does.
#[test]
fn the_other_goes_on() {
    for fault in [Fault::Kill, Fault::PowerLoss, Fault::Cut] {
        let mut world = World::new(1);
        world.settle();
        let before = world.epoch();
        world.strike(world.first_cmm(), fault);
        world.quiet();
        assert!(world.epoch() > before, "{fault:?}");
        world.settle();
    }
}

/// A CMM alone does not begin a log, and does not go on with one that the other may have gone on
/// with, unless an operator says so.
#[test]
fn a_cmm_alone_waits_for_the_other() {
    let mut world = World::new(2);
    world.settle();
    let before = world.epoch();
    for node in world.cmms() {
        world.strike(node, Fault::Kill);
    }
    world.start(world.first_cmm());
    world.quiet();
    assert_eq!(world.epoch(), before);
    world.force(world.first_cmm());
    world.quiet();
    assert!(world.epoch() > before);
}

/// A command that is too large for one message arrives whole, and a state that is too large too.
#[test]
fn large_commands_and_states_travel_in_parts() {
    let mut world = World::new(3);
    world.settle();
    world.submit_large(world.first_cmm(), 3 * group::MESSAGE_BYTES_MAX + 7);
    world.settle();
    let second = world.cmms()[1];
    world.strike(second, Fault::Kill);
    world.settle();
}

/// A CMM whose disk is full leaves the view rather than to acknowledge what it cannot keep; the
/// other goes on, and with room again all of what was taken is in the log.
#[test]
fn the_other_goes_on_when_a_disk_is_full() {
    let mut world = World::new(4);
    world.settle();
    let before = world.epoch();
    world.fill(world.first_cmm());
    world.submit_large(world.first_cmm(), 9);
    world.quiet();
    assert!(world.epoch() > before);
    world.settle();
}

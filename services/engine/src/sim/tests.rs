//! Replicas on a simulated group communication system, with disks that lose what was not synced.

mod disk;
mod world;

use world::World;

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

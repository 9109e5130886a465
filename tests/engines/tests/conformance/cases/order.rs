//! The order of the log.

use crate::bed::{BLADE, CMMS};
use crate::watch::Promised;
use crate::world::World;
use engine::SubmitError;
use group::COMMAND_BYTES_MAX;

pub(super) fn one_order(world: &mut World<'_>) {
    world.start_all();
    for round in 0..60 {
        for id in world.all() {
            for bytes in 0..3 {
                world.try_submit(id, 40 * bytes).expect("there is room");
            }
        }
        // So that some go together, and some by themselves.
        if round % 4 > 0 {
            world.turn();
        }
    }
    world.settle();
}

pub(super) fn views_in_order(world: &mut World<'_>) {
    world.start_all();
    for id in [BLADE, CMMS[1], BLADE] {
        let before = world.member(CMMS[0]).state.epoch;
        world.kill(id);
        for _ in 0..2 {
            for _ in 0..20 {
                world.submit(CMMS[0]);
                world.turn();
            }
            if world.member(id).engine.is_none() {
                world.start(id);
            }
        }
        world.start_all();
        let after = world.member(CMMS[0]).state.epoch;
        assert!(after >= before + 2, "one without it, and one with it");
    }
    world.settle();
}

pub(super) fn large_commands(world: &mut World<'_>) {
    world.start_all();
    let ids = world.all();
    let too_big = world.try_submit(ids[0], COMMAND_BYTES_MAX + 1);
    assert_eq!(too_big, Err(SubmitError::TooBig));
    let before = world.submit(ids[0]);
    let large = world.try_submit(ids[0], COMMAND_BYTES_MAX);
    let large = large.expect("there is room");
    let behind = world.submit(ids[0]);
    // Others get their turn between its pieces.
    let others: Vec<u64> = ids.iter().skip(1).map(|id| world.submit(*id)).collect();
    for tag in [before, large, behind].into_iter().chain(others) {
        world.wait_promised(Promised::Durable, &ids, tag);
    }
    world.settle();
}

//! Room for commands that wait.

use super::cut_off;
use crate::bed::{BLADE, CMMS};
use crate::world::World;
use engine::{QUEUE_MAX, SubmitError};
use group::{COMMAND_BYTES_MAX, NodeId, OUTBOX_BYTES_MAX, OUTBOX_MAX, Standing};

/// As many small commands as a member takes now.
fn fill(world: &mut World<'_>, id: NodeId) -> usize {
    let mut taken = 0;
    loop {
        match world.try_submit(id, 0) {
            Ok(_) => taken += 1,
            Err(why) => {
                assert_eq!(why, SubmitError::Busy);
                return taken;
            }
        }
    }
}

pub(super) fn back_pressure(world: &mut World<'_>) {
    world.start_all();
    for id in world.all() {
        assert_eq!(fill(world, id), QUEUE_MAX);
    }
    world.turn();
    for id in world.all() {
        world.wait("room", |world| {
            world.try_submit(id, 0).map_err(|why| format!("{why:?}"))
        });
    }
    world.settle();
    // Of what follows nothing is ordered: that would only take long.
    let id = world.all()[0];
    for _ in 0..OUTBOX_BYTES_MAX / COMMAND_BYTES_MAX {
        world
            .try_submit(id, COMMAND_BYTES_MAX)
            .expect("there is room");
    }
    let large = world.try_submit(id, COMMAND_BYTES_MAX);
    assert_eq!(large, Err(SubmitError::Busy));
    world.kill(id);
    world.settle();
}

pub(super) fn without_a_primary(world: &mut World<'_>) {
    world.start_all();
    cut_off(world, &[CMMS[0]]);
    let left = [CMMS[1], BLADE];
    world.wait_for("no quorum", &left, |it| it.standing == Standing::NotQuorate);
    for id in left {
        let mut taken = 0;
        loop {
            let more = fill(world, id);
            taken += more;
            assert!(taken <= QUEUE_MAX + OUTBOX_MAX, "{taken}");
            world.pass();
            if more == 0 {
                break;
            }
        }
        assert!(taken >= QUEUE_MAX, "{taken}");
    }
    world.settle();
}

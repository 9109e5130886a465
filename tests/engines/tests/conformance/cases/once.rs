//! Each command once.

use crate::world::World;

/// Commands that are under way.
const COUNT: usize = 20;

pub(super) fn over_reconnects(world: &mut World<'_>) {
    world.start_all();
    for id in world.all() {
        // Sent, and perhaps ordered; but it does not hear of that any more.
        world.be_deaf(id, true);
        for _ in 0..COUNT {
            world.submit(id);
        }
        world.pass();
        group::Transport::rejoin(world.engine(id).transport());
        world.be_deaf(id, false);
        world.wait_view(&world.all());
        world.submit(id);
    }
    world.settle();
}

pub(super) fn over_restarts(world: &mut World<'_>) {
    world.start_all();
    for turns in 0..4 {
        for id in world.all() {
            for _ in 0..COUNT {
                world.submit(id);
            }
            world.poll(id);
            for _ in 0..turns {
                world.turn();
            }
            world.kill(id);
            world.start(id);
            world.submit(id);
        }
        world.start_all();
    }
    world.settle();
}

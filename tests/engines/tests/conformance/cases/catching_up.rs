//! Whoever was away, and comes back.

use crate::bed::{BLADE, CMMS, Fault};
use crate::watch::Promised;
use crate::world::World;
use engine::Engine;
use group::{MESSAGE_BYTES_MAX, NodeId};

/// More than what disks keep behind a snapshot.
const MANY: usize = 1_200;

/// Bytes of a state that goes in parts.
const LARGE: usize = 16 * MESSAGE_BYTES_MAX + 3;

/// Submits commands and waits until they are durable everywhere.
fn many(world: &mut World<'_>, id: NodeId, count: usize) {
    let mut last = 0;
    for _ in 0..count {
        last = world.submit(id);
    }
    let cmms = world.offer().cmms.iter().copied();
    let running: Vec<NodeId> = cmms
        .filter(|it| world.member(*it).engine.is_some())
        .collect();
    world.wait_promised(Promised::Durable, &running, last);
}

/// Waits until all are in step in one view, while commands are ordered.
fn join_in_the_flow(world: &mut World<'_>, from: NodeId) {
    let ids = world.all();
    let mut last = world.submit(from);
    world.wait("all in step", |world| {
        if world.member(from).was_promised(Promised::Stable, last) {
            last = world.submit(from);
        }
        let epochs = ids.iter().map(|id| world.member(*id).epoch());
        let epochs: Vec<_> = epochs.collect();
        let is_one = epochs.iter().all(|it| it.is_some() && *it == epochs[0]);
        is_one.then_some(()).ok_or_else(|| format!("{epochs:?}"))
    });
}

pub(super) fn snapshot_and_replay(world: &mut World<'_>) {
    world.start_all();
    let id = CMMS[0];
    many(world, id, MANY);
    world.snapshot(id);
    let first = world.engine(id).first().expect("it can be read");
    assert!(first > Some(1), "what the snapshot makes needless is gone");
    many(world, id, 30);
    let before = world.member(id).state.clone();
    world.kill(id);
    world.start(id);
    let found = world.member(id).found;
    assert!((30..MANY).contains(&found), "{found} entries were replayed");
    assert_eq!(world.member(id).state, before);
    world.settle();
}

pub(super) fn by_entries(world: &mut World<'_>) {
    world.start_all();
    let [stays, away] = CMMS;
    world.kill(away);
    world.wait_view(&[stays, BLADE]);
    many(world, stays, 200);
    world
        .try_submit(BLADE, 3 * MESSAGE_BYTES_MAX)
        .expect("there is room");
    many(world, BLADE, 20);
    world.start(away);
    join_in_the_flow(world, BLADE);
    assert_eq!(world.member(away).installs, 0, "it had a log");
    world.settle();
}

pub(super) fn by_snapshot(world: &mut World<'_>) {
    world.filler = LARGE;
    world.start_all();
    let [stays, away] = CMMS;
    for id in [away, BLADE] {
        world.kill(id);
        let left: Vec<NodeId> = world.all().into_iter().filter(|it| *it != id).collect();
        world.wait_view(&left);
        if id == away {
            world.strike(Fault::DiskIsNew(id));
        }
        many(world, stays, 50);
        world.start(id);
        join_in_the_flow(world, stays);
        assert_eq!(world.member(id).installs, 1, "{id:?} had nothing");
    }
    world.settle();
}

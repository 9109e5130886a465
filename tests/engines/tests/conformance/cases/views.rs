//! Primary views: who is in one, and who is not any more.

use super::cut_off;
use crate::bed::{BLADE, CMMS, Fault};
use crate::watch::Promised;
use crate::world::World;
use group::Standing;

pub(super) fn epochs_rise(world: &mut World<'_>) {
    let mut last = world.start_all();
    for id in world.all() {
        let others: Vec<_> = world.all().into_iter().filter(|it| *it != id).collect();
        world.submit(id);
        world.kill(id);
        if !others.is_empty() {
            let without = world.wait_view(&others);
            assert!(without > last);
            last = without;
        }
        let with = world.start_all();
        assert!(with > last);
        last = with;
    }
    world.settle();
}

pub(super) fn quorum_is_lost(world: &mut World<'_>) {
    let before = world.start_all();
    cut_off(world, &[CMMS[1]]);
    world.wait_for("the end of its view", &[CMMS[1]], |it| it.epoch().is_none());
    let waits = world.submit(CMMS[1]);
    let with_line = [CMMS[0], BLADE];
    assert!(world.wait_view(&with_line) > before);
    let tag = world.submit(BLADE);
    world.wait_promised(Promised::Durable, &with_line, tag);
    world.wait_for("no quorum", &[CMMS[1]], |it| {
        it.standing == Standing::NotQuorate
    });
    world.pass();
    assert!(world.members.values().all(|it| !it.has(waits)));
    assert!(!world.member(CMMS[1]).has(tag));
    world.settle();
}

pub(super) fn the_line_moves(world: &mut World<'_>) {
    let [stale, other] = CMMS;
    world.start_all();
    world.strike(Fault::Line(other));
    cut_off(world, &[other]);
    let epoch = world.wait_view(&[other]);
    let tag = world.submit(other);
    world.wait_promised(Promised::Durable, &[other], tag);
    // On its way when quorum is lost, and what follows from that is on its way too.
    world.be_deaf(other, true);
    let sent = world.submit(other);
    world.pass();
    let waits = world.submit(stale);
    world.strike(Fault::Line(stale));
    world.wait_for("the other stops at once", &[other], |it| {
        it.standing == Standing::NotQuorate
    });
    world.be_deaf(other, false);
    world.wait_for("the stale one waits", &[stale], |it| {
        it.standing == Standing::Awaits([other].into())
    });
    world.pass();
    assert!(!world.member(other).was_promised(Promised::Stable, sent));
    let highest = world.members.values().map(|it| it.state.epoch).max();
    assert_eq!(highest, Some(epoch), "nobody has a right to go on");
    assert!(world.members.values().all(|it| !it.has(waits)));
    world.settle();
    assert!(world.member(stale).has(tag));
}

pub(super) fn a_cmm_dies(world: &mut World<'_>) {
    let [dies, other] = CMMS;
    let before = world.start_all();
    let mut tags = Vec::new();
    for id in world.all() {
        tags.push(world.submit(id));
    }
    for tag in &tags {
        world.wait_promised(Promised::Stable, &[dies], *tag);
    }
    world.kill(dies);
    // The hardware is faster than the ring.
    world.strike(Fault::Line(other));
    world.strike(Fault::RingDies(dies));
    let left = [other, BLADE];
    assert!(world.wait_view(&left) > before);
    assert!(tags.iter().all(|tag| world.member(other).has(*tag)));
    let tag = world.submit(BLADE);
    world.wait_promised(Promised::Durable, &left, tag);
    world.strike(Fault::RingReturns(dies));
    world.settle();
}

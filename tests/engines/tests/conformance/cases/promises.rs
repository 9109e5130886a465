//! What is promised of an entry, and who must have it.

use crate::bed::{BLADE, CMMS, Fault};
use crate::watch::Promised;
use crate::world::World;

pub(super) fn stable_waits_for_cmms(world: &mut World<'_>) {
    world.start_all();
    for [hung, other] in [CMMS, [CMMS[1], CMMS[0]]] {
        world.hang(hung, true);
        let tags = [other, BLADE].map(|id| world.submit(id));
        for tag in tags {
            world.wait_for("it in the log", &[other, BLADE], |it| it.has(tag));
        }
        world.pass();
        for (tag, id) in tags
            .into_iter()
            .flat_map(|tag| [(tag, other), (tag, BLADE)])
        {
            let is_stable = world.member(id).was_promised(Promised::Stable, tag);
            assert!(!is_stable, "at {id:?}, but {hung:?} does not have it");
        }
        world.hang(hung, false);
        for tag in tags {
            world.wait_promised(Promised::Durable, &world.all(), tag);
        }
    }
    world.settle();
}

pub(super) fn nothing_waits_for_blades(world: &mut World<'_>) {
    world.start_all();
    world.hang(BLADE, true);
    for id in CMMS {
        let tag = world.submit(id);
        world.wait_promised(Promised::Durable, &CMMS, tag);
        assert!(!world.member(BLADE).has(tag));
    }
    world.settle();
}

pub(super) fn durable_waits_for_disks(world: &mut World<'_>) {
    world.start_all();
    let ids = world.all();
    for slow in world.offer().cmms {
        world.hold_syncs(*slow, true);
        let tags: Vec<u64> = ids.iter().map(|id| world.submit(*id)).collect();
        for tag in &tags {
            world.wait_promised(Promised::Stable, &ids, *tag);
        }
        world.pass();
        for id in &ids {
            let mut tags = tags.iter();
            let is_durable =
                tags.any(|tag| world.member(*id).was_promised(Promised::Durable, *tag));
            assert!(!is_durable, "at {id:?}, but not on the disk of {slow:?}");
        }
        world.hold_syncs(*slow, false);
        for tag in &tags {
            world.wait_promised(Promised::Durable, &ids, *tag);
        }
    }
    world.settle();
}

pub(super) fn power_fails(world: &mut World<'_>) {
    let before = world.start_all();
    let ids = world.all();
    let kept = world.submit(ids[0]);
    world.wait_promised(Promised::Durable, &ids, kept);
    CMMS.iter().for_each(|cmm| world.hold_syncs(*cmm, true));
    let lost = world.submit(ids[0]);
    world.wait_promised(Promised::Stable, &ids, lost);
    for id in ids {
        world.kill(id);
    }
    for cmm in CMMS {
        world.strike(Fault::PowerFails(cmm));
        world.hold_syncs(cmm, false);
    }
    world.power_failed();
    assert!(world.start_all() > before);
    assert!(world.member(BLADE).has(kept));
    assert!(!world.member(BLADE).has(lost), "it was on no disk");
    world.settle();
}

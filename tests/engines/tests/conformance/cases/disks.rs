//! Disks that do not keep the log.

use crate::bed::Fault;
use crate::watch::Promised;
use crate::world::World;
use engine::Engine;
use group::NodeId;
use machine::log::StorageError;

/// The first CMM suffers something: it leaves its view, promises nothing of what it takes, and the
/// others go on; once it is cured, all is well again.
fn out_and_back(world: &mut World<'_>, suffers: impl Fn(&mut World<'_>, bool)) -> StorageError {
    let before = world.start_all();
    let ids = world.all();
    let (id, others) = ids.split_first().expect("there are members");
    suffers(world, true);
    let mut taken = Vec::new();
    let why = world.wait("it is out", |world| {
        taken.push(world.submit(*id));
        world
            .member(*id)
            .outage
            .clone()
            .ok_or_else(|| "not yet".into())
    });
    assert_eq!(world.member(*id).epoch(), None);
    if !others.is_empty() {
        assert!(world.wait_view(others) > before);
        let tag = world.submit(others[0]);
        world.wait_promised(Promised::Durable, others, tag);
    }
    world.pass();
    assert_eq!(world.member(*id).epoch(), None);
    let last = *taken.last().expect("it took some");
    assert!(!world.member(*id).was_promised(Promised::Durable, last));
    suffers(world, false);
    assert!(world.wait_view(&ids) > before);
    for tag in taken {
        world.wait_promised(Promised::Durable, &ids, tag);
    }
    world.settle();
    why
}

fn first_cmm(world: &World<'_>) -> NodeId {
    world.offer().cmms[0]
}

pub(super) fn full(world: &mut World<'_>) {
    let why = out_and_back(world, |world, suffers| {
        let id = first_cmm(world);
        world.strike(match suffers {
            true => Fault::DiskFills(id),
            false => Fault::DiskEmpties(id),
        });
    });
    assert_eq!(why, StorageError::Full);
}

pub(super) fn does_not_sync(world: &mut World<'_>) {
    out_and_back(world, |world, suffers| {
        let id = first_cmm(world);
        world.member(id).notes.borrow_mut().fails_syncs = suffers;
    });
}

pub(super) fn crashes_are_counted(world: &mut World<'_>) {
    world.start_all();
    for id in world.offer().cmms {
        let tag = world.submit(*id);
        world.wait_promised(Promised::Durable, &[*id], tag);
        let (_, index) = world.member(*id).state.commands[&tag];
        assert_eq!(world.engine(*id).note_crash(index), Ok(1));
        world.kill(*id);
        world.start(*id);
        assert_eq!(world.engine(*id).note_crash(index), Ok(2));
        assert_eq!(world.engine(*id).note_crash(index - 1), Ok(1));
    }
    world.settle();
}

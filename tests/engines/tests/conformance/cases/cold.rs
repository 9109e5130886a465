//! Cold starts: nobody remembers anything but what is on disks.

use super::cut_off;
use crate::bed::{BLADE, CMMS, Found};
use crate::state;
use crate::watch::Promised;
use crate::world::World;
use group::{Content, Ledger, NodeId, Standing};
use machine::log::Entry;

fn kill_all(world: &mut World<'_>) {
    for id in world.all() {
        world.kill(id);
    }
}

/// The entry that a command becomes behind a log, of which nobody else has heard.
fn unheard(ledger: &Ledger, from: NodeId, tag: u64) -> Entry {
    let content = Content::Command {
        from,
        number: ledger.seen(from) + 1,
        command: state::command(tag, 0),
    };
    ledger.entry(&content, ledger.time())
}

/// A CMM that is down had received these commands, and nobody else has.
fn receive_alone(world: &mut World<'_>, id: NodeId, tags: &[u64]) {
    let Found {
        mut disk,
        mut ledger,
        ..
    } = world.bed.open(id);
    for tag in tags {
        let entry = unheard(&ledger, id, *tag);
        let batch = std::slice::from_ref(&entry);
        disk.append(batch).expect("there is room");
        ledger.follow(&entry);
    }
}

/// Starts the first, which must wait for the second; then that.
fn start_in_order(world: &mut World<'_>, [first, second]: [NodeId; 2]) {
    world.start(first);
    world.start(BLADE);
    world.wait_for("it waits", &[first], |it| {
        it.standing == Standing::Awaits([second].into())
    });
    let before = world.member(first).state.epoch;
    world.pass();
    assert_eq!(world.member(first).state.epoch, before);
    world.start(second);
    assert!(world.wait_view(&world.all()) > before);
}

pub(super) fn alone(world: &mut World<'_>) {
    let [one, other] = CMMS;
    // Neither does it begin a log.
    start_in_order(world, CMMS);
    kill_all(world);
    start_in_order(world, [other, one]);
    kill_all(world);
    world.start(one);
    world.wait_for("it waits", &[one], |it| {
        it.standing == Standing::Awaits([other].into())
    });
    engine::Engine::force(world.engine(one));
    world.wait_view(&[one]);
    let tag = world.submit(one);
    world.wait_promised(Promised::Durable, &[one], tag);
    world.settle();
    assert!(world.member(other).has(tag));
}

pub(super) fn highest_epoch(world: &mut World<'_>) {
    world.start_all();
    let [newer, longer] = CMMS;
    cut_off(world, &[longer]);
    world.wait_view(&[newer, BLADE]);
    let tag = world.submit(newer);
    world.wait_promised(Promised::Durable, &[newer, BLADE], tag);
    kill_all(world);
    let lost: Vec<u64> = (0..10).map(|_| world.next_tag()).collect();
    receive_alone(world, longer, &lost);
    world.bed.mend();
    start_in_order(world, [longer, newer]);
    for id in world.all() {
        assert!(world.member(id).has(tag));
        assert!(!lost.iter().any(|tag| world.member(id).has(*tag)));
    }
    world.settle();
}

pub(super) fn highest_index(world: &mut World<'_>) {
    world.start_all();
    for [longer, shorter] in [CMMS, [CMMS[1], CMMS[0]]] {
        world.hang(shorter, true);
        let tag = world.submit(longer);
        world.wait_for("it in the log", &[longer], |it| it.has(tag));
        kill_all(world);
        world.hang(shorter, false);
        start_in_order(world, [shorter, longer]);
        world.wait_promised(Promised::Durable, &world.all(), tag);
    }
    world.settle();
}

pub(super) fn highest_hash(world: &mut World<'_>) {
    world.start_all();
    for [wins, loses] in [CMMS, [CMMS[1], CMMS[0]]] {
        kill_all(world);
        let lost = world.next_tag();
        receive_alone(world, loses, &[lost]);
        let low = world.bed.open(loses).ledger.position();
        let ledger = world.bed.open(wins).ledger;
        let kept = loop {
            let tag = world.next_tag();
            if ledger.hash_with(&unheard(&ledger, wins, tag)) > low.hash {
                break tag;
            }
        };
        receive_alone(world, wins, &[kept]);
        let high = world.bed.open(wins).ledger.position();
        assert_eq!((high.epoch, high.index), (low.epoch, low.index));
        world.start_all();
        for id in world.all() {
            assert!(world.member(id).has(kept) && !world.member(id).has(lost));
        }
    }
    world.settle();
}

//! Anything, in any order.

use crate::bed::{CMMS, Fault};
use crate::random::Random;
use crate::world::World;
use group::NodeId;
use std::collections::BTreeSet;

/// Most commands that a member has taken, and that are not in its log yet.
const WAITING_MAX: usize = 8;

/// Most turns between two faults.
const TURNS_MAX: usize = 300;

/// What is wrong with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    RingDead,
    RingHangs,
    DiskFull,
}

/// What happened, for messages of failure.
struct Story {
    seed: u64,
    faults: Vec<String>,
}

impl Drop for Story {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { seed, faults } = self;
            println!("ENGINES_SEED={seed}: {}", faults.join(", "));
        }
    }
}

/// `ENGINES_SEED` says what happens, and `ENGINES_FAULTS` how much.
pub(super) fn whatever_happens(world: &mut World<'_>) {
    let number = |name| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let seed = number("ENGINES_SEED").unwrap_or(1);
    let faults = number("ENGINES_FAULTS").and_then(|it| usize::try_from(it).ok());
    let mut random = Random::new(seed);
    let mut wrong = BTreeSet::new();
    world.start_all();
    let mut story = Story {
        seed,
        faults: Vec::new(),
    };
    for _ in 0..faults.unwrap_or(world.offer().faults) {
        let what = strike(world, &mut random, &mut wrong);
        story.faults.push(what);
        for _ in 0..random.below(TURNS_MAX) {
            work(world);
        }
    }
    world.settle();
}

/// Who runs has commands under way.
fn work(world: &mut World<'_>) {
    for id in world.all() {
        let member = world.member(id);
        if member.engine.is_some() && member.waiting() < WAITING_MAX {
            world.submit(id);
        }
    }
    world.turn();
}

/// Something happens to somebody; what.
fn strike(
    world: &mut World<'_>,
    random: &mut Random,
    wrong: &mut BTreeSet<(NodeId, Wrong)>,
) -> String {
    let ids = world.all();
    let id = ids[random.below(ids.len())];
    let cmm = CMMS[random.below(2)];
    let runs = world.member(id).engine.is_some();
    // Whoever finds its disk full does not start, and must run to see it emptied.
    let has_room = !wrong.contains(&(id, Wrong::DiskFull));
    let fault = match random.below(11) {
        0 | 1 if runs && has_room => {
            world.kill(id);
            return format!("kill {}", id.0);
        }
        0..=2 if !runs && has_room => {
            world.start(id);
            return format!("start {}", id.0);
        }
        3 if wrong.remove(&(id, Wrong::RingDead)) => Fault::RingReturns(id),
        3 if !wrong.contains(&(id, Wrong::RingHangs)) => {
            wrong.insert((id, Wrong::RingDead));
            Fault::RingDies(id)
        }
        4 if wrong.remove(&(id, Wrong::RingHangs)) => Fault::RingGoesOn(id),
        4 if !wrong.contains(&(id, Wrong::RingDead)) => {
            wrong.insert((id, Wrong::RingHangs));
            Fault::RingHangs(id)
        }
        5 if wrong.remove(&(cmm, Wrong::DiskFull)) => Fault::DiskEmpties(cmm),
        5 => {
            wrong.insert((cmm, Wrong::DiskFull));
            Fault::DiskFills(cmm)
        }
        6 | 7 => {
            let (one, other) = ids.iter().partition(|_| random.below(2) == 0);
            Fault::Cut(vec![one, other])
        }
        8 | 9 => Fault::Heal,
        _ => Fault::Line(cmm),
    };
    let what = format!("{fault:?}");
    world.strike(fault);
    what
}

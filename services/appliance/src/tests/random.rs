//! Random walks: whatever happens in whatever order, replicas agree, nobody is active twice, and
//! once the faults are over the service is provided again.

use super::bed::{self, BLADES, Bed};
use super::cluster::View;
use super::std::{self, eprintln};
use super::words;
use crate::Command;
use ais::Dn;
use ais::amf::{AdminState, HaState};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use machine::{Machine, NodeId};

/// Walks, and steps of each. Choice: a few seconds in all.
const WALKS: u64 = 12;
const STEPS: usize = 120;

/// Walks with members. Choice: enough for one of them to fail when nobody isolates blades.
const MEMBERS_WALKS: u64 = 30;

/// A small generator, so that one seed is one walk for ever. Source: Marsaglia, xorshift64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// `OPENSHELF_SEED=7 cargo test -p appliance random` walks that one walk.
#[test]
fn random_walks_end_with_the_service_provided() {
    if let Ok(seed) = std::env::var("OPENSHELF_SEED") {
        return walk(seed.parse().unwrap());
    }
    let walks = std::env::var("OPENSHELF_WALKS").map_or(WALKS, |walks| walks.parse().unwrap());
    for seed in 1..=walks {
        let walked = std::panic::catch_unwind(|| walk(seed));
        if let Err(why) = walked {
            eprintln!("OPENSHELF_SEED={seed} cargo test -p appliance random");
            std::panic::resume_unwind(why);
        }
    }
}

fn walk(seed: u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut bed = Bed::running();
    bed.traces = std::env::var_os("OPENSHELF_SEED").is_some();
    bed.twin = Some(bed.appliance.clone());
    for step in 0..STEPS {
        happen(&mut bed, &mut dice, true);
        check(&bed);
        if step % 40 == 39 {
            let restored = bed::restored(&bed.appliance);
            assert!(restored == bed.appliance, "a snapshot loses something");
            let twin = bed.twin.as_ref().unwrap();
            assert_eq!(twin.snapshot(), bed.appliance.snapshot());
            bed.appliance = restored;
        }
    }
    repair(&mut bed);
    provided(&bed);
}

/// The same with members that come and go: CMMs, daemons of blades, and whole blades that are cut
/// off and do not know it.
#[test]
fn random_walks_with_members_end_with_the_service_provided() {
    if let Ok(seed) = std::env::var("OPENSHELF_MEMBERS_SEED") {
        return walk_with_members(seed.parse().unwrap());
    }
    let walks = std::env::var("OPENSHELF_WALKS");
    let walks = walks.map_or(MEMBERS_WALKS, |walks| walks.parse().unwrap());
    for seed in 1..=walks {
        let walked = std::panic::catch_unwind(|| walk_with_members(seed));
        if let Err(why) = walked {
            eprintln!("OPENSHELF_MEMBERS_SEED={seed} cargo test -p appliance members");
            std::panic::resume_unwind(why);
        }
    }
}

fn walk_with_members(seed: u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut bed = Bed::running();
    bed.traces = std::env::var_os("OPENSHELF_MEMBERS_SEED").is_some();
    bed.twin = Some(bed.appliance.clone());
    let mut ring = Ring::new();
    bed.view(&ring.view());
    // From here on everybody's place is known.
    bed.settle();
    for _ in 0..STEPS {
        if dice.below(12) == 0 {
            ring.happen(&mut bed, &mut dice);
        } else {
            happen(&mut bed, &mut dice, false);
        }
        check(&bed);
        let owner = bed.appliance.redundancy.active();
        assert!(
            owner.is_some_and(|cmm| ring.cmms.contains(&cmm)),
            "who owns the hardware?"
        );
    }
    ring = Ring::new();
    bed.view(&ring.view());
    repair(&mut bed);
    provided(&bed);
}

/// Who is where.
struct Ring {
    cmms: BTreeSet<NodeId>,
    /// Blades whose daemons are there.
    blades: BTreeSet<NodeId>,
    /// Blades whose daemons are not, though they are in the ring.
    away: BTreeSet<NodeId>,
}

impl Ring {
    fn new() -> Self {
        Self {
            cmms: (1..=2).map(NodeId).collect(),
            blades: (11..=14).map(NodeId).collect(),
            away: BTreeSet::new(),
        }
    }

    fn view(&self) -> View {
        let nodes = self.cmms.iter().chain(&self.blades).chain(&self.away);
        (
            self.cmms.clone(),
            self.blades.clone(),
            nodes.copied().collect(),
        )
    }

    fn happen(&mut self, bed: &mut Bed, dice: &mut Dice) {
        let blade = NodeId(11 + u32::try_from(dice.below(3)).unwrap());
        let cmm = NodeId(1 + u32::try_from(dice.below(2)).unwrap());
        match dice.below(8) {
            0 => {
                self.blades.remove(&blade);
                self.away.remove(&blade);
            }
            1 => {
                self.blades.remove(&blade);
                self.away.insert(blade);
            }
            2 | 3 => {
                self.blades.insert(blade);
                self.away.remove(&blade);
            }
            4 if self.cmms.len() == 2 => {
                if bed.appliance.redundancy.active() == Some(cmm) {
                    bed.lose_hardware();
                }
                self.cmms.remove(&cmm);
            }
            5 => drop(self.cmms.insert(cmm)),
            6 => {
                let condition = redundancy::Condition::AnyVersion;
                let (tag, to) = (crate::tag(NodeId(1), 9), Some(cmm));
                bed.apply(&Command::Switch { tag, to, condition });
                return;
            }
            _ => {
                bed.pass(10_000);
                return;
            }
        }
        bed.view(&self.view());
    }
}

/// Most often the world goes on; now and then somebody does something to it.
fn happen(bed: &mut Bed, dice: &mut Dice, restarts: bool) {
    let blade = BLADES[dice.below(BLADES.len())];
    let su = bed::component(["SU1", "SU2"][dice.below(2)]);
    let slot = u8::try_from(dice.below(3) + 1).unwrap();
    bed.trace(|| alloc::format!("-- dice: {blade:x} {} {slot}", words::short(&su)));
    match dice.below(40) {
        0..=23 => tell(bed, dice),
        24 | 25 => bed.open(blade),
        26..=28 => bed.close(blade),
        29 => bed.extract(blade),
        30 | 31 => bed.insert(blade),
        32 => bed.silence(blade),
        33 => bed.answer_again(blade),
        34 => bed.fail(&su),
        35 => drop(bed.clumsy.insert(su)),
        36 => bed.crash(&bed::node(slot)),
        37 => drop(bed.pass([50, 1_000, 20_000, 100_000][dice.below(4)])),
        38 if restarts && dice.below(3) == 0 => {
            // What was logged last may not have been carried out.
            if dice.below(2) == 0 {
                bed.lose_effects();
            }
            bed.restart();
        }
        _ => invoke(bed, dice),
    }
}

/// Somebody who has something to tell does; each tells in order.
fn tell(bed: &mut Bed, dice: &mut Dice) {
    let mut first = BTreeMap::new();
    for (at, (source, _)) in bed.waiting.iter().enumerate() {
        first.entry(source.clone()).or_insert(at);
    }
    let first: Vec<usize> = first.into_values().collect();
    if !first.is_empty() {
        let (_, command) = bed.waiting.remove(first[dice.below(first.len())]).unwrap();
        bed.apply(&command);
    }
}

const OBJECTS: [&str; 11] = [
    "safSu=SU1,safSg=Counter,safApp=Counter",
    "safSu=SU2,safSg=Counter,safApp=Counter",
    "safSg=Counter,safApp=Counter",
    "safSi=Counter,safApp=Counter",
    "safAmfNode=blade1,safAmfCluster=shelf",
    "safNode=blade1,safCluster=shelf",
    "safNode=blade2,safCluster=shelf",
    "safHE=slot1,safDomain=shelf",
    "safHE=slot2,safDomain=shelf",
    "safEE=linux,safHE=slot1,safDomain=shelf",
    "safApp=Nobody",
];

fn invoke(bed: &mut Bed, dice: &mut Dice) {
    let object = OBJECTS[dice.below(OBJECTS.len())];
    let operation = u64::try_from(dice.below(12) + 1).unwrap();
    order(bed, object, operation);
}

fn order(bed: &mut Bed, object: &str, operation: u64) {
    let object = Dn::parse(object).unwrap();
    let parameters = BTreeMap::new();
    bed.apply(&Command::Invoke {
        tag: 5,
        object,
        operation,
        parameters,
    });
}

/// What holds between any two entries.
fn check(bed: &Bed) {
    for si in sis(bed) {
        let active = si.assignments.iter().filter(|a| a.ha == HaState::Active);
        assert!(
            active.count() <= 1,
            "{} has two active: {:?}",
            si.dn,
            si.assignments
        );
    }
    let twin = bed.twin.as_ref().unwrap();
    assert!(*twin == bed.appliance, "replicas differ");
}

fn sis(bed: &Bed) -> Vec<amf::SiView> {
    let applications = bed.appliance.amf.applications();
    let sgs = applications
        .into_iter()
        .flat_map(|application| application.sgs);
    sgs.flat_map(|sg| sg.sis).collect()
}

/// No more faults: everything answers, every handle is closed, nothing is locked, what failed is
/// repaired.
fn repair(bed: &mut Bed) {
    bed.trace(|| "-- repair".into());
    bed.clumsy.clear();
    bed.settle();
    rest(bed);
    for blade in BLADES {
        bed.answer_again(blade);
        bed.insert(blade);
        bed.close(blade);
    }
    bed.settle();
    rest(bed);
    for object in OBJECTS {
        for operation in undoing(object) {
            order(bed, object, *operation);
            bed.settle();
        }
    }
    rest(bed);
    // Once more, for what could be repaired only when what it stands on was.
    for object in OBJECTS {
        for operation in undoing(object) {
            order(bed, object, *operation);
            bed.settle();
        }
    }
    rest(bed);
    // A blade that was deactivated with its handle closed is taken out and put in again.
    for blade in BLADES {
        if bed.slots[&blade].state < 4 {
            bed.open(blade);
            bed.close(blade);
        }
    }
    bed.settle();
    rest(bed);
}

/// Unlock, unlock-instantiation or activate, repaired.
fn undoing(object: &str) -> &'static [u64] {
    match object.split('=').next() {
        Some("safHE") => &[8, 2, 6],
        Some("safEE") => &[4, 2, 6],
        Some("safNode") => &[1],
        _ => &[9, 4, 1],
    }
}

/// Time enough for every timer, a tick at each deadline.
fn rest(bed: &mut Bed) {
    for _ in 0..60 {
        bed.settle();
        bed.pass(60_000);
        check(bed);
    }
    bed.settle();
}

/// The service is active exactly once, in the eyes of AMF and in the world.
fn provided(bed: &Bed) {
    for si in sis(bed) {
        let told: Vec<_> = si
            .assignments
            .iter()
            .map(|a| (words::short(&a.su), a.ha))
            .collect();
        let active = si
            .assignments
            .iter()
            .filter(|a| a.ha == HaState::Active && !a.pending);
        assert_eq!(active.count(), 1, "{told:?} {:#?}", states(bed));
        assert_eq!(si.admin, AdminState::Unlocked);
    }
    let held = bed
        .agents
        .values()
        .flat_map(|agent| agent.components.values());
    let active = held.flatten().filter(|(_, ha)| **ha == HaState::Active);
    assert_eq!(active.count(), 1, "{:#?}", bed.agents);
    assert!(!bed.appliance.amf.is_waiting());
    assert_eq!(bed.appliance.cut_short, 0);
    let deadline = bed.appliance.deadline();
    assert!(
        deadline.is_none_or(|by| by > bed.at.time),
        "an overdue deadline: {deadline:?}"
    );
}

/// For a failure that has to be understood.
fn states(bed: &Bed) -> Vec<alloc::string::String> {
    let amf = &bed.appliance.amf;
    let nodes = amf.nodes().into_iter().map(|n| alloc::format!("{n:?}"));
    let groups = amf.applications().into_iter().flat_map(|a| a.sgs);
    let units = groups.flat_map(|g| g.sus).map(|s| alloc::format!("{s:?}"));
    let slots = bed.slots.iter().map(|(address, slot)| {
        alloc::format!("{address:x}: M{} closed {}", slot.state, slot.closed)
    });
    nodes.chain(units).chain(slots).collect()
}

//! Nodes, their disks, and who checks what they promise.

use super::net::Net;
use crate::ledger::chained;
use crate::{
    Content, Effect, Group, Hash, Input, Ledger, Member, Message, NodeId, Options, Promise, Role,
    Standing,
};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use machine::log::Entry;
use machine::{Machine, Pos, Time};

const CMMS: [NodeId; 2] = [NodeId(1), NodeId(2)];
const NODES: [NodeId; 4] = [NodeId(1), NodeId(2), NodeId(11), NodeId(12)];
/// Steps after which a shelf without faults must have settled.
const PATIENCE: usize = 40_000;

/// What happens to a node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// Its process dies: what it wrote is still there.
    Kill,
    /// Its power goes: what was not synced is gone.
    PowerLoss,
    /// Nobody hears it any more, nor it others.
    Cut,
}

/// What a node has on disk.
#[derive(Clone, Debug, Default)]
struct Disk {
    base: Ledger,
    state: Vec<u8>,
    entries: Vec<Entry>,
    /// What each entry hashes to, and the base.
    chain: BTreeMap<u64, Hash>,
    /// Entries that survive the loss of power, and the promise.
    synced: usize,
    promised: Promise,
    /// Written over by [`Effect::Install`], but not synced: what the loss of power brings back.
    before: Option<Box<Self>>,
}

impl Disk {
    fn ledger(&self) -> Ledger {
        let mut ledger = self.base.clone();
        for entry in &self.entries {
            ledger.follow(entry);
        }
        ledger
    }

    fn sync(&mut self) -> u64 {
        self.synced = self.entries.len();
        self.before = None;
        self.ledger().position().index
    }

    fn lose_power(&mut self) {
        if let Some(before) = self.before.take() {
            let promised = self.promised.clone();
            *self = *before;
            self.promised = promised;
        }
        self.keep(self.synced);
    }

    /// Loses all entries but this many.
    fn keep(&mut self, count: usize) {
        self.entries.truncate(count);
        let last = self.base.position().index + count as u64;
        self.chain.retain(|index, _| *index <= last);
    }
}

/// One node.
struct Node {
    group: Option<Group>,
    disk: Disk,
    /// The state: a hash over all commands, as any machine's state depends on all of them.
    state: Vec<u8>,
    /// What each entry that it has seen hashes to.
    chain: BTreeMap<u64, Hash>,
    /// Snapshots that are being taken.
    supplies: VecDeque<(u64, Vec<u8>)>,
    /// Promises that are being written.
    promises: VecDeque<Promise>,
    incarnation: u32,
    /// Up to where what it called stable was checked, and durable.
    checked: [u64; 2],
    submitted: u64,
}

impl Node {
    /// Whether it has an entry: in its hands while it runs, on its disk otherwise.
    fn has(&self, index: u64, hash: Hash) -> bool {
        let chain = match &self.group {
            Some(_) => &self.chain,
            None => &self.disk.chain,
        };
        match chain.first_key_value() {
            // What is in a snapshot is not known entry by entry.
            Some((first, _)) if index < *first => true,
            _ => chain.get(&index) == Some(&hash),
        }
    }
}

/// An entry that somebody was promised.
#[derive(Clone, Debug)]
struct Promised {
    hash: Hash,
    durable: bool,
    /// Who must have it, as of the first promise.
    holders: BTreeSet<NodeId>,
}

pub(super) struct World {
    net: Net,
    nodes: BTreeMap<NodeId, Node>,
    promised: BTreeMap<u64, Promised>,
    /// Entries that all of their holders lost with their power: who was promised them before may
    /// learn of that only later.
    lost: BTreeSet<Hash>,
    epochs: BTreeMap<u64, Hash>,
    random: u64,
    now: u64,
    is_traced: bool,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let nodes = NODES.iter().map(|id| {
            let node = Node {
                group: None,
                disk: Disk::default(),
                state: Vec::new(),
                chain: BTreeMap::new(),
                supplies: VecDeque::new(),
                promises: VecDeque::new(),
                incarnation: 0,
                checked: [0; 2],
                submitted: 0,
            };
            (*id, node)
        });
        Self {
            net: Net::new(&NODES, &CMMS),
            nodes: nodes.collect(),
            promised: BTreeMap::new(),
            lost: BTreeSet::new(),
            epochs: BTreeMap::new(),
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            now: 1,
            is_traced: std::env::var_os("GROUP_TRACE").is_some(),
        }
    }

    pub(super) fn cmms(&self) -> [NodeId; 2] {
        CMMS
    }

    pub(super) fn first_cmm(&self) -> NodeId {
        CMMS[0]
    }

    fn below(&mut self, n: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random >> 11).unwrap() % n.max(1)
    }

    fn any(&mut self) -> NodeId {
        NODES[self.below(NODES.len())]
    }

    /// The highest epoch in which something was promised.
    pub(super) fn epoch(&self) -> u64 {
        self.epochs.keys().next_back().copied().unwrap_or(0)
    }

    // What happens.

    pub(super) fn start(&mut self, id: NodeId) {
        let node = self.nodes.get_mut(&id).unwrap();
        if node.group.is_some() {
            return;
        }
        node.incarnation += 1;
        let role = if CMMS.contains(&id) {
            Role::Holder
        } else {
            node.disk = Disk::default();
            Role::Follower
        };
        let member = Member {
            node: id,
            incarnation: node.incarnation,
        };
        let options = Options {
            member,
            role,
            configured: CMMS.into(),
        };
        let ledger = node.disk.ledger();
        node.state = node.disk.state.clone();
        for entry in &node.disk.entries {
            apply(&mut node.state, entry);
        }
        node.chain = node.disk.chain.clone();
        node.checked = [0; 2];
        // Starting, a journal syncs what it found.
        node.disk.sync();
        node.group = Some(Group::new(options, ledger, node.disk.promised.clone()));
        self.net.process(id, Some(member));
    }

    pub(super) fn strike(&mut self, id: NodeId, fault: Fault) {
        self.trace(id, || format!("suffers {fault:?}"));
        match fault {
            Fault::Kill | Fault::PowerLoss => {
                let node = self.nodes.get_mut(&id).unwrap();
                if node.group.take().is_none() {
                    return;
                }
                node.supplies.clear();
                node.promises.clear();
                self.net.process(id, None);
                if matches!(fault, Fault::PowerLoss) {
                    self.nodes.get_mut(&id).unwrap().disk.lose_power();
                    self.forget_lost(id);
                }
                // The hardware's arbitration gives the line to whoever is alive.
                if self.net.line == id
                    && let Some(other) = CMMS.iter().find(|other| self.net.is_up(**other))
                {
                    self.net.move_line(*other);
                }
            }
            Fault::Cut => {
                let rest = NODES.iter().filter(|node| **node != id).copied().collect();
                // The line stays where it is while both are alive, so cut the other one.
                let mut random = |_| 0;
                self.net.split(&[[id].into(), rest], &mut random);
            }
        }
    }

    /// Power took an entry from `id`: it may be gone only if it was not durable, and if each node
    /// that had to have it lost its power.
    fn forget_lost(&mut self, id: NodeId) {
        let disk = &self.nodes[&id].disk;
        let kept = &disk.chain;
        let base = disk.base.position().index;
        for (index, promised) in &mut self.promised {
            if *index > base && kept.get(index) != Some(&promised.hash) {
                promised.holders.remove(&id);
                assert!(!promised.durable || !promised.holders.is_empty());
            }
        }
        let lost = self.promised.values().filter(|it| it.holders.is_empty());
        self.lost.extend(lost.map(|it| it.hash));
        self.promised.retain(|_, it| !it.holders.is_empty());
    }

    fn split(&mut self) {
        let mut rings = [BTreeSet::new(), BTreeSet::new()];
        for node in NODES {
            rings[self.below(2)].insert(node);
        }
        let rings: Vec<_> = rings.into_iter().filter(|ring| !ring.is_empty()).collect();
        let mut seed = self.random;
        let mut random = |n: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(seed >> 33).unwrap() % n.max(1)
        };
        self.trace(NodeId(0), || format!("rings {rings:?}"));
        self.net.split(&rings, &mut random);
        self.below(2);
    }

    fn heal(&mut self) {
        self.net.split(&[NODES.into()], &mut |_| 0);
    }

    fn submit(&mut self, id: NodeId) {
        let bytes = 1 + self.below(40);
        self.submit_large(id, bytes);
    }

    pub(super) fn submit_large(&mut self, id: NodeId, bytes: usize) {
        let node = self.nodes.get_mut(&id).unwrap();
        let Some(group) = &node.group else {
            return;
        };
        if group.check(bytes).is_ok() {
            node.submitted += 1;
            let byte = u8::try_from(node.submitted % 251).unwrap();
            self.input(id, &Input::Submit([byte].repeat(bytes)));
        }
    }

    pub(super) fn force(&mut self, id: NodeId) {
        self.input(id, &Input::Force);
    }

    /// Something moves on at a node; whether there was something.
    fn progress(&mut self, id: NodeId, what: usize) -> bool {
        if self.nodes[&id].group.is_none() {
            return false;
        }
        let told = match what {
            0 => return self.net.order(id),
            1 => self.net.deliver(id),
            2 => self.net.verdict(id),
            3 => return self.finish_supply(id),
            4 => return self.finish_promise(id),
            _ => return self.sync(id),
        };
        let Some(told) = told else {
            return false;
        };
        self.input(id, &Input::Told(told));
        true
    }

    fn finish_supply(&mut self, id: NodeId) -> bool {
        let supply = self.nodes.get_mut(&id).unwrap().supplies.pop_front();
        let Some((epoch, state)) = supply else {
            return false;
        };
        self.input(id, &Input::Supplied { epoch, state });
        true
    }

    fn finish_promise(&mut self, id: NodeId) -> bool {
        let node = self.nodes.get_mut(&id).unwrap();
        let Some(promise) = node.promises.pop_front() else {
            return false;
        };
        let epoch = promise.epoch;
        node.disk.promised = promise;
        self.input(id, &Input::Promised(epoch));
        true
    }

    fn sync(&mut self, id: NodeId) -> bool {
        let disk = &mut self.nodes.get_mut(&id).unwrap().disk;
        let is_synced = disk.synced == disk.entries.len() && disk.before.is_none();
        if !CMMS.contains(&id) || is_synced {
            return false;
        }
        let index = disk.sync();
        self.input(id, &Input::Synced(index));
        true
    }

    fn input(&mut self, id: NodeId, input: &Input) {
        self.now += 1;
        let at = Pos {
            index: 0,
            time: Time(self.now),
        };
        let mut effects = Vec::new();
        let node = self.nodes.get_mut(&id).unwrap();
        let Some(group) = &mut node.group else {
            return;
        };
        group.apply(at, input, &mut effects);
        group.apply(at, &Input::Flush, &mut effects);
        for effect in effects {
            self.trace(id, || shown(&effect));
            self.effect(id, effect);
        }
    }

    fn effect(&mut self, id: NodeId, effect: Effect) {
        match effect {
            Effect::Multicast(bytes) => self.net.send(id, bytes),
            Effect::Append(entry) => self.append(id, entry),
            Effect::Install { ledger, state } => self.install(id, ledger, state),
            Effect::Stable(index) => self.check_promise(id, index, false),
            Effect::Durable(index) => self.check_promise(id, index, true),
            Effect::Standing(_) => {}
            Effect::Promise(promise) => {
                self.nodes.get_mut(&id).unwrap().promises.push_back(promise);
            }
            Effect::Supply { epoch } => {
                let node = self.nodes.get_mut(&id).unwrap();
                let state = node.state.clone();
                node.supplies.push_back((epoch, state));
            }
            Effect::Rejoin => {
                self.strike(id, Fault::Kill);
                self.start(id);
            }
        }
    }

    fn append(&mut self, id: NodeId, entry: Entry) {
        let node = self.nodes.get_mut(&id).unwrap();
        let (last, before) = match node.chain.last_key_value() {
            Some((last, hash)) => (*last, *hash),
            None => (0, Hash::default()),
        };
        assert_eq!(entry.pos.index, last + 1);
        let hash = chained(&before, &entry);
        node.chain.insert(entry.pos.index, hash);
        apply(&mut node.state, &entry);
        if let Some(Content::Primary { epoch, .. }) = Content::of(&entry) {
            let known = *self.epochs.entry(epoch).or_insert(hash);
            assert_eq!(known, hash, "epoch {epoch} began twice");
        }
        if CMMS.contains(&id) {
            node.disk.chain.insert(entry.pos.index, hash);
            node.disk.entries.push(entry);
        }
    }

    fn install(&mut self, id: NodeId, ledger: Ledger, state: Vec<u8>) {
        let node = self.nodes.get_mut(&id).unwrap();
        node.chain = [(ledger.position().index, ledger.position().hash)].into();
        node.state.clone_from(&state);
        node.checked = [0; 2];
        if CMMS.contains(&id) {
            let mut before = core::mem::take(&mut node.disk);
            let promised = before.promised.clone();
            before.keep(before.synced);
            let oldest = before.before.take().unwrap_or(Box::new(before));
            node.disk = Disk {
                base: ledger,
                state,
                promised,
                chain: node.chain.clone(),
                before: Some(oldest),
                ..Disk::default()
            };
        }
    }

    /// What was promised once must be what is promised now.
    fn check_promise(&mut self, id: NodeId, index: u64, durable: bool) {
        let node = &self.nodes[&id];
        let holders = node.group.as_ref().unwrap().ledger().holders().clone();
        let from = node.checked[usize::from(durable)] + 1;
        let entries = node.chain.range(from..=index.max(from));
        let entries: Vec<(u64, Hash)> = entries.map(|(at, hash)| (*at, *hash)).collect();
        for (at, hash) in entries {
            let has_it = |node: &&NodeId| self.nodes[*node].has(at, hash);
            let having: BTreeSet<NodeId> = holders.iter().filter(has_it).copied().collect();
            let is_known = self.promised.contains_key(&at);
            if !durable && (self.lost.contains(&hash) || (!is_known && having.is_empty())) {
                // Power took it from all of them before this node could be told.
                self.lost.insert(hash);
                continue;
            }
            let promised = self.promised.entry(at).or_insert_with(|| Promised {
                hash,
                durable,
                holders: having.clone(),
            });
            assert_eq!(
                promised.hash, hash,
                "entry {at} was another one, says {id:?}"
            );
            if durable && !promised.durable {
                promised.durable = true;
                promised.holders = having;
            }
            assert!(
                !promised.holders.is_empty(),
                "entry {at} is durable nowhere"
            );
        }
        self.nodes.get_mut(&id).unwrap().checked[usize::from(durable)] = index;
    }

    // Runs.

    fn random_step(&mut self) {
        let id = self.any();
        let what = [0, 0, 0, 1, 1, 1, 1, 2, 3, 4, 4, 5][self.below(12)];
        self.progress(id, what);
    }

    /// Everything that can go wrong does.
    pub(super) fn trouble(&mut self, steps: usize) {
        for _ in 0..steps {
            for _ in 0..self.below(30) {
                self.random_step();
            }
            let id = self.any();
            match self.below(60) {
                0..25 => self.submit(id),
                25 => self.strike(id, Fault::Kill),
                26 => self.strike(id, Fault::PowerLoss),
                27..33 => self.start(id),
                33..35 => self.split(),
                35..38 => self.heal(),
                38 => {
                    let to = CMMS[self.below(2)];
                    self.trace(to, || "gets the line".into());
                    self.net.move_line(to);
                }
                _ => {}
            }
        }
    }

    /// Lets everything happen that is under way.
    pub(super) fn quiet(&mut self) {
        let mut still = 0;
        for _ in 0..PATIENCE {
            let moved = (0..6).any(|what| NODES.iter().any(|id| self.progress(*id, what)));
            still = if moved { 0 } else { still + 1 };
            if still > 2 {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    /// All is well again: everybody must come to the same log, and it must go on.
    pub(super) fn settle(&mut self) {
        self.trace(NodeId(0), || "all is well".into());
        self.heal();
        for node in NODES {
            self.start(node);
        }
        self.quiet();
        for node in NODES {
            self.submit(node);
        }
        self.quiet();
        let mut positions = BTreeSet::new();
        for node in self.nodes.values() {
            let group = node.group.as_ref().unwrap();
            let standing = group.standing();
            assert!(matches!(standing, Standing::Primary { .. }), "{standing:?}");
            positions.insert(group.ledger().position());
        }
        assert_eq!(positions.len(), 1, "{positions:?}");
        let states: BTreeSet<_> = self.nodes.values().map(|node| &node.state).collect();
        assert_eq!(states.len(), 1, "the same log made different states");
        let last = positions.first().unwrap().index;
        let is_durable = self.promised.get(&last).is_some_and(|it| it.durable);
        assert!(is_durable, "entry {last} is not promised");
    }

    /// With `GROUP_TRACE` in the environment, what happens is told.
    fn trace(&self, id: NodeId, what: impl FnOnce() -> String) {
        if self.is_traced {
            std::eprintln!("{} {} {}", self.now, id.0, what());
        }
    }
}

fn shown(effect: &Effect) -> String {
    match effect {
        Effect::Multicast(bytes) => match Message::decode(bytes) {
            Some(Message::State(state)) => format!("says {state:?}"),
            Some(Message::Snapshot { epoch, .. }) => format!("gives a snapshot of {epoch}"),
            Some(Message::Commands { first, .. }) => format!("sends commands from {first}"),
            Some(other) => format!("sends {other:?}"),
            None => "sends garbage".into(),
        },
        Effect::Append(entry) => match Content::of(entry) {
            Some(Content::Command { from, number, .. }) => {
                format!("appends {}: {number} of {}", entry.pos.index, from.0)
            }
            other => format!("appends {}: {other:?}", entry.pos.index),
        },
        Effect::Install { ledger, .. } => format!("installs {ledger:?}"),
        Effect::Stable(_)
        | Effect::Durable(_)
        | Effect::Standing(_)
        | Effect::Promise(_)
        | Effect::Supply { .. }
        | Effect::Rejoin => format!("{effect:?}"),
    }
}

/// Any machine: what it is depends on each command and on their order.
fn apply(state: &mut Vec<u8>, entry: &Entry) {
    if let Some(Content::Command { command, .. }) = Content::of(entry) {
        let mut sum: u64 = 1_469_598_103_934_665_603;
        for byte in state.iter().chain(&command) {
            sum = (sum ^ u64::from(*byte)).wrapping_mul(1_099_511_628_211);
        }
        *state = sum.to_le_bytes().to_vec();
    }
}

//! Nodes, their disks, and who checks what they promise.

use crate::replica::{Engine, Replica};
use crate::sim::{Net, SimDisk, SimPort, Trouble};
use crate::{BATCH_MAX, NoDisk};
use group::{Content, Disk, Event, Hash, Ledger, Member, NodeId, Options, Promise, Role, Standing};
use machine::Time;
use machine::log::{Entry, StorageError};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

const CMMS: [NodeId; 2] = [NodeId(1), NodeId(2)];
const NODES: [NodeId; 4] = [NodeId(1), NodeId(2), NodeId(11), NodeId(12)];
/// Bytes of a command, or of a state, that is given in parts.
const PADDING: usize = 3 * group::MESSAGE_BYTES_MAX;
/// Steps after which a shelf without faults must have settled.
const PATIENCE: usize = 40_000;
/// A state that no log makes.
const SPOILT: &[u8] = b"a wrong state";

/// What a member keeps the log on.
struct Storage {
    disk: Box<dyn Disk>,
    /// Where logs stood that were installed, and not taken note of yet.
    installed: Rc<RefCell<VecDeque<Ledger>>>,
}

/// One node.
struct Node {
    engine: Option<Replica<Storage, SimPort>>,
    disk: SimDisk,
    installed: Rc<RefCell<VecDeque<Ledger>>>,
    /// The state: a hash over all commands, as any machine's state depends on all of them.
    state: Vec<u8>,
    /// What each entry that it has seen hashes to.
    chain: BTreeMap<u64, Hash>,
    /// Where its log stands after what it was told.
    ledger: Ledger,
    /// Snapshots that are being taken.
    supplies: VecDeque<(u64, Vec<u8>)>,
    incarnation: u32,
    /// Up to where what it called stable was checked, and durable.
    checked: [u64; 2],
    /// Commands that the process that runs has taken.
    taken: Vec<u64>,
    /// Its disk did not keep the log at the last turn.
    is_out: bool,
    /// What it made of its log is wrong, now and after each start, until another state is there.
    is_spoilt: bool,
}

impl Node {
    /// Whether it has an entry: in its hands while it runs, on its disk otherwise.
    fn has(&self, index: u64, hash: Hash) -> bool {
        if self.engine.is_none() {
            return match self.disk.hash_at(index) {
                Some(there) => there == hash,
                // What is in a snapshot is not known entry by entry.
                None => index < self.disk.base().position().index,
            };
        }
        match self.chain.first_key_value() {
            Some((first, _)) if index < *first => true,
            _ => self.chain.get(&index) == Some(&hash),
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
    /// What each entry that somebody has seen hashes to, what the log before it hashed to, and
    /// which command it is, if it is one.
    history: BTreeMap<Hash, (Hash, Option<u64>)>,
    submitted: u64,
    /// Bytes that each state has for others beside what is in it; then some commands are as large.
    padding: usize,
    random: u64,
    now: u64,
    is_traced: bool,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let nodes = NODES.iter().map(|id| {
            let node = Node {
                engine: None,
                disk: SimDisk::default(),
                installed: Rc::default(),
                state: Vec::new(),
                chain: BTreeMap::new(),
                ledger: Ledger::default(),
                supplies: VecDeque::new(),
                incarnation: 0,
                checked: [0; 2],
                taken: Vec::new(),
                is_out: false,
                is_spoilt: false,
            };
            (*id, node)
        });
        Self {
            net: Net::new(&NODES, &CMMS),
            nodes: nodes.collect(),
            promised: BTreeMap::new(),
            lost: BTreeSet::new(),
            epochs: BTreeMap::new(),
            history: BTreeMap::new(),
            submitted: 0,
            padding: if seed.is_multiple_of(8) { PADDING } else { 0 },
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            now: 1,
            is_traced: std::env::var_os("GROUP_TRACE").is_some(),
        }
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

    // What happens.

    fn start(&mut self, id: NodeId) {
        let node = self.nodes.get_mut(&id).unwrap();
        if node.engine.is_some() {
            return;
        }
        node.incarnation += 1;
        let member = Member {
            node: id,
            incarnation: node.incarnation,
        };
        let (role, disk): (_, Box<dyn Disk>) = match CMMS.contains(&id) {
            true => (Role::Holder, Box::new(node.disk.clone())),
            false => (Role::Follower, Box::new(NoDisk::default())),
        };
        node.installed.borrow_mut().clear();
        let installed = node.installed.clone();
        let storage = Storage { disk, installed };
        let options = Options {
            member,
            role,
            configured: CMMS.into(),
        };
        let found = node.disk.recover();
        node.state = unpadded(found.state);
        node.ledger = found.base;
        let base = node.ledger.position();
        node.chain = [(base.index, base.hash)].into();
        for entry in &found.entries {
            apply(&mut node.state, entry);
            node.ledger.follow(entry);
            node.chain
                .insert(entry.pos.index, node.ledger.position().hash);
        }
        assert_eq!(node.ledger, found.ledger);
        (node.checked, node.is_out) = ([0; 2], false);
        let begin = (storage, found.ledger, found.promised);
        let mut engine = Replica::new(options, begin, self.net.join(member));
        if node.is_spoilt {
            node.state = SPOILT.into();
            engine.renounce();
        }
        node.engine = Some(engine);
    }

    /// A CMM finds that what it made of its log is wrong, while both have it. The other one's is
    /// right: it would not have been found otherwise.
    fn spoil_state(&mut self, id: NodeId) {
        let both = CMMS.map(|cmm| &self.nodes[&cmm]);
        let has_it = |node: &&Node| {
            let engine = node.engine.as_ref();
            let primary = engine.filter(|it| matches!(it.standing(), Standing::Primary { .. }));
            primary.is_some_and(|it| *it.ledger().holders() == CMMS.into())
        };
        let epochs = both.map(|node| node.ledger.position().epoch);
        let are_well = both.iter().all(|node| !node.is_spoilt && has_it(node));
        if !are_well || epochs[0] != epochs[1] || !CMMS.contains(&id) {
            return;
        }
        self.trace(id, || "has a wrong state".into());
        self.kill(id);
        self.nodes.get_mut(&id).unwrap().is_spoilt = true;
    }

    /// A disk is full from now on.
    fn fill(&mut self, id: NodeId) {
        self.trace(id, || "has a full disk".into());
        self.nodes[&id].disk.suffer(Trouble::Full);
    }

    /// Syncs fail from now on.
    fn spoil(&mut self, id: NodeId) {
        self.trace(id, || "has a disk that does not sync".into());
        self.nodes[&id].disk.suffer(Trouble::NoSync);
    }

    /// A disk is well again.
    fn repair(&mut self, id: NodeId) {
        self.nodes[&id].disk.suffer(Trouble::None);
    }

    /// A process dies: what it wrote is still there.
    fn kill(&mut self, id: NodeId) {
        self.trace(id, || "is killed".into());
        let node = self.nodes.get_mut(&id).unwrap();
        if node.engine.take().is_none() {
            return;
        }
        node.supplies.clear();
        node.taken.clear();
        self.net.crash(id);
        // The hardware's arbitration gives the line to whoever is alive.
        if self.net.line() == id
            && let Some(other) = CMMS.iter().find(|other| self.net.is_up(**other))
        {
            self.net.move_line(*other);
        }
    }

    /// A node's power goes: what was not synced is gone.
    fn lose_power(&mut self, id: NodeId) {
        let was_up = self.nodes[&id].engine.is_some();
        self.kill(id);
        if !was_up {
            return;
        }
        self.trace(id, || "loses its power".into());
        let all = self.below(2) == 0;
        let some = self.below(1_000);
        let mut random = |n| if all { n - 1 } else { some % n };
        self.nodes[&id].disk.lose_power(&mut random);
        self.forget_lost(id);
    }

    /// Power took an entry from `id`: it may be gone only if it was not durable, and if each node
    /// that had to have it lost its power.
    fn forget_lost(&mut self, id: NodeId) {
        let disk = &self.nodes[&id].disk;
        let base = disk.base().position().index;
        for (index, promised) in &mut self.promised {
            if *index > base && disk.hash_at(*index) != Some(promised.hash) {
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
        let is_large = self.padding > 0 && self.below(40) == 0;
        self.submit_large(id, if is_large { PADDING } else { bytes });
    }

    fn submit_large(&mut self, id: NodeId, bytes: usize) {
        let node = self.nodes.get_mut(&id).unwrap();
        let Some(engine) = &mut node.engine else {
            return;
        };
        let number = self.submitted + 1;
        let mut command = number.to_le_bytes().to_vec();
        command.resize(command.len().max(bytes), 0);
        if engine.submit(command).is_ok() {
            node.taken.push(number);
            self.submitted = number;
            self.poll(id);
        }
    }

    /// A CMM keeps its state, and may forget entries.
    fn snapshot(&mut self, id: NodeId) {
        let node = self.nodes.get_mut(&id).unwrap();
        if let Some(engine) = node.engine.as_mut().filter(|_| !node.is_spoilt) {
            // A full disk says so again when an entry comes.
            let _ = engine.snapshot(&node.state);
        }
    }

    /// Something moves on at a node; whether there was something.
    fn progress(&mut self, id: NodeId, what: usize) -> bool {
        if self.nodes[&id].engine.is_none() {
            return false;
        }
        let has_moved = match what {
            // What found no room before finds it now.
            0 => self.net.order(id),
            1 => self.net.deliver(id),
            2 => self.net.verdict(id),
            3 => self.finish_supply(id),
            4 => self.nodes[&id].disk.finish_sync(),
            5 => self.nodes[&id].is_out && self.nodes[&id].disk.trouble() == Trouble::None,
            _ => self.nodes[&id].is_out,
        };
        if has_moved {
            self.poll(id);
        }
        has_moved
    }

    fn finish_supply(&mut self, id: NodeId) -> bool {
        let node = self.nodes.get_mut(&id).unwrap();
        let (Some(engine), Some((epoch, state))) = (&mut node.engine, node.supplies.pop_front())
        else {
            return false;
        };
        let mut state = state;
        state.resize(state.len() + self.padding, 0);
        engine.supply(epoch, state);
        true
    }

    /// A member does what it can, and what it says is taken in.
    fn poll(&mut self, id: NodeId) {
        self.now += 1;
        let node = self.nodes.get_mut(&id).unwrap();
        if node.is_out {
            // It takes its time before it tries again.
            self.now += 1_000_000_000;
        }
        let Some(engine) = &mut node.engine else {
            return;
        };
        let mut events = Vec::new();
        let polled = engine.poll(Time(self.now), &mut events);
        assert!(events.len() < 2 * BATCH_MAX, "too much at once");
        node.is_out = polled.is_err();
        for event in events {
            self.trace(id, || shown(&event));
            self.event(id, event);
        }
        if let Err(why) = polled {
            self.trace(id, || format!("is out: {why:?}"));
        }
    }

    fn event(&mut self, id: NodeId, event: Event) {
        match event {
            Event::Entry(entry) => self.append(id, &entry),
            Event::Install(pos, state) => self.install(id, pos.index, state),
            Event::Stable(index) => self.check_promise(id, index, false),
            Event::Durable(index) => self.check_promise(id, index, true),
            Event::Standing(_) | Event::Disconnected(_) => {}
            Event::Supply { epoch } => {
                let node = self.nodes.get_mut(&id).unwrap();
                if !node.is_spoilt {
                    let state = node.state.clone();
                    node.supplies.push_back((epoch, state));
                }
            }
        }
    }

    fn append(&mut self, id: NodeId, entry: &Entry) {
        let node = self.nodes.get_mut(&id).unwrap();
        let before = node.ledger.position();
        assert_eq!(entry.pos.index, before.index + 1);
        node.ledger.follow(entry);
        let hash = node.ledger.position().hash;
        self.history.insert(hash, (before.hash, number(entry)));
        node.chain.insert(entry.pos.index, hash);
        apply(&mut node.state, entry);
        if let Some(Content::Primary { epoch, .. }) = Content::of(entry) {
            let known = *self.epochs.entry(epoch).or_insert(hash);
            assert_eq!(known, hash, "epoch {epoch} began twice");
        }
    }

    fn install(&mut self, id: NodeId, index: u64, state: Vec<u8>) {
        let node = self.nodes.get_mut(&id).unwrap();
        node.ledger = node.installed.borrow_mut().pop_front().unwrap();
        let position = node.ledger.position();
        assert_eq!(position.index, index);
        node.chain = [(position.index, position.hash)].into();
        node.state = unpadded(state);
        node.is_spoilt = false;
        node.checked = [0; 2];
    }

    /// What was promised once must be what is promised now.
    fn check_promise(&mut self, id: NodeId, index: u64, durable: bool) {
        let node = &self.nodes[&id];
        assert!(index <= node.ledger.position().index);
        let holders = node.ledger.holders().clone();
        let from = node.checked[usize::from(durable)] + 1;
        // A member that left its view and came back says again what it said.
        let entries = node.chain.range(from.min(index + 1)..index + 1);
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
        let checked = &mut self.nodes.get_mut(&id).unwrap().checked[usize::from(durable)];
        *checked = index.max(*checked);
    }

    // Runs.

    fn random_step(&mut self) {
        let id = self.any();
        let what = [0, 0, 0, 1, 1, 1, 1, 2, 3, 4, 4, 6][self.below(12)];
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
                25 => self.kill(id),
                26 => self.lose_power(id),
                27..33 => self.start(id),
                33..35 => self.split(),
                35..38 => self.heal(),
                38 => {
                    let to = CMMS[self.below(2)];
                    self.trace(to, || "gets the line".into());
                    self.net.move_line(to);
                }
                39 => self.fill(id),
                40..43 => self.repair(id),
                43 => self.snapshot(id),
                44 => self.spoil(id),
                45..47 => self.spoil_state(id),
                _ => {}
            }
        }
    }

    /// Lets everything happen that is under way.
    fn quiet(&mut self) {
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
            self.repair(node);
            self.start(node);
        }
        self.quiet();
        for node in NODES {
            self.submit(node);
        }
        self.quiet();
        let mut positions = BTreeSet::new();
        for node in self.nodes.values() {
            let engine = node.engine.as_ref().unwrap();
            let standing = engine.standing();
            assert!(matches!(standing, Standing::Primary { .. }), "{standing:?}");
            positions.insert(engine.ledger().position());
        }
        assert_eq!(positions.len(), 1, "{positions:?}");
        let states: BTreeSet<_> = self.nodes.values().map(|node| &node.state).collect();
        assert_eq!(states.len(), 1, "the same log made different states");
        self.check_history(positions.first().unwrap().hash);
        let last = positions.first().unwrap().index;
        let is_durable = self.promised.get(&last).is_some_and(|it| it.durable);
        assert!(is_durable, "entry {last} is not promised");
    }

    /// No command is in the log twice, and all are that a process took which still runs, but those
    /// that all holders lost with their power.
    fn check_history(&self, last: Hash) {
        let mut ordered = BTreeSet::new();
        let mut at = last;
        while let Some((before, command)) = self.history.get(&at) {
            if let Some(number) = command {
                assert!(
                    ordered.insert(*number),
                    "command {number} is in the log twice"
                );
            }
            at = *before;
        }
        assert_eq!(at, Hash::default(), "the log has no beginning");
        let lost = self
            .lost
            .iter()
            .filter_map(|hash| self.history.get(hash)?.1);
        ordered.extend(lost);
        for (id, node) in &self.nodes {
            let missing: Vec<&u64> = node
                .taken
                .iter()
                .filter(|it| !ordered.contains(it))
                .collect();
            assert!(
                missing.is_empty(),
                "commands {missing:?} of {id:?} are lost"
            );
        }
    }

    /// With `GROUP_TRACE` in the environment, what happens is told.
    fn trace(&self, id: NodeId, what: impl FnOnce() -> String) {
        if self.is_traced {
            eprintln!("{} {} {}", self.now, id.0, what());
        }
    }
}

fn shown(event: &Event) -> String {
    match event {
        Event::Entry(entry) => match Content::of(entry) {
            Some(Content::Command { from, number, .. }) => {
                format!("appends {}: {number} of {}", entry.pos.index, from.0)
            }
            other => format!("appends {}: {other:?}", entry.pos.index),
        },
        Event::Install(pos, _) => format!("installs the state at {}", pos.index),
        Event::Stable(_)
        | Event::Durable(_)
        | Event::Standing(_)
        | Event::Supply { .. }
        | Event::Disconnected(_) => format!("{event:?}"),
    }
}

/// A state without what fills it up; at the beginning it is 0.
fn unpadded(mut state: Vec<u8>) -> Vec<u8> {
    state.resize(size_of::<u64>(), 0);
    state
}

/// Which command an entry is.
fn number(entry: &Entry) -> Option<u64> {
    match Content::of(entry)? {
        Content::Command { command, .. } => {
            let (number, _) = command.split_first_chunk()?;
            Some(u64::from_le_bytes(*number))
        }
        Content::Primary { .. } => None,
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

impl Disk for Storage {
    fn append(&mut self, batch: &[Entry]) -> Result<(), StorageError> {
        self.disk.append(batch)
    }

    fn install(&mut self, ledger: &Ledger, state: &[u8]) -> Result<(), StorageError> {
        self.disk.install(ledger, state)?;
        self.installed.borrow_mut().push_back(ledger.clone());
        Ok(())
    }

    fn promise(&mut self, promise: &Promise) -> Result<(), StorageError> {
        self.disk.promise(promise)
    }

    fn snapshot(&mut self, ledger: &Ledger, state: &[u8]) -> Result<(), StorageError> {
        self.disk.snapshot(ledger, state)
    }

    fn read(&self, from: u64, count: u32) -> Result<Vec<(Entry, Hash)>, StorageError> {
        // Few at once, so that many are given in many messages.
        self.disk.read(from, count.min(2))
    }

    fn first(&self) -> Result<Option<u64>, StorageError> {
        self.disk.first()
    }

    fn note_crash(&mut self, _: u64) -> Result<u32, StorageError> {
        Ok(0)
    }

    fn start_sync(&mut self) {
        self.disk.start_sync();
    }

    fn sync_done(&mut self) -> Option<Result<(), StorageError>> {
        self.disk.sync_done()
    }
}

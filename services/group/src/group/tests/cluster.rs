//! Members of one ring, and what they say.

use crate::ledger::chained;
use crate::{
    Content, Effect, Group, Hash, Input, Ledger, Member, Message, NodeId, Options, Promise, RingId,
    Role, Told,
};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use machine::log::Entry;
use machine::{Machine, Pos, Time};

pub(super) const FLUSH: Input = Input::Flush { is_sent: true };
pub(super) const CMMS: [u32; 2] = [1, 2];

/// What a state has that nobody must be given.
const SPOILT: &[u8] = b"spoilt";

/// Most messages until nothing more is to come.
const PATIENCE: usize = 10_000;

/// One member.
pub(super) struct Node {
    pub(super) group: Group,
    /// What its disk has, or its memory if it has none.
    log: Vec<(Entry, Hash)>,
    /// The log's hash before those.
    base: Hash,
    /// All commands, in the order in which they were applied.
    state: Vec<Vec<u8>>,
    pub(super) installs: usize,
    /// How many of those it needed, having nothing.
    pub(super) blank: usize,
    promised: Promise,
    pub(super) promising: VecDeque<Promise>,
}

/// Members of one ring.
pub(super) struct Cluster {
    pub(super) groups: BTreeMap<Member, Node>,
    members: BTreeSet<Member>,
    pub(super) ring: u64,
    /// Sent, in the order in which all get it.
    order: VecDeque<(Member, Vec<u8>)>,
    /// The kinds of messages that were sent, and their bytes.
    pub(super) said: Vec<(&'static str, usize)>,
    /// Who said to have what: in hand, and on disk.
    pub(super) acks: Vec<(Member, u64, u64)>,
    /// Bytes that each state has beside what is in it.
    pub(super) padding: usize,
    pub(super) supplies: usize,
    /// Promises are on disk when a test says so.
    pub(super) slow_promises: bool,
    /// States are there when a test says so: who is to give which.
    pub(super) slow_supplies: Option<Vec<(Member, u64)>>,
    /// Nothing is synced.
    pub(super) slow_syncs: bool,
    /// Verdicts are given when a test does so.
    pub(super) silent: bool,
    taken: Vec<Vec<u8>>,
    pub(super) now: u64,
}

pub(super) fn member(node: u32, incarnation: u32) -> Member {
    Member {
        node: NodeId(node),
        incarnation,
    }
}

impl Cluster {
    /// These nodes, in one quorate ring.
    pub(super) fn new(nodes: &[u32]) -> Self {
        let mut cluster = Self {
            groups: BTreeMap::new(),
            members: BTreeSet::new(),
            ring: 0,
            order: VecDeque::new(),
            said: Vec::new(),
            acks: Vec::new(),
            padding: 0,
            supplies: 0,
            slow_promises: false,
            slow_supplies: None,
            slow_syncs: false,
            silent: false,
            taken: Vec::new(),
            now: 0,
        };
        cluster.members(nodes);
        cluster
    }

    pub(super) fn node(&self, node: u32) -> &Node {
        &self.groups[&self.latest(node)]
    }

    pub(super) fn latest(&self, node: u32) -> Member {
        let all = self.groups.keys().filter(|it| it.node.0 == node);
        all.max().copied().unwrap_or(member(node, 0))
    }

    /// A new ring of these nodes.
    pub(super) fn members(&mut self, nodes: &[u32]) {
        let members: Vec<Member> = nodes.iter().map(|node| self.latest(*node)).collect();
        self.join(&members);
    }

    pub(super) fn join(&mut self, members: &[Member]) {
        // Whoever leaves takes along what has no place in the order yet.
        self.order.retain(|(from, _)| members.contains(from));
        self.members = members.iter().copied().collect();
        self.ring += 1;
        for member in members {
            self.groups.entry(*member).or_insert_with(|| {
                let disk = (Ledger::default(), Promise::default());
                Node::new(*member, disk)
            });
        }
        for member in members {
            let told = Told::Config {
                ring: self.ring_id(self.ring),
                members: self.members.clone(),
                nodes: members.iter().map(|it| it.node).collect(),
            };
            self.to(*member, &[Input::Told(told), FLUSH]);
            if !self.silent {
                self.tell_verdict(*member, self.ring, true);
            }
        }
    }

    fn ring_id(&self, number: u64) -> RingId {
        let node = NodeId(1);
        RingId { node, number }
    }

    pub(super) fn verdict(&mut self, node: u32, ring: u64, quorate: bool) {
        self.tell_verdict(self.latest(node), ring, quorate);
    }

    fn tell_verdict(&mut self, member: Member, ring: u64, quorate: bool) {
        let ring = self.ring_id(ring);
        let told = Told::Quorum { ring, quorate };
        self.to(member, &[Input::Told(told), FLUSH]);
    }

    /// Another process of a node starts.
    pub(super) fn start_another(&mut self, node: u32, incarnation: u32) {
        let member = member(node, incarnation);
        let disk = (Ledger::default(), Promise::default());
        self.groups.insert(member, Node::new(member, disk));
    }

    /// A node starts with nothing.
    pub(super) fn wipe(&mut self, node: u32) {
        let member = self.latest(node);
        let disk = (Ledger::default(), Promise::default());
        self.groups.insert(member, Node::new(member, disk));
    }

    /// A node starts with what it has on disk.
    pub(super) fn restart(&mut self, node: u32) {
        let member = self.latest(node);
        let old = self.groups.remove(&member).unwrap();
        let disk = (old.group.ledger().clone(), old.promised.clone());
        let group = Node::new(member, disk).group;
        self.groups.insert(member, Node { group, ..old });
    }

    /// The same, and what it made of its log is wrong.
    pub(super) fn restart_spoilt(&mut self, node: u32) {
        self.restart(node);
        let member = self.latest(node);
        let node = self.groups.get_mut(&member).unwrap();
        node.group.renounce();
        node.state = [SPOILT.into()].into();
    }

    /// The disk of a node that is away could keep nothing more, and had synced so much.
    pub(super) fn step_out(&mut self, node: u32, synced: u64) {
        let member = self.latest(node);
        let node = self.groups.get_mut(&member).unwrap();
        let stand = (node.group.ledger().clone(), node.promised.clone());
        node.group.restart(stand, synced, &[]);
    }

    /// The last entry of a node that is away is another one than it was.
    pub(super) fn go_astray(&mut self, node: u32) {
        let member = self.latest(node);
        let node = self.groups.get_mut(&member).unwrap();
        let (mut last, _) = node.log.pop().unwrap();
        last.command.push(0);
        let (before, mut ledger) = (node.log.last().unwrap().1, Ledger::default());
        for (entry, _) in &node.log {
            ledger.follow(entry);
        }
        ledger.follow(&last);
        node.log.push((last.clone(), chained(&before, &last)));
        node.group = Node::new(member, (ledger, node.promised.clone())).group;
    }

    /// The disk of a node forgets all entries but the last one.
    pub(super) fn cut(&mut self, node: u32) {
        let member = self.latest(node);
        let log = &mut self.groups.get_mut(&member).unwrap().log;
        log.drain(..log.len() - 1);
    }

    /// A node takes a command, and nothing else happens.
    pub(super) fn take(&mut self, node: u32, command: &[u8]) {
        let member = self.latest(node);
        self.taken.push(command.into());
        self.to(member, &[Input::Submit(command.into())]);
    }

    /// The same for a command that may be lost.
    pub(super) fn take_in_vain(&mut self, node: u32, command: &[u8]) {
        self.take(node, command);
        self.taken.pop();
    }

    /// A node takes a command, and says so.
    pub(super) fn submit(&mut self, node: u32, command: &[u8]) {
        self.take(node, command);
        self.input(node, &FLUSH);
    }

    /// So many commands, one after the other.
    pub(super) fn commands(&mut self, node: u32, count: u8) {
        for number in 0..count {
            self.submit(node, &[number]);
            self.settle();
        }
    }

    pub(super) fn input(&mut self, node: u32, input: &Input) {
        self.to(self.latest(node), core::slice::from_ref(input));
    }

    /// What was asked for is given, as it is now: nothing was applied meanwhile.
    pub(super) fn finish_supplies(&mut self) {
        for (member, epoch) in self.slow_supplies.take().unwrap_or_default() {
            let supplied = self.groups[&member].supplied(epoch, self.padding);
            self.to(member, &[supplied, FLUSH]);
        }
    }

    pub(super) fn finish_promise(&mut self, node: u32) {
        let member = self.latest(node);
        let node = self.groups.get_mut(&member).unwrap();
        let promise = node.promising.pop_front().unwrap();
        node.promised = promise.clone();
        self.to(member, &[Input::Promised(promise.epoch), FLUSH]);
    }

    /// A member says something.
    pub(super) fn say(&mut self, member: Member, bytes: &[u8]) {
        self.order.push_back((member, bytes.into()));
    }

    /// A member of another version joins: it takes in nothing.
    pub(super) fn join_strange(&mut self, members: &[u32], stranger: Member) {
        self.members(members);
        let mut all: Vec<Member> = self.members.iter().copied().collect();
        all.push(stranger);
        self.join(&all);
        self.groups.remove(&stranger);
        self.members.remove(&stranger);
        self.order.retain(|(from, _)| *from != stranger);
    }

    /// A bit of the first part of a snapshot that is in order now is another one.
    pub(super) fn damage(&mut self) {
        let mut order = self.order.iter_mut();
        let part = order.find(|(_, bytes)| kind(bytes) == "SnapshotPart");
        *part.unwrap().1.last_mut().unwrap() ^= 1;
    }

    /// What is in order now is delivered to all in one round; whether there was anything.
    pub(super) fn round(&mut self) -> bool {
        self.round_of(self.order.len())
    }

    /// The same for the first messages.
    pub(super) fn round_of(&mut self, count: usize) -> bool {
        let later = self.order.split_off(count.min(self.order.len()));
        let order = core::mem::replace(&mut self.order, later);
        let is_any = !order.is_empty();
        let told = order
            .into_iter()
            .map(|(from, bytes)| Input::Told(Told::Delivered { from, bytes }));
        let inputs: Vec<Input> = told.chain([FLUSH]).collect();
        for member in self.members.clone() {
            self.to(member, &inputs);
        }
        is_any
    }

    /// What is in order now is delivered to one member, and nobody else ever gets it.
    pub(super) fn round_at(&mut self, node: u32) {
        let told = self.order.drain(..);
        let told = told.map(|(from, bytes)| Input::Told(Told::Delivered { from, bytes }));
        let inputs: Vec<Input> = told.chain([FLUSH]).collect();
        self.to(self.latest(node), &inputs);
    }

    pub(super) fn settle(&mut self) {
        for _ in 0..PATIENCE {
            if !self.round() && self.order.is_empty() {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    fn to(&mut self, member: Member, inputs: &[Input]) {
        self.now += 1;
        let at = Pos {
            index: 0,
            time: Time(self.now),
        };
        let mut inputs: VecDeque<Input> = inputs.iter().cloned().collect();
        while let Some(input) = inputs.pop_front() {
            let mut effects = Vec::new();
            let node = self.groups.get_mut(&member).unwrap();
            node.group.apply(at, &input, &mut effects);
            for effect in effects {
                let before = inputs.len();
                self.effect(member, effect, &mut inputs);
                if inputs.len() > before && !inputs.contains(&FLUSH) {
                    inputs.push_back(FLUSH);
                }
            }
        }
    }

    fn effect(&mut self, member: Member, effect: Effect, inputs: &mut VecDeque<Input>) {
        let is_slow = self.slow_promises;
        let padding = self.padding;
        let node = self.groups.get_mut(&member).unwrap();
        match effect {
            Effect::Multicast(bytes) => {
                self.said.push((kind(&bytes), bytes.len()));
                if let Some(Message::Ack {
                    received, synced, ..
                }) = Message::decode(&bytes)
                {
                    self.acks.push((member, received, synced));
                }
                self.order.push_back((member, bytes));
            }
            Effect::Append(entry, hash) => {
                node.append(entry, hash);
                if !self.slow_syncs {
                    inputs.push_back(Input::Synced(node.group.ledger().position().index));
                }
            }
            Effect::Install { ledger, state } => {
                node.installs += 1;
                node.blank += usize::from(node.state.is_empty());
                node.log.clear();
                node.base = ledger.position().hash;
                node.state = postcard::take_from_bytes(&state).unwrap().0;
                inputs.push_back(Input::Synced(ledger.position().index));
            }
            Effect::Promise(promise) if is_slow => node.promising.push_back(promise),
            Effect::Promise(promise) => {
                inputs.push_back(Input::Promised(promise.epoch));
                node.promised = promise;
            }
            Effect::Supply { .. } if node.state.first().is_some_and(|it| it == SPOILT) => {}
            Effect::Supply { epoch } => {
                self.supplies += 1;
                match &mut self.slow_supplies {
                    Some(later) => later.push((member, epoch)),
                    None => inputs.push_back(node.supplied(epoch, padding)),
                }
            }
            Effect::Read { from } => {
                let entries = node.log.iter().filter(|(entry, _)| entry.pos.index >= from);
                let entries = entries.take(100).cloned().collect();
                inputs.push_back(Input::Read { from, entries });
            }
            Effect::Stable(index) | Effect::Durable(index) => self.check_promise(member, index),
            Effect::Standing(_) => {}
        }
    }

    /// What is promised is in the log of who says so, and of all holders.
    fn check_promise(&self, member: Member, index: u64) {
        let ledger = self.groups[&member].group.ledger();
        let holders = ledger.holders().iter();
        let all = holders.map(|node| self.node(node.0).group.ledger());
        for ledger in all.chain([ledger]) {
            assert!(index <= ledger.position().index, "{index} at {member:?}");
        }
    }

    /// How many messages of a kind were sent.
    pub(super) fn said(&self, kind: &str) -> usize {
        self.sizes(kind).count()
    }

    /// The bytes of each message of a kind.
    pub(super) fn sizes(&self, kind: &str) -> impl Iterator<Item = usize> {
        self.said
            .iter()
            .filter_map(move |(of, bytes)| (*of == kind).then_some(*bytes))
    }

    pub(super) fn epoch(&self) -> u64 {
        self.node(1).group.ledger().position().epoch
    }

    /// All members are in step, and what was taken is in the log once.
    pub(super) fn check(&self) {
        let mut taken = self.taken.clone();
        taken.sort();
        assert_eq!(self.ordered(), taken);
    }

    /// All members are in step: this is what they have, sorted.
    pub(super) fn ordered(&self) -> Vec<Vec<u8>> {
        let first = &self.groups[self.members.first().unwrap()];
        for member in &self.members {
            let node = &self.groups[member];
            assert!(node.group.is_primary(), "{:?}", node.group.standing());
            assert_eq!(node.group.ledger(), first.group.ledger());
            assert_eq!(node.state, first.state);
        }
        let mut state = first.state.clone();
        state.sort();
        state
    }
}

impl Node {
    fn new(member: Member, disk: (Ledger, Promise)) -> Self {
        let role = match CMMS.contains(&member.node.0) {
            true => Role::Holder,
            false => Role::Follower,
        };
        let options = Options {
            member,
            role,
            configured: CMMS.map(NodeId).into(),
        };
        Self {
            group: Group::new(options, disk.0, disk.1),
            log: Vec::new(),
            base: Hash::default(),
            state: Vec::new(),
            installs: 0,
            blank: 0,
            promised: Promise::default(),
            promising: VecDeque::new(),
        }
    }

    fn supplied(&self, epoch: u64, padding: usize) -> Input {
        let mut state = postcard::to_allocvec(&self.state).unwrap();
        state.resize(state.len() + padding, 0);
        Input::Supplied { epoch, state }
    }

    fn append(&mut self, entry: Entry, hash: Hash) {
        if let Some(Content::Command { command, .. }) = Content::of(&entry) {
            self.state.push(command);
        }
        let before = self.log.last().map_or(self.base, |it| it.1);
        assert_eq!(hash, chained(&before, &entry));
        self.log.push((entry, hash));
    }
}

fn kind(bytes: &[u8]) -> &'static str {
    match Message::decode(bytes) {
        Some(Message::State(_)) => "State",
        Some(Message::Promise { .. }) => "Promise",
        Some(Message::Commands { .. }) => "Commands",
        Some(Message::Part { .. }) => "Part",
        Some(Message::Ack { .. }) => "Ack",
        Some(Message::Want(_)) => "Want",
        Some(Message::Snapshot { .. }) => "Snapshot",
        Some(Message::SnapshotPart { .. }) => "SnapshotPart",
        Some(Message::Entries { .. }) => "Entries",
        Some(Message::End { .. }) => "End",
        Some(Message::CaughtUp { .. }) => "CaughtUp",
        None => "garbage",
    }
}

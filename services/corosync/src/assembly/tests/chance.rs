//! Rings that break and form, and processes that die and are started with the same process id, as
//! chance has it: what members are told agrees.

use super::*;

const NODES: u32 = 4;
/// The process id of all processes: none is told from the next by it.
const PID: u32 = 7;
const SEEDS: u64 = 200;
const STEPS: usize = 400;

/// Messages, each with the incarnation of its sender.
type Said = Vec<(u32, Vec<u8>)>;

/// A view as somebody was told it: the ring's number, and what was said in it.
type View = (u64, Said);

/// What was told of a ring's number.
type Config = (BTreeSet<Member>, BTreeSet<NodeId>);

/// One process.
struct Process {
    assembly: Assembly,
    hello: Hello,
    /// Frames that have no place in the order yet.
    out: VecDeque<Vec<u8>>,
    views: Vec<View>,
    verdict: Option<(u64, bool)>,
}

/// One node.
struct Node {
    ring: (u32, u64),
    /// The members of the group that its daemon knows.
    members: BTreeSet<u32>,
    process: Option<Process>,
}

struct World {
    nodes: BTreeMap<u32, Node>,
    configs: BTreeMap<u64, Config>,
    /// What was told of processes that are gone.
    past: Vec<Vec<View>>,
    random: u64,
    rings: u64,
    stays: u64,
    said: u32,
}

/// Some rings are, others are not.
fn is_quorate((_, number): (u32, u64)) -> bool {
    !number.is_multiple_of(3)
}

fn addresses(ids: impl IntoIterator<Item = u32>) -> Vec<Address> {
    let address = |node| Address { node, pid: PID };
    ids.into_iter().map(address).collect()
}

fn changes(ids: impl IntoIterator<Item = u32>, reason: Reason) -> Vec<(Address, Reason)> {
    let addresses = addresses(ids);
    addresses.into_iter().map(|it| (it, reason)).collect()
}

impl World {
    fn new(seed: u64) -> Self {
        let node = |id| Node {
            ring: (id, 0),
            members: BTreeSet::new(),
            process: None,
        };
        Self {
            nodes: (1..=NODES).map(|id| (id, node(id))).collect(),
            configs: BTreeMap::new(),
            past: Vec::new(),
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            rings: 0,
            stays: 0,
            said: 0,
        }
    }

    fn below(&mut self, n: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % n
    }

    fn any(&mut self) -> u32 {
        u32::try_from(1 + self.below(NODES.into())).unwrap()
    }

    fn ring_of(&self, id: u32) -> Vec<u32> {
        let ring = self.nodes[&id].ring;
        let nodes = self.nodes.iter().filter(|(_, node)| node.ring == ring);
        nodes.map(|(id, _)| *id).collect()
    }

    /// The process of a node takes something in.
    fn tell(&mut self, id: u32, take: impl FnOnce(&mut Assembly, &mut Vec<Told>)) {
        let Some(process) = &mut self.nodes.get_mut(&id).unwrap().process else {
            return;
        };
        let mut told = Vec::new();
        take(&mut process.assembly, &mut told);
        if process.assembly.take_hello() {
            process.hello.number += 1;
            process.out.push_front(frame_hello(process.hello).to_vec());
        }
        for told in told {
            match told {
                Told::Config {
                    ring,
                    members,
                    nodes,
                } => {
                    let config = (members, nodes);
                    let known = self.configs.entry(ring.number).or_insert(config.clone());
                    assert_eq!(*known, config, "two rings have one number");
                    let is_new = process.views.iter().all(|(it, _)| *it != ring.number);
                    assert!(is_new, "one ring is told twice");
                    process.views.push((ring.number, Vec::new()));
                    process.verdict = None;
                }
                Told::Delivered { from, bytes } => {
                    let (ring, said) = process.views.last_mut().expect("a view came first");
                    assert!(self.configs[ring].0.contains(&from), "not of this view");
                    said.push((from.incarnation, bytes));
                }
                Told::Quorum { ring, quorate } => process.verdict = Some((ring.number, quorate)),
                Told::Disconnected(why) => panic!("{why}"),
            }
        }
    }

    fn event(&mut self, id: u32, event: CpgEvent) {
        self.tell(id, |assembly, told| assembly.step(event, told));
    }

    /// The frame of a node that has waited longest gets its place in the order.
    fn order(&mut self, id: u32) -> bool {
        let process = self.nodes.get_mut(&id).unwrap().process.as_mut();
        let Some(bytes) = process.and_then(|process| process.out.pop_front()) else {
            return false;
        };
        let from = Address { node: id, pid: PID };
        for other in self.ring_of(id) {
            // A daemon that does not know the sender's node delivers nothing of it.
            if self.nodes[&other].members.contains(&id) {
                let bytes = bytes.clone();
                self.event(other, CpgEvent::Deliver { from, bytes });
            }
        }
        true
    }

    fn say(&mut self, id: u32) {
        self.said += 1;
        let mut bytes = self.said.to_le_bytes().to_vec();
        bytes.push(MESSAGE);
        if let Some(process) = &mut self.nodes.get_mut(&id).unwrap().process {
            process.out.push_back(bytes);
        }
    }

    fn start(&mut self, id: u32) {
        if self.nodes[&id].process.is_some() {
            return;
        }
        self.stays += 1;
        let stay = self.stays;
        let incarnation = u32::try_from(stay).unwrap();
        let process = Process {
            assembly: Assembly::default(),
            hello: Hello {
                incarnation,
                number: stay << 32,
            },
            out: VecDeque::new(),
            views: Vec::new(),
            verdict: None,
        };
        self.nodes.get_mut(&id).unwrap().process = Some(process);
        let ring = self.nodes[&id].ring;
        let nodes = self.ring_of(id);
        for other in &nodes {
            let members = &mut self.nodes.get_mut(other).unwrap().members;
            members.insert(id);
            let members = addresses(members.iter().copied());
            let (left, joined) = (Vec::new(), changes([id], Reason::Process));
            let event = CpgEvent::Confchg {
                members,
                left,
                joined,
            };
            self.event(*other, event);
        }
        self.event(id, CpgEvent::TotemConfchg { ring, nodes });
        self.verdict(id);
    }

    fn kill(&mut self, id: u32) {
        let Some(process) = self.nodes.get_mut(&id).unwrap().process.take() else {
            return;
        };
        self.past.push(process.views);
        for other in self.ring_of(id) {
            let members = &mut self.nodes.get_mut(&other).unwrap().members;
            members.remove(&id);
            let members = addresses(members.iter().copied());
            let (left, joined) = (changes([id], Reason::Process), Vec::new());
            let event = CpgEvent::Confchg {
                members,
                left,
                joined,
            };
            self.event(other, event);
        }
    }

    fn verdict(&mut self, id: u32) {
        let ring = self.nodes[&id].ring;
        let quorate = is_quorate(ring);
        self.tell(id, |assembly, told| assembly.verdict(ring, quorate, told));
    }

    /// Each node comes into one of so many rings.
    fn split(&mut self, count: u64) {
        let mut rings: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for id in 1..=NODES {
            let ring = self.below(count);
            rings.entry(ring).or_default().push(id);
        }
        let before: BTreeMap<u32, (u32, u64)> = self
            .nodes
            .iter()
            .map(|(id, node)| (*id, node.ring))
            .collect();
        for nodes in rings.values() {
            self.rings += 1;
            let ring = (nodes[0], self.rings);
            for id in nodes {
                self.nodes.get_mut(id).unwrap().ring = ring;
            }
            for id in nodes {
                self.new_ring(*id, nodes, &before);
            }
        }
    }

    fn new_ring(&mut self, id: u32, nodes: &[u32], before: &BTreeMap<u32, (u32, u64)>) {
        let came_along = |other: &u32| nodes.contains(other) && before[other] == before[&id];
        let known = self.nodes[&id].members.clone();
        let (stayed, left): (BTreeSet<u32>, BTreeSet<u32>) =
            known.iter().partition(|it| came_along(it));
        let processes = nodes.iter().filter(|it| self.nodes[it].process.is_some());
        let all: BTreeSet<u32> = processes.copied().collect();
        let joined: Vec<u32> = all.difference(&stayed).copied().collect();
        let early = self.below(2) == 0;
        if early {
            self.verdict(id);
        }
        if !left.is_empty() {
            let event = CpgEvent::Confchg {
                members: addresses(stayed.iter().copied()),
                left: changes(left, Reason::Node),
                joined: Vec::new(),
            };
            self.event(id, event);
        }
        if !joined.is_empty() {
            let event = CpgEvent::Confchg {
                members: addresses(all.iter().copied()),
                left: Vec::new(),
                joined: changes(joined, Reason::Node),
            };
            self.event(id, event);
        }
        self.nodes.get_mut(&id).unwrap().members = all;
        let ring = self.nodes[&id].ring;
        let nodes = nodes.to_vec();
        self.event(id, CpgEvent::TotemConfchg { ring, nodes });
        if !early {
            self.verdict(id);
        }
    }

    fn step(&mut self) {
        let id = self.any();
        match self.below(40) {
            0 => self.kill(id),
            1 | 2 => self.start(id),
            3 => {
                let count = 1 + self.below(3);
                self.split(count);
            }
            4..=15 => self.say(id),
            _ => {
                self.order(id);
            }
        }
    }

    /// Those that were in two views after each other were told the same in the first.
    fn check_views(&self) {
        let living = self.nodes.values().filter_map(|node| node.process.as_ref());
        let all = living.map(|process| &process.views).chain(&self.past);
        let mut said: BTreeMap<(u64, u64), &Said> = BTreeMap::new();
        for pair in all.flat_map(|views| views.windows(2)) {
            let [(first, told), (second, _)] = pair else {
                continue;
            };
            let known = said.entry((*first, *second)).or_insert(told);
            assert_eq!(*known, told, "from {first:x} to {second:x}");
        }
    }

    /// When all was said, everybody knows who is there, and whether that is quorate.
    fn check_end(&mut self) {
        while (1..=NODES).any(|id| self.order(id)) {}
        for (id, node) in &self.nodes {
            let Some(process) = &node.process else {
                continue;
            };
            let (number, _) = process.views.last().expect("a view");
            let (members, nodes) = &self.configs[number];
            let members: Vec<u32> = members.iter().map(|it| it.node.0).collect();
            let nodes: Vec<u32> = nodes.iter().map(|it| it.0).collect();
            assert_eq!(members, node.members.iter().copied().collect::<Vec<_>>());
            assert_eq!(nodes, self.ring_of(*id));
            assert_eq!(process.verdict, Some((*number, is_quorate(node.ring))));
            assert_eq!(number >> MEMBERS_BITS, node.ring.1);
        }
    }
}

/// Whatever happens, members that are told the same change mean the same by it.
#[test]
fn members_agree() {
    for seed in 1..=SEEDS {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
        }
        world.check_views();
        world.check_end();
        assert!(world.configs.len() > 10, "seed {seed} did nothing");
    }
}

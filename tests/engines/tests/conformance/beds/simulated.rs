//! The simulated engine: one seed gives one run, by a clock of its own.

use crate::bed::{BLADE, Bed, CMMS, Fault, Found, Offer};
use crate::random::Random;
use engine::sim::{Net, SimDisk, Trouble};
use group::{Member, NodeId, Transport};
use machine::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const NODES: [NodeId; 3] = [CMMS[0], CMMS[1], BLADE];

/// What a turn takes.
const TURN: Duration = Duration::from_millis(1);

/// Messages that a node reads in a turn, at most.
const READS: usize = 8;

pub(crate) struct Simulated {
    net: Net,
    disks: BTreeMap<NodeId, SimDisk>,
    /// Who is in the group.
    members: BTreeMap<NodeId, Member>,
    /// Nodes that hear each other, whether their group communication system runs or not.
    groups: Vec<BTreeSet<NodeId>>,
    dead: BTreeSet<NodeId>,
    hung: BTreeSet<NodeId>,
    processes: u32,
    random: Random,
    now: Time,
}

impl Simulated {
    pub(crate) fn new() -> Self {
        Self {
            net: Net::new(&NODES, &CMMS),
            disks: BTreeMap::new(),
            members: BTreeMap::new(),
            groups: Vec::new(),
            dead: BTreeSet::new(),
            hung: BTreeSet::new(),
            processes: 0,
            random: Random::new(0),
            now: Time::default(),
        }
    }

    fn disk(&self, node: NodeId) -> &SimDisk {
        self.disks.get(&node).expect("a CMM")
    }

    /// Rings follow the wires; whoever does not answer is in none of the others'.
    fn form_rings(&mut self) {
        let away = &self.dead | &self.hung;
        let groups = self.groups.iter().map(|group| group - &away);
        let mut rings: Vec<BTreeSet<NodeId>> = groups.filter(|it| !it.is_empty()).collect();
        let placed: BTreeSet<NodeId> = rings.iter().flatten().copied().collect();
        let alone = NODES.into_iter().filter(|node| !placed.contains(node));
        rings.extend(alone.map(|node| BTreeSet::from([node])));
        let random = &mut self.random;
        self.net.split(&rings, &mut |n| random.below(n));
    }

    /// The group communication system of a node does not answer for a while, or does again.
    fn hang(&mut self, node: NodeId, hangs: bool) {
        match hangs {
            true => self.hung.insert(node),
            false => self.hung.remove(&node),
        };
        self.form_rings();
    }

    fn ring_returns(&mut self, node: NodeId) {
        if self.dead.remove(&node) {
            self.net.reconnect(node, self.members.get(&node).copied());
            self.form_rings();
        }
    }
}

impl Bed for Simulated {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn offer(&self) -> Offer {
        Offer {
            cmms: &CMMS,
            blades: &[BLADE],
            has_power_switch: true,
            faults: 200,
        }
    }

    fn begin(&mut self) {
        *self = Self {
            disks: CMMS.map(|node| (node, SimDisk::default())).into(),
            groups: vec![NODES.into()],
            random: self.random.clone(),
            ..Self::new()
        };
    }

    fn join(&mut self, node: NodeId) -> (Member, Box<dyn Transport>) {
        self.processes += 1;
        let incarnation = self.processes;
        let member = Member { node, incarnation };
        self.members.insert(node, member);
        (member, Box::new(self.net.join(member)))
    }

    fn open(&mut self, node: NodeId) -> Found {
        let disk = self.disk(node);
        let found = disk.recover();
        let has_state = found.base.position().index > 0;
        Found {
            disk: Box::new(disk.clone()),
            state: has_state.then_some((found.base, found.state)),
            entries: found.entries,
            ledger: found.ledger,
            promised: found.promised,
        }
    }

    fn kill(&mut self, node: NodeId) {
        self.members.remove(&node);
        self.net.crash(node);
    }

    fn strike(&mut self, fault: &Fault) {
        match fault {
            Fault::Cut(groups) => {
                self.groups.clone_from(groups);
                self.form_rings();
            }
            Fault::Heal => {
                self.groups = vec![NODES.into()];
                self.form_rings();
            }
            Fault::Line(node) => self.net.move_line(*node),
            Fault::RingDies(node) => {
                self.dead.insert(*node);
                self.net.disconnect(*node);
                self.form_rings();
            }
            Fault::RingReturns(node) => self.ring_returns(*node),
            Fault::RingHangs(node) => self.hang(*node, true),
            Fault::RingGoesOn(node) => self.hang(*node, false),
            Fault::DiskFills(node) => self.disk(*node).suffer(Trouble::Full),
            Fault::DiskEmpties(node) => self.disk(*node).suffer(Trouble::None),
            Fault::DiskIsNew(node) => {
                self.disks.insert(*node, SimDisk::default());
            }
            Fault::PowerFails(node) => self.disk(*node).lose_power(&mut |n| n - 1),
        }
    }

    fn line_counts(&self) -> bool {
        true
    }

    fn mend(&mut self) {
        for node in NODES {
            self.ring_returns(node);
        }
        self.hung.clear();
        self.disks
            .values()
            .for_each(|disk| disk.suffer(Trouble::None));
        self.strike(&Fault::Heal);
    }

    fn go_on(&mut self) {
        self.now = self.now.after(TURN);
        for node in NODES {
            if self.hung.contains(&node) {
                continue;
            }
            for _ in 0..self.random.below(READS) {
                self.net.order(node);
            }
            for _ in 0..self.random.below(2 * READS) {
                self.net.deliver(node);
            }
            if self.random.below(2) == 0 {
                self.net.verdict(node);
            }
            if self.random.below(2) == 0
                && let Some(disk) = self.disks.get(&node)
            {
                disk.finish_sync();
            }
        }
    }

    fn now(&self) -> Time {
        self.now
    }
}

//! The engine of real shelves: a Corosync for each node, in namespaces, and real journals.

use super::journals::Journals;
use super::real::{Bell, now};
use crate::bed::{BLADE, Bed, CMMS, Fault, Found, Offer};
use cluster::Cluster;
use corosync::{Line, Ring};
use group::{Member, NodeId, Transport};
use machine::Time;
use std::collections::BTreeSet;

/// Two CMMs and the line.
const VOTES: u32 = 3;

pub(crate) struct Rings {
    bell: Bell,
    journals: Journals,
    /// One for all cases: what takes long is to bring it up.
    cluster: Cluster,
    hung: BTreeSet<NodeId>,
    /// Who has the line.
    holder: NodeId,
    /// Each case has a process group of its own.
    cases: u32,
}

impl Rings {
    pub(crate) fn new() -> Self {
        let cluster = Cluster::new(&cluster::Options::default());
        cluster.start_all();
        let bell = Bell::new();
        Self {
            journals: Journals::new("rings", &CMMS, bell.wake()),
            bell,
            cluster,
            hung: BTreeSet::new(),
            holder: CMMS[0],
            cases: 0,
        }
    }

    fn hold_line(&mut self, node: NodeId) {
        self.holder = node;
        self.cluster.hold_line(node.0);
    }

    fn goes_on(&mut self, node: NodeId) {
        if self.hung.remove(&node) {
            self.cluster.node(node.0).thaw_corosync();
        }
    }

    fn ring_returns(&mut self, node: NodeId) {
        if self.cluster.node(node.0).corosync_pid().is_none() {
            self.cluster.start_corosync(node.0);
        }
    }
}

impl Bed for Rings {
    fn name(&self) -> &'static str {
        "corosync"
    }

    fn offer(&self) -> Offer {
        Offer {
            cmms: &CMMS,
            blades: &[BLADE],
            has_power_switch: false,
            faults: 8,
        }
    }

    fn begin(&mut self) {
        self.cases += 1;
        self.mend();
        self.hold_line(CMMS[0]);
        self.cluster.await_ring(&[CMMS[0].0, CMMS[1].0, BLADE.0]);
        self.journals.begin();
    }

    fn join(&mut self, node: NodeId) -> (Member, Box<dyn Transport>) {
        let options = corosync::Options {
            line: Line::File(self.cluster.line_file()),
            wake: self.bell.wake(),
            ..corosync::Options::new(node, &format!("log-{}", self.cases))
        };
        let ring = self.cluster.node(node.0).inside(|| Ring::new(options));
        let ring = ring.expect("Corosync's libraries are installed");
        (ring.member(), Box::new(ring))
    }

    fn open(&mut self, node: NodeId) -> Found {
        self.journals.open(node)
    }

    fn kill(&mut self, node: NodeId) {
        if CMMS.contains(&node) {
            self.journals.kill(node);
        }
    }

    fn strike(&mut self, fault: &Fault) {
        match fault {
            Fault::Cut(groups) => {
                let ids = groups.iter().map(|group| group.iter().map(|node| node.0));
                let ids: Vec<Vec<u32>> = ids.map(Iterator::collect).collect();
                let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
                self.cluster.split(&ids);
            }
            Fault::Heal => self.cluster.heal(),
            Fault::Line(node) => self.hold_line(*node),
            Fault::RingDies(node) => self.cluster.kill_corosync(node.0),
            Fault::RingReturns(node) => self.ring_returns(*node),
            Fault::RingHangs(node) => {
                self.hung.insert(*node);
                self.cluster.node(node.0).freeze_corosync();
            }
            Fault::RingGoesOn(node) => self.goes_on(*node),
            Fault::DiskFills(node) => self.journals.fill(*node),
            Fault::DiskEmpties(node) => self.journals.empty(*node),
            Fault::DiskIsNew(node) => self.journals.renew(*node),
            Fault::PowerFails(_) => panic!("a real machine's memory survives its processes"),
        }
    }

    fn line_counts(&self) -> bool {
        self.cluster.node(self.holder.0).votes() == Some(VOTES)
    }

    fn mend(&mut self) {
        for node in [CMMS[0], CMMS[1], BLADE] {
            self.goes_on(node);
            self.ring_returns(node);
        }
        CMMS.iter().for_each(|cmm| self.journals.empty(*cmm));
        self.cluster.heal();
    }

    fn go_on(&mut self) {
        self.cluster.tend();
        self.bell.sleep();
    }

    fn now(&self) -> Time {
        now()
    }
}

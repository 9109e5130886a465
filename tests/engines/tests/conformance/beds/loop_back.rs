//! The engine of a CMM alone: what is sent comes back, and the journal is a real one.

use super::journals::Journals;
use super::real::{Bell, now};
use crate::bed::{Bed, CMMS, Fault, Found, Offer};
use engine::Loopback;
use group::{Member, NodeId, Transport};
use machine::Time;

pub(crate) struct LoopBack {
    bell: Bell,
    journals: Journals,
    processes: u32,
}

const CMM: &[NodeId] = CMMS.split_at(1).0;

impl LoopBack {
    pub(crate) fn new() -> Self {
        let bell = Bell::new();
        Self {
            journals: Journals::new("loop-back", CMM, bell.wake()),
            bell,
            processes: 0,
        }
    }
}

impl Bed for LoopBack {
    fn name(&self) -> &'static str {
        "loop-back"
    }

    fn offer(&self) -> Offer {
        Offer {
            cmms: CMM,
            blades: &[],
            has_power_switch: false,
            faults: 0,
        }
    }

    fn begin(&mut self) {
        self.journals.begin();
    }

    fn join(&mut self, node: NodeId) -> (Member, Box<dyn Transport>) {
        self.processes += 1;
        let incarnation = self.processes;
        let member = Member { node, incarnation };
        (member, Box::new(Loopback::new(member)))
    }

    fn open(&mut self, node: NodeId) -> Found {
        self.journals.open(node)
    }

    fn kill(&mut self, node: NodeId) {
        self.journals.kill(node);
    }

    fn strike(&mut self, fault: &Fault) {
        match fault {
            Fault::DiskFills(node) => self.journals.fill(*node),
            Fault::DiskEmpties(node) => self.journals.empty(*node),
            Fault::DiskIsNew(node) => self.journals.renew(*node),
            Fault::Cut(_)
            | Fault::Heal
            | Fault::Line(_)
            | Fault::RingDies(_)
            | Fault::RingReturns(_)
            | Fault::RingHangs(_)
            | Fault::RingGoesOn(_)
            | Fault::PowerFails(_) => panic!("one member has no {fault:?}"),
        }
    }

    fn line_counts(&self) -> bool {
        true
    }

    fn mend(&mut self) {
        CMM.iter().for_each(|cmm| self.journals.empty(*cmm));
    }

    fn go_on(&mut self) {
        self.bell.sleep();
    }

    fn now(&self) -> Time {
        now()
    }
}

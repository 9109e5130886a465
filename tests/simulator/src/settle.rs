//! Faults are over: everything is mended, and the shelf must come to rest as it should be.

use crate::member::Running;
use crate::model::{self, BLADES};
use crate::world::{CMMS, World, blade_node};
use ais::amf::OperationalState;
use appliance::{Command, tag};
use chassis::{Operator, Place, Scope};
use engine::Engine;
use engine::sim::Trouble;
use group::Standing;
use machine::NodeId;
use std::collections::BTreeMap;
use std::time::Duration;

/// What an operator does to an object that a fault has left disabled: repaired.
const REPAIRED: [(&str, u64); 5] = [
    ("safSu=SU1,safSg=Counter,safApp=Counter", 9),
    ("safSu=SU2,safSg=Counter,safApp=Counter", 9),
    ("safAmfNode=blade1,safAmfCluster=shelf", 9),
    ("safAmfNode=blade2,safAmfCluster=shelf", 9),
    ("safAmfNode=blade3,safAmfCluster=shelf", 9),
];

impl World {
    /// Mends everything, then lets the shelf rest until it is so old, and looks whether it is well.
    pub(crate) fn settle(&mut self, until: Duration) {
        self.is_calm = true;
        self.calm_since = Some(self.now);
        self.trace(NodeId(0), || "all is well".into());
        self.mend();
        for round in 0..3 {
            self.rest(Duration::from_secs(100));
            self.upgrade_all(Duration::from_secs(10));
            self.rest(Duration::from_secs(20));
            self.bring_all_up();
            self.force();
            for slot in 1..=BLADES {
                self.operate(Operator::Insert(Place::Slot(slot)));
                if round > 0 && !self.hardware.powered().any(|it| it == slot) {
                    // Deactivated with its handle closed: it is taken out and put in again.
                    self.operate(Operator::OpenHandle(Place::Slot(slot)));
                    self.rest(Duration::from_secs(5));
                }
                self.operate(Operator::CloseHandle(Place::Slot(slot)));
            }
            self.rest(Duration::from_secs(60));
            self.find_rebooted();
            for (object, operation) in REPAIRED {
                self.invoke(object, operation);
                self.rest(Duration::from_secs(10));
            }
        }
        self.rest(until.saturating_sub(self.age()));
        self.find_settled();
    }

    pub(crate) fn rest(&mut self, time: Duration) {
        let until = self.age() + time;
        self.run_to(until);
    }

    fn mend(&mut self) {
        self.aims = false;
        self.defects.mend();
        let ids: Vec<NodeId> = self.nodes.keys().copied().collect();
        for id in &ids {
            self.find_ring(*id);
            self.mend_bus(*id);
            let node = self.node(*id);
            node.disk.suffer(Trouble::None);
            node.slowness = 1;
        }
        self.join();
        self.operate(Operator::Repair(Scope::All));
        self.bring_all_up();
    }

    fn bring_all_up(&mut self) {
        let blades = (1..=BLADES).map(blade_node);
        for id in CMMS.into_iter().chain(blades) {
            self.bring_up(id);
        }
    }

    /// An operator sees that the CMMs wait for a journal that is lost, and lets the newest log that
    /// there is go on.
    fn force(&mut self) {
        let awaits = |it: &&NodeId| {
            let running = self.nodes[it].running.as_ref();
            running.is_some_and(|it| matches!(it.member.standing(), Standing::Awaits(_)))
        };
        let waiting = CMMS.iter().filter(awaits);
        let newest = waiting.max_by_key(|it| self.nodes[it].disk.ledger().position());
        let Some(cmm) = newest.copied() else {
            return;
        };
        self.trace(cmm, || "is told to go on".into());
        if let Some(running) = self.running(cmm) {
            running.engine.force();
        }
        self.poll(cmm);
    }

    /// An operator invokes an operation at some CMM.
    fn invoke(&mut self, object: &str, operation: u64) {
        let Some(cmm) = CMMS
            .into_iter()
            .find(|cmm| self.nodes[cmm].running.is_some())
        else {
            return;
        };
        self.tag_last += 1;
        let command = Command::Invoke {
            tag: tag(cmm, self.tag_last),
            object: model::dn(object),
            operation,
            parameters: BTreeMap::new(),
        };
        self.submit(cmm, &command);
        self.poll(cmm);
    }

    /// A node that AMF has disabled is rebooted by it, as the model asks for its repair: nobody has
    /// to do that by hand.
    fn find_rebooted(&mut self) {
        let is_primary = |it: &&Running| matches!(it.member.standing(), Standing::Primary { .. });
        let running = self.nodes.values().filter_map(|it| it.running.as_ref());
        let mut primary = running.filter(is_primary);
        let nodes = primary.next().map(|it| it.member.appliance().amf.nodes());
        let is_left = |it: &amf::NodeView| it.member && it.oper == OperationalState::Disabled;
        if let Some(node) = nodes.unwrap_or_default().into_iter().find(is_left) {
            let text = format!("{} is disabled, and not rebooted", node.dn);
            self.check.violated(text);
        }
    }

    /// Whatever is just under way may end.
    fn find_settled(&mut self) {
        let mut found = Ok(());
        for _ in 0..200 {
            found = self.check_settled().and_then(|()| self.check_upgraded());
            if found.is_ok() || self.check.violation.is_some() {
                return;
            }
            self.rest(Duration::from_millis(50));
        }
        if let Err(why) = found {
            self.check
                .violated(format!("the shelf does not settle: {why}"));
        }
    }
}

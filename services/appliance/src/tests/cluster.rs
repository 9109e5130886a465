//! The members of the group that keeps the log: CMMs 1 and 2, and 10 + n for the blade in slot n.

use super::bed::{self, Bed, Source};
use crate::{Command, Effect, Owner};
use ais::Dn;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use group::Content;
use machine::NodeId;
use plm::ReadinessFlags;

/// Who is a member.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    epoch: u64,
    pub(super) members: BTreeSet<NodeId>,
}

/// Who is in step, who else is a member, all nodes of the ring.
pub(super) type View = (BTreeSet<NodeId>, BTreeSet<NodeId>, BTreeSet<NodeId>);

/// The CMM that everything comes from that no blade tells.
const CMM: NodeId = NodeId(1);

/// Where the agent of an AMF node runs.
fn home(node: &Dn) -> NodeId {
    let slot: u32 = node.value().trim_start_matches("blade").parse().unwrap();
    NodeId(10 + slot)
}

impl Bed {
    /// Who tells this.
    pub(super) fn teller(&self, command: &Command) -> NodeId {
        if self.cluster.is_none() {
            return CMM;
        }
        if let Command::Observed(_) = command {
            return self.appliance.redundancy.active().unwrap_or(CMM);
        }
        if let Command::Node { node, .. } | Command::NodeAgent { node } = command {
            return home(node);
        }
        if let Command::Hosts { nodes } = command {
            return nodes.first().map_or(CMM, home);
        }
        let (Command::EeUp { ee } | Command::EeDown { ee, .. }) = command else {
            return CMM;
        };
        self.appliance.nodes_of(ee).first().map_or(CMM, home)
    }

    /// A new view. What blades had to tell that are not in it is lost; those that come, or come
    /// back, tell what runs there.
    pub(super) fn view(&mut self, view: &View) -> Vec<Effect> {
        let effects = self.enter_view(view);
        effects.iter().for_each(|effect| self.perform(effect));
        effects
    }

    /// The same, but whoever owns the hardware dies before it does anything about it.
    pub(super) fn lost_view(&mut self, view: &View) -> Vec<Effect> {
        let effects = self.enter_view(view);
        self.perform_without_owner(&effects);
        effects
    }

    /// What the world tells next is logged, but whoever owns the hardware dies before it does
    /// anything about it.
    pub(super) fn lose_hardware(&mut self) {
        if let Some((_, command)) = self.waiting.pop_front() {
            let effects = self.log(&command);
            self.perform_without_owner(&effects);
        }
    }

    fn perform_without_owner(&mut self, effects: &[Effect]) {
        let others = effects.iter().filter(|e| e.owner() != Owner::Active);
        others.for_each(|effect| self.perform(effect));
    }

    fn enter_view(&mut self, view: &View) -> Vec<Effect> {
        let (holders, others, nodes) = view.clone();
        let cluster = self.cluster.take();
        let before = cluster.as_ref().map(|c| c.members.clone());
        let epoch = cluster.map_or(0, |cluster| cluster.epoch) + 1;
        let members: BTreeSet<NodeId> = holders.union(&others).copied().collect();
        self.cluster = Some(Cluster { epoch, members });
        self.trace(|| alloc::format!("-- {view:?}"));
        let effects = self.enter(&Content::Primary {
            epoch,
            holders,
            others,
            nodes,
        });
        let lost: BTreeSet<Dn> = self.unheard();
        let is_lost = |source: &Source| matches!(source, Source::Node(n) if lost.contains(n));
        self.waiting.retain(|(source, _)| !is_lost(source));
        for node in (1..=4).map(bed::node) {
            let is_new = before
                .as_ref()
                .is_none_or(|before| !before.contains(&home(&node)));
            if is_new && self.is_heard(&node) {
                let nodes = alloc::vec![node.clone()];
                let hosts = Command::Hosts { nodes };
                self.waiting.push_back((Source::Node(node.clone()), hosts));
            }
            if !self.has_power(&node) {
                self.agents.insert(node, bed::Agent::default());
            } else if is_new && self.is_heard(&node) {
                self.boot(&node);
            }
        }
        effects
    }

    fn has_power(&self, node: &Dn) -> bool {
        let mut slots = (1..=4).map(bed::node).zip(bed::BLADES);
        let address = slots
            .find(|(other, _)| other == node)
            .map(|(_, address)| address);
        address.is_some_and(|address| matches!(self.slots[&address].state, 4..=6))
    }

    /// Blades of which nothing arrives that was not ordered yet.
    fn unheard(&self) -> BTreeSet<Dn> {
        let nodes = self.agents.keys();
        let silent = nodes.filter(|node| !self.is_heard(node) || !self.has_power(node));
        silent.cloned().collect()
    }

    /// Whether what a blade tells is ordered, and what it is told arrives.
    pub(super) fn is_heard(&self, node: &Dn) -> bool {
        let cluster = self.cluster.as_ref();
        cluster.is_none_or(|cluster| cluster.members.contains(&home(node)))
    }

    /// Whether somebody who is there carries this out. At most one does, unless it is for all.
    pub(super) fn is_carried_out(&self, effect: &Effect) -> bool {
        let Some(cluster) = &self.cluster else {
            return true;
        };
        let can = |me: &NodeId| match effect.owner() {
            Owner::Node(node) => home(node) == *me,
            Owner::Environment(ee) => self.appliance.nodes_of(ee).iter().any(|n| home(n) == *me),
            Owner::Active | Owner::Member(_) | Owner::Everybody => true,
        };
        let members = cluster.members.iter();
        let who = members.filter(|me| self.appliance.is_mine(**me, effect) && can(me));
        let who = who.count();
        assert!(
            who <= 1 || effect.owner() == Owner::Everybody,
            "{effect:?} twice"
        );
        who > 0
    }

    /// Whether others were told to take over from it although it may run: an alarm says so.
    pub(super) fn is_doubtful(&self, node: &Dn) -> bool {
        if !self.has_power(node) {
            return true; // Nothing runs there, whether or not anybody was told.
        }
        let ee = self.appliance.environment_of(node);
        let entity = ee.and_then(|ee| self.appliance.plm.entity(&ee));
        entity.is_some_and(|entity| entity.flags.has(ReadinessFlags::ISOLATE_PENDING))
    }
}

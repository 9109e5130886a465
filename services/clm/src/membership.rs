//! Joining and leaving.

use crate::{AdminState, Clm, Effect, Membership, TrackerId};
use ais::Dn;
use ais::clm::{ChangeStep, ClusterChange, LeaveCause, NodeChange, Track};
use alloc::vec::Vec;
use machine::Pos;

impl Clm {
    /// Lets those of `nodes` join that may and have not yet.
    pub(crate) fn join_all(&mut self, at: Pos, nodes: &[Dn], effects: &mut Vec<Effect>) {
        let joined: Vec<Dn> = nodes.iter().filter(|dn| self.join(dn)).cloned().collect();
        self.completed(at, &joined, (ClusterChange::Joined, None), effects);
    }

    fn join(&mut self, dn: &Dn) -> bool {
        let Some(node) = self.nodes.get_mut(dn) else {
            return false;
        };
        let (None, Some(boot), AdminState::Unlocked) = (node.member, node.up, node.admin) else {
            return false;
        };
        self.view += 1;
        node.member = Some(Membership {
            view: self.view,
            boot,
        });
        true
    }

    /// Takes those of `nodes` out that are members.
    pub(crate) fn leave_all(
        &mut self,
        at: Pos,
        nodes: &[Dn],
        cause: LeaveCause,
        effects: &mut Vec<Effect>,
    ) {
        let left: Vec<Dn> = nodes.iter().filter(|dn| self.leave(dn)).cloned().collect();
        self.completed(at, &left, (ClusterChange::Left, Some(cause)), effects);
    }

    fn leave(&mut self, dn: &Dn) -> bool {
        let left = self
            .nodes
            .get_mut(dn)
            .is_some_and(|node| node.member.take().is_some());
        self.view += u64::from(left);
        left
    }

    /// Tells everybody that `nodes` have joined or left.
    fn completed(
        &self,
        at: Pos,
        nodes: &[Dn],
        what: (ClusterChange, Option<LeaveCause>),
        effects: &mut Vec<Effect>,
    ) {
        if nodes.is_empty() {
            return;
        }
        for dn in nodes {
            self.report_node(dn, effects);
        }
        self.report_cluster(at, effects);
        let track = Track {
            invocation: None,
            step: ChangeStep::Completed,
            view: self.view,
            nodes: self.node_changes(nodes, what),
        };
        self.tell(self.trackers.keys().copied(), &track, effects);
        for dn in nodes {
            self.notify_change(dn, what.0, effects);
        }
    }

    pub(crate) fn node_changes(
        &self,
        nodes: &[Dn],
        (change, cause): (ClusterChange, Option<LeaveCause>),
    ) -> Vec<NodeChange> {
        let changes = nodes.iter().map(|dn| NodeChange {
            node: dn.clone(),
            node_id: self.nodes.get(dn).map_or(0, |node| node.id),
            change,
            cause,
        });
        changes.collect()
    }

    pub(crate) fn tell(
        &self,
        trackers: impl Iterator<Item = TrackerId>,
        track: &Track,
        effects: &mut Vec<Effect>,
    ) {
        effects.extend(trackers.map(|tracker| Effect::Track {
            tracker,
            track: track.clone(),
        }));
    }

    /// The agent of a node without an execution environment came or went.
    pub(crate) fn agent(&mut self, at: Pos, dn: &Dn, up: bool, effects: &mut Vec<Effect>) {
        let Some(node) = self.nodes.get_mut(dn).filter(|node| node.ee.is_none()) else {
            return;
        };
        if up {
            node.up = node.up.or(Some(at.time));
            self.join_all(at, core::slice::from_ref(dn), effects);
        } else {
            node.up = None;
            self.leave_all(at, core::slice::from_ref(dn), LeaveCause::Failure, effects);
            self.call_off(at, dn, effects);
        }
    }
}

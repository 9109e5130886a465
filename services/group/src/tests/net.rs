//! A group communication system that does no more than the real one promises.
//!
//! Within a ring all messages have one order. Members of a ring that break apart keep a common
//! prefix of it with those that they stay together with, not with the others. Whether a ring is
//! quorate is known when it forms, and told at any time after that.

use crate::{Member, NodeId, RingId, Told};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

/// One node of the network.
#[derive(Clone, Debug, Default)]
struct Port {
    member: Option<Member>,
    /// Sent, but without a place in the order yet.
    unordered: VecDeque<Vec<u8>>,
    /// In order with messages.
    inbox: VecDeque<Told>,
    /// By another way: verdicts overtake messages, and are overtaken.
    verdicts: VecDeque<Told>,
    ring: usize,
}

/// The network.
#[derive(Clone, Debug, Default)]
pub(super) struct Net {
    ports: BTreeMap<NodeId, Port>,
    /// Which nodes hear each other.
    rings: Vec<BTreeSet<NodeId>>,
    number: u64,
    /// Nodes that have a vote each; the line is one more.
    voters: BTreeSet<NodeId>,
    /// Who has the arbitration line.
    pub(super) line: NodeId,
}

impl Net {
    pub(super) fn new(nodes: &[NodeId], voters: &[NodeId]) -> Self {
        let mut net = Self {
            ports: nodes.iter().map(|node| (*node, Port::default())).collect(),
            voters: voters.iter().copied().collect(),
            line: voters[0],
            ..Self::default()
        };
        net.split(&[nodes.iter().copied().collect()], &mut |_| 0);
        net
    }

    fn ring_of(&self, node: NodeId) -> usize {
        self.ports[&node].ring
    }

    fn ring_id(&self, ring: usize) -> RingId {
        let node = self.rings[ring].iter().min().copied().unwrap_or_default();
        let number = self.number + ring as u64;
        RingId { node, number }
    }

    fn members(&self, ring: usize) -> BTreeSet<Member> {
        let nodes = self.rings[ring].iter();
        nodes.filter_map(|node| self.ports[node].member).collect()
    }

    /// Whether a ring has two of three votes, or as many of as many as there are.
    fn is_quorate(&self, ring: usize) -> bool {
        let nodes = &self.rings[ring];
        let votes =
            nodes.intersection(&self.voters).count() + usize::from(nodes.contains(&self.line));
        votes * 2 > self.voters.len() + 1
    }

    pub(super) fn is_up(&self, node: NodeId) -> bool {
        self.ports[&node].member.is_some()
    }

    /// A process joins the group, or leaves it: its ring stays.
    pub(super) fn process(&mut self, node: NodeId, member: Option<Member>) {
        let port = self.ports.get_mut(&node).unwrap();
        *port = Port {
            member,
            ring: port.ring,
            ..Port::default()
        };
        let ring = self.ring_of(node);
        self.tell_config(ring);
        let verdict = self.verdict_on(ring);
        self.ports
            .get_mut(&node)
            .unwrap()
            .verdicts
            .push_back(verdict);
    }

    fn verdict_on(&self, ring: usize) -> Told {
        Told::Quorum {
            ring: self.ring_id(ring),
            quorate: self.is_quorate(ring),
        }
    }

    fn tell_config(&mut self, ring: usize) {
        let config = Told::Config {
            ring: self.ring_id(ring),
            members: self.members(ring),
            nodes: self.rings[ring].clone(),
        };
        for node in self.rings[ring].clone() {
            let port = self.ports.get_mut(&node).unwrap();
            if port.member.is_some() {
                port.inbox.push_back(config.clone());
            }
        }
    }

    fn tell_verdict(&mut self, ring: usize) {
        let verdict = self.verdict_on(ring);
        for node in self.rings[ring].clone() {
            let port = self.ports.get_mut(&node).unwrap();
            if port.member.is_some() {
                port.verdicts.push_back(verdict.clone());
            }
        }
    }

    /// New rings. `random(n)` is below `n`.
    pub(super) fn split(
        &mut self,
        rings: &[BTreeSet<NodeId>],
        random: &mut dyn FnMut(usize) -> usize,
    ) {
        self.number += self.rings.len() as u64 + 1;
        for ring in rings {
            self.keep_common_prefix(ring, random);
        }
        self.rings = rings.to_vec();
        for (number, ring) in rings.iter().enumerate() {
            for node in ring {
                self.ports.get_mut(node).unwrap().ring = number;
            }
        }
        for ring in 0..rings.len() {
            self.tell_config(ring);
            self.tell_verdict(ring);
        }
    }

    /// Those who stay together lose the same tail of what was ordered in their old ring; what they
    /// had sent themselves is sent again.
    fn keep_common_prefix(
        &mut self,
        together: &BTreeSet<NodeId>,
        random: &mut dyn FnMut(usize) -> usize,
    ) {
        let mut of_ring: BTreeMap<usize, Vec<NodeId>> = BTreeMap::new();
        for node in together {
            if self.is_up(*node) {
                of_ring.entry(self.ring_of(*node)).or_default().push(*node);
            }
        }
        for nodes in of_ring.values() {
            // An inbox is a suffix of the ring's order: what all of them have not read yet can go.
            let unread = |node: &NodeId| self.ports[node].inbox.len();
            let all_unread = nodes.iter().map(unread).min().unwrap_or(0);
            let mut lost = random(all_unread + 1);
            let longest = &self.ports[&nodes[0]].inbox;
            let tail = longest.iter().rev().take(lost);
            let messages = tail.take_while(|told| matches!(told, Told::Delivered { .. }));
            lost = messages.count();
            for node in nodes {
                let port = self.ports.get_mut(node).unwrap();
                let from = port.inbox.len() - lost;
                let tail: Vec<Told> = port.inbox.drain(from..).collect();
                let own = port.member;
                for told in tail.into_iter().rev() {
                    match told {
                        Told::Delivered { from, bytes } if Some(from) == own => {
                            port.unordered.push_front(bytes);
                        }
                        Told::Delivered { .. }
                        | Told::Config { .. }
                        | Told::Quorum { .. }
                        | Told::Disconnected(_) => {}
                    }
                }
            }
        }
    }

    pub(super) fn move_line(&mut self, to: NodeId) {
        let rings = 0..self.rings.len();
        let before: Vec<bool> = rings.clone().map(|ring| self.is_quorate(ring)).collect();
        self.line = to;
        for ring in rings {
            if self.is_quorate(ring) != before[ring] {
                self.tell_verdict(ring);
            }
        }
    }

    pub(super) fn send(&mut self, node: NodeId, bytes: Vec<u8>) {
        self.ports
            .get_mut(&node)
            .unwrap()
            .unordered
            .push_back(bytes);
    }

    /// Gives the next message of a node its place in the order; whether there was one.
    pub(super) fn order(&mut self, node: NodeId) -> bool {
        let port = self.ports.get_mut(&node).unwrap();
        let (Some(from), Some(bytes)) = (port.member, port.unordered.pop_front()) else {
            return false;
        };
        let ring = port.ring;
        for node in self.rings[ring].clone() {
            let port = self.ports.get_mut(&node).unwrap();
            if port.member.is_some() {
                let bytes = bytes.clone();
                port.inbox.push_back(Told::Delivered { from, bytes });
            }
        }
        true
    }

    /// What a node is told next, in order with messages.
    pub(super) fn deliver(&mut self, node: NodeId) -> Option<Told> {
        self.ports.get_mut(&node).unwrap().inbox.pop_front()
    }

    /// What a node is told next of votes.
    pub(super) fn verdict(&mut self, node: NodeId) -> Option<Told> {
        self.ports.get_mut(&node).unwrap().verdicts.pop_front()
    }
}

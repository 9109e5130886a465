//! A group communication system that does no more than the real one promises.
//!
//! Within a ring all messages have one order. Members of a ring that break apart keep a common
//! prefix of it with those that they stay together with, not with the others. Whether a ring is
//! quorate is known when it forms, and told at any time after that.

use super::locked;
use group::{Member, NodeId, RingId, Told, Transport, TryAgain};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

/// Most messages of a member that wait for their place in the order.
const UNORDERED_MAX: usize = 64;

/// The network of a simulated cluster. Clones are the same network.
#[derive(Clone, Debug)]
pub struct Net(Arc<Mutex<Rings>>);

/// A member's way into a [`Net`].
#[derive(Clone, Debug)]
pub struct SimPort {
    net: Net,
    member: Member,
}

/// What waits at a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Messages that were sent, and have no place in the order yet.
    pub unordered: usize,
    /// Messages and changes that were not delivered yet.
    pub inbox: usize,
    /// Verdicts on rings that were not delivered yet.
    pub verdicts: usize,
}

/// One node of the network.
#[derive(Clone, Debug, Default)]
struct Place {
    /// Who is in the group there.
    member: Option<Member>,
    /// Whoever runs there finds no group communication system.
    is_cut_off: bool,
    /// Sent, but without a place in the order yet.
    unordered: VecDeque<Vec<u8>>,
    /// In order with messages.
    inbox: VecDeque<Told>,
    /// By another way: verdicts overtake messages, and are overtaken.
    verdicts: VecDeque<Told>,
    /// What the member reads next.
    delivered: VecDeque<Told>,
    ring: usize,
}

#[derive(Clone, Debug, Default)]
struct Rings {
    places: BTreeMap<NodeId, Place>,
    /// Which nodes hear each other.
    rings: Vec<BTreeSet<NodeId>>,
    number: u64,
    /// Nodes that have a vote each; the line is one more.
    voters: BTreeSet<NodeId>,
    /// Who has the arbitration line.
    line: NodeId,
}

impl Net {
    /// All nodes in one ring, without any member. `voters` have a vote each, and the arbitration
    /// line one more: the first of them has it.
    pub fn new(nodes: &[NodeId], voters: &[NodeId]) -> Self {
        let place = |node: &NodeId| (*node, Place::default());
        let mut rings = Rings {
            places: nodes.iter().map(place).collect(),
            voters: voters.iter().copied().collect(),
            line: voters.first().copied().unwrap_or_default(),
            ..Rings::default()
        };
        rings.split(&[nodes.iter().copied().collect()], &mut |_| 0);
        Self(Arc::new(Mutex::new(rings)))
    }

    /// A process joins the group.
    pub fn join(&self, member: Member) -> SimPort {
        let net = self.clone();
        let mut port = SimPort { net, member };
        port.rejoin();
        port
    }

    /// The process on a node dies, and so leaves the group. Its ring stays as it is.
    pub fn crash(&self, node: NodeId) {
        locked(&self.0).process(node, None);
    }

    /// A node dies: nobody is told before the rings are [others](Self::split).
    pub fn vanish(&self, node: NodeId) {
        let rings = &mut *locked(&self.0);
        let place = rings.place(node);
        *place = Place {
            ring: place.ring,
            is_cut_off: place.is_cut_off,
            ..Place::default()
        };
    }

    /// The group communication system of a node dies: its member is told, and finds none until
    /// [`Self::reconnect`].
    pub fn disconnect(&self, node: NodeId) {
        let rings = &mut *locked(&self.0);
        rings.process(node, None);
        let place = rings.place(node);
        place.is_cut_off = true;
        let why = String::from("it died");
        place.delivered.push_back(Told::Disconnected(why));
    }

    /// There is a group communication system again; whoever runs there joins.
    pub fn reconnect(&self, node: NodeId, member: Option<Member>) {
        let rings = &mut *locked(&self.0);
        rings.place(node).is_cut_off = false;
        rings.process(node, member);
    }

    /// Whether somebody on a node is in the group.
    pub fn is_up(&self, node: NodeId) -> bool {
        locked(&self.0).is_up(node)
    }

    /// New rings: each node is in one of them. `random(n)` is below `n`.
    pub fn split(&self, rings: &[BTreeSet<NodeId>], random: &mut dyn FnMut(usize) -> usize) {
        locked(&self.0).split(rings, random);
    }

    /// The rings as they are.
    pub fn rings(&self) -> Vec<BTreeSet<NodeId>> {
        locked(&self.0).rings.clone()
    }

    /// Who has the arbitration line.
    pub fn line(&self) -> NodeId {
        locked(&self.0).line
    }

    /// The arbitration line goes to another node.
    pub fn move_line(&self, to: NodeId) {
        locked(&self.0).move_line(to);
    }

    /// Gives the next message of a node its place in the order; whether there was one.
    pub fn order(&self, node: NodeId) -> bool {
        locked(&self.0).order(node)
    }

    /// Lets a node read what is next in order with messages; whether there was something.
    pub fn deliver(&self, node: NodeId) -> bool {
        let rings = &mut *locked(&self.0);
        let place = rings.place(node);
        let told = place.inbox.pop_front();
        place.delivered.extend(told.clone());
        told.is_some()
    }

    /// Lets a node read the next verdict on a ring; whether there was one.
    pub fn verdict(&self, node: NodeId) -> bool {
        let rings = &mut *locked(&self.0);
        let place = rings.place(node);
        let told = place.verdicts.pop_front();
        place.delivered.extend(told.clone());
        told.is_some()
    }

    /// What waits at a node.
    pub fn waiting(&self, node: NodeId) -> Waiting {
        let rings = &mut *locked(&self.0);
        let place = rings.place(node);
        Waiting {
            unordered: place.unordered.len(),
            inbox: place.inbox.len(),
            verdicts: place.verdicts.len(),
        }
    }
}

impl Transport for SimPort {
    fn multicast(&mut self, bytes: &[u8]) -> Result<(), TryAgain> {
        let rings = &mut *locked(&self.net.0);
        let place = rings.place(self.member.node);
        if place.member != Some(self.member) || place.unordered.len() >= UNORDERED_MAX {
            return Err(TryAgain);
        }
        place.unordered.push_back(bytes.to_vec());
        Ok(())
    }

    fn told(&mut self) -> Option<Told> {
        let rings = &mut *locked(&self.net.0);
        rings.place(self.member.node).delivered.pop_front()
    }

    fn rejoin(&mut self) {
        let rings = &mut *locked(&self.net.0);
        let node = self.member.node;
        rings.process(node, None);
        if !rings.place(node).is_cut_off {
            rings.process(node, Some(self.member));
        }
    }

    fn leave(&mut self) {
        locked(&self.net.0).process(self.member.node, None);
    }
}

impl Rings {
    fn place(&mut self, node: NodeId) -> &mut Place {
        self.places.entry(node).or_default()
    }

    fn ring_of(&self, node: NodeId) -> usize {
        self.places.get(&node).map_or(0, |place| place.ring)
    }

    fn nodes(&self, ring: usize) -> BTreeSet<NodeId> {
        self.rings.get(ring).cloned().unwrap_or_default()
    }

    fn member(&self, node: NodeId) -> Option<Member> {
        self.places.get(&node)?.member
    }

    fn is_up(&self, node: NodeId) -> bool {
        self.member(node).is_some()
    }

    fn ring_id(&self, ring: usize) -> RingId {
        let node = self.nodes(ring).first().copied().unwrap_or_default();
        let number = self.number + ring as u64;
        RingId { node, number }
    }

    /// Whether a ring has two of three votes, or as many of as many as there are.
    fn is_quorate(&self, ring: usize) -> bool {
        let nodes = self.nodes(ring);
        let votes = nodes.intersection(&self.voters).count();
        let votes = votes + usize::from(nodes.contains(&self.line));
        votes * 2 > self.voters.len() + 1
    }

    /// A process joins the group, or leaves it: its ring stays.
    fn process(&mut self, node: NodeId, member: Option<Member>) {
        let place = self.place(node);
        if place.member.is_none() && member.is_none() {
            return;
        }
        *place = Place {
            member,
            ring: place.ring,
            is_cut_off: place.is_cut_off,
            ..Place::default()
        };
        let ring = self.ring_of(node);
        self.tell_config(ring);
        if member.is_some() {
            let verdict = self.verdict_on(ring);
            self.place(node).verdicts.push_back(verdict);
        }
    }

    fn verdict_on(&self, ring: usize) -> Told {
        Told::Quorum {
            ring: self.ring_id(ring),
            quorate: self.is_quorate(ring),
        }
    }

    /// The nodes of a ring that somebody is on.
    fn manned(&mut self, ring: usize) -> impl Iterator<Item = &mut Place> {
        let nodes = self.nodes(ring);
        let places = self.places.iter_mut();
        let of_ring = places.filter(move |(node, _)| nodes.contains(node));
        of_ring
            .map(|(_, place)| place)
            .filter(|place| place.member.is_some())
    }

    fn tell_config(&mut self, ring: usize) {
        let nodes = self.nodes(ring);
        let config = Told::Config {
            ring: self.ring_id(ring),
            members: nodes.iter().filter_map(|node| self.member(*node)).collect(),
            nodes,
        };
        for place in self.manned(ring) {
            place.inbox.push_back(config.clone());
        }
    }

    fn tell_verdict(&mut self, ring: usize) {
        let verdict = self.verdict_on(ring);
        for place in self.manned(ring) {
            place.verdicts.push_back(verdict.clone());
        }
    }

    fn split(&mut self, rings: &[BTreeSet<NodeId>], random: &mut dyn FnMut(usize) -> usize) {
        self.number += self.rings.len() as u64 + 1;
        for ring in rings {
            self.keep_common_prefix(ring, random);
        }
        self.rings = rings.to_vec();
        for (number, ring) in rings.iter().enumerate() {
            for node in ring {
                self.place(*node).ring = number;
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
            let inboxes = || nodes.iter().filter_map(|node| self.places.get(node));
            let unread = inboxes().map(|place| place.inbox.len());
            let mut lost = random(unread.min().unwrap_or(0) + 1);
            if let Some(longest) = inboxes().next() {
                let tail = longest.inbox.iter().rev().take(lost);
                let messages = tail.take_while(|told| matches!(told, Told::Delivered { .. }));
                lost = messages.count();
            }
            for node in nodes {
                self.place(*node).lose(lost);
            }
        }
    }

    fn move_line(&mut self, to: NodeId) {
        let rings = 0..self.rings.len();
        let before: Vec<bool> = rings.map(|ring| self.is_quorate(ring)).collect();
        self.line = to;
        for (ring, was_quorate) in before.into_iter().enumerate() {
            if self.is_quorate(ring) != was_quorate {
                self.tell_verdict(ring);
            }
        }
    }

    fn order(&mut self, node: NodeId) -> bool {
        let place = self.place(node);
        let (Some(from), Some(bytes)) = (place.member, place.unordered.pop_front()) else {
            return false;
        };
        let ring = place.ring;
        for place in self.manned(ring) {
            let bytes = bytes.clone();
            place.inbox.push_back(Told::Delivered { from, bytes });
        }
        true
    }
}

impl Place {
    /// Loses the last messages of the order; its own go back to those without a place in it.
    fn lose(&mut self, messages: usize) {
        let from = self.inbox.len().saturating_sub(messages);
        for told in self.inbox.split_off(from).into_iter().rev() {
            match told {
                Told::Delivered { from, bytes } if Some(from) == self.member => {
                    self.unordered.push_front(bytes);
                }
                Told::Delivered { .. }
                | Told::Config { .. }
                | Told::Quorum { .. }
                | Told::Disconnected(_) => {}
            }
        }
    }
}

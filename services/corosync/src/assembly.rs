//! What the group is told, made of what CPG and the quorum service say.
//!
//! CPG tells the ring and the members of the group apart, and knows a member by its process id
//! only, which the next process on the node may have too; so does the same process when it leaves
//! and comes back, and a group that somebody joined and left is the one it was before. Changes of
//! the membership could then look the same to the group, and what was said after the first be
//! taken as said after the second. So members introduce themselves:
//!
//! - Whenever somebody joins, all say a [hello](frame_hello). It has the incarnation of the
//!   process, and a number that is in no other hello.
//! - The change is told when all have said hello after it. What is said until then was said by
//!   members that were not told it either, and is told as before it; nothing is held up. To lose
//!   members needs no word from anybody: what a fail-over waits for is not delayed. Who waits for
//!   long [asks](ASK), and all begin anew.
//! - The ring's number as the group sees it is made of Totem's and of the members' last hellos: no
//!   two changes have the same, and all members find the same for one. Verdicts on a ring are told
//!   for each number that it was given.

use crate::ffi::{Address, CpgEvent, Reason};
use group::{Member, NodeId, RingId, Told};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Last byte of a frame: a message of the group's.
pub(crate) const MESSAGE: u8 = 0;
/// Last byte of a frame: a member introduces itself.
const HELLO: u8 = 1;
/// A frame: somebody waits for a hello, and all say another one.
pub(crate) const ASK: [u8; 1] = [2];
/// Bytes of a hello.
const HELLO_BYTES: usize = 4 + 8 + 1;

/// Low bits of a ring's number that are made of the members' hellos. Totem's number grows by at
/// least 1 with each ring, of which the 40 bits that remain have enough.
const MEMBERS_BITS: u32 = 24;

/// Most rings of which verdicts are remembered.
const RINGS_MAX: usize = 16;

/// Most verdicts on a ring before it is told.
const EARLY_MAX: usize = 16;

/// What a hello says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hello {
    /// Another one with each process.
    pub(crate) incarnation: u32,
    /// Another one with each hello.
    pub(crate) number: u64,
}

/// A Totem ring, and what was said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ring {
    /// `(node, number)`, as Totem has it.
    totem: (u32, u64),
    /// As it was told: each time before the first verdict, and after that the last time.
    told: Vec<RingId>,
    /// Verdicts before it was told, and after that the last one.
    verdicts: Vec<bool>,
}

impl Ring {
    /// What was said before does not matter any more.
    fn has_last(&mut self, quorate: bool) {
        self.verdicts = vec![quorate];
        self.told.drain(..self.told.len().saturating_sub(1));
    }
}

/// Who came, or went, and why.
type Changes = [(Address, Reason)];

/// One stay in the group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assembly {
    /// The ring that Totem has now, and its nodes.
    ring: Option<((u32, u64), BTreeSet<NodeId>)>,
    members: BTreeSet<Address>,
    /// Those of the change that was told last, but for who left since.
    current: BTreeMap<Address, Member>,
    incarnations: BTreeMap<Address, u32>,
    /// Numbers of the hellos that were said since somebody joined.
    hellos: BTreeMap<Address, u64>,
    /// The members changed with the ring, which is told next.
    awaits_ring: bool,
    /// A change waits for hellos.
    awaits_hellos: bool,
    rings: VecDeque<Ring>,
    owes_hello: bool,
}

/// A hello.
pub(crate) fn frame_hello(hello: Hello) -> [u8; HELLO_BYTES] {
    let mut frame = [HELLO; HELLO_BYTES];
    frame[..4].copy_from_slice(&hello.incarnation.to_le_bytes());
    frame[4..12].copy_from_slice(&hello.number.to_le_bytes());
    frame
}

fn read_hello(bytes: &[u8]) -> Option<Hello> {
    let (incarnation, number) = bytes.split_first_chunk::<4>()?;
    Some(Hello {
        incarnation: u32::from_le_bytes(*incarnation),
        number: u64::from_le_bytes(number.try_into().ok()?),
    })
}

impl Assembly {
    /// Whether this member owes the others a hello; it is taken as said.
    pub(crate) fn take_hello(&mut self) -> bool {
        std::mem::take(&mut self.owes_hello)
    }

    /// Whether no change was told yet, or one waits for somebody to introduce himself.
    pub(crate) fn is_waiting(&self) -> bool {
        self.awaits_hellos || self.ring.is_none()
    }

    /// Takes in what CPG says, and tells what comes of it.
    pub(crate) fn step(&mut self, event: CpgEvent, told: &mut Vec<Told>) {
        match event {
            CpgEvent::Deliver { from, bytes } => self.delivered(from, bytes, told),
            CpgEvent::Confchg {
                members,
                left,
                joined,
            } => {
                self.changed((members, &left, &joined), told);
            }
            CpgEvent::TotemConfchg { ring, nodes } => {
                self.new_ring(ring, nodes, told);
            }
        }
        self.settle(told);
    }

    /// Takes in whether a ring is quorate, and tells it if the ring was told.
    pub(crate) fn verdict(&mut self, ring: (u32, u64), quorate: bool, told: &mut Vec<Told>) {
        let known = self.known_ring(ring);
        if known.told.is_empty() {
            // So many have both verdicts among them: the last one is missing.
            known.verdicts.truncate(EARLY_MAX - 1);
            known.verdicts.push(quorate);
            return;
        }
        for ring in known.told.iter().copied() {
            told.push(Told::Quorum { ring, quorate });
        }
        known.has_last(quorate);
    }

    fn changed(
        &mut self,
        (members, left, joined): (Vec<Address>, &Changes, &Changes),
        told: &mut Vec<Told>,
    ) {
        // Nothing comes between such a change and its ring, which CPG tells last.
        let by_ring = |(_, reason): &(Address, Reason)| *reason == Reason::Node;
        if left.iter().chain(joined).any(by_ring) {
            self.ring_ends(told);
            self.awaits_ring = true;
        }
        for (address, _) in left.iter().chain(joined) {
            self.current.remove(address);
            self.incarnations.remove(address);
            self.hellos.remove(address);
        }
        self.members = members.into_iter().collect();
        self.awaits_hellos = true;
        if !joined.is_empty() {
            self.begin_anew();
        }
    }

    /// All say hello.
    fn begin_anew(&mut self) {
        self.hellos.clear();
        self.owes_hello = true;
        self.awaits_hellos = true;
    }

    fn new_ring(&mut self, ring: (u32, u64), nodes: Vec<u32>, told: &mut Vec<Told>) {
        if self.ring.as_ref().is_some_and(|(old, _)| *old != ring) {
            self.ring_ends(told);
        }
        self.ring = Some((ring, nodes.into_iter().map(NodeId).collect()));
        self.awaits_ring = false;
        self.awaits_hellos |= !self.members.is_empty();
    }

    /// A change that waits ends with its ring. That this member was in that ring is told
    /// nevertheless, for the ring may not have been quorate; but not as its first one.
    fn ring_ends(&mut self, told: &mut Vec<Told>) {
        if !self.awaits_hellos || self.awaits_ring || self.current.is_empty() {
            return;
        }
        let all = self.members.clone();
        self.members
            .retain(|member| self.incarnations.contains_key(member));
        self.tell_config(told);
        self.members = all;
    }

    fn delivered(&mut self, from: Address, mut bytes: Vec<u8>, told: &mut Vec<Told>) {
        match bytes.split_last() {
            Some((&MESSAGE, _)) => {
                // Who is not in the change that was told last does not speak of it.
                if let Some(from) = self.current.get(&from).copied() {
                    bytes.pop();
                    told.push(Told::Delivered { from, bytes });
                }
            }
            Some((&HELLO, hello)) if self.members.contains(&from) && self.awaits_hellos => {
                if let Some(hello) = read_hello(hello) {
                    self.incarnations.insert(from, hello.incarnation);
                    self.hellos.entry(from).or_insert(hello.number);
                }
            }
            Some(_) if bytes == ASK && self.members.contains(&from) => self.begin_anew(),
            // Not of this group's kind; a later version may have more kinds.
            Some(_) | None => {}
        }
    }

    /// Tells the change that waits, if everybody in it has said hello.
    fn settle(&mut self, told: &mut Vec<Told>) {
        let has_spoken = |member: &Address| self.hellos.contains_key(member);
        let is_complete = !self.awaits_ring
            && self.ring.is_some()
            && !self.members.is_empty()
            && self.members.iter().all(has_spoken);
        if self.awaits_hellos && is_complete {
            self.awaits_hellos = false;
            self.tell_config(told);
        }
    }

    fn member(&self, address: Address) -> Option<Member> {
        let incarnation = *self.incarnations.get(&address)?;
        let node = NodeId(address.node);
        Some(Member { node, incarnation })
    }

    fn tell_config(&mut self, told: &mut Vec<Told>) {
        let Some((totem, nodes)) = self.ring.clone() else {
            return;
        };
        let ring = RingId {
            node: NodeId(totem.0),
            number: totem.1 << MEMBERS_BITS | self.digest(),
        };
        let known = |address: &Address| Some((*address, self.member(*address)?));
        self.current = self.members.iter().filter_map(known).collect();
        told.push(Told::Config {
            ring,
            members: self.current.values().copied().collect(),
            nodes,
        });
        let known = self.known_ring(totem);
        known.told.push(ring);
        let Some(last) = known.verdicts.last().copied() else {
            return;
        };
        for quorate in &known.verdicts {
            let quorate = *quorate;
            told.push(Told::Quorum { ring, quorate });
        }
        known.has_last(last);
    }

    /// What is remembered of a ring.
    fn known_ring(&mut self, totem: (u32, u64)) -> &mut Ring {
        let found = self.rings.iter().position(|ring| ring.totem == totem);
        let at = found.unwrap_or_else(|| {
            if self.rings.len() >= RINGS_MAX {
                self.rings.pop_front();
            }
            self.rings.push_back(Ring {
                totem,
                told: Vec::new(),
                verdicts: Vec::new(),
            });
            self.rings.len() - 1
        });
        &mut self.rings[at]
    }

    /// A number made of who is there, and what their hellos were: FNV-1a, which all members have in
    /// common whatever they were built with.
    fn digest(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for address in &self.members {
            let incarnation = self.incarnations.get(address).copied().unwrap_or_default();
            let number = self.hellos.get(address).copied().unwrap_or_default();
            let words = [u64::from(address.node), incarnation.into(), number];
            for byte in words.into_iter().flat_map(u64::to_le_bytes) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        (hash ^ hash >> 32) & ((1 << MEMBERS_BITS) - 1)
    }
}

#[cfg(test)]
mod tests;

//! What the group is told, made of what CPG and the quorum service say.
//!
//! CPG tells the ring and the members of the group apart, and knows a member by its process id
//! only, which the next process on the node may have too; so does the same process when it leaves
//! and comes back. Two changes of the membership could then look the same to the group, and what
//! was said after the first be taken as said after the second. So members introduce themselves:
//!
//! - Whoever joins says a [hello](frame_hello) before anything else, and so does everybody else
//!   when somebody joins. It has the incarnation of its process, and a number drawn for this stay
//!   in the group.
//! - A change is told when everybody in it is known; messages that came in the meantime are told
//!   after it. To lose members needs no word from anybody: what a fail-over waits for is not
//!   delayed. Who waits for long [asks](ASK).
//! - The ring's number as the group sees it is made of Totem's and of all members' numbers.
//!   Verdicts on a ring are told for each number that it was given.

use crate::ffi::{Address, CpgEvent, Reason, Verdict};
use group::{Member, NodeId, RingId, Told};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Last byte of a frame: a message of the group's.
pub(crate) const MESSAGE: u8 = 0;
/// Last byte of a frame: a member introduces itself.
const HELLO: u8 = 1;
/// A frame: somebody does not know everybody, and all introduce themselves.
pub(crate) const ASK: [u8; 1] = [2];
/// Bytes of a hello.
const HELLO_BYTES: usize = 4 + 8 + 1;

/// Low bits of a ring's number that are made of the members' numbers. Totem's number grows by at
/// least 1 with each ring, of which the 40 bits that remain have enough.
const MEMBERS_BITS: u32 = 24;

/// Most bytes of messages that wait for a change to be told; more is a member that never says
/// hello while others send.
const HELD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most rings of which verdicts are remembered.
const RINGS_MAX: usize = 16;

/// Most verdicts on a ring before it is told.
const EARLY_MAX: usize = 16;

/// Who this is in the group now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Introduction {
    /// Another one with each process.
    pub(crate) incarnation: u32,
    /// Another one each time that it joins.
    pub(crate) stay: u64,
}

/// Members wait for somebody's hello, and too much was said in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoHello;

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
    known: BTreeMap<Address, (u32, u64)>,
    /// The members changed with the ring, which is told next.
    awaits_ring: bool,
    /// A change waits for hellos.
    awaits_hellos: bool,
    held: VecDeque<(Address, Vec<u8>)>,
    held_bytes: usize,
    rings: VecDeque<Ring>,
    owes_hello: bool,
}

/// A hello.
pub(crate) fn frame_hello(who: Introduction) -> [u8; HELLO_BYTES] {
    let mut frame = [HELLO; HELLO_BYTES];
    frame[..4].copy_from_slice(&who.incarnation.to_le_bytes());
    frame[4..12].copy_from_slice(&who.stay.to_le_bytes());
    frame
}

fn read_hello(bytes: &[u8]) -> Option<(u32, u64)> {
    let (incarnation, stay) = bytes.split_first_chunk::<4>()?;
    let stay = stay.try_into().ok()?;
    Some((u32::from_le_bytes(*incarnation), u64::from_le_bytes(stay)))
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
    pub(crate) fn step(&mut self, event: CpgEvent, told: &mut Vec<Told>) -> Result<(), NoHello> {
        match event {
            CpgEvent::Deliver { from, bytes } => return self.delivered(from, bytes, told),
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
        Ok(())
    }

    /// Takes in whether a ring is quorate, and tells it if the ring was told.
    pub(crate) fn verdict(&mut self, verdict: Verdict, told: &mut Vec<Told>) {
        let Verdict { ring, quorate } = verdict;
        let known = self.known_ring(ring);
        if known.told.is_empty() && known.verdicts.len() < EARLY_MAX {
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
            self.known.remove(address);
        }
        for (address, _) in left {
            self.held.retain(|(from, _)| from != address);
        }
        self.held_bytes = self.held.iter().map(|(_, bytes)| bytes.len()).sum();
        self.members = members.into_iter().collect();
        self.owes_hello |= !joined.is_empty();
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
        let has_begun = self.rings.iter().any(|ring| !ring.told.is_empty());
        if !self.awaits_hellos || self.awaits_ring || !has_begun {
            return;
        }
        let all = self.members.clone();
        self.members
            .retain(|member| self.known.contains_key(member));
        self.tell_config(told);
        self.members = all;
    }

    fn delivered(
        &mut self,
        from: Address,
        bytes: Vec<u8>,
        told: &mut Vec<Told>,
    ) -> Result<(), NoHello> {
        match bytes.split_last() {
            Some((&MESSAGE, _)) if self.awaits_hellos => {
                self.held_bytes += bytes.len();
                self.held.push_back((from, bytes));
                if self.held_bytes > HELD_BYTES_MAX {
                    return Err(NoHello);
                }
            }
            Some((&MESSAGE, _)) => self.tell_message(from, bytes, told),
            Some((&HELLO, hello)) if self.members.contains(&from) => {
                if let Some(hello) = read_hello(hello) {
                    self.known.entry(from).or_insert(hello);
                    self.settle(told);
                }
            }
            Some(_) if bytes == ASK => self.owes_hello = true,
            // Not of this group's kind; a later version may have more kinds.
            Some(_) | None => {}
        }
        Ok(())
    }

    /// Tells the change that waits, if everybody in it is known.
    fn settle(&mut self, told: &mut Vec<Told>) {
        let is_known = |member: &Address| self.known.contains_key(member);
        let is_complete = !self.awaits_ring
            && self.ring.is_some()
            && !self.members.is_empty()
            && self.members.iter().all(is_known);
        if !self.awaits_hellos || !is_complete {
            return;
        }
        self.awaits_hellos = false;
        self.tell_config(told);
        self.held_bytes = 0;
        for (from, bytes) in std::mem::take(&mut self.held) {
            self.tell_message(from, bytes, told);
        }
    }

    fn tell_message(&self, from: Address, mut bytes: Vec<u8>, told: &mut Vec<Told>) {
        // Who has left before the change was told is not in it.
        if let Some(from) = self.member(from) {
            bytes.pop();
            told.push(Told::Delivered { from, bytes });
        }
    }

    fn member(&self, address: Address) -> Option<Member> {
        let (incarnation, _) = self.known.get(&address)?;
        Some(Member {
            node: NodeId(address.node),
            incarnation: *incarnation,
        })
    }

    fn tell_config(&mut self, told: &mut Vec<Told>) {
        let Some((totem, nodes)) = self.ring.clone() else {
            return;
        };
        let ring = RingId {
            node: NodeId(totem.0),
            number: totem.1 << MEMBERS_BITS | self.digest(),
        };
        told.push(Told::Config {
            ring,
            members: self
                .members
                .iter()
                .filter_map(|it| self.member(*it))
                .collect(),
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

    /// A number made of who is there, and since when: FNV-1a, which all members have in common
    /// whatever they were built with.
    fn digest(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for (address, (incarnation, stay)) in &self.known {
            if !self.members.contains(address) {
                continue;
            }
            let words = [u64::from(address.node), (*incarnation).into(), *stay];
            for byte in words.into_iter().flat_map(u64::to_le_bytes) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        (hash ^ hash >> 32) & ((1 << MEMBERS_BITS) - 1)
    }
}

#[cfg(test)]
mod tests;

//! A group of one: what is sent comes back.

use group::{Member, NodeId, RingId, Told, Transport, TryAgain};
use std::collections::{BTreeSet, VecDeque};

/// The way to the others of a member that has none.
#[derive(Debug)]
pub struct Loopback {
    member: Member,
    rings: u64,
    told: VecDeque<Told>,
}

impl Loopback {
    /// The only member.
    pub fn new(member: Member) -> Self {
        let mut alone = Self {
            member,
            rings: 0,
            told: VecDeque::new(),
        };
        alone.rejoin();
        alone
    }

    /// The ring of this node alone, numbered anew each time.
    fn ring(&self) -> RingId {
        RingId {
            node: self.member.node,
            number: self.rings,
        }
    }
}

impl Transport for Loopback {
    fn multicast(&mut self, bytes: &[u8]) -> Result<(), TryAgain> {
        self.told.push_back(Told::Delivered {
            from: self.member,
            bytes: bytes.to_vec(),
        });
        Ok(())
    }

    fn told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    fn rejoin(&mut self) {
        self.leave();
        self.rings += 1;
        let ring = self.ring();
        let nodes: BTreeSet<NodeId> = [self.member.node].into();
        self.told.push_back(Told::Config {
            ring,
            members: [self.member].into(),
            nodes,
        });
        let quorate = true;
        self.told.push_back(Told::Quorum { ring, quorate });
    }

    fn leave(&mut self) {
        self.told.clear();
    }
}

//! Who is in the group now, what they said, and whether the ring is quorate.

use crate::{Hash, Member, RingId, Role, State};
use alloc::collections::{BTreeMap, BTreeSet};
use sha2::{Digest, Sha256};

/// Most rings whose verdict is still to come; more are a storm, after which nothing is known.
const RINGS_MAX: usize = 64;

/// Most verdicts that came before the change that they belong to.
const EARLY_MAX: usize = 16;

/// What was said of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Verdicts {
    first: bool,
    last: bool,
}

/// The view as this member sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    ring: RingId,
    members: BTreeSet<Member>,
    /// Hash over both: what was said in another view may still come.
    id: Hash,
    states: BTreeMap<Member, State>,
    /// Members that speak another version: the view does without them, and they without it.
    strangers: BTreeSet<Member>,
    /// Whether `ring` is quorate, once that is known.
    quorate: Option<bool>,
    /// Since this member was primary, each ring was quorate from the start, as far as is known.
    direct: bool,
    /// Rings since then of which that is not known.
    open: BTreeSet<RingId>,
    /// Verdicts on rings that are still to come.
    early: BTreeMap<RingId, Verdicts>,
    /// How often members spoke anew in this view.
    round: u64,
    forced: bool,
}

impl View {
    pub(crate) fn id(&self) -> Hash {
        self.id
    }

    pub(crate) fn members(&self) -> &BTreeSet<Member> {
        &self.members
    }

    pub(crate) fn is_quorate(&self) -> Option<bool> {
        self.quorate
    }

    pub(crate) fn is_direct(&self) -> bool {
        self.direct && self.open.is_empty()
    }

    pub(crate) fn is_forced(&self) -> bool {
        self.forced
    }

    pub(crate) fn force(&mut self) {
        self.forced = true;
    }

    pub(crate) fn round(&self) -> u64 {
        self.round
    }

    /// All members speak anew.
    pub(crate) fn new_round(&mut self, was_primary: bool) {
        if was_primary {
            self.direct = true;
            self.open.clear();
        }
        self.round += 1;
        self.states.clear();
    }

    /// The view goes on without this member's log.
    pub(crate) fn left_behind(&mut self) {
        self.direct = false;
    }

    pub(crate) fn role_of(&self, member: Member) -> Option<Role> {
        self.states.get(&member).map(|state| state.role)
    }

    /// What all have said; `None` while somebody has not.
    pub(crate) fn all_states(&self) -> Option<&BTreeMap<Member, State>> {
        let spoke = |it: &Member| self.states.contains_key(it) || self.is_stranger(*it);
        let all = self.members.iter().all(spoke);
        (all && !self.states.is_empty()).then_some(&self.states)
    }

    /// A member said something that cannot be read; whether that is news.
    pub(crate) fn is_strange(&mut self, member: Member) -> bool {
        let is_known = self.states.contains_key(&member) || !self.members.contains(&member);
        !is_known && self.strangers.insert(member)
    }

    pub(crate) fn is_stranger(&self, member: Member) -> bool {
        self.strangers.contains(&member)
    }

    /// The membership changed. `was_primary`: nobody could have gone on without this member.
    pub(crate) fn changed(&mut self, ring: RingId, members: &BTreeSet<Member>, was_primary: bool) {
        if was_primary {
            self.direct = true;
            self.open.clear();
        }
        self.members.clone_from(members);
        self.id = id(ring, members);
        self.states.clear();
        self.strangers.clear();
        (self.forced, self.round) = (false, 0);
        if ring == self.ring {
            return;
        }
        self.ring = ring;
        self.early.retain(|early, _| early.number >= ring.number);
        let early = self.early.remove(&ring);
        self.quorate = early.map(|verdicts| verdicts.last);
        match early {
            Some(verdicts) => self.direct &= verdicts.first && verdicts.last,
            None if self.open.len() < RINGS_MAX => {
                self.open.insert(ring);
            }
            None => self.direct = false,
        }
    }

    /// A ring is quorate, or is not; whether that says something new about the present one.
    pub(crate) fn verdict(&mut self, ring: RingId, quorate: bool) -> bool {
        if self.open.remove(&ring) || ring == self.ring {
            self.direct &= quorate;
        } else if ring.number > self.ring.number && self.early.len() < EARLY_MAX {
            let (first, last) = (quorate, quorate);
            let known = self.early.entry(ring).or_insert(Verdicts { first, last });
            known.last = quorate;
        }
        let is_new = ring == self.ring && self.quorate != Some(quorate);
        if is_new {
            self.quorate = Some(quorate);
        }
        is_new
    }

    /// A member said where it stands; whether that was about this view.
    pub(crate) fn spoke(&mut self, member: Member, state: State) -> bool {
        let is_now = (state.view, state.round) == (self.id, self.round);
        if !is_now || !self.members.contains(&member) {
            return false;
        }
        self.states.insert(member, state);
        true
    }
}

fn id(ring: RingId, members: &BTreeSet<Member>) -> Hash {
    let mut hash = Sha256::new();
    hash.update(ring.node.0.to_le_bytes());
    hash.update(ring.number.to_le_bytes());
    for member in members {
        hash.update(member.node.0.to_le_bytes());
        hash.update(member.incarnation.to_le_bytes());
    }
    Hash(hash.finalize().into())
}

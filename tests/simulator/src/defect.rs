//! Defects of the program: entries that end the process of whoever applies them.
//!
//! What the replica makes of it is its own: [`appliance::Member`] stops before an entry that ended
//! it too often, and asks for it to be skipped by all. A defect of one CMM only leaves the other
//! one with what the entry did, in its state and, where it was just about to keep one,
//! in its snapshot.

use crate::world::World;
use appliance::{CRASHES_MAX, Command, Member, Replay};
use engine::Engine;
use engine::sim::Recovered;
use group::{Content, Event};
use machine::NodeId;
use machine::log::Entry;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// The defects that there are.
#[derive(Default)]
pub(crate) struct Defects {
    /// What is written next brings one out; on all members, or on one.
    next: Option<Option<NodeId>>,
    /// Tags of the commands that do.
    tags: BTreeMap<u64, Option<NodeId>>,
    /// Entries that members were told to skip.
    pub(crate) quarantined: BTreeSet<u64>,
    /// How often a CMM found that its snapshot has such an entry.
    pub(crate) spoilt: u64,
}

impl Defects {
    /// What is written next brings a defect out.
    pub(crate) fn strike(&mut self, whose: Option<NodeId>) {
        self.next = Some(whose);
    }

    /// Whether what is written next brings one out.
    pub(crate) fn is_next(&self) -> bool {
        self.next.is_some()
    }

    /// A client writes something.
    pub(crate) fn written(&mut self, tag: u64) {
        if let Some(whose) = self.next.take() {
            self.tags.insert(tag, whose);
        }
    }

    /// What is written from now on brings none out.
    pub(crate) fn mend(&mut self) {
        self.next = None;
    }

    /// Entries that members were told to skip.
    pub(crate) fn count(&self) -> u64 {
        u64::try_from(self.quarantined.len()).unwrap_or(u64::MAX)
    }

    fn is_in(&self, entry: &Entry, id: NodeId) -> bool {
        let Some(Content::Command { command, .. }) = Content::of(entry) else {
            return false;
        };
        let Ok(Command::Ccb { tag, .. }) = Command::decode(&command) else {
            return false;
        };
        let whose = self.tags.get(&tag);
        whose.is_some_and(|whose| whose.is_none_or(|whose| whose == id))
    }
}

impl World {
    /// Whether a member that applies this entry ends by it.
    pub(crate) fn brings_down(&mut self, id: NodeId, entry: &Entry) -> bool {
        if self.defects.tags.is_empty() || !self.defects.is_in(entry, id) {
            return false;
        }
        let running = self.nodes[&id].running.as_ref();
        running.is_some_and(|it| {
            let event = Event::Entry(entry.clone());
            it.member.would_apply(&event).is_some()
        })
    }

    /// An entry ends the process that applies it.
    pub(crate) fn crash(&mut self, id: NodeId, index: u64) {
        self.trace(id, || format!("is ended by entry {index}"));
        if let Some(running) = self.running(id) {
            // A disk that cannot note it leaves the next process to find out again.
            let _ = running.engine.note_crash(index);
        }
        self.kill(id);
        let delay = self.dice.millis(300, 1_500);
        self.start_later(id, delay);
    }

    /// A process that starts applies what its disk has: as often as its daemon tries, unless it was
    /// told to skip it. What becomes of it.
    pub(crate) fn replay(&mut self, id: NodeId, found: &Recovered) -> Option<Member> {
        let mut crashes: BTreeMap<u64, u32> = self.nodes[&id].disk.crashes().into_iter().collect();
        let has_snapshot = found.base.position().index > 0;
        let state = self.begun_with(id, found.state.clone());
        loop {
            let tried = RefCell::new(Vec::new());
            let held = Replay {
                snapshot: has_snapshot.then_some(state.as_slice()),
                entries: &found.entries,
                crashes: &crashes.clone().into_iter().collect::<Vec<_>>(),
                watch: &|index| tried.borrow_mut().push(index),
            };
            let member = match Member::replay(id, self.program(id), held) {
                Ok(member) => member,
                Err(why) => {
                    self.unfit(id, why);
                    return None;
                }
            };
            let tried = tried.into_inner();
            let entries = found.entries.iter();
            let mut applied = entries.filter(|entry| tried.contains(&entry.pos.index));
            let Some(bad) = applied.find(|entry| self.defects.is_in(entry, id)) else {
                return Some(member);
            };
            let index = bad.pos.index;
            self.trace(id, || format!("is ended by entry {index} again"));
            crashes.insert(index, CRASHES_MAX);
        }
    }
}

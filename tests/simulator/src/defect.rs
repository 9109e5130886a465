//! Defects of the program: entries that end the process of whoever applies them.
//!
//! What the replica makes of it is its own: [`appliance::Member`] stops before an entry that ended
//! it too often, and asks for it to be skipped by all.

use crate::world::{CMMS, World};
use appliance::{CRASHES_MAX, Command};
use engine::Engine;
use group::Content;
use machine::NodeId;
use machine::log::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// The defects that there are.
#[derive(Default)]
pub(crate) struct Defects {
    /// What is written next brings one out; on all members, or on one.
    next: Option<Option<NodeId>>,
    /// Tags of the commands that do.
    tags: BTreeMap<u64, Option<NodeId>>,
    /// Entries that members were told to skip.
    quarantined: BTreeSet<u64>,
}

impl Defects {
    /// What is written next brings a defect out.
    pub(crate) fn strike(&mut self, whose: Option<NodeId>) {
        self.next = Some(whose);
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
        self.defects.quarantined.extend(quarantined(entry));
        if self.defects.tags.is_empty() || !self.defects.is_in(entry, id) {
            return false;
        }
        let running = self.nodes[&id].running.as_ref();
        running.is_some_and(|it| {
            let is_condemned = it.condemned.contains(&entry.pos.index);
            !is_condemned && it.member.stuck().is_none()
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
    /// told to skip it. Which entries ended it, and how often.
    pub(crate) fn crash_again(&mut self, id: NodeId, entries: &[Entry]) -> Vec<(u64, u32)> {
        let disk = self.nodes[&id].disk.clone();
        let skipped: BTreeSet<u64> = entries.iter().filter_map(quarantined).collect();
        let mut crashes: BTreeMap<u64, u32> = disk.crashes().into_iter().collect();
        for entry in entries {
            let index = entry.pos.index;
            let count = crashes.get(&index).copied().unwrap_or(0);
            let is_tried = count < CRASHES_MAX && !skipped.contains(&index);
            if is_tried && CMMS.contains(&id) && self.defects.is_in(entry, id) {
                self.trace(id, || format!("is ended by entry {index} again"));
                crashes.insert(index, CRASHES_MAX);
            }
        }
        crashes.into_iter().collect()
    }
}

/// The entries of which a member knows from the start that it does not apply them.
pub(crate) fn condemned(crashes: &[(u64, u32)]) -> BTreeSet<u64> {
    let often = crashes.iter().filter(|(_, count)| *count >= CRASHES_MAX);
    often.map(|(index, _)| *index).collect()
}

fn quarantined(entry: &Entry) -> Option<u64> {
    match Content::of(entry)? {
        Content::Command { command, .. } => Command::quarantines(&command),
        Content::Primary { .. } => None,
    }
}

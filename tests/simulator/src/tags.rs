//! Which entries clients of a member wait for.

use crate::member::Running;
use appliance::{Command, Member};
use group::{Content, Hash};
use machine::NodeId;
use machine::log::Entry;
use std::collections::BTreeMap;

/// Remembers which entry a client of this member waits for.
pub(crate) fn note_tag(running: &mut Running, id: NodeId, entry: &Entry) {
    if let Some(tag) = tag_of(id, entry) {
        let position = running.ledger.position();
        running.tags.insert(tag, (position.index, position.hash));
    }
}

/// What a member that starts answers later, whoever asked: what it has stopped before.
pub(crate) fn answered_later(
    member: &Member,
    entries: &[Entry],
    chain: &BTreeMap<u64, Hash>,
) -> BTreeMap<u64, (u64, Hash)> {
    let Some(stuck) = member.stuck() else {
        return BTreeMap::new();
    };
    let later = entries.iter().filter(|entry| entry.pos.index >= stuck);
    let tags = later.filter_map(|entry| {
        let index = entry.pos.index;
        Some((tag_of(member.me(), entry)?, (index, *chain.get(&index)?)))
    });
    tags.collect()
}

/// What a client of this member knows its command by.
fn tag_of(id: NodeId, entry: &Entry) -> Option<u64> {
    if let Content::Command { from, command, .. } = Content::of(entry)?
        && from == id
    {
        use Command::{Ccb, Hpi, Invoke};
        if let Ccb { tag, .. } | Invoke { tag, .. } | Hpi { tag, .. } =
            Command::decode(&command).ok()?
        {
            return Some(tag);
        }
    }
    None
}

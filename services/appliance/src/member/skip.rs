//! Entries that crash this member, and entries that all members skip.

use super::{Do, Member, Ownership, Stuck};
use crate::Command;
use alloc::vec::Vec;
use group::Content;
use machine::log::Entry;

impl Member {
    /// Whether this entry would be applied now.
    pub(super) fn tries(&self, index: u64) -> bool {
        let is_tried = !self.condemned.contains(&index) && !self.skipped.contains(&index);
        self.applies() && is_tried
    }

    /// Finds which entries are skipped before any of those that a journal held is applied, and
    /// whether its snapshot has one of them already.
    pub(super) fn foresee(&mut self, entries: &[Entry]) {
        let mut ahead = self.quarantine.clone();
        let skipped = entries.iter().filter_map(|entry| {
            let content = Content::of(entry)?;
            ahead.follow(entry.pos.index, &content)
        });
        self.skipped = skipped.collect();
        // What was skipped before the snapshot was taken is not in it, and is not skipped twice.
        let base = entries.first().map_or(0, |entry| entry.pos.index);
        self.spoilt = self.skipped.range(..base).next().copied();
    }

    /// From the entry at `from` on, an entry is skipped. Who has applied it is spoilt from here on:
    /// it must not ask for anything any more, as what it has is not what the log makes.
    pub(super) fn skip(&mut self, index: u64, from: u64, todo: &mut Vec<Do>) {
        let next = self.stuck.as_ref().map_or(from, |stuck| stuck.index);
        let is_new = self.skipped.insert(index);
        if is_new && index < next {
            self.spoilt = Some(index);
            todo.push(Do::Rebuild);
        }
    }

    pub(super) fn stop_before(&mut self, entry: &Entry, todo: &mut Vec<Do>) {
        self.stuck = Some(Stuck {
            index: entry.pos.index,
            backlog: [entry.clone()].into(),
            supply: None,
            asked: None,
        });
        if self.owns.is_some() {
            self.own(Ownership::Lost, todo);
        }
        self.ask_for_quarantine(todo);
    }

    /// The entry that stopped this member is skipped.
    pub(super) fn go_on(&mut self, todo: &mut Vec<Do>) {
        let Some(stuck) = self.stuck.take() else {
            return;
        };
        for entry in stuck.backlog {
            match &mut self.stuck {
                Some(again) => again.backlog.push_back(entry),
                None => self.next(&entry, todo),
            }
            if self.unfit.is_some() {
                return;
            }
        }
        self.stable_up_to(self.stable, todo);
        self.tell_software(todo);
        todo.extend(stuck.supply.map(|epoch| Do::Decline { epoch }));
    }

    /// Asks that all skip the entry that stops this member, once for all that it knows.
    pub(super) fn ask_for_quarantine(&mut self, todo: &mut Vec<Do>) {
        let since = self.quarantine.asks(self.me).filter(|_| self.is_primary());
        if let Some(stuck) = &mut self.stuck
            && since.is_some_and(|since| stuck.asked != Some(since))
        {
            stuck.asked = since;
            let (index, since) = (stuck.index, since.unwrap_or_default());
            todo.push(Do::Submit(Command::Quarantine { index, since }));
        }
    }
}

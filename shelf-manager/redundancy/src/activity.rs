//! Who is active.

use crate::{Effect, Event, Out, Redundancy, Why};
use alloc::collections::BTreeSet;
use machine::NodeId;

impl Redundancy {
    /// Who is in step now and who is not any more; who owns the hardware, and shall hold the line.
    pub(crate) fn steps(&mut self, before: &BTreeSet<NodeId>, out: &mut Out<'_>) {
        for cmm in before.difference(&self.holders) {
            out.event(Event::OutOfStep { cmm: *cmm });
        }
        let why = match self.active {
            None => Why::First,
            Some(active) if self.holders.contains(&active) => Why::Line,
            Some(_) => Why::Left,
        };
        self.choose(why, out);
        let new: BTreeSet<NodeId> = self.holders.difference(before).copied().collect();
        for cmm in self.standbys().filter(|cmm| new.contains(cmm)) {
            out.event(Event::InStep { cmm });
            out.event(Event::Standby { cmm });
        }
        if let Some(cmm) = self.active {
            let epoch = self.epoch;
            out.push(Effect::Active { cmm, epoch });
            // Else it would be active only until whoever holds the line is in step again.
            if self.moving.is_none() && self.line.is_some_and(|holder| holder != cmm) {
                out.push(Effect::Line { to: cmm });
            }
        }
    }

    /// The rule. Whether somebody else is active now.
    fn choose(&mut self, why: Why, out: &mut Out<'_>) -> bool {
        let in_step = |cmm: &NodeId| self.holders.contains(cmm);
        let by_line = self.line.filter(in_step);
        let stays = self.active.filter(in_step);
        let chosen = by_line.or(stays).or(self.holders.first().copied());
        self.activate(chosen, why, out)
    }

    fn activate(&mut self, chosen: Option<NodeId>, why: Why, out: &mut Out<'_>) -> bool {
        let previous = core::mem::replace(&mut self.active, chosen);
        if previous == chosen {
            return false;
        }
        if why != Why::Forced {
            self.hold.over();
        }
        if let Some(cmm) = chosen {
            out.event(Event::Active { cmm, previous, why });
        }
        if let Some(cmm) = previous.filter(|cmm| self.holders.contains(cmm)) {
            out.event(Event::Standby { cmm });
        }
        true
    }

    /// This CMM, which is in step, owns the hardware from here on.
    pub(crate) fn hand_to(&mut self, cmm: NodeId, why: Why, out: &mut Out<'_>) {
        if self.activate(Some(cmm), why, out) {
            let epoch = self.epoch;
            out.push(Effect::Active { cmm, epoch });
        }
    }

    /// Whoever cannot tell who holds the line has a say only about itself: the new holder may have
    /// been heard first.
    pub(crate) fn line_moved(&mut self, member: NodeId, holder: Option<NodeId>, out: &mut Out<'_>) {
        if holder.is_none() && self.line != Some(member) {
            return;
        }
        self.line = holder;
        if self.arrived(out) {
            return;
        }
        if self.choose(Why::Line, out)
            && let Some(cmm) = self.active
        {
            let epoch = self.epoch;
            out.push(Effect::Active { cmm, epoch });
        }
    }
}

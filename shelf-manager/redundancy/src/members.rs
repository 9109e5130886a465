//! Members come and go, and tell what runs with them.

use crate::{
    CONFIRM, Effect, Event, GRACE, HOSTED_MAX, Health, MEMBERS_MAX, Out, Redundancy, Software,
};
use ais::Dn;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use machine::{NodeId, Time};
use serde::{Deserialize, Serialize};

/// What is known of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// What it runs; `None` until it tells.
    pub software: Option<Software>,
    /// How it is; `None` until it tells.
    pub health: Option<Health>,
    /// It is not there, and awaited until then.
    pub away: Option<Time>,
}

impl Member {
    /// Choice: who has not told how it is counts as healthy where an operator decides.
    pub(crate) fn or_healthy(&self) -> Health {
        self.health.clone().unwrap_or_default()
    }
}

/// Where the agent of an AMF node runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Host {
    pub(crate) member: NodeId,
    /// The agent took orders when it was heard of last.
    pub(crate) runs: bool,
    /// When it does not count as running any more, unless it is told of again.
    pub(crate) confirm_by: Option<Time>,
}

impl Redundancy {
    /// A view has begun.
    pub(crate) fn viewed(&mut self, before: &BTreeSet<NodeId>, out: &mut Out<'_>) {
        self.come(out);
        self.leave(out);
        self.confirm_all(out.now);
        self.steps(before, out);
        self.move_on(out);
        self.raise_version(out);
        self.heal(out);
    }

    /// Whoever comes, or comes back, has yet to tell of itself: it may be another program now.
    fn come(&mut self, out: &mut Out<'_>) {
        let present: Vec<NodeId> = self.holders.union(&self.others).copied().collect();
        for id in present {
            let is_full = self.members.len() >= MEMBERS_MAX;
            match self.members.get_mut(&id) {
                Some(member) if member.away.is_some() => *member = Member::default(),
                Some(_) => {}
                None if is_full => {}
                None => {
                    self.members.insert(id, Member::default());
                    out.event(Event::Joined { member: id });
                }
            }
        }
    }

    /// Choice: who hears nobody at all is more likely cut off himself than the last of all, so
    /// nobody is gone yet. There is no other place for what ran on them anyway.
    fn leave(&mut self, out: &mut Out<'_>) {
        let hears_somebody = self.nodes.len() > 1;
        let known = self.members.keys().copied();
        let absent: Vec<NodeId> = known.filter(|id| !self.is_in_view(*id)).collect();
        for id in absent {
            if hears_somebody && !self.nodes.contains(&id) {
                self.gone(id, out);
                continue;
            }
            if !hears_somebody {
                self.line.take_if(|holder| *holder == id);
            }
            if let Some(member) = self.members.get_mut(&id) {
                member.away.get_or_insert(out.now.after(GRACE));
            }
        }
    }

    fn gone(&mut self, member: NodeId, out: &mut Out<'_>) {
        self.members.remove(&member);
        // Whoever has the line now, or again, will tell.
        self.line.take_if(|holder| *holder == member);
        let mut nodes = Vec::new();
        self.hosts.retain(|node, host| {
            if host.member == member && host.runs {
                nodes.push(node.clone());
            }
            host.member != member
        });
        out.event(Event::Left { member });
        out.push(Effect::Gone { member, nodes });
    }

    fn confirm_all(&mut self, now: Time) {
        let members = &self.members;
        let is_here = |id: &NodeId| members.get(id).is_some_and(|member| member.away.is_none());
        for host in self.hosts.values_mut() {
            let asked = host.runs && is_here(&host.member);
            host.confirm_by = asked.then(|| now.after(CONFIRM));
        }
    }

    /// Whoever is not in the view has no say; before the first view there is nobody to tell.
    pub(crate) fn hosts(&mut self, (member, runs): (NodeId, bool), node: &Dn, now: Time) {
        let may_come = self.holders.is_empty() && self.members.len() < MEMBERS_MAX;
        if !self.members.contains_key(&member) && !may_come {
            return;
        }
        if !self.hosts.contains_key(node) && self.hosts.len() >= HOSTED_MAX {
            return;
        }
        self.members.entry(member).or_default();
        let ran = |host: &Host| host.member == member && host.runs;
        let ran = self.hosts.get(node).is_some_and(ran);
        // A daemon that starts anew does not know yet what runs on.
        let waits = ran && !runs && !self.holders.is_empty();
        let host = Host {
            member,
            runs: runs || ran,
            confirm_by: waits.then(|| now.after(CONFIRM)),
        };
        self.hosts.insert(node.clone(), host);
    }

    pub(crate) fn ended(&mut self, node: &Dn) {
        if let Some(host) = self.hosts.get_mut(node) {
            host.runs = false;
            host.confirm_by = None;
        }
    }

    /// What one that is not there tells is not kept.
    pub(crate) fn told_health(&mut self, id: NodeId, health: &Health, out: &mut Out<'_>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let before = member.health.replace(health.clone());
        if before.as_ref() == Some(health) {
            return;
        }
        if self.active == Some(id) {
            self.hold.news(out.now);
        }
        if before.unwrap_or_default().complaints != health.complaints {
            let complaints = health.complaints.clone();
            out.event(Event::Complains {
                cmm: id,
                complaints,
            });
        }
    }

    pub(crate) fn tick(&mut self, out: &mut Out<'_>) {
        let now = out.now;
        let is_due = |by: Option<Time>| by.is_some_and(|by| by <= now);
        let late = self
            .members
            .iter()
            .filter(|(_, member)| is_due(member.away));
        let late: Vec<NodeId> = late.map(|(id, _)| *id).collect();
        let anybody = !late.is_empty();
        late.into_iter().for_each(|id| self.gone(id, out));
        self.silent(out);
        self.line_stuck(out);
        if anybody {
            self.raise_version(out);
        }
        self.hold.pass(now);
        self.heal(out);
    }

    /// What nobody told of again does not run, though the member is there.
    fn silent(&mut self, out: &mut Out<'_>) {
        let mut silent: Vec<(NodeId, Dn)> = Vec::new();
        for (node, host) in &mut self.hosts {
            if host.confirm_by.take_if(|by| *by <= out.now).is_some() {
                host.runs = false;
                silent.push((host.member, node.clone()));
            }
        }
        silent.sort();
        for of_one in silent.chunk_by(|a, b| a.0 == b.0) {
            let member = of_one[0].0;
            let nodes: Vec<Dn> = of_one.iter().map(|(_, node)| node.clone()).collect();
            for node in &nodes {
                let node = node.clone();
                out.event(Event::Silent { member, node });
            }
            out.push(Effect::Silent { member, nodes });
        }
    }
}

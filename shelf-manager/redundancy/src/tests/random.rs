//! Whatever happens: one owner in each view, nobody is gone twice, nothing goes back and forth.

use super::node;
use crate::{Condition, Effect, Event, GRACE, Health, Input, Member, Redundancy, Software};
use ais::Dn;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;
use machine::{Machine, NodeId, Pos, Time};
use proptest::collection::btree_set;
use proptest::prelude::*;

fn ids(max: u32) -> impl Strategy<Value = BTreeSet<NodeId>> {
    btree_set((1..=max).prop_map(NodeId), 0..=5)
}

fn health() -> impl Strategy<Value = Health> {
    let flags = any::<(bool, bool, bool, bool, bool)>();
    (flags, 0..3_u32, 0..3_u32).prop_map(|((a, b, c, d, e), majors, minors)| Health {
        has_critical: a,
        majors,
        minors,
        switch_unhealthy: b,
        trap_destination_lost: c,
        bus_lost: d,
        hardware_unhealthy: e,
        complaints: BTreeSet::new(),
    })
}

fn member() -> impl Strategy<Value = NodeId> {
    (1..=6_u32).prop_map(NodeId)
}

fn name() -> impl Strategy<Value = Dn> {
    prop::sample::select(["a", "b", "c"].map(node).to_vec())
}

fn condition() -> impl Strategy<Value = Condition> {
    prop::sample::select(
        [
            Condition::SameOrNewer,
            Condition::AnyVersion,
            Condition::Forced,
        ]
        .to_vec(),
    )
}

/// A time that passes, in milliseconds, and then something that happens.
fn step() -> impl Strategy<Value = (u64, Input)> {
    let view = (btree_set(member(), 1..=3), ids(6), ids(6)).prop_map(|(holders, others, more)| {
        let others: BTreeSet<NodeId> = others.difference(&holders).copied().collect();
        let nodes = holders.union(&others).chain(&more).copied().collect();
        Input::View {
            epoch: 0,
            holders,
            others,
            nodes,
        }
    });
    let hosts = (member(), name(), any::<bool>()).prop_map(|(member, node, runs)| Input::Hosts {
        member,
        node,
        runs,
    });
    let line = (member(), prop::option::of(member()))
        .prop_map(|(member, holder)| Input::Line { member, holder });
    let switch = (any::<u64>(), prop::option::of(member()), condition())
        .prop_map(|(tag, to, condition)| Input::Switch { tag, to, condition });
    let software = (member(), 4..7_u32, 0..3_u32).prop_map(|(member, min, more)| {
        let text = alloc::format!("0.{min}");
        let (machines_min, machines_max) = (min, min + more);
        let software = Software {
            text,
            machines_min,
            machines_max,
        };
        Input::Software { member, software }
    });
    let what = prop_oneof![
        3 => view,
        3 => hosts,
        1 => name().prop_map(|node| Input::Ended { node }),
        2 => line,
        2 => switch,
        2 => (member(), health()).prop_map(|(member, health)| Input::Health { member, health }),
        2 => software,
        2 => Just(Input::Tick),
    ];
    (
        prop::sample::select([0, 1, 1_000, 6_000, 40_000].to_vec()),
        what,
    )
}

/// Members that can run the machines as they are, with what they run.
fn fit(redundancy: &Redundancy) -> Vec<(NodeId, Software)> {
    let members = redundancy.members();
    let told = members.filter_map(|(id, it)| Some((id, it.software.clone()?)));
    told.filter(|(id, _)| redundancy.version().is_some() && !redundancy.is_unfit(*id))
        .collect()
}

/// What somebody knows who only sees inputs and effects.
#[derive(Default)]
struct Watcher {
    /// Where agents run, as far as they were told of and not lost.
    runs: BTreeMap<Dn, NodeId>,
    holders: BTreeSet<NodeId>,
    members: BTreeSet<NodeId>,
    active: Option<NodeId>,
    version: u32,
    unanswered: Vec<u64>,
    /// Since when a member is away.
    away: BTreeMap<NodeId, Time>,
}

impl Watcher {
    fn sees(&mut self, now: Time, input: &Input, effects: &[Effect]) {
        match input {
            Input::View {
                holders,
                others,
                nodes,
                ..
            } => {
                self.holders = holders.clone();
                self.members.extend(holders.union(others));
                let here = |id: &NodeId| holders.contains(id) || others.contains(id);
                self.away.retain(|id, _| !here(id) && nodes.contains(id));
                for host in self
                    .runs
                    .values()
                    .filter(|id| !here(id) && nodes.contains(id))
                {
                    self.away.entry(*host).or_insert(now);
                }
                let told = effects
                    .iter()
                    .filter(|e| matches!(e, Effect::Active { .. }));
                assert!(told.count() > 0, "each view says who owns the hardware");
            }
            Input::Switch { tag, .. } => self.unanswered.push(*tag),
            Input::Hosts { member, .. }
                if !self.holders.is_empty() && !self.members.contains(member) => {}
            Input::Hosts {
                member,
                node,
                runs: true,
            } => {
                self.members.insert(*member);
                self.runs.insert(node.clone(), *member);
            }
            Input::Hosts {
                member,
                node,
                runs: false,
            } => {
                self.members.insert(*member);
                if self.runs.get(node).is_some_and(|host| host != member) {
                    self.runs.remove(node);
                }
            }
            Input::Ended { node } => drop(self.runs.remove(node)),
            Input::Line { .. } | Input::Health { .. } | Input::Software { .. } | Input::Tick => {}
        }
        effects.iter().for_each(|effect| self.does(effect));
    }

    fn does(&mut self, effect: &Effect) {
        match effect {
            Effect::Active { cmm, .. } => {
                assert!(self.holders.contains(cmm), "{cmm:?} is not in step");
                self.active = Some(*cmm);
            }
            Effect::Gone { member, nodes } | Effect::Silent { member, nodes } => {
                for node in nodes {
                    let ran = self.runs.remove(node);
                    assert_eq!(ran, Some(*member), "{node} is gone though it does not run");
                }
            }
            Effect::Answer { tag, .. } => {
                let at = self.unanswered.iter().position(|other| other == tag);
                self.unanswered
                    .swap_remove(at.expect("somebody waits for this answer"));
            }
            Effect::MachineVersion { to } => {
                assert!(*to > self.version, "the version is never lowered");
                self.version = *to;
            }
            Effect::Line { to } => assert!(self.holders.contains(to)),
            Effect::Event(Event::Left { member }) => {
                assert!(self.members.remove(member), "{member:?} left twice");
                self.away.remove(member);
            }
            Effect::Event(_) => {}
        }
    }

    fn checks(&self, now: Time, redundancy: &Redundancy) {
        assert_eq!(self.active, redundancy.active());
        if let Some(active) = self.active {
            assert!(self.holders.contains(&active), "the owner is in step");
        }
        for (node, host) in &self.runs {
            assert_eq!(redundancy.host_of(node), Some(*host));
        }
        for (member, since) in &self.away {
            let anything = self.runs.values().any(|host| host == member);
            let late = now.since(*since) >= GRACE;
            assert!(!(late && anything), "{member:?} was away for too long");
        }
    }
}

proptest! {
    /// Seen from outside, over anything that a log can hold.
    #[test]
    fn whatever_happens_the_rules_hold(steps in prop::collection::vec(step(), 1..80)) {
        let mut redundancy = Redundancy::new();
        let mut watcher = Watcher::default();
        let mut at = Pos::default();
        let apply = |redundancy: &mut Redundancy, at: &mut Pos, input: &Input| {
            at.index += 1;
            let mut effects = Vec::new();
            redundancy.apply(*at, input, &mut effects);
            effects
        };
        for (millis, input) in steps {
            at.time = at.time.after(Duration::from_millis(millis));
            // Somebody proposes a tick when it is wanted.
            if redundancy.deadline().is_some_and(|by| by <= at.time) {
                let effects = apply(&mut redundancy, &mut at, &Input::Tick);
                watcher.sees(at.time, &Input::Tick, &effects);
            }
            prop_assert!(redundancy.deadline().is_none_or(|by| by > at.time));
            let before = fit(&redundancy);
            let effects = apply(&mut redundancy, &mut at, &input);
            watcher.sees(at.time, &input, &effects);
            watcher.checks(at.time, &redundancy);
            for (member, software) in before {
                let same = |(id, it): (NodeId, &Member)| {
                    id == member && it.software.as_ref() == Some(&software)
                };
                let stays = redundancy.members().any(same);
                prop_assert!(!stays || !redundancy.is_unfit(member), "{member:?} is left out");
            }
        }
        // All come to an end: who waits is answered, and nothing more happens.
        for _ in 0..8 {
            let Some(by) = redundancy.deadline() else { break };
            at.time = at.time.max(by);
            let effects = apply(&mut redundancy, &mut at, &Input::Tick);
            watcher.sees(at.time, &Input::Tick, &effects);
        }
        prop_assert!(watcher.unanswered.is_empty());
    }

    /// Of two CMMs, not each is better than the other; nor of three in a circle.
    #[test]
    fn being_healthier_is_an_order(a in health(), b in health(), c in health()) {
        prop_assert!(!a.is_better_than(&a));
        prop_assert!(!(a.is_better_than(&b) && b.is_better_than(&a)));
        if a.is_better_than(&b) && b.is_better_than(&c) {
            prop_assert!(a.is_better_than(&c));
        }
    }
}

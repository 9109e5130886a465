//! Models in which SUs are only ever active: N-way active and no-redundancy.
//!
//! Each SI has holders, at most as many as it prefers; each SU holds at most as many SIs as it may.
//! Holders stay until they cannot; only an adjustment moves them.
//!
//! Source: SAI-AIS-AMF-B.04.01 §3.6.5, §3.6.6.

use super::common::{
    self, assignment, holds, is_active, is_stuck, may_serve, quiesces, stuck_elsewhere,
};
use super::{Plan, Roles};
use crate::Amf;
use crate::model::SgConfig;
use ais::Dn;
use ais::amf::{AdminState, HaState, ReadinessState, RedundancyModel};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// The SUs that each SI is, or shall be, active on.
pub(crate) type Holders = BTreeMap<Dn, BTreeSet<Dn>>;

/// The limits of the model.
struct Limits {
    /// Most SIs on one SU.
    sis_max: usize,
    /// Most SUs that are used at all.
    sus_max: usize,
    /// Whether an SI is active on one SU only, and a SU for one SI only.
    exclusive: bool,
}

fn limits(config: &SgConfig) -> Limits {
    let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    match config.redundancy {
        RedundancyModel::NoRedundancy => Limits {
            sis_max: 1,
            sus_max: usize::MAX,
            exclusive: true,
        },
        RedundancyModel::TwoN
        | RedundancyModel::NplusM
        | RedundancyModel::Nway
        | RedundancyModel::NwayActive => Limits {
            sis_max: number(config.active_sis_max),
            sus_max: number(config.assigned_preferred),
            exclusive: false,
        },
    }
}

/// How many holders an SI prefers (Table 11).
pub(super) fn preferred(amf: &Amf, sg: &SgConfig, si: &Dn) -> usize {
    if limits(sg).exclusive {
        return 1;
    }
    let own = amf.model().sis.get(si).and_then(|c| c.active_preferred);
    usize::try_from(own.unwrap_or(sg.assigned_preferred)).unwrap_or(usize::MAX)
}

/// The plan for an SG with these holders.
pub(super) fn plan(amf: &Amf, sg: &Dn, holders: &Holders) -> Option<Plan> {
    let config = amf.model().sgs.get(sg)?;
    let holders = choose(amf, sg, config, holders);
    let view = View {
        amf,
        config,
        exclusive: limits(config).exclusive,
        holders: &holders,
    };
    let targets = common::targets(amf, config, |su, si| view.target(su, si));
    Some(Plan {
        roles: Roles::Active(holders),
        targets,
    })
}

fn choose(amf: &Amf, sg: &Dn, config: &SgConfig, holders: &Holders) -> Holders {
    if !amf.may_begin(sg) {
        return Holders::new();
    }
    // Choice: while a SU is in its probation period, the whole SG waits with the adjustment
    // (AMF-3.6.1.2-05).
    let probation = |su: &Dn| amf.sus.get(su).is_some_and(|s| s.adjust_after.is_some());
    let held = amf.sgs.get(sg).is_some_and(|s| s.adjust_held) || config.sus.iter().any(probation);
    if config.auto_adjust && !held && !amf.busy(sg) {
        return preferred_holders(amf, config);
    }
    let keeps = |su: &Dn| amf.assignable(su) || quiesces(amf, su);
    let mut kept = Holders::new();
    for (si, sus) in holders {
        if config.sis.contains(si) && wanted(amf, si) {
            let sus = sus.iter().filter(|su| keeps(su)).cloned().collect();
            kept.insert(si.clone(), sus);
        }
    }
    place(amf, config, kept)
}

/// Whether an SI may be assigned: one that waits for another SI takes no place from it.
fn wanted(amf: &Amf, si: &Dn) -> bool {
    let unlocked = amf
        .sis
        .get(si)
        .is_some_and(|s| s.admin == AdminState::Unlocked);
    let served = amf.assigned(si, &[HaState::Active, HaState::Quiescing]) > 0;
    unlocked && (amf.sponsors_met(si) || (served && !amf.sponsors_lost(si)))
}

/// The holders of a fresh start.
pub(super) fn preferred_holders(amf: &Amf, config: &SgConfig) -> Holders {
    place(amf, config, Holders::new())
}

/// Fills up what is missing, keeping what is there.
///
/// First every SI gets one holder, then by rank as many as it prefers; an SI takes the first SUs of
/// its own list that are not full (rules of §3.6.5.4, §3.6.5.5.1 and §3.6.6.4).
fn place(amf: &Amf, config: &SgConfig, mut kept: Holders) -> Holders {
    let limits = limits(config);
    let mut used: BTreeSet<Dn> = kept.values().flatten().cloned().collect();
    for su in config.sus.iter().filter(|su| amf.assignable(su)) {
        if used.len() < limits.sus_max {
            used.insert(su.clone());
        }
    }
    let sis: Vec<&Dn> = config.sis.iter().filter(|si| wanted(amf, si)).collect();
    let capacity: usize = used.iter().fold(0usize, |all, su| {
        all.saturating_add(su_max(amf, &limits, su))
    });
    let numbers = match limits.exclusive {
        true => sis.iter().map(|_| 1).collect(),
        false => shares(amf, config, &sis, (capacity, used.len())),
    };
    // Choice: with one holder for each SI, nobody is displaced by an SI that lost its SU (DESIGN
    // decision 12).
    let shrink = sis.iter().zip(&numbers).filter(|_| !limits.exclusive);
    for (si, number) in shrink {
        let order = common::ranked(amf, config, si);
        let holders = kept.entry((*si).clone()).or_default();
        for su in order.iter().rev() {
            if holders.len() > *number {
                holders.remove(su);
            }
        }
    }
    for (si, number) in sis.iter().zip(&numbers) {
        for su in common::ranked(amf, config, si) {
            let load = kept.values().filter(|sus| sus.contains(&su)).count();
            let open =
                used.contains(&su) && amf.assignable(&su) && load < su_max(amf, &limits, &su);
            let holders = kept.entry((*si).clone()).or_default();
            if holders.len() < *number && open && amf.can_take(&su, si) {
                holders.insert(su);
            }
        }
    }
    kept.retain(|_, sus| !sus.is_empty());
    kept
}

/// A SU without pre-instantiable components takes one SI (AMF-3.6.1.1-24).
fn su_max(amf: &Amf, limits: &Limits, su: &Dn) -> usize {
    let config = amf.model().sus.get(su);
    match config.is_some_and(|c| c.pre_instantiable) {
        true => limits.sis_max,
        false => 1,
    }
}

/// How many holders each SI gets: one each by rank, then as many as preferred, by rank, while there
/// is room.
fn shares(
    amf: &Amf,
    config: &SgConfig,
    sis: &[&Dn],
    (mut capacity, sus): (usize, usize),
) -> Vec<usize> {
    let mut numbers = Vec::new();
    for _ in sis {
        let one = capacity.min(1).min(sus);
        capacity -= one;
        numbers.push(one);
    }
    for (si, number) in sis.iter().zip(&mut numbers) {
        let more = preferred(amf, config, si).min(sus).saturating_sub(*number);
        let more = more.min(capacity);
        capacity -= more;
        *number += more;
    }
    numbers
}

/// One SG as the model looks at it.
struct View<'a> {
    amf: &'a Amf,
    config: &'a SgConfig,
    exclusive: bool,
    holders: &'a Holders,
}

impl View<'_> {
    /// What a SU shall be for an SI now; `None` when it has to wait as it is.
    fn target(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        let amf = self.amf;
        let serves = holds(amf, su, si, &[HaState::Active, HaState::Quiescing]);
        let admin = amf.sis.get(si).map(|s| s.admin)?;
        match admin {
            AdminState::Unlocked if amf.sponsors_lost(si) => assignment(amf, su, si).map(|_| None),
            AdminState::Unlocked if self.is_holder(su, si) => self.as_holder(su, si, serves),
            AdminState::Unlocked => self.as_former(su, si, serves),
            AdminState::ShuttingDown if serves => Some(Some(common::winding_down(amf, su))),
            AdminState::ShuttingDown | AdminState::Locked | AdminState::LockedInstantiation => {
                assignment(amf, su, si).map(|_| None)
            }
        }
    }

    fn is_holder(&self, su: &Dn, si: &Dn) -> bool {
        self.holders.get(si).is_some_and(|sus| sus.contains(su))
    }

    fn as_holder(&self, su: &Dn, si: &Dn, serves: bool) -> Option<Option<HaState>> {
        if self.amf.su_readiness(su) == ReadinessState::Stopping {
            let quiescing = assignment(self.amf, su, si).map(|_| Some(HaState::Quiescing));
            return quiescing;
        }
        let free = serves || (self.amf.sponsors_met(si) && self.free_for(su, si));
        free.then_some(Some(HaState::Active))
    }

    /// A SU that no longer holds the SI: it quiesces; with one holder only it is released after the
    /// takeover.
    fn as_former(&self, su: &Dn, si: &Dn, serves: bool) -> Option<Option<HaState>> {
        assignment(self.amf, su, si)?;
        if serves && self.amf.reachable(su) {
            return Some(Some(HaState::Quiesced));
        }
        let successors = self.holders.get(si).into_iter().flatten();
        let waits = self.exclusive
            && holds(self.amf, su, si, &[HaState::Quiesced])
            && self.amf.sponsors_met(si)
            && !stuck_elsewhere(self.amf, &self.config.sus, Some(su), si)
            && successors
                .clone()
                .any(|other| !is_active(self.amf, other, si) && self.room_on(other, si));
        (!waits).then_some(None)
    }

    /// Whether a SU has room for the SI beside what it still has of others.
    fn room_on(&self, su: &Dn, si: &Dn) -> bool {
        let max = su_max(self.amf, &limits(self.config), su);
        let assigned = self
            .amf
            .sus
            .get(su)
            .into_iter()
            .flat_map(|s| s.assignments.keys());
        assigned.filter(|other| *other != si).count() < max
    }

    /// Whether the SI may become active here now: there is room and, with one holder only, nobody
    /// else serves.
    fn free_for(&self, su: &Dn, si: &Dn) -> bool {
        let others = self.config.sus.iter().filter(|other| *other != su);
        let served = |other: &Dn| {
            let assignment = assignment(self.amf, other, si);
            assignment.is_some_and(|a| {
                is_stuck(self.amf, a) || a.csis.values().any(|rec| may_serve(self.amf, rec))
            })
        };
        let alone = !self.exclusive || !others.into_iter().any(served);
        alone && self.room_on(su, si)
    }
}

//! 2N: one SU active for all SIs of the SG, one standby for all of them, the others spare.
//!
//! Source: SAI-AIS-AMF-B.04.01 §3.6.2, §3.3.
//! Invariant: an SI becomes active on a SU only when no other SU of the SG may still serve any SI,
//! except for SIs that are stuck on a component that could not be stopped: those stay unassigned
//! (AMF-4.8-06).

use super::common::{self, can_stand_by, holds_any, quiesces};
use super::{Plan, Roles};
use crate::Amf;
use crate::model::SgConfig;
use crate::state::Assignment;
use ais::Dn;
use ais::amf::{AdminState, HaState, ReadinessState};
use ais::node::Order;
use serde::{Deserialize, Serialize};

/// The two SUs that do not idle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pair {
    /// The SU that shall be active for all SIs.
    pub(crate) active: Option<Dn>,
    /// The SU that shall be standby for all SIs.
    pub(crate) standby: Option<Dn>,
}

/// One SG as the model looks at it.
struct View<'a> {
    amf: &'a Amf,
    sus: &'a [Dn],
    sis: &'a [Dn],
    pair: &'a Pair,
}

/// The plan for an SG whose SUs hold these roles.
pub(super) fn plan(amf: &Amf, sg: &Dn, pair: &Pair) -> Option<Plan> {
    let config = amf.model().sgs.get(sg)?;
    let pair = match due_adjustment(amf, sg, config, pair) {
        Some(better) => better,
        None => choose(amf, sg, config, pair),
    };
    let view = View {
        amf,
        sus: &config.sus,
        sis: &config.sis,
        pair: &pair,
    };
    let targets = common::targets(amf, config, |su, si| view.target(su, si));
    Some(Plan {
        roles: Roles::TwoN(pair),
        targets,
    })
}

/// Who is active and who is standby: whoever was, as long as it can; then the standby, then by
/// rank.
///
/// Source: §3.3 for the order of candidates, §3.6.2.3 for when another is chosen.
fn choose(amf: &Amf, sg: &Dn, config: &SgConfig, pair: &Pair) -> Pair {
    let displaced = pair.active.as_ref().filter(|su| gives_up(amf, su, pair));
    let keep = pair
        .active
        .as_ref()
        .filter(|su| displaced.is_none() && (amf.assignable(su) || quiesces(amf, su)));
    let active = match keep {
        Some(su) => Some(su),
        None if amf.may_begin(sg) => successor(amf, config, pair),
        None => None,
    };
    let able = |su: &&Dn| amf.assignable(su) && Some(*su) != active && can_stand_by(amf, su);
    // A SU that has just given up the active role is emptied before it is chosen.
    let serving = [HaState::Active, HaState::Quiescing, HaState::Quiesced];
    let free = |su: &&Dn| able(su) && !holds_any(amf, su, &serving);
    let standby = displaced
        .or(pair.standby.as_ref())
        .filter(able)
        .or_else(|| config.sus.iter().find(free))
        .filter(|_| active.is_some());
    Pair {
        active: active.cloned(),
        standby: standby.cloned(),
    }
}

/// Who follows an active SU that cannot go on.
fn successor<'a>(amf: &Amf, config: &'a SgConfig, pair: &'a Pair) -> Option<&'a Dn> {
    let able = || config.sus.iter().filter(|su| amf.assignable(su));
    let standby = pair.standby.as_ref().filter(|su| amf.assignable(su));
    standby
        .or_else(|| able().find(|su| holds_any(amf, su, &[HaState::Standby])))
        .or_else(|| able().next())
}

/// Whether a SU that was to become active fails at it while the one that it was to replace could go
/// on.
///
/// Choice: the old one is active again at once, instead of waiting for the other to restart.
fn gives_up(amf: &Amf, su: &Dn, pair: &Pair) -> bool {
    let cleaned = |dn: &Dn| {
        let state = amf.components.get(dn);
        state.is_some_and(|c| matches!(c.order, Some(Order::Cleanup(_))))
    };
    let config = amf.model().sus.get(su);
    let fails = config.is_some_and(|c| c.components.iter().any(cleaned));
    let state = amf.sus.get(su);
    let serves = state.is_some_and(|s| s.csis().any(|(_, _, rec)| rec.ha == Some(HaState::Active)));
    let ready = |su: &&Dn| amf.assignable(su) && holds_any(amf, su, &[HaState::Quiesced]);
    fails && !serves && pair.standby.as_ref().filter(ready).is_some()
}

/// The two highest-ranked SUs that can serve; those in their probation period only if `all`.
pub(super) fn preferred_pair(amf: &Amf, config: &SgConfig, all: bool) -> Pair {
    let usable = |su: &&Dn| {
        let probation = amf.sus.get(*su).is_some_and(|s| s.adjust_after.is_some());
        amf.assignable(su) && (all || !probation)
    };
    let mut usable = config.sus.iter().filter(usable);
    let active = usable.next().cloned();
    let standby = usable.find(|su| can_stand_by(amf, su)).cloned();
    Pair { active, standby }
}

/// The automatic adjustment that is due, once the SG is settled (§3.6.1.2, §3.6.2.3.3).
fn due_adjustment(amf: &Amf, sg: &Dn, config: &SgConfig, pair: &Pair) -> Option<Pair> {
    let held = amf.sgs.get(sg).is_some_and(|s| s.adjust_held);
    if !config.auto_adjust || held || amf.busy(sg) {
        return None;
    }
    let serving = pair.active.as_ref().filter(|su| amf.assignable(su))?;
    let rank = |su: &Dn| config.sus.iter().position(|other| other == su);
    let preferred = preferred_pair(amf, config, false);
    let first = preferred.active.as_ref()?;
    let better_standby = match (&preferred.standby, &pair.standby) {
        (Some(better), Some(standby)) => first == serving && rank(better) < rank(standby),
        (Some(_) | None, _) => false,
    };
    let better = rank(first) < rank(serving) || better_standby;
    better.then(|| fill(amf, config, preferred))
}

/// Gives the standby role to a SU in its probation period rather than to nobody.
fn fill(amf: &Amf, config: &SgConfig, pair: Pair) -> Pair {
    let free =
        |su: &&Dn| amf.assignable(su) && Some(*su) != pair.active.as_ref() && can_stand_by(amf, su);
    let spare = config.sus.iter().find(free).cloned();
    let standby = pair.standby.clone().or(spare);
    Pair {
        active: pair.active,
        standby,
    }
}

impl View<'_> {
    fn assignment(&self, su: &Dn, si: &Dn) -> Option<&Assignment> {
        common::assignment(self.amf, su, si)
    }

    fn holds(&self, su: &Dn, si: &Dn, states: &[HaState]) -> bool {
        common::holds(self.amf, su, si, states)
    }

    /// What a SU shall be for an SI now; `None` when it has to wait as it is.
    fn target(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        let admin = self.amf.sis.get(si).map(|s| s.admin);
        match admin? {
            AdminState::Unlocked if self.amf.sponsors_lost(si) => self.without_sponsor(su, si),
            AdminState::Unlocked => self.by_role(su, si),
            AdminState::ShuttingDown => common::shut_down(self.amf, self.sus, su, si),
            AdminState::Locked | AdminState::LockedInstantiation => {
                common::withdrawn(self.amf, self.sus, su, si)
            }
        }
    }

    fn by_role(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        if Some(su) == self.pair.active.as_ref() {
            return self.as_active(su, si);
        }
        if Some(su) == self.pair.standby.as_ref() {
            return self.as_standby(su, si);
        }
        self.as_spare(su, si)
    }

    fn as_active(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        if self.amf.su_readiness(su) == ReadinessState::Stopping {
            return self
                .assignment(su, si)
                .map(|a| match a.holds(&[HaState::Standby]) {
                    true => None,
                    false => Some(HaState::Quiescing),
                });
        }
        if !self.may_serve(su, si) {
            return self.gives_way(su, si).then_some(None);
        }
        let serves = self.holds(su, si, &[HaState::Active]);
        let mut others = self.sis.iter().filter(|other| *other != si);
        let unmixed = serves
            || common::may_mix(self.amf, su)
            || !others.any(|other| {
                self.holds(su, other, &[HaState::Standby]) && !self.may_serve(su, other)
            });
        unmixed.then_some(Some(HaState::Active))
    }

    /// Whether the active SU may be active for the SI now.
    fn may_serve(&self, su: &Dn, si: &Dn) -> bool {
        let state = self.amf.sis.get(si);
        let unlocked = state.is_some_and(|s| s.admin == AdminState::Unlocked);
        let serves = self.holds(su, si, &[HaState::Active]);
        unlocked && self.free_for(su, si) && (serves || self.amf.sponsors_met(si))
    }

    /// Whether the active SU stops being standby for an SI that it cannot be active for, since it
    /// is active for others (AMF-3.6.2.1-04).
    fn gives_way(&self, su: &Dn, si: &Dn) -> bool {
        self.holds(su, si, &[HaState::Standby])
            && self.sis.iter().any(|other| self.may_serve(su, other))
    }

    fn as_standby(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        if self.holds(su, si, &[HaState::Active, HaState::Quiescing]) {
            return Some(Some(HaState::Quiesced));
        }
        if common::lapsed(self.amf, su, si) {
            return Some(None);
        }
        if self.holds(su, si, &[HaState::Standby]) || self.served_by_active(si) {
            return Some(Some(HaState::Standby));
        }
        None
    }

    /// Neither active nor standby: it gives up what it has, in order, once its successor is active.
    fn as_spare(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        self.assignment(su, si)?;
        if self.amf.reachable(su) && self.holds(su, si, &[HaState::Active, HaState::Quiescing]) {
            return Some(Some(HaState::Quiesced));
        }
        let waits = self.holds(su, si, &[HaState::Quiesced])
            && self
                .pair
                .active
                .as_ref()
                .is_some_and(|active| self.amf.can_take(active, si))
            && !self.served_by_active(si)
            && self.amf.sponsors_met(si)
            && !common::stuck_elsewhere(self.amf, self.sus, Some(su), si);
        (!waits).then_some(None)
    }

    /// An SI that this one depends on is lost: active goes, standby may stay (AMF-3.8.1.2-05).
    fn without_sponsor(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        let stays = self.holds(su, si, &[HaState::Standby])
            && Some(su) == self.pair.standby.as_ref()
            && self.amf.assignable(su);
        self.assignment(su, si)?;
        (!stays).then_some(None)
    }

    fn served_by_active(&self, si: &Dn) -> bool {
        let active = self.pair.active.as_ref();
        active.is_some_and(|su| common::is_active(self.amf, su, si))
    }

    /// Whether no other SU may still serve anything that forbids this one to become active for the
    /// SI.
    fn free_for(&self, su: &Dn, si: &Dn) -> bool {
        self.sus.iter().filter(|other| *other != su).all(|other| {
            let assignments = self
                .amf
                .sus
                .get(other)
                .into_iter()
                .flat_map(|s| &s.assignments);
            assignments
                .filter(|(other_si, a)| !self.harmless(other_si, a, si))
                .count()
                == 0
        })
    }

    fn harmless(&self, other_si: &Dn, assignment: &Assignment, si: &Dn) -> bool {
        let amf = self.amf;
        assignment.csis.values().all(|rec| {
            let stuck = common::unstoppable(amf, &rec.component);
            !common::may_serve(amf, rec) || (stuck && other_si != si)
        })
    }
}

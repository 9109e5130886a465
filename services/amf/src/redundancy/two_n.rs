//! 2N: one SU active for all SIs of the SG, one standby for all of them, the others spare.
//!
//! Source: SAI-AIS-AMF-B.04.01 §3.6.2, §3.3.
//! Invariant: an SI becomes active on a SU only when no other SU of the SG may still serve any SI, except for SIs
//! that are stuck on a component that could not be stopped: those stay unassigned (AMF-4.8-06).

use super::{Plan, Roles};
use crate::Amf;
use crate::state::Assignment;
use ais::Dn;
use ais::amf::{AdminState, HaState, PresenceState, ReadinessState};
use ais::node::Order;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// One SG as the model looks at it.
struct View<'a> {
    amf: &'a Amf,
    sus: &'a [Dn],
    active: Option<Dn>,
    standby: Option<Dn>,
}

/// The plan for an SG whose SUs hold these roles.
pub(super) fn plan(amf: &Amf, sg: &Dn, active: Option<&Dn>, standby: Option<&Dn>) -> Option<Plan> {
    let config = amf.model().sgs.get(sg)?;
    let (active, standby) = choose(amf, sg, active, standby);
    let view = View {
        amf,
        sus: &config.sus,
        active: active.clone(),
        standby: standby.clone(),
    };
    let mut targets = Vec::new();
    for su in &config.sus {
        let assigned = amf
            .sus
            .get(su)
            .into_iter()
            .flat_map(|s| s.assignments.keys());
        let protected: BTreeSet<&Dn> = config.sis.iter().collect();
        let withdrawn = assigned.filter(|si| !protected.contains(si));
        for si in withdrawn {
            targets.push((su.clone(), si.clone(), None));
        }
        for si in &config.sis {
            if let Some(target) = view.target(su, si) {
                targets.push((su.clone(), si.clone(), target));
            }
        }
    }
    Some(Plan {
        roles: Roles::TwoN { active, standby },
        targets,
    })
}

/// Who is active and who is standby: whoever was, as long as it can; then the standby, then by rank.
///
/// Source: §3.3 for the order of candidates, §3.6.2.3 for when another is chosen.
fn choose(
    amf: &Amf,
    sg: &Dn,
    active: Option<&Dn>,
    standby: Option<&Dn>,
) -> (Option<Dn>, Option<Dn>) {
    let Some(config) = amf.model().sgs.get(sg) else {
        return (None, None);
    };
    let held = amf.sgs.get(sg).is_some_and(|s| s.adjust_held);
    let adjust = match config.auto_adjust && !held {
        true => automatic_adjustment(amf, sg, active, standby),
        false => None,
    };
    if let Some(Roles::TwoN { active, standby }) = adjust {
        return (active, standby);
    }
    let keep = active.filter(|su| amf.assignable(su) || quiesces(amf, su));
    let keep = keep.filter(|su| !gave_up(amf, su, standby));
    let promoted = || {
        let standing = standby.filter(|su| amf.assignable(su));
        standing.or_else(|| {
            let mut able = config.sus.iter().filter(|su| amf.assignable(su));
            able.clone()
                .find(|su| holds(amf, su, &[HaState::Standby]))
                .or_else(|| able.next())
        })
    };
    let displaced = active.filter(|su| gave_up(amf, su, standby)).cloned();
    let active = match keep {
        Some(su) => Some(su),
        None if amf.may_begin(sg) => promoted(),
        None => None,
    };
    let able = |su: &&Dn| amf.assignable(su) && Some(*su) != active && can_stand_by(amf, su);
    // A SU that has just given up the active role is emptied before it is chosen.
    let serving = [HaState::Active, HaState::Quiescing, HaState::Quiesced];
    let free = |su: &&Dn| able(su) && !holds(amf, su, &serving);
    let standby = standby
        .or(displaced.as_ref())
        .filter(able)
        .or_else(|| config.sus.iter().find(free))
        .filter(|_| active.is_some());
    (active.cloned(), standby.cloned())
}

/// Whether a SU that was to become active fails at it while the one that it was to replace could go on.
///
/// Choice: the old one is active again at once, instead of waiting for the other to restart.
fn gave_up(amf: &Amf, su: &Dn, standby: Option<&Dn>) -> bool {
    let cleaned = |dn: &Dn| {
        let state = amf.components.get(dn);
        state.is_some_and(|c| matches!(c.order, Some(Order::Cleanup(_))))
    };
    let config = amf.model().sus.get(su);
    let fails = config.is_some_and(|c| c.components.iter().any(cleaned));
    let state = amf.sus.get(su);
    let serves = state.is_some_and(|s| s.csis().any(|(_, _, rec)| rec.ha == Some(HaState::Active)));
    let other =
        standby.filter(|other| amf.assignable(other) && holds(amf, other, &[HaState::Quiesced]));
    fails && !serves && other.is_some()
}

/// Whether a SU is still busy finishing what it does for some SI while it is shut down.
fn quiesces(amf: &Amf, su: &Dn) -> bool {
    let serves = |a: &Assignment| a.holds(&[HaState::Active, HaState::Quiescing]);
    amf.su_readiness(su) == ReadinessState::Stopping
        && amf
            .sus
            .get(su)
            .is_some_and(|s| s.assignments.values().any(serves))
}

fn holds(amf: &Amf, su: &Dn, states: &[HaState]) -> bool {
    let state = amf.sus.get(su);
    state.is_some_and(|s| s.assignments.values().any(|a| a.holds(states)))
}

/// A SU without pre-instantiable components cannot be standby (AMF-3.6.1.1-24).
fn can_stand_by(amf: &Amf, su: &Dn) -> bool {
    amf.model().sus.get(su).is_some_and(|c| c.pre_instantiable)
}

/// The two highest-ranked SUs that can serve; those in their probation period only if `all`.
pub(super) fn preferred_roles(amf: &Amf, sg: &Dn, all: bool) -> Option<Roles> {
    let config = amf.model().sgs.get(sg)?;
    let usable = |su: &&Dn| {
        let probation = amf.sus.get(*su).is_some_and(|s| s.adjust_after.is_some());
        amf.assignable(su) && (all || !probation)
    };
    let mut usable = config.sus.iter().filter(usable);
    let active = usable.next().cloned();
    let standby = usable.find(|su| can_stand_by(amf, su)).cloned();
    Some(Roles::TwoN { active, standby })
}

/// The adjustment that is due, once the SG is settled with both roles filled as far as they can be.
fn automatic_adjustment(
    amf: &Amf,
    sg: &Dn,
    active: Option<&Dn>,
    standby: Option<&Dn>,
) -> Option<Roles> {
    let serving = active.filter(|su| amf.assignable(su))?;
    let config = amf.model().sgs.get(sg)?;
    let rank = |su: &Dn| config.sus.iter().position(|other| other == su);
    let preferred = preferred_roles(amf, sg, false)?;
    let Roles::TwoN {
        active: Some(better),
        ..
    } = &preferred
    else {
        return None;
    };
    let better_active = rank(better) < rank(serving);
    let settled = !amf.busy(sg);
    let current = Roles::TwoN {
        active: active.cloned(),
        standby: standby.cloned(),
    };
    let better_standby = better == serving
        && preferred != current
        && standby.is_some_and(|su| {
            let Roles::TwoN { standby: other, .. } = &preferred;
            other.as_ref().is_some_and(|other| rank(other) < rank(su))
        });
    (settled && (better_active || better_standby)).then(|| fill(amf, sg, preferred))
}

/// Gives the standby role to a SU in its probation period rather than to nobody.
fn fill(amf: &Amf, sg: &Dn, roles: Roles) -> Roles {
    let Roles::TwoN { active, standby } = roles;
    let config = amf.model().sgs.get(sg);
    let spare = || {
        let mut sus = config.into_iter().flat_map(|c| &c.sus);
        sus.find(|su| amf.assignable(su) && Some(*su) != active.as_ref() && can_stand_by(amf, su))
            .cloned()
    };
    let standby = standby.or_else(spare);
    Roles::TwoN { active, standby }
}

/// Whether an SI is stuck on a component that could not be stopped while it was active.
pub(super) fn blocked(amf: &Amf, sg: &Dn, si: &Dn) -> bool {
    let sus = amf
        .model()
        .sgs
        .get(sg)
        .map_or(&[][..], |c| c.sus.as_slice());
    let mut assignments = sus
        .iter()
        .filter_map(|su| amf.sus.get(su)?.assignments.get(si));
    assignments.any(|a| {
        a.csis
            .values()
            .any(|rec| rec.serves() && unstoppable(amf, &rec.component))
    })
}

fn unstoppable(amf: &Amf, component: &Dn) -> bool {
    let state = amf.components.get(component);
    state.is_some_and(|c| c.presence == PresenceState::TerminationFailed)
}

impl View<'_> {
    fn assignment(&self, su: &Dn, si: &Dn) -> Option<&Assignment> {
        self.amf.sus.get(su)?.assignments.get(si)
    }

    fn holds(&self, su: &Dn, si: &Dn, states: &[HaState]) -> bool {
        self.assignment(su, si).is_some_and(|a| a.holds(states))
    }

    /// What a SU shall be for an SI now; `None` when it has to wait as it is.
    fn target(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        let admin = self.amf.sis.get(si).map(|s| s.admin);
        match admin? {
            AdminState::Unlocked if self.amf.sponsors_lost(si) => self.without_sponsor(su, si),
            AdminState::Unlocked => self.by_role(su, si),
            AdminState::ShuttingDown => self.shut_down(su, si),
            AdminState::Locked | AdminState::LockedInstantiation => self.withdrawn(su, si),
        }
    }

    fn by_role(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        if Some(su) == self.active.as_ref() {
            return self.as_active(su, si);
        }
        if Some(su) == self.standby.as_ref() {
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
        let serves = self.holds(su, si, &[HaState::Active]);
        let free = self.free_for(su, si) && (serves || self.amf.sponsors_met(si));
        free.then_some(Some(HaState::Active))
    }

    fn as_standby(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        if self.holds(su, si, &[HaState::Active, HaState::Quiescing]) {
            return Some(Some(HaState::Quiesced));
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
                .active
                .as_ref()
                .is_some_and(|active| self.amf.can_take(active, si))
            && !self.served_by_active(si)
            && self.amf.sponsors_met(si)
            && !blocked_by_other(self.amf, self.sus, su, si);
        (!waits).then_some(None)
    }

    /// Finishing with the SI itself: standby stays until the active one has quiesced (AMF-9.4.6-04).
    fn shut_down(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        self.assignment(su, si)?;
        let serving = [HaState::Active, HaState::Quiescing];
        if self.holds(su, si, &serving) {
            return Some(Some(HaState::Quiescing));
        }
        let served = self.sus.iter().any(|su| self.holds(su, si, &serving));
        (!served).then_some(None)
    }

    /// The SI is locked: standby goes first, then active, without quiescing (figure 43).
    fn withdrawn(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        self.assignment(su, si)?;
        if !self.holds(su, si, &[HaState::Active, HaState::Quiescing]) {
            return Some(None);
        }
        let others = self.sus.iter().filter(|other| *other != su);
        let mut standbys = others.filter(|other| self.holds(other, si, &[HaState::Standby]));
        standbys.next().is_none().then_some(None)
    }

    /// An SI that this one depends on is lost: active goes, standby may stay (AMF-3.8.1.2-05).
    fn without_sponsor(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        let stays = self.holds(su, si, &[HaState::Standby])
            && Some(su) == self.standby.as_ref()
            && self.amf.assignable(su);
        self.assignment(su, si)?;
        (!stays).then_some(None)
    }

    fn served_by_active(&self, si: &Dn) -> bool {
        let assignment = self.active.as_ref().and_then(|su| self.assignment(su, si));
        assignment.is_some_and(|a| {
            a.target == Some(HaState::Active) && a.csis.values().all(|rec| self.amf.is_active(rec))
        })
    }

    /// Whether no other SU may still serve anything that forbids this one to become active for the SI.
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
        assignment.csis.values().all(|rec| {
            let becomes = rec.pending.and_then(|p| self.amf.pending.get(&p));
            let becomes = becomes.is_some_and(|p| p.to == Some(HaState::Active));
            let starts = self.amf.starts_serving(&rec.component);
            let serves = rec.serves() || becomes || starts;
            !serves || (unstoppable(self.amf, &rec.component) && other_si != si)
        })
    }
}

/// Whether the SI is stuck on another SU.
fn blocked_by_other(amf: &Amf, sus: &[Dn], su: &Dn, si: &Dn) -> bool {
    sus.iter().filter(|other| *other != su).any(|other| {
        let assignment = amf.sus.get(other).and_then(|s| s.assignments.get(si));
        assignment.is_some_and(|a| {
            a.csis
                .values()
                .any(|rec| rec.serves() && unstoppable(amf, &rec.component))
        })
    })
}

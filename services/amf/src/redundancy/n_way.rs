//! N-way: each SI is active on one SU and standby on several, ranked; a SU may be active for some
//! SIs and standby for others. N+M places differently, and is carried out in the same way.
//!
//! Source: SAI-AIS-AMF-B.04.01 §3.6.4.

use super::common::{self, holds, quiesces};
use super::{Plan, Roles, n_plus_m};
use crate::Amf;
use crate::model::SgConfig;
use ais::Dn;
use ais::amf::{AdminState, HaState, ReadinessState, RedundancyModel};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Who serves one SI.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// The SU that shall be active.
    pub(crate) active: Option<Dn>,
    /// The SUs that shall be standby, the first in line first.
    pub(crate) standbys: Vec<Dn>,
}

/// By SI.
pub(crate) type Lines = BTreeMap<Dn, Line>;

/// The plan for an SG with these lines.
pub(super) fn plan(amf: &Amf, sg: &Dn, lines: &Lines) -> Option<Plan> {
    let config = amf.model().sgs.get(sg)?;
    let lines = choose(amf, sg, config, lines);
    let view = View {
        amf,
        config,
        lines: &lines,
    };
    let targets = common::targets(amf, config, |su, si| view.target(su, si));
    Some(Plan {
        roles: Roles::Ranked(lines),
        targets,
    })
}

fn choose(amf: &Amf, sg: &Dn, config: &SgConfig, lines: &Lines) -> Lines {
    if !amf.may_begin(sg) {
        return Lines::new();
    }
    // Choice: while a SU is in its probation period, the whole SG waits with the adjustment.
    let probation = |su: &Dn| amf.sus.get(su).is_some_and(|s| s.adjust_after.is_some());
    let held = amf.sgs.get(sg).is_some_and(|s| s.adjust_held) || config.sus.iter().any(probation);
    if config.auto_adjust && !held && !amf.busy(sg) {
        return preferred_lines(amf, config);
    }
    let mut kept = Lines::new();
    for (si, line) in lines {
        if !config.sis.contains(si) || !wanted(amf, si) {
            continue;
        }
        let active = line.active.clone();
        let active = active.filter(|su| amf.assignable(su) || quiesces(amf, su));
        let standbys = line.standbys.iter().filter(|su| amf.assignable(su));
        let line = Line {
            active,
            standbys: standbys.cloned().collect(),
        };
        kept.insert(si.clone(), line);
    }
    fill(amf, config, kept)
}

fn fill(amf: &Amf, config: &SgConfig, lines: Lines) -> Lines {
    match config.redundancy {
        RedundancyModel::NplusM => n_plus_m::place(amf, config, lines),
        RedundancyModel::TwoN
        | RedundancyModel::Nway
        | RedundancyModel::NwayActive
        | RedundancyModel::NoRedundancy => place(amf, config, lines),
    }
}

/// Whether an SI may be assigned at all.
pub(super) fn wanted(amf: &Amf, si: &Dn) -> bool {
    amf.sis
        .get(si)
        .is_some_and(|s| s.admin == AdminState::Unlocked)
}

/// The lines of a fresh start.
pub(super) fn preferred_lines(amf: &Amf, config: &SgConfig) -> Lines {
    fill(amf, config, Lines::new())
}

/// Fills up what is missing, keeping what is there: first the active SUs of all SIs by rank, then
/// their standbys, in the cyclic order of the SI's own list behind the active SU.
fn place(amf: &Amf, config: &SgConfig, mut lines: Lines) -> Lines {
    let used = used(amf, config, &lines);
    let sis: Vec<&Dn> = config.sis.iter().filter(|si| wanted(amf, si)).collect();
    for si in &sis {
        let line = lines.get(*si).cloned().unwrap_or_default();
        let active = line.active.clone().or_else(|| {
            let ranked = common::ranked(amf, config, si);
            let mut candidates = line.standbys.iter().chain(&ranked);
            let able = |su: &&Dn| {
                let load = lines
                    .values()
                    .filter(|l| l.active.as_ref() == Some(*su))
                    .count();
                used.contains(*su)
                    && amf.assignable(su)
                    && load < limit(config.active_sis_max)
                    && amf.can_take(su, si)
            };
            candidates.find(able).cloned()
        });
        let standbys = line.standbys.into_iter();
        let standbys = standbys.filter(|su| Some(su) != active.as_ref()).collect();
        lines.insert((*si).clone(), Line { active, standbys });
    }
    for si in &sis {
        fill_standbys(amf, config, si, (&used, &mut lines));
    }
    lines.retain(|_, line| line.active.is_some() || !line.standbys.is_empty());
    lines
}

fn fill_standbys(
    amf: &Amf,
    config: &SgConfig,
    si: &Dn,
    (used, lines): (&BTreeSet<Dn>, &mut Lines),
) {
    let Some(line) = lines.get(si).filter(|line| line.active.is_some()) else {
        return;
    };
    let (active, mut standbys) = (line.active.clone(), line.standbys.clone());
    let ranked = common::ranked(amf, config, si);
    let at = ranked
        .iter()
        .position(|su| Some(su) == active.as_ref())
        .unwrap_or(0);
    let cyclic = ranked.iter().cycle().skip(at + 1).take(ranked.len());
    for su in cyclic {
        let load = lines.values().filter(|l| l.standbys.contains(su)).count();
        let able = used.contains(su)
            && amf.assignable(su)
            && Some(su) != active.as_ref()
            && !standbys.contains(su)
            && load < limit(config.standby_sis_max)
            && common::can_stand_by(amf, su);
        if able && standbys.len() < preferred(amf, si) {
            standbys.push(su.clone());
        }
    }
    lines.insert(si.clone(), Line { active, standbys });
}

/// `saAmfSIPrefStandbyAssignments`.
pub(super) fn preferred(amf: &Amf, si: &Dn) -> usize {
    let config = amf.model().sis.get(si);
    config.map_or(1, |c| limit(c.standby_preferred))
}

/// A number of the configuration as a count.
pub(super) fn limit(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The SUs that may be assigned: those that are, then by rank up to the preferred number.
fn used(amf: &Amf, config: &SgConfig, lines: &Lines) -> BTreeSet<Dn> {
    let assigned = lines
        .values()
        .flat_map(|l| l.active.iter().chain(&l.standbys));
    let mut used: BTreeSet<Dn> = assigned.cloned().collect();
    for su in config.sus.iter().filter(|su| amf.assignable(su)) {
        if used.len() < limit(config.assigned_preferred) {
            used.insert(su.clone());
        }
    }
    used
}

/// One SG as the model looks at it.
struct View<'a> {
    amf: &'a Amf,
    config: &'a SgConfig,
    lines: &'a Lines,
}

impl View<'_> {
    /// What a SU shall be for an SI now; `None` when it has to wait as it is.
    fn target(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        let (amf, sus) = (self.amf, self.config.sus.as_slice());
        let line = self.lines.get(si);
        let is_active = self.shall_serve(su, si);
        let is_standby = line.is_some_and(|l| l.standbys.contains(su));
        match amf.sis.get(si).map(|s| s.admin)? {
            AdminState::Unlocked if amf.sponsors_lost(si) => {
                let stays = is_standby && holds(amf, su, si, &[HaState::Standby]);
                common::assignment(amf, su, si)?;
                (!stays).then_some(None)
            }
            AdminState::Unlocked if is_active => self.as_active(su, si),
            AdminState::Unlocked if is_standby => self.as_standby(su, si),
            AdminState::Unlocked => self.as_spare(su, si),
            AdminState::ShuttingDown if self.gives_way(su, si) => Some(None),
            AdminState::ShuttingDown => common::shut_down(amf, sus, su, si),
            AdminState::Locked | AdminState::LockedInstantiation => {
                common::withdrawn(amf, sus, su, si)
            }
        }
    }

    fn as_active(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        let amf = self.amf;
        if amf.su_readiness(su) == ReadinessState::Stopping {
            return common::assignment(amf, su, si).map(|_| Some(HaState::Quiescing));
        }
        if !self.free_for(su, si) {
            // Choice: what its former SU is about to give up is waited for, so that it keeps its
            // standby.
            let stuck = common::stuck_elsewhere(amf, &self.config.sus, Some(su), si);
            let blocked = stuck || !amf.sponsors_met(si);
            return (blocked && self.gives_way(su, si)).then_some(None);
        }
        let serves = holds(amf, su, si, &[HaState::Active]);
        let unmixed = serves || common::may_mix(self.amf, su) || !self.stays_standby(su, si);
        unmixed.then_some(Some(HaState::Active))
    }

    /// Whether the SI may be active here now: nobody else serves it, and what it depends on is
    /// assigned.
    fn free_for(&self, su: &Dn, si: &Dn) -> bool {
        let amf = self.amf;
        let others = self.config.sus.iter().filter(|other| *other != su);
        let mut served = others.filter(|other| {
            let assignment = common::assignment(amf, other, si);
            assignment.is_some_and(|a| a.csis.values().any(|rec| common::may_serve(amf, rec)))
        });
        served.next().is_none() && (holds(amf, su, si, &[HaState::Active]) || amf.sponsors_met(si))
    }

    /// Whether the SU stops being standby for an SI, so that it can be active for others: with N+M
    /// it is never both (AMF-3.6.3.1-01, AMF-3.6.3.2-01).
    fn gives_way(&self, su: &Dn, si: &Dn) -> bool {
        let mut others = self.config.sis.iter().filter(|other| *other != si);
        self.config.redundancy == RedundancyModel::NplusM
            && holds(self.amf, su, si, &[HaState::Standby])
            && others.any(|other| self.shall_serve(su, other) && self.free_for(su, other))
    }

    fn shall_serve(&self, su: &Dn, si: &Dn) -> bool {
        let line = self.lines.get(si);
        line.is_some_and(|l| l.active.as_ref() == Some(su))
    }

    fn as_standby(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        let amf = self.amf;
        if holds(amf, su, si, &[HaState::Active, HaState::Quiescing]) {
            return Some(Some(HaState::Quiesced));
        }
        if common::lapsed(amf, su, si) {
            return Some(None);
        }
        let stands = holds(amf, su, si, &[HaState::Standby])
            || (self.served(si) && (common::may_mix(self.amf, su) || !self.serves_other(su, si)));
        stands.then_some(Some(HaState::Standby))
    }

    fn as_spare(&self, su: &Dn, si: &Dn) -> Option<Option<HaState>> {
        let amf = self.amf;
        common::assignment(amf, su, si)?;
        if amf.reachable(su) && holds(amf, su, si, &[HaState::Active, HaState::Quiescing]) {
            return Some(Some(HaState::Quiesced));
        }
        let successor = self.lines.get(si).and_then(|l| l.active.as_ref());
        let waits = holds(amf, su, si, &[HaState::Quiesced])
            && successor.is_some_and(|active| amf.can_take(active, si))
            && !self.served(si)
            && amf.sponsors_met(si)
            && !common::stuck_elsewhere(amf, &self.config.sus, Some(su), si);
        (!waits).then_some(None)
    }

    /// Whether a SU is standby for another SI and does not become active for it together with this
    /// one.
    fn stays_standby(&self, su: &Dn, si: &Dn) -> bool {
        let mut others = self.config.sis.iter().filter(|other| *other != si);
        others.any(|other| {
            holds(self.amf, su, other, &[HaState::Standby])
                && !(self.shall_serve(su, other) && self.free_for(su, other))
        })
    }

    /// Whether a SU still is active for another SI, or was and holds it.
    fn serves_other(&self, su: &Dn, si: &Dn) -> bool {
        let serving = [HaState::Active, HaState::Quiescing, HaState::Quiesced];
        let others = self.config.sis.iter().filter(|other| *other != si);
        others.into_iter().any(|other| {
            let leaves = self
                .lines
                .get(other)
                .is_none_or(|l| !l.standbys.contains(su));
            leaves && holds(self.amf, su, other, &serving)
        })
    }

    fn served(&self, si: &Dn) -> bool {
        let active = self.lines.get(si).and_then(|l| l.active.as_ref());
        active.is_some_and(|su| common::is_active(self.amf, su, si))
    }
}

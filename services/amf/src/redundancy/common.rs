//! Questions that all redundancy models ask.

use crate::Amf;
use crate::model::SgConfig;
use crate::state::{Assignment, CsiAssignment};
use ais::Dn;
use ais::amf::{CapabilityModel, HaState, PresenceState, ReadinessState};
use alloc::vec::Vec;

/// What each SU of an SG shall be for each SI; SIs that the SG protects no longer are given up.
pub(super) fn targets(
    amf: &Amf,
    config: &SgConfig,
    target: impl Fn(&Dn, &Dn) -> Option<Option<HaState>>,
) -> Vec<(Dn, Dn, Option<HaState>)> {
    let mut targets = Vec::new();
    for su in &config.sus {
        let state = amf.sus.get(su);
        let assigned = state.into_iter().flat_map(|s| s.assignments.keys());
        for si in assigned.filter(|si| !config.sis.contains(si)) {
            targets.push((su.clone(), si.clone(), None));
        }
        for si in &config.sis {
            if let Some(target) = target(su, si) {
                targets.push((su.clone(), si.clone(), target));
            }
        }
    }
    targets
}

/// What a SU has of an SI.
pub(super) fn assignment<'a>(amf: &'a Amf, su: &Dn, si: &Dn) -> Option<&'a Assignment> {
    amf.sus.get(su)?.assignments.get(si)
}

/// Whether a process of the SU may hold a CSI of the SI in one of `states`.
pub(super) fn holds(amf: &Amf, su: &Dn, si: &Dn, states: &[HaState]) -> bool {
    assignment(amf, su, si).is_some_and(|a| a.holds(states))
}

/// The same for any SI.
pub(super) fn holds_any(amf: &Amf, su: &Dn, states: &[HaState]) -> bool {
    let state = amf.sus.get(su);
    state.is_some_and(|s| s.assignments.values().any(|a| a.holds(states)))
}

/// Whether a SU is still busy finishing what it does for some SI while it is shut down.
pub(super) fn quiesces(amf: &Amf, su: &Dn) -> bool {
    amf.su_readiness(su) == ReadinessState::Stopping
        && holds_any(amf, su, &[HaState::Active, HaState::Quiescing])
}

/// Whether a component may be providing a service, or is about to.
pub(super) fn may_serve(amf: &Amf, rec: &CsiAssignment) -> bool {
    let order = rec.pending.and_then(|p| amf.pending.get(&p));
    let becomes = order.is_some_and(|p| p.to == Some(HaState::Active));
    rec.serves() || becomes || amf.starts_serving(&rec.component)
}

/// Whether a component could not be stopped.
pub(super) fn unstoppable(amf: &Amf, component: &Dn) -> bool {
    let state = amf.components.get(component);
    state.is_some_and(|c| c.presence == PresenceState::TerminationFailed)
}

/// Whether an assignment is stuck on a component that could not be stopped while it served.
pub(super) fn is_stuck(amf: &Amf, assignment: &Assignment) -> bool {
    let mut recs = assignment.csis.values();
    recs.any(|rec| rec.serves() && unstoppable(amf, &rec.component))
}

/// Whether an SI is stuck on a SU of `sus` other than `except`.
pub(super) fn stuck_elsewhere(amf: &Amf, sus: &[Dn], except: Option<&Dn>, si: &Dn) -> bool {
    let others = sus.iter().filter(|su| Some(*su) != except);
    others
        .filter_map(|su| assignment(amf, su, si))
        .any(|a| is_stuck(amf, a))
}

/// Whether a SU is active for an SI and every one of its components has said so.
pub(super) fn is_active(amf: &Amf, su: &Dn, si: &Dn) -> bool {
    assignment(amf, su, si).is_some_and(|a| {
        a.target == Some(HaState::Active) && a.csis.values().all(|rec| amf.is_active(rec))
    })
}

/// Whether a SU was to be active for an SI until its processes ended, and none has been told so
/// since.
pub(super) fn lapsed(amf: &Amf, su: &Dn, si: &Dn) -> bool {
    assignment(amf, su, si).is_some_and(|a| {
        let mut recs = a.csis.values();
        a.target == Some(HaState::Active)
            && recs.all(|rec| rec.told.is_none() && rec.pending.is_none())
    })
}

/// Whether all components of a SU may be active and standby at the same time.
pub(super) fn may_mix(amf: &Amf, su: &Dn) -> bool {
    let config = amf.model().sus.get(su);
    let components = config.map_or(&[][..], |c| c.components.as_slice());
    components.iter().all(|dn| {
        let config = amf.model().components.get(dn);
        let both = CapabilityModel::XActiveAndYStandby;
        config.is_some_and(|c| c.capabilities.values().all(|c| c.model == both))
    })
}

/// A SU without pre-instantiable components cannot be standby (AMF-3.6.1.1-24).
pub(super) fn can_stand_by(amf: &Amf, su: &Dn) -> bool {
    amf.model().sus.get(su).is_some_and(|c| c.pre_instantiable)
}

/// The SUs in the order that the SI prefers; those that it does not rank follow in the order of the
/// SG.
pub(super) fn ranked(amf: &Amf, config: &SgConfig, si: &Dn) -> Vec<Dn> {
    let ranks = amf.model().sis.get(si).map(|c| &c.ranked_sus);
    let mut sus = config.sus.clone();
    sus.sort_by_key(|su| {
        let rank = ranks.and_then(|ranks| ranks.get(su));
        rank.copied().unwrap_or(u32::MAX)
    });
    sus
}

/// How a SU stops being active for an SI that is shut down: one that must give up all its SIs does
/// not go on with this one either (AMF-3.6.2.1-06, AMF-9.4.3-03).
pub(super) fn winding_down(amf: &Amf, su: &Dn) -> HaState {
    let goes_on = amf.assignable(su) || amf.su_readiness(su) == ReadinessState::Stopping;
    match goes_on {
        true => HaState::Quiescing,
        false => HaState::Quiesced,
    }
}

/// The SI is shut down: standby stays until the active one has quiesced (AMF-9.4.6-04).
pub(super) fn shut_down(amf: &Amf, sus: &[Dn], su: &Dn, si: &Dn) -> Option<Option<HaState>> {
    assignment(amf, su, si)?;
    let serving = [HaState::Active, HaState::Quiescing];
    if holds(amf, su, si, &serving) {
        return Some(Some(winding_down(amf, su)));
    }
    let served = sus.iter().any(|su| holds(amf, su, si, &serving));
    (!served).then_some(None)
}

/// The SI is locked: standby goes first, then active, without quiescing (figure 43).
pub(super) fn withdrawn(amf: &Amf, sus: &[Dn], su: &Dn, si: &Dn) -> Option<Option<HaState>> {
    assignment(amf, su, si)?;
    if !holds(amf, su, si, &[HaState::Active, HaState::Quiescing]) {
        return Some(None);
    }
    let others = sus.iter().filter(|other| *other != su);
    let mut standbys = others.filter(|other| holds(amf, other, si, &[HaState::Standby]));
    standbys.next().is_none().then_some(None)
}

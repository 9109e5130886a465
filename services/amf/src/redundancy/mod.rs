//! Redundancy models: from the state of an SG to a plan of who shall be what for which SI.
//!
//! A plan is computed anew whenever the state changes, and only ever asks for what may be done at
//! once: steps that must wait for others appear in it when their time has come. A model sees the
//! machine, but does not change it.
//!
//! Source: SAI-AIS-AMF-B.04.01 §3.6.

mod common;
mod holders;
mod n_plus_m;
mod n_way;
mod two_n;

use crate::Amf;
use ais::Dn;
use ais::amf::{AdminState, HaState, ReadinessState, RedundancyModel};
use alloc::vec::Vec;
use holders::Holders;
use n_way::Lines;
use serde::{Deserialize, Serialize};
use two_n::Pair;

/// Which SUs a redundancy model has chosen. They keep their roles until they lose them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Roles {
    /// 2N: at most one active and one standby SU for all SIs.
    TwoN(Pair),
    /// N-way active and no-redundancy: the SUs that shall be active for each SI.
    Active(Holders),
    /// N-way and N+M: the active and the ranked standby SUs of each SI.
    Ranked(Lines),
}

impl Roles {
    /// Nobody has been chosen yet.
    pub(crate) fn none(model: RedundancyModel) -> Self {
        match model {
            RedundancyModel::TwoN => Self::TwoN(Pair::default()),
            RedundancyModel::NplusM | RedundancyModel::Nway => Self::Ranked(Lines::new()),
            RedundancyModel::NwayActive | RedundancyModel::NoRedundancy => {
                Self::Active(Holders::new())
            }
        }
    }

    /// Whether somebody has been chosen to be active for an SI.
    fn has_active(&self, si: &Dn) -> bool {
        match self {
            Self::TwoN(pair) => pair.active.is_some(),
            Self::Active(holders) => holders.contains_key(si),
            Self::Ranked(lines) => lines.get(si).is_some_and(|line| line.active.is_some()),
        }
    }
}

/// What an SG shall look like next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) roles: Roles,
    /// SU, SI, and what the SU shall be for it. What is not mentioned stays as it is.
    pub(crate) targets: Vec<(Dn, Dn, Option<HaState>)>,
}

/// The plan for an SG; `None` for one that is not configured.
pub(crate) fn plan(amf: &Amf, sg: &Dn) -> Option<Plan> {
    if amf.assignments_frozen(sg) {
        return withdrawn(amf, sg);
    }
    match &amf.sgs.get(sg)?.roles {
        Roles::TwoN(pair) => two_n::plan(amf, sg, pair),
        Roles::Active(holders) => holders::plan(amf, sg, holders),
        Roles::Ranked(lines) => n_way::plan(amf, sg, lines),
    }
}

/// The plan of an SG whose SUs all go down: nobody takes over what goes down with them.
fn withdrawn(amf: &Amf, sg: &Dn) -> Option<Plan> {
    let config = amf.model().sgs.get(sg)?;
    let mut targets = Vec::new();
    for su in &config.sus {
        let assignments = amf
            .sus
            .get(su)
            .into_iter()
            .flat_map(|s| s.assignments.keys());
        targets.extend(assignments.map(|si| (su.clone(), si.clone(), None)));
    }
    Some(Plan {
        roles: Roles::none(config.redundancy),
        targets,
    })
}

/// Preferred numbers of active and standby SUs for an SI (Table 11).
///
/// Choice: no standby is preferred where no SU of the group can be standby.
pub(crate) fn preferred(amf: &Amf, si: &Dn) -> (usize, usize) {
    let sg = amf.model().sis.get(si).and_then(|c| c.sg.as_ref());
    let Some(config) = sg.and_then(|sg| amf.model().sgs.get(sg)) else {
        return (1, 0);
    };
    match config.redundancy {
        RedundancyModel::Nway => (1, n_way::preferred(amf, si)),
        RedundancyModel::TwoN | RedundancyModel::NplusM => {
            let standby = config.sus.iter().any(|su| common::can_stand_by(amf, su));
            (1, usize::from(standby))
        }
        RedundancyModel::NwayActive | RedundancyModel::NoRedundancy => {
            (holders::preferred(amf, config, si), 0)
        }
    }
}

/// Whether another SU is about to become active for an SI that nobody is active for at the moment;
/// none is while an SI that it depends on is unassigned (AMF-3.8.1.1-01).
pub(crate) fn reassigning(amf: &Amf, si: &Dn) -> bool {
    let Some(sg) = amf.model().sis.get(si).and_then(|c| c.sg.as_ref()) else {
        return false;
    };
    let state = amf.sis.get(si);
    let open = state.is_some_and(|s| {
        s.admin == AdminState::Unlocked && !s.previous.is_empty() && s.sponsor_lost.is_none()
    });
    open && amf.sgs.get(sg).is_some_and(|s| s.roles.has_active(si))
        && !common::stuck_elsewhere(amf, amf.protectors(si), None, si)
}

/// Whether an SI may be active on several SUs at the same time.
pub(crate) fn shares_active(amf: &Amf, si: &Dn) -> bool {
    let sg = amf.model().sis.get(si).and_then(|c| c.sg.as_ref());
    let config = sg.and_then(|sg| amf.model().sgs.get(sg));
    config.is_some_and(|c| c.redundancy == RedundancyModel::NwayActive)
}

/// The rank that a standby SU is told for an SI: its position among the standbys.
pub(crate) fn standby_rank(amf: &Amf, su: &Dn, si: &Dn) -> u32 {
    let sg = amf.model().sis.get(si).and_then(|c| c.sg.as_ref());
    let Some(Roles::Ranked(lines)) = sg.and_then(|sg| amf.sgs.get(sg)).map(|s| &s.roles) else {
        // Elsewhere there is at most one standby.
        return 1;
    };
    let at = lines
        .get(si)
        .and_then(|line| line.standbys.iter().position(|other| other == su));
    at.and_then(|at| u32::try_from(at + 1).ok()).unwrap_or(1)
}

/// Whether the roles of an SG can be exchanged now, so that its standby becomes active (§9.4.8).
pub(crate) fn swapped(amf: &Amf, sg: &Dn, si: &Dn) -> Option<Roles> {
    let roles = &amf.sgs.get(sg)?.roles;
    let (active, standby) = match roles {
        Roles::TwoN(pair) => (pair.active.clone()?, pair.standby.clone()?),
        Roles::Ranked(lines) => {
            let line = lines.get(si)?;
            (line.active.clone()?, line.standbys.first()?.clone())
        }
        Roles::Active(_) => return None,
    };
    let has = |su: &Dn, states: &[HaState]| {
        let ha = common::assignment(amf, su, si).and_then(|a| a.ha());
        ha.is_some_and(|ha| states.contains(&ha))
    };
    let swappable = has(&active, &[HaState::Active, HaState::Quiescing])
        && has(&standby, &[HaState::Standby])
        && amf.su_readiness(&standby) == ReadinessState::InService;
    if !swappable {
        return None;
    }
    let mut roles = roles.clone();
    match &mut roles {
        Roles::TwoN(pair) => core::mem::swap(&mut pair.active, &mut pair.standby),
        Roles::Ranked(lines) if amf.model().sgs.get(sg)?.redundancy == RedundancyModel::NplusM => {
            n_plus_m::swap(lines, &active);
        }
        Roles::Ranked(lines) => {
            let line = lines.get_mut(si)?;
            line.active = Some(standby);
            *line.standbys.first_mut()? = active;
        }
        Roles::Active(_) => return None,
    }
    Some(roles)
}

/// The roles that an SG would have if its highest-ranked SUs served; `None` when it has them.
pub(crate) fn adjusted(amf: &Amf, sg: &Dn) -> Option<Roles> {
    let current = &amf.sgs.get(sg)?.roles;
    let config = amf.model().sgs.get(sg)?;
    let roles = match current {
        Roles::TwoN(_) => Roles::TwoN(two_n::preferred_pair(amf, config, true)),
        Roles::Active(_) => Roles::Active(holders::preferred_holders(amf, config)),
        Roles::Ranked(_) => Roles::Ranked(n_way::preferred_lines(amf, config)),
    };
    (roles != *current).then_some(roles)
}

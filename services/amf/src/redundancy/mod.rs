//! Redundancy models: from the state of an SG to a plan of who shall be what for which SI.
//!
//! A plan is computed anew whenever the state changes, and only ever asks for what may be done at once: steps that
//! must wait for others appear in it when their time has come. A model sees the machine, but does not change it.
//!
//! Source: SAI-AIS-AMF-B.04.01 §3.6.

mod two_n;

use crate::Amf;
use ais::Dn;
use ais::amf::{AdminState, HaState, ReadinessState, RedundancyModel};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Which SUs a redundancy model has chosen. They keep their roles until they lose them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Roles {
    /// 2N: at most one active and one standby SU for all SIs.
    TwoN {
        /// The SU that shall be active.
        active: Option<Dn>,
        /// The SU that shall be standby.
        standby: Option<Dn>,
    },
}

impl Roles {
    /// Nobody has been chosen yet.
    pub(crate) const NONE: Self = Self::TwoN {
        active: None,
        standby: None,
    };
}

/// What an SG shall look like next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) roles: Roles,
    /// SU, SI, and what the SU shall be for it. What is not mentioned stays as it is.
    pub(crate) targets: Vec<(Dn, Dn, Option<HaState>)>,
}

/// Whether SGs of this model can be run; a text for people otherwise.
pub(crate) fn supported(model: RedundancyModel) -> Result<(), &'static str> {
    match model {
        RedundancyModel::TwoN => Ok(()),
        RedundancyModel::NplusM => Err("redundancy model N+M is not supported yet"),
        RedundancyModel::Nway => Err("redundancy model N-way is not supported yet"),
        RedundancyModel::NwayActive => Err("redundancy model N-way active is not supported yet"),
        RedundancyModel::NoRedundancy => Err("redundancy model no-redundancy is not supported yet"),
    }
}

/// The plan for an SG; `None` while its assignments must not be touched.
pub(crate) fn plan(amf: &Amf, sg: &Dn) -> Option<Plan> {
    if amf.assignments_frozen(sg) {
        return Some(withdrawn(amf, sg));
    }
    let roles = &amf.sgs.get(sg)?.roles;
    match roles {
        Roles::TwoN { active, standby } => two_n::plan(amf, sg, active.as_ref(), standby.as_ref()),
    }
}

/// The plan of an SG whose SUs all go down: nobody takes over what goes down with them.
fn withdrawn(amf: &Amf, sg: &Dn) -> Plan {
    let sus = amf
        .model()
        .sgs
        .get(sg)
        .map_or(&[][..], |c| c.sus.as_slice());
    let mut targets = Vec::new();
    for su in sus {
        let assignments = amf
            .sus
            .get(su)
            .into_iter()
            .flat_map(|s| s.assignments.keys());
        targets.extend(assignments.map(|si| (su.clone(), si.clone(), None)));
    }
    Plan {
        roles: Roles::NONE,
        targets,
    }
}

/// Preferred numbers of active and standby SUs for an SI (Table 11).
///
/// Choice: no standby is preferred where no SU of the group can be standby.
pub(crate) fn preferred(amf: &Amf, si: &Dn) -> (usize, usize) {
    let standby = amf
        .protectors(si)
        .iter()
        .any(|su| amf.model().sus.get(su).is_some_and(|c| c.pre_instantiable));
    (1, usize::from(standby))
}

/// Whether another SU is about to become active for an SI that nobody is active for at the moment.
pub(crate) fn reassigning(amf: &Amf, si: &Dn) -> bool {
    let Some(sg) = amf.model().sis.get(si).and_then(|c| c.sg.as_ref()) else {
        return false;
    };
    let state = amf.sis.get(si);
    let open = state.is_some_and(|s| s.admin == AdminState::Unlocked && !s.previous.is_empty());
    let Some(Roles::TwoN { active, .. }) = amf.sgs.get(sg).map(|s| &s.roles) else {
        return false;
    };
    open && active.is_some() && !two_n::blocked(amf, sg, si)
}

/// The rank that a standby SU is told for an SI: its position among the standbys.
pub(crate) fn standby_rank(_amf: &Amf, _su: &Dn, _si: &Dn) -> u32 {
    // With 2N there is at most one standby.
    1
}

/// Whether the roles of an SG can be exchanged now, so that its standby becomes active (§9.4.8).
pub(crate) fn swapped(amf: &Amf, sg: &Dn, si: &Dn) -> Option<Roles> {
    let Roles::TwoN { active, standby } = &amf.sgs.get(sg)?.roles;
    let (active, standby) = (active.clone()?, standby.clone()?);
    let has = |su: &Dn, states: &[HaState]| {
        let assignment = amf.sus.get(su).and_then(|s| s.assignments.get(si));
        assignment
            .and_then(|a| a.ha())
            .is_some_and(|ha| states.contains(&ha))
    };
    let swappable = has(&active, &[HaState::Active, HaState::Quiescing])
        && has(&standby, &[HaState::Standby])
        && amf.su_readiness(&standby) == ReadinessState::InService;
    swappable.then_some(Roles::TwoN {
        active: Some(standby),
        standby: Some(active),
    })
}

/// The roles that an SG would have if its highest-ranked SUs served; `None` when it has them.
///
/// SUs in their probation period are passed over unless `all` counts.
pub(crate) fn adjusted(amf: &Amf, sg: &Dn, all: bool) -> Option<Roles> {
    let current = &amf.sgs.get(sg)?.roles;
    let roles = two_n::preferred_roles(amf, sg, all)?;
    (roles != *current).then_some(roles)
}

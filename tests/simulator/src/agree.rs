//! What holds between any two entries.
//!
//! All hand-overs of an entry are done when it is over, so what neighbours must agree on, they
//! agree on after every one of them.

use ais::amf::HaState;
use ais::plm::ReadinessState;
use appliance::Appliance;

/// All SIs.
pub(crate) fn sis(appliance: &Appliance) -> Vec<amf::SiView> {
    let applications = appliance.amf.applications().into_iter();
    let sgs = applications.flat_map(|application| application.sgs);
    sgs.flat_map(|sg| sg.sis).collect()
}

/// What holds between any two entries.
pub(crate) fn invariants(appliance: &Appliance) -> Result<(), String> {
    members(appliance)?;
    assignments(appliance)?;
    match appliance.cut_short() {
        0 => Ok(()),
        _ => Err("an entry was cut short".into()),
    }
}

/// PLM, CLM and AMF agree on members. A member's execution environment is in service, or about to
/// leave it; one that is in service makes its node a member, unless an operator locked that. It
/// need not run: while hardware is isolated, what ran there may go on.
fn members(appliance: &Appliance) -> Result<(), String> {
    for node in appliance.amf.nodes() {
        let clm_node = node.clm_node.as_ref();
        let clm_node = clm_node.and_then(|dn| appliance.clm.nodes().get(dn));
        if clm_node.is_some_and(|it| it.member.is_some()) != node.member {
            return Err(format!(
                "CLM and AMF disagree whether {} is a member",
                node.dn
            ));
        }
    }
    for (dn, node) in appliance.clm.nodes() {
        let Some(ee) = &node.ee else {
            continue;
        };
        let entity = appliance.plm.entity(ee);
        let readiness = entity.map(|it| it.readiness);
        let is_out = readiness.is_none_or(|it| it == ReadinessState::OutOfService);
        let is_in = readiness == Some(ReadinessState::InService);
        let may = node.admin == clm::AdminState::Unlocked;
        let is_member = node.member.is_some();
        if is_member && is_out || !is_member && is_in && may {
            let what = if is_member { "a" } else { "no" };
            return Err(format!("{dn} is {what} member, and PLM says {readiness:?}"));
        }
    }
    Ok(())
}

/// At most one SU is active for an SI, and one standby; who has an assignment is a member.
fn assignments(appliance: &Appliance) -> Result<(), String> {
    let nodes = appliance.amf.nodes();
    for sg in appliance
        .amf
        .applications()
        .into_iter()
        .flat_map(|it| it.sgs)
    {
        for si in &sg.sis {
            let active = si.assignments.iter().filter(|it| it.ha == HaState::Active);
            if active.count() > 1 {
                return Err(format!("{} has two active: {:?}", si.dn, si.assignments));
            }
            let standby = si.assignments.iter().filter(|it| it.ha == HaState::Standby);
            if standby.count() > 1 {
                return Err(format!("{} has two standby: {:?}", si.dn, si.assignments));
            }
            for assignment in &si.assignments {
                let su = sg.sus.iter().find(|su| su.dn == assignment.su);
                let host = su.and_then(|su| su.node.as_ref());
                let node = nodes.iter().find(|node| Some(&node.dn) == host);
                if !node.is_some_and(|node| node.member) {
                    let su = &assignment.su;
                    return Err(format!("{su} has {} and its node is no member", si.dn));
                }
            }
        }
    }
    Ok(())
}

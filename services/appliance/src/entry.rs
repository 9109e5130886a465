//! What an entry of the log begins with.

use crate::table::Step;
use crate::{Appliance, Command};
use ais::Dn;
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use machine::NodeId;
use redundancy::Input as Redundancy;

/// The inputs that a view begins with, and how far it is behind the entry before.
pub(crate) fn of_view(
    (epoch, skipped): (u64, Duration),
    holders: &BTreeSet<NodeId>,
    others: &BTreeSet<NodeId>,
    nodes: &BTreeSet<NodeId>,
) -> Vec<Step> {
    let view = Redundancy::View {
        epoch,
        holders: holders.clone(),
        others: others.clone(),
        nodes: nodes.clone(),
    };
    vec![
        Step::Hpi(hpi_domain::Input::TimeSkipped(skipped)),
        Step::Redundancy(view),
    ]
}

/// The inputs that a command begins with.
pub(crate) fn of(appliance: &Appliance, from: NodeId, command: &Command) -> Vec<Step> {
    match command.clone() {
        Command::Observed(_) | Command::HpiStates { .. } if !owns(appliance, from) => Vec::new(),
        Command::Observed(observation) => observed(observation),
        Command::AddEvent(record) => observed(shelf::Observation::Event {
            record,
            source: shelf::EventSource::Sel,
            change: None,
        }),
        Command::ClearEvents => vec![
            Step::Shelf(shelf::Input::ClearEvents),
            Step::Pef(pef::Input::Cleared),
        ],
        Command::DeleteEvent { number } => {
            vec![Step::Shelf(shelf::Input::DeleteEvent { number })]
        }
        Command::Watchdog(input) => vec![Step::Shelf(shelf::Input::Watchdog(input))],
        Command::Pef(input) => vec![Step::Pef(input)],
        Command::Act { tag, action } => vec![Step::Shelf(shelf::Input::Act { tag, action })],
        Command::Node { node, report } => vec![Step::Amf(amf::Input::Node { node, report })],
        Command::NodeAgent { node } => vec![
            hosts(from, node.clone(), true),
            Step::Amf(amf::Input::NodeAgent { node }),
        ],
        Command::EeUp { ee } => environment_up(appliance, from, ee),
        Command::EeDown { ee, ordered } => environment_ended(appliance, ee, ordered),
        Command::Hosts { nodes } => places(from, nodes),
        Command::Line { holder } => line(from, holder),
        Command::Switch { tag, to, condition } => {
            redundancy(Redundancy::Switch { tag, to, condition })
        }
        Command::Health(health) => healthy(from, health),
        Command::Software(software) => runs(from, software),
        Command::Load { tag, batch } => vec![Step::Imm(imm::Input::Load { tag, batch })],
        Command::Ccb { tag, operations } => vec![Step::Imm(imm::Input::Ccb { tag, operations })],
        Command::Invoke {
            tag,
            object,
            operation,
            parameters,
        } => vec![Step::Imm(imm::Input::Invoke {
            tag,
            object,
            operation,
            parameters,
            timeout_ms: None,
        })],
        // Whether it is granted is for [`crate::quarantine`] to say.
        Command::Quarantine { .. } => Vec::new(),
        Command::Restarted => audit().into(),
        Command::Tick => ticks(appliance),
        Command::HpiJobDone(id, result) => {
            vec![Step::Hpi(hpi_domain::Input::JobDone(id, result))]
        }
        Command::HpiStates {
            address,
            sensor,
            states,
        } => vec![Step::Hpi(hpi_domain::Input::SensorStates {
            address,
            sensor,
            states,
        })],
        Command::HpiFixture(fixture) => vec![Step::Hpi(hpi_domain::Input::Fixture(fixture))],
        Command::Hpi { tag, .. } if !owns(appliance, from) => vec![Step::Unserved(tag)],
        Command::Hpi { tag, session, call } => {
            vec![Step::Hpi(hpi_domain::Input::User { tag, session, call })]
        }
    }
}

/// Whether a member has the hardware, as far as the log is. What one that had it before saw is of
/// the past: its port is closed because another one's is open. That one looks at all of it anew.
/// What HPI's users called there they have called again where the shelf is served now.
///
/// Choice: without any view (a log that nobody shares) everybody has it.
fn owns(appliance: &Appliance, from: NodeId) -> bool {
    let active = appliance.redundancy.active();
    active.is_none_or(|active| active == from)
}

fn observed(observation: shelf::Observation) -> Vec<Step> {
    vec![Step::Shelf(shelf::Input::Observed(observation))]
}

/// Whatever an owner had been ordered may be lost: it is ordered again.
pub(crate) fn audit() -> [Step; 4] {
    [
        Step::Shelf(shelf::Input::Audit),
        Step::Pef(pef::Input::Restarted),
        Step::Hpi(hpi_domain::Input::Restarted),
        Step::Plm(plm::Input::Audit),
    ]
}

fn hosts(member: NodeId, node: Dn, runs: bool) -> Step {
    Step::Redundancy(Redundancy::Hosts { member, node, runs })
}

fn places(member: NodeId, nodes: Vec<Dn>) -> Vec<Step> {
    let nodes = nodes.into_iter();
    nodes.map(|node| hosts(member, node, false)).collect()
}

fn environment_up(appliance: &Appliance, from: NodeId, ee: Dn) -> Vec<Step> {
    let nodes = appliance.nodes_of(&ee).into_iter();
    let mut steps: Vec<Step> = nodes.map(|node| hosts(from, node, true)).collect();
    steps.push(Step::Plm(plm::Input::EeUp { ee }));
    steps
}

fn environment_ended(appliance: &Appliance, ee: Dn, ordered: bool) -> Vec<Step> {
    let nodes = appliance.nodes_of(&ee).into_iter();
    let ended = |node| Step::Redundancy(Redundancy::Ended { node });
    let mut steps: Vec<Step> = nodes.map(ended).collect();
    steps.push(Step::Plm(if ordered {
        plm::Input::EeTerminated { ee }
    } else {
        plm::Input::EeDown { ee }
    }));
    steps
}

fn line(member: NodeId, holder: Option<NodeId>) -> Vec<Step> {
    redundancy(Redundancy::Line { member, holder })
}

fn healthy(member: NodeId, health: redundancy::Health) -> Vec<Step> {
    redundancy(Redundancy::Health { member, health })
}

fn runs(member: NodeId, software: redundancy::Software) -> Vec<Step> {
    redundancy(Redundancy::Software { member, software })
}

fn redundancy(input: redundancy::Input) -> Vec<Step> {
    vec![Step::Redundancy(input)]
}

/// A tick goes to those that wait for time.
fn ticks(appliance: &Appliance) -> Vec<Step> {
    use machine::Machine;
    let waiting = [
        (appliance.shelf.deadline(), Step::Shelf(shelf::Input::Tick)),
        (appliance.pef.deadline(), Step::Pef(pef::Input::Tick)),
        (appliance.hpi.deadline(), Step::Hpi(hpi_domain::Input::Tick)),
        (appliance.plm.deadline(), Step::Plm(plm::Input::Tick)),
        (appliance.clm.deadline(), Step::Clm(clm::Input::Tick)),
        (appliance.amf.deadline(), Step::Amf(amf::Input::Tick)),
        (appliance.imm.deadline(), Step::Imm(imm::Input::Tick)),
        (
            appliance.redundancy.deadline(),
            Step::Redundancy(Redundancy::Tick),
        ),
    ];
    let due = waiting
        .into_iter()
        .filter(|(by, _)| by.is_some_and(|by| by <= appliance.at.time));
    due.map(|(_, step)| step).collect()
}

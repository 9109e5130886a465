//! What was logged and what was wanted, in short.

use crate::{Answer, Command, Effect, Said};
use ais::Dn;
use ais::node::{CsiOutcome, Order, Report};
use ais::ntf::Kind;
use alloc::format;
use alloc::string::{String, ToString};
use plm::EeOrder;
use shelf::{Action, Observation};

/// `SU1` for its component, `slot1` for its execution environment, else the value of the first RDN.
pub(super) fn short(dn: &Dn) -> String {
    let of = match dn.tag() {
        "safComp" | "safEE" => dn.parent().unwrap_or_else(|| dn.clone()),
        _ => dn.clone(),
    };
    of.value().to_string()
}

/// A line for everything that leaves the appliance. Of what people are told, only alarms and
/// defects.
pub(super) fn effect(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::Shelf(order) if matches!(order.action, Action::Watch(_)) => return None,
        Effect::Shelf(order) => format!("shelf: {}", action(&order.action)),
        Effect::Alert(trap) => format!("alert {}", trap.address),
        Effect::Ee(EeOrder::Instantiate { ee }) => format!("{}: instantiate", short(ee)),
        Effect::Ee(EeOrder::Terminate { ee }) => format!("{}: terminate", short(ee)),
        Effect::Ee(EeOrder::Restart { ee }) => format!("{}: restart", short(ee)),
        Effect::Ee(EeOrder::PowerLost { ee }) => format!("{}: power lost", short(ee)),
        Effect::Node { node, order } => format!("{}: {}", short(node), node_order(order)),
        Effect::Answer(Answer {
            tag,
            result: Ok(()),
        }) => format!("answer {tag}: done"),
        Effect::Answer(Answer {
            tag,
            result: Err((code, text)),
        }) => format!("answer {tag}: {}: {text}", code.name()),
        Effect::HpiAnswer { tag, result } => format!("HPI answer {tag}: {result:?}"),
        Effect::Said(Said::Notification(said)) => match &said.kind {
            Kind::Alarm { severity, alarm } => {
                format!("alarm: {} {alarm} {severity:?}", short(&said.object))
            }
            Kind::StateChange { .. } | Kind::Miscellaneous => return None,
        },
        Effect::Said(Said::Damaged { address, what }) => format!("damaged: {address:02x} {what}"),
        Effect::Said(Said::Quarantined(index)) => format!("entry {index} is quarantined"),
        Effect::Said(Said::ModelDefect(why)) => format!("defect: {} {}", why.dn, why.text),
        Effect::Said(Said::Unacknowledged(trap)) => format!("no word from {}", trap.address),
        Effect::Said(Said::Redundancy(event)) => event.text(),
        Effect::Active { cmm, epoch } => format!("CMM {} owns the hardware in {epoch}", cmm.0),
        Effect::Line { to } => format!("line to {}", to.0),
        Effect::MachineVersion { to } => format!("machines {to}"),
        Effect::Said(Said::Port(Err(why))) => format!("port closed: {why}"),
        Effect::Said(
            Said::Port(Ok(()))
            | Said::Hpi(_)
            | Said::HotSwap(_)
            | Said::Led { .. }
            | Said::SensorEvent { .. },
        )
        | Effect::HpiJob(..)
        | Effect::HpiJobCancelled(_) => return None,
    })
}

/// One entry with what came of it, for who follows a walk.
pub(super) fn logged(command: &Command, effects: &[Effect]) -> String {
    let mut text = format!("< {}", self::command(command).unwrap_or_default());
    for line in effects.iter().filter_map(self::effect) {
        text += &format!("\n  {line}");
    }
    text
}

fn action(action: &Action) -> String {
    match action {
        Action::Activate(fru) => format!("activate {:02x}", fru.address),
        Action::Deactivate(fru) => format!("deactivate {:02x}", fru.address),
        Action::SetActivationPolicy { fru, mask: 2, .. } => format!("release {:02x}", fru.address),
        Action::SetActivationPolicy { fru, .. } => format!("unlock {:02x}", fru.address),
        Action::SetLed { .. }
        | Action::FruControl { .. }
        | Action::SetPowerLevel { .. }
        | Action::PowerOn(_)
        | Action::Raw { .. }
        | Action::Watch(_)
        | Action::Rescan(_) => format!("{action:?}"),
    }
}

fn node_order(order: &Order) -> String {
    match order {
        Order::Instantiate(spec) => format!("instantiate {}", short(&spec.component)),
        Order::Configure(spec) => format!("configure {}", short(&spec.component)),
        Order::Terminate(component) => format!("terminate {}", short(component)),
        Order::Cleanup(component) => format!("clean up {}", short(component)),
        Order::SetCsi {
            component,
            ha_state,
            ..
        } => format!("{} {}", short(component), ha_state.word().to_lowercase()),
        Order::RemoveCsi { component, .. } => format!("{} gives up", short(component)),
        Order::Reboot => "reboot".into(),
    }
}

/// What the world told; `None` for what has no meaning of its own.
pub(super) fn command(command: &Command) -> Option<String> {
    Some(match command {
        Command::Observed(Observation::OrderDone { result: Ok(_), .. } | Observation::PortUp) => {
            return None;
        }
        Command::Observed(Observation::HotSwap(change)) => {
            format!("{:02x} M{}", change.fru.address, change.current)
        }
        Command::Observed(Observation::ControllerFound(found)) => {
            format!("{:02x} found", found.address)
        }
        Command::Observed(Observation::ControllerLost { address, cause }) => {
            format!("{address:02x} lost: {cause:?}")
        }
        Command::Observed(other) => format!("{other:?}"),
        Command::Node { node, report } => format!("{} {}", short(node), reported(report)),
        Command::NodeAgent { node } => format!("{} takes orders", short(node)),
        Command::EeUp { ee } => format!("{} up", short(ee)),
        Command::EeDown { ee, ordered: true } => format!("{} ended", short(ee)),
        Command::EeDown { ee, ordered: false } => format!("{} died", short(ee)),
        Command::Hosts { nodes } => {
            let nodes = nodes.iter().map(|node| format!(" {}", short(node)));
            format!("place of{}", nodes.collect::<String>())
        }
        Command::Act { .. }
        | Command::AddEvent(_)
        | Command::Load { .. }
        | Command::Ccb { .. }
        | Command::ClearEvents
        | Command::DeleteEvent { .. }
        | Command::Watchdog(_)
        | Command::Hpi { .. }
        | Command::Invoke { .. }
        | Command::Pef(_)
        | Command::Restarted
        | Command::Quarantine { .. }
        | Command::HpiFixture(_)
        | Command::HpiJobDone(..)
        | Command::HpiStates { .. }
        | Command::Line { .. }
        | Command::Switch { .. }
        | Command::Health(_)
        | Command::Software(_)
        | Command::Tick => format!("{command:?}"),
    })
}

fn reported(report: &Report) -> String {
    match report {
        Report::Instantiated(component) => format!("instantiated {}", short(component)),
        Report::Terminated(component) => format!("terminated {}", short(component)),
        Report::CsiDone {
            outcome: CsiOutcome::Ok,
            ..
        } => "did so".into(),
        Report::CsiDone { outcome, .. } => format!("did not: {outcome:?}"),
        Report::QuiescingComplete { .. } => "quiesced".into(),
        Report::Failed { component, .. } => format!("{} failed", short(component)),
        Report::Audit(survivors) => {
            let runs = survivors
                .iter()
                .map(|s| format!(" {}", short(&s.component)));
            format!("runs:{}", runs.collect::<String>())
        }
        Report::InstantiationFailed(_) | Report::TerminationFailed(_) | Report::ErrorCleared(_) => {
            format!("{report:?}")
        }
    }
}

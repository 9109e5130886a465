//! Effects as text: short names, the standard's words.

use ais::Dn;
use ais::amf::{
    AdminState, AssignmentState, CsiFlags, HaState, OperationalState, PresenceState, ReadinessState,
};
use ais::imm::{Attributes, Runtime, Value};
use ais::node::Order;
use ais::ntf::{Kind, Notification, Severity};
use amf::Effect;

/// What a scenario wants to see beside orders, answers and alarms.
#[derive(Clone, Copy, Default)]
pub(crate) struct Show {
    /// States of components and CSI assignments.
    pub(crate) components: bool,
    /// Notifications of state changes.
    pub(crate) notifications: bool,
}

/// The line for an effect; `None` when the scenario does not want to see it.
pub(crate) fn line(effect: &Effect, show: Show) -> Option<String> {
    Some(match effect {
        Effect::Node { node, order } => format!("{}: {}", node.value(), order_words(order)),
        Effect::ClmResponse {
            invocation,
            response,
        } => format!("clm {invocation} {response:?}"),
        Effect::AdminResult(result) => match &result.result {
            Ok(()) => format!("result {} ok", result.invocation),
            Err((code, _)) => format!("result {} {}", result.invocation, code.name()),
        },
        Effect::Runtime(runtime) => return runtime_line(runtime, show),
        Effect::Notify(notification) => return notification_line(notification, show),
    })
}

fn order_words(order: &Order) -> String {
    match order {
        Order::Instantiate(spec) => format!("instantiate {}", spec.component.value()),
        Order::Configure(spec) => format!("configure {}", spec.component.value()),
        Order::Terminate(dn) => format!("terminate {}", dn.value()),
        Order::Cleanup(dn) => format!("cleanup {}", dn.value()),
        Order::Reboot => "reboot".into(),
        Order::RemoveCsi { component, csi, .. } => {
            let csi = csi.as_ref().map_or("all", Dn::value);
            format!("{} remove {csi}", component.value())
        }
        Order::SetCsi {
            component,
            ha_state,
            csi,
            ..
        } => {
            let which = match csi.flags {
                CsiFlags::AddOne => "add ",
                CsiFlags::TargetOne => "",
                CsiFlags::TargetAll => "all",
            };
            let name = csi.csi.as_ref().map_or("", Dn::value);
            let circumstances = match ha_state {
                HaState::Active => format!(" ({})", csi.transition.word()),
                HaState::Standby => format!(" (rank {})", csi.standby_rank),
                HaState::Quiesced | HaState::Quiescing => String::new(),
            };
            let active = csi.active_component.as_ref();
            let active = active
                .map(|dn| format!(" after {}", dn.value()))
                .unwrap_or_default();
            let attributes: String = csi
                .attributes
                .iter()
                .map(|(name, value)| format!(" {name}={value}"))
                .collect();
            let component = component.value();
            let state = ha_state.word();
            format!("{component} {state} {which}{name}{circumstances}{active}{attributes}")
        }
    }
}

fn runtime_line(runtime: &Runtime, show: Show) -> Option<String> {
    match runtime {
        Runtime::Create(object) => states(&object.dn, &object.attributes, show),
        Runtime::Update { dn, attributes } => states(dn, attributes, show),
        Runtime::Delete(dn) => {
            let name = name(dn, show)?;
            Some(format!("= {name} none"))
        }
    }
}

fn name(dn: &Dn, show: Show) -> Option<String> {
    let inner = |dn: &Dn| Dn::parse(&dn.value().replace("\\,", ",")).unwrap();
    let parent = |dn: &Dn| {
        dn.parent()
            .map(|p| p.value().to_owned())
            .unwrap_or_default()
    };
    Some(match dn.tag() {
        "safSISU" => format!("{} on {}", parent(dn), inner(dn).value()),
        "safCSIComp" if show.components => format!("{} on {}", parent(dn), inner(dn).value()),
        "safComp" if show.components => dn.value().into(),
        "safCSIComp" | "safComp" => return None,
        _ => dn.value().into(),
    })
}

fn states(dn: &Dn, attributes: &Attributes, show: Show) -> Option<String> {
    let name = name(dn, show)?;
    let words: Vec<String> = attributes
        .iter()
        .filter_map(|(attribute, values)| state_word(attribute, values))
        .collect();
    (!words.is_empty()).then(|| format!("= {name} {}", words.join(" ")))
}

fn state_word(attribute: &str, values: &[Value]) -> Option<String> {
    let number = u32::try_from(values.first()?.as_u64()?).ok()?;
    let word = |word: Option<&'static str>| word.map(str::to_lowercase);
    if attribute.ends_with("AdminState") {
        return word(AdminState::from_number(number).map(AdminState::word));
    }
    if attribute.ends_with("OperState") {
        return word(OperationalState::from_number(number).map(OperationalState::word));
    }
    if attribute.ends_with("ReadinessState") && !attribute.contains("HAReadiness") {
        return word(ReadinessState::from_number(number).map(ReadinessState::word));
    }
    if attribute.ends_with("PresenceState") {
        return word(PresenceState::from_number(number).map(PresenceState::word));
    }
    if attribute.ends_with("AssignmentState") {
        return word(AssignmentState::from_number(number).map(AssignmentState::word));
    }
    if attribute.ends_with("HAState") {
        return word(HaState::from_number(number).map(HaState::word));
    }
    None
}

fn notification_line(notification: &Notification, show: Show) -> Option<String> {
    let object = notification.object.value();
    match &notification.kind {
        Kind::Alarm {
            severity: Severity::Cleared,
            alarm,
        } => Some(format!("! {object} {alarm}: cleared")),
        Kind::Alarm { alarm, .. } => Some(format!("! {object} {alarm}")),
        Kind::StateChange { state, old, new } if show.notifications => {
            let old = old.as_deref().unwrap_or("?");
            Some(format!("! {object} {state} {old} -> {new}"))
        }
        Kind::StateChange { .. } | Kind::Miscellaneous => None,
    }
}

//! What happened lately, for people: bounded, in the order in which it happened.

use crate::views::hardware;
use appliance::{Appliance, Said};
use hpi_model::EventKind;
use ipmi::command::picmg::LedShows;
use machine::Time;
use std::collections::VecDeque;
use web_api::{EventView, Severity};

/// Events that are kept for those who ask later.
const EVENTS_MAX: usize = 4_096;

/// The latest events.
#[derive(Debug, Default)]
pub(crate) struct Events {
    kept: VecDeque<EventView>,
    last: u64,
}

impl Events {
    /// Keeps an event and gives it its number.
    pub(crate) fn push(&mut self, time: Time, said: Telling) -> EventView {
        self.last += 1;
        let event = EventView {
            sequence: self.last,
            time_us: time.0 / 1_000,
            source: said.source.into(),
            severity: said.severity,
            object: said.object,
            text: said.text,
        };
        if self.kept.len() == EVENTS_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(event.clone());
        event
    }

    /// Events after this number, oldest first.
    pub(crate) fn since(&self, after: u64) -> Vec<EventView> {
        let later = self.kept.iter().filter(|event| event.sequence > after);
        later.cloned().collect()
    }

    /// The latest events, oldest first.
    pub(crate) fn latest(&self, count: usize) -> Vec<EventView> {
        let skipped = self.kept.len().saturating_sub(count);
        self.kept.iter().skip(skipped).cloned().collect()
    }

    /// Number of the last event.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }
}

/// One event before it has its number.
#[derive(Debug)]
pub(crate) struct Telling {
    pub(crate) source: &'static str,
    pub(crate) severity: Severity,
    pub(crate) object: String,
    pub(crate) text: String,
}

impl Telling {
    /// Something that is no fault.
    pub(crate) fn info(source: &'static str, object: impl ToString, text: impl ToString) -> Self {
        Self {
            source,
            severity: Severity::Informational,
            object: object.to_string(),
            text: text.to_string(),
        }
    }

    /// The same, with another severity.
    pub(crate) fn severe(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }
}

/// What a machine said, for people.
pub(crate) fn telling(appliance: &Appliance, said: &Said) -> Telling {
    match said {
        Said::Notification(notification) => of_notification(notification),
        Said::Hpi(event) => of_hpi(appliance, event),
        Said::HotSwap(change) => {
            let cause = ipmi::names::hot_swap_cause(change.cause);
            let text = format!("({cause}) M{} -> M{}", change.previous, change.current);
            Telling::info("ipmi", fru(change.fru), text)
        }
        Said::Led {
            fru: at,
            led_id,
            shows,
        } => {
            let led = match led_id {
                0 => String::from("blue LED"),
                number => format!("LED {number}"),
            };
            Telling::info("ipmi", fru(*at), format!("{led} {}", led_word(*shows)))
        }
        Said::SensorEvent { address, event } => {
            let sensor = hardware::sensor_name(appliance, event);
            let text = format!("{sensor}: {}", hardware::event_text(event));
            let object = format!("{address:#04x} sensor {}", event.number);
            Telling::info("ipmi", object, text).severe(hardware::severity(event))
        }
        Said::Damaged { address, what } => {
            Telling::info("ipmi", format!("{address:#04x}"), what).severe(Severity::Minor)
        }
        Said::Unacknowledged(trap) => {
            let object = format!("alert destination {}", trap.destination);
            let text = format!(
                "{} port {} does not acknowledge the alerts that it is sent",
                trap.address, trap.port
            );
            Telling::info("pef", object, text).severe(Severity::Minor)
        }
        Said::Redundancy(event) => of_redundancy(event),
        Said::Port(Ok(())) => Telling::info("ipmi", "chassis", "the way to the shelf is open"),
        Said::Port(Err(why)) => {
            let text = format!("the way to the shelf is closed: {why}");
            Telling::info("ipmi", "chassis", text).severe(Severity::Major)
        }
        Said::Quarantined(index) => {
            let text = "crashed a CMM more than once: no member applies it any more";
            let object = format!("log entry {index}");
            Telling::info("shelfd", object, text).severe(Severity::Critical)
        }
        Said::ModelDefect(refusal) => {
            Telling::info("imm", &refusal.dn, &refusal.text).severe(Severity::Warning)
        }
    }
}

fn fru(at: shelf::FruAddress) -> String {
    format!("{:#04x}/{}", at.address, at.fru_id)
}

fn led_word(shows: LedShows) -> String {
    match shows {
        LedShows::Off => "off".into(),
        LedShows::On => "on".into(),
        LedShows::Blinking { off, on } if on > off => "long blink".into(),
        LedShows::Blinking { .. } => "short blink".into(),
        LedShows::LampTest => "lamp test".into(),
    }
}

fn of_notification(said: &ais::ntf::Notification) -> Telling {
    use ais::ntf::{Kind, Severity as S};
    let source = match said.notifying.value() {
        "safPlmService" => "plm",
        "safClmService" => "clm",
        _ => "amf",
    };
    let telling = |text| Telling::info(source, &said.object, text);
    match &said.kind {
        Kind::StateChange { state, old, new } => telling(match old {
            Some(old) => format!("{state}: {old} -> {new}"),
            None => format!("{state}: {new}"),
        }),
        Kind::Alarm { severity, alarm } => {
            telling(format!("{alarm}: {}", said.text)).severe(match severity {
                S::Cleared => Severity::Ok,
                S::Indeterminate | S::Warning => Severity::Warning,
                S::Minor => Severity::Minor,
                S::Major => Severity::Major,
                S::Critical => Severity::Critical,
            })
        }
        Kind::Miscellaneous => telling(said.text.clone()),
    }
}

fn of_redundancy(event: &redundancy::Event) -> Telling {
    use redundancy::Severity as S;
    let object = match event.about() {
        Some(node) => format!("node {}", node.0),
        None => String::from("cluster"),
    };
    Telling::info("cluster", object, event.text()).severe(match event.severity() {
        S::Ok => Severity::Ok,
        S::Minor => Severity::Minor,
        S::Major => Severity::Major,
    })
}

fn of_hpi(appliance: &Appliance, event: &hpi_model::Event) -> Telling {
    use hpi_model::Severity as S;
    let severity = match event.severity {
        S::Critical => Severity::Critical,
        S::Major => Severity::Major,
        S::Minor => Severity::Minor,
        S::Informational | S::Debug | S::All => Severity::Informational,
        S::Ok => Severity::Ok,
    };
    let resource = appliance.hpi.resource(event.source);
    let object = resource.map_or_else(
        || format!("resource {}", event.source.0),
        |resource| resource.rpt.entity.to_string(),
    );
    Telling::info("hpi", object, hpi_text(&event.kind)).severe(severity)
}

fn hpi_text(kind: &EventKind) -> String {
    match kind {
        EventKind::HotSwap {
            state,
            previous,
            cause,
        } => format!(
            "hot swap {} -> {} ({})",
            previous.word(),
            state.word(),
            cause.word()
        ),
        EventKind::Resource(event) => format!("resource {}", event.word()),
        EventKind::Sensor(event) => {
            let edge = if event.assertion { "entered" } else { "left" };
            let (kind, states) = (event.kind.word(), event.state.0);
            format!("sensor {} ({kind}) {edge} states {states:#06x}", event.num)
        }
        EventKind::Domain(..)
        | EventKind::SensorEnableChange(_)
        | EventKind::Watchdog { .. }
        | EventKind::Software { .. }
        | EventKind::Oem { .. }
        | EventKind::User(_)
        | EventKind::Dimi { .. }
        | EventKind::DimiUpdate(_)
        | EventKind::Fumi { .. } => format!("{kind:?}"),
    }
}

#[cfg(test)]
mod tests;

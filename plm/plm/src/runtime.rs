//! What PLM publishes: runtime attributes, state change notifications, alarms.
//!
//! Source: SAI-AIS-PLM-A.01.02, information model and chapter on notifications.

use crate::model::{Entity, Kind};
use crate::state::{EE_ADMIN, EE_PRESENCE, HE_ADMIN, HE_PRESENCE, OPERATIONAL, READINESS, word};
use crate::{Effect, Out, Plm};
use ais::Dn;
use ais::imm::{Attributes, Runtime, Value};
use ais::ntf::{Kind as NtfKind, Notification, Severity};
use ais::plm::ReadinessState;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What the information model has of an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Published {
    admin: u32,
    operational: u32,
    readiness: u32,
    presence: u32,
    flags: u64,
    mapping: Option<(String, String)>,
    pub(crate) alarmed: bool,
}

/// A state of an entity: its attribute, its words, its number before and now.
struct Change {
    attribute: &'static str,
    words: &'static [&'static str],
    old: Option<u32>,
    new: u32,
}

impl Plm {
    /// Publishes what changed since it was last published.
    pub(crate) fn publish(&mut self, out: &mut Out<'_>) {
        for (dn, entity) in &mut self.model.entities {
            let now = snapshot(entity);
            if entity.published.as_ref() == Some(&now) {
                continue;
            }
            let before = entity.published.replace(now.clone());
            let is_he = matches!(entity.kind, Kind::He(_));
            let states = changes(is_he, before.as_ref(), &now);
            let attributes = attributes(is_he, &states, before.as_ref(), &now);
            if !attributes.is_empty() {
                let dn = dn.clone();
                out.push(Effect::Runtime(Runtime::Update { dn, attributes }));
            }
            for change in states.iter().filter(|change| change.old.is_some()) {
                out.push(Effect::Notify(state_change(dn, change)));
            }
        }
    }

    /// Raises the alarm of an entity, once until it is cleared.
    pub(crate) fn raise(&mut self, dn: &Dn, why: &str, out: &mut Out<'_>) {
        let Some(entity) = self.model.entities.get_mut(dn) else {
            return;
        };
        let alarm = alarm_name(entity);
        let Some(published) = entity.published.as_mut().filter(|p| !p.alarmed) else {
            return;
        };
        published.alarmed = true;
        let text = format!("{dn} {why}");
        let kind = NtfKind::Alarm {
            severity: Severity::Major,
            alarm,
        };
        out.push(Effect::Notify(notification(dn.clone(), kind, text)));
    }

    /// What is in service again has no alarm.
    pub(crate) fn clear_alarms(&mut self, out: &mut Out<'_>) {
        for (dn, entity) in &mut self.model.entities {
            if entity.readiness == ReadinessState::InService {
                clear_alarm_of(dn, entity, "is in service again", out);
            }
        }
    }

    /// Clears the alarm of an entity, where it has one.
    pub(crate) fn clear_alarm(&mut self, dn: &Dn, why: &str, out: &mut Out<'_>) {
        if let Some(entity) = self.model.entities.get_mut(dn) {
            clear_alarm_of(dn, entity, why, out);
        }
    }
}

/// The alarm that no hardware element matches a resource, raised or cleared.
pub(crate) fn unmapped(domain: Dn, raised: bool, text: String) -> Notification {
    let severity = if raised {
        Severity::Critical
    } else {
        Severity::Cleared
    };
    let kind = NtfKind::Alarm {
        severity,
        alarm: "Unmapped HE".to_string(),
    };
    notification(domain, kind, text)
}

/// A warning for people.
pub(crate) fn warning(object: Dn, text: &str) -> Notification {
    notification(object, NtfKind::Miscellaneous, text.to_string())
}

fn clear_alarm_of(dn: &Dn, entity: &mut Entity, why: &str, out: &mut Out<'_>) {
    let alarm = alarm_name(entity);
    let Some(published) = entity.published.as_mut().filter(|p| p.alarmed) else {
        return;
    };
    published.alarmed = false;
    let severity = Severity::Cleared;
    let kind = NtfKind::Alarm { severity, alarm };
    let text = format!("{dn} {why}");
    out.push(Effect::Notify(notification(dn.clone(), kind, text)));
}

fn alarm_name(entity: &Entity) -> String {
    match entity.kind {
        Kind::He(_) => "HE alarm".to_string(),
        Kind::Ee(_) => "EE alarm".to_string(),
    }
}

fn notification(object: Dn, kind: NtfKind, text: String) -> Notification {
    let notifying = Dn::parse("safApp=safPlmService").expect("it is tag=value");
    Notification {
        object,
        notifying,
        kind,
        text,
    }
}

fn snapshot(entity: &Entity) -> Published {
    let (presence, mapping) = match &entity.kind {
        Kind::He(he) => {
            let mapping = he.mapping.as_ref();
            (
                he.presence as u32,
                mapping.map(|m| (m.path.comma_form(), m.he_type.to_string())),
            )
        }
        Kind::Ee(ee) => (ee.presence as u32, None),
    };
    Published {
        admin: entity.admin as u32,
        operational: entity.operational as u32,
        readiness: entity.readiness as u32,
        presence,
        flags: entity.flags.0,
        mapping,
        alarmed: entity.published.as_ref().is_some_and(|p| p.alarmed),
    }
}

fn changes(is_he: bool, before: Option<&Published>, now: &Published) -> Vec<Change> {
    let name = |he, ee| if is_he { he } else { ee };
    let words = |he, ee| if is_he { he } else { ee };
    let all = [
        Change {
            attribute: name("saPlmHEAdminState", "saPlmEEAdminState"),
            words: words(HE_ADMIN, EE_ADMIN),
            old: before.map(|b| b.admin),
            new: now.admin,
        },
        Change {
            attribute: name("saPlmHEOperationalState", "saPlmEEOperationalState"),
            words: OPERATIONAL,
            old: before.map(|b| b.operational),
            new: now.operational,
        },
        Change {
            attribute: name("saPlmHEPresenceState", "saPlmEEPresenceState"),
            words: words(HE_PRESENCE, EE_PRESENCE),
            old: before.map(|b| b.presence),
            new: now.presence,
        },
        Change {
            attribute: name("saPlmHEReadinessState", "saPlmEEReadinessState"),
            words: READINESS,
            old: before.map(|b| b.readiness),
            new: now.readiness,
        },
    ];
    all.into_iter()
        .filter(|change| change.old != Some(change.new))
        .collect()
}

fn attributes(
    is_he: bool,
    states: &[Change],
    before: Option<&Published>,
    now: &Published,
) -> Attributes {
    let mut attributes = Attributes::new();
    for change in states {
        attributes.insert(
            change.attribute.to_string(),
            vec![Value::Uint32(change.new)],
        );
    }
    if before.map(|b| b.flags) != Some(now.flags) {
        let name = if is_he {
            "saPlmHEReadinessFlags"
        } else {
            "saPlmEEReadinessFlags"
        };
        attributes.insert(name.to_string(), vec![Value::Uint64(now.flags)]);
    }
    if is_he && before.map(|b| &b.mapping) != Some(&now.mapping) {
        let path = now
            .mapping
            .iter()
            .map(|(path, _)| Value::String(path.clone()));
        let he_type = now
            .mapping
            .iter()
            .map(|(_, he_type)| Value::Name(he_type.clone()));
        attributes.insert("saPlmHECurrEntityPath".to_string(), path.collect());
        attributes.insert("saPlmHECurrHEType".to_string(), he_type.collect());
    }
    attributes
}

fn state_change(dn: &Dn, change: &Change) -> Notification {
    let old = change
        .old
        .map(|number| word(change.words, number).to_string());
    let new = word(change.words, change.new).to_string();
    let text = format!("{dn} is {new}");
    let kind = NtfKind::StateChange {
        state: change.attribute.to_string(),
        old,
        new,
    };
    notification(dn.clone(), kind, text)
}

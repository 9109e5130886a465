//! Runtime objects, runtime attributes, notifications and alarms: what changed since the last
//! entry.
//!
//! Source: SAI-AIS-AMF-B.04.01 chapter 8 (runtime attributes), chapter 11.

use crate::state::{Assignment, SuState};
use crate::{Amf, Effect};
use ais::Dn;
use ais::amf::{
    AdminState, AssignmentState, HaReadinessState, HaState, OperationalState, PresenceState,
};
use ais::imm::{Attributes, Object, Runtime, Value};
use ais::ntf::{Kind, Notification, Severity};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Tag of the relative name of `SaAmfSIAssignment` objects.
const SI_ASSIGNMENT: &str = "safSISU";
/// Tag of the relative name of `SaAmfCSIAssignment` objects.
const CSI_ASSIGNMENT: &str = "safCSIComp";

impl Amf {
    /// Publishes what changed in these SGs, and in nodes, applications and the cluster.
    pub(crate) fn publish(&mut self, sgs: &BTreeSet<Dn>) {
        self.publish_enclosing();
        for sg in sgs {
            let config = self.model().sgs.get(sg);
            let (sus, sis) = config
                .map(|c| (c.sus.clone(), c.sis.clone()))
                .unwrap_or_default();
            self.publish_sg(sg, &sus);
            let mut current = BTreeSet::new();
            for su in &sus {
                self.publish_su(su);
                self.publish_assignments(su, &mut current);
            }
            for si in &sis {
                self.publish_si(si);
            }
            self.withdraw(sg, current);
        }
    }

    fn publish_sg(&mut self, sg: &Dn, sus: &[Dn]) {
        let Some(state) = self.sgs.get(sg) else {
            return;
        };
        let units = || sus.iter().filter_map(|su| self.sus.get(su));
        let assigned = units().filter(|su| !su.assignments.is_empty()).count();
        let up = |su: &&SuState| {
            use PresenceState as P;
            matches!(
                su.presence,
                P::Instantiating | P::Instantiated | P::Restarting
            )
        };
        let spare = units()
            .filter(|su| up(su) && su.assignments.is_empty())
            .count();
        let down = units().filter(|su| !up(su)).count();
        let attributes = [
            number("saAmfSGAdminState", state.admin as u32),
            count("saAmfSGNumCurrAssignedSUs", assigned),
            count("saAmfSGNumCurrInstantiatedSpareSUs", spare),
            count("saAmfSGNumCurrNonInstantiatedSpareSUs", down),
        ];
        self.update(sg, attributes.into_iter().collect());
    }

    fn publish_enclosing(&mut self) {
        if let Some(cluster) = self.model().cluster.as_ref().map(|c| c.dn.clone()) {
            let admin = number("saAmfClusterAdminState", self.cluster.admin as u32);
            self.update(&cluster, [admin].into_iter().collect());
        }
        let nodes = self.nodes.iter().map(|(dn, s)| {
            let admin = number("saAmfNodeAdminState", s.admin as u32);
            let oper = number("saAmfNodeOperState", s.oper as u32);
            (dn.clone(), Attributes::from([admin, oper]))
        });
        let applications = self.applications.iter().map(|(dn, admin)| {
            let admin = number("saAmfApplicationAdminState", *admin as u32);
            (dn.clone(), Attributes::from([admin]))
        });
        let all: Vec<_> = nodes.chain(applications).collect();
        for (dn, attributes) in all {
            self.update(&dn, attributes);
        }
    }

    fn publish_su(&mut self, su: &Dn) {
        let (Some(config), Some(state)) = (self.model().sus.get(su), self.sus.get(su)) else {
            return;
        };
        let components = config.components.clone();
        let held = |wanted: HaState| {
            let assignments = state.assignments.values();
            assignments.filter(|a| a.ha() == Some(wanted)).count()
        };
        let assigned = state.assignments.iter().filter(|(_, a)| a.ha().is_some());
        let assigned = assigned.map(|(si, _)| Value::Name(si.to_string()));
        let hosted = state.node.iter().map(|node| Value::Name(node.to_string()));
        let attributes = [
            number("saAmfSUAdminState", state.admin as u32),
            number("saAmfSUOperState", state.oper as u32),
            number("saAmfSUReadinessState", self.su_readiness(su) as u32),
            number("saAmfSUPresenceState", state.presence as u32),
            number("saAmfSUPreInstantiable", u32::from(config.pre_instantiable)),
            number("saAmfSURestartCount", state.restart_count),
            count("saAmfSUNumCurrActiveSIs", held(HaState::Active)),
            count("saAmfSUNumCurrStandbySIs", held(HaState::Standby)),
            ("saAmfSUAssignedSIs".into(), assigned.collect()),
            ("saAmfSUHostedByNode".into(), hosted.collect()),
        ];
        self.update(su, attributes.into_iter().collect());
        for component in components {
            let Some(state) = self.components.get(&component) else {
                continue;
            };
            let readiness = self.component_readiness(&component);
            let attributes = [
                number("saAmfCompOperState", state.oper as u32),
                number("saAmfCompReadinessState", readiness as u32),
                number("saAmfCompPresenceState", state.presence as u32),
                number("saAmfCompRestartCount", state.restart_count),
            ];
            self.update(&component, attributes.into_iter().collect());
        }
    }

    fn publish_si(&mut self, si: &Dn) {
        let Some(state) = self.sis.get(si) else {
            return;
        };
        let active = self.assigned(si, &[HaState::Active, HaState::Quiescing]);
        let standby = self.assigned(si, &[HaState::Standby]);
        let attributes = [
            number("saAmfSIAdminState", state.admin as u32),
            count("saAmfSINumCurrActiveAssignments", active),
            count("saAmfSINumCurrStandbyAssignments", standby),
        ];
        let mut attributes: Attributes = attributes.into_iter().collect();
        if let Some(assignment) = self.assignment_state(si) {
            attributes.extend([number("saAmfSIAssignmentState", assignment as u32)]);
        }
        self.update(si, attributes);
    }

    /// The assignment objects of a SU; their names are added to `current`.
    fn publish_assignments(&mut self, su: &Dn, current: &mut BTreeSet<Dn>) {
        let Some(state) = self.sus.get(su) else {
            return;
        };
        for (dn, class, attributes) in assignment_objects(su, state) {
            current.insert(dn.clone());
            if self.published.contains_key(&dn) {
                self.update(&dn, attributes);
                continue;
            }
            let object = Object {
                dn: dn.clone(),
                class: String::from(class),
                attributes: attributes.clone(),
            };
            self.outbox.push(Effect::Runtime(Runtime::Create(object)));
            for (name, values) in &attributes {
                self.notify(&dn, name, None, values);
            }
            self.published.insert(dn, attributes);
        }
    }

    /// Deletes the assignment objects of an SG that are gone.
    fn withdraw(&mut self, sg: &Dn, current: BTreeSet<Dn>) {
        let before = self.assignment_objects.remove(sg).unwrap_or_default();
        for dn in before.difference(&current) {
            self.published.remove(dn);
            self.outbox
                .push(Effect::Runtime(Runtime::Delete(dn.clone())));
        }
        if !current.is_empty() {
            self.assignment_objects.insert(sg.clone(), current);
        }
    }

    /// Publishes the attributes of an object that have other values than before.
    fn update(&mut self, dn: &Dn, attributes: Attributes) {
        let published = self.published.get(dn);
        let old = |name: &String| published.and_then(|p| p.get(name)).cloned();
        let changed: Vec<_> = attributes
            .into_iter()
            .filter(|(name, values)| old(name).as_ref() != Some(values))
            .map(|(name, values)| (old(&name), name, values))
            .collect();
        if changed.is_empty() {
            return;
        }
        let attributes: Attributes = changed
            .iter()
            .map(|(_, name, values)| (name.clone(), values.clone()))
            .collect();
        let update = Runtime::Update {
            dn: dn.clone(),
            attributes: attributes.clone(),
        };
        self.outbox.push(Effect::Runtime(update));
        for (old, name, values) in &changed {
            self.notify(dn, name, old.as_deref(), values);
        }
        let published = self.published.entry(dn.clone()).or_default();
        published.extend(attributes);
    }

    /// Sends the notification or alarm that a changed attribute calls for.
    fn notify(&mut self, dn: &Dn, name: &str, old: Option<&[Value]>, new: &[Value]) {
        let old = old.and_then(first_number);
        let Some(new) = first_number(new) else {
            return;
        };
        match name {
            "saAmfSIAssignmentState" => self.notify_assignment_state(dn, old, new),
            "saAmfCompPresenceState" => self.notify_component(dn, old, new),
            "saAmfSISUHAState" => self.notify_ha_state(dn, old, new),
            "saAmfSUPresenceState" if old.is_some() && announced(new) => {
                self.notify_state(dn, name, presence_word(old), presence_word(Some(new)));
            }
            "saAmfNodeOperState" | "saAmfSUOperState" if old.is_some() => {
                let word = |n: Option<u32>| n.and_then(OperationalState::from_number);
                let word = |n| word(n).map(OperationalState::word);
                self.notify_state(dn, name, word(old), word(Some(new)));
            }
            _ if name.ends_with("AdminState") && old.is_some() => {
                let word = |n: Option<u32>| n.and_then(AdminState::from_number);
                let word = |n| word(n).map(AdminState::word);
                self.notify_state(dn, name, word(old), word(Some(new)));
            }
            _ => {}
        }
    }

    fn notify_state(
        &mut self,
        dn: &Dn,
        state: &str,
        old: Option<&'static str>,
        new: Option<&'static str>,
    ) {
        let new = new.unwrap_or_default();
        let text = format!("{state} of {dn} is {new}");
        let kind = Kind::StateChange {
            state: String::from(state),
            old: old.map(String::from),
            new: String::from(new),
        };
        self.notification(dn, kind, text);
    }

    /// The object is the SU; the text names the SI (§11.2.2.4).
    fn notify_ha_state(&mut self, assignment: &Dn, old: Option<u32>, new: u32) {
        let su = Dn::parse(&assignment.value().replace("\\,", ","));
        let (Ok(su), Some(si)) = (su, assignment.parent()) else {
            return;
        };
        let word = |n: Option<u32>| n.and_then(HaState::from_number).map(HaState::word);
        let new = word(Some(new)).unwrap_or_default();
        let kind = Kind::StateChange {
            state: String::from("saAmfSISUHAState"),
            old: word(old).map(String::from),
            new: String::from(new),
        };
        self.notification(&su, kind, format!("the HA state of {su} for {si} is {new}"));
    }

    /// Becoming unassigned is an alarm, every other change a notification (§11.2.1.4, §11.2.2.6).
    fn notify_assignment_state(&mut self, si: &Dn, old: Option<u32>, new: u32) {
        let unassigned = AssignmentState::Unassigned as u32;
        let Some(old) = old else {
            return;
        };
        let raise = new == unassigned;
        let Some(state) = self.sis.get_mut(si) else {
            return;
        };
        let alarmed = core::mem::replace(&mut state.alarmed, raise);
        if raise {
            let text = format!("{si} has no active assignment to any SU");
            self.alarm(si, Severity::Major, "SI Unassigned", text);
            return;
        }
        if alarmed {
            let text = format!("{si} is assigned again");
            self.alarm(si, Severity::Cleared, "SI Unassigned", text);
        }
        let word = |n| AssignmentState::from_number(n).map(AssignmentState::word);
        self.notify_state(si, "saAmfSIAssignmentState", word(old), word(new));
    }

    fn notify_component(&mut self, component: &Dn, old: Option<u32>, new: u32) {
        let alarms = [
            (
                PresenceState::InstantiationFailed,
                "Component Instantiation Failed",
            ),
            (PresenceState::TerminationFailed, "Component Cleanup Failed"),
        ];
        let su = self.model().components.get(component).map(|c| c.su.clone());
        let node = su.and_then(|su| self.node_of(&su).cloned());
        let node = node.map(|node| node.to_string()).unwrap_or_default();
        for (presence, alarm) in alarms {
            let failed = presence as u32;
            if new == failed {
                let text = format!("{} of {component} on {node}", alarm.to_lowercase());
                self.alarm(component, Severity::Major, alarm, text);
            } else if old == Some(failed) {
                let text = format!("{component} on {node} was repaired");
                self.alarm(component, Severity::Cleared, alarm, text);
            }
        }
    }

    /// The whole cluster is reset because a component asked for it (§11.2.1.3).
    pub(crate) fn alarm_cluster_reset(&mut self, component: &Dn) {
        let text = format!("failure of {component} triggered a cluster reset");
        self.alarm(component, Severity::Major, "Cluster Reset", text);
    }

    fn alarm(&mut self, object: &Dn, severity: Severity, alarm: &str, text: String) {
        let kind = Kind::Alarm {
            severity,
            alarm: String::from(alarm),
        };
        self.notification(object, kind, text);
    }

    fn notification(&mut self, object: &Dn, kind: Kind, text: String) {
        let notifying = Dn::parse("safApp=safAmfService").expect("a valid name");
        self.outbox.push(Effect::Notify(Notification {
            object: object.clone(),
            notifying,
            kind,
            text,
        }));
    }
}

/// Only these presence states of a SU are told of (§11.2.2.3).
fn announced(presence: u32) -> bool {
    let announced = [
        PresenceState::Instantiated,
        PresenceState::Uninstantiated,
        PresenceState::Restarting,
    ];
    announced.iter().any(|p| *p as u32 == presence)
}

fn presence_word(number: Option<u32>) -> Option<&'static str> {
    let presence = number.and_then(PresenceState::from_number);
    presence.map(PresenceState::word)
}

/// The assignment objects that a SU has now: name, class, attributes.
fn assignment_objects(su: &Dn, state: &SuState) -> Vec<(Dn, &'static str, Attributes)> {
    let ready = HaReadinessState::ReadyForAssignment as u32;
    let mut objects = Vec::new();
    for (si, assignment) in &state.assignments {
        let Some(ha) = assignment.ha() else {
            continue;
        };
        if let Ok(dn) = si.child(&format!("{SI_ASSIGNMENT}={}", su.escaped())) {
            let attributes = [
                number("saAmfSISUHAState", ha as u32),
                number("saAmfSISUHAReadinessState", ready),
            ];
            objects.push((dn, "SaAmfSIAssignment", attributes.into_iter().collect()));
        }
        objects.extend(csi_objects(assignment, ready));
    }
    objects
}

fn csi_objects(assignment: &Assignment, ready: u32) -> Vec<(Dn, &'static str, Attributes)> {
    let assigned = assignment.csis.iter().filter_map(|(csi, rec)| {
        let ha = rec.ha?;
        let rdn = format!("{CSI_ASSIGNMENT}={}", rec.component.escaped());
        let dn = csi.child(&rdn).ok()?;
        let attributes = [
            number("saAmfCSICompHAState", ha as u32),
            number("saAmfCSICompHAReadinessState", ready),
        ];
        Some((dn, "SaAmfCSIAssignment", attributes.into_iter().collect()))
    });
    assigned.collect()
}

fn number(name: &str, value: u32) -> (String, Vec<Value>) {
    (String::from(name), Vec::from([Value::Uint32(value)]))
}

fn count(name: &str, value: usize) -> (String, Vec<Value>) {
    number(name, u32::try_from(value).unwrap_or(u32::MAX))
}

fn first_number(values: &[Value]) -> Option<u32> {
    let value = values.first()?.as_u64()?;
    u32::try_from(value).ok()
}

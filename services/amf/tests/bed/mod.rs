//! A test bed: AMF with simulated agents, driven by text.
//!
//! A scenario file says what is configured, then what happens (lines with `>`); the lines below
//! each are everything that AMF said. `UPDATE_GOLDEN=1` rewrites them.

pub(crate) mod drive;
pub(crate) mod model;
pub(crate) mod words;

use ais::Dn;
use ais::imm::Object;
use ais::node::{CsiOutcome, Invocation, Order, Report};
use amf::{Amf, Effect, Input};
use machine::{Machine, Pos, Time};
use std::collections::BTreeMap;

/// AMF and what its agents still have to do.
pub(crate) struct Bed {
    /// The machine under test.
    pub(crate) amf: Amf,
    /// The configuration, by short name.
    pub(crate) objects: Vec<Object>,
    /// Orders that were not answered yet, oldest first.
    pub(crate) open: Vec<(Dn, Order)>,
    /// Every input so far, for replay.
    pub(crate) log: Vec<(Pos, Input)>,
    /// Quiescing orders that were answered but not completed.
    pub(crate) quiescing: Vec<(Dn, Invocation, Dn)>,
    /// What a scenario creates while AMF runs.
    pub(crate) later: Vec<ais::imm::Change>,
    index: u64,
    /// Now.
    pub(crate) time: Time,
}

impl Bed {
    /// A bed with this configuration, nothing loaded yet.
    pub(crate) fn new(objects: Vec<Object>) -> Self {
        Self {
            amf: Amf::new(),
            objects,
            open: Vec::new(),
            log: Vec::new(),
            quiescing: Vec::new(),
            later: Vec::new(),
            index: 0,
            time: Time(0),
        }
    }

    /// Applies one input; remembers new orders.
    pub(crate) fn apply(&mut self, input: Input) -> Vec<Effect> {
        self.index += 1;
        let pos = Pos {
            index: self.index,
            time: self.time,
        };
        let mut effects = Vec::new();
        self.amf.apply(pos, &input, &mut effects);
        if matches!(input, Input::Tick) {
            // Whoever drives the machine would tick it without end.
            let next = self.amf.deadline();
            assert!(
                next.is_none_or(|by| by > self.time),
                "waits for {next:?} at {:?}",
                self.time
            );
        }
        self.log.push((pos, input));
        for effect in &effects {
            if let Effect::Node { node, order } = effect {
                self.take(node, order);
            }
        }
        effects
    }

    /// An agent drops what a new order overtakes, and does an order that is repeated only once.
    fn take(&mut self, node: &Dn, order: &Order) {
        match order {
            Order::Cleanup(dn) | Order::Terminate(dn) => {
                self.open.retain(|(_, open)| component(open) != Some(dn));
                self.quiescing.retain(|(_, _, component)| component != dn);
            }
            Order::Reboot => {
                self.open.retain(|(at, _)| at != node);
                return;
            }
            Order::Instantiate(_)
            | Order::Configure(_)
            | Order::SetCsi { .. }
            | Order::RemoveCsi { .. } => {}
        }
        let entry = (node.clone(), order.clone());
        if !self.open.contains(&entry) {
            self.open.push(entry);
        }
    }

    /// Answers the oldest open order of a component (or of any); `None` when there is none.
    pub(crate) fn answer(&mut self, of: Option<&Dn>, outcome: CsiOutcome) -> Option<(Dn, Report)> {
        let at = self
            .open
            .iter()
            .position(|(_, order)| of.is_none() || component(order) == of)?;
        let (node, order) = self.open.remove(at);
        let report = self.report(&node, &order, outcome)?;
        Some((node, report))
    }

    fn report(&mut self, node: &Dn, order: &Order, outcome: CsiOutcome) -> Option<Report> {
        let ok = outcome == CsiOutcome::Ok;
        Some(match order {
            Order::Instantiate(spec) if ok => Report::Instantiated(spec.component.clone()),
            Order::Instantiate(spec) => Report::InstantiationFailed(spec.component.clone()),
            Order::Terminate(dn) | Order::Cleanup(dn) if ok => Report::Terminated(dn.clone()),
            Order::Terminate(dn) | Order::Cleanup(dn) => Report::TerminationFailed(dn.clone()),
            Order::SetCsi {
                invocation,
                ha_state,
                component,
                ..
            } => {
                if ok && *ha_state == ais::amf::HaState::Quiescing {
                    let entry = (node.clone(), *invocation, component.clone());
                    self.quiescing.push(entry);
                }
                let invocation = *invocation;
                Report::CsiDone {
                    invocation,
                    outcome,
                }
            }
            Order::RemoveCsi { invocation, .. } => {
                let invocation = *invocation;
                Report::CsiDone {
                    invocation,
                    outcome,
                }
            }
            Order::Reboot | Order::Configure(_) => return None,
        })
    }

    /// Replays everything and compares.
    pub(crate) fn check_replay(&self) {
        let mut other = Amf::new();
        for (pos, input) in &self.log {
            other.apply(*pos, input, &mut Vec::new());
        }
        assert!(other == self.amf, "the replayed machine differs");
        let bytes = postcard::to_allocvec(&self.amf).unwrap();
        let back: Amf = postcard::from_bytes(&bytes).unwrap();
        assert!(back == self.amf, "the snapshot differs");
    }

    /// The full name that a short one stands for.
    pub(crate) fn dn(&self, short: &str) -> Dn {
        let named = |o: &&Object| o.dn.value() == short && is_entity(&o.class);
        let found = self.objects.iter().find(named);
        found
            .unwrap_or_else(|| panic!("no entity {short}"))
            .dn
            .clone()
    }
}

fn is_entity(class: &str) -> bool {
    const ENTITIES: [&str; 8] = [
        "SaAmfCluster",
        "SaAmfNode",
        "SaAmfApplication",
        "SaAmfSG",
        "SaAmfSU",
        "SaAmfComp",
        "SaAmfSI",
        "SaAmfCSI",
    ];
    ENTITIES.contains(&class)
}

/// The component that an order is for.
pub(crate) fn component(order: &Order) -> Option<&Dn> {
    match order {
        Order::Instantiate(spec) | Order::Configure(spec) => Some(&spec.component),
        Order::Terminate(dn) | Order::Cleanup(dn) => Some(dn),
        Order::SetCsi { component, .. } | Order::RemoveCsi { component, .. } => Some(component),
        Order::Reboot => None,
    }
}

/// Attribute values of an object by name.
pub(crate) type Attributes = BTreeMap<String, Vec<ais::imm::Value>>;

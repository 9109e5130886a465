//! The chassis, and the ways of the CMMs onto its management bus.

use chassis::{Chassis, Config, Operator};
use ipmi::port::{PortEvent, PortOrder};
use machine::{Machine, NodeId, Pos, Time};
use std::collections::BTreeMap;

/// The chassis, and who is on its bus.
pub(crate) struct Hardware {
    chassis: Chassis,
    index: u64,
    /// Links that are open, by CMM, each with a number of its own.
    links: BTreeMap<NodeId, u64>,
    /// Whose request has this token: tokens of different scanners may be the same.
    asked: BTreeMap<u64, (NodeId, u64, u64)>,
    last: u64,
    /// When its next tick is due, if that is planned.
    pub(crate) armed: Option<Time>,
    /// Requests that were carried out.
    pub(crate) requests: u64,
}

/// What comes out of the chassis.
pub(crate) enum Outcome {
    /// For the scanner on a link.
    Told(NodeId, u64, PortEvent),
    /// For whoever is on the bus.
    Pushed(PortEvent),
    /// A blade has payload power now, or has none any more.
    Payload(u8, bool),
}

impl Hardware {
    pub(crate) fn new(slots: u8, seed: u64) -> Self {
        let config = Config {
            seed,
            ..Config::with_blades(1..=slots)
        };
        Self {
            chassis: Chassis::new(config),
            index: 0,
            links: BTreeMap::new(),
            asked: BTreeMap::new(),
            last: 0,
            armed: None,
            requests: 0,
        }
    }

    /// Slots with payload power.
    pub(crate) fn powered(&self) -> impl Iterator<Item = u8> {
        self.chassis.powered_slots().into_iter()
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        self.chassis.deadline()
    }

    /// A CMM opens its link.
    pub(crate) fn open(&mut self, cmm: NodeId) -> u64 {
        self.last += 1;
        self.links.insert(cmm, self.last);
        self.last
    }

    /// A CMM closes its link, or is gone.
    pub(crate) fn close(&mut self, cmm: NodeId) {
        self.links.remove(&cmm);
    }

    /// The link of a CMM that is open.
    pub(crate) fn link(&self, cmm: NodeId) -> Option<u64> {
        self.links.get(&cmm).copied()
    }

    /// All links that are open.
    pub(crate) fn links(&self) -> Vec<(NodeId, u64)> {
        self.links.iter().map(|(cmm, link)| (*cmm, *link)).collect()
    }

    /// Carries a request out.
    pub(crate) fn request(
        &mut self,
        now: Time,
        (from, link): (NodeId, u64),
        mut order: PortOrder,
    ) -> Vec<Outcome> {
        self.last += 1;
        self.requests += 1;
        self.asked.insert(self.last, (from, link, order.token));
        order.token = self.last;
        self.apply(now, &chassis::Input::Order(order))
    }

    pub(crate) fn tick(&mut self, now: Time) -> Vec<Outcome> {
        self.apply(now, &chassis::Input::Tick)
    }

    /// Somebody does something to the hardware; what cannot be done is not.
    pub(crate) fn operate(&mut self, now: Time, operator: Operator) -> Vec<Outcome> {
        self.apply(now, &chassis::Input::Operator(operator))
    }

    fn apply(&mut self, now: Time, input: &chassis::Input) -> Vec<Outcome> {
        self.index += 1;
        let at = Pos {
            index: self.index,
            time: now,
        };
        let mut effects = Vec::new();
        self.chassis.apply(at, input, &mut effects);
        let outcomes = effects.into_iter().filter_map(|effect| match effect {
            chassis::Effect::Event(PortEvent::Answer { token, result }) => {
                let (cmm, link, token) = self.asked.remove(&token)?;
                Some(Outcome::Told(
                    cmm,
                    link,
                    PortEvent::Answer { token, result },
                ))
            }
            chassis::Effect::Event(event) => Some(Outcome::Pushed(event)),
            chassis::Effect::Payload { slot, on } => Some(Outcome::Payload(slot, on)),
            chassis::Effect::Handled(_) => None,
        });
        outcomes.collect()
    }
}

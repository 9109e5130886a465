//! Availability management: which service unit is active for which service instance.
//!
//! One deterministic machine. An input changes the state of entities; then every service group that
//! it touched is settled: its redundancy model computes a plan from the state ([`redundancy`]), and
//! the plan is carried out as far as the answers that are still awaited allow. Nothing but the
//! state says how far a switch-over has come, so whatever fails in the middle of it just leads to
//! another plan. What changed is published at the end.
//!
//! Source: SAI-AIS-AMF-B.04.01.
#![no_std]

extern crate alloc;

mod admin;
mod assign;
mod configure;
mod csi_orders;
mod lifecycle;
mod membership;
mod model;
mod publish;
mod readiness;
mod recovery;
mod redundancy;
mod restart;
mod settle;
mod spec;
mod state;
mod view;

pub use model::OBJECTS_MAX;
pub use view::{
    ApplicationView, AssignmentView, ClusterView, ComponentView, CsiView, NodeView, SgView, SiView,
    SuView,
};

use ais::Dn;
use ais::amf::AdminState;
use ais::clm::{Track, TrackResponse};
use ais::imm::{AdminOperation, AdminResult, Attributes, Change, Refusal, Runtime};
use ais::node::{Invocation, Order, Report};
use ais::ntf::Notification;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use machine::{Machine, Pos, Time};
use model::{Configuration, Model};
use serde::{Deserialize, Serialize};
use state::{ClusterState, CompState, NodeState, PendingCsi, SgState, SiState, Startup, SuState};

/// What happens to AMF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// The configuration changed. Objects of other services are passed over.
    ///
    /// Changes that [`Amf::validate`] refuses are not applied at all.
    Config(Vec<Change>),
    /// A step of a change of the cluster's membership.
    Clm(Track),
    /// The agent of a node reports.
    Node {
        /// The AMF node.
        node: Dn,
        /// What it reports.
        report: Report,
    },
    /// The agent of a node (re)appeared: what it still owes an answer for is ordered again.
    NodeAgent {
        /// The AMF node.
        node: Dn,
    },
    /// An administrator asks for something.
    Admin(AdminOperation),
    /// Time passed.
    Tick,
}

/// What AMF wants done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// The agent of a node shall do something.
    Node {
        /// The AMF node.
        node: Dn,
        /// What it shall do.
        order: Order,
    },
    /// The answer to a membership step.
    ClmResponse {
        /// The step's invocation.
        invocation: u64,
        /// The answer.
        response: TrackResponse,
    },
    /// The answer to an administrative operation.
    AdminResult(AdminResult),
    /// Runtime objects and attributes to be stored by IMM.
    Runtime(Runtime),
    /// Something to be told to people and management systems.
    Notify(Notification),
}

/// The AMF machine.
///
/// Invariant: at most one CSI order is pending for each CSI of a component, and at most one
/// life-cycle order for each component; no order goes to a node that is not a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amf {
    config: Configuration,
    cluster: ClusterState,
    nodes: BTreeMap<Dn, NodeState>,
    applications: BTreeMap<Dn, AdminState>,
    sgs: BTreeMap<Dn, SgState>,
    sus: BTreeMap<Dn, SuState>,
    components: BTreeMap<Dn, CompState>,
    sis: BTreeMap<Dn, SiState>,
    /// CSI orders that are not answered yet.
    pending: BTreeMap<Invocation, PendingCsi>,
    last_invocation: u64,
    /// Administrative operations that are not answered yet.
    operations: Vec<admin::Operation>,
    /// Restarts of applications and of the cluster (§3.11.1.3.3, §9.4.7).
    restarts: Vec<restart::ScopeRestart>,
    /// Membership steps that are not answered yet, with the nodes that must be emptied first.
    departures: BTreeMap<u64, BTreeSet<Dn>>,
    /// Runtime attributes as IMM knows them.
    published: BTreeMap<Dn, Attributes>,
    /// The assignment objects that IMM has, by SG.
    assignment_objects: BTreeMap<Dn, BTreeSet<Dn>>,
    /// The members of the cluster, as CLM names them.
    members: BTreeSet<Dn>,
    /// The time of the entry being applied.
    now: Time,
    /// SGs that the entry being applied has touched.
    touched: BTreeSet<Dn>,
    /// Effects of the entry being applied; empty between entries.
    outbox: Vec<Effect>,
}

impl Default for Amf {
    fn default() -> Self {
        Self::new()
    }
}

impl Amf {
    /// AMF without any configuration.
    pub fn new() -> Self {
        Self {
            config: Configuration::default(),
            cluster: ClusterState {
                admin: AdminState::Unlocked,
                startup: Startup::NotBegun,
            },
            nodes: BTreeMap::new(),
            applications: BTreeMap::new(),
            sgs: BTreeMap::new(),
            sus: BTreeMap::new(),
            components: BTreeMap::new(),
            sis: BTreeMap::new(),
            pending: BTreeMap::new(),
            last_invocation: 0,
            operations: Vec::new(),
            restarts: Vec::new(),
            departures: BTreeMap::new(),
            published: BTreeMap::new(),
            assignment_objects: BTreeMap::new(),
            members: BTreeSet::new(),
            now: Time(0),
            touched: BTreeSet::new(),
            outbox: Vec::new(),
        }
    }

    /// Whether these changes may be committed. To be asked before they are logged.
    pub fn validate(&self, changes: &[Change]) -> Result<(), Refusal> {
        self.deletable(changes)?;
        self.config.with(changes).map(drop)
    }

    fn model(&self) -> &Model {
        &self.config.model
    }

    /// Sends an order to a node. Nothing is sent to a node that is not there.
    fn send(&mut self, node: &Dn, order: Order) {
        if self.nodes.get(node).is_some_and(|n| n.member) {
            self.outbox.push(Effect::Node {
                node: node.clone(),
                order,
            });
        }
    }

    fn next_invocation(&mut self) -> Invocation {
        self.last_invocation += 1;
        Invocation(self.last_invocation)
    }

    fn touch_all(&mut self) {
        self.touched = self.model().sgs.keys().cloned().collect();
    }

    /// Marks the SG of a component to be settled.
    fn touch_component(&mut self, component: &Dn) {
        if let Some(su) = self.model().components.get(component).map(|c| c.su.clone()) {
            self.touch_su(&su);
        }
    }

    /// Marks the SG of a SU to be settled.
    fn touch_su(&mut self, su: &Dn) {
        if let Some(config) = self.model().sus.get(su) {
            let sg = config.sg.clone();
            self.touched.insert(sg);
        }
    }
}

impl Machine for Amf {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        self.now = at.time;
        match input {
            Input::Config(changes) => self.configure(changes),
            Input::Clm(track) => self.membership(track),
            Input::Node { node, report } => self.report(node, report),
            Input::NodeAgent { node } => self.repeat_orders(node),
            Input::Admin(operation) => self.operate(operation),
            Input::Tick => self.tick(),
        }
        self.touch_unsponsored();
        self.settle();
        effects.append(&mut self.outbox);
    }

    fn deadline(&self) -> Option<Time> {
        let startup = match self.cluster.startup {
            Startup::Until(time) => Some(time),
            Startup::NotBegun | Startup::Over => None,
        };
        let probations = self.sus.values().filter_map(|su| su.adjust_after);
        // An SI whose time is over waits for answers: every entry has looked at it already.
        let tolerances = self.sis.keys().filter_map(|si| self.tolerance_end(si));
        let tolerances = tolerances.filter(|end| *end > self.now);
        startup
            .into_iter()
            .chain(probations)
            .chain(tolerances)
            .min()
    }
}

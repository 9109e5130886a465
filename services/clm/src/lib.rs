//! Cluster membership: which configured nodes are members, and how they join and leave.
//!
//! A node is a member while it is configured, its administrative state is UNLOCKED, and it is up:
//! its execution environment is in service, or, without one, its agent is there. Leaving in order
//! goes through `Validate` and `Start`, in which trackers have their say; a failure completes at
//! once.
//!
//! Source: SAI-AIS-CLM-B.04.01.
#![no_std]

extern crate alloc;

mod admin;
mod config;
mod departure;
mod membership;
mod report;

pub use config::{CLUSTER_CLASS, NODE_CLASS};

use ais::Dn;
use ais::clm::{Track, TrackResponse};
use ais::imm::{AdminOperation, AdminResult, Change, Runtime};
use ais::{ntf::Notification, plm};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use departure::Departure;
use machine::{Machine, Pos, Time};
use serde::{Deserialize, Serialize};

/// Most nodes of a cluster.
pub const NODES_MAX: usize = 512;

/// Most trackers that may take part in the steps.
pub const TRACKERS_MAX: usize = 1_024;

/// Somebody who follows the membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TrackerId(pub u64);

impl TrackerId {
    /// AMF: always there, takes part in all steps.
    pub const AMF: Self = Self(0);
}

/// In which steps a tracker takes part; all trackers get `Completed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// Gets `Validate` and must answer it.
    pub validate: bool,
    /// Gets `Start` and must answer it.
    pub start: bool,
}

/// Something that happened, in log order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// The configuration changed.
    Config(Vec<Change>),
    /// A step of a readiness change of execution environments.
    Platform(plm::Track),
    /// The agent of a node without an execution environment came or went.
    Agent {
        /// The CLM node.
        node: Dn,
        /// Whether it is there.
        up: bool,
    },
    /// An administrative operation on an object of CLM.
    Admin(AdminOperation),
    /// A tracker answers a step.
    Response {
        /// Who.
        tracker: TrackerId,
        /// The step's invocation.
        invocation: u64,
        /// The answer.
        response: TrackResponse,
    },
    /// A tracker comes, or changes the steps that it takes part in.
    Subscribe {
        /// Who.
        tracker: TrackerId,
        /// Its steps.
        steps: Steps,
    },
    /// A tracker goes; what it owes counts as answered with OK.
    Unsubscribe(TrackerId),
    /// Time has passed.
    Tick,
}

/// Something that must be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Answer PLM's step.
    PlatformResponse {
        /// PLM's invocation.
        invocation: u64,
        /// The answer.
        response: plm::TrackResponse,
    },
    /// Tell a tracker of a step.
    Track {
        /// Whom.
        tracker: TrackerId,
        /// The step.
        track: Track,
    },
    /// An administrative operation ended.
    AdminResult(AdminResult),
    /// Runtime attributes changed.
    Runtime(Runtime),
    /// People and management systems must know.
    Notify(Notification),
}

/// `SaClmAdminStateT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u32)]
pub enum AdminState {
    /// May be a member.
    Unlocked = 1,
    /// May not be a member.
    Locked = 2,
    /// Leaving at its own pace.
    ShuttingDown = 3,
}

impl AdminState {
    /// The standard's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unlocked => "UNLOCKED",
            Self::Locked => "LOCKED",
            Self::ShuttingDown => "SHUTTING-DOWN",
        }
    }
}

/// A stay in the membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// View number with which the node joined (`saClmNodeInitialViewNumber`).
    pub view: u64,
    /// When it came up (`saClmNodeBootTimeStamp`).
    pub boot: Time,
}

/// A configured node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// `saClmNodeID`; never zero, never used again for another node.
    pub id: u32,
    /// `saClmNodeEE`.
    pub ee: Option<Dn>,
    /// `saClmNodeAdminState`.
    pub admin: AdminState,
    /// Its stay in the membership; `None` while it is not a member.
    pub member: Option<Membership>,
    /// When it came up; `None` while it is not up.
    pub up: Option<Time>,
    /// `saClmNodeLockCallbackTimeout`, in nanoseconds.
    pub lock_timeout: Option<u64>,
}

/// Cluster membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clm {
    cluster: Option<Dn>,
    nodes: BTreeMap<Dn, Node>,
    /// Execution environments in service, whether a node is mapped to them or not.
    ready: BTreeSet<Dn>,
    trackers: BTreeMap<TrackerId, Steps>,
    departures: BTreeMap<u64, Departure>,
    invocation_last: u64,
    node_id_last: u32,
    view: u64,
}

impl Default for Clm {
    fn default() -> Self {
        let all = Steps {
            validate: true,
            start: true,
        };
        Self {
            cluster: None,
            nodes: BTreeMap::new(),
            ready: BTreeSet::new(),
            trackers: BTreeMap::from([(TrackerId::AMF, all)]),
            departures: BTreeMap::new(),
            invocation_last: 0,
            node_id_last: 0,
            view: 0,
        }
    }
}

impl Clm {
    /// The configured nodes by name.
    pub fn nodes(&self) -> &BTreeMap<Dn, Node> {
        &self.nodes
    }

    /// The cluster object; `None` before it is configured.
    pub fn cluster(&self) -> Option<&Dn> {
        self.cluster.as_ref()
    }

    /// The view number: grows by one with each join and each leave.
    pub fn view(&self) -> u64 {
        self.view
    }

    /// How many nodes are members.
    pub fn members(&self) -> usize {
        let nodes = self.nodes.values();
        nodes.filter(|node| node.member.is_some()).count()
    }

    /// The node that is mapped to an execution environment.
    pub fn node_of(&self, ee: &Dn) -> Option<&Dn> {
        let mut nodes = self.nodes.iter();
        nodes
            .find(|(_, node)| node.ee.as_ref() == Some(ee))
            .map(|(dn, _)| dn)
    }
}

impl Machine for Clm {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Config(changes) => self.configure(at, changes, effects),
            Input::Platform(track) => self.platform(at, track, effects),
            Input::Agent { node, up } => self.agent(at, node, *up, effects),
            Input::Admin(operation) => self.admin(at, operation, effects),
            Input::Response {
                tracker,
                invocation,
                response,
            } => self.respond(at, (*tracker, *invocation), *response, effects),
            Input::Subscribe { tracker, steps } => self.subscribe(*tracker, *steps),
            Input::Unsubscribe(tracker) => self.unsubscribe(at, *tracker, effects),
            Input::Tick => self.expire(at, effects),
        }
    }

    fn deadline(&self) -> Option<Time> {
        let waiting = self.departures.values();
        waiting.filter_map(|departure| departure.deadline).min()
    }
}

#[cfg(test)]
mod tests;

//! Which CMM owns the hardware, which members the shelf has, and what they can run.
//!
//! All members apply the same log, so nobody is elected: each knows from the log who is active. A
//! CMM is *in step* when it keeps the log and has all of it; one of these is *active*, and owns the
//! hardware; the others are *standby*. Everything else is symmetric.
//!
//! # The rules
//!
//! - Active is the holder of the arbitration line, where it is in step; else whoever was; else the
//!   first that is in step.
//! - A switch, by an operator or because the standby is healthier, moves the line, where there is
//!   one; the active CMM is another one when the line has moved, not before.
//! - Nothing goes back and forth: after a switch by health there is none for a while ([`HOLD`]),
//!   which grows while they follow one another; after an operator's by force there is none before
//!   that CMM tells something else of its health, or another one is active.
//! - A member that left the ring is gone at once, unless nobody is left there. One whose node is
//!   still there is awaited for [`GRACE`], for its daemon may only be restarting. What ran on it
//!   counts as running until then.
//! - After each view, and after its own start, everybody tells again what runs with it; what nobody
//!   tells of within [`CONFIRM`] does not run.
//! - By which version of their rules the machines work is said by the log alone, whoever applies
//!   it: the first member that tells what it runs sets it, to the lowest that it can run; it is
//!   raised when all members can run a higher one, and never lowered.
#![no_std]

extern crate alloc;

mod activity;
mod event;
mod health;
mod members;
mod software;
mod switch;
mod watch;

pub use event::{Event, Severity, Why};
pub use health::{Health, Obstacle};
pub use members::Member;
pub use software::Software;
pub use switch::{Condition, Refusal};
pub use watch::{
    ACTIVE_COMPLAINS, Complaint, FIRST_LOOK, STANDBY_COMPLAINS, STANDBY_RECOVERS, Watch,
};

use ais::Dn;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;
use machine::{Machine, NodeId, Pos, Time};
use members::Host;
use serde::{Deserialize, Serialize};
use switch::{Hold, Moving};

/// Most members that are known at a time; a group has no more.
pub const MEMBERS_MAX: usize = 512;

/// Most AMF nodes whose place is known.
pub const HOSTED_MAX: usize = 1_024;

/// How long a member may be away while its node is in the ring. Choice: a daemon that restarts is
/// back in a second or two; a node that died is noticed by the ring, whatever this is.
pub const GRACE: Duration = Duration::from_secs(10);

/// How long members have, after each view, to tell what still runs with them. Choice: the time in
/// which an agent starts on a slow blade; those that run answer at once.
pub const CONFIRM: Duration = Duration::from_secs(60);

/// How long the arbitration line may take to move. Choice: hardware does it within a second.
pub const LINE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long after a switch there is none that nobody asked for. Choice: as long as it takes to see
/// whether the shelf fares better; whoever dies meanwhile is replaced nonetheless.
pub const HOLD: Duration = Duration::from_secs(10);

/// Switches that follow one another within this time do not help: [`HOLD`] doubles with each, up to
/// this.
pub const CALM: Duration = Duration::from_secs(3_600);

/// Something that happened, in log order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// A view became primary.
    View {
        /// Grows with each.
        epoch: u64,
        /// Who keeps the log, and has all of it: the CMMs that are in step.
        holders: BTreeSet<NodeId>,
        /// Who else is in the view.
        others: BTreeSet<NodeId>,
        /// All nodes of the ring, whether a member runs there or not.
        nodes: BTreeSet<NodeId>,
    },
    /// A member is the place of an AMF node. A daemon that starts tells first that it is, and of
    /// the agent when that takes orders.
    Hosts {
        /// The member.
        member: NodeId,
        /// The AMF node.
        node: Dn,
        /// Its agent takes orders there.
        runs: bool,
    },
    /// The agent of an AMF node ended; its place stays known.
    Ended {
        /// The AMF node.
        node: Dn,
    },
    /// Who holds the arbitration line, as a CMM saw it: in each view, and when that changes.
    Line {
        /// The CMM that tells.
        member: NodeId,
        /// The holder; `None` when it is not this CMM, which cannot tell who it is.
        holder: Option<NodeId>,
    },
    /// An operator wants the standby to be active.
    Switch {
        /// Comes back in the answer.
        tag: u64,
        /// Which one; `None` for the healthiest.
        to: Option<NodeId>,
        /// Under which condition.
        condition: Condition,
    },
    /// How a CMM is.
    Health {
        /// The CMM.
        member: NodeId,
        /// How it is.
        health: Health,
    },
    /// What a member runs.
    Software {
        /// The member.
        member: NodeId,
        /// What.
        software: Software,
    },
    /// Time has passed.
    Tick,
}

/// Something that must be done because of it, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// This CMM owns the hardware from here on. Told in each view, and whenever it changes: what
    /// an owner had been ordered may be lost, and must be ordered again.
    Active {
        /// The CMM.
        cmm: NodeId,
        /// Of the view.
        epoch: u64,
    },
    /// A member is gone, and with it the agents of these AMF nodes. Nobody can say what of their
    /// components runs on.
    Gone {
        /// The member.
        member: NodeId,
        /// The nodes whose agents ran there; empty when there were none.
        nodes: Vec<Dn>,
    },
    /// A member is there, but the agents of these AMF nodes, which ran with it, are not.
    Silent {
        /// The member.
        member: NodeId,
        /// The nodes.
        nodes: Vec<Dn>,
    },
    /// The arbitration line shall move: whoever holds it lets it go, and this CMM takes it.
    Line {
        /// Who shall hold it.
        to: NodeId,
    },
    /// An operator is answered.
    Answer {
        /// Of the order.
        tag: u64,
        /// Whether the CMM is active now; why not.
        result: Result<(), Refusal>,
    },
    /// The machines work by this version of their rules from the next entry on.
    MachineVersion {
        /// The version.
        to: u32,
    },
    /// People must know.
    Event(Event),
}

/// The redundancy of one shelf.
///
/// Invariant: `active` is one of `holders`, and `None` only while there are none; nobody is both in
/// `holders` and in `others`; each member that hosts something is in `members`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redundancy {
    epoch: u64,
    holders: BTreeSet<NodeId>,
    others: BTreeSet<NodeId>,
    nodes: BTreeSet<NodeId>,
    active: Option<NodeId>,
    /// As it was told last.
    line: Option<NodeId>,
    members: BTreeMap<NodeId, Member>,
    /// By AMF node.
    hosts: BTreeMap<Dn, Host>,
    moving: Option<Moving>,
    hold: Hold,
    /// When a switch that nobody asked for was tried last, and how many came before it without
    /// [`CALM`] between them.
    healed: Option<(Time, u32)>,
    /// Of the machines' rules; `None` until a member tells what it can run.
    version: Option<u32>,
}

impl Redundancy {
    /// Nobody is there yet.
    pub fn new() -> Self {
        Self {
            epoch: 0,
            holders: BTreeSet::new(),
            others: BTreeSet::new(),
            nodes: BTreeSet::new(),
            active: None,
            line: None,
            members: BTreeMap::new(),
            hosts: BTreeMap::new(),
            moving: None,
            hold: Hold::None,
            healed: None,
            version: None,
        }
    }

    /// The view that everything happens in; 0 before the first.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The CMM that owns the hardware; `None` before the first view.
    pub fn active(&self) -> Option<NodeId> {
        self.active
    }

    /// The CMMs that could own the hardware as well.
    pub fn standbys(&self) -> impl Iterator<Item = NodeId> {
        let active = self.active;
        self.holders
            .iter()
            .copied()
            .filter(move |cmm| Some(*cmm) != active)
    }

    /// How many come before this CMM where one must do what any could: the active one comes first,
    /// then the others in the order of their nodes. `None` for who is not in step.
    pub fn turn(&self, cmm: NodeId) -> Option<u32> {
        let mut turns = self.active.into_iter().chain(self.standbys());
        let before = turns.position(|it| it == cmm)?;
        u32::try_from(before).ok()
    }

    /// The members that follow the log: blades, and CMMs that are not in step.
    pub fn followers(&self) -> &BTreeSet<NodeId> {
        &self.others
    }

    /// The nodes of the ring.
    pub fn nodes(&self) -> &BTreeSet<NodeId> {
        &self.nodes
    }

    /// Who holds the arbitration line, as it was told last.
    pub fn line(&self) -> Option<NodeId> {
        self.line
    }

    /// The members that are there or awaited, in the order of their nodes.
    pub fn members(&self) -> impl Iterator<Item = (NodeId, &Member)> {
        self.members.iter().map(|(id, member)| (*id, member))
    }

    /// Where the agent of an AMF node runs, or would; `None` when nobody told.
    pub fn host_of(&self, node: &Dn) -> Option<NodeId> {
        self.hosts.get(node).map(|host| host.member)
    }

    /// The AMF nodes whose place a member is.
    pub fn hosted_by(&self, member: NodeId) -> impl Iterator<Item = &Dn> {
        let hosts = self.hosts.iter();
        hosts
            .filter(move |(_, host)| host.member == member)
            .map(|(node, _)| node)
    }

    /// By which version of their rules the machines work; `None` until a member tells what it can
    /// run.
    pub fn version(&self) -> Option<u32> {
        self.version
    }

    fn is_in_view(&self, member: NodeId) -> bool {
        self.holders.contains(&member) || self.others.contains(&member)
    }
}

impl Default for Redundancy {
    fn default() -> Self {
        Self::new()
    }
}

/// Where effects go, with the time of the entry.
struct Out<'a> {
    now: Time,
    effects: &'a mut Vec<Effect>,
}

impl Out<'_> {
    fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn event(&mut self, event: Event) {
        self.push(Effect::Event(event));
    }
}

impl Machine for Redundancy {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        let out = &mut Out {
            now: at.time,
            effects,
        };
        match input {
            Input::View {
                epoch,
                holders,
                others,
                nodes,
            } => {
                self.epoch = *epoch;
                let before = core::mem::replace(&mut self.holders, holders.clone());
                self.others = others.difference(holders).copied().collect();
                self.nodes = nodes.clone();
                self.viewed(&before, out);
            }
            Input::Hosts { member, node, runs } => self.hosts((*member, *runs), node, out.now),
            Input::Ended { node } => self.ended(node),
            Input::Line { member, holder } => self.line_moved(*member, *holder, out),
            Input::Switch { tag, to, condition } => self.switch(*tag, *to, *condition, out),
            Input::Health { member, health } => {
                self.told_health(*member, health, out);
                self.heal(out);
            }
            Input::Software { member, software } => self.told_software(*member, software, out),
            Input::Tick => self.tick(out),
        }
    }

    fn deadline(&self) -> Option<Time> {
        let away = self.members.values().filter_map(|member| member.away);
        let silent = self.hosts.values().filter_map(|host| host.confirm_by);
        let moving = self.moving.as_ref().map(|moving| moving.until);
        let hold = self.hold.until();
        away.chain(silent).chain(moving).chain(hold).min()
    }
}

#[cfg(test)]
mod tests;

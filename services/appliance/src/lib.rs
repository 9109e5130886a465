//! All machines over one log, and the one table that joins them.
//!
//! A log entry is one [`Command`], or tells of a new view of the group that keeps the log. It goes
//! to one machine; the effects of a machine are inputs of its neighbours ([`table`]) or leave the
//! appliance. All members of the group apply all entries; each carries out the effects that are
//! [its own](Appliance::is_mine). An entry is over when nothing is left to hand
//! over, so that a handle that is opened has reached AMF, and AMF's orders are out, within the
//! entry that tells of it.
//!
//! Choice: hand-overs are worked through in the order in which they arose, first in, first out.
#![no_std]

extern crate alloc;

mod admission;
mod alerts;
mod command;
mod damage;
mod entry;
pub mod hpi;
mod member;
mod owner;
mod program;
mod quarantine;
mod table;
mod ticker;

pub use admission::Refused;
pub use alerts::system;
pub use command::{Answer, Command, Effect, Said, Tag};
pub use member::{CRASHES_MAX, Do, Member, Ownership, Replay};
pub use owner::{NUMBER_MAX, Owner, tag, tag_node};
pub use program::{OLDEST, Program, Unfit, VERSION};
pub use ticker::{Clocks, STEP_IN, Ticker};

use ais::Dn;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use group::Content;
use hpi_model::HpiError;
use machine::{Machine, NodeId, Pos, Time};
use quarantine::Quarantine;
use serde::{Deserialize, Serialize};
use table::{Handed, Out, Step};

/// Most hand-overs in one entry.
///
/// Choice: a thousand for each entity that PLM may have; an entry that needs more shows a defect of
/// a machine, and is cut short rather than going round for ever.
const STEPS_MAX: usize = 4_096_000;

/// Who commands come from that no group ordered.
const LOCAL: NodeId = NodeId(1);

/// Why bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecodable;

/// All machines of the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appliance {
    /// Controllers, hot swap, the system event log.
    pub shelf: shelf::Shelf,
    /// Platform event filtering.
    pub pef: pef::Pef,
    /// The HPI domain.
    pub hpi: hpi_domain::Domain,
    /// Hardware elements and execution environments.
    pub plm: plm::Plm,
    /// Cluster membership.
    pub clm: clm::Clm,
    /// Applications.
    pub amf: amf::Amf,
    /// The information model.
    pub imm: imm::Imm,
    /// Who owns the hardware, and which members there are.
    pub redundancy: redundancy::Redundancy,
    /// Which entries are skipped.
    quarantine: Quarantine,
    /// The last entry applied.
    at: Pos,
    /// Time of the first entry; `None` before it.
    began: Option<Time>,
    /// Entries that were cut short at [`STEPS_MAX`].
    cut_short: u64,
}

impl Appliance {
    /// A shelf of which nothing is known yet.
    pub fn new() -> Self {
        Self {
            shelf: shelf::Shelf::default(),
            pef: pef::Pef::new(),
            hpi: hpi_domain::Domain::new(1),
            plm: plm::Plm::default(),
            clm: clm::Clm::default(),
            amf: amf::Amf::new(),
            imm: imm::Imm::default(),
            redundancy: redundancy::Redundancy::new(),
            quarantine: Quarantine::default(),
            at: Pos::default(),
            began: None,
            cut_short: 0,
        }
    }

    /// Goes on from a snapshot made by [`Self::snapshot`], if a program can read it.
    pub fn restore(snapshot: &[u8], program: &Program) -> Result<Self, Unfit> {
        let (version, state) = program::split(snapshot)?;
        if !program.runs(version) {
            return Err(Unfit::Version(version));
        }
        postcard::from_bytes(state).map_err(|_| Unfit::Damaged)
    }

    /// The version of the rules that a snapshot is encoded by; `None` when it is not one.
    pub fn version_of(snapshot: &[u8]) -> Option<u32> {
        program::split(snapshot).ok().map(|(version, _)| version)
    }

    /// The whole state, encoded by the version of the rules that the log is at, and behind that
    /// version's number.
    pub fn snapshot(&self) -> Vec<u8> {
        postcard::to_extend(self, program::head(self.redundancy.version()))
            .expect("the state has no type that postcard cannot encode")
    }

    /// The last entry applied.
    pub fn at(&self) -> Pos {
        self.at
    }

    /// When the log began; `None` while it is empty.
    pub fn began(&self) -> Option<Time> {
        self.began
    }

    /// How many entries were left unfinished because they caused too many hand-overs.
    pub fn cut_short(&self) -> u64 {
        self.cut_short
    }

    /// Applies one entry of the log, as the group wrote it.
    ///
    /// An entry whose command cannot be decoded is passed over, on all members alike; and so is one
    /// that comes before anybody in the view has told what it runs, as nobody can say by which
    /// rules it would count.
    pub fn enter(
        &mut self,
        at: Pos,
        content: &Content,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Undecodable> {
        let behind = at.time.since(self.at.time);
        self.begin(at);
        let skipped = self.quarantine.follow(at.index, content);
        let mut first = match content {
            Content::Command { from, command, .. } => {
                let command = Command::decode(command)?;
                match self.counts(&command) {
                    true => entry::of(self, *from, &command),
                    false => Vec::new(),
                }
            }
            Content::Primary {
                epoch,
                holders,
                others,
                nodes,
            } => entry::of_view((*epoch, behind), holders, others, nodes),
        };
        first.extend(skipped.map(Step::Quarantined));
        self.hand_over(at, first, effects);
        Ok(())
    }

    fn counts(&self, command: &Command) -> bool {
        let has_begun = self.redundancy.epoch() > 0;
        let is_unknown = has_begun && self.redundancy.version().is_none();
        !is_unknown || matches!(command, Command::Software(_))
    }

    fn begin(&mut self, at: Pos) {
        self.at = at;
        self.began.get_or_insert(at.time);
    }

    /// AMF nodes that run on an execution environment.
    pub fn nodes_of(&self, ee: &Dn) -> Vec<Dn> {
        let Some(clm_node) = self.clm.node_of(ee) else {
            return Vec::new();
        };
        let nodes = self.amf.nodes().into_iter();
        nodes
            .filter(|node| node.clm_node.as_ref() == Some(clm_node))
            .map(|node| node.dn)
            .collect()
    }

    /// The execution environment that an AMF node runs on.
    pub fn environment_of(&self, node: &Dn) -> Option<Dn> {
        let nodes = self.amf.nodes();
        let node = nodes.iter().find(|other| other.dn == *node)?;
        self.clm.nodes().get(node.clm_node.as_ref()?)?.ee.clone()
    }

    /// Works hand-overs off until none is left.
    fn hand_over(&mut self, at: Pos, first: Vec<Step>, effects: &mut Vec<Effect>) {
        let mut steps = VecDeque::from(first);
        for _ in 0..STEPS_MAX {
            let Some(step) = steps.pop_front() else {
                return;
            };
            let handed = self.step(at, step);
            let mut out = Out::new(self, &mut steps, effects);
            handed.into_iter().for_each(|effect| out.pass_on(effect));
        }
        self.cut_short += 1;
    }

    fn step(&mut self, at: Pos, step: Step) -> Vec<Handed> {
        match step {
            Step::Shelf(input) => applied(&mut self.shelf, at, &input, Handed::Shelf),
            Step::Pef(input) => applied(&mut self.pef, at, &input, Handed::Pef),
            Step::Hpi(input) => applied(&mut self.hpi, at, &input, Handed::Hpi),
            Step::Plm(input) => applied(&mut self.plm, at, &input, Handed::Plm),
            Step::Clm(input) => applied(&mut self.clm, at, &input, Handed::Clm),
            Step::Amf(input) => applied(&mut self.amf, at, &input, Handed::Amf),
            Step::Imm(input) => applied(&mut self.imm, at, &input, Handed::Imm),
            Step::Quarantined(index) => [Handed::Quarantined(index)].into(),
            Step::Unserved(tag) => {
                let result = Err(HpiError::Busy);
                [Handed::Hpi(hpi_domain::Effect::Answer { tag, result })].into()
            }
            Step::Redundancy(input) => {
                applied(&mut self.redundancy, at, &input, Handed::Redundancy)
            }
        }
    }
}

/// Lets one machine apply one input; its effects, with whose they are.
fn applied<M: Machine>(
    machine: &mut M,
    at: Pos,
    input: &M::Input,
    whose: impl Fn(M::Effect) -> Handed,
) -> Vec<Handed> {
    let mut effects = Vec::new();
    machine.apply(at, input, &mut effects);
    effects.into_iter().map(whose).collect()
}

impl Default for Appliance {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine for Appliance {
    type Input = Command;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, command: &Command, effects: &mut Vec<Effect>) {
        self.begin(at);
        let first = entry::of(self, LOCAL, command);
        self.hand_over(at, first, effects);
    }

    fn deadline(&self) -> Option<Time> {
        let deadlines = [
            self.shelf.deadline(),
            self.pef.deadline(),
            self.hpi.deadline(),
            self.plm.deadline(),
            self.clm.deadline(),
            self.amf.deadline(),
            self.imm.deadline(),
            self.redundancy.deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests;

//! What an engine runs on: all that is different between engines.

use group::{Disk, Ledger, Member, NodeId, Promise, Transport};
use machine::Time;
use machine::log::Entry;
use std::collections::BTreeSet;

/// A shelf's CMMs. An engine of one member has the first.
pub(crate) const CMMS: [NodeId; 2] = [NodeId(1), NodeId(2)];

/// A blade, which follows the log.
pub(crate) const BLADE: NodeId = NodeId(3);

/// What an engine can offer to cases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    /// Members that keep the log.
    pub(crate) cmms: &'static [NodeId],
    /// Members that follow it.
    pub(crate) blades: &'static [NodeId],
    /// Power can be taken from disks.
    pub(crate) has_power_switch: bool,
    /// How many faults in a row are enough, where anything may happen.
    pub(crate) faults: usize,
}

/// What happens to nodes.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Nodes hear each other only within these groups.
    Cut(Vec<BTreeSet<NodeId>>),
    /// All hear each other again.
    Heal,
    /// The arbitration line goes to a node.
    Line(NodeId),
    /// The group communication system of a node dies.
    RingDies(NodeId),
    /// It is there again.
    RingReturns(NodeId),
    /// It hangs.
    RingHangs(NodeId),
    /// It goes on.
    RingGoesOn(NodeId),
    /// A disk is full.
    DiskFills(NodeId),
    /// A full disk has room again.
    DiskEmpties(NodeId),
    /// A disk is a new one; nobody has it open.
    DiskIsNew(NodeId),
    /// All that was not synced is gone; nobody has the disk open.
    PowerFails(NodeId),
}

/// What a member finds on its disk when it starts.
pub(crate) struct Found {
    pub(crate) disk: Box<dyn Disk>,
    /// The newest state, and where the log stood in it.
    pub(crate) state: Option<(Ledger, Vec<u8>)>,
    /// What the log got since.
    pub(crate) entries: Vec<Entry>,
    /// Where it stands now.
    pub(crate) ledger: Ledger,
    /// What was promised last.
    pub(crate) promised: Promise,
}

/// An engine's surroundings: ways to the others, disks, a clock, and what may befall them.
pub(crate) trait Bed {
    /// What the engine is called in the table.
    fn name(&self) -> &'static str;

    /// What it can offer.
    fn offer(&self) -> Offer;

    /// Everything is whole, no member runs, and all disks are new. The first CMM has the line.
    fn begin(&mut self);

    /// A process joins the group.
    fn join(&mut self, node: NodeId) -> (Member, Box<dyn Transport>);

    /// A process opens the disk of a CMM.
    fn open(&mut self, node: NodeId) -> Found;

    /// The process on a node is killed: what it drops next had no time to tidy up.
    fn kill(&mut self, node: NodeId);

    /// Something happens.
    fn strike(&mut self, fault: &Fault);

    /// Whether the line counts for who has it, after it has moved in a whole ring.
    fn line_counts(&self) -> bool;

    /// All that was struck is well again.
    fn mend(&mut self);

    /// What is under way goes on for a moment.
    fn go_on(&mut self);

    /// The clock of all members.
    fn now(&self) -> Time;
}

//! What is going to happen, and when.

use crate::connection::Link;
use crate::desk::{Question, Reply, To};
use ais::Dn;
use ipmi::port::{PortEvent, PortOrder};
use lifecycle::{CommandEnd, Run};
use machine::{NodeId, Time};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Something that happens. What belongs to a process that has died meanwhile carries its
/// incarnation, so that nobody takes it for its successor's.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    /// The next message of a node gets its place in the ring's order.
    Order(NodeId),
    /// A node reads what is next in the ring's order.
    Deliver(NodeId),
    /// A node is told whether its ring is quorate.
    Verdict(NodeId),
    /// A disk has synced.
    Synced(NodeId),
    /// A member looks at its clock.
    Timer(NodeId, Time),
    /// A member's daemon starts.
    Start(NodeId, u32),
    /// A member has encoded its state for others.
    Supplied(NodeId, u32, u64, Vec<u8>),
    /// The rings are what can be heard now.
    Reform,
    /// The arbitration line goes to whoever is there.
    Arbitrate,
    /// The arbitration line moves as it was told to.
    Line(NodeId),
    /// A request reaches the chassis.
    ToChassis(NodeId, u64, PortOrder),
    /// What the chassis has to say reaches a scanner.
    FromChassis(NodeId, u64, PortEvent),
    /// Time passes in the chassis.
    Chassis(Time),
    /// The agent of a blade has started.
    AgentUp(NodeId, u32),
    /// A process does something.
    Process(NodeId, u32, Act),
    /// A command of the agent ends.
    CommandEnds(NodeId, u32, Dn, Run, CommandEnd),
    /// A client does what it does next.
    Client(usize),
    /// An HPI user does what it does next.
    User(usize),
    /// A call of a user reaches the daemon at the other end of its connection.
    Called(Question),
    /// What a daemon replied reaches the user.
    Replied(To, Reply),
    /// A connection breaks.
    Broken(Link),
    /// A daemon ends the connections of its users.
    HangUp(NodeId, u32),
    /// The fault with this number in the plan.
    Fault(usize),
    /// What that fault did is over.
    Over(usize),
    /// All CMMs lose their power.
    NoPower,
    /// An operator installs the program with this number on a node.
    Install(NodeId, usize),
    /// An operator sees that a node's program cannot run this version.
    Fit(NodeId, u32),
}

/// What a process of a component does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Connects to the agent: registers, or comes back.
    Connect,
    /// Answers a callback, and acts on it.
    Respond(ais_wire::Callback, ais::node::Invocation),
    /// Exits.
    Exit,
}

struct Due {
    at: Time,
    number: u64,
    what: Happening,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// All that is going to happen.
#[derive(Default)]
pub(crate) struct Agenda {
    due: BinaryHeap<Reverse<Due>>,
    last: u64,
}

impl Agenda {
    /// Something happens at a time; behind what was to happen then already.
    pub(crate) fn at(&mut self, at: Time, what: Happening) {
        self.last += 1;
        let number = self.last;
        self.due.push(Reverse(Due { at, number, what }));
    }

    /// The next thing that happens, no later than `until`.
    pub(crate) fn next(&mut self, until: Time) -> Option<(Time, Happening)> {
        let first = self.due.peek()?;
        if first.0.at > until {
            return None;
        }
        let Reverse(Due { at, what, .. }) = self.due.pop()?;
        Some((at, what))
    }
}

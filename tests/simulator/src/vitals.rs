//! How CMMs find themselves: the one thing that they can lose here is the way to the chassis.

use crate::world::{CMMS, World};
use appliance::Command;
use ipmi::port::{DownReason, PortEvent};
use machine::{NodeId, Time};
use redundancy::{Complaint, Watch};
use std::time::Duration;

/// How often a CMM looks at itself. Choice: less often than a daemon, so that time passes faster.
const INTERVAL: Duration = Duration::from_secs(2);

/// What a CMM knows of itself.
#[derive(Default)]
pub(crate) struct Vitals {
    pub(crate) watch: Watch,
    /// Its link was said to be up last.
    pub(crate) is_open: bool,
    /// When it looks again, by its clock.
    next: Time,
}

impl World {
    /// When a CMM looks at itself again, by its clock.
    pub(crate) fn next_look(&self, id: NodeId) -> Option<Time> {
        let running = self.nodes[&id].running.as_ref();
        running
            .filter(|_| CMMS.contains(&id))
            .map(|it| it.vitals.next)
    }

    /// A CMM looks at itself when it is time, and tells what has changed.
    pub(crate) fn look(&mut self, id: NodeId) {
        let clock = self.clock(id);
        if self.next_look(id).is_none_or(|next| clock < next) {
            return;
        }
        let is_cut = self.cut_buses.contains(&id);
        let Some(running) = self.running(id) else {
            return;
        };
        running.vitals.next = clock.after(INTERVAL);
        let owns = running.member.owns();
        let lacks_bus = match owns {
            // It is not known for the moment whose the hardware is.
            _ if running.is_paused => None,
            true => Some(!running.vitals.is_open),
            false => Some(is_cut),
        };
        let found = [(Complaint::NoBus, lacks_bus)];
        running.vitals.watch.look(clock, owns, &found);
        let known = running.member.health();
        if let Some(health) = running.vitals.watch.news(clock, known) {
            self.trace(id, || format!("tells {health:?}"));
            self.submit(id, &Command::Health(health));
        }
    }

    /// Whether what a CMM sends gets to the chassis: it has the line, and its way is not cut.
    pub(crate) fn reaches(&self, id: NodeId) -> bool {
        self.net.line() == id && !self.cut_buses.contains(&id)
    }

    /// A CMM loses its way to the chassis.
    pub(crate) fn cut_bus(&mut self, id: NodeId) {
        self.cut_buses.insert(id);
        if let Some(link) = self.hardware.link(id) {
            let why = DownReason::Unreachable("the bus is cut".into());
            self.tell(id, link, PortEvent::Down(why));
        }
    }

    /// It has it again.
    pub(crate) fn mend_bus(&mut self, id: NodeId) {
        if !self.cut_buses.remove(&id) || !self.reaches(id) {
            return;
        }
        if let Some(link) = self.hardware.link(id) {
            self.tell(id, link, PortEvent::Up);
        }
    }
}

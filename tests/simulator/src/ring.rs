//! Nodes come and go, and so do the rings of those that hear each other.

use crate::agenda::Happening;
use crate::world::{CMMS, World};
use engine::sim::SimDisk;
use machine::NodeId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

impl World {
    /// A node gets its power; its daemon starts once its operating system has.
    pub(crate) fn switch_on(&mut self, id: NodeId) {
        let boot = self.dice.millis(3_000, 12_000);
        let node = self.node(id);
        if node.is_up {
            return;
        }
        node.is_up = true;
        node.incarnation += 1;
        let incarnation = node.incarnation;
        self.after(boot, Happening::Start(id, incarnation));
        self.heard_changed();
    }

    /// A node loses its power: what its disk did not sync is lost, or some of it.
    pub(crate) fn switch_off(&mut self, id: NodeId) {
        let all = self.dice.once_in(2);
        let some = self.dice.index(1_000);
        let node = self.node(id);
        if !node.is_up {
            return;
        }
        let epoch = node.disk.ledger().position().epoch;
        node.is_up = false;
        node.losses += 1;
        node.incarnation += 1;
        node.running = None;
        let last = |n: usize| n.saturating_sub(1);
        node.disk
            .lose_power(&mut |n| if all { last(n) } else { some % n.max(1) });
        if let Some(blade) = &mut node.blade {
            blade.power_off();
        }
        let disk = node.disk.clone();
        self.check.power_lost(id, epoch, &disk);
        self.net.vanish(id);
        self.hardware.close(id);
        self.trace(id, || "loses its power".into());
        self.heard_changed();
        self.after(Duration::from_millis(600), Happening::Arbitrate);
    }

    /// The blade's operating system starts anew.
    pub(crate) fn reboot(&mut self, id: NodeId) {
        self.trace(id, || "reboots".into());
        self.switch_off(id);
        self.switch_on(id);
    }

    /// A node's daemon dies, its node lives on.
    pub(crate) fn kill(&mut self, id: NodeId) {
        let node = self.node(id);
        node.incarnation += 1;
        if node.running.take().is_none() {
            return;
        }
        if let Some(blade) = &mut node.blade {
            blade.agent_dies();
        }
        self.net.crash(id);
        self.hardware.close(id);
        self.trace(id, || "daemon dies".into());
        self.after(Duration::from_millis(600), Happening::Arbitrate);
        self.pump_all();
    }

    /// Starts a node's daemon after a while, if it does not run.
    pub(crate) fn start_later(&mut self, id: NodeId, delay: Duration) {
        let node = self.node(id);
        if node.is_up && node.running.is_none() {
            let incarnation = node.incarnation;
            self.after(delay, Happening::Start(id, incarnation));
        }
    }

    /// The rings that there would be if everybody knew who can be heard.
    fn heard(&self) -> Vec<BTreeSet<NodeId>> {
        let mut sides: BTreeMap<u8, BTreeSet<NodeId>> = BTreeMap::new();
        let mut rings = Vec::new();
        for (id, node) in &self.nodes {
            if node.is_up {
                sides.entry(self.sides[id]).or_default().insert(*id);
            } else {
                rings.push([*id].into());
            }
        }
        rings.extend(sides.into_values());
        rings
    }

    /// Somebody is not heard any more, or is heard again. It takes a while until that is noticed;
    /// a ring that has lost somebody orders nothing meanwhile.
    pub(crate) fn heard_changed(&mut self) {
        let heard = self.heard();
        let rings = self.net.rings();
        self.stalled.clear();
        for ring in &rings {
            if !heard.iter().any(|it| ring.is_subset(it)) {
                self.stalled.extend(ring);
            }
        }
        let delay = match self.stalled.is_empty() {
            true => self.dice.millis(100, 400),
            false => self.dice.millis(1_200, 2_200),
        };
        self.after(delay, Happening::Reform);
        // A ring whose members are heard again in time goes round as before.
        self.pump_all();
    }

    /// The rings are what can be heard now.
    pub(crate) fn reform(&mut self) {
        let mut heard = self.heard();
        let mut rings = self.net.rings();
        heard.sort();
        rings.sort();
        if heard == rings {
            return;
        }
        let mut dice = self.dice.clone();
        self.net.split(&heard, &mut |n| dice.index(n));
        self.dice = dice;
        self.stalled.clear();
        self.trace(NodeId(0), || format!("rings {heard:?}"));
        self.pump_all();
    }

    /// The next message of a node gets its place, if its ring goes round.
    pub(crate) fn order(&mut self, id: NodeId) {
        self.armed(id).order = false;
        if !self.stalled.contains(&id) {
            self.net.order(id);
            self.poll(id);
            self.pump_all();
        }
    }

    pub(crate) fn pump_all(&mut self) {
        let ids: Vec<NodeId> = self.nodes.keys().copied().collect();
        ids.into_iter().for_each(|id| self.pump(id));
    }

    /// Plans what is to happen at a node by itself.
    pub(crate) fn pump(&mut self, id: NodeId) {
        let waiting = self.net.waiting(id);
        let is_stalled = self.stalled.contains(&id);
        let slow = self.node(id).slowness;
        let is_syncing = self.node(id).disk.is_syncing();
        if waiting.unordered > 0 && !is_stalled && !self.armed(id).order {
            self.armed(id).order = true;
            let delay = self.dice.micros(30, 250) * factor(slow);
            self.after(delay, Happening::Order(id));
        }
        if waiting.inbox > 0 && !self.armed(id).deliver {
            self.armed(id).deliver = true;
            let delay = self.dice.micros(20, 200) * factor(slow);
            self.after(delay, Happening::Deliver(id));
        }
        if waiting.verdicts > 0 && !self.armed(id).verdict {
            self.armed(id).verdict = true;
            let late = self.dice.once_in(8);
            let most = if late { 2_000_000 } else { 10_000 };
            let delay = self.dice.micros(20, most);
            self.after(delay, Happening::Verdict(id));
        }
        if is_syncing && !self.armed(id).sync {
            self.armed(id).sync = true;
            let delay = self.dice.micros(200, 5_000) * factor(slow);
            self.after(delay, Happening::Synced(id));
        }
    }

    /// The hardware gives the arbitration line to a CMM that works.
    pub(crate) fn arbitrate(&mut self) {
        let works = |id: NodeId| self.nodes[&id].is_up && self.nodes[&id].running.is_some();
        if works(self.net.line()) {
            return;
        }
        if let Some(other) = CMMS.into_iter().find(|cmm| works(*cmm)) {
            self.move_line(other);
        }
    }

    /// The arbitration line moves, and with it the right to be on the bus.
    pub(crate) fn move_line(&mut self, to: NodeId) {
        let works = self.nodes[&to].is_up && self.nodes[&to].running.is_some();
        let before = self.net.line();
        if !works || before == to {
            return;
        }
        self.trace(to, || "has the line".into());
        self.net.move_line(to);
        let number = u8::try_from(to.0).unwrap_or(1);
        self.operate(chassis::Operator::Arbitrate(number));
        for (cmm, link) in self.hardware.links() {
            let event = match self.reaches(cmm) {
                true => ipmi::port::PortEvent::Up,
                false => ipmi::port::PortEvent::Down(ipmi::port::DownReason::Closed),
            };
            self.tell(cmm, link, event);
        }
        for cmm in CMMS {
            self.tell_line(cmm);
            self.poll(cmm);
        }
        self.pump_all();
    }

    /// What a CMM has on its disk cannot be read at the next start.
    pub(crate) fn set_aside(&mut self, id: NodeId) {
        self.trace(id, || "finds its journal damaged".into());
        let disk = self.node(id).disk.clone();
        let epoch = disk.ledger().position().epoch;
        disk.set_aside();
        self.check.power_lost(id, epoch, &disk);
    }

    /// A blade's member keeps nothing over a restart.
    pub(crate) fn fresh_disk(&mut self, id: NodeId) {
        self.node(id).disk = SimDisk::default();
    }
}

fn factor(slow: u64) -> u32 {
    u32::try_from(slow).unwrap_or(1)
}

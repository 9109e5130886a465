//! Programs of different versions on the nodes of one shelf, and an operator who upgrades them.
//!
//! There is one set of rules in this program, so the simulated ones differ only in which versions
//! they say that they can run: the version is state of the log, and that members with different
//! programs agree on it, and leave when they must, is what is put to the test.

use crate::agenda::Happening;
use crate::member::Running;
use crate::world::{Planted, World};
use appliance::{Appliance, Command, Do, Ownership, Program, Unfit, VERSION};
use group::Standing;
use machine::{Machine, NodeId};
use redundancy::{Input, Software};
use std::time::Duration;

/// The versions that each program can run, oldest program first. Choice: the last one can go on
/// where the second has brought the shelf, and nowhere before that.
const PROGRAMS: [(u32, u32); 3] = [
    (VERSION, VERSION),
    (VERSION, VERSION + 1),
    (VERSION + 1, VERSION + 2),
];

/// The newest program.
pub(crate) const NEWEST: usize = PROGRAMS.len() - 1;

/// The program with this number.
pub(crate) fn program(number: usize) -> Program {
    let (oldest, newest) = PROGRAMS[number.min(NEWEST)];
    Program {
        text: format!("0.{newest}"),
        oldest,
        newest,
    }
}

/// The newest program that can run a version.
fn fitting(version: Option<u32>) -> usize {
    let runs = |number: &usize| version.is_none_or(|version| program(*number).runs(version));
    (0..=NEWEST).rev().find(runs).unwrap_or(NEWEST)
}

impl World {
    /// What a node's daemon takes itself for.
    pub(crate) fn program(&self, id: NodeId) -> Program {
        let own = program(self.nodes[&id].program);
        match self.planted {
            Some(Planted::UnfitGoesOn) => Program {
                oldest: 0,
                newest: u32::MAX,
                ..own
            },
            _ => own,
        }
    }

    /// A daemon that starts tells first what it is.
    pub(crate) fn tell_software(&mut self, id: NodeId) {
        if let Some(software) = self.running(id).map(|it| it.member.software()) {
            self.submit(id, &software);
        }
    }

    /// What it proposes, encoded. Whatever a daemon takes itself for, it tells what it is.
    pub(crate) fn proposed(&self, id: NodeId, command: &Command) -> Vec<u8> {
        match matches!(command, Command::Software(_)) {
            true => Command::Software(program(self.nodes[&id].program).software()).encode(),
            false => command.encode(),
        }
    }

    /// An operator installs a program on a node, and restarts its daemon.
    pub(crate) fn install(&mut self, id: NodeId, number: usize) {
        self.trace(id, || format!("is given program {number}"));
        self.kill(id);
        self.node(id).program = number;
        let delay = self.dice.millis(300, 2_000);
        self.start_later(id, delay);
    }

    /// A rolling upgrade to the next program, each node at some time.
    pub(crate) fn upgrade(&mut self, lasts: Duration) {
        let lowest = self.nodes.values().map(|node| node.program).min();
        let next = (lowest.unwrap_or(NEWEST) + 1).min(NEWEST);
        let behind = self.nodes.iter().filter(|(_, node)| node.program < next);
        let behind: Vec<NodeId> = behind.map(|(id, _)| *id).collect();
        let lasts = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
        for id in behind {
            let at = Duration::from_millis(self.dice.below(lasts.max(1)));
            self.after(at, Happening::Install(id, next));
        }
    }

    /// A node is given back the program before its own.
    pub(crate) fn downgrade(&mut self, id: NodeId) {
        let number = self.nodes[&id].program.saturating_sub(1);
        self.install(id, number);
    }

    /// A daemon says that it cannot go on. It is not started again by itself; an operator sees
    /// that, after a while, and installs another one.
    pub(crate) fn unfit(&mut self, id: NodeId, why: Unfit) {
        self.trace(id, || format!("cannot go on: {why:?}"));
        self.check.unfit += 1;
        self.kill(id);
        match why {
            Unfit::Version(version) if !program(self.nodes[&id].program).runs(version) => {
                let delay = self.dice.millis(2_000, 40_000);
                self.after(delay, Happening::Fit(id, version));
            }
            Unfit::Version(_) | Unfit::Damaged => {
                let text = format!("{id:?} cannot go on, though its program can: {why:?}");
                self.check.violated(text);
            }
        }
    }

    /// The operator gives a node a program that can run this version, unless it has one by now.
    pub(crate) fn fit(&mut self, id: NodeId, version: u32) {
        if !program(self.nodes[&id].program).runs(version) {
            self.install(id, fitting(Some(version)));
        }
    }

    /// By which version the shelf works, as a member knows it that is in step.
    fn version(&self) -> Option<u32> {
        let is_primary = |it: &&Running| matches!(it.member.standing(), Standing::Primary { .. });
        let running = self.nodes.values().filter_map(|node| node.running.as_ref());
        let version = |it: &Running| it.member.appliance().redundancy.version();
        running.filter(is_primary).find_map(version)
    }

    /// All nodes that have not the newest program that the shelf can go on with are given it, one
    /// after the other; with `rest` between them.
    pub(crate) fn upgrade_all(&mut self, rest: Duration) {
        let number = fitting(self.version());
        let ids: Vec<NodeId> = self.nodes.keys().copied().collect();
        for id in ids {
            if self.nodes[&id].program != number {
                self.install(id, number);
                self.rest(rest);
            }
        }
    }

    /// Faults are over since long: all have the newest program, and the shelf works by the highest
    /// version that it can run.
    pub(crate) fn check_upgraded(&self) -> Result<(), String> {
        if let Some((id, node)) = self.nodes.iter().find(|(_, it)| it.program != NEWEST) {
            return Err(format!("{id:?} has program {}", node.program));
        }
        let (version, highest) = (self.version(), program(NEWEST).newest);
        match version == Some(highest) {
            true => Ok(()),
            false => Err(format!(
                "the shelf works by version {version:?}, not {highest}"
            )),
        }
    }

    /// Entry by entry, the version is never lower than before.
    pub(crate) fn check_version(&mut self, id: NodeId) {
        let Some(running) = self.running(id) else {
            return;
        };
        let version = running.member.appliance().redundancy.version();
        let before = std::mem::replace(&mut running.version, version);
        if version < before {
            let text = format!("{id:?} goes from version {before:?} to {version:?}");
            self.check.violated(text);
        }
    }

    /// Whoever cannot run what the log goes on by has no part in it any more.
    pub(crate) fn check_fit(&mut self, id: NodeId, it: &Do) {
        let takes_part = match it {
            Do::Carry(..) | Do::Answer(_) | Do::Submit(_) | Do::Supply { .. } => true,
            Do::Own(owns) => *owns == Ownership::Owned,
            Do::Stand(_)
            | Do::Forget
            | Do::Rebuild
            | Do::Unfit(_)
            | Do::Unreadable(_)
            | Do::Decline { .. }
            | Do::Disconnected(_) => false,
        };
        let node = &self.nodes[&id];
        let own = program(node.program);
        let running = node.running.as_ref();
        let version = running.and_then(|it| it.member.appliance().redundancy.version());
        if let Some(version) = version.filter(|version| takes_part && !own.runs(*version)) {
            let text = format!("{id:?} goes on by version {version}, which it cannot run: {it:?}");
            self.check.violated(text);
        }
    }

    /// The state that a daemon begins with: with the mistake, its start raises the version.
    pub(crate) fn begun_with(&self, id: NodeId, state: Vec<u8>) -> Vec<u8> {
        if self.planted != Some(Planted::RestartRaises) || state.is_empty() {
            return state;
        }
        let own = self.program(id);
        let raised = Appliance::restore(&state, &own).map(|mut appliance| {
            let members = appliance.redundancy.members();
            let told = members.filter_map(|(id, it)| Some((id, it.software.clone()?)));
            let told: Vec<(NodeId, Software)> = told.collect();
            let by_restart = told.iter().map(|(member, _)| (*member, own.software()));
            for (member, software) in by_restart.chain(told.clone()) {
                let told = Input::Software { member, software };
                let at = appliance.at();
                appliance.redundancy.apply(at, &told, &mut Vec::new());
            }
            appliance.snapshot()
        });
        raised.unwrap_or(state)
    }
}

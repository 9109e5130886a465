//! What runs on a blade: the agent, and the processes of its components.
//!
//! The agent drives the same [`Lifecycle`] machines as the real one does; processes are simulated.
//! They outlive the agent, and die with the blade.

use crate::agenda::{Act, Agenda, Happening};
use crate::dice::Dice;
use crate::process::Running;
use ais::Dn;
use ais::node::{Order, Report};
use lifecycle::{CommandEnd, Effect, Input, Lifecycle, Process, Record, Run, Which};
use machine::{Machine, NodeId, Pos, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How long a component that survived its agent may take to come back.
const RECONNECT_MS_MAX: u32 = 3_000;

/// Where a blade's deeds go.
pub(crate) struct Around<'a> {
    pub(crate) now: Time,
    pub(crate) dice: &'a mut Dice,
    pub(crate) agenda: &'a mut Agenda,
}

/// One blade's operating system.
pub(crate) struct Blade {
    pub(crate) id: NodeId,
    pub(crate) amf_node: Dn,
    pub(crate) agent: Phase,
    /// Counts starts of the agent, so that what was meant for an earlier one is known.
    pub(crate) boot: u32,
    agents: u64,
    records: BTreeMap<Dn, Record>,
    pub(crate) processes: BTreeMap<u32, Running>,
    pub(crate) pid_last: u32,
    /// Nothing has run here since the power came.
    is_new: bool,
    /// The agent is the first since then, and has yet to say so.
    pub(crate) ended_before: bool,
    /// What the agent has to tell.
    pub(crate) reports: VecDeque<Report>,
    /// The agent was told to reboot the blade.
    pub(crate) reboots: bool,
}

pub(crate) enum Phase {
    Off,
    Booting,
    On(Agent),
}

/// The agent, as long as it runs.
#[derive(Default)]
pub(crate) struct Agent {
    hosted: BTreeMap<Dn, Hosted>,
    slots: BTreeMap<u64, Dn>,
    pub(crate) clients: u64,
    audited: bool,
    /// Orders that came before the audit.
    early: VecDeque<Order>,
}

pub(crate) struct Hosted {
    lifecycle: Lifecycle,
    /// Processes that are commands, and run.
    pub(crate) groups: BTreeMap<Run, u32>,
    pub(crate) watched: BTreeSet<u32>,
}

impl Blade {
    pub(crate) fn new(id: NodeId, amf_node: Dn) -> Self {
        Self {
            id,
            amf_node,
            agent: Phase::Off,
            boot: 0,
            agents: 0,
            records: BTreeMap::new(),
            processes: BTreeMap::new(),
            pid_last: 100,
            is_new: true,
            ended_before: false,
            reports: VecDeque::new(),
            reboots: false,
        }
    }

    /// Whether the agent takes orders.
    pub(crate) fn is_on(&self) -> bool {
        matches!(&self.agent, Phase::On(agent) if agent.audited)
    }

    /// The agent starts, unless it runs.
    pub(crate) fn start(&mut self, around: &mut Around<'_>) {
        if matches!(self.agent, Phase::Off) {
            self.boot += 1;
            self.agent = Phase::Booting;
            let at = around.now.after(around.dice.millis(100, 300));
            around.agenda.at(at, Happening::AgentUp(self.id, self.boot));
        }
    }

    /// The agent has started: adopts what an earlier one left.
    pub(crate) fn up(&mut self, boot: u32, around: &mut Around<'_>) {
        if boot != self.boot || !matches!(self.agent, Phase::Booting) {
            return;
        }
        self.agents += 1;
        self.agent = Phase::On(Agent::default());
        self.ended_before = std::mem::take(&mut self.is_new);
        for pid in self.processes.keys() {
            let at = around.now.after(around.dice.millis(5, 300));
            let what = Happening::Process(self.id, *pid, Act::Connect);
            around.agenda.at(at, what);
        }
        for (component, record) in self.records.clone() {
            let process = |it: &Process| self.processes.get(&it.pid).map(|run| run.started);
            let alive = match &record.process {
                Some(known) => process(known) == Some(known.started),
                None => true,
            };
            let record = Box::new(record);
            self.host(&component);
            let input = Input::Adopt {
                record,
                alive,
                reconnect_ms_max: RECONNECT_MS_MAX,
            };
            self.apply(&component, &input, around);
        }
        self.settle(around);
    }

    /// The agent's process dies; components run on.
    pub(crate) fn agent_dies(&mut self) {
        self.agent = Phase::Off;
        self.boot += 1;
        self.reports.clear();
        for process in self.processes.values_mut() {
            process.was_registered |= process.client.take().is_some();
            process.run = None;
        }
    }

    /// Nothing runs any more.
    pub(crate) fn power_off(&mut self) {
        self.agent = Phase::Off;
        self.boot += 1;
        self.reports.clear();
        self.processes.clear();
        self.records.clear();
        self.is_new = true;
        self.reboots = false;
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        match &self.agent {
            Phase::On(agent) => {
                let hosted = agent.hosted.values();
                hosted.filter_map(|it| it.lifecycle.deadline()).min()
            }
            Phase::Off | Phase::Booting => None,
        }
    }

    pub(crate) fn tick(&mut self, around: &mut Around<'_>) {
        let Phase::On(agent) = &self.agent else {
            return;
        };
        let is_due = |it: &Hosted| it.lifecycle.deadline().is_some_and(|by| by <= around.now);
        let due = agent.hosted.iter().filter(|(_, it)| is_due(it));
        let due: Vec<Dn> = due.map(|(component, _)| component.clone()).collect();
        for component in due {
            self.apply(&component, &Input::Tick, around);
        }
        self.settle(around);
    }

    /// AMF orders something. An agent that is not there loses it; AMF repeats it when one appears.
    pub(crate) fn order(&mut self, order: Order, around: &mut Around<'_>) {
        let Phase::On(agent) = &mut self.agent else {
            return;
        };
        if !agent.audited {
            agent.early.push_back(order);
            return;
        }
        let (component, input) = match order {
            Order::Instantiate(spec) => (spec.component.clone(), Input::Instantiate(spec)),
            Order::Configure(spec) => (spec.component.clone(), Input::Configure(spec)),
            Order::Terminate(component) => (component, Input::Terminate),
            Order::Cleanup(component) => (component, Input::Cleanup),
            Order::SetCsi {
                invocation,
                component,
                ha_state,
                csi,
            } => (
                component,
                Input::SetCsi {
                    invocation,
                    ha_state,
                    csi,
                },
            ),
            Order::RemoveCsi {
                invocation,
                component,
                csi,
            } => (component, Input::RemoveCsi { invocation, csi }),
            Order::Reboot => {
                self.reboots = true;
                return;
            }
        };
        self.host(&component);
        self.apply(&component, &input, around);
        self.settle(around);
    }

    /// A command ends.
    pub(crate) fn command_ends(
        &mut self,
        (boot, component, run): (u32, &Dn, Run),
        end: CommandEnd,
        around: &mut Around<'_>,
    ) {
        if boot != self.boot {
            return;
        }
        // Only CLEANUP is a command that ends by itself.
        self.kill_all(component, around);
        self.apply(component, &Input::CommandEnded { run, end }, around);
        self.settle(around);
    }

    pub(crate) fn hosted(&mut self, component: &Dn) -> Option<&mut Hosted> {
        match &mut self.agent {
            Phase::On(agent) => agent.hosted.get_mut(component),
            Phase::Off | Phase::Booting => None,
        }
    }

    fn host(&mut self, component: &Dn) {
        let Phase::On(agent) = &mut self.agent else {
            return;
        };
        if agent.hosted.contains_key(component) {
            return;
        }
        let slot = u64::try_from(agent.slots.len()).unwrap_or(0);
        agent.slots.insert(slot, component.clone());
        let base = self.agents << 48 | slot << 32;
        let hosted = Hosted {
            lifecycle: Lifecycle::new(component.clone(), base),
            groups: BTreeMap::new(),
            watched: BTreeSet::new(),
        };
        agent.hosted.insert(component.clone(), hosted);
    }

    /// Audits as soon as it is known what survived, and then takes the orders that came early.
    pub(crate) fn settle(&mut self, around: &mut Around<'_>) {
        let Phase::On(agent) = &mut self.agent else {
            return;
        };
        if agent.audited || agent.hosted.values().any(|it| it.lifecycle.is_adopting()) {
            return;
        }
        agent.audited = true;
        let survivors = agent
            .hosted
            .values()
            .filter_map(|it| it.lifecycle.survivor());
        let audit = Report::Audit(survivors.collect());
        let early = std::mem::take(&mut agent.early);
        self.reports.push_front(audit);
        for order in early {
            self.order(order, around);
        }
    }

    pub(crate) fn apply(&mut self, component: &Dn, input: &Input, around: &mut Around<'_>) {
        let at = Pos {
            index: 0,
            time: around.now,
        };
        let Some(hosted) = self.hosted(component) else {
            return;
        };
        let mut effects = Vec::new();
        hosted.lifecycle.apply(at, input, &mut effects);
        match hosted.lifecycle.record() {
            Some(record) => self.records.insert(component.clone(), record),
            None => self.records.remove(component),
        };
        for effect in effects {
            self.perform(component, effect, around);
        }
    }

    fn perform(&mut self, component: &Dn, effect: Effect, around: &mut Around<'_>) {
        match effect {
            Effect::Run {
                run,
                which: Which::Instantiate,
                ..
            } => self.spawn(component, run, around),
            Effect::Run { run, .. } | Effect::KillAll(run) => {
                let at = around.now.after(around.dice.millis(2, 30));
                let component = component.clone();
                let end = CommandEnd::Exited(0);
                let what = Happening::CommandEnds(self.id, self.boot, component, run, end);
                around.agenda.at(at, what);
            }
            Effect::Kill(run) => {
                let leader = self
                    .hosted(component)
                    .and_then(|it| it.groups.get(&run).copied());
                if let Some(pid) = leader {
                    let at = around.now.after(around.dice.micros(50, 500));
                    around
                        .agenda
                        .at(at, Happening::Process(self.id, pid, Act::Exit));
                }
            }
            Effect::Watch(pid) => self.watch(component, pid, around),
            Effect::Callback {
                client,
                invocation,
                callback,
            } => {
                let found = self
                    .processes
                    .iter()
                    .find(|(_, it)| it.client == Some(client));
                if let Some((pid, _)) = found {
                    let at = around.now.after(around.dice.micros(300, 3_000));
                    let act = Act::Respond(callback, invocation);
                    around.agenda.at(at, Happening::Process(self.id, *pid, act));
                }
            }
            Effect::Answer { .. } => {}
            Effect::Report(report) => self.reports.push_back(report),
        }
    }
}

//! The scripted world: controllers that do as they are told, and agents with components that do,
//! too.

use super::cluster::Cluster;
use super::std::eprintln;
use super::std::sync::OnceLock;
use super::words;
use crate::{Appliance, Command, Effect, Program};
use ais::Dn;
use ais::amf::{HaState, RecommendedRecovery};
use ais::node::{CsiOutcome, FailureCause, Order, Report, Survivor};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use group::Content;
use ipmi::description::{Controller, Fru, PicmgProperties, SensorAddress, Site};
use ipmi::message::CompletionCode;
use machine::{Pos, Time};
use plm::EeOrder;
use shelf::{Action, FruAddress, HotSwapChange, LossCause, Observation, OrderError};

const CHASSIS: &str = include_str!("../../../../shelf-manager/ipmi/tests/data/chassis.txt");

pub(super) const MODEL: [(&str, &str); 6] = [
    (
        "plm.xml",
        include_str!("../../../../examples/models/classes/plm.xml"),
    ),
    (
        "clm.xml",
        include_str!("../../../../examples/models/classes/clm.xml"),
    ),
    (
        "amf.xml",
        include_str!("../../../../examples/models/classes/amf.xml"),
    ),
    (
        "smf.xml",
        include_str!("../../../../examples/models/classes/smf.xml"),
    ),
    (
        "ipmi_sim.xml",
        include_str!("../../../../examples/models/ipmi_sim.xml"),
    ),
    (
        "counter.xml",
        include_str!("../../../../examples/models/counter.xml"),
    ),
];

/// Addresses of the controllers of the blades 1–4.
pub(super) const BLADES: [u8; 4] = [0x82, 0x84, 0x86, 0x88];

/// Causes of state changes. Source: PICMG 3.0 R3.0, FRU hot swap event message.
const SET_FRU_ACTIVATION: u8 = 1;
const HANDLE: u8 = 2;

/// Set FRU Activation in a state that it does not fit. Source: IPMI v2.0 table 5-2.
const NOT_IN_PRESENT_STATE: CompletionCode = CompletionCode(0xd5);

/// Who tells: what one tells stays in its order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Bus,
    Node(Dn),
}

/// What is in a slot.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) controller: Controller,
    pub(super) present: bool,
    pub(super) silent: bool,
    pub(super) closed: bool,
    /// M0–M7.
    pub(super) state: u8,
}

/// The operating system of a blade.
#[derive(Clone, Debug, Default)]
pub(super) struct Agent {
    pub(super) on: bool,
    pub(super) components: BTreeMap<Dn, BTreeMap<Dn, HaState>>,
}

/// The appliance and the world around it.
#[derive(Clone, Debug)]
pub(super) struct Bed {
    pub(super) appliance: Appliance,
    pub(super) at: Pos,
    pub(super) slots: BTreeMap<u8, Slot>,
    pub(super) agents: BTreeMap<Dn, Agent>,
    /// Components whose next CSI order fails.
    pub(super) clumsy: BTreeSet<Dn>,
    /// What the world has to tell, in the order in which it arose.
    pub(super) waiting: VecDeque<(Source, Command)>,
    /// The other CMM: applies the same log and carries nothing out.
    pub(super) twin: Option<Appliance>,
    /// Who is a member; `None` where no group keeps the log.
    pub(super) cluster: Option<Cluster>,
    /// Prints what is logged and what comes of it.
    pub(super) traces: bool,
}

impl Bed {
    /// A shelf of which the appliance knows nothing.
    pub(super) fn new() -> Self {
        let slots = controllers().into_iter().map(|controller| {
            let own = controller.frus.iter().find(|fru| fru.fru_id == 0);
            let state = own.and_then(|fru| fru.hot_swap_state).unwrap_or(4);
            let slot = Slot {
                present: state != 0,
                silent: false,
                closed: true,
                state,
                controller,
            };
            (slot.controller.address, slot)
        });
        let slots = slots.collect();
        let agents = (1..=4).map(|slot| (node(slot), Agent::default())).collect();
        Self {
            appliance: Appliance::new(),
            at: Pos {
                index: 0,
                time: Time(1_000_000_000_000),
            },
            slots,
            agents,
            clumsy: BTreeSet::new(),
            waiting: VecDeque::new(),
            twin: None,
            cluster: None,
            traces: false,
        }
    }

    /// A shelf that has come to rest, with the model loaded and the counter active and standby.
    pub(super) fn running() -> Self {
        static RUNNING: OnceLock<Bed> = OnceLock::new();
        let running = || {
            let mut bed = Self::new();
            let load = Command::Load {
                tag: 1,
                batch: model(),
            };
            bed.appliance.admit(&load).unwrap();
            bed.apply(&load);
            bed.scan();
            bed.settle();
            bed.pass(6_000);
            bed.settle();
            bed
        };
        RUNNING.get_or_init(running).clone()
    }

    /// Logs one command and does what the appliance wants done; what that was.
    pub(super) fn apply(&mut self, command: &Command) -> Vec<Effect> {
        let effects = self.log(command);
        effects.iter().for_each(|effect| self.perform(effect));
        effects
    }

    pub(super) fn log(&mut self, command: &Command) -> Vec<Effect> {
        let effects = self.enter(&Content::Command {
            from: self.teller(command),
            number: self.at.index,
            command: command.encode(),
        });
        self.trace(|| words::logged(command, &effects));
        effects
    }

    /// One more entry of the log. In the first view somebody tells what it runs, which is nothing
    /// to speak of here.
    pub(super) fn enter(&mut self, content: &Content) -> Vec<Effect> {
        self.at.index += 1;
        self.at.time = self.at.time.after(core::time::Duration::from_millis(1));
        let mut effects = Vec::new();
        self.appliance
            .enter(self.at, content, &mut effects)
            .unwrap();
        if let Some(twin) = &mut self.twin {
            let mut same = Vec::new();
            twin.enter(self.at, content, &mut same).unwrap();
            assert!(same == effects, "replicas want different things");
        }
        if let Content::Primary { holders, .. } = content
            && self.appliance.redundancy.version().is_none()
            && let Some(first) = holders.first()
        {
            self.enter(&Content::Command {
                from: *first,
                number: 1,
                command: Command::Software(Program::this().software()).encode(),
            });
        }
        effects
    }

    pub(super) fn trace(&self, text: impl Fn() -> String) {
        if self.traces {
            eprintln!("{}", text());
        }
    }

    /// Lets the world tell the first thing that it has to tell.
    pub(super) fn next(&mut self) -> Option<(Command, Vec<Effect>)> {
        let (_, command) = self.waiting.pop_front()?;
        let effects = self.apply(&command);
        Some((command, effects))
    }

    /// Lets the world tell until it has nothing more to tell.
    pub(super) fn settle(&mut self) {
        for _ in 0..10_000 {
            if self.next().is_none() {
                return;
            }
        }
        panic!("the shelf does not come to rest");
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, millis: u64) -> Vec<Effect> {
        let after = core::time::Duration::from_millis(millis);
        self.at.time = self.at.time.after(after);
        self.apply(&Command::Tick)
    }

    /// A new scanner finds everything that is there.
    pub(super) fn scan(&mut self) {
        self.observe(Observation::PortUp);
        let found: Vec<u8> = self.slots.keys().copied().collect();
        for address in found {
            self.find(address);
        }
    }

    /// The daemon logs what the world tells next, and dies before it does anything about it.
    pub(super) fn lose_effects(&mut self) {
        let Some((_, command)) = self.waiting.pop_front() else {
            return;
        };
        self.log(&command);
    }

    /// The daemon starts again: what the world had to tell is lost, agents are gone, components run
    /// on.
    pub(super) fn restart(&mut self) -> Vec<Effect> {
        self.waiting.clear();
        for agent in self.agents.values_mut() {
            agent.on = false;
        }
        // What has no power runs no more, whether or not anybody was told.
        for (slot, address) in (1..=4).zip(BLADES) {
            if !matches!(self.slots[&address].state, 4..=6) {
                self.agents.insert(node(slot), Agent::default());
            }
        }
        self.appliance = restored(&self.appliance);
        let effects = self.apply(&Command::Restarted);
        self.scan();
        effects
    }

    pub(super) fn find(&mut self, address: u8) {
        let slot = &self.slots[&address];
        let mut controller = slot.controller.clone();
        for fru in &mut controller.frus {
            if fru.fru_id == 0 && fru.hot_swap_sensor.is_some() {
                fru.hot_swap_state = Some(slot.state);
            }
        }
        if slot.present && !slot.silent {
            self.observe(Observation::ControllerFound(controller));
        }
    }

    pub(super) fn observe(&mut self, observation: Observation) {
        let command = Command::Observed(observation);
        self.waiting.push_back((Source::Bus, command));
    }

    pub(super) fn open(&mut self, address: u8) {
        let slot = self.slots.get_mut(&address).unwrap();
        slot.closed = false;
        match slot.state {
            4 => self.go(address, 5, HANDLE),
            2 => self.go(address, 1, HANDLE),
            _ => {}
        }
    }

    pub(super) fn close(&mut self, address: u8) {
        let slot = self.slots.get_mut(&address).unwrap();
        slot.closed = true;
        match slot.state {
            5 => self.go(address, 4, HANDLE),
            1 => self.go(address, 2, HANDLE),
            _ => {}
        }
    }

    pub(super) fn extract(&mut self, address: u8) {
        let slot = self.slots.get_mut(&address).unwrap();
        if core::mem::take(&mut slot.present) {
            slot.state = 0;
            slot.silent = false;
            let cause = LossCause::NotAcknowledged;
            self.observe(Observation::ControllerLost { address, cause });
        }
    }

    pub(super) fn insert(&mut self, address: u8) {
        let slot = self.slots.get_mut(&address).unwrap();
        if !slot.present {
            slot.present = true;
            slot.closed = true;
            slot.state = 2;
            self.find(address);
        }
    }

    pub(super) fn silence(&mut self, address: u8) {
        let slot = self.slots.get_mut(&address).unwrap();
        if slot.present && !slot.silent {
            slot.silent = true;
            let cause = LossCause::Silent;
            self.observe(Observation::ControllerLost { address, cause });
        }
    }

    pub(super) fn answer_again(&mut self, address: u8) {
        let slot = self.slots.get_mut(&address).unwrap();
        if core::mem::take(&mut slot.silent) {
            self.find(address);
        }
    }

    /// A process of the component ends.
    pub(super) fn fail(&mut self, component: &Dn) {
        let hosts = self.agents.iter_mut();
        let mut hosts = hosts.filter(|(_, a)| a.on && a.components.contains_key(component));
        let Some((node, agent)) = hosts.next() else {
            return;
        };
        agent.components.remove(component);
        let node = node.clone();
        let report = Report::Failed {
            component: component.clone(),
            cause: FailureCause::ProcessEnded,
            recovery: RecommendedRecovery::NoRecommendation,
        };
        self.report(&node, report);
    }

    /// The operating system of a blade crashes.
    pub(super) fn crash(&mut self, node: &Dn) {
        if self.agents[node].on {
            self.end(node, false);
        }
    }

    /// A component runs on, active, although the power of its node was ordered away.
    pub(super) fn leave(&mut self, component: &Dn, node: &Dn) {
        let csi = Dn::parse("safCsi=Counter,safSi=Counter,safApp=Counter").unwrap();
        let agent = self.agents.get_mut(node).unwrap();
        let held = BTreeMap::from([(csi, HaState::Active)]);
        agent.components.insert(component.clone(), held);
    }

    pub(super) fn perform(&mut self, effect: &Effect) {
        if !self.is_carried_out(effect) {
            return;
        }
        match effect {
            Effect::Shelf(order) => self.act(order),
            Effect::Ee(order) => self.environment(order),
            Effect::Node { node, order } => self.order(node, order),
            Effect::Alert(_)
            | Effect::Answer(_)
            | Effect::HpiAnswer { .. }
            | Effect::HpiJob(..)
            | Effect::HpiJobCancelled(_)
            | Effect::Active { .. }
            | Effect::Line { .. }
            | Effect::MachineVersion { .. }
            | Effect::Said(_) => {}
        }
    }

    fn act(&mut self, order: &shelf::Order) {
        let moved = order.action.moves().zip(order.in_state);
        let moved = moved.is_some_and(|(fru, state)| self.reached(fru).is_ok_and(|it| it != state));
        let result = match &order.action {
            _ if moved => Err(OrderError::Moved),
            Action::Activate(fru) => self.activate(*fru),
            Action::Deactivate(fru) => self.deactivate(*fru),
            Action::SetActivationPolicy { fru, .. } | Action::FruControl { fru, .. } => {
                self.reached(*fru).map(drop)
            }
            Action::SetLed { .. }
            | Action::SetPowerLevel { .. }
            | Action::PowerOn(_)
            | Action::Raw { .. }
            | Action::Watch(_)
            | Action::Rescan(_) => Ok(()),
        };
        let done = Observation::OrderDone {
            order: order.id,
            result: result.map(|()| Vec::new()),
        };
        self.observe(done);
        // A cold reset takes the operating system down, which boots by itself.
        if let Action::FruControl { fru, option: 0 } = &order.action {
            let slot = BLADES.iter().position(|address| *address == fru.address);
            let node = slot.and_then(|slot| Some(node(u8::try_from(slot + 1).ok()?)));
            if let Some(node) = node.filter(|node| result.is_ok() && self.agents[node].on) {
                self.end(&node, false);
                if self.is_heard(&node) {
                    self.boot(&node);
                }
            }
        }
        // A FRU that is unlocked with its handle closed asks for activation.
        if let Action::SetActivationPolicy { fru, mask, .. } = &order.action {
            let slot = &self.slots[&fru.address];
            let (closed, state) = (slot.closed, slot.state);
            match mask {
                1 if result.is_ok() && closed && state == 1 => {
                    self.go(fru.address, 2, SET_FRU_ACTIVATION);
                }
                // One that may be deactivated asks for it.
                2 if result.is_ok() && state == 4 => {
                    self.go(fru.address, 5, SET_FRU_ACTIVATION);
                }
                _ => {}
            }
        }
    }

    fn reached(&self, fru: FruAddress) -> Result<u8, OrderError> {
        match &self.slots[&fru.address] {
            slot if !slot.present => Err(OrderError::NoSuchController),
            slot if slot.silent => Err(OrderError::Silent),
            slot => Ok(slot.state),
        }
    }

    fn activate(&mut self, fru: FruAddress) -> Result<(), OrderError> {
        match self.reached(fru)? {
            2 => {
                self.go(fru.address, 3, SET_FRU_ACTIVATION);
                self.go(fru.address, 4, 0);
            }
            5 => self.go(fru.address, 4, SET_FRU_ACTIVATION),
            _ => return Err(OrderError::Refused(NOT_IN_PRESENT_STATE)),
        }
        Ok(())
    }

    fn deactivate(&mut self, fru: FruAddress) -> Result<(), OrderError> {
        match self.reached(fru)? {
            2 => self.go(fru.address, 1, SET_FRU_ACTIVATION),
            4 | 5 => {
                self.go(fru.address, 6, SET_FRU_ACTIVATION);
                self.go(fru.address, 1, 0);
            }
            _ => return Err(OrderError::Refused(NOT_IN_PRESENT_STATE)),
        }
        Ok(())
    }

    fn go(&mut self, address: u8, current: u8, cause: u8) {
        let slot = self.slots.get_mut(&address).unwrap();
        let previous = core::mem::replace(&mut slot.state, current);
        if slot.silent {
            return;
        }
        let fru = FruAddress { address, fru_id: 0 };
        self.observe(Observation::HotSwap(HotSwapChange {
            fru,
            previous,
            current,
            cause,
        }));
    }

    fn environment(&mut self, order: &EeOrder) {
        let (EeOrder::Instantiate { ee }
        | EeOrder::Terminate { ee }
        | EeOrder::Restart { ee }
        | EeOrder::PowerLost { ee }) = order;
        for node in self.appliance.nodes_of(ee) {
            let on = self.agents[&node].on;
            match order {
                EeOrder::Instantiate { ee } if on => {
                    let up = Command::EeUp { ee: ee.clone() };
                    self.waiting.push_back((Source::Node(node), up));
                }
                EeOrder::Instantiate { .. } => self.boot(&node),
                EeOrder::Terminate { .. } => self.end(&node, true),
                EeOrder::PowerLost { .. } => {
                    if on {
                        self.end(&node, true);
                    }
                }
                EeOrder::Restart { .. } => {
                    self.end(&node, true);
                    self.boot(&node);
                }
            }
        }
    }

    /// An agent's first report is its audit; its environment is up from then on.
    pub(super) fn boot(&mut self, node: &Dn) {
        let agent = self.agents.get_mut(node).unwrap();
        agent.on = true;
        let survivors = agent.components.iter().map(|(component, csis)| Survivor {
            component: component.clone(),
            csis: csis.iter().map(|(csi, ha)| (csi.clone(), *ha)).collect(),
        });
        let audit = Report::Audit(survivors.collect());
        self.report(node, audit);
        let ready = Command::NodeAgent { node: node.clone() };
        self.waiting.push_back((Source::Node(node.clone()), ready));
        let ee = self.appliance.environment_of(node).unwrap();
        let up = Command::EeUp { ee };
        self.waiting.push_back((Source::Node(node.clone()), up));
    }

    /// Everything on the node dies; what it had to tell nobody believes any more.
    fn end(&mut self, node: &Dn, ordered: bool) {
        self.agents.insert(node.clone(), Agent::default());
        let source = Source::Node(node.clone());
        self.waiting.retain(|(other, _)| *other != source);
        if let Some(ee) = self.appliance.environment_of(node)
            && self.is_heard(node)
        {
            let down = Command::EeDown { ee, ordered };
            self.waiting.push_back((source, down));
        }
    }

    fn report(&mut self, node: &Dn, report: Report) {
        if !self.is_heard(node) {
            return;
        }
        let command = Command::Node {
            node: node.clone(),
            report,
        };
        let source = Source::Node(node.clone());
        self.waiting.push_back((source, command));
    }

    fn order(&mut self, node: &Dn, order: &Order) {
        if !self.agents[node].on {
            return;
        }
        match order {
            Order::Instantiate(spec) => {
                let agent = self.agents.get_mut(node).unwrap();
                agent.components.entry(spec.component.clone()).or_default();
                self.report(node, Report::Instantiated(spec.component.clone()));
            }
            Order::Terminate(component) | Order::Cleanup(component) => {
                let agent = self.agents.get_mut(node).unwrap();
                agent.components.remove(component);
                self.report(node, Report::Terminated(component.clone()));
            }
            Order::SetCsi { .. } | Order::RemoveCsi { .. } => self.csi_order(node, order),
            Order::Reboot => self.end(node, false),
            Order::Configure(_) => {}
        }
    }

    fn csi_order(&mut self, node: &Dn, order: &Order) {
        let (Order::SetCsi {
            invocation,
            component,
            ..
        }
        | Order::RemoveCsi {
            invocation,
            component,
            ..
        }) = order
        else {
            return;
        };
        let invocation = *invocation;
        let agent = self.agents.get_mut(node).unwrap();
        let fails = self.clumsy.remove(component);
        let outcome = match agent.components.get_mut(component) {
            Some(_) if fails => CsiOutcome::Failed,
            // The agent has told that it died, or is about to.
            None => CsiOutcome::Failed,
            Some(csis) => {
                assume(csis, order);
                CsiOutcome::Ok
            }
        };
        self.at_most_one_active();
        self.report(
            node,
            Report::CsiDone {
                invocation,
                outcome,
            },
        );
        let quiescing = matches!(
            order,
            Order::SetCsi {
                ha_state: HaState::Quiescing,
                ..
            }
        );
        if quiescing && outcome == CsiOutcome::Ok {
            let agent = self.agents.get_mut(node).unwrap();
            let csis = agent.components.get_mut(component).unwrap();
            csis.values_mut().for_each(|ha| *ha = HaState::Quiesced);
            let complete = Report::QuiescingComplete {
                invocation,
                outcome,
            };
            self.report(node, complete);
        }
    }

    /// The one promise of the 2N model: nobody becomes active while somebody else is, as far as
    /// anybody can tell.
    fn at_most_one_active(&self) {
        let agents = self
            .agents
            .iter()
            .filter(|(node, _)| !self.is_doubtful(node));
        let held = agents.flat_map(|(_, agent)| agent.components.values());
        let active = held.flatten().filter(|(_, ha)| **ha == HaState::Active);
        let mut seen = BTreeSet::new();
        for (csi, _) in active {
            assert!(
                seen.insert(csi),
                "{csi} is active twice: {:#?}",
                self.agents
            );
        }
    }
}

fn assume(csis: &mut BTreeMap<Dn, HaState>, order: &Order) {
    match order {
        Order::SetCsi { ha_state, csi, .. } => match &csi.csi {
            Some(csi) => {
                csis.insert(csi.clone(), *ha_state);
            }
            None => csis.values_mut().for_each(|ha| *ha = *ha_state),
        },
        Order::RemoveCsi { csi: Some(csi), .. } => {
            csis.remove(csi);
        }
        Order::RemoveCsi { csi: None, .. } => csis.clear(),
        Order::Instantiate(_)
        | Order::Terminate(_)
        | Order::Cleanup(_)
        | Order::Reboot
        | Order::Configure(_) => {}
    }
}

/// What a snapshot brings back.
pub(super) fn restored(appliance: &Appliance) -> Appliance {
    Appliance::restore(&appliance.snapshot(), &Program::this()).unwrap()
}

/// The AMF node of the blade in a slot.
pub(super) fn node(slot: u8) -> Dn {
    Dn::parse(&format!("safAmfNode=blade{slot},safAmfCluster=shelf")).unwrap()
}

/// The component of a service unit of the counter.
pub(super) fn component(su: &str) -> Dn {
    Dn::parse(&format!(
        "safComp=Counter,safSu={su},safSg=Counter,safApp=Counter"
    ))
    .unwrap()
}

/// All model files in one batch.
pub(super) fn model() -> imm::Batch {
    let mut batch = imm::Batch::default();
    for (name, text) in MODEL {
        batch.append(imm::xml::read(name, text).unwrap());
    }
    batch
}

/// The controllers of the recorded chassis, that of the empty slot included.
pub(super) fn controllers() -> Vec<Controller> {
    let mut sites = BTreeMap::new();
    let mut shelf: BTreeMap<u8, Controller> = BTreeMap::new();
    for line in CHASSIS.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let hex = |at: usize| u8::from_str_radix(words[at], 16).unwrap();
        let address = hex(1);
        let data = || bytes(words.last().unwrap());
        match words[0] {
            "site" => {
                let number = words[3].parse().unwrap();
                let site = Site {
                    hardware_address: address,
                    kind: hex(2),
                    number,
                };
                sites.insert(address, site);
            }
            "controller" => {
                let controller = Controller {
                    address,
                    device_id: data(),
                    picmg: Some(PicmgProperties {
                        version: 0x32,
                        fru_id_max: 0,
                    }),
                    sdrs: Vec::new(),
                    frus: Vec::new(),
                    abilities: Default::default(),
                };
                shelf.insert(address, controller);
            }
            "fru" => {
                let fru = Fru {
                    fru_id: words[2].parse().unwrap(),
                    site: sites.get(&(address >> 1)).copied(),
                    inventory: data(),
                    hot_swap_sensor: None,
                    hot_swap_state: None,
                    leds: 0b0011,
                };
                shelf.get_mut(&address).unwrap().frus.push(fru);
            }
            // Sensor 0 of each but 20h is the hot swap sensor; its one bit is the state.
            "state" if address != 0x20 => {
                let own = &mut shelf.get_mut(&address).unwrap().frus[0];
                own.hot_swap_sensor = Some(SensorAddress { lun: 0, number: 0 });
                own.hot_swap_state = Some(hex(3));
            }
            "sdr" => shelf.get_mut(&address).unwrap().sdrs.push(data()),
            _ => {}
        }
    }
    for controller in shelf.values_mut() {
        for fru in controller.frus.iter_mut().filter(|fru| fru.fru_id != 0) {
            fru.site = None;
            fru.leds = 0;
        }
    }
    shelf.into_values().collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    let pairs = pairs.map(|pair| core::str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

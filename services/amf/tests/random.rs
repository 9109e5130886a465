//! Random models and random events: AMF never panics, its invariants hold, and once everything is
//! repaired it comes to rest with every SI assigned.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "what a test does not look at needs no arm"
)]

#[allow(dead_code, reason = "the other test files use other parts of the bed")]
mod bed;

use ais::Dn;
use ais::amf::{AssignmentState, HaState, ReadinessState, RedundancyModel};
use ais::imm::Change;
use ais::node::{CsiOutcome, Order};
use amf::{Effect, Input};
use bed::Bed;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Nodes in every model.
const NODES: usize = 3;

/// What one SG of a random model looks like.
#[derive(Clone, Debug)]
struct RandomSg {
    /// Number of the redundancy model.
    model: u32,
    sus: usize,
    components: usize,
    npi: bool,
    sis: usize,
    dependent: bool,
    failover: bool,
    repair: bool,
    adjust: bool,
    levels: bool,
    preferred: usize,
    /// Whether a component may be active for some CSIs and standby for others.
    mixes: bool,
}

fn random_sg() -> impl Strategy<Value = RandomSg> {
    let model = prop_oneof![
        3 => Just(1u32),
        1 => Just(2u32),
        1 => Just(3u32),
        1 => Just(4u32),
        1 => Just(5u32),
    ];
    let numbers = (model, 1usize..4, 1usize..3, 1usize..3, 1usize..4);
    let flags = prop::array::uniform7(any::<bool>());
    (numbers, flags).prop_map(
        |((model, sus, components, sis, preferred), flags)| RandomSg {
            model,
            sus,
            components,
            sis,
            preferred,
            npi: flags[0] && flags[1] && model != 3,
            dependent: flags[2],
            failover: flags[3],
            repair: flags[4],
            adjust: flags[5],
            levels: flags[1],
            // N-way takes no others.
            mixes: flags[6] || model == 3,
        },
    )
}

/// The model text of some SGs.
fn model_text(sgs: &[RandomSg]) -> String {
    let mut text = String::from("cluster cluster startup=3s\n");
    for node in 0..NODES {
        text += &format!("node N{node} max=4 prob=30s\n");
    }
    for (g, sg) in sgs.iter().enumerate() {
        text += &format!(
            "sg G{g} model={} pref={} repair={} adjust={} adjustprob=5s cm=3 cp=10s sm=3 sp=10s actives=1 standbys=1\n",
            sg.model,
            sg.preferred,
            u8::from(sg.repair),
            u8::from(sg.adjust)
        );
        for s in 0..sg.sus {
            let failover = u8::from(sg.failover || sg.npi);
            let node = (s + g) % NODES;
            text += &format!("su S{g}{s} on=N{node} rank={} failover={failover}\n", s + 1);
            for c in 0..sg.components {
                let kind = match (sg.npi && c == 0, sg.mixes) {
                    (true, _) => " npi=1",
                    (false, true) => "",
                    (false, false) => " capability=2",
                };
                let level = if sg.levels { c } else { 0 };
                text += &format!("comp C{g}{s}{c} in=S{g}{s} type=T{g}{c} level={level}{kind}\n");
            }
        }
        // An SU without pre-instantiable components takes one SI only (AMF-3.2.1.1-06).
        let sis = if sg.npi && sg.components == 1 {
            1
        } else {
            sg.sis
        };
        for i in 0..sis {
            let needs = match (sg.dependent, i) {
                (true, 1) => format!(" needs=I{g}0:2s"),
                (_, _) => String::new(),
            };
            text += &format!("si I{g}{i} rank={}{needs}\n", i + 1);
            // A component that knows no HA states takes one SI only.
            let first = usize::from(sg.npi && i > 0);
            for c in first..sg.components {
                let needs = match sg.dependent && c > first {
                    true => format!(" needs=K{g}{i}{first}"),
                    false => String::new(),
                };
                text += &format!("csi K{g}{i}{c} in=I{g}{i} type=T{g}{c}{needs}\n");
            }
        }
    }
    text
}

/// One random event; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Event {
    Join(usize),
    Leave(usize),
    StartLeave(usize),
    AbortLeave(usize),
    Crash(usize),
    Answer(usize),
    Refuse(usize, bool),
    Quiesced(bool),
    Fail(usize, u32),
    Operate(u64, usize),
    Agent(usize),
    Audit(usize),
    Wait(u64),
    Settle,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0..NODES).prop_map(Event::Join),
        1 => (0..NODES).prop_map(Event::Leave),
        1 => (0..NODES).prop_map(Event::StartLeave),
        1 => (0..NODES).prop_map(Event::AbortLeave),
        1 => (0..NODES).prop_map(Event::Crash),
        12 => any::<usize>().prop_map(Event::Answer),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(a, b)| Event::Refuse(a, b)),
        1 => any::<bool>().prop_map(Event::Quiesced),
        3 => (any::<usize>(), 1u32..10).prop_map(|(a, b)| Event::Fail(a, b)),
        5 => (1u64..12, any::<usize>()).prop_map(|(a, b)| Event::Operate(a, b)),
        1 => (0..NODES).prop_map(Event::Agent),
        1 => (0..NODES).prop_map(Event::Audit),
        2 => (1u64..6).prop_map(Event::Wait),
        4 => Just(Event::Settle),
    ]
}

/// What the components really hold, as only the simulated agents know.
#[derive(Default)]
struct Truth {
    held: BTreeMap<Dn, BTreeMap<Dn, HaState>>,
    members: BTreeSet<Dn>,
    /// Components that could not be stopped.
    stuck: BTreeSet<Dn>,
}

/// A bed with its truth.
struct World {
    bed: Bed,
    truth: Truth,
    npi: BTreeMap<Dn, bool>,
}

impl World {
    fn new(text: &str) -> Self {
        let bed = Bed::new(bed::model::objects(text));
        let npi = text.lines().filter(|l| l.starts_with("comp ")).map(|line| {
            let name = line.split_whitespace().nth(1).unwrap();
            (bed.dn(name), line.contains("npi=1"))
        });
        let npi = npi.collect();
        let mut world = Self {
            bed,
            truth: Truth::default(),
            npi,
        };
        let create: Vec<_> = world
            .bed
            .objects
            .iter()
            .cloned()
            .map(Change::Create)
            .collect();
        world.bed.amf.validate(&create).unwrap();
        world.apply(Input::Config(create));
        world
    }

    fn apply(&mut self, input: Input) {
        let before = self.bed.open.clone();
        let effects = self.bed.apply(input);
        self.check(&before, &effects);
    }

    fn step(&mut self, step: &str) {
        let before = self.bed.open.clone();
        let effects = self.bed.step(step);
        self.check(&before, &effects);
    }

    fn check(&self, before: &[(Dn, Order)], effects: &[Effect]) {
        let mut open: Vec<(Dn, Order)> = before.to_vec();
        for effect in effects {
            let Effect::Node { node, order } = effect else {
                continue;
            };
            assert!(
                self.truth.members.contains(node),
                "{order:?} to absent {node}"
            );
            if let Order::Cleanup(dn) | Order::Terminate(dn) = order {
                open.retain(|(_, o)| bed::component(o) != Some(dn));
            }
            let repeated = open.contains(&(node.clone(), order.clone()));
            if !repeated {
                let clash = open.iter().any(|(_, other)| clashes(order, other));
                assert!(!clash, "{order:?} while another one is pending: {open:?}");
                open.push((node.clone(), order.clone()));
            }
            self.check_exclusive(order);
        }
    }

    /// With 2N nobody is told to become active while a component of another SU is.
    fn check_exclusive(&self, order: &Order) {
        let component = match order {
            Order::SetCsi {
                component,
                ha_state: HaState::Active,
                ..
            } => component,
            Order::Instantiate(spec) if !spec.pre_instantiable => &spec.component,
            _ => return,
        };
        let su = component.parent().unwrap();
        let sg = su.parent().unwrap();
        let view = self.bed.amf.sg(&sg).unwrap();
        let one_su_for_all = view.redundancy == RedundancyModel::TwoN;
        let one_su = view.redundancy != RedundancyModel::NwayActive;
        for (other, csis) in &self.truth.held {
            let elsewhere = other.is_below(&sg) && !other.is_below(&su);
            if !elsewhere || self.truth.stuck.contains(other) {
                continue;
            }
            let serves = csis.iter().find(|(csi, ha)| {
                let same = match order {
                    Order::SetCsi { csi: d, .. } => {
                        d.csi.as_ref().is_some_and(|c| c.parent() == csi.parent())
                    }
                    _ => false,
                };
                matches!(ha, HaState::Active | HaState::Quiescing)
                    && (one_su_for_all || one_su && same)
            });
            assert!(
                serves.is_none(),
                "{component} told {order:?} while {other} is {csis:?}"
            );
        }
    }

    /// An agent answers an open order; the truth follows.
    fn answer(&mut self, at: usize, outcome: CsiOutcome) {
        if self.bed.open.is_empty() {
            return;
        }
        let at = at % self.bed.open.len();
        // Of the orders of one component the oldest comes first.
        let component = bed::component(&self.bed.open[at].1).cloned();
        let first = self
            .bed
            .open
            .iter()
            .position(|(_, o)| bed::component(o) == component.as_ref());
        let (_, order) = self.bed.open[first.unwrap()].clone();
        self.carry_out(&order, outcome);
        let Some((node, report)) = self.bed.answer(component.as_ref(), outcome) else {
            return;
        };
        self.apply(Input::Node { node, report });
    }

    fn carry_out(&mut self, order: &Order, outcome: CsiOutcome) {
        let ok = outcome == CsiOutcome::Ok;
        match order {
            Order::Terminate(dn) | Order::Cleanup(dn) if ok => {
                self.truth.held.remove(dn);
                self.truth.stuck.remove(dn);
            }
            Order::Terminate(dn) | Order::Cleanup(dn) => {
                self.truth.stuck.insert(dn.clone());
            }
            Order::Instantiate(spec) if ok && self.npi[&spec.component] => {
                // Being started is being active; for which CSI does not matter here.
                let held = BTreeMap::from([(spec.component.clone(), HaState::Active)]);
                self.truth.held.insert(spec.component.clone(), held);
            }
            Order::SetCsi {
                component,
                ha_state,
                csi,
                ..
            } if ok => {
                let held = self.truth.held.entry(component.clone()).or_default();
                match &csi.csi {
                    Some(csi) => {
                        held.insert(csi.clone(), *ha_state);
                    }
                    None => held.values_mut().for_each(|ha| *ha = *ha_state),
                }
            }
            Order::RemoveCsi { component, csi, .. } if ok => {
                let held = self.truth.held.entry(component.clone()).or_default();
                match csi {
                    Some(csi) => {
                        held.remove(csi);
                    }
                    None => held.clear(),
                }
            }
            _ => {}
        }
    }

    fn settle(&mut self) {
        for _ in 0..3000 {
            if self.bed.open.is_empty() {
                return;
            }
            if self.bed.open[0].1 == Order::Reboot {
                let (node, _) = self.bed.open.remove(0);
                let _ = node;
                continue;
            }
            self.answer(0, CsiOutcome::Ok);
        }
        panic!("AMF does not come to rest: {:?}", self.bed.open);
    }

    /// At rest nobody is about to take over: an assigned SI is being served. With 2N and N+M no SU
    /// is active for some SIs and standby for others.
    fn check_rest(&self) {
        for application in self.bed.amf.applications() {
            for sg in &application.sgs {
                for si in &sg.sis {
                    let serving = |ha| matches!(ha, HaState::Active | HaState::Quiescing);
                    let served = si.assignments.iter().any(|a| serving(a.ha));
                    let assigned = si.assignment != AssignmentState::Unassigned;
                    assert!(served || !assigned, "{} at rest: {sg:#?}", si.dn);
                }
                let model = sg.redundancy;
                if matches!(model, RedundancyModel::TwoN | RedundancyModel::NplusM) {
                    let held = sg.sis.iter().flat_map(|si| &si.assignments);
                    let roles: BTreeSet<_> = held.map(|a| (&a.su, a.ha)).collect();
                    let sus: BTreeSet<_> = roles.iter().map(|(su, _)| su).collect();
                    assert_eq!(roles.len(), sus.len(), "active and standby: {sg:#?}");
                }
            }
        }
    }

    fn gone(&mut self, node: usize) {
        let name = format!("N{node}");
        let node = self.bed.dn(&name);
        self.truth.members.remove(&node);
        let amf = &self.bed.amf;
        let here = |component: &Dn| {
            let su = component.parent().unwrap();
            amf.su(&su).unwrap().node.as_ref() == Some(&node)
        };
        self.truth.held.retain(|component, _| !here(component));
        self.truth.stuck.retain(|component| !here(component));
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Join(n) => {
                let node = self.bed.dn(&format!("N{n}"));
                self.truth.members.insert(node);
                self.step(&format!("join N{n}"));
            }
            Event::Leave(n) => {
                self.gone(*n);
                self.step(&format!("leave N{n}"));
            }
            Event::Crash(n) => {
                self.gone(*n);
                self.step(&format!("crash N{n}"));
            }
            Event::StartLeave(n) => self.step(&format!("start-leave N{n}")),
            Event::AbortLeave(n) => self.step(&format!("abort-leave N{n}")),
            Event::Agent(n) => self.step(&format!("agent N{n}")),
            Event::Wait(seconds) => self.step(&format!("wait {seconds}s")),
            Event::Settle => self.settle(),
            Event::Answer(at) => self.answer(*at, CsiOutcome::Ok),
            Event::Refuse(at, timed_out) => {
                let outcome = match timed_out {
                    true => CsiOutcome::TimedOut,
                    false => CsiOutcome::Failed,
                };
                self.answer(*at, outcome);
            }
            Event::Quiesced(ok) => self.quiesced(*ok),
            Event::Fail(at, recovery) => {
                let names: Vec<String> = self.npi.keys().map(|dn| dn.value().into()).collect();
                let word = ais::amf::RecommendedRecovery::from_number(*recovery)
                    .unwrap()
                    .word();
                let name = &names[at % names.len()];
                self.step(&format!("fail {name} {}", word.to_lowercase()));
            }
            Event::Operate(operation, at) => {
                let objects = self.entities();
                let object = objects[at % objects.len()].clone();
                self.operate(*operation, object);
            }
            Event::Audit(n) => self.audit(*n),
        }
    }

    fn quiesced(&mut self, ok: bool) {
        let Some((_, _, component)) = self.bed.quiescing.first().cloned() else {
            return;
        };
        if let Some(held) = self.truth.held.get_mut(&component).filter(|_| ok) {
            for ha in held.values_mut().filter(|ha| **ha == HaState::Quiescing) {
                *ha = HaState::Quiesced;
            }
        }
        let word = if ok { "quiesced" } else { "not-quiesced" };
        self.step(&format!("{word} {}", component.value()));
    }

    fn audit(&mut self, n: usize) {
        let name = format!("N{n}");
        let node = self.bed.dn(&name);
        if !self.truth.members.contains(&node) {
            return;
        }
        let mut words = format!("audit {name}");
        for (component, npi) in &self.npi {
            let su = component.parent().unwrap();
            let here = self.bed.amf.su(&su).unwrap().node.as_ref() == Some(&node);
            let view = self.bed.amf.component(component).unwrap();
            let runs = view.presence == ais::amf::PresenceState::Instantiated;
            let held = self.truth.held.get(component);
            if here && (runs || held.is_some_and(|h| !h.is_empty())) {
                let csis = held.into_iter().flatten().filter(|_| !npi);
                let csis: Vec<_> = csis
                    .map(|(csi, ha)| format!("{}={}", csi.value(), ha.word()))
                    .collect();
                words += &format!(" {}:{}", component.value(), csis.join(","));
            }
        }
        self.step(&words);
    }

    fn entities(&self) -> Vec<Dn> {
        let entities = self.bed.objects.iter().filter(|o| {
            matches!(
                o.class.as_str(),
                "SaAmfNode"
                    | "SaAmfApplication"
                    | "SaAmfSG"
                    | "SaAmfSU"
                    | "SaAmfSI"
                    | "SaAmfComp"
                    | "SaAmfCluster"
            )
        });
        entities.map(|o| o.dn.clone()).collect()
    }

    fn operate(&mut self, operation: u64, object: Dn) {
        self.apply(Input::Admin(ais::imm::AdminOperation {
            invocation: self.bed.log.len() as u64,
            object,
            operation,
            parameters: BTreeMap::new(),
        }));
    }

    /// Everything is made available again, then AMF must settle with all SIs assigned.
    fn heal(&mut self) {
        self.settle();
        while !self.bed.quiescing.is_empty() {
            self.quiesced(true);
            self.settle();
        }
        for n in 0..NODES {
            self.happen(&Event::AbortLeave(n));
            self.happen(&Event::Crash(n));
        }
        for n in 0..NODES {
            self.happen(&Event::Join(n));
        }
        self.settle();
        self.check_rest();
        for _ in 0..3 {
            for object in self.entities() {
                for operation in [4, 1, 9] {
                    self.operate(operation, object.clone());
                    self.settle();
                    self.check_rest();
                }
            }
        }
        for _ in 0..4 {
            self.happen(&Event::Wait(60));
            self.settle();
            self.check_rest();
        }
        assert!(!self.bed.amf.is_waiting(), "something is still awaited");
        for application in self.bed.amf.applications() {
            for sg in &application.sgs {
                let able = sg.sus.iter();
                let able = able.filter(|su| su.readiness == ReadinessState::InService);
                let able = able.count();
                assert!(able > 0, "no SU in service: {sg:#?}");
                // With no-redundancy there may be fewer SUs than SIs; with the others one SU can
                // take all.
                let dropped = match sg.redundancy {
                    RedundancyModel::NoRedundancy => sg.sis.len().saturating_sub(able),
                    _ => 0,
                };
                let unassigned = sg.sis.iter();
                let unassigned =
                    unassigned.filter(|si| si.assignment == AssignmentState::Unassigned);
                assert!(
                    unassigned.count() <= dropped,
                    "too few are assigned: {sg:#?}"
                );
                for si in &sg.sis {
                    let active = si.assignments.iter().any(|a| a.ha == HaState::Active);
                    let assigned = si.assignment != AssignmentState::Unassigned;
                    assert_eq!(active, assigned, "{}: {sg:#?}", si.dn);
                    let resting = |ha| matches!(ha, HaState::Active | HaState::Standby);
                    assert!(si.assignments.iter().all(|a| resting(a.ha)), "{sg:#?}");
                }
            }
        }
    }
}

/// Whether two CSI orders concern the same CSI of the same component.
fn clashes(one: &Order, other: &Order) -> bool {
    let concerns = |order: &Order| match order {
        Order::SetCsi { csi, .. } => Some(csi.csi.clone()),
        Order::RemoveCsi { csi, .. } => Some(csi.clone()),
        _ => None,
    };
    let (Some(a), Some(b)) = (concerns(one), concerns(other)) else {
        return false;
    };
    bed::component(one) == bed::component(other) && (a == b || a.is_none() || b.is_none())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(64),
        max_shrink_iters: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens(
        sgs in prop::collection::vec(random_sg(), 1..3),
        events in prop::collection::vec(event(), 1..80),
    ) {
        let text = model_text(&sgs);
        let mut world = World::new(&text);
        for event in &events {
            world.happen(event);
        }
        world.heal();
        world.bed.check_replay();
    }
}

//! Reads the lines of a scenario and does what they say.

use super::words::{Show, line};
use super::{Bed, model};
use ais::Dn;
use ais::amf::{HaState, RecommendedRecovery};
use ais::clm::{ChangeStep, ClusterChange, LeaveCause, NodeChange, Track};
use ais::imm::{AdminOperation, Change};
use ais::node::{CsiOutcome, FailureCause, Report, Survivor};
use amf::{Effect, Input};
use machine::Time;
use std::collections::BTreeMap;

/// Most answers that `settle` gives; more means that AMF never comes to rest.
const ANSWERS_MAX: u32 = 2000;

/// Runs a scenario; gives back its text with everything that AMF said.
pub(crate) fn run(text: &str) -> String {
    let (head, steps) = text.split_once("\nwhen\n").expect("a line `when`");
    let show = Show {
        components: head.contains("\n# show: components"),
        notifications: head.contains("\n# show: notifications"),
    };
    let model: String = head
        .lines()
        .filter(|l| !l.starts_with('#'))
        .fold(String::new(), |all, line| all + line + "\n");
    let mut bed = Bed::new(model::objects(&model));
    let mut out = format!("{head}\nwhen\n");
    let later = head.lines().find_map(|line| line.strip_prefix("# later: "));
    let later: Vec<&str> = later.unwrap_or_default().split_whitespace().collect();
    let (later, now): (Vec<_>, Vec<_>) = bed.objects.iter().cloned().partition(|object| {
        let mut names = object.dn.ancestors();
        names.any(|dn| later.contains(&dn.value()))
    });
    let create: Vec<_> = now.into_iter().map(Change::Create).collect();
    bed.later = later.into_iter().map(Change::Create).collect();
    bed.amf.validate(&create).unwrap();
    let loaded = bed.apply(Input::Config(create));
    // What is published of the loaded configuration is the same for all scenarios.
    drop(loaded);
    for step in steps.lines() {
        if let Some(comment) = step.strip_prefix('#') {
            out += &format!("#{comment}\n");
        }
        let Some(step) = step.strip_prefix("> ") else {
            continue;
        };
        out += &format!("> {step}\n");
        if step == "table" {
            out += &bed.table();
            continue;
        }
        let effects = bed.step(step);
        if step.ends_with("quietly") {
            continue;
        }
        for line in effects.iter().filter_map(|effect| line(effect, show)) {
            out += &format!("  {line}\n");
        }
    }
    bed.check_replay();
    out
}

impl Bed {
    /// Does what one line says.
    pub(crate) fn step(&mut self, step: &str) -> Vec<Effect> {
        let words: Vec<&str> = step.split_whitespace().collect();
        match words.as_slice() {
            ["settle" | "settle-quietly"] => self.settle(),
            ["create-later"] => {
                let later = std::mem::take(&mut self.later);
                self.amf.validate(&later).unwrap();
                self.apply(Input::Config(later))
            }
            ["join", nodes @ ..] => self.clm(ChangeStep::Completed, nodes, ClusterChange::Joined),
            ["leave", nodes @ ..] => self.clm(ChangeStep::Completed, nodes, ClusterChange::Left),
            ["start-leave", nodes @ ..] => self.clm(ChangeStep::Start, nodes, ClusterChange::Left),
            ["may-leave", nodes @ ..] => self.clm(ChangeStep::Validate, nodes, ClusterChange::Left),
            ["abort-leave", nodes @ ..] => {
                self.clm(ChangeStep::Aborted, nodes, ClusterChange::Left)
            }
            ["crash", nodes @ ..] => self.crash(nodes),
            ["answer", component] => self.answer_one(component, CsiOutcome::Ok),
            ["refuse", component] => self.answer_one(component, CsiOutcome::Failed),
            ["time-out", component] => self.answer_one(component, CsiOutcome::TimedOut),
            ["quiesced", component] => self.quiesced(component, CsiOutcome::Ok),
            ["not-quiesced", component] => self.quiesced(component, CsiOutcome::TimedOut),
            ["fail", component, recovery] => self.fail(component, recovery),
            ["clear-error", component] => {
                let dn = self.dn(component);
                self.reported(Report::ErrorCleared(dn.clone()), &dn)
            }
            ["agent", node] => {
                let node = self.dn(node);
                self.apply(Input::NodeAgent { node })
            }
            ["audit", node, survivors @ ..] => self.audit(node, survivors),
            ["wait", seconds] => {
                let seconds: u64 = seconds.trim_end_matches('s').parse().unwrap();
                self.time = Time(self.time.0 + seconds * 1_000_000_000);
                self.apply(Input::Tick)
            }
            ["set", name, attribute, value] => self.set(name, attribute, value),
            ["delete", name] => self.delete(name),
            [operation, object] => self.operate(operation, object),
            _ => panic!("what is `{step}`?"),
        }
    }

    /// Who has what, as the tables of the standard print it.
    fn table(&self) -> String {
        let mut out = String::new();
        for application in self.amf.applications() {
            for si in application.sgs.iter().flat_map(|sg| &sg.sis) {
                let holders = si.assignments.iter().map(|a| {
                    let ha = a.ha.word().to_lowercase();
                    format!(" {}={ha}", a.su.value())
                });
                let holders: String = holders.collect();
                let state = si.assignment.word().to_lowercase();
                out += &format!("  {} {state}:{holders}\n", si.dn.value());
            }
        }
        out
    }

    /// All agents do what they were told, one answer after the other, until nothing is left to do.
    fn settle(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for _ in 0..ANSWERS_MAX {
            if self.open.is_empty() {
                return effects;
            }
            if let Some((node, report)) = self.answer(None, CsiOutcome::Ok) {
                effects.extend(self.apply(Input::Node { node, report }));
            }
        }
        panic!("AMF does not come to rest");
    }

    fn clm(&mut self, step: ChangeStep, names: &[&str], change: ClusterChange) -> Vec<Effect> {
        let left = change == ClusterChange::Left;
        let nodes = names.iter().map(|name| NodeChange {
            node: Dn::parse(&format!("safNode={name},safCluster=clm")).unwrap(),
            node_id: 1,
            change,
            cause: left.then_some(LeaveCause::Planned),
        });
        let asks = matches!(step, ChangeStep::Validate | ChangeStep::Start);
        let track = Track {
            invocation: asks.then_some(7),
            step,
            view: 1,
            nodes: nodes.collect(),
        };
        self.forget(names, step);
        self.apply(Input::Clm(track))
    }

    fn crash(&mut self, names: &[&str]) -> Vec<Effect> {
        let nodes = names.iter().map(|name| NodeChange {
            node: Dn::parse(&format!("safNode={name},safCluster=clm")).unwrap(),
            node_id: 1,
            change: ClusterChange::Left,
            cause: Some(LeaveCause::Failure),
        });
        let track = Track {
            invocation: None,
            step: ChangeStep::Completed,
            view: 1,
            nodes: nodes.collect(),
        };
        self.forget(names, ChangeStep::Completed);
        self.apply(Input::Clm(track))
    }

    /// A node that has left does nothing any more.
    fn forget(&mut self, names: &[&str], step: ChangeStep) {
        if step == ChangeStep::Completed {
            self.open.retain(|(node, _)| !names.contains(&node.value()));
            self.quiescing
                .retain(|(node, _, _)| !names.contains(&node.value()));
        }
    }

    fn answer_one(&mut self, component: &str, outcome: CsiOutcome) -> Vec<Effect> {
        let dn = self.dn(component);
        let (node, report) = self.answer(Some(&dn), outcome).expect("an open order");
        self.apply(Input::Node { node, report })
    }

    fn quiesced(&mut self, component: &str, outcome: CsiOutcome) -> Vec<Effect> {
        let dn = self.dn(component);
        let at = self.quiescing.iter().position(|(_, _, of)| *of == dn);
        let (node, invocation, _) = self.quiescing.remove(at.expect("something quiescing"));
        let report = Report::QuiescingComplete {
            invocation,
            outcome,
        };
        self.apply(Input::Node { node, report })
    }

    fn node_of(&self, component: &Dn) -> Dn {
        let su = component.parent().unwrap();
        self.amf.su(&su).unwrap().node.unwrap()
    }

    fn reported(&mut self, report: Report, component: &Dn) -> Vec<Effect> {
        let node = self.node_of(component);
        self.apply(Input::Node { node, report })
    }

    fn fail(&mut self, component: &str, recovery: &str) -> Vec<Effect> {
        let component = self.dn(component);
        let wanted = recovery.to_uppercase();
        let recovery = (1..=9).filter_map(RecommendedRecovery::from_number);
        let recovery = recovery
            .into_iter()
            .find(|r| r.word() == wanted)
            .expect("a recovery");
        let report = Report::Failed {
            component: component.clone(),
            cause: FailureCause::Reported,
            recovery,
        };
        self.reported(report, &component)
    }

    /// `audit N1 C1:CSI1=ACTIVE C2`
    fn audit(&mut self, node: &str, survivors: &[&str]) -> Vec<Effect> {
        let survivors = survivors.iter().map(|word| {
            let (component, csis) = word.split_once(':').unwrap_or((word, ""));
            let csis = csis.split(',').filter_map(|csi| csi.split_once('='));
            Survivor {
                component: match component.contains('=') {
                    true => Dn::parse(component).unwrap(),
                    false => self.dn(component),
                },
                csis: csis.map(|(csi, ha)| (self.dn(csi), ha_state(ha))).collect(),
            }
        });
        let report = Report::Audit(survivors.collect());
        let node = self.dn(node);
        self.apply(Input::Node { node, report })
    }

    fn set(&mut self, name: &str, attribute: &str, text: &str) -> Vec<Effect> {
        let dn = self.dn(name);
        let value = match text.parse() {
            Ok(number) => ais::imm::Value::Uint32(number),
            Err(_) => ais::imm::Value::String(text.trim_matches('"').into()),
        };
        let change = Change::Modify {
            dn,
            class: String::new(),
            attributes: BTreeMap::from([(attribute.into(), vec![value])]),
        };
        self.apply(Input::Config(vec![change]))
    }

    fn delete(&mut self, name: &str) -> Vec<Effect> {
        let dn = self.dn(name);
        let change = Change::Delete {
            dn,
            class: String::new(),
        };
        self.apply(Input::Config(vec![change]))
    }

    fn operate(&mut self, operation: &str, object: &str) -> Vec<Effect> {
        const WORDS: [&str; 11] = [
            "unlock",
            "lock",
            "lock-instantiation",
            "unlock-instantiation",
            "shutdown",
            "restart",
            "si-swap",
            "sg-adjust",
            "repaired",
            "eam-start",
            "eam-stop",
        ];
        let at = WORDS.iter().position(|word| *word == operation);
        let at = at.unwrap_or_else(|| panic!("what is `{operation}`?"));
        self.apply(Input::Admin(AdminOperation {
            invocation: self.log.len() as u64,
            object: self.dn(object),
            operation: at as u64 + 1,
            parameters: BTreeMap::new(),
        }))
    }
}

fn ha_state(word: &str) -> HaState {
    let states = (1..=4).filter_map(HaState::from_number);
    let mut states = states.into_iter();
    states
        .find(|state| state.word() == word)
        .expect("a HA state")
}

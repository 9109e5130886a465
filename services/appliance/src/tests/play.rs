//! Reads the lines of a scenario and lets them happen.

use super::bed::{self, Bed, Source};
use super::words;
use crate::{Command, Effect};
use ais::Dn;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use machine::NodeId;
use shelf::Observation;

/// Plays a scenario; gives back its text with everything that was said.
pub(super) fn run(text: &str) -> String {
    let mut bed = if text.contains("\nload\n") {
        Bed::new()
    } else {
        Bed::running()
    };
    let mut told = String::new();
    for line in text.lines().filter(|line| !line.starts_with(' ')) {
        told += &format!("{line}\n");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        for said in play(&mut bed, line) {
            told += &format!("  {said}\n");
        }
        // What a snapshot brings back is the same shelf.
        let restored = bed::restored(&bed.appliance);
        assert!(restored == bed.appliance, "after {line}");
        bed.appliance = restored;
    }
    told
}

fn play(bed: &mut Bed, line: &str) -> Vec<String> {
    let (held, line) = match line.strip_prefix("hold ") {
        Some(line) => (true, line),
        None => (false, line),
    };
    let words: Vec<&str> = line.split(' ').collect();
    let mut told: Vec<String> = happen(bed, &words)
        .iter()
        .filter_map(words::effect)
        .collect();
    match words[0] {
        "table" => told = table(bed),
        "next" => {
            // `next bus`: the controllers were faster than the agents.
            let first = |(source, _): &(Source, Command)| *source == Source::Bus;
            let bus = words.len() > 1 && words[1] == "bus";
            let at = bed.waiting.iter().position(first).filter(|_| bus);
            if let Some(faster) = at.and_then(|at| bed.waiting.remove(at)) {
                bed.waiting.push_front(faster);
            }
            next(bed, &mut told);
        }
        _ => {}
    }
    let moves = words[0] != "next" && words[0] != "table";
    while moves && !held && !bed.waiting.is_empty() {
        next(bed, &mut told);
    }
    told
}

/// One entry that the world causes, and what comes of it.
fn next(bed: &mut Bed, told: &mut Vec<String>) {
    let (command, effects) = bed.next().expect("the world has something to tell");
    told.extend(words::command(&command).map(|line| format!("< {line}")));
    told.extend(effects.iter().filter_map(words::effect));
}

/// What the line says happens; most is then told by the world.
fn happen(bed: &mut Bed, words: &[&str]) -> Vec<Effect> {
    let address = || u8::from_str_radix(words[1], 16).unwrap();
    match words[0] {
        "view" | "lost-view" => {
            let ids = |at: usize| -> BTreeSet<NodeId> {
                let ids = words[at].split(',').filter(|id| *id != "-");
                ids.map(|id| NodeId(id.parse().unwrap())).collect()
            };
            let view = (ids(1), ids(2), ids(3));
            return match words[0] {
                "view" => bed.view(&view),
                _ => bed.lost_view(&view),
            };
        }
        "failover" => {
            let to = words[1].parse().ok().map(NodeId);
            let condition = redundancy::Condition::AnyVersion;
            let tag = crate::tag(NodeId(1), 9);
            return bed.apply(&Command::Switch { tag, to, condition });
        }
        "lose-hardware" => bed.lose_hardware(),
        "load" => {
            let batch = bed::model();
            return bed.apply(&Command::Load { tag: 1, batch });
        }
        "scan" => bed.scan(),
        "open" => bed.open(address()),
        "close" => bed.close(address()),
        "extract" => bed.extract(address()),
        "insert" => bed.insert(address()),
        "silence" => bed.silence(address()),
        "answers" => bed.answer_again(address()),
        "fail" => bed.fail(&bed::component(words[1])),
        "crash" => bed.crash(&bed::node(words[1].parse().unwrap())),
        "clumsy" => drop(bed.clumsy.insert(bed::component(words[1]))),
        "stale" => bed.leave(
            &bed::component(words[1]),
            &bed::node(words[2].parse().unwrap()),
        ),
        "pass" => return bed.pass(words[1].parse().unwrap()),
        "restart" => {
            for su in &words[1..] {
                for agent in bed.agents.values_mut() {
                    agent.components.remove(&bed::component(su));
                }
            }
            return bed.restart();
        }
        "damage" => {
            let mut controller = bed.slots[&address()].controller.clone();
            match words[2] {
                "sdr" => controller.sdrs[1].truncate(20),
                "checksum" => controller.frus[0].inventory[12] ^= 1,
                "version" => controller.frus[0].inventory[0] = 7,
                _ => controller.frus[0].inventory.truncate(5),
            }
            bed.observe(Observation::ControllerFound(controller));
        }
        "down" => {
            let reason = String::from("no answer");
            bed.observe(Observation::PortDown { reason });
        }
        "next" | "table" | "settle" => {}
        operation => return bed.apply(&invoke(operation, words[1])),
    }
    Vec::new()
}

/// `lock`, or a number, of an object.
fn invoke(operation: &str, object: &str) -> Command {
    let (operation, parameters) = match operation {
        "unlock" => (1, None),
        "lock" => (2, None),
        "lock-instantiation" => (3, None),
        "unlock-instantiation" => (4, None),
        "plm-lock" => (1, None),
        "plm-forced-lock" => (1, Some("forced")),
        "plm-unlock" => (2, None),
        "shutdown" => (5, None),
        "swap" => (7, None),
        number => (number.parse().expect(number), None),
    };
    let option = |word: &str| {
        let value = ais::imm::Value::String(word.to_string());
        (String::from("lockOption"), value)
    };
    Command::Invoke {
        tag: 9,
        object: Dn::parse(object).unwrap(),
        operation,
        parameters: parameters
            .map(option)
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
    }
}

/// Who serves, who is a member, what the blades do.
fn table(bed: &Bed) -> Vec<String> {
    let mut lines = vec![];
    for application in bed.appliance.amf.applications() {
        for si in application.sgs.iter().flat_map(|sg| &sg.sis) {
            let held = si.assignments.iter().map(|a| {
                let pending = if a.pending { "?" } else { "" };
                format!(
                    " {} {}{pending}",
                    words::short(&a.su),
                    a.ha.word().to_lowercase()
                )
            });
            let held: Vec<String> = held.collect();
            let state = si.assignment.word().to_lowercase();
            lines.push(format!(
                "{} {state}:{}",
                words::short(&si.dn),
                held.join(",")
            ));
        }
    }
    let nodes = bed.appliance.amf.nodes();
    let members = nodes.iter().filter(|node| node.member);
    let members: Vec<String> = members.map(|node| words::short(&node.dn)).collect();
    lines.push(format!("members: {}", members.join(" ")));
    lines
}

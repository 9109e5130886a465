//! Scenarios: each line is something that happens, the indented lines below it are everything that
//! came of it. `UPDATE_GOLDEN=1` writes the replies anew.

extern crate std;

mod random;
mod watch;

use crate::{Complaint, Condition, Effect, Health, Input, Redundancy, Software};
use ais::Dn;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;
use machine::{Machine, NodeId, Pos, Time};

struct Play {
    redundancy: Redundancy,
    at: Pos,
    epoch: u64,
}

fn ids(word: &str) -> BTreeSet<NodeId> {
    let ids = word.split(',').filter(|id| *id != "-");
    ids.map(|id| NodeId(id.parse().unwrap())).collect()
}

fn id(word: &str) -> Option<NodeId> {
    (word != "-").then(|| NodeId(word.parse().unwrap()))
}

fn node(word: &str) -> Dn {
    Dn::parse(&format!("safAmfNode={word}")).unwrap()
}

fn complaint(word: &str) -> Complaint {
    match word {
        "bus" => Complaint::NoBus,
        "address" => Complaint::NoAddress,
        "full" => Complaint::DiskFull,
        "low" => Complaint::DiskLow,
        "stuck" => Complaint::Stuck,
        _ => panic!("{word}"),
    }
}

/// `critical majors=2 bus`.
fn condition_of(words: &[&str]) -> Health {
    let has = |word: &str| words.contains(&word);
    let count = |word: &str| {
        let mut counts = words.iter().filter_map(|w| w.strip_prefix(word));
        counts.next().map_or(0, |count| count.parse().unwrap())
    };
    Health {
        has_critical: has("critical"),
        majors: count("majors="),
        minors: count("minors="),
        switch_unhealthy: has("switch"),
        trap_destination_lost: has("traps"),
        bus_lost: has("bus"),
        hardware_unhealthy: has("hardware"),
        complaints: BTreeSet::new(),
    }
}

fn told(member: &str, health: Health) -> Input {
    let member = id(member).unwrap();
    Input::Health { member, health }
}

impl Play {
    fn input(&mut self, words: &[&str]) -> Input {
        match *words {
            ["view", holders, others, nodes] => {
                self.epoch += 1;
                let (epoch, holders) = (self.epoch, ids(holders));
                let (others, nodes) = (ids(others), ids(nodes));
                Input::View {
                    epoch,
                    holders,
                    others,
                    nodes,
                }
            }
            ["hosts", member, name] => {
                let (member, node) = (id(member).unwrap(), node(name));
                Input::Hosts {
                    member,
                    node,
                    runs: true,
                }
            }
            ["place", member, name] => {
                let (member, node) = (id(member).unwrap(), node(name));
                Input::Hosts {
                    member,
                    node,
                    runs: false,
                }
            }
            ["ended", name] => Input::Ended { node: node(name) },
            ["line", member] => {
                let member = id(member).unwrap();
                let holder = Some(member);
                Input::Line { member, holder }
            }
            ["no-line", member] => {
                let (member, holder) = (id(member).unwrap(), None);
                Input::Line { member, holder }
            }
            ["switch", to, condition] => {
                let condition = match condition {
                    "newer" => Condition::SameOrNewer,
                    "any" => Condition::AnyVersion,
                    _ => Condition::Forced,
                };
                Input::Switch {
                    tag: 7,
                    to: id(to),
                    condition,
                }
            }
            ["software", member, text, min, max] => Input::Software {
                member: id(member).unwrap(),
                software: Software {
                    text: text.to_string(),
                    machines_min: min.parse().unwrap(),
                    machines_max: max.parse().unwrap(),
                },
            },
            ["health", member, ref rest @ ..] => told(member, condition_of(rest)),
            ["complains", member, ref rest @ ..] => told(
                member,
                Health::of(rest.iter().map(|it| complaint(it)).collect()),
            ),
            ["pass", millis] => {
                let after = Duration::from_millis(millis.parse().unwrap());
                self.at.time = self.at.time.after(after);
                Input::Tick
            }
            _ => panic!("{words:?}"),
        }
    }

    fn apply(&mut self, words: &[&str]) -> Vec<Effect> {
        let input = self.input(words);
        self.at.index += 1;
        let mut effects = Vec::new();
        self.redundancy.apply(self.at, &input, &mut effects);
        effects
    }
}

fn said(effect: &Effect) -> String {
    match effect {
        Effect::Active { cmm, epoch } => format!("active {} in {epoch}", cmm.0),
        Effect::Gone { member, nodes } => {
            let nodes = nodes.iter().map(|node| format!(" {}", node.value()));
            format!("gone {}:{}", member.0, nodes.collect::<String>())
        }
        Effect::Silent { member, nodes } => {
            let nodes = nodes.iter().map(|node| format!(" {}", node.value()));
            format!("silent {}:{}", member.0, nodes.collect::<String>())
        }
        Effect::Line { to } => format!("line to {}", to.0),
        Effect::Answer {
            tag,
            result: Ok(()),
        } => format!("answer {tag}: done"),
        Effect::Answer {
            tag,
            result: Err(why),
        } => format!("answer {tag}: {}", why.text()),
        Effect::MachineVersion { to } => format!("machines {to}"),
        Effect::Event(event) => {
            let number = event.number().map(|number| format!(" {number:#x}"));
            let (number, severity) = (number.unwrap_or_default(), event.severity());
            format!("event {severity:?}{number}: {}", event.text())
        }
    }
}

fn play(text: &str) -> String {
    let mut told = String::new();
    let start = || Play {
        redundancy: Redundancy::new(),
        at: Pos {
            index: 0,
            time: Time(1_000),
        },
        epoch: 0,
    };
    let mut play = start();
    for line in text.lines().filter(|line| !line.starts_with(' ')) {
        told += &format!("{line}\n");
        if line == "----" {
            play = start();
        }
        if line.is_empty() || line == "----" || line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = line.split(' ').collect();
        for effect in play.apply(&words) {
            told += &format!("  {}\n", said(&effect));
        }
        let bytes = postcard::to_allocvec(&play.redundancy).unwrap();
        let restored: Redundancy = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(restored, play.redundancy, "after {line}");
    }
    told
}

#[track_caller]
fn check(name: &str) {
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/tests");
    let path = folder.join(format!("{name}.txt"));
    let text = std::fs::read_to_string(&path).unwrap();
    let told = play(&text);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return std::fs::write(&path, &told).unwrap();
    }
    assert_eq!(told.trim(), text.trim(), "{name}: told\n{told}");
}

macro_rules! scenarios {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            check(stringify!($name));
        }
    )* };
}

scenarios! {
    active
    members
    switch
    health
    software
}

/// Who is asked knows where everything is.
#[test]
fn what_is_known_can_be_asked_for() {
    let mut play = Play {
        redundancy: Redundancy::new(),
        at: Pos::default(),
        epoch: 8,
    };
    play.apply(&["view", "1,2", "3", "1,2,3,4"]);
    play.apply(&["hosts", "3", "a"]);
    play.apply(&["place", "2", "b"]);
    let redundancy = &play.redundancy;
    assert_eq!(redundancy.epoch(), 9);
    assert_eq!(redundancy.active(), Some(NodeId(1)));
    assert_eq!(redundancy.standbys().collect::<Vec<_>>(), [NodeId(2)]);
    assert_eq!(
        [1, 2, 3].map(|id| redundancy.turn(NodeId(id))),
        [Some(0), Some(1), None]
    );
    assert_eq!(*redundancy.followers(), ids("3"));
    assert_eq!(*redundancy.nodes(), ids("1,2,3,4"));
    assert_eq!(redundancy.host_of(&node("a")), Some(NodeId(3)));
    assert_eq!(redundancy.host_of(&node("c")), None);
    let hosted: Vec<&Dn> = redundancy.hosted_by(NodeId(2)).collect();
    assert_eq!(hosted, [&node("b")]);
    assert_eq!(redundancy.members().count(), 3);
    assert_eq!(redundancy.version(), None);
}

/// More members or nodes than there can be are not kept, and nothing breaks.
#[test]
fn tables_are_bounded() {
    let mut redundancy = Redundancy::new();
    for number in 0..2_000 {
        let hosts = Input::Hosts {
            member: NodeId(number),
            node: node(&format!("n{number}")),
            runs: true,
        };
        redundancy.apply(Pos::default(), &hosts, &mut Vec::new());
    }
    assert_eq!(redundancy.members().count(), crate::MEMBERS_MAX);
    for number in 0..2_000 {
        let hosts = Input::Hosts {
            member: NodeId(1),
            node: node(&format!("n{number}")),
            runs: true,
        };
        redundancy.apply(Pos::default(), &hosts, &mut Vec::new());
    }
    assert_eq!(redundancy.hosts.len(), crate::HOSTED_MAX);
}

//! Entries that crash a member, and who owns the hardware.

mod fit;

use super::*;
use crate::{OLDEST, VERSION};
use alloc::vec;
use machine::log::Entry;
use redundancy::Software;

const ME: NodeId = NodeId(1);
const OTHER: NodeId = NodeId(2);

/// A log of a view and commands, as both CMMs have it.
struct Log(Vec<Entry>);

impl Log {
    fn new() -> Self {
        let mut log = Self(Vec::new());
        log.add(Content::Primary {
            epoch: 1,
            holders: [ME, OTHER].into(),
            others: BTreeSet::new(),
            nodes: [ME, OTHER].into(),
        });
        log
    }

    fn add(&mut self, content: Content) -> Entry {
        let index = self.0.len() as u64 + 1;
        let pos = Pos {
            index,
            time: Time(index * 1_000),
        };
        let command = content.encode();
        self.0.push(Entry { pos, command });
        self.0[self.0.len() - 1].clone()
    }

    fn command(&mut self, command: &Command) -> Entry {
        self.add(Content::Command {
            from: OTHER,
            number: self.0.len() as u64,
            command: command.encode(),
        })
    }
}

/// A command that leaves its mark in the state.
fn software(text: &str) -> Command {
    Command::Software(Software {
        text: text.into(),
        machines_min: OLDEST,
        machines_max: VERSION,
    })
}

fn replayed(log: &Log, crashes: &[(u64, u32)]) -> Member {
    let held = Replay {
        snapshot: None,
        entries: &log.0,
        crashes,
        watch: &|_| {},
    };
    Member::replay(ME, Program::this(), held).unwrap()
}

fn told(member: &mut Member, events: Vec<Event>) -> Vec<Do> {
    let mut todo = Vec::new();
    for event in events {
        member.take(event, &mut todo);
    }
    todo
}

fn text_of(member: &Member, node: NodeId) -> Option<alloc::string::String> {
    let mut members = member.appliance().redundancy.members();
    let found = members.find(|(id, _)| *id == node)?;
    Some(found.1.software.as_ref()?.text.clone())
}

/// One crash may have been the machine's; after the second the entry is not tried again.
#[test]
fn an_entry_that_crashed_twice_stops_the_member() {
    let mut log = Log::new();
    log.command(&software("bad"));
    log.command(&Command::Tick);
    assert_eq!(replayed(&log, &[(2, 1)]).stuck(), None);
    let member = replayed(&log, &[(2, 2)]);
    assert_eq!(member.stuck(), Some(2));
    assert_eq!(member.appliance().at().index, 1);
    assert_eq!((member.snapshot(), member.deadline()), (None, None));
}

/// It keeps the log, asks once that all skip the entry, and goes on when they do, with the state of
/// a member that never applied it. What was asked of it meanwhile is answered.
#[test]
fn a_stopped_member_asks_for_quarantine_and_goes_on() {
    let mut log = Log::new();
    log.command(&software("bad"));
    let mut member = replayed(&log, &[(2, 2)]);
    let primary = Event::Standing(Standing::Primary { epoch: 1 });
    let quarantine = Command::Quarantine { index: 2 };
    let later = log.command(&Command::Hosts { nodes: vec![] });
    let todo = told(
        &mut member,
        vec![
            primary,
            Event::Entry(later),
            Event::Stable(3),
            Event::Supply { epoch: 1 },
        ],
    );
    let asked = todo.iter().filter(|it| matches!(it, Do::Submit(_)));
    let asked: Vec<&Do> = asked.collect();
    assert_eq!(asked, [&Do::Submit(quarantine.clone())]);
    let owns = |it: &Do| matches!(it, Do::Own(Ownership::Owned) | Do::Supply { .. });
    assert!(!todo.iter().any(owns), "{todo:?}");
    let skips = log.command(&quarantine);
    let todo = told(&mut member, vec![Event::Entry(skips), Event::Stable(4)]);
    assert_eq!((member.stuck(), member.appliance().at().index), (None, 4));
    assert_eq!(text_of(&member, OTHER), None);
    assert!(todo.contains(&Do::Own(Ownership::Owned)), "{todo:?}");
    assert!(todo.iter().any(|it| matches!(it, Do::Supply { .. })));
    // Whoever starts later reads of it in the journal.
    assert_eq!(replayed(&log, &[(2, 2)]).snapshot(), member.snapshot());
    assert_eq!(replayed(&log, &[]).snapshot(), member.snapshot());
}

/// A member that had no trouble with the entry begins anew without it.
#[test]
fn who_applied_the_entry_begins_anew() {
    let mut log = Log::new();
    log.command(&software("bad"));
    let mut member = replayed(&log, &[]);
    assert_eq!(text_of(&member, OTHER).as_deref(), Some("bad"));
    let skips = log.command(&Command::Quarantine { index: 2 });
    let todo = told(&mut member, vec![Event::Entry(skips)]);
    assert!(todo.contains(&Do::Rebuild), "{todo:?}");
    assert_eq!(text_of(&replayed(&log, &[]), OTHER), None);
}

/// The hardware is nobody's while the view is forming, and lost with quorum.
#[test]
fn the_hardware_is_held_and_let_go() {
    let mut member = Member::new(ME, Program::this());
    let mut log = Log::new();
    let view = log.0[0].clone();
    let standing = |standing| Event::Standing(standing);
    let owned = |todo: Vec<Do>| -> Vec<Ownership> {
        let owned = todo.into_iter().filter_map(|it| {
            if let Do::Own(owns) = it {
                return Some(owns);
            }
            None
        });
        owned.collect()
    };
    let primary = Standing::Primary { epoch: 1 };
    let begun = vec![Event::Entry(view), standing(primary.clone())];
    assert_eq!(owned(told(&mut member, begun)), []);
    let stable = told(&mut member, vec![Event::Stable(1)]);
    assert_eq!(owned(stable), [Ownership::Owned]);
    let forming = told(&mut member, vec![standing(Standing::Forming)]);
    assert_eq!(owned(forming), [Ownership::Paused]);
    let lost = told(&mut member, vec![standing(Standing::NotQuorate)]);
    assert_eq!(owned(lost), [Ownership::Lost]);
    let next = log.add(Content::Primary {
        epoch: 2,
        holders: [OTHER].into(),
        others: [ME].into(),
        nodes: [ME, OTHER].into(),
    });
    let events = vec![Event::Entry(next), standing(primary), Event::Stable(2)];
    assert_eq!(owned(told(&mut member, events)), []);
}

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
    let quarantine = Command::Quarantine { index: 2, since: 1 };
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
    // What it has now is not the state after the entries that there were then.
    assert!(todo.contains(&Do::Decline { epoch: 1 }), "{todo:?}");
    let again = told(&mut member, vec![Event::Supply { epoch: 1 }]);
    assert!(matches!(again.as_slice(), [Do::Supply { .. }]), "{again:?}");
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
    let skips = log.command(&Command::Quarantine { index: 2, since: 1 });
    let todo = told(&mut member, vec![Event::Entry(skips)]);
    assert!(todo.contains(&Do::Rebuild), "{todo:?}");
    assert_eq!(text_of(&replayed(&log, &[]), OTHER), None);
}

/// A member that begins with this state, and these entries behind it.
fn replayed_from(state: &[u8], entries: &[Entry]) -> Member {
    let held = Replay {
        snapshot: Some(state),
        entries,
        crashes: &[],
        watch: &|index| panic!("it applies {index}"),
    };
    Member::replay(ME, Program::this(), held).unwrap()
}

/// A snapshot of after the entry has what it did: the member keeps the log, and applies, gives and
/// owns nothing, until it is given another state.
#[test]
fn who_has_the_entry_in_its_snapshot_takes_another_state() {
    let mut log = Log::new();
    log.command(&software("bad"));
    let has_it = replayed(&log, &[]).snapshot().unwrap();
    log.command(&Command::Quarantine { index: 2, since: 1 });
    log.command(&Command::Hosts { nodes: vec![] });
    let mut member = replayed_from(&has_it, &log.0[2..]);
    assert_eq!((member.spoilt(), member.snapshot()), (Some(2), None));
    let later = log.command(&Command::Hosts { nodes: vec![] });
    let primary = Standing::Primary { epoch: 1 };
    let events = vec![
        Event::Standing(primary.clone()),
        Event::Entry(later),
        Event::Stable(5),
        Event::Supply { epoch: 1 },
    ];
    let todo = told(&mut member, events);
    assert_eq!(todo, [Do::Stand(primary), Do::Own(Ownership::Lost)]);
    assert_eq!((member.deadline(), member.turn()), (None, None));
    let clean = replayed(&log, &[]).snapshot();
    let given = Event::Install(log.0[4].pos, clean.clone().unwrap());
    assert!(told(&mut member, vec![given]).contains(&Do::Forget));
    assert_eq!((member.spoilt(), member.snapshot()), (None, clean));
}

/// What was skipped before the snapshot was taken is not in it.
#[test]
fn a_snapshot_of_after_the_quarantine_is_right() {
    let mut log = Log::new();
    log.command(&software("bad"));
    log.command(&Command::Quarantine { index: 2, since: 1 });
    let state = replayed(&log, &[]).snapshot().unwrap();
    assert_eq!(replayed_from(&state, &[]).spoilt(), None);
}

/// What a stopped member asks for counts only as long as it knows of all that could have given it
/// the entry as well: it asks anew in the next view, and when somebody else was granted something.
#[test]
fn a_request_is_made_again_when_it_is_void() {
    let mut log = Log::new();
    log.command(&Command::Tick);
    log.command(&software("bad"));
    log.command(&software("also bad, on the other"));
    let mut member = replayed(&log, &[(3, 2)]);
    let asked = |todo: Vec<Do>| -> Vec<(u64, u64)> {
        let asked = todo.into_iter().filter_map(|it| {
            if let Do::Submit(Command::Quarantine { index, since }) = it {
                return Some((index, since));
            }
            None
        });
        asked.collect()
    };
    let stands = |epoch| Event::Standing(Standing::Primary { epoch });
    assert_eq!(asked(told(&mut member, vec![stands(1)])), [(3, 1)]);
    let view = |holders: &[NodeId]| Content::Primary {
        epoch: 2,
        holders: holders.iter().copied().collect(),
        others: [ME].into(),
        nodes: [ME, OTHER].into(),
    };
    // Whoever is not a holder may have been given a state.
    let without = Event::Entry(log.add(view(&[OTHER])));
    assert_eq!(asked(told(&mut member, vec![without, stands(2)])), []);
    let with = Event::Entry(log.add(view(&[ME, OTHER])));
    assert_eq!(asked(told(&mut member, vec![with, stands(3)])), [(3, 6)]);
    // The first one is late.
    let void = log.command(&Command::Quarantine { index: 3, since: 1 });
    assert_eq!(told(&mut member, vec![Event::Entry(void)]), []);
    assert_eq!(member.stuck(), Some(3));
    let other = log.command(&Command::Quarantine { index: 4, since: 6 });
    let todo = told(&mut member, vec![Event::Entry(other)]);
    assert_eq!(asked(todo), [(3, 8)]);
    let granted = log.command(&Command::Quarantine { index: 3, since: 8 });
    let todo = told(&mut member, vec![Event::Entry(granted)]);
    assert!(!todo.contains(&Do::Rebuild), "{todo:?}");
    assert_eq!((member.stuck(), member.skipped()), (None, &[3, 4].into()));
}

/// Who has stopped before one entry, and applied another that is skipped now, asks for nothing: the
/// other CMM may have the first one in its state, and this one has the second.
#[test]
fn who_begins_anew_asks_for_nothing() {
    let mut log = Log::new();
    log.command(&software("bad, on the other"));
    log.command(&software("bad"));
    let mut member = replayed(&log, &[(3, 2)]);
    told(
        &mut member,
        vec![Event::Standing(Standing::Primary { epoch: 1 })],
    );
    let other = log.command(&Command::Quarantine { index: 2, since: 1 });
    assert_eq!(told(&mut member, vec![Event::Entry(other)]), [Do::Rebuild]);
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

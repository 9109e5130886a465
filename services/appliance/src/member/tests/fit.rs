//! Programs that can run different versions of the rules, over one log.

use super::*;
use alloc::format;

/// Versions that are there in these scenarios.
const OLD: u32 = VERSION;
const NEW: u32 = VERSION + 1;

fn program(oldest: u32, newest: u32) -> Program {
    Program {
        text: format!("0.{newest}"),
        oldest,
        newest,
    }
}

fn told_by(program: &Program) -> Command {
    Command::Software(program.software())
}

fn view(epoch: u64, holders: &[NodeId]) -> Content {
    Content::Primary {
        epoch,
        holders: holders.iter().copied().collect(),
        others: BTreeSet::new(),
        nodes: [ME, OTHER].into(),
    }
}

fn primary(epoch: u64) -> Event {
    Event::Standing(Standing::Primary { epoch })
}

/// A log in which the other CMM was alone, and raised the version to the new one.
fn raised() -> Log {
    let mut log = Log(Vec::new());
    log.add(view(1, &[OTHER]));
    log.command(&told_by(&program(OLD, NEW)));
    log.command(&Command::Tick);
    log
}

fn replay(program: Program, log: &Log) -> Result<Member, Unfit> {
    let held = Replay {
        snapshot: None,
        entries: &log.0,
        crashes: &[],
        watch: &|_| {},
    };
    Member::replay(ME, program, held)
}

/// Each tells what it runs before anything else, and again where the log does not know it any more:
/// another program may have come back than went.
#[test]
fn a_member_tells_first_what_it_runs() {
    let own = program(OLD, NEW);
    let mut member = Member::new(ME, own.clone());
    let mut log = Log::new();
    let begun = vec![Event::Entry(log.0[0].clone()), primary(1)];
    let todo = told(&mut member, begun);
    assert_eq!(todo[0], Do::Submit(told_by(&own)), "{todo:?}");
    assert_eq!(member.software(), told_by(&own));
    let entry = log.add(Content::Command {
        from: ME,
        number: 1,
        command: told_by(&own).encode(),
    });
    let next = log.add(view(2, &[ME, OTHER]));
    let todo = told(
        &mut member,
        vec![Event::Entry(entry), Event::Entry(next), primary(2)],
    );
    assert!(
        !todo.iter().any(|it| matches!(it, Do::Submit(_))),
        "{todo:?}"
    );
    let without = log.add(view(3, &[OTHER]));
    let with = log.add(view(4, &[ME, OTHER]));
    let todo = told(
        &mut member,
        vec![Event::Entry(without), Event::Entry(with), primary(4)],
    );
    assert!(todo.contains(&Do::Submit(told_by(&own))), "{todo:?}");
}

/// The entry that raises the version is the last one that an old program applies; it tells once
/// that it ends, and has nothing to say or to do any more.
#[test]
fn who_cannot_run_the_rules_stops_for_good() {
    let log = raised();
    let mut member = Member::new(ME, program(OLD, OLD));
    let entry = |index: usize| Event::Entry(log.0[index].clone());
    assert_eq!(told(&mut member, vec![entry(0)]), []);
    let unfit = Unfit::Version(NEW);
    assert_eq!(told(&mut member, vec![entry(1)]), [Do::Unfit(unfit)]);
    let later = vec![
        entry(2),
        primary(1),
        Event::Stable(3),
        Event::Durable(3),
        Event::Supply { epoch: 1 },
    ];
    assert_eq!(member.would_apply(&later[0]), None);
    assert_eq!(told(&mut member, later), []);
    assert_eq!(member.appliance().at().index, 2);
    assert_eq!(member.unfit(), Some(unfit));
    assert_eq!((member.snapshot(), member.deadline()), (None, None));
    assert_eq!((member.turn(), member.health()), (None, None));
}

/// One that starts finds out from its journal, before it joins anything; a newer one goes on.
#[test]
fn a_journal_tells_who_can_go_on_with_it() {
    let log = raised();
    let refused = replay(program(OLD, OLD), &log).map(|_| ());
    assert_eq!(refused, Err(Unfit::Version(NEW)));
    let newer = replay(program(NEW, NEW + 1), &log).unwrap();
    assert_eq!(newer.appliance().redundancy.version(), Some(NEW));
    let older = replay(program(OLD - 1, OLD), &Log::new());
    assert_eq!(older.unwrap().unfit(), None);
}

/// Where the version was raised, the disk shall begin with a state of the new one: the next program
/// may know nothing of the one before.
#[test]
fn a_journal_begins_anew_where_the_version_is_raised() {
    let mut log = Log(Vec::new());
    log.add(view(1, &[OTHER]));
    log.command(&told_by(&program(OLD, OLD)));
    let outdated = |member: &Member| member.is_outdated();
    assert!(!outdated(&replay(program(OLD, NEW), &log).unwrap()));
    log.command(&told_by(&program(OLD, NEW)));
    let mut member = replay(program(OLD, NEW), &log).unwrap();
    assert!(outdated(&member));
    member.renewed();
    assert!(!outdated(&member));
    let state = member.snapshot().unwrap();
    let held = Replay {
        snapshot: Some(&state),
        entries: &[],
        crashes: &[],
        watch: &|_| {},
    };
    let mut later = Member::replay(ME, program(NEW, NEW + 1), held).unwrap();
    assert!(!outdated(&later));
    // So does one that is given a state.
    let given = Event::Install(member.appliance().at(), state);
    told(&mut later, vec![given]);
    assert!(!outdated(&later));
}

/// A state says by which version it is encoded: whoever cannot read that is told so, instead of
/// that it is damaged.
#[test]
fn a_state_tells_who_can_read_it() {
    let member = replay(program(OLD, NEW), &raised()).unwrap();
    let state = member.snapshot().unwrap();
    assert_eq!(Appliance::version_of(&state), Some(NEW));
    let read = |state: &[u8], by: Program| Appliance::restore(state, &by);
    assert!(read(&state, program(NEW, NEW)).as_ref() == Ok(member.appliance()));
    let refused = read(&state, program(OLD, OLD)).map(|_| ());
    assert_eq!(refused, Err(Unfit::Version(NEW)));
    for end in 0..state.len() {
        let cut = read(&state[..end], program(OLD, NEW)).map(|_| ());
        assert_eq!(cut, Err(Unfit::Damaged), "{end} bytes");
    }
    // Before anybody has told what it runs, nothing is there that an old program cannot read.
    let empty = Appliance::new().snapshot();
    assert_eq!(Appliance::version_of(&empty), Some(OLDEST));
}

/// A member that is given a state that it cannot read keeps the one that it has, and ends.
#[test]
fn a_state_that_cannot_be_read_is_not_gone_on_from() {
    let newer = replay(program(OLD, NEW), &raised()).unwrap();
    let pos = newer.appliance().at();
    let given = |state: &[u8], by: Program| {
        let mut member = Member::new(ME, by);
        let before = member.appliance().clone();
        let events = vec![
            Event::Install(pos, state.to_vec()),
            primary(1),
            Event::Stable(9),
        ];
        let todo = told(&mut member, events);
        assert!(*member.appliance() == before);
        todo
    };
    let state = newer.snapshot().unwrap();
    let unfit = Do::Unfit(Unfit::Version(NEW));
    assert_eq!(given(&state, program(OLD, OLD)), [unfit]);
    let damaged = Do::Unfit(Unfit::Damaged);
    assert_eq!(given(&state[..9], program(OLD, NEW)), [damaged]);
}

/// Who owns the hardware lets it go first, and neither carries out nor answers what was on its way.
#[test]
fn an_owner_lets_the_hardware_go() {
    let mut member = Member::new(ME, program(OLD, OLD));
    let mut log = Log::new();
    let from_me = |log: &mut Log, command: &Command| {
        let number = log.0.len() as u64;
        let (from, command) = (ME, command.encode());
        Event::Entry(log.add(Content::Command {
            from,
            number,
            command,
        }))
    };
    let begun = vec![
        Event::Entry(log.0[0].clone()),
        primary(1),
        // Of the process before it, which ran more.
        from_me(&mut log, &told_by(&program(OLD, NEW))),
        Event::Stable(2),
    ];
    told(&mut member, begun);
    assert!(member.owns());
    let asked = Command::Load {
        tag: crate::tag(ME, 1),
        batch: imm::Batch::default(),
    };
    let asked = from_me(&mut log, &asked);
    let mut answered = member.clone();
    let todo = told(
        &mut answered,
        vec![asked.clone(), Event::Stable(3), Event::Durable(3)],
    );
    assert!(
        todo.iter().any(|it| matches!(it, Do::Answer(_))),
        "{todo:?}"
    );
    assert_eq!(told(&mut member, vec![asked]), []);
    let last = log.command(&told_by(&program(OLD, NEW)));
    let todo = told(&mut member, vec![Event::Entry(last)]);
    let unfit = Do::Unfit(Unfit::Version(NEW));
    assert_eq!(todo, [Do::Own(Ownership::Lost), unfit]);
    let later = vec![Event::Stable(4), Event::Durable(4)];
    assert_eq!(told(&mut member, later), []);
    assert!(!member.owns());
}

/// What comes before anybody has told what it runs counts for nothing: members that can run other
/// versions would make different things of it.
#[test]
fn nothing_counts_before_the_version_is_known() {
    let mut log = Log::new();
    let hosts = Command::Hosts {
        nodes: vec![ais::Dn::parse("safAmfNode=a").unwrap()],
    };
    let hosted = |log: &Log| {
        let member = replay(program(OLD, NEW), log).unwrap();
        member.appliance().redundancy.hosted_by(OTHER).count()
    };
    log.command(&hosts);
    assert_eq!(hosted(&log), 0);
    log.command(&told_by(&program(OLD, OLD)));
    log.command(&hosts);
    assert_eq!(hosted(&log), 1);
}

/// What waits behind a quarantined entry may be more than this program can run.
#[test]
fn a_stopped_member_goes_on_as_far_as_it_can() {
    let mut log = Log(Vec::new());
    log.add(view(1, &[OTHER]));
    log.command(&Command::Hosts { nodes: vec![] });
    let held = Replay {
        snapshot: None,
        entries: &log.0,
        crashes: &[(2, CRASHES_MAX)],
        watch: &|_| {},
    };
    let mut member = Member::replay(ME, program(OLD, OLD), held).unwrap();
    assert_eq!(member.stuck(), Some(2));
    let skips = Command::Quarantine { index: 2, since: 1 };
    let commands = [told_by(&program(OLD, NEW)), Command::Tick, skips];
    let mut events = vec![Event::Supply { epoch: 1 }, Event::Stable(2)];
    events.extend(commands.map(|command| Event::Entry(log.command(&command))));
    let unfit = Do::Unfit(Unfit::Version(NEW));
    assert_eq!(told(&mut member, events), [unfit]);
    assert_eq!(member.appliance().at().index, 3);
}

//! A damaged journal is set aside, and the group asks for what was in it before it goes on.

use super::*;
use group::{Decision, Member, Role, State, decide};
use std::collections::{BTreeMap, BTreeSet};

const CMMS: [NodeId; 2] = [NodeId(1), NodeId(2)];

/// What a CMM comes with.
struct Comes {
    node: NodeId,
    recovered: Recovered,
    direct: bool,
    forced: bool,
}

impl Comes {
    fn new(node: u32, recovered: Recovered) -> Self {
        Self {
            node: NodeId(node),
            recovered,
            direct: false,
            forced: false,
        }
    }

    /// It never stopped being primary.
    fn direct(mut self) -> Self {
        self.direct = true;
        self
    }

    fn forced(mut self) -> Self {
        self.forced = true;
        self
    }
}

/// Where the log goes on when these come together; `Err` with who is missing.
fn together(those: &[Comes]) -> Result<Position, BTreeSet<NodeId>> {
    let states = those.iter().map(|comes| {
        let member = Member {
            node: comes.node,
            incarnation: 1,
        };
        let recovered = &comes.recovered;
        let state = State {
            view: Hash::default(),
            round: 0,
            quorate: true,
            role: Role::Holder,
            position: recovered.ledger.position(),
            required: State::required(&recovered.ledger, &recovered.required(CMMS.into())),
            promised: recovered.promise.clone(),
            known: recovered.promise.epoch,
            direct: comes.direct,
            forced: comes.forced,
            renounces: false,
            held: 0,
            time: Time(0),
            since: Some(Time(0)),
        };
        (member, state)
    });
    let states: BTreeMap<_, _> = states.collect();
    match decide(&states) {
        Decision::Primary(agreed) => Ok(agreed.from),
        Decision::Awaits(missing) => Err(missing),
        Decision::NotQuorate => panic!("all are quorate"),
    }
}

/// A log in which views began, each with these holders, and one command after each.
fn views(views: &[&[u32]]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut ledger = Ledger::default();
    for (epoch, holders) in (1..).zip(views) {
        let holders: BTreeSet<_> = holders.iter().copied().map(NodeId).collect();
        let primary = Content::Primary {
            epoch,
            holders,
            others: [].into(),
            nodes: CMMS.into(),
        };
        let command = Content::Command {
            from: NodeId(1),
            number: epoch,
            command: vec![7],
        };
        for content in [primary, command] {
            let entry = ledger.entry(&content, Time(epoch));
            ledger.follow(&entry);
            entries.push(entry);
        }
    }
    entries
}

/// A journal with such a log on disk, in which the last view was promised.
fn journal_with(log: &[&[u32]]) -> Folder {
    let folder = Folder::new();
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    let holders = log.last().unwrap().iter().copied().map(NodeId).collect();
    let epoch = u64::try_from(log.len()).unwrap();
    waited.journal.promise(&Promise { epoch, holders }).unwrap();
    Disk::append(&mut waited.journal, &views(log)).unwrap();
    waited.sync().unwrap();
    drop(waited);
    folder
}

fn recovered(folder: &Folder) -> Recovered {
    folder.open().1
}

/// Damages the journal of a node and sets it aside; what the node comes with after that.
fn set_aside(folder: &Folder, node: u32) -> Recovered {
    folder.sql("UPDATE entry SET hash = x'00' WHERE idx = 1");
    assert!(refused(folder).is_damage());
    let aside = Journal::set_aside(&folder.file(), NodeId(node)).unwrap();
    assert!(aside.exists());
    recovered(folder)
}

const BOTH: &[u32] = &[1, 2];
const FIRST: &[u32] = &[1];
const SECOND: &[u32] = &[2];

/// The other CMM has all that this one said was on its disk: nobody has to be asked.
#[test]
fn the_others_log_takes_its_place() {
    let lost = set_aside(&journal_with(&[BOTH, BOTH]), 1);
    let other = recovered(&journal_with(&[BOTH, BOTH]));
    let last = other.ledger.position();
    assert_eq!(
        together(&[Comes::new(1, lost), Comes::new(2, other)]),
        Ok(last)
    );
}

/// The same when it went on alone meanwhile.
#[test]
fn a_later_log_takes_its_place() {
    let lost = set_aside(&journal_with(&[BOTH, BOTH]), 1);
    let other = recovered(&journal_with(&[BOTH, BOTH, SECOND]));
    let last = other.ledger.position();
    assert_eq!(
        together(&[Comes::new(1, lost), Comes::new(2, other)]),
        Ok(last)
    );
}

/// This CMM went on alone, and then lost its journal: the other one's is older than what was
/// acknowledged, so only an operator may let it go on.
#[test]
fn an_older_log_does_not_take_its_place() {
    let lost = set_aside(&journal_with(&[BOTH, FIRST]), 1);
    let other = recovered(&journal_with(&[BOTH]));
    let last = other.ledger.position();
    let both = [Comes::new(1, lost.clone()), Comes::new(2, other.clone())];
    assert_eq!(together(&both), Err([NOBODY].into()));
    let forced = [Comes::new(1, lost), Comes::new(2, other).forced()];
    assert_eq!(together(&forced), Ok(last));
}

/// So it is with one that caught up in the view of which this CMM was the only holder: entries may
/// have come after that.
#[test]
fn a_log_of_the_same_epoch_may_be_older() {
    let log: &[&[u32]] = &[BOTH, FIRST];
    let lost = set_aside(&journal_with(log), 1);
    let other = recovered(&journal_with(log));
    let both = [Comes::new(1, lost), Comes::new(2, other)];
    assert_eq!(together(&both), Err([NOBODY].into()));
}

/// A view was promised, but it is not known whether it began, and with whom.
#[test]
fn a_promise_without_its_view_waits_for_an_operator() {
    let folder = journal_with(&[BOTH]);
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    waited.journal.promise(&promise(2)).unwrap();
    waited.sync().unwrap();
    drop(waited);
    let lost = set_aside(&folder, 1);
    let other = recovered(&journal_with(&[BOTH]));
    let both = [Comes::new(1, lost.clone()), Comes::new(2, other.clone())];
    assert_eq!(together(&both), Err([NOBODY].into()));
    // Whoever was primary all the time knows that there is nothing else.
    let last = other.ledger.position();
    let both = [Comes::new(1, lost), Comes::new(2, other).direct()];
    assert_eq!(together(&both), Ok(last));
}

/// A CMM alone begins nothing, nor do two of which one has lost its log: not with another that lost
/// its own, and not with one that was never used.
#[test]
fn an_empty_log_is_not_begun_in_place_of_a_lost_one() {
    let log: &[&[u32]] = &[BOTH, BOTH];
    let lost = |node| Comes::new(node, set_aside(&journal_with(log), node));
    let fresh = || Recovered::default();
    assert_eq!(together(&[lost(1)]), Err([NOBODY, NodeId(2)].into()));
    assert_eq!(together(&[lost(1), lost(2)]), Err([NOBODY].into()));
    assert_eq!(
        together(&[lost(1), Comes::new(2, fresh())]),
        Err([NOBODY].into())
    );
    assert_eq!(
        together(&[Comes::new(1, fresh()), lost(2)]),
        Err([NOBODY].into())
    );
    let both = [Comes::new(1, fresh()), Comes::new(2, fresh())];
    assert_eq!(together(&both), Ok(Position::default()));
    assert!(together(&[lost(1).forced(), lost(2)]).is_ok());
}

/// A single CMM that lost its journal begins anew only on an operator's word.
#[test]
fn a_single_cmm_waits_for_an_operator() {
    let log: &[&[u32]] = &[FIRST];
    let lost = || Comes::new(1, set_aside(&journal_with(log), 1));
    let missing = together(&[lost()]).unwrap_err();
    assert!(missing.contains(&NOBODY));
    assert!(together(&[lost().forced()]).is_ok());
}

/// Without its mark nothing is known of what was promised: no log of the past will do.
#[test]
fn without_a_mark_only_who_never_stopped_goes_on() {
    let folder = journal_with(&[BOTH, BOTH]);
    std::fs::remove_file(crate::mark::path_of(&folder.file())).unwrap();
    let lost = || Comes::new(1, set_aside(&folder, 1));
    let other = recovered(&journal_with(&[BOTH, BOTH]));
    let both = [lost(), Comes::new(2, other.clone())];
    assert_eq!(together(&both), Err([NOBODY].into()));
    let last = other.ledger.position();
    let both = [
        both.into_iter().next().unwrap(),
        Comes::new(2, other).direct(),
    ];
    assert_eq!(together(&both), Ok(last));
}

/// What takes the place of a damaged journal is a journal as any: it takes the other CMM's state,
/// and goes on from there; and what was set aside is there to be looked at.
#[test]
fn it_goes_on_with_what_the_other_gives() {
    let folder = journal_with(&[BOTH, BOTH]);
    let lost = set_aside(&folder, 1);
    assert_eq!(
        (lost.generation, lost.snapshot, lost.entries),
        (1, None, vec![])
    );
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    let log: Vec<_> = views(&[BOTH, BOTH, SECOND, BOTH]);
    let mut given = Ledger::default();
    log[..6].iter().for_each(|entry| given.follow(entry));
    waited.journal.install(&given, b"state").unwrap();
    Disk::append(&mut waited.journal, &log[6..]).unwrap();
    waited.sync().unwrap();
    drop(waited);
    let again = recovered(&folder);
    assert_eq!(again.entries, log[6..]);
    assert_eq!(again.ledger.position().epoch, 4);
    let aside = schema::beside(&folder.file(), ".damaged-1");
    let damaged = inspect(&aside).unwrap();
    assert_eq!(
        damaged.recovered().unwrap_err(),
        JournalError::Corrupt { index: 1 }
    );
}

/// An operator's word begins a new log in it.
#[test]
fn a_log_can_begin_in_it() {
    let folder = journal_with(&[FIRST]);
    let lost = set_aside(&folder, 1);
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    let content = Content::of(&views(&[FIRST])[0]).unwrap();
    let first = lost.ledger.entry(&content, Time(5));
    assert_eq!(first.pos.index, 1);
    Disk::append(&mut waited.journal, std::slice::from_ref(&first)).unwrap();
    waited.sync().unwrap();
    drop(waited);
    let begun = recovered(&folder);
    assert_eq!(begun.entries, [first]);
    assert_eq!(begun.ledger.position().epoch, 1);
}

/// Wherever the power goes while a journal is set aside, what comes next is a refusal or the
/// journal that takes its place, never a new one that knows nothing.
#[test]
fn power_may_go_while_it_is_set_aside() {
    let folder = journal_with(&[BOTH, FIRST]);
    let before = Folder::new();
    before.copy(&folder);
    set_aside(&folder, 1);
    let expected = recovered(&folder);
    // The main file has been moved, and nothing else has come.
    std::fs::remove_file(before.file()).unwrap();
    assert!(matches!(refused(&before), JournalError::Shortened { .. }));
    // Half of the new one has come; it is begun again.
    std::fs::write(schema::beside(&before.file(), "-new"), "half").unwrap();
    Journal::set_aside(&before.file(), NodeId(1)).unwrap();
    assert_eq!(recovered(&before), expected);
}

/// None of those that lie aside is written over, and there is an end to it.
#[test]
fn only_so_many_lie_aside() {
    let folder = Folder::new();
    for number in 1..=ASIDE_MAX {
        let aside = schema::beside(&folder.file(), &format!(".damaged-{number}"));
        std::fs::write(aside, "an old one").unwrap();
    }
    let full = Journal::set_aside(&folder.file(), NodeId(1));
    assert!(matches!(full, Err(JournalError::Unreadable { .. })));
}

//! What operators see of a journal.

use super::*;
use crate::folder::Folder;
use group::{Disk, Promise};
use machine::Time;
use std::sync::Arc;

/// A journal in a folder of its own.
struct Place(Folder);

impl Place {
    fn new() -> Self {
        Self(Folder::new())
    }

    fn file(&self) -> PathBuf {
        self.0.file("journal.db")
    }

    fn open(&self) -> Journal {
        let opened = Journal::open(&self.file(), Arc::new(|| {}));
        opened.unwrap().0
    }

    fn shown(&self) -> String {
        show(&journal::inspect(&self.file()).unwrap(), None, 2).unwrap()
    }
}

fn entries() -> Vec<Entry> {
    let mut ledger = Ledger::default();
    let primary = Content::Primary {
        epoch: 1,
        holders: [NodeId(1), NodeId(2)].into(),
        others: [].into(),
        nodes: [NodeId(1), NodeId(2)].into(),
    };
    let command = |number, command| Content::Command {
        from: NodeId(1),
        number,
        command,
    };
    let contents = [
        primary,
        command(1, Command::Tick.encode()),
        command(2, vec![0xff; 9]),
    ];
    let entries = contents.iter().map(|content| {
        let entry = ledger.entry(content, Time(7_000_000_000));
        ledger.follow(&entry);
        entry
    });
    entries.collect()
}

/// All that tells two journals apart is there, and the last entries by name.
#[test]
fn a_journal_is_shown() {
    let place = Place::new();
    let mut journal = place.open();
    journal.append(&entries()).unwrap();
    let holders = [NodeId(1)].into();
    journal.promise(&Promise { epoch: 2, holders }).unwrap();
    journal.note_crash(3).unwrap();
    let shown = place.shown();
    let version = format!("layout version {}, 0 damaged before it", journal::FORMAT);
    let hash = start_of(&journal.ledger().position().hash);
    for part in [
        version,
        format!("log       entry 3 of epoch 1, hash {hash}, holders 1 2\n"),
        "promised  epoch 2, holders 1\n".into(),
        "snapshot  none\n".into(),
        "crash     of entry 3, 1 times\n".into(),
        format!("at 7 s  {hash}"),
        "bytes  Tick\n".into(),
        "bytes  a command of another version\n".into(),
    ] {
        assert!(shown.contains(&part), "{part:?} in {shown}");
    }
    assert!(!shown.contains("Primary"), "only the last two of {shown}");
}

/// Only a damaged journal is set aside; of it, what can be read is shown.
#[test]
fn only_a_damaged_journal_is_set_aside() {
    let place = Place::new();
    let mut journal = place.open();
    journal.append(&entries()).unwrap();
    let in_use = set_aside(&place.file(), NodeId(1)).unwrap_err();
    assert!(in_use.contains("another process"), "{in_use}");
    drop(journal);
    let sound = set_aside(&place.file(), NodeId(1)).unwrap_err();
    assert!(sound.contains("not damaged"), "{sound}");
    let mut bytes = std::fs::read(place.file()).unwrap();
    let at = bytes.windows(9).position(|it| it == [0xff; 9]).unwrap();
    bytes[at] = 0;
    std::fs::write(place.file(), bytes).unwrap();
    assert!(place.shown().contains("log       damaged: journal entry 3"));
    let task = Task::Show {
        file: place.file(),
        from: None,
        count: 1,
    };
    assert!(run(&task).unwrap_err().contains("journal entry 3"));
    let aside = set_aside(&place.file(), NodeId(1)).unwrap();
    assert!(aside.exists());
    assert!(place.shown().contains("1 damaged before it"));
    assert_eq!(place.open().ledger().position().epoch, 0);
}

//! What a disk that loses its power still has.

use super::super::{SimDisk, Trouble};
use group::{Content, Disk, Ledger, NodeId, Promise};
use machine::Time;
use machine::log::{Entry, StorageError};

/// Appends `count` entries to what is there.
fn fill(disk: &mut SimDisk, count: usize) {
    for _ in 0..count {
        let ledger = disk.ledger();
        let content = Content::Command {
            from: NodeId(1),
            number: ledger.position().index + 1,
            command: vec![7],
        };
        let entry: Entry = ledger.entry(&content, Time(1));
        disk.append(&[entry]).unwrap();
    }
}

fn index(disk: &SimDisk) -> u64 {
    disk.recover().ledger.position().index
}

/// Only what a sync speaks for survives, and what is lost is lost from the end on.
#[test]
fn power_takes_what_is_not_synced() {
    let mut disk = SimDisk::default();
    fill(&mut disk, 3);
    disk.start_sync();
    fill(&mut disk, 2);
    assert!(disk.finish_sync());
    assert_eq!(disk.sync_done(), Some(Ok(())));
    fill(&mut disk, 2);
    disk.lose_power(&mut |_| 1);
    assert_eq!(index(&disk), 6);
    fill(&mut disk, 2);
    disk.lose_power(&mut |n| n - 1);
    assert_eq!(index(&disk), 6);
}

/// A log that was replaced, a snapshot and a promise come back as they were.
#[test]
fn power_undoes_replacements_in_their_order() {
    let promise = Promise {
        epoch: 4,
        holders: [NodeId(1)].into(),
    };
    let mut disk = SimDisk::default();
    fill(&mut disk, 100);
    // Starting has synced what was found.
    let (before, ledger) = (disk.recover(), disk.ledger());
    fill(&mut disk, 2);
    let later = disk.ledger();
    disk.snapshot(&later, b"later").unwrap();
    assert!(disk.first().unwrap() > Some(1));
    disk.promise(&promise).unwrap();
    disk.install(&Ledger::default(), b"anew").unwrap();
    disk.lose_power(&mut |n| n - 1);
    assert_eq!(disk.recover(), before);
    assert_eq!(disk.ledger(), ledger);
}

/// A full disk changes nothing, and one that does not sync says so and keeps its doubts.
#[test]
fn trouble_is_told() {
    let mut disk = SimDisk::default();
    fill(&mut disk, 1);
    disk.suffer(Trouble::Full);
    let entry = disk.ledger().entry(
        &Content::Command {
            from: NodeId(1),
            number: 2,
            command: Vec::new(),
        },
        Time(2),
    );
    assert_eq!(disk.append(&[entry]), Err(StorageError::Full));
    disk.suffer(Trouble::NoSync);
    disk.start_sync();
    assert!(disk.finish_sync());
    assert!(disk.sync_done().unwrap().is_err());
    disk.lose_power(&mut |n| n - 1);
    assert_eq!(index(&disk), 0);
}

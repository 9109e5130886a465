//! A journal gives back what it was given, or says what is wrong with it.

use super::*;
use std::sync::atomic::{AtomicU32, Ordering};

const MACHINE_VERSION: u32 = 3;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let serial = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("openshelf-journal-{}-{serial}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("journal.db")
    }

    fn open(&self) -> (Journal, Recovered) {
        Journal::open(&self.file(), MACHINE_VERSION).unwrap()
    }

    fn sql(&self, text: &str) {
        let connection = Connection::open(self.file()).unwrap();
        connection.execute_batch(text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn entry(index: u64) -> Entry {
    Entry {
        pos: position(number(index), number(1_000 * index)),
        command: format!("command {index}").into_bytes(),
    }
}

fn refused(folder: &Folder) -> JournalError {
    Journal::open(&folder.file(), MACHINE_VERSION).expect_err("must be refused")
}

#[test]
fn entries_come_back_after_a_restart() {
    let folder = Folder::new();
    let (mut journal, recovered) = folder.open();
    assert_eq!(recovered, Recovered::default());
    journal.append(&[entry(1), entry(2)]).unwrap();
    journal.append(&[entry(3)]).unwrap();
    journal.syncer().unwrap().sync().unwrap();
    drop(journal);
    let (_, recovered) = folder.open();
    assert_eq!(recovered.entries, [entry(1), entry(2), entry(3)]);
    assert_eq!(recovered.last(), entry(3).pos);
}

#[test]
fn a_snapshot_replaces_the_entries_before_it() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    journal.append(&[entry(1), entry(2)]).unwrap();
    journal.snapshot(b"state at 2").unwrap();
    journal.append(&[entry(3)]).unwrap();
    drop(journal);
    let (mut journal, recovered) = folder.open();
    let snapshot = recovered.snapshot.as_ref().unwrap();
    assert_eq!(snapshot.state, b"state at 2");
    assert_eq!(snapshot.pos, entry(2).pos);
    assert_eq!(recovered.entries, [entry(3)]);
    journal.append(&[entry(4)]).unwrap();
    drop(journal);
    assert_eq!(folder.open().1.entries, [entry(3), entry(4)]);
}

#[test]
fn old_entries_do_not_pile_up() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    let batch: Vec<_> = (1..=3 * ENTRIES_KEPT_MIN).map(entry).collect();
    journal.append(&batch).unwrap();
    journal.snapshot(b"state").unwrap();
    let kept: i64 = journal
        .connection
        .query_row("SELECT count(*) FROM entry", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, number(ENTRIES_KEPT_MIN + 1));
}

#[test]
fn a_changed_entry_is_named() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    journal.append(&[entry(1), entry(2), entry(3)]).unwrap();
    drop(journal);
    folder.sql("UPDATE entry SET command = x'00' WHERE idx = 2");
    assert_eq!(refused(&folder), JournalError::Corrupt { index: 2 });
}

#[test]
fn a_changed_snapshot_is_named() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    journal.append(&[entry(1), entry(2)]).unwrap();
    journal.snapshot(b"state at 2").unwrap();
    drop(journal);
    folder.sql("UPDATE snapshot SET state = x'00'");
    assert_eq!(refused(&folder), JournalError::CorruptSnapshot { index: 2 });
}

#[test]
fn a_missing_entry_is_named() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    journal.append(&[entry(1), entry(2), entry(3)]).unwrap();
    drop(journal);
    folder.sql("DELETE FROM entry WHERE idx = 2");
    assert_eq!(refused(&folder), JournalError::Corrupt { index: 3 });
}

#[test]
fn a_newer_journal_is_refused_and_left_alone() {
    let folder = Folder::new();
    drop(folder.open());
    folder.sql("UPDATE meta SET machine_version = 4");
    let before = std::fs::read(folder.file()).unwrap();
    let newer = |what, found, known| JournalError::Newer { what, found, known };
    assert_eq!(refused(&folder), newer("state", 4, MACHINE_VERSION));
    assert_eq!(std::fs::read(folder.file()).unwrap(), before);
    folder.sql("PRAGMA user_version = 2");
    assert_eq!(refused(&folder), newer("layout", 2, FORMAT));
}

#[test]
fn an_older_journal_is_refused_and_left_alone() {
    let folder = Folder::new();
    drop(folder.open());
    folder.sql("UPDATE meta SET machine_version = 2");
    let before = std::fs::read(folder.file()).unwrap();
    let (what, found, known) = ("state", 2, MACHINE_VERSION);
    assert_eq!(refused(&folder), JournalError::Older { what, found, known });
    assert_eq!(std::fs::read(folder.file()).unwrap(), before);
}

#[test]
fn only_one_process_may_write() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    journal.append(&[entry(1)]).unwrap();
    assert_eq!(refused(&folder), JournalError::InUse(folder.file()));
}

#[test]
fn another_programs_file_is_not_touched() {
    let folder = Folder::new();
    std::fs::write(folder.file(), "not a database, but some text of a person").unwrap();
    assert!(matches!(refused(&folder), JournalError::Unreadable { .. }));
    std::fs::remove_file(folder.file()).unwrap();
    folder.sql("CREATE TABLE mine (x)");
    assert!(matches!(refused(&folder), JournalError::Unreadable { .. }));
}

#[test]
fn a_batch_is_kept_whole_or_not_at_all() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    journal.append(&[entry(1)]).unwrap();
    journal.append(&[entry(2), entry(1)]).unwrap_err();
    journal.append(&[entry(2)]).unwrap();
    drop(journal);
    assert_eq!(folder.open().1.entries, [entry(1), entry(2)]);
}

/// For inspection: each entry comes with the hash that the next one is chained to.
#[test]
fn entries_are_read_with_their_hashes() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    assert_eq!(journal.first().unwrap(), None);
    journal.append(&[entry(1), entry(2), entry(3)]).unwrap();
    let first = chained(&[0; 32], &entry(1));
    let second = chained(&first, &entry(2));
    assert_eq!(journal.first().unwrap(), Some(1));
    assert_eq!(
        journal.read(1, 2).unwrap(),
        [(entry(1), first), (entry(2), second)]
    );
    assert_eq!(journal.read(4, 2).unwrap(), []);
}

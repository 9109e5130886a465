//! A journal gives back what it was given, or says what is wrong with it.

mod aside;
mod damage;
mod full;
mod members;
mod power;

use super::*;
use group::{Content, Position};
use machine::{Pos, Time};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

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

    fn log(&self) -> PathBuf {
        schema::wal_of(&self.file())
    }

    /// Takes over what the disk of another one holds.
    fn copy(&self, other: &Self) {
        for file in std::fs::read_dir(&other.0).unwrap() {
            let file = file.unwrap().path();
            std::fs::copy(&file, self.0.join(file.file_name().unwrap())).unwrap();
        }
        // That is not on disk.
        let _ = std::fs::remove_file(schema::beside(&self.file(), "-shm"));
    }

    fn open(&self) -> (Journal, Recovered) {
        self.try_open().unwrap()
    }

    fn try_open(&self) -> Result<(Journal, Recovered), JournalError> {
        Journal::open(&self.file(), Arc::new(|| {}))
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

/// Entries of a log as a group writes it: a view begins, then commands of one node.
fn entry(index: u64) -> Entry {
    let content = match index {
        1 => Content::Primary {
            epoch: 1,
            holders: [NodeId(1), NodeId(2)].into(),
            others: [].into(),
            nodes: [NodeId(1), NodeId(2)].into(),
        },
        _ => Content::Command {
            from: NodeId(1),
            number: index - 1,
            command: format!("command {index}").into_bytes(),
        },
    };
    Entry {
        pos: Pos {
            index,
            time: Time(1_000 * index),
        },
        command: content.encode(),
    }
}

/// Where a log of so many entries stands.
fn ledger(entries: u64) -> Ledger {
    let mut ledger = Ledger::default();
    (1..=entries).for_each(|index| ledger.follow(&entry(index)));
    ledger
}

fn promise(epoch: u64) -> Promise {
    let holders = [NodeId(1)].into();
    Promise { epoch, holders }
}

/// A journal whose syncs are waited for.
#[derive(Debug)]
struct Waited {
    journal: Journal,
    told: mpsc::Receiver<()>,
}

impl Waited {
    fn open(folder: &Folder, tuning: Tuning) -> (Self, Recovered) {
        Self::try_open(folder, tuning).unwrap()
    }

    fn try_open(folder: &Folder, tuning: Tuning) -> Result<(Self, Recovered), JournalError> {
        let (over, told) = mpsc::channel();
        // Whoever does not wait any more has gone.
        let wake: Wake = Arc::new(move || over.send(()).unwrap_or(()));
        let opened = Journal::open_with(&folder.file(), wake, tuning);
        opened.map(|(journal, recovered)| (Self { journal, told }, recovered))
    }

    fn sync(&mut self) -> Result<(), StorageError> {
        self.journal.start_sync();
        self.wait()
    }

    fn wait(&mut self) -> Result<(), StorageError> {
        self.told.recv().unwrap();
        self.journal.sync_done().unwrap()
    }
}

fn append(journal: &mut Journal, entries: impl IntoIterator<Item = u64>) {
    let batch: Vec<_> = entries.into_iter().map(entry).collect();
    Disk::append(journal, &batch).unwrap();
}

fn refused(folder: &Folder) -> JournalError {
    folder.try_open().expect_err("must be refused")
}

#[test]
fn entries_come_back_after_a_restart() {
    let folder = Folder::new();
    let (mut journal, recovered) = folder.open();
    assert_eq!(recovered, Recovered::default());
    append(&mut journal, 1..=2);
    append(&mut journal, [3]);
    assert_eq!(*journal.ledger(), ledger(3));
    drop(journal);
    let (journal, recovered) = folder.open();
    assert_eq!(recovered.entries, [entry(1), entry(2), entry(3)]);
    assert_eq!(recovered.last(), entry(3).pos);
    assert_eq!(recovered.ledger, ledger(3));
    assert_eq!(*journal.ledger(), ledger(3));
}

#[test]
fn a_snapshot_replaces_the_entries_before_it() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    append(&mut journal, 1..=2);
    journal.snapshot(&ledger(2), b"state at 2").unwrap();
    append(&mut journal, [3]);
    drop(journal);
    let (mut journal, recovered) = folder.open();
    let snapshot = recovered.snapshot.as_ref().unwrap();
    assert_eq!(snapshot.state, b"state at 2");
    assert_eq!(snapshot.ledger, ledger(2));
    assert_eq!(recovered.entries, [entry(3)]);
    append(&mut journal, [4]);
    drop(journal);
    let (_, recovered) = folder.open();
    assert_eq!(recovered.entries, [entry(3), entry(4)]);
    assert_eq!(recovered.ledger, ledger(4));
}

#[test]
fn old_entries_do_not_pile_up() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    let last = 3 * ENTRIES_KEPT_MIN;
    append(&mut journal, 1..=last);
    journal.snapshot(&ledger(last), b"state").unwrap();
    let kept: i64 = journal
        .connection
        .query_row("SELECT count(*) FROM entry", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, number(ENTRIES_KEPT_MIN + 1));
}

/// A state of another position would be replayed with entries missing, or twice.
#[test]
fn a_snapshot_of_another_position_is_refused() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    append(&mut journal, 1..=3);
    journal.snapshot(&ledger(2), b"state at 2").unwrap_err();
    drop(journal);
    assert_eq!(folder.open().1.snapshot, None);
}

/// What the partner gives takes the place of everything, but not of what was promised.
#[test]
fn an_installed_state_replaces_the_log() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    append(&mut journal, 1..=3);
    journal.snapshot(&ledger(3), b"state at 3").unwrap();
    append(&mut journal, 4..=5);
    journal.promise(&promise(7)).unwrap();
    let mut other = ledger(1);
    other.follow(&entry(3));
    journal.install(&other, b"another state").unwrap();
    let behind = Entry {
        pos: Pos {
            index: 4,
            time: Time(9_000),
        },
        command: b"behind".to_vec(),
    };
    Disk::append(&mut journal, std::slice::from_ref(&behind)).unwrap();
    drop(journal);
    let (_, recovered) = folder.open();
    let snapshot = recovered.snapshot.unwrap();
    assert_eq!(
        (snapshot.ledger, &*snapshot.state),
        (other.clone(), &b"another state"[..])
    );
    other.follow(&behind);
    assert_eq!(recovered.ledger, other);
    assert_eq!(recovered.entries, [behind]);
    assert_eq!(recovered.promise, promise(7));
}

#[test]
fn the_last_promise_is_kept() {
    let folder = Folder::new();
    let (mut journal, recovered) = folder.open();
    assert_eq!(recovered.promise, Promise::default());
    journal.promise(&promise(1)).unwrap();
    journal.promise(&promise(2)).unwrap();
    drop(journal);
    assert_eq!(folder.open().1.promise, promise(2));
}

/// Whoever waits for a sync is told when it is over, and only then is there a result.
#[test]
fn a_sync_tells_when_it_is_over() {
    let folder = Folder::new();
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    assert_eq!(waited.journal.sync_done(), None);
    for index in 1..=3 {
        append(&mut waited.journal, [index]);
        assert_eq!(waited.sync(), Ok(()));
        assert_eq!(waited.journal.sync_done(), None);
    }
}

/// What is kept moves into the main file while the journal is written, and the write-ahead log
/// starts again at its beginning: it does not grow for ever.
#[test]
fn the_write_ahead_log_does_not_grow_for_ever() {
    let folder = Folder::new();
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    let state = vec![7; 1024 * 1024];
    for index in 1..=26 {
        append(&mut waited.journal, [index]);
        let ledger = waited.journal.ledger().clone();
        waited.journal.snapshot(&ledger, &state).unwrap();
        assert_eq!(waited.sync(), Ok(()));
    }
    let log = std::fs::metadata(schema::wal_of(&folder.file())).unwrap();
    assert!(log.len() < 16 * 1024 * 1024, "{} bytes", log.len());
    drop(waited);
    assert_eq!(folder.open().1.ledger, ledger(26));
}

/// What a large state took of the disk is given back.
#[test]
fn the_write_ahead_log_shrinks_again() {
    let folder = Folder::new();
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    let bytes = || std::fs::metadata(folder.log()).unwrap().len();
    waited
        .journal
        .install(&ledger(5), &vec![7; 16 << 20])
        .unwrap();
    assert!(bytes() > 16 << 20);
    waited.sync().unwrap();
    // The thread does one thing after the other: this one comes after the move.
    waited.sync().unwrap();
    append(&mut waited.journal, [6]);
    assert!(bytes() < 9 << 20, "{} bytes", bytes());
}

/// Which entries crash whoever applies them is known after the crash, of the last ones.
#[test]
fn crashes_are_counted() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    assert_eq!(journal.note_crash(7), Ok(1));
    drop(journal);
    let (mut journal, _) = folder.open();
    assert_eq!(journal.note_crash(7), Ok(2));
    assert_eq!(journal.note_crash(9), Ok(1));
    assert_eq!(journal.crashes().unwrap(), [(7, 2), (9, 1)]);
    for index in 10..10 + u64::from(CRASHES_MAX) {
        assert_eq!(journal.note_crash(index), Ok(1));
    }
    let crashes = journal.crashes().unwrap();
    assert_eq!(crashes.len(), usize::try_from(CRASHES_MAX).unwrap());
    assert_eq!(crashes[0], (10, 1));
    journal.forget_crashes().unwrap();
    assert_eq!(journal.crashes().unwrap(), []);
    journal.note_crash(80).unwrap();
    journal.install(&ledger(90), b"state").unwrap();
    assert_eq!(journal.crashes().unwrap(), []);
}

/// Somebody who looks on sees what is kept, as it is kept, and disturbs nobody.
#[test]
fn a_journal_is_inspected_while_it_is_written() {
    let folder = Folder::new();
    inspect(&folder.file()).expect_err("nothing is there");
    let (mut journal, _) = folder.open();
    let inspection = inspect(&folder.file()).unwrap();
    assert_eq!(inspection.generation, 0);
    assert_eq!(inspection.first().unwrap(), None);
    append(&mut journal, 1..=2);
    journal.snapshot(&ledger(2), b"state").unwrap();
    journal.promise(&promise(4)).unwrap();
    append(&mut journal, 3..=4);
    journal.note_crash(4).unwrap();
    let as_written = journal.read(1, 10).unwrap();
    assert_eq!(inspection.read(1, 10).unwrap(), as_written);
    assert_eq!(inspection.first().unwrap(), Some(1));
    let snapshot = inspection.snapshot().unwrap().map(|it| it.ledger);
    assert_eq!(snapshot, Some(ledger(2)));
    assert_eq!(inspection.promise().unwrap(), promise(4));
    assert_eq!(inspection.crashes().unwrap(), [(4, 1)]);
    assert_eq!(inspection.recovered().unwrap().ledger, ledger(4));
    drop(journal);
    // Whoever looks on last leaves the file as it is, for the next one.
    assert_eq!(inspection.read(1, 10).unwrap(), as_written);
    drop(inspection);
    assert_eq!(folder.open().1.ledger, ledger(4));
}

/// A state at the last entry can take the place of all that led to it; the log goes on behind it.
#[test]
fn a_log_begins_anew_from_a_state_of_its_own() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    append(&mut journal, 1..=4);
    journal.install(&ledger(4), b"state").unwrap();
    assert_eq!(journal.first(), Ok(None));
    append(&mut journal, 5..=5);
    drop(journal);
    let (journal, recovered) = folder.open();
    let snapshot = recovered.snapshot.unwrap();
    assert_eq!(
        (snapshot.ledger, snapshot.state),
        (ledger(4), b"state".to_vec())
    );
    assert_eq!(recovered.entries, [entry(5)]);
    assert_eq!(recovered.ledger, ledger(5));
    assert_eq!(journal.first(), Ok(Some(5)));
}

#[test]
fn a_newer_journal_is_refused_and_left_alone() {
    let folder = Folder::new();
    drop(folder.open());
    folder.sql("PRAGMA user_version = 4");
    let before = std::fs::read(folder.file()).unwrap();
    let refused = refused(&folder);
    assert_eq!(refused, JournalError::Newer { found: 4 });
    assert!(refused.is_foreign() && !refused.is_damage());
    assert_eq!(std::fs::read(folder.file()).unwrap(), before);
}

#[test]
fn an_older_journal_is_refused_and_left_alone() {
    let folder = Folder::new();
    drop(folder.open());
    folder.sql("PRAGMA user_version = 2");
    let before = std::fs::read(folder.file()).unwrap();
    let refused = refused(&folder);
    assert_eq!(refused, JournalError::Older { found: 2 });
    assert!(refused.is_foreign() && !refused.is_damage());
    assert_eq!(std::fs::read(folder.file()).unwrap(), before);
}

#[test]
fn only_one_process_may_write() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    append(&mut journal, [1]);
    assert_eq!(refused(&folder), JournalError::InUse(folder.file()));
    append(&mut journal, [2]);
    drop(journal);
    assert_eq!(folder.open().1.ledger, ledger(2));
}

#[test]
fn another_programs_file_is_not_touched() {
    let folder = Folder::new();
    let text = "not a database, but some text of a person";
    std::fs::write(folder.file(), text).unwrap();
    assert!(matches!(refused(&folder), JournalError::Malformed { .. }));
    assert_eq!(std::fs::read_to_string(folder.file()).unwrap(), text);
    std::fs::remove_file(folder.file()).unwrap();
    folder.sql("CREATE TABLE mine (x)");
    assert!(matches!(refused(&folder), JournalError::Unreadable { .. }));
}

#[test]
fn a_batch_is_kept_whole_or_not_at_all() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    append(&mut journal, [1]);
    Disk::append(&mut journal, &[entry(2), entry(1)]).unwrap_err();
    append(&mut journal, [2]);
    drop(journal);
    assert_eq!(folder.open().1.entries, [entry(1), entry(2)]);
}

/// For inspection: each entry comes with the hash that the next one is chained to.
#[test]
fn entries_are_read_with_their_hashes() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    assert_eq!(journal.first().unwrap(), None);
    append(&mut journal, 1..=3);
    let hash = |entries| -> Hash {
        let position: Position = ledger(entries).position();
        position.hash
    };
    assert_eq!(journal.first().unwrap(), Some(1));
    assert_eq!(
        journal.read(1, 2).unwrap(),
        [(entry(1), hash(1)), (entry(2), hash(2))]
    );
    assert_eq!(journal.read(4, 2).unwrap(), []);
}

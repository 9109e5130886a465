//! A full disk: nothing is kept by half, and once there is room again, all goes on.

use super::*;
use std::io::Write;
use std::process::Command;
/// Set where a test runs once more, as the only user of a small file system of its own.
const SMALL_DISK: &str = "OPENSHELF_JOURNAL_SMALL_DISK";

/// Leaves room for so many more pages.
fn leave(journal: &Journal, more: u32) {
    let database = &journal.connection;
    let pages = database.pragma_query_value(None, "page_count", |row| row.get(0));
    let most: u32 = pages.unwrap();
    let set =
        database.pragma_update_and_check(None, "max_page_count", most + more, |row| row.get(0));
    let allowed: u32 = set.unwrap();
    assert_eq!(allowed, most + more);
}

fn large_entry(ledger: &Ledger) -> Entry {
    let content = Content::Command {
        from: NodeId(1),
        number: ledger.seen(NodeId(1)) + 1,
        command: vec![3; 50_000],
    };
    ledger.entry(&content, Time(5))
}

/// More holders than fit into what is there.
fn large_promise() -> Promise {
    Promise {
        epoch: 8,
        holders: (1..5_000).map(NodeId).collect(),
    }
}

/// Nothing of it was kept, and it is all as before.
fn keeps_nothing_new(waited: &mut Waited, folder: &Folder) {
    let journal = &mut waited.journal;
    let before = inspect(&folder.file()).unwrap().recovered().unwrap();
    let entry = large_entry(journal.ledger());
    let full = Err(StorageError::Full);
    assert_eq!(Disk::append(journal, std::slice::from_ref(&entry)), full);
    assert_eq!(journal.install(&ledger(5), &[9; 300_000]), full);
    let now = journal.ledger().clone();
    assert_eq!(journal.snapshot(&now, &[9; 300_000]), full);
    assert_eq!(journal.promise(&large_promise()), full);
    assert_eq!(*journal.ledger(), before.ledger);
    let after = inspect(&folder.file()).unwrap().recovered().unwrap();
    assert_eq!(after, before);
}

/// With room again, everything is kept that was not.
fn goes_on(mut waited: Waited, folder: &Folder) {
    let entry = large_entry(waited.journal.ledger());
    Disk::append(&mut waited.journal, std::slice::from_ref(&entry)).unwrap();
    waited.journal.promise(&large_promise()).unwrap();
    let now = waited.journal.ledger().clone();
    waited.journal.snapshot(&now, &[9; 300_000]).unwrap();
    waited.sync().unwrap();
    drop(waited);
    let (_, recovered) = folder.open();
    assert_eq!(recovered.ledger, now);
    assert_eq!(recovered.promise, large_promise());
}

fn filled(folder: &Folder) -> Waited {
    let (mut waited, _) = Waited::open(folder, Tuning::default());
    append(&mut waited.journal, 1..=20);
    waited.journal.snapshot(&ledger(20), b"state").unwrap();
    waited.journal.promise(&promise(7)).unwrap();
    waited.sync().unwrap();
    waited
}

#[test]
fn a_full_database_keeps_nothing_by_half() {
    let folder = Folder::new();
    let mut waited = filled(&folder);
    leave(&waited.journal, 0);
    keeps_nothing_new(&mut waited, &folder);
    leave(&waited.journal, 1_000);
    goes_on(waited, &folder);
}

/// The same on a file system that is really full. It is mounted in a namespace of its own; where
/// that is not allowed, this says so.
#[test]
fn a_full_disk_keeps_nothing_by_half() {
    if let Some(folder) = std::env::var_os(SMALL_DISK) {
        return on_a_small_disk(Folder(folder.into()));
    }
    run_on_a_small_disk("tests::full::a_full_disk_keeps_nothing_by_half");
}

/// What is in the main file already needs no more room there: moved, it leaves room for more.
#[test]
fn a_full_disk_makes_room_where_it_can() {
    let Some(folder) = std::env::var_os(SMALL_DISK) else {
        return run_on_a_small_disk("tests::full::a_full_disk_makes_room_where_it_can");
    };
    let folder = Folder(folder.into());
    let mut waited = filled(&folder);
    let now = waited.journal.ledger().clone();
    let state = [4; 400_000];
    waited.journal.checkpoint_bytes = 1;
    for _ in 0..2 {
        waited.journal.snapshot(&now, &state).unwrap();
        waited.sync().unwrap();
    }
    waited.sync().unwrap();
    waited.journal.checkpoint_bytes = u64::MAX;
    let mut until_full = (0..20).map(|_| waited.journal.snapshot(&now, &state));
    let full = until_full.find(Result::is_err);
    assert_eq!(full, Some(Err(StorageError::Full)));
    // The thread does one thing after the other: this one comes after the move.
    waited.sync().unwrap();
    waited.journal.snapshot(&now, &state).unwrap();
}

fn run_on_a_small_disk(own_test: &str) {
    let folder = Folder::new();
    let script = format!(
        "mount -t tmpfs -o size=4m none \"${SMALL_DISK}\" || exit 77
         exec \"$0\" --exact {own_test}"
    );
    let run = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(SMALL_DISK, &folder.0)
        .output();
    match run {
        Ok(run) if run.status.success() => {}
        Ok(run) if matches!(run.status.code(), Some(1 | 77)) && run.stdout.is_empty() => {
            eprintln!("NOT TESTED: a full disk, as no file system can be mounted here");
        }
        Ok(run) => panic!("{}", String::from_utf8_lossy(&run.stdout)),
        Err(why) => eprintln!("NOT TESTED: a full disk, as there is no unshare: {why}"),
    }
}

fn on_a_small_disk(folder: Folder) {
    let mut waited = filled(&folder);
    let ballast = folder.0.join("ballast");
    let mut file = File::create(&ballast).unwrap();
    while file.write_all(&[1; 512]).is_ok() {}
    drop(file);
    keeps_nothing_new(&mut waited, &folder);
    let small = Disk::append(&mut waited.journal, &[entry(21)]);
    assert_eq!(small, Err(StorageError::Full));
    // What is there can be opened, too, and says the same.
    drop(waited);
    let (waited, recovered) = Waited::open(&folder, Tuning::default());
    assert_eq!(recovered.ledger, ledger(20));
    std::fs::remove_file(ballast).unwrap();
    goes_on(waited, &folder);
}

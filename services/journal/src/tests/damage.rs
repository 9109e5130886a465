//! Damage is found and named, and nobody goes on from what is left.

use super::*;
use crate::store::digest;

#[test]
fn a_changed_entry_is_named() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    append(&mut journal, 1..=3);
    drop(journal);
    folder.sql("UPDATE entry SET command = x'00' WHERE idx = 2");
    assert_eq!(refused(&folder), JournalError::Corrupt { index: 2 });
}

#[test]
fn a_changed_snapshot_is_named() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    append(&mut journal, 1..=2);
    journal.snapshot(&ledger(2), b"state at 2").unwrap();
    drop(journal);
    folder.sql("UPDATE snapshot SET state = x'00'");
    assert_eq!(refused(&folder), JournalError::CorruptSnapshot { index: 2 });
}

#[test]
fn a_changed_promise_is_named() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    journal.promise(&promise(3)).unwrap();
    drop(journal);
    folder.sql("UPDATE promise SET promise = x'0000'");
    assert_eq!(refused(&folder), JournalError::CorruptPromise);
}

#[test]
fn a_missing_entry_is_named() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    append(&mut journal, 1..=3);
    drop(journal);
    folder.sql("DELETE FROM entry WHERE idx = 2");
    assert_eq!(refused(&folder), JournalError::Corrupt { index: 2 });
}

/// Of a damaged write-ahead log SQLite uses what lies before the damage: that is noticed.
#[test]
fn a_journal_that_lost_its_end_is_refused() {
    let folder = Folder::new();
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    append(&mut waited.journal, 1..=2);
    waited.sync().unwrap();
    append(&mut waited.journal, 3..=4);
    waited.sync().unwrap();
    let other = Folder::new();
    other.copy(&folder);
    drop(waited);
    let log = other.log();
    let mut bytes = std::fs::read(&log).unwrap();
    // The last page of the last transaction.
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&log, bytes).unwrap();
    let (last, synced) = (2, 4);
    assert_eq!(refused(&other), JournalError::Shortened { last, synced });
    assert!(refused(&other).is_damage());
}

/// So is a lost promise, whatever else is there, and a journal that was taken away.
#[test]
fn what_was_promised_is_not_forgotten() {
    let folder = Folder::new();
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    append(&mut waited.journal, 1..=2);
    waited.journal.promise(&promise(5)).unwrap();
    waited.sync().unwrap();
    drop(waited);
    let shortened = |last| JournalError::Shortened { last, synced: 2 };
    folder.sql("DELETE FROM promise");
    assert_eq!(refused(&folder), shortened(2));
    std::fs::remove_file(folder.file()).unwrap();
    assert_eq!(refused(&folder), shortened(0));
    assert!(!folder.file().exists());
    std::fs::write(folder.file(), "").unwrap();
    assert_eq!(refused(&folder), shortened(0));
}

/// A copy from before is not taken for the journal.
#[test]
fn an_old_copy_is_refused() {
    let folder = Folder::new();
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    append(&mut waited.journal, 1..=2);
    waited.sync().unwrap();
    let old = Folder::new();
    old.copy(&folder);
    append(&mut waited.journal, 3..=4);
    waited.sync().unwrap();
    let newer = Folder::new();
    newer.copy(&folder);
    drop(waited);
    let mark = crate::mark::path_of(&old.file());
    std::fs::copy(crate::mark::path_of(&newer.file()), mark).unwrap();
    let (last, synced) = (2, 4);
    assert_eq!(refused(&old), JournalError::Shortened { last, synced });
    // The mark of an older one says nothing against a newer one.
    assert_eq!(newer.open().1.ledger, ledger(4));
}

/// A sync that failed may have lost what it should have written: nothing counts until all of it
/// has been written again.
#[test]
fn nothing_is_kept_between_a_failed_sync_and_a_good_one() {
    let folder = Folder::new();
    let failing = Failing::default();
    let (mut waited, _) = Waited::open(&folder, failing.tuning());
    append(&mut waited.journal, 1..=2);
    failing.fail(2);
    for _ in 0..2 {
        assert!(matches!(waited.sync(), Err(StorageError::Failed(_))));
        let batch = [entry(3)];
        Disk::append(&mut waited.journal, &batch).unwrap_err();
        waited.journal.promise(&promise(1)).unwrap_err();
        waited.journal.snapshot(&ledger(2), b"2").unwrap_err();
        waited.journal.install(&ledger(9), b"9").unwrap_err();
    }
    assert_eq!(waited.sync(), Ok(()));
    append(&mut waited.journal, [3]);
    assert_eq!(waited.sync(), Ok(()));
    drop(waited);
    let (_, recovered) = folder.open();
    assert_eq!(recovered.ledger, ledger(3));
    assert_eq!(recovered.promise, Promise::default());
    assert_eq!(recovered.snapshot, None);
}

/// When the system has dropped what it could not write, the journal does not go on from it; opened
/// anew, it holds what the disk does.
#[test]
fn what_a_failed_sync_has_lost_is_not_taken_for_kept() {
    let folder = Folder::new();
    let failing = Failing::default();
    let (mut waited, _) = Waited::open(&folder, failing.tuning());
    append(&mut waited.journal, 1..=2);
    waited.sync().unwrap();
    let on_disk = std::fs::read(folder.log()).unwrap();
    append(&mut waited.journal, 3..=4);
    failing.fail(1);
    waited.sync().unwrap_err();
    let mut lost = std::fs::read(folder.log()).unwrap();
    lost[on_disk.len()..].fill(0);
    std::fs::write(folder.log(), lost).unwrap();
    for _ in 0..2 {
        let why = waited.sync().unwrap_err();
        assert!(matches!(&why, StorageError::Failed(text) if text.contains("opened anew")));
        Disk::append(&mut waited.journal, &[entry(5)]).unwrap_err();
    }
    drop(waited);
    assert_eq!(folder.open().1.ledger, ledger(2));
}

/// A process that ends because of a failed sync is followed by one that cannot know of it, so all
/// that is found is written again: that needs to find it.
#[test]
fn what_is_written_again_is_checked() {
    let folder = Folder::new();
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    append(&mut waited.journal, 1..=40);
    let file = File::options()
        .read(true)
        .write(true)
        .open(folder.log())
        .unwrap();
    let page_and_header = 4096 + 24;
    let frames = (file.metadata().unwrap().len() - 32) / page_and_header;
    let before = std::fs::read(folder.log()).unwrap();
    wal::write_again(&file, frames).unwrap();
    assert_eq!(std::fs::read(folder.log()).unwrap(), before);
    wal::write_again(&file, frames + 1).unwrap_err();
    for at in (0..before.len()).step_by(997) {
        let mut bytes = before.clone();
        bytes[at] ^= 0x10;
        std::fs::write(folder.log(), bytes).unwrap();
        let why = wal::write_again(&file, frames).unwrap_err();
        assert_eq!(why.kind(), std::io::ErrorKind::InvalidData, "byte {at}");
    }
    std::fs::write(folder.log(), before).unwrap();
}

/// Whatever byte is damaged: either nothing is lost by it, or the journal is refused.
#[test]
fn no_damage_goes_unnoticed() {
    let folder = Folder::new();
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    append(&mut waited.journal, 1..=30);
    waited.journal.snapshot(&ledger(30), &[5; 9_000]).unwrap();
    waited.journal.promise(&promise(6)).unwrap();
    append(&mut waited.journal, 31..=33);
    waited.sync().unwrap();
    let in_log = Folder::new();
    in_log.copy(&folder);
    drop(waited);
    let (journal, whole) = folder.open();
    drop(journal);
    let mut damaged = 0;
    for (from, file) in [(&in_log, in_log.log()), (&folder, folder.file())] {
        let bytes = std::fs::metadata(&file).unwrap().len();
        let step = usize::try_from(bytes / 60).unwrap() | 1;
        for at in (0..usize::try_from(bytes).unwrap()).step_by(step) {
            let other = Folder::new();
            other.copy(from);
            let file = other.0.join(file.file_name().unwrap());
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[at] ^= 0x24;
            std::fs::write(&file, bytes).unwrap();
            match other.try_open() {
                Ok((_, recovered)) => assert_eq!(recovered, whole, "byte {at} of {file:?}"),
                // Its first page says what a file is.
                Err(why) => {
                    assert!(why.is_damage() || at < 100, "byte {at} of {file:?}: {why}");
                    damaged += 1;
                }
            }
        }
    }
    assert!(damaged > 20, "{damaged} of all were damage");
}

/// Snapshots and promises are hashed the same way for ever: another hash would be taken for damage.
/// (Python: sha256 over each part behind its length as 8 bytes, the least significant first.)
#[test]
fn digests_are_as_they_were() {
    let frozen = "0f2ff67cbe15a8cf94c2b4f04d3a3ceb86478c34ce7dbf3b4f3ac0fe43543fdb";
    let now: String = digest(&[b"ledger", b"state"])
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(now, frozen);
}

/// Syncs that fail when they are told to.
#[derive(Clone, Default)]
struct Failing(Arc<AtomicU32>);

impl Failing {
    fn fail(&self, times: u32) {
        self.0.store(times, Ordering::SeqCst);
    }

    fn tuning(&self) -> Tuning {
        let left = Arc::clone(&self.0);
        let sync = move |file: &File| {
            let one_less = |left: u32| left.checked_sub(1);
            match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
                Ok(_) => Err(std::io::Error::from_raw_os_error(5)), // EIO
                Err(_) => file.sync_data(),
            }
        };
        Tuning {
            sync: Arc::new(sync),
            ..Tuning::default()
        }
    }
}

/// A state of the partner takes the place of a longer log: a process that ends right after that
/// must not be told that something is missing.
#[test]
fn a_shorter_log_may_take_the_place_of_a_longer_one() {
    let folder = Folder::new();
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    append(&mut waited.journal, 1..=9);
    waited.sync().unwrap();
    let mark = std::fs::read(mark::path_of(&folder.file())).unwrap();
    waited.journal.install(&ledger(3), b"state").unwrap();
    drop(waited);
    assert_eq!(std::fs::read(mark::path_of(&folder.file())).unwrap(), mark);
    let (mut waited, recovered) = Waited::open(&folder, Tuning::default());
    assert_eq!(recovered.ledger, ledger(3));
    append(&mut waited.journal, 4..=5);
    waited.sync().unwrap();
    drop(waited);
    // But the longer one must not come back.
    folder.sql("DELETE FROM snapshot; DELETE FROM entry; UPDATE meta SET installs = 0");
    let (last, synced) = (0, 5);
    assert_eq!(refused(&folder), JournalError::Shortened { last, synced });
}

/// What a disk changes behind our back is not given to others: damage is found whenever an entry is
/// read.
#[test]
fn no_damaged_entry_is_read() {
    let folder = Folder::new();
    let (mut journal, _) = folder.open();
    append(&mut journal, 1..=5);
    folder.sql("UPDATE entry SET command = x'00' WHERE idx = 3");
    assert_eq!(journal.read(1, 2).unwrap().len(), 2);
    assert_eq!(journal.read(4, 9).unwrap().len(), 2);
    for (from, count) in [(1, 3), (2, 9), (3, 1)] {
        let why = journal.read(from, count).unwrap_err();
        assert!(matches!(why, StorageError::Failed(text) if text.contains("entry 3")));
    }
    // As it is stored, for those who look for the damage.
    let inspection = inspect(&folder.file()).unwrap();
    assert_eq!(inspection.read(3, 1).unwrap()[0].0.command, [0]);
}

/// The loss of power spoils at most one of the mark's two places.
#[test]
fn a_mark_has_two_places() {
    let folder = Folder::new();
    let (mut waited, _) = Waited::open(&folder, Tuning::default());
    append(&mut waited.journal, [1]);
    waited.sync().unwrap();
    append(&mut waited.journal, [2]);
    waited.sync().unwrap();
    let file = mark::path_of(&folder.file());
    let of = || mark::read(&folder.file()).map(|mark| mark.position.index);
    assert_eq!(of(), Some(2));
    let whole = std::fs::read(&file).unwrap();
    let (first, second) = (0, whole.len() / 2);
    let spoiled = |places: &[usize]| {
        let mut bytes = whole.clone();
        places.iter().for_each(|place| bytes[place + 40] ^= 1);
        std::fs::write(&file, bytes).unwrap();
        of()
    };
    let mut left = [spoiled(&[first]), spoiled(&[second])];
    left.sort();
    assert_eq!(left, [Some(1), Some(2)]);
    assert_eq!(spoiled(&[first, second]), None);
    std::fs::write(&file, &whole[..second]).unwrap();
    assert!(of() <= Some(2));
    drop(waited);
    assert_eq!(folder.open().1.ledger, ledger(2));
    assert_eq!(of(), Some(2));
}

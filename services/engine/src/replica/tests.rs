//! A group of one against a disk that can fail.

use super::*;
use crate::Loopback;
use group::{Content, Role};

#[derive(Debug, Default)]
struct Memory {
    kept: Vec<Entry>,
    full: bool,
    /// Promises are kept, entries are not.
    refuses: bool,
    syncing: bool,
    /// Syncs fail.
    spoilt: bool,
    /// Syncs end when this allows it.
    syncs: bool,
}

impl Disk for Memory {
    fn append(&mut self, batch: &[Entry]) -> Result<(), StorageError> {
        if self.full || self.refuses {
            return Err(StorageError::Full);
        }
        self.kept.extend_from_slice(batch);
        Ok(())
    }

    fn install(&mut self, _: &Ledger, _: &[u8]) -> Result<(), StorageError> {
        Err(StorageError::Failed("nobody to get a state from".into()))
    }

    fn promise(&mut self, _: &Promise) -> Result<(), StorageError> {
        match self.full {
            true => Err(StorageError::Full),
            false => Ok(()),
        }
    }

    fn snapshot(&mut self, _: &Ledger, _: &[u8]) -> Result<(), StorageError> {
        Ok(())
    }

    fn read(&self, _: u64, _: u32) -> Result<Vec<(Entry, Hash)>, StorageError> {
        Ok(Vec::new())
    }

    fn first(&self) -> Result<Option<u64>, StorageError> {
        Ok(None)
    }

    fn note_crash(&mut self, _: u64) -> Result<u32, StorageError> {
        Ok(0)
    }

    fn start_sync(&mut self) {
        assert!(!self.syncing, "two syncs at once");
        self.syncing = true;
    }

    fn sync_done(&mut self) -> Option<Result<(), StorageError>> {
        let done = self.syncs && self.syncing;
        self.syncing &= !done;
        let failed = || StorageError::Failed("no sync".into());
        done.then(|| if self.spoilt { Err(failed()) } else { Ok(()) })
    }
}

fn engine() -> Replica<Memory, Loopback> {
    let member = Member {
        node: NodeId(1),
        incarnation: 7,
    };
    let options = Options {
        member,
        role: Role::Holder,
        configured: [member.node].into(),
    };
    let disk = Memory {
        syncs: true,
        ..Memory::default()
    };
    let fresh = (disk, Ledger::default(), Promise::default());
    Replica::new(options, fresh, Loopback::new(member))
}

fn polled(engine: &mut Replica<Memory, Loopback>, now: u64) -> Vec<String> {
    let mut events = Vec::new();
    engine.poll(Time(now), &mut events).unwrap();
    events.iter().map(shown).collect()
}

fn shown(event: &Event) -> String {
    match event {
        Event::Entry(entry) => {
            let text = match Content::of(entry) {
                Some(Content::Command { command, .. }) => {
                    String::from_utf8_lossy(&command).into_owned()
                }
                Some(Content::Primary { epoch, .. }) => format!("view {epoch}"),
                None => "garbage".into(),
            };
            format!("{} at {}: {text}", entry.pos.index, entry.pos.time.0)
        }
        Event::Stable(index) => format!("stable {index}"),
        Event::Durable(index) => format!("durable {index}"),
        Event::Standing(Standing::Primary { epoch }) => format!("primary {epoch}"),
        Event::Standing(_) => "not primary".into(),
        Event::Install(..) | Event::Supply { .. } | Event::Disconnected(_) => {
            format!("{event:?}")
        }
    }
}

/// A group of one is primary at once, and orders commands as they come.
#[test]
fn commands_are_ordered_then_stable_then_durable() {
    let mut engine = engine();
    assert_eq!(
        polled(&mut engine, 4),
        ["1 at 4: view 1", "primary 1", "stable 1", "durable 1"]
    );
    engine.disk.syncs = false;
    engine.submit(b"a".to_vec()).unwrap();
    engine.submit(b"b".to_vec()).unwrap();
    assert_eq!(
        polled(&mut engine, 5),
        ["2 at 5: a", "3 at 5: b", "stable 3"]
    );
    assert_eq!(polled(&mut engine, 6), [""; 0]);
    engine.disk.syncs = true;
    assert_eq!(polled(&mut engine, 7), ["durable 3"]);
    assert_eq!(polled(&mut engine, 8), [""; 0]);
}

/// A clock that goes back must not take the log's time with it.
#[test]
fn time_never_goes_back() {
    let mut engine = engine();
    polled(&mut engine, 9);
    engine.submit(b"a".to_vec()).unwrap();
    assert_eq!(polled(&mut engine, 4)[0], "2 at 9: a");
}

/// A full disk orders nothing and loses nothing; with room again, a new view goes on.
#[test]
fn a_full_disk_keeps_the_commands_waiting() {
    let mut engine = engine();
    polled(&mut engine, 1);
    engine.disk.full = true;
    engine.submit(b"a".to_vec()).unwrap();
    for now in 2..4 {
        let mut events = Vec::new();
        let refused = engine.poll(Time(now), &mut events);
        let events: Vec<String> = events.iter().map(shown).collect();
        assert_eq!(refused, Err(StorageError::Full));
        assert!(!events.iter().any(|it| it.ends_with('a')), "{events:?}");
        assert_eq!(engine.standing(), &Standing::Forming);
        assert_eq!(engine.disk.kept.len(), 1);
    }
    engine.disk.full = false;
    let events = polled(&mut engine, 5);
    assert_eq!(events[0], "2 at 5: view 2");
    assert!(events.contains(&"3 at 5: a".to_owned()), "{events:?}");
    assert_eq!(events.last().unwrap(), "durable 3");
    assert_eq!(engine.disk.kept.len(), 3);
}

/// Nothing grows without a bound, and all that was taken is ordered once.
#[test]
fn a_long_queue_pushes_back() {
    let mut engine = engine();
    polled(&mut engine, 1);
    for _ in 0..QUEUE_MAX {
        engine.submit(b"a".to_vec()).unwrap();
    }
    assert_eq!(engine.submit(Vec::new()), Err(SubmitError::Busy));
    for _ in 0..2 * QUEUE_MAX / BATCH_MAX {
        assert!(polled(&mut engine, 2).len() < 2 * BATCH_MAX + TOLD_MAX);
    }
    let commands = engine.disk.kept.len() - 1;
    assert_eq!(commands, QUEUE_MAX);
    engine.submit(Vec::new()).unwrap();
    for _ in 0..OUTBOX_BYTES_MAX / COMMAND_BYTES_MAX {
        engine.submit(vec![0; COMMAND_BYTES_MAX]).unwrap();
    }
    let large = vec![0; COMMAND_BYTES_MAX];
    assert_eq!(engine.submit(large), Err(SubmitError::Busy));
    let big = vec![0; COMMAND_BYTES_MAX + 1];
    assert_eq!(engine.submit(big), Err(SubmitError::TooBig));
}

/// A disk that takes little things and refuses the log brings its member back again and again, each
/// time at the cost of everybody's view: so each time later.
#[test]
fn a_disk_that_fails_again_and_again_is_tried_less_and_less() {
    let mut engine = engine();
    polled(&mut engine, 1);
    engine.disk.refuses = true;
    engine.submit(b"a".to_vec()).unwrap();
    let mut tries = 0;
    for tenth in 1..600 {
        let mut events = Vec::new();
        let now = Time(tenth * 100_000_000);
        engine.poll(now, &mut events).unwrap_err();
        tries += usize::from(!events.is_empty());
    }
    assert_eq!(tries, 2 + 6, "at once, and after 0.5, 1, 2, 4, 8 and 16 s");
    engine.disk.refuses = false;
    let events = polled(&mut engine, 100_000_000_000);
    assert!(events.last().unwrap().starts_with("durable"), "{events:?}");
    assert_eq!(engine.disk.kept.len(), 3);
}

/// After a sync that failed nobody knows what is on the disk, until one succeeds.
#[test]
fn a_member_whose_sync_failed_comes_back_after_one_that_did_not() {
    let mut engine = engine();
    polled(&mut engine, 1);
    engine.disk.spoilt = true;
    engine.submit(b"a".to_vec()).unwrap();
    for now in 2..9 {
        let mut events = Vec::new();
        let failed = engine.poll(Time(now), &mut events);
        assert!(failed.is_err());
        assert!(!events.contains(&Event::Durable(2)));
    }
    engine.disk.spoilt = false;
    engine.disk.syncs = false;
    let mut events = Vec::new();
    engine.poll(Time(9), &mut events).unwrap_err();
    assert!(engine.disk.syncing, "nothing else would heal it");
    engine.disk.syncs = true;
    let events = polled(&mut engine, 10);
    assert!(events.contains(&"durable 3".to_owned()), "{events:?}");
}

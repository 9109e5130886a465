//! A group of one against a disk that can fail.

use super::*;
use crate::Loopback;
use group::{Content, Role};

#[derive(Debug, Default)]
struct Memory {
    kept: Vec<Entry>,
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
        if self.refuses {
            return Err(StorageError::Full);
        }
        self.kept.extend_from_slice(batch);
        Ok(())
    }

    fn install(&mut self, _: &Ledger, _: &[u8]) -> Result<(), StorageError> {
        Err(StorageError::Failed("nobody to get a state from".into()))
    }

    fn promise(&mut self, _: &Promise) -> Result<(), StorageError> {
        Ok(())
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
    engine_on(Memory {
        syncs: true,
        ..Memory::default()
    })
}

fn engine_on<D: Disk>(disk: D) -> Replica<D, Loopback> {
    let member = Member {
        node: NodeId(1),
        incarnation: 7,
    };
    let options = Options {
        member,
        role: Role::Holder,
        configured: [member.node].into(),
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

/// A clock that goes back must not take the log's time with it.
#[test]
fn time_never_goes_back() {
    let mut engine = engine();
    polled(&mut engine, 9);
    engine.submit(b"a".to_vec()).unwrap();
    assert_eq!(polled(&mut engine, 4)[0], "2 at 9: a");
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

/// Of what came before a state from which everybody shall begin, nothing is left but that: neither
/// for others nor for the next start. The log goes on behind it.
#[test]
fn a_log_can_begin_anew_from_a_state() {
    let disk = crate::sim::SimDisk::default();
    let mut engine = engine_on(disk.clone());
    let orders = |engine: &mut Replica<_, _>, command: &[u8]| {
        engine.submit(command.to_vec()).unwrap();
        let mut events = Vec::new();
        for _ in 0..4 {
            engine.poll(Time(1), &mut events).unwrap();
            disk.finish_sync();
        }
        events.iter().map(shown).collect::<Vec<_>>()
    };
    let told = orders(&mut engine, b"a");
    assert!(told.contains(&"durable 2".into()), "{told:?}");
    assert_eq!(engine.first(), Ok(Some(1)));
    engine.begin_from(b"state").unwrap();
    assert_eq!(engine.first(), Ok(None));
    let told = orders(&mut engine, b"b");
    assert!(told.contains(&"durable 3".into()), "{told:?}");
    let found = disk.recover();
    assert_eq!(found.base.position().index, 2);
    assert_eq!(found.state, b"state");
    assert_eq!(found.entries.len(), 1);
    assert_eq!(found.ledger, *engine.ledger());
}

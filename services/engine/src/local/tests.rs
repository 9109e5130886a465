//! The local engine against a storage that can fail.

use super::*;

#[derive(Debug, Default)]
struct Memory {
    kept: Vec<Entry>,
    full: bool,
}

impl Storage for Memory {
    fn append(&mut self, batch: &[Entry]) -> Result<(), StorageError> {
        if self.full {
            return Err(StorageError::Full);
        }
        self.kept.extend_from_slice(batch);
        Ok(())
    }
}

fn engine() -> Local<Memory> {
    Local::new(Memory::default(), Pos::default())
}

fn polled(engine: &mut Local<Memory>, now: u64) -> Vec<String> {
    let mut events = Vec::new();
    engine.poll(Time(now), &mut events).unwrap();
    events.iter().map(shown).collect()
}

fn shown(event: &Event) -> String {
    match event {
        Event::Command(Entry { pos, command }) => {
            let text = String::from_utf8_lossy(command);
            format!("{} at {}: {text}", pos.index, pos.time.0)
        }
        Event::Stable(index) => format!("stable {index}"),
        Event::Durable(index) => format!("durable {index}"),
    }
}

/// Commands come back in the order in which they were taken, then the promises.
#[test]
fn commands_are_ordered_then_stable_then_durable() {
    let mut engine = engine();
    engine.submit(b"a".to_vec()).unwrap();
    engine.submit(b"b".to_vec()).unwrap();
    assert_eq!(
        polled(&mut engine, 5),
        ["1 at 5: a", "2 at 5: b", "stable 2"]
    );
    assert_eq!(polled(&mut engine, 6), [""; 0]);
    engine.synced(2);
    assert_eq!(polled(&mut engine, 7), ["durable 2"]);
    assert_eq!(polled(&mut engine, 8), [""; 0]);
}

/// A clock that goes back must not take the log's time with it.
#[test]
fn time_never_goes_back() {
    let mut engine = engine();
    engine.submit(b"a".to_vec()).unwrap();
    assert_eq!(polled(&mut engine, 9), ["1 at 9: a", "stable 1"]);
    engine.submit(b"b".to_vec()).unwrap();
    assert_eq!(polled(&mut engine, 4), ["2 at 9: b", "stable 2"]);
}

/// A full disk orders nothing and loses nothing.
#[test]
fn a_full_disk_keeps_the_commands_waiting() {
    let mut engine = engine();
    engine.storage().full = true;
    engine.submit(b"a".to_vec()).unwrap();
    let mut events = Vec::new();
    let refused = engine.poll(Time(1), &mut events);
    assert_eq!((refused, events), (Err(StorageError::Full), Vec::new()));
    engine.storage().full = false;
    assert_eq!(polled(&mut engine, 2), ["1 at 2: a", "stable 1"]);
}

/// Nothing grows without a bound.
#[test]
fn a_long_queue_pushes_back() {
    let mut engine = engine();
    for _ in 0..QUEUE_MAX {
        engine.submit(Vec::new()).unwrap();
    }
    assert_eq!(engine.submit(Vec::new()), Err(SubmitError::Busy));
    assert_eq!(polled(&mut engine, 1).len(), BATCH_MAX + 1);
    engine.submit(Vec::new()).unwrap();
    let big = vec![0; COMMAND_BYTES_MAX + 1];
    assert_eq!(engine.submit(big), Err(SubmitError::TooBig));
}

/// A sync that was begun before entries were appended does not speak for them.
#[test]
fn durable_never_passes_the_last_entry() {
    let mut engine = engine();
    engine.submit(b"a".to_vec()).unwrap();
    polled(&mut engine, 1);
    engine.synced(9);
    assert_eq!(polled(&mut engine, 2), ["durable 1"]);
}

//! The power goes at any moment: what was synced is there, and nothing is there by half.
//!
//! Until it is synced, the system writes a file page by page, in any order: after the loss of power
//! each page is as it was at the last sync, or as it is now.

use super::*;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::sync::Mutex;

/// What the system writes at once.
const PAGE_BYTES: usize = 4_096;
/// Of the write-ahead log: its own header, and a page with its header.
const HEADER_BYTES: usize = 32;
const FRAME_BYTES: usize = PAGE_BYTES + 24;

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % n.max(1)
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let byte = u8::try_from(self.below(256)).unwrap();
        vec![byte; self.below(most)]
    }
}

/// What is in the files.
#[derive(Clone, Default)]
struct Files {
    main: Vec<u8>,
    log: Vec<u8>,
    mark: Vec<u8>,
}

impl Files {
    fn of(folder: &Folder) -> Self {
        let read = |path: PathBuf| std::fs::read(path).unwrap();
        // The mark first: it must not know more than what is read after it.
        let mark = read(mark::path_of(&folder.file()));
        Self {
            mark,
            main: read(folder.file()),
            log: read(folder.log()),
        }
    }

    fn opened(&self) -> Result<Recovered, JournalError> {
        let folder = Folder::new();
        std::fs::write(folder.file(), &self.main).unwrap();
        std::fs::write(folder.log(), &self.log).unwrap();
        std::fs::write(mark::path_of(&folder.file()), &self.mark).unwrap();
        let tuning = Tuning {
            sync: Arc::new(|_| Ok(())),
            ..Tuning::default()
        };
        let opened = Journal::open_with(&folder.file(), Arc::new(|| {}), tuning);
        let (journal, recovered) = opened?;
        // Nobody goes on from it, so nothing need be moved.
        schema::tidies_up(&journal.connection, false).unwrap();
        Ok(recovered)
    }

    /// Which of the logs that follow each other in one file.
    fn salts(&self) -> &[u8] {
        &self.log[16..24]
    }
}

struct World {
    folder: Folder,
    waited: Waited,
    /// The write-ahead log as it was synced last.
    on_disk: Arc<Mutex<Vec<u8>>>,
    /// The main file and the mark as they were before.
    before: Files,
    /// What a journal holds after each change, from the first one on.
    states: Vec<Recovered>,
    /// The change up to which all is synced, and up to which it will be.
    synced: usize,
    syncing: Option<usize>,
    random: Random,
}

impl World {
    fn new(seed: u64) -> Self {
        let folder = Folder::new();
        let on_disk = Arc::new(Mutex::new(Vec::new()));
        let (synced, log) = (Arc::clone(&on_disk), folder.log());
        let sync = move |file: &File| {
            if file.metadata()?.ino() == std::fs::metadata(&log)?.ino() {
                *synced.lock().unwrap() = std::fs::read(&log)?;
            }
            Ok(())
        };
        let tuning = Tuning {
            sync: Arc::new(sync),
            checkpoint_bytes: 40_000,
        };
        let (waited, recovered) = Waited::open(&folder, tuning);
        let before = Files::of(&folder);
        Self {
            folder,
            waited,
            on_disk,
            before,
            states: vec![recovered],
            synced: 0,
            syncing: None,
            random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
        }
    }

    fn now(&self) -> &Recovered {
        self.states.last().unwrap()
    }

    /// Something is kept, or synced.
    fn step(&mut self) {
        match self.random.below(12) {
            0..5 => self.append(),
            5 => self.snapshot(),
            6 => self.promise(),
            7 => self.install(),
            8..10 => self.start_sync(),
            _ => self.finish_sync(),
        }
    }

    fn append(&mut self) {
        let mut next = self.now().clone();
        let mut batch = Vec::new();
        for _ in 0..=self.random.below(3) {
            let content = match self.random.below(8) {
                0 => primary(next.ledger.position().epoch + 1),
                _ => Content::Command {
                    from: NodeId(1),
                    number: next.ledger.seen(NodeId(1)) + 1,
                    command: self.random.bytes(6_000),
                },
            };
            let entry = next.ledger.entry(&content, Time(7));
            next.ledger.follow(&entry);
            batch.push(entry);
        }
        Disk::append(&mut self.waited.journal, &batch).unwrap();
        next.entries.extend(batch);
        self.states.push(next);
    }

    fn snapshot(&mut self) {
        let mut next = self.now().clone();
        let (ledger, state) = (next.ledger.clone(), self.random.bytes(30_000));
        self.waited.journal.snapshot(&ledger, &state).unwrap();
        next.entries.clear();
        next.snapshot = Some(Snapshot { ledger, state });
        self.states.push(next);
    }

    fn promise(&mut self) {
        let mut next = self.now().clone();
        next.promise = promise(next.promise.epoch + 1);
        self.waited.journal.promise(&next.promise).unwrap();
        self.states.push(next);
    }

    /// A state of the partner, which may have fewer entries, in a later epoch or in this one.
    fn install(&mut self) {
        let mut next = self.now().clone();
        let mut ledger = Ledger::default();
        let later = u64::from(self.random.below(2) == 0);
        let content = primary(next.ledger.position().epoch + later);
        ledger.follow(&ledger.entry(&content, Time(9)));
        let state = self.random.bytes(30_000);
        self.waited.journal.install(&ledger, &state).unwrap();
        next.entries.clear();
        next.ledger.clone_from(&ledger);
        next.snapshot = Some(Snapshot { ledger, state });
        self.states.push(next);
    }

    fn start_sync(&mut self) {
        if self.syncing.is_some() {
            return;
        }
        self.before = Files::of(&self.folder);
        self.syncing = Some(self.states.len() - 1);
        let moves = self.waited.journal.unmoved >= self.waited.journal.checkpoint_bytes;
        self.waited.journal.start_sync();
        if moves {
            // SQLite syncs by itself while it moves pages: nothing else may be going on.
            self.finish_sync();
            self.waited.sync().unwrap();
        }
    }

    fn finish_sync(&mut self) {
        if let Some(change) = self.syncing.take() {
            self.waited.wait().unwrap();
            self.synced = change;
        }
    }

    /// What the disk may hold if the power goes now.
    fn left_over(&mut self) -> Files {
        let now = Files::of(&self.folder);
        let mut on_disk = self.on_disk.lock().unwrap();
        if on_disk[16..24] != *now.salts() {
            // It started again: before that, SQLite has synced everything, and now its header.
            on_disk[..HEADER_BYTES].copy_from_slice(&now.log[..HEADER_BYTES]);
            self.before.main.clone_from(&now.main);
        }
        let random = &mut self.random;
        let log = match random.below(4) {
            0 => on_disk.clone(),
            1 => now.log.clone(),
            2 => {
                let mut log = now.log.clone();
                log.truncate(on_disk.len() + random.below(log.len() - on_disk.len() + 1));
                mixed(&on_disk, &log, &mut Random(1), 0)
            }
            _ => mixed(&on_disk, &now.log, random, 2),
        };
        let mark = match random.below(2) {
            0 => self.before.mark.clone(),
            _ => now.mark,
        };
        let main = mixed(&self.before.main, &now.main, random, 2);
        Files { main, log, mark }
    }

    fn power_goes(&mut self) {
        let possible = self.states[self.synced..].to_vec();
        let found = self.left_over().opened();
        match found {
            Ok(recovered) => assert!(possible.contains(&recovered), "{recovered:?}"),
            Err(why) => panic!("{why}"),
        }
    }
}

fn primary(epoch: u64) -> Content {
    Content::Primary {
        epoch,
        holders: [NodeId(1)].into(),
        others: [].into(),
        nodes: [NodeId(1)].into(),
    }
}

/// Each page as it was or as it is; those that were not there may still be missing. Of `one_in`
/// pages one is as it was, and with 0 none.
fn mixed(was: &[u8], is: &[u8], random: &mut Random, one_in: usize) -> Vec<u8> {
    let mut mix = is.to_vec();
    for (number, page) in mix.chunks_mut(PAGE_BYTES).enumerate() {
        if one_in > 0 && random.below(one_in) == 0 {
            let from = (number * PAGE_BYTES).min(was.len());
            let old = &was[from..(from + page.len()).min(was.len())];
            page.fill(0);
            page[..old.len()].copy_from_slice(old);
        }
    }
    mix
}

/// `JOURNAL_SEEDS` runs that many seeds, from `JOURNAL_FROM` on.
#[test]
fn whenever_the_power_goes_nothing_is_lost() {
    let number = |name| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let from = number("JOURNAL_FROM").unwrap_or(0);
    for seed in from..from + number("JOURNAL_SEEDS").unwrap_or(2) {
        let run = || {
            let mut world = World::new(seed);
            for _ in 0..60 {
                world.step();
                world.power_goes();
                world.power_goes();
            }
        };
        let result = std::panic::catch_unwind(run);
        assert!(result.is_ok(), "seed {seed}");
    }
}

/// Cut anywhere, the write-ahead log still holds every change whose end is before the cut, and no
/// part of the next one.
#[test]
fn a_change_is_there_whole_or_not_at_all() {
    let mut world = World::new(3);
    world.waited.journal.checkpoint_bytes = u64::MAX;
    let mut ends = Vec::new();
    for change in [
        World::append,
        World::snapshot,
        World::promise,
        World::append,
        World::install,
    ] {
        change(&mut world);
        ends.push(Files::of(&world.folder).log.len());
    }
    let whole = Files::of(&world.folder);
    let frames = (whole.log.len() - HEADER_BYTES) / FRAME_BYTES;
    let mut cuts: BTreeSet<_> = (0..=frames)
        .map(|it| HEADER_BYTES + it * FRAME_BYTES)
        .collect();
    cuts.extend(
        cuts.clone()
            .into_iter()
            .flat_map(|cut| [cut.saturating_sub(1), cut + 1]),
    );
    cuts.extend((0..20).map(|_| world.random.below(whole.log.len())));
    for cut in cuts {
        let mut files = whole.clone();
        files.log.truncate(cut);
        let changes = ends.iter().filter(|end| **end <= cut).count();
        // The tables themselves are only in the log so far.
        match files.opened() {
            Ok(recovered) => assert_eq!(recovered, world.states[changes], "cut at {cut}"),
            Err(why) => panic!("cut at {cut}: {why}"),
        }
    }
}

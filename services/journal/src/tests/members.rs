//! Two CMMs with real journals, of which any may be damaged, or fail to sync: what was durable is
//! never lost, and what was lost is never replaced by something else without an operator's word.

use super::*;
use engine::sim::{Net, SimPort};
use engine::{Engine, Replica};
use group::{Event, Member, Options, Role, Standing};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::os::unix::fs::MetadataExt;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

const CMMS: [NodeId; 2] = [NodeId(1), NodeId(2)];

/// A journal whose syncs are over when the test says so.
struct Held {
    waited: Waited,
    is_under_way: bool,
    is_released: Rc<Cell<bool>>,
    /// Where logs stood that were installed, and not taken note of yet.
    installed: Rc<RefCell<VecDeque<Ledger>>>,
    failing: Failing,
    log: PathBuf,
}

/// How syncs go.
#[derive(Clone, Default)]
struct Failing {
    /// So many are to fail.
    times: Arc<AtomicU32>,
    /// When one fails, the system drops what it should have written.
    drops: Arc<AtomicBool>,
    /// The write-ahead log as it was synced last.
    on_disk: Arc<Mutex<Vec<u8>>>,
}

impl Failing {
    fn sync(&self, file: &File, log: &Path) -> std::io::Result<()> {
        let one_less = |left: u32| left.checked_sub(1);
        let failed = self
            .times
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        if failed.is_ok() {
            return Err(std::io::Error::from_raw_os_error(5)); // EIO
        }
        if file.metadata()?.ino() == std::fs::metadata(log)?.ino() {
            *self.on_disk.lock().unwrap() = std::fs::read(log)?;
        }
        Ok(())
    }

    fn drop_unsynced(&self, log: &Path) {
        let on_disk = self.on_disk.lock().unwrap().clone();
        let mut now = std::fs::read(log).unwrap();
        now[on_disk.len()..].fill(0);
        std::fs::write(log, now).unwrap();
    }
}

impl Disk for Held {
    fn append(&mut self, batch: &[Entry]) -> Result<(), StorageError> {
        Disk::append(&mut self.waited.journal, batch)
    }

    fn install(&mut self, ledger: &Ledger, state: &[u8]) -> Result<(), StorageError> {
        self.installed.borrow_mut().push_back(ledger.clone());
        self.waited.journal.install(ledger, state)
    }

    fn promise(&mut self, promise: &Promise) -> Result<(), StorageError> {
        self.waited.journal.promise(promise)
    }

    fn snapshot(&mut self, ledger: &Ledger, state: &[u8]) -> Result<(), StorageError> {
        self.waited.journal.snapshot(ledger, state)
    }

    fn read(&self, from: u64, count: u32) -> Result<Vec<(Entry, Hash)>, StorageError> {
        self.waited.journal.read(from, count)
    }

    fn first(&self) -> Result<Option<u64>, StorageError> {
        self.waited.journal.first()
    }

    fn note_crash(&mut self, index: u64) -> Result<u32, StorageError> {
        Disk::note_crash(&mut self.waited.journal, index)
    }

    fn start_sync(&mut self) {
        self.waited.journal.start_sync();
        self.is_under_way = true;
    }

    fn sync_done(&mut self) -> Option<Result<(), StorageError>> {
        let is_over = self.is_under_way && self.is_released.replace(false);
        is_over.then(|| {
            self.is_under_way = false;
            let result = self.waited.wait();
            if result.is_err() && self.failing.drops.load(Ordering::SeqCst) {
                self.failing.drop_unsynced(&self.log);
            }
            result
        })
    }
}

/// The state of a member: what each entry hashes to, so that a state can be compared with all that
/// was ever promised.
type Chain = BTreeMap<u64, Hash>;

struct Node {
    id: NodeId,
    folder: Folder,
    engine: Option<Replica<Held, SimPort>>,
    is_released: Rc<Cell<bool>>,
    installed: Rc<RefCell<VecDeque<Ledger>>>,
    failing: Failing,
    chain: Chain,
    ledger: Ledger,
    /// A state that is being taken for others.
    supply: Option<(u64, Vec<u8>)>,
    /// Its disk does not keep the log.
    is_out: bool,
    incarnation: u32,
    /// Journals that were set aside.
    aside: u32,
}

struct World {
    net: Net,
    nodes: [Node; 2],
    /// What was promised to be durable.
    durable: Chain,
    random: u64,
    now: u64,
}

impl Node {
    fn new(id: NodeId) -> Self {
        Self {
            id,
            folder: Folder::new(),
            engine: None,
            is_released: Rc::default(),
            installed: Rc::default(),
            failing: Failing::default(),
            chain: Chain::new(),
            ledger: Ledger::default(),
            supply: None,
            is_out: false,
            incarnation: 0,
            aside: 0,
        }
    }

    fn tuning(&self) -> Tuning {
        let (failing, log) = (self.failing.clone(), self.folder.log());
        let sync = move |file: &File| failing.sync(file, &log);
        Tuning {
            sync: Arc::new(sync),
            // All is in the write-ahead log, so that power loss is a matter of one file.
            checkpoint_bytes: u64::MAX,
        }
    }

    /// As a daemon does that may set a damaged journal aside.
    fn open(&mut self) -> (Waited, Recovered) {
        if let Err(why) = Waited::try_open(&self.folder, self.tuning()) {
            assert!(why.is_damage(), "{why}");
            Journal::set_aside(&self.folder.file(), self.id).unwrap();
            self.aside += 1;
        }
        Waited::try_open(&self.folder, self.tuning()).unwrap()
    }

    fn start(&mut self, net: &Net) {
        if self.engine.is_some() {
            return;
        }
        // A daemon whose disk does not even sync then does not start.
        self.failing.times.store(0, Ordering::SeqCst);
        let (waited, recovered) = self.open();
        self.incarnation += 1;
        let member = Member {
            node: self.id,
            incarnation: self.incarnation,
        };
        let options = Options {
            member,
            role: Role::Holder,
            configured: recovered.required(CMMS.into()),
        };
        self.is_out = false;
        self.is_released.set(false);
        self.installed.borrow_mut().clear();
        self.chain.clear();
        self.ledger = Ledger::default();
        if let Some(snapshot) = &recovered.snapshot {
            self.chain = postcard::from_bytes(&snapshot.state).unwrap();
            self.ledger = snapshot.ledger.clone();
        } else if recovered.generation > 0 {
            self.ledger = crate::aside::empty_ledger(recovered.generation);
        }
        recovered
            .entries
            .iter()
            .for_each(|entry| self.follow(entry));
        assert_eq!(self.ledger, recovered.ledger);
        let disk = Held {
            waited,
            is_under_way: false,
            is_released: Rc::clone(&self.is_released),
            installed: Rc::clone(&self.installed),
            failing: self.failing.clone(),
            log: self.folder.log(),
        };
        let found = (disk, recovered.ledger, recovered.promise);
        self.engine = Some(Replica::new(options, found, net.join(member)));
    }

    fn follow(&mut self, entry: &Entry) {
        self.ledger.follow(entry);
        let position = self.ledger.position();
        self.chain.insert(position.index, position.hash);
    }

    /// The process dies, and what was not synced goes with it when the power does.
    fn stop(&mut self, net: &Net, power: bool) {
        let Some(engine) = self.engine.take() else {
            return;
        };
        net.crash(self.id);
        // A process that is killed tidies nothing up.
        schema::tidies_up(&engine.disk().waited.journal.connection, false).unwrap();
        drop(engine);
        self.supply = None;
        if power {
            std::fs::write(self.folder.log(), &*self.failing.on_disk.lock().unwrap()).unwrap();
        }
    }

    /// A byte of the stopped journal is another one, or the end of it is gone.
    fn damage(&self, random: &mut dyn FnMut(usize) -> usize) {
        let Ok(mut bytes) = std::fs::read(self.folder.log()) else {
            return;
        };
        let at = random(bytes.len());
        match random(3) {
            0 => bytes.truncate(at),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 0x40;
                }
            }
        }
        std::fs::write(self.folder.log(), bytes).unwrap();
    }
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            net: Net::new(&CMMS, &CMMS),
            nodes: CMMS.map(Node::new),
            durable: Chain::new(),
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            now: 1,
        }
    }

    fn below(&mut self, n: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random >> 11).unwrap() % n.max(1)
    }

    fn poll(&mut self, which: usize) {
        let node = &mut self.nodes[which];
        // One whose disk does not keep the log takes its time before it tries again.
        self.now += if node.is_out {
            40_000_000_000
        } else {
            1_000_000
        };
        let Some(engine) = &mut node.engine else {
            return;
        };
        let mut events = Vec::new();
        let polled = engine.poll(Time(self.now), &mut events);
        assert!(
            matches!(&polled, Ok(()) | Err(StorageError::Failed(_))),
            "{polled:?}"
        );
        node.is_out = polled.is_err();
        for event in events {
            match event {
                Event::Entry(entry) => node.follow(&entry),
                Event::Install(pos, state) => {
                    node.chain = postcard::from_bytes(&state).unwrap();
                    node.ledger = node.installed.borrow_mut().pop_front().unwrap();
                    assert_eq!(node.chain.keys().next_back(), Some(&pos.index));
                }
                Event::Supply { epoch } => {
                    node.supply = Some((epoch, postcard::to_allocvec(&node.chain).unwrap()));
                }
                Event::Durable(index) => check_durable(&mut self.durable, &node.chain, index),
                Event::Stable(_) | Event::Standing(_) | Event::Disconnected(_) => {}
            }
        }
    }

    /// Something moves on at a node; whether there was something.
    fn progress(&mut self, which: usize, what: usize) -> bool {
        let node = &mut self.nodes[which];
        let Some(engine) = &mut node.engine else {
            return false;
        };
        let has_moved = match what {
            0 => self.net.order(node.id),
            1 => self.net.deliver(node.id),
            2 => self.net.verdict(node.id),
            3 => match node.supply.take() {
                Some((epoch, state)) => {
                    engine.supply(epoch, state);
                    true
                }
                None => false,
            },
            4 => engine.disk().is_under_way && !node.is_released.replace(true),
            _ => node.is_out,
        };
        if has_moved {
            self.poll(which);
        }
        has_moved
    }

    fn submit(&mut self, which: usize) {
        let command = vec![7; 1 + self.below(200)];
        if let Some(engine) = &mut self.nodes[which].engine {
            engine.submit(command).unwrap();
        }
        self.poll(which);
    }

    fn snapshot(&mut self, which: usize) {
        let node = &mut self.nodes[which];
        if let Some(engine) = &mut node.engine {
            // A disk that does not sync says so again when an entry comes.
            let _ = engine.snapshot(&postcard::to_allocvec(&node.chain).unwrap());
        }
    }

    fn stop(&mut self, which: usize) {
        let power = self.below(2) == 0;
        self.nodes[which].stop(&self.net, power);
        // The hardware's arbitration gives the line to whoever is alive.
        let other = self.nodes[1 - which].id;
        if self.net.is_up(other) {
            self.net.move_line(other);
        }
    }

    fn trouble(&mut self) {
        let which = self.below(2);
        match self.below(30) {
            0..10 => self.submit(which),
            10..12 => self.snapshot(which),
            12..14 => self.stop(which),
            14..21 => self.nodes[which].start(&self.net),
            21 => self
                .net
                .split(&[[CMMS[0]].into(), [CMMS[1]].into()], &mut |_| 0),
            22..26 => self.net.split(&[CMMS.into()], &mut |_| 0),
            26 => self.net.move_line(CMMS[which]),
            27 => self.damage(which),
            28 => {
                let (times, drops) = (1 + self.below(3), self.below(2) == 0);
                let failing = &self.nodes[which].failing;
                failing
                    .times
                    .store(u32::try_from(times).unwrap(), Ordering::SeqCst);
                failing.drops.store(drops, Ordering::SeqCst);
            }
            _ => {}
        }
    }

    /// Choice: of two journals one is damaged at most, before all is well again: what only two
    /// disks hold is lost with both.
    fn damage(&mut self, which: usize) {
        let node = &self.nodes[which];
        if node.engine.is_none() && self.nodes[1 - which].aside == 0 {
            let mut random = self.random;
            let mut below = |n: usize| {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                usize::try_from(random >> 33).unwrap() % n.max(1)
            };
            node.damage(&mut below);
        }
    }

    /// Whoever is down starts, and whoever cannot keep the log: only then does it learn what its
    /// disk has dropped.
    fn start_anew(&mut self) {
        for node in &mut self.nodes {
            node.failing.times.store(0, Ordering::SeqCst);
            if node.is_out {
                node.stop(&self.net, false);
            }
            node.start(&self.net);
        }
    }

    /// Lets everything happen that is under way.
    fn quiet(&mut self) {
        let mut still = 0;
        for _ in 0..20_000 {
            let moved = (0..5).any(|what| (0..2).any(|which| self.progress(which, what)));
            still = if moved { 0 } else { still + 1 };
            if still > 2 {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    fn settle(&mut self) -> bool {
        self.net.split(&[CMMS.into()], &mut |_| 0);
        // A sync that failed before may be told only now, and then one starts anew once more.
        for _ in 0..3 {
            self.start_anew();
            for which in [0, 1] {
                self.submit(which);
            }
            self.quiet();
        }
        let standings = self
            .nodes
            .each_ref()
            .map(|node| node.engine.as_ref().unwrap().standing());
        let all = |is: fn(&Standing) -> bool| standings.iter().all(|it| is(it));
        if all(|it| matches!(it, Standing::Primary { .. })) {
            let [one, other] = &self.nodes;
            assert_eq!(one.ledger.position(), other.ledger.position());
            assert_eq!(one.chain, other.chain);
            for (index, hash) in &self.durable {
                assert_eq!(
                    one.chain.get(index),
                    Some(hash),
                    "entry {index} was durable"
                );
            }
            return true;
        }
        let awaits_operator =
            |it: &Standing| matches!(it, Standing::Awaits(missing) if missing.contains(&NOBODY));
        let is_damaged = self.nodes.iter().any(|node| node.aside > 0);
        assert!(is_damaged && all(awaits_operator), "{standings:?}");
        false
    }
}

fn check_durable(durable: &mut Chain, chain: &Chain, index: u64) {
    for (at, hash) in chain.range(..=index) {
        let promised = durable.entry(*at).or_insert(*hash);
        assert_eq!(promised, hash, "entry {at} was another one");
    }
}

/// `JOURNAL_SEEDS` runs that many seeds, from `JOURNAL_FROM` on.
#[test]
fn damage_loses_nothing_that_was_durable() {
    let number = |name| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let from = number("JOURNAL_FROM").unwrap_or(0);
    let seeds = number("JOURNAL_SEEDS").unwrap_or(12);
    let (mut went_on, mut damaged, mut waits) = (0, 0, 0);
    for seed in from..from + seeds {
        let run = || {
            let mut world = World::new(seed);
            world.settle();
            for _ in 0..150 {
                for _ in 0..world.below(30) {
                    let (which, what) = (world.below(2), world.below(6));
                    world.progress(which, what);
                }
                world.trouble();
            }
            let goes_on = world.settle();
            (goes_on, world.nodes.iter().any(|node| node.aside > 0))
        };
        let result = std::panic::catch_unwind(run);
        let Ok((goes_on, is_damaged)) = result else {
            panic!("seed {seed}");
        };
        damaged += u64::from(is_damaged);
        went_on += u64::from(goes_on && is_damaged);
        waits += u64::from(!goes_on);
    }
    eprintln!("{damaged} of {seeds} lost a journal: {went_on} went on, {waits} wait");
    assert!(seeds < 12 || went_on > 0, "none of {damaged} went on");
}

//! A member of a log on a real ring, which submits commands all the time.

use cluster::Cluster;
use corosync::{Line, Ring};
use engine::NoDisk;
use engine::sim::SimDisk;
use engine::{Engine, Replica};
use group::{Content, Disk, Event, Ledger, NodeId, Options, Promise, Role, Standing};
use machine::Time;
use std::collections::{BTreeSet, VecDeque};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// CMMs of all clusters here.
const CMMS: [NodeId; 2] = [NodeId(1), NodeId(2)];

/// Most commands of a member that are not ordered yet.
const WAITING_MAX: usize = 8;

/// How long a member sleeps if nobody wakes it.
const NAP: Duration = Duration::from_millis(5);

/// What a member knows.
#[derive(Default)]
struct Seen {
    /// Who wants what: the state.
    commands: Vec<(u32, u64)>,
    /// Own commands in the log that nothing was promised about, with their indices.
    ordered: VecDeque<(u64, u64)>,
    /// Own commands that were called stable.
    acked: BTreeSet<u64>,
    /// Own commands that are not in the log yet.
    waiting: BTreeSet<u64>,
    standing: Standing,
    /// The nodes of its group's members.
    nodes: BTreeSet<u32>,
    is_silent: bool,
    is_over: bool,
}

/// A member, on its own thread.
pub(crate) struct Member {
    seen: Arc<Mutex<Seen>>,
    thread: Option<JoinHandle<()>>,
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Member {
    pub(crate) fn start(cluster: &Cluster, id: u32) -> Self {
        let (news, heard) = channel();
        let options = corosync::Options {
            line: Line::File(cluster.line_file()),
            // A member that is gone has nobody to wake.
            wake: Arc::new(move || news.send(()).unwrap_or_default()),
            ..corosync::Options::new(NodeId(id), "log")
        };
        let ring = cluster.node(id).inside(|| Ring::new(options));
        let ring = ring.expect("Corosync's libraries are installed");
        let seen = Arc::new(Mutex::new(Seen::default()));
        let known = Arc::clone(&seen);
        let thread = std::thread::spawn(move || match CMMS.contains(&NodeId(id)) {
            true => {
                let disk = SimDisk::default();
                let platter = disk.clone();
                let engine = engine(disk, ring, Role::Holder);
                live(engine, (&known, &heard), || platter.finish_sync());
            }
            false => {
                let engine = engine(NoDisk::default(), ring, Role::Follower);
                live(engine, (&known, &heard), || false);
            }
        });
        Self {
            seen,
            thread: Some(thread),
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        locked(&self.seen).standing.clone()
    }

    /// The nodes of its group's members.
    pub(crate) fn nodes(&self) -> Vec<u32> {
        locked(&self.seen).nodes.iter().copied().collect()
    }

    /// What it is and does, for messages of failure.
    pub(crate) fn state(&self) -> String {
        let seen = locked(&self.seen);
        format!(
            "{:?} among {:?}; {} ordered, {} promised, {} wait",
            seen.standing,
            seen.nodes,
            seen.commands.len(),
            seen.acked.len(),
            seen.waiting.len()
        )
    }

    /// All commands that it has.
    pub(crate) fn commands(&self) -> Vec<(u32, u64)> {
        locked(&self.seen).commands.clone()
    }

    /// Its own commands that it was promised.
    pub(crate) fn acked(&self) -> BTreeSet<u64> {
        locked(&self.seen).acked.clone()
    }

    /// It submits nothing more.
    pub(crate) fn falls_silent(&self) {
        locked(&self.seen).is_silent = true;
    }

    /// All that it submitted is in the log.
    pub(crate) fn is_idle(&self) -> bool {
        locked(&self.seen).waiting.is_empty()
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        locked(&self.seen).is_over = true;
        if let Some(thread) = self.thread.take() {
            // That it panicked was said when it did.
            drop(thread.join());
        }
    }
}

fn engine<D: Disk>(disk: D, ring: Ring, role: Role) -> Replica<D, Ring> {
    let options = Options {
        member: ring.member(),
        role,
        configured: CMMS.into(),
    };
    Replica::new(options, (disk, Ledger::default(), Promise::default()), ring)
}

fn live<D: Disk>(
    mut engine: Replica<D, Ring>,
    (seen, heard): (&Mutex<Seen>, &Receiver<()>),
    sync: impl Fn() -> bool,
) {
    let id = engine.node().0;
    let mut number = 0;
    let mut events = Vec::new();
    while !locked(seen).is_over {
        // Without news there may still be a sync to see to.
        heard.recv_timeout(NAP).unwrap_or_default();
        while heard.try_recv().is_ok() {}
        while !locked(seen).is_silent && locked(seen).waiting.len() < WAITING_MAX {
            number += 1;
            let command = encode(&[(id, number)]);
            engine.submit(command).expect("there is room");
            locked(seen).waiting.insert(number);
        }
        sync();
        engine.poll(now(), &mut events).expect("the disk keeps it");
        for event in events.drain(..) {
            let wanted = locked(seen).take(event, id);
            if let Some(epoch) = wanted {
                let state = encode(&locked(seen).commands);
                engine.supply(epoch, state);
            }
        }
        locked(seen).nodes = engine.members().iter().map(|it| it.node.0).collect();
    }
}

impl Seen {
    /// Takes an event in; in which epoch the state is wanted, if it is.
    fn take(&mut self, event: Event, id: u32) -> Option<u64> {
        match event {
            Event::Entry(entry) => {
                let command = Content::of(&entry).expect("a group wrote it");
                if let Content::Command { command, .. } = command {
                    let commands = decode(&command);
                    for (_, number) in commands.iter().filter(|(from, _)| *from == id) {
                        self.waiting.remove(number);
                        self.ordered.push_back((entry.pos.index, *number));
                    }
                    self.commands.extend(commands);
                }
            }
            Event::Install(_, state) => {
                self.commands = decode(&state);
                self.ordered.clear();
                let own = self.commands.iter().filter(|(from, _)| *from == id);
                let own: BTreeSet<u64> = own.map(|(_, number)| *number).collect();
                self.waiting.retain(|number| !own.contains(number));
            }
            Event::Stable(index) => {
                while let Some((at, number)) = self.ordered.front().copied()
                    && at <= index
                {
                    self.ordered.pop_front();
                    self.acked.insert(number);
                }
            }
            Event::Standing(standing) => self.standing = standing,
            Event::Supply { epoch } => return Some(epoch),
            Event::Durable(_) | Event::Disconnected(_) => {}
        }
        None
    }
}

fn encode(commands: &[(u32, u64)]) -> Vec<u8> {
    let bytes = commands.iter();
    let bytes = bytes.flat_map(|(id, number)| [u64::from(*id), *number]);
    bytes.flat_map(u64::to_le_bytes).collect()
}

fn decode(bytes: &[u8]) -> Vec<(u32, u64)> {
    let (words, _) = bytes.as_chunks::<8>();
    let words: Vec<u64> = words.iter().map(|it| u64::from_le_bytes(*it)).collect();
    let (pairs, _) = words.as_chunks::<2>();
    let pairs = pairs.iter();
    pairs
        .map(|[id, number]| (u32::try_from(*id).expect("a node"), *number))
        .collect()
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let nanos = since.unwrap_or_default().as_nanos();
    Time(u64::try_from(nanos).unwrap_or(u64::MAX))
}

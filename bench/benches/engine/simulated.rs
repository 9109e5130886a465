//! Groups that are too large for this machine, on a simulated ring.
//!
//! A step is a turn of all members: each says all that it has to say, all of that gets its place in
//! the order and is delivered, syncs end.

use crate::counted::{Counted, Sent};
use bench::{load, microseconds};
use engine::sim::{Net, SimDisk};
use engine::{Engine, NoDisk, Replica};
use group::{Content, Event, Ledger, Member, NodeId, Options, Promise, Role, Standing};
use machine::Time;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Members: two CMMs, the others are blades.
const GROUPS: [u32; 4] = [5, 16, 64, 384];

const CMMS: [NodeId; 2] = [NodeId(1), NodeId(2)];

/// Steps after which a change of the membership must be over.
const STEPS_MAX: u32 = 1_000;

/// Bytes of the command.
const BYTES: usize = 1_024;

pub(crate) fn measure() -> String {
    let head = "| members | | steps | entries | messages | their bytes | largest entry | \
                processor for a member |\n|---|---|---|---|---|---|---|---|\n";
    let mut table = head.to_owned();
    for members in GROUPS {
        let mut world = World::new(members);
        let mut row = |what: &str, cost: &Cost| table += &cost.row(members, what);
        row("all start", &world.all_start());
        row("a command of 1 KiB", &world.command());
        row("a blade's process leaves", &world.leaves(members));
        row("it comes back", &world.comes(members));
        row("CMM 1's process leaves", &world.leaves(1));
        row("it comes back", &world.comes(1));
    }
    table + &format!("\nOne run, as each is the same; {}.\n", load())
}

/// What something cost.
struct Cost {
    steps: u32,
    entries: u64,
    sent: Sent,
    /// Bytes of the largest entry of a view.
    largest: usize,
    time: Duration,
}

impl Cost {
    fn row(&self, members: u32, what: &str) -> String {
        let Self {
            steps,
            entries,
            sent,
            largest,
            time,
        } = self;
        let each = microseconds(*time / members);
        let (messages, bytes) = (sent.messages, sent.bytes);
        format!(
            "| {members} | {what} | {steps} | {entries} | {messages} | {bytes} | {largest} | \
             {each} |\n"
        )
    }
}

/// One member.
struct Place {
    engine: Box<dyn Engine>,
    /// Of a CMM.
    disk: SimDisk,
    sent: Rc<Cell<Sent>>,
}

struct World {
    net: Net,
    nodes: Vec<NodeId>,
    places: Vec<Option<Place>>,
    /// What members had sent that are gone.
    gone: Sent,
    /// The same for all: steps pass as if each took a millisecond.
    now: u64,
    incarnation: u32,
    largest: usize,
}

impl World {
    fn new(members: u32) -> Self {
        let nodes: Vec<NodeId> = (1..=members).map(NodeId).collect();
        Self {
            net: Net::new(&nodes, &CMMS),
            places: nodes.iter().map(|_| None).collect(),
            nodes,
            gone: Sent::default(),
            now: 1,
            incarnation: 0,
            largest: 0,
        }
    }

    /// All start, each alone, and then hear each other at once.
    fn all_start(&mut self) -> Cost {
        let alone: Vec<BTreeSet<NodeId>> = self.nodes.iter().map(|node| [*node].into()).collect();
        self.net.split(&alone, &mut |_| 0);
        for node in self.nodes.clone() {
            self.start(node);
        }
        while self.step() {}
        let all: BTreeSet<NodeId> = self.nodes.iter().copied().collect();
        self.cost(|world| world.net.split(&[all], &mut |_| 0))
    }

    fn command(&mut self) -> Cost {
        self.cost(|world| {
            let first = world.places.first_mut().and_then(Option::as_mut);
            let first = first.expect("it runs");
            first
                .engine
                .submit(vec![0x5a; BYTES])
                .expect("there is room");
        })
    }

    fn leaves(&mut self, id: u32) -> Cost {
        self.cost(|world| {
            let place = world.place(NodeId(id)).take();
            let sent = place.expect("it runs").sent.get();
            world.gone = world.gone.plus(sent);
            world.net.crash(NodeId(id));
            if id == CMMS[0].0 {
                world.net.move_line(CMMS[1]);
            }
        })
    }

    fn comes(&mut self, id: u32) -> Cost {
        self.cost(|world| world.start(NodeId(id)))
    }

    fn place(&mut self, node: NodeId) -> &mut Option<Place> {
        let at = usize::try_from(node.0 - 1).expect("few nodes");
        self.places.get_mut(at).expect("a node")
    }

    /// A process starts, with an empty disk if it is a CMM's.
    fn start(&mut self, node: NodeId) {
        self.incarnation += 1;
        let member = Member {
            node,
            incarnation: self.incarnation,
        };
        let options = |role| Options {
            member,
            role,
            configured: CMMS.into(),
        };
        let port = Counted::new(self.net.join(member));
        let sent = Rc::clone(&port.sent);
        let disk = SimDisk::default();
        let stand = (Ledger::default(), Promise::default());
        let engine: Box<dyn Engine> = match CMMS.contains(&node) {
            true => {
                let keeps = (disk.clone(), stand.0, stand.1);
                Box::new(Replica::new(options(Role::Holder), keeps, port))
            }
            false => {
                let keeps = (NoDisk::default(), stand.0, stand.1);
                Box::new(Replica::new(options(Role::Follower), keeps, port))
            }
        };
        *self.place(node) = Some(Place { engine, disk, sent });
    }

    fn sent(&self) -> Sent {
        let running = self.places.iter().flatten();
        running.fold(self.gone, |sum, place| sum.plus(place.sent.get()))
    }

    /// The end of the log, as the last CMM has it.
    fn index(&self) -> u64 {
        let running = self.places.iter().flatten();
        let ends = running.map(|place| place.engine.ledger().position().index);
        ends.max().unwrap_or(0)
    }

    /// Does something, and lets the group go on until nothing is left to do.
    fn cost(&mut self, what: impl FnOnce(&mut Self)) -> Cost {
        let (sent, index) = (self.sent(), self.index());
        self.largest = 0;
        let start = Instant::now();
        what(self);
        let mut steps = 0;
        while self.step() {
            steps += 1;
            assert!(steps < STEPS_MAX, "it does not come to an end");
        }
        let time = start.elapsed();
        self.check();
        Cost {
            steps,
            entries: self.index() - index,
            sent: self.sent().minus(sent),
            largest: self.largest,
            time,
        }
    }

    /// All are in step.
    fn check(&self) {
        let index = self.index();
        for place in self.places.iter().flatten() {
            let standing = place.engine.standing();
            assert!(matches!(standing, Standing::Primary { .. }), "{standing:?}");
            assert_eq!(place.engine.ledger().position().index, index);
        }
    }

    /// A turn of all; whether there was something to do.
    fn step(&mut self) -> bool {
        self.now += 1_000_000;
        let mut is_busy = false;
        for place in self.places.iter_mut().flatten() {
            let mut events = Vec::new();
            let polled = place.engine.poll(Time(self.now), &mut events);
            polled.expect("a disk without faults");
            is_busy |= !events.is_empty();
            for event in events {
                self.largest = self.largest.max(take(place, event));
            }
        }
        for node in &self.nodes {
            while self.net.order(*node) {
                is_busy = true;
            }
        }
        for node in &self.nodes {
            while self.net.deliver(*node) {
                is_busy = true;
            }
            while self.net.verdict(*node) {
                is_busy = true;
            }
        }
        for place in self.places.iter().flatten() {
            is_busy |= place.disk.finish_sync();
        }
        is_busy
    }
}

/// Does what an appliance must; bytes of the entry of a view, if it is one.
fn take(place: &mut Place, event: Event) -> usize {
    match event {
        Event::Supply { epoch } => place.engine.supply(epoch, Vec::new()),
        Event::Entry(entry) => match Content::of(&entry) {
            Some(Content::Primary { .. }) => return entry.command.len(),
            Some(Content::Command { .. }) | None => {}
        },
        Event::Install(..)
        | Event::Stable(_)
        | Event::Durable(_)
        | Event::Standing(_)
        | Event::Disconnected(_) => {}
    }
    0
}

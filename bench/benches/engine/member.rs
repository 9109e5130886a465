//! A member of a log, in a process of its own: `engine member NODE KIND CMMS FOLDER`.
//!
//! `KIND` is `local` (a group of one), `cmm` (keeps the log), `blade` (follows it), or `echo` (the
//! ring alone). What it must do comes in lines on its standard input; what it says goes out in
//! lines, with times in nanoseconds of the machine's clock.
//!
//! - `load BYTES WINDOW MS`: keeps so many commands of this size under way for so long, or until
//!   `stop`; then says `ran COMMANDS NANOS` and p50 and p99 until stable and until durable.
//! - `probe`: submits a command, and says `probed TIME` when it is stable.
//! - `state BYTES`: its state is as large as that.
//! - `report`: says `now STANDING EPOCH MEMBERS HOLDERS MESSAGES BYTES`.
//!
//! By itself it says `change MEMBERS TIME`, `view EPOCH MEMBERS TIME`, `installed BYTES TIME` and
//! `standing STANDING TIME`.

use crate::counted::Counted;
use crate::load::{Load, Times};
use crate::{echo, now};
use corosync::{Line, Ring};
use engine::{Engine, Loopback, NoDisk, Replica};
use group::{Content, Disk, Event, Ledger, Member, NodeId, Options, Promise, Role, Standing};
use group::{Told, Transport};
use journal::Journal;
use machine::Time;
use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// How long a member sleeps if nobody wakes it.
const NAP: Duration = Duration::from_millis(20);

/// Bytes of a probe.
const PROBE_BYTES: usize = 64;

/// Something to look at.
pub(crate) enum News {
    /// The disk or the ring has something.
    Wake,
    Order(String),
    /// Nobody gives orders any more.
    End,
}

/// The journal of a node.
pub(crate) fn journal_of(folder: &Path) -> PathBuf {
    folder.join("journal")
}

/// The file of the arbitration line, as all members of a cluster have it.
fn line_of(folder: &Path) -> Line {
    let file = folder.parent().map(|cluster| cluster.join("line"));
    file.filter(|it| it.exists()).map_or(Line::None, Line::File)
}

/// Runs until nobody gives orders any more.
pub(crate) fn run(words: &[&str]) {
    let [node, kind, cmms, folder] = words else {
        panic!("usage: engine member NODE KIND CMMS FOLDER");
    };
    let node = NodeId(node.parse().expect("a number"));
    let cmms: u32 = cmms.parse().expect("a number");
    let configured: BTreeSet<NodeId> = (1..=cmms).map(NodeId).collect();
    let folder = Path::new(folder);
    let (news, heard) = channel();
    read_orders(news.clone());
    match *kind {
        "local" => {
            let member = Member {
                node,
                incarnation: std::process::id(),
            };
            let setting = (member, configured, Loopback::new(member));
            keep(setting, &journal_of(folder), (news, heard));
        }
        "echo" => echo::run(ring(node, folder, &news), &heard),
        "cmm" => {
            let ring = ring(node, folder, &news);
            let setting = (ring.member(), configured, ring);
            keep(setting, &journal_of(folder), (news, heard));
        }
        _ => {
            let ring = ring(node, folder, &news);
            let options = Options {
                member: ring.member(),
                role: Role::Follower,
                configured,
            };
            let disk = (NoDisk::default(), Ledger::default(), Promise::default());
            Actor::new(Replica::new(options, disk, Counted::new(ring))).live(&heard);
        }
    }
}

fn read_orders(news: Sender<News>) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            news.send(News::Order(line)).unwrap_or_default();
        }
        news.send(News::End).unwrap_or_default();
    });
}

fn waker(news: &Sender<News>) -> Arc<dyn Fn() + Send + Sync> {
    let news = news.clone();
    Arc::new(move || news.send(News::Wake).unwrap_or_default())
}

fn ring(node: NodeId, folder: &Path, news: &Sender<News>) -> Ring {
    let options = corosync::Options {
        line: line_of(folder),
        wake: waker(news),
        ..corosync::Options::new(node, "bench")
    };
    Ring::new(options).expect("Corosync's libraries are installed")
}

/// A member that keeps the log.
fn keep<T: Transport>(
    (member, configured, way): (Member, BTreeSet<NodeId>, T),
    path: &Path,
    (news, heard): (Sender<News>, Receiver<News>),
) {
    let opened = Journal::open(path, waker(&news));
    let (journal, found) = opened.expect("a journal of ours");
    let options = Options {
        member,
        role: Role::Holder,
        configured: found.required(configured),
    };
    let disk = (journal, found.ledger, found.promise);
    Actor::new(Replica::new(options, disk, Counted::new(way))).live(&heard);
}

/// Who plays the part of an appliance.
struct Actor<D, T> {
    engine: Replica<D, Counted<T>>,
    state: Vec<u8>,
    times: Times,
    load: Option<Load>,
    /// Index of a probe's entry once it is in the log, and whether one is under way.
    probe: Option<u64>,
    is_probing: bool,
}

impl<D: Disk, T: Transport> Actor<D, T> {
    fn new(engine: Replica<D, Counted<T>>) -> Self {
        Self {
            engine,
            state: Vec::new(),
            times: Times::default(),
            load: None,
            probe: None,
            is_probing: false,
        }
    }

    fn live(mut self, heard: &Receiver<News>) {
        loop {
            let first = heard.recv_timeout(NAP).unwrap_or(News::Wake);
            for news in std::iter::once(first).chain(std::iter::from_fn(|| heard.try_recv().ok())) {
                match news {
                    News::Wake => {}
                    News::Order(order) => self.order(&order),
                    News::End => return,
                }
            }
            while self.turn() {}
        }
    }

    fn order(&mut self, order: &str) {
        let words: Vec<&str> = order.split(' ').collect();
        let number = |at: usize| words.get(at).and_then(|it| it.parse::<usize>().ok());
        match (words.first().copied(), number(1), number(2), number(3)) {
            (Some("load"), Some(bytes), Some(window), Some(ms)) => {
                self.times = Times::default();
                self.load = Some(Load::new((bytes, window), ms));
            }
            (Some("stop"), ..) => {
                if let Some(load) = &mut self.load {
                    load.stop();
                }
            }
            (Some("probe"), ..) => {
                self.is_probing = true;
                self.submit(PROBE_BYTES);
            }
            (Some("state"), Some(bytes), ..) => {
                self.state = (0..bytes).map(|it| it.to_le_bytes()[0]).collect();
                say("kept");
            }
            (Some("report"), ..) => self.report(),
            _ => panic!("no such order: {order}"),
        }
    }

    fn submit(&mut self, bytes: usize) {
        self.times.submitted(now());
        self.engine
            .submit(vec![0x5a; bytes])
            .expect("there is room");
    }

    /// One turn; whether there is more to do.
    fn turn(&mut self) -> bool {
        let mut is_busy = false;
        while let Some(load) = &self.load
            && load.wants_more(self.times.under_way())
        {
            is_busy = true;
            self.submit(load.bytes);
        }
        let mut events = Vec::new();
        let polled = self.engine.poll(Time(now()), &mut events);
        polled.expect("the disk keeps it");
        is_busy |= !events.is_empty();
        for (members, when) in std::mem::take(&mut self.engine.transport().changes) {
            say(&format!("change {members} {when}"));
        }
        for event in events {
            self.take(event);
        }
        let is_over = |load: &mut Load| load.is_over(self.times.under_way());
        if let Some(load) = self.load.take_if(is_over) {
            say(&load.result(&self.times));
        }
        is_busy
    }

    fn take(&mut self, event: Event) {
        let when = now();
        match event {
            Event::Entry(entry) => match Content::of(&entry).expect("a group wrote it") {
                Content::Command { from, .. } if from == self.engine.node() => {
                    self.times.ordered(entry.pos.index);
                    if self.is_probing && self.probe.is_none() {
                        self.probe = Some(entry.pos.index);
                    }
                }
                Content::Command { .. } => {}
                Content::Primary {
                    epoch,
                    holders,
                    others,
                    ..
                } => {
                    let members = holders.len() + others.len();
                    say(&format!("view {epoch} {members} {when}"));
                }
            },
            Event::Install(_, state) => {
                say(&format!("installed {} {when}", state.len()));
                self.state = state;
            }
            Event::Stable(index) => {
                self.times.stable(index, when);
                if self.probe.take_if(|at| *at <= index).is_some() {
                    self.is_probing = false;
                    say(&format!("probed {when}"));
                }
            }
            Event::Durable(index) => self.times.durable(index, when),
            Event::Standing(standing) => say(&format!("standing {} {when}", word(&standing).0)),
            Event::Supply { epoch } => self.engine.supply(epoch, self.state.clone()),
            Event::Disconnected(why) => eprintln!("{why}"),
        }
    }

    fn report(&mut self) {
        let (standing, epoch) = word(self.engine.standing());
        let members = self.engine.members().len();
        let holders = self.engine.ledger().holders().len();
        let sent = self.engine.transport().sent.get();
        let (messages, bytes) = (sent.messages, sent.bytes);
        say(&format!(
            "now {standing} {epoch} {members} {holders} {messages} {bytes}"
        ));
    }
}

fn word(standing: &Standing) -> (&'static str, u64) {
    match standing {
        Standing::Forming => ("forming", 0),
        Standing::NotQuorate => ("not-quorate", 0),
        Standing::Awaits(_) => ("awaits", 0),
        Standing::CatchingUp { epoch } => ("catching-up", *epoch),
        Standing::Primary { epoch } => ("primary", *epoch),
        Standing::Superseded => ("superseded", 0),
    }
}

/// Says a line.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever does not listen any more does not want to know.
    let said = writeln!(out, "{line}").and_then(|()| out.flush());
    said.unwrap_or_default();
}

/// Whether the ring has begun.
pub(crate) fn is_config(told: &Told) -> bool {
    matches!(told, Told::Config { .. })
}

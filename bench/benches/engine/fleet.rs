//! Nodes with a Corosync each, and a member of the log on each of them.

use crate::counted::Sent;
use cluster::{Cluster, Options, wait_until};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A member's process.
pub(crate) struct Member {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

/// What a load came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ran {
    pub(crate) count: u64,
    pub(crate) time: Duration,
    pub(crate) stable: [Duration; 2],
    pub(crate) durable: [Duration; 2],
}

/// What a member says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) standing: String,
    pub(crate) epoch: u64,
    pub(crate) members: u64,
    pub(crate) holders: u64,
    pub(crate) sent: Sent,
}

impl Member {
    /// Starts one by a command that has its program already.
    fn start(mut command: Command, (node, kind, cmms): (u32, &str, u32), folder: &Path) -> Self {
        command.args(["member", &node.to_string(), kind, &cmms.to_string()]);
        let mut child = command
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program");
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let (told, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                told.send(line).unwrap_or_default();
            }
        });
        Self {
            child,
            input,
            lines,
        }
    }

    /// A group of one, without Corosync.
    pub(crate) fn alone(folder: &Path) -> Self {
        Self::start(Command::new(own_program()), (1, "local", 1), folder)
    }

    pub(crate) fn order(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("it runs");
    }

    /// All lines up to one that begins with this word, which is the last.
    pub(crate) fn until(&mut self, word: &str) -> Vec<Vec<String>> {
        let mut all = Vec::new();
        loop {
            let line = self.lines.recv_timeout(LIMIT);
            let line = line.unwrap_or_else(|why| panic!("{why}: {word}, after {all:?}"));
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let is_it = words.first().is_some_and(|it| it == word);
            all.push(words);
            if is_it {
                return all;
            }
        }
    }

    /// The words of the next line that begins with this word.
    pub(crate) fn next(&mut self, word: &str) -> Vec<String> {
        self.until(word).pop().unwrap_or_default()
    }

    /// Commands of so many bytes, so many under way, for so long.
    pub(crate) fn load(&mut self, bytes: usize, window: usize, time: Duration) -> Ran {
        self.order(&format!("load {bytes} {window} {}", time.as_millis()));
        self.ran()
    }

    /// What the load that ends now came to.
    pub(crate) fn ran(&mut self) -> Ran {
        let words = self.next("ran");
        let numbers: Vec<u64> = words.iter().flat_map(|it| it.parse()).collect();
        let [count, nanos, s50, s99, d50, d99] = numbers.as_slice() else {
            panic!("{words:?}");
        };
        let time = |nanos: &u64| Duration::from_nanos(*nanos);
        Ran {
            count: *count,
            time: time(nanos),
            stable: [time(s50), time(s99)],
            durable: [time(d50), time(d99)],
        }
    }

    pub(crate) fn report(&mut self) -> Report {
        self.order("report");
        let words = self.next("now");
        let number = |at: usize| words.get(at).and_then(|it| it.parse().ok()).unwrap_or(0);
        Report {
            standing: words.get(1).cloned().unwrap_or_default(),
            epoch: number(2),
            members: number(3),
            holders: number(4),
            sent: Sent {
                messages: number(5),
                bytes: number(6),
            },
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A cluster, and its members.
pub(crate) struct Fleet {
    // They end before their nodes.
    members: Vec<Option<Member>>,
    pub(crate) cluster: Cluster,
    cmms: u32,
}

impl Fleet {
    /// So many nodes, of which the first two keep the log; nobody runs there yet. The second has
    /// the arbitration line.
    pub(crate) fn new(nodes: u32, token_ms: u32) -> Self {
        let cmms = nodes.min(2);
        let cluster = Cluster::new(&Options {
            cmms,
            blades: nodes - cmms,
            links: 1,
            token_ms,
            has_line: cmms == 2,
            has_bus: false,
        });
        if cmms == 2 {
            cluster.hold_line(2);
        }
        cluster.start_all();
        Self {
            members: (0..nodes).map(|_| None).collect(),
            cluster,
            cmms,
        }
    }

    /// A fleet with all its members in step.
    pub(crate) fn with_members(nodes: u32, token_ms: u32) -> Self {
        let mut fleet = Self::new(nodes, token_ms);
        for id in 1..=nodes {
            fleet.start(id);
        }
        fleet.settle();
        fleet
    }

    pub(crate) fn ids(&self) -> std::ops::RangeInclusive<u32> {
        1..=u32::try_from(self.members.len()).expect("few nodes")
    }

    pub(crate) fn start(&mut self, id: u32) {
        let kind = if id <= self.cmms { "cmm" } else { "blade" };
        self.start_as(id, kind);
    }

    pub(crate) fn start_as(&mut self, id: u32, kind: &str) {
        let node = self.cluster.node(id);
        let command = node.command(own_program());
        let member = Member::start(command, (id, kind, self.cmms), node.folder());
        *self.place(id) = Some(member);
    }

    /// Kills a member, as `kill -9` does.
    pub(crate) fn kill(&mut self, id: u32) {
        drop(self.place(id).take());
    }

    /// Removes the journal of a node.
    pub(crate) fn lose_disk(&self, id: u32) {
        let folder = self.cluster.node(id).folder();
        for file in journal::files(&crate::member::journal_of(folder)) {
            std::fs::remove_file(file).unwrap_or_default();
        }
    }

    fn place(&mut self, id: u32) -> &mut Option<Member> {
        let at = usize::try_from(id - 1).expect("few nodes");
        self.members.get_mut(at).expect("a node")
    }

    pub(crate) fn member(&mut self, id: u32) -> &mut Member {
        self.place(id).as_mut().expect("it runs")
    }

    /// Waits until all that run are in step in one view of all of them; what they had sent then.
    pub(crate) fn settle(&mut self) -> Sent {
        let running = || self.members.iter().flatten().count();
        let count = u64::try_from(running()).expect("few nodes");
        let holders = self.cmms_running();
        wait_until(LIMIT, "a view of all", || {
            let reports: Vec<Report> = self
                .members
                .iter_mut()
                .flatten()
                .map(Member::report)
                .collect();
            let epoch = reports.first().map_or(0, |it| it.epoch);
            let is_in_step = |it: &Report| {
                it.standing == "primary"
                    && (it.epoch, it.members, it.holders) == (epoch, count, holders)
            };
            if reports.iter().all(is_in_step) {
                let sent = reports.iter().map(|it| it.sent);
                return Ok(sent.fold(Sent::default(), Sent::plus));
            }
            Err(format!("{reports:?}"))
        })
    }

    fn cmms_running(&self) -> u64 {
        let cmms = usize::try_from(self.cmms).expect("few nodes");
        let running = self.members.iter().take(cmms).flatten().count();
        u64::try_from(running).expect("few nodes")
    }

    /// What all that run have sent, once none of them sends any more.
    pub(crate) fn quiet(&mut self) -> Sent {
        let mut before = self.settle();
        wait_until(LIMIT, "silence", || {
            std::thread::sleep(Duration::from_millis(100));
            let now = self.settle();
            let last = std::mem::replace(&mut before, now);
            (last == now)
                .then_some(now)
                .ok_or_else(|| format!("{now:?}"))
        })
    }
}

fn own_program() -> PathBuf {
    std::env::current_exe().expect("this program")
}

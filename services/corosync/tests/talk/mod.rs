//! `ring-talk` on a node: what it prints, and when.

use cluster::Cluster;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long anything may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A line that was printed.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) line: String,
    pub(crate) when: Instant,
}

/// The parts of a line about the membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config<'a> {
    pub(crate) ring: &'a str,
    pub(crate) members: &'a str,
    pub(crate) nodes: &'a str,
}

impl Config<'_> {
    /// The members' nodes.
    pub(crate) fn ids(&self) -> Vec<u32> {
        let members = self.members.split(',');
        let nodes = members.filter_map(|member| member.split(':').next()?.parse().ok());
        nodes.collect()
    }
}

/// The parts of such a line.
pub(crate) fn of_config(line: &str) -> Config<'_> {
    let words: Vec<&str> = line.split(' ').collect();
    let ["config", ring, "members", members, "nodes", nodes] = words.as_slice() else {
        panic!("no change of the membership: {line}");
    };
    Config {
        ring,
        members,
        nodes,
    }
}

/// `ring-talk` on a node.
pub(crate) struct Talk {
    id: u32,
    child: Child,
    input: ChildStdin,
    lines: Receiver<Said>,
    /// All that was said, for messages of failure.
    heard: Vec<String>,
}

impl Talk {
    /// Starts it in the group `test`, with the cluster's line.
    pub(crate) fn start(cluster: &Cluster, id: u32) -> Self {
        Self::start_as(cluster, id, id)
    }

    /// Starts it on a node that it takes for another.
    pub(crate) fn start_as(cluster: &Cluster, id: u32, claimed: u32) -> Self {
        let mut command = cluster.node(id).command(env!("CARGO_BIN_EXE_ring-talk"));
        command.args([&claimed.to_string(), "test"]);
        command.arg(cluster.line_file());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was built with this test");
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let (told, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let when = Instant::now();
                if told.send(Said { line, when }).is_err() {
                    return;
                }
            }
        });
        Self {
            id,
            child,
            input,
            lines,
            heard: Vec::new(),
        }
    }

    /// Types a line.
    pub(crate) fn order(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("it reads");
    }

    /// Kills it; when that was.
    pub(crate) fn kill(&mut self) -> Instant {
        let when = Instant::now();
        self.child.kill().expect("it runs");
        self.child.wait().expect("it runs");
        when
    }

    /// Waits for a line that begins with this word.
    #[track_caller]
    pub(crate) fn await_word(&mut self, word: &str) -> Said {
        self.await_line(word, |line| line.split(' ').next() == Some(word))
    }

    /// Waits for a change to these members, by their nodes.
    #[track_caller]
    pub(crate) fn await_members(&mut self, ids: &[u32]) -> Said {
        let what = format!("members {ids:?}");
        self.await_line(&what, |line| {
            line.starts_with("config ") && of_config(line).ids() == ids
        })
    }

    /// Waits for a ring of these nodes.
    #[track_caller]
    pub(crate) fn await_nodes(&mut self, nodes: &str) -> Said {
        let what = format!("nodes {nodes}");
        self.await_line(&what, |line| {
            line.starts_with("config ") && of_config(line).nodes == nodes
        })
    }

    /// The change of the membership that was told last.
    #[track_caller]
    pub(crate) fn config(&self) -> &str {
        let config = self.heard.iter().rev().find(|it| it.starts_with("config "));
        config.expect("a ring was told")
    }

    /// Waits for this verdict on the ring that was told last.
    #[track_caller]
    pub(crate) fn await_verdict(&mut self, quorate: bool) -> Said {
        let wanted = format!("quorum {} {quorate}", of_config(self.config()).ring);
        let seen = self.heard.iter().rev().find(|it| it.starts_with("quorum "));
        assert_ne!(seen, Some(&wanted), "it was told before: {:?}", self.heard);
        self.await_line(&wanted, |line| line == wanted)
    }

    /// Waits until the line's vote is cast on this node.
    #[track_caller]
    pub(crate) fn await_vote(&self, cluster: &Cluster) {
        cluster::wait_until(TIMEOUT, "the line's vote", || {
            let votes = cluster.node(self.id).votes();
            (votes == Some(3))
                .then_some(())
                .ok_or_else(|| format!("{votes:?}"))
        });
    }

    /// Waits for a line of which `is_it` says that it is it.
    #[track_caller]
    pub(crate) fn await_line(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> Said {
        let end = Instant::now() + TIMEOUT;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(said) => {
                    self.heard.push(said.line.clone());
                    if is_it(&said.line) {
                        return said;
                    }
                }
                Err(why @ (RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)) => panic!(
                    "node {} did not say ({why}): {what}; it said:\n{}",
                    self.id,
                    self.heard.join("\n")
                ),
            }
        }
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // It may have been killed before.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

//! A shelf of real daemons: CMMs and blades with a Corosync each, and a simulated chassis that
//! gives the blades their power.

mod daemons;
mod instances;

pub use daemons::shelfctl;
pub use instances::Watch;

use crate::{Cluster, Options, wait_until};
use daemons::{Daemons, log_file};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longest that anything may take. CI machines are loaded.
pub const PATIENCE: Duration = Duration::from_secs(45);
/// The CMMs' nodes.
pub const CMMS: [u32; 2] = [1, 2];
/// The blades' nodes, in slots 1 to 3.
pub const BLADES: [u32; 3] = [3, 4, 5];
/// Where the instances of the sample application show their state: by node.
const INSTANCES: [(u32, u16); 2] = [(3, 7101), (4, 7102)];

/// Where clients find the shelf.
pub const SHARED_ADDRESS: &str = "10.77.200.1";

/// A shelf. All of it ends with this value.
#[derive(Debug)]
pub struct Shelf {
    /// Its nodes.
    pub cluster: Arc<Cluster>,
    chassis: Child,
    daemons: Daemons,
}

impl Shelf {
    /// Brings everything up, and waits until the application is assigned.
    ///
    /// # Panics
    /// When it takes longer than [`PATIENCE`], or the workspace was not built.
    pub fn start(token_ms: u32) -> Self {
        let cluster = Cluster::new(&Options {
            cmms: 2,
            blades: 3,
            token_ms,
            has_bus: true,
            ..Options::default()
        });
        cluster.start_all();
        let cluster = Arc::new(cluster);
        let daemons = Daemons::default();
        let chassis = daemons::chassis(&cluster, &daemons);
        let shelf = Self {
            cluster,
            chassis,
            daemons,
        };
        CMMS.iter().for_each(|cmm| shelf.start_daemon(*cmm));
        shelf.settled();
        shelf
    }

    /// Starts a member's daemon.
    pub fn start_daemon(&self, node: u32) {
        daemons::start(&self.cluster, &self.daemons, node);
    }

    /// Ends a member's daemon as `kill -9` does.
    pub fn kill_daemon(&self, node: u32) {
        let mut daemon = locked(&self.daemons).remove(&node).expect("it runs");
        daemon.kill().expect("our own process");
        daemon.wait().expect("our own process");
    }

    /// Ends a member's daemon as a service manager does, and starts it again with somebody who
    /// looks after it, and lets it be silent for so many seconds.
    pub fn supervise_daemon(&self, node: u32, limit_s: u32) {
        self.end_daemon(node);
        let limit = limit_s.to_string();
        let supervisor = ["supervise", "--limit", &limit];
        daemons::start_under(&supervisor, &self.cluster, &self.daemons, node);
    }

    /// Stops a daemon that somebody looks after, as SIGSTOP does.
    pub fn hang_daemon(&self, node: u32) {
        let supervisor = locked(&self.daemons)[&node].id();
        let daemons = daemons::children(supervisor);
        assert_eq!(daemons.len(), 1, "one daemon runs under {supervisor}");
        signal("-STOP", daemons[0]);
    }

    /// Ends a member's daemon as a service manager does, and starts it again.
    pub fn restart_daemon(&self, node: u32) {
        self.end_daemon(node);
        self.start_daemon(node);
    }

    fn end_daemon(&self, node: u32) {
        let mut daemon = locked(&self.daemons).remove(&node).expect("it runs");
        signal("-TERM", daemon.id());
        daemon.wait().expect("our own process");
    }

    /// What a member's `shelfctl … --json` prints.
    pub fn ask(&self, node: u32, words: &[&str]) -> Result<Value, String> {
        let mut command = shelfctl(self.cluster.node(node));
        let output = command.args(words).arg("--json").output();
        let output = output.expect("it was built");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        serde_json::from_slice(&output.stdout).map_err(|why| why.to_string())
    }

    /// The cluster as a member sees it.
    pub fn seen_by(&self, node: u32) -> Result<Value, String> {
        let mut view = self.ask(node, &["cluster", "status"])?;
        Ok(view["members"].take())
    }

    /// Looks again and again, and meanwhile after the nodes' Corosyncs, which may end by themselves
    /// ([`Cluster::tend`]).
    ///
    /// # Panics
    /// When `limit` is over.
    #[track_caller]
    pub fn wait_until<T>(
        &self,
        limit: Duration,
        what: &str,
        mut look: impl FnMut() -> Result<T, String>,
    ) -> T {
        wait_until(limit, what, || {
            self.cluster.tend();
            look()
        })
    }

    /// The CMM that owns the hardware; waits until the CMMs agree on one.
    #[track_caller]
    pub fn active(&self) -> u32 {
        self.wait_until(PATIENCE, "one active CMM", || {
            let views = CMMS.map(|cmm| self.seen_by(cmm));
            let actives: Vec<Option<u64>> = views
                .iter()
                .flatten()
                .map(|it| it["active"].as_u64())
                .collect();
            match actives[..] {
                [Some(one), Some(other)] if one == other => {
                    u32::try_from(one).map_err(|why| why.to_string())
                }
                _ => Err(format!("{views:?}")),
            }
        })
    }

    /// Waits until a CMM owns the hardware, as it says itself.
    #[track_caller]
    pub fn await_active(&self, cmm: u32) {
        self.wait_until(PATIENCE, &format!("CMM {cmm} is active"), || {
            let view = self.seen_by(cmm)?;
            match (&view["active"], &view["standing"]) {
                (active, standing) if *active == cmm && standing == "primary" => Ok(()),
                _ => Err(view.to_string()),
            }
        });
    }

    /// Where a member's daemon keeps its journal and all else that it keeps.
    pub fn run_dir(&self, node: u32) -> PathBuf {
        daemons::run_dir(self.cluster.node(node))
    }

    /// A member's log, as its daemon writes it.
    pub fn log(&self, node: u32) -> PathBuf {
        log_file(self.cluster.node(node))
    }

    /// Waits until all members have one log and the application is fully assigned.
    #[track_caller]
    pub fn settled(&self) {
        self.wait_until(PATIENCE, "one log", || {
            let views: Vec<Value> = CMMS
                .iter()
                .chain(&BLADES)
                .map(|node| self.seen_by(*node).map_err(|why| format!("{node}: {why}")))
                .collect::<Result<_, _>>()?;
            let same = |key: &str| views.iter().all(|view| view[key] == views[0][key]);
            let primary = views.iter().all(|view| view["standing"] == "primary");
            let both = views[0]["members"].as_array().map(|members| {
                let standby = members.iter().filter(|it| it["state"] == "standby");
                standby.count()
            });
            match primary && same("epoch") && both == Some(1) {
                true => Ok(()),
                false => Err(format!("{views:?}")),
            }
        });
        self.wait_until(PATIENCE, "an active and a standby instance", || {
            let mut states: Vec<String> = self.instances().into_values().collect();
            states.sort();
            match states == ["ACTIVE", "STANDBY"] {
                true => Ok(()),
                false => Err(format!("{states:?}")),
            }
        });
    }

    /// Waits until a member's view is in this state.
    #[track_caller]
    pub fn await_standing(&self, node: u32, wanted: &str) {
        self.wait_until(PATIENCE, &format!("node {node} is {wanted}"), || {
            let view = self.seen_by(node)?;
            let is_so = view["standing"] == wanted;
            is_so.then_some(()).ok_or(view.to_string())
        });
    }

    /// Does something to the hardware: a line that `chassis-sim` reads.
    pub fn hands(&mut self, line: &str) {
        let stdin = self.chassis.stdin.as_mut().expect("it is piped");
        writeln!(stdin, "{line}").expect("it runs");
    }

    /// The instances' processes, by node.
    pub fn processes(&self) -> BTreeMap<u32, String> {
        let shown = INSTANCES.iter().filter_map(|(node, port)| {
            let line = instances::told(self.cluster.node(*node), *port)?;
            Some((*node, line.split(' ').next_back()?.to_owned()))
        });
        shown.collect()
    }

    /// HA states of the instances that run, by node.
    pub fn instances(&self) -> BTreeMap<u32, String> {
        let shown = INSTANCES.iter().filter_map(|(node, port)| {
            let state = instances::state(self.cluster.node(*node), *port)?;
            Some((*node, state))
        });
        shown.collect()
    }

    /// The node with the active instance; waits until there is one.
    #[track_caller]
    pub fn await_instance(&self, where_not: Option<u32>) -> u32 {
        self.wait_until(PATIENCE, "an active instance", || {
            let states = self.instances();
            let mut active = states.iter().filter(|(_, state)| *state == "ACTIVE");
            let found = active.next().map(|(node, _)| *node);
            found
                .filter(|node| Some(*node) != where_not)
                .ok_or(format!("{states:?}"))
        })
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for node in self.cluster.nodes() {
                let log = std::fs::read_to_string(log_file(node)).unwrap_or_default();
                let lines: Vec<&str> = log.lines().collect();
                let end = lines.len().saturating_sub(40);
                eprintln!("--- {}\n{}", node.name(), lines[end..].join("\n"));
            }
        }
        for daemon in locked(&self.daemons).values_mut() {
            let looked_after = daemons::children(daemon.id());
            drop(daemon.kill());
            drop(daemon.wait());
            for pid in looked_after {
                drop(Command::new("kill").args(["-9", &pid.to_string()]).status());
            }
        }
        drop(self.chassis.kill());
        drop(self.chassis.wait());
    }
}

fn signal(which: &str, pid: u32) {
    let sent = Command::new("kill")
        .args([which, &pid.to_string()])
        .status();
    assert!(sent.is_ok_and(|it| it.success()), "{pid} runs");
}

/// What threads share; one that panicked has told why already.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

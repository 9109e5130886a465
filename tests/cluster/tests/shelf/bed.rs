//! A shelf of real daemons: CMMs and blades with a Corosync each, and a simulated chassis that
//! gives the blades their power.

use cluster::{Cluster, Node, Options, wait_until};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longest that anything may take. CI machines are loaded.
pub(crate) const PATIENCE: Duration = Duration::from_secs(45);
/// How long a daemon may take to answer.
const ANSWER: Duration = Duration::from_secs(2);
/// The CMMs' nodes.
pub(crate) const CMMS: [u32; 2] = [1, 2];
/// The blades' nodes, in slots 1 to 3.
pub(crate) const BLADES: [u32; 3] = [3, 4, 5];
/// Where the instances of the sample application show their state: by node.
const INSTANCES: [(u32, u16); 2] = [(3, 7101), (4, 7102)];

/// Where clients find the shelf.
pub(crate) const SHARED_ADDRESS: &str = "10.77.200.1";

type Daemons = Arc<Mutex<BTreeMap<u32, Child>>>;

/// A shelf. All of it ends with this value.
pub(crate) struct Shelf {
    pub(crate) cluster: Arc<Cluster>,
    chassis: Child,
    daemons: Daemons,
    /// Started anew on nodes whose own was killed.
    corosyncs: Daemons,
}

impl Shelf {
    /// Brings everything up, and waits until the application is assigned.
    pub(crate) fn start() -> Self {
        let mut cluster = Cluster::new(&Options {
            cmms: 2,
            blades: 3,
            has_bus: true,
            ..Options::default()
        });
        cluster.start_all();
        let cluster = Arc::new(cluster);
        let daemons = Daemons::default();
        let chassis = chassis(&cluster, &daemons);
        let shelf = Self {
            cluster,
            chassis,
            daemons,
            corosyncs: Daemons::default(),
        };
        CMMS.iter().for_each(|cmm| shelf.start_daemon(*cmm));
        shelf.settled();
        shelf
    }

    /// Starts a member's daemon.
    pub(crate) fn start_daemon(&self, node: u32) {
        start(&self.cluster, &self.daemons, node);
    }

    /// Ends a member's daemon as `kill -9` does.
    pub(crate) fn kill_daemon(&self, node: u32) {
        let mut daemon = locked(&self.daemons).remove(&node).expect("it runs");
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    }

    /// Ends a member's daemon as a service manager does, and starts it again.
    pub(crate) fn restart_daemon(&self, node: u32) {
        let mut daemon = locked(&self.daemons).remove(&node).expect("it runs");
        let pid = daemon.id().to_string();
        Command::new("kill").arg(&pid).status().unwrap();
        daemon.wait().unwrap();
        self.start_daemon(node);
    }

    /// What a member's `shelfctl … --json` prints.
    pub(crate) fn ask(&self, node: u32, words: &[&str]) -> Result<Value, String> {
        let mut command = shelfctl(self.cluster.node(node));
        let output = command.args(words).arg("--json").output().unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        serde_json::from_slice(&output.stdout).map_err(|why| why.to_string())
    }

    /// The cluster as a member sees it.
    pub(crate) fn seen_by(&self, node: u32) -> Result<Value, String> {
        let mut view = self.ask(node, &["cluster", "status"])?;
        Ok(view["members"].take())
    }

    /// Waits until a CMM owns the hardware, as it says itself.
    #[track_caller]
    pub(crate) fn await_active(&self, cmm: u32) {
        wait_until(PATIENCE, &format!("CMM {cmm} is active"), || {
            let view = self.seen_by(cmm)?;
            match (&view["active"], &view["standing"]) {
                (active, standing) if *active == cmm && standing == "primary" => Ok(()),
                _ => Err(view.to_string()),
            }
        });
    }

    /// Waits until all members have one log and the application is fully assigned.
    #[track_caller]
    pub(crate) fn settled(&self) {
        wait_until(PATIENCE, "one log", || {
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
        wait_until(PATIENCE, "an active and a standby instance", || {
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
    pub(crate) fn await_standing(&self, node: u32, wanted: &str) {
        wait_until(PATIENCE, &format!("node {node} is {wanted}"), || {
            let view = self.seen_by(node)?;
            let is_so = view["standing"] == wanted;
            is_so.then_some(()).ok_or(view.to_string())
        });
    }

    /// Ends a node's Corosync as `kill -9` does.
    pub(crate) fn kill_corosync(&self, node: u32) {
        let own = self.cluster.node(node).corosync_pid();
        let again = locked(&self.corosyncs).remove(&node);
        let pid = again.as_ref().map_or(own.expect("it runs"), Child::id);
        let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
        assert!(killed.unwrap().success());
        if let Some(mut child) = again {
            child.wait().unwrap();
        }
    }

    /// Starts it again.
    pub(crate) fn start_corosync(&self, node: u32) {
        let at = self.cluster.node(node);
        let log = File::options().append(true).open(at.log_file()).unwrap();
        let mut command = at.command(cluster::program("corosync", "corosync"));
        let quiet = command.arg("-f").stdin(Stdio::null()).stdout(Stdio::null());
        let child = quiet.stderr(log).spawn().unwrap();
        locked(&self.corosyncs).insert(node, child);
    }

    /// Does something to the hardware: a line that `chassis-sim` reads.
    pub(crate) fn hands(&mut self, line: &str) {
        let stdin = self.chassis.stdin.as_mut().expect("it is piped");
        writeln!(stdin, "{line}").unwrap();
    }

    /// The instances' processes, by node.
    pub(crate) fn processes(&self) -> BTreeMap<u32, String> {
        let shown = INSTANCES.iter().filter_map(|(node, port)| {
            let line = told(self.cluster.node(*node), *port)?;
            Some((*node, line.split(' ').next_back()?.to_owned()))
        });
        shown.collect()
    }

    /// HA states of the instances that run, by node.
    pub(crate) fn instances(&self) -> BTreeMap<u32, String> {
        let shown = INSTANCES
            .iter()
            .filter_map(|(node, port)| Some((*node, self.state(*node, *port)?)));
        shown.collect()
    }

    /// The node with the active instance; waits until there is one.
    #[track_caller]
    pub(crate) fn await_instance(&self, where_not: Option<u32>) -> u32 {
        wait_until(PATIENCE, "an active instance", || {
            let states = self.instances();
            let mut active = states.iter().filter(|(_, state)| *state == "ACTIVE");
            let found = active.next().map(|(node, _)| *node);
            found
                .filter(|node| Some(*node) != where_not)
                .ok_or(format!("{states:?}"))
        })
    }

    fn state(&self, node: u32, port: u16) -> Option<String> {
        state(self.cluster.node(node), port)
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
        let corosyncs = &mut *locked(&self.corosyncs);
        for daemon in locked(&self.daemons)
            .values_mut()
            .chain(corosyncs.values_mut())
        {
            drop(daemon.kill());
            drop(daemon.wait());
        }
        drop(self.chassis.kill());
        drop(self.chassis.wait());
    }
}

/// The HA state that an instance shows; `None` when none runs there.
pub(crate) fn state(node: &Node, port: u16) -> Option<String> {
    told(node, port)?.split(' ').next().map(str::to_owned)
}

/// State, component and process id, as an instance tells them.
fn told(node: &Node, port: u16) -> Option<String> {
    node.inside(move || {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut stream = TcpStream::connect_timeout(&address, ANSWER).ok()?;
        stream.set_read_timeout(Some(ANSWER)).ok()?;
        stream.write_all(b"STATE\n").ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).ok()?;
        Some(line.trim().to_owned())
    })
}

/// Watches all instances until it is dropped; never were two active at one time.
pub(crate) struct Watch {
    over: Arc<Mutex<bool>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    pub(crate) fn start(cluster: &Arc<Cluster>) -> Self {
        let over = Arc::new(Mutex::new(false));
        let (ends, cluster) = (Arc::clone(&over), Arc::clone(cluster));
        let thread = std::thread::spawn(move || {
            let [(first, its_port), (second, other_port)] = INSTANCES;
            while !*locked(&ends) {
                let is_active = |node: u32, port: u16| {
                    state(cluster.node(node), port).is_some_and(|it| it == "ACTIVE")
                };
                // Active before the other was seen to be, and after it.
                let twice = is_active(first, its_port)
                    && is_active(second, other_port)
                    && is_active(first, its_port);
                assert!(!twice, "two instances were active at one time");
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Self {
            over,
            thread: Some(thread),
        }
    }

    /// Ends it.
    pub(crate) fn end(mut self) {
        *locked(&self.over) = true;
        let thread = self.thread.take().expect("it runs until now");
        assert!(
            thread.join().is_ok(),
            "two instances were active at one time"
        );
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn shelfctl(node: &Node) -> Command {
    let mut command = node.command(built("shelfctl"));
    command.arg("--run-dir").arg(run_dir(node));
    command
}

/// The chassis, and whoever starts and ends what runs on its blades.
fn chassis(cluster: &Arc<Cluster>, daemons: &Daemons) -> Child {
    let node = cluster.chassis();
    let rmcp = format!("{}:623", node.bus_address());
    let mut command = node.command(built("chassis-sim"));
    command.args([
        "--payload",
        "--populated",
        "1,2,3",
        "--user",
        "admin:openshelf",
    ]);
    let mut child = command
        .args(["--rmcp", &rmcp])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let (cluster, daemons) = (Arc::clone(cluster), Arc::clone(daemons));
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let words: Vec<&str> = line.split(' ').collect();
            let ["payload", slot, what] = words[..] else {
                continue;
            };
            let blade = BLADES[slot.parse::<usize>().unwrap() - 1];
            if what != "on" {
                end_payload(&cluster, &daemons, blade);
            }
            if what != "off" {
                start(&cluster, &daemons, blade);
            }
        }
    });
    child
}

/// All that runs on a blade but its Corosync, which stands for the network card here.
fn end_payload(cluster: &Cluster, daemons: &Daemons, blade: u32) {
    let folder = run_dir(cluster.node(blade)).display().to_string();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_of_it = |pid: &u32| {
        let read = |file: &str| std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let both = [read("environ"), read("cmdline")].concat();
        String::from_utf8_lossy(&both).contains(&folder)
    };
    let here: Vec<String> = pids.filter(is_of_it).map(|pid| pid.to_string()).collect();
    drop(
        Command::new("kill")
            .arg("-9")
            .args(here)
            .stderr(Stdio::null())
            .status(),
    );
    if let Some(mut daemon) = locked(daemons).remove(&blade) {
        drop(daemon.kill());
        drop(daemon.wait());
    }
}

fn start(cluster: &Cluster, daemons: &Daemons, id: u32) {
    let node = cluster.node(id);
    let config = node.folder().join("shelfd.toml");
    std::fs::write(&config, configuration(cluster, node)).unwrap();
    let log = File::options()
        .create(true)
        .append(true)
        .open(log_file(node))
        .unwrap();
    let daemon = node
        .command(built("shelfd"))
        .arg("run")
        .arg("--config")
        .arg(config)
        .arg("--run-dir")
        .arg(run_dir(node))
        .env("OPENSHELF_LOG", "info")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    locked(daemons).insert(id, daemon);
}

fn configuration(cluster: &Cluster, node: &Node) -> String {
    let id = node.id();
    let common = format!("[cluster]\nengine = \"corosync\"\nnode = {id}\ncmms = [1, 2]\n");
    if let Some(slot) = BLADES.iter().position(|blade| *blade == id) {
        let name = format!("safAmfNode=blade{},safAmfCluster=shelf", slot + 1);
        return format!("{common}role = \"blade\"\n[[node]]\nname = \"{name}\"\n");
    }
    let models = repository().join("examples/models");
    let names = [
        "classes/amf",
        "classes/clm",
        "classes/plm",
        "classes/smf",
        "demo",
        "counter",
    ];
    let files: Vec<String> = names
        .iter()
        .map(|name| format!("\"{}/{name}.xml\"", models.display()))
        .collect();
    format!(
        "{common}address = \"{SHARED_ADDRESS}/16\"\ninterface = \"eth0\"\n\
         [cluster.line]\nkind = \"file\"\npath = \"{}\"\n\
         [[user]]\nname = \"admin\"\npassword = \"openshelf\"\n\
         [listen]\nhpi = \"0.0.0.0:4743\"\nhpi_allow = [\"{}\"]\n\
         [chassis]\nport = \"lan\"\naddress = \"{}:623\"\nuser = \"admin\"\n\
         password = \"openshelf\"\n\
         [model]\nbin = \"{}\"\nfiles = [{}]\n",
        cluster.line_file().display(),
        cluster.chassis().address(),
        cluster.chassis().bus_address(),
        folder_of_builds().display(),
        files.join(", "),
    )
}

fn run_dir(node: &Node) -> PathBuf {
    node.folder().join("shelfd")
}

fn log_file(node: &Node) -> PathBuf {
    node.folder().join("shelfd.log")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Where this build's programs are: tests lie in a folder of their own beside them.
fn folder_of_builds() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.parent().and_then(Path::parent).unwrap().to_owned()
}

fn built(name: &str) -> PathBuf {
    let file = folder_of_builds().join(name);
    assert!(
        file.is_file(),
        "{}: build the workspace first",
        file.display()
    );
    file
}

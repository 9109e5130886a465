//! Nodes with a Corosync each, in namespaces of one machine: for tests and benchmarks of programs
//! that need a ring around them.
//!
//! Each node has its own network and mount namespace: its own `/etc/corosync`, `/var/lib/corosync`,
//! `/run` and `/dev/shm`, and a network card for each link, by which it hears the others. Cards are
//! plugged into switches, so that cutting a node off is what pulling its cable is: packets vanish,
//! and nobody says so. Nothing of it is seen outside, and nothing is left when the [`Cluster`] is
//! dropped, or its process dies.
//!
//! ```no_run
//! let mut cluster = cluster::Cluster::new(&cluster::Options::default());
//! cluster.start_all();
//! let mut daemon = cluster.node(1).command("/usr/bin/env").spawn().unwrap();
//! cluster.cut(1);
//! cluster.await_ring(&[2, 3]);
//! daemon.wait().unwrap();
//! ```

mod node;
pub mod shelf;
mod wires;

pub use node::Node;
pub use programs::{as_root, program, wait_until};

use corosync_conf::{Conf, Log, Role};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use wires::{BUS, Wires};

/// How long a ring may take to form: more than ten tokens of a second.
const RING_TIMEOUT: Duration = Duration::from_secs(30);

/// What a cluster consists of.
#[derive(Clone, Debug)]
pub struct Options {
    /// So many CMMs: nodes 1 and on.
    pub cmms: u32,
    /// So many blades: the nodes after them.
    pub blades: u32,
    /// Networks that connect them.
    pub links: u8,
    /// Milliseconds until a token is given up.
    pub token_ms: u32,
    /// Whether there is an arbitration line. Node 1 has it at first.
    pub has_line: bool,
    /// Whether there is a management bus, with a [chassis](Cluster::chassis) on it: one more
    /// network, which no cut concerns.
    pub has_bus: bool,
}

impl Default for Options {
    /// Two CMMs with a line between them, one blade, and a ring that notices soon.
    fn default() -> Self {
        Self {
            cmms: 2,
            blades: 1,
            links: 1,
            token_ms: 500,
            has_line: true,
            has_bus: false,
        }
    }
}

/// All nodes, and what connects them.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    // Before the wires: they end in the nodes.
    nodes: Vec<Node>,
    chassis: Option<Node>,
    wires: Wires,
}

impl Cluster {
    /// Nodes that can hear each other; no Corosync runs yet.
    ///
    /// # Panics
    /// When a program is missing (the message names the package) or the kernel has no namespaces
    /// for this user.
    #[track_caller]
    pub fn new(options: &Options) -> Self {
        let folder = new_folder();
        let wires = Wires::new(options.links, options.has_bus);
        let conf = conf(options);
        let nodes = conf.nodes.iter().map(|it| Node::new(it, &folder, &wires));
        let nodes: Vec<Node> = nodes.collect();
        let chassis = options
            .has_bus
            .then(|| Node::new(&chassis_node(), &folder, &wires));
        let cluster = Self {
            folder,
            nodes,
            chassis,
            wires,
        };
        cluster.heal();
        cluster.configure(&conf);
        if options.has_line {
            cluster.hold_line(1);
        }
        cluster
    }

    /// A node, by its id: 1 and on.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn node(&self, id: u32) -> &Node {
        let found = self.nodes.iter().find(|node| node.id() == id);
        found.unwrap_or_else(|| panic!("no node {id}"))
    }

    /// The machine at the other end of the management bus. It has a card in the nodes' first
    /// network too, where it is with most of them whatever is cut: clients of the shelf run there.
    ///
    /// # Panics
    /// When there is no bus.
    #[track_caller]
    pub fn chassis(&self) -> &Node {
        self.chassis.as_ref().expect("the options have a bus")
    }

    /// All nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The cluster's folder, which all nodes see under this name.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file that says who has the arbitration line.
    pub fn line_file(&self) -> PathBuf {
        self.folder.join("line")
    }

    /// Gives the arbitration line to a node.
    ///
    /// # Panics
    /// When the file cannot be written.
    #[track_caller]
    pub fn hold_line(&self, id: u32) {
        let new = self.folder.join("line.new");
        let moved = std::fs::write(&new, format!("{id}\n"))
            .and_then(|()| std::fs::rename(&new, self.line_file()));
        moved.unwrap_or_else(|why| panic!("{}: {why}", new.display()));
    }

    /// Starts Corosync on all nodes, and waits until they have one ring.
    ///
    /// # Panics
    /// When they do not get one.
    #[track_caller]
    pub fn start_all(&self) {
        for node in &self.nodes {
            node.start_corosync();
        }
        let ids: Vec<u32> = self.nodes.iter().map(Node::id).collect();
        self.await_ring(&ids);
    }

    /// Starts Corosync on a node.
    ///
    /// # Panics
    /// When it runs there, or cannot be started.
    #[track_caller]
    pub fn start_corosync(&self, id: u32) {
        self.node(id).start_corosync();
    }

    /// Starts Corosync anew where it has ended by itself, as a service manager does: one that has
    /// just started may fail an assertion of its own (docs/ring.md, "Set it up").
    ///
    /// # Panics
    /// When it cannot be started.
    #[track_caller]
    pub fn tend(&self) {
        self.nodes.iter().for_each(Node::tend_corosync);
    }

    /// Kills Corosync on a node, as `kill -9` does.
    ///
    /// # Panics
    /// When none runs there.
    #[track_caller]
    pub fn kill_corosync(&self, id: u32) {
        self.node(id).kill_corosync();
    }

    /// Stops Corosync on a node, as a service manager does: it takes its leave of the others.
    ///
    /// # Panics
    /// When none runs there.
    #[track_caller]
    pub fn stop_corosync(&self, id: u32) {
        self.node(id).stop_corosync();
    }

    /// Waits until each of these nodes sees a ring of just these nodes.
    ///
    /// # Panics
    /// When that takes too long; the message has the end of a node's log.
    #[track_caller]
    pub fn await_ring(&self, ids: &[u32]) {
        for id in ids {
            let node = self.node(*id);
            wait_until(RING_TIMEOUT, &format!("{ids:?} at node {id}"), || {
                let seen = node.ring();
                if seen == ids {
                    return Ok(());
                }
                Err(format!("{seen:?}; Corosync says:\n{}", node.log_end()))
            });
        }
    }

    /// Cuts a node off: it hears nobody, and nobody hears it. The others hear each other.
    pub fn cut(&self, id: u32) {
        let others: Vec<u32> = self.nodes.iter().map(Node::id).collect();
        let others: Vec<u32> = others.into_iter().filter(|it| *it != id).collect();
        self.split(&[&[id], &others]);
    }

    /// Cuts one link of a node; its other links stay.
    pub fn cut_link(&self, id: u32, link: u8) {
        self.wires.unplug(id, link);
    }

    /// Takes a node's way to the chassis; the others, and the ring, stay.
    pub fn cut_bus(&self, id: u32) {
        self.wires.unplug(id, BUS);
    }

    /// Gives it back.
    pub fn mend_bus(&self, id: u32) {
        self.wires.plug_bus(id);
    }

    /// Nodes hear each other only within these groups. A node in none is alone.
    pub fn split(&self, groups: &[&[u32]]) {
        for node in &self.nodes {
            let group = groups.iter().position(|group| group.contains(&node.id()));
            self.wires.plug(node.id(), group);
        }
        let largest = (0..groups.len()).max_by_key(|group| groups[*group].len());
        if let Some(chassis) = &self.chassis {
            self.wires.plug(chassis.id(), largest);
        }
    }

    /// All hear each other again.
    pub fn heal(&self) {
        for node in &self.nodes {
            self.wires.plug(node.id(), Some(0));
        }
        if let Some(chassis) = &self.chassis {
            self.wires.plug(chassis.id(), Some(0));
        }
    }

    fn configure(&self, conf: &Conf) {
        let text = conf.text().unwrap_or_else(|why| panic!("{why}"));
        // The same on all nodes; nobody outside has to guess it.
        let key: Vec<u8> = (0..=u8::MAX).collect();
        for node in &self.nodes {
            node.configure(&text, &key);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in self.nodes.iter_mut().chain(&mut self.chassis) {
            node.end();
        }
        if std::thread::panicking() {
            eprintln!("kept for a look: {}", self.folder.display());
        } else {
            // A folder that cannot be deleted does no harm in a temporary place.
            std::fs::remove_dir_all(&self.folder).unwrap_or_default();
        }
    }
}

/// No node of the ring has so high a number.
fn chassis_node() -> corosync_conf::Node {
    corosync_conf::Node {
        id: 250,
        name: "chassis".into(),
        links: Vec::new(),
        role: Role::Blade,
    }
}

fn new_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("openshelf-cluster-{}-{count}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    folder
}

fn conf(options: &Options) -> Conf {
    let node = |id: u32| {
        let (name, role) = if id <= options.cmms {
            (format!("cmm{id}"), Role::Cmm)
        } else {
            (format!("blade{id}"), Role::Blade)
        };
        let links = (0..options.links).map(|link| IpAddr::from(wires::address(link, id)));
        corosync_conf::Node {
            id,
            name,
            links: links.collect(),
            role,
        }
    };
    Conf {
        cluster: "test".into(),
        nodes: (1..=options.cmms + options.blades).map(node).collect(),
        token_ms: options.token_ms,
        has_line: options.has_line,
        log: Log::Stderr,
    }
}

//! The processes of the shelf: the chassis, the daemons, and what they are started with.

use super::{BLADES, SHARED_ADDRESS, locked};
use crate::{Cluster, Node};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// Those that run, by node.
pub(super) type Daemons = Arc<Mutex<BTreeMap<u32, Child>>>;

/// What a member is asked with.
///
/// # Panics
/// When it was not built.
pub fn shelfctl(node: &Node) -> Command {
    let mut command = node.command(built("shelfctl"));
    command.arg("--run-dir").arg(run_dir(node));
    command
}

/// The chassis, and whoever starts and ends what runs on its blades.
pub(super) fn chassis(cluster: &Arc<Cluster>, daemons: &Daemons) -> Child {
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
        .expect("it was built");
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let (cluster, daemons) = (Arc::clone(cluster), Arc::clone(daemons));
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let words: Vec<&str> = line.split(' ').collect();
            let ["payload", slot, what] = words[..] else {
                continue;
            };
            let blade = BLADES[slot.parse::<usize>().expect("a number") - 1];
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

/// Processes that another one has started, and that still run.
pub(super) fn children(pid: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |it: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{it}/stat")).unwrap_or_default();
        // Behind the name, which may have any character in it, and the state.
        let behind = stat.rsplit(") ").next().unwrap_or_default();
        behind.split(' ').nth(1) == Some(&pid.to_string())
    };
    pids.filter(is_child).collect()
}

pub(super) fn start(cluster: &Cluster, daemons: &Daemons, id: u32) {
    start_under(&[], cluster, daemons, id);
}

/// Starts a member's daemon, by way of somebody who looks after it, if any.
pub(super) fn start_under(supervisor: &[&str], cluster: &Cluster, daemons: &Daemons, id: u32) {
    let node = cluster.node(id);
    let config = node.folder().join("shelfd.toml");
    std::fs::write(&config, configuration(cluster, node)).expect("a folder of our own");
    let log = File::options()
        .create(true)
        .append(true)
        .open(log_file(node))
        .expect("a folder of our own");
    let daemon = node
        .command(built("shelfd"))
        .args(supervisor)
        .arg("run")
        .arg("--config")
        .arg(config)
        .arg("--run-dir")
        .arg(run_dir(node))
        .env("OPENSHELF_LOG", "info")
        // It is killed at the end, and can remove nothing.
        .env("TMPDIR", node.folder())
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("an open file"))
        .stderr(log)
        .spawn()
        .expect("it was built");
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
         damaged_journal = \"set-aside\"\n\
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

pub(super) fn run_dir(node: &Node) -> PathBuf {
    node.folder().join("shelfd")
}

pub(super) fn log_file(node: &Node) -> PathBuf {
    node.folder().join("shelfd.log")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the repository")
}

/// Where this build's programs are: tests lie in a folder of their own beside them.
fn folder_of_builds() -> PathBuf {
    let tests = std::env::current_exe().expect("tests are programs");
    let folder = tests.parent().and_then(Path::parent);
    folder.expect("two folders down").to_owned()
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

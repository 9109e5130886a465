//! One node.

use crate::wires::{self, Wires, hold};
use programs::program;
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};
use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Makes a node's view of the file system, holds its namespaces, and lets nothing live on in them.
const HOLD: &str = r#"
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /dev/shm
mount --bind "$0/etc" /etc/corosync
mount --bind "$0/var" /var/lib/corosync
mount --bind "$0/run" /run
ip link set lo up
echo ready
exec 2>/dev/null
cat >/dev/null || :
set +e
own=$(readlink /proc/self/ns/net)
for process in /proc/[0-9]*; do
    pid=${process#/proc/}
    [ "$(readlink "$process/ns/net")" = "$own" ] && [ "$pid" != $$ ] && kill -9 "$pid"
done
"#;

/// Most characters of a log that a message repeats.
const LOG_END: usize = 2000;

/// A node: namespaces, and a Corosync if it was started.
#[derive(Debug)]
pub struct Node {
    id: u32,
    name: String,
    folder: PathBuf,
    holder: Child,
    /// How a program gets in.
    entrance: Vec<std::ffi::OsString>,
    /// `None` where none runs, or shall run.
    corosync: Mutex<Option<Child>>,
}

impl Node {
    pub(crate) fn new(node: &corosync_conf::Node, cluster: &Path, wires: &Wires) -> Self {
        let folder = cluster.join(&node.name);
        for part in ["etc", "var", "run"] {
            let part = folder.join(part);
            fs::create_dir_all(&part).unwrap_or_else(|why| panic!("{}: {why}", part.display()));
        }
        // Its folders are mounted over those of the package.
        program("corosync", "corosync");
        let mut command = wires.here();
        command.arg(program("unshare", "util-linux"));
        command.args(["--net", "--mount", "sh", "-c", HOLD]);
        let holder = hold(command.arg(&folder));
        wires.lay(node.id, holder.id());
        let entrance = wires.enter(holder.id());
        let program = entrance.get_program().to_owned();
        let words = std::iter::once(program).chain(entrance.get_args().map(Into::into));
        Self {
            id: node.id,
            name: node.name.clone(),
            folder,
            entrance: words.collect(),
            holder,
            corosync: Mutex::new(None),
        }
    }

    /// Its id: 1 and on, CMMs first.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Its name: `cmm1`, `blade3`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A folder of its own, which it sees under this name.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its address on the first link.
    pub fn address(&self) -> Ipv4Addr {
        wires::address(0, self.id)
    }

    /// Its address on the management bus.
    pub fn bus_address(&self) -> Ipv4Addr {
        wires::address(wires::BUS, self.id)
    }

    /// A command that runs on the node; the child that it becomes is the program itself.
    ///
    /// Name programs and files by their full paths: its working directory is the root.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(&self.entrance[0]);
        command.args(&self.entrance[1..]).arg(program.as_ref());
        // What a terminal sends to the tests is not for the nodes.
        command.process_group(0);
        command
    }

    /// Does something on the node, on a thread of its own: threads that it starts stay there, and
    /// so do the connections that it makes. Only root can; see [`crate::as_root`].
    ///
    /// # Panics
    /// When the kernel does not let this thread in, or when `work` panics.
    #[track_caller]
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let pid = self.holder.id();
        let done = std::thread::scope(|scope| {
            let thread = scope.spawn(move || {
                enter(pid)
                    .unwrap_or_else(|why| panic!("node of process {pid}: {why}; see as_root"));
                work()
            });
            thread.join()
        });
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// The process id of its Corosync.
    pub fn corosync_pid(&self) -> Option<u32> {
        self.corosync().as_ref().map(Child::id)
    }

    /// Stops its Corosync, as `kill -STOP` does.
    ///
    /// # Panics
    /// When none runs.
    #[track_caller]
    pub fn freeze_corosync(&self) {
        self.signal("-STOP");
    }

    /// Lets a stopped Corosync go on.
    ///
    /// # Panics
    /// When none runs.
    #[track_caller]
    pub fn thaw_corosync(&self) {
        self.signal("-CONT");
    }

    /// The nodes of its ring, as its Corosync sees it; none while it does not answer.
    pub fn ring(&self) -> Vec<u32> {
        let tool = program("corosync-cmapctl", "corosync");
        let output = self.command(tool).arg("runtime.members").output();
        let Ok(output) = output else {
            return Vec::new();
        };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut ids: Vec<u32> = text.lines().filter_map(joined).collect();
        ids.sort_unstable();
        ids
    }

    /// The votes that its Corosync counts; none while it does not answer. The arbitration line's is
    /// counted where it is cast.
    pub fn votes(&self) -> Option<u32> {
        let tool = program("corosync-quorumtool", "corosync");
        let output = self.command(tool).arg("-s").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut lines = text.lines();
        let votes = lines.find_map(|line| line.strip_prefix("Total votes:"))?;
        votes.trim().parse().ok()
    }

    /// The end of what its Corosync wrote.
    pub fn log_end(&self) -> String {
        let text = fs::read(self.log_file()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let start = text.len().saturating_sub(LOG_END);
        let line = text.as_bytes()[start..].iter().position(|it| *it == b'\n');
        let start = if start == 0 {
            0
        } else {
            start + line.unwrap_or(0) + 1
        };
        text.get(start..).unwrap_or_default().to_owned()
    }

    /// What its Corosync writes.
    pub fn log_file(&self) -> PathBuf {
        self.folder.join("corosync.log")
    }

    pub(crate) fn configure(&self, conf: &str, key: &[u8]) {
        let etc = self.folder.join("etc");
        let authkey = etc.join("authkey");
        let written = fs::write(etc.join("corosync.conf"), conf)
            .and_then(|()| fs::write(&authkey, key))
            .and_then(|()| fs::set_permissions(&authkey, fs::Permissions::from_mode(0o600)));
        written.unwrap_or_else(|why| panic!("{}: {why}", etc.display()));
    }

    pub(crate) fn start_corosync(&self) {
        let mut corosync = self.corosync();
        assert!(corosync.is_none(), "Corosync runs on {}", self.name);
        *corosync = Some(self.spawn_corosync());
    }

    pub(crate) fn tend_corosync(&self) {
        let mut corosync = self.corosync();
        if let Some(Ok(Some(status))) = corosync.as_mut().map(Child::try_wait) {
            eprintln!("{}: Corosync ended by itself, {status}", self.name);
            *corosync = Some(self.spawn_corosync());
        }
    }

    fn spawn_corosync(&self) -> Child {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_file());
        let log = log.unwrap_or_else(|why| panic!("{}: {why}", self.log_file().display()));
        let copy = log.try_clone().expect("it is open");
        let mut command = self.command(program("corosync", "corosync"));
        let child = command
            .arg("-f")
            .stdin(Stdio::null())
            .stdout(copy)
            .stderr(log)
            .spawn();
        child.unwrap_or_else(|why| panic!("{command:?}: {why}"))
    }

    fn corosync(&self) -> MutexGuard<'_, Option<Child>> {
        self.corosync.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn kill_corosync(&self) {
        let child = self.corosync().take();
        let mut child = child.unwrap_or_else(|| panic!("no Corosync on {}", self.name));
        child
            .kill()
            .unwrap_or_else(|why| panic!("{}: {why}", self.name));
        child
            .wait()
            .unwrap_or_else(|why| panic!("{}: {why}", self.name));
        // Its flight recorder, 8 MB of memory each time.
        let rest = format!("rm -f /dev/shm/qb-corosync-{}-*", child.id());
        programs::output_of(self.command("/bin/sh").args(["-c", &rest]));
    }

    pub(crate) fn stop_corosync(&self) {
        let child = self.corosync().take();
        let mut child = child.unwrap_or_else(|| panic!("no Corosync on {}", self.name));
        signal("-TERM", child.id());
        let status = child.wait();
        assert!(
            status.as_ref().is_ok_and(ExitStatus::success),
            "{}: {status:?}",
            self.name
        );
    }

    /// Ends all that runs on it, and the node.
    pub(crate) fn end(&mut self) {
        let own = network(self.holder.id());
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let here = pids.filter(|pid| own.is_some() && network(*pid) == own);
        let mut kill = Command::new("kill");
        kill.arg("-9").args(here.map(|pid| pid.to_string()));
        // Some may have ended by themselves since: nothing depends on its answer.
        drop(kill.stderr(Stdio::null()).status());
        let child = self.corosync().take();
        if let Some(mut child) = child {
            drop(child.wait());
        }
        wires::end(&mut self.holder);
    }

    #[track_caller]
    fn signal(&self, which: &str) {
        let pid = self.corosync_pid();
        signal(
            which,
            pid.unwrap_or_else(|| panic!("no Corosync on {}", self.name)),
        );
    }
}

#[track_caller]
fn signal(which: &str, pid: u32) {
    programs::output_of(Command::new("kill").args([which, &pid.to_string()]));
}

/// Moves this thread into the network and mount namespace of a process.
fn enter(pid: u32) -> std::io::Result<()> {
    let net = File::open(format!("/proc/{pid}/ns/net"))?;
    let mount = File::open(format!("/proc/{pid}/ns/mnt"))?;
    // Other threads stay where they are.
    #[expect(deprecated, reason = "what is unsafe about unshare is not this flag")]
    rustix::thread::unshare(UnshareFlags::FS)?;
    move_into_link_name_space(net.as_fd(), Some(LinkNameSpaceType::Network))?;
    move_into_link_name_space(mount.as_fd(), Some(LinkNameSpaceType::Mount))?;
    Ok(())
}

/// The network namespace of a process.
fn network(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/net")).ok()
}

/// The node of a line such as `runtime.members.1.status (str) = joined`.
fn joined(line: &str) -> Option<u32> {
    let rest = line.strip_prefix("runtime.members.")?;
    let (id, rest) = rest.split_once('.')?;
    (rest == "status (str) = joined").then(|| id.parse().ok())?
}

//! Real journals, each on a file system of its own that can be filled.

use crate::bed::Found;
use group::NodeId;
use journal::Journal;
use programs::{output_of, program};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Room on each.
const BYTES: u64 = 512 * 1024 * 1024;

/// What of a journal's files holds something, in the order in which copies of them fit together
/// while they are written: what tells of others first.
const FILES: [&str; 3] = ["journal.db-mark", "journal.db-wal", "journal.db"];

/// The disks of CMMs.
pub(crate) struct Journals {
    folder: PathBuf,
    /// Which folder of a disk has its journal.
    current: BTreeMap<NodeId, u32>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Journals {
    /// # Panics
    /// When this process may not mount anything.
    pub(crate) fn new(name: &str, cmms: &[NodeId], wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let process = std::process::id();
        let folder = std::env::temp_dir().join(format!("openshelf-engines-{process}-{name}"));
        let journals = Self {
            folder,
            current: cmms.iter().map(|node| (*node, 0)).collect(),
            wake,
        };
        for node in cmms {
            let disk = journals.disk(*node);
            fs::create_dir_all(&disk).expect("a temporary folder");
            let mut mount = mount();
            output_of(mount.args(["-t", "tmpfs", "tmpfs"]).arg(&disk));
            journals.empty(*node);
        }
        journals
    }

    fn disk(&self, node: NodeId) -> PathBuf {
        self.folder.join(node.0.to_string())
    }

    fn place(&self, node: NodeId) -> PathBuf {
        let current = self.current.get(&node).expect("a CMM");
        self.disk(node).join(current.to_string())
    }

    /// Nothing is in the way any more, and nothing is there.
    pub(crate) fn begin(&mut self) {
        let nodes: Vec<NodeId> = self.current.keys().copied().collect();
        for node in nodes {
            self.empty(node);
            self.renew(node);
        }
    }

    pub(crate) fn open(&self, node: NodeId) -> Found {
        let place = self.place(node);
        fs::create_dir_all(&place).expect("there is room");
        let path = place.join("journal.db");
        let opened = Journal::open(&path, Arc::clone(&self.wake));
        let (journal, found) = opened.unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        Found {
            disk: Box::new(journal),
            state: found.snapshot.map(|it| (it.ledger, it.state)),
            entries: found.entries,
            ledger: found.ledger,
            promised: found.promise,
        }
    }

    /// The process that has it open is killed: the next one finds the files as they are now. Ended
    /// by itself, it would tidy up.
    pub(crate) fn kill(&mut self, node: NodeId) {
        let left = self.place(node);
        self.renew(node);
        let place = self.place(node);
        fs::create_dir_all(&place).expect("there is room");
        for file in FILES {
            let from = left.join(file);
            if from.exists() {
                fs::copy(from, place.join(file)).expect("there is room");
            }
        }
    }

    /// The next process finds nothing. What lies there is deleted, but for what may be open.
    pub(crate) fn renew(&mut self, node: NodeId) {
        let disk = self.disk(node);
        let current = self.current.get_mut(&node).expect("a CMM");
        let open = current.to_string();
        *current += 1;
        for old in fs::read_dir(&disk).into_iter().flatten().flatten() {
            if *old.file_name() != *open {
                fs::remove_dir_all(old.path()).expect("nobody has it open");
            }
        }
    }

    /// The file system is as large as what is on it.
    pub(crate) fn fill(&self, node: NodeId) {
        let disk = self.disk(node);
        let stat = rustix::fs::statvfs(&disk).expect("it is mounted");
        resize(&disk, (stat.f_blocks - stat.f_bfree) * stat.f_frsize);
    }

    /// There is room again.
    pub(crate) fn empty(&self, node: NodeId) {
        resize(&self.disk(node), BYTES);
    }
}

impl Drop for Journals {
    fn drop(&mut self) {
        for node in self.current.keys() {
            let mut umount = Command::new(program("umount", "mount"));
            // The namespace takes the rest with it.
            drop(umount.arg("-l").arg(self.disk(*node)).status());
        }
        fs::remove_dir_all(&self.folder).unwrap_or_default();
    }
}

fn mount() -> Command {
    Command::new(program("mount", "mount"))
}

fn resize(disk: &Path, bytes: u64) {
    let options = format!("remount,size={bytes}");
    // With its source it takes on no other options, of which some are not allowed to all users.
    output_of(mount().args(["-o", &options, "tmpfs"]).arg(disk));
}

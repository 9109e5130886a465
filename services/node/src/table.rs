//! What runs, written down for the agent that comes after this one was killed.
//!
//! It need not survive the loss of power, which no component survives either, so nothing waits for
//! a disk.

use crate::kept::Kept;
use crate::process;
use ais::Dn;
use lifecycle::Record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Version of its form.
const VERSION: u32 = 1;

/// The table and its files.
#[derive(Debug)]
pub(crate) struct Table {
    path: PathBuf,
    kept: Kept,
    content: Content,
    is_new: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    version: u32,
    /// The boot of the host to which the processes belong.
    boot: String,
    /// Counts the agents.
    agents: u16,
    components: BTreeMap<String, Record>,
}

/// In place of a boot: the node has lost its power, or is to lose it.
const NO_BOOT: &str = "none";

/// Reads the version before anything else, which may have another form in another version.
#[derive(Deserialize)]
struct Head {
    version: u32,
}

impl Table {
    /// Reads the table. What cannot be read, or is of another boot, is as good as empty.
    pub(crate) fn read(path: &Path) -> Self {
        let boot = process::boot_id();
        let (kept, old) = Kept::open(path);
        let old = old.and_then(|text| parsed(&text));
        let is_new = old.as_ref().is_none_or(|old| old.boot != boot);
        let (agents, components) = match old {
            Some(old) if !is_new => (old.agents, old.components),
            Some(old) => (old.agents, BTreeMap::new()),
            None => (0, BTreeMap::new()),
        };
        let agents = agents.wrapping_add(1);
        Self {
            path: path.into(),
            kept,
            content: Content {
                version: VERSION,
                boot,
                agents,
                components,
            },
            is_new,
        }
    }

    /// Whether no earlier agent is known to have run since the node has booted.
    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Which agent this is, counted from the first.
    pub(crate) fn agents(&self) -> u16 {
        self.content.agents
    }

    /// What the earlier agent wrote down.
    pub(crate) fn records(&self) -> impl Iterator<Item = (Dn, Record)> {
        let components = self.content.components.values();
        components.map(|record| (record.spec.component.clone(), record.clone()))
    }

    /// Writes a component down, or forgets it; only if that changes anything.
    pub(crate) fn keep(&mut self, component: &Dn, record: Option<Record>) {
        let components = &mut self.content.components;
        if components.get(component.as_str()) == record.as_ref() {
            return;
        }
        match record {
            Some(record) => components.insert(component.as_str().into(), record),
            None => components.remove(component.as_str()),
        };
        if let Err(error) = self.write() {
            // Without it a new agent still finds the processes by their environment when it starts
            // anew.
            tracing::error!(path = %self.path.display(), %error, "cannot write down what runs");
        }
    }

    /// Writes it.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        let text = serde_json::to_vec(&self.content)?;
        self.kept.write(&text)
    }

    /// Forgets everything but how many agents there were.
    pub(crate) fn clear(&mut self) {
        self.content.components.clear();
        self.content.boot = NO_BOOT.into();
        if let Err(error) = self.write() {
            tracing::error!(path = %self.path.display(), %error, "cannot forget what ran");
        }
    }
}

fn parsed(text: &[u8]) -> Option<Content> {
    let head: Head = serde_json::from_slice(text).ok()?;
    if head.version != VERSION {
        return None;
    }
    serde_json::from_slice(text).ok()
}

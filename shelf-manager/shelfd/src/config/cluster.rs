//! The cluster that this member is part of.

use machine::NodeId;
use ports::address::SharedAddress;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The cluster that this member is part of. Without this section it is alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Cluster {
    /// What it is there.
    pub(crate) role: Role,
    /// Who orders the log.
    pub(crate) engine: Engine,
    /// This node, as Corosync numbers it.
    pub(crate) node: Option<u32>,
    /// Nodes of the CMMs, as Corosync numbers them: all of them must be there when the log begins.
    pub(crate) cmms: BTreeSet<u32>,
    /// Name of the process group: shelves that share a ring have one each.
    pub(crate) group: Option<String>,
    /// The hardware arbitration line between the CMMs.
    pub(crate) line: Line,
    /// The address at which clients find the shelf, as `10.0.0.9/24`: the CMM that owns the
    /// hardware has it.
    pub(crate) address: Option<String>,
    /// The network card that has the address.
    pub(crate) interface: Option<String>,
    /// What a CMM does that finds its journal damaged.
    pub(crate) damaged_journal: DamagedJournal,
}

/// What a CMM does that finds its journal damaged when it starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DamagedJournal {
    /// It ends, and an operator looks what it was: perhaps the disk.
    #[default]
    Refuse,
    /// It sets the journal aside and takes the log of the other CMM, as with
    /// `shelfd journal set-aside`: where that one may miss something, the log does not go on before
    /// an operator says so.
    SetAside,
}

/// What a member is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    /// A chassis management module: keeps the log, and can own the hardware.
    #[default]
    Cmm,
    /// A blade: follows the log, and runs components.
    Blade,
}

impl Role {
    /// The word in the configuration, and in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Cmm => "cmm",
            Self::Blade => "blade",
        }
    }
}

/// Who orders the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Engine {
    /// This process, for itself.
    #[default]
    Local,
    /// A ring of Corosync, which must run on this node.
    Corosync,
}

/// The hardware arbitration line: one CMM holds it at a time, and with it a vote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Line {
    /// There is none: two CMMs go on only together, or one after it has seen the other go.
    #[default]
    None,
    /// A file that names the node that holds it: for tests and labs.
    File {
        /// Where it is.
        path: PathBuf,
    },
    /// A line of a GPIO controller: high while this CMM holds it.
    Gpio {
        /// Such as `/dev/gpiochip0`.
        chip: PathBuf,
        /// Its number there.
        offset: u32,
    },
}

impl Cluster {
    /// What is wrong with it, and what to do.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_corosync = self.engine == Engine::Corosync;
        let has_journal = self.role == Role::Cmm && is_corosync;
        if self.damaged_journal == DamagedJournal::SetAside
            && !(has_journal && self.other_cmm().is_some())
        {
            return Err(
                "[cluster] damaged_journal = \"set-aside\" is for a CMM that can take the \
                        log of another one: there is none in cmms"
                    .into(),
            );
        }
        match (self.role, is_corosync) {
            (Role::Blade, false) => Err("[cluster] role = \"blade\" follows the log of others: \
                                         it needs engine = \"corosync\""
                .into()),
            (Role::Cmm | Role::Blade, true) if self.node.is_none() => Err(
                "[cluster] engine = \"corosync\" needs the number that corosync.conf gives this \
                 node, such as node = 1"
                    .into(),
            ),
            (Role::Cmm | Role::Blade, true) if self.cmms.is_empty() => Err(
                "[cluster] engine = \"corosync\" needs the nodes of all CMMs, such as \
                     cmms = [1, 2]"
                    .into(),
            ),
            (Role::Cmm | Role::Blade, true) | (Role::Cmm, false) => Ok(()),
        }
    }

    /// The address at which clients find the shelf.
    pub(crate) fn shared_address(&self) -> Result<Option<SharedAddress>, String> {
        match (&self.address, &self.interface) {
            (None, None) => Ok(None),
            (Some(address), Some(interface)) => SharedAddress::parse(address, interface)
                .map(Some)
                .map_err(|why| format!("[cluster] address = \"{address}\": {why}")),
            (Some(_), None) => {
                Err("[cluster] address needs an interface, such as interface = \"eth0\"".into())
            }
            (None, Some(_)) => Err(
                "[cluster] interface needs an address, such as address = \"10.0.0.9/24\"".into(),
            ),
        }
    }

    /// All CMMs; none without a cluster.
    pub(crate) fn cmms(&self) -> BTreeSet<NodeId> {
        self.cmms.iter().copied().map(NodeId).collect()
    }

    /// A CMM that is not this node.
    pub(crate) fn other_cmm(&self) -> Option<NodeId> {
        let mut others = self.cmms.iter().filter(|node| Some(**node) != self.node);
        others.next().copied().map(NodeId)
    }

    /// Name of the process group.
    pub(crate) fn group(&self) -> &str {
        self.group.as_deref().unwrap_or("openshelf")
    }
}

impl From<Line> for corosync::Line {
    fn from(line: Line) -> Self {
        match line {
            Line::None => Self::None,
            Line::File { path } => Self::File(path),
            Line::Gpio { chip, offset } => Self::Gpio { chip, offset },
        }
    }
}

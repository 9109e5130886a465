//! What Corosync must know of a shelf: the text of its `corosync.conf`, the same on all nodes.
//!
//! Source: corosync.conf(5) and votequorum(5) of Corosync 3.1.7.
#![no_std]

extern crate alloc;

mod text;

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

/// Most nodes of a ring.
///
/// Choice: as many as libcpg can tell of (`CPG_MEMBERS_MAX`); beyond that it writes over the end
/// of its arrays, although the daemon itself takes 384.
/// Source: corosync/cpg.h of Corosync 3.1.7; `cpg_dispatch` of its lib/cpg.c.
pub const NODES_MAX: usize = 128;

/// Most links of a node, each a network of its own.
/// Source: `INTERFACE_MAX` of Corosync 3.1.7's totem.h.
pub const LINKS_MAX: usize = 8;

/// Largest number of a node.
/// Source: `knet_node_id_t` of kronosnet 1.25's libknet.h, which has 16 bits.
pub const ID_MAX: u32 = 65_535;

/// Fewest milliseconds until a token is given up. Choice: below it a busy machine loses its ring.
pub const TOKEN_MS_MIN: u32 = 100;

/// The name under which the arbitration line is registered as quorum device.
///
/// Corosync takes any model for which it is given polls; only `net` starts a daemon of its own.
/// Source: `votequorum_qdevice_is_configured` of Corosync 3.1.7's exec/votequorum.c.
pub const DEVICE: &str = "openshelf-line";

/// Milliseconds after which the line's vote is void if nobody repeats it.
///
/// Choice: eight times the interval at which it is repeated. Shorter than Corosync's own 10 s: it
/// is also how long a shelf manager that died may let ring changes wait.
pub const DEVICE_TIMEOUT_MS: u32 = 2000;

/// Milliseconds for which a ring change waits for the line's vote when it had one before.
///
/// All of the ring waits: no message is sent in the meantime. Choice: well above the few
/// milliseconds that a shelf manager needs, and well below Corosync's own 30 s, for the case that
/// it has just died.
pub const DEVICE_SYNC_TIMEOUT_MS: u32 = 500;

/// A shelf, as Corosync sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conf {
    /// What its ring is called.
    pub cluster: String,
    /// Who is in it.
    pub nodes: Vec<Node>,
    /// Milliseconds until a token that does not come is given up. A dead node is noticed after
    /// about 2.2 times as long.
    pub token_ms: u32,
    /// Whether the shelf has an arbitration line between its two CMMs.
    pub has_line: bool,
    /// Where Corosync writes what it does.
    pub log: Log,
}

/// One node of the ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// 1 to [`ID_MAX`].
    pub id: u32,
    /// For people.
    pub name: String,
    /// Its address on each link.
    pub links: Vec<IpAddr>,
    /// What it is.
    pub role: Role,
}

/// What a node is to its ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It has a vote.
    Cmm,
    /// It has none.
    Blade,
}

/// Where Corosync writes what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// To the system's log.
    Syslog,
    /// To the standard error.
    Stderr,
}

/// Why there is no ring like that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfError {
    /// A name is empty, or has something else than letters, digits, `-`, `_` and `.`.
    Name(String),
    /// No CMM, or too many nodes.
    Nodes(usize),
    /// A node's number is 0, too large, or another node's.
    Id(u32),
    /// A name is another node's.
    NameTwice(String),
    /// A node has no address, too many, or not as many as the first one.
    Links(u32),
    /// An address is another node's.
    AddressTwice(IpAddr),
    /// A line is for two CMMs: this many there are.
    Line(usize),
    /// The token is given up too soon.
    Token(u32),
}

impl Conf {
    /// The text of `corosync.conf`.
    pub fn text(&self) -> Result<String, ConfError> {
        self.check()?;
        Ok(text::of(self))
    }

    /// How many votes there are when everything works.
    pub fn expected_votes(&self) -> usize {
        self.cmms() + usize::from(self.has_line)
    }

    fn cmms(&self) -> usize {
        let cmms = self.nodes.iter().filter(|node| node.role == Role::Cmm);
        cmms.count()
    }

    fn check(&self) -> Result<(), ConfError> {
        check_name(&self.cluster)?;
        let cmms = self.cmms();
        if cmms == 0 || self.nodes.len() > NODES_MAX {
            return Err(ConfError::Nodes(self.nodes.len()));
        }
        if self.has_line && cmms != 2 {
            return Err(ConfError::Line(cmms));
        }
        if self.token_ms < TOKEN_MS_MIN {
            return Err(ConfError::Token(self.token_ms));
        }
        let links = self.nodes[0].links.len();
        let (mut ids, mut names, mut addresses) =
            <(BTreeSet<_>, BTreeSet<_>, BTreeSet<_>)>::default();
        for node in &self.nodes {
            check_name(&node.name)?;
            if node.id == 0 || node.id > ID_MAX || !ids.insert(node.id) {
                return Err(ConfError::Id(node.id));
            }
            if !names.insert(&node.name) {
                return Err(ConfError::NameTwice(node.name.clone()));
            }
            if links == 0 || links > LINKS_MAX || node.links.len() != links {
                return Err(ConfError::Links(node.id));
            }
            for address in &node.links {
                if !addresses.insert(*address) {
                    return Err(ConfError::AddressTwice(*address));
                }
            }
        }
        Ok(())
    }
}

/// A name stands in the file as it is: with a line break in it, it would say something else.
fn check_name(name: &str) -> Result<(), ConfError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(ConfError::Name(name.into()));
    }
    Ok(())
}

impl fmt::Display for ConfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(
                f,
                "\"{name}\" is no name: letters, digits, '-', '_' and '.' make one"
            ),
            Self::Nodes(count) => write!(
                f,
                "a ring has at least one CMM and up to {NODES_MAX} nodes; here are {count} nodes"
            ),
            Self::Id(id) => write!(f, "node id {id}: ids are 1 to {ID_MAX}, each for one node"),
            Self::NameTwice(name) => write!(f, "two nodes are called {name}"),
            Self::Links(id) => write!(
                f,
                "node {id}: each node has the same number of addresses, 1 to {LINKS_MAX}"
            ),
            Self::AddressTwice(address) => write!(f, "two nodes have the address {address}"),
            Self::Line(cmms) => write!(
                f,
                "an arbitration line decides between two CMMs; here are {cmms}"
            ),
            Self::Token(ms) => write!(f, "a token of {ms} ms is below {TOKEN_MS_MIN} ms"),
        }
    }
}

impl core::error::Error for ConfError {}

#[cfg(test)]
mod tests;

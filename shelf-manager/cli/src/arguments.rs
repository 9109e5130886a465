//! What can be typed.

use clap::{Args, Parser, Subcommand};
use std::net::IpAddr;
use std::path::PathBuf;
use web_api::{AdminOperation, Order};

/// Asks and orders a running shelfd.
///
/// Exit codes: 0 done, 1 refused or failed, 2 usage.
#[derive(Clone, Debug, Parser)]
#[command(name = "shelfctl", version, disable_help_subcommand = true)]
pub struct Arguments {
    /// Prints JSON with stable keys instead of tables
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// The folder that holds shelfd.sock
    #[arg(
        long,
        global = true,
        env = "OPENSHELF_RUN",
        default_value = "run",
        value_name = "DIR"
    )]
    pub(crate) run_dir: PathBuf,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// The faceplate: each place with its state, blue LED and handle
    Shelf,
    /// The IPM controllers
    Board,
    /// Inventory
    Fru {
        /// IPMB address in hexadecimal, such as 82 or 0x82
        #[arg(value_parser = address)]
        address: Option<u8>,
        /// FRU device id
        fru: Option<u8>,
    },
    /// Sensors with readings and thresholds
    Sensor {
        /// IPMB address in hexadecimal, such as 82 or 0x82
        #[arg(value_parser = address)]
        address: Option<u8>,
    },
    /// The system event log
    Sel {
        /// Only so many of the latest entries
        #[arg(long, value_name = "COUNT")]
        last: Option<u32>,
    },
    /// The log that every state follows from: its latest entries, or those from an index on
    Log {
        /// From this index on
        #[arg(long, value_name = "INDEX")]
        from: Option<u64>,
        /// At most so many entries, up to 1000
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        last: u32,
    },
    /// What is wrong now: the alarms of HPI
    Alarm,
    /// Events of all floors, oldest first
    Events {
        /// Only those after this event number
        #[arg(long, value_name = "NUMBER")]
        since: Option<u64>,
        /// Goes on with what happens, until interrupted
        #[arg(long, short)]
        follow: bool,
    },
    /// Applications; with `kill`, kills a component
    Amf {
        #[command(subcommand)]
        order: Option<AmfOrder>,
    },
    /// Cluster membership
    Clm,
    /// Hardware elements and execution environments
    Plm,
    /// Objects of the information model
    Imm {
        /// Only this object and those below it
        dn: Option<String>,
        /// Only objects of this class
        #[arg(long)]
        class: Option<String>,
    },
    /// The daemon itself
    Status,
    /// The ring of a shelf's CMMs and blades
    Cluster {
        #[command(subcommand)]
        order: ClusterOrder,
    },
    /// Moves a blade of a simulated chassis
    Blade {
        #[command(subcommand)]
        order: BladeOrder,
    },
    /// Set FRU Activation: activate
    Activate {
        /// IPMB address in hexadecimal, such as 82 or 0x82
        #[arg(value_parser = address)]
        address: u8,
        /// FRU device id
        #[arg(default_value_t = 0)]
        fru: u8,
    },
    /// Set FRU Activation: deactivate
    Deactivate {
        /// IPMB address in hexadecimal, such as 82 or 0x82
        #[arg(value_parser = address)]
        address: u8,
        /// FRU device id
        #[arg(default_value_t = 0)]
        fru: u8,
    },
    /// An administrative operation, such as `admin lock safSu=SU1,safSg=…`
    Admin {
        /// Its name or number
        #[arg(value_parser = operation)]
        operation: AdminOperation,
        /// DN of the object
        dn: String,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum AmfOrder {
    /// Kills the processes of a component, to see it recover
    Kill {
        /// DN of the component
        component: String,
    },
}

impl AmfOrder {
    pub(crate) fn order(self) -> Order {
        match self {
            Self::Kill { component } => Order::KillComponent { component },
        }
    }
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum BladeOrder {
    /// Opens its handle
    Open {
        /// Physical slot, from 1
        slot: u8,
    },
    /// Closes its handle
    Close {
        /// Physical slot, from 1
        slot: u8,
    },
    /// Pulls it out, whatever its state
    Pull {
        /// Physical slot, from 1
        slot: u8,
    },
    /// Inserts one and closes its handle
    Insert {
        /// Physical slot, from 1
        slot: u8,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ClusterOrder {
    /// Writes corosync.conf and a new key for a shelf; asks no daemon
    Init(Init),
    /// Who keeps the log, how far it is, and which CMM owns the hardware
    Status,
    /// Lets another CMM own the hardware
    Switch {
        /// Its node; the healthiest one without it
        #[arg(long, value_name = "NODE")]
        to: Option<u32>,
        /// Also to one with older software
        #[arg(long)]
        any_version: bool,
        /// Also to one that is less healthy
        #[arg(long)]
        forced: bool,
    },
    /// Goes on with the log of this member, whatever is missing: only when no other CMM that has a
    /// newer one will ever come back. What that one alone had acknowledged is lost
    Force,
}

/// What a shelf's ring consists of.
///
/// A node is [ID:]NAME=ADDRESS[,ADDRESS…], with an address for each network that connects the
/// nodes. Nodes without an id are numbered from 1 on, CMMs first.
#[derive(Clone, Debug, Args)]
pub(crate) struct Init {
    /// What the ring is called
    #[arg(long, value_name = "NAME", default_value = "openshelf")]
    pub(crate) name: String,
    /// A CMM, such as cmm1=10.0.0.1,10.1.0.1; each has a vote
    #[arg(long = "cmm", value_name = "NODE", required = true, value_parser = node)]
    pub(crate) cmms: Vec<NodeArgument>,
    /// A blade; none has a vote
    #[arg(long = "blade", value_name = "NODE", value_parser = node)]
    pub(crate) blades: Vec<NodeArgument>,
    /// Milliseconds until a token is given up; a dead node is noticed after 2.2 times as long
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    pub(crate) token: u32,
    /// Two CMMs without an arbitration line: both must be there
    #[arg(long)]
    pub(crate) no_line: bool,
    /// Where Corosync looks for its configuration
    #[arg(long, value_name = "DIR", default_value = "/etc/corosync")]
    pub(crate) dir: PathBuf,
    /// Replaces a configuration and a key that are there
    #[arg(long)]
    pub(crate) force: bool,
    /// Replaces the configuration only, as when a blade is added
    #[arg(long, conflicts_with = "force")]
    pub(crate) keep_key: bool,
}

/// A node of the ring, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeArgument {
    pub(crate) id: Option<u32>,
    pub(crate) name: String,
    pub(crate) addresses: Vec<IpAddr>,
}

impl BladeOrder {
    pub(crate) fn order(self) -> Order {
        match self {
            Self::Open { slot } => Order::OpenHandle { slot },
            Self::Close { slot } => Order::CloseHandle { slot },
            Self::Pull { slot } => Order::PullBlade { slot },
            Self::Insert { slot } => Order::InsertBlade { slot },
        }
    }
}

/// Reads an IPMB-0 address.
///
/// Choice: always hexadecimal, since nobody writes these addresses otherwise; `20` is the shelf
/// manager.
fn address(text: &str) -> Result<u8, String> {
    let digits = text
        .strip_prefix("0x")
        .or(text.strip_prefix("0X"))
        .unwrap_or(text);
    u8::from_str_radix(digits, 16).map_err(|_| "an IPMB address is 00 to ff".to_owned())
}

/// Reads a node of the ring.
fn node(text: &str) -> Result<NodeArgument, String> {
    let usage = || "a node is [ID:]NAME=ADDRESS[,ADDRESS…], such as cmm1=10.0.0.1".to_owned();
    let (who, addresses) = text.split_once('=').ok_or_else(usage)?;
    let (id, name) = match who.split_once(':') {
        Some((id, name)) => (Some(id.parse().map_err(|_| usage())?), name),
        None => (None, who),
    };
    let address = |text: &str| {
        let wrong = |_| format!("\"{text}\" is no IP address");
        text.parse().map_err(wrong)
    };
    let addresses: Result<_, _> = addresses.split(',').map(address).collect();
    Ok(NodeArgument {
        id,
        name: name.to_owned(),
        addresses: addresses?,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "what clap wants of a parser")]
fn operation(text: &str) -> Result<AdminOperation, String> {
    Ok(AdminOperation::parse(text))
}

//! The bootstrap configuration: one TOML file.
//!
//! It says what the information model cannot, because it comes first.

mod serial;

mod alert;
mod cluster;
mod user;

pub(crate) use alert::Alerts;
pub(crate) use cluster::{Cluster, DamagedJournal, Engine, Line, Role};

use ais::Dn;
use serde::Deserialize;
pub(crate) use serial::{Serial, SerialBridging, SerialMode};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
pub(crate) use user::{Privilege, User};

/// `shelfd run --config FILE`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Where it listens.
    #[serde(default)]
    pub(crate) listen: Listen,
    /// Who may change things through the console and over IPMI; empty means that nobody can.
    #[serde(default, rename = "user")]
    pub(crate) users: Vec<User>,
    /// The way onto the management bus.
    #[serde(default)]
    pub(crate) chassis: Chassis,
    /// The cluster that this member is part of.
    #[serde(default)]
    pub(crate) cluster: Cluster,
    /// What is loaded into the information model when the journal is new.
    #[serde(default)]
    pub(crate) model: Model,
    /// Nodes whose agent runs in this process.
    #[serde(default, rename = "node")]
    pub(crate) nodes: Vec<Node>,
    /// Who is told of events by SNMP traps.
    #[serde(default, rename = "alert")]
    pub(crate) alerts: Alerts,
}

impl Config {
    /// What is wrong with it, and what to do.
    pub(crate) fn check(&self) -> Result<(), String> {
        let has_chassis = !matches!(self.chassis, Chassis::None);
        match (self.cluster.role, has_chassis) {
            (Role::Cmm, false) => Err("[chassis] is missing: it says how a CMM reaches the \
                                       management bus, such as port = \"lan\""
                .into()),
            (Role::Blade, true) => Err("[chassis] is for CMMs: a blade has no way onto the \
                                        management bus"
                .into()),
            (Role::Cmm, true) | (Role::Blade, false) => self.cluster.check(),
        }
    }
}

/// Addresses to listen on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listen {
    /// The web console.
    pub(crate) http: Option<SocketAddr>,
    /// IPMI over LAN, for tools: the shelf manager at 20h. The registered port is 623.
    pub(crate) rmcp: Option<SocketAddr>,
    /// K_G, the channel's key, up to 20 bytes: tools must know it beside a user's password.
    pub(crate) kg: Option<String>,
    /// HPI, for clients of OpenHPI. The registered port is 4743.
    pub(crate) hpi: Option<SocketAddr>,
    /// Hosts that may be HPI clients; demanded where `hpi` is reached from other hosts, as the
    /// protocol knows no passwords.
    #[serde(default)]
    pub(crate) hpi_allow: BTreeSet<IpAddr>,
    /// HPI behind TLS.
    #[serde(flatten)]
    pub(crate) tls: HpiTls,
}

/// HPI behind TLS, for clients that come through a tunnel. Files are PEM.
#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
pub(crate) struct HpiTls {
    /// Where HPI clients find the shelf through TLS.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) hpi_tls: Option<SocketAddr>,
    /// Our certificate for TLS, and those that lead to its root.
    #[arg(long, value_name = "FILE")]
    pub(crate) hpi_certificate: Option<PathBuf>,
    /// The private key of that certificate.
    #[arg(long, value_name = "FILE")]
    pub(crate) hpi_key: Option<PathBuf>,
    /// Who must have signed a client's certificate; without it clients need none.
    #[arg(long, value_name = "FILE")]
    pub(crate) hpi_client_ca: Option<PathBuf>,
}

impl HpiTls {
    /// What `self` does not say is as in `other`, whose files are relative to a folder.
    pub(crate) fn or(self, other: Self, folder: &Path) -> Self {
        let file = |mine: Option<PathBuf>, other: Option<PathBuf>| {
            mine.or(other.map(|path| folder.join(path)))
        };
        Self {
            hpi_tls: self.hpi_tls.or(other.hpi_tls),
            hpi_certificate: file(self.hpi_certificate, other.hpi_certificate),
            hpi_key: file(self.hpi_key, other.hpi_key),
            hpi_client_ca: file(self.hpi_client_ca, other.hpi_client_ca),
        }
    }
}

/// The chassis, and how it is reached.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(tag = "port", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Chassis {
    /// There is none: a blade.
    #[default]
    None,
    /// IPMI over LAN; events are polled from the SEL.
    Lan(Lan),
    /// A system interface behind the VM codec over TCP; events are pushed.
    Vm {
        /// Where it listens.
        address: SocketAddr,
    },
    /// IPMB-0 itself: this process is the shelf manager there.
    Ipmb(Ipmb),
    /// A serial line; events are polled from the SEL.
    Serial(Serial),
    /// The kernel's IPMI driver, on a machine that is the shelf's own host; events are polled from
    /// the SEL.
    Kernel {
        /// Such as `/dev/ipmi0`.
        #[serde(default = "first_device")]
        device: PathBuf,
    },
    /// A whole shelf simulated in this process.
    Simulated {
        /// Slots that hold a blade when it starts.
        slots: Vec<u8>,
    },
}

/// IPMI over LAN.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lan {
    /// Where the shelf's system manager interface listens.
    pub(crate) address: SocketAddr,
    /// IPMI user.
    pub(crate) user: String,
    /// Its password.
    pub(crate) password: String,
    /// Cipher suites to try, in this order.
    #[serde(default = "default_suites")]
    pub(crate) cipher_suites: Vec<u8>,
    /// Fall back to IPMI 1.5 with MD5, which protects neither secrecy nor, against today's
    /// attackers, integrity.
    #[serde(default)]
    pub(crate) allow_ipmi_1_5: bool,
}

/// A place on IPMB-0.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ipmb {
    /// Our address, 8 bits; the driver `ipmb-dev` must have been bound with the same one.
    #[serde(default = "shelf_manager_address")]
    pub(crate) address: u8,
    /// Addresses of the active and the backup shelf management controller, 8 bits.
    #[serde(default = "controller_addresses")]
    pub(crate) controllers: [u8; 2],
    /// IPMB-A, and IPMB-B where there is one.
    #[serde(rename = "bus")]
    pub(crate) buses: Vec<Bus>,
    /// Image of the shelf FRU information; relative to the configuration file.
    #[serde(default)]
    pub(crate) shelf_fru: Option<PathBuf>,
}

/// One bus of IPMB-0.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bus {
    /// Where the kernel's `ipmb-dev` hands over what comes to our address, as `/dev/ipmb-1`.
    pub(crate) slave: PathBuf,
    /// The adapter, as `/dev/i2c-1`.
    pub(crate) master: PathBuf,
}

fn shelf_manager_address() -> u8 {
    0x20
}

/// Choice: where dedicated shelf management controllers usually are.
fn controller_addresses() -> [u8; 2] {
    [0x10, 0x12]
}

fn first_device() -> PathBuf {
    PathBuf::from("/dev/ipmi0")
}

fn default_suites() -> Vec<u8> {
    vec![17, 3]
}

/// Files of the information model.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    /// IMM XML files, in the order of loading; relative to the configuration file.
    pub(crate) files: Vec<PathBuf>,
    /// Where the sample application's program is: takes the place of `/opt/openshelf/bin` in the
    /// files. Relative to the configuration file.
    #[serde(default)]
    pub(crate) bin: Option<PathBuf>,
}

/// A node whose agent runs in this process.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Node {
    /// The AMF node.
    pub(crate) name: NodeName,
    /// How long its operating system takes to start, once it has power.
    #[serde(default)]
    pub(crate) boot_ms: u64,
}

impl Node {
    pub(crate) fn boot(&self) -> Duration {
        Duration::from_millis(self.boot_ms)
    }
}

/// The name of a node, checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct NodeName(pub(crate) Dn);

impl TryFrom<String> for NodeName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let dn = Dn::parse(&text).map_err(|why| format!("\"{text}\" is not a name: {why}"))?;
        Ok(Self(dn))
    }
}

#[cfg(test)]
mod tests;

//! Ways onto the management bus: sockets around the sessions of [`session`].
//!
//! [`serve_lan`] is the LAN interface that we offer ourselves, [`serial::serve_serial`] the serial
//! one.
//!
//! A port connects, opens its session, and comes back after each failure with growing pauses.
//! What the bytes mean is the session's; here are only sockets, clock and randomness.
//!
//! [`mod@address`] keeps the address at which tools find whichever CMM is active.

pub mod address;
mod backoff;
mod clock;
mod i2c;
pub mod ipmb;
mod link;
mod openipmi;
mod port;
mod presence;
mod questions;
pub mod serial;
mod serve;

pub use presence::{Presence, presence};
pub use questions::{Question, Reply};
pub use serve::{LanServer, QUESTIONS_WAITING_MAX, serve_lan};
pub use session::{CipherSuite, Timing, lan, server, vm};

use ipmi::port::{PortEvent, PortOrder};
use std::path::PathBuf;
use tokio::sync::mpsc;

/// How many orders wait between their sender and the port; a sender waits when there are more.
pub const ORDERS_MAX: usize = 256;
/// How many events wait for their reader. The port waits when there are more: whoever sends orders
/// must go on reading events meanwhile.
pub const EVENTS_MAX: usize = 1024;

/// Where the port leads to, and how.
#[derive(Clone, Debug)]
pub enum PortConfig {
    /// Datagrams to a shelf manager's LAN interface.
    Lan {
        /// `host:port`; the registered port is 623.
        address: String,
        /// Whom to be, and what to accept.
        session: lan::Config,
    },
    /// A byte stream to a system interface with the VM codec, over TCP.
    VmCodec {
        /// `host:port`.
        address: String,
        /// Patience.
        session: vm::Config,
    },
    /// Basic Mode or Terminal Mode on a serial line.
    Serial {
        /// Where it is.
        line: serial::Line,
        /// Its mode, whom to be, and patience.
        session: serial::Config,
    },
    /// The kernel's IPMI driver, on a machine that is the shelf's own host. Events are not pushed.
    Kernel {
        /// Such as `/dev/ipmi0`.
        device: PathBuf,
    },
    /// A place of our own on IPMB-0.
    Ipmb(Box<ipmb::Place>),
}

impl PortConfig {
    /// A system interface with the usual patience.
    #[must_use]
    pub fn vm_codec(address: &str) -> Self {
        Self::VmCodec {
            address: address.into(),
            session: vm::Config::default(),
        }
    }
}

/// Both ends of a port that others hold. Dropping `orders` closes the session and ends the port.
#[derive(Debug)]
pub struct Port {
    /// Down: requests.
    pub orders: mpsc::Sender<PortOrder>,
    /// Up: responses, pushed events, and whether the port is up. It starts down; a reason for being
    /// down is told once, not at each attempt.
    pub events: mpsc::Receiver<PortEvent>,
}

/// Opens a port: it works in a task of its own on the current tokio runtime.
///
/// The error says that the configuration cannot work; that nobody answers is an event.
pub fn open(config: PortConfig) -> Result<Port, lan::ConfigError> {
    let (orders, inbox) = mpsc::channel(ORDERS_MAX);
    let (outbox, events) = mpsc::channel(EVENTS_MAX);
    match config {
        PortConfig::Ipmb(place) => return Ok(ipmb::open(*place)),
        PortConfig::Lan { address, session } => {
            let session = lan::Lan::new(session)?;
            let route = link::Route::Udp(address);
            tokio::spawn(port::run(session, route, inbox, outbox));
        }
        PortConfig::VmCodec { address, session } => {
            let session = vm::Vm::new(session);
            let route = link::Route::Tcp(address);
            tokio::spawn(port::run(session, route, inbox, outbox));
        }
        PortConfig::Serial { line, session } => {
            let session = session::serial::Serial::new(session)?;
            let route = match line {
                serial::Line::Device { path, baud } => link::Route::Serial(path, baud),
                serial::Line::Tcp(address) => link::Route::Tcp(address),
            };
            tokio::spawn(port::run(session, route, inbox, outbox));
        }
        PortConfig::Kernel { device } => {
            tokio::spawn(openipmi::run(device, inbox, outbox));
        }
    }
    Ok(Port { orders, events })
}

//! IPMI sessions without I/O: what to send when, and what the answers mean.
//!
//! [`lan::Lan`] speaks RMCP+ (and IPMI 1.5 where that is allowed) in datagrams; [`vm::Vm`] speaks
//! the VM codec of a system interface in a byte stream; [`serial::Serial`] speaks Basic Mode and
//! Terminal Mode over serial lines. All turn [`ipmi::port::PortOrder`]s into bytes and bytes into
//! [`ipmi::port::PortEvent`]s. [`server::Server`] is the other end of such LAN sessions, and
//! [`serial::server::Server`] that of serial lines. Time and randomness enter as values; sockets
//! and reconnecting are the shell's.
#![no_std]

extern crate alloc;

mod channel;
mod crypto;
pub mod ipmb;
pub mod lan;
mod packet;
mod queued;
mod rakp;
pub mod serial;
pub mod server;
mod under_way;
pub mod vm;

pub use crypto::CipherSuite;

use core::time::Duration;
use ipmi::port::{PortEvent, PortOrder};
use serde::{Deserialize, Serialize};

/// Most orders that wait for their turn on the wire; more are answered with "node busy".
pub const WAITING_MAX: usize = 256;

/// How long an answer may take, and how often to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// How long to wait for each answer.
    pub timeout: Duration,
    /// How often to send a request at most, 1 or more.
    pub attempts: u8,
}

impl Default for Timing {
    /// Choice: three times one second, as the field's tools do about.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(1),
            attempts: 3,
        }
    }
}

/// What happened to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The socket is there: open the session. The seed is secret, random, and new each time.
    Start {
        /// 32 random bytes, from which all identifiers, nonces and initialization vectors are
        /// derived.
        seed: [u8; 32],
    },
    /// Bytes came: one whole datagram, or a piece of the stream.
    Received(alloc::vec::Vec<u8>),
    /// Somebody asks something.
    Order(PortOrder),
    /// Time went by.
    Tick,
    /// The socket is gone, and why.
    Lost(alloc::string::String),
    /// Nobody needs the session any more.
    Stop,
}

/// What must be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send these bytes: one datagram, or a piece of the stream.
    Send(alloc::vec::Vec<u8>),
    /// Tell whoever uses the port.
    Event(PortEvent),
}

/// What was dropped. Each counter stays at its largest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Bytes that are no message.
    pub malformed: u64,
    /// Messages whose authentication code, pad or encryption is wrong.
    pub bad_integrity: u64,
    /// Messages that came before, or whose sequence number fell out of the window.
    pub replayed: u64,
    /// Well-formed messages that answer nothing that was asked.
    pub unmatched: u64,
    /// Messages that were sent again.
    pub resent: u64,
}

pub(crate) fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}

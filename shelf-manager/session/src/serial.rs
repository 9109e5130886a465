//! IPMI over serial lines, from both ends: Basic Mode and Terminal Mode.
//!
//! [`Serial`] is the console: it turns [`ipmi::port::PortOrder`]s into bytes, as [`crate::lan`] and
//! [`crate::vm`] do. [`server::Server`] is the management controller.
//!
//! Source: IPMI v2.0 §14.

pub mod basic;
mod client;
mod line;
pub mod server;
pub mod terminal;

pub use client::{Bridging, Config, IN_FLIGHT_MAX, Login, Serial};

use serde::{Deserialize, Serialize};

/// How messages look on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Frames of bytes. Source: IPMI v2.0 §14.4.
    Basic,
    /// Lines of text. Source: IPMI v2.0 §14.7.
    Terminal,
}

//! Serial lines: our end of a shelf manager's, and the shelf manager's end that we offer ourselves.

mod pty;
mod serve;

pub use pty::Pty;
pub use serve::{SerialServer, serve_serial};
pub use session::serial::server;
pub use session::serial::terminal::Settings;
pub use session::serial::{Bridging, Config, Login, Mode};

use std::path::PathBuf;

/// Where a serial line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A device of this machine: eight data bits, no parity, one stop bit, no flow control.
    Device {
        /// Such as `/dev/ttyS0`.
        path: PathBuf,
        /// Bits per second.
        baud: u32,
    },
    /// A line behind a terminal server that carries plain bytes over TCP.
    Tcp(String),
}

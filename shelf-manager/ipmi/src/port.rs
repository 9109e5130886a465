//! What every way onto the management bus offers: requests down, responses and events up.

use crate::message::{CompletionCode, Request, Response};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// Whom a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Target {
    /// The controller at the other end of the port (the shelf's system manager interface).
    ShelfManager,
    /// A controller on IPMB-0, by its 8-bit address; the port bridges with Send Message.
    Ipmb(u8),
}

/// Down: one request. Up to [`IN_FLIGHT_MAX`] may be under way at once; more wait their turn in the
/// port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortOrder {
    /// Chosen by the asker; comes back in the answer.
    pub token: u64,
    /// Whom it is for.
    pub target: Target,
    /// The request.
    pub request: Request,
}

/// Most requests that a port has on the wire at once.
pub const IN_FLIGHT_MAX: usize = 32;

/// Why a request got no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// No answer after all retries.
    Timeout,
    /// Nobody acknowledged that IPMB address.
    NoSuchController,
    /// The port is down.
    PortDown,
}

impl RequestError {
    /// What whoever asked is answered in place of a response.
    /// Source: IPMI v2.0 §22.7 and Table 5-2.
    #[must_use]
    pub const fn code(&self) -> CompletionCode {
        match self {
            Self::NoSuchController => CompletionCode::NAK_ON_WRITE,
            Self::Timeout => CompletionCode::TIMEOUT,
            Self::PortDown => CompletionCode::DESTINATION_UNAVAILABLE,
        }
    }
}

/// Why a port is down. None of them changes anything at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DownReason {
    /// Nothing answers at the configured address.
    Unreachable(String),
    /// The user name is unknown or the password is wrong.
    Unauthenticated,
    /// The other end offers none of the cipher suites that we accept.
    CipherRefused,
    /// The other end closed the session.
    Closed,
    /// The other end broke the protocol; what it did.
    Protocol(String),
}

/// Up: what a port has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortEvent {
    /// The session is open; requests may flow.
    Up,
    /// The session is gone, and with it all requests under way. The port keeps trying to come back.
    Down(DownReason),
    /// The answer to one request.
    Answer {
        /// Token of the request.
        token: u64,
        /// The response, whatever its completion code.
        result: Result<Response, RequestError>,
    },
    /// A pushed event: the 16 bytes that Read Event Message Buffer returned.
    Event([u8; 16]),
}

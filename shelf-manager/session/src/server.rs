//! The server's end of LAN sessions: RMCP+ as operators' tools speak it.
//!
//! Answers what is about sessions and channels itself; everything else becomes a question to
//! whoever owns the shelf manager, with the privilege level at which it is asked.
//!
//! Source: IPMI v2.0 §6.12, §13, §22.

use crate::CipherSuite;
use crate::lan::Secret;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use ipmi::message::{Request, Response};
use ipmi::port::Target;
use machine::{Machine, Pos, Time};
use serde::{Deserialize, Serialize};

/// Most sessions at once, whatever the configuration says.
pub const SESSIONS_MAX: usize = 64;
/// Most questions of one session that wait for their answer; more are answered with "node busy".
pub const QUESTIONS_MAX: usize = 32;

/// The shell's name for the address that a datagram came from.
///
/// Invariant: as long as a peer has an open session, datagrams from its address have that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Peer(pub u64);

/// One question, answered once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket(pub u64);

/// What happened to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A whole datagram came.
    Received {
        /// From whom.
        peer: Peer,
        /// The datagram.
        bytes: Vec<u8>,
    },
    /// The answer to a question.
    ///
    /// For a question to a controller on IPMB-0, the completion codes 83h (nobody acknowledged),
    /// C3h (no answer in time) and D3h (no way there), all without data, say that the request was
    /// not delivered.
    Answer {
        /// Which question.
        ticket: Ticket,
        /// What to answer.
        response: Response,
    },
    /// Secret random bytes, from which all identifiers, nonces and initialization vectors are
    /// derived. Until the first ones come, nobody is answered.
    Seed([u8; 32]),
    /// Time went by.
    Tick,
}

/// What must be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this datagram.
    Send {
        /// To whom: who sent the datagram of this input, or has a session.
        peer: Peer,
        /// The datagram.
        bytes: Vec<u8>,
    },
    /// Answer this.
    Ask {
        /// Comes back with the answer.
        ticket: Ticket,
        /// Whom the request is for.
        target: Target,
        /// Privilege level at which it is asked: 1 callback, 2 user, 3 operator, 4 administrator.
        /// The standard's table has been applied already.
        privilege: u8,
        /// The request.
        request: Request,
    },
    /// Somebody opened a session.
    Opened {
        /// Who.
        peer: Peer,
        /// Under which user name.
        user: String,
    },
    /// A session ended.
    Closed {
        /// Whose.
        peer: Peer,
    },
}

/// Somebody who may open sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// User name, at most 16 bytes.
    pub name: String,
    /// Password, 1 to 20 bytes.
    pub password: Secret,
    /// Highest privilege level: 2 user, 3 operator, 4 administrator.
    pub privilege: u8,
}

impl User {
    /// A user with that name, password and highest privilege level.
    #[must_use]
    pub fn new(name: &str, password: &str, privilege: u8) -> Self {
        Self {
            name: name.into(),
            password: Secret(password.as_bytes().to_vec()),
            privilege,
        }
    }
}

/// Whom to serve, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Who may open sessions.
    pub users: Vec<User>,
    /// Cipher suites that are offered. Suite 0 cannot be.
    pub suites: Vec<CipherSuite>,
    /// GUID of the managed system, in the order of the wire. Source: IPMI v2.0 §20.8.
    pub guid: [u8; 16],
    /// Most sessions at once, 1 to [`SESSIONS_MAX`].
    pub sessions_max: u8,
    /// After which silence a session ends. Source: IPMI v2.0 §6.12.15: 60 s, give or take 3.
    pub idle_timeout: Duration,
}

impl Config {
    /// Serves these users, with the suites 3 and 17.
    #[must_use]
    pub fn new(users: Vec<User>) -> Self {
        Self {
            users,
            suites: Vec::from([CipherSuite::Sha1, CipherSuite::Sha256]),
            guid: [0; 16],
            sessions_max: SESSIONS_MAX as u8,
            idle_timeout: Duration::from_secs(60),
        }
    }
}

/// Why a configuration cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// A user name has more than 16 bytes.
    UserTooLong,
    /// Two users have the same name.
    UserTwice,
    /// More users than user ids.
    TooManyUsers,
    /// A password is empty: anybody would have it.
    NoPassword,
    /// A password has more bytes than the protocol can compare.
    PasswordTooLong,
    /// A privilege level that no user can have.
    BadPrivilege,
    /// No cipher suite is offered.
    NothingOffered,
    /// The number of sessions is 0 or above [`SESSIONS_MAX`].
    BadSessionLimit,
}

/// The server's end of all LAN sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    config: Config,
}

impl Server {
    /// A server without sessions.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        Ok(Self { config })
    }
}

impl Machine for Server {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, _at: Pos, _input: &Input, _effects: &mut Vec<Effect>) {}

    fn deadline(&self) -> Option<Time> {
        None
    }
}

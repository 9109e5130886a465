//! HPI's users, off the log: which connection uses which session, which events are on their way,
//! and which calls may be repeated.
//!
//! Only the member that serves the shelf needs this, and none of it is part of the state: what must
//! outlive that member is in the log, see [`hpi_domain::Sessions`]. There are no sockets here and
//! no clock; the shell names connections, keeps what it replies to, and says what time it is.

mod promise;
mod repeats;
mod users;

pub use promise::Promise;
pub use repeats::{Coming, Repeats, Taken, WITHIN};
pub use users::{GRACE, Served, Users, Waiting};

/// The name of a connection, never given twice by one process.
pub type Connection = u64;

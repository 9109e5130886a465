//! HPI for clients of OpenHPI: TCP connections on which calls come, one at a time.
//!
//! Nothing here knows what a call means. A connection costs a task and no thread, so thousands may
//! idle; a client that breaks the protocol loses its connection and nobody else notices.
//!
//! Choice: `saHpiEventGet` may wait for ever, and its client sends nothing meanwhile. A connection
//! that ends while its call waits drops the [`Question`]'s reply, so nothing is kept for it.

mod connection;

use connection::Connection;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::Call;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::sleep;

/// How many messages wait for whoever answers them; connections stop reading then.
pub const MESSAGES_WAITING_MAX: usize = 256;
/// Pause after an error of the listener, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Who may connect, and how many.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most connections at once; more are closed as they come.
    pub connections_max: usize,
    /// Hosts that may connect; `None` when the listener's address is limit enough.
    pub allowed: Option<BTreeSet<IpAddr>>,
}

impl Default for Options {
    /// Choice: a client has one connection for each thread and session, so 4,096 are hundreds of
    /// clients.
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            allowed: None,
        }
    }
}

/// The name of a connection, never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// What clients did.
#[derive(Debug)]
pub enum Message {
    /// A call, to be answered.
    Asked(Question),
    /// A connection ended.
    Closed(ConnectionId),
}

/// One call.
#[derive(Debug)]
pub struct Question {
    /// On which connection it came.
    pub connection: ConnectionId,
    /// Byte order of the client, in which it is answered.
    pub order: ByteOrder,
    /// What is called.
    pub call: Box<Call>,
    /// Takes the payload of the reply. Dropped, it answers `SA_ERR_HPI_INTERNAL_ERROR`.
    pub reply: oneshot::Sender<Vec<u8>>,
}

/// Serves clients on a bound listener, in tasks of their own on the current tokio runtime, until
/// the receiver is dropped.
#[must_use]
pub fn serve(listener: TcpListener, options: Options) -> mpsc::Receiver<Message> {
    let (messages, asks) = mpsc::channel(MESSAGES_WAITING_MAX);
    tokio::spawn(accept(listener, options, messages));
    asks
}

async fn accept(listener: TcpListener, options: Options, messages: mpsc::Sender<Message>) {
    let places = Arc::new(Semaphore::new(options.connections_max));
    let mut given = 0;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = messages.closed() => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // Whoever knocked is gone; the next one may be fine.
            Err(why) if why.kind() == ErrorKind::ConnectionAborted => continue,
            Err(_) => {
                sleep(PAUSE).await;
                continue;
            }
        };
        let is_allowed = match &options.allowed {
            Some(hosts) => hosts.contains(&peer.ip().to_canonical()),
            None => true,
        };
        // Closing is all the protocol has to say no with.
        let (true, Ok(place)) = (is_allowed, Arc::clone(&places).try_acquire_owned()) else {
            continue;
        };
        given += 1;
        let connection = Connection::new(ConnectionId(given), stream, messages.clone());
        tokio::spawn(async move {
            connection.run().await;
            drop(place);
        });
    }
}

//! HPI for clients of OpenHPI: connections on which calls come, one at a time, over TCP or TLS.
//!
//! Nothing here knows what a call means. A connection costs a task and no thread, so thousands may
//! idle; a client that breaks the protocol loses its connection and nobody else notices.
//!
//! Choice: `saHpiEventGet` may wait for ever, and its client sends nothing meanwhile. A connection
//! that ends while its call waits drops the [`Question`]'s reply, so nothing is kept for it.

mod connection;
mod tls;

pub use tls::{Tls, TlsError};

use connection::Connection;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::Call;
use rustix::net::sockopt;
use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};

/// How many messages wait for whoever answers them; connections stop reading then.
pub const MESSAGES_WAITING_MAX: usize = 256;
/// How long a connection may be silent before its client is probed.
const KEEP_IDLE: Duration = Duration::from_secs(60);
/// Time between two probes.
const KEEP_INTERVAL: Duration = Duration::from_secs(10);
/// How many probes go unanswered before the connection ends.
const KEEP_PROBES: u32 = 3;
/// Pause after an error of the listener, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Who may connect, and how many.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most connections at once; more are closed as they come.
    pub connections_max: usize,
    /// Hosts that may connect; `None` when the listener's address is limit enough.
    pub allowed: Option<BTreeSet<IpAddr>>,
    /// How long a client may take for one frame, from its first byte to its last, and for reading
    /// one that it is sent.
    pub frame_time_max: Duration,
}

impl Default for Options {
    /// Choice: a client has one connection for each thread and session, so 4,096 are hundreds of
    /// clients.
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            allowed: None,
            // Choice: what the kernel gives a client that is silent is a minute and more, so this
            // is no less than a slow network needs.
            frame_time_max: Duration::from_secs(30),
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
    /// Number of the function that is called.
    pub function: u32,
    /// Its parameters, as they came.
    pub payload: Vec<u8>,
    /// What is called.
    pub call: Box<Call>,
    /// Takes the payload of the reply. Dropped, it answers `SA_ERR_HPI_INTERNAL_ERROR`.
    pub reply: oneshot::Sender<Vec<u8>>,
}

/// Where clients come in.
#[derive(Debug)]
pub struct Door {
    /// Bound already.
    pub listener: TcpListener,
    /// With what clients speak TLS; `None` where they speak openly.
    pub tls: Option<Tls>,
    /// Who may come in.
    pub options: Options,
}

/// Ends the connections that there are; new ones may come at once.
#[derive(Clone, Debug)]
pub struct HangUp(Arc<watch::Sender<()>>);

impl HangUp {
    fn new() -> Self {
        Self(Arc::new(watch::Sender::new(())))
    }

    /// Ends them: calls that wait are not answered, so that clients repeat them on a connection
    /// that they open anew.
    pub fn all(&self) {
        self.0.send_replace(());
    }
}

/// Serves clients, in tasks of their own on the current tokio runtime, until the receiver is
/// dropped.
#[must_use]
pub fn serve(doors: impl IntoIterator<Item = Door>) -> (mpsc::Receiver<Message>, HangUp) {
    let (messages, asks) = mpsc::channel(MESSAGES_WAITING_MAX);
    let hang_up = HangUp::new();
    let given = Arc::new(AtomicU64::new(0));
    for door in doors {
        let keeper = Keeper {
            places: Arc::new(Semaphore::new(door.options.connections_max)),
            given: Arc::clone(&given),
            messages: messages.clone(),
            hang_up: hang_up.clone(),
            door: Arc::new(door),
        };
        tokio::spawn(keeper.accept());
    }
    (asks, hang_up)
}

/// Who lets clients in at one door.
struct Keeper {
    door: Arc<Door>,
    places: Arc<Semaphore>,
    /// The last connection that was named, at any door.
    given: Arc<AtomicU64>,
    messages: mpsc::Sender<Message>,
    hang_up: HangUp,
}

impl Keeper {
    async fn accept(self) {
        loop {
            let accepted = tokio::select! {
                accepted = self.door.listener.accept() => accepted,
                () = self.messages.closed() => return,
            };
            match accepted {
                Ok((stream, peer)) => self.let_in(stream, peer.ip()),
                // Whoever knocked is gone; the next one may be fine.
                Err(why) if why.kind() == ErrorKind::ConnectionAborted => {}
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    fn let_in(&self, stream: TcpStream, peer: IpAddr) {
        let is_allowed = match &self.door.options.allowed {
            Some(hosts) => hosts.contains(&peer.to_canonical()),
            None => true,
        };
        // Closing is all the protocol has to say no with.
        let (true, Ok(place)) = (is_allowed, Arc::clone(&self.places).try_acquire_owned()) else {
            return;
        };
        let id = ConnectionId(self.given.fetch_add(1, Ordering::Relaxed) + 1);
        let (door, messages) = (Arc::clone(&self.door), self.messages.clone());
        let mut over = self.hang_up.0.subscribe();
        tokio::spawn(async move {
            // A stream that cannot be told so much is of no use.
            if stream.set_nodelay(true).is_ok() && keep_alive(&stream).is_ok() {
                tokio::select! {
                    biased;
                    _ = over.changed() => {
                        // If nobody answers any more, nobody wants to know either.
                        let _ = messages.send(Message::Closed(id)).await;
                    }
                    () = talk(id, stream, &door, messages.clone()) => {}
                }
            }
            drop(place);
        });
    }
}

/// Talks with a client until either end has enough.
async fn talk(id: ConnectionId, stream: TcpStream, door: &Door, messages: mpsc::Sender<Message>) {
    let options = &door.options;
    let Some(tls) = &door.tls else {
        return Connection::new(id, stream, options, messages).run().await;
    };
    // In a box: a connection without TLS has no room for it.
    let greeted = Box::pin(timeout(options.frame_time_max, tls.accept(stream))).await;
    // Whoever cannot prove who it is, or does not even try, has nothing to say here.
    if let Ok(Ok(stream)) = greeted {
        let connection = Connection::new(id, Box::new(stream), options, messages);
        Box::pin(connection.run()).await;
    }
}

/// Lets the kernel find out that a client's host is gone, which says nothing itself.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_tcp_keepidle(stream, KEEP_IDLE)?;
    sockopt::set_tcp_keepintvl(stream, KEEP_INTERVAL)?;
    sockopt::set_tcp_keepcnt(stream, KEEP_PROBES)?;
    sockopt::set_socket_keepalive(stream, true)?;
    Ok(())
}

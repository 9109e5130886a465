//! The socket at which components connect.

use crate::process;
use ais_wire::{Decoder, ToAgent, ToComponent, VERSION};
use lifecycle::{Client, Process};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Most connections at a time.
const CONNECTIONS_MAX: usize = 256;

/// Messages that wait for a component to read them; one that lets more of them come is cut off.
const QUEUE_LENGTH: usize = 256;

/// How long a new connection may take to say hello.
const HELLO_TIME: Duration = Duration::from_secs(5);

/// How long a component may leave its messages unread once the kernel holds no more of them.
const WRITE_TIME: Duration = Duration::from_secs(10);

/// What happened on a connection.
#[derive(Debug)]
pub(crate) enum ClientEvent {
    /// It said hello.
    Opened {
        process: Process,
        messages: mpsc::Sender<Vec<u8>>,
    },
    /// It made a call.
    Call {
        call: u32,
        request: ais_wire::Request,
    },
    /// It closed.
    Closed,
}

/// Where the events of connections go.
pub(crate) type Events = mpsc::Sender<(Client, ClientEvent)>;

/// Why a connection is not served any longer.
enum Closing {
    /// The other end closed it, or it broke.
    Lost,
    /// What it sent cannot be understood.
    Refused(&'static str),
}

/// Makes the socket. Only the agent's own user may connect.
pub(crate) fn listen(path: &Path) -> io::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Accepts connections until it is dropped, and all of them with it.
pub(crate) async fn accept(listener: UnixListener, events: Events, refused: Arc<AtomicU64>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    let mut number = 0;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: the next one may have more luck.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let place = places.clone().try_acquire_owned();
        let (Ok(place), Some(process)) = (place, peer(&stream)) else {
            refused.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        number += 1;
        let connection = Connection {
            client: Client(number),
            process,
            events: events.clone(),
            refused: refused.clone(),
            _place: place,
        };
        connections.spawn(connection.serve(stream));
    }
}

/// The process at the other end, if it belongs to the agent's own user.
fn peer(stream: &UnixStream) -> Option<Process> {
    let peer = stream.peer_cred().ok()?;
    if peer.uid() != rustix::process::geteuid().as_raw() {
        return None;
    }
    process::process(u32::try_from(peer.pid()?).ok()?)
}

struct Connection {
    client: Client,
    process: Process,
    events: Events,
    refused: Arc<AtomicU64>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(self, stream: UnixStream) {
        let (reader, writer) = stream.into_split();
        let mut input = Input {
            reader,
            decoder: Decoder::default(),
        };
        let (messages, queue) = mpsc::channel(QUEUE_LENGTH);
        let closing = match timeout(HELLO_TIME, input.next()).await {
            Ok(Ok(ToAgent::Hello { version, .. })) => {
                self.opened(input, (messages, version.min(VERSION)), (queue, writer))
                    .await
            }
            Ok(Ok(ToAgent::Call { .. })) => Closing::Refused("it did not say hello"),
            Ok(Err(closing)) => closing,
            Err(_) => Closing::Refused("it said nothing"),
        };
        if let Closing::Refused(why) = closing {
            self.refused.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(pid = self.process.pid, why, "refused a connection");
        }
    }

    async fn opened(
        &self,
        mut input: Input,
        (messages, version): (mpsc::Sender<Vec<u8>>, u16),
        output: (mpsc::Receiver<Vec<u8>>, OwnedWriteHalf),
    ) -> Closing {
        if version == 0 {
            return Closing::Refused("it speaks no version that is spoken here");
        }
        if let Ok(hello) = ais_wire::encode(&ToComponent::Hello { version }) {
            let _ = messages.try_send(hello);
        }
        let opened = ClientEvent::Opened {
            process: self.process,
            messages,
        };
        self.tell(opened).await;
        // The writer ends when the agent lets go of its queue, or the component does not read.
        let closing = tokio::select! {
            closing = self.calls(&mut input) => closing,
            () = write(output) => Closing::Lost,
        };
        self.tell(ClientEvent::Closed).await;
        closing
    }

    async fn calls(&self, input: &mut Input) -> Closing {
        loop {
            match input.next().await {
                Ok(ToAgent::Call { call, request }) => {
                    self.tell(ClientEvent::Call { call, request }).await;
                }
                Ok(ToAgent::Hello { .. }) => return Closing::Refused("it said hello twice"),
                Err(closing) => return closing,
            }
        }
    }

    async fn tell(&self, event: ClientEvent) {
        let _ = self.events.send((self.client, event)).await;
    }
}

async fn write((mut queue, mut writer): (mpsc::Receiver<Vec<u8>>, OwnedWriteHalf)) {
    while let Some(message) = queue.recv().await {
        match timeout(WRITE_TIME, writer.write_all(&message)).await {
            Ok(Ok(())) => {}
            // The reader sees the end too, after what was sent before it.
            Ok(Err(_)) => std::future::pending().await,
            Err(_) => return,
        }
    }
}

struct Input {
    reader: OwnedReadHalf,
    decoder: Decoder,
}

impl Input {
    async fn next(&mut self) -> Result<ToAgent, Closing> {
        loop {
            match self.decoder.message() {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => {}
                Err(_) => return Err(Closing::Refused("it sent garbage")),
            }
            let mut bytes = [0; 4096];
            match self.reader.read(&mut bytes).await {
                Ok(0) | Err(_) => return Err(Closing::Lost),
                Ok(length) => self.decoder.feed(&bytes[..length]),
            }
        }
    }
}

//! One connection.

use crate::{ConnectionId, Message, Question};
use hpi_model::HpiError;
use openhpi_wire::ByteOrder;
use openhpi_wire::frame::{Decoder, Frame, Kind};
use openhpi_wire::function::{Call, CallError, failed};
use rustix::net::sockopt;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

/// How much is read at once.
const PIECE_MAX: usize = 4_096;
/// How long a connection may be silent before its client is probed.
const KEEP_IDLE: Duration = Duration::from_secs(60);
/// Time between two probes.
const KEEP_INTERVAL: Duration = Duration::from_secs(10);
/// How many probes go unanswered before the connection ends.
const KEEP_PROBES: u32 = 3;

/// A client's connection: calls come one at a time, and each is answered before the next is read.
pub(crate) struct Connection {
    id: ConnectionId,
    stream: TcpStream,
    decoder: Decoder,
    messages: mpsc::Sender<Message>,
}

/// Why a connection ends.
enum Ends {
    /// The client, or its network, is gone; or it broke the protocol.
    Client,
    /// Nobody answers any more.
    Server,
}

impl From<io::Error> for Ends {
    fn from(_: io::Error) -> Self {
        Self::Client
    }
}

impl Connection {
    pub(crate) fn new(
        id: ConnectionId,
        stream: TcpStream,
        messages: mpsc::Sender<Message>,
    ) -> Self {
        Self {
            id,
            stream,
            decoder: Decoder::default(),
            messages,
        }
    }

    /// Serves until the client goes, breaks the protocol, or nobody answers any more.
    pub(crate) async fn run(mut self) {
        if let Err(Ends::Client) = self.serve().await {
            // If nobody answers any more, nobody wants to know either.
            let _ = self.messages.send(Message::Closed(self.id)).await;
        }
    }

    async fn serve(&mut self) -> Result<(), Ends> {
        self.stream.set_nodelay(true)?;
        keep_alive(&self.stream)?;
        loop {
            let call = self.next_frame().await?;
            let reply = self.answer(&call).await?;
            self.stream.write_all(&reply.encode()).await?;
        }
    }

    async fn next_frame(&mut self) -> Result<Frame, Ends> {
        let mut piece = [0; PIECE_MAX];
        loop {
            match self.decoder.next_frame() {
                Ok(Some(frame)) => return Ok(frame),
                Ok(None) => {}
                // Nothing says where the next frame would begin.
                Err(_) => return Err(Ends::Client),
            }
            match self.stream.read(&mut piece).await? {
                0 => return Err(Ends::Client),
                len => self.decoder.push(&piece[..len]),
            }
        }
    }

    async fn answer(&mut self, asked: &Frame) -> Result<Frame, Ends> {
        let (kind, payload) = match asked.kind {
            Kind::Error => (Kind::Error, Vec::new()),
            Kind::Message => (Kind::Message, self.carried_out(asked).await?),
        };
        Ok(Frame {
            kind,
            order: asked.order,
            function: asked.function,
            payload,
        })
    }

    async fn carried_out(&mut self, asked: &Frame) -> Result<Vec<u8>, Ends> {
        match Call::read(asked.order, asked.function, &asked.payload) {
            Ok(call) => self.ask(asked.order, call).await,
            Err(CallError::Unknown(_)) => Ok(refused(asked.order, HpiError::UnsupportedApi)),
            Err(CallError::Malformed(_)) => Ok(refused(asked.order, HpiError::InvalidParams)),
        }
    }

    /// Asks whoever knows, and waits for as long as the client does.
    async fn ask(&mut self, order: ByteOrder, call: Call) -> Result<Vec<u8>, Ends> {
        let (reply, mut answer) = oneshot::channel();
        let question = Message::Asked(Question {
            connection: self.id,
            order,
            call: Box::new(call),
            reply,
        });
        let sent = self.messages.send(question).await;
        sent.map_err(|_| Ends::Server)?;
        let answered = tokio::select! {
            answered = &mut answer => answered,
            () = gone(&self.stream) => return Err(Ends::Client),
        };
        Ok(answered.unwrap_or_else(|_| refused(order, HpiError::InternalError)))
    }
}

fn refused(order: ByteOrder, why: HpiError) -> Vec<u8> {
    failed(order, why.code())
}

/// Lets the kernel find out that a client's host is gone, which says nothing itself.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_tcp_keepidle(stream, KEEP_IDLE)?;
    sockopt::set_tcp_keepintvl(stream, KEEP_INTERVAL)?;
    sockopt::set_tcp_keepcnt(stream, KEEP_PROBES)?;
    sockopt::set_socket_keepalive(stream, true)?;
    Ok(())
}

/// Waits until the client is gone. Whoever sends ahead is not watched: its bytes are in the way.
async fn gone(stream: &TcpStream) {
    match stream.peek(&mut [0]).await {
        Ok(0) | Err(_) => {}
        Ok(_) => std::future::pending().await,
    }
}

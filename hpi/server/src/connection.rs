//! One connection.

use crate::{ConnectionId, Message, Options, Question};
use hpi_model::HpiError;
use openhpi_wire::ByteOrder;
use openhpi_wire::frame::{Decoder, Frame, Kind};
use openhpi_wire::function::{Call, CallError, failed};
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// How much is read at once.
const PIECE_MAX: usize = 4_096;
/// How much of what a client sends ahead is taken while its call waits. Choice: less than a frame,
/// as clients wait for their replies; it is read only to notice that a client goes.
const AHEAD_MAX: usize = PIECE_MAX;

/// A client's connection: calls come one at a time, and each is answered before the next is read.
pub(crate) struct Connection<S> {
    id: ConnectionId,
    stream: S,
    decoder: Decoder,
    /// How long a frame may take, from its first byte to its last.
    frame_time_max: Duration,
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

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn new(
        id: ConnectionId,
        stream: S,
        options: &Options,
        messages: mpsc::Sender<Message>,
    ) -> Self {
        Self {
            id,
            stream,
            decoder: Decoder::default(),
            frame_time_max: options.frame_time_max,
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
        loop {
            let call = self.next_frame().await?;
            let reply = self.answer(call).await?;
            let written = timeout(self.frame_time_max, self.write(&reply)).await;
            // A client that does not read is as good as gone.
            written.map_err(|_| Ends::Client)??;
        }
    }

    async fn write(&mut self, reply: &Frame) -> io::Result<()> {
        self.stream.write_all(&reply.encode()).await?;
        self.stream.flush().await
    }

    /// The next frame. A client may take its time before it begins one, but not within it.
    async fn next_frame(&mut self) -> Result<Frame, Ends> {
        if let Some(frame) = self.decoded()? {
            return Ok(frame);
        }
        if self.decoder.is_empty() {
            receive(&mut self.stream, &mut self.decoder).await?;
            if let Some(frame) = self.decoded()? {
                return Ok(frame);
            }
        }
        let rest = timeout(self.frame_time_max, self.rest_of_frame()).await;
        rest.map_err(|_| Ends::Client)?
    }

    async fn rest_of_frame(&mut self) -> Result<Frame, Ends> {
        loop {
            receive(&mut self.stream, &mut self.decoder).await?;
            if let Some(frame) = self.decoded()? {
                return Ok(frame);
            }
        }
    }

    fn decoded(&mut self) -> Result<Option<Frame>, Ends> {
        // After an error nothing says where the next frame would begin.
        self.decoder.next_frame().map_err(|_| Ends::Client)
    }

    async fn answer(&mut self, asked: Frame) -> Result<Frame, Ends> {
        let (kind, order, function) = (asked.kind, asked.order, asked.function);
        let payload = match kind {
            Kind::Error => Vec::new(),
            Kind::Message => self.carried_out(asked).await?,
        };
        Ok(Frame {
            kind,
            order,
            function,
            payload,
        })
    }

    async fn carried_out(&mut self, asked: Frame) -> Result<Vec<u8>, Ends> {
        match Call::read(asked.order, asked.function, &asked.payload) {
            // In a box before anything is waited for: the task has room for it otherwise, for ever.
            Ok(call) => self.ask(asked, Box::new(call)).await,
            Err(CallError::Unknown(_)) => Ok(refused(asked.order, HpiError::UnsupportedApi)),
            Err(CallError::Malformed(_)) => Ok(refused(asked.order, HpiError::InvalidParams)),
        }
    }

    /// Asks whoever knows, and waits for as long as the client does.
    async fn ask(&mut self, asked: Frame, call: Box<Call>) -> Result<Vec<u8>, Ends> {
        let (reply, mut answer) = oneshot::channel();
        let order = asked.order;
        let question = Message::Asked(Question {
            connection: self.id,
            order,
            function: asked.function,
            payload: asked.payload,
            call,
            reply,
        });
        let sent = self.messages.send(question).await;
        sent.map_err(|_| Ends::Server)?;
        let answered = tokio::select! {
            biased;
            answered = &mut answer => answered,
            () = gone(&mut self.stream, &mut self.decoder) => return Err(Ends::Client),
        };
        Ok(answered.unwrap_or_else(|_| refused(order, HpiError::InternalError)))
    }
}

fn refused(order: ByteOrder, why: HpiError) -> Vec<u8> {
    failed(order, why.code())
}

/// Takes in what comes next; an error when the client is gone.
///
/// Choice: the piece lives while something is read, not while the connection waits for it, so that
/// an idle connection costs no buffer.
async fn receive(stream: &mut (impl AsyncRead + Unpin), decoder: &mut Decoder) -> io::Result<()> {
    poll_fn(|context| {
        let mut piece = [MaybeUninit::uninit(); PIECE_MAX];
        let mut piece = ReadBuf::uninit(&mut piece);
        ready!(Pin::new(&mut *stream).poll_read(context, &mut piece))?;
        decoder.push(piece.filled());
        Poll::Ready(match piece.filled() {
            [] => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        })
    })
    .await
}

/// Waits until the client is gone. Whoever sends much ahead is not watched.
async fn gone(stream: &mut (impl AsyncRead + Unpin), decoder: &mut Decoder) {
    while decoder.waiting() < AHEAD_MAX {
        if receive(stream, decoder).await.is_err() {
            return;
        }
    }
    std::future::pending().await
}

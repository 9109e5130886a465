//! The management controller's end of a serial line: a byte stream around
//! [`session::serial::server`].

use crate::Question;
use crate::link::PIECE_MAX;
use ipmi::message::{CompletionCode, Response};
use machine::{Machine, Pos, Time};
use session::serial::server::{Config, Effect, Input, QUESTIONS_MAX, Server, Ticket};
use session::server::ConfigError;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// What a deadline that never comes is waited for.
const LONG: Duration = Duration::from_secs(3600);
/// How long the line may refuse bytes before they are dropped: nobody reads what it shows.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// What others hold of the server. Dropping it ends the server.
#[derive(Debug)]
pub struct SerialServer {
    /// What is to be answered, in the order in which it was asked. Several may be worked on at
    /// once. It ends when the line does.
    pub asks: mpsc::Receiver<Question>,
}

/// Serves a console at the other end of a byte stream, in a task of its own on the current tokio
/// runtime: a serial device, a [`super::Pty`], a TCP connection.
pub fn serve_serial<S>(stream: S, config: Config) -> Result<SerialServer, ConfigError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let server = Server::new(config)?;
    // As many as the session asks at once: there is always room.
    let (questions, asks) = mpsc::channel(QUESTIONS_MAX);
    let serving = Serving {
        server,
        stream,
        questions,
        open: JoinSet::new(),
        epoch: Instant::now(),
        index: 0,
    };
    tokio::spawn(serving.run());
    Ok(SerialServer { asks })
}

struct Serving<S> {
    server: Server,
    stream: S,
    questions: mpsc::Sender<Question>,
    /// Waits for the answers.
    open: JoinSet<(Ticket, Response)>,
    epoch: Instant,
    index: u64,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Serving<S> {
    async fn run(mut self) {
        let mut seed = [0; 32];
        if getrandom::fill(&mut seed).is_err() {
            // Choice: as on the LAN, without randomness nobody is served.
            return;
        }
        self.apply(Input::Seed(seed)).await;
        let mut piece = [0; PIECE_MAX];
        while let Some(input) = self.next_input(&mut piece).await {
            let is_over = input == Input::HungUp;
            self.apply(input).await;
            if is_over {
                return;
            }
        }
    }

    /// `None` when nobody holds the server any more.
    async fn next_input(&mut self, piece: &mut [u8; PIECE_MAX]) -> Option<Input> {
        let deadline = match self.server.deadline() {
            Some(Time(nanos)) => self.epoch + Duration::from_nanos(nanos),
            None => Instant::now() + LONG,
        };
        tokio::select! {
            received = self.stream.read(piece) => Some(match received {
                Ok(0) | Err(_) => Input::HungUp,
                Ok(len) => Input::Received(piece[..len].to_vec()),
            }),
            Some(answered) = self.open.join_next() => Some(match answered {
                Ok((ticket, response)) => Input::Answer { ticket, response },
                Err(_) => Input::Tick,
            }),
            () = sleep_until(deadline) => Some(Input::Tick),
            () = self.questions.closed() => None,
        }
    }

    /// Applies one input and does what it leads to.
    async fn apply(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            self.index += 1;
            let nanos = u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX);
            let at = Pos {
                index: self.index,
                time: Time(nanos),
            };
            let mut effects = Vec::new();
            self.server.apply(at, &input, &mut effects);
            for effect in effects {
                inputs.extend(self.perform(effect).await);
            }
        }
    }

    /// Does one thing; perhaps something happens because of it.
    async fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Send(bytes) => {
                // What nobody reads is as good as lost: who asked asks again.
                let _ = timeout(WRITE_TIMEOUT, self.stream.write_all(&bytes)).await;
                None
            }
            Effect::Ask {
                ticket,
                target,
                privilege,
                request,
            } => {
                let (reply, answer) = oneshot::channel();
                let question = Question {
                    target,
                    privilege,
                    request,
                    reply: reply.into(),
                };
                self.ask(ticket, question, answer)
            }
            Effect::Opened { .. } | Effect::Closed => None,
        }
    }

    fn ask(
        &mut self,
        ticket: Ticket,
        question: Question,
        answer: oneshot::Receiver<Response>,
    ) -> Option<Input> {
        if self.questions.try_send(question).is_err() {
            let response = plain(CompletionCode::NODE_BUSY);
            return Some(Input::Answer { ticket, response });
        }
        self.open.spawn(async move {
            let answered = answer.await;
            let response = answered.unwrap_or_else(|_| plain(CompletionCode::TIMEOUT));
            (ticket, response)
        });
        None
    }
}

fn plain(code: CompletionCode) -> Response {
    Response {
        code,
        data: Vec::new(),
    }
}

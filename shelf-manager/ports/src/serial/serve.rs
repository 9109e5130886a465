//! The management controller's end of a serial line: a byte stream around
//! [`session::serial::server`].

use crate::Question;
use crate::clock::Clock;
use crate::link::PIECE_MAX;
use crate::questions::{Limits, Questions};
use machine::Machine;
use session::serial::server::{Config, Effect, Input, QUESTIONS_MAX, Server};
use session::server::ConfigError;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

/// Most questions that are taken, but not answered yet. Choice: those of a session that ended count
/// too, so that logging in again and again asks no more than this.
const QUESTIONS_OPEN_MAX: usize = 2 * QUESTIONS_MAX;
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
    let (questions, asks) = Questions::new(Limits {
        waiting_max: QUESTIONS_OPEN_MAX,
        open_max: QUESTIONS_OPEN_MAX,
    });
    let serving = Serving {
        server,
        stream,
        questions,
        clock: Clock::start(),
    };
    tokio::spawn(serving.run());
    Ok(SerialServer { asks })
}

struct Serving<S> {
    server: Server,
    stream: S,
    questions: Questions,
    clock: Clock,
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
        let deadline = self.clock.until(self.server.deadline());
        tokio::select! {
            received = self.stream.read(piece) => Some(match received {
                Ok(0) | Err(_) => Input::HungUp,
                Ok(len) => Input::Received(piece[..len].to_vec()),
            }),
            answered = self.questions.answered() => {
                let (ticket, response) = answered?;
                Some(Input::Answer { ticket, response })
            }
            () = sleep_until(deadline) => Some(Input::Tick),
        }
    }

    /// Applies one input and does what it leads to.
    async fn apply(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let at = self.clock.next();
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
                let busy = self.questions.ask(ticket, (target, privilege), request);
                busy.map(|(ticket, response)| Input::Answer { ticket, response })
            }
            Effect::Opened { .. } | Effect::Closed => None,
        }
    }
}

//! The LAN interface of the shelf manager: a socket around [`session::server`].

use crate::link::PIECE_MAX;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use machine::{Machine, Pos, Time};
use session::server::{Config, ConfigError, Effect, Input, Peer, SESSIONS_MAX, Server, Ticket};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until};

/// How many questions wait for whoever answers them; more are answered with "node busy".
pub const QUESTIONS_WAITING_MAX: usize = 256;
/// Most questions that are taken, but not answered yet.
const QUESTIONS_OPEN_MAX: usize = SESSIONS_MAX * session::server::QUESTIONS_MAX;
/// What a deadline that never comes is waited for.
const LONG: Duration = Duration::from_secs(3600);
/// Pause after an error of the socket, such as a network that is down for a while.
const PAUSE: Duration = Duration::from_millis(100);

/// One request that somebody with a session made, and that somebody must answer.
#[derive(Debug)]
pub struct Question {
    /// Whom it is for: the shelf manager, or a controller on IPMB-0.
    pub target: Target,
    /// Privilege level at which it is asked: 1 callback, 2 user, 3 operator, 4 administrator. The
    /// standard's table of privileges has been applied already.
    pub privilege: u8,
    /// The request.
    pub request: Request,
    /// Takes the answer. A request for a controller that could not be delivered is answered as
    /// [`Input::Answer`] says.
    pub reply: Reply,
}

/// Takes the answer to one question. Dropped, it answers "timeout".
#[derive(Debug)]
pub struct Reply(Way);

/// How an answer comes back to its asker.
#[derive(Debug)]
enum Way {
    /// With its ticket, among those to others.
    Shared(Ticket, mpsc::UnboundedSender<(Ticket, Response)>),
    /// Alone; its asker sees by itself that it was dropped.
    Once(oneshot::Sender<Response>),
    /// It was given already.
    Done,
}

impl Reply {
    /// Answers; the error is the answer, when nobody takes it any more.
    pub fn send(mut self, response: Response) -> Result<(), Response> {
        self.answer(response)
    }

    /// Whether nobody takes the answer any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.0 {
            Way::Shared(_, answers) => answers.is_closed(),
            Way::Once(answer) => answer.is_closed(),
            Way::Done => true,
        }
    }

    fn answer(&mut self, response: Response) -> Result<(), Response> {
        match std::mem::replace(&mut self.0, Way::Done) {
            Way::Shared(ticket, answers) => {
                let sent = answers.send((ticket, response));
                sent.map_err(|mpsc::error::SendError((_, response))| response)
            }
            Way::Once(answer) => answer.send(response),
            Way::Done => Err(response),
        }
    }
}

impl From<oneshot::Sender<Response>> for Reply {
    fn from(answer: oneshot::Sender<Response>) -> Self {
        Self(Way::Once(answer))
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        // Without a server there is nobody to answer.
        let _ = self.answer(plain(CompletionCode::TIMEOUT));
    }
}

/// What others hold of the server. Dropping it ends the server.
#[derive(Debug)]
pub struct LanServer {
    /// What is to be answered, in the order in which it was asked. Several may be worked on at
    /// once.
    pub asks: mpsc::Receiver<Question>,
}

/// Serves LAN sessions on a bound socket, in a task of its own on the current tokio runtime.
///
/// Choice: consoles that ask for the port are told the one of the socket.
pub fn serve_lan(socket: UdpSocket, config: Config) -> Result<LanServer, ConfigError> {
    let port = socket.local_addr().map_or(config.port, |at| at.port());
    let server = Server::new(Config { port, ..config })?;
    let (questions, asks) = mpsc::channel(QUESTIONS_WAITING_MAX);
    // There are never more answers than open questions.
    let (answers, answered) = mpsc::unbounded_channel();
    let serving = Serving {
        server,
        socket,
        questions,
        open: 0,
        answers,
        answered,
        peers: Peers::default(),
        epoch: Instant::now(),
        index: 0,
    };
    tokio::spawn(serving.run());
    Ok(LanServer { asks })
}

struct Serving {
    server: Server,
    socket: UdpSocket,
    questions: mpsc::Sender<Question>,
    /// How many questions are taken, but not answered yet.
    open: usize,
    answers: mpsc::UnboundedSender<(Ticket, Response)>,
    answered: mpsc::UnboundedReceiver<(Ticket, Response)>,
    peers: Peers,
    epoch: Instant,
    index: u64,
}

impl Serving {
    async fn run(mut self) {
        let mut seed = [0; 32];
        if getrandom::fill(&mut seed).is_err() {
            // Choice: without randomness nobody can be served safely; whoever reads the questions
            // learns that there will be none.
            return;
        }
        self.apply(Input::Seed(seed)).await;
        let mut piece = [0; PIECE_MAX];
        while let Some(input) = self.next_input(&mut piece).await {
            self.apply(input).await;
        }
    }

    /// `None` when nobody holds the server any more.
    async fn next_input(&mut self, piece: &mut [u8; PIECE_MAX]) -> Option<Input> {
        let deadline = match self.server.deadline() {
            Some(Time(nanos)) => self.epoch + Duration::from_nanos(nanos),
            None => Instant::now() + LONG,
        };
        tokio::select! {
            received = self.socket.recv_from(piece) => match received {
                Ok((len, from)) => Some(Input::Received {
                    peer: self.peers.name(from),
                    bytes: piece[..len].to_vec(),
                }),
                Err(_) => {
                    sleep(PAUSE).await;
                    Some(Input::Tick)
                }
            },
            Some((ticket, response)) = self.answered.recv() => {
                self.open = self.open.saturating_sub(1);
                Some(Input::Answer { ticket, response })
            }
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
            Effect::Send { peer, bytes } => {
                if let Some(address) = self.peers.address(peer) {
                    // A datagram that cannot be sent is as good as lost: its receiver asks again.
                    let _ = self.socket.send_to(&bytes, address).await;
                }
                None
            }
            Effect::Ask {
                ticket,
                target,
                privilege,
                request,
            } => {
                let reply = Reply(Way::Shared(ticket, self.answers.clone()));
                let question = Question {
                    target,
                    privilege,
                    request,
                    reply,
                };
                self.ask(ticket, question)
            }
            Effect::Opened { peer, .. } => {
                self.peers.hold(peer);
                None
            }
            Effect::Closed { peer } => {
                self.peers.release(peer);
                None
            }
        }
    }

    /// Hands a question to whoever reads them; with too many it is answered at once.
    fn ask(&mut self, ticket: Ticket, question: Question) -> Option<Input> {
        let refused = match self.open < QUESTIONS_OPEN_MAX {
            true => self.questions.try_send(question).err(),
            false => Some(TrySendError::Full(question)),
        };
        let Some(TrySendError::Full(mut question) | TrySendError::Closed(mut question)) = refused
        else {
            self.open += 1;
            return None;
        };
        question.reply.0 = Way::Done;
        let response = plain(CompletionCode::NODE_BUSY);
        Some(Input::Answer { ticket, response })
    }
}

fn plain(code: CompletionCode) -> Response {
    Response {
        code,
        data: Vec::new(),
    }
}

/// Names of addresses. Only those with a session are remembered, beside the one that sent last:
/// everybody else is answered at once, or never.
///
/// Invariant: holds at most as many addresses as there are sessions.
#[derive(Default)]
struct Peers {
    last: Option<(Peer, SocketAddr)>,
    names_given: u64,
    /// With how many sessions each has.
    held: BTreeMap<Peer, (SocketAddr, usize)>,
}

impl Peers {
    fn name(&mut self, from: SocketAddr) -> Peer {
        let known = self.held.iter().find(|(_, (address, _))| *address == from);
        let peer = known.map(|(peer, _)| *peer).unwrap_or_else(|| {
            self.names_given += 1;
            Peer(self.names_given)
        });
        self.last = Some((peer, from));
        peer
    }

    fn address(&self, peer: Peer) -> Option<SocketAddr> {
        let last = self.last.filter(|(name, _)| *name == peer);
        let held = || self.held.get(&peer).map(|(address, _)| *address);
        last.map(|(_, address)| address).or_else(held)
    }

    fn hold(&mut self, peer: Peer) {
        if let Some(address) = self.address(peer) {
            self.held.entry(peer).or_insert((address, 0)).1 += 1;
        }
    }

    fn release(&mut self, peer: Peer) {
        if let Some((_, sessions)) = self.held.get_mut(&peer) {
            *sessions = sessions.saturating_sub(1);
            if *sessions == 0 {
                self.held.remove(&peer);
            }
        }
    }
}

#[cfg(test)]
mod tests;

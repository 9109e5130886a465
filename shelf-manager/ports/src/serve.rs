//! The LAN interface of the shelf manager: a socket around [`session::server`].

mod datagrams;

use crate::clock::Clock;
use crate::questions::{Limits, Question, Questions};
use datagrams::{Datagrams, Path};
use machine::Machine;
use session::server::{Config, ConfigError, Effect, Input, Peer, SESSIONS_MAX, Server};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep, sleep_until};

/// How many questions wait for whoever answers them; more are answered with "node busy".
pub const QUESTIONS_WAITING_MAX: usize = 256;
/// Most questions that are taken, but not answered yet.
const QUESTIONS_OPEN_MAX: usize = SESSIONS_MAX * session::server::QUESTIONS_MAX;
/// Pause after an error of the socket, such as a network that is down for a while.
const PAUSE: Duration = Duration::from_millis(100);

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
    let (questions, asks) = Questions::new(Limits {
        waiting_max: QUESTIONS_WAITING_MAX,
        open_max: QUESTIONS_OPEN_MAX,
    });
    let serving = Serving {
        server,
        datagrams: Datagrams::new(socket),
        questions,
        peers: Peers::default(),
        clock: Clock::start(),
    };
    tokio::spawn(serving.run());
    Ok(LanServer { asks })
}

struct Serving {
    server: Server,
    datagrams: Datagrams,
    questions: Questions,
    peers: Peers,
    clock: Clock,
}

impl Serving {
    async fn run(mut self) {
        let mut seed = [0; 32];
        if getrandom::fill(&mut seed).is_err() {
            // Choice: without randomness nobody can be served safely; whoever reads the questions
            // learns that there will be none.
            return;
        }
        self.apply(Input::Seed(seed));
        let mut alarm = pin!(sleep_until(self.clock.until(None)));
        while self.turn(alarm.as_mut()).await.is_some() {
            self.datagrams.flush().await;
        }
    }

    /// Waits until something happens, and lets the server take it in; `None` when nobody holds the
    /// server any more.
    ///
    /// The alarm is set only when it would come too late: each datagram of a session moves the
    /// deadline a little, and a tick that comes early does nothing.
    async fn turn(&mut self, mut alarm: Pin<&mut Sleep>) -> Option<()> {
        let deadline = self.clock.until(self.server.deadline());
        if alarm.is_elapsed() || deadline < alarm.deadline() {
            alarm.as_mut().reset(deadline);
        }
        tokio::select! {
            received = self.datagrams.receive() => match received {
                Ok(datagrams) => {
                    for (path, bytes) in datagrams {
                        let peer = self.peers.name(path);
                        self.apply(Input::Received { peer, bytes });
                    }
                }
                Err(_) => {
                    sleep(PAUSE).await;
                    self.apply(Input::Tick);
                }
            },
            answered = self.questions.answered() => {
                let mut answered = Some(answered?);
                while let Some((ticket, response)) = answered {
                    self.apply(Input::Answer { ticket, response });
                    answered = self.questions.answered_already();
                }
            }
            () = alarm => self.apply(Input::Tick),
        }
        Some(())
    }

    /// Applies one input and does what it leads to.
    fn apply(&mut self, input: Input) {
        let mut next = Some(input);
        let mut later = Vec::new();
        while let Some(input) = next {
            let at = self.clock.next();
            let mut effects = Vec::new();
            self.server.apply(at, &input, &mut effects);
            for effect in effects {
                later.extend(self.perform(effect));
            }
            next = later.pop();
        }
    }

    /// Does one thing; perhaps something happens because of it.
    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Send { peer, bytes } => {
                if let Some(path) = self.peers.path(peer) {
                    self.datagrams.send(path, bytes);
                }
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
}

/// Names of paths. Only those with a session are remembered, beside the one that was used last:
/// everybody else is answered at once, or never.
///
/// Choice: a name is a hash with a secret key. So a path keeps its name while its session is being
/// opened, without anything to remember that a flood could push out; and nobody can find a path
/// that has the name of another.
///
/// Invariant: holds at most as many paths as there are sessions.
#[derive(Default)]
struct Peers {
    naming: RandomState,
    last: Option<(Peer, Path)>,
    /// With how many sessions each has.
    held: BTreeMap<Peer, (Path, usize)>,
}

impl Peers {
    fn name(&mut self, path: Path) -> Peer {
        let peer = Peer(self.naming.hash_one(path));
        self.last = Some((peer, path));
        peer
    }

    fn path(&self, peer: Peer) -> Option<Path> {
        let last = self.last.filter(|(name, _)| *name == peer);
        let held = || self.held.get(&peer).map(|(path, _)| *path);
        last.map(|(_, path)| path).or_else(held)
    }

    fn hold(&mut self, peer: Peer) {
        if let Some(path) = self.path(peer) {
            self.held.entry(peer).or_insert((path, 0)).1 += 1;
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

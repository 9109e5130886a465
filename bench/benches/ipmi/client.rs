//! The client: the same for each server.

use ipmi::command::{Command, ResponseError};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::{PortEvent, PortOrder, Target};
use ports::{CipherSuite, Port, PortConfig, lan};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// For anything that must happen.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Who answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) pid: u32,
    pub(crate) at: SocketAddr,
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
}

impl Server {
    /// A session of an administrator with cipher suite 3, which each server offers.
    pub(crate) fn port(&self) -> Port {
        let session = lan::Config {
            suites: vec![CipherSuite::Sha1],
            ..lan::Config::new(self.user, self.password)
        };
        let address = self.at.to_string();
        ports::open(PortConfig::Lan { address, session }).expect("a configuration that can work")
    }
}

/// One thread, so that the servers have the other processors.
pub(crate) fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime")
}

/// An open session. It is closed with this value.
pub(crate) struct Client {
    port: Port,
}

impl Client {
    pub(crate) async fn open(server: &Server) -> Self {
        let mut port = server.port();
        let event = timeout(LIMIT, port.events.recv()).await;
        assert_eq!(event, Ok(Some(PortEvent::Up)), "{server:?}");
        Self { port }
    }

    /// Around a port that is up.
    pub(crate) fn over(port: Port) -> Self {
        Self { port }
    }

    /// Asks once, and reads the answer.
    pub(crate) async fn ask<C: Command>(&mut self, command: C) -> C::Response {
        let answer = self.try_ask(command).await;
        answer.expect("a server that knows its commands")
    }

    /// The same, of whoever may refuse.
    pub(crate) async fn try_ask<C: Command>(
        &mut self,
        command: C,
    ) -> Result<C::Response, ResponseError> {
        self.send(0, Target::ShelfManager, &command.request()).await;
        let (_, response) = self.answer().await;
        C::read_response(&response)
    }

    /// Asks the same again and again until `until`, with so many requests under way at once; how
    /// long each took.
    pub(crate) async fn drive(
        &mut self,
        request: &Request,
        in_flight: usize,
        until: Instant,
    ) -> Vec<Duration> {
        let mut asked: Vec<Instant> = Vec::new();
        let mut times = Vec::new();
        while asked.len() < in_flight {
            self.ask_timed(request, &mut asked).await;
        }
        while times.len() < asked.len() {
            let (token, response) = self.answer().await;
            let now = Instant::now();
            assert_eq!(response.code, CompletionCode::OK, "{request:?}");
            let token = usize::try_from(token).expect("our own number");
            times.push(now.duration_since(asked[token]));
            if now < until {
                self.ask_timed(request, &mut asked).await;
            }
        }
        times
    }

    /// The token is the place of the time at which it was asked.
    async fn ask_timed(&mut self, request: &Request, asked: &mut Vec<Instant>) {
        let token = asked.len().try_into().expect("few enough");
        asked.push(Instant::now());
        self.send(token, Target::ShelfManager, request).await;
    }

    /// Asks all at once, as many as the port has on the wire; how many were answered with OK.
    ///
    /// There must be fewer than events can wait.
    pub(crate) async fn ask_all(&mut self, requests: &[(Target, Request)]) -> usize {
        for (target, request) in requests {
            self.send(0, *target, request).await;
        }
        let mut count = 0;
        for _ in requests {
            let (_, response) = self.answer().await;
            count += usize::from(response.code == CompletionCode::OK);
        }
        count
    }

    async fn send(&self, token: u64, target: Target, request: &Request) {
        let order = PortOrder {
            token,
            target,
            request: request.clone(),
        };
        self.port.orders.send(order).await.expect("an open port");
    }

    /// Nothing but an answer may come: whoever loses a request, or the session, measures nothing.
    async fn answer(&mut self) -> (u64, Response) {
        let event = self.port.events.recv().await.expect("an open port");
        match event {
            PortEvent::Answer {
                token,
                result: Ok(response),
            } => (token, response),
            PortEvent::Answer { .. } | PortEvent::Up | PortEvent::Down(_) | PortEvent::Event(_) => {
                panic!("{event:?}")
            }
        }
    }
}

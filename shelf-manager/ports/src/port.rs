//! One port: connect, serve, pause, again.

use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::link::{Link, PIECE_MAX, Route};
use ipmi::port::{DownReason, PortEvent, PortOrder, RequestError};
use machine::Machine;
use session::{Effect, Input, lan::Lan, serial::Serial, vm::Vm};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::{sleep, sleep_until};

/// What a port needs to know about its session, beside what each machine can do.
pub(crate) trait Session: Machine<Input = Input, Effect = Effect> {
    fn has_room(&self) -> bool;
}

impl Session for Lan {
    fn has_room(&self) -> bool {
        self.has_room()
    }
}

impl Session for Vm {
    fn has_room(&self) -> bool {
        self.has_room()
    }
}

impl Session for Serial {
    fn has_room(&self) -> bool {
        self.has_room()
    }
}

/// Why serving ended.
enum End {
    /// Nobody holds the port any more.
    Forsaken,
    /// The session went down.
    Down,
}

struct Port<S> {
    session: S,
    orders: Receiver<PortOrder>,
    events: Sender<PortEvent>,
    clock: Clock,
    /// The reason that was told last; `None` since the port was up.
    told: Option<DownReason>,
    backoff: Backoff,
}

/// Runs until nobody holds the port any more.
pub(crate) async fn run<S: Session>(
    session: S,
    route: Route,
    orders: Receiver<PortOrder>,
    events: Sender<PortEvent>,
) {
    let mut port = Port {
        session,
        orders,
        events,
        clock: Clock::start(),
        told: None,
        backoff: Backoff::default(),
    };
    loop {
        let end = match route.connect().await {
            Ok(link) => port.serve(link).await,
            Err(why) => {
                let reason = DownReason::Unreachable(why.to_string());
                port.tell(PortEvent::Down(reason)).await
            }
        };
        if matches!(end, Some(End::Forsaken)) || port.rest().await.is_some() {
            return;
        }
    }
}

impl<S: Session> Port<S> {
    async fn serve(&mut self, mut link: Link) -> Option<End> {
        let mut seed = [0; 32];
        if let Err(why) = getrandom::fill(&mut seed) {
            let reason = DownReason::Unreachable(format!("no randomness: {why}"));
            return self.tell(PortEvent::Down(reason)).await;
        }
        let mut input = Input::Start { seed };
        let mut piece = [0; PIECE_MAX];
        loop {
            if let Some(end) = self.apply(&mut link, input).await {
                return Some(end);
            }
            input = self.next_input(&mut link, &mut piece).await;
        }
    }

    async fn next_input(&mut self, link: &mut Link, piece: &mut [u8; PIECE_MAX]) -> Input {
        let deadline = self.clock.until(self.session.deadline());
        tokio::select! {
            received = link.receive(piece) => match received {
                Ok(len) => Input::Received(piece[..len].to_vec()),
                Err(why) => Input::Lost(why.to_string()),
            },
            order = self.orders.recv(), if self.session.has_room() => match order {
                Some(order) => Input::Order(order),
                None => Input::Stop,
            },
            () = sleep_until(deadline) => Input::Tick,
        }
    }

    /// Applies one input and does what it leads to.
    async fn apply(&mut self, link: &mut Link, input: Input) -> Option<End> {
        let mut next = Some(input);
        let mut end = None;
        while let Some(input) = next.take() {
            let at = self.clock.next();
            let mut effects = Vec::new();
            self.session.apply(at, &input, &mut effects);
            if input == Input::Stop {
                end = Some(End::Forsaken);
            }
            for effect in effects {
                match effect {
                    Effect::Send(bytes) => {
                        if let Err(why) = link.send(&bytes).await {
                            next = Some(Input::Lost(why.to_string()));
                        }
                    }
                    Effect::Event(event) => end = self.tell(event).await.or(end),
                }
            }
        }
        end
    }

    /// Tells an event, unless it says again why the port is down.
    async fn tell(&mut self, event: PortEvent) -> Option<End> {
        let mut end = None;
        match &event {
            PortEvent::Up => {
                self.told = None;
                self.backoff.up(self.clock.elapsed());
            }
            PortEvent::Down(reason) => {
                if self.told.as_ref() == Some(reason) {
                    return Some(End::Down);
                }
                if *reason == DownReason::Unauthenticated {
                    self.backoff.unauthenticated();
                }
                self.told = Some(reason.clone());
                end = Some(End::Down);
            }
            PortEvent::Answer { .. } | PortEvent::Event(_) => (),
        }
        match self.events.send(event).await {
            Ok(()) => end,
            Err(_) => Some(End::Forsaken),
        }
    }

    /// Pauses before the next attempt; meanwhile orders learn that the port is down.
    async fn rest(&mut self) -> Option<End> {
        let pause = sleep(self.backoff.pause(self.clock.elapsed()));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return None,
                order = self.orders.recv() => {
                    let Some(order) = order else {
                        return Some(End::Forsaken);
                    };
                    let answer = PortEvent::Answer {
                        token: order.token,
                        result: Err(RequestError::PortDown),
                    };
                    if self.tell(answer).await.is_some() {
                        return Some(End::Forsaken);
                    }
                }
            }
        }
    }
}

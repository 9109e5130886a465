//! Serving a shelf in process, behind what a port offers.

use crate::Config;
use crate::handle::{ChassisHandle, Handling};
use crate::shelf::{Chassis, Effect, Input};
use ipmi::port::{PortEvent, PortOrder};
use machine::{Machine, Pos, Time};
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// How many orders, events and handlings wait.
const ORDERS_MAX: usize = 256;
const EVENTS_MAX: usize = 1024;
const HANDLINGS_MAX: usize = 16;
/// What a deadline that never comes is waited for.
const LONG: Duration = Duration::from_secs(3600);

struct Server {
    chassis: Chassis,
    orders: mpsc::Receiver<PortOrder>,
    events: mpsc::Sender<PortEvent>,
    operators: mpsc::Receiver<Handling>,
    payload: watch::Sender<BTreeSet<u8>>,
    /// The same moment on both clocks.
    started: (Instant, Duration),
    index: u64,
}

/// Serves a shelf in a task of its own on the current tokio runtime, until the orders' sender or
/// the events' receiver is dropped. Whoever sends orders must go on reading events meanwhile.
#[must_use]
pub fn spawn(
    config: Config,
) -> (
    mpsc::Sender<PortOrder>,
    mpsc::Receiver<PortEvent>,
    ChassisHandle,
) {
    let (orders, inbox) = mpsc::channel(ORDERS_MAX);
    let (outbox, events) = mpsc::channel(EVENTS_MAX);
    let (operators, handlings) = mpsc::channel(HANDLINGS_MAX);
    let chassis = Chassis::new(config);
    let (payload, watched) = watch::channel(chassis.powered_slots());
    let unix = SystemTime::now().duration_since(UNIX_EPOCH);
    let server = Server {
        chassis,
        orders: inbox,
        events: outbox,
        operators: handlings,
        payload,
        started: (Instant::now(), unix.unwrap_or_default()),
        index: 0,
    };
    tokio::spawn(server.run());
    let handle = ChassisHandle {
        operators,
        payload: watched,
    };
    (orders, events, handle)
}

impl Server {
    async fn run(mut self) {
        if self.events.send(PortEvent::Up).await.is_err() {
            return;
        }
        let mut input = Input::Tick;
        let mut reply = None;
        loop {
            let effects = self.apply(&input);
            for effect in effects {
                match effect {
                    Effect::Event(event) => {
                        if self.events.send(event).await.is_err() {
                            return;
                        }
                    }
                    Effect::Handled(done) => {
                        let reply: Option<tokio::sync::oneshot::Sender<_>> = reply.take();
                        // Whoever asked may have stopped waiting.
                        let _ = reply.map(|reply| reply.send(done));
                    }
                    Effect::Payload { slot, on } => self.payload.send_modify(|slots| {
                        let _ = if on {
                            slots.insert(slot)
                        } else {
                            slots.remove(&slot)
                        };
                    }),
                }
            }
            let wake = self.wake();
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(order) => input = Input::Order(order),
                    None => return,
                },
                Some((operator, answer)) = self.operators.recv() => {
                    input = Input::Operator(operator);
                    reply = Some(answer);
                }
                () = sleep_until(wake) => input = Input::Tick,
            }
        }
    }

    fn apply(&mut self, input: &Input) -> Vec<Effect> {
        let (instant, unix) = self.started;
        let nanos = (unix + instant.elapsed()).as_nanos();
        self.index += 1;
        let at = Pos {
            index: self.index,
            time: Time(u64::try_from(nanos).unwrap_or(u64::MAX)),
        };
        let mut effects = Vec::new();
        self.chassis.apply(at, input, &mut effects);
        effects
    }

    fn wake(&self) -> Instant {
        let (instant, unix) = self.started;
        match self.chassis.deadline() {
            Some(Time(nanos)) => instant + Duration::from_nanos(nanos).saturating_sub(unix),
            None => Instant::now() + LONG,
        }
    }
}

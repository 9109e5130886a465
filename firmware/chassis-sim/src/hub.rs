//! One shelf, asked by many.

use ipmi::message::{Request, Response};
use ipmi::port::{PortEvent, PortOrder, RequestError, Target};
use std::collections::BTreeMap;
use tokio::sync::{broadcast, mpsc, oneshot};

/// How many requests wait for the shelf; who asks more waits.
const ASKS_MAX: usize = 256;
/// How many events wait for a slow reader; older ones are lost to it.
const EVENTS_MAX: usize = 256;

type Reply = oneshot::Sender<Result<Response, RequestError>>;

/// A way to the shelf. Clones lead to the same one.
#[derive(Clone, Debug)]
pub(crate) struct Hub {
    asks: mpsc::Sender<(Target, Request, Reply)>,
    events: broadcast::Sender<[u8; 16]>,
}

impl Hub {
    /// Takes both ends of a port; works in a task of its own.
    pub(crate) fn open(orders: mpsc::Sender<PortOrder>, events: mpsc::Receiver<PortEvent>) -> Self {
        let (asks, inbox) = mpsc::channel(ASKS_MAX);
        let (told, _) = broadcast::channel(EVENTS_MAX);
        tokio::spawn(run(inbox, (orders, events), told.clone()));
        Self { asks, events: told }
    }

    /// Asks the shelf.
    pub(crate) async fn ask(
        &self,
        target: Target,
        request: Request,
    ) -> Result<Response, RequestError> {
        let (reply, answer) = oneshot::channel();
        let asked = self.asks.send((target, request, reply)).await;
        match asked {
            Ok(()) => answer.await.unwrap_or(Err(RequestError::PortDown)),
            Err(_) => Err(RequestError::PortDown),
        }
    }

    /// Follows the events of the shelf from now on.
    pub(crate) fn events(&self) -> broadcast::Receiver<[u8; 16]> {
        self.events.subscribe()
    }
}

async fn run(
    mut inbox: mpsc::Receiver<(Target, Request, Reply)>,
    (orders, mut events): (mpsc::Sender<PortOrder>, mpsc::Receiver<PortEvent>),
    told: broadcast::Sender<[u8; 16]>,
) {
    let mut open: BTreeMap<u64, Reply> = BTreeMap::new();
    let mut token = 0;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(PortEvent::Answer { token, result }) => {
                    if let Some(reply) = open.remove(&token) {
                        // Who asked may have gone.
                        let _ = reply.send(result);
                    }
                }
                // Perhaps nobody listens.
                Some(PortEvent::Event(record)) => drop(told.send(record)),
                Some(PortEvent::Up) => (),
                Some(PortEvent::Down(_)) => open.clear(),
                None => return,
            },
            // The shelf takes orders only while somebody reads its events.
            Some((target, request, reply)) = inbox.recv(), if orders.capacity() > 0 => {
                token += 1;
                let order = PortOrder { token, target, request };
                if orders.try_send(order).is_ok() {
                    open.insert(token, reply);
                }
            }
        }
    }
}

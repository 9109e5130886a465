//! Serving a shelf in process, behind what a port offers.

use crate::Config;
use crate::handle::{ChassisHandle, HandleError};
use crate::operator::Operator;
use crate::shelf::{Chassis, Effect, Input};
use ipmi::port::{PortEvent, PortOrder};
use machine::{Machine, Pos, Time};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// How many orders and events wait.
const ORDERS_MAX: usize = 256;
const EVENTS_MAX: usize = 1024;
/// What a deadline that never comes is waited for.
const LONG: Duration = Duration::from_secs(3600);

/// The shelf, where hands and server reach it.
pub(crate) struct Shared {
    served: Mutex<Served>,
    news: Notify,
    payload: watch::Sender<BTreeSet<u8>>,
    /// The same moment on both clocks.
    started: (Instant, Duration),
}

struct Served {
    chassis: Chassis,
    /// What was not told yet, in order.
    outbox: VecDeque<PortEvent>,
    index: u64,
    is_gone: bool,
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
    let chassis = Chassis::new(config);
    let (sender, payload) = watch::channel(chassis.powered_slots());
    let unix = SystemTime::now().duration_since(UNIX_EPOCH);
    let shared = Arc::new(Shared {
        served: Mutex::new(Served {
            chassis,
            outbox: VecDeque::from([PortEvent::Up]),
            index: 0,
            is_gone: false,
        }),
        news: Notify::new(),
        payload: sender,
        started: (Instant::now(), unix.unwrap_or_default()),
    });
    let handle = ChassisHandle {
        shared: Arc::clone(&shared),
        payload,
    };
    tokio::spawn(serve(shared, inbox, outbox));
    (orders, events, handle)
}

async fn serve(
    shared: Arc<Shared>,
    mut orders: mpsc::Receiver<PortOrder>,
    events: mpsc::Sender<PortEvent>,
) {
    let mut input = Some(Input::Tick);
    loop {
        if let Some(input) = input.take() {
            // Only hands are told how it went; others get events.
            let _ = shared.apply(&mut shared.lock(), &input);
        }
        while let Some(event) = shared.next_event() {
            if events.send(event).await.is_err() {
                return shared.lock().is_gone = true;
            }
        }
        let wake = shared.wake();
        tokio::select! {
            order = orders.recv() => match order {
                Some(order) => input = Some(Input::Order(order)),
                None => return shared.lock().is_gone = true,
            },
            () = shared.news.notified() => (),
            () = sleep_until(wake) => input = Some(Input::Tick),
        }
    }
}

impl Shared {
    pub(crate) fn operate(&self, operator: Operator) -> Result<(), HandleError> {
        let mut served = self.lock();
        if served.is_gone {
            return Err(HandleError::Gone);
        }
        if served.outbox.len() >= EVENTS_MAX {
            return Err(HandleError::Busy);
        }
        let done = self.apply(&mut served, &Input::Operator(operator));
        self.news.notify_one();
        done
    }

    pub(crate) fn look<T>(&self, at: impl FnOnce(&Chassis) -> T) -> T {
        at(&self.lock().chassis)
    }

    /// A panic elsewhere leaves the shelf as it was before an input, or after it.
    fn lock(&self) -> MutexGuard<'_, Served> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply(&self, served: &mut Served, input: &Input) -> Result<(), HandleError> {
        let (instant, unix) = self.started;
        let nanos = (unix + instant.elapsed()).as_nanos();
        served.index += 1;
        let at = Pos {
            index: served.index,
            time: Time(u64::try_from(nanos).unwrap_or(u64::MAX)),
        };
        let mut effects = Vec::new();
        served.chassis.apply(at, input, &mut effects);
        let mut done = Ok(());
        for effect in effects {
            match effect {
                Effect::Event(event) => served.outbox.push_back(event),
                Effect::Handled(handled) => done = handled.map_err(HandleError::Refused),
                Effect::Payload { slot, on } => self.payload.send_modify(|slots| {
                    if on {
                        slots.insert(slot);
                    } else {
                        slots.remove(&slot);
                    }
                }),
            }
        }
        done
    }

    fn next_event(&self) -> Option<PortEvent> {
        self.lock().outbox.pop_front()
    }

    fn wake(&self) -> Instant {
        let (instant, unix) = self.started;
        match self.lock().chassis.deadline() {
            Some(Time(nanos)) => instant + Duration::from_nanos(nanos).saturating_sub(unix),
            None => Instant::now() + LONG,
        }
    }
}

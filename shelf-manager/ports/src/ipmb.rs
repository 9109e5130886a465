//! A place of our own on IPMB-0: two I²C buses below, the controller at our own address beside.
//!
//! With this port nobody else is the shelf manager: what is asked of 20h is answered by an
//! [`ipmc::Ipmc`] in this process, which also keeps the event log.

mod own;

pub use crate::i2c::{Device, LinuxMaster, LinuxSlave};
pub use own::{IPMB_SENSOR, shelf_manager};
pub use session::ipmb::{
    Bus, Config, Fault, Health, LineHealth, RECEIVED_LEN_MAX, SEQUENCE_EXPIRATION, WriteError,
};

use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::{EVENTS_MAX, ORDERS_MAX, Port};
use ipmi::port::{DownReason, PortEvent, PortOrder};
use machine::{Machine, Pos};
use own::Own;
use session::ipmb::{Effect, Input, Ipmb};
use std::collections::VecDeque;
use std::io;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

/// How many messages of the buses wait; a bus is not read while there are more.
const INPUTS_MAX: usize = 64;

/// An I²C bus with a place on it.
pub trait Wire: Send + Sync + 'static {
    /// The end that writes to others.
    type Master: Master;
    /// The end that others write to.
    type Slave: Slave;
    /// Takes the place; the error names what is missing.
    fn open(&self) -> impl Future<Output = io::Result<(Self::Master, Self::Slave)>> + Send;
}

/// Writes to others.
pub trait Master: Send + 'static {
    /// Writes one frame; its first byte is the address.
    fn write(&mut self, frame: Vec<u8>) -> impl Future<Output = Result<(), MasterError>> + Send;
}

/// Hears what others write to our address.
pub trait Slave: Send + 'static {
    /// Waits for the next frame. Nothing is lost when the wait is given up. The error is the end.
    fn receive(&mut self) -> impl Future<Output = io::Result<Vec<u8>>> + Send;
}

/// Why a frame was not written.
#[derive(Debug)]
pub enum MasterError {
    /// The bus did not carry it.
    Refused(WriteError),
    /// The device is gone.
    Gone(io::Error),
}

/// Our place on the bus.
#[derive(Clone, Debug)]
pub struct Place {
    /// Address and patience.
    pub session: Config,
    /// IPMB-A, and IPMB-B where there is one.
    pub buses: (Device, Option<Device>),
    /// The controller at our address; see [`shelf_manager`].
    pub own: ipmc::Config,
}

/// Opens a port on the devices of a place.
#[must_use]
pub fn open(place: Place) -> Port {
    let (a, b) = place.buses;
    spawn(place.session, (a, b), place.own)
}

/// Opens a port on buses of any kind: it works in tasks of its own on the current tokio runtime.
#[must_use]
pub fn spawn<W: Wire>(session: Config, (a, b): (W, Option<W>), own: ipmc::Config) -> Port {
    let (orders, inbox) = mpsc::channel(ORDERS_MAX);
    let (outbox, events) = mpsc::channel(EVENTS_MAX);
    let (sender, inputs) = mpsc::channel(INPUTS_MAX);
    let attend = |bus, wire: W| {
        let (frames, to_write) = mpsc::channel(INPUTS_MAX);
        tokio::spawn(attend(wire, bus, to_write, sender.clone()));
        (frames, 0)
    };
    let buses = [Some(attend(Bus::A, a)), b.map(|wire| attend(Bus::B, wire))];
    let clock = Clock::unix();
    let own = Own::new(own, clock.now());
    let shell = Shell {
        session: Ipmb::new(session),
        own,
        buses,
        orders: inbox,
        events: outbox,
        clock,
        isolated: [false; 2],
        told: None,
    };
    tokio::spawn(shell.run(inputs));
    Port { orders, events }
}

/// Frames to write, each with how often its bus had been opened.
type Frames = mpsc::Sender<(u64, Vec<u8>)>;

/// The task in the middle.
struct Shell {
    session: Ipmb,
    own: Own,
    /// A and B, with how often each was opened.
    buses: [Option<(Frames, u64)>; 2],
    orders: mpsc::Receiver<PortOrder>,
    events: mpsc::Sender<PortEvent>,
    clock: Clock,
    /// Which buses we are ordered to keep off, A and B.
    isolated: [bool; 2],
    /// The reason that was told last; `None` since the port was up.
    told: Option<DownReason>,
}

/// Nobody holds the port any more.
struct Forsaken;

impl Shell {
    async fn run(mut self, mut inputs: mpsc::Receiver<Input>) {
        loop {
            let deadline = [self.session.deadline(), self.own.deadline()];
            let deadline = self.clock.until(deadline.into_iter().flatten().min());
            let input = tokio::select! {
                Some(input) = inputs.recv() => input,
                order = self.orders.recv(), if self.session.has_room() => match order {
                    Some(order) => Input::Order(order),
                    None => return,
                },
                () = sleep_until(deadline) => Input::Tick,
            };
            if self.apply(input).await.is_err() {
                return;
            }
        }
    }

    /// Applies one input, and what the controller at our address has to say about it.
    async fn apply(&mut self, input: Input) -> Result<(), Forsaken> {
        if let Input::Opened(bus) = &input
            && let Some((_, openings)) = &mut self.buses[*bus as usize]
        {
            *openings += 1;
        }
        if input == Input::Tick {
            let at = self.clock.next();
            let records = self.own.tick(at);
            self.tell_records(records).await?;
        }
        let mut waiting = VecDeque::from([input]);
        while let Some(input) = waiting.pop_front() {
            let at = self.clock.next();
            let mut effects = Vec::new();
            self.session.apply(at, &input, &mut effects);
            for effect in effects {
                waiting.extend(self.perform(at, effect).await?);
            }
        }
        Ok(())
    }

    async fn perform(&mut self, at: Pos, effect: Effect) -> Result<Vec<Input>, Forsaken> {
        match effect {
            Effect::Write { bus, frame } => {
                if let Some((frames, openings)) = &self.buses[bus as usize] {
                    // The session writes one at a time: there is room, or the bus is gone.
                    let _ = frames.try_send((*openings, frame));
                }
            }
            Effect::Question { id, from, request } => {
                let (response, records) = self.own.ask(at, from, request);
                self.tell_records(records).await?;
                let mut inputs = vec![Input::Answer { id, response }];
                inputs.extend(self.isolation(at));
                return Ok(inputs);
            }
            Effect::Health(health) => {
                let records = self.own.buses_changed(at, health);
                self.tell_records(records).await?;
            }
            Effect::Event(PortEvent::Event(record)) => {
                self.own.log(at, record);
                self.tell(PortEvent::Event(record)).await?;
            }
            Effect::Event(event) => self.tell(event).await?,
        }
        Ok(Vec::new())
    }

    /// Which buses to keep off, when a request has changed that.
    fn isolation(&mut self, at: Pos) -> Vec<Input> {
        let isolated = self.own.isolated(at);
        let before = std::mem::replace(&mut self.isolated, isolated);
        let buses = Bus::BOTH.into_iter().zip(isolated).zip(before);
        let changed = buses.filter(|((_, isolated), before)| isolated != before);
        changed
            .map(|((bus, isolated), _)| Input::Isolate { bus, isolated })
            .collect()
    }

    async fn tell_records(&mut self, records: Vec<[u8; 16]>) -> Result<(), Forsaken> {
        for record in records {
            self.tell(PortEvent::Event(record)).await?;
        }
        Ok(())
    }

    /// Tells an event, unless it says again why the port is down.
    async fn tell(&mut self, event: PortEvent) -> Result<(), Forsaken> {
        match &event {
            PortEvent::Up => self.told = None,
            PortEvent::Down(reason) if self.told.as_ref() == Some(reason) => return Ok(()),
            PortEvent::Down(reason) => self.told = Some(reason.clone()),
            PortEvent::Answer { .. } | PortEvent::Event(_) => (),
        }
        self.events.send(event).await.map_err(|_| Forsaken)
    }
}

/// Opens one bus, and again whenever it is lost, until nobody holds the port any more.
async fn attend<W: Wire>(
    wire: W,
    bus: Bus,
    mut frames: mpsc::Receiver<(u64, Vec<u8>)>,
    inputs: mpsc::Sender<Input>,
) {
    let epoch = Instant::now();
    let mut backoff = Backoff::default();
    let mut openings = 0;
    loop {
        let why = match wire.open().await {
            Ok(ends) => {
                openings += 1;
                backoff.up(epoch.elapsed());
                if inputs.send(Input::Opened(bus)).await.is_err() {
                    return;
                }
                match serve((bus, openings), ends, &mut frames, &inputs).await {
                    Some(why) => why,
                    None => return,
                }
            }
            Err(why) => why,
        };
        let why = why.to_string();
        let lost = inputs.send(Input::Lost { bus, why }).await;
        if lost.is_err() || frames.is_closed() {
            return;
        }
        sleep(backoff.pause(epoch.elapsed())).await;
    }
}

/// Writes and receives at the same time; why that ended, or `None` when nobody wants it.
async fn serve<M: Master, S: Slave>(
    (bus, openings): (Bus, u64),
    (mut master, mut slave): (M, S),
    frames: &mut mpsc::Receiver<(u64, Vec<u8>)>,
    inputs: &mpsc::Sender<Input>,
) -> Option<io::Error> {
    let writing = async {
        loop {
            let (opening, frame) = frames.recv().await?;
            if opening != openings {
                // It was meant for the device that is gone.
                continue;
            }
            let result = match master.write(frame).await {
                Ok(()) => Ok(()),
                Err(MasterError::Refused(error)) => Err(error),
                Err(MasterError::Gone(why)) => return Some(why),
            };
            inputs.send(Input::Sent { bus, result }).await.ok()?;
        }
    };
    let receiving = async {
        loop {
            match slave.receive().await {
                Ok(frame) => inputs.send(Input::Received { bus, frame }).await.ok()?,
                Err(why) => return Some(why),
            }
        }
    };
    tokio::select! {
        why = writing => why,
        why = receiving => why,
    }
}

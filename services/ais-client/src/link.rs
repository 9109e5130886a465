//! The connection to the agent, which outlives the agent.

use crate::{Config, Error, Event};
use ais::amf::{CsiFlags, HaState};
use ais::node::Invocation;
use ais::{AisError, Dn};
use ais_wire::{Callback, Decoder, PmErrors, Reply, Request, ToAgent, ToComponent, VERSION};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// Between two attempts to reach an agent that went away. It waits for its components some seconds
/// only.
const RETRY: Duration = Duration::from_millis(50);

/// How long the agent may leave bytes unread, and how long it may take to answer a greeting.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// Callbacks of which the component has not said what became of them. AMF has far fewer at a time.
const UNANSWERED_MAX: usize = 1024;

type Answer = Result<Reply, AisError>;

/// The connection.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) config: Config,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// `None` while the agent is away.
    writer: Option<UnixStream>,
    calls: u32,
    waiting: BTreeMap<u32, Sender<Answer>>,
    closed: bool,
    held: Held,
}

/// What a new agent is told.
#[derive(Debug, Default)]
struct Held {
    registered: bool,
    csis: BTreeMap<Dn, HaState>,
    unanswered: BTreeMap<Invocation, Change>,
    /// The calls that started healthchecks and the watching of processes.
    started: Vec<Request>,
}

/// What a callback changes once the component has done what it wants.
#[derive(Debug)]
enum Change {
    Set(Option<Dn>, HaState),
    Remove(Option<Dn>),
}

/// Reads messages of one connection.
struct Reader {
    stream: UnixStream,
    decoder: Decoder,
}

impl Reader {
    fn next(&mut self) -> io::Result<ToComponent> {
        loop {
            let message = self.decoder.message();
            if let Some(message) = message.map_err(|_| io::ErrorKind::InvalidData)? {
                return Ok(message);
            }
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                length => self.decoder.feed(&bytes[..length]),
            }
        }
    }
}

impl Link {
    /// Connects, and starts the thread that reads.
    pub(crate) fn open(config: Config) -> Result<(Arc<Self>, Receiver<Event>), Error> {
        let reader = greeted(&config)?;
        let writer = reader.stream.try_clone().map_err(Error::Connect)?;
        let state = State {
            writer: Some(writer),
            ..State::default()
        };
        let link = Arc::new(Self {
            config,
            state: Mutex::new(state),
        });
        let (events, receiver) = mpsc::channel();
        let thread = link.clone();
        thread::Builder::new()
            .name("amf".into())
            .spawn(move || thread.read(reader, &events))
            .map_err(Error::Connect)?;
        Ok((link, receiver))
    }

    /// A panic elsewhere leaves nothing half done in here.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn call(&self, request: Request) -> Answer {
        let (sender, answer) = mpsc::channel();
        let call = self.state().send(request, sender)?;
        answer
            .recv_timeout(self.config.call_timeout)
            .unwrap_or_else(|error| {
                self.state().waiting.remove(&call);
                Err(match error {
                    mpsc::RecvTimeoutError::Timeout => AisError::Timeout,
                    mpsc::RecvTimeoutError::Disconnected => AisError::TryAgain,
                })
            })
    }

    pub(crate) fn registered(&self) {
        self.state().held.registered = true;
    }

    pub(crate) fn keep(&self, request: Request) {
        let started = &mut self.state().held.started;
        started.retain(is_of_use);
        started.push(request);
    }

    pub(crate) fn forget_healthcheck(&self, stopped: &[u8]) {
        self.state().held.started.retain(
            |request| !matches!(request, Request::HealthcheckStart { key, .. } if key == stopped),
        );
    }

    /// Forgets that ends of a process are watched for; `None` for all processes.
    pub(crate) fn forget_watching(&self, process: Option<u32>, stopped: PmErrors) {
        self.state().held.started.retain_mut(|request| {
            let Request::PmStart { pid, errors, .. } = request else {
                return true;
            };
            if process.is_none_or(|process| process == *pid) {
                errors.0 &= !stopped.0;
            }
            errors.0 != 0
        });
    }

    /// The component has done what a callback wants; that holds even if the agent never hears of
    /// it.
    pub(crate) fn responds(&self, invocation: Invocation, ok: bool) {
        let held = &mut self.state().held;
        match held.unanswered.remove(&invocation).filter(|_| ok) {
            Some(Change::Set(Some(csi), state)) => {
                held.csis.insert(csi, state);
            }
            Some(Change::Set(None, state)) => {
                held.csis.values_mut().for_each(|held| *held = state);
            }
            Some(Change::Remove(Some(csi))) => {
                held.csis.remove(&csi);
            }
            Some(Change::Remove(None)) => held.csis.clear(),
            None => {}
        }
    }

    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        if let Some(writer) = state.writer.take() {
            let _ = writer.shutdown(Shutdown::Both);
        }
    }

    /// The thread: reads until the connection is closed, connecting again when the agent went away.
    fn read(&self, mut reader: Reader, events: &Sender<Event>) {
        loop {
            while let Ok(message) = reader.next() {
                self.message(message, events);
            }
            if !self.disconnected() || events.send(Event::Disconnected).is_err() {
                return;
            }
            match self.reconnected(events) {
                Some(again) => reader = again,
                None => return,
            }
        }
    }

    fn message(&self, message: ToComponent, events: &Sender<Event>) {
        match message {
            ToComponent::Hello { .. } => {}
            ToComponent::Answer { call, result } => {
                if let Some(waiting) = self.state().waiting.remove(&call) {
                    let _ = waiting.send(result);
                }
            }
            ToComponent::Callback {
                invocation,
                callback,
            } => {
                let _ = events.send(self.event(invocation, callback));
            }
        }
    }

    fn event(&self, invocation: Invocation, callback: Callback) -> Event {
        let mut change = None;
        let event = match callback {
            Callback::Healthcheck { key, .. } => Event::Healthcheck { invocation, key },
            Callback::Terminate { .. } => Event::Terminate { invocation },
            Callback::CsiSet { ha_state, csi, .. } => {
                let all = csi.flags == CsiFlags::TargetAll;
                change = Some(Change::Set(csi.csi.clone().filter(|_| !all), ha_state));
                Event::CsiSet {
                    invocation,
                    ha_state,
                    csi,
                }
            }
            Callback::CsiRemove { csi, .. } => {
                change = Some(Change::Remove(csi.clone()));
                Event::CsiRemove { invocation, csi }
            }
        };
        if let Some(change) = change {
            let unanswered = &mut self.state().held.unanswered;
            while unanswered.len() >= UNANSWERED_MAX {
                unanswered.pop_first();
            }
            unanswered.insert(invocation, change);
        }
        event
    }

    /// Lets go of the connection. `false` when it was closed on purpose.
    ///
    /// What ended before this moment the agent has seen: it is no news for the next one.
    fn disconnected(&self) -> bool {
        let mut state = self.state();
        state.held.started.retain(is_of_use);
        state.writer = None;
        // Whoever waits for an answer is told by the end of its channel.
        state.waiting.clear();
        !state.closed
    }

    /// Connects until it works. `None` when it is closed, or the agent has no use for the
    /// component.
    fn reconnected(&self, events: &Sender<Event>) -> Option<Reader> {
        loop {
            thread::sleep(RETRY);
            if self.state().closed {
                return None;
            }
            let Ok(reader) = greeted(&self.config) else {
                continue;
            };
            match self.resumed(reader, events) {
                Ok(Some(reader)) => {
                    let _ = events.send(Event::Reconnected);
                    return Some(reader);
                }
                Ok(None) => {
                    let _ = events.send(Event::Disowned);
                    return None;
                }
                Err(_) => {}
            }
        }
    }

    /// Tells a new agent what the component holds. `Ok(None)` when the agent refuses it.
    fn resumed(&self, mut reader: Reader, events: &Sender<Event>) -> io::Result<Option<Reader>> {
        let (registered, csis, started) = {
            let held = &self.state().held;
            let csis = held.csis.iter().map(|(csi, state)| (csi.clone(), *state));
            (held.registered, csis.collect(), held.started.clone())
        };
        let component = self.config.component.clone();
        if registered {
            let request = Request::Reconnect {
                component: component.clone(),
                csis,
            };
            if self.ask(&mut reader, request, events)?.is_err() {
                return Ok(None);
            }
        }
        for request in started {
            let answer = self.ask(&mut reader, request.clone(), events)?;
            if let (Request::PmStart { recovery, .. }, Err(AisError::NotExist)) = (request, answer)
            {
                // The process ended while nobody watched it.
                let component = component.clone();
                let report = Request::ErrorReport {
                    component,
                    detected_ns: 0,
                    recovery,
                };
                let _ = self.ask(&mut reader, report, events)?;
            }
        }
        let mut state = self.state();
        if state.closed {
            // It was closed while the agent was told of it.
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        state.writer = Some(reader.stream.try_clone()?);
        drop(state);
        Ok(Some(reader))
    }

    /// A call of the thread that reads, while it has the connection for itself.
    fn ask(
        &self,
        reader: &mut Reader,
        request: Request,
        events: &Sender<Event>,
    ) -> io::Result<Answer> {
        // The number is that of no other call: those are at most half as high.
        let call = u32::MAX;
        write(&mut reader.stream, &ToAgent::Call { call, request })?;
        loop {
            let message = reader.next()?;
            match answer_to(call, &message) {
                Some(answer) => return Ok(answer),
                None => self.message(message, events),
            }
        }
    }
}

impl State {
    fn send(&mut self, request: Request, answer: Sender<Answer>) -> Result<u32, AisError> {
        self.calls = self.calls.wrapping_add(1) & (u32::MAX >> 1);
        let call = self.calls;
        let writer = self.writer.as_mut().ok_or(AisError::TryAgain)?;
        self.waiting.insert(call, answer);
        if write(writer, &ToAgent::Call { call, request }).is_err() {
            // Half a message may be out: the thread that reads connects again.
            let _ = writer.shutdown(Shutdown::Both);
            self.waiting.remove(&call);
            return Err(AisError::TryAgain);
        }
        Ok(call)
    }
}

/// Whether a new agent must hear of the call: not of the watching of a process that has ended.
fn is_of_use(started: &Request) -> bool {
    let Request::PmStart { pid, .. } = started else {
        return true;
    };
    // Source: proc(5), `/proc/pid/stat`; the state stands behind the name in parentheses.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, state)| !state.starts_with(['Z', 'X', 'x']))
}

fn answer_to(number: u32, message: &ToComponent) -> Option<Answer> {
    if let ToComponent::Answer { call, result } = message {
        (*call == number).then_some(*result)
    } else {
        None
    }
}

/// A connection on which both sides have said hello.
fn greeted(config: &Config) -> Result<Reader, Error> {
    let mut stream = UnixStream::connect(&config.socket).map_err(Error::Connect)?;
    stream
        .set_write_timeout(Some(WRITE_TIMEOUT))
        .map_err(Error::Connect)?;
    stream
        .set_read_timeout(Some(WRITE_TIMEOUT))
        .map_err(Error::Connect)?;
    let hello = ToAgent::Hello {
        version: VERSION,
        pid: std::process::id(),
    };
    write(&mut stream, &hello).map_err(Error::Connect)?;
    let mut reader = Reader {
        stream,
        decoder: Decoder::default(),
    };
    match reader.next() {
        Ok(ToComponent::Hello { version: VERSION }) => {}
        Ok(_) | Err(_) => return Err(Error::Protocol),
    }
    reader
        .stream
        .set_read_timeout(None)
        .map_err(Error::Connect)?;
    Ok(reader)
}

fn write(stream: &mut UnixStream, message: &ToAgent) -> io::Result<()> {
    let frame = ais_wire::encode(message).map_err(|_| io::ErrorKind::InvalidInput)?;
    stream.write_all(&frame)
}

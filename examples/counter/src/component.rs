//! The component: what it does with AMF's callbacks.

use crate::serve::{Counter, Service};
use ais::amf::{CsiDescriptor, HaState, RecommendedRecovery};
use ais::{AisError, Dn};
use ais_client::{Component, Config, Event, HealthcheckInvocation};
use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

/// How often a standby asks the active one for its number.
const COPY_PERIOD: Duration = Duration::from_millis(200);

/// How long the agent may be away when the component starts.
const AGENT_AWAY_TIME: Duration = Duration::from_secs(5);

struct Counting {
    counter: Arc<Counter>,
    address: String,
    /// HA states by CSI; the component is active if it is for one of them.
    csis: BTreeMap<Dn, HaState>,
    /// Where the active one counts.
    port: Option<u16>,
    service: Option<Service>,
}

pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    match variable("COUNTER_FAULT").as_deref() {
        Some("exit") => return Err("told to exit".into()),
        Some("register") => loop {
            thread::park();
        },
        Some(_) | None => {}
    }
    let config = Config::from_environment()?;
    let counter = Arc::new(Counter::new(config.component.clone()));
    let address = variable("COUNTER_ADDRESS").unwrap_or_else(|| "127.0.0.1".into());
    let port = number("COUNTER_PORT")?;
    if let Some(port) = number("COUNTER_STATE_PORT")? {
        // It is served as long as the process lives.
        Service::start(socket(&address, port)?, counter.clone())?.detach();
    }
    let counting = Counting {
        counter,
        address,
        csis: BTreeMap::new(),
        port,
        service: None,
    };
    let (component, events) = Component::register(config)?;
    if let Some(key) = variable("COUNTER_HEALTHCHECK") {
        start_healthcheck(&component, key.as_bytes())?;
    }
    counting.serve(&component, &events)
}

/// The agent may be away for a moment just now.
fn start_healthcheck(component: &Component, key: &[u8]) -> Result<(), String> {
    let (style, recovery) = (
        HealthcheckInvocation::AmfInvoked,
        RecommendedRecovery::NoRecommendation,
    );
    let began = Instant::now();
    loop {
        match component.healthcheck_start(key, style, recovery) {
            Ok(()) => return Ok(()),
            Err(AisError::TryAgain) if began.elapsed() < AGENT_AWAY_TIME => {
                thread::sleep(Duration::from_millis(50));
            }
            Err(error) => return Err(format!("no healthcheck: {}", error.name())),
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str) -> Result<Option<u16>, Box<dyn Error>> {
    let port = variable(name).map(|text| text.parse());
    port.transpose()
        .map_err(|error| format!("{name}: {error}").into())
}

fn socket(address: &str, port: u16) -> Result<SocketAddr, Box<dyn Error>> {
    Ok(SocketAddr::new(address.parse()?, port))
}

impl Counting {
    fn serve(
        mut self,
        component: &Component,
        events: &ais_client::Events,
    ) -> Result<(), Box<dyn Error>> {
        let mut copied = Instant::now();
        loop {
            let event = events.next(Some(COPY_PERIOD));
            if copied.elapsed() >= COPY_PERIOD {
                self.copy();
                copied = Instant::now();
            }
            let Some(event) = event else {
                continue;
            };
            while self.counter.hangs.load(Ordering::Relaxed) {
                thread::park();
            }
            let (invocation, outcome) = match event {
                Event::CsiSet {
                    invocation,
                    ha_state,
                    csi,
                } => {
                    let outcome = self.set(ha_state, &csi);
                    if ha_state == HaState::Quiescing && outcome.is_ok() {
                        let _ = component.respond(invocation, outcome);
                        // Nothing is left to be finished: each line is answered at once.
                        let _ = component.quiescing_complete(invocation, Ok(()));
                        continue;
                    }
                    (invocation, outcome)
                }
                Event::CsiRemove { invocation, csi } => (invocation, self.remove(csi.as_ref())),
                Event::Healthcheck { invocation, .. } => {
                    (invocation, faulty(&self.counter.healthcheck_fails))
                }
                Event::Terminate { invocation } => {
                    let outcome = faulty(&self.counter.terminate_fails);
                    let _ = component.respond(invocation, outcome);
                    if outcome.is_ok() {
                        return Ok(());
                    }
                    continue;
                }
                Event::Disconnected | Event::Reconnected => continue,
                Event::Disowned => return Err("AMF does not want this component".into()),
            };
            // An agent that is away asks again when it is back.
            let _ = component.respond(invocation, outcome);
        }
    }

    fn set(&mut self, ha_state: HaState, csi: &CsiDescriptor) -> Result<(), AisError> {
        faulty(&self.counter.csi_fails)?;
        if let Some((_, port)) = csi.attributes.iter().find(|(name, _)| name == "port") {
            self.port = Some(port.parse().map_err(|_| AisError::FailedOperation)?);
        }
        match &csi.csi {
            Some(csi) => {
                self.csis.insert(csi.clone(), ha_state);
            }
            None => self.csis.values_mut().for_each(|held| *held = ha_state),
        }
        self.assume()
    }

    fn remove(&mut self, csi: Option<&Dn>) -> Result<(), AisError> {
        faulty(&self.counter.csi_fails)?;
        self.csis
            .retain(|held, _| csi.is_some_and(|csi| csi != held));
        self.assume()
    }

    /// The state that is shown: the busiest one among all CSIs.
    fn state(&self) -> Option<HaState> {
        self.csis.values().min().copied()
    }

    /// Opens or closes the port, before AMF hears that it is done: the next active one needs it.
    fn assume(&mut self) -> Result<(), AisError> {
        let state = self.state();
        let active = state == Some(HaState::Active);
        if !active {
            self.service = None;
        }
        *self.counter.state() = state;
        if let (true, None, Some(port)) = (active, &self.service, self.port) {
            let address = socket(&self.address, port).map_err(|_| AisError::FailedOperation)?;
            let service = Service::start(address, self.counter.clone());
            self.service = Some(service.map_err(|error| {
                eprintln!("counter: cannot listen on {address}: {error}");
                AisError::FailedOperation
            })?);
        }
        Ok(())
    }

    /// A standby goes on from the active one's number when it takes over.
    fn copy(&self) {
        let is_standby = self.state() == Some(HaState::Standby);
        let port = self.port.filter(|_| is_standby);
        if let Some(Ok(address)) = port.map(|port| socket(&self.address, port))
            && let Some(value) = crate::serve::value(address)
        {
            self.counter.value.fetch_max(value, Ordering::Relaxed);
        }
    }
}

/// Fails once if it was told to.
fn faulty(switch: &std::sync::atomic::AtomicBool) -> Result<(), AisError> {
    if switch.swap(false, Ordering::Relaxed) {
        return Err(AisError::FailedOperation);
    }
    Ok(())
}

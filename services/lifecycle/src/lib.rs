//! The life of one component on its node: starting, watching, assigning and stopping it.
//!
//! One machine for each component. Its inputs are orders of AMF, calls of the component's
//! processes, ends of commands and processes; its effects are commands, callbacks, answers and
//! reports. All time limits of one component run here, so that they can be tested without a clock.
//!
//! Source: SAI-AIS-AMF-B.04.01 chapter 4, §7.6–§7.13, Table 37.
//! Invariant: whatever an order started is reported once it ended; after [`Report::Terminated`]
//! nothing of the component runs; an order that is repeated starts nothing a second time.
#![no_std]

extern crate alloc;

mod api;
mod csi;
mod health;
mod monitor;
mod ports;
mod record;
mod start;
mod stop;

pub use health::ProcessEnd;
pub use ports::{Caller, Client, CommandEnd, Effect, Input, Process, Run, Which};
pub use record::Record;

use ais::amf::{HaState, RecommendedRecovery};
use ais::node::{ComponentSpec, CsiOutcome, FailureCause, Invocation, Report, Survivor};
use ais::{AisError, Dn};
use ais_wire::Reply;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use machine::{Machine, Pos, Time};
use serde::{Deserialize, Serialize};

/// The life of one component on its node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    component: Dn,
    /// Added to the machine's own count, so that invocations are unique among all components of a
    /// node.
    invocation_base: u64,
    invocations: u32,
    runs: u32,
    spec: Option<Box<ComponentSpec>>,
    phase: Phase,
    /// Set from a failure until the component is terminated: it is an erroneous component.
    failed: Option<(FailureCause, RecommendedRecovery)>,
    /// An order that came while the component was being stopped.
    queued: Option<Box<ComponentSpec>>,
    registered: Option<Registered>,
    /// Whether the component is known from an earlier agent's record, and has not connected yet.
    recorded_only: bool,
    /// The INSTANTIATE command, as long as it goes on running as (a parent of) the component.
    foreground: Option<Run>,
    monitor: monitor::Monitor,
    csis: BTreeMap<Dn, HaState>,
    /// Attributes of the CSI of a component that is not SA-aware: they go to its commands'
    /// environment.
    attributes: Vec<(String, String)>,
    orders: Vec<csi::CsiOrder>,
    /// The order that starts or stops a component by assigning it.
    npi: Option<csi::NpiOrder>,
    done: VecDeque<csi::Done>,
    healthchecks: Vec<health::Healthcheck>,
    watched: Vec<health::Watched>,
}

/// The registered process. Source: SAI-AIS-AMF-B.04.01 §7.1.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Registered {
    process: Process,
    /// Its connection; `None` while it is expected to connect again.
    client: Option<Client>,
    /// By when it must have connected again.
    until: Option<Time>,
}

/// Where the component is between not running and running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Uninstantiated,
    /// An attempt to start it is under way.
    Instantiating(start::Attempt),
    /// The delay before the next attempt.
    Pausing {
        attempt: u32,
        until: Time,
    },
    Instantiated,
    Stopping(stop::Stop),
    InstantiationFailed,
    TerminationFailed,
}

/// One turn of the machine: the time, and where effects go.
struct Turn<'a> {
    now: Time,
    effects: &'a mut Vec<Effect>,
}

impl Turn<'_> {
    fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn report(&mut self, report: Report) {
        self.push(Effect::Report(report));
    }

    fn answer(&mut self, client: Client, call: u32, result: Result<Reply, AisError>) {
        self.push(Effect::Answer {
            client,
            call,
            result,
        });
    }

    fn after_ms(&self, ms: u32) -> Time {
        self.now.after(Duration::from_millis(ms.into()))
    }
}

impl Lifecycle {
    /// Time that a component whose connection broke has to connect again before it counts as
    /// failed.
    ///
    /// Choice: long enough for the death of its process to be noticed first, short enough to be no
    /// outage.
    pub const RECONNECT_MS_MAX: u32 = 200;

    /// A component that does not run and of which nothing is known.
    ///
    /// Callbacks are numbered upwards from `invocation_base`, which has 2^32 numbers of its own.
    pub fn new(component: Dn, invocation_base: u64) -> Self {
        Self {
            component,
            invocation_base,
            invocations: 0,
            runs: 0,
            spec: None,
            phase: Phase::Uninstantiated,
            failed: None,
            queued: None,
            registered: None,
            recorded_only: false,
            foreground: None,
            monitor: monitor::Monitor::Off,
            csis: BTreeMap::new(),
            attributes: Vec::new(),
            orders: Vec::new(),
            npi: None,
            done: VecDeque::new(),
            healthchecks: Vec::new(),
            watched: Vec::new(),
        }
    }

    /// Whether nothing of it runs and nothing is under way: the agent may forget it.
    pub fn is_idle(&self) -> bool {
        matches!(
            self.phase,
            Phase::Uninstantiated | Phase::InstantiationFailed
        )
    }

    /// Whether it is still open if the component survived the agent's restart.
    pub fn is_adopting(&self) -> bool {
        match &self.phase {
            Phase::Instantiated => self.recorded_only,
            Phase::Stopping(stop) => stop.goal == stop::Goal::Forget,
            Phase::Uninstantiated
            | Phase::Instantiating(_)
            | Phase::Pausing { .. }
            | Phase::InstantiationFailed
            | Phase::TerminationFailed => false,
        }
    }

    /// What an audit says of it: itself if it runs, nothing otherwise.
    pub fn survivor(&self) -> Option<Survivor> {
        let runs = self.phase == Phase::Instantiated && self.failed.is_none();
        let csis = self
            .csis
            .iter()
            .map(|(csi, state)| (csi.clone(), *state))
            .collect();
        runs.then(|| Survivor {
            component: self.component.clone(),
            csis,
        })
    }

    /// The registered process.
    pub fn process(&self) -> Option<Process> {
        self.registered
            .as_ref()
            .map(|registered| registered.process)
    }

    fn sa_aware(&self) -> bool {
        self.spec
            .as_ref()
            .is_some_and(|spec| spec.category.is_sa_aware())
    }

    fn next_run(&mut self) -> Run {
        self.runs = self.runs.wrapping_add(1);
        Run(self.runs)
    }

    fn next_invocation(&mut self) -> Invocation {
        self.invocations = self.invocations.wrapping_add(1);
        Invocation(self.invocation_base.wrapping_add(self.invocations.into()))
    }

    fn client(&self) -> Option<Client> {
        self.registered
            .as_ref()
            .and_then(|registered| registered.client)
    }

    /// Takes note of a failure; a component that failed already, or does not run, cannot fail.
    fn fail(&mut self, cause: FailureCause, recovery: RecommendedRecovery, turn: &mut Turn) {
        if self.phase != Phase::Instantiated || self.failed.is_some() {
            return;
        }
        let recovery = self.resolved(recovery);
        self.failed = Some((cause, recovery));
        self.healthchecks.clear();
        self.watched.clear();
        let component = self.component.clone();
        turn.report(Report::Failed {
            component,
            cause,
            recovery,
        });
        self.drop_orders(CsiOutcome::Failed, turn);
    }

    /// The recovery to recommend. Source: SAI-AIS-AMF-B.04.01 §3.11.1.3.
    fn resolved(&self, recovery: RecommendedRecovery) -> RecommendedRecovery {
        match (&self.spec, recovery) {
            (Some(spec), RecommendedRecovery::NoRecommendation) => spec.recovery,
            (_, recovery) => recovery,
        }
    }

    fn process_ended(&mut self, pid: u32, end: Option<ProcessEnd>, turn: &mut Turn) {
        if self
            .registered
            .as_ref()
            .is_some_and(|registered| registered.process.pid == pid)
        {
            self.registered = None;
            match self.phase {
                Phase::Instantiating(_) => self.attempt_failed(true, turn),
                Phase::Instantiated if self.is_recorded_only() => self.forget(turn),
                Phase::Instantiated => {
                    self.fail(
                        FailureCause::ProcessEnded,
                        RecommendedRecovery::NoRecommendation,
                        turn,
                    );
                }
                Phase::Stopping(_) => self.process_ended_while_stopping(turn),
                Phase::Uninstantiated
                | Phase::Pausing { .. }
                | Phase::InstantiationFailed
                | Phase::TerminationFailed => {}
            }
        }
        self.watched_ended(pid, end, turn);
    }

    fn connection_lost(&mut self, client: Client, turn: &mut Turn) {
        self.healthchecks
            .retain(|healthcheck| healthcheck.client != client);
        let until = turn.after_ms(Self::RECONNECT_MS_MAX);
        let registered = self.registered.as_mut();
        if let Some(registered) = registered.filter(|r| r.client == Some(client)) {
            registered.client = None;
            registered.until = Some(until);
        }
    }

    fn reconnect_expired(&mut self, turn: &mut Turn) {
        if let Some(registered) = &mut self.registered {
            registered.until = None;
        }
        let recovery = RecommendedRecovery::NoRecommendation;
        match self.phase {
            Phase::Instantiating(_) => self.attempt_failed(true, turn),
            Phase::Instantiated if self.is_recorded_only() => self.forget(turn),
            Phase::Instantiated => self.fail(FailureCause::ConnectionLost, recovery, turn),
            Phase::Uninstantiated
            | Phase::Pausing { .. }
            | Phase::Stopping(_)
            | Phase::InstantiationFailed
            | Phase::TerminationFailed => {}
        }
    }

    fn tick(&mut self, turn: &mut Turn) {
        if self
            .reconnect_until()
            .is_some_and(|until| until <= turn.now)
        {
            self.reconnect_expired(turn);
        }
        match &self.phase {
            Phase::Instantiating(attempt) if attempt.until <= turn.now => {
                self.attempt_failed(true, turn);
            }
            Phase::Pausing { attempt, until } if *until <= turn.now => {
                let attempt = *attempt;
                self.attempt(attempt, turn);
            }
            Phase::Stopping(stop) if stop.until <= turn.now => self.step_timed_out(turn),
            Phase::Uninstantiated
            | Phase::Instantiating(_)
            | Phase::Pausing { .. }
            | Phase::Instantiated
            | Phase::Stopping(_)
            | Phase::InstantiationFailed
            | Phase::TerminationFailed => {}
        }
        self.monitor_tick(turn);
        self.orders_tick(turn);
        self.healthchecks_tick(turn);
    }

    fn reconnect_until(&self) -> Option<Time> {
        self.registered
            .as_ref()
            .and_then(|registered| registered.until)
    }

    fn phase_until(&self) -> Option<Time> {
        match &self.phase {
            Phase::Instantiating(attempt) => Some(attempt.until),
            Phase::Pausing { until, .. } => Some(*until),
            Phase::Stopping(stop) => Some(stop.until),
            Phase::Uninstantiated
            | Phase::Instantiated
            | Phase::InstantiationFailed
            | Phase::TerminationFailed => None,
        }
    }
}

impl Machine for Lifecycle {
    type Input = Input;
    type Effect = Effect;

    fn apply(&mut self, at: Pos, input: &Input, effects: &mut Vec<Effect>) {
        let turn = &mut Turn {
            now: at.time,
            effects,
        };
        match input {
            Input::Instantiate(spec) => self.instantiate(spec.clone(), turn),
            Input::Configure(spec) => self.spec = Some(spec.clone()),
            Input::Terminate => self.terminate(turn),
            Input::Cleanup => self.cleanup(turn),
            Input::SetCsi {
                invocation,
                ha_state,
                csi,
            } => {
                self.set_csi(*invocation, *ha_state, csi, turn);
            }
            Input::RemoveCsi { invocation, csi } => self.remove_csi(*invocation, csi, turn),
            Input::Adopt {
                record,
                alive,
                reconnect_ms_max,
            } => {
                self.adopt(record, (*alive, *reconnect_ms_max), turn);
            }
            Input::CommandEnded { run, end } => self.command_ended(*run, *end, turn),
            Input::ProcessEnded { pid, end } => self.process_ended(*pid, *end, turn),
            Input::Request {
                caller,
                call,
                request,
            } => {
                // The answer goes first: what the call sets off may be a callback to its caller.
                let mut after = Vec::new();
                let result = self.request(
                    *caller,
                    request,
                    &mut Turn {
                        now: at.time,
                        effects: &mut after,
                    },
                );
                turn.answer(caller.client, *call, result);
                turn.effects.append(&mut after);
            }
            Input::PmStart {
                client,
                call,
                pids,
                errors,
                recovery,
            } => {
                let result = self.pm_start(pids, *errors, *recovery, turn);
                turn.answer(*client, *call, result);
            }
            Input::PmStop {
                client,
                call,
                qualifier,
                pids,
                errors,
            } => {
                let result = self.pm_stop(*qualifier, pids, *errors);
                turn.answer(*client, *call, result);
            }
            Input::ConnectionLost(client) => self.connection_lost(*client, turn),
            Input::Tick => self.tick(turn),
        }
    }

    fn deadline(&self) -> Option<Time> {
        let orders = self.orders.iter().map(|order| order.until);
        let healthchecks = self.healthchecks.iter().map(health::Healthcheck::due);
        [
            self.reconnect_until(),
            self.phase_until(),
            self.monitor.until(),
        ]
        .into_iter()
        .flatten()
        .chain(orders)
        .chain(healthchecks)
        .min()
    }
}

#[cfg(test)]
mod tests;

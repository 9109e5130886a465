//! What is written down of a component, so that an agent that restarts can adopt it.

use crate::csi::Done;
use crate::monitor::Monitor;
use crate::stop::Goal;
use crate::{Effect, Lifecycle, Phase, Process, Registered, Turn};
use ais::Dn;
use ais::amf::HaState;
use ais::node::ComponentSpec;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// All that a new agent must know of a component of which something may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// How to run it.
    pub spec: Box<ComponentSpec>,
    /// Whether it was instantiated and had not failed; if not, it can only be cleaned up.
    pub running: bool,
    /// Its registered process; `None` unless SA-aware.
    pub process: Option<Process>,
    /// HA states that it has.
    csis: Vec<(Dn, HaState)>,
    attributes: Vec<(String, String)>,
    monitored: bool,
    done: Vec<Done>,
}

impl Lifecycle {
    /// What to write down; `None` when nothing of the component can be running.
    pub fn record(&self) -> Option<Record> {
        if self.is_idle() {
            return None;
        }
        let running = match &self.phase {
            Phase::Instantiated => self.failed.is_none(),
            Phase::Uninstantiated
            | Phase::Instantiating(_)
            | Phase::Pausing { .. }
            | Phase::Stopping(_)
            | Phase::InstantiationFailed
            | Phase::TerminationFailed => false,
        };
        Some(Record {
            spec: self.spec.clone()?,
            running,
            process: self.process(),
            csis: self
                .csis
                .iter()
                .map(|(csi, state)| (csi.clone(), *state))
                .collect(),
            attributes: self.attributes.clone(),
            monitored: self.monitor != Monitor::Off,
            done: self.done.iter().cloned().collect(),
        })
    }

    /// Takes over a component from an earlier agent: waits for it to connect, or cleans it up.
    ///
    /// Choice: a component that is not SA-aware is believed to run on, since nothing tells
    /// otherwise.
    pub(crate) fn adopt(
        &mut self,
        record: &Record,
        (alive, reconnect_ms_max): (bool, u32),
        turn: &mut Turn,
    ) {
        if self.phase != Phase::Uninstantiated {
            return;
        }
        self.spec = Some(record.spec.clone());
        self.attributes.clone_from(&record.attributes);
        self.csis = record.csis.iter().cloned().collect();
        self.done = record.done.iter().cloned().collect();
        self.monitor = if record.monitored {
            Monitor::On
        } else {
            Monitor::Off
        };
        self.phase = Phase::Instantiated;
        let reachable = record.process.is_some() || !self.sa_aware();
        if !record.running || !alive || !reachable {
            self.forget(turn);
            return;
        }
        if let Some(process) = record.process {
            let until = Some(turn.after_ms(reconnect_ms_max));
            self.registered = Some(Registered {
                process,
                client: None,
                until,
            });
            self.recorded_only = true;
            turn.push(Effect::Watch(process.pid));
        }
    }

    /// Whether it is known from a record only: it has not connected yet.
    pub(crate) fn is_recorded_only(&self) -> bool {
        self.recorded_only
    }

    /// It has connected.
    pub(crate) fn adopted(&mut self) {
        self.recorded_only = false;
    }

    /// Cleans up what has not survived; the audit leaves it out, so nothing is reported.
    pub(crate) fn forget(&mut self, turn: &mut Turn) {
        self.recorded_only = false;
        self.clean(Goal::Forget, turn);
    }
}

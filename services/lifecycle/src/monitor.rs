//! External active monitoring: AM_START after instantiation.
//!
//! Source: SAI-AIS-AMF-B.04.01 §4.9. AM_STOP before termination (§4.10) is part of the stop.

use crate::{CommandEnd, Effect, Lifecycle, Run, Turn, Which};
use ais::amf::RecommendedRecovery;
use ais::node::FailureCause;
use machine::Time;
use serde::{Deserialize, Serialize};

/// The external monitor of the component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Monitor {
    /// None, or none any more.
    Off,
    /// AM_START runs for the `attempt`-th time, from 1.
    Starting { run: Run, attempt: u32, until: Time },
    /// AM_START took too long: AM_STOP runs before the next attempt.
    Clearing { run: Run, attempt: u32, until: Time },
    /// It monitors.
    On,
}

impl Monitor {
    pub(crate) fn until(self) -> Option<Time> {
        match self {
            Self::Off | Self::On => None,
            Self::Starting { until, .. } | Self::Clearing { until, .. } => Some(until),
        }
    }

    pub(crate) fn run(self) -> Option<Run> {
        match self {
            Self::Off | Self::On => None,
            Self::Starting { run, .. } | Self::Clearing { run, .. } => Some(run),
        }
    }
}

impl Lifecycle {
    pub(crate) fn start_monitor(&mut self, turn: &mut Turn) {
        self.try_monitor(1, turn);
    }

    fn try_monitor(&mut self, attempt: u32, turn: &mut Turn) {
        let Some(command) = self.spec.as_ref().and_then(|spec| spec.am_start.clone()) else {
            return;
        };
        let until = turn.after_ms(command.timeout_ms);
        let run = self.run(Which::AmStart, command, turn);
        self.monitor = Monitor::Starting {
            run,
            attempt,
            until,
        };
    }

    /// The end of AM_START, or of the AM_STOP between two of them.
    pub(crate) fn monitor_ended(&mut self, ended: Run, end: CommandEnd, turn: &mut Turn) {
        match self.monitor {
            Monitor::Starting { run, .. } if run == ended && end == CommandEnd::Exited(0) => {
                self.monitor = Monitor::On;
            }
            Monitor::Starting { run, attempt, .. } if run == ended => {
                self.monitor_attempt_failed(attempt, turn);
            }
            Monitor::Clearing { run, attempt, .. } if run == ended => {
                self.try_monitor(attempt.saturating_add(1), turn);
            }
            Monitor::Off | Monitor::On | Monitor::Starting { .. } | Monitor::Clearing { .. } => {}
        }
    }

    /// Choice: the configured maximum counts all runs of AM_START, as its name says.
    fn monitor_attempt_failed(&mut self, attempt: u32, turn: &mut Turn) {
        let attempts_max = self
            .spec
            .as_ref()
            .map_or(1, |spec| spec.am_start_attempts_max);
        if attempt < attempts_max {
            self.try_monitor(attempt.saturating_add(1), turn);
        } else {
            self.monitor = Monitor::Off;
            let recovery = RecommendedRecovery::NoRecommendation;
            self.fail(FailureCause::MonitoringFailed, recovery, turn);
        }
    }

    pub(crate) fn monitor_tick(&mut self, turn: &mut Turn) {
        if self.monitor.until().is_none_or(|until| until > turn.now) {
            return;
        }
        match self.monitor {
            Monitor::Starting { run, attempt, .. } => {
                turn.push(Effect::Kill(run));
                self.clear_monitor(attempt, turn);
            }
            Monitor::Clearing { run, attempt, .. } => {
                turn.push(Effect::Kill(run));
                self.try_monitor(attempt.saturating_add(1), turn);
            }
            Monitor::Off | Monitor::On => {}
        }
    }

    /// AM_STOP after an AM_START that took too long, if another AM_START follows.
    fn clear_monitor(&mut self, attempt: u32, turn: &mut Turn) {
        let attempts_max = self
            .spec
            .as_ref()
            .map_or(1, |spec| spec.am_start_attempts_max);
        let command = self.spec.as_ref().and_then(|spec| spec.am_stop.clone());
        match command {
            Some(command) if attempt < attempts_max => {
                let until = turn.after_ms(command.timeout_ms);
                let run = self.run(Which::AmStop, command, turn);
                self.monitor = Monitor::Clearing {
                    run,
                    attempt,
                    until,
                };
            }
            Some(_) | None => self.monitor_attempt_failed(attempt, turn),
        }
    }
}

//! Healthchecks and passive monitoring of processes.
//!
//! Source: SAI-AIS-AMF-B.04.01 §7.1.2, §7.7, §7.8.

use crate::{Caller, Client, Effect, Lifecycle, Phase, Turn};
use ais::AisError;
use ais::amf::RecommendedRecovery;
use ais::node::{FailureCause, HealthcheckSpec, Invocation};
use ais_wire::{Callback, HealthcheckInvocation, PmErrors, PmStopQualifier, Reply};
use alloc::vec::Vec;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most healthchecks of one component that run at a time.
const HEALTHCHECKS_MAX: usize = 64;

/// Most processes of one component that are watched at its own request.
const WATCHED_MAX: usize = 1024;

/// A healthcheck that was started.
///
/// Invariant: one for each client and key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Healthcheck {
    pub(crate) client: Client,
    pid: u32,
    key: Vec<u8>,
    recovery: RecommendedRecovery,
    wait: Wait,
}

/// What a healthcheck waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Wait {
    /// The next invocation by AMF.
    Period { next: Time },
    /// The response to an invocation by AMF; the next one is not before `next`.
    Response {
        invocation: Invocation,
        until: Time,
        next: Time,
    },
    /// The confirmation of a healthcheck that the component invokes.
    Confirm { until: Time },
}

/// A process that is watched because the component asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watched {
    pid: u32,
    errors: PmErrors,
    recovery: RecommendedRecovery,
}

/// How a watched process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProcessEnd {
    /// It exited with this status.
    Exited(i32),
    /// A signal ended it.
    Killed,
}

impl Healthcheck {
    pub(crate) fn due(&self) -> Time {
        match self.wait {
            Wait::Period { next } => next,
            Wait::Response { until, .. } | Wait::Confirm { until } => until,
        }
    }
}

impl Lifecycle {
    fn healthcheck_spec(&self, key: &[u8]) -> Option<HealthcheckSpec> {
        let spec = self.spec.as_ref()?;
        spec.healthchecks
            .iter()
            .find(|healthcheck| healthcheck.key == key)
            .cloned()
    }

    /// A component that has failed waits for its recovery only: no time limit of it would end.
    fn can_be_watched(&self) -> bool {
        let lives = matches!(self.phase, Phase::Instantiating(_) | Phase::Instantiated);
        lives && self.failed.is_none()
    }

    /// `saAmfHealthcheckStart`. Choice: the first invocation follows at once.
    pub(crate) fn healthcheck_start(
        &mut self,
        caller: Caller,
        key: &[u8],
        (style, recovery): (HealthcheckInvocation, RecommendedRecovery),
        turn: &mut Turn,
    ) -> Result<Reply, AisError> {
        if key.len() > ais_wire::HEALTHCHECK_KEY_MAX {
            return Err(AisError::InvalidParam);
        }
        let spec = self.healthcheck_spec(key).ok_or(AisError::NotExist)?;
        if !self.can_be_watched() {
            return Err(AisError::TryAgain);
        }
        let client = caller.client;
        if self
            .healthchecks
            .iter()
            .any(|h| h.client == client && h.key == key)
        {
            return Err(AisError::Exist);
        }
        if self.healthchecks.len() >= HEALTHCHECKS_MAX {
            return Err(AisError::NoResources);
        }
        let wait = match style {
            HealthcheckInvocation::AmfInvoked => Wait::Period { next: turn.now },
            HealthcheckInvocation::ComponentInvoked => Wait::Confirm {
                until: turn.after_ms(spec.period_ms),
            },
        };
        let (pid, key) = (caller.process.pid, Vec::from(key));
        self.healthchecks.push(Healthcheck {
            client,
            pid,
            key,
            recovery,
            wait,
        });
        self.healthchecks_tick(turn);
        Ok(Reply::Done)
    }

    /// Where the caller's healthcheck is. Source: §7.8.3, §7.8.4.
    fn own_healthcheck(&self, caller: Caller, key: &[u8]) -> Result<usize, AisError> {
        let own = |h: &Healthcheck| h.client == caller.client && h.key == key;
        if let Some(at) = self.healthchecks.iter().position(own) {
            return Ok(at);
        }
        let foreign = |h: &Healthcheck| h.pid != caller.process.pid && h.key == key;
        let foreign = self.healthchecks.iter().any(foreign);
        Err(if foreign {
            AisError::InvalidParam
        } else {
            AisError::NotExist
        })
    }

    /// `saAmfHealthcheckConfirm`. Choice: each confirmation begins a new period.
    pub(crate) fn healthcheck_confirm(
        &mut self,
        caller: Caller,
        (key, error): (&[u8], Option<AisError>),
        turn: &mut Turn,
    ) -> Result<Reply, AisError> {
        let at = self.own_healthcheck(caller, key)?;
        let Wait::Confirm { .. } = self.healthchecks[at].wait else {
            return Err(AisError::NotExist);
        };
        if error.is_some() {
            let recovery = self.healthchecks[at].recovery;
            self.unhealthy(FailureCause::HealthcheckFailed, recovery, turn);
        } else {
            let period_ms = self.healthcheck_spec(key).map_or(0, |spec| spec.period_ms);
            self.healthchecks[at].wait = Wait::Confirm {
                until: turn.after_ms(period_ms),
            };
        }
        Ok(Reply::Done)
    }

    /// `saAmfHealthcheckStop`.
    pub(crate) fn healthcheck_stop(
        &mut self,
        caller: Caller,
        key: &[u8],
    ) -> Result<Reply, AisError> {
        let at = self.own_healthcheck(caller, key)?;
        self.healthchecks.remove(at);
        Ok(Reply::Done)
    }

    /// Takes the response to a healthcheck callback; `false` when it is none.
    pub(crate) fn healthcheck_answered(
        &mut self,
        client: Client,
        (answered, error): (Invocation, Option<AisError>),
        turn: &mut Turn,
    ) -> bool {
        for healthcheck in &mut self.healthchecks {
            let Wait::Response {
                invocation, next, ..
            } = healthcheck.wait
            else {
                continue;
            };
            if invocation != answered || healthcheck.client != client {
                continue;
            }
            healthcheck.wait = Wait::Period { next };
            let recovery = healthcheck.recovery;
            if error.is_some() {
                self.unhealthy(FailureCause::HealthcheckFailed, recovery, turn);
            } else {
                self.healthchecks_tick(turn);
            }
            return true;
        }
        false
    }

    pub(crate) fn healthchecks_tick(&mut self, turn: &mut Turn) {
        for at in 0..self.healthchecks.len() {
            if self.healthchecks[at].due() > turn.now {
                continue;
            }
            if let Wait::Period { .. } = self.healthchecks[at].wait {
                self.invoke(at, turn);
            } else {
                let recovery = self.healthchecks[at].recovery;
                self.unhealthy(FailureCause::HealthcheckTimedOut, recovery, turn);
                return;
            }
        }
    }

    fn invoke(&mut self, at: usize, turn: &mut Turn) {
        let invocation = self.next_invocation();
        let component = self.component.clone();
        let key = self.healthchecks[at].key.clone();
        // A key whose configuration has gone gets no further invocation.
        let Some(spec) = self.healthcheck_spec(&key) else {
            self.healthchecks[at].wait = Wait::Period {
                next: Time(u64::MAX),
            };
            return;
        };
        let healthcheck = &mut self.healthchecks[at];
        let until = turn.after_ms(spec.duration_ms_max);
        let next = turn.after_ms(spec.period_ms.max(1));
        healthcheck.wait = Wait::Response {
            invocation,
            until,
            next,
        };
        let client = healthcheck.client;
        let callback = Callback::Healthcheck { component, key };
        turn.push(Effect::Callback {
            client,
            invocation,
            callback,
        });
    }

    /// A failed healthcheck is a failure of the component, also while it is being started.
    fn unhealthy(&mut self, cause: FailureCause, recovery: RecommendedRecovery, turn: &mut Turn) {
        if matches!(self.phase, Phase::Instantiating(_)) {
            self.attempt_failed(true, turn);
        } else {
            self.fail(cause, recovery, turn);
        }
    }

    /// `saAmfPmStart_3`. Choice: for a process that is watched already errors add up and the last
    /// recovery wins; descendants that appear later are not followed.
    pub(crate) fn pm_start(
        &mut self,
        pids: &[u32],
        errors: PmErrors,
        recovery: RecommendedRecovery,
        turn: &mut Turn,
    ) -> Result<Reply, AisError> {
        if errors.0 == 0 || errors.0 & !PmErrors::ALL != 0 {
            return Err(AisError::InvalidParam);
        }
        if pids.is_empty() {
            return Err(AisError::NotExist);
        }
        if !self.can_be_watched() {
            return Err(AisError::TryAgain);
        }
        if self.watched.len() + pids.len() > WATCHED_MAX {
            return Err(AisError::NoResources);
        }
        for &pid in pids {
            if let Some(watched) = self.watched.iter_mut().find(|watched| watched.pid == pid) {
                watched.errors.0 |= errors.0;
                watched.recovery = recovery;
            } else {
                self.watched.push(Watched {
                    pid,
                    errors,
                    recovery,
                });
                turn.push(Effect::Watch(pid));
            }
        }
        Ok(Reply::Done)
    }

    /// `saAmfPmStop`.
    pub(crate) fn pm_stop(
        &mut self,
        qualifier: PmStopQualifier,
        pids: &[u32],
        errors: PmErrors,
    ) -> Result<Reply, AisError> {
        let all = qualifier == PmStopQualifier::AllProcesses;
        let mut found = false;
        for watched in &mut self.watched {
            if (all || pids.contains(&watched.pid)) && watched.errors.0 & errors.0 != 0 {
                watched.errors.0 &= !errors.0;
                found = true;
            }
        }
        self.watched.retain(|watched| watched.errors.0 != 0);
        if found || all {
            Ok(Reply::Done)
        } else {
            Err(AisError::NotExist)
        }
    }

    /// Choice: an end of which nobody can tell how it came counts as any of the errors.
    pub(crate) fn watched_ended(&mut self, pid: u32, end: Option<ProcessEnd>, turn: &mut Turn) {
        let Some(at) = self.watched.iter().position(|watched| watched.pid == pid) else {
            return;
        };
        let watched = self.watched.remove(at);
        let kind = match end {
            None => PmErrors::ALL,
            Some(ProcessEnd::Exited(0)) => PmErrors::ZERO_EXIT,
            Some(ProcessEnd::Exited(_)) => PmErrors::NON_ZERO_EXIT,
            Some(ProcessEnd::Killed) => PmErrors::ABNORMAL_END,
        };
        if watched.errors.0 & kind != 0 {
            self.unhealthy(FailureCause::ProcessEnded, watched.recovery, turn);
        }
    }
}

//! Calls of the component's processes.
//!
//! Source: SAI-AIS-AMF-B.04.01 §7.6, §7.9–§7.13; return codes by its matrix of functions and codes.

use crate::{Caller, Effect, Lifecycle, Phase, Registered, Turn};
use ais::amf::{HaState, RecommendedRecovery};
use ais::node::{FailureCause, Invocation, Report};
use ais::{AisError, Dn};
use ais_wire::{Reply, Request};

/// Most CSIs that a component can come back with.
const CSIS_MAX: usize = 1024;

impl Lifecycle {
    pub(crate) fn request(
        &mut self,
        caller: Caller,
        request: &Request,
        turn: &mut Turn,
    ) -> Result<Reply, AisError> {
        match request {
            Request::ComponentRegister { proxy, .. } => self.register(caller, proxy, turn),
            Request::Unregister { .. } => self.unregister(caller, turn),
            Request::Response { invocation, error } => {
                self.response(caller, (*invocation, *error), turn)
            }
            Request::QuiescingComplete { invocation, error } => {
                let own = self.client() == Some(caller.client);
                let known = own && self.quiescing_complete(*invocation, *error, turn);
                known.then_some(Reply::Done).ok_or(AisError::NotExist)
            }
            Request::HealthcheckStart {
                key,
                invocation,
                recovery,
                ..
            } => self.healthcheck_start(caller, key, (*invocation, *recovery), turn),
            Request::HealthcheckConfirm { key, error, .. } => {
                self.healthcheck_confirm(caller, (key, *error), turn)
            }
            Request::HealthcheckStop { key, .. } => self.healthcheck_stop(caller, key),
            Request::ErrorReport { recovery, .. } => self.error_report(*recovery, turn),
            Request::ErrorClear { .. } => {
                turn.report(Report::ErrorCleared(self.component.clone()));
                Ok(Reply::Done)
            }
            Request::HaStateGet { csi, .. } => self.ha_state(csi),
            Request::Reconnect { csis, .. } => self.reconnect(caller, csis, turn),
            // The caller resolves process trees first: these have inputs of their own.
            Request::PmStart { .. } | Request::PmStop { .. } => Err(AisError::Library),
        }
    }

    /// `saAmfComponentRegister`. Choice: outside an instantiation, and for a component that is not
    /// SA-aware, it is a bad operation; a local component that names a proxy has a wrong parameter.
    fn register(
        &mut self,
        caller: Caller,
        proxy: &Option<Dn>,
        turn: &mut Turn,
    ) -> Result<Reply, AisError> {
        if proxy.is_some() {
            return Err(AisError::InvalidParam);
        }
        if self.registered.is_some() {
            return Err(AisError::Exist);
        }
        if !self.sa_aware() || !matches!(self.phase, Phase::Instantiating(_)) {
            return Err(AisError::BadOperation);
        }
        let Caller {
            client,
            process,
            foreground,
        } = caller;
        self.registered = Some(Registered {
            process,
            client: Some(client),
            until: None,
        });
        turn.push(Effect::Watch(process.pid));
        self.has_registered(foreground, turn);
        Ok(Reply::Done)
    }

    /// A handle that is finalized while the component is registered on it is an error of the
    /// component (§7.1.1).
    fn unregister(&mut self, caller: Caller, turn: &mut Turn) -> Result<Reply, AisError> {
        if self.client() != Some(caller.client) {
            return Err(AisError::NotExist);
        }
        if let Some(registered) = &mut self.registered {
            registered.client = None;
        }
        match self.phase {
            Phase::Instantiating(_) => self.attempt_failed(true, turn),
            Phase::Uninstantiated
            | Phase::Pausing { .. }
            | Phase::Instantiated
            | Phase::Stopping(_)
            | Phase::InstantiationFailed
            | Phase::TerminationFailed => {
                let recovery = RecommendedRecovery::NoRecommendation;
                self.fail(FailureCause::ConnectionLost, recovery, turn);
            }
        }
        Ok(Reply::Done)
    }

    /// Only the registered process answers, except that healthchecks are answered by who started
    /// them.
    fn response(
        &mut self,
        caller: Caller,
        (invocation, error): (Invocation, Option<AisError>),
        turn: &mut Turn,
    ) -> Result<Reply, AisError> {
        let own = self.client() == Some(caller.client);
        let known = self.healthcheck_answered(caller.client, (invocation, error), turn)
            || own && self.csi_answered(invocation, error, turn)
            || own && self.terminate_answered(invocation, error, turn);
        known.then_some(Reply::Done).ok_or(AisError::NotExist)
    }

    /// `saAmfComponentErrorReport_4`. Every report is passed on: a later one may recommend more.
    fn error_report(
        &mut self,
        recovery: RecommendedRecovery,
        turn: &mut Turn,
    ) -> Result<Reply, AisError> {
        let recovery = self.resolved(recovery);
        let (component, cause) = (self.component.clone(), FailureCause::Reported);
        if self.phase == Phase::Instantiated && self.failed.is_none() {
            self.fail(cause, recovery, turn);
        } else {
            turn.report(Report::Failed {
                component,
                cause,
                recovery,
            });
        }
        Ok(Reply::Done)
    }

    /// `saAmfHAStateGet`. Choice: a CSI that is not assigned does not exist for the component.
    fn ha_state(&self, csi: &Dn) -> Result<Reply, AisError> {
        self.csis
            .get(csi)
            .copied()
            .map(Reply::HaState)
            .ok_or(AisError::NotExist)
    }

    /// A component comes back after its connection broke, or after the agent restarted.
    fn reconnect(
        &mut self,
        caller: Caller,
        csis: &[(Dn, HaState)],
        turn: &mut Turn,
    ) -> Result<Reply, AisError> {
        let running = matches!(self.phase, Phase::Instantiating(_) | Phase::Instantiated);
        if !running || self.failed.is_some() {
            return Err(AisError::NotExist);
        }
        if csis.len() > CSIS_MAX {
            return Err(AisError::TooBig);
        }
        let Some(registered) = &mut self.registered else {
            return Err(AisError::NotExist);
        };
        if registered.process != caller.process || registered.client.is_some() {
            return Err(AisError::BadOperation);
        }
        registered.client = Some(caller.client);
        registered.until = None;
        self.csis = csis.iter().cloned().collect();
        self.adopted();
        self.send_again(caller.client, turn);
        Ok(Reply::Done)
    }
}

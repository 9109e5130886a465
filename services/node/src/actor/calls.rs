//! Calls of components: to whom they go.

use super::{Actor, Connected};
use crate::connection::ClientEvent;
use crate::process;
use ais::amf::RecommendedRecovery;
use ais::node::{FailureCause, Invocation, Report};
use ais::{AisError, Dn};
use ais_wire::{PmStopQualifier, Reply, Request, ToComponent};
use lifecycle::{Caller, Client, Input};

/// Who is asked.
enum Addressee<'a> {
    /// This component.
    Component(&'a Dn),
    /// The component that made this callback.
    CalledBack(Invocation),
}

impl Actor {
    pub(super) fn client_event(&mut self, client: Client, event: ClientEvent) {
        match event {
            ClientEvent::Opened { process, messages } => {
                self.clients.insert(client, Connected { process, messages });
            }
            ClientEvent::Call { call, request } if self.is_flooded_by(&request) => {
                self.answer(client, call, Err(AisError::TryAgain));
            }
            ClientEvent::Call { call, request } => self.call(client, call, request),
            ClientEvent::Closed => self.lost(client),
        }
    }

    fn is_flooded_by(&self, request: &Request) -> bool {
        let reports = matches!(
            request,
            Request::ErrorReport { .. } | Request::ErrorClear { .. }
        );
        reports && self.outbox.len() >= super::OUTBOX_MAX
    }

    fn call(&mut self, client: Client, call: u32, request: Request) {
        let Some(process) = self.clients.get(&client).map(|connected| connected.process) else {
            return;
        };
        let component = match addressee(&request) {
            Addressee::Component(component) => Some(component.clone()),
            Addressee::CalledBack(invocation) => self.called_back(invocation),
        };
        let component = component.filter(|component| self.hosted.contains_key(component));
        let Some(component) = component else {
            let result = self.stranger(&request);
            self.answer(client, call, result);
            return;
        };
        let input = if let Request::PmStart {
            pid,
            depth,
            errors,
            recovery,
            ..
        } = request
        {
            let pids = if depth < -1 {
                Vec::new()
            } else {
                process::tree(pid, depth)
            };
            Input::PmStart {
                client,
                call,
                pids,
                errors,
                recovery,
            }
        } else if let Request::PmStop {
            qualifier,
            pid,
            errors,
            ..
        } = request
        {
            let depth = if qualifier == PmStopQualifier::Process {
                0
            } else {
                -1
            };
            let pids = process::tree(pid, depth);
            Input::PmStop {
                client,
                call,
                qualifier,
                pids,
                errors,
            }
        } else {
            let foreground = self.is_foreground(&component, process.pid, &request);
            let caller = Caller {
                client,
                process,
                foreground,
            };
            Input::Request {
                caller,
                call,
                request,
            }
        };
        self.apply(&component, &input);
    }

    /// Whether the process belongs to the group of a command of the component that still runs.
    fn is_foreground(&self, component: &Dn, pid: u32, request: &Request) -> bool {
        let registers = matches!(request, Request::ComponentRegister { .. });
        let hosted = self.hosted.get(component).filter(|_| registers);
        let group = hosted.and_then(|_| process::group(pid));
        let groups = hosted.map(|hosted| &hosted.groups);
        groups
            .zip(group)
            .is_some_and(|(groups, group)| groups.values().any(|g| *g == group))
    }

    /// Invocations carry the place of their component.
    fn called_back(&self, invocation: Invocation) -> Option<Dn> {
        let slot = u16::try_from(invocation.0 >> 32 & 0xFFFF).ok()?;
        self.slots.get(&slot).cloned()
    }

    fn answer(&self, client: Client, call: u32, result: Result<Reply, AisError>) {
        let Some(connected) = self.clients.get(&client) else {
            return;
        };
        if let Ok(frame) = ais_wire::encode(&ToComponent::Answer { call, result }) {
            let _ = connected.messages.try_send(frame);
        }
    }

    /// A call about a component that this node does not run.
    ///
    /// Choice: AMF alone knows whether the component exists at all, so reports on it are passed on.
    fn stranger(&mut self, request: &Request) -> Result<Reply, AisError> {
        let report = match request {
            Request::ErrorReport {
                component,
                recovery,
                ..
            } => failed(component.clone(), *recovery),
            Request::ErrorClear { component } => Report::ErrorCleared(component.clone()),
            Request::ComponentRegister { .. } => return Err(AisError::InvalidParam),
            Request::Unregister { .. }
            | Request::Response { .. }
            | Request::QuiescingComplete { .. }
            | Request::HealthcheckStart { .. }
            | Request::HealthcheckConfirm { .. }
            | Request::HealthcheckStop { .. }
            | Request::HaStateGet { .. }
            | Request::PmStart { .. }
            | Request::PmStop { .. }
            | Request::Reconnect { .. } => return Err(AisError::NotExist),
        };
        self.outbox.push_back(report);
        Ok(Reply::Done)
    }
}

fn failed(component: Dn, recovery: RecommendedRecovery) -> Report {
    Report::Failed {
        component,
        cause: FailureCause::Reported,
        recovery,
    }
}

fn addressee(request: &Request) -> Addressee<'_> {
    match request {
        Request::Response { invocation, .. } | Request::QuiescingComplete { invocation, .. } => {
            Addressee::CalledBack(*invocation)
        }
        Request::ComponentRegister { component, .. }
        | Request::Unregister { component }
        | Request::HealthcheckStart { component, .. }
        | Request::HealthcheckConfirm { component, .. }
        | Request::HealthcheckStop { component, .. }
        | Request::ErrorReport { component, .. }
        | Request::ErrorClear { component }
        | Request::HaStateGet { component, .. }
        | Request::PmStart { component, .. }
        | Request::PmStop { component, .. }
        | Request::Reconnect { component, .. } => Addressee::Component(component),
    }
}

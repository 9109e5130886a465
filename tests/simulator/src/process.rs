//! Processes of components: what they do, and how they end.

use crate::agenda::{Act, Happening};
use crate::blade::{Around, Blade, Phase};
use ais::Dn;
use ais::amf::{HaState, RecommendedRecovery};
use ais::node::Invocation;
use ais_wire::{Callback, HealthcheckInvocation, Request};
use lifecycle::{Caller, Client, CommandEnd, Input, Process, ProcessEnd, Run};
use std::collections::BTreeMap;

/// The healthcheck of the sample application.
const HEALTHCHECK: &[u8] = b"counter";

/// A process of a component.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) component: Dn,
    pub(crate) started: u64,
    /// The command that it is.
    pub(crate) run: Option<(u32, Run)>,
    pub(crate) client: Option<Client>,
    /// It was a registered process before its agent died.
    pub(crate) was_registered: bool,
    pub(crate) csis: BTreeMap<Dn, HaState>,
    /// It answers nothing any more.
    pub(crate) hangs: bool,
    /// It refuses what it is told next.
    pub(crate) refuses: bool,
}

impl Blade {
    /// A process does what it does next.
    pub(crate) fn act(&mut self, pid: u32, act: Act, around: &mut Around<'_>) {
        match act {
            Act::Connect => self.connect(pid, around),
            Act::Respond(callback, invocation) => {
                self.respond(pid, (callback, invocation), around);
            }
            Act::Exit => self.kill(pid, CommandEnd::Exited(0), around),
        }
        self.settle(around);
    }

    /// A process ends, and whoever knows it hears of that.
    pub(crate) fn kill(&mut self, pid: u32, end: CommandEnd, around: &mut Around<'_>) {
        let Some(process) = self.processes.remove(&pid) else {
            return;
        };
        let component = process.component;
        if let Some(client) = process.client {
            self.apply(&component, &Input::ConnectionLost(client), around);
        }
        let is_command = process.run.filter(|(boot, _)| *boot == self.boot);
        let end_of_process = match end {
            CommandEnd::Exited(status) => Some(ProcessEnd::Exited(status)),
            CommandEnd::Killed => Some(ProcessEnd::Killed),
            CommandEnd::Failed => None,
        };
        let end_seen = is_command.and(end_of_process);
        let hosted = self.hosted(&component);
        if hosted.is_some_and(|hosted| hosted.watched.remove(&pid)) {
            let end = end_seen;
            self.apply(&component, &Input::ProcessEnded { pid, end }, around);
        }
        if let Some((_, run)) = is_command {
            if let Some(hosted) = self.hosted(&component) {
                hosted.groups.remove(&run);
            }
            self.apply(&component, &Input::CommandEnded { run, end }, around);
        }
        self.settle(around);
    }

    pub(crate) fn spawn(&mut self, component: &Dn, run: Run, around: &mut Around<'_>) {
        self.pid_last += 1;
        let pid = self.pid_last;
        let process = Running {
            component: component.clone(),
            started: around.now.0,
            run: Some((self.boot, run)),
            client: None,
            was_registered: false,
            csis: BTreeMap::new(),
            hangs: false,
            refuses: false,
        };
        self.processes.insert(pid, process);
        if let Some(hosted) = self.hosted(component) {
            hosted.groups.insert(run, pid);
        }
        let at = around.now.after(around.dice.millis(5, 80));
        around
            .agenda
            .at(at, Happening::Process(self.id, pid, Act::Connect));
    }

    /// A process that ended already is no longer there to be watched.
    pub(crate) fn watch(&mut self, component: &Dn, pid: u32, around: &mut Around<'_>) {
        if let Some(hosted) = self.hosted(component) {
            hosted.watched.insert(pid);
        }
        if !self.processes.contains_key(&pid)
            && self
                .hosted(component)
                .is_some_and(|it| it.watched.remove(&pid))
        {
            let end = None;
            self.apply(component, &Input::ProcessEnded { pid, end }, around);
        }
    }

    fn connect(&mut self, pid: u32, around: &mut Around<'_>) {
        let Phase::On(agent) = &mut self.agent else {
            return;
        };
        let Some(process) = self.processes.get_mut(&pid) else {
            return;
        };
        if process.hangs || process.client.is_some() {
            return;
        }
        agent.clients += 1;
        let client = Client(u64::from(self.boot) << 32 | agent.clients);
        process.client = Some(client);
        let component = process.component.clone();
        let request = match std::mem::take(&mut process.was_registered) {
            true => Request::Reconnect {
                component: component.clone(),
                csis: process.csis.clone().into_iter().collect(),
            },
            false => Request::ComponentRegister {
                component: component.clone(),
                proxy: None,
            },
        };
        let is_new = matches!(request, Request::ComponentRegister { .. });
        self.call(pid, request, around);
        if is_new {
            let request = Request::HealthcheckStart {
                component,
                key: HEALTHCHECK.to_vec(),
                invocation: HealthcheckInvocation::AmfInvoked,
                recovery: RecommendedRecovery::NoRecommendation,
            };
            self.call(pid, request, around);
        }
    }

    fn call(&mut self, pid: u32, request: Request, around: &mut Around<'_>) {
        let Some(process) = self.processes.get(&pid) else {
            return;
        };
        let Some(client) = process.client else {
            return;
        };
        let caller = Caller {
            client,
            process: Process {
                pid,
                started: process.started,
            },
            foreground: process.run.is_some_and(|(boot, _)| boot == self.boot),
        };
        let component = process.component.clone();
        let input = Input::Request {
            caller,
            call: 1,
            request,
        };
        self.apply(&component, &input, around);
    }

    /// A process reports an error of its component.
    pub(crate) fn report_error(
        &mut self,
        pid: u32,
        recovery: RecommendedRecovery,
        around: &mut Around<'_>,
    ) {
        let Some(process) = self.processes.get(&pid).filter(|it| !it.hangs) else {
            return;
        };
        let request = Request::ErrorReport {
            component: process.component.clone(),
            detected_ns: 0,
            recovery,
        };
        self.call(pid, request, around);
        self.settle(around);
    }

    fn respond(
        &mut self,
        pid: u32,
        (callback, invocation): (Callback, Invocation),
        around: &mut Around<'_>,
    ) {
        let Some(process) = self.processes.get_mut(&pid) else {
            return;
        };
        if process.hangs {
            return;
        }
        let is_check = matches!(callback, Callback::Healthcheck { .. });
        let refused = !is_check && std::mem::take(&mut process.refuses);
        let error = refused.then_some(ais::AisError::FailedOperation);
        let (mut quiesces, mut exits) = (false, false);
        match callback {
            Callback::CsiSet { ha_state, csi, .. } if !refused => {
                quiesces = ha_state == HaState::Quiescing;
                let held = if quiesces {
                    HaState::Quiesced
                } else {
                    ha_state
                };
                match csi.csi {
                    Some(csi) => drop(process.csis.insert(csi, held)),
                    None => process.csis.values_mut().for_each(|it| *it = held),
                }
            }
            Callback::CsiRemove { csi, .. } if !refused => match csi {
                Some(csi) => drop(process.csis.remove(&csi)),
                None => process.csis.clear(),
            },
            Callback::Terminate { .. } => exits = !refused,
            Callback::Healthcheck { .. } | Callback::CsiSet { .. } | Callback::CsiRemove { .. } => {
            }
        }
        self.call(pid, Request::Response { invocation, error }, around);
        if quiesces {
            let error = None;
            let request = Request::QuiescingComplete { invocation, error };
            self.call(pid, request, around);
        }
        if exits {
            let at = around.now.after(around.dice.millis(1, 5));
            around
                .agenda
                .at(at, Happening::Process(self.id, pid, Act::Exit));
        }
    }

    pub(crate) fn kill_all(&mut self, component: &Dn, around: &mut Around<'_>) {
        let of_component = self
            .processes
            .iter()
            .filter(|(_, it)| it.component == *component);
        let pids: Vec<u32> = of_component.map(|(pid, _)| *pid).collect();
        for pid in pids {
            self.kill(pid, CommandEnd::Killed, around);
        }
    }
}

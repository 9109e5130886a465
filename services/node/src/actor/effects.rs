//! Orders into inputs, effects into deeds.

use super::{Actor, Event};
use crate::process::{self, Of, Victims};
use crate::{command, log};
use ais::Dn;
use ais::node::{CsiOutcome, Order, Report};
use ais_wire::{ToComponent, environment};
use lifecycle::{Client, CommandEnd, Effect, Input, ProcessEnd, Run};
use machine::{Machine, Pos};
use std::io;

impl Actor {
    pub(super) fn order(&mut self, order: Order) {
        let (component, input) = match order {
            Order::Instantiate(spec) => (spec.component.clone(), Input::Instantiate(spec)),
            Order::Configure(spec) => (spec.component.clone(), Input::Configure(spec)),
            Order::Terminate(component) => (component, Input::Terminate),
            Order::Cleanup(component) => (component, Input::Cleanup),
            Order::SetCsi {
                invocation,
                component,
                ha_state,
                csi,
            } => (
                component,
                Input::SetCsi {
                    invocation,
                    ha_state,
                    csi,
                },
            ),
            Order::RemoveCsi {
                invocation,
                component,
                csi,
            } => (component, Input::RemoveCsi { invocation, csi }),
            // It ends the agent, and so does not come here.
            Order::Reboot => return,
        };
        if self.host(&component) {
            self.apply(&component, &input);
        } else {
            self.outbox.extend(refusal(component, &input));
        }
    }

    /// Gives a component its input, writes down what that changes, and then does what it wants.
    pub(super) fn apply(&mut self, component: &Dn, input: &Input) {
        let now = Pos {
            index: 0,
            time: self.now(),
        };
        let Some(hosted) = self.hosted.get_mut(component) else {
            return;
        };
        let mut effects = Vec::new();
        hosted.lifecycle.apply(now, input, &mut effects);
        self.table.keep(component, hosted.lifecycle.record());
        for effect in effects {
            self.perform(component, effect);
        }
    }

    fn perform(&mut self, component: &Dn, effect: Effect) {
        match effect {
            Effect::Run {
                run,
                which,
                command,
                environment,
            } => {
                tracing::debug!(%component, ?which, path = command.path, "runs a command");
                if let Err(error) = self.run_command(component, run, (&command, environment)) {
                    tracing::warn!(%component, ?which, path = command.path, %error, "cannot run");
                    let (component, end) = (component.clone(), CommandEnd::Failed);
                    self.own_events.push_back(Event::CommandEnded {
                        component,
                        run,
                        end,
                    });
                }
            }
            Effect::Kill(run) => {
                let hosted = self.hosted.get(component);
                if let Some(leader) = hosted.and_then(|hosted| hosted.groups.get(&run)) {
                    process::kill_group(*leader);
                }
            }
            Effect::KillAll(run) => self.kill_all(component, run),
            Effect::Watch(pid) => self.watch(component, pid),
            Effect::Callback {
                client,
                invocation,
                callback,
            } => {
                self.send(
                    client,
                    &ToComponent::Callback {
                        invocation,
                        callback,
                    },
                );
            }
            Effect::Answer {
                client,
                call,
                result,
            } => {
                self.send(client, &ToComponent::Answer { call, result });
            }
            Effect::Report(report) => {
                tracing::debug!(?report, "reports");
                self.outbox.push_back(report);
            }
        }
    }

    fn run_command(
        &mut self,
        component: &Dn,
        run: Run,
        (command, mut environment): (&ais::node::Command, Vec<(String, String)>),
    ) -> io::Result<()> {
        environment.push((environment::SOCKET.into(), self.socket()));
        let log = log::open(&self.logs(), component)?;
        let mut child = command::start(command, &environment, log)?;
        let leader = child.id().ok_or(io::ErrorKind::NotFound)?;
        if let Some(hosted) = self.hosted.get_mut(component) {
            hosted.groups.insert(run, leader);
        }
        let (component, events) = (component.clone(), self.events.clone());
        self.tasks.spawn(async move {
            let end = command::end(child.wait().await);
            let _ = events
                .send(Event::CommandEnded {
                    component,
                    run,
                    end,
                })
                .await;
        });
        Ok(())
    }

    fn kill_all(&mut self, component: &Dn, run: Run) {
        let Some(hosted) = self.hosted.get(component) else {
            return;
        };
        let victims = Victims {
            socket: self.socket(),
            of: Of::One(environment::encoded(component.as_str())),
            registered: hosted.lifecycle.process().into_iter().collect(),
            groups: hosted.groups.values().copied().collect(),
        };
        let (component, events) = (component.clone(), self.events.clone());
        self.tasks.spawn(async move {
            let killed = tokio::task::spawn_blocking(move || victims.kill()).await;
            let killed = killed.unwrap_or(false);
            let end = if killed {
                CommandEnd::Exited(0)
            } else {
                CommandEnd::Failed
            };
            let _ = events
                .send(Event::CommandEnded {
                    component,
                    run,
                    end,
                })
                .await;
        });
    }

    /// The end of a command that is the watched process itself comes with its status, and needs no
    /// pidfd.
    fn watch(&mut self, component: &Dn, pid: u32) {
        let Some(hosted) = self.hosted.get_mut(component) else {
            return;
        };
        let is_command = hosted.groups.values().any(|leader| *leader == pid);
        if !hosted.watched.insert(pid) || is_command {
            return;
        }
        let (component, events) = (component.clone(), self.events.clone());
        self.tasks.spawn(async move {
            process::ended(pid).await;
            let _ = events
                .send(Event::ProcessEnded {
                    component,
                    pid,
                    end: None,
                })
                .await;
        });
    }

    /// A component that does not read its messages is cut off; its machine hears of that as of any
    /// lost client.
    fn send(&mut self, client: Client, message: &ToComponent) {
        let Some(connected) = self.clients.get(&client) else {
            return;
        };
        let sent = match ais_wire::encode(message) {
            Ok(frame) => connected.messages.try_send(frame).is_ok(),
            Err(error) => {
                tracing::error!(pid = connected.process.pid, %error, "cannot tell a component");
                false
            }
        };
        if !sent {
            self.clients.remove(&client);
            self.own_events.push_back(Event::CutOff(client));
        }
    }

    pub(super) fn event(&mut self, event: Event) {
        match event {
            Event::CommandEnded {
                component,
                run,
                end,
            } => {
                let leader = self
                    .hosted
                    .get_mut(&component)
                    .and_then(|hosted| hosted.groups.remove(&run));
                if let Some(pid) = leader {
                    self.process_ended(&component, pid, status(end));
                }
                self.apply(&component, &Input::CommandEnded { run, end });
            }
            Event::ProcessEnded {
                component,
                pid,
                end,
            } => {
                self.process_ended(&component, pid, end);
            }
            Event::CutOff(client) => self.lost(client),
        }
    }

    fn process_ended(&mut self, component: &Dn, pid: u32, end: Option<ProcessEnd>) {
        let hosted = self.hosted.get_mut(component);
        if hosted.is_some_and(|hosted| hosted.watched.remove(&pid)) {
            self.apply(component, &Input::ProcessEnded { pid, end });
        }
    }

    /// Tells all components that may have something to do with a connection that it is gone.
    pub(super) fn lost(&mut self, client: Client) {
        self.clients.remove(&client);
        let components: Vec<_> = self.hosted.keys().cloned().collect();
        for component in components {
            self.apply(&component, &Input::ConnectionLost(client));
        }
    }
}

fn status(end: CommandEnd) -> Option<ProcessEnd> {
    match end {
        CommandEnd::Exited(status) => Some(ProcessEnd::Exited(status)),
        CommandEnd::Killed => Some(ProcessEnd::Killed),
        CommandEnd::Failed => None,
    }
}

/// What is reported of a component for which there is no room.
fn refusal(component: Dn, input: &Input) -> Option<Report> {
    let outcome = CsiOutcome::Failed;
    match input {
        Input::Instantiate(_) => Some(Report::InstantiationFailed(component)),
        Input::Terminate | Input::Cleanup => Some(Report::Terminated(component)),
        Input::SetCsi { invocation, .. } | Input::RemoveCsi { invocation, .. } => {
            Some(Report::CsiDone {
                invocation: *invocation,
                outcome,
            })
        }
        Input::Configure(_)
        | Input::Adopt { .. }
        | Input::CommandEnded { .. }
        | Input::ProcessEnded { .. }
        | Input::Request { .. }
        | Input::PmStart { .. }
        | Input::PmStop { .. }
        | Input::ConnectionLost(_)
        | Input::Tick => None,
    }
}

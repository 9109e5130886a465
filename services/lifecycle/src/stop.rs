//! Termination and cleanup.
//!
//! A graceful stop goes through AM_STOP, then the terminate callback or TERMINATE; whatever fails
//! falls back on CLEANUP. Each stop ends with a sweep that kills what is left.
//! Source: SAI-AIS-AMF-B.04.01 §4.7, §4.8, §4.10, §7.10.1, Table 37.

use crate::monitor::Monitor;
use crate::{CommandEnd, Effect, Lifecycle, Phase, Run, Turn, Which};
use ais::AisError;
use ais::node::{CsiOutcome, Invocation, Report};
use ais_wire::Callback;
use machine::Time;
use serde::{Deserialize, Serialize};

/// A stop under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stop {
    pub(crate) goal: Goal,
    pub(crate) step: Step,
    /// When the step has taken too long.
    pub(crate) until: Time,
    /// Clean up even if the component terminates well: AM_STOP failed (§4.10).
    pub(crate) unclean: bool,
}

/// What for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Goal {
    /// An order wants it.
    Terminated,
    /// An attempt to start it failed, another one follows.
    Retry { failed: u32 },
    /// The last attempt to start it failed.
    GiveUp,
    /// It did not survive a restart of the agent.
    Forget,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// AM_STOP, the `attempt`-th from 1; `graceful` when terminating follows, cleaning up
    /// otherwise.
    Monitor {
        run: Run,
        attempt: u32,
        graceful: bool,
    },
    /// The terminate callback waits for its response.
    Callback(Invocation),
    /// The component has agreed to end; its process has not ended yet.
    Leaving,
    /// TERMINATE.
    Terminate(Run),
    /// CLEANUP.
    Cleanup(Run),
    /// Killing what is left.
    Sweep(Run),
}

/// How long killing may take. Choice: the kernel needs next to nothing, except for a process in a
/// device.
const SWEEP_MS_MAX: u32 = 2000;

impl Lifecycle {
    pub(crate) fn terminate(&mut self, turn: &mut Turn) {
        match &mut self.phase {
            Phase::Uninstantiated | Phase::InstantiationFailed => self.terminated(turn),
            Phase::Instantiating(_) | Phase::Pausing { .. } | Phase::TerminationFailed => {
                self.cleanup(turn);
            }
            Phase::Instantiated if self.failed.is_some() => self.cleanup(turn),
            Phase::Instantiated => self.terminate_gracefully(turn),
            Phase::Stopping(stop) => {
                stop.goal = Goal::Terminated;
                // The last order counts.
                self.queued = None;
            }
        }
    }

    pub(crate) fn cleanup(&mut self, turn: &mut Turn) {
        match &mut self.phase {
            Phase::Uninstantiated | Phase::InstantiationFailed => self.terminated(turn),
            Phase::Pausing { .. } | Phase::Instantiated | Phase::TerminationFailed => {
                self.clean(Goal::Terminated, turn);
            }
            Phase::Instantiating(attempt) => {
                if !attempt.ended {
                    turn.push(Effect::Kill(attempt.run));
                }
                self.clean(Goal::Terminated, turn);
            }
            Phase::Stopping(stop) => {
                stop.goal = Goal::Terminated;
                self.queued = None;
                match stop.step {
                    Step::Monitor { run, .. } | Step::Terminate(run) => {
                        turn.push(Effect::Kill(run));
                        self.clean_now(turn);
                    }
                    Step::Callback(_) | Step::Leaving => self.clean_now(turn),
                    Step::Cleanup(_) | Step::Sweep(_) => {}
                }
            }
        }
    }

    fn terminate_gracefully(&mut self, turn: &mut Turn) {
        self.stopping(Goal::Terminated, turn);
        self.stop_monitor(true, 1, turn);
    }

    /// Stops the component by force.
    pub(crate) fn clean(&mut self, goal: Goal, turn: &mut Turn) {
        self.stopping(goal, turn);
        self.stop_monitor(false, 1, turn);
    }

    fn stopping(&mut self, goal: Goal, turn: &mut Turn) {
        self.healthchecks.clear();
        self.watched.clear();
        self.drop_orders(CsiOutcome::Failed, turn);
        let step = Step::Leaving;
        self.phase = Phase::Stopping(Stop {
            goal,
            step,
            until: turn.now,
            unclean: false,
        });
    }

    fn step(&mut self, step: Step, until: Time) {
        if let Phase::Stopping(stop) = &mut self.phase {
            (stop.step, stop.until) = (step, until);
        }
    }

    /// AM_STOP if there is anything to stop, else what follows it.
    ///
    /// Choice: cleaning up runs AM_STOP once only; CLEANUP stops a monitor that it left behind
    /// (§4.8).
    fn stop_monitor(&mut self, graceful: bool, attempt: u32, turn: &mut Turn) {
        let monitor = core::mem::replace(&mut self.monitor, Monitor::Off);
        if let Some(run) = monitor.run() {
            turn.push(Effect::Kill(run));
        }
        let command = self.spec.as_ref().and_then(|spec| spec.am_stop.clone());
        let running = monitor != Monitor::Off || attempt > 1;
        if let Some(command) = command.filter(|_| running) {
            let until = turn.after_ms(command.timeout_ms);
            let run = self.run(Which::AmStop, command, turn);
            self.step(
                Step::Monitor {
                    run,
                    attempt,
                    graceful,
                },
                until,
            );
        } else if graceful {
            self.ask_to_terminate(turn);
        } else {
            self.clean_now(turn);
        }
    }

    fn monitor_stopped(&mut self, (attempt, graceful): (u32, bool), ok: bool, turn: &mut Turn) {
        let attempts_max = self
            .spec
            .as_ref()
            .map_or(1, |spec| spec.am_stop_attempts_max);
        match (graceful, ok) {
            (false, _) => self.clean_now(turn),
            (true, true) => self.ask_to_terminate(turn),
            (true, false) if attempt < attempts_max => {
                self.stop_monitor(true, attempt.saturating_add(1), turn);
            }
            (true, false) => {
                if let Phase::Stopping(stop) = &mut self.phase {
                    stop.unclean = true;
                }
                self.ask_to_terminate(turn);
            }
        }
    }

    fn ask_to_terminate(&mut self, turn: &mut Turn) {
        if self.sa_aware() {
            self.terminate_callback(turn);
            return;
        }
        let Some(command) = self.spec.as_ref().and_then(|spec| spec.terminate.clone()) else {
            self.clean_now(turn);
            return;
        };
        let until = turn.after_ms(command.timeout_ms);
        let run = self.run(Which::Terminate, command, turn);
        self.step(Step::Terminate(run), until);
    }

    fn terminate_callback(&mut self, turn: &mut Turn) {
        let Some(client) = self.client() else {
            self.clean_now(turn);
            return;
        };
        let timeout_ms = self
            .spec
            .as_ref()
            .map_or(0, |spec| spec.terminate_callback_timeout_ms);
        let invocation = self.next_invocation();
        let callback = Callback::Terminate {
            component: self.component.clone(),
        };
        turn.push(Effect::Callback {
            client,
            invocation,
            callback,
        });
        self.step(Step::Callback(invocation), turn.after_ms(timeout_ms));
    }

    /// Takes the response to the terminate callback; `false` when it is none.
    ///
    /// Choice: the component is not terminated before its process has ended, within the same time
    /// limit.
    pub(crate) fn terminate_answered(
        &mut self,
        invocation: Invocation,
        error: Option<AisError>,
        turn: &mut Turn,
    ) -> bool {
        let Phase::Stopping(stop) = &mut self.phase else {
            return false;
        };
        if stop.step != Step::Callback(invocation) {
            return false;
        }
        if error.is_some() {
            self.clean_now(turn);
        } else {
            stop.step = Step::Leaving;
        }
        true
    }

    /// Choice: a component that ends without answering has not said that it released everything.
    pub(crate) fn process_ended_while_stopping(&mut self, turn: &mut Turn) {
        let Phase::Stopping(stop) = &self.phase else {
            return;
        };
        match stop.step {
            Step::Callback(_) => self.clean_now(turn),
            Step::Leaving => self.terminated_well(turn),
            Step::Monitor { .. } | Step::Terminate(_) | Step::Cleanup(_) | Step::Sweep(_) => {}
        }
    }

    fn terminated_well(&mut self, turn: &mut Turn) {
        let unclean = matches!(&self.phase, Phase::Stopping(stop) if stop.unclean);
        if unclean {
            self.clean_now(turn);
        } else {
            self.sweep(turn);
        }
    }

    fn clean_now(&mut self, turn: &mut Turn) {
        let Some(command) = self.spec.as_ref().and_then(|spec| spec.cleanup.clone()) else {
            self.sweep(turn);
            return;
        };
        let until = turn.after_ms(command.timeout_ms);
        let run = self.run(Which::Cleanup, command, turn);
        self.step(Step::Cleanup(run), until);
    }

    /// Kills what is left of the component.
    ///
    /// Choice: also where a command or the component said that nothing is, as two of them must
    /// never run; and instead of CLEANUP where none is configured.
    fn sweep(&mut self, turn: &mut Turn) {
        let run = self.next_run();
        turn.push(Effect::KillAll(run));
        self.step(Step::Sweep(run), turn.after_ms(SWEEP_MS_MAX));
    }

    pub(crate) fn step_timed_out(&mut self, turn: &mut Turn) {
        let Phase::Stopping(stop) = &self.phase else {
            return;
        };
        match stop.step {
            Step::Monitor {
                run,
                attempt,
                graceful,
            } => {
                turn.push(Effect::Kill(run));
                self.monitor_stopped((attempt, graceful), false, turn);
            }
            Step::Terminate(run) => {
                turn.push(Effect::Kill(run));
                self.clean_now(turn);
            }
            Step::Callback(_) | Step::Leaving => self.clean_now(turn),
            Step::Cleanup(run) => {
                turn.push(Effect::Kill(run));
                self.termination_failed(turn);
            }
            Step::Sweep(_) => self.termination_failed(turn),
        }
    }

    pub(crate) fn command_ended(&mut self, run: Run, end: CommandEnd, turn: &mut Turn) {
        if self.foreground == Some(run) {
            self.foreground_ended(end, turn);
            return;
        }
        match &self.phase {
            Phase::Instantiating(attempt) if attempt.run == run => {
                self.instantiate_ended(end, turn);
            }
            Phase::Stopping(stop) => self.step_ended((stop.step, run), end, turn),
            Phase::Uninstantiated
            | Phase::Instantiating(_)
            | Phase::Pausing { .. }
            | Phase::Instantiated
            | Phase::InstantiationFailed
            | Phase::TerminationFailed => self.monitor_ended(run, end, turn),
        }
    }

    fn step_ended(&mut self, (step, ended): (Step, Run), end: CommandEnd, turn: &mut Turn) {
        let ok = end == CommandEnd::Exited(0);
        match step {
            Step::Monitor {
                run,
                attempt,
                graceful,
            } if run == ended => {
                self.monitor_stopped((attempt, graceful), ok, turn);
            }
            Step::Terminate(run) if run == ended && ok => self.terminated_well(turn),
            Step::Terminate(run) if run == ended => self.clean_now(turn),
            Step::Cleanup(run) if run == ended && ok => self.sweep(turn),
            Step::Sweep(run) if run == ended && ok => self.stopped(turn),
            Step::Cleanup(run) | Step::Sweep(run) if run == ended => self.termination_failed(turn),
            Step::Monitor { .. }
            | Step::Callback(_)
            | Step::Leaving
            | Step::Terminate(_)
            | Step::Cleanup(_)
            | Step::Sweep(_) => {}
        }
    }

    fn stopped(&mut self, turn: &mut Turn) {
        let Phase::Stopping(stop) = &self.phase else {
            return;
        };
        let goal = stop.goal;
        self.registered = None;
        self.foreground = None;
        self.failed = None;
        match goal {
            Goal::Terminated => self.terminated(turn),
            Goal::Retry { failed } => self.retry(failed, turn),
            Goal::GiveUp => self.give_up(turn),
            Goal::Forget => {
                self.phase = Phase::Uninstantiated;
                self.reset();
                self.start_queued(turn);
            }
        }
    }

    fn terminated(&mut self, turn: &mut Turn) {
        self.phase = Phase::Uninstantiated;
        turn.report(Report::Terminated(self.component.clone()));
        self.unassigned_by_stopping(turn);
        self.reset();
        self.start_queued(turn);
    }

    fn start_queued(&mut self, turn: &mut Turn) {
        if let Some(spec) = self.queued.take() {
            self.instantiate(spec, turn);
        }
    }

    fn termination_failed(&mut self, turn: &mut Turn) {
        self.phase = Phase::TerminationFailed;
        self.queued = None;
        turn.report(Report::TerminationFailed(self.component.clone()));
        self.drop_orders(CsiOutcome::Failed, turn);
        self.not_assigned_by_starting(turn);
    }

    /// Nothing of the component is left: neither are its assignments.
    pub(crate) fn reset(&mut self) {
        self.failed = None;
        self.registered = None;
        self.recorded_only = false;
        self.foreground = None;
        self.monitor = Monitor::Off;
        self.csis.clear();
        self.attributes.clear();
    }
}

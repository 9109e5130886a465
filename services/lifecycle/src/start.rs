//! Instantiation: attempts without delay, then with delay, each failed one followed by a cleanup.
//!
//! Source: SAI-AIS-AMF-B.04.01 §4.6.

use crate::stop::Goal;
use crate::{CommandEnd, Effect, Lifecycle, Phase, Run, Turn, Which};
use ais::amf::RecommendedRecovery;
use ais::node::{Command, ComponentSpec, FailureCause, Report};
use ais_wire::environment;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Exit status of INSTANTIATE after which no attempt can help. Source: §4.5, `SAF_CLC_NO_RETRY`.
const NO_RETRY: i32 = 200;

/// One attempt to start the component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// Counted from 1.
    pub(crate) number: u32,
    pub(crate) run: Run,
    /// Whether the command has ended successfully.
    pub(crate) ended: bool,
    /// Limits command and registration together.
    pub(crate) until: Time,
}

impl Lifecycle {
    pub(crate) fn instantiate(&mut self, spec: Box<ComponentSpec>, turn: &mut Turn) {
        match &self.phase {
            Phase::Uninstantiated | Phase::InstantiationFailed => {
                self.spec = Some(spec);
                self.attempt(1, turn);
            }
            Phase::Instantiated => {
                self.spec = Some(spec);
                self.report_running(turn);
            }
            Phase::Stopping(stop) if matches!(stop.goal, Goal::Terminated | Goal::Forget) => {
                self.queued = Some(spec);
            }
            // Choice: whoever wants it started again has repaired it, which the cleanup puts to the
            // proof.
            Phase::TerminationFailed => {
                self.spec = Some(spec);
                self.clean(Goal::Retry { failed: 0 }, turn);
            }
            Phase::Instantiating(_) | Phase::Pausing { .. } | Phase::Stopping(_) => {}
        }
    }

    fn report_running(&self, turn: &mut Turn) {
        let component = self.component.clone();
        turn.report(match self.failed {
            None => Report::Instantiated(component),
            Some((cause, recovery)) => Report::Failed {
                component,
                cause,
                recovery,
            },
        });
    }

    /// Begins attempt `number`. A component that has no INSTANTIATE command cannot be started.
    pub(crate) fn attempt(&mut self, number: u32, turn: &mut Turn) {
        let command = self.spec.as_ref().and_then(|spec| spec.instantiate.clone());
        let Some(command) = command else {
            self.give_up(turn);
            return;
        };
        let until = turn.after_ms(command.timeout_ms);
        let run = self.run(Which::Instantiate, command, turn);
        self.phase = Phase::Instantiating(Attempt {
            number,
            run,
            ended: false,
            until,
        });
    }

    pub(crate) fn run(&mut self, which: Which, command: Command, turn: &mut Turn) -> Run {
        let run = self.next_run();
        let environment = self.environment();
        turn.push(Effect::Run {
            run,
            which,
            command,
            environment,
        });
        run
    }

    /// Choice: where names collide the component's configuration wins over its CSI, and the name of
    /// the component over both.
    fn environment(&self) -> Vec<(String, String)> {
        let configured = self.spec.iter().flat_map(|spec| spec.environment.iter());
        let attributes = self.attributes.iter().filter(|_| !self.sa_aware());
        let name = environment::encoded(self.component.as_str());
        let name = (environment::COMPONENT_NAME.to_string(), name);
        attributes
            .chain(configured)
            .cloned()
            .chain([name])
            .collect()
    }

    pub(crate) fn instantiate_ended(&mut self, end: CommandEnd, turn: &mut Turn) {
        let Phase::Instantiating(attempt) = &mut self.phase else {
            return;
        };
        if end != CommandEnd::Exited(0) {
            let retry = end != CommandEnd::Exited(NO_RETRY);
            self.attempt_failed(retry, turn);
            return;
        }
        attempt.ended = true;
        if !self.sa_aware() || self.client().is_some() {
            self.instantiated(turn);
        }
    }

    /// The component has registered. Instantiated is it when its command has ended too.
    ///
    /// Choice: a command in whose process group the component registers stays in the foreground as
    /// the component, and need not end.
    pub(crate) fn has_registered(&mut self, foreground: bool, turn: &mut Turn) {
        let Phase::Instantiating(attempt) = &self.phase else {
            return;
        };
        if attempt.ended {
            self.instantiated(turn);
        } else if foreground {
            self.foreground = Some(attempt.run);
            self.instantiated(turn);
        }
    }

    fn instantiated(&mut self, turn: &mut Turn) {
        self.phase = Phase::Instantiated;
        turn.report(Report::Instantiated(self.component.clone()));
        self.assigned_by_starting(turn);
        self.start_monitor(turn);
    }

    /// The INSTANTIATE command that stayed in the foreground has ended.
    pub(crate) fn foreground_ended(&mut self, end: CommandEnd, turn: &mut Turn) {
        self.foreground = None;
        if end != CommandEnd::Exited(0) {
            let recovery = RecommendedRecovery::NoRecommendation;
            self.fail(FailureCause::ProcessEnded, recovery, turn);
        }
    }

    /// The attempt came to nothing: cleans up, then tries again while the configuration allows it.
    ///
    /// Choice: the first run comes before the configured numbers of attempts, as the text of §4.6
    /// counts.
    pub(crate) fn attempt_failed(&mut self, retry: bool, turn: &mut Turn) {
        let Phase::Instantiating(attempt) = &self.phase else {
            return;
        };
        let (number, run, ended) = (attempt.number, attempt.run, attempt.ended);
        if !ended {
            turn.push(Effect::Kill(run));
        }
        let more = retry && number < self.attempts_max();
        self.clean(
            if more {
                Goal::Retry { failed: number }
            } else {
                Goal::GiveUp
            },
            turn,
        );
    }

    fn attempts_max(&self) -> u32 {
        self.spec.as_ref().map_or(1, |spec| {
            spec.instantiate_attempts_max
                .saturating_add(spec.delayed_instantiate_attempts_max)
                .saturating_add(1)
        })
    }

    /// Goes on after the cleanup of attempt `failed`.
    pub(crate) fn retry(&mut self, failed: u32, turn: &mut Turn) {
        let number = failed.saturating_add(1);
        let (at_once, delay_ms) = self.spec.as_ref().map_or((0, 0), |spec| {
            (spec.instantiate_attempts_max, spec.instantiate_delay_ms)
        });
        if failed <= at_once {
            self.attempt(number, turn);
        } else {
            let until = turn.after_ms(delay_ms);
            self.phase = Phase::Pausing {
                attempt: number,
                until,
            };
        }
    }

    pub(crate) fn give_up(&mut self, turn: &mut Turn) {
        self.phase = Phase::InstantiationFailed;
        turn.report(Report::InstantiationFailed(self.component.clone()));
        self.not_assigned_by_starting(turn);
        self.reset();
    }
}

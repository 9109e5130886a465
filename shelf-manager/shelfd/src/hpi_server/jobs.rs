//! Jobs of the HPI domain: work that takes its time, done by tasks of their own.
//!
//! A task asks the hardware through the core, as everybody does, and what came of its job becomes a
//! log entry. A restart of this program ends all tasks; the log then tells the domain so.

use super::{Desk, upgrade};
use crate::core::Core;
use appliance::Command;
use hpi_domain::{FirmwareJob, FirmwareResult, Job, JobId, JobResult};
use ipmi::command::app::GetSelfTestResults;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc, oneshot};

/// Most things that tasks may want at once.
const TURNS_MAX: usize = 64;

/// Tasks, and what they want.
#[derive(Debug)]
pub(super) struct Jobs {
    turns: (mpsc::Sender<Turn>, mpsc::Receiver<Turn>),
    /// By what each job is cancelled.
    running: BTreeMap<JobId, oneshot::Sender<()>>,
    /// Whose turn it is at each target: one job after the other.
    targets: BTreeMap<u8, Arc<Mutex<()>>>,
}

/// What a task wants.
#[derive(Debug)]
pub(crate) enum Turn {
    /// The hardware is to be asked.
    Ask(Target, Request, oneshot::Sender<Response>),
    /// The job is done.
    Done(JobId, JobResult),
}

/// The way of a task to the hardware.
#[derive(Clone, Debug)]
pub(super) struct Hardware {
    turns: mpsc::Sender<Turn>,
    target: Target,
}

impl Jobs {
    pub(super) fn new() -> Self {
        Self {
            turns: mpsc::channel(TURNS_MAX),
            running: BTreeMap::new(),
            targets: BTreeMap::new(),
        }
    }

    /// The next thing that a task wants.
    pub(super) async fn next(&mut self) -> Turn {
        match self.turns.1.recv().await {
            Some(turn) => turn,
            None => std::future::pending().await,
        }
    }

    fn turn_of(&mut self, target: u8) -> Arc<Mutex<()>> {
        self.targets.entry(target).or_default().clone()
    }

    pub(super) fn hardware(&self, address: u8) -> Hardware {
        Hardware {
            turns: self.turns.0.clone(),
            target: super::control::target(address),
        }
    }
}

impl Hardware {
    /// Asks one thing; the code of a refusal, or of silence.
    pub(super) async fn ask<C: ipmi::command::Command>(
        &self,
        command: &C,
    ) -> Result<C::Response, CompletionCode> {
        let response = self.request(command.request()).await;
        C::read_response(&response).map_err(|_| match response.code {
            // It cannot be read.
            CompletionCode::OK => CompletionCode::UNSPECIFIED,
            code => code,
        })
    }

    /// The same, with all that is answered.
    pub(super) async fn request(&self, request: Request) -> Response {
        let (reply, answered) = oneshot::channel();
        let turn = Turn::Ask(self.target, request, reply);
        if self.turns.send(turn).await.is_err() {
            return Response::from(CompletionCode::TIMEOUT);
        }
        let response = answered.await;
        response.unwrap_or_else(|_| Response::from(CompletionCode::TIMEOUT))
    }
}

impl Desk {
    /// Starts a job.
    pub(crate) fn start(&mut self, id: JobId, job: Job) {
        let done = self.jobs.turns.0.clone();
        let (cancel, cancelled) = oneshot::channel();
        self.jobs.running.insert(id, cancel);
        match job {
            Job::SelfTest { address } => {
                let result = self_test(self.jobs.hardware(address));
                tokio::spawn(async move {
                    let result = tokio::select! {
                        result = result => result,
                        _ = cancelled => JobResult::SelfTest(None),
                    };
                    // Without a core nobody waits for it.
                    let _ = done.send(Turn::Done(id, result)).await;
                });
            }
            Job::Firmware(job) => {
                let hardware = target_of(&job).map(|target| self.jobs.hardware(target));
                let turn = target_of(&job).map(|target| self.jobs.turn_of(target));
                tokio::spawn(async move {
                    let result = firmware(hardware.as_ref(), (job, turn), cancelled).await;
                    let result = JobResult::Firmware(Box::new(result));
                    let _ = done.send(Turn::Done(id, result)).await;
                });
            }
        }
    }

    /// Ends a job that is not wanted any more.
    pub(crate) fn cancel(&mut self, id: JobId) {
        if let Some(cancel) = self.jobs.running.remove(&id) {
            // One that is done already cannot be cancelled.
            let _ = cancel.send(());
        }
    }
}

/// Does something about firmware when it is its target's turn, unless it is cancelled.
async fn firmware(
    hardware: Option<&Hardware>,
    (job, turn): (FirmwareJob, Option<Arc<Mutex<()>>>),
    mut cancelled: oneshot::Receiver<()>,
) -> FirmwareResult {
    let turn = turn.unwrap_or_default();
    let _turn = turn.lock().await;
    tokio::select! {
        biased;
        Ok(()) = &mut cancelled => upgrade::abandon(hardware).await,
        result = upgrade::run(hardware, job) => result,
    }
}

fn target_of(job: &FirmwareJob) -> Option<u8> {
    match job {
        FirmwareJob::Validate { target, .. } => *target,
        FirmwareJob::Install { target, .. }
        | FirmwareJob::Compare { target, .. }
        | FirmwareJob::Backup { target }
        | FirmwareJob::Activate { target, .. }
        | FirmwareJob::Rollback { target } => Some(*target),
    }
}

async fn self_test(hardware: Hardware) -> JobResult {
    JobResult::SelfTest(hardware.ask(&GetSelfTestResults {}).await.ok())
}

impl Core {
    /// Does what a task wants.
    pub(super) fn hpi_job(&mut self, turn: Turn) {
        match turn {
            Turn::Ask(target, request, reply) => {
                self.ask_hardware((target, request), reply.into());
            }
            Turn::Done(id, result) => {
                self.hpi.jobs.running.remove(&id);
                self.submit(&Command::HpiJobDone(id, result));
            }
        }
    }
}

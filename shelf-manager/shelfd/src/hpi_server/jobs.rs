//! Jobs of the HPI domain: work that takes its time, done by tasks of their own.
//!
//! A task asks the hardware through the core, as everybody does, and what came of its job becomes a
//! log entry. A restart of this program ends all tasks; the log then tells the domain so.

use super::Desk;
use crate::core::Core;
use appliance::Command;
use hpi_domain::{Job, JobId, JobResult};
use ipmi::command::app::GetSelfTestResults;
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::port::Target;
use tokio::sync::{mpsc, oneshot};

/// Most things that tasks may want at once.
const TURNS_MAX: usize = 64;

/// Tasks, and what they want.
#[derive(Debug)]
pub(super) struct Jobs {
    turns: (mpsc::Sender<Turn>, mpsc::Receiver<Turn>),
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
        }
    }

    /// The next thing that a task wants.
    pub(super) async fn next(&mut self) -> Turn {
        match self.turns.1.recv().await {
            Some(turn) => turn,
            None => std::future::pending().await,
        }
    }

    fn hardware(&self, address: u8) -> Hardware {
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
        let result = match job {
            Job::SelfTest { address } => self_test(self.jobs.hardware(address)),
        };
        tokio::spawn(async move {
            let turn = Turn::Done(id, result.await);
            // Without a core nobody waits for it.
            let _ = done.send(turn).await;
        });
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
            Turn::Done(id, result) => self.submit(&Command::HpiJobDone(id, result)),
        }
    }
}

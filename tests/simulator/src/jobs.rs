//! Jobs of the HPI domain: the CMM that owns the hardware asks it, and what came of that becomes a
//! log entry.

use crate::world::{Planted, World};
use appliance::Command;
use hpi_domain::{Job, JobId, JobResult};
use ipmi::command::Command as _;
use ipmi::command::app::GetSelfTestResults;
use ipmi::message::{CompletionCode, Response};
use ipmi::port::Target;
use machine::NodeId;
use shelf::scan;
use shelf::{Action, Order, OrderResult};
use std::collections::BTreeMap;

/// Ids of orders that the shelf never gives.
const FIRST: u64 = 1 << 63;

/// What is under way.
#[derive(Default)]
pub(crate) struct Jobs {
    asked: BTreeMap<u64, JobId>,
    last: u64,
}

/// Whether an order is a job's.
pub(crate) fn is_of_job(order: u64) -> bool {
    order >= FIRST
}

impl World {
    /// A job begins.
    pub(crate) fn start_job(&mut self, id: NodeId, job: JobId, what: &Job) {
        let Job::SelfTest { address } = what else {
            return self.check.violated(format!("nobody orders {what:?}"));
        };
        let Some(running) = self.running(id) else {
            return;
        };
        running.jobs.last += 1;
        let order = FIRST + running.jobs.last;
        running.jobs.asked.insert(order, job);
        let action = Action::Raw {
            target: Target::Ipmb(*address),
            request: GetSelfTestResults {}.request(),
        };
        self.scan(id, &scan::Input::Order(Order::new(order, action)));
    }

    /// The hardware answered.
    pub(crate) fn job_answered(&mut self, id: NodeId, order: u64, result: OrderResult) {
        let Some(running) = self.running(id) else {
            return;
        };
        if let Some(job) = running.jobs.asked.remove(&order) {
            let response = result.map(|data| {
                let code = CompletionCode::OK;
                GetSelfTestResults::read_response(&Response { code, data })
            });
            let results = response.ok().and_then(Result::ok);
            self.job_done(id, job, JobResult::SelfTest(results));
        }
    }

    /// A job is not wanted any more.
    pub(crate) fn cancel_job(&mut self, id: NodeId, job: JobId) {
        if let Some(running) = self.running(id) {
            running.jobs.asked.retain(|_, it| *it != job);
            self.job_done(id, job, JobResult::SelfTest(None));
        }
    }

    /// The way to the hardware is closed: nothing is answered any more.
    pub(crate) fn close_jobs(&mut self, id: NodeId) {
        let Some(running) = self.running(id) else {
            return;
        };
        for job in std::mem::take(&mut running.jobs.asked).into_values() {
            self.job_done(id, job, JobResult::SelfTest(None));
        }
    }

    fn job_done(&mut self, id: NodeId, job: JobId, result: JobResult) {
        if self.planted != Some(Planted::ForgottenJobs) {
            self.submit(id, &Command::HpiJobDone(job, result));
        }
    }
}

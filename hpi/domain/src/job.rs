//! Work that takes its time off the log: the domain orders it, and is told what came of it.

use crate::fumi::{FirmwareJob, FirmwareResult};
use crate::{Domain, Out};
use alloc::boxed::Box;
use alloc::vec::Vec;
use hpi_model::ResourceId;
use ipmi::command::app::SelfTestResults;
use serde::{Deserialize, Serialize};

/// Whose work it is.
///
/// Invariant: no two jobs have the same; `serial` is the index of the log entry that ordered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobId {
    /// Of which resource.
    pub resource: ResourceId,
    /// Of which of its instruments.
    pub of: JobOf,
    /// Tells it from those before.
    pub serial: u64,
}

/// Which instrument of a resource a job is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum JobOf {
    /// A test of a diagnostics initiator.
    Test {
        /// Which initiator.
        num: u32,
        /// Which of its tests.
        test: u32,
    },
    /// A bank of a firmware upgrade management instrument.
    Bank {
        /// Which instrument.
        num: u32,
        /// Which of its banks.
        bank: u8,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Job {
    /// Ask a controller for the results of its self test.
    SelfTest {
        /// IPMB-0 address of the controller.
        address: u8,
    },
    /// Something about firmware.
    Firmware(FirmwareJob),
}

/// What came of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobResult {
    /// What the controller said of itself; `None` when it did not answer.
    SelfTest(Option<SelfTestResults>),
    /// What came of it.
    Firmware(Box<FirmwareResult>),
}

impl Domain {
    /// Takes in what came of a job. Whoever does not wait for it any more does not learn of it.
    pub(crate) fn job_done(&mut self, id: JobId, result: &JobResult, out: &mut Out<'_>) {
        let at = id.resource;
        let Some(resource) = self.resources.get_mut(&at) else {
            return;
        };
        let mut told = Vec::new();
        match (id.of, result) {
            (JobOf::Test { num, test }, JobResult::SelfTest(results)) => {
                let results = results.as_ref();
                resource.self_tested(((num, test), id.serial), results, (out.at.time, &mut told));
            }
            (JobOf::Bank { num, bank }, JobResult::Firmware(result)) => {
                let of = ((num, bank), id.serial);
                resource.upgrade_done(of, result, (out, &mut told));
            }
            // Nobody orders the one and gets the other.
            (JobOf::Test { .. } | JobOf::Bank { .. }, _) => {}
        }
        self.tell_all(at, told, out);
    }

    /// This CMM has restarted, and nobody works on what was ordered.
    pub(crate) fn restarted(&mut self, out: &mut Out<'_>) {
        let ids: Vec<ResourceId> = self.resources.keys().copied().collect();
        for id in ids {
            let mut told = Vec::new();
            if let Some(resource) = self.resources.get_mut(&id) {
                resource.tests_lost((out.at.time, &mut told));
                resource.upgrades_lost(out, &mut told);
            }
            self.tell_all(id, told, out);
        }
    }

    /// Says what a resource told.
    pub(crate) fn tell_all(&mut self, id: ResourceId, told: Told, out: &mut Out<'_>) {
        for (severity, kind) in told {
            self.say(out.event(id, severity, kind), out);
        }
    }
}

/// Events of a resource, on their way.
pub(crate) type Told = Vec<(hpi_model::Severity, hpi_model::EventKind)>;

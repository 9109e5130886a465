//! Diagnostics initiators: their tests run for a time on the log's clock, or off the log.
//!
//! Source: SAI-HPI-B.03.02, `saHpiDimiInfoGet` to `saHpiDimiTestResultsGet`.

mod own;
mod self_test;

use crate::job::{Job, JobId, JobOf, Told as Events};
use crate::{Effect, Out, Resource, Told, time_ns};
use alloc::string::String;
use alloc::vec::Vec;
use hpi_model::diagnostics::{
    DiagnosticTest, PERCENT_UNKNOWN, TestError, TestReadiness, TestResults, TestRunStatus,
    TestValue, test_capability,
};
use hpi_model::{Capabilities, EventKind, HpiError, Severity, TextBuffer};
use machine::Time;
use serde::{Deserialize, Serialize};

/// A call that changes a diagnostics initiator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DimiCall {
    /// `saHpiDimiTestStart`: which test, with which parameters.
    TestStart(u32, Vec<(String, TestValue)>),
    /// `saHpiDimiTestCancel`.
    TestCancel(u32),
}

/// A diagnostics initiator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimi {
    /// All tests; those that need power come last.
    tests: Vec<Test>,
    /// `TestNumUpdateCounter`.
    pub updates: u32,
    /// Tests that there are now.
    present: usize,
}

/// A test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// What it is.
    pub info: DiagnosticTest,
    does: Does,
    running: Option<Running>,
    last: Option<TestResults>,
}

/// What a test does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Does {
    /// It takes its time and ends as its parameters say.
    Timed,
    /// The same, while the resource has power.
    Powered,
    /// It asks a controller for the results of its self test.
    SelfTest(u8),
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Running {
    since: Time,
    until: Until,
}

/// What ends a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Until {
    /// Time, and then it ends so.
    At(Time, Ending),
    /// A job of this serial number.
    Job(u64),
}

/// How a run ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ending {
    error: TestError,
    text: TextBuffer,
}

impl Dimi {
    /// The tests that there are now, in the order of their numbers.
    pub fn tests(&self) -> &[Test] {
        self.tests.get(..self.present).unwrap_or(&self.tests)
    }

    /// A test.
    pub fn test(&self, test: u32) -> Result<&Test, HpiError> {
        let at = usize::try_from(test).ok();
        let test = at.and_then(|at| self.tests().get(at));
        test.ok_or(HpiError::NotPresent)
    }

    /// `saHpiDimiTestReadinessGet`. Choice: one test runs at a time.
    pub fn readiness(&self, test: u32) -> Result<TestReadiness, HpiError> {
        let wanted = self.test(test)?;
        let is_busy = self.tests.iter().any(|test| test.running.is_some());
        Ok(if wanted.info.service_os.is_some() {
            // No resource of ours boots one.
            TestReadiness::WrongState
        } else if is_busy {
            TestReadiness::Busy
        } else {
            TestReadiness::Ready
        })
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        let ends = self.tests.iter().filter_map(|test| {
            let Until::At(at, _) = test.running.as_ref()?.until else {
                return None;
            };
            Some(at)
        });
        ends.min()
    }
}

impl Test {
    /// `saHpiDimiTestStatusGet`.
    pub fn status(&self, now: Time) -> (TestRunStatus, u8) {
        match (&self.running, &self.last) {
            (Some(running), _) => (TestRunStatus::Running, running.percent(now)),
            (None, Some(last)) if last.status == TestRunStatus::Canceled => {
                (last.status, PERCENT_UNKNOWN)
            }
            (None, Some(last)) => (last.status, 100),
            (None, None) => (TestRunStatus::NotRun, 0),
        }
    }

    /// `saHpiDimiTestResultsGet`: of the last run that ended; `None` before one did.
    pub fn results(&self) -> Option<&TestResults> {
        self.last.as_ref()
    }

    /// Ends the run.
    fn end(&mut self, now: Time, status: TestRunStatus, ending: Ending) {
        let Some(running) = self.running.take() else {
            return;
        };
        let duration = now.since(running.since).as_nanos();
        self.last = Some(TestResults {
            time_ns: time_ns(now),
            duration_ns: i64::try_from(duration).unwrap_or(i64::MAX),
            status,
            error: ending.error,
            text: ending.text,
        });
    }

    fn finish(&mut self, now: Time, ending: Ending) {
        let status = match ending.error {
            TestError::NoError => TestRunStatus::FinishedNoErrors,
            TestError::RunError | TestError::Undefined => TestRunStatus::FinishedErrors,
        };
        self.end(now, status, ending);
    }
}

impl Running {
    fn percent(&self, now: Time) -> u8 {
        let Until::At(at, _) = self.until else {
            return PERCENT_UNKNOWN;
        };
        let whole = at.since(self.since).as_nanos().max(1);
        let done = now.since(self.since).as_nanos().min(whole);
        u8::try_from(done * 100 / whole).unwrap_or(100)
    }
}

impl Ending {
    fn new(error: TestError, text: &str) -> Self {
        let text = TextBuffer::english(text);
        Self { error, text }
    }
}

/// A test and the events that it causes.
struct Teller<'a> {
    num: u32,
    now: Time,
    told: &'a mut Events,
}

impl Teller<'_> {
    /// Choice: a test that found errors is a major matter.
    fn tell(&mut self, test: u32, of: &Test) {
        let (status, percent) = of.status(self.now);
        let severity = match status {
            TestRunStatus::FinishedErrors => Severity::Major,
            TestRunStatus::NotRun
            | TestRunStatus::FinishedNoErrors
            | TestRunStatus::Canceled
            | TestRunStatus::Running => Severity::Informational,
        };
        let (num, status) = (self.num, status.number());
        self.told.push((
            severity,
            EventKind::Dimi {
                num,
                test,
                status,
                percent,
            },
        ));
    }
}

impl Resource {
    /// Carries out what a user orders of a diagnostics initiator.
    pub(crate) fn dimi_call(
        &mut self,
        (num, call): (u32, &DimiCall),
        out: &mut Out<'_>,
        told: &mut Events,
    ) -> Result<Told, HpiError> {
        let id = self.rpt.resource;
        let dimi = self.dimi_mut(num)?;
        let now = out.at.time;
        let mut teller = Teller { num, now, told };
        match call {
            DimiCall::TestStart(test, values) => {
                let job = JobId {
                    resource: id,
                    of: JobOf::Test { num, test: *test },
                    serial: out.at.index,
                };
                if let Some(ordered) = dimi.start((*test, values), job.serial, &mut teller)? {
                    out.effects.push(Effect::Job(job, ordered));
                }
            }
            DimiCall::TestCancel(test) => dimi.cancel(*test, &mut teller)?,
        }
        Ok(Told::Done)
    }

    fn dimi_mut(&mut self, num: u32) -> Result<&mut Dimi, HpiError> {
        if !self.rpt.capabilities.has(Capabilities::DIMI) {
            return Err(HpiError::Capability);
        }
        self.kept.dimis.get_mut(&num).ok_or(HpiError::NotPresent)
    }

    /// Ends the runs whose time has come.
    pub(crate) fn tests_end(&mut self, now: Time, told: &mut Events) {
        for (num, dimi) in &mut self.kept.dimis {
            let mut teller = Teller {
                num: *num,
                now,
                told,
            };
            dimi.end_due(&mut teller);
        }
    }

    /// What a controller says of its self test.
    pub(crate) fn self_tested(
        &mut self,
        ((num, test), serial): ((u32, u32), u64),
        results: Option<&ipmi::command::app::SelfTestResults>,
        (now, told): (Time, &mut Events),
    ) {
        if let Some(dimi) = self.kept.dimis.get_mut(&num) {
            let mut teller = Teller { num, now, told };
            dimi.job_ended((test, serial), self_test::ending(results), &mut teller);
        }
    }

    /// Nobody works on the jobs any more.
    pub(crate) fn tests_lost(&mut self, (now, told): (Time, &mut Events)) {
        for (num, dimi) in &mut self.kept.dimis {
            let mut teller = Teller {
                num: *num,
                now,
                told,
            };
            dimi.lose_jobs(&mut teller);
        }
    }

    /// The power of the resource is switched: there are more tests, or fewer.
    pub(crate) fn tests_follow_power(&mut self, (now, told): (Time, &mut Events)) {
        let is_on = self.kept.power_on;
        for (num, dimi) in &mut self.kept.dimis {
            let mut teller = Teller {
                num: *num,
                now,
                told,
            };
            dimi.follow_power(is_on, &mut teller);
        }
    }
}

impl Dimi {
    /// Source: `saHpiDimiTestStart`. Its return values say `INVALID_STATE` for a test that is not
    /// ready, its remarks `INVALID_REQUEST`. Choice: the return values are meant.
    fn start(
        &mut self,
        (test, values): (u32, &[(String, TestValue)]),
        serial: u64,
        teller: &mut Teller<'_>,
    ) -> Result<Option<Job>, HpiError> {
        let readiness = self.readiness(test)?;
        let wanted = self.test_mut(test)?;
        for (name, value) in values {
            let mut parameters = wanted.info.parameters.iter();
            let found = parameters.find(|parameter| parameter.name == *name);
            if !found.is_some_and(|parameter| parameter.range.admits(value)) {
                return Err(HpiError::InvalidData);
            }
        }
        if readiness != TestReadiness::Ready {
            return Err(HpiError::InvalidState);
        }
        let since = teller.now;
        let (until, job) = match wanted.does {
            Does::Timed | Does::Powered => {
                let (takes, ending) = own::run(&wanted.info, values);
                (Until::At(since.after(takes), ending), None)
            }
            Does::SelfTest(address) => (Until::Job(serial), Some(Job::SelfTest { address })),
        };
        wanted.running = Some(Running { since, until });
        teller.tell(test, wanted);
        Ok(job)
    }

    fn cancel(&mut self, test: u32, teller: &mut Teller<'_>) -> Result<(), HpiError> {
        let wanted = self.test_mut(test)?;
        if wanted.running.is_none() {
            return Err(HpiError::InvalidState);
        }
        if wanted.info.capabilities & test_capability::TEST_CANCEL == 0 {
            return Err(HpiError::InvalidRequest);
        }
        let ending = Ending::new(TestError::NoError, "cancelled");
        wanted.end(teller.now, TestRunStatus::Canceled, ending);
        teller.tell(test, wanted);
        Ok(())
    }

    fn test_mut(&mut self, test: u32) -> Result<&mut Test, HpiError> {
        let at = usize::try_from(test).ok().filter(|at| *at < self.present);
        let test = at.and_then(|at| self.tests.get_mut(at));
        test.ok_or(HpiError::NotPresent)
    }

    fn end_due(&mut self, teller: &mut Teller<'_>) {
        for (number, test) in (0..).zip(&mut self.tests) {
            let Some(Until::At(at, ending)) = test.running.as_ref().map(|run| run.until.clone())
            else {
                continue;
            };
            if at <= teller.now {
                test.finish(teller.now, ending);
                teller.tell(number, test);
            }
        }
    }

    fn job_ended(&mut self, (test, serial): (u32, u64), ending: Ending, teller: &mut Teller<'_>) {
        let Ok(ended) = self.test_mut(test) else {
            return;
        };
        let waits = |run: &Running| run.until == Until::Job(serial);
        if ended.running.as_ref().is_some_and(waits) {
            ended.finish(teller.now, ending);
            teller.tell(test, ended);
        }
    }

    fn lose_jobs(&mut self, teller: &mut Teller<'_>) {
        for (number, test) in (0..).zip(&mut self.tests) {
            let is_job = |run: &Running| matches!(run.until, Until::Job(_));
            if test.running.as_ref().is_some_and(is_job) {
                let why = "the shelf manager restarted during the test";
                test.finish(teller.now, Ending::new(TestError::Undefined, why));
                teller.tell(number, test);
            }
        }
    }

    fn follow_power(&mut self, is_on: bool, teller: &mut Teller<'_>) {
        let needs_power = |test: &&Test| test.does == Does::Powered;
        let without = self.tests.len() - self.tests.iter().filter(needs_power).count();
        let present = if is_on { self.tests.len() } else { without };
        if present == self.present {
            return;
        }
        for (number, test) in (0..).zip(&mut self.tests).skip(present) {
            if test.running.is_some() {
                let ending = Ending::new(TestError::RunError, "the power was lost");
                test.finish(teller.now, ending);
                teller.tell(number, test);
            }
        }
        self.present = present;
        self.updates = self.updates.wrapping_add(1);
        let update = EventKind::DimiUpdate(teller.num);
        teller.told.push((Severity::Informational, update));
    }
}

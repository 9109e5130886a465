//! The self test of a controller, as a test of HPI.
//!
//! Choice: a controller tests itself when it starts; the test asks it what came of that.
//!
//! Source: IPMI v2.0 §20.4, Get Self Test Results.

use super::own::test;
use super::{Dimi, Does, Ending};
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use hpi_model::TextBuffer;
use hpi_model::diagnostics::{DiagnosticTest, TestError, TestServiceImpact, test_capability};
use ipmi::command::app::SelfTestResults;

const PASSED: u8 = 0x55;
const NOT_IMPLEMENTED: u8 = 0x56;
const CORRUPTED: u8 = 0x57;
const FATAL: u8 = 0x58;

impl Dimi {
    /// The self test of the controller at this address.
    pub(crate) fn of_controller(address: u8) -> Self {
        let info = DiagnosticTest {
            name: TextBuffer::english("Results of the controller's self test"),
            service_impact: TestServiceImpact::Nondegrading,
            impacted: Vec::new(),
            service_os: None,
            expected_ns: 0,
            capabilities: test_capability::TEST_CANCEL,
            parameters: Vec::new(),
        };
        Self {
            tests: vec![test(info, Does::SelfTest(address))],
            updates: 0,
            present: 1,
        }
    }
}

/// How the test ends that got these results, or none.
pub(super) fn ending(results: Option<&SelfTestResults>) -> Ending {
    let Some(SelfTestResults { result, detail }) = results else {
        return Ending::new(TestError::Undefined, "the controller does not answer");
    };
    let (error, what) = match *result {
        PASSED => (TestError::NoError, "no error"),
        NOT_IMPLEMENTED => (TestError::Undefined, "it does not test itself"),
        CORRUPTED => (
            TestError::RunError,
            "corrupted or inaccessible data or devices",
        ),
        FATAL => (TestError::RunError, "fatal hardware error"),
        _ => (TestError::RunError, "failure of its own kind"),
    };
    let text = format!("{result:02X}h {detail:02X}h: {what}");
    Ending::new(error, &text)
}

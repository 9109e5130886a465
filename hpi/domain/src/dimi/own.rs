//! Tests of the domain's own, for the fixture: how long they take and how they end, their
//! parameters say.

use super::{Dimi, Does, Ending, Test};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use hpi_model::diagnostics::{
    DiagnosticTest, LOOP_COUNT, TestError, TestParameter, TestParameterRange, TestServiceImpact,
    TestValue, test_capability,
};
use hpi_model::{EntityPath, TextBuffer};

/// How long a loop takes, in seconds.
const PACE: &str = "Pace";
/// Whether it ends without errors.
const PASS: &str = "Pass";
/// What its results say.
const REMARK: &str = "Remark";
const SECOND_NS: i64 = 1_000_000_000;
const SECOND_MICRO: u64 = 1_000_000;

impl Dimi {
    /// Tests of each sort: one with parameters of each type, one that cannot be cancelled, one that
    /// is never ready, one that is there only while the resource has power.
    pub(crate) fn own(entity: &EntityPath) -> Self {
        let plain = |name: &str, capabilities| DiagnosticTest {
            name: TextBuffer::english(name),
            service_impact: TestServiceImpact::Nondegrading,
            impacted: vec![(entity.clone(), TestServiceImpact::Degrading)],
            service_os: None,
            expected_ns: SECOND_NS,
            capabilities,
            parameters: Vec::new(),
        };
        let cancel = test_capability::TEST_CANCEL;
        let tests = vec![
            test(
                DiagnosticTest {
                    parameters: parameters(),
                    ..plain("Timed test", cancel | test_capability::LOOP_COUNT)
                },
                Does::Timed,
            ),
            test(plain("Test without an exit", 0), Does::Timed),
            test(
                DiagnosticTest {
                    service_os: Some(TextBuffer::english("Service OS")),
                    ..plain("Service test", cancel)
                },
                Does::Timed,
            ),
            test(plain("Payload test", cancel), Does::Powered),
        ];
        Self {
            present: tests.len(),
            tests,
            updates: 0,
        }
    }
}

/// A test that never ran.
pub(super) fn test(info: DiagnosticTest, does: Does) -> Test {
    Test {
        info,
        does,
        running: None,
        last: None,
    }
}

fn parameters() -> Vec<TestParameter> {
    let parameter = |name: &str, info: &str, range| TestParameter {
        name: name.to_string(),
        info: TextBuffer::english(info),
        range,
    };
    let (min, max, default) = (1, 1_000, 1);
    let loops = TestParameterRange::Int32 { min, max, default };
    let pace = TestParameterRange::Micro {
        min: 0,
        max: 60_000_000,
        default: 1_000_000,
    };
    let remark = TestParameterRange::Text(TextBuffer::english("done"));
    vec![
        parameter(LOOP_COUNT, "Test Loop Count", loops),
        parameter(PACE, "Seconds that a loop takes", pace),
        parameter(
            PASS,
            "Whether it ends without errors",
            TestParameterRange::Boolean(true),
        ),
        parameter(REMARK, "What the results say", remark),
    ]
}

/// How long a run with these values takes, and how it ends. A value that is given twice counts as
/// it was given last.
pub(super) fn run(info: &DiagnosticTest, values: &[(String, TestValue)]) -> (Duration, Ending) {
    let value = |name: &str| {
        let mut given = values.iter().rev();
        let given = given.find(|(found, _)| found == name);
        let given = given.map(|(_, value)| value.clone());
        let mut known = info.parameters.iter();
        let known = known.find(|parameter| parameter.name == name);
        given.or(known.map(|parameter| parameter.range.default()))
    };
    let loops = value(LOOP_COUNT).and_then(|value| {
        let TestValue::Int32(loops) = value else {
            return None;
        };
        u32::try_from(loops).ok()
    });
    let pace_micro = value(PACE).and_then(|value| {
        let TestValue::Micro(pace) = value else {
            return None;
        };
        u64::try_from(pace).ok()
    });
    let error = if value(PASS) == Some(TestValue::Boolean(false)) {
        TestError::RunError
    } else {
        TestError::NoError
    };
    let text = value(REMARK).and_then(|value| {
        let TestValue::Text(text) = value else {
            return None;
        };
        Some(text)
    });
    let text = text.unwrap_or_else(|| TextBuffer::english("done"));
    let pace = Duration::from_micros(pace_micro.unwrap_or(SECOND_MICRO));
    (
        pace.saturating_mul(loops.unwrap_or(1)),
        Ending { error, text },
    )
}

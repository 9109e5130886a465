//! Diagnostics initiators and their tests.
//!
//! Source: SAI-HPI-B.03.02, `SaHpiDimiTestT` and the types beside it.

use crate::numbered::numbered;
use crate::{EntityPath, TextBuffer};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

numbered! {
    /// `SaHpiDimiTestRunStatusT`.
    TestRunStatus {
        NotRun = 0 "NOT_RUN",
        FinishedNoErrors = 1 "FINISHED_NO_ERRORS",
        FinishedErrors = 2 "FINISHED_ERRORS",
        Canceled = 3 "CANCELED",
        Running = 4 "RUNNING",
    }
}

numbered! {
    /// `SaHpiDimiReadyT`.
    TestReadiness {
        Ready = 0 "READY",
        WrongState = 1 "WRONG_STATE",
        Busy = 2 "BUSY",
    }
}

numbered! {
    /// `SaHpiDimiTestServiceImpactT`.
    TestServiceImpact {
        Nondegrading = 0 "NONDEGRADING",
        Degrading = 1 "DEGRADING",
        VendorDefined = 2 "VENDOR_DEFINED_LEVEL",
    }
}

numbered! {
    /// `SaHpiDimiTestErrCodeT`.
    TestError {
        NoError = 0 "NOERR",
        RunError = 1 "RUNERR",
        Undefined = 2 "UNDEF",
    }
}

/// Bits of `SaHpiDimiTestCapabilityT`.
pub mod test_capability {
    /// It has the parameter [`super::LOOP_COUNT`].
    pub const LOOP_COUNT: u32 = 0x04;
    /// It can be cancelled.
    pub const TEST_CANCEL: u32 = 0x20;
}

/// `SAHPI_DIMITEST_LOOP_COUNT_PARAM_NAME`: how often a test runs.
pub const LOOP_COUNT: &str = "Loop Count";

/// `SAHPI_DIMITEST_MAX_PARAMETERS`.
pub const TEST_PARAMETERS_MAX: usize = 10;

/// `SAHPI_DIMITEST_MAX_ENTITIESIMPACTED`.
pub const TEST_ENTITIES_MAX: usize = 5;

/// How much of a test is done where that is not known.
pub const PERCENT_UNKNOWN: u8 = 0xff;

/// `SaHpiDimiTestT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiagnosticTest {
    /// Its name.
    pub name: TextBuffer,
    /// What it does to the service of its own entity.
    pub service_impact: TestServiceImpact,
    /// What it does to others; at most [`TEST_ENTITIES_MAX`].
    pub impacted: Vec<(EntityPath, TestServiceImpact)>,
    /// The operating system that it needs, if it needs one of its own.
    pub service_os: Option<TextBuffer>,
    /// How long it takes with the default parameters, in nanoseconds.
    pub expected_ns: i64,
    /// See [`test_capability`].
    pub capabilities: u32,
    /// At most [`TEST_PARAMETERS_MAX`].
    pub parameters: Vec<TestParameter>,
}

/// `SaHpiDimiTestParamsDefinitionT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestParameter {
    /// Its name, at most 20 bytes.
    pub name: String,
    /// What it means, for people.
    pub info: TextBuffer,
    /// What values it takes.
    pub range: TestParameterRange,
}

/// Type, limits and default of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestParameterRange {
    /// `SAHPI_DIMITEST_PARAM_TYPE_BOOLEAN`: its default.
    Boolean(bool),
    /// `SAHPI_DIMITEST_PARAM_TYPE_INT32`.
    Int32 {
        /// Smallest value.
        min: i32,
        /// Largest value.
        max: i32,
        /// Default.
        default: i32,
    },
    /// `SAHPI_DIMITEST_PARAM_TYPE_FLOAT64`, in millionths.
    Micro {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
        /// Default.
        default: i64,
    },
    /// `SAHPI_DIMITEST_PARAM_TYPE_TEXT`: its default.
    Text(TextBuffer),
}

/// `SaHpiDimiTestParamValueT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestValue {
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Int32(i32),
    /// A floating point number, in millionths.
    Micro(i64),
    /// A text.
    Text(TextBuffer),
}

impl TestParameterRange {
    /// Whether a value is of the type, and within the limits.
    pub fn admits(&self, value: &TestValue) -> bool {
        match (self, value) {
            (Self::Boolean(_), TestValue::Boolean(_)) | (Self::Text(_), TestValue::Text(_)) => true,
            (Self::Int32 { min, max, .. }, TestValue::Int32(value)) => (min..=max).contains(&value),
            (Self::Micro { min, max, .. }, TestValue::Micro(value)) => (min..=max).contains(&value),
            (Self::Boolean(_) | Self::Text(_) | Self::Int32 { .. } | Self::Micro { .. }, _) => {
                false
            }
        }
    }

    /// The value where none is given.
    pub fn default(&self) -> TestValue {
        match self {
            Self::Boolean(default) => TestValue::Boolean(*default),
            Self::Int32 { default, .. } => TestValue::Int32(*default),
            Self::Micro { default, .. } => TestValue::Micro(*default),
            Self::Text(default) => TestValue::Text(default.clone()),
        }
    }
}

/// `SaHpiDimiTestResultsT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResults {
    /// When the run ended, in nanoseconds since the Unix epoch.
    pub time_ns: i64,
    /// How long it took, in nanoseconds.
    pub duration_ns: i64,
    /// How it ended.
    pub status: TestRunStatus,
    /// What went wrong.
    pub error: TestError,
    /// What was found, in words.
    pub text: TextBuffer,
}

//! Diagnostics.

use super::{Characters, EntityPath, Text};
use crate::field::{structures, unions};
use crate::{Field, Float64, Malformed, Reader, Writer};

/// Length of a parameter's name. Source: `SAHPI_DIMITEST_PARAM_NAME_LEN`.
const NAME_LEN: usize = 20;

unions! {
    /// `SaHpiDimiTestParamValueT`; the selector is `SaHpiDimiTestParamTypeT`.
    DimiTestParamValue {
        /// Yes or no.
        0 Bool(bool),
        /// A whole number.
        1 Int32(i32),
        /// A floating point number.
        2 Float64(Float64),
        /// A text.
        3 Text(Text),
    }

    /// `SaHpiDimiTestParameterValueUnionT`: a limit of a parameter. Parameters that are neither
    /// whole nor floating point numbers have none; their limit travels as a floating point number.
    Limit {
        /// None, for what is yes or no.
        0 OfBool(Float64),
        /// A whole number.
        1 Int32(i32),
        /// A floating point number.
        2 Float64(Float64),
        /// None, for a text.
        3 OfText(Float64),
    }
}

/// `SaHpiDimiTestParamsDefinitionT`.
///
/// Invariant: the default and both limits have the same selector; that of the default is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DimiTestParamsDefinition {
    /// Its name.
    pub name: Characters<NAME_LEN>,
    /// What it means.
    pub info: Text,
    /// Lowest value.
    pub min: Limit,
    /// Highest value.
    pub max: Limit,
    /// Value where none is given.
    pub default: DimiTestParamValue,
}

impl Field for DimiTestParamsDefinition {
    fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        let name = Field::read(reader, field)?;
        let info = Field::read(reader, field)?;
        let selector = u32::read(reader, field)?;
        Ok(Self {
            name,
            info,
            min: Limit::read_member(selector, reader, field)?,
            max: Limit::read_member(selector, reader, field)?,
            default: DimiTestParamValue::read_member(selector, reader, field)?,
        })
    }
    fn write(&self, writer: &mut Writer) {
        self.name.write(writer);
        self.info.write(writer);
        self.default.selector().write(writer);
        self.min.write_member(writer);
        self.max.write_member(writer);
        self.default.write_member(writer);
    }
}

structures! {
    /// `SaHpiDimiInfoT`.
    DimiInfo {
        /// How many tests there are.
        number_of_tests: u32,
        /// How often that changed.
        test_num_update_counter: u32,
    }

    /// `SaHpiDimiTestAffectedEntityT`.
    DimiTestAffectedEntity {
        /// What is affected.
        entity: EntityPath,
        /// `SaHpiDimiTestServiceImpactT`.
        service_impact: u32,
    }

    /// `SaHpiDimiTestT`.
    DimiTest {
        /// Its name.
        name: Text,
        /// `SaHpiDimiTestServiceImpactT`.
        service_impact: u32,
        /// What it affects.
        entities_impacted: [DimiTestAffectedEntity; 5],
        /// Whether it needs an operating system of its own.
        need_service_os: bool,
        /// Which one.
        service_os: Text,
        /// How long it takes, in nanoseconds.
        expected_run_duration: i64,
        /// `SaHpiDimiTestCapabilityT`.
        capabilities: u32,
        /// Its parameters; one without a name ends them.
        parameters: [DimiTestParamsDefinition; 10],
    }

    /// `SaHpiDimiTestVariableParamsT`.
    DimiTestVariableParams {
        /// Its name.
        name: Characters<NAME_LEN>,
        /// Its value.
        value: DimiTestParamValue,
    }

    /// `SaHpiDimiTestResultsT`.
    DimiTestResults {
        /// When they were found, in nanoseconds.
        timestamp: i64,
        /// How long it took, in nanoseconds.
        run_duration: i64,
        /// `SaHpiDimiTestRunStatusT`.
        last_run_status: u32,
        /// `SaHpiDimiTestErrCodeT`.
        error_code: u32,
        /// What was found.
        result: Text,
        /// Whether that is a URI.
        is_uri: bool,
    }

    /// `SaHpiDimiRecT`.
    DimiRec {
        /// `SaHpiDimiNumT`.
        num: u32,
        /// The implementation's own.
        oem: u32,
    }
}

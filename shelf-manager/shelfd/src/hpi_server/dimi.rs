//! Diagnostics initiators in the structures of `SaHpi.h`.

use super::resource::find;
use super::{View, check, wire};
use hpi_domain::Dimi;
use hpi_domain::dimi::Test;
use hpi_model::diagnostics::{
    DiagnosticTest, TestError, TestParameter, TestParameterRange, TestRunStatus, TestValue,
};
use hpi_model::{Capabilities, EntityPath, HpiError, TextType};
use machine::Time;
use openhpi_wire::Float64;
use openhpi_wire::function::TestStatus;
use openhpi_wire::types::{
    Characters, DimiInfo, DimiTest, DimiTestAffectedEntity, DimiTestParamValue,
    DimiTestParamsDefinition, DimiTestResults, DimiTestVariableParams, Limit, Text,
};

/// `SAHPI_TIME_UNSPECIFIED`.
const TIME_UNSPECIFIED: i64 = i64::MIN;

pub(super) fn of(view: View<'_>, (resource, num): (u32, u32)) -> Result<&Dimi, HpiError> {
    let resource = find(view, resource)?;
    if !resource.rpt.capabilities.has(Capabilities::DIMI) {
        return Err(HpiError::Capability);
    }
    resource.kept.dimis.get(&num).ok_or(HpiError::NotPresent)
}

pub(super) fn test(view: View<'_>, dimi: (u32, u32), test: u32) -> Result<&Test, HpiError> {
    of(view, dimi)?.test(test)
}

pub(super) fn info(dimi: &Dimi) -> DimiInfo {
    DimiInfo {
        number_of_tests: u32::try_from(dimi.tests().len()).unwrap_or(u32::MAX),
        test_num_update_counter: dimi.updates,
    }
}

pub(super) fn status(test: &Test, now: Time) -> TestStatus {
    let (status, percent) = test.status(now);
    TestStatus {
        percent_completed: percent.into(),
        run_status: status.number(),
    }
}

/// Choice: a test that never ended a run has results that say so.
pub(super) fn results(test: &Test) -> DimiTestResults {
    match test.results() {
        Some(found) => DimiTestResults {
            timestamp: found.time_ns,
            run_duration: found.duration_ns,
            last_run_status: found.status.number(),
            error_code: found.error.number(),
            result: wire::text(&found.text),
            is_uri: false,
        },
        None => DimiTestResults {
            timestamp: TIME_UNSPECIFIED,
            run_duration: 0,
            last_run_status: TestRunStatus::NotRun.number(),
            error_code: TestError::NoError.number(),
            result: Text::default(),
            is_uri: false,
        },
    }
}

/// Parameters as a caller gives them.
///
/// Source: SAI-HPI-B.03.02, `saHpiDimiTestStart`: an invalid value is `INVALID_DATA`.
pub(super) fn values(
    params: &[DimiTestVariableParams],
) -> Result<Vec<(String, TestValue)>, HpiError> {
    let value = |value: &DimiTestParamValue| {
        Ok(match value {
            DimiTestParamValue::Bool(value) => TestValue::Boolean(*value),
            DimiTestParamValue::Int32(value) => TestValue::Int32(*value),
            DimiTestParamValue::Float64(value) => {
                TestValue::Micro(value.to_micro().ok_or(HpiError::InvalidData)?)
            }
            DimiTestParamValue::Text(text) => {
                let text = check::text(text).map_err(|_| HpiError::InvalidData)?;
                let is_text = text.data_type == TextType::Text;
                TestValue::Text(is_text.then_some(text).ok_or(HpiError::InvalidData)?)
            }
        })
    };
    let named = params.iter().map(|param| {
        let name = String::from_utf8(param.name.0.clone());
        Ok((
            name.map_err(|_| HpiError::InvalidData)?,
            value(&param.value)?,
        ))
    });
    named.collect()
}

pub(super) fn wire(test: &DiagnosticTest) -> DimiTest {
    let mut impacted = test.impacted.iter();
    let mut parameters = test.parameters.iter();
    DimiTest {
        name: wire::text(&test.name),
        service_impact: test.service_impact.number(),
        entities_impacted: std::array::from_fn(|_| {
            let (entity, impact) = impacted.next().map_or_else(
                || (wire::path(&EntityPath(Vec::new())), 0),
                |(entity, impact)| (wire::path(entity), impact.number()),
            );
            DimiTestAffectedEntity {
                entity,
                service_impact: impact,
            }
        }),
        need_service_os: test.service_os.is_some(),
        service_os: test
            .service_os
            .as_ref()
            .map_or_else(Text::default, wire::text),
        expected_run_duration: test.expected_ns,
        capabilities: test.capabilities,
        parameters: std::array::from_fn(|_| parameters.next().map_or_else(no_parameter, parameter)),
    }
}

fn parameter(parameter: &TestParameter) -> DimiTestParamsDefinition {
    let (min, max, default) = match &parameter.range {
        TestParameterRange::Boolean(default) => (
            Limit::OfBool(Float64(0)),
            Limit::OfBool(Float64(0)),
            DimiTestParamValue::Bool(*default),
        ),
        TestParameterRange::Int32 { min, max, default } => (
            Limit::Int32(*min),
            Limit::Int32(*max),
            DimiTestParamValue::Int32(*default),
        ),
        TestParameterRange::Micro { min, max, default } => (
            Limit::Float64(Float64::from_micro(*min)),
            Limit::Float64(Float64::from_micro(*max)),
            DimiTestParamValue::Float64(Float64::from_micro(*default)),
        ),
        TestParameterRange::Text(default) => (
            Limit::OfText(Float64(0)),
            Limit::OfText(Float64(0)),
            DimiTestParamValue::Text(wire::text(default)),
        ),
    };
    DimiTestParamsDefinition {
        name: Characters(parameter.name.clone().into_bytes()),
        info: wire::text(&parameter.info),
        min,
        max,
        default,
    }
}

/// What stands where no parameter is: one without a name.
fn no_parameter() -> DimiTestParamsDefinition {
    DimiTestParamsDefinition {
        name: Characters::default(),
        info: Text::default(),
        min: Limit::OfBool(Float64(0)),
        max: Limit::OfBool(Float64(0)),
        default: DimiTestParamValue::Bool(false),
    }
}

#[cfg(test)]
mod tests;

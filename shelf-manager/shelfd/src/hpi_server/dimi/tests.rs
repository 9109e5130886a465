//! Diagnostics initiators, as callers see them.

use crate::hpi_server::bed::{Bed, FIXTURE};
use crate::hpi_server::tests::SESSION;
use appliance::Command;
use hpi_model::HpiError;
use machine::Time;
use openhpi_wire::Float64;
use openhpi_wire::function::{
    Call, DimiInfoGet, DimiTestCancel, DimiTestInfoGet, DimiTestReadinessGet, DimiTestResultsGet,
    DimiTestStart, DimiTestStatusGet,
};
use openhpi_wire::types::{
    Characters, DimiTest, DimiTestParamValue, DimiTestVariableParams, Limit, List,
};

/// The call to a test of the fixture.
macro_rules! of_test {
    ($name:ident($test:expr) $($field:ident: $value:expr),*) => {
        Call::$name($name {
            session: SESSION,
            resource: FIXTURE,
            dimi: 0,
            test: $test,
            $($field: $value),*
        })
    };
}

fn start(test: u32, params: &[(&str, DimiTestParamValue)]) -> Call {
    let params = params.iter().map(|(name, value)| DimiTestVariableParams {
        name: Characters(name.as_bytes().to_vec()),
        value: value.clone(),
    });
    of_test!(DimiTestStart(test) params: List(params.collect()))
}

fn info(bed: &mut Bed, test: u32) -> Result<DimiTest, i32> {
    bed.call::<DimiTestInfoGet>(&of_test!(DimiTestInfoGet(test)))
}

/// What a client needs to know to start a test, and to see what became of it.
#[test]
fn a_test_is_described_started_and_followed() {
    let mut bed = Bed::new();
    let (session, resource, dimi) = (SESSION, FIXTURE, 0);
    let asked = Call::DimiInfoGet(DimiInfoGet {
        session,
        resource,
        dimi,
    });
    assert_eq!(bed.call::<DimiInfoGet>(&asked).unwrap().number_of_tests, 4);
    let test = info(&mut bed, 0).unwrap();
    let pace = &test.parameters[1];
    assert_eq!(pace.name.0, b"Pace");
    let micro = |micro| Float64::from_micro(micro);
    assert_eq!(pace.max, Limit::Float64(micro(60_000_000)));
    let second = DimiTestParamValue::Float64(micro(1_000_000));
    assert_eq!(pace.default, second);
    assert!(test.parameters[9].name.0.is_empty(), "nine are not used");
    let loops = ("Loop Count", DimiTestParamValue::Int32(10));
    let pace = ("Pace", DimiTestParamValue::Float64(micro(2_000_000)));
    assert_eq!(bed.call::<DimiTestStart>(&start(0, &[loops, pace])), Ok(()));
    let readiness = of_test!(DimiTestReadinessGet(1));
    assert_eq!(
        bed.call::<DimiTestReadinessGet>(&readiness),
        Ok(2),
        "it is busy"
    );
    bed.at.time = Time(bed.at.time.0 + 10_000_000_000);
    let status = of_test!(DimiTestStatusGet(0));
    let shown = bed.call::<DimiTestStatusGet>(&status).unwrap();
    assert_eq!((shown.percent_completed, shown.run_status), (50, 4));
    bed.at.time = Time(bed.at.time.0 + 10_000_000_000);
    bed.apply(&Command::Tick);
    let shown = bed.call::<DimiTestStatusGet>(&status).unwrap();
    assert_eq!((shown.percent_completed, shown.run_status), (100, 1));
    let results = of_test!(DimiTestResultsGet(0));
    let found = bed.call::<DimiTestResultsGet>(&results).unwrap();
    assert_eq!((found.last_run_status, found.error_code), (1, 0));
    assert_eq!(found.result.data, b"done");
}

#[test]
fn what_no_test_takes_is_refused() {
    let mut bed = Bed::new();
    let code = |why: HpiError| why.code();
    let not_present = code(HpiError::NotPresent);
    assert_eq!(info(&mut bed, 4).map(drop), Err(not_present));
    let nothing = of_test!(DimiTestStatusGet(u32::MAX));
    let shown = bed.call::<DimiTestStatusGet>(&nothing).map(drop);
    assert_eq!(shown, Err(not_present));
    let no_number = ("Pace", DimiTestParamValue::Float64(Float64(u64::MAX)));
    let refused = bed.call::<DimiTestStart>(&start(0, &[no_number]));
    assert_eq!(refused, Err(code(HpiError::InvalidData)));
    let not_ready = bed.call::<DimiTestStart>(&start(2, &[]));
    assert_eq!(not_ready, Err(code(HpiError::InvalidState)));
    let never_ran = bed.call::<DimiTestCancel>(&of_test!(DimiTestCancel(0)));
    assert_eq!(never_ran, Err(code(HpiError::InvalidState)));
    let results = of_test!(DimiTestResultsGet(0));
    let found = bed.call::<DimiTestResultsGet>(&results).unwrap();
    assert_eq!(found.last_run_status, 0, "it never ran");
}

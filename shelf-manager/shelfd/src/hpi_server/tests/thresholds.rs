//! Thresholds and hysteresis of a sensor, as the hardware has them.

use super::enables::controller;
use super::{ORDER, SESSION, appliance, ask_of};
use crate::hpi_server::{Outcome, Step, wire};
use appliance::Command;
use hpi_domain::FruAddress;
use hpi_model::HpiError;
use ipmi::command::Command as _;
use ipmi::command::sensor::{
    GetSensorHysteresis, GetSensorThresholds, SensorHysteresis, SensorThresholds,
};
use ipmi::message::{CompletionCode, Response};
use ipmi::port::Target;
use machine::{Machine, Pos, Time};
use openhpi_wire::function::{Call, Function, SensorThresholdsGet};
use openhpi_wire::types;

const BLADE: u8 = 0x82;
const SENSOR: u32 = 1;

/// What users are told of the blade's temperature, where the hardware says this to both questions.
fn told(said: [Response; 2]) -> Result<types::SensorThresholds, i32> {
    let mut appliance = appliance();
    let found = [0x20, BLADE]
        .map(|address| Command::Observed(shelf::Observation::ControllerFound(controller(address))));
    let up = Command::Observed(shelf::Observation::PortUp);
    for command in [up].iter().chain(&found) {
        let at = Pos {
            index: appliance.at().index + 1,
            time: Time(appliance.at().time.0 + 1),
        };
        appliance.apply(at, command, &mut Vec::new());
    }
    let (address, fru_id) = (BLADE, 0);
    let blade = appliance.hpi.of_fru(FruAddress { address, fru_id });
    let call = Call::SensorThresholdsGet(SensorThresholdsGet {
        session: SESSION,
        resource: blade.expect("it was discovered").rpt.resource.0,
        sensor: SENSOR,
    });
    let Outcome::AskBoth(target, requests, then) = ask_of(&appliance, &call) else {
        panic!("both are asked for at once");
    };
    let (number, mask) = (1, 0xff);
    let asked = [
        GetSensorThresholds { number }.request(),
        GetSensorHysteresis { number, mask }.request(),
    ];
    assert_eq!((target, requests), (Target::Ipmb(BLADE), asked));
    let Step::Reply(payload) = then(said) else {
        panic!("that is all");
    };
    SensorThresholdsGet::read_reply(ORDER, &payload).unwrap()
}

fn thresholds() -> Response {
    GetSensorThresholds::respond(&SensorThresholds {
        mask: 0x3b,
        thresholds: [5, 2, 0, 70, 85, 96],
    })
}

fn hysteresis() -> Response {
    GetSensorHysteresis::respond(&SensorHysteresis {
        positive: 2,
        negative: 3,
    })
}

#[test]
fn both_are_asked_for_at_once_and_told_together() {
    let told = told([thresholds(), hysteresis()]).unwrap();
    let value = |units: i64| wire::micro(Some(units * 1_000_000));
    assert_eq!(told.low_major, value(2));
    assert_eq!(told.up_critical, value(96));
    assert_eq!(told.low_critical, wire::micro(None), "it has none");
    assert_eq!(told.pos_thd_hysteresis, value(2));
    assert_eq!(told.neg_thd_hysteresis, value(3));
}

// Source: SAI-HPI-B.03.02, generic return values: half of it is no answer.
#[test]
fn either_refusal_is_told() {
    let refusal = || Response::from(CompletionCode::NO_RESPONSE);
    let silent = Err(HpiError::NoResponse.code());
    assert_eq!(told([refusal(), hysteresis()]), silent);
    assert_eq!(told([thresholds(), refusal()]), silent);
}

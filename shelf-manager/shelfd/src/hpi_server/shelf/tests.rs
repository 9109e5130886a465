//! What the shelf's instruments ask of the hardware, and what they make of the answers.

use crate::hpi_server::bed::{BLADES, Bed, controller};
use crate::hpi_server::tests::SESSION;
use appliance::Command;
use hpi_domain::SHELF_RESOURCE;
use hpi_model::HpiError;
use ipmi::command::Command as _;
use ipmi::command::picmg::{GetPowerLevel, PowerLevel};
use ipmi::description::{Fru, FruAbilities, PicmgProperties, Site};
use ipmi::message::{CompletionCode, Request, Response};
use openhpi_wire::Float64;
use openhpi_wire::function::{
    Call, SensorEnableGet, SensorEnableSet, SensorEventEnableSet, SensorReadingGet,
    SensorThresholdsGet, SensorTypeGet,
};
use openhpi_wire::types::SensorValue;

/// Power of the first slot.
const SLOT_1: u32 = 0x1801;

/// A shelf whose first blade has a module; both have levels of power.
fn bed() -> Bed {
    let mut bed = Bed::new();
    let mut blade = controller(BLADES[0]);
    blade.picmg = Some(PicmgProperties {
        version: 0x32,
        fru_id_max: 1,
    });
    let site = |hardware_address, number, kind| {
        Some(Site {
            hardware_address,
            number,
            kind,
        })
    };
    let module = Fru {
        fru_id: 1,
        site: site(0x39, 1, 7),
        ..blade.frus[0].clone()
    };
    blade.frus[0].site = site(0x41, 1, 0);
    blade.frus.push(module);
    for fru_id in [0, 1] {
        let abilities = FruAbilities {
            power_level: Some(2),
            ..FruAbilities::default()
        };
        blade.abilities.frus.insert(fru_id, abilities);
    }
    let found = shelf::Observation::ControllerFound(blade);
    bed.apply(&Command::Observed(found));
    bed
}

fn question(fru_id: u8) -> Request {
    GetPowerLevel { fru_id, kind: 0 }.request()
}

fn level(level: u8, multiplier: u8, draws: &[u8]) -> Response {
    GetPowerLevel::respond(&PowerLevel {
        properties: level,
        delay: 0,
        multiplier,
        draws: draws.to_vec(),
    })
}

fn reading(sensor: u32) -> Call {
    let (session, resource) = (SESSION, SHELF_RESOURCE.0);
    Call::SensorReadingGet(SensorReadingGet {
        session,
        resource,
        sensor,
    })
}

#[track_caller]
fn reads(answers: [Response; 2], micro: i64) {
    let bed = bed();
    let [board, module] = [question(0), question(1)];
    let [of_board, of_module] = answers;
    let answered = vec![(&board, of_board), (&module, of_module)];
    let told = bed.hardware_in_turn::<SensorReadingGet>(&reading(SLOT_1), answered);
    let told = told.unwrap();
    assert!(told.reading.is_supported);
    let watts = SensorValue::Float64(Float64::from_micro(micro));
    assert_eq!((told.reading.value, told.state), (watts, 0));
}

// Source: PICMG 3.0 R3.0, Get Power Level: a draw is in multiples of 0.1 W.
#[test]
fn a_slot_has_the_power_of_the_levels_that_are_set_in_it() {
    let [board, module] = [&[20, 35, 60][..], &[10, 40]];
    reads([level(2, 10, board), level(1, 5, module)], 40_000_000);
    reads([level(0x83, 10, board), level(0, 5, module)], 60_000_000);
    reads([level(0, 10, board), level(0, 5, module)], 0);
}

#[test]
fn nothing_is_told_of_a_slot_where_somebody_does_not_tell() {
    let bed = bed();
    let silent = Response {
        code: CompletionCode::TIMEOUT,
        data: Vec::new(),
    };
    let [board, module] = [question(0), question(1)];
    let answered = vec![(&board, level(1, 10, &[20])), (&module, silent)];
    let told = bed.hardware_in_turn::<SensorReadingGet>(&reading(SLOT_1), answered);
    assert_eq!(told.unwrap_err(), HpiError::NoResponse.code());
}

#[test]
fn a_board_that_is_lost_is_not_asked() {
    let mut bed = bed();
    let lost = shelf::Observation::ControllerLost {
        address: BLADES[0],
        cause: shelf::LossCause::Silent,
    };
    bed.apply(&Command::Observed(lost));
    let told = bed.call::<SensorReadingGet>(&reading(SLOT_1));
    assert_eq!(told.unwrap_err(), HpiError::NoResponse.code());
}

/// It always works, has no thresholds and sends no events.
#[test]
fn a_slot_has_nothing_to_be_set() {
    let mut bed = bed();
    let (session, resource, sensor) = (SESSION, SHELF_RESOURCE.0, SLOT_1);
    let of_type = Call::SensorTypeGet(SensorTypeGet {
        session,
        resource,
        sensor,
    });
    let kind = bed.call::<SensorTypeGet>(&of_type).unwrap();
    assert_eq!((kind.kind, kind.category), (0x0b, 1));
    let thresholds = Call::SensorThresholdsGet(SensorThresholdsGet {
        session,
        resource,
        sensor,
    });
    let told = bed.call::<SensorThresholdsGet>(&thresholds);
    assert_eq!(told.unwrap_err(), HpiError::InvalidCmd.code());
    let enabled = Call::SensorEnableGet(SensorEnableGet {
        session,
        resource,
        sensor,
    });
    assert_eq!(bed.call::<SensorEnableGet>(&enabled), Ok(true));
    let enabled = false;
    let disable = Call::SensorEnableSet(SensorEnableSet {
        session,
        resource,
        sensor,
        enabled,
    });
    let told = bed.call::<SensorEnableSet>(&disable);
    assert_eq!(told, Err(HpiError::ReadOnly.code()));
    let enabled = true;
    let tell = Call::SensorEventEnableSet(SensorEventEnableSet {
        session,
        resource,
        sensor,
        enabled,
    });
    let told = bed.call::<SensorEventEnableSet>(&tell);
    assert_eq!(told, Err(HpiError::ReadOnly.code()));
    let told = bed.call::<SensorReadingGet>(&reading(SLOT_1 + 1));
    assert_eq!(told.unwrap_err(), HpiError::NotPresent.code());
}

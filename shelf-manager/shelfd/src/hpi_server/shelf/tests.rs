//! What the shelf's instruments ask of the hardware, and what they make of the answers.

use crate::hpi_server::Outcome;
use crate::hpi_server::bed::{BLADES, Bed, controller};
use crate::hpi_server::hardware::OURSELVES;
use crate::hpi_server::tests::{ORDER, SESSION};
use appliance::Command;
use hpi_domain::{SHELF_RESOURCE, shelf_control_num as num};
use hpi_model::HpiError;
use ipmi::command::Command as _;
use ipmi::command::chassis::{ChassisStatus, GetChassisStatus};
use ipmi::command::picmg::{
    GetPowerLevel, GetShelfAddressInfo, GetShelfManagerIpAddresses, GetShelfPowerAllocation,
    PowerLevel, SetShelfAddressInfo, ShelfAddressInfo, ShelfManagerIpAddress, ShelfPowerAllocation,
};
use ipmi::description::{Fru, FruAbilities, PicmgProperties, Site};
use ipmi::message::{CompletionCode, Request, Response};
use openhpi_wire::Float64;
use openhpi_wire::function::{
    Call, ControlGet, ControlSet, Function, SensorEnableGet, SensorEnableSet, SensorEventEnableSet,
    SensorReadingGet, SensorThresholdsGet, SensorTypeGet,
};
use openhpi_wire::types::{Body, CtrlState, CtrlStateOem, CtrlStateText, SensorValue, Text};

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

/// `SAHPI_CTRL_MODE_AUTO`, `SAHPI_CTRL_MODE_MANUAL`.
const AUTO: u32 = 0;
const MANUAL: u32 = 1;

/// A shelf whose inventory has an address table: that of PICMG 3.0's example, "Shelf1".
fn shelf_bed() -> Bed {
    let mut bed = bed();
    let mut manager = controller(0x20);
    let table = "01000000000100fec002241ffb5a31001000c65368656c663100000000000000000000000000000003\
                 080102090202410100";
    let bytes = (0..table.len()).step_by(2);
    let inventory = bytes.map(|at| u8::from_str_radix(&table[at..at + 2], 16).unwrap());
    let shelf = Fru {
        fru_id: 254,
        inventory: inventory.collect(),
        ..manager.frus[0].clone()
    };
    manager.frus.push(shelf);
    let found = shelf::Observation::ControllerFound(manager);
    bed.apply(&Command::Observed(found));
    bed
}

fn line(line: u8, language: u32, words: &str) -> CtrlState {
    let data = words.as_bytes().to_vec();
    let text = Text {
        data_type: 3,
        language,
        data,
    };
    CtrlState::Text(CtrlStateText { line, text })
}

fn get(control: u32, state: CtrlState) -> Call {
    let (session, resource) = (SESSION, SHELF_RESOURCE.0);
    Call::ControlGet(ControlGet {
        session,
        resource,
        control,
        state,
    })
}

fn set(control: u32, mode: u32, state: CtrlState) -> Call {
    let (session, resource) = (SESSION, SHELF_RESOURCE.0);
    Call::ControlSet(ControlSet {
        session,
        resource,
        control,
        mode,
        state,
    })
}

/// The reply to a call for which the shelf manager is asked these, and answers that.
#[track_caller]
fn asks<F: Function>(call: &Call, answered: Vec<(Request, Response)>) -> Result<F::Reply, i32> {
    let mut outcome = shelf_bed().ask(call);
    for (asked, response) in answered {
        let Outcome::Ask(target, request, then) = outcome else {
            panic!("it is asked {asked:?}");
        };
        assert_eq!((target, request), (OURSELVES, asked));
        outcome = then(response).into();
    }
    let Outcome::Reply(payload) = outcome else {
        panic!("it is asked no more");
    };
    F::read_reply(ORDER, &payload).unwrap()
}

fn address(bytes: &[u8]) -> (Request, Response) {
    let address = bytes.to_vec();
    let told = GetShelfAddressInfo::respond(&ShelfAddressInfo { address });
    (GetShelfAddressInfo {}.request(), told)
}

// Source: IPMI v2.0 §13, type/length bytes: BCD plus has two digits in a byte.
#[test]
fn the_shelf_s_address_is_a_line_of_text() {
    let cases: [(&[u8], &str); 4] = [
        (b"\xc6Shelf1", "Shelf1"),
        (&[0x42, 0x12, 0x3b], "123-"),
        (b"\xc3A1 ", "A1"),
        (&[0xc0], ""),
    ];
    for (bytes, words) in cases {
        for number in [0, 1] {
            let call = get(num::SHELF_ADDRESS, line(number, 25, ""));
            let told = asks::<ControlGet>(&call, vec![address(bytes)]).unwrap();
            assert_eq!((told.mode, told.state), (MANUAL, line(number, 25, words)));
        }
    }
    let second = get(num::SHELF_ADDRESS, line(2, 25, ""));
    let told = asks::<ControlGet>(&second, Vec::new());
    assert_eq!(told.unwrap_err(), HpiError::InvalidData.code());
}

#[test]
fn who_sets_the_address_waits_until_it_is_read() {
    let order = SetShelfAddressInfo {
        address: b"\xc4Lab7".to_vec(),
    };
    let done = SetShelfAddressInfo::respond(&ipmi::command::Empty {});
    let call = set(num::SHELF_ADDRESS, MANUAL, line(1, 25, "Lab7"));
    let answered = vec![
        (order.request(), done.clone()),
        address(b"\xc6Shelf1"),
        address(b"\xc4Lab7"),
    ];
    assert_eq!(asks::<ControlSet>(&call, answered), Ok(()));
    let busy = SetShelfAddressInfo::refuse(CompletionCode::NODE_BUSY);
    let told = asks::<ControlSet>(&call, vec![(order.request(), busy)]);
    assert_eq!(told, Err(HpiError::Busy.code()), "somebody has the lock");
    let old = (0..=10).map(|_| address(b"\xc6Shelf1"));
    let answered = [(order.request(), done)].into_iter().chain(old).collect();
    assert_eq!(asks::<ControlSet>(&call, answered), Ok(()), "it is written");
}

// Source: SAI-HPI-B.03.02, saHpiControlSet, return values.
#[test]
fn what_is_no_address_is_refused() {
    use HpiError::{InvalidData, InvalidParams, ReadOnly};
    let long = "a".repeat(21);
    let cases = [
        (AUTO, line(0, 25, "a"), ReadOnly, "its mode does not change"),
        (7, line(0, 25, "a"), InvalidParams, "no mode"),
        (MANUAL, line(2, 25, "a"), InvalidData, "one line"),
        (MANUAL, line(0, 25, &long), InvalidData, "twenty characters"),
        (MANUAL, line(0, 26, "a"), InvalidData, "in English"),
        (MANUAL, line(0, 999, "a"), InvalidParams, "no language"),
        (MANUAL, CtrlState::Discrete(1), InvalidData, "no text"),
    ];
    for (mode, state, why, reason) in cases {
        let call = set(num::SHELF_ADDRESS, mode, state);
        let told = asks::<ControlSet>(&call, Vec::new());
        assert_eq!(told, Err(why.code()), "{reason}");
    }
}

#[test]
fn addresses_and_status_are_told_and_not_set() {
    let (kind, bytes) = ShelfManagerIpAddress::of_ipv4(true, [192, 0, 2, 130], 623);
    let told = GetShelfManagerIpAddresses::respond(&ShelfManagerIpAddress {
        changed: 0,
        count: 1,
        site_type: 3,
        site_number: 1,
        unavailable_max: 0,
        kind,
        address: bytes,
    });
    let asked = GetShelfManagerIpAddresses { index: 0 }.request();
    let call = get(num::IP_ADDRESS, line(0, 25, ""));
    let told = asks::<ControlGet>(&call, vec![(asked, told)]).unwrap();
    assert_eq!((told.mode, told.state), (AUTO, line(0, 25, "192.0.2.130")));
    // On, what happens after a loss of power is unknown; a fan is at fault.
    let told = GetChassisStatus::respond(&ChassisStatus {
        power_state: 0x61,
        last_event: 0x10,
        misc: 0x08,
        front_panel: None,
    });
    let call = get(num::SHELF_STATUS, CtrlState::Digital(0));
    let told = asks::<ControlGet>(&call, vec![(GetChassisStatus {}.request(), told)]).unwrap();
    let state = CtrlState::Oem(CtrlStateOem {
        manufacturer: 0x315a,
        body: Body(vec![0, 0, 0x61, 0x10, 0x08, 0]),
    });
    assert_eq!((told.mode, &told.state), (AUTO, &state));
    for (control, state) in [
        (num::IP_ADDRESS, line(0, 25, "192.0.2.1")),
        (num::SHELF_STATUS, state),
    ] {
        let manual = asks::<ControlSet>(&set(control, MANUAL, state.clone()), Vec::new());
        assert_eq!(manual, Err(HpiError::ReadOnly.code()));
        let auto = asks::<ControlSet>(&set(control, AUTO, state), Vec::new());
        assert_eq!(auto, Ok(()), "so it is");
    }
}

#[test]
fn a_shelf_without_an_address_has_no_such_control() {
    let mut bed = Bed::new();
    let call = get(num::SHELF_ADDRESS, line(0, 25, ""));
    let told = bed.call::<ControlGet>(&call);
    assert_eq!(told.unwrap_err(), HpiError::NotPresent.code());
    let call = set(num::SHELF_ADDRESS, MANUAL, line(0, 25, "a"));
    let told = bed.call::<ControlSet>(&call);
    assert_eq!(told, Err(HpiError::NotPresent.code()));
}

/// A record of power distribution: one feed of 20 A and at least 42 V, for the first slot.
#[test]
fn a_feed_has_the_power_that_is_allocated_on_it() {
    let mut bed = bed();
    let mut manager = controller(0x20);
    let table = "01000000000100fe c082000000 5a31001100 01c800ffff540141fe".replace(' ', "");
    let bytes = (0..table.len()).step_by(2);
    let mut inventory: Vec<u8> = bytes
        .map(|at| u8::from_str_radix(&table[at..at + 2], 16).unwrap())
        .collect();
    let sum = |bytes: &[u8]| bytes.iter().fold(0u8, |sum, byte| sum.wrapping_sub(*byte));
    inventory[10] = u8::try_from(inventory.len() - 13).unwrap();
    inventory[11] = sum(&inventory[13..]);
    inventory[12] = sum(&inventory[8..12]);
    let shelf = Fru {
        fru_id: 254,
        inventory,
        ..manager.frus[0].clone()
    };
    manager.frus.push(shelf);
    let found = shelf::Observation::ControllerFound(manager);
    bed.apply(&Command::Observed(found));
    let Outcome::Ask(target, request, then) = bed.ask(&reading(0x1a00)) else {
        panic!("the shelf manager is asked");
    };
    let asked = GetShelfPowerAllocation { first_feed: 0 };
    assert_eq!((target, request), (OURSELVES, asked.request()));
    let told = GetShelfPowerAllocation::respond(&ShelfPowerAllocation {
        update_count: 3,
        feeds_w: ipmi::wire::Rest(vec![120, 80]),
    });
    let Outcome::Reply(payload) = then(told).into() else {
        panic!("it is asked no more");
    };
    let told = SensorReadingGet::read_reply(ORDER, &payload).unwrap();
    let watts = SensorValue::Float64(Float64::from_micro(120_000_000));
    assert_eq!(told.unwrap().reading.value, watts);
    let other = bed.call::<SensorReadingGet>(&reading(0x1a01));
    assert_eq!(other.unwrap_err(), HpiError::NotPresent.code());
}

/// A fan's full sensor record: number 7, a threshold sensor in rpm.
fn fan_sensor(owner: u8) -> Vec<u8> {
    let mut record = vec![1, 0, 0x51, 0x01, 43, owner, 0, 7, 0x1e, 0x60, 0x7f, 0x00];
    record.extend_from_slice(&[0x04, 0x01]);
    record.resize(47, 0);
    record.push(0xc0);
    record
}

#[test]
fn fans_at_fault_are_told_of_the_shelf_that_has_fans() {
    let call = reading(0x1b00);
    let mut bed = bed();
    let told = bed.call::<SensorReadingGet>(&call);
    assert_eq!(told.unwrap_err(), HpiError::NotPresent.code(), "no fans");
    let mut tray = controller(BLADES[1]);
    tray.sdrs.push(fan_sensor(BLADES[1]));
    let found = shelf::Observation::ControllerFound(tray);
    bed.apply(&Command::Observed(found));
    for (misc, state) in [(0x00, 1), (0x08, 2), (0x07, 1)] {
        let Outcome::Ask(target, request, then) = bed.ask(&call) else {
            panic!("the shelf manager is asked");
        };
        let asked = GetChassisStatus {}.request();
        assert_eq!((target, request), (OURSELVES, asked));
        let told = GetChassisStatus::respond(&ChassisStatus {
            power_state: 0x01,
            last_event: 0,
            misc,
            front_panel: None,
        });
        let Outcome::Reply(payload) = then(told).into() else {
            panic!("it is asked no more");
        };
        let told = SensorReadingGet::read_reply(ORDER, &payload).unwrap();
        let told = told.unwrap();
        assert_eq!((told.reading.is_supported, told.state), (false, state));
    }
    let lost = shelf::Observation::ControllerLost {
        address: BLADES[1],
        cause: shelf::LossCause::Silent,
    };
    bed.apply(&Command::Observed(lost));
    let told = bed.call::<SensorReadingGet>(&call);
    assert_eq!(told.unwrap_err(), HpiError::NoResponse.code());
}

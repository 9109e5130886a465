//! What HPI's users set of boards and fan trays, and what IPMI tools see of it there.

use crate::clients::{operator, run_at};
use crate::raw::Raw;
use crate::{PATIENCE, discovered};
use interop::{Operator, Shelfd, demo, wait_until};
use openhpi_wire::Float64;
use openhpi_wire::function::{
    ControlGet, ControlSet, IdrAreaHeaderGet, IdrFieldGet, IdrFieldSet, IdrInfoGet,
    SensorReadingGet,
};
use openhpi_wire::types::{CtrlState, CtrlStateText, IdrField, RptEntry, SensorValue, Text};

/// `PICMG_FRONT_BLADE`, `PHYSICAL_SLOT`.
const FRONT_BLADE: u32 = 0x1_0016;
const SLOT: u32 = 0x1_0015;
/// `ADVANCEDTCA_CHASSIS`.
const SHELF: u32 = 0x1_0003;
/// Of the shelf: its address, whether its information is valid, and the power of slot 13.
/// Source: `SaHpiXtca.h`.
const SHELF_ADDRESS: u32 = 0x1000;
const FRU_INFO_VALID: u32 = 0x1000;
const SLOT_13_POWER: u32 = 0x180d;
/// `SAHPI_CTRL_MODE_MANUAL`.
const MANUAL: u32 = 1;
/// `SAHPI_IDR_AREATYPE_BOARD_INFO`, `SAHPI_IDR_FIELDTYPE_SERIAL_NUMBER`.
const BOARD_INFO: u32 = 0xb2;
const SERIAL_NUMBER: u32 = 5;
/// The board in slot 13, as tools find it.
const BLADE: &str = "0x9a";
/// The first fan tray.
const TRAY: &str = "0x5a";

/// A tray's answer to Get Fan Level: PICMG's identifier, the level that was ordered, and so on.
fn fan_level(operator: &Operator<'_>) -> String {
    let raw = ["-t", TRAY, "raw", "0x2c", "0x16", "0", "0"];
    operator.ipmitool(&raw).trim().to_owned()
}

#[test]
fn hpifan_sets_the_fan_trays() {
    let shelfd = demo();
    discovered(&shelfd);
    let operator = operator(&shelfd);
    wait_until(PATIENCE, "three fan trays", || {
        let shown = run_at(shelfd.hpi(), "hpifan");
        let found = shown.matches("id Fan speed").count();
        (found == 3).then_some(()).ok_or(shown)
    });
    let shown = run_at(shelfd.hpi(), "hpifan -s 9");
    assert_eq!(shown.matches("new speed 9").count(), 3, "{shown}");
    assert_eq!(fan_level(&operator), "00 09 06 00");
    let shown = run_at(shelfd.hpi(), "hpifan -s auto");
    assert_eq!(shown.matches("new mode  auto").count(), 3, "{shown}");
    assert_eq!(fan_level(&operator), "00 ff 06 01");
}

/// The board in slot 13, once it is discovered.
fn blade(shelfd: &Shelfd, raw: &mut Raw, session: u32) -> RptEntry {
    discovered(shelfd);
    let is_it = |entry: &RptEntry| match &entry.entity.0[..] {
        [leaf, slot, ..] => leaf.kind == FRONT_BLADE && (slot.kind, slot.location) == (SLOT, 13),
        _ => false,
    };
    wait_until(PATIENCE, "the board in slot 13", || {
        let found = raw.resources(session).into_iter().find(is_it);
        found.ok_or_else(|| "it is not there".to_owned())
    })
}

/// A serial number that is set through HPI is in the board, and stays there.
#[test]
fn a_serial_number_is_written_to_a_board() {
    let shelfd = demo();
    let (mut raw, session) = Raw::open(shelfd.hpi());
    let resource = blade(&shelfd, &mut raw, session).resource;
    let idr = 0;
    let info = IdrInfoGet {
        session,
        resource,
        idr,
    };
    let before = raw.call(&info).unwrap();
    let header = raw.call(&IdrAreaHeaderGet {
        session,
        resource,
        idr,
        area_type: BOARD_INFO,
        area: 0,
    });
    let area = header.unwrap().entry.area;
    let get = IdrFieldGet {
        session,
        resource,
        idr,
        area,
        field_type: SERIAL_NUMBER,
        field: 0,
    };
    let found = raw.call(&get).unwrap().entry;
    assert!(!found.read_only && !before.read_only);
    // Longer than it was.
    let serial = b"WRITTEN-BY-HPI-0123456789";
    let value = Text {
        data: serial.to_vec(),
        ..found.value.clone()
    };
    let field = IdrField { value, ..found };
    let set = IdrFieldSet {
        session,
        resource,
        idr,
        field: field.clone(),
    };
    assert_eq!(raw.call(&set), Ok(()));
    assert_eq!(raw.call(&get).unwrap().entry, field);
    let after = raw.call(&info).unwrap();
    assert_eq!(after.update_count, before.update_count + 1);
    let printed = operator(&shelfd).ipmitool(&["-t", BLADE, "fru", "print", "0"]);
    let serial = String::from_utf8_lossy(serial);
    assert!(printed.contains(&*serial), "{printed}");
    assert!(run_at(shelfd.hpi(), "hpiinv").contains(&*serial));
}

/// The resource of the shelf itself.
fn shelf(raw: &mut Raw, session: u32) -> u32 {
    let is_it = |entry: &RptEntry| matches!(&entry.entity.0[..], [only] if only.kind == SHELF);
    let found = raw.resources(session).into_iter().find(is_it);
    found.expect("it is always there").resource
}

/// One line of text in English.
fn line(words: &[u8]) -> CtrlState {
    let text = Text {
        data_type: 3,
        language: 25,
        data: words.to_vec(),
    };
    CtrlState::Text(CtrlStateText { line: 1, text })
}

/// The address of the shelf that is set through HPI is that which tools read from then on.
#[test]
fn the_shelf_s_address_is_set() {
    let shelfd = demo();
    let (mut raw, session) = Raw::open(shelfd.hpi());
    blade(&shelfd, &mut raw, session);
    let (resource, control) = (shelf(&mut raw, session), SHELF_ADDRESS);
    let get = ControlGet {
        session,
        resource,
        control,
        state: line(b""),
    };
    wait_until(PATIENCE, "an address of the shelf", || {
        raw.call(&get).map(|_| ()).map_err(|why| why.to_string())
    });
    let set = ControlSet {
        session,
        resource,
        control,
        mode: MANUAL,
        state: line(b"Row 7"),
    };
    assert_eq!(raw.call(&set), Ok(()));
    assert_eq!(raw.call(&get).unwrap().state, line(b"Row 7"));
    let told = operator(&shelfd).ipmitool(&["raw", "0x2c", "0x02", "0x00"]);
    assert_eq!(told.trim(), "00 c5 52 6f 77 20 37");
    let sensor = FRU_INFO_VALID;
    let valid = SensorReadingGet {
        session,
        resource,
        sensor,
    };
    let told = raw.call(&valid).expect("it is a sensor of the shelf");
    assert_eq!(told.state, 2, "STATE_ASSERTED: where the address is kept");
}

/// A slot has the power that its board says it draws at its present level.
#[test]
fn a_slot_has_the_power_of_its_board() {
    let shelfd = demo();
    let (mut raw, session) = Raw::open(shelfd.hpi());
    blade(&shelfd, &mut raw, session);
    let (resource, sensor) = (shelf(&mut raw, session), SLOT_13_POWER);
    let get = SensorReadingGet {
        session,
        resource,
        sensor,
    };
    let told = raw.call(&get).unwrap().reading;
    // PICMG's identifier, level, delay, multiplier of 0.1 W, draws from level 1 on.
    let asked = ["-t", BLADE, "raw", "0x2c", "0x12", "0", "0", "0"];
    let answer = operator(&shelfd).ipmitool(&asked);
    let bytes = answer.split_whitespace();
    let bytes: Vec<i64> = bytes
        .map(|byte| i64::from_str_radix(byte, 16).expect("bytes in hexadecimal"))
        .collect();
    let [_, level, _, multiplier, draws @ ..] = &bytes[..] else {
        panic!("{answer}");
    };
    let place = usize::try_from(level & 0x1f).expect("a small number");
    assert_ne!(place, 0, "it has power");
    let micro = draws[place - 1] * multiplier * 100_000;
    assert!(told.is_supported && micro > 0);
    assert_eq!(told.value, SensorValue::Float64(Float64::from_micro(micro)));
}

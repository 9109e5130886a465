//! What HPI's users set of boards and fan trays, and what IPMI tools see of it there.

use crate::clients::{operator, run_at};
use crate::raw::Raw;
use crate::{PATIENCE, discovered};
use interop::{Operator, Shelfd, demo, wait_until};
use openhpi_wire::function::{IdrAreaHeaderGet, IdrFieldGet, IdrFieldSet, IdrInfoGet};
use openhpi_wire::types::{IdrField, RptEntry, Text};

/// `PICMG_FRONT_BLADE`, `PHYSICAL_SLOT`.
const FRONT_BLADE: u32 = 0x1_0016;
const SLOT: u32 = 0x1_0015;
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

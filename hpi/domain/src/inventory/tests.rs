//! Inventories of FRUs: what users see of the bytes, and what their changes make of them.

use super::text::{date, seconds, string};
use super::{Edited, Inventory, InventoryCall, edit, read};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use hpi_model::{AreaType as A, FieldType as F, HpiError, TextBuffer, TextType};
use ipmi::fru::{Area, Board, Chassis, Integrity, MultiRecord, Product};
use ipmi::text::Text;

/// Leap days, century rules, the epoch.
#[test]
fn dates_of_manufacture() {
    let dates = [
        (0, "1970-01-01 00:00"),
        (951_868_740, "2000-02-29 23:59"),
        (1_709_251_140, "2024-02-29 23:59"),
        (1_735_689_600, "2025-01-01 00:00"),
        (4_107_542_400, "2100-03-01 00:00"),
    ];
    for (at, text) in dates {
        assert_eq!(date(at), text);
        assert_eq!(seconds(text), Some(at));
    }
    for none in ["2023-02-29 00:00", "2024-01-01 24:00", "1969-12-31 23:59"] {
        assert_eq!(seconds(none), None, "{none}");
    }
    for none in ["", "2024-01-01", "24-1-1 0:0", "2024-00-01 00:00", "x"] {
        assert_eq!(seconds(none), None, "{none}");
    }
}

fn board() -> Board {
    Board {
        language: 25,
        manufactured_minutes: 60,
        manufacturer: Text::latin1("OpenShelf"),
        serial_number: Text::bcd_plus("12-34").unwrap(),
        part_number: Text::six_bit("PN-1").unwrap(),
        custom: vec![Text::latin1("one"), Text::latin1("two")],
        ..Board::default()
    }
}

/// A device of 256 bytes: chassis, board and a record.
fn device() -> Vec<u8> {
    let inventory = ipmi::fru::Inventory {
        chassis: Some(Area::ok(Chassis {
            kind: 0x17,
            ..Chassis::default()
        })),
        board: Some(Area::ok(board())),
        records: vec![MultiRecord {
            kind: 0xc0,
            integrity: Integrity::Ok,
            data: vec![1, 2, 3],
        }],
        ..ipmi::fru::Inventory::default()
    };
    let mut device = inventory.encode();
    device.resize(256, 0);
    device
}

fn text(text: &str) -> TextBuffer {
    TextBuffer::english(text)
}

/// One line for each field: `area.field type data-type value`, `!` where it is read-only.
fn shown(inventory: &Inventory) -> Vec<String> {
    let areas = inventory.areas.iter();
    let fields = areas.flat_map(|area| area.fields.iter().map(move |field| (area, field)));
    fields
        .map(|(area, field)| {
            alloc::format!(
                "{}{}.{} {} {} {}",
                if field.read_only { "!" } else { "" },
                area.id,
                field.id,
                field.kind.word(),
                field.value.data_type.word(),
                field.value.to_text()
            )
        })
        .collect()
}

fn edited(device: &[u8], call: &InventoryCall) -> Result<(Vec<u8>, u32), HpiError> {
    let Edited { writes, id } = edit(device, 256, call)?;
    let mut device = device.to_vec();
    for write in writes {
        device[write.offset..][..write.bytes.len()].copy_from_slice(&write.bytes);
    }
    Ok((device, id))
}

fn added(area: u32, id: Option<u32>, kind: F, value: TextBuffer) -> InventoryCall {
    InventoryCall::FieldAdd {
        area,
        id,
        kind,
        value,
    }
}

fn set(area: u32, id: u32, kind: F, value: TextBuffer) -> InventoryCall {
    InventoryCall::FieldSet {
        area,
        id,
        kind,
        value,
    }
}

/// Codings are kept, records are read-only, each field has the id of its place.
#[test]
fn a_board_is_shown() {
    assert_eq!(
        shown(&read(&device()).0),
        [
            "1.1 CHASSIS_TYPE BINARY 17",
            "2.1 MFG_DATETIME TEXT 1996-01-01 01:00",
            "2.2 MANUFACTURER TEXT OpenShelf",
            "2.4 SERIAL_NUMBER BCDPLUS 12-34",
            "2.5 PART_NUMBER ASCII6 PN-1",
            "2.7 CUSTOM TEXT one",
            "2.8 CUSTOM TEXT two",
            "!4.1 CUSTOM BINARY c0010203",
        ]
    );
}

/// Each call in turn, on what the call before left.
#[test]
fn a_board_is_changed() {
    let mut device = device();
    let binary = TextBuffer {
        data_type: TextType::Binary,
        language: 0,
        data: vec![1, 2],
    };
    let steps = [
        (
            added(2, None, F::ProductName, text("Blade")),
            3,
            "2.3 PRODUCT_NAME TEXT Blade",
        ),
        (
            set(2, 3, F::ProductName, text("Blade 2")),
            3,
            "2.3 PRODUCT_NAME TEXT Blade 2",
        ),
        (
            set(2, 0, F::MfgDatetime, text("2026-11-26 02:06")),
            1,
            "2.1 MFG_DATETIME TEXT 2026-11-26 02:06",
        ),
        (
            InventoryCall::FieldDelete { area: 2, id: 7 },
            7,
            "2.8 CUSTOM TEXT two",
        ),
        (
            added(2, None, F::Custom, binary),
            7,
            "2.7 CUSTOM BINARY 0102",
        ),
        (
            added(2, Some(11), F::Custom, text("far")),
            11,
            "2.11 CUSTOM TEXT far",
        ),
        (
            InventoryCall::AreaAdd(A::ProductInfo, None),
            3,
            "2.11 CUSTOM TEXT far",
        ),
        (
            added(3, None, F::AssetTag, text("A1")),
            6,
            "3.6 ASSET_TAG TEXT A1",
        ),
        (InventoryCall::AreaDelete(2), 2, "3.6 ASSET_TAG TEXT A1"),
        (
            InventoryCall::AreaAdd(A::BoardInfo, Some(2)),
            2,
            "!4.1 CUSTOM BINARY c0010203",
        ),
    ];
    for (call, id, line) in steps {
        let (after, told) =
            edited(&device, &call).unwrap_or_else(|why| panic!("{call:?}: {why:?}"));
        assert_eq!(told, id, "{call:?}");
        let lines = shown(&read(&after).0);
        assert!(lines.contains(&line.to_string()), "{call:?}: {lines:#?}");
        assert!(
            lines.contains(&"1.1 CHASSIS_TYPE BINARY 17".to_string()),
            "{call:?}"
        );
        assert_eq!(read(&after).0.defects, Vec::<String>::new(), "{call:?}");
        device = after;
    }
}

/// Checks that a call is refused with a code.
#[track_caller]
fn refused(cases: &[(InventoryCall, HpiError, &str)]) {
    for (call, code, why) in cases {
        let told = edited(&device(), call).map(drop);
        assert_eq!(told, Err(*code), "{why}: {call:?}");
    }
}

/// Source: SAI-HPI-B.03.02, `saHpiIdrAreaAdd`, `saHpiIdrAreaAddById`, `saHpiIdrAreaDelete`.
#[test]
fn changes_of_areas_are_refused() {
    use HpiError as E;
    use InventoryCall::{AreaAdd, AreaDelete};
    refused(&[
        (AreaAdd(A::BoardInfo, None), E::InvalidData, "there is one"),
        (AreaAdd(A::BoardInfo, Some(2)), E::Duplicate, "so is its id"),
        (AreaAdd(A::ProductInfo, Some(9)), E::InvalidData, "it has 3"),
        (AreaAdd(A::ProductInfo, Some(0)), E::InvalidData, "it has 3"),
        (AreaAdd(A::Oem, None), E::InvalidData, "records"),
        (AreaAdd(A::Unspecified, None), E::InvalidData, "no type"),
        (AreaDelete(3), E::NotPresent, "no product area"),
        (AreaDelete(4), E::ReadOnly, "records"),
    ]);
}

/// Source: SAI-HPI-B.03.02, `saHpiIdrFieldSet`, `saHpiIdrFieldDelete`.
#[test]
fn changes_of_fields_are_refused() {
    use HpiError as E;
    let delete = |area, id| InventoryCall::FieldDelete { area, id };
    let long = || text(&"x".repeat(64));
    let utf_16 = TextBuffer {
        data_type: TextType::Unicode,
        language: 53,
        data: vec![0x42, 0x30],
    };
    let date = |it| set(2, 1, F::MfgDatetime, text(it));
    let maker = |it| set(2, 2, F::Manufacturer, it);
    refused(&[
        (delete(4, 1), E::ReadOnly, "a record"),
        (delete(2, 3), E::NotPresent, "it is empty"),
        (delete(3, 1), E::NotPresent, "no such area"),
        (set(2, 3, F::ProductName, text("x")), E::NotPresent, "empty"),
        (set(2, 2, F::ProductName, text("x")), E::InvalidData, "type"),
        (maker(text("")), E::InvalidData, "that is to delete it"),
        (maker(long()), E::InvalidData, "strings have 63 bytes"),
        (maker(utf_16), E::InvalidData, "the area is English"),
        (date("yesterday"), E::InvalidData, "no date"),
        (date("1996-01-01 00:00"), E::InvalidData, "it means none"),
        (set(1, 1, F::ChassisType, text("7")), E::InvalidData, "text"),
        (set(4, 1, F::Custom, text("x")), E::ReadOnly, "a record"),
    ]);
}

/// Source: SAI-HPI-B.03.02, `saHpiIdrFieldAdd`, `saHpiIdrFieldAddById`.
#[test]
fn new_fields_are_refused() {
    use HpiError as E;
    let add = |area, id, kind| added(area, id, kind, text("x"));
    refused(&[
        (add(2, None, F::Manufacturer), E::InvalidData, "it is there"),
        (add(2, None, F::AssetTag), E::InvalidData, "of a product"),
        (add(2, Some(2), F::Manufacturer), E::Duplicate, "id taken"),
        (add(2, Some(3), F::FileId), E::InvalidData, "another's id"),
        (add(2, Some(0), F::Custom), E::InvalidData, "ids begin at 1"),
        (add(4, None, F::Custom), E::ReadOnly, "a record"),
        (add(3, None, F::Custom), E::NotPresent, "no such area"),
        (
            add(2, Some(400), F::Custom),
            E::OutOfSpace,
            "too many empty",
        ),
    ]);
}

/// What cannot be believed is not written.
#[test]
fn damaged_parts_are_read_only() {
    let mut device = device();
    let serial = device.windows(4).position(|it| it == b"Open").unwrap();
    device[serial] ^= 1;
    let (inventory, identity) = read(&device);
    assert!(inventory.area(2).unwrap().read_only);
    assert_eq!(identity.board_manufacturer, None);
    let call = set(2, 2, F::Manufacturer, text("x"));
    assert_eq!(edit(&device, 256, &call), Err(HpiError::ReadOnly));
    device[7] ^= 1;
    assert!(read(&device).0.read_only);
    for call in [
        InventoryCall::AreaAdd(A::ProductInfo, None),
        set(1, 1, F::ChassisType, text("x")),
    ] {
        assert_eq!(edit(&device, 256, &call), Err(HpiError::ReadOnly));
    }
    assert_eq!(edit(&[], 256, &call), Err(HpiError::ReadOnly));
}

/// Strings of another language are Unicode.
#[test]
fn a_product_in_another_language() {
    let product = Product {
        language: 53,
        name: Text {
            coding: ipmi::text::Coding::Latin1,
            bytes: vec![0x42, 0x30],
        },
        ..Product::default()
    };
    let inventory = ipmi::fru::Inventory {
        product: Some(Area::ok(product)),
        ..ipmi::fru::Inventory::default()
    };
    let mut device = inventory.encode();
    device.resize(256, 0);
    let (inventory, _) = read(&device);
    let name = inventory.areas[0].fields[0].value.clone();
    assert_eq!((name.data_type, name.language), (TextType::Unicode, 53));
    assert_eq!(name.to_text(), "\u{3042}");
    let call = set(3, 2, F::ProductName, text("english"));
    assert_eq!(edited(&device, &call).map(drop), Err(HpiError::InvalidData));
    let (again, _) = edited(&device, &set(3, 2, F::ProductName, name.clone())).unwrap();
    assert_eq!(read(&again).0.areas[0].fields[0].value, name);
    assert!(string(&name, 25).is_err());
}

/// Whatever bytes a device has, and whatever is asked: an answer, and no write outside of it.
#[test]
fn no_device_is_written_outside() {
    let mut seed = 1u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 40).to_le_bytes()[0]
    };
    let device = device();
    for _ in 0..2_000 {
        let mut device = device.clone();
        for _ in 0..3 {
            device[usize::from(next())] = next();
        }
        // The header is believed only with its checksum.
        device[7] = 0u8.wrapping_sub(device[..7].iter().fold(0, |sum, it| sum.wrapping_add(*it)));
        let call = match next() % 4 {
            0 => InventoryCall::AreaAdd(A::ProductInfo, None),
            1 => InventoryCall::AreaDelete(u32::from(next() % 6)),
            2 => set(
                u32::from(next() % 6),
                u32::from(next() % 9),
                F::Custom,
                text("x"),
            ),
            _ => added(u32::from(next() % 6), None, F::Custom, text("some text")),
        };
        if let Ok(Edited { writes, .. }) = edit(&device, 256, &call) {
            assert!(writes.iter().all(|it| it.offset + it.bytes.len() <= 256));
        }
    }
}

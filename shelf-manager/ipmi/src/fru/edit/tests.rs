use super::*;
use crate::fru::{Area, Integrity, Inventory, MultiRecord, decode};
use crate::text::Text;
use alloc::vec;

fn board(serial: &str) -> Board {
    Board {
        language: 25,
        manufactured_minutes: 0x12_3456,
        manufacturer: Text::latin1("OpenShelf"),
        serial_number: Text::latin1(serial),
        ..Board::default()
    }
}

fn chassis() -> Chassis {
    Chassis {
        kind: 0x17,
        part_number: Text::latin1("ATCA-14"),
        ..Chassis::default()
    }
}

/// Each part once, in a device of `size` bytes.
fn device(size: usize) -> Vec<u8> {
    device_with(Some(vec![0xab; 16]), size)
}

fn device_with(internal: Option<Vec<u8>>, size: usize) -> Vec<u8> {
    let inventory = Inventory {
        internal,
        chassis: Some(Area::ok(chassis())),
        board: Some(Area::ok(board("S1"))),
        product: Some(Area::ok(Product::default())),
        records: vec![MultiRecord {
            kind: 0xc0,
            integrity: Integrity::Ok,
            data: vec![1, 2, 3, 4, 5],
        }],
        ..Inventory::default()
    };
    let mut image = inventory.encode();
    assert!(image.len() <= size, "{} bytes", image.len());
    image.resize(size, 0xff);
    image
}

fn written(image: &mut [u8], write: &Write) {
    image[write.offset..][..write.bytes.len()].copy_from_slice(&write.bytes);
}

fn after(image: &[u8], writes: &[Write]) -> Inventory {
    let mut image = image.to_vec();
    writes.iter().for_each(|write| written(&mut image, write));
    decode(&image).unwrap()
}

/// Power that fails between two writes leaves the old inventory, as long as there is room.
#[test]
fn the_old_inventory_holds_until_the_header_is_written() {
    let device = device(512);
    let new = board("a serial number that is longer than the old one");
    let writes = Edit::Board(Some(&new)).writes(&device, 512).unwrap();
    assert_eq!(writes.len(), 2);
    assert_eq!(writes[1].offset, 0);
    let old = decode(&device).unwrap();
    assert_eq!(after(&device, &writes[..1]), old);
    let expected = Inventory {
        board: Some(Area::ok(new)),
        ..old
    };
    assert_eq!(after(&device, &writes), expected);
}

/// The place that an area left is taken the next time.
#[test]
fn an_area_goes_to_and_fro() {
    let mut device = device(512);
    let mut places = Vec::new();
    for serial in ["S2", "S3", "S4"] {
        let writes = Edit::Board(Some(&board(serial))).writes(&device, 512);
        let writes = writes.unwrap();
        places.push(writes[0].offset);
        writes.iter().for_each(|write| written(&mut device, write));
        let read = decode(&device).unwrap().board.unwrap().content;
        assert_eq!(read, board(serial));
    }
    assert_eq!(places[0], places[2]);
    assert_ne!(places[0], places[1]);
}

/// Without room beside, the area takes its old place; the header stays as it is.
#[test]
fn a_full_device_is_written_in_place() {
    let used = device(512).iter().rposition(|byte| *byte != 0xff).unwrap() + 1;
    let device = device(used);
    let new = board("S2");
    let writes = Edit::Board(Some(&new)).writes(&device, used).unwrap();
    assert_eq!(writes.len(), 1);
    let expected = Inventory {
        board: Some(Area::ok(new)),
        ..decode(&device).unwrap()
    };
    assert_eq!(after(&device, &writes), expected);
}

/// Where room is left in pieces only, everything moves up.
#[test]
fn parts_move_up_to_make_room() {
    let mut device = device_with(None, 512);
    let writes = Edit::Chassis(None).writes(&device, 512).unwrap();
    assert_eq!(writes.len(), 1, "only the header changes");
    writes.iter().for_each(|write| written(&mut device, write));
    let used = device.iter().rposition(|byte| *byte != 0xff).unwrap() + 1;
    device.truncate(used);
    let new = Product {
        name: Text::latin1("too long"),
        ..Product::default()
    };
    let writes = Edit::Product(Some(&new)).writes(&device, used).unwrap();
    assert_eq!(writes.last().unwrap().offset, 0);
    assert_eq!(writes.len(), 4);
    let expected = Inventory {
        product: Some(Area::ok(new)),
        ..decode(&device).unwrap()
    };
    assert_eq!(after(&device, &writes), expected);
}

/// Its owner knows the internal use area by its place: no edit touches a byte of it.
#[test]
fn the_internal_use_area_stays() {
    let used = device(512).iter().rposition(|byte| *byte != 0xff).unwrap() + 1;
    for size in [used, used + 8, 512] {
        let device = device(size);
        for edit in [Edit::Product(Some(&Product::default())), Edit::Board(None)] {
            let writes = edit.writes(&device, size).unwrap();
            let is_inside = |write: &Write| (8..24).contains(&write.offset);
            assert!(!writes.iter().any(is_inside), "{size}: {writes:?}");
            assert_eq!(after(&device, &writes).internal, Some(vec![0xab; 16]));
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut device = device(512);
    let used = device.iter().rposition(|byte| *byte != 0xff).unwrap() + 1;
    let long = board(&"x".repeat(60));
    let refused = Edit::Board(Some(&long)).writes(&device, used);
    assert_eq!(refused, Err(EditError::NoRoom));
    let longer = board(&"x".repeat(64));
    let refused = Edit::Board(Some(&longer)).writes(&device, 512);
    assert_eq!(refused, Err(EditError::Content(BuildError::FieldTooLong)));
    let late = Board {
        manufactured_minutes: 1 << 24,
        ..board("S1")
    };
    let refused = Edit::Board(Some(&late)).writes(&device, 512);
    assert_eq!(refused, Err(EditError::Content(BuildError::DateTooLate)));
    device[7] ^= 1;
    let refused = Edit::Chassis(None).writes(&device, 512);
    assert_eq!(refused, Err(EditError::NoInventory));
    for length in 0..8 {
        let refused = Edit::Chassis(None).writes(&device[..length], 512);
        assert_eq!(refused, Err(EditError::NoInventory));
    }
}

//! FRU inventories, and the multirecords in them.

use super::records::seal;
use crate::{Feedback, magnitude};
use ipmi::fru;
use ipmi::fru::standard::StandardRecord;
use ipmi::fru::{Integrity, Inventory};
use ipmi::text::Text;
use ipmi::wire::checksum;

pub(super) fn run(input: &[u8], feedback: &mut Feedback) {
    let extent = fru::extent(input);
    feedback.note(("extent", extent.map(|len| len.cmp(&input.len()))));
    let inventory = match fru::decode(input) {
        Ok(inventory) => inventory,
        Err(error) => return feedback.note(("FRU", format!("{error:?}"))),
    };
    note_inventory(&inventory, feedback);
    // Offsets may let five parts begin at the same byte, but each byte is in each of them once.
    let kept = postcard::to_allocvec(&inventory).expect("it is data").len();
    assert!(
        kept <= 64 + 8 * input.len(),
        "{kept} bytes of {}",
        input.len()
    );
    for record in &inventory.records {
        run_multirecord(record, feedback);
    }
    let built = inventory.build(usize::MAX);
    feedback.note((
        "build",
        format!("{:?}", built.as_ref().err().map(std::mem::discriminant)),
    ));
    let Ok(image) = built else { return };
    assert_eq!(checksum(&image[..fru::HEADER_LEN]), 0);
    let again = fru::decode(&image).expect("it was built");
    assert_eq!(again, restored(inventory), "built otherwise");
    assert_eq!(again.build(image.len()), Ok(image));
}

/// As it is once it was written: every part whole and right.
fn restored(mut inventory: Inventory) -> Inventory {
    inventory.header = Integrity::Ok;
    if let Some(area) = &mut inventory.chassis {
        area.integrity = Integrity::Ok;
    }
    if let Some(area) = &mut inventory.board {
        area.integrity = Integrity::Ok;
    }
    if let Some(area) = &mut inventory.product {
        area.integrity = Integrity::Ok;
    }
    for record in &mut inventory.records {
        record.integrity = Integrity::Ok;
    }
    // One without bytes is not written.
    inventory.internal = inventory.internal.filter(|bytes| !bytes.is_empty());
    // The internal use area ends where the next part begins, at a whole unit.
    let is_last = inventory.chassis.is_none()
        && inventory.board.is_none()
        && inventory.product.is_none()
        && inventory.records.is_empty();
    if let Some(bytes) = inventory.internal.as_mut().filter(|_| !is_last) {
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    inventory
}

fn note_inventory(inventory: &Inventory, feedback: &mut Feedback) {
    let known = |integrity: Integrity| integrity as u8;
    feedback.note((
        "inventory",
        known(inventory.header),
        inventory.internal.is_some(),
        inventory.chassis.as_ref().map(|area| known(area.integrity)),
        inventory.board.as_ref().map(|area| known(area.integrity)),
        inventory.product.as_ref().map(|area| known(area.integrity)),
        magnitude(inventory.records.len()),
    ));
    if let Some(area) = &inventory.board {
        feedback.note(("date", area.content.manufactured_unix().is_some()));
    }
}

fn run_multirecord(record: &fru::MultiRecord, feedback: &mut Feedback) {
    feedback.note(("multirecord", record.kind, record.integrity as u8));
    let standard = record.as_standard();
    let (kind, written) = standard.encode();
    assert_eq!(kind, record.kind);
    assert!(record.data.starts_with(&written), "{standard:?}");
    assert_eq!(StandardRecord::decode(kind, &written), standard);
    if let Some(picmg) = record.as_picmg() {
        feedback.note((
            "PICMG",
            record.data.get(3),
            std::mem::discriminant(&picmg.body),
        ));
        let again = fru::MultiRecord::picmg(&picmg);
        assert!(record.data.starts_with(&again.data), "{picmg:?}");
        assert_eq!(again.as_picmg(), Some(picmg));
    }
}

/// Every checksum of an inventory.
pub(super) fn repair(input: &mut [u8]) {
    let Some([_, _, areas @ .., _, _]) = input.first_chunk::<{ fru::HEADER_LEN }>().copied() else {
        return;
    };
    input[0] = 1;
    let [chassis, board, product, records] = areas;
    for start in [chassis, board, product].map(|offset| usize::from(offset) * 8) {
        let len = input
            .get(start + 1)
            .map_or(0, |units| usize::from(*units) * 8);
        if start > 0 && len > 0 {
            seal(input, start, len);
        }
    }
    let mut start = usize::from(records) * 8;
    while start > 0 && start + 5 <= input.len() {
        let len = usize::from(input[start + 2]);
        let Some(data) = input.get(start + 5..start + 5 + len) else {
            break;
        };
        input[start + 3] = checksum(data);
        seal(input, start, 5);
        if input[start + 1] & 0x80 != 0 {
            break;
        }
        start += 5 + len;
    }
    seal(input, 0, fru::HEADER_LEN);
}

pub(super) fn samples() -> Vec<Vec<u8>> {
    use ipmi::fru::picmg::{PicmgBody, PicmgRecord};
    let mut records = Vec::new();
    for id in [
        4u8, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x2c, 0x2d,
    ] {
        let body = PicmgBody::decode(id, &[1; 40]);
        records.push(fru::MultiRecord::picmg(&PicmgRecord { version: 0, body }));
    }
    for kind in 0..6 {
        records.push(fru::MultiRecord::standard(&StandardRecord::decode(
            kind, &[1; 30],
        )));
    }
    let text = Text::latin1("OpenShelf");
    let board = fru::Board {
        manufacturer: text.clone(),
        product_name: Text {
            coding: ipmi::text::Coding::SixBit,
            bytes: vec![1, 2, 3],
        },
        ..fru::Board::default()
    };
    let product = fru::Product {
        name: text,
        ..fru::Product::default()
    };
    let whole = Inventory {
        internal: Some(vec![1; 8]),
        chassis: Some(fru::Area::ok(fru::Chassis::default())),
        board: Some(fru::Area::ok(board)),
        product: Some(fru::Area::ok(product)),
        records: records.clone(),
        ..Inventory::default()
    };
    let mut samples = vec![whole.encode()];
    samples.extend(records.into_iter().map(|record| {
        Inventory {
            records: vec![record],
            ..Inventory::default()
        }
        .encode()
    }));
    samples
}

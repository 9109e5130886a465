use super::picmg::{
    Activation, ActivationDescriptor, AddressTable, BoardP2p, FedFru, PicmgBody, PicmgRecord,
    PowerDistribution, PowerFeed, SiteEntry,
};
use super::*;
use crate::tests::{bytes, chassis};
use crate::text::Text;
use crate::wire::{Counted, Rest};
use alloc::vec;
use proptest::prelude::*;

fn inventory(address: &str, fru_id: &str) -> Vec<u8> {
    let found = chassis("fru")
        .into_iter()
        .find(|fru| fru[0] == address && fru[1] == fru_id);
    bytes(&found.unwrap()[3])
}

/// The shelf FRU of the simulated chassis: its address table is where discovery starts.
#[test]
fn shelf_fru_of_the_chassis() {
    let inventory = decode(&inventory("20", "254")).unwrap();
    assert_eq!(inventory.header, Integrity::Ok);
    let chassis = inventory.chassis.unwrap();
    assert_eq!(chassis.integrity, Integrity::Ok);
    assert_eq!(chassis.content.part_number.text(), "ATCA-14");
    let board = inventory.board.unwrap().content;
    assert_eq!(board.serial_number.text(), "SHELF001");
    assert_eq!(
        board.manufactured_unix(),
        Some(820_454_400 + 0xc0_1000 * 60)
    );
    assert_eq!(inventory.product.unwrap().content.asset_tag.text(), "A1");
    let [table, activation] = &inventory.records[..] else {
        panic!("two records")
    };
    assert_eq!(
        (table.integrity, activation.integrity),
        (Integrity::Ok, Integrity::Ok)
    );
    let PicmgBody::AddressTable(table) = table.as_picmg().unwrap().body else {
        panic!()
    };
    let sites: Vec<_> = table
        .sites
        .0
        .iter()
        .map(|s| (s.hardware_address, s.number, s.kind))
        .collect();
    let expected = [
        (8, 1, 3),
        (9, 2, 3),
        (0x41, 1, 0),
        (0x42, 2, 0),
        (0x43, 3, 0),
        (0x44, 4, 0),
        (0x2d, 1, 4),
        (0x30, 1, 1),
    ];
    assert_eq!(sites, expected);
    let PicmgBody::Activation(activation) = activation.as_picmg().unwrap().body else {
        panic!()
    };
    assert_eq!(activation.allowance_s, 30);
    assert!(
        activation
            .descriptors
            .0
            .iter()
            .all(ActivationDescriptor::shelf_manager_activates)
    );
    assert_eq!(activation.descriptors.0[2].power_max_w, 300);
}

/// Every inventory of the simulated chassis is written as it was read.
#[test]
fn inventories_round_trip() {
    for fru in chassis("fru") {
        let raw = bytes(&fru[3]);
        assert_eq!(super::decode(&raw).unwrap().encode(), raw, "{fru:?}");
    }
}

/// Records of PICMG 3.0 with checksums that others computed.
#[test]
fn frozen_picmg_records() {
    let fed = |hardware_address| FedFru {
        hardware_address,
        fru_id: 0xfe,
    };
    let mut address = [0; 20];
    address[..6].copy_from_slice(b"Shelf1");
    let site = |hardware_address, number, kind| SiteEntry {
        hardware_address,
        number,
        kind,
    };
    let start = |hardware_address, properties| ActivationDescriptor {
        hardware_address,
        fru_id: 0xfe,
        power_max_w: 200,
        properties,
    };
    let cases = [
        (
            "c002241ffb 5a31001000 c6 5368656c6631 0000000000000000000000000000 \
             03 080102 090202 410100",
            PicmgBody::AddressTable(AddressTable {
                address_type: 0xc6,
                address,
                sites: Counted(vec![site(8, 1, 2), site(9, 2, 2), site(0x41, 1, 0)]),
            }),
        ),
        (
            "c002165ace 5a31001400 00 01110000 02110000 412f1000 41210000",
            PicmgBody::BoardP2p(BoardP2p {
                guids: Counted(vec![]),
                links: Rest(vec![0x1101, 0x1102, 0x0010_2f41, 0x2141]),
            }),
        ),
        (
            "c0021080ae 5a31001100 01 e001 2c01 54 02 41fe 42fe",
            PicmgBody::PowerDistribution(PowerDistribution {
                feeds: Counted(vec![PowerFeed {
                    external_current_max: 480,
                    internal_current_max: 300,
                    voltage_min: 84,
                    frus: Counted(vec![fed(0x41), fed(0x42)]),
                }]),
            }),
        ),
        (
            "c0021187a6 5a31001200 3c 02 41fec80045 42fec8004a",
            PicmgBody::Activation(Activation {
                allowance_s: 60,
                descriptors: Counted(vec![start(0x41, 0x45), start(0x42, 0x4a)]),
            }),
        ),
    ];
    for (hex, body) in cases {
        let raw = bytes(hex);
        let records = multirecord::decode(&raw);
        assert_eq!(records[0].integrity, Integrity::Ok, "{hex}");
        let record = PicmgRecord { version: 0, body };
        assert_eq!(records[0].as_picmg(), Some(record.clone()), "{hex}");
        assert_eq!(MultiRecord::picmg(&record).data, raw[5..], "{hex}");
    }
}

/// A flipped bit is shown where it is: the fields can be read, but are marked; the other areas stay
/// good.
#[test]
fn bad_checksums() {
    let good = inventory("82", "0");
    for (index, _) in good.iter().enumerate().skip(HEADER_LEN) {
        let mut bad = good.clone();
        bad[index] ^= 0x01;
        let inventory = decode(&bad).unwrap();
        let board = inventory.board.unwrap().integrity;
        let product = inventory.product.unwrap().integrity;
        let record = inventory.records[0].integrity;
        let damaged = [board, product, record]
            .iter()
            .filter(|i| **i != Integrity::Ok)
            .count();
        assert_eq!(damaged, 1, "byte {index}: {board:?} {product:?} {record:?}");
    }
    let mut bad = good.clone();
    bad[7] ^= 0x01;
    assert_eq!(decode(&bad).unwrap().header, Integrity::BadChecksum);
    bad[0] = 0x02;
    assert_eq!(decode(&bad), Err(HeaderError::Version(2)));
}

/// An inventory cut anywhere shows what is there, and what is not.
#[test]
fn truncated_inventories() {
    for fru in chassis("fru") {
        let raw = bytes(&fru[3]);
        for length in 0..raw.len() {
            let Ok(inventory) = super::decode(&raw[..length]) else {
                assert!(length < HEADER_LEN);
                continue;
            };
            let last = inventory.records.last().map(|record| record.integrity);
            let last = last.or(inventory.product.map(|area| area.integrity));
            assert_eq!(last, Some(Integrity::Truncated), "{length}");
        }
    }
}

/// Reading in small steps stops at the end of the inventory, not at the end of the device.
#[test]
fn extents() {
    for fru in chassis("fru") {
        let mut device = bytes(&fru[3]);
        let length = device.len();
        device.resize(fru[2].parse().unwrap(), 0);
        let mut read = 0;
        while let Some(end) = extent(&device[..read]).filter(|end| *end > read) {
            read = (read + 16).min(end);
        }
        assert_eq!(read, length, "{fru:?}");
    }
    assert_eq!(extent(&[0; 64]), None);
    assert_eq!(extent(&[1, 4, 0, 1, 0, 0, 0, 0xfa]), None);
}

/// A field of one letter would look like the mark that ends the fields.
#[test]
fn one_letter_field() {
    let chassis = Chassis {
        part_number: Text::latin1("X"),
        ..Chassis::default()
    };
    let inventory = Inventory {
        chassis: Some(Area::ok(chassis)),
        ..Inventory::default()
    };
    let back = decode(&inventory.encode()).unwrap().chassis.unwrap();
    assert_eq!(back.integrity, Integrity::Ok);
    assert_eq!(back.content.part_number.text(), "X");
}

proptest! {
    /// Whatever the bytes, nothing panics, and what was read can be written and read again.
    #[test]
    fn any_bytes(
        offsets: [u8; 5],
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        kind in 0u8..0x30,
    ) {
        let mut raw = vec![1];
        raw.extend(offsets.map(|offset| offset % 16));
        raw.extend([0, 0]);
        raw.extend_from_slice(&bytes);
        if let Ok(inventory) = super::decode(&raw) {
            let _ = super::decode(&inventory.encode()).unwrap();
            let _: Vec<_> = inventory.records.iter().map(MultiRecord::as_picmg).collect();
        }
        let mut data = picmg::MANUFACTURER.0.to_vec();
        data.extend([kind, 0]);
        data.extend_from_slice(&bytes);
        let record = picmg::decode(&data).unwrap();
        prop_assert_eq!(picmg::decode(&picmg::encode(&record)), Some(record));
    }
}

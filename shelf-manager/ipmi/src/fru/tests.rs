use super::picmg::{
    Activation, ActivationDescriptor, AddressTable, AmcP2p, BoardP2p, ClockConfiguration,
    DirectClock, FedFru, IpmbHub, IpmbLink, PicmgBody, PicmgRecord, PowerDistribution, PowerFeed,
    RadialIpmb, ShelfManagerIp, SiteEntry,
};
use super::standard::{Compatibility, DcOutput, ManagementAccess, PowerSupply, StandardRecord};
use super::*;
use crate::tests::{bytes, chassis};
use crate::text::Text;
use crate::wire::{Counted, Rest, U24};
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

/// The records of a real module, an AM4010 (tests/fru_bin of kontron/python-ipmi): both checksums
/// hold, and all is read and written as it was.
#[test]
fn records_of_a_real_module() {
    let raw = bytes(
        "c0020641f7 5a310016001e
         c082351a6f 5a310019 00 00 80 05 e0ffff e1ffff e2ffff e3ffff a498f3
           00510000fc 01510000fc 02711000fe 03711000fe 042f1000fe 042f0000fe",
    );
    let records = multirecord::decode(&raw);
    assert_eq!(multirecord::encode(&records), raw);
    let [current, links] = &records[..] else {
        panic!("two records")
    };
    let body = |record: &MultiRecord| record.as_picmg().unwrap().body;
    assert_eq!(current.integrity, Integrity::Ok);
    let PicmgBody::ModuleCurrent(module) = body(current) else {
        panic!("{current:?}")
    };
    assert_eq!(module.current, 30);
    let PicmgBody::AmcP2p(AmcP2p {
        device,
        channels,
        links: found,
        ..
    }) = body(links)
    else {
        panic!("{links:?}")
    };
    assert_eq!((device, channels.0.len(), found.0.len()), (0x80, 5, 6));
    assert_eq!(channels.0[4], U24::new(0x00f3_98a4));
    assert_eq!(found.0[2], [0x02, 0x71, 0x10, 0x00, 0xfe]);
    let again = MultiRecord::picmg(&links.as_picmg().unwrap());
    assert_eq!(again.data, links.data);
}

/// The clock record of the AM4904: two of its twelve 100 MHz clocks, with their count changed.
#[test]
fn clocks_of_a_real_module() {
    let data = bytes(
        "5a31002d 00 02 02
         00 00 00 01 01 02 e0 00e1f505 00e1f505 00e1f505
         01 00 01 01 00 00 01 02 e0 00e1f505 00e1f505 00e1f505",
    );
    let record = picmg::decode(&data).unwrap();
    let PicmgBody::ClockConfiguration(ClockConfiguration { resource, clocks }) = &record.body
    else {
        panic!("{record:?}")
    };
    let expected = DirectClock {
        features: 1,
        family: 2,
        accuracy: 0xe0,
        frequency_hz: 100_000_000,
        frequency_hz_min: 100_000_000,
        frequency_hz_max: 100_000_000,
    };
    assert_eq!((*resource, clocks.0.len()), (2, 2));
    assert_eq!(clocks.0[0].settings.direct[0], expected);
    assert_eq!(clocks.0[1].settings.indirect[0].depends_on, 0);
    assert_eq!(clocks.0[1].settings.direct, [expected]);
    assert_eq!(picmg::encode(&record), data);
}

/// Every record with a type of its own: what is cut is kept as bytes, what is whole comes back.
#[test]
fn every_record_goes_round() {
    let sample: Vec<u8> = (0..240).map(|index| 1 + index % 3).collect();
    for cut in 0..sample.len() {
        let part = &sample[..cut];
        for id in PicmgBody::IDS {
            assert_eq!(whole(PicmgBody::decode(*id, part).encode(), part), *id);
        }
        for id in StandardRecord::IDS {
            assert_eq!(whole(StandardRecord::decode(*id, part).encode(), part), *id);
        }
    }
    let typed = |id: &u8| !matches!(PicmgBody::decode(*id, &sample), PicmgBody::Other { .. });
    let long = PicmgBody::IDS.iter().filter(|id| typed(id)).count();
    assert!(long + 3 >= PicmgBody::IDS.len(), "{long}");
}

/// The id, when the bytes are those that were read, up to ones behind the last field.
fn whole((id, written): (u8, Vec<u8>), read: &[u8]) -> u8 {
    assert!(read.starts_with(&written), "{id:02x} {read:?}");
    id
}

fn supply() -> PowerSupply {
    PowerSupply {
        capacity_w: 800,
        peak_va: 0xffff,
        inrush_current_a: 20,
        inrush_interval_ms: 5,
        input_voltage_1_min: -6000,
        input_voltage_1_max: -4000,
        input_voltage_2_min: 0,
        input_voltage_2_max: 0,
        frequency_hz_min: 0,
        frequency_hz_max: 0,
        dropout_tolerance_ms: 10,
        flags: 0x19,
        peak_capacity: 0x2384,
        combined_outputs: 0x03,
        combined_w: 300,
        tachometer_min: 12,
    }
}

/// Field offsets as OpenIPMI (lib/normal_fru.c) has them.
#[test]
fn standard_records_as_others_lay_them_out() {
    let output = DcOutput {
        output: 0x81,
        voltage_nominal: 1200,
        negative_deviation_max: 1140,
        positive_deviation_max: 1260,
        ripple_mv: 120,
        current_ma_min: 0,
        current_ma_max: 25_000,
    };
    let url = ManagementAccess {
        kind: 1,
        data: b"http://cmm".to_vec(),
    };
    let compatible = Compatibility {
        manufacturer: U24::new(0x315a),
        entity_id: 0xa0,
        base: 1,
        code_start: 4,
        code_mask: vec![0x05],
    };
    let cases = [
        (
            StandardRecord::PowerSupply(supply()),
            "2003 ffff 14 05 90e8 60f0 0000 0000 00 00 0a 19 8423 03 2c01 0c",
        ),
        (
            StandardRecord::DcOutput(output),
            "81 b004 7404 ec04 7800 0000 a861",
        ),
        (
            StandardRecord::ManagementAccess(url),
            "01 687474703a2f2f636d6d",
        ),
        (
            StandardRecord::ExtendedCompatibility(compatible),
            "5a3100 a0 01 04 05",
        ),
    ];
    for (record, hex) in cases {
        let multi = MultiRecord::standard(&record);
        assert_eq!(multi.data, bytes(hex), "{hex}");
        assert_eq!(multi.as_standard(), record);
        assert_eq!(multi.as_picmg(), None);
    }
}

/// Field offsets as OpenIPMI (lib/oem_atca_fru.c) has them.
#[test]
fn shelf_records_as_others_lay_them_out() {
    let link = |hardware_address, link| IpmbLink {
        hardware_address,
        link,
    };
    let radial = RadialIpmb {
        connector_definer: picmg::MANUFACTURER,
        connector_version: 1,
        hubs: Counted(vec![IpmbHub {
            hardware_address: 8,
            coverage: 3,
            links: Counted(vec![link(0x41, 1), link(0x42, 2)]),
        }]),
    };
    let address = ShelfManagerIp {
        address: [192, 168, 0, 2],
        gateway: Some([192, 168, 0, 1]),
        subnet_mask: Some([255, 255, 255, 0]),
    };
    let cases = [
        (
            0,
            PicmgBody::RadialIpmb(radial),
            "5a31001500 5a3100 0100 01 08 03 02 4101 4202",
        ),
        (
            1,
            PicmgBody::ShelfManagerIp(address),
            "5a31001301 c0a80002 c0a80001 ffffff00",
        ),
    ];
    for (version, body, hex) in cases {
        let record = PicmgRecord { version, body };
        assert_eq!(picmg::encode(&record), bytes(hex), "{hex}");
        assert_eq!(picmg::decode(&bytes(hex)), Some(record));
    }
}

fn board(serial: &str) -> Inventory {
    let board = Board {
        serial_number: Text::latin1(serial),
        ..Board::default()
    };
    Inventory {
        board: Some(Area::ok(board)),
        ..Inventory::default()
    }
}

/// An internal use area ends where the next part begins: one without bytes would get those of the
/// next part.
#[test]
fn an_internal_use_area_without_bytes_is_not_written() {
    let whole = Inventory {
        internal: Some(vec![]),
        ..board("S1")
    };
    let image = whole.build(usize::MAX).unwrap();
    let expected = Inventory {
        internal: None,
        ..whole
    };
    assert_eq!(decode(&image), Ok(expected));
    assert_eq!(board("S1").build(usize::MAX), Ok(image));
}

/// What fits is built as it is encoded; anything that would be cut is refused with its reason.
#[test]
fn images_that_fit_and_that_do_not() {
    let long = "x".repeat(64);
    let custom = |count: usize| {
        let mut inventory = board("S1");
        let field = Text::latin1(&long[1..]);
        inventory.board.as_mut().unwrap().content.custom = vec![field; count];
        inventory
    };
    let good = custom(31);
    let image = good.build(4096).unwrap();
    assert_eq!(image, good.encode());
    assert_eq!(super::decode(&image).unwrap(), good);
    assert_eq!(
        good.build(image.len() - 1),
        Err(BuildError::TooLarge(image.len()))
    );
    assert_eq!(board(&long).build(4096), Err(BuildError::FieldTooLong));
    assert_eq!(custom(32).build(4096), Err(BuildError::AreaTooLong));
    let mut late = board("S1");
    late.board.as_mut().unwrap().content.manufactured_minutes = 1 << 24;
    assert_eq!(late.build(4096), Err(BuildError::DateTooLate));
    let record = |len: usize| MultiRecord {
        kind: 0xc1,
        integrity: Integrity::Ok,
        data: vec![0; len],
    };
    let records = |records: Vec<MultiRecord>| Inventory {
        records,
        ..board("S1")
    };
    let long_record = records(vec![record(255), record(256)]);
    assert_eq!(long_record.build(4096), Err(BuildError::RecordTooLong(1)));
    let many = records(vec![record(0); multirecord::RECORDS_MAX + 1]);
    assert_eq!(many.build(1 << 20), Err(BuildError::TooManyRecords));
    let far = Inventory {
        internal: Some(vec![0; 2048]),
        ..board("S1")
    };
    assert_eq!(far.build(4096), Err(BuildError::TooFarBehind));
    assert_eq!(
        Inventory::default().build(HEADER_LEN).unwrap(),
        [1, 0, 0, 0, 0, 0, 0, 0xff]
    );
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
        let record = StandardRecord::decode(kind, &bytes);
        let (kind, data) = record.encode();
        prop_assert_eq!(StandardRecord::decode(kind, &data), record);
    }
}

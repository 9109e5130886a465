//! The shelf as a whole: its parts, its managers, its size.

use super::*;
use crate::{SLOTS, SLOTS_MAX};

#[test]
fn every_part_answers_and_is_in_the_address_table() {
    let play = Play::new(Config {
        populated: (1..=SLOTS).collect(),
        ..Config::default()
    });
    let parts = parts::all(&play.chassis.config);
    assert_eq!(parts.len(), 2 + 14 + 3 + 2);
    for part in &parts {
        let controller = play.chassis.controller(part.address()).unwrap();
        let inventory = ipmi::fru::decode(&controller.config().frus[0].inventory).unwrap();
        assert!(inventory.board.is_some());
    }
    let manager = play.chassis.controller(SHELF_MANAGER).unwrap();
    let shelf = ipmi::fru::decode(&manager.config().frus[1].inventory).unwrap();
    let records: Vec<_> = shelf.records.iter().filter_map(|r| r.as_picmg()).collect();
    assert_eq!(records.len(), 4);
    let ipmi::fru::picmg::PicmgBody::AddressTable(table) = &records[0].body else {
        panic!("the address table comes first");
    };
    assert_eq!(table.sites.0.len(), parts.len());
    let frus = play.chassis.powered_slots();
    assert_eq!(frus, (1..=SLOTS).collect());
}

#[test]
fn the_arbitration_line_moves() {
    check(
        "\
# Who drives the line owns 20h.
managers
  Answer 00 [00, 10, 12]
line 2
managers
  Answer 00 [00, 12, 10]
# The backup leaves, then the owner.
pull c1
managers
  Answer 00 [00, 12, ff]
line 1
  Empty
insert c1
  Event f0 10 +[a1, 00, 00]
  Event f0 10 +[a2, 21, 00]
managers
  Answer 00 [00, 12, 10]
pull c2
managers
  Answer 00 [00, 10, ff]
pull c1
  Down(Unreachable(\"no shelf manager has power\"))
managers
  PortDown
insert c2
  Up
  Event f0 12 +[a1, 00, 00]
  Event f0 12 +[a2, 21, 00]
managers
  Answer 00 [00, 12, ff]
line 3
  NoSuchSlot
",
    );
}

#[test]
fn a_shelf_of_any_size() {
    let sensors = |config: &Config| {
        let play = Play::new(config.clone());
        let parts = play.chassis.controllers.iter();
        parts
            .map(|(_, part)| part.config().sensors.len())
            .sum::<usize>()
    };
    let config = Config {
        slots: SLOTS_MAX,
        populated: (1..=SLOTS_MAX).collect(),
        sensors_per_blade: 30,
        ..Config::default()
    };
    // Blades with their watchdogs, CMMs, fan trays, power modules, shelf manager.
    assert_eq!(sensors(&config), 16 * (30 + 1) + 2 + 3 * 5 + 2 * 3 + 1);
    let most = Config {
        sensors_per_blade: u8::MAX,
        slots: u8::MAX,
        ..config.clone()
    };
    assert_eq!(sensors(&most), 16 * (200 + 1) + 24);
    // As many as were asked for, with the hot swap and IPMB-0 sensors of all 23 parts.
    let asked = config.clone().with_sensors(500).unwrap();
    assert_eq!(sensors(&asked) + 2 * 23, 502);
    assert_eq!(config.clone().with_sensors(9999), None);
    // Each sensor has a name of its own on its controller, and a record that can be read.
    let play = Play::new(config);
    for controller in play.chassis.controllers.values() {
        let sensors = controller.config().sensors.iter();
        let names: BTreeSet<&str> = sensors.map(|sensor| sensor.name.as_str()).collect();
        assert_eq!(names.len(), controller.config().sensors.len());
        assert!(names.iter().all(|name| name.len() <= 16));
        for record in controller.records() {
            assert!(ipmi::sdr::decode(record).is_ok());
        }
    }
    // The last slot is there, and nothing behind it.
    let mut play = play;
    play.line("open 16");
    play.line("open 17");
    assert!(
        play.out.ends_with("+[a5, 24, 00]\n  NoSuchSlot\n"),
        "{}",
        play.out
    );
}

#[test]
fn the_shelf_manager_knows_the_records_of_all() {
    let mut play = Play::new(Config {
        collects_records: true,
        ..Config::default()
    });
    let count = |play: &Play| {
        let records = |found: &Ipmc| found.records().len();
        let manager = records(play.chassis.controller(SHELF_MANAGER).unwrap());
        let others = play.chassis.controllers.values();
        (manager, others.map(records).sum::<usize>())
    };
    let (known, all) = count(&play);
    assert_eq!(known, all - known + 3, "its own records are three");
    play.line("pull 1");
    let (after, all) = count(&play);
    assert_eq!(after, all - after + 3);
    assert!(after < known);
}

//! The shelf has a sensor for the power of each slot in which something draws it.

use super::{Player, show};
use crate::{Input, SHELF_RESOURCE};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use hpi_model::{Capabilities, RdrType};
use ipmi::description::{Controller, Fru, FruAbilities, Site};
use machine::{Machine, Time};

/// A board that has levels of power, and a module in its first bay.
fn board(player: &Player, address: u8, has_module: bool) -> Controller {
    let mut board = player.controller(address, &[]);
    let levels = FruAbilities {
        power_level: Some(2),
        ..FruAbilities::default()
    };
    board.abilities.frus.insert(0, levels.clone());
    if has_module {
        board.abilities.frus.insert(1, levels);
        board.frus.push(Fru {
            fru_id: 1,
            site: Some(Site {
                hardware_address: 0x39,
                number: 1,
                kind: 7,
            }),
            inventory: Vec::new(),
            hot_swap_sensor: None,
            hot_swap_state: None,
            leds: 0,
        });
    }
    board
}

/// What subscribers are told of the shelf.
fn told(player: &mut Player, input: &Input) -> Vec<String> {
    player.at.index += 1;
    player.at.time = Time(player.at.time.0 + 1_000_000_000);
    let mut effects = Vec::new();
    player.domain.apply(player.at, input, &mut effects);
    let of_shelf = alloc::format!("event {} ", SHELF_RESOURCE.0);
    let told = effects.iter().map(show);
    told.filter(|told| told.starts_with(&of_shelf)).collect()
}

/// Numbers, names and places of the sensors for the power of slots.
fn sensors(player: &Player) -> Vec<(u32, String, String)> {
    let shelf = player.domain.resource(SHELF_RESOURCE).unwrap();
    let sensors = shelf.sensor_records();
    let sensors = sensors.filter(|(_, rec)| (0x1800..=0x18fe).contains(&rec.num));
    sensors
        .map(|(rdr, rec)| (rec.num, rdr.id.to_text(), rdr.entity.to_string()))
        .collect()
}

fn slot(number: u32) -> (u32, String, String) {
    let name = alloc::format!("Slot {number} power");
    let path = alloc::format!("{{ADVANCEDTCA_CHASSIS,1}}{{PHYSICAL_SLOT,{number}}}");
    (0x1800 + number, name, path)
}

#[test]
fn slots_have_power_sensors_while_something_draws_power_in_them() {
    let mut player = Player::new();
    player.play("shelf");
    assert_eq!(sensors(&player), [], "no board has levels of power");
    let count = |player: &Player| {
        let shelf = player.domain.resource(SHELF_RESOURCE).unwrap();
        shelf.rdr_update_count
    };
    let before = count(&player);
    let second = Input::ControllerAdded(board(&player, 0x84, false));
    assert_eq!(told(&mut player, &second).len(), 1, "the shelf is another");
    assert_eq!(sensors(&player), [slot(2)]);
    assert_ne!(count(&player), before, "its records are others");
    assert_eq!(told(&mut player, &second).len(), 0, "nothing is new");
    let first = Input::ControllerAdded(board(&player, 0x82, true));
    assert_eq!(told(&mut player, &first).len(), 1);
    assert_eq!(sensors(&player), [slot(1), slot(2)], "in their order");
    let shelf = player.domain.resource(SHELF_RESOURCE).unwrap();
    assert!(shelf.rpt.capabilities.has(Capabilities::SENSOR));
    assert!(shelf.rdr_of(RdrType::Annunciator, 0x1000).is_some());
    let gone = Input::ControllerRemoved { address: 0x84 };
    assert_eq!(told(&mut player, &gone).len(), 1);
    assert_eq!(sensors(&player), [slot(1)]);
    let gone = Input::ControllerRemoved { address: 0x82 };
    told(&mut player, &gone);
    let shelf = player.domain.resource(SHELF_RESOURCE).unwrap();
    assert!(shelf.kept_sensor(0x1801).is_err());
}

#[test]
fn the_shelf_says_how_it_is_cooled_while_it_has_fans() {
    let mut player = Player::new();
    let has_sensor = |player: &Player| {
        let shelf = player.domain.resource(SHELF_RESOURCE).unwrap();
        shelf.kept_sensor(crate::COOLING_FAULT).is_ok()
    };
    player.play("added 82 M4");
    assert!(!has_sensor(&player), "a board has no fans");
    let tray = player.controller(0x5a, &[]);
    assert_eq!(told(&mut player, &Input::ControllerAdded(tray)).len(), 1);
    assert!(has_sensor(&player));
    let path = |it: &crate::Resource| it.rpt.entity.to_string();
    let cooling: Vec<_> = player.domain.cooling().map(path).collect();
    let tray = "{ADVANCEDTCA_CHASSIS,1}{FAN_TRAY_SLOT,1}{COOLING_UNIT,0}";
    assert_eq!(cooling, [tray]);
    let gone = Input::ControllerRemoved { address: 0x5a };
    told(&mut player, &gone);
    assert!(!has_sensor(&player));
    let shelf = player.domain.resource(SHELF_RESOURCE).unwrap();
    let left = shelf.sensor_records().map(|(_, rec)| rec.num);
    assert_eq!(left.collect::<Vec<_>>(), [crate::TEMPERATURE]);
}

#[test]
fn what_draws_power_in_a_slot_is_a_board_and_its_modules() {
    let mut player = Player::new();
    player.play("shelf");
    let first = Input::ControllerAdded(board(&player, 0x82, true));
    told(&mut player, &first);
    let drawing = |sensor| {
        let drawing = player.domain.drawing(sensor);
        let frus = drawing.iter().filter_map(|it| it.fru);
        frus.map(|fru| (fru.address, fru.fru_id))
            .collect::<Vec<_>>()
    };
    assert_eq!(drawing(0x1801), [(0x82, 0), (0x82, 1)]);
    assert_eq!(drawing(0x1802), [], "a board without levels of power");
    assert_eq!(drawing(0x1101), [], "no sensor of the shelf");
}

/// Numbers and places of the shelf's controls.
fn controls(player: &Player) -> Vec<(u32, String)> {
    let shelf = player.domain.resource(SHELF_RESOURCE).unwrap();
    let controls = shelf.rdrs.iter();
    let controls = controls.filter(|rdr| rdr.instrument.kind() == RdrType::Control);
    controls
        .map(|rdr| (rdr.instrument.num(), rdr.entity.to_string()))
        .collect()
}

// Source: `SaHpiXtca.h`, numbers of the controls and locations of `CONFIG_DATA`.
#[test]
fn the_shelf_has_an_address_where_its_inventory_has_a_place_for_it() {
    let at = |num, location: u32| {
        let path = alloc::format!("{{ADVANCEDTCA_CHASSIS,1}}{{CONFIG_DATA,{location}}}");
        (num, path)
    };
    let fixed = [at(0x1001, 0), at(0x1002, 3)];
    let mut player = Player::new();
    assert_eq!(controls(&player), fixed, "before anything is found");
    let with_table = player.controller(0x20, &[]);
    let mut without = with_table.clone();
    without
        .frus
        .iter_mut()
        .for_each(|fru| fru.inventory.clear());
    told(&mut player, &Input::ControllerAdded(without));
    assert_eq!(controls(&player), fixed);
    told(&mut player, &Input::ControllerAdded(with_table));
    let [ip_address, status] = fixed.clone();
    assert_eq!(controls(&player), [ip_address, status, at(0x1000, 1)]);
    let gone = Input::ControllerRemoved { address: 0x20 };
    assert_eq!(told(&mut player, &gone).len(), 1);
    assert_eq!(controls(&player), fixed);
}

/// States of the sensor for the shelf's information; `None` while there is none.
fn shelf_info(player: &Player) -> Option<u16> {
    let shelf = player.domain.resource(SHELF_RESOURCE).unwrap();
    Some(shelf.kept_reading(0x1000).ok()?.1.0)
}

// Whoever relies on the shelf's information hears that it is lost, and that it is back.
#[test]
fn the_shelf_says_whether_its_information_is_valid() {
    let mut player = Player::new();
    assert_eq!(shelf_info(&player), None, "nobody is known who has it");
    let good = player.controller(0x20, &[]);
    let mut damaged = good.clone();
    for fru in &mut damaged.frus {
        fru.inventory.truncate(9);
    }
    let added = told(&mut player, &Input::ControllerAdded(good.clone()));
    let updated = "event 4097 INFORMATIONAL: RESOURCE_UPDATED";
    assert_eq!(added, [updated], "it is there, and as it shall be");
    assert_eq!(shelf_info(&player), Some(2));
    let lost = told(&mut player, &Input::ControllerAdded(damaged.clone()));
    let change = |what: &str, state: u8, before: u8, now: u8| {
        let states = alloc::format!("states {before:02x} -> {now:02x}");
        alloc::format!(
            "event 4097 INFORMATIONAL: sensor 4096 {what} {state:02x}, {states}, read None"
        )
    };
    let expected = [change("left", 2, 2, 1), change("entered", 1, 2, 1)];
    assert_eq!(lost[lost.len() - 2..], expected);
    assert_eq!(shelf_info(&player), Some(1));
    let again = told(&mut player, &Input::ControllerAdded(damaged));
    assert_eq!(again, [""; 0], "nothing new");
    let back = told(&mut player, &Input::ControllerAdded(good));
    let expected = [change("left", 1, 1, 2), change("entered", 2, 1, 2)];
    assert_eq!(back[back.len() - 2..], expected);
    told(&mut player, &Input::ControllerRemoved { address: 0x20 });
    assert_eq!(shelf_info(&player), None);
}

// 20 A and 18 A at 42 V; then 10 A at a voltage that is none, so at 36 V.
#[test]
fn the_shelf_has_a_power_sensor_for_each_feed_that_its_inventory_names() {
    let record = "02 c800 b400 54 01 41fe 6400 ffff 00 01 42fe";
    let body = [0x5a, 0x31, 0x00, 0x11, 0x00]
        .into_iter()
        .chain(unhex(record));
    let mut manager = Player::new().controller(0x20, &[]);
    manager.frus[1].inventory = inventory(&body.collect::<Vec<_>>());
    let mut player = Player::new();
    let before = sensors(&player).len();
    told(&mut player, &Input::ControllerAdded(manager));
    let shelf = player.domain.resource(SHELF_RESOURCE).unwrap();
    let limits: Vec<_> = shelf
        .sensor_records()
        .filter_map(|(rdr, rec)| {
            let range = rec.data_format?.range;
            Some((rec.num, rdr.id.to_text(), range.normal_max_micro))
        })
        .collect();
    let feed = |num, name: &str, watts: i64| (num, name.into(), Some(watts * 1_000_000));
    assert_eq!(before, 0);
    assert_eq!(
        limits,
        [
            feed(0x1a00, "Feed 1 power", 756),
            feed(0x1a01, "Feed 2 power", 360)
        ]
    );
    let feeds = [0x19ff, 0x1a00, 0x1a01, 0x1aff, 0x1b00].map(crate::power_feed);
    assert_eq!(feeds, [None, Some(0), Some(1), Some(255), None]);
}

/// An inventory with one record of PICMG.
fn inventory(body: &[u8]) -> Vec<u8> {
    let zero_sum = |bytes: &[u8]| bytes.iter().fold(0u8, |sum, byte| sum.wrapping_sub(*byte));
    let length = u8::try_from(body.len()).unwrap();
    let mut bytes = [1, 0, 0, 0, 0, 1, 0].to_vec();
    bytes.push(zero_sum(&bytes));
    let head = [0xc0, 0x82, length, zero_sum(body)];
    bytes.extend_from_slice(&head);
    bytes.push(zero_sum(&head));
    bytes.extend_from_slice(body);
    bytes
}

fn unhex(digits: &str) -> Vec<u8> {
    let digits: Vec<char> = digits.chars().filter(|it| *it != ' ').collect();
    let pairs = digits.chunks(2).map(|pair| pair.iter().collect::<String>());
    pairs
        .map(|pair| u8::from_str_radix(&pair, 16).unwrap())
        .collect()
}

/// The worst of all temperatures, and of those only.
#[test]
fn the_shelf_says_how_hot_it_is() {
    let mut player = Player::new();
    let hot = |player: &Player| player.domain.temperature().map(|it| it.0);
    assert_eq!(hot(&player), None, "nobody measures");
    player.play("shelf");
    assert_eq!(hot(&player), Some(0x01), "all is well");
    let shelf = player.domain.resource(SHELF_RESOURCE).unwrap();
    assert!(shelf.rpt.capabilities.has(Capabilities::AGGREGATE_STATUS));
    let (_, states) = shelf.kept_reading(crate::TEMPERATURE).unwrap();
    assert_eq!(states.0, 0, "whoever reads it asks for all of them");
    player.play("sensor 82 1 01 asserted 57 5a 55");
    assert_eq!(
        hot(&player),
        Some(0x02),
        "one is beyond its minor threshold"
    );
    player.play("sensor 84 1 01 asserted 59 5a 55");
    assert_eq!(hot(&player), Some(0x04), "another one is worse");
    player.play("failed 84");
    assert_eq!(hot(&player), Some(0x04), "and was so when it was lost");
    player.play("removed 84");
    assert_eq!(hot(&player), Some(0x02));
    player.play("sensor 82 1 01 deasserted 57 50 55");
    assert_eq!(hot(&player), Some(0x01));
}

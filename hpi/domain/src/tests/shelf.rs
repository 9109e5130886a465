//! The reference shelf: what its controllers answer, and what the domain makes of it.

use super::{Player, check};
use crate::{Domain, EVENT_LOG_MAX, FruAddress, Input, LogCall, SessionId, ShelfAction, UserCall};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use hpi_model::{
    Capabilities, EventCategory, EventControl, HotSwapState, RdrType, ResourceId, SensorType,
    SensorUnits, TextBuffer,
};
use ipmi::description::{Controller, Fru, PicmgProperties, SensorAddress, Site};
use machine::{Machine, Pos, Time};

/// The controllers of `shelf.txt`, the one of the empty slot (88h) included.
pub(super) fn controllers() -> Vec<Controller> {
    let mut shelf: Vec<Controller> = Vec::new();
    for line in include_str!("shelf.txt")
        .lines()
        .filter(|l| !l.starts_with('#'))
    {
        let words: Vec<&str> = line.split(' ').collect();
        let address = u8::from_str_radix(words[1], 16).unwrap();
        let bytes = unhex(words.last().unwrap());
        let site = |number: &str| u8::from_str_radix(number, 16).unwrap();
        let known = shelf.iter_mut().find(|c| c.address == address);
        match (words[0], known) {
            ("controller", None) => {
                let site = Site {
                    hardware_address: address >> 1,
                    number: site(words[3]),
                    kind: site(words[2]),
                };
                let hot_swap = address != 0x20;
                let fru = Fru {
                    fru_id: 0,
                    site: Some(site),
                    inventory: Vec::new(),
                    hot_swap_sensor: hot_swap.then_some(SensorAddress { lun: 0, number: 0 }),
                    hot_swap_state: hot_swap.then_some(4),
                    leds: 0b0011,
                };
                let picmg = Some(PicmgProperties {
                    version: 0x32,
                    fru_id_max: 0,
                });
                let device_id = bytes;
                let sdrs = Vec::new();
                shelf.push(Controller {
                    address,
                    device_id,
                    picmg,
                    sdrs,
                    frus: [fru].to_vec(),
                    abilities: Default::default(),
                });
            }
            ("sdr", Some(controller)) => controller.sdrs.push(bytes),
            ("fru", Some(controller)) => match site(words[2]) {
                0 => controller.frus[0].inventory = bytes,
                fru_id => controller.frus.push(Fru {
                    fru_id,
                    site: None,
                    inventory: bytes,
                    hot_swap_sensor: None,
                    hot_swap_state: None,
                    leds: 0,
                }),
            },
            other => panic!("{other:?}"),
        }
    }
    shelf
}

pub(super) fn inventory_of(address: u8) -> Vec<u8> {
    controllers()
        .iter()
        .find(|c| c.address == address)
        .unwrap()
        .frus[0]
        .inventory
        .clone()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text
        .as_bytes()
        .chunks(2)
        .map(|p| core::str::from_utf8(p).unwrap());
    pairs.map(|p| u8::from_str_radix(p, 16).unwrap()).collect()
}

fn discovered() -> Domain {
    let mut player = Player::new();
    player.play("shelf");
    player.domain
}

/// Nine resources beside the shelf itself, which says how it is cooled, how hot it is and whether
/// its information is valid: one for each controller (20h, two CMMs, three blades, fan tray, power
/// entry module) and the shelf FRU, which is FRU 254 of 20h. Twenty-eight sensors: 2 of 20h, 2 of
/// each CMM, 4 of each blade, 6 of the fan tray, 4 of the power entry module, hot swap sensors
/// included.
/// The same as OpenHPI finds there; three that no controller has tell of the CMMs.
#[test]
fn nine_resources_with_twenty_eight_sensors() {
    let domain = discovered();
    let line = |r: &crate::Resource| {
        let tag = r.rpt.tag.to_text();
        (
            r.rpt.resource.0,
            r.rpt.entity.to_string(),
            tag,
            r.sensor_records().count(),
        )
    };
    let table: Vec<_> = domain.resources().map(line).collect();
    let row = |id, path: &str, tag: &str, sensors| {
        let path = alloc::format!("{{ADVANCEDTCA_CHASSIS,1}}{path}");
        (id, path, tag.to_string(), sensors)
    };
    assert_eq!(
        table,
        [
            row(1, "{SHELF_MANAGER,0}", "ShMM", 5),
            row(2, "{SYSTEM_INVENTORY_DEVICE,0}", "Shelf FRU", 0),
            row(3, "{SHELF_MANAGER_SLOT,1}{SHELF_MANAGER,0}", "CMM1", 2),
            row(4, "{SHELF_MANAGER_SLOT,2}{SHELF_MANAGER,0}", "CMM2", 2),
            row(5, "{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}", "Blade1", 4),
            row(6, "{PHYSICAL_SLOT,2}{PICMG_FRONT_BLADE,0}", "Blade2", 4),
            row(7, "{PHYSICAL_SLOT,3}{PICMG_FRONT_BLADE,0}", "Blade3", 4),
            row(8, "{FAN_TRAY_SLOT,1}{COOLING_UNIT,0}", "FanTray1", 6),
            row(9, "{POWER_SLOT,1}{POWER_SUPPLY,0}", "PEM1", 4),
            row(4097, "", "Shelf", 3),
        ]
    );
    assert_eq!(
        domain.resources().map(|r| r.sensors.len()).sum::<usize>(),
        28
    );
}

/// Capabilities decide what clients offer; managed hot swap is for FRUs with a hot swap sensor.
#[test]
fn capabilities_follow_what_is_there() {
    let domain = discovered();
    let managed = domain
        .resources()
        .filter(|r| r.rpt.capabilities.has(Capabilities::MANAGED_HOTSWAP));
    assert_eq!(managed.count(), 7);
    let blade = domain
        .of_fru(FruAddress {
            address: 0x82,
            fru_id: 0,
        })
        .unwrap();
    let expected = Capabilities::RESOURCE
        .with(Capabilities::MANAGED_HOTSWAP)
        .with(Capabilities::FRU)
        .with(Capabilities::CONTROL)
        .with(Capabilities::POWER)
        .with(Capabilities::RESET)
        .with(Capabilities::INVENTORY_DATA)
        .with(Capabilities::RDR)
        .with(Capabilities::SENSOR);
    assert_eq!(blade.rpt.capabilities, expected);
    assert!(blade.has_indicator());
    assert_eq!(blade.hot_swap.unwrap().state, HotSwapState::Active);
    let shelf_fru = domain.resource(ResourceId(2)).unwrap();
    let expected = Capabilities::RESOURCE
        .with(Capabilities::INVENTORY_DATA)
        .with(Capabilities::RDR);
    assert_eq!(shelf_fru.rpt.capabilities, expected);
    assert_eq!(shelf_fru.inventory.areas.len(), 4);
}

/// A sensor whose events only all go off together says by that what of it can be set.
#[test]
fn a_sensor_is_turned_on_and_off_as_its_record_says() {
    // Byte 11 of a sensor record: sensor capabilities.
    let each = [
        (0, true, EventControl::PerEvent),
        (1, true, EventControl::ReadOnlyMasks),
        (2, false, EventControl::ReadOnly),
        (3, false, EventControl::ReadOnly),
    ];
    for (support, enable, events) in each {
        let mut blade = controllers().remove(0);
        for record in &mut blade.sdrs {
            record[11] = record[11] & !3 | support;
        }
        let fru = blade.frus[0].fru_id;
        let address = blade.address;
        let mut domain = Domain::new(1);
        let input = Input::ControllerAdded(blade);
        domain.apply(Pos::default(), &input, &mut Vec::new());
        let fru_id = fru;
        let resource = domain.of_fru(FruAddress { address, fru_id }).unwrap();
        let (_, rec) = resource.sensor_records().next().unwrap();
        let set = (rec.enable_control, rec.event_control);
        assert_eq!(set, (enable, events), "{support}");
    }
}

/// Records in HPI's words, against what OpenHPI shows of the same chassis.
#[test]
fn a_sensor_record_says_what_clients_print() {
    let domain = discovered();
    let blade = domain
        .of_fru(FruAddress {
            address: 0x82,
            fru_id: 0,
        })
        .unwrap();
    let rdr = blade.rdr_of(RdrType::Sensor, 1).unwrap();
    assert_eq!(rdr.id, TextBuffer::english("B1 CPU Temp"));
    let (_, rec) = blade
        .sensor_records()
        .find(|(_, rec)| rec.num == 1)
        .unwrap();
    assert_eq!(
        (rec.kind, rec.category),
        (SensorType::Temperature, EventCategory::Threshold)
    );
    let format = rec.data_format.unwrap();
    assert_eq!(format.base_units, SensorUnits::DegreesC);
    assert_eq!(format.range.max_micro, Some(255_000_000));
    assert_eq!(format.range.min_micro, Some(0));
    assert_eq!(format.range.nominal_micro, Some(45_000_000));
    assert_eq!(format.range.normal_max_micro, Some(65_000_000));
    assert_eq!(format.range.normal_min_micro, Some(25_000_000));
    assert_eq!(
        rec.thresholds.readable.0, 0xfb,
        "all but the lower critical one"
    );
    assert_eq!(rec.events.0, 0x3b);
    let (_, hot_swap) = blade
        .sensor_records()
        .find(|(_, rec)| rec.num == 0)
        .unwrap();
    assert_eq!(
        (hot_swap.kind, hot_swap.category),
        (SensorType::Oem, EventCategory::SensorSpecific)
    );
    assert_eq!(blade.sensors[&0].asserted.0, 1 << 4, "M4");
    assert_eq!(
        blade.rdr_of(RdrType::Control, 0).unwrap().id,
        TextBuffer::english("Blue LED")
    );
    assert_eq!(blade.rdr_of(RdrType::Control, 2), None);
    assert_eq!(
        blade.rdr(1).map(|r| &r.id),
        Some(&TextBuffer::english("HS Blade1"))
    );
    assert_eq!(blade.rdr(0), None);
}

/// Inventory with a bad checksum is shown as such, and identifies nothing.
#[test]
fn damaged_inventory_is_shown_and_not_believed() {
    let mut controller = controllers()
        .into_iter()
        .find(|c| c.address == 0x82)
        .unwrap();
    let serial = find(&controller.frus[0].inventory, b"BLD-0001");
    controller.frus[0].inventory[serial] ^= 0x20;
    let mut domain = Domain::new(1);
    domain.apply(
        Pos::default(),
        &Input::ControllerAdded(controller),
        &mut Vec::new(),
    );
    let blade = domain.resources().next().unwrap();
    assert_eq!(blade.inventory.defects, ["board: bad checksum"]);
    assert_eq!(blade.inventory.areas.len(), 3);
    assert_eq!(blade.identity.board_serial_number, None);
    assert_eq!(
        blade.identity.product_serial_number.as_deref(),
        Some("BLD-0001")
    );
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|w| w == what).unwrap()
}

/// A board whose inventory was written stays the same board, also when it is discovered again.
#[test]
fn a_written_inventory_makes_no_other_board() {
    check(
        "
added 82
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
user 7 open
  OK
user 7 idr-written 1
  written 82 0
  event 1 INFORMATIONAL: RESOURCE_UPDATED
  OK
user 7 idr-written 1
  OK
added 82 other-board
",
    );
}

/// Records that cannot be read take no other sensor with them.
#[test]
fn truncated_records_are_left_out() {
    let mut controller = controllers()
        .into_iter()
        .find(|c| c.address == 0x82)
        .unwrap();
    controller.sdrs[2].truncate(20);
    let mut domain = Domain::new(1);
    domain.apply(
        Pos::default(),
        &Input::ControllerAdded(controller),
        &mut Vec::new(),
    );
    let blade = domain.resources().next().unwrap();
    assert_eq!(blade.sensors.keys().copied().collect::<Vec<_>>(), [0, 2, 3]);
}

/// The table is walked as `saHpiRptEntryGet` does.
#[test]
fn the_table_is_walked_in_order() {
    let domain = discovered();
    let mut at = None;
    let mut seen = String::new();
    while let Some(resource) = domain.next_resource(at) {
        at = Some(resource.rpt.resource);
        seen.push_str(&resource.rpt.resource.0.to_string());
    }
    assert_eq!(seen, "1234567894097");
    // Nine that came, and the shelf, which has an address then, and fans.
    assert_eq!(domain.info().rpt_update_count, 11);
}

/// The log is bounded, and says that it lost entries.
#[test]
fn a_full_log_loses_its_oldest_entries() {
    let mut player = Player::new();
    player.play("shelf");
    for _ in 0..EVENT_LOG_MAX / 2 {
        let at = Pos {
            index: 1,
            time: Time(1),
        };
        {
            let address = 0x82;
            player
                .domain
                .apply(at, &Input::ControllerFailed { address }, &mut Vec::new());
            player
                .domain
                .apply(at, &Input::ControllerRestored { address }, &mut Vec::new());
        }
    }
    let log = player.domain.event_log();
    assert!(log.overflowed());
    assert_eq!(log.len(), EVENT_LOG_MAX);
    assert_eq!(log.entry(1), None);
    let last = log.entries().next_back().unwrap().id;
    assert_eq!(last, EVENT_LOG_MAX + 11);
    let clear = UserCall::EventLog(ResourceId::UNSPECIFIED, LogCall::Clear);
    for call in [UserCall::SessionOpen, clear] {
        let (tag, session) = (1, SessionId(1));
        let input = Input::User { tag, session, call };
        player.domain.apply(Pos::default(), &input, &mut Vec::new());
    }
    assert!(!player.domain.event_log().overflowed());
    assert_eq!(player.domain.event_log().entries().count(), 0);
}

/// Opened handle, deactivation by us, out, in again: the resource has its old id.
#[test]
fn a_blade_is_extracted_and_comes_back() {
    check(
        "
added 82 M4
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
m-state 82 4 5 2
  event 1 INFORMATIONAL: ACTIVE -> EXTRACTION_PENDING (OPERATOR_INIT)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: ACTIVE -> EXTRACTION_PENDING
# The same event, from the SEL.
m-state 82 4 5 2
set-inactive {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}
  order: Deactivate(FruAddress { address: 130, fru_id: 0 })
m-state 82 5 6 1
# Repeated after a restart: it is under way.
set-inactive {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}
m-state 82 6 1 0
  event 1 INFORMATIONAL: EXTRACTION_PENDING -> INACTIVE (AUTO_POLICY)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: EXTRACTION_PENDING -> INACTIVE
m-state 82 1 0 0
  event 1 INFORMATIONAL: INACTIVE -> NOT_PRESENT (AUTO_POLICY)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: removed
removed 82
# Of a FRU that is not discovered the discovery will tell.
m-state 82 0 1 0
added 84 M4
  event 2 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,2}{PICMG_FRONT_BLADE,0}: added BLD-0002 ACTIVE
added 82 M2
  event 1 INFORMATIONAL: NOT_PRESENT -> INSERTION_PENDING (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 INSERTION_PENDING
set-active {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}
  order: Activate(FruAddress { address: 130, fru_id: 0 })
m-state 82 2 3 1
m-state 82 3 4 0
  event 1 INFORMATIONAL: INSERTION_PENDING -> ACTIVE (AUTO_POLICY)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: INSERTION_PENDING -> ACTIVE
",
    );
}

/// A module that goes while its carrier's controller stays comes back without another discovery.
#[test]
fn a_fru_returns_while_its_controller_stays() {
    check(
        "
added 82 M0
# Not there: nothing to order.
set-active {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}
  action failed: NoSuchResource
m-state 82 0 1 0
  event 1 INFORMATIONAL: NOT_PRESENT -> INACTIVE (AUTO_POLICY)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 INACTIVE
m-state 82 1 0 0
  event 1 INFORMATIONAL: INACTIVE -> NOT_PRESENT (AUTO_POLICY)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: removed
m-state 82 0 2 2
  event 1 INFORMATIONAL: NOT_PRESENT -> INSERTION_PENDING (OPERATOR_INIT)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 INSERTION_PENDING
",
    );
}

/// What the shelf manager gives back names the action that failed.
#[test]
fn actions_have_numbers() {
    let fru = FruAddress {
        address: 0x82,
        fru_id: 254,
    };
    for action in [
        ShelfAction::Activate(fru),
        ShelfAction::Deactivate(fru),
        ShelfAction::Unlock(fru),
        ShelfAction::Power { fru, on: true },
        ShelfAction::Power { fru, on: false },
        ShelfAction::Reset(fru),
        ShelfAction::Indicator { fru, on: true },
        ShelfAction::Release(fru),
    ] {
        assert_eq!(ShelfAction::from_tag(action.tag()), Some(action));
    }
    for strange in [0, 8 << 24, 1 << 24 | 1 << 16, 1 << 56 | 1 << 24, u64::MAX] {
        assert_eq!(ShelfAction::from_tag(strange), None, "{strange:x}");
    }
}

/// What is pulled without a word is gone at once, and that is major.
#[test]
fn a_surprise_extraction() {
    check(
        "
added 82 M4
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
removed 82
  event 1 MAJOR: ACTIVE -> NOT_PRESENT (SURPRISE_EXTRACTION)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: removed
removed 82
set-active {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}
  action failed: NoSuchResource
",
    );
}

/// A refused extraction goes back from M5 to M4; an order out of season is refused.
#[test]
fn an_extraction_is_refused() {
    check(
        "
added 82 M5
  event 1 INFORMATIONAL: NOT_PRESENT -> EXTRACTION_PENDING (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 EXTRACTION_PENDING
set-active {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}
  order: Activate(FruAddress { address: 130, fru_id: 0 })
m-state 82 5 4 1
  event 1 INFORMATIONAL: EXTRACTION_PENDING -> ACTIVE (AUTO_POLICY)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: EXTRACTION_PENDING -> ACTIVE
set-active {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}
  action failed: InvalidState
request extraction {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}
  order: Deactivate(FruAddress { address: 130, fru_id: 0 })
shelf-failed-deactivate 82
  action failed: NoResponse
shelf-failed-deactivate 82
power off {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}
  order: Power { fru: FruAddress { address: 130, fru_id: 0 }, on: false }
reset {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}
  order: Reset(FruAddress { address: 130, fru_id: 0 })
shelf-done-reset 82
  action done: reset
shelf-done-reset 82
",
    );
}

/// Lost contact (M7) is a failure of the resource, not its absence.
#[test]
fn lost_contact_and_back() {
    check(
        "
added 82 M4
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
m-state 82 4 7 4
  event 1 MAJOR: RESOURCE_FAILURE
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: failed
failed 82
restored 82
  event 1 MAJOR: RESOURCE_RESTORED
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: restored
failed 82
  event 1 MAJOR: RESOURCE_FAILURE
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: failed
m-state 82 7 5 4
  event 1 MAJOR: RESOURCE_RESTORED
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: restored
  event 1 INFORMATIONAL: ACTIVE -> EXTRACTION_PENDING (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: ACTIVE -> EXTRACTION_PENDING
",
    );
}

/// After a restart everything is discovered again: only differences are told.
#[test]
fn a_second_discovery_tells_what_changed() {
    check(
        "
added 82 M4
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0001 ACTIVE
added 82 M4
added 82 M5
  event 1 INFORMATIONAL: ACTIVE -> EXTRACTION_PENDING (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: ACTIVE -> EXTRACTION_PENDING
# Another board in the same slot is another thing.
added 82 M4 other-board
  event 1 MAJOR: EXTRACTION_PENDING -> NOT_PRESENT (SURPRISE_EXTRACTION)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: removed
  event 1 INFORMATIONAL: NOT_PRESENT -> ACTIVE (UNKNOWN)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: added BLD-0002 ACTIVE
added 82 M0
  event 1 MAJOR: ACTIVE -> NOT_PRESENT (SURPRISE_EXTRACTION)
  notice {ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}: removed
",
    );
}

/// Beyond a threshold the milder ones are crossed too; the same event twice counts once.
#[test]
fn threshold_events_keep_the_sensor_s_states() {
    check(
        "
added 20 same
  event 1 INFORMATIONAL: RESOURCE_ADDED
  notice {ADVANCEDTCA_CHASSIS,1}{SHELF_MANAGER,0}: added SHM0001 unmanaged
  event 2 INFORMATIONAL: RESOURCE_ADDED
  notice {ADVANCEDTCA_CHASSIS,1}{SYSTEM_INVENTORY_DEVICE,0}: added SHELF001 unmanaged
  event 4097 INFORMATIONAL: RESOURCE_UPDATED
sensor 20 01 01 asserted 59 5a 55
  event 1 MAJOR: sensor 1 entered 10, states 00 -> 18, read Some(Micro(90000000))
sensor 20 01 01 asserted 59 5a 55
sensor 20 01 01 deasserted 57 45 46
  event 1 MINOR: sensor 1 left 08, states 18 -> 00, read Some(Micro(69000000))
# Discrete: the sensor says which state.
sensor 20 02 6f asserted 01 ff ff
  event 1 INFORMATIONAL: sensor 2 entered 02, states 00 -> 02, read None
# Of a sensor that is not known, or of another kind than its record says.
sensor 20 77 01 asserted 59 5a 55
sensor 20 01 6f asserted 01 ff ff
",
    );
}

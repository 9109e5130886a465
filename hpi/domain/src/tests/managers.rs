//! Which CMMs serve the shelf, and what users hear of it. Resource 1 is the shelf manager at 20h.

use super::{Player, check};
use crate::{Domain, SensorInput};
use alloc::string::ToString;
use alloc::vec::Vec;
use hpi_model::{HpiError, Reading, ResourceId};

fn manager(domain: &Domain) -> &crate::Resource {
    domain.resource(ResourceId(1)).unwrap()
}

/// States of redundancy, and states and readings of the active and the standby CMM.
fn read(player: &Player) -> (u16, [(u16, u64); 2]) {
    let manager = manager(&player.domain);
    let seat = |num| match manager.kept_reading(num).unwrap() {
        (Some(Reading::Uint64(resource)), states) => (states.0, resource),
        other => panic!("{other:?}"),
    };
    let (reading, redundancy) = manager.kept_reading(0x1001).unwrap();
    assert_eq!(reading, None);
    (redundancy.0, [seat(0x1002), seat(0x1003)])
}

const NOBODY_KNOWS: u64 = 0xffff_ffff;

/// The first standby, its takeover, and its return; then a switch.
#[test]
fn a_takeover_is_told_even_though_somebody_is_active_before_and_after() {
    check(
        "
managers 1 -
added 20
  event 1 INFORMATIONAL: RESOURCE_ADDED
  notice {ADVANCEDTCA_CHASSIS,1}{SHELF_MANAGER,0}: added SHM0001 unmanaged
  event 2 INFORMATIONAL: RESOURCE_ADDED
  notice {ADVANCEDTCA_CHASSIS,1}{SYSTEM_INVENTORY_DEVICE,0}: added SHELF001 unmanaged
  event 4097 INFORMATIONAL: RESOURCE_UPDATED
managers 1 -
managers 1 2
  event 1 INFORMATIONAL: sensor 4097 works, events on, told 31 00, states 10
  event 1 INFORMATIONAL: sensor 4097 entered 01, states 10 -> 01, read None
  event 1 INFORMATIONAL: sensor 4099 entered 02, states 01 -> 02, read Some(Uint64(4294967295))
managers 2 -
  event 1 MINOR: sensor 4097 entered 10, states 01 -> 10, read None
  event 1 INFORMATIONAL: sensor 4099 entered 01, states 02 -> 01, read Some(Uint64(4294967295))
  event 1 INFORMATIONAL: sensor 4098 entered 02, states 02 -> 02, read Some(Uint64(4294967295))
managers 2 1
  event 1 INFORMATIONAL: sensor 4097 entered 01, states 10 -> 01, read None
  event 1 INFORMATIONAL: sensor 4099 entered 02, states 01 -> 02, read Some(Uint64(4294967295))
managers 1 2
  event 1 INFORMATIONAL: sensor 4098 entered 02, states 02 -> 02, read Some(Uint64(4294967295))
  event 1 INFORMATIONAL: sensor 4099 entered 02, states 02 -> 02, read Some(Uint64(4294967295))
",
    );
}

/// The reading is the board in the slot of that number, once it is there.
#[test]
fn a_cmm_is_the_board_in_its_slot() {
    let mut player = Player::new();
    player.play("managers 1 2");
    player.play("added 20");
    let seen = read(&player);
    assert_eq!(seen, (0x01, [(2, NOBODY_KNOWS), (2, NOBODY_KNOWS)]));
    player.play("shelf");
    let slot = |at: usize| {
        let resources = player.domain.resources().map(|it| &it.rpt);
        let path = alloc::format!("{{SHELF_MANAGER_SLOT,{at}}}{{SHELF_MANAGER,0}}");
        let mut found = resources.filter(|it| it.entity.to_string().ends_with(&path));
        u64::from(found.next().unwrap().resource.0)
    };
    let slots = [slot(1), slot(2)];
    assert_eq!(read(&player), (0x01, [(2, slots[0]), (2, slots[1])]));
    player.play("managers 2 -");
    assert_eq!(read(&player), (0x10, [(2, slots[1]), (1, NOBODY_KNOWS)]));
}

/// Discovered again, it goes on; gone and back, it begins as things are.
#[test]
fn the_sensors_stay_with_their_resource() {
    let mut player = Player::new();
    player.play("shelf");
    player.play("managers 1 2");
    player.play("user 1 open");
    player.play("user 1 sensor 1 4098 events off");
    player.play("added 20");
    let told = |player: &Player| {
        manager(&player.domain)
            .kept_sensor(0x1002)
            .unwrap()
            .1
            .settings
    };
    assert!(!told(&player).events_enabled, "as users set it");
    let known: Vec<SensorInput> = {
        let manager = manager(&player.domain);
        manager.kept.sensors.values().map(|it| it.input).collect()
    };
    player.play("removed 20");
    player.play("added 20");
    assert!(told(&player).events_enabled);
    let manager = manager(&player.domain);
    let again: Vec<SensorInput> = manager.kept.sensors.values().map(|it| it.input).collect();
    assert_eq!(again, known);
    let redundancy = manager.kept_sensor(0x1001).unwrap().1.settings;
    assert!(redundancy.events_enabled, "it has had a standby");
}

/// A shelf with one CMM lacks nothing; one that lost its standby does.
#[test]
fn lost_redundancy_is_an_alarm() {
    let mut player = Player::new();
    player.play("shelf");
    player.play("managers 1 -");
    let alarms = |player: &Player| player.domain.alarms().entries().iter().count();
    assert_eq!(alarms(&player), 0);
    player.play("managers 1 2");
    assert_eq!(alarms(&player), 0);
    player.play("managers 2 -");
    assert_eq!(alarms(&player), 1);
    player.play("managers 2 1");
    assert_eq!(alarms(&player), 0);
}

#[test]
fn a_pulse_lets_the_standby_take_over_where_there_is_one() {
    check(
        "
managers 1 -
user 1 open
  OK
added 20
  event 1 INFORMATIONAL: RESOURCE_ADDED
  notice {ADVANCEDTCA_CHASSIS,1}{SHELF_MANAGER,0}: added SHM0001 unmanaged
  event 2 INFORMATIONAL: RESOURCE_ADDED
  notice {ADVANCEDTCA_CHASSIS,1}{SYSTEM_INVENTORY_DEVICE,0}: added SHELF001 unmanaged
  event 4097 INFORMATIONAL: RESOURCE_UPDATED
user 1 control 1 4112 manual pulse-on
  INVALID_REQUEST
managers 1 2
  event 1 INFORMATIONAL: sensor 4097 works, events on, told 31 00, states 10
  event 1 INFORMATIONAL: sensor 4097 entered 01, states 10 -> 01, read None
  event 1 INFORMATIONAL: sensor 4099 entered 02, states 01 -> 02, read Some(Uint64(4294967295))
user 1 control 1 4112 manual pulse-on
  the standby is to take over
  OK
user 1 control 1 4112 manual pulse-off
  INVALID_REQUEST
user 1 control 1 4112 manual on
  UNSUPPORTED_PARAMS
user 1 control 1 4112 manual discrete 1
  INVALID_DATA
user 1 control 1 4112 auto
  READ_ONLY
",
    );
    let mut player = Player::new();
    player.play("shelf");
    let (_, kept) = manager(&player.domain).kept_control(0x1010).unwrap();
    assert_eq!(kept.mode, hpi_model::instrument::ControlMode::Manual);
    assert_eq!(
        manager(&player.domain).kept_control(0x1201).err(),
        Some(HpiError::NotPresent)
    );
}

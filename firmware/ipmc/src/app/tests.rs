//! What a controller tells about itself.

use super::*;
use crate::tests::{Play, blade_config};
use ipmi::command::picmg::SetPowerLevel;

#[test]
fn identity() {
    let mut config = blade_config();
    let mut play = Play::new(config.clone());
    assert_eq!(play.ask(&GetDeviceGuid {}), Err(0xc1));
    config.guid = Some(*b"0123456789abcdef");
    let mut play = Play::new(config);
    let found = play.ask(&GetDeviceGuid {}).unwrap();
    assert_eq!(found.guid, *b"0123456789abcdef");
}

/// States follow payload power until somebody tells them, and again when that changes.
#[test]
fn acpi_states() {
    let mut config = blade_config();
    config.hot_swap.as_mut().unwrap().is_active = true;
    let mut play = Play::new(config);
    let states = |play: &mut Play| {
        let found = play.ask(&GetAcpiPowerState {}).unwrap();
        (found.system, found.device)
    };
    let set = |system, device| SetAcpiPowerState { system, device };
    assert_eq!(states(&mut play), (0, 0));
    assert_eq!(play.ask(&set(0x83, 0x81)), Ok(Empty {}));
    assert_eq!(states(&mut play), (3, 1));
    // Nothing is set without the bit, nor by "no change".
    assert_eq!(play.ask(&set(0x05, 0x02)), Ok(Empty {}));
    assert_eq!(play.ask(&set(0xff, 0xff)), Ok(Empty {}));
    assert_eq!(states(&mut play), (3, 1));
    // States that there are not: neither of the two is taken.
    assert_eq!(play.ask(&set(0x84, 0x84)), Err(0xcc));
    assert_eq!(play.ask(&set(0x8c, 0x82)), Err(0xcc));
    assert_eq!(states(&mut play), (3, 1));
    assert_eq!(play.ask(&set(0xaa, 0xaa)), Ok(Empty {}));
    assert_eq!(states(&mut play), (0x2a, 0x2a));
    let off = SetPowerLevel {
        fru_id: 0,
        level: 0,
        copy: 0,
    };
    play.ask_all(&off).0.unwrap();
    assert_eq!(states(&mut play), (5, 0x2a));
}

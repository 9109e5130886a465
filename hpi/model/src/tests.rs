//! Names, numbers and texts against what `SaHpi.h` and OpenHPI's clients show.

use crate::entity::{self, ADVANCEDTCA_CHASSIS, PHYSICAL_SLOT, PICMG_FRONT_BLADE};
use crate::{
    EntityPath, EntityPathError, EventCategory, HpiError, SensorType, SensorUnits, TextBuffer,
    TextType, Thresholds,
};
use alloc::string::ToString;
use alloc::vec;

/// One blade, written in every way that sites write it.
#[test]
fn entity_paths_are_read_in_both_forms_and_both_orders() {
    let blade = EntityPath::root_first(&[
        (ADVANCEDTCA_CHASSIS, 2),
        (PHYSICAL_SLOT, 3),
        (PICMG_FRONT_BLADE, 0),
    ]);
    for text in [
        "{ADVANCEDTCA_CHASSIS,2}{PHYSICAL_SLOT,3}{PICMG_FRONT_BLADE,0}",
        "{PICMG_FRONT_BLADE,0}{PHYSICAL_SLOT,3}{ADVANCEDTCA_CHASSIS,2}",
        "ADVANCEDTCA_CHASSIS.2,PHYSICAL_SLOT.3,PICMG_FRONT_BLADE.0",
        "PICMG_FRONT_BLADE.0,PHYSICAL_SLOT.3,ADVANCEDTCA_CHASSIS.2",
        "PICMG_FRONT_BLADE.0,PHYSICAL_SLOT.3,ADVANCEDTCA_CHASSIS.2,ROOT.0",
        " SAHPI_ENT_ADVANCEDTCA_CHASSIS.2, SAHPI_ENT_PHYSICAL_SLOT.3, 65558.0 ",
    ] {
        assert_eq!(EntityPath::parse(text).as_ref(), Ok(&blade), "{text}");
    }
    assert_eq!(
        blade.0[0].kind, PICMG_FRONT_BLADE,
        "leaf first, as HPI stores it"
    );
    assert_eq!(
        blade.to_string(),
        "{ADVANCEDTCA_CHASSIS,2}{PHYSICAL_SLOT,3}{PICMG_FRONT_BLADE,0}"
    );
    assert_eq!(
        blade.comma_form(),
        "ADVANCEDTCA_CHASSIS.2,PHYSICAL_SLOT.3,PICMG_FRONT_BLADE.0"
    );
    assert_eq!(blade.to_string().parse(), Ok(blade.clone()));
    assert!(blade.is_below(&blade.parent().unwrap()));
    assert!(!blade.is_below(&blade));
}

/// A slot contains a blade even where no chassis is named.
#[test]
fn a_slot_stands_above_its_blade() {
    let path = EntityPath::parse("SWITCH_BLADE.0,PHYSICAL_SLOT.1").unwrap();
    assert_eq!(path.to_string(), "{PHYSICAL_SLOT,1}{SWITCH_BLADE,0}");
}

/// A wrong text is refused with what is wrong.
#[test]
fn bad_entity_paths_say_why() {
    let refused = |text: &str| EntityPath::parse(text).unwrap_err();
    assert!(matches!(refused(""), EntityPathError::Syntax(_)));
    assert!(matches!(refused("{"), EntityPathError::Syntax(_)));
    assert!(matches!(refused("{SWITCH,1"), EntityPathError::Syntax(_)));
    assert!(matches!(
        refused("{SWITCH,1}x{SWITCH,1}"),
        EntityPathError::Syntax(_)
    ));
    assert!(matches!(refused("SWITCH"), EntityPathError::Syntax(_)));
    assert!(matches!(refused("SWITCH.-1"), EntityPathError::Syntax(_)));
    assert!(matches!(refused("ROOT.0"), EntityPathError::Syntax(_)));
    assert_eq!(
        refused("TOASTER.1"),
        EntityPathError::UnknownType("TOASTER".to_string())
    );
    assert_eq!(
        refused(&vec!["SWITCH.1"; 17].join(",")),
        EntityPathError::TooLong
    );
    assert!(EntityPath::parse(&vec!["SWITCH.1"; 16].join(",")).is_ok());
}

/// The table is searched by halves, so it must be in order; frozen numbers from `SaHpi.h`.
#[test]
fn entity_types_have_their_numbers() {
    assert_eq!(entity::name(0x17), Some("SYSTEM_CHASSIS"));
    assert_eq!(entity::name(0x94), Some("FAN_TRAY_SLOT"));
    assert_eq!(entity::name(0x10016), Some("PICMG_FRONT_BLADE"));
    assert_eq!(entity::name(0x1003e), Some("MICROTCA_CHASSIS"));
    assert_eq!(entity::name(0x55), None);
    assert_eq!(entity::by_name("SAHPI_ENT_SWITCH_BLADE"), Some(0x10007));
    for kind in 0..0x1_1000 {
        if let Some(name) = entity::name(kind) {
            assert_eq!(entity::by_name(name), Some(kind), "{name}");
        }
    }
}

/// Codes and words that C callers and OpenHPI's clients see.
#[test]
fn numbers_are_the_c_abi() {
    assert_eq!(HpiError::UnsupportedApi.code(), -1002);
    assert_eq!(HpiError::NotPresent.code(), -1011);
    assert_eq!(HpiError::ALL.len(), 23);
    assert_eq!(SensorUnits::from_number(18), Some(SensorUnits::Rpm));
    for (at, units) in SensorUnits::ALL.iter().enumerate() {
        assert_eq!(units.number() as usize, at);
    }
    assert_eq!(SensorType::from_ipmi(0xf0), SensorType::Oem);
    assert_eq!(SensorType::from_ipmi(0x12), SensorType::SystemEvent);
    assert_eq!(
        EventCategory::from_ipmi(0x6f),
        EventCategory::SensorSpecific
    );
    assert_eq!(EventCategory::from_ipmi(0x01), EventCategory::Threshold);
}

/// Texts come from boards in several encodings.
#[test]
fn texts_read_for_people() {
    assert_eq!(TextBuffer::english("ShMM °").to_text(), "ShMM °");
    assert_eq!(TextBuffer::english(&"x".repeat(300)).data.len(), 255);
    let utf16 = TextBuffer {
        data_type: TextType::Unicode,
        language: 0,
        data: vec![0x41, 0, 0xac, 0x20],
    };
    assert_eq!(utf16.to_text(), "A€");
    let binary = TextBuffer {
        data_type: TextType::Binary,
        language: 0,
        data: vec![1, 0xab],
    };
    assert_eq!(binary.to_text(), "01ab");
}

/// Unset thresholds do not count.
#[test]
fn thresholds_must_stand_in_order() {
    let mut set = Thresholds {
        low_minor_micro: Some(5),
        up_critical_micro: Some(95),
        ..Thresholds::default()
    };
    assert!(set.in_order());
    set.up_minor_micro = Some(96);
    assert!(!set.in_order());
}

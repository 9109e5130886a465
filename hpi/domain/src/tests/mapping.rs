//! The mapping of ATCA.

use crate::mapping::{Place, hot_swap_cause, hot_swap_state};
use crate::{Domain, FruAddress, Input};
use alloc::string::ToString;
use alloc::vec::Vec;
use hpi_model::{HotSwapCause, HotSwapState as H};
use ipmi::description::{Controller, Fru, Site};
use machine::{Machine, Pos};

/// Source: SAIM-HPI-B.03.02-xTCA; M3 → M6 → M1 never was active.
#[test]
fn m_states_are_hot_swap_states() {
    let plain = [
        H::NotPresent,
        H::Inactive,
        H::InsertionPending,
        H::InsertionPending,
        H::Active,
    ];
    for (m_state, state) in (0..).zip(plain) {
        assert_eq!(hot_swap_state(m_state, None), Some(state), "M{m_state}");
    }
    assert_eq!(
        hot_swap_state(5, Some(H::Active)),
        Some(H::ExtractionPending)
    );
    assert_eq!(
        hot_swap_state(6, Some(H::Active)),
        Some(H::ExtractionPending)
    );
    assert_eq!(
        hot_swap_state(6, Some(H::InsertionPending)),
        Some(H::InsertionPending)
    );
    assert_eq!(hot_swap_state(7, None), None);
    assert_eq!(hot_swap_cause(2), HotSwapCause::OperatorInit);
    assert_eq!(hot_swap_cause(9), HotSwapCause::UnexpectedDeactivation);
    assert_eq!(hot_swap_cause(0x0f), HotSwapCause::Unknown);
}

/// Modules stand in a slot of their carrier.
#[test]
fn places_become_paths() {
    let site = |kind, number| Site {
        hardware_address: 0x41,
        number,
        kind,
    };
    let path = |fru_id, own: Option<Site>, entity_id| {
        let fru = FruAddress {
            address: 0x82,
            fru_id,
        };
        let carrier_site = Some(site(0, 1));
        let place = Place {
            shelf_number: 2,
            fru,
            site: own,
            carrier_site,
            entity_id,
        };
        place.path().to_string()
    };
    assert_eq!(
        path(0, Some(site(0, 7)), None),
        "{ADVANCEDTCA_CHASSIS,2}{PHYSICAL_SLOT,7}{PICMG_FRONT_BLADE,0}"
    );
    assert_eq!(
        path(3, Some(site(7, 2)), None),
        "{ADVANCEDTCA_CHASSIS,2}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}{AMC_SLOT,2}{AMC,0}"
    );
    assert_eq!(
        path(1, Some(site(9, 1)), None),
        "{ADVANCEDTCA_CHASSIS,2}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}{RTM_SLOT,1}{BACK_PANEL_BOARD,0}"
    );
    assert_eq!(
        path(0, Some(site(1, 1)), Some(0x14)),
        "{ADVANCEDTCA_CHASSIS,2}{POWER_SLOT,1}{POWER_MODULE,0}"
    );
    assert_eq!(path(0, None, None), "{ADVANCEDTCA_CHASSIS,2}{IPMC,33280}");
    assert_eq!(
        path(5, None, None),
        "{ADVANCEDTCA_CHASSIS,2}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}{OTHER,33285}"
    );
}

/// Two controllers that claim one site do not hide each other; removing a carrier removes its
/// modules first.
#[test]
fn places_are_never_shared() {
    let fru = |fru_id, kind| Fru {
        fru_id,
        site: Some(Site {
            hardware_address: 0x41,
            number: 1,
            kind,
        }),
        inventory: Vec::new(),
        hot_swap_sensor: None,
        hot_swap_state: None,
        leds: 0,
    };
    let controller = |address| Controller {
        address,
        device_id: Vec::new(),
        picmg: None,
        sdrs: Vec::new(),
        frus: [fru(0, 0), fru(1, 7)].to_vec(),
        abilities: Default::default(),
    };
    let mut domain = Domain::new(1);
    for address in [0x82, 0x84, 0x82, 0x84] {
        domain.apply(
            Pos::default(),
            &Input::ControllerAdded(controller(address)),
            &mut Vec::new(),
        );
    }
    let paths: Vec<_> = domain
        .resources()
        .map(|r| r.rpt.entity.to_string())
        .collect();
    assert_eq!(
        paths,
        [
            "{ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}",
            "{ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}{AMC_SLOT,1}{AMC,0}",
            "{ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,33792}",
            "{ADVANCEDTCA_CHASSIS,1}{PHYSICAL_SLOT,1}{PICMG_FRONT_BLADE,0}{AMC_SLOT,1}{AMC,33793}",
            "{ADVANCEDTCA_CHASSIS,1}",
        ]
    );
    domain.apply(
        Pos::default(),
        &Input::ControllerRemoved { address: 0x84 },
        &mut Vec::new(),
    );
    assert_eq!(domain.resources().count(), 3);
}

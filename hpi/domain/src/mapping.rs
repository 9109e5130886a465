//! ATCA in HPI's words: where FRUs stand in the entity tree, hot swap states, causes.
//!
//! Source: SAIM-HPI-B.03.02-xTCA; PICMG 3.0 R3.0 Table 3-20 and the FRU hot swap event.

use crate::FruAddress;
use alloc::vec;
use alloc::vec::Vec;
use hpi_model::entity::{
    ADD_IN_CARD, ADVANCEDTCA_CHASSIS, ALARM_MANAGER, ALARM_SLOT, AMC, AMC_SLOT, BACK_PANEL_BOARD,
    CARRIER_MANAGER, CARRIER_MANAGER_SLOT, COOLING_UNIT, FAN_FILTER_TRAY_SLOT, FAN_TRAY_SLOT,
    FILTRATION_UNIT, IPMC, OTHER, PHYSICAL_SLOT, PICMG_FRONT_BLADE, PMC_SLOT, POWER_MODULE,
    POWER_SLOT, POWER_SUPPLY, POWER_UNIT, RTM_SLOT, SHELF_FRU_DEVICE_SLOT, SHELF_MANAGER,
    SHELF_MANAGER_SLOT, SYSTEM_INVENTORY_DEVICE,
};
use hpi_model::{EntityPath, HotSwapCause, HotSwapState, Severity};
use ipmi::description::Site;

/// IPMB-0 address of the active shelf manager.
pub(crate) const SHELF_MANAGER_ADDRESS: u8 = 0x20;

/// FRU device id under which the shelf manager gives the shelf FRU. Source: PICMG 3.0 R3.0 §3.6.
pub(crate) const SHELF_FRU_ID: u8 = 254;

/// M7: communication lost.
pub const M_STATE_LOST: u8 = 7;

/// Site type of devices that hold shelf FRU information. Source: PICMG 3.0 R3.0, Get Address Info.
const SITE_SHELF_FRU: u8 = 2;

/// Site types of PICMG's Get Address Info that stand in a slot of their carrier, not of the
/// chassis.
const SITE_AMC: u8 = 7;
const SITE_PMC: u8 = 8;
const SITE_RTM: u8 = 9;

/// Hot swap state of an M-state (0–6); `was` is the state that was reported last.
///
/// A FRU that goes from M3 to M6 and M1 never was active: it is reported from insertion pending to
/// inactive. `None` for M7 and numbers that are no state.
pub fn hot_swap_state(m_state: u8, was: Option<HotSwapState>) -> Option<HotSwapState> {
    match (m_state, was) {
        (0, _) => Some(HotSwapState::NotPresent),
        (1, _) => Some(HotSwapState::Inactive),
        (2 | 3, _) | (6, Some(HotSwapState::InsertionPending)) => {
            Some(HotSwapState::InsertionPending)
        }
        (4, _) => Some(HotSwapState::Active),
        (5 | 6, _) => Some(HotSwapState::ExtractionPending),
        _ => None,
    }
}

/// HPI's cause for PICMG's.
pub fn hot_swap_cause(cause: u8) -> HotSwapCause {
    match cause {
        0 | 1 => HotSwapCause::AutoPolicy,
        2 => HotSwapCause::OperatorInit,
        3 => HotSwapCause::ExtSoftware,
        6 => HotSwapCause::SurpriseExtraction,
        7 => HotSwapCause::UserUpdate,
        8 => HotSwapCause::ExtractionUpdate,
        9 => HotSwapCause::UnexpectedDeactivation,
        _ => HotSwapCause::Unknown,
    }
}

/// What is known of a FRU's place.
pub(crate) struct Place {
    pub(crate) shelf_number: u32,
    pub(crate) fru: FruAddress,
    /// Its own site.
    pub(crate) site: Option<Site>,
    /// The site of FRU 0 of its controller.
    pub(crate) carrier_site: Option<Site>,
    /// Entity id of its device locator record.
    pub(crate) entity_id: Option<u8>,
}

impl Place {
    /// Entity path of the FRU.
    ///
    /// Choice: the FRU's location in its slot is 0, whatever instance number its locator record
    /// has, so that paths can be written down before the board is there. Without a site: the
    /// address on the bus.
    pub(crate) fn path(&self) -> EntityPath {
        let mut steps = vec![(ADVANCEDTCA_CHASSIS, self.shelf_number)];
        if self.fru.address == SHELF_MANAGER_ADDRESS {
            steps.push(match self.fru.fru_id {
                // The active shelf manager is an address, not a board: its boards have controllers
                // of their own.
                0 => (SHELF_MANAGER, 0),
                SHELF_FRU_ID => (SYSTEM_INVENTORY_DEVICE, 0),
                fru_id => (OTHER, bus_location(FruAddress { fru_id, ..self.fru })),
            });
            return EntityPath::root_first(&steps);
        }
        match self.site {
            Some(site) if matches!(site.kind, SITE_AMC | SITE_PMC | SITE_RTM) => {
                self.carrier(&mut steps);
                steps.extend(in_slot(site, self.entity_id));
            }
            Some(site) => steps.extend(in_slot(site, self.entity_id)),
            None => {
                self.carrier(&mut steps);
                let leaf = if self.fru.fru_id == 0 { IPMC } else { OTHER };
                steps.push((leaf, bus_location(self.fru)));
            }
        }
        EntityPath::root_first(&steps)
    }

    /// Whether it holds shelf FRU information.
    ///
    /// Choice: HPI's users do not write it. It is there several times, what is in it must agree,
    /// and the shelf manager has a lock for whoever edits it.
    /// Source: PICMG 3.0 R3.0, FRU Inventory Device Lock Control.
    pub(crate) fn is_shelf_fru(&self) -> bool {
        let of_shelf_manager = FruAddress {
            address: SHELF_MANAGER_ADDRESS,
            fru_id: SHELF_FRU_ID,
        };
        let is_device = self.site.is_some_and(|site| site.kind == SITE_SHELF_FRU);
        self.fru == of_shelf_manager || is_device
    }

    /// How bad it is to lose the FRU. Choice: what carries or feeds payload is major.
    pub(crate) fn severity(&self) -> Severity {
        match self.site.map(|s| s.kind) {
            Some(0 | 1 | 3 | 4 | 7 | 10 | 11) => Severity::Major,
            _ => Severity::Minor,
        }
    }

    fn carrier(&self, steps: &mut Vec<(u32, u32)>) {
        if self.fru.fru_id == 0 {
            return;
        }
        if let Some(site) = self.carrier_site {
            steps.extend(in_slot(site, None));
        }
    }
}

/// Slot and FRU for a site. Source: SAIM-HPI-B.03.02-xTCA; site types from PICMG 3.0 R3.0, Get
/// Address Info.
fn in_slot(site: Site, entity_id: Option<u8>) -> [(u32, u32); 2] {
    let power = match entity_id.map(u32::from) {
        Some(POWER_MODULE) => POWER_MODULE,
        Some(POWER_UNIT) => POWER_UNIT,
        _ => POWER_SUPPLY,
    };
    let (slot, leaf) = match site.kind {
        0 => (PHYSICAL_SLOT, PICMG_FRONT_BLADE),
        1 => (POWER_SLOT, power),
        2 => (SHELF_FRU_DEVICE_SLOT, SYSTEM_INVENTORY_DEVICE),
        3 => (SHELF_MANAGER_SLOT, SHELF_MANAGER),
        4 => (FAN_TRAY_SLOT, COOLING_UNIT),
        5 => (FAN_FILTER_TRAY_SLOT, FILTRATION_UNIT),
        6 => (ALARM_SLOT, ALARM_MANAGER),
        SITE_AMC => (AMC_SLOT, AMC),
        SITE_PMC => (PMC_SLOT, ADD_IN_CARD),
        SITE_RTM => (RTM_SLOT, BACK_PANEL_BOARD),
        10 => (CARRIER_MANAGER_SLOT, CARRIER_MANAGER),
        11 => (POWER_SLOT, POWER_MODULE),
        _ => (PHYSICAL_SLOT, OTHER),
    };
    [(slot, u32::from(site.number)), (leaf, 0)]
}

/// A location that no other FRU has: address in the second byte, FRU id in the first.
pub(crate) fn bus_location(fru: FruAddress) -> u32 {
    u32::from(fru.address) << 8 | u32::from(fru.fru_id)
}

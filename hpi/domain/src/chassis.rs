//! The shelf itself: the resource of the chassis, which has no controller.
//!
//! Source: SAIM-HPI-B.03.02-xTCA, shelf resource `{ADVANCEDTCA_CHASSIS,n}`.

use crate::kept::Kept;
use crate::resource::Settings;
use crate::{Inventory, RESOURCE_IDS_MAX, Resource};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use hpi_model::entity::ADVANCEDTCA_CHASSIS;
use hpi_model::handover::Identity;
use hpi_model::{
    Capabilities, EntityPath, HotSwapCapabilities, Rdr, RdrType, ResourceId, ResourceInfo,
    RptEntry, Severity, TextBuffer,
};

/// Id of the shelf, behind those of FRUs.
pub const SHELF_RESOURCE: ResourceId = ResourceId(RESOURCE_IDS_MAX + 1);

/// Where the shelf is in every entity path.
pub(crate) fn path(shelf_number: u32) -> EntityPath {
    EntityPath::root_first(&[(ADVANCEDTCA_CHASSIS, shelf_number)])
}

/// The shelf as it is from the first moment on.
///
/// Choice: it is always there, as the chassis does not come and go with what is in it: alarms of
/// the shelf have their place before the first controller is found, and after the last one left.
/// PLM is not told of it: it is no hardware element that anybody activates.
pub(crate) fn resource(shelf_number: u32) -> Resource {
    let rdrs = Vec::new();
    Resource {
        rpt: RptEntry {
            resource: SHELF_RESOURCE,
            info: ResourceInfo::default(),
            entity: path(shelf_number),
            capabilities: with_instruments(Capabilities::RESOURCE, &rdrs),
            hot_swap_capabilities: HotSwapCapabilities::default(),
            severity: Severity::Major,
            failed: false,
            tag: TextBuffer::english("Shelf"),
        },
        fru: None,
        identity: Identity::default(),
        hot_swap: None,
        rdrs,
        sensors: BTreeMap::new(),
        inventory: Inventory::default(),
        settings: Settings::default(),
        pending: None,
        kept: Kept::default(),
    }
}

/// Adds what a resource with these records can do. Source: SAI-HPI-B.03.02, `SaHpiCapabilitiesT`.
pub(crate) fn with_instruments(capabilities: Capabilities, rdrs: &[Rdr]) -> Capabilities {
    let each = rdrs.iter().map(|rdr| match rdr.instrument.kind() {
        RdrType::NoRecord => Capabilities::RESOURCE,
        RdrType::Control => Capabilities::CONTROL,
        RdrType::Sensor => Capabilities::SENSOR,
        RdrType::Inventory => Capabilities::INVENTORY_DATA,
        RdrType::Watchdog => Capabilities::WATCHDOG,
        RdrType::Annunciator => Capabilities::ANNUNCIATOR,
        RdrType::Dimi => Capabilities::DIMI,
        RdrType::Fumi => Capabilities::FUMI,
    });
    each.fold(capabilities, |all, one| {
        all.with(one).with(Capabilities::RDR)
    })
}

//! The shelf itself: the resource of the chassis, which has no controller.
//!
//! Source: SAIM-HPI-B.03.02-xTCA, shelf resource `{ADVANCEDTCA_CHASSIS,n}`.

use crate::kept::Kept;
use crate::resource::Settings;
use crate::shelf::{TEMPERATURE, asked, control, temperature};
use crate::{ANNOUNCEMENTS_MAX, Annunciator, Inventory, RESOURCE_IDS_MAX, Resource};
use alloc::collections::BTreeMap;
use alloc::vec;
use hpi_model::entity::ADVANCEDTCA_CHASSIS;
use hpi_model::handover::Identity;
use hpi_model::instrument::{AnnunciatorRec, AnnunciatorType};
use hpi_model::{
    AnnunciatorMode, Capabilities, EntityPath, HotSwapCapabilities, Instrument, Rdr, RdrType,
    ResourceId, ResourceInfo, RptEntry, Severity, TextBuffer,
};

/// Id of the shelf, behind those of FRUs.
pub const SHELF_RESOURCE: ResourceId = ResourceId(RESOURCE_IDS_MAX + 1);

/// `SaHpiAnnunciatorNumT` of the shelf's telco alarm. Source: SAIM-HPI-B.03.02-xTCA, instruments of
/// the shelf.
const TELCO_ALARM: u32 = 0x1000;

/// What it can do whatever its instruments are: one of them sums up others.
pub(crate) const OWN: Capabilities =
    Capabilities(Capabilities::RESOURCE.0 | Capabilities::AGGREGATE_STATUS.0);

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
    let (telco_alarm, mode) = telco_alarm();
    let num = telco_alarm.num;
    let mut rdrs = vec![Rdr {
        entity: path(shelf_number),
        is_fru: false,
        instrument: Instrument::Annunciator(telco_alarm),
        id: TextBuffer::english("Telco alarm"),
    }];
    rdrs.extend(control::fixed(&path(shelf_number)));
    rdrs.push(temperature::rdr(&path(shelf_number)));
    Resource {
        rpt: RptEntry {
            resource: SHELF_RESOURCE,
            info: ResourceInfo::default(),
            entity: path(shelf_number),
            capabilities: with_instruments(OWN, &rdrs),
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
        rdr_update_count: 0,
        kept: Kept {
            annunciators: [(num, Annunciator::new(mode))].into(),
            sensors: [(TEMPERATURE, asked())].into(),
            ..Kept::default()
        },
    }
}

/// Choice: it announces by message, to whoever asks, as the shelf's controllers have no telco alarm
/// outputs that would have to be switched.
fn telco_alarm() -> (AnnunciatorRec, AnnunciatorMode) {
    let rec = AnnunciatorRec {
        num: TELCO_ALARM,
        kind: AnnunciatorType::Message,
        mode_read_only: false,
        max_conditions: ANNOUNCEMENTS_MAX,
        oem: 0,
    };
    (rec, AnnunciatorMode::Auto)
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

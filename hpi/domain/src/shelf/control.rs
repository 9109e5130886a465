//! Controls of the shelf: its address, its IP address, its status. The shelf manager tells them.
//!
//! Source: SAIM-HPI-B.03.02-xTCA, `SaHpiXtca.h`, instruments of the shelf; SAIM-HPI-B.01.01-ATCA
//! for the mark of its status. Of types and modes the headers say nothing.

use super::below;
use crate::Domain;
use crate::mapping::{SHELF_FRU_ID, SHELF_MANAGER_ADDRESS};
use alloc::vec;
use alloc::vec::Vec;
use hpi_model::entity::CONFIG_DATA;
use hpi_model::instrument::{ControlMode, ControlOutput, ControlRec, ControlType};
use hpi_model::{EntityPath, Instrument, Rdr, TextBuffer};
use ipmi::fru::picmg::PicmgBody;

/// Numbers of the shelf's controls. Source: `SaHpiXtca.h`.
pub mod shelf_control_num {
    /// `XTCAHPI_CTRL_NUM_SHELF_ADDRESS`.
    pub const SHELF_ADDRESS: u32 = 0x1000;
    /// `XTCAHPI_CTRL_NUM_IP_ADDRESS_0`.
    pub const IP_ADDRESS: u32 = 0x1001;
    /// `XTCAHPI_CTRL_NUM_SHELF_STATUS`.
    pub const SHELF_STATUS: u32 = 0x1002;
}

/// Most characters of a shelf address. Source: PICMG 3.0 R3.0, Set Shelf Address Info.
pub const SHELF_ADDRESS_MAX: u8 = 20;

/// Bytes of the shelf's status.
pub const SHELF_STATUS_LENGTH: usize = 6;

/// Characters of an IPv4 address.
const IP_ADDRESS_MAX: u8 = 15;

/// IANA enterprise number of PICMG, which defines these controls and those of LEDs.
/// Source: SAIM-HPI-B.03.02-xTCA.
pub const PICMG: u32 = 0x0000_315a;

/// Marks a control as the status of a chassis (`RdrOem`). Source: SAIM-HPI-B.01.01-ATCA.
const STATUS_OEM: u32 = 0x0100_315a;

/// Locations of `CONFIG_DATA`: by default, of the shelf's address, of its status.
/// Source: `SaHpiXtca.h`.
const LOCATION_DEFAULT: u32 = 0;
/// See [`LOCATION_DEFAULT`].
const LOCATION_ADDRESS: u32 = 1;
/// See [`LOCATION_DEFAULT`].
const LOCATION_STATUS: u32 = 3;

impl Domain {
    /// PICMG's records in the shelf's inventory; none where that cannot be read.
    pub(crate) fn shelf_records(&self) -> Vec<PicmgBody> {
        let manager = self.controllers.get(&SHELF_MANAGER_ADDRESS);
        let mut frus = manager.into_iter().flat_map(|manager| &manager.frus);
        let shelf = frus.find(|fru| fru.fru_id == SHELF_FRU_ID);
        let inventory = shelf.and_then(|shelf| ipmi::fru::decode(&shelf.inventory).ok());
        let records = inventory.map_or_else(Vec::new, |inventory| inventory.records);
        let bodies = records
            .iter()
            .filter_map(|record| Some(record.as_picmg()?.body));
        bodies.collect()
    }
}

/// What the shelf has in any case. Choice: users do not set it, so it is always automatic.
pub(crate) fn fixed(shelf: &EntityPath) -> [Rdr; 2] {
    let status = ControlRec {
        num: shelf_control_num::SHELF_STATUS,
        output: ControlOutput::PowerState,
        kind: ControlType::Oem {
            manufacturer: PICMG,
            config: [0; 10],
            default: vec![0; SHELF_STATUS_LENGTH],
        },
        default_mode: ControlMode::Auto,
        mode_read_only: true,
        write_only: false,
        oem: STATUS_OEM,
    };
    let ip_address = ControlRec {
        num: shelf_control_num::IP_ADDRESS,
        output: ControlOutput::IpAddress,
        kind: line(IP_ADDRESS_MAX),
        oem: 0,
        ..status.clone()
    };
    [
        control(shelf, LOCATION_DEFAULT, (ip_address, "IP address")),
        control(shelf, LOCATION_STATUS, (status, "Chassis status")),
    ]
}

/// The shelf's address, which users may set, where its records have a place for it.
pub(crate) fn address(shelf: &EntityPath, records: &[PicmgBody]) -> Option<Rdr> {
    let is_table = |record: &PicmgBody| matches!(record, PicmgBody::AddressTable(_));
    if !records.iter().any(is_table) {
        return None;
    }
    let address = ControlRec {
        num: shelf_control_num::SHELF_ADDRESS,
        output: ControlOutput::GenericAddress,
        kind: line(SHELF_ADDRESS_MAX),
        default_mode: ControlMode::Manual,
        mode_read_only: true,
        write_only: false,
        oem: 0,
    };
    let address = (address, "Shelf address");
    Some(control(shelf, LOCATION_ADDRESS, address))
}

/// One line of text, by default empty.
fn line(max_chars: u8) -> ControlType {
    ControlType::Text {
        max_chars,
        max_lines: 1,
        default: TextBuffer::english(""),
    }
}

fn control(shelf: &EntityPath, location: u32, (rec, name): (ControlRec, &str)) -> Rdr {
    Rdr {
        entity: below(shelf, (CONFIG_DATA, location)),
        is_fru: false,
        instrument: Instrument::Control(rec),
        id: TextBuffer::english(name),
    }
}

//! What is damaged in a controller's records and inventories.
//!
//! Worth telling, and no reason to do without the rest.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ipmi::description::{Controller, Fru};
use ipmi::fru::{self, HeaderError, Integrity};
use ipmi::sdr;

/// Each damaged record and inventory area, for people.
pub(crate) fn of(controller: &Controller) -> Vec<String> {
    let records = controller.sdrs.iter().filter_map(|raw| {
        let truncated = sdr::decode(raw).err()?;
        let [low, high, ..] = *raw.as_slice() else {
            return Some(String::from("a sensor data record ends within its header"));
        };
        let id = u16::from_le_bytes([low, high]);
        let field = truncated.field;
        Some(format!(
            "sensor data record {id} ends before its {field}; it is left out"
        ))
    });
    records
        .chain(controller.frus.iter().flat_map(inventory))
        .collect()
}

fn inventory(fru: &Fru) -> Vec<String> {
    if fru.inventory.is_empty() {
        return Vec::new();
    }
    let id = fru.fru_id;
    let inventory = match fru::decode(&fru.inventory) {
        Ok(inventory) => inventory,
        Err(HeaderError::Truncated) => {
            return [format!("inventory of FRU {id} is shorter than its header")].into();
        }
        Err(HeaderError::Version(version)) => {
            return [format!(
                "inventory of FRU {id} has format version {version:02x}h"
            )]
            .into();
        }
    };
    let areas = [
        ("header", Some(inventory.header)),
        ("chassis area", inventory.chassis.map(|area| area.integrity)),
        ("board area", inventory.board.map(|area| area.integrity)),
        ("product area", inventory.product.map(|area| area.integrity)),
    ];
    let records = inventory.records.iter();
    let records = records.map(|record| ("multirecord", Some(record.integrity)));
    let parts = areas.into_iter().chain(records);
    parts
        .filter_map(|(part, integrity)| match integrity? {
            Integrity::Ok => None,
            Integrity::BadChecksum => Some(format!("{part} of FRU {id} has a bad checksum")),
            Integrity::Truncated => Some(format!("{part} of FRU {id} is truncated")),
        })
        .collect()
}
